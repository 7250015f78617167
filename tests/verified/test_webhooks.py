"""Webhook endpoints: who is counted in pending_webhooks, and what is refused.

The address belongs to nobody, so nothing that is sent there is acknowledged.
"""

from contextlib import contextmanager

import pytest
import stripe

URL = "https://example.com/no-such-webhook"


@contextmanager
def endpoint(**params):
    """Make an endpoint that is gone at the end."""
    params = {"url": URL, "enabled_events": ["*"], **params}
    made = stripe.WebhookEndpoint.create(**params)
    try:
        yield made.id
    finally:
        stripe.WebhookEndpoint.delete(made.id)


def pending(customer, event_type):
    """Give the pending_webhooks of a customer's event."""
    events = stripe.Event.list(type=event_type, limit=100).data
    return next(event for event in events if event.data.object.id == customer).pending_webhooks


def test_webhook_hearing(probe):
    """An event from before the endpoint: does it wait for nobody?"""
    customer = probe.customer()
    before = pending(customer, "customer.created")
    with endpoint():
        assert pending(customer, "customer.created") == before


def test_pending_webhooks(probe):
    """An endpoint that never acknowledged and is deleted: does it still count?"""
    with endpoint():
        customer = probe.customer()
        counted = pending(customer, "customer.created")
    assert pending(customer, "customer.created") == counted


def test_webhook_endpoint_refusals(probe):
    """One too many, and a url without a scheme: with which words are they refused?"""
    with pytest.raises(stripe.InvalidRequestError) as no_url:
        stripe.WebhookEndpoint.create(url="example.com", enabled_events=["*"])
    made = []
    try:
        with pytest.raises(stripe.InvalidRequestError) as too_many:
            made.extend(
                stripe.WebhookEndpoint.create(url=URL, enabled_events=["*"]).id for _ in range(17)
            )
    finally:
        for one in made:
            stripe.WebhookEndpoint.delete(one)
    told = [(error.value.code, error.value.param) for error in (no_url, too_many)]
    assert told == [("url_invalid", "url"), (None, None)]
    assert "16 webhook endpoints" in str(too_many.value)
