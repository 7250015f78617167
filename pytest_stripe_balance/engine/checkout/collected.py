"""What a customer types on the page of a Checkout Session (docs/stripe.md 1.14).

The page asks what the session says. Some fields are filled in from the customer. Where a test types
nothing, a made-up value stands in, so that no field is empty that the page requires.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_stripe_balance.engine.checkout import custom_fields
from pytest_stripe_balance.engine.state import fields
from pytest_stripe_balance.engine.state.records.hashes import NOTHING, Hash

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
_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


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
    details = _typed(session, typed.customer_details, asked, filled["email"])
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
        asked["name"] = name or filled.get("name") or NAME
        asked["address"] = address or filled.get("address") or own
    if session.shown["phone_number_collection"]["enabled"]:
        asked["phone"] = filled.get("phone") or PHONE
    for kind, made_up in (("business", BUSINESS), ("individual", NAME)):
        of_kind = (session.shown.get("name_collection") or NOTHING).get(kind)
        if of_kind and of_kind["enabled"]:
            name = f"{kind}_name"
            asked[name] = filled.get(name) or (None if of_kind["optional"] else made_up)
    return asked


def _typed(
    session: CheckoutSession, typed: Hash, asked: dict[str, Any], fixed: str | None
) -> dict[str, Any]:
    """Put what was typed in the place of what the page would have got."""
    if unasked := typed.keys() - asked.keys():
        raise _slip(
            session, f"doesn't ask for {', '.join(sorted(unasked))}; it asks for {', '.join(asked)}"
        )
    if fixed is not None and typed.get("email", fixed) != fixed:
        raise _slip(session, f"shows the e-mail address {fixed}, which nobody can change there")
    if "address" in typed:
        _check_address(session, typed["address"])
    blank = dict.fromkeys(("address", "name", "phone", "business_name", "individual_name"))
    return {**blank, **asked, **typed}


def _shipping(session: CheckoutSession, typed: Typed, payer: Customer | None) -> Hash | None:
    """Give name and address of the shipping; None where the page doesn't ask for it."""
    asked = session.shown["shipping_address_collection"]
    if asked is None:
        if typed.shipping_details is not None:
            raise _slip(session, "doesn't ask for shipping_details: send shipping_address_collection")
        return None
    given = typed.shipping_details or NOTHING
    if other := given.keys() - {"name", "address"}:
        raise _slip(session, f"has no {', '.join(sorted(other))} of shipping_details")
    countries = asked["allowed_countries"]
    kept = (payer and payer.shipping) or NOTHING
    address = given.get("address") or kept.get("address") or _at_home(countries)
    _check_address(session, address)
    address = {"country": _at_home(countries)["country"], **address}
    if address["country"] not in countries:
        if "address" in given:
            raise _slip(session, f"ships to {', '.join(countries)}, and not to {address['country']}")
        address = _at_home(countries)
    name = given.get("name") or typed.customer_details.get("name") or kept.get("name")
    return {"address": fields.address(address), "name": name or (payer and payer.name) or NAME}


def _at_home(countries: list[str]) -> Hash:
    """Give a made-up address in one of some countries."""
    return HOME if "US" in countries else {**ABROAD, "country": countries[0]}


def _check_address(session: CheckoutSession, address: Hash) -> None:
    if other := address.keys() - set(_ADDRESS):
        raise _slip(
            session, f"has no {', '.join(sorted(other))} of an address; it has {', '.join(_ADDRESS)}"
        )


def _slip(session: CheckoutSession, what: str) -> ValueError:
    return ValueError(f"the page of {session.id} {what}")
