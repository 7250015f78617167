"""Automatic reconciliation: documented in prose, these are the gaps between its lines."""

import pytest
import stripe
from majors import as_dict

ROW = "customer_cash_balance_transaction.created"
OPEN, PAID = "requires_action", "succeeded"


@pytest.fixture
def payer(probe):
    return probe.payer(reconciliation="automatic")


def test_reconciled_at_once(probe, payer):
    """Is the funding's row of the balance before it, and the intent paid in the next look?"""
    intent = probe.intent(payer)
    row = probe.balance.fund(payer, 1000)
    found = probe.status(intent)
    probe.settled(lambda: probe.status(intent), [PAID])
    assert (row.type, row.ending_balance, found) == ("funded", 1000, [PAID])


def test_open_intents(probe, payer):
    """Are intents that wait for a method, or for a confirm, left alone?"""
    bare = probe.bare(payer)
    unconfirmed = probe.intent(payer, confirm=False)
    probe.balance.fund(payer, 1000)
    probe.settled(lambda: "cash_balance.funds_available" in probe.events(), wanted=True)
    assert probe.status(bare, unconfirmed) == ["requires_payment_method", "requires_confirmation"]
    assert probe.balance.available(payer) == {"usd": 1000}


def test_group_sum(probe, payer):
    """Beside older cash, is a group of the amount sent or of the whole balance sought?"""
    probe.balance.fund(payer, 200)
    # Confirmed while the customer is in manual mode, the intents leave the cash alone.
    stripe.Customer.modify_cash_balance(payer, settings={"reconciliation_mode": "manual"})
    small, large = probe.intent(payer, 400), probe.intent(payer, 500)
    stripe.Customer.modify_cash_balance(payer, settings={"reconciliation_mode": "automatic"})
    probe.balance.fund(payer, 300)
    probe.settled(lambda: probe.status(small), [PAID])
    assert probe.status(small, large) == [PAID, OPEN]


def test_group_ties(probe, payer):
    """Of two groups of one size, is the one with the older intents taken?"""
    intents = [probe.intent(payer, amount) for amount in (300, 200, 200, 300)]
    probe.balance.fund(payer, 500)
    wanted = [PAID, PAID, OPEN, OPEN]
    assert probe.settled(lambda: probe.status(*intents), wanted) == wanted


def test_invoice_too_large(probe, payer):
    """Where an older invoice is too large, is a newer one that fits paid?"""
    older = probe.balance.bank_transfer_invoice(payer, 800)
    newer = probe.balance.bank_transfer_invoice(payer, 300)
    probe.balance.fund(payer, 500)

    def found():
        return [stripe.Invoice.retrieve(one.id).status for one in (older, newer)]

    assert probe.settled(found, ["open", "paid"]) == ["open", "paid"]


def test_reference_match(probe, payer):
    """Does a reference match with spaces round it, and what is over go on?"""
    older, named = probe.intent(payer, 300), probe.intent(payer, 500)
    told = stripe.PaymentIntent.retrieve(named).next_action.display_bank_transfer_instructions
    probe.balance.fund(payer, 800, reference=f" {told.reference} ")
    assert probe.settled(lambda: probe.status(older, named), [PAID, PAID]) == [PAID, PAID]


def test_older_cash_after_reference(probe, payer):
    """Beside older cash, does an intent that its reference names take only what came?"""
    stripe.Customer.modify_cash_balance(payer, settings={"reconciliation_mode": "manual"})
    named = probe.intent(payer)
    probe.balance.fund(payer, 400)
    stripe.Customer.modify_cash_balance(payer, settings={"reconciliation_mode": "automatic"})
    told = stripe.PaymentIntent.retrieve(named).next_action.display_bank_transfer_instructions
    probe.balance.fund(payer, 300, reference=told.reference)
    probe.settled(lambda: probe.remaining(named), 700)
    assert probe.remaining(named) == 700
    assert probe.balance.available(payer) == {"usd": 400}


def test_freed_funds_group(probe, payer):
    """Is money that a cancel frees matched by its own amount?"""
    held = probe.intent(payer, 1000)
    probe.balance.fund(payer, 400)
    larger, same = probe.intent(payer, 700), probe.intent(payer, 400)
    stripe.PaymentIntent.cancel(held)
    wanted = [OPEN, PAID]
    assert probe.settled(lambda: probe.status(larger, same), wanted) == wanted


def test_confirmation_time(probe, payer):
    """In Japan, does an intent that is confirmed again count from then?"""
    first, second = (probe.intent(payer, 1000, currency="jpy") for _ in range(2))
    probe.answer(lambda: stripe.PaymentIntent.confirm(first))
    probe.balance.fund(payer, 1000, "jpy")
    assert probe.settled(lambda: probe.status(first, second), [OPEN, PAID]) == [OPEN, PAID]


def test_reversal_at_once(probe, payer):
    """Is a reversed transfer reconciled first, and pulled back in the same call?"""
    intent = probe.intent(payer, 1000)
    probe.balance.fund(payer, 1000, reference="reversal_1")
    order = ["funded", "applied_to_payment", "funding_reversed", "adjusted_for_overdraft"]
    rows = probe.settled(lambda: [row.type for row in probe.balance.ledger(payer)], order)
    assert rows == order
    assert probe.status(intent) == [PAID]


def test_overdraft_adjustment(probe, payer):
    """Is a balance below zero lifted to 0, by a balance transaction of type adjustment?"""
    probe.intent(payer, 1000)
    probe.balance.fund(payer, 1000, reference="reversal_1")
    probe.settled(lambda: len(probe.balance.ledger(payer)), 4)
    row = probe.balance.ledger(payer)[-1]
    assert (row.type, row.net_amount, row.ending_balance) == ("adjusted_for_overdraft", 1000, 0)
    booked = stripe.BalanceTransaction.retrieve(row.adjusted_for_overdraft.balance_transaction)
    assert (booked.type, booked.amount) == ("adjustment", -1000)


def test_other_bookings(probe, payer):
    """Is such a booking available at once, and without a fee?"""
    probe.intent(payer, 1000)
    probe.balance.fund(payer, 1000, reference="reversal_1")
    probe.settled(lambda: len(probe.balance.ledger(payer)), 4)
    row = probe.balance.ledger(payer)[-1]
    booked = stripe.BalanceTransaction.retrieve(row.adjusted_for_overdraft.balance_transaction)
    assert (booked.fee, booked.status) == (0, "available")


def test_funded_test_values(probe):
    """Whom does a test funding come from, in the us and the eu?"""
    customer = probe.customer()
    us = as_dict(probe.balance.fund(customer, 100))["funded"]["bank_transfer"]
    eu = as_dict(probe.balance.fund(customer, 100, "eur"))["funded"]["bank_transfer"]
    assert us["us_bank_transfer"] == {"network": "ach", "sender_name": "John Doe"}
    assert eu["eu_bank_transfer"]["iban_last4"] == "3000"


def test_fund_event_request(probe):
    """Does the event of a test funding name the request that made it?"""
    customer = probe.customer()
    row = probe.balance.fund(customer, 100)
    probe.settled(lambda: len(probe.balance.events(ROW)), 1)
    (event,) = probe.balance.events(ROW)
    assert as_dict(event)["request"]["id"] == row.last_response.request_id


def test_fund_other_currency(probe):
    """Funding a currency without bank transfers: which error is it?"""
    error = probe.error(lambda: probe.balance.fund(probe.customer(), 100, "chf"))
    assert error == (400, "invalid_request_error", None, "currency")


def test_settings_event(probe):
    """Does a change of the reconciliation mode make an event?"""
    customer = probe.customer()
    before = probe.so_far()
    stripe.Customer.modify_cash_balance(customer, settings={"reconciliation_mode": "automatic"})
    assert probe.so_far() == before


def test_settings_sweep(probe):
    """Does a change to automatic leave what lies there to what waits?"""
    customer = probe.customer()
    intent = probe.intent(customer)
    probe.balance.fund(customer, 1000)
    stripe.Customer.modify_cash_balance(customer, settings={"reconciliation_mode": "automatic"})
    probe.pause()
    assert probe.status(intent) == [OPEN]
    assert probe.balance.available(customer) == {"usd": 1000}


def test_delete_with_cash_balance(probe):
    """Can a customer be deleted who had cash and spent it to 0?"""
    customer = probe.customer()
    probe.paid(customer)
    assert probe.answer(lambda: stripe.Customer.delete(customer)).deleted
