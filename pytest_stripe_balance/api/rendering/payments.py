"""Renders payment intents and payment methods (docs/stripe.md 1.5, 1.6)."""

from __future__ import annotations

from pytest_stripe_balance.api.rendering.charges import Json
from pytest_stripe_balance.engine.money import application_fees
from pytest_stripe_balance.engine.payments.method_types import SEEN
from pytest_stripe_balance.engine.state.records.hashes import Hash
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent, PaymentMethod
from pytest_stripe_balance.engine.state.records.setup_intents import SetupIntent
from pytest_stripe_balance.engine.state.world import World


def _payment_method(_: World, method: PaymentMethod) -> Json:
    return {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": method.allow_redisplay,
        "billing_details": method.billing_details,
        **({} if method.card is None else {"card": method.card}),
        "created": method.created,
        "customer": method.customer,
        "customer_account": None,
        **({} if method.card else {"customer_balance": {}}),
        "livemode": False,
        "metadata": method.metadata,
        "shared_payment_granted_token": None,
        "type": method.type,
    }


def _payment_intent(world: World, intent: PaymentIntent) -> Json:
    _note_assumptions(world, intent)
    configuration = intent.payment_method_configuration
    allowed, excluded = intent.allowed_payment_method_types, intent.excluded_payment_method_types
    return {
        "id": intent.id,
        "object": "payment_intent",
        "allowed_payment_method_types": allowed and list(allowed),
        "amount": intent.amount,
        "amount_capturable": intent.amount if intent.status == "requires_capture" else 0,
        "amount_details": {"tip": {}},
        "amount_received": (intent.amount - intent.uncaptured if intent.status == "succeeded" else 0),
        "application": application_fees.application(world) if world.platform else None,
        "application_fee_amount": intent.application_fee_amount,
        "automatic_payment_methods": intent.automatic_payment_methods,
        "canceled_at": intent.canceled_at,
        "cancellation_reason": intent.cancellation_reason,
        "capture_method": intent.capture_method,
        "client_secret": intent.client_secret,
        "confirmation_method": intent.confirmation_method,
        "created": intent.created,
        "currency": intent.currency,
        "customer": intent.customer,
        "customer_account": None,
        "description": intent.description,
        "excluded_payment_method_types": excluded and list(excluded),
        **({} if intent.hooks is None else {"hooks": intent.hooks}),
        "last_payment_error": intent.last_payment_error and _error(world, intent.last_payment_error),
        "latest_charge": intent.latest_charge,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": intent.metadata,
        "next_action": _next_action(intent),
        "on_behalf_of": intent.on_behalf_of,
        **({} if intent.payment_details is None else {"payment_details": intent.payment_details}),
        "payment_method": intent.payment_method,
        "payment_method_configuration_details": configuration and {"id": configuration, "parent": None},
        "payment_method_options": intent.payment_method_options,
        "payment_method_types": list(intent.payment_method_types),
        "payment_record": None,
        "processing": None,
        "receipt_email": intent.receipt_email,
        "review": None,
        "setup_future_usage": intent.setup_future_usage,
        "shared_payment_granted_token": None,
        "shipping": intent.shipping,
        "source": None,
        "statement_descriptor": intent.statement_descriptor,
        "statement_descriptor_suffix": intent.statement_descriptor_suffix,
        "status": intent.status,
        "transfer_data": intent.transfer_data,
        "transfer_group": intent.transfer_group,
    }


def _setup_intent(world: World, intent: SetupIntent) -> Json:
    configuration = intent.payment_method_configuration
    allowed = intent.allowed_payment_method_types
    card = {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
    return {
        "id": intent.id,
        "object": "setup_intent",
        "allowed_payment_method_types": allowed and list(allowed),
        "application": application_fees.application(world) if world.platform else None,
        "automatic_payment_methods": intent.automatic_payment_methods,
        "cancellation_reason": intent.cancellation_reason,
        "client_secret": intent.client_secret,
        "created": intent.created,
        "customer": intent.customer,
        "customer_account": None,
        "description": intent.description,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": intent.last_setup_error and _error(world, intent.last_setup_error),
        "latest_attempt": intent.latest_attempt,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "mandate": None,
        "metadata": intent.metadata,
        "next_action": intent.next_action,
        "on_behalf_of": None,
        "payment_method": intent.payment_method,
        "payment_method_configuration_details": configuration and {"id": configuration, "parent": None},
        "payment_method_options": {"card": card} if "card" in intent.payment_method_types else {},
        "payment_method_types": list(intent.payment_method_types),
        "single_use_mandate": None,
        "status": intent.status,
        "usage": intent.usage,
    }


def _note_assumptions(world: World, intent: PaymentIntent) -> None:
    world.readings.rely_on("unset-keys")
    if intent.payment_method_options.get("customer_balance") == {}:
        world.readings.rely_on("unset-customer-balance-options")
    if not SEEN.issuperset(intent.payment_method_types):
        world.readings.rely_on("sibling-options")


def _error(world: World, error: Hash) -> Json:
    """Render the error of a payment, with the method that failed."""
    method = error.get("payment_method")
    return {**error, **({"payment_method": _payment_method(world, method)} if method else {})}


def _next_action(intent: PaymentIntent) -> Json | None:
    instructions = intent.instructions
    if instructions is None:
        return None if intent.next_action is None else {**intent.next_action}
    return {
        "display_bank_transfer_instructions": {
            "amount_remaining": intent.remaining,
            "currency": intent.currency,
            "financial_addresses": list(instructions.financial_addresses),
            "hosted_instructions_url": instructions.hosted_instructions_url,
            "reference": instructions.reference,
            "type": instructions.type,
        },
        "type": "display_bank_transfer_instructions",
    }
