"""A server of the test's own, by HTTP on this machine."""

from __future__ import annotations

import asyncio
import io
import ipaddress
import socket
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

from pytest_stripe_balance.webhooks import limit
from pytest_stripe_balance.webhooks.door import BODY_BYTES, Door, Reply

_WAY_OUT = 'give the URL of a server on this machine, as "http://127.0.0.1:8000"'


class UrlDoor(Door):
    """The way to a server on this machine. Redirects aren't followed, and proxies aren't asked."""

    def __init__(self, host: str, port: int, path: str) -> None:
        shown = f"[{host}]" if ":" in host else host
        super().__init__(f"http://{shown}:{port}{path}")
        self._host = host
        self._port = port
        self._path = path

    def send(self, payload: bytes, headers: Mapping[str, str]) -> Reply:
        """Post, and wait for the answer. Without one the status is None, and the error says why."""
        connection = _Connection(self._host, self._port, timeout=limit.SECONDS)
        try:
            connection.request("POST", self._path, payload, {**headers, "Connection": "close"})
            with connection.getresponse() as response:
                _read(response)
        except TimeoutError as error:
            return Reply(None, limit.too_long(self.name).with_traceback(error.__traceback__))
        except (OSError, HTTPException, ValueError) as error:
            return Reply(None, error)
        except Exception as error:  # noqa: BLE001 - a library that guards sockets has errors of its own
            return Reply(None, error)
        finally:
            connection.close()
        return Reply(response.status)

    async def send_async(self, payload: bytes, headers: Mapping[str, str]) -> Reply:
        """Post from another thread: the server may run in this very loop."""
        return await asyncio.to_thread(self.send, payload, headers)


def door_of(url: str, path: str) -> UrlDoor:
    """Give the way to a URL on loopback. ValueError for another host, a missing port, or a slip in it.

    The path may stand in the URL, or be given beside it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} isn't a URL ({error}); {_WAY_OUT}") from None
    if (slip := _slip(url, parts, host, port)) is not None:
        raise ValueError(f"{url!r} {slip}; {_WAY_OUT}")
    own = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if own != "/" and path not in ("/", own):
        raise ValueError(f"{url!r} has a path of its own, and path={path!r} is another; leave one out")
    assert port is not None, "unreachable because a missing port is a slip"
    return UrlDoor(host, port, path if own == "/" else own)


def _slip(url: str, parts: SplitResult, host: str, port: int | None) -> str | None:
    if parts.scheme == "https":
        return "is https, and a test's server has no certificate"
    if parts.scheme != "http" or not host:
        return "doesn't begin with http:// and a host"
    if any(letter <= " " or letter > "~" for letter in url):
        return "has a space, or a letter that URLs write as %.."
    if "@" in parts.netloc or parts.fragment:
        return "has a user's name or a #, which aren't sent"
    if not _is_loopback(host):
        return "is on another machine, where events of a test mustn't go"
    if not port:
        return "has no port"
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(response: HTTPResponse) -> None:
    """Read the body up to BODY_BYTES. IncompleteRead if the server closes before it is whole."""
    data = response.read(BODY_BYTES)
    if len(data) < BODY_BYTES and response.length:
        raise IncompleteRead(data, response.length)


class _Connection(HTTPConnection):
    """A connection that has the limit for everything together, and not for each of its waits."""

    def connect(self) -> None:
        until = time.monotonic() + limit.SECONDS
        super().connect()
        self.sock = cast("Any", _Timed(self.sock, until))


class _Timed:
    """A socket as http.client uses it. What reads from it closes it."""

    def __init__(self, real: socket.socket, until: float) -> None:
        self._real = real
        self._until = until
        self._is_read = False

    def sendall(self, data: bytes) -> None:
        self._real.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        self._is_read = True
        return io.BufferedReader(_Incoming(self._real, self._until))

    def close(self) -> None:
        if not self._is_read:
            self._real.close()


class _Incoming(io.RawIOBase):
    def __init__(self, real: socket.socket, until: float) -> None:
        self._real = real
        self._until = until

    def close(self) -> None:
        self._real.close()
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._real.settimeout(left)
        return self._real.recv_into(buffer)
