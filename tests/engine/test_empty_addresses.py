"""Lines of an address that are sent empty, as stripe-ruby sends each nil."""

import pytest
import stripe

LINES = {"line1": "1 Street", "line2": "", "state": ""}


def test_a_customers_address_may_have_empty_lines(stripe_balance):
    """They are shown as null, at creation and after an update."""
    customer = stripe.Customer.create(address=LINES)
    changed = stripe.Customer.modify(customer.id, address={**LINES, "city": "", "line1": "2 Street"})
    assert (customer.address.line1, customer.address.line2, customer.address.state) == (
        "1 Street",
        None,
        None,
    )
    assert (changed.address.line1, changed.address.city) == ("2 Street", None)


@pytest.mark.parametrize("way", ["create", "update"])
def test_an_intents_shipping_may_have_empty_lines(way, stripe_balance):
    """They stay empty texts, as recorded; lines that weren't sent are null."""
    shipping = {"name": "Ada", "address": LINES}
    if way == "create":
        intent = stripe.PaymentIntent.create(amount=1000, currency="usd", shipping=shipping)
    else:
        intent = stripe.PaymentIntent.create(amount=1000, currency="usd")
        intent = stripe.PaymentIntent.modify(intent.id, shipping=shipping)
    address = intent.shipping.address
    assert (address.line1, address.line2, address.state, address.city) == ("1 Street", "", "", None)


@pytest.mark.parametrize("key", ["carrier", "name", "phone", "tracking_number"])
def test_the_other_texts_of_an_intents_shipping_may_be_empty(stripe_balance, key):
    """They stay empty texts too, as one was recorded; those that weren't sent are null."""
    shipping = {"address": {"country": "US"}, "name": "Ada", key: ""}
    sent = stripe.PaymentIntent.create(amount=1000, currency="usd", shipping=shipping).shipping
    assert sent[key] == ""
    assert [name for name in ("carrier", "phone", "tracking_number") if sent[name] is None] == [
        name for name in ("carrier", "phone", "tracking_number") if name != key
    ]


def test_what_cannot_be_unset_is_still_refused(stripe_balance):
    """An amount, and a text of a customer's shipping, which nobody saw taken."""
    with pytest.raises(stripe.InvalidRequestError, match="empty string for 'shipping"):
        stripe.Customer.create(shipping={"name": "", "address": {"country": "US"}})
    with pytest.raises(stripe.InvalidRequestError, match="empty string for 'amount'"):
        stripe.PaymentIntent.create(amount="", currency="usd")
