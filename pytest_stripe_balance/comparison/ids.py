"""Ids by their role: what is an id in a recording, and which one of another it corresponds to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pytest_stripe_balance.api.message import Exchange

Json = Any
LOOKS = 3
# pi_3ScPMjFmGsiQWfE61qMaWSFF, cs_test_a1B2..., and the two halves of a client secret; not pm_card_visa.
_SHAPE = re.compile(
    r"(?<![A-Za-z0-9])[a-z]{2,}(?:_test|_live)?_(?=[A-Za-z0-9]*[0-9A-Z])[A-Za-z0-9]{8,}(?![A-Za-z0-9])"
)
_NAMED = re.compile(r"[a-z]{2,}(?:_test|_live)?_\w+")
# Ids of the objects that the fake makes, however short a scrubber left them; `card_present` is no such.
_SHORT = re.compile(
    r"(?:ccsbtxn|ch|cus|evt|ii|il|in|inpay|pi|pm|py|pyr|re|req|txn)_(?=[A-Za-z0-9]*[0-9A-Z])[A-Za-z0-9]+"
)
# What stands under these is an id, if only by its prefix: `pm_fake`.
_REFERENCE = re.compile(
    r"(?:^|_)(?:charge|customer|invoice|payment_intent|payment_method|refund|transaction)$"
)
# What an object holds of its user's own, at whatever depth.
_USERS_OWN = ("description", "metadata", "name")
TIME = re.compile(r"(?<!\d)1\d{9}(?!\d)")


@dataclass(frozen=True)
class IdDetector:
    """What counts as an id: what has the shape of one, and what answers gave as theirs (`cus_1`).

    And what they name as another object's, though they never show it.
    """

    known: frozenset[str] = frozenset()

    @classmethod
    def of(cls, exchanges: Iterable[Exchange]) -> IdDetector:
        """Learn the ids that the answers of a recording carry as their own, or name."""
        documents = [exchange.response.json for exchange in exchanges]
        found = {own for document in documents for own in own_ids(document) if _NAMED.fullmatch(own)}
        found |= {one for document in documents for one in _short_ids(document)}
        return cls(frozenset(found))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """What has the shape of an id, or is one of the recording's short ones."""
        short = [re.escape(one) for one in self.known if not _SHAPE.fullmatch(one)]
        if not short:
            return _SHAPE
        names = "|".join(sorted(short, key=lambda one: (-len(one), one)))
        return re.compile(rf"(?<![A-Za-z0-9_])(?:{names})(?![A-Za-z0-9])|{_SHAPE.pattern}")

    def is_id(self, text: object) -> bool:
        """Tell whether a whole text is an id."""
        return isinstance(text, str) and (text in self.known or bool(_SHAPE.fullmatch(text)))

    def inside(self, text: str) -> list[str]:
        """Find the ids in a text, in order."""
        return [text] if text in self.known else self._pattern.findall(text)

    def replace(self, text: str, replacement: Callable[[str], str | None]) -> str:
        """Write another in each id's place, where there is one."""
        if text in self.known:
            return replacement(text) or text
        return self._pattern.sub(lambda found: replacement(found[0]) or found[0], text)

    def named(self, text: str) -> str:
        """Write a text with the prefix in each id's place, as "/v1/customers/{cus}"."""
        return self.replace(text, lambda an_id: f"{{{prefix(an_id)}}}")

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


def _short_ids(document: Json) -> Iterator[str]:
    """Walk the ids that a document names and that don't have an id's whole length."""
    held = [("", document)]
    while held:
        name, value = held.pop()
        if isinstance(value, dict):
            held += [(key, inner) for key, inner in value.items() if key not in _USERS_OWN]
        elif isinstance(value, list):
            held += [(name, inner) for inner in value]
        elif isinstance(value, str) and (
            _SHORT.fullmatch(value) or (_REFERENCE.search(name) and _NAMED.fullmatch(value))
        ):
            yield value


def texts(document: Json, without: Container[str] = ()) -> Iterator[str]:
    """Walk the texts that a document holds as values, but for those below the names `without`."""
    held = [document]
    while held:
        value = held.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            held += (inner for name, inner in value.items() if name not in without)
        elif isinstance(value, list):
            held += value


@dataclass
class IdMapping:
    """Which id of one recording plays the role of which in the other; one to one."""

    old: IdDetector
    new: IdDetector
    _new_by_old: dict[str, str] = field(default_factory=dict)
    _old_by_new: dict[str, str] = field(default_factory=dict)

    def conflict(self, old: str, new: str) -> bool:
        """Tell whether two ids can't be one role: either plays it opposite another."""
        return self._new_by_old.get(old, new) != new or self._old_by_new.get(new, old) != old

    def known_different(self, old: str, new: str) -> bool:
        """Tell whether both ids are known, each opposite another."""
        return old in self._new_by_old and new in self._old_by_new and self._new_by_old[old] != new

    def known_same(self, old: str, new: str) -> bool:
        """Tell whether two ids are known to be one role."""
        return self._new_by_old.get(old) == new

    def new_for(self, old: str) -> str | None:
        """Give the new recording's id that plays the role of one of the old."""
        return self._new_by_old.get(old)

    def old_for(self, new: str) -> str | None:
        """Give the old recording's id that plays the role of one of the new."""
        return self._old_by_new.get(new)

    def learn(self, old: Json, new: Json) -> None:
        """Take the ids at equal places of two documents, or of two texts, for one role each."""
        if isinstance(old, dict) and isinstance(new, dict):
            for key in old:
                if key in new:
                    self.learn(old[key], new[key])
        elif isinstance(old, list) and isinstance(new, list):
            for _, item, its in self.items(old, new, surely=True):
                self.learn(item, its)
            written = ([one for one in side if isinstance(one, str)] for side in (old, new))
            for inner in zip(*written, strict=False):
                self.learn(*inner)
        elif isinstance(old, str) and isinstance(new, str):
            pairs = zip(self.old.inside(old), self.new.inside(new), strict=False)
            for one, other in pairs:
                if prefix(one) == prefix(other) and not self.conflict(one, other):
                    self._new_by_old[one], self._old_by_new[other] = other, one

    def items(
        self, old: Sequence[Json], new: Sequence[Json], *, surely: bool = False
    ) -> Iterator[tuple[int, dict[str, Json], dict[str, Json]]]:
        """Pair the hashes of two lists, each pair with the number of the new one.

        By the role of their id, or in order those of one kind that name the same roles; if not `surely`,
        or there is one only, those of one kind too, and in lists of one length what is left at a place.
        """
        sides = (old, self.old, self._same), (new, self.new, self._old_by_new.get)
        olds, news = (
            {at: _Item.of(one, ids, role) for at, one in enumerate(side) if isinstance(one, dict)}
            for side, ids, role in sides
        )
        surely = surely and not len(old) == len(new) == 1
        for look in range(LOOKS - surely):
            alike: dict[Hashable, list[int]] = {}
            for at, item in olds.items():
                alike.setdefault(item.looks[look], []).append(at)
            for number, item in list(news.items()):
                likely = alike.get(item.looks[look], []) if item.looks[look] else []
                for at in (at for at in likely if at in olds and not item.is_apart(olds[at])):
                    yield number, olds.pop(at).value, news.pop(number).value
                    break
        for number, item in () if surely else news.items():
            if number in olds and len(old) == len(new) and not item.is_unlike(olds[number]):
                yield number, olds[number].value, item.value

    def _same(self, old: str) -> str | None:
        return old if old in self._new_by_old else None


@dataclass(frozen=True)
class _Item:
    """An item of a list: which roles it names; its own role and kind, and those of what it tells of."""

    value: dict[str, Json]
    named: AbstractSet[str]
    own: Sequence[str | None]
    kind: Sequence[tuple[Json, Json]]

    @classmethod
    def of(cls, value: dict[str, Json], ids: IdDetector, role: Callable[[str], str | None]) -> _Item:
        told = value.get("data")
        told = told.get("object") if isinstance(told, dict) else None  # an event's
        both = [value, told if isinstance(told, dict) else {}]
        return cls(
            value,
            {one for text in texts(value) for an_id in ids.inside(text) if (one := role(an_id))},
            [role(str(one.get("id"))) for one in both],
            [(one.get("object"), one.get("type")) for one in both],
        )

    @property
    def looks(self) -> Sequence[Hashable]:
        """What it is known by, the surest first."""
        kind = json.dumps(self.kind)
        return self.own[0], (kind, frozenset(self.named)) if self.named else None, kind

    def is_apart(self, other: _Item) -> bool:
        """Tell whether two can't be one, as they are about other things."""
        owns = zip(self.own, other.own, strict=True)
        return any(one and its and one != its for one, its in owns) or bool(
            self.named and other.named and self.named.isdisjoint(other.named)
        )

    def is_unlike(self, other: _Item) -> bool:
        """Tell whether two can't be one, as they are apart, or of one kind and of two types."""
        kinds = zip(self.kind, other.kind, strict=True)
        return self.is_apart(other) or any(
            one[0] and one[0] == its[0] and one[1] and its[1] and one[1] != its[1] for one, its in kinds
        )
