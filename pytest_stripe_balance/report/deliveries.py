"""Prints what webhook endpoints were sent, and what waits for them."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pytest_stripe_balance.masking import masked

LAST_DELIVERIES = 10
_NOT_IN_QUOTES = frozenset('"$`!')  # a shell reads these inside double quotes


class DeliveryRow(NamedTuple):
    """One delivery: its endpoint in words, how it ended or when it is due, and what it was."""

    endpoint: str
    ending: str
    attempt: int
    type: str
    subject: str
    note: str = ""


def lines(
    sent: Sequence[DeliveryRow],
    waiting: Sequence[DeliveryRow],
    width: int,
    *,
    most: int | None = LAST_DELIVERIES,
) -> list[str]:
    """Write a line for each, by endpoint; of what was sent the last `most`, or all with None."""
    shown = sent if most is None else sent[-most:]
    left_out = len(sent) - len(shown)
    title = f"the last {len(shown)} of {len(sent)} deliveries" if left_out else "deliveries"
    return [
        *_by_endpoint(title, shown, width),
        *_by_endpoint("deliveries that wait", waiting, width),
    ]


def again(nodeid: str, seed: int, what: str) -> list[str]:
    """Say what a test's seed did, and how to run it again: by the whole id, as seed10 holds seed1."""
    shown = shlex.quote(nodeid) if set(nodeid) & _NOT_IN_QUOTES else f'"{nodeid}"'
    return [
        "",
        f"stripe_chaos: this was seed{seed}: {what}",
        "run it again:",
        f"  pytest {shown}",
    ]


def _by_endpoint(title: str, rows: Sequence[DeliveryRow], width: int) -> Iterable[str]:
    for endpoint in dict.fromkeys(row.endpoint for row in rows):
        yield ""
        yield from _wrapped(f"{title} to {endpoint}", width, "", "  ")
        own = [row for row in rows if row.endpoint == endpoint]
        widest = max(len(row.ending) for row in own)
        for row in own:
            parts = (row.ending.ljust(widest), f"attempt {row.attempt}", row.type, row.subject, row.note)
            yield from _wrapped("  ".join(filter(None, parts)), width, "  ", " " * (widest + 4))


def _wrapped(line: str, width: int, first: str, further: str) -> list[str]:
    """Break a line between words alone, so that a URL or an id can be copied."""
    wrapper = textwrap.TextWrapper(
        width,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapper.wrap(masked(line))
