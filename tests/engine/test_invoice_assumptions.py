"""What each call about invoices rests on: exactly that, and nothing that is on record."""

import pytest
import stripe

SENDING = {"collection_method": "send_invoice", "days_until_due": 30}
SHAPE = {"invoice-shape"}
REFUSALS = "(No such|This invoice is already|Invoices with `paid`|You can only pass in open)"


def pending(billing):
    given = {"customer": billing.customer, "currency": "usd", "description": "Setup"}
    return stripe.InvoiceItem.create(amount=1000, **given)


def funded(billing):
    invoice = billing.invoice()
    billing.manual()
    billing.fund(1000)
    return invoice


def deleted(billing):
    draft = billing.draft()
    (item,) = stripe.InvoiceItem.list(invoice=draft.id).data
    stripe.Invoice.delete(draft.id)
    return item


def with_item(billing):
    pending(billing)
    return billing


def refused(call, given):
    with pytest.raises(stripe.InvalidRequestError, match=REFUSALS):
        call(given)


def drafted(billing):
    billing.draft(None)
    return billing


def itself(billing):
    return billing


def first(billing, **params):
    return stripe.Invoice.create(customer=billing.customer, **SENDING, **params)


CALLS = {
    "a first draft": (itself, lambda b: first(b, currency="usd"), SHAPE),
    "a first draft without a currency": (itself, first, SHAPE | {"invoice-currency"}),
    "a first draft beside a pending item": (
        with_item,
        lambda b: first(b, currency="usd"),
        SHAPE | {"customer-currency"},
    ),
    "a pending item": (itself, pending, SHAPE | {"customer-currency"}),
    "an item like another": (
        with_item,
        pending,
        SHAPE | {"customer-currency", "one-off-prices"},
    ),
    "a later draft without a currency": (lambda b: with_item(drafted(b)), first, SHAPE),
    "a pending item of one with a currency": (drafted, pending, SHAPE),
    "retrieve": (lambda b: b.draft(), lambda one: stripe.Invoice.retrieve(one.id), SHAPE),
    "list": (lambda b: b.draft(), lambda _: stripe.Invoice.list(), SHAPE),
    "delete": (lambda b: b.draft(), lambda one: stripe.Invoice.delete(one.id), set()),
    "an item of a deleted draft": (
        deleted,
        lambda one: refused(stripe.InvoiceItem.retrieve, one.id),
        {"deleted-draft-items"},
    ),
    "the pending items beside a deleted draft's": (
        deleted,
        lambda _: stripe.InvoiceItem.list(pending=True),
        set(),
    ),
    "finalize": (
        lambda b: b.draft(),
        lambda one: stripe.Invoice.finalize_invoice(one.id),
        SHAPE | {"invoice-intent"},
    ),
    "finalize at 0": (
        lambda b: b.draft(None),
        lambda one: stripe.Invoice.finalize_invoice(one.id),
        SHAPE | {"invoice-payment-succeeded"},
    ),
    "send": (lambda b: b.invoice(), lambda one: stripe.Invoice.send_invoice(one.id), SHAPE),
    "pay out of band": (
        lambda b: b.invoice(),
        lambda one: stripe.Invoice.pay(one.id, paid_out_of_band=True),
        SHAPE | {"invoice-out-of-band", "invoice-payment-succeeded"},
    ),
    "void": (
        lambda b: b.invoice(),
        lambda one: stripe.Invoice.void_invoice(one.id),
        SHAPE | {"invoice-events"},
    ),
    "mark_uncollectible": (
        lambda b: b.invoice(),
        lambda one: stripe.Invoice.mark_uncollectible(one.id),
        SHAPE | {"invoice-events"},
    ),
    "an unknown invoice": (
        itself,
        lambda _: refused(stripe.Invoice.retrieve, "in_nope"),
        set(),
    ),
    "an unknown item": (
        itself,
        lambda _: refused(stripe.InvoiceItem.retrieve, "ii_nope"),
        set(),
    ),
    "finalize twice": (
        lambda b: b.invoice(),
        lambda one: refused(stripe.Invoice.finalize_invoice, one.id),
        set(),
    ),
    "void a paid one": (
        lambda b: b.paid(),
        lambda one: refused(stripe.Invoice.void_invoice, one.id),
        set(),
    ),
    "pay a void one": (
        lambda b: b.void(),
        lambda one: refused(stripe.Invoice.pay, one.id),
        {"invoice-refusals"},
    ),
}


@pytest.fixture
def rested(_stripe_session):
    """Tell what the world's answers have rested on since this was last asked."""

    def since():
        found = set(_stripe_session._readings.used)
        _stripe_session._readings.used.clear()
        return found

    return since


@pytest.mark.parametrize(("given", "call", "on"), CALLS.values(), ids=CALLS)
def test_a_call_rests_on_what_nobody_has_seen_of_it(given, call, on, billing, rested):
    """Each call of the table relies on exactly these entries of the register."""
    about = given(billing)
    rested()
    call(about)
    assert rested() == on


def test_a_payment_from_the_balance_rests_on_its_place_among_the_events(billing, rested):
    """It adds where invoice_payment.paid stands to what any payment from a balance rests on."""
    invoice = funded(billing)
    rested()
    stripe.Invoice.pay(invoice.id)
    of_the_invoice = {"invoice-shape", "invoice-pay", "invoice-payment-event-order"}
    assert {one for one in rested() if one.startswith("invoice-")} == of_the_invoice


@pytest.mark.stripe_balance(api_version="2025-03-31.basil")
def test_before_its_event_came_a_payment_rests_on_no_place_of_it(billing, rested):
    """invoice_payment.paid is told since 2025-05-28.basil."""
    invoice = funded(billing)
    rested()
    stripe.Invoice.pay(invoice.id)
    assert "invoice-payment-event-order" not in rested()
    assert billing.new_events()[-2:] == ["invoice.paid", "invoice.payment_succeeded"]
