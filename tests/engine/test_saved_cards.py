"""Cards that a customer keeps: attached, listed, changed, detached, and paid with when they are away."""

import pytest
import stripe

from pytest_stripe_balance.engine.money.ready_made import READY_MADE

ORDER = {"amount": 1000, "currency": "usd", "allowed_payment_method_types": ["card"], "confirm": True}
DECLINE_AT_ONCE = [name for name, card in READY_MADE.items() if not card.attaches]


def error_of(call):
    with pytest.raises(stripe.StripeError) as caught:
        call()
    error = caught.value.json_body["error"]
    return caught.value.http_status, error.get("code"), error.get("param"), error["message"]


@pytest.fixture
def customer(stripe_balance):
    return stripe_balance.customer().id


@pytest.fixture
def saved(customer):
    return stripe.PaymentMethod.attach("pm_card_visa", customer=customer).id


def test_an_attached_card_is_the_customers(stripe_balance, customer, saved):
    """Its CVC was checked; it is in their lists, and in nobody else's [obs openfoodnetwork]."""
    other = stripe_balance.customer().id
    method = stripe.PaymentMethod.retrieve(saved)
    assert (method.customer, method.card.checks.cvc_check) == (customer, "pass")
    assert [one.id for one in stripe.PaymentMethod.list(customer=customer, type="card")] == [saved]
    assert [one.id for one in stripe.Customer.list_payment_methods(customer)] == [saved]
    assert stripe.Customer.retrieve_payment_method(customer, saved).id == saved
    assert stripe.PaymentMethod.list(customer=customer, type="customer_balance").data == []
    assert stripe.PaymentMethod.list().data == stripe.PaymentMethod.list(customer=other).data == []
    assert [event.type for event in stripe_balance.events()][2:] == ["customer.created"]
    (told,) = stripe_balance.events("payment_method.attached")
    assert told.data.object.id == saved
    assert "previous_attributes" not in told.data


def test_a_list_has_the_newest_first_and_pages(customer, saved):
    """As all lists have."""
    newer = stripe.PaymentMethod.attach("pm_card_amex", customer=customer).id
    found = stripe.PaymentMethod.list(customer=customer)
    assert [one.id for one in found.data] == [newer, saved]
    (older,) = stripe.PaymentMethod.list(customer=customer, starting_after=newer).data
    assert older.id == saved
    assert stripe.PaymentMethod.list(customer=customer, limit=1).has_more


def test_a_card_made_long_before_it_is_attached_stands_where_it_was_made(stripe_balance, customer):
    """A list is in the order of creation."""
    older, newer = (stripe.PaymentMethod.retrieve("pm_card_visa").id for _ in range(2))
    for method in (newer, older):
        stripe.PaymentMethod.attach(method, customer=customer)
    assert [one.id for one in stripe.PaymentMethod.list(customer=customer)] == [newer, older]
    stripe.PaymentMethod.detach(newer)
    assert [one.id for one in stripe.PaymentMethod.list(customer=customer)] == [older]


@pytest.mark.parametrize("name", DECLINE_AT_ONCE)
def test_a_card_that_declines_at_once_is_not_attached(stripe_balance, customer, name, _stripe_session):
    """402 with the param of its decline, an empty one where it has none [obs pay-rails/pay]."""
    decline = READY_MADE[name].decline
    found = error_of(lambda: stripe.PaymentMethod.attach(name, customer=customer))
    assert found == (402, decline.code, decline.param or "", decline.message)
    assert "card-attach-declined" in _stripe_session.assumptions
    assert stripe.PaymentMethod.list(customer=customer).data == []
    assert stripe_balance.events("payment_method.*") == []


def test_a_card_that_fails_when_it_is_charged_is_attached(customer):
    """pm_card_chargeCustomerFail alone [obs Kiln-AI/stripe_world]."""
    method = stripe.PaymentMethod.attach("pm_card_chargeCustomerFail", customer=customer).id
    for _ in range(2):
        with pytest.raises(stripe.CardError, match=r"Your card was declined\.$"):
            stripe.PaymentIntent.create(
                **ORDER, customer=customer, payment_method=method, off_session=True
            )


def test_a_saved_card_pays_again_and_again(customer, saved):
    """Its customer is away; another customer's intent and one of nobody don't take it [obs]."""
    for _ in range(2):
        paid = stripe.PaymentIntent.create(
            **ORDER, customer=customer, payment_method=saved, off_session=True
        )
        assert (paid.status, paid.payment_method) == ("succeeded", saved)
    assert stripe.Charge.retrieve(paid.latest_charge).customer == customer


def test_a_saved_card_pays_for_its_customer_alone(stripe_balance, customer, saved):
    """400 in Stripe's words, whether the intent has another customer or none [obs]."""
    other = stripe_balance.customer().id
    assert error_of(lambda: stripe.PaymentIntent.create(**ORDER, payment_method=saved)) == (
        400,
        "parameter_missing",
        "source",
        (
            f"The `payment_method` parameter supplied {saved} belongs to the Customer {customer}. "
            "Please include the Customer in the `customer` parameter on the PaymentIntent."
        ),
    )
    assert error_of(
        lambda: stripe.PaymentIntent.create(**ORDER, payment_method=saved, customer=other)
    ) == (
        400,
        None,
        "payment_method",
        (
            f"The PaymentMethod {saved} does not belong to the Customer you supplied {other}. Please "
            "use this PaymentMethod with the Customer that it belongs to instead."
        ),
    )


def test_an_intent_that_was_never_created_is_in_no_error(stripe_balance, saved):
    """What is refused on create has no id yet; a confirm's error shows its intent [obs]."""
    waiting = stripe.PaymentIntent.create(**{**ORDER, "confirm": False})
    with pytest.raises(stripe.InvalidRequestError) as on_create:
        stripe.PaymentIntent.create(**ORDER, payment_method=saved)
    with pytest.raises(stripe.InvalidRequestError) as on_confirm:
        stripe.PaymentIntent.confirm(waiting.id, payment_method=saved)
    assert "payment_intent" not in on_create.value.json_body["error"]
    assert on_confirm.value.json_body["error"]["payment_intent"]["id"] == waiting.id


SPENT = "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment"


@pytest.mark.parametrize("name", ["pm_card_visa", "pm_card_chargeDeclined"])
def test_a_card_that_nobody_saved_is_used_once(customer, name):
    """Paid or declined: it can't be charged and not be attached after [obs gumroad]."""
    method = stripe.PaymentMethod.retrieve(name).id
    intent = stripe.PaymentIntent.create(**{**ORDER, "confirm": False}, payment_method=method)
    if name == "pm_card_visa":
        stripe.PaymentIntent.confirm(intent.id)
    else:
        with pytest.raises(stripe.CardError):
            stripe.PaymentIntent.confirm(intent.id)
    for again in (
        lambda: stripe.PaymentIntent.create(**ORDER, payment_method=method),
        lambda: stripe.PaymentMethod.attach(method, customer=customer),
    ):
        status, code, param, message = error_of(again)
        assert (status, code, param) == (400, None, None)
        assert message.startswith(SPENT)


def test_a_guests_card_that_is_to_be_used_again_may_be_attached_after(customer):
    """setup_future_usage without a customer: it is used once until a call attaches it [sdk]."""
    paid = stripe.PaymentIntent.create(
        **ORDER, payment_method="pm_card_visa", setup_future_usage="off_session"
    )
    method = paid.payment_method
    again = {**ORDER, "payment_method": method}
    assert error_of(lambda: stripe.PaymentIntent.create(**again))[3].startswith(SPENT)
    assert stripe.PaymentMethod.attach(method, customer=customer).customer == customer
    for _ in range(2):
        assert stripe.PaymentIntent.create(**again, customer=customer).status == "succeeded"
    stripe.PaymentMethod.detach(method)
    assert error_of(lambda: stripe.PaymentMethod.attach(method, customer=customer))[3].startswith(SPENT)


@pytest.mark.parametrize("name", ["on_session", "off_session"])
@pytest.mark.parametrize("own", [True, False], ids=["of the type", "of the intent"])
def test_a_payment_saves_its_card_where_it_is_asked_to(
    stripe_balance, customer, name, own, _stripe_session
):
    """After the payment; then it pays without the customer [doc]."""
    later = {"setup_future_usage": name}
    asked = {"payment_method_options": {"card": later}} if own else later
    paid = stripe.PaymentIntent.create(
        **ORDER, customer=customer, payment_method="pm_card_visa", **asked
    )
    assert paid.setup_future_usage == (None if own else name)
    assert "card-saved-on-success" in _stripe_session.assumptions
    assert stripe.PaymentMethod.retrieve(paid.payment_method).customer == customer
    assert [event.type for event in stripe_balance.events()][-3:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "payment_method.attached",
    ]
    again = stripe.PaymentIntent.create(
        **ORDER, customer=customer, payment_method=paid.payment_method, off_session=True
    )
    assert again.status == "succeeded"


def test_a_detached_card_is_gone_for_good(stripe_balance, customer, saved):
    """It is nobody's, tells so, and is used no more [obs]."""
    assert stripe.PaymentMethod.detach(saved).customer is None
    (told,) = stripe_balance.events("payment_method.detached")
    assert told.data.previous_attributes.customer == customer
    assert stripe.PaymentMethod.list(customer=customer).data == []
    message = (
        "The payment method you provided is not attached to a customer so detachment is impossible."
    )
    assert error_of(lambda: stripe.PaymentMethod.detach(saved)) == (400, None, None, message)
    assert error_of(lambda: stripe.PaymentMethod.attach(saved, customer=customer))[3].startswith(SPENT)


def test_a_saved_card_is_changed(stripe_balance, saved, _stripe_session):
    """What is new is told with what was before; what is the same is told to nobody."""
    changes = {
        "metadata": {"a": "b"},
        "billing_details": {"name": "Ada", "address": {"city": "London"}},
        "card": {"exp_year": 2040},
        "allow_redisplay": "always",
    }
    changed = stripe.PaymentMethod.modify(saved, **changes)
    assert (changed.billing_details.name, changed.billing_details.address.city) == ("Ada", "London")
    assert (changed.card.exp_year, changed.card.exp_month) == (2040, 1)
    assert (changed.metadata["a"], changed.allow_redisplay) == ("b", "always")
    stripe.PaymentMethod.modify(saved, **changes)
    (told,) = stripe_balance.events("payment_method.updated")
    assert told.data.previous_attributes.card.exp_year == 2027
    bare = stripe.PaymentMethod.retrieve("pm_card_visa").id
    message = "You must save this PaymentMethod to a customer before you can update it."
    assert error_of(lambda: stripe.PaymentMethod.modify(bare, metadata={})) == (400, None, None, message)
    assert "card-not-attached" in _stripe_session.assumptions


def test_what_cannot_be_attached(stripe_balance, customer, saved, _stripe_session):
    """Without a customer, to an unknown one, twice [obs], and what is no card."""
    other, method = stripe_balance.customer().id, stripe.PaymentMethod.retrieve("pm_card_visa").id
    attach = stripe.PaymentMethod.attach
    assert attach(saved, customer=customer).customer == customer
    assert error_of(lambda: attach(method)) == (
        400, "parameter_missing", None, "Must provide customer or customer_account."
    )  # fmt: skip
    assert error_of(lambda: attach(method, customer="cus_1"))[:3] == (
        400, "resource_missing", "customer"
    )  # fmt: skip
    assert error_of(lambda: attach(saved, customer=other)) == (
        400, None, None, "The payment method you provided has already been attached to a customer."
    )  # fmt: skip
    assert error_of(lambda: attach("pm_1", customer=customer))[:3] == (
        404, "resource_missing", "payment_method"
    )  # fmt: skip
    assert error_of(lambda: stripe.Customer.retrieve_payment_method(other, saved))[:3] == (
        404, "resource_missing", "payment_method"
    )  # fmt: skip
    assert "card-of-customer" in _stripe_session.assumptions
    transfer = stripe.PaymentMethod.create(type="customer_balance").id
    with stripe_balance.refused(match="which is never saved"):
        attach(transfer, customer=customer)
