"""A recording that the fake makes itself: several customers who pay by bank transfer, in threads."""

import pytest

from pytest_stripe_balance.api.message import Headers, Request
from pytest_stripe_balance.session import Session, Settings

API = "https://api.stripe.com"
VERSION = "2026-10-28.endive"
TRANSFER = (
    "&payment_method_data[type]=customer_balance"
    "&payment_method_options[customer_balance][funding_type]=bank_transfer"
    "&payment_method_options[customer_balance][bank_transfer][type]=us_bank_transfer"
)


class Recorder:
    """Asks the fake, and keeps what came, thread by thread."""

    def __init__(self, seed="0", version=VERSION):
        self.session = Session(Settings(version, seed=seed, name="recorded"))
        self.threads = {}
        self.version = version

    def ask(self, thread, method, path, body=""):
        headers = {"Authorization": "Bearer sk_test_x", "Stripe-Version": self.version}
        self.session.answer(Request(method, API + path, Headers(headers), body))
        exchange = self.session.exchanges[-1]
        self.threads.setdefault(thread, []).append(exchange)
        return exchange.response.json

    def pay(self, thread, amount, funded):
        """One customer's story: an intent, a transfer, an apply, and what can be read after."""
        ask = self.ask
        body = "cash_balance[settings][reconciliation_mode]=manual"
        customer = ask(thread, "POST", "/v1/customers", body)["id"]
        body = f"amount={amount}&currency=usd&customer={customer}&confirm=true{TRANSFER}"
        intent = ask(thread, "POST", "/v1/payment_intents", body)["id"]
        fund = f"/v1/test_helpers/customers/{customer}/fund_cash_balance"
        ask(thread, "POST", fund, f"amount={funded}&currency=usd")
        ask(thread, "POST", f"/v1/payment_intents/{intent}/apply_customer_balance")
        ask(thread, "GET", f"/v1/payment_intents/{intent}?expand[]=customer")
        ask(thread, "GET", f"/v1/customers/{customer}/cash_balance_transactions")
        ask(thread, "GET", f"/v1/payment_intents/{intent}?expand[]=customer")
        ask(thread, "GET", f"/v1/customers/{customer}/cash_balance")
        ask(thread, "POST", f"/v1/payment_intents/{intent}/cancel")

    @property
    def exchanges(self):
        return self.session.exchanges


@pytest.fixture(scope="session")
def recorder():
    """A recorder on which three stories were told; two of them are the same."""
    made = Recorder()
    for thread, (amount, funded) in enumerate([(1000, 1000), (1000, 1000), (1000, 400)]):
        made.pay(thread, amount, funded)
    return made


@pytest.fixture
def new_recorder():
    """The recorder's class, for a recording of one's own."""
    return Recorder
