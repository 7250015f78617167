"""What other recorders put in the place of a version or an account is a header that isn't there."""

import json

import pytest
import yaml

from pytest_stripe_balance import checking, comparing, resources
from pytest_stripe_balance.cassettes import tape
from pytest_stripe_balance.cassettes.replay import Replay

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
    """What has no version's form is a mask, whoever put it there."""
    assert resources.named_version(word) == ""


@pytest.mark.parametrize("said", [None, 7, ["2023-10-16"], {}])
def test_a_version_is_a_text(said):
    """What an event holds in its place and isn't a text names none."""
    assert resources.named_version(said) == ""


@pytest.mark.parametrize(("said", "version"), VERSIONS.items())
def test_what_has_a_versions_form_names_one_without_its_betas(said, version):
    """A version that nobody knows is still one: it isn't guessed at."""
    assert resources.named_version(said) == version


@pytest.mark.parametrize(("name", "words"), [("Stripe-Version", WORDS), ("Stripe-Account", ACCOUNTS), ("stripe-context", ACCOUNTS)])  # fmt: skip
def test_a_masked_header_is_read_as_missing_on_both_sides(name, words):
    """Neither the request nor its answer has it, and the other headers stay."""
    for word in words:
        parts = {name: word, "Request-Id": "req_1"}
        (one,) = tape.interactions(cassette(asked=parts, given=parts))
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
    (one,) = tape.interactions(cassette(asked={name: value}))
    assert one.exchange.request.headers[name] == value.strip()


def test_a_masked_version_is_still_a_sign_of_stripes_client():
    """At a host that isn't Stripe's the header says whose call it is, whatever stands in it."""
    data = cassette(asked={"Stripe-Version": "FILTERED"})
    data["http_interactions"][0]["request"]["uri"] = "https://mock.shop.test/v1/customers"
    assert len(list(tape.interactions(data))) == 1


@pytest.mark.parametrize("word", ["<STRIPE_VERSION>", "***"])
def test_check_holds_a_masked_answer_to_what_would_hold_without_the_header(written, word):
    """The request's version if that one is left, else the option's, else the newest."""
    masked = {"Stripe-Version": word}
    path = str(written(asked=masked, given=masked))
    asked = checking.Question([path], api_version="2024-06-20")
    assert versions(checking.check(asked)) == {"2024-06-20"}
    assert versions(checking.check(checking.Question([path]))) == {resources.newest_api_version()}
    path = str(written(asked={"Stripe-Version": "2023-10-16"}, given=masked))
    assert versions(checking.check(asked.__class__([path]))) == {"2023-10-16"}


@pytest.mark.parametrize("word", ["<STRIPE_VERSION>", 7])
def test_an_event_behind_a_mask_goes_by_the_version_around_it(tmp_path, word):
    """An event's own api_version is read alike, alone and in a list of events."""
    event = {"id": "evt_1", "object": "event", "api_version": word, "created": 1, "livemode": "no"}
    listed = {"object": "list", "data": [event], "has_more": False, "url": "/v1/events"}
    (tmp_path / "a.json").write_text(json.dumps([event, listed]))
    outcome = checking.check(checking.Question([str(tmp_path / "a.json")], api_version="2024-06-20"))
    assert (outcome.checked, versions(outcome)) == (2, {"2024-06-20"})


def test_drift_sees_a_header_that_is_not_there(written):
    """Two recordings with other words in a version's place don't differ in it."""
    same = {**CUSTOMER, "livemode": False}
    sides = [
        str(written(f"{word}.yml", body=same, given={"Stripe-Version": f"<{word}>", "Date": "x"}))
        for word in ("OLD", "NEW")
    ]
    outcome = comparing.drift(comparing.DriftQuestion(*sides), now=0)
    assert (outcome.checked, outcome.findings, outcome.problems) == (1, [], [])


def test_conform_asks_the_fake_at_its_newest_version_and_account(written):
    """Nothing is refused for the word: the request is driven, and says so."""
    masked = {"Stripe-Version": "FILTERED", "Stripe-Account": "FILTERED"}
    path = str(written(asked=masked, given=masked))
    outcome = comparing.conform(comparing.ConformQuestion([path])).outcome
    assert (outcome.checked, outcome.unchecked, outcome.problems) == (1, {}, [])


@pytest.mark.parametrize("account", ACCOUNTS)
def test_replay_answers_whatever_account_asks_where_it_was_masked(written, account):
    """A cassette whose accounts were all masked is one whose recorder left them out."""
    (one,) = tape.interactions(cassette(asked={"Stripe-Account": "acct_1real"}))
    replay = Replay.load(written(asked={"Stripe-Account": account}))
    assert replay.answer(one.exchange.request).json == CUSTOMER


def test_a_replayed_answer_without_a_version_is_held_to_the_one_that_was_asked_for(project):
    """The running test says at which version it asks, so that is the answer's."""
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
