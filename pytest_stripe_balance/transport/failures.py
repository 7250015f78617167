"""Wires that fail: each HTTP library's own exception, and what stripe-python's client makes of it.

Held against a server that behaves so: `tests/transport/test_failures.py`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, NoReturn
from urllib.parse import urlsplit

import stripe

from pytest_stripe_balance.api.message import Failure
from pytest_stripe_balance.transport import clients


def act(client: Any, failure: Failure, url: str) -> NoReturn:  # noqa: ANN401 - whatever stripe-python has called
    """Raise what a client of stripe-python's raises where the wire fails so."""
    name = next((one.__name__ for one in type(client).__mro__ if clients.is_stripes(one)), "")
    library, bare = _CLIENTS.get(name, ("", ()))
    if not library:  # it sends by nothing that we know
        message = f"Unexpected error communicating with Stripe.\n\n(Network error: {failure.fault})"
        raise stripe.APIConnectionError(message, should_retry=True)  # type: ignore[no-untyped-call] # stripe-python's
    error = ERRORS[library](failure, url)
    if failure.wire in bare:
        raise error
    client._handle_request_error(error)  # noqa: SLF001 - where stripe-python makes its own error of it
    raise AssertionError("unreachable because stripe-python's handler raises")


def _requests(failure: Failure, url: str) -> Exception:
    import requests  # noqa: PLC0415 - it is what asks, here and below
    import urllib3  # noqa: PLC0415

    where = f"host={_host(url)[0]!r}, port={_host(url)[1]}"
    if failure.wire == "refuses":
        return requests.exceptions.ConnectionError(f"HTTPSConnectionPool({where}): {_refused()}")
    if failure.wire == "silent":
        return requests.exceptions.ReadTimeout(f"HTTPSConnectionPool({where}): Read timed out.")
    if failure.wire == "resets":
        reset = urllib3.exceptions.ProtocolError("Connection aborted.", _reset())
        return requests.exceptions.ConnectionError(reset)
    half, whole = _lengths(failure)
    return requests.exceptions.ChunkedEncodingError(
        f"Connection broken: IncompleteRead({half} bytes read, {whole - half} more expected)"
    )


def _httpx(failure: Failure, _: str) -> Exception:
    import httpx  # noqa: PLC0415

    if failure.wire == "refuses":
        return httpx.ConnectError(str(_refused()))
    if failure.wire == "silent":
        return httpx.ReadTimeout("The read operation timed out")
    if failure.wire == "resets":
        return httpx.ReadError(str(_reset()))
    half, whole = _lengths(failure)
    return httpx.RemoteProtocolError(
        "peer closed connection without sending complete message body "
        f"(received {half} bytes, expected {whole})"
    )


def _aiohttp(failure: Failure, url: str) -> Exception:
    import aiohttp  # noqa: PLC0415

    if failure.wire == "refuses":
        host, port = _host(url)
        key: Any = SimpleNamespace(host=host, port=port, ssl=True, is_ssl=True)
        return aiohttp.ClientConnectorError(key, _refused())
    if failure.wire == "silent":
        return TimeoutError()
    if failure.wire == "resets":
        return aiohttp.ClientOSError(*_reset().args)
    cut = aiohttp.ClientPayloadError("Response payload is not completed")
    half, whole = _lengths(failure)
    cut.__cause__ = aiohttp.http_exceptions.ContentLengthError(
        f"Not enough data to satisfy content length header (received {half} of {whole} bytes)."
    )
    return cut


def _urllib(failure: Failure, _: str) -> Exception:
    from http.client import IncompleteRead  # noqa: PLC0415
    from urllib.error import URLError  # noqa: PLC0415

    if failure.wire == "refuses":
        return URLError(_refused())
    if failure.wire == "silent":
        return TimeoutError("timed out")
    if failure.wire == "resets":
        return _reset()
    half, whole = _lengths(failure)
    body = failure.response.body if failure.response else b""
    return IncompleteRead(body[:half], whole - half)


def _pycurl(failure: Failure, url: str) -> Exception:
    import pycurl  # type: ignore[import-untyped] # noqa: PLC0415

    host, port = _host(url)
    half, whole = _lengths(failure)
    code, text = {
        "refuses": (pycurl.E_COULDNT_CONNECT, f"Failed to connect to {host} port {port}"),
        "silent": (pycurl.E_OPERATION_TIMEOUTED, "Operation timed out with 0 bytes received"),
        "resets": (pycurl.E_RECV_ERROR, f"Recv failure: {os.strerror(errno.ECONNRESET)}"),
        "cuts": (pycurl.E_PARTIAL_FILE, f"end of response with {whole - half} bytes missing"),
    }[failure.wire]
    error: Exception = pycurl.error(code, text)
    return error


def _refused() -> ConnectionRefusedError:
    return ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


def _reset() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def _lengths(failure: Failure) -> tuple[int, int]:
    """Give how many bytes of a cut body came, and how many were to come."""
    whole = len(failure.response.body) if failure.response else 0
    return whole // 2, whole


def _host(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 443


# Each library's exception for a failing wire, by the library's name.
ERRORS: Mapping[str, Callable[[Failure, str], Exception]] = {
    "requests": _requests,
    "httpx": _httpx,
    "aiohttp": _aiohttp,
    "urllib": _urllib,
    "pycurl": _pycurl,
}
# The library of each client, and which of its exceptions the client lets through as they are.
_URLLIB = ("urllib", ("resets", "silent", "cuts"))
_CLIENTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "RequestsClient": ("requests", ()),
    "HTTPXClient": ("httpx", ()),
    "AIOHTTPClient": ("aiohttp", ("cuts",)),
    "UrllibClient": _URLLIB,
    "Urllib2Client": _URLLIB,  # its name before 13
    "PycurlClient": ("pycurl", ()),
}
