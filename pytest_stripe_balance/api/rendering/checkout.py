"""Renders Checkout Sessions and their lines, at the newest API version's shape (docs/stripe.md 1.14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_stripe_balance.api.rendering import catalog
from pytest_stripe_balance.api.rendering.inner_lists import listed
from pytest_stripe_balance.engine.state.records.checkout import CheckoutLine, CheckoutSession
from pytest_stripe_balance.engine.state.records.record import Record
from pytest_stripe_balance.engine.state.world import World

Json = dict[str, Any]


def session(_: World, record: CheckoutSession) -> Json:
    """Render a session, without `line_items`, which are shown on request."""
    configured = record.configuration and {"id": record.configuration, "parent": None}
    return {
        "id": record.id,
        "object": "checkout.session",
        **record.shown,
        "amount_subtotal": record.amount_total,
        "amount_total": record.amount_total,
        "client_secret": record.client_secret,
        "collected_information": _collected(record),
        "consent": _consent(record),
        "created": record.created,
        "currency": record.currency,
        "currency_conversion": None,
        "customer": record.customer,
        "customer_account": None,
        "customer_creation": record.customer_creation,
        "customer_details": _details(record),
        "customer_email": record.customer_email,
        "discounts": [],
        "expires_at": record.expires_at,
        "invoice": None,
        "livemode": False,
        "metadata": record.metadata,
        "mode": "payment",
        "payment_intent": record.payment_intent,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": configured,
        "payment_method_options": record.options,
        "payment_method_types": list(record.payment_method_types),
        "payment_status": record.payment_status,
        "recovered_from": None,
        "setup_intent": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": record.status,
        "subscription": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": record.ui_mode,
        "url": record.url,
    }


def _details(record: CheckoutSession) -> Json | None:
    """Render what is known of the customer; `tax_ids` is null until the page was submitted [obs]."""
    if record.customer is None and record.email is None:
        return None
    return {
        "address": None,
        "business_name": None,
        "email": record.email,
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [] if record.status == "complete" else None,
        **record.details,
    }


def _collected(record: CheckoutSession) -> Json | None:
    """Render what the page was asked to collect; null for a guest who was asked for nothing [obs]."""
    names = {name: record.details.get(name) for name in ("business_name", "individual_name")}
    is_known = record.customer_creation is None or record.customer_email is not None
    if not (is_known or record.shipping or any(names.values())):
        return None
    return {**names, "shipping_details": record.shipping}


def _consent(record: CheckoutSession) -> Json | None:
    """Render what a customer agreed to on the page; null where nobody was asked [doc]."""
    asked = record.shown["consent_collection"]
    if asked is None or record.status != "complete":
        return None
    accepted = "accepted" if asked["terms_of_service"] == "required" else None
    return {"promotions": None, "terms_of_service": accepted}


def line(world: World, record: CheckoutLine) -> Json:
    """Render a line with its price."""
    return {
        "id": record.id,
        "object": "item",
        "adjustable_quantity": record.adjustable_quantity,
        "amount_discount": 0,
        "amount_subtotal": record.amount,
        "amount_tax": 0,
        "amount_total": record.amount,
        "currency": record.currency,
        "description": record.description,
        "metadata": record.metadata,
        "price": catalog.price(world, world.prices.find(record.price, "price")),
        "quantity": record.quantity,
    }


def line_items(world: World, session_id: str, render: Callable[[Record], Json]) -> Json:
    """List a session's lines; shown only on request."""
    lines = world.checkout_sessions.find(session_id, "session").lines
    url = f"/v1/checkout/sessions/{session_id}/line_items"
    return listed([render(one) for one in lines], url)
