"""Finds what a recorder changed: metadata that an answer shows otherwise than it was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from http import HTTPStatus
from urllib.parse import parse_qsl

from pytest_stripe_balance.api.message import Exchange

_METADATA = re.compile(r"metadata\[([^\]]+)\]")


def retouched(exchanges: Sequence[Exchange]) -> AbstractSet[tuple[str, str]]:
    """Give the values of metadata that a recording shows, each with the other one that it sent."""
    return frozenset(pair for exchange in exchanges for pair in _pairs(exchange))


def _pairs(exchange: Exchange) -> Iterator[tuple[str, str]]:
    document = exchange.response.json
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if exchange.response.status != HTTPStatus.OK or not isinstance(metadata, dict):
        return
    for name, sent in parse_qsl(exchange.request.body):
        key = _METADATA.fullmatch(name)
        shown = metadata.get(key[1]) if key else None
        if isinstance(shown, str) and shown.strip() != sent.strip():
            yield shown, sent
