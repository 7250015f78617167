"""Processes that a test forks."""

from __future__ import annotations

import os

import pytest

from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session import Fake, Settings

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

WAYS = {
    "os.fork": """
        child = os.fork()
        if not child:
            try:
                ask()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
    """,
    "multiprocessing": """
        process = multiprocessing.get_context("fork").Process(target=ask)
        process.start()
        process.join()
    """,
    "an executor of processes": """
        context = multiprocessing.get_context("fork")
        with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
            pool.submit(ask).result()
    """,
}


@pytest.mark.parametrize("mark", ["", "@pytest.mark.xfail"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_childs_request_fails_the_test_whatever_swallowed_it(way, mark, project):
    """The refusal is told in the report of the test that forked it, and names the way out."""
    project.file(
        "test_it.py",
        f"""
    import concurrent.futures, multiprocessing, os, pytest, stripe

    def ask():
        try:
            stripe.Customer.create(name="Ada")
        except BaseException:
            pass

    {mark}
    def test_it(stripe_balance):{way}

    def test_another(stripe_balance):
        stripe.Customer.create()
    """,
    )
    result = project.run_apart()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "These requests were refused, and the test swallowed the error:",
            "POST /v1/customers: this is another process, forked while *`stripe_server` is for those",
            "  asked at *test_it.py:* in ask",
        ]
    )


@pytest.mark.parametrize("hook", ["setup_module", "teardown_module", "setup_function"])
def test_a_child_that_is_forked_outside_an_open_fixture_fails_the_test_as_well(hook, project):
    """The guard's refusals count in processes, too."""
    project.file(
        "test_it.py",
        f"""
        import os, stripe

        def {hook}():
            child = os.fork()
            if not child:
                try:
                    stripe.Customer.create(name="Ada", api_key="sk_test_1")
                finally:
                    os._exit(0)
            os.waitpid(child, 0)

        def test_it(stripe_balance):
            stripe.Customer.create()
        """,
    )
    result = project.run_apart()
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 1
    result.stdout.fnmatch_lines(["*POST /v1/customers: this is another process*"])


# What writes to the fake without a request, and what names it.
ACTS = {
    "deliver": ("stripe_webhooks.deliver()", "stripe_webhooks.deliver"),
    "deliver_async": ("asyncio.run(stripe_webhooks.deliver_async())", "stripe_webhooks.deliver"),
    "emit": ("stripe_webhooks.emit('payout.paid', {'amount': 700})", "stripe_webhooks.emit"),
    "endpoint": ("stripe_webhooks.endpoint(handler=print)", "stripe_webhooks.endpoint"),
    "discard": ("stripe_webhooks.discard()", "stripe_webhooks.discard"),
    "advance": ("stripe_clock.advance(days=1)", "stripe_clock.advance"),
    "travel_to": ("stripe_clock.travel_to(2_000_000_000)", "stripe_clock.travel_to"),
    "a builder": ("stripe_balance.fail_return(returned)", "stripe_balance.fail_return"),
    "fresh": ("stripe_balance.fresh().__enter__()", "stripe_balance.fresh"),
    "a fault": ("stripe_faults.rate_limit()", "stripe_faults.rate_limit"),
    "a stub": ("stripe_stubs.answer('GET /v1/payouts', {}, optional=True)", "stripe_stubs"),
}
FIXTURES = "stripe_balance, stripe_webhooks, stripe_clock, stripe_faults, stripe_stubs"


@pytest.mark.parametrize(("act", "name"), ACTS.values(), ids=ACTS)
def test_what_a_child_does_to_its_copy_of_the_world_fails_the_test(act, name, project):
    """No handler hears of it; the refusal is told in the report of the test, and names the way out."""
    project.file(
        "test_it.py",
        f"""
        import asyncio, os, pathlib, stripe

        def test_it({FIXTURES}):
            customer = stripe.Customer.create()
            stripe_balance.fund(customer, 1000)
            stripe_clock.advance(days=76)
            returned = stripe_balance.ledger(customer)[-1]
            stripe_webhooks.endpoint(handler=lambda *_: pathlib.Path("heard").touch())
            stripe.Customer.create()
            child = os.fork()
            if not child:
                try:
                    {act}
                finally:
                    os._exit(0)
            os.waitpid(child, 0)
            assert not pathlib.Path("heard").exists()
            stripe_webhooks.deliver()
            assert pathlib.Path("heard").exists()
        """,
    )
    result = project.run_apart()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"{name}*: this is another process, forked while *"])
    result.stdout.no_fnmatch_line("*assert not*")


def test_a_child_may_look_at_its_copy_and_open_a_world_of_its_own(project):
    """Reading changes nothing, and a world that a child opens is the child's."""
    project.file(
        "test_it.py",
        f"""
        import os, pathlib, stripe
        from pytest_stripe_balance import fake_stripe

        def test_it({FIXTURES}):
            secret = stripe_webhooks.endpoint(handler=print).secret
            stripe.Customer.create()
            child = os.fork()
            if not child:
                assert stripe_clock.now and stripe_webhooks.pending[0].endpoint.secret == secret
                with fake_stripe() as own:
                    own.webhooks.endpoint(handler=lambda *_: pathlib.Path("heard").touch())
                    stripe.Customer.create()
                    own.clock.advance(days=1)
                os._exit(0)
            os.waitpid(child, 0)
            assert pathlib.Path("heard").exists()
        """,
    )
    project.run_apart().assert_outcomes(passed=1)


def test_a_childs_own_world_may_begin_from_its_copy():
    """The copy is read for it, and stays as it is."""
    wider = Fake(Settings(newest_api_version()))
    child = os.fork()
    if not child:
        status = 1
        try:
            Fake(Settings(newest_api_version()), outer=wider).travel(wider.now + 1)
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0) == (child, 0)
