"""What is wrong with a document that its schema doesn't accept, place by place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pytest_stripe_balance.contract import schema_forms

Json = Any
LONGEST_RULE = 200


class Problem(NamedTuple):
    """One thing wrong: its kind (as in findings.py), its JSON path without "$", the rule, the value."""

    kind: str
    where: str
    rule: str
    value: Json


def problems(schema: Json, lenient: Any, strict: Any, value: Json) -> list[Problem]:  # noqa: ANN401 - jsonschema_rs has no name for its validators
    """List what is wrong with one object, one problem a kind and place.

    `schema` is the object's own with references cut. `lenient` is that schema compiled, `strict` its
    strict form (see schema_forms). What breaks the schema hides what is undocumented at the same place.
    """
    found: dict[tuple[str, str], Problem] = {}
    if not lenient.is_valid(value):
        for problem in _broken(schema, value):
            place = problem.kind, problem.where
            first = found.setdefault(place, problem)
            if problem.rule.startswith("required: ") and problem.rule not in first.rule:
                found[place] = problem._replace(rule=f"{first.rule}; {problem.rule}")
    for problem in _undocumented(strict, schema, value):
        if ("breaking", problem.where) not in found:
            found.setdefault((problem.kind, problem.where), problem)
    return list(found.values())


def _broken(schema: Json, value: Json) -> Iterator[Problem]:
    """Ask jsonschema what breaks a schema."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - imported only when something is wrong
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    for error in Draft202012Validator(schema).iter_errors(value):
        cause = best_match([error]) or error
        rule = f"{cause.validator}: {_cut(cause.validator_value)}"
        if cause.validator == "required":
            missing = [key for key in cause.validator_value if key not in cause.instance]
            rule = f"required: {', '.join(missing)}"
        yield Problem("breaking", cause.json_path[1:], rule, cause.instance)


def _undocumented(strict: Any, schema: Json, value: Json) -> Iterator[Problem]:  # noqa: ANN401 - as above
    """Ask jsonschema-rs which keys and values are undocumented, and which keys are gone."""
    for error in strict.iter_errors(value):
        where, rule = _json_path(error.instance_path), error.kind.name
        if rule == "additionalProperties" and _is_hash(schema, error.schema_path):
            for key in error.kind.unexpected:
                unknown = error.instance[key]
                yield Problem("additive", f"{where}.{key}", "the documentation has no such key", unknown)
        elif rule == "enum":
            documented = f"the documented values are {_cut(error.kind.options)}"
            yield Problem("enum", where, documented, error.instance)
        elif rule == "required" and error.kind.property in _always(schema, error.schema_path):
            path = f"{where}.{error.kind.property}"
            yield Problem("vanished", path, "real objects always carry it", None)


def _node_at(schema: Json, path: list[str | int]) -> Json:
    for part in path[:-1]:
        schema = schema[part]
    return schema


def _is_hash(schema: Json, path: list[str | int]) -> bool:
    """Tell a hash, which only the strict form closes, from a map with free keys."""
    return "additionalProperties" not in _node_at(schema, path)


def _always(schema: Json, path: list[str | int]) -> Mapping[str, int]:
    always: Mapping[str, int] = _node_at(schema, path).get(schema_forms.ALWAYS, {})
    return always


def _json_path(parts: list[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


def _cut(value: Json) -> str:
    text = json.dumps(value)
    return text if len(text) <= LONGEST_RULE else f"{text[:LONGEST_RULE]}..."
