"""Conform: the fake is driven with a recording's requests, and what differs is told, field by field."""

import json
from dataclasses import replace

import pytest

from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.comparison import conformance, knowledge, recording_facts
from pytest_stripe_balance.comparison.conformance import Compared, SkippedRequest
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.session import Fake, Settings

VERSION = "2026-10-28.endive"


def driven(exchanges, seed="other", now=1_780_000_000):
    session = Fake(Settings(VERSION, seed=seed, now=now))
    return list(conformance.conform(exchanges, session.answer_with_assumptions))


def altered(exchange, **keys):
    body = json.dumps({**exchange.response.json, **keys}).encode()
    return replace(exchange, response=replace(exchange.response, body=body))


def with_headers(exchange, **headers):
    told = {**exchange.response.headers, **headers}
    kept = Headers({name: value for name, value in told.items() if value is not None})
    return replace(exchange, response=replace(exchange.response, headers=kept))


def differences(found):
    return [
        (one.kind, one.object, one.path)
        for row in found
        if isinstance(row, Compared)
        for one in row.differences
    ]


def test_what_the_fake_recorded_itself_is_equal_throughout(recorder):
    """Another seed and another time: every field is equal, or equal by its role."""
    found = driven(recorder.exchanges)
    assert len(found) == len(recorder.exchanges)
    assert differences(found) == []
    assert all(row.fields == row.equal > 1 for row in found)


def test_a_refusal_of_stripes_is_driven_too(new_recorder):
    """Errors are answers: an unknown id in a 404 is asked about as it stands."""
    recorder = new_recorder()
    recorder.ask(0, "GET", "/v1/payment_intents/pi_3ScPMjFmGsiQWfE61qMaWSFF")
    recorder.ask(0, "POST", "/v1/payment_intents", "amount=-1&currency=usd")
    found = driven(recorder.exchanges)
    assert [row.equal == row.fields for row in found] == [True, True]


@pytest.mark.parametrize("header", ["Stripe-Should-Retry", "Idempotent-Replayed"])
def test_a_header_that_a_recording_never_has_was_not_kept(new_recorder, header):
    """It isn't compared; where a single answer has it, it is compared in all."""
    recorder = new_recorder()
    for at in (1, 2):
        recorder.ask(0, "POST", "/v1/customers", f"name={at}")
    made = [with_headers(one, **{header: "false"}) for one in recorder.exchanges]
    without = [with_headers(one, **{header: None}) for one in made]
    assert differences(driven(without)) == []
    fakes = header == "Stripe-Should-Retry"
    expected = ("additive" if fakes else "vanished", "headers", header.lower())
    assert differences(driven([made[0], without[1]])) == [expected]


PLANTED = {
    "a value": (1, {"amount": 999}, ("breaking", "payment_intent", "$.amount")),
    "a status of the object": (1, {"status": "succeeded"}, ("breaking", "payment_intent", "$.status")),
    "null": (1, {"customer": None}, ("breaking", "payment_intent", "$.customer")),
    "a key that only Stripe has": (1, {"brand_new": 1}, ("vanished", "payment_intent", "$.brand_new")),
    "another role": (
        3,
        {"customer": "cus_GN3lx9mIZCMdAl"},
        ("breaking", "payment_intent", "$.customer"),
    ),
}


@pytest.mark.parametrize(("at", "keys", "found"), PLANTED.values(), ids=PLANTED)
def test_a_planted_difference_is_told_with_its_path(recorder, at, keys, found):
    """What the recording has otherwise is one difference, and no other field is touched by it."""
    exchanges = list(recorder.exchanges)
    exchanges[at] = altered(exchanges[at], **keys)
    assert differences(driven(exchanges)) == [found]


def test_a_key_that_only_the_fake_has_is_additive(recorder):
    """The recording lacks it, and the fake gives it."""
    first = recorder.exchanges[0]
    less = {key: value for key, value in first.response.json.items() if key != "currency"}
    lacking = replace(first, response=replace(first.response, body=json.dumps(less).encode()))
    assert differences(driven([lacking])) == [("additive", "customer", "$.currency")]


def test_another_status_is_the_only_difference_of_an_answer(recorder):
    """An error against an object isn't compared field by field."""
    first = recorder.exchanges[0]
    body = b'{"error": {"type": "invalid_request_error", "message": "x"}}'
    failed = replace(first, response=Response(400, first.response.headers, body))
    assert ("breaking", "answer", "status") in differences(driven([failed]))
    assert len(differences(driven([failed]))) == 1


def test_what_the_fake_does_not_model_is_listed_and_counts_as_nothing(recorder):
    """An endpoint, a version and what follows from them are not driven, each with its reason."""
    first = recorder.exchanges[0]
    source = Exchange(
        Request("POST", "https://api.stripe.com/v1/sources", Headers(), "type=card"),
        Response(200, Headers(), b'{"id": "src_1E42IaFk4eGpfLOCUau5nIdg", "object": "source"}'),
    )
    user = replace(first, request=replace(first.request, body="source=src_1E42IaFk4eGpfLOCUau5nIdg"))
    old = replace(
        first, response=replace(first.response, headers=Headers({"Stripe-Version": "2019-05-16"}))
    )
    found = driven([source, user, old])
    assert found == [
        SkippedRequest(0, "the fake does not model this endpoint"),
        SkippedRequest(1, knowledge.UNMADE),
        SkippedRequest(
            2, "API version 2019-05-16 is not modelled: the oldest modelled version is 2020-08-27"
        ),
    ]


def test_the_fake_is_asked_with_its_own_ids_and_keys(recorder):
    """No id, API key or idempotency key of the recording reaches the fake; the version does."""
    asked = []
    session = Fake(Settings(VERSION, seed="other"))

    def answer(request):
        asked.append(request)
        return session.answer_with_assumptions(request)

    secret = Headers(
        {"Authorization": "Bearer sk_live_1", "Idempotency-Key": "k", "Stripe-Version": VERSION}
    )
    exchanges = [
        replace(one, request=replace(one.request, headers=secret)) for one in recorder.exchanges
    ]
    assert differences(list(conformance.conform(exchanges, answer))) == []
    sent = "".join(f"{one.url} {one.body} {dict(one.headers)}" for one in asked)
    assert recorder.exchanges[0].response.json["id"] not in sent
    assert "sk_live" not in sent
    assert {one.headers["Stripe-Version"] for one in asked} == {VERSION}


def test_a_replay_is_replayed(new_recorder):
    """Of two requests with one idempotency key the fake gives the second the first one's answer."""
    first = new_recorder()
    first.ask(0, "POST", "/v1/customers", "name=A")
    (exchange,) = first.exchanges
    headers = Headers(
        {**exchange.response.headers, "Idempotent-Replayed": "true", "Idempotency-Key": "k"}
    )
    kept = Headers({**exchange.response.headers, "Idempotency-Key": "k"})
    once = replace(exchange, response=replace(exchange.response, headers=kept))
    again = replace(exchange, response=replace(exchange.response, headers=headers))
    found = driven([once, again])
    assert differences(found) == []


def test_a_replay_is_one_without_its_header_too(new_recorder):
    """A recording may have lost it; equal keys alone say nothing, as a scrubber may have made them so."""
    first = new_recorder()
    first.ask(0, "POST", "/v1/customers", "name=A")
    first.ask(0, "POST", "/v1/customers", "name=A")
    kept = [
        replace(one, request=replace(one.request, headers=Headers({"Idempotency-Key": "k"})))
        for one in first.exchanges
    ]
    found = driven([kept[0], kept[0], kept[1]])
    assert (len(found), differences(found)) == (3, [])


def test_a_word_that_stands_for_all_keys_makes_no_replay(new_recorder):
    """The same write twice, and another between, are three writes, though all answers are alike."""
    first = new_recorder()
    first.ask(0, "POST", "/v1/customers", "name=A")
    customer = first.exchanges[0].response.json["id"]
    modes = [f"settings[reconciliation_mode]={mode}" for mode in ("manual", "automatic", "manual")]
    for body in modes:
        first.ask(0, "POST", f"/v1/customers/{customer}/cash_balance", body)
    first.ask(0, "GET", f"/v1/customers/{customer}/cash_balance")
    redacted = [
        replace(one, request=replace(one.request, headers=Headers({"Idempotency-Key": "REDACTED"})))
        for one in first.exchanges
    ]
    assert differences(driven(redacted)) == []


def test_a_retry_that_got_the_kept_answer_moves_money_once(new_recorder):
    """The first attempt was executed, and its answer got lost on the way: its replay is the first here."""
    first = new_recorder()
    first.ask(0, "POST", "/v1/customers", "name=A")
    (made,) = first.exchanges
    keyed = replace(made.request, headers=Headers({"Idempotency-Key": "k"}))
    lost = Exchange(keyed, Response(504, Headers(), b'{"error": {"type": "api_error"}}'))
    told = Headers({**made.response.headers, "Idempotent-Replayed": "true"})
    found = driven([lost, Exchange(keyed, replace(made.response, headers=told))])
    assert found[0] == conformance.SkippedRequest(0, conformance.RETRIED)
    assert [(row.equal, row.differences) for row in found[1:]] == [(found[1].fields, [])]


@pytest.mark.parametrize("status", [409, 429, 500])
def test_an_answer_after_which_it_was_sent_again_is_not_driven(new_recorder, status):
    """The fake is asked once for what the client had to ask twice, and money moves once."""
    first = new_recorder()
    first.ask(0, "POST", "/v1/customers", "name=A")
    (made,) = first.exchanges
    keyed = replace(made.request, headers=Headers({"Idempotency-Key": "k"}))
    failed = Exchange(keyed, Response(status, Headers(), b'{"error": {"type": "api_error"}}'))
    listed = new_recorder()
    listed.ask(0, "POST", "/v1/customers", "name=A")
    listed.ask(0, "GET", "/v1/customers")
    found = driven([failed, replace(made, request=keyed), listed.exchanges[1]])
    assert found[0] == conformance.SkippedRequest(0, conformance.RETRIED)
    assert differences(found[1:]) == []


@pytest.mark.parametrize("key", ["scrubbedIdempotency1", "key", "refund-pi_3QabcAbCdEf0123456789abc"])
def test_a_conflict_is_equal_but_for_the_key(new_recorder, key):
    """The message names the key, which conform makes up; another word in it is still a difference."""
    first = new_recorder()
    first.ask(0, "POST", "/v1/customers", "name=A")
    (made,) = first.exchanges
    asked = Headers({**made.request.headers, "Idempotency-Key": key})
    made = replace(made, request=replace(made.request, headers=asked))
    other = replace(made.request, body="name=B")
    message = (
        "Keys for idempotent requests can only be used with the same parameters they were first used "
        f"with. Try using a key other than '{key}' if you meant to execute a different request."
    )
    log = "https://dashboard.stripe.com/test/logs/req_1"
    error = {"message": message, "request_log_url": log, "type": "idempotency_error"}
    conflict = Exchange(other, Response(400, Headers(), json.dumps({"error": error}).encode()))
    assert differences(driven([made, conflict])) == []
    changed = altered(conflict, error={**error, "message": message.replace("Try", "Trying")})
    assert differences(driven([made, changed])) == [("breaking", "error", "$.error.message")]


def test_an_answer_knows_the_assumptions_that_it_relied_on(recorder):
    """Each answer has its own, not those of the answers before it."""
    found = driven(recorder.exchanges)
    asked = [str(one.request) for one in recorder.exchanges]
    relying = [at for at, row in enumerate(found) if "apply-event-order" in row.assumptions]
    assert relying == [at for at, one in enumerate(asked) if one.endswith("apply_customer_balance")]


def test_a_recording_begins_when_its_first_answer_was_given(recorder):
    """By the Date header, else by what was created first."""
    first = recorder.exchanges[0]
    assert recording_facts.began_at(recorder.exchanges) == first.response.json["created"]
    dated = Headers({"Date": "Mon, 16 Dec 2019 13:30:07 GMT"})
    assert (
        recording_facts.began_at([replace(first, response=replace(first.response, headers=dated))])
        == 1576503007
    )
    assert recording_facts.began_at([]) is None


def test_a_refusal_is_named_by_its_first_sentence():
    """The way out, which a test's author needs, isn't repeated per request."""

    def refuse(request):
        raise Refused(f"{request}: not modelled. Replace it.")

    exchange = Exchange(
        Request("GET", "https://api.stripe.com/v1/customers", Headers()), Response(200, Headers(), b"{}")
    )
    assert list(conformance.conform([exchange], refuse)) == [SkippedRequest(0, "not modelled")]
