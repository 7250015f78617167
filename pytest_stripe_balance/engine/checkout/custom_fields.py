"""The fields that an app adds to the page of a Checkout Session, and what is typed into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_stripe_balance.engine.state.records.hashes import Hash


def answered(session_id: str, asked: Sequence[Hash], typed: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give the fields with their values; ValueError for an unknown key, or a value that doesn't fit.

    A field that nobody types into keeps its default value. If it is required and has none, a made-up
    value stands in.
    """
    known = [field["key"] for field in asked]
    if unknown := typed.keys() - set(known):
        message = f"the page of {session_id} has no custom field {', '.join(sorted(unknown))}"
        raise ValueError(f"{message}; it has {', '.join(known) or 'none'}")
    return [_answered(field, typed.get(field["key"])) for field in asked]


def _answered(field: Hash, typed: str | None) -> dict[str, Any]:
    kind = field["type"]
    own = field[kind]
    if typed is not None:
        _check(field["key"], kind, own, typed)
    value = own["default_value"] if typed is None else typed
    if value is None and not field["optional"]:
        value = _made_up(kind, own)
    return {**field, kind: {**own, "value": value}}


def _check(key: str, kind: str, own: Hash, value: str) -> None:
    if kind == "dropdown":
        choices = [option["value"] for option in own["options"]]
        if value not in choices:
            message = f"the custom field {key} takes one of {', '.join(choices)}, and not {value!r}"
            raise ValueError(message)
        return
    if kind == "numeric" and not (value.isascii() and value.isdecimal()):
        message = f"the custom field {key} takes digits, and not {value!r}"
        raise ValueError(message)
    least, most = own["minimum_length"] or 0, own["maximum_length"] or len(value)
    if not least <= len(value) <= most:
        message = f"the custom field {key} takes {least} to {most} characters, and not {value!r}"
        raise ValueError(message)


def _made_up(kind: str, own: Hash) -> str:
    if kind == "dropdown":
        first: str = own["options"][0]["value"]
        return first
    text = "1" if kind == "numeric" else "Example"
    return text.ljust(own["minimum_length"] or 0, "1")[: own["maximum_length"]]
