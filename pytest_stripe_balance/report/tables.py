"""Prints the state of a test's worlds as aligned tables, as wide as the terminal."""

from __future__ import annotations

import math
import shutil
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from urllib.parse import unquote_plus

from pytest_stripe_balance.api.message import Exchange
from pytest_stripe_balance.engine.state import amounts
from pytest_stripe_balance.engine.state.records.customers import Customer
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.masking import masked
from pytest_stripe_balance.refused import Refused

LAST_REQUESTS = 10
WIDTH = 100  # of a text, at most
NARROWEST = 40
NO_OBJECT = "(an answer that is no JSON object)"


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: str = "",
    most: float = math.inf,
) -> list[str]:
    """Align rows under a head, with secrets masked.

    - `right` has a character for each column: ">" aligns it to the right, anything else to the left.
    - `most` is the width to fit into. The last columns go to a second line if they don't fit.
    """
    cells = [[masked(str(cell)) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    sides = right.ljust(len(head), "<")
    fitting = sum(end <= most for end in accumulate(widths, lambda end, width: end + 2 + width))
    lines: list[str] = []
    for row in cells:
        padded = [f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)]
        lines.append("  ".join(padded[:fitting]).rstrip())
        if below := "  ".join(padded[fitting:]).rstrip():
            lines.append(f"    {below}")
    return lines


def no_lines(_: int) -> list[str]:
    """Say nothing."""
    return []


def report(
    worlds: Mapping[str | None, World],
    exchanges: Sequence[Exchange],
    refusals: Sequence[Refused] = (),
    assumptions: Collection[str] = (),
    *,
    deliveries: Callable[[int], list[str]] = no_lines,
) -> str:
    """Write the last requests, refusals and assumptions, then each world's objects and ledgers.

    `worlds` are by connected account; None is the key's own. `deliveries` gives the lines about
    webhooks for a width.
    """
    width = max(shutil.get_terminal_size().columns, NARROWEST)
    lines = _requests(exchanges, width) + deliveries(width)
    firsts = (refusal.message.splitlines()[0].removesuffix(":") for refusal in refusals)
    refused = [f"refused: {first}" for first in firsts]
    lines += ["", *refused] if refused else []
    if assumptions:
        line = f"this relies on the assumptions {', '.join(sorted(assumptions))}"
        lines += ["", *textwrap.wrap(line, min(width, WIDTH), break_on_hyphens=False)]
    for account, world in worlds.items():
        if account is not None:
            lines += ["", f"connected account {account}"]
        lines += _invoices(world, width) + _intents(world, width)
        lines += _refunds(world, width) + _ledgers(world, width)
    return "\n".join(lines).strip("\n") or "no request was answered"


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
    return ["", *table(head, rows, right="<>", most=width)] if rows else []


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
    if not rows:
        return []
    head = ("payment intent", "amount", "applied", "remaining", "", "status", "customer")
    return ["", *table(head, rows, right="<>>>", most=width)]


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
    return ["", *table(head, rows, right="<>", most=width)] if rows else []


def _requests(exchanges: Sequence[Exchange], width: int) -> list[str]:
    if not exchanges:
        return []
    shown = exchanges[-LAST_REQUESTS:]
    left_out = len(exchanges) - len(shown)
    title = f"the last {len(shown)} of {len(exchanges)} requests" if left_out else "requests"
    rows = [
        (_status(one), one.request.method, _cut("  ".join(_sent(one)), WIDTH), _answer(one))
        for one in shown
    ]
    lines = [f"  {line}" for line in table(("", "", "", ""), rows)[1:]]
    if max(map(len, lines)) > width:
        lines = [line for one in shown for line in _folded(one, width)]
    return ["", title, *lines]


def _folded(exchange: Exchange, width: int) -> list[str]:
    """Write a request, and below it its answer. A form that doesn't fit beside the path is between."""
    status, method, answer = _status(exchange), exchange.request.method, _answer(exchange)
    path, *form = _sent(exchange)
    lines = [f"{status} {method:4} {path}"]
    if form and len(lines[0]) + 2 + len(form[0]) <= width:
        lines[0] += f"  {form[0]}"
    elif form:
        lines.append(_cut(f"         {form[0]}", width))
    lines += textwrap.wrap(
        masked(f"-> {answer}"),
        width,
        initial_indent="    ",
        subsequent_indent="       ",
        break_on_hyphens=False,
    )
    return lines


def _sent(exchange: Exchange) -> list[str]:
    """Give the path, and the form if there is one."""
    request = exchange.request
    return [masked(request.shown_path), *filter(None, [masked(unquote_plus(request.encoded))])]


def _status(exchange: Exchange) -> int | str:
    return "---" if exchange.response is None else exchange.response.status


def _answer(exchange: Exchange) -> str:
    """Say in a few words what the answer is, and which fault the request met."""
    if not exchange.fault:
        return f"{_plain_answer(exchange)}{' [stripe_stubs]' if exchange.stub else ''}"
    answer = "no answer came" if exchange.response is None else _plain_answer(exchange)
    return f"{answer} [stripe_faults.{exchange.fault}]"


def _plain_answer(exchange: Exchange) -> str:
    request, response = exchange.request, exchange.response
    body = response.json if response.is_json else None
    if not isinstance(body, dict):
        return NO_OBJECT
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
    return f"{answer} (replayed)" if "Idempotent-Replayed" in response.headers else answer


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."
