from __future__ import annotations

import asyncio
import types

import pytest
import stripe
from majors import Urllib, v1


class _Mixin:
    """Sends on its own; it knows nothing of stripe-python's classes."""

    def request(self, method, url, headers, post_data=None):
        self.ran.append("mixin")
        return super().request(method, url, headers, post_data)


def _overriding(ran, base=Urllib):
    class Own(base):
        def request(self, method, url, headers, post_data=None):
            ran.append("request")
            return super().request(method, url, headers, post_data)

    return Own


def _overriding_retries(ran):
    class Own(Urllib):
        def request_with_retries(self, *args, **kwargs):
            ran.append("retries")
            return super().request_with_retries(*args, **kwargs)

    return Own


def _sending_from_retries(ran):
    class Own(Urllib):
        def request_with_retries(self, method, url, headers, post_data=None, *_, **__):
            ran.append("retries")
            return Urllib.request(self, method, url, headers, post_data)

    return Own


def _mixed_in(ran):
    return type("Own", (_Mixin, Urllib), {"ran": ran})


def _below_a_mixture(ran):
    return type("Below", (_mixed_in(ran),), {})


def _retries_mixed_in(ran):
    class Mixin:
        def request_with_retries(self, *args, **kwargs):
            ran.append("retries")
            return super().request_with_retries(*args, **kwargs)

    return type("Own", (Mixin, Urllib), {})


def _three_levels(ran):
    return _overriding(ran, _overriding(ran, _overriding(ran)))


def _a_level_without(ran):
    return type("Below", (_overriding(ran),), {})


def _from_scratch(ran):
    class Own(stripe.HTTPClient):
        name = "own"

        def request(self, method, url, headers, post_data=None):
            ran.append("request")
            return Urllib().request(method, url, headers, post_data)

    return Own


def _wrapping_another(ran):
    class Own(stripe.HTTPClient):
        name = "own"
        inner = Urllib()

        def request_with_retries(self, *args, **kwargs):
            ran.append("retries")
            return self.inner.request_with_retries(*args, **kwargs)

    return Own


def _httpx_with_a_sync_way_of_its_own(ran):
    class Own(stripe.HTTPXClient):
        def request(self, method, url, headers, post_data=None):
            ran.append("request")
            return Urllib().request(method, url, headers, post_data)

    return Own


def _aiohttp_with_a_sync_way_of_its_own(ran):
    class Own(stripe.AIOHTTPClient):
        def request(self, method, url, headers, post_data=None):
            ran.append("request")
            return Urllib().request(method, url, headers, post_data)

    return Own


SYNC = {
    "overrides request, calls super": _overriding,
    "overrides request_with_retries, calls super": _overriding_retries,
    "sends from request_with_retries": _sending_from_retries,
    "request from a mixin": _mixed_in,
    "below a class with a mixin": _below_a_mixture,
    "request_with_retries from a mixin": _retries_mixed_in,
    "three levels, each overrides": _three_levels,
    "a level that overrides nothing": _a_level_without,
    "from scratch": _from_scratch,
    "wraps another client": _wrapping_another,
    "httpx with a sync way of its own": _httpx_with_a_sync_way_of_its_own,
    "aiohttp with a sync way of its own": _aiohttp_with_a_sync_way_of_its_own,
}
of_every_kind = pytest.mark.parametrize("own", SYNC.values(), ids=SYNC)


in_both_ways = pytest.mark.parametrize("own_clients", ["run", "skip"])


@in_both_ways
@of_every_kind
def test_a_users_own_client_is_answered(own, own_clients, answering, client_of, server):
    """A class of the user's own that was there first runs, or is passed by, and sends nothing."""
    ran = []
    client = client_of(own(ran)())
    with answering.tap(own_clients=own_clients):
        customer = v1(client).customers.create({"name": "Ada"})
    assert (customer.id, bool(ran), server.seen) == ("cus_answered", own_clients == "run", [])
    assert len(answering.observed) == 1


@in_both_ways
@of_every_kind
def test_a_class_defined_under_the_tap_is_answered(own, own_clients, answering, client_of, server):
    """A class that is defined while the tap is open is answered like any other."""
    ran = []
    with answering.tap(own_clients=own_clients):
        customer = v1(client_of(own(ran)())).customers.create({"name": "Ada"})
    assert (customer.id, bool(ran), server.seen) == ("cus_answered", own_clients == "run", [])


@of_every_kind
def test_a_class_defined_under_the_tap_sends_by_its_own_code_afterwards(
    own, answering, client_of, server
):
    """A class that was defined while the tap was open is as it was written once it is closed."""
    ran = []
    with answering.tap():
        client = client_of(own(ran)())
    customer = v1(client).customers.create({"name": "Ada"})
    assert (customer.id, bool(ran), len(server.seen)) == ("cus_sent", True, 1)


@of_every_kind
def test_a_users_own_client_that_is_let_through_runs_its_code_and_is_observed_once(
    own, letting_through, client_of, server
):
    """Where the tap has no answer a user's own code sends, and the pair is observed once."""
    ran = []
    client = client_of(own(ran)())
    with letting_through.tap(sends=True):
        customer = v1(client).customers.create({"name": "Ada"})
    assert (customer.id, bool(ran), len(server.seen)) == ("cus_sent", True, 1)
    assert len(letting_through.observed) == 1


# The streaming and the async ways.


@in_both_ways
def test_a_users_own_stream_is_answered(own_clients, answering, client_of, server):
    """A stream of a user's own class is answered, whichever of the two ways it overrides."""
    ran = []

    class Own(Urllib):
        def request_stream(self, *args, **kwargs):
            ran.append("stream")
            return super().request_stream(*args, **kwargs)

        def request_stream_with_retries(self, *args, **kwargs):
            ran.append("retries")
            return super().request_stream_with_retries(*args, **kwargs)

    client = client_of(Own())
    with answering.tap(own_clients=own_clients):
        streamed = client._requestor.request_stream("get", "/v1/x", base_address="api")
    assert b"cus_answered" in streamed.io.read()
    assert (ran, server.seen) == (["retries", "stream"] if own_clients == "run" else [], [])


def _async_overriding(ran, base=stripe.HTTPXClient):
    class Own(base):
        async def request_async(self, *args, **kwargs):
            ran.append("request")
            return await super().request_async(*args, **kwargs)

    return Own


def _async_overriding_retries(ran):
    class Own(stripe.HTTPXClient):
        async def request_with_retries_async(self, *args, **kwargs):
            ran.append("retries")
            return await super().request_with_retries_async(*args, **kwargs)

    return Own


def _async_mixed_in(ran):
    class Mixin:
        async def request_async(self, *args, **kwargs):
            ran.append("mixin")
            return await super().request_async(*args, **kwargs)

    return type("Own", (Mixin, stripe.AIOHTTPClient), {})


def _async_levels(ran):
    return _async_overriding(ran, _async_overriding(ran, stripe.AIOHTTPClient))


ASYNC = {
    "overrides request_async": _async_overriding,
    "overrides request_with_retries_async": _async_overriding_retries,
    "request_async from a mixin": _async_mixed_in,
    "two levels, each overrides": _async_levels,
}


@in_both_ways
@pytest.mark.parametrize("own", ASYNC.values(), ids=ASYNC)
def test_a_users_own_async_client_is_answered(own, own_clients, answering, client_of, server):
    """An async class of the user's own runs, or is passed by, and sends nothing."""
    ran = []
    client = client_of(own(ran)())
    with answering.tap(own_clients=own_clients):
        customer = asyncio.run(v1(client).customers.retrieve_async("cus_1"))
    assert (customer.id, bool(ran), server.seen) == ("cus_answered", own_clients == "run", [])
    assert len(answering.observed) == 1


@pytest.mark.parametrize("own", ASYNC.values(), ids=ASYNC)
def test_a_users_own_async_client_that_is_let_through_is_observed_once(
    own, letting_through, client_of, server
):
    """Where the tap has no answer a user's own async code sends, and is observed once."""
    ran = []
    http_client = own(ran)()
    client = client_of(http_client)

    async def ask():
        found = await v1(client).customers.retrieve_async("cus_1")
        await http_client.close_async()
        return found

    with letting_through.tap(sends=True):
        customer = asyncio.run(ask())
    assert (customer.id, bool(ran), len(server.seen)) == ("cus_sent", True, 1)
    assert len(letting_through.observed) == 1


@in_both_ways
def test_a_users_own_async_stream_is_answered(own_clients, answering, client_of, server):
    """An async stream of a user's own class is answered, whichever way it overrides."""
    ran = []

    class Own(stripe.HTTPXClient):
        async def request_stream_async(self, *args, **kwargs):
            ran.append("stream")
            return await super().request_stream_async(*args, **kwargs)

        async def request_stream_with_retries_async(self, *args, **kwargs):
            ran.append("retries")
            return await super().request_stream_with_retries_async(*args, **kwargs)

    client = client_of(Own())

    async def ask():
        asked = client._requestor.request_stream_async("get", "/v1/x", base_address="api")
        return b"".join([chunk async for chunk in (await asked).stream()])

    with answering.tap(own_clients=own_clients):
        body = asyncio.run(ask())
    assert b"cus_answered" in body
    assert (ran, server.seen) == (["retries", "stream"] if own_clients == "run" else [], [])


def test_a_class_keeps_its_own_init_subclass(answering):
    """A user's `__init_subclass__` with keywords of its own works while the tap is open."""
    given = {}

    class Base(Urllib):
        def __init_subclass__(cls, /, tenant, **kwargs):
            super().__init_subclass__(**kwargs)
            given[cls.__name__] = tenant

    with answering.tap():
        types.new_class("Own", (Base,), {"tenant": "north"})
    assert given == {"Own": "north"}
