"""What `check` prints, in each of its forms."""

import json

import pytest

from pytest_stripe_balance.contract.findings import Finding
from pytest_stripe_balance.report import formats
from pytest_stripe_balance.report.outcome import Outcome, Place


def finding(path="$.amount", kind="breaking", rule="type: integer", value='"12"', version="2020-08-27"):
    return Finding(kind, "charge", path, rule, value, version)


def outcome(*found, **levels):
    made = Outcome(files=1, checked=len(found))
    made.levels = {**made.levels, **levels}
    for number, one in enumerate(found):
        made.add_finding(one, Place("tests/a.yaml", 10 + number, "GET /v1/charges"))
    return made


def test_findings_that_differ_in_an_index_only_are_one_line_with_a_count_and_the_first_place():
    """A fault in every item of a list, over all files, is told once."""
    told = formats.text(outcome(finding("$.data[0].amount"), finding("$.data[17].amount"))).splitlines()
    assert told[0].startswith("error: breaking: charge at $.data[].amount")
    assert told[0].endswith("; 2 times, first in tests/a.yaml:10, GET /v1/charges")
    assert len(told) == 2


@pytest.mark.parametrize(
    "other",
    [
        finding(kind="enum"),
        finding("$.currency"),
        finding(rule="type: string"),
        Finding("breaking", "refund", "$.amount", "type: integer", '"12"', "2020-08-27"),
    ],
)
def test_findings_that_differ_in_kind_object_rule_or_path_stay_apart(other):
    """Nothing is folded away that is another fault."""
    assert [tally.count for _, _, tally in outcome(finding(), other).findings] == [1, 1]


def test_a_single_finding_keeps_its_index():
    """Where there is only one, the path leads to it."""
    assert "$.data[3].amount" in formats.text(outcome(finding("$.data[3].amount")))


def test_the_gravest_comes_first_and_then_the_most_frequent():
    """What breaks a build stands on top."""
    run = outcome(
        finding("$.a", "additive"), finding("$.b", "enum"), finding("$.c"), finding("$.b", "enum")
    )
    run.add_finding(finding("$.d", "enum"), Place("b"))
    assert [row[1].path for row in run.findings] == ["$.c", "$.b", "$.d", "$.a"]


@pytest.mark.parametrize(
    ("found", "levels", "code"),
    [
        ([], {}, 0),
        ([finding()], {}, 1),
        ([finding(kind="enum")], {}, 0),
        ([finding()], {"breaking": "warning"}, 0),
        ([finding(kind="additive")], {"additive": "error"}, 1),
    ],
)
def test_the_exit_code_is_1_with_a_finding_at_level_error_and_else_0(found, levels, code):
    """Levels decide, and each can be set."""
    assert outcome(*found, **levels).exit_code == code


def test_an_input_that_could_not_be_read_makes_the_exit_code_2():
    """Bad input outranks findings, and they are still told."""
    run = outcome(finding())
    run.add_problem(Place("b.json", 3), "not JSON")
    assert run.exit_code == 2
    assert "error: breaking" in formats.text(run)
    assert "1 not readable" in formats.text(run)


def test_the_last_line_sums_up():
    """One line says how much was looked at, how much wasn't, and what came of it."""
    run = outcome(finding(), finding(), finding(kind="enum"))
    run.skip("of kind token, which has no schema", Place("a"))
    assert formats.text(run).splitlines()[-1] == (
        "3 checked in 1 file, 1 not checked: 2 errors, 1 warning, 0 information"
    )


def test_what_was_not_checked_is_said_with_a_count():
    """No document is left out in silence."""
    run = outcome()
    for line in (1, 2):
        run.skip("of kind token, which has no schema", Place("a.jsonl", line))
    assert "not checked: 2 of kind token, which has no schema, as in a.jsonl:1" in formats.text(run)


def test_a_line_stays_a_line_and_no_terminal_control_gets_through():
    """Values and names from a file can neither break lines nor drive the terminal."""
    run = outcome(finding(value="a\nb\x1b[31m\x85"))
    run.add_problem(Place("new\nline.json"), "x\ry")
    assert len(formats.text(run).splitlines()) == 2
    assert "\x1b" not in formats.text(run)
    assert str(run.problems[0]) == "new\\x0aline.json: x\\x0dy"


def test_json_has_everything_that_text_has():
    """The JSON form is parsed back to level, finding, count, first place, problems and exit code."""
    run = outcome(finding("$.d[0]"), finding("$.d[1]"))
    run.skip("without an `object` key", Place("c"))
    run.add_problem(Place("b.json", 3), "not JSON")
    told = json.loads(formats.as_json(run))
    assert told["findings"] == [
        {
            "level": "error",
            "kind": "breaking",
            "object": "charge",
            "path": "$.d[]",
            "rule": "type: integer",
            "value": '"12"',
            "api_version": "2020-08-27",
            "borrowed": False,
            "count": 2,
            "first": {"file": "tests/a.yaml", "line": 10, "of": "GET /v1/charges"},
        }
    ]
    assert told["problems"] == [{"file": "b.json", "line": 3, "of": None, "reason": "not JSON"}]
    assert told["not_checked"][0]["count"] == 1
    assert (told["files"], told["checked"], told["exit_code"]) == (1, 2, 2)


@pytest.mark.parametrize(
    ("kind", "command"), [("breaking", "error"), ("enum", "warning"), ("additive", "notice")]
)
def test_github_gets_a_command_for_each_level(kind, command):
    """Error, warning and information are GitHub's error, warning and notice, on file and line."""
    first = formats.github(outcome(finding(kind=kind))).splitlines()[0]
    assert first.startswith(
        f"::{command} file=tests/a.yaml,line=10,title=Stripe contract::{kind}: charge"
    )


def test_github_properties_and_messages_are_escaped():
    """What GitHub would read as syntax is escaped: % CR LF everywhere, : and , in properties too."""
    run = Outcome()
    run.add_problem(Place("a:b,c%d\n.json", 7), "50%: a,b\r\n::error::x")
    first, _ = formats.github(run).split("\n")
    assert first == (
        "::error file=a%3Ab%2Cc%25d%0A.json,line=7,title=not readable::50%25: a,b%0D%0A::error::x"
    )


def test_github_leaves_out_a_line_that_is_not_known():
    """An annotation without a line stands on the file."""
    run = Outcome()
    run.add_problem(Place("a.json"), "empty")
    assert formats.github(run).startswith("::error file=a.json,title=not readable::empty")
