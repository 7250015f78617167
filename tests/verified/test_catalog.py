"""Products and prices."""

import stripe

COST = {"currency": "usd", "unit_amount": 1000}
GENERIC = "invalid_request_error"


def test_catalog_refusals(probe):
    """Which errors have a default price that is archived, and parameters that can't be?"""
    name = probe.balance.unique("hat")
    product = stripe.Product.create(name=name, default_price_data={**COST, "tax_behavior": "inclusive"})
    cost = product.default_price
    archived = stripe.Price.create(product=product.id, active=False, **COST).id

    def both():
        stripe.Price.create(product=product.id, unit_amount_decimal="1000.5", **COST)

    assert [
        probe.error(lambda: stripe.Price.modify(cost, active=False)),
        probe.error(lambda: stripe.Product.create(id=product.id, name=name)),
        probe.error(lambda: stripe.Product.modify(product.id, default_price=archived)),
        probe.error(lambda: stripe.Price.modify(cost, tax_behavior="exclusive")),
        probe.error(both),
        probe.error(lambda: stripe.Price.create(product=product.id, currency="usd", unit_amount=-1)),
    ] == [
        (400, GENERIC, None, None),
        (400, GENERIC, "resource_already_exists", "id"),
        (400, GENERIC, None, "default_price"),
        (400, GENERIC, None, "tax_behavior"),
        (400, GENERIC, None, "unit_amount"),
        (400, GENERIC, "parameter_invalid_integer", "unit_amount"),
    ]
