"""Where something stands in a JSON document, what kind and type it is, and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from typing import Any

from pytest_stripe_balance import masking
from pytest_stripe_balance.contract import kinds
from pytest_stripe_balance.contract.contract import NOT_STRIPES, contract
from pytest_stripe_balance.contract.differences import Key, keys_of

Json = Any
GONE = "gone"  # a finding's value where the key or item is missing now
LISTS = ("list", "search_result")


@dataclass(frozen=True)
class Location:
    """A place inside an object of a kind, as "charge", at an API version.

    `path` is the place as a reader sees it: "$.data[0].id". `shape` is its path in the object's schema,
    as "data[].id".
    """

    kind: str
    version: str = ""
    path: str = "$"
    shape: str = ""

    def key(self, name: str) -> Location:
        """Go into a hash."""
        shape = f"{self.shape}.{name}" if self.shape else name
        return Location(self.kind, self.version, f"{self.path}.{name}", shape)

    def index(self, number: int) -> Location:
        """Go into a list."""
        return Location(self.kind, self.version, f"{self.path}[{number}]", f"{self.shape}[]")

    def user_key(self, name: str) -> Location:
        """Go into a map, whose keys are the user's own, or currencies."""
        return Location(self.kind, self.version, f"{self.path}.{name}", f"{self.shape}.*")

    @property
    def name(self) -> str:
        """The last key of the path."""
        return self.path.rpartition(".")[2]

    @property
    def documented(self) -> Key | None:
        """What the schema says about this place, if there is a schema."""
        return documented(self.kind, self.version).get(self.shape)


@cache
def documented(kind: str, version: str) -> Mapping[str, Key]:
    """Give what an object's schema says about each shape; {} if there is no schema."""
    try:
        rules = contract(version)
    except ValueError:
        return {}
    return (keys_of(rules.schema(kind)) or {}) if kind in rules.objects else {}


def kind_of(value: Json) -> str:
    """Name an object's kind, as "charge" or "deleted_customer"; "" for anything else."""
    name = kinds.object_name(value)
    if name is None:
        return ""
    return f"deleted_{name}" if value.get("deleted") is True else name


def root_kind(document: Json) -> str:
    """Name a document's kind: its object's, "error", or "answer" for anything else."""
    return kind_of(document) or kinds.kind_of(document) or "answer"


def shown(value: Json) -> str:
    """Show a value in a few words, with secrets masked."""
    if isinstance(value, dict | list):
        return ("a hash" if isinstance(value, dict) else "a list") if value else json.dumps(value)
    return masking.shown(json.dumps(value, ensure_ascii=False))


def type_of(value: Json) -> str:
    """Name the JSON type of a value."""
    names = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string"}
    return names.get(type(value), "object" if isinstance(value, dict) else "array")


Seen = AbstractSet[tuple[str, str, str]]  # kind, shape and JSON type


def seen_in(documents: list[Json]) -> Seen:
    """Collect which JSON types stand at which shape of which kind of object."""
    found: set[tuple[str, str, str]] = set()
    pending = [(document, Location(root_kind(document))) for document in documents]
    while pending:
        value, at = pending.pop()
        found.add((at.kind, at.shape, type_of(value)))
        if at.name in NOT_STRIPES:
            continue
        if kind := kind_of(value):
            at = Location(kind)
        if isinstance(value, dict):
            pending += [(inner, at.key(name)) for name, inner in value.items()]
        elif isinstance(value, list):
            pending += [(item, at.index(0)) for item in value]
    return found


def was_seen(seen: Seen, at: Location, json_type: str) -> bool:
    """Tell whether a JSON type was seen at a location."""
    return (at.kind, at.shape, json_type) in seen
