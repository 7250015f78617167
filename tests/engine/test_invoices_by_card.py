"""Invoices that a card pays: which card, what it declines, and what the invoice tells of it."""

import pytest
import stripe
from majors import as_dict

OLD = {"stripe_version": "2024-06-20"}
ATTEMPT = ["charge.failed", "payment_intent.payment_failed", "invoice.updated", "invoice.payment_failed"]
PAID = [
    "charge.succeeded",
    "payment_intent.succeeded",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
]
SETTINGS = "invoice_settings[default_payment_method]"


class Shop:
    """Bills one customer with cards, and tells the types of the events since the last look."""

    def __init__(self, balance):
        self.balance = balance
        self.customer = balance.customer(email="ada@example.com").id
        self.seen = 0

    def attach(self, card="pm_card_visa"):
        return stripe.PaymentMethod.attach(card, customer=self.customer).id

    def default(self, card="pm_card_visa"):
        """Make a card the customer's default."""
        method = self.attach(card)
        settings = {"default_payment_method": method}
        stripe.Customer.modify(self.customer, invoice_settings=settings)
        return method

    def draft(self, amount=1000, **params):
        stripe.InvoiceItem.create(customer=self.customer, amount=amount, currency="usd")
        return stripe.Invoice.create(
            customer=self.customer, pending_invoice_items_behavior="include", **params
        )

    def invoice(self, **params):
        invoice = stripe.Invoice.finalize_invoice(self.draft(**params).id)
        self.new_events()
        return invoice

    def intent_of(self, invoice):
        (link,) = stripe.Invoice.retrieve(invoice.id, expand=["payments"]).payments.data
        return stripe.PaymentIntent.retrieve(link.payment.payment_intent)

    def new_events(self):
        events = self.balance.events()
        new, self.seen = events[self.seen :], len(events)
        return [event.type for event in new]

    def last(self, event_type):
        return as_dict(self.balance.events(event_type)[-1].data)


@pytest.fixture
def shop(stripe_balance):
    return Shop(stripe_balance)


def error_of(call, kind=stripe.InvalidRequestError):
    with pytest.raises(kind) as caught:
        call()
    return as_dict(caught.value.json_body["error"])


@pytest.mark.parametrize(
    "params",
    [{}, {"collection_method": "send_invoice", "days_until_due": 30}],
    ids=["charged", "sent"],
)
def test_the_default_card_pays(shop, params):
    """invoice-pay-by-card: it takes the road of any intent by card, and counts as an attempt."""
    card = shop.default()
    invoice = shop.invoice(**params)
    assert (invoice.status, invoice.attempt_count, invoice.attempted) == ("open", 0, False)
    paid = stripe.Invoice.pay(invoice.id)
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 1000, 0)
    assert (paid.attempt_count, paid.attempted, paid.default_payment_method) == (1, True, None)
    assert paid.collection_method == params.get("collection_method", "charge_automatically")
    assert (paid.due_date is None) == (not params)
    assert shop.new_events() == PAID
    intent = shop.intent_of(invoice)
    assert (intent.status, intent.payment_method, intent.amount_received) == ("succeeded", card, 1000)
    (booked,) = stripe.BalanceTransaction.list().data
    assert (booked.amount, booked.type, booked.source) == (1000, "charge", intent.latest_charge)


BEFORE = {
    "amount_paid": 0,
    "amount_remaining": 1000,
    "attempt_count": 0,
    "attempted": False,
    "status": "open",
    "status_transitions": {"paid_at": None},
}


def test_an_invoice_tells_what_a_card_changed(shop):
    """The keys before the payment are those that zulip/zulip recorded; the charge is one until basil."""
    shop.default()
    stripe.Invoice.pay(shop.invoice().id)
    assert shop.last("invoice.updated")["previous_attributes"] == BEFORE


@pytest.mark.stripe_balance(api_version="2024-06-20")
def test_an_old_invoice_tells_of_each_charge(shop):
    """One that was declined is the charge before the one that paid."""
    shop.default("pm_card_chargeCustomerFail")
    invoice = shop.invoice()
    declined = error_of(lambda: stripe.Invoice.pay(invoice.id), stripe.CardError)["charge"]
    told = shop.last("invoice.payment_failed")
    assert (told["object"]["charge"], told["object"]["paid"]) == (declined, False)
    before = {"attempt_count": 0, "attempted": False, "charge": None}
    assert shop.last("invoice.updated")["previous_attributes"] == before
    stripe.Invoice.pay(invoice.id, payment_method=shop.attach())
    told = shop.last("invoice.updated")
    now = {"attempt_count": 1, "charge": declined, "paid": False}
    assert told["previous_attributes"] == {
        **{name: value for name, value in BEFORE.items() if name != "attempted"}, **now
    }  # fmt: skip
    now = as_dict(stripe.Invoice.retrieve(invoice.id, **OLD))
    assert told["object"]["charge"] == now["charge"] != declined


@pytest.mark.parametrize("version", ["2020-08-27", "2022-11-15", "2024-06-20", "2025-03-31.basil"])
def test_an_invoice_shows_its_charge_until_basil(shop, version):
    """`charge`, `paid` and `payment_intent` are there before basil, and `payments` since."""
    shop.default()
    invoice = shop.invoice()
    paid = as_dict(stripe.Invoice.pay(invoice.id, stripe_version=version))
    assert (paid["status"], paid["attempt_count"]) == ("paid", 1)
    intent = shop.intent_of(invoice)
    shown = {"charge": intent.latest_charge, "paid": True, "payment_intent": intent.id}
    assert {name: paid[name] for name in shown if name in paid} == (
        {} if version.endswith("basil") else shown
    )


def test_a_card_that_is_named_comes_first(shop):
    """Then the invoice's default, then the customer's."""
    shop.default()
    of_invoice, named = shop.attach("pm_card_mastercard"), shop.attach("pm_card_amex")
    first, second = (shop.invoice(default_payment_method=of_invoice) for _ in range(2))
    assert first.default_payment_method == of_invoice
    stripe.Invoice.pay(first.id, payment_method=named)
    stripe.Invoice.pay(second.id)
    assert [shop.intent_of(one).payment_method for one in (first, second)] == [named, of_invoice]


def test_a_draft_is_finalized_and_paid_in_one_call(shop):
    """As pay-rails/pay recorded it."""
    shop.default()
    draft = shop.draft()
    assert (draft.due_date, draft.auto_advance, draft.next_payment_attempt) == (None, False, None)
    shop.new_events()
    assert stripe.Invoice.pay(draft.id).status == "paid"
    made = ["payment_intent.created", "invoice.updated", "invoice.finalized"]
    assert shop.new_events() == [*made, *PAID]


def test_a_declined_card_leaves_the_invoice_open(shop):
    """invoice-attempt-events: the decline is the answer, and each attempt is counted."""
    shop.default("pm_card_chargeCustomerFail")
    invoice = shop.invoice()
    error = error_of(lambda: stripe.Invoice.pay(invoice.id), stripe.CardError)
    assert (error["code"], error["decline_code"]) == ("card_declined", "generic_decline")
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert shop.new_events() == ATTEMPT
    told = shop.last("invoice.updated")["previous_attributes"]
    assert told == {"attempt_count": 0, "attempted": False}
    failed = as_dict(stripe.Invoice.retrieve(invoice.id, **OLD))
    assert (failed["status"], failed["attempt_count"], failed["paid"]) == ("open", 1, False)
    assert failed["charge"] == error["charge"]

    assert stripe.Invoice.pay(invoice.id, payment_method=shop.attach()).attempt_count == 2
    assert shop.new_events() == ["payment_method.attached", *PAID]


def test_a_decline_counts_however_it_came(shop):
    """A page that confirms the intent attempts to pay the invoice too."""
    invoice = shop.invoice()
    card = shop.attach("pm_card_chargeCustomerFail")
    shop.new_events()
    with pytest.raises(stripe.CardError):
        stripe.PaymentIntent.confirm(shop.intent_of(invoice).id, payment_method=card)
    assert shop.new_events() == ATTEMPT
    assert stripe.Invoice.retrieve(invoice.id).attempt_count == 1


def test_a_confirm_that_asks_for_the_holder_is_an_attempt_too(shop):
    """invoice-attempt-events: as a pay call is, and as a decline is."""
    invoice, card = shop.invoice(), shop.attach("pm_card_authenticationRequired")
    shop.new_events()
    stripe.PaymentIntent.confirm(shop.intent_of(invoice).id, payment_method=card)
    assert shop.new_events() == [
        "payment_intent.requires_action",
        "invoice.updated",
        "invoice.payment_action_required",
    ]
    assert stripe.Invoice.retrieve(invoice.id).attempt_count == 1


SENT = {
    "collection_method": "send_invoice",
    "days_until_due": 30,
    "payment_settings": {"payment_method_types": ["card", "customer_balance"]},
}


@pytest.mark.parametrize("waits", [True, False], ids=["waits for its holder", "is only named"])
def test_cash_pays_whatever_card_was_to_pay(shop, waits, _stripe_session):
    """The charge is that of a bank transfer: the card took no part in it."""
    if waits:
        shop.default("pm_card_authenticationRequired")
    invoice = shop.invoice(**SENT)
    if waits:
        error_of(lambda: stripe.Invoice.pay(invoice.id), stripe.CardError)
    else:
        stripe.PaymentIntent.modify(shop.intent_of(invoice).id, payment_method=shop.attach())
    shop.balance.fund(shop.customer, 1000)
    assert stripe.Invoice.retrieve(invoice.id).status == "paid"
    intent = shop.intent_of(invoice)
    charge = stripe.Charge.retrieve(intent.latest_charge)
    assert (intent.status, intent.next_action) == ("succeeded", None)
    assert (charge.id[:3], charge.payment_method_details.type) == ("py_", "customer_balance")
    assert charge.payment_method == intent.payment_method
    _stripe_session.world.check()


def test_the_types_of_an_invoices_intent_are_the_invoices(shop):
    """They are refused by name, and a transfer stays with the customer."""
    intent = shop.intent_of(shop.invoice())
    with shop.balance.refused(match=r"give the invoice payment_settings\[payment_method_types\]"):
        stripe.PaymentIntent.modify(
            intent.id,
            payment_method_types=["card", "customer_balance"],
            stripe_version="2025-03-31.basil",
        )
    shop.balance.fund(shop.customer, 1000)
    assert shop.balance.available(shop.customer) == {"usd": 1000}


def test_a_card_that_cannot_pay_leaves_a_draft_a_draft(shop):
    """The draft is finalized only for a card that is the customer's."""
    draft = shop.draft()
    shop.new_events()
    error = error_of(lambda: stripe.Invoice.pay(draft.id, payment_method="pm_1Unknown"))
    assert error["code"] == "resource_missing"
    assert stripe.Invoice.retrieve(draft.id).status == "draft"
    assert shop.new_events() == []


def test_a_card_that_asks_for_its_holder_waits(shop):
    """The answer names no intent; the intent says what is to be done."""
    shop.default("pm_card_authenticationRequired")
    invoice = shop.invoice()
    error = error_of(lambda: stripe.Invoice.pay(invoice.id), stripe.CardError)
    assert error["code"] == "invoice_payment_intent_requires_action"
    assert error["type"] == "card_error"
    assert "payment_intent" not in error
    assert shop.new_events() == [
        "payment_intent.requires_action",
        "invoice.updated",
        "invoice.payment_action_required",
    ]
    intent = shop.intent_of(invoice)
    assert (intent.status, intent.next_action.type) == ("requires_action", "use_stripe_sdk")
    open_ = stripe.Invoice.retrieve(invoice.id)
    assert (open_.status, open_.attempt_count, open_.attempted) == ("open", 1, True)
    assert stripe.Invoice.pay(invoice.id, payment_method=shop.attach()).status == "paid"


def test_cash_pays_what_takes_no_card(shop):
    """A default card is no use to an invoice by bank transfer."""
    shop.default()
    bill = shop.balance.bank_transfer_invoice(shop.customer, 1000)
    with pytest.raises(stripe.InvalidRequestError, match="cash balance is not enough"):
        stripe.Invoice.pay(bill.id)
    both = {"payment_settings": {"payment_method_types": ["card", "customer_balance"]}}
    sent = {"collection_method": "send_invoice", "days_until_due": 30}
    assert stripe.Invoice.pay(shop.invoice(**sent, **both).id).status == "paid"


def test_without_a_card_nothing_is_paid(shop):
    """default-method-refused: the text says where a card could have been."""
    shop.attach()
    invoice = shop.invoice()
    error = error_of(lambda: stripe.Invoice.pay(invoice.id))
    assert error["message"].startswith("There is no `default_payment_method` set on this Customer")
    assert shop.new_events() == []
    draft = shop.draft()
    error_of(lambda: stripe.Invoice.pay(draft.id))
    assert stripe.Invoice.retrieve(draft.id).status == "open"


def others_card(shop):
    return stripe.PaymentMethod.attach("pm_card_visa", customer=shop.balance.customer().id).id


def detached(shop):
    return stripe.PaymentMethod.detach(shop.attach()).id


CARDS = {
    "another customer's": others_card,
    "nobody's": lambda _: stripe.PaymentMethod.retrieve("pm_card_visa").id,
    "a ready-made name": lambda _: "pm_card_visa",
    "a detached one": detached,
    "an unknown one": lambda _: "pm_nope",
}
CALLS = {
    SETTINGS: lambda shop, card: stripe.Customer.modify(
        shop.customer, invoice_settings={"default_payment_method": card}
    ),
    "default_payment_method": lambda shop, card: shop.draft(default_payment_method=card),
    "payment_method": lambda shop, card: stripe.Invoice.pay(shop.invoice().id, payment_method=card),
}


@pytest.mark.parametrize("param", CALLS)
@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_only_an_attached_card_pays_invoices(shop, param, card):
    """Each parameter that names one is a 400 otherwise, and nothing changes."""
    card = card(shop)
    error = error_of(lambda: CALLS[param](shop, card))
    assert (error["code"], error["param"]) == ("resource_missing", param)
    assert error["message"].startswith("The customer does not have a payment method with the ID pm_")
    assert stripe.Customer.retrieve(shop.customer).invoice_settings.default_payment_method is None


def test_a_customer_is_made_with_a_default_card(stripe_balance):
    """The card's name stands for the method that is attached; one that isn't attached is refused."""
    default = {"invoice_settings": {"default_payment_method": "pm_card_visa"}}
    customer = stripe.Customer.create(payment_method="pm_card_visa", **default)
    (card,) = stripe.Customer.list_payment_methods(customer.id).data
    assert customer.invoice_settings.default_payment_method == card.id
    shown = stripe.Customer.retrieve(customer.id, expand=[SETTINGS.replace("[", ".").strip("]")])
    assert shown.invoice_settings.default_payment_method.card.last4 == "4242"
    assert error_of(lambda: stripe.Customer.create(**default))["param"] == SETTINGS
    other = lambda: stripe.Customer.create(payment_method="pm_card_amex", **default)  # noqa: E731
    assert error_of(other)["param"] == SETTINGS
    assert [one.id for one in stripe.Customer.list().data] == [customer.id]


def test_the_default_changes_with_an_event(shop):
    """The card that was the default before is the previous value."""
    first = shop.default()
    shop.new_events()
    second = shop.default("pm_card_amex")
    assert shop.new_events() == ["payment_method.attached", "customer.updated"]
    told = shop.last("customer.updated")
    assert told["previous_attributes"] == {"invoice_settings": {"default_payment_method": first}}
    assert told["object"]["invoice_settings"]["default_payment_method"] == second


def test_a_detached_card_is_the_default_no_more(shop):
    """default-method-detached: the customer's invoices wait for another."""
    card, other = shop.default(), shop.attach("pm_card_amex")
    shop.new_events()
    stripe.PaymentMethod.detach(other)
    assert shop.new_events() == ["payment_method.detached"]
    stripe.PaymentMethod.detach(card)
    assert shop.new_events() == ["payment_method.detached", "customer.updated"]
    assert stripe.Customer.retrieve(shop.customer).invoice_settings.default_payment_method is None


def test_invoices_are_listed_by_how_they_are_collected(shop):
    """One that is charged is never due."""
    charged = shop.invoice()
    sent = shop.invoice(collection_method="send_invoice", days_until_due=30)
    for method, invoice in (("charge_automatically", charged), ("send_invoice", sent)):
        assert [one.id for one in stripe.Invoice.list(collection_method=method)] == [invoice.id]
    assert [one.id for one in stripe.Invoice.list(due_date={"gt": 0})] == [sent.id]


def test_an_invoice_that_is_charged_is_never_overdue(shop, stripe_clock):
    """It has no due date, and nothing happens to it by itself."""
    invoice = shop.invoice()
    stripe_clock.advance(days=60)
    assert shop.new_events() == []
    assert stripe.Invoice.retrieve(invoice.id).status == "open"
