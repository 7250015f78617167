"""Connect: what a payment gives to a connected account and to the platform, and what a refund takes back."""

import pytest
import stripe
from majors import as_dict

SHOP = "acct_1ShopShopShopShp"
THEIRS = {"stripe_account": SHOP}


class Market:
    """A platform with a customer, whose intents pay a shop; `paid` gives the charge."""

    def __init__(self, balance):
        self.balance = balance
        self.customer = balance.customer(email="ada@example.com").id

    def intent(self, amount=1000, currency="usd", **params):
        return self.balance.bank_transfer_intent(self.customer, amount, currency, **params)

    def destined(self, amount=1000, currency="usd", share=None, **params):
        """Make an intent of which the shop gets all, or a share."""
        data = {"destination": SHOP, **({} if share is None else {"amount": share})}
        return self.intent(amount, currency, transfer_data=data, **params)

    def paid(self, intent, **params):
        self.balance.fund(self.customer, intent.amount, intent.currency)
        found = stripe.PaymentIntent.retrieve(intent.id, expand=["latest_charge"], **params)
        assert found.status == "succeeded"
        return found.latest_charge

    def kept(self, currency="usd", **account):
        """Give what a merchant has by their balance transactions."""
        booked = stripe.BalanceTransaction.list(limit=100, currency=currency, **account).data
        return sum(one.net for one in booked)


@pytest.fixture
def market(stripe_balance):
    return Market(stripe_balance)


def test_a_destination_charge_gives_all_but_the_fee_to_the_account(market):
    """The charge, the transfer and the fee have their bookings on both sides."""
    charge = market.paid(market.destined(47000, "mxn", application_fee_amount=3000))
    assert (charge.application_fee_amount, charge.destination) == (3000, SHOP)
    assert as_dict(charge.transfer_data) == {"amount": None, "destination": SHOP}
    assert (market.kept("mxn"), market.kept("mxn", **THEIRS)) == (3000, 44000)
    transfer = stripe.Transfer.retrieve(charge.transfer)
    assert (transfer.amount, transfer.source_transaction) == (47000, charge.id)
    theirs = stripe.Charge.retrieve(
        transfer.destination_payment, expand=["balance_transaction"], **THEIRS
    )
    assert (theirs.amount, theirs.source_transfer) == (47000, transfer.id)
    assert (theirs.balance_transaction.fee, theirs.balance_transaction.net) == (3000, 44000)
    fee = stripe.ApplicationFee.retrieve(charge.application_fee)
    assert (fee.amount, fee.account, fee.charge) == (3000, SHOP, theirs.id)
    assert fee.originating_transaction == charge.id


def test_a_direct_charge_gives_the_fee_to_the_platform(market, stripe_balance):
    """The intent stands in the account's world, the fee in the platform's."""
    customer = stripe.Customer.create(email="bob@example.com", **THEIRS)
    options = {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
    intent = stripe.PaymentIntent.create(
        customer=customer.id,
        amount=1000,
        currency="usd",
        confirm=True,
        payment_method_data={"type": "customer_balance"},
        payment_method_options={"customer_balance": options},
        application_fee_amount=120,
        **THEIRS,
    )
    stripe.Customer.TestHelpers.fund_cash_balance(customer.id, amount=1000, currency="usd", **THEIRS)
    charge = stripe.PaymentIntent.retrieve(intent.id, expand=["latest_charge"], **THEIRS).latest_charge
    assert charge.application.startswith("ca_")
    assert (market.kept(), market.kept(**THEIRS)) == (120, 880)
    fee = stripe.ApplicationFee.list().data[0]
    assert (fee.charge, fee.originating_transaction, fee.account) == (charge.id, None, SHOP)
    stripe.Refund.create(charge=charge.id, amount=500, refund_application_fee=True, **THEIRS)
    assert stripe.ApplicationFee.retrieve(fee.id).amount_refunded == 60
    assert market.kept() == 60


@pytest.mark.parametrize(
    ("amount", "share", "part", "reversed_"),
    [
        (1200, 880, 500, 367),
        (1200, 880, 1000, 733),
        (153, 109, 50, 36),
        (1000, 691, 1000, 691),
        (1000, 25, 500, 13),
    ],
)
def test_a_refund_reverses_its_share_of_the_transfer(market, amount, share, part, reversed_):
    """To the nearest minor unit, as recordings of antiwork/gumroad have it; a half goes up."""
    charge = market.paid(market.destined(amount, share=share))
    refund = stripe.Refund.create(charge=charge.id, amount=part, reverse_transfer=True)
    transfer = stripe.Transfer.retrieve(charge.transfer)
    assert transfer.amount_reversed == reversed_
    assert [one.source_refund for one in transfer.reversals.data] == [refund.id]
    assert transfer.reversals.data[0].id == refund.transfer_reversal
    assert market.kept(**THEIRS) == share - reversed_
