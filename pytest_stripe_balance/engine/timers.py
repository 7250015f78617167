"""What happens by itself as time passes: to unclaimed cash, held amounts, refunds, invoices, sessions.

Source: docs/stripe.md 3.9, 3.14, 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pytest_stripe_balance.engine.billing import invoice_transitions
from pytest_stripe_balance.engine.checkout import sessions
from pytest_stripe_balance.engine.money import balance_transactions
from pytest_stripe_balance.engine.payments import captures, payment_intents
from pytest_stripe_balance.engine.refunds import refunds
from pytest_stripe_balance.engine.state.deliveries import Delivery
from pytest_stripe_balance.engine.webhooks import deliveries

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from pytest_stripe_balance.engine.state.determinism import Clock
    from pytest_stripe_balance.engine.state.records.customers import Entry
    from pytest_stripe_balance.engine.state.records.money import Charge
    from pytest_stripe_balance.engine.state.table import Table
    from pytest_stripe_balance.engine.state.unclaimed import Unclaimed
    from pytest_stripe_balance.engine.state.world import World


@dataclass(frozen=True)
class _Kind:
    """A kind of record that changes by itself at its `due_at`: its table, and what it does then.

    One that `is_stopped` does nothing, whatever its `due_at` says.
    """

    records: Callable[[World], Table[Any]]
    fall_due: Callable[[World, Any], object]
    is_stopped: Callable[[World, Any], bool] = lambda *_: False


@dataclass(frozen=True)
class _Coming:
    """One record that falls due at a moment."""

    moment: int
    world: World
    kind: _Kind
    record: Any

    def happen(self, clock: Clock) -> list[object]:
        """Do what it does then; give the records that this wrote."""
        world, records = self.world, self.kind.records(self.world)
        clock.now = max(clock.now, self.moment)
        world.cause = None
        with world.transaction():
            self.kind.fall_due(world, self.record)
            assert records.get(self.record.id) != self.record, f"{self.record} falls due for ever"
            return [record for one in world.together for record, _ in one.journal]


def travel(worlds: Collection[World], clock: Clock, until: int) -> None:
    """Move time on to `until` (seconds since 1970), and do what is due until then, in order.

    The worlds share the clock. The events of this name no request. It costs by what falls due.
    """
    while (coming := _next(worlds, until)) is not None:
        coming.happen(clock)
    clock.now = max(clock.now, until)


def travel_to_delivery(worlds: Collection[World], clock: Clock, until: int) -> bool:
    """Move time on as `travel` does, and stop at a moment at which something is to be sent.

    That is the first one later than now. Tell if there is none.
    """
    stop = _first_delivery(worlds, clock.now)
    horizon = until if stop is None else min(stop, until)
    is_heard = False
    while (coming := _next(worlds, clock.now if is_heard else horizon)) is not None:
        is_heard |= any(type(one) is Delivery for one in coming.happen(clock))
    if is_heard:
        return False
    clock.now = max(clock.now, horizon)
    return horizon != stop


def _next(worlds: Iterable[World], until: int) -> _Coming | None:
    """Find what falls due first, at the latest at `until`.

    Things of one second happen in the order of their world, their kind and their creation.
    """
    found: _Coming | None = None
    for world in worlds:
        for kind in _KINDS:
            before = until if found is None else found.moment - 1
            for moment, record in kind.records(world).due(before):
                if not kind.is_stopped(world, record):
                    found = _Coming(moment, world, kind, record)
                    break
    return found


def _first_delivery(worlds: Iterable[World], now: int) -> int | None:
    """Tell when a delivery falls due next, later than now."""
    moments = (deliveries.next_at(world, now) for world in worlds)
    return min((moment for moment in moments if moment is not None), default=None)


def _cash_falls_due(world: World, cash: Unclaimed) -> None:
    """Return the first balance of a customer that is old enough, or give it to the merchant."""
    first = cash.due_at
    currency, age = next(
        (currency, age) for currency, age in cash.ages.items() if age and age.due_at == first
    )
    (_sweep if age.was_returned else _return)(world, cash.id, currency)


def _let_go(world: World, charge: Charge) -> None:
    """Cancel the intent of what nobody captured; event `charge.expired` before."""
    world.readings.rely_on("hold-expires")
    intent = world.payment_intents.find(charge.payment_intent or "", "intent")
    world.record_event("charge.expired", captures.release(world, intent))
    payment_intents.withdraw(world, intent, "automatic")


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


# What changes by itself, in the order in which it does within one second.
_KINDS = (
    _Kind(attrgetter("unclaimed"), _cash_falls_due),
    _Kind(attrgetter("charges"), _let_go),
    _Kind(attrgetter("refunds"), refunds.fall_due),
    _Kind(attrgetter("invoices"), invoice_transitions.fall_due, invoice_transitions.is_stopped),
    _Kind(attrgetter("checkout_sessions"), sessions.fall_due),
)
