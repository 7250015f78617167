"""The time that an app has for one delivery."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

SECONDS = 10.0
_SLICES = 10
_SOON = 0.01  # seconds
_HAS_TIMERS = hasattr(signal, "setitimer")  # Windows hasn't
# Without the enums that the standard library puts round it, which take longer than a delivery.
_PLAIN = sys.modules.get("_signal", signal)
_set_handler: Callable[..., Any] = _PLAIN.signal
_handler_of: Callable[..., Any] = _PLAIN.getsignal


class Hung(BaseException):
    """An app didn't come back. It is raised where the app hangs, and `except Exception` lets it pass."""

    def error(self, name: str) -> TimeoutError:
        """Give the error to show, with the traceback of the place."""
        return too_long(name).with_traceback(self.__traceback__)


def too_long(name: str) -> TimeoutError:
    """Give the error of an app that didn't come back."""
    return TimeoutError(f"{name} took longer than {SECONDS:g} s for one delivery")


def within(seconds: float, call: Callable[..., T], *args: object) -> T:
    """Call, and raise Hung inside the call when its time is over, and again each time that it is over.

    The timer is the process's only one. It is left alone where it can't be had: outside the main thread,
    on Windows, and while somebody else uses it, as pytest-timeout does. Then the call has no limit.
    """
    if not _timer_is_free():
        return call(*args)
    is_over = False

    def ring(_number: int, frame: FrameType | None) -> None:
        if is_over or is_debugged():
            return
        if _is_finalizing(frame):
            signal.setitimer(signal.ITIMER_REAL, _SOON, seconds)
            return
        raise Hung

    before = _set_handler(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
        return call(*args)
    finally:
        is_over = True  # first, since a signal that comes from here on would leave the rest undone
        signal.setitimer(signal.ITIMER_REAL, 0)
        _set_handler(signal.SIGALRM, before)


def _timer_is_free() -> bool:
    if not _HAS_TIMERS or threading.current_thread() is not threading.main_thread():
        return False
    if signal.getitimer(signal.ITIMER_REAL)[0]:
        return False
    return _handler_of(signal.SIGALRM) is not None  # None: one that isn't Python's can't be put back


def _is_finalizing(frame: FrameType | None) -> bool:
    """Tell whether an object is being collected: Python swallows what is raised then, with a warning."""
    while frame is not None:
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


def is_debugged() -> bool:
    """Tell whether a debugger traces this thread; coverage's tracer is none."""
    trace = sys.gettrace()
    if trace is not None:
        owner = getattr(trace, "__module__", None) or type(trace).__module__
        return owner.partition(".")[0] != "coverage"
    monitoring = getattr(sys, "monitoring", None)  # from Python 3.12 on
    return monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID) is not None


async def is_done_within(task: asyncio.Future[Any], seconds: float) -> bool:
    """Wait for a task, and tell whether it ended.

    Time in which the whole loop stands still, as at a debugger's prompt, counts little.
    """
    for _ in range(_SLICES):
        done, _pending = await asyncio.wait({task}, timeout=seconds / _SLICES)
        if done:
            return True
    return False
