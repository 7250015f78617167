"""Cards: intents made and confirmed by them, that are fine, declined, or want to be authenticated."""

from workload.cards import CHALLENGES, DECLINES, FINE
from workload.draws import AMOUNTS, once_in, one_of, scaled, shared_params, sharing, usually
from workload.driver import verb
from workload.verbs_intents import Intents

DRAWN = (*FINE, *FINE, *DECLINES, *CHALLENGES)


class Cards(Intents):
    @verb(3, needs="roomy")
    def pay_by_card(self, draw):
        """Make an intent and confirm it by card in one call; it may take a bank transfer too."""
        self.paid_by_card(draw, holds=False)

    @verb(3, needs="roomy")
    def hold_by_card(self, draw):
        """Let a card hold an amount."""
        self.paid_by_card(draw, holds=True)

    def paid_by_card(self, draw, *, holds):
        customer, currency = draw(one_of(*self.roomy()))
        amount, card = scaled(draw(one_of(*AMOUNTS)), currency), draw(one_of(*DRAWN))
        shared, takes_cash = sharing(draw, amount), not draw(once_in(2))
        if holds:
            shared, takes_cash = None, False
        types = ["card", "customer_balance"] if takes_cash else ["card"]
        params = {
            "customer": customer.id,
            "amount": amount,
            "currency": currency,
            "payment_method": card,
            "confirm": True,
            **self.taking(types),
            **shared_params(shared),
            **({"capture_method": "manual"} if holds else {}),
        }
        self.answered(
            f"card.{self.kind(card)}",
            lambda: self.auditor.new_intent_by_card(
                customer, currency, amount, card, shared=shared, takes_cash=takes_cash, holds=holds
            ),
            lambda: self.api.payment_intents.create(params),
        )

    @verb(8, needs="held")
    def capture(self, draw):
        """Capture what a card holds, whole or in part, or too much of it, or what isn't held."""
        intent = draw(usually(self.held(), self.intents()))
        parts = [part for one in AMOUNTS if (part := scaled(one, intent.currency)) < intent.amount]
        amount = draw(one_of(*parts, None, intent.amount, intent.amount + 1))
        params = {} if amount is None else {"amount_to_capture": amount}
        kind = "all" if amount in (None, intent.amount) else "part"
        self.answered(
            f"capture.{kind}",
            lambda: self.auditor.capture(intent, amount),
            lambda: self.api.payment_intents.capture(intent.id, params),
            intent,
        )

    @verb(needs="held")
    def cancel_held(self, draw):
        """Cancel what a card holds."""
        intent = draw(one_of(*self.held()))
        self.answered(
            "cancel.held",
            lambda: self.auditor.cancel(intent),
            lambda: self.api.payment_intents.cancel(intent.id),
            intent,
        )

    def taking_card(self):
        return [one for one in self.own() if one.takes_card]

    @verb(3, needs="taking_card")
    def confirm_by_card(self, draw):
        """Confirm by card what waits, which may hold cash, or what is over."""
        every = [one for one in self.intents() if one.takes_card]
        intent = draw(usually(self.taking_card(), every))
        card = draw(one_of(*DRAWN))
        given = {"payment_method": card, "return_url": "https://example.com/back"}
        self.answered(
            f"card.confirm.{self.kind(card)}",
            lambda: self.auditor.confirm_by_card(intent, card),
            lambda: self.api.payment_intents.confirm(intent.id, given),
            intent,
        )

    def kind(self, card):
        return "declined" if card in DECLINES else "challenged" if card in CHALLENGES else "fine"
