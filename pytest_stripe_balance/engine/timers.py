"""What happens by itself as time passes: unclaimed cash, unanswered refunds, invoices.

Source: docs/stripe.md 3.9, 8.
"""

from __future__ import annotations

import functools
import heapq
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from pytest_stripe_balance.engine.billing import invoice_transitions
from pytest_stripe_balance.engine.money import balance_transactions
from pytest_stripe_balance.engine.refunds import refunds
from pytest_stripe_balance.engine.state.deliveries import Delivery
from pytest_stripe_balance.engine.state.determinism import DAY
from pytest_stripe_balance.engine.state.records.customers import Entry
from pytest_stripe_balance.engine.state.records.invoices import Invoice
from pytest_stripe_balance.engine.state.records.money import Refund
from pytest_stripe_balance.engine.webhooks import deliveries

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from pytest_stripe_balance.engine.state.determinism import Clock
    from pytest_stripe_balance.engine.state.table import Table
    from pytest_stripe_balance.engine.state.world import Due, World


# The ranks of a world, of a kind of record, and of the record: the order of things in one second.
_Place = tuple[int, ...]
_CASH = 0  # the rank of cash; _KINDS has the others
RETURN_AFTER = 75 * DAY
SWEEP_AFTER = 90 * DAY


@dataclass(frozen=True)
class _Kind:
    """A kind of record that changes by itself: its rank, its table, and when it is due."""

    rank: int
    records: Callable[[World], Table[Any]]
    due: Callable[[World, Any], Due | None]


_KINDS: Mapping[type, _Kind] = {
    Refund: _Kind(1, attrgetter("refunds"), refunds.due),
    Invoice: _Kind(2, attrgetter("invoices"), invoice_transitions.due),
}


def travel(worlds: Collection[World], clock: Clock, until: int) -> None:
    """Move time on to `until` (seconds since 1970), and do what is due until then, in order.

    The worlds share the clock. The events of this name no request.
    """
    agenda = _Agenda(worlds, until)
    while (following := agenda.take(until)) is not None:
        world, (moment, happen) = following
        agenda.look_at(world, _done(world, clock, moment, happen))
    clock.now = max(clock.now, until)


class Journey:
    """A move of time as `travel` makes it, that stops at each moment at which something is to be sent.

    At a stop a handler may write, and worlds may be added. What was written is looked at, and not all
    there is: the cost grows with what happens. To be closed at its end.
    """

    def __init__(self, worlds: Collection[World], clock: Clock, until: int) -> None:
        self._worlds, self._clock, self._until = worlds, clock, until
        self._agenda = _Agenda((), until)

    def go_on(self) -> bool:
        """Move on to the first later moment at which something is to be sent; tell if there is none."""
        self._look()
        clock, stop = self._clock, _first_delivery(self._worlds, self._clock.now)
        horizon = self._until if stop is None else min(stop, self._until)
        is_heard = False
        while (following := self._agenda.take(clock.now if is_heard else horizon)) is not None:
            world, (moment, happen) = following
            is_heard |= any(type(one) is Delivery for one in _done(world, clock, moment, happen))
            self._look()
        if is_heard:
            return False
        clock.now = max(clock.now, horizon)
        return horizon != stop

    def _look(self) -> None:
        """Take in what was written since the last time, or all of a world that is new."""
        for world in self._worlds:
            if world.written is None:
                self._agenda.add(world)
            else:
                self._agenda.look_at(world, world.written)
            world.written = []

    def close(self) -> None:
        """Let the worlds keep nothing of it."""
        for world in self._worlds:
            world.written = None


def _done(world: World, clock: Clock, moment: int, happen: Callable[[], object]) -> list[object]:
    """Do what is due at a moment; give the records that it wrote."""
    clock.now = max(clock.now, moment)
    world.cause = None
    with world.transaction():
        happen()
        return [record for record, _ in world.journal]


def _first_delivery(worlds: Iterable[World], now: int) -> int | None:
    """Tell when a delivery falls due next, later than now."""
    moments = (deliveries.next_at(world, now) for world in worlds)
    return min((moment for moment in moments if moment is not None), default=None)


class _Agenda:
    """What is due until a moment, the earliest first. Changed records are looked at again.

    Things due in one second happen in the order of their world, their kind (cash, refunds, invoices)
    and their creation.
    """

    def __init__(self, worlds: Iterable[World], until: int) -> None:
        self._until = until
        self._heap: list[tuple[int, _Place]] = []
        self._due: dict[_Place, tuple[World, Due]] = {}
        self._worlds: dict[int, int] = {}
        self._cash: dict[tuple[int, str, str], _Cash] = {}
        for world in worlds:
            self.add(world)

    def add(self, world: World) -> None:
        """Look at all of a world."""
        self._worlds[id(world)] = len(self._worlds)
        for customer in world.ledger.customers():
            self.look_at(world, [*world.ledger.rows(customer)])
        self.look_at(world, [*world.refunds, *world.invoices])

    def take(self, until: int) -> tuple[World, Due] | None:
        """Take the next thing that is due at the latest at `until`; None if nothing is."""
        while self._heap and self._heap[0][0] <= until:
            moment, place = heapq.heappop(self._heap)
            if place in self._due and self._due[place][1][0] == moment:
                return self._due.pop(place)
        return None

    def look_at(self, world: World, written: Collection[object]) -> None:
        """Note when records are due, as they are now. Each row has to come once, and in order."""
        for record in written:
            if kind := _KINDS.get(type(record)):
                place = kind.records(world).place(record.id)  # type: ignore[attr-defined] # by its type
                self._put(world, (kind.rank, place), kind.due(world, record))
        for cash in self._read(world, [record for record in written if isinstance(record, Entry)]):
            self._put(world, (_CASH, cash.place), cash.due(world))

    def _read(self, world: World, rows: Iterable[Entry]) -> Iterable[_Cash]:
        """Take in rows; give the balances that they change."""
        changed: dict[int, _Cash] = {}
        for row in rows:
            key = (id(world), row.customer, row.currency)
            cash = self._cash.setdefault(key, _Cash(len(self._cash)))
            cash.read(row)
            changed[cash.place] = cash
        return changed.values()

    def _put(self, world: World, place: _Place, due: Due | None) -> None:
        place = (self._worlds[id(world)], *place)
        if due is None or due[0] > self._until:
            self._due.pop(place, None)
        else:
            self._due[place] = world, due
            heapq.heappush(self._heap, (due[0], place))


@dataclass
class _Cash:
    """A balance in one currency, read from its rows: since when it is above zero.

    After a return that came back the balance is as old as before it.
    """

    place: int
    row: Entry | None = None
    since: tuple[int, bool] | None = None  # and whether its return was tried
    left: dict[str, tuple[int, bool]] = field(default_factory=dict)

    def read(self, row: Entry) -> None:
        """Take in the next row."""
        self.row = row
        if row.type == "return_initiated" and self.since is not None:
            self.left[row.refund or row.id] = (self.since[0], self.since[1] or row.refund is None)
        if row.ending_balance <= 0:
            self.since = None
        elif row.type == "return_canceled":
            before = self.left[row.refund or row.linked_transaction or ""]
            self.since = min(filter(None, (self.since, before)), key=itemgetter(0))
        elif self.since is None:
            self.since = (row.created, False)

    def due(self, world: World) -> Due | None:
        """Tell when it is returned, after 75 days, or goes to the merchant, after 90."""
        if self.since is None:
            return None
        assert self.row is not None, "unreachable because a balance is above zero by a row"
        since, returned = self.since
        after, act = (SWEEP_AFTER, _sweep) if returned else (RETURN_AFTER, _return)
        return since + after, functools.partial(act, world, self.row.customer, self.row.currency)


def _return(world: World, customer_id: str, currency: str) -> None:
    world.readings.rely_on("unclaimed-since")
    cash = world.ledger.balance(customer_id, currency)
    world.post_entry(world.customer(customer_id, in_path=False), currency, -cash, "return_initiated")


def _sweep(world: World, customer_id: str, currency: str) -> None:
    world.readings.rely_on("unclaimed-since")
    cash = world.ledger.balance(customer_id, currency)
    balance_transactions.move_with_merchant(
        world,
        world.customer(customer_id, in_path=False),
        currency,
        -cash,
        "transferred_to_balance",
        book_as="payment_unreconciled",
    )


def fail_return(world: World, row: Entry) -> Entry:
    """Let a return of unclaimed cash come back from the customer's bank; give its `return_canceled` row.

    ValueError if the row isn't such a return, or has come back already.
    """
    rows = world.ledger.rows(row.customer)
    if row.type != "return_initiated" or row.refund is not None:
        message = f"{row.id} isn't a return of unclaimed cash; it is {row.type}"
        raise ValueError(message)
    if any(later.linked_transaction == row.id for later in rows):
        message = f"{row.id} has come back already"
        raise ValueError(message)
    customer = world.customers.find(row.customer, "customer")
    if customer.deleted:
        message = f"{customer.id} was deleted: {row.id} can't come back"
        raise ValueError(message)
    world.readings.rely_on("return-comes-back")
    return world.post_entry(
        customer, row.currency, -row.net_amount, "return_canceled", linked_transaction=row.id
    )
