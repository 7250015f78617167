"""Ids by their role: what is an id in a recording, and which one of another it corresponds to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_stripe_balance.api.message import Exchange

Json = Any
Role = Callable[[str], str | None]
LOOKS = 3
# pi_3ScPMjFmGsiQWfE61qMaWSFF, cs_test_a1B2..., and the two halves of a client secret; not pm_card_visa.
_SHAPE = re.compile(
    r"(?<![A-Za-z0-9])[a-z]{2,}(?:_test|_live)?_(?=[A-Za-z0-9]*[0-9A-Z])[A-Za-z0-9]{8,}(?![A-Za-z0-9])"
)
_NAMED = re.compile(r"[a-z]{2,}(?:_test|_live)?_\w+")
TIME = re.compile(r"(?<!\d)1\d{9}(?!\d)")


@dataclass(frozen=True)
class Ids:
    """What counts as an id: what has the shape of one, and what answers gave as theirs (`cus_1`)."""

    known: frozenset[str] = frozenset()

    @classmethod
    def of(cls, exchanges: Iterable[Exchange]) -> Ids:
        """Learn the ids that the answers of a recording carry as their own."""
        found = (own for exchange in exchanges for own in own_ids(exchange.response.json))
        return cls(frozenset(one for one in found if _NAMED.fullmatch(one)))

    def is_id(self, text: object) -> bool:
        """Tell whether a whole text is an id."""
        return isinstance(text, str) and (text in self.known or bool(_SHAPE.fullmatch(text)))

    def inside(self, text: str) -> list[str]:
        """Find the ids in a text, in order."""
        return [text] if text in self.known else _SHAPE.findall(text)

    def named(self, text: str) -> str:
        """Write a text with the prefix in each id's place, as "/v1/customers/{cus}"."""
        if text in self.known:
            return f"{{{prefix(text)}}}"
        return _SHAPE.sub(lambda found: f"{{{prefix(found[0])}}}", text)

    def path(self, text: str) -> str:
        """Write a URL's path with the prefix in each id's place."""
        return "/".join(self.named(part) for part in text.split("/"))


def prefix(an_id: str) -> str:
    """Give what stands before an id's last part, as "cus"."""
    return an_id.partition("_")[0]


def own_ids(document: Json) -> Iterator[str]:
    """Walk the ids that a document's objects carry as their own."""
    held = [document]
    while held:
        value = held.pop()
        if isinstance(value, dict):
            if isinstance(value.get("object"), str) and isinstance(value.get("id"), str):
                yield value["id"]
            held += value.values()
        elif isinstance(value, list):
            held += value


def texts(document: Json) -> Iterator[str]:
    """Walk the texts that a document holds as values."""
    held = [document]
    while held:
        value = held.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            held += value.values()
        elif isinstance(value, list):
            held += value


@dataclass
class Roles:
    """Which id of one recording plays the role of which in the other; one to one."""

    old: Ids
    new: Ids
    _there: dict[str, str] = field(default_factory=dict)
    _back: dict[str, str] = field(default_factory=dict)

    def conflict(self, old: str, new: str) -> bool:
        """Tell whether two ids can't be one role: either plays it opposite another."""
        return self._there.get(old, new) != new or self._back.get(new, old) != old

    def apart(self, old: str, new: str) -> bool:
        """Tell whether both ids are known, each opposite another."""
        return old in self._there and new in self._back and self._there[old] != new

    def same(self, old: str, new: str) -> bool:
        """Tell whether two ids are known to be one role."""
        return self._there.get(old) == new

    def there(self, old: str) -> str | None:
        """Give the new recording's id that plays the role of one of the old."""
        return self._there.get(old)

    def other(self, new: str) -> str | None:
        """Give the old recording's id that plays the role of one of the new."""
        return self._back.get(new)

    def learn(self, old: Json, new: Json) -> None:
        """Take the ids at equal places of two documents, or of two texts, for one role each."""
        if isinstance(old, dict) and isinstance(new, dict):
            for key in old:
                if key in new:
                    self.learn(old[key], new[key])
        elif isinstance(old, list) and isinstance(new, list):
            for _, item, its in self.items(old, new):
                self.learn(item, its)
            written = ([one for one in side if isinstance(one, str)] for side in (old, new))
            for inner in zip(*written, strict=False):
                self.learn(*inner)
        elif isinstance(old, str) and isinstance(new, str):
            pairs = zip(self.old.inside(old), self.new.inside(new), strict=False)
            for one, other in pairs:
                if prefix(one) == prefix(other) and not self.conflict(one, other):
                    self._there[one], self._back[other] = other, one

    def items(
        self, old: Sequence[Json], new: Sequence[Json]
    ) -> Iterator[tuple[int, dict[str, Json], dict[str, Json]]]:
        """Pair the hashes of two lists, each pair with the number of the new one.

        By the role of their id, else in order: those of one kind that name the same roles, those of one
        kind, and in lists of one length what is left at one place.
        """
        olds = {at: one for at, one in enumerate(old) if isinstance(one, dict)}
        news = {at: one for at, one in enumerate(new) if isinstance(one, dict)}
        before = {at: self._looks(one, self.old, self._same) for at, one in olds.items()}
        after = {at: self._looks(one, self.new, self._back.get) for at, one in news.items()}
        for step in range(LOOKS):
            alike: dict[Hashable, list[int]] = {}
            for at in reversed(olds):
                alike.setdefault(before[at][step], []).append(at)
            for number in list(news):
                look = after[number][step]
                if look is not None and (others := alike.get(look)):
                    yield number, olds.pop(others.pop()), news.pop(number)
        for number, value in news.items():
            if number in olds and len(old) == len(new) and not _differ_in_type(olds[number], value):
                yield number, olds[number], value

    def _same(self, old: str) -> str | None:
        return old if old in self._there else None

    @staticmethod
    def _looks(value: dict[str, Json], ids: Ids, role: Role) -> tuple[Hashable, ...]:
        """Give what an item is known by, the surest first: its role, the roles in it, its kind."""
        kind = json.dumps([value.get(name) for name in ("object", "type")])
        named = frozenset(role(one) for text in texts(value) for one in ids.inside(text))
        own = value.get("id")
        return (role(own) if isinstance(own, str) else None), (kind, named), kind


def _differ_in_type(old: dict[str, Json], new: dict[str, Json]) -> bool:
    """Tell whether two objects of one kind, events say, are of two types."""
    kinds, types = ([one.get(name) for one in (old, new)] for name in ("object", "type"))
    return bool(all((*kinds, *types)) and kinds[0] == kinds[1] and types[0] != types[1])
