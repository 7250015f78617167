"""Every refusal of refunds, one row each (docs/stripe.md 5.6)."""

import re

import pytest
import stripe

DAY = 86_400
GENERIC = "invalid_request_error"
NO_EMAIL = (
    "Missing email. In order to create refunds that are sent to the customer, the customer must have a "
    "valid email."
)
TO_BOB = {"instructions_email": "bob@example.com"}


def refund(of="succeeded", **params):
    return lambda stage: stripe.Refund.create(
        payment_intent=stage.intent(of) if of in ("succeeded", "requires_action") else of, **params
    )


def after(first, then, **params):
    """Make a refund of 500 (of all without an amount) and call again."""

    def call(stage):
        intent = stage.intent("succeeded")
        made = stripe.Refund.create(payment_intent=intent, **first, **TO_BOB)
        return then(made, intent, **params)

    return call


def again(_, intent, **params):
    return stripe.Refund.create(payment_intent=intent, **params)


def late(stage):
    intent = stage.intent("succeeded")
    stage.balance._session._clock.now += 181 * DAY
    stripe.Refund.create(payment_intent=intent, **TO_BOB)


def cash(**params):
    given = {"customer": "<customer>", "amount": 500, "currency": "usd", **params}
    return lambda stage: stripe.Refund.create(
        origin="customer_balance",
        **{
            name: stage.customer if value == "<customer>" else value
            for name, value in given.items()
            if value is not None
        },
    )


def canceled(then):
    def call(stage):
        made = stripe.Refund.create(payment_intent=stage.intent("succeeded"), **TO_BOB)
        stripe.Refund.cancel(made.id)
        then(made.id)

    return call


REFUSALS = (
    # id, call, status, code, param, message with ids as <id>
    ("of nothing", lambda _: stripe.Refund.create(amount=1), 400, None, None,
     "One of the following params should be provided for this request: payment_intent or charge."),
    ("of an unknown charge", lambda _: stripe.Refund.create(charge="py_nope"), 404, "resource_missing",
     "id", "No such charge: '<id>'"),
    ("of an unknown intent", refund("pi_nope"), 400, "resource_missing", "payment_intent",
     "No such payment_intent: '<id>'"),
    ("of an open intent", refund("requires_action"), 400, None, None,
     "This PaymentIntent (<id>) does not have a successful charge to refund."),
    ("of what is refunded", after({}, again, amount=1), 400, "charge_already_refunded", None,
     "Charge <id> has already been refunded."),
    ("above the charge", refund(amount=1100), 400, None, "amount",
     "Refund amount ($11.00) is greater than charge amount ($10.00)"),
    ("above what is left", after({"amount": 500}, again, amount=600), 400, None, "amount",
     "Refund amount ($6.00) is greater than unrefunded amount on charge ($5.00)"),
    ("above the charge, partly refunded", after({"amount": 500}, again, amount=1100), 400, None, "amount",
     "Refund amount ($11.00) is greater than charge amount ($10.00)"),
    ("of 0", refund(amount=0), 400, "parameter_invalid_integer", "amount",
     "This value must be greater than or equal to 1."),
    ("of a fraction", refund(amount=1.5), 400, "parameter_invalid_integer", "amount",
     "Invalid integer: 1.5"),
    ("for a reason of its own", refund(reason="bored"), 400, None, "reason",
     "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer"),
    ("without an e-mail", refund(), 400, None, None, NO_EMAIL),
    ("with an e-mail that is none", refund(instructions_email="bob"), 400, "email_invalid",
     "instructions_email", "Invalid email address: bob"),
    ("after 181 days", late, 400, None, None,
     "Charge <id> was made more than 180 days ago: it can't be refunded."),
    ("of cash without a customer", cash(customer=None), 400, "parameter_missing", "customer",
     "Missing required param: customer."),
    ("of cash without an amount", cash(amount=None), 400, "parameter_missing", "amount",
     "Missing required param: amount."),
    ("of cash without a currency", cash(currency=None), 400, "parameter_missing", "currency",
     "Missing required param: currency."),
    ("of an unknown customer's cash", cash(customer="cus_nope"), 400, "resource_missing", "customer",
     "No such customer: '<id>'"),
    ("of more cash than is there", cash(amount=501), 400, None, "amount",
     "Refund amount ($5.01) is greater than the customer's cash balance ($5.00)"),
    ("of cash in another currency", cash(currency="aud"), 400, None, "amount",
     "Refund amount (5.00) is greater than the customer's cash balance (0.00)"),
    ("of cash without an e-mail", cash(), 400, None, None, NO_EMAIL),
    ("unknown", lambda _: stripe.Refund.retrieve("re_nope"), 404, "resource_missing", "refund",
     "No such refund: '<id>'"),
    ("unknown, updated", lambda _: stripe.Refund.modify("re_nope", metadata={}), 404, "resource_missing",
     "refund", "No such refund: '<id>'"),
    ("unknown, canceled", lambda _: stripe.Refund.cancel("re_nope"), 404, "resource_missing", "refund",
     "No such refund: '<id>'"),
    ("unknown, expired", lambda _: stripe.Refund.TestHelpers.expire("re_nope"), 404, "resource_missing",
     "refund", "No such refund: '<id>'"),
    ("listed of an unknown charge", lambda _: stripe.Refund.list(charge="py_nope"), 400,
     "resource_missing", "charge", "No such charge: '<id>'"),
    ("listed of an unknown intent", lambda _: stripe.Refund.list(payment_intent="pi_nope"), 400,
     "resource_missing", "payment_intent", "No such payment_intent: '<id>'"),
    ("canceled twice", canceled(stripe.Refund.cancel), 400, None, None,
     "Canceling this refund is unsupported."),
    ("expired after its cancel", canceled(stripe.Refund.TestHelpers.expire), 400, None, None,
     "This refund has a status of canceled. Only requires_action can expire."),
)  # fmt: skip


@pytest.mark.parametrize(
    ("call", "status", "code", "param", "message"),
    [pytest.param(*row[1:], id=row[0]) for row in REFUSALS],
)
def test_a_refusal_is_what_the_table_says_and_changes_nothing(
    call, status, code, param, message, refused_with
):
    """Each mistake has its own status, code, param and text, and leaves the world as it was."""
    error, before, after = refused_with(call)
    body = error.json_body["error"]
    assert (error.http_status, body["type"]) == (status, GENERIC)
    assert (body.get("code"), body.get("param")) == (code, param)
    assert re.sub(r"\b(cus|pi|py|re)_\w+", "<id>", body["message"]) == message
    assert before == after
