"""Renders customers, cash balances, their rows, and funding instructions.

Source: docs/stripe.md 1.1, 1.4.
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_stripe_balance.api.rendering.charges import Json
from pytest_stripe_balance.api.rendering.inner_lists import listed
from pytest_stripe_balance.engine.state.records.customers import (
    CashBalance,
    Customer,
    Entry,
    FundingInstructions,
)
from pytest_stripe_balance.engine.state.records.record import Record
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.refused import Refused

# The fields of the hash that is named after an entry's type. Other types have no such hash
# (docs/stripe.md 1.3).
_FIELDS_OF_ENTRIES = {
    "adjusted_for_overdraft": ("balance_transaction", "linked_transaction"),
    "applied_to_payment": ("payment_intent",),
    "funded": ("bank_transfer",),
    "refunded_from_payment": ("refund",),
    "transferred_to_balance": ("balance_transaction",),
    "unapplied_from_payment": ("payment_intent",),
}


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
        "invoice_settings": customer.invoice_settings,
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


def tax(world: World, customer_id: str, _: Callable[[Record], Json]) -> Json:
    """Give what Stripe knows of where a customer is; shown only on request [obs, without an address]."""
    customer = world.customers.find(customer_id, "customer")
    if (customer.address or {}).get("country"):
        raise Refused("tax of a customer with a country is not modelled")
    if customer.ip_address:
        world.readings.rely_on("shown-as-sent")
    return {
        "automatic_tax": "unrecognized_location",
        "ip_address": customer.ip_address,
        "location": None,
        "provider": "stripe",
    }


def nothing_of(name: str) -> Callable[[World, str, Callable[[Record], Json]], Json]:
    """Make what gives a customer's empty list of objects that the fake doesn't model, on request."""
    return lambda _, customer_id, __: listed([], f"/v1/customers/{customer_id}/{name}")


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


def _entry(_: World, entry: Entry) -> Json:
    names = _FIELDS_OF_ENTRIES.get(entry.type)
    return {
        "id": entry.id,
        "object": "customer_cash_balance_transaction",
        **({entry.type: {name: getattr(entry, name) for name in names}} if names else {}),
        "created": entry.created,
        "currency": entry.currency,
        "customer": entry.customer,
        "customer_account": None,
        "ending_balance": entry.ending_balance,
        "livemode": False,
        "net_amount": entry.net_amount,
        "type": entry.type,
    }


def _funding_instructions(_: World, instructions: FundingInstructions) -> Json:
    return {
        "object": "funding_instructions",
        "bank_transfer": {
            "country": instructions.country,
            "financial_addresses": list(instructions.financial_addresses),
            "type": instructions.type,
        },
        "currency": instructions.currency,
        "funding_type": "bank_transfer",
        "livemode": False,
    }
