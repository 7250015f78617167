"""The named API releases, and which of them an API version belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_stripe_balance import resources

# The named releases, each by the last month that a stable stripe-python pins, and that stripe-python.
SDKS: Mapping[str, str] = {
    "2023-10-16": "8.11.1",
    "2024-04-10": "9.12.1",
    "2024-06-20": "10.12.1",
    "2025-02-24.acacia": "11.6.1",
    "2025-08-27.basil": "12.5.2",
    "2026-02-25.clover": "14.4.2",
    "2026-08-26.dahlia": "15.6.2",
    "2026-10-28.endive": "16.1.0",
}
RELEASES = tuple(SDKS)
# The first month of each release that has a name.
_BEGAN: Mapping[str, str] = {
    "2025-02-24.acacia": "2024-09-30",
    "2025-08-27.basil": "2025-03-31",
    "2026-02-25.clover": "2025-09-30",
    "2026-08-26.dahlia": "2026-03-25",
    "2026-10-28.endive": "2026-09-30",
}
_VERSION = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.([a-z]+))?")


def release_folder(version: str) -> str:
    """Return the folder of an API version: its named release, or the nearest that was derived.

    Months inside a release are additive, so "2025-03-31.basil" is in "2025-08-27.basil". A version
    without a name belongs to the last release that isn't newer, and to the first one if it is older
    than all; a release that isn't in the table has a folder of its own. ValueError for anything
    that isn't a version, as a date since acacia isn't without its release's name.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        message = f"not a Stripe API version, as {RELEASES[-1]!r} is: {version!r}"
        raise ValueError(message)
    date, name = match.groups()
    if (full := resources.full_version(version)) != version:
        message = f"not a Stripe API version: {version!r}; with its release's name it is {full!r}"
        raise ValueError(message)
    if name is not None:
        return next((known for known in RELEASES if known.endswith(f".{name}")), version)
    earlier = [known for known in RELEASES if known[: len(date)] <= date]
    return earlier[-1] if earlier else RELEASES[0]


def began(version: str) -> str:
    """Give the day that answers of a release began at; "" for the first, by which all older ones go."""
    return "" if version == RELEASES[0] else _BEGAN.get(version, version[:10])


# What older API versions had and the oldest schema doesn't: before a date, on an object, some keys.
_OLDER: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    # 2022-11-15 took PaymentIntent.charges away (docs/stripe.md 6.9).
    (
        "2022-11-15",
        "payment_intent",
        {
            "charges": {
                "type": "object",
                "required": ["object", "data"],
                "properties": {
                    "object": {"const": "list"},
                    "data": {"type": "array", "items": {"$ref": "charge.json"}},
                    "has_more": {"type": "boolean"},
                    "total_count": {"type": "integer"},
                    "url": {"type": "string"},
                },
            }
        },
    ),
)


def with_older_keys(schema: dict[str, Any], name: str, version: str) -> dict[str, Any]:
    """Give an object's schema with the keys that it still had at an API version."""
    for before, owner, keys in _OLDER:
        if owner == name and version < before:
            schema = {**schema, "properties": {**schema["properties"], **keys}}
    return schema
