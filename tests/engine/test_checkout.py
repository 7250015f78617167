"""Checkout Sessions: what a customer pays on Stripe's page, and when (docs/stripe.md 1.14, 3.11)."""

import json
import os
import re
from pathlib import Path

import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance.comparison.newer import document_without_newer

REAL = Path(os.environ.get("STRIPE_REAL_DATA", "../shared/real")) / "neighbours"
SUCCESS = "https://example.com/thanks?session_id={CHECKOUT_SESSION_ID}"
DAY = 86_400
ROW = "customer_cash_balance_transaction.created"
OPENED = "payment_intent.created"
SUCCEEDED = ["charge.succeeded", "payment_intent.succeeded"]

pytestmark = pytest.mark.usefixtures("at_newest_version")


def line(amount=1000, quantity=1, currency="usd", **params):
    cost = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Hat"}}
    return {"price_data": cost, "quantity": quantity, **params}


def guests(**params):
    """Make a session without a customer, which is paid by card."""
    given = {"mode": "payment", "line_items": [line()], "success_url": SUCCESS}
    return stripe.checkout.Session.create(**{**given, **params})


@pytest.fixture
def payer(stripe_balance):
    return stripe_balance.customer(email="ada@example.com").id


@pytest.fixture
def told(stripe_balance, payer):
    """Tell the types of the events since the customer was made."""
    (first,) = stripe_balance.events()

    def types(*, after=first):
        return [event.type for event in stripe_balance.events(since=after)]

    return types


def test_a_shop_waits_for_the_transfer(stripe_balance, payer):
    """The page is submitted, the session is complete and unpaid; the transfer makes it paid."""
    session = stripe_balance.checkout_session(payer, 1000)
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert session.url.startswith(f"https://checkout.stripe.com/c/pay/{session.id}#")
    done = stripe_balance.complete_checkout(session)
    assert (done.status, done.payment_status, done.url) == ("complete", "unpaid", None)
    intent = stripe.PaymentIntent.retrieve(done.payment_intent)
    where = intent.next_action.display_bank_transfer_instructions
    assert (intent.status, intent.customer, where.amount_remaining) == ("requires_action", payer, 1000)
    stripe_balance.fund(payer, 1000, reference=where.reference)
    assert stripe.checkout.Session.retrieve(session.id).payment_status == "paid"


def test_a_session_that_waits_tells_when_it_is_paid(stripe_balance, payer, told):
    """With its page, and with its intent; a part of the money tells nothing (checkout-events)."""
    session = stripe_balance.checkout_session(payer, 1000)
    stripe_balance.complete_checkout(session)
    action = "payment_intent.requires_action"
    assert told() == [OPENED, action, "checkout.session.completed"]
    last = stripe_balance.events()[-1]
    stripe_balance.fund(payer, 400)
    assert told(after=last) == [ROW, ROW, "payment_intent.partially_funded"]
    last = stripe_balance.events()[-1]
    stripe_balance.fund(payer, 600)
    paid = "checkout.session.async_payment_succeeded"
    assert told(after=last) == [ROW, ROW, *SUCCEEDED, paid]
    event = stripe_balance.events(paid)[0]
    assert (event.data.object["id"], event.data.object["payment_status"]) == (session.id, "paid")
    assert "previous_attributes" not in as_dict(event.data)


def test_a_balance_that_suffices_pays_at_once(stripe_balance, payer, told):
    """The session is completed as paid, and there is no later event."""
    stripe_balance.fund(payer, 1500)
    last = stripe_balance.events()[-1]
    session = stripe_balance.complete_checkout(stripe_balance.checkout_session(payer, 1000))
    assert (session.status, session.payment_status) == ("complete", "paid")
    assert told(after=last) == [OPENED, ROW, *SUCCEEDED, "checkout.session.completed"]
    assert stripe_balance.available(payer) == {"usd": 500}


def test_a_balance_that_is_short_pays_its_part(stripe_balance, payer):
    """The rest is what the instructions ask for."""
    stripe_balance.fund(payer, 400)
    session = stripe_balance.complete_checkout(stripe_balance.checkout_session(payer, 1000))
    intent = stripe.PaymentIntent.retrieve(session.payment_intent)
    where = intent.next_action.display_bank_transfer_instructions
    assert (session.payment_status, where.amount_remaining) == ("unpaid", 600)


def test_money_by_hand_pays_a_session(stripe_balance):
    """In manual mode the page takes nothing from the balance; apply_customer_balance pays."""
    payer = stripe_balance.customer(reconciliation="manual").id
    stripe_balance.fund(payer, 1000)
    session = stripe_balance.complete_checkout(stripe_balance.checkout_session(payer, 1000))
    assert session.payment_status == "unpaid"
    stripe.PaymentIntent.apply_customer_balance(session.payment_intent)
    assert stripe.checkout.Session.retrieve(session.id).payment_status == "paid"
    assert len(stripe_balance.events("checkout.session.async_payment_succeeded")) == 1


@pytest.mark.parametrize(
    "failed",
    [
        ["checkout.session.async_payment_failed"],
        pytest.param(
            [], marks=pytest.mark.stripe_balance(assume={"checkout-canceled": "untold"}), id="untold"
        ),
    ],
)
def test_a_canceled_intent_fails_its_session(stripe_balance, payer, told, failed):
    """The session stays complete and unpaid; money that the intent held is back."""
    stripe_balance.fund(payer, 400)
    session = stripe_balance.complete_checkout(stripe_balance.checkout_session(payer, 1000))
    last = stripe_balance.events()[-1]
    stripe.PaymentIntent.cancel(session.payment_intent)
    session = stripe.checkout.Session.retrieve(session.id)
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    back = [ROW, "payment_intent.canceled", *failed, "cash_balance.funds_available"]
    assert told(after=last) == back
    assert stripe_balance.available(payer) == {"usd": 400}


def test_a_session_expires_by_call_and_by_the_clock(stripe_balance, stripe_clock, payer, told):
    """A day after its creation, or when it says; one that is complete doesn't."""
    by_hand = stripe_balance.checkout_session(payer, 1000)
    by_day = stripe_balance.checkout_session(payer, 1000)
    soon = stripe_balance.checkout_session(payer, 1000, expires_at=by_day.created + 3600)
    done = stripe_balance.complete_checkout(stripe_balance.checkout_session(payer, 1000))
    expired = stripe.checkout.Session.expire(by_hand.id)
    assert (expired.status, expired.payment_status, expired.url) == ("expired", "unpaid", None)
    assert by_day.expires_at == by_day.created + DAY
    stripe_clock.advance(hours=2)
    of = {one.id: one.status for one in stripe.checkout.Session.list().data}
    assert (of[soon.id], of[by_day.id]) == ("expired", "open")
    stripe_clock.advance(days=1)
    of = {one.id: one.status for one in stripe.checkout.Session.list().data}
    assert (of[by_day.id], of[done.id]) == ("expired", "complete")
    assert told().count("checkout.session.expired") == 3
    last = stripe_balance.events("checkout.session.expired")[-1]
    assert (last.created, as_dict(last)["request"]["id"]) == (by_day.expires_at, None)


def test_an_expired_session_has_the_url_that_recovers_it(stripe_balance, payer):
    """Only if it is to have one, and for 30 days (checkout-shape)."""

    def expired(**recovery):
        session = stripe_balance.checkout_session(payer, 1000, after_expiration={"recovery": recovery})
        open_ = as_dict(session)["after_expiration"]["recovery"]
        assert (open_["url"], open_["expires_at"]) == (None, None)
        return as_dict(stripe.checkout.Session.expire(session.id))["after_expiration"]["recovery"]

    made = expired(enabled=True, allow_promotion_codes=True)
    assert made["url"].startswith("https://buy.stripe.com/r/test_")
    assert (made["enabled"], made["allow_promotion_codes"]) == (True, True)
    event = stripe_balance.events("checkout.session.expired")[-1]
    assert made["expires_at"] == event.created + 30 * DAY
    assert expired(enabled=False)["url"] is None


def test_lines_are_of_prices_that_are_there_and_of_new_ones(stripe_balance, payer):
    """Each has its product's name, its price and its sum; the session has the sum of all."""
    hat = stripe.Product.create(
        name="Felt hat", default_price_data={"currency": "usd", "unit_amount_decimal": "12.5"}
    )
    lines = [{"price": hat.default_price, "quantity": 4}, line(300, 2, metadata={"a": "b"})]
    session = stripe_balance.checkout_session(payer, 1, line_items=lines)
    assert (session.amount_subtotal, session.amount_total) == (650, 650)
    first, second = stripe.checkout.Session.list_line_items(session.id).data
    assert (first.description, first.amount_total, first.quantity) == ("Felt hat", 50, 4)
    assert (first.price.id, second.price.unit_amount) == (hat.default_price, 300)
    assert (second.description, as_dict(second.metadata)) == ("Hat", {"a": "b"})
    shown = stripe.checkout.Session.retrieve(session.id, expand=["line_items"]).line_items
    assert [one.id for one in shown.data] == [first.id, second.id]
    assert "line_items" not in as_dict(session)


@pytest.mark.parametrize(
    "active",
    [
        False,
        pytest.param(
            True, marks=pytest.mark.stripe_balance(assume={"checkout-inline-prices": "active"})
        ),
    ],
)
def test_a_price_of_one_line_is_in_the_catalog(stripe_balance, payer, active):
    """With its product; by default both are inactive."""
    stripe_balance.checkout_session(payer, 1000)
    (price,) = stripe.Price.list().data
    product = stripe.Product.retrieve(price.product)
    assert (price.active, product.active, product.name) == (active, active, "An order")
    assert stripe_balance.events("product.*") == []


def test_the_intent_is_made_with_its_data(stripe_balance, payer):
    """The session's own metadata doesn't come to it, and an update counts until the page is submitted."""
    data = {
        "description": "Order 6735",
        "metadata": {"order": "6735"},
        "statement_descriptor": "ACME",
        "receipt_email": "ada@example.com",
        "transfer_group": "6735",
    }
    session = stripe_balance.checkout_session(
        payer, 1000, payment_intent_data=data, metadata={"mine": "1"}
    )
    stripe.checkout.Session.modify(
        session.id, metadata={"more": "2"}, payment_intent_data={"description": "Order 6736"}
    )
    done = stripe_balance.complete_checkout(session)
    assert as_dict(done.metadata) == {"mine": "1", "more": "2"}
    intent = as_dict(stripe.PaymentIntent.retrieve(done.payment_intent))
    assert {key: intent[key] for key in data} == {**data, "description": "Order 6736"}
    assert intent["payment_method_types"] == ["customer_balance"]
    assert intent["capture_method"] == "automatic_async"


def test_sessions_are_listed(stripe_balance, payer):
    """By customer, e-mail address, intent and status, newest first."""
    first, other = stripe_balance.checkout_session(payer, 1000), guests()
    done = stripe_balance.complete_checkout(stripe_balance.checkout_session(payer, 500))

    def listed(**params):
        return [one.id for one in stripe.checkout.Session.list(**params).data]

    assert listed() == [done.id, other.id, first.id]
    assert listed(customer=payer) == [done.id, first.id]
    assert listed(customer_details={"email": "ada@example.com"}) == [done.id, first.id]
    assert listed(payment_intent=done.payment_intent) == [done.id]
    assert listed(status="open") == [other.id, first.id]


TRANSFER = {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
CHOICES = {
    "allowed": (
        {
            "allowed_payment_method_types": ["card", "customer_balance"],
            "payment_method_options": {"customer_balance": TRANSFER},
        },
        None,
    ),
    "Stripe's": ({}, "pmc_"),
}


@pytest.mark.parametrize(("params", "configuration"), CHOICES.values(), ids=CHOICES)
def test_a_session_with_several_types_is_paid_by_one(stripe_balance, payer, params, configuration):
    """Which one has to be said; the intent has all of them."""
    session = guests(customer=payer, **params)
    assert session.payment_method_types == ["card", "customer_balance"]
    assert as_dict(session)["payment_method_options"] == {
        "card": {"request_three_d_secure": "automatic"},
        "customer_balance": TRANSFER,
    }
    details = as_dict(session)["payment_method_configuration_details"]
    assert (details and details["id"][:4]) == configuration
    with pytest.raises(ValueError, match=r"can be paid with card, customer_balance: say which"):
        stripe_balance.complete_checkout(session)
    done = stripe_balance.complete_checkout(session, pay_with="customer_balance")
    intent = stripe.PaymentIntent.retrieve(done.payment_intent)
    assert intent.payment_method_types == ["card", "customer_balance"]


def test_a_method_of_the_apps_own_pays(stripe_balance, payer):
    """`pay_with` takes a payment method's id."""
    method = stripe.PaymentMethod.create(type="customer_balance").id
    done = stripe_balance.complete_checkout(stripe_balance.checkout_session(payer, 1000), method)
    assert stripe.PaymentIntent.retrieve(done.payment_intent).payment_method == method


def test_without_a_customer_there_are_no_bank_transfers(stripe_balance):
    """Types that Stripe chooses or that are allowed leave them out."""
    assert guests().payment_method_types == ["card"]
    assert guests(allowed_payment_method_types=["customer_balance", "card"]).payment_method_types == [
        "card"
    ]


def test_a_guest_shows_what_is_known(stripe_balance):
    """Nothing, or an e-mail address."""
    bare, named = guests(), guests(customer_email="ada@example.com")
    assert (bare.customer_details, bare.customer_creation) == (None, "if_required")
    assert (named.customer_details.email, named.customer_email) == ("ada@example.com",) * 2
    assert named.collected_information is not None


ECHOED = {
    "allow_promotion_codes": True,
    "billing_address_collection": "required",
    "cancel_url": "https://example.com/cart",
    "client_reference_id": "6735",
    "integration_identifier": "shop",
    "locale": "de",
    "submit_type": "pay",
    "phone_number_collection": {"enabled": True},
    "shipping_address_collection": {"allowed_countries": ["DE", "AT"]},
    "adaptive_pricing": {"enabled": False},
}
COMPLETED = {
    "automatic_tax": (
        {"enabled": False},
        {"enabled": False, "liability": None, "provider": None, "status": None},
    ),
    "consent_collection": (
        {"terms_of_service": "required"},
        {
            "payment_method_reuse_agreement": None,
            "promotions": "none",
            "terms_of_service": "required",
        },
    ),
    "custom_text": (
        {"submit": {"message": "Thanks"}},
        {
            "after_submit": None,
            "shipping_address": None,
            "submit": {"message": "Thanks"},
            "terms_of_service_acceptance": None,
        },
    ),
    "custom_fields": (
        [{"key": "po", "label": {"custom": "PO", "type": "custom"}, "type": "text"}],
        [
            {
                "key": "po",
                "label": {"custom": "PO", "type": "custom"},
                "optional": False,
                "text": {
                    "default_value": None,
                    "maximum_length": None,
                    "minimum_length": None,
                    "value": None,
                },
                "type": "text",
            }
        ],
    ),
    "tax_id_collection": ({"enabled": True}, {"enabled": True, "required": "never"}),
    "name_collection": (
        {"business": {"enabled": True}},
        {"business": {"enabled": True, "optional": False}},
    ),
    "after_expiration": (
        {"recovery": {"enabled": False}},
        {
            "recovery": {
                "allow_promotion_codes": False,
                "enabled": False,
                "expires_at": None,
                "url": None,
            }
        },
    ),
}


def test_what_moves_no_cent_is_shown(stripe_balance, payer):
    """As it was sent, or with the other keys of its hash."""
    params = {**ECHOED, **{name: given for name, (given, _) in COMPLETED.items()}}
    session = as_dict(stripe_balance.checkout_session(payer, 1000, **params))
    shown = {**ECHOED, **{name: whole for name, (_, whole) in COMPLETED.items()}}
    assert {name: session[name] for name in shown} == shown
    assert session["id"].startswith("cs_test_b")
    done = stripe_balance.complete_checkout(session["id"])
    assert as_dict(done.consent) == {"promotions": None, "terms_of_service": "accepted"}


def test_inputs_without_a_trace_are_taken(stripe_balance, payer):
    """They ask the page to do something that nobody sees."""
    stripe_balance.checkout_session(
        payer,
        1000,
        customer_update={"address": "auto", "name": "never"},
        payment_method_data={"allow_redisplay": "always"},
        invoice_creation={"enabled": False},
        managed_payments={"enabled": False},
    )


@pytest.mark.parametrize("ui_mode", ["embedded_page", "elements"])
def test_an_embedded_page_has_a_secret_and_no_address(stripe_balance, payer, ui_mode):
    """The app shows the page itself."""
    session = stripe.checkout.Session.create(
        mode="payment",
        customer=payer,
        line_items=[line()],
        return_url=SUCCESS,
        ui_mode=ui_mode,
    )
    assert (session.url, session.return_url) == (None, SUCCESS)
    assert session.client_secret.startswith(f"{session.id}_secret_")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"ui_mode": "embedded_page", "return_url": SUCCESS}, "always"),
        ({"ui_mode": "embedded_page", "redirect_on_completion": "never"}, "never"),
        ({"ui_mode": "embedded_page", "redirect_on_completion": "if_required"}, "if_required"),
        ({"ui_mode": "elements", "return_url": SUCCESS}, None),
        ({"ui_mode": "hosted_page", "success_url": SUCCESS}, None),
    ],
)
def test_an_embedded_page_says_where_it_goes(payer, given, shown):
    """It redirects unless it is told not to; pages of other modes don't say [sdk]."""
    session = stripe.checkout.Session.create(
        mode="payment", customer=payer, line_items=[line()], **given
    )
    assert as_dict(session).get("redirect_on_completion") == shown


def test_an_id_is_as_real_ones(stripe_balance, payer):
    """66 characters, which begin with the mode and a letter."""
    session = stripe_balance.checkout_session(payer, 1000)
    assert len(session.id) == 66
    assert session.id.startswith("cs_test_a")


OLD = [("2026-02-25.clover", "hosted"), ("2026-08-26.dahlia", "hosted_page")]


@pytest.mark.parametrize(("version", "word"), OLD)
def test_the_page_has_the_name_of_the_requests_version(stripe_balance, payer, version, word):
    """It was renamed in dahlia; the words of a version go in and come out."""
    given = {"mode": "payment", "success_url": SUCCESS, "line_items": [line()], "customer": payer}
    session = stripe.checkout.Session.create(ui_mode=word, stripe_version=version, **given)
    assert session.ui_mode == word
    assert stripe.checkout.Session.retrieve(session.id).ui_mode == "hosted_page"


AT_ONCE = {"stripe_version": "2020-08-27", "payment_method_types": ["customer_balance"]}


def at_once(payer, **params):
    """Make a session whose intent is made with it."""
    given = {"mode": "payment", "success_url": SUCCESS, "line_items": [line()], "customer": payer}
    options = {"customer_balance": TRANSFER}
    return stripe.checkout.Session.create(
        payment_method_options=options, **{**given, **AT_ONCE, **params}
    )


def test_before_2022_08_01_the_intent_is_made_at_once(stripe_balance, payer, told):
    """It waits for the page, which pays it; the session has the keys of that time.

    That is checkout-intent-at-once.
    """
    session = at_once(payer)
    assert as_dict(session)["shipping"] is None
    assert "shipping_details" not in as_dict(session)
    intent = stripe.PaymentIntent.retrieve(session.payment_intent)
    assert intent.status == "requires_payment_method"
    assert told() == [OPENED]
    done = stripe_balance.complete_checkout(session)
    assert (done.payment_intent, done.payment_status) == (intent.id, "unpaid")
    stripe_balance.fund(payer, 1000)
    assert told()[-1] == "checkout.session.async_payment_succeeded"


def old_lines(*lines, **params):
    return guests(
        line_items=list(lines), stripe_version="2020-08-27", payment_method_types=["card"], **params
    )


HAT = {"name": "Hat", "amount": 1000, "currency": "usd", "quantity": 2}


def test_before_2022_08_01_a_line_says_its_amount(stripe_balance):
    """It makes a price and a product as price_data does; the two forms go together."""
    about = {"description": "Felt", "images": ["https://example.com/hat.png"]}
    session = old_lines({**HAT, **about}, line(500))
    assert session.amount_total == 2500
    first, second = stripe.checkout.Session.list_line_items(session.id).data
    assert (first.description, first.price.unit_amount, first.quantity) == ("Hat", 1000, 2)
    product = stripe.Product.retrieve(first.price.product)
    assert (product.description, product.images) == ("Felt", about["images"])
    assert second.price.unit_amount == 500
    assert stripe_balance.complete_checkout(session).payment_status == "paid"


OLD_SLIPS = {
    "no amount": ({"amount": None}, "parameter_missing", "line_items[0][amount]"),
    "no number": ({"amount": "ten"}, "parameter_invalid_integer", "line_items[0][amount]"),
    "no name": ({"name": None}, "parameter_missing", "line_items[0][name]"),
}


@pytest.mark.parametrize(("change", "code", "param"), OLD_SLIPS.values(), ids=OLD_SLIPS)
def test_a_slip_in_an_old_line_is_named_as_it_was_sent(change, code, param):
    """And not as price_data."""
    sent = {key: value for key, value in {**HAT, **change}.items() if value is not None}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        old_lines(sent)
    assert (caught.value.code, caught.value.param) == (code, param)


def test_other_old_parameters_are_refused_by_name(stripe_balance):
    """They were Stripe's then, so that no 400 would be right; now they are one."""
    with stripe_balance.refused(match="shipping_rates: Stripe took this before API version 2022-08-01"):
        old_lines(HAT, shipping_rates=["shr_1"])
    with stripe_balance.refused(match="description beside price_data: Stripe took this before"):
        old_lines({**line(), "description": "Felt"})
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameters"):
        guests(line_items=[HAT], stripe_version="2022-08-01")


def test_an_intent_made_at_once_is_canceled_with_its_session(stripe_balance, payer, told):
    """Its reason is that the session expired."""
    session = at_once(payer)
    stripe.checkout.Session.expire(session.id)
    intent = stripe.PaymentIntent.retrieve(session.payment_intent)
    assert (intent.status, intent.cancellation_reason) == ("canceled", "expired")
    assert told() == [OPENED, "payment_intent.canceled", "checkout.session.expired"]


def test_the_intent_of_an_open_session_is_left_alone(stripe_balance, payer):
    """Only the page can pay it, and the session's expiration cancels it."""
    intent = at_once(payer).payment_intent
    stripe_balance.fund(payer, 1000)
    for call, words in (
        (stripe.PaymentIntent.cancel, "canceling"),
        (stripe.PaymentIntent.confirm, "confirming"),
        (stripe.PaymentIntent.apply_customer_balance, "applying cash to"),
    ):
        with stripe_balance.refused(match=f"{words} {intent} .* is open: expire that"):
            call(intent)


def real_sessions():
    """Read the open sessions that others recorded, with the e-mail address of their customers."""
    if not REAL.exists():
        pytest.skip("STRIPE_REAL_DATA names no folder with real sessions")
    files = sorted(REAL.glob("checkout-create-*.json"))
    return [one["response"]["body"] for file in files for one in json.loads(file.read_text("utf-8"))]


OWN = (
    *("id", "created", "expires_at", "url", "amount_subtotal", "amount_total", "currency", "customer"),
    *("branding_settings", "customer_details", "customer_email", "payment_method_types"),
    *("payment_method_options", "payment_method_configuration_details"),
    *("allowed_payment_method_types", "excluded_payment_method_types"),  # newer than any recording
)


def test_open_sessions_are_as_real_ones(stripe_balance, payer):
    """Made alike, ours have the keys and values of the recorded ones, each at its version."""
    for real in real_sessions():
        version = "2026-03-25.dahlia" if real["ui_mode"] == "hosted_page" else "2025-01-27.acacia"
        params = {"success_url": real["success_url"], "cancel_url": real["cancel_url"]}
        params |= {"customer": payer} if real["customer"] else {}
        params |= {"submit_type": real["submit_type"]} if real["submit_type"] else {}
        params |= {"customer_email": real["customer_email"]} if real["customer_email"] else {}
        ours = json.loads(json.dumps(as_dict(guests(stripe_version=version, **params)), default=str))
        ours = document_without_newer(ours, real, real["created"])
        assert set(ours) - set(OWN) == set(real) - set(OWN)
        assert {key: ours[key] for key in ours if key not in OWN} == {
            key: real[key] for key in real if key not in OWN
        }
        shown = (real["customer_details"] or {}).keys()
        assert (ours["customer_details"] or {}).keys() == shown


def pages(**params):
    """Try to make a session for a customer, changed by parameters; None takes one out."""

    def call(payer):
        given = {"mode": "payment", "customer": payer, "line_items": [line()], "success_url": SUCCESS}
        given = {key: value for key, value in {**given, **params}.items() if value is not None}
        stripe.checkout.Session.create(**given)

    return call


def embedded(**params):
    """The same for a page inside the app's own."""
    return pages(**{"ui_mode": "embedded_page", "success_url": None, **params})


def old_pages(**params):
    """The same where explicit types are taken."""
    return pages(stripe_version="2025-08-27.basil", **params)


def priced(**cost):
    """Try to sell a price that is there."""

    def call(payer):
        price = stripe.Price.create(
            product_data={"name": "Hat"}, **{"currency": "usd", "unit_amount": 1000, **cost}
        )
        pages(line_items=[{"price": price.id, "quantity": 1}])(payer)

    return call


def of_an_archived_product(payer):
    price = stripe.Price.create(currency="usd", unit_amount=1000, product_data={"name": "Hat"})
    stripe.Product.modify(price.product, active=False)
    pages(line_items=[line(), {"price": price.id, "quantity": 1}])(payer)


def expiring(seconds):
    def call(payer):
        now = stripe.Customer.retrieve(payer).created + 1
        pages(expires_at=now + seconds)(payer)

    return call


def expired_twice(payer):
    session = guests(customer=payer)
    stripe.checkout.Session.expire(session.id)
    stripe.checkout.Session.expire(session.id)


def deleted(payer):
    stripe.Customer.delete(payer)
    pages()(payer)


def options(**params):
    return {"payment_method_options": {"customer_balance": params}}


ONE_OF = "You may only specify one of these parameters: "
MISSING, FEW = "resource_missing", "parameter_missing"
RECURRING = (
    "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or "
    "use only one-time prices."
)
INACTIVE = "The price specified is inactive. This field only accepts active prices."
EARLY = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
LATE = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
ONLY_OPEN = (
    'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
    "`expired`."
)
FUNDING = "payment_method_options[customer_balance][funding_type]"
TYPE = "payment_method_options[customer_balance][bank_transfer][type]"
SETUP = (
    "`setup_future_usage` cannot be used with one or more of the values you specified in "
    "`payment_method_types`. Please remove `setup_future_usage` or remove these types from "
    '`payment_method_types`: ["customer_balance"].'
)
BY_CASH = {"payment_method_types": ["customer_balance"]}
GONE = (
    "The parameter payment_method_types is no longer supported in this API version. Use "
    "allowed_payment_method_types instead."
)
NEEDS = "Payments by customer_balance need an existing customer: pass one as `customer`."
FIRST = "line_items[0]"
REFUSALS = {
    "an unknown customer": (
        *(pages(customer="cus_nope"), 400, MISSING, "customer"),
        "No such customer: 'cus_nope'",
    ),
    "a deleted customer": (deleted, 400, MISSING, "customer", "No such customer: '<id>'"),
    "an unknown session": (
        *(lambda _: stripe.checkout.Session.retrieve("cs_nope"), 404, MISSING, None),
        "No such checkout.session: cs_nope",
    ),
    "an unknown price": (
        *(pages(line_items=[{"price": "price_nope", "quantity": 1}]), 400, MISSING),
        *("line_items[0][price]", "No such price: 'price_nope'"),
    ),
    "an unknown product": (
        pages(
            line_items=[
                {
                    "price_data": {"currency": "usd", "unit_amount": 1000, "product": "prod_nope"},
                    "quantity": 1,
                }
            ]
        ),
        *(400, MISSING, "line_items[0][price_data][product]", "No such product: 'prod_nope'"),
    ),
    "a total too small": (
        *(pages(line_items=[line(49)]), 400, "amount_too_small", None),
        "The Checkout Session's total amount due must add up to at least $0.50 USD",
    ),
    "a total too small in pesos": (
        *(pages(line_items=[line(999, currency="mxn")]), 400, "amount_too_small", None),
        "The Checkout Session's total amount due must add up to at least $10.00 MXN",
    ),
    "no mode": (pages(mode=None), 400, FEW, "mode", "Missing required param: mode."),
    "no address": (
        *(pages(success_url=None), 400, FEW, "success_url"),
        "Missing required param: success_url.",
    ),
    "no URL": (
        *(pages(success_url="/thanks"), 400, "url_invalid", "success_url"),
        "Invalid URL: An explicit scheme (such as https) must be provided.",
    ),
    "no URL to go back to": (
        *(pages(cancel_url="https://"), 400, "url_invalid", "cancel_url"),
        "Not a valid URL",
    ),
    "no lines": (
        *(pages(line_items=None), 400, FEW, "line_items"),
        "Missing required param: line_items.",
    ),
    "no quantity": (
        *(pages(line_items=[{"price_data": line()["price_data"]}]), 400, FEW, f"{FIRST}[quantity]"),
        f"Missing required param: {FIRST}[quantity].",
    ),
    "a line of nothing": (
        *(pages(line_items=[{"quantity": 1}]), 400, FEW, f"{FIRST}[price]"),
        f"Missing required param: {FIRST}[price].",
    ),
    "a line of two prices": (
        *(pages(line_items=[line(price="price_nope")]), 400, None, "price"),
        f"{ONE_OF}price, price_data.",
    ),
    "a customer and an e-mail address": (
        *(pages(customer_email="ada@example.com"), 400, None, "customer"),
        f"{ONE_OF}customer, customer_email.",
    ),
    "a customer and a new one": (
        *(pages(customer_creation="always"), 400, None, "customer"),
        f"{ONE_OF}customer, customer_creation.",
    ),
    "an inactive price": (priced(active=False), 400, None, f"{FIRST}[price]", INACTIVE),
    "an active price of an inactive product": (
        *(of_an_archived_product, 400, None, "line_items[1][price]"),
        "Price `<price>` is not available to be purchased because its product is not active.",
    ),
    "a recurring price": (priced(recurring={"interval": "month"}), 400, None, None, RECURRING),
    "two currencies": (
        *(pages(line_items=[line(), line(currency="eur")]), 400, None, "line_items[1][price]"),
        "All prices of a Checkout Session must have one currency: eur and usd were given.",
    ),
    "data of an intent for a subscription": (
        *(pages(mode="subscription", payment_intent_data={"description": "x"}), 400, None, None),
        "You can not pass `payment_intent_data` in `subscription` mode.",
    ),
    "an expiration too early": (expiring(1700), 400, None, "expires_at", EARLY),
    "an expiration too late": (expiring(DAY + 100), 400, None, "expires_at", LATE),
    "an expired session expires": (expired_twice, 400, None, None, ONLY_OPEN),
    "types at endive": (
        *(pages(**BY_CASH), 400, "payment_method_types_no_longer_supported"),
        *("payment_method_types", GONE),
    ),
    "bank transfers without a customer": (
        *(old_pages(customer=None, **BY_CASH), 400, None, "customer"),
        NEEDS,
    ),
    "only bank transfers allowed, without a customer": (
        *(pages(customer=None, allowed_payment_method_types=["customer_balance"]), 400, None),
        *("customer", NEEDS),
    ),
    "no funding type": (
        *(old_pages(**BY_CASH), 400, FEW, FUNDING),
        f"A value is required for {FUNDING}",
    ),
    "no type of transfer": (
        *(old_pages(**BY_CASH, **options(funding_type="bank_transfer")), 400, FEW, TYPE),
        f"Missing required param: {TYPE}.",
    ),
    "another currency's transfer": (
        old_pages(**BY_CASH, **options(**TRANSFER), line_items=[line(currency="eur")]),
        *(400, None, TYPE, "The bank transfer type us_bank_transfer cannot be used with eur."),
    ),
    "set up by a transfer": (
        old_pages(
            **BY_CASH,
            **options(**TRANSFER),
            payment_intent_data={"setup_future_usage": "off_session"},
        ),
        *(400, None, None, SETUP),
    ),
    "an update of a customer that isn't named": (
        *(pages(customer=None, customer_update={"name": "auto"}), 400, None, "customer_update"),
        "`customer_update` can only be used with `customer`.",
    ),
    "an embedded page with an address": (
        *(pages(ui_mode="embedded_page"), 400, None, "success_url"),
        "The following parameters are not supported with `ui_mode: embedded_page`: success_url.",
    ),
    "a page of one's own with both addresses": (
        *(pages(ui_mode="elements", cancel_url=SUCCESS), 400, None, "cancel_url"),
        "The following parameters are not supported with `ui_mode: elements`: cancel_url, success_url.",
    ),
    "an embedded page that leads nowhere": (
        *(embedded(), 400, FEW, "return_url"),
        "Missing required param: return_url.",
    ),
    "an embedded page that stays, with an address": (
        *(embedded(redirect_on_completion="never", return_url=SUCCESS), 400, None, "return_url"),
        "`return_url` can't be used with `redirect_on_completion: never`.",
    ),
    "sessions of an unknown customer": (
        *(lambda _: stripe.checkout.Session.list(customer="cus_nope"), 400, MISSING, "customer"),
        "No such customer: 'cus_nope'",
    ),
    "sessions of a payment link, of which there are none": (
        *(lambda _: stripe.checkout.Session.list(payment_link="plink_1"), 400, MISSING, "payment_link"),
        "No such payment_link: 'plink_1'",
    ),
    "sessions of a subscription, of which there are none": (
        *(lambda _: stripe.checkout.Session.list(subscription="sub_1"), 400, MISSING, "subscription"),
        "No such subscription: 'sub_1'",
    ),
}


@pytest.mark.parametrize(("call", "status", "code", "param", "message"), REFUSALS.values(), ids=REFUSALS)
def test_checkout_refuses(payer, call, status, code, param, message):
    """Each has its status, code, param and words, also by checkout-refusals."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call(payer)
    error = caught.value.json_body["error"]
    said = (caught.value.http_status, error.get("code"), error.get("param"))
    assert said == (status, code, param)
    told = re.sub("`price_[^`]+`", "`<price>`", error["message"])
    assert told.replace(payer, "<id>") == message


@pytest.mark.stripe_balance(assume={"checkout-needs-customer": "types", "checkout-quantity": "one"})
def test_other_readings_of_refusals(payer):
    """Another param is named, and a line without a quantity is of one."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        old_pages(customer=None, **BY_CASH)(payer)
    assert caught.value.param == "payment_method_types"
    session = guests(line_items=[{"price_data": line()["price_data"]}])
    assert session.amount_total == 1000


def by_an_archived_product(payer):
    product = stripe.Product.create(name="Hat", active=False).id
    cost = {"currency": "usd", "unit_amount": 1000, "product": product}
    pages(line_items=[{"price_data": cost, "quantity": 1}])(payer)


UNMODELLED = {
    "inactive product is not modelled: activate prod_": by_an_archived_product,
    "mode setup": pages(mode="setup"),
    "mode subscription": pages(mode="subscription"),
    "shipping_options": pages(shipping_options=[{"shipping_rate": "shr_1"}]),
    "discounts": pages(discounts=[{"coupon": "c"}]),
    "automatic_tax": pages(automatic_tax={"enabled": True}),
    "invoice_creation": pages(invoice_creation={"enabled": True}),
    "optional_items": pages(optional_items=[{"price": "price_1", "quantity": 1}]),
    "tax_rates": pages(line_items=[line(tax_rates=["txr_1"])]),
    "total of 0": pages(line_items=[line(0)]),
    "in 'cad'": pages(line_items=[line(currency="cad")]),
    "allows customer_balance alone": pages(
        allowed_payment_method_types=["customer_balance"],
        payment_intent_data={"setup_future_usage": "off_session"},
    ),
    "1 times 100.5": pages(
        line_items=[
            {
                "price_data": {
                    "currency": "usd",
                    "unit_amount_decimal": "100.5",
                    "product_data": {"name": "Hat"},
                },
                "quantity": 1,
            }
        ]
    ),
}


@pytest.mark.parametrize(("words", "call"), UNMODELLED.items(), ids=UNMODELLED)
def test_what_could_move_a_cent_is_refused_by_name(stripe_balance, payer, words, call):
    """Or what belongs to another mode."""
    with stripe_balance.refused(match=words):
        call(payer)


def test_a_page_is_submitted_once(stripe_balance, payer):
    """A complete or expired session can't be completed, nor one by a type that it hasn't."""
    session = stripe_balance.checkout_session(payer, 1000)
    with pytest.raises(ValueError, match="can be paid with customer_balance, and not with card"):
        stripe_balance.complete_checkout(session, "card")
    stripe_balance.complete_checkout(session)
    with pytest.raises(ValueError, match="is complete: only an open Checkout Session"):
        stripe_balance.complete_checkout(session)
    gone = stripe.checkout.Session.expire(stripe_balance.checkout_session(payer, 1000).id)
    with pytest.raises(ValueError, match="is expired: only an open Checkout Session"):
        stripe_balance.complete_checkout(gone)


def test_the_page_of_a_deleted_customer_shows_an_error(stripe_balance, payer):
    """The session stays open, and nothing was made."""
    session = stripe_balance.checkout_session(payer, 1000)
    stripe.Customer.delete(payer)
    with pytest.raises(ValueError, match=f"the page shows: No such customer: '{payer}'"):
        stripe_balance.complete_checkout(session)
    assert stripe.checkout.Session.retrieve(session.id).status == "open"
    assert stripe.PaymentIntent.list().data == []


def test_what_a_session_pays_is_fixed(stripe_balance, payer):
    """Another amount of its intent is refused, and data for an intent that is there."""
    session = stripe_balance.complete_checkout(stripe_balance.checkout_session(payer, 1000))
    with stripe_balance.refused(match=f"because it pays the Checkout Session {session.id}"):
        stripe.PaymentIntent.modify(session.payment_intent, amount=900)
    with stripe_balance.refused(match="which has its payment intent, is not modelled"):
        stripe.checkout.Session.modify(session.id, payment_intent_data={"description": "x"})
    stripe.checkout.Session.modify(session.id, metadata={"paid": "soon"})


SHOP = "acct_1ShopShopShopShp"


def test_a_session_shares_its_money(stripe_balance, payer):
    """Fee and transfer are its intent's, and leave when that is paid."""
    data = {"application_fee_amount": 100, "transfer_data": {"destination": SHOP}}
    session = stripe_balance.checkout_session(payer, 1000, payment_intent_data=data)
    done = stripe_balance.complete_checkout(session)
    assert stripe.Transfer.list().data == []
    stripe_balance.fund(payer, 1000)
    intent = stripe.PaymentIntent.retrieve(done.payment_intent)
    assert (intent.application_fee_amount, intent.transfer_data.destination) == (100, SHOP)
    assert [one.amount for one in stripe.Transfer.list().data] == [1000]
    last = stripe_balance.events()[-1]
    assert last.type == "checkout.session.async_payment_succeeded"


SHARES = {
    "a fee without a destination": (
        {"application_fee_amount": 100},
        "payment_intent_data[application_fee_amount]",
    ),
    "an unknown destination": (
        {"transfer_data": {"destination": "nope"}},
        "payment_intent_data[transfer_data][destination]",
    ),
}


@pytest.mark.parametrize(("data", "param"), SHARES.values(), ids=SHARES)
def test_a_share_that_cannot_be_is_refused_with_the_session(stripe_balance, payer, data, param):
    """As on an intent, and before the page is there."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_balance.checkout_session(payer, 1000, payment_intent_data=data)
    assert caught.value.param == param


def test_on_behalf_of_leaves_bank_transfers_out(stripe_balance, payer):
    """Types that Stripe chooses lose them; explicit ones are refused."""
    data = {"on_behalf_of": SHOP}
    assert guests(customer=payer, payment_intent_data=data).payment_method_types == ["card"]
    with pytest.raises(stripe.InvalidRequestError, match="on_behalf_of can't be used"):
        stripe_balance.checkout_session(payer, 1000, payment_intent_data=data)


TAMPERED = {
    "paid by nobody": {"payment_status": "paid"},
    "open and paid for": {"status": "open"},
    "of another total": {"lines": ()},
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_the_audit_sees_a_session_that_differs_from_its_intent(
    stripe_balance, payer, _stripe_session, change
):
    """Status, payment and total go together."""
    if change != {"payment_status": "paid"}:
        stripe_balance.fund(payer, 1000)
    done = stripe_balance.complete_checkout(stripe_balance.checkout_session(payer, 1000))
    world = _stripe_session.world
    world.check()
    kept = world.checkout_sessions.get(done.id)
    world.checkout_sessions.put(kept._replace(**change))
    with pytest.raises(AssertionError, match=done.id):
        world.check()
    world.checkout_sessions.put(kept)


BY_CARD = [OPENED, *SUCCEEDED, "checkout.session.completed"]


def test_a_guest_pays_by_card(stripe_balance):
    """At once, with one event of the session; nothing is later."""
    session = stripe_balance.complete_checkout(guests())
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert [event.type for event in stripe_balance.events()] == BY_CARD
    intent = stripe.PaymentIntent.retrieve(session.payment_intent, expand=["latest_charge"])
    assert (intent.status, intent.customer, intent.amount_received) == ("succeeded", None, 1000)
    assert intent.latest_charge.payment_method_details.card.last4 == "4242"


def test_a_customer_pays_by_card_beside_a_balance(stripe_balance, payer, told):
    """The cash stays where it is; where the session has both types the page asks which."""
    stripe_balance.fund(payer, 5000)
    last = stripe_balance.events()[-1]
    session = stripe_balance.complete_checkout(guests(customer=payer), "card")
    assert (session.status, session.payment_status) == ("complete", "paid")
    assert told(after=last) == BY_CARD
    assert stripe_balance.available(payer) == {"usd": 5000}


def test_a_customer_who_could_pay_by_card_waits_for_a_transfer(stripe_balance, payer, told):
    """The session is complete and unpaid until the money is there."""
    session = stripe_balance.complete_checkout(guests(customer=payer), "customer_balance")
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    stripe_balance.fund(payer, 1000)
    assert stripe.checkout.Session.retrieve(session.id).payment_status == "paid"
    assert told()[-1] == "checkout.session.async_payment_succeeded"


DECLINED = [OPENED, "charge.failed", "payment_intent.payment_failed"]


@pytest.mark.parametrize("again", ["card", "pm_card_mastercard", "customer_balance"])
def test_a_declined_card_leaves_the_session_open(stripe_balance, payer, told, again):
    """The page shows why, and another try pays the same intent."""
    session = guests(customer=payer)
    with pytest.raises(ValueError, match="the page shows: Your card was declined"):
        stripe_balance.complete_checkout(session, "pm_card_visa_chargeDeclined")
    tried = stripe.checkout.Session.retrieve(session.id)
    assert (tried.status, tried.payment_status) == ("open", "unpaid")
    assert stripe.PaymentIntent.retrieve(tried.payment_intent).status == "requires_payment_method"
    assert told() == DECLINED
    done = stripe_balance.complete_checkout(session, again)
    assert (done.status, done.payment_intent) == ("complete", tried.payment_intent)
    stripe_balance.fund(payer, 1000)
    assert stripe.checkout.Session.retrieve(session.id).payment_status == "paid"
    assert len(stripe.PaymentIntent.list().data) == 1


def test_a_session_whose_card_was_declined_expires(stripe_balance):
    """Its intent is canceled with it."""
    session = guests()
    with pytest.raises(ValueError, match="Your card has insufficient funds"):
        stripe_balance.complete_checkout(session, "pm_card_visa_chargeDeclinedInsufficientFunds")
    expired = stripe.checkout.Session.expire(session.id)
    intent = stripe.PaymentIntent.retrieve(expired.payment_intent)
    assert (expired.status, intent.status) == ("expired", "canceled")


def test_a_card_that_must_authenticate_is_refused_by_name(stripe_balance):
    """Nothing was made, and another card pays."""
    session = guests()
    with stripe_balance.refused(match="authenticating a card on the page is not modelled"):
        stripe_balance.complete_checkout(session, "pm_card_threeDSecure2Required")
    assert stripe.checkout.Session.retrieve(session.id).status == "open"
    assert stripe_balance.events() == []
    assert stripe_balance.complete_checkout(session).payment_status == "paid"


def test_a_saved_card_pays_on_the_page(stripe_balance, payer):
    """`pay_with` takes the id of the customer's own."""
    card = stripe.PaymentMethod.attach("pm_card_visa", customer=payer).id
    session = stripe_balance.complete_checkout(guests(customer=payer), card)
    assert stripe.PaymentIntent.retrieve(session.payment_intent).payment_method == card


KEPT = {
    "Stripe's types": ({"payment_intent_data": {"setup_future_usage": "off_session"}}, ["card"]),
    "types that are allowed": (
        {
            "allowed_payment_method_types": ["card", "customer_balance"],
            "payment_intent_data": {"setup_future_usage": "on_session"},
        },
        ["card"],
    ),
    "cards": (
        {"payment_method_options": {"card": {"setup_future_usage": "off_session"}}},
        ["card", "customer_balance"],
    ),
}


@pytest.mark.parametrize(("params", "types"), KEPT.values(), ids=KEPT)
def test_a_card_is_kept_for_later(stripe_balance, payer, params, types):
    """It is attached to the customer when it pays; a guest becomes one."""
    session = guests(customer=payer, **params)
    assert session.payment_method_types == types
    done = stripe_balance.complete_checkout(session, "card")
    (card,) = stripe.Customer.list_payment_methods(payer).data
    assert stripe.PaymentIntent.retrieve(done.payment_intent).payment_method == card.id
    made = stripe_balance.complete_checkout(guests(**params), "card").customer
    assert len(stripe.Customer.list_payment_methods(made).data) == 1


def test_another_type_is_refused_when_the_page_is_submitted(stripe_balance):
    """It is named."""
    other = old_page(payment_method_types=["klarna"])
    with stripe_balance.refused(match="paying a Checkout Session with klarna is not modelled"):
        stripe_balance.complete_checkout(other)


def old_page(**params):
    """Make a guest's session at a version that takes explicit types."""
    return guests(stripe_version="2025-08-27.basil", **params)
