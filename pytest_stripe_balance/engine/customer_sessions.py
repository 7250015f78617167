"""Customer sessions: what a page of Stripe's may do with a customer (docs/stripe.md 1.18)."""

from __future__ import annotations

from typing import Any

from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.engine.state.records.sessions import CustomerSession
from pytest_stripe_balance.engine.state.world import World

LASTS = 30 * 60  # seconds


def create(
    world: World, *, components: dict[str, dict[str, Any]], customer: str | None = None
) -> CustomerSession:
    """Open a session of an existing customer; at least one component must be enabled [doc].

    It has no id, no event, and no page behind it. An unknown customer is a 400 `resource_missing`.
    """
    if customer is None:
        world.readings.rely_on("customer-session-refusals")
        raise faults.missing_parameter("customer")
    world.customer(customer, in_path=False)
    if not any(component.get("enabled") for component in components.values()):
        world.readings.rely_on("customer-session-refusals")
        message = "At least one component must be enabled on a Customer Session."
        raise faults.Fault(message, param="components")
    world.readings.rely_on("customer-session-lifetime")
    return CustomerSession(
        client_secret=world.ids.mint("cuss_secret_R", 46),
        created=world.clock.now,
        customer=customer,
        components=components,
        expires_at=world.clock.now + LASTS,
    )
