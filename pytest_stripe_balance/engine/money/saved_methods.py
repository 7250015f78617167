"""Cards that a customer saves: attached, changed, listed, detached (docs/stripe.md 1.22)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypedDict, Unpack

from pytest_stripe_balance.engine import customers, events
from pytest_stripe_balance.engine.customers import CustomerParams
from pytest_stripe_balance.engine.money import default_methods, payment_methods
from pytest_stripe_balance.engine.money.ready_made import READY_MADE, Decline
from pytest_stripe_balance.engine.state import faults, fields
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.payments import PaymentMethod
from pytest_stripe_balance.engine.state.table import Cursors
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Customer
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.table import Page

SPENT = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, "
    "shared with a connected account without Customer attachment, or was detached from a Customer. It "
    "may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer "
    "first."
)


class Filters(Cursors, total=False):
    """The parameters of the lists of payment methods."""

    type: str | None
    allow_redisplay: str | None


class CardParams(TypedDict, total=False):
    """The card hash of an update."""

    exp_month: int
    exp_year: int


class MethodUpdateParams(TypedDict, total=False):
    """Parameters of update."""

    allow_redisplay: str
    billing_details: dict[str, Any]
    card: CardParams
    metadata: dict[str, str] | None


def list_(
    world: World, *, customer: str | None = None, **filters: Unpack[Filters]
) -> Page[PaymentMethod]:
    """List a customer's attached payment methods, newest first; without `customer` none [obs].

    An unknown or deleted customer is a 400 with param `customer` [obs, 2026-08-26.dahlia].
    """
    if customer is not None:
        world.customer(customer, in_path=False)
    return _page(world, customer, filters)


def list_of_customer(world: World, customer_id: str, **filters: Unpack[Filters]) -> Page[PaymentMethod]:
    """List the payment methods attached to the customer in the path [obs]."""
    world.customer_above(customer_id)
    return _page(world, customer_id, filters)


def _page(world: World, customer: str | None, filters: Filters) -> Page[PaymentMethod]:
    """Give a page. A cursor to an unknown object is an error, even of the list that is always empty."""
    for name in ("starting_after", "ending_before"):
        payment_methods.refuse_unmodelled(name, filters.get(name), "Leave the cursor out")  # type: ignore[arg-type] # a text
    return world.payment_methods.page(customer=customer or "", **filters)


def retrieve_of_customer(world: World, customer_id: str, method_id: str) -> PaymentMethod:
    """Find a payment method of the customer in the path; 404 if it isn't theirs."""
    world.customer_above(customer_id)
    method = payment_methods.known(world, method_id, in_path=True)
    if method.customer != customer_id:
        raise faults.missing_object(
            "PaymentMethod", method_id, "payment_method", in_path=True, assumption="card-of-customer"
        )
    return method


def create_customer(
    world: World, *, payment_method: str | None = None, **params: Unpack[CustomerParams]
) -> Customer:
    """Create a customer, with a card if one is given: `customer.created`, `payment_method.attached`.

    That card can be their default payment method at once.
    """
    settings = params.get("invoice_settings", {})
    default = settings.get("default_payment_method")
    if default is not None and default != payment_method:
        default_methods.attached(world, default, None, default_methods.PARAM)
    if payment_method is None:
        return customers.create(world, **params)
    method = payment_methods.found(world, payment_method, in_path=False)
    check_attachable(world, method)
    if default is not None:
        params["invoice_settings"] = {**settings, "default_payment_method": method.id}
    customer = customers.create(world, **params)
    world.readings.rely_on("customer-made-with-card")
    save(world, method, customer.id)
    return customer


def attach(world: World, method_id: str, *, customer: str | None = None) -> PaymentMethod:
    """Attach a card to a customer, which its bank allows; event `payment_method.attached` [obs].

    A card that is declined at once is a 402 [obs pay-rails/pay]. Attaching a card again to the same
    customer changes nothing [obs Kiln-AI/stripe_world].
    """
    if customer is None:
        raise Fault("Must provide customer or customer_account.", code="parameter_missing")
    method = payment_methods.found(world, method_id, in_path=True)
    world.customer(customer, in_path=False)
    if method.customer == customer:
        return method
    check_attachable(world, method)
    return save(world, method, customer)


def check_attachable(world: World, method: PaymentMethod) -> None:
    """Refuse a method that no customer can save."""
    if method.card is None:
        raise Refused("attaching a customer_balance method, which is never saved, is not modelled")
    if method.customer is not None:
        raise Fault("The payment method you provided has already been attached to a customer.")
    if method.is_spent and not method.may_be_saved:
        raise Fault(SPENT)
    refuse_declined(world, method)


def refuse_declined(world: World, method: PaymentMethod) -> None:
    """Refuse to save a card that its bank declines already then."""
    ready = READY_MADE[method.ready_made]
    if ready.decline is not None and not ready.attaches:
        world.readings.rely_on("card-attach-declined")
        raise declined(ready.decline, param=ready.decline.param or "")


def declined(decline: Decline, *, param: str | None = None, **details: Any) -> Fault:  # noqa: ANN401 - of Fault
    """Make the fault of a declined card (docs/stripe.md 5.11)."""
    fault = Fault(
        decline.message,
        status=402,
        type="card_error",
        code=decline.code,
        param=decline.param if param is None else param,
        **details,
    )
    fault.more = codes(decline)
    return fault


def codes(decline: Decline) -> Hash:
    """Give the codes of a decline that an error has beside its own; null ones are left out [obs]."""
    names = ("advice_code", "decline_code", "network_advice_code", "network_decline_code")
    found = {name: getattr(decline, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def save(world: World, method: PaymentMethod, customer: str) -> PaymentMethod:
    """Attach a checked card; event `payment_method.attached`, without previous values [obs]."""
    checked = payment_methods.checked(method)
    saved = world.payment_methods.put(checked._replace(customer=customer, is_spent=False))
    world.record_event("payment_method.attached", saved)
    return saved


def detach(world: World, method_id: str) -> PaymentMethod:
    """Detach a card from its customer, for good; event `payment_method.detached` [obs]."""
    method = payment_methods.known(world, method_id, in_path=True)
    if method.customer is None:
        _not_attached(
            "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    detached = world.payment_methods.put(
        method._replace(customer=None, is_spent=True, may_be_saved=False)
    )
    world.record_event("payment_method.detached", detached, {"customer": method.customer})
    default_methods.unset(world, method)
    return detached


def _not_attached(message: str) -> NoReturn:
    raise Fault(message, assumption="card-not-attached")


def update(world: World, method_id: str, **params: Unpack[MethodUpdateParams]) -> PaymentMethod:
    """Change a saved card; event `payment_method.updated` if that changed anything."""
    method = payment_methods.known(world, method_id, in_path=True)
    if method.customer is None:
        _not_attached("You must save this PaymentMethod to a customer before you can update it.")
    assert method.card is not None, "unreachable because only cards are attached"
    changes: dict[str, Any] = {}
    if "allow_redisplay" in params:
        changes["allow_redisplay"] = params["allow_redisplay"]
    if billing := params.get("billing_details"):
        merged = fields.merged(method.billing_details, billing)
        changes["billing_details"] = payment_methods.billing_details_of(merged)
    if card := params.get("card"):
        changes["card"] = {**method.card, **card}
    if "metadata" in params:
        changes["metadata"] = fields.merged_metadata(method.metadata, params["metadata"])
    updated = method._replace(**changes)
    previous = events.previous_of(method, updated, *changes)
    if not previous:
        return method
    world.record_event("payment_method.updated", world.payment_methods.put(updated), previous)
    return updated
