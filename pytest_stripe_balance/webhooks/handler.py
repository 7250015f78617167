"""A plain function as an app: `handler(payload: bytes, headers) -> int or None`."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pytest_stripe_balance.headers import HeaderMap
from pytest_stripe_balance.webhooks.door import AsyncDoor, Door, Progress, Reply, failed

_STATUSES = range(100, 600)
_FORM = "handler(payload: bytes, headers) returns an HTTP status, or None for 200"


def door_of(handler: Callable[..., Any]) -> Door:
    """Give the way into a handler, sync or async. TypeError if it can't be called with two arguments."""
    name = f"the handler {shown(handler)}"
    if not callable(handler):
        raise TypeError(f"handler={handler!r} isn't a function; {_FORM}")
    try:
        inspect.signature(handler).bind(b"", {})
    except TypeError:
        raise TypeError(f"{name} doesn't take two arguments; {_FORM}") from None
    except ValueError:  # written in C: its parameters aren't known
        pass
    is_async = is_coroutine_function(handler)
    return _AsyncHandlerDoor(name, handler) if is_async else _HandlerDoor(name, handler)


def is_coroutine_function(function: object) -> bool:
    """Tell of a function, or of an object with `__call__`, whether it is `async def`."""
    of_type = getattr(type(function), "__call__", None)  # noqa: B004 - it is asked what it is
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(of_type)


def shown(function: object) -> str:
    """Name a function or an object for messages: `shop.webhooks.handle`."""
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"


class _HandlerDoor(Door):
    def __init__(self, name: str, handler: Callable[[bytes, HeaderMap], int | None]) -> None:
        super().__init__(name)
        self._handler = handler

    def _answer(self, payload: bytes, headers: Mapping[str, str]) -> Reply:
        try:
            returned = self._handler(payload, HeaderMap(headers))
        except Exception as error:  # noqa: BLE001 - the app's error is its answer
            return failed(error)
        return _reply(self.name, returned)


class _AsyncHandlerDoor(AsyncDoor):
    def __init__(self, name: str, handler: Callable[[bytes, HeaderMap], Awaitable[int | None]]) -> None:
        super().__init__(name)
        self._handler = handler

    async def _answer_async(
        self, payload: bytes, headers: Mapping[str, str], _progress: Progress
    ) -> Reply:
        try:
            returned = await self._handler(payload, HeaderMap(headers))
        except Exception as error:  # noqa: BLE001 - the app's error is its answer
            return failed(error)
        return _reply(self.name, returned)


def _reply(name: str, returned: object) -> Reply:
    if returned is None:
        return Reply(200)
    if isinstance(returned, int) and returned in _STATUSES:
        return Reply(int(returned))
    if inspect.iscoroutine(returned):
        returned.close()
        return failed(TypeError(f"{name} returned a coroutine; define it by `async def`"))
    return failed(TypeError(f"{name} returned {returned!r}; {_FORM}"))
