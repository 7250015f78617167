"""Customers, the cash that reaches them, and the time that passes over it."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from workload.books import DAY
from workload.draws import AMOUNTS, DATA, MOST_CUSTOMERS, Draws, having, usually

CURRENCIES = [("usd", "jpy"), ("usd", "eur"), ("jpy", "gbp"), ("mxn", "usd"), ("usd",), ("jpy",)]
MODES = ["automatic", "manual", "merchant_default"]


class Customers(Draws):
    @initialize(
        currencies=st.sampled_from(CURRENCIES),
        first=st.sampled_from(["automatic", None]),
        second=st.sampled_from([*MODES, None]),
    )
    def begin(self, currencies, first, second):
        self.currencies = currencies
        self.customer(first, "ada@example.com")
        self.customer(second, "bob@example.com")

    def customer(self, mode, email):
        params = {"email": email} if email else {}
        if mode:
            params["cash_balance"] = {"settings": {"reconciliation_mode": mode}}
        self.answered(
            "customer",
            lambda: self.auditor.new_customer(None if mode == "merchant_default" else mode, email),
            lambda: self.api.customers.create(params),
        )

    @precondition(lambda self: len(self.living()) < MOST_CUSTOMERS)
    @rule(mode=st.sampled_from([*MODES, None]), email=st.sampled_from([None, "cy@example.com"]))
    def another_customer(self, mode, email):
        self.customer(mode, email)

    @rule(data=DATA, verb=st.sampled_from(["delete", *MODES]))
    def change_customer(self, data, verb):
        customer = data.draw(usually(self.living(), self.auditor.customers))
        if verb == "delete":
            self.ask(
                "customer.delete",
                lambda: self.auditor.delete_customer(customer),
                lambda: self.api.customers.delete(customer.id),
            )
            return
        settings = {"settings": {"reconciliation_mode": verb}}
        self.ask(
            f"mode.{verb}",
            lambda: self.auditor.switch_mode(customer, verb),
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

    @rule(data=DATA)
    def fund(self, data):
        every = [(one, currency) for one in self.auditor.customers for currency in self.currencies]
        place = data.draw(usually(self.places(), every))
        self.transfer("fund", place, self.amount(data, place[1]))

    @having("waiting")
    @rule(data=DATA, more=st.sampled_from([0, 0, 0, 100]))
    def fund_a_sum(self, data, more):
        """Fund what some of those that wait sum to, or a little more."""
        one = data.draw(st.sampled_from(self.waiting()))
        place = one.customer, one.currency
        beside = [other for other in self.waiting() if (other.customer, other.currency) == place]
        some = data.draw(st.lists(st.sampled_from(beside), min_size=1, max_size=5, unique=True))
        self.transfer("fund.sum", place, sum(other.due for other in some) + more)

    @having("waiting")
    @rule(data=DATA, text=st.sampled_from(["{}", " {} ", "for {}, thanks", "{}0", "X{}"]))
    def fund_by_reference(self, data, text):
        """Fund with a reference that names what waits, more or less."""
        one = data.draw(st.sampled_from(self.waiting()))
        named, kind = (one.invoice.number, "number") if one.invoice else (one.reference, "reference")
        amount = one.due if data.draw(st.booleans()) else self.amount(data, one.currency)
        self.transfer(f"fund.{kind}", (one.customer, one.currency), amount, text.format(named.id))

    @precondition(lambda self: "usd" in self.currencies and self.living())
    @rule(data=DATA, amount=AMOUNTS)
    def fund_and_reverse(self, data, amount):
        customer = data.draw(st.sampled_from(self.living()))
        self.transfer("fund.reversal", (customer, "usd"), amount, "reversal_1")


class Time(Draws):
    def travel(self, name, until):
        self.ask(name, lambda: self.auditor.travel(until), lambda: self.session.travel(until))

    @rule(days=st.sampled_from([1, 15, 30, 45, 75]))
    def wait(self, days):
        self.travel("wait", self.session.now + days * DAY)

    @precondition(lambda self: self.auditor.deadlines())
    @rule(data=DATA, off=st.sampled_from([-1, 0, 0, 1]))
    def wait_until_due(self, data, off):
        """Move to a second around one at which something happens."""
        moment = data.draw(st.sampled_from([due[0] for due in self.auditor.deadlines()]))
        self.travel("wait.due", max(self.session.now, moment + off))

    @having("open_invoices")
    @rule(data=DATA, off=st.sampled_from([-1, 0, 1, DAY]))
    def pay_late(self, data, off):
        """Fund an invoice around the last second at which that pays it."""
        invoice = data.draw(st.sampled_from(self.open_invoices()))
        if not invoice.customer.deleted:
            self.travel("wait.late", max(self.session.now, invoice.due + 30 * DAY + off))
            self.transfer("fund.late", (invoice.customer, invoice.currency), invoice.total)

    @having("returns")
    @rule(data=DATA, sweep=st.booleans())
    def fail_return(self, data, sweep):
        """Let unclaimed cash come back, and perhaps lie there until it is the merchant's."""
        live = [row for row in self.returns() if not row.back]
        row = data.draw(usually(live, self.returns()))
        self.answered(
            "fail_return", lambda: self.auditor.fail_return(row), lambda: self.fake.fail_return(row.id)
        )
        if sweep:
            moments = [due[0] for due in self.auditor.deadlines()]
            self.travel("wait.sweep", max(self.session.now, *moments))
