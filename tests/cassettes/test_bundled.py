"""The sample that the package ships: made by the fake, and saying so."""

import stripe
from drifts import drifts

from pytest_stripe_balance import resources
from pytest_stripe_balance.cassettes.replay import Replay
from pytest_stripe_balance.comparison import conformance
from pytest_stripe_balance.comparison.conformance import Compared
from pytest_stripe_balance.fixtures.balance import StripeBalance
from pytest_stripe_balance.session import Fake, Settings

SAMPLE = resources.folder("cassettes") / "fake" / "partial_wire.yaml"
VERSION = "2026-10-28.endive"


def told():
    """Tell the sample's story to a fake: a wire that pays a part, and another that pays the rest."""
    session = Fake(Settings(VERSION, name="partial_wire"))
    with session.tapped():
        balance = StripeBalance(session)
        client = stripe.StripeClient("sk_test_fake", stripe_version=VERSION)
        api = getattr(client, "v1", client)
        customer = api.customers.create(
            {
                "name": "Ada",
                "email": "ada@example.com",
                "cash_balance": {"settings": {"reconciliation_mode": "manual"}},
            }
        )
        intent = api.payment_intents.create(
            {
                "customer": customer.id,
                "amount": 1000,
                "currency": "usd",
                "confirm": True,
                "payment_method_data": {"type": "customer_balance"},
                "payment_method_options": {
                    "customer_balance": {
                        "funding_type": "bank_transfer",
                        "bank_transfer": {"type": "us_bank_transfer"},
                    }
                },
            }
        )
        for amount in (600, 400):
            api.test_helpers.customers.fund_cash_balance(
                customer.id, {"amount": amount, "currency": "usd"}
            )
            api.payment_intents.apply_customer_balance(intent.id)
        api.customers.cash_balance_transactions.list(customer.id)
    assert balance.mode == "fake"
    return session.exchanges


def test_the_sample_says_that_the_fake_made_it():
    """Nobody can take it for evidence about Stripe."""
    replay = Replay.load(SAMPLE)
    assert replay.provenance.who == "fake"
    assert len(replay.exchanges) == 7


def test_the_sample_is_what_the_fake_answers_today():
    """Nothing drifted, and every field of each answer is equal."""
    recorded = Replay.load(SAMPLE).exchanges
    assert drifts(recorded, told()) == []
    session = Fake(Settings(VERSION, seed="another"))
    found = list(conformance.conform(recorded, session.answer_with_assumptions))
    assert [one.differences for one in found if isinstance(one, Compared)] == [[]] * len(recorded)
