"""Random sequences of everything that moves money, against a second model that knows only sums."""

import stripe
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session import Session, Settings

CURRENCIES = st.sampled_from(["usd", "eur"])
AMOUNTS = st.integers(50, 2_000)
OPTIONS = {
    "usd": {"type": "us_bank_transfer"},
    "eur": {"type": "eu_bank_transfer", "eu_bank_transfer": {"country": "DE"}},
}


class Money(RuleBasedStateMachine):
    """Drives the fake by the real SDK; `cash` and `held` are the naive model's only memory."""

    customers = Bundle("customers")
    intents = Bundle("intents")

    def __init__(self):
        super().__init__()
        self.session = Session(Settings(newest_api_version(), name="properties"))
        self.tap = self.session.tapped()
        self.tap.__enter__()
        self.client = stripe.StripeClient("sk_test_fake").v1
        self.funded, self.cash, self.held, self.open = 0, {}, {}, {}

    def teardown(self):
        self.tap.__exit__(None, None, None)

    @initialize(target=customers)
    def first(self):
        return self.customer()

    @rule(target=customers)
    def customer(self):
        settings = {"settings": {"reconciliation_mode": "manual"}}
        return self.client.customers.create({"cash_balance": settings}).id

    @rule(
        target=intents, customer=customers, amount=AMOUNTS, currency=CURRENCIES, kind=st.integers(0, 2)
    )
    def intent(self, customer, amount, currency, kind):
        params = {"customer": customer, "amount": amount, "currency": currency}
        if kind:
            options = {"funding_type": "bank_transfer", "bank_transfer": OPTIONS[currency]}
            params |= {
                "payment_method_data": {"type": "customer_balance"},
                "payment_method_options": {"customer_balance": options},
                "confirm": kind == 2,
            }
        intent = self.client.payment_intents.create(params)
        self.held[intent.id] = 0
        self.open[intent.id] = [customer, currency, amount, intent.status]
        return intent.id

    @rule(customer=customers, amount=st.integers(1, 3_000), currency=CURRENCIES)
    def fund(self, customer, amount, currency):
        before = self.cash.get((customer, currency), 0)
        params = {"amount": amount, "currency": currency}
        row = self.client.test_helpers.customers.fund_cash_balance(customer, params)
        self.cash[customer, currency] = before + amount
        self.funded += amount
        assert row.ending_balance == before + amount

    @rule(intent=intents, amount=st.none() | st.integers(-1, 2_100), currency=st.none() | CURRENCIES)
    def apply(self, intent, amount, currency):
        customer, own, total, status = self.open[intent]
        cash, due = self.cash.get((customer, own), 0), total - self.held[intent]
        moves = min(cash, due) if amount is None else amount
        allowed = (
            status in ("requires_action", "requires_payment_method")
            and currency in (None, own)
            and 0 < moves <= min(cash, due)
        )
        params = {"amount": amount, "currency": currency}
        params = {name: value for name, value in params.items() if value is not None}
        try:
            answer = self.client.payment_intents.apply_customer_balance(intent, params)
        except stripe.InvalidRequestError:
            assert not allowed
            return
        assert allowed
        self.cash[customer, own] = cash - moves
        self.held[intent] += moves
        self.open[intent][3] = "succeeded" if self.held[intent] == total else status
        assert answer.status == self.open[intent][3]

    @rule(intent=intents, amount=AMOUNTS)
    def update_amount(self, intent, amount):
        *_, total, status = self.open[intent]
        try:
            answer = self.client.payment_intents.update(intent, {"amount": amount})
        except stripe.InvalidRequestError:
            assert status in ("succeeded", "canceled")
            return
        if amount != total:
            self.give_back(intent)
            after = "requires_confirmation" if status == "requires_action" else status
            self.open[intent][2:] = [amount, after]
        assert (answer.amount, answer.status) == tuple(self.open[intent][2:])

    @rule(intent=intents)
    def confirm(self, intent):
        status = self.open[intent][3]
        try:
            answer = self.client.payment_intents.confirm(intent)
        except stripe.InvalidRequestError:
            assert status in ("succeeded", "canceled", "requires_payment_method")
            return
        self.open[intent][3] = answer.status
        assert answer.status == "requires_action"

    @rule(intent=intents)
    def cancel(self, intent):
        status = self.open[intent][3]
        try:
            answer = self.client.payment_intents.cancel(intent)
        except stripe.InvalidRequestError:
            assert status in ("succeeded", "canceled")
            return
        self.give_back(intent)
        self.open[intent][3] = answer.status
        assert answer.status == "canceled"

    def give_back(self, intent):
        customer, currency, *_ = self.open[intent]
        if self.held[intent]:
            self.cash[customer, currency] += self.held[intent]
        self.held[intent] = 0

    @invariant()
    def every_cent_is_somewhere(self):
        assert self.funded == sum(self.cash.values()) + sum(self.held.values())

    @invariant()
    def the_fake_agrees(self):
        world = self.session.world
        world.check()
        for (customer, currency), cash in self.cash.items():
            assert world.ledger.balance(customer, currency) == cash
        for intent in world.payment_intents:
            assert (intent.applied, intent.status) == (self.held[intent.id], self.open[intent.id][3])

    @rule(customer=customers)
    def what_is_told_is_what_is_there(self, customer):
        told = self.client.customers.cash_balance.retrieve(customer).to_dict()["available"] or {}
        mine = {key[1]: cash for key, cash in self.cash.items() if key[0] == customer}
        assert told == mine
        rows = self.client.customers.cash_balance_transactions.list(customer, {"limit": 100})
        sums = {}
        for row in rows.auto_paging_iter():
            sums[row.currency] = sums.get(row.currency, 0) + row.net_amount
        assert sums == mine


TestMoney = Money.TestCase
TestMoney.settings = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
