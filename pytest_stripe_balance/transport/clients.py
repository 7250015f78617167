"""stripe-python's client classes and users' own: where they send from, and whether the tap has it."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from collections.abc import Awaitable, Callable, Iterator
from itertools import chain
from operator import attrgetter
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NoReturn, TypeVar

import stripe
from stripe import _http_client
from stripe._http_client import HTTPClient, HTTPXClient

F = TypeVar("F", bound=Callable[..., Any])

SDK_VERSION: str = stripe.VERSION
STRIPE_FOLDER = str(Path(stripe.__file__).parent)
SYNC = ("request", "request_stream")
ASYNC = ("request_async", "request_stream_async")
# A user's own class may send from here without coming to the four above.
RETRIES = (
    "request_with_retries",
    "request_stream_with_retries",
    "request_with_retries_async",
    "request_stream_with_retries_async",
)
SENDING = (*SYNC, *ASYNC, *RETRIES)
# What the retries go through; a class of its own here sends from there.
INTERNALS = ("_request_with_retries_internal", "_request_with_retries_internal_async")
_LOOKED_AT = frozenset((*SENDING, *INTERNALS))
_methods_of = attrgetter(*_LOOKED_AT)
# The methods with which a class was found to be tapped; another tap's, or a user's, are others.
_tapped: dict[type, tuple[object, ...]] = {}
_MARK = "_is_tapped_by_pytest_stripe_balance"


def _telemetry() -> ModuleType | None:
    """Give the module that keeps a telemetry id in a file; stripe-python has it since 15.3.1."""
    name = "stripe._telemetry_id"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


telemetry = _telemetry()
# What stripe-python tells Stripe of earlier requests and of the machine, and what stands there instead
# where nothing is sent: the next real request would tell of answers that weren't Stripe's.
UNTOLD: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    (HTTPClient, "_add_telemetry_header", lambda _, headers: headers),
    (HTTPClient, "_record_request_metrics", lambda *_, **__: None),
    *(((telemetry, "get_telemetry_id", lambda: None),) if telemetry is not None else ()),
)


# Its client over the standard library alone had another name before 13.
_URLLIB = "UrllibClient" if hasattr(_http_client, "UrllibClient") else "Urllib2Client"
Urllib: type[HTTPClient] = getattr(_http_client, _URLLIB)


class StandIn(HTTPClient):
    """Takes the place of a client whose own code would send past the tap.

    Such are clients that aren't `stripe.HTTPClient`s, and those whose methods were replaced. Each tap
    has a class of its own below this one, with itself on it: what it answers never comes to these
    methods, and what it lets through is sent by the client's own.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - whatever a user hands in
        super().__init__()
        self.name = getattr(client, "name", type(client).__name__)  # type: ignore[misc] # one a client
        self._client = client

    def request_with_retries(self, *sent: Any, **options: Any) -> Any:  # noqa: ANN401 - the client's own
        """Send as the client does."""
        return self._client.request_with_retries(*sent, **options)

    def request_stream_with_retries(self, *sent: Any, **options: Any) -> Any:  # noqa: ANN401 - as above
        """Send as the client does."""
        return self._client.request_stream_with_retries(*sent, **options)

    async def request_with_retries_async(self, *sent: Any, **options: Any) -> Any:  # noqa: ANN401 - as above
        """Send as the client does."""
        return await self._client.request_with_retries_async(*sent, **options)

    async def request_stream_with_retries_async(self, *sent: Any, **options: Any) -> Any:  # noqa: ANN401 - as above
        """Send as the client does."""
        return await self._client.request_stream_with_retries_async(*sent, **options)

    def request(self, *_: object, **__: object) -> NoReturn:
        """Never come to."""
        raise AssertionError("unreachable because the tap answers, or has let the retries through")

    request_stream = request_async = request_stream_async = request

    def sleep_async(self, secs: float) -> Awaitable[None]:
        """Sleep between the retries of an async request."""
        return asyncio.sleep(secs)


def marked(method: F) -> F:
    """Mark a method as the tap's."""
    setattr(method, _MARK, True)
    return method


def is_tapped(client: object) -> bool:
    """Tell whether everything that a client sends comes to the tap."""
    cls = type(client)
    # To look at each method costs a tenth of stripe-python's own call; to see that none is new doesn't.
    if (known := _tapped.get(cls)) is None or known != _methods_of(cls):
        if not issubclass(cls, HTTPClient) or issubclass(cls, StandIn):  # of an outer tap
            return False
        if not all(_is_known(cls, name) for name in _LOOKED_AT):
            return False
        _tapped[cls] = _methods_of(cls)
    if cls.__getattribute__ is not object.__getattribute__ or not _LOOKED_AT.isdisjoint(vars(client)):
        return False
    fallback = getattr(client, "_async_fallback_client", None)
    return fallback is None or is_tapped(fallback)


def _is_known(cls: type, name: str) -> bool:
    method = getattr(cls, name)
    if getattr(method, _MARK, False) or method is getattr(HTTPClient, name):
        return True
    return cannot_send(method)


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
    """Tell stripe-python's own client classes from users'."""
    return cls.__module__ == _http_client.__name__


# These are there in every test; users' own may be gone by the next.
STRIPES = frozenset(filter(is_stripes, subclasses(HTTPClient)))
# These can't send: stripe-python has them fail, and so they do here.
CANT_SEND = tuple(
    method
    for cls in STRIPES
    for name in {"AIOHTTPClient": SYNC, "NoImportFoundAsyncClient": ASYNC}.get(cls.__name__, ())
    if isinstance(method := vars(cls)[name], FunctionType)
    and method.__code__.co_filename.startswith(STRIPE_FOLDER)  # and not put there since
)
KNOWN = (HTTPClient, *STRIPES)
_NOT_USERS = STRIPES | {StandIn}


def users() -> list[type]:
    """Give the client classes that are neither stripe-python's nor ours, at any depth."""
    found: list[type] = list(chain.from_iterable(map(type.__subclasses__, KNOWN)))
    if _NOT_USERS.issuperset(found):
        return []
    nearest = [cls for cls in found if cls not in _NOT_USERS]
    return [*dict.fromkeys(nearest + [below for cls in nearest for below in subclasses(cls)])]


def cannot_send(method: object) -> bool:
    """Tell stripe-python's own methods that fail where an async client is asked synchronously."""
    return any(method is one for one in CANT_SEND)


def let_go() -> None:
    """Forget users' own classes, which nobody else may hold any more."""
    for cls in list(_tapped):
        if cls not in STRIPES:
            _tapped.pop(cls, None)


def own(cls: type, name: str) -> Callable[..., Any] | None:
    """Give a method that is `cls`'s own, or comes to it from a mixin outside the clients' tree."""
    owner = next((base for base in cls.__mro__ if name in vars(base)), object)
    if owner is cls or not issubclass(owner, HTTPClient):
        method: Callable[..., Any] | None = vars(owner).get(name)
        return method
    return None


def own_of(cls: type, name: str) -> Callable[..., Any] | None:
    """Give a method that a class imported anew has itself, and that can send."""
    method = vars(cls).get(name)
    code = getattr(method, "__code__", None)
    return None if code is None or any(code == one.__code__ for one in CANT_SEND) else method


def as_hash(value: Any) -> dict[str, Any]:  # noqa: ANN401 - an SDK object, or a hash of one
    """Give an SDK object as a dict, which it was itself before stripe-python 15."""
    return dict(value) if isinstance(value, dict) else value.to_dict()


def is_async_only(client: HTTPClient) -> bool:
    """Tell an httpx client that was made without sync methods: its own error is the answer."""
    return isinstance(client, HTTPXClient) and client._client is None  # noqa: SLF001 - it has no public name
