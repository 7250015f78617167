"""What a customer types on the page of a Checkout Session (docs/stripe.md 1.14).

The page asks what the session says. Some fields are filled in from the customer. Where a test types
nothing, a made-up value stands in, so that no field is empty that the page requires. A customer whom
the page made at a declined try may be typed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_stripe_balance.engine.checkout import custom_fields, entries
from pytest_stripe_balance.engine.state import fields
from pytest_stripe_balance.engine.state.records.hashes import NOTHING, Hash
from pytest_stripe_balance.masking import shown

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.checkout import CheckoutSession
    from pytest_stripe_balance.engine.state.records.customers import Customer
    from pytest_stripe_balance.engine.state.records.payments import PaymentMethod
    from pytest_stripe_balance.engine.state.world import World

EMAIL, NAME, PHONE = "guest@example.com", "Test Guest", "+12025550123"
BUSINESS = "Example Business"
HOME: Hash = {
    "city": "San Francisco",
    "country": "US",
    "line1": "1 Example Street",
    "postal_code": "94103",
    "state": "CA",
}
ABROAD: Hash = {"city": "Example City", "line1": "1 Example Street", "postal_code": "10000"}


class Typed(NamedTuple):
    """What a test lets the customer type: `shipping_details` has `name` and `address`."""

    customer_details: Hash = NOTHING
    shipping_details: Hash | None = None
    custom_fields: Mapping[str, str] = NOTHING


UNTYPED = Typed()


def fill_in(
    world: World, session: CheckoutSession, typed: Typed, card: PaymentMethod | None, *, by_card: bool
) -> CheckoutSession:
    """Give a session with all that its page collects. `card` is one of the customer's own.

    ValueError for what the page doesn't ask for, can't be changed on it, or isn't one of its choices.
    """
    payer = world.customers.get(session.customer or "")
    shipping = _shipping(session, typed, payer)
    filled = _filled(session, payer, card)
    asked = _asked(session, filled, shipping, by_card=by_card)
    _check_email(session, typed.customer_details, payer)
    details = _typed(session, typed.customer_details, asked)
    email = details.pop("email")
    details["address"] = fields.address(details["address"])
    details["tax_exempt"] = payer.tax_exempt if payer else "none"
    kept = custom_fields.answered(session.id, session.shown["custom_fields"], typed.custom_fields)
    return session._replace(
        email=email,
        details=details,
        shipping=shipping,
        shown={**session.shown, "custom_fields": kept},
    )


def is_made_by_page(session: CheckoutSession) -> bool:
    """Tell whether a session's customer was a guest: the app named none."""
    return session.customer is not None and session.customer_creation is not None


def billing_details(session: CheckoutSession) -> Hash:
    """Give the billing details of the card that a page was submitted with."""
    known = {name: session.details[name] for name in ("address", "name", "phone")}
    return {**known, "email": session.email}


def shipping_of(session: CheckoutSession) -> Hash | None:
    """Give the shipping as a parameter of an intent or a customer: what is null isn't sent."""
    if session.shipping is None:
        return None
    address = session.shipping["address"]
    known = {key: value for key, value in address.items() if value is not None}
    return {"address": known, "name": session.shipping["name"]}


def _filled(session: CheckoutSession, payer: Customer | None, card: PaymentMethod | None) -> Hash:
    """Give what the page shows before anybody types."""
    if payer is None:
        return {"email": session.customer_email}
    of_card = card.billing_details if card else NOTHING
    address = of_card.get("address") or NOTHING
    return {
        "email": payer.email,
        "name": of_card.get("name") or payer.name,
        "phone": payer.phone,
        "address": address if any(address.values()) else payer.address,
        "business_name": payer.business_name,
        "individual_name": payer.individual_name,
    }


def _asked(
    session: CheckoutSession, filled: Hash, shipping: Hash | None, *, by_card: bool
) -> dict[str, Any]:
    """Give a value for each field that the page asks for.

    The billing address is that of the shipping, as its box is ticked. Without one, and if it isn't
    required, a card asks for the country and the postal code [obs].
    """
    asked: dict[str, Any] = {"email": filled.get("email") or EMAIL}
    is_whole = session.shown["billing_address_collection"] == "required"
    if by_card or is_whole or shipping:
        name, address = (shipping or NOTHING).get("name"), (shipping or NOTHING).get("address")
        own = HOME if is_whole else {key: HOME[key] for key in ("country", "postal_code")}
        known = filled.get("address") or NOTHING
        asked["name"] = name or filled.get("name") or NAME
        asked["address"] = address or (own if entries.lacks(known, _needed(session)) else known)
    if session.shown["phone_number_collection"]["enabled"]:
        asked["phone"] = filled.get("phone") or PHONE
    for kind, made_up in (("business", BUSINESS), ("individual", NAME)):
        of_kind = (session.shown.get("name_collection") or NOTHING).get(kind)
        if of_kind and of_kind["enabled"]:
            name = f"{kind}_name"
            asked[name] = filled.get(name) or (None if of_kind["optional"] else made_up)
    return asked


def _needed(session: CheckoutSession) -> tuple[str, ...]:
    """Give the parts that a billing address needs."""
    is_whole = session.shown["billing_address_collection"] == "required"
    return entries.WHOLE if is_whole else entries.OF_CARD


def _check_email(session: CheckoutSession, typed: Hash, payer: Customer | None) -> None:
    """Check that nobody types over an e-mail address that the app gave."""
    own = payer.email if payer and not is_made_by_page(session) else session.customer_email
    if own is not None and typed.get("email", own) != own:
        what = f"shows the e-mail address {shown(own)}, which nobody can change there"
        raise entries.slip(session.id, what)


def _typed(session: CheckoutSession, typed: Hash, asked: dict[str, Any]) -> dict[str, Any]:
    """Put what was typed in the place of what the page would have got."""
    if unasked := typed.keys() - asked.keys():
        unknown = ", ".join(map(shown, sorted(unasked)))
        raise entries.slip(session.id, f"doesn't ask for {unknown}; it asks for {', '.join(asked)}")
    blank = dict.fromkeys(("address", "name", "phone", "business_name", "individual_name"))
    return {**blank, **asked, **{name: _value(session, name, typed[name]) for name in typed}}


def _value(session: CheckoutSession, name: str, typed: Any) -> Any:  # noqa: ANN401 - a text or a hash
    """Give the value of a field that was typed into; an optional one may be left empty."""
    path = f"customer_details[{name}]"
    if name == "address":
        entries.check_address(session.id, path, typed, _needed(session))
        return typed
    kind = name.removesuffix("_name")
    of_kind = (session.shown.get("name_collection") or NOTHING).get(kind)
    if of_kind and of_kind["optional"] and entries.is_empty(typed):
        return None
    entries.check_required(session.id, path, typed)
    if name == "phone":
        entries.check_phone(session.id, path, typed)
    return typed


def _shipping(session: CheckoutSession, typed: Typed, payer: Customer | None) -> Hash | None:
    """Give name and address of the shipping; None where the page doesn't ask for it."""
    asked = session.shown["shipping_address_collection"]
    if asked is None:
        if typed.shipping_details is not None:
            what = "doesn't ask for shipping_details: send shipping_address_collection"
            raise entries.slip(session.id, what)
        return None
    given = typed.shipping_details or NOTHING
    if other := given.keys() - {"name", "address"}:
        unknown = ", ".join(map(shown, sorted(other)))
        raise entries.slip(session.id, f"has no {unknown} of shipping_details")
    if "name" in given:
        entries.check_required(session.id, "shipping_details[name]", given["name"])
    kept = (payer and payer.shipping) or NOTHING
    address = _shipping_address(session, given, kept, asked["allowed_countries"])
    name = given.get("name") or typed.customer_details.get("name") or kept.get("name")
    return {"address": fields.address(address), "name": name or (payer and payer.name) or NAME}


def _shipping_address(session: CheckoutSession, given: Hash, kept: Hash, countries: list[str]) -> Hash:
    """Give the typed address, or that of the customer, or one at home; in an allowed country."""
    if "address" not in given:
        known: Hash = kept.get("address") or NOTHING
        is_fine = not entries.lacks(known, entries.WHOLE) and known["country"] in countries
        return known if is_fine else _at_home(countries)
    address: Hash = given["address"]
    entries.check_address(session.id, "shipping_details[address]", address, entries.WHOLE)
    if address["country"] not in countries:
        what = f"ships to {', '.join(countries)}, and not to {address['country']}"
        raise entries.slip(session.id, what)
    return address


def _at_home(countries: list[str]) -> Hash:
    """Give a made-up address in one of some countries."""
    return HOME if "US" in countries else {**ABROAD, "country": countries[0]}
