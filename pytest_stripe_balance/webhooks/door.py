"""The way into an app, whatever kind of app it is."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from pytest_stripe_balance.webhooks import limit

# More of an answer's body isn't read: Stripe looks at the status alone.
BODY_BYTES = 1 << 20
# The name that Django's and Starlette's test clients use, so apps that are tested allow it.
HOST = "testserver"
_ROOM = str(Path(__file__).parent)
# In times of the limit: what a hanging task has to end by itself, and what a loop has that stands still.
# That is a start-up and a delivery that both end just in time, and the grace.
_GRACE = 0.1
_BLOCKED = 2.2


class Reply(NamedTuple):
    """What came of a delivery.

    - `status`: the HTTP status; None if no answer came.
    - `error`: what the app raised, or why no answer came. An app that answers first and fails afterwards
      has both a status of its own and an error.
    """

    status: int | None
    error: BaseException | None = None


def failed(error: BaseException, status: int | None = 500) -> Reply:
    """Give the reply of an app that raised: 500, as a server answers. Our own frames are cut off."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_ROOM):
        trace = trace.tb_next
    return Reply(status, error.with_traceback(trace or error.__traceback__))


class Door:
    """The way into one app. `name` says in messages what hangs or fails.

    An app's Exception is in the reply. What isn't an Exception (KeyboardInterrupt, pytest's outcomes)
    passes through.
    """

    is_async = False

    def __init__(self, name: str) -> None:
        self.name = name

    def send(self, payload: bytes, headers: Mapping[str, str]) -> Reply:
        """Deliver, and wait for the reply."""
        context = (
            contextvars.copy_context()
        )  # what the app sets there reaches neither test nor next delivery
        try:
            reply: Reply = limit.within(limit.SECONDS, context.run, self._answer, payload, headers)
        except limit.Hung as hung:
            return failed(hung.error(self.name), None)
        return reply

    async def send_async(self, payload: bytes, headers: Mapping[str, str]) -> Reply:
        """Deliver from a test that is a coroutine."""
        return self.send(payload, headers)

    def _answer(self, payload: bytes, headers: Mapping[str, str]) -> Reply:
        raise NotImplementedError

    def close(self) -> None:
        """End what was started for the app."""

    async def __aenter__(self) -> Self:
        """Begin a block of deliveries in the running loop."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        """End the block, and what was started for it."""


@dataclass(slots=True)
class Progress:
    """How far a delivery has come.

    - `status`: that of an answer that is complete.
    - `hung_at`: where the app hung.
    - `stopped`: what the app raised that isn't an Exception.
    """

    status: int | None = None
    hung_at: TracebackType | None = None
    stopped: BaseException | None = None


class AsyncDoor(Door):
    """The way into an app that needs an event loop.

    Without a running loop it has one of its own from the first delivery until `close`.
    """

    is_async = True

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._runner: asyncio.Runner | None = None
        self._is_stuck = False

    def send(self, payload: bytes, headers: Mapping[str, str]) -> Reply:
        """Deliver in the door's own loop; RuntimeError if a loop is running already."""
        if _loop_is_running():
            raise RuntimeError(
                f"{self.name} needs the running event loop: `await stripe_webhooks.deliver_async()`"
            )
        return self._run(lambda: self._deliver(payload, headers))

    async def send_async(self, payload: bytes, headers: Mapping[str, str]) -> Reply:
        """Deliver in the running loop."""
        return await self._deliver(payload, headers)

    def _run(self, work: Callable[[], Any]) -> Reply:
        if self._runner is None:
            # With a factory it doesn't become the thread's current loop, which may be somebody else's.
            self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        loop = self._runner.get_loop()
        task = loop.create_task(work())
        try:
            reply: Reply = limit.within(_BLOCKED * limit.SECONDS, loop.run_until_complete, task)
        except limit.Hung as hung:
            self._is_stuck = True
            return failed(hung.error(self.name), None)
        return reply

    async def _deliver(self, payload: bytes, headers: Mapping[str, str]) -> Reply:
        """Answer, but for no longer than the limit."""
        progress = Progress()
        return await self._bounded(self._answer_async(payload, headers, progress), progress)

    async def _bounded(self, answer: Any, progress: Progress) -> Reply:  # noqa: ANN401 - a coroutine of a reply
        task: asyncio.Task[Reply] = asyncio.ensure_future(_watched(answer, progress))
        try:
            while (
                not (is_done := await limit.is_done_within(task, limit.SECONDS)) and limit.is_debugged()
            ):
                pass
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not is_done:
            self._is_stuck = True
            task.cancel()
            await limit.is_done_within(task, limit.SECONDS * _GRACE)
            error = limit.too_long(self.name).with_traceback(progress.hung_at)
            return failed(error, progress.status)
        return _result(task, progress)

    async def _answer_async(
        self, payload: bytes, headers: Mapping[str, str], progress: Progress
    ) -> Reply:
        raise NotImplementedError

    def close(self) -> None:
        """Close the door's own loop. What an app that hung has left there isn't awaited."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        if self._is_stuck:
            runner.get_loop().close()
        else:
            runner.close()


async def _watched(answer: Any, progress: Progress) -> Reply:  # noqa: ANN401 - a coroutine of a reply
    try:
        reply: Reply = await answer
    except asyncio.CancelledError as error:
        progress.hung_at = error.__traceback__
        raise
    except BaseException as error:  # noqa: BLE001 - raised again by `_result`
        progress.stopped = error  # raised here, it would stop the loop with the delivery still waiting
        return Reply(None)
    return reply


def _result(task: asyncio.Task[Reply], progress: Progress) -> Reply:
    if progress.stopped is not None:
        raise progress.stopped
    try:
        return task.result()
    except asyncio.CancelledError as error:  # the app's own doing
        return failed(error)


def _loop_is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
