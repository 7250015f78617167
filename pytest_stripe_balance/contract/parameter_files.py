"""How parameter rules stand in `schemas/`: a file for each resource, each part of a rule once in a file.

`parameters/customers.json` maps the calls below /v1/customers to the rules of their parameters. Where a
part of a rule comes again in the file, a reference stands for it: the JSON pointer of its first place,
as "#/POST ~1v1~1customers/properties/address". Calls and parameters are in the order of their names. So
a new call, or a new parameter, changes lines of its own and few others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Rule = dict[str, Any]
FOLDER = "parameters"
_SHARED_FROM = 100  # characters of a part's JSON; a reference is about as long


def file_of(endpoint: str) -> str:
    """Name the file of an endpoint's rule: "POST /v1/customers/{customer}" is in "customers.json"."""
    return f"{endpoint.split('/')[2]}.json"


def shared(rules: Mapping[str, Rule]) -> dict[str, Rule]:
    """Put references in the place of what comes again in the rules of one file."""
    first_places: dict[str, str] = {}
    return {
        endpoint: _with_references(rules[endpoint], f"#/{_escaped(endpoint)}", first_places)
        for endpoint in sorted(rules)
    }


def _with_references(node: Rule, place: str, first_places: dict[str, str]) -> Rule:
    text = json.dumps(node, sort_keys=True)
    if len(text) >= _SHARED_FROM:
        if text in first_places:
            return {"$ref": first_places[text]}
        first_places[text] = place
    shorter = dict(node)
    if "properties" in node:
        shorter["properties"] = {
            name: _with_references(
                node["properties"][name], f"{place}/properties/{_escaped(name)}", first_places
            )
            for name in sorted(node["properties"])
        }
    for word in ("additionalProperties", "items"):
        if word in node:
            shorter[word] = _with_references(node[word], f"{place}/{word}", first_places)
    if "anyOf" in node:
        shorter["anyOf"] = [
            _with_references(part, f"{place}/anyOf/{at}", first_places)
            for at, part in enumerate(node["anyOf"])
        ]
    return shorter


def whole(rules: Mapping[str, Rule], endpoint: str, known: dict[str, Rule]) -> Rule:
    """Give an endpoint's rule with each reference replaced by what it refers to.

    `rules` is a whole file. `known` keeps what was referred to, for the other rules of the file.
    """
    rule: Rule = _resolved(rules[endpoint], rules, known)
    return rule


def _resolved(node: Any, rules: Mapping[str, Rule], known: dict[str, Rule]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, list):
        return [_resolved(part, rules, known) for part in node]
    if not isinstance(node, dict):
        return node
    pointer = node.get("$ref")
    if pointer is None:
        return {key: _resolved(part, rules, known) for key, part in node.items()}
    if pointer not in known:
        target: Any = rules
        for step in _steps(pointer):
            target = target[int(step) if isinstance(target, list) else step]
        known[pointer] = _resolved(target, rules, known)
    return known[pointer]


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _steps(pointer: str) -> Iterator[str]:
    for step in pointer.removeprefix("#/").split("/"):
        yield step.replace("~1", "/").replace("~0", "~")
