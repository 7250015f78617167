"""`stripe_stubs` in the other modes, and how a wrong stub's failure reads."""

import pytest

BREAKS = "breaking: payout at $."
VERSION = "2026-10-28.endive"
AT = f"(API version {VERSION})"


@pytest.mark.parametrize("modes", [["live"], ["record", "replay", "check"]])
def test_where_the_fake_does_not_answer_stubs_do_not_either(project, sending, modes):
    """One line of the summary says so, and none is missed."""
    project.file("pytest.ini", "[pytest]\nstripe_remember = /v1/plans\n")
    project.file(
        "test_it.py",
        "def test_it(stripe_balance, stripe_stubs):\n"
        "    stripe_stubs.answer('POST /v1/payouts', {})\n"
        "    stripe_stubs.remember('/v1/quotes')\n"
        "    assert stripe_balance.customer().object == 'customer'\n",
    )
    for mode in modes:
        result = sending(mode)
        result.assert_outcomes(passed=1)
        assert f"stripe: in the mode {mode} stripe_stubs don't answer" in result.outlines
        assert f"stripe: in the mode {mode} stripe_remember doesn't answer" in result.outlines


@pytest.mark.parametrize(
    ("stub", "told"),
    [
        (
            'answer("POST /v1/payouts", {"amount": "x"})',
            f'answer: {BREAKS}amount breaks type: "integer"; it is "x" {AT}',
        ),
        (
            'answer("POST /v1/payouts", {"currency": None})',
            f'answer: {BREAKS}currency breaks type: "string"; it is null {AT}',
        ),
        (
            'answer("POST /v1/payouts", {"reconciliation_status": "soon"})',
            (
                'answer: enum: payout at $.reconciliation_status is "soon", and the documented values are '
                f'["completed", "in_progress", "not_applicable"] {AT}'
            ),
        ),
        (
            'error("POST /v1/payuots", 400)',
            (
                "error: Stripe has no call 'POST /v1/payuots'; nearest: POST /v1/payouts, POST /v1/quotes, "
                "POST /v1/plans. Give method and path, as `python -m pytest_stripe_balance calls` lists them, "
                "or a literal path"
            ),
        ),
        (
            'answers("POST /v1/customers")(lambda _: {})',
            "answer: the fake answers POST /v1/customers itself. stripe_faults has its failures",
        ),
        ('answer("POST /v1/payouts", {}, times=0)', "answer: times must be an int from 1 on, not 0"),
    ],
)
def test_a_wrong_stub_fails_in_one_line_at_its_own(project, stub, told):
    """Nothing of this package is shown: the line of the stub, and what is wrong with it."""
    test = f"def test_it(stripe_stubs):\n    stripe_stubs.{stub}\n"
    result = project.test(test, f"--stripe-api-version={VERSION}")
    result.assert_outcomes(failed=1)
    (error,) = (line for line in result.outlines if line.startswith("E  "))
    assert error.split(maxsplit=2)[2] == f"stripe_stubs.{told}"
    assert f">       stripe_stubs.{stub}" in result.outlines
    assert not [line for line in result.outlines if "fixtures/stubs.py" in line]
