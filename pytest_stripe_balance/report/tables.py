"""Aligns tables, with secrets masked."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

from pytest_stripe_balance.masking import masked

WIDTH = 100  # of a text, at most
# A session's id has 66 characters: it is shown as long as an intent's.
_LONG_ID = re.compile(r"\b(cs_(?:test|live)_\w{16})\w{42}\b")


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
    cells = [[shown(str(cell)) for cell in row] for row in (head, *rows)]
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


def shown(text: str) -> str:
    """Mask secrets, and cut the ids that are much longer than all others."""
    return _LONG_ID.sub(r"\1...", masked(text))
