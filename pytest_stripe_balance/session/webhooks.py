"""What a run knows of its webhooks: whom endpoints' deliveries go to, what was sent, what is to fail."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pytest_stripe_balance.engine.state.records.events import Emitted
from pytest_stripe_balance.masking import masked, shown
from pytest_stripe_balance.report import deliveries
from pytest_stripe_balance.report.deliveries import DeliveryRow
from pytest_stripe_balance.session.waiting import waiting
from pytest_stripe_balance.webhooks import signature
from pytest_stripe_balance.webhooks.chaos import in_words
from pytest_stripe_balance.webhooks.door import Door, Reply
from pytest_stripe_balance.webhooks.kinds import door_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_stripe_balance.engine.state.records.webhook_endpoints import WebhookEndpoint
    from pytest_stripe_balance.engine.state.world import World
    from pytest_stripe_balance.session.base import Session
    from pytest_stripe_balance.session.fake import Fake
    from pytest_stripe_balance.session.waiting import Due

FIXED_SECRET = "whsec_test"  # noqa: S105 - it signs where a run has no endpoint
_HTTP = range(100, 600)
_ACKNOWLEDGING = range(200, 300)


_Address = tuple[str, str]  # an endpoint's id and its URL, which the app may change


@dataclass(frozen=True, slots=True)
class Target:
    """The app that an endpoint's deliveries go to."""

    door: Door
    unread_errors_fail: bool = True


@dataclass(slots=True, eq=False)
class SentDelivery:
    """One delivery that was made.

    - `attempt` counts from 1 how often the event was sent to the endpoint, `at` is in the world's time.
    - `status` is None where no answer came; `error` is what the app raised, or why none came.
    - `is_repeat`: it came once more, though nothing had failed.
    - `is_lost`: the test's own fault, or its chaos, decided how it ended.
    - `is_known`: somebody has read the error, or a report has it, or it fails no test.
    """

    due: Due
    attempt: int
    at: int
    payload: bytes
    signature: str
    status: int | None = None
    error: BaseException | None = None
    is_repeat: bool = False
    is_lost: bool = False
    is_known: bool = False

    @property
    def is_acknowledged(self) -> bool:
        """Whether the app answered with a 2xx."""
        return self.status in _ACKNOWLEDGING

    @property
    def key(self) -> tuple[str, str]:
        """The ids of its event and of its endpoint."""
        return self.due.event.id, self.due.endpoint.id

    def row(self) -> DeliveryRow:
        """Give it as a row of the report."""
        error = type(self.error).__name__ if self.error else ""
        if self.is_lost and self.status is None:
            error = "answer lost" if isinstance(self.error, TimeoutError) else "lost"
        notes = filter(None, ("repeat" * self.is_repeat, error))
        ending = "none" if self.status is None else str(self.status)
        return _row(self.due, self.attempt, ending, ", ".join(notes))

    def __str__(self) -> str:
        ending = "no answer" if self.status is None else str(self.status)
        error = f", {type(self.error).__name__}" if self.error else ""
        what = " ".join(filter(None, (self.due.type, _subject(self.due))))
        return f"{what} to {self.due.endpoint.id}, attempt {self.attempt}: {ending}{error}"


@dataclass(slots=True, eq=False)
class DeliveryFault:
    """How the next `left` deliveries end. Without a `reply` the app's answer is lost, after its call."""

    reply: Reply | None
    left: int


class UnreadDeliveryError(AssertionError):
    """A webhook handler raised, and nobody read the delivery's `error`: raised when the test ends."""

    @classmethod
    def of(cls, unread: list[SentDelivery]) -> UnreadDeliveryError:
        """Make it of deliveries; its cause is the first one's error."""
        first = "These webhooks failed, and nobody read the delivery's `.error`:"
        lines = (f"{sent}: {_text_of(sent.error)}" for sent in unread)
        made = cls(masked("\n".join((first, *lines))))
        made.__cause__ = unread[0].error
        return made


def _text_of(error: BaseException | None) -> str:
    try:
        return str(error)
    except Exception as own:  # noqa: BLE001 - the app's code, which must not end the run
        return f"its text can't be had, by {type(own).__name__}"


@dataclass(slots=True, eq=False)
class Post:
    """A run's webhooks. `targets`, by the endpoint's id and URL, and `sent` belong to its worlds.

    `own_doors` are those that were made in this run, and close with it. `chaos` is the test's seed.
    """

    targets: dict[_Address, Target] = field(default_factory=dict)
    sent: list[SentDelivery] = field(default_factory=list)
    own_doors: list[Door] = field(default_factory=list)
    faults: list[DeliveryFault] = field(default_factory=list)
    chaos: int | None = None
    is_delivering: bool = False
    before_answers: int = 0  # how many blocks say so
    shuffles: int = 0
    _unread_before: list[SentDelivery] = field(default_factory=list)  # in fresh worlds that are gone

    @contextmanager
    def faulty(self, reply: Reply | None, times: int) -> Iterator[None]:
        """Let the next deliveries end so while the context is open."""
        fault = DeliveryFault(reply, times)
        self.faults.append(fault)
        try:
            yield
        finally:
            self.faults.remove(fault)

    def take_fault(self) -> DeliveryFault | None:
        """Take one delivery's share of a fault, the innermost first."""
        for fault in reversed(self.faults):
            if fault.left:
                fault.left -= 1
                return fault
        return None

    @contextmanager
    def before_the_answer(self) -> Iterator[None]:
        """Deliver before each answer while the context is open."""
        self.before_answers += 1
        try:
            yield
        finally:
            self.before_answers -= 1

    def refuse_inside(self, what: str) -> None:
        """Refuse what a handler may not do while deliveries are sent; RuntimeError names it."""
        if self.is_delivering:
            message = f"{what}: called while a delivery is handled. What the handler causes is "
            message += "delivered after it, by the call that is sending already"
            raise RuntimeError(message)

    def unread_error(self, raised: Iterable[BaseException | None] = ()) -> AssertionError | None:
        """Give the failure for errors that nobody read; None if there are none. They count as read now.

        `raised` fail the test by themselves.
        """
        known = {*map(id, raised)}
        found = [*self._unread_before, *self._unread()]
        self._unread_before.clear()
        for sent in found:
            sent.is_known = True
        unread = [sent for sent in found if id(sent.error) not in known]
        return UnreadDeliveryError.of(unread) if unread else None

    def _unread(self) -> list[SentDelivery]:
        """Give the deliveries whose error nobody has read, unless the event was acknowledged later."""
        found, settled = list[SentDelivery](), set[tuple[str, str]]()
        for sent in reversed(self.sent):
            if sent.is_acknowledged:
                settled.add(sent.key)
            elif not (sent.error is None or sent.is_known or sent.key in settled):
                found.append(sent)
        return found[::-1]

    def adopt(self, fresh: Post) -> None:
        """Take what outlives fresh worlds: the doors that are open, and errors that nobody has read."""
        self.own_doors += fresh.own_doors
        self._unread_before += fresh._unread_before + fresh._unread()

    def report(self, worlds: Mapping[str | None, World], now: int, nodeid: str, width: int) -> list[str]:
        """Write what was sent and what waits as tables; in a chaotic test all of it, and its seed."""
        rows = [one.row() for one in self.sent]
        coming = [
            _row(due, due.attempt, "now" if due.at <= now else f"in {timedelta(seconds=due.at - now)}")
            for due in waiting(worlds)
        ]
        if self.chaos is None:
            return deliveries.lines(rows, coming, width)
        lines = deliveries.lines(rows, coming, width, most=None)
        return lines + deliveries.again(nodeid, self.chaos, in_words(self.chaos))

    def close(self) -> None:
        """End what was started for the apps; RuntimeError if an app's shutdown fails."""
        doors, self.own_doors = self.own_doors, []
        for door in doors:
            door.close()


def _row(due: Due, attempt: int, ending: str, note: str = "") -> DeliveryRow:
    endpoint = f"{due.endpoint.id} ({due.endpoint.url})"
    if isinstance(due.event.subject, Emitted):
        note = ", ".join(filter(None, ("emitted by the test", note)))
    return DeliveryRow(endpoint, ending, attempt, due.type, _subject(due), note)


def _subject(due: Due) -> str:
    """Give the id of what an event is about; a cash balance has none."""
    return getattr(due.event.subject, "id", "")


def open_endpoint(
    fake: Fake,
    app: tuple[Any, str, Any],
    *,
    unread_errors_fail: bool,
    **fields: Any,  # noqa: ANN401 - those of the endpoint
) -> str:
    """Make an endpoint of an app (with its path) or of a handler; give its id.

    ValueError for another host, and for what the API would answer with a 400; TypeError for what is no
    app.
    """
    target, path, _ = app
    try:
        door = door_for(*app)
    except (TypeError, ValueError) as error:
        raise type(error)(f"stripe_webhooks.endpoint: {error}") from None
    url = door.name if isinstance(target, str) else f"http://localhost{path}"
    endpoint_id = fake.webhooks.open_endpoint(url=url, **fields).id
    fake.webhooks.post.targets[endpoint_id, url] = Target(door, unread_errors_fail)
    fake.webhooks.post.own_doors.append(door)
    return endpoint_id


def target_of(fake: Fake, endpoint: WebhookEndpoint) -> Target | None:
    """Give whom an endpoint's deliveries go to; the summary notes one that isn't on this machine."""
    post, address = fake.webhooks.post, (endpoint.id, endpoint.url)
    if address not in post.targets:
        try:
            door = door_for(endpoint.url)
        except ValueError as error:
            note = f"webhooks of the endpoint {endpoint.id} weren't sent: {error}"
            fake.note(masked(note))
            return None
        post.targets[address] = Target(door)
        post.own_doors.append(door)
    return post.targets[address]


def signing_secrets(session: Session, secret: str | None) -> list[str]:
    """Give what to sign with: a secret, those of the only endpoint, or a fixed one where there is none.

    ValueError where there are several endpoints.
    """
    if secret is not None:
        session.told_secrets.add(secret)
        return [secret]
    world = session.worlds.get(None)
    open_ = [] if world is None else [one for one in world.webhook_endpoints if not one.deleted]
    if len(open_) > 1:
        message = f"stripe_webhooks.sign: there are {len(open_)} endpoints; name one by secret="
        raise ValueError(message)
    return [*open_[0].secrets_at(int(time.time()))] if open_ else [FIXED_SECRET]


def headers_of(
    session: Session, payload: bytes | str, secret: str | None, at: int | None = None
) -> dict[str, str]:
    """Give the headers of a payload, with its signature; TypeError for what is no payload."""
    body = payload.encode() if isinstance(payload, str) else payload
    if not isinstance(body, bytes):
        message = f"stripe_webhooks.sign: a payload is bytes or a str, not {type(payload).__name__}"
        raise TypeError(message)
    return signature.headers(body, signing_secrets(session, secret), at)


def failure(status: object) -> Reply:
    """Read what a delivery is to fail with; ValueError for what is no status, TypeError for the rest."""
    if isinstance(status, BaseException):
        return Reply(None, status)
    if type(status) is int and status in _HTTP:
        return Reply(status)
    message = "stripe_webhooks.failing: expected a status from 100 to 599 or an exception, got "
    raise (ValueError if type(status) is int else TypeError)(message + shown(repr(status)))
