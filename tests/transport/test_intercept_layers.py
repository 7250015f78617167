from __future__ import annotations

import pytest
import stripe
from majors import Urllib, v1
from stripe import _http_client

from pytest_stripe_balance.transport import clients, imports
from pytest_stripe_balance.transport.intercept import Run, push, remove


def _patched():
    """Everything that a tap may touch, as it is now."""
    classes = [stripe.HTTPClient]
    for found in classes:
        classes += [below for below in found.__subclasses__() if below not in classes]
    owners = [*classes, _http_client, *filter(None, [clients.telemetry])]
    return {owner: dict(vars(owner)) for owner in owners}


def _same(before, after):
    return before.keys() == after.keys() and all(
        before[owner].keys() == after[owner].keys()
        and all(before[owner][name] is after[owner][name] for name in before[owner])
        for owner in before
    )


@pytest.fixture
def own():
    """A user's class below stripe-python's, with a mixin from outside."""

    class Mixin:
        def request(self, method, url, headers, post_data=None):
            return super().request(method, url, headers, post_data)

        def request_with_retries(self, *args, **kwargs):
            return super().request_with_retries(*args, **kwargs)

    return type("Own", (Mixin, Urllib), {})


def test_everything_is_restored(own, answering):
    """After the tap is closed every client class holds what it held, and nothing more."""
    before = _patched()
    assert own in before
    with answering.tap():
        assert not _same(before, _patched())
    assert _same(before, _patched())


def test_everything_is_restored_after_an_exception(answering):
    """An exception in the block leaves every client class as it was."""
    before = _patched()
    with pytest.raises(KeyboardInterrupt, match="inside"), answering.tap():
        raise KeyboardInterrupt("inside")
    assert _same(before, _patched())


def test_everything_is_restored_when_opening_fails(answering, monkeypatch):
    """A tap that can't be opened takes off what it had put on, and says why."""
    before, between = _patched(), []

    def failing(*_):
        between.append(_patched())
        raise RuntimeError("no more")

    monkeypatch.setattr(imports.WATCH, "begin", failing)
    with pytest.raises(RuntimeError, match="no more"), answering.tap():
        pass
    assert [_same(before, one) for one in between] == [False]
    assert _same(before, _patched())


def test_nested_taps_share_their_patches(answering, letting_through):
    """An inner tap puts nothing on, and the last one that closes gives the classes back."""
    before = _patched()
    with letting_through.tap():
        between = _patched()
        with answering.tap():
            assert _same(between, _patched())
        assert _same(between, _patched())
    assert _same(before, _patched())


def test_runs_close_in_any_order(witness, respond, client_of, server):
    """Of the runs that are still open the innermost answers, and the last that closes restores all."""
    client, before = client_of(Urllib()), _patched()
    runs = [_run(witness(respond(body={"id": name, "object": "customer"}))) for name in "abc"]

    def asked():
        return v1(client).customers.retrieve("cus_1").id

    for run in runs:
        push(run)
    answered = []
    for run in (runs[1], runs[2], runs[0]):
        answered.append(asked())
        remove(run)
    remove(runs[0])  # once more does nothing
    assert (answered, server.seen, _same(before, _patched())) == (["c", "c", "a"], [], True)


def test_a_run_at_the_bottom_answers_when_no_other_is_open(witness, respond, client_of, server):
    """A run can be opened below those that are open already."""
    client = client_of(Urllib())
    inner, guard = (
        witness(respond(body={"id": name, "object": "customer"})) for name in ("inner", "guard")
    )
    below = _run(guard)
    with inner.tap():
        push(below, at_bottom=True)
        first = v1(client).customers.retrieve("cus_1").id
    second = v1(client).customers.retrieve("cus_1").id
    remove(below)
    assert (first, second, server.seen) == ("inner", "guard", [])


def _run(witness):
    return Run(answer=witness._answer, observe=witness._observe)


def test_the_innermost_tap_answers_and_the_outer_one_is_back_afterwards(
    witness, respond, client_of, server
):
    """Of nested taps the innermost answers; when it is closed the outer one does again."""
    client = client_of(Urllib())
    outer, inner = (
        witness(respond(body={"id": name, "object": "customer"})) for name in ("outer", "inner")
    )

    def asked():
        return v1(client).customers.retrieve("cus_1").id

    with outer.tap():
        order = [asked()]
        with inner.tap():
            order.append(asked())
        order.append(asked())
    assert order == ["outer", "inner", "outer"]
    assert (len(outer.observed), len(inner.observed), server.seen) == (2, 1, [])


def test_an_inner_tap_hands_nothing_on(witness, answering, client_of, server):
    """What the innermost tap lets through is sent; an outer one is neither asked nor shown it."""
    client = client_of(Urllib())
    inner = witness(None)
    with answering.tap(), inner.tap(sends=True):
        assert v1(client).customers.retrieve("cus_1").id == "cus_sent"
    assert (answering.asked, answering.observed, len(inner.observed), len(server.seen)) == ([], [], 1, 1)


@pytest.mark.parametrize("outer_sends", [False, True])
def test_telemetry_is_as_the_innermost_tap_has_it(outer_sends, witness, respond, client_of, server):
    """Whether there is telemetry doesn't depend on the taps around the one that answers."""
    outer, inner = witness(None), witness(respond(200, **{"Request-Id": "req_1"}))
    client = client_of(Urllib())
    with outer.tap(sends=outer_sends), inner.tap(sends=not outer_sends):
        for _ in range(2):
            v1(client).customers.retrieve("cus_1")
    names = [name.lower() for request in inner.asked for name in request.headers]
    assert ("x-stripe-client-telemetry" in names) is not outer_sends


class _CallingSuper(Urllib):
    def request(self, method, url, headers, post_data=None):
        return super().request(method, url, headers, post_data)


@pytest.mark.parametrize("client", [_CallingSuper, Urllib])
def test_a_request_that_is_let_through_is_observed_once(client, letting_through, client_of, server):
    """A client that comes to stripe-python's own method on the way is one request all the same."""
    with letting_through.tap(sends=True):
        v1(client_of(client())).customers.retrieve("cus_1")
    assert (len(letting_through.observed), len(server.seen)) == (1, 1)


def test_a_failing_answer_is_raised_and_nothing_is_sent(witness, client_of, server):
    """What `answer` raises reaches the caller as it is, and nothing is sent."""

    class Refusal(BaseException):
        pass

    def refuse(_):
        raise Refusal("not here")

    refusing = witness(refuse)
    with refusing.tap(), pytest.raises(Refusal, match="not here"):
        v1(client_of(Urllib(), max_network_retries=2)).customers.retrieve("cus_1")
    assert (len(refusing.asked), refusing.observed, server.seen) == (1, [], [])


def _replaced(client, name):
    setattr(client, name, lambda *_: None)
    return client


OWN = {
    "overrides request": type("Own", (Urllib,), {"request": lambda *_: None}),
    "overrides what both requests go through": type(
        "Own", (Urllib,), {"_request_internal": lambda *_: None}
    ),
    "overrides the loop of retries": type(
        "Own", (Urllib,), {"_request_with_retries_internal": lambda *_: None}
    ),
    "from scratch": type("Own", (stripe.HTTPClient,), {"request": lambda *_: None}),
    "below an own class": type("Below", (_CallingSuper,), {}),
    "of a mixin": type("Own", (type("Mixin", (), {"request": lambda *_: None}), Urllib), {}),
    "no client of stripe-python's": type("Duck", (), {}),
    "replaced on the instance": lambda: _replaced(Urllib(), "request"),
}
PLAIN = {
    "requests": stripe.RequestsClient,
    "urllib": Urllib,
    "httpx": stripe.HTTPXClient,
    "aiohttp": stripe.AIOHTTPClient,
    "with a fallback": lambda: Urllib(async_fallback_client=stripe.AIOHTTPClient()),
    "with its own __init__": type(
        "Own", (Urllib,), {"__init__": lambda self: Urllib.__init__(self, proxy="http://localhost:1")}
    ),
    "with other delays": type("Own", (Urllib,), {"MAX_DELAY": 1}),
}


@pytest.mark.parametrize("make", OWN.values(), ids=OWN)
def test_a_client_with_code_of_its_own_is_known(make, answering):
    """Whatever it is that a client sends by, it is code of its own if stripe-python didn't write it."""
    with answering.tap():
        assert [clients.has_own_code(make()) for _ in range(2)] == [True, True]


@pytest.mark.parametrize("make", PLAIN.values(), ids=PLAIN)
def test_a_client_without_code_of_its_own_is_known(make, answering):
    """What stripe-python's own methods send is caught there, whatever else the client does."""
    with answering.tap():
        assert [clients.has_own_code(make()) for _ in range(2)] == [False, False]
