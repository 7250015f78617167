"""What a card holds: captured, whole or in part, or let go (docs/stripe.md 3.14)."""

from workload.books import DAY, Refund, Refusal
from workload.payments import WRONG_STATE
from workload.repayments import Repayments

HELD = 7 * DAY


class Captures(Repayments):
    """`refunds_the_rest` tells that what isn't captured is a refund, as it was before basil."""

    refunds_the_rest = False

    def capture(self, intent, amount):
        """Capture an amount, None for all; the rest is let go."""
        if intent.status != "requires_capture":
            raise Refusal(WRONG_STATE)
        amount = intent.amount if amount is None else amount
        if amount > intent.amount:
            raise Refusal("amount_too_large")
        rest = intent.amount - amount
        intent.status, intent.by_card, intent.paid_at = "succeeded", True, self.now
        intent.captured = amount
        self.book(intent.currency, intent.amount if self.refunds_the_rest else amount)
        if not self.refunds_the_rest:
            intent.released = rest
        self.tell("charge.captured", intent, *intent.charged())
        self.tell("payment_intent.succeeded", intent, *intent.words())
        if rest and self.refunds_the_rest:
            self.take(self.let_go(intent, rest))

    def cancel(self, intent):
        """Cancel; what a card held goes back, and was never the merchant's."""
        if intent.status != "requires_capture":
            super().cancel(intent)
            return
        self.release(intent)
        intent.status = "canceled"
        self.tell("payment_intent.canceled", intent, *intent.words())

    def expire(self, intent):
        """Let go of what nobody captured for seven days."""
        self.release(intent)
        self.tell("charge.expired", intent, *intent.charged())
        intent.status = "canceled"
        self.tell("payment_intent.canceled", intent, *intent.words())

    def release(self, intent):
        if self.refunds_the_rest:
            self.let_go(intent, intent.amount)
        else:
            intent.released = intent.amount

    def let_go(self, intent, amount):
        """Refund what wasn't captured; it isn't booked by that."""
        refund = Refund(intent.customer, intent.currency, amount, "succeeded", intent)
        self.refunded(refund)
        return refund
