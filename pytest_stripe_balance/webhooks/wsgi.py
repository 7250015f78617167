"""A WSGI app, called as a server calls it (PEP 3333)."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote_to_bytes

from pytest_stripe_balance.webhooks import swallowed
from pytest_stripe_balance.webhooks.door import BODY_BYTES, HOST, Door, Reply, failed


class WsgiDoor(Door):
    """The way into a WSGI app."""

    def __init__(self, name: str, app: Callable[..., Iterable[bytes]], path: str) -> None:
        super().__init__(name)
        self._app = app
        asked, _, query = path.partition("?")
        self._environ = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(asked).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": HOST,
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": HOST,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }

    def _answer(self, payload: bytes, headers: Mapping[str, str]) -> Reply:
        environ: dict[str, Any] = {
            **self._environ,
            "CONTENT_LENGTH": str(len(payload)),
            "wsgi.input": io.BytesIO(payload),
            "wsgi.errors": sys.stderr,
        }
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        answer = _WsgiAnswer(self.name)
        try:
            with swallowed.heard() as errors, _django_keeps_connections():
                answer.read(self._app(environ, answer.start_response))
            return swallowed.told(Reply(answer.status), errors)
        except Exception as error:  # noqa: BLE001 - the app's error is its answer
            return failed(error, answer.status if answer.is_complete else 500)


@contextmanager
def _django_keeps_connections() -> Iterator[None]:
    """Keep Django from closing the test's database connection at a request's beginning and end.

    The test's transaction is open on it. Django's own test client does the same.
    """
    database, core = (sys.modules.get(name) for name in ("django.db", "django.core.signals"))
    if database is None or core is None:
        yield
        return
    ends = [
        signal
        for signal in (core.request_started, core.request_finished)
        if signal.disconnect(database.close_old_connections)
    ]
    try:
        yield
    finally:
        for signal in ends:
            signal.connect(database.close_old_connections)


class _WsgiAnswer:
    """What an app answers. A body is read up to BODY_BYTES; then the client leaves."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.status: int | None = None
        self.is_complete = False
        self._length = 0

    def start_response(
        self,
        status: str,
        _headers: list[tuple[str, str]],
        exc_info: Any = None,  # noqa: ANN401 - sys.exc_info()
    ) -> Callable[[bytes], None]:
        if exc_info is not None and self._length:  # too late for another status
            raise exc_info[1].with_traceback(exc_info[2])
        self.status = int(status[:3])
        return self._write

    def _write(self, data: bytes) -> None:
        self._length += len(data)

    def read(self, body: Iterable[bytes]) -> None:
        try:
            for data in body:
                self._write(data)
                if self._length > BODY_BYTES:
                    break
            if self.status is None:
                raise RuntimeError(
                    f"{self.name} didn't call start_response; "
                    "a plain handler(payload, headers) is given as handler="
                )
            self.is_complete = True
        finally:
            if (close := getattr(body, "close", None)) is not None:
                close()
