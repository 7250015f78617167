"""The setting `remember`: its sources, its slips, and wider worlds."""

import pytest

INI = "[pytest]\nstripe_remember =\n    {}\n"
TEST = """
import pytest, stripe

{mark}
def test_it(stripe_balance):
    plan = stripe.Plan.create(currency="usd", interval="month", product="prod_1", amount=700)
    assert stripe.Plan.retrieve(plan.id).amount == 700
"""
MARK = '@pytest.mark.stripe_balance(remember=["/v1/plans"])'


@pytest.mark.parametrize("source", ["ini", "environment", "fixture", "marker"])
def test_each_source_remembers(source, project, monkeypatch):
    """The paths of every source hold together, and nobody has to ask."""
    if source == "ini":
        project.file("pytest.ini", INI.format("/v1/plans\n    /v1/quotes"))
    elif source == "environment":
        monkeypatch.setenv("PYTEST_STRIPE_REMEMBER", "/v1/plans,/v1/quotes")
    elif source == "fixture":
        body = "    return {'remember': ['/v1/plans']}\n"
        project.file("conftest.py", f"import pytest\n@pytest.fixture\ndef stripe_settings():\n{body}")
    project.file("test_it.py", TEST.format(mark=MARK if source == "marker" else ""))
    result = project.run()
    result.assert_outcomes(passed=1)
    assert "stripe: stubs answered 2 requests in 1 test" in result.outlines


def test_a_slip_in_the_ini_ends_the_run_before_its_tests(project):
    """And names the nearest."""
    project.file("pytest.ini", INI.format("/v1/qoutes"))
    result = project.test("def test_it(): pass")
    told = "ERROR: ini stripe_remember: Stripe has no objects at '/v1/qoutes'; nearest: /v1/quotes*"
    result.stderr.fnmatch_lines([told])


def test_a_slip_in_the_marker_fails_its_test_in_one_line(project):
    """The others run."""
    project.file("test_it.py", TEST.format(mark=MARK.replace("plans", "customers")))
    result = project.run()
    result.assert_outcomes(errors=1)
    told = "*marker stripe_balance: the fake answers POST /v1/customers itself. stripe_faults has its *"
    result.stdout.fnmatch_lines([told])


def test_each_test_has_its_own_copy_of_what_a_wider_world_remembers(project):
    """What a test creates is in no other."""
    result = project.test("""
        import pytest, stripe

        PLAN = {"currency": "usd", "interval": "month", "product": "prod_1"}

        @pytest.fixture(scope="module")
        def plan(module_stripe_balance):
            module_stripe_balance.stubs.remember("/v1/plans")
            return stripe.Plan.create(**PLAN).id

        @pytest.mark.parametrize("number", range(2))
        def test_it(plan, stripe_balance, number):
            assert [one.id for one in stripe.Plan.list().data] == [plan]
            own = stripe.Plan.create(**PLAN).id
            with stripe_balance.fresh():
                assert [one.id for one in stripe.Plan.list().data] == [plan]
            assert [one.id for one in stripe.Plan.list().data] == [own, plan]
    """)
    result.assert_outcomes(passed=2)
