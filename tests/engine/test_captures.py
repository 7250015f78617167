"""Cards that hold an amount until it is captured: capture_method=manual."""

import pytest
import stripe

ORDER = {
    "amount": 1000,
    "currency": "usd",
    "allowed_payment_method_types": ["card"],
    "payment_method": "pm_card_visa",
    "capture_method": "manual",
}


def held(**params):
    return stripe.PaymentIntent.create(**{**ORDER, "confirm": True, **params})


def types():
    """List the types of all events, oldest first."""
    return [event.type for event in stripe.Event.list(limit=100).data][::-1]


def booked():
    """List the merchant's movements, oldest first."""
    found = stripe.BalanceTransaction.list(limit=100).data
    return [(one.type, one.amount, one.source) for one in found[::-1]]


def test_a_card_holds_the_amount_until_it_is_captured(stripe_balance):
    """Only the capture moves money; the events of both say so."""
    intent = held()
    charge = stripe.Charge.retrieve(intent.latest_charge)
    assert (intent.status, intent.amount_capturable, intent.amount_received) == (
        "requires_capture", 1000, 0
    )  # fmt: skip
    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, False)
    assert (charge.amount_captured, charge.balance_transaction) == (0, None)
    week = charge.payment_method_details.card.capture_before - charge.created
    assert week == 7 * 24 * 60 * 60
    assert booked() == []
    assert types()[1:] == ["charge.succeeded", "payment_intent.amount_capturable_updated"]

    paid = stripe.PaymentIntent.capture(intent.id)
    charge = stripe.Charge.retrieve(intent.latest_charge)
    assert (paid.status, paid.amount_capturable, paid.amount_received) == ("succeeded", 0, 1000)
    assert paid.latest_charge == charge.id
    assert (charge.captured, charge.amount_captured) == (True, 1000)
    assert booked() == [("charge", 1000, charge.id)]
    assert types()[3:] == ["charge.captured", "payment_intent.succeeded"]
    assert stripe.Refund.create(payment_intent=intent.id).status == "succeeded"


@pytest.mark.parametrize("confirm", [True, False])
def test_only_what_a_card_holds_is_captured(stripe_balance, confirm):
    """An intent in another status is a 400 with the intent, and is as it was."""
    intent = stripe.PaymentIntent.create(**{**ORDER, "capture_method": "automatic"}, confirm=confirm)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.PaymentIntent.capture(intent.id)
    assert caught.value.user_message == (
        f"This PaymentIntent could not be captured because it has a status of {intent.status}. Only a "
        "PaymentIntent with one of the following statuses may be captured: requires_capture."
    )
    assert caught.value.code == "payment_intent_unexpected_state"
    assert stripe.PaymentIntent.retrieve(intent.id).status == intent.status


REFUSED = {
    "a part": (
        lambda intent: stripe.PaymentIntent.capture(intent.id, amount_to_capture=1),
        "only the whole",
    ),
    "a refund": (lambda intent: stripe.Refund.create(charge=intent.latest_charge), "isn't captured"),
    "a refund by the intent": (
        lambda intent: stripe.Refund.create(payment_intent=intent.id),
        "isn't captured",
    ),
    "a cancel": (lambda intent: stripe.PaymentIntent.cancel(intent.id), "whose amount a card holds"),
}


@pytest.mark.parametrize(("call", "named"), REFUSED.values(), ids=REFUSED)
def test_what_could_come_of_a_held_amount_otherwise_is_refused(stripe_balance, call, named):
    """Each is refused by name, and the amount is still held."""
    intent = held()
    with stripe_balance.refused(named):
        call(intent)
    assert stripe.PaymentIntent.capture(intent.id, amount_to_capture=1000).status == "succeeded"


def test_a_week_later_nothing_is_captured(stripe_balance, stripe_clock):
    """Until then it is; after it the card has let the amount go."""
    first, second = held(), held()
    stripe_clock.advance(days=6, hours=23)
    assert stripe.PaymentIntent.capture(first.id).status == "succeeded"
    stripe_clock.advance(hours=1)
    with stripe_balance.refused("more than 7 days"):
        stripe.PaymentIntent.capture(second.id)


def test_a_declined_card_holds_nothing(stripe_balance):
    """It is a decline as that of any payment."""
    with pytest.raises(stripe.CardError):
        held(payment_method="pm_card_visa_chargeDeclined")
    assert types()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


MANUAL = {
    "a bank transfer": {"allowed_payment_method_types": ["card", "customer_balance"]},
    "a fee": {"application_fee_amount": 100, "transfer_data": {"destination": "acct_1AbCdEfGhIjKlMnO"}},
}


@pytest.mark.parametrize("params", MANUAL.values(), ids=MANUAL)
def test_only_a_card_alone_is_captured_later(stripe_balance, params):
    """It is refused by name where a customer's balance may pay, or where Connect shares the amount."""
    customer = stripe_balance.customer()
    with stripe_balance.refused("capture_method=manual"):
        stripe.PaymentIntent.create(**{**ORDER, "customer": customer.id, **params})


def test_a_card_is_confirmed_by_hand(stripe_balance):
    """confirmation_method=manual pays as automatic does, where no action is needed."""
    order = {name: value for name, value in ORDER.items() if name != "capture_method"}
    intent = stripe.PaymentIntent.create(**order, confirm=True, confirmation_method="manual")
    assert (intent.status, intent.confirmation_method) == ("succeeded", "manual")


@pytest.mark.parametrize(("currency", "least"), [("aud", 50), ("dkk", 250), ("sek", 300)])
def test_a_card_pays_in_more_currencies_than_a_bank_transfer(stripe_balance, currency, least):
    """Each has Stripe's minimum, and no bank transfer."""
    assert held(currency=currency, amount=least).status == "requires_capture"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        held(currency=currency, amount=least - 1)
    assert caught.value.code == "amount_too_small"


def test_a_customer_is_made_with_a_card(stripe_balance):
    """The card is attached to the new customer, and pays for them from then on."""
    customer = stripe.Customer.create(name="Ada", payment_method="pm_card_visa")
    (card,) = stripe.Customer.list_payment_methods(customer.id).data
    assert types() == ["customer.created", "payment_method.attached"]
    assert held(customer=customer.id, payment_method=card.id).payment_method == card.id


@pytest.mark.parametrize("method", ["pm_card_chargeDeclined", "attached"])
def test_no_customer_is_made_with_a_card_that_cant_be_attached(stripe_balance, method):
    """customer-made-with-card: it is refused as in attach."""
    if method == "attached":
        other = stripe.Customer.create(payment_method="pm_card_visa").id
        method = stripe.Customer.list_payment_methods(other).data[0].id
    before = len(stripe.Customer.list().data)
    with pytest.raises(stripe.StripeError):
        stripe.Customer.create(payment_method=method)
    assert len(stripe.Customer.list().data) == before
