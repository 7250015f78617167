"""What webhook endpoints are to hear: one row for each event and each endpoint that hears it."""

from __future__ import annotations

from bisect import bisect_left, insort
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from pytest_stripe_balance.engine.state.sharing import own_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_stripe_balance.engine.state.records.events import Event, Subject
    from pytest_stripe_balance.engine.state.records.webhook_endpoints import WebhookEndpoint
    from pytest_stripe_balance.engine.state.sharing import DictOver
    from pytest_stripe_balance.engine.state.table import Journal
    from pytest_stripe_balance.engine.state.world import World


class Delivery(NamedTuple):
    """One event for one endpoint. `attempts` were made so far; `failures` came by themselves.

    `due` is the moment of the next try that comes by itself, `resend` that of one that was asked for,
    the last of `resends`. With both None nothing more is sent.
    """

    event: str
    endpoint: str
    due: int | None
    resend: int | None = None
    resends: int = 0
    attempts: int = 0
    failures: int = 0
    acknowledged: bool = False

    @property
    def at(self) -> int | None:
        """The moment of the coming try."""
        return self.due if self.resend is None else self.resend


_Key = tuple[str, str]  # an event's id and an endpoint's


class Deliveries:
    """The rows of a world by event and endpoint, and which of them wait."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._rows: dict[_Key, Delivery] | DictOver[_Key, Delivery] = {}
        self._endpoints: dict[str, tuple[str, ...]] | DictOver[str, tuple[str, ...]] = {}  # by event
        self._waiting: list[tuple[int, str, str]] = []  # moment, event, endpoint; sorted
        self._is_shared = False

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._rows.values())

    def get(self, event: str, endpoint: str) -> Delivery | None:
        """Look a row up."""
        return self._rows.get((event, endpoint))

    def of(self, event: str) -> list[Delivery]:
        """Give the rows of an event, in the order in which they were written."""
        return [self._rows[event, endpoint] for endpoint in self._endpoints.get(event, ())]

    def waiting(self, until: int | None = None) -> list[Delivery]:
        """Give what is still to be sent, at the latest at `until`, by moment."""
        end = None if until is None else bisect_left(self._waiting, (until + 1,))
        return [self._rows[event, endpoint] for _, event, endpoint in self._waiting[:end]]

    def after(self, moment: int) -> Iterator[Delivery]:
        """Give what is to be sent after a moment, the earliest first."""
        for place in range(bisect_left(self._waiting, (moment + 1,)), len(self._waiting)):
            _, event, endpoint = self._waiting[place]
            yield self._rows[event, endpoint]

    def put(self, row: Delivery) -> None:
        """Add a row, or replace the one of the same event and endpoint."""
        if self._is_shared:
            self._rows, self._endpoints = own_dict(self._rows), own_dict(self._endpoints)
            self._waiting, self._is_shared = self._waiting.copy(), False
        key = (row.event, row.endpoint)
        before = self._rows.get(key)
        self._journal.append((row, partial(self._set, key, before)))
        self._set(key, row)

    def _set(self, key: _Key, row: Delivery | None) -> None:
        event, endpoint = key
        others = self._endpoints.get(event, ())
        before = self._rows.get(key)
        if before is not None and before.at is not None:
            del self._waiting[bisect_left(self._waiting, (before.at, *key))]
        if row is None:
            del self._rows[key]
            self._endpoints[event] = others[:-1]
        else:
            if key not in self._rows:
                self._endpoints[event] = (*others, endpoint)
            self._rows[key] = row
        if row is not None and row.at is not None:
            insort(self._waiting, (row.at, *key))

    def copy(self, journal: Journal) -> Deliveries:
        """Give rows that begin as these are; neither sees what is written to the other later."""
        self._is_shared = True
        copied = Deliveries.__new__(Deliveries)
        vars(copied).update(vars(self), _journal=journal)
        return copied


def hear(world: World, event: Event) -> None:
    """Write a row for each endpoint that hears an event which was just recorded."""
    for endpoint in hearers(world, event.type, event.subject):
        world.deliveries.put(Delivery(event.id, endpoint.id, event.created))


def hearers(world: World, event_type: str, subject: Subject) -> list[WebhookEndpoint]:
    """Give the endpoints that hear of something that happens now.

    An endpoint hears nothing while it is disabled, and no type that its API version lacks. Those of the
    platform that are made with `connect` hear of connected accounts, and of these alone [doc].
    """
    found = [endpoint for endpoint in world.webhook_endpoints if not endpoint.connect]
    if world.platform is not None:
        found += [endpoint for endpoint in world.platform.webhook_endpoints if endpoint.connect]
    return [endpoint for endpoint in found if _hears(world, endpoint, event_type, subject)]


def is_seen(world: World, event_type: str, subject: Subject) -> bool:
    """Tell whether an event that happens now is seen: listed at the account's version, or heard."""
    is_listed = world.event_types(world.api_version)(event_type, subject) is not None
    return is_listed or bool(hearers(world, event_type, subject))


def _hears(world: World, endpoint: WebhookEndpoint, event_type: str, subject: Subject) -> bool:
    if endpoint.status != "enabled" or endpoint.deleted:
        return False
    called = world.event_types(endpoint.api_version or world.api_version)(event_type, subject)
    if called is None:
        world.readings.rely_on("webhook-hearing")
        return False
    return "*" in endpoint.enabled_events or called in endpoint.enabled_events
