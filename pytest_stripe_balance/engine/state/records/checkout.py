"""Checkout Sessions: what a customer is to pay for on Stripe's page."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pytest_stripe_balance.engine.state.records.hashes import NOTHING, Hash


class CheckoutLine(NamedTuple):
    """A line of a session: a number of one price. `amount` is its total, in minor units."""

    id: str
    price: str
    quantity: int
    amount: int
    currency: str
    description: str
    adjustable_quantity: Hash | None = None
    metadata: Hash = NOTHING


class CheckoutSession(NamedTuple):
    """A Checkout Session of mode payment (docs/stripe.md 1.14).

    `options` are its payment_method_options by type. `intent_params` are those that its intent is made
    with. `shown` has what its other parameters show, by key. With a `configuration` Stripe chose the
    types. `email` is that of customer_details, which is null without one. `details` are the rest of
    them, and `shipping` its shipping_details, once the page was submitted. `customer_update` says what
    the customer keeps of that.
    """

    id: str
    created: int
    expires_at: int
    currency: str
    lines: tuple[CheckoutLine, ...]
    payment_method_types: tuple[str, ...]
    options: Hash
    intent_params: Hash
    shown: Hash
    ui_mode: str
    status: Literal["open", "complete", "expired"] = "open"
    payment_status: Literal["paid", "unpaid"] = "unpaid"
    payment_intent: str | None = None
    customer: str | None = None
    customer_creation: str | None = None
    customer_email: str | None = None
    customer_update: Hash = NOTHING
    email: str | None = None
    details: Hash = NOTHING
    shipping: Hash | None = None
    configuration: str | None = None
    url: str | None = None
    client_secret: str | None = None
    metadata: Hash = NOTHING

    @property
    def due_at(self) -> int | None:
        """When it expires by itself."""
        return self.expires_at if self.status == "open" else None

    @property
    def amount_total(self) -> int:
        """The sum of its lines, in minor units."""
        return sum(line.amount for line in self.lines)
