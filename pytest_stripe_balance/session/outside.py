"""Who answers where no fixture of ours is open: nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_stripe_balance.api import api_keys
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.session.base import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_stripe_balance.api.message import Failure, Request, Response
    from pytest_stripe_balance.session.base import Fail
    from pytest_stripe_balance.session.settings import Settings

_ANYWHERE = (
    "Ask for stripe_balance in the test or fixture itself, or for class_stripe_balance, "
    "module_stripe_balance or session_stripe_balance in wider fixtures and set-ups; everywhere else "
    "there is `with fake_stripe():`"
)
_IN_PACKAGE = (
    "a package has no world of its own: open `with fake_stripe():` in it. Fixtures and set-ups of the "
    "other scopes ask for class_stripe_balance, module_stripe_balance or session_stripe_balance"
)
_SCOPES = ("class", "module", "session")
_MARKS = {
    "class": 'put `@pytest.mark.usefixtures("class_stripe_balance")` on the class',
    "module": 'write `pytestmark = pytest.mark.usefixtures("module_stripe_balance")` into the module',
}
_OFF = "The setting `stripe_guard = off` lets such requests go to Stripe"
_AS_BEFORE = (
    "If this suite passed without the guard, such requests went to Stripe, or another mock answered "
    "them. To keep that, put `stripe_guard = off` into pytest's ini file, or use --stripe-guard=off or "
    "PYTEST_STRIPE_GUARD=off"
)


class SetUp(NamedTuple):
    """The wider fixture that is set up or torn down; `fixture` is None in a set-up like setup_module."""

    scope: str
    fixture: str | None


def where_to_ask(place: SetUp | None) -> str:
    """Say how a request is answered at a place, its own fixture first; None is in no wider fixture."""
    if place is None:
        return _ANYWHERE
    scope, fixture = place
    named = (
        f"`{fixture}` has scope {scope}" if fixture else f"This is the set-up or tear-down of a {scope}"
    )
    if scope not in _SCOPES:
        return f"{named}, and {_IN_PACKAGE}"
    way = f"ask for {scope}_stripe_balance in it" if fixture else _MARKS[scope]
    others = " and ".join(f"{one}_stripe_balance" for one in _SCOPES if one != scope)
    return (
        f"{named}: {way}. {others} write only in fixtures and set-ups of their own scopes; everywhere "
        "else there is `with fake_stripe():`"
    )


class Outside(Session):
    """A run that refuses every request; a live key is fatal.

    - `passes` says whether a request with a test key is sent instead, as in the mode live.
    - `place` tells in which wider fixture the request comes.
    """

    def __init__(
        self,
        settings: Settings,
        fail: Fail,
        passes: Callable[[], bool],
        place: Callable[[], SetUp | None],
    ) -> None:
        super().__init__(settings, fail)
        self._passes, self._place = passes, place
        self._is_first = True

    def _allowed(self, request: Request) -> Response | Failure | Request | None:
        try:
            api_keys.refuse_live(request, anywhere=True)
        except Refused as refusal:
            refusal.fatal = True
            raise
        if self._passes():
            return None
        ways_out = f"{where_to_ask(self._place())}. {_OFF}"
        if self._is_first:
            self._is_first, ways_out = False, f"{ways_out}.\n{_AS_BEFORE}"
        raise Refused(f"{request}: no Stripe fixture is open here, so nothing was sent. {ways_out}")

    def observe(self, request: Request, response: Response | Failure) -> None:
        """Keep nothing of what another has answered."""
