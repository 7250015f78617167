"""The fixture `stripe_faults` in a project of its users."""

import pytest

MONEY = """
    import pytest, stripe

    @pytest.fixture
    def intent(stripe_balance):
        customer = stripe_balance.customer(reconciliation="manual")
        stripe_balance.fund(customer, 1000)
        return stripe_balance.bank_transfer_intent(customer, 1000)
"""
APPLY = "POST /v1/payment_intents/{intent}/apply_customer_balance"


def test_a_lost_answer_moves_the_money_once(project):
    """stripe-python retries with its key, and the kept answer is replayed."""
    project.file("conftest.py", MONEY)
    project.test(
        f"""
        import stripe

        def test_it(stripe_balance, stripe_faults, intent):
            stripe_faults.lose_answer("{APPLY}")
            stripe.PaymentIntent.apply_customer_balance(intent.id, amount=400)
            assert stripe_balance.available(intent.customer) == {{"usd": 600}}
        """
    ).assert_outcomes(passed=1)


def test_a_fault_that_is_never_met_fails_the_test_with_its_line(project):
    """The test says nothing about it otherwise."""
    result = project.test(
        """
        import stripe

        def test_it(stripe_faults):
            stripe_faults.rate_limit("GET /v1/customers", times=2)
            stripe_faults.rate_limit("POST /v1/customers")
            try:
                stripe.Customer.create()
            except stripe.RateLimitError:
                pass
        """
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "No request of the test has met these faults:",
            "  rate_limit('GET /v1/customers'), armed at *test_it.py:5 in test_it",
        ]
    )
    result.stdout.no_fnmatch_line("*rate_limit('POST*")


@pytest.mark.parametrize(
    ("end", "outcome"),
    [("assert 0", "failed"), ("pytest.skip()", "skipped"), ("pytest.xfail()", "xfailed")],
)
def test_a_test_that_ends_early_needn_t_meet_it(end, outcome, project):
    """Its own outcome stands alone."""
    result = project.test(
        f"""
        import pytest

        def test_it(stripe_faults):
            stripe_faults.rate_limit()
            {end}
        """
    )
    result.assert_outcomes(**{outcome: 1})


def test_the_failing_report_marks_what_met_one(project):
    """The request and the verb are in the test's tables."""
    result = project.test(
        """
        import stripe

        def test_it(stripe_balance):
            stripe_balance.faults.refuse_connection()
            stripe.Customer.list()
            assert 0
        """
    )
    result.stdout.fnmatch_lines(["*---  GET *no answer came [[]stripe_faults.refuse_connection]"])


def test_in_a_mode_that_the_fake_does_not_answer_each_verb_is_refused_at_its_call(project, monkeypatch):
    """The fixture itself is there, so that only what uses it fails."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_1")
    project.test(
        """
        import pytest

        VERBS = "refuse_connection lose_answer time_out rate_limit lock_timeout server_error key_in_use "
        VERBS += "half_answer not_json error outage"

        @pytest.mark.parametrize("verb", VERBS.split())
        def test_it(stripe_faults, verb):
            message = f"stripe_faults.{verb} is fake only.*keeps the test on the fake"
            with pytest.raises(RuntimeError, match=message):
                getattr(stripe_faults, verb)()
        """,
        "--stripe-mode=live",
    ).assert_outcomes(passed=11)


def test_a_wider_world_has_no_faults_outside_a_test(project):
    """A fault is one test's: the error names the fixture. Inside a test the object arms the test's."""
    project.test(
        """
        import pytest, stripe

        @pytest.mark.usefixtures("class_stripe_balance")
        class TestIt:
            @pytest.fixture(scope="class", autouse=True)
            def made(self, class_stripe_balance):
                with pytest.raises(RuntimeError, match="Arm it in the test.*by stripe_faults"):
                    class_stripe_balance.faults.rate_limit()
                stripe.Customer.list()

            def test_in_a_copy(self, class_stripe_balance):
                class_stripe_balance.faults.rate_limit()
                with pytest.raises(stripe.RateLimitError):
                    stripe.Customer.list()

            def test_in_another(self):
                stripe.Customer.list()
        """
    ).assert_outcomes(passed=2)


def test_a_test_case_has_faults_in_its_tests_alone(project):
    """As `self.stripe_balance.faults`, and not as that of the class."""
    result = project.test(
        """
        import unittest, stripe
        from pytest_stripe_balance import fake_stripe

        @fake_stripe()
        class ItTest(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                try:
                    cls.stripe_balance.faults.rate_limit()
                except RuntimeError as error:
                    cls.error = str(error)

            def test_it(self):
                assert "a fault belongs to one test, and this world to several" in self.error
                self.stripe_balance.faults.rate_limit()
                with self.assertRaises(stripe.RateLimitError):
                    stripe.Customer.list()

            def test_unmet(self):
                self.stripe_balance.faults.rate_limit()
        """
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*rate_limit(), armed at *test_it.py:* in test_unmet"])


def test_a_fault_of_a_set_up_may_be_met_in_the_test(project):
    """One that a fixture arms waits for the whole test, its clean-up included."""
    project.test(
        """
        import pytest, stripe

        @pytest.fixture
        def down(stripe_faults):
            stripe_faults.rate_limit()
            yield
            with pytest.raises(stripe.RateLimitError):
                stripe.Customer.list()

        def test_it(down):
            pass
        """
    ).assert_outcomes(passed=1)
