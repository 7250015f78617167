"""How an invoice is collected: sent to be paid by its due date, or charged to a payment method.

Source: docs/stripe.md 1.9, 3.15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from pytest_stripe_balance.engine.bank_transfers.regions import CustomerBalanceOptions
from pytest_stripe_balance.engine.billing.invoice_echoes import SiblingOptions
from pytest_stripe_balance.engine.money import default_methods
from pytest_stripe_balance.engine.state.determinism import DAY, END_OF_TIME
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.invoices import CollectionMethod
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Customer
    from pytest_stripe_balance.engine.state.records.invoices import Invoice
    from pytest_stripe_balance.engine.state.world import World

NO_DUE_DATE = (
    "If invoice collection method is 'send_invoice', you must specify 'due_date' or 'days_until_due'."
)
# Recorded by onetimesecret/onetimesecret, without code and param.
NO_EMAIL = (
    "Missing email. In order to create invoices that are sent to the customer, the customer must have a "
    "valid email."
)
# Recorded at 2026-08-26.dahlia, without code and param (Kiln-AI/stripe_world 13/78).
NOT_SENT = (
    "You can only specify 'due_date' or 'days_until_due' if invoice collection method is 'send_invoice'."
)


class InvoiceMethodOptions(SiblingOptions, total=False):
    """payment_method_options of an invoice's payment settings."""

    customer_balance: CustomerBalanceOptions | None


class PaymentSettings(TypedDict, total=False):
    """The payment_settings hash of a request."""

    payment_method_types: list[str] | None
    payment_method_options: InvoiceMethodOptions


class CollectionParams(TypedDict, total=False):
    """The parameters of create that say how. `due_date` is in seconds since 1970."""

    auto_advance: bool
    collection_method: CollectionMethod
    days_until_due: int
    default_payment_method: str
    due_date: int
    payment_settings: PaymentSettings


def of_new(world: World, owner: Customer, params: CollectionParams) -> dict[str, Any]:
    """Check how a new invoice is to be collected; give its fields for that."""
    method = params.get("collection_method", "charge_automatically")
    default = params.get("default_payment_method")
    if default is not None:
        default_methods.attached(world, default, owner.id, "default_payment_method")
    fields: dict[str, Any] = {"collection_method": method, "default_payment_method": default}
    if method == "send_invoice":
        if not owner.email:
            raise Fault(NO_EMAIL)
        return {**fields, "due_date": _due_date(world, params)}
    if "days_until_due" in params or "due_date" in params:
        raise Fault(NOT_SENT)
    if "customer_balance" in (params.get("payment_settings", {}).get("payment_method_types") or ()):
        raise Refused(
            "customer_balance in payment_settings[payment_method_types] with "
            "collection_method=charge_automatically is not modelled: bank transfers are for "
            "collection_method=send_invoice"
        )
    if params.get("auto_advance"):
        raise _collected_later()
    return {**fields, "due_date": None}


def check_advance(invoice: Invoice) -> None:
    """Refuse to let Stripe charge for an invoice by itself, once it is finalized."""
    if invoice.auto_advance and invoice.collection_method == "charge_automatically":
        raise _collected_later()


def _collected_later() -> Refused:
    return Refused(
        "auto_advance=True with collection_method=charge_automatically is not modelled: the fake "
        "charges for no invoice by itself. Leave auto_advance out, and call finalize and pay"
    )


def _due_date(world: World, params: CollectionParams) -> int:
    due_date, days = params.get("due_date"), params.get("days_until_due")
    if days is not None:
        due_date = world.clock.now + days * DAY
    if due_date is None:
        raise refused(NO_DUE_DATE)
    if due_date < world.clock.now:
        raise Refused(f"an invoice that is due in the past ({due_date}) is not modelled")
    if due_date >= END_OF_TIME:
        raise Refused(f"an invoice that is due after the year 9999 ({due_date}) is not modelled")
    return due_date


def refused(message: str) -> Fault:
    """Make a fault without a code, in words that others noted from Stripe."""
    return Fault(message, assumption="invoice-refusals")
