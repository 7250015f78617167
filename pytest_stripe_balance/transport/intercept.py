"""The tap: every request that stripe-python would send is answered by the innermost open run.

stripe-python's own encoding, headers, retries and error classes stay real. The patches are put on when
the first run opens and taken off when the last one closes.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from stripe import _api_requestor, _http_client

from pytest_stripe_balance.transport import clients, pauses
from pytest_stripe_balance.transport.doors import tapped
from pytest_stripe_balance.transport.imports import WATCH
from pytest_stripe_balance.transport.own_clients import by_fallback, stand_in_for
from pytest_stripe_balance.transport.patches import Group, Layer, Spot, spot
from pytest_stripe_balance.transport.processes import hear, watch_forks
from pytest_stripe_balance.transport.runs import OPEN, Answer, Observe, Run

__all__ = ["Answer", "Observe", "Run", "hear", "intercept", "push", "remove"]

# The modules of stripe-python that are tapped, each at its first import.
_FIRST = {
    clients.CLIENTS: _http_client,
    clients.REQUESTOR: _api_requestor,
    **({} if clients.telemetry is None else {clients.TELEMETRY: clients.telemetry}),
}


@contextmanager
def intercept(answer: Answer, observe: Observe, *, sends: bool, **options: Any) -> Iterator[None]:  # noqa: ANN401 - Run's
    """Catch every request that stripe-python makes while the context is open.

    Clients made before are caught too, and a team's own. Contexts nest: the innermost answers alone.
    `answer`, `observe` and `options` are those of a `Run`. With `sends` False nothing of stripe-python's
    leaves the machine, and there is no telemetry: nothing to be told to Stripe later.
    """
    run = Run(answer=answer, observe=observe, sends=sends, **options)
    push(run)
    try:
        yield
    finally:
        remove(run)


def push(run: Run, *, at_bottom: bool = False) -> None:
    """Open a run as the innermost one, or below all that are open. `remove` must follow."""
    with _lock:
        if OPEN:
            _layer.mend()
        else:
            _put_on()
        OPEN.insert(0 if at_bottom else len(OPEN), run)


def remove(run: Run) -> None:
    """Close a run, wherever it stands. What others have put over a patch meanwhile stays."""
    hear()
    with _lock:
        if run in OPEN:
            OPEN.remove(run)
        if not OPEN:
            _take_off()


def _put_on() -> None:
    try:
        _layer.put_on(_first_group())
        WATCH.begin(_take, _FIRST)
        for name, first in _FIRST.items():
            if (module := sys.modules.get(name, first)) is not first:
                _take(module)
    except BaseException:
        _take_off()
        raise


def _take_off() -> None:
    WATCH.end(_take)
    _layer.take_off()


def _take(module: ModuleType) -> None:
    """Tap what of stripe-python was imported anew, as the first of it is."""
    _layer.put_on(Group(_spots(module)))


@functools.cache
def _first_group() -> Group:
    return Group([one for module in _FIRST.values() for one in _spots(module)])


def _spots(module: ModuleType) -> list[Spot]:
    """Give the patches of what a module of stripe-python's has itself."""
    own = {name: value for name, value in vars(module).items() if _is_of(value, module)}
    spots = []
    if base := own.get("HTTPClient"):
        for cls in filter(clients.is_stripes, clients.subclasses(base)):
            names = clients.sends_from(cls)
            spots += [spot(cls, name, functools.partial(tapped, name=name)) for name in names]
        for name in clients.ASYNC:
            spots.append(spot(base, name, functools.partial(by_fallback, name=name)))
        spots.append(spot(base, "_add_telemetry_header", _untold(lambda _, headers: headers)))
        spots.append(spot(base, "_record_request_metrics", _untold(lambda *_, **__: None)))
        spots.append(spot(base, "_sleep_time_seconds", pauses.paused))
        spots.append(spot(base, "_add_jitter_time", pauses.evened))
    if requestor := own.get("_APIRequestor"):
        spots.append(spot(requestor, "_get_http_client", _http_client_of, whatever=True))
    if "get_telemetry_id" in own:
        spots.append(spot(module, "get_telemetry_id", _untold(lambda: None)))
    return spots


def _is_of(value: object, module: ModuleType) -> bool:
    return getattr(value, "__module__", None) == module.__name__


def _untold(instead: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Replace what stripe-python tells Stripe of earlier requests and of the machine.

    Where nothing is sent, the next real request would tell of answers that weren't Stripe's.
    """

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def untold(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - the original's
            is_silent = OPEN and not OPEN[-1].sends
            return (instead if is_silent else original)(*arguments, **options)

        return untold

    return wrap


def _http_client_of(original: Callable[..., Any]) -> Callable[..., Any]:
    """Make the requestor's look-up put a stand-in in the place of a client with code of its own."""

    @functools.wraps(original)
    def get_http_client(requestor: object) -> Any:  # noqa: ANN401 - a stand-in is no HTTPClient
        client = original(requestor)
        if not OPEN or not clients.has_own_code(client):
            return client
        return stand_in_for(client, OPEN[-1])

    return get_http_client


_layer = Layer()
_lock = threading.RLock()
watch_forks(_lock.acquire, _lock.release)
