"""Parameters that `ignore` lets through: they mean nothing, and are shown as they were sent."""

import json

import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance.api import parameters, routes
from pytest_stripe_balance.api.ignored import Ignored
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.modes import Setting
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session.ignore import read_ignored

CUSTOMERS = ["POST /v1/customers balance test_clock", "POST /v1/customers/{any} balance"]
INTENTS = ["POST /v1/payment_intents/{intent} amount_details"]
INVOICES = [
    "POST /v1/invoices default_tax_rates payment_settings[default_mandate]",
    "POST /v1/payment_methods customer",
]
ignoring = pytest.mark.stripe_balance


def _shown(customer):
    return [
        stripe.Customer.retrieve(customer).balance,
        next(one.balance for one in stripe.Customer.list().data if one.id == customer),
    ]


@ignoring(ignore=CUSTOMERS)
def test_what_is_let_through_is_shown_as_it_was_sent(stripe_balance):
    """In the answer, and later; also in what is expanded. `ignored-as-sent` says that it is assumed."""
    customer = stripe_balance.customer(balance=-500)
    intent = stripe_balance.bank_transfer_intent(customer, 100)
    expanded = stripe.PaymentIntent.retrieve(intent.id, expand=["customer"]).customer
    assert [customer.balance, expanded.balance, *_shown(customer.id)] == [-500] * 4
    assert "ignored-as-sent" in stripe_balance.report()


@ignoring(ignore=CUSTOMERS)
def test_an_event_shows_what_its_object_showed_then(stripe_balance):
    """The creation's event has what was sent with it, and a later value is only in later ones."""
    customer = stripe_balance.customer(balance=-500).id
    stripe.Customer.modify(customer, balance=7, description="second")
    stripe.Customer.modify(customer, description="third")
    shown = [event.data.object.balance for event in stripe_balance.events("customer.*")]
    assert shown == [-500, 7, 7]


@ignoring(ignore=INTENTS)
def test_a_hash_goes_into_the_objects_own(stripe_balance):
    """The keys that weren't sent stay as they are."""
    customer = stripe_balance.customer()
    intent = stripe_balance.bank_transfer_intent(customer, 100)
    for sent in ({"discount_amount": 5}, {"tax": {"total_tax_amount": 7}}):
        stripe.PaymentIntent.modify(intent.id, amount_details=sent)
    after = as_dict(stripe.PaymentIntent.retrieve(intent.id))["amount_details"]
    assert after == {"tip": {}, "discount_amount": 5, "tax": {"total_tax_amount": 7}}


@ignoring(ignore=INVOICES)
@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("default_tax_rates", ["txr_1"]),  # ids, where the object has tax rates
        ("payment_settings", {"default_mandate": "mandate_1"}),  # a part of what is modelled
    ],
)
def test_what_the_objects_key_cannot_take_is_not_shown(stripe_balance, key, sent):
    """The key stays as it is without the parameter."""
    asked = {
        "customer": stripe_balance.customer(email="ada@example.com").id,
        "collection_method": "send_invoice",
    }
    without = as_dict(stripe.Invoice.create(**asked, days_until_due=3))
    made = as_dict(stripe.Invoice.create(**asked, days_until_due=3, **{key: sent}))
    assert made[key] == without[key]


@ignoring(ignore=CUSTOMERS)
def test_a_call_that_fails_shows_nothing_of_it(stripe_balance):
    """All that a call did is undone, whatever it ignored."""
    customer = stripe_balance.customer(balance=-500).id
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Customer.modify(customer, balance=7, email="no address")
    with stripe_balance.refused(match="expand"):
        stripe.Customer.modify(customer, balance=8, expand=["invoice_credit_balance"])
    stripe.Customer.modify(customer, description="later")
    assert _shown(customer) == [-500, -500]


@ignoring(ignore=CUSTOMERS)
def test_an_older_version_shows_nothing_that_its_type_does_not_take(
    stripe_balance, stripe_webhooks, _stripe_session
):
    """In no answer and no event, though a later version shows it again."""
    old, heard = "2025-08-27.basil", []
    world = _stripe_session.world
    takes = world.takes
    world.takes = lambda version, *about: version != old and takes(version, *about)
    stripe_webhooks.endpoint(
        handler=lambda payload, _: heard.append(json.loads(payload)["data"]["object"]),
        api_version=old,
        enabled_events=["customer.created"],
    )
    customer = stripe_balance.customer(balance=-500)
    before, now = (stripe.Customer.retrieve(customer.id, stripe_version=one) for one in (old, None))
    stripe_webhooks.deliver()
    shown = [one.balance for one in (customer, now, before)]
    assert [*shown, heard[0]["balance"]] == [-500, -500, 0, 0]


@ignoring(ignore=CUSTOMERS)
def test_a_fresh_world_keeps_what_it_shows_to_itself(stripe_balance):
    """What is let through in one world is not shown in another."""
    customer = stripe_balance.customer(balance=-500).id
    with stripe_balance.fresh():
        assert stripe_balance.customer(balance=3).balance == 3
    assert _shown(customer) == [-500, -500]


@ignoring(ignore=CUSTOMERS)
def test_a_deleted_object_shows_nothing_of_it(stripe_balance):
    """Its only keys are those of a deleted one."""
    customer = stripe_balance.customer(balance=-500).id
    stripe.Customer.delete(customer)
    assert set(as_dict(stripe.Customer.retrieve(customer))) == {"id", "object", "deleted"}


@ignoring(ignore=["GET /v1/customers test_clock"])
def test_a_lists_filter_is_let_through_too(stripe_balance):
    """It narrows nothing."""
    customer = stripe_balance.customer().id
    assert [one.id for one in stripe.Customer.list(test_clock="clock_1").data] == [customer]


@ignoring(ignore=CUSTOMERS)
@pytest.mark.parametrize(
    ("sent", "code"),
    [({"colour": "blue"}, "parameter_unknown"), ({"balance": "x"}, "parameter_invalid_integer")],
)
def test_what_stripe_would_not_take_stays_its_error(stripe_balance, sent, code):
    """An unknown parameter, and a wrong value of an ignored one."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_balance.customer(**sent)
    assert caught.value.code == code


@ignoring(ignore=CUSTOMERS)
def test_what_is_on_no_line_is_refused_as_ever(stripe_balance):
    """The lines of one call are not those of another, and every parameter has to be on one."""
    with stripe_balance.refused(match=r"the parameter source='tok_visa', and"):
        stripe_balance.customer(balance=1, source="tok_visa")


def drawn(rule):
    """Give values for a rule: each of its names alone, and all of them together."""
    for option in rule.get("anyOf", ()):
        yield from drawn(option)
    members = {name: [*drawn(inner)] for name, inner in rule.get("properties", {}).items()}
    for name, values in members.items():
        yield from ({name: value} for value in values)
    if members:
        yield {name: values[-1] for name, values in members.items() if values}
    if "items" in rule:
        yield from ([value] for value in drawn(rule["items"]))
    if not rule.keys() & {"anyOf", "items", "properties"}:
        yield {"boolean": True}.get(rule.get("type"), (rule.get("enum") or ["odd"])[-1])


@pytest.mark.parametrize("row", routes.ENDPOINTS, ids=str)
def test_the_line_that_a_refusal_offers_lets_its_request_through(row):
    """Whatever is sent: pasted into the settings, it leaves nothing that is refused for its name."""
    rule = contract(newest_api_version()).rule(row.name)
    for sent in drawn(rule):
        asked = {name: value for name, value in sent.items() if name != "expand"}
        try:
            parameters.refuse_unmodelled(asked, row.verb, row.name)
        except Refused as refusal:
            _, offered, line = refusal.message.partition("without a meaning:\n    ")
            if not offered:
                continue
            ignore = read_ignored([Setting(line, "the test")])
            rest, _ = Ignored(ignore.names).take_out(row.name, asked)
            assert (ignore.notes, parameters.gaps(rest, row.verb)) == ((), []), line


def test_no_line_is_offered_where_none_would_do(stripe_balance):
    """A value of a modelled parameter can't be ignored, alone or beside others."""
    cost = {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "Hat"}}
    page = {
        "mode": "payment",
        "success_url": "https://example.com",
        "line_items": [{"price_data": cost}],
    }
    with stripe_balance.refused(match=r"expect it: `with stripe_balance\.refused\(\):`$"):
        stripe.checkout.Session.create(
            **page, invoice_creation={"enabled": True}, discounts=[{"coupon": "c"}]
        )
