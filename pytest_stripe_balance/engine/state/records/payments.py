"""Payment intents, their payment methods, and the accounts to pay into."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pytest_stripe_balance.engine.state.records.hashes import NOTHING, Hash

Status = Literal[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
    "succeeded",
    "canceled",
]


class PaymentMethod(NamedTuple):
    """A payment method: customer_balance, or a card of Stripe's ready-made ones.

    A card can be attached to `customer`; customer_balance never is. `card` is what Stripe shows of the
    card, and `ready_made` the name of the ready-made method that it was made from. A card that
    `is_spent` can't be used again, unless it `may_be_saved` and is attached first. Source:
    docs/stripe.md 1.6, 1.22.
    """

    id: str
    created: int
    type: str
    billing_details: Hash
    metadata: Hash
    allow_redisplay: str
    customer: str | None = None
    card: Hash | None = None
    ready_made: str = ""
    is_spent: bool = False
    may_be_saved: bool = False


class Instructions(NamedTuple):
    """The accounts to pay one intent into (display_bank_transfer_instructions)."""

    type: str
    reference: str
    hosted_instructions_url: str
    financial_addresses: tuple[Hash, ...]


class PaymentIntent(NamedTuple):
    """A payment intent. `applied` is the cash that it holds: none when a card paid it.

    `uncaptured` is the part of the amount that wasn't captured when the rest was.

    `transfer_data` has a connected account as `destination`, and perhaps an `amount`. `next_action` is
    that of a card that has to be authenticated.
    """

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
    checkout_session: str | None = None
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
    hooks: Hash | None = None
    last_payment_error: Hash | None = None
    metadata: Hash = NOTHING
    payment_details: Hash | None = None
    receipt_email: str | None = None
    shipping: Hash | None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    transfer_group: str | None = None
    application_fee_amount: int | None = None
    on_behalf_of: str | None = None
    transfer_data: Hash | None = None
    setup_future_usage: str | None = None
    excluded_payment_method_types: tuple[str, ...] | None = None
    next_action: Hash | None = None
    uncaptured: int = 0

    @property
    def remaining(self) -> int:
        """The amount that is still missing, in minor units: nothing once a card paid it."""
        return 0 if self.status == "succeeded" else self.amount - self.applied

    @property
    def customer_balance_options(self) -> Hash:
        """The intent's own payment_method_options[customer_balance]."""
        options: Hash = self.payment_method_options.get("customer_balance") or {}
        return options
