"""Each refusal of the fake ends with what a test can do about it, said once."""

from __future__ import annotations

import pytest
import stripe

DATA = {"type": "customer_balance"}
EXPECT = "expect it: `with stripe_balance.refused():`"
LINE = ". This line of "  # stripe_ignore, or of the test: it is below


def _intent(own, **params):
    customer = own.customer("automatic").id
    return stripe.PaymentIntent.create(amount=100, currency="usd", customer=customer, **params).id


def _canceled(own):
    intent = _intent(own)
    stripe.PaymentIntent.cancel(intent)
    return intent


def _refund_of_another(own):
    customer = own.customer("automatic")
    stripe.Customer.TestHelpers.fund_cash_balance(customer.id, amount=2000, currency="usd")
    first, second = (own.bank_transfer_intent(customer, 1000) for _ in range(2))
    charge = stripe.PaymentIntent.retrieve(first.id).latest_charge
    return stripe.Refund.create(charge=charge, payment_intent=second.id)


ASKED = {
    "an endpoint": lambda _: stripe.Payout.create(destination="ba_1"),
    "a parameter": lambda own: _intent(own, mandate="mandate_1"),
    "parameters that exclude each other": lambda own: stripe.PaymentIntent.confirm(
        _intent(own), payment_method="pm_1", payment_method_data=DATA
    ),
    "an API version": lambda _: stripe.Customer.create(stripe_version="2020-03-02"),
    "a currency": lambda _: stripe.PaymentIntent.create(amount=100, currency="isk"),
    "setup_future_usage": lambda own: stripe.PaymentIntent.modify(
        _intent(own), setup_future_usage="off_session"
    ),
    "what is expanded": lambda own: stripe.Customer.retrieve(
        own.customer().id, expand=["invoice_credit_balance"]
    ),
    "a field deeper in": lambda own: stripe.PaymentIntent.retrieve(
        _intent(own), expand=["customer.invoice_credit_balance"]
    ),
    "options of a canceled one": lambda own: stripe.PaymentIntent.modify(
        _canceled(own), payment_method_options={"customer_balance": {"funding_type": "bank_transfer"}}
    ),
    "a refund of two": _refund_of_another,
    "a search": lambda _: stripe.Customer.search(query='name~"a\\b"'),
    "a method that is kept ready": lambda own: _intent(
        own, payment_method="pm_card_threeDSecureOptional"
    ),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_a_refusal_ends_with_the_way_out(stripe_balance, _stripe_session, ask):
    """Whoever refused, and once only."""
    told = []
    with stripe_balance.refused():
        try:
            ask(stripe_balance)
        finally:
            told += [refusal.message for refusal in _stripe_session.refusals]
    (message,) = told
    assert message.partition(LINE)[0].endswith(EXPECT)
    assert message.count("stripe_balance.refused") == 1
    assert ".. " not in message
