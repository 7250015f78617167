"""Who answers: the stack of open runs, of which the innermost is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pytest_stripe_balance.api.message import Failure, Request, Response
from pytest_stripe_balance.refused import Refused

Answer: TypeAlias = Callable[[Request], Response | Failure | Request | None]
Observe: TypeAlias = Callable[[Request, Response | Failure], None]


def _ignore(_: str) -> None:
    """Take no note."""


def _in_real_time(_: int, __: Callable[[int], float]) -> bool:
    """Let stripe-python sleep."""
    return False


@dataclass(eq=False, frozen=True, kw_only=True)
class Run:
    """Who answers stripe-python while this is the innermost run.

    - `answer(request)` gives a Response or a Failure, None to let the real client send, or the Request
      to send in its place. What it raises reaches the caller.
    - `observe(request, response)` sees each pair, except streams that are let through.
    - `pause(number, seconds)` hears that stripe-python pauses for the `number`th time in a call, and
      says whether that takes no real time. `seconds(number)` is how long each pause is, without jitter.
    - `sends`: requests may leave. Where they may not, nothing is kept for Stripe's telemetry.
    - `own_clients`: whether the code of a team's own HTTP client runs ("run") or is passed by ("skip").
    - `as_asked`: `answer` is asked what stripe-python asked, whatever an own client made of it.
    - `refuse(message)` keeps a refusal and gives the exception to raise.
    - `note(line)` takes a line for the summary.
    - `owner` is whose run it is, for who looks for the innermost one of a kind.
    """

    answer: Answer
    observe: Observe
    sends: bool = False
    own_clients: str = "run"
    as_asked: bool = False
    refuse: Callable[[str], BaseException] = Refused
    note: Callable[[str], None] = _ignore
    owner: object = None
    pause: Callable[[int, Callable[[int], float]], bool] = _in_real_time


# The last one is the innermost.
OPEN: list[Run] = []
