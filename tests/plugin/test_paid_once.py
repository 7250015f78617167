"""What is paid once a run, or not at all, however many tests use the fixtures; counted, not timed."""

from __future__ import annotations

import pytest

# Tells how many times settings were read in the run.
COUNTED = """
import pytest
from pytest_stripe_balance.plugin import settings

read, inner = [], settings.settings

def counted(config, given):
    read.append(given)
    return inner(config, given)

def pytest_configure(config):
    settings.settings = counted

def pytest_unconfigure(config):
    settings.settings = inner
    print("read:", len(read), "end")
"""
MANY = """
import pytest

{module}

{own}
@pytest.mark.parametrize("number", range(5))
def test_it(stripe_balance, _stripe_session, number, request):
    assert _stripe_session.settings.seed == {seed!r}
    assert _stripe_session.settings.name == request.node.nodeid

def test_another(stripe_balance):
    pass
"""
ONES = "@pytest.mark.stripe_balance(seed='ones')"
MODULES = "pytestmark = pytest.mark.stripe_balance(seed='modules')"


@pytest.mark.parametrize(
    ("module", "own", "seed", "times"),
    [("", "", "0", 1), ("", ONES, "ones", 2), (MODULES, "", "modules", 1), (MODULES, ONES, "ones", 2)],
    ids=["no marker", "a function's", "a module's", "both"],
)
def test_settings_are_read_once_for_all_tests_of_the_same_markers(module, own, seed, times, project):
    """Each test has the settings of its markers and its own name; only other markers are read anew."""
    project.file("conftest.py", COUNTED)
    result = project.test(MANY.format(module=module, own=own, seed=seed), "-s")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines([f"*read: {times} end"])


def test_settings_that_a_fixture_computes_are_each_tests_own(project):
    """What `stripe_settings` returns for one test is not another's, nor a test's that it says nothing for."""
    result = project.test("""
        import pytest

        @pytest.fixture
        def stripe_settings(request):
            seed = getattr(request.node, "callspec", None)
            return {"seed": f"of {seed.params['number']}"} if seed else {}

        def test_before(_stripe_session):
            assert _stripe_session.settings.seed == "0"

        @pytest.mark.parametrize("number", range(3))
        def test_it(_stripe_session, number):
            assert _stripe_session.settings.seed == f"of {number}"

        def test_after(_stripe_session):
            assert _stripe_session.settings.seed == "0"
    """)
    result.assert_outcomes(passed=5)


def test_no_cassette_is_named_where_none_is_needed(project):
    """On the fake `stripe_cassette` is not asked; in a mode with cassettes it is."""
    project.file(
        "conftest.py",
        """
        import pytest

        @pytest.fixture
        def stripe_cassette():
            raise LookupError("nobody needs a cassette")
        """,
    )
    text = "def test_it(stripe_balance): assert stripe_balance.customer()"
    project.test(text).assert_outcomes(passed=1)
    project.run("--stripe-mode=replay").stdout.fnmatch_lines(["*LookupError: nobody needs a cassette"])


def test_a_tests_world_does_not_outlive_it(project):
    """When a test is over nothing keeps its world: a run's memory doesn't grow with its tests."""
    result = project.test("""
        import gc, weakref
        worlds = []

        def test_it(stripe_balance, _stripe_session):
            stripe_balance.customer()
            worlds.append(weakref.ref(_stripe_session.world))
            assert worlds[0]()

        def test_after():
            gc.collect()
            assert not worlds[0]()
    """)
    result.assert_outcomes(passed=2)
