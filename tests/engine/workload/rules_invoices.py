"""Invoices: drafted, finalized, sent, paid in both ways, voided, given up."""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from workload.books import DAY
from workload.draws import AMOUNTS, DATA, Draws, having, options, usually


class Invoices(Draws):
    @having("roomy")
    @rule(
        data=DATA,
        days=st.sampled_from([0, 10, 30]),
        items=st.sampled_from([1, 1, 1, 2, 0]),
        then=st.sampled_from(["finalize", "finalize", "finalize", "send", None]),
    )
    def bill(self, data, days, items, then):
        customer, currency = data.draw(st.sampled_from(self.roomy()))
        settings = {
            "payment_method_types": ["customer_balance"],
            "payment_method_options": options(currency),
        }
        params = {
            "customer": customer.id,
            "currency": currency,
            "collection_method": "send_invoice",
            "days_until_due": days,
            "payment_settings": settings,
        }
        due = self.session.now + days * DAY
        invoice = self.answered(
            "invoice.draft",
            lambda: self.auditor.draft(customer, currency, due),
            lambda: self.api.invoices.create(params),
        )
        for _ in range(items):
            self.add_item(invoice, self.amount(data, currency))
        if then:
            self.bring(invoice, then)

    def add_item(self, invoice, amount):
        customer = invoice.customer.id
        params = {"customer": customer, "invoice": invoice.id, "amount": amount, "currency": invoice.currency}
        self.ask(
            "invoice.item",
            lambda: self.auditor.add_item(invoice, amount),
            lambda: self.api.invoice_items.create(params),
        )

    def bring(self, invoice, verb):
        """Take an invoice one step on."""
        auditor, api = self.auditor, self.api.invoices
        predict, call = {
            "finalize": (auditor.finalize, api.finalize_invoice),
            "send": (auditor.send, api.send_invoice),
            "void": (auditor.void, api.void_invoice),
            "pay": (lambda one: auditor.pay_invoice(one, out_of_band=False), api.pay),
            "pay.out_of_band": (
                lambda one: auditor.pay_invoice(one, out_of_band=True),
                lambda one: api.pay(one, {"paid_out_of_band": True}),
            ),
            "mark_uncollectible": (auditor.mark_uncollectible, api.mark_uncollectible),
        }[verb]
        self.answered(f"invoice.{verb}", lambda: predict(invoice), lambda: call(invoice.id))

    @having("invoices")
    @rule(
        data=DATA,
        verb=st.sampled_from(
            ["finalize", "send", "void", "pay", "pay", "pay.out_of_band", "mark_uncollectible"]
        ),
    )
    def step_invoice(self, data, verb):
        drafts = [one for one in self.invoices() if one.status == "draft"]
        live = drafts if verb == "finalize" else self.open_invoices()
        invoice = data.draw(usually(live, self.invoices()))
        if not (invoice.status == "uncollectible" and verb.startswith("pay")):  # not modelled
            self.bring(invoice, verb)

    @having("invoices")
    @rule(data=DATA, amount=AMOUNTS, delete=st.booleans())
    def change_draft(self, data, amount, delete):
        drafts = [one for one in self.invoices() if one.status == "draft"]
        invoice = data.draw(usually(drafts, self.invoices()))
        if delete:
            self.ask(
                "invoice.delete",
                lambda: self.auditor.delete_draft(invoice),
                lambda: self.api.invoices.delete(invoice.id),
            )
        else:
            self.add_item(invoice, amount * (10 if invoice.currency == "mxn" else 1))
