"""What API versions before 2023-08-16 show and do otherwise: charges and refunds inside, and defaults."""

import json
import os
from pathlib import Path

import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance.fixtures.arguments import BANK_TRANSFERS

WITH_LISTS = ["2020-08-27", "2022-08-01"]
CARDS_BY_DEFAULT = [*WITH_LISTS, "2022-11-15"]


def at_account(versions):
    """Run a test once at each API version, as the account's default and for each request."""
    return pytest.mark.parametrize(
        "version",
        [pytest.param(one, marks=pytest.mark.stripe_balance(api_version=one)) for one in versions],
    )


@pytest.fixture(autouse=True)
def at_version(request, monkeypatch, _newest):
    """Let the app ask at the test's version too."""
    if "version" in request.fixturenames:
        monkeypatch.setattr(stripe, "api_version", request.getfixturevalue("version"))


@pytest.fixture
def customer(stripe_balance):
    return stripe_balance.customer(email="ada@example.com")


@pytest.fixture
def paid(stripe_balance, customer):
    """Give the id of an intent that a bank transfer has paid."""
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1000)
    return intent.id


def told(balance, event_type):
    """Give the data of the only event of a type."""
    (event,) = balance.events(event_type)
    return as_dict(event)["data"]


@at_account(WITH_LISTS)
def test_an_intent_has_its_charges(version, paid):
    """The list has the whole charge, with its refunds, the newest first."""
    refunds = [stripe.Refund.create(payment_intent=paid, amount=amount).id for amount in (100, 200)]
    charges = as_dict(stripe.PaymentIntent.retrieve(paid))["charges"]
    (charge,) = charges.pop("data")
    assert charges == {
        "object": "list",
        "has_more": False,
        "total_count": 1,
        "url": f"/v1/charges?payment_intent={paid}",
    }
    assert charge == as_dict(stripe.Charge.retrieve(charge["id"]))
    listed = charge["refunds"]
    assert [refund["id"] for refund in listed.pop("data")] == refunds[::-1]
    assert listed == {
        "object": "list",
        "has_more": False,
        "total_count": 2,
        "url": f"/v1/charges/{charge['id']}/refunds",
    }


@at_account(WITH_LISTS)
def test_a_charge_has_its_ten_newest_refunds(version, paid):
    """The list is as long as any without a limit, and counts all."""
    for _ in range(11):
        stripe.Refund.create(payment_intent=paid, amount=1)
    (charge,) = stripe.Charge.list().data
    listed = charge.refunds
    assert (len(listed.data), listed.has_more, listed.total_count) == (10, True, 11)
    (*_, event) = stripe.Event.list(type="charge.refunded").data[::-1]
    before = as_dict(event)["data"]["previous_attributes"]["refunds"]
    assert {key: before[key] for key in before if key != "data"} == {
        "has_more": False,
        "total_count": 10,
    }
    assert len(before["data"]) == 10


@at_account(WITH_LISTS)
def test_events_show_what_was_inside_when_they_happened(version, stripe_balance, paid):
    """An intent has no charges before it is paid, and no event learns of a refund afterwards."""
    stripe.Refund.create(payment_intent=paid, amount=1000)
    created = told(stripe_balance, "payment_intent.created")["object"]
    assert (created["charges"]["data"], created["charges"]["total_count"]) == ([], 0)
    (charge,) = told(stripe_balance, "payment_intent.succeeded")["object"]["charges"]["data"]
    assert charge == told(stripe_balance, "charge.succeeded")["object"]
    assert (charge["amount_refunded"], charge["refunds"]["data"]) == (0, [])


@at_account(WITH_LISTS)
def test_the_event_of_a_refund_has_it_inside(version, stripe_balance, paid):
    """As recorded at 2022-08-01: the refund in the charge, and its absence in previous_attributes."""
    first = stripe.Refund.create(payment_intent=paid, amount=300)
    data = told(stripe_balance, "charge.refunded")
    assert [refund["id"] for refund in data["object"]["refunds"]["data"]] == [first.id]
    assert data["previous_attributes"] == {
        "amount_refunded": 0,
        "refunds": {"data": [], "total_count": 0},
    }
    second = stripe.Refund.create(payment_intent=paid, amount=700)
    newest = as_dict(stripe.Event.list(type="charge.refunded").data[0])["data"]
    assert [refund["id"] for refund in newest["object"]["refunds"]["data"]] == [second.id, first.id]
    before = newest["previous_attributes"]
    assert (before["amount_refunded"], before["refunded"]) == (300, False)
    assert [refund["id"] for refund in before["refunds"]["data"]] == [first.id]
    assert before["refunds"]["total_count"] == 1


@at_account(WITH_LISTS)
def test_an_error_has_them_too(version, paid, _stripe_session):
    """The intent in an error's body has the shape of the request's version."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.PaymentIntent.cancel(paid)
    assert caught.value.json_body["error"]["payment_intent"]["charges"]["total_count"] == 1
    assert "old-lists-in-errors" in _stripe_session.assumptions


@at_account(WITH_LISTS)
def test_a_decline_has_the_code_of_later_versions(version, customer, _stripe_session):
    """Whether the code is as old as that is an assumption (old-decline-code)."""
    types = {"payment_method_types": ["customer_balance"]}
    intent = stripe.PaymentIntent.create(**NEW, **types, customer=customer.id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.PaymentIntent.confirm(intent.id, payment_method_data={"type": "customer_balance"})
    assert caught.value.code == "payment_method_customer_decline"
    assert "old-decline-code" in _stripe_session.assumptions


@at_account(WITH_LISTS)
def test_what_is_inside_can_be_expanded(version, paid):
    """Paths through the lists are those of the objects in them."""
    intent = stripe.PaymentIntent.retrieve(
        paid, expand=["charges.data.balance_transaction", "latest_charge.refunds", "charges"]
    )
    assert intent.charges.data[0].balance_transaction.amount == 1000
    assert intent.latest_charge.refunds.total_count == 0
    with pytest.raises(stripe.InvalidRequestError, match=r"cannot be expanded \(charges.data.shop\)"):
        stripe.PaymentIntent.retrieve(paid, expand=["charges.data.shop"])


@pytest.mark.parametrize("version", ["2022-11-15", "2023-08-16"])
def test_later_versions_have_no_charges_to_expand(version, paid):
    """The path went with the key."""
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        stripe.PaymentIntent.retrieve(paid, expand=["charges"])


@at_account(["2020-08-27"])
def test_a_customer_s_default_currency_is_their_currency(
    version, stripe_balance, customer, _stripe_session
):
    """It comes with the first invoice, and the event says both."""
    assert (customer.currency, customer.default_currency) == (None, None)
    stripe_balance.bank_transfer_invoice(customer, 1000)
    now = stripe.Customer.retrieve(customer.id)
    assert (now.currency, now.default_currency) == ("usd", "usd")
    data = told(stripe_balance, "customer.updated")
    assert data["object"]["default_currency"] == "usd"
    assert data["previous_attributes"] == {"currency": None, "default_currency": None}
    assert "old-previous-default-currency" in _stripe_session.assumptions


NEW = {"amount": 1000, "currency": "usd"}
BY_TRANSFER = {
    "payment_method_data": {"type": "customer_balance"},
    "payment_method_options": {
        "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": BANK_TRANSFERS["usd"]}
    },
}


@pytest.mark.parametrize("version", CARDS_BY_DEFAULT)
def test_an_intent_without_types_takes_cards(version, customer):
    """Automatic payment methods are on by default since 2023-08-16 alone; every version shows what was made."""
    made = stripe.PaymentIntent.create(**NEW, customer=customer.id)
    for later in (version, "2023-10-16"):
        intent = stripe.PaymentIntent.retrieve(made.id, stripe_version=later)
        assert (intent.payment_method_types, intent.automatic_payment_methods) == (["card"], None)
    with pytest.raises(stripe.InvalidRequestError, match="of the following types: card"):
        stripe.PaymentIntent.create(**NEW, **BY_TRANSFER, customer=customer.id)


@pytest.mark.parametrize("version", CARDS_BY_DEFAULT)
def test_an_intent_takes_the_types_that_it_is_given(version, customer):
    """Types, or automatic payment methods, are taken as later versions take them."""
    intent = stripe.PaymentIntent.create(
        **NEW,
        **BY_TRANSFER,
        payment_method_types=["customer_balance"],
        customer=customer.id,
        confirm=True,
    )
    assert (intent.status, intent.payment_method_types) == ("requires_action", ["customer_balance"])
    automatic = stripe.PaymentIntent.create(
        **NEW, customer=customer.id, automatic_payment_methods={"enabled": True}
    )
    assert automatic.payment_method_types == ["card", "customer_balance"]
    assert as_dict(automatic)["automatic_payment_methods"] == {
        "allow_redirects": "always",
        "enabled": True,
    }


@pytest.mark.parametrize("version", ["2023-08-16", "2023-10-16"])
def test_automatic_payment_methods_are_on_since_august_2023(version, customer):
    """An intent without types takes what fits."""
    intent = stripe.PaymentIntent.create(**NEW, customer=customer.id)
    assert intent.payment_method_types == ["card", "customer_balance"]
    assert intent.automatic_payment_methods.enabled is True


BILL = {"collection_method": "send_invoice", "days_until_due": 30}


def item_of(customer, currency="usd"):
    return stripe.InvoiceItem.create(customer=customer.id, amount=1000, currency=currency)


@at_account(["2020-08-27"])
def test_an_invoice_takes_pending_items_by_default(version, customer):
    """Until 2022-08-01 an invoice was made of what waited, and there had to be something."""
    with pytest.raises(stripe.InvalidRequestError, match=r"Nothing to invoice for customer$") as caught:
        stripe.Invoice.create(customer=customer.id, **BILL)
    assert (caught.value.code, caught.value.param) == ("invoice_no_customer_line_items", "customer")
    item_of(customer)
    assert stripe.Invoice.create(customer=customer.id, **BILL).total == 1000


@at_account(["2020-08-27"])
def test_pending_items_can_be_required_by_name(version, customer):
    """The value that 2022-08-01 took away is the default's own; the other two are as ever."""
    required = {"pending_invoice_items_behavior": "include_and_require"}
    item_of(customer)
    assert stripe.Invoice.create(customer=customer.id, **required, **BILL).total == 1000
    for behavior in ("include", "exclude"):
        params = {"pending_invoice_items_behavior": behavior}
        assert stripe.Invoice.create(customer=customer.id, **params, **BILL).total == 0


@pytest.mark.parametrize("reading", ["own", "any"])
@at_account(["2020-08-27"])
def test_items_in_another_currency_may_be_enough(version, reading, customer, _stripe_session):
    """Not by default (old-pending-currency); else the draft is empty."""
    _stripe_session._readings.chosen = {"old-pending-currency": reading}
    item_of(customer)
    bill = {"customer": customer.id, "currency": "eur", **BILL}
    if reading == "any":
        assert stripe.Invoice.create(**bill).total == 0
    else:
        with pytest.raises(stripe.InvalidRequestError, match="Nothing to invoice"):
            stripe.Invoice.create(**bill)
    assert "old-pending-currency" in _stripe_session.assumptions


@at_account(["2022-08-01", "2022-11-15"])
def test_later_invoices_leave_pending_items_alone(version, customer):
    """The default is exclude, and what required them is no value any more."""
    item_of(customer)
    assert stripe.Invoice.create(customer=customer.id, **BILL).total == 0
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.Invoice.create(
            customer=customer.id, pending_invoice_items_behavior="include_and_require", **BILL
        )
    assert caught.value.param == "pending_invoice_items_behavior"


NEIGHBOURS = Path(os.environ.get("STRIPE_REAL_DATA", "../shared/real")) / "neighbours"


@pytest.fixture(scope="module")
def real():
    """Give an intent as it was read at 2026-06-24.dahlia and at 2020-08-27, and its charge at the latter."""
    file = NEIGHBOURS / "card-automatic-and-refund-two-versions.json"
    if not file.exists():
        pytest.skip("STRIPE_REAL_DATA names no folder with the real intent of two versions")
    new, old, refund = (one["response"]["body"] for one in json.loads(file.read_text("utf-8")))
    return new, old, refund["charge"]


def test_what_an_old_version_adds_to_an_intent_is_what_the_real_one_has_more(real, paid):
    """Read at both versions on one day, the real intent differs in the keys that ours differs in."""
    new, old, _ = real
    ours = [
        as_dict(stripe.PaymentIntent.retrieve(paid, stripe_version=version))
        for version in ("2026-06-24.dahlia", "2020-08-27")
    ]
    assert old.keys() ^ new.keys() == ours[0].keys() ^ ours[1].keys() == {"charges", "invoice"}
    assert old["charges"].keys() == ours[1]["charges"].keys()
    assert old["charges"]["url"] == f"/v1/charges?payment_intent={old['id']}"


def test_a_refunded_charge_is_as_the_real_one(real, paid):
    """The lists in it have the keys of the real ones, and so has the charge in an intent's list."""
    _, old, refunded = real
    stripe.Refund.create(payment_intent=paid, amount=1000)
    (ours,) = as_dict(stripe.PaymentIntent.retrieve(paid, stripe_version="2020-08-27"))["charges"][
        "data"
    ]
    (charged,) = old["charges"]["data"]
    of_cards = {"transfer", "amount_updates"}
    assert charged.keys() - of_cards <= ours.keys()
    assert refunded["refunds"].keys() == charged["refunds"].keys() == ours["refunds"].keys()
    same = ("amount_refunded", "refunded", "invoice")
    assert [refunded[key] for key in same] == [ours[key] for key in same]
    assert refunded["refunds"]["total_count"] == ours["refunds"]["total_count"] == 1
    assert charged["refunds"]["url"] == f"/v1/charges/{charged['id']}/refunds"
