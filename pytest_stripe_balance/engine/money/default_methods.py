"""A customer's default payment method, which pays their invoices (docs/stripe.md 3.15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from pytest_stripe_balance.engine import customers
from pytest_stripe_balance.engine.customers import CustomerParams
from pytest_stripe_balance.engine.money import payment_methods
from pytest_stripe_balance.engine.money.ready_made import READY_MADE
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.customers import Customer
from pytest_stripe_balance.engine.state.records.payments import PaymentMethod
from pytest_stripe_balance.engine.state.world import World

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.hashes import Hash

PARAM = "invoice_settings[default_payment_method]"


def update_customer(world: World, customer_id: str, **params: Unpack[CustomerParams]) -> Customer:
    """Change a customer, whose default payment method must be attached to them already."""
    default = params.get("invoice_settings", {}).get("default_payment_method")
    if default is not None:
        attached(world, default, customer_id, PARAM)
    return customers.update(world, customer_id, **params)


def attached(world: World, method_id: str, customer_id: str | None, param: str) -> PaymentMethod:
    """Find a method that is attached to a customer; a fault with `param` if it isn't.

    Others met the text (getlago/lago-api #3665). A ready-made name stands for a new method, which is
    attached to nobody.
    """
    if method_id in READY_MADE:
        method_id = payment_methods.of_card(world, method_id).id
    else:
        way = "Attach a ready-made card, and give the id of the method that the answer has"
        payment_methods.refuse_unmodelled(param, method_id, way)
    method = world.payment_methods.get(method_id)
    if method is None or customer_id is None or method.customer != customer_id:
        message = (
            f"The customer does not have a payment method with the ID {method_id}. The payment method "
            "must be attached to the customer."
        )
        raise Fault(message, code="resource_missing", param=param, assumption="default-method-refused")
    return method


def unset(world: World, method: PaymentMethod) -> None:
    """Let a detached method pay its customer's invoices no more; event `customer.updated`."""
    customer = world.customers.get(method.customer or "")
    if customer is None or customer.invoice_settings["default_payment_method"] != method.id:
        return
    world.readings.rely_on("default-method-detached")
    settings: Hash = {**customer.invoice_settings, "default_payment_method": None}
    after = world.customers.put(customer._replace(invoice_settings=settings))
    previous = {"invoice_settings": {"default_payment_method": method.id}}
    world.record_event("customer.updated", after, previous)
