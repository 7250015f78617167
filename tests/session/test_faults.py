"""`stripe_faults`: what each verb does to a call, to its retries, to the money and to the time."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

import pytest
import stripe
from majors import Urllib, v1

from pytest_stripe_balance import fake_stripe
from pytest_stripe_balance.fixtures.faults import StripeFaults
from pytest_stripe_balance.session.own_hand import own_hand

APPLY = "POST /v1/payment_intents/{intent}/apply_customer_balance"
CARD = {"status": 402, "type": "card_error", "code": "card_declined", "decline_code": "lost_card"}
# stripe-python posts in a way that httpx no longer likes.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture(autouse=True)
def _no_sleep(monkeypatch):
    """Fail where stripe-python would sleep."""

    def sleep(seconds):
        assert seconds == 0

    monkeypatch.setattr("stripe._http_client.time.sleep", sleep)


@pytest.fixture
def customer(stripe_balance):
    made = stripe_balance.customer("manual")
    stripe_balance.fund(made, 1000)
    return made


@pytest.fixture
def intent(stripe_balance, customer):
    return stripe_balance.bank_transfer_intent(customer, 1000).id


@pytest.fixture
def asked(stripe_balance):
    """Give what was asked of one call, oldest first."""

    def of(end="/apply_customer_balance"):
        return [one for one in stripe_balance.requests if one.request.path.endswith(end)]

    return of


def apply(intent, **options):
    return stripe.PaymentIntent.apply_customer_balance(intent, amount=400, **options)


class Rule(NamedTuple):
    """The verb and its options; what the app meets; how often the money moved; what each try came to.

    A try "met" the fault, or its answer was a "replay", or neither.
    """

    verb: str
    options: dict
    error: type | None
    moved: int
    tries: list


RULES = [
    Rule("refuse_connection", {}, None, 1, ["met", ""]),
    Rule("lose_answer", {}, None, 1, ["met", "replay"]),
    Rule("time_out", {}, None, 1, ["met", "replay"]),
    Rule("time_out", {"acted": False}, None, 1, ["met", ""]),
    Rule("rate_limit", {}, stripe.RateLimitError, 0, ["met"]),
    Rule("lock_timeout", {}, None, 1, ["met", ""]),
    Rule("server_error", {}, stripe.APIError, 0, ["met", "replay", "replay"]),
    Rule("server_error", {"acted": True}, stripe.APIError, 1, ["met", "replay", "replay"]),
    Rule("key_in_use", {}, None, 1, ["met", ""]),
    Rule("half_answer", {}, stripe.APIConnectionError, 1, ["met"]),
    Rule("not_json", {}, None, 1, ["met", "replay"]),
    Rule("not_json", {"status": 400}, stripe.APIError, 1, ["met"]),
    Rule("error", CARD, stripe.CardError, 0, ["met"]),
    Rule("error", {"status": 500, "type": "api_error"}, None, 1, ["met", ""]),
]
of_every_rule = pytest.mark.parametrize(
    "rule", RULES, ids=lambda rule: f"{rule.verb} {rule.options or ''}"
)


@of_every_rule
def test_a_verb_does_what_the_table_says(rule, stripe_balance, stripe_faults, customer, intent, asked):
    """To the call, under stripe-python's own retries with its key, and to the money."""
    getattr(stripe_faults, rule.verb)(APPLY, **rule.options)
    caught = None
    try:
        apply(intent)
    except stripe.StripeError as raised:
        caught = type(raised)
    assert caught is rule.error
    assert stripe_balance.available(customer) == {"usd": 1000 - 400 * rule.moved}
    told = ["met" if one.fault == rule.verb else "replay" if one.replayed else "" for one in asked()]
    assert (told, [one.retries for one in asked()]) == (rule.tries, [*range(len(rule.tries))])
    assert len({one.request.headers["Idempotency-Key"] for one in asked()}) == 1


@of_every_rule
def test_an_app_that_tries_again_with_a_new_key_moves_the_money_once_more(
    rule, stripe_balance, stripe_faults, customer, intent
):
    """Whatever came of the first call: where Stripe had acted, it has then acted twice."""
    getattr(stripe_faults, rule.verb)(APPLY, **rule.options)
    with pytest.raises(stripe.StripeError):
        apply(intent, idempotency_key="first", max_network_retries=0)
    acted = rule.moved == 1 and rule.tries[-1] != ""
    assert stripe_balance.available(customer) == {"usd": 600 if acted else 1000}
    apply(intent, idempotency_key="second")
    assert stripe_balance.available(customer) == {"usd": 200 if acted else 600}


@pytest.mark.parametrize(
    ("verb", "options", "kept"),
    [
        ("rate_limit", {}, False),
        ("lock_timeout", {}, False),
        ("key_in_use", {}, False),
        ("error", CARD, False),
        ("server_error", {}, True),
    ],
)
def test_only_a_server_error_is_kept_under_the_key(verb, options, kept, stripe_faults, intent):
    """The same key asked once more gets it again; after any other error Stripe acts."""
    getattr(stripe_faults, verb)(**options)
    with pytest.raises(stripe.StripeError):
        apply(intent, idempotency_key="mine", max_network_retries=0)
    if not kept:
        assert "Idempotent-Replayed" not in apply(intent, idempotency_key="mine").last_response.headers
        return
    with pytest.raises(stripe.APIError) as caught:
        apply(intent, idempotency_key="mine", max_network_retries=0)
    assert caught.value.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("acted", [False, True])
def test_a_server_error_leaves_an_answer_that_a_key_has(acted, stripe_faults, stripe_balance, intent):
    """The first answer is the key's for good, though its replay failed once."""
    stripe_faults.lose_answer(APPLY)
    stripe_faults.server_error(APPLY, acted=acted)
    assert apply(intent, idempotency_key="one-key").id == intent
    tries = [one for one in stripe_balance.requests if one.request.path.endswith("customer_balance")]
    assert [one.fault for one in tries] == ["lose_answer", "server_error", ""]
    assert tries[-1].replayed


def test_a_server_error_is_kept_in_its_own_account(stripe_faults, stripe_balance):
    """A connected account's key isn't the platform's."""
    stripe_faults.server_error()
    with pytest.raises(stripe.APIError):
        stripe.Customer.create(idempotency_key="one", stripe_account="acct_1", max_network_retries=0)
    assert stripe.Customer.create(idempotency_key="one").id.startswith("cus_")
    with pytest.raises(stripe.APIError):
        stripe.Customer.create(idempotency_key="one", stripe_account="acct_1", max_network_retries=0)


def test_a_delete_has_no_key_so_its_retry_finds_nothing(stripe_balance, stripe_faults):
    """Stripe keeps answers of POSTs alone: what was lost of a DELETE is a 404 at the next try."""
    customer = stripe_balance.customer()
    stripe_faults.lose_answer("DELETE /v1/customers/{customer}")
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        stripe.Customer.delete(customer.id)


def test_an_answer_has_stripes_own_words(stripe_faults, intent):
    """As seen of the 429s; those of a 500 are the register's server-error."""
    words = {
        "rate_limit": "Request rate limit exceeded.",
        "lock_timeout": "This object cannot be accessed right now because",
        "server_error": "Error while communicating with one of our backends.",
        "key_in_use": "There is currently another in-progress request",
    }
    for verb, begin in words.items():
        getattr(stripe_faults, verb)()
        with pytest.raises(stripe.StripeError) as caught:
            apply(intent, max_network_retries=0)
        assert caught.value.user_message.startswith(begin)
        assert caught.value.request_id.startswith("req_")


def test_an_error_has_the_keys_it_was_given(stripe_faults, intent):
    """Beside those that Stripe writes to each error with a code."""
    stripe_faults.error(param="amount", message="No", **CARD)
    with pytest.raises(stripe.CardError) as caught:
        apply(intent)
    error = caught.value.json_body["error"]
    assert error.pop("request_log_url").startswith("https://dashboard.stripe.com/")
    assert error == {
        "code": "card_declined",
        "decline_code": "lost_card",
        "doc_url": "https://stripe.com/docs/error-codes/card-declined",
        "message": "No",
        "param": "amount",
        "type": "card_error",
    }


# Time.


@pytest.mark.parametrize(("times", "seconds"), [(1, 0), (2, 1), (3, 3), (4, 7), (5, 12)])
def test_pauses_move_the_worlds_clock_and_no_other(times, seconds, stripe_faults, stripe_clock, intent):
    """0.5, 1, 2, 4 and 5 seconds without jitter, summed over a call and rounded down."""
    stripe_faults.refuse_connection(times=times)
    before = stripe_clock.now
    stripe.PaymentIntent.retrieve(intent, max_network_retries=5)
    assert stripe_clock.now - before == seconds


@pytest.mark.parametrize("make", [stripe.HTTPXClient, stripe.AIOHTTPClient])
def test_async_pauses_take_no_real_time_either(make, stripe_faults, stripe_clock):
    """In each async client."""
    stripe_faults.time_out("GET /v1/customers", times=5)
    before, began = stripe_clock.now, time.monotonic()
    client = v1(stripe.StripeClient("sk_test_1", http_client=make(), max_network_retries=5))
    asyncio.run(client.customers.list_async())
    assert (stripe_clock.now - before, time.monotonic() - began < 5) == (12, True)


@pytest.mark.stripe_balance(now="system")
def test_under_the_systems_time_pauses_are_an_advance(stripe_faults, stripe_clock, intent):
    """The world is ahead of the machine by what stripe-python would have slept."""
    ahead = stripe_clock.now - time.time()
    stripe_faults.refuse_connection(times=5)
    stripe.PaymentIntent.retrieve(intent, max_network_retries=5)
    assert 11 <= stripe_clock.now - time.time() - ahead <= 13


def test_without_a_fault_stripe_python_sleeps(stripe_balance, _stripe_session, intent, monkeypatch):
    """As it does at Stripe: a test that has armed none finds all as it was."""
    slept = []
    monkeypatch.setattr("stripe._http_client.time.sleep", slept.append)
    with _stripe_session.dispatch.hold("mine"), pytest.raises(stripe.APIError):
        apply(intent, idempotency_key="mine", max_network_retries=1)
    assert 0.5 <= slept[0] <= 1


# Whose requests, and which.


def test_builders_and_views_never_meet_one(
    stripe_balance, stripe_faults, stripe_clock, customer, intent
):
    """They are the test's own hand; `stripe_balance.client` may be the app's."""
    with stripe_faults.outage():
        other = stripe_balance.customer(email="ada@example.com")
        stripe_balance.fund(other, 100)
        stripe_balance.bank_transfer_invoice(other, 100)
        stripe_balance.bank_transfer_intent(other, 100)
        assert stripe_balance.ledger(customer)[0].net_amount == stripe_balance.available(customer)["usd"]
        assert stripe_balance.events("customer.created")
        stripe_clock.advance(days=1)
        with pytest.raises(stripe.APIConnectionError):
            v1(stripe_balance.client).customers.retrieve(customer.id)
    assert {one.fixture for one in stripe_balance.requests if one.fault} == {""}
    assert "stripe_balance.fund" in {one.fixture for one in stripe_balance.requests}


def test_a_builders_thread_is_told_from_the_apps(stripe_faults, customer):
    """While one builds, the app in another thread meets the fault."""
    builds, has_asked, retrieve = threading.Event(), threading.Event(), stripe.Customer.retrieve

    @own_hand("a builder")
    def build():
        builds.set()
        assert has_asked.wait(10)
        return retrieve(customer.id).id

    with stripe_faults.outage(), ThreadPoolExecutor(1) as pool:
        built = pool.submit(build)
        assert builds.wait(10)
        with pytest.raises(stripe.APIConnectionError):
            retrieve(customer.id)
        has_asked.set()
        assert built.result(10) == customer.id


def test_a_builders_task_is_told_from_the_apps(stripe_faults, customer):
    """And in another task of one loop."""

    async def app():
        client = stripe.StripeClient("sk_test_1", http_client=stripe.HTTPXClient())
        with pytest.raises(stripe.APIConnectionError):
            await v1(client).customers.retrieve_async(customer.id)

    @own_hand("a builder")
    def begun(loop):
        return loop.create_task(asyncio.sleep(0)), stripe.Customer.retrieve(customer.id).id

    async def both():
        asking = asyncio.create_task(app())
        for _ in range(3):
            waiting, built = begun(asyncio.get_running_loop())
            assert built == customer.id
            await waiting
        await asking

    with stripe_faults.outage():
        asyncio.run(both())


def test_what_a_builder_gave_is_the_apps_to_ask(stripe_balance, stripe_faults, customer):
    """A method of the object it made is no builder."""
    intent = stripe_balance.bank_transfer_intent(customer, 500)
    stripe_faults.rate_limit()
    with pytest.raises(stripe.RateLimitError):
        intent.cancel()


def test_faults_come_in_the_order_of_arming(stripe_faults, intent, asked):
    """Each waits for those before it; `after` requests pass before it, and `times` meet it."""
    stripe_faults.rate_limit(APPLY, after=1)
    stripe_faults.error(APPLY, times=2, **CARD)
    stripe_faults.lock_timeout(after=1)
    for _ in range(6):
        with suppress(stripe.StripeError):
            apply(intent, max_network_retries=0)
    assert [one.fault for one in asked()] == ["", "rate_limit", "error", "error", "", "lock_timeout"]


def test_a_retry_is_a_request_of_its_own(stripe_balance, stripe_faults, intent, asked):
    """So a fault of two tries is ridden over by a third."""
    stripe_faults.refuse_connection(APPLY, times=2)
    apply(intent)
    assert [(one.fault, one.retries) for one in asked()] == [
        ("refuse_connection", 0),
        ("refuse_connection", 1),
        ("", 2),
    ]
    assert [one.response is None for one in asked()] == [True, True, False]


def test_a_new_call_counts_its_tries_anew(stripe_faults, stripe_balance, intent):
    """What stripe-python gave up isn't a try of the next call."""
    with stripe_faults.outage(), pytest.raises(stripe.APIConnectionError):
        stripe.PaymentIntent.retrieve(intent)
    stripe.PaymentIntent.retrieve(intent)
    assert [one.retries for one in stripe_balance.requests[-4:]] == [0, 1, 2, 0]


@pytest.mark.parametrize(
    "call",
    [
        "GET /v1/payment_intents/{intent}",
        "GET /v1/payment_intents/{id}",
        "get /v1/payment_intents/{intent}",
        "GET /v1/payment_intents/{}",
    ],
)
def test_a_call_is_a_template_with_placeholders_of_any_name(call, stripe_faults, customer, intent):
    """Other calls don't meet it: not a search, nor another method or object."""
    stripe_faults.rate_limit(call)
    stripe.PaymentIntent.list()
    stripe.PaymentIntent.search(query="status:'succeeded'")
    stripe.PaymentIntent.modify(intent, description="a")
    stripe.Customer.retrieve(customer.id)
    with pytest.raises(stripe.RateLimitError):
        stripe.PaymentIntent.retrieve(intent)


def test_a_call_may_be_a_literal_path(stripe_balance, stripe_faults, customer, intent):
    """Which only that one object's requests meet."""
    other = stripe_balance.bank_transfer_intent(customer, 100).id
    stripe_faults.rate_limit(f"GET /v1/payment_intents/{other}")
    stripe.PaymentIntent.retrieve(intent)
    with pytest.raises(stripe.RateLimitError):
        stripe.PaymentIntent.retrieve(other)


def test_no_call_is_any_call(stripe_faults):
    """Even one that the fake doesn't model, where Stripe isn't to act."""
    stripe_faults.rate_limit()
    with pytest.raises(stripe.RateLimitError):
        stripe.Subscription.list()


def test_a_call_that_the_fake_does_not_model_can_be_down(stripe_faults):
    """By a template or a literal path, as stripe-python has the call."""
    stripe_faults.refuse_connection("POST /v1/payouts", times=3)
    stripe_faults.rate_limit("GET /v1/payouts/{payout}")
    with pytest.raises(stripe.APIConnectionError):
        stripe.Payout.create(amount=100, currency="usd")
    with pytest.raises(stripe.RateLimitError):
        stripe.Payout.retrieve("po_1")


MISTAKES = {
    "a slip in the path": (
        lambda faults: faults.lose_answer("POST /v1/payment_intent/{intent}/apply_customer_balance"),
        r"stripe_faults\.lose_answer: Stripe has no call 'POST .*; nearest: POST /v1/payment_intents/\{int",
    ),
    "another method": (lambda faults: faults.rate_limit("PUT /v1/customers"), "has no call 'PUT"),
    "no method": (lambda faults: faults.rate_limit("/v1/customers"), "has no call '/v1/customers"),
    "a slip in an outage": (lambda faults: faults.outage("GET /v1/customer"), r"outage: Stripe has no"),
    "no time": (lambda faults: faults.rate_limit(times=0), "rate_limit: times must be an int from 1 on"),
    "half a time": (lambda faults: faults.rate_limit(times=1.5), "must be an int from 1 on, not 1.5"),
    "a bool": (lambda faults: faults.rate_limit(times=True), "must be an int from 1 on, not True"),
    "before": (lambda faults: faults.rate_limit(after=-1), "rate_limit: after must be an int from 0"),
    "a type": (
        lambda faults: faults.error(type="cards_error"),
        "type 'cards_error'; nearest: card_error",
    ),
    "a code": (
        lambda faults: faults.error(code="card_decline"),
        "stripe_faults.error: Stripe documents no error code 'card_decline'; nearest: card_declined",
    ),
    "a status": (lambda faults: faults.error(status=200), "status must be an error's, from 400 to 599"),
    "no status": (
        lambda faults: faults.not_json(status="502"),
        "stripe_faults.not_json: status must be",
    ),
    "a key": (lambda faults: faults.error(declined_code="x"), r"error at \$\.error\.declined_code"),
    "a value": (lambda faults: faults.error(message=7), r"error at \$\.error\.message breaks"),
}


@pytest.mark.parametrize(("arm", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused_at_the_line_that_arms(arm, message, stripe_faults):
    """The error names the verb, and the nearest where there is one."""
    with pytest.raises(ValueError, match=message):
        arm(stripe_faults)


def test_a_call_that_is_no_text_is_refused(stripe_faults):
    """As a function of stripe-python's."""
    with pytest.raises(TypeError, match=r"rate_limit: a call is a text, as 'POST /v1/refunds', not"):
        stripe_faults.rate_limit(stripe.Customer.create)


# An outage, and what is never met.


def test_an_outage_refuses_every_connection_and_ends_with_its_block(stripe_faults, intent, asked):
    """Other faults wait until it is over."""
    stripe_faults.rate_limit(APPLY)
    with stripe_faults.outage(), pytest.raises(stripe.APIConnectionError):
        apply(intent)
    with pytest.raises(stripe.RateLimitError):
        apply(intent)
    assert [one.fault for one in asked()] == [*["outage"] * 3, "rate_limit"]


def test_an_outage_may_be_of_one_call_and_begin_later(stripe_faults, intent, asked):
    """The first request passes, and other calls do."""
    with stripe_faults.outage(APPLY, after=1):
        apply(intent)
        stripe.PaymentIntent.retrieve(intent)
        with pytest.raises(stripe.APIConnectionError):
            apply(intent)
    assert [one.fault for one in asked()] == ["", *["outage"] * 3]


def unmet(arm):
    with fake_stripe() as stripe_balance:
        arm(stripe_balance.faults)


def ask():
    with suppress(stripe.StripeError):
        stripe.PaymentIntent.list(max_network_retries=0)


def enter_and_leave(block):
    with block:
        pass


UNMET = {
    "a verb": lambda faults: faults.rate_limit("GET /v1/customers"),
    "one of two": lambda faults: (faults.rate_limit(), faults.lose_answer(), ask()),
    "an outage that is never opened": lambda faults: (faults.outage(), ask()),
    "an outage of a call": lambda faults: enter_and_leave(faults.outage("GET /v1/customers")),
    "what passes": lambda faults: (faults.lose_answer(after=5), ask()),
}


@pytest.mark.parametrize("arm", UNMET.values(), ids=UNMET)
def test_a_fault_that_is_never_met_fails_the_block(arm):
    """With the line that armed it, whatever else was met."""
    with pytest.raises(AssertionError, match=r"faults:\n  \w+\(.*\), armed at .*test_faults\.py:\d+ in"):
        unmet(arm)


@pytest.mark.parametrize(
    "arm",
    [
        lambda faults: (faults.rate_limit(times=2), ask()),
        lambda faults: enter_and_leave(faults.outage()),
        lambda faults: (faults.rate_limit(), faults.lose_answer(), ask(), ask()),
    ],
    ids=["one of its times", "an outage without a call", "each once"],
)
def test_what_was_met_once_is_met(arm):
    """And an outage in which nobody asked was there all the same."""
    unmet(arm)


def test_a_block_that_fails_of_itself_keeps_its_own_error():
    """What it didn't come to meet is no news then."""

    def fail(faults):
        faults.rate_limit()
        raise KeyError("own")

    with pytest.raises(KeyError, match="own"):
        unmet(fail)


def test_a_fresh_world_meets_the_tests_faults(stripe_balance, stripe_faults):
    """They are the test's, not the world's."""
    stripe_faults.rate_limit(times=2)
    for _ in range(2):
        with stripe_balance.fresh(), pytest.raises(stripe.RateLimitError):
            stripe.Customer.list()


def test_the_object_of_the_fixture_is_the_balances(stripe_balance, stripe_faults):
    """Whoever has no fixtures has it there."""
    assert isinstance(stripe_balance.faults, StripeFaults)
    stripe_balance.faults.rate_limit()
    with pytest.raises(stripe.RateLimitError):
        stripe.Customer.list()


def test_a_report_marks_the_requests_that_met_one(stripe_balance, stripe_faults, intent, monkeypatch):
    """With the verb; where no answer came it says so."""
    monkeypatch.setenv("COLUMNS", "200")
    stripe_faults.lose_answer(APPLY)
    stripe_faults.rate_limit("GET /v1/payment_intents/{intent}")
    apply(intent)
    with pytest.raises(stripe.RateLimitError):
        stripe.PaymentIntent.retrieve(intent)
    lines = stripe_balance.report().splitlines()
    asked = [line for line in lines if line.startswith(("---", "429"))]
    assert [line.split()[:2] for line in asked] == [["---", "POST"], ["429", "GET"]]
    marks = [line.rpartition("[")[2] for line in lines if "[stripe_faults" in line]
    assert marks == ["stripe_faults.lose_answer]", "stripe_faults.rate_limit]"]
    assert "    -> no answer came [stripe_faults.lose_answer]" in lines


def test_an_exchange_without_an_answer_says_so(stripe_balance, stripe_faults):
    """In its repr."""
    stripe_faults.refuse_connection()
    stripe.Customer.list()
    assert repr(stripe_balance.requests[0]) == "<no answer to GET /v1/customers>"


def test_urllib_lets_a_reset_through_as_it_is(stripe_balance, stripe_faults):
    """As it does for real: an app over it sees no error of stripe-python's, and no retry."""
    stripe_faults.lose_answer()
    client = v1(stripe.StripeClient("sk_test_1", http_client=Urllib()))
    with pytest.raises(ConnectionResetError):
        client.customers.create({"name": "Ada"})
    assert [one.retries for one in stripe_balance.requests] == [0]
