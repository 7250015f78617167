"""Questions to Stripe, each an entry of the register of assumptions; in test mode their answers are verdicts.

A probe makes what it needs, collects all that it wants to know, and then says what the register assumes.
"""

import time

import pytest
import stripe

from pytest_stripe_balance import modes
from pytest_stripe_balance.cassettes.provenance import STRIPE_TEST_MODE, together, who_answered
from pytest_stripe_balance.engine.state.assumptions import REGISTER
from pytest_stripe_balance.plugin import reporting

LOOKS, PAUSE = 20, 0.5
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

    def bare(self, customer, amount=1000, kind="customer_balance"):
        """Make an intent of one type without a payment method, at a version that takes types everywhere.

        Without types they would be those that the account's Dashboard has.
        """
        params = {"customer": customer, "amount": amount, "currency": "usd"}
        at = {"stripe_version": "2024-06-20"}
        return stripe.PaymentIntent.create(payment_method_types=[kind], **params, **at).id

    def events(self, *, since=0):
        return [event.type for event in self.balance.events()][since:]

    def so_far(self):
        """Count the events, when no more come: Stripe's may come after the answers to what made them."""
        before = -1
        for _ in range(LOOKS):
            now = len(self.events())
            if now == before:
                break
            before = now
            self.pause()
        return before

    def error(self, call):
        """Give status, type, code and param of the error that a call comes to; 200 where it is none."""
        try:
            call()
        except stripe.StripeError as raised:
            error = raised.json_body["error"]
            return raised.http_status, error["type"], error.get("code"), error.get("param")
        return 200, None, None, None

    def said(self, call):
        """Give the text of the error that a call comes to."""
        try:
            call()
        except stripe.StripeError as raised:
            return raised.json_body["error"]["message"]
        return None

    def answer(self, call):
        """Make the call that is the question itself: that it is refused is an answer, too."""
        try:
            return call()
        except stripe.StripeError as error:
            raise AssertionError(f"refused: {error}") from error

    def settled(self, look, wanted, looks=LOOKS):
        """Look until Stripe has got there, as what it does after a call may take its time.

        In replay as often as it was recorded, at no cost.
        """
        found = look()
        for _ in range(looks):
            if found == wanted or self.balance.mode == "fake":
                break
            self.pause()
            found = look()
        return found

    def pause(self):
        if modes.MODES[self.balance.mode].sends:
            time.sleep(PAUSE)


@pytest.fixture
def probe(stripe_balance):
    return Probe(stripe_balance)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Put what a probe says into its report, which a worker may have to send elsewhere."""
    report = yield
    if report.when == "call" or report.failed:
        entry = item.function.__name__.removeprefix("test_").replace("_", "-")
        kept = reporting.state_of(item)
        session = kept and kept.session
        vars(report)["stripe_probe"] = (entry, *_verdict(call, session), _who(session))
    return report


def _verdict(call, session):
    """Tell what a phase of a probe says of its entry, and why it says nothing.

    Only what the probe itself found otherwise refutes; a hole in a recording, a refused preparation or a
    network that is down are no answers.
    """
    if session and session.refusals:
        return "not asked", str(session.refusals[0])
    if call.excinfo is None:
        return "holds", ""
    if call.when == "call" and call.excinfo.errisinstance(AssertionError):
        return "refuted", ""
    return "not asked", call.excinfo.exconly()


def _who(session):
    """Name who answered, as a cassette's provenance does."""
    if session is None or session.settings.mode == "fake":
        return "fake" if session else None
    replay, wire = getattr(session, "_replay", None), session.settings.wire
    whos = [replay.provenance.who] if replay else []
    if session.sends:
        whos.append(who_answered(wire.base_url or "https://api.stripe.com", wire.key))
    return together(whos)


_said = {}


def pytest_runtest_logreport(report):
    entry, *said = getattr(report, "stripe_probe", (None,))
    if entry in REGISTER and (entry not in _said or said[0] != "holds"):
        _said[entry] = said


def pytest_terminal_summary(terminalreporter, config):
    """Print the verdicts, where somebody else than the fake was asked."""
    whos = {who for _, _, who in _said.values() if who}
    if not _said or (whos == {"fake"} and config.get_verbosity() <= 0):
        return
    answered = " and ".join(sorted(whos)) or "nobody"
    told = f"this settles nothing about Stripe, as {answered} answered"
    if whos == {STRIPE_TEST_MODE}:
        told = "these are verdicts, as Stripe's test mode answered"
    terminalreporter.write_line(f"what the register assumes: {told}")
    for entry in REGISTER.values():
        word, why, _ = _said.get(entry.id, ("not asked", "", None))
        text = " ".join((why or entry.sentence).split())
        terminalreporter.write_line(f"  {word:9}  {entry.id}: {text}"[:110])
