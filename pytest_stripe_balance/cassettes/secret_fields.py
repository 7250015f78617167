"""The fields that hold a secret of whatever shape, such as an e-mail address or an idempotency key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from pytest_stripe_balance.api.message import Request
from pytest_stripe_balance.cassettes.secret_kinds import IDEMPOTENCY_KEY, KINDS
from pytest_stripe_balance.masking import is_real_address

_EMAILS = [shape for shape in KINDS if shape.kind == "e-mail address"]


def secret_kind(name: str, value: str) -> str | None:
    """Give the kind of secret in a field, by the field's name; None for a field without one."""
    if name == "idempotency_key":
        return IDEMPOTENCY_KEY
    return _EMAILS[0].kind if "mail" in name.lower() and is_real_address(value) else None


def matches_pattern(value: str) -> bool:
    """Tell whether an e-mail address can be found in any text by its shape alone."""
    matches = filter(None, (shape.pattern.fullmatch(value) for shape in _EMAILS))
    return any(not match[1] for match in matches)


def fields(request: Request) -> Iterator[tuple[str, str]]:
    """Yield the names and values of a request's query and form."""
    for field in f"{request.query}&{request.body}".split("&"):
        name, _, value = field.partition("=")
        yield unquote_plus(name), unquote_plus(value)


def named_texts(text: str) -> list[tuple[str, str]]:
    """List the strings of a JSON document, each with the name of its field."""
    texts: list[tuple[str, str]] = []

    def walk(name: str, value: Any) -> None:  # noqa: ANN401 - any JSON
        if isinstance(value, dict):
            for inner, item in value.items():
                walk(inner, item)
        elif isinstance(value, list):
            for item in value:
                walk(name, item)
        elif isinstance(value, str):
            texts.append((name, value))

    try:
        walk("", json.loads(text))
    except (ValueError, RecursionError):
        return []
    return texts
