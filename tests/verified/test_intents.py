"""Intents by bank transfer: what they show, and what an update or a cancel does to them."""

from functools import partial

import stripe
from majors import as_dict

from pytest_stripe_balance.fixtures.arguments import BANK_TRANSFERS
from pytest_stripe_balance.resources import newest_api_version

apply = stripe.PaymentIntent.apply_customer_balance
ROW = "customer_cash_balance_transaction.created"
LEFT_OUT = {"hooks", "payment_details", "presentment_details"}
AS_OF_CARDS = {
    "allowed_payment_method_types": None,
    "managed_payments": {"enabled": False},
    "payment_record": None,
    "shared_payment_granted_token": None,
}


def test_unset_keys(probe):
    """Which keys are left out of an intent while they are unset, and which ones have cards' values?"""
    intent = as_dict(stripe.PaymentIntent.retrieve(probe.intent(probe.customer())))
    assert not LEFT_OUT & set(intent)
    assert {key: intent.get(key, "absent") for key in AS_OF_CARDS} == AS_OF_CARDS


def test_unset_customer_balance_options(probe):
    """What do the options of customer_balance hold before any are given?"""
    customer = probe.customer()
    made = as_dict(stripe.PaymentIntent.retrieve(probe.bare(customer)))
    assert made["payment_method_options"]["customer_balance"] == {}


def test_confirm_without_funding_type(probe):
    """A confirm without a funding_type and without cash: which error is it, and what status follows?"""
    customer = probe.customer()
    intent = probe.bare(customer)
    method = {"type": "customer_balance"}
    error = probe.error(lambda: stripe.PaymentIntent.confirm(intent, payment_method_data=method))
    assert error[:3] == (400, "invalid_request_error", "payment_method_customer_decline")
    assert probe.status(intent) == ["requires_payment_method"]


def test_update_amount_status(probe):
    """Which status does a new amount leave, and which one new metadata?"""
    intent = probe.intent(probe.customer())
    metadata = stripe.PaymentIntent.modify(intent, metadata={"a": "b"}).status
    amount = stripe.PaymentIntent.modify(intent, amount=900).status
    assert (metadata, amount) == ("requires_action", "requires_confirmation")


def test_update_by_status(probe):
    """What can be changed on a paid intent and on a canceled one, and which field does a refusal name?"""
    customer = probe.customer()
    canceled = stripe.PaymentIntent.cancel(probe.intent(customer)).id
    paid = probe.paid(customer).id
    given = {"transfer_group": "a", "description": "b", "receipt_email": "ann@example.com"}
    said = [
        [
            probe.error(partial(stripe.PaymentIntent.modify, one, **{name: value}))
            for one in (paid, canceled)
        ]
        for name, value in given.items()
    ]
    done = (200, None, None, None)
    kept = (400, "invalid_request_error", "payment_intent_unexpected_state")
    assert said == [
        [done, (*kept, "transfer_group")],
        [done, done],
        [done, (*kept, "receipt_email")],
    ]


def partly_funded(probe):
    """Make an intent over 1000 to which 400 have been applied."""
    customer = probe.customer()
    intent = probe.intent(customer)
    probe.balance.fund(customer, 400)
    apply(intent)
    return intent


def test_freed_funds_event(probe):
    """Does cash_balance.funds_available follow an update that frees money?"""
    intent = partly_funded(probe)
    before = probe.so_far()
    stripe.PaymentIntent.modify(intent, amount=900)
    order = [ROW, "cash_balance.funds_available"]
    assert probe.settled(lambda: probe.events(since=before), order) == order


def test_cancel_event_order(probe):
    """In which order do the events of canceling a partly funded intent come?"""
    intent = partly_funded(probe)
    before = probe.so_far()
    stripe.PaymentIntent.cancel(intent)
    order = [ROW, "payment_intent.canceled", "cash_balance.funds_available"]
    assert probe.settled(lambda: probe.events(since=before), order) == order


def test_instructions_per_intent(probe):
    """Does an intent keep its reference when it is confirmed again?"""
    intent = probe.intent(probe.customer())
    before = stripe.PaymentIntent.retrieve(intent).next_action
    stripe.PaymentIntent.modify(intent, amount=900)
    after = stripe.PaymentIntent.confirm(intent).next_action
    references = [one.display_bank_transfer_instructions.reference for one in (before, after)]
    assert references[0] == references[1]


def test_payment_method_given_types(probe):
    """Which types does an intent take from its payment method, its customer, or nothing?"""
    customer = probe.customer()
    params = {"amount": 1000, "currency": "usd"}
    method = {"type": "customer_balance"}
    intents = [
        stripe.PaymentIntent.create(customer=customer, payment_method_data=method, **params),
        stripe.PaymentIntent.create(customer=customer, **params),
        stripe.PaymentIntent.create(**params),
    ]
    told = [intent.payment_method_types for intent in intents]
    assert told == [["customer_balance"], ["card", "customer_balance"], ["card"]]


def test_setup_future_usage(probe):
    """A bank transfer that is to be kept for later: is it a 400 without code and param?"""
    method = {"type": "customer_balance"}
    params = {"amount": 1000, "currency": "usd", "payment_method_data": method}
    call = stripe.PaymentIntent.create
    customer = probe.customer()
    error = probe.error(lambda: call(customer=customer, setup_future_usage="off_session", **params))
    assert error == (400, "invalid_request_error", None, None)


def test_payment_method_types_gone(probe):
    """Since endive payment_method_types are refused: with which words?"""
    params = {"amount": 1000, "currency": "usd", "payment_method_types": ["card"]}
    call = stripe.PaymentIntent.create
    error = probe.error(lambda: call(**params, stripe_version="2026-09-30.endive"))
    code = "payment_method_types_no_longer_supported"
    assert error == (400, "invalid_request_error", code, "payment_method_types")


def test_payment_method_unknown(probe):
    """A payment method that isn't there: is it told in the short text?"""
    text = probe.said(lambda: stripe.PaymentMethod.retrieve("pm_does_not_exist"))
    assert text == "No such PaymentMethod: 'pm_does_not_exist'"


def test_customer_balance_needs_customer(probe):
    """customer_balance without a customer: which error is it?"""
    method = {"type": "customer_balance"}
    params = {"amount": 1000, "currency": "usd", "payment_method_data": method}
    error = probe.error(lambda: stripe.PaymentIntent.create(**params))
    assert error == (400, "invalid_request_error", "parameter_missing", "customer")


def test_charge_id_prefix(probe):
    """What does the id of a bank transfer's charge begin with?"""
    assert probe.paid(probe.customer()).latest_charge.startswith("py_")


def test_charge_shape(probe):
    """What do a charge, and its balance transaction, say of Radar, receipt, descriptor and type?"""
    charge = stripe.Charge.retrieve(
        probe.paid(probe.customer()).latest_charge, expand=["balance_transaction"]
    )
    booked = charge.balance_transaction
    assert charge.receipt_url.startswith("https://pay.stripe.com/receipts/")
    assert (as_dict(charge)["radar_options"], charge.calculated_statement_descriptor) == ({}, None)
    assert (booked.type, booked.status) == ("payment", "available")


def test_merchant_balance(probe):
    """Which rows and which other keys has the merchant's balance?"""
    balance = as_dict(probe.answer(stripe.Balance.retrieve))
    assert "usd" in [row["currency"] for row in balance["available"]]
    assert not {"connect_reserved", "instant_available", "issuing"} & balance.keys()


def test_charge_fee(probe):
    """Does Stripe keep a fee of a bank transfer in pesos, as it was seen to once?"""
    customer = probe.customer()
    intent = probe.intent(customer, 47_000, currency="mxn")
    probe.balance.fund(customer, 47_000, "mxn")
    apply(intent)
    paid = stripe.PaymentIntent.retrieve(intent, expand=["latest_charge.balance_transaction"])
    booked = paid.latest_charge.balance_transaction
    assert (booked.fee, booked.net, booked.fee_details) == (0, 47_000, [])


def test_charge_outcome(probe):
    """Has the charge an outcome, as bank debits have?"""
    charge = as_dict(stripe.Charge.retrieve(probe.paid(probe.customer()).latest_charge))
    outcome = charge["outcome"] or {}
    assert (outcome.get("type"), outcome.get("risk_level")) == ("authorized", "not_assessed")


def told(probe, currency, at=None, **transfer):
    """Read the addresses of funding instructions, at an API version or the one that stripe-python pins."""
    params = {"currency": currency, "funding_type": "bank_transfer"}
    params["bank_transfer"] = {**BANK_TRANSFERS[currency], **transfer}
    made = stripe.Customer.create_funding_instructions(probe.customer(), **params, stripe_version=at)
    return made.bank_transfer


def test_gb_networks(probe):
    """Which networks does a sort code take at the newest version?"""
    (address,) = told(probe, "gbp", at=newest_api_version()).financial_addresses
    assert address.supported_networks[-1] == "chaps"


def test_eu_test_values(probe):
    """Of which length and country are test-mode IBANs?"""
    (address,) = told(probe, "eur", eu_bank_transfer={"country": "DE"}).financial_addresses
    assert (address.iban.country, len(address.iban.iban)) == ("DE", 22)


def test_jp_test_values(probe):
    """Do test-mode zengin accounts name a bank, a branch, and a number of seven digits?"""
    (address,) = told(probe, "jpy").financial_addresses
    zengin = address.zengin
    assert [len(one) for one in (zengin.bank_code, zengin.branch_code, zengin.account_number)] == [
        4,
        3,
        7,
    ]


def test_mx_test_values(probe):
    """Are test-mode CLABEs of 18 digits, and of the documented bank?"""
    (address,) = told(probe, "mxn").financial_addresses
    assert (len(address.spei.clabe), address.spei.bank_code) == (18, "002")


def test_sepa_address_type(probe):
    """Does sepa in requested_address_types ask for an iban?"""
    options = {
        "customer_balance": {
            "funding_type": "bank_transfer",
            "bank_transfer": {**BANK_TRANSFERS["eur"], "requested_address_types": ["sepa"]},
        }
    }
    intent = probe.intent(probe.customer(), currency="eur", payment_method_options=options)
    action = stripe.PaymentIntent.retrieve(intent).next_action.display_bank_transfer_instructions
    assert [address.type for address in action.financial_addresses] == ["iban"]


def test_bank_transfer_country(probe):
    """A country without bank transfers: which error is it?"""
    error = probe.error(lambda: told(probe, "eur", eu_bank_transfer={"country": "AT"}))
    assert error == (400, "invalid_request_error", None, "bank_transfer[eu_bank_transfer][country]")


def test_eu_default_country(probe):
    """Without a country, is it the customer's own where that has bank transfers?"""
    method = {"type": "customer_balance"}
    transfer = {"funding_type": "bank_transfer", "bank_transfer": {"type": "eu_bank_transfer"}}
    intent = stripe.PaymentIntent.create(
        customer=probe.customer(address={"country": "NL"}),
        amount=1000,
        currency="eur",
        payment_method_data=method,
        payment_method_options={"customer_balance": transfer},
        confirm=True,
    )
    (address,) = intent.next_action.display_bank_transfer_instructions.financial_addresses
    assert address.iban.country == "NL"
