"""The committed schemas and rules: what the releases give, and what the overlay adds to it."""

from __future__ import annotations

import json
import os
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from pytest_stripe_balance import resources
from pytest_stripe_balance.contract import calendar, derive, overlay, schema_files
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.contract.releases import release_of
from pytest_stripe_balance.contract.schema_files import Contents
from pytest_stripe_balance.contract.sdk import Sdk

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any

APPLY = "POST /v1/payment_intents/{intent}/apply_customer_balance"


@pytest.fixture(scope="module")
def installed() -> Contents:
    """Derive the contract of the installed release."""
    return derive.derive(derive.installed_sdk())


@pytest.fixture(scope="module")
def documents(installed: Contents) -> Mapping[str, Json]:
    """Give the schemas of the installed release, by object."""
    return installed.objects


@pytest.fixture(scope="module")
def rules(installed: Contents) -> Mapping[str, Json]:
    """Give the parameter rules of the installed release, by endpoint."""
    return installed.rules


def releases() -> list[Path]:
    """List the unpacked releases in the folder that STRIPE_SDK_RELEASES names."""
    folder = os.environ.get("STRIPE_SDK_RELEASES")
    return sorted(Path(folder).glob("*/stripe")) if folder else []


def texts(folder: Path) -> dict[str, str]:
    """Read the files of a folder: path inside it -> text."""
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*.json")}


def committed(name: str) -> Json:
    """Read a committed file, without reading it for a release."""
    return json.loads(resources.text("schemas", name))


def test_committed_files_are_what_the_installed_release_gives(installed: Contents) -> None:
    """What the committed files have of the installed release is what its types give."""
    version = Sdk(derive.installed_sdk()).api_version
    release = release_of(version)
    if release is None or release.api_version != version:
        pytest.skip(f"the installed stripe pins {version}, which isn't the end of a release")
    assert schema_files.read(resources.folder("schemas"))[release] == installed


def test_committed_files_are_written_by_the_command(tmp_path: Path) -> None:
    """Read and written again they are the same, letter by letter, and none is left over."""
    folder = resources.folder("schemas")
    schema_files.write(schema_files.read(folder), tmp_path)
    written = {**texts(tmp_path), "calendar.json": resources.text("schemas", "calendar.json")}
    assert written == texts(folder)


def test_committed_files_are_what_every_release_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the releases, the files are the derivation's text, and no overlay entry is stale."""
    sdks = {Sdk(sdk).api_version: sdk for sdk in releases()}
    if not sdks:
        pytest.skip("STRIPE_SDK_RELEASES")
    used: list[Json] = []
    dated: set[tuple[str, str]] = set()
    apply, apply_calendar = overlay.apply, overlay.apply_calendar
    monkeypatch.setattr(overlay, "apply", lambda *args: used.extend(apply(*args)))
    monkeypatch.setattr(overlay, "apply_calendar", lambda *args: dated.update(apply_calendar(*args)))
    everything = {each: derive.derive(sdks[each.api_version]) for each in resources.releases()}
    schema_files.write(everything, tmp_path)
    written = {**texts(tmp_path), "calendar.json": resources.text("schemas", "calendar.json")}
    assert written == texts(resources.folder("schemas"))
    assert all(entry in used for entries in overlay.read().values() for entry in entries)
    assert {(kind, path) for kind, paths in calendar.rows().items() for path in paths} == dated


def test_derivation_is_deterministic_and_takes_seconds(installed: Contents) -> None:
    """A second derivation gives the same documents within seconds of the processor's time."""
    started = time.process_time()
    assert derive.derive(derive.installed_sdk()) == installed
    assert time.process_time() - started < 20


def test_every_document_is_a_schema_of_its_dialect(documents: Mapping[str, Json]) -> None:
    """Every object's document passes the dialect's own check."""
    for document in documents.values():
        Draft202012Validator.check_schema(document)


def test_no_reference_leads_nowhere(documents: Mapping[str, Json]) -> None:
    """An object's references lead to documents of the same release."""

    def references(node: Json) -> set[str]:
        found = {node["$ref"]} if isinstance(node, dict) and "$ref" in node else set()
        children = node.values() if isinstance(node, dict) else node
        return found.union(*(references(c) for c in children if isinstance(c, dict | list)))

    found = set().union(*(references(document) for document in documents.values()))
    assert found <= {f"{name}.json" for name in documents}


def test_nothing_stands_beside_a_reference_of_the_rules() -> None:
    """A rule that refers to a definition is all of it, so that reading one merges nothing."""

    def beside(node: Json) -> list[Json]:
        children = node.values() if isinstance(node, dict) else node
        found = [node] if isinstance(node, dict) and "$ref" in node and len(node) > 1 else []
        return found + [one for c in children if isinstance(c, dict | list) for one in beside(c)]

    files = [committed(f"parameters/{name}") for name in resources.names("schemas", "parameters")]
    assert files
    assert [node for document in files for node in beside(document)] == []


def test_rule_of_apply_customer_balance(rules: Mapping[str, Json]) -> None:
    """The rule is the types' three optional parameters and the overlay's minimum."""
    assert rules[APPLY] == {
        "type": "object",
        "properties": {
            "amount": {"type": "integer", "minimum": 1},
            "currency": {"type": "string"},
            "expand": {"type": "array", "items": {"type": "string"}},
        },
        "required": [],
    }


@pytest.mark.skipif(
    Sdk(derive.installed_sdk()).api_version < "2026-09-30",
    reason="payment_method_types are gone since 2026-09-30.endive",
)
def test_rules_of_the_intent(rules: Mapping[str, Json]) -> None:
    """Required, unions, page ranges, clearable maps and what endive took away are all there."""
    create = rules["POST /v1/payment_intents"]
    assert create["required"] == ["amount", "currency"]
    assert create["properties"]["payment_method_types"] == {
        "gone": "payment_method_types_no_longer_supported"
    }
    update = rules["POST /v1/payment_intents/{intent}"]["properties"]
    metadata = update["metadata"]
    assert (metadata["type"], metadata["clearable"]) == ("object", True)
    assert metadata["propertyNames"]["maxLength"] == 40
    value = metadata["additionalProperties"]
    assert (value["type"], value["clearable"], value["maxLength"]) == ("string", True, 500)
    pages = rules["GET /v1/payment_intents"]["properties"]
    assert pages["limit"] == {"type": "integer"}
    assert [node["type"] for node in pages["created"]["anyOf"]] == ["object", "integer"]
    assert rules["DELETE /v1/customers/{customer}"]["properties"] == {}


def test_rules_say_how_long_a_text_may_be_and_what_is_an_address(rules: Mapping[str, Json]) -> None:
    """Limits come from the documentation of the types, others from the overlay, nested ones too."""
    customer = rules["POST /v1/customers"]["properties"]
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
    method = rules["POST /v1/payment_intents"]["properties"]["payment_method_data"]
    billing = method["properties"]["billing_details"]["properties"]
    assert (billing["email"]["format"], billing["name"]["maxLength"]) == ("email", 5000)
    assert "format" not in rules["GET /v1/customers"]["properties"]["email"]


def test_older_rules_still_take_payment_method_types() -> None:
    """Before endive the parameter is an ordinary list."""
    rule = contract("2026-03-25.dahlia").rule("POST /v1/payment_intents")
    assert rule is not None
    assert rule["properties"]["payment_method_types"]["type"] == "array"


def test_includable_fields_count_as_expandable(documents: Mapping[str, Json]) -> None:
    """A field that is there only on request is marked as what it can be expanded to."""
    customer = documents["customer"]["properties"]
    assert customer["cash_balance"]["x-stripe-expandable"] == ["cash_balance"]
    assert customer["sources"]["x-stripe-expandable"] == ["list"]
    assert customer["tax"]["x-stripe-expandable"] == ["tax"]


def test_late_keys_are_due_in_objects_created_since() -> None:
    """A key that came to old versions too is due in newer objects and optional in older ones."""
    document = contract("2020-08-27").schema("balance_transaction")
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
    used = overlay.apply_calendar({"bill": document}, resources.api_versions()[0])
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
