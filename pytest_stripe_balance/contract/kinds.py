"""The kind of a JSON document: a name such as "payment_intent", by its `object` key."""

from __future__ import annotations

from typing import Any

Json = Any


def object_name(document: Json) -> str | None:
    """Give the text of a document's `object` key; None without one."""
    name = document.get("object") if isinstance(document, dict) else None
    return name if isinstance(name, str) else None


def kind_of(document: Json) -> str | None:
    """Give a document's `object`, or "error" for an answer that has an `error` and no `object`."""
    if isinstance(document, dict) and document.get("object") is None:
        return "error" if isinstance(document.get("error"), dict) else None
    return object_name(document)
