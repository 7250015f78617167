"""The kind of a JSON document: a name such as "payment_intent", by its `object` key."""

from __future__ import annotations

from collections.abc import Iterable
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


def hint(name: str, known: Iterable[str]) -> str:
    """Say which name of an object with a schema is nearest to one without, and where all are listed."""
    import difflib  # noqa: PLC0415 - for messages only

    names = sorted(known)
    (nearest,) = difflib.get_close_matches(name, names, n=1, cutoff=0)
    return f"the nearest is {nearest!r}, and `schemas list --api-version ...` lists all {len(names)}"
