"""Setup intents: a card is saved without a payment (docs/stripe.md 1.24)."""

import pytest
import stripe
from majors import as_dict

CARD = {"allowed_payment_method_types": ["card"]}


@pytest.fixture
def customer(stripe_balance):
    return stripe_balance.customer().id


def events():
    return [event.type for event in stripe.Event.list(limit=20).data[::-1]]


def test_a_new_one_is_as_recorded(customer):
    """With automatic payment methods and a customer [obs spree/spree_stripe]."""
    made = as_dict(
        stripe.SetupIntent.create(customer=customer, automatic_payment_methods={"enabled": True})
    )
    assert made["automatic_payment_methods"] == {"allow_redirects": "always", "enabled": True}
    assert made["payment_method_options"]["card"] == {
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    }
    assert (made["status"], made["usage"]) == ("requires_payment_method", "off_session")
    assert made["payment_method"] is made["next_action"] is made["latest_attempt"] is None


def test_at_an_old_version_it_takes_cards():
    """Without types there were no automatic payment methods [obs pay-rails/pay, 2020-08-27]."""
    made = stripe.SetupIntent.create(usage="on_session", stripe_version="2022-11-15")
    assert (made.automatic_payment_methods, made.payment_method_types) == (None, ["card"])
    assert made.usage == "on_session"


def test_a_confirm_saves_the_card(customer):
    """The card is attached to the customer, and checked [doc]."""
    made = stripe.SetupIntent.create(customer=customer, **CARD)
    made = stripe.SetupIntent.confirm(made.id, payment_method="pm_card_mastercard")
    assert (made.status, made.latest_attempt[:7]) == ("succeeded", "setatt_")
    (card,) = stripe.Customer.list_payment_methods(customer).data
    assert (card.id, card.card.checks.cvc_check) == (made.payment_method, "pass")
    assert events()[1:] == [
        "setup_intent.created",
        "setup_intent.succeeded",
        "payment_method.attached",
    ]


def test_a_declined_card_fails(customer):
    """402 with the setup intent, which waits for another card."""
    with pytest.raises(stripe.CardError) as caught:
        stripe.SetupIntent.create(
            customer=customer, payment_method="pm_card_chargeDeclined", confirm=True, **CARD
        )
    told = caught.value.json_body["error"]["setup_intent"]
    assert (told["status"], told["payment_method"]) == ("requires_payment_method", None)
    assert told["last_setup_error"]["decline_code"] == "generic_decline"
    assert stripe.SetupIntent.retrieve(told["id"]).last_setup_error.payment_method.type == "card"
    assert events()[1:] == ["setup_intent.created", "setup_intent.setup_failed"]


def test_a_card_that_fails_later_is_saved(customer):
    """pm_card_chargeCustomerFail is declined only when it is charged."""
    made = stripe.SetupIntent.create(
        customer=customer, payment_method="pm_card_chargeCustomerFail", confirm=True, **CARD
    )
    assert made.status == "succeeded"


def test_a_card_may_have_to_be_authenticated(customer):
    """It waits in requires_action, and can be canceled there."""
    made = stripe.SetupIntent.create(
        customer=customer,
        payment_method="pm_card_authenticationRequired",
        confirm=True,
        automatic_payment_methods={"enabled": True},
        return_url="https://example.com/",
    )
    assert (made.status, made.next_action.type) == ("requires_action", "redirect_to_url")
    gone = stripe.SetupIntent.cancel(made.id, cancellation_reason="abandoned")
    assert (gone.status, gone.cancellation_reason, gone.next_action) == ("canceled", "abandoned", None)
    assert events()[-2:] == ["setup_intent.requires_action", "setup_intent.canceled"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda one: stripe.SetupIntent.confirm(one), "missing a payment method"),
        (lambda one: (stripe.SetupIntent.cancel(one), stripe.SetupIntent.cancel(one)), "canceled"),
        (lambda one: (stripe.SetupIntent.cancel(one), stripe.SetupIntent.confirm(one)), "canceled"),
    ],
)
def test_a_status_forbids_calls(call, message, customer, _stripe_session):
    """400 setup_intent_unexpected_state, and the setup intent is shown."""
    made = stripe.SetupIntent.create(customer=customer, **CARD)
    with pytest.raises(stripe.InvalidRequestError, match=message) as caught:
        call(made.id)
    assert caught.value.code == "setup_intent_unexpected_state"
    assert caught.value.json_body["error"]["setup_intent"]["id"] == made.id
    assert "setup-intent-refusals" in _stripe_session.assumptions


def test_a_redirect_needs_a_return_url(customer):
    """As on payment intents, unless automatic payment methods never redirect."""
    with pytest.raises(stripe.InvalidRequestError, match="This SetupIntent is configured"):
        stripe.SetupIntent.create(customer=customer, payment_method="pm_card_visa", confirm=True)


def test_a_bank_transfer_is_not_saved(stripe_balance):
    """customer_balance is refused by name."""
    with stripe_balance.refused("customer_balance on a setup intent"):
        stripe.SetupIntent.create(payment_method_types=["customer_balance"], stripe_version="2024-06-20")


def test_it_is_listed_and_changed(customer):
    """By its customer or its card; metadata and description are merged."""
    made = stripe.SetupIntent.create(customer=customer, metadata={"a": "b"}, **CARD)
    stripe.SetupIntent.create(**CARD)
    told = stripe.SetupIntent.modify(made.id, metadata={"c": "d"}, description="x")
    assert (as_dict(told.metadata), told.description) == ({"a": "b", "c": "d"}, "x")
    assert [one.id for one in stripe.SetupIntent.list(customer=customer).data] == [made.id]


def test_confirming_gives_events(customer, _stripe_session):
    """The order of the events is assumed: setup-intent-events."""
    stripe.SetupIntent.create(customer=customer, payment_method="pm_card_visa", confirm=True, **CARD)
    assert "setup-intent-events" in _stripe_session.assumptions
