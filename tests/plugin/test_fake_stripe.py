"""`fake_stripe`: the fake without pytest's fixtures."""

import asyncio
import contextlib
import pickle
import subprocess
import sys
import unittest

import pytest
import stripe

from pytest_stripe_balance import StripeBalance, fake_stripe
from pytest_stripe_balance.modes import ANY_TEST_KEY
from pytest_stripe_balance.session import BEGINNING


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.setattr(stripe, "api_key", None)


def refused():
    """Ask for what the fake refuses, and swallow it."""
    with contextlib.suppress(BaseException):
        stripe.Subscription.list()


def raises(error):
    """Swallow a refusal, and end by another exception."""
    refused()
    raise error


def test_a_block_has_a_world_and_a_key():
    """Customers and money are there inside; the key is None again afterwards."""
    with fake_stripe() as stripe_balance:
        customer = stripe_balance.customer()
        stripe_balance.fund(customer, 500)
        assert stripe.Customer.retrieve(customer.id).id == customer.id
        assert stripe_balance.available(customer) == {"usd": 500}
        assert (stripe_balance.mode, isinstance(stripe_balance, StripeBalance)) == ("fake", True)
    assert stripe.api_key is None


def test_ids_of_a_bare_block_are_the_same_each_time():
    """They come from "0", or from the seed."""

    def made(**settings):
        with fake_stripe(**settings) as stripe_balance:
            return stripe_balance.customer().id

    assert made() == made() == made(seed="0") == made(seed=0)
    assert made() != made(seed="7") == made(seed=7)


def test_ids_of_a_function_come_from_its_qualified_name():
    """Two functions make different ones, each the same in each call."""

    @fake_stripe()
    def one():
        return stripe.Customer.create().id

    @fake_stripe()
    def two():
        return stripe.Customer.create().id

    assert one() == one() != two() == two()


def test_a_function_keeps_its_name_its_arguments_and_its_result():
    """Nothing is handed to it, and what it raises comes out."""

    @fake_stripe()
    def doubled(number, *, more=0):
        """Its own words."""
        if number < 0:
            raise KeyError(number)
        return number * 2 + more

    assert (doubled(2, more=1), doubled.__name__, doubled.__doc__) == (5, "doubled", "Its own words.")
    with pytest.raises(KeyError):
        doubled(-1)


def test_an_async_function_is_decorated():
    """The world is open as long as it runs."""

    @fake_stripe()
    async def made():
        await asyncio.sleep(0)
        return stripe.Customer.create().id

    assert asyncio.run(made()).startswith("cus_")
    assert asyncio.iscoroutinefunction(made)


@fake_stripe()
def module_level():
    return stripe.Customer.create().id


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_of_overlapping_blocks_the_last_to_end_takes_the_key_away(first_to_end):
    """As those of two async functions overlap: while one of them is open there is a key."""
    blocks = [fake_stripe(), fake_stripe()]
    for block in blocks:
        block.__enter__()
    blocks.pop(first_to_end).__exit__(None, None, None)
    assert stripe.Customer.list().data == []
    blocks.pop().__exit__(None, None, None)
    assert stripe.api_key is None


def test_an_apps_own_key_stays():
    """What the app has set is not ours, though it be the text that would be lent."""
    for key in ("sk_test_own", ANY_TEST_KEY):
        stripe.api_key = key
        with fake_stripe():
            assert stripe.api_key is key
        assert stripe.api_key is key


def test_a_decorated_function_can_be_pickled():
    """It is found by its name, as any other."""
    assert pickle.loads(pickle.dumps(module_level)) is module_level


def test_settings_hold():
    """now, api_version, assume and contract are those of the marker."""
    settings = {
        "now": "2026-03-01",
        "api_version": "2024-06-20",
        "assume": {"apply-without-amount-short": "refused"},
    }
    with fake_stripe(**settings, contract={"breaking": "warning"}) as stripe_balance:
        customer = stripe_balance.customer(reconciliation="manual")
        assert customer.created == BEGINNING + 59 * 86_400
        stripe_balance.fund(customer, 100)
        intent = stripe_balance.bank_transfer_intent(customer, 1000)
        with pytest.raises(stripe.StripeError):
            stripe.PaymentIntent.apply_customer_balance(intent.id)
        assert {event.api_version for event in stripe_balance.events()} == {"2024-06-20"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"now": "noon"}, r"fake_stripe\(now=\): 'noon' is no moment"),
        ({"api_version": "2019-01-01"}, r"fake_stripe\(api_version=\): .* not modelled"),
        ({"assume": {"nothing": "assumed"}}, r"fake_stripe\(assume=\): unknown|fake_stripe\(assume=\)"),
        ({"contract": "error"}, r"fake_stripe\(contract=\): must be a dict"),
    ],
)
def test_an_invalid_setting_is_refused_before_the_block(settings, message):
    """The error is a ValueError that names the setting."""
    with pytest.raises(ValueError, match=message):
        fake_stripe(**settings)


def test_an_unknown_setting_is_a_type_error():
    """The error lists the known ones."""
    with pytest.raises(TypeError, match="no setting mode; known: seed, now"):
        fake_stripe(mode="live")


@pytest.mark.parametrize("decorated", [lambda: None, type("Case", (unittest.TestCase,), {})])
def test_a_decorator_without_brackets_is_a_clear_error(decorated):
    """It says what to write."""
    with pytest.raises(TypeError, match=r"without brackets: write @fake_stripe\(\)"):
        fake_stripe(decorated)


def _generator():
    yield


async def _async_generator():
    yield


@pytest.mark.parametrize("decorated", [_generator, _async_generator, object, staticmethod(len), 7])
def test_what_cannot_be_decorated_is_a_type_error(decorated):
    """Generator functions run after the call; classes must be TestCases."""
    with pytest.raises(TypeError, match=r"fake_stripe (can't decorate|decorates)"):
        fake_stripe()(decorated)


def test_a_swallowed_refusal_is_an_assertion_error_at_the_end():
    """In a block, a function and an async function."""

    @fake_stripe()
    def function():
        refused()

    @fake_stripe()
    async def async_function():
        refused()

    with pytest.raises(AssertionError, match=r"swallowed the error:\n.*subscriptions"), fake_stripe():
        refused()
    with pytest.raises(AssertionError, match="swallowed"):
        function()
    with pytest.raises(AssertionError, match="swallowed"):
        asyncio.run(async_function())


@pytest.mark.parametrize("own", [KeyError, KeyboardInterrupt])
def test_an_exception_of_the_blocks_own_wins(own):
    """A refusal doesn't hide it."""
    with pytest.raises(own), fake_stripe():
        raises(own)


@pytest.mark.parametrize("skip", [unittest.SkipTest("later"), pytest.skip.Exception("later")])
def test_a_skip_after_a_refusal_fails(skip):
    """It would swallow the refusal."""
    with pytest.raises(AssertionError, match="swallowed"), fake_stripe():
        raises(skip)


def test_an_expected_refusal_is_none():
    """`stripe_balance.refused()` holds here, too."""
    with fake_stripe() as stripe_balance, stripe_balance.refused():
        stripe.Subscription.list()


def test_a_block_is_the_innermost_world(stripe_balance):
    """Inside a test with our fixtures the block answers, the fixture's objects too, and then the fixture."""
    outer = stripe_balance.customer().id
    with fake_stripe() as inner:
        assert inner.customer().id != outer
        with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
            stripe.Customer.retrieve(outer)
    assert stripe.Customer.retrieve(outer).id == outer
    assert len(stripe_balance.requests) == 2


AROUND_A_BLOCK = """
    import contextlib
    import pytest, stripe
    from pytest_stripe_balance import fake_stripe

    def refused():
        with contextlib.suppress(BaseException):
            stripe.Subscription.list()

    @fake_stripe()
    def decorated():
        refused()

    def test_swallowed_in_the_block_and_around_it(stripe_balance):
        with contextlib.suppress(Exception), fake_stripe():
            refused()

    def test_swallowed_around_it(stripe_balance):
        with contextlib.suppress(BaseException), fake_stripe():
            stripe.Subscription.list()

    def test_swallowed_around_a_function(stripe_balance):
        with contextlib.suppress(AssertionError):
            decorated()

    def test_another_error_of_the_block(stripe_balance):
        with pytest.raises(KeyError), fake_stripe():
            refused()
            raise KeyError

    def test_swallowed_around_two_blocks(stripe_balance):
        with contextlib.suppress(Exception), fake_stripe():
            with contextlib.suppress(Exception), fake_stripe():
                refused()

    def test_expected_around_it(stripe_balance):
        with stripe_balance.refused(match="/v1/subscriptions"), fake_stripe():
            refused()
        with stripe_balance.refused(match="/v1/subscriptions"), fake_stripe():
            stripe.Subscription.list()

    def test_expected_in_it(stripe_balance):
        with fake_stripe() as inner, inner.refused(match="/v1/subscriptions"):
            stripe.Subscription.list()
"""


def test_what_a_block_was_refused_fails_the_test_around_it(project):
    """Whatever swallowed the error, in a test with our fixtures it is told, unless the test expects it."""
    result = project.test(AROUND_A_BLOCK)
    result.assert_outcomes(failed=5, passed=2)
    lines = [line for line in result.outlines if line.startswith("GET /v1/subscriptions: ")]
    assert len(lines) == 5


UNTOLD = """
    import contextlib
    import pytest, stripe
    from pytest_stripe_balance import fake_stripe

    def test_a_fault(stripe_balance):
        with contextlib.suppress(AssertionError), fake_stripe() as inner:
            inner.faults.lose_answer()

    def test_a_stub(stripe_balance):
        with contextlib.suppress(AssertionError), fake_stripe() as inner:
            inner.stubs.answer("POST /v1/payouts", {})

    def test_a_handlers_error(stripe_balance):
        with contextlib.suppress(AssertionError), fake_stripe() as inner:
            inner.webhooks.endpoint(handler=lambda *_: 1 / 0)
            inner.customer()
            inner.webhooks.deliver()

    def test_told_by_the_block():
        with fake_stripe() as inner:
            inner.faults.lose_answer()

    def test_expected(stripe_balance):
        with stripe_balance.refused(match="has met these faults"), fake_stripe() as inner:
            inner.faults.lose_answer()
"""


def test_what_fails_a_block_at_its_end_fails_the_test_around_it(project):
    """A fault and a stub that no request has met, and an error of a webhook handler's."""
    result = project.test(UNTOLD)
    result.assert_outcomes(failed=4, passed=1)
    assert [line for line in result.outlines if "lose_answer(), armed at" in line]


def test_clock_and_contract_are_on_the_one_object():
    """Whoever has no fixtures has them there."""
    with fake_stripe() as stripe_balance:
        customer = stripe_balance.customer()
        assert stripe_balance.clock.advance(days=1) > customer.created
        assert stripe_balance.contract.check(customer) == []
        with pytest.raises(AssertionError, match="does not have the documented shape"):
            stripe_balance.contract.check({"object": "customer", "id": 1})


CASES = """
    import unittest
    import stripe
    from pytest_stripe_balance import fake_stripe

    @fake_stripe()
    class TestShop(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            cls.customer = cls.stripe_balance.customer(reconciliation="manual")
            cls.stripe_balance.fund(cls.customer, 500)

        @classmethod
        def tearDownClass(cls):
            assert cls.stripe_balance.available(cls.customer) == {"usd": 500}

        def setUp(self):
            self.stripe_balance.fund(self.customer, 100)

        def tearDown(self):
            assert self.stripe_balance.available(self.customer) in ({"usd": 600}, {"usd": 601})

        def test_one(self):
            self.stripe_balance.fund(self.customer, 1)
            assert self.stripe_balance.available(self.customer) == {"usd": 601}
            assert self.stripe_balance.events("customer.created")[-1].data.object.id == self.customer.id

        def test_two(self):
            assert self.stripe_balance.available(self.customer) == {"usd": 600}
            for number in range(2):
                with self.subTest(number=number):
                    stripe.Customer.retrieve(self.customer.id)

    class TestBelow(TestShop):
        @classmethod
        def setUpClass(cls):
            cls.mine = stripe.Customer.create().id
            super().setUpClass()

        def test_three(self):
            assert stripe.Customer.retrieve(self.mine).id == self.mine

    @fake_stripe()
    class TestAsync(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self):
            self.customer = self.stripe_balance.customer()

        async def test_it(self):
            assert stripe.Customer.retrieve(self.customer.id).id == self.customer.id
"""
SWALLOWING = """
    import unittest
    import stripe
    from pytest_stripe_balance import fake_stripe

    def refused():
        try:
            stripe.Subscription.list()
        except BaseException:
            pass

    @fake_stripe()
    class TestAll(unittest.TestCase):
        def test_swallows(self): refused()
        def test_skips(self):
            refused()
            self.skipTest("later")
        @unittest.expectedFailure
        def test_is_expected_to_fail(self):
            refused()
            raise ValueError
        @unittest.expectedFailure
        def test_passes_it_on(self): stripe.Subscription.list()
        def test_in_a_clean_up(self): self.addCleanup(refused)
        def test_is_well(self): stripe.Customer.list()
        def test_in_a_sub_test(self):
            with self.subTest():
                refused()

    class TestMethods(unittest.TestCase):
        @unittest.expectedFailure
        @fake_stripe()
        def test_is_expected_to_fail(self): refused()
        @unittest.expectedFailure
        @fake_stripe()
        def test_passes_it_on(self): stripe.Subscription.list()
        @fake_stripe()
        def test_swallows(self): refused()

    @fake_stripe()
    class TestSetUpClass(unittest.TestCase):
        @classmethod
        def setUpClass(cls): refused()
        def test_well(self): pass

    @fake_stripe()
    class TestTearDownClass(unittest.TestCase):
        @classmethod
        def tearDownClass(cls): stripe.Subscription.list()
        def test_well(self): pass

    @fake_stripe()
    class TestPassesOn(unittest.TestCase):
        @classmethod
        def setUpClass(cls): stripe.Subscription.list()
        def test_never_run(self): pass

    class TestAfter(unittest.TestCase):
        def test_well(self):
            self.assertIsNone(stripe.api_key)
"""


def test_a_class_has_a_world_and_each_test_a_copy_under_unittest(pytester):
    """From setUpClass to tearDownClass, for subclasses and async cases too, without pytest."""
    pytester.makepyfile(test_cases=CASES)
    done = _unittest(
        pytester, "import sys; assert 'pytest' not in sys.modules and '_pytest' not in sys.modules"
    )
    assert "Ran 6 tests" in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr


def test_a_class_has_a_world_and_each_test_a_copy_under_pytest(project):
    """The same file passes."""
    project.test(CASES).assert_outcomes(passed=6)


def test_a_class_of_a_suite_with_our_fixtures_is_the_innermost_world(project):
    """An autouse fixture of ours opens another world, below that of the class."""
    project.file(
        "conftest.py",
        "import pytest\\n@pytest.fixture(autouse=True)\\ndef _all(stripe_balance): pass".replace(
            "\\n", "\n"
        ),
    )
    project.test(CASES).assert_outcomes(passed=6)


def test_every_swallowed_refusal_fails_under_unittest(pytester):
    """In a test, a skip, an expected failure, a clean-up, a sub-test and each method of the class."""
    pytester.makepyfile(test_cases=SWALLOWING)
    done = _unittest(pytester)
    failed = {
        line.split()[1] for line in done.stderr.splitlines() if line.startswith(("FAIL:", "ERROR:"))
    }
    assert failed == {
        *("test_swallows", "test_skips", "test_is_expected_to_fail", "test_passes_it_on"),
        *("test_in_a_clean_up", "test_in_a_sub_test", "setUpClass", "tearDownClass"),
    }
    assert done.returncode == 1
    assert "Ran 13 tests" in done.stderr, done.stderr
    assert "expected failure" not in done.stderr.splitlines()[-1]


def test_every_swallowed_refusal_fails_under_pytest(project):
    """As under unittest."""
    result = project.test(SWALLOWING)
    outcomes = result.parseoutcomes()
    assert outcomes.get("xfailed", 0) == 0
    assert outcomes["passed"] <= 5, result.outlines
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 12, result.outlines


def test_an_xfail_mark_does_not_expect_a_refusal(project):
    """Neither of a function, nor of a method of a class: what the fake refuses fails the test."""
    result = project.test("""
        import contextlib
        import unittest
        import pytest
        import stripe
        from pytest_stripe_balance import fake_stripe

        def refused():
            with contextlib.suppress(BaseException):
                stripe.Subscription.list()

        @pytest.mark.xfail
        @fake_stripe()
        def test_swallows():
            refused()

        @pytest.mark.xfail
        @fake_stripe()
        def test_passes_on():
            stripe.Subscription.list()

        @fake_stripe()
        def test_fails_by_itself():
            refused()
            pytest.xfail("later")

        @pytest.mark.xfail
        @fake_stripe()
        class TestShop(unittest.TestCase):
            def test_swallows(self): refused()
            def test_passes_on(self): stripe.Subscription.list()

        @pytest.mark.xfail
        @fake_stripe()
        def test_of_its_own():
            raise ValueError
    """)
    result.assert_outcomes(failed=5, xfailed=1)


def test_each_example_of_hypothesis_has_a_world(project):
    """Where the decorator is below `given`."""
    result = project.test("""
        import stripe
        from hypothesis import given, settings, strategies as st
        from pytest_stripe_balance import fake_stripe

        @settings(max_examples=5, deadline=None)
        @given(number=st.integers(1, 3))
        @fake_stripe()
        def test_it(number):
            assert len(stripe.Customer.list().data) == 0
            for _ in range(number):
                stripe.Customer.create()
    """)
    result.assert_outcomes(passed=1)


def _unittest(pytester, more=""):
    program = "import unittest; unittest.main(module=None, argv=['unittest', 'test_cases'], exit=False)"
    command = [sys.executable, "-m", "unittest", "test_cases"]
    if more:
        command = [sys.executable, "-c", f"{program}\n{more}"]
        command[2] = command[2].replace("exit=False)", "exit=False).result.wasSuccessful() or exit(1)")
    return subprocess.run(
        command, cwd=pytester.path, capture_output=True, text=True, timeout=100, check=False
    )


DJANGO = """
    import stripe
    from django.test import TestCase
    from pytest_stripe_balance import fake_stripe

    @fake_stripe()
    class ShopTest(TestCase):
        @classmethod
        def setUpTestData(cls):
            cls.customer = cls.stripe_balance.customer(reconciliation="manual").id
            cls.balance = cls.stripe_balance
            cls.stripe_balance.fund(cls.customer, 500)

        def test_one(self):
            self.stripe_balance.fund(self.customer, 1)
            assert self.balance.available(self.customer) == {"usd": 501}

        def test_two(self):
            assert self.stripe_balance.available(self.customer) == {"usd": 500}

    @fake_stripe()
    class RefusedTest(TestCase):
        @classmethod
        def setUpTestData(cls):
            stripe.Subscription.list()

        def test_never_run(self): pass

    class AfterTest(TestCase):
        def test_well(self):
            assert stripe.api_key is None
"""


def _django(pytester, code, *options):
    """Run a module of tests with Django's own runner; give what it wrote."""
    pytest.importorskip("django")
    pytester.makepyfile(test_shop=code)
    pytester.makepyfile(
        settings="SECRET_KEY = 'x'\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}"
    )
    command = [sys.executable, "-m", "django", "test", "--settings=settings", "--pythonpath=.", *options]
    return subprocess.run(
        command, cwd=pytester.path, capture_output=True, text=True, timeout=100, check=False
    ).stderr


def test_django_runs_it(pytester):
    """By `manage.py test`: setUpTestData writes to the class's world, and its atomic block ends."""
    told = _django(pytester, DJANGO)
    assert "Ran 3 tests" in told, told
    assert "FAILED (errors=1)" in told or "FAILED (failures=1)" in told, told
    assert "setUpClass (test_shop.RefusedTest)" in told


PARALLEL = """
    import stripe
    from django.test import SimpleTestCase
    from pytest_stripe_balance import fake_stripe

    class Shop(SimpleTestCase):
        @classmethod
        def setUpClass(cls):
            super().setUpClass()
            cls.customer = cls.stripe_balance.customer(reconciliation="manual").id

        def test_well(self):
            assert self.stripe_balance.available(self.customer) == {}

        def test_well_too(self):
            assert stripe.Customer.retrieve(self.customer).id == self.customer

    @fake_stripe()
    class OneTest(Shop): pass

    @fake_stripe()
    class TwoTest(Shop): pass
"""


def test_django_runs_it_in_parallel(pytester):
    """By `manage.py test --parallel`, whose processes keep no failures that can be counted."""
    told = _django(pytester, PARALLEL, "--parallel=2", "test_shop.OneTest", "test_shop.TwoTest")
    assert "Ran 4 tests" in told, told
    assert told.endswith("OK\n"), told


@pytest.mark.parametrize("kind", ["addFailure", "addError", "addSubTest"])
def test_a_failure_in_a_parallel_process_of_django_is_told_alone(kind):
    """A test that has failed already isn't failed by what was refused as well, and one that hasn't is."""
    runner = pytest.importorskip("django.test.runner")
    result = runner.RemoteTestResult()

    @fake_stripe()
    class Case(unittest.TestCase):
        is_failed = True

        def test_it(self):
            refused()
            if self.is_failed:
                result.events.append((kind, 0, None))

    told = []
    result.addFailure = lambda *given: told.append(given[1][0].__name__)
    case = Case("test_it")
    case.run(result)
    assert told == []
    case.is_failed = False
    case.run(result)
    assert told == ["SwallowedRefusalError"]
