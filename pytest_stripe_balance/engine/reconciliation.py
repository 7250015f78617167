"""Automatic reconciliation as a pure function: which open items a transfer pays (FACTS 4).

The steps are those of the reconciliation guide [doc]: a reference that names an invoice (1) or an
intent (2), a group that sums exactly to the amount sent (3), invoices in full, oldest first (4),
intents, oldest first, the last one perhaps in part (5). What the guide leaves open is in the
register: group-sum, group-ties, invoice-too-large, reference-match.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from operator import attrgetter
from typing import Literal

from pytest_stripe_balance.engine import groups

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
    `reference` is the invoice's number, or the one in the intent's bank transfer instructions.
    """

    id: str
    kind: Kind
    outstanding: int
    age: int
    reference: str | None = None


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
    def left(self) -> int:
        """What stays on the balance."""
        return self.balance - sum(part.amount for part in self.allocations)


EVERYWHERE = Rules()


def reconcile(
    items: Iterable[OpenItem],
    *,
    currency: str,
    sent: int,
    balance: int,
    reference: str | None = None,
    rules: Rules = EVERYWHERE,
) -> Reconciliation:
    """Decide which items get how much of a balance that `sent` has just been added to.

    Nothing is changed. Refused when there are too many items to search their groups.
    """
    assert 0 < sent <= balance, f"{sent} was sent, but {balance} is there"
    items = tuple(items)
    named = _named(items, sent, reference) if rules.references and reference else None
    allocations = [named] if named else []
    rest = [item for item in items if named is None or item is not named.item]
    given = named.amount if named else 0
    if given < sent:
        allocations += _unnamed(rest, sent - given, balance - given, rules)
    return Reconciliation(currency, sent, balance, reference, items, rules, tuple(allocations))


def of_kind(items: Iterable[OpenItem], kind: Kind) -> list[OpenItem]:
    """Pick the items of a kind, oldest first."""
    return sorted((item for item in items if item.kind == kind), key=attrgetter("age"))


def _named(items: Sequence[OpenItem], sent: int, reference: str) -> Allocation | None:
    """Steps 1 and 2: the one item that the reference names; an invoice only when it is covered."""
    invoices = [item for item in of_kind(items, "invoice") if _mentions(reference, item)]
    if len(invoices) == 1 and invoices[0].outstanding <= sent:
        return Allocation(invoices[0], invoices[0].outstanding, Step.INVOICE_NUMBER)
    intents = [item for item in of_kind(items, "payment_intent") if item.reference == reference.strip()]
    if len(intents) == 1:
        amount = min(sent, intents[0].outstanding)
        return Allocation(intents[0], amount, Step.INTENT_REFERENCE)
    return None


def _mentions(reference: str, invoice: OpenItem) -> bool:
    """Tell whether an invoice's number stands in a reference, alone or among other words."""
    if not invoice.reference:
        return False
    return re.search(rf"(?<![\w-]){re.escape(invoice.reference)}(?![\w-])", reference) is not None


def _unnamed(items: Sequence[OpenItem], sent: int, balance: int, rules: Rules) -> list[Allocation]:
    """Steps 3 to 5, for the amount that no reference has placed."""
    invoices, intents = of_kind(items, "invoice"), of_kind(items, "payment_intent")
    sums = (sent, balance) if rules.group_of_balance and balance != sent else (sent,)
    for total in sums:
        group = groups.search(
            [item.outstanding for item in invoices], [item.outstanding for item in intents], total
        )
        if group:
            chosen = [invoices[place] for place in group.invoices]
            chosen += [intents[place] for place in group.intents]
            return [Allocation(item, item.outstanding, Step.GROUP) for item in chosen]
    return _oldest(invoices, intents, balance, rules)


def _oldest(
    invoices: Sequence[OpenItem], intents: Sequence[OpenItem], balance: int, rules: Rules
) -> list[Allocation]:
    """Steps 4 and 5: invoices in full, then intents as far as the balance goes."""
    allocations = []
    for item in invoices:
        if item.outstanding <= balance:
            allocations.append(Allocation(item, item.outstanding, Step.OLDEST_INVOICES))
            balance -= item.outstanding
        elif not rules.skip_invoices:
            break
    for item in intents:
        amount = min(item.outstanding, balance)
        if amount:
            allocations.append(Allocation(item, amount, Step.OLDEST_INTENTS))
            balance -= amount
    return allocations
