"""Automatic reconciliation as a pure function: which open items a transfer pays (docs/stripe.md 4).

The steps of the reconciliation guide [doc]:

1. the reference names an invoice;
2. the reference names an intent;
3. a group of items sums exactly to the amount sent;
4. invoices are paid in full, oldest first;
5. intents are paid, oldest first, the last one perhaps in part.

The gaps of the guide are in the register: group-sum, group-ties, invoice-too-large, reference-match.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from operator import attrgetter

from pytest_stripe_balance.engine.reconciliation import subset_sum
from pytest_stripe_balance.engine.state.reconciliations import (
    Allocation,
    Kind,
    OpenItem,
    Reconciliation,
    Rules,
    Step,
)

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
    """Decide which items get how much of a balance to which `sent` was just added.

    Amounts are in minor units. Nothing is changed. Too many items to search are Refused.
    """
    assert 0 < sent <= balance, f"{sent} was sent, but {balance} is there"
    items = tuple(items)
    named = _named(items, sent, reference) if rules.references and reference else None
    allocations = [named] if named else []
    rest = [item for item in items if named is None or item is not named.item]
    placed = named.amount if named else 0
    if placed < sent:
        allocations += _unnamed(rest, sent - placed, balance - placed, rules)
    return Reconciliation(currency, sent, balance, reference, items, rules, tuple(allocations))


def of_kind(items: Iterable[OpenItem], kind: Kind) -> list[OpenItem]:
    """List the items of a kind, oldest first."""
    return sorted((item for item in items if item.kind == kind), key=attrgetter("age"))


def _named(items: Sequence[OpenItem], sent: int, reference: str) -> Allocation | None:
    """Steps 1 and 2: the one item that the reference names. An invoice must be covered in full."""
    numbered = _numbered(of_kind(items, "invoice"), reference)
    if len(numbered) == 1 and numbered[0].outstanding <= sent:
        return Allocation(numbered[0], numbered[0].outstanding, Step.INVOICE_NUMBER)
    instructed = [item for item in items if item.reference == reference.strip()]
    if len(instructed) == 1:
        (item,) = instructed
        if item.kind == "payment_intent" or item.outstanding <= sent:
            return Allocation(item, min(sent, item.outstanding), Step.INTENT_REFERENCE)
    return None


def _numbered(invoices: Sequence[OpenItem], reference: str) -> list[OpenItem]:
    """List the invoices whose numbers are in a reference, alone or among other words.

    A number inside a longer number, as 001 in 2026/001, doesn't count.
    """
    found = {item: _places(item.number, reference) for item in invoices if item.number}
    spans = [span for places in found.values() for span in places]
    return [
        item
        for item, places in found.items()
        if any(not any(_inside(span, outer) for outer in spans) for span in places)
    ]


def _places(number: str, reference: str) -> list[tuple[int, int]]:
    """Give the positions of a number that has no letter or digit beside it."""
    alone = rf"(?<![^\W_]){re.escape(number)}(?![^\W_])"
    return [found.span() for found in re.finditer(alone, reference)]


def _inside(span: tuple[int, int], outer: tuple[int, int]) -> bool:
    return span != outer and outer[0] <= span[0] and span[1] <= outer[1]


def _unnamed(items: Sequence[OpenItem], sent: int, balance: int, rules: Rules) -> list[Allocation]:
    """Steps 3 to 5, for the amount that no reference has placed."""
    invoices, intents = of_kind(items, "invoice"), of_kind(items, "payment_intent")
    sums = (sent, balance) if rules.group_of_balance and balance != sent else (sent,)
    for total in sums:
        group = subset_sum.search(
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
    """Steps 4 and 5: invoices in full, then intents until the balance is used up."""
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
