"""Every refusal of the surface, one row each (docs/stripe.md 5)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import stripe

GENERIC = "invalid_request_error"
UNEXPECTED = "payment_intent_unexpected_state"
NO_AMOUNT_BELOW_ONE = "This value must be greater than or equal to 1."
NO_INTENT_BELOW_ONE = (
    "The amount must be greater than or equal to the minimum charge amount allowed for your account and "
    "the currency set (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).  If you "
    "want to save a Payment Method for future use without an immediate payment, use a Setup Intent "
    "instead: https://docs.stripe.com/payments/setup-intents"
)
MISSING_METHOD = "You cannot confirm this PaymentIntent because it's missing a payment method. "
CANCELABLE = (
    "requires_payment_method, requires_capture, requires_reauthorization, requires_confirmation, "
    "requires_action, expired, processing"
)
DATA = {"type": "customer_balance"}


def transfer(kind, **more):
    return {
        "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": {"type": kind, **more}}
    }


@dataclass
class Row:
    id: str
    call: Callable[[Any], Any]
    status: int
    code: str | None
    param: str | None
    message: str | None = None  # None where no text is on record, and ours says it
    embeds: bool = False
    executed: bool = False  # a payment that failed is noted on the intent
    type: str = GENERIC


def apply(intent, **params):
    return lambda stage: stripe.PaymentIntent.apply_customer_balance(
        getattr(stage, intent)() if hasattr(type(stage), intent) else stage.intent(intent), **params
    )


def customer(**params):
    return lambda stage: stripe.Customer.modify(stage.customer, **params)


def create(**params):
    given = {"amount": 1000, "currency": "usd", **params}
    given = {name: value for name, value in given.items() if value is not None}
    return lambda stage: stripe.PaymentIntent.create(
        **{name: stage.customer if value == "<customer>" else value for name, value in given.items()}
    )


def below_customer(method, tail, **params):
    return lambda stage: stage.balance.client.raw_request(
        method, f"/v1/customers/cus_nope{tail}", **params
    )


def fund(**params):
    return lambda stage: stage.api.test_helpers.customers.fund_cash_balance(stage.customer, params)


def instructions(**params):
    given = {"currency": "eur", "funding_type": "bank_transfer", **params}
    given.setdefault("bank_transfer", {"type": "eu_bank_transfer"})
    given = {name: value for name, value in given.items() if value is not None}
    return lambda stage: stripe.Customer.create_funding_instructions(stage.customer, **given)


APPLY = (
    Row("unknown parameter", apply("requires_action", foo=1), 400, "parameter_unknown", "foo",
        "Received unknown parameter: foo", embeds=True),
    Row("several unknown parameters", apply("requires_action", foo=1, bar=2), 400, "parameter_unknown",
        "foo", "Received unknown parameters: foo, bar", embeds=True),
    Row("unknown parameter of an unknown intent",
        lambda _: stripe.PaymentIntent.apply_customer_balance("pi_nope", foo=1), 400, "parameter_unknown",
        "foo", "Received unknown parameter: foo"),
    Row("amount is no integer", apply("requires_action", amount="abc"), 400,
        "parameter_invalid_integer", "amount", "Invalid integer: abc"),
    Row("amount is a float", apply("requires_action", amount=1.5), 400,
        "parameter_invalid_integer", "amount", "Invalid integer: 1.5"),
    Row("amount is 0", apply("requires_action", amount=0), 400,
        "parameter_invalid_integer", "amount", NO_AMOUNT_BELOW_ONE),
    Row("amount is negative", apply("requires_action", amount=-1), 400,
        "parameter_invalid_integer", "amount", NO_AMOUNT_BELOW_ONE),
    Row("amount is empty", apply("requires_action", amount=""), 400, "parameter_invalid_empty", "amount"),
    Row("bad expand", apply("requires_action", expand=["amount"]), 400, None, None,
        "This property cannot be expanded (amount)."),
    Row("unknown intent", lambda _: stripe.PaymentIntent.apply_customer_balance("pi_nope"), 404,
        "resource_missing", "intent", "No such payment_intent: 'pi_nope'"),
    Row("only cards", apply("card_only"), 400, None, None),
    Row("customer deleted", apply("orphan"), 400, "parameter_missing", "customer",
        "Missing required param: customer."),
    Row("succeeded", apply("succeeded"), 400, UNEXPECTED, None, embeds=True),
    Row("canceled", apply("canceled"), 400, UNEXPECTED, None, embeds=True),
    Row("requires_confirmation", apply("requires_confirmation"), 400, UNEXPECTED, None, embeds=True),
    Row("other currency", apply("requires_action", currency="eur"), 400, None, None),
    Row("above the intent's amount", apply("requires_action", amount=1001), 400, None, None,
        "The amount is above the PaymentIntent's, which is $10.00 usd."),
    Row("above the remaining", apply("partly_funded", amount=701), 400, None, None,
        "The amount is above what remains of the PaymentIntent, which is $7.00 usd."),
    Row("above the balance", apply("requires_action", amount=501), 400, None, None),
    Row("balance is 0",
        lambda stage: stripe.PaymentIntent.apply_customer_balance(
            stage.balance.bank_transfer_intent(stage.without_money(), 1000).id),
        400, None, None),
)  # fmt: skip

OTHERS = (
    Row("retrieve an unknown intent", lambda _: stripe.PaymentIntent.retrieve("pi_nope"), 404,
        "resource_missing", "intent", "No such payment_intent: 'pi_nope'"),
    Row("update an unknown intent", lambda _: stripe.PaymentIntent.modify("pi_nope", amount=100), 404,
        "resource_missing", "intent", "No such payment_intent: 'pi_nope'"),
    Row("confirm an unknown intent", lambda _: stripe.PaymentIntent.confirm("pi_nope"), 404,
        "resource_missing", "intent", "No such payment_intent: 'pi_nope'"),
    Row("cancel an unknown intent", lambda _: stripe.PaymentIntent.cancel("pi_nope"), 404,
        "resource_missing", "intent", "No such payment_intent: 'pi_nope'"),
    Row("retrieve an unknown customer", lambda _: stripe.Customer.retrieve("cus_nope"), 404,
        "resource_missing", "id", "No such customer: 'cus_nope'"),
    Row("update an unknown customer", lambda _: stripe.Customer.modify("cus_nope", name="x"), 404,
        "resource_missing", "id", "No such customer: 'cus_nope'"),
    Row("delete an unknown customer", lambda _: stripe.Customer.delete("cus_nope"), 404,
        "resource_missing", "id", "No such customer: 'cus_nope'"),
    Row("delete a customer with cash", lambda stage: stripe.Customer.delete(stage.customer), 400,
        None, None),
    Row("a bad reconciliation mode",
        customer(cash_balance={"settings": {"reconciliation_mode": "magic"}}), 400, None,
        "cash_balance[settings][reconciliation_mode]",
        "Invalid cash_balance[settings][reconciliation_mode]: must be one of automatic, manual, or "
        "merchant_default"),
    Row("cash balance of an unknown customer", below_customer("get", "/cash_balance"), 404,
        "resource_missing", "customer", "No such customer: 'cus_nope'"),
    Row("settings of an unknown customer", below_customer("post", "/cash_balance"), 404,
        "resource_missing", "customer", "No such customer: 'cus_nope'"),
    Row("ledger of an unknown customer", below_customer("get", "/cash_balance_transactions"), 404,
        "resource_missing", "customer", "No such customer: 'cus_nope'"),
    Row("unknown cash balance transaction",
        lambda stage: stripe.Customer.retrieve_cash_balance_transaction(stage.customer, "ccsbtxn_nope"),
        404, "resource_missing", "transaction",
        "No such customer_cash_balance_transaction: 'ccsbtxn_nope'"),
    Row("fund an unknown customer",
        lambda stage: stage.api.test_helpers.customers.fund_cash_balance(
            "cus_nope", {"amount": 1, "currency": "usd"}),
        404, "resource_missing", "customer", "No such customer: 'cus_nope'"),
    Row("fund without an amount", fund(currency="usd"), 400, "parameter_missing", "amount",
        "Missing required param: amount."),
    Row("fund without a currency", fund(amount=1), 400, "parameter_missing", "currency",
        "Missing required param: currency."),
    Row("fund 0", fund(amount=0, currency="usd"), 400, "parameter_invalid_integer", "amount",
        NO_AMOUNT_BELOW_ONE),
    Row("fund a currency without bank transfers", fund(amount=1, currency="aud"), 400, None, "currency"),
    Row("funding instructions of an unknown customer",
        lambda _: stripe.Customer.create_funding_instructions(
            "cus_nope", currency="usd", funding_type="bank_transfer",
            bank_transfer={"type": "us_bank_transfer"}),
        404, "resource_missing", "customer", "No such customer: 'cus_nope'"),
    Row("funding instructions without a bank transfer", instructions(bank_transfer=None), 400,
        "parameter_missing", "bank_transfer", "Missing required param: bank_transfer."),
    Row("funding instructions without a type",
        instructions(bank_transfer={"eu_bank_transfer": {"country": "IE"}}), 400,
        "parameter_missing", "bank_transfer[type]", "Missing required param: bank_transfer[type]."),
    Row("funding instructions without a currency", instructions(currency=None), 400,
        "parameter_missing", "currency", "Missing required param: currency."),
    Row("funding instructions without a funding type", instructions(funding_type=None), 400,
        "parameter_missing", "funding_type", "Missing required param: funding_type."),
    Row("funding instructions of another funding type", instructions(funding_type="cash"), 400, None,
        "funding_type", "Invalid funding_type: must be one of bank_transfer"),
    Row("funding instructions of an unknown type", instructions(bank_transfer={"type": "x"}), 400, None,
        "bank_transfer[type]"),
    Row("funding instructions of another currency's type",
        instructions(bank_transfer={"type": "gb_bank_transfer"}), 400, None, "bank_transfer[type]"),
    Row("funding instructions in a currency without bank transfers", instructions(currency="aud"), 400,
        None, "bank_transfer[type]"),
    Row("funding instructions in a country without bank transfers",
        instructions(bank_transfer={
            "type": "eu_bank_transfer", "eu_bank_transfer": {"country": "AT"}}),
        400, None, "bank_transfer[eu_bank_transfer][country]"),
    Row("funding instructions with a type of address for intents only",
        instructions(bank_transfer={
            "type": "eu_bank_transfer", "requested_address_types": ["aba"]}),
        400, None, "bank_transfer[requested_address_types][0]"),
    Row("unknown charge", lambda _: stripe.Charge.retrieve("py_nope"), 404, "resource_missing", "id",
        "No such charge: 'py_nope'"),
    Row("unknown balance transaction", lambda _: stripe.BalanceTransaction.retrieve("txn_nope"), 404,
        "resource_missing", "id"),
    Row("unknown event", lambda _: stripe.Event.retrieve("evt_nope"), 404, "resource_missing", "id",
        "No such event: 'evt_nope'"),
    Row("create without an amount", create(amount=None), 400, "parameter_missing", "amount",
        "Missing required param: amount."),
    Row("create without a currency", create(currency=None), 400, "parameter_missing", "currency",
        "Missing required param: currency."),
    Row("create with amount 0", create(amount=0), 400, "parameter_invalid_integer", "amount",
        NO_INTENT_BELOW_ONE),
    Row("create too small", create(amount=49), 400, "amount_too_small", "amount",
        "Amount must be at least $0.50 usd"),
    Row("create too large", create(amount=100_000_000), 400, "amount_too_large", "amount",
        "Amount must be no more than $999,999.99"),
    Row("create for an unknown customer", create(customer="cus_nope"), 400, "resource_missing",
        "customer", "No such customer: 'cus_nope'"),
    Row("create with an unknown payment method",
        create(customer="<customer>", payment_method="pm_nope"), 400, "resource_missing",
        "payment_method", "No such PaymentMethod: 'pm_nope'"),
    Row("customer_balance without a customer", create(payment_method_data=DATA), 400,
        "parameter_missing", "customer", "Missing required param: customer."),
    Row("payment_method_types at endive", create(payment_method_types=["customer_balance"]), 400,
        "payment_method_types_no_longer_supported", "payment_method_types"),
    Row("a funding type without a bank transfer type",
        create(customer="<customer>", payment_method_data=DATA, payment_method_options={
            "customer_balance": {"funding_type": "bank_transfer"}}),
        400, "parameter_missing", "payment_method_options[customer_balance][bank_transfer][type]",
        "Missing required param: payment_method_options[customer_balance][bank_transfer][type]."),
    Row("a bank transfer type of another currency",
        create(customer="<customer>", payment_method_data=DATA,
               payment_method_options=transfer("eu_bank_transfer")),
        400, None, "payment_method_options[customer_balance][bank_transfer][type]"),
    Row("a country without bank transfers",
        create(customer="<customer>", currency="eur", payment_method_data=DATA,
               payment_method_options=transfer("eu_bank_transfer", eu_bank_transfer={"country": "AT"})),
        400, None,
        "payment_method_options[customer_balance][bank_transfer][eu_bank_transfer][country]"),
    Row("create and confirm without a payment method",
        create(confirm=True), 400, UNEXPECTED, None,
        MISSING_METHOD + "You can either update the PaymentIntent with a payment method and then confirm "
        "it again, or confirm it again directly with a payment method or ConfirmationToken."),
    Row("confirm without a payment method",
        lambda stage: stripe.PaymentIntent.confirm(stage.intent("requires_payment_method")),
        400, UNEXPECTED, None, embeds=True),
    Row("confirm a succeeded one", lambda stage: stripe.PaymentIntent.confirm(stage.intent("succeeded")),
        400, UNEXPECTED, None,
        "You cannot confirm this PaymentIntent because it has already succeeded after being previously "
        "confirmed.", embeds=True),
    Row("confirm a canceled one", lambda stage: stripe.PaymentIntent.confirm(stage.intent("canceled")),
        400, UNEXPECTED, None,
        "You cannot confirm this PaymentIntent because it has a status of canceled. Only a PaymentIntent "
        "with one of the following statuses may be confirmed: requires_confirmation, "
        "requires_payment_method, requires_action.", embeds=True),
    Row("confirm without a funding type",
        lambda stage: stripe.PaymentIntent.confirm(
            stage.of_given_types(), payment_method_data=DATA),
        400, "payment_method_customer_decline", None,
        "The customer's cash balance is insufficient to complete the payment, and no funding_type was "
        "given.", embeds=True, executed=True),
    Row("cancel a canceled one", lambda stage: stripe.PaymentIntent.cancel(stage.intent("canceled")),
        400, UNEXPECTED, None,
        "You cannot cancel this PaymentIntent because it has a status of canceled. Only a PaymentIntent "
        f"with one of the following statuses may be canceled: {CANCELABLE}.", embeds=True),
    Row("cancel a succeeded one", lambda stage: stripe.PaymentIntent.cancel(stage.intent("succeeded")),
        400, UNEXPECTED, None,
        "You cannot cancel this PaymentIntent because it has a status of succeeded. Only a PaymentIntent "
        f"with one of the following statuses may be canceled: {CANCELABLE}.", embeds=True),
    Row("cancel for a reason of its own",
        lambda stage: stripe.PaymentIntent.cancel(stage.intent(), cancellation_reason="bored"), 400, None,
        "cancellation_reason",
        "Invalid cancellation_reason: must be one of duplicate, fraudulent, requested_by_customer, or "
        "abandoned"),
    Row("update the amount of a succeeded one",
        lambda stage: stripe.PaymentIntent.modify(stage.intent("succeeded"), amount=900),
        400, UNEXPECTED, "amount",
        "This PaymentIntent's amount could not be updated because it has a status of succeeded. You may "
        "only update the amount of a PaymentIntent with one of the following statuses: "
        "requires_payment_method, requires_confirmation, requires_action.", embeds=True),
    Row("update to an amount too small",
        lambda stage: stripe.PaymentIntent.modify(stage.intent(), amount=1), 400, "amount_too_small",
        "amount", "Amount must be at least $0.50 usd"),
    Row("list the intents of an unknown customer", lambda _: stripe.PaymentIntent.list(customer="cus_nope"),
        400, "resource_missing", "customer", "No such customer: 'cus_nope'"),
    Row("list with a limit that is no number", lambda _: stripe.Customer.list(limit="abc"), 400,
        "parameter_invalid_integer", "limit", "Invalid integer: abc"),
    Row("list the balance transactions of a payout",
        lambda _: stripe.BalanceTransaction.list(payout="po_nope"), 400, "resource_missing", "payout",
        "No such payout: 'po_nope'"),
    Row("list the payment methods of an unknown customer",
        lambda _: stripe.PaymentMethod.list(customer="cus_nope"), 400, "resource_missing", "customer",
        "No such customer: 'cus_nope'"),
    Row("list the payment methods of a deleted customer",
        lambda stage: stripe.PaymentMethod.list(
            customer=stripe.Customer.delete(stage.without_money()).id),
        400, "resource_missing", "customer"),
    Row("list after an unknown cursor", lambda _: stripe.Customer.list(starting_after="cus_nope"), 400,
        "resource_missing", "starting_after", "No such customer: 'cus_nope'"),
    Row("expand a list without data.", lambda _: stripe.PaymentIntent.list(expand=["customer"]), 400,
        None, None, "This property cannot be expanded (customer). You may want to try expanding "
        "'data.customer' instead."),
)  # fmt: skip


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in APPLY + OTHERS])
def test_a_refusal_is_what_the_table_says_and_changes_nothing(row, refused_with):
    """Each mistake has its own status, type, code, param and text, and no money moves by it."""
    error, before, after = refused_with(row.call)
    body = error.json_body["error"]
    assert error.http_status == row.status
    assert body["type"] == row.type
    assert body.get("code") == row.code
    assert body.get("param") == row.param
    assert row.message is None or body["message"] == row.message
    assert ("payment_intent" in body) == row.embeds
    if row.code:
        assert body["doc_url"].endswith(row.code.replace("_", "-"))
    assert (before == after) != row.executed
    assert before["ledger"] == after["ledger"]


def apply_to_canceled_card(stage):
    intent = stage.card_only()
    stripe.PaymentIntent.cancel(intent)
    stripe.PaymentIntent.apply_customer_balance(intent)


def apply_to_canceled_orphan(stage):
    intent = stage.orphan()
    stripe.PaymentIntent.cancel(intent)
    stripe.PaymentIntent.apply_customer_balance(intent)


ORDER = (
    # each call breaks the named rules at once; the first one answers
    ("an unknown parameter before a bad amount", apply("requires_action", foo=1, amount="abc"), "foo"),
    ("a bad amount before a bad expand", apply("requires_action", amount=0, expand=["x"]), "amount"),
    ("a bad amount before an unknown intent",
     lambda _: stripe.PaymentIntent.apply_customer_balance("pi_nope", amount=0), "amount"),
    ("a bad expand before an unknown intent",
     lambda _: stripe.PaymentIntent.apply_customer_balance("pi_nope", expand=["x"]), None),
    ("the payment method type before the currency", apply("card_only", currency="eur"), None),
    ("the payment method type before the status", lambda stage: apply_to_canceled_card(stage), None),
    ("the customer before the currency", apply("orphan", currency="eur"), "customer"),
    ("the customer before the status", lambda stage: apply_to_canceled_orphan(stage), "customer"),
    ("the status before the currency", apply("canceled", currency="eur"), None),
    ("the currency before the amount", apply("requires_action", currency="eur", amount=1001), None),
    ("the intent's amount before the remaining", apply("partly_funded", amount=1001), None),
    ("the remaining before the balance", apply("partly_funded", amount=900), None),
)  # fmt: skip
# The code, and where others have none either what the text begins with.
ANSWERS = {
    "the payment method type before the currency": (None, "This PaymentIntent does not accept"),
    "the payment method type before the status": (None, "This PaymentIntent does not accept"),
    "the customer before the currency": ("parameter_missing", "Missing"),
    "the status before the currency": (UNEXPECTED, "You cannot apply"),
    "the currency before the amount": (None, "The currency eur is not"),
    "the intent's amount before the remaining": (None, "The amount is above the PaymentIntent's"),
    "the remaining before the balance": (None, "The amount is above what remains"),
}


@pytest.mark.parametrize(("name", "call", "param"), [pytest.param(*row, id=row[0]) for row in ORDER])
def test_the_first_broken_rule_answers(name, call, param, refused_with):
    """apply_customer_balance refuses in the order of docs/stripe.md 5.9."""
    error, _, _ = refused_with(call)
    assert error.json_body["error"].get("param") == param
    code, text = ANSWERS.get(name, (error.code, ""))
    assert error.code == code
    assert error.user_message.startswith(text)
