"""Taps one after the other: what the next one takes over from the last, and what it doesn't."""

from __future__ import annotations

import gc
import subprocess
import sys
import types
import weakref

import pytest
import stripe
from majors import Urllib, v1

from pytest_stripe_balance.transport import clients

_SENT_BY_URLLIB = Urllib.request


def _methods():
    return {cls: [vars(cls).get(name) for name in clients.SENDING] for cls in clients.STRIPES}


@pytest.mark.parametrize("sends", [False, True], ids=["answers", "sends"])
def test_the_next_tap_puts_on_what_the_last_one_made(sends, answering):
    """A tap that finds stripe-python's classes as the last one did makes nothing anew."""
    put_on = []
    for _ in range(2):
        with answering.tap(sends=sends):
            put_on.append(_methods())
    assert put_on[0] == put_on[1] != _methods()


def test_a_method_that_was_replaced_between_two_taps_is_the_one_that_is_restored(
    answering, client_of, server, monkeypatch
):
    """The next tap answers in its place, and gives it back; the one after finds stripe-python's own."""
    own = Urllib.request
    ran = []

    def theirs(self, *args, **kwargs):
        ran.append("theirs")
        return own(self, *args, **kwargs)

    client = client_of(Urllib())
    with monkeypatch.context() as patches:
        patches.setattr(Urllib, "request", theirs)
        with answering.tap():
            assert v1(client).customers.retrieve("cus_1").id == "cus_answered"
        assert (vars(Urllib)["request"], ran) == (theirs, [])
        assert v1(client).customers.retrieve("cus_1").id == "cus_sent"
        assert ran == ["theirs"]
    with answering.tap():
        assert v1(client).customers.retrieve("cus_1").id == "cus_answered"
    assert (vars(Urllib)["request"], len(server.seen)) == (own, 1)


@pytest.mark.parametrize("name", ["request_with_retries", "request_stream", "request_async"])
def test_a_way_that_a_class_was_given_between_two_taps_is_caught_and_restored(
    name, answering, client_of, server, monkeypatch
):
    """A name that it had not, and the same name with another method in it: each is answered for."""
    if name in vars(Urllib):
        monkeypatch.delattr(Urllib, name)
    ran = []
    client = client_of(Urllib())
    with answering.tap():
        pass
    for number in range(2):

        def theirs(*_, number=number):
            ran.append(number)

        monkeypatch.setattr(Urllib, name, theirs)
        with answering.tap():
            assert vars(Urllib)[name] is not theirs
            assert v1(client).customers.retrieve("cus_1").id == "cus_answered"
        assert (vars(Urllib)[name], ran, server.seen) == (theirs, [], [])
    monkeypatch.undo()
    had = vars(Urllib).get(name)
    with answering.tap():
        assert v1(client).customers.retrieve("cus_1").id == "cus_answered"
    assert vars(Urllib).get(name) is had


def test_a_class_that_lost_a_name_and_was_given_another_is_caught(answering, server, monkeypatch):
    """As many names as before are other names: what a direct call comes to is answered, too."""
    with answering.tap():
        pass
    monkeypatch.delattr(stripe.RequestsClient, "close")
    monkeypatch.setattr(stripe.RequestsClient, "request_with_retries", lambda *_: pytest.fail("sent"))
    with answering.tap():
        body, status, _ = stripe.RequestsClient().request_with_retries("get", server.url, {})
    assert (status, b"cus_answered" in body, server.seen) == (200, True, [])


def test_a_method_that_could_not_send_and_was_replaced_is_caught(
    answering, client_of, server, monkeypatch
):
    """stripe-python has an async client's sync methods fail; another method in their place may send."""
    with answering.tap():
        pass
    monkeypatch.setattr(stripe.AIOHTTPClient, "request", lambda *_: pytest.fail("sent"))
    client = stripe.AIOHTTPClient()
    with answering.tap():
        assert v1(client_of(client)).customers.retrieve("cus_1").id == "cus_answered"
        body, _, _ = client.request_with_retries("get", server.url, {})
    assert (b"cus_answered" in body, server.seen) == (True, [])


BEFORE = """
import stripe
stripe.AIOHTTPClient.request = lambda *_: None
from pytest_stripe_balance.transport import clients
assert stripe.AIOHTTPClient.request not in clients.CANT_SEND
assert stripe.AIOHTTPClient.request_stream in clients.CANT_SEND
"""


def test_a_method_that_was_replaced_before_the_plugin_looked_is_not_taken_for_stripes():
    """A conftest.py may have put it there, and it may send."""
    subprocess.run([sys.executable, "-c", BEFORE], check=True)


class LikesAll:
    """Equals whatever it is held against."""

    def __eq__(self, other):
        return True

    __hash__ = object.__hash__

    def __call__(self, *_, **__):
        pytest.fail("sent")


def test_a_method_that_says_it_is_the_same_is_another(answering, client_of, monkeypatch):
    """It is answered for, and given back."""
    with answering.tap():
        pass
    theirs = LikesAll()
    monkeypatch.setattr(Urllib, "request", theirs)
    with answering.tap():
        assert v1(client_of(Urllib())).customers.retrieve("cus_1").id == "cus_answered"
    assert vars(Urllib)["request"] is theirs


def test_a_patch_that_a_test_took_off_keeps_no_other_on(answering):
    """What is gone needs no restoring; all else is restored, and a class that is defined later left alone."""

    class Mixin:
        def request(self, *_):
            pytest.fail("sent")

    class Mine(Mixin, stripe.HTTPClient):
        pass

    before = vars(stripe.RequestsClient)["request"]
    with answering.tap():
        del Mine.request
    assert vars(stripe.RequestsClient)["request"] is before
    assert "__init_subclass__" not in vars(stripe.HTTPClient)


def test_the_way_of_all_clients_that_was_replaced_between_two_taps_is_the_one_that_is_used(
    answering, client_of, monkeypatch
):
    """What the tap puts in the place of a client's own way is what stripe.HTTPClient has by then."""
    name, ran = "request_with_retries", []
    base = getattr(stripe.HTTPClient, name)

    def theirs(self, *args, **kwargs):
        ran.append(type(self))
        return base(self, *args, **kwargs)

    duck = types.SimpleNamespace(name="duck", request_with_retries=None)
    with answering.tap():
        v1(client_of(duck)).customers.retrieve("cus_1")
    monkeypatch.setattr(stripe.HTTPClient, name, theirs)
    with answering.tap():
        v1(client_of(duck)).customers.retrieve("cus_1")
        v1(client_of(duck)).customers.retrieve("cus_1")
    assert [issubclass(cls, clients.StandIn) for cls in ran] == [True, True]
    assert len({*ran}) == 1  # one class for each tap, not one for each request


def test_a_patch_that_was_put_back_after_its_tap_does_not_double_what_the_next_one_sees(
    answering, letting_through, client_of, server, monkeypatch
):
    """A monkeypatch may put a closed tap's own method back: the next taps see each request once."""
    monkeypatch.setattr(Urllib, "request", _SENT_BY_URLLIB)  # so that it is put back at last
    with monkeypatch.context() as patches, answering.tap(sends=True):
        patches.setattr(Urllib, "request", Urllib.request)
    assert Urllib.request is not _SENT_BY_URLLIB
    client = client_of(Urllib())
    for tap, name in (
        (answering.tap(sends=True), "cus_answered"),
        (letting_through.tap(sends=True), "cus_sent"),
    ):
        with tap:
            assert v1(client).customers.retrieve("cus_1").id == name
    assert (len(answering.observed), len(letting_through.observed), len(server.seen)) == (1, 1, 1)


def test_a_request_that_outlives_its_tap_is_observed_by_that_one(witness, client_of, server):
    """A request that one tap let through is its own, though another tap is open when it comes back."""
    first, second = witness(None), witness(None)
    taps = [first.tap(sends=True), second.tap(sends=True)]

    class Slow(Urllib):
        def request(self, *args, **kwargs):
            taps[0].__exit__(None, None, None)
            taps[1].__enter__()
            return _SENT_BY_URLLIB(self, *args, **kwargs)

    client = client_of(Slow())
    taps[0].__enter__()
    try:
        v1(client).customers.retrieve("cus_1")
    finally:
        taps[1].__exit__(None, None, None)
    assert (len(first.observed), second.observed, len(server.seen)) == (1, [], 1)


@pytest.mark.parametrize("base", [Urllib, stripe.HTTPClient])
def test_a_class_that_nobody_holds_any_more_is_let_go(base, answering, client_of):
    """A client class that a test defines is gone after it, so that the taps to come have no more to do."""

    def used():
        class Own(base):
            name = "own"

            def request(self, *args, **kwargs):
                return super().request(*args, **kwargs)

        with answering.tap():
            v1(client_of(Own())).customers.retrieve("cus_1")
        return weakref.ref(Own)

    before = used()
    gc.collect()
    assert before() is None


def test_telemetry_that_was_put_back_after_its_tap_is_stripes_own(answering, monkeypatch):
    """A silenced method that others put back does what stripe-python's does once its tap is closed."""
    with answering.tap():
        silenced = vars(stripe.HTTPClient)["_add_telemetry_header"]
    client = Urllib()
    client._thread_local.last_request_metrics = types.SimpleNamespace(payload=dict)
    assert "X-Stripe-Client-Telemetry" in silenced(client, {})
