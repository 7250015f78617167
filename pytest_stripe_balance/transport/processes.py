"""Processes that are forked while a run is open: what they ask is refused, and the parent told.

What a child writes into its own memory never reaches the parent, not even a refusal. So the first
refusal of a child, or of a child's child, is left on a page of memory that they share.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable

from pytest_stripe_balance.api import api_keys
from pytest_stripe_balance.api.message import Request, Response
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.transport.own_calls import RUNNING
from pytest_stripe_balance.transport.runs import OPEN, Run

_ANOTHER = (
    "this is another process, forked while the fake was open, and what it does can't reach the test's "
    "world; `stripe_server` is for those"
)


class _Page:
    """A page of memory that a process shares with its children; it takes one message."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)

    def write(self, message: str) -> None:
        """Leave a message, unless there is one. Its length is written last: then it is whole."""
        if not self._length():
            content = message.encode()[: mmap.PAGESIZE - 2]
            self._memory[2 : 2 + len(content)] = content
            self._memory[:2] = len(content).to_bytes(2, "big")

    def take(self) -> str | None:
        """Give the message once; None where there is none, or it was given before."""
        if not (length := self._length()):
            return None
        message = self._memory[2 : 2 + length].decode(errors="replace")
        self._memory[:2] = b"\0\0"
        return message

    def _length(self) -> int:
        return int.from_bytes(self._memory[:2], "big")


# The pages of runs in which a process was forked, closed ones too: a child may outlive its run.
_pages: dict[Run, _Page] = {}


def hear() -> None:
    """Let each run that has forked know what was refused to its children by now, closed runs too."""
    for run, page in list(_pages.items()):
        if (message := page.take()) is not None:
            run.refuse(message)


def refused_to_child(what: str) -> BaseException:
    """Give what to raise for what a child would do to its copy of a run; tell its parent."""
    message = f"{what}: {_ANOTHER}"
    return OPEN[0].refuse(message) if OPEN else RuntimeError(message)


def _share() -> None:
    """Make the page before the fork that is to share it."""
    if OPEN and OPEN[-1] not in _pages:
        _pages[OPEN[-1]] = _Page()


def _enter_child() -> None:
    """Refuse stripe-python from here on, whatever run was open in the parent."""
    if OPEN:
        page = _pages[OPEN[-1]]
        run = _refusing(OPEN[-1], page)
        _pages.clear()
        _pages[run] = page
        OPEN[:] = [run]
        for call in RUNNING:  # the code of an own client has forked, or another thread's runs
            call.run = run


def _refusing(parents: Run, page: _Page) -> Run:
    def tell(message: str) -> BaseException:
        page.write(str(parents.refuse(message)))
        return RuntimeError(message)  # a pool's worker hands an Exception on; anything else ends it

    def answer(request: Request) -> Response:
        raise tell(_message(request))

    return Run(
        answer=answer,
        observe=lambda *_: None,
        own_clients="skip",
        refuse=tell,
        owner=parents.owner,
    )


def _message(request: Request) -> str:
    try:
        api_keys.refuse_live(request, anywhere=True)
    except Refused as refusal:
        return f"{refusal.message}; and {_ANOTHER}"
    return f"{request}: {_ANOTHER}"


def watch_forks(acquire: Callable[[], object], release: Callable[[], object]) -> None:
    """Look out for forks from now on; no run opens or closes, in another thread, during one."""

    def before() -> None:
        acquire()
        _share()

    def in_child() -> None:
        _enter_child()
        release()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=before, after_in_parent=release, after_in_child=in_child)
