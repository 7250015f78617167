"""Each fault against a server that behaves so, asked by each of stripe-python's clients."""

import asyncio
import socket
import urllib.request
from functools import partial

import aiohttp
import httpx
import pytest
import requests
import stripe
from majors import Urllib, v1
from own_clients import Async, Sync
from unruly import SENT, SILENT, unruly

from pytest_stripe_balance import fake_stripe
from pytest_stripe_balance.api.message import Failure, Headers, Response
from pytest_stripe_balance.transport import failures

VERBS = [*SILENT, *SENT]
TRIES = 3
CLIENTS = {
    "requests": lambda seconds: stripe.RequestsClient(timeout=seconds),
    "httpx": lambda seconds: stripe.HTTPXClient(timeout=seconds, allow_sync_methods=True),
    "urllib": lambda _: Urllib(),
    "async httpx": lambda seconds: stripe.HTTPXClient(timeout=seconds),
    "async aiohttp": lambda seconds: stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(seconds)),
    "async requests": lambda seconds: stripe.RequestsClient(
        async_fallback_client=stripe.HTTPXClient(timeout=seconds)
    ),
}
# stripe-python posts in a way that httpx no longer likes.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def _asked(name, seconds, **options):
    """Give what comes of a call by a client: the class, what the SDK says of it, and its cause."""
    is_async = name.startswith("async ")

    async def ask_async():
        http_client = CLIENTS[name](seconds)
        client = stripe.StripeClient("sk_test_1", http_client=http_client, **options)
        try:
            await v1(client).customers.create_async({"name": "Ada"})
        finally:
            await http_client.close_async()

    def ask():
        client = stripe.StripeClient("sk_test_1", http_client=CLIENTS[name](seconds), **options)
        v1(client).customers.create({"name": "Ada"})

    try:
        asyncio.run(ask_async()) if is_async else ask()
    except Exception as error:  # noqa: BLE001 - which one it is, is what is compared
        said = {key: getattr(error, key, None) for key in ("should_retry", "http_status", "code")}
        cause = error.__cause__ and type(error.__cause__)
        return {"class": type(error), **said, "cause": cause}
    return {"class": None}


@pytest.fixture
def at_a_server(monkeypatch):
    """Ask a server that behaves as a verb says; stripe-python's pauses are counted, and take no time."""
    pauses = []

    def pause(_, number, *__):
        pauses.append(number)
        return 0

    def ask(verb, name, asked):
        with monkeypatch.context() as patch, unruly(verb) as (url, server):
            patch.setattr(stripe.HTTPClient, "_sleep_time_seconds", pause)
            before = socket.getdefaulttimeout()
            seconds = 0.2 if verb == "time_out" else 20
            socket.setdefaulttimeout(seconds if "urllib" in name else before)  # it has no other
            try:
                came = asked(seconds, base_addresses={"api": url})
            finally:
                socket.setdefaulttimeout(before)
            tries = len(pauses) + 1
            assert server is None or server.tries == tries
        return came, tries

    return ask


_RETRIES = {"max_network_retries": TRIES - 1}


def _arm(faults, verb):
    """Arm a fault for as many tries as there are."""
    error = {"status": 402, "type": "card_error", "code": "card_declined"} if verb == "error" else {}
    getattr(faults, verb)(times=TRIES, **error)


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("verb", VERBS)
def test_the_fake_fails_as_a_server_does(verb, name, at_a_server):
    """The same class with the same cause, should_retry, status and code, after as many tries."""
    with fake_stripe() as stripe_balance:
        _arm(stripe_balance.faults, verb)
        came = _asked(name, 20, **_RETRIES)
        asked = stripe_balance.requests
    assert [(one.fault, one.retries) for one in asked] == [(verb, n) for n in range(len(asked))]
    assert (came, len(asked)) == at_a_server(verb, name, partial(_asked, name, **_RETRIES))


def _by_requests(seconds, method, url, headers, body):
    answer = requests.request(method, url, headers=headers, data=body, timeout=seconds)
    return answer.content, answer.status_code, answer.headers


def _by_httpx(seconds, method, url, headers, body):
    with httpx.Client(timeout=seconds) as client:
        answer = client.request(method, url, headers=headers, content=body)
        return answer.content, answer.status_code, answer.headers


def _by_urllib(_, method, url, headers, body):
    asked = urllib.request.Request(url, body.encode(), headers, method=method.upper())
    with urllib.request.urlopen(asked) as answer:
        return answer.read(), answer.status, dict(answer.headers)


async def _by_aiohttp(seconds, method, url, headers, body):
    timeout = aiohttp.ClientTimeout(seconds)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.request(method, url, headers=headers, data=body) as answer,
    ):
        return await answer.read(), answer.status, answer.headers


async def _by_async_httpx(seconds, method, url, headers, body):
    async with httpx.AsyncClient(timeout=seconds) as client:
        answer = await client.request(method, url, headers=headers, content=body)
        return answer.content, answer.status_code, answer.headers


SENDERS = {send.__name__: send for send in (_by_requests, _by_httpx, _by_urllib)}
SENDERS |= {send.__name__: send for send in (_by_aiohttp, _by_async_httpx)}


def _seen_by(name, seconds, **options):
    """Give the exception that code of a team's own sees where it sends by a library."""
    send = partial(SENDERS[name], seconds)
    own = (Async if asyncio.iscoroutinefunction(SENDERS[name]) else Sync)(send)
    client = v1(stripe.StripeClient("sk_test_1", http_client=own, max_network_retries=0, **options))
    try:
        if isinstance(own, Async):
            asyncio.run(client.customers.create_async({"name": "Ada"}))
        else:
            client.customers.create({"name": "Ada"})
    except Exception as error:  # noqa: BLE001 - which one it is, is what is compared
        return type(error)
    return None


@pytest.mark.parametrize("name", SENDERS)
@pytest.mark.parametrize("verb", [*SILENT, "half_answer"])
def test_a_teams_own_client_meets_its_librarys_own_exception(verb, name, at_a_server):
    """Where its code sends by a library, that raises what it raises at a server that behaves so."""
    with fake_stripe() as stripe_balance:
        _arm(stripe_balance.faults, verb)
        came = _seen_by(name, 20)
    real = at_a_server(verb, name, partial(_seen_by, name))
    assert came is not None
    assert (came, 1) == real


@pytest.mark.parametrize("verb", [*SILENT, "half_answer"])
def test_a_client_that_is_passed_by_fails_as_most_do(verb, stripe_balance, _stripe_session, monkeypatch):
    """With `stripe_own_clients = skip` a wire that fails is an APIConnectionError that is retried."""
    monkeypatch.setattr(
        _stripe_session, "settings", _stripe_session.settings._replace(own_clients="skip")
    )
    with _stripe_session.tapped():
        _arm(stripe_balance.faults, verb)
        client = stripe.StripeClient("sk_test_1", http_client=Sync(None), max_network_retries=TRIES - 1)
        with pytest.raises(stripe.APIConnectionError) as caught:
            v1(client).customers.create({})
    assert caught.value.should_retry
    assert [one.retries for one in stripe_balance.requests] == [*range(TRIES)]


@pytest.mark.parametrize("wire", ["refuses", "silent", "resets", "cuts"])
def test_pycurls_error_is_given_to_its_own_handler(wire):
    """As libcurl's codes say: of these stripe-python retries a refused connection and a time-out."""
    pycurl = pytest.importorskip("pycurl", reason="it is no dependency")
    failure = Failure("a fault", wire, Response(200, Headers(), b"12345678"))
    with pytest.raises(stripe.APIConnectionError) as caught:
        failures.act(stripe.PycurlClient(), failure, "https://api.stripe.com/v1/customers")
    assert isinstance(caught.value.__cause__, pycurl.error)
    assert caught.value.should_retry == (wire in ("refuses", "silent"))
