"""`stripe_stubs` in the other modes."""


def test_where_the_fake_does_not_answer_stubs_do_not_either(project, sending):
    """One line of the summary says so, and none is missed."""
    project.file(
        "test_it.py",
        "def test_it(stripe_balance, stripe_stubs):\n"
        "    stripe_stubs.answer('POST /v1/payouts', {})\n"
        "    assert stripe_balance.customer().object == 'customer'\n",
    )
    result = sending("live")
    result.assert_outcomes(passed=1)
    assert "stripe: in the mode live stripe_stubs don't answer" in result.outlines
