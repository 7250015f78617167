"""A team's own HTTP clients, over each library and with what a team may have put into it."""

from __future__ import annotations

import asyncio
import urllib.request

import aiohttp
import httpx
import requests
import stripe
from majors import Urllib


class Sync(stripe.HTTPClient):
    """Sends by a function of its own, and remembers what it did."""

    name = "own"

    def __init__(self, send, **options):
        super().__init__(**options)
        self.send, self.ran = send, []

    def request(self, method, url, headers, post_data=None):
        self.ran.append("request")
        return self.send(method, url, headers, post_data)


class Async(stripe.HTTPClient):
    """The same, asynchronously."""

    name = "own"

    def __init__(self, send):
        super().__init__()
        self.send, self.ran = send, []

    async def request_async(self, method, url, headers, post_data=None):
        self.ran.append("request")
        return await self.send(method, url, headers, post_data)

    def sleep_async(self, _):
        return asyncio.sleep(0)


# By each library, plainly and by what a team may have put into it.


class CountingSession(requests.Session):
    sent = 0

    def send(self, request, **options):
        CountingSession.sent += 1
        return super().send(request, **options)


class CountingAdapter(requests.adapters.HTTPAdapter):
    sent = 0

    def send(self, request, **options):
        CountingAdapter.sent += 1
        return super().send(request, **options)


class WrappingAdapter(requests.adapters.BaseAdapter):
    sent = 0

    def __init__(self):
        super().__init__()
        self.inner = requests.adapters.HTTPAdapter(max_retries=2)

    def send(self, request, **options):
        WrappingAdapter.sent += 1
        return self.inner.send(request, **options)

    def close(self):
        self.inner.close()


class CountingClient(httpx.Client):
    sent = 0

    def send(self, request, **options):
        CountingClient.sent += 1
        return super().send(request, **options)


class CountingTransport(httpx.HTTPTransport):
    sent = 0

    def handle_request(self, request):
        CountingTransport.sent += 1
        return super().handle_request(request)


class WrappingTransport(httpx.BaseTransport):
    sent = 0

    def __init__(self):
        self.inner = httpx.HTTPTransport(retries=1)

    def handle_request(self, request):
        WrappingTransport.sent += 1
        return self.inner.handle_request(request)


class CountingHandler(urllib.request.HTTPHandler):
    sent = 0

    def http_open(self, request):
        CountingHandler.sent += 1
        return super().http_open(request)


class CountingAsyncClient(httpx.AsyncClient):
    sent = 0

    async def send(self, request, **options):
        CountingAsyncClient.sent += 1
        return await super().send(request, **options)


class CountingAsyncTransport(httpx.AsyncHTTPTransport):
    sent = 0

    async def handle_async_request(self, request):
        CountingAsyncTransport.sent += 1
        return await super().handle_async_request(request)


class CountingConnector(aiohttp.TCPConnector):
    sent = 0

    async def connect(self, *given, **options):
        CountingConnector.sent += 1
        return await super().connect(*given, **options)


def by_requests(session):
    def send(method, url, headers, post_data):
        answer = session.request(method, url, headers=headers, data=post_data, timeout=5)
        return answer.content, answer.status_code, answer.headers

    return send


def _mounted(adapter):
    session = requests.Session()
    session.mount("http://", adapter)
    return session


def by_httpx(client):
    def send(method, url, headers, post_data):
        answer = client.request(method, url, headers=dict(headers), content=post_data)
        return answer.content, answer.status_code, answer.headers

    return send


def by_urllib(*handlers):
    opener = urllib.request.build_opener(*handlers)

    def send(method, url, headers, post_data):
        data = post_data.encode() if post_data else None
        asked = urllib.request.Request(url, data, dict(headers), method=method.upper())
        with opener.open(asked, timeout=5) as answer:
            return answer.read(), answer.status, dict(answer.headers)

    return send


def by_urlopen(method, url, headers, post_data):
    data = post_data.encode() if post_data else None
    asked = urllib.request.Request(url, data, dict(headers), method=method.upper())
    with urllib.request.urlopen(asked, timeout=5) as answer:
        return answer.read(), answer.status, dict(answer.headers)


def by_async_httpx(make):
    async def send(method, url, headers, post_data):
        async with make() as client:
            answer = await client.request(method, url, headers=dict(headers), content=post_data)
        return answer.content, answer.status_code, answer.headers

    return send


def by_aiohttp(make):
    async def send(method, url, headers, post_data):
        async with (
            make() as session,
            session.request(method, url, headers=headers, data=post_data) as answer,
        ):
            return await answer.read(), answer.status, answer.headers

    return send


def by_a_wrapped(client):
    return lambda method, url, headers, post_data: client.request(method, url, headers, post_data)


SYNC = {
    "requests": (lambda: by_requests(requests), None),
    "a Session": (lambda: by_requests(requests.Session()), None),
    "a subclass of Session": (lambda: by_requests(CountingSession()), CountingSession),
    "a mounted adapter": (lambda: by_requests(_mounted(CountingAdapter())), CountingAdapter),
    "an adapter that wraps": (lambda: by_requests(_mounted(WrappingAdapter())), WrappingAdapter),
    "httpx": (lambda: by_httpx(httpx), None),
    "a Client": (lambda: by_httpx(httpx.Client()), None),
    "a subclass of Client": (lambda: by_httpx(CountingClient()), CountingClient),
    "a transport": (
        lambda: by_httpx(httpx.Client(transport=CountingTransport())),
        CountingTransport,
    ),
    "a transport that wraps": (
        lambda: by_httpx(httpx.Client(mounts={"all://": WrappingTransport()})),
        WrappingTransport,
    ),
    "urlopen": (lambda: by_urlopen, None),
    "an opener": (lambda: by_urllib(), None),
    "an opener's handler": (lambda: by_urllib(CountingHandler()), CountingHandler),
    "a client of stripe-python's over requests": (
        lambda: by_a_wrapped(stripe.RequestsClient()),
        None,
    ),
    "one over urllib": (lambda: by_a_wrapped(Urllib()), None),
    "one over httpx": (lambda: by_a_wrapped(stripe.HTTPXClient(allow_sync_methods=True)), None),
}
ASYNC = {
    "AsyncClient": (lambda: by_async_httpx(httpx.AsyncClient), None),
    "a subclass of AsyncClient": (
        lambda: by_async_httpx(CountingAsyncClient),
        CountingAsyncClient,
    ),
    "an async transport": (
        lambda: by_async_httpx(lambda: httpx.AsyncClient(transport=CountingAsyncTransport())),
        CountingAsyncTransport,
    ),
    "ClientSession": (lambda: by_aiohttp(aiohttp.ClientSession), None),
    "a connector": (
        lambda: by_aiohttp(lambda: aiohttp.ClientSession(connector=CountingConnector())),
        CountingConnector,
    ),
}
