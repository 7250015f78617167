"""What was derived, held against what Stripe really sent and documented."""

from __future__ import annotations

import copy
import json
import os
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ForwardRef, Literal, Union, get_args, get_origin

import jsonschema_rs
import pytest
import stripe
import yaml
from jsonschema import Draft202012Validator

from pytest_stripe_balance import resources
from pytest_stripe_balance.contract import schema_forms
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.contract.parsed import parse
from pytest_stripe_balance.contract.releases import release_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = Any

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("STRIPE_REAL_DATA", ROOT / ".." / "shared" / "real"))
DOCUMENTED = REAL.parent / "stripe"
MISSING = object()
FIRST = resources.api_versions()[0]
FOLDERS = [release.folder for release in resources.releases()]

# Stripe's generated objects are of a day before these got a key that is always there now.
LATER = {"account_session", "customer_session", "reserve.hold", "reserve.plan", "reserve.release"}

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="STRIPE_REAL_DATA")


def folder_of(version: str) -> str:
    """Name the folder of the schemas that an API version is checked against."""
    release = release_of(version)
    assert release is not None
    return release.folder


@cache
def schemas(folder: str) -> dict[str, Json]:
    """Read the schemas of one release, by object; each other object is held to its own."""
    of = next(each.api_version for each in resources.releases() if each.folder == folder)
    return {name: schema_forms.cut(contract(of).schema(name)) for name in contract(of).objects}


@cache
def compiled(folder: str, name: str) -> jsonschema_rs.Draft202012Validator:
    """Compile the validator that decides."""
    return jsonschema_rs.Draft202012Validator(schemas(folder)[name])


@cache
def explaining(folder: str, name: str) -> Draft202012Validator:
    """Build the validator that explains."""
    return Draft202012Validator(schemas(folder)[name])


def answers() -> Iterator[tuple[str, str, Json]]:
    """Give every real answer: its API version, where it is from, and its body."""
    for file in sorted((REAL / "exchanges").glob("*.json")):
        for exchange in json.loads(file.read_text()):
            response = exchange["response"]
            yield response["headers"]["Stripe-Version"], file.name, response["body"]
    for exchange in json.loads((REAL / "errors.json").read_text()):
        # Some versions of errors.json were mangled by the redaction of their repositories.
        version = re.sub("<[A-Z_]+>", "1", exchange["response"]["stripe_version"] or FIRST)
        yield version, "errors.json", exchange["response"]["body"]
    for file in sorted((REAL / "vcrpy").rglob("*.y*ml")):
        for interaction in yaml.safe_load(file.read_text())["interactions"]:
            response = interaction["response"]
            headers = {key.lower(): value for key, value in response["headers"].items()}
            version = headers.get("stripe-version", [FIRST])[0]
            yield version, file.name, json.loads(response["body"]["string"])
    yield FIRST, "bank transfer", bank_transfer_intent()


def bank_transfer_intent() -> Json:
    """Read the one real bank transfer intent."""
    cassette = yaml.safe_load((REAL / "bank_transfer_intent.ruby-vcr.yml").read_text())
    body = cassette["http_interactions"][0]["response"]["body"]["string"]
    return json.loads(body)


def objects(body: Json) -> Iterator[tuple[str, Json]]:
    """Every Stripe object inside a body, by the name of its schema."""
    if isinstance(body, dict):
        if set(body) == {"error"}:
            yield "error", body
        if isinstance(body.get("object"), str):
            yield ("deleted_" if body.get("deleted") else "") + body["object"], body
    children = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    for child in children:
        yield from objects(child)


def complaints(folder: str, bodies: Iterator[tuple[str, Json]]) -> tuple[Counter[str], list[str]]:
    """How many objects of each kind were checked, and what was wrong with them."""
    checked: Counter[str] = Counter()
    wrong = []
    for where, body in bodies:
        for name, value in objects(body):
            if name in schemas(folder):
                checked[name] += 1
                errors = list(explaining(folder, name).iter_errors(value))
                assert compiled(folder, name).is_valid(value) is (not errors), (where, name)
                wrong += [f"{where}: {name} {e.json_path}: {e.message[:200]}" for e in errors]
    return checked, wrong


def test_every_real_object_has_the_shape_of_its_version() -> None:
    """No real intent, charge, customer, refund, payment method or error breaks its contract."""
    checked: Counter[str] = Counter()
    for version, where, body in answers():
        counts, wrong = complaints(folder_of(version), iter([(f"{where} {version}", body)]))
        assert wrong == []
        checked += counts
        told = contract(version).check_parsed(parse(json.dumps(body)))
        assert [str(finding) for finding in told if finding.kind != "additive"] == []
    assert checked["payment_intent"] > 100
    assert checked["charge"] > 100
    assert set(checked) >= {"customer", "refund", "payment_method", "error", "balance_transaction"}


def test_the_real_bank_transfer_intent_has_the_shape_of_every_version() -> None:
    """What one version answers to a bank transfer, the later ones still describe."""
    for folder in FOLDERS:
        assert complaints(folder, iter([("bank transfer", bank_transfer_intent())]))[1] == []


def test_documented_examples_have_the_newest_shape() -> None:
    """The example bodies of the API reference, that of apply_customer_balance among them."""
    page = (DOCUMENTED / "apply_customer_balance.reference.txt").read_text()
    examples = json.loads((DOCUMENTED / "docs-examples.json").read_text())
    bodies = [("apply", json.loads(page[page.index("Response\n") + len("Response\n") :]))]
    bodies += [(example["path"], example["body"]) for example in examples]
    checked, wrong = complaints(FOLDERS[-1], iter(bodies))
    assert wrong == []
    assert checked["payment_intent"] > 10
    assert checked["customer_cash_balance_transaction"] > 1


def test_generated_fixtures_have_the_newest_shape() -> None:
    """Stripe's own generated objects, down to their placeholders, but for keys that came later."""
    fixtures = json.loads((DOCUMENTED / "openapi-fixtures3.json").read_text())["resources"]
    checked, wrong = complaints(FOLDERS[-1], iter(fixtures.items()))
    assert {line.partition(":")[0] for line in wrong} == LATER
    assert len(checked) >= 170


@pytest.mark.parametrize(
    ("name", "of", "least"),
    [
        ("payment_intent", stripe.PaymentIntent, 700),
        ("charge", stripe.Charge, 500),
        ("customer", stripe.Customer, 150),
        ("payment_method", stripe.PaymentMethod, 200),
        ("refund", stripe.Refund, 100),
    ],
)
def test_faults_of_real_objects_are_found(
    name: str, of: type, least: int, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """Of the single faults that the SDK's types forbid, at least 99% are found, where they are."""
    seen: set[tuple[str, ...]] = set()
    found = total = 0
    for _, _, body in answers():
        for kind, value in objects(body):
            if kind == name and compiled(FOLDERS[-1], name).is_valid(value):
                for path, mutant in mutants(value, of, seen):
                    total += 1
                    found += not places(name, mutant).isdisjoint({path, (*path, "object")})
    record_testsuite_property(f"faults of {name}", f"{found} of {total} found")
    assert total >= least
    assert found >= total * 0.99


@pytest.mark.parametrize(
    ("name", "of"), [("payment_intent", stripe.PaymentIntent), ("charge", stripe.Charge)]
)
def test_the_check_tells_faults_where_they_are(
    name: str, of: type, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """Of the same faults, and of integers written as floats, a check tells at least 99% as breaking."""
    seen: set[tuple[str, ...]] = set()
    shapes = contract(resources.newest_api_version())
    found = total = 0
    for _, _, body in answers():
        for kind, value in objects(body):
            if kind != name or not compiled(FOLDERS[-1], name).is_valid(value):
                continue
            floats = [
                (path, with_value(value, path, float(number)))
                for path, number in integers(value)
                if ("float", *path) not in seen and not seen.add(("float", *path))
            ]
            for path, mutant in [*mutants(value, of, seen), *floats]:
                findings = shapes.check(mutant, object=name)
                told = {finding.path for finding in findings if finding.kind == "breaking"}
                total += 1
                found += not told.isdisjoint({json_path(path), json_path((*path, "object"))})
    record_testsuite_property(f"faults of {name} told by a check", f"{found} of {total}")
    assert total > 500
    assert found >= total * 0.99


def json_path(path: tuple[str | int, ...]) -> str:
    """Write a path as findings do."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def integers(
    value: Json, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """(Path, number) of every integer that is a Stripe field: not in metadata, not in other objects."""
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    for step, held in steps:
        if isinstance(held, int) and not isinstance(held, bool):
            yield (*path, step), held
        nested = isinstance(held, list) or (isinstance(held, dict) and "object" not in held)
        if nested and step not in ("metadata", "exchange_rate"):
            yield from integers(held, (*path, step))


def with_value(value: Json, path: tuple[str | int, ...], wrong: Json) -> Json:
    """Copy a document with another value at a path."""
    mutant = copy.deepcopy(value)
    owner = mutant
    for step in path[:-1]:
        owner = owner[step]
    owner[path[-1]] = wrong
    return mutant


def places(name: str, value: Json) -> set[tuple[str | int, ...]]:
    """Where an object is at fault, as both validators see it."""
    errors = list(explaining(FOLDERS[-1], name).iter_errors(value))
    assert compiled(FOLDERS[-1], name).is_valid(value) is (not errors)
    found = set()
    while errors:
        error = errors.pop()
        found.add(tuple(error.absolute_path))
        errors += error.context or ()
    return found


def mutants(
    value: Json, of: type, seen: set[tuple[str, ...]]
) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """(Where it is at fault, the object) for each fault of each field, once per field and fault.

    The oracle is the annotations of the imported SDK, not the derivation's reading of its source.
    """
    for path, hint in fields(value, of):
        names = tuple("" if isinstance(step, int) else step for step in path)
        for kind, wrong in faults(hint):
            if (kind, *names) in seen:
                continue
            seen.add((kind, *names))
            mutant = copy.deepcopy(value)
            owner = mutant
            for step in path[:-1]:
                owner = owner[step]
            if wrong is MISSING:
                del owner[path[-1]]
            else:
                owner[path[-1]] = wrong
            yield (path[:-1] if wrong is MISSING else path), mutant


def fields(value: Json, of: Json) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """(Path, annotation) of every field of an object that is there, classes inside included."""
    inner = getattr(of, "_inner_class_types", {})
    for name, hint in of.__annotations__.items():
        if name not in value or name == "deleted":
            continue
        yield (name,), hint
        if name in inner:
            many = isinstance(value[name], list)
            for index, item in enumerate(value[name] if many else [value[name]]):
                for path, deeper in fields(item, inner[name]) if isinstance(item, dict) else ():
                    yield (name, *((index,) if many else ()), *path), deeper


def faults(hint: Json) -> Iterator[tuple[str, Json]]:
    """(Kind, value) of what an annotation forbids: absence, null, another type, another object."""
    origin: Json = get_origin(hint)
    members = get_args(hint) if origin is Union else (hint,)
    if type(None) not in members:
        yield "missing", MISSING
        yield "null", None
    allowed = {json_type(member) for member in members}
    if None not in allowed:
        samples = {"string": "x", "integer": 7, "boolean": True, "array": [], "number": 1.5}
        for kind, sample in samples.items():
            if kind not in allowed and not (kind == "integer" and "number" in allowed):
                yield kind, sample
        if "object" not in allowed:
            yield "object", {}
        elif any(isinstance(member, ForwardRef) for member in members):
            yield "another object", {"id": "x_1", "object": "weather_report"}


def json_type(member: Json) -> str | None:
    """Name the JSON type of one member of an annotation, None where it says nothing."""
    plain: dict[Json, str] = {
        str: "string",
        int: "integer",
        bool: "boolean",
        float: "number",
        type(None): "null",
        Literal: "string",
        list: "array",
    }
    origin: Json = get_origin(member)
    known = origin or isinstance(member, ForwardRef | type)
    return plain.get(origin or member, "object" if known else None)
