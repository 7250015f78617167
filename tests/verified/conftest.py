"""Questions to Stripe, each an entry of the register of assumptions; in test mode their answers are verdicts.

A probe makes what it needs, collects all that it wants to know, and then says what the register assumes.
"""

import time

import pytest
import stripe

from pytest_stripe_balance import modes, settings
from pytest_stripe_balance.engine.assumptions import REGISTER

TRIES, PAUSE = 20, 0.5
BANK_TRANSFER = {
    "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
}


class Probe:
    """What probes ask with; everything goes through stripe-python, so they run in every mode."""

    def __init__(self, balance):
        self.balance = balance

    def customer(self, reconciliation="manual", **params):
        return self.balance.customer(reconciliation=reconciliation, **params).id

    def payer(self, **params):
        """Make a customer who can be written to."""
        return self.customer(email=f"{self.balance.unique('payer')}@example.com", **params)

    def intent(self, customer, amount=1000, **params):
        return self.balance.bank_transfer_intent(customer, amount, **params).id

    def paid(self, customer, amount=1000):
        """Pay an intent by hand; give the intent."""
        intent = self.intent(customer, amount)
        self.balance.fund(customer, amount)
        return stripe.PaymentIntent.apply_customer_balance(intent)

    def status(self, *intents):
        return [stripe.PaymentIntent.retrieve(intent).status for intent in intents]

    def remaining(self, intent):
        told = stripe.PaymentIntent.retrieve(intent).next_action
        return told.display_bank_transfer_instructions.amount_remaining

    def events(self, *, since=0):
        return [event.type for event in self.balance.events()][since:]

    def error(self, call):
        """Give status, type, code and param of the error that a call comes to."""
        with pytest.raises(stripe.StripeError) as caught:
            call()
        error = caught.value.json_body["error"]
        return caught.value.http_status, error["type"], error.get("code"), error.get("param")

    def settled(self, look, wanted):
        """Look until Stripe has got there, as what it does after a call may take its time."""
        found = look()
        for _ in range(TRIES):
            if found == wanted or self.balance.mode in ("fake", "replay"):
                break
            time.sleep(PAUSE)
            found = look()
        return found


@pytest.fixture
def probe(stripe_balance):
    return Probe(stripe_balance)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Name the probe in its report, which a worker may have to send elsewhere."""
    report = yield
    vars(report)["stripe_probe"] = item.function.__name__.removeprefix("test_").replace("_", "-")
    return report


def pytest_runtest_logreport(report):
    probe = getattr(report, "stripe_probe", None)
    if probe and (report.when == "call" or report.failed):
        _outcomes[probe] = {"passed": "holds", "failed": "refuted"}.get(report.outcome, "not asked")


_outcomes = {}


def pytest_terminal_summary(terminalreporter, config):
    """Print the verdicts, where somebody else than the fake was asked."""
    mode, wire = settings.mode(config, {})
    verdicts = {entry: word for entry, word in _outcomes.items() if entry in REGISTER}
    if not verdicts or mode.name == "fake":
        return
    who = wire.base_url or mode.who_answers
    settles = modes.MODES[mode.name].sends and not wire.base_url
    told = "these are verdicts" if settles else "this settles nothing, as it wasn't Stripe that answered"
    terminalreporter.write_line(f"what the register assumes, asked of {who}: {told}")
    for entry in REGISTER.values():
        word = verdicts.get(entry.id, "not asked")
        terminalreporter.write_line(f"  {word:9}  {entry.id}: {entry.sentence}"[:110])
