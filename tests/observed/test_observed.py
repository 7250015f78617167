"""What others have seen Stripe answer, asked of the fake: a row of data each, in the YAML files beside this.

A row says `what` it is about, its `source`, the API `version` (unknown: the newest is asked), how `strong` it
is, the `call` with its parameters, and what held of the answer. `given` is what was asked before: names of the
file's `preparations`, or calls; `name = CALL` keeps an answer, of which {name} is the id and {name.path} a part.
`account` is whom the call is made for; `assume` picks readings of the register; `beyond` says why the fake can't be asked.
"""

import re
from pathlib import Path

import pytest
import yaml
from asked import Asked, at

from pytest_stripe_balance.api import versions
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.resources import newest_api_version

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
STRENGTHS = {
    "strong": "asserted against Stripe's answers by a run that can be repeated, or captured whole",
    "medium": "described from a run, or asserted without the answer",
    "documented": "what the documentation says where the seen says otherwise",
}
ABOUT = {
    "what",
    "source",
    "version",
    "strong",
    "given",
    "call",
    "with",
    "key",
    "account",
    "assume",
    "beyond",
    "note",
}
HOLDS = {"error", "holds", "one_of", "contains", "matches", "keys", "count", "headers"}


def hold(asked, row, answer):
    """Hold an answer against what a row says of it."""
    status, headers, body = answer
    wanted = row.get("error")
    assert (status == 200) == (wanted is None), body
    if wanted is not None:
        told = {"http": status, **body["error"]}
        assert {name: told.get(name) for name in wanted} == asked.filled(wanted)
        body = body["error"]
    for path, value in asked.filled(row.get("holds", {})).items():
        assert at(body, path) == value, path
    for path, values in row.get("one_of", {}).items():
        assert at(body, path) in values, path
    for path, text in row.get("contains", {}).items():
        assert text in at(body, path), path
    for path, pattern in row.get("matches", {}).items():
        assert re.fullmatch(pattern, str(at(body, path))), path
    for path, keys in row.get("keys", {}).items():
        assert sorted(at(body, path) if path != "." else body) == sorted(keys.split()), path
    for path, count in row.get("count", {}).items():
        assert len(at(body, path)) == count, path
    for name, value in asked.filled(row.get("headers", {})).items():
        assert headers.get(name) == value, name


def rows():
    """Make a test of each row of each file."""
    for path in FILES:
        document = yaml.safe_load(path.read_text("utf-8"))
        for row in document["rows"]:
            row = {**document.get("all", {}), **row}  # noqa: PLW2901 - the same row, whole
            marks = [pytest.mark.stripe_balance(assume=row["assume"])] if "assume" in row else []
            preparations = document.get("preparations", {})
            yield pytest.param(row, preparations, marks=marks, id=f"{path.stem}: {row['what']}")


ROWS = list(rows())


@pytest.mark.stripe_balance(api_version=newest_api_version())
@pytest.mark.parametrize(("row", "preparations"), ROWS)
def test_the_fake_answers_what_others_have_seen(row, preparations, stripe_balance):
    """What held of Stripe's answer holds of the fake's, at the same API version."""
    version = row["version"]
    if "beyond" in row:
        pytest.skip(row["beyond"])
    try:
        versions.check(newest_api_version() if version == "unknown" else version)
    except Refused as refusal:
        pytest.skip(str(refusal))
    except Fault:
        assert "error" in row, f"{version} is no version"
    asked = Asked(stripe_balance, version, preparations)
    asked.prepare(row.get("given", []))
    hold(asked, row, asked.ask(row["call"], row.get("with", {}), row.get("key"), row.get("account")))


@pytest.mark.parametrize("row", [param.values[0] for param in ROWS], ids=[param.id for param in ROWS])
def test_a_row_says_what_it_is_and_where_it_is_from(row):
    """Each row has its source, version and strength, and something that held, or why it isn't asked."""
    assert row["source"]
    assert row["version"]
    assert row["strong"] in STRENGTHS
    assert row.keys() <= ABOUT | HOLDS
    assert row.keys() & HOLDS


WRONG = (
    ({"holds": {"available.usd": 1}}, r"^available\.usd\nassert 5 == 1"),
    ({"one_of": {"available.usd": [1, 2]}}, r"^available\.usd\nassert 5 in \[1, 2\]"),
    ({"contains": {"object": "customer"}}, r"^object\nassert 'customer' in"),
    ({"matches": {"object": "cash"}}, r"^object\nassert None"),
    ({"keys": {"settings": "reconciliation_mode"}}, r"^settings\nassert \["),
    ({"count": {"available": 2}}, r"^available\nassert 1 == 2"),
    ({"headers": {"Content-Type": "text/plain"}}, r"^Content-Type\nassert"),
    ({"error": {"http": 400}}, r"assert \(200 == 200\) == "),
)


@pytest.mark.parametrize(("wrong", "found"), WRONG, ids=[next(iter(one)) for one, _ in WRONG])
def test_a_row_that_does_not_hold_fails(wrong, found, stripe_balance):
    """Whatever a row can say can be found wrong."""
    asked = Asked(stripe_balance, "unknown", {})
    asked.prepare([{"customer = POST /v1/customers": {}}])
    asked.prepare(
        [
            {
                "POST /v1/test_helpers/customers/{customer}/fund_cash_balance": {
                    "amount": 5,
                    "currency": "usd",
                }
            }
        ]
    )
    answer = asked.ask("GET /v1/customers/{customer}/cash_balance", {})
    hold(asked, {"holds": {"available.usd": 5}}, answer)
    with pytest.raises(AssertionError, match=found):
        hold(asked, wrong, answer)
