from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent, indent

import pytest

ASKING = """
import asyncio, contextlib, threading, time, unittest
from concurrent.futures import ThreadPoolExecutor
import pytest, stripe

KEY = "sk_test_1"

def ask(key=KEY):
    return stripe.Customer.create(api_key=key)

def swallow():
    with contextlib.suppress(BaseException):
        ask()
"""
REFUSAL = "POST /v1/customers: no Stripe fixture is open here, so nothing was sent."
USES = "def test_it(stripe_balance): pass\n"
QUIET = ("--disable-warnings", "--show-capture=no", "-rN")
LIVE = "sk_live_51abcdefghijklmnop"

# Each has one test that uses our fixtures, and one place outside them that asks and swallows.
OUTSIDE = {
    "a module fixture": "@pytest.fixture(scope='module')\ndef made():\n    swallow()\n\ndef test_it(made, stripe_balance): pass",
    "a module fixture that nobody asks for by name": "@pytest.fixture(scope='module', autouse=True)\ndef made():\n    swallow()\n\n"
    + USES,
    "the tear-down of a module fixture": "@pytest.fixture(scope='module', autouse=True)\ndef made():\n    yield\n    swallow()\n\n"
    + USES,
    "a finalizer of a module fixture": "@pytest.fixture(scope='module', autouse=True)\ndef made(request):\n    request.addfinalizer(swallow)\n\n"
    + USES,
    "a class fixture": """
        class TestIt:
            @pytest.fixture(scope="class", autouse=True)
            @classmethod
            def made(cls):
                swallow()

            def test_it(self, stripe_balance): pass
    """.replace("@classmethod\n            def made(cls)", "def made(self)").replace(
        '            @pytest.fixture(scope="class", autouse=True)\n            def made',
        '            @pytest.fixture(scope="class", autouse=True)\n            def made',
    ),
    "a session fixture": "@pytest.fixture(scope='session', autouse=True)\ndef made():\n    swallow()\n\n"
    + USES,
    "the tear-down of a session fixture": "@pytest.fixture(scope='session', autouse=True)\ndef made():\n    yield\n    swallow()\n\n"
    + USES,
    "a package fixture": "@pytest.fixture(scope='package', autouse=True)\ndef made():\n    swallow()\n\n"
    + USES,
    "setup_module": "def setup_module(): swallow()\n" + USES,
    "teardown_module": "def teardown_module(): swallow()\n" + USES,
    "setup_class": "class TestIt:\n    @classmethod\n    def setup_class(cls): swallow()\n    def test_it(self, stripe_balance): pass",
    "teardown_class": "class TestIt:\n    @classmethod\n    def teardown_class(cls): swallow()\n    def test_it(self, stripe_balance): pass",
    "a fixture that comes before ours": "@pytest.fixture\ndef made():\n    swallow()\n\ndef test_it(made, stripe_balance): pass",
    "the tear-down of a fixture that came before ours": "@pytest.fixture\ndef made():\n    yield\n    swallow()\n\ndef test_it(made, stripe_balance): pass",
    "a skip in a module fixture": "@pytest.fixture(scope='module')\ndef made():\n    swallow()\n    pytest.skip('no')\n\ndef test_it(made, stripe_balance): pass",
    "importorskip": "@pytest.fixture(scope='module')\ndef made():\n    swallow()\n    pytest.importorskip('nothing_of_this_name')\n\ndef test_it(made, stripe_balance): pass",
    "a thread of a module fixture": "@pytest.fixture(scope='module')\ndef made():\n    thread = threading.Thread(target=swallow)\n    thread.start()\n    thread.join()\n\ndef test_it(made, stripe_balance): pass",
    "an executor of a module fixture": "@pytest.fixture(scope='module')\ndef made():\n    with ThreadPoolExecutor() as pool:\n        pool.submit(ask)\n\ndef test_it(made, stripe_balance): pass",
    "a task of a module fixture": "async def tasks():\n    await asyncio.gather(stripe.Customer.create_async(api_key=KEY), return_exceptions=True)\n\n@pytest.fixture(scope='module')\ndef made():\n    asyncio.run(tasks())\n\ndef test_it(made, stripe_balance): pass",
    "pytest.raises in a module fixture": "@pytest.fixture(scope='module')\ndef made():\n    with pytest.raises(BaseException):\n        ask()\n\ndef test_it(made, stripe_balance): pass",
    "an xfail of the test": "@pytest.fixture(scope='module')\ndef made():\n    swallow()\n\n@pytest.mark.xfail(strict=False)\ndef test_it(made, stripe_balance): assert 0",
    "setUpClass": """
        @pytest.mark.usefixtures("stripe_balance")
        class Test(unittest.TestCase):
            @classmethod
            def setUpClass(cls): swallow()
            def test_it(self): pass
    """,
    "tearDownClass": """
        @pytest.mark.usefixtures("stripe_balance")
        class Test(unittest.TestCase):
            @classmethod
            def tearDownClass(cls): swallow()
            def test_it(self): pass
    """,
    "a class cleanup": """
        @pytest.mark.usefixtures("stripe_balance")
        class Test(unittest.TestCase):
            @classmethod
            def setUpClass(cls): cls.addClassCleanup(swallow)
            def test_it(self): pass
    """,
    "setUpModule": "def setUpModule(): swallow()\n" + USES,
    "tearDownModule": "def tearDownModule(): swallow()\n" + USES,
    "a test before getfixturevalue's fixture was closed": """
        @pytest.fixture
        def late(request):
            yield
            swallow()

        def test_it(late, request):
            request.getfixturevalue("stripe_balance")
    """,
    "the fixture that checks payloads alone": "def test_it(stripe_contract): swallow()",
}


def _ids(table):
    return {"argvalues": table.values(), "ids": table.keys()}


def _failures(result):
    outcomes = result.parseoutcomes()
    return outcomes.get("failed", 0) + outcomes.get("errors", 0)


@pytest.mark.parametrize("code", **_ids(OUTSIDE))
def test_a_swallowed_refusal_outside_our_fixtures_fails_the_test_once(code, project):
    """Whatever scope asks outside an open fixture, and swallows, the test in whose phase it was fails."""
    result = project.test(ASKING + dedent(code), *QUIET)
    assert (_failures(result), result.ret) == (1, pytest.ExitCode.TESTS_FAILED)
    assert result.stdout.str().count(REFUSAL) == 1


# The same places in a class, module or package, set up by a test without our fixtures.

WIDER = {
    "a module fixture": "@pytest.fixture(scope='module', autouse=True)\ndef made():\n    swallow()\n",
    "the tear-down of a module fixture": "@pytest.fixture(scope='module', autouse=True)\ndef made():\n    yield\n    swallow()\n",
    "a finalizer": "@pytest.fixture(scope='module', autouse=True)\ndef made(request):\n    request.addfinalizer(swallow)\n",
    "setup_module": "def setup_module(): swallow()\n",
    "teardown_module": "def teardown_module(): swallow()\n",
}
ORDERS = {
    "setup": "def test_first(): pass\ndef test_it(stripe_balance): pass\n",
    "teardown": "def test_it(stripe_balance): pass\ndef test_last(): pass\n",
    "both": "def test_first(): pass\ndef test_it(stripe_balance): pass\ndef test_last(): pass\n",
}


@pytest.mark.parametrize("tests", **_ids(ORDERS))
@pytest.mark.parametrize("code", **_ids(WIDER))
def test_a_wider_fixture_is_guarded_whichever_test_sets_it_up(code, tests, project):
    """A module's fixtures are guarded when one of its tests uses ours, also in the phases of others."""
    result = project.test(ASKING + code + tests, *QUIET)
    assert (_failures(result), result.ret) == (1, pytest.ExitCode.TESTS_FAILED)
    assert result.stdout.str().count(REFUSAL) == 1


@pytest.mark.parametrize("hook", ["setup_module", "teardown_module"])
def test_the_set_up_of_a_package_is_guarded(hook, project):
    """A package's own setup_module and teardown_module are guarded, whichever test sets it up."""
    project.file("shop/__init__.py", f"{ASKING}\ndef {hook}(): swallow()\n")
    project.file("shop/test_a.py", "def test_first(): pass")
    project.file("shop/test_b.py", USES)
    project.file("shop/test_c.py", "def test_last(): pass")
    result = project.run(*QUIET)
    assert (_failures(result), result.stdout.str().count(REFUSAL)) == (1, 1)


@pytest.fixture
def sent(project, server):
    """Let the project's requests reach a server here; give what came."""
    project.file("conftest.py", f"import stripe\nstripe.api_base = {server.url!r}\n")
    return server.seen


def test_tests_without_our_fixtures_are_left_alone(sent, project):
    """Beside a test that uses ours, a test's own phases, and its session fixtures, still ask Stripe."""
    project.file("test_a.py", ASKING + USES)
    result = project.test(
        ASKING
        + dedent("""
            @pytest.fixture(scope="module", autouse=True)
            def made(): ask()

            @pytest.fixture
            def own():
                ask()
                yield
                ask()

            def test_plain(own): ask()
        """)
    )
    result.assert_outcomes(passed=2)
    assert len(sent) == 4


def test_a_test_is_guarded_from_getfixturevalue_on(sent, project):
    """What a test asked before it asked for our fixture was sent; what it asks afterwards is refused."""
    result = project.test(
        ASKING
        + dedent("""
            @pytest.fixture
            def after(request):
                yield
                swallow()

            def test_it(after, request):
                ask()
                request.getfixturevalue("stripe_balance")

            def test_next():
                ask()
        """),
        *QUIET,
    )
    result.assert_outcomes(passed=2, errors=1)
    assert (len(sent), result.stdout.str().count(REFUSAL)) == (2, 1)


@pytest.mark.parametrize("how", ["ini", "option", "environment"])
def test_the_guard_can_be_off(how, sent, project, monkeypatch):
    """With `stripe_guard = off` a suite that asked outside our fixtures asks as before."""
    if how == "ini":
        project.file("pytest.ini", "[pytest]\nstripe_guard = off\n")
    if how == "environment":
        monkeypatch.setenv("PYTEST_STRIPE_GUARD", "off")
    result = project.test(
        ASKING + OUTSIDE["a module fixture"], *(["--stripe-guard=off"] if how == "option" else [])
    )
    result.assert_outcomes(passed=1)
    assert len(sent) == 1


def test_a_guard_that_is_none_is_a_usage_error(project):
    """The setting's words are named."""
    result = project.test(USES, "--stripe-guard=on")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --stripe-guard: unknown value 'on'; known: auto, all, off"])


def test_a_refusal_names_the_ways_out_and_the_first_how_to_keep_the_old_way(project):
    """Each message names the fixtures, `fake_stripe` and the setting; the first says what was before."""
    result = project.test(
        ASKING + "def setup_module():\n    swallow()\n    swallow()\n" + USES,
        *QUIET,
    )
    text = result.stdout.str()
    for name in (
        "class_stripe_balance",
        "module_stripe_balance",
        "session_stripe_balance",
        "fake_stripe",
    ):
        assert text.count(name) == 2
    assert text.count("`stripe_guard = off` lets such requests go to Stripe") == 2
    assert text.count("If this suite passed without the guard") == 1
    assert text.count("asked at ") == 2


# What each place is advised to ask for, before anything else.
ADVICE = {
    "a class fixture that asks a module's world": (
        (
            "class TestIt:\n    @pytest.fixture(scope='class')\n    def c(self, module_stripe_balance):"
            " return module_stripe_balance.customer()\n    def test_it(self, c): pass"
        ),
        (
            "`c` has scope class: ask for class_stripe_balance in it. module_stripe_balance and "
            "session_stripe_balance write only in fixtures and set-ups of their own scopes;"
        ),
    ),
    "a module fixture": (
        OUTSIDE["a module fixture"],
        "`made` has scope module: ask for module_stripe_balance in it. class_stripe_balance and",
    ),
    "the tear-down of a session fixture": (
        OUTSIDE["the tear-down of a session fixture"],
        "`made` has scope session: ask for session_stripe_balance in it. class_stripe_balance and",
    ),
    "setup_module": (
        OUTSIDE["setup_module"],
        (
            "This is the set-up or tear-down of a module: write `pytestmark = "
            'pytest.mark.usefixtures("module_stripe_balance")` into the module. class_stripe_balance and'
        ),
    ),
    "setUpClass": (
        OUTSIDE["setUpClass"],
        (
            "This is the set-up or tear-down of a class: put "
            '`@pytest.mark.usefixtures("class_stripe_balance")` on the class. module_stripe_balance and'
        ),
    ),
    "a fixture that comes before ours": (
        OUTSIDE["a fixture that comes before ours"],
        "Ask for stripe_balance in the test or fixture itself, or for class_stripe_balance,",
    ),
}
NAMES = ("class_", "module_", "session_")
NO_KEY = {name: row for name, row in ADVICE.items() if not name.startswith("a class fixture that")}
# pytest has left a fixture's scope when it reports what its tear-down raised.
NO_KEY["the tear-down of a session fixture"] = (
    OUTSIDE["the tear-down of a session fixture"],
    ADVICE["a fixture that comes before ours"][1],
)


@pytest.mark.parametrize(("code", "advice"), **_ids(ADVICE))
def test_a_refusal_names_the_fixture_that_fits_its_place_first(code, advice, project):
    """The message names the scope that asked and its own fixture, then the others, each once."""
    text = project.test(ASKING + dedent(code), *QUIET).stdout.str()
    (message,) = (line for line in text.splitlines() if REFUSAL in line)
    assert f"{REFUSAL} {advice}" in message
    assert [message.count(f"{name}stripe_balance") for name in NAMES] == [1, 1, 1]
    assert "`with fake_stripe():`" in message
    assert "`stripe_guard = off` lets such requests go to Stripe" in message


def test_a_refusal_in_a_package_says_that_it_has_no_world(project):
    """Pytest's package scope has no fixture of ours: its message names `fake_stripe` first."""
    project.file("shop/__init__.py", "")
    project.file("shop/conftest.py", ASKING + OUTSIDE["a package fixture"].replace(USES, ""))
    project.file("shop/test_a.py", USES)
    project.run(*QUIET).stdout.fnmatch_lines(
        [
            f"{REFUSAL} `made` has scope package, and a package has no world*`with fake_stripe():` in it. *"
        ]
    )


@pytest.mark.parametrize(("code", "advice"), **_ids(NO_KEY))
def test_an_error_about_a_missing_key_says_that_no_fixture_is_open(code, advice, project, monkeypatch):
    """Without a key stripe-python's error comes before the guard; the report adds the same advice."""
    monkeypatch.setattr("stripe.api_key", None)
    asking = ASKING.replace('KEY = "sk_test_1"', "KEY = None")
    result = project.test(asking + dedent(code).replace("swallow()", "ask()"), *QUIET)
    text = result.stdout.str()
    assert (_failures(result), "AuthenticationError: No API key provided" in text) == (1, True)
    line = f"No Stripe fixture is open here, so there is no key; none of Stripe's is needed. {advice}"
    assert text.count(line) == 1


@pytest.mark.parametrize(
    "code",
    [
        "def test_it(stripe_balance):\n    stripe.api_key = None\n    ask(None)",
        "def setup_module(): stripe.StripeClient(None)\n" + USES,
        "def test_plain(): ask(None)\n" + USES,
    ],
    ids=["in our fixture", "a client of its own", "a test that doesn't use ours"],
)
def test_an_error_about_a_missing_key_that_no_fixture_would_mend_is_as_before(
    code, project, monkeypatch
):
    """Where a fixture is open, where a client was given none, and in other tests nothing is added."""
    monkeypatch.setattr("stripe.api_key", None)
    text = project.test(ASKING + code, *QUIET).stdout.str()
    assert "No API key provided" in text
    assert "No Stripe fixture is open here" not in text


def test_a_refusal_that_is_not_swallowed_is_told_once(project):
    """A refusal that a module fixture raises is an error of the test that set it up."""
    result = project.test(ASKING + "def setup_module(): ask()\n" + USES, *QUIET)
    result.assert_outcomes(errors=1)
    assert result.stdout.str().count(REFUSAL) == 1


# Live keys.

LIVE_PLACES = {
    "a module fixture": OUTSIDE["a module fixture"],
    "the tear-down of a module fixture": OUTSIDE["the tear-down of a module fixture"],
    "setUpClass": OUTSIDE["setUpClass"],
    "tearDownClass": OUTSIDE["tearDownClass"],
    "a session fixture": OUTSIDE["a session fixture"],
    "the tear-down of a session fixture": OUTSIDE["the tear-down of a session fixture"],
    "a thread": OUTSIDE["a thread of a module fixture"],
    "a fixture that comes before ours": OUTSIDE["a fixture that comes before ours"],
}


@pytest.mark.parametrize("mode", ["fake", "live"])
@pytest.mark.parametrize("code", **_ids(LIVE_PLACES))
def test_a_live_key_ends_the_run(code, mode, sent, project, monkeypatch):
    """A live key outside an open fixture ends the run with 1, to any host, in live too, and isn't sent."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_51TheRealOneOfThisAccount")
    project.file("test_z.py", "def test_never(): raise AssertionError('reached')")
    text = ASKING.replace("sk_test_1", LIVE) + dedent(code)
    result = project.test(text, f"--stripe-mode={mode}")
    assert (result.ret, sent) == (pytest.ExitCode.TESTS_FAILED, [])
    result.stdout.fnmatch_lines(["*Exit: test_*.py::*: POST /v1/customers: a live API key*"])
    assert LIVE not in result.stdout.str() + result.stderr.str()
    last = "scope='session'" in code and "yield" in code  # torn down by the run's last test
    assert ("reached" in result.stdout.str()) == last


def test_a_live_key_ends_the_run_before_the_test(project):
    """A live key in a set-up ends the run there: the test's body isn't run."""
    code = "def setup_module(): swallow()\ndef test_it(stripe_balance): print('its body')\n"
    result = project.test(ASKING.replace("sk_test_1", LIVE) + code, "-s")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.no_fnmatch_line("*its body*")


def test_in_live_test_keys_pass(sent, project, monkeypatch):
    """In the mode live what asks outside our fixtures asks Stripe, with the key that it has."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_51TheRealOneOfThisAccount")
    result = project.test(ASKING + OUTSIDE["a module fixture"], "--stripe-mode=live")
    result.assert_outcomes(passed=1)
    assert len(sent) == 1


@pytest.mark.parametrize("mode", ["replay", "record", "check"])
def test_in_other_modes_they_are_refused(mode, sent, project, monkeypatch):
    """In all other modes that keep or compare recordings a request outside them is refused."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_51TheRealOneOfThisAccount")
    result = project.test(ASKING + OUTSIDE["a module fixture"], f"--stripe-mode={mode}", *QUIET)
    assert (result.ret, sent) == (pytest.ExitCode.TESTS_FAILED, [])
    assert result.stdout.str().count(REFUSAL) == 1


# Late threads.

LATE = """
go, done = threading.Event(), threading.Event()

def ask_later():
    go.wait(10)
    swallow()
    done.set()

def test_first({first}):
    threading.Thread(target=ask_later).start()

def test_next({second}):
    go.set()
    done.wait(10)
"""
REFUSED_LATER = ASKING.replace("stripe.Customer.create(", 'stripe.Payout.create(destination="ba_1", ')


def test_a_late_refusal_is_named_with_the_test_that_started_its_thread(project):
    """A refusal whose test was reported ends the run with 1 and is in the summary; no other test fails."""
    code = LATE.format(first="stripe_balance", second="stripe_balance")
    result = project.test(REFUSED_LATER + code, *QUIET)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "stripe: the run fails, because these requests were refused outside a running test:",
            "test_it.py::test_first: POST /v1/payouts: the fake does not model this endpoint*",
        ]
    )


def test_a_thread_is_guarded_until_the_next_test_begins(project):
    """After a test's last report its threads are still refused, and the run ends with 1."""
    project.file(
        "conftest.py",
        """
        import pytest, test_it

        @pytest.hookimpl(trylast=True)
        def pytest_runtest_logfinish():
            test_it.go.set()
            test_it.done.wait(10)
        """,
    )
    code = LATE.format(first="stripe_balance", second="").partition("def test_next")[0]
    result = project.test(ASKING + code, *QUIET)
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"test_it.py::test_first: {REFUSAL}*"])


def test_a_thread_of_a_test_without_our_fixtures_is_left_alone(sent, project):
    """When the next test begins, and doesn't use ours, an old thread asks Stripe as before."""
    result = project.test(ASKING + LATE.format(first="stripe_balance", second=""))
    result.assert_outcomes(passed=2)
    assert (len(sent), result.ret) == (1, pytest.ExitCode.OK)


def test_a_refusal_of_an_old_thread_that_was_expected_is_none(project):
    """`refused` expects what a thread of an earlier test asks, too."""
    code = LATE.format(first="stripe_balance", second="stripe_balance")
    code = code.replace(
        "    go.set()\n    done.wait(10)",
        "    with stripe_balance.refused():\n        go.set()\n        done.wait(10)",
    )
    result = project.test(REFUSED_LATER + code)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.OK


def test_what_is_submitted_to_an_executor_of_many_tests_belongs_to_its_test(project):
    """A refusal in an executor's thread fails the test that submitted it, whoever started the thread."""
    result = project.test(
        REFUSED_LATER
        + dedent("""
            pool = ThreadPoolExecutor(1)

            def test_first(stripe_balance): pool.submit(len, "").result()
            def test_it(stripe_balance): pool.submit(swallow).result()
            def test_last(stripe_balance): pool.submit(len, "").result()
        """),
        *QUIET,
    )
    result.assert_outcomes(passed=2, failed=1)


def test_a_task_of_an_executor_that_comes_late_fails_no_other_test(project):
    """What was submitted in one test, and is refused in the next, ends the run with 1 and names the first."""
    code = LATE.format(first="stripe_balance", second="stripe_balance")
    code = code.replace("threading.Thread(target=ask_later).start()", "pool.submit(ask_later)")
    code = code.replace("def test_next", "def test_between(stripe_balance): pass\n\ndef test_next")
    result = project.test(REFUSED_LATER + "pool = ThreadPoolExecutor(1)\n" + code, *QUIET)
    result.assert_outcomes(passed=3)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["test_it.py::test_first: POST /v1/payouts: *"])


def test_executors_are_as_before_after_the_run(project):
    """The guard leaves no trace in the standard library."""
    before = ThreadPoolExecutor.submit
    project.test(USES).assert_outcomes(passed=1)
    assert ThreadPoolExecutor.submit is before


FORKED = """
import os

def fork():
    child = os.fork()
    if not child:
        swallow()
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.mark.parametrize(
    "code",
    [
        "def setup_module(): fork()\ndef test_it(stripe_balance): pass\n",
        "def teardown_module(): fork()\ndef test_it(stripe_balance): pass\n",
        "def test_it(stripe_balance): fork()\n",
    ],
    ids=["set-up", "tear-down", "call"],
)
def test_a_forked_child_that_asks_fails_its_test(code, project):
    """What a forked child was refused fails the parent's test, in each phase, whatever it swallowed."""
    project.file("test_it.py", ASKING + FORKED + code)
    result = project.run_apart(*QUIET)
    assert (_failures(result), result.ret) == (1, pytest.ExitCode.TESTS_FAILED)
    assert "this is another process" in result.stdout.str()


LATE_CHILD = """
def fork_late():
    if not os.fork():
        time.sleep(.5)
        swallow()
        os._exit(0)

def test_it({}):
    fork_late()

def test_slow({}):
    time.sleep(1.5)
"""


@pytest.mark.parametrize("second", ["stripe_balance", ""], ids=["guarded", "unguarded"])
def test_a_child_that_asks_after_its_tests_report_ends_the_run_with_1(second, project):
    """Nobody has waited for it. The summary names the test that forked it, and no other fails."""
    project.file("test_it.py", ASKING + FORKED + LATE_CHILD.format("stripe_balance", second))
    result = project.run_apart(*QUIET)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["test_it.py::test_it: POST /v1/customers: this is another process*"])


def test_a_child_that_asks_after_its_world_has_closed_ends_the_run_with_1(project):
    """A module's world: the summary names the module."""
    code = """
        @pytest.fixture(scope="module")
        def made(module_stripe_balance):
            yield
            fork_late()

        def test_it(made): pass
    """
    project.file("test_it.py", ASKING + FORKED + LATE_CHILD.partition("def test_it")[0] + dedent(code))
    project.file("test_other.py", "import time\n\ndef test_slow():\n    time.sleep(1.5)\n")
    result = project.run_apart(*QUIET)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["test_it.py: POST /v1/customers: this is another process*"])


@pytest.mark.parametrize("hook", ["terminal_summary", "unconfigure"])
def test_the_whole_run_is_guarded_to_its_end(hook, project):
    """With `all` a refusal after the summary ends the run with 1, and is told below it."""
    project.file("conftest.py", ASKING + f"def pytest_{hook}(): swallow()\n")
    project.file("test_it.py", "def test_it(): pass\n")
    result = project.run_apart("--stripe-guard=all", *QUIET)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"*{REFUSAL}*"])


@pytest.mark.parametrize("node", ["request.session", "request.node.getparent(pytest.Module)"])
def test_a_finalizer_that_a_guarded_test_gives_to_a_wider_node_is_guarded(node, project):
    """It runs in the tear-down of another test, which doesn't use ours."""
    code = f"""
        def test_it(stripe_balance, request):
            {node}.addfinalizer(swallow)

        def test_last(): pass
    """
    result = project.test(ASKING + dedent(code), *QUIET)
    assert (_failures(result), result.ret) == (1, pytest.ExitCode.TESTS_FAILED)
    assert result.stdout.str().count(REFUSAL) == 1


def test_workers_tell_of_late_refusals(project):
    """Under pytest-xdist a late refusal ends the run with 1 and is in the summary."""
    code = LATE.format(first="stripe_balance", second="stripe_balance")
    project.file("test_it.py", REFUSED_LATER + code)
    result = project.run_apart("-n1", *QUIET, plugins=("xdist",))
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["test_it.py::test_first: POST /v1/payouts: *"])


def test_workers_guard_wider_fixtures(project):
    """Under pytest-xdist a module's fixtures are guarded on each worker."""
    project.file("test_it.py", ASKING + WIDER["setup_module"] + ORDERS["both"])
    result = project.run_apart("-n2", "--dist=loadfile", *QUIET, plugins=("xdist",))
    assert (_failures(result), result.ret) == (1, pytest.ExitCode.TESTS_FAILED)


def test_a_live_key_ends_the_run_of_workers(project):
    """Under pytest-xdist a live key ends the run with 1."""
    project.file(
        "test_it.py", ASKING.replace("sk_test_1", LIVE) + WIDER["setup_module"] + ORDERS["both"]
    )
    result = project.run_apart("-n2", plugins=("xdist",))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "a live API key" in result.stdout.str() + result.stderr.str()


# The whole run.

IMPORTED = {
    "a conftest file that swallows": ("conftest.py", "swallow()"),
    "a conftest file that doesn't": ("conftest.py", "ask()"),
    "a test module that swallows": ("test_a.py", "swallow()\ndef test_a(): pass"),
    "a test module that doesn't": ("test_a.py", "ask()\ndef test_a(): pass"),
}


@pytest.mark.parametrize("key", ["sk_test_1", LIVE])
@pytest.mark.parametrize(("file", "code"), **_ids(IMPORTED))
def test_with_all_imports_are_guarded(file, code, key, project):
    """With `stripe_guard = all` a refusal at import ends the run with 1, and is shown."""
    project.file(file, ASKING.replace("sk_test_1", key) + "\n" + code)
    project.file("test_z.py", "def test_z(): pass")
    result = project.run_apart("--stripe-guard=all")
    text = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.TESTS_FAILED, text
    assert ("a live API key" if key == LIVE else REFUSAL) in text


def test_with_all_every_test_is_guarded(project):
    """With `stripe_guard = all` a test without our fixtures is refused, too; a clean one passes."""
    project.file("pytest.ini", "[pytest]\nstripe_guard = all\n")
    result = project.test(
        ASKING + "def test_plain(): swallow()\ndef test_clean(): pass\n" + USES, *QUIET
    )
    result.assert_outcomes(passed=2, failed=1)


def test_with_all_a_run_in_live_asks(sent, project, monkeypatch):
    """In the mode live test keys pass at import, too."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_51TheRealOneOfThisAccount")
    result = project.test(ASKING + "ask()\n" + USES, "--stripe-guard=all", "--stripe-mode=live")
    result.assert_outcomes(passed=1)
    assert len(sent) == 1


# Tests that run again.

AGAIN = """
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(3):
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if not any(report.failed for report in reports):
            break
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""
ATTEMPTS = {
    "in our fixture": (
        "stripe_balance",
        "with contextlib.suppress(BaseException): stripe.Payout.list()",
    ),
    "outside of it": ("stripe_contract", "swallow()"),
}


@pytest.mark.parametrize(("fixture", "code"), **_ids(ATTEMPTS))
def test_a_refusal_of_an_attempt_that_is_run_again_fails_the_test(fixture, code, project):
    """A test whose first attempt was refused something fails, although its next attempt would pass."""
    project.file("conftest.py", AGAIN)
    result = project.test(
        f"{ASKING}\nattempts = []\ndef test_it({fixture}):\n    attempts.append(1)\n"
        f"    if len(attempts) == 1:\n{indent(code, ' ' * 8)}\n",
        *QUIET,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["An earlier attempt of this test was refused:"])


def test_pytest_rerunfailures_makes_no_refusal_pass(project):
    """With pytest-rerunfailures a refused attempt fails the test, too; another failure may pass later."""
    pytest.importorskip("pytest_rerunfailures")
    result = project.test(
        ASKING
        + dedent("""
            attempts = []

            def test_refused(stripe_balance):
                attempts.append(1)
                if len(attempts) == 1:
                    with contextlib.suppress(BaseException):
                        stripe.Payout.list()

            def test_other(stripe_balance, others=[]):
                others.append(1)
                assert len(others) == 2
        """),
        "--reruns=1",
        *QUIET,
        plugins=("rerunfailures",),
    )
    outcomes = result.parseoutcomes()
    assert (outcomes["failed"], outcomes["passed"]) == (1, 1)


def test_a_test_that_fails_once_and_passes_then_passes(project):
    """What no refusal made fail may pass when it is run again."""
    project.file("conftest.py", AGAIN)
    result = project.test("""
        attempts = []
        def test_it(stripe_balance):
            attempts.append(1)
            assert len(attempts) == 2
    """)
    result.assert_outcomes(passed=1)


def test_a_run_that_nobody_guards_registers_nothing(project):
    """Where no test uses our fixtures the guard isn't made."""
    result = project.test("""
        def test_it(pytestconfig):
            assert pytestconfig.pluginmanager.get_plugin("stripe_balance_guard") is None
    """)
    result.assert_outcomes(passed=1)
