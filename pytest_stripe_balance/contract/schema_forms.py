"""The forms of a schema that a check needs.

The files in `schemas/` refer to each other. Compiled with its references, one schema would contain
nearly all others. A check validates each object of a document by its own schema instead. So a
reference is replaced by a check of the other object's name, and compiling takes a hundredth of the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = dict[str, Any]
# Path -> the objects that can be there, and whether the key is left out until it is expanded.
Expandables = dict[str, tuple[tuple[str, ...], bool]]
ENUM, EXPANDABLE, ALWAYS = "x-stripe-enum", "x-stripe-expandable", "x-stripe-always"
_NESTED = (dict, list)
_AS_THEY_ARE = ("allOf", "anyOf", ENUM)


def cut(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """Replace each reference to another file by a check of that object's name."""
    if type(schema) is dict:
        if "$ref" in schema:
            return name_check(schema)
        return {key: cut(inner) if type(inner) in _NESTED else inner for key, inner in schema.items()}
    if type(schema) is list:
        return [cut(inner) if type(inner) in _NESTED else inner for inner in schema]
    return schema


def with_absent_keys(shallow: Any) -> Any:  # noqa: ANN401 - any JSON
    """Let a cut schema's keys be absent, but for those that say what an object is."""
    if type(shallow) is dict:
        loose = {
            key: with_absent_keys(inner) if type(inner) in _NESTED else inner
            for key, inner in shallow.items()
        }
        if type(shallow.get("required")) is list:
            loose["required"] = [key for key in shallow["required"] if key in ("id", "object")]
        return loose
    return [with_absent_keys(inner) for inner in shallow] if type(shallow) is list else shallow


def name_check(reference: Schema) -> Schema:
    """Give the check of an object's name that stands for a reference to its file."""
    name = reference["$ref"].removesuffix(".json").removeprefix("deleted_")
    return {"type": "object", "required": ["object"], "properties": {"object": {"const": name}}}


def strict(shallow: Any) -> Any:  # noqa: ANN401 - any JSON
    """Make a cut schema strict: only documented values and keys, and every key that is always there.

    A document that it accepts has no finding of any kind. Stubs of other objects stay open.
    """
    if type(shallow) is list:
        return [strict(inner) for inner in shallow]
    if type(shallow) is not dict:
        return shallow
    # Alternatives, and rules for some objects only, don't list every key: they stay open.
    closed = {
        key: strict(inner) if type(inner) in _NESTED and key not in _AS_THEY_ARE else inner
        for key, inner in shallow.items()
    }
    if ENUM in shallow:
        closed["enum"] = [*shallow[ENUM], *([None] if "null" in shallow.get("type", ()) else [])]
    stub = shallow.get("properties", {}).keys() <= {"id", "object"}
    is_part = "allOf" in shallow and "title" not in shallow  # a list of certain objects
    if not stub and not is_part and "additionalProperties" not in shallow:
        closed["additionalProperties"] = False
    if always := shallow.get(ALWAYS):
        closed["required"] = sorted({*shallow.get("required", ()), *always})
    return closed


def expandable_paths(schema: Mapping[str, Any]) -> Expandables:
    """Find the paths of a schema that `expand` can name, and the objects there.

    A path passes through hashes and arrays, and through a list by `data`. A key that can't be an id is
    left out of the object until it is expanded. A list or object that is always whole counts too.
    """
    found: dict[str, tuple[tuple[str, ...], bool]] = {}
    for name, inner in schema.get("properties", {}).items():
        for path, targets, only_then in _expandable(inner, name):
            before, _ = found.get(path, ((), False))
            found[path] = (tuple(dict.fromkeys((*before, *targets))), only_then)
    return found


def _expandable(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    parts = [node, *node.get("anyOf", ())]
    if EXPANDABLE in node:
        takes_id = any("string" in part.get("type", ()) for part in parts)
        yield path, tuple(node[EXPANDABLE]), not takes_id
    for part in parts:
        if target := _object_at(part):
            yield from [] if EXPANDABLE in node else [(path, (target,), False)]
        elif "allOf" in part:  # a list, of objects
            yield from [] if EXPANDABLE in node else [(path, (), False)]
            items = part["properties"]["data"]["items"]
            targets = [_object_at(item) for item in [items, *items.get("anyOf", ())]]
            yield f"{path}.data", tuple(dict.fromkeys(filter(None, targets))), False
        elif "items" in part:
            yield from _expandable(part["items"], path)
        else:
            for name, inner in part.get("properties", {}).items():
                yield from _expandable(inner, f"{path}.{name}")


def _object_at(node: Mapping[str, Any]) -> str | None:
    """Name the object that a node refers to, or is a stub of."""
    if reference := node.get("$ref"):
        return str(reference).removesuffix(".json").removeprefix("deleted_")
    properties = node.get("properties", {})
    is_stub = properties.keys() <= {"id", "object"} and "const" in properties.get("object", {})
    return str(properties["object"]["const"]) if is_stub else None


def integers_written_as_floats(schema: Any, value: Any, path: str) -> Iterator[tuple[str, float]]:  # noqa: ANN401 - any JSON
    """Find floats where the schema has an integer; JSON Schema itself accepts 1000.0 as one."""
    if isinstance(value, float):
        types = schema.get("type", ())
        types = (types,) if isinstance(types, str) else types
        if "integer" in types and "number" not in types:
            yield path, value
        return
    for inner in schema.get("anyOf", ()):
        yield from integers_written_as_floats(inner, value, path)
    if isinstance(value, dict):
        others = schema.get("additionalProperties")
        for key, item in value.items():
            inner = schema.get("properties", {}).get(key, others)
            if isinstance(inner, dict):
                yield from integers_written_as_floats(inner, item, f"{path}.{key}")
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from integers_written_as_floats(schema["items"], item, f"{path}[{index}]")


def as_of_today(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """Make a schema as strict as for an object created today: its dated rules always apply."""
    for rule in schema.get("allOf", ()):
        if "then" in rule:
            schema = _stricter(schema, rule["then"])
    return schema


def _stricter(schema: Any, rule: Any) -> Any:  # noqa: ANN401 - any JSON
    stricter = dict(schema)
    if "required" in rule:
        stricter["required"] = sorted({*schema.get("required", ()), *rule["required"]})
    if "type" in rule:
        stricter["type"] = rule["type"]
    for name, inner in rule.get("properties", {}).items():
        if name in schema.get("properties", {}):
            properties = stricter.get("properties", {})
            stricter["properties"] = {**properties, name: _stricter(properties[name], inner)}
    if "items" in rule and "items" in schema:
        stricter["items"] = _stricter(schema["items"], rule["items"])
    return stricter
