"""Which request of one recording is which of another: by what is asked and what it is asked about.

An id has no meaning beyond its recording, and requests that don't depend on each other may come in any
order. So a request is known by its method, path, fields and values, and by the requests that made the
ids in it, and those that use them, some steps far. What doesn't find its equal so is paired with the
most similar request to the same address.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

from pytest_stripe_balance.api.message import Exchange
from pytest_stripe_balance.cassettes.roles import TIME, Ids, Roles, texts

STEPS = 3
FAR = 100  # of many requests to one address, only those about as late are compared
SIMILAR = 0.5  # at least half of all fields are in both, unless one side has all of the other's
_INDEX = re.compile(r"\[\d*\]")
_USERS_OWN = re.compile(r"((?:^|\[)metadata\]?)\[.*")
_READS = ("GET", "HEAD")


@dataclass(frozen=True)
class Asked:
    """What a request asks, apart from its ids; `fields` are those of query and body."""

    exchange: Exchange
    ids: Ids

    @cached_property
    def address(self) -> str:
        """Method and path, with a prefix for each id: "GET /v1/customers/{cus}"."""
        return f"{self.exchange.request.method} {self.ids.path(unquote(self.exchange.request.path))}"

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """The decoded fields, as "payment_method_types[0]"."""
        request = self.exchange.request
        given = "&".join(part for part in (request.query, request.body) if part)
        return dict(parse_qsl(given, keep_blank_values=True))

    @cached_property
    def names(self) -> frozenset[str]:
        """The fields' names without indexes, and without the names that users give."""
        return frozenset(_INDEX.sub("[]", _USERS_OWN.sub(r"\1", name)) for name in self.fields)

    @cached_property
    def plain(self) -> str:
        """All that is asked, ids and times by their kind only."""
        return "&".join([self.address, *(f"{name}={self.value(name)}" for name in sorted(self.fields))])

    @cached_property
    def mentioned(self) -> list[tuple[str, str]]:
        """The ids that it names, each with where."""
        parts = unquote(self.exchange.request.path).split("/")
        places = [("", part) for part in parts] + list(self.fields.items())
        return [(where, one) for where, text in places for one in self.ids.inside(text)]

    def value(self, name: str) -> str:
        """Give a field's value, ids and times by their kind only."""
        return TIME.sub("{time}", self.ids.named(self.fields[name]))


@dataclass(frozen=True)
class Pairs:
    """Pairs of positions in two recordings, and the positions that stay alone.

    `again` pairs reads of the new recording with an old one of the same thing that has its pair already.
    """

    pairs: Sequence[tuple[int, int]]
    again: Sequence[tuple[int, int]]
    gone: Sequence[int]
    came: Sequence[int]


def pair(old: Sequence[Asked], new: Sequence[Asked], roles: Roles) -> Pairs:
    """Pair the requests of two recordings; `roles` learns the ids of the pairs."""
    found = _Pairing(old, new, roles)
    *around, own = zip(_signs(old), _signs(new), strict=True)
    for before, after in around:
        found.equal(before, after)
    found.equal(*own, surely=True)
    found.similar()
    return found.pairs()


def without_retries(exchanges: Sequence[Exchange]) -> list[int]:
    """Give the positions of the answers that counted.

    Of a request that was sent again after an answer that asks for it, the last; of one whose answer was
    kept and given again, the first, wherever it stands.
    """
    kept: list[int] = []
    firsts = {_asked(exchange) for exchange in exchanges if not _is_replay(exchange)}
    for position, exchange in enumerate(exchanges):
        if _is_replay(exchange) and _asked(exchange) in firsts:
            continue
        if kept and _is_retry(exchanges[kept[-1]], exchange):
            kept.pop()
        kept.append(position)
    return kept


def _is_replay(exchange: Exchange) -> bool:
    return exchange.response.headers.get("Idempotent-Replayed") == "true"


def _asked(exchange: Exchange) -> tuple[str, str, str]:
    return exchange.request.method, exchange.request.url, exchange.request.body


def _is_retry(first: Exchange, second: Exchange) -> bool:
    asked = [_asked(first), _asked(second)]
    status = first.response.status
    may = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
    )
    told = first.response.headers.get("Stripe-Should-Retry")
    return asked[0] == asked[1] and (told == "true" or (may and told != "false"))


def _signs(asked: Sequence[Asked]) -> Iterator[list[str]]:
    """Yield what each request is known by, with its whole surroundings first and its own words last."""
    edges = list(_edges(asked))
    signs = [[_short(one.plain) for one in asked]]
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


def _edges(asked: Sequence[Asked]) -> Iterator[tuple[int, str, str]]:
    """Walk which request names an id where, and whose answer was the first to give it."""
    met: set[str] = set()
    for position, one in enumerate(asked):
        for where, an_id in one.mentioned:
            met.add(an_id)
            yield position, f"asks {where}", an_id
        given = {an_id for text in texts(one.exchange.response.json) for an_id in one.ids.inside(text)}
        for an_id in sorted(given - met):
            yield position, "gives", an_id
        met |= given


def _short(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


class _Pairing:
    """Two recordings on the way to being paired."""

    def __init__(self, old: Sequence[Asked], new: Sequence[Asked], roles: Roles) -> None:
        self.old, self.new, self.roles = old, new, roles
        self.there: dict[int, int] = {}
        self.alone = dict.fromkeys(range(len(new)))

    def equal(self, before: Sequence[str], after: Sequence[str], *, surely: bool = False) -> None:
        """Pair what is known by the same sign, in order, but never against the roles.

        `surely` wants every id to be known by then: the sign says nothing about them.
        """
        waiting: dict[str, list[int]] = defaultdict(list)
        for position in self.alone:
            waiting[after[position]].append(position)
        for position, sign in enumerate(before):
            others = waiting.get(sign, [])
            if position in self.there or not others:
                continue
            fitting = (
                other
                for other in others
                if not self._against(position, other) and not (surely and self._unknown(position, other))
            )
            if (other := next(fitting, None)) is not None:
                others.remove(other)
                self._take(position, other)

    def similar(self) -> None:
        """Pair what is left with the most similar request to the same address, writes first.

        Their answers tell most roles, so that what is about other objects is told from the rest.
        """
        groups: dict[str, list[int]] = defaultdict(list)
        for position in self.alone:
            groups[self.new[position].address].append(position)
        left = [position for position in range(len(self.old)) if position not in self.there]
        by_address: dict[str, list[int]] = defaultdict(list)
        for position in left:
            by_address[self.old[position].address].append(position)
        for address in sorted(by_address, key=lambda address: address.startswith(_READS)):
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

    def _equal(self, old: Asked, new: Asked, name: str) -> bool:
        pairs = zip(old.ids.inside(old.fields[name]), new.ids.inside(new.fields[name]), strict=False)
        return old.value(name) == new.value(name) and not any(self.roles.conflict(*ids) for ids in pairs)

    def _against(self, before: int, after: int) -> bool:
        """Tell whether two requests are about objects that play other roles."""
        olds, news = (dict(side.mentioned) for side in (self.old[before], self.new[after]))
        return any(self.roles.conflict(olds[where], news[where]) for where in olds.keys() & news.keys())

    def _unknown(self, before: int, after: int) -> int:
        """Count the ids that two requests name at one place, and nobody knows to be one role."""
        olds, news = (dict(side.mentioned) for side in (self.old[before], self.new[after]))
        return sum(not self.roles.same(olds[where], news[where]) for where in olds.keys() & news.keys())

    def _take(self, before: int, after: int) -> None:
        self.there[before] = after
        del self.alone[after]
        old, new = self.old[before], self.new[after]
        olds, news = dict(old.mentioned), dict(new.mentioned)
        self.roles.learn(olds, news)
        self.roles.learn(old.exchange.response.json, new.exchange.response.json)

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
    def _url(asked: Asked) -> str:
        """Give a read's URL; for a write something that no other equals."""
        request = asked.exchange.request
        return request.url if request.method in _READS else f"{id(asked)}"
