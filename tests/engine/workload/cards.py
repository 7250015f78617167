"""Cards beside bank transfers: what they pay, what they decline, and who must be there (3.11)."""

from workload.books import Declined, Refusal
from workload.payments import INCOMPLETE, WRONG_STATE, Payments

DECLINES = {
    "pm_card_chargeDeclined": "card_declined",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "card_declined",
    "pm_card_chargeDeclinedExpiredCard": "expired_card",
}
CHALLENGES = ("pm_card_authenticationRequired",)
FINE = ("pm_card_visa", "pm_card_amex")


class Cards(Payments):
    def new_intent_by_card(
        self, customer, currency, amount, card, *, shared=None, takes_cash=True, holds=False
    ):
        """Make an intent, and confirm it by a card at once."""
        intent = self.new_intent(
            customer, currency, amount, method=True, funding=False, confirm=False, shared=shared
        )
        intent.takes_card, intent.takes_cash, intent.holds = True, takes_cash, holds
        self.confirm_by_card(intent, card)
        return intent

    def confirm_by_card(self, intent, card):
        """Pay all by a card: what the intent held goes back before, and elsewhere after."""
        if intent.status not in INCOMPLETE:
            raise Refusal(WRONG_STATE)
        self.living(intent.customer)
        if not intent.takes_card:
            raise Refusal("payment_intent_incompatible_payment_method")
        if card in DECLINES:
            self.decline(intent, DECLINES[card])
        intent.method = True
        if card in CHALLENGES:
            intent.status, intent.challenged = "requires_action", True
            self.tell("payment_intent.requires_action", intent, *intent.words())
            return
        if intent.holds:
            intent.status, intent.challenged, intent.held_since = "requires_capture", False, self.now
            self.tell("charge.succeeded", intent, *intent.charged())
            self.tell("payment_intent.amount_capturable_updated", intent, *intent.words())
            return
        freed = self.empty(intent)
        intent.status, intent.by_card, intent.challenged = "succeeded", True, False
        intent.paid_at = self.now
        self.book(intent.currency, intent.amount)
        self.tell("charge.succeeded", intent, *intent.charged())
        self.tell("payment_intent.succeeded", intent, *intent.words())
        self.share(intent)
        if freed:
            self.reconcile(intent.customer, intent.currency, freed)

    def decline(self, intent, code):
        """Make a failed charge, which moves nothing; the intent waits for another method."""
        declined = Declined(intent.amount)
        intent.declined.append(declined)
        self.tell("charge.failed", intent, *declined.charged())
        intent.status, intent.method, intent.challenged = "requires_payment_method", False, False
        self.tell("payment_intent.payment_failed", intent, *intent.words())
        raise Refusal(code, 402)
