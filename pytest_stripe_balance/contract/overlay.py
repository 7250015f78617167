"""What a release's types lack or get wrong, applied to what was derived from them.

overlay.json has two lists. Every entry has a `reason`. `from` and `before` limit it to API versions from
a date on, or before one. Paths are dotted names of properties; arrays and unions have no part in them.

An entry of `objects` changes the fields `at` some paths of some `objects`:

- `includable`: the field can be expanded, and is left out until then;
- `nullable`, `optional`, `required`: as they say;
- `set`: replaces keywords.

An entry of `parameters` changes parameters of the endpoints that match the patterns `endpoints`. `names`
are patterns of the parameters' paths:

- `set`: adds keywords;
- `also`: adds values that the parameter may have;
- `gone`: the parameter is refused, with this code;
- `put`: the rule of a parameter that the types lack, or describe in part. Here `names` are paths.

The calendar is applied after the overlay.
"""

from __future__ import annotations

import fnmatch
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_stripe_balance.contract import calendar
from pytest_stripe_balance.contract.derive_objects import Node, any_of, type_names
from pytest_stripe_balance.contract.releases import answers_since
from pytest_stripe_balance.contract.schema_forms import ALWAYS, EXPANDABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def apply(documents: Mapping[str, Node], rules: Mapping[str, Node], version: str) -> list[Node]:
    """Apply the overlay to the documents and rules of an API version, in place.

    Return the entries that changed something, so that a test can find the others.
    """
    overlay = {kind: list(_of(entries, version)) for kind, entries in read().items()}
    return [
        *(entry for entry in overlay["objects"] if _change_objects(documents, entry)),
        *(entry for entry in overlay["parameters"] if _change_parameters(rules, entry)),
    ]


def read() -> dict[str, list[Node]]:
    """Read the lists of overlay.json."""
    entries: dict[str, list[Node]] = json.loads(
        Path(__file__).with_name("overlay.json").read_text("utf-8")
    )
    return entries


def _of(entries: list[Node], version: str) -> Iterator[Node]:
    """Pick the entries for a version."""
    for entry in entries:
        if entry.get("from", "") <= version[:10] < entry.get("before", "9"):
            yield entry


def _change_objects(documents: Mapping[str, Node], entry: Node) -> bool:
    found = [
        (owner, key)
        for name in entry["objects"]
        for path in entry["at"]
        for owner, key, _ in _find(documents.get(name, {}), path.split("."))
    ]
    for owner, key in found:
        _change(owner, key, entry)
    return bool(found)


def _find(node: Node, path: list[str]) -> Iterator[tuple[Node, str, tuple[str, ...]]]:
    """Find the object nodes that have the last name of a path, and the steps from the root to each."""
    *way, name = path
    for owner, steps in _hashes(node, way):
        if name in owner["properties"]:
            yield owner, name, steps


def _hashes(
    node: Node, way: list[str], steps: tuple[str, ...] = ()
) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """Find the object nodes at the end of a way, and the steps from the root to each.

    A step is a property's name, or "" for the items of an array.
    """
    properties = node.get("properties", {})
    if way and way[0] in properties:
        yield from _hashes(properties[way[0]], way[1:], (*steps, way[0]))
        return
    if not way and properties:
        yield node, steps
    if "items" in node:
        yield from _hashes(node["items"], way, (*steps, ""))
    for member in node.get("anyOf", ()):
        yield from _hashes(member, way, steps)


def _change(owner: Node, key: str, entry: Node) -> None:
    node = owner["properties"][key]
    if entry.get("includable"):
        node = {**node, EXPANDABLE: [_title(node, key)]}
    if entry.get("nullable"):
        node = any_of([node, {"type": "null"}])
    if entry.get("required"):
        owner["required"] = sorted({*owner["required"], key})
        node = {**node, "type": next(name for name in type_names(node) if name != "null")}
    if entry.get("optional"):
        owner["required"] = [name for name in owner["required"] if name != key]
    owner["properties"][key] = {**node, **entry.get("set", {})}


def apply_calendar(documents: Mapping[str, Node], version: str) -> set[tuple[str, str]]:
    """Apply the calendar to an API version's documents, in place.

    - A key that the types lack is added as optional.
    - A key that the types require may be younger than the version's first answers. Then only objects
      created since must have it, and not null. Without `created` the key is optional.

    Return the object and path of each row that a document has, so that a test can find the others.
    """
    used = set()
    for kind, paths in calendar.rows().items():
        document = documents.get(kind, {})
        due: dict[date, Node] = {}
        for path, row in sorted(paths.items()):
            *way, key = path.split(".")
            for owner, steps in list(_hashes(document, way)):
                if rule := _change_key(owner, key, row, version):
                    _merge(due.setdefault(row.since or date.min, {}), _nest(rule, steps))
                if key in owner["properties"]:
                    used.add((kind, path))
        if due and "created" in document["properties"]:
            rules = [_since(day, rule) for day, rule in sorted(due.items())]
            document["allOf"] = [*document.get("allOf", ()), *rules]
    return used


def _change_key(owner: Node, key: str, row: calendar.Row, version: str) -> Node | None:
    """Change one key of an object node; return the stricter rule for newer objects, if there is one."""
    strict = None
    if key not in owner["properties"]:
        if row.shape is not None:
            owner["properties"][key] = row.shape
    elif key in owner["required"] and row.since and answers_since(version) < row.since.isoformat():
        strict = _strict(owner, key)
        _change(owner, key, {"nullable": True, "optional": True})
    elif key not in owner["required"] and row.always is not None:
        owner[ALWAYS] = {**owner.get(ALWAYS, {}), key: row.always}
    return strict


def _strict(owner: Node, key: str) -> Node:
    """Make the rule that older objects needn't keep: the key is there, and not null."""
    node = owner["properties"][key]
    properties = {"properties": {key: {"type": node["type"]}}} if "type" in node else {}
    return {**properties, "required": [key]}


def _since(day: date, rule: Node) -> Node:
    """Limit a rule to objects created on a day or after."""
    created = {"type": "integer", "minimum": calendar.midnight(day)}
    since = {"properties": {"created": created}, "required": ["created"]}
    return {"if": since, "then": rule}


def _nest(rule: Node, steps: tuple[str, ...]) -> Node:
    for name in reversed(steps):
        rule = {"properties": {name: rule}} if name else {"items": rule}
    return rule


def _merge(into: Node, rule: Node) -> None:
    for key, value in rule.items():
        if isinstance(value, dict) and key in into:
            _merge(into[key], value)
        elif isinstance(value, list) and key in into:
            into[key] = sorted({*into[key], *value})
        else:
            into[key] = value


def _title(node: Node, key: str) -> str:
    """Name the object in an includable field; for a plain hash that is the field's name."""
    members = [node, *node.get("anyOf", ()), *node.get("allOf", ())]
    references = [member["$ref"] for member in members if "$ref" in member]
    nested = [_title(part, "") for part in node.get("anyOf", ()) if "allOf" in part]
    return Path(references[0]).stem if references else next(iter(nested), key)


def _change_parameters(rules: Mapping[str, Node], entry: Node) -> bool:
    changed = False
    for endpoint, rule in rules.items():
        if not any(fnmatch.fnmatchcase(endpoint, pattern) for pattern in entry["endpoints"]):
            continue
        if "gone" in entry:
            rule["properties"] |= {name: {"gone": entry["gone"]} for name in entry["names"]}
            changed = True
            continue
        if "put" in entry:
            changed |= True in [_put(rule, path.split("."), entry["put"]) for path in entry["names"]]
            continue
        for owner, name, path in list(_members(rule)):
            if any(fnmatch.fnmatchcase(path, pattern) for pattern in entry["names"]):
                owner[name] = _with(owner[name], _keywords(owner[name], entry))
                changed = True
    return changed


def _put(rule: Node, path: list[str], node: Node) -> bool:
    """Put a parameter at a path of a rule; return whether the path exists."""
    *way, name = path
    for step in way:
        rule = rule.get("properties", {}).get(step, {})
    if "properties" not in rule:
        return False
    rule["properties"][name] = dict(node)
    return True


def _keywords(node: Node, entry: Node) -> Node:
    """Return the keywords that an entry puts on a member: its own, or the longer list of values."""
    if "also" not in entry:
        keywords: Node = entry["set"]
        return keywords
    return {"enum": sorted({*node["enum"], *entry["also"]})}


def _members(rule: Node, path: str = "") -> Iterator[tuple[Node, str, str]]:
    """List the members of a rule, nested ones too: the hash that has each, its name and its path."""
    for name, inner in rule.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield rule["properties"], name, here
        yield from _members(inner, here)
    for inner in (*rule.get("anyOf", ()), *([rule["items"]] if "items" in rule else [])):
        yield from _members(inner, path)


def _with(node: Node, keywords: Node) -> Node:
    """Add keywords to a member; only to its strings, when it can be something else too."""
    if "anyOf" not in node:
        return {**node, **keywords}
    parts = [{**part, **keywords} if part.get("type") == "string" else part for part in node["anyOf"]]
    return {**node, "anyOf": parts}
