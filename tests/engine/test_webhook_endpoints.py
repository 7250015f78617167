"""The five calls of /v1/webhook_endpoints."""

import pytest
import stripe
from majors import as_dict

URL = "https://example.com/stripe"


@pytest.fixture(autouse=True)
def _newest(at_newest_version):
    """What these tests say holds at the newest API version, where they name no other."""


def made(*types, **params):
    """Make an endpoint that hears some types, all by default."""
    return stripe.WebhookEndpoint.create(url=URL, enabled_events=list(types) or ["*"], **params)


def refused(call):
    """Give the error of a call."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call()
    error = caught.value
    return error.http_status, error.code, error.param, str(error.user_message)


@pytest.fixture
def endpoint(stripe_balance):
    return made()


def test_the_secret_is_shown_at_creation_alone(endpoint):
    """Each endpoint has its own."""
    assert endpoint.secret.startswith("whsec_")
    assert endpoint.secret != made().secret
    assert "secret" not in as_dict(stripe.WebhookEndpoint.retrieve(endpoint.id))
    assert "secret" not in as_dict(stripe.WebhookEndpoint.list().data[0])
    assert "secret" not in as_dict(stripe.WebhookEndpoint.modify(endpoint.id, description="x"))


def test_an_update_changes_what_it_names(endpoint):
    """Everything else stays, and an empty description is null."""
    changed = stripe.WebhookEndpoint.modify(
        endpoint.id,
        url="http://127.0.0.1:8000/hook",
        enabled_events=["charge.succeeded", "customer.created"],
        description="Shop",
        metadata={"a": "b", "c": "d"},
        disabled=True,
    )
    assert changed.url == "http://127.0.0.1:8000/hook"
    assert changed.enabled_events == ["charge.succeeded", "customer.created"]
    assert (changed.description, changed.status) == ("Shop", "disabled")
    changed = stripe.WebhookEndpoint.modify(
        endpoint.id, disabled=False, description="", metadata={"a": ""}
    )
    assert (changed.description, changed.status) == (None, "enabled")
    assert as_dict(changed)["metadata"] == {"c": "d"}
    assert changed.enabled_events == ["charge.succeeded", "customer.created"]


def test_a_deleted_endpoint_is_gone(endpoint):
    """Its deletion is answered with a stub; then it is missing everywhere."""
    gone = as_dict(stripe.WebhookEndpoint.delete(endpoint.id))
    assert gone == {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}
    assert stripe.WebhookEndpoint.list().data == []
    for call in (
        stripe.WebhookEndpoint.retrieve,
        stripe.WebhookEndpoint.delete,
        stripe.WebhookEndpoint.modify,
    ):
        status, code, _, message = refused(lambda call=call: call(endpoint.id))
        assert (status, code) == (404, "resource_missing")
        assert message == f"No such webhook endpoint: '{endpoint.id}'"


def test_an_account_has_at_most_sixteen(endpoint, _stripe_session):
    """One that is deleted makes room; a connected account has its own sixteen."""
    for _ in range(15):
        last = made()
    assert refused(made)[:3] == (400, None, None)
    assert "webhook-endpoint-refusals" in _stripe_session.assumptions
    made(stripe_account="acct_1")
    stripe.WebhookEndpoint.delete(last.id)
    made()


@pytest.mark.parametrize("url", ["example.com/hook", "ftp://example.com", "https://", "/hook"])
def test_a_url_needs_http_or_https(url, endpoint, _stripe_session):
    """At creation and in an update; test mode takes both."""
    told = (400, "url_invalid", "url")
    create = stripe.WebhookEndpoint.create
    assert refused(lambda: create(url=url, enabled_events=["*"]))[:3] == told
    assert refused(lambda: stripe.WebhookEndpoint.modify(endpoint.id, url=url))[:3] == told
    assert "webhook-endpoint-refusals" in _stripe_session.assumptions
    assert create(url="http://example.com", enabled_events=["*"]).url == "http://example.com"


@pytest.mark.parametrize("pattern", ["payment_intent.*", "customer.nope", ""])
def test_an_undocumented_type_is_refused(pattern, endpoint):
    """Patterns are none of Stripe's; the parameter is named with its place."""
    message = "Invalid enabled_events[1]: must be one of "
    status, _, param, told = refused(lambda: made("charge.succeeded", pattern))
    assert (status, param) == (400, "enabled_events[1]")
    assert pattern == "" or told.startswith(message)


def test_the_api_version_is_fixed(endpoint):
    """It is a parameter of creation alone; without one an endpoint has the account's."""
    older = made(api_version="2024-06-20")
    assert (endpoint.api_version, older.api_version) == (None, "2024-06-20")
    told = refused(lambda: stripe.WebhookEndpoint.modify(endpoint.id, api_version="2024-06-20"))
    assert told[1] == "parameter_unknown"
    unknown = refused(lambda: made(api_version="2024-06-21"))
    assert unknown[3] == "Invalid Stripe API version: 2024-06-21"


def test_a_version_that_is_not_modelled_is_refused_out_loud(endpoint, stripe_balance):
    """Stripe would take it."""
    with stripe_balance.refused("2015-10-01 is not modelled"):
        made(api_version="2015-10-01")


def test_a_list_has_the_newest_first(endpoint):
    """It pages as other lists do."""
    second = made()
    assert [one.id for one in stripe.WebhookEndpoint.list().data] == [second.id, endpoint.id]
    page = stripe.WebhookEndpoint.list(limit=1)
    assert page.has_more
    assert [one.id for one in page.auto_paging_iter()] == [second.id, endpoint.id]


def test_an_endpoint_has_no_event_of_its_own(endpoint, stripe_balance):
    """Neither its creation nor its end is one."""
    stripe.WebhookEndpoint.delete(endpoint.id)
    assert stripe.Event.list().data == []
