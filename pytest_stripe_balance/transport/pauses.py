"""stripe-python's pauses between the tries of a call: how often it tried, and what they cost."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from pytest_stripe_balance.transport.runs import OPEN

# How many tries came before the next request here: stripe-python pauses right before it tries again.
_tries: ContextVar[int] = ContextVar("pytest_stripe_balance_tries", default=0)


def retries() -> int:
    """Give how many tries of the same call came before the request that is sent now."""
    tried = _tries.get()
    if tried:
        _tries.set(0)
    return tried


def paused(original: Callable[..., float]) -> Callable[..., float]:
    """Wrap `HTTPClient._sleep_time_seconds`, which says how long the pause before a try is."""

    @functools.wraps(original)
    def sleep_time_seconds(client: object, num_retries: int, *rest: Any) -> float:  # noqa: ANN401 - before 13 there is an answer
        def even(number: int) -> float:
            token = _is_even.set(True)
            try:
                return original(client, number, *rest)
            finally:
                _is_even.reset(token)

        _tries.set(num_retries)
        if OPEN and OPEN[-1].pause(num_retries, even):
            return 0
        return original(client, num_retries, *rest)

    return sleep_time_seconds


def evened(original: Callable[..., float]) -> Callable[..., float]:
    """Wrap `HTTPClient._add_jitter_time`: what a pause would be without its jitter is asked, too."""

    @functools.wraps(original)
    def add_jitter_time(client: object, sleep_seconds: float) -> float:
        return sleep_seconds if _is_even.get() else original(client, sleep_seconds)

    return add_jitter_time


_is_even: ContextVar[bool] = ContextVar("pytest_stripe_balance_even_pauses", default=False)
