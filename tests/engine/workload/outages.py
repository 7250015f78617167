"""Outages in the middle of any call: what they do to money and time, and how an app goes on after them.

stripe-python tries again with the same key, at most twice. Where it gives up, an app tries once more, with
a new key. What Stripe had carried out by then is carried out twice, and the auditor predicts it twice.
"""

from typing import NamedTuple

import pytest
import stripe
from majors import v1

from pytest_stripe_balance.resources import newest_api_version
from workload.draws import METHOD, one_of
from workload.driver import tried

GAVE_UP = (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError, stripe.CardError)
CARD = {"status": 402, "type": "card_error", "code": "card_declined"}
# These are no call of the app's.
BY_HAND = ("wait", "fail_return", "refund.cash_balance", "checkout.submit")
BY_HAND += ("checkout.open",)  # no event tells the id of a session whose answer is lost
BY_HAND += ("refund.provide_bank_details", "refund.settle_refund", "refund.bounce_refund")
# A DELETE has no key: a retry asks for what isn't there any more.
WITHOUT_KEY = ("customer.delete", "invoice.delete")


class Outage(NamedTuple):
    """One fault, and what comes of it.

    `acts`: Stripe carries the call out, once. `before` and `after` are the seconds that stripe-python
    pauses until then and from then on. `lost`: it gives up.
    """

    verb: str
    options: dict
    acts: bool = True
    before: int = 0
    after: int = 0
    lost: bool = False


def _of_the_wire(verb, **options):
    """Give a fault that is met once, twice, and at each try, where Stripe acts at the try after it."""
    return [
        Outage(verb, {**options, "times": 1}),
        Outage(verb, {**options, "times": 2}, before=1),
        Outage(verb, {**options, "times": 3}, acts=False, after=1, lost=True),
    ]


def _of_the_answer(verb, **options):
    """The same, where Stripe acts at the first try."""
    return [
        Outage(verb, {**options, "times": 1}),
        Outage(verb, {**options, "times": 2}, after=1),
        Outage(verb, {**options, "times": 3}, after=1, lost=True),
    ]


OUTAGES = [
    *_of_the_wire("refuse_connection"),
    *_of_the_wire("time_out", acted=False),
    *_of_the_wire("lock_timeout"),
    *_of_the_wire("key_in_use"),
    *_of_the_wire("error", status=503, type="api_error"),
    *_of_the_answer("lose_answer"),
    *_of_the_answer("time_out", acted=True),
    *_of_the_answer("not_json"),
    Outage("half_answer", {}, lost=True),
    Outage("rate_limit", {}, acts=False, lost=True),
    Outage("error", CARD, acts=False, lost=True),
    # Met at each try: a call with invalid parameters is a 400 before its key is looked at.
    Outage("server_error", {"times": 3}, acts=False, after=1, lost=True),
    Outage("server_error", {"acted": True, "times": 3}, after=1, lost=True),
]


class Outages:
    """Let every second call of a workload meet one; stands before the workload among the bases."""

    draw = None

    def __init__(self):
        super().__init__()
        version = newest_api_version()
        client = stripe.StripeClient(
            "sk_test_1",
            http_client=stripe.RequestsClient(),
            max_network_retries=2,
            stripe_version=version,
        )
        self.api = v1(client)

    def token(self):
        """Give what a token would say: where a call was carried out unseen, no second may use its token."""
        return METHOD

    def room_for_endpoints(self):
        """Have no endpoints: a webhook moves no money, and no event tells the id of a lost one."""
        return False

    def ask(self, name, predict, call):
        by_hand = name.startswith(BY_HAND) or name in WITHOUT_KEY
        outage = None if by_hand or self.draw is None else self.draw(one_of(None, *OUTAGES))
        if outage is None:
            return super().ask(name, predict, call)
        getattr(self.fake.faults, outage.verb)(**outage.options)
        made = self.ask_in(outage, name, predict, call)
        assert self.session.unmet == ""
        return super().ask(name, predict, call) if outage.lost else made

    def ask_in(self, outage, name, predict, call):
        """Make a call that meets an outage; give what the auditor predicted, and the answer if one came."""
        self.auditor.now = self.session.now
        if outage.before:
            self.auditor.travel(self.session.now + outage.before)
        predicted, due = self.predicted(predict) if outage.acts else (None, None)
        answer, refused = None, due
        if outage.lost:
            with pytest.raises(GAVE_UP):
                call()
        else:
            answer, refused = tried(call)
        if outage.after:  # the pauses begin when the call has taken its own second
            self.auditor.now = self.session.now - outage.after
            self.auditor.travel(self.session.now)
        self.compare(name, due, refused)
        self.did["outage", f"{outage.verb} {outage.options}"] += 1
        self.hear(f"{name} in {outage}")
        return predicted, answer
