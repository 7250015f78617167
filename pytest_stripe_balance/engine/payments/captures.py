"""Cards that are authorized first and captured later: capture_method=manual (docs/stripe.md 3.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.engine.money import allocation
from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.world import World


def capture(world: World, intent_id: str, *, amount_to_capture: int | None = None) -> PaymentIntent:
    """Take the whole amount that a card holds for an intent, which then succeeds.

    Events `charge.captured`, `payment_intent.succeeded` [obs Kiln-AI/stripe_world]. A part of the
    amount is refused by name; so is a capture more than 7 days later, when it is let go [doc].
    """
    intent = world.payment_intents.find(intent_id, "intent")
    if intent.status != "requires_capture":
        message = (
            f"This PaymentIntent could not be captured because it has a status of {intent.status}. Only "
            "a PaymentIntent with one of the following statuses may be captured: requires_capture."
        )
        raise faults.unexpected_state(message, intent)
    if amount_to_capture not in (None, intent.amount):
        raise Refused(
            f"amount_to_capture={amount_to_capture} of {intent.amount} is not modelled: only the whole "
            "amount is captured"
        )
    charge = world.charges.find(intent.latest_charge or "", "id")
    if world.clock.now > (charge.capture_before or 0):
        raise Refused(
            f"capturing {intent_id} more than 7 days after its confirm is not modelled: its card "
            "has let the amount go by then"
        )
    return allocation.capture(world, intent, charge)
