"""The group search of step 3: which 1 to 5 open items sum exactly to an amount (docs/stripe.md 4).

Items are named by position; a lower position is older. Every search gives the lexicographically first
positions, so the oldest items win. Sums of two items are matched with sums of two others, so a group of
five costs as much as three items by brute force. The work is counted before it is done.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

from pytest_stripe_balance.refused import Refused

LARGEST = 5
# About 3 seconds on one core. 200 items of different amounts need at most a fifth of that.
MOST_LOOKUPS = 15_000_000
Positions = tuple[int, ...]


@dataclass(frozen=True)
class PaidGroup:
    """Positions of the chosen invoices and intents."""

    invoices: Positions
    intents: Positions


@dataclass
class Work:
    """Counts the look-ups of one search; Refused before they exceed MOST_LOOKUPS."""

    spent: int = 0

    def spend(self, lookups: int) -> None:
        """Count look-ups that are about to be made."""
        self.spent += lookups
        if self.spent > MOST_LOOKUPS:
            raise Refused(
                f"too many open items: to find the group of up to {LARGEST} that Stripe would pay takes "
                f"more than {MOST_LOOKUPS:,} sums. Use fewer open items, or a reference that names "
                "one of them"
            )


def search(invoices: Sequence[int], intents: Sequence[int], total: int) -> PaidGroup | None:
    """Find the group that sums to `total`: fewest items, then most invoices, then oldest.

    `invoices` and `intents` are outstanding amounts in minor units, oldest first. The age of intents
    decides before the age of invoices. Too many items are Refused.
    """
    work = Work()
    for size in range(1, LARGEST + 1):
        for bills in range(min(size, len(invoices)), -1, -1):
            group = search_shape(invoices, intents, total, (bills, size - bills), work)
            if group:
                return group
    return None


def search_shape(
    invoices: Sequence[int],
    intents: Sequence[int],
    total: int,
    shape: tuple[int, int],
    work: Work,
) -> PaidGroup | None:
    """Find the oldest group of a shape: the number of invoices, and of intents."""
    bills, others = shape
    if bills > len(invoices) or others > len(intents):
        return None
    if not others:
        chosen: Positions | None = ()
    elif bills <= 2:  # noqa: PLR2004 - sums of up to two are few enough to be listed
        work.spend(comb(len(invoices), bills))
        rests = {total - sum(some) for some in combinations(invoices, bills)}
        chosen = _first(intents, others, rests, work)
    else:
        chosen = _first_beside(intents, others, invoices, bills, total, work)
    if chosen is None:
        return None
    rest = total - sum(intents[place] for place in chosen)
    billed = _first(invoices, bills, {rest}, work)
    return None if billed is None else PaidGroup(billed, chosen)


def _first_beside(
    intents: Sequence[int],
    others: int,
    invoices: Sequence[int],
    bills: int,
    total: int,
    work: Work,
) -> Positions | None:
    """Find the oldest one or two intents that sum to `total` with 3 or 4 invoices."""
    work.spend(comb(len(intents), others))
    oldest: dict[int, Positions] = {}
    for places in combinations(range(len(intents)), others):
        oldest.setdefault(total - sum(intents[place] for place in places), places)
    reached = (_reached_by_3 if bills == 3 else _reached_by_4)(invoices, oldest, work)  # noqa: PLR2004
    return min((oldest[rest] for rest in reached), default=None)


def _reached_by_3(amounts: Sequence[int], totals: Collection[int], work: Work) -> set[int]:
    """Give the totals that are a sum of three amounts."""
    count, last = len(amounts), _last_places(amounts)
    if len(totals) < count / 3:
        work.spend(len(totals) * comb(count, 2))
        return {
            total
            for total in totals
            if any(
                last.get(total - amount - amounts[second], -1) > second
                for first, amount in enumerate(amounts)
                for second in range(first + 1, count)
            )
        }
    work.spend(comb(count, 3))
    wanted, reached = frozenset(totals), set[int]()
    for first, second in combinations(range(count), 2):
        two = amounts[first] + amounts[second]
        reached |= wanted.intersection([two + third for third in amounts[second + 1 :]])
    return reached


def _reached_by_4(amounts: Sequence[int], totals: Collection[int], work: Work) -> set[int]:
    """Give the totals that are a sum of four amounts: two at lower positions, two at higher."""
    pairs = list(combinations(range(len(amounts)), 2))
    work.spend(len(pairs) * (len(totals) + 1))
    ends: dict[int, int] = {}
    for first, second in pairs:
        two = amounts[first] + amounts[second]
        ends[two] = min(second, ends.get(two, second))
    upper = {(amounts[third] + amounts[fourth], third) for third, fourth in pairs}
    return {
        total for total in totals if any(ends.get(total - two, third) < third for two, third in upper)
    }


def _first(amounts: Sequence[int], size: int, totals: Collection[int], work: Work) -> Positions | None:
    """Find the lexicographically first positions of `size` amounts that sum to one of the totals."""
    match size:
        case 0:
            return () if 0 in totals else None
        case 1:
            return next(((place,) for place, amount in enumerate(amounts) if amount in totals), None)
        case 2:
            return _first_2(amounts, totals, work)
        case 3:
            return _first_3(amounts, totals, work)
        case 4:
            return _first_4(amounts, totals, work)
        case _:
            (total,) = totals
            return _first_5(amounts, total, work)


def _first_2(amounts: Sequence[int], totals: Collection[int], work: Work) -> Positions | None:
    count = len(amounts)
    work.spend(count * min(count, len(totals)))
    if len(totals) < count:
        last = _last_places(amounts)
        for first, amount in enumerate(amounts):
            if any(last.get(total - amount, -1) > first for total in totals):
                return first, *_first_after(amounts, first, 1, totals, amount, work)
        return None
    for first, amount in enumerate(amounts):
        for second in range(first + 1, count):
            if amount + amounts[second] in totals:
                return first, second
    return None


def _first_3(amounts: Sequence[int], totals: Collection[int], work: Work) -> Positions | None:
    count = len(amounts)
    if len(totals) < count / 3:
        work.spend(comb(count, 2) * len(totals))
        last = _last_places(amounts)
        for first, second in combinations(range(count), 2):
            two = amounts[first] + amounts[second]
            if any(last.get(total - two, -1) > second for total in totals):
                return first, second, *_first_after(amounts, second, 1, totals, two, work)
        return None
    work.spend(comb(count, 3))
    wanted = frozenset(totals)
    for first, second in combinations(range(count), 2):
        two = amounts[first] + amounts[second]
        if not wanted.isdisjoint([two + third for third in amounts[second + 1 :]]):
            return first, second, *_first_after(amounts, second, 1, totals, two, work)
    return None


def _first_4(amounts: Sequence[int], totals: Collection[int], work: Work) -> Positions | None:
    """Lower the second position step by step; the sums of two above it are known."""
    count = len(amounts)
    work.spend(comb(count, 2) * (len(totals) + 1))
    above: set[int] = set()
    found: Positions | None = None
    for second in range(count - 3, 0, -1):
        third = second + 1
        above.update([amounts[third] + fourth for fourth in amounts[third + 1 :]])
        rests = [total - amounts[second] for total in totals]
        # Later rounds have a lower second position, so they win if the first is equal.
        for first in range(second if found is None else min(second, found[0] + 1)):
            amount = amounts[first]
            if not above.isdisjoint([rest - amount for rest in rests]):
                found = first, second
                break
    if found is None:
        return None
    two = amounts[found[0]] + amounts[found[1]]
    return *found, *_first_after(amounts, found[1], 2, totals, two, work)


def _first_5(amounts: Sequence[int], total: int, work: Work) -> Positions | None:
    """Take each position as the middle, and match sums of two below it with sums of two above it."""
    count = len(amounts)
    work.spend(2 * comb(count // 2 + 1, 3) + comb(count, 2))
    above: dict[int, int] = {}
    for fourth, fifth in combinations(range(count), 2):
        above[amounts[fourth] + amounts[fifth]] = fourth
    below: dict[int, Positions] = {}
    found: Positions | None = None
    for third in range(2, count - 2):
        second = third - 1
        for first in range(second):
            pair, two = (first, second), amounts[first] + amounts[second]
            below[two] = min(pair, below.get(two, pair))
        rest = total - amounts[third]
        if third < count / 2:
            hits = [pair for two, pair in below.items() if above.get(rest - two, -1) > third]
        else:
            sums = {sum(pair) for pair in combinations(amounts[third + 1 :], 2)}
            hits = [below[rest - two] for two in sums if rest - two in below]
        found = min(filter(None, (found, *hits)), default=None)
    if found is None:
        return None
    two = amounts[found[0]] + amounts[found[1]]
    return *found, *_first_after(amounts, found[1], 3, {total}, two, work)


def _first_after(
    amounts: Sequence[int],
    place: int,
    size: int,
    totals: Collection[int],
    chosen: int,
    work: Work,
) -> Positions:
    """Complete a choice with positions after `place`; it is known that this is possible."""
    start = place + 1
    rests = {total - chosen for total in totals}
    found = _first(amounts[start:], size, rests, work)
    assert found is not None, "unreachable because the choice can be completed"
    return tuple(start + after for after in found)


def _last_places(amounts: Sequence[int]) -> dict[int, int]:
    return {amount: place for place, amount in enumerate(amounts)}
