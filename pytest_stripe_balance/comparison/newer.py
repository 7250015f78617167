"""Keys that came after a recording was made: it can't have them, so nothing is said of them.

Stripe's calendar tells which ones (`contract.calendar`). A key that the recording has all the same is
compared like any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from pytest_stripe_balance.api.message import Exchange, Response, date_of
from pytest_stripe_balance.comparison.answers import EPOCH
from pytest_stripe_balance.comparison.documents import kind_of, root_kind
from pytest_stripe_balance.contract import calendar

Json = Any


def moment_of(exchanges: Sequence[Exchange]) -> int:
    """Give the last moment that is known of a recording, in seconds since 1970; 0 when none is.

    By its Date headers, else by what was created: a scrubber may have left out the headers.
    """
    dates = [date_of(one.response.headers) for one in exchanges]
    known = [one for one in dates if one is not None]
    return max(known or (moment for one in exchanges for moment in _created(one.response)), default=0)


def _created(response: Response) -> Iterator[int]:
    held = [response.json] if response.is_json else []
    while held:
        value = held.pop()
        if isinstance(value, dict):
            created = value.get("created")
            if isinstance(created, int) and created in EPOCH:
                yield created
            held += value.values()
        elif isinstance(value, list):
            held += value


def without_newer(given: Response, exchange: Exchange, latest: int) -> Response:
    """Leave out of an answer the keys that came after the exchange that it is compared with.

    `latest` is the recording's own moment, which holds where an exchange has no Date.
    """
    moment = date_of(exchange.response.headers) or latest
    recorded = exchange.response.json if exchange.response.is_json else None
    kept = document_without_newer(given.json, recorded, moment)
    if kept == given.json:
        return given
    return Response(given.status, given.headers, json.dumps(kept).encode())


def document_without_newer(given: Json, recorded: Json, moment: int) -> Json:
    """Leave out of a document the keys that came after a moment, where the recorded one lacks them.

    It has a key when any of its objects of the kind has it: lists needn't be in one order.
    """
    return _pruned(given, frozenset(_keys(recorded)), moment, root_kind(given), "")


def _keys(document: Json) -> Iterator[tuple[str, str]]:
    """Name the keys of a document by the kind of their object, and their path in it."""
    held = [(root_kind(document), "", document)]
    while held:
        kind, path, value = held.pop()
        if isinstance(value, list):
            held += [(kind, path, one) for one in value]
        elif isinstance(value, dict):
            kind, path = (own, "") if (own := kind_of(value)) else (kind, path)
            for name, inner in value.items():
                here = f"{path}.{name}" if path else name
                yield kind, here
                held.append((kind, here, inner))


def _pruned(
    given: Json, recorded: AbstractSet[tuple[str, str]], moment: int, kind: str, path: str
) -> Json:
    if isinstance(given, list):
        return [_pruned(one, recorded, moment, kind, path) for one in given]
    if not isinstance(given, dict):
        return given
    kind, path = (own, "") if (own := kind_of(given)) else (kind, path)
    kept = {}
    for name, value in given.items():
        here = f"{path}.{name}" if path else name
        if (kind, here) in recorded or not calendar.is_newer(kind, here, moment):
            kept[name] = _pruned(value, recorded, moment, kind, here)
    return kept
