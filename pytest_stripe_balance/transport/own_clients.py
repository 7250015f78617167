"""What takes the place of a client with code of its own, so that the tap knows when that code runs."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from stripe._http_client import HTTPClient

from pytest_stripe_balance.transport.clients import ASYNC, RETRIES, SYNC, has_own_code
from pytest_stripe_balance.transport.doors import tapped
from pytest_stripe_balance.transport.own_calls import OwnCall
from pytest_stripe_balance.transport.own_patches import PATCHED
from pytest_stripe_balance.transport.passage import request_of
from pytest_stripe_balance.transport.runs import OPEN, Run


class _StandIn:
    """As much of a client as stripe-python's requestor needs: its name, and the methods of RETRIES."""

    def __init__(self, client: Any, run: Run) -> None:  # noqa: ANN401 - whatever a user gives stripe-python
        self.name = getattr(client, "name", type(client).__name__)
        self.client, self.run, self.stands_for = client, run, type(client).__qualname__

    @contextmanager
    def call(self, method: str, url: str, headers: Any, post_data: object = None) -> Iterator[None]:  # noqa: ANN401 - a mapping
        """Have libraries and sockets look out for the client's code, until it returns."""
        call = OwnCall(self.run, request_of(method, url, headers, post_data), self.stands_for)
        with PATCHED, call:
            yield


class _Sending(_StandIn):
    """Sends by the client's code what the run lets through, which the run sees as one request."""


class _Running(_StandIn):
    """Runs the client's code; the run answers where that comes to stripe-python or to a library."""


class _Skipping(_StandIn, HTTPClient):
    """Passes the client's code by: the run answers at once, under stripe-python's own retries."""

    def __init__(self, client: Any, run: Run) -> None:  # noqa: ANN401 - as above
        HTTPClient.__init__(self)
        super().__init__(client, run)

    def sleep_async(self, secs: float) -> Awaitable[None]:
        """Sleep between the retries of an async request."""
        return asyncio.sleep(secs)


def stand_in_for(client: Any, run: Run) -> _StandIn:  # noqa: ANN401 - as above
    """Give what stripe-python is to call in the place of a client with code of its own."""
    if run.sends:
        return _Sending(client, run)
    return _Skipping(client, run) if run.own_clients == "skip" else _Running(client, run)


def _in_a_call(name: str) -> Callable[..., Any]:
    def send(stand_in: _StandIn, *sent: Any, **options: Any) -> Any:  # noqa: ANN401 - the client's own
        with stand_in.call(*sent[:4]):
            return getattr(stand_in.client, name)(*sent, **options)

    async def send_async(stand_in: _StandIn, *sent: Any, **options: Any) -> Any:  # noqa: ANN401 - as above
        with stand_in.call(*sent[:4]):
            return await getattr(stand_in.client, name)(*sent, **options)

    return send_async if name.endswith("_async") else send


def by_fallback(original: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Make the async method of a sync client: it sends by the client that this one falls back on."""

    @functools.wraps(original)
    async def send(client: Any, *sent: Any, **options: Any) -> Any:  # noqa: ANN401 - as above
        fallback = getattr(client, "_async_fallback_client", None)
        if not OPEN or fallback is None or not has_own_code(fallback):
            return await original(client, *sent, **options)
        return await getattr(stand_in_for(fallback, OPEN[-1]), name)(*sent, **options)

    return send


def _never(*_: object, **__: object) -> NoReturn:
    raise AssertionError("unreachable because such a run answers every request, or refuses it")


for _name in (*RETRIES, *ASYNC):
    setattr(_Sending, _name, tapped(_in_a_call(_name), _name))
    setattr(_Running, _name, _in_a_call(_name))
for _name in (*SYNC, *ASYNC):
    setattr(_Skipping, _name, tapped(_never, _name))
