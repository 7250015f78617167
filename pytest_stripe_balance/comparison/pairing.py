"""Which request of one recording is which of another: by what is asked and what it is asked about.

An id has no meaning beyond its recording, and requests that don't depend on each other may come in any
order. So a request is known by its method, path, fields and values, and by the requests that made the
ids in it, and those that use them, some steps far. A value that the other recording never sends, as one
drawn at random or a secret's stand-in, is likewise known only by where else it stands. What doesn't find
its equal so is paired with the most similar request to the same address.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain

from pytest_stripe_balance.api.message import Exchange
from pytest_stripe_balance.comparison.ids import IdMapping, texts
from pytest_stripe_balance.comparison.requests import READS, ComparedRequest, Lone, plain_name

STEPS = 3
FAR = 100  # of many requests to one address, only those about as late are compared
SIMILAR = 0.5  # at least half of all fields are in both, unless one side has all of the other's
REPLAYED = "Idempotent-Replayed"
_Waiting = Mapping[tuple[str, ...], dict[int, None]]


@dataclass(frozen=True)
class Pairs:
    """Pairs of positions in two recordings, and the positions that stay alone.

    `again` pairs reads of the new recording with an old one of the same thing that has its pair already.
    """

    pairs: Sequence[tuple[int, int]]
    again: Sequence[tuple[int, int]]
    gone: Sequence[int]
    came: Sequence[int]


def pair(old: Sequence[ComparedRequest], new: Sequence[ComparedRequest], mapping: IdMapping) -> Pairs:
    """Pair the requests of two recordings; `roles` learns the ids of the pairs."""
    shared = _sent(old) & _sent(new)
    lone = [one.lone(shared) for one in old], [one.lone(shared) for one in new]
    found = _Pairing(old, new, mapping, lone)
    *around, own = zip(_signs(old, lone[0]), _signs(new, lone[1]), strict=True)
    for before, after in around:
        found.equal(before, after)
    found.equal(*own, surely=True)
    found.similar()
    return found.pairs()


def without_retries(exchanges: Sequence[Exchange]) -> list[int]:
    """Give the positions of the answers that counted.

    Of a request that was sent again after an answer that asks for it, the last, whatever other threads
    asked meanwhile; of one whose answer was kept and given again, the first, wherever it stands.
    """
    kept: dict[int, None] = {}
    latest: dict[tuple[str, str, str], int] = {}
    last = None
    firsts = {_asked(exchange) for exchange in exchanges if not is_replay(exchange)}
    for position, exchange in enumerate(exchanges):
        before = latest.get(_asked(exchange))
        if before is not None and _is_retry(exchanges[before], exchange, in_a_row=before == last):
            del kept[before]
        elif is_replay(exchange) and _asked(exchange) in firsts:
            continue
        kept[position] = None
        latest[_asked(exchange)] = last = position
    return list(kept)


def is_replay(exchange: Exchange) -> bool:
    """Tell an answer that was kept under an idempotency key, and given again."""
    return exchange.response.headers.get(REPLAYED) == "true"


def _asked(exchange: Exchange) -> tuple[str, str, str]:
    return exchange.request.method, exchange.request.url, exchange.request.body


def _is_retry(first: Exchange, second: Exchange, *, in_a_row: bool) -> bool:
    """Tell whether of two equal requests the second was sent for the first one's answer."""
    keys = [one.request.headers.get("Idempotency-Key") for one in (first, second)]
    is_read, keyed = first.request.method in READS, all(keys)
    if not (is_read or (keys[0] == keys[1] if keyed else in_a_row)):
        return False
    status = first.response.status
    may = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
    )
    told = first.response.headers.get("Stripe-Should-Retry")
    return told == "true" or (may and told != "false")


def _sent(asked: Iterable[ComparedRequest]) -> AbstractSet[tuple[str, str]]:
    return {sent for one in asked for sent in one.values.items()}


def _signs(asked: Sequence[ComparedRequest], lone: Sequence[Lone]) -> Iterator[list[str]]:
    """Yield what each request is known by, with its whole surroundings first and its own words last."""
    edges = list(_edges(asked, lone))
    signs = [[_short(one.plain(own)) for one, own in zip(asked, lone, strict=True)]]
    for _ in range(STEPS):
        around: dict[str, list[str]] = defaultdict(list)
        for position, where, an_id in edges:
            around[an_id].append(f"{where} {signs[-1][position]}")
        known = {an_id: _short(*sorted(uses)) for an_id, uses in around.items()}
        named: dict[int, list[str]] = defaultdict(list)
        for position, where, an_id in edges:
            named[position].append(f"{where} {known[an_id]}")
        signs.append([_short(sign, *sorted(named[at])) for at, sign in enumerate(signs[-1])])
    yield from reversed(signs)


def _edges(asked: Sequence[ComparedRequest], lone: Sequence[Lone]) -> Iterator[tuple[int, str, str]]:
    """Walk which request names an id where, and whose answer was the first to give it.

    And where it sends a value that only its own recording does.
    """
    met: set[str] = set()
    for position, one in enumerate(asked):
        for name, value in lone[position].items():
            yield position, f"asks {plain_name(name)}", value
        for where, an_id in one.mentioned:
            met.add(an_id)
            yield position, f"asks {where}", an_id
        given = {an_id for text in texts(one.exchange.response.json) for an_id in one.ids.inside(text)}
        for an_id in sorted(given - met):
            yield position, "gives", an_id
        met |= given


def _short(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _keys(sign: str, asked: ComparedRequest, lone: Lone) -> Iterator[tuple[str, ...]]:
    """Give what a request waits under: its sign, alone, with each id and with each lone value."""
    yield (sign,)
    yield from ((sign, where, one) for where, one in asked.about.items())
    yield from ((sign, plain_name(name), one) for name, one in lone.items())


class _Pairing:
    """Two recordings on the way to being paired."""

    def __init__(
        self,
        old: Sequence[ComparedRequest],
        new: Sequence[ComparedRequest],
        mapping: IdMapping,
        lone: tuple[Sequence[Lone], Sequence[Lone]],
    ) -> None:
        self.old, self.new, self.mapping, self.lone = old, new, mapping, lone
        self.counterparts: dict[str, str] = {}
        self.there: dict[int, int] = {}
        self.alone = dict.fromkeys(range(len(new)))

    def equal(self, before: Sequence[str], after: Sequence[str], *, surely: bool = False) -> None:
        """Pair what is known by the same sign, in order, but never against the mapping.

        `surely` wants every id to be known by then: the sign says nothing about them.
        """
        waiting: dict[tuple[str, ...], dict[int, None]] = defaultdict(dict)
        for at in self.alone:
            for key in _keys(after[at], self.new[at], self.lone[1][at]):
                waiting[key][at] = None
        for position, sign in enumerate(before):
            if position in self.there or (sign,) not in waiting:
                continue
            if surely and not all(map(self.mapping.new_for, self.old[position].about.values())):
                continue
            likely = self._likely(position, sign, waiting)
            other = next((other for other in likely if not self._against(position, other)), None)
            if other is not None:
                self._take(position, other)
                for key in _keys(sign, self.new[other], self.lone[1][other]):
                    waiting[key].pop(other, None)

    def _likely(self, position: int, sign: str, waiting: _Waiting) -> Iterable[int]:
        """Give those of a sign that may be this one's counterpart, the likely first.

        They name the counterpart of an id, where that is known; of a lone value it is a guess.
        """
        about = [(where, self.mapping.new_for(one)) for where, one in self.old[position].about.items()]
        known = [waiting.get((sign, where, one), {}) for where, one in about if one]
        guesses = [
            held
            for name, one in self.lone[0][position].items()
            if (held := waiting.get((sign, plain_name(name), self.counterparts.get(one, ""))))
        ]
        guessed: dict[int, None] = min(guesses, key=len, default={})
        sure = min(known, key=len, default=waiting[sign,])
        return chain(guessed, sure)

    def similar(self) -> None:
        """Pair what is left with the most similar request to the same address, writes first.

        Their answers tell most mapping, so that what is about other objects is known from the rest.
        """
        groups: dict[str, list[int]] = defaultdict(list)
        for position in self.alone:
            groups[self.new[position].address].append(position)
        left = [position for position in range(len(self.old)) if position not in self.there]
        by_address: dict[str, list[int]] = defaultdict(list)
        for position in left:
            by_address[self.old[position].address].append(position)
        for address in sorted(by_address, key=lambda address: address.startswith(READS)):
            self._most_similar(by_address[address], groups[address])

    def _most_similar(self, olds: Sequence[int], news: Sequence[int]) -> None:
        likely = [
            (self._unknown(before, after), -score, abs(before - after), before, after)
            for place, before in enumerate(olds)
            for after in news[max(0, place - FAR) : place + FAR]
            if (score := self._likeness(before, after))
        ]
        for *_, before, after in sorted(likely):
            if before not in self.there and after in self.alone and not self._against(before, after):
                self._take(before, after)

    def _likeness(self, before: int, after: int) -> float:
        """Weigh two requests: 0 when too few fields are in both, above 1 when they are likely one."""
        old, new = self.old[before], self.new[after]
        every, both = old.names | new.names, old.names & new.names
        grown = old.names <= new.names or new.names <= old.names
        if len(both) < SIMILAR * len(every) and not grown:
            return 0
        common = old.fields.keys() & new.fields.keys()
        if any(old.ids.is_id(old.fields[name]) != new.ids.is_id(new.fields[name]) for name in common):
            return 0  # one names an object, the other something that is none
        equal = sum(self._equal(old, new, name) for name in common)
        return 1 + (len(both) / len(every) if every else 1) + (equal / len(common) if common else 1)

    def _equal(self, old: ComparedRequest, new: ComparedRequest, name: str) -> bool:
        pairs = zip(old.ids.inside(old.fields[name]), new.ids.inside(new.fields[name]), strict=False)
        return old.values[name] == new.values[name] and not any(
            self.mapping.conflict(*ids) for ids in pairs
        )

    def _against(self, before: int, after: int) -> bool:
        """Tell whether two requests are about objects that play other roles."""
        olds, news = self.old[before].about, self.new[after].about
        return any(
            self.mapping.conflict(olds[where], news[where]) for where in olds.keys() & news.keys()
        )

    def _unknown(self, before: int, after: int) -> int:
        """Count the ids that two requests name at one place, and nobody knows to be one role."""
        olds, news = self.old[before].about, self.new[after].about
        return sum(
            not self.mapping.known_same(olds[where], news[where]) for where in olds.keys() & news.keys()
        )

    def _take(self, before: int, after: int) -> None:
        self.there[before] = after
        del self.alone[after]
        old, new = self.old[before], self.new[after]
        self.mapping.learn(old.about, new.about)
        for name, one in self.lone[0][before].items():
            if name in self.lone[1][after]:
                self.counterparts.setdefault(one, self.lone[1][after][name])
        self.mapping.learn(old.exchange.response.json, new.exchange.response.json)

    def pairs(self) -> Pairs:
        """Give the pairs; a read that was merely asked more or less often neither came nor went."""
        back = {after: before for before, after in self.there.items()}
        reads = {self._url(self.new[after]): before for after, before in back.items()}
        again = [(reads[url], at) for at in self.alone if (url := self._url(self.new[at])) in reads]
        known = {self._url(self.old[before]) for before in self.there}
        return Pairs(
            sorted(self.there.items()),
            again,
            [
                at
                for at in range(len(self.old))
                if at not in self.there and self._url(self.old[at]) not in known
            ],
            [at for at in self.alone if self._url(self.new[at]) not in reads],
        )

    @staticmethod
    def _url(asked: ComparedRequest) -> str:
        """Give a read's URL; for a write something that no other equals."""
        return asked.exchange.request.url if asked.is_read else f"{id(asked)}"
