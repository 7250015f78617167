"""Paying by Stripe's ready-made cards: success, declines, authentication, refunds, saved cards."""

import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance.engine.money.ready_made import READY_MADE

CARD = {"allowed_payment_method_types": ["card"]}
ORDER = {"amount": 1000, "currency": "usd", **CARD}


def pay(method, **params):
    return stripe.PaymentIntent.create(**ORDER, confirm=True, payment_method=method, **params)


def declined(call):
    """Give the error of a declined card."""
    with pytest.raises(stripe.CardError) as caught:
        call()
    assert caught.value.http_status == 402
    return caught.value.json_body["error"]


def types():
    """List the types of all events, oldest first: not all are of a customer."""
    return [event.type for event in stripe.Event.list(limit=100).data][::-1]


def booked():
    """List the merchant's movements, oldest first."""
    found = stripe.BalanceTransaction.list(limit=100).data
    return [(one.type, one.amount, one.fee, one.source) for one in found[::-1]]


GOOD = {
    "pm_card_visa": ("visa", "4242", "credit"),
    "pm_card_visa_debit": ("visa", "5556", "debit"),
    "pm_card_mastercard": ("mastercard", "4444", "credit"),
    "pm_card_mastercard_debit": ("mastercard", "8210", "debit"),
    "pm_card_mastercard_prepaid": ("mastercard", "5100", "prepaid"),
    "pm_card_amex": ("amex", "8431", "credit"),
    "pm_card_discover": ("discover", "9424", "credit"),
    "pm_card_diners": ("diners", "0004", "credit"),
    "pm_card_jcb": ("jcb", "0505", "credit"),
    "pm_card_unionpay": ("unionpay", "0005", "credit"),
}


@pytest.mark.parametrize(("name", "told"), GOOD.items(), ids=GOOD)
def test_a_good_card_pays_at_once(stripe_balance, name, told):
    """The intent succeeds, with a charge and a booking; no cash moves."""
    intent = pay(name)
    charge = stripe.Charge.retrieve(intent.latest_charge)
    card = charge.payment_method_details.card
    assert (intent.status, intent.amount_received, intent.next_action) == ("succeeded", 1000, None)
    assert (card.brand, card.last4, card.funding) == told
    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, True)
    assert charge.id.startswith("ch_")
    assert charge.payment_method == intent.payment_method
    assert booked() == [("charge", 1000, 0, charge.id)]
    assert types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


# Of each card that is declined: code, decline_code, message, the three codes of advice, param.
AGAIN, CONFIRM = "try_again_later", "confirm_card_data"
PLAIN = "Your card was declined."
FUNDS = (
    "card_declined", "insufficient_funds", "Your card has insufficient funds.", AGAIN, "02", "51", None
)  # fmt: skip
GENERIC = ("card_declined", "generic_decline", PLAIN, AGAIN, None, "01", None)
OFTEN = (
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."
)
LATER = "An error occurred while processing your card. Try again in a little bit."
DECLINED = {
    "pm_card_visa_chargeDeclined": GENERIC,
    "pm_card_chargeDeclined": GENERIC,
    "pm_card_chargeCustomerFail": GENERIC,
    "pm_card_visa_chargeDeclinedInsufficientFunds": FUNDS,
    "pm_card_chargeDeclinedInsufficientFunds": FUNDS,
    "pm_card_visa_chargeDeclinedLostCard": (
        "card_declined", "lost_card", PLAIN, "do_not_try_again", "01", "41", None
    ),
    "pm_card_visa_chargeDeclinedStolenCard": (
        "card_declined", "stolen_card", PLAIN, "do_not_try_again", "01", "43", None
    ),
    "pm_card_chargeDeclinedExpiredCard": (
        "expired_card", "expired_card", "Your card has expired.", CONFIRM, "03", "54", "exp_month"
    ),
    "pm_card_chargeDeclinedIncorrectCvc": (
        "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.",
        CONFIRM, "03", "N7", "cvc",
    ),
    "pm_card_chargeDeclinedProcessingError": (
        "processing_error", "processing_error", LATER, AGAIN, None, "06", None
    ),
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded": (
        "card_declined", "card_velocity_exceeded", OFTEN, AGAIN, "02", "61", None
    ),
}  # fmt: skip
TOLD = (
    "code", "decline_code", "message", "advice_code", "network_advice_code", "network_decline_code",
    "param",
)  # fmt: skip


@pytest.mark.parametrize(("name", "told"), DECLINED.items(), ids=DECLINED)
def test_a_bad_card_is_declined_in_stripes_words(stripe_balance, name, told):
    """402 with the intent embedded, a failed charge, and nothing booked [obs openfoodnetwork]."""
    error = declined(lambda: pay(name))
    intent, charge = error["payment_intent"], stripe.Charge.retrieve(error["charge"])
    assert tuple(error.get(key) for key in TOLD) == told
    assert None not in error.values()
    assert (error["type"], error["payment_method_type"]) == ("card_error", "card")
    assert (intent["status"], intent["payment_method"]) == ("requires_payment_method", None)
    assert intent["latest_charge"] == charge.id
    apart = {"payment_intent", "request_log_url"}
    assert intent["last_payment_error"] == {
        key: value for key, value in error.items() if key not in apart
    }
    assert error["payment_method"]["card"]["checks"]["cvc_check"] == "pass"
    assert (charge.status, charge.paid, charge.captured, charge.receipt_url) == (
        "failed",
        False,
        False,
        None,
    )
    assert (charge.failure_code, charge.failure_message) == (told[0], told[2])
    assert charge.amount_captured == 0
    assert (charge.outcome.type, charge.outcome.reason) == ("issuer_declined", told[1])
    assert charge.balance_transaction is None
    assert booked() == []
    assert types() == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ]


def test_every_ready_made_card_is_one_of_these():
    """Good, declined, or to be authenticated."""
    authenticated = {name for name, card in READY_MADE.items() if card.authenticates}
    assert set(READY_MADE) == {*GOOD, *DECLINED, *authenticated}
    assert authenticated == {"pm_card_authenticationRequired", "pm_card_threeDSecure2Required"}


def test_another_card_pays_after_a_decline(stripe_balance):
    """The error of the first is gone then, and its charge stays in the list."""
    intent = declined(lambda: pay("pm_card_chargeDeclined"))["payment_intent"]["id"]
    paid = stripe.PaymentIntent.confirm(intent, payment_method="pm_card_visa")
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    charges = stripe.Charge.list(payment_intent=intent).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]
    assert paid.latest_charge == charges[0].id


def test_a_card_waits_for_its_confirm(stripe_balance):
    """Created with a method it is to be confirmed; another method may take its place before."""
    intent = stripe.PaymentIntent.create(**ORDER, payment_method="pm_card_chargeDeclined")
    assert intent.status == "requires_confirmation"
    changed = stripe.PaymentIntent.modify(intent.id, payment_method="pm_card_visa")
    assert changed.payment_method != intent.payment_method
    assert stripe.PaymentIntent.confirm(intent.id).status == "succeeded"


def test_a_ready_made_name_is_a_new_method_each_time(stripe_balance):
    """Retrieved, it is attached to nobody, and nobody has checked it [obs openfoodnetwork]."""
    one, two = (stripe.PaymentMethod.retrieve("pm_card_visa") for _ in range(2))
    assert one.id != two.id
    assert one.id.startswith("pm_")
    assert (one.customer, one.card.checks.cvc_check) == (None, "unchecked")
    assert (one.card.exp_month, one.card.exp_year) == (1, 2027)
    assert one.card.fingerprint == two.card.fingerprint
    assert pay(one.id).payment_method == one.id


def test_the_token_of_a_ready_made_card_is_as_good(stripe_balance):
    """In a payment method of its own, and in payment_method_data."""
    data = {"type": "card", "card": {"token": "tok_visa"}}
    method = stripe.PaymentMethod.create(**data, billing_details={"name": "Ada"})
    assert (method.card.last4, method.billing_details.name) == ("4242", "Ada")
    assert pay(method.id).status == "succeeded"
    made = stripe.PaymentIntent.create(**ORDER, confirm=True, payment_method_data=data)
    assert made.status == "succeeded"


COUNTRIES = [("visa", "US"), ("authenticationRequired", "DE"), ("threeDSecure2Required", "IE")]


@pytest.mark.parametrize(("name", "country"), COUNTRIES)
def test_a_card_is_of_the_country_that_was_recorded(name, country):
    """Cards that must be authenticated are European."""
    assert stripe.PaymentMethod.retrieve(f"pm_card_{name}").card.country == country


# The card that must be authenticated, and what comes of it.
@pytest.mark.parametrize("name", ["pm_card_authenticationRequired", "pm_card_threeDSecure2Required"])
def test_a_card_that_must_be_authenticated_waits_for_it(stripe_balance, name):
    """By Stripe.js, or on a page if there is a return_url; nothing is charged."""
    by_script = pay(name)
    assert (by_script.status, by_script.latest_charge) == ("requires_action", None)
    assert by_script.payment_method is not None
    action = as_dict(by_script.next_action)
    assert (action["type"], action["use_stripe_sdk"]["type"]) == (
        "use_stripe_sdk",
        "three_d_secure_redirect",
    )
    by_page = pay(name, return_url="https://example.com/back").next_action
    assert by_page.redirect_to_url.return_url == "https://example.com/back"
    assert booked() == []
    assert types()[:2] == ["payment_intent.created", "payment_intent.requires_action"]
    assert stripe.PaymentIntent.cancel(by_script.id).next_action is None


@pytest.mark.parametrize(
    ("params", "decline_code"),
    [
        ({"off_session": True}, "authentication_required"),
        ({"error_on_requires_action": True}, "authentication_not_handled"),
    ],
)
def test_nobody_is_there_to_authenticate(stripe_balance, params, decline_code):
    """402 without a charge; the intent needs another method [obs Kiln-AI/stripe_world]."""
    error = declined(lambda: pay("pm_card_authenticationRequired", **params))
    assert (error["code"], error["decline_code"]) == ("authentication_required", decline_code)
    assert "charge" not in error
    intent = error["payment_intent"]
    assert (intent["status"], intent["latest_charge"]) == ("requires_payment_method", None)
    assert types() == ["payment_intent.created", "payment_intent.payment_failed"]


def test_a_card_needs_a_return_url_where_methods_may_redirect(stripe_balance):
    """Unless redirects are never allowed: 400 without code and param, in Stripe's words [obs]."""
    order = {"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    with pytest.raises(stripe.InvalidRequestError, match="you must provide a `return_url`") as caught:
        stripe.PaymentIntent.create(**order)
    assert (caught.value.code, caught.value.param) == (None, None)
    never = {"enabled": True, "allow_redirects": "never"}
    assert stripe.PaymentIntent.create(**order, automatic_payment_methods=never).status == "succeeded"
    url = "https://example.com"
    assert stripe.PaymentIntent.create(**order, return_url=url).status == "succeeded"


def test_automatic_methods_and_a_confirmation_method_exclude_each_other():
    """In Stripe's words, whatever the confirmation method is."""
    with pytest.raises(stripe.InvalidRequestError, match="automatic_payment_methods, conf") as caught:
        stripe.PaymentIntent.create(
            amount=1000,
            currency="usd",
            automatic_payment_methods={"enabled": True},
            confirmation_method="automatic",
        )
    assert (caught.value.code, caught.value.param) == (None, "automatic_payment_methods")


@pytest.mark.parametrize(("version", "relies"), [("2023-10-16", False), ("2024-04-10", True)])
def test_a_charge_is_settled_at_once_whenever_it_is_captured(_stripe_session, version, relies):
    """Where Stripe would capture it a moment later, that is an assumption: card-settled-at-once."""
    intent = stripe.PaymentIntent.create(
        amount=1000,
        currency="usd",
        payment_method_types=["card"],
        payment_method="pm_card_visa",
        confirm=True,
        stripe_version=version,
    )
    assert stripe.Charge.retrieve(intent.latest_charge).balance_transaction is not None
    assert ("card-settled-at-once" in _stripe_session.assumptions) is relies


def test_a_refund_to_a_card_is_there_at_once(stripe_balance):
    """In part and in full, and taken from the merchant; nobody is asked for bank details."""
    intent = pay("pm_card_visa")
    part = stripe.Refund.create(payment_intent=intent.id, amount=300)
    rest = stripe.Refund.create(charge=intent.latest_charge)
    assert [(one.status, one.amount) for one in (part, rest)] == [("succeeded", 300), ("succeeded", 700)]
    assert part.id.startswith("re_")
    assert as_dict(part.destination_details)["card"]["type"] == "refund"
    charge = stripe.Charge.retrieve(intent.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (1000, True)
    assert booked()[1:] == [("refund", -300, 0, part.id), ("refund", -700, 0, rest.id)]
    assert types()[3:] == ["refund.created", "charge.refunded"] * 2
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
        stripe.Refund.create(payment_intent=intent.id)


def test_a_card_that_was_declined_has_nothing_to_refund(stripe_balance):
    """By its intent it is Stripe's error; by its charge nobody knows."""
    error = declined(lambda: pay("pm_card_chargeDeclined"))
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        stripe.Refund.create(payment_intent=error["payment_intent"]["id"])
    with stripe_balance.refused(match="it took no money that could go back"):
        stripe.Refund.create(charge=error["charge"])
    intent = pay("pm_card_visa").id
    with pytest.raises(ValueError, match="was paid by card"):
        stripe_balance.refund_to_cash_balance(intent)


@pytest.mark.stripe_balance(assume={"card-fee": "us-standard"})
@pytest.mark.parametrize(("amount", "fee"), [(1000, 59), (1017, 59), (1018, 60), (10_050, 321)])
def test_a_card_has_the_public_price_by_choice(stripe_balance, amount, fee):
    """card-fee=us-standard: 2.9 % and 30 cents; in another currency it is refused."""
    order = {**ORDER, "amount": amount, "confirm": True, "payment_method": "pm_card_visa"}
    intent = stripe.PaymentIntent.create(**order, expand=["latest_charge.balance_transaction"])
    told = intent.latest_charge.balance_transaction
    assert (told.fee, told.net, told.fee_details[0].type) == (fee, amount - fee, "stripe_fee")
    with stripe_balance.refused(match="card-fee=us-standard: Stripe's fee for a card in eur is unknown"):
        stripe.PaymentIntent.create(**{**order, "currency": "eur"})
