"""A part of an object, completed by defaults of its type: what a test made up and left out.

A key that must be there gets null where it may be null, else the first documented value, "", 0, false,
[] or a hash that is filled alike. A hash that names its `object` is completed as that object, and so is
one at a place that takes one kind of object alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pytest_stripe_balance.contract.contract import Contract, contract
from pytest_stripe_balance.contract.findings import Finding
from pytest_stripe_balance.contract.id_prefixes import prefix_of
from pytest_stripe_balance.contract.kinds import hint, object_name
from pytest_stripe_balance.contract.schema_forms import ALWAYS, ENUM, EXPANDABLE, as_of_today

Json = Any
_BARE: Mapping[str, Json] = {"string": "", "integer": 0, "number": 0, "boolean": False}
_DEEPEST = 12  # objects that hold objects; no release comes near it
_ERRORS = ("breaking", "enum")


class Completed(NamedTuple):
    """A completed object.

    `made_up`: the paths of the keys that weren't given, as "evidence.receipt"; of a hash that wasn't
    given, the hash alone. `wrong`: what the schema forbids, and values that aren't documented.
    """

    document: dict[str, Json]
    made_up: tuple[str, ...]
    wrong: tuple[Finding, ...]


def complete(
    object_type: str,
    given: Mapping[str, Json],
    api_version: str,
    *,
    new_id: Callable[[str], str],
    created: int,
    livemode: bool = False,
) -> Completed:
    """Complete an object, such as a "dispute", at an API version, and hold it to its schema.

    `new_id` makes an id of what it begins with: "du" -> "du_1a2b". `created` is in seconds since 1970.
    ValueError for an object without a schema, and for an API version without schemas.
    """
    rules = contract(api_version)
    if object_type not in rules.objects:
        message = f"there is no {object_type!r} at API version {api_version}; "
        raise ValueError(message + hint(object_type, rules.objects))
    filler = _Filler(rules, new_id, {"created": created, "livemode": livemode})
    document = filler.object(object_type, given, "")
    found = rules.check(document, _kind(rules, object_type, document))
    wrong = tuple(finding for finding in found if finding.kind in _ERRORS)
    return Completed(document, tuple(filler.made_up), wrong)


def _kind(rules: Contract, name: str, given: Mapping[str, Json]) -> str:
    """Name the schema of an object: that of its deleted form where it says it is deleted."""
    deleted = f"deleted_{name}"
    return deleted if given.get("deleted") is True and deleted in rules.objects else name


@dataclass
class _Filler:
    rules: Contract
    new_id: Callable[[str], str]
    fixed: Mapping[str, Json]
    made_up: list[str] = field(default_factory=list)

    def object(self, name: str, given: Mapping[str, Json], path: str) -> dict[str, Json]:
        """Complete an object of a name."""
        schema = as_of_today(self.rules.schema(_kind(self.rules, name, given)))
        return self._hash(schema, given, path, name)

    def _hash(
        self, node: Mapping[str, Json], given: Mapping[str, Json], path: str, name: str = ""
    ) -> dict[str, Json]:
        """Complete a hash, an object if it has a name: first its own keys, then those that are due."""
        properties = node.get("properties", {})
        filled = {
            key: self._inside(properties.get(key, {}), value, _at(path, key))
            for key, value in given.items()
        }
        for key in _due(node, name):
            if key not in filled:
                self.made_up.append(_at(path, key))
                filled[key] = self._made(node, key, name, 0)
        return filled

    def _inside(self, node: Mapping[str, Json], value: Json, path: str) -> Json:
        """Complete what was given at a place of the schema."""
        if isinstance(value, list):
            items = node.get("items", {})
            return [self._inside(items, item, f"{path}[{at}]") for at, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        parts = (node, *node.get("anyOf", ()))
        name = object_name(value) or _only_object(parts)
        for part in parts if name in (None, "list") else ():
            if "allOf" in part:  # a list of certain objects
                items = self._hash({"properties": part["properties"]}, value, path)
                return self.object("list", items, path)
        if name in self.rules.objects:
            return self.object(str(name), value, path)
        for part in parts:
            if "properties" in part:
                return self._hash(part, value, path)
        return {key: self._inside({}, inner, _at(path, key)) for key, inner in value.items()}

    def _default(self, node: Mapping[str, Json], depth: int) -> Json:
        """Make a value that a node accepts."""
        parts = [node, *node.get("anyOf", ())]
        types = [name for part in parts for name in _types(part)]
        if "null" in types or depth > _DEEPEST:
            return None
        if EXPANDABLE in node and "string" in types:
            return self.new_id(prefix_of((*node[EXPANDABLE], "id")[0]))
        part: Mapping[str, Json] = next((one for one in parts if one.keys() - {"anyOf", EXPANDABLE}), {})
        if "const" in part:
            return part["const"]
        if ENUM in part:
            return part[ENUM][0]
        if "$ref" in part:
            return self._whole(part["$ref"].removesuffix(".json"), depth)
        if "allOf" in part:  # a list of certain objects
            return self._whole(part["allOf"][0]["$ref"].removesuffix(".json"), depth)
        kind = next(iter(_types(part)), "object")
        if kind == "array":
            return []
        return _BARE[kind] if kind in _BARE else self._required(part, depth)

    def _whole(self, name: str, depth: int) -> dict[str, Json]:
        return self._required(as_of_today(self.rules.schema(name)), depth, name)

    def _required(self, node: Mapping[str, Json], depth: int, name: str = "") -> dict[str, Json]:
        """Make a hash of what must be in it; `name` if it is an object."""
        return {key: self._made(node, key, name, depth + 1) for key in _due(node, name)}

    def _made(self, node: Mapping[str, Json], key: str, name: str, depth: int) -> Json:
        """Make the value of a key of a hash; `name` if it is an object."""
        if name and key == "id":
            return self.new_id(prefix_of(name))
        if name and key in self.fixed:
            return self.fixed[key]
        return self._default(node.get("properties", {}).get(key, {}), depth)


def _due(node: Mapping[str, Json], name: str) -> list[str]:
    """List the keys that must be there, or that real objects always carry.

    In an object also those that may be null and can't be a hash: Stripe shows them as null.
    """
    due = [*node.get("required", ()), *node.get(ALWAYS, {})]
    for key, inner in node.get("properties", {}).items() if name else ():
        types = {word for part in (inner, *inner.get("anyOf", ())) for word in _types(part)}
        if "null" in types and (EXPANDABLE in inner or "object" not in types):
            due.append(key)
    return list(dict.fromkeys(due))


def _only_object(parts: Iterable[Mapping[str, Json]]) -> str | None:
    """Name the object that a place takes; None where it takes none or one of several."""
    names = {part["$ref"].removesuffix(".json") for part in parts if "$ref" in part}
    names = {name.removeprefix("deleted_") for name in names}
    return names.pop() if len(names) == 1 else None


def _types(node: Mapping[str, Json]) -> list[str]:
    types = node.get("type", ())
    return [types] if isinstance(types, str) else list(types)


def _at(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
