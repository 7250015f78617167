from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe
from majors import Urllib, v1
from stripe import _http_client

from pytest_stripe_balance.transport import clients

SYNC = ["requests", "urllib", "httpx", "pycurl", "urlfetch"]
ASYNC = ["httpx", "aiohttp", "requests, falling back on httpx", "urllib, falling back on aiohttp"]
every_sync_client = pytest.mark.parametrize("sync_client", SYNC, indirect=True)
every_async_client = pytest.mark.parametrize("async_client", ASYNC, indirect=True)
# stripe-python posts in a way that httpx no longer likes.
posts_by_httpx = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
PDF = "/v1/quotes/qt_1/pdf"


def _read(stream):
    return stream.read() if hasattr(stream, "read") else b"".join(stream)


async def _read_async(stream):
    return b"".join([chunk async for chunk in stream])


def _in_a_loop(client, coroutine):
    """Run one coroutine in a loop of its own, and close what the client opened in it."""

    async def run():
        try:
            return await coroutine
        finally:
            await client.close_async()

    return asyncio.run(run())


# Each client class, synchronously.


@every_sync_client
def test_a_sync_client_made_before_the_tap_is_answered_and_sends_nothing(
    sync_client, answering, client_of, server
):
    """A request of a client that was there first gets the tap's answer, and nothing is sent."""
    client = client_of(sync_client)
    with answering.tap():
        customer = v1(client).customers.create({"name": "Ada"})
    assert (customer.id, server.seen) == ("cus_answered", [])


@every_sync_client
def test_a_sync_stream_is_answered_and_sends_nothing(sync_client, answering, client_of, server):
    """A streamed answer reads as the tap's body, and nothing is sent."""
    client = client_of(sync_client)
    with answering.tap():
        streamed = client._requestor.request_stream("get", PDF, base_address="api")
    assert (json.loads(_read(streamed.io))["id"], server.seen) == ("cus_answered", [])


@every_sync_client
def test_a_sync_streams_error_is_raised_from_the_answer(sync_client, witness, respond, client_of):
    """stripe-python reads an error out of a streamed answer as it does out of a real one."""
    gone = witness(respond(404, {"error": {"message": "gone", "type": "invalid_request_error"}}))
    client = client_of(sync_client)
    with gone.tap(), pytest.raises(stripe.InvalidRequestError, match="gone"):
        client._requestor.request_stream("get", PDF, base_address="api")


@posts_by_httpx
@every_sync_client
def test_a_sync_request_let_through_is_sent_and_observed_once(
    sync_client, letting_through, client_of, server
):
    """Where the tap has no answer the real client sends once, and the pair is observed once."""
    client = client_of(sync_client)
    with letting_through.tap(sends=True):
        customer = v1(client).customers.create({"name": "Ada"})
    ((request, response),) = letting_through.observed
    assert (customer.id, [seen.body for seen in server.seen]) == ("cus_sent", ["name=Ada"])
    assert (request.method, request.path, request.body) == ("POST", "/v1/customers", "name=Ada")
    assert (response.status, response.json["id"]) == (200, "cus_sent")
    assert response.headers["request-id"] == "req_sent"


@every_sync_client
def test_a_sync_stream_let_through_is_sent_once_and_left_to_its_reader(
    sync_client, letting_through, client_of, server
):
    """A stream that is let through is sent once, and its body reaches the caller unread."""
    client = client_of(sync_client)
    with letting_through.tap(sends=True):
        streamed = client._requestor.request_stream("get", PDF, base_address="api")
        body = _read(streamed.io)
        streamed.io.close()
    assert (json.loads(body)["id"], len(server.seen)) == ("cus_sent", 1)


# Each client class, asynchronously.


@every_async_client
def test_an_async_client_made_before_the_tap_is_answered_and_sends_nothing(
    async_client, answering, client_of, server
):
    """An awaited request of a client that was there first gets the answer; nothing is sent."""
    client = client_of(async_client)
    with answering.tap():
        customer = asyncio.run(v1(client).customers.create_async({"name": "Ada"}))
    assert (customer.id, server.seen) == ("cus_answered", [])


@every_async_client
def test_an_async_stream_is_answered_and_sends_nothing(async_client, answering, client_of, server):
    """An awaited stream yields the tap's body, and nothing is sent."""
    client = client_of(async_client)

    async def read():
        asked = client._requestor.request_stream_async("get", PDF, base_address="api")
        return await _read_async((await asked).stream())

    with answering.tap():
        body = asyncio.run(read())
    assert (json.loads(body)["id"], server.seen) == ("cus_answered", [])


@every_async_client
def test_an_async_streams_error_is_raised_from_the_answer(async_client, witness, respond, client_of):
    """stripe-python reads an error out of an awaited stream as it does out of a real one."""
    gone = witness(respond(404, {"error": {"message": "gone", "type": "invalid_request_error"}}))
    client = client_of(async_client)
    with gone.tap(), pytest.raises(stripe.InvalidRequestError, match="gone"):
        asyncio.run(client._requestor.request_stream_async("get", PDF, base_address="api"))


@posts_by_httpx
@every_async_client
def test_an_async_request_let_through_is_sent_and_observed_once(
    async_client, letting_through, client_of, server
):
    """Where the tap has no answer the real async client sends once, observed once."""
    client = client_of(async_client)
    with letting_through.tap(sends=True):
        customer = _in_a_loop(async_client, v1(client).customers.create_async({"name": "Ada"}))
    ((request, response),) = letting_through.observed
    assert (customer.id, [seen.path for seen in server.seen]) == ("cus_sent", ["/v1/customers"])
    assert (request.body, response.json["id"]) == ("name=Ada", "cus_sent")


@every_async_client
def test_an_async_stream_let_through_is_sent_once_and_left_to_its_reader(
    async_client, letting_through, client_of, server
):
    """An awaited stream that is let through is sent once, and the caller reads all of it."""
    client = client_of(async_client)

    async def read():
        asked = client._requestor.request_stream_async("get", PDF, base_address="api")
        return await _read_async((await asked).stream())

    with letting_through.tap(sends=True):
        body = _in_a_loop(async_client, read())
    assert (json.loads(body)["id"], len(server.seen)) == ("cus_sent", 1)


@every_async_client
def test_one_client_is_answered_in_two_event_loops(async_client, answering, client_of, server):
    """A client that was used in one event loop is answered in the next one too."""
    client = client_of(async_client)
    with answering.tap():
        found = [asyncio.run(v1(client).customers.retrieve_async("cus_1")).id for _ in range(2)]
    assert (found, server.seen) == (["cus_answered"] * 2, [])


# The module's own client, and clients made while the tap is open.


def test_global_stripe_is_answered(answering, server, monkeypatch):
    """A call on the module `stripe` is answered, though it made its client long before."""
    monkeypatch.setattr(stripe, "api_key", "sk_test_1")
    monkeypatch.setattr(stripe, "api_base", server.url)
    stripe.Customer.retrieve("cus_1")
    with answering.tap():
        customer = stripe.Customer.retrieve("cus_1")
    assert (customer.id, len(server.seen)) == ("cus_answered", 1)


def test_global_stripe_is_answered_asynchronously(answering, server, monkeypatch):
    """An awaited call on the module `stripe` is answered and sends nothing."""
    monkeypatch.setattr(stripe, "api_key", "sk_test_1")
    monkeypatch.setattr(stripe, "api_base", server.url)
    with answering.tap():
        customer = asyncio.run(stripe.Customer.retrieve_async("cus_1"))
    assert (customer.id, server.seen) == ("cus_answered", [])


def test_a_client_made_under_the_tap_sends_for_real_afterwards(answering, client_of, server):
    """A client that was made while the tap was open sends once it is closed."""
    with answering.tap():
        client = client_of(Urllib())
        answered = v1(client).customers.retrieve("cus_1").id
    sent = v1(client).customers.retrieve("cus_1").id
    assert (answered, sent, len(server.seen)) == ("cus_answered", "cus_sent", 1)


# Calls that fail without the tap fail with it, in the same words.

URL = "https://api.stripe.com/v1/customers"
FAILING = {
    "httpx without sync methods": (stripe.HTTPXClient, "request"),
    "httpx without sync methods, streaming": (stripe.HTTPXClient, "request_stream"),
    "aiohttp": (stripe.AIOHTTPClient, "request"),
    "aiohttp, streaming": (stripe.AIOHTTPClient, "request_stream"),
    "urllib, async": (Urllib, "request_async"),
    "urllib, async streaming": (Urllib, "request_stream_async"),
    "requests, async": (stripe.RequestsClient, "request_async"),
    "no async library": (_http_client.NoImportFoundAsyncClient, "request_async"),
    "no async library, streaming": (
        _http_client.NoImportFoundAsyncClient,
        "request_stream_async",
    ),
    "no async library, sync": (_http_client.NoImportFoundAsyncClient, "request"),
}


@pytest.mark.parametrize(("client_class", "method"), FAILING.values(), ids=FAILING)
def test_a_call_that_a_client_cannot_send_fails_as_without_the_tap(client_class, method, answering):
    """A client that can't send such a call raises its own error, and the tap is not asked."""
    client = client_class()

    def failure():
        try:
            asyncio.run(getattr(client, method)("get", URL, {}, None))
        except (ImportError, NotImplementedError, RuntimeError, TypeError) as error:
            return type(error), str(error)
        return None

    without = failure()
    assert without is not None
    with answering.tap():
        assert (failure(), answering.asked) == (without, [])


# What stripe-python makes of an answer.


@pytest.mark.parametrize("name", ["Request-Id", "request-id", "REQUEST-ID"])
def test_an_answers_headers_are_found_in_any_case(name, answering, client_of):
    """A header of an answer is found whatever its case, as in every HTTP library."""
    with answering.tap():
        customer = v1(client_of(Urllib())).customers.retrieve("cus_1")
    assert customer.last_response.headers[name] == "req_answered"


def _failing_once(respond, **headers):
    answers = iter([respond(500, {"error": {"message": "busy"}}, **headers), respond()])
    return lambda _: next(answers)


RETRIED = {
    "Stripe-Should-Retry: true": ({"Stripe_Should_Retry": "true"}, 2),
    "stripe-should-retry: true": ({"stripe_should_retry": "true"}, 2),
    "a bare 500": ({}, 2),
    "Stripe-Should-Retry: false": ({"Stripe_Should_Retry": "false"}, 1),
}


@pytest.mark.parametrize(("headers", "attempts"), RETRIED.values(), ids=RETRIED)
def test_retries_are_stripe_pythons_own(headers, attempts, witness, respond, client_of, monkeypatch):
    """stripe-python retries an answer as its header says, under one idempotency key."""
    slept = []
    monkeypatch.setattr("stripe._http_client.time.sleep", slept.append)
    seen = witness(_failing_once(respond, **headers))
    client = client_of(Urllib(), max_network_retries=1)
    with seen.tap():
        try:
            v1(client).customers.create({})
        except stripe.APIError as error:
            assert attempts == 1, error  # noqa: PT017 - which rows raise is in the table
    keys = {request.headers["Idempotency-Key"] for request in seen.asked}
    assert (len(seen.observed), len(slept), len(keys)) == (attempts, attempts - 1, 1)


def test_async_retries_are_stripe_pythons_own(witness, respond, client_of, monkeypatch):
    """An awaited request is retried when its answer says so."""
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    http_client = stripe.HTTPXClient()
    monkeypatch.setattr(http_client, "sleep_async", sleep)
    seen = witness(_failing_once(respond, Stripe_Should_Retry="true"))
    client = client_of(http_client, max_network_retries=1)
    with seen.tap():
        customer = asyncio.run(v1(client).customers.create_async({}))
    assert (customer.id, len(seen.observed), len(slept)) == ("cus_answered", 2, 1)


# Many at once.


def test_threads_get_their_own_answers(witness, respond, client_of, server):
    """Eight threads on one client each get the answers to what they asked, all observed once."""
    seen = witness(
        lambda request: respond(body={"id": request.path.rpartition("/")[2], "object": "customer"})
    )
    client = client_of(Urllib())
    together = threading.Barrier(8)

    def ask(thread):
        together.wait()
        names = [f"cus_{thread}x{call}" for call in range(100)]
        return [v1(client).customers.retrieve(name).id for name in names] == names

    with seen.tap(), ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
    paths = Counter(request.path for request, _ in seen.observed)
    assert (len(paths), set(paths.values()), server.seen) == (800, {1}, [])


def test_threads_let_through_are_each_observed_once(letting_through, client_of, server):
    """What eight threads send through one tap is sent once and observed once."""
    client = client_of(Urllib())
    with letting_through.tap(sends=True), ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda call: v1(client).customers.retrieve(f"cus_{call}"), range(40)))
    wanted = {f"/v1/customers/cus_{call}": 1 for call in range(40)}
    assert Counter(seen.path for seen in server.seen) == wanted
    assert Counter(request.path for request, _ in letting_through.observed) == wanted


def test_gathered_requests_let_through_are_each_observed_once(letting_through, client_of, server):
    """What tasks of one loop send at once is sent once and observed once."""
    http_client = stripe.HTTPXClient()
    client = client_of(http_client)

    async def ask():
        retrieve = v1(client).customers.retrieve_async
        await asyncio.gather(*(retrieve(f"cus_{call}") for call in range(20)))

    with letting_through.tap(sends=True):
        _in_a_loop(http_client, ask())
    wanted = {f"/v1/customers/cus_{call}": 1 for call in range(20)}
    assert Counter(seen.path for seen in server.seen) == wanted
    assert Counter(request.path for request, _ in letting_through.observed) == wanted


# Telemetry.

TELEMETRY = """
import sys, stripe
from pytest_stripe_balance.api.message import Headers, Response
from pytest_stripe_balance.transport import clients
from pytest_stripe_balance.transport.intercept import intercept
assert stripe.enable_telemetry
answer = Response(200, Headers({"Request-Id": "req_1"}), b'{"id": "cus_1", "object": "customer"}')
asked = []
client = stripe.StripeClient(
    "sk_test_1", http_client=stripe.UrllibClient(), base_addresses={"api": sys.argv[1]}
)
def ask():
    for _ in range(2):
        client.v1.customers.retrieve("cus_1")
if sys.argv[2] == "tapped":
    with intercept(lambda request: asked.append(request) or answer, lambda *_: None, sends=False):
        ask()
elif sys.argv[2] == "sending":
    with intercept(lambda _: None, lambda *_: None, sends=True):
        ask()
else:
    ask()
print(*(request.headers["X-Stripe-Client-User-Agent"] for request in asked))
"""


TOLD = "x-stripe-client-telemetry"
TELEMETRY_ID = pytest.mark.skipif(
    clients.telemetry is None, reason="this stripe-python keeps no telemetry id"
)


def _run_telemetry(server, how, tmp_path):
    command = [sys.executable, "-c", TELEMETRY, server.url, how]
    homes = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME", "APPDATA")}
    return subprocess.run(command, env=homes, check=True, capture_output=True, text=True).stdout


@TELEMETRY_ID
def test_no_telemetry_id_is_written(server, tmp_path):
    """With telemetry on, a tap that answers leaves the home directory as it was."""
    _run_telemetry(server, "tapped", tmp_path)
    assert (list(tmp_path.rglob("*")), server.seen) == ([], [])
    _run_telemetry(server, "untapped", tmp_path)
    assert [path.name for path in tmp_path.rglob("telemetry_id")] == ["telemetry_id"]


@TELEMETRY_ID
def test_no_telemetry_id_is_read(server, tmp_path):
    """With telemetry on, an id that lies in the home directory is not put into requests."""
    _run_telemetry(server, "untapped", tmp_path)
    (found,) = tmp_path.rglob("telemetry_id")
    assert found.read_text() in server.seen[-1].headers["X-Stripe-Client-User-Agent"]
    told = _run_telemetry(server, "tapped", tmp_path)
    assert '"lang": "python"' in told
    assert found.read_text() not in told


@TELEMETRY_ID
def test_a_tap_that_sends_leaves_telemetry_alone(server, tmp_path):
    """Where requests are sent, stripe-python's telemetry is its own business."""
    _run_telemetry(server, "sending", tmp_path)
    (found,) = tmp_path.rglob("telemetry_id")
    assert found.read_text() in server.seen[-1].headers["X-Stripe-Client-User-Agent"]


def test_telemetry_tells_nothing_of_what_stripe_never_answered(server, witness, respond, client_of):
    """A request that a tap answers tells of none before it, and the next real one of none of those."""
    answering = witness(respond(200, **{"Request-Id": "req_1"}))
    client = client_of(stripe.RequestsClient())
    for _ in range(2):
        v1(client).customers.retrieve("cus_1")
    with answering.tap():
        for _ in range(2):
            v1(client).customers.retrieve("cus_1")
    v1(client).customers.retrieve("cus_1")
    told = [
        next((text for name, text in one.headers.items() if name.lower() == TOLD), "")
        for one in (*server.seen, *answering.asked)
    ]
    assert ["req_sent" in text for text in told] == [False, True, True, False, False]
    assert not any("req_1" in text for text in told)
