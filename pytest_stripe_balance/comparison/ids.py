"""Ids of recordings: which texts are ids, and which id of one recording stands for which of another."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pytest_stripe_balance.api.message import Exchange
from pytest_stripe_balance.comparison import walk

Json = Any
LOOKS = 3
# pi_3ScPMjFmGsiQWfE61qMaWSFF, cs_test_a1B2..., and both halves of a client secret; not pm_card_visa.
_SHAPE = re.compile(
    r"(?<![A-Za-z0-9])[a-z]{2,}(?:_test|_live)?_(?=[A-Za-z0-9]*[0-9A-Z])[A-Za-z0-9]{8,}(?![A-Za-z0-9])"
)
_NAMED = re.compile(r"[a-z]{2,}(?:_test|_live)?_\w+")
# Ids of objects that the fake makes, even if a scrubber shortened them; `card_present` doesn't match.
_SHORT = re.compile(
    r"(?:ccsbtxn|ch|cus|evt|ii|il|in|inpay|pi|pm|py|pyr|re|req|txn)_(?=[A-Za-z0-9]*[0-9A-Z])[A-Za-z0-9]+"
)
# A value under one of these keys is an id even if only its prefix looks like one: `pm_fake`.
_REFERENCE = re.compile(
    r"(?:^|_)(?:charge|customer|invoice|payment_intent|payment_method|refund|transaction)$"
)
# Keys whose values are the user's own, at any depth.
_USERS_OWN = ("description", "metadata", "name")
TIME = re.compile(r"(?<!\d)1\d{9}(?!\d)")


@dataclass(frozen=True)
class IdDetector:
    """Finds the ids in texts: by their shape, or because they are among the `known` ones.

    The known ids are those that a recording's answers carry or name, as the short `cus_1`.
    """

    known: frozenset[str] = frozenset()

    @classmethod
    def of(cls, exchanges: Iterable[Exchange]) -> IdDetector:
        """Make a detector that knows the ids in the answers of a recording."""
        documents = [exchange.response.json for exchange in exchanges]
        found = {an_id for document in documents for an_id in own_ids(document)}
        found = {an_id for an_id in found if _NAMED.fullmatch(an_id)}
        found |= {an_id for document in documents for an_id in _short_ids(document)}
        return cls(frozenset(found))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        short = [re.escape(an_id) for an_id in self.known if not _SHAPE.fullmatch(an_id)]
        if not short:
            return _SHAPE
        names = "|".join(sorted(short, key=lambda an_id: (-len(an_id), an_id)))
        return re.compile(rf"(?<![A-Za-z0-9_])(?:{names})(?![A-Za-z0-9])|{_SHAPE.pattern}")

    def is_id(self, text: object) -> bool:
        """Tell whether a whole text is an id."""
        return isinstance(text, str) and (text in self.known or bool(_SHAPE.fullmatch(text)))

    def find(self, text: str) -> list[str]:
        """Give the ids inside a text, in order."""
        return [text] if text in self.known else self._pattern.findall(text)

    def replace(self, text: str, replacement: Callable[[str], str | None]) -> str:
        """Replace each id in a text; an id stays where `replacement` gives None."""
        if text in self.known:
            return replacement(text) or text
        return self._pattern.sub(lambda found: replacement(found[0]) or found[0], text)

    def with_prefixes(self, text: str) -> str:
        """Replace each id in a text by its prefix: "see {cus}"."""
        return self.replace(text, lambda an_id: f"{{{prefix(an_id)}}}")

    def path(self, text: str) -> str:
        """Replace each id in a URL's path by its prefix: "/v1/customers/{cus}"."""
        return "/".join(self.with_prefixes(part) for part in text.split("/"))


def prefix(an_id: str) -> str:
    """Give an id's prefix, as "cus"."""
    return an_id.partition("_")[0]


def own_ids(document: Json) -> Iterator[str]:
    """Yield the `id` of every object in a document."""
    return (value["id"] for value in walk.objects(document))


def _short_ids(document: Json) -> Iterator[str]:
    """Yield the values that are ids though they are shorter than Stripe's."""
    for name, value in walk.named_values(document, without=_USERS_OWN):
        if isinstance(value, str) and (
            _SHORT.fullmatch(value) or (_REFERENCE.search(name) and _NAMED.fullmatch(value))
        ):
            yield value


@dataclass
class IdMapping:
    """Maps the ids of an old recording to those of a new one, one to one.

    Two mapped ids name the same thing: the customer of the story, say. `old` and `new` find the ids of
    each recording.
    """

    old: IdDetector
    new: IdDetector
    _new_by_old: dict[str, str] = field(default_factory=dict)
    _old_by_new: dict[str, str] = field(default_factory=dict)

    def conflict(self, old: str, new: str) -> bool:
        """Tell whether either id is mapped to a third one."""
        return self._new_by_old.get(old, new) != new or self._old_by_new.get(new, old) != old

    def known_different(self, old: str, new: str) -> bool:
        """Tell whether both ids are mapped, but not to each other."""
        return old in self._new_by_old and new in self._old_by_new and self._new_by_old[old] != new

    def known_same(self, old: str, new: str) -> bool:
        """Tell whether two ids are mapped to each other."""
        return self._new_by_old.get(old) == new

    def new_for(self, old: str) -> str | None:
        """Give the new id that an old one is mapped to."""
        return self._new_by_old.get(old)

    def old_for(self, new: str) -> str | None:
        """Give the old id that a new one is mapped to."""
        return self._old_by_new.get(new)

    def put(self, old: str, new: str) -> None:
        """Map two ids to each other, unless one of them is mapped."""
        if not self.conflict(old, new):
            self._new_by_old[old], self._old_by_new[new] = new, old

    def learn(self, old: Json, new: Json) -> None:
        """Map the ids at equal places of two documents, or of two texts, to each other."""
        if isinstance(old, dict) and isinstance(new, dict):
            for key in old:
                if key in new:
                    self.learn(old[key], new[key])
        elif isinstance(old, list) and isinstance(new, list):
            for _, old_item, new_item in self.items(old, new, surely=True):
                self.learn(old_item, new_item)
            old_texts, new_texts = (
                [item for item in side if isinstance(item, str)] for side in (old, new)
            )
            for old_text, new_text in zip(old_texts, new_texts, strict=False):
                self.learn(old_text, new_text)
        elif isinstance(old, str) and isinstance(new, str):
            for old_id, new_id in zip(self.old.find(old), self.new.find(new), strict=False):
                if prefix(old_id) == prefix(new_id):
                    self.put(old_id, new_id)

    def items(
        self, old: Sequence[Json], new: Sequence[Json], *, surely: bool = False
    ) -> Iterator[tuple[int, dict[str, Json], dict[str, Json]]]:
        """Pair the hashes of two lists; yield the new one's index, the old hash, the new hash.

        Hashes are paired in this order:

        - those whose own ids are mapped to each other;
        - those of one kind that name the same mapped ids;
        - those of one kind;
        - in lists of equal length, those left at the same index.

        `surely` stops after the second step, unless both lists have one item only.
        """
        sides = (old, self.old, self._if_mapped), (new, self.new, self._old_by_new.get)
        olds, news = (
            {at: _Item.of(item, ids, mapped) for at, item in enumerate(side) if isinstance(item, dict)}
            for side, ids, mapped in sides
        )
        surely = surely and not len(old) == len(new) == 1
        for look in range(LOOKS - surely):
            yield from _pair_by_look(olds, news, look)
        for at, item in () if surely else news.items():
            if at in olds and len(old) == len(new) and not item.is_unlike(olds[at]):
                yield at, olds[at].value, item.value

    def _if_mapped(self, old: str) -> str | None:
        return old if old in self._new_by_old else None


@dataclass(frozen=True)
class _Item:
    """A hash of a list, with what identifies it.

    `named` are the mapped ids that it names, all by their old name. `own` and `kind` have two entries:
    for the hash itself, and for the object that it reports if it is an event.
    """

    value: dict[str, Json]
    named: AbstractSet[str]
    own: Sequence[str | None]
    kind: Sequence[tuple[Json, Json]]

    @classmethod
    def of(cls, value: dict[str, Json], ids: IdDetector, mapped: Callable[[str], str | None]) -> _Item:
        data = value.get("data")
        subject = data.get("object") if isinstance(data, dict) else None
        both = [value, subject if isinstance(subject, dict) else {}]
        return cls(
            value,
            {old for text in walk.texts(value) for an_id in ids.find(text) if (old := mapped(an_id))},
            [mapped(str(hash_.get("id"))) for hash_ in both],
            [(hash_.get("object"), hash_.get("type")) for hash_ in both],
        )

    @property
    def looks(self) -> Sequence[Hashable]:
        """What it can be recognised by, the surest first."""
        kind = json.dumps(self.kind)
        return self.own[0], (kind, frozenset(self.named)) if self.named else None, kind

    def is_different(self, other_item: _Item) -> bool:
        """Tell whether two items are surely about different things."""
        owns = zip(self.own, other_item.own, strict=True)
        return any(mine and theirs and mine != theirs for mine, theirs in owns) or bool(
            self.named and other_item.named and self.named.isdisjoint(other_item.named)
        )

    def is_unlike(self, other_item: _Item) -> bool:
        """Tell whether two items are surely different, or of one kind but of two types."""
        kinds = zip(self.kind, other_item.kind, strict=True)
        return self.is_different(other_item) or any(
            mine[0] and mine[0] == theirs[0] and mine[1] and theirs[1] and mine[1] != theirs[1]
            for mine, theirs in kinds
        )


def _pair_by_look(
    olds: dict[int, _Item], news: dict[int, _Item], look: int
) -> Iterator[tuple[int, dict[str, Json], dict[str, Json]]]:
    """Pair the items that have the same look, and take them out of both dicts."""
    alike: dict[Hashable, list[int]] = {}
    for at, item in olds.items():
        alike.setdefault(item.looks[look], []).append(at)
    for number, item in list(news.items()):
        likely = alike.get(item.looks[look], []) if item.looks[look] else []
        for at in (at for at in likely if at in olds and not item.is_different(olds[at])):
            yield number, olds.pop(at).value, news.pop(number).value
            break
