"""How old the cash on a balance is, and when it falls due (docs/stripe.md 3.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_stripe_balance.engine.state.determinism import DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_stripe_balance.engine.state.records.customers import Entry
    from pytest_stripe_balance.engine.state.world import World

RETURN_AFTER = 75 * DAY
SWEEP_AFTER = 90 * DAY
OF_RETURNS = ("return_initiated", "return_canceled")


class Age(NamedTuple):
    """Since when a balance in one currency is above zero, and whether its return was tried."""

    since: int
    was_returned: bool = False

    @property
    def due_at(self) -> int:
        """When it is returned, after 75 days, or goes to the merchant, after 90."""
        return self.since + (SWEEP_AFTER if self.was_returned else RETURN_AFTER)


class Unclaimed(NamedTuple):
    """A customer's cash: its age by currency, in the order of their first rows. None has no cash.

    `id` is the customer's.
    """

    id: str
    ages: Mapping[str, Age | None]

    @property
    def due_at(self) -> int | None:
        """When the first of it falls due; None if there is no cash."""
        return min((age.due_at for age in self.ages.values() if age is not None), default=None)


class Returned(NamedTuple):
    """How old cash was that went back to a bank. `id` is its refund's, else its row's."""

    id: str
    age: Age


def note(world: World, row: Entry) -> None:
    """Note what a new row does to the age of its customer's cash.

    After a return that came back the balance is as old as before it.
    """
    known = world.unclaimed.get(row.customer)
    ages = {} if known is None else known.ages
    age = ages.get(row.currency)
    if row.type == "return_initiated" and age is not None:
        before = age._replace(was_returned=age.was_returned or row.refund is None)
        world.returned.put(Returned(row.refund or row.id, before))
    after = _age_after(world, row, age)
    if after != age or row.currency not in ages:
        world.unclaimed.put(Unclaimed(row.customer, {**ages, row.currency: after}))


def _age_after(world: World, row: Entry, age: Age | None) -> Age | None:
    if row.ending_balance <= 0:
        return None
    if row.type == "return_canceled":
        before = world.returned.get(row.refund or row.linked_transaction or "")
        assert before is not None, f"{row.id} comes back from a return that nobody made"
        return before.age if age is None else min(age, before.age, key=_since)
    return age or Age(row.created)


def _since(age: Age) -> int:
    return age.since
