"""One test's run: from a mode and its settings, who answers, what is checked, and what was seen."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_stripe_balance import resources
from pytest_stripe_balance.api import keys, routes, versions
from pytest_stripe_balance.api.dispatch import Dispatch, Tables
from pytest_stripe_balance.api.message import Exchange, Request, Response
from pytest_stripe_balance.contract.findings import KINDS, LEVELS
from pytest_stripe_balance.contract.rules import contract, read, version_of
from pytest_stripe_balance.contract.watch import Watch, wrong_kind
from pytest_stripe_balance.engine import automatic, timers
from pytest_stripe_balance.engine.assumptions import Readings
from pytest_stripe_balance.engine.determinism import Clock, Ids
from pytest_stripe_balance.engine.faults import Fault
from pytest_stripe_balance.engine.world import World
from pytest_stripe_balance.masking import masked
from pytest_stripe_balance.modes import BadSettingError, Setting, one_of, whole_number
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.report import tables
from pytest_stripe_balance.transport.clients import STRIPE_FOLDER
from pytest_stripe_balance.transport.intercept import intercept

if TYPE_CHECKING:
    from types import FrameType

    from pytest_stripe_balance.engine.records import Entry

BEGINNING = 1_767_225_600  # 2026-01-01T00:00:00Z, a Thursday
END_OF_TIME = 253_402_300_800  # the year 10000
_STANDARD_LIBRARY = str(Path(threading.__file__).parent)
_OURS = (str(Path(__file__).parent), STRIPE_FOLDER)


@dataclass(frozen=True)
class Settings:
    """What a run needs to know. `seed` and `name` (the test's node id) make its ids."""

    api_version: str
    seed: str = "0"
    name: str = ""
    now: int = BEGINNING
    contract: Mapping[str, str] = field(default_factory=dict)
    assume: Mapping[str, str] = field(default_factory=dict)


def newest_api_version() -> str:
    """Name the API version that the fake answers in."""
    return resources.newest_api_version()


def settings(
    *,
    api_version: Setting,
    seed: Setting,
    name: str,
    now: Setting,
    levels: Mapping[str, Setting],
    assume: Mapping[str, Setting],
) -> Settings:
    """Check settings against what there is; BadSettingError names one that can't be meant."""
    try:
        versions.check(api_version.value)
    except (Fault, Refused) as error:
        raise BadSettingError(f"{api_version.source}: {error}") from None
    one_of(levels, KINDS, LEVELS)
    for entry_id, reading in assume.items():
        try:
            Readings({entry_id: reading.value})
        except BadSettingError as error:
            raise BadSettingError(f"{reading.source}: {error}") from None
    return Settings(
        api_version=api_version.value,
        seed=seed.value,
        name=name,
        now=whole_number(now, range(END_OF_TIME), "seconds since 1970 are due"),
        contract={kind: level.value for kind, level in levels.items()},
        assume={entry_id: reading.value for entry_id, reading in assume.items()},
    )


class Session:
    """The composition for the mode `fake`: worlds that answer, and a contract that checks.

    `fail` makes the exception that a refusal reaches the caller as; the refusal itself is kept in
    `refusals`, so that a test can't pass by swallowing it.
    """

    def __init__(
        self, settings: Settings, fail: Callable[[Refused], BaseException] = lambda refusal: refusal
    ) -> None:
        self.settings = settings
        self.exchanges: list[Exchange] = []
        self.refusals: list[Refused] = []
        self._fail = fail
        self._lock = threading.RLock()
        self._answering = False
        self.watch = Watch(settings.contract, settings.api_version)
        self._readings = Readings(settings.assume)
        self._clock = Clock(settings.now)
        self._dispatch = Dispatch(settings.api_version, _tables, self._open_world)

    def tapped(self) -> AbstractContextManager[None]:
        """Catch what stripe-python sends while the context is open, and answer it here."""
        return intercept(self.answer, self.observe, sends=False)

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
        return frozenset(self._readings.rested)

    def answer(self, request: Request) -> Response:
        """Answer a request, or refuse it out loud; one at a time, whatever thread it comes from."""
        with self._lock, self._refusing(), self._once(request):
            keys.refuse_live(request)
            response = self._dispatch.answer(request)
            self.exchanges.append(Exchange(request, response))
            return response

    def answer_resting(self, request: Request) -> tuple[Response, frozenset[str]]:
        """Answer a request, and name the assumptions that this one answer rested on."""
        rested = self._readings.rested
        before = set(rested)
        rested.clear()
        try:
            return self.answer(request), frozenset(rested)
        finally:
            rested |= before

    @contextmanager
    def outside(self, what: str, account: str | None = None) -> Iterator[World]:
        """Lend a world, the key's own by default, for what no API call does: a bank that answers.

        All that is written inside stays, or nothing of it; its events name no request.
        """
        with self._lock, self._refusing(), self._once(what):
            world = self._dispatch.account(account).world
            world.cause, before = None, world.ids.minted
            with world.all_or_nothing():
                yield world
            if world.ids.minted > before:
                world.clock.tick()

    @property
    def now(self) -> int:
        """The time in every world, in seconds since 1970."""
        return self._clock.now

    def travel(self, until: int) -> None:
        """Move the time of every world on; what falls due happens, in order."""
        with self._lock, self._refusing(), self._once("stripe_clock"):
            timers.travel(self.worlds.values(), self._clock, until)

    @contextmanager
    def _once(self, what: Request | str) -> Iterator[None]:
        """Refuse a request from inside another's answer: a signal handler's, on the same thread."""
        if self._answering:
            raise Refused(f"{what}: asked by a signal handler while another request is answered")
        self._answering = True
        try:
            yield
        finally:
            self._answering = False

    def observe(self, request: Request, response: Response) -> None:
        """Hold an answer against its version's contract; a finding at level error fails the test."""
        with self._refusing():
            given = read(response.body)
            version = version_of(given.document) or response.headers.get(
                "Stripe-Version", self.settings.api_version
            )
            errors = self.watch.over(given, str(request), api_version=version)
            row = routes.match(request.method, request.path)
            if row is not None and response.status == HTTPStatus.OK:
                errors += self.watch.graded(
                    wrong_kind(given.document, row[0].due, version), str(request)
                )
            if errors:
                told = "\n".join(map(str, errors))
                raise Refused(f"{request}: the answer does not have the documented shape:\n{told}")

    @contextmanager
    def expecting_refusal(self, match: str | None) -> Iterator[None]:
        """Expect one refusal whose message `match` (a regular expression) finds; swallow it.

        Raises AssertionError when none came, more than one, or another one.
        """
        before = len(self.refusals)
        try:
            yield
        except BaseException as raised:
            if not any(refusal.raised_as in _all_in(raised) for refusal in self.refusals[before:]):
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

    def unique(self, name: str) -> str:
        """Make a value from a name: another one in each test, the same in each run of it."""
        seed = f"{self.settings.seed}\0{self.settings.name}"
        return f"{name}-{Ids(seed).secret(f'unique {name}', 10).lower()}"

    def explain(self, entry_id: str) -> str:
        """Tell in words what came of a row that brought money, in whichever world it is."""
        account, entry = self.row(entry_id)
        return automatic.explain(self.worlds[account], entry)

    def row(self, entry_id: str) -> tuple[str | None, Entry]:
        """Find a row of any ledger, and its account; ValueError when there is none."""
        for account, world in self.worlds.items():
            if entry := world.ledger.find(entry_id):
                return account, entry
        message = f"no row {entry_id!r} is in this test's worlds"
        raise ValueError(message)

    def report(self) -> str:
        """Tell the state in tables: ledger, intents, the last requests."""
        return tables.report(self.worlds, self.exchanges, self.refusals, self.assumptions)

    def _open_world(self, account: str | None) -> World:
        seed = "\0".join((self.settings.seed, self.settings.name, account or ""))
        version = self.settings.api_version
        return World(self._clock, Ids(seed), self._readings, version, versions.event_type_at(version))

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except Refused as refusal:
            refusal.message = masked(refusal.message)
            refusal.asked_at = refusal.asked_at or _caller()
            refusal.raised_as = self._fail(refusal)
            self.refusals.append(refusal)
            raise refusal.raised_as from None


@cache
def _tables(api_version: str) -> Tables:
    """Hand an API version's parameter rules and expandable paths over from its contract."""
    shapes = contract(api_version)
    return Tables(api_version, shapes.rules, shapes.definitions, shapes.expandables)


def _all_in(raised: BaseException) -> list[BaseException]:
    """Give an exception, or all of a group."""
    if not isinstance(raised, BaseExceptionGroup):
        return [raised]
    return [inner for one in raised.exceptions for inner in _all_in(one)]


def _caller() -> str | None:
    """Find the place outside this package and stripe-python that asked."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to the caller, if there is one
    while frame is not None:
        name = frame.f_code.co_filename
        if not _is_inside(name):
            return f"{name}:{frame.f_lineno} in {frame.f_code.co_name}"
        frame = frame.f_back
    return None


def _is_inside(file: str) -> bool:
    """Tell code of this package, stripe-python and the standard library from the caller's own."""
    standard = file.startswith(_STANDARD_LIBRARY) and "site-packages" not in file
    return standard or file.startswith(_OURS)
