"""stripe-python's HTTP clients: where each sends from, and which clients have code of their own."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from operator import attrgetter, is_
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

import stripe
from stripe import _http_client
from stripe._http_client import HTTPClient, HTTPXClient

from pytest_stripe_balance.transport.patches import is_marked

SDK_VERSION: str = stripe.VERSION
STRIPE_FOLDER = str(Path(stripe.__file__).parent)
CLIENTS, REQUESTOR, TELEMETRY = "stripe._http_client", "stripe._api_requestor", "stripe._telemetry_id"
SYNC = ("request", "request_stream")
ASYNC = ("request_async", "request_stream_async")
RETRIES = (
    "request_with_retries",
    "request_stream_with_retries",
    "request_with_retries_async",
    "request_stream_with_retries_async",
)
# Most sync clients send from here, whichever of the two was called.
INTERNAL = "_request_internal"
_SENDING = (
    *SYNC,
    *ASYNC,
    *RETRIES,
    "_request_with_retries_internal",
    "_request_with_retries_internal_async",
)
_LOOKED_AT = frozenset((*_SENDING, INTERNAL))
_FAILING = {"AIOHTTPClient": SYNC, "NoImportFoundAsyncClient": ASYNC}
# Its client over the standard library alone had another name before 13.
_URLLIB = "UrllibClient" if hasattr(_http_client, "UrllibClient") else "Urllib2Client"
Urllib: type[HTTPClient] = getattr(_http_client, _URLLIB)

Methods = tuple[object, ...]
# Classes without code of their own: how their methods are read, and those that were found good. Users'
# classes are let go with their tests.
_stripes: dict[type, tuple[Callable[[Any], Methods], Methods]] = {}
_plain: WeakKeyDictionary[type, tuple[Callable[[Any], Methods], Methods]] = WeakKeyDictionary()


def _telemetry() -> ModuleType | None:
    """Give the module that keeps a telemetry id in a file; stripe-python has it since 15.3.1."""
    return importlib.import_module(TELEMETRY) if importlib.util.find_spec(TELEMETRY) else None


telemetry = _telemetry()


def subclasses(cls: type) -> Iterator[type]:
    """Walk every subclass there is, at any depth."""
    seen: set[type] = set()
    waiting: list[type] = cls.__subclasses__()
    while waiting:
        found = waiting.pop()
        if found not in seen:
            seen.add(found)
            waiting += found.__subclasses__()
            yield found


def is_stripes(cls: type) -> bool:
    """Tell stripe-python's own client classes from users', those of a second import included."""
    return cls.__module__ == CLIENTS


# Those of the first import, which are there in every test.
STRIPES = tuple(filter(is_stripes, subclasses(HTTPClient)))


def sends_from(cls: type) -> list[str]:
    """Name the methods of one of stripe-python's classes that are the last ones before a library."""
    if cls.__name__ == "HTTPClient":  # the base of all only delegates
        return []
    own = vars(cls)
    sync = [INTERNAL] if INTERNAL in own else [name for name in SYNC if name in own]
    names = [*sync, *(name for name in ASYNC if name in own)]
    return [name for name in names if name not in _FAILING.get(cls.__name__, ())]


def has_own_code(client: object) -> bool:
    """Tell whether a client would send by code that isn't stripe-python's own.

    It may be no `stripe.HTTPClient`, override a method that sends, or have one replaced. The client that
    it falls back on is looked at when it comes to that.
    """
    cls = type(client)
    # To look at each method costs a tenth of stripe-python's own call; to see that none is new doesn't.
    known = _stripes.get(cls) or _plain.get(cls)
    if (known is None or not all(map(is_, known[0](cls), known[1]))) and not _is_plain(cls):
        return True
    has_own_look_up = cls.__getattribute__ is not object.__getattribute__
    return has_own_look_up or not _LOOKED_AT.isdisjoint(vars(client))


def _is_plain(cls: type) -> bool:
    """Tell a class that sends by stripe-python's methods alone, each of them tapped; and remember it."""
    if not any(base.__name__ == "HTTPClient" and is_stripes(base) for base in cls.__mro__):
        return False
    names = [name for name in (*_SENDING, INTERNAL) if hasattr(cls, name)]
    for name in names:
        owner = next(base for base in cls.__mro__ if name in vars(base))
        method = vars(owner)[name]
        if not is_stripes(owner) or not (is_marked(method) or _is_as_written(owner, name, method)):
            return False
    methods = attrgetter(*names)
    (_stripes if cls in STRIPES else _plain)[cls] = methods, methods(cls)
    return True


def _is_as_written(owner: type, name: str, method: object) -> bool:
    if not isinstance(method, FunctionType) or name in sends_from(owner):
        return False  # the tap isn't on it
    return method.__code__.co_filename.startswith(STRIPE_FOLDER)


def as_hash(value: Any) -> dict[str, Any]:  # noqa: ANN401 - an SDK object, or a hash of one
    """Give an SDK object as a dict, which it was itself before stripe-python 15."""
    return dict(value) if isinstance(value, dict) else value.to_dict()


def is_async_only(client: object) -> bool:
    """Tell an httpx client that was made without sync methods: its own error is the answer."""
    return isinstance(client, HTTPXClient) and client._client is None  # noqa: SLF001 - it has no public name
