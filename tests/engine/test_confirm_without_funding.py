"""Confirming without a funding_type fails for a reason that is true."""

from __future__ import annotations

from functools import partial

import pytest
import stripe

DATA = {"type": "customer_balance"}
SHORT = "balance is insufficient to complete the payment"
MANUALLY = "reconciled manually"


@pytest.mark.parametrize(
    ("mode", "funds", "said", "unsaid"),
    [
        ("automatic", 0, SHORT, MANUALLY),
        ("automatic", 999, SHORT, MANUALLY),
        ("manual", 0, SHORT, MANUALLY),
        ("manual", 999, SHORT, MANUALLY),
        ("manual", 1000, MANUALLY, "insufficient"),
        ("manual", 5000, MANUALLY, "insufficient"),
    ],
)
@pytest.mark.parametrize("at_once", [False, True])
def test_only_a_short_balance_is_called_insufficient(stripe_balance, mode, funds, said, unsaid, at_once):
    """In manual mode a balance that would do isn't drawn on, which is what the error says."""
    customer = stripe_balance.customer(mode).id
    if funds:
        stripe.Customer.TestHelpers.fund_cash_balance(customer, amount=funds, currency="usd")
    asked = {"customer": customer, "amount": 1000, "currency": "usd"}
    asked["allowed_payment_method_types"] = ["customer_balance"]
    ask = partial(stripe.PaymentIntent.create, confirm=True, **asked)
    if not at_once:
        ask = partial(stripe.PaymentIntent.confirm, stripe.PaymentIntent.create(**asked).id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        ask(payment_method_data=DATA)
    error = caught.value
    assert error.code == "payment_method_customer_decline"
    assert said in error.user_message
    assert unsaid not in error.user_message
    assert error.error.payment_intent.last_payment_error.message == error.user_message
