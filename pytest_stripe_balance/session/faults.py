"""Faults on demand: what a test has armed, and which request meets it.

A fault is a value: what the engine does, and what goes over the wire. Whoever answers acts it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from pytest_stripe_balance.api.call_pattern import CallPattern
from pytest_stripe_balance.api.idempotency import key_in_use
from pytest_stripe_balance.api.message import Failure, Headers, Request, Response
from pytest_stripe_balance.contract.contract import contract, error_codes
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.masking import shown

RATE_LIMIT = (
    "Request rate limit exceeded. You can learn more about rate limits here "
    "https://stripe.com/docs/rate-limits."
)
LOCK_TIMEOUT = (
    "This object cannot be accessed right now because another API request or Stripe process is "
    "currently accessing it. If you see this error intermittently, retry the request. If you see this "
    "error frequently and are making multiple concurrent requests to a single object, make your "
    "requests serially or at a lower rate."
)
SERVER_ERROR = (
    "Error while communicating with one of our backends.  Sorry about that!  We have been notified of "
    "the problem.  If you have any questions, we can help at https://support.stripe.com/."
)
TYPES = ("api_error", "card_error", "idempotency_error", "invalid_request_error")
_FIRST_ERROR, _LAST_ERROR = 400, 599
_NO_KEY: Mapping[str, Any] = {}


class Effect(NamedTuple):
    """What one fault does to a request.

    - `verb` is its name, as "lose_answer".
    - `acted`: the engine carries the request out.
    - `wire` is as in `Failure`.
    - `error` makes the error that is answered, from the request's idempotency key; `more` are other
      keys of it. `should_retry` sends Stripe-Should-Retry, and `keeps` saves it under the key.
    - `page` is the status of a gateway's page in the place of the answer.
    """

    verb: str
    acted: bool = False
    wire: Literal["answers", "refuses", "resets", "silent", "cuts"] = "answers"
    error: Callable[[str], Fault] | None = None
    more: Mapping[str, Any] = _NO_KEY
    should_retry: bool = False
    keeps: bool = False
    page: int | None = None

    def failure(self, answer: Response | None) -> Failure:
        """Give what the client meets; `answer` is the engine's, or the error."""
        if self.page is not None:
            answer = _page(self.page)
        return Failure(self.verb, self.wire, answer if self.wire in ("answers", "cuts") else None)


@dataclass
class Armed:
    """A fault that waits for its requests.

    `times` is None for as long as it is armed. `where` is the line that armed it.
    """

    effect: Effect
    call: CallPattern | None
    where: str
    times: int | None = 1
    after: int = 0
    met: int = field(default=0, init=False)

    def __str__(self) -> str:
        return f"{self.effect.verb}({'' if self.call is None else repr(str(self.call))})"

    def is_for(self, request: Request) -> bool:
        """Tell whether it waits for a request like this one."""
        if self.times is not None and self.met >= self.times:
            return False
        return self.call is None or self.call.is_of(request)

    def meets(self) -> bool:
        """Tell whether the request that has come meets it; the first `after` ones pass."""
        if self.after > 0:
            self.after -= 1
            return False
        self.met += 1
        return True


class Faults:
    """The faults of one test. Those for the same request come in the order in which they were armed."""

    def __init__(self) -> None:
        self._queue: list[Armed] = []
        self._outages: list[Armed] = []
        self._unopened: list[Armed] = []
        self._over: list[Armed] = []

    def arm(self, fault: Armed) -> None:
        """Arm a fault."""
        self._queue.append(fault)

    def outage(self, fault: Armed) -> AbstractContextManager[None]:
        """Arm a fault that comes before all others while the context is open; never opened is unmet."""
        self._unopened.append(fault)
        return self._while_open(fault)

    @contextmanager
    def _while_open(self, fault: Armed) -> Iterator[None]:
        self._unopened = [one for one in self._unopened if one is not fault]
        self._outages.append(fault)
        try:
            yield
        finally:
            self._outages.remove(fault)
            if fault.call is not None:
                self._over.append(fault)

    def meet(self, request: Request) -> Effect | None:
        """Give what the fault does that a request meets; None if it meets none."""
        for fault in (*self._outages[::-1], *self._queue):
            if fault.is_for(request):
                return fault.effect if fault.meets() else None
        return None

    @property
    def unmet(self) -> str:
        """The faults that no request has met, each with the line that armed it; "" for none."""
        lines = [
            f"  {fault}, armed at {fault.where}"
            for fault in (*self._queue, *self._unopened, *self._over)
            if not fault.met
        ]
        if not lines:
            return ""
        return "\n".join(("No request of the test has met these faults:", *lines))


def _known(what: str, value: str, known: Iterable[str]) -> None:
    """Check that a word is one of those that Stripe documents; ValueError names the nearest."""
    choices = sorted(known)
    if value in choices:
        return
    import difflib  # noqa: PLC0415 - only after a slip

    nearest = difflib.get_close_matches(str(value), choices, cutoff=0)
    message = f"Stripe documents no error {what} {shown(repr(value))}; nearest: {', '.join(nearest)}"
    raise ValueError(message)


def check_status(status: object) -> None:
    """Check that an HTTP status is an error's; ValueError otherwise."""
    if type(status) is not int or not _FIRST_ERROR <= status <= _LAST_ERROR:
        message = f"status must be an error's, from 400 to 599, not {shown(repr(status))}"
        raise ValueError(message)


def error_effect(
    api_version: str,
    *,
    status: int,
    type: str,  # noqa: A002 - Stripe's own name for it
    code: str | None,
    param: str | None,
    message: str,
    more: Mapping[str, Any],
) -> Effect:
    """Make the fault that answers one of Stripe's errors.

    ValueError for a type or a code that isn't documented, and for what the contract of errors at the
    API version doesn't have.
    """
    check_status(status)
    _known("type", type, TYPES)
    if code is not None:
        _known("code", code, error_codes())
    body = {"type": type, "message": message, "code": code, "param": param, **more}
    if findings := contract(api_version).check({"error": body}, "error"):
        raise ValueError("; ".join(map(str, findings)))
    fault = Fault(message, status=status, type=type, code=code, param=param)
    return Effect("error", error=lambda _: fault, more=more)


def _error(message: str, **options: Any) -> Callable[[str], Fault]:  # noqa: ANN401 - a Fault's
    return lambda _: Fault(message, **options)


REFUSE_CONNECTION = Effect("refuse_connection", wire="refuses")
OUTAGE = Effect("outage", wire="refuses")
LOSE_ANSWER = Effect("lose_answer", acted=True, wire="resets")
TIME_OUT = Effect("time_out", wire="silent")
HALF_ANSWER = Effect("half_answer", acted=True, wire="cuts")
NOT_JSON = Effect("not_json", acted=True)
LIMITED = Effect("rate_limit", error=_error(RATE_LIMIT, status=429, code="rate_limit"))
LOCKED = Effect(
    "lock_timeout", error=_error(LOCK_TIMEOUT, status=429, code="lock_timeout"), should_retry=True
)
IN_USE = Effect("key_in_use", error=key_in_use)
FAILED = Effect(
    "server_error",
    error=_error(SERVER_ERROR, status=500, type="api_error", assumption="server-error"),
    keeps=True,
)


def _page(status: int) -> Response:
    """Give a gateway's page, as nginx writes it."""
    from http import HTTPStatus  # noqa: PLC0415 - only for this fault

    title = f"{status} {HTTPStatus(status).phrase if status in [*HTTPStatus] else ''}".rstrip()
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    ).encode()
    return Response(status, Headers({"Server": "nginx", "Content-Type": "text/html"}), body)
