"""Customers, their cash balance, and the rows of its ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from pytest_stripe_balance.engine.state.records.hashes import NOTHING, Hash

ReconciliationMode = Literal["automatic", "manual"]
NO_INVOICE_SETTINGS: Hash = {
    "custom_fields": None,
    "default_payment_method": None,
    "footer": None,
    "rendering_options": None,
}


class Customer(NamedTuple):
    """A customer (docs/stripe.md 1.2). With `reconciliation` None the account's default mode holds.

    `currency` is the currency of their first invoice, and None before it. New invoices take the footer,
    the custom fields and the rendering of `invoice_settings`.
    """

    id: str
    created: int
    invoice_prefix: str
    reconciliation: ReconciliationMode | None = None
    address: Hash | None = None
    business_name: str | None = None
    currency: str | None = None
    description: str | None = None
    email: str | None = None
    individual_name: str | None = None
    invoice_settings: Hash = NO_INVOICE_SETTINGS
    ip_address: str | None = None
    metadata: Hash = NOTHING
    name: str | None = None
    phone: str | None = None
    next_invoice_sequence: int = 1
    preferred_locales: tuple[str, ...] = ()
    shipping: Hash | None = None
    tax_exempt: str = "none"
    deleted: bool = False


class CashBalance(NamedTuple):
    """A customer's cash balance at one moment. `available` is None where Stripe shows null."""

    customer: str
    available: Mapping[str, int] | None
    reconciliation_mode: ReconciliationMode
    using_merchant_default: bool


class Entry(NamedTuple):
    """One row of the ledger, a customer_cash_balance_transaction. Positive credits the customer."""

    id: str
    created: int
    customer: str
    currency: str
    net_amount: int
    ending_balance: int
    type: str
    payment_intent: str | None = None
    bank_transfer: Hash | None = None
    refund: str | None = None
    balance_transaction: str | None = None
    linked_transaction: str | None = None


class FundingInstructions(NamedTuple):
    """The accounts that a customer can pay a currency into, whatever for."""

    currency: str
    type: str
    country: str
    financial_addresses: tuple[Hash, ...]
