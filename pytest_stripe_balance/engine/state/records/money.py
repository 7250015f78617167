"""Charges, refunds, and the movements of the merchant's balance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from pytest_stripe_balance.engine.state.records.hashes import NOTHING, Hash

RefundStatus = Literal["pending", "requires_action", "succeeded", "failed", "canceled"]


class Charge(NamedTuple):
    """The charge of a fully funded intent, or of a card (docs/stripe.md 1.7, 1.22).

    `card` is what Stripe shows of the card in payment_method_details, None for a bank transfer.
    `decline` is the error of a card that was declined, and None for a charge that succeeded. One with a
    `source_transfer` is what a connected account got by that transfer of its platform. It has no intent
    and no payment method. `captured_part` is what was captured, where that is less than the amount.
    `released` is what the card let go of without a refund.
    """

    id: str
    created: int
    amount: int
    currency: str
    customer: str | None
    payment_intent: str | None
    payment_method: str | None
    balance_transaction: str | None
    billing_details: Hash
    description: str | None
    metadata: Hash
    receipt_email: str | None
    shipping: Hash | None
    statement_descriptor: str | None
    statement_descriptor_suffix: str | None
    transfer_group: str | None
    amount_refunded: int = 0
    application_fee: str | None = None
    application_fee_amount: int | None = None
    on_behalf_of: str | None = None
    transfer: str | None = None
    transfer_data: Hash | None = None
    source_transfer: str | None = None
    card: Hash | None = None
    decline: Hash | None = None
    captured: bool = True
    capture_before: int | None = None
    captured_part: int | None = None
    released: int = 0

    @property
    def amount_captured(self) -> int:
        """What it took from the card or the cash balance, in minor units."""
        if not self.captured or self.decline is not None:
            return 0
        return self.amount if self.captured_part is None else self.captured_part

    @property
    def left(self) -> int:
        """What can still be refunded, or captured, in minor units."""
        return self.amount - self.released - self.amount_refunded

    @property
    def due_at(self) -> int | None:
        """When a card lets go of what it only holds: in the second after the last for a capture."""
        is_held = not self.captured and self.decline is None and self.left
        return self.capture_before + 1 if is_held and self.capture_before is not None else None

    @property
    def refunded(self) -> bool:
        """Whether all of it is refunded that wasn't released."""
        return 0 < self.amount_refunded == self.amount - self.released


class Refund(NamedTuple):
    """A refund of a charge, or of the cash balance of `customer` (docs/stripe.md 1.8).

    `next_action` and `destination_details` are as Stripe shows them. `transfer_reversal` is what it took
    back of a transfer, and `source_transfer_reversal` the reversal that it is the other side of.
    """

    id: str
    created: int
    amount: int
    currency: str
    status: RefundStatus
    destination_details: Hash | None
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
    transfer_reversal: str | None = None
    source_transfer_reversal: str | None = None

    @property
    def due_at(self) -> int | None:
        """When one that waits for bank details fails."""
        if self.next_action is None:
            return None
        expires_at: int = self.next_action["display_details"]["expires_at"]
        return expires_at


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


class Balance(NamedTuple):
    """The merchant's own money at one moment: what is available, by currency, in minor units."""

    available: Mapping[str, int]
