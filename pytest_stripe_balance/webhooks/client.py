"""A framework's test client: Django's, Flask's, werkzeug's, Starlette's, httpx's, and their like."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pytest_stripe_balance.webhooks import swallowed
from pytest_stripe_balance.webhooks.door import HOST, AsyncDoor, Door, Progress, Reply, failed
from pytest_stripe_balance.webhooks.handler import is_coroutine_function

# Gives the arguments of a client's `post` for a payload and its headers.
Arguments = Callable[[bytes, Mapping[str, str]], dict[str, Any]]


def door_of(client: Any, path: str) -> Door | None:  # noqa: ANN401 - any object
    """Give the way through a test client; None if its `post` is of no form that is known here.

    Clients are known by the parameters of `post`, so subclasses and other releases are known too.
    """
    arguments = _arguments_of(client)
    if arguments is None:
        return None
    name = f"{type(client).__module__}.{type(client).__qualname__} at {path}"
    if arguments is _of_httpx and not str(client.base_url):
        path = f"http://{HOST}{path}"
    kind = _AsyncClientDoor if is_coroutine_function(client.post) else _ClientDoor
    return kind(name, client, path, arguments)


def _arguments_of(client: Any) -> Arguments | None:  # noqa: ANN401 - any object
    parameters = inspect.signature(client.post).parameters
    if {"content", "follow_redirects"} <= parameters.keys():
        return _of_httpx
    if {"data", "content_type"} <= parameters.keys():
        return _of_async_django if is_coroutine_function(client.post) else _of_django
    kinds = [parameter.kind for parameter in parameters.values()]
    if kinds == [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]:
        return _of_werkzeug
    return None


def _of_httpx(payload: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    return {"content": payload, "headers": dict(headers), "follow_redirects": False}


def _of_werkzeug(payload: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    return {"data": payload, "headers": dict(headers)}


def _of_django(payload: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """Give headers as WSGI names, since `headers=` came with Django 4.2 and subclasses may lack it."""
    others = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in _besides_type(headers)}
    return {"data": payload, "content_type": headers["Content-Type"], **others}


def _of_async_django(payload: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """Give headers as ASGI names, which Django's AsyncClient has taken since 3.1."""
    return {"data": payload, "content_type": headers["Content-Type"], **dict(_besides_type(headers))}


def _besides_type(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if name != "Content-Type"]


def _failed(error: Exception) -> Reply:
    """Tell a client's own error, that no answer came, from one of the app's."""
    names = {kind.__name__ for kind in type(error).__mro__ if kind.__module__.startswith("httpx")}
    return failed(error, None if "TransportError" in names else 500)


class _ClientDoor(Door):
    def __init__(self, name: str, client: Any, path: str, arguments: Arguments) -> None:  # noqa: ANN401 - any client
        super().__init__(name)
        self._client = client
        self._path = path
        self._arguments = arguments

    def _answer(self, payload: bytes, headers: Mapping[str, str]) -> Reply:
        try:
            with swallowed.heard() as errors:
                response = self._client.post(self._path, **self._arguments(payload, headers))
            if self._arguments is _of_werkzeug:  # closed twice, Django's would close the database
                response.close()
            return swallowed.told(Reply(int(response.status_code)), errors)
        except Exception as error:  # noqa: BLE001 - clients raise what their app raises
            return _failed(error)


class _AsyncClientDoor(AsyncDoor):
    def __init__(self, name: str, client: Any, path: str, arguments: Arguments) -> None:  # noqa: ANN401 - any client
        super().__init__(name)
        self._client = client
        self._path = path
        self._arguments = arguments

    async def _answer_async(
        self, payload: bytes, headers: Mapping[str, str], _progress: Progress
    ) -> Reply:
        try:
            with swallowed.heard() as errors:
                response = await self._client.post(self._path, **self._arguments(payload, headers))
            return swallowed.told(Reply(int(response.status_code)), errors)
        except Exception as error:  # noqa: BLE001 - clients raise what their app raises
            return _failed(error)
