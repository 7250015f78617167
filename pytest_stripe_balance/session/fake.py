"""The mode fake: the engine answers, from a world for each account."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING

from pytest_stripe_balance.api import versions
from pytest_stripe_balance.api.dispatch import Dispatch
from pytest_stripe_balance.api.message import Request, Response
from pytest_stripe_balance.api.request import VersionRules
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.engine import timers
from pytest_stripe_balance.engine.reconciliation import automatic_reconciliation
from pytest_stripe_balance.engine.state.assumptions import Readings
from pytest_stripe_balance.engine.state.determinism import Clock, Ids
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.modes import MODES
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.session.base import Session

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records import Entry
    from pytest_stripe_balance.session.base import Fail
    from pytest_stripe_balance.session.settings import Settings


class Fake(Session):
    """A run that the engine answers, with what only a fake can do: its worlds, and their time."""

    def __init__(self, settings: Settings, fail: Fail = lambda refusal: refusal) -> None:
        super().__init__(settings, fail)
        self._readings = Readings(settings.assume)
        self._clock = Clock(settings.now)
        open_world = partial(_open_world, settings, self._clock, self._readings)
        self._dispatch = Dispatch(settings.api_version, _tables, open_world)

    def _answer(self, request: Request) -> Response:
        try:
            return self._dispatch.answer(request)
        except Refused as refusal:
            raise refusal.with_way_out() from None

    def answer_resting(self, request: Request) -> tuple[Response, frozenset[str]]:
        """Answer a request, and name the assumptions that this one answer rested on."""
        rested = self._readings.used
        before = set(rested)
        rested.clear()
        try:
            response = self.answer(request)
            assert isinstance(response, Response), "unreachable because the engine sends nothing"
            return response, frozenset(rested)
        finally:
            rested |= before

    @property
    def world(self) -> World:
        """The world of the account that the API key belongs to."""
        return self._dispatch.account(None).world

    @property
    def worlds(self) -> Mapping[str | None, World]:
        """All worlds, by connected account; None is the key's own."""
        return self._dispatch.worlds

    @property
    def assumptions(self) -> frozenset[str]:
        """The assumptions that answers have rested on so far."""
        return frozenset(self._readings.used)

    @contextmanager
    def outside(self, what: str, account: str | None = None) -> Iterator[World]:
        """Lend a world, the key's own by default, for what no API call does: a bank that answers.

        All that is written inside stays, or nothing of it; its events name no request.
        """
        with self.turn(what):
            world = self._dispatch.account(account).world
            world.cause, before = None, world.ids.minted
            try:
                with world.transaction():
                    yield world
            except Refused as refusal:
                raise refusal.with_way_out() from None
            if world.ids.minted > before:
                world.clock.tick()

    @contextmanager
    def expecting_refusal(self, match: str | None) -> Iterator[None]:
        """Expect one refusal whose message `match` (a regular expression) finds; swallow it.

        Raises AssertionError when none came, more than one, or another one.
        """
        before = len(self.refusals)
        try:
            yield
        except BaseException as raised:
            own = {id(refusal.raised_as) for refusal in self.refusals[before:]}
            if not own.issuperset(map(id, _all_in(raised))):  # an error of the app's, or one beside ours
                raise
        came = self.refusals[before:]
        told = "\n".join(map(str, came))
        wrong = None
        if not came:
            wrong = "a refusal was expected, and none came"
        elif len(came) > 1:
            wrong = f"one refusal was expected, and {len(came)} came:\n{told}"
        elif match is not None and not re.search(match, came[0].message):
            wrong = f"a refusal that matches {match!r} was expected; this one came:\n{told}"
        if wrong is not None:
            raise AssertionError(wrong) from None
        del self.refusals[before:]

    @property
    def now(self) -> int:
        """The time in every world, in seconds since 1970."""
        return self._clock.now

    def travel(self, until: int) -> None:
        """Move the time of every world on; what falls due happens, in order."""
        with self.turn("stripe_clock"):
            timers.travel(self.worlds.values(), self._clock, until)

    def explain(self, entry_id: str) -> str:
        """Tell in words what came of a row that brought money, in whichever world it is."""
        account, entry = self.row(entry_id)
        return automatic_reconciliation.explain(self.worlds[account], entry)

    def account_of(self, find: Callable[[World], object]) -> str | None:
        """Name the connected account that has something; None for the key's own, or if none has it."""
        return next((account for account, world in self.worlds.items() if find(world)), None)

    def row(self, entry_id: str) -> tuple[str | None, Entry]:
        """Find a row of any ledger, and its account; ValueError when there is none."""
        for account, world in self.worlds.items():
            if entry := world.ledger.find(entry_id):
                return account, entry
        message = f"no row {entry_id!r} is in this test's worlds"
        raise ValueError(message)


def _all_in(raised: BaseException) -> list[BaseException]:
    """Give an exception, or all of a group."""
    if not isinstance(raised, BaseExceptionGroup):
        return [raised]
    return [inner for one in raised.exceptions for inner in _all_in(one)]


def fake_only(session: Session, what: str) -> Fake:
    """Give the fake for what Stripe has no way to do; in other modes a RuntimeError that names both."""
    if isinstance(session, Fake):
        return session
    mode, base_url = session.settings.mode, session.settings.wire.base_url
    raise RuntimeError(
        f"{what} is fake only, and this test runs in the mode {mode!r}, where "
        f"{MODES[mode].describe(base_url)}: "
        '@pytest.mark.stripe_balance(mode="fake") keeps the test on the fake in every mode'
    )


def _open_world(settings: Settings, clock: Clock, readings: Readings, account: str | None) -> World:
    """Open an account's world. No method: so a session is gone with its test, and waits for no gc."""
    seed = "\0".join((settings.seed, settings.name, account or ""))
    version = settings.api_version
    return World(clock, Ids(seed), readings, version, versions.event_type_at(version))


@cache
def _tables(api_version: str) -> VersionRules:
    """Hand an API version's parameter rules and expandable paths over from its contract."""
    shapes = contract(api_version)
    return VersionRules(api_version, shapes.rule, shapes.expandables)
