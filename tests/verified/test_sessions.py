"""Customer sessions and confirmation tokens: what they show, and what is refused."""

from functools import partial

import pytest
import stripe
from majors import as_dict

ELEMENTS = ("customer_sheet", "mobile_payment_element", "payment_element")


def session(customer, *components, **params):
    enabled = {name: {"enabled": True} for name in components}
    return stripe.CustomerSession.create(customer=customer, components=enabled, **params)


def token(**params):
    data = {"type": "customer_balance"}
    return stripe.ConfirmationToken.TestHelpers.create(**{"payment_method_data": data, **params})


def test_customer_session_lifetime(probe):
    """How long does a customer session last?"""
    made = session(probe.customer(), "pricing_table")
    assert made.expires_at - made.created == 30 * 60


@pytest.mark.usefixtures("at_newest_version")
def test_customer_session_features(probe):
    """What do the features of an enabled component hold, and those of one that isn't?"""
    customer = probe.customer()
    plain = as_dict(session(customer, "pricing_table").components)
    full = as_dict(session(customer, *ELEMENTS).components)
    assert [plain[name]["features"] for name in ELEMENTS] == [None] * 3
    filters = "payment_method_allow_redisplay_filters"
    assert [full[name]["features"][filters] for name in ELEMENTS] == [["always"]] * 3
    assert full["payment_element"]["features"]["payment_method_redisplay_limit"] == 3


def test_customer_session_refusals(probe):
    """Which errors are a session for nobody, and one of nothing?"""
    customer = probe.customer()
    components = {"pricing_table": {"enabled": False}}
    nobody = probe.error(
        partial(stripe.CustomerSession.create, components={"pricing_table": {"enabled": True}})
    )
    nothing = probe.error(
        partial(stripe.CustomerSession.create, customer=customer, components=components)
    )
    assert nobody == (400, "invalid_request_error", "parameter_missing", "customer")
    assert nothing == (400, "invalid_request_error", None, "components")


def test_confirmation_token_shape(probe):
    """Which keys does a token of a bank transfer have, and which of its preview?"""
    made = as_dict(token())
    preview = made["payment_method_preview"]
    assert {made["mandate_data"], made["payment_intent"], made["setup_intent"]} == {None}
    assert (preview["customer_balance"], preview["type"]) == ({}, "customer_balance")


def test_confirmation_token_precedence(probe):
    """Does a confirm take a token and a payment method?"""
    customer, other = probe.customer(), token()
    error = probe.error(lambda: probe.intent(customer, confirmation_token=other.id))
    assert error[0] == 200


def test_confirmation_token_once(probe):
    """Is a token used up by a confirm that fails?"""
    intent, one = probe.bare(probe.customer()), token()
    probe.error(lambda: stripe.PaymentIntent.confirm(intent, confirmation_token=one.id))
    assert stripe.ConfirmationToken.retrieve(one.id).payment_intent == intent


def test_confirmation_token_refusals(probe):
    """Which errors are an unknown token, a used one, and one made of nothing?"""
    customer, one = probe.customer(), token()
    used = probe.intent(customer, confirmation_token=one.id)
    again = partial(stripe.PaymentIntent.confirm, used, confirmation_token=one.id)
    unknown = partial(stripe.PaymentIntent.confirm, used, confirmation_token="ctoken_nope")
    assert [
        probe.error(call) for call in (again, unknown, stripe.ConfirmationToken.TestHelpers.create)
    ] == [
        (400, "invalid_request_error", None, "confirmation_token"),
        (400, "invalid_request_error", "resource_missing", "confirmation_token"),
        (400, "invalid_request_error", None, None),
    ]
