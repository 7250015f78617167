"""Confirming an intent: the refusals and the result (docs/stripe.md 3.2, 5.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from pytest_stripe_balance.engine.bank_transfers import regions
from pytest_stripe_balance.engine.money import allocation, invoice_settlement
from pytest_stripe_balance.engine.payments import card_payments, payment_method_options
from pytest_stripe_balance.engine.payments.payment_method_options import PaymentMethodParams
from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Customer
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.world import World

CONFIRMABLE = ("requires_confirmation", "requires_payment_method", "requires_action")
NEEDS_RETURN_URL = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some "
    "of these payment methods might redirect your customer off of your page, you must provide a "
    "`return_url`. If you don't want to accept redirect-based payment methods, set "
    "`automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to "
    "`never` when creating Setup Intents and Payment Intents."
)


class HowToConfirm(TypedDict, total=False):
    """Parameters that say how a confirm goes. They aren't shown."""

    confirmation_token: str
    error_on_requires_action: bool
    mandate_data: dict[str, Any] | None
    off_session: bool | str
    radar_options: dict[str, Any]
    return_url: str
    use_stripe_sdk: bool


class ConfirmedBy(PaymentMethodParams, HowToConfirm, total=False):
    """What a confirm, or the confirm of a create, reads of its parameters."""


def owner(world: World, intent: PaymentIntent) -> Customer:
    """Find the intent's customer; a fault if it has none, or if they were deleted."""
    return world.customer(payment_method_options.need_customer(world, intent.customer), in_path=False)


def check(world: World, intent: PaymentIntent, params: ConfirmedBy) -> None:
    """Refuse a confirm that isn't possible, before any change. The texts are Stripe's own [obs]."""
    if intent.status == "succeeded":
        message = "it has already succeeded after being previously confirmed."
        raise _cannot_confirm(message, intent)
    if intent.status not in CONFIRMABLE:
        message = (
            f"it has a status of {intent.status}. Only a PaymentIntent with one of the following "
            f"statuses may be confirmed: {', '.join(CONFIRMABLE)}."
        )
        raise _cannot_confirm(message, intent)
    if not (payment_method_options.has_payment_method(params) or intent.payment_method):
        raise _cannot_confirm(f"it's missing a payment method. {_way_out(intent)}", intent)
    if intent.customer is not None or not _is_by_card(world, intent, params):
        owner(world, intent)
    if intent.automatic_payment_methods and "return_url" not in params:
        _refuse_redirects(world, intent, params)
    if intent.invoice and invoice_settlement.invoice_of(world, intent).status == "uncollectible":
        raise Refused(f"confirming {intent.id}, whose invoice is uncollectible, is not modelled")


def _refuse_redirects(world: World, intent: PaymentIntent, params: ConfirmedBy) -> None:
    """Refuse automatic payment methods without a return_url, unless none may redirect [obs]."""
    if (intent.automatic_payment_methods or {}).get("allow_redirects") == "never":
        return
    by_card = _is_by_card(world, intent, params)
    if by_card or world.readings.rely_on("return-url-of-bank-transfer") == "asked":
        raise Fault(NEEDS_RETURN_URL, intent=intent)


def _is_by_card(world: World, intent: PaymentIntent, params: ConfirmedBy) -> bool:
    """Tell whether a card is to pay: the one of the request, or else the intent's own."""
    if "payment_method_data" in params:
        return False
    method = world.payment_methods.get(params.get("payment_method") or intent.payment_method or "")
    return method is not None and method.card is not None


def _way_out(intent: PaymentIntent) -> str:
    if intent.customer:
        return (
            f"To confirm the PaymentIntent with {intent.customer}, specify a payment method attached "
            "to this customer along with the customer ID."
        )
    return (
        "You can either update the PaymentIntent with a payment method and then confirm it again, "
        "or confirm it again directly with a payment method or ConfirmationToken."
    )


def _cannot_confirm(because: str, intent: PaymentIntent) -> Fault:
    message = f"You cannot confirm this PaymentIntent because {because}"
    return faults.unexpected_state(message, intent)


def carry_out(world: World, intent: PaymentIntent, params: ConfirmedBy) -> PaymentIntent:
    """Carry out a checked confirm (the table in docs/stripe.md 3.2; by card 3.12)."""
    if intent.payment_method_types != ("customer_balance",):
        method = world.payment_methods.get(intent.payment_method or "")
        if method is not None and method.card is not None:
            return card_payments.pay(world, intent, method, params)
    payer = owner(world, intent)
    balance = world.ledger.balance(payer.id, intent.currency)
    drawn = min(balance, intent.remaining) if balance and _draws(world, payer) else 0
    if intent.invoice is not None and drawn < intent.remaining:
        drawn = 0  # an invoice is never paid in part automatically (docs/stripe.md 4 [doc])
    is_short = drawn < intent.remaining
    if (
        is_short
        and params.get("error_on_requires_action")
        and world.readings.rely_on("error-on-requires-action") != "waits"
    ):
        method = world.payment_methods.find(intent.payment_method or "", "payment_method")
        raise card_payments.not_handled(world, intent, method)
    if is_short and "funding_type" not in intent.customer_balance_options:
        raise _payment_failed(world, intent, balance)
    changes: dict[str, Any] = {
        "confirmed_at": world.clock.now,
        "amount_updated": False,
        "next_action": None,
    }
    if intent.transfer_data is not None and intent.transfer_group is None:
        changes["transfer_group"] = f"group_{intent.id}"
    if is_short:
        instructions = regions.instructions(world, intent, payer)
        changes |= {"status": "requires_action", "instructions": instructions}
    intent = world.payment_intents.put(intent._replace(**changes))
    if drawn:
        event = "payment_intent.requires_action"
        return allocation.put_money(world, intent, payer, drawn, partial_event=event)
    world.record_event("payment_intent.requires_action", intent)
    return intent


def _draws(world: World, payer: Customer) -> bool:
    """Tell whether a confirm uses the balance: only in automatic mode [doc].

    In manual mode it used nothing of a sufficient balance [obs] (gburgyan/aat-stripe
    plans/cash-balance/apply-refusals.yaml, 2026-08-26.dahlia).
    """
    return world.reconciliation_mode(payer) == "automatic"


def _payment_failed(world: World, intent: PaymentIntent, balance: int) -> Fault:
    """Record the failed payment on the intent, and make the fault that keeps it there.

    In manual mode a sufficient balance isn't used, so the error must not call it insufficient.
    """
    world.readings.rely_on("confirm-without-funding-type")
    code = "payment_method_customer_decline"
    because = "cash balance is insufficient to complete the payment"
    if balance >= intent.remaining:
        because = "cash balance is reconciled manually, so that confirming takes nothing from it"
    message = f"The customer's {because}, and no funding_type was given."
    error = {"code": code, "message": message, "type": "invalid_request_error"}
    failed = intent._replace(
        status="requires_payment_method",
        payment_method=None,
        instructions=None,
        last_payment_error=error,
    )
    world.record_event("payment_intent.payment_failed", world.payment_intents.put(failed))
    return Fault(message, code=code, intent=failed, keeps_changes=True)
