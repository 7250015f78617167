"""Requests and responses as values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

SECRET_HEADERS = frozenset(
    {"authorization", "idempotency-key", "stripe-account", "x-stripe-client-telemetry"}
)


class Headers(Mapping[str, str]):
    """Headers that are found whatever their case, as every HTTP library's are."""

    __slots__ = ("_as_given", "_by_name")

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self._as_given = dict(headers or {})
        self._by_name = {name.lower(): value for name, value in self._as_given.items()}

    def __getitem__(self, name: str) -> str:
        return self._by_name[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self._as_given)

    def __len__(self) -> int:
        return len(self._as_given)

    def __repr__(self) -> str:
        shown = {
            name: "***" if name.lower() in SECRET_HEADERS else value
            for name, value in self._as_given.items()
        }
        return f"Headers({shown})"


@dataclass(frozen=True)
class Request:
    """One request as the SDK would have sent it. `method` is upper case, `body` what it posted."""

    method: str
    url: str = field(repr=False)
    headers: Headers
    body: str = field(default="", repr=False)

    @cached_property
    def path(self) -> str:
        """The URL's path, as "/v1/payment_intents"."""
        return urlsplit(self.url).path

    @cached_property
    def query(self) -> str:
        """The URL's query, still encoded."""
        return urlsplit(self.url).query

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Response:
    """One answer: HTTP status, headers, and the body as JSON bytes."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)

    @cached_property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body, parsed once. ValueError when it isn't JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Exchange:
    """A request and its answer."""

    request: Request
    response: Response
