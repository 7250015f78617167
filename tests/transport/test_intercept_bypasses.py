"""Clients whose own code would send past the tap, in every odd shape."""

from __future__ import annotations

import asyncio
import types
from dataclasses import replace

import pytest
import stripe
from majors import Urllib, v1

from pytest_stripe_balance.api.message import Headers


class Duck:
    """Sends, and is no stripe.HTTPClient."""

    name = "duck"

    def __init__(self):
        self._client = Urllib()

    def request_with_retries(self, method, url, headers, post_data=None, **_):
        return _ORIGINAL(self._client, method, url, headers, post_data)

    async def request_with_retries_async(self, method, url, headers, post_data=None, **_):
        return _ORIGINAL(self._client, method, url, headers, post_data)

    request_async = request_with_retries_async  # as a fallback it is come to here


_ORIGINAL = Urllib.request


class Aloof(Urllib):
    """Doesn't tell stripe-python's classes of its subclasses."""

    def __init_subclass__(cls, **kwargs):
        pass


def _defined_late():
    class Late(Aloof):
        def request(self, method, url, headers, post_data=None):
            return _ORIGINAL(self, method, url, headers, post_data)

    return Late()


def _replaced_on_the_class():
    class Replaced(Urllib):
        pass

    Replaced.request = _ORIGINAL
    return Replaced()


def _replaced_on_the_instance():
    client = Urllib()
    client.request = types.MethodType(_ORIGINAL, client)
    return client


def _own_internals():
    class Inner(Urllib):
        def _request_with_retries_internal(self, method, url, headers, post_data, *_, **__):
            return _ORIGINAL(self, method, url, headers, post_data)

    return Inner()


def _own_look_up():
    class Looking(Urllib):
        def __getattribute__(self, name):
            if name == "request":
                return types.MethodType(_ORIGINAL, self)
            return super().__getattribute__(name)

    return Looking()


def _behind_a_fallback():
    return Urllib(async_fallback_client=Duck())


ODD = {
    "a duck": Duck,
    "defined late below an aloof class": _defined_late,
    "replaced on the class": _replaced_on_the_class,
    "replaced on the instance": _replaced_on_the_instance,
    "own internals": _own_internals,
    "own look-up": _own_look_up,
}


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_nothing_leaves_whatever_the_client(make, answering, client_of, server):
    """A client that would send past the tap is stood in for, and nothing is sent."""
    with answering.tap():
        assert v1(client_of(make())).customers.retrieve("cus_1").id == "cus_answered"
    assert server.seen == []
    assert len(answering.observed) == 1


@pytest.mark.parametrize("make", [Duck, _behind_a_fallback], ids=["a duck", "behind a fallback"])
def test_nothing_leaves_asynchronously(make, answering, client_of, server):
    """The same holds for async calls, and for a fallback behind another client."""
    with answering.tap():
        found = asyncio.run(v1(client_of(make())).customers.retrieve_async("cus_1"))
    assert found.id == "cus_answered"
    assert server.seen == []


def _readdressed(request):
    """Let a request through with another key, as the modes that send do."""
    return replace(
        request, headers=Headers({**request.headers, "Authorization": "Bearer sk_test_theirs"})
    )


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_what_such_a_client_sends_is_sent_as_the_tap_has_it_and_observed_once(
    make, witness, client_of, server
):
    """Let through, its own code sends what the tap says, and nothing goes past that."""
    letting = witness(_readdressed)
    client = client_of(make())
    with letting.tap(sends=True):
        assert v1(client).customers.retrieve("cus_1").id == "cus_sent"
    (request,) = server.seen
    assert request.headers["Authorization"] == "Bearer sk_test_theirs"
    assert [(one.path, got.status) for one, got in letting.observed] == [("/v1/customers/cus_1", 200)]


@pytest.mark.parametrize("make", [Duck, _behind_a_fallback], ids=["a duck", "behind a fallback"])
def test_what_such_a_client_sends_asynchronously_is_observed_once(make, witness, client_of, server):
    """The same holds for async calls, and for a fallback behind another client."""
    letting = witness(_readdressed)
    client = client_of(make())
    with letting.tap(sends=True):
        found = asyncio.run(v1(client).customers.retrieve_async("cus_1"))
    (request,) = server.seen
    assert (found.id, request.headers["Authorization"]) == ("cus_sent", "Bearer sk_test_theirs")
    assert len(letting.observed) == 1


class Meddling(Urllib):
    """Adds to what it was told to send."""

    def request(self, method, url, headers, post_data=None):
        return super().request(method, url, {**headers, "X-Mine": "1"}, post_data)


class Chatty(Urllib):
    """Asks for something else on the way."""

    def request(self, method, url, headers, post_data=None):
        other = url.replace("cus_1", "cus_2")
        if other != url:
            super().request(method, other, headers, post_data)
        return super().request(method, url, headers, post_data)


@pytest.mark.parametrize(
    ("client", "paths"),
    [(Meddling, ["/v1/customers/cus_1"]), (Chatty, ["/v1/customers/cus_2", "/v1/customers/cus_1"])],
)
def test_what_a_client_asks_on_the_way_is_looked_at_and_observed_once(
    client, paths, witness, client_of, server
):
    """Whatever it makes of a request, the tap sees it as it leaves; another request is another."""
    letting = witness(_readdressed)
    with letting.tap(sends=True):
        v1(client_of(client())).customers.retrieve("cus_1")
    assert letting.asked[-1].headers.get("X-Mine") == ("1" if client is Meddling else None)
    assert {request.headers["Authorization"] for request in server.seen} == {"Bearer sk_test_theirs"}
    assert [one.path for one, _ in letting.observed] == paths


def test_what_a_client_adds_to_a_body_is_the_same_request(witness, client_of, server):
    """It is sent as the client has it, and observed once, as it was asked."""

    class Adding(Urllib):
        def request_with_retries(self, method, url, headers, post_data=None, *rest, **options):
            more = f"{post_data}&metadata[app]=mine"
            return super().request_with_retries(method, url, headers, more, *rest, **options)

    letting = witness(_readdressed)
    with letting.tap(sends=True):
        v1(client_of(Adding())).customers.create({"name": "Ada"})
    ((asked, _),) = letting.observed
    assert asked.body == "name=Ada"
    (sent,) = server.seen
    assert sent.body == "name=Ada&metadata[app]=mine"


def test_who_has_sent_is_told_where_it_is_no_client_of_stripes(witness, client_of, server):
    """What stripe-python's own clients ask was sent; what another one did nobody knows."""
    letting = witness(_readdressed)
    with letting.tap(sends=True):
        for client in (Urllib(), Meddling(), Duck()):
            v1(client_of(client)).customers.retrieve("cus_1")
    assert [one.by for one, _ in letting.observed] == [None, "Meddling", "Duck"]


def test_the_default_client_is_stood_in_for_too(answering, server, monkeypatch):
    """stripe.default_http_client may be such a client as well."""
    monkeypatch.setattr(stripe, "default_http_client", Duck())
    monkeypatch.setattr(stripe, "api_key", "sk_test_1")
    monkeypatch.setattr(stripe, "api_base", server.url)
    with answering.tap():
        assert stripe.Customer.retrieve("cus_1").id == "cus_answered"
    assert server.seen == []


@pytest.mark.parametrize("make", [Urllib, stripe.AIOHTTPClient])
def test_a_client_that_the_tap_has_is_itself(make, answering, client_of):
    """No stand-in takes the place of an ordinary client."""
    with answering.tap():
        client = make()
        assert client_of(client)._requestor._get_http_client() is client


@pytest.mark.parametrize("stuck", ["request", "_get_http_client"])
def test_a_patch_that_is_put_back_late_does_nothing_more(stuck, answering, client_of, server):
    """What somebody kept of a closed tap, and put back, sends as it would without it."""
    owner = Urllib if stuck == "request" else type(stripe.StripeClient("sk_test_1")._requestor)
    before = vars(owner)[stuck]
    with answering.tap():
        kept = vars(owner)[stuck]
    setattr(owner, stuck, kept)
    try:
        found = v1(client_of(Urllib())).customers.retrieve("cus_1")
    finally:
        setattr(owner, stuck, before)
    assert found.id != "cus_answered"
    assert len(server.seen) == 1
    assert answering.asked == []
