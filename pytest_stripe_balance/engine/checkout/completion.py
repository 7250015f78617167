"""What a customer does on Stripe's page: type, choose a payment method, submit (docs/stripe.md 3.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_stripe_balance.engine import customers
from pytest_stripe_balance.engine.checkout import collected, sessions
from pytest_stripe_balance.engine.checkout.collected import UNTYPED, Typed
from pytest_stripe_balance.engine.checkout.method_types import BANK_TRANSFER
from pytest_stripe_balance.engine.money import checkout_settlement
from pytest_stripe_balance.engine.money.ready_made import READY_MADE as CARDS
from pytest_stripe_balance.engine.payments import payment_intents
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.masking import shown
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.checkout import CheckoutSession
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.world import World

# Stripe's ready-made test cards, of which this one is fine.
CARD, FINE_CARD, READY_MADE = "card", "pm_card_visa", "pm_card_"


def complete(
    world: World, session_id: str, pay_with: str | None, typed: Typed = UNTYPED
) -> CheckoutSession:
    """Pay an open session as its page does. `pay_with` is one of its types, or a payment method's id.

    - Its intent is made and confirmed, with the events of that; then `checkout.session.completed`.
    - `typed` is what the customer types (`collected.fill_in`). A guest becomes a customer before the
      intent is made, if the session makes one: `customer.created`. What they type after a declined
      try changes that one: `customer.updated`. Another customer gets the e-mail address that they
      lacked, and what customer_update says, before the session's event: `customer.updated`.
    - In manual mode a confirm takes nothing from the balance, so the session waits for the money.
    - A payment that fails leaves the session open, with its intent.

    ValueError if the session isn't open, can't be paid so, or doesn't ask for what was typed.
    """
    session = sessions.retrieve(world, session_id)
    if session.status != "open":
        message = f"{session_id} is {session.status}: only an open Checkout Session can be completed"
        raise ValueError(message)
    kind, params = _how(world, session, pay_with)
    by_card = kind == CARD
    own = world.payment_methods.get(params.get("payment_method", ""))
    filled = collected.fill_in(world, session, typed, own, by_card=by_card)
    filled = _with_customer(world, filled)
    try:
        intent = _paid(world, filled, _parameters(filled, params))
    except Fault as fault:
        if fault.keeps_changes and fault.intent is not None:
            tried = session._replace(customer=filled.customer, email=filled.email)
            checkout_settlement.link(world, tried, fault.intent)
        raise
    session = checkout_settlement.link(world, filled, intent)
    paid = intent.status == "succeeded"
    session = world.checkout_sessions.put(
        session._replace(status="complete", payment_status="paid" if paid else "unpaid", url=None)
    )
    _save(world, session)
    world.readings.rely_on("checkout-events")
    world.readings.rely_on("checkout-page")
    world.record_event("checkout.session.completed", session)
    return session


def _with_customer(world: World, session: CheckoutSession) -> CheckoutSession:
    """Make a customer of a guest, if the session says so, or keeps the payment method.

    The confirm makes them [sdk], also one that is declined (checkout-page). The next try gives them what
    is typed then.
    """
    payer = session.customer
    if payer is not None:
        if collected.is_made_by_page(session):
            customers.update(world, payer, **_of_guest(session))
        return session
    if not (session.customer_creation == "always" or _keeps(session)):
        return session
    made = customers.create(world, **_of_guest(session))
    if session.payment_intent is not None:
        intent = world.payment_intents.find(session.payment_intent, "intent")
        world.payment_intents.put(intent._replace(customer=made.id))
    return session._replace(customer=made.id)


def _of_guest(session: CheckoutSession) -> dict[str, Any]:
    """Give the parameters of the customer that a guest becomes."""
    known = {**_collected(session), "email": session.email}
    names = ("address", "email", "name", "phone", "shipping")
    return {name: known[name] for name in names if known[name] is not None}


def _save(world: World, session: CheckoutSession) -> None:
    """Give the customer an e-mail address that they lacked, and what customer_update says [doc]."""
    payer = world.customers.get(session.customer or "")
    if payer is None:
        return
    changes: dict[str, Any] = {} if payer.email else {"email": session.email}
    known = _collected(session)
    for name, when in session.customer_update.items():
        if when == "auto" and known[name] is not None:
            changes[name] = known[name]
    if changes:
        customers.update(world, payer.id, **changes)


def _collected(session: CheckoutSession) -> dict[str, Any]:
    return {**session.details, "shipping": collected.shipping_of(session)}


def _parameters(session: CheckoutSession, params: dict[str, Any]) -> dict[str, Any]:
    """Give the parameters of the confirm: the payment method with what was typed, and the shipping."""
    shipping = {"shipping": collected.shipping_of(session)} if session.shipping else {}
    name = params.get("payment_method", "")
    if name not in CARDS:
        return {**params, **shipping}
    card = {"type": CARD, "card": {"token": name.replace(READY_MADE, "tok_", 1)}}
    return {
        "payment_method_data": {**card, "billing_details": collected.billing_details(session)},
        **shipping,
    }


def _how(world: World, session: CheckoutSession, pay_with: str | None) -> tuple[str, dict[str, Any]]:
    """Give the type that is paid with, and the parameters that name the payment method."""
    types = session.payment_method_types
    if pay_with is None:
        if len(types) > 1:
            message = f"{session.id} can be paid with {', '.join(types)}: say which by pay_with="
            raise ValueError(message)
        pay_with = types[0]
    kind, params = _chosen(world, pay_with)
    if kind not in types:
        message = f"{session.id} can be paid with {', '.join(types)}, and not with {shown(pay_with)}"
        raise ValueError(message)
    if kind not in (BANK_TRANSFER, CARD):
        raise Refused(
            f"paying a Checkout Session with {kind} is not modelled: take {BANK_TRANSFER} or {CARD}"
        )
    return kind, params


def _keeps(session: CheckoutSession) -> bool:
    """Tell whether the payment method is kept, which needs a customer."""
    card = session.options.get(CARD, {}).get("setup_future_usage")
    return (card or session.intent_params.get("setup_future_usage") or "none") != "none"


def _chosen(world: World, pay_with: str) -> tuple[str, dict[str, Any]]:
    """Give the type that is paid with, and the parameters of a confirm that choose it."""
    if pay_with == CARD:
        return CARD, {"payment_method": FINE_CARD}
    if pay_with.startswith(READY_MADE):
        return CARD, {"payment_method": pay_with}
    method = world.payment_methods.get(pay_with)
    if method is None:
        return pay_with, {"payment_method_data": {"type": pay_with}}
    return method.type, {"payment_method": method.id}


def _paid(world: World, session: CheckoutSession, how: dict[str, Any]) -> PaymentIntent:
    """Make and confirm a session's intent; confirm the one that was made at once."""
    if session.payment_intent is None:
        intent = sessions.new_intent(world, session, confirm=True, **how)
    else:
        made = world.payment_intents.find(session.payment_intent, "intent")
        intent = payment_intents.submit(world, made, **how)
    if intent.status == "requires_action" and intent.instructions is None:
        raise Refused("authenticating a card on the page is not modelled: pay with another card")
    return intent
