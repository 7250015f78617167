"""Refunds to the bank, to the cash balance, and of the cash balance (docs/stripe.md 1.8, 3.7, 8)."""

from workload.bills import Bills
from workload.books import DAY, Refund, Refusal

ANSWER_WITHIN, WINDOW = 45 * DAY, 180 * DAY


class Repayments(Bills):
    def refundable(self, intent, amount):
        """Hold an amount, None for all, against what is left of a charge."""
        if amount is not None and amount < 1:
            raise Refusal("parameter_invalid_integer")
        if intent.status != "succeeded":
            raise Refusal
        left = intent.left
        if not left:
            raise Refusal("charge_already_refunded")
        if (amount or left) > left or (self.now > intent.paid_at + WINDOW and not intent.by_card):
            raise Refusal
        return amount or left

    def refund_to_bank(self, intent, amount, *, reverses=False, gives_back=False):
        amount = self.refundable(intent, amount)
        self.check_wishes(intent, reverses, gives_back)
        if intent.by_card:
            refund = Refund(intent.customer, intent.currency, amount, "succeeded", intent)
            self.take(refund)
        elif not intent.customer.email or intent.customer.deleted:
            raise Refusal
        else:
            refund = self.asking(intent.customer, intent.currency, amount)
            refund.intent = intent
        self.refunded(refund)
        self.take_back(intent, amount, reverses, gives_back)
        return refund

    def refund_of_balance(self, customer, currency, amount):
        self.living(customer)
        if amount > customer.cash.get(currency, 0) or not customer.email:
            raise Refusal
        refund = self.asking(customer, currency, amount)
        self.move(customer, currency, -amount, "return_initiated", refund)
        self.refunded(refund)
        return refund

    def refund_to_balance(self, intent, amount):
        amount = self.refundable(intent, amount)
        self.living(intent.customer)
        if intent.by_card:
            raise Refusal
        refund = Refund(intent.customer, intent.currency, amount, "succeeded", intent)
        self.move(intent.customer, intent.currency, amount, "refunded_from_payment", refund)
        self.take(refund)
        self.refunded(refund)
        self.reconcile(intent.customer, intent.currency, amount)
        return refund

    def asking(self, customer, currency, amount):
        status, expires = "requires_action", self.now + ANSWER_WITHIN
        return Refund(customer, currency, amount, status, expires=expires)

    def refunded(self, refund):
        self.refunds.append(refund)
        self.tell("refund.created", refund, *refund.words())
        if refund.intent:
            refund.intent.refunded += refund.amount
            self.tell("charge.refunded", refund.intent, *refund.intent.charged())

    def take(self, refund):
        """Take the amount from the merchant, once."""
        if refund.intent and not refund.booked:
            refund.booked = True
            self.book(refund.currency, -refund.amount)

    def changed(self, refund, status, expires=None):
        refund.status, refund.expires = status, expires
        self.tell("refund.updated", refund, *refund.words())

    def undo(self, refund, status):
        """Cancel or fail a refund that waits for bank details: all is as before it."""
        if refund.status != "requires_action":
            raise Refusal
        if refund.intent:
            refund.intent.refunded -= refund.amount
        else:
            self.move(refund.customer, refund.currency, refund.amount, "return_canceled", refund)
        if refund.booked:
            self.book(refund.currency, refund.amount)
        self.changed(refund, status)

    def cancel_refund(self, refund):
        self.undo(refund, "canceled")
        self.go_on(refund)

    def expire_refund(self, refund):
        self.undo(refund, "failed")
        self.tell("refund.failed", refund, *refund.words())
        self.go_on(refund)

    def go_on(self, refund):
        """Let cash that came back reach whoever waits, by the reading that has it so."""
        if not refund.intent and self.readings.get("origin-return-canceled") == "reconciled":
            self.reconcile(refund.customer, refund.currency, refund.amount)

    def provide_bank_details(self, refund):
        self.in_status(refund, "requires_action")
        self.take(refund)
        self.changed(refund, "pending")

    def settle_refund(self, refund):
        self.in_status(refund, "pending")
        self.changed(refund, "succeeded")

    def bounce_refund(self, refund):
        self.in_status(refund, "pending")
        self.changed(refund, "requires_action", self.now + ANSWER_WITHIN)

    def in_status(self, refund, status):
        if refund.status != status:
            raise Refusal
