"""Refunds: to the bank, to the cash balance, of the cash balance, and what becomes of them."""

from workload.books import DAY
from workload.draws import AMOUNTS, once_in, one_of, scaled, usually
from workload.driver import verb
from workload.verbs_cash import Time

STEPS = {
    "requires_action": ("cancel", "cancel", "expire", "provide_bank_details", "provide_bank_details"),
    "pending": ("settle_refund", "bounce_refund"),
}
ALL_STEPS = ("cancel", "expire", "provide_bank_details", "settle_refund", "bounce_refund")


class Refunds(Time):
    @verb(3, needs="refundable")
    def refund_to_bank(self, draw):
        intent, amount = self.refunding(draw)
        often = 2 if intent.shared else 20
        wishes = {"reverses": draw(once_in(often)), "gives_back": draw(once_in(often))}
        params = {"payment_intent": intent.id, **({} if amount is None else {"amount": amount})}
        names = {"reverses": "reverse_transfer", "gives_back": "refund_application_fee"}
        params |= {name: True for wish, name in names.items() if wishes[wish]}
        self.answered(
            "refund.bank",
            lambda: self.auditor.refund_to_bank(intent, amount, **wishes),
            lambda: self.api.refunds.create(params),
        )

    @verb(2, needs="refundable")
    def refund_to_cash_balance(self, draw):
        intent, amount = self.refunding(draw)
        self.answered(
            "refund.cash_balance",
            lambda: self.auditor.refund_to_balance(intent, amount),
            lambda: self.fake.refund_to_cash_balance(intent.id, amount),
        )

    def long_paid(self):
        return self.time_passes and self.refundable()

    @verb(needs="long_paid")
    def refund_late(self, draw):
        """Refund around the last second at which that can be done."""
        intent = draw(one_of(*self.long_paid()))
        self.travel("wait.window", intent.paid_at + 180 * DAY + draw(one_of(-1, 0, 0, 1)))
        params = {"payment_intent": intent.id}
        self.answered(
            "refund.late",
            lambda: self.auditor.refund_to_bank(intent, None),
            lambda: self.api.refunds.create(params),
        )

    def refunding(self, draw):
        intent = draw(usually(self.refundable(), self.not_let_go()))
        left = intent.left
        amount = draw(one_of(None, None, left, *[one for one in AMOUNTS if one < left], left + 1, 0))
        return intent, amount

    @verb(needs="with_cash")
    def refund_cash(self, draw):
        customer, currency = draw(one_of(*self.with_cash()))
        amount = draw(one_of(customer.cash[currency], scaled(draw(one_of(*AMOUNTS)), currency)))
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

    @verb(5, needs="running")
    def step_refund(self, draw):
        refund = draw(usually(self.running(), self.refunds()))
        step = draw(usually([*STEPS.get(refund.status, ())], ALL_STEPS))
        auditor, api, fake = self.auditor, self.api, self.fake
        predict, call = {
            "cancel": (auditor.cancel_refund, api.refunds.cancel),
            "expire": (auditor.expire_refund, api.test_helpers.refunds.expire),
            "provide_bank_details": (auditor.provide_bank_details, fake.provide_bank_details),
            "settle_refund": (auditor.settle_refund, fake.settle_refund),
            "bounce_refund": (auditor.bounce_refund, fake.bounce_refund),
        }[step]
        self.answered(f"refund.{step}", lambda: predict(refund), lambda: call(refund.id), refund)
