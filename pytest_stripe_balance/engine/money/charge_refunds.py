"""What every refund of a charge has and does: its record, and what the charge counts of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.engine import events
from pytest_stripe_balance.engine.state.records.money import Refund

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.money import Charge
    from pytest_stripe_balance.engine.state.world import World


def succeeded(world: World, refund_id: str, charge: Charge, amount: int, destination: Hash) -> Refund:
    """Make a refund that has reached its `destination`; nothing is stored or booked."""
    return Refund(
        id=refund_id,
        created=world.clock.now,
        amount=amount,
        currency=charge.currency,
        status="succeeded",
        destination_details=destination,
        charge=charge.id,
        payment_intent=charge.payment_intent,
    )


def count(world: World, charge: Charge, amount: int, *, event: str | None = None) -> Charge:
    """Add an amount to a charge's amount_refunded, with an event if one is named.

    A negative amount takes it away.
    """
    after = world.charges.put(charge._replace(amount_refunded=charge.amount_refunded + amount))
    if event:
        previous = events.previous_of(charge, after, "amount_refunded", "refunded")
        world.record_event(event, after, previous)
    return after
