from __future__ import annotations

import pytest

EXAMPLES = """
import contextlib
import pytest, stripe
from hypothesis import HealthCheck, given, settings, strategies

some = settings(max_examples=5, deadline=None, database=None, derandomize=True,
                suppress_health_check=[HealthCheck.function_scoped_fixture])
made = []
"""


def test_the_examples_of_one_test_share_its_world(project):
    """What an example made is there in the next one."""
    result = project.test(
        EXAMPLES
        + """
@some
@given(strategies.integers(1, 100))
def test_it(stripe_balance, number):
    made.append(stripe_balance.customer().id)
    assert {customer.id for customer in stripe.Customer.list(limit=100)} == set(made)
"""
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "code",
    ["stripe.Payout.list()", "with contextlib.suppress(BaseException): stripe.Payout.list()"],
    ids=["raised", "swallowed"],
)
@pytest.mark.parametrize("when", ["True", "len(made) == 3"], ids=["each", "one"])
def test_a_refusal_in_an_example_fails_the_test(when, code, project):
    """A refusal in any example fails the test, also if the example swallowed it."""
    result = project.test(
        EXAMPLES
        + f"""
@some
@given(strategies.integers(1, 100))
def test_it(stripe_balance, number):
    made.append(number)
    if {when}:
        {code}
""",
        "--disable-warnings",
        "--show-capture=no",
        "-rN",
    )
    result.assert_outcomes(failed=1)
    assert "GET /v1/payouts: the fake does not model this endpoint" in result.stdout.str()


def test_a_wider_worlds_copy_is_shared_by_examples_too(project):
    """The examples of a test below a module's world share the test's copy, which no other test sees."""
    result = project.test(
        EXAMPLES
        + """
@pytest.fixture(scope="module", autouse=True)
def shared(module_stripe_balance):
    module_stripe_balance.customer()

@some
@given(strategies.integers(1, 100))
def test_it(number):
    made.append(stripe.Customer.create().id)
    assert len(stripe.Customer.list(limit=100).data) == len(made) + 1

def test_next():
    assert len(stripe.Customer.list().data) == 1
"""
    )
    result.assert_outcomes(passed=2)
