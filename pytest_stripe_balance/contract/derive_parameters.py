"""Parameter rules of Stripe endpoints, from the parameter types of a release."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_stripe_balance.contract.annotations import (
    Absent,
    Instance,
    Items,
    Keyed,
    Literals,
    OneOf,
    Plain,
    Type,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_stripe_balance.contract.sdk import Sdk
    from pytest_stripe_balance.contract.source import Class

Node: TypeAlias = dict[str, Any]

_LIMIT = re.compile(r"\b(?:may be up to|must be at most) \*?(\d+) characters", re.IGNORECASE)


def rules(sdk: Sdk, endpoints: Iterable[str]) -> Node:
    """Map each endpoint to its rule, a node of type object. ValueError names an unknown endpoint."""
    return {endpoint: _rule(sdk.parameters(endpoint)) for endpoint in endpoints}


def _rule(of: Class | None) -> Node:
    fields = of.fields if of else {}
    documented = of.documented if of else {}
    return {
        "type": "object",
        "properties": {
            name: _limited(_parameter(name, kind), documented.get(name, ""))
            for name, kind in fields.items()
        },
        "required": sorted(name for name, kind in fields.items() if not isinstance(kind, Absent)),
    }


def _parameter(name: str, kind: Type) -> Node:
    node = _node(kind)
    # Releases before dahlia type a decimal as a string; the name gives it away.
    return {"type": "number"} if name.endswith("_decimal") and node == {"type": "string"} else node


def _limited(node: Node, text: str) -> Node:
    """Give a string the maximum length that its documentation names."""
    found = _LIMIT.search(text)
    if found is None or node.get("type") != "string":
        return node
    return node | {"maxLength": int(found[1])}


def _node(kind: Type) -> Node:
    match kind:
        case Plain(name):
            # A form holds only text, so a decimal is checked alike whichever type it has.
            return {"type": "number" if name == "decimal" else name}
        case Literals(values):
            return _literals(values)
        case Instance(of):
            return _rule(of)
        case Items(of):
            return {"type": "array", "items": _node(of)}
        case Keyed(of):
            return {"type": "object", "additionalProperties": _node(of)}
        case OneOf(of):
            return _one_of(of)
        case Absent(of):
            return _node(of)
    return {}


def _literals(values: tuple[str | bool | int, ...]) -> Node:
    if all(isinstance(value, bool) for value in values):
        return {"type": "boolean"}
    node: Node = {"type": "string"}
    named = sorted(str(value) for value in values if value != "")
    if named:
        node["enum"] = named
    if "" in values:
        node["clearable"] = True
    return node


def _one_of(members: tuple[Type, ...]) -> Node:
    """Map a union. `str` beside documented values is dropped, and '' becomes `clearable`."""
    values = [v for member in members if isinstance(member, Literals) for v in member.values]
    named = tuple(value for value in values if value != "")
    kinds: list[Type] = [member for member in members if not isinstance(member, Literals)]
    if named:
        kinds = [*(kind for kind in kinds if kind != Plain("string")), Literals(named)]
    nodes: list[Node] = []
    for kind in kinds:
        node = _node(kind)
        nodes += [node] if node not in nodes else []
    merged: Node = dict(nodes[0]) if len(nodes) == 1 else {"anyOf": nodes}
    return merged | {"clearable": True} if "" in values else merged
