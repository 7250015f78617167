"""Card data, which Stripe takes though the types lack it, is refused out loud, whoever is asked."""

from __future__ import annotations

import pytest
import stripe

from pytest_stripe_balance import resources

CARD = {"type": "card", "card": {"token": "tok_visa"}}
OWN = {"type": "card", "card": {"token": "tok_1NvKq2LkdIwHu7ixM0oC8cJ0"}}
RAW = {"number": "4242424242424242", "exp_month": 4, "exp_year": 2030, "networks": {"preferred": "visa"}}
WAY_OUT = r"(Leave (it|them) out in this test, or |card={'token': 'tok_visa'}.*)expect it: `with stripe_balance\.refused\(\):`"


def _create(**params):
    return lambda _: stripe.PaymentIntent.create(amount=100, currency="usd", **params)


def _customer(stripe_balance):
    return stripe_balance.customer(email="ada@example.com").id


def _intent(stripe_balance):
    return stripe.PaymentIntent.create(amount=100, currency="usd", customer=_customer(stripe_balance)).id


# What is asked, and the parameter that the refusal names.
ASKED = {
    "create and confirm with a token of one's own": (
        _create(confirm=True, payment_method_data=OWN),
        "card",
    ),
    "create with the type alone": (
        _create(payment_method_data={"type": "card"}),
        "card",
    ),
    "create with raw data first": (
        _create(payment_method_data={"card": RAW, "type": "card"}),
        r"payment_method_data\[card\]\[number\]",
    ),
    "create with an emptied card": (
        _create(payment_method_data={"card": "", "type": "card"}),
        "card",
    ),
    "a setup intent": (
        lambda _: stripe.SetupIntent.create(confirm=True, payment_method_data=CARD),
        "payment_method_data",
    ),
    "create with a source": (_create(source="tok_visa"), "source='tok_visa'"),
    "create with a source of its own": (_create(source={"object": "card", **RAW}), "source"),
    "modify": (
        lambda own: stripe.PaymentIntent.modify(_intent(own), payment_method_data=OWN),
        "card",
    ),
    "modify with a source": (
        lambda own: stripe.PaymentIntent.modify(_intent(own), source="src_1"),
        "source",
    ),
    "confirm": (
        lambda own: stripe.PaymentIntent.confirm(_intent(own), payment_method_data=OWN),
        "card",
    ),
    "confirm with a source": (
        lambda own: stripe.PaymentIntent.confirm(_intent(own), source="src_1"),
        "source",
    ),
    "a payment method": (
        lambda _: stripe.PaymentMethod.create(type="card", card=RAW),
        r"card\[number\]",
    ),
    "a payment method of a token of one's own": (
        lambda _: stripe.PaymentMethod.create(**OWN),
        "card",
    ),
    "a customer by a token": (lambda _: stripe.Customer.create(source="tok_visa"), "source='tok_visa'"),
    "a customer by a card": (
        lambda _: stripe.Customer.create(source={"object": "card", **RAW}),
        "source",
    ),
    "a customer in the old way": (lambda _: stripe.Customer.create(card="tok_visa"), "card='tok_visa'"),
    "a customer's other source": (
        lambda own: stripe.Customer.modify(_customer(own), source={"object": "card", **RAW}),
        "source",
    ),
}


@pytest.mark.parametrize("version", resources.modelled_versions())
@pytest.mark.parametrize(("ask", "named"), ASKED.values(), ids=ASKED)
def test_card_data_is_refused_and_never_answered(stripe_balance, monkeypatch, version, ask, named):
    """At every API version the refusal names the parameter and the way out, and no part of a card."""
    monkeypatch.setattr(stripe, "api_version", version)
    with stripe_balance.refused(match=rf"(?s)the parameters? (.*, )?{named}[, ].*{WAY_OUT}"):
        ask(stripe_balance)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: stripe.Charge.create(amount=100, currency="usd", source="tok_visa"),
        lambda: stripe.Token.create(card=RAW),
        lambda: stripe.Customer.create_source("cus_1", source="tok_visa"),
    ],
)
def test_calls_that_only_cards_have_are_refused(stripe_balance, ask):
    """Charges, tokens and sources are no endpoints of the fake."""
    with stripe_balance.refused(match="does not model this endpoint"):
        ask()


def test_an_invoice_paid_by_a_source_is_refused(stripe_balance):
    """Whether the source is a token or a card's data."""
    invoice = stripe.Invoice.create(
        customer=_customer(stripe_balance), collection_method="send_invoice", days_until_due=3
    )
    for source in ("tok_visa", {"object": "card", **RAW}):
        with stripe_balance.refused(match="the parameter source"):
            stripe.Invoice.pay(invoice.id, source=source)


def test_what_is_no_method_is_still_an_error_of_stripes(stripe_balance):
    """An unknown parameter or type beside it gets Stripe's own answer."""
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        _create(payment_method_data={"type": "customer_balance", "cards": {}, "carte": "x"})(None)
    with pytest.raises(stripe.InvalidRequestError, match="must be one of"):
        _create(payment_method_data={"type": "cheque"})(None)
