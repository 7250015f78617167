"""Processes that are forked while a tap is open."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import sys
import threading

import pytest
import stripe
from majors import Urllib, v1

from pytest_stripe_balance.transport.intercept import hear

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


@pytest.fixture
def ask(client_of):
    client = v1(client_of(Urllib()))

    def asking():
        try:
            client.customers.retrieve("cus_1")
        except BaseException as error:  # noqa: BLE001 - the tests say which
            return type(error)
        return None

    return asking


def _fork(work):
    """Do something in a child that ends without a word; give its exit code."""
    child = os.fork()
    if not child:
        code = 99
        try:
            code = work() or 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _told(witness, work, **options):
    """Give what a tap's run was told of, and the child's exit code."""
    refused = []
    with witness.tap(refuse=lambda message: refused.append(message) or SystemExit(message), **options):
        code = work()
        hear()
        before = len(refused)
    assert len(refused) == before  # it is told once
    return refused, code


def test_a_child_is_refused_by_name_and_its_parent_told(answering, ask, server):
    """Whatever the child made of the refusal, and though it ended without a word."""
    refused, code = _told(answering, lambda: _fork(lambda: 7 if ask() is RuntimeError else 1))
    assert (code, len(refused), answering.asked, server.seen) == (7, 1, [], [])
    assert refused[0].startswith("GET /v1/customers/cus_1: this is another process, forked while")
    assert "`stripe_server` is for those" in refused[0]


def test_a_childs_child_is_refused_and_told_of(answering, ask, server):
    """However deep it was forked."""
    refused, code = _told(answering, lambda: _fork(lambda: _fork(lambda: ask() and None)))
    assert (code, len(refused), answering.asked, server.seen) == (0, 1, [], [])


def test_a_process_of_multiprocessing_is_refused_and_told_of(answering, ask, server):
    """The start method fork is a fork."""

    def work():
        process = multiprocessing.get_context("fork").Process(target=ask)
        process.start()
        process.join()
        return process.exitcode

    refused, code = _told(answering, work)
    assert (code, len(refused), answering.asked, server.seen) == (0, 1, [], [])


def _asked():
    stripe.Customer.retrieve("cus_1", api_key="sk_test_1")


@pytest.mark.parametrize("kind", ["Pool", "ProcessPoolExecutor"])
def test_a_pool_hands_the_refusal_on(answering, kind):
    """Its worker goes on, so the parent neither waits forever nor gets another error."""
    context = multiprocessing.get_context("fork")

    def work():
        if kind == "Pool":
            with context.Pool(1) as pool:
                pool.apply_async(_asked).get(timeout=60)
        else:
            with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
                pool.submit(_asked).result(timeout=60)

    with pytest.raises(RuntimeError, match="this is another process"):
        _told(answering, work)


def test_a_run_in_this_process_leaves_a_pool_working(project):
    """It forgets the modules that it was the first to load, and a pool pickles classes by their names."""
    project.test(
        """
        import concurrent.futures

        def test_it():
            concurrent.futures.ProcessPoolExecutor
        """
    ).assert_outcomes(passed=1)
    pool = concurrent.futures.ProcessPoolExecutor
    assert pool is sys.modules["concurrent.futures.process"].ProcessPoolExecutor


def test_a_pool_is_told_of_once(answering, ask):
    """Of many refusals in children the first is told."""

    def work():
        for _ in range(3):
            _fork(lambda: ask() and None)

    refused, _ = _told(answering, work)
    assert len(refused) == 1


def test_a_child_that_asks_for_nothing_is_no_matter(answering, ask):
    """The tap goes on in the parent as before."""
    refused, code = _told(answering, lambda: (_fork(lambda: 3), ask())[0])
    assert (code, refused, len(answering.asked)) == (3, [], 1)


def test_a_child_forked_in_a_thread_is_refused_and_told_of(answering, ask, server):
    """The thread that forks is the only one that lives in the child."""

    def work():
        codes = []
        thread = threading.Thread(target=lambda: codes.append(_fork(lambda: 7 if ask() else 1)))
        thread.start()
        thread.join()
        return codes[0]

    refused, code = _told(answering, work)
    assert (code, len(refused), server.seen) == (7, 1, [])


def test_a_child_that_forked_while_a_run_was_opened_elsewhere_doesnt_wait_for_it(answering, ask):
    """A lock that another thread held would stay locked in the child for ever."""
    go_on = threading.Event()

    def opening():
        while not go_on.is_set():
            with answering.tap():
                pass

    def child():
        with answering.tap():
            return 0

    thread = threading.Thread(target=opening)
    thread.start()
    try:
        with answering.tap():
            assert {_fork(child) for _ in range(20)} == {0}
    finally:
        go_on.set()
        thread.join()


def test_a_run_that_is_opened_in_the_child_answers_there(answering, witness, respond, ask, server):
    """A test that runs in a process of its own has fixtures of its own."""
    inner = witness(respond())

    def child():
        with inner.tap():
            return 7 if ask() is None and len(inner.asked) == 1 else 1

    refused, code = _told(answering, lambda: _fork(child))
    assert (refused, code, server.seen) == ([], 7, [])


def test_the_innermost_run_is_told(answering, witness, respond, ask):
    """Which is the one that would have answered."""
    inner = witness(respond())

    def work():
        return _told(inner, lambda: _fork(lambda: ask() and None))[0]

    outer_refused, inner_refused = _told(answering, work)
    assert (outer_refused, len(inner_refused)) == ([], 1)


def test_where_requests_are_sent_a_child_is_refused_as_well(letting_through, ask, server):
    """What it would send nobody records."""
    refused, _ = _told(letting_through, lambda: _fork(lambda: ask() and None), sends=True)
    assert (len(refused), server.seen) == (1, [])


@pytest.mark.parametrize("own_clients", ["run", "skip"])
def test_an_own_client_is_refused_before_its_code_runs(own_clients, answering, client_of):
    """There is nothing that could answer it."""

    class Own(Urllib):
        def request(self, *_):
            os._exit(1)

    client = v1(client_of(Own()))

    def child():
        try:
            client.customers.retrieve("cus_1")
        except RuntimeError:
            return 7

    refused, code = _told(answering, lambda: _fork(child), own_clients=own_clients)
    assert (code, len(refused)) == (7, 1)


def test_a_live_key_is_named(answering, server):
    """It is the worse of the two."""
    key = "sk_" + "live_1234567890abcdef"
    client = v1(stripe.StripeClient(key, base_addresses={"api": server.url}, http_client=Urllib()))

    def child():
        try:
            client.customers.retrieve("cus_1")
        except RuntimeError:
            return 7

    refused, code = _told(answering, lambda: _fork(child))
    assert (code, len(refused), server.seen) == (7, 1, [])
    assert "a live API key (sk_live_****cdef) was used" in refused[0]
    assert "this is another process" in refused[0]


def test_a_child_forked_without_a_tap_sends_for_real(ask, server):
    """What is forked while nothing is open is nobody's to refuse."""
    code = _fork(lambda: 7 if ask() is None else 1)
    assert (code, len(server.seen)) == (7, 1)


def test_a_long_message_is_cut(answering, ask):
    """A page holds four kilobytes, whatever its message."""
    long = "x" * 9_000
    refused = []
    with answering.tap(refuse=lambda message: refused.append(message) or SystemExit(message + long)):
        _fork(lambda: ask() and None)
    assert 1_000 < len(refused[0]) < 9_000
