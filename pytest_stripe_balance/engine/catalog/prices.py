"""Prices: what a product costs, once or again each interval (docs/stripe.md 1.13)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict, Unpack

from pytest_stripe_balance.engine import events
from pytest_stripe_balance.engine.catalog import new_prices, products
from pytest_stripe_balance.engine.catalog.products import TaxDetails
from pytest_stripe_balance.engine.state import amounts, faults, fields
from pytest_stripe_balance.engine.state.records.catalog import Price
from pytest_stripe_balance.engine.state.table import ListParams
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.catalog import Product
    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World

TaxBehavior = Literal["exclusive", "inclusive", "unspecified"]


class ProductData(TypedDict, total=False):
    """The product that is made with a price."""

    active: bool
    id: str
    metadata: dict[str, str]
    name: Required[str]
    statement_descriptor: str
    tax_code: str
    tax_details: TaxDetails
    unit_label: str


class Recurring(TypedDict, total=False):
    """How often a price is paid. `usage_type` metered is refused."""

    interval: Required[str]
    interval_count: int
    trial_period_days: int
    usage_type: str


class Interval(TypedDict, total=False):
    """Which recurring prices to list."""

    interval: str
    usage_type: str


class PriceChanges(TypedDict, total=False):
    """The parameters of update. What a price costs never changes."""

    active: bool
    lookup_key: str
    metadata: dict[str, str] | None
    nickname: str
    tax_behavior: TaxBehavior
    transfer_lookup_key: bool


class PriceParams(PriceChanges, total=False):
    """The parameters of create. Tiers are refused."""

    billing_scheme: Literal["per_unit", "tiered"]
    currency: Required[str]
    product: str
    product_data: ProductData
    recurring: Recurring
    tiers: list[Any]
    tiers_mode: str
    unit_amount: int
    unit_amount_decimal: Decimal


def create(world: World, **params: Unpack[PriceParams]) -> Price:
    """Create a price of a product, which `product_data` makes; event `price.created`.

    `unit_amount`, or `unit_amount_decimal`, is in minor units.
    """
    _refuse_tiers(params)
    unit = new_prices.unit_text(params.get("unit_amount"), params.get("unit_amount_decimal"))
    owner = _product(world, params.get("product"), params.get("product_data"))
    key = params.get("lookup_key")
    if key is not None:
        _take_lookup_key(world, key, transfer=params.get("transfer_lookup_key", False))
    price = new_prices.make(
        world,
        owner.id,
        params["currency"],
        unit,
        params.get("recurring"),
        active=params.get("active", True),
        lookup_key=key,
        metadata=fields.merged_metadata({}, params.get("metadata")),
        nickname=params.get("nickname"),
        tax_behavior=params.get("tax_behavior", "unspecified"),
    )
    world.record_event("price.created", price)
    return price


def retrieve(world: World, price_id: str) -> Price:
    """Find a price, also one that was made for an item; 404 with param `price` [obs]."""
    return world.prices.find(price_id, "price")


def update(world: World, price_id: str, **params: Unpack[PriceChanges]) -> Price:
    """Change what isn't its cost; event `price.updated`, if anything changed.

    The default price of a product can't be archived.
    """
    price = retrieve(world, price_id)
    if params.get("active") is False:
        _refuse_default(world, price)
    _check_tax_behavior(price, params.get("tax_behavior"))
    transfer = params.pop("transfer_lookup_key", False)
    if (key := params.get("lookup_key")) is not None and key != price.lookup_key:
        _take_lookup_key(world, key, transfer=transfer)
    changes: dict[str, Any] = {**params}
    if "metadata" in params:
        changes["metadata"] = fields.merged_metadata(price.metadata, params["metadata"])
    return _changed(world, price, **changes)


def list_(
    world: World,
    *,
    active: bool | None = None,
    currency: str | None = None,
    lookup_keys: list[str] | None = None,
    product: str | None = None,
    recurring: Interval | None = None,
    type: Literal["one_time", "recurring"] | None = None,  # noqa: A002 - Stripe's own name for it
    **params: Unpack[ListParams],
) -> Page[Price]:
    """List prices, newest first. An unknown `product` is a 400 [obs]."""
    if product is not None:
        world.products.find(product, "product", in_path=False)
    return world.prices.page(
        active=active,
        currency=None if currency is None else amounts.lowered(world, currency),
        product=product,
        type=type,
        keep=lambda price: (
            (lookup_keys is None or price.lookup_key in lookup_keys)
            and (recurring is None or recurring.items() <= (price.recurring or {}).items())
        ),
        **params,
    )


def one_off(world: World, product: Product, unit_amount: str, currency: str, tax_behavior: str) -> Price:
    """Give the price behind the items of a product, an amount, a currency and a behavior; no event.

    That they share one was seen from 2024-08 to 2026-03 [obs, pay and Kiln-AI/stripe_world]; by which
    fields is inferred.
    """
    shared_by = f"{product.id} {unit_amount} {currency} {tax_behavior.removeprefix('unspecified')}"
    price_id = "price_" + world.ids.secret(shared_by.rstrip(), 24)
    known = world.prices.get(price_id)
    if known is not None:
        world.readings.rely_on("one-off-prices")
        return known
    price = Price(
        price_id,
        world.clock.now,
        currency,
        product.id,
        unit_amount,
        active=False,
        inline=True,
        tax_behavior=tax_behavior,
    )
    return world.prices.put(price)


def _product(world: World, product: str | None, data: ProductData | None) -> Product:
    """Find the product of a new price, or make it; event `product.created`."""
    if data is None:
        if product is None:
            raise faults.Fault(
                "You must specify either `product` or `product_data` when creating a price."
            )
        return products.find(world, product, "product", in_path=False)
    if product is not None:
        raise faults.one_of("product", "product_data")
    return products.create(world, **data)


def _refuse_tiers(params: PriceParams) -> None:
    tiered = params.get("billing_scheme") == "tiered"
    if tiered and "recurring" not in params:
        message = "Prices with `type=one_time` are not supported with tiered billing."
        raise faults.Fault(message, param="interval")
    if tiered or "tiers" in params or "tiers_mode" in params:
        raise Refused(
            "tiered prices are not modelled: give a `unit_amount`, and make one price for each amount"
        )


def _take_lookup_key(world: World, key: str, *, transfer: bool) -> None:
    """Refuse a key that another price has, unless it is to be taken from it [obs]."""
    holder = next(world.prices.where(lookup_key=key), None)
    if holder is None:
        return
    if not transfer:
        message = f"A price (`{holder.id}`) already uses that lookup key."
        raise faults.Fault(message, param="lookup_key")
    _changed(world, holder, lookup_key=None)


def _refuse_default(world: World, price: Price) -> None:
    """Refuse to archive a default price, in words that others quote from Stripe's answers."""
    product = world.products.get(price.product)
    if product is not None and not product.deleted and product.default_price == price.id:
        message = "This price cannot be archived because it is the default price of its product."
        raise faults.Fault(message, assumption="catalog-refusals")


def _check_tax_behavior(price: Price, behavior: str | None) -> None:
    """Refuse another tax behavior; only an unspecified one can be set [doc]."""
    if behavior in (None, price.tax_behavior) or price.tax_behavior == "unspecified":
        return
    raise faults.Fault(
        "The tax_behavior of a price can't be changed once it is exclusive or inclusive.",
        param="tax_behavior",
        assumption="catalog-refusals",
    )


def _changed(
    world: World,
    price: Price,
    **changes: Any,  # noqa: ANN401 - fields of a record
) -> Price:
    changed = price._replace(**changes)
    if changed != price:
        world.prices.put(changed)
        world.record_event("price.updated", changed, events.previous(price._asdict(), changed._asdict()))
    return changed
