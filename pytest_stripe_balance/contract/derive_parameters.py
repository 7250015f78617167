"""Parameter rules of Stripe endpoints, from the parameter types of a release."""

from __future__ import annotations

import json
import re
from collections import Counter
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
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_stripe_balance.contract.sdk import Sdk
    from pytest_stripe_balance.contract.source import Class

Node: TypeAlias = dict[str, Any]

_SHARED_FROM = 100
_LIMIT = re.compile(r"\b(?:may be up to|must be at most) \*?(\d+) characters", re.IGNORECASE)


def rules(sdk: Sdk, endpoints: Iterable[str]) -> Node:
    """Map each endpoint to its rule, a node of type object; ValueError names an unknown one."""
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
    # What dahlia types as a decimal was any text before, and its name told what it is.
    return {"type": "number"} if name.endswith("_decimal") and node == {"type": "string"} else node


def _limited(node: Node, text: str) -> Node:
    """Put on a text the limit that its documentation says it has."""
    found = _LIMIT.search(text)
    if found is None or node.get("type") != "string":
        return node
    return node | {"maxLength": int(found[1])}


def _node(kind: Type) -> Node:
    match kind:
        case Plain(name):
            # The wire has no numbers, so a decimal is checked as one whichever way it was typed.
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
    """Map a union: documented values swallow the `str` beside them, '' becomes `clearable`."""
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


def literals(sdk: Sdk, endpoints: Iterable[str]) -> Node:
    """Map where the path of an endpoint has a placeholder to what stands there and is no id.

    "/v1/invoices/" -> ["search", "upcoming"], because the release has paths of its own for those. A
    placeholder before is unnamed, "{}".
    """
    found: Node = {}
    for endpoint in endpoints:
        *parts, _ = sdk.shape(endpoint.partition(" ")[2]).split("{}")
        for count in range(1, len(parts) + 1):
            before = "{}".join(parts[:count])
            after = (path.removeprefix(before) for path in sdk.paths if path.startswith(before))
            words = {rest.partition("/")[0] for rest in after} - {"{}", ""}
            if words:
                found[before] = sorted(words)
    return found


def compact(documents: Mapping[str, Node]) -> Node:
    """Move recurring nodes to `$defs`, if that at least halves the text."""
    counts: Counter[str] = Counter()
    names: dict[str, str] = {}
    for endpoint in sorted(documents):
        _count("rule", documents[endpoint], counts, names)
    shared = _named({key: name for key, name in names.items() if counts[key] > 1})
    definitions = {name: _replace(json.loads(key), shared, top=True) for key, name in shared.items()}
    shorter = {endpoint: _replace(node, shared) for endpoint, node in documents.items()}
    whole: Node = {**shorter, "$defs": definitions}
    return whole if len(_text(whole)) * 2 <= len(_text(documents)) else dict(documents)


def _count(name: str, node: Node, counts: Counter[str], names: dict[str, str]) -> None:
    """Count each node once per distinct parent: below a node already met nothing is new."""
    key = _text(node)
    counts[key] += 1
    if counts[key] > 1:
        return
    if len(key) >= _SHARED_FROM:
        names[key] = name
    for child_name, child in _children(name, node):
        _count(child_name, child, counts, names)


def _children(name: str, node: Node) -> Iterator[tuple[str, Node]]:
    yield from sorted(node.get("properties", {}).items())
    yield from ((name, node[key]) for key in ("items", "additionalProperties") if key in node)
    yield from ((name, child) for child in node.get("anyOf", ()))


def _named(names: Mapping[str, str]) -> dict[str, str]:
    """Give each node's text a name, numbered where several nodes stand under one key."""
    taken: Counter[str] = Counter()
    unique = {}
    for key, name in names.items():
        taken[name] += 1
        unique[key] = name if taken[name] == 1 else f"{name}_{taken[name]}"
    return unique


def _replace(node: Node, shared: Mapping[str, str], *, top: bool = False) -> Node:
    name = shared.get(_text(node))
    if name is not None and not top:
        return {"$ref": f"#/$defs/{name}"}
    shorter = dict(node)
    if "properties" in node:
        inner = node["properties"].items()
        shorter["properties"] = {key: _replace(child, shared) for key, child in inner}
    for key in ("items", "additionalProperties"):
        if key in node:
            shorter[key] = _replace(node[key], shared)
    if "anyOf" in node:
        shorter["anyOf"] = [_replace(child, shared) for child in node["anyOf"]]
    return shorter


def _text(node: object) -> str:
    return json.dumps(node, sort_keys=True, separators=(",", ":"))
