"""A recording's idempotency keys, and those that the fake is asked with in their place.

A scrubber may have left one word for all keys, so that equal ones mean nothing by themselves: a replay
says so, or is the first answer byte for byte under a key that no other request has.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pytest_stripe_balance.api.message import Exchange, Headers, Response
from pytest_stripe_balance.comparison.pairing import REPLAYED, is_replay

Json = Any
_NAME = "Idempotency-Key"


class RecordedKeys:
    """Names a key for each POST: a new one, but for what was answered as a replay or a conflict.

    Only what the fake was really asked counts as a first request, so `note` each answer of its.
    """

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        asked: dict[str, set[str]] = defaultdict(set)
        for one in exchanges:
            if one.request.method == "POST":
                asked[_key_of(one)].add(f"{one.request.url} {one.request.body}")
        self._words = {"", *(key for key, requests in asked.items() if len(requests) > 1)}
        self._firsts: dict[str, bytes] = {}  # the first answer to each request
        self._names: dict[str, str] = {}
        self._posts = 0

    def name(self, exchange: Exchange) -> str:
        """Give the key to ask the fake with."""
        key, asked = _key_of(exchange), _asked(exchange)
        first = self._firsts.setdefault(asked, exchange.response.body)
        same = key not in self._words and first == exchange.response.body
        if asked in self._names and (is_replay(exchange) or same):
            return self._names[asked]
        if is_conflict(exchange.response.json) and self.is_used(exchange):
            return self._names[key]
        self._posts += 1
        return f"conform-{self._posts}"

    def is_used(self, exchange: Exchange) -> bool:
        """Tell whether the fake was asked with the key of a recorded request before."""
        return _key_of(exchange) in self._names

    def note(self, exchange: Exchange, name: str) -> None:
        """Keep that the fake answered a request under a key."""
        for known in filter(None, (_key_of(exchange), _asked(exchange))):
            self._names.setdefault(known, name)

    def as_asked(self, exchange: Exchange, given: Response, name: str) -> Response:
        """Give a recorded answer as it would be to what the fake was asked.

        A conflict's message names the fake's key. What is a replay there, and was a first request here,
        says nothing of a replay.
        """
        recorded, key = exchange.response, _key_of(exchange)
        if is_replay(exchange) and name not in self._names.values():
            kept = {
                one: value for one, value in recorded.headers.items() if one.lower() != REPLAYED.lower()
            }
            return Response(recorded.status, Headers(kept), recorded.body)
        if not (key and name and is_conflict(recorded.json) and is_conflict(given.json)):
            return recorded
        error, message = recorded.json["error"], given.json["error"]["message"]
        if error.get("message") != message.replace(name, key):
            return recorded
        document = {**recorded.json, "error": {**error, "message": message}}
        return Response(recorded.status, recorded.headers, json.dumps(document).encode())


def is_conflict(document: Json) -> bool:
    """Tell the answer to a key that was used for another request."""
    error = document.get("error") if isinstance(document, dict) else None
    return isinstance(error, dict) and error.get("type") == "idempotency_error"


def _key_of(exchange: Exchange) -> str:
    """Give the idempotency key of a recorded request, or of its answer, which repeats it."""
    return exchange.request.headers.get(_NAME) or exchange.response.headers.get(_NAME, "")


def _asked(exchange: Exchange) -> str:
    request = exchange.request
    return f"{_key_of(exchange)} {request.method} {request.url} {request.body}"
