"""The contract of one API version: its schemas, parameter rules and expandable paths.

jsonschema-rs validates every answer. Only when something is wrong, jsonschema says what.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from pytest_stripe_balance import resources
from pytest_stripe_balance.contract import explanation, parameter_files, schema_forms
from pytest_stripe_balance.contract.by_release import ABSENT, held
from pytest_stripe_balance.contract.calendar import came_to_all
from pytest_stripe_balance.contract.event_subjects import subject_of
from pytest_stripe_balance.contract.findings import BORROWED, Finding
from pytest_stripe_balance.contract.kinds import hint, kind_of
from pytest_stripe_balance.contract.parsed import Parsed, version_of
from pytest_stripe_balance.contract.releases import (
    lacks_unknown_keys,
    release_of,
    with_older_keys,
    with_older_values,
)
from pytest_stripe_balance.masking import shown

Json = Any
LONGEST_VALUE = 200
NESTED = (dict, list)
# The user's own keys, or parts of an object only: nothing in them is an object of Stripe's.
NOT_STRIPES = frozenset({"metadata", "previous_attributes"})


class Contract:
    """The schemas and parameter rules of the release that an API version belongs to.

    `api_version` is the version that was asked for. `release` is the API version that the schemas are
    from: the last month of the release, or the oldest of all for a version that is older.
    """

    def __init__(self, api_version: str) -> None:
        self.api_version = api_version
        release = release_of(api_version)
        if release is None:
            known = ", ".join(resources.api_versions())
            raise ValueError(f"there is no schema for API version {api_version}; there are {known}")
        self.release = release.api_version
        releases = [each.folder for each in resources.releases()]
        self._until = releases[: releases.index(release.folder) + 1]
        self._called = api_version
        if api_version[:10] < resources.releases()[0].began:
            self._called += BORROWED + self.release
        elif api_version[:10] > resources.newest_api_version()[:10]:
            self._called += f", by the schema of {self.release}"
        self._shared_rules: dict[str, dict[str, Json]] = {}
        self._lenient: dict[str, Any] = {}
        self._strict: dict[str, Any] = {}

    @cached_property
    def endpoints(self) -> frozenset[str]:
        """The endpoints that have parameter rules, as "POST /v1/customers"."""
        files = resources.names("schemas", parameter_files.FOLDER)
        return frozenset(
            endpoint
            for file in files
            for endpoint in parameter_files.endpoints(_file(parameter_files.FOLDER, file), self._until)
        )

    @cache  # noqa: B019 - contracts live as long as the process
    def rule(self, endpoint: str) -> dict[str, Json] | None:
        """Give the rule of an endpoint's parameters; None when this version doesn't have it."""
        name = parameter_files.file_of(endpoint)
        try:
            file = _file(parameter_files.FOLDER, name)
        except FileNotFoundError:
            return None
        known = self._shared_rules.setdefault(name, {})
        rule = parameter_files.whole(file, endpoint, known, self._until)
        return rule and with_older_values(rule, endpoint, self.api_version)

    @cached_property
    def objects(self) -> frozenset[str]:
        """The names of the objects that have a schema."""
        return frozenset(self._load("objects.json"))

    @cache  # noqa: B019 - as above
    def expandables(self, name: str) -> Mapping[str, tuple[tuple[str, ...], bool]]:
        """Return an object's expandable paths: the objects there, and whether only `expand` shows them.

        Two things expand as at the next version whose types have them: a key that the calendar gives to
        older versions, and an object that this version's types lack. An unknown object has no paths.
        """
        known = name in self.objects
        own = schema_forms.expandable_paths(self.schema(name)) if known else {}
        later = next((other for other in resources.api_versions() if other > self.release), None)
        if later is None:
            return own
        newer = contract(later).expandables(name)
        return {path: newer[path] for path in newer if not known or came_to_all(name, path)} | own

    @cache  # noqa: B019 - as above
    def schema(self, name: str) -> dict[str, Json]:
        """Return an object's schema; a version older than all schemas has its older keys added."""
        return with_older_keys(self._load("objects", f"{name}.json"), name, self.api_version)

    def takes(self, name: str, key: str, value: Json) -> bool:
        """Say whether a value fits a key of an object, as "none" fits a customer's tax_exempt."""
        known = self.schema(name)["properties"] if name in self.objects else {}
        return key in known and bool(self._of_key(name, key).is_valid(value))

    @cache  # noqa: B019 - as above
    def _of_key(self, name: str, key: str) -> Any:  # noqa: ANN401 - as _strictly
        return _compiled(schema_forms.strict(schema_forms.cut(self.schema(name)["properties"][key])))

    def check_parsed(self, parsed: Parsed, object: str | None = None) -> list[Finding]:  # noqa: A002 - Stripe's own name for it
        """Check a document that is parsed already; otherwise as `check`."""
        if parsed.alone and object is None:
            kind = self._kind_of(parsed.document, "$")
            with_floats = parsed.with_floats
            return self._check_one(kind, parsed.document, "$", with_floats=with_floats) if kind else []
        return self._check(parsed.document, object, with_floats=parsed.with_floats)

    def check(self, document: Json, object: str | None = None) -> list[Finding]:  # noqa: A002 - as above
        """Check a document and every object inside it that has a schema; [] when nothing is wrong.

        `object` names the document's object when the document itself doesn't. ValueError when that
        object has no schema.
        """
        return self._check(document, object, with_floats=True)

    def _check(self, document: Json, name: str | None, *, with_floats: bool) -> list[Finding]:
        if name is not None and name not in self.objects:
            message = f"there is no schema for {name!r} at {self.release}; {hint(name, self.objects)}"
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
        """Walk the objects in a document. An event inside is checked at its own API version."""
        waiting = [(self, path, value)] if isinstance(value, NESTED) else []
        while waiting:
            of, path, value = waiting.pop()
            if isinstance(value, list):
                items = enumerate(value)
                nested = [(of, f"{path}[{at}]", item) for at, item in items if isinstance(item, NESTED)]
            else:
                if path != "$":
                    of = of._of_event(value)  # noqa: SLF001 - its own kind
                kind = name if path == "$" and name else of._kind_of(value, path)  # noqa: SLF001 - as above
                if kind is not None:
                    yield of, path, kind, value
                nested = [
                    (of, f"{path}.{key}", item)
                    for key, item in value.items()
                    if isinstance(item, NESTED) and key not in NOT_STRIPES
                ]
            waiting += nested[::-1]

    def _wrong_subject(self, event: dict[str, Json], path: str) -> Finding | None:
        """Check that an event's object is the one in its type, as the charge in "charge.succeeded"."""
        about = subject_of(str(event.get("type", "")), self.objects)
        data = event.get("data")
        subject = data.get("object") if isinstance(data, dict) else None
        if about is None or not isinstance(subject, dict) or subject.get("object") == about:
            return None
        where, rule = f"{path}.data.object.object", f"const: {about}"
        return Finding("breaking", "event", where, rule, _shown(subject.get("object")), self._called)

    def _of_event(self, value: dict[str, Json]) -> Contract:
        """Return the contract of an event's own API version; this one for any other object."""
        version = version_of(value)
        if version in (None, self.api_version):
            return self
        try:
            return contract(version)
        except ValueError:
            return self

    def _kind_of(self, value: dict[str, Json], path: str) -> str | None:
        name = kind_of(value)
        if name is None or (name == "error" and path != "$"):
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
        """Give an object's schema, as `schema` does, with references cut, as a check needs it."""
        schema = self._load("objects", f"{name}.json", instead=schema_forms.name_check)
        if lacks_unknown_keys(name, self.api_version):
            schema = schema_forms.with_absent_keys(schema)
        return with_older_keys(schema, name, self.api_version, schema_forms.cut)

    def _explain(self, name: str, value: Json, path: str) -> list[Finding]:
        """List everything that is wrong with one object, one finding a place."""
        lenient, strict = self._leniently(name), self._strictly(name)
        return [
            Finding(kind, name, path + where, rule, _shown(what), self._called)
            for kind, where, rule, what in explanation.problems(
                self._shallow(name), lenient, strict, value
            )
            if not (kind == "enum" and _is_event_type(name, where, what))
        ]

    def _floats(self, name: str, value: Json, path: str) -> list[Finding]:
        return [
            Finding("breaking", name, where, "type: integer", repr(number), self._called)
            for where, number in schema_forms.integers_written_as_floats(
                self._shallow(name), value, path
            )
            if number.is_integer()
        ]

    def _load(self, *path: str, instead: Callable[[Json], Json] | None = None) -> Json:
        found = held(_file(*path), self._until, instead)
        if found is ABSENT:
            raise FileNotFoundError(f"schemas/{'/'.join(path)} has nothing of {self.release}")
        return found


@cache
def contract(api_version: str) -> Contract:
    """Return an API version's contract. It is made once a process, because compiling takes time.

    Betas in the version are ignored. ValueError when it isn't an API version, or has no schemas.
    """
    base = resources.without_betas(api_version)
    return Contract(base) if base == api_version else contract(base)


@cache
def _file(*path: str) -> Json:
    """Parse a file of `schemas/`, which holds all releases; nobody changes what this gives."""
    return json.loads(resources.text("schemas", *path))


def _compiled(schema: Json) -> Any:  # noqa: ANN401 - as above
    import jsonschema_rs  # noqa: PLC0415 - imported for the first answer only

    return jsonschema_rs.validator_for(schema)


def _shown(value: Json) -> str:
    """Write a value for a message: first masked, then cut."""
    return shown(json.dumps(value, ensure_ascii=False), LONGEST_VALUE)


def _is_event_type(name: str, where: str, value: Json) -> bool:
    """Say whether any release documents an event's type: a version's schema needn't list it."""
    return (name, where) == ("event", ".type") and value in event_types()


@cache
def event_types(api_version: str | None = None) -> frozenset[str]:
    """Return the event types that an API version documents, or any of them with None."""
    versions = resources.api_versions() if api_version is None else (api_version,)
    schemas = [contract(version).schema("event") for version in versions]
    return frozenset(
        name for schema in schemas for name in schema["properties"]["type"][schema_forms.ENUM]
    )


@cache
def error_codes() -> frozenset[str]:
    """Return the codes of errors that any API version documents: an intent's last error has them all."""
    schemas = [contract(version).schema("payment_intent") for version in resources.api_versions()]
    last = [schema["properties"]["last_payment_error"]["properties"] for schema in schemas]
    return frozenset(code for keys in last for code in keys["code"][schema_forms.ENUM])
