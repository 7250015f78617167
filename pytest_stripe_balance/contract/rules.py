"""One API version's contract, as the run reads it: parameter rules, expandable paths, validators.

jsonschema-rs decides, on every answer; jsonschema explains, when something is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pytest_stripe_balance import resources

Json = Any
# What these hold is a user's own, or a part of an object only.
NOT_STRIPES = frozenset({"metadata", "previous_attributes"})


@dataclass(frozen=True)
class Finding:
    """Something wrong with an object's shape. `path` is a JSON path ("$.next_action.type")."""

    kind: str
    object: str
    path: str
    rule: str
    value: str
    api_version: str

    def __str__(self) -> str:
        return (
            f"{self.kind}: {self.object} at {self.path} breaks {self.rule} "
            f"(API version {self.api_version}); it is {self.value}"
        )


class Contract:
    """The schemas of one API version."""

    def __init__(self, api_version: str) -> None:
        self.api_version = api_version
        self._folder: Path = resources.folder("schemas") / api_version
        self._validators: dict[str, Any] = {}

    @cached_property
    def _parameters(self) -> dict[str, Json]:
        rules: dict[str, Json] = self._load("parameters")
        return rules

    @property
    def rules(self) -> Mapping[str, Json]:
        """The parameter rules by endpoint, as "POST /v1/customers"."""
        return self._parameters

    @property
    def definitions(self) -> Mapping[str, Json]:
        """The rules that the others refer to."""
        definitions: dict[str, Json] = self._parameters.get("$defs", {})
        return definitions

    @cached_property
    def objects(self) -> frozenset[str]:
        """The names of the objects that have a schema."""
        return frozenset(path.stem for path in self._folder.glob("*.json"))

    @cache  # noqa: B019 - contracts live as long as the process
    def expandables(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """Give an object's expandable paths and the objects that can stand there."""
        return dict(_expandable_paths(self._load(name))) if name in self.objects else {}

    def check(self, document: Json) -> list[Finding]:
        """Check a document, and every object inside it that has a schema; [] when all is well."""
        findings: list[Finding] = []
        for path, name, value in self._objects_in(document, "$"):
            if not self._validator(name).is_valid(value):
                findings += self._explain(name, value, path)
        return findings

    def _objects_in(self, value: Json, path: str) -> Iterator[tuple[str, str, Json]]:
        if isinstance(value, dict):
            name = self._name_of(value, path)
            if name is not None:
                yield path, name, value
            for key, inner in value.items():
                if isinstance(inner, dict | list) and key not in NOT_STRIPES:
                    yield from self._objects_in(inner, f"{path}.{key}")
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                if isinstance(inner, dict | list):
                    yield from self._objects_in(inner, f"{path}[{index}]")

    def _name_of(self, value: dict[str, Json], path: str) -> str | None:
        name = value.get("object")
        if name is None:
            return "error" if path == "$" and "error" in value else None
        if not isinstance(name, str):
            return None
        if value.get("deleted") is True and f"deleted_{name}" in self.objects:
            return f"deleted_{name}"
        return name if name in self.objects else None

    def _validator(self, name: str) -> Any:  # noqa: ANN401 - jsonschema_rs has no name for it
        if name not in self._validators:
            import jsonschema_rs  # noqa: PLC0415 - paid for by the first answer only

            self._validators[name] = jsonschema_rs.validator_for(self._shallow(name))
        return self._validators[name]

    @cache  # noqa: B019 - as above
    def _shallow(self, name: str) -> dict[str, Json]:
        schema: dict[str, Json] = _cut(self._load(name))
        return schema

    def _explain(self, name: str, value: Json, path: str) -> list[Finding]:
        from jsonschema import Draft202012Validator  # noqa: PLC0415 - paid for by a broken one only
        from jsonschema.exceptions import best_match  # noqa: PLC0415

        errors = Draft202012Validator(self._shallow(name)).iter_errors(value)
        findings = []
        for error in errors:
            cause = best_match([error]) or error
            findings.append(
                Finding(
                    kind="breaking",
                    object=name,
                    path=path + cause.json_path[1:],
                    rule=f"{cause.validator}: {json.dumps(cause.validator_value)[:200]}",
                    value=json.dumps(cause.instance)[:200],
                    api_version=self.api_version,
                )
            )
        return findings

    def _load(self, name: str) -> Json:
        return json.loads((self._folder / f"{name}.json").read_text("utf-8"))


@cache
def contract(api_version: str) -> Contract:
    """Give the contract of one API version; one per process, because compiling costs."""
    return Contract(api_version)


def _cut(schema: Json) -> Json:
    """Cut references to other files down to the object's name.

    The inner object is checked by its own schema, so nothing is lost; compiling the whole graph
    once per object costs a hundred times more.
    """
    if isinstance(schema, list):
        return [_cut(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref", "")
    if not reference.endswith(".json"):
        return {key: _cut(inner) for key, inner in schema.items()}
    name = reference.removesuffix(".json").removeprefix("deleted_")
    return {
        "type": "object",
        "required": ["object"],
        "properties": {"object": {"const": name}},
    }


def _expandable_paths(schema: Json, path: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Walk a schema's properties for the places marked expandable."""
    for name, inner in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        if targets := inner.get("x-stripe-expandable"):
            yield here, tuple(targets)
        elif "properties" in inner:
            yield from _expandable_paths(inner, here)
