"""Which open items a transfer pays (FACTS 4), as a pure function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

Kind = Literal["invoice", "payment_intent"]


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something that waits for money."""

    id: str
    kind: Kind
    outstanding: int
    age: int
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs by region and by reading."""

    references: bool = True
    group_of_balance: bool = False
    skip_invoices: bool = True


@dataclass(frozen=True, slots=True)
class Allocation:
    """Money for one item, and the step that gave it."""

    item: OpenItem
    amount: int
    step: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What went in and what came out."""

    currency: str
    sent: int
    balance: int
    reference: str | None
    items: tuple[OpenItem, ...]
    rules: Rules
    allocations: tuple[Allocation, ...]


def reconcile(
    items: Sequence[OpenItem],
    *,
    currency: str,
    sent: int,
    balance: int,
    reference: str | None = None,
    rules: Rules = Rules(),
) -> Reconciliation:
    """Share money out."""
    done: list[Allocation] = []
    left, due = balance, sent
    open_ = list(items)
    if rules.references and reference:
        for kind, step in (("invoice", 1), ("payment_intent", 2)):
            hits = [i for i in open_ if i.kind == kind and i.reference == reference.strip()]
            if len(hits) == 1 and (step == 2 or sent >= hits[0].outstanding):  # noqa: PLR2004
                amount = min(sent, hits[0].outstanding)
                done.append(Allocation(hits[0], amount, step))
                open_.remove(hits[0])
                left, due = left - amount, due - amount
                break
    group = None
    for size in range(1, 6):
        sums = (due, balance) if rules.group_of_balance else (due,)
        found = [g for g in combinations(open_, size) if sum(i.outstanding for i in g) in sums]
        if found and due:
            group = min(
                found,
                key=lambda g: (
                    -sum(i.kind == "invoice" for i in g),
                    sorted(i.age for i in g if i.kind == "payment_intent"),
                    sorted(i.age for i in g if i.kind == "invoice"),
                ),
            )
            break
    if group:
        done += [Allocation(i, i.outstanding, 3) for i in group]
    else:
        for item in sorted(open_, key=lambda i: (i.kind != "invoice", i.age)):
            amount = min(item.outstanding, left)
            if amount and (item.kind == "payment_intent" or amount == item.outstanding):
                done.append(Allocation(item, amount, 4 if item.kind == "invoice" else 5))
                left -= amount
    return Reconciliation(currency, sent, balance, reference, tuple(items), rules, tuple(done))
