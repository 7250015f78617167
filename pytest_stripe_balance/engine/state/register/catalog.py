"""What is assumed of products and prices."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import only

ENTRIES = (
    only(
        "one-off-prices",
        32,
        "Items with the same description share one product in the account, and one price for "
        "each unit amount and currency. Items without a description share a product too. Product and "
        "price are inactive, in lists, and without events; the product has the description as its name, "
        "or One-off.",
    ),
    only(
        "catalog-refusals",
        45,
        "Archiving a default price is refused in words that others quote, without code and param. A "
        "product's id that is taken is 400 resource_already_exists with param id. An inactive default "
        "price, two amounts, an amount below 0, and another tax behavior are 400 with the parameter's "
        "name as param, in words that Stripe uses elsewhere or in our own.",
    ),
)
