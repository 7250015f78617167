"""Leaves out of the fake's answers the keys that Stripe added after a recording was made.

`contract.calendar` knows when Stripe added which key. A key that the recording has nevertheless is
compared like any other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from pytest_stripe_balance.api.message import Exchange, Response, date_of
from pytest_stripe_balance.comparison.answers import EPOCH
from pytest_stripe_balance.comparison.locations import kind_of, root_kind, seen_in
from pytest_stripe_balance.comparison.walk import named_values
from pytest_stripe_balance.contract import calendar

Json = Any


def moment_of(exchanges: Sequence[Exchange]) -> int:
    """Give the last known moment of a recording, in seconds since 1970; 0 if none is known.

    That is its last Date header. Without any, because a scrubber removed them, it is the last `created`.
    """
    answers = [exchange.response for exchange in exchanges]
    dates = [date for answer in answers if (date := date_of(answer.headers)) is not None]
    created = (
        value
        for answer in answers
        if answer.is_json
        for name, value in named_values(answer.json)
        if name == "created" and isinstance(value, int) and value in EPOCH
    )
    return max(dates or created, default=0)


def without_newer(faked: Response, exchange: Exchange, latest: int) -> Response:
    """Leave out of the fake's answer the keys that are newer than the exchange it is compared with.

    `latest` is the recording's last moment. It counts where the exchange has no Date header.
    """
    moment = date_of(exchange.response.headers) or latest
    recorded = exchange.response.json if exchange.response.is_json else None
    document = document_without_newer(faked.json, recorded, moment)
    if document == faked.json:
        return faked
    return Response(faked.status, faked.headers, json.dumps(document).encode())


def document_without_newer(faked: Json, recorded: Json, moment: int) -> Json:
    """Leave out of a document the keys that are newer than a moment and not in the recorded one.

    A key counts as recorded if any object of that kind in the recorded document has it.
    """
    keys = frozenset((kind, shape.replace("[]", "")) for kind, shape, _ in seen_in([recorded]))
    return _pruned(faked, keys, moment, root_kind(faked), "")


def _pruned(
    document: Json, recorded: AbstractSet[tuple[str, str]], moment: int, kind: str, path: str
) -> Json:
    if isinstance(document, list):
        return [_pruned(item, recorded, moment, kind, path) for item in document]
    if not isinstance(document, dict):
        return document
    kind, path = (own_kind, "") if (own_kind := kind_of(document)) else (kind, path)
    pruned = {}
    for name, value in document.items():
        here = f"{path}.{name}" if path else name
        if (kind, here) in recorded or not calendar.is_newer(kind, here, moment):
            pruned[name] = _pruned(value, recorded, moment, kind, here)
    return pruned
