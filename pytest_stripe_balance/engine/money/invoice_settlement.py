"""Settles invoices: which of them a transfer may pay, and their changes and events when they are paid.

allocation.py uses this file, because an invoice becomes paid when its intent succeeds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_stripe_balance.engine.state.deliveries import is_seen
from pytest_stripe_balance.engine.state.determinism import DAY
from pytest_stripe_balance.engine.state.records.invoices import InvoicePayment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_stripe_balance.engine.state.records.customers import Customer
    from pytest_stripe_balance.engine.state.records.invoices import Invoice
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.world import World

OVERDUE_FOR = 30 * DAY
# The fields that invoice.updated names with their previous values, by their names in Stripe's JSON.
# The charge is one of them before basil.
UPDATED_FIELDS = {
    "amount_due": "amount_due",
    "amount_paid": "amount_paid",
    "amount_remaining": "amount_remaining",
    "attempt_count": "attempt_count",
    "attempted": "attempted",
    "auto_advance": "auto_advance",
    "automatically_finalizes_at": "automatically_finalizes_at",
    "charge": "charge",
    "effective_at": "effective_at",
    "ending_balance": "ending_balance",
    "hosted_invoice_url": "hosted_invoice_url",
    "invoice_pdf": "invoice_pdf",
    "number": "number",
    "status": "status",
    "subtotal": "amount_due",
    "subtotal_excluding_tax": "amount_due",
    "total": "amount_due",
    "total_excluding_tax": "amount_due",
}


def invoice_of(world: World, intent: PaymentIntent) -> Invoice:
    """Find the invoice that an intent was made for."""
    assert intent.invoice is not None, f"{intent.id} was made for no invoice"
    return world.invoices.find(intent.invoice, "invoice")


def waiting(world: World, customer: Customer, currency: str) -> Iterator[tuple[Invoice, PaymentIntent]]:
    """List the invoices that a transfer may pay, with their intents, in the order of finalization.

    They are open, take customer_balance, and are at most 30 days overdue (docs/stripe.md 4 [doc]).
    """
    for intent in _of_open_invoices(world, customer):
        if intent.currency != currency or "customer_balance" not in intent.payment_method_types:
            continue
        invoice = invoice_of(world, intent)
        assert invoice.due_date is not None, "unreachable because a transfer pays what is sent"
        if world.clock.now > invoice.due_date:
            world.readings.rely_on("invoice-overdue-boundary")
        if world.clock.now <= invoice.due_date + OVERDUE_FOR:
            yield invoice, intent


def _of_open_invoices(world: World, customer: Customer) -> list[PaymentIntent]:
    """List the intents of a customer's open invoices, in the order of finalization."""
    found = [
        world.payment_intents.find(invoice.payment_intent, "intent")
        for invoice in world.invoices.where(customer=customer.id, status="open")
        if invoice.payment_intent is not None
    ]
    return sorted(found, key=lambda intent: world.payment_intents.place(intent.id))


def succeeded(world: World, intent: PaymentIntent) -> None:
    """Make the invoice of a succeeded intent paid, with the events of `tell_paid`.

    A card counts as an attempt [obs zulip/zulip, pay-rails/pay], cash doesn't.
    """
    invoice = invoice_of(world, intent)
    attempts = invoice.attempt_count + (not intent.applied)
    paid = settle(world, invoice, attempt_count=attempts, charge=intent.latest_charge)
    link = closed(world, invoice, status="paid", paid_at=world.clock.now)
    tell_paid(world, invoice, paid, link)


def attempted(world: World, intent: PaymentIntent, event: str) -> None:
    """Count an attempt by card that didn't pay the invoice: `invoice.updated`, then `event`."""
    world.readings.rely_on("invoice-attempt-events")
    before = invoice_of(world, intent)
    after = before._replace(
        attempted=True, attempt_count=before.attempt_count + 1, charge=intent.latest_charge
    )
    updated(world, before, world.invoices.put(after))
    world.record_event(event, after)


def tell_paid(world: World, before: Invoice, paid: Invoice, link: InvoicePayment | None = None) -> None:
    """Record the events of a paid invoice. `link` names the intent that paid it, if one did.

    `invoice.updated`, `invoice.paid`, `invoice.payment_succeeded`, in the order seen for a card and out
    of band (zulip/zulip corporate/tests/stripe_fixtures, docs/stripe.md 1.9). Two things are assumed:
    the place of `invoice_payment.paid`, and `invoice.payment_succeeded` without an intent.
    """
    is_told = link is not None and is_seen(world, "invoice_payment.paid", link)
    first = is_told and world.readings.rely_on("invoice-payment-event-order") == "first"
    if link is not None and first:
        world.record_event("invoice_payment.paid", link)
    updated(world, before, paid)
    world.record_event("invoice.paid", paid)
    if link is not None or world.readings.rely_on("invoice-payment-succeeded") == "told":
        world.record_event("invoice.payment_succeeded", paid)
    if link is not None and not first:
        world.record_event("invoice_payment.paid", link)


def settle(world: World, invoice: Invoice, **changes: Any) -> Invoice:  # noqa: ANN401 - fields of a record
    """Make an invoice paid; no event."""
    return world.invoices.put(
        invoice._replace(
            **{"attempted": True, **changes},
            status="paid",
            amount_paid=invoice.amount_due,
            auto_advance=False,
            paid_at=world.clock.now,
        )
    )


def closed(world: World, invoice: Invoice, **changes: Any) -> InvoicePayment:  # noqa: ANN401 - as above
    """Change the link between an invoice and its intent to paid or canceled."""
    link = next(world.invoice_payments.where(invoice=invoice.id))
    return world.invoice_payments.put(link._replace(**changes))


def updated(world: World, before: Invoice, after: Invoice) -> None:
    """Record `invoice.updated` with the previous values.

    If the lines changed, these include the previous lines and their number (zulip/zulip, docs/stripe.md
    1.9). Of `rendering` they include the page size.
    """
    previous: dict[str, Any] = {
        name: getattr(before, field)
        for name, field in UPDATED_FIELDS.items()
        if getattr(before, field) != getattr(after, field)
    }
    was, became = before.status_transitions, after.status_transitions
    if was != became:
        previous["status_transitions"] = {key: was[key] for key in was if was[key] != became[key]}
    if before.lines != after.lines:
        previous["lines"] = {"data": before.lines, "total_count": len(before.lines)}
    if before.page_size != after.page_size:
        previous["rendering"] = {"pdf": {"page_size": before.page_size}}
    world.record_event("invoice.updated", after, previous)
