"""Leaves out of the fake's answers what Stripe added after a recording was made.

`contract.calendar` knows when Stripe added which key; of those before the first types it knows some.
A key that the recording has nevertheless is compared like any other. An error's former words are in
`former`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from typing import Any

from pytest_stripe_balance import resources
from pytest_stripe_balance.api.message import Exchange, Response, date_of
from pytest_stripe_balance.comparison.answers import EPOCH
from pytest_stripe_balance.comparison.former import as_worded
from pytest_stripe_balance.comparison.knowledge import error_of, message_of
from pytest_stripe_balance.comparison.locations import documented, kind_of, root_kind, seen_in
from pytest_stripe_balance.comparison.walk import named_values
from pytest_stripe_balance.contract import calendar
from pytest_stripe_balance.contract.contract import NOT_STRIPES
from pytest_stripe_balance.contract.releases import lacks_unknown_keys

Json = Any
_FIRST_TYPES = date.fromisoformat(resources.releases()[0].began)


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
    """Leave out of the fake's answer what is newer than the exchange it is compared with.

    `latest` is the recording's last moment. It counts where the exchange has no Date header.
    """
    moment = date_of(exchange.response.headers) or latest
    recorded = exchange.response.json if exchange.response.is_json else None
    document = document_without_newer(_as_worded(faked.json, recorded, moment), recorded, moment)
    if document == faked.json:
        return faked
    return Response(faked.status, faked.headers, json.dumps(document).encode())


def document_without_newer(faked: Json, recorded: Json, moment: int) -> Json:
    """Leave out of a document the keys that are newer than a moment and not in the recorded one.

    A key counts as recorded if any object of that kind in the recorded document has it.
    """
    keys = frozenset((kind, shape.replace("[]", "")) for kind, shape, _ in seen_in([recorded]))
    return _pruned(faked, keys, moment, root_kind(faked), "")


def _as_worded(faked: Json, recorded: Json, moment: int) -> Json:
    """Put the former words into the message of an error, if the recorded one has them."""
    was, message = (message_of(error_of(document)) for document in (recorded, faked))
    if (worded := as_worded(message, was, moment)) == message:
        return faked
    return {**faked, "error": {**faked["error"], "message": worded}}


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
        if (kind, here) in recorded or not _is_newer(kind, here, moment):
            is_users_own = name in NOT_STRIPES
            pruned[name] = value if is_users_own else _pruned(value, recorded, moment, kind, here)
    return pruned


def _is_newer(kind: str, path: str, moment: int) -> bool:
    """Tell whether Stripe began to send a key after a moment, or may have done so.

    Of what came before the first types the calendar names some keys only. A key that they require is
    older than all recordings, but for objects of which nobody knows that.
    """
    if path in calendar.rows().get(kind, {}):
        return calendar.is_newer(kind, path, moment)
    if not 0 < moment < calendar.midnight(_FIRST_TYPES):
        return False
    key = documented(kind, resources.modelled_versions()[0]).get(path)
    day = datetime.fromtimestamp(moment, UTC).date().isoformat()
    return key is not None and (not key.required or lacks_unknown_keys(kind, day))
