"""How parameter rules stand in `schemas/`: a file for each resource, each part of a rule once in a file.

`parameters/customers.json` maps the calls below /v1/customers to the rules of their parameters. Where a
part of a rule comes again in the file, a reference stands for it: the JSON pointer of its first place,
as "#/POST ~1v1~1customers/properties/address". Calls and parameters are in the order of their names. So
a new call, or a new parameter, changes lines of its own and few others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_stripe_balance.contract.by_release import ABSENT, SINCE, chosen

Rule = dict[str, Any]
FOLDER = "parameters"
_NESTED = (dict, list)
_SHARED_FROM = 100  # characters of a part's JSON; a reference is about as long


def file_of(endpoint: str) -> str:
    """Name the file of an endpoint's rule: "POST /v1/customers/{customer}" is in "customers.json".

    Test helpers have a file for each resource that they help.
    """
    _, _, resource, *more = endpoint.split("/")
    return f"test_helpers.{more[0]}.json" if resource == "test_helpers" else f"{resource}.json"


def shared(rules: Mapping[str, Rule]) -> dict[str, Rule]:
    """Put references in the place of what comes again in the rules of one file."""
    first_places: dict[str, str] = {}
    return {
        endpoint: _with_references(rules[endpoint], f"#/{_escaped(endpoint)}", first_places)
        for endpoint in sorted(rules)
    }


def _with_references(node: Any, place: str, first_places: dict[str, str]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, list):
        return [_with_references(part, f"{place}/{at}", first_places) for at, part in enumerate(node)]
    if not isinstance(node, dict):
        return node
    text = json.dumps(node, sort_keys=True)
    if len(text) >= _SHARED_FROM:
        if text in first_places:
            return {"$ref": first_places[text]}
        first_places[text] = place
    return {
        name: _with_references(node[name], f"{place}/{_escaped(name)}", first_places)
        for name in sorted(node)
    }


def whole(
    rules: Mapping[str, Rule], endpoint: str, known: dict[str, Rule], releases: Sequence[str]
) -> Rule | None:
    """Give an endpoint's rule at the last of some releases, which are all until then.

    Each reference is replaced by what it refers to. `rules` is a whole file. `known` keeps what was
    referred to at that release, for the other rules of the file. None if the release has no such call.
    """
    rule = _resolved(rules.get(endpoint, ABSENT), rules, known, releases)
    return None if rule is ABSENT else rule


def endpoints(rules: Mapping[str, Rule], releases: Sequence[str]) -> Iterator[str]:
    """List the endpoints of a file that the last of some releases has."""
    for endpoint, rule in rules.items():
        node: Any = rule
        while node is not ABSENT and ("$ref" in node or SINCE in node):
            node = _target(rules, node["$ref"]) if "$ref" in node else chosen(node, releases)
        if node is not ABSENT:
            yield endpoint


def _resolved(
    node: Any,  # noqa: ANN401 - any JSON
    rules: Mapping[str, Rule],
    known: dict[str, Rule],
    releases: Sequence[str],
) -> Any:  # noqa: ANN401 - as above
    if type(node) is list:
        parts = [
            _resolved(part, rules, known, releases) if type(part) in _NESTED else part for part in node
        ]
        return [part for part in parts if part is not ABSENT]
    if type(node) is not dict:
        return node
    if SINCE in node:
        return _resolved(chosen(node, releases), rules, known, releases)
    pointer = node.get("$ref")
    if pointer is None:
        found = {}
        for key, part in node.items():
            inner = _resolved(part, rules, known, releases) if type(part) in _NESTED else part
            if inner is not ABSENT:
                found[key] = inner
        return found
    if pointer not in known:
        known[pointer] = _resolved(_target(rules, pointer), rules, known, releases)
    return known[pointer]


def _target(rules: Mapping[str, Rule], pointer: str) -> Any:  # noqa: ANN401 - as above
    target: Any = rules
    for step in _steps(pointer):
        target = target[int(step) if isinstance(target, list) else step]
    return target


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _steps(pointer: str) -> Iterator[str]:
    for step in pointer.removeprefix("#/").split("/"):
        yield step.replace("~1", "/").replace("~0", "~")
