"""Events, as /v1/events gives them (docs/stripe.md 1.10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from pytest_stripe_balance.engine.state.table import ListParams

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.events import Event
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World


# How the types begin that older API versions call otherwise.
RENAMED = ("refund.", "invoice_payment.")


def retrieve(world: World, event_id: str) -> Event:
    """Find an event; 404 with param `id`, as the placeholder in the path.

    One that the account's API version has no type for is missing too.
    """
    return world.events.find(
        event_id,
        "id",
        assumption="other-missing-objects",
        keep=lambda event: type_at(world, event, world.api_version) is not None,
    )


def list_(
    world: World,
    *,
    type: str | None = None,  # noqa: A002 - Stripe's own name for it
    types: list[str] | None = None,
    delivery_success: bool | None = None,
    **params: Unpack[ListParams],
) -> Page[Event]:
    """List events, newest first; `type` may end in `.*`, as in "payment_intent.*" [doc].

    Types are those of the account's API version. Events that it has no type for are left out. With
    `delivery_success` only those that all endpoints have acknowledged, or only the others [sdk]; what
    nobody was to hear of counts as delivered.
    """
    if delivery_success is not None:
        world.readings.rely_on("delivery-success")

    wanted = [type] if type is not None else types
    called = world.event_types(world.api_version)

    def is_listed(event: Event) -> bool:
        name = called(event.type, event.subject)
        if name is None or delivery_success not in (None, _is_delivered(world, event)):
            return False
        return wanted is None or any(matches(name, pattern) for pattern in wanted)

    looked_at = None if wanted is None else frozenset(_newest(world, wanted))
    return world.events.page(type=looked_at, keep=is_listed, **params)


def _newest(world: World, wanted: list[str]) -> Iterator[str]:
    """Give the newest types of events that some API version may call by one of the `wanted` types."""
    renamed = () if world.event_types(world.api_version).are_newest else RENAMED
    for name in world.events.values_of("type"):
        assert isinstance(name, str), "unreachable because a type is a text"
        if name.startswith(renamed) or any(matches(name, pattern) for pattern in wanted):
            yield name


def _is_delivered(world: World, event: Event) -> bool:
    return all(row.acknowledged for row in world.deliveries.of(event.id))


def type_at(world: World, event: Event, api_version: str) -> str | None:
    """Give an event's type at an API version; None where that version has no such event."""
    return world.event_types(api_version)(event.type, event.subject)


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


def previous_of(before: object, after: object, *names: str) -> Hash:
    """Give those of a record's named fields that changed, with their old values."""
    was, is_ = ({name: getattr(one, name) for name in names} for one in (before, after))
    return previous(was, is_)
