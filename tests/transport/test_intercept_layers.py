from __future__ import annotations

import asyncio

import pytest
import stripe
from majors import Urllib, v1
from stripe import _http_client

from pytest_stripe_balance.transport import clients, intercept


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


def test_everything_is_restored_when_opening_fails(own, answering, monkeypatch):
    """A tap that can't be opened takes off what it had put on, and says why."""
    before, made, between = _patched(), intercept.Tap._on, []

    def failing(tap, cls):
        if cls is own:
            between.append(_patched())
            raise RuntimeError("no more")
        return made(tap, cls)

    monkeypatch.setattr(intercept.Tap, "_on", failing)
    with pytest.raises(RuntimeError, match="no more"), answering.tap():
        pass
    assert [_same(before, one) for one in between] == [False]
    assert _same(before, _patched())


def test_everything_is_restored_after_nested_taps(answering, letting_through):
    """Closing an inner tap gives back the outer one's patches; closing that, the classes'."""
    before = _patched()
    with letting_through.tap():
        between = _patched()
        with answering.tap():
            assert not _same(between, _patched())
        assert _same(between, _patched())
    assert _same(before, _patched())


def test_a_class_defined_under_the_tap_is_restored(answering):
    """A class that is defined while the tap is open holds what it was written with afterwards."""

    def request(self, method, url, headers, post_data=None):
        raise AssertionError

    with answering.tap():
        cls = type("Own", (Urllib,), {"request": request})
        assert vars(cls)["request"] is not request
    assert vars(cls)["request"] is request


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


def test_an_inner_tap_hands_on_to_the_outer_one(witness, answering, client_of, server):
    """What an inner tap lets through an outer one answers; both observe it once."""
    client = client_of(Urllib())
    inner = witness(None)
    with answering.tap(), inner.tap():
        assert v1(client).customers.retrieve("cus_1").id == "cus_answered"
    assert (len(answering.observed), len(inner.observed), server.seen) == (1, 1, [])


def test_a_class_defined_under_two_taps_is_answered_by_each_in_turn(witness, respond, client_of):
    """A class defined under two taps is the inner one's, then the outer one's."""
    outer, inner = (
        witness(respond(body={"id": name, "object": "customer"})) for name in ("outer", "inner")
    )

    with outer.tap():
        with inner.tap():

            class Own(Urllib):
                def request(self, *_):
                    raise AssertionError("its code is skipped")

            client = client_of(Own())
            first = v1(client).customers.retrieve("cus_1").id
        second = v1(client).customers.retrieve("cus_1").id
    assert (first, second) == ("inner", "outer")


class _CallingSuper(Urllib):
    def request(self, method, url, headers, post_data=None):
        return super().request(method, url, headers, post_data)


def test_two_taps_that_let_through_observe_a_request_once_each(witness, client_of, server):
    """A request that passes two taps is sent once, and each observes it once."""
    client = client_of(_CallingSuper())
    outer, inner = witness(None), witness(None)
    with outer.tap(sends=True), inner.tap(sends=True):
        v1(client).customers.retrieve("cus_1")
    assert (len(outer.observed), len(inner.observed), len(server.seen)) == (1, 1, 1)


def test_two_taps_that_let_through_observe_an_async_request_once_each(witness, client_of, server):
    """An awaited request that passes two taps is sent once, and each observes it once."""
    http_client = stripe.AIOHTTPClient()
    client = client_of(http_client)
    outer, inner = witness(None), witness(None)

    async def ask():
        await v1(client).customers.retrieve_async("cus_1")
        await http_client.close_async()

    with outer.tap(sends=True), inner.tap(sends=True):
        asyncio.run(ask())
    assert (len(outer.observed), len(inner.observed), len(server.seen)) == (1, 1, 1)


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


def test_every_users_class_is_caught_at_any_depth(answering, client_of, server):
    """Classes below users' own are, too, and each of them once; neither stripe-python's nor ours are."""
    sent = []

    class Own(Urllib):
        def request(self, *args, **kwargs):
            sent.append(type(self))
            return super().request(*args, **kwargs)

    class Below(Own):
        def request(self, *args, **kwargs):
            sent.append(type(self))
            return super().request(*args, **kwargs)

    class Lowest(Below, Own):
        pass

    users = [cls for cls in clients.users() if cls in (Own, Below, Lowest)]
    assert sorted(users, key=str) == sorted([Own, Below, Lowest], key=str)
    assert not {*clients.users()} & {*clients.STRIPES, clients.StandIn}
    for cls in (Own, Below, Lowest):
        with answering.tap():
            v1(client_of(cls())).customers.retrieve("cus_1")
    assert (sent, server.seen) == ([], [])
