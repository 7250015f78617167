"""Customers, the cash that reaches them, and the time that passes over it."""

from hypothesis import strategies as st

from workload.books import DAY
from workload.draws import AMOUNTS, Draws, once_in, one_of, scaled, usually
from workload.driver import verb

MODES = ("automatic", "manual", "merchant_default")


class Customers(Draws):
    def customer(self, mode, email):
        params = {"email": email} if email else {}
        if mode:
            params["cash_balance"] = {"settings": {"reconciliation_mode": mode}}
        self.answered(
            "customer",
            lambda: self.auditor.new_customer(None if mode == "merchant_default" else mode, email),
            lambda: self.api.customers.create(params),
        )

    @verb(needs="room_for_customers")
    def another_customer(self, draw):
        self.customer(draw(one_of(*MODES, None)), draw(one_of(None, "cy@example.com")))

    @verb(needs="deletable")
    def delete_customer(self, draw):
        deleted = [one for one in self.auditor.customers if one.deleted]
        customer = draw(usually(self.deletable(), [*self.deletable(), *deleted]))
        self.ask(
            "customer.delete",
            lambda: self.auditor.delete_customer(customer),
            lambda: self.api.customers.delete(customer.id),
        )

    @verb(2)
    def switch_mode(self, draw):
        customer = draw(usually(self.living(), self.auditor.customers))
        self.switched(customer, draw(one_of(*MODES)))

    def switched(self, customer, mode):
        settings = {"settings": {"reconciliation_mode": mode}}
        self.ask(
            f"mode.{mode}",
            lambda: self.auditor.switch_mode(customer, mode),
            lambda: self.api.customers.cash_balance.update(customer.id, settings),
        )


class Cash(Draws):
    def transfer(self, name, place, amount, reference=None):
        customer, currency = place
        params = {"amount": amount, "currency": currency}
        if reference is not None:
            params["reference"] = reference
        self.answered(
            name,
            lambda: self.auditor.fund(customer, currency, amount, reference),
            lambda: self.api.test_helpers.customers.fund_cash_balance(customer.id, params),
        )

    @verb(3)
    def fund(self, draw):
        every = [(one, currency) for one in self.auditor.customers for currency in self.currencies]
        place = draw(usually(self.places(), every))
        self.transfer("fund", place, scaled(draw(one_of(*AMOUNTS)), place[1]))

    @verb(3, needs="waiting")
    def fund_a_sum(self, draw):
        one = draw(one_of(*self.waiting()))
        self.funded_a_sum((one.customer, one.currency), draw)

    def funded_a_sum(self, place, draw):
        """Fund what some of those that wait sum to, or a little more."""
        waiting = [one for one in self.waiting() if (one.customer, one.currency) == place]
        some = draw(st.permutations(waiting))[: draw(one_of(1, 2, 3, 4, 5, 5))]
        more = draw(one_of(0, 0, 50, 100)) if some else 50
        self.transfer("fund.sum", place, sum(one.due for one in some) + more)

    @verb(3, needs="waiting")
    def fund_by_reference(self, draw):
        self.funded_by_reference(self.waiting(), draw)

    def funded_by_reference(self, waiting, draw):
        """Fund with a reference that names what waits, more or less."""
        billed = [one for one in waiting if one.invoice]
        one = draw(one_of(*waiting, *billed, *billed[-1:] * 3))
        shown = one.status == "requires_action" and (not one.invoice or draw(once_in(2)))
        named, kind = (one.reference, "reference") if shown else (one.invoice.number, "number")
        text = draw(one_of("{}", " {} ", "for {}, thanks", "PAY-{}-ADA", "({})", "{}0", "X{}"))
        other = scaled(draw(one_of(*AMOUNTS)), one.currency)
        amount = draw(one_of(one.due, one.due, one.due, one.due + 50, one.due + 100, other))
        self.transfer(f"fund.{kind}", (one.customer, one.currency), amount, text.format(named.id))

    def in_usd(self):
        return "usd" in self.currencies and self.living()

    @verb(needs="in_usd")
    def fund_and_reverse(self, draw):
        place = draw(one_of(*self.living())), "usd"
        self.transfer("fund.reversal", place, draw(one_of(*AMOUNTS)), "reversal_1")


class Time(Cash):
    """In half of the examples time stands still: it takes away the cash that others wait for."""

    def time(self):
        return self.time_passes

    def late_invoices(self):
        return self.time_passes and self.open_invoices()

    def some_time(self):
        return self.time_passes and self.to_come()

    def travel(self, name, until):
        until = max(self.session.now, until)
        self.ask(name, lambda: self.auditor.travel(until), lambda: self.session.travel(until))

    @verb(needs="time")
    def wait(self, draw):
        self.travel("wait", self.session.now + draw(one_of(1, 1, 15, 45, 75, 181)) * DAY)

    @verb(3, needs="some_time")
    def wait_until_due(self, draw):
        """Move to a second around one at which something happens."""
        moment = draw(one_of(*{due[0]: None for due in self.to_come()}))
        self.travel("wait.due", moment + draw(one_of(-1, 0, 0, 1)))

    @verb(needs="late_invoices")
    def pay_late(self, draw):
        """Fund an invoice around the last second at which that pays it."""
        invoice = draw(one_of(*self.late_invoices()))
        self.travel("wait.late", invoice.due + 30 * DAY + draw(one_of(-1, 0, 0, 1, DAY)))
        self.transfer("fund.late", (invoice.customer, invoice.currency), invoice.total)

    @verb(5, needs="returns")
    def fail_return(self, draw):
        """Let unclaimed cash come back, and perhaps lie there until it is the merchant's."""
        live = [row for row in self.returns() if not row.back]
        row = draw(usually(live, self.returns()))
        self.answered(
            "fail_return", lambda: self.auditor.fail_return(row), lambda: self.fake.fail_return(row.id)
        )
        if draw(once_in(2)):
            self.travel("wait.sweep", max([due[0] for due in self.to_come()], default=0))
