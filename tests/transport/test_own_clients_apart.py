"""A team's own HTTP client in threads and loops, and what is patched for it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import httpx
import pytest
import requests
import stripe
from majors import v1
from own_clients import SYNC, Async, Sync, by_aiohttp, by_httpx, by_requests, by_urlopen


@pytest.mark.parametrize("is_warm", [True, False])
@pytest.mark.parametrize("make", [SYNC["a Session"][0], SYNC["a Client"][0], SYNC["an opener"][0]])
def test_what_it_sends_from_an_executors_thread_is_answered(
    make, is_warm, answering, client_of, server, collector
):
    """An executor's thread, whether it was there before or not, sends for the call that waits for it."""
    send = make()
    with ThreadPoolExecutor(1) as pool:
        if is_warm:
            pool.submit(time.sleep, 0).result()

        def from_a_thread(*request):
            pool.submit(send, "post", f"{collector.url}/metrics", {}, "n=1").result()
            return pool.submit(send, *request).result()

        with answering.tap():
            assert v1(client_of(Sync(from_a_thread))).customers.create({}).id == "cus_answered"
    assert (server.seen, len(collector.seen)) == ([], 1)


def test_what_it_sends_from_a_thread_that_it_starts_is_answered(answering, client_of, server):
    """A thread of a client's own sends for it, too."""
    send, got = by_requests(requests.Session()), []

    def from_a_thread(*request):
        thread = threading.Thread(target=lambda: got.append(send(*request)))
        thread.start()
        thread.join()
        return got[0]

    with answering.tap():
        assert v1(client_of(Sync(from_a_thread))).customers.create({}).id == "cus_answered"
    assert server.seen == []


def test_a_sync_client_over_an_async_library_is_answered(answering, client_of, server):
    """A loop that a client runs in a thread of its own, or in the caller's, is part of its code."""
    send = by_aiohttp(aiohttp.ClientSession)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        with answering.tap():
            for run in (asyncio.run, lambda it: asyncio.run_coroutine_threadsafe(it, loop).result(5)):
                client = client_of(Sync(lambda *request, run=run: run(send(*request))))
                assert v1(client).customers.create({}).id == "cus_answered"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert server.seen == []


def test_an_async_client_in_a_thread_is_answered(answering, client_of, server):
    """An async client that hands a sync library to a thread is answered there."""
    send = by_requests(requests.Session())

    async def threaded(*request):
        await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0)
        return await asyncio.to_thread(send, *request)

    async def executed(*request):
        return await asyncio.get_running_loop().run_in_executor(None, send, *request)

    for way in (threaded, executed):
        with answering.tap():
            customer = asyncio.run(v1(client_of(Async(way))).customers.create_async({}))
        assert customer.id == "cus_answered"
    assert server.seen == []


def test_gathered_calls_each_get_their_answer(witness, respond, client_of, server):
    """Calls of one client that run at once don't take each other's answers."""
    seen = witness(lambda asked: respond(body={"id": asked.path[14:], "object": "customer"}))
    client = v1(client_of(Async(by_aiohttp(aiohttp.ClientSession))))

    async def ask():
        names = [f"cus_{number}" for number in range(20)]
        found = await asyncio.gather(*map(client.customers.retrieve_async, names))
        return [one.id for one in found] == names

    with seen.tap():
        assert asyncio.run(ask())
    assert (len(seen.observed), server.seen) == (20, [])


def test_streams_are_answered_by_every_library(answering, client_of, server):
    """A client that streams by requests or httpx hands on a body that reads as the tap's."""

    class Streaming(stripe.HTTPClient):
        name = "streaming"

        def request_stream(self, method, url, headers, _=None):
            answer = requests.request(method, url, headers=headers, stream=True, timeout=5)
            return answer.raw, answer.status_code, answer.headers

    client = client_of(Streaming())
    with answering.tap():
        streamed = client._requestor.request_stream("get", "/v1/x", base_address="api")
    assert (json.loads(streamed.io.read())["id"], server.seen) == ("cus_answered", [])


def test_hooks_of_a_library_run(answering, client_of, server):
    """Event hooks, response hooks and traces are a team's code as well."""
    ran = []

    async def started(*_):
        ran.append("aiohttp")

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(started)
    session, hooks = requests.Session(), {"request": [lambda _: ran.append("httpx")]}
    session.hooks["response"].append(lambda *_, **__: ran.append("requests"))
    with answering.tap(), httpx.Client(event_hooks=hooks) as client:
        for send in (by_requests(session), by_httpx(client)):
            v1(client_of(Sync(send))).customers.create({})
        traced = by_aiohttp(lambda: aiohttp.ClientSession(trace_configs=[trace]))
        asyncio.run(v1(client_of(Async(traced))).customers.create_async({}))
    assert (ran, server.seen) == (["requests", "httpx", "aiohttp"], [])


def test_libraries_are_left_alone_until_an_own_client_runs(answering, client_of, collector):
    """A tap, and a client of stripe-python's, patch no library; after an own client's call all is as before."""
    watched = {
        requests.adapters.HTTPAdapter: "send",
        httpx.HTTPTransport: "handle_request",
        aiohttp.connector.BaseConnector: "connect",
        urllib.request.AbstractHTTPHandler: "do_open",
        threading.Thread: "start",
        ThreadPoolExecutor: "submit",
    }
    during = []

    def found():
        return [vars(owner)[name] for owner, name in watched.items()]

    def looking(*request):
        during.append(found())
        return by_urlopen(*request)

    before = found()
    with answering.tap():
        v1(client_of(stripe.RequestsClient())).customers.create({})
        assert found() == before
        v1(client_of(Sync(looking))).customers.create({})
        assert found() == before
        requests.get(collector.url, timeout=5)
    assert not set(during[0]) & set(before)
    assert len(collector.seen) == 1


IMPORTS = """
import sys, stripe
for name in [name for name in sys.modules if name.partition(".")[0] in ("requests", "httpx", "aiohttp")]:
    del sys.modules[name]
from pytest_stripe_balance.api.message import Headers, Response
from pytest_stripe_balance.transport.intercept import intercept
answer = Response(200, Headers({}), b'{"id": "cus_1", "object": "customer"}')

class Late(stripe.HTTPClient):
    name = "late"
    def request(self, method, url, headers, post_data=None):
        if library == "requests":
            import requests
            got = requests.request(method, url, headers=headers)
        else:
            import httpx
            got = httpx.request(method, url, headers=headers)
        return got.content, got.status_code, got.headers

client = stripe.StripeClient("sk_test_1", http_client=Late(), base_addresses={"api": "http://127.0.0.1:9"})
with intercept(lambda _: answer, lambda *_: None, sends=False):
    for library in ("requests", "httpx"):
        assert library not in sys.modules
        assert getattr(client, "v1", client).customers.retrieve("cus_1").id == "cus_1"
assert "aiohttp" not in sys.modules
"""


def test_a_library_that_its_code_imports_late_is_caught_and_none_is_imported_for_it():
    """What isn't imported is watched for while the code runs."""
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
