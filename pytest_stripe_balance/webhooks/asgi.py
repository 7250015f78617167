"""An ASGI app, called as a server calls it, with its lifespan (ASGI 3)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from pytest_stripe_balance.webhooks import limit, swallowed
from pytest_stripe_balance.webhooks.door import BODY_BYTES, HOST, AsyncDoor, Progress, Reply, failed

Message = MutableMapping[str, Any]
App = Callable[..., Awaitable[None]]
_ASGI = {"version": "3.0", "spec_version": "2.4"}


class AsgiDoor(AsyncDoor):
    """The way into an ASGI app.

    In the door's own loop the app's lifespan is open from the first delivery until `close`. In a test's
    loop it is open for one block of deliveries (`async with door:`), because nobody says when that loop
    ends. A test that needs it longer opens it itself, and gives an httpx.AsyncClient.
    """

    def __init__(self, name: str, app: App, path: str) -> None:
        super().__init__(name)
        self._app = app
        asked, _, query = path.partition("?")
        self._scope = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": unquote(asked),
            "raw_path": asked.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "root_path": "",
            "client": ("127.0.0.1", 443),
            "server": (HOST, 80),
        }
        self._lifespan: _Lifespan | None = None
        self._of_block: _Lifespan | None = None

    async def send_async(self, payload: bytes, headers: Mapping[str, str]) -> Reply:
        """Deliver in the running loop; outside a block, with a lifespan for this delivery alone."""
        if self._of_block is None:
            async with self:
                return await self.send_async(payload, headers)
        return await super().send_async(payload, headers)

    async def __aenter__(self) -> Self:
        self._of_block = _Lifespan(self.name, self._app)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        lifespan, self._of_block = self._of_block, None
        if lifespan is not None:
            await lifespan.end()

    async def _deliver(self, payload: bytes, headers: Mapping[str, str]) -> Reply:
        lifespan = self._of_block
        if lifespan is None:
            lifespan = self._lifespan = self._lifespan or _Lifespan(self.name, self._app)
        if (error := await lifespan.start()) is not None:
            return Reply(None, error)
        return await super()._deliver(payload, headers)

    async def _answer_async(
        self, payload: bytes, headers: Mapping[str, str], progress: Progress
    ) -> Reply:
        lifespan = self._of_block or self._lifespan
        assert lifespan is not None, "unreachable because each delivery starts it"
        sent = {"host": HOST, "content-length": str(len(payload)), **headers}
        scope = {
            **self._scope,
            "headers": [
                (name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()
            ],
            "state": lifespan.state.copy(),
        }
        answer = _AsgiAnswer(payload, progress)
        try:
            with swallowed.heard() as errors:
                await self._app(scope, answer.receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the app's error is its answer
            return Reply(answer.status) if answer.client_left else failed(error, progress.status or 500)
        if answer.status is None:
            return failed(RuntimeError(f"{self.name} returned without a response"))
        if progress.status is None and not answer.client_left:
            return failed(RuntimeError(f"{self.name} returned before its response ended"), None)
        return swallowed.told(Reply(answer.status), errors)

    def close(self) -> None:
        """End the lifespan and close the loop; RuntimeError if the app's shutdown failed."""
        lifespan, self._lifespan = self._lifespan, None
        try:
            if lifespan is not None and self._runner is not None:
                self._run(lifespan.end)
        finally:
            super().close()


class _ClientLeftError(OSError):
    """What `send` raises when the client has left, as ASGI says since 2.4."""


class _AsgiAnswer:
    """What an app answers. A body is read up to BODY_BYTES; then the client leaves."""

    def __init__(self, payload: bytes, progress: Progress) -> None:
        self._payload: bytes | None = payload
        self._progress = progress
        self._is_over = asyncio.Event()
        self._length = 0
        self.status: int | None = None
        self.client_left = False

    async def receive(self) -> Message:
        payload, self._payload = self._payload, None
        if payload is not None:
            return {"type": "http.request", "body": payload, "more_body": False}
        await self._is_over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
        elif message["type"] == "http.response.body":
            await self._take(len(message.get("body", b"")), more=message.get("more_body", False))

    async def _take(self, length: int, *, more: bool) -> None:
        self._length += length
        self.client_left = more and self._length > BODY_BYTES
        if self.client_left or not more:
            self._is_over.set()
        if self.client_left:
            raise _ClientLeftError("the client has read enough")
        if more:
            await asyncio.sleep(0)  # so that one that never ends can be stopped
        elif self._progress.status is None:
            self._progress.status = self.status


class _Lifespan:
    """An app's start-up and shutdown. An app that knows none runs without, as with uvicorn's "auto"."""

    def __init__(self, name: str, app: App) -> None:
        self.state: dict[str, Any] = {}
        self._name = name
        self._app = app
        self._task: asyncio.Future[None] | None = None
        self._was_asked = False
        self._is_started = asyncio.Event()
        self._is_ending = asyncio.Event()
        self._failure: str | None = None
        self._error: Exception | None = None

    async def start(self) -> Exception | None:
        """Start the app if it isn't started; give the error if it could not."""
        if self._task is None:
            scope = {"type": "lifespan", "asgi": _ASGI, "state": self.state}
            self._task = asyncio.ensure_future(self._app(scope, self._receive, self._send))
            self._task.add_done_callback(lambda _task: self._is_started.set())
            self._error = await self._started(self._task)
        return self._error

    async def _started(self, task: asyncio.Future[None]) -> Exception | None:
        try:
            async with asyncio.timeout(limit.SECONDS):
                await self._is_started.wait()
                if self._failure is not None:
                    await asyncio.wait({task})
        except TimeoutError:
            task.cancel()
            return TimeoutError(f"the start-up of {self._name} took longer than {limit.SECONDS:g} s")
        cause = _exception_of(task)
        return None if self._failure is None else self._failed("start-up", cause)

    async def end(self) -> None:
        """Shut the app down; RuntimeError if that fails or doesn't end."""
        task, self._task = self._task, None
        if task is None or task.done():
            return
        self._is_ending.set()
        if not await limit.is_done_within(task, limit.SECONDS):
            task.cancel()
            raise RuntimeError(f"the shutdown of {self._name} took longer than {limit.SECONDS:g} s")
        cause = _exception_of(task)
        if self._failure is not None or cause is not None:
            raise self._failed("shutdown", cause)

    def _failed(self, what: str, cause: Exception | None) -> RuntimeError:
        last = (self._failure or "").strip().rpartition("\n")[2]  # a traceback's last line is the error
        said = f": {last or repr(cause)}" if last or cause else ""
        error = RuntimeError(f"the {what} of {self._name} failed{said}")
        error.__cause__ = cause
        return error

    async def _receive(self) -> Message:
        if not self._was_asked:
            self._was_asked = True
            return {"type": "lifespan.startup"}
        await self._is_ending.wait()
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        if message["type"].endswith(".failed"):
            self._failure = message.get("message", "")
        self._is_started.set()


def _exception_of(task: asyncio.Future[None]) -> Exception | None:
    """Give the Exception that ended a task; raise what isn't one."""
    if not task.done() or task.cancelled():
        return None
    error = task.exception()
    if error is not None and not isinstance(error, Exception):
        raise error
    return error
