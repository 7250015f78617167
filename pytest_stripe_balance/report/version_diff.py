"""Differences between API versions, and the list of them, for people and as JSON."""

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

LONG = 64


def releases(rows: Iterable[Sequence[object]]) -> str:
    """Tell which releases there are: API version, SDK, number of objects and of endpoints."""
    return "\n".join(table(("api version", "stripe-python", "objects", "endpoints"), rows, right="<<>>"))


def as_table(title: str, differences: Iterable[Difference]) -> str:
    """Tell differences as one table per object and endpoint."""
    lines = [title]
    for (of, where), rows in groupby(differences, key=lambda row: (row.of, row.where)):
        lines += ["", f"{where} (parameters)" if of == PARAMETERS else where, *_rows(list(rows))]
    if len(lines) == 1:
        lines += ["", "nothing changed that the schemas tell"]
    return "\n".join(lines)


def _rows(rows: Sequence[Difference]) -> list[str]:
    """Align change and path, and wrap what is said of them; a very long path widens no other."""
    paths = [row.path or "all of it" for row in rows]
    widest = min(max(map(len, paths)), LONG)
    kind = max(len(row.change) for row in rows)
    indent = 2 + kind + 2 + widest + 2
    lines = []
    for row, path in zip(rows, paths, strict=True):
        said = textwrap.wrap(_said(row), max(_width() - indent, 40), break_on_hyphens=False) or [""]
        first = f"  {row.change:{kind}}  {path:{widest}}  "
        if len(path) > widest:
            lines.append(first.rstrip())
            first = " " * indent
        lines.append((first + said[0]).rstrip())
        lines += [" " * indent + more for more in said[1:]]
    return lines


def as_json(old: str, new: str, differences: Iterable[Difference]) -> str:
    """Tell differences for a program."""
    rows = [asdict(row) for row in differences]
    return json.dumps({"from": old, "to": new, "differences": rows}, indent=1)


def _width() -> int:
    """Wrap for a terminal only: piped lines stay whole."""
    return shutil.get_terminal_size((110, 24)).columns if sys.stdout.isatty() else 100_000


def _said(row: Difference) -> str:
    if isinstance(row.before, tuple):
        return " ".join([*(f"-{value}" for value in row.before), *(f"+{value}" for value in row.after)])
    return f"{row.before} -> {row.after}" if row.before and row.after else str(row.before or row.after)
