"""Walks through a JSON document: its values, its objects, its texts. No walk has a set order."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from pytest_stripe_balance.contract.kinds import object_name

Json = Any


def named_values(document: Json, without: Container[str] = ()) -> Iterator[tuple[str, Json]]:
    """Yield every value with the key that it stands under; a list's items have the list's key.

    The document itself has the key "". Nothing below the keys `without` is visited.
    """
    pending: list[tuple[str, Json]] = [("", document)]
    while pending:
        name, value = pending.pop()
        yield name, value
        if isinstance(value, dict):
            pending += [item for item in value.items() if item[0] not in without]
        elif isinstance(value, list):
            pending += [(name, item) for item in value]


def objects(document: Json) -> Iterator[dict[str, Json]]:
    """Yield every Stripe object in a document: a hash with the texts `object` and `id`."""
    for _, value in named_values(document):
        if object_name(value) is not None and isinstance(value.get("id"), str):
            yield value


def texts(document: Json, without: Container[str] = ()) -> Iterator[str]:
    """Yield every text that is a value, except below the keys `without`."""
    return (value for _, value in named_values(document, without) if isinstance(value, str))
