"""What waits for the webhook endpoints of a run's worlds, in the order in which it is to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_stripe_balance.api.rendering.render import event as rendered
from pytest_stripe_balance.api.response import encoded
from pytest_stripe_balance.engine.webhooks import deliveries

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pytest_stripe_balance.engine.state.records.events import Event
    from pytest_stripe_balance.engine.state.records.webhook_endpoints import WebhookEndpoint
    from pytest_stripe_balance.engine.state.world import World


class Due(NamedTuple):
    """A try that is to come: its number from 1 on, and its moment, in seconds since 1970.

    `account` is the account whose event it is; None is the key's own. `type` is the event's at the
    endpoint's API version. `resend` is the number of one that was asked for, 0 of one that wasn't.
    """

    account: str | None
    event: Event
    type: str
    endpoint: WebhookEndpoint
    attempt: int
    at: int
    resend: int


def waiting(
    worlds: Mapping[str | None, World],
    until: int | None = None,
    but: Collection[tuple[str, str, int]] = (),
) -> list[Due]:
    """Give what is still to be sent, at the latest at `until`, the oldest event first.

    Events of one second are in the order of their accounts and of their creation. Those of one event
    are in the order of the endpoints.
    """
    found = [
        Due(account, *coming)
        for account, world in worlds.items()
        for coming in deliveries.waiting(world, until, but)
    ]
    return sorted(found, key=lambda due: due.event.created)


def payload(world: World, due: Due) -> bytes:
    """Give the event as JSON, at the endpoint's API version.

    One for an endpoint of the platform names the connected account.
    """
    version = due.endpoint.api_version or world.api_version
    account = due.account if due.endpoint.connect else None
    return encoded(rendered(world, due.event, version, account))
