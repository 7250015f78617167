"""Cards against real exchanges: the same answers, and all of their keys."""

import json
import os
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import stripe

from pytest_stripe_balance.comparison.newer import document_without_newer

REAL = Path(os.environ.get("STRIPE_REAL_DATA", "../shared/real")) / "neighbours"
NOT_OURS = ("request_log_url",)  # of a Dashboard
NEWER = ("payment_method_type",)  # in errors since September 2026 (docs/stripe.md 5.11)


def real(name, number):
    """Read one exchange: what was asked, the answer, and when."""
    path = REAL / name
    if not path.is_file():
        pytest.skip("STRIPE_REAL_DATA names no folder with real cards")
    exchange = json.loads(path.read_text("utf-8"))[number]
    answer = exchange["response"]
    moment: datetime = parsedate_to_datetime(answer["headers"]["Date"])
    return exchange["request"], answer, int(moment.timestamp())


def asked(stripe_balance, request, path, **other):
    """Ask the same at the same version, with objects of ours; give the status and the answer."""
    params = dict(parse_qsl(request["body"])) | other
    client = stripe_balance.client
    options = {"stripe_version": request["stripe_version"]}
    try:
        answer = client.raw_request(request["method"].lower(), path, **params, **options)
    except stripe.StripeError as error:
        return error.http_status, error.json_body
    return 200, json.loads(answer.body)


def keys(value, at=""):
    """List every key, with its place."""
    if isinstance(value, list):
        return {key for one in value for key in keys(one, f"{at}[]")}
    if not isinstance(value, dict):
        return set()
    own = {f"{at}.{name}" for name in value if name not in (*NOT_OURS, *NEWER)}
    return own.union(*(keys(one, f"{at}.{name}") for name, one in value.items()))


def compare(ours, theirs, moment):
    """Hold the keys of ours against theirs, as they were then; give the words of both errors."""
    ours = document_without_newer(ours, theirs, moment)
    assert keys(ours) == keys(theirs)
    plain = [
        {name: one for name, one in body.get("error", {}).items() if isinstance(one, str)}
        for body in (ours, theirs)
    ]
    own = ("charge", *NOT_OURS, *NEWER)
    first, second = ({name: one for name, one in each.items() if name not in own} for each in plain)
    assert first == second


def test_a_card_is_refused_in_attach_as_a_real_one(stripe_balance):
    """The whole error, of pm_card_chargeDeclined."""
    request, answer, moment = real("card-attach-declined-2025-10-29.clover.json", 0)
    path = "/v1/payment_methods/pm_card_chargeDeclined/attach"
    status, ours = asked(stripe_balance, request, path, customer=stripe_balance.customer().id)
    assert status == answer["status"]
    compare(ours, answer["body"], moment)


def test_an_intent_is_declined_as_a_real_one(stripe_balance):
    """The answers of create and confirm, with the intent and the card inside the error."""
    customer = stripe_balance.customer().id
    request, answer, moment = real("card-declined-2026-06-24.dahlia.json", 0)
    status, intent = asked(stripe_balance, request, "/v1/payment_intents", customer=customer)
    assert status == answer["status"]
    compare(intent, answer["body"], moment)
    request, answer, moment = real("card-declined-2026-06-24.dahlia.json", 1)
    status, ours = asked(stripe_balance, request, f"/v1/payment_intents/{intent['id']}/confirm")
    assert status == answer["status"]
    compare(ours, answer["body"], moment)


@pytest.mark.parametrize("number", [0, 1])
def test_a_ready_made_card_has_the_keys_of_a_real_one(stripe_balance, number):
    """Attached, and read."""
    request, answer, moment = real("card-ready-made-2026-06-24.dahlia.json", number)
    path = request["uri"].removeprefix("https://api.stripe.com")
    other = {"customer": stripe_balance.customer().id} if request["body"] else {}
    status, ours = asked(stripe_balance, request, path, **other)
    assert status == answer["status"]
    compare(ours, answer["body"], moment)


def test_what_a_card_pays_has_the_keys_of_what_a_real_one_paid(stripe_balance):
    """Created at one version, read at another, and refunded with its charge."""
    name = "card-automatic-and-refund-two-versions.json"
    request, answer, moment = real(name, 0)
    status, intent = asked(stripe_balance, request, "/v1/payment_intents")
    assert status == answer["status"]
    compare(intent, answer["body"], moment)
    request, answer, moment = real(name, 1)
    status, ours = asked(stripe_balance, request, f"/v1/payment_intents/{intent['id']}")
    compare(ours, answer["body"], moment)
    request, answer, moment = real(name, 2)
    status, ours = asked(
        stripe_balance, request, "/v1/refunds", charge=intent["latest_charge"]
    )  # the older path of the same call isn't modelled
    assert status == answer["status"]
    compare(ours, answer["body"], moment)
