"""What a reconciliation looked at and decided, as values: open items, steps, allocations.

Source: docs/stripe.md 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, NamedTuple

Kind = Literal["invoice", "payment_intent"]


class Step(IntEnum):
    """The steps, by their numbers in the guide."""

    INVOICE_NUMBER = 1
    INTENT_REFERENCE = 2
    GROUP = 3
    OLDEST_INVOICES = 4
    OLDEST_INTENTS = 5


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something that waits for money: an invoice (and with it its intent), or an intent.

    `outstanding` is in minor units; a lower `age` is older, within a kind no two are the same;
    `reference` is the one in the intent's bank transfer instructions, `number` the invoice's.
    """

    id: str
    kind: Kind
    outstanding: int
    age: int
    reference: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs by region (`references`) and by the readings of the register."""

    references: bool = True
    group_of_balance: bool = False
    skip_invoices: bool = True


@dataclass(frozen=True, slots=True)
class Allocation:
    """Money for one item, in minor units, and the step that gave it."""

    item: OpenItem
    amount: int
    step: Step


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What went in, and the allocations that came out, in their order.

    `sent` is the amount of the transfer, or what was freed; `balance` all that is available then.
    """

    currency: str
    sent: int
    balance: int
    reference: str | None
    items: tuple[OpenItem, ...]
    rules: Rules
    allocations: tuple[Allocation, ...]

    @property
    def unplaced(self) -> int:
        """What no reference has placed of the amount sent: the amount that step 3 looks for."""
        return self.sent - sum(part.amount for part in self.allocations if part.step < Step.GROUP)

    @property
    def group(self) -> tuple[OpenItem, ...]:
        """What step 3 paid."""
        return tuple(part.item for part in self.allocations if part.step == Step.GROUP)

    @property
    def left(self) -> int:
        """What stays on the balance."""
        return self.balance - sum(part.amount for part in self.allocations)


class Reconciled(NamedTuple):
    """What came of one row that brought money; `id` is the row's."""

    id: str
    reconciliation: Reconciliation
