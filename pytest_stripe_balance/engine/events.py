"""Events, as /v1/events gives them (docs/stripe.md 1.10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from pytest_stripe_balance.engine.state.table import ListParams

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records import Event, Hash
    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World


def retrieve(world: World, event_id: str) -> Event:
    """Find an event; 404 with param `id`, as the placeholder in the path."""
    return world.events.find(event_id, "id", assumption="other-missing-objects")


def list_(
    world: World,
    *,
    type: str | None = None,  # noqa: A002 - Stripe's own name for it
    types: list[str] | None = None,
    **params: Unpack[ListParams],
) -> Page[Event]:
    """List events, newest first; `type` may end in `.*`, as in "payment_intent.*" [doc]."""
    wanted = [type] if type is not None else types
    return world.events.page(
        keep=lambda event: wanted is None or any(matches(event.type, pattern) for pattern in wanted),
        **params,
    )


def matches(event_type: str, pattern: str) -> bool:
    """Tell whether an event's type matches a request's `type`."""
    if pattern.endswith("*"):
        return event_type.startswith(pattern[:-1])
    return event_type == pattern


def previous(before: Hash, after: Hash) -> Hash:
    """Give the changed keys with their old values, for previous_attributes; in hashes too."""
    changed: dict[str, Any] = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            old = previous(old, new) or new
        if old != new:
            changed[name] = old
    return changed
