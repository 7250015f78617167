"""Payment methods of type customer_balance: made, read, and attached to nobody (FACTS 1.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Unpack

from pytest_stripe_balance.engine import methods
from pytest_stripe_balance.engine.methods import PaymentMethodData
from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.engine.state.table import Cursors, Page

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records import PaymentMethod
    from pytest_stripe_balance.engine.state.world import World


def create(
    world: World,
    *,
    type: Literal["customer_balance"] | None = None,  # noqa: A002 - Stripe's own name for it
    allow_redisplay: str = "unspecified",
    billing_details: dict[str, Any] | None = None,
    customer_balance: dict[str, Any] | None = None,
    metadata: dict[str, str] | None = None,
) -> PaymentMethod:
    """Make a payment method; an intent of any customer can take it."""
    if type is None:
        raise faults.missing_parameter("type")
    data = PaymentMethodData(
        type=type,
        allow_redisplay=allow_redisplay,
        billing_details=billing_details or {},
        customer_balance=customer_balance or {},
        metadata=metadata,
    )
    return methods.made(world, data)


def retrieve(world: World, method_id: str) -> PaymentMethod:
    """Find a payment method; 404 with param `payment_method` [obs]."""
    return methods.known(world, method_id, in_path=True)


class Filters(Cursors, total=False):
    """What the lists take; there is nothing that they could tell apart."""

    type: str
    allow_redisplay: str


def list_(
    world: World, *, customer: str | None = None, **filters: Unpack[Filters]
) -> Page[PaymentMethod]:
    """List what is attached to a customer: nothing, as this type never attaches [obs].

    Without a customer it is empty too, and an unknown or deleted one is a 400 with param `customer`
    [obs, 2026-08-26.dahlia].
    """
    if customer is not None:
        world.customer(customer, in_path=False)
    return _none(world, filters)


def list_of_customer(world: World, customer_id: str, **filters: Unpack[Filters]) -> Page[PaymentMethod]:
    """List what is attached to the customer that the route lies below: nothing [obs]."""
    world.customer_above(customer_id)
    return _none(world, filters)


def _none(world: World, filters: Filters) -> Page[PaymentMethod]:
    """Give an empty page; a cursor that names nothing is still an error."""
    cursors = Cursors(**{key: value for key, value in filters.items() if key in CURSORS})  # type: ignore[typeddict-item] # picked by their names
    for name in ("starting_after", "ending_before"):
        methods.refuse_not_kept(name, filters.get(name), "Leave the cursor out")  # type: ignore[arg-type] # a text
    return world.payment_methods.page(keep=lambda _: False, **cursors)


CURSORS = frozenset(Cursors.__annotations__)
