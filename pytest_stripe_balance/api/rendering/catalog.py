"""Renders products and prices, at the newest API version's shape (docs/stripe.md 1.13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_stripe_balance.engine.state.records.catalog import Price, Product
from pytest_stripe_balance.engine.state.records.record import Record
from pytest_stripe_balance.engine.state.world import World

Json = dict[str, Any]


def product(_: World, record: Product) -> Json:
    """Render a product. `attributes` is always there, though no SDK types it [obs]."""
    if record.deleted:
        return {"id": record.id, "object": "product", "deleted": True}
    return {
        "id": record.id,
        "object": "product",
        "active": record.active,
        "attributes": [],
        "created": record.created,
        "default_price": record.default_price,
        "description": record.description,
        "images": list(record.images),
        "livemode": False,
        "marketing_features": list(record.marketing_features),
        "metadata": record.metadata,
        "name": record.name,
        "package_dimensions": record.package_dimensions,
        "shippable": record.shippable,
        "statement_descriptor": record.statement_descriptor,
        "tax_code": record.tax_code,
        "tax_details": record.tax_details,
        "type": record.type,
        "unit_label": record.unit_label,
        "updated": record.updated,
        "url": record.url,
    }


def price(_: World, record: Price) -> Json:
    """Render a price, without `currency_options`, which are shown on request."""
    return {
        "id": record.id,
        "object": "price",
        "active": record.active,
        "billing_scheme": "per_unit",
        "created": record.created,
        "currency": record.currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": record.lookup_key,
        "metadata": record.metadata,
        "nickname": record.nickname,
        "product": record.product,
        "recurring": record.recurring,
        "tax_behavior": record.tax_behavior,
        "tiers_mode": None,
        "transform_quantity": None,
        "type": record.type,
        "unit_amount": record.unit_amount,
        "unit_amount_decimal": record.unit_amount_decimal,
    }


def currency_options(world: World, price_id: str, _: Callable[[Record], Json]) -> Json:
    """Give what a price costs in each of its currencies; here that is its own alone."""
    record = world.prices.find(price_id, "price")
    own = {
        "custom_unit_amount": None,
        "tax_behavior": record.tax_behavior,
        "unit_amount": record.unit_amount,
        "unit_amount_decimal": record.unit_amount_decimal,
    }
    return {record.currency: own}
