"""The tap: the last call before the socket inside stripe-python, on every client class.

`answer(request)` gives a Response, or None to let the real client send, or the Request to send in its
place; `observe(request, response)` sees every pair as it was sent, but for streams that are let through:
their bodies are the caller's to read.
stripe-python's own encoding, headers, retries and error classes stay real.
"""

from __future__ import annotations

import functools
import io
from collections.abc import AsyncIterator, Callable, Iterator, KeysView, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from operator import is_
from types import ModuleType
from typing import Any

from stripe._api_requestor import _APIRequestor
from stripe._http_client import HTTPClient, HTTPXClient

from pytest_stripe_balance.api.message import Headers, Request, Response, text_of
from pytest_stripe_balance.transport import clients, reimport

Answer = Callable[[Request], Response | Request | None]
Observe = Callable[[Request, Response], None]
Sent = tuple[Any, int, Mapping[str, str]]
LookUp = tuple[Callable[[str], object], str]
Patch = tuple[Any, str, object, object]  # its owner, its name there, what was found, what is put on

_NOTHING = object()  # where a class had no method of its own

_SENDING = frozenset(clients.SENDING)

# What is open and let a request through, which its client may ask once more on the way.
_passed: ContextVar[dict[_Run, Request]] = ContextVar("pytest_stripe_balance")

# Closed taps, by whether they send: the next ones to be opened.
_idle: dict[bool, list[Tap]] = {False: [], True: []}


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
    stripe-python's leaves the machine, and there is no telemetry: nothing to be told to Stripe later.
    """
    idle = _idle[sends]
    tap = idle.pop() if idle else Tap(sends=sends)
    tap.open(answer, observe)
    try:
        yield
    finally:
        tap.close()
        idle.append(tap)


@dataclass(eq=False, frozen=True)
class _Run:
    """Who answers and who observes, from the opening of a tap to its closing."""

    answer: Answer
    observe: Observe


@dataclass(eq=False)
class Tap:
    """One layer of patches, taken off in the reverse order of putting them on.

    It can be opened again: what it made of stripe-python's own it puts on again, as long as it finds
    that as it was. Of users' classes it keeps nothing: they may be gone by then.
    """

    sends: bool
    _run: _Run | None = None
    _undo: list[Patch] = field(default_factory=list)
    _made: list[Patch] = field(default_factory=list)
    _look_ups: list[LookUp] = field(default_factory=list)
    _found: list[object] | None = None
    _lacking: list[tuple[KeysView[str], frozenset[str]]] = field(default_factory=list)
    _stand_in: type[clients.StandIn] | None = None

    def open(self, answer: Answer, observe: Observe) -> None:
        """Patch every client class there is, and those to come."""
        self._run = _Run(answer, observe)
        try:
            self._put(self._on_stripes())
            for cls in clients.users():
                self._put(self._on(cls))
            reimport.WATCH.begin(self._take)
            if (other := reimport.other_clients()) is not None:
                self._take(other)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Take every patch off again; one that others have put back meanwhile does nothing more."""
        self._run = None
        reimport.WATCH.end(self._take)
        for owner, name, found, _ in reversed(self._undo):
            if found is not _NOTHING:
                setattr(owner, name, found)
            elif name in vars(owner):  # a test may have taken it off itself
                delattr(owner, name)
        self._undo.clear()
        clients.let_go()

    def _take(self, module: ModuleType) -> None:
        """Patch what of stripe-python was imported anew, as the first of it is."""
        known = {cls for cls, *_ in self._undo}
        base = getattr(module, "HTTPClient", None)
        for cls in () if base is None else clients.subclasses(base):
            methods = ((name, clients.own_of(cls, name)) for name in (*clients.SYNC, *clients.ASYNC))
            if cls not in known:
                self._put(
                    [_patch(cls, name, self._wrapped(cls, name, one)) for name, one in methods if one]
                )
        if not self.sends:
            for owner, name, instead in clients.UNTOLD:
                other = base if owner is HTTPClient else module
                if name in vars(other or object):
                    self._put([self._untold(other, name, instead)])

    def _put(self, patches: list[Patch]) -> None:
        self._undo += patches
        for owner, name, _, value in patches:
            setattr(owner, name, value)

    def _on_stripes(self) -> list[Patch]:
        """Give the patches of what is there in every test, made anew if any of it isn't as it was."""
        if self._found is None or not all(map(is_, self._state(), self._found)):
            self._made = [patch for cls in clients.STRIPES for patch in self._on(cls)]
            self._made.append(_patch(_APIRequestor, "_get_http_client", self._http_client()))
            self._made.append(_patch(HTTPClient, "__init_subclass__", self._announce()))
            if not self.sends:
                self._made += [self._untold(*spot) for spot in clients.UNTOLD]
            spots = [
                (cls, name) for cls in clients.KNOWN for name in clients.SENDING if name in vars(cls)
            ]
            spots += [(owner, name) for owner, name, _, _ in self._made if owner not in clients.STRIPES]
            self._look_ups = [(vars(owner).get, name) for owner, name in spots]
            self._lacking = [(keys := vars(cls).keys(), _SENDING - keys) for cls in clients.KNOWN]
            self._found, self._stand_in = self._state(), None
        return self._made

    def _state(self) -> list[object]:
        """Give the methods that the patches were made of, as they are now, and whether there are more.

        This is done in every test. To ask for all names that a class lacks at once takes half of what it
        takes to look for each.
        """
        found = [look_up(name) for look_up, name in self._look_ups]
        return found + [keys.isdisjoint(names) for keys, names in self._lacking]

    def _untold(self, owner: Any, name: str, instead: Callable[..., Any]) -> Patch:  # noqa: ANN401 - a class or a module
        original = vars(owner)[name]

        @functools.wraps(original)
        def untold(*given: Any, **options: Any) -> Any:  # noqa: ANN401 - the original's
            return (original if self._run is None else instead)(*given, **options)

        return _patch(owner, name, untold)

    def _http_client(self) -> Callable[[_APIRequestor], HTTPClient]:
        """Make the requestor's look-up put a stand-in in the place of a client that the tap misses."""
        original = vars(_APIRequestor)["_get_http_client"]

        @functools.wraps(original)
        def get_http_client(requestor: _APIRequestor) -> HTTPClient:
            client: HTTPClient = original(requestor)
            if self._run is None or clients.is_tapped(client):
                return client
            if self._stand_in is None:
                methods = dict(self._methods(clients.StandIn))
                self._stand_in = type("StandIn", (clients.StandIn,), methods)
            return self._stand_in(client)

        return get_http_client

    def _announce(self) -> classmethod[Any, Any, None]:
        """Make an `__init_subclass__` that patches a class as soon as it is defined."""
        outer = vars(HTTPClient).get("__init_subclass__")
        tap = self

        def init_subclass(cls: type, /, **kwargs: object) -> None:
            if outer is None:
                super(HTTPClient, cls).__init_subclass__(**kwargs)  # type: ignore[misc] # it is one
            else:
                outer.__func__(cls, **kwargs)
            if tap._run is not None and not issubclass(cls, clients.StandIn):
                tap._put(tap._on(cls))

        return classmethod(init_subclass)

    def _on(self, cls: type) -> list[Patch]:
        """Make the patches of one class."""
        return [_patch(cls, name, method) for name, method in self._methods(cls)]

    def _methods(self, cls: type) -> Iterator[tuple[str, Callable[..., Any]]]:
        """Make what a class's methods are to be replaced by."""
        for name in (*clients.SYNC, *clients.ASYNC):
            original = clients.own(cls, name)
            if original is not None and not clients.cannot_send(original):
                yield name, self._wrapped(cls, name, original)
        for name in clients.RETRIES:
            if (original := clients.own(cls, name)) is None:
                continue
            if self.sends:  # its own way of sending is the user's to keep, and is seen as one request
                yield name, self._wrapped(cls, name, original)
            else:
                yield name, getattr(HTTPClient, name)
                # stripe-python's own comes to this one, which the class may have done without.
                called = name.replace("_with_retries", "")
                if getattr(cls, called) is (missing := getattr(HTTPClient, called)):
                    yield called, self._wrapped(cls, called, missing)

    def _wrapped(self, cls: type, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        stream = "stream" in name
        by = None if clients.is_stripes(cls) else cls.__qualname__
        if name.endswith("_async"):
            return self._async(original, by=by, stream=stream)
        return self._sync(original, by=by, stream=stream, can_fail=cls is HTTPXClient)

    def _sync(
        self, original: Callable[..., Sent], *, by: str | None, stream: bool, can_fail: bool
    ) -> Callable[..., Sent]:
        @functools.wraps(original)
        def request(
            client: HTTPClient,
            method: str,
            url: str,
            headers: Mapping[str, str] | None = None,
            post_data: Any = None,  # noqa: ANN401 - stripe-python's own type
            **options: Any,  # noqa: ANN401 - as above
        ) -> Sent:
            arguments = (client, method, url, headers, post_data)
            run = self._run
            if run is None or (can_fail and clients.is_async_only(client)):
                return original(*arguments, **options)
            asked, passed = _request(method, url, headers, post_data), _passed.get({})
            is_new = run not in passed or not _is_same(asked, passed[run])
            response = run.answer(asked)
            if isinstance(response, Response):
                if is_new:
                    run.observe(asked, response)
                body = io.BytesIO(response.body) if stream else response.body
                return body, response.status, response.headers
            if response is not None:
                asked, arguments = response, (client, method, *_sent(response), post_data)
            token = _passed.set({**passed, run: asked})
            try:
                sent = original(*arguments, **options)
            finally:
                _passed.reset(token)
            if is_new and not stream:
                _observe(run, replace(asked, by=by), sent)
            return sent

        return clients.marked(request)

    def _async(
        self, original: Callable[..., Any], *, by: str | None, stream: bool
    ) -> Callable[..., Any]:
        @functools.wraps(original)
        async def request(
            client: HTTPClient,
            method: str,
            url: str,
            headers: Mapping[str, str] | None = None,
            post_data: Any = None,  # noqa: ANN401 - stripe-python's own type
            **options: Any,  # noqa: ANN401 - as above
        ) -> Sent:
            arguments = (client, method, url, headers, post_data)
            run = self._run
            if run is None:
                sent: Sent = await original(*arguments, **options)
                return sent
            asked, passed = _request(method, url, headers, post_data), _passed.get({})
            is_new = run not in passed or not _is_same(asked, passed[run])
            response = run.answer(asked)
            if isinstance(response, Response):
                if is_new:
                    run.observe(asked, response)
                body = _AsyncBody(response.body) if stream else response.body
                return body, response.status, response.headers
            if response is not None:
                asked, arguments = response, (client, method, *_sent(response), post_data)
            token = _passed.set({**passed, run: asked})
            try:
                sent = await original(*arguments, **options)
            finally:
                _passed.reset(token)
            if is_new and not stream:
                _observe(run, replace(asked, by=by), sent)
            return sent

        return clients.marked(request)


def _patch(owner: Any, name: str, value: object) -> Patch:  # noqa: ANN401 - a class or a module
    return owner, name, vars(owner).get(name, _NOTHING), value


def _is_same(asked: Request, passed: Request) -> bool:
    """Tell a request that was let through, and that its client asks once more.

    It may ask elsewhere, and a client of one's own may have added to the body.
    """
    return (asked.method, asked.path, asked.query) == (passed.method, passed.path, passed.query)


def _observe(run: _Run, asked: Request, sent: Sent) -> None:
    body, status, headers = sent
    content = body.encode() if isinstance(body, str) else body
    # aiohttp's names are of a class of its own, which no other library can write.
    plain = Headers({str(name): str(value) for name, value in headers.items()})
    run.observe(asked, Response(status, plain, content))


def _sent(instead: Request) -> tuple[str, dict[str, str]]:
    """Give what is sent in another's place: the body is always the caller's own."""
    return instead.url, dict(instead.headers)


def _request(method: str, url: str, headers: Mapping[str, str] | None, post_data: object) -> Request:
    body = text_of(post_data) if isinstance(post_data, bytes) else post_data
    return Request(method.upper(), url, Headers(headers), str(body) if body else "")
