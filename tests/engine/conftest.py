import pytest
import stripe
from majors import as_dict, v1

from pytest_stripe_balance.fixtures.arguments import BANK_TRANSFERS

pytest.register_assert_rewrite("workload")

BANK_TRANSFER = {
    "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
}


class Stage:
    """One manual customer with 500 usd, and intents of 1000 usd in every status, made when asked for."""

    def __init__(self, stripe_balance):
        self.balance = stripe_balance
        self.customer = stripe_balance.customer(reconciliation="manual").id
        self.billed = stripe_balance.customer(email="ada@example.com").id
        stripe_balance.fund(self.customer, 500)

    @property
    def api(self):
        return v1(self.balance.client)

    def intent(self, status="requires_action", amount=1000, **params):
        """Make an intent in a status; the cash that it took to get there is put back."""
        if status == "requires_payment_method":
            return stripe.PaymentIntent.create(
                customer=self.customer, amount=amount, currency="usd", **params
            ).id
        confirm = status != "requires_confirmation"
        intent = self.balance.bank_transfer_intent(self.customer, amount, confirm=confirm, **params)
        if status == "succeeded":
            self.balance.fund(self.customer, amount)
            stripe.PaymentIntent.apply_customer_balance(intent.id, amount=amount)
        if status == "canceled":
            stripe.PaymentIntent.cancel(intent.id)
        return intent.id

    def partly_funded(self):
        intent = self.intent()
        stripe.PaymentIntent.apply_customer_balance(intent, amount=300)
        return intent

    def without_money(self):
        return self.balance.customer(reconciliation="manual").id

    def card_only(self):
        return stripe.PaymentIntent.create(amount=1000, currency="usd").id

    def of_given_types(self, amount=1000):
        """Make an intent that takes bank transfers, without a payment method and options."""
        return stripe.PaymentIntent.create(
            customer=self.customer,
            amount=amount,
            currency="usd",
            allowed_payment_method_types=["customer_balance"],
        ).id

    def orphan(self):
        """Make an intent whose customer was deleted."""
        customer = self.without_money()
        intent = self.balance.bank_transfer_intent(customer, 1000)
        stripe.Customer.delete(customer)
        return intent.id


@pytest.fixture
def stage(stripe_balance):
    return Stage(stripe_balance)


@pytest.fixture
def refused_with(stage, _stripe_session, everything_in, monkeypatch):
    """Make a call that Stripe refuses; give the error, and the world before and after its request."""
    dispatch = _stripe_session.dispatch
    answer = dispatch.answer
    seen = []

    def watched(request):
        seen.append(everything_in(_stripe_session.world))
        return answer(request)

    monkeypatch.setattr(dispatch, "answer", watched)

    def refused(call):
        with pytest.raises(stripe.StripeError) as caught:
            call(stage)
        return caught.value, seen[-1], everything_in(_stripe_session.world)

    return refused


class Desk:
    """Intents and funding instructions of manual customers."""

    def __init__(self, balance):
        self.balance = balance
        self.customer = self.another()

    def another(self, **params):
        return self.balance.customer(reconciliation="manual", **params).id

    def intent(self, currency, amount=5000, customer=None, **transfer):
        """Confirm an intent; `transfer` changes its bank_transfer hash."""
        transfer = {**BANK_TRANSFERS[currency], **transfer}
        options = {"customer_balance": {"funding_type": "bank_transfer", "bank_transfer": transfer}}
        return self.balance.bank_transfer_intent(
            customer or self.customer, amount, currency, payment_method_options=options
        )

    def told(self, currency, customer=None, **transfer):
        """Read an intent's addresses."""
        action = self.intent(currency, customer=customer, **transfer).next_action
        return as_dict(action)["display_bank_transfer_instructions"]["financial_addresses"]

    def instructions(self, currency, customer=None, **transfer):
        return as_dict(
            stripe.Customer.create_funding_instructions(
                customer or self.customer,
                currency=currency,
                funding_type="bank_transfer",
                bank_transfer={**BANK_TRANSFERS[currency], **transfer},
            )
        )

    def listed(self, currency, customer=None, **transfer):
        """Read the addresses of funding instructions."""
        return self.instructions(currency, customer, **transfer)["bank_transfer"]["financial_addresses"]


@pytest.fixture
def desk(stripe_balance):
    return Desk(stripe_balance)


class Billing:
    """Bills one customer, automatic unless said; tells what is open, and the events since the last look."""

    def __init__(self, balance):
        self.balance = balance
        self.customer = balance.customer(email="ada@example.com").id
        self.seen = 0
        self.new_events()

    @property
    def api(self):
        return v1(self.balance.client)

    def draft(self, amount=1000, currency="usd", **params):
        """Make a draft with one item; without `amount` it has none."""
        if amount is None:
            given = {"collection_method": "send_invoice", "days_until_due": 30, **params}
            return stripe.Invoice.create(customer=self.customer, currency=currency, **given)
        return self.balance.bank_transfer_invoice(
            self.customer, amount, currency, finalize=False, **params
        )

    def invoice(self, amount=1000, currency="usd", **params):
        """Make an open invoice."""
        return stripe.Invoice.finalize_invoice(self.draft(amount, currency, **params).id)

    def uncollectible(self):
        return stripe.Invoice.mark_uncollectible(self.invoice().id)

    def void(self):
        return stripe.Invoice.void_invoice(self.invoice().id)

    def paid(self):
        invoice = self.invoice()
        self.balance.fund(self.customer, 1000)
        return invoice

    def intent_of(self, invoice):
        """Retrieve the intent of an invoice, the way that basil shows it."""
        paid = stripe.Invoice.retrieve(invoice.id, expand=["payments"]).payments.data
        return stripe.PaymentIntent.retrieve(paid[0].payment.payment_intent)

    def intent(self, amount, **params):
        return self.balance.bank_transfer_intent(self.customer, amount, **params)

    def fund(self, amount, currency="usd", **params):
        return self.balance.fund(self.customer, amount, currency, **params)

    def manual(self):
        """Let the customer's transfers lie."""
        settings = {"reconciliation_mode": "manual"}
        stripe.Customer.modify_cash_balance(self.customer, settings=settings)
        self.new_events()

    def status(self, *invoices):
        return [stripe.Invoice.retrieve(invoice.id).status for invoice in invoices]

    def available(self):
        return self.balance.available(self.customer)

    def new_events(self):
        events = self.balance.events()
        new, self.seen = events[self.seen :], len(events)
        return [event.type for event in new]


@pytest.fixture
def billing(stripe_balance):
    return Billing(stripe_balance)


@pytest.fixture(autouse=True)
def _money_adds_up(at_newest_version, request):
    """Hold every sum of the test's world against its rows when the test is over.

    What these tests say holds at the newest API version, which the session reads when it opens.
    """
    session = request.getfixturevalue("_stripe_session")
    yield
    for world in session.worlds.values():
        world.check()
