"""`drift` and `conform` as commands: what they print, what they end with, and what bad input gets."""

import json
import os
from pathlib import Path

import pytest
import yaml

from pytest_stripe_balance import resources
from pytest_stripe_balance.commands import cli

REAL_DATA = Path(os.environ.get("STRIPE_REAL_DATA", "../shared/real")).absolute()
REAL = sorted(path for path in REAL_DATA.rglob("*") if path.suffix in {".yml", ".yaml"})
INTENT = {
    "id": "pi_3ScPMjFmGsiQWfE61qMaWSFF",
    "object": "payment_intent",
    "amount": 1000,
    "status": "succeeded",
    "capture_method": "automatic",
}
DOCUMENTED = resources.folder("cassettes") / "documentation" / "apply_customer_balance.yaml"
HEADERS = {"Stripe-Version": ["2023-10-16"], "Date": ["Mon, 16 Dec 2019 13:30:07 GMT"]}


def tape(*bodies, provenance=None):
    items = [
        {
            "request": {"method": "POST", "uri": "https://api.stripe.com/v1/payment_intents", "body": "amount=1000", "headers": {}},
            "response": {"status": {"code": 200, "message": "OK"}, "headers": HEADERS, "body": {"string": json.dumps(body)}},
        }
        for body in bodies
    ]  # fmt: skip
    return {"interactions": items, "version": 1} | ({"provenance": provenance} if provenance else {})


def in_yaml(exchanges, provenance=None):
    items = [
        {
            "request": {"method": one.request.method, "uri": one.request.url, "body": one.request.body, "headers": {}},
            "response": {"status": {"code": one.response.status, "message": ""}, "headers": {name: [value] for name, value in one.response.headers.items()},
                         "body": {"string": one.response.body.decode()}},
        }
        for one in exchanges
    ]  # fmt: skip
    return yaml.safe_dump({"provenance": provenance, "interactions": items, "version": 1})


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder with files in it; give exit code, lines and errors."""
    monkeypatch.chdir(tmp_path)

    def go(*arguments, **files):
        for name, held in files.items():
            text = held if isinstance(held, str | bytes) else yaml.safe_dump(held)
            path = tmp_path / name.replace("__", "/")
            path.parent.mkdir(exist_ok=True)
            path.with_suffix(".yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        code = cli.main(arguments)
        told = capsys.readouterr()
        return code, told.out.splitlines(), told.err.splitlines()

    return go


CODES = {
    "nothing": (INTENT, 0),
    "information": ({**INTENT, "brand_new": 1}, 0),
    "a warning": ({**INTENT, "capture_method": "manual"}, 0),
    "an error": ({**INTENT, "amount": "1000"}, 1),
}


@pytest.mark.parametrize(("new", "code"), CODES.values(), ids=CODES)
def test_drift_ends_with_1_for_what_is_at_level_error(run, new, code):
    """Nothing, information and warnings end with 0; a breaking change with 1."""
    assert run("drift", "a.yaml", "b.yaml", a=tape(INTENT), b=tape(new))[0] == code


def test_levels_are_set_as_in_check(run):
    """A kind can be made an error, or information."""
    files = {"a": tape(INTENT), "b": tape({**INTENT, "capture_method": "manual", "amount": "1"})}
    assert run("drift", "a.yaml", "b.yaml", "--level", "breaking=information", **files)[0] == 0
    quiet = ("--level", "breaking=information", "--level", "enum=error")
    code, out, _ = run("drift", "a.yaml", "b.yaml", *quiet)
    assert code == 1
    assert out[0].startswith(
        'error: enum: payment_intent at $.capture_method is "manual", and it was "automatic"'
    )


def test_one_change_is_one_line_whatever_was_there_before(run):
    """What the old recording had is told of the first, and in JSON beside the rule."""
    old = [{**INTENT, "shade": group} for group in ("A", "B")]
    _, out, _ = run("drift", "a.yaml", "b.yaml", a=tape(*old), b=tape(INTENT, INTENT))
    assert '$.shade is gone, and it was "A" (API version 2023-10-16); 2 times' in out[0]
    _, out, _ = run("drift", "a.yaml", "b.yaml", "--format", "json")
    found = json.loads("\n".join(out))["findings"]
    assert [(one["rule"], one["was"]) for one in found] == [("it was there", '"A"')]


def test_drift_is_told_gravest_first_each_once_with_a_count_and_a_place(run):
    """One line per kind of change, and a sum."""
    new = {**INTENT, "amount": "1000", "brand_new": 1}
    _, out, err = run("drift", "a.yaml", "b.yaml", a=tape(INTENT, INTENT), b=tape(new, new))
    where = "(API version 2023-10-16); 2 times, first in b.yaml:2, POST /v1/payment_intents"
    assert out == [
        f'error: breaking: payment_intent at $.amount breaks type: integer; it is "1000" {where}',
        f"information: additive: payment_intent at $.brand_new is 1, and the old recording has no such key {where}",
        "2 compared in 2 files, 0 not compared: 2 errors, 0 warnings, 2 information",
    ]
    assert err == []


def test_what_only_one_recording_sends_is_named_as_a_request_or_a_parameter(run):
    """A sentence says which of the two sends it."""
    more, less = tape(INTENT, INTENT), tape(INTENT)
    more["interactions"][0]["request"]["body"] = "amount=1000&currency=usd"
    more["interactions"][1]["request"]["uri"] = "https://api.stripe.com/v1/refunds"
    files = {"more": more, "less": less}
    for old, new, kind, who in (
        ("more", "less", "warning: vanished", "only the old recording sends"),
        ("less", "more", "information: additive", "the old recording doesn't send"),
    ):
        _, out, _ = run("drift", f"{old}.yaml", f"{new}.yaml", **files)
        assert [line.partition(" (API version")[0] for line in out[:-1]] == [
            f"{kind}: POST /v1/payment_intents: {who} the parameter currency",
            f"{kind}: POST /v1/refunds: {who} this request",
        ]


def test_drift_is_told_to_programs_and_to_github(run):
    """JSON has the vocabulary's own words, GitHub its annotations."""
    files = {"a": tape(INTENT), "b": tape({**INTENT, "amount": "1000"})}
    _, out, _ = run("drift", "a.yaml", "b.yaml", "--format", "json", **files)
    (one,) = json.loads("\n".join(out))["findings"]
    assert (one["level"], one["kind"], one["path"], one["count"]) == ("error", "breaking", "$.amount", 1)
    _, out, _ = run("drift", "a.yaml", "b.yaml", "--format", "github")
    assert out[0].startswith("::error file=b.yaml,line=2,title=Stripe contract::breaking")


def test_only_answers_with_a_counterpart_are_counted_as_compared(run):
    """Where there is none at all, a warning says so."""
    other = tape(INTENT)
    other["interactions"][0]["request"]["uri"] = "https://api.stripe.com/v1/refunds"
    both = {"interactions": [*tape(INTENT)["interactions"], *other["interactions"]]}
    _, out, _ = run("drift", "a.yaml", "b.yaml", a=tape(INTENT), b=both)
    assert out[-1].startswith("1 compared in 2 files")
    page = tape(INTENT)
    page["interactions"][0]["response"]["body"]["string"] = "<html>"
    why = "nothing was compared: no request has a JSON answer here and in a.yaml"
    for side in (other, page, {"interactions": None}):
        _, out, _ = run("drift", "a.yaml", "b.yaml", b=side)
        assert f"warning: b.yaml: {why}" in out
        assert out[-1].startswith("0 compared in 2 files")


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_drift_of_nothing_ends_with_2_and_says_why(run, form):
    """Two recordings of nothing, or of other requests, or folders of such, weren't held to each other."""
    nothing = {"version": 1, "interactions": []}
    other = tape(INTENT)
    other["interactions"][0]["request"]["uri"] = "https://api.stripe.com/v1/refunds"
    why = "nothing was compared: no request has a JSON answer in both recordings"
    for old, new in ((nothing, nothing), (tape(INTENT), nothing), (tape(INTENT), other)):
        for sides in (("a__x", "b__x"), ("a", "b")):
            named = ("a", "b") if "__" in sides[0] else ("a.yaml", "b.yaml")
            files = dict(zip(sides, (old, new), strict=True))
            code, out, err = run("drift", *named, "--format", form, **files)
            assert (code, err) == (2, [f"pytest_stripe_balance drift: {why}"])
            assert form != "json" or json.loads("\n".join(out))["nothing_checked"] == why
    code, _, err = run("drift", "a.yaml", "b.yaml", a=tape(INTENT), b=tape(INTENT))
    assert (code, err) == (0, [])


@pytest.mark.parametrize(
    ("sides", "told"),
    [
        (("old", "nope"), "nope: there is no such file or folder"),
        (("nope", "old"), "nope: there is no such file or folder"),
        (("old", "a.yaml"), "old and a.yaml: give two files or two folders, not one of each"),
        (("a.yaml", "old"), "a.yaml and old: give two files or two folders, not one of each"),
    ],
)
def test_a_folder_is_compared_with_a_folder(run, sides, told, tmp_path, monkeypatch):
    """What isn't there is said to be that, and nothing else."""
    (tmp_path / "old").mkdir()
    assert run("drift", *sides, a=tape(INTENT))[::2] == (2, [f"pytest_stripe_balance drift: {told}"])


def test_two_folders_are_compared_file_by_file(run):
    """Files of one name are compared; one without a partner is told, and so is a pair of nothing."""
    files = {"a__x": tape(INTENT), "b__x": tape({**INTENT, "amount": "1"}), "b__y": tape(INTENT)}
    code, out, _ = run("drift", "a", "b", **files)
    assert code == 1
    assert (
        "not compared: 1 because the other folder has no recording of that name, as in b/y.yaml" in out
    )
    for arguments in (("a", "b/x.yaml"), ("a", ".")):
        code, out, err = run("drift", *arguments)
        assert (code, out, len(err)) == (2, [], 1)


def test_an_old_recording_is_warned_of_and_nothing_fails(run):
    """--max-age counts from the provenance's date, else from the Date header."""
    files = {"a": tape(INTENT), "b": tape(INTENT, provenance={"who": "fake", "date": "2999-01-01"})}
    code, out, _ = run("drift", "a.yaml", "b.yaml", "--max-age", "30", **files)
    assert code == 0
    assert [line for line in out if line.startswith("warning: a.yaml: recorded ")]
    assert not [line for line in out if line.startswith("warning: b.yaml")]
    _, out, _ = run("drift", "a.yaml", "b.yaml", "--max-age", "30", "--format", "github")
    assert out[0].startswith("::warning file=a.yaml,title=recording::recorded ")
    assert run("drift", "a.yaml", "b.yaml", "--max-age", "nan")[0] == 2
    assert len(run("drift", "a.yaml", "b.yaml")[1]) == 1


DEEP = '{"object":' * 800 + "1" + "}" * 800
HOSTILE = {
    "not there": (None, "b.yaml: there is no such file"),
    "empty": (" ", "b.yaml: empty"),
    "not UTF-8": (b"a: \xe9", "b.yaml:1: not UTF-8: byte 0xe9"),
    "cut short": (yaml.safe_dump(tape(INTENT))[:-60], "b.yaml"),
    "no cassette": ("a: 1", "b.yaml: not a cassette: it has no list of `interactions`"),
    "a foreign tag": ("interactions: !!python/object/apply:os.getcwd []", "b.yaml:1: unknown tag"),
    "interactions that are none": ("interactions: [7]", "b.yaml: interaction 1 is cut short"),
    "too deep": ("interactions: " + "[" * 5000, "b.yaml:1: nested too deeply"),
}


@pytest.mark.parametrize(("content", "line"), HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "command", [("drift", "a.yaml", "b.yaml"), ("conform", "a.yaml", "b.yaml")], ids="dc"
)
def test_hostile_input_is_one_clear_line_and_2(run, command, content, line):
    """Whatever is wrong with a file, one line on standard error names it."""
    code, _, err = run(*command, a=tape(INTENT), **({} if content is None else {"b": content}))
    assert code == 2
    (said,) = err
    assert said.startswith(f"pytest_stripe_balance {command[0]}: {line}")


ODD = {
    "deep answers": DEEP,
    "a list": "[1, 2]",
    "a number": "7",
    "objects that are none": '{"object": 7, "id": [], "error": "no", "data": {"object": null}}',
    "errors that are none": '{"error": {"code": {}, "type": [1]}}',
    "half a character": '{"object": "charge", "id": "\\\\ud800"}',
    "numbers that aren't small": '{"object": "charge", "created": 1e400, "amount": 1' + "0" * 300 + "}",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_answers_are_compared_or_refused_but_nothing_crashes(run, odd):
    """An answer of any shape, on either side, ends with an exit code of ours."""
    held = tape(INTENT)
    held["interactions"][0]["response"]["body"]["string"] = odd.replace("\\\\u", "\\u")
    for order in (("a.yaml", "b.yaml"), ("b.yaml", "a.yaml")):
        assert run("drift", *order, a=tape(INTENT), b=held)[0] in (0, 1, 2)
    assert run("conform", "b.yaml")[0] in (0, 1, 2)


def test_secrets_are_not_printed(run):
    """A client secret in a key that came is masked in every form."""
    files = {"a": tape(INTENT), "b": tape({**INTENT, "key": "pi_1_secret_" + "abc123"})}
    for form in ("text", "json", "github"):
        _, out, _ = run("drift", "a.yaml", "b.yaml", "--format", form, **files)
        assert "_secret_***" in "\n".join(out)
        assert "abc123" not in "\n".join(out)


@pytest.mark.skipif(not REAL, reason="STRIPE_REAL_DATA")
@pytest.mark.parametrize("path", REAL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_real_cassette_loads_is_itself_and_is_told_honestly(run, path):
    """Against itself there is nothing, and what the fake doesn't model is counted as nothing."""
    code, out, err = run("drift", str(path), str(path))
    assert (code, len(out), err) == (0, 1, [])
    code, out, err = run("conform", str(path), "--format", "json")
    told = json.loads("\n".join(out))
    left = sum(row["count"] for row in told["not_checked"])
    assert told["checked"] + left == path.read_text("utf-8").count("\n- request:")
    assert (told["confirmed"], told["against"]) == ({}, [])
    assert list(told["settles_nothing"].values()) == ["unknown"]
    assert err == []


def test_the_fakes_own_recording_is_equal_and_settles_nothing(run, recorder):
    """100 % equal, by the fake's word alone, which is no evidence about Stripe."""
    code, out, _ = run("conform", "a.yaml", a=in_yaml(recorder.exchanges, {"who": "fake"}))
    assert code == 0
    assert out[0].startswith(f"{len(recorder.exchanges)} driven in 1 file, 0 not driven: 0 errors")
    assert (
        out[1]
        == "settles nothing: 1 recording answered by fake; only answers of stripe-test-mode are evidence about Stripe"
    )
    assert out[-1].endswith(": 100 % equal")


def test_what_stripe_itself_answered_confirms_and_refutes_assumptions(run, recorder):
    """An answer that is as recorded confirms what it rested on; one that isn't speaks against it."""
    stripes = {"who": "stripe-test-mode"}
    _, out, _ = run("conform", "a.yaml", a=in_yaml(recorder.exchanges, stripes))
    assert [line for line in out if line.startswith("confirms apply-event-order: ")]
    assert not [line for line in out if "refute" in line or "settles nothing" in line]
    text = in_yaml(recorder.exchanges, stripes).replace(
        '"amount_received":1000', '"amount_received":999'
    )
    code, out, _ = run("conform", "a.yaml", a=text)
    assert code == 1
    (against,) = [
        line for line in out if line.startswith("may refute") and " at $.amount_received" in line
    ]
    assert "apply-event-order" in against
    assert ".yaml:" in against
    assert "% equal" in out[-1]
    assert "100 %" not in out[-1]
    _, out, _ = run("conform", "a.yaml", "--format", "json")
    told = json.loads("\n".join(out))
    (against,) = [one for one in told["against"] if one["path"] == "$.amount_received"]
    assert "apply-event-order" in against["one_of"]
    assert "apply-event-order" not in told["confirmed"] or told["confirmed"]["apply-event-order"] == 1


def test_the_documented_example_is_not_compared(run):
    """Nobody made its intent, so the fake has no answer to it, and that is said in four lines."""
    code, out, _ = run("conform", str(DOCUMENTED))
    assert (code, len(out)) == (0, 4)
    assert out[0].startswith("not driven: 1 because it names an object that the fake didn't make")
    assert out[-1] == "0 of 0 fields: nothing was driven, so this says nothing about the fake"


def test_another_reading_can_be_compared(run, recorder):
    """--assume takes a reading, and names what there is when there is no such one."""
    files = {"a": in_yaml(recorder.exchanges)}
    reading = "apply-without-amount-short=refused"
    code, out, _ = run("conform", "a.yaml", "--assume", reading, **files)
    assert code == 1
    assert any("status" in line for line in out)
    code, out, err = run("conform", "a.yaml", "--assume", "apply-without-amount-short=maybe")
    assert (code, out, len(err)) == (2, [], 1)


def test_conform_says_once_that_live_mode_is_not_compared(run, recorder):
    """The fake knows test mode only: `livemode` itself isn't compared, and that is told in every format."""
    live = in_yaml(recorder.exchanges).replace('"livemode":false', '"livemode":true')
    why = "`livemode` is not compared: the recording is from live mode, and the fake is always in test mode"
    for form in ("text", "json", "github"):
        code, out, _ = run("conform", "a.yaml", "--format", form, a=live)
        told = "\n".join(out)
        assert (code, told.count(why)) == (0, 1)
        _, out, _ = run("conform", "a.yaml", "--format", form, a=in_yaml(recorder.exchanges))
        assert why not in "\n".join(out)


def test_conform_of_no_answer_at_all_is_bad_usage(run):
    """A cassette of nothing, or of another service, can't have been meant."""
    code, _, err = run("conform", "a.yaml", a={"version": 1, "interactions": []})
    assert code == 2
    assert "a.yaml: no answer of Stripe in it to compare" in "\n".join(err)


@pytest.mark.parametrize("named", [["conform", "no/such/*.yaml"], ["conform", "gone.yaml"], ["drift", "gone.yaml", "away.yaml"]])  # fmt: skip
def test_what_is_not_there_is_no_file_that_was_looked_at(run, named):
    """The sum counts files, not names."""
    code, out, err = run(*named)
    assert (code, len(err)) == (2, len(named) - 1)
    assert any(" in 0 files, " in line for line in out)
