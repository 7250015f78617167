"""JSON Schemas of Stripe objects, from the response types of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_stripe_balance.contract.annotations import (
    Absent,
    Anything,
    Expandable,
    Instance,
    Items,
    Keyed,
    ListObject,
    Literals,
    Null,
    OneOf,
    Plain,
    Type,
)
from pytest_stripe_balance.contract.schema_forms import ENUM, EXPANDABLE

if TYPE_CHECKING:
    from collections.abc import Collection

    from pytest_stripe_balance.contract.sdk import Sdk
    from pytest_stripe_balance.contract.source import Class

Node: TypeAlias = dict[str, Any]

DELETED = "deleted_"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STRING: Node = {"type": "string"}


class Objects:
    """Makes the schemas of one release. Its objects refer to each other by file."""

    def __init__(self, sdk: Sdk, names: Collection[str]) -> None:
        """Take a release, and the names of the objects with a file, deleted ones included."""
        self._sdk = sdk
        self._names = frozenset(names)

    def document(self, name: str) -> Node:
        """Derive the schema of one object; ValueError when the release has no such object."""
        if name.startswith(DELETED):
            body = self._deleted(name.removeprefix(DELETED))
        elif name == "error":
            inner = self._body(self._sdk.object_class(name))
            body = {"type": "object", "properties": {"error": inner}, "required": ["error"]}
        else:
            body = self._body(self._sdk.object_class(name))
        return {"$schema": _DIALECT, "title": name, **body}

    def _deleted(self, name: str) -> Node:
        found = self._sdk.object_class(name)
        if not is_deletable(found):
            message = f"{name} has no deleted stub: its class has no `deleted`"
            raise ValueError(message)
        return {
            "type": "object",
            "properties": {
                "id": _STRING,
                "object": {"const": name},
                "deleted": {"const": True},
            },
            "required": ["deleted", "id", "object"],
        }

    def _body(self, of: Class) -> Node:
        properties: Node = {}
        required: list[str] = []
        for name, kind in of.fields.items():
            if name == "deleted" and is_deletable(of):
                properties[name] = {"const": True}
                continue
            properties[name] = self._node(kind)
            if not _is_optional(kind):
                required.append(name)
        if of.object_name is not None:
            properties["object"] = {"const": of.object_name}
            required = sorted({*required, "object"})
        return {"type": "object", "properties": properties, "required": sorted(required)}

    def _node(self, kind: Type) -> Node:  # noqa: C901, PLR0911 - a case per kind of type
        match kind:
            case Plain(name):
                return {"type": "string" if name == "decimal" else name}
            case Literals(values):
                return _literals(values)
            case Null():
                return {"type": "null"}
            case Instance(of):
                return self._object(of)
            case Items(of):
                return {"type": "array", "items": self._node(of)}
            case Keyed(of):
                return _keyed(self._node(of))
            case ListObject(name, of):
                items = {"data": {"items": self._node(of)}}
                return {"allOf": [{"$ref": f"{name}.json"}], "properties": items}
            case Expandable(of):
                return self._expandable(of)
            case OneOf(of):
                return self._one_of(of)
            case Absent(of):
                return self._node(of)
            case Anything():
                return {}

    def _object(self, of: Class) -> Node:
        if of.object_name is None:
            return self._body(of)
        if of.object_name not in self._names:
            return _stub(of)
        reference: Node = {"$ref": f"{of.object_name}.json"}
        if not is_deletable(of):
            return reference
        return {"anyOf": [reference, {"$ref": f"{DELETED}{of.object_name}.json"}]}

    def _expandable(self, of: Type) -> Node:
        members = of.of if isinstance(of, OneOf) else (of,)
        names = [member.of.object_name for member in members if isinstance(member, Instance)]
        known = sorted(name for name in names if name is not None)
        return any_of([_STRING, self._node(of)]) | {EXPANDABLE: known}

    def _one_of(self, members: tuple[Type, ...]) -> Node:
        """Map a union. Documented values beside `str` are an open enum, so `str` is dropped."""
        literals = any(isinstance(member, Literals) for member in members)
        useful = [member for member in members if not (literals and member == Plain("string"))]
        nodes = [self._node(member) for member in useful]
        if {} in nodes:
            return {}
        expandable = [node[EXPANDABLE] for node in nodes if EXPANDABLE in node]
        return any_of(nodes) | ({EXPANDABLE: expandable[0]} if expandable else {})


def is_deletable(of: Class) -> bool:
    """Say whether a class can be in the deleted form: its `deleted` may be True."""
    deleted = of.fields.get("deleted")
    return isinstance(deleted, OneOf) and Literals((True,)) in deleted.of


def any_of(nodes: list[Node]) -> Node:
    """Make one node that accepts what any of the nodes does. Nested `anyOf` and null are merged."""
    flat: list[Node] = []
    for node in nodes:
        parts = node.get("anyOf", [node])
        flat += [part for part in parts if part not in flat]
    bare = [node for node in flat if set(node) == {"type"}]
    rest = [node for node in flat if node not in bare]
    names = sorted({name for node in bare for name in type_names(node)})
    if names == ["null"] and len(rest) == 1 and "type" in rest[0]:
        return rest[0] | {"type": sorted({"null", *type_names(rest[0])})}
    if names:
        rest = [{"type": names[0] if len(names) == 1 else names}, *rest]
    return dict(rest[0]) if len(rest) == 1 else {"anyOf": rest}


def type_names(node: Node) -> list[str]:
    """List the type names of a node."""
    names = node["type"]
    return list(names) if isinstance(names, list) else [names]


def _literals(values: tuple[str | bool | int, ...]) -> Node:
    """Keep documented values as an annotation: another value is a finding of its own kind."""
    if all(isinstance(value, bool) for value in values):
        return {"type": "boolean"}
    kind = "integer" if isinstance(values[0], int) else "string"
    return {"type": kind, ENUM: sorted(values, key=str)}


def _keyed(node: Node) -> Node:
    return {"type": "object", "additionalProperties": node} if node else {"type": "object"}


def _stub(of: Class) -> Node:
    """Make the schema of an object without a file: only its kind, and its id, are checked."""
    fields = of.fields
    required = ["object"]
    properties: Node = {"object": {"const": of.object_name}}
    if "id" in fields:
        properties["id"] = _STRING
        required += [] if _is_optional(fields["id"]) else ["id"]
    return {"type": "object", "properties": properties, "required": sorted(required)}


def _is_optional(kind: Type) -> bool:
    """Say whether a key may be left out. The types don't tell null from absent."""
    match kind:
        case OneOf(of):
            return Null() in of
        case Absent() | Null():
            return True
    return False
