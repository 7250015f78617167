"""Products and their prices."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from pytest_stripe_balance.engine.state.records.hashes import NOTHING, Hash


class Product(NamedTuple):
    """What is sold (docs/stripe.md 1.13). `default_price` is the id of one of its prices."""

    id: str
    created: int
    updated: int
    name: str
    active: bool = True
    default_price: str | None = None
    description: str | None = None
    images: tuple[str, ...] = ()
    marketing_features: tuple[Hash, ...] = ()
    metadata: Hash = NOTHING
    package_dimensions: Hash | None = None
    shippable: bool | None = None
    statement_descriptor: str | None = None
    tax_code: str | None = None
    tax_details: Hash | None = None
    type: str = "service"
    unit_label: str | None = None
    url: str | None = None
    deleted: bool = False


class Price(NamedTuple):
    """What a product costs. `unit_amount_decimal` is decimal text, in minor units.

    An `inline` one was made for one item or one line, and not by POST /v1/prices.
    """

    id: str
    created: int
    currency: str
    product: str
    unit_amount_decimal: str
    active: bool = True
    lookup_key: str | None = None
    metadata: Hash = NOTHING
    nickname: str | None = None
    recurring: Hash | None = None
    tax_behavior: str = "unspecified"
    inline: bool = False

    @property
    def type(self) -> str:
        """Whether it is paid once, or again each interval."""
        return "one_time" if self.recurring is None else "recurring"

    @property
    def unit_amount(self) -> int | None:
        """The amount in whole minor units, or None where it isn't whole."""
        unit = Decimal(self.unit_amount_decimal)
        return int(unit) if unit == int(unit) else None
