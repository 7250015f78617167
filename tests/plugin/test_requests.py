"""`stripe_balance.requests`: what was asked, as an app's test reads it, and `events(since=)`."""

import pytest
import stripe
from majors import v1
from stripe._api_version import _ApiVersion

from pytest_stripe_balance.api.message import Headers, Request

ADA = {"name": "Ada", "metadata": {"0": "zero"}, "preferred_locales": ["de", "en"]}


def test_a_form_is_nested_and_decoded(stripe_balance):
    """Values are texts, arrays are lists, and metadata's keys are the user's own."""
    stripe.Customer.create(**ADA, expand=["cash_balance"])
    assert stripe_balance.requests[-1].request.form == {**ADA, "expand": ["cash_balance"]}


def test_a_reading_calls_form_is_its_query(stripe_balance):
    """Numbers and booleans are texts, as they were sent."""
    stripe.Customer.list(limit=3, created={"gte": 5})
    (asked,) = stripe_balance.requests
    assert asked.request.form == {"limit": "3", "created": {"gte": "5"}}


def test_ids_in_the_path_have_the_names_of_the_calls_placeholders(stripe_balance):
    """As `calls` lists them; a path without ids has none."""
    intent = stripe_balance.bank_transfer_intent(stripe_balance.customer(), 100)
    stripe.PaymentIntent.cancel(intent.id)
    asked = [one.request for one in stripe_balance.requests]
    assert [one.path_params for one in asked] == [{}, {}, {"intent": intent.id}]
    assert asked[-1].path == f"/v1/payment_intents/{intent.id}/cancel"


def test_key_and_version_are_at_hand(stripe_balance):
    """The idempotency key, and the API version without betas; headers are found in any case."""
    stripe.Customer.create(idempotency_key="key-1", stripe_version=f"{_ApiVersion.CURRENT};beta=v1")
    stripe.Customer.list()
    made, listed = (one.request for one in stripe_balance.requests)
    assert (made.idempotency_key, made.headers["idempotency-KEY"]) == ("key-1", "key-1")
    assert (made.api_version, listed.api_version) == (_ApiVersion.CURRENT, _ApiVersion.CURRENT)


def test_what_the_fixtures_read_for_themselves_is_left_out(stripe_balance):
    """Views, and what a builder reads; what a builder sends is there."""
    customer = stripe_balance.customer()
    stripe_balance.fund(customer, 100)
    stripe_balance.available(customer)
    stripe_balance.ledger(customer)
    stripe_balance.events()
    stripe.Customer.retrieve_cash_balance(customer.id)
    asked = [
        (one.request.method, one.request.path.rpartition("/")[2]) for one in stripe_balance.requests
    ]
    assert asked == [("POST", "customers"), ("POST", "fund_cash_balance"), ("GET", "cash_balance")]


def test_a_replay_is_marked(stripe_balance):
    """The second request with a key gets the first one's answer."""
    for _ in range(2):
        stripe.Customer.create(idempotency_key="key-1")
    assert [one.replayed for one in stripe_balance.requests] == [False, True]
    assert [one.retries for one in stripe_balance.requests] == [0, 0]


def test_a_try_whose_answer_was_lost_has_none(stripe_balance, stripe_faults):
    """Each try is a row; the last one has the kept answer."""
    stripe_faults.lose_answer("POST /v1/customers")
    v1(stripe.StripeClient("sk_test_1", max_network_retries=2)).customers.create({})
    first, second = stripe_balance.requests
    assert (first.response, first.fault, first.retries) == (None, "lose_answer", 0)
    assert (second.response.status, second.fault, second.retries) == (200, "", 1)
    assert second.replayed


def test_a_form_that_cannot_be_read_is_told():
    """Stripe answers such a request with a 400."""
    with pytest.raises(ValueError, match="a % without two hexadecimal digits"):
        _ = Request("POST", "https://api.stripe.com/v1/customers", Headers(), "name=%zz").form


# events(since=)


def test_events_since_one_are_those_after_it(stripe_balance):
    """By the event, or by its id."""
    customer = stripe_balance.customer()
    (made,) = stripe_balance.events()
    stripe_balance.fund(customer, 100)
    stripe.Customer.modify(customer.id, name="Ada")
    for since in (made, made.id):
        later = [event.type for event in stripe_balance.events(since=since)]
        assert "customer.updated" in later
        assert "customer.created" not in later
    found = stripe_balance.events("customer.updated", since=made)
    assert [event.type for event in found] == ["customer.updated"]
    assert stripe_balance.events(since=found[-1]) == []


def test_an_event_of_another_test_is_no_since(stripe_balance):
    """ValueError, and no events that look right."""
    stripe_balance.customer()
    with pytest.raises(ValueError, match="'evt_1' isn't one of this test's 1 events"):
        stripe_balance.events(since="evt_1")
