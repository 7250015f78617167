"""Invoices from draft to paid, void or uncollectible (docs/stripe.md 1.9, 3.3)."""

from workload.books import Intent, Invoice, Refusal
from workload.carts import Carts


class Bills(Carts):
    def change(self, invoice, status, event):
        before, invoice.status = invoice.shown(), status
        self.tell_update(invoice, before)
        self.tell(event, invoice, *invoice.words())

    def draft(self, customer, currency, due, *, advances, shared=None):
        """Make a draft; a customer's first says which currency is theirs."""
        self.living(customer)
        if not customer.email:
            raise Refusal
        if customer.currency is None:
            customer.currency = currency
            self.tell("customer.updated", customer, *customer.words())
        invoice = Invoice(customer, currency, due, self.now + 3601 if advances else None)
        invoice.shared = shared
        self.invoices.append(invoice)
        self.tell("invoice.created", invoice, *invoice.words())
        return invoice

    def add_item(self, invoice, amount):
        self.living(invoice.customer)
        if invoice.status != "draft":
            raise Refusal("invoice_not_editable")
        before = invoice.shown()
        invoice.total += amount
        invoice.lines += 1
        self.tell("invoiceitem.created", invoice, amount)
        self.tell_update(invoice, before)

    def finalize(self, invoice):
        """Open a draft, with an intent for its total; when nothing is due it is paid."""
        if invoice.status != "draft":
            raise Refusal
        self.living(invoice.customer)
        invoice.finalized = next(self.order)
        if invoice.total:
            self.payable(invoice)
        self.change(invoice, "open", "invoice.finalized")
        if not invoice.total:
            self.settle(invoice)

    def payable(self, invoice):
        intent = Intent(
            invoice.customer,
            invoice.currency,
            invoice.total,
            "requires_payment_method",
            invoice.finalized,
            invoice,
            funding=True,
        )
        invoice.intent, intent.shared = intent, invoice.shared
        self.intents.append(intent)
        self.tell("payment_intent.created", intent, *intent.words())

    def opened(self, invoice):
        """Finalize a draft; tell whether the invoice is open then, and not paid by that."""
        if invoice.status == "draft":
            self.finalize(invoice)
            if invoice.status == "paid":
                return False
        if invoice.status != "open":
            raise Refusal
        return True

    def pay_invoice(self, invoice, *, out_of_band):
        if not self.opened(invoice):
            return
        if out_of_band:
            self.withdraw(invoice)
            self.settle(invoice)
            return
        self.living(invoice.customer)
        if invoice.customer.cash.get(invoice.currency, 0) < invoice.total:
            raise Refusal
        self.pay(invoice.intent, invoice.total)

    def send(self, invoice):
        if self.opened(invoice):
            self.tell("invoice.sent", invoice, *invoice.words())

    def void(self, invoice):
        if invoice.status != "open":
            raise Refusal
        self.withdraw(invoice)
        self.change(invoice, "void", "invoice.voided")

    def mark_uncollectible(self, invoice):
        if invoice.status != "open":
            raise Refusal
        self.change(invoice, "uncollectible", "invoice.marked_uncollectible")

    def delete_draft(self, invoice):
        if invoice.status != "draft":
            raise Refusal
        self.invoices.remove(invoice)
        self.tell("invoice.deleted", invoice, *invoice.words())

    def withdraw(self, invoice):
        """Cancel the intent of an invoice; invoices never hold a part of their money."""
        assert not invoice.intent.held
        invoice.intent.status = "canceled"
        self.tell("payment_intent.canceled", invoice.intent, *invoice.intent.words())
