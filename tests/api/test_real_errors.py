"""Stripe's recorded error answers, and ours for the same mistake."""

import json
import os
import re
from pathlib import Path

import pytest
import stripe

ERRORS = Path(os.environ.get("STRIPE_REAL_DATA", "../shared/real")) / "errors.json"
UNKNOWN = "does_not_exist"
PLATFORM = "; It's possible this PaymentMethod exists on one of your connected accounts"


def intent(**params):
    return lambda at: stripe.PaymentIntent.create(**{"amount": 4242, "currency": "usd", **params, **at})


# The mistakes that this surface has, by their recorded message; group 1 is what was given.
MISTAKES = {
    r"No such payment_intent: '?([^']+)'?": lambda at: stripe.PaymentIntent.retrieve(UNKNOWN, **at),
    r"No such customer: '?([^']+)'?": lambda at: stripe.Customer.retrieve(UNKNOWN, **at),
    r"No such PaymentMethod: '([^']+)'": lambda at: stripe.PaymentMethod.retrieve(UNKNOWN, **at),
    r"No such payment_method: ([^']+)": intent(payment_method=UNKNOWN),
    r"The amount must be greater than or equal to the minimum .*()": intent(amount=0),
    r"Invalid API Key provided: (.*)": lambda at: stripe.Customer.list(**{**at, "api_key": UNKNOWN}),
}
# Of the other recordings: their mistakes need what a bank transfer has not, or had another text before 2024.
BEYOND = r"equal to 1\.|captured|destination|declined|sepa_debit|payment source|upcoming|plan:|price:"


def recorded():
    """Read the recorded errors, without what their publishers blacked out."""
    if not ERRORS.exists():
        return []
    return [entry["response"] for entry in json.loads(ERRORS.read_text("utf-8"))]


def comparable(error, given):
    """Take what is told of a mistake, whatever was given."""
    message = error["message"].partition(PLATFORM)[0].replace(f"'{given}'", given)
    message = message.replace("PaymentMethod", "payment_method").replace(given or "\0", "X")
    return {name: error.get(name) for name in ("type", "code", "param", "doc_url")} | {
        "message": message
    }


def unredacted(text):
    """Put the one letter back that the publisher of some recordings took for a secret."""
    return re.sub("<VENDOR_AUTH_CODE>", "x", text)


@pytest.mark.parametrize("response", recorded() or [None])
def test_a_mistake_is_answered_as_stripe_was_recorded_to(response, stripe_balance):
    """Status, type, code, param and message are those of the recording, at its API version."""
    if response is None:
        pytest.skip("STRIPE_REAL_DATA names no folder with recorded errors")
    error = json.loads(unredacted(json.dumps(response["body"]["error"])))
    told = error["message"].partition(PLATFORM)[0]
    found = [(match, call) for rule, call in MISTAKES.items() if (match := re.fullmatch(rule, told))]
    assert bool(found) != bool(re.search(BEYOND, told)), told
    if not found:
        return
    ((match, call),) = found
    version = response.get("stripe_version") or ""
    at = {"stripe_version": version} if re.fullmatch(r"[0-9-]+\.[a-z]+", version) else {}
    at |= {} if at else {"stripe_version": "2023-10-16"}
    with pytest.raises(stripe.StripeError) as caught:
        call(at)
    given = "****xist" if "API Key" in told else UNKNOWN
    assert caught.value.http_status == response["status"]
    assert comparable(caught.value.json_body["error"], given) == comparable(error, match[1])
