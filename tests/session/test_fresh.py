"""`stripe_balance.fresh()`: a world as it was when the test began, for each example of a loop."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_stripe_balance import fake_stripe
from pytest_stripe_balance.fixtures.balance import StripeBalance
from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session import Fake, Session, Settings

WIDER = Settings(newest_api_version(), name="tests/test_shop.py")
TEST = WIDER._replace(name="tests/test_shop.py::test_order")


def test_a_fresh_world_is_as_the_tests_own_was_at_first(stripe_balance, stripe_clock):
    """Objects, time and ids begin anew in each one, and the test's own is back untouched."""
    began = stripe_clock.now
    own = stripe_balance.customer()
    stripe_balance.fund(own, 500)
    stripe_clock.advance(days=3)
    before = stripe_clock.now, stripe_balance.report()
    made = set()
    for _ in range(3):
        with stripe_balance.fresh():
            assert (stripe_clock.now, stripe_balance.requests, stripe_balance.events()) == (
                began,
                [],
                [],
            )
            with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
                stripe.Customer.retrieve("cus_other")
            customer = stripe_balance.customer()
            made.add((customer.id, customer.created, stripe_balance.customer().id))
            stripe_clock.advance(days=80)
    assert len(made) == 1
    assert own.id == made.pop()[0]
    assert (stripe_clock.now, stripe_balance.report()) == before
    assert stripe_balance.available(own) == {"usd": 500}


def test_a_fresh_world_below_a_wider_one_has_that_ones_objects():
    """It begins as the test's copy began, whatever the wider world has made since."""
    outer = Fake(WIDER)
    with outer.tapped():
        customer = StripeBalance(outer).customer()
    test = Fake(TEST, outer=outer)
    with outer.tapped():
        later = StripeBalance(outer).customer()
    with test.tapped():
        balance = StripeBalance(outer)
        balance.fund(customer, 100)
        with balance.fresh():
            assert balance.available(customer) == {}
            with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
                balance.available(later)
            mine = balance.customer().id
        assert balance.available(customer) == {"usd": 100}
    with Fake(TEST, outer=outer).tapped():
        assert balance.customer().id == mine  # ids are the test's own
    assert outer.world.ledger.available(customer.id) == {}


@given(amounts=st.lists(st.integers(1, 500), max_size=4))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_each_example_has_a_world_of_its_own(stripe_balance, amounts):
    """What one example paid is not there in the next."""
    with stripe_balance.fresh():
        customer = stripe_balance.customer()
        for amount in amounts:
            stripe_balance.fund(customer, amount)
        assert stripe_balance.available(customer).get("usd", 0) == sum(amounts)
        assert len(stripe_balance.requests) == len(amounts) + 1


def test_fresh_worlds_nest(stripe_balance):
    """The inner one begins as the test began, and the outer one is back after it."""
    with stripe_balance.fresh():
        first = stripe_balance.customer().id
        with stripe_balance.fresh():
            assert stripe_balance.customer().id == first
            assert stripe_balance.customer().id != first
        assert len(stripe_balance.requests) == 1


def test_a_fresh_world_answers_above_a_block_of_another(stripe_balance):
    """The innermost block answers, whatever it is."""
    with fake_stripe() as inner:
        mine = inner.customer().id
        with inner.fresh():
            assert inner.customer().id == mine
        assert len(inner.requests) == 1
    assert stripe_balance.requests == []


def test_refusals_and_assumptions_of_a_fresh_world_are_the_tests(stripe_balance, _stripe_session):
    """A refusal is expected, or fails the test, as outside."""
    with stripe_balance.fresh(), stripe_balance.refused():
        stripe.Subscription.list()
    with stripe_balance.refused(), stripe_balance.fresh():
        stripe.Subscription.list()
    with stripe_balance.fresh():
        stripe_balance.customer()
        stripe.Customer.list(limit=-1)
    assert "list-limit" in _stripe_session.assumptions


def test_a_swallowed_refusal_in_a_fresh_world_fails_the_test(project):
    """In an example of hypothesis, too."""
    result = project.test("""
        import contextlib, stripe
        from hypothesis import given, strategies as st, settings, HealthCheck

        def refused():
            with contextlib.suppress(BaseException):
                stripe.Subscription.list()

        def test_block(stripe_balance):
            with stripe_balance.fresh():
                refused()

        @settings(suppress_health_check=list(HealthCheck), max_examples=3)
        @given(number=st.integers())
        def test_example(stripe_balance, number):
            with stripe_balance.fresh():
                refused()
    """)
    result.assert_outcomes(failed=2)


def test_the_report_shows_the_fresh_world_that_failed(project):
    """Its tables come first, and after them those of the test's own world."""
    result = project.test("""
        def test_it(stripe_balance):
            stripe_balance.fund(stripe_balance.customer(), 7)
            with stripe_balance.fresh():
                stripe_balance.fund(stripe_balance.customer(), 600)
                raise ValueError("in the block")
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["in `stripe_balance.fresh()`, which failed:", "*600*", "outside of it:", "*7*"]
    )


@pytest.mark.parametrize("mode", ["live", "record", "check", "replay"])
def test_where_stripe_answers_fresh_is_an_error(mode):
    """What Stripe holds can't be put aside: the error names the verb and the mode."""
    session = Session(Settings(newest_api_version(), mode=mode))
    with (
        session.tapped(),
        pytest.raises(RuntimeError, match=rf"stripe_balance\.fresh is fake only.*'{mode}'"),
    ):
        StripeBalance(session).fresh()


def test_requests_of_threads_are_answered_in_the_fresh_world(stripe_balance):
    """Whatever thread asks, the fresh world answers while its block is open."""
    with stripe_balance.fresh(), ThreadPoolExecutor() as pool:
        ids = set(pool.map(lambda _: stripe.Customer.create().id, range(8)))
        assert len(ids) == len(stripe_balance.requests) == 8
    assert stripe_balance.requests == []
