"""Refunds: to the bank, to the cash balance, and of the cash balance (docs/stripe.md 1.8, 3.7, 5.6)."""

import re

import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance.engine.money import balance_transactions
from pytest_stripe_balance.engine.refunds import refunds
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.fixtures.balance import StripeBalance
from pytest_stripe_balance.fixtures.event_owners import owner_of
from pytest_stripe_balance.session import Session, Settings, newest_api_version

DAY = 86_400
ROW, MADE, CHARGE, CHANGED, FAILED = (
    "customer_cash_balance_transaction.created",
    "refund.created",
    "charge.refunded",
    "refund.updated",
    "refund.failed",
)
PAID, LEFT = ["charge.succeeded", "payment_intent.succeeded"], "cash_balance.funds_available"
ADA = "ada@example.com"


class Desk:
    """A manual customer with an e-mail and a paid intent of 1000 usd, and what happened since."""

    def __init__(self, balance, session):
        self.balance, self.world = balance, session.world
        self.customer = balance.customer(reconciliation="manual", email=ADA).id
        self.intent = balance.bank_transfer_intent(self.customer, 1000).id
        balance.fund(self.customer, 1500)
        stripe.PaymentIntent.apply_customer_balance(self.intent)
        self.before = len(self.rows()), len(balance.events())

    def refund(self, amount=300, **params):
        return stripe.Refund.create(payment_intent=self.intent, amount=amount, **params)

    def of_cash(self, amount=300, **params):
        given = {"customer": self.customer, "currency": "usd", "origin": "customer_balance"}
        return stripe.Refund.create(amount=amount, **{**given, **params})

    def step(self, name, refund):
        own = {"cancel": stripe.Refund.cancel, "expire": stripe.Refund.TestHelpers.expire}
        act = own.get(name) or getattr(self.balance, name)
        return act(refund.id)

    def rows(self):
        return [(row.type, row.net_amount) for row in self.balance.ledger(self.customer)]

    def new_rows(self):
        return self.rows()[self.before[0] :]

    def new_events(self):
        return [event.type for event in self.balance.events()[self.before[1] :]]

    def charge(self):
        return stripe.PaymentIntent.retrieve(self.intent, expand=["latest_charge"]).latest_charge

    def refunded(self):
        charge = self.charge()
        return charge.amount_refunded, charge.refunded

    def booked(self, refund):
        """Tell what the merchant's balance gave and got for a refund."""
        told = as_dict(stripe.Refund.retrieve(refund.id))
        ids = (told["balance_transaction"], told.get("failure_balance_transaction"))
        found = [stripe.BalanceTransaction.retrieve(one) for one in ids if one]
        assert all(one.source == refund.id for one in found)
        return [(one.type, one.amount) for one in found]

    def wait(self, days):
        self.world.clock.now += days * DAY


@pytest.fixture
def desk(stripe_balance, _stripe_session):
    return Desk(stripe_balance, _stripe_session)


def test_the_report_shows_refunds(desk):
    """A failing test's report lists each refund, and the rows that name it."""
    refund = desk.of_cash()
    told = desk.balance.report()
    assert re.search(rf"{refund.id}\s+\$3\.00 +usd +requires_action\s+{desk.customer}", told)
    assert re.search(rf"return_initiated +-\$3\.00 +\$2\.00 +usd\s+{refund.id}", told)


DETAILS, SETTLE, BOUNCE = "provide_bank_details", "settle_refund", "bounce_refund"
TAKEN, GIVEN_BACK = ("payment_refund", -300), ("payment_failure_refund", 300)
PATHS = {
    # the steps after its creation: its status, what is refunded, what is booked, the events of the steps
    "asked": ([], "requires_action", 300, [], []),
    "canceled": (["cancel"], "canceled", 0, [], [CHANGED]),
    "unanswered": (["expire"], "failed", 0, [], [CHANGED, FAILED]),
    "answered": ([DETAILS], "pending", 300, [TAKEN], [CHANGED]),
    "there": ([DETAILS, SETTLE], "succeeded", 300, [TAKEN], [CHANGED] * 2),
    "bounced": ([DETAILS, BOUNCE], "requires_action", 300, [TAKEN], [CHANGED] * 2),
    "bounced and there": (
        [DETAILS, BOUNCE, DETAILS, SETTLE], "succeeded", 300, [TAKEN], [CHANGED] * 4),
    "bounced and canceled": (
        [DETAILS, BOUNCE, "cancel"], "canceled", 0, [TAKEN, GIVEN_BACK], [CHANGED] * 3),
    "bounced and unanswered": (
        [DETAILS, BOUNCE, "expire"], "failed", 0, [TAKEN, GIVEN_BACK], [CHANGED] * 3 + [FAILED]),
}  # fmt: skip
EVERY_PATH = pytest.mark.parametrize(
    ("steps", "status", "given", "booked", "events"), PATHS.values(), ids=PATHS
)


@EVERY_PATH
def test_a_refund_to_the_bank(desk, steps, status, given, booked, events):
    """Each way through the statuses ends with the charge, the bookings and the events of the table."""
    refund = desk.refund()
    for step in steps:
        refund = desk.step(step, refund)
    assert refund.status == status
    assert desk.refunded() == (given, False)
    assert desk.booked(refund) == booked
    assert desk.new_events() == [MADE, CHARGE, *events]
    assert desk.new_rows() == []


@EVERY_PATH
def test_a_refund_of_the_cash_balance(desk, steps, status, given, booked, events):
    """The same ways of a refund with an origin: rows in the ledger, and nothing of the merchant's."""
    refund = desk.of_cash()
    for step in steps:
        refund = desk.step(step, refund)
    back = [] if given else [("return_canceled", 300)]
    assert refund.status == status
    assert (refund.charge, refund.payment_intent) == (None, None)
    assert refund.customer == desk.customer
    assert desk.booked(refund) == []
    assert desk.new_rows() == [("return_initiated", -300), *back]
    if back:
        last = -2 if status == "failed" else -1
        events = [*events[:last], ROW, *events[last:]]
    assert desk.new_events() == [ROW, MADE, *events]
    assert desk.balance.available(desk.customer) == {"usd": 500 - given}
    assert desk.refunded() == (0, False)


def test_refunds_add_up_until_nothing_is_left(desk):
    """Partial refunds repeat up to the amount; the last takes what is left, and one more is refused."""
    seen = [desk.refund(300).amount, desk.balance.refund_to_cash_balance(desk.intent, 300).amount]
    assert desk.refunded() == (600, False)
    seen.append(stripe.Refund.create(payment_intent=desk.intent).amount)
    assert (seen, desk.refunded()) == ([300, 300, 400], (1000, True))
    with pytest.raises(stripe.InvalidRequestError) as caught:
        desk.refund(1)
    assert caught.value.code == "charge_already_refunded"


def test_what_was_canceled_can_be_refunded_again(desk):
    """A cancel makes room for another refund of all."""
    first = stripe.Refund.create(charge=desk.charge().id)
    stripe.Refund.cancel(first.id)
    assert stripe.Refund.create(charge=desk.charge().id, payment_intent=desk.intent).amount == 1000


def test_a_refund_says_what_it_was_given(desk):
    """Reason, metadata and the address stand on it, and who was asked until when."""
    refund = desk.refund(reason="duplicate", metadata={"order": "7"}, instructions_email="b@example.com")
    told = as_dict(refund)
    assert (told["reason"], told["metadata"]) == ("duplicate", {"order": "7"})
    assert (told["charge"], told["payment_intent"]) == (desk.charge().id, desk.intent)
    assert told["instructions_email"] == "b@example.com"
    assert told["next_action"]["display_details"] == {
        "email_sent": {"email_sent_at": refund.created, "email_sent_to": "b@example.com"},
        "expires_at": refund.created + 45 * DAY,
    }
    assert "livemode" not in told
    assert desk.refund().instructions_email == ADA


def test_the_kind_of_bank_transfer_is_the_currencys(desk):
    """A refund in eur goes by eu_bank_transfer, and has a reference when it is there."""
    desk.balance.fund(desk.customer, 300, "eur")
    refund = desk.of_cash(currency="EUR")
    assert as_dict(refund.destination_details) == {"type": "eu_bank_transfer", "eu_bank_transfer": {}}
    desk.step(DETAILS, refund)
    there = desk.step(SETTLE, refund).destination_details.eu_bank_transfer
    assert (len(there.reference), there.reference_status) == (12, "available")


@pytest.mark.parametrize(
    ("make", "steps", "rests"),
    [
        pytest.param(Desk.refund, [], True, id="of a payment, asked"),
        pytest.param(Desk.refund, [DETAILS], True, id="of a payment, answered"),
        pytest.param(Desk.refund, [DETAILS, SETTLE], False, id="of a payment, there"),
        pytest.param(Desk.of_cash, [DETAILS, SETTLE], True, id="of the cash balance, there"),
    ],
)
def test_only_refunds_of_payments_that_are_there_were_seen(desk, make, steps, rests, _stripe_session):
    """What a refund looks like on its way, or of the cash balance, rests on the assumption."""
    refund = make(desk)
    for step in steps:
        refund = desk.step(step, refund)
    rested = _stripe_session._readings.used
    rested.clear()
    stripe.Refund.retrieve(refund.id)
    assert ("refund-shape" in rested) == rests


def test_a_payment_can_be_refunded_for_180_days(desk):
    """The last second of the 180th day is in time, the next is too late."""
    (charge,) = desk.world.charges
    desk.world.clock.now = charge.created + 180 * DAY
    assert refunds.checked_amount(desk.world, charge, 300) == 300
    desk.world.clock.now += 1
    with pytest.raises(Fault, match="more than 180 days ago"):
        refunds.checked_amount(desk.world, charge, 300)


@pytest.mark.parametrize(("step", "reason"), [("cancel", "merchant_request"), ("expire", "unknown")])
def test_a_refund_that_ended_says_why(desk, step, reason):
    """failure_reason tells a cancel from silence, and nobody is asked any more."""
    told = as_dict(desk.step(step, desk.refund()))
    assert told["failure_reason"] == reason
    assert "next_action" not in told


def test_a_bounce_asks_again(desk):
    """Another e-mail is sent, and the 45 days begin again."""
    refund = desk.refund()
    desk.step(DETAILS, refund)
    desk.wait(30)
    asked = desk.step(BOUNCE, refund).next_action.display_details
    assert asked.email_sent.email_sent_at > refund.created + 30 * DAY
    assert asked.expires_at == asked.email_sent.email_sent_at + 45 * DAY


def test_events_say_what_was_before(desk):
    """previous_attributes name what changed, of a hash what changed in it."""
    desk.step("cancel", desk.refund(1000))
    refund = desk.refund()
    for step in (DETAILS, SETTLE):
        refund = desk.step(step, refund)
    events = [as_dict(event)["data"] for event in desk.balance.events()[desk.before[1] :]]
    before = [data.get("previous_attributes") for data in events]
    assert [bool((told or {}).pop("next_action", None)) for told in before] == [0, 0, 1, 0, 0, 1, 0]
    asked, reference = "requires_action", {"reference": None, "reference_status": None}
    assert before == [
        None,
        {"amount_refunded": 0, "refunded": False},
        {"status": asked, "failure_reason": None},
        None,
        {"amount_refunded": 0},
        {"status": asked, "balance_transaction": None},
        {"status": "pending", "destination_details": {"us_bank_transfer": reference}},
    ]


def test_metadata_changes_with_an_event_and_only_then(desk):
    """An update tells of the keys that changed; without a change there is no event."""
    refund = desk.refund(metadata={"a": "1", "b": "2"})
    for given in ({}, {"metadata": {"a": "1"}}, {"metadata": {"a": "9"}}, {"metadata": ""}):
        refund = stripe.Refund.modify(refund.id, **given)
    assert as_dict(refund.metadata) == {}
    changes = desk.balance.events(CHANGED)
    assert [as_dict(event)["data"]["previous_attributes"] for event in changes] == [
        {"metadata": {"a": "1"}},
        {"metadata": {"a": "9", "b": "2"}},
    ]


def test_lists_are_filtered(desk):
    """A list is of one charge, of one intent, or of a time, newest first."""
    refunded = [desk.refund(100).id for _ in range(2)]
    other = desk.of_cash()
    charge = desk.charge().id

    def listed(**params):
        return [refund.id for refund in stripe.Refund.list(**params).data]

    assert listed() == [other.id, *refunded[::-1]]
    assert listed(charge=charge) == listed(payment_intent=desk.intent) == refunded[::-1]
    assert listed(created={"gte": other.created}) == [other.id]
    assert listed(limit=1, starting_after=other.id) == refunded[1:]


def test_a_refund_to_the_cash_balance(desk):
    """It succeeds at once: row, refund, charge, then what lies there is told."""
    refund = desk.balance.refund_to_cash_balance(desk.intent)
    assert (refund.status, refund.amount) == ("succeeded", 1000)
    assert as_dict(refund.destination_details) == {
        "type": "customer_cash_balance",
        "customer_cash_balance": {},
    }
    assert desk.new_rows() == [("refunded_from_payment", 1000)]
    assert desk.balance.ledger(desk.customer)[-1].refunded_from_payment.refund == refund.id
    assert desk.new_events() == [ROW, MADE, CHARGE, LEFT]
    assert desk.booked(refund) == [("payment_refund", -1000)]
    assert desk.refunded() == (1000, True)
    assert as_dict(desk.balance.events(MADE)[0])["request"]["id"] is None


def test_what_comes_to_the_cash_balance_is_reconciled(desk):
    """A waiting intent of an automatic customer takes the refunded money."""
    stripe.Customer.modify_cash_balance(desk.customer, settings={"reconciliation_mode": "automatic"})
    stripe.Refund.cancel(desk.of_cash(500).id)
    waiting = desk.balance.bank_transfer_intent(desk.customer, 900)
    assert waiting.next_action.display_bank_transfer_instructions.amount_remaining == 400
    desk.balance.refund_to_cash_balance(desk.intent, 400)
    assert stripe.PaymentIntent.retrieve(waiting.id).status == "succeeded"
    assert desk.new_events()[-6:] == [ROW, MADE, CHARGE, ROW, *PAID]


def test_cash_that_comes_back_is_not_reconciled(desk):
    """A canceled refund of the cash balance leaves its cash lying there, whoever waits."""
    refund = desk.of_cash(500)
    stripe.Customer.modify_cash_balance(desk.customer, settings={"reconciliation_mode": "automatic"})
    waiting = desk.balance.bank_transfer_intent(desk.customer, 500)
    stripe.Refund.cancel(refund.id)
    assert stripe.PaymentIntent.retrieve(waiting.id).status == "requires_action"
    assert desk.new_events()[-2:] == [ROW, CHANGED]
    assert desk.balance.available(desk.customer) == {"usd": 500}


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (1001, "greater than charge amount"),
        (0, "above 0"),
        (-1, "above 0"),
    ],
)
def test_an_amount_that_cannot_be_refunded_is_a_value_error(desk, amount, told, everything_in):
    """What no call of Stripe's answers is told in Python's own way, and nothing changes."""
    before = everything_in(desk.world)
    with pytest.raises(ValueError, match=told):
        desk.balance.refund_to_cash_balance(desk.intent, amount)
    assert everything_in(desk.world) == before


def test_an_open_intent_has_nothing_to_refund_to_the_cash_balance(desk):
    """An intent without a charge is a ValueError, an unknown one Stripe's error."""
    waiting = desk.balance.bank_transfer_intent(desk.customer, 100)
    with pytest.raises(ValueError, match="does not have a successful charge"):
        desk.balance.refund_to_cash_balance(waiting)
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        desk.balance.refund_to_cash_balance("pi_nope")


WRONG = (
    ([], SETTLE, "is requires_action, and has to be pending: .*provide_bank_details"),
    ([], BOUNCE, "is requires_action, and has to be pending"),
    ([DETAILS], DETAILS, "is pending, and has to be requires_action"),
    ([DETAILS, SETTLE], BOUNCE, "is succeeded, and has to be pending$"),
    (["cancel"], DETAILS, "is canceled, and has to be requires_action"),
    (["expire"], SETTLE, "is failed, and has to be pending"),
)


@pytest.mark.parametrize(("steps", "step", "told"), WRONG)
def test_a_step_out_of_turn_is_a_value_error(desk, steps, step, told, everything_in):
    """A refund in another status stays as it is, and the message names the status that is due."""
    refund = desk.refund()
    for one in steps:
        desk.step(one, refund)
    before = everything_in(desk.world)
    with pytest.raises(ValueError, match=told):
        desk.step(step, refund)
    assert everything_in(desk.world) == before


FAKE_ONLY = ("refund_to_cash_balance", DETAILS, SETTLE, BOUNCE)


@pytest.mark.parametrize("method", FAKE_ONLY)
def test_what_stripe_cannot_do_is_fake_only(method):
    """In any other mode the method says its name and the mode, before anything is asked."""
    session = Session(Settings(newest_api_version(), mode="live"))
    elsewhere = StripeBalance(session)
    told = (
        rf"stripe_balance\.{method} is fake only.*'live', where Stripe's test mode answers: "
        r'@pytest\.mark\.stripe_balance\(mode="fake"\) keeps the test on the fake in every mode$'
    )
    with session.tapped(), pytest.raises(RuntimeError, match=told):
        getattr(elsewhere, method)("re_1")
    assert getattr(StripeBalance, method).__doc__.startswith("Fake only: ")


@pytest.mark.parametrize("method", FAKE_ONLY[1:])
def test_an_unknown_refund_is_stripes_error(desk, method):
    """A wrong id is looked up like anyone's."""
    with pytest.raises(stripe.InvalidRequestError, match="No such refund: 're_nope'"):
        getattr(desk.balance, method)("re_nope")


CREDITED = pytest.mark.stripe_balance(assume={"refund-unanswered": "credited"})


@CREDITED
def test_an_unanswered_refund_can_credit_the_cash_balance(desk):
    """With credited the customer has the money, once: the charge stays refunded, the merchant paid."""
    refund = desk.step("expire", desk.refund())
    assert refund.status == "failed"
    assert desk.new_rows() == [("refunded_from_payment", 300)]
    assert desk.booked(refund) == [TAKEN]
    assert desk.refunded() == (300, False)
    assert desk.new_events() == [MADE, CHARGE, ROW, CHANGED, FAILED, LEFT]
    assert stripe.Refund.create(payment_intent=desk.intent).amount == 700


@CREDITED
def test_a_bounced_refund_is_credited_from_what_was_taken(desk):
    """What the merchant's balance gave for the bank is not taken a second time."""
    refund = desk.refund()
    for step in (DETAILS, BOUNCE, "expire"):
        desk.step(step, refund)
    assert desk.booked(refund) == [TAKEN]
    (booked,) = [one for one in desk.world.balance_transactions if one.source == refund.id]
    assert booked.amount == -300


GOES_ON = pytest.mark.stripe_balance(assume={"origin-return-canceled": "reconciled"})


@pytest.mark.parametrize(
    ("step", "events"),
    [
        ("cancel", [ROW, CHANGED, ROW, *PAID, LEFT]),
        ("expire", [ROW, CHANGED, FAILED, ROW, *PAID, LEFT]),
    ],
)
@GOES_ON
def test_cash_that_comes_back_goes_on_by_the_other_reading(desk, step, events):
    """In automatic mode it pays who waits, after the refund's own events, and the rest is told of."""
    settings = {"reconciliation_mode": "automatic"}
    refund = desk.of_cash(500)
    stripe.Customer.modify_cash_balance(desk.customer, settings=settings)
    waiting = desk.balance.bank_transfer_intent(desk.customer, 400).id
    desk.before = len(desk.rows()), len(desk.balance.events())
    desk.step(step, refund)
    assert desk.new_rows() == [("return_canceled", 500), ("applied_to_payment", -400)]
    assert desk.new_events() == events
    assert stripe.PaymentIntent.retrieve(waiting).status == "succeeded"
    row = desk.balance.ledger(desk.customer)[-2]
    assert f"$4.00 usd to intent {waiting}" in desk.balance.explain(row)


@GOES_ON
def test_cash_that_comes_back_in_manual_mode_is_told_of_by_the_other_reading(desk):
    """Nothing is paid by itself, and cash_balance.funds_available follows."""
    desk.step("cancel", desk.of_cash())
    assert desk.new_events() == [ROW, MADE, ROW, CHANGED, LEFT]
    row = desk.balance.ledger(desk.customer)[-1]
    assert "it paid nothing and stays on the balance" in desk.balance.explain(row)


def test_cash_that_comes_back_lies_there(desk):
    """By default an intent that waits in automatic mode isn't paid by it, and no event tells of it."""
    refund = desk.of_cash(500)
    settings = {"reconciliation_mode": "automatic"}
    stripe.Customer.modify_cash_balance(desk.customer, settings=settings)
    desk.balance.bank_transfer_intent(desk.customer, 400)
    desk.before = len(desk.rows()), len(desk.balance.events())
    desk.step("cancel", refund)
    assert desk.new_rows() == [("return_canceled", 500)]
    assert desk.new_events() == [ROW, CHANGED]
    with pytest.raises(ValueError, match="is never reconciled"):
        desk.balance.explain(desk.balance.ledger(desk.customer)[-1])


@CREDITED
def test_cash_of_the_balance_comes_back_in_either_reading(desk):
    """A refund with an origin gives back by its own row, and credits nothing beside it."""
    desk.step("expire", desk.of_cash())
    assert desk.new_rows() == [("return_initiated", -300), ("return_canceled", 300)]


@pytest.mark.stripe_balance(assume={"refund-booking": "at-create"})
@pytest.mark.parametrize(
    ("steps", "booked"),
    [([], [TAKEN]), (["cancel"], [TAKEN, GIVEN_BACK]), ([DETAILS, SETTLE], [TAKEN])],
)
def test_the_merchant_can_pay_at_once(desk, steps, booked):
    """With at-create the amount is taken when the refund is made, and given back when it isn't."""
    refund = desk.refund()
    for step in steps:
        desk.step(step, refund)
    assert desk.booked(refund) == booked


@pytest.mark.parametrize(
    "prefix",
    ["pyr_", pytest.param("re_", marks=pytest.mark.stripe_balance(assume={"refund-id-prefix": "re"}))],
)
def test_the_id_has_the_prefix_of_the_reading(desk, prefix):
    """pyr_, as refunds of other charges with py_ have, or re_: nobody has seen a bank transfer's."""
    assert desk.refund().id.startswith(prefix)


def test_what_is_due_is_what_waits_for_details(desk):
    """Each refund that asks is due 45 days later, and fails then; no other is."""
    refund, answered = desk.refund(), desk.refund()
    desk.step(DETAILS, answered)
    world, ever = desk.world, 10**12
    ((moment, record),) = world.refunds.due(ever)
    assert (moment, record.id) == (refund.created + 45 * DAY, refund.id)
    refunds.fall_due(world, record)
    assert stripe.Refund.retrieve(refund.id).status == "failed"
    assert [*world.refunds.due(ever)] == []
    desk.step(BOUNCE, answered)
    ((moment, _),) = world.refunds.due(ever)
    assert moment > answered.created + 45 * DAY


@pytest.mark.parametrize("version", ["2023-10-16", "2026-10-28.endive"])
def test_a_refund_names_who_gets_it_and_what_paid(version, desk):
    """Its charge's customer and payment method; of the cash balance nothing paid. At every version."""
    paid = stripe.PaymentIntent.retrieve(desk.intent)
    told = [
        as_dict(stripe.Refund.retrieve(one.id, stripe_version=version))
        for one in (desk.refund(), desk.of_cash())
    ]
    keys = ("customer", "customer_account", "payment_method")
    assert [tuple(one[key] for key in keys) for one in told] == [
        (desk.customer, None, paid.payment_method),
        (desk.customer, None, None),
    ]


def test_events_are_of_this_tests_customers_refunds(desk, _stripe_session):
    """events() finds a refund by the customer that it names, and asks for nothing else."""
    desk.refund()
    desk.refund()
    asked = len(_stripe_session.exchanges)
    assert len(desk.balance.events(MADE)) == 2
    assert len(_stripe_session.exchanges) == asked + 1
    desk.balance._own = dict
    assert desk.balance.events(MADE) == []


def test_a_refund_that_names_nobody_is_its_payers():
    """Recorded before 2026-07 a refund has no customer: its intent's is the one."""
    subject = {"object": "refund", "id": "re_1", "payment_intent": "pi_1"}
    event = stripe.Event.construct_from({"id": "evt_1", "data": {"object": subject}}, "sk_test_1")
    assert owner_of(event, payer={"pi_1": "cus_1"}.get) == "cus_1"


NOBODYS = (
    {"object": "balance", "available": []},
    {"object": "price", "id": "price_1"},
    {"object": "refund", "id": "re_1", "payment_intent": None},
)


@pytest.mark.parametrize("subject", NOBODYS, ids=[one["object"] for one in NOBODYS])
def test_events_about_what_is_nobodys_are_passed_by(subject):
    """An account in use has events about its balance, its prices, refunds of charges without an intent."""
    event = stripe.Event.construct_from({"id": "evt_1", "data": {"object": subject}}, "sk_test_1")
    assert owner_of(event, payer=None) is None


REFUSED = {
    "a charge and another intent": lambda desk: stripe.Refund.create(
        charge=desk.charge().id, payment_intent="pi_nope"
    ),
    "an origin and an intent": lambda desk: desk.of_cash(payment_intent=desk.intent),
    "an origin and a charge": lambda desk: desk.of_cash(charge="py_nope"),
    "a customer without an origin": lambda desk: desk.refund(customer=desk.customer),
    "a currency without an origin": lambda desk: desk.refund(currency="usd"),
    "an origin and a fee": lambda desk: desk.of_cash(refund_application_fee=True),
    "an origin and a transfer": lambda desk: desk.of_cash(reverse_transfer=True),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_what_is_not_modelled_is_refused_out_loud(desk, call, everything_in):
    """Combinations and parameters that nothing is known about are no answers of Stripe's."""
    before = everything_in(desk.world)
    with desk.balance.refused(match="not modell|isn't its intent|does not model|so it has no transfer"):
        call(desk)
    assert everything_in(desk.world) == before


TAMPERED = {
    "a charge that is refunded without a refund": (
        "has another sum of refunds",
        lambda world: world.charges.put(next(iter(world.charges))._replace(amount_refunded=1)),
    ),
    "a refund that the charge doesn't know": (
        "has another sum of refunds",
        lambda world: world.refunds.put(next(iter(world.refunds))._replace(id="re_2")),
    ),
    "a refund that is canceled, and counted": (
        "has another sum of refunds",
        lambda world: world.refunds.put(next(iter(world.refunds))._replace(status="canceled")),
    ),
    "a refund to the cash balance without its row": (
        "has the rows",
        lambda world: world.refunds.put(
            next(iter(world.refunds))._replace(destination_details={"customer_cash_balance": {}})
        ),
    ),
    "a booking that the refund doesn't know": (
        "is booked wrongly",
        lambda world: balance_transactions.book(
            world, -300, "usd", "payment_refund", source=next(iter(world.refunds)).id
        ),
    ),
    "a row of no refund": (
        "rows name refunds that don't exist",
        lambda world: world.post_entry(
            next(iter(world.customers)), "usd", 5, "refunded_from_payment", refund="re_nope"
        ),
    ),
    "a credit that nobody paid": (
        "gave money that nobody paid",
        lambda world: (
            world.refunds.put(next(iter(world.refunds))._replace(status="failed")),
            world.post_entry(
                next(iter(world.customers)),
                "usd",
                300,
                "refunded_from_payment",
                refund=next(iter(world.refunds)).id,
            ),
        ),
    ),
}


@pytest.mark.parametrize(("found", "tamper"), TAMPERED.values(), ids=TAMPERED)
def test_the_check_of_a_world_sees_what_does_not_fit(desk, found, tamper):
    """A cent that a refund made or lost is found."""
    desk.refund()
    world = desk.world
    world.check()

    def check_tampered():
        with world.transaction():
            tamper(world)
            world.check()

    with pytest.raises(AssertionError, match=found):
        check_tampered()
    world.check()


def test_what_only_the_fake_can_do_is_done_in_a_connected_account_too(stripe_balance, desk):
    """An intent and its refunds are found in whichever account they are, and the key's own has none of it."""
    account = {"stripe_account": "acct_1"}
    customer = stripe.Customer.create(email=ADA, **account).id
    intent = stripe.PaymentIntent.create(
        customer=customer,
        amount=1000,
        currency="usd",
        confirm=True,
        payment_method_data={"type": "customer_balance"},
        payment_method_options={
            "customer_balance": {
                "funding_type": "bank_transfer",
                "bank_transfer": {"type": "us_bank_transfer"},
            }
        },
        **account,
    ).id
    stripe.Customer.TestHelpers.fund_cash_balance(customer, amount=1000, currency="usd", **account)
    before = len(desk.world.events)
    asked = stripe.Refund.create(payment_intent=intent, amount=300, **account)
    steps = [
        stripe_balance.provide_bank_details(asked),
        stripe_balance.bounce_refund(asked.id),
        stripe_balance.provide_bank_details(asked.id),
        stripe_balance.settle_refund(asked),
        stripe_balance.refund_to_cash_balance(intent, 200),
    ]
    assert [refund.status for refund in steps] == [
        "pending",
        "requires_action",
        "pending",
        "succeeded",
        "succeeded",
    ]
    charge = stripe.PaymentIntent.retrieve(intent, expand=["latest_charge"], **account).latest_charge
    assert charge.amount_refunded == 500
    assert len(desk.world.events) == before


@pytest.mark.parametrize(
    "ask",
    [
        lambda balance: balance.settle_refund("re_nowhere"),
        lambda balance: balance.refund_to_cash_balance("pi_nowhere"),
    ],
    ids=["refund", "intent"],
)
def test_what_is_in_no_account_is_missing(ask, stripe_balance):
    """An id that nobody has is Stripe's own resource_missing."""
    stripe.Customer.create(stripe_account="acct_1")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        ask(stripe_balance)
    assert caught.value.code == "resource_missing"
