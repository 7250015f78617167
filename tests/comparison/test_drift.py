"""Drift: what changed between two recordings is found, and what differs from run to run is not."""

import json
import os
import re
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
from drifts import drifts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.cassettes import interactions, provenance, yaml_loader
from pytest_stripe_balance.comparison import pairing

REAL_DATA = Path(os.environ.get("STRIPE_REAL_DATA", "../shared/real"))
REAL = sorted(path for path in REAL_DATA.rglob("*") if path.suffix in {".yml", ".yaml"})
VERSION = "2023-10-16"
LIVELY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
INTENT = {
    "id": "pi_3ScPMjFmGsiQWfE61qMaWSFF", "object": "payment_intent", "amount": 1000, "currency": "usd",
    "customer": "cus_GN3lx9mIZCMdAl", "status": "requires_action", "description": "Order 1",
    "latest_charge": None, "metadata": {"order": "1"}, "created": 1700000000, "livemode": False,
    "payment_method_types": ["customer_balance"], "capture_method": "automatic",
}  # fmt: skip
SOURCE = {
    "id": "src_1E42IaFk4eGpfLOCUau5nIdg", "object": "source", "status": "pending", "flow": "redirect",
    "amount": 100, "owner": {"name": "Jane", "email": None}, "ratio": 1.5, "tags": ["a"],
    "addresses": [{"type": "aba", "line1": "1"}, {"type": "swift", "line1": "2"}],
}  # fmt: skip
CUSTOMER = {"id": "cus_GN3lx9mIZCMdAl", "object": "customer", "created": 1700000000}


def exchange(
    body, method="POST", path="/v1/payment_intents", asked="amount=1000", status=200, **headers
):
    given = {"Stripe-Version": VERSION, "Request-Id": "req_1", "Stripe-Should-Retry": "false"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    given = {name: value for name, value in given.items() if value is not None}
    request = Request(method, f"https://api.stripe.com{path}", Headers(), asked)
    return Exchange(request, Response(status, Headers(given), json.dumps(body).encode()))


def told(old, new):
    return [
        (found.kind, found.object, found.path, _rule(found), found.value)
        for found in (one.finding for one in drifts(old, new))
    ]


def _rule(found):
    """Give a finding's rule, and with it what the old recording had."""
    return f"{found.rule}: {found.was}" if found.was else found.rule


def changed(body, **keys):
    made = deepcopy(body)
    for path, value in keys.items():
        *parents, last = path.split("__")
        held = made
        for parent in parents:
            held = held[parent]
        if value is ...:
            del held[last]
        else:
            held[last] = value
    return made


def error(**keys):
    return {"error": {"type": "card_error", "code": "card_declined", "message": "No.", **keys}}


def listed(*held):
    return exchange({"object": "list", "data": list(held)}, "GET", "/v1/payment_intents", "")


PI, SRC = exchange(INTENT), exchange(SOURCE, path="/v1/sources")
TEAPOT = {**SOURCE, "object": "teapot"}  # which has no schema
POT = exchange(TEAPOT, path="/v1/teapots")
WAITING = exchange({**INTENT, "next_action": {"type": "use_stripe_sdk"}})
DONE = exchange({**INTENT, "next_action": None})
MARKED = exchange(INTENT, asked="amount=1000&metadata[order]=1")
FAILED = exchange(error(), status=402)
DELETED = exchange({**CUSTOMER, "deleted": True}, "DELETE", "/v1/customers/cus_GN3lx9mIZCMdAl", "")
PLANTED = {
    "status": (PI, replace(PI, response=replace(PI.response, status=202)), ("breaking", "POST /v1/payment_intents", "status", "status: 200", "202")),
    "an error where there was an answer": (PI, FAILED, ("breaking", "POST /v1/payment_intents", "status", "status: 200", "402")),
    "error code": (FAILED, exchange(error(code="expired_card"), status=402), ("breaking", "error", "$.error.code", "const: card_declined", '"expired_card"')),
    "error code gone": (FAILED, exchange({"error": {"type": "card_error", "message": "No."}}, status=402), ("breaking", "error", "$.error.code", "const: card_declined", "gone")),
    "decline code came": (FAILED, exchange(error(decline_code="lost_card"), status=402), ("breaking", "error", "$.error.decline_code", "const: absent", '"lost_card"')),
    "a required key gone": (PI, exchange(changed(INTENT, amount=...)), ("breaking", "payment_intent", "$.amount", "required: amount", "gone")),
    "a documented key gone": (PI, exchange(changed(INTENT, latest_charge=...)), ("vanished", "payment_intent", "$.latest_charge", "it was there: null", "gone")),
    "a key gone that is always there": (PI, exchange(changed(INTENT, description=...)), ("vanished", "payment_intent", "$.description", "real objects always carry it", "gone")),
    "a key gone, without a schema": (POT, exchange(changed(TEAPOT, owner__name=...), path="/v1/teapots"), ("vanished", "teapot", "$.owner.name", 'it was there: "Jane"', "gone")),
    "a key gone from an item": (SRC, exchange(changed(SOURCE, addresses=[{"type": "aba", "line1": "1"}, {"line1": "2"}]), path="/v1/sources"), ("vanished", "source", "$.addresses[1].type", 'it was there: "swift"', "gone")),
    "the object's name gone": (PI, exchange(changed(INTENT, object=...)), ("breaking", "payment_intent", "$.object", "required: object", "gone")),
    "a key came": (PI, exchange({**INTENT, "hooks": {}}), ("additive", "payment_intent", "$.hooks", "the old recording has no such key", "{}")),
    "another type": (PI, exchange({**INTENT, "amount": "1000"}), ("breaking", "payment_intent", "$.amount", "type: integer", '"1000"')),
    "an integer as a float": (PI, exchange({**INTENT, "amount": 1000.0}), ("breaking", "payment_intent", "$.amount", "type: integer", "1000.0")),
    "an integer as a boolean": (SRC, exchange({**SOURCE, "amount": True}, path="/v1/sources"), ("breaking", "source", "$.amount", "type: integer", "true")),
    "an id as an object": (PI, exchange({**INTENT, "customer": CUSTOMER}), ("additive", "payment_intent", "$.customer", "it was an id", "a hash")),
    "what the app asks to expand": (PI, exchange({**INTENT, "customer": {**CUSTOMER, "name": "Ada"}}, asked="amount=1000&expand[]=customer"), ("additive", "POST /v1/payment_intents", "parameter expand", "the old recording doesn't send it", "sent")),
    "an object as an id": (exchange({**INTENT, "customer": CUSTOMER}), PI, ("vanished", "payment_intent", "$.customer", "it was the whole object", '"cus_GN3lx9mIZCMdAl"')),
    "a type in a list": (SRC, exchange({**SOURCE, "tags": [1]}, path="/v1/sources"), ("breaking", "source", "$.tags[0]", "type: string", "1")),
    "null where none may be": (PI, exchange({**INTENT, "amount": None}), ("breaking", "payment_intent", "$.amount", "type: integer", "null")),
    "null, without a schema": (POT, exchange({**TEAPOT, "amount": None}, path="/v1/teapots"), ("vanished", "teapot", "$.amount", "it wasn't null: 100", "null")),
    "no longer null, without a schema": (POT, exchange(changed(TEAPOT, owner__email="a@example.com"), path="/v1/teapots"), ("additive", "teapot", "$.owner.email", "it was null", '"a@example.com"')),
    "an undocumented value": (PI, exchange({**INTENT, "capture_method": "magic"}), ("enum", "payment_intent", "$.capture_method", "it isn't documented", '"magic"')),
    "another documented value": (PI, exchange({**INTENT, "capture_method": "manual"}), ("enum", "payment_intent", "$.capture_method", 'it had another value: "automatic"', '"manual"')),
    "another status after a write": (PI, exchange({**INTENT, "status": "succeeded"}), ("breaking", "payment_intent", "$.status", "const: requires_action", '"succeeded"')),
    "a status that isn't documented": (PI, exchange({**INTENT, "status": "requires_magic"}), ("breaking", "payment_intent", "$.status", "const: requires_action", '"requires_magic"')),
    "no test mode": (PI, exchange({**INTENT, "livemode": True}), ("breaking", "payment_intent", "$.livemode", "const: false", "true")),
    "a hash is null throughout": (WAITING, DONE, ("vanished", "payment_intent", "$.next_action", "it was a hash; now it is always null", "gone")),
    "a hash where null was throughout": (DONE, WAITING, ("additive", "payment_intent", "$.next_action", "it was always null", "a hash")),
    "a list is empty": (listed(INTENT), listed(), ("vanished", "list", "$.data[0]", "the old recording's list has one", "gone")),
    "a list is no longer empty": (listed(), listed(INTENT), ("additive", "list", "$.data[0]", "the old recording's list is empty", "a hash")),
    "metadata that is sent": (MARKED, replace(MARKED, response=exchange({**INTENT, "metadata": {}}).response), ("vanished", "payment_intent", "$.metadata.order", "the requests still send it", "gone")),
    "another value, without a schema": (POT, exchange({**TEAPOT, "flow": "receiver"}, path="/v1/teapots"), ("enum", "teapot", "$.flow", 'it had another value: "redirect"', '"receiver"')),
    "another object": (PI, exchange({**INTENT, "object": "setup_intent"}), ("breaking", "payment_intent", "$.object", "const: payment_intent", '"setup_intent"')),
    "a deletion that deletes nothing": (DELETED, replace(DELETED, response=exchange(CUSTOMER).response), ("breaking", "deleted_customer", "$.object", "const: deleted_customer", '"customer"')),
    "an API version": (PI, exchange(INTENT, Stripe_Version="2024-04-10"), ("enum", "headers", "stripe-version", 'it had another value: "2023-10-16"', '"2024-04-10"')),
    "a header gone": (PI, exchange(INTENT, Stripe_Should_Retry=None), ("vanished", "headers", "stripe-should-retry", 'it was there: "false"', "gone")),
    "a header came": (PI, exchange(INTENT, Idempotent_Replayed="true"), ("additive", "headers", "idempotent-replayed", "the old recording has no such header", '"true"')),
    "a connected account": (PI, exchange(INTENT, Stripe_Account="acct_1"), ("additive", "headers", "stripe-account", "the old recording has no such header", '"acct_1"')),
    "no JSON, it says": (exchange(INTENT, Content_Type="application/json"), exchange(INTENT, Content_Type="text/plain"), ("enum", "headers", "content-type", 'it had another value: "application/json"', '"text/plain"')),
    "a parameter came": (PI, exchange(INTENT, asked="amount=1000&currency=usd"), ("additive", "POST /v1/payment_intents", "parameter currency", "the old recording doesn't send it", "sent")),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "finding"), PLANTED.values(), ids=PLANTED)
def test_a_single_change_is_one_finding_of_its_grade(old, new, finding):
    """Each kind of change is found once, where it is, and nothing besides."""
    assert told([old], [new]) == [finding]


RULES = re.compile(
    r"const|status|(type|required|identity): [a-z ]+|it had another value|it was there|it wasn't null|it was null"
    r"|it was always null|it was an id|it was the whole object|it was a hash; now it is always null"
    r"|the old recording('s list)? [a-z' ]+|only the old recording sends it|real objects always carry it|it isn't documented|the requests still send it"
)


def test_no_rule_names_a_value():
    """So that a change is one finding, whatever each recording had before it."""
    rules = [one.finding.rule for old, new, _ in PLANTED.values() for one in drifts([old], [new])]
    assert [rule for rule in rules if not RULES.fullmatch(rule)] == []


NOTHING = {
    "ids, times and amounts": (PI, exchange(INTENT | {"id": "pi_3QUVAAFk4eGpfLOC0kGOumF1", "amount": 9, "created": 1800000000})),
    "metadata": (PI, exchange({**INTENT, "metadata": {"other": "2", "more": "3"}})),
    "a documented nullable that has a value now": (PI, exchange({**INTENT, "latest_charge": "ch_3QUVAAFk4eGpfLOC0kGOumF1"})),
    "a documented nullable that is null now": (PI, exchange({**INTENT, "description": None})),
    "what the request asks for": (exchange(INTENT, asked="capture_method=automatic"), exchange({**INTENT, "capture_method": "manual"}, asked="capture_method=manual")),
    "a hash that another question leaves null": (replace(WAITING, request=exchange(INTENT, asked="confirm=true").request), replace(DONE, request=exchange(INTENT, asked="confirm=false").request)),
    "a ratio that is whole": (SRC, exchange({**SOURCE, "ratio": 2}, path="/v1/sources")),
    "the text of an error": (FAILED, exchange(error(message="Declined."), status=402)),
    "another day, request id and server": (PI, exchange(INTENT, Date="Tue, 10 Dec 2024 15:15:42 GMT", Request_Id="req_2", CF_Ray="1", Set_Cookie="a=b", Connection="close")),
    "what Stripe's web servers send": (PI, exchange(INTENT, X_Stripe_Priority_Routing_Enabled="true", Content_Security_Policy="none", Original_Request="req_1")),
    "another connected account": (exchange(INTENT, Stripe_Account="acct_1"), exchange(INTENT, Stripe_Account="acct_2")),
    "a charset spelled otherwise": (exchange(INTENT, Content_Type="application/json"), exchange(INTENT, Content_Type="Application/JSON; charset=utf-8")),
    "another expansion that is asked for": (exchange(INTENT, asked="expand[]=latest_charge"), exchange({**INTENT, "customer": {**CUSTOMER, "name": "Ada"}}, asked="expand[]=customer")),
    "no headers kept at all": (PI, replace(PI, response=replace(PI.response, headers=Headers()))),
    "a longer list": (SRC, exchange({**SOURCE, "tags": ["b", "c"]}, path="/v1/sources")),
    "a list in another order": (SRC, exchange({**SOURCE, "addresses": SOURCE["addresses"][::-1]}, path="/v1/sources")),
    "an empty list": (SRC, exchange({**SOURCE, "tags": []}, path="/v1/sources")),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), NOTHING.values(), ids=NOTHING)
def test_what_differs_from_run_to_run_is_no_finding(old, new):
    """Ids, times, values, nullables and volatile headers say nothing."""
    assert told([old], [new]) == []


def test_a_currency_map_has_no_keys_of_stripes():
    """Another currency in a balance is no key that came, and a wrong type in it is still found."""
    balance = {"object": "cash_balance", "available": {"usd": 5}, "customer": "cus_GN3lx9mIZCMdAl"}
    old = [exchange(balance, "GET", "/v1/customers/cus_GN3lx9mIZCMdAl/cash_balance", "")]
    for available, found in (({"eur": 7}, []), ({"eur": "7"}, ["$.available.eur"])):
        new = [
            exchange(
                {**balance, "available": available},
                "GET",
                "/v1/customers/cus_GN3lx9mIZCMdAl/cash_balance",
                "",
            )
        ]
        assert [row[2] for row in told(old, new)] == found


def test_a_request_that_came_or_went_is_told_by_its_address():
    """Each request without a counterpart is one finding, at a position of its own side."""
    read = exchange(SOURCE, "GET", f"/v1/sources/{SOURCE['id']}", "")
    went, came = drifts([PI, read], [PI])[0], drifts([PI], [PI, read])[0]
    assert (went.finding.kind, went.finding.object, went.old, went.new) == ("vanished", "GET /v1/sources/{src}", 1, None)  # fmt: skip
    assert (came.finding.kind, came.finding.object, came.old, came.new) == ("additive", "GET /v1/sources/{src}", None, 1)  # fmt: skip


def test_a_read_that_is_asked_more_often_is_no_change():
    """Polls come as often as they come, and what one of them showed is no news in another."""
    pending = exchange(SOURCE, "GET", f"/v1/sources/{SOURCE['id']}", "")
    done = exchange({**SOURCE, "status": "chargeable"}, "GET", f"/v1/sources/{SOURCE['id']}", "")
    assert told([pending, done], [pending, pending, pending, done]) == []
    assert told([pending, pending, done], [done]) == []


def test_a_poll_that_takes_longer_is_no_change():
    """Whichever side looks once more: at a status, at a list, at what isn't there yet."""
    path = f"/v1/sources/{SOURCE['id']}"
    absent = exchange(error(type="invalid_request_error"), "GET", path, "", status=404)
    pending, done = (
        exchange({**SOURCE, "status": status}, "GET", path, "") for status in ("pending", "chargeable")
    )
    for early, late in ((pending, done), (listed(), listed(INTENT)), (absent, done)):
        assert told([early, late], [early, early, late]) == []
        assert told([early, early, late], [early, late]) == []
        assert told([late], [early, late]) == []
    changed = exchange({**SOURCE, "status": "chargeable", "amount": "100"}, "GET", path, "")
    assert [row[2] for row in told([absent, done], [absent, changed])] == ["$.amount"]


def test_what_was_read_before_a_write_says_nothing_of_what_is_read_after():
    """A list that a write no longer fills is found, though both sides saw it empty before."""
    found = told([listed(), PI, listed(INTENT)], [listed(), PI, listed()])
    assert [row[:3] for row in found] == [("vanished", "list", "$.data[0]")]


def test_a_hash_that_another_answer_still_has_is_free_to_be_null():
    """Null-ness is told when no answer of the other recording has a hash there."""
    other = replace(WAITING, request=exchange(INTENT, asked="amount=2000").request)
    assert told([WAITING, other], [DONE, other]) == []
    assert told([DONE, other], [WAITING, other]) == []


def status(name, *, asked="amount=1000", method="POST"):
    return exchange({**INTENT, "status": name}, method, asked=asked)


FIRST = exchange(CUSTOMER, path="/v1/customers", asked="name=A")
MOVED = {
    "a write": ([FIRST, PI], [FIRST, status("succeeded")], "breaking"),
    "a write with another random value": ([status("canceled", asked="description=A-17")], [status("succeeded", asked="description=B-42")], "breaking"),
    "a read": ([status("canceled", method="GET", asked="")], [status("succeeded", method="GET", asked="")], "enum"),
    "under way": ([status("processing")], [status("succeeded")], "enum"),
    "another amount": ([PI], [status("succeeded", asked="amount=2000")], "enum"),
    "another test token": ([status("succeeded", asked="source=tok_visa")], [status("canceled", asked="source=tok_chargeDeclined")], "enum"),
    "after another write": ([FIRST, PI], [replace(FIRST, request=exchange(CUSTOMER, path="/v1/customers", asked="name=B").request), status("succeeded")], "enum"),
    "after a write that is refused": ([FIRST, PI], [replace(FAILED, request=FIRST.request), status("succeeded")], "enum"),
    "after a write that came": ([PI], [FIRST, status("succeeded")], "enum"),
    "after a write that went": ([FIRST, PI], [status("succeeded")], "enum"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "kind"), MOVED.values(), ids=MOVED)
def test_a_status_breaks_where_neither_time_nor_the_test_can_have_moved_it(old, new, kind):
    """The same write after the same writes; else it is a value like others."""
    kinds = [row[0] for row in told(old, new) if row[2] == "$.status"]
    assert kinds == [kind]


def shopping(number, mail, key, *, kept=True):
    """Make a customer of an e-mail address, and look for it by that."""
    customer = {**CUSTOMER, "id": f"cus_GN3lx9mIZ{number:05}", "email": mail}
    found = {"object": "list", "data": [customer] if kept else []}
    asked = f"email={mail}&metadata[{key}]={number}&description={'kept' if kept else 'lost'}"
    return [
        exchange(customer, path="/v1/customers", asked=asked),
        exchange(found, "GET", f"/v1/customers?email={mail}", ""),
    ]


def shops(first, mail, key, *, number=4, kept=lambda _: True):
    """Make customers, and then look for them."""
    every = range(first, first + number)
    pairs = [shopping(at, mail.format(at), key.format(at), kept=kept(at)) for at in every]
    return [made for made, _ in pairs], [looked for _, looked in pairs]


def test_a_value_of_one_recording_only_is_known_by_where_else_it_stands():
    """Stand-ins, and what is drawn at random, find each other in whatever order requests came."""
    made, looked = shops(0, "scrubbedEmail{}@example.com", "a-{}", kept=lambda at: at % 2)
    other, again = shops(10, "jane{}@bank.org", "b-{}", kept=lambda at: at % 2)
    assert told([*made, *looked], [*other, *again[::-1]]) == []
    assert told([*made, *looked], [*other[::-1], *again]) == []
    (made, (_, looked)), (other, (_, again)) = (
        shops(0, "scrubbedEmail{}@example.com", "a", number=2),
        shops(10, "jane{}@bank.org", "b", number=2),
    )
    assert told([*made, looked], [*other[::-1], again]) == []


def test_a_request_is_held_against_few_others_however_many_there_are(monkeypatch):
    """A recording without its secrets against raw answers, in any order, costs no square."""
    held = Counter()
    for name in ("_conflict", "_likeness"):
        asked = getattr(pairing._Pairing, name)

        def counted(self, before, after, name=name, asked=asked):
            held[name] += 1
            return asked(self, before, after)

        monkeypatch.setattr(pairing._Pairing, name, counted)
    made, looked = shops(0, "scrubbedEmail{}@example.com", "order", number=300)
    other, again = shops(500, "jane{}@bank.org", "order", number=300)
    assert told([*made, *looked], [*other, *again]) == []
    assert told([*made, *looked], [*other, *again[::-1]]) == []
    read, reread = (
        [
            exchange(one.response.json, "GET", f"/v1/customers/{one.response.json['id']}", "")
            for one in side
        ]
        for side in (made, other)
    )
    assert told([*made, *read], [*other, *reread[::-1]]) == []
    assert held.total() < 10 * 3 * 600


def test_what_is_read_is_paired_by_who_made_it():
    """A read is that of the object which the paired request made, though another stands nearer."""
    first, second, other = (f"src_1E42IaFk4eGpfLOC{end}" for end in ("Uau5nIdg", "Vbv6oJeh", "Wcw7pKfi"))

    def read(an_id):
        return exchange({**SOURCE, "id": an_id}, "GET", f"/v1/sources/{an_id}", "")

    def make(an_id, amount):
        return exchange({**SOURCE, "id": an_id}, path="/v1/sources", asked=f"amount={amount}")

    old, new = [read(first), make(second, 1), read(second)], [make(other, 2), read(other)]
    assert [(one.finding.kind, one.old) for one in drifts(old, new)] == [("vanished", 0)]


def test_a_null_that_was_seen_inside_another_object_is_no_news():
    """Without a schema, what an object was seen with anywhere in the old recording is what it may be."""
    unknown = {**TEAPOT, "amount": None}
    holder = exchange({"object": "token", "source": unknown}, path="/v1/tokens", asked="x=1")
    new = exchange(unknown, path="/v1/teapots")
    assert told([POT, holder], [new, holder]) == []
    assert [row[2] for row in told([POT], [new])] == ["$.amount"]


def test_a_request_that_was_sent_again_counts_once():
    """A 429, a 500 and a replay between are the client's retries, not changes of Stripe's."""
    limited = exchange(
        {"error": {"type": "invalid_request_error"}}, status=429, Stripe_Should_Retry=None
    )
    broken = exchange({"error": {"type": "api_error"}}, status=500, Stripe_Should_Retry="true")
    replayed = exchange(INTENT, Idempotent_Replayed="true")
    assert told([PI], [limited, broken, PI, replayed]) == []
    assert told([limited, PI], [PI]) == []


def test_a_retry_that_got_the_kept_answer_is_the_one_that_counts():
    """Stripe had executed the first attempt, whose answer was an error on the way."""
    failed = replace(PI, response=exchange({}, status=504, Stripe_Should_Retry=None).response)
    replayed = exchange(INTENT, Idempotent_Replayed="true")
    assert [row[2] for row in told([PI], [failed, replayed])] == ["idempotent-replayed"]


def test_two_requests_in_a_row_with_keys_of_their_own_are_two():
    """An app that asks again under another key has asked twice, and both may have been executed."""
    failed = replace(PI, response=exchange({}, status=504, Stripe_Should_Retry=None).response)
    first, second = (
        replace(one, request=replace(one.request, headers=Headers({"Idempotency-Key": key})))
        for one, key in ((failed, "a"), (PI, "b"))
    )
    assert [row[0] for row in told([PI], [first, second])] == ["additive"]
    same = replace(second, request=first.request)
    assert told([PI], [first, same]) == []


def test_a_request_that_is_not_to_be_sent_again_counts_beside_the_next():
    """After a 409 that Stripe says not to retry, the same request is one of its own."""
    conflict = exchange({"error": {"type": "invalid_request_error"}}, status=409)
    assert [row[0] for row in told([PI], [conflict, PI])] == ["additive"]
    asking = replace(conflict, response=exchange({}, status=409, Stripe_Should_Retry="true").response)
    assert told([PI], [asking, PI]) == []


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ("a=1&b=1&c=1", "a=1&b=1&d=1", ["additive", "vanished"]),  # the parameters d and c
        ("a=1&b=1&c=1", "a=1&d=1", ["additive", "vanished"]),  # the whole requests
        ("a=1", "a=1&b=1&c=1&d=1", ["additive"] * 3),
    ],
)
def test_requests_are_one_where_half_of_their_fields_are_in_both(old, new, kinds):
    """Or all of one side's are in the other's; else one went and another came."""
    was, is_now = (exchange(SOURCE, path="/v1/sources", asked=asked) for asked in (old, new))
    found = drifts([was], [is_now])
    assert sorted(one.finding.kind for one in found) == kinds
    alone = new == "a=1&d=1"
    assert all((one.old is None or one.new is None) == alone for one in found)


def shapeless(*, customer, intent, paid_by=None):
    """A customer and its intent in a recording whose ids were written by hand."""
    kept = {**INTENT, "id": intent, "customer": customer}
    return [
        exchange({**CUSTOMER, "id": customer}, path="/v1/customers", asked="name=A"),
        exchange({**CUSTOMER, "id": f"{customer}_b"}, path="/v1/customers", asked="name=B"),
        exchange(kept, asked=f"amount=1000&customer={customer}"),
        exchange({**kept, "customer": paid_by or customer}, "GET", f"/v1/payment_intents/{intent}", ""),
    ]


def test_ids_without_the_shape_of_stripes_are_aligned_by_their_role():
    """What an answer gives as its own id is one, in paths, fields and values alike."""
    old, new = shapeless(customer="cus_a", intent="pi_1"), shapeless(customer="cus_z", intent="pi_9")
    assert told(old, new) == []
    assert told(old, new[:2] + new[3:] + new[2:3]) == []
    assert [(one.old, one.new) for one in drifts(old, new[:3])] == [(3, None)]


def test_a_role_that_another_plays_is_found_without_the_shape_of_stripes():
    """The intent is that of the other customer by now."""
    old = shapeless(customer="cus_a", intent="pi_1")
    new = shapeless(customer="cus_z", intent="pi_9", paid_by="cus_z_b")
    rule = "identity: the same object in every answer"
    assert told(old, new) == [("breaking", "payment_intent", "$.customer", rule, '"cus_z_b"')]


def test_an_expanded_object_is_known_without_the_shape_of_stripes():
    """Its id stands in the old recording as a text that no other answer gave."""
    old = [exchange({**INTENT, "customer": "cus_a"})]
    new = [exchange({**INTENT, "customer": {**CUSTOMER, "id": "cus_a"}})]
    rule = "it was an id"
    assert told(old, new) == [("additive", "payment_intent", "$.customer", rule, "a hash")]
    assert [row[0] for row in told(new, old)] == ["vanished"]


def test_equal_requests_are_told_apart_three_steps_away():
    """What is made of what is made of what is made by them says which is which."""

    def story(number, amount):
        first, second, third = (f"src_1E42IaFk4eGpfLOCUau5n{number}{place}" for place in "abc")
        return [
            exchange({**SOURCE, "id": first}, path="/v1/sources", asked="type=a"),
            exchange({**SOURCE, "id": second}, path="/v1/sources", asked=f"source={first}"),
            exchange({**SOURCE, "id": third}, path="/v1/sources", asked=f"source={second}"),
            exchange({**SOURCE, f"key{amount}": 1}, asked=f"source={third}&amount={amount}"),
        ]

    steps = [*zip(story(10, 1), story(11, 2), strict=True)]
    others = [*zip(story(20, 2), story(21, 1), strict=True)]
    assert told([*sum(steps, ())], [*sum(others, ())]) == []


def test_what_is_similar_is_found_far_from_its_place():
    """Among many of one address it is the likest, and not the nearest."""

    def asked(number, more=""):
        body = {**SOURCE, f"key{number}": 1}
        return exchange(body, path="/v1/sources", asked=f"name={number}&size={number}{more}")

    old, new = [asked(at) for at in range(30)], [asked(at, "&fresh=1") for at in reversed(range(30))]
    rules = {row[2] for row in told(old, new)}
    assert rules == {"parameter fresh"}


@pytest.mark.parametrize(
    ("method", "keys", "counts"),
    [
        ("GET", (None, None), []),
        ("POST", ("a", "a"), []),
        ("POST", ("a", "b"), ["breaking"]),
        ("POST", (None, None), ["breaking"]),
    ],
)
def test_a_request_that_another_thread_came_before_was_sent_again_too(method, keys, counts):
    """A read, or a write under the same key; of two writes nobody can tell, and both count."""
    limit, answer = {"error": {"type": "invalid_request_error"}}, {**CUSTOMER, "name": "A"}

    def asked(body, key, **more):
        sent = exchange(body, method, "/v1/customers/cus_GN3lx9mIZCMdAl", "", **more)
        headers = Headers({"Idempotency-Key": key} if key else {})
        return replace(sent, request=replace(sent.request, headers=headers))

    first, second = keys
    new = [asked(limit, first, status=429, Stripe_Should_Retry=None), PI, asked(answer, second)]
    found = told([asked(answer, first), PI], new)
    assert [kind for kind, *_, rule, _ in found if "status" in rule] == counts


def test_an_id_that_is_another_role_is_found():
    """An intent that belonged to the first customer and now belongs to the second is another answer."""
    first, second = "cus_GN3lx9mIZCMdAl", "cus_GN3letVcTd9fGe"

    def recording(owner):
        return [
            exchange({**CUSTOMER, "id": first}, path="/v1/customers", asked="name=A"),
            exchange({**CUSTOMER, "id": second}, path="/v1/customers", asked="name=B"),
            exchange({**INTENT, "customer": owner}),
        ]

    assert told(recording(first), recording(first)) == []
    ((kind, _, path, rule, value),) = told(recording(first), recording(second))
    assert (kind, path, value) == ("breaking", "$.customer", f'"{second}"')
    assert rule == "identity: the same object in every answer"


def event(number, type_, about):
    """An event about an object, or about a thing without an id."""
    return {
        "id": f"evt_1GwWqpFk4eGpfL{number:03}", "object": "event", "type": type_,
        "data": {"object": about},
    }  # fmt: skip


def test_items_of_a_list_are_paired_by_what_they_are_about():
    """Events have ids that nobody else names, and may come in another order, or others in their place."""
    pending = {**INTENT, "id": "pi_3QUVAAFk4eGpfLOC0kGOumF1", "next_action": {"type": "redirect"}}
    made = [exchange(INTENT), exchange(pending, asked="amount=2")]
    moved, funded = "payment_intent.created", "cash_balance.funds_available"
    balance = {"object": "cash_balance", "available": None}

    def read(*events):
        return exchange({"object": "list", "data": list(events)}, "GET", "/v1/events", "")

    old = read(event(1, moved, INTENT), event(2, moved, pending))
    assert told([*made, old], [*made, read(event(3, moved, pending), event(4, moved, INTENT))]) == []
    spent, came = ({"object": "customer_cash_balance_transaction", "type": one} for one in "ab")
    for before, after in (
        ((moved, INTENT), (funded, balance)),  # another type
        ((moved, INTENT), (moved, pending)),  # about another object
        ((funded, spent), (funded, came)),  # about a thing of another type
    ):
        assert told([*made, read(event(1, *before))], [*made, read(event(1, *after))]) == []


def token(number, **keys):
    return {"object": "token", "id": f"tok_1GwWqpFk4eGpfL{number:03}", **keys}


def tokens_read(*tokens):
    return [exchange(one, "GET", f"/v1/tokens/{one['id']}", "") for one in tokens]


def test_items_that_name_known_roles_tell_theirs():
    """What a list shows about two intents is read afterwards, in another order."""
    other = {**INTENT, "id": "pi_3QUVAAFk4eGpfLOC0kGOumF1"}
    made = [exchange(INTENT), exchange(other, asked="amount=2")]

    def recording(*order):
        listing = exchange({"object": "list", "data": order}, "GET", "/v1/tokens", "")
        return [*made, listing, *tokens_read(*order)]

    olds, news = (
        [token(at, intent=INTENT["id"], extra=1), token(at + 1, intent=other["id"])] for at in (1, 3)
    )
    assert told(recording(*olds), recording(*news[::-1])) == []


def test_the_only_item_of_a_list_is_one_on_both_sides():
    """As the charge of an intent, which names nothing that is known."""

    def recording(*order, number, asked):
        tokens = [token(number, extra=1), token(number + 1)]
        made = [
            exchange({**SOURCE, "id": f"src_1E42IaFk4eGpfL{at:03}", "tokens": [tokens[at]]}, path="/v1/sources", asked=f"name={at}{asked}")
            for at in (0, 1)
        ]  # fmt: skip
        return [*made, *tokens_read(*(tokens[at] for at in order))]

    found = told(recording(0, 1, number=1, asked=""), recording(1, 0, number=3, asked="&flow=code"))
    assert {row[2] for row in found} == {"parameter flow"}


def test_a_list_of_strangers_tells_no_roles():
    """Whose items name nothing that is known may hold others by now, which come up again later."""
    first, second = (SOURCE | {"id": f"src_1E42IaFk4eGpfLOC{end}"} for end in ("Uau5nIdg", "Vbv6oJeh"))

    def recording(*order):
        return [
            exchange({"object": "list", "data": list(order)}, "GET", "/v1/sources", ""),
            exchange(first, path="/v1/sources", asked="name=A"),
            exchange(second, path="/v1/sources", asked="name=B"),
            exchange(first, "GET", f"/v1/sources/{first['id']}", ""),
        ]

    assert told(recording(first, second), recording(second, first)) == []


def test_secrets_are_never_in_what_is_found():
    """A key that came, with a secret in it, is told without the secret."""
    new = exchange({**INTENT, "client_secret": "pi_1_secret_" + "abc123", "mail": "jane@stripe.net"})
    assert "abc123" not in str(drifts([PI], [new]))
    assert "jane" not in str(drifts([PI], [new]))


def renamed(exchanges):
    """Give a recording with all ids, secrets and times replaced by others, consistently."""
    names = {}

    def other(found):
        head, _, tail = found[0].rpartition("_")
        return names.setdefault(
            found[0], f"{head}_{'Zz' + format(len(names), '0' + str(len(tail) - 2))}"
        )

    def text(written):
        written = re.sub(r"[a-z]{2,}_(?=[A-Za-z]*\d)[A-Za-z0-9]{14,}", other, written)
        return re.sub(r"\b1767\d{6}\b", lambda found: str(int(found[0]) + 12345), written)

    return [
        Exchange(
            replace(one.request, url=text(one.request.url), body=text(one.request.body)),
            replace(one.response, body=text(one.response.body.decode()).encode()),
        )
        for one in exchanges
    ]


def test_a_recording_did_not_drift_from_itself(recorder):
    """The same recording, and one with every id, time and secret renamed, has nothing to tell."""
    assert told(recorder.exchanges, recorder.exchanges) == []
    other = renamed(recorder.exchanges)
    assert other[0].response.json["id"] != recorder.exchanges[0].response.json["id"]
    assert told(recorder.exchanges, other) == []


@pytest.mark.skipif(not REAL, reason="STRIPE_REAL_DATA")
@pytest.mark.parametrize("path", REAL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_real_recording_drifted_from_itself(path):
    """Real recordings of six years, each against itself with its ids renamed: nothing."""
    assert told(real(path), renamed(real(path))) == []


@LIVELY
@given(data=st.data())
def test_independent_requests_come_in_any_order(recorder, data):
    """Threads that are woven together differently, two of them equal, are still paired right."""
    order = [thread for thread, told in recorder.threads.items() for _ in told]
    woven = data.draw(st.permutations(order))
    left = {thread: list(exchanges) for thread, exchanges in recorder.threads.items()}
    assert told(recorder.exchanges, renamed([left[thread].pop(0) for thread in woven])) == []


def places(value, path=()):
    """Walk the keys of a document's hashes, outside of maps."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            if key not in ("metadata", "available", "payment_method_options"):
                yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


@LIVELY
@given(data=st.data())
def test_a_planted_change_is_found_wherever_it_is(recorder, data):
    """A key removed, added, or of another type, in any answer at any depth, is exactly what is found."""
    at = data.draw(
        st.sampled_from(
            [at for at, one in enumerate(recorder.exchanges) if one.request.method == "POST"]
        )
    )
    document = deepcopy(recorder.exchanges[at].response.json)
    path = data.draw(st.sampled_from(list(places(document))))
    held = document
    for part in path[:-1]:
        held = held[part]
    plant = data.draw(st.sampled_from(["remove", "add", "type"]))
    if plant == "remove":
        del held[path[-1]]
    elif plant == "add":
        held["brand_new"] = 1
    else:
        held[path[-1]] = [True] if not isinstance(held[path[-1]], list) else 7
    one = recorder.exchanges[at]
    new = list(recorder.exchanges)
    new[at] = replace(one, response=replace(one.response, body=json.dumps(document).encode()))
    found = drifts(recorder.exchanges, renamed(new))
    last = "brand_new" if plant == "add" else str(path[-1])
    nullable = plant == "type" and all(row.finding.value == "null" for row in found)
    assert nullable or [row.new for row in found] == [at], (path, plant, found)
    assert found == [] or found[0].finding.path.endswith(last)


@pytest.mark.parametrize(
    ("recorded", "days", "said"),
    [
        (0, 30, "recorded 100 days ago; the maximum age is 30 days"),
        (0, 100, None),
        (None, 1, None),
    ],
)
def test_an_old_recording_is_told_by_its_age(recorded, days, said):
    """Older than the limit is one sentence; what nobody knows the age of is fine."""
    assert provenance.too_old(recorded, 100 * 86_400, days) == said


def test_the_age_of_a_recording_is_its_last_date_header():
    """Dates that can't be read are passed over."""
    dated = [
        exchange(INTENT, Date=date)
        for date in ("Mon, 16 Dec 2019 13:30:07 GMT", "Mon, 16 Dec 2019 13:30:09 GMT", "yesterday")
    ]
    assert provenance.recorded_at(dated) == 1576503009
    assert provenance.recorded_at([PI]) is None


def real(path):
    found = interactions.interactions(yaml_loader.read_yaml(path.read_text("utf-8")))
    return [one.exchange for one in found if isinstance(one, interactions.Recorded)]


def real_drift(old, new, name):
    sides = [real(REAL_DATA / "vcrpy" / f"liberapay-{date}" / f"{name}.yml") for date in (old, new)]
    return [one.finding for one in drifts(*sides)]


def keys(found):
    return {(one.kind, one.object, one.path) for one in found if one.path.startswith("$")}


@pytest.mark.skipif(not REAL, reason="STRIPE_REAL_DATA")
def test_from_2019_to_2021_four_keys_came_to_stripes_answers():
    """The keys that Stripe added in 2020, in every answer that has them, and nothing else of its own."""
    found = real_drift("2019-12-21", "2021-01-05", "TestPayinsStripe")
    assert keys(found) == {
        ("additive", "account", "$.requirements.errors"),
        ("additive", "balance_transaction", "$.reporting_category"),
        ("additive", "charge", "$.calculated_statement_descriptor"),
        ("additive", "customer", "$.next_invoice_sequence"),
    }
    asked = Counter(one.object for one in found if one.path == "request")
    assert asked["POST /v1/charges"] == 2
    assert "POST /v1/transfers" not in asked  # of two in 2021, one is the replay of the other
    assert {one.kind for one in found} == {"additive"}
    assert real_drift("2019-12-21", "2021-01-05", "TestReceipts") == []


@pytest.mark.skipif(not REAL, reason="STRIPE_REAL_DATA")
def test_from_2021_to_2025_the_same_objects_gained_keys_and_lost_none():
    """A payment method and a source that were only read: five keys came, and the version that was asked."""
    assert keys(real_drift("2021-01-05", "2025-01-28", "TestReceipts")) == {
        ("additive", "payment_method", "$.allow_redisplay"),
        ("additive", "payment_method", "$.card.display_brand"),
        ("additive", "payment_method", "$.card.networks"),
        ("additive", "payment_method", "$.card.regulated_status"),
        ("additive", "source", "$.allow_redisplay"),
    }


@pytest.mark.skipif(not REAL, reason="STRIPE_REAL_DATA")
def test_from_2021_to_2025_what_stripe_answers_only_grew():
    """The app moved from sources to payment methods; one old capability went, all else was added."""
    found = real_drift("2021-01-05", "2025-01-28", "TestPayinsStripe")
    assert keys(found) - {("additive", one.object, one.path) for one in found} == {
        ("vanished", "account", "$.capabilities.legacy_payments")
    }
    assert {
        ("additive", "payment_intent", "$.latest_charge"),
        ("additive", "payment_intent", "$.automatic_payment_methods"),
        ("additive", "charge", "$.payment_method_details.card.overcapture"),
        ("additive", "customer", "$.test_clock"),
        ("additive", "account", "$.controller"),
        ("additive", "bank_account", "$.account_type"),
    } <= keys(found)
    gone = {one.object for one in found if one.kind == "vanished"}
    assert {"POST /v1/sources", "POST /v1/charges"} <= gone


def test_an_object_that_nobody_asked_for_is_told():
    """Where the path names one, another in the answer is a break, known from elsewhere or not."""
    ids = [f"pi_3ScPMjFmGsiQWfE61qMaWS{end}" for end in ("FF", "AB", "ZZ")]

    def answered(asked_for, given):
        path = f"/v1/payment_intents/{asked_for}"
        return exchange({**INTENT, "id": given}, "GET", path, "")

    old = [answered(ids[0], ids[0])]
    assert told(old, [answered(ids[1], ids[1])]) == []
    due = ("breaking", "payment_intent", "$.id", "identity: the object in the path", f'"{ids[2]}"')
    assert told(old, [answered(ids[1], ids[2])]) == [due]
