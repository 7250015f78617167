"""Renders invoices, their items and payments, at the newest API version's shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_stripe_balance.api.rendering.inner_lists import listed
from pytest_stripe_balance.engine.state.records.hashes import Hash
from pytest_stripe_balance.engine.state.records.invoices import (
    Invoice,
    InvoiceItem,
    InvoiceLine,
    InvoicePayment,
)
from pytest_stripe_balance.engine.state.records.record import Record
from pytest_stripe_balance.engine.state.world import BUSINESS_NAME, World

Json = dict[str, Any]
# The keys of payment_method_options once one of them is set [obs, May 2026; in March 2025 payto, pix and
# upi were missing].
OPTION_TYPES = (
    "acss_debit",
    "bancontact",
    "card",
    "customer_balance",
    "konbini",
    "payto",
    "pix",
    "sepa_debit",
    "upi",
    "us_bank_account",
)


def invoice(world: World, record: Invoice) -> Json:
    """Render an invoice, without `payments` and `confirmation_secret`, which are shown on request.

    Without a webhook endpoint, webhooks_delivered_at is the time of creation [obs, 2026-08-26.dahlia].
    With one it is null at first (zulip/zulip corporate/tests/stripe_fixtures).
    """
    if record.deleted:
        return {"id": record.id, "object": "invoice", "deleted": True}
    world.readings.rely_on("invoice-shape")
    return {
        "id": record.id,
        "object": "invoice",
        "account_country": "US",
        "account_name": BUSINESS_NAME,
        "account_tax_ids": None,
        **_amounts(record),
        "application": None,
        "attempt_count": record.attempt_count,
        "attempted": record.attempted,
        "auto_advance": record.auto_advance,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": record.automatically_finalizes_at,
        "billing_reason": "manual",
        "collection_method": record.collection_method,
        "created": record.created,
        "currency": record.currency,
        "custom_fields": None,
        "customer": record.customer,
        "customer_account": None,
        **{f"customer_{name}": value for name, value in record.recipient.items()},
        "customer_tax_ids": [],
        "default_payment_method": record.default_payment_method,
        "default_source": None,
        "default_tax_rates": [],
        "description": record.description,
        "discounts": [],
        "due_date": record.due_date,
        "effective_at": record.effective_at,
        "ending_balance": record.ending_balance,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": record.hosted_invoice_url,
        "invoice_pdf": record.invoice_pdf,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": listed([_line(line) for line in record.lines], f"/v1/invoices/{record.id}/lines"),
        "livemode": False,
        "metadata": record.metadata,
        "next_payment_attempt": None,
        "number": record.number,
        "on_behalf_of": record.on_behalf_of,
        "parent": None,
        "payment_settings": _payment_settings(record),
        "period_end": record.created,
        "period_start": record.created,
        "receipt_number": None,
        "rendering": {
            "amount_tax_display": None,
            "template": None,
            "template_version": None,
            **record.rendering,
            "pdf": {"page_size": record.page_size},
        },
        "shipping_cost": None,
        "shipping_details": None,
        "statement_descriptor": record.statement_descriptor,
        "status": record.status,
        "status_transitions": record.status_transitions,
        "test_clock": None,
        "webhooks_delivered_at": record.webhooks_delivered_at,
        **record.echoed,
    }


def _amounts(record: Invoice) -> Json:
    """Render an invoice's amounts. Without tax, discounts and credit there are two different numbers.

    There is no amount_paid_off_stripe, even after a payment out of band (Kiln-AI/stripe_world
    tests/conformance, 13/62, 2026-08-26.dahlia).
    """
    return {
        "amount_due": record.amount_due,
        "amount_overpaid": 0,
        "amount_paid": record.amount_paid,
        "amount_remaining": record.amount_remaining,
        "amount_shipping": 0,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "subtotal": record.amount_due,
        "subtotal_excluding_tax": record.amount_due,
        "total": record.amount_due,
        "total_discount_amounts": [],
        "total_excluding_tax": record.amount_due,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    }


def _payment_settings(record: Invoice) -> Json:
    options: Json | None = None
    if record.options is not None:
        options = {**dict.fromkeys(OPTION_TYPES), **record.options}
    return {
        "default_mandate": None,
        "payment_method_options": options,
        "payment_method_types": None if record.types is None else list(record.types),
    }


def line(world: World, record: InvoiceLine) -> Json:
    """Render a line as an answer of its own: as it is in its invoice [sdk]."""
    world.readings.rely_on("invoice-shape")
    return _line(record.item)


def _line(item: InvoiceItem) -> Json:
    return {
        "id": item.line,
        "object": "line_item",
        "amount": item.amount,
        "currency": item.currency,
        "description": item.description,
        "discount_amounts": [],
        "discountable": item.discountable,
        "discounts": [],
        "invoice": item.invoice,
        "livemode": False,
        "metadata": item.metadata,
        "parent": {
            "invoice_item_details": {
                "invoice_item": item.id,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": None,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        },
        "period": item.period,
        "pretax_credit_amounts": [],
        "pricing": _pricing(item),
        "quantity": item.quantity,
        "quantity_decimal": str(item.quantity),
        "subtotal": item.amount,
        "taxes": [],
    }


def _pricing(item: InvoiceItem) -> Json:
    return {
        "price_details": {"price": item.price, "product": item.product},
        "type": "price_details",
        "unit_amount_decimal": item.unit_amount,
    }


def invoice_item(world: World, item: InvoiceItem) -> Json:
    """Render an invoice item. Only items with discountable false have net_amount [obs, 5 of 5]."""
    world.readings.rely_on("invoice-shape")
    return {
        "id": item.id,
        "object": "invoiceitem",
        "amount": item.amount,
        "currency": item.currency,
        "customer": item.customer,
        "customer_account": None,
        "date": item.created,
        "description": item.description,
        "discountable": item.discountable,
        "discounts": [],
        "frozen_fields": [],
        "invoice": item.invoice,
        "invoicing_rules": [],
        "livemode": False,
        "metadata": item.metadata,
        **({} if item.discountable else {"net_amount": item.amount}),
        "parent": None,
        "period": item.period,
        "pricing": _pricing(item),
        "proration": False,
        "quantity": item.quantity,
        "quantity_decimal": str(item.quantity),
        "tax_rates": [],
        "test_clock": None,
    }


def invoice_payment(_: World, link: InvoicePayment) -> Json:
    """Render the link from an invoice to its intent (docs/stripe.md 1.9 [sdk])."""
    return {
        "id": link.id,
        "object": "invoice_payment",
        "amount_paid": link.amount_requested if link.status == "paid" else None,
        "amount_requested": link.amount_requested,
        "created": link.created,
        "currency": link.currency,
        "invoice": link.invoice,
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": link.payment_intent, "type": "payment_intent"},
        "status": link.status,
        "status_transitions": {"canceled_at": link.canceled_at, "paid_at": link.paid_at},
    }


def payments(world: World, invoice_id: str, render: Callable[[Record], Json]) -> Json:
    """List an invoice's payments; shown only on request."""
    links = world.invoice_payments.where(invoice=invoice_id)
    return listed([*map(render, links)], f"/v1/invoices/{invoice_id}/payments")


def confirmation_secret(world: World, invoice_id: str, _: Callable[[Record], Json]) -> Json | None:
    """Give the secret of an invoice's intent, or None without one; shown only on request."""
    record = world.invoices.find(invoice_id, "invoice")
    intent = world.payment_intents.get(record.payment_intent or "")
    return None if intent is None else {"client_secret": intent.client_secret, "type": "payment_intent"}


def previous(attributes: Hash) -> Hash:
    """Render an event's previous attributes; an invoice's previous lines are rendered too.

    An invoice has no charge since basil.
    """
    if "charge" in attributes:
        attributes = {name: value for name, value in attributes.items() if name != "charge"}
    lines = attributes.get("lines")
    if lines is None:
        return attributes
    return {**attributes, "lines": {**lines, "data": [_line(item) for item in lines["data"]]}}
