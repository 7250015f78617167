"""Customers and the settings of their cash balance (docs/stripe.md 1.1, 1.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from pytest_stripe_balance.engine import events
from pytest_stripe_balance.engine.state import faults, fields
from pytest_stripe_balance.engine.state.records.customers import CashBalance, Customer, Entry
from pytest_stripe_balance.engine.state.table import Cursors, ListParams
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import ReconciliationMode
    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World

# Parameters that a customer has no key for.
NOT_SHOWN = ("cash_balance", "tax", "validate")
INVOICE_PREFIX = re.compile(r"[A-Z0-9]{1,12}")


class CashBalanceSettings(TypedDict, total=False):
    """The settings hash of a cash balance in a request."""

    reconciliation_mode: Literal["automatic", "manual", "merchant_default"]


class CashBalanceParams(TypedDict, total=False):
    """The cash_balance hash of a customer in a request."""

    settings: CashBalanceSettings


class RenderingOptions(TypedDict, total=False):
    """How a customer's invoices are rendered."""

    amount_tax_display: str | None
    template: str


class InvoiceSettings(TypedDict, total=False):
    """The invoice_settings hash of a request. What isn't sent stays."""

    custom_fields: list[dict[str, str]] | None
    default_payment_method: str | None
    footer: str
    rendering_options: RenderingOptions | None


class TaxParams(TypedDict, total=False):
    """The tax hash of a request. It only says where the customer is."""

    ip_address: str | None
    validate_location: str


class CustomerParams(TypedDict, total=False):
    """Parameters of create and update. None clears a field."""

    address: dict[str, Any] | None
    business_name: str | None
    cash_balance: CashBalanceParams
    description: str | None
    email: str | None
    individual_name: str | None
    invoice_prefix: str
    invoice_settings: InvoiceSettings
    metadata: dict[str, str] | None
    name: str | None
    next_invoice_sequence: int
    phone: str | None
    preferred_locales: list[str]
    shipping: dict[str, Any] | None
    tax: TaxParams
    tax_exempt: str | None
    validate: bool


def create(world: World, **params: Unpack[CustomerParams]) -> Customer:
    """Create a customer; event `customer.created`."""
    customer_id = world.ids.mint("cus_", 14)
    blank = Customer(
        id=customer_id,
        created=world.clock.now,
        invoice_prefix=world.ids.code(customer_id, 8),
    )
    customer = world.customers.put(blank._replace(**_changes(world, blank, params)))
    world.record_event("customer.created", customer)
    return customer


def retrieve(world: World, customer_id: str) -> Customer:
    """Find a customer, perhaps a deleted one, which is shown as a stub. 404 with param `id` [obs]."""
    customer = world.customers.get(customer_id)
    return customer or world.customer(customer_id, "id", in_path=True)


def update(world: World, customer_id: str, **params: Unpack[CustomerParams]) -> Customer:
    """Change a customer; event `customer.updated` with the previous values, if any changed."""
    customer = world.customer(customer_id, "id", in_path=True)
    changed = customer._replace(**_changes(world, customer, params))
    if changed == customer:
        return customer
    if changed.reconciliation != customer.reconciliation:
        _note_change(world, customer, changed)
    world.customers.put(changed)
    previous = _previous(customer, changed, params)
    if previous:
        world.record_event("customer.updated", changed, previous)
    return changed


def delete(world: World, customer_id: str) -> Customer:
    """Delete a customer; a customer with cash left is a 400.

    That was seen: gburgyan/aat-stripe deletes 44 customers a night whose cash was spent to 0. The
    documentation reads otherwise (delete-with-cash-balance). A customer with money on an open intent or
    in an open refund is Refused, because nobody knows where it would go.
    """
    customer = world.customer(customer_id, "id", in_path=True)
    cash = world.ledger.available(customer_id)
    if cash and (
        world.readings.rely_on("delete-with-cash-balance") == "ever-funded" or any(cash.values())
    ):
        message = f"Customer {customer_id} has a cash balance and cannot be deleted."
        raise faults.Fault(message)
    _refuse_money_in_transit(world, customer_id)
    world.record_event("customer.deleted", customer)
    return world.customers.put(customer._replace(deleted=True))


def _refuse_money_in_transit(world: World, customer_id: str) -> None:
    holding = [
        intent.id
        for intent in world.payment_intents.where(customer=customer_id)
        if intent.applied and intent.status != "succeeded"
    ]
    returning = [
        refund.id
        for refund in world.refunds.where(customer=customer_id)
        if refund.charge is None and refund.status in ("requires_action", "pending")
    ]
    if holding or returning:
        raise Refused(
            f"deleting {customer_id} is not modelled while {', '.join(holding + returning)} holds cash: "
            "cancel or complete that first"
        )


def list_(world: World, *, email: str | None = None, **params: Unpack[ListParams]) -> Page[Customer]:
    """List customers that aren't deleted, newest first. `email` is case-sensitive."""
    return world.customers.page(email=email, keep=lambda customer: not customer.deleted, **params)


def retrieve_cash_balance(world: World, customer_id: str) -> CashBalance:
    """Give a customer's cash balance. Every customer has one."""
    return world.cash_balance(world.customer_above(customer_id))


def update_cash_balance(
    world: World, customer_id: str, *, settings: CashBalanceSettings | None = None
) -> CashBalance:
    """Change how a customer's funds are reconciled. Cash on the balance stays there."""
    customer = world.customer_above(customer_id)
    changed = customer._replace(reconciliation=_reconciliation(customer, settings or {}))
    if changed != customer:
        world.customers.put(changed)
        _note_change(world, customer, changed)
    return world.cash_balance(changed)


def list_cash_balance_transactions(
    world: World, customer_id: str, **cursors: Unpack[Cursors]
) -> Page[Entry]:
    """List a customer's ledger rows, newest first."""
    return world.ledger.rows(world.customer_above(customer_id).id).page(**cursors)


def retrieve_cash_balance_transaction(world: World, customer_id: str, entry_id: str) -> Entry:
    """Find one ledger row of a customer."""
    rows = world.ledger.rows(world.customer_above(customer_id).id)
    return rows.find(entry_id, "transaction", assumption="parameter-transaction")


def _changes(world: World, customer: Customer, params: CustomerParams) -> dict[str, Any]:
    """Turn a request's parameters into new field values. A cleared field gets its blank value."""
    _check_prefix(world, customer, params.get("invoice_prefix"))
    changes: dict[str, Any] = {}
    for name, value in params.items():
        read = _FIELDS.get(name)
        changes |= {name: value} if read is None else read(world, customer, value)
    return changes


def _email(world: World, _: Customer, email: str | None) -> dict[str, Any]:
    if not (email or "").isascii():
        world.readings.rely_on("email-letters")
    return {"email": email}


def _check_prefix(world: World, customer: Customer, prefix: str | None) -> None:
    """Refuse an invoice prefix that is malformed or belongs to another customer.

    Source: Kiln-AI/stripe_world, probe_invoice_prefix of September 2026.
    """
    if prefix in (None, customer.invoice_prefix):
        return
    if not INVOICE_PREFIX.fullmatch(prefix):
        raise faults.Fault("Invoice number prefix must be 1\N{EN DASH}12 uppercase letters or numbers.")
    holder = next(world.customers.where(invoice_prefix=prefix), None)
    if holder is None:
        return
    if holder.deleted:
        raise Refused(f"the invoice_prefix {prefix} of {holder.id}, which was deleted, is not modelled")
    message = (
        f"This invoice number prefix is taken by customer: {holder.id}. Please enter a different prefix."
    )
    raise faults.Fault(message, param="invoice_prefix")


def _invoice_settings(_: World, customer: Customer, params: InvoiceSettings) -> dict[str, Any]:
    """Change the invoice settings that a request has; the others stay."""
    fields.check_custom_fields(params.get("custom_fields"), "invoice_settings[custom_fields]")
    settings: dict[str, Any] = {**customer.invoice_settings, **params}
    if rendering := params.get("rendering_options"):
        blank = {"amount_tax_display": None, "template": None}
        settings["rendering_options"] = {**blank, **rendering}
    return {"invoice_settings": settings}


def _sequence(_: World, __: Customer, number: int) -> dict[str, Any]:
    if number < 1:
        raise Refused(f"next_invoice_sequence={number} is not modelled; from 1 on it is")
    return {"next_invoice_sequence": number}


# How a parameter becomes fields, where it isn't one as it is.
_FIELDS: Mapping[str, Callable[[World, Customer, Any], dict[str, Any]]] = {
    "address": lambda _, __, value: {"address": fields.address(value)},
    "cash_balance": lambda _, customer, value: {
        "reconciliation": _reconciliation(customer, value.get("settings", {}))
    },
    "email": _email,
    "invoice_settings": _invoice_settings,
    "metadata": lambda _, customer, value: {
        "metadata": fields.merged_metadata(customer.metadata, value)
    },
    "next_invoice_sequence": _sequence,
    "preferred_locales": lambda _, __, value: {"preferred_locales": tuple(value or ())},
    "shipping": lambda _, __, value: {"shipping": fields.shipping(value)},
    "tax": lambda _, customer, value: {"ip_address": value.get("ip_address", customer.ip_address)},
    "tax_exempt": lambda _, __, value: {"tax_exempt": value or "none"},
    "validate": lambda _, __, ___: {},  # it is about a source
}


def _note_change(world: World, before: Customer, after: Customer) -> None:
    """Note the assumptions of a changed mode: no event, and cash isn't reconciled."""
    world.readings.rely_on("settings-event")
    automatic = world.reconciliation_mode(after) == "automatic" != world.reconciliation_mode(before)
    if automatic and any((world.cash_balance(after).available or {}).values()):
        world.readings.rely_on("settings-sweep")


def _reconciliation(customer: Customer, settings: CashBalanceSettings) -> ReconciliationMode | None:
    mode = settings.get("reconciliation_mode")
    if mode is None:
        return customer.reconciliation
    return None if mode == "merchant_default" else mode


def _previous(before: Customer, after: Customer, params: CustomerParams) -> dict[str, Any]:
    """Give the changed fields with their old values, for an event's previous_attributes."""
    previous: dict[str, Any] = {}
    for name in params:
        if name in NOT_SHOWN or getattr(before, name) == getattr(after, name):
            continue
        old, new = getattr(before, name), getattr(after, name)
        if name in ("invoice_settings", "metadata"):
            old = events.previous(old, new)
        previous[name] = list(old) if isinstance(old, tuple) else old
    return previous
