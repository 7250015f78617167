"""What a request costs, in calls and in what is kept: counted, because times depend on the machine."""

import gc
import sys
import weakref
from collections import Counter
from pathlib import Path

import pytest

import pytest_stripe_balance
from pytest_stripe_balance.api import compiled_form
from pytest_stripe_balance.api.message import Headers, Request
from pytest_stripe_balance.api.rendering import render
from pytest_stripe_balance.contract import contract, parsed
from pytest_stripe_balance.engine.state.records import payments
from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session import Fake, Settings

OURS = str(Path(pytest_stripe_balance.__file__).parent)
REPLACE = payments.PaymentIntent._replace.__code__  # every named tuple's
API = "https://api.stripe.com"
INTENTS = "/v1/payment_intents"
TRANSFER = (
    "&payment_method_data[type]=customer_balance"
    "&payment_method_options[customer_balance][funding_type]=bank_transfer"
    "&payment_method_options[customer_balance][bank_transfer][type]=us_bank_transfer"
)


class Shop:
    """A fake, a customer in manual mode with cash, and one intent; `ask` sends as the tap does."""

    def __init__(self):
        self.session = Fake(Settings(newest_api_version(), name="counted"))
        body = "cash_balance[settings][reconciliation_mode]=manual"
        self.customer = self.ask("POST", "/v1/customers", body)["id"]
        self.creation = f"amount=1000&currency=usd&customer={self.customer}&confirm=true{TRANSFER}"
        self.intent = self.ask("POST", INTENTS, self.creation)["id"]
        fund = f"/v1/test_helpers/customers/{self.customer}/fund_cash_balance"
        self.ask("POST", fund, "amount=5000&currency=usd")
        self.calls = {
            "create": ("POST", INTENTS, self.creation),
            "apply": ("POST", f"{INTENTS}/{self.intent}/apply_customer_balance", "amount=1"),
            "retrieve": ("GET", f"{INTENTS}/{self.intent}"),
            "list": ("GET", INTENTS),
            "events": ("GET", "/v1/events"),
            "own": ("GET", f"{INTENTS}?customer={self.customer}"),
        }

    def ask(self, method, path, body=""):
        key = {"Idempotency-Key": f"key {len(self.session.exchanges)}"} if method == "POST" else {}
        headers = Headers({"Authorization": "Bearer sk_test_1", **key})
        request = Request(method, API + path, headers, body)
        response = self.session.answer(request)
        self.session.observe(request, response)
        return response.json

    def counted(self, kind):
        """Make a call of a kind, and count our functions' calls, once what is paid once is paid."""
        self.ask(*self.calls[kind])
        counts = Counter()

        def count(frame, event, _):
            code = frame.f_code
            if event == "call" and (code is REPLACE or code.co_filename.startswith(OURS)):
                counts[code] += 1

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            self.ask(*self.calls[kind])
        finally:
            sys.setprofile(before)
        return counts


@pytest.fixture
def shop():
    return Shop()


# What is called how often, by the calls that tests are made of.
COUNTED = (
    (compiled_form.read, "reads the form"),
    (render.render, "renders what it answers"),
    (contract.Contract._check_one, "checks the answer"),
)


@pytest.mark.parametrize(("function", "does"), COUNTED, ids=[does for _, does in COUNTED])
@pytest.mark.parametrize("kind", ["create", "apply", "retrieve"])
def test_a_request_does_everything_once(shop, kind, function, does):
    """One pass over the form, one rendering though there are events, one validation of the answer."""
    assert shop.counted(kind)[function.__code__] == 1, f"{kind} {does} more than once, or never"


@pytest.mark.parametrize("kind", ["create", "apply", "retrieve", "list"])
def test_an_answer_is_written_and_never_read_again(shop, kind):
    """What the body was written from is what the contract checks."""
    counts = shop.counted(kind)
    assert (counts[parsed.just_written.__code__], counts[parsed.parse.__code__]) == (1, 0)


@pytest.mark.parametrize(("kind", "times"), [("create", 2), ("apply", 1), ("retrieve", 0)])
def test_a_record_is_made_for_each_state_and_few_more(shop, kind, times):
    """A created intent is made and confirmed; an apply changes it once, in part."""
    assert shop.counted(kind)[REPLACE] == times


@pytest.mark.parametrize("kind", ["create", "apply", "retrieve", "list", "events"])
def test_a_request_costs_the_same_in_a_full_world(shop, kind):
    """Nothing goes through all that there is: no copy of the world, no walk along a table."""
    counts = []
    for more in (15, 45):  # both fill a page
        for _ in range(more):
            shop.ask(*shop.calls["create"])
        counts.append(shop.counted(kind))
    few, many = counts
    assert not {
        code.co_qualname: count - few[code] for code, count in many.items() if count != few[code]
    }


def test_a_customers_list_costs_the_same_whatever_others_have(shop):
    """It doesn't go through the intents of everybody."""
    alone = shop.counted("own")
    other = shop.ask("POST", "/v1/customers")["id"]
    for _ in range(15):
        shop.ask("POST", INTENTS, shop.creation.replace(shop.customer, other))
    assert shop.counted("own") == alone


def test_what_does_not_change_is_kept_once(shop):
    """An event holds the very record that it is about, and all intents of a customer the same accounts."""
    world = shop.session.world
    other = shop.ask(*shop.calls["create"])["id"]
    one, two = (world.payment_intents.get(name) for name in (shop.intent, other))
    assert [event.subject for event in world.events][-1] is two
    assert one.instructions.financial_addresses[0] is two.instructions.financial_addresses[0]


def test_an_exchange_keeps_no_document(shop):
    """A body's document is let go once it is checked: the body alone is kept."""
    shop.ask(*shop.calls["retrieve"])
    assert shop.session.exchanges[-1].response.take_document() is None


@pytest.mark.parametrize(("kind", "most"), [("create", 166), ("apply", 140), ("retrieve", 78)])
def test_a_request_takes_few_steps(shop, kind, most):
    """Its time goes by the calls of our functions; each is half a microsecond to a microsecond of it."""
    assert sum(shop.counted(kind).values()) <= most


@pytest.mark.parametrize("last", ["retrieve", "create", "a fault"])
def test_a_session_is_gone_with_its_test(last):
    """Nothing of one that refused nothing is in a circle: its worlds wait for no garbage collector."""
    shop = Shop()
    events = shop.session.world.events
    gone = [weakref.ref(one) for one in (shop.session, shop.session.world, events)]
    gc.collect()
    gc.disable()
    try:
        too_much = ("POST", f"{INTENTS}/{shop.intent}/apply_customer_balance", "amount=9999999")
        shop.ask(*shop.calls.get(last, too_much))
        del shop, events
        assert [one() for one in gone] == [None, None, None]
    finally:
        gc.enable()
