"""Renders charges, refunds, balance transactions and their sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_stripe_balance.api.rendering import card_charges
from pytest_stripe_balance.api.rendering.inner_lists import newest
from pytest_stripe_balance.engine.money import application_fees
from pytest_stripe_balance.engine.state.records.money import Balance, BalanceTransaction, Charge, Refund
from pytest_stripe_balance.engine.state.records.record import Record
from pytest_stripe_balance.engine.state.world import BUSINESS_NAME, World

Json = dict[str, Any]

# Stripe's outcome of a bank debit that wasn't assessed (docs/stripe.md 1.7 [obs]).
_AUTHORIZED: Json = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "not_assessed",
    "seller_message": "Payment complete.",
    "type": "authorized",
}


def charge(world: World, charge: Charge) -> Json:
    """Render a charge (docs/stripe.md 1.7, liberapay [obs]; of a card 1.13 [obs]).

    Every recorded charge has destination, dispute and order. Every py_ charge of a bank debit has
    radar_options {} and a null calculated_statement_descriptor, and a receipt_url if it succeeded.
    """
    if charge.source_transfer is not None:
        return _destination_payment(world, charge)
    if charge.card is None:
        world.readings.rely_on("charge-shape")
        authorized = world.readings.rely_on("charge-outcome") == "authorized"
        outcome = {**_AUTHORIZED} if authorized else None
        body = _charge(world, charge, {"customer_balance": {}, "type": "customer_balance"}, outcome)
    else:
        details, outcome = card_charges.details(world, charge), card_charges.outcome(charge)
        body = _charge(world, charge, details, outcome)
        body["calculated_statement_descriptor"] = card_charges.statement_descriptor(charge)
    if charge.transfer is not None:
        body["transfer"] = charge.transfer
    return body


def _destination_payment(world: World, charge: Charge) -> Json:
    """Render what a connected account got by a transfer (antiwork/gumroad, 108 charges [obs]).

    Its source is the platform's account, of which only the id and the name are modelled.
    """
    world.readings.rely_on("connect-destination-payment")
    body = _charge(world, charge, {"stripe_account": {}, "type": "stripe_account"}, None)
    platform = world.platform or world
    body["source"] = {
        "id": "acct_" + platform.ids.secret("account", 16),
        "object": "account",
        "application_icon": None,
        "application_logo": None,
        "application_name": BUSINESS_NAME,
        "application_url": None,
    }
    body["source_transfer"] = charge.source_transfer
    return body


def _charge(world: World, charge: Charge, details: Json, outcome: Json | None) -> Json:
    data, decline = charge.transfer_data, charge.decline
    receipt = f"https://pay.stripe.com/receipts/payment/{charge.id.partition('_')[2]}"
    return {
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": charge.amount_captured,
        "amount_refunded": charge.amount_refunded,
        "application": application_fees.application(world) if world.platform else None,
        "application_fee": charge.application_fee,
        "application_fee_amount": charge.application_fee_amount,
        "balance_transaction": charge.balance_transaction,
        "billing_details": charge.billing_details,
        "calculated_statement_descriptor": None,
        "captured": charge.captured and decline is None,
        "created": charge.created,
        "currency": charge.currency,
        "customer": charge.customer,
        "description": charge.description,
        "destination": data and data["destination"],
        "dispute": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline and decline["code"],
        "failure_message": decline and decline["message"],
        "fraud_details": {},
        "livemode": False,
        "metadata": charge.metadata,
        "on_behalf_of": charge.on_behalf_of,
        "order": None,
        "outcome": outcome,
        "paid": decline is None,
        "payment_intent": charge.payment_intent,
        "payment_method": charge.payment_method,
        "payment_method_details": details,
        "radar_options": {},
        "receipt_email": charge.receipt_email,
        "receipt_number": None,
        "receipt_url": None if decline else receipt,
        "refunded": charge.refunded,
        "review": None,
        "shipping": charge.shipping,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": charge.statement_descriptor,
        "statement_descriptor_suffix": charge.statement_descriptor_suffix,
        "status": "failed" if decline else "succeeded",
        "transfer_data": data and {"amount": None, **data},
        "transfer_group": charge.transfer_group,
    }


_OMITTED_UNSET = (
    "destination_details",
    "failure_balance_transaction",
    "failure_reason",
    "instructions_email",
    "next_action",
)


def refund(world: World, refund: Refund) -> Json:
    """Render a refund, with the customer and payment method of its charge (docs/stripe.md 1.8 [obs]).

    It has no livemode, as Stripe's refunds have none.
    """
    paid = world.charges.get(refund.charge) if refund.charge else None
    if refund.status != "succeeded" or paid is None:
        world.readings.rely_on("refund-shape")
    optional = {name: getattr(refund, name) for name in _OMITTED_UNSET}
    return {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": refund.balance_transaction,
        "charge": refund.charge,
        "created": refund.created,
        "currency": refund.currency,
        "customer": paid.customer if paid else refund.customer,
        "customer_account": None,
        **{name: value for name, value in optional.items() if value is not None},
        "metadata": refund.metadata,
        "payment_intent": refund.payment_intent,
        "payment_method": paid and paid.payment_method,
        "reason": refund.reason,
        "receipt_number": None,
        "source_transfer_reversal": refund.source_transfer_reversal,
        "status": refund.status,
        "transfer_reversal": refund.transfer_reversal,
    }


def refunds(world: World, charge_id: str, render: Callable[[Record], Json]) -> Json:
    """List a charge's refunds, newest first; shown only on request, at every version.

    The charge has its 10 most recent refunds [doc]. total_count counts all of them
    (Kiln-AI/stripe_world tests/conformance, 2026-08-26.dahlia).
    """
    found = [*world.refunds.where(charge=charge_id)]
    return newest(found, render, f"/v1/charges/{charge_id}/refunds")


_REPORTING_CATEGORIES = {
    "adjustment": "other_adjustment",
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "charge": "charge",
    "payment": "charge",
    "payment_failure_refund": "refund_failure",
    "payment_refund": "refund",
    "payment_unreconciled": "unreconciled_customer_funds",
    "refund": "refund",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
}


def balance_transaction(world: World, transaction: BalanceTransaction) -> Json:
    """Render a balance transaction (docs/stripe.md 1.11)."""
    if transaction.type in ("charge", "refund"):
        world.readings.rely_on("card-fee")
    elif transaction.type == "payment":
        world.readings.rely_on("charge-shape")
        world.readings.rely_on("charge-fee")
    else:
        world.readings.rely_on("other-bookings")
    return {
        "id": transaction.id,
        "object": "balance_transaction",
        "amount": transaction.amount,
        "available_on": transaction.created,
        "balance_type": "payments",
        "created": transaction.created,
        "currency": transaction.currency,
        "description": transaction.description,
        "exchange_rate": None,
        "fee": transaction.fee,
        "fee_details": list(transaction.fee_details),
        "net": transaction.amount - transaction.fee,
        "reporting_category": _REPORTING_CATEGORIES[transaction.type],
        "source": transaction.source,
        "status": "available",
        "type": transaction.type,
    }


def balance(_: World, record: Balance) -> Json:
    """Render the merchant's balance (docs/stripe.md 1.11).

    All of it is money of cards and of most other payment methods, which Stripe calls `card` [doc].
    """
    available = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in record.available.items()
    ]
    pending = [{**row, "amount": 0, "source_types": {"card": 0}} for row in available]
    prefunded = [{"amount": 0, "currency": currency} for currency in record.available]
    return {
        "object": "balance",
        "available": available,
        "livemode": False,
        "pending": pending,
        "refund_and_dispute_prefunding": {"available": prefunded, "pending": prefunded},
    }
