from __future__ import annotations

import asyncio
import re
from textwrap import dedent, indent

import pytest
import stripe

ASKING = """
import asyncio, contextlib, threading, unittest
from concurrent.futures import ThreadPoolExecutor
import pytest, stripe

def ask():
    return stripe.Payout.create(destination="ba_1")  # the place

def swallow():
    with contextlib.suppress(BaseException):
        ask()
"""
PLACE = 1 + ASKING.splitlines().index('    return stripe.Payout.create(destination="ba_1")  # the place')
REFUSAL = "POST /v1/payouts: the fake does not model this endpoint"
# What is told of a refusal is counted: elsewhere it is not to be said.
ALONE = ("--disable-warnings", "--show-capture=no", "-rN")


def _ids(table):
    return {"argvalues": table.values(), "ids": table.keys()}


def _body(code):
    return "def test_it(stripe_balance):\n" + indent(dedent(code), "    ")


SWALLOWED = {
    "bare except": _body("""
        try:
            ask()
        except:
            pass
    """),
    "except BaseException": _body("""
        try:
            ask()
        except BaseException:
            pass
    """),
    "return in finally": """
        def lose():
            try:
                ask()
            finally:
                return

        def test_it(stripe_balance):
            lose()
    """,
    "pytest.raises": _body("""
        with pytest.raises(BaseException, match="/v1/payouts"):
            ask()
    """),
    "another exception in its place": _body("""
        try:
            ask()
        except BaseException as error:
            raise ValueError("no refund") from None
    """),
    "a failing assert afterwards": _body("""
        swallow()
        assert not "paid back"
    """),
    "thread": _body("""
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    """),
    "executor whose result nobody reads": _body("""
        with ThreadPoolExecutor() as pool:
            pool.submit(ask)
    """),
    "gather(return_exceptions=True)": """
        async def gather():
            asked = stripe.Payout.create_async(destination="ba_1")
            await asyncio.gather(asked, return_exceptions=True)

        def test_it(stripe_balance):
            asyncio.run(gather())
    """,
    "lost task": """
        async def lose():
            asyncio.create_task(stripe.Payout.create_async(destination="ba_1"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)

        def test_it(stripe_balance):
            asyncio.run(lose())
    """,
    "pytest.xfail() afterwards": _body("""
        swallow()
        pytest.xfail("refunds")
    """),
    "pytest.skip() afterwards": _body("""
        swallow()
        pytest.skip("no refunds")
    """),
    "the fixture asked for in the test": """
        def test_it(request):
            request.getfixturevalue("stripe_balance")
            swallow()
    """,
    "a fixture that swallows before the test": """
        @pytest.fixture
        def refunded(stripe_balance):
            swallow()

        def test_it(refunded):
            pass
    """,
    "strict xfail": "@pytest.mark.xfail(strict=True)\n" + _body("swallow()"),
    "lenient xfail": "@pytest.mark.xfail(strict=False)\n" + _body("swallow()"),
    "xfail that expects any exception": (
        "@pytest.mark.xfail(raises=BaseException)\n" + _body("swallow()")
    ),
    "xfail where another refusal was expected": (
        "@pytest.mark.xfail\n" + _body('with stripe_balance.refused(match="topups"):\n    ask()')
    ),
    "unittest": """
        @pytest.mark.usefixtures("stripe_balance")
        class Test(unittest.TestCase):
            def test_it(self):
                swallow()
    """,
    "unittest that skips afterwards": """
        @pytest.mark.usefixtures("stripe_balance")
        class Test(unittest.TestCase):
            def test_it(self):
                swallow()
                self.skipTest("no refunds")
    """,
    "unittest that fails afterwards": """
        @pytest.mark.usefixtures("stripe_balance")
        class Test(unittest.TestCase):
            def test_it(self):
                swallow()
                self.fail("not paid back")
    """,
    "unittest's expectedFailure, which comes": """
        @pytest.mark.usefixtures("stripe_balance")
        class Test(unittest.TestCase):
            @unittest.expectedFailure
            def test_it(self):
                swallow()
                self.fail("not paid back")
    """,
    "unittest's setUp": """
        @pytest.mark.usefixtures("stripe_balance")
        class Test(unittest.TestCase):
            def setUp(self):
                swallow()

            def test_it(self):
                pass
    """,
    "unittest, asynchronous": """
        @pytest.mark.usefixtures("stripe_balance")
        class Test(unittest.IsolatedAsyncioTestCase):
            async def test_it(self):
                with contextlib.suppress(BaseException):
                    await stripe.Payout.create_async(destination="ba_1")
    """,
}
RAISED = {
    "in the test": _body("ask()"),
    "in a task group": """
        async def ask_in_a_group():
            async with asyncio.TaskGroup() as group:
                group.create_task(stripe.Payout.create_async(destination="ba_1"))

        def test_it(stripe_balance):
            asyncio.run(ask_in_a_group())
    """,
    "in unittest": """
        @pytest.mark.usefixtures("stripe_balance")
        class Test(unittest.TestCase):
            def test_it(self):
                ask()
    """,
    "strict xfail": "@pytest.mark.xfail(strict=True)\n" + _body("ask()"),
    "lenient xfail": "@pytest.mark.xfail(strict=False)\n" + _body("ask()"),
    "xfail of another exception": "@pytest.mark.xfail(raises=KeyError)\n" + _body("ask()"),
    "xfail in unittest": """
        @pytest.mark.usefixtures("stripe_balance")
        class Test(unittest.TestCase):
            @pytest.mark.xfail
            def test_it(self):
                ask()
    """,
    "unittest's expectedFailure": """
        @pytest.mark.usefixtures("stripe_balance")
        class Test(unittest.TestCase):
            @unittest.expectedFailure
            def test_it(self):
                ask()
    """,
}


@pytest.mark.parametrize("code", **_ids({**SWALLOWED, **{f"raised {k}": v for k, v in RAISED.items()}}))
def test_a_refusal_fails_its_test_once_whatever_becomes_of_it(code, project):
    """A test in which something was refused is FAILED, and its report says so one time."""
    result = project.test(ASKING + dedent(code), *ALONE)
    result.assert_outcomes(failed=1)
    assert result.stdout.str().count(REFUSAL) == 1
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("code", **_ids(SWALLOWED))
def test_a_swallowed_refusal_says_that_it_was_swallowed(code, project):
    """The report of a swallowed refusal says that it was, so that nobody looks for a raise."""
    result = project.test(ASKING + dedent(code), *ALONE)
    result.stdout.fnmatch_lines(
        ["These requests were refused, and the test swallowed the error:", f"{REFUSAL}*"]
    )


IN_FIXTURES = {
    "raised in setup": ("ask()\nyield", 0),
    "raised in teardown": ("yield\nask()", 1),
    "swallowed in teardown": ("yield\nswallow()", 1),
    "swallowed in setup, then skipped": ("swallow()\npytest.skip('no refunds')\nyield", 0),
}


@pytest.mark.parametrize("marks", ["", "@pytest.mark.xfail(strict=False)"], ids=["", "xfail"])
@pytest.mark.parametrize(("code", "ran"), **_ids(IN_FIXTURES))
def test_a_refusal_of_another_fixture_is_an_error_and_told_once(code, ran, marks, project):
    """What a fixture was refused is an ERROR of its test, xfail or not, and is said one time."""
    result = project.test(
        f"{ASKING}\n@pytest.fixture\ndef refunded(stripe_balance):\n{indent(code, '    ')}\n"
        f"{marks}\ndef test_it(refunded):\n    pass\n",
        *ALONE,
    )
    outcomes = result.parseoutcomes()
    assert (outcomes["errors"], outcomes.get("xfailed")) == (1, None)
    assert outcomes.get("passed", 0) + outcomes.get("xpassed", 0) == ran
    assert result.stdout.str().count(REFUSAL) == 1


def test_a_refusal_in_a_subtest_fails_subtest_and_test_and_is_told_once(project):
    """A subtest that was refused something is failed, and so is its test; it is said one time."""
    result = project.test(
        ASKING
        + dedent("""
            def test_it(stripe_balance, subtests):
                with subtests.test("refund"):
                    swallow()
        """),
        *ALONE,
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.stdout.str().count(REFUSAL) == 1


def test_two_refusals_are_both_told(project):
    """Where one refusal is raised and another was swallowed, the report has both."""
    result = project.test(
        ASKING
        + _body("""
            swallow()
            stripe.Payout.create(amount=1, currency="usd")
        """),
        *ALONE,
    )
    result.assert_outcomes(failed=1)
    told = result.stdout.str()
    assert (told.count(REFUSAL), told.count("POST /v1/payouts: ")) == (1, 1)


def test_the_exception_that_took_a_refusals_place_is_shown_too(project):
    """The report shows what the test failed with beside the refusal that it had swallowed."""
    result = project.test(ASKING + dedent(SWALLOWED["a failing assert afterwards"]))
    result.stdout.fnmatch_lines(
        [">*assert not *", f"{REFUSAL}*", "FAILED test_it.py::test_it - *assert not 'paid back'"]
    )


def test_a_doctest_that_fails_has_the_refusal_too(project):
    """A failing doctest shows its own failure and the refusal that it had swallowed."""
    project.file("conftest.py", "# makes this folder one to import from")
    project.file("shop.py", ASKING)
    project.file(
        "test_it.txt",
        """
        >>> import shop
        >>> balance = getfixture("stripe_balance")
        >>> shop.swallow()
        >>> balance.mode
        'live'
        """,
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["Expected:", "    'live'", "Got:", "    'fake'", f"{REFUSAL}*"])


@pytest.mark.parametrize(
    ("code", "when"),
    [("swallow()\n    yield", "call"), ("yield\n    swallow()", "teardown")],
    ids=["in setup", "in teardown"],
)
def test_other_plugins_see_a_swallowed_refusal_as_an_exception(code, when, project):
    """To other plugins a phase that swallowed a refusal is one that failed with an exception."""
    project.file(
        "conftest.py",
        """
        import pytest

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            print("seen", call.when, report.outcome, call.excinfo and call.excinfo.typename)
            return report
        """,
    )
    result = project.test(
        f"{ASKING}\n@pytest.fixture\ndef refunded(stripe_balance):\n    {code}\n\n"
        "def test_it(refunded):\n    pass\n",
        "-s",
    )
    result.stdout.fnmatch_lines([f"*seen {when} failed Failed"])


def test_a_refusal_does_not_reach_other_tests(project):
    """Only the test that was refused something fails."""
    result = project.test(
        ASKING
        + dedent("""
            def test_before(stripe_balance): pass
            def test_it(stripe_balance): swallow()
            def test_after(stripe_balance): pass
            def test_without(): pass
        """)
    )
    result.assert_outcomes(passed=3, failed=1)


def test_an_exit_is_not_held_up_by_a_swallowed_refusal(project):
    """pytest.exit() ends the session, also after a refusal that was swallowed."""
    result = project.test(
        ASKING
        + dedent("""
            def test_it(stripe_balance):
                swallow()
                pytest.exit("enough")

            def test_next():
                raise AssertionError("reached")
        """)
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*Exit: enough*"])


def test_an_interrupt_is_not_held_up_by_a_swallowed_refusal(project):
    """Ctrl-C ends the session, also after a refusal that was swallowed."""
    project.file(
        "test_it.py",
        ASKING
        + dedent("""
            def test_it(stripe_balance):
                swallow()
                raise KeyboardInterrupt

            def test_next():
                raise AssertionError("reached")
        """),
    )
    assert project.run_apart().ret == pytest.ExitCode.INTERRUPTED


# What is refused, and in which words.

LIVE = "sk_live_51abcdefghijklmnop"
MANUAL = 'customer="cus_1", amount=100, currency="usd"'
SHOP = """
import io, stripe
FUND = stripe.Customer.TestHelpers.fund_cash_balance

def buy():
    {call}
"""
REFUSED = {
    "an endpoint outside the table": (
        'stripe.Payout.create(destination="ba_1")',
        "POST /v1/payouts: the fake does not model this endpoint",
    ),
    "another method of a known path": (
        'stripe.PaymentIntent._static_request("delete", "/v1/payment_intents/pi_1")',
        "DELETE /v1/payment_intents/pi_1: the fake does not model this endpoint",
    ),
    "an endpoint of a namespace": (
        "stripe.billing_portal.Session.create(customer='cus_1')",
        "POST /v1/billing_portal/sessions: the fake does not model this endpoint",
    ),
    "a documented parameter": (
        f'stripe.PaymentIntent.create({MANUAL}, mandate="mandate_1")',
        "Stripe takes the parameter mandate, and the fake does not",
    ),
    "a documented parameter of a hash": (
        f'stripe.PaymentIntent.create({MANUAL}, automatic_payment_methods={{"enabled": False}})',
        "POST /v1/payment_intents: Stripe takes the parameter automatic_payment_methods[enabled]",
    ),
    "a documented value": (
        "stripe.PaymentMethod.create(type='klarna')",
        "POST /v1/payment_methods: Stripe takes the parameter type='klarna', and",
    ),
    "an API version older than all schemas": (
        'stripe.Customer.create(stripe_version="2020-03-02")',
        "POST /v1/customers: API version 2020-03-02 is not modelled: the oldest modelled version is 2020-08-27",
    ),
    "OAuth": (
        'stripe.OAuth.token(grant_type="authorization_code", code="ac_1")',
        "POST /oauth/token: the fake does not model this endpoint",
    ),
    "a file upload": (
        'stripe.File.create(purpose="dispute_evidence", file=io.BytesIO(b"x"))',
        "POST /v1/files: the fake does not model this endpoint",
    ),
    "a v2 call": (
        'stripe.StripeClient("sk_test_1").v2.core.events.list({"object_id": "x"})',
        "GET /v2/core/events: the fake does not model this endpoint",
    ),
    "a secret live key": (
        f'stripe.Customer.create(api_key="{LIVE}")',
        "POST /v1/customers: a live API key (sk_live_****mnop) was used in a test",
    ),
    "a restricted live key": (
        f'stripe.Customer.create(api_key="{LIVE.replace("sk_", "rk_")}")',
        "POST /v1/customers: a live API key (rk_live_****mnop) was used in a test",
    ),
    "a short live key": (
        'stripe.Customer.create(api_key="sk_live_abc")',
        "POST /v1/customers: a live API key (sk_live_****) was used in a test",
    ),
    "a reversal elsewhere than in the us": (
        'FUND(stripe.Customer.create().id, amount=100, currency="eur", reference="reversal_1")',
        "a reference beginning 'reversal_' is only documented for usd transfers",
    ),
}


@pytest.mark.parametrize(("call", "message"), **_ids(REFUSED))
def test_a_refusal_names_what_was_asked_and_where(call, message, project):
    """A refusal names method, path and parameter, and the place in the caller's own code."""
    project.file("shop.py", dedent(SHOP).format(call=call))
    result = project.test("""
        import shop

        def test_it(stripe_balance):
            shop.buy()
    """)
    result.assert_outcomes(failed=1)
    told = result.stdout.str()
    assert message in told
    assert re.search(r"asked at .*/shop\.py:6 in buy$", told, re.MULTILINE)


@pytest.mark.parametrize("folder", ["asyncio", "stripe/_shop"])
def test_the_place_is_found_whatever_a_projects_folders_are_called(folder, project):
    """The caller's own code is told from stripe-python's by where it lies, not by its name."""
    project.file(f"{folder}/test_it.py", ASKING + _body("swallow()"))
    project.run().stdout.re_match_lines([rf"  asked at .*/{folder}/test_it\.py:{PLACE} in ask$"])


@pytest.mark.parametrize("key", [LIVE, LIVE.replace("sk_", "rk_"), "sk_live_abc"])
def test_a_live_key_is_never_printed_whole(key, project):
    """The report of a test that used a live key does not hold the key, whatever pytest shows."""
    project.file("shop.py", f"import stripe\ndef buy():\n    stripe.Customer.create(api_key={key!r})")
    result = project.test(
        """
        import shop

        def test_it(stripe_balance):
            shop.buy()
        """,
        *("--tb=long", "--showlocals", "-vv", "-rA"),
    )
    result.assert_outcomes(failed=1)
    assert key not in result.stdout.str() + result.stderr.str()


def test_a_live_key_is_refused_in_basic_authorization_too(project):
    """A live key is seen however it is sent."""
    result = project.test("""
        import base64, stripe

        def test_it(stripe_balance):
            user = base64.b64encode(b"sk_live_51abcdefghijklmnop:").decode()
            client = stripe.StripeClient("sk_test_1")
            client.raw_request("get", "/v1/customers", headers={"Authorization": f"Basic {user}"})
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["GET /v1/customers: a live API key (sk_live_[*][*][*][*]mnop) was used*"]
    )


def test_a_refused_call_changes_nothing(stripe_balance):
    """A refused request leaves no trace in the world: no object, no event, no exchange."""
    with stripe_balance.refused(match="the parameter test_clock, and the fake does not model it"):
        stripe_balance.customer(test_clock="clock_1")
    assert (stripe_balance.requests, stripe.Event.list().data) == ([], [])


def test_a_parameter_unknown_to_stripe_is_stripes_own_error(stripe_balance):
    """A parameter that Stripe doesn't know is its parameter_unknown, and no refusal."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_balance.customer(colour="blue")
    assert (caught.value.code, caught.value.param) == ("parameter_unknown", "colour")


# Expecting a refusal.


def test_an_expected_refusal_passes(stripe_balance):
    """`refused` swallows the refusal that it expects, and the test goes on."""
    with stripe_balance.refused(match="/v1/payouts: the fake does not model"):
        stripe.Payout.create(destination="ba_1")
    assert stripe_balance.customer().object == "customer"


def test_any_refusal_is_expected_without_a_match(stripe_balance):
    """`refused` without a `match` expects whatever refusal comes."""
    with stripe_balance.refused():
        stripe.Payout.list()


def test_a_refusal_that_the_app_swallows_is_expected_too(stripe_balance):
    """`refused` sees a refusal that the code inside has swallowed."""
    with stripe_balance.refused(match="/v1/payouts"):
        with pytest.raises(BaseException, match="/v1/payouts"):
            stripe.Payout.list()
        assert "this line" == "this " + "line"


def test_a_refusal_alone_in_a_group_is_expected_too(stripe_balance):
    """As a task group hands it on."""

    async def ask():
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(stripe.Payout.list))

    with stripe_balance.refused(match="/v1/payouts"):
        asyncio.run(ask())


NOT_AS_EXPECTED = {
    "none came": (
        "with stripe_balance.refused():\n    stripe.Customer.create()",
        "*AssertionError: a refusal was expected, and none came",
    ),
    "another came": (
        'with stripe_balance.refused(match="topups"):\n    ask()',
        "*a refusal that matches 'topups' was expected; this one came:",
    ),
    "one came outside": (
        'with stripe_balance.refused(match="payouts"):\n    ask()\nask()',
        f"{REFUSAL}*",
    ),
    "one came before": (
        'swallow()\nwith stripe_balance.refused(match="payouts"):\n    ask()',
        f"{REFUSAL}*",
    ),
    "an error of the app's came after it": (
        "with stripe_balance.refused(match='payouts'):\n    swallow()\n    raise KeyError('app')",
        "*raise KeyError('app')",
    ),
    "an error of the app's came beside it": (
        """
        with stripe_balance.refused(match="payouts"):
            try:
                ask()
            except BaseException as refusal:
                raise BaseExceptionGroup("both", [refusal, ZeroDivisionError("app")])
        """,
        "*ZeroDivisionError: app",
    ),
    "an error of the app's came beside it, for a cause": (
        """
        with stripe_balance.refused(match="payouts"):
            try:
                ask()
            except BaseException as refusal:
                group = BaseExceptionGroup("both", [refusal, ZeroDivisionError("app")])
                raise group from KeyError("the cause")
        """,
        "*KeyError: 'the cause'",
    ),
    "a failure of the test's own came after it": (
        "with stripe_balance.refused(match='payouts'):\n    swallow()\n    pytest.fail('wrong money')",
        "*wrong money",
    ),
}


@pytest.mark.parametrize(("code", "line"), **_ids(NOT_AS_EXPECTED))
def test_what_was_not_expected_fails_the_test(code, line, project):
    """`refused` fails the test when no refusal comes, another one, or one that it doesn't enclose."""
    result = project.test(ASKING + _body(code))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([line])


def test_a_refusal_that_was_not_the_expected_one_is_told_once(project):
    """A refusal that doesn't match what was expected is said one time."""
    code = _body('with stripe_balance.refused(match="topups"):\n    ask()')
    result = project.test(ASKING + code, *ALONE)
    assert result.stdout.str().count(REFUSAL) == 1
