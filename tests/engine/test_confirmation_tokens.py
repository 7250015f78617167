"""Confirmation tokens and customer sessions: what a page would hand to the server."""

import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance.resources import modelled_versions

DATA = {"type": "customer_balance", "billing_details": {"email": "ada@example.com"}}
FUNDING = {
    "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
}
WHERE = {"name": "Ada", "address": {"city": "London", "country": "GB"}}


def token(**params):
    return stripe.ConfirmationToken.TestHelpers.create(**{"payment_method_data": DATA, **params})


@pytest.fixture
def customer(stripe_balance):
    return stripe_balance.customer().id


def create(customer, **params):
    return stripe.PaymentIntent.create(
        amount=1000, currency="usd", customer=customer, payment_method_options=FUNDING, **params
    )


def test_an_intent_is_created_and_confirmed_with_a_token(customer):
    """The token's payment method is made, its shipping is the intent's, and the token names the intent."""
    one = token(shipping=WHERE, return_url="https://example.com/back")
    intent = create(customer, confirm=True, confirmation_token=one.id, expand=["payment_method"])
    assert (intent.status, intent.payment_method.type) == ("requires_action", "customer_balance")
    assert intent.payment_method.billing_details.email == "ada@example.com"
    assert intent.shipping.address.city == "London"
    assert stripe.ConfirmationToken.retrieve(one.id).payment_intent == intent.id


def test_an_intent_is_confirmed_later_with_a_token(customer):
    """What the page collected pays an intent that waits for it."""
    intent = stripe.PaymentIntent.create(amount=1000, currency="usd", customer=customer)
    one = token()
    url = "https://example.com"
    confirmed = stripe.PaymentIntent.confirm(intent.id, confirmation_token=one.id, return_url=url)
    assert confirmed.status == "requires_action"
    assert stripe.ConfirmationToken.retrieve(one.id).payment_intent == intent.id


def test_a_token_pays_from_the_balance(stripe_balance, customer):
    """A confirm by token draws the balance, as any confirm does."""
    stripe_balance.fund(customer, 1000)
    intent = create(customer, confirm=True, confirmation_token=token().id)
    assert (intent.status, stripe_balance.available(customer)) == ("succeeded", {"usd": 0})


def test_a_token_of_a_payment_method_pays_with_that_one(customer):
    """A token that was made of a payment method by id makes no other."""
    method = stripe.PaymentMethod.create(**DATA)
    one = stripe.ConfirmationToken.TestHelpers.create(payment_method=method.id)
    assert one.payment_method_preview.billing_details.email == "ada@example.com"
    assert create(customer, confirm=True, confirmation_token=one.id).payment_method == method.id


@pytest.fixture
def unpaid():
    """An intent with automatic payment methods, as a page is given it."""
    return stripe.PaymentIntent.create(
        amount=1000, currency="usd", automatic_payment_methods={"enabled": True}
    ).id


def test_a_token_of_a_ready_made_card_pays(unpaid):
    """The page's card is shown before it pays, and the token's return_url serves the confirm."""
    one = stripe.ConfirmationToken.TestHelpers.create(
        payment_method="pm_card_visa", return_url="https://example.com/back"
    )
    assert one.payment_method_preview.card.last4 == "4242"
    intent = stripe.PaymentIntent.confirm(unpaid, confirmation_token=one.id, expand=["payment_method"])
    assert (intent.status, intent.payment_method.card.last4) == ("succeeded", "4242")


def test_a_token_without_a_return_url_leaves_it_to_the_confirm(unpaid):
    """Automatic payment methods need a return_url from somewhere."""
    one = stripe.ConfirmationToken.TestHelpers.create(payment_method="pm_card_visa")
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        stripe.PaymentIntent.confirm(unpaid, confirmation_token=one.id)


def test_a_token_of_a_declined_card_is_declined(unpaid):
    """The card of the token decides, and the intent waits for another."""
    one = stripe.ConfirmationToken.TestHelpers.create(
        payment_method="pm_card_visa_chargeDeclined", return_url="https://example.com/back"
    )
    with pytest.raises(stripe.CardError, match="declined"):
        stripe.PaymentIntent.confirm(unpaid, confirmation_token=one.id)
    assert stripe.PaymentIntent.retrieve(unpaid).status == "requires_payment_method"


def test_a_token_of_a_saved_card_names_its_customer(customer):
    """The preview shows whose card it is."""
    saved = stripe.PaymentMethod.attach("pm_card_visa", customer=customer)
    one = stripe.ConfirmationToken.TestHelpers.create(payment_method=saved.id)
    assert one.payment_method_preview.customer == customer


def test_what_the_request_says_counts_before_the_token(customer):
    """The request's own payment method and shipping are taken, as stripe-python's types say."""
    method = stripe.PaymentMethod.create(type="customer_balance")
    one = token(shipping=WHERE)
    intent = create(
        customer,
        confirm=True,
        confirmation_token=one.id,
        payment_method=method.id,
        shipping={"name": "Bob", "address": {"city": "Paris"}},
    )
    assert (intent.payment_method, intent.shipping.name) == (method.id, "Bob")


@pytest.mark.stripe_balance(assume={"confirmation-token-precedence": "refused"})
@pytest.mark.parametrize("own", [{"payment_method_data": DATA}, {"payment_method": "pm_1"}])
def test_by_the_other_reading_a_token_and_a_method_exclude_each_other(own, customer):
    """The reading refused of confirmation-token-precedence is a 400."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        create(customer, confirm=True, confirmation_token=token().id, **own)
    assert caught.value.param == "confirmation_token"


def test_a_token_is_used_once(customer):
    """A second confirm with it is a 400, and changes nothing."""
    one = token()
    create(customer, confirm=True, confirmation_token=one.id)
    with pytest.raises(stripe.InvalidRequestError, match="already used") as caught:
        create(customer, confirm=True, confirmation_token=one.id)
    assert (caught.value.http_status, caught.value.param) == (400, "confirmation_token")
    assert len(stripe.PaymentIntent.list().data) == 1


def test_a_payment_that_fails_uses_its_token_up(customer):
    """A confirm without a funding_type fails, and the token names its intent."""
    one = token()
    with pytest.raises(stripe.InvalidRequestError):
        stripe.PaymentIntent.create(
            amount=1000,
            currency="usd",
            customer=customer,
            confirm=True,
            confirmation_token=one.id,
            payment_method_options={},
        )
    (intent,) = stripe.PaymentIntent.list().data
    assert intent.status == "requires_payment_method"
    assert stripe.ConfirmationToken.retrieve(one.id).payment_intent == intent.id


def test_a_confirm_that_is_refused_leaves_its_token(customer):
    """A confirm that Stripe doesn't begin uses nothing up."""
    intent = create(customer, confirm=True, confirmation_token=token().id)
    stripe.PaymentIntent.cancel(intent.id)
    one = token()
    with pytest.raises(stripe.InvalidRequestError):
        stripe.PaymentIntent.confirm(intent.id, confirmation_token=one.id)
    assert stripe.ConfirmationToken.retrieve(one.id).payment_intent is None


def test_a_token_lasts_twelve_hours(customer, stripe_clock):
    """At `expires_at` it can't be used any more."""
    one = token()
    assert one.expires_at - one.created == 12 * 60 * 60
    late = token()
    stripe_clock.travel_to(one.expires_at - 1)
    create(customer, confirm=True, confirmation_token=late.id)
    stripe_clock.travel_to(one.expires_at)
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        create(customer, confirm=True, confirmation_token=one.id)


def test_a_token_without_a_confirm_is_refused_by_name(customer, stripe_balance):
    """Nobody knows what Stripe makes of it."""
    with stripe_balance.refused(match="confirmation_token without confirm=True"):
        create(customer, confirmation_token=token().id)


@pytest.mark.parametrize(
    ("call", "status", "code", "param"),
    [
        (lambda _: stripe.ConfirmationToken.retrieve("ctoken_no"), 404, "resource_missing", "confirmation_token"),
        (
            lambda customer: create(customer, confirm=True, confirmation_token="ctoken_no"),
            400, "resource_missing", "confirmation_token",
        ),
        (lambda _: stripe.ConfirmationToken.TestHelpers.create(), 400, None, None),
        (
            lambda _: stripe.CustomerSession.create(
                customer="cus_no", components={"buy_button": {"enabled": True}}
            ),
            400, "resource_missing", "customer",
        ),
        (
            lambda _: stripe.CustomerSession.create(components={"buy_button": {"enabled": True}}),
            400, "parameter_missing", "customer",
        ),
        (
            lambda customer: stripe.CustomerSession.create(
                customer=customer, components={"buy_button": {"enabled": False}}
            ),
            400, None, "components",
        ),
        (lambda customer: stripe.CustomerSession.create(customer=customer), 400, "parameter_missing", "components"),
    ],
)  # fmt: skip
def test_each_wrong_call_has_its_answer(call, status, code, param, customer):
    """Status, code and param of each refusal (confirmation-token-refusals, customer-session-refusals)."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call(customer)
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (status, code, param)


def test_a_customer_session_shows_what_was_enabled(customer):
    """Features that weren't sent have their documented defaults, and the session has no id and no event."""
    features = {"payment_method_save": "enabled", "payment_method_save_usage": "off_session"}
    session = stripe.CustomerSession.create(
        customer=customer,
        components={"payment_element": {"enabled": True, "features": features}},
        expand=["customer"],
    )
    assert session.customer.id == customer
    assert session.client_secret.startswith("cuss_secret_")
    shown = as_dict(session.components)
    assert shown["payment_element"]["features"]["payment_method_save"] == "enabled"
    assert shown["payment_element"]["features"]["payment_method_remove"] == "disabled"
    assert shown["customer_sheet"] == {"enabled": False, "features": None}
    assert "id" not in session
    assert [event.type for event in stripe.Event.list().data] == ["customer.created"]


def test_two_customer_sessions_have_secrets_of_their_own(customer):
    """Each session has another secret."""
    made = [
        stripe.CustomerSession.create(customer=customer, components={"buy_button": {"enabled": True}})
        for _ in range(2)
    ]
    assert made[0].client_secret != made[1].client_secret


COMPONENTS = ("active_entitlements", "customer_portal", "customer_sheet", "mobile_payment_element")


@pytest.mark.parametrize("version", modelled_versions())
def test_a_component_is_taken_at_every_version(customer, version):
    """Stripe adds parameters to all versions, whatever the types of their day have."""
    components = {name: {"enabled": True} for name in (*COMPONENTS, "payment_element")}
    components["mobile_payment_element"]["features"] = {"payment_method_save": "enabled"}
    session = as_dict(
        stripe.CustomerSession.create(customer=customer, components=components, stripe_version=version)
    )
    assert all(session["components"][name]["enabled"] for name in components)
    features = session["components"]["mobile_payment_element"]["features"]
    assert features["payment_method_save"] == "enabled"
