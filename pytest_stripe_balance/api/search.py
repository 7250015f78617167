"""The search endpoints: the searchable fields of each resource, and pages of results.

The fields and their types are the documented ones (docs.stripe.com/search).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Required, TypedDict, TypeVar, Unpack

from pytest_stripe_balance.api.search_query import Field, Query, Resource, parse
from pytest_stripe_balance.engine.billing.invoices import with_customer
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.catalog import Price, Product
from pytest_stripe_balance.engine.state.records.customers import Customer
from pytest_stripe_balance.engine.state.records.invoices import Invoice
from pytest_stripe_balance.engine.state.records.money import Charge
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
from pytest_stripe_balance.engine.state.table import Page, Table
from pytest_stripe_balance.engine.state.world import World

R = TypeVar("R", Customer, PaymentIntent, Charge, Invoice, Product, Price)


class Search(TypedDict, total=False):
    """The parameters that every search takes."""

    query: Required[str]
    limit: int
    page: str


@dataclass(frozen=True)
class Found(Page[R]):
    """One page of results. `next_page` asks for the next one, `total_count` counts all results."""

    next_page: str | None
    total_count: int


def _created() -> Field:
    return Field("numeric", attrgetter("created"))


def _refunded(charge: Charge) -> str | None:
    """Give "true" if all of it is refunded, "false" if a part is, and None (null) if nothing is."""
    return "true" if charge.refunded else "false" if charge.amount_refunded else None


def _charged(charge: Charge) -> str:
    return "succeeded" if charge.decline is None else "failed"


def _of_card(name: str) -> Callable[[Charge], str | None]:
    """Give what reads a value of a charge's card. Charges of other methods have none (null)."""

    def read(charge: Charge) -> str | None:
        return None if charge.card is None else str(charge.card[name])

    return read


def _active(record: Product | Price) -> str:
    return "true" if record.active else "false"


def _shippable(product: Product) -> str | None:
    return None if product.shippable is None else str(product.shippable).lower()


_CARD = ("brand", "exp_month", "exp_year", "fingerprint", "last4")

CUSTOMERS = Resource(
    "customers",
    {
        "created": _created(),
        "email": Field("string", attrgetter("email")),
        "name": Field("string", attrgetter("name")),
        "phone": Field("string", attrgetter("phone")),
    },
)
PAYMENT_INTENTS = Resource(
    "payment_intents",
    {
        "amount": Field("numeric", attrgetter("amount")),
        "created": _created(),
        "currency": Field("token", attrgetter("currency")),
        "customer": Field("token", attrgetter("customer")),
        "status": Field("token", attrgetter("status"), assumption="search-intent-status"),
    },
)
CHARGES = Resource(
    "charges",
    {
        "amount": Field("numeric", attrgetter("amount")),
        "billing_details.address.postal_code": Field(
            "token", lambda charge: charge.billing_details["address"]["postal_code"]
        ),
        "created": _created(),
        "currency": Field("token", attrgetter("currency")),
        "customer": Field("token", attrgetter("customer")),
        "disputed": Field("token", lambda _: "false", values=("true", "false")),
        "refunded": Field("token", _refunded, values=("true", "false", None)),
        "status": Field("token", _charged),
        **{f"payment_method_details.card.{name}": Field("token", _of_card(name)) for name in _CARD},
        **{
            f"payment_method_details.{source}.{name}": Field("token")
            for source in ("card_present", "interac_present")
            for name in _CARD
        },
    },
)
INVOICES = Resource(
    "invoices",
    {
        "created": _created(),
        "currency": Field("token", attrgetter("currency")),
        "customer": Field("token", attrgetter("customer")),
        "last_finalization_error_code": Field("token"),
        "last_finalization_error_type": Field("token"),
        "number": Field("string", attrgetter("number")),
        "receipt_number": Field("string"),
        "status": Field("string", attrgetter("status")),
        "subscription": Field("string"),
        "total": Field("numeric", attrgetter("amount_due")),
    },
)


PRODUCTS = Resource(
    "products",
    {
        "active": Field("token", _active, values=("true", "false")),
        "description": Field("string", attrgetter("description")),
        "name": Field("string", attrgetter("name")),
        "shippable": Field("token", _shippable, values=("true", "false", None)),
        "url": Field("string", attrgetter("url")),
    },
)
PRICES = Resource(
    "prices",
    {
        "active": Field("token", _active, values=("true", "false")),
        "currency": Field("token", attrgetter("currency")),
        "lookup_key": Field("string", attrgetter("lookup_key")),
        "product": Field("string", attrgetter("product")),
        "type": Field("token", attrgetter("type")),
    },
)


def customers(world: World, **params: Unpack[Search]) -> Found[Customer]:
    """Search customers."""
    return _search(world, world.customers, CUSTOMERS, **params)


def payment_intents(world: World, **params: Unpack[Search]) -> Found[PaymentIntent]:
    """Search payment intents."""
    return _search(world, world.payment_intents, PAYMENT_INTENTS, **params)


def charges(world: World, **params: Unpack[Search]) -> Found[Charge]:
    """Search charges."""
    return _search(world, world.charges, CHARGES, **params)


def invoices(world: World, **params: Unpack[Search]) -> Found[Invoice]:
    """Search invoices. A draft shows its customer's present fields, as in a list."""
    found = _search(world, world.invoices, INVOICES, **params)
    shown = [with_customer(world, invoice) for invoice in found.data]
    return Found(shown, found.has_more, found.next_page, found.total_count)


def products(world: World, **params: Unpack[Search]) -> Found[Product]:
    """Search products."""
    return _search(world, world.products, PRODUCTS, **params)


def prices(world: World, **params: Unpack[Search]) -> Found[Price]:
    """Search prices."""
    return _search(world, world.prices, PRICES, **params)


def _search(
    world: World,
    table: Table[R],
    resource: Resource,
    *,
    query: str,
    limit: int = 10,
    page: str | None = None,
) -> Found[R]:
    """Give a page of a query's results in a table, newest first.

    A malformed query, or the page of another query, is a 400 (search-errors, search-page).
    """
    parsed: Query = parse(query, resource)
    after = None if page is None else _last_of(page, query, table)
    known = _known(world, table)
    found = {one.id: getattr(one, "deleted", False) for one in known if parsed.matches(one)}
    present = {record_id for record_id, deleted in found.items() if not deleted}
    assumptions = (
        {*parsed.assumptions} if world.search_index else {"search-at-once", *parsed.assumptions}
    )
    if len(present) < len(found):
        assumptions.add("search-deleted")
    if len(present) > 1:
        assumptions.add("search-order")
    for entry_id in assumptions:
        world.readings.rely_on(entry_id)
    cut = table.page(limit=limit, starting_after=after, keep=lambda record: record.id in present)
    next_page = _page_after(cut.data[-1].id, query) if cut.has_more else None
    shown = [_shown(world, record) for record in cut.data]
    return Found(shown, cut.has_more, next_page, total_count=len(present))


def _known(world: World, table: Table[R]) -> Iterable[R]:
    """Give a table's records as a search knows them now: as they are, or as they were, if it lags."""
    index, now = world.search_index, world.clock.now
    if index is None:
        return table
    return filter(None, (index.as_found(record, now) for record in table))


def _shown(world: World, record: R) -> R:
    """Give a found record as the answer shows it.

    Where a search lags, one is found by its old values and shown as it is (docs/stripe.md 6.6 [obs?]).
    """
    index = world.search_index
    known = record if index is None else index.as_found(record, world.clock.now)
    assert known is not None, "unreachable because it was found"
    if known is record:
        return record
    if world.readings.rely_on("search-lag-shows") == "as-found":
        return known
    is_deleted = getattr(record, "deleted", False)
    return record._replace(deleted=False) if is_deleted else record  # type: ignore[call-arg] # it has the field


def _page_after(record_id: str, query: str) -> str:
    """Name the page after a record. New records come before it, so the page doesn't change."""
    return base64.urlsafe_b64encode(f"{_digest(query)} {record_id}".encode()).decode()


def _last_of(page: str, query: str, table: Table[R]) -> str:
    """Give the record that a page comes after."""
    try:
        of, _, record_id = base64.urlsafe_b64decode(page).decode().partition(" ")
    except (binascii.Error, ValueError):
        of = record_id = ""
    if of != _digest(query) or table.get(record_id) is None:
        raise Fault(
            f"Invalid page: {page}. Send the next_page of this query's last answer, or none.",
            param="page",
            assumption="search-page",
        )
    return record_id


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()[:12]
