"""Renders records as JSON at the newest API version's shape, then walks them back to a version's.

An object has every key that Stripe sends since the newest release, at every API version, null or not
(docs/stripe.md 6.8 [obs]; contract/calendar.py has the dates). Keys that no recording and no
documentation shows on an unset object are left out (unset-keys).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_stripe_balance.api import versions
from pytest_stripe_balance.api.rendering import charges, invoices
from pytest_stripe_balance.api.rendering.charges import Json
from pytest_stripe_balance.api.rendering.customers import (
    _cash_balance,
    _customer,
    _entry,
    _funding_instructions,
)
from pytest_stripe_balance.api.rendering.payments import _payment_intent, _payment_method
from pytest_stripe_balance.engine.state import fields
from pytest_stripe_balance.engine.state.records import (
    BalanceTransaction,
    CashBalance,
    Charge,
    Customer,
    Entry,
    Event,
    FundingInstructions,
    Hash,
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
    """Render a record at an API version. An event has the account's version, whatever the request's."""
    if isinstance(record, Event):
        api_version = world.api_version
    return _shown(world, record, api_version, world.echoed(record))


def _shown(world: World, record: Record, api_version: str, echoed: Hash) -> Json:
    renderer: Callable[[World, Any], Json] = _RENDERERS[type(record)]
    body = versions.walk_back(world, record, renderer(world, record), api_version)
    if echoed and not body.get("deleted"):
        return fields.merged(body, echoed)
    return body


def _event(world: World, event: Event) -> Json:
    data: Json = {"object": _shown(world, event.subject, world.api_version, event.echoed)}
    if event.previous is not None:
        previous = invoices.previous(event.previous)
        data["previous_attributes"] = previous
    if ";" in world.api_version:
        world.readings.rely_on("beta-versions")
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
    Charge: charges.charge,
    Refund: charges.refund,
    BalanceTransaction: charges.balance_transaction,
    Invoice: invoices.invoice,
    InvoiceItem: invoices.invoice_item,
    InvoicePayment: invoices.invoice_payment,
    Price: invoices.price,
    Event: _event,
}
