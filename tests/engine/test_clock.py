import re
import sys
from datetime import UTC, datetime, timedelta
from operator import itemgetter

import pytest
import stripe
from majors import as_dict, v1

from pytest_stripe_balance import StripeClock
from pytest_stripe_balance.engine import timers
from pytest_stripe_balance.fixtures.balance import StripeBalance
from pytest_stripe_balance.session import Fake, Session, Settings, newest_api_version

DAY = 86_400


@pytest.fixture
def customer(stripe_balance):
    return stripe_balance.customer(reconciliation="manual", email="ada@example.com").id


@pytest.fixture
def rows(stripe_balance, customer):
    """Give the customer's rows as type, amount and days since the first."""

    def told():
        ledger = stripe_balance.ledger(customer)
        begin = ledger[0].created
        return [(row.type, row.net_amount, (row.created - begin) / DAY) for row in ledger]

    return told


def test_time_stands_still_until_it_is_moved(stripe_clock):
    """The clock tells seconds since 1970, and moves by what it is told."""
    before = stripe_clock.now
    assert stripe_clock.now == before
    assert stripe_clock.advance(weeks=1, days=1, hours=1, minutes=1, seconds=1) == before + 694861
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    assert stripe_clock.travel_to(moment) == stripe_clock.now == int(moment.timestamp())
    assert stripe_clock.travel_to(stripe_clock.now + 5) == int(moment.timestamp()) + 5


def test_what_is_made_later_is_dated_later(stripe_balance, stripe_clock):
    """New objects carry the time that the clock was moved to."""
    now = stripe_clock.advance(days=3)
    assert stripe_balance.customer().created == now


def test_cash_that_nobody_claims_is_returned_after_75_days(stripe_balance, stripe_clock, customer, rows):
    """All of the balance goes back on the 75th day, not a second before; the event names no request."""
    landed = stripe_balance.fund(customer, 500).created
    stripe_clock.travel_to(landed + 75 * DAY - 1)
    assert rows() == [("funded", 500, 0)]
    stripe_clock.travel_to(landed + 75 * DAY)
    assert rows() == [("funded", 500, 0), ("return_initiated", -500, 75)]
    event = stripe_balance.events()[-1]
    assert event.data.object.type == "return_initiated"
    assert as_dict(event)["request"] == {"id": None, "idempotency_key": None}


def test_a_return_that_comes_back_is_the_merchants_after_90_days(
    stripe_balance, stripe_clock, customer, rows
):
    """The days count on from when the cash came: 75 and 90, not 90 after the return."""
    landed = stripe_balance.fund(customer, 500).created
    stripe_clock.travel_to(landed + 80 * DAY)
    stripe_balance.fail_return(stripe_balance.ledger(customer)[-1])
    stripe_clock.travel_to(landed + 90 * DAY - 1)
    assert rows()[-1] == ("return_canceled", 500, 80)
    stripe_clock.travel_to(landed + 90 * DAY)
    assert rows()[-1] == ("transferred_to_balance", -500, 90)
    row = stripe_balance.ledger(customer)[-1]
    booked = stripe.BalanceTransaction.retrieve(row.transferred_to_balance.balance_transaction)
    assert (booked.type, booked.amount, booked.source) == ("payment_unreconciled", 500, row.id)
    assert stripe_balance.available(customer) == {"usd": 0}


def test_a_return_comes_back_once(stripe_balance, stripe_clock, customer):
    """Neither a second time, nor from a row that is no return."""
    landed = stripe_balance.fund(customer, 500)
    stripe_clock.advance(days=76)
    returned = stripe_balance.ledger(customer)[-1]
    stripe_balance.fail_return(returned.id)
    with pytest.raises(ValueError, match="has come back already"):
        stripe_balance.fail_return(returned)
    with pytest.raises(ValueError, match="isn't a return"):
        stripe_balance.fail_return(landed)
    with pytest.raises(ValueError, match="no row 'ccsbtxn_1'"):
        stripe_balance.fail_return("ccsbtxn_1")


def test_the_days_count_from_when_the_balance_rose_above_zero(
    stripe_balance, stripe_clock, customer, rows
):
    """What is spent is not old any more; what lies beside it since then is."""
    first = stripe_balance.fund(customer, 300).created
    stripe_clock.advance(days=50)
    intent = stripe_balance.bank_transfer_intent(customer, 300)
    stripe.PaymentIntent.apply_customer_balance(intent.id)
    second = stripe_balance.fund(customer, 200).created
    stripe_clock.advance(days=10)
    stripe_balance.fund(customer, 100)
    stripe_clock.travel_to(first + 80 * DAY)
    assert rows()[-1][0] == "funded"
    stripe_clock.travel_to(second + 75 * DAY)
    assert rows()[-1][:2] == ("return_initiated", -300)
    assert stripe_balance.ledger(customer)[-1].created == second + 75 * DAY


def test_each_currency_has_its_own_days(stripe_balance, stripe_clock, customer):
    """What falls due happens in its order, each at its own moment."""
    euros = stripe_balance.fund(customer, 100, "eur").created
    stripe_clock.advance(days=5)
    dollars = stripe_balance.fund(customer, 100).created
    stripe_clock.advance(days=200)
    returned = [
        (row.currency, row.created)
        for row in stripe_balance.ledger(customer)
        if row.type == "return_initiated"
    ]
    assert returned == [("eur", euros + 75 * DAY), ("usd", dollars + 75 * DAY)]


def test_what_falls_due_happens_in_the_order_of_time(stripe_balance, stripe_clock, customer):
    """An invoice is overdue before older cash goes back, each at its own moment."""
    invoice = stripe_balance.bank_transfer_invoice(customer, 1000, days_until_due=10)
    landed = stripe_balance.fund(customer, 500).created
    seen = len(stripe_balance.events())
    stripe_clock.advance(days=80)
    told = [(event.type, event.created) for event in stripe_balance.events()[seen:]]
    assert told == [
        ("invoice.overdue", invoice.due_date),
        ("customer_cash_balance_transaction.created", landed + 75 * DAY),
    ]


def test_what_falls_due_at_once_happens_in_the_order_of_kinds_and_of_creation(
    stripe_balance, stripe_clock, customer
):
    """At one second cash goes back first, then refunds expire, then invoices are overdue, oldest first."""
    landed = stripe_balance.fund(customer, 500).created
    stripe_clock.travel_to(landed + 30 * DAY)
    asked = stripe.Refund.create(
        origin="customer_balance",
        customer=customer,
        amount=200,
        currency="usd",
        instructions_email="ada@example.com",
    )
    moment = landed + 75 * DAY
    assert asked.next_action.display_details.expires_at == moment
    bills = [
        stripe_balance.bank_transfer_invoice(customer, amount, due_date=moment).id
        for amount in (1000, 900, 1100)
    ]
    seen = len(stripe_balance.events())
    stripe_clock.travel_to(moment)
    told = [as_dict(event) for event in stripe_balance.events()[seen:]]
    assert {event["created"] for event in told} == {moment}
    rows = stripe_balance.ledger(customer)[-3:]
    assert [row.type for row in rows] == ["return_initiated", "return_canceled", "return_initiated"]
    objects = [event["data"]["object"]["id"] for event in told]
    assert objects == [rows[0].id, rows[1].id, asked.id, asked.id, rows[2].id, *bills]


class Crowd:
    """Many that wait for time: cash, refunds, drafts, bills that the money of a refund pays."""

    def __init__(self, assume):
        settings = Settings(newest_api_version(), name="a crowd", assume=assume)
        self.session = Fake(settings)
        with self.session.tapped():
            balance = StripeBalance(self.session)
            for number in range(6):
                self.wait(balance, number)
            self.wait_twice(balance)

    def wait(self, balance, number):
        customer = balance.customer("automatic" if number % 2 else "manual", email="ada@example.com").id
        for currency in ("usd", "eur")[: number % 3]:
            balance.fund(customer, 500, currency)
        intent = balance.bank_transfer_intent(customer, 500)
        balance.fund(customer, 500 + number)
        api = v1(balance.client)
        if number % 2 == 0:
            api.payment_intents.apply_customer_balance(intent.id)
        api.refunds.create({"payment_intent": intent.id, "amount": 400})
        cash = {"origin": "customer_balance", "currency": "usd", "amount": 1 + number}
        if number % 3:
            api.refunds.create({**cash, "customer": customer})
        balance.bank_transfer_invoice(customer, 450, finalize=False, auto_advance=True)
        balance.bank_transfer_invoice(customer, 400, days_until_due=44 + number)

    def wait_twice(self, balance):
        """Let cash wait that one refund's money takes to zero, by a bill, and another's brings back."""
        customer = balance.customer("automatic", email="ada@example.com").id
        intent = balance.bank_transfer_intent(customer, 460)
        balance.fund(customer, 460)
        balance.fund(customer, 50)
        for amount in (400, 60):
            v1(balance.client).refunds.create({"payment_intent": intent.id, "amount": amount})
        balance.bank_transfer_invoice(customer, 450)
        balance.bank_transfer_invoice(customer, 9_000, days_until_due=100)

    def events(self):
        found = [(one.created, one.type, one.subject) for one in self.session.world.events]
        self.session.world.check()
        return found


def first_of_all(world, until):
    """Find what falls due first by looking at all there is."""
    kinds = timers._KINDS
    found = [(record.due_at, kind, record) for kind in kinds for record in kind.records(world)]
    found = [one for one in found if one[0] is not None and one[0] <= until]
    return min(found, key=itemgetter(0), default=None)


@pytest.mark.parametrize("unanswered", ["failed", "credited"])
def test_what_was_written_on_the_way_is_seen(unanswered):
    """What comes to be due by what fell due before it happens as if all were looked at after each."""
    assume = {"refund-unanswered": unanswered}
    crowd, other = Crowd(assume), Crowd(assume)
    began = crowd.session.now
    until = began + 200 * DAY
    crowd.session.travel(until)
    world = other.session.world
    while (following := first_of_all(world, until)) is not None:
        moment, kind, record = following
        world.clock.now, world.cause = max(world.clock.now, moment), None
        with world.transaction():
            kind.fall_due(world, record)
    assert crowd.events() == other.events()
    came_back_later = crowd.events()[-1][0] > began + 100 * DAY
    assert came_back_later == (unanswered == "credited")


def calls_of(act):
    """Count the calls of functions that an act makes."""
    calls = []
    sys.setprofile(lambda _, event, given: calls.append(given) if "call" in event else None)
    try:
        act()
    finally:
        sys.setprofile(None)
    return len(calls)


def test_the_clock_costs_by_what_falls_due(stripe_balance, customer):
    """Whatever there is that falls due later or never, time moves on in as many calls of functions."""
    session, counts = stripe_balance._session, []
    for _ in range(2):
        for number in range(5):
            stripe_balance.bank_transfer_invoice(customer, 1000, days_until_due=90 + number)
            stripe_balance.fund(stripe_balance.customer(reconciliation="manual"), 500)
            v1(stripe_balance.client).refunds.create(
                {
                    "origin": "customer_balance",
                    "customer": customer,
                    "currency": stripe_balance.fund(customer, 100).currency,
                    "amount": 100,
                    "instructions_email": "ada@example.com",
                }
            )
        counts.append(calls_of(lambda: session.travel(session.now + DAY)))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("way_out", ["an item", "delete"])
def test_a_draft_too_small_to_finalize_is_named_with_the_ways_out(way_out, billing, stripe_clock):
    """A draft that advances and can't be finalized stops the clock by name; what is said frees it."""
    small = billing.draft(10, auto_advance=True)
    said = rf"finalizing {small.id}, .*\$0\.10 usd.*at least \$0\.50.*by its items, or delete the draft"
    with billing.balance.refused(match=said):
        stripe_clock.advance(days=1)
    if way_out == "delete":
        stripe.Invoice.delete(small.id)
    else:
        stripe.InvoiceItem.create(customer=billing.customer, invoice=small.id, amount=40, currency="usd")
    until = stripe_clock.now + DAY
    assert stripe_clock.advance(days=1) == until
    if way_out == "an item":
        assert billing.status(small) == ["open"]


def test_what_is_due_already_happens_now(stripe_balance, stripe_clock, customer, rows):
    """Cash whose return came back after the 90th day is the merchant's from then on, not from before."""
    landed = stripe_balance.fund(customer, 500).created
    stripe_clock.travel_to(landed + 95 * DAY)
    stripe_balance.fail_return(stripe_balance.ledger(customer)[-1])
    moment = stripe_clock.now
    stripe_clock.advance(days=1)
    assert rows()[-1][:2] == ("transferred_to_balance", -500)
    assert stripe_balance.ledger(customer)[-1].created == moment


@pytest.fixture
def refund(customer):
    """Refund cash of the customer to a bank, which a cancel brings back."""

    def made(amount):
        return stripe.Refund.create(
            origin="customer_balance",
            customer=customer,
            amount=amount,
            currency="usd",
            instructions_email="ada@example.com",
        ).id

    return made


def test_younger_cash_that_comes_back_leaves_the_balance_as_old_as_it_was(
    stripe_balance, stripe_clock, customer, rows, refund
):
    """When two refunds are canceled, the days count from the older cash."""
    landed = stripe_balance.fund(customer, 300).created
    older = refund(300)
    stripe_clock.advance(days=10)
    stripe_balance.fund(customer, 200)
    younger = refund(100)
    for back in (older, younger):
        stripe.Refund.cancel(back)
    stripe_clock.travel_to(landed + 75 * DAY)
    assert rows()[-1] == ("return_initiated", -500, 75)


def test_a_return_that_came_back_is_not_tried_again_after_a_refund(
    stripe_balance, stripe_clock, customer, rows, refund
):
    """Cash whose return failed is the merchant's at 90 days, even if a refund of it was canceled since."""
    landed = stripe_balance.fund(customer, 500).created
    stripe_clock.travel_to(landed + 80 * DAY)
    stripe_balance.fail_return(stripe_balance.ledger(customer)[-1])
    stripe.Refund.cancel(refund(500))
    stripe_clock.travel_to(landed + 90 * DAY)
    assert rows()[-1] == ("transferred_to_balance", -500, 90)


@pytest.mark.parametrize("moment", [1_800_000_000.5, 1_800_000_000.0, None, True, b"2030-01-01"])
def test_what_is_no_moment_is_a_type_error(stripe_clock, moment):
    """A fraction would be in each answer that comes after; the error says what a moment is."""
    before = stripe_clock.now
    with pytest.raises(TypeError, match="give whole seconds since 1970, an ISO text"):
        stripe_clock.travel_to(moment)
    assert stripe_clock.now == before


UNITS = "weeks, days, hours, minutes and seconds, as in advance(days=75); for months there is travel_to"
DAYS_75 = timedelta(days=75)
NO_SPANS = {
    "no unit": (lambda clock: clock.advance(75), "75"),
    "two timedeltas": (lambda clock: clock.advance(DAYS_75, DAYS_75), repr(DAYS_75)),
    "no fixed length": (lambda clock: clock.advance(months=2), "months=2"),
    "a slip beside a unit": (lambda clock: clock.advance(day=1, hours=2), "day=1"),
}


@pytest.mark.parametrize(("move", "culprit"), NO_SPANS.values(), ids=NO_SPANS)
def test_what_is_no_span_is_a_type_error(stripe_clock, move, culprit):
    """The error names what was given and the units that there are, and time stays."""
    before = stripe_clock.now
    told = f"stripe_clock.advance: {culprit} is no span; the units are {UNITS}"
    with pytest.raises(TypeError, match=f"^{re.escape(told)}$"):
        move(stripe_clock)
    assert stripe_clock.now == before


def test_a_unit_that_is_no_number_is_a_type_error(stripe_clock):
    """The error names the call."""
    with pytest.raises(TypeError, match=r"^stripe_clock\.advance: .*component: str; give numbers"):
        stripe_clock.advance(days="2")


@pytest.mark.parametrize(
    ("move", "message"),
    [
        (lambda clock: clock.travel_to(0), "time only moves on"),
        (lambda clock: clock.advance(seconds=-1), "time only moves on"),
        (lambda clock: clock.advance(days=4_000_000), "up to the year 9999"),
        (lambda clock: clock.advance(seconds=0.5), "not a whole number of seconds"),
        (lambda clock: clock.advance(days=1e12), "not a span of time"),
        (lambda clock: clock.advance(hours=float("nan")), "not a span of time"),
        (lambda clock: clock.travel_to(datetime(2027, 1, 1)), "has no time zone"),  # noqa: DTZ001 - what is tested
    ],
)
def test_a_moment_that_cannot_be_is_refused(stripe_clock, move, message):
    """The error says what is wrong with the moment, and time stays."""
    before = stripe_clock.now
    with pytest.raises(ValueError, match=message):
        move(stripe_clock)
    assert stripe_clock.now == before


@pytest.mark.parametrize("mode", ["live", "record", "check", "replay"])
def test_where_stripe_answers_the_clock_is_an_error(mode):
    """Stripe's time can't be moved: the error names the verb and the mode."""
    session = Session(Settings(newest_api_version(), mode=mode))
    clock = StripeClock(session)
    for move in (lambda: clock.now, lambda: clock.advance(days=1), lambda: clock.travel_to(0)):
        message = rf"stripe_clock\.\w+ is fake only.*'{mode}'"
        with session.tapped(), pytest.raises(RuntimeError, match=message):
            move()


def test_a_clock_moves_connected_accounts_too(stripe_balance, stripe_clock):
    """Every world shares the time, and what falls due in any of them happens."""
    account = {"stripe_account": "acct_1"}
    customer = stripe.Customer.create(**account).id
    stripe.Customer.TestHelpers.fund_cash_balance(customer, amount=100, currency="usd", **account)
    stripe_clock.advance(days=76)
    rows = stripe.Customer.list_cash_balance_transactions(customer, **account)
    assert [row.type for row in rows] == ["return_initiated", "funded"]
    assert timedelta(seconds=rows.data[0].created - rows.data[1].created) == timedelta(days=75)


def test_a_transfer_is_explained(stripe_balance):
    """A row that brought money tells what became of it; one that didn't, can't."""
    payer = stripe_balance.customer()
    intent = stripe_balance.bank_transfer_intent(payer, 1000)
    told = stripe_balance.explain(stripe_balance.fund(payer, 1000))
    assert f"$10.00 usd to intent {intent.id}" in told
    with pytest.raises(ValueError, match="is applied_to_payment, and is never reconciled"):
        stripe_balance.explain(stripe_balance.ledger(payer)[-1])
    with pytest.raises(ValueError, match="no row 'ccsbtxn_1'"):
        stripe_balance.explain("ccsbtxn_1")


def test_a_transfer_to_a_manual_customer_is_explained(stripe_balance, customer):
    """In manual mode the words say that the cash waits for the caller."""
    assert "was manual" in stripe_balance.explain(stripe_balance.fund(customer, 1000))
