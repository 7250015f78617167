"""Invoices, what they charge for, and what pays them."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pytest_stripe_balance.engine.state.records.hashes import NOTHING, Hash

InvoiceStatus = Literal["draft", "open", "paid", "uncollectible", "void"]
CollectionMethod = Literal["charge_automatically", "send_invoice"]


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
    discountable: bool = True
    metadata: Hash = NOTHING
    given_period: Hash | None = None
    invoice: str | None = None
    line: str | None = None
    deleted: bool = False

    @property
    def pending_for(self) -> str | None:
        """The customer, of an item that is on no invoice."""
        return self.customer if self.invoice is None else None

    @property
    def period(self) -> Hash:
        """What it is for: from `start` to `end`, in seconds since 1970; by default its own creation."""
        return self.given_period or {"end": self.created, "start": self.created}


class InvoiceLine(NamedTuple):
    """An item as a line of its invoice; its id is the line's."""

    item: InvoiceItem

    @property
    def id(self) -> str:
        """The id of the line, il_..."""
        assert self.item.line is not None, "unreachable because the item is on an invoice"
        return self.item.line


class Invoice(NamedTuple):
    """An invoice (docs/stripe.md 1.9). Its intent holds its money.

    One that is charged automatically has no `due_date`. `attempt_count` counts the cards that were
    charged for it, and `charge` is its last charge. `recipient` has the customer's fields that the
    invoice shows. `types` is None if payment_method_types wasn't set, `options` has those of each type
    that has some. `overdue` is set once `invoice.overdue` was recorded. `echoed` and `rendering` have
    what it shows as it was sent; `dated` is the effective_at that was.
    """

    id: str
    created: int
    customer: str
    currency: str
    due_date: int | None
    status: InvoiceStatus = "draft"
    collection_method: CollectionMethod = "send_invoice"
    default_payment_method: str | None = None
    lines: tuple[InvoiceItem, ...] = ()
    number: str | None = None
    payment_intent: str | None = None
    paid_out_of_band: bool = False
    amount_paid: int = 0
    attempted: bool = False
    attempt_count: int = 0
    charge: str | None = None
    auto_advance: bool = False
    automatically_finalizes_at: int | None = None
    description: str | None = None
    dated: int | None = None
    echoed: Hash = NOTHING
    hosted_invoice_url: str | None = None
    invoice_pdf: str | None = None
    metadata: Hash = NOTHING
    options: Hash | None = None
    recipient: Hash = NOTHING
    rendering: Hash = NOTHING
    statement_descriptor: str | None = None
    types: tuple[str, ...] | None = None
    finalized_at: int | None = None
    marked_uncollectible_at: int | None = None
    paid_at: int | None = None
    voided_at: int | None = None
    webhooks_delivered_at: int | None = None
    overdue: bool = False
    deleted: bool = False
    application_fee_amount: int | None = None
    on_behalf_of: str | None = None
    transfer_data: Hash | None = None

    @property
    def amount_due(self) -> int:
        """The sum of its lines, in minor units."""
        return sum(line.amount for line in self.lines)

    @property
    def amount_remaining(self) -> int:
        """The amount that is still to be paid, in minor units."""
        return self.amount_due - self.amount_paid

    @property
    def due_at(self) -> int | None:
        """When it changes by itself: an advancing draft is finalized, an open one is overdue."""
        if self.status == "open" and not self.overdue:
            return self.due_date
        return None if self.deleted else self.automatically_finalizes_at

    @property
    def page_size(self) -> str:
        """The page size of its PDF, which is fixed when it is finalized.

        Source: docs/stripe.md 1.9.
        """
        size: str = (self.rendering.get("pdf") or {}).get("page_size") or "auto"
        return "letter" if size == "auto" and self.status != "draft" else size

    @property
    def effective_at(self) -> int | None:
        """The date on it: the one that was given, else that of finalizing, in seconds since 1970."""
        return self.finalized_at if self.dated is None else self.dated

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
