"""Since when Stripe sends a key, and how that is known: `schemas/calendar.json`.

Stripe adds keys to old API versions too, so the calendar tells what an answer has, not its version
alone (docs/stripe.md 6.8 [obs]). A row stands for a key of an object, as a dotted path of hashes and
arrays. `since` is the first day of which it is known that every answer has the key; without it the key
is as old as all recordings. `source` names a sentence of `sources`, `is` a shape of `shapes`, for the
releases whose types lack the key; `always` counts the real objects that carry a nullable one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from pytest_stripe_balance import resources

Node = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """What is known of one key: see the module's docstring."""

    since: date | None
    source: str
    shape: Node | None
    always: int | None


@cache
def rows() -> Mapping[str, Mapping[str, Row]]:
    """Read the table: object -> path -> row."""
    table = json.loads(resources.text("schemas", "calendar.json"))
    return {
        kind: {
            path: Row(
                date.fromisoformat(row["since"]) if "since" in row else None,
                table["sources"][row["source"]],
                table["shapes"][row["is"]] if "is" in row else None,
                row.get("always"),
            )
            for path, row in paths.items()
        }
        for kind, paths in table["keys"].items()
    }


def is_newer(kind: str, path: str, moment: int) -> bool:
    """Tell whether a key of an object came after a moment, in seconds since 1970."""
    row = rows().get(kind, {}).get(path)
    return row is not None and row.since is not None and moment < midnight(row.since)


def came_to_all(kind: str, path: str) -> bool:
    """Tell whether a path lies in a key that the calendar has: it came to older API versions too."""
    known, parts = rows().get(kind, {}), path.split(".")
    return any(".".join(parts[:count]) in known for count in range(1, len(parts) + 1))


def midnight(day: date) -> int:
    """Give the moment that a day begins at, in seconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
