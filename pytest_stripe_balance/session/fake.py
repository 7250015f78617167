"""The mode fake: the engine answers, from a world for each account."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Required, TypedDict, Unpack

from pytest_stripe_balance.api import api_keys
from pytest_stripe_balance.api.ignored import Ignored
from pytest_stripe_balance.api.message import Failure, Request, Response
from pytest_stripe_balance.api.rendering.render import event as rendered
from pytest_stripe_balance.api.response import encoded
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.engine import timers
from pytest_stripe_balance.engine.reconciliation import automatic_reconciliation
from pytest_stripe_balance.engine.state.assumptions import Readings
from pytest_stripe_balance.engine.state.determinism import DAY, Clock, Maker, SystemClock
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.webhooks import deliveries, endpoints
from pytest_stripe_balance.modes import MODES, BadSettingError
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.report import tables
from pytest_stripe_balance.resources import without_betas
from pytest_stripe_balance.session.base import Session
from pytest_stripe_balance.session.faults import Effect, Faults
from pytest_stripe_balance.session.memory import Memory, remembering
from pytest_stripe_balance.session.moments import filters_beyond
from pytest_stripe_balance.session.own_hand import app_code, asking
from pytest_stripe_balance.session.settings import SYSTEM
from pytest_stripe_balance.session.stubs import (
    Completion,
    Stub,
    Stubs,
    ids_in,
    read_answer,
    rule_name,
    typed,
)
from pytest_stripe_balance.session.waiting import Due, payload, waiting
from pytest_stripe_balance.session.worlds import Snapshot, WorldOpener, beginning_below, system_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_stripe_balance.api.dispatch import Dispatch
    from pytest_stripe_balance.engine.state.records import Entry, WebhookEndpoint
    from pytest_stripe_balance.engine.state.world import World
    from pytest_stripe_balance.session.base import Fail
    from pytest_stripe_balance.session.settings import Settings
    from pytest_stripe_balance.session.webhooks import Post


class EndpointFields(TypedDict, total=False):
    """What a webhook endpoint is made of. `url` and `enabled_events`, types or "*", are required."""

    url: Required[str]
    enabled_events: Required[Sequence[str]]
    secret: str | None
    api_version: str | None
    connect: bool
    description: str | None


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
        self._post: Post | None = None
        self._first = None if outer is None else outer.snapshot()
        self._began = system_time() if settings.now == SYSTEM else settings.now
        self._beyond: dict[str, None] = {}
        self._faults: Faults | None = None  # None until one is armed
        self._stubs = None if outer is None else outer.stubs_for_a_copy()
        self._memory = self._first_memory()
        for path in settings.remember:
            self.remember(path.value, path.source)
        self._opener, self._dispatch = self._beginning()

    def _beginning(self) -> tuple[WorldOpener, Dispatch]:
        """Make the worlds that the run begins with."""
        settings, first = self.settings, self._first
        version = settings.api_version
        if first is None:
            seed = f"{settings.seed}\0{settings.name}"
            opener = WorldOpener(
                seed, self._clock_at(self._began), Maker(), self._readings, version, self._ignored
            )
            return opener, opener.dispatch()
        now = beginning_below(first.settings, first.now, settings)
        self._readings.used |= first.assumptions
        clock, maker = self._clock_at(first.now, first.advanced, has_begun=True), Maker(settings.name)
        opener = WorldOpener(first.seed, clock, maker, self._readings, version, self._ignored)
        dispatch = opener.dispatch(first.dispatch)
        if now > first.now:
            timers.travel(dispatch.worlds.values(), opener.clock, now)
        return opener, dispatch

    def _clock_at(self, now: int, advanced: int = 0, *, has_begun: bool = False) -> Clock:
        return SystemClock(now, advanced, has_begun) if self.settings.now == SYSTEM else Clock(now)

    def snapshot(self) -> Snapshot:
        """Give what the worlds are now, for others to begin from; one for as long as nothing happens."""
        with self._lock:
            if self._snapshot is None:
                with self.turn("a copy of its world"):
                    copied = self._opener.dispatch(self._dispatch)
                seed, now = self._opener.seed, self._clock.now
                ahead = self._clock.advanced if isinstance(self._clock, SystemClock) else 0
                targets = {} if self._post is None else {**self._post.targets}
                self._snapshot = Snapshot(
                    self.settings,
                    seed,
                    now,
                    ahead,
                    copied,
                    self.assumptions,
                    targets,
                    self._memory.copy(),
                )
            return self._snapshot

    @property
    def post(self) -> Post:
        """The run's webhooks. The first use imports what sends them."""
        if self._post is None:
            from pytest_stripe_balance.session.webhooks import Post  # noqa: PLC0415 - as it says

            targets = {} if self._first is None else self._first.targets
            self._post = Post({**targets}, chaos=self.chaos)
        return self._post

    @property
    def deliverer(self) -> Callable[[], object] | None:
        """What sends all that is due when the clock moves; None without an endpoint."""
        if self._post is None and not any(
            len(world.webhook_endpoints) for world in self.worlds.values()
        ):
            return None
        from pytest_stripe_balance.session import deliver  # noqa: PLC0415 - only with an endpoint

        return partial(deliver.deliver, self, deliver.Choice(in_a_loop=None))

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
        before = self._opener, self._dispatch, self.exchanges, self._memory
        with self.turn("stripe_balance.fresh"):
            self._opener, self._dispatch = self._beginning()
            self.exchanges, self._snapshot, self._memory = [], None, self._first_memory()
        try:
            with self.tapped(), self._fresh_post():
                try:
                    yield
                except BaseException:
                    self._failed = self._tables()
                    raise
        finally:
            self.told_secrets |= self.secrets
            self._opener, self._dispatch, self.exchanges, self._memory = before
            self._snapshot = None

    @contextmanager
    def _fresh_post(self) -> Iterator[None]:
        """Let webhooks begin as the run's did, while the context is open."""
        before, self._post = self._post, None
        if before is not None:
            self.post.faults, self.post.before_answers = before.faults, before.before_answers
        try:
            yield
        finally:
            fresh, self._post = self._post, before
            if fresh is not None:
                self.post.adopt(fresh)

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
        worlds, exchanges, sent = self.worlds, self.exchanges, tables.no_lines
        if self.deliverer is not None:
            sent = partial(self.post.report, worlds, self.now, self.settings.name)
        return lambda: tables.report(worlds, exchanges, self.refusals, self.assumptions, deliveries=sent)

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
        return Memory() if self._first is None else self._first.memory.copy()

    def stubs_for_a_copy(self) -> Stubs | None:
        """Give the stubs for a world that begins as this one; None if there are none."""
        return None if self._stubs is None else self._stubs.for_a_copy()

    def _by_stub(self, request: Request) -> Response | Failure | None:
        """Let a stub answer. A function of the test's runs outside of the turn: it may ask Stripe."""
        version = request.headers.api_version or self.settings.api_version
        with self.turn(str(request)):
            stub = self.stubs.find(request)
            if stub is None:
                return None
            api_keys.refuse_live(request, anywhere=False)
            self._snapshot = None
            self._catch_up()
            effect = None if self._faults is None or asking() else self._faults.meet(request)
            if effect is not None and not effect.acted:
                return self._failing(effect, request, None)
            rule = contract(version).rule(rule_name(stub, contract(version).endpoints))
            answer = self._dispatch.before_stub(request, rule)
            if answer is None:
                stub.requests.append(request)
        if answer is None:
            answer = self._made_by(stub, request, version)
        return answer if effect is None else self._failing(effect, request, answer)

    def _made_by(self, stub: Stub, request: Request, version: str) -> Response:
        given = None if stub.answer is None else self._given_by(stub, request, stub.ids(request))
        with self.turn(str(request)):
            try:
                return self._stubbed_by(stub, request, version, given)
            except ValueError as error:
                raise Refused(f"{request}: its stub ({stub.where}): {error}") from None

    def _stubbed_by(self, stub: Stub, request: Request, version: str, given: object) -> Response:
        """Complete what a stub answers; ValueError where Stripe can't give it."""
        name = request.headers.get("Stripe-Account")
        mint = self._dispatch.account(name).world.ids.mint
        completion = Completion(version, lambda start: mint(f"{start}_", 24), self._clock.now)
        if stub.answer is None:
            self._snapshot, made = None, self._memory.answer(stub, request, completion)
        else:
            made = read_answer(given, version)
        if made.error is not None:
            answer = self._dispatch.refuse(request, made.error, more=made.more)
            answer.stub = stub.call
            return answer
        call = rule_name(stub, contract(version).endpoints)
        ids = ids_in(call, request.path)
        sent = {} if stub.answer is None else typed(request, contract(version).rule(call))
        body = completion.completed(call, ids, made.body, sent)
        return self._dispatch.after_stub(request, stub.call, made.status, body)

    def _given_by(self, stub: Stub, request: Request, ids: dict[str, str]) -> object:
        """Ask a stub; its key is in use meanwhile. stripe-python's errors pass, any other is refused.

        An app that catches what it doesn't know would hide a mistake in the stub.
        """
        assert stub.answer is not None, "unreachable because the memory answers then"
        key, account = request.idempotency_key, request.headers.get("Stripe-Account")
        held = self._dispatch.hold(key, account) if key and request.method == "POST" else nullcontext()
        try:
            with held:
                return stub.answer(request, ids)
        except Exception as error:
            if any(one.__module__.startswith("stripe.") for one in type(error).__mro__):
                raise
            message = f"{request}: its stub ({stub.where}) raised {type(error).__name__}: {error}"
            raise self._recorded(Refused(message)) from error

    def _answer(self, request: Request, *, may_fail: bool = True) -> Response | Failure:
        # All in one function, since every request would pay for another.
        if may_fail and self._faults is not None and not asking():
            effect = self._faults.meet(request)
            if effect is not None:
                answer = self._answer(request, may_fail=False) if effect.acted else None
                assert not isinstance(answer, Failure), "unreachable because it mayn't fail"
                return self._failing(effect, request, answer)
        self._snapshot = None
        if self.settings.now == SYSTEM:  # without a call, which each request would pay for
            self._catch_up()
        if "created" in request.url and request.method == "GET":
            self._beyond |= dict.fromkeys(filters_beyond(request, self._clock.now))
        try:
            return self._dispatch.answer(request)
        except Refused as refusal:
            raise refusal.with_way_out() from None

    def _failing(self, effect: Effect, request: Request, answer: Response | None) -> Failure:
        """Act a fault out, and make a failure of what comes of it; `answer` is given if it has acted."""
        if effect.error is not None:
            self._snapshot = None
            self._catch_up()
            answer = self._dispatch.refuse(
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
        post = self._post
        if post is not None and post.before_answers and not post.is_delivering:
            from pytest_stripe_balance.session import deliver  # noqa: PLC0415 - only in such a block

            with app_code():
                deliver.deliver(self, deliver.Choice(in_a_loop=deliver.BLOCKED))

    def refuse_inside_handler(self, what: str) -> None:
        """Refuse what a webhook handler may not do; RuntimeError names it."""
        if self._post is not None:
            self._post.refuse_inside(what)

    def close_apps(self) -> None:
        """End what was started for the apps; RuntimeError if an app's shutdown fails."""
        if self._post is not None:
            self._post.close()

    def unread_error(self) -> AssertionError | None:
        """Give the failure for what webhook handlers raised and nobody read; None if there is none."""
        if self._post is None:
            return None
        return self._post.unread_error(refusal.raised_as for refusal in self.refusals)

    @property
    def secrets(self) -> frozenset[str]:
        """The webhook secrets that a test's report must not show."""
        endpoints = [one for world in self.worlds.values() for one in world.webhook_endpoints]
        old = {secret for one in endpoints for secret, _ in one.old_secrets}
        return frozenset({one.secret for one in endpoints} | old | self.told_secrets)

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
        return self._world(None)

    def _world(self, account: str | None) -> World:
        return self._dispatch.account(account).world

    @property
    def worlds(self) -> Mapping[str | None, World]:
        """All worlds, by connected account; None is the key's own."""
        return self._dispatch.worlds

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
            self._snapshot = None
            self._catch_up()
            world = self._world(account)
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

        AssertionError when none comes, more than one, or another one.
        """
        before = len(self.refusals)
        try:
            yield
        except BaseException as raised:
            own = {id(refusal.raised_as) for refusal in self.refusals[before:]}
            if not own.issuperset(map(id, _all_in(raised))):  # an error of the app's, or one beside ours
                raise
        refusals = self.refusals[before:]
        messages = "\n".join(map(str, refusals))
        mistake = None
        if not refusals:
            mistake = "a refusal was expected, and none came"
        elif len(refusals) > 1:
            mistake = f"one refusal was expected, and {len(refusals)} came:\n{messages}"
        elif match is not None and not re.search(match, refusals[0].message):
            mistake = f"a refusal that matches {match!r} was expected; this one came:\n{messages}"
        if mistake is not None:
            raise AssertionError(mistake) from None
        del self.refusals[before:]

    @property
    def now(self) -> int:
        """The time in every world, in seconds since 1970."""
        if isinstance(self._clock, SystemClock):
            with self.turn("stripe_clock.now"):
                self._snapshot = None
                self._catch_up()
        return self._clock.now

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

        With a `deliverer`, that sends first what has waited. Then time stops for it at each moment at
        which something is to be sent. It sends outside of the session's turn, so what it calls may ask
        this session.
        """
        deliver = self.deliverer
        if deliver is None:
            with self._moving():
                timers.travel(self.worlds.values(), self._clock, until)
            return
        deliver()
        journey = timers.Journey(self.worlds.values(), self._clock, until)
        try:
            is_there = False
            while not is_there:
                with self._moving():
                    is_there = journey.go_on()
                if not is_there:
                    deliver()
        finally:
            journey.close()

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

    def due(self, but: Collection[tuple[str, str, int]] = ()) -> list[Due]:
        """Give all that is to be sent now, the oldest event first.

        Left out is what `but` names by the event, the endpoint and the attempt.

        With `now="system"` time goes on between requests, and nothing is sent meanwhile: what arose and
        what was to be tried again is given here together.
        """
        now = self.now
        with self._lock:
            return waiting(self.worlds, now, but)

    def waiting(self) -> list[Due]:
        """Give all that is still to be sent, later retries included, the oldest event first."""
        with self._lock:
            return waiting(self.worlds)

    @property
    def heard(self) -> int:
        """How often an endpoint was to hear of an event so far: it grows when something new waits."""
        return sum(len(world.deliveries) for world in self.worlds.values())

    def payload(self, due: Due) -> bytes:
        """Give the body of a try: the event as JSON at the endpoint's API version."""
        with self._lock:
            return payload(self._world(due.account), due)

    def secrets_of(self, due: Due) -> tuple[str, ...]:
        """Give what a try is signed with now, the newest first; a handler may have rolled the secret."""
        endpoint = deliveries.endpoint_of(self._world(due.account), due.endpoint.id)
        return endpoint.secrets_at(system_time())

    def is_waiting(self, due: Due) -> bool:
        """Tell whether something of an event still waits for its endpoint, which may be gone by now."""
        return deliveries.is_waiting(self._world(due.account), due.event.id, due.endpoint.id)

    def hears(self, endpoint_id: str) -> bool:
        """Tell whether an endpoint is still to hear of anything."""
        return deliveries.is_able(self.endpoint(endpoint_id))

    def delivered(self, due: Due, *, acknowledged: bool, tries: int = 1) -> None:
        """Note what came of a try, or of several at once: it is done, tried again later, or given up."""
        # As `_writing` has it, without the generators that every delivery would pay for.
        with self._lock:
            try:
                self._begin("stripe_webhooks.deliver")
                try:
                    self._snapshot, world = None, self._world(due.account)
                    deliveries.answered(
                        world,
                        due.event.id,
                        due.endpoint.id,
                        due.resend,
                        acknowledged=acknowledged,
                        tries=tries,
                    )
                    world.journal.clear()  # nothing of it is refused, so nothing is undone
                finally:
                    self._answering = False
            except Refused as refusal:
                raise self._recorded(refusal) from None

    def requeue(self, event_id: str, endpoint_id: str | None = None) -> None:
        """Queue an event once more, for all endpoints that heard of it or for one.

        ValueError for an unknown event, one that nobody heard of, and an endpoint that is disabled or
        deleted.
        """
        for account, world in self.worlds.items():
            if world.events.get(event_id) is not None:
                with self._writing("stripe_webhooks.redeliver", account):
                    deliveries.requeue(world, event_id, endpoint_id)
                return
        message = f"no event {event_id!r} is in this test's worlds"
        raise ValueError(message)

    def emit(
        self, event_type: str, given: Mapping[str, object], previous: Mapping[str, object] | None
    ) -> bytes:
        """Let an event of a test's own happen, which the API doesn't cause here; give it as JSON.

        ValueError and AssertionError as `emitted` has them.
        """
        from pytest_stripe_balance.session.emitted import emitted  # noqa: PLC0415 - only with one

        version = self.settings.api_version
        with self.outside("stripe_webhooks.emit") as world:
            number = len(world.events)
            made = emitted(
                event_type,
                given,
                version,
                name_id=lambda text: world.ids.secret(f"emitted {number} {text}", 24),
                now=world.clock.now,
            )
            world.record_event(event_type, made, previous)
            (*_, event) = world.events
            return encoded(rendered(world, event, version))

    def discard(self, dues: Iterable[Due]) -> None:
        """Never send these."""
        for due in dues:
            with self._writing("stripe_webhooks.discard", due.account) as world:
                deliveries.discard(world, due.event.id, due.endpoint.id)

    def open_endpoint(
        self, account: str | None = None, **fields: Unpack[EndpointFields]
    ) -> WebhookEndpoint:
        """Make a webhook endpoint, as the Dashboard would.

        Its secret may be given, which the API doesn't take. ValueError for what the API would answer
        with a 400, a seventeenth endpoint for example.
        """
        with self.outside("stripe_webhooks.endpoint", account) as world:
            try:
                return endpoints.open_(world, **fields)
            except Fault as fault:
                message = f"stripe_webhooks.endpoint: {fault.message}"
                raise ValueError(message) from None

    def endpoint(self, endpoint_id: str) -> WebhookEndpoint:
        """Give an endpoint as it is now, in whichever world it is; ValueError if there is none."""
        return self._endpoint(endpoint_id)[1]

    def roll_secret(self, endpoint_id: str) -> WebhookEndpoint:
        """Give an endpoint a new secret; the old one holds for 24 more hours of the machine's time."""
        account, _ = self._endpoint(endpoint_id)
        with self._writing("roll_secret", account) as world:
            return endpoints.roll_secret(world, endpoint_id, system_time() + DAY)

    def _endpoint(self, endpoint_id: str) -> tuple[str | None, WebhookEndpoint]:
        for account, world in self.worlds.items():
            if endpoint := world.webhook_endpoints.get(endpoint_id):
                return account, endpoint
        message = f"no webhook endpoint {endpoint_id!r} is in this test's worlds"
        raise ValueError(message)

    @contextmanager
    def _writing(self, what: str, account: str | None) -> Iterator[World]:
        """Write to a world what is no change of Stripe's objects, so that time doesn't tick for it."""
        with self.turn(what):
            self._snapshot = None
            world = self.worlds[account]
            with world.transaction():
                yield world

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
    return [inner for error in raised.exceptions for inner in _all_in(error)]


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
