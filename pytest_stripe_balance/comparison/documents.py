"""Two JSON documents compared by structure: keys, types, null-ness, enums; never plain values.

Nor is a list's length compared, but whether a list of objects has any.

Paths are those of the object that they are in: a key that came to a charge is one change, whatever the
charge is inside of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from typing import Any

from pytest_stripe_balance import masking
from pytest_stripe_balance.comparison.ids import IdMapping
from pytest_stripe_balance.contract import kinds
from pytest_stripe_balance.contract.contract import NOT_STRIPES, contract
from pytest_stripe_balance.contract.differences import Key, keys_of
from pytest_stripe_balance.contract.findings import Finding
from pytest_stripe_balance.contract.kinds import object_name

Json = Any
GONE = "gone"
CONST, WAS = "const", "it was another"  # rules beside which a finding names the value that it was
WAS_THERE, WAS_NO_NULL = "it was there", "it wasn't null"
EXPANDED = "it was the whole object"
_LISTS = ("list", "search_result")
_CURRENCY = re.compile(r"[a-z]{3}")
# Where no schema lists values, these are keys of enums, and these look like a value of one.
_ENUM_NAME = re.compile(
    r"(?:^|_)(?:status|type|reason|method|mode|flow|usage|funding|brand|result|check|level|schedule)$"
)
_ENUM_VALUE = re.compile(r"[a-z][a-z_]*")
_ERROR_KEYS = ("type", "code", "decline_code", "param")
# Statuses that time alone moves on.
_UNDER_WAY = ("in_transit", "pending", "processing")


@dataclass(frozen=True)
class Location:
    """A place inside an object: its kind, API version, the path as shown and as a schema has it."""

    kind: str
    version: str
    path: str = "$"
    shape: str = ""

    def key(self, name: str) -> Location:
        """Go into a hash."""
        shape = f"{self.shape}.{name}" if self.shape else name
        return Location(self.kind, self.version, f"{self.path}.{name}", shape)

    def index(self, number: int) -> Location:
        """Go into a list."""
        return Location(self.kind, self.version, f"{self.path}[{number}]", f"{self.shape}[]")

    def user_key(self, name: str) -> Location:
        """Go into a map, whose keys are the user's own, or currencies."""
        return Location(self.kind, self.version, f"{self.path}.{name}", f"{self.shape}.*")

    @property
    def documented(self) -> Key | None:
        """What the schema says about this place, if there is one."""
        return documented(self.kind, self.version).get(self.shape)


@cache
def documented(kind: str, version: str) -> Mapping[str, Key]:
    """Give what an object's schema says about each path; {} for an object, or a version, without one."""
    try:
        rules = contract(version)
    except ValueError:
        return {}
    return (keys_of(rules.schema(kind)) or {}) if kind in rules.objects else {}


def kind_of(value: Json) -> str:
    """Name an object's kind, as "charge" or "deleted_customer"; "" for anything else."""
    name = object_name(value)
    if name is None:
        return ""
    return f"deleted_{name}" if value.get("deleted") is True else name


def root_kind(document: Json) -> str:
    """Name a document's kind: its own, "error", or "answer"."""
    return kind_of(document) or kinds.kind_of(document) or "answer"


def shown(value: Json) -> str:
    """Show a value in a few words, its secrets masked."""
    if isinstance(value, dict | list):
        return ("a hash" if isinstance(value, dict) else "a list") if value else json.dumps(value)
    return masking.shown(json.dumps(value, ensure_ascii=False))


def type_of(value: Json) -> str:
    """Name a JSON type."""
    names = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string"}
    return names.get(type(value), "object" if isinstance(value, dict) else "array")


Seen = AbstractSet[tuple[str, str, str]]


def seen_in(documents: list[Json]) -> Seen:
    """Collect which types stand where: kind, path, type."""
    found: set[tuple[str, str, str]] = set()
    held = [(document, Location(root_kind(document), "")) for document in documents]
    while held:
        value, at = held.pop()
        found.add((at.kind, at.shape, type_of(value)))
        at = _inside(value, at)
        if isinstance(value, dict):
            held += [(inner, at.key(name)) for name, inner in value.items() if name not in NOT_STRIPES]
        elif isinstance(value, list):
            held += [(inner, at.index(0)) for inner in value]
    return found


def _inside(value: Json, at: Location) -> Location:
    """Begin again where an object of its own begins."""
    kind = kind_of(value)
    return Location(kind, at.version) if kind else at


@dataclass(frozen=True)
class Comparison:
    """Compares documents, and yields what changed as findings.

    - `before`, `after`: what the whole old recording has at which place, and the new one.
    - `made`: the ids of objects whose role is certain.
    - `sent`: the keys of metadata that the new requests send.
    - `asked`: the values that only the new side sent.
    - `same_request`: whether both sides asked the same.
    - `same_write`: whether that was a write, after the same writes.
    """

    mapping: IdMapping
    before: Seen = frozenset()
    after: Seen = frozenset()
    made: AbstractSet[str] = frozenset()
    sent: AbstractSet[str] = frozenset()
    asked: AbstractSet[str] = frozenset()
    same_request: bool = True
    same_write: bool = False

    def documents(self, old: Json, new: Json, version: str) -> Iterator[Finding]:
        """Compare two answers' documents; the new one is of an API version."""
        yield from self._values(old, new, Location(root_kind(new), version))

    def _values(self, old: Json, new: Json, at: Location) -> Iterator[Finding]:
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self._hashes(old, new, at)
        elif isinstance(old, list) and isinstance(new, list):
            yield from self._lists(old, new, at)
        elif old is None or new is None:
            yield from self._nulls(old, new, at)
        elif self._own(old) and self._own(new) and type_of(old) != type_of(new):
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
        """Tell only which keys went though the requests still send them."""
        olds, news = (set(one) if isinstance(one, dict) else set() for one in (old, new))
        for name in sorted((olds & self.sent) - news):
            yield self._finding("vanished", at.user_key(name), "it is still sent", GONE)

    def _maps(self, old: dict[str, Json], new: dict[str, Json], at: Location) -> Iterator[Finding]:
        otherwise = next(iter(old.values()), None)
        for name, value in new.items():
            held = old.get(name, otherwise)
            if held is not None:
                yield from self._values(held, value, at.user_key(name))

    def _exactly(self, old: Json, new: Json, at: Location) -> Iterator[Finding]:
        if old != new:
            was = "absent" if old is None else masking.masked(str(old))
            yield self._finding("breaking", at, CONST, GONE if new is None else new, was)

    def _removed(self, old: Json, at: Location) -> Finding:
        key = at.documented
        if key is not None and key.required:
            return self._finding("breaking", at, f"required: {at.path.rpartition('.')[2]}", GONE)
        if key is not None and key.always:
            return self._finding("vanished", at, "real objects always carry it", GONE)
        return self._finding("vanished", at, WAS_THERE, GONE, shown(old))

    def _lists(self, old: list[Json], new: list[Json], at: Location) -> Iterator[Finding]:
        for number, held, value in self._items(old, new):
            yield from self._values(held, value, at.index(number))
        if at.kind in _LISTS and at.shape == "data" and self.same_request:
            if old and not new:
                yield self._finding("vanished", at.index(0), "the old recording's list has one", GONE)
            elif new and not old:
                yield self._finding("additive", at.index(0), "the old recording's list is empty", new[0])
        if at.index(0).documented and at.index(0).documented.values:  # type: ignore[union-attr]  # just seen
            for came in (one for one in new if isinstance(one, str) and one not in old):
                yield from self._value_came(None, came, at.index(new.index(came)))

    def _items(self, old: list[Json], new: list[Json]) -> Iterator[tuple[int, Json, Json]]:
        """Pair items that are hashes, and scalars of a new type; each with the number of the new one."""
        yield from self.mapping.items(old, new)
        scalars = [one for one in old if not isinstance(one, dict)]
        types = {type_of(one) for one in scalars} | {"object"}
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
            # What has no schema may be null by its documentation.
            yield self._finding("vanished", at, WAS_NO_NULL, new, shown(old))

    def _nullables(self, old: Json, new: Json, at: Location) -> Iterator[Finding]:
        """Tell of what may be null only that hashes came, or went, in a whole recording."""
        if not self.same_request:
            return
        if isinstance(old, dict) and not was_seen(self.after, at, "object"):
            yield self._finding("vanished", at, "it was a hash; by now it is null throughout", GONE)
        elif isinstance(new, dict) and not was_seen(self.before, at, "object"):
            yield self._finding("additive", at, "it was null throughout", new)

    def _own(self, value: Json) -> str | None:
        """Give the id of an object, expanded or not."""
        if isinstance(value, str):
            return value if self.mapping.old.is_id(value) or self.mapping.new.is_id(value) else None
        return value.get("id") if kind_of(value) else None

    def _expanded(self, old: Json, new: Json, at: Location) -> Iterator[Finding]:
        """Compare an object with the id in its place, whichever came with `expand`."""
        if self.same_request:
            kind, rule = ("additive", "it was an id") if isinstance(old, str) else ("vanished", EXPANDED)
            yield self._finding(kind, at, rule, new)
        yield from self._texts(str(self._own(old)), str(self._own(new)), at)

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
                yield self._finding("breaking", at, "role: the same object throughout", new)
            return
        if at.shape == "status" and self.same_write and not {old, new} & {*_UNDER_WAY}:
            yield self._finding("breaking", at, CONST, new, old)
            return
        key = at.documented
        name = at.shape.rpartition(".")[2]
        by_look = _ENUM_NAME.search(name) and _ENUM_VALUE.fullmatch(old) and _ENUM_VALUE.fullmatch(new)
        if (key is not None and key.values) or by_look:
            yield from self._value_came(old, new, at)

    def _value_came(self, old: str | None, new: str, at: Location) -> Iterator[Finding]:
        key = at.documented
        if key is not None and key.values and new not in key.values:
            rule = "it isn't documented"
        elif new in self.asked:
            return
        elif old is None:
            rule = "the old recording's list lacks it"
        else:
            rule = WAS
        yield self._finding("enum", at, rule, new, shown(old) if rule is WAS else "")

    def _finding(self, kind: str, at: Location, rule: str, value: Json, was: str = "") -> Finding:
        said = GONE if value is GONE else shown(value)
        return Finding(kind, at.kind, at.path, rule, said, at.version or "unknown", was)


def was_seen(seen: Seen, at: Location, name: str) -> bool:
    """Tell whether a JSON type was seen at a location."""
    return (at.kind, at.shape, name) in seen


def _is_map(old: dict[str, Json], new: dict[str, Json], at: Location) -> bool:
    """Tell a map, whose keys are a user's or currencies, from a hash of Stripe's."""
    if f"{at.shape}.*" in documented(at.kind, at.version):
        return True
    names = old.keys() | new.keys()
    if not names or at.documented is not None or not at.shape:
        return False
    return all(_CURRENCY.fullmatch(name) for name in names)
