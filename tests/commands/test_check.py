"""`check`: files of every kind, good and bad, held to the contract of their own API version."""

import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from pytest_stripe_balance import resources
from pytest_stripe_balance.commands import check as checking
from pytest_stripe_balance.commands import cli
from pytest_stripe_balance.contract import contract, findings

REAL_DATA = Path(os.environ.get("STRIPE_REAL_DATA", "../shared/real"))
REAL = sorted(path for path in REAL_DATA.rglob("*") if path.suffix in {".yml", ".yaml"})
NEWEST = resources.newest_api_version()
BALANCE = {"object": "cash_balance", "available": {"usd": 100}, "customer": "cus_1", "livemode": False,
           "customer_account": None, "settings": {"reconciliation_mode": "manual", "using_merchant_default": False}}  # fmt: skip
BROKEN = {**BALANCE, "customer": 7}
OPEN = {**BALANCE, "settings": {"reconciliation_mode": "by_hand", "using_merchant_default": False}}


def event(held, **keys):
    return {"id": "evt_1", "object": "event", "created": 1, "livemode": False, "pending_webhooks": 0,
            "type": "cash_balance.funds_available", "data": {"object": held}, "api_version": NEWEST,
            "request": None, **keys}  # fmt: skip


def cassette(*bodies, asked=None, given=None):
    return {
        "interactions": [
            {
                "request": {
                    "method": "POST",
                    "uri": "https://api.stripe.com/v1/things",
                    "body": None,
                    "headers": asked or {},
                },
                "response": {
                    "status": {"code": 200, "message": "OK"},
                    "headers": given or {},
                    "body": {"string": json.dumps(body)},
                },
            }
            for body in bodies
        ],
        "version": 1,
    }


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Write files into an empty folder, check them there, and give exit code, lines and errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, **files):
        for name, held in files.items():
            path = tmp_path / name.replace("__", ".")
            content = (
                held
                if isinstance(held, bytes)
                else (held if isinstance(held, str) else json.dumps(held)).encode()
            )
            path.write_bytes(content)
        names = [name.replace("__", ".") for name in files]
        code = cli.main(["check", *arguments, *(() if "-" in arguments else names)])
        told = capsys.readouterr()
        return code, told.out.splitlines(), told.err.splitlines()

    return run


def found(check, *arguments, **files):
    """Check, and give what was found as JSON."""
    code, out, _ = check("--format", "json", *arguments, **files)
    return code, json.loads("\n".join(out))


@pytest.mark.skipif(not REAL, reason="STRIPE_REAL_DATA")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_no_real_cassette_breaks_the_contract_of_its_own_version(path):
    """What Stripe really answered has no breaking finding, and every interaction is accounted for."""
    outcome = checking.check(checking.CheckQuestion([str(path)]))
    assert [str(one) for level, one, _ in outcome.findings if one.kind == "breaking"] == []
    assert outcome.problems == []
    passed = sum(tally.count for tally in outcome.unchecked.values())
    assert outcome.checked + passed == path.read_text("utf-8").count("\n- request:")
    assert all("no schema" in reason for reason in outcome.unchecked)


EXCHANGES = sorted(REAL_DATA.rglob("*.json"))


def exchanges_in(held):
    """Find the requests and answers of a file of real exchanges, however deep they lie."""
    if isinstance(held, dict) and isinstance(held.get("response"), dict) and "body" in held["response"]:
        yield held
    elif isinstance(held, dict | list):
        for inner in held.values() if isinstance(held, dict) else held:
            yield from exchanges_in(inner)


@pytest.mark.skipif(not EXCHANGES, reason="STRIPE_REAL_DATA")
@pytest.mark.parametrize("path", EXCHANGES, ids=lambda path: path.stem)
def test_no_real_answer_breaks_the_contract_of_its_own_version(path):
    """Of what Stripe answered, at any version and of any age, nothing is at level error."""
    in_name = re.search(r"\d{4}-\d{2}-\d{2}(?:\.[a-z]+)?(?=\.json)", path.name)
    for one in exchanges_in(json.loads(path.read_text("utf-8"))):
        asked, given = one.get("request") or {}, one["response"]
        said = (given.get("stripe_version"), (given.get("headers") or {}).get("Stripe-Version"))
        said = (*said, asked.get("stripe_version"), in_name and in_name[0])
        version = next(filter(None, map(resources.named_version, said)), NEWEST)
        levels = {
            findings.level_of(found, findings.DEFAULT_LEVELS): found
            for found in contract.contract(version).check(given["body"])
        }
        assert "error" not in levels, levels["error"]


def test_documents_that_keep_the_contract_end_with_0(check):
    """A document, a list of them, and lines of them: all are checked, nothing is found."""
    line = json.dumps(BALANCE)
    code, told = found(
        check,
        one__json=BALANCE,
        many__json=[BALANCE, BALANCE],
        lines__jsonl=f"{line}\n\n{line}\n",
        plain__txt=f"{line}\n{line}",
    )
    assert (code, told["findings"], told["checked"], told["files"]) == (0, [], 7, 4)


@pytest.mark.parametrize(
    ("files", "first"),
    [
        ({"a__json": BROKEN}, {"file": "a.json", "line": None, "of": None}),
        ({"a__json": [BALANCE, BROKEN]}, {"file": "a.json", "line": None, "of": "item 1"}),
        (
            {"a__jsonl": f"{json.dumps(BALANCE)}\n{json.dumps(BROKEN)}"},
            {"file": "a.jsonl", "line": 2, "of": None},
        ),
        ({"a__json": cassette(BROKEN)}, {"file": "a.json", "line": None, "of": "POST /v1/things"}),
        (
            {"a__yaml": yaml.safe_dump(cassette(BROKEN))},
            {"file": "a.yaml", "line": 2, "of": "POST /v1/things"},
        ),
    ],
)
def test_a_finding_says_where_it_stands(check, files, first):
    """File, line, request or item: whatever is known leads to the document; exit code 1."""
    code, told = found(check, **files)
    assert code == 1
    (one,) = told["findings"]
    assert (one["kind"], one["path"], one["first"]) == ("breaking", "$.customer", first)


def test_a_float_for_an_integer_is_found_in_text_that_is_read(check):
    """1000.0 is not 1000, in documents and in cassettes."""
    wrong = {**BALANCE, "available": {"usd": 1000.0}}
    _, told = found(check, a__json=wrong, b__json=cassette(wrong))
    assert [(one["path"], one["count"]) for one in told["findings"]] == [("$.available.usd", 2)]


@pytest.mark.parametrize(
    ("held", "arguments", "version"),
    [
        (BROKEN, [], NEWEST),
        (BROKEN, ["--api-version", "2024-06-20"], "2024-06-20"),
        (event(BROKEN, api_version="2024-04-10"), ["--api-version", "2024-06-20"], "2024-04-10"),
        (event(BROKEN, api_version=None), ["--api-version", "2024-06-20"], "2024-06-20"),
        (cassette(BROKEN), ["--api-version", "2024-06-20"], "2024-06-20"),
        (cassette(BROKEN, asked={"Stripe-Version": ["2023-10-16"]}), [], "2023-10-16"),
        (
            cassette(
                BROKEN,
                asked={"Stripe-Version": ["2023-10-16"]},
                given={"stripe-version": ["2020-08-27"]},
            ),
            [],
            "2020-08-27",
        ),
        (cassette(BROKEN, given={"stripe-version": ["2024-06-20; some_beta=v1"]}), [], "2024-06-20"),
    ],
)
def test_each_is_held_to_its_own_version(check, held, arguments, version):
    """A cassette's headers, answer before request; an event's key; then the option; then the newest."""
    _, told = found(check, *arguments, a__json=held)
    assert {one["api_version"].partition(",")[0] for one in told["findings"]} == {version}


def test_a_version_without_a_schema_is_said_and_not_guessed(check):
    """A preview's answers aren't held to another version's schema."""
    code, told = found(check, a__json=cassette(BROKEN, given={"stripe-version": ["2099-01-01.nextone"]}))
    assert (code, told["checked"], told["findings"]) == (2, 0, [])
    assert told["not_checked"][0]["reason"] == "of API version 2099-01-01.nextone, which has no schema"


@pytest.mark.parametrize(
    ("held", "checked", "reason"),
    [
        ({"object": "v2.core.event"}, 0, "of kind v2.core.event, which has no schema"),
        ({"id": "x"}, 0, "without an `object` key (name its kind with --object)"),
        (
            {"object": "list", "data": [{"object": "teapot"}], "has_more": False, "url": "/v1/teapots"},
            1,
            "of kind teapot in list, which has no schema",
        ),
        (
            {**event({"object": "teapot"}), "type": "teapot.updated"},
            1,
            "of kind teapot in event, which has no schema",
        ),
    ],
)
def test_what_no_schema_describes_is_said(check, held, checked, reason):
    """A kind that v1 lacks, a thin event too, is counted as not checked, also inside a list or an event."""
    code, told = found(check, a__json=held)
    assert (code, told["checked"]) == (0 if checked else 2, checked)
    assert [(one["reason"], one["count"]) for one in told["not_checked"]] == [(reason, 1)]


def test_an_event_is_checked_by_its_object_whatever_it_is(check):
    """A dispute's event is wrong by what the dispute lacks, and one about another object by that."""
    about = event({"object": "dispute", "id": "du_1", "amount": "5"})
    code, told = found(check, a__json={**about, "type": "charge.dispute.created"})
    assert (code, told["checked"], told["not_checked"]) == (1, 1, [])
    places = {one["path"] for one in told["findings"] if one["object"] == "dispute"}
    assert {"$.data.object", "$.data.object.amount"} <= places
    _, told = found(check, a__json={**event({"object": "charge"}), "type": "charge.dispute.created"})
    wrong = [one["path"] for one in told["findings"] if one["object"] == "event"]
    assert wrong == ["$.data.object.object"]


def test_the_kind_can_be_given(check):
    """--object checks a document that doesn't say what it is, or says something else."""
    nameless = {key: value for key, value in BROKEN.items() if key != "object"}
    code, told = found(check, "--object", "cash_balance", a__json=nameless)
    assert code == 1
    assert "$.customer" in {one["path"] for one in told["findings"]}
    assert told["checked"] == 1


def test_levels_can_be_set(check):
    """--level decides what ends a build, kind by kind, and may be given twice."""
    assert check(a__json=OPEN)[0] == 0
    assert check("--level", "enum=error", a__json=OPEN)[0] == 1
    assert check("--level=breaking=warning", "--level=enum=information", a__json=BROKEN)[0] == 0


DEEP = '{"object": "cash_balance", "x": ' + '{"a":' * 600 + "1" + "}" * 601
TAPE = yaml.safe_dump(cassette(BALANCE, BALANCE))
BAD = {
    "not JSON": ("a.json", '{\n"a": nope}', "a.json:2: not JSON"),
    "a folder": ("sub", None, "sub: a folder; name its files"),
    "not there": ("gone.json", None, "gone.json: there is no such file"),
    "no match": ("gone*.json", None, "gone*.json: no file matches"),
    "not UTF-8": ("a.json", b'{"a":\n"\xe9"}', "a.json:2: not UTF-8: byte 0xe9"),
    "too deep to parse": ("a.json", "[" * 100_000, "a.json: nested too deeply"),
    "too deep to check": ("a.json", DEEP, "a.json: nested too deeply"),
    "a key twice": ("a.json", '{"object": "charge", "id": 1, "id": 2}', "a.json: the key 'id' appears twice"),
    "NaN": ("a.json", '{"object": "charge", "amount": NaN}', "a.json: not JSON: NaN"),
    "half a character": ("a.json", '{"object": "charge", "id": "\\ud800"}', "a.json: holds '\\ud800'"),
    "a bad line": ("a.jsonl", '{"object": "teapot"}\n{\n{', "a.jsonl:2: not JSON: Expecting property name enclosed in double quotes (and 1 more such lines)"),
    "half a cassette in a body": ("a.yaml", TAPE[: TAPE.index("cus_1")], "a.yaml:9: not YAML, or cut short"),
    "half a cassette between keys": ("a.yaml", TAPE[: TAPE.rindex("    status:")], "a.yaml:16: interaction 2 is cut short"),
    "half a cassette as JSON": ("a.json", json.dumps(cassette(BALANCE))[:-20], "a.json:1: not JSON"),
    "a foreign tag": ("a.yaml", "interactions:\n- !!python/object/apply:os.getcwd []", "a.yaml:2: unknown tag !!python/object/apply:os.getcwd"),
    "a key twice in YAML": ("a.yaml", "version: 1\nversion: 1", "a.yaml:2: the key 'version' appears twice"),
    "an interactions that is no list": ("a.yaml", "interactions: none", "a.yaml: not a cassette: its `interactions` are not a list"),
    "bad YAML after a document": ("a.yaml", "a: 1\n---\na: [", "a.yaml:4: not YAML, or cut short"),
    "no key before the bad one": ("a.json", '[7, {"a": nope}]', "a.json:1: not JSON"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "line"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_that_names_the_file_and_the_others_are_checked(
    check, tmp_path, name, content, line
):
    """One line on standard error, exit code 2, and the good and the broken file beside it are still told."""
    (tmp_path / "sub").mkdir()
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    code, out, err = check(name, good__json=BALANCE, broken__json=BROKEN)
    assert code == 2
    (said,) = err
    assert said.startswith(f"pytest_stripe_balance check: {line}")
    assert [row.rpartition("; in ")[2] for row in out if "breaking" in row] == ["broken.json"]
    files = 2 if line.endswith(("no such file", "no file matches")) else 3
    assert f" checked in {files} files, " in out[-1]


NO_RECORDING = "without a recording (no list of `interactions` in it)"
WITHOUT = {
    "a hash": ("a.yaml", "a: 1\n", NO_RECORDING),
    "a list": ("a.yaml", "- a\n- b: 1\n", NO_RECORDING),
    "an empty list": ("a.yaml", "[]", NO_RECORDING),
    "a text": ("a.yml", "hello", NO_RECORDING),
    "another file's text": ("a.txt", "hello", NO_RECORDING),
    "comments": ("a.yaml", "# nothing yet\n", NO_RECORDING),
    "a workflow": ("a.yaml", "on: push\njobs:\n  test:\n    steps: []\n", NO_RECORDING),
    "several documents": ("a.yaml", "a: 1\n---\nb: 2\n", "without a recording (several YAML documents)"),
    "an empty file": ("a.yaml", "", "empty"),
    "blanks": ("a.json", " \n", "empty"),
    "an empty file of lines": ("a.jsonl", "", "empty"),
    "a number": ("a.json", "42", "without a Stripe object (a number)"),
    "a text in JSON": ("a.json", '"x"', "without a Stripe object (a string)"),
    "null": ("a.json", "null", "without a Stripe object (null)"),
    "an empty list in JSON": ("a.json", "[]", "without a Stripe object (an empty list)"),
    "a list's item": ("a.json", '["x"]', "without a Stripe object (a string)"),
    "a line": ("a.jsonl", "[7]\n", "without a Stripe object (a number)"),
    "no object": ("a.json", '{"a": 1}', "without an `object` key (name its kind with --object)"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "reason"), WITHOUT.values(), ids=WITHOUT)
def test_what_can_be_read_and_is_no_recording_is_named_and_not_checked(
    check, tmp_path, name, text, reason
):
    """YAML and JSON alike: a line with the reason; the exit code is 2 only where nothing was checked."""
    (tmp_path / name).write_text(text)
    code, out, err = check(name, good__json=BALANCE)
    assert (code, err) == (0, [])
    assert out[0].startswith(f"not checked: 1 {reason}, as in {name}")
    assert out[-1].startswith("1 checked in 2 files, 1 not checked: ")
    assert check(name, broken__json=BROKEN)[0] == 1
    code, out, err = check(name)
    assert (code, err) == (2, ["pytest_stripe_balance check: nothing was checked (--allow-empty allows that)"])  # fmt: skip
    assert out[0].startswith(f"not checked: 1 {reason}, as in {name}")
    assert check("--allow-empty", name)[0] == 0


def test_what_is_no_object_in_a_list_hides_no_other(check):
    """Those that stand behind it are still checked."""
    code, told = found(check, a__json=[7, BROKEN, "x", BALANCE])
    assert (code, told["checked"], [one["count"] for one in told["not_checked"]]) == (1, 2, [1, 1])


@pytest.mark.parametrize("named", [[], ["gone/*.yaml"], ["gone/*.yaml", "**/gone.json"]])
def test_no_file_at_all_is_allowed_with_allow_empty(check, named):
    """A hook that is handed nothing has nothing against it; without the option it is bad input."""
    code, out, err = check("--allow-empty", *named)
    assert (code, err) == (0, [])
    assert out[-1].startswith(f"0 checked in 0 files, {len(named)} not checked: ")
    code, out, err = check(*named)
    assert (code, len(err)) == (2, len(named) or 1)
    assert not out or out[-1].startswith("0 checked in 0 files, ")


def test_a_file_that_is_missing_is_bad_input_whatever_is_allowed(check):
    """Somebody named that very file."""
    code, out, err = check("--allow-empty", "gone.yaml")
    assert (code, err) == (2, ["pytest_stripe_balance check: gone.yaml: there is no such file"])
    assert out[-1].startswith("0 checked in 0 files, 0 not checked, 1 not readable: ")


def test_a_bad_line_does_not_hide_the_others_of_its_file(check):
    """In JSON lines every line is on its own."""
    code, out, _ = check(a__jsonl=f"nope\n{json.dumps(BROKEN)}")
    assert code == 2
    assert "first" not in out[0]
    assert "a.jsonl:2" in out[0]


def test_a_file_above_the_limit_is_not_read(check, tmp_path):
    """A 200 MB file is refused by its size; --max-mb moves the limit."""
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(200_000_000)
    code, _, err = check("huge.json")
    assert (code, err) == (
        2,
        ["pytest_stripe_balance check: huge.json: bigger than 100 MB; --max-mb raises the limit"],
    )
    assert check("--max-mb", "0.0001", a__json=BALANCE)[0] == 2


def test_patterns_name_files_and_no_folders(check, tmp_path):
    """`**` goes into folders, each file counts once, and a file with brackets in its name is itself."""
    for name in ("sub/deep.json", "sub/b[1].json", "sub/c.yaml/x.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(BALANCE))
    _, told = found(check, "sub/**/*.json", "sub/deep.json", "sub/b[1].json")
    assert told["files"] == told["checked"] == 3
    (tmp_path / "sub/b1.json").write_text(json.dumps(BROKEN))
    assert check("sub/b[1].json")[0] == 0
    assert check("sub/*.y*ml")[2] == ["pytest_stripe_balance check: sub/*.y*ml: no file matches"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(BROKEN),
        f"{json.dumps(BROKEN)}\n{json.dumps(BALANCE)}",
        yaml.safe_dump(cassette(BROKEN)),
    ],
)
def test_standard_input_is_read_as_a_file_is(check, monkeypatch, text):
    """`-` takes JSON, JSON lines or a cassette."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    code, out, _ = check("-")
    assert code == 1
    assert "$.customer" in out[0]
    assert "<stdin>" in out[0]


def test_a_byte_order_mark_is_read_past(check):
    """Some editors begin UTF-8 with one."""
    assert check(a__json=b"\xef\xbb\xbf" + json.dumps(BALANCE).encode())[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--api-version", "newest"],
        ["--object", "teapot"],
        ["--level", "breaking"],
        ["--level", "breaking=fatal"],
    ],
)
def test_a_question_that_makes_no_sense_is_one_line_and_2(check, arguments):
    """Bad usage is told before any file is read, with what there is instead."""
    code, out, err = check(*arguments, a__json=BROKEN)
    assert (code, out, len(err)) == (2, [], 1)
    assert arguments[1] in err[0]


def test_secrets_of_a_document_are_not_printed(check):
    """A client secret in a wrong place, and one for a kind, are masked in every form."""
    secret = "pi_1_secret_" + "abc123"
    for form in ("text", "json", "github"):
        _, out, _ = check(
            "--format", form, a__json=[{**BALANCE, "customer": [secret]}, {"object": secret}]
        )
        assert "_secret_***" in "\n".join(out)
        assert "abc123" not in "\n".join(out)


def test_json_is_checked_without_what_only_cassettes_and_findings_need(tmp_path):
    """A start on a good JSON file loads neither YAML, nor vcrpy, nor the SDK, nor jsonschema, nor pytest."""
    (tmp_path / "a.json").write_text(json.dumps(BALANCE))
    code = (
        "import sys; from pytest_stripe_balance.commands import cli; code = cli.main(['check', 'a.json']);"
        "print(sorted({'yaml', 'vcr', 'stripe', 'jsonschema', 'pytest', 'jsonschema_rs', 'msgspec'} & set(sys.modules))); sys.exit(code)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == "['jsonschema_rs']"


def test_a_clean_document_costs_one_validation_per_object(tmp_path, monkeypatch):
    """Many documents of one kind compile their schemas once, and each object is validated once."""
    compiled, validated = [], []
    compile_schema = contract._compiled

    class Counting:
        def __init__(self, schema):
            compiled.append(schema["title"])
            self._validator = compile_schema(schema)

        def is_valid(self, value):
            validated.append(value["object"])
            return self._validator.is_valid(value)

    monkeypatch.setattr(contract, "_compiled", Counting)
    contract.contract.cache_clear()
    (tmp_path / "a.jsonl").write_text("\n".join([json.dumps(event(BALANCE))] * 500))
    outcome = checking.check(checking.CheckQuestion([str(tmp_path / "a.jsonl")]))
    contract.contract.cache_clear()
    assert outcome.checked == 500
    assert sorted(compiled) == ["cash_balance", "event"]
    assert Counter(validated) == {"cash_balance": 500, "event": 500}


def test_downstream_repos_have_a_hook_for_their_cassettes():
    """The pre-commit hook runs this very command, on JSON and YAML in folders called cassettes."""
    (hook,) = yaml.safe_load(
        Path(checking.__file__).parents[2].joinpath(".pre-commit-hooks.yaml").read_text("utf-8")
    )
    command = "python -m pytest_stripe_balance check --allow-empty"
    assert (hook["id"], hook["entry"]) == ("stripe-contract", command)
    assert (hook["types_or"], hook["files"]) == (["json", "yaml"], "(^|/)cassettes/")


def test_what_lies_in_an_unknown_wrapping_is_not_judged(check, tmp_path):
    """A document without an `object` key is said to be unchecked, and nothing inside it is found wrong."""
    (tmp_path / "a.json").write_text(json.dumps({"body": BROKEN}))
    outcome = checking.check(checking.CheckQuestion([str(tmp_path / "a.json")]))
    assert (outcome.checked, outcome.findings) == (0, [])
    ((reason, tally),) = outcome.unchecked.items()
    assert reason.startswith("without an `object` key but with Stripe objects inside")
    assert tally.count == 1


EMPTY = {
    "no interactions": ({"a__yaml": "interactions: []\nversion: 1\n"}, "there is no answer of Stripe in the input"),
    "another API's": (
        {"a__json": json.loads(json.dumps(cassette(BALANCE)).replace("api.stripe.com", "api.paypal.com").replace("/v1/", "/v2/"))},
        "there is no answer of Stripe in the input",
    ),
    "no JSON in it": (
        {"a__json": json.loads(json.dumps(cassette(BALANCE)).replace("{\\", "<p>{\\"))},
        "1 with a body that isn't JSON, as in a.json, POST /v1/things",
    ),
    "a kind without a schema": ({"a__json": {"object": "teapot"}}, "1 of kind teapot, which has no schema, as in a.json"),
    "two reasons": ({"a__json": [{"object": "teapot"}, {}]}, "1 of kind teapot, which has no schema, as in a.json, item 0, and 1 more"),
    "an empty list": ({"a__json": []}, "1 without a Stripe object (an empty list), as in a.json"),
}  # fmt: skip


SHORT = "nothing was checked (--allow-empty allows that)"  # the report has told the reasons


@pytest.mark.parametrize(("files", "why"), EMPTY.values(), ids=EMPTY)
def test_a_check_of_nothing_is_no_success(check, files, why):
    """Where nothing at all was checked it ends with 2 and says why in every format; --allow-empty: 0."""
    line = f"nothing was checked: {why} (--allow-empty allows that)"
    for form in ("text", "json", "github"):
        code, out, err = check("--format", form, **files)
        told = line if form != "text" or "no answer" in why else SHORT
        assert (code, err) == (2, [f"pytest_stripe_balance check: {told}"])
        assert form != "json" or json.loads("\n".join(out))["nothing_checked"] == line
        assert form != "github" or f"::error title=Stripe contract::{line}" in out
        code, out, err = check("--allow-empty", "--format", form, **files)
        assert (code, err) == (0, [])
        assert form != "json" or json.loads("\n".join(out))["nothing_checked"] is None


@pytest.mark.parametrize("more", [[], ["--allow-empty"]], ids=["plain", "allow empty"])
def test_what_was_checked_or_found_decides_before_that(check, more):
    """One document is enough, whatever lies beside it; a finding inside an unknown kind is one; bad input stays 2."""
    unknown = {"object": "teapot"}
    assert check(*more, a__json=BALANCE, b__json=unknown)[0] == 0
    assert check(*more, a__json=BROKEN, b__json=unknown)[0] == 1
    assert check(*more, a__json={**unknown, "balance": BROKEN}, b__json=unknown)[0] == 1
    assert check(*more, a__json={**unknown, "balance": OPEN}, b__json=unknown)[0] == 0
    code, _, err = check(*more, a__json="nope", b__json=unknown)
    assert (code, len(err)) == (2, 1)


@pytest.mark.parametrize(
    ("held", "arguments", "code"),
    [
        (BALANCE, [], 0),
        (BROKEN, [], 1),
        ("nope", [], 2),
        ({"id": "x"}, [], 2),
        ({"id": "x"}, ["--allow-empty"], 0),
        (BALANCE, ["--allow-nothing"], 2),
    ],
)
def test_the_process_ends_with_the_code(tmp_path, held, arguments, code):
    """What a shell or a CI sees is the exit code of the process itself."""
    (tmp_path / "a.json").write_text(held if isinstance(held, str) else json.dumps(held))
    command = [sys.executable, "-m", "pytest_stripe_balance", "check", *arguments, "a.json"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == code


@pytest.mark.parametrize("version", ["2015-04-07", "2019-08-14", "2020-08-27", "2022-11-15"])
def test_what_a_borrowed_schema_finds_is_a_warning_at_most(check, version):
    """No schema is that old, so the first one's word fails nothing, whatever --level says; it is marked."""
    held = cassette({**BROKEN, "brand_new": 1}, OPEN, given={"Stripe-Version": version})
    for more in ([], ["--level", "enum=error", "--level", "additive=warning"]):
        code, told = found(check, *more, a__json=held)
        assert code == 0
        levels = {one["path"]: (one["level"], one["borrowed"]) for one in told["findings"]}
        assert levels["$.customer"] == levels["$.settings.reconciliation_mode"] == ("warning", True)
        assert levels["$.brand_new"] == ("warning" if more else "information", True)
    said = f"(API version {version}, by the borrowed schema of 2023-10-16)"
    assert all(said in row for row in check(a__json=held)[1][:-1])


@pytest.mark.parametrize("version", ["2023-10-16", NEWEST, "2027-01-27.endive"])
def test_what_a_versions_own_schema_finds_is_no_loan(check, version):
    """The first schema is its own version's, and a later month of a release goes by that release's."""
    code, told = found(check, a__json=cassette(BROKEN, given={"Stripe-Version": version}))
    assert code == 1
    assert {one["borrowed"] for one in told["findings"]} == {False}


CUSTOMER = {"id": "cus_1", "object": "customer", "created": 1, "livemode": False, "email": None}
SUMMER, AUTUMN = "Tue, 13 Aug 2019 23:59:59 GMT", "Wed, 14 Aug 2019 00:00:00 GMT"
RECORDED = {
    "before": ({"Date": SUMMER}, None, False),
    "since": ({"Date": AUTUMN}, None, True),
    "before, at a newer version": ({"Date": SUMMER, "Stripe-Version": "2023-10-16"}, None, False),
    "since, at an older version": ({"Date": AUTUMN, "Stripe-Version": "2018-11-08"}, None, True),
    "before, by the recorder's word": ({}, SUMMER, False),
    "since, by the recorder's word": ({}, "2019-08-14T00:00:01", True),
    "no date and a version from before": ({"Stripe-Version": "2019-05-16"}, None, False),
    "no date and a version since": ({"Stripe-Version": "2019-08-14"}, None, True),
    "no date that can be read": ({"Date": "FILTERED"}, None, True),
}


@pytest.mark.parametrize(("given", "recorded_at", "judged"), RECORDED.values(), ids=RECORDED)
def test_a_key_has_not_vanished_before_it_came(check, given, recorded_at, judged):
    """The objects that show which keys are always there are of 2019-08-14 and later."""
    held = cassette(CUSTOMER, given=given)
    held["interactions"][0] |= {"recorded_at": recorded_at} if recorded_at else {}
    _, told = found(check, a__json=held)
    assert ("vanished" in {one["kind"] for one in told["findings"]}) is judged


@pytest.mark.parametrize(("created", "judged"), [(1565740799, False), (1565740800, True)])
def test_an_event_was_recorded_when_it_happened(check, created, judged):
    """What an event holds was rendered then, and never again."""
    held = {**event(CUSTOMER, created=created), "type": "customer.created"}
    _, told = found(check, a__json=held)
    assert ("vanished" in {one["kind"] for one in told["findings"]}) is judged


@pytest.mark.parametrize("version", ["2020-03-02", "2023-10-16", NEWEST])
def test_an_event_type_of_any_release_is_documented_at_every_version(check, version):
    """An account's version doesn't choose which events Stripe sends; a type that no release knows is told."""
    known = ("entitlements.active_entitlement_summary.updated", "invoice_payment.paid", "order.created")
    for happened in (*known, "shop.opened", ["charge.updated"]):
        made = {**event({"object": "thing"}), "api_version": version, "type": happened}
        _, told = found(check, a__json=made)
        enums = {one["path"] for one in told["findings"] if one["kind"] == "enum"}
        assert enums == ({"$.type"} if happened == "shop.opened" else set())


@pytest.mark.parametrize(
    ("uri", "headers", "reason"),
    [
        ("https://api.stripe.com/v1/customers/cus_1/cash_balance", {}, None),
        ("https://api.stripe.com/v<VENDOR_ID>/customers/cus_1/cash_balance", {}, None),
        ("https://api.stripe.com/v2/core/events", {}, "of another API than v1"),
        ("https://connect.stripe.com/oauth/token", {}, "of another API than v1"),
        (
            "https://api.stripe.com/v1/x",
            {"Authorization": "Bearer pk_test_1"},
            "sent as browsers do",
        ),
        ("https://api.stripe.com/v1/x?key=pk_test_1", {}, "sent as browsers do"),
        ("https://api.stripe.com/v1/x?a=1&client_secret=pi_1", {}, "sent as browsers do"),
        ("https://api.stripe.com/v1/x", {"Authorization": "Bearer sk_test_1"}, None),
    ],
)
def test_what_is_asked_of_another_api_or_by_a_browser_is_not_judged(check, uri, headers, reason):
    """A publishable key brings some keys only; a version that was masked in the path is no other API."""
    held = cassette(BROKEN, asked=headers)
    held["interactions"][0]["request"] |= {"uri": uri, "method": "GET"}
    _, told = found(check, a__json=held)
    assert told["checked"] == (reason is None)
    assert [one["reason"].startswith(str(reason)) for one in told["not_checked"]] == [True] * bool(
        reason
    )
