"""Invoice items, either pending or on a draft invoice (docs/stripe.md 1.9)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Required, TypedDict, Unpack

from pytest_stripe_balance.engine.catalog import prices, products
from pytest_stripe_balance.engine.money import invoice_settlement
from pytest_stripe_balance.engine.state import amounts, faults, fields, parents
from pytest_stripe_balance.engine.state.records.invoices import InvoiceItem
from pytest_stripe_balance.engine.state.table import ListParams
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Customer
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.invoices import Invoice
    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World


class Period(TypedDict, total=False):
    """The period hash of a request, in seconds since 1970."""

    end: Required[int]
    start: Required[int]


class ItemParams(TypedDict, total=False):
    """Parameters of create that move no cent. A tax code belongs to the product of a one-off price."""

    discountable: bool
    period: Period
    tax_behavior: str
    tax_code: str | None


def create(
    world: World,
    *,
    customer: str | None = None,
    amount: int | None = None,
    unit_amount_decimal: Decimal | None = None,
    quantity: int = 1,
    currency: str | None = None,
    invoice: str | None = None,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
    **params: Unpack[ItemParams],
) -> InvoiceItem:
    """Create an item on a draft `invoice`, or a pending one for a later invoice.

    `amount`, or `quantity` times `unit_amount_decimal`, is in minor units. `currency` defaults to the
    draft's. Events `invoiceitem.created`, then `invoice.updated` for the draft (docs/stripe.md 1.9).
    """
    if customer is None:
        raise faults.missing_parameter("customer")
    owner = world.customer(customer, in_path=False)
    draft = None if invoice is None else _draft(world, invoice)
    currency = _currency(world, owner, draft, currency)
    unit, total = _unit_and_total(amount, unit_amount_decimal, quantity)
    if owner.currency is None and world.readings.rely_on("customer-currency") == "by-item":
        settle_currency(world, owner, currency)
    product = products.one_off(world, description, params.get("tax_code"))
    behavior = params.get("tax_behavior", "unspecified")
    price = prices.one_off(world, product, amounts.plain(unit), currency, behavior)
    item = InvoiceItem(
        id=world.ids.mint("ii_", 24),
        created=world.clock.now,
        customer=owner.id,
        amount=total,
        currency=currency,
        quantity=quantity,
        unit_amount=price.unit_amount_decimal,
        price=price.id,
        product=price.product,
        description=description,
        discountable=params.get("discountable", True),
        given_period=_period(params),
        metadata=fields.merged_metadata({}, metadata),
    )
    return _added(world, world.invoice_items.put(item), draft)


def _currency(world: World, owner: Customer, draft: Invoice | None, currency: str | None) -> str:
    """Give an item's currency, which is that of its draft."""
    if currency is None and draft is None:
        raise Refused("an invoice item with neither a currency nor an invoice is not modelled")
    currency = amounts.lowered(world, currency or (draft.currency if draft else ""))
    check_currency(currency)
    if draft is not None and (draft.customer, draft.currency) != (owner.id, currency):
        raise Refused(f"an item of another customer or currency on {draft.id} is not modelled")
    return currency


def _added(world: World, item: InvoiceItem, draft: Invoice | None) -> InvoiceItem:
    """Put a new item on its draft, if it has one, and record the events."""
    if draft is None:
        world.record_event("invoiceitem.created", item)
        return item
    grown = attach(world, draft, item)
    added = grown.lines[0]
    world.record_event("invoiceitem.created", added)
    invoice_settlement.updated(world, draft, grown)
    return added


def retrieve(world: World, item_id: str) -> InvoiceItem:
    """Find an item; 404 with param `id` [obs]. The answer for a deleted draft's item is assumed."""
    item = world.invoice_items.find(item_id, "id")
    if item.deleted and world.readings.rely_on("deleted-draft-items") == "gone":
        raise faults.missing_object(world.invoice_items.noun, item_id, "id", in_path=True)
    return item


def list_(
    world: World,
    *,
    customer: str | None = None,
    invoice: str | None = None,
    pending: bool | None = None,
    **params: Unpack[ListParams],
) -> Page[InvoiceItem]:
    """List items, newest first: those of a customer or invoice, pending ones, or those on invoices.

    An item of a deleted draft isn't pending [obs, 2026-08-26.dahlia].
    """
    parents.check(world, customer=customer, invoice=invoice)
    return world.invoice_items.page(
        customer=customer,
        invoice=invoice,
        pending_for=customer if pending else None,
        keep=lambda item: (
            pending in (None, item.invoice is None)
            and not (item.deleted and world.readings.rely_on("deleted-draft-items") == "gone")
        ),
        **params,
    )


def settle_currency(world: World, owner: Customer, currency: str) -> None:
    """Make this the customer's currency if they have none; event `customer.updated`.

    Source: docs/stripe.md 1.1.
    """
    if owner.currency is None:
        owner = world.customers.put(owner._replace(currency=currency))
        world.record_event("customer.updated", owner, {"currency": None})


def attach(world: World, invoice: Invoice, item: InvoiceItem) -> Invoice:
    """Put an item on a draft as its first line; no event."""
    attached = item._replace(invoice=invoice.id, line=world.ids.mint("il_", 24))
    world.invoice_items.put(attached)
    return world.invoices.put(invoice._replace(lines=(attached, *invoice.lines)))


def pending(world: World, customer_id: str) -> list[InvoiceItem]:
    """List a customer's items that are on no invoice, oldest first."""
    return [*world.invoice_items.where(pending_for=customer_id)]


def _draft(world: World, invoice_id: str) -> Invoice:
    invoice = world.invoices.find(invoice_id, "invoice", in_path=False)
    if invoice.status != "draft" or invoice.deleted:
        raise faults.Fault(
            "Invalid invoice: This invoice is no longer editable",
            code="invoice_not_editable",
            param="invoice",
            assumption="invoice-refusals",
        )
    return invoice


def _period(params: ItemParams) -> Hash | None:
    period = params.get("period")
    if period is not None and period["end"] < period["start"]:
        raise Refused("a period of an invoice item that ends before it starts is not modelled")
    return period and {"end": period["end"], "start": period["start"]}


def check_currency(currency: str) -> None:
    """Refuse a currency that invoices aren't modelled in."""
    if currency not in amounts.MINIMUM:
        raise Refused(
            f"invoices in {currency!r} are not modelled; in {', '.join(amounts.MINIMUM)} they are"
        )


def _unit_and_total(
    amount: int | None, unit_amount_decimal: Decimal | None, quantity: int
) -> tuple[Decimal, int]:
    """Give the unit amount and its product with the quantity.

    The product is exact: one of Decimals would be rounded to 28 digits.
    """
    unit = unit_amount_decimal if amount is None else Decimal(amount)
    total = Fraction(unit or 0) * quantity
    if unit is None or quantity < 0 or total < 0 or total.denominator != 1:
        shown = f"{quantity} times {unit}" if unit is not None and quantity != 1 else unit or "none"
        raise Refused(
            f"an invoice item is modelled with a whole amount of 0 or more, not {shown}: give such an "
            "`amount`, or `unit_amount_decimal` and `quantity`"
        )
    return unit, int(total)
