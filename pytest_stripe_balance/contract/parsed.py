"""A document parsed once, for everything that looks at it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pytest_stripe_balance import resources

Json = Any


@dataclass(slots=True)
class Parsed:
    """Parsed JSON, with two facts about its text that save a walk through it.

    `with_floats`: some number was written as a float. `alone`: the document names its kind, and no hash
    inside it can name one.
    """

    document: Json
    with_floats: bool
    alone: bool = False


def parse(text: bytes | str) -> Parsed:
    """Parse JSON; ValueError when it isn't JSON."""
    text = text if isinstance(text, str) else text.decode("utf-8")
    floats: list[str] = []

    def number(digits: str) -> float:
        floats.append(digits)
        return float(digits)

    document = json.loads(text, parse_float=number)
    # A walk through an intent takes as long as its validation; the text shows whether it is needed.
    is_object = isinstance(document, dict) and "object" in document
    alone = is_object and text.count('"object"') == 1 and "\\u" not in text
    return Parsed(document, with_floats=bool(floats), alone=alone)


def just_written(document: dict[str, Json], body: bytes) -> Parsed:
    """Take a document as parsed from the body that was just written from it; it has no floats."""
    return Parsed(
        document, with_floats=False, alone="object" in document and body.count(b'"object"') == 1
    )


def version_of(document: Json) -> str | None:
    """Read the API version that an event carries, and is checked at; None for anything else."""
    if isinstance(document, dict) and document.get("object") == "event":
        return resources.named_version(document.get("api_version")) or None
    return None
