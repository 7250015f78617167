"""Processes that a test forks."""

from __future__ import annotations

import os

import pytest

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
