"""What platforms and connected accounts pay each other: transfers, fees, and what undoes them."""

from __future__ import annotations

from typing import NamedTuple

from pytest_stripe_balance.engine.state.records.hashes import NOTHING, Hash


class Transfer(NamedTuple):
    """Money of the platform for a connected account (docs/stripe.md 1.20).

    `destination_payment` is what the account got: a charge in its own world.
    """

    id: str
    created: int
    amount: int
    currency: str
    destination: str
    destination_payment: str
    balance_transaction: str
    source_type: str
    source_transaction: str | None = None
    transfer_group: str | None = None
    description: str | None = None
    metadata: Hash = NOTHING
    amount_reversed: int = 0

    @property
    def reversed(self) -> bool:
        """Whether all of it came back."""
        return self.amount_reversed == self.amount

    @property
    def left(self) -> int:
        """The amount that can still be reversed, in minor units."""
        return self.amount - self.amount_reversed


class TransferReversal(NamedTuple):
    """Money of a transfer that came back. `source_refund` is the refund that asked for it, if any."""

    id: str
    created: int
    amount: int
    currency: str
    transfer: str
    balance_transaction: str
    destination_payment_refund: str
    source_refund: str | None = None
    metadata: Hash = NOTHING


class ApplicationFee(NamedTuple):
    """What the platform takes of a connected account's `charge` (docs/stripe.md 1.21).

    `originating_transaction` is the platform's own charge, where that one gave the account its money.
    """

    id: str
    created: int
    amount: int
    currency: str
    account: str
    charge: str
    balance_transaction: str
    originating_transaction: str | None = None
    amount_refunded: int = 0

    @property
    def refunded(self) -> bool:
        """Whether all of it was given back."""
        return self.amount_refunded == self.amount

    @property
    def left(self) -> int:
        """The amount that can still be refunded, in minor units."""
        return self.amount - self.amount_refunded


class FeeRefund(NamedTuple):
    """A part of an application fee that the platform gave back."""

    id: str
    created: int
    amount: int
    currency: str
    fee: str
    balance_transaction: str
    metadata: Hash = NOTHING
