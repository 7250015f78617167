"""Recordings in the making, for the tests of `conform`; none of them was made by Stripe."""

import json
from dataclasses import replace

from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.comparison import conformance
from pytest_stripe_balance.comparison.conformance import Compared, SkippedRequest
from pytest_stripe_balance.session import Fake, Settings

API = "https://api.stripe.com"
VERSION = "2026-10-28.endive"
TRANSFER = (
    "&confirm=true&payment_method_data[type]=customer_balance"
    "&payment_method_options[customer_balance][funding_type]=bank_transfer"
    "&payment_method_options[customer_balance][bank_transfer][type]=us_bank_transfer"
)
CARD = "pi_3U09KKKuuB1fWySn2m0zYf5U"
CHARGE = "ch_3U09KKKuuB1fWySn2XoXoXoX"
METHOD = "pm_1U09H14C3xkEnE7gAbCdEfGh"
BY_CARD = {
    "id": CARD,
    "object": "payment_intent",
    "amount": 700,
    "latest_charge": CHARGE,
    "payment_method": METHOD,
    "payment_method_types": ["card"],
    "status": "succeeded",
}


class Story:
    """A recording in the making: what the fake answers in Stripe's place, and what only Stripe can."""

    def __init__(self):
        self.stripe = Fake(Settings(VERSION, seed="stripe", name="recorded"))
        self.exchanges = []

    def asked(self, method, path, body="", changed=None, **headers):
        """Record an answer that the fake gives too, changed as Stripe would have it; give its object."""
        sent = {"Authorization": "Bearer sk_test_x", "Stripe-Version": VERSION, **headers}
        request = Request(method, API + path, Headers(sent), body)
        response = self.stripe.answer(request)
        if changed is not None:
            document = {**response.json, **changed}
            response = replace(response, body=json.dumps(document).encode())
        self.exchanges.append(Exchange(request, response))
        return response.json

    def apart(self, method, path, answer, body="", status=200, **headers):
        """Record what the fake was never asked."""
        sent = Headers({"Stripe-Version": VERSION, **headers})
        request = Request(method, API + path, sent, body)
        response = Response(status, Headers({"Stripe-Version": VERSION}), json.dumps(answer).encode())
        self.exchanges.append(Exchange(request, response))

    def by_card(self, customer, method="POST", path="/v1/payment_intents"):
        """Record a payment by card, which the fake refuses."""
        body = f"amount=700&currency=usd&customer={customer}&payment_method={METHOD}&confirm=true"
        self.apart(method, path, {**BY_CARD, "customer": customer}, body)

    def customer(self):
        return self.asked("POST", "/v1/customers", "name=Ada")["id"]

    def intent(self, customer, amount=1000):
        body = f"amount={amount}&currency=usd&customer={customer}{TRANSFER}"
        return self.asked("POST", "/v1/payment_intents", body)["id"]

    def told(self):
        """Conform: what differs, as kind and path, and why what wasn't driven wasn't."""
        session = Fake(Settings(VERSION, seed="other", now=1_780_000_000))
        rows = list(conformance.conform(self.exchanges, session.answer_with_assumptions))
        found = [
            (one.kind, one.path) for row in rows if isinstance(row, Compared) for one in row.differences
        ]
        return found, {row.at: row.reason for row in rows if isinstance(row, SkippedRequest)}, rows


def an_error(message, code=None, kind="invalid_request_error", **more):
    return {"error": {"type": kind, "code": code, "message": message, **more}}


def listed(*items, **more):
    return {"object": "list", "url": "/v1/x", "has_more": False, "data": list(items), **more}
