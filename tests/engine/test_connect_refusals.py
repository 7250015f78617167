"""What Stripe refuses of Connect, one row each (docs/stripe.md 5.10)."""

import pytest
import stripe

SHOP = "acct_1ShopShopShopShp"
NO_DIRECT_PAYMENT = (
    "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment "
    "(using an OAuth key or Stripe-Account header) or destination payment (using "
    "`transfer_data[destination]`)."
)
TOO_LATE = (
    "The parameter application_fee_amount cannot be updated on a PaymentIntent after a capture has already "
    "been made."
)
PLATFORMS_OWN = (
    "'; OAuth key or Stripe-Account header was used but API request was provided with a platform-owned "
    "payment method ID. Please ensure that the provided payment method matches the specified account."
)
FEE, BEHALF = "application_fee_amount", "on_behalf_of"
TO_SHOP = {"transfer_data": {"destination": SHOP}}


def create(**params):
    return lambda stage: stage.intent(**params)


def invoice(**params):
    return lambda stage: stage.balance.bank_transfer_invoice(stage.billed, 1000, **params)


def update(given, **params):
    return lambda stage: stripe.PaymentIntent.modify(stage.intent(**given), **params)


def paid(stage, **params):
    """Pay an intent of a customer who can be written to; give its charge's id."""
    payer = stage.balance.customer(email="ada@example.com").id
    intent = stage.balance.bank_transfer_intent(payer, 1000, **params)
    stage.balance.fund(payer, 1000)
    return stripe.PaymentIntent.retrieve(intent.id).latest_charge


def refund(given, **params):
    return lambda stage: stripe.Refund.create(charge=paid(stage, **given), **params)


def transfer(**params):
    given = {"amount": 100, "currency": "usd", "destination": SHOP, **params}
    given = {name: value for name, value in given.items() if value is not None}
    return lambda _: stripe.Transfer.create(**given)


def of_a_charge(**params):
    return lambda stage: transfer(source_transaction=paid(stage), **params)(stage)


def reversal(**params):
    return lambda stage: stripe.Transfer.create_reversal(
        stripe.Charge.retrieve(paid(stage, **TO_SHOP)).transfer, **params
    )


def fee_of(stage):
    return stripe.Charge.retrieve(paid(stage, **TO_SHOP, application_fee_amount=100)).application_fee


def twice(call, *ids, **params):
    call(*ids, **params)
    return call(*ids, **params)


def reversed_twice(stage):
    found = stripe.Charge.retrieve(paid(stage, **TO_SHOP)).transfer
    return twice(stripe.Transfer.create_reversal, found)


OTHER = {"transfer_data": {"destination": "000000005"}}
BOTH = {"transfer_data": {"destination": SHOP, "amount": 5}, FEE: 5}
AMOUNT, INTEGER = "amount", "parameter_invalid_integer"
LEAST = "This value must be greater than or equal to 1."
ROWS = {
    "no account": (create(**OTHER), "resource_missing", "transfer_data[destination]",
                   "No such destination: '000000005'"),
    "no account of an invoice": (invoice(**OTHER), "resource_missing", "transfer_data[destination]",
                                 "No such destination: '000000005'"),
    "no account of a transfer": (transfer(destination="acct_"), "resource_missing", "destination",
                                 "No such destination: 'acct_'"),
    "a fee alone": (create(application_fee_amount=5), "parameter_missing", FEE, NO_DIRECT_PAYMENT),
    "a fee alone of an invoice": (invoice(application_fee_amount=5), "parameter_missing", FEE,
                                  NO_DIRECT_PAYMENT),
    "a fee alone by an update": (update({}, application_fee_amount=5), "parameter_missing", FEE,
                                 NO_DIRECT_PAYMENT),
    "a fee and a share": (create(**BOTH), None, FEE, None),
    "a fee beside a share, later": (update({"transfer_data": BOTH["transfer_data"]},
                                           application_fee_amount=5), None, FEE, None),
    "a fee below 0": (create(**TO_SHOP, application_fee_amount=-1), INTEGER, FEE, None),
    "a share of 0": (create(transfer_data={"destination": SHOP, "amount": 0}), INTEGER,
                     "transfer_data[amount]", None),
    "a share without a destination": (update({}, transfer_data={"amount": 5}), None, "transfer_data",
                                      None),
    "a later fee": (lambda stage: stripe.PaymentIntent.modify(
        stage.intent("succeeded", **TO_SHOP), application_fee_amount=5), None, FEE,
        TOO_LATE),
    "on behalf of an account": (create(on_behalf_of=SHOP), None, BEHALF, None),
    "an invoice on behalf": (invoice(on_behalf_of=SHOP), None, BEHALF, None),
    "on behalf of nobody": (create(on_behalf_of="me"), "resource_missing", BEHALF, None),
    "no transfer to reverse": (refund({}, reverse_transfer=True), None, None, None),
    "no fee to refund": (refund({}, refund_application_fee=True), None, "refund_application_fee",
                         None),
    "a fee without its transfer": (refund({**TO_SHOP, FEE: 5}, refund_application_fee=True), None,
                                   "refund_application_fee", None),
    "more than the balance": (transfer(), "balance_insufficient", None, None),
    "no amount": (transfer(amount=None), "parameter_missing", AMOUNT, "Missing required param: amount."),
    "no such charge": (transfer(source_transaction="ch_nope"), "resource_missing",
                       "source_transaction", "No such charge: 'ch_nope'"),
    "more than the charge": (of_a_charge(amount=1001), None, None,
        "Transfers using this transaction as a source must not exceed the source amount of $10.00."),
    "another currency": (of_a_charge(currency="eur"), None, None, None),
    "a transfer of 0": (transfer(amount=0), INTEGER, AMOUNT, LEAST),
    "a transfer below 0": (transfer(amount=-1), INTEGER, AMOUNT, LEAST),
    "less than 0 of a charge": (of_a_charge(amount=-1), INTEGER, AMOUNT, LEAST),
    "a reversal of 0": (reversal(amount=0), INTEGER, AMOUNT, LEAST),
    "a reversal below 0": (reversal(amount=-1), INTEGER, AMOUNT, LEAST),
    "nothing of a fee": (lambda stage: stripe.ApplicationFee.create_refund(fee_of(stage), amount=0),
                         INTEGER, AMOUNT, LEAST),
    "more than is left of a transfer": (reversal(amount=1001), None, AMOUNT, None),
    "a transfer that is reversed": (reversed_twice, None, AMOUNT, None),
    "a reversal's fee": (reversal(refund_application_fee=True), None, "refund_application_fee", None),
    "more than the fee": (lambda stage: stripe.ApplicationFee.create_refund(fee_of(stage), amount=101),
                          None, AMOUNT, None),
    "a fee that is refunded": (lambda stage: twice(stripe.ApplicationFee.create_refund, fee_of(stage)),
                               None, None, None),
}  # fmt: skip


@pytest.mark.parametrize(("call", "code", "param", "message"), ROWS.values(), ids=ROWS)
def test_it_is_refused_and_nothing_changes(call, code, param, message, refused_with):
    """400, with the code, the param and the text where it is on record.

    connect-refusals, connect-fee-refusals, connect-transfer-refusals.
    """
    error, before, after = refused_with(call)
    assert (error.http_status, error.code, error.param) == (400, code, param)
    assert error.json_body["error"]["type"] == "invalid_request_error"
    assert message in (None, error.json_body["error"]["message"])
    assert after == before


def test_the_words_of_a_charge_without_a_transfer_name_it(stage):
    """As several reports quote them."""
    charge = paid(stage)
    words = f"on charge {charge} because it does not have an associated transfer."
    with pytest.raises(stripe.InvalidRequestError, match=words):
        stripe.Refund.create(charge=charge, reverse_transfer=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda found: stripe.Transfer.retrieve_reversal(found["transfer"], found["other reversal"]),
        lambda found: stripe.ApplicationFee.retrieve_refund(found["fee"], found["other refund"]),
    ],
    ids=["a reversal", "a fee's refund"],
)
def test_what_belongs_to_another_is_missing(stage, call):
    """A reversal of another transfer, and a refund of another fee, are 404."""
    charges = [
        stripe.Charge.retrieve(paid(stage, **TO_SHOP, application_fee_amount=9)) for _ in range(2)
    ]
    mine, other = charges
    found = {
        "transfer": mine.transfer,
        "other reversal": stripe.Transfer.create_reversal(other.transfer, amount=1).id,
        "fee": mine.application_fee,
        "other refund": stripe.ApplicationFee.create_refund(other.application_fee, amount=1).id,
    }
    with pytest.raises(stripe.InvalidRequestError, match="No such") as caught:
        call(found)
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


@pytest.mark.parametrize(
    ("call", "status", "words"),
    [
        (
            lambda method: stripe.PaymentIntent.create(
                amount=1000, currency="usd", payment_method=method, stripe_account=SHOP
            ),
            400,
            PLATFORMS_OWN,
        ),
        (lambda method: stripe.PaymentMethod.retrieve(method, stripe_account=SHOP), 404, "'"),
        (lambda _: stripe.PaymentMethod.retrieve("pm_nope", stripe_account=SHOP), 404, "'"),
    ],
    ids=["as a parameter", "in the path", "unknown everywhere"],
)
def test_a_method_of_the_platform_is_missing_in_an_account(stage, call, status, words):
    """As a parameter it is told so, as recorded."""
    method = stripe.PaymentMethod.create(type="customer_balance").id
    with pytest.raises(stripe.InvalidRequestError, match="No such PaymentMethod") as caught:
        call(method)
    assert (caught.value.http_status, caught.value.param) == (status, "payment_method")
    assert caught.value.user_message.endswith(words)


BY_CARD = {
    "amount": 1000,
    "currency": "usd",
    "allowed_payment_method_types": ["card"],
    "confirm": True,
    "capture_method": "manual",
}


@pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_visa_chargeDeclined"])
def test_a_charge_without_money_is_the_source_of_no_transfer(stripe_balance, card):
    """A card that only holds the amount, or was declined, is refused by name."""
    if "Declined" in card:
        with pytest.raises(stripe.CardError):
            stripe.PaymentIntent.create(**BY_CARD, payment_method=card)
    else:
        stripe.PaymentIntent.create(**BY_CARD, payment_method=card)
    (charge,) = stripe.Charge.list().data
    with stripe_balance.refused("has no money to transfer"):
        stripe.Transfer.create(amount=5, currency="usd", destination=SHOP, source_transaction=charge.id)
    assert stripe.BalanceTransaction.list().data == []


def test_a_reversal_too_small_for_a_share_gives_none_of_the_fee_back(stage):
    """1 of 1000 is no cent of a fee of 5."""
    charge = stripe.Charge.retrieve(paid(stage, **TO_SHOP, application_fee_amount=5))
    reversal = stripe.Transfer.create_reversal(charge.transfer, amount=1, refund_application_fee=True)
    assert reversal.amount == 1
    assert stripe.ApplicationFee.retrieve(charge.application_fee).amount_refunded == 0
