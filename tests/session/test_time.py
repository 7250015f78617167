"""Moments as people write them, and a world whose time goes with the app's."""

import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_stripe_balance.fixtures.balance import StripeBalance
from pytest_stripe_balance.fixtures.clock import StripeClock
from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session import BEGINNING, Fake, Settings
from pytest_stripe_balance.session.moments import seconds_of
from pytest_stripe_balance.session.settings import SYSTEM

DAY = 86_400
NOON = 1_767_268_800
SETTINGS = Settings(newest_api_version(), name="a test", now=SYSTEM)


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        (NOON, NOON),
        (str(NOON), NOON),
        ("2026-01-01T12:00Z", NOON),
        ("2026-01-01 13:00:00+01:00", NOON),
        (datetime(2026, 1, 1, 12, tzinfo=UTC), NOON),
        (datetime(2026, 1, 1, 7, tzinfo=timezone(timedelta(hours=-5))), NOON),
        (date(2026, 1, 1), BEGINNING),
        ("2026-01-01", BEGINNING),
    ],
)
def test_a_moment_is_read_in_each_of_its_forms(moment, seconds):
    """Seconds, ISO texts, aware datetimes, and dates, which are their midnight in UTC."""
    assert seconds_of(moment) == seconds


@pytest.mark.parametrize("moment", ["2026-01-01T12:00", datetime(2026, 1, 1)])  # noqa: DTZ001 - what is tested
def test_a_moment_without_a_time_zone_is_refused(moment):
    """The error says how to add one."""
    with pytest.raises(ValueError, match=r"has no time zone; (write|add)"):
        seconds_of(moment)


EPOCH, END = datetime(1970, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 - hypothesis adds a zone


@given(st.datetimes(min_value=EPOCH, max_value=END, timezones=st.timezones()))
@settings(deadline=None)
def test_a_moment_is_the_same_as_a_datetime_and_as_its_text(moment):
    """ISO texts of aware datetimes are read as these are."""
    assert seconds_of(moment.isoformat()) == seconds_of(moment) == int(moment.timestamp())


@pytest.mark.stripe_balance(now="2026-03-01T00:00Z")
def test_a_world_begins_at_an_iso_text(stripe_clock):
    """The marker takes one."""
    assert stripe_clock.now == 1_772_323_200


@pytest.mark.stripe_balance(now=date(2026, 3, 1))
def test_a_world_begins_at_a_date(stripe_clock):
    """The marker takes one: its midnight in UTC."""
    assert stripe_clock.now == 1_772_323_200


def test_the_clock_takes_what_python_has_for_time(stripe_clock):
    """A timedelta is a span, to which units can be added; texts, dates and datetimes are moments."""
    began = stripe_clock.now
    assert stripe_clock.advance(timedelta(days=1)) == began + DAY
    assert stripe_clock.advance(timedelta(days=1), hours=1) == began + 2 * DAY + 3600
    assert stripe_clock.travel_to("2026-02-01") == 1_769_904_000
    assert stripe_clock.travel_to(date(2026, 2, 2)) == 1_769_990_400
    assert stripe_clock.travel_to(datetime(2026, 2, 3, tzinfo=UTC)) == 1_770_076_800


@pytest.fixture(params=["freezegun", "time-machine"])
def travel(request):
    """Give what sets the app's time."""
    if request.param == "freezegun":
        freezegun = pytest.importorskip("freezegun")
        with freezegun.freeze_time("2026-01-01T12:00Z") as frozen:
            yield frozen.move_to
    else:
        time_machine = pytest.importorskip("time_machine")
        with time_machine.travel("2026-01-01T12:00Z", tick=False) as traveller:
            yield traveller.move_to


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def test_a_system_world_has_the_apps_time(travel):
    """Objects are created at `time.time()`, and nothing ticks by itself."""
    session = Fake(SETTINGS)
    with session.tapped():
        assert [stripe.Customer.create(api_key="sk_test_x").created for _ in range(3)] == [NOON] * 3
        travel(at(NOON + 3600))
        assert stripe.Customer.create(api_key="sk_test_x").created == int(time.time()) == NOON + 3600


def test_what_fell_due_happens_before_the_next_request(travel):
    """Cash that nobody claims goes back at its own moment, however far the app's time has jumped."""
    session = Fake(SETTINGS)
    with session.tapped():
        balance = StripeBalance(session)
        customer = balance.customer(reconciliation="manual")
        balance.fund(customer, 500)
        travel(at(NOON + 200 * DAY))
        assert [(row.type, row.created) for row in balance.ledger(customer)] == [
            ("funded", NOON),
            ("return_initiated", NOON + 75 * DAY),
        ]


def test_a_system_world_begins_with_its_first_request(travel):
    """Time that is frozen to an earlier day after the world was opened is the world's time."""
    session = Fake(SETTINGS)
    travel(at(NOON - DAY))
    with session.tapped():
        assert stripe.Customer.create(api_key="sk_test_x").created == NOON - DAY
        travel(at(NOON - 2 * DAY))
        assert stripe.Customer.create(api_key="sk_test_x").created == NOON - DAY
    with session.fresh():
        assert stripe.Customer.create(api_key="sk_test_x").created == NOON - 2 * DAY


def test_a_copy_of_a_system_world_doesnt_begin_before_it(travel):
    """Its objects are there already."""
    outer = Fake(SETTINGS)
    with outer.tapped():
        stripe.Customer.create(api_key="sk_test_x")
    travel(at(NOON - DAY))
    copy = Fake(SETTINGS, outer=outer)
    with copy.tapped():
        assert stripe.Customer.create(api_key="sk_test_x").created == NOON


def test_a_systems_clock_counts_what_was_advanced(travel):
    """The world's time is the app's and what `stripe_clock` has advanced; it never goes back."""
    session = Fake(SETTINGS)
    with session.tapped():
        clock = StripeClock(session)
        assert clock.advance(days=10) == NOON + 10 * DAY
        travel(at(NOON + DAY))
        assert clock.now == NOON + 11 * DAY
        travel(at(NOON - DAY))
        assert clock.now == NOON + 11 * DAY
        assert clock.advance(days=1) == NOON + 12 * DAY
        travel(at(NOON + 2 * DAY))
        assert clock.now == NOON + 13 * DAY
        assert clock.travel_to(NOON + 20 * DAY) == NOON + 20 * DAY


def test_ties_of_a_system_world_go_by_creation(travel):
    """Of two intents of one second the first one is paid first, and lists keep their order."""
    session = Fake(SETTINGS)
    with session.tapped():
        balance = StripeBalance(session)
        customer = balance.customer()
        first, second = (balance.bank_transfer_intent(customer, 1000) for _ in range(2))
        balance.fund(customer, 1500)
        api = getattr(balance.client, "v1", balance.client)
        assert api.payment_intents.retrieve(first.id).status == "succeeded"
        assert [one.id for one in api.payment_intents.list().data] == [second.id, first.id]


def test_a_copy_of_a_system_world_goes_on_with_the_app(travel):
    """It begins at the wider world's time, with what was advanced there."""
    outer = Fake(SETTINGS)
    outer.travel(NOON + 10 * DAY)
    travel(at(NOON + DAY))
    assert Fake(SETTINGS._replace(name="inner"), outer=outer).now == NOON + 11 * DAY


def test_a_fresh_system_world_begins_where_the_test_began(travel):
    """It catches up at its first request."""
    session = Fake(SETTINGS)
    with session.tapped():
        balance, clock = StripeBalance(session), StripeClock(session)
        clock.advance(days=5)
        travel(at(NOON + DAY))
        with balance.fresh():
            assert clock.now == NOON + DAY
        assert clock.now == NOON + 6 * DAY


def test_a_list_of_what_is_later_than_the_world_is_told_of(stripe_balance):
    """An app that asks for what was made since `time.time()` finds nothing in a world of its own time."""
    stripe.Event.list(created={"gte": BEGINNING})
    stripe.Event.list(created={"gt": BEGINNING, "lt": BEGINNING + DAY})
    stripe.Event.list(created={"gte": BEGINNING + 5 * DAY})
    report = stripe_balance.report()
    assert (
        "created[gte]=1767657600 (2026-01-06T00:00:00Z), and the world's time was 1767225600" in report
    )
    assert "created[gt]=1767225600" in report
    assert report.count("nothing was created later") == 2
