"""The mode fake: the engine answers, from a world for each account."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from pytest_stripe_balance.api.ignored import Ignored
from pytest_stripe_balance.api.message import Failure, Request, Response
from pytest_stripe_balance.engine import timers
from pytest_stripe_balance.engine.reconciliation import automatic_reconciliation
from pytest_stripe_balance.engine.state.assumptions import Readings
from pytest_stripe_balance.engine.state.determinism import Clock, Maker, SystemClock
from pytest_stripe_balance.modes import MODES, BadSettingError
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.report import failing_test
from pytest_stripe_balance.resources import without_betas
from pytest_stripe_balance.session.base import Session
from pytest_stripe_balance.session.endpoints import Webhooks
from pytest_stripe_balance.session.faults import Effect, Faults
from pytest_stripe_balance.session.memory import Memory, remembering
from pytest_stripe_balance.session.moments import filters_beyond
from pytest_stripe_balance.session.own_hand import asking
from pytest_stripe_balance.session.settings import SYSTEM
from pytest_stripe_balance.session.stubbed import StubbedCall
from pytest_stripe_balance.session.stubs import Stubs
from pytest_stripe_balance.session.worlds import Snapshot, WorldOpener, beginning_below, system_time

if TYPE_CHECKING:
    from pytest_stripe_balance.api.dispatch import Dispatch
    from pytest_stripe_balance.engine.state.records.customers import Entry
    from pytest_stripe_balance.engine.state.world import World
    from pytest_stripe_balance.session.base import Fail
    from pytest_stripe_balance.session.settings import Settings
    from pytest_stripe_balance.session.webhooks import Post


class Fake(Session):
    """A run that the engine answers, with what only a fake can do: its worlds, and their time."""

    def __init__(
        self, settings: Settings, fail: Fail = lambda refusal: refusal, outer: Fake | None = None
    ) -> None:
        """Begin with no objects, or with those that `outer`, a wider world, has by now.

        Nothing that either does later reaches the other. BadSettingError for a seed, or a time to begin
        at, that contradicts the outer's.
        """
        super().__init__(settings, fail)
        self._readings = Readings(settings.assume)
        self._ignored = Ignored(settings.ignore.names)
        self.notes += settings.ignore.notes
        self._snapshot: Snapshot | None = None
        self._failed: Callable[[], str] | None = None  # the report of fresh worlds whose block failed
        self.used_post: Post | None = None  # None until webhooks are used
        self.first = None if outer is None else outer.snapshot()
        self._began = system_time() if settings.now == SYSTEM else settings.now
        self._beyond: dict[str, None] = {}
        self._faults: Faults | None = None  # None until one is armed
        self._stubs = None if outer is None else outer.stubs_for_a_copy()
        self.memory = self._first_memory()
        for path in settings.remember:
            self.remember(path.value, path.source)
        self._opener, self.dispatch = self._beginning()

    def _beginning(self) -> tuple[WorldOpener, Dispatch]:
        """Make the worlds that the run begins with."""
        settings, first = self.settings, self.first
        version = settings.api_version
        if first is None:
            seed = f"{settings.seed}\0{settings.name}"
            opener = WorldOpener(
                seed,
                self._clock_at(self._began),
                Maker(),
                self._readings,
                version,
                self._ignored,
                settings.search_lag,
            )
            return opener, opener.dispatch()
        now = beginning_below(first.settings, first.now, settings)
        self._readings.used |= first.assumptions
        clock, maker = self._clock_at(first.now, first.advanced, has_begun=True), Maker(settings.name)
        opener = WorldOpener(
            first.seed, clock, maker, self._readings, version, self._ignored, settings.search_lag
        )
        dispatch = opener.dispatch(first.dispatch)
        if now > first.now:
            timers.travel(dispatch.worlds.values(), opener.clock, now)
        return opener, dispatch

    def _clock_at(self, now: int, advanced: int = 0, *, has_begun: bool = False) -> Clock:
        return SystemClock(now, advanced, has_begun) if self.settings.now == SYSTEM else Clock(now)

    def snapshot(self) -> Snapshot:
        """Give what the worlds are now, for others to begin from; one for as long as nothing happens."""
        with self.lock:
            if self._snapshot is None:
                with self.looking("a copy of its world"):  # a process's own world may begin from it
                    copied = self._opener.dispatch(self.dispatch)
                seed, now = self._opener.seed, self._clock.now
                ahead = self._clock.advanced if isinstance(self._clock, SystemClock) else 0
                targets = {} if self.used_post is None else {**self.used_post.targets}
                self._snapshot = Snapshot(
                    self.settings,
                    seed,
                    now,
                    ahead,
                    copied,
                    self.assumptions,
                    targets,
                    self.memory.copy(),
                )
            return self._snapshot

    @property
    def webhooks(self) -> Webhooks:
        """What the webhook endpoints of its worlds are, and what waits for them.

        Made at each use: kept, it would make a circle, and a session is to be gone with its test.
        """
        return Webhooks(self)

    @contextmanager
    def minting_for(self, fixture: str) -> Iterator[None]:
        """Make the ids of one fixture while the context is open, counted apart from all others."""
        maker = self._opener.maker
        before, maker.name = maker.name, f"{self.settings.name}\0{fixture}"
        try:
            yield
        finally:
            maker.name = before

    @contextmanager
    def fresh(self) -> Iterator[None]:
        """Answer from worlds as they were when the run began, while the context is open.

        Time and ids begin anew, too. The worlds of before are back at its end, untouched.
        """
        before = self._opener, self.dispatch, self.exchanges, self.memory
        with self.turn("stripe_balance.fresh"):
            self._opener, self.dispatch = self._beginning()
            self.exchanges, self._snapshot, self.memory = [], None, self._first_memory()
        try:
            with self.tapped(), self._fresh_post():
                try:
                    yield
                except BaseException:
                    self._failed = self._tables()
                    raise
        finally:
            self.told_secrets |= self.secrets
            self._opener, self.dispatch, self.exchanges, self.memory = before
            self._snapshot = None

    @contextmanager
    def _fresh_post(self) -> Iterator[None]:
        """Let webhooks begin as the run's did, while the context is open."""
        before, self.used_post = self.used_post, None
        if before is not None:
            post = self.webhooks.post
            post.faults, post.before_answers = before.faults, before.before_answers
        try:
            yield
        finally:
            fresh, self.used_post = self.used_post, before
            if fresh is not None:
                self.webhooks.post.adopt(fresh)

    def report(self) -> str:
        """Tell the state in tables; first that of the last fresh worlds, if their block failed."""
        return "\n".join([self._states(), *self._beyond])

    def _states(self) -> str:
        own = self._tables()()
        if self._failed is None:
            return own
        return f"in `stripe_balance.fresh()`, which failed:\n{self._failed()}\n\noutside of it:\n{own}"

    def _tables(self) -> Callable[[], str]:
        """Give what writes the tables of the worlds that are open now."""
        worlds, exchanges, sent = self.worlds, self.exchanges, failing_test.no_lines
        if self.webhooks.deliverer is not None:
            sent = partial(self.webhooks.post.report, worlds, self.now, self.settings.name)
        return lambda: failing_test.report(
            worlds, exchanges, self.refusals, self.assumptions, deliveries=sent
        )

    @property
    def faults(self) -> Faults:
        """The faults that were armed."""
        if self._faults is None:
            self._faults = Faults()
        return self._faults

    @property
    def stubs(self) -> Stubs:
        """The stubs that were made."""
        if self._stubs is None:
            self._stubs = Stubs()
        return self._stubs

    @property
    def stubbed(self) -> int:
        """How many requests stubs have answered."""
        return 0 if self._stubs is None else self._stubs.called

    def met(self, request: Request) -> Effect | None:
        """Give the fault that meets an app's request; None if none does."""
        return None if self._faults is None or asking() else self._faults.meet(request)

    def remember(self, path: str, where: str) -> None:
        """Keep the objects of a path, as "/v1/quotes", from now on; once is enough.

        BadSettingError names the source of a path that can't be remembered.
        """
        try:
            made, note = remembering(path, self.settings.api_version, where)
        except ValueError as error:
            raise BadSettingError(f"{where}: {error}") from None
        if note:
            self.note(note)
        for stub in made:
            self.stubs.add(stub)

    def _first_memory(self) -> Memory:
        return Memory() if self.first is None else self.first.memory.copy()

    def stubs_for_a_copy(self) -> Stubs | None:
        """Give the stubs for a world that begins as this one; None if there are none."""
        return None if self._stubs is None else self._stubs.for_a_copy()

    def _by_stub(self, request: Request) -> Response | Failure | None:
        return StubbedCall(self, request).answer()

    def _answer(self, request: Request, *, may_fail: bool = True) -> Response | Failure:
        # All in one function, since every request would pay for another.
        if may_fail and self._faults is not None and not asking():
            effect = self._faults.meet(request)
            if effect is not None:
                answer = self._answer(request, may_fail=False) if effect.acted else None
                assert not isinstance(answer, Failure), "unreachable because it mayn't fail"
                return self.failing(effect, request, answer)
        self._snapshot = None
        if self.settings.now == SYSTEM:  # without a call, which each request would pay for
            self._catch_up()
        if "created" in request.url and request.method == "GET":
            self._beyond |= dict.fromkeys(filters_beyond(request, self._clock.now))
        try:
            return self.dispatch.answer(request)
        except Refused as refusal:
            raise refusal.with_way_out() from None

    def failing(self, effect: Effect, request: Request, answer: Response | None) -> Failure:
        """Act a fault out, and make a failure of what comes of it; `answer` is given if it has acted."""
        if effect.error is not None:
            self.touch()
            answer = self.dispatch.refuse(
                request,
                effect.error(request.headers.get("Idempotency-Key", "")),
                more=effect.more,
                should_retry=effect.should_retry,
                keeps=effect.keeps,
                instead_of=answer,
            )
        return effect.failure(answer)

    def pause(self, number: int, seconds: Callable[[int], float]) -> bool:
        """Let the world's time pass instead, in whole seconds of a call's pauses, once one was armed."""
        if self._faults is None:
            return False
        before = sum(map(seconds, range(1, number)))
        if passed := int(before + seconds(number)) - int(before):
            with self._moving():
                timers.travel(self.worlds.values(), self._clock, self._clock.now + passed)
        return True

    def answer_with_assumptions(self, request: Request) -> tuple[Response, frozenset[str]]:
        """Answer a request, and name the assumptions that this one answer relies on."""
        used = self._readings.used
        before = set(used)
        used.clear()
        try:
            response = self.answer(request)
            assert isinstance(response, Response), "unreachable because the engine sends nothing"
            return response, frozenset(used)
        finally:
            used |= before

    def observe(self, request: Request, response: Response | Failure) -> None:
        """Keep and check an answer; then deliver, if the app is to hear before it has the answer."""
        super().observe(request, response)
        if self.used_post is not None:
            self.webhooks.deliver_before_the_answer()

    def close_apps(self) -> None:
        """End what was started for the apps; RuntimeError if an app's shutdown fails."""
        if self.used_post is not None:
            self.used_post.close()

    def unread_error(self) -> AssertionError | None:
        """Give the failure for what webhook handlers raised and nobody read; None if there is none."""
        if self.used_post is None:
            return None
        return self.used_post.unread_error(refusal.raised_as for refusal in self.refusals)

    @property
    def secrets(self) -> frozenset[str]:
        """The webhook secrets that a test's report must not show."""
        return self.webhooks.secrets | self.told_secrets

    def close(self, ended: str) -> None:
        """See at which other API versions than its events the run was asked.

        A fault that no request has met fails a test that passed otherwise.
        """
        if any(len(world.events) for world in self.worlds.values()):
            own = self.settings.api_version
            requested = {
                without_betas(exchange.request.headers.api_version or own) for exchange in self.exchanges
            }
            self.other_versions = sorted(requested - {without_betas(own)})
        if ended == "passed" and (unmet := self.unmet):
            raise self._recorded(Refused(unmet)) from None

    @property
    def unmet(self) -> str:
        """Say which faults and stubs no request has met, and which line made each; "" for none."""
        made = (self._faults, self._stubs)
        return "\n".join(one.unmet for one in made if one is not None and one.unmet)

    @property
    def world(self) -> World:
        """The world of the account that the API key belongs to."""
        return self.world_of(None)

    def world_of(self, account: str | None) -> World:
        """Give an account's world; None is the key's own."""
        return self.dispatch.account(account).world

    @property
    def worlds(self) -> Mapping[str | None, World]:
        """All worlds, by connected account; None is the key's own."""
        return self.dispatch.worlds

    @property
    def assumptions(self) -> frozenset[str]:
        """The assumptions that answers have rested on so far."""
        return frozenset(self._readings.used)

    @property
    def ignored(self) -> Collection[str]:
        """What `ignore` has let through so far, as "POST /v1/invoices default_tax_rates"."""
        return self._ignored.met.keys()

    @contextmanager
    def outside(self, what: str, account: str | None = None) -> Iterator[World]:
        """Lend a world, the key's own by default, for what no API call does: a bank that answers.

        All that is written inside stays, or nothing of it; its events name no request.
        """
        with self.turn(what):
            self.touch()
            world = self.world_of(account)
            world.cause, before = None, world.ids.minted
            try:
                with world.transaction():
                    yield world
            except Refused as refusal:
                raise refusal.with_way_out() from None
            if world.ids.minted > before:
                world.clock.tick()

    @contextmanager
    def writing(self, what: str, account: str | None) -> Iterator[World]:
        """Write to a world what is no change of Stripe's objects, so that time doesn't tick for it."""
        with self.turn(what):
            self._snapshot = None
            world = self.worlds[account]
            with world.transaction():
                yield world

    def write(self, what: str, account: str | None, change: Callable[[World], object]) -> None:
        """Do the same for a change that is never refused.

        As `writing` has it, without the generators that every delivery would pay for.
        """
        with self.lock:
            try:
                self._begin(what)
                try:
                    self._snapshot, world = None, self.world_of(account)
                    change(world)
                    world.journal.clear()  # nothing of it is refused, so nothing is undone
                finally:
                    self._answering = False
            except Refused as refusal:
                raise self._recorded(refusal) from None

    @property
    def now(self) -> int:
        """The time in every world, in seconds since 1970."""
        if isinstance(self._clock, SystemClock):
            with self.looking("stripe_clock.now"):
                self.touch()
        return self._clock.now

    def touch(self) -> None:
        """Let go of what was copied, and move on to the machine's time: something is to change."""
        self._snapshot = None
        self._catch_up()

    def _catch_up(self) -> None:
        """Move on to the machine's time, where the world goes with it. It never goes back."""
        clock = self._clock
        if not isinstance(clock, SystemClock):
            return
        now = system_time() + clock.advanced
        if not clock.has_begun:  # a test that is decorated by freeze_time freezes it after its fixtures
            clock.now, clock.has_begun = now, True
        elif now > clock.now:
            timers.travel(self.worlds.values(), clock, now)

    @property
    def _clock(self) -> Clock:
        return self._opener.clock

    def travel(self, until: int) -> None:
        """Move the time of every world on; what falls due happens, in order.

        With a deliverer of its webhooks, that sends first what has waited. Then time stops for it at
        each moment at which something is to be sent. It sends outside of the session's turn, so what it
        calls may ask this session.
        """
        deliver = self.webhooks.deliverer
        if deliver is None:
            with self._moving():
                timers.travel(self.worlds.values(), self._clock, until)
            return
        deliver()
        is_there = False
        while not is_there:
            with self._moving():
                is_there = timers.travel_to_delivery(self.worlds.values(), self._clock, until)
            if not is_there:
                deliver()

    @contextmanager
    def _moving(self) -> Iterator[None]:
        """Take a turn to move time on; with the machine's time it stays ahead by as much."""
        with self.turn("stripe_clock"):
            self._catch_up()
            self._snapshot = None
            clock = self._clock
            before = clock.now
            yield
            if isinstance(clock, SystemClock):
                clock.advanced += clock.now - before

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
