"""Prints what a failing test asked, and what its worlds hold, as wide as the terminal."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from urllib.parse import unquote_plus

from pytest_stripe_balance.api.message import Exchange
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.masking import masked
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.report import world_tables
from pytest_stripe_balance.report.tables import WIDTH, shown, table

LAST_REQUESTS = 10
NARROWEST = 40
NO_OBJECT = "(an answer that is no JSON object)"


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
        lines += world_tables.of_world(world, width)
    return "\n".join(lines).strip("\n") or "no request was answered"


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
    lines = _folded_path(f"{status} {method:4} ", path, width)
    if form and len(lines[-1]) + 2 + len(form[0]) <= width:
        lines[-1] += f"  {form[0]}"
    elif form:
        lines.append(_cut(f"         {form[0]}", width))
    lines += textwrap.wrap(
        shown(f"-> {answer}"),
        width,
        initial_indent="    ",
        subsequent_indent="       ",
        break_on_hyphens=False,
    )
    return lines


def _folded_path(start: str, path: str, width: int) -> list[str]:
    """Write a path behind its method; what doesn't fit stands below, from a slash on."""
    lines = [start]
    for part in re.findall(r"/?[^/]+|/", path):
        if len(lines[-1]) + len(part) > width and lines[-1].strip():
            lines.append(" " * len(start))
        lines[-1] += part
    return lines


def _sent(exchange: Exchange) -> list[str]:
    """Give the path, and the form if there is one."""
    request = exchange.request
    return [shown(request.shown_path), *filter(None, [shown(unquote_plus(request.encoded))])]


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
