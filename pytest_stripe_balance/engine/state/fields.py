"""Fields that several objects share: metadata, addresses, shipping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.engine.state.records.hashes import Hash

MOST_CUSTOM_FIELDS = 4  # as documented
MOST_KEYS = 50  # of metadata, as documented


def merged_metadata(metadata: Hash, params: dict[str, str] | None) -> dict[str, str]:
    """Merge metadata as Stripe does: an empty value removes its key, and None removes all keys.

    More than 50 keys are a fault, in words that others have met (FlowFuse/flowfuse #1948).
    """
    if params is None:
        return {}
    merged = {key: value for key, value in {**metadata, **params}.items() if value not in ("", None)}
    if len(merged) > MOST_KEYS:
        message = (
            f"Metadata can have up to {MOST_KEYS} keys, but you've set {len(merged)}. Email us at "
            "support+metadata@stripe.com for more information."
        )
        raise faults.Fault(message, param="metadata", assumption="text-limits")
    return merged


def address(params: Hash | None) -> Hash | None:
    """Give an address with all the keys that Stripe shows."""
    keys = ("city", "country", "line1", "line2", "postal_code", "state")
    return None if params is None else {key: params.get(key) or None for key in keys}


def shipping(params: Hash | None) -> Hash | None:
    """Give a shipping hash with all the keys that Stripe shows [obs].

    A text that was sent empty stays an empty text, in the address too (docs/stripe.md 5.4 [obs]).
    """
    if params is None:
        return None
    rest = {key: _sent(params, key) for key in ("carrier", "name", "phone", "tracking_number")}
    lines = address(params.get("address"))
    empty = {key: "" for key, value in (params.get("address") or {}).items() if value is None}
    return {"address": lines and {**lines, **empty}, **rest}


def _sent(params: Hash, key: str) -> str | None:
    """Give a text as it was sent; a cleared one is empty, and one that wasn't sent is null."""
    return (params[key] or "") if key in params else None


def check_custom_fields(custom_fields: list[dict[str, str]] | None, param: str) -> None:
    """Refuse more custom fields of invoices than Stripe takes [doc]."""
    if custom_fields is not None and len(custom_fields) > MOST_CUSTOM_FIELDS:
        message = (
            f"An invoice has at most {MOST_CUSTOM_FIELDS} custom fields, and {len(custom_fields)} "
            "were given."
        )
        raise faults.Fault(message, param=param, assumption="custom-fields-limit")


def merged(before: Hash, after: Hash) -> dict[str, Any]:
    """Put values into a hash; where both have a hash under a key, into that one."""
    found = {**before, **after}
    for key in before.keys() & after.keys():
        if isinstance(before[key], Mapping) and isinstance(after[key], Mapping):
            found[key] = merged(before[key], after[key])
    return found


def is_cleared(value: object) -> bool:
    """Tell whether a value clears its parameter, or all that it has in a hash."""
    if isinstance(value, Mapping):
        return bool(value) and all(map(is_cleared, value.values()))
    return value is None
