"""Payment methods: customer_balance, and Stripe's ready-made cards (docs/stripe.md 1.6, 1.22)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

from pytest_stripe_balance.engine.money.ready_made import READY_MADE
from pytest_stripe_balance.engine.state import faults, fields
from pytest_stripe_balance.engine.state.determinism import year_and_month
from pytest_stripe_balance.engine.state.records.payments import PaymentMethod
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.refused import EXPECTED, Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.hashes import Hash

# What follows the text about a missing payment method that is the platform's [obs antiwork/gumroad].
_OF_PLATFORM = (
    "; OAuth key or Stripe-Account header was used but API request was provided with a platform-owned "
    "payment method ID. Please ensure that the provided payment method matches the specified account."
)
# Beginnings of ids that exist in Stripe and not here: its ready-made methods for tests (docs.stripe.com
# /testing and the pages of each method), and the sources and cards from before payment methods.
NOT_MODELLED = (
    "pm_card",
    "pm_acssDebit",
    "pm_auBecsDebit",
    "pm_bacsDebit",
    "pm_sepaDebit",
    "pm_usBankAccount",
    "ba_",
    "btok_",
    "card_",
    "src_",
    "tok_",
)


class CardData(TypedDict, total=False):
    """The card hash of a request. Only the tokens of the ready-made cards are modelled."""

    token: str


class PaymentMethodData(TypedDict, total=False):
    """payment_method_data of a request. Only customer_balance and ready-made cards are modelled."""

    type: Literal["card", "customer_balance"]
    allow_redisplay: str
    billing_details: dict[str, Any]
    card: CardData
    customer_balance: dict[str, Any]
    metadata: dict[str, str] | None


NO_DATA = PaymentMethodData()
NO_BILLING_DETAILS: Hash = {
    "address": fields.address({}),
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}


def create(
    world: World,
    *,
    type: Literal["card", "customer_balance"] | None = None,  # noqa: A002 - Stripe's own name for it
    allow_redisplay: str = "unspecified",
    billing_details: dict[str, Any] | None = None,
    card: CardData | None = None,
    customer_balance: dict[str, Any] | None = None,
    metadata: dict[str, str] | None = None,
) -> PaymentMethod:
    """Make a payment method, a card by the token of a ready-made one. It is attached to nobody."""
    if type is None:
        raise faults.missing_parameter("type")
    data = PaymentMethodData(
        type=type,
        allow_redisplay=allow_redisplay,
        billing_details=billing_details or {},
        customer_balance=customer_balance or {},
        metadata=metadata,
    )
    if card is not None:
        data["card"] = card
    return make(world, data)


def retrieve(world: World, method_id: str) -> PaymentMethod:
    """Find a payment method; 404 with param `payment_method` [obs].

    The name of a ready-made card gives a new method each time [obs openfoodfoundation/openfoodnetwork].
    """
    return found(world, method_id, in_path=True)


def found(world: World, method_id: str, *, in_path: bool) -> PaymentMethod:
    """Find a payment method, or make one of a ready-made card's name."""
    if method_id in READY_MADE:
        return of_card(world, method_id)
    return known(world, method_id, in_path=in_path)


def known(world: World, method_id: str, *, in_path: bool) -> PaymentMethod:
    """Find a payment method, or raise `resource_missing` with param `payment_method` [obs].

    Stripe looks for one that is no part of the path before it executes the call, and says if the
    platform has it [obs antiwork/gumroad].
    """
    method = world.payment_methods.get(method_id)
    if method is not None:
        return method
    way = (
        "Make one by `stripe.PaymentMethod.create(type='customer_balance')`"
        if in_path
        else "Send payment_method_data={'type': 'customer_balance'} in its place"
    )
    refuse_unmodelled("payment_method", method_id, way)
    noun, assumption = world.payment_methods.noun, "payment-method-unknown"
    fault = faults.missing_object(
        noun, method_id, "payment_method", in_path=in_path, assumption=assumption
    )
    fault.executed = in_path
    if not in_path and world.platform is not None and world.platform.payment_methods.get(method_id):
        fault.message, fault.assumption = fault.message + _OF_PLATFORM, None
    raise fault


def refuse_unmodelled(name: str, method_id: str | None, way: str) -> None:
    """Refuse a method that exists in Stripe and isn't modelled, such as a source."""
    if method_id is not None and method_id.startswith(NOT_MODELLED):
        raise Refused(
            f"{name}={method_id!r}: only customer_balance methods and some of Stripe's ready-made cards "
            f"are modelled, as pm_card_visa; docs/cards.md lists them. {way}, or {EXPECTED}"
        )


def make(world: World, data: PaymentMethodData = NO_DATA) -> PaymentMethod:
    """Make a payment method from the data of a request, by default of type customer_balance."""
    if data.get("type") == "card":
        return _of_token(world, data)
    if data.get("card"):
        raise Refused("the hash card beside another type of payment method is not modelled")
    return world.payment_methods.put(drafted(world, data, world.ids.mint("pm_", 24)))


def drafted(world: World, data: PaymentMethodData, method_id: str = "") -> PaymentMethod:
    """Give what a method of type customer_balance will be, perhaps without an id; nothing is stored."""
    details: Hash = NO_BILLING_DETAILS  # one object for all methods without details
    if billing := data.get("billing_details"):
        details = billing_details_of(billing)
    return PaymentMethod(
        id=method_id,
        created=world.clock.now,
        type="customer_balance",
        billing_details=details,
        metadata=fields.merged_metadata({}, data.get("metadata")),
        allow_redisplay=data.get("allow_redisplay", "unspecified"),
    )


def billing_details_of(given: Hash) -> Hash:
    """Give billing details with all the keys that Stripe shows."""
    rest = {key: given.get(key) or None for key in ("email", "name", "phone", "tax_id")}
    return {"address": fields.address(given.get("address") or {}), **rest}


def _of_token(world: World, data: PaymentMethodData) -> PaymentMethod:
    """Make a method of the token in a request's card hash."""
    token = (data.get("card") or {}).get("token")
    name = token and token.replace("tok_", "pm_card_", 1)
    if not (token and token.startswith("tok_") and name in READY_MADE):
        raise Refused(
            "the parameter card of a payment method of type='card' is modelled with the token of a "
            "ready-made card alone: card={'token': 'tok_visa'}. Or name the ready-made method itself, "
            "as payment_method='pm_card_visa'"
        )
    assert name is not None, "unreachable because it is a name of READY_MADE"
    return of_card(world, name, data)


def of_card(world: World, name: str, data: PaymentMethodData = NO_DATA) -> PaymentMethod:
    """Make a payment method of the ready-made card of a name; nobody has checked its CVC yet."""
    world.readings.rely_on("card-values")
    details = billing_details_of(data.get("billing_details") or {})
    return world.payment_methods.put(
        PaymentMethod(
            id=world.ids.mint("pm_", 24),
            created=world.clock.now,
            type="card",
            billing_details=details,
            metadata=fields.merged_metadata({}, data.get("metadata")),
            allow_redisplay=data.get("allow_redisplay", "unspecified"),
            card=_card(world, name, details["address"]),
            ready_made=name,
        )
    )


def _card(world: World, name: str, address: Hash) -> Hash:
    """Give what Stripe shows of a ready-made card, which is valid for a year [obs].

    An address that it was made with is to be checked like its CVC
    [obs antiwork/gumroad, openfoodfoundation/openfoodnetwork].
    """
    ready, (year, month) = READY_MADE[name], year_and_month(world.clock.now)
    return {
        "brand": ready.brand,
        "checks": {
            "address_line1_check": "unchecked" if address["line1"] else None,
            "address_postal_code_check": "unchecked" if address["postal_code"] else None,
            "cvc_check": "unchecked",
        },
        "country": ready.country,
        "display_brand": ready.display or ready.brand,
        "exp_month": month,
        "exp_year": year + 1,
        "fingerprint": world.ids.secret(f"card {ready.brand} {ready.last4}", 16),
        "funding": ready.funding,
        "generated_from": None,
        "last4": ready.last4,
        "networks": {"available": [ready.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": ready.is_secure},
        "wallet": None,
    }


def checked(method: PaymentMethod) -> PaymentMethod:
    """Note that the card's bank has checked what there is to check: it always passes [obs]."""
    assert method.card is not None, f"{method.id} is no card"
    checks = {name: result and "pass" for name, result in method.card["checks"].items()}
    return method._replace(card={**method.card, "checks": checks})
