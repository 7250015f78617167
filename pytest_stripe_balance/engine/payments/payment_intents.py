"""Payment intents by bank transfer and by card: create, update, confirm, cancel.

Source: docs/stripe.md 1.5, 3.1, 3.2, 3.5, 3.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Unpack

from pytest_stripe_balance.engine.money import allocation, checkout_settlement
from pytest_stripe_balance.engine.payments import (
    captures,
    confirmation,
    confirmation_tokens,
    intent_params,
    payment_method_options,
    sharing,
    updatable,
)
from pytest_stripe_balance.engine.payments.intent_params import (
    ConfirmParams,
    CreateParams,
    IntentChanges,
)
from pytest_stripe_balance.engine.payments.payment_method_options import AutomaticPaymentMethods
from pytest_stripe_balance.engine.reconciliation import automatic_reconciliation
from pytest_stripe_balance.engine.state import amounts, faults, parents
from pytest_stripe_balance.engine.state.records.hashes import NOTHING
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
from pytest_stripe_balance.engine.state.table import ListParams
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Entry
    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World

CANCELABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action")
# Stripe's message also names statuses that bank transfers never have.
CANCELABLE_BY_STRIPE = (
    "requires_payment_method, requires_capture, requires_reauthorization, requires_confirmation, "
    "requires_action, expired, processing"
)


def create(
    world: World,
    *,
    amount: int,
    currency: str,
    customer: str | None = None,
    confirm: bool = False,
    automatic_payment_methods: AutomaticPaymentMethods | None = None,
    capture_method: Literal["automatic", "automatic_async", "manual"] = "automatic_async",
    **params: Unpack[CreateParams],
) -> PaymentIntent:
    """Create an intent, and confirm it at once if `confirm` is set.

    `amount` is in minor units, from Stripe's minimum to 99999999. Event `payment_intent.created`, before
    those of the confirm [obs].
    """
    currency = amounts.lowered(world, currency)
    if currency not in amounts.MINIMUM and currency not in amounts.MINIMUM_BY_CARD:
        known = ", ".join((*amounts.MINIMUM, *amounts.MINIMUM_BY_CARD))
        raise Refused(f"payment intents in {currency!r} are not modelled; those in {known} are")
    amounts.check_intent_amount(amount, currency)
    if customer is not None:
        world.customer(customer, in_path=False)
    token = params.get("confirmation_token")
    if token is not None:
        if not confirm:
            raise Refused("confirmation_token without confirm=True is not modelled")
        params = confirmation_tokens.filled(world, token, params)
    intent_params.note_no_effect(world, params)
    if not confirm:
        intent_params.refuse_for_confirm(params)
    described = intent_params.descriptive(NOTHING, params)
    method = payment_method_options.resolve(world, params)
    typed = payment_method_options.of_new(
        world, customer, currency, params, method, automatic_payment_methods
    )
    typed |= intent_params.configured(world, typed, params)
    if not sharing.NAMES.isdisjoint(params):
        typed |= sharing.of_new(world, params, amount)
        if "on_behalf_of" in typed:
            typed = sharing.without_bank_transfer(world, typed)
    draft = new(
        world,
        amount=amount,
        currency=currency,
        customer=customer,
        capture_method=capture_method,
        **described,
        **typed,
    )
    payment_method_options.check(world, draft, params, method)
    if confirm:
        confirmation.check(world, draft, params)
    intent = payment_method_options.take(world, draft, params, **identity(world))
    world.record_event("payment_intent.created", world.payment_intents.put(intent))
    if token is not None:
        confirmation_tokens.use(world, token, intent)
    return confirmation.carry_out(world, intent, params) if confirm else intent


def new(world: World, **fields: Any) -> PaymentIntent:  # noqa: ANN401 - fields of a record
    """Make an intent that waits for a payment method; nothing is stored.

    Without the fields of `identity` it is a draft for a request's checks.
    """
    blank = {"id": "", "client_secret": "", "status": "requires_payment_method"}
    return PaymentIntent(**{**blank, "created": world.clock.now, **fields})


def identity(world: World) -> dict[str, str]:
    """Mint the id of a new intent, and derive its client secret."""
    intent_id = world.ids.mint("pi_", 24)
    secret = f"{intent_id}_secret_{world.ids.secret(intent_id, 25)}"
    return {"id": intent_id, "client_secret": secret}


def retrieve(world: World, intent_id: str, *, client_secret: str | None = None) -> PaymentIntent:
    """Find an intent; 404 with param `intent` [obs]. A client_secret that isn't its own is a 400."""
    intent = world.payment_intents.find(intent_id, "intent")
    if client_secret not in (None, intent.client_secret):
        raise faults.Fault(
            "The client_secret provided does not match the client_secret associated with the "
            "PaymentIntent.",
            code="payment_intent_invalid_parameter",
            param="client_secret",
            assumption="client-secret-mismatch",
        )
    return intent


def list_(
    world: World, *, customer: str | None = None, **params: Unpack[ListParams]
) -> Page[PaymentIntent]:
    """List intents, newest first; with `customer` only theirs, even if they were deleted."""
    parents.check(world, customer=customer)
    return world.payment_intents.page(customer=customer, **params)


def update(
    world: World,
    intent_id: str,
    *,
    amount: int | None = None,
    currency: str | None = None,
    customer: str | None = None,
    **params: Unpack[IntentChanges],
) -> PaymentIntent:
    """Change an intent (docs/stripe.md 3.5 [doc]).

    - A new amount sends the intent's money back to the balance, and the intent must be confirmed again.
      Events `customer_cash_balance_transaction.created`, then those of
      `automatic_reconciliation.reconcile`. Other changes have no event.
    - A new payment method on an intent with money is not modelled, and refused; so is another currency.
    - A field that can't be changed in the intent's status is a fault of `updatable.check`.
    """
    intent = retrieve(world, intent_id)
    named = {name for name, value in (("amount", amount), ("customer", customer)) if value}
    updatable.check(world, intent, {*params, *named})
    if currency is not None and amounts.lowered(world, currency) != intent.currency:
        raise Refused(
            f"giving the intent {intent_id} another currency is not modelled: create it in {currency}"
        )
    if amount is not None:
        amounts.check_intent_amount(amount, intent.currency)
        _refuse_invoice_intent(world, intent)
        _refuse_session_amount(intent)
    changed = intent_params.described(intent, params)
    changed = sharing.changed(world, changed, params, amount or intent.amount)
    if customer is not None:
        changed = _with_customer(world, changed, customer)
    method = payment_method_options.resolve(world, params)
    changed = payment_method_options.retyped(world, changed, params)
    payment_method_options.check(world, changed, params, method)
    repaid = (
        payment_method_options.has_payment_method(params)
        or bool(params.get("payment_method_options"))
        or (payment_method_options.clears_options(params) and bool(intent.customer_balance_options))
    )
    if repaid and (intent.applied or intent.status not in confirmation.CONFIRMABLE):
        raise Refused(
            f"a new payment method or new options on {intent_id}, which is {intent.status} and "
            f"holds {intent.applied}, are not modelled"
        )
    changed = payment_method_options.take(world, changed, params)
    if amount is None or amount == intent.amount:
        return world.payment_intents.put(_unconfirmed(world, changed) if repaid else changed)
    return _with_amount(world, changed, amount)


def _with_amount(world: World, intent: PaymentIntent, amount: int) -> PaymentIntent:
    """Change the amount; the intent's money goes back to the balance and is reconciled."""
    intent, freed = _emptied(world, intent)
    changed = _unconfirmed(world, intent._replace(amount=amount), amount_updated=True)
    world.payment_intents.put(changed)
    if freed:
        world.readings.rely_on("freed-funds-event")
        automatic_reconciliation.reconcile(world, freed)
    return changed


def _unconfirmed(world: World, intent: PaymentIntent, *, amount_updated: bool = False) -> PaymentIntent:
    """Take a confirmed intent back to requires_confirmation."""
    if intent.status != "requires_action":
        return intent
    world.readings.rely_on("update-amount-status")
    return intent._replace(
        status="requires_confirmation",
        instructions=None,
        next_action=None,
        amount_updated=amount_updated,
    )


def confirm(world: World, intent_id: str, **params: Unpack[ConfirmParams]) -> PaymentIntent:
    """Confirm an intent, which then waits for money (docs/stripe.md 3.2 [doc]).

    - In automatic mode it first uses the balance. Paid in full it succeeds, with the events of
      `allocation.put_money`. In manual mode the balance isn't used [obs aat-stripe].
    - If money is missing, it gets bank transfer instructions: `payment_intent.requires_action`.
    - If money is missing and there is no funding_type, it fails: `payment_intent.payment_failed` and an
      error.
    - A `confirmation_token` gives the payment method, and what else a page collected (1.19).

    Faults: docs/stripe.md 5.5 [obs].
    """
    intent = retrieve(world, intent_id)
    checkout_settlement.refuse_open(world, intent, "confirming")
    return submit(world, intent, **params)


def submit(world: World, intent: PaymentIntent, **params: Unpack[ConfirmParams]) -> PaymentIntent:
    """Confirm an intent, also that of an open Checkout Session, as its page does."""
    token = params.get("confirmation_token")
    if token is not None:
        params = confirmation_tokens.filled(world, token, params)
    intent_params.note_no_effect(world, params)
    method = payment_method_options.resolve(world, params)
    confirmation.check(world, intent, params)
    intent = payment_method_options.retyped(world, intent, params)
    payment_method_options.check(world, intent, params, method)
    changed = payment_method_options.take(world, intent_params.described(intent, params), params)
    if token is not None:
        confirmation_tokens.use(world, token, changed)
    return confirmation.carry_out(world, world.payment_intents.put(changed), params)


def cancel(world: World, intent_id: str, *, cancellation_reason: str | None = None) -> PaymentIntent:
    """Cancel an intent; its money goes back to the balance (docs/stripe.md 3.6 [doc]).

    What a card holds for it is released, with the events of `releases.release` first.
    Events `customer_cash_balance_transaction.created` if it held money, then `payment_intent.canceled`,
    then those of `automatic_reconciliation.reconcile`, because another item may get the money.
    """
    intent = retrieve(world, intent_id)
    if intent.status not in CANCELABLE:
        message = (
            f"You cannot cancel this PaymentIntent because it has a status of {intent.status}. Only "
            "a PaymentIntent with one of the following statuses may be canceled: "
            f"{CANCELABLE_BY_STRIPE}."
        )
        raise faults.unexpected_state(message, intent)
    _refuse_invoice_intent(world, intent)
    checkout_settlement.refuse_open(world, intent, "canceling")
    if intent.status == "requires_capture":
        captures.release(world, intent)
    return withdraw(world, intent, cancellation_reason)


def withdraw(world: World, intent: PaymentIntent, cancellation_reason: str | None) -> PaymentIntent:
    """Cancel an intent that may be canceled. The caller changes its invoice, if it has one."""
    intent, freed = _emptied(world, intent)
    canceled = intent._replace(
        status="canceled",
        canceled_at=world.clock.now,
        cancellation_reason=cancellation_reason,
        instructions=None,
        next_action=None,
    )
    world.record_event("payment_intent.canceled", world.payment_intents.put(canceled))
    checkout_settlement.canceled(world, canceled)
    if freed:
        world.readings.rely_on("cancel-event-order")
        automatic_reconciliation.reconcile(world, freed)
    return canceled


def _emptied(world: World, intent: PaymentIntent) -> tuple[PaymentIntent, Entry | None]:
    """Send an intent's money back to the balance; give the row, or None if there was no money."""
    if not intent.applied:
        return intent, None
    return allocation.take_back(world, intent, confirmation.owner(world, intent))


def _refuse_invoice_intent(world: World, intent: PaymentIntent) -> None:
    """Refuse to cancel an invoice's intent, or to change its amount."""
    if intent.invoice is not None:
        world.readings.rely_on("invoice-intent-fixed")
        message = (
            "You cannot perform this action on PaymentIntents created by Invoices. Void the Invoice "
            f"{intent.invoice} instead."
        )
        raise faults.unexpected_state(message, intent)


def _refuse_session_amount(intent: PaymentIntent) -> None:
    """Refuse another amount than that of the intent's Checkout Session."""
    if intent.checkout_session is not None:
        raise Refused(
            f"another amount of {intent.id} is not modelled, because it pays the Checkout Session "
            f"{intent.checkout_session}: cancel it, and make another session"
        )


def _with_customer(world: World, intent: PaymentIntent, customer_id: str) -> PaymentIntent:
    world.customer(customer_id, in_path=False)
    if customer_id == intent.customer:
        return intent
    raise Refused(f"giving the intent {intent.id} another customer is not modelled: create it with one")
