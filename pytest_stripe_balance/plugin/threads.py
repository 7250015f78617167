"""Which test a request belongs to: the running one, or an earlier one that started the thread."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

# The test that a context was made in: asyncio hands contexts on to other threads.
_test: ContextVar[str | None] = ContextVar("pytest_stripe_balance_test", default=None)


class Threads:
    """Tells the tests of threads apart; `current` is the running test."""

    def __init__(self) -> None:
        self.current: str | None = None
        self._runner = threading.current_thread()
        self._started_in: WeakKeyDictionary[threading.Thread, str | None] = WeakKeyDictionary()
        self._submit: tuple[Any, Any] | None = None

    def begin(self, test: str) -> None:
        """Begin a test: the threads that run by now belong to those before."""
        for thread in threading.enumerate():
            self._started_in.setdefault(thread, self.current)
        self.current, self._runner = test, threading.current_thread()
        _test.set(test)

    def owner(self) -> str | None:
        """Name the test that this thread's requests belong to; None before the first one."""
        thread = threading.current_thread()
        if thread is self._runner:
            return self.current
        return _test.get() or self._started_in.get(thread) or self.current

    def watch_executors(self) -> None:
        """Let what a test submits to an executor belong to it: an executor uses its threads again."""
        original: Any = ThreadPoolExecutor.submit

        @wraps(original)
        def submit(pool: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the original's
            return original(pool, _run_for, self.owner(), fn, *args, **kwargs)

        self._submit = original, submit
        setattr(ThreadPoolExecutor, "submit", submit)  # noqa: B010 - a method, while the guard is on

    def leave_executors(self) -> None:
        """Put the executors' own method back, unless another has replaced it meanwhile."""
        original, submit = self._submit or (None, None)
        if submit is not None and ThreadPoolExecutor.submit is submit:
            setattr(ThreadPoolExecutor, "submit", original)  # noqa: B010 - as above
        self._submit = None


def _run_for(test: str | None, fn: Callable[..., object], /, *args: object, **kwargs: object) -> object:
    token = _test.set(test)
    try:
        return fn(*args, **kwargs)
    finally:
        _test.reset(token)
