"""The committed schemas and rules: what the releases give, and what the overlay adds to it."""

from __future__ import annotations

import json
import os
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pytest_stripe_balance import resources
from pytest_stripe_balance.contract import calendar, derive, overlay

Json = Any

APPLY = "POST /v1/payment_intents/{intent}/apply_customer_balance"


@pytest.fixture(scope="module")
def endpoints() -> list[str]:
    """Give the endpoints that the committed rules of the installed release are derived for."""
    return endpoints_at(derive.release_folder(derive.api_version(derive.installed_sdk())))


def endpoints_at(version: str) -> list[str]:
    """Read off a release's committed rules which endpoints it has."""
    committed = resources.folder("schemas") / version / derive.PARAMETERS
    return [name for name in json.loads(committed.read_text("utf-8")) if name != "$defs"]


@pytest.fixture(scope="module")
def documents(endpoints: list[str]) -> dict[str, Json]:
    """Derive the contract of the installed release."""
    sdk = derive.installed_sdk()
    return derive.derive(sdk, derive.surface(sdk)[0], endpoints)


def releases() -> list[Path]:
    """List the unpacked releases in the folder that STRIPE_SDK_RELEASES names."""
    folder = os.environ.get("STRIPE_SDK_RELEASES")
    return sorted(Path(folder).glob("*/stripe")) if folder else []


def resolved(rules: Json, endpoint: str) -> Json:
    """Follow the references of an endpoint's rule."""

    def follow(node: Json) -> Json:
        if isinstance(node, dict) and "$ref" in node:
            return follow(rules["$defs"][node["$ref"].removeprefix("#/$defs/")])
        if isinstance(node, dict):
            return {key: follow(value) for key, value in node.items()}
        return [follow(value) for value in node] if isinstance(node, list) else node

    return follow(rules[endpoint])


def test_committed_files_are_what_the_installed_release_gives(
    documents: dict[str, Json], tmp_path: Path
) -> None:
    """The committed folder of the installed release is the derivation's own text."""
    version = derive.api_version(derive.installed_sdk())
    if version not in derive.RELEASES:
        pytest.skip(f"the installed stripe pins {version}, which isn't the end of a release")
    committed = resources.folder("schemas") / version
    written = derive.write(documents, tmp_path)
    assert {path.name: path.read_text("utf-8") for path in written} == {
        path.name: path.read_text("utf-8") for path in committed.glob("*.json")
    }


def test_committed_files_are_what_every_release_gives(
    endpoints: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the releases, each folder is the derivation's text, and no overlay entry is stale."""
    sdks = {derive.api_version(sdk): sdk for sdk in releases()}
    if not sdks:
        pytest.skip("STRIPE_SDK_RELEASES")
    used: list[Json] = []
    dated: set[tuple[str, str]] = set()
    apply, apply_calendar = overlay.apply, overlay.apply_calendar
    monkeypatch.setattr(overlay, "apply", lambda *args: used.extend(apply(*args)))
    monkeypatch.setattr(overlay, "apply_calendar", lambda *args: dated.update(apply_calendar(*args)))
    for version in derive.RELEASES:
        sdk = sdks[version]
        contract = derive.derive(sdk, derive.surface(sdk)[0], endpoints_at(version))
        for path in derive.write(contract, tmp_path / version):
            committed = resources.folder("schemas") / version / path.name
            assert path.read_text("utf-8") == committed.read_text("utf-8"), committed
    assert all(entry in used for entries in overlay.read().values() for entry in entries)
    known = {(kind, path) for kind, paths in calendar.rows().items() for path in paths}
    assert {kind for kind, _ in known - dated} == {"line_item"}  # has no schema


def test_derivation_is_deterministic_and_takes_seconds(
    documents: dict[str, Json], endpoints: list[str]
) -> None:
    """A second derivation gives the same documents within seconds of the processor's time."""
    started = time.process_time()
    sdk = derive.installed_sdk()
    assert derive.derive(sdk, derive.surface(sdk)[0], endpoints) == documents
    assert time.process_time() - started < 20


def test_every_document_is_a_schema_of_its_dialect(documents: dict[str, Json]) -> None:
    """Every object's document passes the dialect's own check."""
    for name, document in documents.items():
        if name != derive.PARAMETERS:
            Draft202012Validator.check_schema(document)


def test_no_reference_leads_nowhere(documents: dict[str, Json]) -> None:
    """References lead to documents of the folder, or to definitions of the rules."""

    def references(node: Json) -> set[str]:
        found = {node["$ref"]} if isinstance(node, dict) and "$ref" in node else set()
        children = node.values() if isinstance(node, dict) else node
        return found.union(*(references(c) for c in children if isinstance(c, dict | list)))

    rules = documents[derive.PARAMETERS]
    known = {*documents, *(f"#/$defs/{name}" for name in rules["$defs"])}
    assert set().union(*(references(document) for document in documents.values())) <= known


def test_nothing_stands_beside_a_reference_of_the_rules(documents: dict[str, Json]) -> None:
    """A rule that refers to a definition is all of it, so that reading one merges nothing."""

    def beside(node: Json) -> list[Json]:
        children = node.values() if isinstance(node, dict) else node
        found = [node] if isinstance(node, dict) and "$ref" in node and len(node) > 1 else []
        return found + [one for c in children if isinstance(c, dict | list) for one in beside(c)]

    assert beside(documents[derive.PARAMETERS]) == []


def test_rule_of_apply_customer_balance(documents: dict[str, Json]) -> None:
    """The rule is the types' three optional parameters and the overlay's minimum."""
    assert documents[derive.PARAMETERS][APPLY] == {
        "type": "object",
        "properties": {
            "amount": {"type": "integer", "minimum": 1},
            "currency": {"type": "string"},
            "expand": {"type": "array", "items": {"type": "string"}},
        },
        "required": [],
    }


@pytest.mark.skipif(
    derive.api_version(derive.installed_sdk()) < "2026-09-30",
    reason="payment_method_types are gone since 2026-09-30.endive",
)
def test_rules_of_the_intent(documents: dict[str, Json]) -> None:
    """Required, unions, page ranges, clearable maps and what endive took away are all there."""
    rules = documents[derive.PARAMETERS]
    create = resolved(rules, "POST /v1/payment_intents")
    assert create["required"] == ["amount", "currency"]
    assert create["properties"]["payment_method_types"] == {
        "gone": "payment_method_types_no_longer_supported"
    }
    update = resolved(rules, "POST /v1/payment_intents/{intent}")["properties"]
    metadata = update["metadata"]
    assert (metadata["type"], metadata["clearable"]) == ("object", True)
    assert metadata["propertyNames"]["maxLength"] == 40
    value = metadata["additionalProperties"]
    assert (value["type"], value["clearable"], value["maxLength"]) == ("string", True, 500)
    pages = resolved(rules, "GET /v1/payment_intents")["properties"]
    assert pages["limit"] == {"type": "integer"}
    assert [node["type"] for node in pages["created"]["anyOf"]] == ["object", "integer"]
    assert resolved(rules, "DELETE /v1/customers/{customer}")["properties"] == {}


def test_rules_say_how_long_a_text_may_be_and_what_is_an_address(documents: dict[str, Json]) -> None:
    """Limits come from the documentation of the types, others from the overlay, nested ones too."""
    rules = documents[derive.PARAMETERS]
    customer = resolved(rules, "POST /v1/customers")["properties"]
    limited = {"type": "string", "clearable": True, "maxLength": 150}
    assert customer.get("business_name", limited) == limited  # stripe 11 has no such parameter
    assert customer["email"] == {
        "type": "string",
        "clearable": True,
        "maxLength": 512,
        "format": "email",
    }
    settings = customer["invoice_settings"]["properties"]
    assert settings["custom_fields"]["items"]["properties"]["name"]["maxLength"] == 40
    method = resolved(rules, "POST /v1/payment_intents")["properties"]["payment_method_data"]
    billing = method["properties"]["billing_details"]["properties"]
    assert (billing["email"]["format"], billing["name"]["maxLength"]) == ("email", 5000)
    assert "format" not in resolved(rules, "GET /v1/customers")["properties"]["email"]


def test_older_rules_still_take_payment_method_types() -> None:
    """Before endive the parameter is an ordinary list."""
    older = resources.folder("schemas") / derive.release_folder("2026-03-25.dahlia")
    rules = json.loads((older / derive.PARAMETERS).read_text("utf-8"))
    node = resolved(rules, "POST /v1/payment_intents")["properties"]["payment_method_types"]
    assert node["type"] == "array"


def test_includable_fields_count_as_expandable(documents: dict[str, Json]) -> None:
    """A field that is there only on request is marked as what it can be expanded to."""
    customer = documents["customer.json"]["properties"]
    assert customer["cash_balance"]["x-stripe-expandable"] == ["cash_balance"]
    assert customer["sources"]["x-stripe-expandable"] == ["list"]
    assert customer["tax"]["x-stripe-expandable"] == ["tax"]


def test_late_keys_are_due_in_objects_created_since() -> None:
    """A key that came to old versions too is due in newer objects and optional in older ones."""
    folder = resources.folder("schemas") / derive.release_folder("2020-08-27")
    document = json.loads((folder / "balance_transaction.json").read_text("utf-8"))
    rule = next(r["then"] for r in document["allOf"] if "reporting_category" in r["then"]["required"])
    assert "reporting_category" not in document["required"]
    assert rule["properties"]["reporting_category"] == {"type": "string"}


def test_the_calendar_lets_older_objects_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A late key, in an array or a union too, is loosened at its place and due by the date."""
    line = {"type": "object", "properties": {"tax": {"type": "integer"}}, "required": ["tax"]}
    lines = {"anyOf": [{"type": "string"}, {"type": "array", "items": line}]}
    properties = {"created": {"type": "integer"}, "lines": lines}
    document = {"type": "object", "properties": properties, "required": ["created", "lines"]}
    late = calendar.Row(date(1970, 1, 2), "seen", None, None)
    monkeypatch.setattr(calendar, "rows", lambda: {"bill": {"lines.tax": late, "lines": late}})
    used = overlay.apply_calendar({"bill.json": document}, derive.RELEASES[0])
    assert used == {("bill", "lines.tax"), ("bill", "lines")}
    validator = Draft202012Validator(document)
    old, due = {"created": 1}, {"created": 86400}
    assert validator.is_valid(old)
    assert validator.is_valid({"lines": [{"tax": None}], **old})
    assert not validator.is_valid({"lines": [{"tax": "1"}], **old})
    assert not validator.is_valid(due)
    assert not validator.is_valid({"lines": [{"tax": None}], **due})
    assert not validator.is_valid({"lines": [{}], **due})
    assert validator.is_valid({"lines": [{"tax": 1}], **due})


def test_every_entry_of_the_overlay_has_a_reason() -> None:
    """Nothing is changed by hand without saying why."""
    assert all(entry["reason"] for entries in overlay.read().values() for entry in entries)
