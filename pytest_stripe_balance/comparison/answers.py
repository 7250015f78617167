"""Compares an answer of the fake with the recorded one, field by field.

- Ids are equal if they are mapped to each other. Two times are equal, and so are two values that Stripe
  makes up.
- Everything else must have the same value.
- Not compared are keys that the account decides, and objects that the fake doesn't have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from pytest_stripe_balance.api.message import Response
from pytest_stripe_balance.comparison.excluded_keys import (
    is_excluded,
    is_transferred,
    without_moment,
)
from pytest_stripe_balance.comparison.former import was_otherwise
from pytest_stripe_balance.comparison.ids import TIME, IdDetector
from pytest_stripe_balance.comparison.knowledge import Knowledge, named_in
from pytest_stripe_balance.comparison.locations import (
    GONE,
    LISTS,
    Location,
    kind_of,
    root_kind,
    shown,
    type_of,
)
from pytest_stripe_balance.comparison.masks import is_masked, without_masks
from pytest_stripe_balance.comparison.sightings import Sightings
from pytest_stripe_balance.contract.findings import Finding

Json = Any
EPOCH = range(1_000_000_000, 5_000_000_000)
HEADERS = ("Stripe-Should-Retry", "Idempotent-Replayed")
_TIME_KEY = re.compile(
    r"(?:^|_)(?:at|on|date|created|updated|start|end|finalized|paid|voided|until|after|before)$"
)
# Keys whose values Stripe makes up anew each time.
_MADE_UP = re.compile(
    r"(?:^|_)(?:secret|fingerprint|url|pdf|reference|number|iban|clabe|prefix|last4|key)$"
    r"|^(?:authorization_code|stripe_js|network_transaction_id|transaction_link_id)$"
)
_BANKS = "financial_addresses"  # hold names and addresses of the account or its bank
# What an account has in its own currency.
_SETTLED = ("balance_transaction", "fee_refund", "transfer", "transfer_reversal")
_BANKS_SAME = ("type", "country", "currency")
_COUNTS = ("count", "has_more", "next_page", "total_count")
_ABSENT = object()


@dataclass(frozen=True)
class AnswerDifferences:
    """The number of compared fields, the differences, and the number of objects left out."""

    fields: int
    differences: Sequence[Finding]
    left_out: int = 0


@dataclass(frozen=True)
class ListScope:
    """Which objects a list may hold.

    - `is_part`: the account may have more objects in it than the recording made.
    - `is_timed`: the request filters by time, and the fake's clock is only close to Stripe's.
    """

    is_part: bool = False
    is_timed: bool = False


@dataclass(frozen=True)
class AnswerComparer:
    """Compares answers, and maps the recording's ids to the fake's on the way.

    - `headers` are the ones to compare: those that the recording keeps.
    - `retouched` are texts that a recorder put in the place of others.
    - `moment` is the recording's last one, in seconds since 1970; 0 if none is known.
    - `without_code` tells that a test card's number was sent without its code, which a token has.
    """

    ids: IdDetector
    knowledge: Knowledge
    sightings: Sightings = field(default_factory=Sightings)
    headers: Sequence[str] = HEADERS
    retouched: AbstractSet[tuple[str, str]] = frozenset()
    without_code: bool = False
    moment: int = 0

    def compare(self, recorded: Response, faked: Response, scope: ListScope) -> AnswerDifferences:
        """Compare two answers; if they are of different kinds, that is the one difference."""
        walk = _Walk(self, faked.headers.get("Stripe-Version", "unknown"), scope)
        walk.leaf(recorded.status, faked.status, Location("answer", path="status"))
        kinds = root_kind(recorded.json), root_kind(faked.json)
        if recorded.status == faked.status and kinds[0] != kinds[1]:
            walk.leaf(*kinds, Location("answer", path="$.object"))
        elif recorded.status == faked.status:
            for name in self.headers:
                sides = [side.headers.get(name, _ABSENT) for side in (recorded, faked)]
                walk.values(sides[0], sides[1], Location("headers", path=name.lower()))
            walk.values(recorded.json, faked.json, Location(kinds[0]))
        return AnswerDifferences(walk.fields, walk.found, walk.left_out)

    def is_equal(self, recorded: Json, faked: Json, at: Location) -> bool:
        """Tell whether two plain values count as equal; a scrubber's word equals any."""
        if isinstance(recorded, str) and is_masked(recorded) and not isinstance(faked, dict | list):
            return True
        if isinstance(recorded, str) and isinstance(faked, str):
            return self._is_same_text(recorded, faked, at)
        if type_of(recorded) == type_of(faked) == "integer" and _TIME_KEY.search(at.name):
            return bool(recorded == faked) or (recorded in EPOCH and faked in EPOCH)
        return bool(type_of(recorded) == type_of(faked) and recorded == faked)

    def _is_same_text(self, recorded: str, faked: str, at: Location) -> bool:
        if is_masked(recorded) or is_masked(faked) or (recorded, faked) in self.retouched:
            return True
        mapping = self.knowledge.mapping
        recorded_ids, fake_ids = self.ids.find(recorded), IdDetector().find(faked)
        if recorded_ids and len(recorded_ids) == len(fake_ids):
            if not self.knowledge.shared.isdisjoint(recorded_ids):
                return True
            mapping.learn(recorded, faked)
            if not all(map(mapping.known_same, recorded_ids, fake_ids)):
                is_nobodys = self.ids.known.isdisjoint(recorded_ids)
                return is_nobodys and bool(_MADE_UP.search(at.name))
            texts = self.ids.with_prefixes(recorded), IdDetector().with_prefixes(faked)
            if len({TIME.sub("{time}", text) for text in texts}) == 1:
                return True
        is_of_bank = _BANKS in at.shape and at.name not in _BANKS_SAME
        return recorded == faked or bool(recorded and faked and (is_of_bank or _MADE_UP.search(at.name)))

    def fake_can_have(self, item: dict[str, Json]) -> bool:
        """Tell whether the fake can have an item of a recorded list: an account has others, too."""
        own, knowledge = str(item.get("id")), self.knowledge
        if knowledge.is_beyond(item):
            return False
        if knowledge.has(own) or knowledge.is_unsure(own):
            return knowledge.is_sure(own) and not knowledge.is_known_by_name(own)
        named = named_in(item, self.ids) - {own}
        return any(map(knowledge.is_sure, named)) and not any(map(knowledge.is_unsure, named))

    def only_fake_has(self, item: dict[str, Json]) -> bool:
        """Tell whether the recording can't have an item of the fake, or not in the same state."""
        own = str(item.get("id"))
        recorded = self.knowledge.mapping.old_for(own)
        if recorded is not None:
            return self.knowledge.is_unsure(recorded)
        return any(map(self.knowledge.is_extra, named_in(item, IdDetector())))

    def is_unknown(self, value: Json) -> bool:
        """Tell whether the fake lacks an object, or has it in another state."""
        own, knowledge = str(value.get("id")), self.knowledge
        return bool(kind_of(value)) and (knowledge.is_unsure(own) or knowledge.is_known_by_name(own))

    def is_excluded(self, recorded: dict[str, Json], faked: dict[str, Json], at: Location) -> bool:
        """Tell whether a key says nothing about the fake."""
        return (
            (self.without_code and at.name == "cvc_check")
            or was_otherwise(at, recorded.get(at.name, _ABSENT), self.moment)
            or is_excluded(recorded, faked, at)
        )

    def has_changed(self, recorded: Json, faked: Json) -> bool:
        """Tell whether something that isn't recorded changed an object."""
        return self.sightings.has_changed(recorded, faked, self.knowledge)


@dataclass
class _Walk:
    """One comparison of two documents, and what it has found so far."""

    answers: AnswerComparer
    version: str
    scope: ListScope
    fields: int = 0
    left_out: int = 0
    found: list[Finding] = field(default_factory=list)

    def values(self, recorded: Json, faked: Json, at: Location) -> None:
        """Compare the values at one location; either may be absent."""
        if recorded is _ABSENT and faked is _ABSENT:
            return
        if isinstance(recorded, dict) and isinstance(faked, dict):
            self._hashes(recorded, faked, at)
        elif isinstance(recorded, list) and isinstance(faked, list):
            self._lists(recorded, faked, at)
        else:
            self.leaf(recorded, faked, at)

    def leaf(self, recorded: Json, faked: Json, at: Location) -> None:
        """Count one field, and a difference if the two values aren't equal."""
        self.fields += 1
        absent = recorded is _ABSENT or faked is _ABSENT
        if absent or not self.answers.is_equal(recorded, faked, at):
            self.found.append(_difference(at, recorded, faked, self.version))

    def _hashes(self, recorded: dict[str, Json], faked: dict[str, Json], at: Location) -> None:
        if at.path != "$" and self._is_left_out(recorded, faked, at):
            self.left_out += 1
            return
        if kind := kind_of(recorded):
            at = Location(kind, path=at.path)
        self.fields += not recorded and not faked
        recorded = without_masks(recorded, faked)
        done: AbstractSet[str] = frozenset()
        if at.kind in LISTS:
            is_whole = self._list_page(recorded, faked, at)
            done = {"data"} if is_whole else {"data", *_COUNTS}
        for name in dict.fromkeys((*recorded, *faked)):
            here = at.key(name)
            if name not in done and not self.answers.is_excluded(recorded, faked, here):
                sides = [side.get(name, _ABSENT) for side in (recorded, faked)]
                if is_transferred(recorded, here):
                    sides = [without_moment(side) for side in sides]
                self.values(sides[0], sides[1], here)

    def _is_left_out(self, recorded: dict[str, Json], faked: dict[str, Json], at: Location) -> bool:
        """Tell whether a nested object can't be compared. An event shows how its object was before."""
        changed = at.kind != "event" and self.answers.has_changed(recorded, faked)
        return changed or is_converted(recorded, faked) or self.answers.is_unknown(recorded)

    def _list_page(self, recorded: dict[str, Json], faked: dict[str, Json], at: Location) -> bool:
        """Compare the items of two lists; tell whether both must hold the same objects."""
        olds, news = recorded.get("data", _ABSENT), faked.get("data", _ABSENT)
        if not (isinstance(olds, list) and isinstance(news, list)):
            self.values(olds, news, at.key("data"))
            return False
        is_root = at.path == "$"
        recorded_items = {
            number: item for number, item in enumerate(olds) if self._is_compared(item, is_root=is_root)
        }
        fake_items = [
            item for item in news if not (isinstance(item, dict) and self.answers.only_fake_has(item))
        ]
        self.left_out += len(olds) - len(recorded_items)
        is_all = (len(recorded_items), len(fake_items)) == (len(olds), len(news))
        is_whole = is_all and not (is_root and self.scope.is_part)
        lacks = faked.get("has_more") is not True and not (is_root and self.scope.is_timed)
        self._items(recorded_items, fake_items, at.key("data"), lacks=lacks, adds=is_whole)
        return is_whole

    def _is_compared(self, item: Json, *, is_root: bool) -> bool:
        """Tell whether a recorded item is compared; `is_root` if the answer itself is the list."""
        if not isinstance(item, dict):
            return True
        return self.answers.fake_can_have(item) if is_root else not self.answers.is_unknown(item)

    def _lists(self, recorded: list[Json], faked: list[Json], at: Location) -> None:
        self.fields += not recorded and not faked
        if any(isinstance(item, dict) for item in (*recorded, *faked)):
            self._items(dict(enumerate(recorded)), faked, at, lacks=True, adds=True)
            return
        for number in range(max(len(recorded), len(faked))):
            sides = [side[number] if number < len(side) else _ABSENT for side in (recorded, faked)]
            self.values(sides[0], sides[1], at.index(number))

    def _items(
        self,
        recorded: Mapping[int, Json],
        faked: Sequence[Json],
        at: Location,
        *,
        lacks: bool,
        adds: bool,
    ) -> None:
        """Compare paired items. With `lacks` report unpaired recorded items, with `adds` the fake's."""
        olds = list(recorded.values())
        numbers = {id(item): number for number, item in recorded.items()}
        pairs = list(self.answers.knowledge.mapping.items(olds, faked))
        for _, old, new in pairs:
            self.values(old, new, at.index(numbers[id(old)]))
        paired = {id(item) for _, *both in pairs for item in both}
        for number, item in recorded.items() if lacks else ():
            if id(item) not in paired:
                self.leaf(item, _ABSENT, at.index(number))
        for number, item in enumerate(faked if adds else ()):
            if id(item) not in paired:
                self.leaf(_ABSENT, item, at.index(number))
        in_new_order = [old for _, old, _ in sorted(pairs, key=lambda pair: pair[0])]
        if _is_reordered([(numbers[id(old)], old) for old in in_new_order]):
            rule = "the recording, which has its items in another order"
            self.found.append(Finding("breaking", at.kind, at.path, rule, "a list", self.version))
            self.fields += 1


def is_converted(recorded: Json, faked: Json) -> bool:
    """Tell whether Stripe converted an amount to an account's own currency: only it knows the rate."""
    if not (isinstance(recorded, dict) and isinstance(faked, dict)):
        return False
    currencies = recorded.get("currency"), faked.get("currency")
    return kind_of(recorded) in _SETTLED and None not in currencies and currencies[0] != currencies[1]


def _is_reordered(items: Sequence[tuple[int, dict[str, Json]]]) -> bool:
    """Tell whether items are in another order. Those created in the same second may be in any."""
    return any(
        before[0] > after[0]
        and (before[1].get("created") != after[1].get("created") or "created" not in after[1])
        for before, after in pairwise(items)
    )


def _difference(at: Location, recorded: Json, faked: Json, version: str) -> Finding:
    is_item = at.path.endswith("]")
    if faked is _ABSENT:
        return Finding(
            "vanished", at.kind, at.path, f"the recording has {shown(recorded)}", GONE, version
        )
    if recorded is _ABSENT:
        rule = "the recording has no such item" if is_item else "the recording has no such key"
        return Finding("additive", at.kind, at.path, rule, shown(faked), version)
    rule = f"the recording, which has {shown(recorded)}"
    return Finding("breaking", at.kind, at.path, rule, shown(faked), version)
