"""Events that a test makes up: of objects that the fake doesn't model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pytest_stripe_balance.contract.completion import Completed, complete
from pytest_stripe_balance.contract.contract import contract, event_types
from pytest_stripe_balance.contract.event_subjects import subject_of
from pytest_stripe_balance.engine.state.records.events import Emitted
from pytest_stripe_balance.engine.state.records.hashes import Hash


def emitted(
    event_type: str,
    given: Mapping[str, Any],
    api_version: str,
    *,
    name_id: Callable[[str], str],
    now: int,
) -> Emitted:
    """Make an event's object, completed by defaults of its type; at other versions by theirs.

    `name_id` makes an id of a text, the same of the same. ValueError for a type that the account's
    version lacks; AssertionError for an object that Stripe can't give.
    """
    if event_type not in event_types(api_version):
        raise ValueError(f"there is no event {event_type!r} at API version {api_version}")
    kind = given.get("object") or subject_of(event_type, contract(api_version).objects)
    if kind is None:
        raise ValueError(f"which object {event_type} is about isn't known: give its key 'object'")

    def completed(version: str) -> Completed:
        """Complete it; each version gives the same ids."""
        counts: dict[str, int] = {}

        def new_id(start: str) -> str:
            counts[start] = counts.get(start, 0) + 1
            return f"{start}_{name_id(f'{start} {counts[start]}')}"

        return complete(str(kind), given, version, new_id=new_id, created=now)

    own = completed(api_version)
    if own.wrong:
        raise AssertionError("; ".join(map(str, own.wrong)))

    @cache
    def at(version: str) -> Hash | None:
        if version == api_version:
            return own.document
        if event_type not in event_types(version) or kind not in contract(version).objects:
            return None
        return completed(version).document

    return Emitted(str(own.document.get("id", "")), at)
