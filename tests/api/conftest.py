"""A tour of every endpoint: each row of the table asked for at least once, at any API version."""

import json
from functools import cache
from types import SimpleNamespace

import pytest
import stripe
from majors import encoded

from pytest_stripe_balance.api import routes
from pytest_stripe_balance.api.message import Headers, Request
from pytest_stripe_balance.session import Fake, Settings

BANK_TRANSFER = {
    "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": {"type": "gb_bank_transfer"}}
}
BILLED = {
    "collection_method": "send_invoice",
    "days_until_due": 30,
    "payment_settings": {
        "payment_method_types": ["customer_balance"],
        "payment_method_options": BANK_TRANSFER,
    },
}
SHOP = "acct_1ShopShopShopShp"
QUERIES = {
    "customers": "email:'ada@example.com'",
    "payment_intents": "status:'succeeded' OR amount>10",
    "charges": "amount>10",
    "invoices": "currency:'gbp'",
    "products": "active:'true'",
    "prices": "currency:'gbp'",
}


def by_session(session):
    """Make what asks a session without stripe-python: a Refused comes out as it is.

    It gives what the answer rested on too.
    """

    def send(method, url, headers, form=""):
        request = Request(method.upper(), url, Headers(headers), form)
        response, rested = session.answer_with_assumptions(request)
        session.observe(request, response)
        return response.body, response.status, response.headers, rested

    return send


class Visits(dict):
    """What the tour has of each row of api/routes.py; a row that it misses is an AssertionError."""

    def __init__(self, api_version):
        super().__init__()
        self.api_version = api_version

    def __missing__(self, row):
        message = (
            f"the tour doesn't ask {row} at {self.api_version}. Ask it in tests/api/conftest.py, in the "
            f'method of class Tour for its kind of object: self.ask("{row.method}", "{row.path}", ...). '
            "When the version lacks the call, its row in api/routes.py says since="
        )
        raise AssertionError(message)


class Tour:
    """Asks at one API version, without the SDK's typed methods."""

    def __init__(self, api_version, send=None):
        self.api_version = api_version
        self.send = send or stripe.RequestsClient().request
        self.asked, self.answers = Visits(api_version), Visits(api_version)

    def ask(self, method, path, **params):
        """Give an answer's body; request and answer are kept under their row of the table."""
        row, _ = routes.match(method, path)
        self.asked.setdefault(row, []).append((path, params))
        answer = self.answer(method, path, **params)
        self.answers.setdefault(row, []).append(answer)
        return answer.body

    def answer(self, method, path, **params):
        """Give a whole answer."""
        url, form = f"https://api.stripe.com{path}", encoded(params)
        headers = {"Authorization": "Bearer sk_test_1", "Stripe-Version": self.api_version}
        if method == "POST":
            sent = self.send("post", url, headers, form)
        else:
            sent = self.send(method.lower(), f"{url}?{form}", headers)
        body, status, headers, *rested = sent
        return SimpleNamespace(status=status, headers=headers, body=json.loads(body), rested=rested)

    def intent(self, customer, amount=1000, **params):
        given = {
            "customer": customer,
            "amount": amount,
            "currency": "gbp",
            "payment_method_data": {"type": "customer_balance"},
            "payment_method_options": BANK_TRANSFER,
            "confirm": "true",
        }
        if self.api_version < "2023-08-16":
            given["payment_method_types"] = ["customer_balance"]
        return self.ask("POST", "/v1/payment_intents", **{**given, **params})["id"]

    def invoice(self, customer, *steps):
        apart = {"pending_invoice_items_behavior": "exclude", "currency": "gbp"}
        invoice = self.ask("POST", "/v1/invoices", customer=customer, **apart, **BILLED)["id"]
        self.ask(
            "POST", "/v1/invoiceitems", customer=customer, invoice=invoice, amount=700, currency="gbp"
        )
        for step in steps:
            self.ask("POST", f"/v1/invoices/{invoice}/{step}")
        return invoice

    def go(self):
        """Ask for everything that the API version has."""
        customer = self._customers()
        self._intents(customer)
        self._cards(customer)
        self._refunds(customer)
        self._sessions(customer)
        self._setups(customer)
        self._invoices(customer)
        self._catalog()
        self._connect(customer)
        self._checkout(customer)
        for objects, query in QUERIES.items():
            self.ask("GET", f"/v1/{objects}/search", query=query, expand=["total_count"])
        for event in self.ask("GET", "/v1/events", limit=100)["data"]:
            self.ask("GET", f"/v1/events/{event['id']}")
        self._endpoints()

    def _customers(self):
        gone = self.ask("POST", "/v1/customers", name="Gone")["id"]
        self.ask("DELETE", f"/v1/customers/{gone}")
        self.ask("GET", f"/v1/customers/{gone}")
        customer = self.ask("POST", "/v1/customers", email="ada@example.com")["id"]
        self.ask("POST", f"/v1/customers/{customer}", name="Ada", address={"country": "GB"})
        self.ask("GET", "/v1/customers")
        self.ask("GET", f"/v1/customers/{customer}", expand=["cash_balance"])
        self.ask("GET", f"/v1/customers/{customer}/cash_balance")
        for mode in ("automatic", "merchant_default", "manual"):
            settings = {"reconciliation_mode": mode}
            self.ask("POST", f"/v1/customers/{customer}/cash_balance", settings=settings)
        for currency, transfer in (
            ("usd", {"type": "us_bank_transfer"}),
            ("eur", {"type": "eu_bank_transfer", "eu_bank_transfer": {"country": "DE"}}),
            ("gbp", {"type": "gb_bank_transfer"}),
            ("jpy", {"type": "jp_bank_transfer"}),
            ("mxn", {"type": "mx_bank_transfer"}),
        ):
            self.ask(
                "POST",
                f"/v1/customers/{customer}/funding_instructions",
                currency=currency,
                funding_type="bank_transfer",
                bank_transfer=transfer,
            )
            self._fund(customer, 5000, currency)
        return customer

    def _fund(self, customer, amount, currency="gbp", **params):
        path = f"/v1/test_helpers/customers/{customer}/fund_cash_balance"
        return self.ask("POST", path, amount=amount, currency=currency, **params)

    def _intents(self, customer):
        self.ask("POST", "/v1/payment_intents", amount=1000, currency="usd")
        method = self.ask("POST", "/v1/payment_methods", type="customer_balance")["id"]
        self.ask("GET", f"/v1/payment_methods/{method}")
        self.ask("GET", "/v1/payment_methods", customer=customer)
        self.ask("GET", f"/v1/customers/{customer}/payment_methods")
        partly = self.intent(customer, confirm="false", payment_method_options={})
        self.ask("POST", f"/v1/payment_intents/{partly}/confirm", payment_method_options=BANK_TRANSFER)
        self.ask("POST", f"/v1/payment_intents/{partly}/apply_customer_balance", amount=400)
        self.ask("POST", f"/v1/payment_intents/{partly}", amount=900)
        self.ask("POST", f"/v1/payment_intents/{partly}/cancel", cancellation_reason="abandoned")
        self.ask("POST", f"/v1/payment_intents/{partly}/cancel")
        expand = ["latest_charge.balance_transaction", "customer", "payment_method"]
        paid = self.intent(customer)
        self.ask("POST", f"/v1/payment_intents/{paid}/apply_customer_balance", expand=expand)
        self.ask("GET", f"/v1/payment_intents/{paid}", expand=expand)
        self.ask("GET", "/v1/payment_intents", expand=["data.latest_charge"])
        for charge in self.ask("GET", "/v1/charges")["data"]:
            self.ask("GET", f"/v1/charges/{charge['id']}", expand=["payment_intent"])
        self.ask("GET", "/v1/balance")
        for booked in self.ask("GET", "/v1/balance_transactions")["data"]:
            self.ask("GET", f"/v1/balance_transactions/{booked['id']}", expand=["source"])
        rows = f"/v1/customers/{customer}/cash_balance_transactions"
        for row in self.ask("GET", rows, limit=100)["data"]:
            self.ask("GET", f"{rows}/{row['id']}")

    def _cards(self, customer):
        saved = self.ask("POST", "/v1/payment_methods/pm_card_visa/attach", customer=customer)["id"]
        self.ask("POST", f"/v1/payment_methods/{saved}", metadata={"a": "b"})
        self.ask("GET", f"/v1/customers/{customer}/payment_methods/{saved}")
        order = {"amount": 1000, "currency": "gbp", "allowed_payment_method_types": ["card"]}
        if self.api_version < "2026-03":
            order["payment_method_types"] = order.pop("allowed_payment_method_types")
        order |= {"customer": customer, "payment_method": saved, "confirm": "true"}
        paid = self.ask("POST", "/v1/payment_intents", **order, expand=["latest_charge"])
        self.ask("POST", "/v1/refunds", payment_intent=paid["id"], amount=100)
        held = self.ask("POST", "/v1/payment_intents", **order, capture_method="manual")["id"]
        self.ask("POST", f"/v1/payment_intents/{held}/capture", expand=["latest_charge"])
        self.ask("POST", "/v1/customers", payment_method="pm_card_visa")
        declined = {**order, "payment_method": "pm_card_chargeDeclined"}
        failed = self.ask("POST", "/v1/payment_intents", **declined)["error"]
        self.ask("GET", f"/v1/charges/{failed['charge']}")
        spare = self.ask("POST", "/v1/payment_methods/pm_card_visa/attach", customer=customer)["id"]
        self.ask("POST", f"/v1/payment_methods/{spare}/detach")

    def _refunds(self, customer):
        paid = self.intent(customer)
        self.ask("POST", f"/v1/payment_intents/{paid}/apply_customer_balance")
        refunds = [
            self.ask("POST", "/v1/refunds", payment_intent=paid, amount=amount)["id"]
            for amount in (100, 200, 300)
        ]
        self.ask("POST", f"/v1/refunds/{refunds[0]}", metadata={"why": "test"})
        self.ask("POST", f"/v1/refunds/{refunds[1]}/cancel")
        self.ask("POST", f"/v1/test_helpers/refunds/{refunds[2]}/expire")
        of_cash = {"origin": "customer_balance", "customer": customer, "currency": "gbp"}
        refunds.append(self.ask("POST", "/v1/refunds", amount=50, **of_cash)["id"])
        self.ask("POST", f"/v1/refunds/{refunds[3]}/cancel")
        self.ask("GET", "/v1/refunds", expand=["data.charge", "data.payment_intent"])
        for refund in refunds:
            self.ask("GET", f"/v1/refunds/{refund}", expand=["balance_transaction"])

    def _invoices(self, customer):
        self.ask("POST", "/v1/invoiceitems", customer=customer, amount=1, currency="usd")
        self.ask("DELETE", f"/v1/invoices/{self.invoice(customer)}")
        for steps in (["finalize", "send", "pay"], ["send", "void"], ["pay"]):
            self.invoice(customer, *steps)
        given_up = self.invoice(customer, "finalize", "mark_uncollectible")
        for invoice in self.ask("GET", "/v1/invoices")["data"]:
            self.ask("GET", f"/v1/invoices/{invoice['id']}")
        self.ask("GET", f"/v1/invoices/{given_up}", expand=["customer"])
        self.ask("GET", f"/v1/invoices/{given_up}/lines")
        for item in self.ask("GET", "/v1/invoiceitems")["data"]:
            self.ask("GET", f"/v1/invoiceitems/{item['id']}", expand=["invoice"])
        if self.api_version > "2025-03":
            self.ask("GET", f"/v1/invoices/{given_up}", expand=["payments", "confirmation_secret"])
            for link in self.ask("GET", "/v1/invoice_payments")["data"]:
                self.ask("GET", f"/v1/invoice_payments/{link['id']}", expand=["invoice"])

    def _catalog(self):
        cost = {"currency": "gbp", "unit_amount": 700}
        gone = self.ask("POST", "/v1/products", name="Gone")["id"]
        product = self.ask("POST", "/v1/products", name="Hat", default_price_data=cost)["id"]
        self.ask("POST", f"/v1/products/{product}", description="Felt")
        self.ask("GET", f"/v1/products/{product}", expand=["default_price"])
        self.ask("GET", "/v1/products", expand=["data.default_price"])
        self.ask("DELETE", f"/v1/products/{gone}")
        price = self.ask("POST", "/v1/prices", product=product, recurring={"interval": "month"}, **cost)
        self.ask("POST", f"/v1/prices/{price['id']}", active="false")
        self.ask("GET", f"/v1/prices/{price['id']}", expand=["product", "currency_options"])
        self.ask("GET", "/v1/prices", expand=["data.product"])

    def _sessions(self, customer):
        component = "payment_element" if self.api_version >= "2024-06-20" else "buy_button"
        components = {component: {"enabled": "true"}}
        self.ask("POST", "/v1/customer_sessions", customer=customer, components=components)
        token = self.ask(
            "POST",
            "/v1/test_helpers/confirmation_tokens",
            payment_method_data={"type": "customer_balance"},
        )["id"]
        self.ask("GET", f"/v1/confirmation_tokens/{token}")
        self.intent(customer, confirmation_token=token)

    def _setups(self, customer):
        made = self.ask("POST", "/v1/setup_intents", customer=customer)["id"]
        self.ask("POST", f"/v1/setup_intents/{made}", description="A card")
        self.ask("POST", f"/v1/setup_intents/{made}", payment_method="pm_card_visa")
        self.ask("POST", f"/v1/setup_intents/{made}/confirm", return_url="https://a.example/")
        self.ask("GET", "/v1/setup_intents", customer=customer)
        self.ask("GET", f"/v1/setup_intents/{made}", expand=["payment_method"])
        gone = self.ask("POST", "/v1/setup_intents")["id"]
        self.ask("POST", f"/v1/setup_intents/{gone}/cancel")

    def _connect(self, customer):
        shared = {"transfer_data": {"destination": SHOP}, "application_fee_amount": 100}
        paid = self.intent(customer, **shared)
        self.ask("POST", f"/v1/payment_intents/{paid}/apply_customer_balance")
        refund = {"reverse_transfer": "true", "refund_application_fee": "true"}
        self.ask("POST", "/v1/refunds", payment_intent=paid, amount=300, **refund)
        made = self.ask("POST", "/v1/transfers", amount=10, currency="gbp", destination=SHOP)["id"]
        self.ask("POST", f"/v1/transfers/{made}", metadata={"a": "b"})
        self.ask("GET", "/v1/transfers", expand=["data.balance_transaction"])
        self.ask("GET", f"/v1/transfers/{made}", expand=["balance_transaction"])
        taken = f"/v1/transfers/{made}/reversals"
        reversal = self.ask("POST", taken, amount=4, metadata={"a": "b"})["id"]
        self.ask("GET", taken)
        self.ask("GET", f"{taken}/{reversal}", expand=["transfer"])
        self.ask("POST", f"{taken}/{reversal}", metadata={"a": "c"})
        fee = self.ask("GET", "/v1/application_fees")["data"][0]["id"]
        self.ask("GET", f"/v1/application_fees/{fee}", expand=["originating_transaction"])
        given = f"/v1/application_fees/{fee}/refunds"
        back = self.ask("POST", given, amount=20, metadata={"a": "b"})["id"]
        self.ask("GET", given)
        self.ask("GET", f"{given}/{back}", expand=["fee"])
        self.ask("POST", f"{given}/{back}", metadata={"a": "c"})

    def _checkout(self, customer):
        cost = {"currency": "gbp", "unit_amount": 700, "product_data": {"name": "Hat"}}
        page = {
            "mode": "payment",
            "success_url": "https://example.com/thanks",
            "line_items": [{"price_data": cost, "quantity": 2}],
        }
        sessions = "/v1/checkout/sessions"
        session = self.ask("POST", sessions, **page, customer=customer)["id"]
        guest = self.ask("POST", sessions, **page, customer_email="ada@example.com")["id"]
        self.ask("GET", sessions, expand=["data.customer"])
        self.ask("GET", f"{sessions}/{session}", expand=["customer", "line_items"])
        self.ask("GET", f"{sessions}/{session}/line_items", expand=["data.price.product"])
        if self.api_version > "2024-06":
            self.ask("POST", f"{sessions}/{session}", metadata={"a": "b"})
        self.ask("POST", f"{sessions}/{guest}/expire")

    def _endpoints(self):
        url, heard = "https://example.com/stripe", ["payment_intent.succeeded"]
        for more in ({}, {"description": "Shop", "api_version": self.api_version, "connect": "true"}):
            hook = self.ask("POST", "/v1/webhook_endpoints", url=url, enabled_events=heard, **more)["id"]
            self.ask("POST", f"/v1/webhook_endpoints/{hook}", disabled="true", metadata={"a": "b"})
            self.ask("GET", f"/v1/webhook_endpoints/{hook}")
        self.ask("GET", "/v1/webhook_endpoints")
        self.ask("DELETE", f"/v1/webhook_endpoints/{hook}")


@pytest.fixture(autouse=True)
def _newest(at_newest_version):
    """What these tests say holds at the newest API version, where they name no other."""


@pytest.fixture
def tour(stripe_balance):
    """Make a tour of the test's world at an API version."""
    return Tour


@pytest.fixture(scope="session")
def tour_alone():
    """Make a tour that has gone all the way in a world of its own."""

    def make(api_version):
        session = Fake(Settings(api_version, name="a tour"))
        trip = Tour(api_version, by_session(session))
        trip.go()
        trip.session = session
        return trip

    return make


@pytest.fixture(scope="session")
def toured(tour_alone):
    """Give the tour that many tests share, because they leave its world as it is."""
    return cache(tour_alone)
