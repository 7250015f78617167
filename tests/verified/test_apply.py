"""apply_customer_balance: what those who ask it every night leave open."""

import re

import pytest
import stripe

from pytest_stripe_balance.fixtures.arguments import BANK_TRANSFERS

apply = stripe.PaymentIntent.apply_customer_balance


@pytest.fixture
def payer(probe):
    """A manual customer with 500 usd."""
    customer = probe.customer()
    probe.balance.fund(customer, 500)
    return customer


def test_apply_without_amount_short(probe, payer):
    """Without an amount, and with less cash than remains: is all of the cash applied?"""
    intent = probe.intent(payer)
    applied = probe.answer(lambda: apply(intent))
    left = probe.balance.available(payer)
    assert (applied.status, left) == ("requires_action", {"usd": 0})
    assert probe.remaining(intent) == 500


def test_apply_above_balance(probe, payer):
    """With an amount above the balance, and with no cash at all: which error is it?"""
    intent = probe.intent(payer)
    above = probe.error(lambda: apply(intent, amount=600))
    broke = probe.intent(probe.customer())
    nothing = probe.error(lambda: apply(broke))
    assert above == (400, "invalid_request_error", None, None)
    assert nothing == (400, "invalid_request_error", None, None)
    assert probe.balance.available(payer) == {"usd": 500}


def test_apply_refusal_texts(probe, payer):
    """With which words are the refusals told that others saw without theirs?"""
    intent, canceled = probe.intent(payer, 400), probe.intent(payer)
    stripe.PaymentIntent.cancel(canceled)
    asked = [
        (probe.bare(payer, kind="card"), {}),
        (canceled, {}),
        (intent, {"currency": "eur"}),
        (intent, {"amount": 401}),
    ]
    texts = [probe.said(lambda one=one, given=given: apply(one, **given)) for one, given in asked]
    assert [re.split("[.,]| because", text)[0] for text in texts] == [
        "This PaymentIntent does not accept the payment method type customer_balance",
        "You cannot apply the customer balance to this PaymentIntent",
        "The currency eur is not the currency of this PaymentIntent",
        "The amount is above the PaymentIntent's",
    ]


def test_apply_parameter_errors(probe, payer):
    """An unknown parameter, a non-integer, and amounts below 1: are they the generic errors?"""
    intent = probe.intent(payer)
    code = "parameter_invalid_integer"
    errors = [
        probe.error(lambda amount=amount: apply(intent, amount=amount)) for amount in ("abc", 0, -1)
    ]
    unknown = probe.error(lambda: apply(intent, colour="blue"))
    assert errors == [(400, "invalid_request_error", code, "amount")] * 3
    assert unknown == (400, "invalid_request_error", "parameter_unknown", "colour")


def test_apply_unknown_intent(probe):
    """An intent that isn't there: is it a 404 with param intent?"""
    error = probe.error(lambda: apply("pi_does_not_exist"))
    assert error == (404, "invalid_request_error", "resource_missing", "intent")


def test_apply_no_customer(probe):
    """An intent whose customer was deleted: is it parameter_missing?"""
    customer = probe.customer()
    intent = probe.intent(customer)
    stripe.Customer.delete(customer)
    error = probe.error(lambda: apply(intent))
    assert error == (400, "invalid_request_error", "parameter_missing", "customer")


def test_capital_currency(probe, payer):
    """Is a currency in capitals the same currency?"""
    intent = probe.intent(payer)
    applied = probe.answer(lambda: apply(intent, amount=100, currency="USD"))
    assert applied.currency == "usd"


def test_apply_never_confirmed(probe, payer):
    """An intent without a payment method: does it succeed at once, and keep its status in part?"""
    partly, wholly = probe.bare(payer, 1000), probe.bare(payer, 100)
    part = probe.answer(lambda: apply(partly, amount=100))
    full = probe.answer(lambda: apply(wholly))
    assert (part.status, full.status) == ("requires_payment_method", "succeeded")
    assert full.payment_method


def test_apply_after_update(probe, payer):
    """After an update of the amount: must the intent be confirmed again?"""
    intent = probe.intent(payer)
    stripe.PaymentIntent.modify(intent, amount=400)
    error = probe.error(lambda: apply(intent))
    probe.answer(lambda: stripe.PaymentIntent.confirm(intent))
    applied = probe.answer(lambda: apply(intent))
    assert (error[2], applied.status) == ("payment_intent_unexpected_state", "succeeded")


def test_apply_event_order(probe, payer):
    """In which order do the events of an apply come, in part and in full?"""
    intent = probe.intent(payer, 400)
    before = probe.so_far()
    apply(intent, amount=100)
    apply(intent)
    row = "customer_cash_balance_transaction.created"
    order = [row, "payment_intent.partially_funded", row, "charge.succeeded", "payment_intent.succeeded"]
    assert probe.settled(lambda: probe.events(since=before), order) == order


def test_apply_automatic_customer(probe):
    """Does it work for a customer in automatic mode, on an intent that waits for a method?"""
    customer = probe.customer("automatic")
    probe.balance.fund(customer, 500)
    intent = probe.bare(customer, 500)
    assert probe.answer(lambda: apply(intent)).status == "succeeded"


def test_apply_invoice(probe):
    """On an invoice's intent: is `amount` ignored, and too little cash refused?"""
    customer = probe.payer()
    invoice = probe.balance.bank_transfer_invoice(customer, 1000)
    (intent,) = stripe.PaymentIntent.list(customer=customer).data
    probe.balance.fund(customer, 999)
    short = probe.error(lambda: apply(intent.id, amount=100))
    probe.balance.fund(customer, 1)
    applied = probe.answer(lambda: apply(intent.id, amount=100))
    assert applied.status == "succeeded"
    assert short[:2] == (400, "invalid_request_error")
    assert stripe.Invoice.retrieve(invoice.id).status == "paid"


def test_apply_invoice_uncollectible(probe):
    """On the intent of an uncollectible invoice: is it refused?"""
    customer = probe.payer()
    invoice = probe.balance.bank_transfer_invoice(customer, 1000)
    (intent,) = stripe.PaymentIntent.list(customer=customer).data
    stripe.Invoice.mark_uncollectible(invoice.id)
    probe.balance.fund(customer, 1000)
    assert probe.error(lambda: apply(intent.id))[2] == "payment_intent_unexpected_state"


def test_bank_transfer_currency(probe):
    """A bank transfer of another currency: is it refused with the type's path as param?"""
    options = {
        "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": BANK_TRANSFERS["gbp"]}
    }
    error = probe.error(
        lambda: probe.intent(probe.customer(), currency="usd", payment_method_options=options)
    )
    path = "payment_method_options[customer_balance][bank_transfer][type]"
    assert error == (400, "invalid_request_error", None, path)
