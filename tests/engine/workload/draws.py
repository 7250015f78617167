"""What the verbs draw from: few customers, and amounts that collide and sum to each other."""

from hypothesis import strategies as st

from pytest_stripe_balance.fixtures.arguments import BANK_TRANSFERS
from workload.driver import Driver
from workload.payments import INCOMPLETE

AMOUNTS = (100, 200, 300, 500, 700, 1000)
MOST_OPEN, MOST_CUSTOMERS = 8, 3
SHOP = "acct_1ShopShopShopShp"
METHOD = {"payment_method_data": {"type": "customer_balance"}}


def one_of(*values):
    return st.sampled_from(values)


def once_in(times):
    """Draw whether to, by chance; rather not."""
    return st.integers(1, times).map(times.__eq__)


def usually(live, every):
    """Draw one that the verb fits, or once in five times any."""
    often = 4 * len(every) // max(len(live), 1)
    return st.sampled_from([*live * often, *every])


def options(currency):
    """Give what pays by bank transfer in a currency."""
    transfer = {"funding_type": "bank_transfer", "bank_transfer": BANK_TRANSFERS[currency]}
    return {"customer_balance": transfer}


def scaled(amount, currency):
    """Pesos have a minimum of 1000."""
    return amount * (10 if currency == "mxn" else 1)


def sharing(draw, amount):
    """Draw what a payment shares: an amount for the account and a fee, not both; mostly nothing."""
    if not amount or not draw(once_in(4)):
        return None
    part = draw(one_of(None, None, amount // 3, amount, amount + 7))
    return part, 0 if part is not None else draw(one_of(0, 1, amount // 7, amount, amount + 1))


def shared_params(shared):
    """Give the parameters of what is shared."""
    if shared is None:
        return {}
    part, fee = shared
    data = {"destination": SHOP, **({} if part is None else {"amount": part})}
    return {"transfer_data": data, **({"application_fee_amount": fee} if part is None else {})}


class Draws(Driver):
    def taking(self, types):
        """Give the parameter that says what an intent or a session takes."""
        name = "payment_method_types" if self.version < "2026-09-30" else "allowed_payment_method_types"
        return {name: types}

    def living(self):
        return [one for one in self.auditor.customers if not one.deleted]

    def deletable(self):
        """List whom Stripe may be asked to delete: what becomes of cash on its way is not modelled."""
        under_way = {one.customer for one in self.holding()}
        under_way |= {one.customer for one in self.running() if not one.intent}
        return [one for one in self.living() if one not in under_way]

    def room_for_customers(self):
        return len(self.living()) < MOST_CUSTOMERS

    def places(self):
        """List where things may happen, the first two customers more often than a third."""
        living = self.living()
        return [(one, currency) for one in (*living, *living[:2]) for currency in self.currencies]

    def roomy(self, most=MOST_OPEN - 1):
        """List where there is room for another open item: the auditor tries all groups of them."""
        open_items = [(one.customer, one.currency) for one in self.incomplete()]
        return [place for place in self.places() if open_items.count(place) <= most]

    def with_cash(self):
        return [place for place in self.places() if place[0].cash.get(place[1])]

    def intents(self):
        return self.auditor.intents

    def incomplete(self):
        return [one for one in self.intents() if one.status in INCOMPLETE]

    def own(self):
        """List the incomplete intents that no invoice has made."""
        return [one for one in self.incomplete() if not one.invoice]

    def waiting(self):
        """List what a transfer may pay right now."""
        return [
            one
            for one in self.incomplete()
            if (one.invoice.status == "open" if one.invoice else one.status == "requires_action")
        ]

    def unconfirmed(self):
        return [one for one in self.own() if one.status != "requires_action"]

    def applicable(self):
        return [
            one
            for one in self.incomplete()
            if one.status != "requires_confirmation" and one.customer.cash.get(one.currency)
        ]

    def holding(self):
        return [one for one in self.own() if one.held]

    def refundable(self):
        return [one for one in self.intents() if one.status == "succeeded" and one.left]

    def not_let_go(self):
        """List all but what a card held once and doesn't any more: its refund is not modelled."""
        return [one for one in self.intents() if not (one.held_since and one.status == "canceled")]

    def held(self):
        """List what a card holds, and can be captured."""
        return [one for one in self.intents() if one.status == "requires_capture"]

    def refunds(self):
        return self.auditor.refunds

    def running(self):
        return [one for one in self.refunds() if one.status in ("requires_action", "pending")]

    def invoices(self):
        return self.auditor.invoices

    def drafts(self):
        return [one for one in self.invoices() if one.status == "draft"]

    def open_invoices(self):
        return [one for one in self.invoices() if one.status == "open"]

    def affordable(self):
        return [
            one for one in self.open_invoices() if one.total <= one.customer.cash.get(one.currency, 0)
        ]

    def returns(self):
        return self.auditor.returns()

    def to_come(self):
        return self.auditor.deadlines()
