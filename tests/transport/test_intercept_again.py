"""Taps one after the other: what the next one takes over from the last, and what it doesn't."""

from __future__ import annotations

import functools
import gc
import subprocess
import sys
import types
import weakref

import pytest
import stripe
from majors import Urllib, v1

from pytest_stripe_balance.transport import clients


def _methods():
    return {cls: [vars(cls)[name] for name in clients.sends_from(cls)] for cls in clients.STRIPES}


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
    """It runs under the next tap, which gives it back; the one after finds stripe-python's own."""
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
        assert (vars(Urllib)["request"], ran) == (theirs, ["theirs"])
        assert v1(client).customers.retrieve("cus_1").id == "cus_sent"
        assert ran == ["theirs", "theirs"]
    with answering.tap():
        assert v1(client).customers.retrieve("cus_1").id == "cus_answered"
    assert (vars(Urllib)["request"], len(server.seen)) == (own, 1)


@pytest.mark.parametrize("name", ["request_with_retries", "_request_internal", "request_async"])
def test_a_method_that_a_class_was_given_stays_and_is_passed_by(
    name, answering, client_of, server, monkeypatch
):
    """What a test has put on stripe-python's class is code of its own, before the tap and after it."""
    ran = []
    monkeypatch.setattr(Urllib, name, lambda *_: ran.append("theirs"), raising=False)
    theirs = vars(Urllib)[name]
    for _ in range(2):
        with answering.tap(own_clients="skip"):
            assert v1(client_of(Urllib())).customers.retrieve("cus_1").id == "cus_answered"
        assert (vars(Urllib)[name], ran, server.seen) == (theirs, [], [])


def test_what_a_tapped_method_is_wrapped_in_is_code_of_its_own(answering, client_of, monkeypatch):
    """`functools.wraps` copies the tap's mark, which says of another function nothing."""
    with answering.tap(own_clients="skip"), monkeypatch.context() as patches:
        theirs = functools.wraps(stripe.HTTPXClient.request)(lambda *_: pytest.fail("sent"))
        patches.setattr(stripe.HTTPXClient, "request", theirs)
        client = client_of(stripe.HTTPXClient(allow_sync_methods=True))
        assert v1(client).customers.retrieve("cus_1").id == "cus_answered"


BEFORE = """
import stripe
stripe.AIOHTTPClient.request = lambda *_: None
from pytest_stripe_balance.transport import clients
from pytest_stripe_balance.transport.intercept import intercept
with intercept(lambda _: None, lambda *_: None, sends=False):
    assert clients.has_own_code(stripe.AIOHTTPClient())
    assert not clients.has_own_code(stripe.HTTPXClient())
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
    with answering.tap(own_clients="skip"):
        assert v1(client_of(Urllib())).customers.retrieve("cus_1").id == "cus_answered"
    assert vars(Urllib)["request"] is theirs


def test_a_patch_that_a_test_took_off_is_put_on_again_by_the_next_run(answering):
    """A run that opens while others are open finds the tap whole, and all is restored at last."""
    name, before = "_request_internal", vars(Urllib)["_request_internal"]
    with answering.tap():
        own = vars(Urllib)[name]
        setattr(Urllib, name, before)
        with answering.tap():
            assert vars(Urllib)[name] is own
        assert vars(Urllib)[name] is own is not before
    assert vars(Urllib)[name] is before


def test_a_patch_that_a_test_deleted_keeps_no_other_on(answering, monkeypatch):
    """What is gone needs no restoring; all else is restored."""
    before = vars(stripe.RequestsClient)["_request_internal"]
    with answering.tap():
        monkeypatch.delattr(Urllib, "_request_internal")
    assert vars(stripe.RequestsClient)["_request_internal"] is before
    assert "_request_internal" not in vars(Urllib)
    monkeypatch.undo()
    with answering.tap():  # which gives back what was put back
        pass


def test_what_was_put_over_a_patch_stays_when_the_last_run_closes(answering, monkeypatch):
    """It is somebody else's to take off, and what they put back then does nothing more."""
    name, before = "_request_internal", vars(Urllib)["_request_internal"]
    with answering.tap():
        monkeypatch.setattr(Urllib, name, theirs := lambda *_: None)
    assert vars(Urllib)[name] is theirs
    monkeypatch.undo()
    assert vars(Urllib)[name].__wrapped__ is before
    with answering.tap():
        pass
    assert vars(Urllib)[name] is before


def test_a_requestor_that_was_replaced_is_looked_at_all_the_same(answering, client_of, monkeypatch):
    """A look-up of the client that a test has put in the place of stripe-python's is tapped as well."""
    requestor = type(stripe.StripeClient("sk_test_1")._requestor)
    duck = types.SimpleNamespace(name="duck", request_with_retries=lambda *_, **__: pytest.fail("sent"))
    theirs = lambda _: duck  # noqa: E731
    monkeypatch.setattr(requestor, "_get_http_client", theirs)
    with answering.tap(own_clients="skip"):
        assert v1(client_of(Urllib())).customers.retrieve("cus_1").id == "cus_answered"
    assert vars(requestor)["_get_http_client"] is theirs


def test_a_patch_that_was_put_back_after_its_tap_does_not_double_what_the_next_one_sees(
    answering, letting_through, client_of, server, monkeypatch
):
    """A monkeypatch may put a closed tap's own method back: the next taps see each request once."""
    name, before = "_request_internal", vars(Urllib)["_request_internal"]
    monkeypatch.setattr(Urllib, name, before)  # so that it is put back at last
    with monkeypatch.context() as patches, answering.tap(sends=True):
        patches.setattr(Urllib, name, vars(Urllib)[name])
    assert vars(Urllib)[name] is not before
    client = client_of(Urllib())
    for tap, an_id in (
        (answering.tap(sends=True), "cus_answered"),
        (letting_through.tap(sends=True), "cus_sent"),
    ):
        with tap:
            assert v1(client).customers.retrieve("cus_1").id == an_id
    assert vars(Urllib)[name] is before
    assert (len(answering.observed), len(letting_through.observed), len(server.seen)) == (1, 1, 1)


def test_a_request_that_outlives_its_tap_is_observed_by_that_one(witness, client_of, server):
    """A request that one tap let through is its own, though another tap is open when it comes back."""
    first, second = witness(None), witness(None)
    taps = [first.tap(sends=True), second.tap(sends=True)]

    class Slow(Urllib):
        def request(self, *args, **kwargs):
            taps[0].__exit__(None, None, None)
            taps[1].__enter__()
            return super().request(*args, **kwargs)

    client = client_of(Slow())
    taps[0].__enter__()
    try:
        v1(client).customers.retrieve("cus_1")
    finally:
        taps[1].__exit__(None, None, None)
    assert (len(first.observed), second.asked, second.observed, len(server.seen)) == (1, [], [], 1)


@pytest.mark.parametrize("base", [Urllib, stripe.HTTPClient])
def test_a_class_that_nobody_holds_any_more_is_let_go(base, answering, client_of):
    """A client class that a test defines is gone after it, so that the taps to come have no more to do."""

    def used():
        class Own(base):
            name = "own"

            def request(self, *args, **kwargs):
                return Urllib().request(*args, **kwargs)

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
