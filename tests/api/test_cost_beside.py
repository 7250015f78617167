"""What a call costs beside much that is settled: as much as beside little, counted in steps."""

import sys
from pathlib import Path

import pytest

import pytest_stripe_balance
from pytest_stripe_balance.api.message import Headers, Request
from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session import Fake, Settings

OURS = str(Path(pytest_stripe_balance.__file__).parent)
API = "https://api.stripe.com"
INTENTS = "/v1/payment_intents"
ROWS = "customers/{}/cash_balance_transactions"
TRANSFER = (
    "&payment_method_data[type]=customer_balance"
    "&payment_method_options[customer_balance][funding_type]=bank_transfer"
    "&payment_method_options[customer_balance][bank_transfer][type]=us_bank_transfer"
)


class Desk:
    """A fake with a customer. `ready` makes what a call of a kind is about, and `call` makes the call."""

    def __init__(self, name):
        self.session = Fake(Settings(newest_api_version(), name=name))
        self.customer = self.post("customers", "email=ada@example.com")["id"]
        self.about = ""

    def ask(self, method, path, body=""):
        request = Request(method, API + path, Headers({"Authorization": "Bearer sk_test_1"}), body)
        response = self.session.answer(request)
        self.session.observe(request, response)
        assert response.status == 200, response.json
        return response.json

    def post(self, path, body=""):
        return self.ask("POST", f"/v1/{path}", body)

    def fund(self, customer=None, amount=1000):
        path = f"test_helpers/customers/{customer or self.customer}/fund_cash_balance"
        return self.post(path, f"amount={amount}&currency=usd")

    def intent(self, customer=None, confirm="true"):
        of = f"customer={customer or self.customer}&confirm={confirm}"
        return self.post("payment_intents", f"amount=1000&currency=usd&{of}{TRANSFER}")

    def bill(self, customer=None):
        of = f"customer={customer or self.customer}"
        types = "payment_settings[payment_method_types][0]=customer_balance"
        to_send = f"collection_method=send_invoice&days_until_due=9&{types}"
        self.about = self.post("invoices", f"{of}&{to_send}")["id"]
        self.post("invoiceitems", f"{of}&invoice={self.about}&amount=1000&currency=usd")

    def settle(self, customer):
        """Settle an intent, one of an invoice, a canceled one and a refund."""
        paid = self.intent(customer)["id"]
        self.fund(customer)
        self.post("refunds", f"payment_intent={paid}&amount=5&instructions_email=ada@example.com")
        self.post(f"payment_intents/{self.intent(customer, 'false')['id']}/cancel")
        self.bill(customer)
        self.post(f"invoices/{self.about}/finalize")
        self.fund(customer)

    def ready(self, kind):
        if kind in {"pay by a transfer", "cancel"}:
            self.about = self.intent()["id"]
        elif kind == "confirm":
            self.about = self.intent(confirm="false")["id"]
        elif kind in {"refund", "charge", "list charges"}:
            self.about = self.intent()["id"]
            self.fund()
        elif kind in {"finalize", "pay", "pay a bill by a transfer"}:
            self.bill()
            if kind == "pay":
                self.fund()
            if kind != "finalize":
                self.post(f"invoices/{self.about}/finalize")

    def call(self, kind):
        own, about = f"customer={self.customer}", self.about
        to_bank = f"payment_intent={about}&instructions_email=ada@example.com"
        calls = {
            "create": self.intent,
            "bill": self.bill,
            "advance": lambda: self.session.travel(self.session.now + 60),
            "confirm": lambda: self.post(f"payment_intents/{about}/confirm"),
            "cancel": lambda: self.post(f"payment_intents/{about}/cancel"),
            "refund": lambda: self.post("refunds", to_bank),
            "finalize": lambda: self.post(f"invoices/{about}/finalize"),
            "pay": lambda: self.post(f"invoices/{about}/pay"),
            "list": lambda: self.ask("GET", f"{INTENTS}?limit=3&{own}"),
            "list charges": lambda: self.ask("GET", f"/v1/charges?payment_intent={about}"),
            "list open bills": lambda: self.ask("GET", f"/v1/invoices?{own}&status=open"),
            "list pending items": lambda: self.ask("GET", f"/v1/invoiceitems?{own}&pending=true"),
            "charge": lambda: self.ask("GET", f"{INTENTS}/{about}?expand[]=latest_charge.refunds"),
            "events": lambda: self.ask("GET", "/v1/events?limit=1&type=customer.created"),
            "rows": lambda: self.ask("GET", f"/v1/{ROWS.format(self.customer)}?limit=3"),
        }
        calls.get(kind, self.fund)()

    def steps(self, kind):
        """Count the steps of the interpreter in our code for a call of a kind."""
        self.ready(kind)
        count = 0

        def trace(frame, event, _):
            nonlocal count
            if not frame.f_code.co_filename.startswith(OURS):
                return None
            frame.f_trace_opcodes = True
            count += event == "opcode"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            self.call(kind)
        finally:
            sys.settrace(before)
        return count


BESIDE = (
    "fund",
    "pay by a transfer",
    "pay a bill by a transfer",
    "create",
    "confirm",
    "cancel",
    "refund",
    "bill",
    "finalize",
    "pay",
    "list",
    "list open bills",
    "list pending items",
    "list charges",
    "charge",
    "events",
    "rows",
    "advance",
)


@pytest.mark.parametrize("whose", ["the customer's own", "others'"])
@pytest.mark.parametrize("kind", BESIDE)
def test_a_call_costs_the_same_beside_much_that_is_settled(kind, whose):
    """Paid, canceled and refunded intents and paid bills are not looked at, whosever they are."""
    counts = []
    for many in (3, 12):
        desk = Desk(f"{kind} beside {many} of {whose}")  # with ids that no cache knows
        other = (
            desk.customer
            if whose == "the customer's own"
            else desk.post("customers", "email=bob@example.com")["id"]
        )
        for _ in range(many):
            desk.settle(other)
        desk.steps(kind)  # what is paid once is paid by now
        counts.append(desk.steps(kind))
    assert counts[0] == counts[1]
