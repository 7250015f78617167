from __future__ import annotations

import pytest

# Two of these rest on assumptions: the first on a few, the second on one of them.
RESTING = """
import pytest, stripe

def paid(stripe_balance):
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 100)
    stripe_balance.fund(customer, 100)
    return stripe.PaymentIntent.apply_customer_balance(intent.id)

def test_paid(stripe_balance):
    assert paid(stripe_balance).status == "succeeded"

def test_empty(stripe_balance):
    assert stripe_balance.client.raw_request('get', '/v1/events', limit=0)

def test_made(stripe_balance):
    stripe_balance.customer()

@pytest.mark.parametrize("time", [1, 2])
def test_empty_again(stripe_balance, time):
    assert stripe_balance.client.raw_request('get', '/v1/events', limit=0)

def test_plain():
    pass
"""
LINE = r"stripe: 4 tests relied on \d+ unconfirmed assumptions about Stripe \(-vv lists them\)$"
LIST = [
    r"stripe: 4 tests relied on \d+ unconfirmed assumptions about Stripe$",
    r"  list-limit: 3 tests$",
    r"    Lists and searches silently take a limit outside 1 to 100 as the nearest allowed one\. ",
    r"  charge-id-prefix: 1 test$",
    r"    The charge of a bank transfer has an id that begins with py_\.$",
]


def _lines(result):
    """What the summary says of assumptions, from its first line to the end of its list."""
    lines = [line for line in result.outlines if not line.startswith("stripe: information: ")]
    start = next((i for i, line in enumerate(lines) if line.startswith("stripe: ")), len(lines))
    told = lines[start:]
    length = next((i for i, line in enumerate(told[1:], 1) if not line.startswith("  ")), None)
    return told[:length]


SHOWN = {
    "by default, one line": ([], {}, "", "line"),
    "-v, one line": (["-v"], {}, "", "line"),
    "-vv, a list": (["-vv"], {}, "", "list"),
    "-q, nothing": (["-q"], {}, "", "none"),
    "option list": (["--stripe-assumptions=list"], {}, "", "list"),
    "option none": (["--stripe-assumptions=none"], {}, "", "none"),
    "option line over -vv": (["-vv", "--stripe-assumptions=line"], {}, "", "line"),
    "option line over -q": (["-q", "--stripe-assumptions=line"], {}, "", "line"),
    "ini": ([], {}, "list", "list"),
    "environment over ini": ([], {"PYTEST_STRIPE_ASSUMPTIONS": "list"}, "none", "list"),
    "option over environment": (
        ["--stripe-assumptions=line"],
        {"PYTEST_STRIPE_ASSUMPTIONS": "list"},
        "none",
        "line",
    ),
}


@pytest.mark.parametrize(("options", "env", "ini", "shown"), SHOWN.values(), ids=SHOWN)
def test_the_summary_shows_as_much_as_it_is_told_to(options, env, ini, shown, project, monkeypatch):
    """The summary tells of assumptions in one line, in a list or not at all, as it is set."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    project.file("pytest.ini", f"[pytest]\nstripe_assumptions = {ini}\n")
    result = project.test(RESTING, *options)
    if shown == "list":
        result.stdout.re_match_lines(LIST)
    elif shown == "line":
        assert len(_lines(result)) == 1
        result.stdout.re_match_lines([LINE])
    else:
        assert _lines(result) == []


def test_the_list_is_as_long_as_the_line_says(project):
    """The list has an entry for each assumption that the first line counts, each once."""
    first, *rest = _lines(project.test(RESTING, "-vv"))
    entries = [line.split(":")[0].strip() for line in rest if not line.startswith("    ")]
    assert f"relied on {len(entries)} unconfirmed assumptions" in first
    assert len(set(entries)) == len(entries) > 2


def test_the_most_used_assumption_comes_first(project):
    """The list begins with what most tests rested on."""
    _, *rest = _lines(project.test(RESTING, "-vv"))
    counts = [int(line.split()[1]) for line in rest if not line.startswith("    ")]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 3


@pytest.mark.parametrize("verbosity", [[], ["-vv"]], ids=["line", "list"])
def test_workers_count_the_same(verbosity, project):
    """Under pytest-xdist the summary is that of a run without it, word by word."""
    project.file("test_it.py", RESTING)
    alone = _lines(project.run(*verbosity))
    assert alone != []
    assert _lines(project.run_apart("-n2", *verbosity, plugins=("xdist",))) == alone


NOTHING_TO_SAY = {
    "no test uses the fixtures": "def test_it(): pass",
    "no answer rests on one": "def test_it(stripe_balance): stripe_balance.customer()",
    "nothing was asked": "def test_it(stripe_client): pass",
}


@pytest.mark.parametrize("verbosity", [[], ["-vv"]], ids=["line", "list"])
@pytest.mark.parametrize("test", NOTHING_TO_SAY.values(), ids=NOTHING_TO_SAY)
def test_without_assumptions_the_summary_says_nothing(test, verbosity, project):
    """A run whose answers rest on no assumption has no line."""
    result = project.test(test, *verbosity)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*relied on*")


def test_one_test_and_one_assumption_are_said_so(project):
    """One test is a test, and one assumption an assumption."""
    result = project.test("""
        def test_it(stripe_balance):
            stripe_balance.client.raw_request('get', '/v1/events', limit=0)
    """)
    result.stdout.fnmatch_lines(
        ["stripe: 1 test relied on 1 unconfirmed assumption about Stripe (-vv lists them)"]
    )


COUNTED = {
    "a test that fails": "stripe_balance.client.raw_request('get', '/v1/events', limit=0); assert 0",
    "a test that skips": "stripe_balance.client.raw_request('get', '/v1/events', limit=0); pytest.skip('x')",
}


@pytest.mark.parametrize("body", COUNTED.values(), ids=COUNTED)
def test_every_test_that_rested_is_counted(body, project):
    """A test counts whatever became of it."""
    result = project.test(f"import pytest\ndef test_it(stripe_balance):\n    {body}\n")
    result.stdout.fnmatch_lines(
        ["stripe: 1 test relied on 1 unconfirmed assumption about Stripe (-vv lists them)"]
    )


def test_what_fixtures_rest_on_counts_for_their_test(project):
    """What was asked in setup and teardown counts for the test that it was asked for."""
    result = project.test("""
        import pytest

        @pytest.fixture
        def setup(stripe_balance):
            stripe_balance.client.raw_request('get', '/v1/events', limit=0)

        @pytest.fixture
        def teardown(stripe_balance):
            yield
            stripe_balance.client.raw_request('get', '/v1/events', limit=0)

        def test_setup(setup): pass
        def test_teardown(teardown): pass
    """)
    result.stdout.fnmatch_lines(
        ["stripe: 2 tests relied on 1 unconfirmed assumption about Stripe (-vv lists them)"]
    )
