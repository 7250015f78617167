"""The transitions of an invoice: finalize, send, void, mark uncollectible.

Source: docs/stripe.md 1.9, 3.3, 3.4.

The states and events are documented. Kiln-AI/stripe_world recorded the texts and params of refusals,
the numbers and the sums at 2026-08-26.dahlia (tests/conformance/cassettes/13_invoices). The register
lists the details that have another source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.engine.billing import collection
from pytest_stripe_balance.engine.billing.collection import refused
from pytest_stripe_balance.engine.billing.invoices import find, recipient
from pytest_stripe_balance.engine.money import invoice_settlement
from pytest_stripe_balance.engine.payments import payment_intents
from pytest_stripe_balance.engine.payments.payment_method_options import UNSET_CARD_OPTIONS
from pytest_stripe_balance.engine.state import amounts
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.hashes import NOTHING
from pytest_stripe_balance.engine.state.records.invoices import InvoicePayment
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Customer
    from pytest_stripe_balance.engine.state.records.invoices import Invoice
    from pytest_stripe_balance.engine.state.world import World

NOT_OPEN = "You can only pass in open invoices. This invoice isn't open."


def finalize(world: World, invoice_id: str, *, auto_advance: bool | None = None) -> Invoice:
    """Finalize a draft, which becomes open and gets a number and an intent.

    - Events `payment_intent.created`, `invoice.updated`, `invoice.finalized`, in this order [obs, a
      send_invoice at clover].
    - An invoice over 0 gets no intent and is paid at once, with the events of
      `invoice_settlement.tell_paid`. It takes the customer's next number too [obs, 2026-08-26.dahlia].
    - Cash on the balance stays there: finalizing doesn't reconcile (docs/stripe.md 4).
    """
    invoice = find(world, invoice_id, "id")
    if invoice.status != "draft":
        raise Fault("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
    if auto_advance is not None:
        invoice = invoice._replace(auto_advance=auto_advance)
        collection.check_advance(invoice)
    return finalized(world, invoice)


def send(world: World, invoice_id: str) -> Invoice:
    """Send an open invoice; event `invoice.sent`. A draft is finalized first. No mail is sent."""
    invoice = find(world, invoice_id, "invoice")
    if invoice.collection_method != "send_invoice":
        raise Refused(
            f"sending {invoice.id}, which is charged automatically, is not modelled: make it with "
            "collection_method=send_invoice"
        )
    if invoice.status == "draft":
        invoice = finalized(world, invoice)
        if invoice.status == "paid":
            return invoice
    if invoice.status != "open":
        raise refused(
            "This invoice cannot be sent right now. Please contact us via "
            "https://support.stripe.com/contact with details, so we can help."
        )
    if not invoice.recipient["email"]:
        world.readings.rely_on("invoice-send-email")
    world.record_event("invoice.sent", invoice)
    return invoice


def void(world: World, invoice_id: str) -> Invoice:
    """Void an open invoice, and cancel its intent with the reason void_invoice [sdk].

    Events `payment_intent.canceled`, `invoice.updated`, `invoice.voided`.
    """
    invoice = find(world, invoice_id, "id")
    if invoice.status == "paid":
        raise Fault("Invoices with `paid` payments cannot be voided.")
    if invoice.status != "open":
        raise Fault(NOT_OPEN)
    world.readings.rely_on("invoice-events")
    withdraw(world, invoice, "void_invoice")
    voided = invoice._replace(status="void", auto_advance=False, voided_at=world.clock.now)
    return _changed(world, invoice, voided, "invoice.voided")


def mark_uncollectible(world: World, invoice_id: str) -> Invoice:
    """Mark an open invoice uncollectible.

    Events `invoice.updated`, `invoice.marked_uncollectible`.
    """
    invoice = find(world, invoice_id, "id")
    if invoice.status == "uncollectible":
        raise Fault("This invoice has already been marked uncollectible.")
    if invoice.status != "open":
        raise Fault(NOT_OPEN)
    world.readings.rely_on("invoice-events")
    marked = invoice._replace(
        status="uncollectible",
        auto_advance=False,
        marked_uncollectible_at=world.clock.now,
    )
    return _changed(world, invoice, marked, "invoice.marked_uncollectible")


def fall_due(world: World, invoice: Invoice) -> None:
    """Do what an invoice does by itself: an advancing draft is finalized, an open one overdue."""
    if invoice.status == "draft":
        finalized(world, invoice)
        return
    world.readings.rely_on("invoice-overdue")
    world.record_event("invoice.overdue", world.invoices.put(invoice._replace(overdue=True)))


def is_stopped(world: World, invoice: Invoice) -> bool:
    """Tell whether an invoice does nothing by itself any more: a draft whose customer was deleted."""
    return invoice.status == "draft" and world.customers.find(invoice.customer, "customer").deleted


def finalized(world: World, draft: Invoice) -> Invoice:
    """Finalize a draft, with the events of `finalize`."""
    amount, currency = draft.amount_due, draft.currency
    if amount and not amounts.MINIMUM[currency] <= amount <= amounts.MAXIMUM:
        least, most = (
            amounts.written(limit, currency) for limit in (amounts.MINIMUM[currency], amounts.MAXIMUM)
        )
        raise Refused(
            f"finalizing {draft.id}, an invoice over {amounts.written(amount, currency)} {currency}, "
            "is not modelled: Stripe adds too small an amount to the customer's credit balance. "
            f"Bring it to at least {least} and at most {most} by its items, or delete the draft"
        )
    customer = world.customer(draft.customer, in_path=False)
    page = "test_" + world.ids.secret(f"{draft.id} page", 60)
    account = "acct_" + world.ids.secret("account", 16)
    opened = draft._replace(
        status="open",
        number=draft.number or _next_number(world, customer),
        automatically_finalizes_at=None,
        finalized_at=world.clock.now,
        hosted_invoice_url=f"https://invoice.stripe.com/i/{account}/{page}?s=ap",
        invoice_pdf=f"https://pay.stripe.com/invoice/{account}/{page}/pdf?s=ap",
        recipient=recipient(customer),
    )
    if amount:
        opened = opened._replace(payment_intent=_payable(world, opened).id)
        if world.reconciliation_mode(customer) == "automatic" and world.ledger.balance(
            customer.id, currency
        ):
            world.readings.rely_on("finalize-draws-nothing")
    opened = _changed(world, draft, opened, "invoice.finalized")
    if amount:
        return opened
    paid = invoice_settlement.settle(world, opened)
    invoice_settlement.tell_paid(world, opened, paid)
    return paid


def _next_number(world: World, customer: Customer) -> str:
    """Take the customer's next number, skipping numbers of other invoices."""
    sequence = customer.next_invoice_sequence
    while any(world.invoices.where(number=(number := f"{customer.invoice_prefix}-{sequence:04d}"))):
        sequence += 1
    world.customers.put(customer._replace(next_invoice_sequence=sequence + 1))
    return number


def _payable(world: World, invoice: Invoice) -> PaymentIntent:
    """Make the intent of an invoice and the link between them; event `payment_intent.created`."""
    world.readings.rely_on("invoice-intent")
    types = invoice.types or ("card",)
    own = invoice.options or NOTHING
    unset = {"card": UNSET_CARD_OPTIONS}
    intent = world.payment_intents.put(
        payment_intents.new(
            world,
            **payment_intents.identity(world),
            amount=invoice.amount_due,
            currency=invoice.currency,
            customer=invoice.customer,
            payment_method_types=types,
            payment_method_options={
                kind: {**unset.get(kind, NOTHING), **own.get(kind, NOTHING)} for kind in types
            },
            invoice=invoice.id,
            capture_method="automatic",
            description="Payment for Invoice",
            statement_descriptor=invoice.statement_descriptor,
            application_fee_amount=invoice.application_fee_amount,
            on_behalf_of=invoice.on_behalf_of,
            transfer_data=invoice.transfer_data,
        )
    )
    world.invoice_payments.put(
        InvoicePayment(
            id=world.ids.mint("inpay_", 24),
            created=world.clock.now,
            invoice=invoice.id,
            payment_intent=intent.id,
            amount_requested=intent.amount,
            currency=intent.currency,
        )
    )
    world.record_event("payment_intent.created", intent)
    return intent


def intent_of(world: World, invoice: Invoice) -> PaymentIntent:
    """Find the intent of an open invoice."""
    assert invoice.payment_intent is not None, "unreachable because an open invoice has an intent"
    return world.payment_intents.find(invoice.payment_intent, "intent")


def _changed(world: World, before: Invoice, after: Invoice, event: str) -> Invoice:
    """Store a changed invoice, and record `invoice.updated`, then the event of the change."""
    world.invoices.put(after)
    invoice_settlement.updated(world, before, after)
    world.record_event(event, after)
    return after


def withdraw(world: World, invoice: Invoice, reason: str | None) -> None:
    """Cancel an open invoice's intent and the link between them."""
    payment_intents.withdraw(world, intent_of(world, invoice), reason)
    invoice_settlement.closed(world, invoice, status="canceled", canceled_at=world.clock.now)
