"""Checkout Sessions, as far as calls of the API go: nobody but a customer submits their page."""

import pytest
import stripe
from majors import as_dict

BANK_TRANSFER = {
    "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
}
GENERIC = "invalid_request_error"
COST = {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "Hat"}}
PAGE = {
    "mode": "payment",
    "success_url": "https://example.com/thanks",
    "line_items": [{"price_data": COST, "quantity": 1}],
}
# At a version that takes explicit types.
BY_TRANSFER = {
    "stripe_version": "2025-08-27.basil",
    "payment_method_types": ["customer_balance"],
    "payment_method_options": BANK_TRANSFER,
}


@pytest.fixture
def payer(probe):
    return probe.payer()


def create(**params):
    return stripe.checkout.Session.create(**{**PAGE, **params})


def test_checkout_shape(probe, payer):
    """Which keys has a session by bank transfer, and what is in those of the types?"""
    session = as_dict(probe.answer(lambda: create(customer=payer, **BY_TRANSFER)))
    assert session["payment_method_options"] == BANK_TRANSFER
    assert session["allowed_payment_method_types"] is None
    assert session["excluded_payment_method_types"] is None
    assert session["customer_details"]["tax_ids"] is None


def test_checkout_refusals(probe, payer):
    """Which errors have parameters that exclude each other, a missing one, and wrong prices?"""
    product = stripe.Product.create(name=probe.balance.unique("hat")).id
    of = {"product": product, "currency": "usd", "unit_amount": 1000}
    old = stripe.Price.create(active=False, **of).id
    monthly = stripe.Price.create(recurring={"interval": "month"}, **of).id
    gone = create(customer=payer).id
    stripe.checkout.Session.expire(gone)

    def sold(price):
        return lambda: create(customer=payer, line_items=[{"price": price, "quantity": 1}])

    funding = "payment_method_options[customer_balance][funding_type]"
    assert [
        probe.error(lambda: create(customer=payer, customer_email="ada@example.com")),
        probe.error(sold(old)),
        probe.error(sold(monthly)),
        probe.error(lambda: create(customer=payer, expires_at=1)),
        probe.error(lambda: create(customer=payer, **{**BY_TRANSFER, "payment_method_options": {}})),
        probe.error(lambda: stripe.checkout.Session.expire(gone)),
    ] == [
        (400, GENERIC, None, "customer"),
        (400, GENERIC, None, "line_items[0][price]"),
        (400, GENERIC, None, None),
        (400, GENERIC, None, "expires_at"),
        (400, GENERIC, "parameter_missing", funding),
        (400, GENERIC, None, None),
    ]


def test_checkout_needs_customer(probe):
    """Which error has a session by bank transfer without a customer?"""
    assert probe.error(lambda: create(**BY_TRANSFER)) == (400, GENERIC, None, "customer")


def test_checkout_quantity(probe, payer):
    """Is a line without a quantity refused?"""
    without = [{"price_data": COST}]
    refused = probe.error(lambda: create(customer=payer, line_items=without))
    assert refused == (400, GENERIC, "parameter_missing", "line_items[0][quantity]")


def test_checkout_inline_prices(probe, payer):
    """Are the price of a line and its product active?"""
    session = create(customer=payer)
    (line,) = stripe.checkout.Session.list_line_items(session.id).data
    product = stripe.Product.retrieve(line.price.product)
    assert (line.price.active, product.active) == (False, False)


def test_checkout_intent_at_once(probe, payer):
    """What becomes of an old session's intent when the session expires?"""
    session = create(customer=payer, **{**BY_TRANSFER, "stripe_version": "2020-08-27"})
    made = stripe.PaymentIntent.retrieve(session.payment_intent)
    stripe.checkout.Session.expire(session.id)
    canceled = stripe.PaymentIntent.retrieve(session.payment_intent)
    assert made.status == "requires_payment_method"
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "expired")
