"""Refunds of bank transfers, and of the cash balance, as far as the API goes."""

import pytest
import stripe
from majors import as_dict

MADE, CHANGED, FAILED, CHARGE = "refund.created", "refund.updated", "refund.failed", "charge.refunded"
ROW = "customer_cash_balance_transaction.created"


@pytest.fixture
def payer(probe):
    return probe.payer()


@pytest.fixture
def paid(probe, payer):
    return probe.paid(payer).id


def of_cash(payer, amount=100, **params):
    given = {"origin": "customer_balance", "customer": payer, "currency": "usd"}
    return stripe.Refund.create(amount=amount, **{**given, **params})


def test_refund_id_prefix(paid):
    """What does the id of a refund begin with?"""
    assert stripe.Refund.create(payment_intent=paid).id.startswith("pyr_")


def test_refund_shape(paid):
    """What does a refund show before the bank details are there?"""
    refund = as_dict(stripe.Refund.create(payment_intent=paid))
    assert refund["destination_details"] == {"type": "us_bank_transfer", "us_bank_transfer": {}}
    assert refund["instructions_email"].endswith("@example.com")
    assert "pending_reason" not in refund


def test_refund_asks_for_details(paid):
    """Does it begin by asking for bank details, within 45 days?"""
    refund = stripe.Refund.create(payment_intent=paid)
    assert refund.status == "requires_action"
    assert refund.next_action.display_details.expires_at - refund.created == 45 * 86_400


def test_refund_amount_refunded(paid):
    """Does amount_refunded grow at once, and go back on a cancel?"""
    refund = stripe.Refund.create(payment_intent=paid, amount=300)
    before = stripe.Charge.retrieve(refund.charge).amount_refunded
    stripe.Refund.cancel(refund.id)
    assert (before, stripe.Charge.retrieve(refund.charge).amount_refunded) == (300, 0)


def test_refund_booking(paid):
    """Is a refund booked before the bank details are there?"""
    assert stripe.Refund.create(payment_intent=paid).balance_transaction is None


def test_refund_events(probe, paid):
    """In which order do the events of refunds come that are made, canceled, expired?"""
    before = probe.so_far()
    stripe.Refund.cancel(stripe.Refund.create(payment_intent=paid, amount=100).id)
    stripe.Refund.TestHelpers.expire(stripe.Refund.create(payment_intent=paid, amount=200).id)
    order = [MADE, CHARGE, CHANGED, MADE, CHARGE, CHANGED, FAILED]
    assert probe.settled(lambda: probe.events(since=before), order) == order


def test_refund_unanswered(probe, payer, paid):
    """When a refund expires, does the charge's amount come back, and the cash balance stay?"""
    refund = stripe.Refund.create(payment_intent=paid)
    expired = stripe.Refund.TestHelpers.expire(refund.id)
    charge = stripe.Charge.retrieve(refund.charge)
    assert (expired.status, charge.amount_refunded) == ("failed", 0)
    assert probe.balance.available(payer) == {"usd": 0}


def test_refund_failure(paid):
    """Which failure_reason have a canceled refund and an expired one?"""
    canceled = stripe.Refund.cancel(stripe.Refund.create(payment_intent=paid, amount=100).id)
    expired = stripe.Refund.TestHelpers.expire(stripe.Refund.create(payment_intent=paid).id)
    assert (canceled.failure_reason, expired.failure_reason) == ("merchant_request", "unknown")


def test_refund_expire_state(probe, paid):
    """Expiring a canceled refund: with which words is it refused?"""
    refund = stripe.Refund.cancel(stripe.Refund.create(payment_intent=paid).id)
    text = probe.said(lambda: stripe.Refund.TestHelpers.expire(refund.id))
    assert text == "This refund has a status of canceled. Only requires_action can expire."


def test_refund_unknown(probe):
    """A refund of an unknown intent, and the refunds of an unknown charge: which errors are they?"""
    unknown = probe.error(lambda: stripe.Refund.create(payment_intent="pi_does_not_exist"))
    of_unknown = probe.error(lambda: stripe.Refund.list(charge="py_does_not_exist"))
    assert unknown == (400, "invalid_request_error", "resource_missing", "payment_intent")
    assert of_unknown == (400, "invalid_request_error", "resource_missing", "charge")


def test_refund_of_deleted_customer(probe, payer, paid):
    """What a deleted customer paid: does a refund of it need an address?"""
    stripe.Customer.delete(payer)
    bare = probe.error(lambda: stripe.Refund.create(payment_intent=paid))
    given = {"instructions_email": f"{probe.balance.unique('other')}@example.com"}
    refund = probe.answer(lambda: stripe.Refund.create(payment_intent=paid, **given))
    assert bare == (400, "invalid_request_error", None, None)
    assert refund.status == "requires_action"


def test_origin_refund(probe, payer):
    """What does a refund of the cash balance need, and what does it show?"""
    probe.balance.fund(payer, 500)
    missing = {
        name: probe.error(lambda name=name: of_cash(payer, **{name: None}))
        for name in ("customer", "amount", "currency")
    }
    refund = probe.answer(lambda: of_cash(payer))
    code = "parameter_missing"
    assert missing == {name: (400, "invalid_request_error", code, name) for name in missing}
    assert (refund.status, refund.charge, refund.payment_intent) == ("requires_action", None, None)


def test_origin_above_balance(probe, payer):
    """A refund above the cash balance: which error is it?"""
    probe.balance.fund(payer, 500)
    error = probe.error(lambda: of_cash(payer, 501))
    assert error == (400, "invalid_request_error", None, "amount")


def test_origin_return_canceled(probe, payer):
    """Does cash that comes back lie there, without an event of its own?"""
    probe.balance.fund(payer, 500)
    refund = of_cash(payer)
    before = probe.so_far()
    stripe.Refund.cancel(refund.id)
    assert probe.settled(lambda: probe.events(since=before), [ROW, CHANGED]) == [ROW, CHANGED]
    assert probe.balance.available(payer) == {"usd": 500}
