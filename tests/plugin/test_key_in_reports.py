"""The run's own key is in nothing that pytest tells, of whatever test."""

import pytest

KEY = "sk_test_51CANARYcanary00112233445566"
HIDDEN = KEY[8:]
TESTS = """
import logging, os, sys, warnings
import pytest, requests, stripe

KEY = os.environ["STRIPE_API_KEY"]

@pytest.fixture
def loud():
    print("setup", KEY)
    yield
    print("teardown", KEY, file=sys.stderr)

def test_passes(stripe_balance, loud, record_property, record_testsuite_property):
    print("out", KEY)
    logging.getLogger("shop").warning("log %s", KEY)
    warnings.warn(f"warned of {KEY}")
    record_property("sent", KEY)
    record_testsuite_property("key", KEY)

def test_fails_as_expected(stripe_balance):
    pytest.xfail(f"for now {KEY}")

@pytest.mark.xfail(reason=f"marked {KEY}")
def test_is_marked(stripe_balance):
    raise ValueError(KEY)

@pytest.mark.xfail(reason=f"passes {KEY}", strict=False)
def test_passes_unexpectedly(stripe_balance):
    pass

def test_skips(stripe_balance):
    pytest.skip(f"not with {KEY}")

@pytest.mark.skipif(True, reason=f"never with {KEY}")
def test_is_skipped(stripe_balance):
    pass

def test_fails(stripe_balance):
    assert KEY[:20] + chr(10) + KEY[20:] == "short"

def test_is_none_of_ours():
    print("else", KEY)
    raise OSError(KEY)

@pytest.mark.parametrize("key", [KEY])
def test_is_named_by_it(stripe_balance, key):
    pass
"""


@pytest.mark.parametrize("mode", ["fake", "live"])
@pytest.mark.parametrize("options", [["-rA", "-v"], ["-rA", "-vv", "-o", "junit_logging=all"]])
def test_no_report_shows_the_runs_key(project, server, monkeypatch, mode, options):
    """Outputs, logs, reasons, warnings, properties, names of tests and the XML: all are told without it."""
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    sending = [f"--stripe-mode={mode}", f"--stripe-base-url={server.url}"]
    result = project.test(
        TESTS, *sending, *options, "--junitxml=out.xml", plugins=("logging", "warnings")
    )
    result.assert_outcomes(passed=2, failed=2, skipped=2, xfailed=2, xpassed=1, warnings=2)
    told = result.stdout.str() + result.stderr.str()
    told += (project.pytester.path / "out.xml").read_text("utf-8")
    for word in (
        "setup",
        "teardown",
        "out",
        "log",
        "warned of",
        "for now",
        "marked",
        "passes",
        "not with",
    ):
        assert f"{word} ***" in told, word
    pieces = [HIDDEN[at : at + 12] for at in range(len(HIDDEN) - 11)]
    assert [piece for piece in pieces if piece in told] == []


def test_the_key_of_a_test_that_cannot_be_collected_is_hidden(project, server, monkeypatch):
    """Nor does an error on the way to the tests show it."""
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    options = ("--stripe-mode=live", f"--stripe-base-url={server.url}")
    result = project.test('import os\nraise OSError(os.environ["STRIPE_API_KEY"])\n', *options)
    assert "OSError: ***" in result.stdout.str()
    assert HIDDEN not in result.stdout.str()


def test_a_key_of_the_tests_own_is_hidden_and_a_made_up_one_is_not(project):
    """A key that a request of the test carried is masked, too, if it may be Stripe's."""
    result = project.test(
        f"""
        import stripe

        def test_it(stripe_balance):
            for key in ("sk_test_123", "{KEY}"):
                stripe.Customer.create(api_key=key)
                print("used", key)
        """,
        "-rP",
    )
    told = result.stdout.str()
    assert "used sk_test_123" in told
    assert "used ***" in told
    assert HIDDEN not in told
