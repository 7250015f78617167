"""Invoice payments as they are read: what links an invoice to its intent (docs/stripe.md 1.9)."""

from __future__ import annotations

from typing import Literal, TypedDict, Unpack

from pytest_stripe_balance.engine.state.records import InvoicePayment
from pytest_stripe_balance.engine.state.table import Cursors, Page, by_created
from pytest_stripe_balance.engine.state.world import World


class PaymentFilter(TypedDict, total=False):
    """The payment hash of a list's request."""

    type: Literal["payment_intent"]
    payment_intent: str


def retrieve(world: World, payment_id: str) -> InvoicePayment:
    """Find what links an invoice to its intent; 404 with param `invoice_payment`."""
    return world.invoice_payments.find(payment_id, "invoice_payment", assumption="invoice-refusals")


def list_(
    world: World,
    *,
    created: int | dict[str, int] | None = None,
    invoice: str | None = None,
    payment: PaymentFilter | None = None,
    status: str | None = None,
    **cursors: Unpack[Cursors],
) -> Page[InvoicePayment]:
    """List the payments of invoices, newest first; those of one `invoice`, intent or status."""
    if invoice is not None:
        world.invoices.find(invoice, "invoice", in_path=False, assumption="list-unknown-customer")
    intent = (payment or {}).get("payment_intent")
    in_time = by_created(created)
    return world.invoice_payments.page(
        keep=lambda link: (
            in_time(link.created)
            and invoice in (None, link.invoice)
            and intent in (None, link.payment_intent)
            and status in (None, link.status)
        ),
        **cursors,
    )
