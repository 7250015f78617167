"""Payment methods of type customer_balance, which are never attached (docs/stripe.md 1.6)."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, Unpack

from pytest_stripe_balance.engine.state import faults, fields
from pytest_stripe_balance.engine.state.records.hashes import Hash
from pytest_stripe_balance.engine.state.records.payments import PaymentMethod
from pytest_stripe_balance.engine.state.table import Cursors, Page
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.refused import EXPECTED, Refused

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


class PaymentMethodData(TypedDict, total=False):
    """payment_method_data of a request. Only customer_balance is modelled."""

    type: Literal["customer_balance"]
    allow_redisplay: str
    billing_details: dict[str, Any]
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
    type: Literal["customer_balance"] | None = None,  # noqa: A002 - Stripe's own name for it
    allow_redisplay: str = "unspecified",
    billing_details: dict[str, Any] | None = None,
    customer_balance: dict[str, Any] | None = None,
    metadata: dict[str, str] | None = None,
) -> PaymentMethod:
    """Make a payment method. An intent of any customer can use it."""
    if type is None:
        raise faults.missing_parameter("type")
    data = PaymentMethodData(
        type=type,
        allow_redisplay=allow_redisplay,
        billing_details=billing_details or {},
        customer_balance=customer_balance or {},
        metadata=metadata,
    )
    return make(world, data)


def retrieve(world: World, method_id: str) -> PaymentMethod:
    """Find a payment method; 404 with param `payment_method` [obs]."""
    return known(world, method_id, in_path=True)


class Filters(Cursors, total=False):
    """The parameters of the lists, which are always empty."""

    type: str
    allow_redisplay: str


def list_(
    world: World, *, customer: str | None = None, **filters: Unpack[Filters]
) -> Page[PaymentMethod]:
    """List attached payment methods: none, because this type is never attached [obs].

    An unknown or deleted customer is a 400 with param `customer` [obs, 2026-08-26.dahlia].
    """
    if customer is not None:
        world.customer(customer, in_path=False)
    return _none(world, filters)


def list_of_customer(world: World, customer_id: str, **filters: Unpack[Filters]) -> Page[PaymentMethod]:
    """List the payment methods attached to the customer in the path: none [obs]."""
    world.customer_above(customer_id)
    return _none(world, filters)


def _none(world: World, filters: Filters) -> Page[PaymentMethod]:
    """Give an empty page. A cursor to an unknown object is still an error."""
    cursors = Cursors(**{key: value for key, value in filters.items() if key in CURSORS})  # type: ignore[typeddict-item] # picked by their names
    for name in ("starting_after", "ending_before"):
        refuse_unmodelled(name, filters.get(name), "Leave the cursor out")  # type: ignore[arg-type] # a text
    return world.payment_methods.page(keep=lambda _: False, **cursors)


CURSORS = frozenset(Cursors.__annotations__)


def known(world: World, method_id: str, *, in_path: bool) -> PaymentMethod:
    """Find a payment method, or raise `resource_missing` with param `payment_method` [obs]."""
    if world.payment_methods.get(method_id) is None:
        way = (
            "Make one by `stripe.PaymentMethod.create(type='customer_balance')`"
            if in_path
            else "Send payment_method_data={'type': 'customer_balance'} in its place"
        )
        refuse_unmodelled("payment_method", method_id, way)
    return world.payment_methods.find(
        method_id, "payment_method", in_path=in_path, assumption="payment-method-unknown"
    )


def refuse_unmodelled(name: str, method_id: str | None, way: str) -> None:
    """Refuse a method that exists in Stripe and isn't modelled, such as a test card."""
    if method_id is not None and method_id.startswith(NOT_MODELLED):
        raise Refused(
            f"{name}={method_id!r}: only customer_balance methods are modelled. {way}, or {EXPECTED}"
        )


def make(world: World, data: PaymentMethodData = NO_DATA) -> PaymentMethod:
    """Make a payment method of type customer_balance from the data of a request."""
    return world.payment_methods.put(drafted(world, data, world.ids.mint("pm_", 24)))


def drafted(world: World, data: PaymentMethodData, method_id: str = "") -> PaymentMethod:
    """Give what a payment method will be, perhaps without an id; nothing is stored."""
    details: Hash = NO_BILLING_DETAILS  # one object for all methods without details
    if billing := data.get("billing_details"):
        rest = {key: billing.get(key) or None for key in ("email", "name", "phone", "tax_id")}
        details = {"address": fields.address(billing.get("address") or {}), **rest}
    return PaymentMethod(
        id=method_id,
        created=world.clock.now,
        type="customer_balance",
        billing_details=details,
        metadata=fields.merged_metadata({}, data.get("metadata")),
        allow_redisplay=data.get("allow_redisplay", "unspecified"),
    )
