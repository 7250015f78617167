import re

import pytest
import stripe
from majors import as_dict, v1

from pytest_stripe_balance.engine.payments import payment_method_options


def test_a_payment_method_is_made_once_and_used_by_an_intent(stripe_balance):
    """A method that was made by itself pays an intent, and is attached to nobody all the while."""
    method = stripe.PaymentMethod.create(type="customer_balance", metadata={"order": "7"})
    customer = stripe_balance.customer()
    intent = stripe.PaymentIntent.create(
        customer=customer.id,
        amount=1000,
        currency="usd",
        payment_method=method.id,
        payment_method_options={
            "customer_balance": {
                "funding_type": "bank_transfer",
                "bank_transfer": {"type": "us_bank_transfer"},
            }
        },
        confirm=True,
    )
    stripe_balance.fund(customer, 1000)
    read = stripe.PaymentMethod.retrieve(method.id)
    assert stripe.PaymentIntent.retrieve(intent.id).payment_method == method.id
    assert (read.customer, read.metadata["order"]) == (None, "7")
    assert stripe.PaymentMethod.list(customer=customer.id, type="customer_balance").data == []
    assert stripe.Customer.list_payment_methods(customer.id).data == []


def test_an_unknown_payment_method_is_missing(stripe_balance):
    """The answer names the parameter of the path."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        v1(stripe_balance.client).payment_methods.retrieve("pm_1")
    assert (caught.value.http_status, caught.value.param) == (404, "payment_method")


def test_charges_and_balance_transactions_are_listed(stripe_balance):
    """Newest first, and by whom or what they belong to."""
    payers = [stripe_balance.customer() for _ in range(2)]
    intents = [stripe_balance.bank_transfer_intent(payer, 1000).id for payer in payers]
    for payer in payers:
        stripe_balance.fund(payer, 1000)
    charges = stripe.Charge.list().data
    assert [charge.payment_intent for charge in charges] == intents[::-1]
    assert stripe.Charge.list(customer=payers[0].id).data == charges[1:]
    assert stripe.Charge.list(payment_intent=intents[1]).data == charges[:1]
    booked = stripe.BalanceTransaction.list(source=charges[0].id, type="payment", currency="usd").data
    assert [one.id for one in booked] == [charges[0].balance_transaction]
    assert stripe.BalanceTransaction.list(type="adjustment").data == []


OURS = (
    "only customer_balance methods and some of Stripe's ready-made cards are modelled, as pm_card_visa; "
    "docs/cards.md lists them. "
)


@pytest.mark.parametrize("method", ["pm_card_threeDSecureOptional", "tok_visa"])
def test_a_cards_method_is_refused_with_what_to_send_in_its_place(stripe_balance, method):
    """The refusal names the call and the method, and by its way out the intent is made."""
    intent = {"customer": stripe_balance.customer().id, "amount": 1000, "currency": "usd"}
    told = (
        f"POST /v1/payment_intents: payment_method={method!r}: {OURS}Send payment_method_data="
        "{'type': 'customer_balance'} in its place, or expect it: `with stripe_balance.refused():`"
    )
    with stripe_balance.refused(match=f"^{re.escape(told)}$"):
        stripe.PaymentIntent.create(**intent, payment_method=method)
    made = stripe.PaymentIntent.create(**intent, payment_method_data={"type": "customer_balance"})
    assert made.status == "requires_confirmation"


READY_MADE = (
    "pm_card_threeDSecureOptional", "pm_card_createDispute", "pm_usBankAccount_success",
    "pm_sepaDebit", "tok_visa", "card_1Nb", "src_1Nb", "btok_us_verified",
)  # fmt: skip


@pytest.mark.parametrize("method", READY_MADE)
def test_a_method_that_stripe_keeps_ready_is_refused_wherever_it_is_named(stripe_balance, method):
    """In a path, a parameter of each call, and a cursor; it is there at Stripe, so it is not missing."""
    customer = stripe_balance.customer()
    intent = stripe.PaymentIntent.create(amount=100, currency="usd", customer=customer.id)
    before = stripe_balance.events()
    for ask in (
        lambda: stripe.PaymentMethod.retrieve(method),
        lambda: stripe.PaymentMethod.attach(method, customer=customer.id),
        lambda: stripe.PaymentMethod.list(customer=customer.id, starting_after=method),
        lambda: stripe.PaymentIntent.create(amount=100, currency="usd", payment_method=method),
        lambda: stripe.PaymentIntent.modify(intent.id, payment_method=method),
        lambda: stripe.PaymentIntent.confirm(intent.id, payment_method=method),
        lambda: stripe.Customer.create(payment_method=method),
        lambda: stripe.Customer.create(source=method),
        lambda: stripe.Customer.modify(customer.id, invoice_settings={"default_payment_method": method}),
    ):
        with stripe_balance.refused(match="model"):
            ask()
    assert stripe_balance.events() == before
    with pytest.raises(stripe.InvalidRequestError, match="No such PaymentMethod: 'pm_nope'"):
        stripe.PaymentMethod.retrieve("pm_nope")


def test_a_card_in_the_path_is_refused_with_the_way_on(stripe_balance):
    """The refusal names the call, what is modelled, and how to make one."""
    call = r"GET /v1/payment_methods/\{payment_method\}: payment_method='pm_card_us': "
    way = r"Make one by `stripe\.PaymentMethod\.create\("
    with stripe_balance.refused(match=f"^{call}{re.escape(OURS)}{way}"):
        stripe.PaymentMethod.retrieve("pm_card_us")


def test_what_a_verb_refuses_names_its_call(stripe_balance):
    """The call stands before each refusal, as the path has it that the README lists."""
    intent = stripe_balance.bank_transfer_intent(stripe_balance.customer(), 1000)
    with stripe_balance.refused(match=r"^POST /v1/payment_intents/{intent}/confirm: other payment "):
        stripe.PaymentIntent.confirm(intent.id, allowed_payment_method_types=["card"])


@pytest.mark.parametrize(
    ("currency", "transfer"),
    [
        ("usd", {"type": "us_bank_transfer"}),
        ("gbp", {"type": "gb_bank_transfer"}),
        ("eur", {"type": "eu_bank_transfer", "eu_bank_transfer": {"country": "NL"}}),
    ],
)
def test_automatic_methods_come_with_the_options_of_a_bank_transfer(stage, currency, transfer):
    """Nobody sent them; a confirm then has instructions."""
    customer = stage.balance.customer(address={"country": "NL"}).id
    intent = stripe.PaymentIntent.create(customer=customer, amount=1000, currency=currency)
    told = as_dict(intent.payment_method_options)
    assert list(told) == ["card", "customer_balance"]
    assert told["customer_balance"] == {"bank_transfer": transfer, "funding_type": "bank_transfer"}
    method = {"type": "customer_balance"}
    confirmed = stripe.PaymentIntent.confirm(
        intent.id, payment_method_data=method, return_url="https://example.com"
    )
    assert confirmed.next_action.display_bank_transfer_instructions.type == transfer["type"]


def test_the_options_are_empty_where_only_types_were_given(stage):
    """Stripe fills in what it chose itself."""
    intent = stripe.PaymentIntent.retrieve(stage.of_given_types())
    assert as_dict(intent.payment_method_options) == {"customer_balance": {}}


LATER = (
    "`setup_future_usage` cannot be used with one or more of the values you specified in "
    "`payment_method_types`. Please remove `setup_future_usage` or remove these types from "
    '`payment_method_types`: ["customer_balance"].'
)
METHOD = {"payment_method_data": {"type": "customer_balance"}}


def set_up(stage, **params):
    return stripe.PaymentIntent.create(
        customer=stage.customer, amount=1000, currency="usd", setup_future_usage="off_session", **params
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda stage: set_up(
            stage, payment_method_types=["customer_balance"], stripe_version="2024-06-20"
        ),
        lambda stage: set_up(
            stage, payment_method_types=["card", "customer_balance"], stripe_version="2024-06-20"
        ),
        lambda stage: set_up(stage, **METHOD),
        lambda stage: stripe.PaymentIntent.modify(stage.intent(), setup_future_usage="on_session"),
        lambda stage: stripe.PaymentIntent.confirm(stage.intent(), setup_future_usage="off_session"),
    ],
    ids=["its type", "among types", "its method", "update", "confirm"],
)
def test_a_bank_transfer_is_not_set_up_for_later(call, stage, _stripe_session):
    """setup_future_usage with customer_balance is 400 in Stripe's own words."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call(stage)
    error = caught.value
    assert (error.user_message, error.code, error.param) == (LATER, None, None)
    assert "setup-future-usage" in _stripe_session.assumptions


@pytest.mark.parametrize("params", [{}, {"allowed_payment_method_types": ["card", "customer_balance"]}])
def test_setup_leaves_out_what_stripe_may_filter(params, stage, _stripe_session):
    """Of automatic and allowed types the card stays; an intent that has both already is refused."""
    intent = set_up(stage, **params)
    assert intent.payment_method_types == ["card"]
    assert intent.setup_future_usage == "off_session"
    assert "setup-future-usage-filters" in _stripe_session.assumptions
    automatic = stripe.PaymentIntent.create(customer=stage.customer, amount=1000, currency="usd")
    with stage.balance.refused(match="setup_future_usage on an intent whose types Stripe chose"):
        stripe.PaymentIntent.modify(automatic.id, setup_future_usage="off_session")


GIVEN, BOTH = "payment-method-given-types", ["card", "customer_balance"]
DATA = {"payment_method_data": {"type": "customer_balance"}}
AUTOMATIC = {"enabled": True, "allow_redirects": "always"}
TYPED = {
    "nothing": ({}, BOTH, AUTOMATIC, True),
    "nothing, without a customer": ({"customer": None}, ["card"], AUTOMATIC, True),
    "a method": (DATA, ["customer_balance"], None, True),
    "a method, and automatic ones": (
        {**DATA, "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}},
        BOTH,
        {"enabled": True, "allow_redirects": "never"},
        True,
    ),
    "allowed types": ({"allowed_payment_method_types": BOTH}, BOTH, None, False),
}


@pytest.mark.parametrize(("given", "types", "automatic", "assumed"), TYPED.values(), ids=TYPED)
def test_a_new_intent_takes_the_types_that_were_asked_for(
    given, types, automatic, assumed, stripe_balance, _stripe_session
):
    """By name, by its method alone, or what Stripe's automatic methods would give; the latter two assumed."""
    asked = {"customer": stripe_balance.customer().id, "amount": 1000, "currency": "usd", **given}
    intent = stripe.PaymentIntent.create(**{name: one for name, one in asked.items() if one is not None})
    told = as_dict(intent)
    assert (told["payment_method_types"], told["automatic_payment_methods"]) == (types, automatic)
    assert (GIVEN in _stripe_session.assumptions) == assumed


@pytest.mark.parametrize(
    ("given", "param"),
    [({"payment_method": "pm_1"}, "payment_method"), (DATA, "customer")],
    ids=["a method that isn't there", "a method"],
)
def test_a_new_intent_without_a_customer_says_what_is_wrong_first(given, param, stripe_balance):
    """A method that isn't there is told before anything else; one that is there needs a customer."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.PaymentIntent.create(amount=1000, currency="usd", **given)
    assert caught.value.param == param


def test_a_type_that_cannot_fit_is_left_out_in_silence(stripe_balance):
    """Without a customer customer_balance is filtered from what is allowed, and the card stays."""
    allowed = ["customer_balance", "card"]
    intent = stripe.PaymentIntent.create(
        amount=1000, currency="usd", allowed_payment_method_types=allowed
    )
    assert intent.payment_method_types == ["card"]
    assert list(as_dict(intent.payment_method_options)) == ["card"]


@pytest.mark.parametrize(
    ("customer", "currency", "types"),
    [
        ("cus_1", "usd", ("customer_balance", "card")),
        ("cus_1", "chf", ("card",)),
        (None, "usd", ("card",)),
        (None, "chf", ("card",)),
    ],
)
def test_what_is_allowed_is_filtered_by_customer_and_by_currency(customer, currency, types):
    """Bank transfers need both a customer and a currency that has them."""
    params = {"allowed_payment_method_types": ["customer_balance", "card"]}
    assert payment_method_options._types(None, customer, currency, params) == types
