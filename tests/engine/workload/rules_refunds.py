"""Refunds: to the bank, to the cash balance, of the cash balance, and what becomes of them."""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from workload.draws import AMOUNTS, DATA, Draws, having, usually

STEPS = {
    "requires_action": ["cancel", "expire", "provide_bank_details"],
    "pending": ["settle_refund", "bounce_refund"],
}
ALL_STEPS = [step for steps in STEPS.values() for step in steps]


class Refunds(Draws):
    @having("paid")
    @rule(data=DATA, to_bank=st.booleans())
    def refund(self, data, to_bank):
        intent = data.draw(usually(self.refundable(), self.intents()))
        amount = data.draw(st.none() | AMOUNTS)
        if to_bank:
            params = {"payment_intent": intent.id, **({} if amount is None else {"amount": amount})}
            self.answered(
                "refund.bank",
                lambda: self.auditor.refund_to_bank(intent, amount),
                lambda: self.api.refunds.create(params),
            )
        else:
            self.answered(
                "refund.cash_balance",
                lambda: self.auditor.refund_to_balance(intent, amount),
                lambda: self.fake.refund_to_cash_balance(intent.id, amount),
            )

    @having("with_cash")
    @rule(data=DATA)
    def refund_cash(self, data):
        customer, currency = data.draw(st.sampled_from(self.with_cash()))
        amount = data.draw(st.just(customer.cash[currency]) | AMOUNTS)
        params = {
            "customer": customer.id,
            "amount": amount,
            "currency": currency,
            "origin": "customer_balance",
        }
        self.answered(
            "refund.origin",
            lambda: self.auditor.refund_of_balance(customer, currency, amount),
            lambda: self.api.refunds.create(params),
        )

    @having("refunds")
    @rule(data=DATA)
    def step_refund(self, data):
        live = [one for one in self.refunds() if one.status in STEPS]
        refund = data.draw(usually(live, self.refunds()))
        verb = data.draw(usually(STEPS.get(refund.status, []), ALL_STEPS))
        auditor, api, fake = self.auditor, self.api, self.fake
        predict, call = {
            "cancel": (auditor.cancel_refund, api.refunds.cancel),
            "expire": (auditor.expire_refund, api.test_helpers.refunds.expire),
            "provide_bank_details": (auditor.provide_bank_details, fake.provide_bank_details),
            "settle_refund": (auditor.settle_refund, fake.settle_refund),
            "bounce_refund": (auditor.bounce_refund, fake.bounce_refund),
        }[verb]
        self.answered(f"refund.{verb}", lambda: predict(refund), lambda: call(refund.id))
