"""The HTTP libraries of own clients: their last methods before a connection, patched while these run.

A request that belongs to a running call is answered there; any other is the team's own and passes.
"""

from __future__ import annotations

import asyncio
import functools
import io
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from pytest_stripe_balance.api.message import Failure, Headers, Request, Response, text_of
from pytest_stripe_balance.transport import failures, own_calls
from pytest_stripe_balance.transport.passage import Passage

Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]
# What says how a body is sent; the body is whole here, and plain.
_CODINGS = frozenset({"content-encoding", "transfer-encoding", "content-length", "connection"})


def _answer(
    library: str, method: str, url: str, headers: Mapping[str, str], body: Callable[[], object]
) -> Response | None:
    """Answer a request of a running call; None where it isn't one, or where its run lets it through.

    Where its wire fails, the library's own exception is raised.
    """
    passage = _passage(method, url, headers, body)
    if passage is None:
        return None
    if passage.failure is not None:
        raise failures.ERRORS[library](passage.failure, url)
    return passage.response


def _passage(
    method: str, url: str, headers: Mapping[str, str], body: Callable[[], object]
) -> Passage | None:
    request = Request(method.upper(), url, _plain(headers))
    if (call := own_calls.owner_of(request)) is None:
        return None
    request.body = _text(body())
    return Passage(call.run, request)


def _plain(headers: Mapping[Any, Any]) -> Headers:
    """Read a library's headers, whose names and values may be bytes or of a class of their own."""
    return Headers({_text(name): _text(value) for name, value in headers.items()})


def _text(body: object) -> str:
    if hasattr(body, "read"):
        body = body.read()
    return text_of(body) if isinstance(body, bytes) else str(body or "")


def _headers(response: Response) -> dict[str, str]:
    plain = {name: text for name, text in response.headers.items() if name.lower() not in _CODINGS}
    return {**plain, "Content-Length": str(len(response.body))}


def _reason(response: Response) -> str:
    try:
        return HTTPStatus(response.status).phrase
    except ValueError:
        return ""


def _on_the_wire(response: Response) -> bytes:
    """Write an answer as HTTP/1.1, for a library that reads one.

    The connection ends with it, so that no pool keeps it for another request.
    """
    lines = [f"HTTP/1.1 {response.status} {_reason(response)}", "Connection: close"]
    lines += [f"{name}: {text}" for name, text in _headers(response).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + response.body


def _requests(original: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `requests.adapters.HTTPAdapter.send`."""

    @functools.wraps(original)
    def send(adapter: Any, request: Any, *rest: Any, **options: Any) -> Any:  # noqa: ANN401 - the library's
        response = _answer(
            "requests", request.method, request.url, request.headers, lambda: request.body
        )
        if response is None:
            with own_calls.passing():
                return original(adapter, request, *rest, **options)
        import urllib3  # noqa: PLC0415 - requests has loaded it

        raw = urllib3.HTTPResponse(
            io.BytesIO(response.body),
            _headers(response),
            response.status,
            reason=_reason(response),
            preload_content=False,
        )
        return adapter.build_response(request, raw)

    return send


def _httpx(original: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `httpx.HTTPTransport.handle_request`."""

    @functools.wraps(original)
    def handle_request(transport: Any, request: Any) -> Any:  # noqa: ANN401 - the library's
        response = _answer("httpx", request.method, str(request.url), request.headers, request.read)
        if response is None:
            with own_calls.passing():
                return original(transport, request)
        return _httpx_response(response)

    return handle_request


def _httpx_async(original: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `httpx.AsyncHTTPTransport.handle_async_request`."""

    @functools.wraps(original)
    async def handle_async_request(transport: Any, request: Any) -> Any:  # noqa: ANN401 - the library's
        url, headers = str(request.url), request.headers
        if own_calls.owner_of(Request(request.method, url, _plain(headers))) is not None:
            body = await request.aread()
            if (response := _answer("httpx", request.method, url, headers, lambda: body)) is not None:
                return _httpx_response(response)
        with own_calls.passing():
            return await original(transport, request)

    return handle_async_request


def _httpx_response(response: Response) -> Any:  # noqa: ANN401 - the library's
    import httpx  # noqa: PLC0415 - it is what asks

    return httpx.Response(response.status, headers=_headers(response), content=response.body)


def _urllib(original: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `urllib.request.AbstractHTTPHandler.do_open`."""

    @functools.wraps(original)
    def do_open(handler: Any, connection: Any, request: Any, **options: Any) -> Any:  # noqa: ANN401 - the library's
        headers = {**request.headers, **request.unredirected_hdrs}
        url, method = request.full_url, request.get_method()
        response = _answer("urllib", method, url, headers, lambda: request.data)
        if response is None:
            with own_calls.passing():
                return original(handler, connection, request, **options)
        from http.client import HTTPResponse  # noqa: PLC0415 - as it is what asks

        answer: Any = HTTPResponse(_Read(_on_the_wire(response)), method=method)  # type: ignore[arg-type] # all it needs
        answer.begin()
        answer.url, answer.msg = url, answer.reason
        return answer

    return do_open


class _Read:
    """As much of a socket as an HTTPResponse reads from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _: str) -> io.BytesIO:
        return io.BytesIO(self._content)


def _aiohttp(original: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    """Wrap `aiohttp.connector.BaseConnector.connect`: the connection that it gives answers by itself."""

    @functools.wraps(original)
    async def connect(connector: Any, request: Any, *rest: Any, **options: Any) -> Any:  # noqa: ANN401 - the library's
        url, headers = str(request.url), request.headers
        if own_calls.owner_of(Request(request.method, url, _plain(headers))) is not None:
            payload = request.body
            body = await payload.as_bytes() if hasattr(payload, "as_bytes") else payload
            passage = _passage(request.method, url, headers, lambda: body)
            if passage is not None and (what := passage.failure or passage.response) is not None:
                return _aiohttp_connection(connector, request, what)
        with own_calls.passing():
            return await original(connector, request, *rest, **options)

    return connect


def _aiohttp_connection(connector: Any, request: Any, answer: Response | Failure) -> Any:  # noqa: ANN401 - the library's
    """Make the connection that gives an answer, or fails once it was written to."""
    from aiohttp.client_proto import ResponseHandler  # noqa: PLC0415 - it is what asks
    from aiohttp.connector import Connection  # noqa: PLC0415 - as above

    loop = asyncio.get_running_loop()
    protocol = ResponseHandler(loop)
    if isinstance(answer, Response):
        content = _on_the_wire(answer)
        wire = _Wire(protocol, lambda: protocol.data_received(content))
    else:
        error = failures.ERRORS["aiohttp"](answer, str(request.url))
        wire = _Wire(protocol, lambda: protocol.set_exception(error))
    protocol.connection_made(wire)
    return Connection(connector, request.connection_key, protocol, loop)


class _Wire(asyncio.Transport):
    """A connection that reads what is sent to no end; `answer` is called once it was written to."""

    def __init__(self, protocol: asyncio.Protocol, answer: Callable[[], None]) -> None:
        super().__init__()
        self._protocol, self._is_closing = protocol, False
        self._answer: Callable[[], None] | None = answer

    def write(self, _: object) -> None:
        """Answer what is sent, once."""
        answer, self._answer = self._answer, None
        if answer is not None:
            asyncio.get_running_loop().call_soon(answer)

    def is_closing(self) -> bool:
        """Tell whether it was closed."""
        return self._is_closing

    def close(self) -> None:
        """Close it."""
        if not self._is_closing:
            self._is_closing = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    abort = close

    def pause_reading(self) -> None:
        """Do nothing: all there is has been read."""

    resume_reading = pause_reading


# Where each library sends at last, by the module that has it.
LIBRARIES: Mapping[str, tuple[tuple[str, str, Wrap], ...]] = {
    "requests.adapters": (("HTTPAdapter", "send", _requests),),
    "httpx": (
        ("HTTPTransport", "handle_request", _httpx),
        ("AsyncHTTPTransport", "handle_async_request", _httpx_async),
    ),
    "aiohttp.connector": (("BaseConnector", "connect", _aiohttp),),
    "urllib.request": (("AbstractHTTPHandler", "do_open", _urllib),),
}
