"""The committed schemas and rules: what the releases give, and what the overlay adds to it."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pytest_stripe_balance import resources
from pytest_stripe_balance.contract import calendar, derive, overlay, parameter_files
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.contract.releases import release_of
from pytest_stripe_balance.contract.sdk import Sdk

Json = Any

APPLY = "POST /v1/payment_intents/{intent}/apply_customer_balance"


@pytest.fixture(scope="module")
def endpoints() -> list[str]:
    """Give the endpoints that the committed rules of the installed release are derived for."""
    release = release_of(Sdk(derive.installed_sdk()).api_version)
    assert release is not None
    return endpoints_at(release)


def endpoints_at(release: resources.Release) -> list[str]:
    """Read off a release's committed rules which endpoints it has."""
    return sorted(contract(release.api_version).endpoints)


@pytest.fixture(scope="module")
def documents(endpoints: list[str]) -> dict[str, Json]:
    """Derive the contract of the installed release."""
    sdk = derive.installed_sdk()
    return derive.derive(sdk, derive.surface(sdk)[0], endpoints)


def releases() -> list[Path]:
    """List the unpacked releases in the folder that STRIPE_SDK_RELEASES names."""
    folder = os.environ.get("STRIPE_SDK_RELEASES")
    return sorted(Path(folder).glob("*/stripe")) if folder else []


def resolved(documents: dict[str, Json], endpoint: str) -> Json:
    """Give an endpoint's derived rule with its references followed."""
    file = f"{parameter_files.FOLDER}/{parameter_files.file_of(endpoint)}"
    return parameter_files.whole(documents[file], endpoint, {})


def texts(folder: Path) -> dict[str, str]:
    """Read the files of a release: path inside the folder -> text."""
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*.json")}


def test_committed_files_are_what_the_installed_release_gives(
    documents: dict[str, Json], tmp_path: Path
) -> None:
    """The committed folder of the installed release is the derivation's own text."""
    version = Sdk(derive.installed_sdk()).api_version
    release = release_of(version)
    if release is None or release.api_version != version:
        pytest.skip(f"the installed stripe pins {version}, which isn't the end of a release")
    derive.write(documents, tmp_path)
    assert texts(tmp_path) == texts(resources.folder("schemas") / release.folder)


def test_committed_files_are_what_every_release_gives(
    endpoints: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the releases, each folder is the derivation's text, and no overlay entry is stale."""
    sdks = {Sdk(sdk).api_version: sdk for sdk in releases()}
    if not sdks:
        pytest.skip("STRIPE_SDK_RELEASES")
    used: list[Json] = []
    dated: set[tuple[str, str]] = set()
    apply, apply_calendar = overlay.apply, overlay.apply_calendar
    monkeypatch.setattr(overlay, "apply", lambda *args: used.extend(apply(*args)))
    monkeypatch.setattr(overlay, "apply_calendar", lambda *args: dated.update(apply_calendar(*args)))
    for release in resources.releases():
        sdk = sdks[release.api_version]
        documents = derive.derive(sdk, derive.surface(sdk)[0], endpoints_at(release))
        derive.write(documents, tmp_path / release.folder)
        assert texts(tmp_path / release.folder) == texts(resources.folder("schemas") / release.folder)
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
        if not name.startswith(parameter_files.FOLDER):
            Draft202012Validator.check_schema(document)


def test_no_reference_leads_nowhere(documents: dict[str, Json]) -> None:
    """An object's references lead to documents of the folder."""

    def references(node: Json) -> set[str]:
        found = {node["$ref"]} if isinstance(node, dict) and "$ref" in node else set()
        children = node.values() if isinstance(node, dict) else node
        return found.union(*(references(c) for c in children if isinstance(c, dict | list)))

    objects = [document for name, document in documents.items() if "/" not in name]
    assert set().union(*(references(document) for document in objects)) <= set(documents)


def test_nothing_stands_beside_a_reference_of_the_rules(documents: dict[str, Json]) -> None:
    """A rule that refers to a definition is all of it, so that reading one merges nothing."""

    def beside(node: Json) -> list[Json]:
        children = node.values() if isinstance(node, dict) else node
        found = [node] if isinstance(node, dict) and "$ref" in node and len(node) > 1 else []
        return found + [one for c in children if isinstance(c, dict | list) for one in beside(c)]

    rules = [document for name, document in documents.items() if "/" in name]
    assert rules
    assert [node for document in rules for node in beside(document)] == []


def test_rule_of_apply_customer_balance(documents: dict[str, Json]) -> None:
    """The rule is the types' three optional parameters and the overlay's minimum."""
    assert resolved(documents, APPLY) == {
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
def test_rules_of_the_intent(documents: dict[str, Json]) -> None:
    """Required, unions, page ranges, clearable maps and what endive took away are all there."""
    create = resolved(documents, "POST /v1/payment_intents")
    assert create["required"] == ["amount", "currency"]
    assert create["properties"]["payment_method_types"] == {
        "gone": "payment_method_types_no_longer_supported"
    }
    update = resolved(documents, "POST /v1/payment_intents/{intent}")["properties"]
    metadata = update["metadata"]
    assert (metadata["type"], metadata["clearable"]) == ("object", True)
    assert metadata["propertyNames"]["maxLength"] == 40
    value = metadata["additionalProperties"]
    assert (value["type"], value["clearable"], value["maxLength"]) == ("string", True, 500)
    pages = resolved(documents, "GET /v1/payment_intents")["properties"]
    assert pages["limit"] == {"type": "integer"}
    assert [node["type"] for node in pages["created"]["anyOf"]] == ["object", "integer"]
    assert resolved(documents, "DELETE /v1/customers/{customer}")["properties"] == {}


def test_rules_say_how_long_a_text_may_be_and_what_is_an_address(documents: dict[str, Json]) -> None:
    """Limits come from the documentation of the types, others from the overlay, nested ones too."""
    customer = resolved(documents, "POST /v1/customers")["properties"]
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
    method = resolved(documents, "POST /v1/payment_intents")["properties"]["payment_method_data"]
    billing = method["properties"]["billing_details"]["properties"]
    assert (billing["email"]["format"], billing["name"]["maxLength"]) == ("email", 5000)
    assert "format" not in resolved(documents, "GET /v1/customers")["properties"]["email"]


def test_older_rules_still_take_payment_method_types() -> None:
    """Before endive the parameter is an ordinary list."""
    rule = contract("2026-03-25.dahlia").rule("POST /v1/payment_intents")
    assert rule is not None
    assert rule["properties"]["payment_method_types"]["type"] == "array"


def test_includable_fields_count_as_expandable(documents: dict[str, Json]) -> None:
    """A field that is there only on request is marked as what it can be expanded to."""
    customer = documents["customer.json"]["properties"]
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
    used = overlay.apply_calendar({"bill.json": document}, resources.api_versions()[0])
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
