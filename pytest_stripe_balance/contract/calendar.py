"""Since when Stripe sends a key, and how that is known: `schemas/calendar.json`.

Stripe adds keys to old API versions too. So the day of an answer decides which keys it has, not the
version alone (docs/stripe.md 6.8 [obs]). The file maps an object and the dotted path of a key to a row:

- `since`: from this day on every known answer has the key. Without it, every recording has the key.
- `source`: how that is known, a name in `sources`.
- `is`: the key's schema, a name in `shapes`, for the releases whose types lack the key.
- `always`: how many real objects carry the key, although its type allows them to leave it out.
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
    """One row of the table; the module's docstring explains its parts."""

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
    """Say whether Stripe began to send a key after a moment, given in seconds since 1970."""
    row = rows().get(kind, {}).get(path)
    return row is not None and row.since is not None and moment < midnight(row.since)


def came_to_all(kind: str, path: str) -> bool:
    """Say whether a path is in a key of the calendar, which older API versions got too."""
    known, parts = rows().get(kind, {}), path.split(".")
    return any(".".join(parts[:count]) in known for count in range(1, len(parts) + 1))


def midnight(day: date) -> int:
    """Return when a day begins in UTC, in seconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
