"""A team's own HTTP client runs, and what it sends to Stripe by a library is answered there."""

from __future__ import annotations

import asyncio
import json
import urllib.error

import pytest
import requests
import stripe
from majors import Urllib, v1
from own_clients import ASYNC, SYNC, Async, Sync, by_requests

of_every_sync_kind = pytest.mark.parametrize(("make", "counts"), SYNC.values(), ids=SYNC)
of_every_async_kind = pytest.mark.parametrize(("make", "counts"), ASYNC.values(), ids=ASYNC)


@of_every_sync_kind
def test_its_code_runs_and_what_it_sends_by_a_library_is_answered(
    make, counts, answering, client_of, server
):
    """The client, and what it put into its library, run; the tap answers, and nothing is sent."""
    own, before = Sync(make()), counts.sent if counts else 0
    with answering.tap():
        customer = v1(client_of(own)).customers.create({"name": "Ada"})
    ((request, _),) = answering.observed
    assert (customer.id, own.ran, server.seen) == ("cus_answered", ["request"], [])
    assert customer.last_response.headers["Request-Id"] == "req_answered"
    assert (request.method, request.path, request.body) == ("POST", "/v1/customers", "name=Ada")
    assert counts is None or counts.sent == before + 1


@of_every_async_kind
def test_async_code_runs_and_what_it_sends_by_a_library_is_answered(
    make, counts, answering, client_of, server
):
    """The same holds for async clients."""
    own, before = Async(make()), counts.sent if counts else 0
    with answering.tap():
        customer = asyncio.run(v1(client_of(own)).customers.create_async({"name": "Ada"}))
    ((request, _),) = answering.observed
    assert (customer.id, own.ran, server.seen) == ("cus_answered", ["request"], [])
    assert customer.last_response.headers["Request-Id"] == "req_answered"
    assert (request.method, request.path, request.body) == ("POST", "/v1/customers", "name=Ada")
    assert counts is None or counts.sent == before + 1


@of_every_sync_kind
def test_an_error_of_stripes_is_one_in_every_library(make, counts, witness, respond, client_of, server):
    """An answer of 402 is stripe-python's CardError where a library doesn't raise it itself."""
    error = {"error": {"type": "card_error", "code": "card_declined", "message": "No"}}
    refusing = witness(respond(402, error))

    def send(*request):
        try:
            return inner(*request)
        except urllib.error.HTTPError as found:
            return found.read(), found.code, dict(found.headers)

    inner = make()
    with refusing.tap(), pytest.raises(stripe.CardError, match="No"):
        v1(client_of(Sync(send))).customers.create({})
    assert server.seen == []


@pytest.mark.parametrize("make", [SYNC["a Session"][0], SYNC["a Client"][0], SYNC["an opener"][0]])
def test_what_it_sends_elsewhere_is_its_own_and_passes(make, answering, client_of, server, collector):
    """A request to another host, without stripe-python's key, is sent; the tap sees nothing of it."""
    send = make()

    def metered(method, url, headers, post_data):
        send("post", f"{collector.url}/metrics", {}, "calls=1")
        return send(method, url, headers, post_data)

    with answering.tap():
        assert v1(client_of(Sync(metered))).customers.create({}).id == "cus_answered"
    assert ([one.path for one in collector.seen], server.seen) == (["/metrics"], [])
    assert [one.path for one in answering.asked] == ["/v1/customers"]


@of_every_async_kind
def test_what_it_sends_elsewhere_asynchronously_passes(
    make, counts, answering, client_of, server, collector
):
    """The same holds for async libraries, which connect in tasks and threads of their own."""
    send = make()
    elsewhere = collector.url.replace("127.0.0.1", "localhost")

    async def metered(method, url, headers, post_data):
        await asyncio.gather(*(send("post", f"{elsewhere}/metrics", {}, "n=1") for _ in range(2)))
        return await send(method, url, headers, post_data)

    with answering.tap():
        customer = asyncio.run(v1(client_of(Async(metered))).customers.create_async({}))
    assert customer.id == "cus_answered"
    assert ([one.path for one in collector.seen], server.seen) == (["/metrics"] * 2, [])


@pytest.mark.parametrize("prefix", ["", "/stripe"])
@pytest.mark.parametrize("make", [SYNC["a Session"][0], SYNC["a Client"][0], SYNC["an opener"][0]])
def test_a_proxy_that_it_goes_through_is_stripe(make, prefix, answering, client_of, server, collector):
    """A request with stripe-python's Authorization is Stripe's, whatever host and path it goes to."""
    send = make()

    def through(method, url, headers, post_data):
        return send(method, url.replace(server.url, collector.url + prefix), headers, post_data)

    with answering.tap():
        customer = v1(client_of(Sync(through))).customers.list({"limit": 1, "email": "a@b.c"})
    ((request, _),) = answering.observed
    assert customer.id == "cus_answered"
    assert (request.path, request.query) == ("/v1/customers", "limit=1&email=a%40b.c")
    assert (server.seen, collector.seen) == ([], [])


def test_stripes_host_is_stripe_without_the_key(answering, client_of, server):
    """A client that sends another key, or none, to the host that was asked is answered as well."""
    send = by_requests(requests.Session())

    def without(method, url, _, post_data):
        return send(method, url, {"Authorization": "Bearer sk_test_another"}, post_data)

    with answering.tap():
        assert v1(client_of(Sync(without))).customers.create({}).id == "cus_answered"
    assert [one.headers["Authorization"] for one in answering.asked] == ["Bearer sk_test_another"]
    assert server.seen == []


@pytest.mark.parametrize("sends", [False, True])
@pytest.mark.parametrize("make", [SYNC["a Session"][0], SYNC["a Client"][0], SYNC["an opener"][0]])
def test_a_live_key_is_seen_wherever_it_goes(make, sends, witness, respond, client_of, collector):
    """Code that puts a live key into a request of its own is looked at by the run, whatever the host."""

    def answer(request):
        if "live" in request.headers["Authorization"]:
            raise AssertionError("a live key")
        return None if sends else respond()

    send, looking = make(), witness(answer)

    def leaking(*_):
        return send("get", f"{collector.url}/other", {"Authorization": "Bearer sk_live_1"}, None)

    with looking.tap(sends=sends), pytest.raises(AssertionError, match="a live key"):
        v1(client_of(Sync(leaking))).customers.create({})
    assert collector.seen == []


def test_what_it_adds_is_what_the_run_sees(answering, client_of):
    """Headers and parameters that a team's client adds have reached Stripe, as far as the fake knows."""
    send = by_requests(requests.Session())

    def adding(method, url, headers, post_data):
        return send(method, url, {**headers, "X-Team": "1"}, f"{post_data}&metadata[app]=shop")

    with answering.tap():
        v1(client_of(Sync(adding))).customers.create({"name": "Ada"})
    (request,) = answering.asked
    assert (request.headers["X-Team"], request.body) == ("1", "name=Ada&metadata[app]=shop")


def test_a_recording_answers_what_stripe_python_asked(answering, client_of):
    """What was recorded is the request before a client added to it, so that one is looked for."""
    send = by_requests(requests.Session())

    def adding(method, url, headers, post_data):
        return send(method, url, {**headers, "X-Team": "1"}, f"{post_data}&metadata[app]=shop")

    with answering.tap(as_asked=True):
        v1(client_of(Sync(adding))).customers.create({"name": "Ada"})
    (request,) = answering.asked
    assert (request.headers.get("X-Team"), request.body) == (None, "name=Ada")


def test_its_own_retries_ask_again(witness, respond, client_of, server):
    """A loop of a client's own meets each answer, and each is observed."""
    busy = iter([respond(503, {"error": {"message": "busy"}})] * 2 + [respond()])
    seen, send = witness(lambda _: next(busy)), by_requests(requests.Session())

    def patiently(*request):
        for _ in range(5):
            body, status, headers = send(*request)
            if status != 503:
                break
        return body, status, headers

    with seen.tap():
        assert v1(client_of(Sync(patiently))).customers.create({}).id == "cus_answered"
    assert [answer.status for _, answer in seen.observed] == [503, 503, 200]
    assert server.seen == []


def test_a_circuit_that_is_open_asks_nobody(answering, client_of):
    """What a client refuses by itself is its own answer."""

    class Open(Urllib):
        def request(self, *_):
            raise stripe.APIConnectionError("the circuit is open")

    with answering.tap(), pytest.raises(stripe.APIConnectionError, match="the circuit is open"):
        v1(client_of(Open())).customers.retrieve("cus_1")
    assert answering.asked == []


def test_a_response_that_it_wraps_is_what_stripe_python_gets(answering, client_of):
    """What a client makes of an answer reaches the caller."""

    class Wrapping(stripe.RequestsClient):
        def request(self, *request):
            body, status, headers = super().request(*request)
            return json.dumps({**json.loads(body), "name": "wrapped"}), status, headers

    with answering.tap():
        assert v1(client_of(Wrapping())).customers.retrieve("cus_1").name == "wrapped"
