"""Every refusal of invoices, their items and payments, one row each (docs/stripe.md 1.9, 3.4)."""

import re

import pytest
import stripe

SINCE_12 = pytest.mark.skipif(
    not hasattr(stripe, "InvoicePayment"), reason="stripe-python has InvoicePayment since 12"
)

GENERIC = "invalid_request_error"
UNEXPECTED = "payment_intent_unexpected_state"
NOT_OPEN = "You can only pass in open invoices. This invoice isn't open."
DUE = "If invoice collection method is 'send_invoice', you must specify 'due_date' or 'days_until_due'."
NOT_SENT = (
    "You can only specify 'due_date' or 'days_until_due' if invoice collection method is 'send_invoice'."
)
SENDING = {"collection_method": "send_invoice", "days_until_due": 30}


def create(**params):
    return lambda billing: stripe.Invoice.create(customer=billing.customer, **params)


def item(**params):
    return lambda billing: stripe.InvoiceItem.create(
        **{"customer": billing.customer, "amount": 100, **params}
    )


def on(state, call):
    """Call with an invoice in a state, made when asked for."""

    def run(billing):
        states = {
            "draft": billing.draft,
            "open": billing.invoice,
            "paid": billing.paid,
            "void": billing.void,
            "uncollectible": billing.uncollectible,
        }
        call(states[state]().id)

    return run


def on_intent(state, call, cash=0, **params):
    """Call with the intent of an invoice in a state."""

    def run(billing):
        billing.manual()
        invoice = billing.uncollectible() if state == "uncollectible" else billing.invoice()
        if cash:
            billing.fund(cash)
        call(billing.intent_of(invoice).id, **params)

    return run


def gone(billing):
    stripe.Customer.delete(billing.customer)
    return billing


def poor(billing):
    billing.fund(400)
    stripe.Invoice.pay(billing.invoice().id)


Bill, Pay = stripe.Invoice, stripe.PaymentIntent
NO_INVOICE, NO_LINK = (f"No such {noun}: 'nope'" for noun in ("invoice", "invoice_payment"))
NO_ITEM = "No such Invoice Item: 'nope'(livemode=false)"
FIXED = "You cannot perform this action on PaymentIntents created by Invoices. Void the Invoice <id> instead."
NOT_EDITABLE = "Invalid invoice: This invoice is no longer editable"
TOO_FEW = (
    "The customer's cash balance is not enough: $10.00 usd was to be applied, $4.00 usd is available."
)
NOT_NOW = (
    "This invoice cannot be sent right now. Please contact us via https://support.stripe.com/contact with "
    "details, so we can help."
)
TOO_LITTLE = (
    "The customer's cash balance is not enough to pay this invoice: $10.00 usd is due, $4.00 usd is "
    "available."
)
GIVEN_UP = (
    "You cannot apply the customer balance to this PaymentIntent because its invoice <id> is "
    "uncollectible. Only an open invoice may be applied to."
)
ROWS = {
    "retrieve unknown": (
        lambda _: Bill.retrieve("nope"),
        404,
        "resource_missing",
        "invoice",
        NO_INVOICE,
    ),
    "delete unknown": (lambda _: Bill.delete("nope"), 404, "resource_missing", "invoice", NO_INVOICE),
    "send unknown": (
        lambda _: Bill.send_invoice("nope"),
        404,
        "resource_missing",
        "invoice",
        NO_INVOICE,
    ),
    "finalize unknown": (
        lambda _: Bill.finalize_invoice("nope"),
        404,
        "resource_missing",
        "id",
        NO_INVOICE,
    ),
    "pay unknown": (lambda _: Bill.pay("nope"), 404, "resource_missing", "id", NO_INVOICE),
    "void unknown": (lambda _: Bill.void_invoice("nope"), 404, "resource_missing", "id", NO_INVOICE),
    "give up unknown": (
        lambda _: Bill.mark_uncollectible("nope"),
        404,
        "resource_missing",
        "id",
        NO_INVOICE,
    ),
    "item unknown": (
        lambda _: stripe.InvoiceItem.retrieve("nope"),
        404,
        "resource_missing",
        "id",
        NO_ITEM,
    ),
    "items after an unknown one": (
        lambda _: stripe.InvoiceItem.list(starting_after="nope"),
        400,
        "resource_missing",
        "starting_after",
        NO_ITEM,
    ),
    "payment unknown": (
        lambda _: stripe.InvoicePayment.retrieve("nope"),
        404,
        "resource_missing",
        "invoice_payment",
        NO_LINK,
    ),
    "list payments of an unknown": (
        lambda _: stripe.InvoicePayment.list(invoice="nope"),
        400,
        "resource_missing",
        "invoice",
        NO_INVOICE,
    ),
    "create for nobody": (
        lambda _: Bill.create(**SENDING),
        400,
        "parameter_missing",
        "customer",
        "Missing required param: customer.",
    ),
    "create for a deleted customer": (
        lambda billing: create(**SENDING)(gone(billing)),
        400,
        "resource_missing",
        "customer",
        "No such customer: '<id>'",
    ),
    "item for a deleted customer": (
        lambda billing: item(currency="usd")(gone(billing)),
        400,
        "resource_missing",
        "customer",
        "No such customer: '<id>'",
    ),
    "create with a due date for what is charged": (
        create(days_until_due=30),
        400,
        None,
        None,
        NOT_SENT,
    ),
    "create without a due date": (create(collection_method="send_invoice"), 400, None, None, DUE),
    "item for nobody": (
        lambda _: stripe.InvoiceItem.create(amount=1, currency="usd"),
        400,
        "parameter_missing",
        "customer",
        "Missing required param: customer.",
    ),
    "item on an open invoice": (
        lambda billing: item(invoice=billing.invoice().id)(billing),
        400,
        "invoice_not_editable",
        "invoice",
        NOT_EDITABLE,
    ),
    "finalize twice": (
        on("open", Bill.finalize_invoice),
        400,
        None,
        None,
        "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
    ),
    "delete an open one": (
        on("open", Bill.delete),
        400,
        None,
        None,
        "You can only delete draft invoices.",
    ),
    "pay a paid one": (on("paid", Bill.pay), 400, None, None, "Invoice is already paid"),
    "pay a void one": (on("void", Bill.pay), 400, None, None, NOT_OPEN),
    "void a draft": (on("draft", Bill.void_invoice), 400, None, None, NOT_OPEN),
    "void a paid one": (
        on("paid", Bill.void_invoice),
        400,
        None,
        None,
        "Invoices with `paid` payments cannot be voided.",
    ),
    "void twice": (on("void", Bill.void_invoice), 400, None, None, NOT_OPEN),
    "void an uncollectible one": (on("uncollectible", Bill.void_invoice), 400, None, None, NOT_OPEN),
    "give up a draft": (on("draft", Bill.mark_uncollectible), 400, None, None, NOT_OPEN),
    "give up a paid one": (on("paid", Bill.mark_uncollectible), 400, None, None, NOT_OPEN),
    "give up a void one": (on("void", Bill.mark_uncollectible), 400, None, None, NOT_OPEN),
    "give up twice": (
        on("uncollectible", Bill.mark_uncollectible),
        400,
        None,
        None,
        "This invoice has already been marked uncollectible.",
    ),
    "send a void one": (
        on("void", Bill.send_invoice),
        400,
        None,
        None,
        NOT_NOW,
    ),
    "pay with too little": (
        poor,
        400,
        None,
        None,
        TOO_LITTLE,
    ),
    "cancel its intent": (on_intent("open", Pay.cancel), 400, UNEXPECTED, None, FIXED),
    "change its intent's amount": (
        on_intent("open", Pay.modify, amount=500),
        400,
        UNEXPECTED,
        None,
        FIXED,
    ),
    "apply too little": (
        on_intent("open", Pay.apply_customer_balance, cash=400, amount=100),
        400,
        None,
        None,
        TOO_FEW,
    ),
    "apply to an uncollectible one": (
        on_intent("uncollectible", Pay.apply_customer_balance, cash=1000),
        400,
        UNEXPECTED,
        None,
        GIVEN_UP,
    ),
}


@pytest.mark.parametrize(
    ("call", "status", "code", "param", "message"),
    [
        pytest.param(
            *row,
            id=name,
            marks=SINCE_12 if name in ("payment unknown", "list payments of an unknown") else (),
        )
        for name, row in ROWS.items()
    ],
)
def test_a_refusal_is_what_the_table_says_and_changes_nothing(
    call, status, code, param, message, refused_with, billing
):
    """Each mistake has its own status, code, param and text, and leaves the world as it was."""
    error, before, after = refused_with(lambda _: call(billing))
    body = error.json_body["error"]
    assert (error.http_status, body["type"]) == (status, GENERIC)
    assert (body.get("code"), body.get("param")) == (code, param)
    assert re.sub(r"\b(cus|pi|in)_\w+", "<id>", body["message"]) == message
    assert before == after


def test_a_draft_that_cannot_be_paid_stays_finalized(billing):
    """Paying a draft with too little finalizes it all the same: that was done before."""
    draft = billing.draft()
    with pytest.raises(stripe.InvalidRequestError, match="not enough"):
        stripe.Invoice.pay(draft.id)
    assert billing.status(draft) == ["open"]


def twice_the_number(billing):
    billing.draft(number="R-1")
    billing.draft(number="R-1")


NOT_MODELLED = {
    "charging by itself": (create(auto_advance=True), "finalize and pay"),
    "charging by itself once it is finalized": (
        lambda billing: stripe.Invoice.finalize_invoice(create()(billing).id, auto_advance=True),
        "finalize and pay",
    ),
    "charging a bank transfer": (
        create(payment_settings={"payment_method_types": ["customer_balance"]}),
        "bank transfers are for collection_method=send_invoice",
    ),
    "sending one that is charged": (
        lambda billing: stripe.Invoice.send_invoice(create()(billing).id),
        "collection_method=send_invoice",
    ),
    "another currency": (create(currency="chf", **SENDING), "chf"),
    "due after the year 9999": (create(collection_method="send_invoice", due_date=10**17), "9999"),
    "due in too many days": (create(**SENDING | {"days_until_due": 3_000_000}), "9999"),
    "due in the past": (create(collection_method="send_invoice", due_date=1), "past"),
    "the same number twice": (twice_the_number, "R-1"),
    "an item in no currency": (item(), "neither a currency"),
    "an item of another currency": (
        lambda billing: item(currency="eur", invoice=billing.draft().id)(billing),
        "another customer or currency",
    ),
    "a negative item": (item(amount=-1, currency="usd"), "0 or more"),
    "half a cent": (
        lambda billing: stripe.InvoiceItem.create(
            customer=billing.customer, currency="usd", unit_amount_decimal="0.5"
        ),
        "whole amount",
    ),
    "half a cent, and more digits than a decimal keeps": (
        lambda billing: stripe.InvoiceItem.create(
            customer=billing.customer,
            currency="usd",
            unit_amount_decimal="12345678901.5",
            quantity=999_999_999_999_999_999,
        ),
        "whole amount",
    ),
    "less than none of less than nothing": (
        lambda billing: stripe.InvoiceItem.create(
            customer=billing.customer, currency="usd", unit_amount_decimal="-5", quantity=-3
        ),
        "0 or more, not -3 times -5",
    ),
    "too little": (lambda billing: billing.invoice(10), "credit balance"),
    "paying an uncollectible one": (on("uncollectible", stripe.Invoice.pay), "uncollectible"),
    "confirming the intent of an uncollectible one": (
        on_intent(
            "uncollectible", Pay.confirm, cash=1000, payment_method_data={"type": "customer_balance"}
        ),
        "uncollectible",
    ),
    "paying by a card that it doesn't take": (
        lambda billing: stripe.Invoice.pay(
            billing.invoice().id,
            payment_method=stripe.PaymentMethod.attach("pm_card_visa", customer=billing.customer).id,
        ),
        r"payment_settings\[payment_method_types\]",
    ),
    "paying by card and out of band": (
        lambda billing: stripe.Invoice.pay(
            billing.invoice().id, payment_method="pm_card_visa", paid_out_of_band=True
        ),
        "beside paid_out_of_band",
    ),
    "paying by a debit": (
        lambda billing: stripe.Invoice.pay(
            stripe.Invoice.create(
                customer=billing.customer,
                pending_invoice_items_behavior="include",
                payment_settings={"payment_method_types": ["sepa_debit"]},
            ).id
        ),
        "anything but a card",
    ),
}


@pytest.mark.parametrize(("call", "match"), NOT_MODELLED.values(), ids=NOT_MODELLED)
def test_what_is_not_modelled_is_refused_out_loud(call, match, billing):
    """The fake says what it doesn't know about invoices, and doesn't guess."""
    stripe.InvoiceItem.create(customer=billing.customer, amount=1000, currency="usd")
    with billing.balance.refused(match):
        call(billing)


@pytest.mark.parametrize(
    "told", ["nan", "inf", "1e400", "1e-400", "0.123456789012345678901", "1_000", "-"]
)
def test_a_decimal_that_is_none_or_has_too_many_digits_is_an_error(billing, told):
    """Nothing is rounded away on the way to an amount."""
    with pytest.raises(
        stripe.InvalidRequestError, match=re.escape(f"Invalid decimal: {told}")
    ) as caught:
        stripe.InvoiceItem.create(customer=billing.customer, currency="usd", unit_amount_decimal=told)
    assert (caught.value.http_status, caught.value.param) == (400, "unit_amount_decimal")
