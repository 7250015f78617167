"""`schemas`: which releases there are, an object's schema, and what changed between two versions."""

import json

import pytest

from pytest_stripe_balance import resources
from pytest_stripe_balance.commands import cli
from pytest_stripe_balance.contract import schema_files
from pytest_stripe_balance.contract.differences import Difference, differences
from pytest_stripe_balance.report import version_diff as told

NEWEST = resources.newest_api_version()


@pytest.fixture
def schemas(capsys):
    """Run `schemas` and give exit code, output and errors."""

    def run(*arguments):
        code = cli.main(["schemas", *arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_every_release_is_listed_with_its_sdk_and_its_objects(schemas):
    """A row a release, oldest first, with the stripe-python it is from."""
    code, out, _ = schemas("list")
    rows = [line.split() for line in out.splitlines()[1:]]
    assert code == 0
    assert [row[0] for row in rows] == resources.api_versions()
    assert [row[1] for row in rows] == [release.sdk for release in resources.releases()]
    held = schema_files.read(resources.folder("schemas")).values()
    assert [int(row[-2]) for row in rows] == [len(contents.objects) for contents in held]
    assert min(int(row[-2]) for row in rows) > 150


def test_the_objects_of_a_version_are_listed(schemas):
    """By name, as `show` takes them."""
    code, out, _ = schemas("list", "--api-version", "2024-06-20")
    assert code == 0
    assert {"customer", "payment_intent", "invoice"} <= set(out.split())
    assert out.split() == sorted(out.split())


def test_an_object_is_shown_as_its_json_schema(schemas):
    """`show` prints what is committed, at the newest version or the one that is asked for."""
    for arguments, release in (([], "endive"), (["--api-version", "2024-05-01"], "2024-04-10")):
        code, out, _ = schemas("show", "cash_balance", *arguments)
        held = schema_files.read(resources.folder("schemas"))
        (contents,) = [held[each] for each in held if each.folder == release]
        assert code == 0
        assert json.loads(out) == contents.objects["cash_balance"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["show", "payment"], "'payment_link', and `schemas list --api-version ...` lists all"),
        (["show", "charge", "--api-version", "soon"], "'soon'"),
        (["diff", "2024-06-20", "soon"], "'soon'"),
        (["diff", "2025-02-24", NEWEST], "'2025-02-24.acacia'"),
        (["diff", "2024-06-20", "2025-08-27"], "'2025-08-27.basil'"),
        (["list", "--api-version", "2025-08-27"], "'2025-08-27.basil'"),
        (["diff", "2024-06-20", NEWEST, "invoices"], "the nearest is 'invoice'"),
    ],
)
def test_an_unknown_object_or_version_is_one_line_and_2(schemas, arguments, named):
    """Bad usage says what is wrong or what there is."""
    code, out, err = schemas(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert named in err


def test_what_an_upgrade_changes_is_told_for_an_object_and_its_requests(schemas):
    """Acacia's renaming of `invoice` keys to basil's is there, with the parameters of the same object only."""
    code, out, _ = schemas("diff", "2025-02-24.acacia", "2025-08-27.basil", "payment_intent")
    lines = out.splitlines()
    assert (code, lines[0]) == (0, "2025-02-24.acacia -> 2025-08-27.basil")
    headings = [line for line in lines[1:] if line and not line.startswith(" ")]
    assert headings[0] == "payment_intent"
    assert all(line.endswith("(parameters)") and "/payment_intents" in line for line in headings[1:])
    assert headings[1:]
    assert ["removed", "invoice"] in [line.split()[:2] for line in lines]


def test_the_table_is_aligned_and_fits_a_terminal(schemas, monkeypatch):
    """Under one heading every path begins in the same column, and a terminal's lines are wrapped."""
    monkeypatch.setattr(told, "_width", lambda: 110)
    _, out, _ = schemas("diff", "2024-06-20", NEWEST)
    for block in out.split("\n\n")[1:]:
        starts = {
            len(line) - len(line.split(None, 1)[1])
            for line in block.splitlines()[1:]
            if line[2:3].isalpha()
        }
        assert len(starts) <= 1
    values = [line for line in out.splitlines() if " +" in line or " -" in line]
    assert max(map(len, values)) <= 120


def test_a_piped_table_has_whole_values_on_its_lines(schemas):
    """Where no terminal reads, nothing is cut in two."""
    _, out, _ = schemas("diff", "2024-06-20", NEWEST)
    assert "+financial_account_balance_does_not_support_currency" in out


def test_the_same_differences_are_there_as_json(schemas):
    """The JSON form has one entry per change, with lists where values came and went."""
    _, out, _ = schemas("diff", "2024-06-20", NEWEST, "event", "--format", "json")
    read = json.loads(out)
    assert (read["from"], read["to"]) == ("2024-06-20", NEWEST)
    (types,) = [row for row in read["differences"] if row["where"] == "event" and row["path"] == "type"]
    assert types["change"] == "values"
    assert "invoice_payment.paid" in types["after"]


def test_versions_of_one_release_have_no_differences_and_say_by_which_schemas(schemas):
    """Months of a release share its schemas, and the title says so."""
    _, out, _ = schemas("diff", "2025-03-31.basil", "2025-08-27.basil")
    assert out.splitlines() == [
        "2025-03-31.basil (schemas of 2025-08-27.basil) -> 2025-08-27.basil",
        "",
        "the schemas are the same",
    ]


class Side:
    """A contract of one object `thing` and one endpoint."""

    def __init__(self, thing=None, asked=None):
        self.things = {"thing": thing} if thing else {}
        self.objects = frozenset(self.things)
        self.asked = {"POST /v1/things": asked} if asked else {}
        self.endpoints = frozenset(self.asked)
        self.rule = self.asked.get

    def schema(self, name):
        return self.things[name]


def held(required=(), **properties):
    return {"type": "object", "properties": properties, "required": list(required)}


TEXT, MAYBE = {"type": "string"}, {"type": ["null", "string"]}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (held(), held(a=TEXT), ("a", "added", "", "string")),
        (held(a=TEXT), held(), ("a", "removed", "string", "")),
        (held(), held(a=held(b=TEXT)), ("a", "added", "", "object")),
        (held(a=TEXT), held(a={"type": "integer"}), ("a", "type", "string", "integer")),
        (held(a=TEXT), held(a=MAYBE), ("a", "null", "never null", "may be null")),
        (held(a=TEXT), held(["a"], a=TEXT), ("a", "required", "may be absent", "always there")),
        (
            held(a={**TEXT, "x-stripe-enum": ["x", "y"]}),
            held(a={**TEXT, "x-stripe-enum": ["y", "z"]}),
            ("a", "values", ("x",), ("z",)),
        ),
        (held(a=held(b=TEXT)), held(a=held(b=MAYBE)), ("a.b", "null", "never null", "may be null")),
        (
            held(a={"type": "array", "items": TEXT}),
            held(a={"type": "array", "items": {"type": "integer"}}),
            ("a[]", "type", "string", "integer"),
        ),
        (
            held(a={"anyOf": [TEXT, {"$ref": "charge.json"}]}),
            held(a=TEXT),
            ("a", "type", "charge or string", "string"),
        ),
    ],
)
def test_each_kind_of_change_is_told_once_with_its_path(old, new, expected):
    """Keys, types, null-ness, required-ness and values; what is inside a new hash goes with it."""
    assert list(differences(Side(old), Side(new))) == [Difference("object", "thing", *expected)]


def test_objects_and_endpoints_that_come_and_go_are_told():
    """A whole object or endpoint is one difference."""
    told = list(differences(Side(held(a=TEXT)), Side(asked=held(b=TEXT))))
    assert told == [
        Difference("object", "thing", "", "removed"),
        Difference("parameters", "POST /v1/things", "", "added"),
    ]


def test_a_parameter_that_can_be_cleared_by_now_is_told():
    """An empty string is a value of its own."""
    old, new = {**TEXT, "enum": ["x"]}, {**TEXT, "enum": ["x"], "clearable": True}
    told = list(differences(Side(asked=held(a=old)), Side(asked=held(a=new))))
    assert [(row.change, row.after) for row in told] == [("null", "can be cleared")]


def test_a_parameter_that_is_gone_is_told_as_removed(schemas):
    """payment_method_types went with endive: create, update and confirm lose it."""
    code, out, _ = schemas("diff", "2023-10-16", NEWEST, "payment_intent", "--format", "json")
    changes = {
        (row["where"], row["change"])
        for row in json.loads(out)["differences"]
        if row["path"] == "payment_method_types" and row["of"] == "parameters"
    }
    assert code == 0
    assert {change for _, change in changes} == {"removed"}


def test_what_is_due_since_a_date_is_no_change(schemas):
    """A key that old versions carry in newer objects isn't told as one that came."""
    _, out, _ = schemas("diff", "2023-10-16", NEWEST, "charge", "--format", "json")
    paths = {row["path"] for row in json.loads(out)["differences"] if row["of"] == "object"}
    assert not {"amount_captured", "billing_details", "disputed"} & paths
