"""The auditor: a second, naive model of docs/stripe.md that predicts what each call changes and tells.

It shares no code with the engine: sums in dicts, groups by trying all, the clock by looking at
everything that could be due. Where that page is silent it follows the readings of the register, those
that an example draws (`readings`) or the defaults, and these of the engine's own: a group's invoices are
paid before its intents, and what falls due in the same second happens as cash, held amounts, refunds,
invoices, sessions.
"""

from workload.books import DAY, Refusal
from workload.captures import HELD, Captures
from workload.hooks import Hooks

RETURN_AFTER, SWEEP_AFTER = 75 * DAY, 90 * DAY


class Auditor(Captures, Hooks):
    def deadlines(self):
        """List what is to come: when, and what happens then (3.9, 8)."""
        found = []
        for customer in self.customers:
            for currency, cash in customer.cash.items():
                if cash > 0:
                    since, sent_back = customer.since[currency]
                    after = SWEEP_AFTER if sent_back else RETURN_AFTER
                    act = self.sweep if sent_back else self.return_to_bank
                    found.append((since + after, act, (customer, currency)))
        found += [
            (one.held_since + HELD + 1, self.expire, (one,))
            for one in self.intents
            if one.status == "requires_capture"
        ]
        found += [(one.expires, self.expire_refund, (one,)) for one in self.refunds if one.expires]
        for invoice in self.invoices:
            if invoice.status == "open" and not invoice.overdue:
                found.append((invoice.due, self.fall_overdue, (invoice,)))
            if invoice.status == "draft" and invoice.advances and not invoice.customer.deleted:
                found.append((invoice.advances, self.finalize, (invoice,)))
        found += [
            (one.expires, self.expire_checkout, (one,)) for one in self.sessions if one.status == "open"
        ]
        return found

    def travel(self, until):
        while due := [one for one in self.deadlines() if one[0] <= until]:
            moment, act, what = min(due, key=lambda one: one[0])
            self.now = max(self.now, moment)
            act(*what)
        self.now = until

    def return_to_bank(self, customer, currency):
        self.move(customer, currency, -customer.cash[currency], "return_initiated")

    def sweep(self, customer, currency):
        cash = customer.cash[currency]
        self.book(currency, cash)
        self.move(customer, currency, -cash, "transferred_to_balance")

    def fall_overdue(self, invoice):
        invoice.overdue = True
        self.tell("invoice.overdue", invoice, *invoice.words())

    def returns(self):
        """List the returns of unclaimed cash."""
        return [row for row in self.rows if row.type == "return_initiated" and row.about is None]

    def fail_return(self, row):
        """Let a return come back from the bank, once; nothing is reconciled by that."""
        if row.back or row.customer.deleted:
            raise Refusal
        row.back = True
        return self.move(row.customer, row.currency, -row.net, "return_canceled", row)
