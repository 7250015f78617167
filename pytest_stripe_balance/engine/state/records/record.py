"""Any record, of any kind."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.records.checkout import CheckoutLine
from pytest_stripe_balance.engine.state.records.connect import TransferReversal
from pytest_stripe_balance.engine.state.records.customers import FundingInstructions
from pytest_stripe_balance.engine.state.records.events import Event, Subject
from pytest_stripe_balance.engine.state.records.invoices import InvoiceLine
from pytest_stripe_balance.engine.state.records.money import Balance, BalanceTransaction
from pytest_stripe_balance.engine.state.records.sessions import ConfirmationToken, CustomerSession
from pytest_stripe_balance.engine.state.records.webhook_endpoints import WebhookEndpoint

Record = (
    Subject
    | CheckoutLine
    | FundingInstructions
    | Balance
    | BalanceTransaction
    | Event
    | WebhookEndpoint
    | CustomerSession
    | ConfirmationToken
    | TransferReversal
    | InvoiceLine
)
