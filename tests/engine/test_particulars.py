"""Values that nothing else would miss."""

import pytest
import stripe
from majors import as_dict

FULL = {
    "description": "order 7",
    "metadata": {"order": "7"},
    "receipt_email": "ada@example.com",
    "statement_descriptor": "ACME",
    "statement_descriptor_suffix": "7",
    "transfer_group": "seven",
    "shipping": {"name": "Ada", "address": {"line1": "1 Main Street"}},
}


def test_a_charge_says_what_its_intent_says(stage):
    """Each field that describes an intent stands on its charge."""
    method = {"type": "customer_balance", "billing_details": {"email": "ada@example.com", "name": "Ada"}}
    intent = stage.intent(amount=500, payment_method_data=method, **FULL)
    paid = stripe.PaymentIntent.apply_customer_balance(
        intent, expand=["latest_charge", "payment_method"]
    )
    charge = as_dict(paid.latest_charge)
    for name in (*FULL, "customer", "currency", "amount"):
        assert charge[name] == as_dict(paid)[name], name
    assert charge["billing_details"] == as_dict(paid.payment_method)["billing_details"]
    assert (charge["created"], charge["amount_refunded"], charge["refunded"]) == (
        stage.balance.events("charge.succeeded")[0].created,
        0,
        False,
    )


def test_the_balance_transaction_is_available_at_once(stage):
    """It is of the charge, without a fee, at the charge's time."""
    paid = stripe.PaymentIntent.apply_customer_balance(
        stage.intent(amount=500), expand=["latest_charge.balance_transaction"]
    )
    money, charge = paid.latest_charge.balance_transaction, paid.latest_charge
    assert (money.available_on, money.status, money.reporting_category) == (
        charge.created,
        "available",
        "charge",
    )
    assert (money.fee, money.fee_details, money.currency) == (0, [], "usd")


LIMITS = (("usd", 50), ("eur", 50), ("gbp", 30), ("jpy", 50), ("mxn", 1000))


@pytest.mark.parametrize(("currency", "least"), LIMITS)
def test_each_currency_has_its_smallest_and_largest_amount(stripe_balance, currency, least):
    """The documented limits are taken, and one less or more is not."""
    for amount in (least, 99_999_999):
        assert stripe.PaymentIntent.create(amount=amount, currency=currency).amount == amount
    for amount, code in ((least - 1, "amount_too_small"), (100_000_000, "amount_too_large")):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            stripe.PaymentIntent.create(amount=amount, currency=currency)
        assert caught.value.code == code


def told(intent):
    return stripe.PaymentIntent.retrieve(intent).next_action.display_bank_transfer_instructions


def test_a_reference_stays_over_confirms_and_differs_between_intents(stage):
    """An intent keeps its reference when it is confirmed again."""
    one, other = stage.intent(), stage.intent()
    reference = told(one).reference
    stripe.PaymentIntent.modify(one, amount=900)
    stripe.PaymentIntent.confirm(one)
    assert told(one).reference == reference != told(other).reference
    assert len(reference) == 12


def test_an_intent_is_canceled_when_it_is_canceled(stage):
    """canceled_at is the time of the cancel, not of the intent."""
    intent = stage.intent()
    stage.balance.customer()
    canceled = stripe.PaymentIntent.cancel(intent)
    (event,) = stage.balance.events("payment_intent.canceled")
    assert canceled.canceled_at == event.created > canceled.created


def test_a_failed_payment_is_forgotten_when_it_is_paid(stage):
    """last_payment_error goes when the intent succeeds."""
    intent = stage.of_given_types(500)
    with pytest.raises(stripe.InvalidRequestError, match="reconciled manually"):
        stripe.PaymentIntent.confirm(intent, payment_method_data={"type": "customer_balance"})
    failed = stripe.PaymentIntent.retrieve(intent)
    assert failed.last_payment_error.code == "payment_method_customer_decline"
    assert [event.type for event in stage.balance.events()][-1] == "payment_intent.payment_failed"
    assert stripe.PaymentIntent.apply_customer_balance(intent).last_payment_error is None


def test_a_failed_payment_takes_the_payment_method_away(stage):
    """An intent whose confirm failed has none, in requires_payment_method."""
    intent = stage.of_given_types()
    with pytest.raises(stripe.InvalidRequestError, match="insufficient to complete the payment"):
        stripe.PaymentIntent.confirm(intent, payment_method_data={"type": "customer_balance"})
    failed = stripe.PaymentIntent.retrieve(intent)
    assert (failed.status, failed.payment_method) == ("requires_payment_method", None)


def test_an_intent_in_japan_is_as_old_as_its_last_confirm(stripe_balance):
    """Of two equal intents, one that was confirmed again is paid after the other."""
    customer = stripe_balance.customer()
    first, second = (stripe_balance.bank_transfer_intent(customer, 1000, "jpy").id for _ in "ab")
    stripe.PaymentIntent.confirm(first)
    stripe_balance.fund(customer, 1000, "jpy")
    assert [stripe.PaymentIntent.retrieve(one).status for one in (first, second)] == [
        "requires_action",
        "succeeded",
    ]


def test_amount_received_is_nothing_until_all_is_there(stage):
    """A partly funded intent has received nothing yet, confirmed or not."""
    for intent in (stage.intent(), stage.intent("requires_payment_method")):
        partly = stripe.PaymentIntent.apply_customer_balance(intent, amount=100)
        assert (partly.amount_received, partly.confirmation_method) == (0, "automatic")


@pytest.mark.stripe_balance(assume={"apply-after-update": "directly"})
def test_only_an_update_of_the_amount_opens_the_other_reading(stage):
    """With apply-after-update=directly an intent that was merely never confirmed is refused still."""
    with pytest.raises(stripe.InvalidRequestError, match="it has a status of requires_confirmation"):
        stripe.PaymentIntent.apply_customer_balance(stage.intent("requires_confirmation"))
    updated = stage.partly_funded()
    stripe.PaymentIntent.modify(updated, amount=400)
    stripe.PaymentIntent.confirm(updated)
    stripe.PaymentIntent.cancel(updated)
    with pytest.raises(stripe.InvalidRequestError, match="it has a status of canceled"):
        stripe.PaymentIntent.apply_customer_balance(updated)


def test_long_lists_are_given_whole(stripe_balance):
    """ledger() and events() page through everything that is this test's own, a guest's intent too."""
    customer = stripe_balance.customer(reconciliation="manual")
    for number in range(1, 121):
        stripe_balance.fund(customer, number)
    stripe.PaymentIntent.create(amount=100, currency="usd")
    assert [row.net_amount for row in stripe_balance.ledger(customer)] == [*range(1, 121)]
    assert len(stripe_balance.events("cash_balance.funds_available")) == 120
    assert len(stripe_balance.events("payment_intent.created")) == 1
