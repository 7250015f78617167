"""Calls of a team's own HTTP client that are running: what was asked, and what belongs to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import urlsplit

from pytest_stripe_balance.api import api_keys
from pytest_stripe_balance.api.message import Request
from pytest_stripe_balance.masking import LIVE_KEY
from pytest_stripe_balance.transport.runs import Run

_LIVE = re.compile(LIVE_KEY)
_PORTS = {"http": 80, "https": 443}


@dataclass(eq=False)
class OwnCall:
    """One call of an own client: `request` is what stripe-python asked, `client` the class's name."""

    run: Run
    request: Request
    client: str
    is_running: bool = field(default=False, init=False)
    _token: Token[Any] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        self.is_running = True
        self._token = current.set(self)
        RUNNING.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.is_running = False
        RUNNING.remove(self)
        assert self._token is not None, "unreachable because it was entered"
        current.reset(self._token)

    def owns(self, request: Request) -> bool:
        """Tell a request of this call by stripe-python's Authorization, or by the host it asked.

        One with any live key is, too: it must not leave.
        """
        given, sent = (one.headers.get("Authorization") for one in (self.request, request))
        if sent is not None and (sent == given or _LIVE.match(api_keys.key_of(request))):
            return True
        return host_of(request.url) == self.host

    def as_arrived(self, request: Request) -> Request:
        """Give a request as Stripe would see it: a proxy may have put something before the path."""
        asked = self.request
        if request.path == asked.path or not request.path.endswith(asked.path):
            return request
        query = f"?{request.query}" if request.query else ""
        return replace(request, url=asked.url.partition("?")[0] + query)

    def as_asked(self, request: Request) -> Request:
        """Give what stripe-python asked, where a request is for the same; else the request itself."""
        return self.request if request.is_same(self.request) else request

    @property
    def host(self) -> tuple[str, int | None]:
        """Whom stripe-python asked: the host's name in lower case, and its port."""
        return host_of(self.request.url)


# The call whose code runs in this thread or task; None, too, while a library sends what isn't Stripe's.
current: ContextVar[OwnCall | None] = ContextVar("pytest_stripe_balance_own_call", default=None)
# All that run now, in any thread: an executor's threads have no `current`.
RUNNING: list[OwnCall] = []


@contextmanager
def carried(call: OwnCall | None) -> Iterator[None]:
    """Run what a call's code has given to another thread as that call's."""
    token = current.set(call)
    try:
        yield
    finally:
        current.reset(token)


def passing() -> AbstractContextManager[None]:
    """Let a library connect: what it sends is the team's own."""
    return carried(None)


def running_here() -> OwnCall | None:
    """Give the call whose code runs in this thread or task."""
    call = current.get()
    return call if call is not None and call.is_running else None


def owner_of(request: Request) -> OwnCall | None:
    """Give the running call that a request belongs to, whatever thread sends it; the nearest first."""
    here = running_here()
    calls: Iterator[OwnCall] = reversed(RUNNING)
    nearest = [here, *calls] if here is not None else [*calls]
    return next((call for call in nearest if call.owns(request)), None)


def host_of(url: str) -> tuple[str, int | None]:
    """Give a URL's host and port; ("", None) where none can be read."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "", None
