"""A version or account that another recorder has masked is read as a missing header."""

import json
from urllib.parse import urlencode

import pytest
import yaml

from pytest_stripe_balance import resources
from pytest_stripe_balance.api.message import Headers, Request
from pytest_stripe_balance.cassettes import interactions
from pytest_stripe_balance.cassettes.replay import Replay
from pytest_stripe_balance.commands import check, cli, conform, drift
from pytest_stripe_balance.session import Fake, Settings

WORDS = (
    *("<STRIPE_VERSION>", "<API-VERSION>", "FILTERED", "[FILTERED]", "***", "REDACTED", "xxx", "latest"),
    *("", "2023", "20231016", "2023-XX-XX", "{{ version }}", "**2023-10-16**", "<STRIPE_VERSION>; a=v1"),
)
VERSIONS = {
    "2023-10-16": "2023-10-16",
    " 2023-10-16 ": "2023-10-16",
    "2025-03-31.basil": "2025-03-31.basil",
    "2023-10-16; feature_beta=v3": "2023-10-16",
    "2025-03-31.preview;a_beta=v1; b_beta=v2": "2025-03-31.preview",
    "2099-01-01.nextone": "2099-01-01.nextone",
}
ACCOUNTS = ("<STRIPE_ACCOUNT>", "FILTERED", "***", "acct_***", "[ACCOUNT]", "")
CUSTOMER = {"id": "cus_TestAAAA11111", "object": "customer", "created": 1764000000, "livemode": "no"}


def cassette(body=CUSTOMER, asked=None, given=None):
    request = {
        "method": "post",
        "uri": "https://api.stripe.com/v1/customers",
        "headers": {name: [value] for name, value in (asked or {}).items()},
        "body": {"encoding": "UTF-8", "string": "email=ann%40example.com"},
    }
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {name: [value] for name, value in (given or {}).items()},
        "body": {"encoding": "UTF-8", "string": json.dumps(body)},
    }
    return {"http_interactions": [{"request": request, "response": response}]}


@pytest.fixture
def written(tmp_path):
    """Write a cassette, and give its path."""

    def write(name="a.yml", **parts):
        path = tmp_path / name
        path.write_text(yaml.safe_dump(cassette(**parts)))
        return path

    return write


def versions(outcome):
    return {finding.api_version for _, finding, _ in outcome.findings}


@pytest.mark.parametrize("word", WORDS)
def test_a_word_in_a_versions_place_names_none(word):
    """A value without the form of a version is a mask."""
    assert resources.named_version(word) == ""


@pytest.mark.parametrize("said", [None, 7, ["2023-10-16"], {}])
def test_a_version_is_a_text(said):
    """An event's version that isn't a string names no version."""
    assert resources.named_version(said) == ""


@pytest.mark.parametrize(("said", "version"), VERSIONS.items())
def test_what_has_a_versions_form_names_one_without_its_betas(said, version):
    """An unknown version is still a version: none is guessed in its place."""
    assert resources.named_version(said) == version


@pytest.mark.parametrize(("name", "words"), [("Stripe-Version", WORDS), ("Stripe-Account", ACCOUNTS), ("stripe-context", ACCOUNTS)])  # fmt: skip
def test_a_masked_header_is_read_as_missing_on_both_sides(name, words):
    """Neither the request nor its answer has it, and the other headers stay."""
    for word in words:
        parts = {name: word, "Request-Id": "req_1"}
        (one,) = interactions.interactions(cassette(asked=parts, given=parts))
        for side in (one.exchange.request, one.exchange.response):
            assert dict(side.headers) == {"Request-Id": "req_1"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("Stripe-Version", value) for value in VERSIONS),
        ("Stripe-Account", "acct_1GszwY2eZvKYlo2C"),
        ("Stripe-Account", "acct_scrubbedAccount1"),
        ("Stripe-Context", "acct_1a/acct_1b"),
    ],
)
def test_what_was_not_masked_stays(name, value):
    """Versions with betas, accounts, and the accounts that this package's own scrubbing leaves."""
    (one,) = interactions.interactions(cassette(asked={name: value}))
    assert one.exchange.request.headers[name] == value.strip()


def test_a_masked_version_is_still_a_sign_of_stripes_client():
    """At a host that isn't Stripe's the header says whose call it is, whatever stands in it."""
    data = cassette(asked={"Stripe-Version": "FILTERED"})
    data["http_interactions"][0]["request"]["uri"] = "https://mock.shop.test/v1/customers"
    assert len(list(interactions.interactions(data))) == 1


@pytest.mark.parametrize("word", ["<STRIPE_VERSION>", "***"])
def test_check_holds_a_masked_answer_to_what_would_hold_without_the_header(written, word):
    """The request's version counts if it is there, else the option's, else the newest."""
    masked = {"Stripe-Version": word}
    path = str(written(asked=masked, given=masked))
    asked = check.CheckQuestion([path], api_version="2024-06-20")
    assert versions(check.check(asked)) == {"2024-06-20"}
    assert versions(check.check(check.CheckQuestion([path]))) == {resources.newest_api_version()}
    path = str(written(asked={"Stripe-Version": "2023-10-16"}, given=masked))
    assert versions(check.check(asked.__class__([path]))) == {"2023-10-16"}


@pytest.mark.parametrize("word", ["<STRIPE_VERSION>", 7])
def test_an_event_behind_a_mask_goes_by_the_version_around_it(tmp_path, word):
    """An event's own api_version is read alike, alone and in a list of events."""
    event = {"id": "evt_1", "object": "event", "api_version": word, "created": 1, "livemode": "no"}
    listed = {"object": "list", "data": [event], "has_more": False, "url": "/v1/events"}
    (tmp_path / "a.json").write_text(json.dumps([event, listed]))
    outcome = check.check(check.CheckQuestion([str(tmp_path / "a.json")], api_version="2024-06-20"))
    assert (outcome.checked, versions(outcome)) == (2, {"2024-06-20"})


def test_drift_sees_a_header_that_is_not_there(written):
    """Two recordings with other words in a version's place don't differ in it."""
    same = {**CUSTOMER, "livemode": False}
    sides = [
        str(written(f"{word}.yml", body=same, given={"Stripe-Version": f"<{word}>", "Date": "x"}))
        for word in ("OLD", "NEW")
    ]
    outcome = drift.drift(drift.DriftQuestion(*sides), now=0)
    assert (outcome.checked, outcome.findings, outcome.problems) == (1, [], [])


def test_conform_asks_the_fake_at_its_newest_version_and_account(written):
    """Nothing is refused for the word: the request is driven, and says so."""
    masked = {"Stripe-Version": "FILTERED", "Stripe-Account": "FILTERED"}
    path = str(written(asked=masked, given=masked))
    outcome = conform.conform(conform.ConformQuestion([path])).outcome
    assert (outcome.checked, outcome.unchecked, outcome.problems) == (1, {}, [])


@pytest.mark.parametrize("account", ACCOUNTS)
def test_replay_answers_whatever_account_asks_where_it_was_masked(written, account):
    """A cassette whose accounts were all masked is one whose recorder left them out."""
    (one,) = interactions.interactions(cassette(asked={"Stripe-Account": "acct_1real"}))
    replay = Replay.load(written(asked={"Stripe-Account": account}))
    assert replay.answer(one.exchange.request).json == CUSTOMER


def test_a_replayed_answer_without_a_version_is_held_to_the_one_that_was_asked_for(project):
    """The version of the running test's request is the answer's version."""
    project.file("a.yml", yaml.safe_dump(cassette(given={"Stripe-Version": "FILTERED"})))
    project.file(
        "test_it.py",
        """
        import pytest, stripe

        @pytest.fixture
        def stripe_cassette():
            return "a.yml"

        def test_it(stripe_balance):
            stripe.Customer.create(email="ann@example.com", stripe_version="2024-06-20")
        """,
    )
    result = project.run("--stripe-mode=replay")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*customer at $.livemode breaks type*(API version 2024-06-20)"])


def at_version(version, said, *more):
    """Give the fake's answers at an API version, with `said` in the place of the versions."""
    fake = Fake(Settings(version, seed="recorded", now=1_720_000_000))
    due = {"collection_method": "send_invoice", "days_until_due": "30"}
    asked = [("customers", {"email": "ann@example.com"}), ("invoices", due)]
    items, customer = [], {}
    for path, fields in asked:
        posted = fields | customer
        headers = {"Stripe-Version": version, "Authorization": "Bearer sk_test_1"}
        request = Request(
            "POST", f"https://api.stripe.com/v1/{path}", Headers(headers), urlencode(posted)
        )
        response = fake.answer(request)
        assert response.status == 200
        items.append(recorded(request, response, said))
        customer = {"customer": response.json["id"]}
    return {"interactions": [*items, *more], "version": 1}


def recorded(request, response, said):
    given = {**response.headers, "Stripe-Version": said, "Date": "Wed, 03 Jul 2024 09:46:40 GMT"}
    return {
        "request": {
            "method": request.method,
            "uri": request.url,
            "body": request.body,
            "headers": {"Stripe-Version": [said]},
        },
        "response": {
            "status": {"code": response.status, "message": "OK"},
            "headers": {name: [value] for name, value in given.items()},
            "body": {"string": response.body.decode()},
        },
    }


@pytest.fixture
def conformed(tmp_path, capsys):
    """Run `conform` on a recording; give its exit code, lines and errors."""

    def run(data, *arguments):
        (tmp_path / "a.yaml").write_text(yaml.safe_dump(data))
        code = cli.main(["conform", str(tmp_path / "a.yaml"), *arguments])
        told = capsys.readouterr()
        return code, told.out.splitlines(), told.err.splitlines()

    return run


OLD, NEWEST = "2024-06-20", resources.newest_api_version()


@pytest.mark.parametrize("said", ["FILTERED", "", "***"])
def test_conform_takes_the_version_of_the_option_where_a_recording_says_none(conformed, said):
    """An old recording is equal at its own version, and nothing is said of a version taken."""
    code, out, _ = conformed(at_version(OLD, said), "--api-version", OLD)
    assert (code, out[-1].endswith("100 % equal")) == (0, True)
    assert not [line for line in out if "no API version" in line]


def test_conform_says_which_version_it_took(conformed):
    """One line, with the count, the version and the way to name another."""
    _, out, _ = conformed(at_version(OLD, "FILTERED"))
    line = f"2 answers without an API version: driven at {NEWEST}, the newest (choose another with --api-version)"
    assert line in out
    _, out, _ = conformed(at_version(OLD, "FILTERED"), "--format", "json")
    told = json.loads("\n".join(out))["without_api_version"]
    assert told == [{"count": 2, "taken": NEWEST, "why": "the newest"}]


def test_conform_takes_the_version_that_the_rest_of_a_recording_says(conformed):
    """Where one answer kept its version the others are of it too, unless the option says another."""
    data = at_version(OLD, OLD)
    data["interactions"][1] = at_version(OLD, "FILTERED")["interactions"][1]
    code, out, _ = conformed(data)
    assert (code, out[-1].endswith("100 % equal")) == (0, True)
    assert f"1 answer without an API version: driven at {OLD}, the first that the recording names (choose another with --api-version)" in out  # fmt: skip
    assert "100 % equal" not in conformed(data, "--api-version", NEWEST)[1][-1]


def test_the_option_changes_no_version_that_a_recording_says(conformed):
    """The option is for a document that doesn't name its own version."""
    code, out, _ = conformed(at_version(OLD, OLD), "--api-version", NEWEST)
    assert (code, out[-1].endswith("100 % equal")) == (0, True)


@pytest.mark.parametrize(("version", "why"), {"2024-06-20.banana": "Invalid Stripe API version", "2019-05-16": "the oldest modelled version is", "2099-01-01.x": "the newest modelled version is", "old": "Invalid"}.items())  # fmt: skip
def test_a_version_of_the_option_that_the_fake_lacks_is_bad_usage(conformed, version, why):
    """One line on standard error, and nothing is driven."""
    code, out, err = conformed(at_version(OLD, OLD), "--api-version", version)
    assert (code, out, len(err)) == (2, [], 1)
    assert err[0].startswith("pytest_stripe_balance conform: --api-version: ")
    assert why in err[0]


@pytest.mark.parametrize("version", ["2024-06-20.banana", "2025-13-45.basil"])
def test_what_never_was_a_version_is_not_driven(conformed, version):
    """A typo in a recording says nothing about the fake."""
    code, out, _ = conformed(at_version(OLD, version))
    assert code == 0
    assert out[0].startswith(f"not driven: 2 because Stripe has no API version {version}")


def test_a_version_that_stripe_refused_is_driven(conformed):
    """An answer that refuses the request's unknown version is compared all the same."""
    fake = Fake(Settings(NEWEST))
    headers = Headers({"Stripe-Version": "2024-06-20.banana", "Authorization": "Bearer sk_test_1"})
    request = Request("GET", "https://api.stripe.com/v1/customers", headers)
    said = recorded(request, fake.answer(request), "2024-06-20.banana")
    code, out, _ = conformed({"interactions": [said], "version": 1})
    assert (code, out[-1].endswith("100 % equal")) == (0, True)


def test_check_says_that_it_took_the_newest_version(written, capsys):
    """For a masked answer and for a document that never says one, unless the option names it."""
    path = str(written(body={**CUSTOMER, "livemode": False}, given={"Stripe-Version": "FILTERED"}))
    cli.main(["check", path])
    line = f"1 answer without an API version: checked at {NEWEST}, the newest (choose another with --api-version)"
    assert line in capsys.readouterr().out.splitlines()
    for more in (
        ["--api-version", OLD, path],
        [str(written("b.yml", body=CUSTOMER, given={"Stripe-Version": OLD}))],
    ):
        cli.main(["check", *more])
        assert "no API version" not in capsys.readouterr().out
