"""Paying an intent by card: success, a decline, or an authentication (docs/stripe.md 3.12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_stripe_balance.engine.money import (
    allocation,
    charges,
    invoice_settlement,
    payment_methods,
    saved_methods,
)
from pytest_stripe_balance.engine.money.ready_made import AUTHENTICATION_REQUIRED, READY_MADE, Decline
from pytest_stripe_balance.engine.reconciliation import automatic_reconciliation
from pytest_stripe_balance.engine.state.faults import Fault

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.payments.confirmation import ConfirmedBy
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.money import Charge
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent, PaymentMethod
    from pytest_stripe_balance.engine.state.world import World

DOCS = "https://stripe.com/docs/error-codes/"
NOT_HANDLED = (
    "This payment required an authentication action to complete, but `error_on_requires_action` was "
    "set. When you're ready, you can upgrade your integration to handle actions at "
    "https://stripe.com/docs/payments/payment-intents/upgrade-to-handle-actions."
)


def pay(
    world: World, intent: PaymentIntent, method: PaymentMethod, params: ConfirmedBy
) -> PaymentIntent:
    """Charge a checked card.

    - It succeeds at once: `charge.succeeded`, `payment_intent.succeeded`. Cash that the intent held goes
      back to the balance before, and is reconciled after.
    - A declined card is a fault: `charge.failed`, `payment_intent.payment_failed`, and of an invoice
      `invoice.updated`, `invoice.payment_failed`.
    - A card that must be authenticated waits: `payment_intent.requires_action`. It is a fault if nobody
      is there (`off_session`), or with `error_on_requires_action`.
    """
    ready = READY_MADE[method.ready_made]
    if intent.applied:
        _refuse_partly_funded(world, intent)
    intent = intent._replace(confirmed_at=world.clock.now, amount_updated=False, instructions=None)
    method = payment_methods.checked(method)
    if ready.authenticates:
        return _authenticate(world, intent, method, params)
    if method.customer is None:
        keeps = _keeps(intent)
        is_spent = intent.customer is None or not keeps
        method = method._replace(is_spent=is_spent, may_be_saved=keeps)
    world.payment_methods.put(method)
    if ready.decline is not None:
        raise _declined(world, intent, method, ready.decline)
    return _succeed(world, intent, method)


def _refuse_partly_funded(world: World, intent: PaymentIntent) -> None:
    if world.readings.rely_on("card-on-partly-funded") == "refused":
        raise Fault(
            "You cannot confirm this PaymentIntent by card because it is partially funded.",
            intent=intent,
        )


def _is_saved(intent: PaymentIntent) -> bool:
    """Tell whether the card of an intent is attached to its customer when it is paid [doc]."""
    return intent.customer is not None and _keeps(intent)


def _keeps(intent: PaymentIntent) -> bool:
    """Tell whether the card of an intent is to be used again, if need be attached by a call [sdk]."""
    own = intent.payment_method_options["card"].get("setup_future_usage")
    return (own or intent.setup_future_usage or "none") != "none"


def _succeed(world: World, intent: PaymentIntent, method: PaymentMethod) -> PaymentIntent:
    freed = None
    if intent.applied:
        payer = world.customer(intent.customer or "", in_path=False)
        intent, freed = allocation.take_back(world, intent, payer)
    is_later = intent.capture_method == "manual"
    if intent.capture_method == "automatic_async":
        world.readings.rely_on("card-settled-at-once")
    paid = (allocation.authorize if is_later else allocation.succeed)(world, intent, method)
    if method.customer is None and _is_saved(intent):
        world.readings.rely_on("card-saved-on-success")
        saved_methods.save(world, method, intent.customer or "")
    if freed is not None:
        automatic_reconciliation.reconcile(world, freed)
    return paid


def _declined(world: World, intent: PaymentIntent, method: PaymentMethod, decline: Decline) -> Fault:
    """Record a declined charge, and make the fault that keeps it."""
    charge = charges.make_declined(world, intent, method, error(decline, method))
    world.record_event("charge.failed", charge)
    return _failed(world, intent, method, decline, charge)


def error(decline: Decline, method: PaymentMethod) -> Hash:
    """Give a decline as the error of what it stopped."""
    keys = {
        "code": decline.code,
        "doc_url": DOCS + decline.code.replace("_", "-"),
        "message": decline.message,
        "param": decline.param,
        "payment_method_type": method.type,
        "type": "card_error",
        **saved_methods.codes(decline),
    }
    return {name: value for name, value in sorted(keys.items()) if value is not None}


def _failed(
    world: World,
    intent: PaymentIntent,
    method: PaymentMethod,
    decline: Decline,
    charge: Charge | None = None,
) -> Fault:
    """Take an intent back to requires_payment_method; give the fault, whose changes stay."""
    named: dict[str, Any] = {} if charge is None else {"charge": charge.id}
    told = {**error(decline, method), **named, "payment_method": method}
    failed = intent._replace(
        status="requires_payment_method",
        payment_method=None,
        instructions=None,
        next_action=None,
        last_payment_error=dict(sorted(told.items())),
        latest_charge=charge and charge.id,
    )
    world.record_event("payment_intent.payment_failed", world.payment_intents.put(failed))
    if intent.invoice is not None:
        invoice_settlement.attempted(world, failed, "invoice.payment_failed")
    fault = saved_methods.declined(decline, intent=failed, keeps_changes=True)
    fault.method, fault.more = method, {**fault.more, **named, "payment_method_type": method.type}
    return fault


def not_handled(world: World, intent: PaymentIntent, method: PaymentMethod) -> Fault:
    """Make the fault of a payment that needs an action while error_on_requires_action is set."""
    decline = Decline("authentication_required", "authentication_not_handled", NOT_HANDLED)
    fault = _failed(world, intent, method, decline)
    if method.card is None and world.readings.reading("error-on-requires-action") == "invalid-request":
        fault.status, fault.type = 400, "invalid_request_error"
    return fault


def _authenticate(
    world: World, intent: PaymentIntent, method: PaymentMethod, params: ConfirmedBy
) -> PaymentIntent:
    if params.get("off_session"):
        raise _failed(world, intent, method, AUTHENTICATION_REQUIRED)
    if params.get("error_on_requires_action"):
        raise not_handled(world, intent, method)
    world.payment_methods.put(method)
    action = next_action(world, intent.id, params.get("return_url"))
    waiting = intent._replace(status="requires_action", next_action=action)
    world.record_event("payment_intent.requires_action", world.payment_intents.put(waiting))
    if intent.invoice is not None:
        invoice_settlement.attempted(world, waiting, "invoice.payment_action_required")
    return waiting


def next_action(world: World, intent_id: str, return_url: str | None) -> Hash:
    """Give what authenticates a card: a page to go to, or what Stripe.js needs for it [obs, doc]."""
    source = f"src_{world.ids.secret(f'{intent_id} source', 24)}"
    page = f"https://hooks.stripe.com/redirect/authenticate/{source}"
    if return_url:
        return {"redirect_to_url": {"return_url": return_url, "url": page}, "type": "redirect_to_url"}
    return {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {
            "source": source,
            "stripe_js": page,
            "type": "three_d_secure_redirect",
        },
    }
