"""The files of schemas/: all releases in each, with what differs between them."""

import json
from itertools import product

import pytest

from pytest_stripe_balance.contract import schema_files
from pytest_stripe_balance.contract.by_release import ABSENT, held, merged
from pytest_stripe_balance.contract.schema_files import Contents
from pytest_stripe_balance.resources import Release

NAMES = ["acacia", "basil", "clover"]
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def thing(**properties):
    return {"type": "object", "properties": properties, "required": sorted(properties)}


@pytest.mark.parametrize(
    ("values", "tree"),
    [
        ([TEXT, TEXT, TEXT], TEXT),
        ([ABSENT, TEXT, TEXT], {"@since": {"basil": TEXT}}),
        ([TEXT, TEXT, ABSENT], {"@since": {"acacia": TEXT, "clover": None}}),
        ([ABSENT, TEXT, ABSENT], {"@since": {"basil": TEXT, "clover": None}}),
        ([TEXT, ABSENT, TEXT], {"@since": {"acacia": TEXT, "basil": None, "clover": TEXT}}),
        ([TEXT, NUMBER, NUMBER], {"type": {"@since": {"acacia": "string", "basil": "integer"}}}),
        (
            [["a", "c"], ["a", "b"], ["b"]],
            [
                {"@since": {"acacia": "a", "clover": None}},
                {"@since": {"basil": "b"}},
                {"@since": {"acacia": "c", "basil": None}},
            ],
        ),
        (
            [["c", "a"], ["a", "c"], ["a", "c"]],
            [
                {"@since": {"acacia": "c", "basil": "a"}},
                {"@since": {"acacia": "a", "basil": "c"}},
            ],
        ),
        (
            [[TEXT], [NUMBER, TEXT], [TEXT]],
            {"@since": {"acacia": [TEXT], "basil": [NUMBER, TEXT], "clover": [TEXT]}},
        ),
        (
            [ABSENT, thing(a=TEXT), thing(a=TEXT, b=TEXT)],
            {
                "@since": {
                    "basil": {
                        "type": "object",
                        "properties": {"a": TEXT, "b": {"@since": {"clover": TEXT}}},
                        "required": ["a", {"@since": {"clover": "b"}}],
                    }
                }
            },
        ),
    ],
)
def test_what_differs_says_since_which_release(values, tree):
    """The rest stands there once; each release reads its own value back."""
    assert merged(values, NAMES) == tree
    assert [held(tree, NAMES[: count + 1]) for count in range(3)] == values


def test_every_three_values_are_read_back():
    """Whatever three releases have of one key, or lack."""
    parts = [
        ABSENT,
        "x",
        True,
        [],
        ["a"],
        ["b", "a"],
        [TEXT],
        TEXT,
        thing(a=TEXT),
        thing(b=[TEXT, NUMBER]),
    ]
    for values in product(parts, repeat=3):
        if any(value is not ABSENT for value in values):
            tree = json.loads(json.dumps(merged(values, NAMES)))
            assert [held(tree, NAMES[: count + 1]) for count in range(3)] == list(values)


def test_what_no_release_has_is_no_tree():
    """There would be nothing to write."""
    with pytest.raises(ValueError, match="no release has it"):
        merged([ABSENT, ABSENT], NAMES[:2])


ACACIA = Release("acacia", "2024-09-30", "2025-02-24.acacia", "11.6.1")
BASIL = Release("basil", "2025-03-31", "2025-08-27.basil", "12.5.2")
OLD = Contents({"thing": thing(a=TEXT)}, {"POST /v1/things": thing(a=TEXT), "GET /v1/old": thing()})
NEW = Contents(
    {"thing": thing(a=TEXT), "other": thing(b=TEXT)},
    {"POST /v1/things": thing(a=TEXT, b=NUMBER), "GET /v1/things/{thing}": thing()},
)


def test_what_is_written_is_read_back(tmp_path):
    """Objects and rules of each release; an empty folder has none."""
    assert schema_files.read(tmp_path) == {}
    assert schema_files.write({ACACIA: OLD, BASIL: NEW}, tmp_path) == 7
    assert schema_files.read(tmp_path) == {ACACIA: OLD, BASIL: NEW}
    assert schema_files.write({ACACIA: OLD, BASIL: NEW}, tmp_path) == 0
    assert json.loads((tmp_path / "objects.json").read_text()) == [
        {"@since": {"basil": "other"}},
        "thing",
    ]


def test_a_file_that_is_no_longer_derived_goes(tmp_path):
    """What is written by hand, as the calendar is, stays."""
    schema_files.write({ACACIA: OLD, BASIL: NEW}, tmp_path)
    (tmp_path / "calendar.json").write_text("{}")
    assert schema_files.write({ACACIA: OLD}, tmp_path) == 5
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.json"))
    assert names == [
        "calendar.json",
        "literals.json",
        "objects.json",
        "objects/thing.json",
        "parameters/old.json",
        "parameters/things.json",
        "releases.json",
    ]


def test_what_stands_where_an_id_would_is_told():
    """Words in the place of a placeholder, at any release; ids further left are unnamed."""
    calls = ["GET /v1/things/{id}", "GET /v1/things/search", "GET /v1/things/{thing}/parts/{part}"]
    calls += ["POST /v1/things/{id}/parts/all", "POST /v1/thingies/x"]
    assert schema_files.literals(calls) == {"/v1/things/": ["search"], "/v1/things/{}/parts/": ["all"]}


def test_what_has_room_stands_on_one_line():
    """The text is as short as it can be read; a longer document is one part a line."""
    assert schema_files.written({"b": [1, 2], "a": "é"}) == '{"a": "é", "b": [1, 2]}\n'
    long = {"items": ["x" * 60, "y" * 60]}
    assert schema_files.written(long) == f'{{\n "items": [\n  "{"x" * 60}",\n  "{"y" * 60}"\n ]\n}}\n'
    assert json.loads(schema_files.written(OLD.rules)) == OLD.rules
