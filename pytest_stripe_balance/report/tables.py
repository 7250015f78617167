"""Prints the state of a test's worlds as aligned tables."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from pytest_stripe_balance.api.message import Exchange
from pytest_stripe_balance.engine.state import amounts
from pytest_stripe_balance.engine.state.records import Customer
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.masking import masked
from pytest_stripe_balance.refused import Refused

LAST_REQUESTS = 10
WIDTH = 100
NO_OBJECT = "(an answer that is no JSON object)"


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, right: str = "") -> list[str]:
    """Align rows under a head, with secrets masked.

    `right` has a character for each column: ">" aligns it to the right, anything else to the left.
    """
    cells = [[masked(str(cell)) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    sides = right.ljust(len(head), "<")
    return [
        "  ".join(
            f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)
        ).rstrip()
        for row in cells
    ]


def report(
    worlds: Mapping[str | None, World],
    exchanges: Sequence[Exchange],
    refusals: Sequence[Refused] = (),
    assumptions: Collection[str] = (),
) -> str:
    """Write the last requests, refusals and assumptions, then each world's objects and ledgers.

    `worlds` are by connected account; None is the key's own.
    """
    lines = _requests(exchanges)
    firsts = (refusal.message.splitlines()[0].removesuffix(":") for refusal in refusals)
    refused = [f"refused: {first}" for first in firsts]
    lines += ["", *refused] if refused else []
    if assumptions:
        line = f"this relies on the assumptions {', '.join(sorted(assumptions))}"
        lines += ["", *textwrap.wrap(line, WIDTH, break_on_hyphens=False)]
    for account, world in worlds.items():
        if account is not None:
            lines += ["", f"connected account {account}"]
        lines += _invoices(world) + _intents(world) + _refunds(world) + _ledgers(world)
    return "\n".join(lines).strip("\n") or "no request was answered"


def _ledgers(world: World) -> list[str]:
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
            lines += [f"  {line}" for line in table(head, rows, right="<<>>")]
    without = [
        f"{customer.id}{_name(customer)}{', deleted' if customer.deleted else ''}"
        for customer in world.customers
        if not len(world.ledger.rows(customer.id))
    ]
    if without:
        lines += ["", *textwrap.wrap(f"never had cash: {'; '.join(without)}", WIDTH)]
    return lines


def _name(customer: Customer) -> str:
    return f" ({masked(customer.name)})" if customer.name else ""


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _invoices(world: World) -> list[str]:
    rows = [
        (
            invoice.number or invoice.id,
            amounts.written(invoice.amount_due, invoice.currency),
            invoice.currency,
            invoice.status,
            datetime.fromtimestamp(invoice.due_date, UTC).date(),
            invoice.payment_intent or "",
            invoice.customer,
        )
        for invoice in world.invoices
        if not invoice.deleted
    ]
    head = ("invoice", "amount", "", "status", "due", "payment intent", "customer")
    return ["", *table(head, rows, right="<>")] if rows else []


def _intents(world: World) -> list[str]:
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
    if not rows:
        return []
    head = ("payment intent", "amount", "applied", "remaining", "", "status", "customer")
    return ["", *table(head, rows, right="<>>>")]


def _refunds(world: World) -> list[str]:
    rows = [
        (
            refund.id,
            amounts.written(refund.amount, refund.currency),
            refund.currency,
            refund.status,
            refund.payment_intent or refund.customer,
        )
        for refund in world.refunds
    ]
    head = ("refund", "amount", "", "status", "payment intent or customer")
    return ["", *table(head, rows, right="<>")] if rows else []


def _requests(exchanges: Sequence[Exchange]) -> list[str]:
    if not exchanges:
        return []
    rows = [_request(exchange) for exchange in exchanges[-LAST_REQUESTS:]]
    left_out = len(exchanges) - len(rows)
    title = f"the last {len(rows)} of {len(exchanges)} requests" if left_out else "requests"
    return ["", title, *(f"  {line}" for line in table(("", "", "", ""), rows)[1:])]


def _request(exchange: Exchange) -> tuple[str, str, int, str]:
    request, response = exchange.request, exchange.response
    sent = f"{request.shown_path}  {masked(unquote_plus(request.form))}".strip()
    body = response.json if response.is_json else None
    if not isinstance(body, dict):
        return request.method, _cut(sent), response.status, NO_OBJECT
    error = body.get("error")
    if isinstance(error, dict) and "message" in error:
        about = f" ({error['param']})" if "param" in error else ""
        key = request.headers.get("Idempotency-Key")
        message = error["message"].replace(key, "***") if key else error["message"]
        answer = f"{error.get('code') or error.get('type')}{about}: {masked(message)}"
    elif body.get("object") in ("list", "search_result"):
        answer = f"{len(body['data'])} {'listed' if body['object'] == 'list' else 'found'}"
    else:
        answer = " ".join(str(body[key]) for key in ("object", "id", "status") if key in body)
    if "Idempotent-Replayed" in response.headers:
        answer += " (replayed)"
    return request.method, _cut(sent), response.status, answer


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."
