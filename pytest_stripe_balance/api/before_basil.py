"""Shapes before 2025-03-31.basil, which changed how invoices show payments, prices and taxes.

Each function changes a rendered object in place. The changelog documents the removed keys. Their values
come from the example objects in the API reference of that time (invoice-shape-before-basil). Newer keys
stay: acacia has them too since 2025-03, on invoices and items (docs/stripe.md 1.9 [obs]) and on lines
(pay-rails/pay [obs]).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pytest_stripe_balance.api.rendering import catalog
from pytest_stripe_balance.engine.state.records.catalog import Price
from pytest_stripe_balance.engine.state.records.events import Event
from pytest_stripe_balance.engine.state.records.invoices import Invoice, InvoiceItem, InvoiceLine
from pytest_stripe_balance.engine.state.records.money import Charge
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
from pytest_stripe_balance.engine.state.world import World

Json = dict[str, Any]
WalkBack = Callable[[World, Any, Json], None]


def payment_intent(_: World, intent: PaymentIntent, body: Json) -> None:
    """Add the invoice of an intent."""
    body["invoice"] = intent.invoice


def charge(world: World, record: Charge, body: Json) -> None:
    """Add the invoice of a charge."""
    intent = world.payment_intents.get(record.payment_intent or "")
    body["invoice"] = intent and intent.invoice


def invoice(world: World, record: Invoice, body: Json) -> None:
    """Add an invoice's intent, its charge, and whether it is paid."""
    if record.deleted:
        return
    world.readings.rely_on("invoice-shape-before-basil")
    _take_out(body, "confirmation_secret", "payments")
    _lines(world, body["lines"], record.lines)
    body |= {
        "application_fee_amount": record.application_fee_amount,
        "charge": record.charge,
        "discount": None,
        "paid": record.status == "paid",
        "paid_out_of_band": record.paid_out_of_band,
        "payment_intent": record.payment_intent,
        "quote": None,
        "subscription": None,
        "subscription_details": {"metadata": None},
        "tax": None,
        "total_tax_amounts": [],
        "transfer_data": record.transfer_data and {"amount": None, **record.transfer_data},
    }


def _lines(world: World, listed: Json, items: Iterable[InvoiceItem]) -> None:
    for line, item in zip(listed["data"], items, strict=True):
        _line(world, line, item)


def line(world: World, record: InvoiceLine, body: Json) -> None:
    """Add the old keys to a line that is an answer of its own."""
    world.readings.rely_on("invoice-shape-before-basil")
    _line(world, body, record.item)


def _line(world: World, line: Json, item: InvoiceItem) -> None:
    line |= {
        "amount_excluding_tax": item.amount,
        "invoice_item": item.id,
        "plan": None,
        "price": _price(world, item),
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": None,
        "tax_amounts": [],
        "tax_rates": [],
        "type": "invoiceitem",
        "unit_amount_excluding_tax": item.unit_amount,
    }


def invoice_item(world: World, item: InvoiceItem, body: Json) -> None:
    """Add an item's price and unit amount, which `pricing` replaced later."""
    world.readings.rely_on("invoice-shape-before-basil")
    price = _price(world, item)
    body |= {
        "plan": None,
        "price": price,
        "subscription": None,
        "unit_amount": price["unit_amount"],
        "unit_amount_decimal": item.unit_amount,
    }


def price(_: World, record: Price, body: Json) -> None:
    """Add how the use of a metered price is summed up, which meters replaced."""
    if record.recurring is not None:
        body["recurring"] = {"aggregate_usage": None, **body["recurring"]}


def event(world: World, record: Event, body: Json) -> None:
    """Add the old keys to the previous_attributes of an invoice's event."""
    if record.previous is None or not isinstance(record.subject, Invoice):
        return
    previous, subject = body["data"]["previous_attributes"], record.subject
    if "lines" in previous:
        _lines(world, previous["lines"], record.previous["lines"]["data"])
    now = body["data"]["object"]
    before: Json = {}
    if "charge" in record.previous:
        before["charge"] = record.previous["charge"]
    if previous.get("status") == "draft":
        before["payment_intent"] = None
    if "status" in previous and subject.status == "paid":
        before |= {"paid": False, "paid_out_of_band": False}
    if not before:
        return
    changed = {name: value for name, value in before.items() if now[name] != value}
    body["data"]["previous_attributes"] = {**previous, **changed}


def _price(world: World, item: InvoiceItem) -> Json:
    record = world.prices.find(item.price, "price")
    return catalog.price(world, record)


def _take_out(body: Json, *names: str) -> None:
    for name in names:
        body.pop(name, None)
