"""Recordings that other tools made: what is read of them, and what is named and left."""

import json

import pytest
import yaml

from pytest_stripe_balance import resources
from pytest_stripe_balance.cassettes import foreign
from pytest_stripe_balance.commands import check, cli, conform, drift

NEWEST = resources.newest_api_version()
URL = "https://api.stripe.com/v1/customers/cus_1"
BALANCE = {"object": "cash_balance", "available": {"usd": 100}, "customer": "cus_1", "livemode": False,
           "customer_account": None, "settings": {"reconciliation_mode": "manual", "using_merchant_default": False}}  # fmt: skip
BROKEN = {**BALANCE, "livemode": "no"}
BODY = json.dumps(BROKEN)

HAR = {"log": {"version": "1.2", "creator": {"name": "Firefox", "version": "130"}, "entries": [{"startedDateTime": "2025-12-01T00:00:00Z", "request": {"method": "GET", "url": URL, "headers": []}, "response": {"status": 200, "content": {"mimeType": "application/json", "text": BODY}}}]}}  # fmt: skip
POLLY = {"log": {**HAR["log"], "_recordingName": "customers/create", "creator": {"comment": "persister:fs", "name": "Polly.JS", "version": "6.0.6"}}}  # fmt: skip
POSTMAN = {"info": {"_postman_id": "1", "name": "Stripe", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": [{"name": "get", "request": {"method": "GET", "url": {"raw": URL}}, "response": [{"code": 200, "body": BODY}]}]}  # fmt: skip
NOCK = {"scope": "https://api.stripe.com:443", "method": "GET", "path": "/v1/customers/cus_1", "body": "", "status": 200, "response": BROKEN, "rawHeaders": ["Stripe-Version", NEWEST], "responseIsBinary": False}  # fmt: skip
EXVCR = {"request": {"body": "", "headers": [], "method": "get", "options": [], "request_body": "", "url": URL}, "response": {"binary": False, "body": BODY, "headers": {}, "status_code": 200, "type": "ok"}}  # fmt: skip
PHP_VCR = {"request": {"method": "GET", "url": URL, "headers": {"Host": "api.stripe.com"}}, "response": {"status": {"http_version": "1.1", "code": "200", "message": "OK"}, "headers": {}, "body": BODY}, "index": 0}  # fmt: skip
GO_VCR = {"version": 1, "interactions": [{"request": {"body": "", "form": {}, "headers": {}, "url": URL, "method": "GET"}, "response": {"body": BODY, "headers": {}, "status": "200 OK", "code": 200, "duration": "100ms"}}]}  # fmt: skip
GO_VCR_3 = {"version": 2, "interactions": [{"id": 0, "request": {"proto": "HTTP/1.1", "proto_major": 1, "host": "api.stripe.com", "body": "", "form": {}, "headers": {}, "url": URL, "method": "GET"}, "response": {"proto": "HTTP/2.0", "uncompressed": True, "body": BODY, "headers": {}, "status": "200 OK", "code": 200, "duration": "1s"}}]}  # fmt: skip
WIREMOCK = {"id": "1", "request": {"urlPath": "/v1/customers/cus_1", "method": "GET"}, "response": {"status": 200, "jsonBody": BROKEN}}  # fmt: skip
RAW = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nStripe-Version: {NEWEST}\r\n\r\n{BODY}"
FORMATS = {
    "har": ("a.har", HAR, "a HAR file"),
    "har as json": ("a.json", HAR, "a HAR file"),
    "polly": ("recording.har", POLLY, "the HAR of Polly.JS"),
    "postman": ("a.json", POSTMAN, "a Postman collection"),
    "postman from its API": ("a.json", {"collection": POSTMAN}, "a Postman collection"),
    "postman 1": ("a.json", {"id": "1", "name": "Stripe", "order": ["2"], "requests": [{"id": "2", "url": URL}]}, "a Postman collection"),
    "nock": ("a.json", [NOCK], "nock's format"),
    "nock, one": ("a.json", NOCK, "nock's format"),
    "exvcr": ("a.json", [EXVCR], "ExVCR's format"),
    "php-vcr": ("a.yml", [PHP_VCR], "php-vcr's format"),
    "php-vcr as JSON": ("a.json", [PHP_VCR], "php-vcr's format"),
    "php-vcr without a suffix": ("a_cassette", [PHP_VCR], "php-vcr's format"),
    "go-vcr": ("a.yaml", GO_VCR, "go-vcr's format"),
    "go-vcr 3": ("a.yaml", GO_VCR_3, "go-vcr's format"),
    "wiremock": ("a.json", WIREMOCK, "WireMock's stub mappings"),
    "wiremock, several": ("a.json", {"mappings": [WIREMOCK], "meta": {"total": 1}}, "WireMock's stub mappings"),
    "pact": ("a.json", {"consumer": {"name": "shop"}, "provider": {"name": "stripe"}, "interactions": [{"description": "x", "request": {"method": "get", "path": "/v1/customers"}, "response": {"status": 200, "body": BROKEN}}]}, "a Pact contract"),
    "hoverfly": ("a.json", {"data": {"pairs": [{"request": {}, "response": {"status": 200, "body": BODY}}]}, "meta": {"schemaVersion": "v5"}}, "Hoverfly's simulation"),
    "mockserver": ("a.json", [{"httpRequest": {"path": "/v1/customers"}, "httpResponse": {"body": BODY}}], "MockServer's expectations"),
    "dumpdata": ("a.json", [{"model": "djstripe.charge", "pk": 1, "fields": {"stripe_data": BROKEN}}], "a dump of Django's tables"),
    "an answer as sent": ("a.txt", RAW, "raw HTTP"),
    "an answer of curl's in JSON's name": ("a.json", RAW.replace("HTTP/1.1", "HTTP/2"), "raw HTTP"),
    "a traced answer": ("a.log", f"< {RAW}", "raw HTTP"),
    "a trace of curl's": ("a.log", f"*   Trying 54.187.174.169:443...\n* Connected\n> GET /v1/x HTTP/2\n> Accept: */*\n\n< HTTP/2 200\n{BODY}", "raw HTTP"),
    "sns": ("a.json", {"Type": "Notification", "MessageId": "1", "TopicArn": "arn", "Message": BODY}, "a notification of Amazon SNS"),
    "sqs": ("a.json", {"Records": [{"messageId": "1", "body": BODY, "eventSource": "aws:sqs"}]}, "a batch of records for AWS Lambda"),
    "api gateway": ("a.json", {"httpMethod": "POST", "path": "/hook", "headers": {"Stripe-Signature": "t=1"}, "body": BODY, "isBase64Encoded": False}, "a request of API Gateway to AWS Lambda"),
    "pub/sub": ("a.json", {"message": {"data": "e30=", "messageId": "1"}, "subscription": "projects/p/subscriptions/s"}, "a message of Google Pub/Sub"),
    "a request as sent": ("a.http", "POST /v1/customers HTTP/1.1\nHost: api.stripe.com\n\nemail=a", "raw HTTP"),
    "a request of an editor's": ("a.http", f"GET {URL}\n", "raw HTTP"),
}  # fmt: skip


def written(path, data):
    text = data if isinstance(data, str) else json.dumps(data)
    if path.suffix in {".yml", ".yaml", ""}:
        text = yaml.safe_dump(data)
    path.write_bytes(text.encode())
    return str(path)


@pytest.mark.parametrize(("name", "data", "called"), FORMATS.values(), ids=FORMATS)
def test_another_tools_recording_is_named_and_counted_as_not_checked(name, data, called, tmp_path):
    """One line says what it is and what to do, by its structure; nothing inside it is judged."""
    outcome = check.check(check.CheckQuestion([written(tmp_path / name, data)]))
    assert (outcome.checked, outcome.findings, outcome.problems) == (0, [], [])
    ((reason, tally),) = outcome.unchecked.items()
    assert reason.startswith(f"in another format: {called}")
    assert (tally.count, tally.way_out) == (1, foreign.WAY_OUT)


@pytest.mark.parametrize(("name", "data", "called"), FORMATS.values(), ids=FORMATS)
def test_it_changes_the_exit_code_only_where_it_is_alone(name, data, called, tmp_path, capsys):
    """Beside what was checked a foreign file is a line of the report; alone it ends the check with 2."""
    alone = written(tmp_path / name, data)
    good, bad = (written(tmp_path / f"{at}.json", one) for at, one in enumerate((BALANCE, BROKEN)))
    codes = [cli.main(["check", *more]) for more in ((alone, good), (alone, bad), (alone,))]
    assert codes == [0, 1, 2]
    assert cli.main(["check", "--allow-empty", alone]) == 0
    told = capsys.readouterr()
    lines = [line for line in told.out.splitlines() if line.startswith("not checked: ")]
    assert len(lines) == 4
    for line in lines:
        assert line.startswith(f"not checked: 1 in another format: {called}")
        assert line.endswith(f"{name}. Save Stripe's responses as JSON lines (.jsonl) to check them")
    assert told.err == ("pytest_stripe_balance check: nothing was checked (--allow-empty allows that)\n")


@pytest.mark.parametrize("command", ["drift", "conform"])
@pytest.mark.parametrize("kind", ["har", "nock", "go-vcr", "php-vcr", "pact", "an answer as sent"])
def test_other_commands_name_it_too(command, kind, tmp_path, capsys):
    """Where recordings are due one of another format is bad input, by its name."""
    name, data, called = FORMATS[kind]
    path = written(tmp_path / name, data)
    assert cli.main([command, *([path] * 2 if command == "drift" else [path])]) == 2
    line = capsys.readouterr().err.splitlines()[0]
    assert f": not a cassette but {called}" in line
    assert line.endswith(". Save Stripe's responses as JSON lines (.jsonl) to check them")


@pytest.mark.parametrize(
    "data",
    [
        None, 7, "log", [], {}, [None], [[]], {"log": 1}, {"log": {"entries": 1}}, {"interactions": [1]},
        {"interactions": {"request": 1}}, {"mappings": 1}, {"mappings": [1]}, {"request": 1, "response": 1},
        {"info": 1, "item": []}, {"collection": 1}, {"data": {"pairs": 1}, "meta": 1}, [{"request": {"url": 1}}],
        {"request": {"id": None, "idempotency_key": None}, "response": {}},
        {"interactions": [{"request": {"uri": URL}, "response": {"status": {"code": 200}}}]},
    ],
)  # fmt: skip
def test_odd_data_and_cassettes_are_no_foreign_recording(data):
    """Whatever the shape, nothing is raised and nothing is named that isn't one."""
    assert foreign.format_of(data) is None


def answers(*bodies, method="GET", url=URL, status=200, **more):
    """What the recorder of `responses` writes: no request but its method and URL."""
    headers = {"Request-Id": "req_1", "Stripe-Version": "2023-10-16"}
    return {
        "responses": [
            {
                "response": {
                    "method": method,
                    "url": url,
                    "body": json.dumps(body, indent=2),
                    "status": status,
                    "headers": headers,
                    "content_type": "application/json",
                    "auto_calculate_content_length": False,
                    **more,
                }
            }
            for body in bodies
        ]
    }


BALANCE_URL = f"{URL}/cash_balance"


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_check_reads_what_responses_recorded(name, method, tmp_path):
    """Each answer is held to its own version, whatever asked for it; other hosts are left out."""
    held = answers(BALANCE, BROKEN, method=method, url=BALANCE_URL)
    held["responses"] += answers(BROKEN, url="https://api.paypal.com/v2/x")["responses"]
    outcome = check.check(check.CheckQuestion([written(tmp_path / name, held)]))
    ((found, tally),) = (row[1:] for row in outcome.findings if row[0] == "error")
    assert (outcome.checked, outcome.problems) == (2, [])
    assert (found.path, found.api_version) == ("$.livemode", "2023-10-16")
    assert (tally.count, tally.first.of) == (1, f"{method} /v1/customers/cus_1/cash_balance")


@pytest.mark.parametrize("held", [{"responses": []}, answers()])
def test_a_recording_of_nothing_is_empty(held, tmp_path):
    """The recorder writes a file also when nothing was asked."""
    outcome = check.check(check.CheckQuestion([written(tmp_path / "a.yaml", held)]))
    assert (outcome.checked, outcome.unchecked, outcome.problems) == (0, {}, [])


BESIDE = {
    "there": ("bodies/1.bin", None),
    "gone": ("bodies/2.bin", "is missing or too big"),
    "a folder": ("bodies", "is missing or too big"),
    "outside": ("../1.bin", "outside the recording's folder"),
    "elsewhere": ("/etc/hostname", "outside the recording's folder"),
}


@pytest.mark.parametrize(("body_file", "why"), BESIDE.values(), ids=BESIDE)
def test_a_body_that_lies_beside_its_recording_is_read_there_and_nowhere_else(body_file, why, tmp_path):
    """Newer recorders write bodies as files of their own; no recording opens a file outside its folder."""
    (tmp_path / "bodies").mkdir()
    (tmp_path / "bodies/1.bin").write_text(json.dumps(BROKEN))
    (tmp_path.parent / "1.bin").write_text(json.dumps(BROKEN))
    held = answers(None, body_file=body_file)
    del held["responses"][0]["response"]["body"]
    outcome = check.check(check.CheckQuestion([written(tmp_path / "a.yaml", held)]))
    assert outcome.checked == (why is None)
    assert all(reason.endswith(str(why)) for reason in outcome.unchecked)
    assert len(outcome.unchecked) == (why is not None)


def test_what_is_cut_short_says_where(tmp_path):
    """An answer without its status is bad input, by its number."""
    held = answers(BALANCE, BALANCE)
    del held["responses"][1]["response"]["status"]
    (problem,) = check.check(check.CheckQuestion([written(tmp_path / "a.yaml", held)])).problems
    assert "interaction 2 is cut short" in problem.reason


def test_drift_reads_what_responses_recorded(tmp_path):
    """Two recordings of one call are compared as any others."""
    sides = [
        written(tmp_path / f"{at}.yaml", answers(one, url=BALANCE_URL))
        for at, one in enumerate((BALANCE, BROKEN))
    ]
    outcome = drift.drift(drift.DriftQuestion(*sides), now=0)
    assert outcome.checked == 1
    assert [(level, found.path) for level, found, _ in outcome.findings] == [("error", "$.livemode")]


MISSING = {
    "error": {
        "code": "resource_missing",
        "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
        "message": "No such customer: 'cus_1'",
        "param": "id",
        "type": "invalid_request_error",
    }
}


def test_conform_asks_again_what_was_asked_by_url_alone(tmp_path):
    """A read is driven; what was posted nobody knows, so that is listed and counts as nothing."""
    held = answers(MISSING, status=404)
    held["responses"] += answers(BALANCE, method="POST")["responses"]
    path = written(tmp_path / "a.yaml", held)
    outcome = conform.conform(conform.ConformQuestion([path])).outcome
    assert (outcome.checked, outcome.problems) == (1, [])
    ((reason, tally),) = outcome.unchecked.items()
    assert reason == "because its recorder kept no request bodies"
    assert tally.first.of == "POST /v1/customers/cus_1"


def test_replay_answers_by_what_responses_keeps(project):
    """Method, path and query choose the answer, each once and in order; the summary says so of a POST."""
    made, read = (
        {"id": "cus_1", "object": "customer", "created": 1, "livemode": False, "name": name}
        for name in "ab"
    )
    held = answers(made, method="POST", url="https://api.stripe.com/v1/customers")
    held["responses"] += answers(read)["responses"]
    project.file("made.yaml", yaml.safe_dump(held))
    project.file(
        "test_it.py",
        """
        import pytest, stripe

        @pytest.fixture
        def stripe_cassette():
            return "made.yaml"

        def test_it(stripe_balance):
            assert stripe.Customer.create(email="ada@example.com").name == "a"
            assert stripe.Customer.retrieve("cus_1").name == "b"

        def test_other(stripe_balance):
            stripe.Customer.create()
            stripe.Customer.create()
        """,
    )
    result = project.run("--stripe-mode=replay", "-pno:randomly")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*made.yaml holds nothing of what was posted: its path alone chose the answer"]
    )


@pytest.mark.parametrize(
    ("document", "wrapped"),
    [
        ({"data": BALANCE}, True),
        ({"a": [{"b": {"c": BALANCE}}]}, True),
        ({"a": [{"b": {"c": {"d": BALANCE}}}]}, False),
        ({"data": {"object": {"key": "a"}}, "id": 1}, False),
        ({}, False),
    ],
)
def test_stripe_objects_in_a_wrapping_of_somebodys_own_are_seen(document, wrapped, tmp_path):
    """Who wraps them isn't told to name a kind, which would hold the wrapping to it."""
    outcome = check.check(check.CheckQuestion([written(tmp_path / "a.json", document)]))
    ((reason, _),) = outcome.unchecked.items()
    assert ("Stripe objects inside" in reason, "--object" in reason) == (wrapped, not wrapped)


def event(held):
    return {"id": "evt_1", "object": "event", "api_version": "2023-10-16", "created": 1, "livemode": False, "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None}, "type": "cash_balance.funds_available", "data": {"object": held}}  # fmt: skip


def eventbridge(detail, source="aws.partner/stripe.com/ed_test_1"):
    return {"version": "0", "id": "11111111-2222-3333-4444-555555555555", "detail-type": "cash_balance.funds_available", "source": source,
            "account": "111111111111", "time": "2025-12-01T00:00:00Z", "region": "eu-west-1", "resources": [], "detail": detail}  # fmt: skip


def cloud_event(data):
    return {"specversion": "1.0", "type": "cash_balance.funds_available", "source": "stripe.com/ed_1", "id": "evt_1", "data": data}  # fmt: skip


@pytest.mark.parametrize(("wrap", "key"), [(eventbridge, "detail"), (cloud_event, "data")])
def test_an_event_is_taken_out_of_its_envelope(wrap, key, tmp_path):
    """Alone, in a list and in lines, the event inside is held to its own version; the place names the key."""
    sound, broken = wrap(event(BALANCE)), wrap(event(BROKEN))
    lines = "\n".join(map(json.dumps, (sound, broken)))
    for data, of in ((broken, key), ([sound, broken], f"item 1, {key}"), (lines, key)):
        outcome = check.check(check.CheckQuestion([written(tmp_path / "a.json", data)]))
        ((found, tally),) = (row[1:] for row in outcome.findings if row[0] == "error")
        assert outcome.checked == (1 if data is broken else 2)
        assert (found.path, found.api_version) == ("$.data.object.livemode", "2023-10-16")
        assert tally.first.of == of


def test_what_is_no_envelope_of_a_stripe_object_stays_closed(tmp_path):
    """An event of another source, whose `detail` has no `object`, isn't held to anything."""
    other = eventbridge({"bucket": {}, "object": {"key": "a"}}, source="aws.s3")
    outcome = check.check(check.CheckQuestion([written(tmp_path / "a.json", other)]))
    ((reason, tally),) = outcome.unchecked.items()
    assert (reason, tally.first.of) == ("without an `object` key (name its kind with --object)", "")


def test_an_object_that_has_an_envelopes_keys_is_itself(tmp_path):
    """What says that it is a Stripe object is held to that, whatever else it has."""
    both = {**cloud_event(BALANCE), **BROKEN}
    outcome = check.check(check.CheckQuestion([written(tmp_path / "a.json", both)]))
    assert ("error", "$.livemode") in {(level, found.path) for level, found, _ in outcome.findings}


@pytest.mark.parametrize("wrap", [eventbridge, cloud_event])
@pytest.mark.parametrize("as_text", [json.dumps, lambda document: document], ids=["text", "dict"])
def test_stripe_contract_takes_it_out_too(wrap, as_text, stripe_contract):
    """A handler's payload is checked as it arrives."""
    told = stripe_contract.check(as_text(wrap(event(BALANCE))))
    assert {one.kind for one in told} <= {"additive"}
    with pytest.raises(AssertionError, match=r"cash_balance at \$.data.object.livemode"):
        stripe_contract.check(as_text(wrap(event(BROKEN))))
