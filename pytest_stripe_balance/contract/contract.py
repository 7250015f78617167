"""One API version's contract, as a run reads it: parameter rules, expandable paths, validators.

jsonschema-rs decides, on every answer; jsonschema explains, when something is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from pytest_stripe_balance import resources
from pytest_stripe_balance.contract import schema_forms
from pytest_stripe_balance.contract.calendar import came_to_all
from pytest_stripe_balance.contract.findings import BORROWED, Finding
from pytest_stripe_balance.contract.releases import RELEASES, release_folder, with_older_keys
from pytest_stripe_balance.masking import shown

Json = Any
SHOWN = 200
NESTED = (dict, list)
# What these hold is a user's own, or a part of an object only.
NOT_STRIPES = frozenset({"metadata", "previous_attributes"})


@dataclass(slots=True)
class Read:
    """A parsed document, and what its text tells of it without a walk.

    Whether a number was written as a float; and whether only one of its hashes, which is then the
    document's own, can name its kind.
    """

    document: Json
    with_floats: bool
    alone: bool = False


def read(text: bytes | str) -> Read:
    """Parse JSON once for everything that looks at it; ValueError when it isn't JSON."""
    text = text if isinstance(text, str) else text.decode("utf-8")
    floats: list[str] = []

    def number(written: str) -> float:
        floats.append(written)
        return float(written)

    document = json.loads(text, parse_float=number)
    # A walk through an intent takes as long as its validation: the text tells whether one is due.
    is_object = isinstance(document, dict) and "object" in document
    alone = is_object and text.count('"object"') == 1 and "\\u" not in text
    return Read(document, with_floats=bool(floats), alone=alone)


def written(document: dict[str, Json], body: bytes) -> Read:
    """Take a document that a body was just written from, without a float in it, as read from there."""
    return Read(document, with_floats=False, alone="object" in document and body.count(b'"object"') == 1)


def version_of(document: Json) -> str | None:
    """Read the API version that an event carries, and is held to; None for anything else."""
    if isinstance(document, dict) and document.get("object") == "event":
        return resources.named_version(document.get("api_version")) or None
    return None


class Contract:
    """The schemas of the release that an API version belongs to.

    `api_version` is what was asked for and `release` the folder that it is held against: months of
    a named release are additive, and versions older than the first typed SDK go by the oldest.
    """

    def __init__(self, api_version: str) -> None:
        self.api_version = api_version
        self.release = release_folder(api_version)
        self._files = frozenset(resources.names("schemas", self.release))
        if not self._files:
            known = ", ".join(resources.api_versions())
            message = f"there is no schema for API version {api_version}; there are {known}"
            raise ValueError(message)
        self._called = api_version
        if api_version[:10] < RELEASES[0]:
            self._called += BORROWED + self.release
        elif api_version[:10] > RELEASES[-1][:10]:
            self._called += f", by the schema of {self.release}"
        self._followed: dict[str, Json] = {}
        self._lenient: dict[str, Any] = {}
        self._strict: dict[str, Any] = {}

    @cached_property
    def _rules(self) -> dict[str, Json]:
        rules: dict[str, Json] = self._load("parameters")
        return rules

    @property
    def endpoints(self) -> frozenset[str]:
        """The endpoints that have parameter rules, as "POST /v1/customers"."""
        return frozenset(self._rules) - {"$defs"}

    @cache  # noqa: B019 - contracts live as long as the process
    def rule(self, endpoint: str) -> dict[str, Json] | None:
        """Give the rule of an endpoint's parameters, whole; None when this version hasn't it."""
        if endpoint not in self.endpoints:
            return None
        definitions = self._rules.get("$defs", {})
        rule: dict[str, Json] = schema_forms.followed(self._rules[endpoint], definitions, self._followed)
        return rule

    @cached_property
    def objects(self) -> frozenset[str]:
        """The names of the objects that have a schema."""
        return frozenset(name.removesuffix(".json") for name in self._files) - resources.NO_OBJECTS

    @cache  # noqa: B019 - as above
    def expandables(self, name: str) -> Mapping[str, tuple[tuple[str, ...], bool]]:
        """Give an object's expandable paths: what can stand there, and whether it is shown only then.

        A key that came to older versions too, by the calendar, expands as at the next version whose
        types know it; so does an object that this version's types lack. There are none for what is no
        object of Stripe's.
        """
        own = self._own_expandables(name)
        later = next((one for one in RELEASES if one > self.release), None)
        if later is None:
            return own
        newer = contract(later).expandables(name)
        is_unknown = not own and name not in self.objects
        return {path: newer[path] for path in newer if is_unknown or came_to_all(name, path)} | own

    def _own_expandables(self, name: str) -> schema_forms.Expandables:
        if name in self.objects:
            return schema_forms.expandable_paths(self.schema(name))
        return schema_forms.expandables_as_read(self._beyond.get(name, {}))

    @cached_property
    def _beyond(self) -> dict[str, dict[str, str]]:
        beyond: dict[str, dict[str, str]] = self._load("expandables")
        return beyond

    @cache  # noqa: B019 - as above
    def schema(self, name: str) -> dict[str, Json]:
        """Give an object's committed schema, with what its API version had besides."""
        return with_older_keys(self._load(name), name, self.api_version)

    def check_text(self, text: bytes | str, object: str | None = None) -> list[Finding]:  # noqa: A002 - Stripe's own name for it
        """Check a document as it was sent; ValueError when it isn't JSON."""
        return self.check_read(read(text), object)

    def check_read(self, given: Read, object: str | None = None) -> list[Finding]:  # noqa: A002 - as above
        """Check a document that was read already."""
        if given.alone and object is None:
            kind = self._kind_of(given.document, "$")
            with_floats = given.with_floats
            return self._check_one(kind, given.document, "$", with_floats=with_floats) if kind else []
        return self._check(given.document, object, with_floats=given.with_floats)

    def check(self, document: Json, object: str | None = None) -> list[Finding]:  # noqa: A002 - as above
        """Check a document, and every object inside it that has a schema; [] when all is well.

        `object` names the document's kind where its own `object` key doesn't; ValueError when there
        is no such kind.
        """
        return self._check(document, object, with_floats=True)

    def _check(self, document: Json, name: str | None, *, with_floats: bool) -> list[Finding]:
        if name is not None and name not in self.objects:
            known = ", ".join(sorted(self.objects))
            message = f"there is no schema for {name!r} at {self.release}; there are {known}"
            raise ValueError(message)
        findings: list[Finding] = []
        for shapes_of, path, kind, value in self._objects_in(document, "$", name):
            findings += shapes_of._check_one(kind, value, path, with_floats=with_floats)  # noqa: SLF001 - its own kind
        return findings

    def _check_one(self, kind: str, value: Json, path: str, *, with_floats: bool) -> list[Finding]:
        if kind == "event" and (wrong := self._wrong_subject(value, path)):
            return [wrong]
        valid = self._strictly(kind).is_valid(value)
        findings = [] if valid else self._explain(kind, value, path)
        return [*findings, *(self._floats(kind, value, path) if with_floats else ())]

    def _objects_in(
        self, value: Json, path: str, name: str | None = None
    ) -> Iterator[tuple[Contract, str, str, Json]]:
        """Walk the objects inside a document; an event inside it goes by its own API version."""
        held = [(self, path, value)] if isinstance(value, NESTED) else []
        while held:
            of, path, value = held.pop()
            if isinstance(value, list):
                nested = [
                    (of, f"{path}[{at}]", one) for at, one in enumerate(value) if isinstance(one, NESTED)
                ]
            else:
                if path != "$":
                    of = of._of_event(value)  # noqa: SLF001 - its own kind
                kind = name if path == "$" and name else of._kind_of(value, path)  # noqa: SLF001 - as above
                if kind is not None:
                    yield of, path, kind, value
                nested = [
                    (of, f"{path}.{key}", one)
                    for key, one in value.items()
                    if isinstance(one, NESTED) and key not in NOT_STRIPES
                ]
            held += nested[::-1]

    def _wrong_subject(self, event: dict[str, Json], path: str) -> Finding | None:
        """Find that an event is about another object than its type says, as "charge.succeeded" does."""
        about, _, happened = str(event.get("type", "")).partition(".")
        data = event.get("data")
        subject = data.get("object") if isinstance(data, dict) else None
        if about not in self.objects or "." in happened or not isinstance(subject, dict):
            return None
        if subject.get("object") == about:
            return None
        where, rule = f"{path}.data.object.object", f"const: {about}"
        return Finding("breaking", "event", where, rule, _shown(subject.get("object")), self._called)

    def _of_event(self, value: dict[str, Json]) -> Contract:
        """Give the contract that an event inside a document goes by; this one for anything else."""
        version = version_of(value)
        if version in (None, self.api_version):
            return self
        try:
            return contract(version)
        except ValueError:
            return self

    def _kind_of(self, value: dict[str, Json], path: str) -> str | None:
        name = value.get("object")
        if name is None:
            return "error" if path == "$" and isinstance(value.get("error"), dict) else None
        if not isinstance(name, str):
            return None
        if value.get("deleted") is True and f"deleted_{name}" in self.objects:
            return f"deleted_{name}"
        return name if name in self.objects else None

    def _strictly(self, name: str) -> Any:  # noqa: ANN401 - jsonschema_rs has no name for it
        if name not in self._strict:
            self._strict[name] = _compiled(schema_forms.strict(self._shallow(name)))
        return self._strict[name]

    def _leniently(self, name: str) -> Any:  # noqa: ANN401 - as above
        if name not in self._lenient:
            self._lenient[name] = _compiled(self._shallow(name))
        return self._lenient[name]

    @cache  # noqa: B019 - as above
    def _shallow(self, name: str) -> dict[str, Json]:
        schema: dict[str, Json] = schema_forms.cut(self.schema(name))
        return schema

    def _explain(self, name: str, value: Json, path: str) -> list[Finding]:
        """Say all that is wrong with one object, each place once."""
        found: dict[tuple[str, str], tuple[str, Json]] = {}
        if not self._leniently(name).is_valid(value):
            for kind, where, rule, what in _broken(self._shallow(name), value):
                before = found.setdefault((kind, where), (rule, what))[0]
                if rule.startswith("required: ") and rule not in before:
                    found[kind, where] = (f"{before}; {rule}", what)
        for kind, where, rule, what in _undocumented(self._strictly(name), self._shallow(name), value):
            if ("breaking", where) not in found and not _is_event_type(name, where, what):
                found.setdefault((kind, where), (rule, what))
        return [
            Finding(kind, name, path + where, rule, _shown(what), self._called)
            for (kind, where), (rule, what) in found.items()
        ]

    def _floats(self, name: str, value: Json, path: str) -> list[Finding]:
        return [
            Finding("breaking", name, where, "type: integer", repr(number), self._called)
            for where, number in schema_forms.integers_written_as_floats(
                self._shallow(name), value, path
            )
            if number.is_integer()
        ]

    def _load(self, name: str) -> Json:
        return json.loads(resources.text("schemas", self.release, f"{name}.json"))


@cache
def contract(api_version: str) -> Contract:
    """Give an API version's contract; one per process, because compiling costs.

    Betas that the version names have none of their own. ValueError when it isn't an API version, or
    there is no schema for it.
    """
    base = resources.without_betas(api_version)
    return Contract(base) if base == api_version else contract(base)


def _compiled(schema: Json) -> Any:  # noqa: ANN401 - as above
    import jsonschema_rs  # noqa: PLC0415 - paid for by the first answer only

    return jsonschema_rs.validator_for(schema)


def _broken(shallow: Json, value: Json) -> Iterator[tuple[str, str, str, Json]]:
    """Let jsonschema tell what breaks a schema: kind, path, rule, value."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - paid for by a broken one only
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    for error in Draft202012Validator(shallow).iter_errors(value):
        cause = best_match([error]) or error
        rule = f"{cause.validator}: {_short(cause.validator_value)}"
        if cause.validator == "required":
            gone = [key for key in cause.validator_value if key not in cause.instance]
            yield "breaking", cause.json_path[1:], f"required: {', '.join(gone)}", cause.instance
        else:
            yield "breaking", cause.json_path[1:], rule, cause.instance


def _undocumented(
    strict: Any,  # noqa: ANN401 - as above
    shallow: Json,
    value: Json,
) -> Iterator[tuple[str, str, str, Json]]:
    """Let jsonschema-rs tell what the documentation doesn't have: kind, path, rule, value."""
    for error in strict.iter_errors(value):
        where, rule = _json_path(error.instance_path), error.kind.name
        if rule == "additionalProperties" and _closed(shallow, error.schema_path):
            for key in error.kind.unexpected:
                held = error.instance[key]
                yield "additive", f"{where}.{key}", "the documentation has no such key", held
        elif rule == "enum":
            yield (
                "enum",
                where,
                f"the documented values are {_short(error.kind.options)}",
                error.instance,
            )
        elif rule == "required" and error.kind.property in _always(shallow, error.schema_path):
            key = error.kind.property
            yield "vanished", f"{where}.{key}", "real objects always carry it", None


def _at(schema: Json, path: list[str | int]) -> Json:
    for part in path[:-1]:
        schema = schema[part]
    return schema


def _closed(shallow: Json, path: list[str | int]) -> bool:
    """Tell a hash that only the strict form closes from a map whose values have a type."""
    return "additionalProperties" not in _at(shallow, path)


def _always(shallow: Json, path: list[str | int]) -> Mapping[str, int]:
    always: Mapping[str, int] = _at(shallow, path).get(schema_forms.ALWAYS, {})
    return always


def _json_path(parts: list[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


def _short(value: Json) -> str:
    text = json.dumps(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _shown(value: Json) -> str:
    """Show a value for people: its secrets masked first, then cut."""
    return shown(json.dumps(value, ensure_ascii=False), SHOWN)


def _is_event_type(name: str, where: str, value: Json) -> bool:
    """Tell an event's type that some release documents: no API version chooses what Stripe sends."""
    return (name, where) == ("event", ".type") and value in event_types()


@cache
def event_types() -> frozenset[str]:
    """Name the types of event that are documented at any API version."""
    schemas = [contract(version).schema("event") for version in resources.api_versions()]
    return frozenset(
        name for schema in schemas for name in schema["properties"]["type"][schema_forms.ENUM]
    )
