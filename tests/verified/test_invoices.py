"""Invoices that are paid by bank transfer."""

import pytest
import stripe
from majors import as_dict

ROW = "customer_cash_balance_transaction.created"
INTENT = ["charge.succeeded", "payment_intent.succeeded"]
PAID = ["invoice.updated", "invoice.paid", "invoice.payment_succeeded"]


@pytest.fixture
def payer(probe):
    return probe.payer(reconciliation="automatic")


def intent_of(payer):
    (intent,) = stripe.PaymentIntent.list(customer=payer).data
    return intent


def test_invoice_shape(probe, payer):
    """Are payments and confirmation_secret shown when asked for?"""
    invoice = probe.balance.bank_transfer_invoice(payer, 1000)
    at = {"stripe_version": "2025-03-31.basil"}
    plain = as_dict(stripe.Invoice.retrieve(invoice.id, **at))
    shown = as_dict(
        stripe.Invoice.retrieve(invoice.id, expand=["payments", "confirmation_secret"], **at)
    )
    assert set(shown) - set(plain) == {"payments", "confirmation_secret"}
    assert shown["payments"]["total_count"] == 1


def test_invoice_shape_before_basil(probe, payer):
    """What did an invoice show before basil of its intent, its charge and its price?"""
    invoice = probe.balance.bank_transfer_invoice(payer, 1000)
    old = as_dict(stripe.Invoice.retrieve(invoice.id, stripe_version="2024-06-20"))
    (line,) = old["lines"]["data"]
    assert (old["paid"], old["paid_out_of_band"], old["charge"]) == (False, False, None)
    assert (old["payment_intent"], old["total_tax_amounts"]) == (intent_of(payer).id, [])
    assert (line["price"]["unit_amount"], line["type"], line["plan"]) == (1000, "invoiceitem", None)
    assert (old["amount_overpaid"], line["pricing"]["type"]) == (0, "price_details")


def test_invoice_refusals(probe, payer):
    """Which errors have a missing due date, a void invoice that is paid or sent, and an item on an open one?"""
    invoice = probe.balance.bank_transfer_invoice(payer, 1000)
    bare = {"customer": payer, "collection_method": "send_invoice"}
    item = {"customer": payer, "invoice": invoice.id, "amount": 1000}
    added = probe.error(lambda: stripe.InvoiceItem.create(**item))
    stripe.Invoice.void_invoice(invoice.id)
    plain = [
        probe.error(lambda: stripe.Invoice.create(**bare)),
        probe.error(lambda: stripe.Invoice.pay(invoice.id)),
        probe.error(lambda: stripe.Invoice.send_invoice(invoice.id)),
    ]
    assert added == (400, "invalid_request_error", "invoice_not_editable", "invoice")
    assert plain == [(400, "invalid_request_error", None, None)] * 3


def sending(payer):
    return {"customer": payer, "collection_method": "send_invoice", "days_until_due": 30}


def test_invoice_currency(payer):
    """Without a currency, is a first invoice's that of an item that it doesn't include?"""
    stripe.InvoiceItem.create(customer=payer, amount=1000, currency="eur")
    assert stripe.Invoice.create(**sending(payer)).currency == "eur"


def test_customer_currency(payer):
    """Does a pending item leave its customer without a currency?"""
    stripe.InvoiceItem.create(customer=payer, amount=1000, currency="eur")
    assert stripe.Customer.retrieve(payer).currency is None


def test_one_off_prices(payer):
    """Are a description's product and an amount's price made once, without a description too?"""
    at = {"stripe_version": "2025-03-31.basil"}
    given = {"customer": payer, "currency": "usd", **at}
    for named in ({"description": "Setup"}, {}):
        first, again, other = (
            as_dict(stripe.InvoiceItem.create(amount=amount, **given, **named))["pricing"][
                "price_details"
            ]
            for amount in (1000, 1000, 1100)
        )
        assert first == again
        assert (first["product"] == other["product"], first["price"] == other["price"]) == (True, False)


def test_deleted_draft_items(probe, payer):
    """Is an item gone with its draft?"""
    draft = probe.balance.bank_transfer_invoice(payer, 1000, finalize=False)
    (item,) = stripe.InvoiceItem.list(invoice=draft.id).data
    stripe.Invoice.delete(draft.id)
    error = probe.error(lambda: stripe.InvoiceItem.retrieve(item.id))
    assert error == (404, "invalid_request_error", "resource_missing", "id")
    assert stripe.InvoiceItem.list(customer=payer).data == []


def test_invoice_events(probe, payer):
    """In which order do the events of voiding an invoice come?"""
    invoice = probe.balance.bank_transfer_invoice(payer, 1000)
    before = probe.so_far()
    stripe.Invoice.void_invoice(invoice.id)
    order = ["payment_intent.canceled", "invoice.updated", "invoice.voided"]
    assert probe.settled(lambda: probe.events(since=before), order) == order


def test_finalize_draws_nothing(probe, payer):
    """Beside cash that covers it, is an invoice open after it was finalized?"""
    probe.balance.fund(payer, 1000)
    invoice = probe.balance.bank_transfer_invoice(payer, 1000)
    probe.pause()
    assert stripe.Invoice.retrieve(invoice.id).status == "open"
    assert probe.balance.available(payer) == {"usd": 1000}


@pytest.mark.usefixtures("at_newest_version")
def test_invoice_payment_event_order(probe, payer):
    """Where does invoice_payment.paid come among the events of a transfer that pays an invoice?"""
    probe.balance.bank_transfer_invoice(payer, 1000)
    before = probe.so_far()
    probe.balance.fund(payer, 1000)
    order = [ROW, ROW, *INTENT, *PAID, "invoice_payment.paid"]
    assert probe.settled(lambda: probe.events(since=before), order) == order


def test_invoice_payment_succeeded(probe, payer):
    """Does a payment succeed that no intent made, out of band and of nothing?"""
    invoice = probe.balance.bank_transfer_invoice(payer, 1000)
    before = probe.so_far()
    stripe.Invoice.pay(invoice.id, paid_out_of_band=True)
    stripe.Invoice.finalize_invoice(stripe.Invoice.create(**sending(payer)).id)
    succeeded = ["invoice.payment_succeeded"] * 2

    def told():
        return [one for one in probe.events(since=before) if one in succeeded]

    assert probe.settled(told, succeeded) == succeeded


def test_invoice_intent(probe, payer):
    """Which status, description and types has the intent of an invoice?"""
    probe.balance.bank_transfer_invoice(payer, 1000)
    intent = intent_of(payer)
    assert (intent.status, intent.description) == ("requires_payment_method", "Payment for Invoice")
    assert intent.payment_method_types == ["customer_balance"]


def test_invoice_intent_fixed(probe, payer):
    """Canceling the intent of an invoice, or changing its amount: which error is it?"""
    probe.balance.bank_transfer_invoice(payer, 1000)
    intent = intent_of(payer).id
    errors = [
        probe.error(lambda: stripe.PaymentIntent.cancel(intent)),
        probe.error(lambda: stripe.PaymentIntent.modify(intent, amount=900)),
    ]
    code = "payment_intent_unexpected_state"
    assert [error[:3] for error in errors] == [(400, "invalid_request_error", code)] * 2


def test_invoice_pay(probe):
    """Does paying take the whole from the cash balance, in manual mode too, or nothing?"""
    customer = probe.payer()
    invoice = probe.balance.bank_transfer_invoice(customer, 1000)
    probe.balance.fund(customer, 999)
    short = probe.error(lambda: stripe.Invoice.pay(invoice.id))
    probe.balance.fund(customer, 1)
    paid = probe.answer(lambda: stripe.Invoice.pay(invoice.id))
    assert paid.status == "paid"
    assert short[:2] == (400, "invalid_request_error")


def test_invoice_out_of_band(probe, payer):
    """Out of band, is the intent canceled without a reason, before the invoice is told to be paid?"""
    invoice = probe.balance.bank_transfer_invoice(payer, 1000)
    before = probe.so_far()
    paid = stripe.Invoice.pay(invoice.id, paid_out_of_band=True)
    intent = intent_of(payer)
    assert (intent.status, intent.cancellation_reason) == ("canceled", None)
    assert (paid.status, paid.amount_paid) == ("paid", 1000)
    order = ["payment_intent.canceled", *PAID[:2]]
    assert probe.settled(lambda: probe.events(since=before)[:3], order) == order


def test_invoice_send_email(probe):
    """Can an invoice be sent to somebody who has no address any more?"""
    customer = probe.customer("automatic", email="ada@example.com")
    invoice = probe.balance.bank_transfer_invoice(customer, 1000, finalize=False)
    stripe.Customer.modify(customer, email="")
    sent = probe.answer(lambda: stripe.Invoice.send_invoice(invoice.id))
    assert sent.status == "open"


def by_card(payer, card, **params):
    """Make an open invoice that is charged, for a customer with a card; give both ids."""
    method = stripe.PaymentMethod.attach(card, customer=payer).id
    stripe.InvoiceItem.create(customer=payer, amount=1000, currency="usd")
    draft = stripe.Invoice.create(customer=payer, pending_invoice_items_behavior="include", **params)
    return stripe.Invoice.finalize_invoice(draft.id).id, method


def default(payer, method):
    return stripe.Customer.modify(payer, invoice_settings={"default_payment_method": method})


def test_default_method_refused(probe, payer):
    """Which errors have a default that nobody has, the same card in a pay call, and no card at all?"""
    invoice, _ = by_card(payer, "pm_card_visa")
    loose = stripe.PaymentMethod.retrieve("pm_card_visa").id
    said = [
        probe.error(lambda: default(payer, loose)),
        probe.error(lambda: stripe.Invoice.pay(invoice, payment_method=loose)),
        probe.error(lambda: stripe.Invoice.pay(invoice)),
    ]
    missing, setting = "resource_missing", "invoice_settings[default_payment_method]"
    assert said == [
        (400, "invalid_request_error", missing, setting),
        (400, "invalid_request_error", missing, "payment_method"),
        (400, "invalid_request_error", None, None),
    ]


def test_default_method_detached(probe, payer):
    """What becomes of the default payment method when it is detached?"""
    method = stripe.PaymentMethod.attach("pm_card_visa", customer=payer).id
    default(payer, method)
    before = probe.so_far()
    stripe.PaymentMethod.detach(method)
    wanted = ["payment_method.detached", "customer.updated"]
    assert probe.settled(lambda: probe.events(since=before), wanted) == wanted
    assert stripe.Customer.retrieve(payer).invoice_settings.default_payment_method is None


def test_invoice_pay_by_card(probe, payer):
    """Which card pays, and how is one answered that has to be authenticated?"""
    invoice, method = by_card(payer, "pm_card_visa")
    asks, _ = by_card(payer, "pm_card_mastercard")
    default(payer, stripe.PaymentMethod.attach("pm_card_authenticationRequired", customer=payer).id)
    error = probe.error(lambda: stripe.Invoice.pay(asks))
    code = "invoice_payment_intent_requires_action"
    assert stripe.Invoice.pay(invoice, payment_method=method).status == "paid"
    assert error == (402, "card_error", code, None)


def test_invoice_attempt_events(probe, payer):
    """What follows a declined card?"""
    invoice, method = by_card(payer, "pm_card_chargeCustomerFail")
    before = probe.so_far()
    probe.error(lambda: stripe.Invoice.pay(invoice, payment_method=method))
    wanted = [
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.updated",
        "invoice.payment_failed",
    ]
    assert probe.settled(lambda: probe.events(since=before), wanted) == wanted
    assert stripe.Invoice.retrieve(invoice).attempt_count == 1
