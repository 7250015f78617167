"""Which field of an intent may be updated in which status."""

import contextlib

import pytest
import stripe
from majors import as_dict

INCOMPLETE = ("requires_payment_method", "requires_confirmation", "requires_action")
OF_A_RECEIPT = (*INCOMPLETE, "requires_capture", "succeeded")
STATUSES = (*INCOMPLETE, "succeeded", "canceled")
METHOD = {"type": "customer_balance"}
FIELDS = {
    "amount": (900, INCOMPLETE, "amount"),
    "payment_method_data": (METHOD, INCOMPLETE, "payment_method"),
    "receipt_email": ("ann@example.com", OF_A_RECEIPT, "receipt_email"),
    "shipping": ({"name": "Ada", "address": {"line1": "1 High St"}}, OF_A_RECEIPT, "shipping"),
    "statement_descriptor": ("SHOP", OF_A_RECEIPT, "statement_descriptor"),
    "statement_descriptor_suffix": ("SHOP", OF_A_RECEIPT, "statement_descriptor_suffix"),
    "transfer_group": ("a", OF_A_RECEIPT, "transfer_group"),
    "customer": (None, OF_A_RECEIPT, "customer"),
    "allowed_payment_method_types": (
        ["customer_balance"],
        OF_A_RECEIPT,
        "allowed_payment_method_types",
    ),
    "description": ("b", STATUSES, "description"),
    "metadata": ({"a": "b"}, STATUSES, "metadata"),
}


def said(name, status, allowed):
    return (
        f"This PaymentIntent's {name} could not be updated because it has a status of {status}. You may "
        f"only update the {name} of a PaymentIntent with one of the following statuses: "
        f"{', '.join(allowed)}."
    )


NOW_THERE = {  # where an intent shows another value than was given
    "payment_method_data": lambda intent: stripe.PaymentMethod.retrieve(intent["payment_method"]).type,
}


def set_to(stage, field):
    """Give the value that is asked for, and the one that the intent shows then."""
    value = stage.customer if field == "customer" else FIELDS[field][0]
    return value, METHOD["type"] if field == "payment_method_data" else value


def shown_in(intent, field):
    """Give what an intent shows of a field."""
    whole = as_dict(intent)
    value = NOW_THERE[field](whole) if field in NOW_THERE else whole[field]
    if field == "shipping":
        address = {key: one for key, one in value["address"].items() if one is not None}
        return {"name": value["name"], "address": address}
    return value


def asked(stage, field, status):
    """Ask for a change of one field of an intent in a status; what was answered, or the error."""
    intent = stage.intent(status)
    value, _ = set_to(stage, field)
    before = as_dict(stripe.PaymentIntent.retrieve(intent))
    try:
        return stripe.PaymentIntent.modify(intent, **{field: value}), before
    except stripe.InvalidRequestError as error:
        assert as_dict(stripe.PaymentIntent.retrieve(intent)) == before
        return error, before


def changed_to(stage, field, answer, before):
    """Hold an intent to what was asked of it, in the answer and when it is asked for again."""
    _, shown = set_to(stage, field)
    for intent in (answer, stripe.PaymentIntent.retrieve(before["id"])):
        assert (intent.id, shown_in(intent, field)) == (before["id"], shown)
    if field not in ("customer", "allowed_payment_method_types"):  # which were so before
        assert before.get(FIELDS[field][2]) != as_dict(answer)[FIELDS[field][2]]


@pytest.mark.stripe_balance(assume={"card-statement-descriptor": "taken"})
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_is_changed_where_its_list_of_statuses_has_it(field, status, stage):
    """Elsewhere Stripe says which statuses let it; nothing changes, and the intent is in the answer."""
    _, allowed, named = FIELDS[field]
    answer, before = asked(stage, field, status)
    if status in allowed:
        changed_to(stage, field, answer, before)
        return
    assert answer.user_message == said(named, status, allowed)
    assert (answer.http_status, answer.code) == (400, "payment_intent_unexpected_state")
    assert answer.param == named
    assert answer.json_body["error"]["payment_intent"] == before


def test_a_payment_method_of_a_paid_intent_stays(stage):
    """One that is there is refused like one that would be made."""
    method = stripe.PaymentMethod.create(**METHOD).id
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.PaymentIntent.modify(stage.intent("succeeded"), payment_method=method)
    assert caught.value.user_message == said("payment_method", "succeeded", INCOMPLETE)


def test_the_types_of_older_versions_are_kept_alike(stage, monkeypatch):
    """payment_method_types, which they have in place of allowed ones, can't be changed once canceled."""
    intent = stage.intent("canceled")
    monkeypatch.setattr(stripe, "api_version", "2024-06-20")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.PaymentIntent.modify(intent, payment_method_types=["customer_balance"])
    assert caught.value.user_message == said("payment_method_types", "canceled", OF_A_RECEIPT)


def test_of_several_fields_the_refused_one_is_named(stage):
    """And the others stay as they were."""
    intent = stage.intent("canceled")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.PaymentIntent.modify(intent, description="b", receipt_email="ann@example.com")
    assert caught.value.param == "receipt_email"
    assert stripe.PaymentIntent.retrieve(intent).description is None


READINGS = [
    ("any", "shipping", "canceled", None),
    ("any", "allowed_payment_method_types", "canceled", None),
    ("any", "description", "canceled", None),
    ("any", "receipt_email", "canceled", OF_A_RECEIPT),
    ("as-amount", "shipping", "succeeded", INCOMPLETE),
    ("as-amount", "shipping", "requires_action", None),
    ("as-amount", "description", "canceled", OF_A_RECEIPT),
    ("as-amount", "description", "succeeded", None),
    ("as-amount", "metadata", "canceled", OF_A_RECEIPT),
]


@pytest.mark.parametrize(
    ("field", "status", "allowed"),
    [
        pytest.param(
            *rest,
            id=f"{reading} {' '.join(rest[:2])}",
            marks=pytest.mark.stripe_balance(assume={"update-by-status": reading}),
        )
        for reading, *rest in READINGS
    ],
)
def test_other_readings_of_what_is_not_on_record(field, status, allowed, stage):
    """They move the fields that nobody has asked about, and no others."""
    answer, before = asked(stage, field, status)
    if allowed is None:
        changed_to(stage, field, answer, before)
    else:
        assert answer.user_message == said(field, status, allowed)


@pytest.mark.parametrize(
    ("field", "status", "rests"),
    [
        ("amount", "succeeded", False),
        ("receipt_email", "succeeded", False),
        ("description", "succeeded", False),
        ("shipping", "requires_action", False),
        ("shipping", "succeeded", True),
        ("allowed_payment_method_types", "succeeded", True),
        ("allowed_payment_method_types", "canceled", True),
        ("description", "canceled", True),
        ("receipt_email", "canceled", True),
    ],
)
def test_what_an_update_rests_on(field, status, rests, stage, _stripe_session):
    """Only what isn't on record, and the code and param that amount's alone was seen with."""
    intent = stage.intent(status)
    _stripe_session._readings.used.clear()
    value = FIELDS[field][0]
    with contextlib.suppress(stripe.InvalidRequestError):
        stripe.PaymentIntent.modify(intent, **{field: value})
    assert ("update-by-status" in _stripe_session.assumptions) == rests


@pytest.mark.parametrize("status", ["requires_payment_method", "requires_action", "succeeded"])
def test_the_intents_own_currency_may_be_sent_with_an_update(status, stage):
    """In capitals too: apps send it along with the amount, and nothing changes by it."""
    intent = stage.intent(status)
    changed = stripe.PaymentIntent.modify(intent, currency="USD", metadata={"order": "7"})
    assert (changed.currency, changed.status) == ("usd", status)


def test_another_currency_is_refused_by_name(stage):
    """Nobody knows what becomes of the intent's options."""
    with stage.balance.refused(match="another currency is not modelled: create it in eur"):
        stripe.PaymentIntent.modify(stage.intent("requires_payment_method"), currency="eur")
