"""Replaces a recording's idempotency keys by new ones for the fake.

A scrubber may have replaced all keys by one word, so equal keys alone don't show a replay. An answer is
a replay if its header says so, or if key and body equal those of the first answer to the same request.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pytest_stripe_balance.api.message import Exchange, Headers, Response
from pytest_stripe_balance.comparison.knowledge import error_of
from pytest_stripe_balance.comparison.retries import REPLAYED, identity, is_replay

Json = Any
_NAME = "Idempotency-Key"


class RecordedKeys:
    """Gives each POST a new key, except that replays and conflicts get the key that was used before.

    Call `note` after each answer of the fake: only requests that it answered can be repeated.
    """

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        requests: dict[str, set[str]] = defaultdict(set)
        for exchange in exchanges:
            if exchange.request.method == "POST":
                requests[_key_of(exchange)].add(f"{exchange.request.url} {exchange.request.body}")
        self._ambiguous = {"", *(key for key, group in requests.items() if len(group) > 1)}
        self._firsts: dict[str, bytes] = {}  # the first answer to each request
        self._names: dict[str, str] = {}
        self._posts = 0

    def name(self, exchange: Exchange) -> str:
        """Give the key to send to the fake."""
        key, sent = _key_of(exchange), _identity(exchange)
        first = self._firsts.setdefault(sent, exchange.response.body)
        is_same = key not in self._ambiguous and first == exchange.response.body
        if sent in self._names and (is_replay(exchange) or is_same):
            return self._names[sent]
        if is_conflict(exchange.response.json) and self.is_used(exchange):
            return self._names[key]
        self._posts += 1
        return f"conform-{self._posts}"

    def is_used(self, exchange: Exchange) -> bool:
        """Tell whether the fake has answered a request with this recorded key."""
        return _key_of(exchange) in self._names

    def note(self, exchange: Exchange, name: str) -> None:
        """Remember the key that a request was sent to the fake with."""
        for known in filter(None, (_key_of(exchange), _identity(exchange))):
            self._names.setdefault(known, name)

    def adapted(self, exchange: Exchange, faked: Response, name: str) -> Response:
        """Give the recorded answer, adapted to the key that the fake got.

        - The message of a conflict names the fake's key.
        - If the recording has a replay, but the fake got the request for the first time, the header
          that marks a replay is left out.
        """
        recorded, key = exchange.response, _key_of(exchange)
        if is_replay(exchange) and name not in self._names.values():
            headers = {
                header: value
                for header, value in recorded.headers.items()
                if header.lower() != REPLAYED.lower()
            }
            return Response(recorded.status, Headers(headers), recorded.body)
        if not (key and name and is_conflict(recorded.json) and is_conflict(faked.json)):
            return recorded
        error, message = recorded.json["error"], faked.json["error"]["message"]
        if error.get("message") != message.replace(name, key):
            return recorded
        document = {**recorded.json, "error": {**error, "message": message}}
        return Response(recorded.status, recorded.headers, json.dumps(document).encode())


def is_conflict(document: Json) -> bool:
    """Tell whether an answer refuses a key because another request used it."""
    return error_of(document).get("type") == "idempotency_error"


def _key_of(exchange: Exchange) -> str:
    """Give the idempotency key of a recorded request, or of its answer, which repeats the key."""
    return exchange.request.headers.get(_NAME) or exchange.response.headers.get(_NAME, "")


def _identity(exchange: Exchange) -> str:
    return " ".join((_key_of(exchange), *identity(exchange)))
