"""The lines of a Checkout Session: a number of one price each (docs/stripe.md 1.14)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pytest_stripe_balance.engine.catalog import new_prices, products
from pytest_stripe_balance.engine.checkout.parameters import InlinePrice, LineParams
from pytest_stripe_balance.engine.state import amounts, faults, fields
from pytest_stripe_balance.engine.state.records.checkout import CheckoutLine
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_stripe_balance.engine.state.records.catalog import Price, Product
    from pytest_stripe_balance.engine.state.world import World

MOST = 100  # lines in payment mode, as documented
RECURRING = (
    "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or "
    "use only one-time prices."
)


def make(world: World, params: Sequence[LineParams]) -> tuple[CheckoutLine, ...]:
    """Make the lines of a new session, and the prices that they are the first to have.

    Faults: docs/stripe.md 1.14. A line whose total isn't whole is Refused.
    """
    if not params:
        raise faults.missing_parameter("line_items")
    if len(params) > MOST:
        raise Refused(f"{len(params)} line_items are not modelled: Stripe takes {MOST} in payment mode")
    return tuple(_line(world, given, f"line_items[{index}]") for index, given in enumerate(params))


def currency_of(world: World, lines: Sequence[CheckoutLine], named: str | None) -> str:
    """Give the currency of a session, which all its lines have."""
    currency = lines[0].currency if named is None else amounts.lowered(world, named)
    for index, line in enumerate(lines):
        if line.currency != currency:
            world.readings.rely_on("checkout-refusals")
            raise faults.Fault(
                "All prices of a Checkout Session must have one currency: "
                f"{line.currency} and {currency} were given.",
                param=f"line_items[{index}][price]",
            )
    if currency not in amounts.MINIMUM:
        known = ", ".join(amounts.MINIMUM)
        raise Refused(f"Checkout Sessions in {currency!r} are not modelled; those in {known} are")
    return currency


def check_total(total: int, currency: str) -> None:
    """Refuse a total below Stripe's minimum [obs]; one of 0, or above the maximum, isn't modelled."""
    if total == 0 or total > amounts.MAXIMUM:
        raise Refused(f"a Checkout Session with a total of {total} is not modelled")
    if total < amounts.MINIMUM[currency]:
        least = f"{amounts.written(amounts.MINIMUM[currency], currency)} {currency.upper()}"
        message = f"The Checkout Session's total amount due must add up to at least {least}"
        raise faults.Fault(message, code="amount_too_small")


def _line(world: World, params: LineParams, path: str) -> CheckoutLine:
    if "quantity" not in params and world.readings.rely_on("checkout-quantity") == "required":
        raise faults.missing_parameter(f"{path}[quantity]")
    price = _price(world, params, path)
    quantity = params.get("quantity", 1)
    total = Fraction(price.unit_amount_decimal) * quantity
    if quantity < 1 or total.denominator != 1:
        raise Refused(
            f"{path}: {quantity} times {price.unit_amount_decimal} is not modelled: give a quantity of "
            "1 or more, and a whole total"
        )
    product = world.products.find(price.product, "product")
    return CheckoutLine(
        id=world.ids.mint("li_", 24),
        price=price.id,
        quantity=quantity,
        amount=int(total),
        currency=price.currency,
        description=product.name,
        adjustable_quantity=_adjustable(params.get("adjustable_quantity")),
        metadata=fields.merged_metadata({}, params.get("metadata")),
    )


def _adjustable(params: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if params is None else {"maximum": None, "minimum": None, **params}


def _price(world: World, params: LineParams, path: str) -> Price:
    """Find the price of a line, or make it."""
    if "price_data" in params:
        if "price" in params:
            raise faults.one_of("price", "price_data", assumption="checkout-refusals")
        return _inline(world, params["price_data"], path)
    if "price" not in params:
        world.readings.rely_on("checkout-refusals")
        raise faults.missing_parameter(f"{path}[price]")
    name = f"{path}[price]"
    price = world.prices.find(params["price"], name, in_path=False)
    if price.recurring is not None:
        raise faults.Fault(RECURRING, assumption="checkout-refusals")
    if not price.active:
        raise faults.Fault(new_prices.INACTIVE, param=name, assumption="checkout-refusals")
    if not world.products.find(price.product, "product").active:  # as many apps have logged it
        message = (
            f"Price `{price.id}` is not available to be purchased because its product is not active."
        )
        raise faults.Fault(message, param=name)
    return price


def _inline(world: World, data: InlinePrice, path: str) -> Price:
    """Make the price of one line, and with product_data its product; no event."""
    if "recurring" in data:
        raise faults.Fault(RECURRING, assumption="checkout-refusals")
    active = world.readings.rely_on("checkout-inline-prices") == "active"
    product = _product(world, data, f"{path}[price_data]", active=active)
    unit = new_prices.unit_text(data.get("unit_amount"), data.get("unit_amount_decimal"))
    return new_prices.make(
        world,
        product.id,
        data["currency"],
        unit,
        active=active,
        inline=True,
        tax_behavior=data.get("tax_behavior", "unspecified"),
    )


def _product(world: World, data: InlinePrice, path: str, *, active: bool) -> Product:
    if "product" in data:
        if "product_data" in data:
            raise faults.one_of("product", "product_data")
        name = f"{path}[product]"
        product = products.find(world, data["product"], name, in_path=False)
        if not product.active:
            raise Refused(f"{name} with an inactive product is not modelled: activate {product.id}")
        return product
    if "product_data" not in data:
        world.readings.rely_on("checkout-refusals")
        raise faults.missing_parameter(f"{path}[product]")
    return products.inline(world, data["product_data"], active=active)  # type: ignore[arg-type] # a part of it
