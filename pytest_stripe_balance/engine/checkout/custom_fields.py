"""The fields that an app adds to the page of a Checkout Session, and what is typed into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_stripe_balance.engine.checkout import entries
from pytest_stripe_balance.engine.state.records.hashes import Hash
from pytest_stripe_balance.masking import shown


def answered(session_id: str, asked: Sequence[Hash], typed: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give the fields with their values; ValueError for an unknown key, or a value that doesn't fit.

    A field that nobody types into keeps its default value. If it is required and has none, a made-up
    value stands in. An optional one may be left empty.
    """
    known = [field["key"] for field in asked]
    if unknown := typed.keys() - set(known):
        names = ", ".join(map(shown, sorted(unknown)))
        what = f"has no custom field {names}; it has {', '.join(known) or 'none'}"
        raise entries.slip(session_id, what)
    return [_answered(session_id, field, typed.get(field["key"])) for field in asked]


def _answered(session_id: str, field: Hash, typed: str | None) -> dict[str, Any]:
    kind, key = field["type"], field["key"]
    own = field[kind]
    if typed is not None:
        if field["optional"] and entries.is_empty(typed):
            return {**field, kind: {**own, "value": None}}
        entries.check_required(session_id, f"custom_fields[{key}]", typed)
        _check(key, kind, own, typed)
    value = own["default_value"] if typed is None else typed
    if value is None and not field["optional"]:
        value = _made_up(kind, own)
    return {**field, kind: {**own, "value": value}}


def _check(key: str, kind: str, own: Hash, value: str) -> None:
    if kind == "dropdown":
        choices = [option["value"] for option in own["options"]]
        if value not in choices:
            raise _unfit(key, f"one of {', '.join(choices)}", value)
        return
    if kind == "numeric" and not (value.isascii() and value.isdecimal()):
        raise _unfit(key, "digits", value)
    least, most = own["minimum_length"], own["maximum_length"]
    if (least and len(value) < least) or (most and len(value) > most):
        limits = [f"{word} {size}" for word, size in (("at least", least), ("at most", most)) if size]
        raise _unfit(key, f"{' and '.join(limits)} characters", value)


def _unfit(key: str, takes: str, value: str) -> ValueError:
    return ValueError(f"the custom field {key} takes {takes}, and not {shown(repr(value))}")


def _made_up(kind: str, own: Hash) -> str:
    if kind == "dropdown":
        first: str = own["options"][0]["value"]
        return first
    text = "1" if kind == "numeric" else "Example"
    return text.ljust(own["minimum_length"] or 0, "1")[: own["maximum_length"]]
