"""What becomes of a Checkout Session when its intent is paid or canceled (docs/stripe.md 3.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.checkout import CheckoutSession
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.world import World


def link(world: World, session: CheckoutSession, intent: PaymentIntent) -> CheckoutSession:
    """Let a session and its intent name each other."""
    world.payment_intents.put(intent._replace(checkout_session=session.id))
    return world.checkout_sessions.put(session._replace(payment_intent=intent.id))


def of(world: World, intent: PaymentIntent) -> CheckoutSession | None:
    """Find the session that an intent belongs to."""
    return world.checkout_sessions.get(intent.checkout_session or "")


def succeeded(world: World, intent: PaymentIntent) -> None:
    """Mark the complete session of a paid intent paid.

    Event `checkout.session.async_payment_succeeded` [doc]. An open session is paid by its page, whose
    event says so.
    """
    session = of(world, intent)
    if session is None or session.status != "complete":
        return
    world.readings.rely_on("checkout-events")
    paid = world.checkout_sessions.put(session._replace(payment_status="paid"))
    world.record_event("checkout.session.async_payment_succeeded", paid)


def canceled(world: World, intent: PaymentIntent) -> None:
    """Tell that the payment of a complete session will not come (checkout-canceled)."""
    session = of(world, intent)
    if session is None or session.status != "complete":
        return
    if world.readings.rely_on("checkout-canceled") == "told":
        world.record_event("checkout.session.async_payment_failed", session)


def refuse_open(world: World, intent: PaymentIntent, what: str) -> None:
    """Refuse what can't be done to the intent of an open session, which only its page can pay [doc]."""
    session = of(world, intent)
    if session is not None and session.status == "open":
        raise Refused(
            f"{what} {intent.id} is not modelled while its Checkout Session {session.id} is open: "
            "expire that, or pay it by stripe_balance.complete_checkout"
        )
