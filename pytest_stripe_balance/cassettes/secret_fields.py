"""The fields of a request and its answer, and what kind of secret each holds, whatever its shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from pytest_stripe_balance.api.message import Request
from pytest_stripe_balance.cassettes import secret_scan
from pytest_stripe_balance.masking import is_real_address

_EMAILS = [shape for shape in secret_scan.KINDS if shape.kind == "e-mail address"]


def secret_kind(name: str, value: str) -> str | None:
    """Tell what kind of secret a field of that name holds; None when its place tells of none."""
    if name == "idempotency_key":
        return secret_scan.IDEMPOTENCY_KEY
    return _EMAILS[0].kind if "mail" in name.lower() and is_real_address(value) else None


def matches_pattern(value: str) -> bool:
    """Tell an e-mail address that is found in any text; another has to be known."""
    found = filter(None, (shape.pattern.fullmatch(value) for shape in _EMAILS))
    return any(not one[1] for one in found)


def fields(request: Request) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of a query and a form."""
    for field in f"{request.query}&{request.body}".split("&"):
        name, _, value = field.partition("=")
        yield unquote_plus(name), unquote_plus(value)


def named(text: str) -> list[tuple[str, str]]:
    """Give the texts of a JSON document with the names right before them."""
    found: list[tuple[str, str]] = []

    def walk(name: str, value: Any) -> None:  # noqa: ANN401 - any JSON
        if isinstance(value, dict):
            for inner, item in value.items():
                walk(inner, item)
        elif isinstance(value, list):
            for item in value:
                walk(name, item)
        elif isinstance(value, str):
            found.append((name, value))

    try:
        walk("", json.loads(text))
    except (ValueError, RecursionError):
        return []
    return found
