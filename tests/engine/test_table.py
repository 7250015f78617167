"""A table finds what a walk along its records would find, whatever was written, undone or copied."""

from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_stripe_balance.engine.state import sharing
from pytest_stripe_balance.engine.state.table import Table


class Bill(NamedTuple):
    id: str
    created: int
    customer: str | None
    status: str
    due_at: int | None


BY = ("customer", "status", ("customer", "status"))
NAMES = st.sampled_from([None, "ada", "bob"])
STATUSES = st.sampled_from(["open", "paid", "void"])
MOMENTS = st.none() | st.integers(1, 4)
BILLS = st.tuples(st.integers(0, 12), NAMES, STATUSES, MOMENTS)
STEPS = st.one_of(
    st.tuples(st.just("write"), st.lists(BILLS, max_size=4)),
    st.tuples(st.just("fail"), st.lists(BILLS, max_size=4)),
    st.tuples(st.just("copy"), st.booleans()),
)


class Pair:
    """A table, and the plain list that it is held to; `other` is what a copy left behind."""

    def __init__(self):
        self.journal = []
        self.table = Table("bill", self.journal, *BY, falls_due=True)
        self.known = []

    def put(self, number, customer, status, due_at):
        place = next((at for at, one in enumerate(self.known) if one.id == f"bill {number}"), None)
        created = len(self.known) // 2 if place is None else self.known[place].created
        bill = Bill(f"bill {number}", created, customer, status, due_at)
        self.table.put(bill)
        if place is None:
            self.known.append(bill)
        else:
            self.known[place] = bill

    def write(self, bills):
        for bill in bills:
            self.put(*bill)
        self.journal.clear()

    def fail(self, bills):
        before = [*self.known]
        for bill in bills:
            self.put(*bill)
            assert [*self.table.where(status="open")] == [
                one for one in self.known if one.status == "open"
            ]
        for _, undo in reversed(self.journal):
            undo()
        self.journal.clear()
        self.known = before

    def copy(self):
        copied = Pair()
        copied.table, copied.known = self.table.copy(copied.journal), [*self.known]
        return copied

    def check(self):
        table, known = self.table, self.known
        assert [*table] == known
        assert len(table) == len(known)
        assert [table.get(bill.id) for bill in known] == known
        assert [table.place(bill.id) for bill in known] == [*range(len(known))]
        for customer in ("ada", "bob", "nobody"):
            own = [bill for bill in known if bill.customer == customer]
            assert [*table.where(customer=customer)] == own
            for status in ("open", "paid"):
                found = [bill for bill in own if bill.status == status]
                assert [*table.where(customer=customer, status=status)] == found
                self._check_pages(found, customer=customer, status=status)
            self._check_pages(own, customer=customer)
        self._check_pages([bill for bill in known if bill.status == "open"], status="open")
        self._check_pages([bill for bill in known if bill.due_at == 2], due_at=2)
        for some in (frozenset(), frozenset(["open"]), frozenset(["void", "paid"])):
            self._check_pages([bill for bill in known if bill.status in some], status=some)
        assert set(table.values_of("customer")) == {bill.customer for bill in known} - {None}
        for until in range(5):
            due = [bill for bill in known if bill.due_at is not None and bill.due_at <= until]
            expected = sorted(due, key=lambda bill: bill.due_at)
            assert [bill for _, bill in table.due(until)] == expected

    def _check_pages(self, found, **fields):
        newest = found[::-1]
        page = self.table.page(limit=2, **fields)
        assert (page.data, page.has_more) == (newest[:2], len(found) > 2)
        for cursor in self.known[::3]:
            place = self.known.index(cursor)
            older = [bill for bill in newest if self.known.index(bill) < place]
            newer = [bill for bill in found if self.known.index(bill) > place]
            assert self.table.page(limit=2, starting_after=cursor.id, **fields).data == older[:2]
            assert self.table.page(limit=2, ending_before=cursor.id, **fields).data == newer[:2][::-1]


@pytest.mark.parametrize("layered", [False, True], ids=["copied", "layered"])
@given(steps=st.lists(STEPS, max_size=14))
@settings(deadline=None, max_examples=80)
def test_a_table_is_as_good_as_a_list(layered, steps):
    """Found by a value or by several, in pages, and by what falls due; in each of its copies, too."""
    least, sharing._COPIED_BELOW = sharing._COPIED_BELOW, 1 if layered else 10**9
    try:
        pairs = [Pair()]
        for step, given_ in steps:
            pair = pairs[-1]
            if step == "copy":
                pairs.insert(len(pairs) - given_, pair.copy())  # one of the two goes on
            else:
                getattr(pair, step)(given_)
            for one in pairs:
                one.check()
    finally:
        sharing._COPIED_BELOW = least


def test_a_page_costs_by_what_it_can_have():
    """By a customer and a status it doesn't go through the customer's others, nor through others'."""
    looked_at = []
    table = Table("bill", None, *BY)
    for number in range(200):
        table.put(Bill(f"bill {number}", number, "ada", "open" if number == 7 else "paid", None))
        table.put(Bill(f"other {number}", number, "bob", "open", None))
    keep = lambda bill: looked_at.append(bill) or True  # noqa: E731 - one line
    page = table.page(customer="ada", status="open", keep=keep)
    assert [bill.id for bill in page.data] == ["bill 7"]
    assert looked_at == page.data
