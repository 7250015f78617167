"""The test's own hand: requests that a builder or a view of the fixtures makes, and not the app."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_asking: ContextVar[str] = ContextVar("pytest_stripe_balance_asking", default="")


# Names the builder or view that asks here, as "stripe_balance.fund"; "" where the app does.
asking: Callable[[], str] = _asking.get


def own_hand(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark what a fixture's method asks as the test's own: no fault meets it."""

    def marked(method: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(method)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            token = _asking.set(name)
            try:
                return method(*args, **kwargs)
            finally:
                _asking.reset(token)

        return call

    return marked


@contextmanager
def app_code() -> Iterator[None]:
    """Let what the app asks inside be the app's again, where a fixture runs it."""
    token = _asking.set("")
    try:
        yield
    finally:
        _asking.reset(token)
