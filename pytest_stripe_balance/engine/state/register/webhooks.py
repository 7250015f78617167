"""What is assumed of webhooks."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import Assumption, only

ENTRIES = (
    only(
        "webhook-hearing",
        37,
        "A webhook endpoint hears of no event from before it was made, and of no type that its"
        " API version lacks.",
    ),
    only(
        "webhook-retries",
        37,
        "A delivery that fails is tried again 1 hour later, and once more 3 hours after that. "
        "Then it is given up.",
    ),
    Assumption(
        "pending-webhooks",
        "pending_webhooks of an event still counts an endpoint that never acknowledged it, once"
        " the delivery was given up or the endpoint deleted.",
        {
            "not-acknowledged": "it counts, as it hasn't acknowledged",
            "waiting": "it doesn't count, as nothing more is sent",
        },
        37,
    ),
    only(
        "webhook-endpoint-refusals",
        38,
        "An account's seventeenth webhook endpoint is 400 invalid_request_error without code "
        "and param. A url without http or https is 400 url_invalid with param url. Both texts "
        "are our own words.",
    ),
)
