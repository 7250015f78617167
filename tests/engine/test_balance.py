"""The merchant's balance: what was booked, by currency, of the platform and of its accounts."""

import pytest
import stripe
from majors import as_dict

SHOP = "acct_1ShopShopShopShp"
THEIRS = {"stripe_account": SHOP}
BY_CARD = {
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    "confirm": True,
}


@pytest.fixture
def payer(stripe_balance):
    return stripe_balance.customer(email="ada@example.com").id


def available(**options):
    """Give the available amounts by currency."""
    return {row.currency: row.amount for row in stripe.Balance.retrieve(**options).available}


def paid(stripe_balance, payer, amount, currency="usd", **params):
    """Let a customer pay an intent in full."""
    stripe_balance.bank_transfer_intent(payer, amount, currency, **params)
    stripe_balance.fund(payer, amount, currency)


def test_a_new_account_has_nothing_in_its_own_currency(stripe_balance):
    """One row in each list, and no keys of what the account doesn't have."""
    row, whole = {"amount": 0, "currency": "usd"}, {"source_types": {"card": 0}}
    assert as_dict(stripe.Balance.retrieve()) == {
        "object": "balance",
        "available": [{**row, **whole}],
        "livemode": False,
        "pending": [{**row, **whole}],
        "refund_and_dispute_prefunding": {"available": [row], "pending": [row]},
    }


def test_what_was_paid_is_available_in_its_currency(stripe_balance, payer):
    """By bank transfer and by card, and all of it counts as money of cards, as documented."""
    paid(stripe_balance, payer, 4000, "eur")
    stripe.PaymentIntent.create(amount=700, **BY_CARD)
    balance = as_dict(stripe.Balance.retrieve())
    assert balance["available"] == [
        {"amount": 4000, "currency": "eur", "source_types": {"card": 4000}},
        {"amount": 700, "currency": "usd", "source_types": {"card": 700}},
    ]
    assert [row["amount"] for row in balance["pending"]] == [0, 0]


def test_the_cash_of_customers_is_not_in_it(stripe_balance, payer):
    """Neither on their balance, nor on an intent that is partly funded."""
    stripe_balance.bank_transfer_intent(payer, 1000)
    stripe_balance.fund(payer, 400)
    stripe_balance.fund(stripe_balance.customer(), 300)
    assert available() == {"usd": 0}


def test_a_refund_may_take_it_below_zero(stripe_balance):
    """What was transferred away isn't there to be refunded, and is refunded all the same."""
    intent = stripe.PaymentIntent.create(amount=1000, transfer_data={"destination": SHOP}, **BY_CARD)
    stripe.Refund.create(payment_intent=intent.id, amount=300)
    assert (available(), available(**THEIRS)) == ({"usd": -300}, {"usd": 1000})


def test_a_fee_is_the_platforms_and_the_rest_the_accounts(stripe_balance, payer):
    """A destination charge: together they have what the customer paid."""
    paid(stripe_balance, payer, 1000, transfer_data={"destination": SHOP}, application_fee_amount=30)
    assert (available(), available(**THEIRS)) == ({"usd": 30}, {"usd": 970})


@pytest.mark.stripe_balance(assume={"charge-fee": "stripe-fee"})
def test_what_stripe_keeps_is_not_in_it(stripe_balance, payer):
    """It is the sum of what is net."""
    paid(stripe_balance, payer, 10_000, "mxn")
    (booked,) = stripe.BalanceTransaction.list().data
    assert booked.fee > 0
    assert available() == {"mxn": booked.net, "usd": 0}


@pytest.mark.parametrize(("more", "is_enough"), [(0, True), (1, False)])
def test_a_transfer_takes_no_more_than_it_shows(stripe_balance, payer, more, is_enough):
    """It is what a transfer by call is held against."""
    paid(stripe_balance, payer, 1000)
    asked = {"amount": available()["usd"] + more, "currency": "usd", "destination": SHOP}
    if is_enough:
        stripe.Transfer.create(**asked)
        assert available() == {"usd": 0}
        return
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.Transfer.create(**asked)
    assert caught.value.code == "balance_insufficient"
