"""What a customer types on the page of a Checkout Session, and where it is shown (checkout-page)."""

import json
import os
from pathlib import Path

import pytest
import stripe
from majors import as_dict

NUMBER, ADDRESS = "4242" * 4, "ada@" + "navybank.com"
REAL = Path(os.environ.get("STRIPE_REAL_DATA", "../shared/real")) / "neighbours"
SUCCESS = "https://example.com/thanks"
COST = {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "Hat"}}
NOWHERE = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
HOME = {
    **NOWHERE,
    "city": "San Francisco",
    "country": "US",
    "line1": "1 Example Street",
    "postal_code": "94103",
    "state": "CA",
}
BERLIN = {"line1": "Unter den Linden 1", "city": "Berlin", "postal_code": "10117", "country": "DE"}
GUEST = {"email": "guest@example.com", "name": "Test Guest", "phone": None}

pytestmark = pytest.mark.usefixtures("at_newest_version")


def page(**params):
    given = {
        "mode": "payment",
        "success_url": SUCCESS,
        "line_items": [{"price_data": COST, "quantity": 1}],
    }
    return stripe.checkout.Session.create(**given, **params)


@pytest.fixture
def paid(stripe_balance):
    """Make a session, and submit its page with a card; give the session, its intent and its charge."""

    def pay(typed=None, pay_with="card", **params):
        done = stripe_balance.complete_checkout(page(**params), pay_with, **(typed or {}))
        intent = stripe.PaymentIntent.retrieve(done.payment_intent, expand=["latest_charge"])
        return as_dict(done), as_dict(intent), as_dict(intent.latest_charge)

    return pay


def test_a_guest_who_types_nothing_has_what_a_page_requires(paid):
    """An e-mail address, the name of the card, its country and postal code; the charge has them too."""
    session, intent, charge = paid()
    where = {**NOWHERE, "country": "US", "postal_code": "94103"}
    assert session["customer_details"] == {
        **GUEST,
        "address": where,
        "business_name": None,
        "individual_name": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    assert (session["customer"], session["collected_information"]) == (None, None)
    assert (session["customer_email"], session["customer_creation"]) == (None, "if_required")
    assert charge["billing_details"] == {**GUEST, "address": where, "tax_id": None}
    assert charge["payment_method_details"]["card"]["checks"]["address_postal_code_check"] == "pass"
    assert (intent["shipping"], intent["receipt_email"], charge["receipt_email"]) == (None, None, None)


def test_a_guests_page_is_as_a_real_one(paid):
    """The same keys have values, and the others none (bikeindex/bike_index, March 2025)."""
    path = REAL / "checkout-complete-paid-2025-01-27.acacia.json"
    if not path.is_file():
        pytest.skip("STRIPE_REAL_DATA names no folder with real sessions")
    theirs = json.loads(path.read_text("utf-8"))[0]["response"]["body"]
    ours, _, _ = paid(stripe_version="2025-01-27.acacia")

    def shape(details):
        where = {key for key, value in details["address"].items() if value}
        return where, {key for key, value in details.items() if value}, details["tax_ids"]

    assert shape(ours["customer_details"]) == shape(theirs["customer_details"])
    assert ours["collected_information"] is theirs["collected_information"] is None


def test_what_is_typed_is_shown(paid, stripe_balance):
    """And found by its e-mail address."""
    typed = {"email": "ada@example.com", "name": "Ada Lovelace", "address": {"country": "GB"}}
    session, _, charge = paid({"customer_details": typed})
    details = session["customer_details"]
    assert (details["email"], details["name"]) == ("ada@example.com", "Ada Lovelace")
    assert details["address"] == {**NOWHERE, "country": "GB"}
    assert charge["billing_details"]["email"] == "ada@example.com"
    found = stripe.checkout.Session.list(customer_details={"email": "ada@example.com"}).data
    assert [one.id for one in found] == [session["id"]]
    event = stripe_balance.events("checkout.session.completed")[0]
    assert event.data.object["customer_details"]["name"] == "Ada Lovelace"


SHIPS = {"shipping_address_collection": {"allowed_countries": ["DE", "US"]}}


def test_a_shipping_address_is_the_billing_address_too(paid):
    """The intent and the charge ship there; made up, it is in a country that is allowed."""
    session, intent, charge = paid(**SHIPS)
    there = {"address": HOME, "name": "Test Guest"}
    assert session["collected_information"]["shipping_details"] == there
    assert session["customer_details"]["address"] == HOME
    own = {"carrier": None, "phone": None, "tracking_number": None}
    assert intent["shipping"] == charge["shipping"] == {**there, **own}
    abroad, _, _ = paid(shipping_address_collection={"allowed_countries": ["AT"]})
    assert abroad["customer_details"]["address"]["country"] == "AT"


def test_a_typed_shipping_address_is_shown(paid):
    """Before basil as shipping_details, and before 2022-08-01 as shipping."""
    typed = {"shipping_details": {"name": "Bo", "address": BERLIN}}
    session, intent, _ = paid(typed, **SHIPS)
    there = {"address": {**NOWHERE, **BERLIN}, "name": "Bo"}
    assert session["collected_information"]["shipping_details"] == there
    assert (intent["shipping"]["name"], session["customer_details"]["name"]) == ("Bo", "Bo")
    for version, key in (("2025-02-24.acacia", "shipping_details"), ("2020-08-27", "shipping")):
        old = stripe.checkout.Session.retrieve(session["id"], stripe_version=version)
        assert as_dict(old)[key] == there


FIELDS = [
    {"key": "po", "label": {"custom": "PO", "type": "custom"}, "type": "text"},
    {
        "key": "code",
        "label": {"custom": "Code", "type": "custom"},
        "type": "numeric",
        "numeric": {"minimum_length": 4, "maximum_length": 6},
    },
    {
        "key": "size",
        "label": {"custom": "Size", "type": "custom"},
        "type": "dropdown",
        "dropdown": {"options": [{"label": "S", "value": "s"}, {"label": "M", "value": "m"}]},
    },
    {"key": "note", "label": {"custom": "Note", "type": "custom"}, "type": "text", "optional": True},
]


def values(session):
    return {field["key"]: field[field["type"]]["value"] for field in session["custom_fields"]}


def test_custom_fields_have_values(paid):
    """Those that are required have one, typed or made up; an optional one has none."""
    untyped, _, _ = paid(custom_fields=FIELDS)
    assert values(untyped) == {"po": "Example", "code": "1111", "size": "s", "note": None}
    typed, _, _ = paid({"custom_fields": {"po": "6735", "size": "m", "note": "x"}}, custom_fields=FIELDS)
    assert values(typed) == {"po": "6735", "code": "1111", "size": "m", "note": "x"}
    filled = [{**FIELDS[0], "text": {"default_value": "6735"}}]
    assert values(paid(custom_fields=filled)[0]) == {"po": "6735"}


def test_a_page_that_asks_for_more_gets_it(paid):
    """A phone number, a whole billing address, a name of a person and of a business."""
    session, _, charge = paid(
        phone_number_collection={"enabled": True},
        billing_address_collection="required",
        name_collection={
            "business": {"enabled": True},
            "individual": {"enabled": True, "optional": True},
        },
    )
    details, names = session["customer_details"], {"individual_name": None}
    names["business_name"] = "Example Business"
    assert (details["phone"], details["address"]) == ("+12025550123", HOME)
    assert names.items() <= details.items()
    assert names.items() <= session["collected_information"].items()
    assert charge["billing_details"]["phone"] == "+12025550123"


def test_a_customer_s_own_values_are_filled_in(paid, stripe_balance):
    """And can be typed over, but for the e-mail address."""
    ada = {"email": "ada@example.com", "name": "Ada", "phone": "+4930123456", "address": BERLIN}
    payer = stripe_balance.customer(**ada, tax_exempt="exempt").id
    session, _, charge = paid(customer=payer, phone_number_collection={"enabled": True})
    where = {**NOWHERE, **BERLIN}
    known = {**ada, "address": where, "tax_exempt": "exempt"}
    assert known.items() <= session["customer_details"].items()
    assert charge["billing_details"] == {**ada, "address": where, "tax_id": None}
    other, _, _ = paid({"customer_details": {"name": "Bo"}}, customer=payer)
    assert (other["customer_details"]["name"], stripe.Customer.retrieve(payer).name) == ("Bo", "Ada")
    with pytest.raises(ValueError, match=r"shows the e-mail address ada@example\.com, which nobody can"):
        paid({"customer_details": {"email": "bo@example.com"}}, customer=payer)
    with pytest.raises(ValueError, match=r"shows the e-mail address eve@example\.com"):
        paid({"customer_details": {"email": "bo@example.com"}}, customer_email="eve@example.com")


def test_a_customer_s_own_card_fills_in_its_billing_details(paid, stripe_balance):
    """They stay those of the card."""
    payer = stripe_balance.customer(email="ada@example.com", name="Ada").id
    card = stripe.PaymentMethod.create(
        type="card", card={"token": "tok_visa"}, billing_details={"name": "Ada L", "address": BERLIN}
    ).id
    stripe.PaymentMethod.attach(card, customer=payer)
    session, _, charge = paid(pay_with=card, customer=payer)
    assert session["customer_details"]["name"] == "Ada L"
    assert session["customer_details"]["address"] == {**NOWHERE, **BERLIN}
    assert charge["billing_details"]["email"] is None


def test_a_customer_without_an_address_gets_the_typed_one(stripe_balance):
    """Stripe sets it on the customer, also when they pay by bank transfer."""
    payer = stripe_balance.customer()
    session = stripe_balance.checkout_session(payer, 1000)
    done = stripe_balance.complete_checkout(session, customer_details={"email": "bo@example.com"})
    details = as_dict(done.customer_details)
    assert (details["email"], details["name"], details["address"]) == ("bo@example.com", None, None)
    assert stripe.Customer.retrieve(payer.id).email == "bo@example.com"
    types = [event.type for event in stripe_balance.events()]
    assert types[-2:] == ["customer.updated", "checkout.session.completed"]


def test_a_customer_keeps_what_customer_update_says(stripe_balance):
    """Name, address and shipping, where it is auto."""
    payer = stripe_balance.customer(email="ada@example.com").id
    update = {"name": "auto", "shipping": "auto", "address": "never"}
    session = page(customer=payer, customer_update=update, **SHIPS)
    typed = {"name": "Bo", "address": BERLIN}
    stripe_balance.complete_checkout(session, "card", shipping_details=typed)
    kept = as_dict(stripe.Customer.retrieve(payer))
    assert (kept["name"], kept["shipping"]["name"], kept["address"]) == ("Bo", "Bo", None)


def test_a_guest_becomes_a_customer(paid, stripe_balance):
    """With what was typed, before the intent is made; the session still says that it made one."""
    typed = {"customer_details": {"email": "ada@example.com", "name": "Ada"}}
    session, intent, charge = paid(typed, customer_creation="always", **SHIPS)
    made = as_dict(stripe.Customer.retrieve(session["customer"]))
    assert (made["email"], made["name"], made["address"]) == ("ada@example.com", "Ada", HOME)
    assert made["shipping"]["address"] == HOME
    assert (session["customer_creation"], intent["customer"], charge["customer"]) == (
        "always",
        made["id"],
        made["id"],
    )
    types = [event.type for event in stripe_balance.events()]
    assert types[:2] == ["customer.created", "payment_intent.created"]


def test_before_2022_08_01_every_guest_becomes_one(stripe_balance):
    """The intent that was made with the session gets the customer."""
    session = page(stripe_version="2020-08-27", payment_method_types=["card"])
    assert session.customer_creation == "always"
    done = stripe_balance.complete_checkout(session)
    intent = stripe.PaymentIntent.retrieve(done.payment_intent)
    assert done.customer == intent.customer is not None


def test_a_second_try_pays_for_the_same_customer(stripe_balance):
    """A declined card leaves the customer that the page made."""
    session = page(customer_creation="always")
    with pytest.raises(ValueError, match="the page shows: Your card was declined"):
        stripe_balance.complete_checkout(session, "pm_card_visa_chargeDeclined")
    made = stripe.checkout.Session.retrieve(session.id).customer
    assert stripe_balance.complete_checkout(session, "card").customer == made
    assert [one.id for one in stripe.Customer.list().data] == [made]


def test_a_second_try_may_type_anything_else(stripe_balance):
    """The customer that the page made gets it before the card is tried; the rest stays as it was."""
    phone = {"phone_number_collection": {"enabled": True}}
    session = page(customer_creation="always", **phone)
    ada = {"email": "ada@example.com", "name": "Ada", "phone": "+4930123456"}
    with pytest.raises(ValueError, match="the page shows: Your card was declined"):
        stripe_balance.complete_checkout(session, "pm_card_visa_chargeDeclined", customer_details=ada)
    bo = {"email": "bo@example.com", "name": "Bo"}
    done = stripe_balance.complete_checkout(session, "card", customer_details=bo)
    now = {**ada, **bo}
    for shown in (done.customer_details, *stripe.Customer.list().data):
        assert now.items() <= as_dict(shown).items()
    types = [event.type for event in stripe_balance.events()]
    assert types[0] == "customer.created"
    assert types[types.index("payment_intent.payment_failed") + 1] == "customer.updated"
    assert types[-1] == "checkout.session.completed"
    assert types.count("customer.updated") == 1


def test_a_second_try_keeps_the_e_mail_address_of_the_session(stripe_balance):
    """The app gave it, so the page that made the customer shows it still."""
    session = page(customer_creation="always", customer_email="eve@example.com")
    with pytest.raises(ValueError, match="the page shows: Your card was declined"):
        stripe_balance.complete_checkout(session, "pm_card_visa_chargeDeclined")
    bo = {"email": "bo@example.com"}
    with pytest.raises(ValueError, match=r"shows the e-mail address eve@example\.com"):
        stripe_balance.complete_checkout(session, "card", customer_details=bo)


WHOLE = {"billing_address_collection": "required"}
TYPED = {
    "a phone number": ({"customer_details": {"phone": "+12025550199"}}, {}, "doesn't ask for phone; it"),
    "an unknown field": ({"customer_details": {"age": "7"}}, {}, "doesn't ask for age; it asks for"),
    "no e-mail address": (
        {"customer_details": {"email": "nope"}},
        {},
        "the page shows: Invalid email address: nope",
    ),
    "a field of an address": (
        {"customer_details": {"address": {"zip": "1"}}},
        {},
        "has no zip of an address; it has city",
    ),
    "a shipping address": (
        {"shipping_details": {"name": "Bo"}},
        {},
        "doesn't ask for shipping_details: send shipping_address_collection",
    ),
    "another country": (
        {"shipping_details": {"address": {**BERLIN, "country": "FR"}}},
        SHIPS,
        "ships to DE, US, and not to FR",
    ),
    "a field of the shipping": (
        {"shipping_details": {"phone": "1"}},
        SHIPS,
        "has no phone of shipping_details",
    ),
    "an unknown custom field": (
        {"custom_fields": {"vat": "1"}},
        {"custom_fields": FIELDS},
        "has no custom field vat; it has po, code, size, note",
    ),
    "no digits": ({"custom_fields": {"code": "abcd"}}, {"custom_fields": FIELDS}, "code takes digits"),
    "too few": (
        {"custom_fields": {"code": "1"}},
        {"custom_fields": FIELDS},
        "code takes at least 4 and at most 6 characters",
    ),
    "too few without a maximum": (
        {"custom_fields": {"po": "1"}},
        {"custom_fields": [{**FIELDS[0], "text": {"minimum_length": 4}}]},
        "po takes at least 4 characters",
    ),
    "no choice": ({"custom_fields": {"size": "l"}}, {"custom_fields": FIELDS}, "size takes one of s, m"),
    "an empty field": (
        {"custom_fields": {"po": ""}},
        {"custom_fields": FIELDS},
        r"requires custom_fields\[po\], and it is empty: leave it out",
    ),
    "an empty name": (
        {"customer_details": {"name": " "}},
        {},
        r"requires customer_details\[name\], and it is empty",
    ),
    "an empty name of a business": (
        {"customer_details": {"business_name": ""}},
        {"name_collection": {"business": {"enabled": True}}},
        r"requires customer_details\[business_name\], and it is empty",
    ),
    "an empty name of the shipping": (
        {"shipping_details": {"name": ""}},
        SHIPS,
        r"requires shipping_details\[name\], and it is empty",
    ),
    "an empty phone number": (
        {"customer_details": {"phone": ""}},
        {"phone_number_collection": {"enabled": True}},
        r"requires customer_details\[phone\], and it is empty",
    ),
    "no phone number": (
        {"customer_details": {"phone": "abc"}},
        {"phone_number_collection": {"enabled": True}},
        r"takes \+ and digits as customer_details\[phone\], as \+12025550123, and not 'abc'",
    ),
    "a part of a required address": (
        {"customer_details": {"address": {"country": "US"}}},
        WHOLE,
        r"requires line1 in customer_details\[address\]: add that, or leave the address out",
    ),
    "an empty line of a required address": (
        {"customer_details": {"address": {**BERLIN, "line1": ""}}},
        WHOLE,
        r"requires line1 in customer_details\[address\]",
    ),
    "a part of a shipping address": (
        {"shipping_details": {"address": {"country": "DE"}}},
        SHIPS,
        r"requires line1 in shipping_details\[address\]",
    ),
    "an empty shipping address": (
        {"shipping_details": {"address": {}}},
        SHIPS,
        r"requires country, line1 in shipping_details\[address\]",
    ),
    "an address without a country": (
        {"customer_details": {"address": {"postal_code": "10117"}}},
        {},
        r"requires country in customer_details\[address\]",
    ),
    "a country's name": (
        {"customer_details": {"address": {**BERLIN, "country": "Germany"}}},
        WHOLE,
        r"a code of two letters as customer_details\[address\]\[country\], as DE, and not 'Germany'",
    ),
}


@pytest.mark.parametrize(("typed", "params", "message"), TYPED.values(), ids=TYPED)
def test_what_the_page_would_not_take_is_an_error(stripe_balance, typed, params, message):
    """It says what the page asks for, and leaves the session as it was."""
    session = page(**params)
    with pytest.raises(ValueError, match=message):
        stripe_balance.complete_checkout(session, "card", **typed)
    assert as_dict(stripe.checkout.Session.retrieve(session.id)) == as_dict(session)


def test_what_is_optional_may_be_left_empty(paid):
    """It has no value then, as if nobody had typed."""
    optional = {"individual": {"enabled": True, "optional": True}}
    typed = {"customer_details": {"individual_name": ""}, "custom_fields": {"note": ""}}
    session, _, _ = paid(typed, custom_fields=FIELDS, name_collection=optional)
    assert (session["customer_details"]["individual_name"], values(session)["note"]) == (None, None)


def test_a_customer_s_address_fills_in_what_it_is_enough_for(paid, stripe_balance):
    """A part of one is not mixed with a made-up one."""
    part = {"address": {"city": "Berlin", "country": "DE"}}
    payer = stripe_balance.customer(**part, shipping={**part, "name": "Ada"}).id
    by_card, _, _ = paid(customer=payer)
    assert by_card["customer_details"]["address"] == {**NOWHERE, **part["address"]}
    assert paid(customer=payer, **WHOLE)[0]["customer_details"]["address"] == HOME
    shipped, _, _ = paid(customer=payer, **SHIPS)
    assert shipped["collected_information"]["shipping_details"] == {"address": HOME, "name": "Ada"}


SECRET = {
    "a type": ({"pay_with": NUMBER}, {}),
    "an e-mail address": (
        {"customer_details": {"email": "bo@example.com"}},
        {"customer_email": ADDRESS},
    ),
    "a name of a field": ({"customer_details": {NUMBER: "1"}}, {}),
    "a country": ({"customer_details": {"address": {"country": NUMBER}}}, {}),
    "a part of an address": ({"customer_details": {"address": {NUMBER: "1"}}}, {}),
    "a name in the shipping": ({"shipping_details": {NUMBER: "1"}}, SHIPS),
    "a phone number": (
        {"customer_details": {"phone": ADDRESS}},
        {"phone_number_collection": {"enabled": True}},
    ),
    "a choice": ({"custom_fields": {"size": ADDRESS}}, {"custom_fields": FIELDS}),
    "digits": ({"custom_fields": {"code": f"{NUMBER} or so"}}, {"custom_fields": FIELDS}),
    "a custom field": ({"custom_fields": {NUMBER: "1"}}, {"custom_fields": FIELDS}),
}


@pytest.mark.parametrize(("typed", "params"), SECRET.values(), ids=SECRET)
def test_an_error_of_the_page_masks_secrets(stripe_balance, typed, params):
    """A card number, and an e-mail address that may be somebody's."""
    session = page(**params)
    with pytest.raises(ValueError, match=r"\*\*\*") as caught:
        stripe_balance.complete_checkout(session, **{"pay_with": "card", **typed})
    assert NUMBER not in str(caught.value)
    assert ADDRESS not in str(caught.value)


NO_TEXT = {
    "a number": ({"customer_details": {"name": 7}}, r"customer_details\[name\] must be a str, not int"),
    "nothing": (
        {"shipping_details": {"address": {"line1": None}}},
        r"shipping_details\[address\]\[line1\] must be a str, not NoneType; leave out what nobody",
    ),
    "a hash as a name": (
        {"customer_details": {"name": {"a": "b"}}},
        r"customer_details\[name\] must be a str, not dict",
    ),
    "a hash as a phone number": (
        {"customer_details": {"phone": {"a": "b"}}},
        r"customer_details\[phone\] must be a str, not dict",
    ),
    "a hash as a city": (
        {"customer_details": {"address": {"city": {"a": "b"}}}},
        r"customer_details\[address\]\[city\] must be a str, not dict",
    ),
    "a hash as a name of the shipping": (
        {"shipping_details": {"name": {"a": "b"}}},
        r"shipping_details\[name\] must be a str, not dict",
    ),
    "a hash as a custom field": (
        {"custom_fields": {"po": {"a": "b"}}},
        r"custom_fields\[po\] must be a str, not dict",
    ),
    "a hash as a custom field named address": (
        {"custom_fields": {"address": {"a": "b"}}},
        r"custom_fields\[address\] must be a str, not dict",
    ),
    "a text as an address": (
        {"customer_details": {"address": "Main"}},
        r"customer_details\[address\] must be a dict, as \{\"country\": .*\}, not str",
    ),
    "a text as all": ({"customer_details": "x"}, r"customer_details must be a dict, as .*, not str"),
    "an empty list as all": ({"custom_fields": []}, "custom_fields must be a dict, as .*, not list"),
    "a number as a key": (
        {"customer_details": {1: "x"}},
        r"the key of customer_details\[1\] must be a str, not int",
    ),
    "a hash to pay with": ({"pay_with": {"id": "card"}}, "pay_with must be a str, not dict: one of"),
}


@pytest.mark.parametrize(("typed", "message"), NO_TEXT.values(), ids=NO_TEXT)
def test_what_is_typed_is_text(stripe_balance, typed, message):
    """Anything else is a TypeError with its name, and leaves the session as it was."""
    asking = {"custom_fields": FIELDS, "phone_number_collection": {"enabled": True}}
    session = page(**asking, **SHIPS)
    with pytest.raises(TypeError, match=message):
        stripe_balance.complete_checkout(session, **{"pay_with": "card", **typed})
    assert as_dict(stripe.checkout.Session.retrieve(session.id)) == as_dict(session)
