"""Prints what a world holds: its objects, and the ledgers of its customers."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime

from pytest_stripe_balance.engine.state import amounts
from pytest_stripe_balance.engine.state.records.customers import Customer
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.masking import masked
from pytest_stripe_balance.report.tables import WIDTH, table


def of_world(world: World, width: int) -> list[str]:
    """Write all tables of a world, none of them wider than `width`."""
    writers = (_invoices, _sessions, _intents, _refunds, _transfers, _fees, _ledgers)
    return [line for write in writers for line in write(world, width)]


def _told(head: Sequence[str], rows: Sequence[Sequence[object]], right: str, width: int) -> list[str]:
    """Write a table behind an empty line; nothing without rows."""
    return ["", *table(head, rows, right=right, most=width)] if rows else []


def _invoices(world: World, width: int) -> list[str]:
    rows = [
        (
            invoice.number or invoice.id,
            amounts.written(invoice.amount_due, invoice.currency),
            invoice.currency,
            invoice.status,
            datetime.fromtimestamp(invoice.due_date, UTC).date() if invoice.due_date else "",
            invoice.payment_intent or "",
            invoice.customer,
        )
        for invoice in world.invoices
        if not invoice.deleted
    ]
    head = ("invoice", "amount", "", "status", "due", "payment intent", "customer")
    return _told(head, rows, "<>", width)


def _sessions(world: World, width: int) -> list[str]:
    rows = [
        (
            session.id,
            amounts.written(session.amount_total, session.currency),
            session.currency,
            session.status,
            session.payment_status,
            session.customer or "",
            session.payment_intent or "",
        )
        for session in world.checkout_sessions
    ]
    head = ("checkout session", "amount", "", "status", "payment", "customer", "payment intent")
    return _told(head, rows, "<>", width)


def _intents(world: World, width: int) -> list[str]:
    rows = [
        (
            intent.id,
            amounts.written(intent.amount, intent.currency),
            amounts.written(intent.applied, intent.currency),
            amounts.written(intent.remaining, intent.currency),
            intent.currency,
            intent.status,
            intent.customer or "",
        )
        for intent in world.payment_intents
    ]
    head = ("payment intent", "amount", "applied", "remaining", "", "status", "customer")
    return _told(head, rows, "<>>>", width)


def _refunds(world: World, width: int) -> list[str]:
    rows = [
        (
            refund.id,
            amounts.written(refund.amount, refund.currency),
            refund.currency,
            refund.status,
            refund.payment_intent or refund.customer or refund.charge,
        )
        for refund in world.refunds
    ]
    head = ("refund", "amount", "", "status", "refunds")
    return _told(head, rows, "<>", width)


def _transfers(world: World, width: int) -> list[str]:
    rows = [
        (
            transfer.id,
            amounts.written(transfer.amount, transfer.currency),
            amounts.written(transfer.amount_reversed, transfer.currency),
            transfer.currency,
            transfer.destination,
            transfer.source_transaction or "",
        )
        for transfer in world.transfers
    ]
    head = ("transfer", "amount", "reversed", "", "destination", "charge")
    return _told(head, rows, "<>>", width)


def _fees(world: World, width: int) -> list[str]:
    rows = [
        (
            fee.id,
            amounts.written(fee.amount, fee.currency),
            amounts.written(fee.amount_refunded, fee.currency),
            fee.currency,
            fee.account,
            fee.originating_transaction or fee.charge,
        )
        for fee in world.application_fees
    ]
    head = ("application fee", "amount", "refunded", "", "account", "charge")
    return _told(head, rows, "<>>", width)


def _ledgers(world: World, width: int) -> list[str]:
    lines: list[str] = []
    for customer in world.customers:
        rows = [
            (
                _time(entry.created),
                entry.type,
                amounts.written(entry.net_amount, entry.currency),
                amounts.written(entry.ending_balance, entry.currency),
                entry.currency,
                entry.payment_intent
                or entry.refund
                or (entry.bank_transfer or {}).get("reference")
                or "",
            )
            for entry in world.ledger.rows(customer.id)
        ]
        if rows:
            title = f"ledger of {customer.id}{_name(customer)}"
            lines += ["", f"{title}, {world.reconciliation_mode(customer)} reconciliation"]
            head = (
                "created",
                "type",
                "net amount",
                "balance",
                "",
                "payment intent, refund or reference",
            )
            lines += [f"  {line}" for line in table(head, rows, right="<<>>", most=width - 2)]
    without = [
        f"{customer.id}{_name(customer)}{', deleted' if customer.deleted else ''}"
        for customer in world.customers
        if not len(world.ledger.rows(customer.id))
    ]
    if without:
        lines += ["", *textwrap.wrap(f"never had cash: {'; '.join(without)}", min(width, WIDTH))]
    return lines


def _name(customer: Customer) -> str:
    return f" ({masked(customer.name)})" if customer.name else ""


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
