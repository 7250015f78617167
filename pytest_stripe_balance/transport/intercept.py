"""The tap: the last call before the socket inside stripe-python, on every client class.

`answer(request)` gives a Response, or None to let the real client send, or the Request to send in its
place; `observe(request, response)` sees every pair as it was sent, but for streams that are let through:
their bodies are the caller's to read.
stripe-python's own encoding, headers, retries and error classes stay real.
"""

from __future__ import annotations

import functools
import io
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import stripe
from stripe._api_requestor import _APIRequestor

from pytest_stripe_balance.api.message import Headers, Request, Response
from pytest_stripe_balance.transport import clients

Answer = Callable[[Request], Response | Request | None]
Observe = Callable[[Request, Response], None]
Sent = tuple[Any, int, Mapping[str, str]]

# The taps that let the request at hand through: what its client calls on the way is the same request.
_passed: ContextVar[frozenset[Tap]] = ContextVar("pytest_stripe_balance", default=frozenset())


class _AsyncBody:
    """An answer's body as an async client streams it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body

    async def read(self) -> bytes:
        return self._body


@contextmanager
def intercept(answer: Answer, observe: Observe, *, sends: bool) -> Iterator[None]:
    """Catch every request that stripe-python makes while the context is open.

    Clients made before are caught too, and so are users' own subclasses of `stripe.HTTPClient`, those
    defined meanwhile included. Contexts nest: the innermost answers. With `sends` False nothing of
    stripe-python's leaves the machine, and its telemetry id is neither read nor written.
    """
    tap = Tap(answer, observe, sends=sends)
    tap.open()
    try:
        yield
    finally:
        tap.close()


@dataclass(eq=False)
class Tap:
    """One layer of patches, taken off in the reverse order of putting them on."""

    answer: Answer
    observe: Observe
    sends: bool
    _undo: list[Callable[[], None]] = field(default_factory=list)
    _is_open: bool = False

    def open(self) -> None:
        """Patch every client class there is, and those to come."""
        self._is_open = True
        try:
            if not self.sends and clients.telemetry is not None:
                self._set(clients.telemetry, "get_telemetry_id", lambda: None)
            self._set(_APIRequestor, "_get_http_client", self._http_client())
            self._set(stripe.HTTPClient, "__init_subclass__", self._announce())
            for cls in clients.subclasses(stripe.HTTPClient):
                self._patch(cls)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Take every patch off again; one that others have put back meanwhile does nothing more."""
        self._is_open = False
        while self._undo:
            self._undo.pop()()

    def _set(self, owner: Any, name: str, value: object) -> None:  # noqa: ANN401 - a class or a module
        if name in vars(owner):
            self._undo.append(functools.partial(setattr, owner, name, vars(owner)[name]))
        else:
            self._undo.append(functools.partial(delattr, owner, name))
        setattr(owner, name, value)

    def _http_client(self) -> Callable[[_APIRequestor], stripe.HTTPClient]:
        """Make the requestor's look-up put a stand-in in the place of a client that the tap misses."""
        original = vars(_APIRequestor)["_get_http_client"]

        @functools.wraps(original)
        def get_http_client(requestor: _APIRequestor) -> stripe.HTTPClient:
            client: stripe.HTTPClient = original(requestor)
            if not self._is_open or clients.is_tapped(client):
                return client
            return clients.StandIn(client)

        return get_http_client

    def _announce(self) -> classmethod[Any, Any, None]:
        """Make an `__init_subclass__` that patches a class as soon as it is defined."""
        outer = vars(stripe.HTTPClient).get("__init_subclass__")
        tap = self

        def init_subclass(cls: type, /, **kwargs: object) -> None:
            if outer is None:
                super(stripe.HTTPClient, cls).__init_subclass__(**kwargs)  # type: ignore[misc] # it is one
            else:
                outer.__func__(cls, **kwargs)
            tap._patch(cls)

        return classmethod(init_subclass)

    def _patch(self, cls: type) -> None:
        for name in (*clients.SYNC, *clients.ASYNC):
            if name in clients.NEVER_SEND.get(cls.__name__, ()) and clients.is_stripes(cls):
                continue
            if (original := clients.own(cls, name)) is not None:
                self._wrap(cls, name, original)
        for name in clients.RETRIES:
            if (original := clients.own(cls, name)) is None:
                continue
            if self.sends:  # its own way of sending is the user's to keep, and is seen as one request
                self._wrap(cls, name, original)
            else:
                self._set(cls, name, getattr(stripe.HTTPClient, name))
                # stripe-python's own comes to this one, which the class may have done without.
                called = name.replace("_with_retries", "")
                if getattr(cls, called) is (missing := getattr(stripe.HTTPClient, called)):
                    self._wrap(cls, called, missing)

    def _wrap(self, cls: type, name: str, original: Callable[..., Any]) -> None:
        stream = "stream" in name
        if name.endswith("_async"):
            self._set(cls, name, self._async(original, stream=stream))
        else:
            can_fail = cls is stripe.HTTPXClient
            self._set(cls, name, self._sync(original, stream=stream, can_fail=can_fail))

    def _sync(
        self, original: Callable[..., Sent], *, stream: bool, can_fail: bool
    ) -> Callable[..., Sent]:
        @functools.wraps(original)
        def request(
            client: stripe.HTTPClient,
            method: str,
            url: str,
            headers: Mapping[str, str] | None = None,
            post_data: Any = None,  # noqa: ANN401 - stripe-python's own type
            **options: Any,  # noqa: ANN401 - as above
        ) -> Sent:
            arguments = (client, method, url, headers, post_data)
            if (
                not self._is_open
                or self in _passed.get()
                or (can_fail and clients.is_async_only(client))
            ):
                return original(*arguments, **options)
            asked = _request(method, url, headers, post_data)
            response = self.answer(asked)
            if isinstance(response, Response):
                self.observe(asked, response)
                body = io.BytesIO(response.body) if stream else response.body
                return body, response.status, response.headers
            if response is not None:
                asked, arguments = response, (client, method, *_sent(response), post_data)
            token = _passed.set(_passed.get() | {self})
            try:
                sent = original(*arguments, **options)
            finally:
                _passed.reset(token)
            return self._observed(asked, sent, stream=stream)

        return clients.marked(request)

    def _async(self, original: Callable[..., Any], *, stream: bool) -> Callable[..., Any]:
        @functools.wraps(original)
        async def request(
            client: stripe.HTTPClient,
            method: str,
            url: str,
            headers: Mapping[str, str] | None = None,
            post_data: Any = None,  # noqa: ANN401 - stripe-python's own type
            **options: Any,  # noqa: ANN401 - as above
        ) -> Sent:
            arguments = (client, method, url, headers, post_data)
            if not self._is_open or self in _passed.get():
                sent: Sent = await original(*arguments, **options)
                return sent
            asked = _request(method, url, headers, post_data)
            response = self.answer(asked)
            if isinstance(response, Response):
                self.observe(asked, response)
                body = _AsyncBody(response.body) if stream else response.body
                return body, response.status, response.headers
            if response is not None:
                asked, arguments = response, (client, method, *_sent(response), post_data)
            token = _passed.set(_passed.get() | {self})
            try:
                sent = await original(*arguments, **options)
            finally:
                _passed.reset(token)
            return self._observed(asked, sent, stream=stream)

        return clients.marked(request)

    def _observed(self, asked: Request, sent: Sent, *, stream: bool) -> Sent:
        body, status, headers = sent
        if not stream:
            content = body.encode() if isinstance(body, str) else body
            # aiohttp's names are of a class of its own, which no other library can write.
            plain = Headers({str(name): str(value) for name, value in headers.items()})
            self.observe(asked, Response(status, plain, content))
        return sent


def _sent(instead: Request) -> tuple[str, dict[str, str]]:
    """Give what is sent in another's place: the body is always the caller's own."""
    return instead.url, dict(instead.headers)


def _request(method: str, url: str, headers: Mapping[str, str] | None, post_data: object) -> Request:
    body = post_data.decode("utf-8", "replace") if isinstance(post_data, bytes) else post_data
    return Request(method.upper(), url, Headers(headers), str(body) if body else "")
