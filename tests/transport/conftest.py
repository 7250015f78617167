"""Clients of every kind, and a tap that tells what it saw."""

from __future__ import annotations

import importlib.util
import inspect
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import stripe
from majors import Urllib
from stripe import _http_client

from pytest_stripe_balance.api.message import Headers, Request, Response
from pytest_stripe_balance.transport.intercept import intercept

ANSWERED = {"id": "cus_answered", "object": "customer"}


@dataclass
class Witness:
    """What a tap was asked and saw; `answer` is what it answers, None to let the client send."""

    answer: Response | Callable[[Request], Response | None] | None
    asked: list[Request] = field(default_factory=list)
    observed: list[tuple[Request, Response]] = field(default_factory=list)

    def tap(self, *, sends: bool = False, **options):
        return intercept(self._answer, self._observe, sends=sends, **options)

    def _answer(self, request: Request) -> Response | None:
        self.asked.append(request)
        return self.answer(request) if callable(self.answer) else self.answer

    def _observe(self, request: Request, response: Response) -> None:
        self.observed.append((request, response))


def _response(status: int = 200, body: object = ANSWERED, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, Headers(named), json.dumps(body).encode())


@pytest.fixture
def respond():
    """Make an answer from a status, a body and headers."""
    return _response


@pytest.fixture
def witness():
    """Make a witness of a tap that answers what it is given."""
    return Witness


@pytest.fixture
def answering():
    """A witness that answers every request with the customer cus_answered."""
    return Witness(_response(Request_Id="req_answered"))


@pytest.fixture
def letting_through():
    """A witness that lets every request be sent."""
    return Witness(None)


@pytest.fixture
def sync_client(request, monkeypatch):
    """A client that can send synchronously, by the name of its library."""
    for name in ("urlfetch", "pycurl"):  # put back afterwards: it would be the default client's
        monkeypatch.setattr(_http_client, name, getattr(_http_client, name, None), raising=False)
    return _SYNC[request.param]()


@pytest.fixture
def async_client(request):
    """Give a client that can send asynchronously, by the name of its library."""
    return _ASYNC[request.param]()


@pytest.fixture
def client_of(server):
    """Make a StripeClient that would send to the server on this machine."""

    def made(http_client: stripe.HTTPClient, **options) -> stripe.StripeClient:
        return stripe.StripeClient(
            "sk_test_1", http_client=http_client, base_addresses={"api": server.url}, **options
        )

    return made


def _urlfetch() -> stripe.HTTPClient:
    """App Engine's client; where there is no App Engine, its library sends by urllib."""
    if importlib.util.find_spec("google") and importlib.util.find_spec("google.appengine"):
        return stripe.UrlFetchClient()

    def fetch(url, method, headers, payload, **_):
        status, answered, body = _fetched(url, method, headers, payload)
        return SimpleNamespace(status_code=status, headers=answered, content=body.decode())

    library = SimpleNamespace(fetch=fetch, Error=urllib.error.URLError)
    return _client_over(stripe.UrlFetchClient, "urlfetch", library)


def _pycurl() -> stripe.HTTPClient:
    """pycurl's client; where there is no pycurl, its library sends by urllib."""  # noqa: D403
    if importlib.util.find_spec("pycurl"):
        return stripe.PycurlClient()
    names = (
        "HTTPGET POST POSTFIELDS URL WRITEFUNCTION HEADERFUNCTION NOSIGNAL CONNECTTIMEOUT TIMEOUT "
        "HTTPHEADER CAINFO RESPONSE_CODE"
    )
    library = SimpleNamespace(**{name: name for name in names.split()}, Curl=_Curl, error=OSError)
    return _client_over(stripe.PycurlClient, "pycurl", library)


def _client_over(client_class, name: str, library: SimpleNamespace) -> stripe.HTTPClient:
    """Make a client over a library; before stripe-python 13 it looks for it in its own module."""
    if "_lib" in inspect.signature(client_class.__init__).parameters:
        return client_class(_lib=library)
    setattr(_http_client, name, library)
    return client_class()


class _Curl:
    """As much of a pycurl handle as stripe-python uses; it sends by urllib."""

    def reset(self):
        self.options = {}

    def setopt(self, option, value):
        self.options[option] = value

    def perform(self):
        headers = dict(line.split(": ", 1) for line in self.options["HTTPHEADER"])
        method = "POST" if "POST" in self.options else "GET"
        body = self.options.get("POSTFIELDS")
        self.status, answered, content = _fetched(self.options["URL"], method, headers, body)
        lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in answered.items())]
        self.options["HEADERFUNCTION"]("\r\n".join(lines).encode())
        self.options["WRITEFUNCTION"](content)

    def getinfo(self, _):
        return self.status


def _fetched(url: str, method: str, headers: dict[str, str], payload: str | None):
    data = payload.encode() if payload else None
    asked = urllib.request.Request(url, data, headers, method=method.upper())
    with urllib.request.urlopen(asked) as answer:
        return answer.status, dict(answer.headers), answer.read()


_SYNC = {
    "requests": stripe.RequestsClient,
    "urllib": Urllib,
    "httpx": lambda: stripe.HTTPXClient(allow_sync_methods=True),
    "pycurl": _pycurl,
    "urlfetch": _urlfetch,
}
_ASYNC = {
    "httpx": stripe.HTTPXClient,
    "aiohttp": stripe.AIOHTTPClient,
    "requests, falling back on httpx": lambda: stripe.RequestsClient(
        async_fallback_client=stripe.HTTPXClient()
    ),
    "urllib, falling back on aiohttp": lambda: Urllib(async_fallback_client=stripe.AIOHTTPClient()),
}
