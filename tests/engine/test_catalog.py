"""Products and prices: what they show, tell and refuse (docs/stripe.md 1.13)."""

import json
import os
from pathlib import Path

import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance.comparison.newer import document_without_newer

REAL = Path(os.environ.get("STRIPE_REAL_DATA", "../shared/real")) / "neighbours/catalog-2025-12.json"
USD = {"currency": "usd", "unit_amount": 2000}


def product(**params):
    return stripe.Product.create(**{"name": "Hat", **params})


def price(**params):
    return stripe.Price.create(**{"product_data": {"name": "Hat"}, **USD, **params})


def told(stripe_balance, kind):
    return [event for event in stripe_balance.events() if event.type.startswith(kind)]


def before(event):
    return as_dict(event)["data"].get("previous_attributes")


def test_a_shop_sells_a_product_at_a_price(stripe_balance):
    """A product made with its price names it; both are found, listed and searched for."""
    hat = product(default_price_data=USD, metadata={"sku": "h1"})
    cost = stripe.Price.retrieve(hat.default_price, expand=["product"])
    assert (cost.unit_amount, cost.currency, cost.type) == (2000, "usd", "one_time")
    assert cost.product.name == "Hat"
    assert [one.id for one in stripe.Price.list(product=hat.id).data] == [cost.id]
    assert [one.id for one in stripe.Product.search(query="metadata['sku']:'h1'").data] == [hat.id]
    types = [event.type for event in stripe_balance.events()]
    assert types == ["product.created", "price.created"]


def test_an_amount_is_whole_or_a_decimal(stripe_balance):
    """A whole amount has its decimal text; a decimal with a fraction has no whole amount."""
    for given, whole, text in (
        ({"unit_amount": 2000}, 2000, "2000"),
        ({"unit_amount_decimal": "123.45"}, None, "123.45"),
        ({"unit_amount_decimal": "700.00"}, 700, "700"),
        ({"unit_amount": 0}, 0, "0"),
    ):
        one = stripe.Price.create(product_data={"name": "Hat"}, currency="USD", **given)
        assert (one.unit_amount, str(one.unit_amount_decimal), one.currency) == (whole, text, "usd")


def test_an_update_tells_what_was_there_before(stripe_balance):
    """A new metadata key was null, `updated` moves, and an update that changes nothing tells nothing."""
    hat = product(metadata={"a": "1"})
    stripe.Product.modify(hat.id, description="Felt", metadata={"b": "2"})
    stripe.Product.modify(hat.id, description="Felt")
    (event,) = told(stripe_balance, "product.updated")
    assert before(event) == {
        "description": None,
        "metadata": {"b": None},
        "updated": hat.updated,
    }
    cost = stripe.Price.create(product=hat.id, **USD)
    stripe.Price.modify(cost.id, nickname="Summer")
    (event,) = told(stripe_balance, "price.updated")
    assert before(event) == {"nickname": None}


def test_hashes_and_lists_are_cleared_by_an_empty_value(stripe_balance):
    """Everything that the update clears is as if it had never been set."""
    bare, hat = (
        product(),
        product(
            description="Felt",
            images=["https://example.com/hat.png"],
            marketing_features=[{"name": "Warm"}],
            metadata={"a": "1"},
            package_dimensions={"height": 1, "length": 2, "weight": 3, "width": 4.5},
            tax_code="txcd_99999999",
            unit_label="piece",
            url="https://example.com",
        ),
    )
    assert hat.tax_details.tax_code == "txcd_99999999"
    names = "description images marketing_features metadata package_dimensions tax_code unit_label url"
    cleared = as_dict(stripe.Product.modify(hat.id, **dict.fromkeys(names.split(), "")))
    own = {"id", "created", "updated"}
    assert {key: value for key, value in cleared.items() if key not in own} == {
        key: value for key, value in as_dict(bare).items() if key not in own
    }


def test_a_lookup_key_goes_from_price_to_price(stripe_balance):
    """Its old holder stays active, and tells of it; listing by key finds the new one."""
    old = price(lookup_key="hat")
    new = price(lookup_key="hat", transfer_lookup_key=True)
    ten = ["hat", *(f"shoe{size}" for size in range(9))]
    assert [one.id for one in stripe.Price.list(lookup_keys=ten).data] == [new.id]
    old = stripe.Price.retrieve(old.id)
    assert (old.active, old.lookup_key) == (True, None)
    (event,) = told(stripe_balance, "price.updated")
    assert (event.data.object["id"], before(event)) == (old.id, {"lookup_key": "hat"})


LISTS = {
    "by type": ({"type": "recurring"}, ["monthly"]),
    "by currency": ({"currency": "EUR"}, ["euro"]),
    "by activity": ({"active": False}, ["old"]),
    "by interval": ({"recurring": {"interval": "month"}}, ["monthly"]),
    "by another interval": ({"recurring": {"interval": "year"}}, []),
    "all": ({}, ["old", "euro", "monthly"]),
}


@pytest.mark.parametrize(("params", "found"), LISTS.values(), ids=LISTS)
def test_prices_are_listed(stripe_balance, params, found):
    """Newest first, by each filter."""
    price(nickname="monthly", recurring={"interval": "month"})
    price(nickname="euro", currency="eur")
    price(nickname="old", active=False)
    assert [one.nickname for one in stripe.Price.list(**params).data] == found


def test_products_are_listed(stripe_balance):
    """By ids, of which unknown ones are left out, by activity, by url; a deleted one is in no list."""
    hat, shoe, gone = product(url="https://example.com"), product(active=False), product()
    stripe.Product.delete(gone.id)

    def listed(**params):
        return [one.id for one in stripe.Product.list(**params).data]

    assert listed() == [shoe.id, hat.id]
    assert listed(ids=["prod_nope", hat.id, gone.id]) == [hat.id]
    assert listed(active=False) == [shoe.id]
    assert listed(url="https://example.com") == [hat.id]
    assert listed(shippable=True) == []


def test_the_price_of_an_invoice_item_is_in_the_catalog(stripe_balance):
    """It is inactive and told by no event; so is its product, which is named after the item."""
    customer = stripe_balance.customer().id
    item = stripe.InvoiceItem.create(customer=customer, amount=700, currency="usd", description="Work")
    ids = item.pricing.price_details if hasattr(item, "pricing") else None
    cost = stripe.Price.list(active=False).data[0]
    assert ids is None or (cost.id, cost.product) == (ids.price, ids.product)
    assert (cost.unit_amount, cost.type) == (700, "one_time")
    work = stripe.Product.retrieve(cost.product)
    assert (work.name, work.active) == ("Work", False)
    assert told(stripe_balance, ("product", "price")) == []


def test_a_deleted_product_tells_of_itself_and_is_gone(stripe_balance):
    """The event has it inactive and whole."""
    hat = product()
    assert as_dict(stripe.Product.delete(hat.id)) == {
        "id": hat.id,
        "object": "product",
        "deleted": True,
    }
    (event,) = told(stripe_balance, "product.deleted")
    shown = as_dict(event.data.object)
    assert (shown["active"], shown["name"], "deleted" in shown) == (False, "Hat", False)


def taken(**params):
    """Try to take the key of a price that was archived."""
    archived = price(lookup_key="hat", active=False)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        price(lookup_key="hat", **params)
    caught.value.error.message = caught.value.error.message.replace(archived.id, "<id>")
    raise caught.value


def inactive_default():
    archived = price(active=False)
    stripe.Product.modify(archived.product, default_price=archived.id)


BOTH = "You may only specify one of these parameters: "
DEFAULT = "This price cannot be archived because it is the default price of its product."
INACTIVE = "The price specified is inactive. This field only accepts active prices."
KEPT = "This product cannot be deleted because it has one or more user-created prices."
METERED = "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters."
MISSING, FEW = "resource_missing", "parameter_missing"
NEITHER = "You must specify either `product` or `product_data` when creating a price."
NO_AMOUNT = "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set."
TIERED = "Prices with `type=one_time` are not supported with tiered billing."
Price, Product = stripe.Price, stripe.Product
REFUSALS = {
    "no name": (lambda: Product.create(), 400, FEW, "name", "Missing required param: name."),
    "an unknown product": (
        *(lambda: Product.retrieve("prod_nope"), 404, MISSING, "id"),
        "No such product: 'prod_nope'",
    ),
    "a deleted product": (
        *(lambda: [product(id="hat"), Product.delete("hat"), Product.retrieve("hat")], 404, MISSING),
        *("id", "No such product: 'hat'"),
    ),
    "an unknown price": (
        *(lambda: Price.retrieve("price_nope"), 404, MISSING, "price"),
        "No such price: 'price_nope'",
    ),
    "an unknown default price": (
        *(lambda: Product.modify(product().id, default_price="price_nope"), 400, MISSING),
        *("default_price", "No such price: 'price_nope'"),
    ),
    "a price of an unknown product": (
        *(lambda: Price.create(product="prod_nope", **USD), 400, MISSING, "product"),
        "No such product: 'prod_nope'",
    ),
    "prices of an unknown product": (
        *(lambda: Price.list(product="prod_nope"), 400, MISSING, "product"),
        "No such product: 'prod_nope'",
    ),
    "no product": (lambda: Price.create(**USD), 400, None, None, NEITHER),
    "both products": (
        *(lambda: price(product="prod_nope"), 400, None, "product"),
        f"{BOTH}product, product_data.",
    ),
    "no amount": (
        *(lambda: Price.create(currency="usd", product_data={"name": "Hat"}), 400, None, None),
        NO_AMOUNT,
    ),
    "both amounts": (
        *(lambda: price(unit_amount_decimal="1.5"), 400, None, "unit_amount"),
        f"{BOTH}unit_amount, unit_amount_decimal.",
    ),
    "an amount below zero": (
        *(lambda: price(unit_amount=-1), 400, "parameter_invalid_integer", "unit_amount"),
        "This value must be greater than or equal to 0.",
    ),
    "a lookup key that is taken": (
        *(taken, 400, None, "lookup_key"),
        "A price (`<id>`) already uses that lookup key.",
    ),
    "a list by too many lookup keys": (
        *(lambda: Price.list(lookup_keys=[f"hat{i}" for i in range(11)]), 400, None, "lookup_keys"),
        "Array lookup_keys exceeded maximum 10 allowed elements.",
    ),
    "one-time tiers": (
        *(lambda: price(billing_scheme="tiered", tiers_mode="volume"), 400, None, "interval"),
        TIERED,
    ),
    "metered without a meter": (
        *(lambda: price(recurring={"interval": "month", "usage_type": "metered"}), 400, None, None),
        METERED,
    ),
    "an amount is changed": (
        *(lambda: Price.modify(price().id, unit_amount=1), 400, "parameter_unknown", "unit_amount"),
        "Received unknown parameter: unit_amount",
    ),
    "a product with prices is deleted": (
        *(lambda: Product.delete(price().product), 400, None, None),
        KEPT,
    ),
    "a default price is archived": (
        *(lambda: Price.modify(product(default_price_data=USD).default_price, active=False), 400),
        *(None, None, DEFAULT),
    ),
    "an inactive default price": (
        *(inactive_default, 400, None, "default_price"),
        INACTIVE,
    ),
    "an id that is taken": (
        *(lambda: [product(id="hat"), product(id="hat")], 400, "resource_already_exists", "id"),
        "Product already exists.",
    ),
    "another tax behavior": (
        *(lambda: Price.modify(price(tax_behavior="inclusive").id, tax_behavior="exclusive"), 400),
        *(None, "tax_behavior"),
        "The tax_behavior of a price can't be changed once it is exclusive or inclusive.",
    ),
}


@pytest.mark.parametrize(("call", "status", "code", "param", "message"), REFUSALS.values(), ids=REFUSALS)
@pytest.mark.usefixtures("stripe_balance", "at_newest_version")
def test_the_catalog_refuses(call, status, code, param, message):
    """Each has Stripe's status, code, param and words; the rest are those of catalog-refusals."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call()
    error = caught.value.json_body["error"]
    said = (caught.value.http_status, error.get("code"), error.get("param"))
    assert said == (status, code, param)
    assert caught.value.error.message == message


def test_what_is_not_modelled_is_refused_by_name(stripe_balance):
    """Tiers, metered prices of old, and the default price of another product."""
    hat, other = product(), price()
    calls = {
        "tiered prices": lambda: price(billing_scheme="tiered", recurring={"interval": "month"}),
        "metered prices": lambda: price(
            recurring={"interval": "month", "usage_type": "metered"}, stripe_version="2024-06-20"
        ),
        "is a price of": lambda: Product.modify(hat.id, default_price=other.id),
        "custom_unit_amount": lambda: price(custom_unit_amount={"enabled": True}),
    }
    for words, call in calls.items():
        with stripe_balance.refused(match=words):
            call()


def real_objects():
    """Read the products and prices that others recorded."""
    if not REAL.exists():
        pytest.skip("STRIPE_REAL_DATA names no folder with the real catalog")
    answers = [one["response"] for one in json.loads(REAL.read_text("utf-8"))]
    return [one["body"] for one in answers if one["status"] == 200 and "name" in one["body"]] + [
        one["body"] for one in answers if one["body"].get("object") == "price"
    ]


@pytest.mark.usefixtures("stripe_balance", "at_newest_version")
def test_products_and_prices_are_as_real_ones():
    """Made alike, ours have the keys and, ids and times aside, the values of the recorded ones."""
    own = {"id", "created", "updated", "product"}
    for real in real_objects():
        if real["object"] == "product":
            made = product(name=real["name"])
        else:
            every = {key: value for key, value in (real["recurring"] or {}).items() if value}
            every.pop("usage_type", None)
            made = price(
                currency=real["currency"],
                unit_amount=real["unit_amount"],
                **({"recurring": every} if every else {}),
            )
        ours = document_without_newer(as_dict(made), real, real["created"])
        assert set(ours) == set(real)
        if "unit_amount_decimal" in ours:
            ours["unit_amount_decimal"] = str(ours["unit_amount_decimal"])
        assert {key: ours[key] for key in ours if key not in own} == {
            key: real[key] for key in real if key not in own
        }
