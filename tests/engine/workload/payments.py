"""Intents and the cash that goes to them: funding, applying, confirming, canceling (docs/stripe.md 3, 4)."""

from workload.books import DAY, Intent, Refusal
from workload.matching import match
from workload.shares import Shares

MINIMUM = {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50, "mxn": 1000}
INCOMPLETE = ("requires_payment_method", "requires_confirmation", "requires_action")
WRONG_STATE = "payment_intent_unexpected_state"
REVERSAL = "reversal_"


class Payments(Shares):
    """Predicts what comes of each call: `self.events` grows, or Refusal is raised."""

    def open_invoices(self, customer, currency):
        """Give the intents of invoices that a transfer may pay, first finalized first."""
        found = [
            one.intent
            for one in self.invoices
            if (one.customer, one.currency, one.status) == (customer, currency, "open")
            and self.now <= one.due + 30 * DAY
        ]
        return sorted(found, key=lambda intent: intent.created)

    def open_intents(self, customer, currency):
        """Give the intents that wait with instructions; in Japan the first confirmed is the oldest."""
        found = [
            one
            for one in self.intents
            if (one.customer, one.currency, one.status) == (customer, currency, "requires_action")
            and not one.invoice
            and not one.challenged
        ]
        jp = currency == "jpy"
        return sorted(found, key=lambda intent: intent.confirmed if jp else intent.created)

    def reconcile(self, customer, currency, sent, reference=None):
        """Let what is open take the cash, and tell of what is left (3.3)."""
        if customer.mode != "manual":
            invoices = self.open_invoices(customer, currency)
            intents = self.open_intents(customer, currency)
            reference = None if currency == "jpy" else reference
            for one, amount in match(invoices, intents, sent, customer.cash[currency], reference):
                self.pay(one, amount)
        if customer.cash[currency] > 0:
            self.tell_cash(customer)

    def fund(self, customer, currency, amount, reference):
        self.living(customer, 404)
        row = self.move(customer, currency, amount, "funded")
        self.reconcile(customer, currency, amount, reference)
        if reference and reference.startswith(REVERSAL):
            pulled = self.move(customer, currency, -amount, "funding_reversed")
            if pulled.ending < 0:
                self.book(currency, pulled.ending)
                self.move(customer, currency, -pulled.ending, "adjusted_for_overdraft", pulled)
        return row

    def pay(self, intent, amount, in_part="payment_intent.partially_funded"):
        assert 0 < amount <= intent.due
        self.move(intent.customer, intent.currency, -amount, "applied_to_payment", intent)
        intent.held += amount
        if intent.due:
            self.tell(in_part, intent, *intent.words())
            return
        intent.status, intent.method, intent.paid_at = "succeeded", True, self.now
        self.book(intent.currency, intent.amount)
        self.tell("charge.succeeded", intent, *intent.charged())
        self.tell("payment_intent.succeeded", intent, *intent.words())
        self.share(intent)
        if intent.invoice:
            self.invoice_paid(intent.invoice)
        if intent.session:
            self.session_paid(intent.session)

    def invoice_paid(self, invoice):
        self.settle(invoice)
        self.tell("invoice_payment.paid", invoice, "paid")

    def settle(self, invoice):
        before = invoice.shown()
        invoice.status = "paid"
        self.tell_update(invoice, before)
        self.tell("invoice.paid", invoice, *invoice.words())
        self.tell("invoice.payment_succeeded", invoice, *invoice.words())

    def new_intent(
        self, customer, currency, amount, *, method, funding, confirm, shared=None, takes_card=False
    ):
        self.living(customer)
        if amount < MINIMUM[currency]:
            raise Refusal("amount_too_small")
        status = "requires_confirmation" if method else "requires_payment_method"
        intent = Intent(customer, currency, amount, status, next(self.order), None, method, funding)
        intent.shared, intent.takes_card = shared, takes_card
        self.intents.append(intent)
        self.tell("payment_intent.created", intent, *intent.words())
        if confirm:
            self.confirm(intent, method=False)
        return intent

    def confirm(self, intent, *, method):
        """Confirm, with a payment method and bank transfer options if `method` (3.2)."""
        if intent.status not in INCOMPLETE or not (intent.method or method):
            raise Refusal(WRONG_STATE)
        self.living(intent.customer)
        if not intent.takes_cash:
            raise Refusal("payment_intent_incompatible_payment_method")
        intent.method, intent.funding, intent.challenged = True, intent.funding or method, False
        customer, currency = intent.customer, intent.currency
        there = 0 if customer.mode == "manual" else customer.cash.get(currency, 0)
        drawn = min(there, intent.due)
        if intent.invoice and drawn < intent.due:
            drawn = 0
        if drawn < intent.due and not intent.funding:
            intent.status, intent.method = "requires_payment_method", False
            self.tell("payment_intent.payment_failed", intent, *intent.words())
            raise Refusal("payment_method_customer_decline")
        intent.confirmed = next(self.order)
        if drawn < intent.due:
            intent.status = "requires_action"
        if drawn:
            self.pay(intent, drawn, "payment_intent.requires_action")
        else:
            self.tell("payment_intent.requires_action", intent, *intent.words())

    def apply(self, intent, amount, currency):
        """Apply the customer's cash; refused in the order of docs/stripe.md 5.9."""
        if amount is not None and amount < 1:
            raise Refusal("parameter_invalid_integer")
        if intent.invoice:
            amount = None
        if not intent.takes_cash:
            raise Refusal(None)
        if intent.customer.deleted:
            raise Refusal("parameter_missing")
        if intent.status not in ("requires_action", "requires_payment_method"):
            raise Refusal(WRONG_STATE)
        if intent.invoice and intent.invoice.status != "open":
            raise Refusal(WRONG_STATE)
        if currency not in (None, intent.currency):
            raise Refusal
        there = intent.customer.cash.get(intent.currency, 0)
        if amount is None:
            amount = intent.due if intent.invoice or not there else min(intent.due, there)
        if amount > intent.due or amount > there:
            raise Refusal
        self.pay(intent, amount)

    def update_field(self, intent, name):
        """Change what only describes it: a canceled one keeps all but its description."""
        if name != "description" and intent.status == "canceled":
            raise Refusal(WRONG_STATE)

    def update_amount(self, intent, amount):
        """Change the amount; all that it holds goes back, and may go elsewhere (3.5)."""
        if intent.status not in INCOMPLETE:
            raise Refusal(WRONG_STATE)
        if amount < MINIMUM[intent.currency]:
            raise Refusal("amount_too_small")
        if intent.invoice:
            raise Refusal(WRONG_STATE)
        if amount == intent.amount:
            return
        freed = self.empty(intent)
        intent.amount = amount
        if intent.status == "requires_action":
            intent.status = "requires_confirmation"  # by the card that it has, if it has one
        if freed:
            self.reconcile(intent.customer, intent.currency, freed)

    def cancel(self, intent):
        """Cancel; what it held goes back, and may go elsewhere (3.6)."""
        if intent.status not in INCOMPLETE or intent.invoice:
            raise Refusal(WRONG_STATE)
        freed = self.empty(intent)
        intent.status = "canceled"
        self.tell("payment_intent.canceled", intent, *intent.words())
        if intent.session:
            self.session_failed(intent.session)
        if freed:
            self.reconcile(intent.customer, intent.currency, freed)

    def empty(self, intent):
        freed, intent.held = intent.held, 0
        if freed:
            self.move(intent.customer, intent.currency, freed, "unapplied_from_payment", intent)
        return freed
