"""What the rules draw from: few customers, and amounts that collide and sum to each other."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition
from workload.driver import Driver
from workload.payments import INCOMPLETE

from pytest_stripe_balance.balance import BANK_TRANSFERS

AMOUNTS = st.sampled_from([100, 200, 300, 500, 700, 1000])
MOST_OPEN, MOST_CUSTOMERS = 7, 3
METHOD = {"payment_method_data": {"type": "customer_balance"}}
DATA = st.data()


def options(currency):
    """Give what pays by bank transfer in a currency."""
    transfer = {"funding_type": "bank_transfer", "bank_transfer": BANK_TRANSFERS[currency]}
    return {"customer_balance": transfer}


def usually(live, every):
    """Draw one that the verb fits, or now and then any."""
    return st.sampled_from([*live, *live, *live, *every])


def having(name):
    """Let a rule run only while there is one of these."""
    return precondition(lambda self: getattr(self, name)())


class Draws(Driver):
    def living(self):
        return [one for one in self.auditor.customers if not one.deleted]

    def places(self):
        return [(one, currency) for one in self.living() for currency in self.currencies]

    def roomy(self):
        """List where there is room for another open item: the auditor tries all groups of them."""
        return [place for place in self.places() if len(self.incomplete_at(place)) < MOST_OPEN]

    def with_cash(self):
        return [place for place in self.places() if place[0].cash.get(place[1])]

    def intents(self):
        return self.auditor.intents

    def incomplete(self):
        return [one for one in self.auditor.intents if one.status in INCOMPLETE]

    def incomplete_at(self, place):
        return [one for one in self.incomplete() if (one.customer, one.currency) == place]

    def waiting(self):
        """List what a transfer may pay right now."""
        return [
            one
            for one in self.incomplete()
            if (one.invoice.status == "open" if one.invoice else one.status == "requires_action")
        ]

    def unconfirmed(self):
        return [one for one in self.incomplete() if one.status != "requires_action"]

    def applicable(self):
        return [
            one
            for one in self.incomplete()
            if one.status != "requires_confirmation" and one.customer.cash.get(one.currency)
        ]

    def holding(self):
        return [one for one in self.incomplete() if one.held]

    def paid(self):
        return [one for one in self.auditor.intents if one.status == "succeeded"]

    def refundable(self):
        return [one for one in self.paid() if one.refunded < one.amount]

    def refunds(self):
        return self.auditor.refunds

    def invoices(self):
        return self.auditor.invoices

    def open_invoices(self):
        return [one for one in self.auditor.invoices if one.status == "open"]

    def returns(self):
        return self.auditor.returns()

    def amount(self, data, currency):
        """Draw an amount; pesos have a minimum of 1000."""
        return data.draw(AMOUNTS) * (10 if currency == "mxn" else 1)
