"""Who answers where no fixture of ours is open: nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.api import api_keys
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.session.base import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_stripe_balance.api.message import Request, Response
    from pytest_stripe_balance.session.base import Fail
    from pytest_stripe_balance.session.settings import Settings

_WAYS_OUT = (
    "Ask for stripe_balance in the test itself, or for class_stripe_balance, module_stripe_balance or "
    "session_stripe_balance in wider fixtures and set-ups; everywhere else there is "
    "`with fake_stripe():`. The setting `stripe_guard = off` lets such requests go to Stripe"
)
_AS_BEFORE = (
    "If this suite passed without the guard, such requests went to Stripe, or another mock answered "
    "them. To keep that, put `stripe_guard = off` into pytest's ini file, or use --stripe-guard=off or "
    "PYTEST_STRIPE_GUARD=off"
)


class Outside(Session):
    """A run that refuses every request; a live key is fatal.

    `passes` says whether a request with a test key is sent instead, as in the mode live.
    """

    def __init__(self, settings: Settings, fail: Fail, passes: Callable[[], bool]) -> None:
        super().__init__(settings, fail)
        self._passes = passes
        self._ways_out = f"{_WAYS_OUT}.\n{_AS_BEFORE}"

    def _allowed(self, request: Request) -> Response | Request | None:
        try:
            api_keys.refuse_live(request, anywhere=True)
        except Refused as refusal:
            refusal.fatal = True
            raise
        if self._passes():
            return None
        ways_out, self._ways_out = self._ways_out, _WAYS_OUT
        raise Refused(f"{request}: no Stripe fixture is open here, so nothing was sent. {ways_out}")

    def observe(self, request: Request, response: Response) -> None:
        """Keep nothing of what another has answered."""
