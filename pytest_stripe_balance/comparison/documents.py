"""Compares the structure of two JSON documents: keys, types, nulls and enums, but no plain values.

The length of a list isn't compared, only whether a list of objects is empty.

A finding's path starts at its own object. So a new key of a charge is one change, wherever charges are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from pytest_stripe_balance import masking
from pytest_stripe_balance.comparison.ids import IdMapping
from pytest_stripe_balance.comparison.locations import (
    GONE,
    LISTS,
    Location,
    Seen,
    documented,
    kind_of,
    root_kind,
    shown,
    type_of,
    was_seen,
)
from pytest_stripe_balance.contract.contract import NOT_STRIPES
from pytest_stripe_balance.contract.findings import Finding

Json = Any
# Rules of findings that carry the old value.
CONST, OLD_VALUE = "const", "it had another value"
WAS_THERE, WAS_NO_NULL = "it was there", "it wasn't null"
EXPANDED = "it was the whole object"
_CURRENCY = re.compile(r"[a-z]{3}")
# Without a schema, a key with such a name and such a value is taken for an enum.
_ENUM_NAME = re.compile(
    r"(?:^|_)(?:status|type|reason|method|mode|flow|usage|funding|brand|result|check|level|schedule)$"
)
_ENUM_VALUE = re.compile(r"[a-z][a-z_]*")
_ERROR_KEYS = ("type", "code", "decline_code", "param")
# Statuses that change by themselves as time passes.
_UNDER_WAY = ("in_transit", "pending", "processing")


@dataclass(frozen=True)
class Comparison:
    """Compares documents, and yields findings for what changed.

    - `before`, `after`: what stands where in all answers of the old and of the new recording.
    - `made`: ids of objects that a pair of writes made or changed, so that their mapping is certain.
    - `sent`: metadata keys that the new requests send.
    - `only_new`: values that only the new request sent.
    - `same_request`: whether both requests ask the same.
    - `same_write`: whether both are the same write, after the same writes.
    """

    mapping: IdMapping
    before: Seen = frozenset()
    after: Seen = frozenset()
    made: AbstractSet[str] = frozenset()
    sent: AbstractSet[str] = frozenset()
    only_new: AbstractSet[str] = frozenset()
    same_request: bool = True
    same_write: bool = False

    def documents(self, old: Json, new: Json, version: str) -> Iterator[Finding]:
        """Compare two answers; `version` is the API version of the new one."""
        yield from self._values(old, new, Location(root_kind(new), version))

    def _values(self, old: Json, new: Json, at: Location) -> Iterator[Finding]:
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self._hashes(old, new, at)
        elif isinstance(old, list) and isinstance(new, list):
            yield from self._lists(old, new, at)
        elif old is None or new is None:
            yield from self._nulls(old, new, at)
        elif self._id_of(old) and self._id_of(new) and type_of(old) != type_of(new):
            yield from self._expanded(old, new, at)
        elif type_of(old) != type_of(new):
            yield from self._types(old, new, at)
        elif isinstance(old, str) and old != new:
            yield from self._texts(old, new, at)
        elif at.shape == "livemode" and old != new:
            yield self._finding("breaking", at, CONST, new, shown(old))

    def _hashes(self, old: dict[str, Json], new: dict[str, Json], at: Location) -> Iterator[Finding]:
        was, now = kind_of(old), kind_of(new)
        if was != now and was and now:
            yield self._finding("breaking", Location(was, at.version).key("object"), CONST, now, was)
            return
        at = Location(now or was, at.version) if now or was else at
        if _is_map(old, new, at):
            yield from self._maps(old, new, at)
            return
        is_error = at.kind == "error" and at.shape in ("", "error")
        for name in dict.fromkeys((*old, *new)):
            here = at.key(name)
            if is_error and name in _ERROR_KEYS:
                yield from self._exactly(old.get(name), new.get(name), here)
            elif name not in new:
                yield self._removed(old[name], here)
            elif name not in old:
                yield self._finding("additive", here, "the old recording has no such key", new[name])
            elif name not in NOT_STRIPES:
                yield from self._values(old[name], new[name], here)
            elif name == "metadata":
                yield from self._metadata(old[name], new[name], here)

    def _metadata(self, old: Json, new: Json, at: Location) -> Iterator[Finding]:
        """Find the keys that are gone although the new requests still send them."""
        olds, news = (set(side) if isinstance(side, dict) else set() for side in (old, new))
        for name in sorted((olds & self.sent) - news):
            yield self._finding("vanished", at.user_key(name), "the requests still send it", GONE)

    def _maps(self, old: dict[str, Json], new: dict[str, Json], at: Location) -> Iterator[Finding]:
        default = next(iter(old.values()), None)
        for name, value in new.items():
            old_value = old.get(name, default)
            if old_value is not None:
                yield from self._values(old_value, value, at.user_key(name))

    def _exactly(self, old: Json, new: Json, at: Location) -> Iterator[Finding]:
        if old != new:
            was = "absent" if old is None else masking.masked(str(old))
            yield self._finding("breaking", at, CONST, GONE if new is None else new, was)

    def _removed(self, old: Json, at: Location) -> Finding:
        key = at.documented
        if key is not None and key.required:
            return self._finding("breaking", at, f"required: {at.name}", GONE)
        if key is not None and key.always:
            return self._finding("vanished", at, "real objects always carry it", GONE)
        return self._finding("vanished", at, WAS_THERE, GONE, shown(old))

    def _lists(self, old: list[Json], new: list[Json], at: Location) -> Iterator[Finding]:
        for number, old_item, new_item in self._items(old, new):
            yield from self._values(old_item, new_item, at.index(number))
        if at.kind in LISTS and at.shape == "data" and self.same_request:
            if old and not new:
                yield self._finding("vanished", at.index(0), "the old recording's list has one", GONE)
            elif new and not old:
                yield self._finding("additive", at.index(0), "the old recording's list is empty", new[0])
        item_key = at.index(0).documented
        if item_key is not None and item_key.values:
            for number, item in enumerate(new):
                if isinstance(item, str) and item not in old:
                    yield from self._new_value(None, item, at.index(number))

    def _items(self, old: list[Json], new: list[Json]) -> Iterator[tuple[int, Json, Json]]:
        """Pair hashes, and scalars of a type that the old list lacks; yield the new index, old, new."""
        yield from self.mapping.items(old, new)
        scalars = [item for item in old if not isinstance(item, dict)]
        types = {type_of(item) for item in scalars} | {"object"}
        for number, value in enumerate(new):
            if scalars and type_of(value) not in types:
                yield number, scalars[0], value

    def _nulls(self, old: Json, new: Json, at: Location) -> Iterator[Finding]:
        key = at.documented
        if old is new:
            return
        if key is not None and key.null:
            yield from self._nullables(old, new, at)
        elif old is None:
            if key is None and not was_seen(self.before, at, type_of(new)) and self.same_request:
                yield self._finding("additive", at, "it was null", new)
        elif key is not None:
            yield self._finding("breaking", at, f"type: {type_of(old)}", new)
        elif self.same_request and not was_seen(self.before, at, "null"):
            # Without a schema nobody knows whether the key may be null.
            yield self._finding("vanished", at, WAS_NO_NULL, new, shown(old))

    def _nullables(self, old: Json, new: Json, at: Location) -> Iterator[Finding]:
        """Find that a hash came or went in a whole recording, where null is allowed."""
        if not self.same_request:
            return
        if isinstance(old, dict) and not was_seen(self.after, at, "object"):
            yield self._finding("vanished", at, "it was a hash; now it is always null", GONE)
        elif isinstance(new, dict) and not was_seen(self.before, at, "object"):
            yield self._finding("additive", at, "it was always null", new)

    def _id_of(self, value: Json) -> str | None:
        """Give an object's id, whether the object is expanded or not."""
        if isinstance(value, str):
            return value if self.mapping.old.is_id(value) or self.mapping.new.is_id(value) else None
        return value.get("id") if kind_of(value) else None

    def _expanded(self, old: Json, new: Json, at: Location) -> Iterator[Finding]:
        """Compare an expanded object with an id in its place."""
        if self.same_request:
            kind, rule = ("additive", "it was an id") if isinstance(old, str) else ("vanished", EXPANDED)
            yield self._finding(kind, at, rule, new)
        yield from self._texts(str(self._id_of(old)), str(self._id_of(new)), at)

    def _types(self, old: Json, new: Json, at: Location) -> Iterator[Finding]:
        numbers = {type_of(old), type_of(new)} == {"integer", "number"}
        if numbers:
            key = at.documented
            whole = key is not None and key.types == {"integer"}
            if (
                isinstance(new, int)
                or (key is not None and not whole)
                or was_seen(self.before, at, "number")
            ):
                return
        yield self._finding("breaking", at, f"type: {type_of(old)}", new)

    def _texts(self, old: str, new: str, at: Location) -> Iterator[Finding]:
        mapping = self.mapping
        if mapping.old.is_id(old) and mapping.new.is_id(new):
            if mapping.known_different(old, new) and old in self.made and new in self.made:
                yield self._finding("breaking", at, "identity: the same object in every answer", new)
            return
        if at.shape == "status" and self.same_write and not {old, new} & {*_UNDER_WAY}:
            yield self._finding("breaking", at, CONST, new, old)
            return
        key = at.documented
        name = at.shape.rpartition(".")[2]
        by_look = _ENUM_NAME.search(name) and _ENUM_VALUE.fullmatch(old) and _ENUM_VALUE.fullmatch(new)
        if (key is not None and key.values) or by_look:
            yield from self._new_value(old, new, at)

    def _new_value(self, old: str | None, new: str, at: Location) -> Iterator[Finding]:
        key = at.documented
        if key is not None and key.values and new not in key.values:
            rule = "it isn't documented"
        elif new in self.only_new:
            return
        elif old is None:
            rule = "the old recording's list lacks it"
        else:
            rule = OLD_VALUE
        yield self._finding("enum", at, rule, new, shown(old) if rule is OLD_VALUE else "")

    def _finding(self, kind: str, at: Location, rule: str, value: Json, was: str = "") -> Finding:
        value = GONE if value is GONE else shown(value)
        return Finding(kind, at.kind, at.path, rule, value, at.version or "unknown", was)


def _is_map(old: dict[str, Json], new: dict[str, Json], at: Location) -> bool:
    """Tell whether a hash is a map, whose keys are the user's own or currencies."""
    if f"{at.shape}.*" in documented(at.kind, at.version):
        return True
    names = old.keys() | new.keys()
    if not names or at.documented is not None or not at.shape:
        return False
    return all(_CURRENCY.fullmatch(name) for name in names)
