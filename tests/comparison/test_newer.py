"""What came to Stripe's answers after a recording was made is no difference between it and the fake."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.comparison import conformance, newer
from pytest_stripe_balance.comparison.conformance import Compared
from pytest_stripe_balance.session import Fake, Settings

VERSION = "2026-10-28.endive"
LATE = ("managed_payments", "payment_record", "shared_payment_granted_token")


def moment(day):
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def on(day, exchange, without=(), **keys):
    """Give an exchange as it was recorded on a day, without some keys of its object."""
    document = {**exchange.response.json, **keys}
    kept = {name: value for name, value in document.items() if name not in without}
    date = format_datetime(datetime.fromtimestamp(moment(day), UTC), usegmt=True)
    headers = Headers({**dict(exchange.response.headers.items()), "Date": date})
    response = Response(exchange.response.status, headers, json.dumps(kept).encode())
    return replace(exchange, response=response)


def told(exchanges):
    """Name what conform finds, by its kind and path."""
    session = Fake(Settings(VERSION, seed="other"))
    found = conformance.conform(exchanges, session.answer_with_assumptions)
    return [
        (one.kind, one.path) for row in found if isinstance(row, Compared) for one in row.differences
    ]


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2025-11-01", []),
        ("2026-05-07", ["$.managed_payments.enabled"]),
        ("2026-10-28", [f"$.{name}" for name in LATE]),
    ],
)
def test_a_key_that_came_later_is_no_difference(day, found, recorder):
    """An intent lacks three keys: each is additive from its day on, and not compared before it."""
    customer, intent, *_ = recorder.exchanges
    exchanges = [on(day, customer), on(day, intent, without=LATE)]
    paths = [path.removesuffix(".enabled") for kind, path in told(exchanges) if kind == "additive"]
    assert paths == [path.removesuffix(".enabled") for path in found]


def test_a_key_that_the_recording_has_is_compared_whatever_its_day(recorder):
    """What is there was sent: another value of it is a difference."""
    customer, intent, *_ = recorder.exchanges
    odd = on("2025-11-01", intent, managed_payments={"enabled": True})
    assert told([on("2025-11-01", customer), odd]) == [("breaking", "$.managed_payments.enabled")]


def test_a_key_without_a_date_is_always_compared(recorder):
    """What is as old as all recordings can't be missing from one."""
    customer, intent, *_ = recorder.exchanges
    exchanges = [on("2019-01-01", customer), on("2019-01-01", intent, without=["currency"])]
    assert ("additive", "$.currency") in told(exchanges)


CHARGE = {"object": "charge", "order": None, "radar_options": {}, "outcome": {"advice_code": None}}
OLD = {"object": "charge", "order": None, "outcome": {}}


@pytest.mark.parametrize(
    ("given", "recorded", "kept"),
    [
        (CHARGE, OLD, OLD),
        ({"data": [CHARGE]}, {"data": [OLD]}, {"data": [OLD]}),
        ({"data": [CHARGE]}, {"data": []}, {"data": [OLD]}),
        (
            {"object": "x", "radar_options": 1, "a": CHARGE},
            None,
            {"object": "x", "radar_options": 1, "a": OLD},
        ),
        ({"data": [OLD, CHARGE]}, {"data": [CHARGE, OLD]}, {"data": [OLD, CHARGE]}),
        ({"error": {"request_log_url": "x"}}, {"error": {}}, {"error": {}}),
        ("text", None, "text"),
    ],
    ids=["object", "in a list", "beyond a list", "in another", "in another order", "error", "text"],
)
def test_keys_go_by_the_object_that_they_are_in(given, recorded, kept):
    """At any depth, in lists too, by the kind and the path inside the innermost object."""
    assert newer.document_without_newer(given, recorded, moment("2020-01-01")) == kept


def answered(document, **headers):
    request = Request("GET", "https://api.stripe.com/v1/charges", Headers({}), "")
    return Exchange(request, Response(200, Headers(headers), json.dumps(document).encode()))


def test_the_moment_of_a_recording_is_its_last_date():
    """Date headers say it; without any, what was created last; without that, nothing is known."""
    dated = answered({"created": 1_700_000_000}, Date="Fri, 23 Dec 2022 22:12:15 GMT")
    created = answered({"data": [{"created": 1_600_000_000}, {"created": 1_500_000_000}]})
    page = replace(created, response=Response(502, Headers({}), b"<html>"))
    assert newer.moment_of([created, dated, page]) == moment("2022-12-23T22:12:15")
    assert newer.moment_of([created, page]) == 1_600_000_000
    assert newer.moment_of([page]) == 0
