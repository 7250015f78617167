"""Intents: created in all ways, confirmed, applied to, changed, canceled."""

from workload.draws import (
    AMOUNTS,
    METHOD,
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

WAYS = ("confirmed",) * 6 + ("unconfirmed",) * 3 + ("bare", "bare", "no funding_type", "failing")


class Intents(Draws):
    @verb(7, needs="roomy")
    def create_intent(self, draw):
        place = draw(one_of(*self.roomy()))
        way, amount = draw(one_of(*WAYS)), draw(one_of(*AMOUNTS))
        shared = sharing(draw, scaled(amount, place[1]))
        takes_card = draw(once_in(4))
        self.created(place, way, amount, shared, by_token=draw(once_in(5)), takes_card=takes_card)

    def token(self):
        """Make a confirmation token that says the same as METHOD."""
        create = self.api.test_helpers.confirmation_tokens.create
        _, token = self.ask("token", lambda: None, lambda: create(METHOD))
        return METHOD if token is None else {"confirmation_token": token.id}

    def created(self, place, way, amount, shared=None, *, by_token=False, takes_card=False):
        customer, currency = place
        amount = scaled(amount, currency)
        params = {"customer": customer.id, "amount": amount, "currency": currency}
        params |= shared_params(shared)
        method, funding = way != "bare", way in ("confirmed", "unconfirmed", "bare")
        confirm = way in ("confirmed", "failing")
        if method:
            params |= {**(self.token() if by_token and confirm else METHOD), "confirm": confirm}
        if takes_card or self.version < "2023-08-16":
            params |= self.taking(["card", "customer_balance"] if takes_card else ["customer_balance"])
        if method and funding:
            params["payment_method_options"] = options(currency)
        return self.answered(
            f"intent.{way}",
            lambda: self.auditor.new_intent(
                customer,
                currency,
                amount,
                method=method,
                funding=funding,
                confirm=confirm,
                shared=shared,
                takes_card=takes_card,
            ),
            lambda: self.api.payment_intents.create(params),
        )

    @verb(3, needs="incomplete")
    def confirm(self, draw):
        intent = draw(usually(self.unconfirmed() or self.incomplete(), self.intents()))
        self.confirmed(intent, method=not draw(once_in(3)), by_token=draw(once_in(5)))

    def confirmed(self, intent, *, method=False, by_token=False):
        if intent.invoice and intent.invoice.status == "uncollectible":
            return  # confirming it is not modelled
        method = method or intent.challenged  # or its card would be asked once more
        given = {"return_url": "https://example.com/back"}
        if method:
            paying = self.token() if by_token else METHOD
            given |= {**paying, "payment_method_options": options(intent.currency)}
        self.answered(
            "confirm",
            lambda: self.auditor.confirm(intent, method=method),
            lambda: self.api.payment_intents.confirm(intent.id, given),
            intent,
        )

    @verb(10, needs="applicable")
    def apply(self, draw):
        intent = draw(usually(self.applicable(), self.intents()))
        some = min(intent.due, intent.customer.cash.get(intent.currency, 0))
        amount = draw(one_of(None, None, some, *[one for one in AMOUNTS if one < some]))
        self.applied(intent, amount, draw(one_of(None, intent.currency)))

    def applied(self, intent, amount, currency):
        if intent.challenged:
            return  # applying cash to it is not modelled
        params = {"amount": amount, "currency": currency}
        params = {name: value for name, value in params.items() if value is not None}
        self.answered(
            "apply" if amount is None else "apply.amount",
            lambda: self.auditor.apply(intent, amount, currency),
            lambda: self.api.payment_intents.apply_customer_balance(intent.id, params),
            intent,
        )

    @verb(needs="intents")
    def misapply(self, draw):
        """Apply to an intent of any status, with any amount and currency."""
        intent = draw(one_of(*self.intents()))
        there = intent.customer.cash.get(intent.currency, 0)
        amount = draw(one_of(*AMOUNTS, there, there + 1, intent.due + 1, 0))
        self.applied(intent, amount, draw(one_of(None, "usd", "eur", intent.currency)))

    @verb(2, needs="own")
    def update_amount(self, draw):
        intent = draw(usually(self.holding() or self.own(), self.intents()))
        if intent.session:
            return  # another amount than its session's is not modelled
        amount = draw(one_of(*AMOUNTS, intent.held or intent.amount, intent.amount, 1))
        amount = scaled(amount, intent.currency) if amount in AMOUNTS else amount
        self.answered(
            "update.amount",
            lambda: self.auditor.update_amount(intent, amount),
            lambda: self.api.payment_intents.update(intent.id, {"amount": amount}),
            intent,
        )

    @verb(needs="intents")
    def update_metadata(self, draw):
        intent = draw(usually(self.holding(), self.intents()))
        params = {"metadata": {"order": draw(one_of("1", "2"))}}
        self.answered(
            "update.metadata",
            lambda: None,
            lambda: self.api.payment_intents.update(intent.id, params),
            intent,
        )

    @verb(needs="intents")
    def update_field(self, draw):
        """Change what only describes an intent, of any status."""
        intent = draw(usually(self.holding(), self.intents()))
        name = draw(one_of("receipt_email", "transfer_group", "description"))
        self.answered(
            "update.field",
            lambda: self.auditor.update_field(intent, name),
            lambda: self.api.payment_intents.update(intent.id, {name: "ann@example.com"}),
            intent,
        )

    @verb(2, needs="own")
    def cancel(self, draw):
        intent = draw(usually(self.holding() or self.own(), self.intents()))
        self.answered(
            "cancel",
            lambda: self.auditor.cancel(intent),
            lambda: self.api.payment_intents.cancel(intent.id),
            intent,
        )
