"""Reads invoice payments, the links from invoices to their intents (docs/stripe.md 1.9)."""

from __future__ import annotations

from typing import Literal, TypedDict, Unpack

from pytest_stripe_balance.engine.state import parents
from pytest_stripe_balance.engine.state.records.invoices import InvoicePayment
from pytest_stripe_balance.engine.state.table import ListParams, Page
from pytest_stripe_balance.engine.state.world import World


class PaymentFilter(TypedDict, total=False):
    """The payment hash of a list's request."""

    type: Literal["payment_intent"]
    payment_intent: str


def retrieve(world: World, payment_id: str) -> InvoicePayment:
    """Find an invoice payment; 404 with param `invoice_payment`."""
    return world.invoice_payments.find(payment_id, "invoice_payment", assumption="invoice-refusals")


def list_(
    world: World,
    *,
    invoice: str | None = None,
    payment: PaymentFilter | None = None,
    status: str | None = None,
    **params: Unpack[ListParams],
) -> Page[InvoicePayment]:
    """List invoice payments, newest first, perhaps only those of one `invoice`, intent or status."""
    parents.check(world, invoice=invoice)
    intent = (payment or {}).get("payment_intent")
    return world.invoice_payments.page(invoice=invoice, payment_intent=intent, status=status, **params)
