"""What comes next, how often, and what gets lost: the plan of one call of `deliver`. Pure."""

from __future__ import annotations

import random
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Literal, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)
Order = Literal["created", "reversed", "shuffled"]
MOST_TRIES = 3  # of one event to one endpoint, in one call with chaos


class Fate(Enum):
    """What happens to one try."""

    ARRIVES = "arrives"
    ANSWER_LOST = "answer lost"
    REQUEST_LOST = "request lost"  # the app isn't called


class Move(NamedTuple, Generic[K]):
    """One try: `attempt` counts those of its key in this call, from 1 on.

    It is a repeat if the key was acknowledged before.
    """

    key: K
    attempt: int
    fate: Fate = Fate.ARRIVES
    is_repeat: bool = False


@dataclass(frozen=True)
class Doses:
    """How wild a plan is: the rates, from 0 to 1, of repeats, lost answers and lost requests."""

    repeats: float = 0.0
    lost_answers: float = 0.0
    lost_requests: float = 0.0


# One trouble at a time, but to all events: so the first seed that fails names what the app can't bear.
_MILD: tuple[tuple[str, Order, Doses], ...] = (
    ("in order and once", "created", Doses()),
    ("in order, each event three times", "created", Doses(repeats=1)),
    ("newest first", "reversed", Doses()),
    ("in order, the answer to each first try lost", "created", Doses(lost_answers=1)),
    ("in order, but half of the events late", "created", Doses(lost_requests=0.5)),
    ("shuffled", "shuffled", Doses()),
    ("newest first, each event three times", "reversed", Doses(repeats=1)),
    ("shuffled, half of the answers lost", "shuffled", Doses(lost_answers=0.5)),
)
_WILD = "shuffled, with repeats, lost answers and late events"


class Plan(Generic[K]):
    """The order and the fates of what is to be delivered in one call.

    Keys `join` when they fall due, `move` gives the next try, and `settle` notes what came of it.
    The same seed and the same answers give the same plan, on any machine and any Python.

    A try that failed comes again only with `retries`, until it was tried `most` times: second tries
    after the rest, third ones after them. A shuffled plan shuffles a round, but for the last one: there
    all arrives oldest first, so a handler that asks to come later gets its way.
    What is lost is lost once for each key, and never at its last try.
    """

    def __init__(self, seed: int | str, order: Order, doses: Doses, *, most: int, retries: bool) -> None:
        # `random()` alone is promised to give the same numbers on every Python.
        self._chance = random.Random(f"stripe deliveries {seed}").random  # noqa: S311 - to be repeatable
        self._order = order
        self._doses = doses
        self._most = most
        self._retries = retries
        self._tries: dict[K, int] = {}
        self._joined: dict[K, int] = {}  # when, counted
        self._waiting: list[K] = []
        self._next: list[K] = []  # repeats that follow at once
        self._failed: list[K] = []
        self._lost: dict[K, bool] = {}
        self._acknowledged: dict[K, bool] = {}

    def join(self, keys: Iterable[K]) -> None:
        """Add what fell due, oldest first; what has joined already is left as it is."""
        for key in keys:
            if key not in self._tries:
                self._tries[key] = 0
                self._joined[key] = len(self._joined)
                self._waiting.append(key)

    def move(self) -> Move[K] | None:
        """Give the next try; None if nothing waits. Settle it before the next."""
        key = self._taken()
        if key is None:
            return None
        self._tries[key] += 1
        attempt, is_repeat = self._tries[key], key in self._acknowledged
        fate = Fate.ARRIVES if is_repeat else self._fate(key, attempt)
        return Move(key, attempt, fate, is_repeat)

    def settle(self, move: Move[K], *, acknowledged: bool) -> bool:
        """Note what came of a try, and tell whether its key comes again in this call."""
        key = move.key
        may_come = move.attempt < self._most
        if not acknowledged and key not in self._acknowledged:
            if may_come and self._retries:
                self._failed.append(key)
            return may_come and self._retries
        self._acknowledged[key] = True
        comes = may_come and self._chance() < self._doses.repeats
        if comes:
            (self._waiting if self._order == "shuffled" else self._next).append(key)
        return comes

    def _taken(self) -> K | None:
        if self._next:
            return self._next.pop()
        if self._waiting:
            return self._waiting.pop(self._index())
        if self._failed:
            return self._retried()
        return None

    def _retried(self) -> K:
        fewest = min(self._tries[key] for key in self._failed)
        coming = [key for key in self._failed if self._tries[key] == fewest]
        if self._order == "shuffled" and fewest + 1 < self._most:
            key = coming[int(self._chance() * len(coming))]
        else:
            key = min(coming, key=self._joined.__getitem__)
        self._failed.remove(key)
        return key

    def _index(self) -> int:
        waiting = len(self._waiting)
        if self._order == "shuffled":
            return int(self._chance() * waiting)
        if self._order == "reversed":
            return waiting - 1
        return 0

    def _fate(self, key: K, attempt: int) -> Fate:
        if attempt < self._most and key not in self._lost:
            for rate, fate in (
                (self._doses.lost_answers, Fate.ANSWER_LOST),
                (self._doses.lost_requests, Fate.REQUEST_LOST),
            ):
                if self._chance() < rate:
                    self._lost[key] = True
                    return fate
        return Fate.ARRIVES


def in_order(order: Order = "created", duplicates: int = 0, seed: int | str = 0) -> Plan[K]:
    """Plan without chaos: each key comes once and `duplicates` times more, and nothing is lost.

    The duplicates of a key follow it at once, but where all is shuffled. The seed is that of shuffling.
    """
    return Plan(seed, order, Doses(repeats=1), most=1 + duplicates, retries=False)


def by_seed(seed: int) -> Plan[K]:
    """Plan with chaos: seed 0 is in order and once, 1 to 7 make little trouble, those above make all."""
    if seed < len(_MILD):
        _, order, doses = _MILD[seed]
        return Plan(seed, order, doses, most=MOST_TRIES, retries=True)
    chance = random.Random(f"stripe chaos {seed}").random  # noqa: S311 - to be repeatable
    doses = Doses(
        repeats=0.2 + 0.6 * chance(),
        lost_answers=0.1 + 0.6 * chance(),
        lost_requests=0.3 * chance(),
    )
    return Plan(seed, "shuffled", doses, most=MOST_TRIES, retries=True)


def in_words(seed: int) -> str:
    """Say what a seed does to the deliveries, for the report of a failing test."""
    return _MILD[seed][0] if seed < len(_MILD) else _WILD
