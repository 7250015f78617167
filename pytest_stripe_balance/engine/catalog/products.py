"""Products (docs/stripe.md 1.13)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict, Unpack

from pytest_stripe_balance.engine import events
from pytest_stripe_balance.engine.catalog import new_prices
from pytest_stripe_balance.engine.state import faults, fields
from pytest_stripe_balance.engine.state.records.catalog import Product
from pytest_stripe_balance.engine.state.table import ListParams
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.catalog import Price
    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World


class TaxDetails(TypedDict, total=False):
    """Where a product is taxed, and as what."""

    performance_location: str
    tax_code: str | None


class PriceInterval(TypedDict, total=False):
    """How often a default price is paid."""

    interval: Required[str]
    interval_count: int


class DefaultPriceData(TypedDict, total=False):
    """The price that is made with a product."""

    currency: Required[str]
    metadata: dict[str, str]
    recurring: PriceInterval
    tax_behavior: Literal["exclusive", "inclusive", "unspecified"]
    unit_amount: int
    unit_amount_decimal: Decimal


class ProductChanges(TypedDict, total=False):
    """Parameters of create and update. None clears a field."""

    active: bool
    description: str | None
    images: list[str] | None
    marketing_features: list[dict[str, str]] | None
    metadata: dict[str, str] | None
    name: str
    package_dimensions: dict[str, Decimal] | None
    shippable: bool
    statement_descriptor: str
    tax_code: str | None
    tax_details: TaxDetails | None
    unit_label: str | None
    url: str | None


class ProductParams(ProductChanges, total=False):
    """The parameters of create."""

    default_price_data: DefaultPriceData
    id: str
    type: Literal["good", "service"]


class ProductUpdate(ProductChanges, total=False):
    """The parameters of update."""

    default_price: str


def create(world: World, **params: Unpack[ProductParams]) -> Product:
    """Create a product; event `product.created`.

    With `default_price_data` its price is made too: product.created names it already, and price.created
    comes after [obs].
    """
    default = params.pop("default_price_data", None)
    product_id = params.pop("id", None)
    if product_id is None:
        product_id = world.ids.mint("prod_", 14)
    elif world.products.get(product_id):
        message = "Product already exists."
        raise faults.Fault(
            message, code="resource_already_exists", param="id", assumption="catalog-refusals"
        )
    now = world.clock.now
    blank = Product(id=product_id, created=now, updated=now, name="")
    product = world.products.put(blank._replace(**_changes(blank, params)))
    price = None if default is None else _default_price(world, product, default)
    if price is not None:
        product = world.products.put(product._replace(default_price=price.id))
    world.record_event("product.created", product)
    if price is not None:
        world.record_event("price.created", price)
    return product


def retrieve(world: World, product_id: str) -> Product:
    """Find a product; 404 with param `id`, also once it was deleted [obs]."""
    return find(world, product_id, "id", in_path=True)


def update(world: World, product_id: str, **params: Unpack[ProductUpdate]) -> Product:
    """Change a product; event `product.updated` with the previous values, if any changed.

    `updated` moves with it [obs].
    """
    product = retrieve(world, product_id)
    if "default_price" in params:
        _check_default(world, product, params["default_price"])
    changed = product._replace(**_changes(product, params))
    if changed == product:
        return product
    changed = world.products.put(changed._replace(updated=world.clock.now))
    previous = events.previous(product._asdict(), changed._asdict())
    world.record_event("product.updated", changed, previous)
    return changed


def delete(world: World, product_id: str) -> Product:
    """Delete a product that no price was made of; event `product.deleted`, with `active` false [obs]."""
    product = retrieve(world, product_id)
    if any(not price.inline for price in world.prices.where(product=product_id)):
        raise faults.Fault(
            "This product cannot be deleted because it has one or more user-created prices."
        )
    world.record_event("product.deleted", product._replace(active=False))
    return world.products.put(product._replace(active=False, deleted=True))


def list_(
    world: World,
    *,
    active: bool | None = None,
    ids: list[str] | None = None,
    shippable: bool | None = None,
    type: Literal["good", "service"] | None = None,  # noqa: A002 - Stripe's own name for it
    url: str | None = None,
    **params: Unpack[ListParams],
) -> Page[Product]:
    """List products, newest first. What `ids` names and isn't there is left out [obs]."""
    return world.products.page(
        active=active,
        shippable=shippable,
        type=type,
        url=url,
        keep=lambda product: not product.deleted and (ids is None or product.id in ids),
        **params,
    )


def find(world: World, product_id: str, param: str, *, in_path: bool) -> Product:
    """Find a product that isn't deleted, or raise a `resource_missing` fault."""
    return world.products.find(
        product_id, param, in_path=in_path, keep=lambda product: not product.deleted
    )


def inline(world: World, params: ProductChanges, *, active: bool) -> Product:
    """Make the product of a line's price; no event (checkout-inline-prices)."""
    now = world.clock.now
    blank = Product(world.ids.mint("prod_", 14), now, now, name="", active=active)
    return world.products.put(blank._replace(**_changes(blank, params)))


def one_off(world: World, description: str | None, tax_code: str | None = None) -> Product:
    """Give the product behind the items of a description and a tax code; no event (one-off-prices)."""
    product_id = "prod_" + world.ids.secret(f"product {description!r} {tax_code or ''}".rstrip(), 14)
    known = world.products.get(product_id)
    if known is not None:
        return known
    now = world.clock.now
    return world.products.put(
        Product(product_id, now, now, description or "One-off", active=False, tax_code=tax_code)
    )


def _default_price(world: World, product: Product, data: DefaultPriceData) -> Price:
    """Make the price that a product is made with."""
    return new_prices.make(
        world,
        product.id,
        data["currency"],
        new_prices.unit_text(data.get("unit_amount"), data.get("unit_amount_decimal")),
        data.get("recurring"),
        metadata=fields.merged_metadata({}, data.get("metadata")),
        tax_behavior=data.get("tax_behavior", "unspecified"),
    )


def _check_default(world: World, product: Product, price_id: str) -> None:
    """Refuse a default price that can't be one."""
    price = world.prices.find(price_id, "default_price", in_path=False)
    if price.product != product.id:
        raise Refused(
            f"default_price={price.id} is a price of {price.product}, which is not modelled: give one "
            f"of {product.id}"
        )
    if not price.active:
        raise faults.Fault(new_prices.INACTIVE, param="default_price", assumption="catalog-refusals")


def _changes(product: Product, params: ProductChanges) -> dict[str, Any]:
    """Turn a request's parameters into new field values."""
    changes: dict[str, Any] = {}
    for name, value in params.items():
        match name:
            case "metadata":
                changes[name] = fields.merged_metadata(product.metadata, params["metadata"])
            case "images" | "marketing_features":
                changes[name] = tuple(value or ())  # type: ignore[arg-type] # lists, both
            case "package_dimensions":
                sizes = params["package_dimensions"]
                changes[name] = sizes and {key: float(size) for key, size in sizes.items()}
            case "tax_code":
                changes |= _taxed(product, {"tax_code": params["tax_code"]})
            case "tax_details":
                changes |= _taxed(product, params["tax_details"])
            case _:
                changes[name] = value
    return changes


def _taxed(product: Product, params: TaxDetails | None) -> dict[str, Any]:
    """Give the tax code, and the details with all their keys; null without a value [obs]."""
    details: dict[str, Any] = {"performance_location": None, "tax_code": None}
    if params is not None:
        details |= {**(product.tax_details or {}), **params}
    return {
        "tax_code": details["tax_code"],
        "tax_details": details if any(details.values()) else None,
    }
