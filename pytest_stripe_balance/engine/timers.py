"""What falls due as time passes: cash that nobody claims, refunds unanswered (FACTS 3.9, 8)."""

from __future__ import annotations

import functools
from operator import itemgetter
from typing import TYPE_CHECKING

from pytest_stripe_balance.engine import charges, invoices, refunds
from pytest_stripe_balance.engine.refunding import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_stripe_balance.engine.determinism import Clock
    from pytest_stripe_balance.engine.records import Entry
    from pytest_stripe_balance.engine.world import Due, World


RETURN_AFTER = 75 * DAY
SWEEP_AFTER = 90 * DAY


def travel(worlds: Iterable[World], clock: Clock, until: int) -> None:
    """Move time on to `until` (seconds since 1970); what falls due on the way happens, in order.

    The worlds share the clock. What happens has events that name no request.
    """
    worlds = list(worlds)
    while True:
        due = [(world, item) for world in worlds for item in _due(world) if item[0] <= until]
        if not due:
            break
        world, (moment, happen) = min(due, key=lambda one: one[1][0])
        clock.now = max(clock.now, moment)
        world.cause = None
        with world.all_or_nothing():
            happen()
    clock.now = max(clock.now, until)


def _due(world: World) -> Iterator[Due]:
    """List what is to come, each with its moment; whoever has run is not in it any more."""
    yield from _unclaimed(world)
    yield from refunds.due(world)
    yield from invoices.due(world)


def _unclaimed(world: World) -> Iterator[Due]:
    """Cash that was on a balance for 75 days is returned; if that failed, it is the merchant's at 90."""
    for customer_id in world.ledger.customers():
        rows = world.ledger.rows(customer_id)
        for currency, cash in world.ledger.available(customer_id).items():
            if cash > 0:
                since, returned = _positive_since(rows, currency)
                after, act = (SWEEP_AFTER, _sweep) if returned else (RETURN_AFTER, _return)
                yield since + after, functools.partial(act, world, customer_id, currency)


def _positive_since(rows: Iterable[Entry], currency: str) -> tuple[int, bool]:
    """Tell since when a balance is above zero, and whether its return has been tried.

    A return that came back leaves the balance as old as it was.
    """
    since: tuple[int, bool] | None = None
    left: dict[str, tuple[int, bool]] = {}
    for row in filter(lambda row: row.currency == currency, rows):
        if row.type == "return_initiated" and since is not None:
            left[row.refund or row.id] = (since[0], since[1] or row.refund is None)
        if row.ending_balance <= 0:
            since = None
        elif row.type == "return_canceled":
            before = left[row.refund or row.linked_transaction or ""]
            since = min(filter(None, (since, before)), key=itemgetter(0))
        elif since is None:
            since = (row.created, False)
    assert since is not None, "unreachable because the balance is above zero"
    return since


def _return(world: World, customer_id: str, currency: str) -> None:
    world.readings.rest("unclaimed-since")
    cash = world.ledger.balance(customer_id, currency)
    world.move(world.customer(customer_id, in_path=False), currency, -cash, "return_initiated")


def _sweep(world: World, customer_id: str, currency: str) -> None:
    world.readings.rest("unclaimed-since")
    cash = world.ledger.balance(customer_id, currency)
    charges.move_with_merchant(
        world,
        world.customer(customer_id, in_path=False),
        currency,
        -cash,
        "transferred_to_balance",
        book_as="payment_unreconciled",
    )


def fail_return(world: World, row: Entry) -> Entry:
    """Let a return of unclaimed cash come back from the customer's bank: its `return_canceled` row.

    ValueError for a row that is no such return, or has come back already.
    """
    rows = world.ledger.rows(row.customer)
    if row.type != "return_initiated" or row.refund is not None:
        message = f"{row.id} is no return of unclaimed cash; it is {row.type}"
        raise ValueError(message)
    if any(other.linked_transaction == row.id for other in rows):
        message = f"{row.id} has come back already"
        raise ValueError(message)
    world.readings.rest("return-comes-back")
    customer = world.customer(row.customer, in_path=False)
    return world.move(
        customer, row.currency, -row.net_amount, "return_canceled", linked_transaction=row.id
    )
