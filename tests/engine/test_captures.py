"""Cards that hold an amount until it is captured: capture_method=manual."""

import pytest
import stripe
from majors import as_dict

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


OLD = {"stripe_version": "2024-06-20"}
BASIL = {"stripe_version": "2025-03-31.basil"}


def amounts(intent):
    """Read what an intent and its charge say of the amount, after a capture or a cancel."""
    intent = stripe.PaymentIntent.retrieve(intent.id)
    charge = stripe.Charge.retrieve(intent.latest_charge)
    return (
        (intent.amount, intent.amount_capturable, intent.amount_received),
        (charge.amount, charge.amount_captured, charge.amount_refunded, charge.refunded),
    )


@pytest.mark.parametrize("at", [{}, BASIL], ids=["newest", "basil"])
def test_a_part_is_captured_and_the_rest_released(stripe_balance, at):
    """Since basil that is no refund: the part is booked once, and no event tells of the rest."""
    intent = held()
    paid = stripe.PaymentIntent.capture(intent.id, amount_to_capture=600, final_capture=True, **at)
    assert (paid.status, paid.amount_capturable, paid.amount_received) == ("succeeded", 0, 600)
    assert amounts(intent) == ((1000, 0, 600), (1000, 600, 0, False))
    assert booked() == [("charge", 600, paid.latest_charge)]
    assert types()[3:] == ["charge.captured", "payment_intent.succeeded"]
    (told,) = stripe_balance.events("charge.captured")
    assert (told.data.object.amount_captured, told.data.object.captured) == (600, True)
    assert stripe.Refund.list(charge=paid.latest_charge).data == []


def test_before_basil_the_rest_is_a_refund(stripe_balance):
    """release-as-refund: all is booked, and what wasn't captured goes back [doc]."""
    intent = held()
    paid = stripe.PaymentIntent.capture(intent.id, amount_to_capture=600, **OLD)
    assert (paid.status, paid.amount_received) == ("succeeded", 600)
    assert amounts(intent) == ((1000, 0, 600), (1000, 600, 400, False))
    (refund,) = stripe.Refund.list(payment_intent=intent.id).data
    assert (refund.amount, refund.status) == (400, "succeeded")
    assert refund.destination_details.card.type == "reversal"
    assert booked() == [("charge", 1000, paid.latest_charge), ("refund", -400, refund.id)]
    captured = ["charge.captured", "payment_intent.succeeded"]
    assert types()[3:] == [*captured, "refund.created", "charge.refunded"]


@pytest.mark.stripe_balance(api_version="2022-08-01")
def test_an_old_intent_shows_the_rest_among_its_refunds(stripe_balance):
    """As woocommerce/woocommerce-gateway-stripe #1073 quotes it."""
    at = {"stripe_version": "2022-08-01"}
    order = {name: value for name, value in ORDER.items() if name != "allowed_payment_method_types"}
    intent = stripe.PaymentIntent.create(**order, payment_method_types=["card"], confirm=True, **at)
    paid = as_dict(stripe.PaymentIntent.capture(intent.id, amount_to_capture=600, **at))
    assert (paid["amount"], paid["amount_received"]) == (1000, 600)
    # The answer is of the moment of the capture, and the refund came with it.
    (charge,) = paid["charges"]["data"]
    assert (charge["amount_refunded"], charge["refunded"], charge["amount_captured"]) == (
        400,
        False,
        600,
    )
    assert [one["amount"] for one in charge["refunds"]["data"]] == [400]
    assert types()[3:] == ["charge.captured", "payment_intent.succeeded", "charge.refunded"]


@pytest.mark.parametrize("at", [{}, OLD], ids=["newest", "before basil"])
def test_what_was_captured_is_refunded_and_no_more(stripe_balance, at):
    """The rest is gone already; then the charge is refunded as a whole."""
    intent = held()
    stripe.PaymentIntent.capture(intent.id, amount_to_capture=600, **at)
    with pytest.raises(stripe.InvalidRequestError, match="unrefunded amount on charge"):
        stripe.Refund.create(payment_intent=intent.id, amount=601)
    assert stripe.Refund.create(payment_intent=intent.id, amount=100).amount == 100
    assert stripe.Refund.create(payment_intent=intent.id).amount == 500
    assert stripe.Charge.retrieve(intent.latest_charge).refunded
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
        stripe.Refund.create(payment_intent=intent.id)


def test_a_card_is_captured_once(stripe_balance):
    """After a part the rest is gone; more than the amount was never there. Both name the intent."""
    intent = held()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.PaymentIntent.capture(intent.id, amount_to_capture=1001)
    assert (caught.value.code, caught.value.param) == ("amount_too_large", None)
    assert "greater than the amount you can capture" in caught.value.user_message
    stripe.PaymentIntent.capture(intent.id, amount_to_capture=600)
    with pytest.raises(stripe.InvalidRequestError, match="remainder of the authorized") as again:
        stripe.PaymentIntent.capture(intent.id, amount_to_capture=400)
    assert again.value.code == "payment_intent_unexpected_state"
    for error in (caught.value, again.value):
        assert error.json_body["error"]["payment_intent"]["id"] == intent.id


@pytest.mark.stripe_balance(assume={"card-fee": "us-standard"})
def test_the_fee_is_that_of_the_part(stripe_balance):
    """2.9 % of what was captured, plus 30 cents; before basil a part of the fee would come back."""
    first, second = held(), held()
    stripe.PaymentIntent.capture(first.id, amount_to_capture=600)
    assert stripe.BalanceTransaction.list().data[0].fee == 47
    with stripe_balance.refused("a part of the fee comes back"):
        stripe.PaymentIntent.capture(second.id, amount_to_capture=600, **OLD)
    assert stripe.PaymentIntent.capture(second.id, **OLD).status == "succeeded"


def test_a_transfer_takes_of_a_charge_what_was_captured(stripe_balance):
    """The rest is no money of the platform."""
    intent = held()
    charge = stripe.PaymentIntent.capture(intent.id, amount_to_capture=600).latest_charge
    given = {"currency": "usd", "destination": "acct_1AbCdEfGhIjKlMnO", "source_transaction": charge}
    with pytest.raises(stripe.InvalidRequestError, match=r"source amount of \$6\.00"):
        stripe.Transfer.create(amount=601, **given)
    assert stripe.Transfer.create(amount=600, **given).amount == 600


@pytest.mark.parametrize("at", [{}, BASIL], ids=["newest", "basil"])
def test_a_canceled_intent_lets_the_amount_go(stripe_balance, at):
    """Since basil its charge is as it was, but for nothing that could be captured [doc]."""
    intent = held()
    gone = stripe.PaymentIntent.cancel(intent.id, cancellation_reason="abandoned", **at)
    assert (gone.status, gone.cancellation_reason) == ("canceled", "abandoned")
    assert gone.latest_charge == intent.latest_charge
    assert amounts(intent) == ((1000, 0, 0), (1000, 0, 0, False))
    charge = stripe.Charge.retrieve(intent.latest_charge)
    assert (charge.captured, charge.status, charge.balance_transaction) == (False, "succeeded", None)
    assert booked() == []
    assert types()[3:] == ["payment_intent.canceled"]
    with stripe_balance.refused("was canceled, and took no money"):
        stripe.Refund.create(charge=intent.latest_charge)


def test_before_basil_a_canceled_amount_is_a_refund(stripe_balance):
    """release-as-refund: of all that was held, and it is no booking."""
    intent = held()
    gone = stripe.PaymentIntent.cancel(intent.id, **OLD)
    assert (gone.status, gone.amount_capturable) == ("canceled", 0)
    assert amounts(intent) == ((1000, 0, 0), (1000, 0, 1000, True))
    (refund,) = stripe.Refund.list(charge=intent.latest_charge).data
    assert (refund.amount, refund.balance_transaction) == (1000, None)
    assert booked() == []
    assert types()[3:] == ["refund.created", "charge.refunded", "payment_intent.canceled"]
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
        stripe.Refund.create(charge=intent.latest_charge)


def test_a_canceled_intent_is_over(stripe_balance):
    """It is neither captured nor canceled again."""
    intent = held()
    stripe.PaymentIntent.cancel(intent.id)
    for call in (stripe.PaymentIntent.capture, stripe.PaymentIntent.cancel):
        with pytest.raises(stripe.InvalidRequestError, match="a status of canceled"):
            call(intent.id)


@pytest.mark.parametrize("by", ["charge", "payment_intent"])
def test_what_is_held_is_not_refunded(stripe_balance, by):
    """uncaptured-refund: the text names the way, and the amount is still held."""
    intent = held()
    given = {"charge": intent.latest_charge, "payment_intent": intent.id}[by]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.Refund.create(**{by: given})
    assert f"created by a PaymentIntent ({intent.id}). You must cancel" in caught.value.user_message
    assert (caught.value.code, caught.value.param) == (None, None)
    assert stripe.PaymentIntent.capture(intent.id).status == "succeeded"


REFUSED = {
    "too small a part": ({"amount_to_capture": 49}, "from 50 on"),
    "nothing": ({"amount_to_capture": 0}, "from 50 on"),
    "one of several captures": ({"amount_to_capture": 600, "final_capture": False}, "final_capture"),
    "a fee": ({"application_fee_amount": 10}, "application_fee_amount"),
    "a transfer": ({"transfer_data": {"amount": 10}}, r"transfer_data"),
}


@pytest.mark.parametrize(("params", "named"), REFUSED.values(), ids=REFUSED)
def test_what_could_come_of_a_held_amount_otherwise_is_refused(stripe_balance, params, named):
    """Each is refused by name, and the amount is still held."""
    intent = held()
    with stripe_balance.refused(named):
        stripe.PaymentIntent.capture(intent.id, **params)
    assert stripe.PaymentIntent.capture(intent.id, amount_to_capture=1000).status == "succeeded"


def test_a_week_later_the_card_lets_go(stripe_balance, stripe_clock, _stripe_session):
    """Until then it is captured; in the second after it the intent is canceled, with charge.expired."""
    first, second = held(), held()
    last = stripe.Charge.retrieve(second.latest_charge).payment_method_details.card.capture_before
    stripe_clock.travel_to(last - 2)
    assert stripe.PaymentIntent.capture(first.id).status == "succeeded"
    stripe_clock.travel_to(last)
    assert stripe.PaymentIntent.retrieve(second.id).status == "requires_capture"
    stripe_clock.advance(seconds=1)
    gone = stripe.PaymentIntent.retrieve(second.id, expand=["latest_charge"])
    assert (gone.status, gone.cancellation_reason) == ("canceled", "automatic")
    assert (gone.latest_charge.captured, gone.latest_charge.amount_captured) == (False, 0)
    assert types()[-2:] == ["charge.expired", "payment_intent.canceled"]
    assert "hold-expires" in _stripe_session.assumptions
    for call in (stripe.PaymentIntent.capture, stripe.PaymentIntent.cancel):
        with pytest.raises(stripe.InvalidRequestError, match="has a status of canceled"):
            call(second.id)


@pytest.mark.stripe_balance(api_version="2022-11-15")
def test_what_expires_before_basil_is_a_refund(stripe_balance, stripe_clock):
    """As what is canceled was then: the events come with a refund that isn't booked."""
    intent = held()
    stripe_clock.advance(days=8)
    charge = stripe.Charge.retrieve(intent.latest_charge)
    assert (charge.refunded, charge.amount_refunded, charge.amount_captured) == (True, 1000, 0)
    assert types()[-3:] == ["charge.refunded", "charge.expired", "payment_intent.canceled"]
    assert stripe.BalanceTransaction.list().data == []


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


SHOP = {"stripe_account": "acct_1AbCdEfGhIjKlMnO"}
BASIL = {"stripe_version": "2025-03-31.basil"}


@pytest.mark.parametrize("when", ["before", "while it is held"])
def test_no_fee_is_taken_of_what_is_captured_later(stripe_balance, when):
    """An update is refused as a create is: the platform loses no cent silently."""
    intent = stripe.PaymentIntent.create(**ORDER, **SHOP, confirm=when != "before")
    with stripe_balance.refused("capture_method=manual with transfer_data or application_fee_amount"):
        stripe.PaymentIntent.modify(intent.id, application_fee_amount=100, **SHOP)
    assert stripe.PaymentIntent.retrieve(intent.id, **SHOP).application_fee_amount is None


@pytest.mark.parametrize("call", [stripe.PaymentIntent.modify, stripe.PaymentIntent.confirm])
def test_what_is_captured_later_gets_no_bank_transfer_later(stripe_balance, call):
    """Neither an update nor a confirm lets a balance pay it."""
    order = {"amount": 1000, "currency": "usd", "capture_method": "manual"}
    intent = stripe.PaymentIntent.create(
        **order, customer=stripe_balance.customer().id, payment_method_types=["card"], **BASIL
    )
    with stripe_balance.refused("capture_method=manual with customer_balance among the types"):
        call(
            intent.id,
            payment_method_types=["customer_balance"],
            payment_method_data={"type": "customer_balance"},
            **BASIL,
        )
    found = stripe.PaymentIntent.retrieve(intent.id, **BASIL)
    assert (found.status, found.payment_method_types) == ("requires_payment_method", ["card"])


@pytest.mark.parametrize("captured", [True, False])
def test_a_card_is_kept_only_if_that_is_said_before_the_payment(stripe_balance, captured):
    """update-by-status: setup_future_usage of a held or paid intent is a 400."""
    intent = held()
    if captured:
        stripe.PaymentIntent.capture(intent.id)
    with pytest.raises(stripe.InvalidRequestError, match="setup_future_usage could not be updated"):
        stripe.PaymentIntent.modify(intent.id, setup_future_usage="off_session")


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
