"""Intents: created in all ways, confirmed, applied to, changed, canceled."""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from workload.draws import AMOUNTS, DATA, METHOD, Draws, having, options, usually


class Intents(Draws):
    @having("roomy")
    @rule(data=DATA, way=st.sampled_from(["confirmed", "confirmed", "confirmed", "unconfirmed"]))
    def create_intent(self, data, way):
        self.create(data, way)

    @having("roomy")
    @rule(data=DATA, way=st.sampled_from(["unconfirmed", "bare", "no funding_type", "failing"]))
    def create_intent_oddly(self, data, way):
        self.create(data, way)

    def create(self, data, way):
        customer, currency = data.draw(st.sampled_from(self.roomy()))
        amount = self.amount(data, currency)
        params = {"customer": customer.id, "amount": amount, "currency": currency}
        method, funding = way != "bare", way in ("confirmed", "unconfirmed")
        confirm = way in ("confirmed", "failing")
        if method:
            params |= {**METHOD, "confirm": confirm}
        if funding:
            params["payment_method_options"] = options(currency)
        self.answered(
            f"intent.{way}",
            lambda: self.auditor.new_intent(
                customer, currency, amount, method=method, funding=funding, confirm=confirm
            ),
            lambda: self.api.payment_intents.create(params),
        )

    @having("intents")
    @rule(data=DATA)
    def confirm(self, data):
        intent = data.draw(usually(self.unconfirmed(), self.intents()))
        method = not intent.method or data.draw(st.booleans())
        given = {**METHOD, "payment_method_options": options(intent.currency)} if method else {}
        self.answered(
            "confirm",
            lambda: self.auditor.confirm(intent, method=method),
            lambda: self.api.payment_intents.confirm(intent.id, given),
        )

    @having("intents")
    @rule(data=DATA, currency=st.sampled_from([None, None, None, "usd", "eur"]))
    def apply(self, data, currency):
        intent = data.draw(usually(self.applicable(), self.intents()))
        there = intent.customer.cash.get(intent.currency, 0)
        amount = data.draw(
            st.sampled_from([None, None, min(there, intent.due), there, intent.due, 0, intent.due + 1])
            | AMOUNTS
        )
        params = {"amount": amount, "currency": currency}
        params = {name: value for name, value in params.items() if value is not None}
        self.answered(
            "apply" if amount is None else "apply.amount",
            lambda: self.auditor.apply(intent, amount, currency),
            lambda: self.api.payment_intents.apply_customer_balance(intent.id, params),
        )

    @having("intents")
    @rule(data=DATA)
    def update_amount(self, data):
        intent = data.draw(usually(self.holding() or self.incomplete(), self.intents()))
        amount = data.draw(st.sampled_from([self.amount(data, intent.currency), intent.held, 1]))
        amount = max(amount, 1)
        self.answered(
            "update.amount",
            lambda: self.auditor.update_amount(intent, amount),
            lambda: self.api.payment_intents.update(intent.id, {"amount": amount}),
        )

    @having("intents")
    @rule(data=DATA)
    def update_metadata(self, data):
        intent = data.draw(usually(self.holding(), self.intents()))
        params = {"metadata": {"order": str(data.draw(st.integers(0, 9)))}}
        self.answered(
            "update.metadata",
            lambda: intent,
            lambda: self.api.payment_intents.update(intent.id, params),
        )

    @having("intents")
    @rule(data=DATA)
    def cancel(self, data):
        intent = data.draw(usually(self.holding() or self.incomplete(), self.intents()))
        self.answered(
            "cancel",
            lambda: self.auditor.cancel(intent),
            lambda: self.api.payment_intents.cancel(intent.id),
        )
