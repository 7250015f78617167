"""Intents with other types of payment methods beside customer_balance, and a card on a bank transfer's."""

import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.engine.payments import method_types
from pytest_stripe_balance.resources import newest_api_version

AT = {"stripe_version": "2024-06-20"}
BOTH = ["card", "customer_balance"]
TRANSFER = {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
CARD_OPTIONS = {
    "installments": None,
    "mandate_options": None,
    "network": None,
    "request_three_d_secure": "automatic",
}


def intent(stage, types, currency="usd", **params):
    return stripe.PaymentIntent.create(
        customer=stage.customer,
        amount=1000,
        currency=currency,
        payment_method_types=types,
        **AT,
        **params,
    )


def test_each_type_has_a_hash_of_options(stage):
    """In alphabetical order, with Stripe's defaults, whatever the order of the types [obs spree]."""
    types = ["card", "link", "us_bank_account", "customer_balance"]
    told = as_dict(intent(stage, types, payment_method_options={"customer_balance": TRANSFER}))
    assert told["payment_method_types"] == types
    assert list(told["payment_method_options"].items()) == [
        ("card", CARD_OPTIONS),
        ("customer_balance", TRANSFER),
        ("link", {"persistent_token": None}),
        (
            "us_bank_account",
            {
                "financial_connections": {"permissions": ["payment_method"], "prefetch": []},
                "mandate_options": {},
                "transaction_purpose": "unspecified",
                "verification_method": "automatic",
            },
        ),
    ]


def test_options_of_any_type_are_shown_as_sent(stage):
    """Beside the defaults, at creation and after an update; the payment is by bank transfer."""
    given = {"card": {"setup_future_usage": "off_session"}, "customer_balance": TRANSFER}
    made = intent(stage, ["card", "sepa_debit", "customer_balance"], "eur")
    eur = {"type": "eu_bank_transfer", "eu_bank_transfer": {"country": "DE"}}
    given["customer_balance"] = {**TRANSFER, "bank_transfer": eur}
    given["sepa_debit"] = {"setup_future_usage": "off_session"}
    told = as_dict(stripe.PaymentIntent.modify(made.id, payment_method_options=given))
    assert told["payment_method_options"] == {
        **given,
        "card": {**CARD_OPTIONS, "setup_future_usage": "off_session"},
    }
    method = {"type": "customer_balance"}
    assert stripe.PaymentIntent.confirm(made.id, payment_method_data=method).next_action is not None


def test_the_types_are_those_that_stripe_documents_options_for():
    """Each has a place for its options, and each can be asked for."""
    rule = contract(newest_api_version()).rule("POST /v1/payment_intents")
    documented = rule["properties"]["payment_method_options"]["properties"]
    assert set(documented) == method_types.TYPES
    assert {*method_types.UNSET, *method_types.CURRENCIES, *method_types.SEEN} <= method_types.TYPES


@pytest.mark.parametrize("kind", sorted(method_types.TYPES - {"customer_balance"}))
def test_every_type_is_taken_beside_a_bank_transfer(stage, kind):
    """In a currency that has it; where that is none of bank transfers', it is refused by name."""
    known = [one for one in method_types.CURRENCIES.get(kind, ("usd",)) if one in ("usd", "eur", "gbp")]
    currency = known[0] if known else "usd"
    if kind in method_types.CURRENCIES and not known:
        with stage.balance.refused(match=f"Stripe documents {kind} for"):
            intent(stage, [kind, "customer_balance"], currency)
        return
    made = intent(stage, [kind, "customer_balance"], currency)
    assert made.payment_method_types == [kind, "customer_balance"]
    assert kind in made.payment_method_options


def test_a_type_that_nobody_recorded_shows_no_options(stage, _stripe_session):
    """An assumption."""
    assert as_dict(intent(stage, ["eps"], "eur"))["payment_method_options"] == {"eps": {}}
    assert "sibling-options" in _stripe_session.assumptions


def test_another_type_pays_nothing_here(stage):
    """Its method is refused by name, and so is a word that is no type."""
    made = intent(stage, ["sepa_debit", "customer_balance"], "eur")
    data = {"type": "sepa_debit", "sepa_debit": {"iban": "DE89370400440532013000"}}
    with stage.balance.refused(match=r"payment_method_data\[type\]='sepa_debit'"):
        stripe.PaymentIntent.confirm(made.id, payment_method_data=data)
    with stage.balance.refused(match="'cheque' is no type"):
        intent(stage, ["cheque"])


def test_allowed_types_are_filtered_by_currency(stage):
    """What the currency excludes is left out in silence [doc]."""
    made = stripe.PaymentIntent.create(
        customer=stage.customer,
        amount=1000,
        currency="usd",
        allowed_payment_method_types=["card", "sepa_debit", "us_bank_account"],
    )
    assert made.payment_method_types == ["card", "us_bank_account"]


def test_types_are_excluded_from_the_automatic_ones(stage):
    """The field shows what was sent; without customer_balance its options are gone [doc]."""
    params = {"customer": stage.customer, "amount": 1000, "currency": "usd"}
    without = stripe.PaymentIntent.create(
        **params, excluded_payment_method_types=["customer_balance", "klarna"]
    )
    told = as_dict(without)
    assert told["payment_method_types"] == ["card"]
    assert told["excluded_payment_method_types"] == ["customer_balance", "klarna"]
    assert list(told["payment_method_options"]) == ["card"]
    with stage.balance.refused(match="leave no type that is modelled"):
        stripe.PaymentIntent.create(**params, excluded_payment_method_types=BOTH)


def test_a_method_of_a_type_that_is_not_taken_is_stripes_error(stage, _stripe_session):
    """400 in words that were quoted from a real answer."""
    made = intent(stage, ["customer_balance"])
    with pytest.raises(stripe.InvalidRequestError, match="following types: customer_balance") as caught:
        stripe.PaymentIntent.confirm(made.id, payment_method="pm_card_visa")
    assert caught.value.code == "payment_intent_incompatible_payment_method"
    assert "method-type-not-allowed" in _stripe_session.assumptions


DESCRIBED = {
    "an intent": lambda: stripe.PaymentIntent.create(
        amount=1000, currency="usd", allowed_payment_method_types=["card"], **DESCRIPTOR
    ),
    "automatic types": lambda: stripe.PaymentIntent.create(amount=1000, currency="usd", **DESCRIPTOR),
    "a change": lambda: stripe.PaymentIntent.modify(
        stripe.PaymentIntent.create(amount=1000, currency="usd").id, **DESCRIPTOR
    ),
    "a session": lambda: stripe.checkout.Session.create(
        mode="payment",
        success_url="https://shop.example.com/thanks",
        line_items=[{"price_data": {**PRICE, "product_data": {"name": "Tea"}}, "quantity": 1}],
        payment_intent_data=DESCRIPTOR,
    ),
}
DESCRIPTOR = {"statement_descriptor": "GOODSTUFF"}
PRICE = {"unit_amount": 1000, "currency": "usd"}


@pytest.mark.parametrize("call", DESCRIBED.values(), ids=DESCRIBED)
def test_a_statement_descriptor_is_no_cards(stage, call, _stripe_session):
    """400 since February 2024, in words that others met (fluentform #384); a transfer may have it."""
    with pytest.raises(stripe.InvalidRequestError, match="not supported for the payment_m") as caught:
        call()
    assert caught.value.param.removeprefix("payment_intent_data[").rstrip("]") == "statement_descriptor"
    assert "card-statement-descriptor" in _stripe_session.assumptions
    assert stripe.checkout.Session.list().data == []
    assert intent(stage, ["customer_balance"], **DESCRIPTOR).statement_descriptor == "GOODSTUFF"


@pytest.mark.stripe_balance(assume={"card-statement-descriptor": "taken"})
def test_an_old_account_may_describe_a_card(stage):
    """Recorded by Liberapay in February 2026: the charge has it too."""
    paid = intent(stage, BOTH, payment_method="pm_card_visa", confirm=True, **DESCRIPTOR)
    charge = stripe.Charge.retrieve(paid.latest_charge)
    assert (paid.statement_descriptor, charge.statement_descriptor) == ("GOODSTUFF", "GOODSTUFF")


def partly_funded(stage):
    """Fund an intent of 1000 that takes cards too with 300 of the customer's 500."""
    made = intent(
        stage,
        BOTH,
        payment_method_options={"customer_balance": TRANSFER},
        payment_method_data={"type": "customer_balance"},
        confirm=True,
    )
    stripe.PaymentIntent.apply_customer_balance(made.id, amount=300)
    return made.id


def test_a_card_pays_the_whole_of_a_partly_funded_intent(stage):
    """Its cash goes back to the balance, told first; the card's charge is of the whole amount."""
    made = partly_funded(stage)
    since = stage.balance.events()[-1]
    paid = stripe.PaymentIntent.confirm(made, payment_method="pm_card_visa", expand=["latest_charge"])
    assert (paid.status, paid.amount_received, paid.latest_charge.amount) == ("succeeded", 1000, 1000)
    assert paid.next_action is None
    assert stage.balance.ledger(stage.customer)[-1].net_amount == 300
    assert [event.type for event in stage.balance.events(since=since)] == [
        "customer_cash_balance_transaction.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "cash_balance.funds_available",
    ]


def test_a_declined_card_leaves_the_cash_where_it_is(stage):
    """The intent waits for another method and still holds what it held; apply goes on."""
    made = partly_funded(stage)
    with pytest.raises(stripe.CardError):
        stripe.PaymentIntent.confirm(made, payment_method="pm_card_chargeDeclined")
    rows = stage.balance.ledger(stage.customer)
    assert rows[-1].type == "applied_to_payment"
    stage.balance.fund(stage.customer, 500)
    assert stripe.PaymentIntent.apply_customer_balance(made).status == "succeeded"


@pytest.mark.stripe_balance(assume={"card-on-partly-funded": "refused"})
def test_a_card_may_be_refused_on_a_partly_funded_intent(stage):
    """By the other reading, and nothing changes."""
    made = partly_funded(stage)
    with pytest.raises(stripe.InvalidRequestError, match="it is partially funded"):
        stripe.PaymentIntent.confirm(made, payment_method="pm_card_visa")
    assert stripe.PaymentIntent.retrieve(made).status == "requires_action"


def test_cash_is_not_applied_while_a_card_is_authenticated(stage):
    """Neither by a call nor by a transfer: nobody knows; confirmed by bank transfer it is again."""
    made = intent(stage, BOTH, payment_method="pm_card_authenticationRequired", confirm=True)
    assert made.next_action.type == "use_stripe_sdk"
    stage.api.customers.cash_balance.update(
        stage.customer, {"settings": {"reconciliation_mode": "automatic"}}
    )
    stage.balance.fund(stage.customer, 1000)
    assert stripe.PaymentIntent.retrieve(made.id).status == "requires_action"
    with stage.balance.refused(match="which waits for a card's authentication"):
        stripe.PaymentIntent.apply_customer_balance(made.id)
    paid = stripe.PaymentIntent.confirm(made.id, payment_method_data={"type": "customer_balance"})
    assert paid.status == "succeeded"


REDIRECTING = {"automatic_payment_methods": {"enabled": True}, "confirm": True}
BY_TRANSFER = {"payment_method_data": {"type": "customer_balance"}}


def automatic(stage):
    return stripe.PaymentIntent.create(
        customer=stage.customer, amount=1000, currency="usd", **REDIRECTING, **BY_TRANSFER
    )


def test_a_bank_transfer_needs_a_return_url_as_a_card_does(stage, _stripe_session):
    """Where methods may redirect, whatever the method."""
    with pytest.raises(stripe.InvalidRequestError, match="you must provide a `return_url`"):
        automatic(stage)
    assert "return-url-of-bank-transfer" in _stripe_session.assumptions


@pytest.mark.stripe_balance(assume={"return-url-of-bank-transfer": "not-asked"})
def test_a_bank_transfer_may_need_no_return_url(stage):
    """By the other reading."""
    assert automatic(stage).status == "requires_action"


def test_options_that_automatic_payment_methods_do_not_offer_are_left_out(stage):
    """They are taken and not shown, as recorded [obs spree]; those of a card beside them stay."""
    card = {"setup_future_usage": "off_session"}
    made = stripe.PaymentIntent.create(
        customer=stage.customer,
        amount=1000,
        currency="usd",
        automatic_payment_methods={"enabled": True},
        payment_method_options={"card": card, "sepa_debit": card},
        **AT,
    )
    options = as_dict(made)["payment_method_options"]
    assert set(options) == {"card", "customer_balance"}
    assert options["card"]["setup_future_usage"] == "off_session"


def unhandled(stage):
    with pytest.raises(stripe.StripeError, match="required an authentication action") as caught:
        stage.intent(error_on_requires_action=True)
    error = caught.value.json_body["error"]
    assert error["payment_intent"]["status"] == "requires_payment_method"
    return caught.value.http_status, error["type"]


def test_a_bank_transfer_waits_where_an_action_is_an_error(stage, _stripe_session):
    """error_on_requires_action is about cards: public code sends it, and stores the instructions."""
    waiting = stripe.PaymentIntent.retrieve(stage.intent(error_on_requires_action=True))
    assert waiting.next_action.type == "display_bank_transfer_instructions"
    assert "error-on-requires-action" in _stripe_session.assumptions


@pytest.mark.stripe_balance(assume={"error-on-requires-action": "card-error"})
def test_a_bank_transfer_without_cash_may_need_an_action(stage):
    """By another reading it fails as a card that is to be authenticated."""
    assert unhandled(stage) == (402, "card_error")


@pytest.mark.stripe_balance(assume={"error-on-requires-action": "invalid-request"})
def test_a_bank_transfer_without_cash_may_be_a_wrong_request(stage):
    """By the other reading."""
    assert unhandled(stage) == (400, "invalid_request_error")
