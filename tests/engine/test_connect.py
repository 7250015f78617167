"""Connect: what a payment gives to a connected account and to the platform, and what refunds take back."""

import pytest
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from majors import as_dict

from pytest_stripe_balance.engine.money import application_fees, transfers
from pytest_stripe_balance.session import Fake, Settings

SHOP = "acct_1ShopShopShopShp"
THEIRS = {"stripe_account": SHOP}
OPTIONS = {
    "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
}


class Market:
    """A platform with a customer, whose intents pay a shop."""

    def __init__(self, balance):
        self.balance = balance
        self.customer = balance.customer(email="ada@example.com").id

    def intent(self, amount=1000, currency="usd", **params):
        return self.balance.bank_transfer_intent(self.customer, amount, currency, **params)

    def destined(self, amount=1000, currency="usd", share=None, **params):
        """Make an intent of which the shop gets all, or a share."""
        data = {"destination": SHOP, **({} if share is None else {"amount": share})}
        return self.intent(amount, currency, transfer_data=data, **params)

    def paid(self, intent):
        """Pay an intent; give its charge."""
        self.balance.fund(self.customer, intent.amount, intent.currency)
        found = stripe.PaymentIntent.retrieve(intent.id, expand=["latest_charge"])
        assert found.status == "succeeded"
        return found.latest_charge

    def direct(self, fee=120):
        """Pay the shop's own intent of 1000; give its charge."""
        customer = stripe.Customer.create(email="bob@example.com", **THEIRS).id
        intent = self.direct_intent(customer, fee)
        self.fund_theirs(customer)
        found = stripe.PaymentIntent.retrieve(intent.id, expand=["latest_charge"], **THEIRS)
        return found.latest_charge

    def fund_theirs(self, customer):
        fund = stripe.Customer.TestHelpers.fund_cash_balance
        fund(customer, amount=1000, currency="usd", **THEIRS)

    def direct_intent(self, customer, fee=120):
        return stripe.PaymentIntent.create(
            customer=customer,
            amount=1000,
            currency="usd",
            confirm=True,
            payment_method_data={"type": "customer_balance"},
            payment_method_options=OPTIONS,
            application_fee_amount=fee,
            **THEIRS,
        )

    def kept(self, currency="usd", **account):
        """Give what a merchant has by their balance transactions."""
        booked = stripe.BalanceTransaction.list(limit=100, currency=currency, **account).data
        return sum(one.net for one in booked)

    def types(self):
        """Give the types of the events about money that is shared, and those around them."""
        about = ("charge.", "transfer.", "application_fee.", "payment_intent.succeeded", "invoice.paid")
        return [one.type for one in self.balance.events() if one.type.startswith(about)]


@pytest.fixture
def market(stripe_balance):
    return Market(stripe_balance)


def test_a_destination_charge_gives_all_but_the_fee_to_the_account(market):
    """The charge, the transfer and the fee have their bookings on both sides, at once.

    connect-charge, connect-destination-payment.
    """
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


def test_a_direct_charge_gives_the_fee_to_the_platform(market):
    """The intent stands in the account's world, the fee in the platform's."""
    charge = market.direct()
    assert charge.application.startswith("ca_")
    assert "transfer" not in as_dict(charge)
    assert (market.kept(), market.kept(**THEIRS)) == (120, 880)
    fee = stripe.ApplicationFee.list().data[0]
    assert (fee.charge, fee.originating_transaction, fee.account) == (charge.id, None, SHOP)
    shown = stripe.Charge.retrieve(charge.id, expand=["application_fee"], **THEIRS)
    assert as_dict(shown.application_fee) == as_dict(stripe.ApplicationFee.retrieve(fee.id))
    stripe.Refund.create(charge=charge.id, amount=500, refund_application_fee=True, **THEIRS)
    assert stripe.ApplicationFee.retrieve(fee.id).amount_refunded == 60
    assert market.kept() == 60


def test_what_another_account_has_is_asked_of_it(market):
    """The platform isn't shown an account's payment by expanding; a refusal says how to read it."""
    market.paid(market.destined())
    (transfer,) = stripe.Transfer.list().data
    payment = transfer.destination_payment
    way_on = f"'{payment}', no charge of this account: retrieve it with stripe_account="
    with market.balance.refused(match=way_on):
        stripe.Transfer.retrieve(transfer.id, expand=["destination_payment"])
    assert stripe.Charge.retrieve(payment, **THEIRS).source_transfer == transfer.id
    with market.balance.refused(match="an account is not modelled"):
        stripe.Transfer.retrieve(transfer.id, expand=["destination"])


def test_a_fee_of_nothing_is_no_fee(market):
    """Allowed on a direct charge [obs antiwork/gumroad]."""
    charge = market.direct(fee=0)
    assert (charge.application_fee, charge.application_fee_amount) == (None, 0)
    assert stripe.ApplicationFee.list().data == []


def test_the_intent_shows_what_was_sent_and_its_group_once_it_is_confirmed(market):
    """The group is named after the intent, unless one was sent [obs antiwork/gumroad]."""
    intent = market.destined(share=880, confirm=False)
    assert as_dict(intent.transfer_data) == {"amount": 880, "destination": SHOP}
    assert intent.transfer_group is None
    confirmed = stripe.PaymentIntent.confirm(intent.id)
    assert confirmed.transfer_group == f"group_{intent.id}"
    own = market.destined(transfer_group="ours", application_fee_amount=5)
    assert (own.transfer_group, own.application_fee_amount) == ("ours", 5)
    plain = market.intent()
    assert (plain.transfer_data, plain.transfer_group, plain.application_fee_amount) == (None,) * 3


def test_an_update_changes_the_fee_and_the_amount_of_the_transfer(market):
    """The destination stays [sdk]."""
    intent = market.destined(application_fee_amount=100)
    changed = stripe.PaymentIntent.modify(intent.id, application_fee_amount=200)
    assert changed.application_fee_amount == 200
    cleared = stripe.PaymentIntent.modify(intent.id, application_fee_amount="")
    assert cleared.application_fee_amount is None
    changed = stripe.PaymentIntent.modify(intent.id, transfer_data={"amount": 300})
    assert as_dict(changed.transfer_data) == {"amount": 300, "destination": SHOP}
    assert stripe.Transfer.retrieve(market.paid(changed).transfer).amount == 300


def test_a_part_transfers_nothing(market):
    """The money leaves when the intent succeeds."""
    intent = market.destined(application_fee_amount=100)
    market.balance.fund(market.customer, 600)
    assert (market.kept(), market.kept(**THEIRS)) == (0, 0)
    market.balance.fund(market.customer, 400)
    assert stripe.PaymentIntent.retrieve(intent.id).status == "succeeded"
    assert (market.kept(), market.kept(**THEIRS)) == (100, 900)


def test_an_invoice_gives_its_intent_what_is_shared(market, billing):
    """Since basil it shows neither the fee nor the destination; before it does [doc]."""
    invoice = billing.invoice(transfer_data={"destination": SHOP}, application_fee_amount=100)
    assert not {"transfer_data", "application_fee_amount"} & as_dict(invoice).keys()
    before = stripe.Invoice.retrieve(invoice.id, stripe_version="2024-06-20")
    assert as_dict(before.transfer_data) == {"amount": None, "destination": SHOP}
    assert before.application_fee_amount == 100
    billing.fund(1000)
    assert (market.kept(), market.kept(**THEIRS)) == (100, 900)


def assuming(entry, reading, *values):
    """Run a test by a reading of the register."""
    mark = pytest.mark.stripe_balance(assume={entry: reading})
    return pytest.param(*(values or (reading,)), id=reading, marks=mark)


@pytest.mark.parametrize(
    "place",
    [assuming("connect-event-order", "after", 2), assuming("connect-event-order", "before", 0)],
)
def test_the_events_of_what_is_shared_come_together(market, place):
    """connect-event-order."""
    market.paid(market.destined(application_fee_amount=100))
    told = ["charge.succeeded", "payment_intent.succeeded"]
    told[place:place] = ["transfer.created", "application_fee.created"]
    assert market.types() == told


@pytest.mark.parametrize(
    "kind", [assuming("connect-source-type", kind) for kind in ("card", "bank_account")]
)
def test_the_transfer_names_the_kind_of_money(market, kind):
    """connect-source-type."""
    charge = market.paid(market.destined())
    assert stripe.Transfer.retrieve(charge.transfer).source_type == kind


def test_no_more_than_the_amount_moves(market):
    """connect-above-amount: a fee and a share above the amount are as high as that."""
    charge = market.paid(market.destined(1000, application_fee_amount=1500))
    assert charge.application_fee_amount == 1500
    assert stripe.ApplicationFee.retrieve(charge.application_fee).amount == 1000
    shared = market.paid(market.destined(1000, share=1500))
    assert stripe.Transfer.retrieve(shared.transfer).amount == 1000
    assert (market.kept(), market.kept(**THEIRS)) == (1000, 1000)


@pytest.mark.stripe_balance(assume={"connect-above-amount": "refused"})
@pytest.mark.parametrize("params", [{"application_fee_amount": 1500}, {"share": 1500}])
def test_more_than_the_amount_may_be_refused(market, params):
    """connect-above-amount, by its other reading."""
    with pytest.raises(stripe.InvalidRequestError, match="above the amount") as caught:
        market.destined(1000, **params)
    assert caught.value.param in ("application_fee_amount", "transfer_data[amount]")


def test_bank_transfers_are_left_out_on_behalf_of_another(market):
    """connect-on-behalf-of: where Stripe chooses the types."""
    params = {"customer": market.customer, "amount": 1000, "currency": "usd", "on_behalf_of": SHOP}
    intent = stripe.PaymentIntent.create(**params)
    assert (intent.payment_method_types, intent.on_behalf_of) == (["card"], SHOP)
    allowed = ["card", "customer_balance"]
    intent = stripe.PaymentIntent.create(**params, allowed_payment_method_types=allowed)
    assert intent.payment_method_types == ["card"]


SEEN = [(1200, 880, 500, 367), (1200, 880, 1000, 733), (153, 109, 50, 36), (1000, 691, 1000, 691)]


@pytest.mark.parametrize(("amount", "share", "part", "taken"), [*SEEN, (1000, 25, 500, 13)])
def test_a_refund_reverses_its_share_of_the_transfer(market, amount, share, part, taken):
    """To the nearest minor unit, as antiwork/gumroad recorded it; a half goes up."""
    charge = market.paid(market.destined(amount, share=share))
    refund = stripe.Refund.create(charge=charge.id, amount=part, reverse_transfer=True)
    transfer = stripe.Transfer.retrieve(charge.transfer)
    assert transfer.amount_reversed == taken
    assert [one.source_refund for one in transfer.reversals.data] == [refund.id]
    assert transfer.reversals.data[0].id == refund.transfer_reversal
    assert market.kept(**THEIRS) == share - taken


def test_a_refund_without_a_wish_leaves_all_as_it_is(market):
    """Neither the transfer nor the fee [obs antiwork/gumroad]."""
    charge = market.paid(market.destined(application_fee_amount=100))
    refund = stripe.Refund.create(charge=charge.id)
    assert refund.transfer_reversal is None
    market.balance.provide_bank_details(refund)
    assert (market.kept(), market.kept(**THEIRS)) == (100 - 1000, 900)


def test_a_refund_that_fails_leaves_the_money_with_the_platform(market):
    """As documented; and the share of the fee with the account. connect-refund-shares."""
    charge = market.paid(market.destined(application_fee_amount=100))
    both = {"reverse_transfer": True, "refund_application_fee": True}
    refund = stripe.Refund.create(charge=charge.id, **both)
    stripe.Refund.cancel(refund.id)
    assert stripe.Charge.retrieve(charge.id).amount_refunded == 0
    assert (market.kept(), market.kept(**THEIRS)) == (1000, 0)
    again = stripe.Refund.create(charge=charge.id, **both)
    assert again.transfer_reversal is None


def test_a_refund_to_the_cash_balance_reverses_nothing(market):
    """Only the Dashboard makes it, and it says nothing of transfers."""
    charge = market.paid(market.destined())
    market.balance.refund_to_cash_balance(charge.payment_intent)
    assert stripe.Transfer.retrieve(charge.transfer).amount_reversed == 0


def test_a_refund_tells_of_what_it_took_back_last(market):
    """connect-reversal-events, with what was before."""
    charge = market.paid(market.destined(application_fee_amount=100))
    before = len(market.types())
    stripe.Refund.create(
        charge=charge.id, amount=500, reverse_transfer=True, refund_application_fee=True
    )
    told = ["charge.refunded", "transfer.reversed", "application_fee.refunded"]
    assert market.types()[before:] == told
    event = market.balance.events("transfer.reversed")[0]
    assert as_dict(event.data.previous_attributes) == {"amount_reversed": 0}
    assert event.data.object.amount_reversed == 500
    event = market.balance.events("application_fee.refunded")[0]
    assert as_dict(event.data.previous_attributes) == {"amount_refunded": 0}


def test_an_old_version_knows_no_source_of_a_fee(market):
    """fee_source is there since 2024-04-10 [sdk]."""
    fee = market.paid(market.destined(application_fee_amount=100)).application_fee
    found = [
        as_dict(stripe.ApplicationFee.retrieve(fee, stripe_version=version)).get("fee_source")
        for version in ("2023-10-16", "2024-04-10")
    ]
    assert found == [None, {"charge": stripe.ApplicationFee.retrieve(fee).charge, "type": "charge"}]


def test_a_fee_goes_back_by_call_in_parts(market):
    """connect-fee-refund-booking: the account has a row of its own for it."""
    charge = market.paid(market.destined(application_fee_amount=100))
    one = stripe.ApplicationFee.create_refund(charge.application_fee, amount=30)
    rest = stripe.ApplicationFee.create_refund(charge.application_fee, metadata={"a": "b"})
    assert (one.amount, rest.amount) == (30, 70)
    assert stripe.ApplicationFee.retrieve(charge.application_fee).refunded
    assert (market.kept(), market.kept(**THEIRS)) == (0, 1000)
    found = stripe.BalanceTransaction.list(source=one.id, **THEIRS).data[0]
    assert (found.amount, found.type) == (30, "application_fee_refund")
    changed = stripe.ApplicationFee.modify_refund(charge.application_fee, rest.id, metadata={"a": "c"})
    assert as_dict(changed.metadata) == {"a": "c"}
    event = market.balance.events("application_fee.refund.updated")[0]
    assert as_dict(event.data.previous_attributes) == {"metadata": {"a": "b"}}
    listed = stripe.ApplicationFee.list_refunds(charge.application_fee).data
    assert [found.id for found in listed] == [rest.id, one.id]


def test_a_transfer_by_call_takes_from_the_platforms_balance(market):
    """It can be described anew, and reversed in parts."""
    market.paid(market.intent(1000))
    transfer = stripe.Transfer.create(
        amount=400, currency="usd", destination=SHOP, description="May", transfer_group="ours"
    )
    assert (transfer.source_transaction, transfer.source_type) == (None, "card")
    assert (market.kept(), market.kept(**THEIRS)) == (600, 400)
    stripe.Transfer.modify(transfer.id, description="June", metadata={"a": "b"})
    event = market.balance.events("transfer.updated")[0]
    previous = as_dict(event.data.previous_attributes)
    assert previous == {"description": "May", "metadata": {"a": None}}
    reversal = stripe.Transfer.create_reversal(transfer.id, amount=150)
    assert stripe.Transfer.retrieve_reversal(transfer.id, reversal.id).amount == 150
    assert stripe.Transfer.create_reversal(transfer.id).amount == 250
    assert stripe.Transfer.retrieve(transfer.id).reversed
    assert (market.kept(), market.kept(**THEIRS)) == (1000, 0)
    repaid = stripe.Refund.retrieve(reversal.destination_payment_refund, **THEIRS)
    assert repaid.source_transfer_reversal == repaid.transfer_reversal == reversal.id
    assert [one.id for one in stripe.Transfer.list(transfer_group="ours").data] == [transfer.id]
    assert stripe.Transfer.list(destination="acct_2").data == []


def test_a_transfer_of_a_charge_takes_part_in_its_group(market):
    """All transfers of a charge have at most its amount [doc]."""
    charge = market.paid(market.intent(1000))
    params = {"currency": "usd", "destination": SHOP, "source_transaction": charge.id}
    first = stripe.Transfer.create(amount=600, **params)
    assert first.transfer_group == f"group_{charge.payment_intent}"
    assert stripe.Charge.retrieve(charge.id).transfer_group == first.transfer_group
    assert stripe.Transfer.create(amount=400, **params).source_type == "card"
    with pytest.raises(stripe.InvalidRequestError, match=r"source amount of \$10.00\. \(There is"):
        stripe.Transfer.create(amount=1, **params)


def test_a_reversal_by_call_may_give_the_fee_back(market):
    """In the reversal's proportion [sdk]."""
    charge = market.paid(market.destined(application_fee_amount=100))
    stripe.Transfer.create_reversal(charge.transfer, amount=500, refund_application_fee=True)
    assert stripe.ApplicationFee.retrieve(charge.application_fee).amount_refunded == 50
    assert (market.kept(), market.kept(**THEIRS)) == (550, 450)


def test_what_a_transfer_brought_is_refunded_by_its_reversal_alone(market):
    """The account can't refund it: that isn't modelled."""
    charge = market.paid(market.destined())
    payment = stripe.Transfer.retrieve(charge.transfer).destination_payment
    with market.balance.refused(match="let the platform reverse the transfer"):
        stripe.Refund.create(charge=payment, **THEIRS)


def test_an_account_transfers_nothing(market):
    """Only the platform does; an account's own destination is refused by name."""
    with market.balance.refused(match="only the platform"):
        stripe.Transfer.create(amount=1, currency="usd", destination="acct_2", **THEIRS)


def test_the_platform_hears_of_the_fee_of_a_direct_charge(market):
    """It is an event of its own account, of the request that paid."""
    market.direct()
    event = market.balance.events("application_fee.created")[0]
    assert event.data.object.account == SHOP
    assert stripe.Event.list(type="application_fee.created", **THEIRS).data == []


@pytest.mark.parametrize("way", ["a destination charge", "a direct charge"])
@pytest.mark.parametrize("step", ["make", "detail"])
def test_what_breaks_in_the_middle_is_undone_in_both_worlds(
    market, _stripe_session, monkeypatch, everything_in, way, step
):
    """An exception after the first write takes every write back, whosever it was."""
    payer = stripe.Customer.create(email="bob@example.com", **THEIRS).id
    market.destined(application_fee_amount=100)
    market.direct_intent(payer)
    before = {name: everything_in(world) for name, world in _stripe_session.worlds.items()}
    made = getattr(application_fees, step)

    def interrupted(*args, **kwargs):
        made(*args, **kwargs)
        raise KeyboardInterrupt("halfway")

    monkeypatch.setattr(application_fees, step, interrupted)
    direct = way == "a direct charge"
    with pytest.raises(KeyboardInterrupt, match="halfway"):
        market.fund_theirs(payer) if direct else market.balance.fund(market.customer, 1000)
    after = {name: everything_in(world) for name, world in _stripe_session.worlds.items()}
    assert after == before


def test_a_copy_of_the_worlds_is_connected_in_itself():
    """What is paid in a copy doesn't reach the accounts of the first."""
    session = Fake(Settings("2026-10-28.endive", name="first"))
    world = session.dispatch.account(None).world
    session.dispatch.account(SHOP)
    copied = Fake(Settings("2026-10-28.endive", name="second"), outer=session)
    theirs = copied.worlds[SHOP]
    with copied.worlds[None].transaction():
        transfers.make(copied.worlds[None], 100, "usd", SHOP, source_type="card")
    assert (len(theirs.charges), len(session.worlds[SHOP].charges)) == (1, 0)
    assert (len(copied.worlds[None].transfers), len(world.transfers)) == (1, 0)


PARTS = st.lists(st.tuples(st.integers(1, 400), st.booleans(), st.booleans()), max_size=6)


@given(
    amount=st.integers(50, 1000),
    share=st.none() | st.integers(1, 1000),
    fee=st.integers(0, 1000),
    parts=PARTS,
)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_cent_is_made_or_lost(stripe_balance, amount, share, fee, parts):
    """Whatever is refunded, with or without its shares, both merchants have what the payment left."""
    with stripe_balance.fresh():
        market = Market(stripe_balance)
        shared = {} if share is not None else {"application_fee_amount": fee}
        charge = market.paid(market.destined(amount, share=share, **shared))
        left = amount
        for part, reverses, gives_back in parts:
            wanted = min(part, left)
            if not wanted:
                break
            gives_back = gives_back and reverses and charge.application_fee is not None  # noqa: PLW2901
            refund = stripe.Refund.create(
                charge=charge.id,
                amount=wanted,
                reverse_transfer=reverses,
                refund_application_fee=gives_back,
            )
            market.balance.provide_bank_details(refund)
            left -= wanted
        assert market.kept() + market.kept(**THEIRS) == left
        assert market.kept(**THEIRS) >= -(fee if share is None else 0)


@pytest.mark.parametrize(
    ("parts", "kept"), [([1000], 0), ([500, 500], 0), ([333, 333, 334], 0), ([100] * 10, 3)]
)
def test_each_refund_takes_its_own_share_and_the_last_one_no_more(market, parts, kept):
    """connect-refund-shares: cents of the fee may stay with the platform, and the account lacks them."""
    charge = market.paid(market.destined(1000, application_fee_amount=3))
    for part in parts:
        both = {"reverse_transfer": True, "refund_application_fee": True}
        stripe.Refund.create(charge=charge.id, amount=part, **both)
    fee = stripe.ApplicationFee.retrieve(charge.application_fee)
    assert fee.amount - fee.amount_refunded == kept
    assert market.kept(**THEIRS) == -kept
