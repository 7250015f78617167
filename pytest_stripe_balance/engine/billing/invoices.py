"""Invoices: created as drafts, read, listed and deleted (docs/stripe.md 1.9, 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Unpack

from pytest_stripe_balance.engine.bank_transfers import regions
from pytest_stripe_balance.engine.billing import collection, invoice_echoes, invoice_items
from pytest_stripe_balance.engine.billing.collection import (
    CollectionParams,
    InvoiceMethodOptions,
    PaymentSettings,
)
from pytest_stripe_balance.engine.billing.invoice_echoes import EchoedParams
from pytest_stripe_balance.engine.payments import sharing
from pytest_stripe_balance.engine.payments.sharing import SharingParams
from pytest_stripe_balance.engine.state import amounts, faults, fields, parents
from pytest_stripe_balance.engine.state.deliveries import hearers
from pytest_stripe_balance.engine.state.determinism import END_OF_TIME
from pytest_stripe_balance.engine.state.records.invoices import Invoice, InvoiceLine
from pytest_stripe_balance.engine.state.table import Cursors, ListParams, Page, Table, Time, in_time
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Customer
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.invoices import InvoiceItem
    from pytest_stripe_balance.engine.state.world import World

# A draft with auto_advance is finalized after an hour [doc] and a second [obs, Kiln-AI/stripe_world
# 13/59].
DRAFT_FOR = 3601
OPTIONS_PATH = "payment_settings[payment_method_options][customer_balance]"
PendingItems = Literal["exclude", "include", "include_and_require"]


class InvoiceParams(CollectionParams, EchoedParams, SharingParams, total=False):
    """Parameters of create that need no keyword of their own."""

    automatically_finalizes_at: int
    description: str
    metadata: dict[str, str] | None
    number: str
    statement_descriptor: str


def create(
    world: World,
    *,
    customer: str | None = None,
    currency: str | None = None,
    pending_invoice_items_behavior: PendingItems = "exclude",
    **params: Unpack[InvoiceParams],
) -> Invoice:
    """Create a draft; event `invoice.created`. How it is collected is said in `collection`.

    `currency` defaults to the customer's [sdk]. If they have none it becomes theirs, with the event
    `customer.updated` first [obs, a send_invoice at clover]. With `include` the draft takes the
    customer's pending items in its currency. `include_and_require` is a 400 if there are none.
    """
    if customer is None:
        raise faults.missing_parameter("customer")
    owner = world.customer(customer, in_path=False)
    pending = invoice_items.pending(world, owner.id)
    included = [] if pending_invoice_items_behavior == "exclude" else pending
    currency = currency or owner.currency or _currency_of(world, pending, included, params)
    currency = amounts.lowered(world, currency)
    invoice_items.check_currency(currency)
    pending_elsewhere = bool(included)
    included = [item for item in included if item.currency == currency]
    if pending_invoice_items_behavior == "include_and_require" and not included:
        _require_items(world, elsewhere=pending_elsewhere)
    draft = Invoice(
        id=world.ids.mint("in_", 24),
        created=world.clock.now,
        customer=owner.id,
        currency=currency,
        **collection.of_new(world, owner, params),
        recipient=recipient(owner),
    )
    if not hearers(world, "invoice.created", draft):
        draft = draft._replace(webhooks_delivered_at=draft.created)
    draft = draft._replace(**invoice_echoes.of_new(world, owner, params))
    invoice = world.invoices.put(_described(world, draft, params))
    if pending and owner.currency is None:
        world.readings.rely_on("customer-currency")
    invoice_items.settle_currency(world, owner, currency)
    for item in included:
        invoice = invoice_items.attach(world, invoice, item)
    world.record_event("invoice.created", invoice)
    return invoice


def _require_items(world: World, *, elsewhere: bool) -> None:
    """Refuse an invoice without items; whether items in another currency are enough is an assumption."""
    if not elsewhere or world.readings.rely_on("old-pending-currency") == "own":
        raise faults.nothing_to_invoice()


def retrieve(world: World, invoice_id: str) -> Invoice:
    """Find an invoice; 404 with param `invoice`. A draft shows its customer's present fields [doc]."""
    return with_customer(world, find(world, invoice_id, "invoice"))


def list_(
    world: World,
    *,
    collection_method: str | None = None,
    customer: str | None = None,
    due_date: Time | None = None,
    status: str | None = None,
    **params: Unpack[ListParams],
) -> Page[Invoice]:
    """List invoices, newest first."""
    parents.check(world, customer=customer)
    page = world.invoices.page(
        customer=customer,
        status=status,
        keep=lambda invoice: (
            not invoice.deleted
            and collection_method in (None, invoice.collection_method)
            and (due_date is None or in_time(due_date)(invoice.due_date or 0))
        ),
        **params,
    )
    return Page([with_customer(world, invoice) for invoice in page.data], page.has_more)


def lines(world: World, invoice_id: str, **cursors: Unpack[Cursors]) -> Page[InvoiceLine]:
    """List an invoice's lines in their order: the newest item first [obs]."""
    invoice = find(world, invoice_id, "invoice")
    table: Table[InvoiceLine] = Table("invoice line item")
    for item in reversed(invoice.lines):
        table.put(InvoiceLine(item))
    return table.page(**cursors)


def delete(world: World, invoice_id: str) -> Invoice:
    """Delete a draft and its items; event `invoice.deleted`.

    The items still name the draft, and don't become pending again [obs, 2026-08-26.dahlia].
    """
    invoice = find(world, invoice_id, "invoice")
    if invoice.status != "draft":
        raise faults.Fault("You can only delete draft invoices.")
    world.record_event("invoice.deleted", invoice)
    for item in invoice.lines:
        world.invoice_items.put(item._replace(deleted=True))
    return world.invoices.put(invoice._replace(deleted=True))


def find(world: World, invoice_id: str, param: str) -> Invoice:
    """Find an invoice that isn't deleted.

    The 404 has the param `invoice` on retrieve, delete and send, and `id` on the other calls [obs,
    2026-08-26.dahlia].
    """
    return world.invoices.find(invoice_id, param, keep=lambda invoice: not invoice.deleted)


def _currency_of(
    world: World, pending: list[InvoiceItem], included: list[InvoiceItem], params: InvoiceParams
) -> str:
    """Give the currency of a first invoice without one: an item's, or the account's own.

    An account that takes a region's bank transfers has that currency; else it is usd.
    """
    looked_at = pending if world.readings.rely_on("invoice-currency") == "pending" else included
    if looked_at:
        return looked_at[-1].currency
    options = params.get("payment_settings", {}).get("payment_method_options", {})
    transfer = (options.get("customer_balance") or {}).get("bank_transfer", {})
    kind = transfer.get("type")
    return next((region.currency for region in regions.REGIONS.values() if region.type == kind), "usd")


def _described(world: World, draft: Invoice, params: InvoiceParams) -> Invoice:
    """Set the descriptive fields of a draft."""
    settings = params.get("payment_settings", PaymentSettings())
    options = settings.get("payment_method_options", InvoiceMethodOptions())
    regions.check_options(world, options.get("customer_balance") or {}, draft.currency, OPTIONS_PATH)
    types = settings.get("payment_method_types")
    number = params.get("number")
    if number is not None and any(world.invoices.where(number=number)):
        raise Refused(f"two invoices with the number {number!r} are not modelled")
    shared = sharing.of_new(world, params, None)
    if types and "customer_balance" in types and "on_behalf_of" in shared:
        sharing.refuse_behalf(world)
    advances = params.get("auto_advance", False)
    return draft._replace(
        auto_advance=advances,
        automatically_finalizes_at=_finalizes_at(draft, params) if advances else None,
        description=params.get("description"),
        metadata=fields.merged_metadata({}, params.get("metadata")),
        number=number,
        options={kind: value for kind, value in options.items() if value} or None,
        statement_descriptor=params.get("statement_descriptor"),
        types=tuple(types) if types else None,
        **shared,
    )


def _finalizes_at(draft: Invoice, params: InvoiceParams) -> int:
    """Tell when a draft that advances is finalized: when it was told to be, or after an hour."""
    at = params.get("automatically_finalizes_at", draft.created + DRAFT_FOR)
    if not draft.created < at < END_OF_TIME:
        raise Refused(f"automatically_finalizes_at={at} is not modelled; a time from now on is")
    return at


def recipient(customer: Customer) -> Hash:
    """Give the customer's fields that an invoice shows."""
    shown = ("address", "email", "name", "phone", "shipping", "tax_exempt")
    return {name: getattr(customer, name) for name in shown}


def with_customer(world: World, invoice: Invoice) -> Invoice:
    """Give a draft with its customer's present fields. A finalized invoice doesn't change [doc]."""
    customer = world.customers.get(invoice.customer)
    if invoice.status != "draft" or customer is None:
        return invoice
    return invoice._replace(recipient=recipient(customer))
