"""Renders records as JSON at the newest API version's shape, then walks them back to a version's.

An object has every key that Stripe sends since the newest release, at every API version, null or not
(docs/stripe.md 6.8 [obs]; contract/calendar.py has the dates). Keys that no recording and no
documentation shows on an unset object are left out (unset-keys).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_stripe_balance.api import versions
from pytest_stripe_balance.api.before_latest_charge import Included
from pytest_stripe_balance.api.rendering import catalog, charges, checkout, connect, invoices, sessions
from pytest_stripe_balance.api.rendering.charges import Json
from pytest_stripe_balance.api.rendering.customers import (
    _cash_balance,
    _customer,
    _entry,
    _funding_instructions,
)
from pytest_stripe_balance.api.rendering.payments import (
    _payment_intent,
    _payment_method,
    _setup_intent,
)
from pytest_stripe_balance.engine import events
from pytest_stripe_balance.engine.state import fields
from pytest_stripe_balance.engine.state.records.catalog import Price, Product
from pytest_stripe_balance.engine.state.records.checkout import CheckoutLine, CheckoutSession
from pytest_stripe_balance.engine.state.records.connect import (
    ApplicationFee,
    FeeRefund,
    Transfer,
    TransferReversal,
)
from pytest_stripe_balance.engine.state.records.customers import (
    CashBalance,
    Customer,
    Entry,
    FundingInstructions,
)
from pytest_stripe_balance.engine.state.records.events import Emitted, Event
from pytest_stripe_balance.engine.state.records.hashes import Hash
from pytest_stripe_balance.engine.state.records.invoices import (
    Invoice,
    InvoiceItem,
    InvoiceLine,
    InvoicePayment,
)
from pytest_stripe_balance.engine.state.records.money import Balance, BalanceTransaction, Charge, Refund
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent, PaymentMethod
from pytest_stripe_balance.engine.state.records.record import Record
from pytest_stripe_balance.engine.state.records.sessions import ConfirmationToken, CustomerSession
from pytest_stripe_balance.engine.state.records.setup_intents import SetupIntent
from pytest_stripe_balance.engine.state.records.webhook_endpoints import WebhookEndpoint
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.engine.webhooks import deliveries


def render(world: World, record: Record, api_version: str) -> Json:
    """Render a record at an API version. An event has the account's version, whatever the request's."""
    if isinstance(record, Event):
        return event(world, record, world.api_version)
    return _shown(world, record, api_version, world.echoed(record))


def _shown(
    world: World, record: Record, api_version: str, echoed: Hash, included: Included | None = None
) -> Json:
    """Render any record but an event. `included` may be shown inside: by default what is there now."""
    if isinstance(record, Emitted):
        shown = record.at(api_version)
        assert shown is not None, "unreachable because its event has a type there"
        return dict(shown)
    renderer: Callable[[World, Any], Json] = _RENDERERS[type(record)]
    body = versions.walk_back(world, record, renderer(world, record), api_version)
    kind: type = type(record)
    if versions.inclusions(kind, api_version):
        inside = world.included(record) if included is None else included
        _include(world, record, body, api_version, inside)
    if not echoed or body.get("deleted"):
        return body
    name = body["object"]
    taken = {key: value for key, value in echoed.items() if world.takes(api_version, name, key, value)}
    return fields.merged(body, taken)


def _include(world: World, record: Record, body: Json, api_version: str, included: Included) -> None:
    def show(inner: Record) -> Json:
        return _shown(world, inner, api_version, world.echoed(inner), included)

    kind: type = type(record)
    for include in versions.inclusions(kind, api_version):
        include(record, body, included, show)


def event(world: World, record: Event, api_version: str, account: str | None = None) -> Json:
    """Render an event at an API version that has a type for it.

    `account` is the connected account that it comes from, where the platform hears of it.
    """
    subject = _shown(world, record.subject, api_version, record.echoed, record.included)
    data: Json = {"object": subject}
    if record.previous is not None:
        is_emitted = isinstance(record.subject, Emitted)
        data["previous_attributes"] = (
            record.previous if is_emitted else invoices.previous(record.previous)
        )
    if ";" in api_version:
        world.readings.rely_on("beta-versions")
    cause = record.cause
    body: Json = {
        "id": record.id,
        "object": "event",
        **({} if account is None else {"account": account}),
        "api_version": api_version,
        "created": record.created,
        "data": data,
        "livemode": False,
        "pending_webhooks": deliveries.pending(world, record.id),
        "request": {
            "id": cause.request_id if cause else None,
            "idempotency_key": cause.idempotency_key if cause else None,
        },
        "type": events.type_at(world, record, api_version),
    }
    versions.walk_back(world, record, body, api_version)
    _include(world, record, body, api_version, record.included)
    return body


def _webhook_endpoint(_: World, endpoint: WebhookEndpoint) -> Json:
    """Render an endpoint; the answer to its creation alone has its secret [doc]."""
    if endpoint.deleted:
        return {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "api_version": endpoint.api_version,
        "application": None,
        "created": endpoint.created,
        "description": endpoint.description,
        "enabled_events": list(endpoint.enabled_events),
        "livemode": False,
        "metadata": endpoint.metadata,
        **({"secret": endpoint.secret} if endpoint.shows_secret else {}),
        "status": endpoint.status,
        "url": endpoint.url,
    }


_RENDERERS: dict[type, Callable[[World, Any], Json]] = {
    Customer: _customer,
    CashBalance: _cash_balance,
    Entry: _entry,
    FundingInstructions: _funding_instructions,
    PaymentMethod: _payment_method,
    PaymentIntent: _payment_intent,
    SetupIntent: _setup_intent,
    Charge: charges.charge,
    Refund: charges.refund,
    Balance: charges.balance,
    BalanceTransaction: charges.balance_transaction,
    Invoice: invoices.invoice,
    InvoiceItem: invoices.invoice_item,
    InvoiceLine: invoices.line,
    InvoicePayment: invoices.invoice_payment,
    Product: catalog.product,
    Price: catalog.price,
    CheckoutSession: checkout.session,
    CheckoutLine: checkout.line,
    WebhookEndpoint: _webhook_endpoint,
    CustomerSession: sessions.customer_session,
    ConfirmationToken: sessions.confirmation_token,
    Transfer: connect.transfer,
    TransferReversal: connect.transfer_reversal,
    ApplicationFee: connect.application_fee,
    FeeRefund: connect.fee_refund,
}
