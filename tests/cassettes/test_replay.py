"""Each recorded answer is used once, by the request it belongs to; a request without one is explained."""

import json
import os
import re
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.cassettes.matching import Bindings, RecordedExchange, fill_in, request_key
from pytest_stripe_balance.cassettes.provenance import Provenance
from pytest_stripe_balance.cassettes.replay import Replay
from pytest_stripe_balance.cassettes.writer import CassetteWriter
from pytest_stripe_balance.input_files import InputError
from pytest_stripe_balance.refused import Refused

REAL_DATA = Path(os.environ.get("STRIPE_REAL_DATA", "../shared/real"))
REAL = sorted(path for path in REAL_DATA.rglob("*") if path.suffix in {".yml", ".yaml"})
HOST = "https://api.stripe.com"
INTENTS = "/v1/payment_intents"


def request(method="GET", path="/v1/x", body="", host=HOST, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, host + path, Headers(names), body)


def recorded(answer, *args, headers=None, **kwargs):
    content = json.dumps({"id": answer} if isinstance(answer, str) else answer).encode()
    return Exchange(request(*args, **kwargs), Response(200, Headers(headers), content))


def told(replay, asked_now):
    return replay.answer(asked_now).json["id"]


def refusal(replay, asked_now):
    with pytest.raises(Refused) as refused:
        replay.answer(asked_now)
    return str(refused.value)


@pytest.mark.skipif(not REAL, reason="STRIPE_REAL_DATA")
@pytest.mark.parametrize("path", REAL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_real_cassette_answers_its_own_requests_in_order(path):
    """The recorded requests get their recorded answers whole; a further one is refused."""
    replay = Replay.load(path)
    exchanges = [entry.exchange for entry in replay._entries]
    assert len(replay.unused) == len(exchanges) == path.read_text("utf-8").count("- request:")
    for one in exchanges:
        answer = replay.answer(one.request)
        assert (answer.status, answer.body) == (one.response.status, one.response.body)
        assert dict(answer.headers) == dict(one.response.headers)
    assert replay.unused == []
    for one in exchanges:
        assert "used up" in refusal(replay, one.request)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (request("post", body="a=1&b=2"), request("POST", body="b=2&a=1")),
        (request(path="/v1/x?limit=3&expand[]=a&expand[]=b"), request(path="/v1/x?expand[0]=a&expand[1]=b&limit=3")),
        (request("POST", body="metadata%5Bsize%5D=gr%C3%B6%C3%9Fer"), request("POST", body="metadata[size]=größer")),
        (request("POST", body="a=b+c"), request("POST", body="a=b%20c")),
        (request("POST", body="a=True&b[c]=False"), request("POST", body="a=true&b[c]=false")),
        (request(path="/v1/x%2Dy"), request(path="/v1/x-y")),
        (request(host="https://API.stripe.com:443"), request(host="http://localhost:12111")),
        (request("POST", Idempotency_Key="a"), request("POST", Idempotency_Key="b", Stripe_Version="2026-10-28.endive")),
        (request("POST", body='{"a": 1, "b": [2]}'), request("POST", body='{"b":[2],"a":1}')),
        (request("POST", body="a[b=1&a"), request("POST", body="a[b=1&a")),
        (
            request("POST", body="--abc\r\nx\r\n--abc--", Content_Type="multipart/form-data; boundary=abc"),
            request("POST", body="--def\r\nx\r\n--def--", Content_Type="multipart/form-data; boundary=def"),
        ),
    ],
)  # fmt: skip
def test_what_stripe_takes_for_the_same_request_is_answered(before, now):
    """Case of the method and of booleans, order and encoding of fields, host, headers and boundaries don't matter."""
    replay = Replay([Exchange(before, Response(200, Headers({}), b'{"id": "1"}'))])
    assert told(replay, now) == "1"


@pytest.mark.parametrize(
    ("before", "now", "difference"),
    [
        (request("POST", body="a=1"), request("POST", body="a=2"), "form field a: recorded '1', sent '2'"),
        (request("POST", body="a=1"), request("POST"), "form field a: recorded '1', not sent"),
        (request("POST"), request("POST", body="a[b]=1"), "form field a[b]: not recorded, sent '1'"),
        (request(path="/v1/x?limit=3"), request(path="/v1/x?limit=4"), "query field limit: recorded '3', sent '4'"),
        (request(path="/v1/x/1"), request(path="/v1/x/2"), "path: recorded '/v1/x/1', sent '/v1/x/2'"),
        (request("DELETE"), request("GET"), "method: recorded DELETE, sent GET"),
        (request("POST", body='{"a": 1}'), request("POST", body='{"a": "1"}'), "JSON field $.a: recorded '1', sent '\"1\"'"),
        (
            request("POST", body="expand[]=a&expand[]=b"),
            request("POST", body="expand[]=b&expand[]=a"),
            "form field expand[0]: recorded 'a', sent 'b'; form field expand[1]: recorded 'b', sent 'a'",
        ),
        (
            request("POST", body="email=a@example.com"),
            request("POST", body="email=jane@lovelace.org"),
            "form field email: recorded 'a@example.com', sent '***@***'",
        ),
        (
            request("POST", body="email=ada@shop.example"),
            request("POST", body="email=ADA%2B1@example.com"),
            "form field email: recorded 'ada@shop.example', sent 'ADA+1@example.com'",
        ),
        (
            request("POST", body="email=joe@lovelace.org"),
            request("POST", body="email=jane@lovelace.org"),
            "form field email: recorded '***@***', sent '***@***'; the difference is masked or cut off",
        ),
        (
            request(path="/v1/x?email=joe@lovelace.org&limit=1"),
            request(path="/v1/x?email=jane@lovelace.org&limit=1"),
            "query field email: recorded '***@***', sent '***@***'; the difference is masked or cut off",
        ),
        (
            request("POST", body="description=" + "a" * 100 + "b"),
            request("POST", body="description=" + "a" * 100 + "c"),
            f"form field description: recorded '{'a' * 80}...', sent '{'a' * 80}...'; the difference is masked or cut off",
        ),
        (
            request("POST", body="metadata[jane@lovelace.org]=1"),
            request("POST"),
            "form field metadata[***@***]: recorded '1', not sent",
        ),
    ],
)  # fmt: skip
def test_what_differs_from_the_nearest_recorded_request_is_named(before, now, difference):
    """A request that isn't recorded is refused with the field, and both values, masked."""
    replay = Replay([Exchange(before, Response(200, Headers({}), b"{}"))], name="a.yaml")
    assert refusal(replay, now).splitlines() == [
        f"{now}: not in a.yaml, which has 1 request.",
        f"  nearest: number 1: {difference}",
        "  Record it again with --stripe-mode=record --stripe-record=rewrite, or send what was recorded",
        '  Random names never match a recording; use stripe_balance.unique("name")',
    ]


def test_the_three_nearest_are_named_the_nearest_first():
    """Of many recorded requests those are named that differ least, and not more than three."""
    bodies = ["a=1&b=1&c=1", "a=1&b=2&c=9", "a=1&b=2&c=3&d=4", "a=9&b=9&c=9", "a=1&b=2&c=8"]
    replay = Replay([recorded("1", "POST", INTENTS, body) for body in bodies])
    told_of = refusal(replay, request("POST", INTENTS, "a=1&b=2&c=7"))
    assert re.findall(r"nearest: number (\d)", told_of) == ["2", "5", "1"]


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "once (number 1 of"), (2, "2 times (number 1, 2 of"), (5, "5 times (number 1, 2, 3, ... of")],
)
def test_a_request_that_is_used_up_says_how_often_it_was_recorded(count, said):
    """Asked once more than recorded, the refusal tells which recorded requests were used up."""
    replay = Replay([*(recorded(str(n), path=INTENTS) for n in range(count)), recorded("x")])
    assert [told(replay, request(path=INTENTS)) for _ in range(count)] == [str(n) for n in range(count)]
    assert f"GET {INTENTS}: used up. the cassette has this request {said} {count + 1})" in refusal(
        replay, request(path=INTENTS)
    )


def test_unused_names_what_nobody_asked():
    """Recorded requests are unused until they are asked, in their order."""
    replay = Replay(
        [recorded("1", path="/v1/a"), recorded("2", path="/v1/b"), recorded("3", path="/v1/a")]
    )
    replay.answer(request(path="/v1/a"))
    assert [str(one) for one in replay.unused] == ["GET /v1/b", "GET /v1/a"]


@pytest.fixture
def scrubbed(tmp_path):
    def write_and_load(*exchanges):
        recording = CassetteWriter(tmp_path / "a.yaml")
        for one in exchanges:
            recording.add(one)
        recording.write(Provenance("fake", plugin="0.1.0"))
        return Replay.load(tmp_path / "a.yaml")

    return write_and_load


def test_a_placeholder_takes_the_tests_own_value_and_answers_have_it_back(scrubbed):
    """A value that the test sends in a placeholder's place is in the answers' headers, URLs and bodies."""
    mail, account = "jane@lovelace.org", "acct_1abc"
    replay = scrubbed(
        recorded({"email": mail}, "POST", body=f"email={mail}"),
        recorded(
            {"url": f"https://x.test/?to=jane%40lovelace.org&a={account}", "note": f"for {mail}"},
            path=f"/v1/accounts/{account}",
            headers={"X-For": mail, "Content-Length": "1"},
            Stripe_Account=account,
        ),
        recorded({"email": mail}, path="/v1/x?email=jane%40lovelace.org"),
    )
    assert replay.answer(request("POST", body="email=joe@b.org")).json == {"email": "joe@b.org"}
    answer = replay.answer(request(path="/v1/accounts/acct_mine", Stripe_Account="acct_mine"))
    assert answer.json == {"url": "https://x.test/?to=joe%40b.org&a=acct_mine", "note": "for joe@b.org"}
    assert dict(answer.headers) == {"X-For": "joe@b.org", "Content-Length": str(len(answer.body))}
    assert "recorded 'joe@b.org'" not in refusal(replay, request(path="/v1/x?email=other@b.org"))
    assert replay.answer(request(path="/v1/x?email=joe@b.org")).json == {"email": "joe@b.org"}


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("https://shop.org/?u=jane%40bank.org", "https://shop.org/?u=joe.b%2Bx%40host.org"),
        ("refund to DE89370400440532013000 EUR 12", "refund to NL91ABNA0417164300 EUR 12"),
        ("card 4242 4242 4242 4242 12/29", "card 5555 5555 5555 4444 12/29"),
        ("for jane@bank.org, DE89370400440532013000 AND 4", "for joe@b.org, NL91ABNA0417164300 AND 4"),
    ],
)
def test_a_secret_in_the_middle_of_a_text_is_matched_by_another(scrubbed, text, other):
    """A placeholder is replayed percent-encoded in a URL, and before words in capitals or digits."""
    for sent in (text, other):
        replay = scrubbed(recorded({"description": text}, "POST", body=urlencode({"description": text})))
        given = request("POST", body=urlencode({"description": sent}))
        assert replay.answer(given).json == {"description": sent}


def test_a_placeholder_stands_for_one_value_only(scrubbed):
    """A second value in the same placeholder's place is no match, and the field is named, masked."""
    replay = scrubbed(
        recorded("1", "POST", body="email=jane@lovelace.org"),
        recorded("2", "POST", "/v1/y", body="email=jane@lovelace.org&n=1"),
    )
    replay.answer(request("POST", body="email=joe@b.org"))
    told_of = refusal(replay, request("POST", "/v1/y", body="email=ann@b.org&n=1"))
    assert (
        "form field email: recorded '***@***', sent '***@***'; the difference is masked or cut off"
        in told_of
    )
    assert told(replay, request("POST", "/v1/y", body="n=1&email=joe@b.org")) == "2"


def test_each_placeholder_is_found_by_its_value_whatever_the_order(scrubbed):
    """Once values are known, requests find the answers of theirs, not the next one's."""
    people = [f"p{number}@lovelace.org" for number in range(5)]
    replay = scrubbed(
        *(recorded(mail, "POST", body=f"email={mail}") for mail in people),
        *(recorded({"id": f"found {mail}"}, path=f"/v1/x?email={mail}") for mail in people),
    )
    for mail in people:
        replay.answer(request("POST", body=f"email=my-{mail}"))
    for mail in reversed(people):
        assert told(replay, request(path=f"/v1/x?email=my-{mail}")) == f"found my-{mail}"


def test_an_idempotency_key_never_matters_and_is_put_back(scrubbed):
    """Another key gets the recorded answer, which names the key that was sent now."""
    message = "Try a key other than 'first-key-1' if you meant something else."
    replay = scrubbed(
        recorded(
            {"error": {"message": message}},
            "POST",
            headers={"Idempotency-Key": "first-key-1"},
            Idempotency_Key="first-key-1",
        )
    )
    answer = replay.answer(request("POST", Idempotency_Key="other"))
    assert answer.json["error"]["message"] == message.replace("first-key-1", "other")
    assert answer.headers["Idempotency-Key"] == "other"


def test_a_key_that_comes_again_is_the_recorded_one_that_came_again(scrubbed):
    """Two requests recorded under one key need one key; two recorded under two keys need two."""
    replay = scrubbed(
        recorded("1", "POST", Idempotency_Key="first-key-1"),
        recorded("2", "POST", "/v1/y", Idempotency_Key="first-key-1"),
        recorded("3", "POST", "/v1/z", Idempotency_Key="second-key-2"),
        recorded("4", path="/v1/z?key=first-key-1"),
    )
    replay.answer(request("POST", Idempotency_Key="a"))
    for path, key in (("/v1/y", "b"), ("/v1/z", "a")):
        told_so = refusal(replay, request("POST", path, Idempotency_Key=key))
        assert "header Idempotency-Key: it is reused here but not in the recording" in told_so
    for path, key, answer in (("/v1/z", "b", "3"), ("/v1/y", "a", "2")):
        assert told(replay, request("POST", path, Idempotency_Key=key)) == answer
    assert told(replay, request(path="/v1/z?key=a")) == "4"


def test_a_request_that_came_again_is_answered_by_the_same_key(scrubbed):
    """Of equal requests a repeated key finds the request that was recorded under that key."""
    keys = ("first-key-1", "second-key-2", "first-key-1")
    replay = scrubbed(*(recorded(f"{n}", "POST", Idempotency_Key=key) for n, key in enumerate(keys, 1)))
    sent = ("a", "a", "b")
    assert [told(replay, request("POST", Idempotency_Key=key)) for key in sent] == ["1", "3", "2"]


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("email", "jane@lovelace.org", "joe@lovelace.org"),
        ("account", "acct_1a", "acct_1b"),
        ("metadata[iban]", "DE89370400440532013000", "NL91ABNA0417164300"),
    ],
)
def test_two_values_that_differed_are_two_values_now(scrubbed, field, one, other):
    """Two values that differed in the recording can't be one value in the test."""
    replay = scrubbed(*(recorded(value, "POST", body=f"{field}={value}") for value in (one, other)))
    replay.answer(request("POST", body=f"{field}={one}"))
    assert "used up" in refusal(replay, request("POST", body=f"{field}={one}"))
    replay.answer(request("POST", body=f"{field}={other}"))


def test_a_header_says_first_what_stands_in_the_form(scrubbed):
    """A key in the form has to be the header's key; another text there is another request."""
    replay = scrubbed(
        recorded("1", "POST", body="metadata[key]=first-key-1", Idempotency_Key="first-key-1")
    )
    other = request("POST", body="metadata[key]=order-7", Idempotency_Key="mine")
    assert "form field metadata[key]" in refusal(replay, other)
    same = request("POST", body="metadata[key]=mine", Idempotency_Key="mine")
    assert told(replay, same) == "1"


@pytest.mark.parametrize(
    ("before", "now", "answered"),
    [
        ({"Stripe_Account": "acct_1a"}, {"Stripe_Account": "acct_1b"}, True),
        ({"Stripe_Account": "acct_1a"}, {}, False),
        ({}, {"Stripe_Account": "acct_1a"}, False),
        ({"Stripe_Context": "acct_1a"}, {}, False),
    ],
)
def test_an_account_is_never_answered_with_anothers_recording(scrubbed, before, now, answered):
    """A connected account's answers aren't the platform's, nor the other way round."""
    replay = scrubbed(recorded("1", **before))
    if answered:
        assert told(replay, request(**now)) == "1"
    else:
        assert re.search("header Stripe-(Account|Context): ", refusal(replay, request(**now)))


def test_two_accounts_that_ask_the_same_get_each_its_own_answers(scrubbed):
    """Accounts may be read in any order, once the test's own calls have bound them."""
    replay = scrubbed(
        *(
            recorded(f"made by {one}", "POST", f"/v1/{one}", Stripe_Account=f"acct_1{one}")
            for one in "ab"
        ),
        *(recorded(f"read by {one}", Stripe_Account=f"acct_1{one}") for one in "ab"),
    )
    for one in "ab":
        replay.answer(request("POST", f"/v1/{one}", Stripe_Account=f"acct_2{one}"))
    for one in "ba":
        assert told(replay, request(Stripe_Account=f"acct_2{one}")) == f"read by {one}"


def test_where_another_recorder_left_the_account_out_it_does_not_count():
    """A cassette with no word of who wrote it, and no account, may have been filtered."""
    exchanges = [recorded("1")]
    assert told(Replay(exchanges), request(Stripe_Account="acct_1a")) == "1"
    ours = Replay(exchanges, provenance=Provenance("unknown", plugin="0.1.0"))
    assert "header Stripe-Account: not recorded" in refusal(ours, request(Stripe_Account="acct_1a"))


def test_a_text_of_many_keys_is_matched_in_one_go(scrubbed):
    """Twenty unbound placeholders in one value don't make the match try all their lengths."""
    keys = [f"key-number-{number}" for number in range(20)]
    replay = scrubbed(
        *(recorded("made", "POST", f"/v1/{key[-1]}", Idempotency_Key=key) for key in keys),
        recorded("1", "POST", body=f"all={'+'.join(keys)}+end"),
    )
    sent = "+".join(f"another-{number}" for number in range(60))
    assert "form field all" in refusal(replay, request("POST", body=f"all={sent}"))
    assert told(replay, request("POST", body=f"all={sent}+end")) == "1"


def test_a_secret_in_a_fields_name_is_matched_in_its_order(scrubbed):
    """A metadata key that was scrubbed takes the test's own; the other fields must be as recorded."""
    replay = scrubbed(recorded("1", "POST", body="a=1&metadata[jane@lovelace.org]=2"))
    assert "not in" in refusal(replay, request("POST", body="a=2&metadata[joe@b.org]=2"))
    assert told(replay, request("POST", body="a=1&metadata%5Bjoe%40b.org%5D=2")) == "1"


def test_a_placeholder_that_the_test_never_sent_is_its_own_value(scrubbed):
    """A secret that came with an answer is asked for as the answer gave it."""
    replay = scrubbed(
        recorded({"id": "1", "account": "acct_1abc"}),
        recorded("2", path="/v1/accounts/acct_1abc"),
    )
    account = replay.answer(request()).json["account"]
    assert account == "acct_scrubbedAccount1"
    assert told(replay, request(path=f"/v1/accounts/{account}")) == "2"


PEOPLE = [
    "scrubbedEmail1@example.com",
    "scrubbedEmail2@example.com",
    "for scrubbedEmail1@example.com",
    "a",
    "b",
]
SENT = ["jane@b.org", "joe@b.org", "for jane@b.org", "for joe@b.org", "a", "b"]


def bodies(values):
    fields = st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(values), max_size=2)
    return fields.map(
        lambda form: "&".join(f"{name}={value.replace(' ', '+')}" for name, value in form.items())
    )


class Naive:
    """The rule of Replay's docstring, by looking at every entry."""

    def __init__(self, exchanges):
        self.entries = [RecordedExchange(number, one) for number, one in enumerate(exchanges, 1)]
        self.bindings = Bindings()

    def answer(self, sent):
        now = request_key(sent).filled_in(self.bindings)
        fitting = [
            entry
            for entry in self.entries
            if not entry.used and entry.match(now, sent.headers, self.bindings) is not None
        ]
        equal = (e for e in fitting if all(map(self.equal, e.key.values, now.values)))
        entry = next(equal, None) or next(iter(fitting), None)
        if entry is None:
            return None
        entry.used = True
        for name, value in entry.match(now, sent.headers, self.bindings).items():
            self.bindings.bind(name, value)
        return entry.number

    def equal(self, recorded_value, given_value):
        return fill_in(recorded_value, self.bindings) == given_value


@example(
    [("/v1/a", "x=scrubbedEmail1@example.com"), ("/v1/a", "x=scrubbedEmail2@example.com")],
    [("/v1/a", "x=scrubbedEmail2@example.com")],
)
@given(
    st.lists(st.tuples(st.sampled_from(["/v1/a", "/v1/b"]), bodies(PEOPLE)), max_size=12),
    st.lists(st.tuples(st.sampled_from(["/v1/a", "/v1/b"]), bodies([*SENT, *PEOPLE])), max_size=16),
)
def test_the_index_finds_what_looking_at_every_entry_would_find(tape, calls):
    """On random cassettes and calls the replay finds the same exchange as a naive search."""
    exchanges = [recorded(str(n), "POST", path, body) for n, (path, body) in enumerate(tape, 1)]
    replay, naive = Replay(exchanges), Naive(exchanges)
    for path, body in calls:
        sent = request("POST", path, body)
        due = naive.answer(sent)
        if due is None:
            assert refusal(replay, sent)
        else:
            assert told(replay, sent) == str(due)


def test_eight_threads_get_each_answer_once(monkeypatch):
    """Threads in any order get every answer exactly once."""
    replay = Replay(
        [recorded(str(number), body="a=scrubbedEmail1@example.com") for number in range(400)]
    )
    sent = request(body="a=jane@lovelace.org")
    got, inside, most, take = [], set(), set(), replay._take

    def slow(given, headers):
        inside.add(threading.get_ident())
        time.sleep(0.0001)  # lets another thread in
        most.add(len(inside))
        entry = take(given, headers)
        inside.discard(threading.get_ident())
        return entry

    monkeypatch.setattr(replay, "_take", slow)

    def ask():
        got.extend(told(replay, sent) for _ in range(50))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == {1}
    assert sorted(got, key=int) == [str(number) for number in range(400)]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.yaml", "interactions: [", r", line 2: not YAML, or cut short"),
        ("a.yaml", "[]", r": not a cassette"),
        ("a.yaml", "interactions:\n- request: {}\n", r", line 2: interaction 1 is cut short"),
        ("a.json", '{"interactions":', r", line 1: not JSON"),
        ("a.yaml", "", ": empty"),
        ("gone.yaml", None, ": there is no such file"),
    ],
)  # fmt: skip
def test_a_broken_cassette_is_one_clear_line(name, text, reason, tmp_path):
    """Path, line and reason, whatever is wrong with the file."""
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=rf"{re.escape(str(tmp_path / name))}{reason}") as error:
        Replay.load(tmp_path / name)
    assert "\n" not in str(error.value)


def test_an_answer_that_could_not_be_read_is_named_when_it_is_asked_for(tmp_path):
    """A recorded answer that can't be unpacked is no answer, and the refusal says why."""
    path = tmp_path / "a.yaml"
    path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.stripe.com/v1/x', body: null, headers: {}}\n"
        "  response: {status: {code: 200}, headers: {Content-Encoding: [zstd]}, body: {string: x}}\n"
    )
    assert "The cassette has this request with a body compressed as 'zstd'" in refusal(
        Replay.load(path), request()
    )


@pytest.mark.skipif(not REAL, reason="STRIPE_REAL_DATA")
@pytest.mark.parametrize("path", REAL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_real_cassette_written_anew_answers_as_the_real_one_did(path, tmp_path):
    """A recording without secrets takes the same requests, and its answers have the test's own values."""
    exchanges = [entry.exchange for entry in Replay.load(path)._entries]
    recording = CassetteWriter(tmp_path / "a.yaml")
    for one in exchanges:
        recording.add(one)
    recording.write(Provenance("unknown"))
    replay = Replay.load(tmp_path / "a.yaml")
    for one in exchanges:
        answer = replay.answer(one.request)
        assert answer.status == one.response.status
        assert answer.json.keys() == one.response.json.keys()
        due = one.response.json.get("id")  # that of an account is a placeholder until the test sends one
        assert answer.json.get("id") in (due, "acct_scrubbedAccount1")
    assert replay.unused == []
