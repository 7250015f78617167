"""One request on its way: who answers it, what is sent in its place, and who sees the answer."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token
from dataclasses import replace
from typing import Any

from pytest_stripe_balance.api.message import Failure, Headers, Request, Response, text_of
from pytest_stripe_balance.transport import other_mocks, own_calls, pauses
from pytest_stripe_balance.transport.runs import Run

Sent = tuple[Any, int, Mapping[str, str]]

# What was let through last, and by whom: its client may ask for it once more on the way.
_passed: ContextVar[tuple[Run, Request] | None] = ContextVar("pytest_stripe_balance", default=None)


def request_of(method: str, url: str, headers: Mapping[str, str] | None, post_data: object) -> Request:
    """Make a Request of what a stripe-python client is called with."""
    body = text_of(post_data) if isinstance(post_data, bytes) else post_data
    return Request(method.upper(), url, Headers(headers), str(body) if body else "")


class Passage:
    """A request that a run is asked about; `response` is None where it is to be sent, or fails.

    `failure` is what the client meets in the place of an answer, if it does.

    What belongs to a call that is on its way already is asked of that call's run, though another may be
    the innermost by now. As a context manager it is open while its client sends.
    """

    __slots__ = ("_is_new", "_request", "_run", "_token", "failure", "response")

    def __init__(self, run: Run, request: Request) -> None:
        if own_calls.RUNNING and (call := own_calls.owner_of(request)) is not None:
            run, request = call.run, call.as_arrived(request)
            request = call.as_asked(request) if run.as_asked else request
        passed = _passed.get()
        self._is_new = passed is None or not request.is_same(passed[1])
        if passed is not None and not self._is_new:
            run = passed[0]
        elif passed is None:
            request.retries = pauses.retries()
        self._run, self._request = run, request
        answer = run.answer(request)
        self.failure = None
        self.response = answer if isinstance(answer, Response) else None
        if isinstance(answer, Failure):
            self.response = answer.answer
            self.failure = answer if self.response is None else None
        if isinstance(answer, Request):
            self._request = answer
        elif answer is not None:
            other_mocks.note(run, request)
            if self._is_new:
                run.observe(request, answer)

    @property
    def destination(self) -> tuple[str, Mapping[str, str]]:
        """The URL and the headers that are sent; the body is always the caller's own."""
        return self._request.url, dict(self._request.headers)

    def __enter__(self) -> None:
        self._token: Token[Any] = _passed.set((self._run, self._request))

    def __exit__(self, *_: object) -> None:
        _passed.reset(self._token)

    def observe(self, sent: Sent, by: str | None) -> None:
        """Let the run see what came back, unless it saw this request before."""
        if not self._is_new:
            return
        body, status, headers = sent
        content = body.encode() if isinstance(body, str) else body
        # aiohttp's names are of a class of its own, which no other library can write.
        plain = Headers({str(name): str(value) for name, value in headers.items()})
        self._run.observe(replace(self._request, by=by), Response(status, plain, content))
