"""Invoices: drafted, finalized, sent, paid in both ways, voided, given up."""

from workload.books import DAY
from workload.draws import (
    AMOUNTS,
    Draws,
    once_in,
    one_of,
    options,
    scaled,
    shared_params,
    sharing,
    usually,
)
from workload.driver import verb

STEPS = ("finalize", "send", "void", "pay", "pay", "pay", "pay.out_of_band", "mark_uncollectible")


class Invoices(Draws):
    @verb(4, needs="roomy")
    def bill(self, draw):
        days, items = draw(one_of(0, 10, 30)), draw(one_of(1, 1, 1, 1, 2, 0))
        place, amounts = draw(one_of(*self.roomy())), [draw(one_of(*AMOUNTS)) for _ in range(items)]
        shared = sharing(draw, scaled(sum(amounts), place[1]))
        invoice = self.drafted(place, days, amounts, advances=draw(once_in(4)), shared=shared)
        then = draw(one_of("finalize", "finalize", "finalize", "finalize", "send", "nothing"))
        if invoice and then != "nothing":
            self.bring(invoice, then)

    def drafted(self, place, days, amounts, *, advances=False, shared=None):
        customer, currency = place
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
            "auto_advance": advances,
            "pending_invoice_items_behavior": "exclude",
            **shared_params(shared),
        }
        invoice = self.answered(
            "invoice.draft",
            lambda: self.auditor.draft(
                customer,
                currency,
                self.auditor.now + days * DAY,
                advances=advances,
                shared=shared,
            ),
            lambda: self.api.invoices.create(params),
        )
        for amount in amounts if invoice else ():
            self.add_item(invoice, amount)
        return invoice

    @verb(needs="drafts")
    def change_draft(self, draw):
        invoice = draw(usually(self.drafts(), self.invoices()))
        if not draw(once_in(3)):
            self.add_item(invoice, draw(one_of(*AMOUNTS)))
            return
        self.ask(
            "invoice.delete",
            lambda: self.auditor.delete_draft(invoice),
            lambda: self.api.invoices.delete(invoice.id),
        )

    def add_item(self, invoice, amount):
        amount = scaled(amount, invoice.currency)
        params = {"customer": invoice.customer.id, "invoice": invoice.id, "amount": amount}
        self.ask(
            "invoice.item",
            lambda: self.auditor.add_item(invoice, amount),
            lambda: self.api.invoice_items.create(params),
        )

    @verb(3, needs="invoices")
    def step_invoice(self, draw):
        step = draw(one_of(*STEPS))
        if step == "pay" and not self.affordable():
            step = "send"
        live = {"finalize": self.drafts, "pay": self.affordable}.get(step, self.open_invoices)()
        invoice = draw(usually(live, self.invoices()))
        if invoice.status == "uncollectible" and step.startswith("pay"):
            step = "void"  # paying it is not modelled
        self.bring(invoice, step)

    def bring(self, invoice, step):
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
        }[step]
        self.answered(f"invoice.{step}", lambda: predict(invoice), lambda: call(invoice.id), invoice)
