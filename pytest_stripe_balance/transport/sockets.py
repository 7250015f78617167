"""Connections that an own client's code opens by itself: they are refused before a byte leaves.

Only stream connections are, and only what the code of a running call opens, in its thread or task, in
threads that it starts and in what it hands to an executor; and, wherever it comes from, one to the host
that was asked. Datagrams pass, and what a library opens for a request that is the team's own.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pytest_stripe_balance.transport import own_calls
from pytest_stripe_balance.transport.own_calls import OwnCall
from pytest_stripe_balance.transport.patches import Group, spot

_WAYS_OUT = (
    "Let it send by the client of stripe-python's that it wraps or extends, or by requests, httpx, "
    'aiohttp or urllib; or pass its code by: stripe_own_clients = "skip"'
)


def groups() -> list[Group]:
    """Give the patches of Python's sockets, and of what carries a running call to other threads."""
    return [_of_sockets(socket.socket), _of_functions()]


@functools.lru_cache(maxsize=2)  # pytest-socket has a class of its own
def _of_sockets(cls: type) -> Group:
    return Group([spot(cls, name, _connect, whatever=True) for name in ("connect", "connect_ex")])


@functools.cache
def _of_functions() -> Group:
    return Group(
        [
            spot(socket, "getaddrinfo", _getaddrinfo, whatever=True),
            spot(socket, "gethostbyname", _gethostbyname, whatever=True),
            spot(socket, "gethostbyname_ex", _gethostbyname, whatever=True),
            spot(asyncio.BaseEventLoop, "create_connection", _create_connection, whatever=True),
            spot(threading.Thread, "start", _start, whatever=True),
            spot(ThreadPoolExecutor, "submit", _submit, whatever=True),
        ]
    )


def _connect(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def connect(sock: socket.socket, address: Any, *rest: Any) -> Any:  # noqa: ANN401 - a family's own
        if not sock.type & socket.SOCK_DGRAM:
            host, port = address[:2] if isinstance(address, tuple) else (address, None)
            _refuse(host, port)
        return original(sock, address, *rest)

    return connect


def _getaddrinfo(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def getaddrinfo(
        host: Any,  # noqa: ANN401 - text or bytes
        port: Any,  # noqa: ANN401 - a number or a service's name
        family: int = 0,
        type: int = 0,  # noqa: A002 - Python's name
        *rest: Any,  # noqa: ANN401 - as above
        **options: Any,  # noqa: ANN401 - as above
    ) -> Any:  # noqa: ANN401 - as above
        if type == socket.SOCK_STREAM:
            _refuse(host, port)
        else:
            _refuse_asked_host(host, port)
        return original(host, port, family, type, *rest, **options)

    return getaddrinfo


def _gethostbyname(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def gethostbyname(host: str) -> Any:  # noqa: ANN401 - a text or a tuple
        if own_calls.running_here() is not None:
            _refuse_asked_host(host, None)
        return original(host)

    return gethostbyname


def _create_connection(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def create_connection(
        loop: object,
        protocol: object,
        host: Any = None,  # noqa: ANN401 - text or bytes
        port: Any = None,  # noqa: ANN401 - a number or a service's name
        **options: Any,  # noqa: ANN401 - Python's own
    ) -> Any:  # noqa: ANN401 - as above
        if host is not None:
            _refuse(host, port)
        return await original(loop, protocol, host, port, **options)

    return create_connection


def _refuse(host: object, port: object) -> None:
    """Refuse a stream connection of a running call, or one to the host that it was asked for."""
    call = own_calls.running_here()
    if call is not None and not call.run.sends:
        raise call.run.refuse(_message(call, host, port))
    _refuse_asked_host(host, port)


def _refuse_asked_host(host: object, port: object) -> None:
    """Refuse what goes to the host that a running call was asked for, whatever thread it comes from."""
    name = host.decode("latin-1") if isinstance(host, bytes) else str(host)
    for call in reversed(own_calls.RUNNING):
        asked, asked_port = call.host
        if name.lower() == asked and (port is None or port == asked_port) and not call.run.sends:
            raise call.run.refuse(_message(call, host, port))


def _message(call: OwnCall, host: object, port: object) -> str:
    where = host if port is None else f"{host}:{port}"
    return (
        f"{call.request}: {call.client} opens a connection of its own to {where}, and only a request "
        f"of a known library can be answered. {_WAYS_OUT}"
    )


def _start(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def start(thread: threading.Thread) -> None:
        if (call := own_calls.running_here()) is not None:
            thread.run = _carried(call, thread.run)  # type: ignore[method-assign] # for this one thread
        original(thread)

    return start


def _submit(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def submit(
        executor: object,
        function: Callable[..., Any],
        /,
        *rest: Any,  # noqa: ANN401 - the function's
        **options: Any,  # noqa: ANN401 - as above
    ) -> Any:  # noqa: ANN401 - a future
        if (call := own_calls.running_here()) is None:
            return original(executor, function, *rest, **options)
        with own_calls.passing():  # the executor's threads outlive the call
            return original(executor, _carried(call, function), *rest, **options)

    return submit


def _carried(call: OwnCall, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*rest: Any, **options: Any) -> Any:  # noqa: ANN401 - the function's
        with own_calls.carried(call):
            return function(*rest, **options)

    return run
