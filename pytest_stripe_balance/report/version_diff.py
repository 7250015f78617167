"""Prints the API releases, and the differences between two API versions."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby

from pytest_stripe_balance.contract.differences import PARAMETERS, Difference
from pytest_stripe_balance.report.tables import table

LONGEST_PATH = 64  # a longer path gets a line of its own


def releases(rows: Iterable[Sequence[object]]) -> str:
    """Write the releases: API version, SDK, number of objects and of endpoints."""
    return "\n".join(table(("api version", "stripe-python", "objects", "endpoints"), rows, right="<<>>"))


def as_table(title: str, differences: Iterable[Difference]) -> str:
    """Write differences as one table per object and endpoint."""
    lines = [title]
    for (of, where), rows in groupby(differences, key=lambda row: (row.of, row.where)):
        lines += ["", f"{where} (parameters)" if of == PARAMETERS else where, *_rows(list(rows))]
    if len(lines) == 1:
        lines += ["", "the schemas are the same"]
    return "\n".join(lines)


def _rows(rows: Sequence[Difference]) -> list[str]:
    """Align changes and paths, and wrap the details. A very long path doesn't widen the column."""
    paths = [row.path or "all of it" for row in rows]
    widest = min(max(map(len, paths)), LONGEST_PATH)
    kind = max(len(row.change) for row in rows)
    indent = 2 + kind + 2 + widest + 2
    lines = []
    for row, path in zip(rows, paths, strict=True):
        details = textwrap.wrap(_details(row), max(_width() - indent, 40), break_on_hyphens=False) or [
            ""
        ]
        first = f"  {row.change:{kind}}  {path:{widest}}  "
        if len(path) > widest:
            lines.append(first.rstrip())
            first = " " * indent
        lines.append((first + details[0]).rstrip())
        lines += [" " * indent + more for more in details[1:]]
    return lines


def as_json(old: str, new: str, differences: Iterable[Difference]) -> str:
    """Write differences as JSON, for programs."""
    rows = [asdict(row) for row in differences]
    return json.dumps({"from": old, "to": new, "differences": rows}, indent=1)


def _width() -> int:
    """Give the width to wrap at: a terminal's, or no limit for a pipe."""
    return shutil.get_terminal_size((110, 24)).columns if sys.stdout.isatty() else 100_000


def _details(row: Difference) -> str:
    if isinstance(row.before, tuple):
        return " ".join([*(f"-{value}" for value in row.before), *(f"+{value}" for value in row.after)])
    return f"{row.before} -> {row.after}" if row.before and row.after else str(row.before or row.after)
