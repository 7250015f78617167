"""Sends what is due to the apps under test: in which order, how often, and what is lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, get_args

from pytest_stripe_balance.session.webhooks import DeliveryFault, SentDelivery, target_of
from pytest_stripe_balance.webhooks import signature
from pytest_stripe_balance.webhooks.chaos import Fate, Move, Order, Plan, by_seed, in_order
from pytest_stripe_balance.webhooks.door import Door, Reply

if TYPE_CHECKING:
    from pytest_stripe_balance.session.fake import Fake
    from pytest_stripe_balance.session.waiting import Due

MOST = 1_000
LATEST = 10
ORDERS = get_args(Order)
AWAITED = (
    "stripe_webhooks.deliver: {app} needs the event loop that is running: "
    "`await stripe_webhooks.deliver_async()`"
)
BLOCKED = (
    "stripe_webhooks.before_the_answer: {app} needs the event loop that is running, which waits for "
    "this call's answer. Make the call in a test that isn't async, or in a thread: "
    "`await asyncio.to_thread(...)`"
)
LOST = "the app was called, and its answer was lost on the way, as the test asked"
_FATES = {
    Fate.ARRIVES: None,
    Fate.ANSWER_LOST: DeliveryFault(None, 1),
    Fate.REQUEST_LOST: DeliveryFault(
        Reply(None, ConnectionError("lost on the way to the app, as the test asked")), 1
    ),
}
_Key = tuple[str, str, int]  # an event, an endpoint, and which try of Stripe's it is


class Choice(NamedTuple):
    """What one call of `deliver` sends, and how.

    `wanted` and `dropped` select types. Each event comes `duplicates` times more. `chaos` is a seed, in
    the place of the order. `in_a_loop` is the error where an app needs the running loop; without one
    such an app's events wait.
    """

    wanted: Callable[[str], bool] = lambda _: True
    dropped: Callable[[str], bool] = lambda _: False
    order: Order = "created"
    duplicates: int = 0
    chaos: int | None = None
    in_a_loop: str | None = AWAITED


class Parcel(NamedTuple):
    """What an app is to get."""

    door: Door
    payload: bytes
    headers: dict[str, str]


Steps: TypeAlias = Generator[Parcel, Reply, None]


def deliver(fake: Fake, choice: Choice) -> list[SentDelivery]:
    """Send what is due until nothing is; give what was sent.

    RuntimeError after 1,000 deliveries, inside a handler, and where an app needs the running loop. What
    isn't an Exception, a refusal for example, passes through.
    """
    round_ = _Round(fake, choice, in_loop=_in_loop())
    steps = round_.steps()
    try:
        parcel = next(steps)
        while True:
            try:
                reply = parcel.door.send(parcel.payload, parcel.headers)
            except BaseException as error:  # noqa: BLE001 - the round notes it, and lets it pass
                steps.throw(error)
            parcel = steps.send(reply)
    except StopIteration:
        return round_.sent


async def deliver_async(fake: Fake, choice: Choice) -> list[SentDelivery]:
    """Do the same in the running loop, in which the apps' lifespans are open meanwhile."""
    round_ = _Round(fake, choice, in_loop=False)
    steps = round_.steps()
    async with AsyncExitStack() as stack:
        doors = set[Door]()
        try:
            parcel = next(steps)
            while True:
                try:
                    if parcel.door not in doors:
                        doors.add(await stack.enter_async_context(parcel.door))
                    reply = await parcel.door.send_async(parcel.payload, parcel.headers)
                except BaseException as error:  # noqa: BLE001 - as above
                    steps.throw(error)
                parcel = steps.send(reply)
        except StopIteration:
            pass
    return round_.sent


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _Round:
    """One call of `deliver`: its plan, and what it has sent so far."""

    def __init__(self, fake: Fake, choice: Choice, *, in_loop: bool) -> None:
        self._fake, self._webhooks, self._choice = fake, fake.webhooks, choice
        self._post = self._webhooks.post
        self._in_loop = in_loop
        self._waiting: dict[_Key, Due] = {}
        self._looked_at: set[_Key] = set()
        self._heard = -1
        self.sent: list[SentDelivery] = []

    def steps(self) -> Steps:
        """Yield what is to be sent, one at a time, and take how it ended."""
        self._webhooks.refuse_out_of_place("stripe_webhooks.deliver")
        self._post.is_delivering = True
        try:
            plan = self._plan()
            while (move := self._next(plan)) is not None:
                due = self._waiting[move.key]
                if not self._is_sent(due, move):
                    plan.settle(move, acknowledged=True)
                    continue
                sent = yield from self._send(due, move)
                comes_again = plan.settle(move, acknowledged=sent.is_acknowledged)
                if not (move.is_repeat or (comes_again and not sent.is_acknowledged)):
                    self._tell(sent)
        finally:
            self._post.is_delivering = False

    def _plan(self) -> Plan[_Key]:
        choice = self._choice
        if choice.chaos is not None:
            return by_seed(choice.chaos)
        if choice.order == "shuffled":
            self._post.shuffles += 1
        settings = self._fake.settings
        seed = f"{settings.seed}\0{settings.name}\0{self._post.shuffles}"
        return in_order(choice.order, choice.duplicates, seed)

    def _next(self, plan: Plan[_Key]) -> Move[_Key] | None:
        """Give the next try, when what has fallen due meanwhile is in the plan."""
        if (heard := self._webhooks.heard) != self._heard:
            self._heard = heard
            self._join(plan)
        move = plan.move()
        if move is None:  # what was queued once more, for example
            self._join(plan)
            move = plan.move()
        return move

    def _join(self, plan: Plan[_Key]) -> None:
        """Plan what is due, wanted, and has an app; what is dropped is never sent."""
        due, choice = self._webhooks.due(but=self._looked_at), self._choice
        self._looked_at.update(map(_key, due))
        if dropped := [one for one in due if choice.dropped(one.type)]:
            self._webhooks.discard(dropped)
            due = [one for one in due if not choice.dropped(one.type)]
        found = {_key(one): one for one in due if choice.wanted(one.type) and self._reaches(one)}
        self._waiting |= found
        plan.join(found)

    def _reaches(self, due: Due) -> bool:
        """Tell whether an endpoint's app can be called now."""
        target = target_of(self._fake, due.endpoint)
        if target is None:
            return False
        if not (self._in_loop and target.door.is_async):
            return True
        if self._choice.in_a_loop is None:
            return False
        raise RuntimeError(self._choice.in_a_loop.format(app=target.door.name))

    def _is_sent(self, due: Due, move: Move[_Key]) -> bool:
        """Tell whether an event still waits, or may come once more; a handler may have changed that."""
        if move.is_repeat:
            return self._webhooks.hears(due.endpoint.id)
        return self._webhooks.is_waiting(due)

    def _send(self, due: Due, move: Move[_Key]) -> Generator[Parcel, Reply, SentDelivery]:
        """Make one delivery and keep it. The test's own fault may decide how it ends."""
        if len(self.sent) == MOST:
            raise self._too_many()
        fake, payload = self._fake, self._webhooks.payload(due)
        headers = signature.headers(payload, self._webhooks.secrets_of(due))
        attempt, header = due.attempt + move.attempt - 1, headers["Stripe-Signature"]
        sent = SentDelivery(due, attempt, fake.now, payload, header, is_repeat=move.is_repeat)
        self.sent.append(sent)
        self._post.sent.append(sent)
        if self._choice.chaos is not None:
            fake.chaos_was_used |= self._choice.chaos == fake.chaos
        fault = self._post.take_fault() or _FATES[move.fate]
        if fault is None or fault.reply is None:
            target = target_of(fake, due.endpoint)
            assert target is not None, "unreachable because only what has an app is sent"
            sent.is_known = not target.unread_errors_fail
            try:
                sent.status, sent.error = yield Parcel(target.door, payload, headers)
            except BaseException as error:
                sent.status, sent.error, sent.is_known = None, error, True  # it fails the test itself
                self._tell(sent)
                raise
        if fault is not None:
            sent.is_lost = sent.is_known = True
            sent.status, sent.error = fault.reply or Reply(None, TimeoutError(LOST))
        return sent

    def _tell(self, sent: SentDelivery) -> None:
        """Let the event be done, or come again later; not if it waits no longer meanwhile."""
        if sent.is_acknowledged or self._webhooks.is_waiting(sent.due):
            tries = sent.attempt - sent.due.attempt + 1
            self._webhooks.delivered(sent.due, acknowledged=sent.is_acknowledged, tries=tries)

    def _too_many(self) -> RuntimeError:
        last = ", ".join(one.due.type for one in self.sent[-LATEST:])
        return RuntimeError(
            f"stripe_webhooks.deliver: after {MOST:,} deliveries more are due, as when a handler causes "
            f"the event that it handles. The last {LATEST}: {last}"
        )


def _key(due: Due) -> _Key:
    return due.event.id, due.endpoint.id, due.attempt
