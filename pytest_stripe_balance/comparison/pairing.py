"""Pairs the requests of two recordings.

Ids differ between recordings, and independent requests may come in any order. So a request is recognised

- by its own method, path, fields and values;
- by the requests that made the ids in it, and those that use these ids, up to `STEPS` steps away.

A value that only one recording sends, as a random one, counts like an id: by where else it is sent.
A request without an equal is paired with the most similar request to the same address.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain

from pytest_stripe_balance.comparison.ids import IdMapping
from pytest_stripe_balance.comparison.requests import READS, ComparedRequest, OwnValues, plain_name
from pytest_stripe_balance.comparison.walk import texts

STEPS = 3
FAR = 100  # of many requests to one address, only those at about the same position are compared
SIMILAR = 0.5  # at least half of all fields are in both, unless one side has all of the other's
_Waiting = Mapping[tuple[str, ...], dict[int, None]]


@dataclass(frozen=True)
class Pairs:
    """Pairs of positions in two recordings, and the positions without a pair.

    - `pairs`: old and new position of each pair.
    - `again`: a new read that was sent more often than the old one; the old position is in `pairs` too.
    - `gone`: old positions without a new one.
    - `came`: new positions without an old one.
    """

    pairs: Sequence[tuple[int, int]]
    again: Sequence[tuple[int, int]]
    gone: Sequence[int]
    came: Sequence[int]


def pair(old: Sequence[ComparedRequest], new: Sequence[ComparedRequest], mapping: IdMapping) -> Pairs:
    """Pair the requests of two recordings; `mapping` learns the ids of the pairs."""
    shared = _sent(old) & _sent(new)
    own_values = (
        [request.own_values(shared) for request in old],
        [request.own_values(shared) for request in new],
    )
    pairing = _Pairing(old, new, mapping, own_values)
    *around, own = zip(_signs(old, own_values[0]), _signs(new, own_values[1]), strict=True)
    for old_signs, new_signs in around:
        pairing.pair_equal(old_signs, new_signs)
    pairing.pair_equal(*own, surely=True)
    pairing.pair_similar()
    return pairing.pairs()


def _sent(requests: Iterable[ComparedRequest]) -> AbstractSet[tuple[str, str]]:
    return {sent for request in requests for sent in request.values.items()}


def _signs(requests: Sequence[ComparedRequest], own_values: Sequence[OwnValues]) -> Iterator[list[str]]:
    """Yield lists of what each request is recognised by: first with the most context, last with none."""
    edges = list(_edges(requests, own_values))
    signs = [
        [_digest(request.plain(own)) for request, own in zip(requests, own_values, strict=True)],
    ]
    for _ in range(STEPS):
        uses: dict[str, list[str]] = defaultdict(list)
        for position, place, an_id in edges:
            uses[an_id].append(f"{place} {signs[-1][position]}")
        known = {an_id: _digest(*sorted(all_uses)) for an_id, all_uses in uses.items()}
        named: dict[int, list[str]] = defaultdict(list)
        for position, place, an_id in edges:
            named[position].append(f"{place} {known[an_id]}")
        signs.append([_digest(sign, *sorted(named[at])) for at, sign in enumerate(signs[-1])])
    yield from reversed(signs)


def _edges(
    requests: Sequence[ComparedRequest], own_values: Sequence[OwnValues]
) -> Iterator[tuple[int, str, str]]:
    """Yield the position of a request, a place in it or in its answer, and the id or own value there.

    Of answers, only the first that gives an id has an edge to it.
    """
    met: set[str] = set()
    for position, request in enumerate(requests):
        for name, value in own_values[position].items():
            yield position, f"asks {plain_name(name)}", value
        for place, an_id in request.named_ids:
            met.add(an_id)
            yield position, f"asks {place}", an_id
        answered = {
            an_id for text in texts(request.exchange.response.json) for an_id in request.ids.find(text)
        }
        for an_id in sorted(answered - met):
            yield position, "gives", an_id
        met |= answered


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _keys(sign: str, request: ComparedRequest, own_values: OwnValues) -> Iterator[tuple[str, ...]]:
    """Yield what a request can be looked up by: its sign alone, or with an id or own value of it."""
    yield (sign,)
    yield from ((sign, place, an_id) for place, an_id in request.id_at.items())
    yield from ((sign, plain_name(name), value) for name, value in own_values.items())


class _Pairing:
    """Two recordings while they are being paired.

    `partner` maps old positions to new ones, and `unpaired` holds the new positions without an old one.
    `counterparts` maps own values of the old recording to those of the new one.
    """

    def __init__(
        self,
        old: Sequence[ComparedRequest],
        new: Sequence[ComparedRequest],
        mapping: IdMapping,
        own_values: tuple[Sequence[OwnValues], Sequence[OwnValues]],
    ) -> None:
        self.old, self.new, self.mapping, self.own_values = old, new, mapping, own_values
        self.counterparts: dict[str, str] = {}
        self.partner: dict[int, int] = {}
        self.unpaired = dict.fromkeys(range(len(new)))

    def pair_equal(
        self, old_signs: Sequence[str], new_signs: Sequence[str], *, surely: bool = False
    ) -> None:
        """Pair requests with equal signs, in order, unless their ids are mapped otherwise.

        With `surely` only requests are paired whose every id is mapped already.
        """
        waiting: dict[tuple[str, ...], dict[int, None]] = defaultdict(dict)
        for after in self.unpaired:
            for key in _keys(new_signs[after], self.new[after], self.own_values[1][after]):
                waiting[key][after] = None
        for before, sign in enumerate(old_signs):
            if before in self.partner or (sign,) not in waiting:
                continue
            if surely and not all(map(self.mapping.new_for, self.old[before].id_at.values())):
                continue
            likely = self._likely(before, sign, waiting)
            found = next((after for after in likely if not self._conflict(before, after)), None)
            if found is not None:
                self._take(before, found)
                for key in _keys(sign, self.new[found], self.own_values[1][found]):
                    waiting[key].pop(found, None)

    def _likely(self, before: int, sign: str, waiting: _Waiting) -> Iterable[int]:
        """Give the new positions of a sign, the likely ones first.

        Those that send the counterpart of an own value come first, which is a guess. Then come those
        that name a mapped id, or all if none is mapped.
        """
        mapped = [
            (place, self.mapping.new_for(an_id)) for place, an_id in self.old[before].id_at.items()
        ]
        known = [waiting.get((sign, place, an_id), {}) for place, an_id in mapped if an_id]
        guesses = [
            positions
            for name, value in self.own_values[0][before].items()
            if (positions := waiting.get((sign, plain_name(name), self.counterparts.get(value, ""))))
        ]
        guessed: dict[int, None] = min(guesses, key=len, default={})
        sure = min(known, key=len, default=waiting[sign,])
        return chain(guessed, sure)

    def pair_similar(self) -> None:
        """Pair what is left with the most similar request to the same address.

        Writes come first: their answers map most ids, which tells reads of different objects apart.
        """
        news: dict[str, list[int]] = defaultdict(list)
        for after in self.unpaired:
            news[self.new[after].address].append(after)
        olds: dict[str, list[int]] = defaultdict(list)
        for before, request in enumerate(self.old):
            if before not in self.partner:
                olds[request.address].append(before)
        for address in sorted(olds, key=lambda address: address.startswith(READS)):
            self._pair_most_similar(olds[address], news[address])

    def _pair_most_similar(self, olds: Sequence[int], news: Sequence[int]) -> None:
        likely = [
            (self._unmapped(before, after), -score, abs(before - after), before, after)
            for index, before in enumerate(olds)
            for after in news[max(0, index - FAR) : index + FAR]
            if (score := self._likeness(before, after))
        ]
        for *_, before, after in sorted(likely):
            if (
                before not in self.partner
                and after in self.unpaired
                and not self._conflict(before, after)
            ):
                self._take(before, after)

    def _likeness(self, before: int, after: int) -> float:
        """Score how similar two requests are: 0 if too few fields are in both, else 1 to 3."""
        old, new = self.old[before], self.new[after]
        every, both = old.names | new.names, old.names & new.names
        grown = old.names <= new.names or new.names <= old.names
        if len(both) < SIMILAR * len(every) and not grown:
            return 0
        common = old.fields.keys() & new.fields.keys()
        if any(old.ids.is_id(old.fields[name]) != new.ids.is_id(new.fields[name]) for name in common):
            return 0  # only one of them names an object there
        equal = sum(self._is_equal(old, new, name) for name in common)
        return 1 + (len(both) / len(every) if every else 1) + (equal / len(common) if common else 1)

    def _is_equal(self, old: ComparedRequest, new: ComparedRequest, name: str) -> bool:
        pairs = zip(old.ids.find(old.fields[name]), new.ids.find(new.fields[name]), strict=False)
        return old.values[name] == new.values[name] and not any(
            self.mapping.conflict(*ids) for ids in pairs
        )

    def _ids_at_same_places(self, before: int, after: int) -> list[tuple[str, str]]:
        olds, news = self.old[before].id_at, self.new[after].id_at
        return [(olds[place], news[place]) for place in olds.keys() & news.keys()]

    def _conflict(self, before: int, after: int) -> bool:
        """Tell whether two requests name ids that are mapped otherwise."""
        return any(self.mapping.conflict(*ids) for ids in self._ids_at_same_places(before, after))

    def _unmapped(self, before: int, after: int) -> int:
        """Count the ids at equal places that aren't mapped to each other."""
        ids = self._ids_at_same_places(before, after)
        return sum(not self.mapping.known_same(*pair_of_ids) for pair_of_ids in ids)

    def _take(self, before: int, after: int) -> None:
        self.partner[before] = after
        del self.unpaired[after]
        old, new = self.old[before], self.new[after]
        self.mapping.learn(old.id_at, new.id_at)
        for name, value in self.own_values[0][before].items():
            if name in self.own_values[1][after]:
                self.counterparts.setdefault(value, self.own_values[1][after][name])
        self.mapping.learn(old.exchange.response.json, new.exchange.response.json)

    def pairs(self) -> Pairs:
        """Give the pairs. A read that was only sent more or less often is neither `gone` nor `came`."""
        back = {after: before for before, after in self.partner.items()}
        reads = {self._url(self.new[after]): before for after, before in back.items()}
        again = [(reads[url], at) for at in self.unpaired if (url := self._url(self.new[at])) in reads]
        known = {self._url(self.old[before]) for before in self.partner}
        return Pairs(
            sorted(self.partner.items()),
            again,
            [
                at
                for at in range(len(self.old))
                if at not in self.partner and self._url(self.old[at]) not in known
            ],
            [at for at in self.unpaired if self._url(self.new[at]) not in reads],
        )

    @staticmethod
    def _url(request: ComparedRequest) -> str:
        """Give a read's URL; for a write a text that equals no other."""
        return request.exchange.request.url if request.is_read else f"{id(request)}"
