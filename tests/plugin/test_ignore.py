"""The setting `ignore`: where its lines come from, what the summary says of them, and their slips."""

from textwrap import dedent

import pytest

from pytest_stripe_balance import fake_stripe
from pytest_stripe_balance.modes import BadSettingError

LINE = "POST /v1/customers balance"
INI = "[pytest]\nstripe_ignore =\n    {}\n"
OWING = """
    def test_it(stripe_balance):
        assert stripe_balance.customer(balance=7).balance == 7
"""
LET_THROUGH = "stripe: stripe_ignore let through in {}: {}"


def test_the_line_that_a_refusal_ends_with_lets_its_parameters_through(project):
    """A test that was refused passes when that line is in the ini file."""
    test = """
        def test_it(stripe_balance):
            stripe_balance.customer(balance=7, test_clock="clock_1")
    """
    refused = project.test(test)
    refused.assert_outcomes(failed=1)
    refused.stdout.fnmatch_lines(
        ["POST /v1/customers: Stripe takes the parameters balance, test_clock, and *"]
    )
    (line,) = {line.strip() for line in refused.outlines if line.startswith("    POST /v1/customers ")}
    project.file("pytest.ini", INI.format(line))
    result = project.run()
    result.assert_outcomes(passed=1)
    assert LET_THROUGH.format("1 test", "POST /v1/customers balance, test_clock") in result.outlines


@pytest.mark.parametrize("source", ["ini", "environment", "fixture", "marker"])
def test_each_source_lets_through(source, project, monkeypatch):
    """The lines of every source hold together."""
    mark = ""
    if source == "ini":
        project.file("pytest.ini", INI.format(LINE))
    elif source == "environment":
        monkeypatch.setenv("PYTEST_STRIPE_IGNORE", f"{LINE},POST /v1/customers test_clock")
    elif source == "fixture":
        body = f"    return {{'ignore': [{LINE!r}]}}\n"
        project.file("conftest.py", f"import pytest\n@pytest.fixture\ndef stripe_settings():\n{body}")
    else:
        mark = f"import pytest\n@pytest.mark.stripe_balance(ignore=[{LINE!r}])"
    project.file("test_it.py", mark + dedent(OWING))
    project.run().assert_outcomes(passed=1)


def test_the_marker_adds_to_the_ini(project):
    """A test lets through what the suite does, and its own."""
    project.file("pytest.ini", INI.format(LINE))
    result = project.test("""
        import pytest

        @pytest.mark.stripe_balance(ignore=["POST /v1/customers test_clock"])
        def test_it(stripe_balance):
            stripe_balance.customer(balance=7, test_clock="clock_1")

        def test_other(stripe_balance):
            stripe_balance.customer(balance=7)
            with stripe_balance.refused(match="the parameter test_clock, and"):
                stripe_balance.customer(test_clock="clock_1")
    """)
    result.assert_outcomes(passed=2)
    assert LET_THROUGH.format("2 tests", "POST /v1/customers balance, test_clock") in result.outlines


def test_a_line_for_what_is_modelled_is_left_out_and_told_of(project):
    """So that an upgrade breaks nobody."""
    project.file("pytest.ini", INI.format("POST /v1/customers email balance"))
    result = project.test("""
        def test_it(stripe_balance):
            assert stripe_balance.customer(email="ann@example.com").email == "ann@example.com"
    """)
    result.assert_outcomes(passed=1)
    note = "stripe: the fake models email of POST /v1/customers: take it out of stripe_ignore"
    assert note in result.outlines


SLIPS = {
    "a call": (
        "POST /v1/customer balance",
        "the fake models no call 'POST /v1/customer', *nearest: POST /v1/customers, *",
    ),
    "a call that isn't modelled": (
        "POST /v1/payouts amount",
        "the fake models no call 'POST /v1/payouts', so no parameter of it can be ignored; nearest: *",
    ),
    "a name": (
        "POST /v1/customers balnce",
        "Stripe documents no parameter 'balnce' of POST /v1/customers; nearest: balance*",
    ),
    "a name in a hash": (
        "POST /v1/customers tax_id_data[][valu]",
        "Stripe documents no parameter 'tax_id_data[[][]][[]valu]' of *; nearest: tax_id_data[[][]][[]value]*",
    ),
    "an index": (
        "POST /v1/customers tax_id_data[0][value]",
        "Stripe documents no parameter 'tax_id_data[[]0][[]value]' of *; nearest: tax_id_data[[]]",
    ),
    "no name": ("POST /v1/customers", "'POST /v1/customers' is not of the form*"),
    "no path": ("balance test_clock", "'balance test_clock' is not of the form*"),
    "brackets": (
        "POST /v1/customers tax_id_data[",
        "Stripe documents no parameter 'tax_id_data[[]' of*",
    ),
}


@pytest.mark.parametrize(("line", "told"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_with_the_nearest_before_any_test_runs(line, told, project):
    """A line that could never let anything through ends the run."""
    project.file("pytest.ini", INI.format(line))
    result = project.test(OWING)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*ini stripe_ignore: {told}"])


@pytest.mark.parametrize("value", ["POST /v1/customers balance", {"POST /v1/customers": "balance"}])
def test_the_marker_takes_a_list(value, project):
    """A text would be read letter by letter."""
    mark = f"import pytest\n@pytest.mark.stripe_balance(ignore={value!r})"
    result = project.test(mark + dedent(OWING))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*marker stripe_balance: ignore= must be a list of lines, not *"])


def test_a_parameter_of_another_version_is_stripes_400(project):
    """A name that Stripe documents at some version is no slip."""
    project.file("pytest.ini", INI.format("POST /v1/payment_intents hooks"))
    result = project.test("""
        import pytest, stripe

        def test_it(stripe_balance):
            asked = {"amount": 1, "currency": "usd", "hooks": {"inputs": {"tax": {"calculation": "taxcalc_1"}}}}
            with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: hooks"):
                stripe.PaymentIntent.create(**asked, stripe_version="2023-10-16")
    """)
    result.assert_outcomes(passed=1)


def test_fake_stripe_takes_lines_too():
    """Without pytest's settings."""
    with fake_stripe(ignore=[LINE]) as stripe_balance:
        assert stripe_balance.customer(balance=7).balance == 7
    with pytest.raises(BadSettingError, match=r"^fake_stripe\(ignore=\): Stripe documents no"):
        fake_stripe(ignore=["POST /v1/customers balnce"])
