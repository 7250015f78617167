"""What a card holds and doesn't pay: it is released, or refunded before basil (docs/stripe.md 3.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.engine.money import charge_refunds
from pytest_stripe_balance.engine.money.balance_transactions import book

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.money import Charge
    from pytest_stripe_balance.engine.state.world import World

REFUNDS_UNTIL = "2025-03-31"  # a change of basil, by the version of the request


def makes_refund(world: World) -> bool:
    """Tell whether the request's API version shows what is released as a refund."""
    return world.asked_version < REFUNDS_UNTIL


def release(world: World, charge: Charge, amount: int) -> Charge:
    """Let go of an amount that a charge holds, or that was booked beyond what is captured.

    Since basil that is no refund, and has no event. Before it, it is one that has succeeded: events
    `refund.created`, `charge.refunded`.
    """
    if not makes_refund(world):
        return world.charges.put(charge._replace(released=charge.released + amount))
    world.readings.rely_on("release-as-refund")
    reversal = {"card": {"type": "reversal"}, "type": "card"}
    refund_id = world.ids.mint("re_", 24)
    refund = charge_refunds.succeeded(world, refund_id, charge, amount, reversal)
    if charge.captured:
        booked = book(world, -amount, charge.currency, "refund", source=refund.id)
        refund = refund._replace(balance_transaction=booked.id)
    world.record_event("refund.created", world.refunds.put(refund))
    return charge_refunds.count(world, charge, amount, event="charge.refunded")
