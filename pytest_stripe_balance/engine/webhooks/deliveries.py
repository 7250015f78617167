"""What waits for webhook endpoints, and what comes of each try to send it (docs/stripe.md 7)."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from pytest_stripe_balance.engine.events import type_at
from pytest_stripe_balance.engine.state.records.invoices import Invoice

if TYPE_CHECKING:
    from collections.abc import Collection

    from pytest_stripe_balance.engine.state.deliveries import Delivery
    from pytest_stripe_balance.engine.state.records.events import Event
    from pytest_stripe_balance.engine.state.records.webhook_endpoints import WebhookEndpoint
    from pytest_stripe_balance.engine.state.world import World

HOUR = 3600
# Seconds from each try that failed to the next one; after the last of them it is given up.
RETRY_AFTER = (HOUR, 3 * HOUR)


class Waiting(NamedTuple):
    """A try that is to come: its number from 1 on, and its moment.

    `type` is the event's at the endpoint's API version. `resend` counts the tries that were asked for up
    to this one; it is 0 for one that comes by itself.
    """

    event: Event
    type: str
    endpoint: WebhookEndpoint
    attempt: int
    at: int
    resend: int


def waiting(
    world: World, until: int | None = None, but: Collection[tuple[str, str, int]] = ()
) -> list[Waiting]:
    """Give what is still to be sent of a world's events, at the latest at `until`.

    Left out is what `but` names by the event, the endpoint and the attempt.

    It is in the order of the events, and of one event in that of the endpoints.
    """
    known = {
        endpoint.id: (place, endpoint)
        for place, endpoint in enumerate(
            [*world.webhook_endpoints, *(world.platform.webhook_endpoints if world.platform else ())]
        )
    }
    found = []
    for row in world.deliveries.waiting(until):
        if but and (row.event, row.endpoint, row.attempts + 1) in but:
            continue
        place, endpoint = known[row.endpoint]
        if _is_sent(row, endpoint):
            found.append((world.events.place(row.event), place, _coming(world, row, endpoint)))
    return [coming for *_, coming in sorted(found, key=itemgetter(0, 1))]


def next_at(world: World, now: int) -> int | None:
    """Tell when something is to be sent next, later than `now`; None if nothing is."""
    later = world.deliveries.after(now)
    return next((_at(row) for row in later if _is_sent(row, endpoint_of(world, row.endpoint))), None)


def answered(
    world: World, event: str, endpoint: str, resend: int, *, acknowledged: bool, tries: int = 1
) -> None:
    """Note what came of a try, or of several at once: it is done, tried again later, or given up.

    One that was asked for leaves the tries that come by themselves as they are, until one is
    acknowledged [doc]. One that the handler asked for meanwhile is still to come.
    """
    row = world.deliveries.get(event, endpoint)
    assert row is not None, "unreachable because only what waits is sent"
    due, failures = row.due, row.failures
    if acknowledged:
        due = None
    elif not resend and row.due is not None:  # and nobody discarded it meanwhile
        world.readings.rely_on("webhook-retries")
        due = world.clock.now + RETRY_AFTER[failures] if failures < len(RETRY_AFTER) else None
        failures += 1
    world.deliveries.put(
        row._replace(
            due=due,
            resend=None if row.resends == resend else row.resend,
            attempts=row.attempts + tries,
            failures=failures,
            acknowledged=row.acknowledged or acknowledged,
        )
    )
    if acknowledged:
        _note_invoice(world, world.events.find(event, "event"))


def _note_invoice(world: World, event: Event) -> None:
    """Note on an invoice when all have acknowledged that it was made [doc]."""
    if event.type != "invoice.created" or pending(world, event.id):
        return
    assert isinstance(event.subject, Invoice), "unreachable by the event's type"
    invoice = world.invoices.find(event.subject.id, "invoice")
    if invoice.webhooks_delivered_at is None:
        world.invoices.put(invoice._replace(webhooks_delivered_at=world.clock.now))


def requeue(world: World, event_id: str, endpoint_id: str | None = None) -> None:
    """Send an event once more, now, as Resend in the Dashboard does.

    It goes to the endpoints that heard of it, or to one of them: Stripe doesn't send it to others
    either (stripe/stripe-cli #675). ValueError where none heard of it, and for one that is disabled or
    deleted.
    """
    rows = world.deliveries.of(event_id)
    if endpoint_id is not None:
        rows = [row for row in rows if row.endpoint == endpoint_id]
    if not rows:
        whom = "no endpoint" if endpoint_id is None else f"the endpoint {endpoint_id} never"
        message = f"{whom} heard of the event {event_id}: only what was queued once is sent again"
        raise ValueError(message)
    able = [row for row in rows if is_able(endpoint_of(world, row.endpoint))]
    if not able:
        names = ", ".join(row.endpoint for row in rows)
        message = f"{names}: disabled or deleted, so the event {event_id} isn't sent again"
        raise ValueError(message)
    for row in able:
        world.deliveries.put(row._replace(resend=world.clock.now, resends=row.resends + 1))


def discard(world: World, event: str, endpoint: str) -> None:
    """Never send what waits of an event for an endpoint."""
    row = world.deliveries.get(event, endpoint)
    assert row is not None, "unreachable because only what waits is discarded"
    world.deliveries.put(row._replace(due=None, resend=None))


def is_waiting(world: World, event_id: str, endpoint_id: str) -> bool:
    """Tell whether something of an event is still to be sent to an endpoint."""
    row = world.deliveries.get(event_id, endpoint_id)
    return row is not None and row.at is not None and _is_sent(row, endpoint_of(world, endpoint_id))


def pending(world: World, event_id: str) -> int:
    """Count the endpoints that haven't acknowledged an event, for its `pending_webhooks`."""
    rows = [row for row in world.deliveries.of(event_id) if not row.acknowledged]
    if not rows:
        return 0
    waits = [row for row in rows if row.at is not None and not endpoint_of(world, row.endpoint).deleted]
    if len(waits) < len(rows) and world.readings.rely_on("pending-webhooks") == "waiting":
        return len(waits)
    return len(rows)


def endpoint_of(world: World, endpoint_id: str) -> WebhookEndpoint:
    """Find who hears of a world's events: an endpoint of its own, or of its platform."""
    endpoint = world.webhook_endpoints.get(endpoint_id)
    if endpoint is None and world.platform is not None:
        endpoint = world.platform.webhook_endpoints.get(endpoint_id)
    assert endpoint is not None, "unreachable because endpoints are never taken out"
    return endpoint


def _at(row: Delivery) -> int:
    assert row.at is not None, "unreachable because it waits"
    return row.at


def is_able(endpoint: WebhookEndpoint) -> bool:
    """Tell whether an endpoint is sent to: it is enabled, and not deleted."""
    return endpoint.status == "enabled" and not endpoint.deleted


def _is_sent(row: Delivery, endpoint: WebhookEndpoint) -> bool:
    """Tell whether what waits is sent.

    A retry that fell due while its endpoint was disabled isn't, not even later [doc].
    """
    is_missed = row.resend is None and row.failures and _at(row) < endpoint.enabled_at
    return is_able(endpoint) and not is_missed


def _coming(world: World, row: Delivery, endpoint: WebhookEndpoint) -> Waiting:
    event = world.events.find(row.event, "event")
    event_type = type_at(world, event, endpoint.api_version or world.api_version)
    assert event_type is not None, "unreachable because nobody hears of what their version lacks"
    resend = 0 if row.resend is None else row.resends
    return Waiting(event, event_type, endpoint, row.attempts + 1, _at(row), resend)
