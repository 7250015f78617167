"""What a new price costs, and how often; shared by all that makes prices."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pytest_stripe_balance.engine.state import amounts, faults
from pytest_stripe_balance.engine.state.records.catalog import Price
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_stripe_balance.engine.state.world import World

METERED_SINCE = "2025-03-31.basil"
INACTIVE = "The price specified is inactive. This field only accepts active prices."
LEAST = "This value must be greater than or equal to 0."


def make(
    world: World,
    product_id: str,
    currency: str,
    unit: str,
    recurring: Mapping[str, Any] | None = None,
    **about: Any,  # noqa: ANN401 - fields of a record
) -> Price:
    """Make a price of a product at a unit amount (`unit_text`); no event.

    `about` has fields of Price.
    """
    price = Price(
        id=world.ids.mint("price_", 24),
        created=world.clock.now,
        currency=amounts.lowered(world, currency),
        product=product_id,
        unit_amount_decimal=unit,
        recurring=None if recurring is None else _recurring(world, recurring),
        **about,
    )
    return world.prices.put(price)


def unit_text(unit_amount: int | None, decimal: Decimal | None) -> str:
    """Give a unit amount as Stripe writes it: decimal text. A fault without one, with two, below 0."""
    if unit_amount is not None and decimal is not None:
        raise faults.one_of("unit_amount", "unit_amount_decimal", assumption="catalog-refusals")
    given = decimal if unit_amount is None else Decimal(unit_amount)
    if given is None:
        message = "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set."
        raise faults.Fault(message)
    if given < 0:
        name = "unit_amount_decimal" if unit_amount is None else "unit_amount"
        code = "parameter_invalid_integer"
        raise faults.Fault(LEAST, code=code, param=name, assumption="catalog-refusals")
    return amounts.plain(given)


def _recurring(world: World, params: Mapping[str, Any]) -> dict[str, Any]:
    """Give the recurring hash with all the keys that Stripe shows [obs]."""
    if params.get("usage_type") == "metered":
        if world.asked_version < METERED_SINCE:
            raise Refused("metered prices are not modelled: leave out recurring[usage_type]")
        since = f"Starting with Stripe version `{METERED_SINCE}`"
        raise faults.Fault(f"{since}, metered prices must be backed by meters.")
    return {
        "interval": params["interval"],
        "interval_count": params.get("interval_count", 1),
        "meter": None,
        "trial_period_days": params.get("trial_period_days"),
        "usage_type": "licensed",
    }
