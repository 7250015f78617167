"""What changed between two API versions, in objects and in the parameters of requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Protocol

from pytest_stripe_balance.contract.schema_forms import ALWAYS, ENUM, as_of_today

Schema = Any
OBJECT, PARAMETERS = "object", "parameters"
_DEEPEST = 24


class Side(Protocol):
    """One side of the comparison: the part of a Contract that is needed."""

    @property
    def objects(self) -> AbstractSet[str]:
        """The names of the objects that have a schema."""

    @property
    def endpoints(self) -> AbstractSet[str]:
        """The endpoints that have parameter rules."""

    def rule(self, endpoint: str) -> Mapping[str, Schema] | None:
        """Return the rule of an endpoint's parameters; None when this side lacks it."""

    def schema(self, name: str) -> Mapping[str, Schema]:
        """Return an object's schema."""


@dataclass(frozen=True)
class Difference:
    """One change of an object or an endpoint, at one path, from `before` to `after`.

    `change` is "added", "removed", "type", "null", "required" or "values".
    """

    of: str
    where: str
    path: str
    change: str
    before: str | tuple[str, ...] = ""
    after: str | tuple[str, ...] = ""


@dataclass
class Key:
    """What a schema says of one path. `always`: it isn't required, but real objects carry it."""

    types: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)
    null: bool = False
    required: bool = False
    always: bool = False

    @property
    def kind(self) -> str:
        """The types in words."""
        return " or ".join(sorted(self.types)) or "anything"


def differences(old: Side, new: Side) -> Iterator[Difference]:
    """Compare two contracts: first the objects, then the parameters, each in order of names."""
    for name in sorted(old.objects | new.objects):
        sides = [side.schema(name) if name in side.objects else None for side in (old, new)]
        yield from _compared(OBJECT, name, *(keys_of(schema) for schema in sides))
    for name in sorted(old.endpoints | new.endpoints):
        yield from _compared(PARAMETERS, name, *(keys_of(side.rule(name)) for side in (old, new)))


def _compared(
    of: str, where: str, old: dict[str, Key] | None, new: dict[str, Key] | None
) -> Iterator[Difference]:
    if old is None or new is None:
        yield Difference(of, where, "", "removed" if new is None else "added")
        return
    for path in sorted(old.keys() | new.keys()):
        before, after = old.get(path), new.get(path)
        if before is None or after is None:
            if not _inside(path, old.keys() ^ new.keys()):
                if before is not None:
                    yield Difference(of, where, path, "removed", before=before.kind)
                if after is not None:
                    yield Difference(of, where, path, "added", after=after.kind)
        else:
            yield from _changed(of, where, path, before, after)


def _inside(path: str, others: AbstractSet[str]) -> bool:
    """Say whether a key came or went together with the hash that it is in."""
    return any(path[:index] in others for index, sign in enumerate(path) if sign in ".[")


def _changed(of: str, where: str, path: str, old: Key, new: Key) -> Iterator[Difference]:
    if old.kind != new.kind:
        yield Difference(of, where, path, "type", old.kind, new.kind)
    if old.null != new.null:
        words = ("never null", "may be null") if of == OBJECT else ("can't be cleared", "can be cleared")
        yield Difference(of, where, path, "null", words[old.null], words[new.null])
    if old.required != new.required:
        words = ("may be absent", "always there") if of == OBJECT else ("optional", "required")
        yield Difference(of, where, path, "required", words[old.required], words[new.required])
    if old.values != new.values and (old.values and new.values):
        gone, come = sorted(old.values - new.values), sorted(new.values - old.values)
        yield Difference(of, where, path, "values", tuple(gone), tuple(come))


def keys_of(schema: Schema) -> dict[str, Key] | None:
    """Flatten a schema to its paths, such as "next_action.type" or "items[].price"."""
    if schema is None:
        return None
    found: dict[str, Key] = {}
    _walk(as_of_today(schema), "", found, required=True, depth=0)
    del found[""]
    return found


def _walk(
    schema: Schema,
    path: str,
    found: dict[str, Key],
    *,
    required: bool,
    depth: int,
) -> None:
    if depth > _DEEPEST or not isinstance(schema, dict) or "gone" in schema:
        return
    key = found.setdefault(path, Key())
    key.required |= required
    key.null |= bool(schema.get("clearable"))
    _say(schema, key)
    for part in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        if "if" not in part:
            _walk(part, path, found, required=required, depth=depth + 1)
    always = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        _walk(inner, here, found, required=name in always, depth=depth + 1)
        if here in found:
            found[here].always |= name in schema.get(ALWAYS, ())
    for word, sign in (("items", "[]"), ("additionalProperties", ".*")):
        if inner := schema.get(word):
            _walk(inner, path + sign, found, required=False, depth=depth + 1)


def _say(schema: dict[str, Any], key: Key) -> None:
    types = schema.get("type", ())
    for name in (types,) if isinstance(types, str) else types:
        if name == "null":
            key.null = True
        else:
            key.types.add(name)
    if reference := schema.get("$ref"):
        key.types.discard("object")
        key.types.add(reference.removesuffix(".json"))
    if "const" in schema:
        key.types.add("string")
        key.values.add(str(schema["const"]))
    key.values |= {str(value) for value in schema.get(ENUM, schema.get("enum", ()))}
