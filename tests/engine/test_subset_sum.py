"""The group search by puzzles, one for each number of invoices and intents that a group can have."""

import pytest

from pytest_stripe_balance.engine.reconciliation import subset_sum
from pytest_stripe_balance.refused import Refused

SHAPES = [
    (bills, size - bills) for size in range(1, subset_sum.LARGEST + 1) for bills in range(size + 1)
]
# Few and many beside each other take the other branch of each search.
POOLS = [(10, 10), (10, 33), (33, 10)]


def puzzle(shape, pool, *, where):
    """Make items of which one group makes the total; among the "doubled" ones, one of the oldest.

    An amount is a power of 7, and no more than five items make a group, so a total tells its items. They
    are the oldest, the youngest, or every second one and there again, younger, as all are.
    """
    invoices = [7**place for place in range(pool[0])]
    intents = [7 ** (pool[0] + place) for place in range(pool[1])]
    chosen = subset_sum.PaidGroup(*map(PLACES[where], shape, pool))
    total = sum(invoices[at] for at in chosen.invoices) + sum(intents[at] for at in chosen.intents)
    times = 2 if where == "doubled" else 1
    return invoices * times, intents * times, total, chosen


PLACES = {
    "oldest": lambda some, _: tuple(range(some)),
    "youngest": lambda some, count: tuple(range(count - some, count)),
    "doubled": lambda some, _: tuple(range(0, 2 * some, 2)),
}


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("pool", POOLS, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_group_is_found_whatever_it_is_made_of(shape, pool, where):
    """For each number of invoices and intents the one group that makes the total is found, the oldest first."""
    invoices, intents, total, chosen = puzzle(shape, pool, where=where)
    assert subset_sum.search(invoices, intents, total) == chosen


@pytest.mark.parametrize("pool", POOLS, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_no_group_is_found_where_a_unit_is_lacking(shape, pool):
    """For each shape a total that is off by one has no group: none is made up."""
    invoices, intents, total, _ = puzzle(shape, pool, where="oldest")
    assert (
        subset_sum.search([one * 7 for one in invoices], [one * 7 for one in intents], total * 7 + 1)
        is None
    )


@pytest.mark.parametrize("bills", range(7))
def test_six_items_are_no_group(bills):
    """A total that takes six items has no group."""
    invoices, intents = [7**at for at in range(6)], [7 ** (6 + at) for at in range(6)]
    total = sum(invoices[:bills]) + sum(intents[: 6 - bills])
    assert subset_sum.search(invoices, intents, total) is None


def test_work_is_refused_past_its_limit_and_not_at_it():
    """The last look-up that is allowed is made; one more is refused, before it is made."""
    work = subset_sum.Work()
    work.spend(subset_sum.MOST_LOOKUPS)
    with pytest.raises(Refused, match="too many open items"):
        work.spend(1)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if sum(shape) > 1], ids=str)
def test_each_search_counts_its_work_before_it_is_done(shape, monkeypatch):
    """No shape's search is free: with nothing left to spend each is refused."""
    invoices, intents, total, _ = puzzle(shape, (10, 10), where="oldest")
    monkeypatch.setattr(subset_sum, "MOST_LOOKUPS", 0)
    with pytest.raises(Refused, match="too many open items"):
        subset_sum.search_shape(invoices, intents, total, shape, subset_sum.Work())
