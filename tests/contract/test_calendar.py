"""The table of keys by their date, and what the contract makes of it."""

import json
from datetime import UTC, datetime

import pytest

from pytest_stripe_balance import resources
from pytest_stripe_balance.contract import calendar
from pytest_stripe_balance.contract.completion import complete
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.contract.differences import keys_of

TABLE = json.loads((resources.folder("schemas") / "calendar.json").read_text("utf-8"))
ROWS = [(kind, path, row) for kind, paths in calendar.rows().items() for path, row in paths.items()]
HASHES = ({"type": ["null", "object"]}, {"type": "object"})
OPEN = {(kind, path) for kind, path, row in ROWS if row.shape in HASHES}  # of any keys
SHAPED = [(kind, path) for kind, path, row in ROWS if row.shape is not None]


def moment(day):
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def test_every_row_says_how_it_is_known():
    """Each row names one of the sources, each source and shape is named by a row."""
    rows = [row for paths in TABLE["keys"].values() for row in paths.values()]
    assert {row["source"] for row in rows} == set(TABLE["sources"])
    assert {row["is"] for row in rows if "is" in row} == set(TABLE["shapes"])
    assert all(row.keys() <= {"since", "source", "always", "is"} for row in rows)


@pytest.mark.parametrize("version", resources.modelled_versions())
def test_a_key_of_the_calendar_is_known_at_every_version(version):
    """Where a version knows the hash that a key is in, it knows the key, whatever its types say."""
    shapes = contract(version)
    for kind, path in SHAPED:
        keys = {key.replace("[]", "") for key in keys_of(shapes.schema(kind)) or {}}
        owner = path.rpartition(".")[0]
        is_elsewhere = owner and (owner not in keys or (kind, owner) in OPEN)
        assert path in keys or is_elsewhere, (kind, path)


CHARGE = {"object": "charge", "destination": None, "dispute": None, "order": None}


@pytest.mark.parametrize("version", ["2019-08-14", *resources.modelled_versions()])
def test_a_key_that_nobody_documents_is_no_finding(version):
    """A charge's destination, dispute and order are in 3,705 of 3,705 real ones: they aren't odd."""
    told = contract(version).check(CHARGE)
    assert not [one for one in told if one.kind == "additive"]
    odd = contract(version).check({**CHARGE, "colour": "blue"})
    assert [one.path for one in odd if one.kind == "additive"] == ["$.colour"]


def test_a_key_of_the_calendar_has_its_type():
    """What is known is held to its shape, at versions whose types lack it too."""
    intent = {"object": "payment_intent", "managed_payments": {"enabled": "no"}}
    told = contract("2023-10-16").check(intent)
    assert "$.managed_payments.enabled" in [one.path for one in told if one.kind == "breaking"]


@pytest.mark.parametrize(
    ("kind", "path", "day", "newer"),
    [
        ("payment_intent", "managed_payments", "2026-04-29", True),
        ("payment_intent", "managed_payments", "2026-04-30", False),
        ("charge", "destination", "2018-01-01", False),
        ("charge", "colour", "2018-01-01", False),
        ("line_item", "pricing", "2024-08-10", True),
        ("weather_report", "wind", "2018-01-01", False),
    ],
)
def test_a_key_is_newer_than_what_was_recorded_before_its_day(kind, path, day, newer):
    """By the day that it was there for sure; what the table doesn't have is as old as anything."""
    assert calendar.is_newer(kind, path, moment(day)) is newer


def subscription(created):
    """A subscription of the first month of basil, before its types got `billing_mode`."""
    document = complete(
        "subscription", {}, "2025-03-31.basil", new_id=lambda prefix: f"{prefix}_1", created=created
    ).document
    return {key: value for key, value in document.items() if key != "billing_mode"}


@pytest.mark.parametrize(
    ("version", "day", "wrong"),
    [
        ("2025-03-31.basil", "2025-04-01", []),
        ("2025-03-31.basil", "2025-09-01", ["required: billing_mode"]),
        ("2024-06-20", "2025-09-01", []),
        ("2025-09-30.clover", "2025-04-01", ["required: billing_mode"]),
    ],
)
def test_what_came_in_the_middle_of_a_release_is_due_since_then(version, day, wrong):
    """An answer of the release's first month lacks it rightly; a later release always has it."""
    found = contract(version).check(subscription(moment(day)))
    assert [one.rule for one in found if one.kind == "breaking" and "billing_mode" in one.rule] == wrong
