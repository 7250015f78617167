"""Retries, keys in use, and threads: money moves once, whatever happens to the answer."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe
from majors import v1

from pytest_stripe_balance.api.dispatch import Dispatch
from pytest_stripe_balance.api.message import Headers, Request


@pytest.fixture
def funded(stripe_balance):
    """An intent of 1000 usd and a manual customer with 5000."""
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 5000)
    return intent.id


def applied(stripe_balance):
    """What has left the balances."""
    (customer,) = stripe.Customer.list().data
    rows = stripe_balance.ledger(customer)
    return [-row.net_amount for row in rows if row.type == "applied_to_payment"]


@pytest.fixture
def losing(monkeypatch):
    """Lose the first answer on its way back, after it was made."""

    def lose(error):
        answer, lost = Dispatch.answer, []

        def answering(dispatch, request):
            response = answer(dispatch, request)
            if "apply_customer_balance" in request.path and not lost:
                lost.append(response)
                raise error
            return response

        monkeypatch.setattr(Dispatch, "answer", answering)
        monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0)
        monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
        return lost

    return lose


def test_a_retry_after_a_lost_answer_applies_the_money_once(stripe_balance, funded, losing):
    """stripe-python sends the same key again, and is given the answer that it missed."""
    lost = losing(stripe.APIConnectionError("reset by peer", should_retry=True))
    answer = stripe.PaymentIntent.apply_customer_balance(funded, amount=100)
    assert answer.last_response.headers["Idempotent-Replayed"] == "true"
    assert answer.last_response.body.encode() == lost[0].body
    assert applied(stripe_balance) == [100]


def test_an_async_retry_after_a_lost_answer_applies_the_money_once(stripe_balance, funded, losing):
    """The same holds for async clients."""
    losing(stripe.APIConnectionError("reset by peer", should_retry=True))
    client = stripe.StripeClient("sk_test_1", http_client=stripe.HTTPXClient(), max_network_retries=2)
    call = v1(client).payment_intents.apply_customer_balance_async
    assert asyncio.run(call(funded, {"amount": 100})).id == funded
    assert applied(stripe_balance) == [100]


def test_one_key_from_eight_threads_executes_once(stripe_balance, funded):
    """The others wait, and are given the first one's answer."""
    start = threading.Barrier(8)

    def pay(_):
        start.wait()
        return stripe.PaymentIntent.apply_customer_balance(funded, amount=100, idempotency_key="once")

    with ThreadPoolExecutor(8) as pool:
        answers = [answer.last_response for answer in pool.map(pay, range(8))]
    assert applied(stripe_balance) == [100]
    assert len({answer.body for answer in answers}) == 1
    replays = [answer.headers.get("Idempotent-Replayed") for answer in answers]
    assert sorted(replays, key=str) == [None, *["true"] * 7]


def test_eight_threads_spend_no_cent_twice(stripe_balance, funded):
    """Of eight who want 300 of an intent of 1000, three are served and five refused."""
    start = threading.Barrier(8)

    def pay(_):
        start.wait()
        try:
            stripe.PaymentIntent.apply_customer_balance(funded, amount=300)
        except stripe.InvalidRequestError as error:
            return error.user_message
        return "applied"

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(pay, range(8)))
    above = "The amount is above what remains of the PaymentIntent, which is $1.00 usd."
    assert answers == [above] * 5 + ["applied"] * 3
    assert applied(stripe_balance) == [300, 300, 300]


def test_who_comes_with_a_key_in_progress_waits(stripe_balance, funded, monkeypatch):
    """A second request with the key of one that isn't answered yet gets no answer before it."""
    begun, go_on, answer = threading.Event(), threading.Event(), Dispatch.answer

    def slow(dispatch, request):
        if not begun.is_set():
            begun.set()
            assert go_on.wait(10)
        return answer(dispatch, request)

    monkeypatch.setattr(Dispatch, "answer", slow)

    def pay():
        return stripe.PaymentIntent.apply_customer_balance(funded, amount=100, idempotency_key="once")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(pay)
        assert begun.wait(10)
        second = pool.submit(pay)
        with pytest.raises(TimeoutError):  # its message is empty
            second.result(timeout=0.2)
        go_on.set()
        assert first.result(10).last_response.body == second.result(10).last_response.body
    assert applied(stripe_balance) == [100]


def test_a_held_key_is_stripe_s_409(stripe_balance, funded, _stripe_session, monkeypatch):
    """stripe-python tries it again as it does at Stripe's; once let go, the key is free."""
    monkeypatch.setattr(stripe, "max_network_retries", 1)
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0)
    before = len(stripe_balance.requests)
    with _stripe_session.dispatch.hold("mine"), pytest.raises(stripe.APIError) as caught:
        stripe.PaymentIntent.apply_customer_balance(funded, amount=100, idempotency_key="mine")
    error = caught.value.json_body["error"]
    assert (caught.value.http_status, error["code"]) == (409, "idempotency_key_in_use")
    assert error["message"].endswith("still going through): mine. Please try again later.")
    assert "Stripe-Should-Retry" not in caught.value.headers
    assert len(stripe_balance.requests) - before == 2
    assert applied(stripe_balance) == []
    stripe.PaymentIntent.apply_customer_balance(funded, amount=100, idempotency_key="mine")
    assert applied(stripe_balance) == [100]


def test_a_retry_that_meets_the_key_let_go_is_served(
    stripe_balance, funded, _stripe_session, monkeypatch
):
    """The retry loop of stripe-python rides over the 409 by itself."""
    hold = _stripe_session.dispatch.hold("mine")
    hold.__enter__()
    slept = []

    def let_go(_, *__):
        slept.append(hold.__exit__(None, None, None))
        return 0

    monkeypatch.setattr(stripe.HTTPClient, "_sleep_time_seconds", let_go)
    paid = stripe.PaymentIntent.apply_customer_balance(funded, amount=100, idempotency_key="mine")
    assert (paid.id, len(slept)) == (funded, 1)
    assert applied(stripe_balance) == [100]


def test_a_key_belongs_to_its_account(stripe_balance):
    """The same key in a connected account stands for another request."""
    mine = stripe.Customer.create(name="A", idempotency_key="one")
    theirs = stripe.Customer.create(name="B", idempotency_key="one", stripe_account="acct_1")
    again = stripe.Customer.create(name="A", idempotency_key="one")
    assert mine.id == again.id != theirs.id


def test_parameters_in_another_order_are_the_same_request(stripe_balance):
    """A key stands for what was asked, not for how it was written."""
    made = stripe.Customer.create(name="Ada", metadata={"a": "1", "b": "2"}, idempotency_key="one")
    again = stripe.Customer.create(metadata={"b": "2", "a": "1"}, name="Ada", idempotency_key="one")
    assert again.id == made.id


def test_a_get_has_no_key(stripe_balance):
    """Only POSTs are kept: a GET with a key is answered anew."""
    customer = stripe_balance.customer()
    for name in ("Ada", "Grace"):
        stripe.Customer.modify(customer.id, name=name)
        assert stripe.Customer.retrieve(customer.id, idempotency_key="read").name == name


def test_a_key_of_a_get_stands_for_nothing(_stripe_session):
    """stripe-python sends none, another client may: neither a POST's answer nor its parameters are met."""

    def asked(method, body=""):
        key = {"Idempotency-Key": "one", "Authorization": "Bearer sk_test_1"}
        request = Request(method, "https://api.stripe.com/v1/customers", Headers(key), body)
        return _stripe_session.answer(request).json

    assert asked("GET")["object"] == "list"
    customer = asked("POST", "name=Ada")
    assert asked("GET")["data"] == [customer]
    assert asked("POST", "name=Ada")["id"] == customer["id"]


def test_a_replayed_error_is_the_error(stripe_balance, funded):
    """An executed error comes back with its status, its body and the first request's id."""
    errors = []
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            stripe.PaymentIntent.apply_customer_balance(funded, amount=1001, idempotency_key="no")
        errors.append(caught.value)
    first, second = errors
    assert (first.http_body, first.http_status) == (second.http_body, second.http_status)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]


def test_what_the_fake_refuses_is_not_kept(stripe_balance):
    """A refusal is no answer, so its key is free."""
    with stripe_balance.refused(match="test_clock"):
        stripe.Customer.create(test_clock="clock_1", idempotency_key="free")
    assert stripe.Customer.create(name="Ada", idempotency_key="free").name == "Ada"


def test_half_a_character_in_a_header_is_in_its_error(_stripe_session):
    """What only JSON's escapes can write is answered, too."""
    headers = Headers({"Stripe-Account": "acct_\ud800", "Authorization": "Bearer sk_test_1"})
    request = Request("GET", "https://api.stripe.com/v1/customers", headers)
    response = _stripe_session.answer(request)
    assert (response.status, "\ud800" in response.json["error"]["message"]) == (403, True)


@pytest.mark.parametrize("act", ["cancel", "confirm"])
def test_a_key_on_another_path_is_refused_though_all_parameters_are_equal(stripe_balance, act):
    """One key belongs to one path: the same call of another intent is no repetition."""
    customer = stripe_balance.customer(reconciliation="manual")
    first, second = (
        stripe_balance.bank_transfer_intent(customer, 1000, confirm=False).id for _ in range(2)
    )
    stripe.PaymentIntent.cancel(first, idempotency_key="one")
    before = stripe.PaymentIntent.retrieve(second)
    with pytest.raises(stripe.IdempotencyError, match="Keys for idempotent requests can only be used"):
        getattr(stripe.PaymentIntent, act)(second, idempotency_key="one")
    assert stripe.PaymentIntent.retrieve(second) == before
