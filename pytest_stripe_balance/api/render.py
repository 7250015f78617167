"""Records as Stripe's JSON: rendered at the newest API version's shape, then walked back from it.

Every key that Stripe sends on the day of the newest release is here, null or not, at every API version
(EVIDENCE 2 [obs]; contract/calendar.py has the days). Keys that no capture and no documentation shows
on an unset object are left out (the assumption unset-keys).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_stripe_balance.api import render_charges, render_invoices, versions
from pytest_stripe_balance.api.render_charges import Json
from pytest_stripe_balance.engine.state.records import (
    BalanceTransaction,
    CashBalance,
    Charge,
    Customer,
    Entry,
    Event,
    FundingInstructions,
    Invoice,
    InvoiceItem,
    InvoicePayment,
    PaymentIntent,
    PaymentMethod,
    Price,
    Record,
    Refund,
)
from pytest_stripe_balance.engine.state.world import World


def render(world: World, record: Record, api_version: str) -> Json:
    """Give a record's JSON object at an API version; an event is at the account's, whoever asks."""
    if isinstance(record, Event):
        api_version = world.api_version
    renderer: Callable[[World, Any], Json] = _RENDERERS[type(record)]
    return versions.walk_back(world, record, renderer(world, record), api_version)


def _customer(_: World, customer: Customer) -> Json:
    if customer.deleted:
        return {"id": customer.id, "object": "customer", "deleted": True}
    optional = {
        name: value
        for name in ("business_name", "individual_name")
        if (value := getattr(customer, name)) is not None
    }
    return {
        "id": customer.id,
        "object": "customer",
        "address": customer.address,
        "balance": 0,
        **optional,
        "created": customer.created,
        "currency": customer.currency,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": customer.description,
        "discount": None,
        "email": customer.email,
        "invoice_prefix": customer.invoice_prefix,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": customer.metadata,
        "name": customer.name,
        "next_invoice_sequence": customer.next_invoice_sequence,
        "phone": customer.phone,
        "preferred_locales": list(customer.preferred_locales),
        "shipping": customer.shipping,
        "tax_exempt": customer.tax_exempt,
        "test_clock": None,
    }


def _cash_balance(_: World, balance: CashBalance) -> Json:
    return {
        "object": "cash_balance",
        "available": balance.available,
        "customer": balance.customer,
        "customer_account": None,
        "livemode": False,
        "settings": {
            "reconciliation_mode": balance.reconciliation_mode,
            "using_merchant_default": balance.using_merchant_default,
        },
    }


# What the hash named after an entry's type tells; the other types have no such hash (FACTS 1.3).
_TOLD_OF_ENTRIES = {
    "adjusted_for_overdraft": ("balance_transaction", "linked_transaction"),
    "applied_to_payment": ("payment_intent",),
    "funded": ("bank_transfer",),
    "refunded_from_payment": ("refund",),
    "transferred_to_balance": ("balance_transaction",),
    "unapplied_from_payment": ("payment_intent",),
}


def _entry(_: World, entry: Entry) -> Json:
    told = _TOLD_OF_ENTRIES.get(entry.type)
    return {
        "id": entry.id,
        "object": "customer_cash_balance_transaction",
        **({entry.type: {name: getattr(entry, name) for name in told}} if told else {}),
        "created": entry.created,
        "currency": entry.currency,
        "customer": entry.customer,
        "customer_account": None,
        "ending_balance": entry.ending_balance,
        "livemode": False,
        "net_amount": entry.net_amount,
        "type": entry.type,
    }


def _funding_instructions(_: World, told: FundingInstructions) -> Json:
    return {
        "object": "funding_instructions",
        "bank_transfer": {
            "country": told.country,
            "financial_addresses": list(told.financial_addresses),
            "type": told.type,
        },
        "currency": told.currency,
        "funding_type": "bank_transfer",
        "livemode": False,
    }


def _payment_method(_: World, method: PaymentMethod) -> Json:
    return {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": method.allow_redisplay,
        "billing_details": method.billing_details,
        "created": method.created,
        "customer": None,
        "customer_account": None,
        "customer_balance": {},
        "livemode": False,
        "metadata": method.metadata,
        "shared_payment_granted_token": None,
        "type": method.type,
    }


def _payment_intent(world: World, intent: PaymentIntent) -> Json:
    _note_assumptions(world, intent)
    configuration = intent.payment_method_configuration
    allowed = intent.allowed_payment_method_types
    return {
        "id": intent.id,
        "object": "payment_intent",
        "allowed_payment_method_types": allowed and list(allowed),
        "amount": intent.amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": intent.amount if intent.status == "succeeded" else 0,
        "application": None,
        "application_fee_amount": None,
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
        "excluded_payment_method_types": None,
        "last_payment_error": intent.last_payment_error,
        "latest_charge": intent.latest_charge,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": intent.metadata,
        "next_action": _next_action(intent),
        "on_behalf_of": None,
        "payment_method": intent.payment_method,
        "payment_method_configuration_details": configuration and {"id": configuration, "parent": None},
        "payment_method_options": intent.payment_method_options,
        "payment_method_types": list(intent.payment_method_types),
        "payment_record": None,
        "processing": None,
        "receipt_email": intent.receipt_email,
        "review": None,
        "setup_future_usage": None,
        "shared_payment_granted_token": None,
        "shipping": intent.shipping,
        "source": None,
        "statement_descriptor": intent.statement_descriptor,
        "statement_descriptor_suffix": intent.statement_descriptor_suffix,
        "status": intent.status,
        "transfer_data": None,
        "transfer_group": intent.transfer_group,
    }


def _note_assumptions(world: World, intent: PaymentIntent) -> None:
    world.readings.rest("unset-keys")
    if intent.payment_method_options.get("customer_balance") == {}:
        world.readings.rest("unset-customer-balance-options")


def _next_action(intent: PaymentIntent) -> Json | None:
    told = intent.instructions
    if told is None:
        return None
    return {
        "display_bank_transfer_instructions": {
            "amount_remaining": intent.remaining,
            "currency": intent.currency,
            "financial_addresses": list(told.financial_addresses),
            "hosted_instructions_url": told.hosted_instructions_url,
            "reference": told.reference,
            "type": told.type,
        },
        "type": "display_bank_transfer_instructions",
    }


def _event(world: World, event: Event) -> Json:
    data: Json = {"object": render(world, event.subject, world.api_version)}
    if event.previous is not None:
        previous = render_invoices.previous(event.previous)
        data["previous_attributes"] = previous
    if ";" in world.api_version:
        world.readings.rest("beta-versions")
    cause = event.cause
    return {
        "id": event.id,
        "object": "event",
        "api_version": world.api_version,
        "created": event.created,
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {
            "id": cause.request_id if cause else None,
            "idempotency_key": cause.idempotency_key if cause else None,
        },
        "type": event.type,
    }


_RENDERERS: dict[type, Callable[[World, Any], Json]] = {
    Customer: _customer,
    CashBalance: _cash_balance,
    Entry: _entry,
    FundingInstructions: _funding_instructions,
    PaymentMethod: _payment_method,
    PaymentIntent: _payment_intent,
    Charge: render_charges.charge,
    Refund: render_charges.refund,
    BalanceTransaction: render_charges.balance_transaction,
    Invoice: render_invoices.invoice,
    InvoiceItem: render_invoices.invoice_item,
    InvoicePayment: render_invoices.invoice_payment,
    Price: render_invoices.price,
    Event: _event,
}
