"""Cards, and other types of payment methods beside a bank transfer."""

import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance.fixtures.arguments import BANK_TRANSFERS

AT = {"stripe_version": "2024-06-20"}
ORDER = {"amount": 1000, "currency": "usd", **AT}
CARD = {**ORDER, "payment_method_types": ["card"], "payment_method": "pm_card_visa"}
BOTH = ["card", "customer_balance"]
OPTIONS = {"customer_balance": {"funding_type": "bank_transfer", "bank_transfer": BANK_TRANSFERS["usd"]}}
LAST4 = {
    "amex": "8431", "diners": "0004", "jcb": "0505", "unionpay": "0005", "visa_debit": "5556",
    "mastercard_debit": "8210", "mastercard_prepaid": "5100",
}  # fmt: skip


@pytest.mark.usefixtures("probe")
def test_card_values():
    """Which digits do the ready-made cards end in?"""
    found = {name: stripe.PaymentMethod.retrieve(f"pm_card_{name}").card.last4 for name in LAST4}
    assert found == LAST4


def test_card_attach_declined(probe):
    """Which cards are declined when they are attached, and with which codes?"""
    customer = probe.customer()
    attach = stripe.PaymentMethod.attach
    names = ("visa_chargeDeclinedLostCard", "chargeDeclinedExpiredCard", "chargeDeclinedProcessingError")
    said = [
        probe.error(lambda name=name: attach(f"pm_card_{name}", customer=customer)) for name in names
    ]
    assert said == [
        (402, "card_error", "card_declined", ""),
        (402, "card_error", "expired_card", "exp_month"),
        (402, "card_error", "processing_error", ""),
    ]


def test_card_not_attached(probe):
    """How are a detach and an update of a card that nobody has answered?"""
    method = stripe.PaymentMethod.retrieve("pm_card_visa").id
    said = [
        probe.error(lambda: stripe.PaymentMethod.detach(method)),
        probe.error(lambda: stripe.PaymentMethod.modify(method, metadata={"a": "b"})),
    ]
    assert said == [(400, "invalid_request_error", None, None)] * 2


def test_card_of_customer(probe):
    """Which error is a card of another customer in the path?"""
    customer, other = probe.customer(), probe.customer()
    method = stripe.PaymentMethod.attach("pm_card_visa", customer=customer).id
    error = probe.error(lambda: stripe.Customer.retrieve_payment_method(other, method))
    assert error == (404, "invalid_request_error", "resource_missing", "payment_method")


@pytest.mark.usefixtures("probe")
def test_card_settled_at_once():
    """Is a charge booked at once where it is captured a moment later?"""
    order = {**CARD, "capture_method": "automatic_async", "confirm": True}
    intent = stripe.PaymentIntent.create(**order, expand=["latest_charge"])
    assert intent.latest_charge.balance_transaction is not None


def test_card_saved_on_success(probe):
    """When does a payment that saves its card tell of that?"""
    customer = probe.customer()
    before = probe.so_far()
    order = {**CARD, "customer": customer, "setup_future_usage": "off_session", "confirm": True}
    stripe.PaymentIntent.create(**order)
    wanted = [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "payment_method.attached",
    ]
    assert probe.settled(lambda: probe.events(since=before), wanted) == wanted


def test_card_on_partly_funded(probe):
    """What becomes of the cash that an intent holds when a card is confirmed on it?"""
    customer = probe.customer()
    params = {**ORDER, "payment_method_types": BOTH, "payment_method_options": OPTIONS}
    method = {"type": "customer_balance"}
    intent = stripe.PaymentIntent.create(
        customer=customer, **params, payment_method_data=method, confirm=True
    ).id
    probe.balance.fund(customer, 300)
    stripe.PaymentIntent.apply_customer_balance(intent)
    paid = probe.answer(lambda: stripe.PaymentIntent.confirm(intent, payment_method="pm_card_visa"))
    rows = [row.type for row in probe.balance.ledger(customer)]
    assert (paid.status, rows[-1]) == ("succeeded", "unapplied_from_payment")


def test_card_statement_descriptor(probe):
    """Is statement_descriptor refused on what takes cards, and with which param?"""
    with_descriptor = {**ORDER, "statement_descriptor": "Goodstuff"}
    said = [
        probe.error(lambda types=types: stripe.PaymentIntent.create(**with_descriptor, **types))
        for types in (
            {"payment_method_types": ["card"]},
            {"automatic_payment_methods": {"enabled": True}},
        )
    ]
    assert said == [(400, "invalid_request_error", None, "statement_descriptor")] * 2


def test_release_as_refund(probe):
    """What does a version before basil show of what a card held and didn't pay?"""
    part, gone = (
        stripe.PaymentIntent.create(**CARD, capture_method="manual", confirm=True).id for _ in range(2)
    )
    before = probe.so_far()
    stripe.PaymentIntent.capture(part, amount_to_capture=600, **AT)
    stripe.PaymentIntent.cancel(gone, **AT)
    wanted = [
        *("charge.captured", "payment_intent.succeeded", "refund.created", "charge.refunded"),
        *("refund.created", "charge.refunded", "payment_intent.canceled"),
    ]
    assert probe.settled(lambda: probe.events(since=before), wanted) == wanted
    shown = [stripe.Refund.list(payment_intent=one, **AT).data[0] for one in (part, gone)]
    assert [(one.amount, one.balance_transaction is None) for one in shown] == [
        (400, False),
        (1000, True),
    ]


def test_uncaptured_refund(probe):
    """How is a refund of what a card only holds answered?"""
    held = stripe.PaymentIntent.create(**CARD, capture_method="manual", confirm=True)
    said = [
        probe.error(lambda: stripe.Refund.create(charge=held.latest_charge)),
        probe.error(lambda: stripe.Refund.create(payment_intent=held.id)),
    ]
    assert said == [(400, "invalid_request_error", None, None)] * 2


@pytest.mark.usefixtures("probe")
def test_card_fee():
    """Which fee does the account pay for a card?"""
    intent = stripe.PaymentIntent.create(**CARD, confirm=True, expand=["latest_charge"])
    assert stripe.BalanceTransaction.list(source=intent.latest_charge.id).data[0].fee == 0


def test_method_type_not_allowed(probe):
    """How is a method of a type that the intent doesn't take answered?"""
    intent = probe.bare(probe.customer())
    error = probe.error(lambda: stripe.PaymentIntent.confirm(intent, payment_method="pm_card_visa"))
    code = "payment_intent_incompatible_payment_method"
    assert error == (400, "invalid_request_error", code, None)


def test_setup_future_usage_filters(probe):
    """Does setup_future_usage leave customer_balance out of the automatic payment methods?"""
    made = stripe.PaymentIntent.create(
        customer=probe.customer(), **ORDER, setup_future_usage="off_session"
    )
    assert "customer_balance" not in made.payment_method_types


@pytest.mark.usefixtures("probe")
def test_sibling_options():
    """What do the options of types hold that nobody has recorded?"""
    params = {"amount": 1000, "currency": "eur", "payment_method_types": ["eps", "giropay", "ideal"]}
    made = as_dict(stripe.PaymentIntent.create(**params, **AT))
    assert made["payment_method_options"] == {"eps": {}, "giropay": {}, "ideal": {}}


def test_return_url_of_bank_transfer(probe):
    """Does a confirm by bank transfer need a return_url, when redirects may happen?"""
    order = {**ORDER, "automatic_payment_methods": {"enabled": True}, "confirm": True}
    method = {"payment_method_data": {"type": "customer_balance"}, "payment_method_options": OPTIONS}
    error = probe.error(
        lambda: stripe.PaymentIntent.create(customer=probe.customer(), **order, **method)
    )
    assert error == (400, "invalid_request_error", None, None)


def test_error_on_requires_action(probe):
    """Does a bank transfer that the balance doesn't cover wait for it?"""
    order = {**ORDER, "payment_method_types": ["customer_balance"], "confirm": True}
    method = {"payment_method_data": {"type": "customer_balance"}, "payment_method_options": OPTIONS}
    try:
        told = stripe.PaymentIntent.create(
            customer=probe.customer(), **order, **method, error_on_requires_action=True
        ).status
    except stripe.StripeError as error:
        told = error.http_status
    assert told == "requires_action"


def test_customer_made_with_card(probe):
    """Which events has a customer that is made with a card, and is one made with a card that declines?"""
    customer = stripe.Customer.create(payment_method="pm_card_visa").id
    (card,) = stripe.Customer.list_payment_methods(customer).data
    events = stripe.Event.list(limit=20).data[::-1]
    about = [event.type for event in events if event.data.object.id in (customer, card.id)]
    error = probe.error(lambda: stripe.Customer.create(payment_method="pm_card_chargeDeclined"))
    assert about == ["customer.created", "payment_method.attached"]
    assert error == (402, "card_error", "card_declined", "")


def test_setup_intent_events(probe):
    """What follows the confirm of a setup intent?"""
    customer = probe.customer()
    made = stripe.SetupIntent.create(
        customer=customer, automatic_payment_methods={"enabled": True, "allow_redirects": "never"}
    )
    done = stripe.SetupIntent.confirm(made.id, payment_method="pm_card_visa")
    events = stripe.Event.list(limit=20).data[::-1]
    about = [event.type for event in events if event.data.object.id in (made.id, done.payment_method)]
    assert about == ["setup_intent.created", "setup_intent.succeeded", "payment_method.attached"]


def test_setup_intent_refusals(probe):
    """Which error is a confirm without a method, and one that is unknown?"""
    made = stripe.SetupIntent.create(automatic_payment_methods={"enabled": True}).id
    assert [
        probe.error(lambda one=one: stripe.SetupIntent.confirm(one)) for one in (made, "seti_nope")
    ] == [
        (400, "invalid_request_error", "setup_intent_unexpected_state", None),
        (404, "invalid_request_error", "resource_missing", "intent"),
    ]
