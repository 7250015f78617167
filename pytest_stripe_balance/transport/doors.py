"""stripe-python's last methods before a library, replaced by ones that ask the innermost run first."""

from __future__ import annotations

import functools
import io
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from pytest_stripe_balance.api.message import Response
from pytest_stripe_balance.transport import clients, failures
from pytest_stripe_balance.transport.passage import Passage, Sent, request_of
from pytest_stripe_balance.transport.runs import OPEN


class _AsyncBody:
    """An answer's body as an async client streams it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body

    async def read(self) -> bytes:
        return self._body


def tapped(original: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Make a method that asks the innermost run, and sends by `original` what that lets through.

    `name` is the method's name in stripe-python: it says whether the method streams, and is async.
    """
    return (_async if name.endswith("_async") else _sync)(original, streams="stream" in name)


def _sync(original: Callable[..., Sent], *, streams: bool) -> Callable[..., Sent]:
    @functools.wraps(original)
    def send(
        client: object,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        post_data: Any = None,  # noqa: ANN401 - stripe-python's own type
        *rest: Any,  # noqa: ANN401 - as above
        **options: Any,  # noqa: ANN401 - as above
    ) -> Sent:
        if not OPEN or clients.is_async_only(client):
            return original(client, method, url, headers, post_data, *rest, **options)
        is_stream = options.get("is_streaming", streams)
        passage = Passage(OPEN[-1], request_of(method, url, headers, post_data))
        if (response := passage.response) is not None:
            return _body(response, is_stream), response.status, response.headers
        if passage.failure is not None:
            failures.act(client, passage.failure, url)
        with passage:
            sent = original(client, method, *passage.destination, post_data, *rest, **options)
        if not is_stream:
            passage.observe(sent, _sender(client))
        return sent

    return send


def _async(original: Callable[..., Any], *, streams: bool) -> Callable[..., Any]:
    @functools.wraps(original)
    async def send(
        client: object,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        post_data: Any = None,  # noqa: ANN401 - stripe-python's own type
        *rest: Any,  # noqa: ANN401 - as above
        **options: Any,  # noqa: ANN401 - as above
    ) -> Sent:
        sent: Sent
        if not OPEN:
            sent = await original(client, method, url, headers, post_data, *rest, **options)
            return sent
        passage = Passage(OPEN[-1], request_of(method, url, headers, post_data))
        if (response := passage.response) is not None:
            body = _AsyncBody(response.body) if streams else response.body
            return body, response.status, response.headers
        if passage.failure is not None:
            failures.act(client, passage.failure, url)
        with passage:
            sent = await original(client, method, *passage.destination, post_data, *rest, **options)
        if not streams:
            passage.observe(sent, _sender(client))
        return sent

    return send


def _body(response: Response, is_stream: bool) -> bytes | io.BytesIO:  # noqa: FBT001 - a private helper of one caller
    return io.BytesIO(response.body) if is_stream else response.body


def _sender(client: object) -> str | None:
    """Name a class that isn't stripe-python's: nobody knows whom that has asked."""
    cls = type(client)
    known = None if clients.is_stripes(cls) else cls.__qualname__
    return getattr(client, "stands_for", known)
