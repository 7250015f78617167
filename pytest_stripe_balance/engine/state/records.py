"""The engine's records: immutable values, which are replaced as a whole when something changes.

Because a record never changes, an event can hold its subject and stay a snapshot. Records are named
tuples because a frozen dataclass takes four times as long to make and to copy. Amounts are whole minor
units (cents; yen), with the currency in lower case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

Hash = Mapping[str, Any]
NOTHING: Hash = {}  # one object for all, because a Hash never changes
ReconciliationMode = Literal["automatic", "manual"]
Status = Literal[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "succeeded",
    "canceled",
]
RefundStatus = Literal["pending", "requires_action", "succeeded", "failed", "canceled"]
InvoiceStatus = Literal["draft", "open", "paid", "uncollectible", "void"]


class Customer(NamedTuple):
    """A customer (docs/stripe.md 1.2). With `reconciliation` None the account's default mode holds.

    `currency` is the currency of their first invoice, and None before it.
    """

    id: str
    created: int
    invoice_prefix: str
    reconciliation: ReconciliationMode | None = None
    address: Hash | None = None
    business_name: str | None = None
    currency: str | None = None
    description: str | None = None
    email: str | None = None
    individual_name: str | None = None
    metadata: Hash = NOTHING
    name: str | None = None
    phone: str | None = None
    next_invoice_sequence: int = 1
    preferred_locales: tuple[str, ...] = ()
    shipping: Hash | None = None
    tax_exempt: str = "none"
    deleted: bool = False


class CashBalance(NamedTuple):
    """A customer's cash balance at one moment. `available` is None where Stripe shows null."""

    customer: str
    available: Mapping[str, int] | None
    reconciliation_mode: ReconciliationMode
    using_merchant_default: bool


class Entry(NamedTuple):
    """One row of the ledger, a customer_cash_balance_transaction. Positive credits the customer."""

    id: str
    created: int
    customer: str
    currency: str
    net_amount: int
    ending_balance: int
    type: str
    payment_intent: str | None = None
    bank_transfer: Hash | None = None
    refund: str | None = None
    balance_transaction: str | None = None
    linked_transaction: str | None = None


class PaymentMethod(NamedTuple):
    """A payment method of type customer_balance. It is never attached to a customer.

    Source: docs/stripe.md 1.6.
    """

    id: str
    created: int
    type: str
    billing_details: Hash
    metadata: Hash
    allow_redisplay: str


class Instructions(NamedTuple):
    """The accounts to pay one intent into (display_bank_transfer_instructions)."""

    type: str
    reference: str
    hosted_instructions_url: str
    financial_addresses: tuple[Hash, ...]


class FundingInstructions(NamedTuple):
    """The accounts that a customer can pay a currency into, whatever for."""

    currency: str
    type: str
    country: str
    financial_addresses: tuple[Hash, ...]


class PaymentIntent(NamedTuple):
    """A payment intent. `applied` is the money that it holds."""

    id: str
    created: int
    amount: int
    currency: str
    status: Status
    client_secret: str
    payment_method_types: tuple[str, ...]
    payment_method_options: Hash
    customer: str | None = None
    payment_method: str | None = None
    applied: int = 0
    instructions: Instructions | None = None
    invoice: str | None = None
    latest_charge: str | None = None
    allowed_payment_method_types: tuple[str, ...] | None = None
    automatic_payment_methods: Hash | None = None
    payment_method_configuration: str | None = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    capture_method: str = "automatic_async"
    confirmation_method: str = "automatic"
    confirmed_at: int | None = None
    amount_updated: bool = False
    description: str | None = None
    last_payment_error: Hash | None = None
    metadata: Hash = NOTHING
    receipt_email: str | None = None
    shipping: Hash | None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    transfer_group: str | None = None

    @property
    def remaining(self) -> int:
        """The amount that is still missing, in minor units."""
        return self.amount - self.applied

    @property
    def customer_balance_options(self) -> Hash:
        """The intent's own payment_method_options[customer_balance]."""
        options: Hash = self.payment_method_options.get("customer_balance") or {}
        return options


class InvoiceItem(NamedTuple):
    """What an invoice charges for (docs/stripe.md 1.9). A pending one has no `line` and no `invoice`.

    `unit_amount` is decimal text. `price` and `product` are shared by all items like it. A `deleted`
    item was deleted with its draft, and still names it.
    """

    id: str
    created: int
    customer: str
    amount: int
    currency: str
    quantity: int
    unit_amount: str
    price: str
    product: str
    description: str | None = None
    metadata: Hash = NOTHING
    invoice: str | None = None
    line: str | None = None
    deleted: bool = False


class Price(NamedTuple):
    """The one-time price behind the items of an amount, a currency and a product."""

    id: str
    created: int
    currency: str
    product: str
    unit_amount: str


class Invoice(NamedTuple):
    """An invoice of collection_method send_invoice (docs/stripe.md 1.9). Its intent holds its money.

    `recipient` has the customer's fields that the invoice shows. `types` is None if
    payment_method_types wasn't set. `overdue` is set once `invoice.overdue` was recorded.
    """

    id: str
    created: int
    customer: str
    currency: str
    due_date: int
    status: InvoiceStatus = "draft"
    lines: tuple[InvoiceItem, ...] = ()
    number: str | None = None
    payment_intent: str | None = None
    paid_out_of_band: bool = False
    amount_paid: int = 0
    attempted: bool = False
    auto_advance: bool = False
    automatically_finalizes_at: int | None = None
    description: str | None = None
    footer: str | None = None
    hosted_invoice_url: str | None = None
    invoice_pdf: str | None = None
    metadata: Hash = NOTHING
    options: Hash | None = None
    recipient: Hash = NOTHING
    statement_descriptor: str | None = None
    types: tuple[str, ...] | None = None
    finalized_at: int | None = None
    marked_uncollectible_at: int | None = None
    paid_at: int | None = None
    voided_at: int | None = None
    webhooks_delivered_at: int | None = None
    overdue: bool = False
    deleted: bool = False

    @property
    def amount_due(self) -> int:
        """The sum of its lines, in minor units."""
        return sum(line.amount for line in self.lines)

    @property
    def amount_remaining(self) -> int:
        """The amount that is still to be paid, in minor units."""
        return self.amount_due - self.amount_paid

    @property
    def page_size(self) -> str:
        """The page size of its PDF, which is fixed when it is finalized.

        Source: docs/stripe.md 1.9.
        """
        return "auto" if self.status == "draft" else "letter"

    @property
    def ending_balance(self) -> int | None:
        """The customer's invoice credit when it was finalized. Here that is always 0."""
        return None if self.finalized_at is None else 0

    @property
    def status_transitions(self) -> Hash:
        """When it reached each status, in seconds since 1970, or None."""
        return {
            "finalized_at": self.finalized_at,
            "marked_uncollectible_at": self.marked_uncollectible_at,
            "paid_at": self.paid_at,
            "voided_at": self.voided_at,
        }


class InvoicePayment(NamedTuple):
    """The link from an invoice to the intent that pays it (docs/stripe.md 1.9)."""

    id: str
    created: int
    invoice: str
    payment_intent: str
    amount_requested: int
    currency: str
    status: Literal["open", "paid", "canceled"] = "open"
    paid_at: int | None = None
    canceled_at: int | None = None


class Charge(NamedTuple):
    """The charge of a fully funded intent (docs/stripe.md 1.7)."""

    id: str
    created: int
    amount: int
    currency: str
    customer: str | None
    payment_intent: str
    payment_method: str
    balance_transaction: str
    billing_details: Hash
    description: str | None
    metadata: Hash
    receipt_email: str | None
    shipping: Hash | None
    statement_descriptor: str | None
    statement_descriptor_suffix: str | None
    transfer_group: str | None
    amount_refunded: int = 0

    @property
    def refunded(self) -> bool:
        """Whether all of it is refunded."""
        return self.amount_refunded == self.amount


class Refund(NamedTuple):
    """A refund of a charge, or of the cash balance of `customer` (docs/stripe.md 1.8).

    `next_action` and `destination_details` are as Stripe shows them.
    """

    id: str
    created: int
    amount: int
    currency: str
    status: RefundStatus
    destination_details: Hash
    charge: str | None = None
    payment_intent: str | None = None
    customer: str | None = None
    balance_transaction: str | None = None
    failure_balance_transaction: str | None = None
    failure_reason: str | None = None
    instructions_email: str | None = None
    metadata: Hash = NOTHING
    next_action: Hash | None = None
    reason: str | None = None


class BalanceTransaction(NamedTuple):
    """A movement on the merchant's Stripe balance. `fee_details` lists what Stripe keeps of it."""

    id: str
    created: int
    amount: int
    currency: str
    source: str
    type: str
    description: str | None
    fee_details: tuple[Hash, ...] = ()

    @property
    def fee(self) -> int:
        """The sum that Stripe keeps of it, in minor units."""
        return sum(part["amount"] for part in self.fee_details)


class Cause(NamedTuple):
    """The API request that caused an event."""

    request_id: str
    idempotency_key: str | None


class Emitted(NamedTuple):
    """An object that isn't modelled, which a test has made up for an event of its own.

    `at` gives it at an API version; None where that version lacks the event.
    """

    id: str
    at: Callable[[str], Hash | None]


Subject = (
    Customer
    | CashBalance
    | Entry
    | PaymentIntent
    | Charge
    | Refund
    | Invoice
    | InvoiceItem
    | InvoicePayment
    | Emitted
)


class Event(NamedTuple):
    """Something that happened, with its subject as it was then.

    `type` is the one at the newest API version. `events.type_at` gives that of an older one.
    `echoed` is what the subject shows of parameters that have no meaning here.
    """

    id: str
    created: int
    type: str
    subject: Subject
    cause: Cause | None
    previous: Hash | None = None
    echoed: Hash = NOTHING


class Echo(NamedTuple):
    """What an object shows of parameters that have no meaning here, by its id."""

    id: str
    values: Hash


class WebhookEndpoint(NamedTuple):
    """An address that hears of events (docs/stripe.md 1.12). `api_version` None is the account's.

    `old_secrets` are signed with as well, each until a moment in seconds of the machine's time. Only the
    answer to its creation `shows_secret`. `enabled_at` is when it was enabled last.
    """

    id: str
    created: int
    url: str
    enabled_events: tuple[str, ...]
    secret: str
    api_version: str | None = None
    connect: bool = False
    description: str | None = None
    metadata: Hash = NOTHING
    status: Literal["enabled", "disabled"] = "enabled"
    enabled_at: int = 0
    old_secrets: tuple[tuple[str, int], ...] = ()
    shows_secret: bool = False
    deleted: bool = False

    def secrets_at(self, now: int) -> tuple[str, ...]:
        """Give the secrets to sign with at a second of the machine's time, the newest first."""
        return (self.secret, *(secret for secret, until in self.old_secrets if now < until))


Record = (
    Subject | FundingInstructions | PaymentMethod | BalanceTransaction | Price | Event | WebhookEndpoint
)
