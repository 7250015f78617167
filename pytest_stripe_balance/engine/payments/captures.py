"""Cards that are authorized first and captured later: capture_method=manual (docs/stripe.md 3.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pytest_stripe_balance.engine.money import allocation, releases
from pytest_stripe_balance.engine.state import amounts, faults
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.money import Charge
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.world import World

# Both recorded at 2026-08-26.dahlia, with the intent (Kiln-AI/stripe_world 04/21, 23).
TOO_MUCH = (
    "The payment could not be captured because the requested capture amount is greater than the amount "
    "you can capture for this charge. Contact us via https://support.stripe.com/contact/ for help."
)
REST_RELEASED = (
    "The remaining amount on this PaymentIntent could not be captured because the remainder of the "
    "authorized amount has been released."
)


def capture(
    world: World,
    intent_id: str,
    *,
    amount_to_capture: int | None = None,
    final_capture: Literal[True] = True,
) -> PaymentIntent:
    """Take what a card holds for an intent, which then succeeds; all of it, or a part.

    `amount_to_capture` is in minor units. The rest is released: a card is captured once. Events
    `charge.captured`, `payment_intent.succeeded` [obs Kiln-AI/stripe_world].
    """
    del final_capture  # which is true by default [sdk]
    intent = world.payment_intents.find(intent_id, "intent")
    if intent.status != "requires_capture":
        message = (
            f"This PaymentIntent could not be captured because it has a status of {intent.status}. Only "
            "a PaymentIntent with one of the following statuses may be captured: requires_capture."
        )
        raise faults.unexpected_state(REST_RELEASED if intent.uncaptured else message, intent)
    amount = intent.amount if amount_to_capture is None else amount_to_capture
    if amount > intent.amount:
        raise Fault(TOO_MUCH, code="amount_too_large", intent=intent)
    least = amounts.LEAST[intent.currency]
    if amount < least:
        raise Refused(
            f"amount_to_capture={amount} is not modelled: from {least} on, the least that an intent in "
            f"{intent.currency} is for, it is"
        )
    return allocation.capture(world, intent, _held(world, intent), amount)


def release(world: World, intent: PaymentIntent) -> Charge:
    """Let go of all that a card holds for an intent that is canceled; give the charge."""
    charge = _held(world, intent)
    return releases.release(world, charge, charge.amount)


def _held(world: World, intent: PaymentIntent) -> Charge:
    """Find the charge that holds an intent's amount."""
    return world.charges.find(intent.latest_charge or "", "id")
