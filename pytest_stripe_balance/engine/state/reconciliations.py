"""The values of a reconciliation: open items, steps, and the allocations that it decides on.

Source: docs/stripe.md 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, NamedTuple

Kind = Literal["invoice", "payment_intent"]


class Step(IntEnum):
    """The steps, numbered as in Stripe's guide."""

    INVOICE_NUMBER = 1
    INTENT_REFERENCE = 2
    GROUP = 3
    OLDEST_INVOICES = 4
    OLDEST_INTENTS = 5


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An invoice with its intent, or an intent alone, that waits for money.

    `outstanding` is in minor units. A lower `age` is older, and no two items of a kind have the same.
    `reference` is that of the intent's bank transfer instructions, `number` is the invoice's.
    """

    id: str
    kind: Kind
    outstanding: int
    age: int
    reference: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What depends on the region (`references`), and on the readings of the register."""

    references: bool = True
    group_of_balance: bool = False
    skip_invoices: bool = True


@dataclass(frozen=True, slots=True)
class Allocation:
    """Money for one item, in minor units, and the step that allocated it."""

    item: OpenItem
    amount: int
    step: Step


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A reconciliation's input, and its allocations in order.

    `sent` is the amount of the transfer, or the amount that was freed. `balance` includes it.
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
        """The part of the amount sent that no reference has placed; step 3 looks for it."""
        return self.sent - sum(part.amount for part in self.allocations if part.step < Step.GROUP)

    @property
    def group(self) -> tuple[OpenItem, ...]:
        """The items that step 3 paid."""
        return tuple(part.item for part in self.allocations if part.step == Step.GROUP)

    @property
    def left(self) -> int:
        """The amount that stays on the balance."""
        return self.balance - sum(part.amount for part in self.allocations)


class Reconciled(NamedTuple):
    """The reconciliation that one row caused; `id` is the row's."""

    id: str
    reconciliation: Reconciliation
