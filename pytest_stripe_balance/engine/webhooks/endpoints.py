"""Webhook endpoints: who hears of which events, and by which address (docs/stripe.md 1.12, 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.engine.state.fields import merged_metadata
from pytest_stripe_balance.engine.state.records.webhook_endpoints import WebhookEndpoint
from pytest_stripe_balance.engine.state.table import Cursors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World

MOST = 16  # of an account, as documented
_SCHEMES = ("https://", "http://")


class EndpointChanges(TypedDict, total=False):
    """Parameters of an update. None clears a field."""

    description: str | None
    disabled: bool
    enabled_events: list[str]
    metadata: dict[str, str] | None
    url: str


def create(
    world: World,
    *,
    url: str,
    enabled_events: list[str],
    api_version: str | None = None,
    connect: bool = False,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
) -> WebhookEndpoint:
    """Make an endpoint; the answer alone shows its secret [doc]. No event.

    A 17th is a 400. Refused for an `api_version` that isn't modelled. Stripe takes no address that only
    the machine itself reaches (docs/stripe.md 7); the fake takes it, to have somewhere to send.
    """
    made = open_(
        world,
        url=url,
        enabled_events=enabled_events,
        api_version=api_version,
        connect=connect,
        description=description,
        metadata=merged_metadata({}, metadata),
    )
    return made._replace(shows_secret=True)


def open_(
    world: World,
    *,
    url: str,
    enabled_events: Sequence[str],
    secret: str | None = None,
    **fields: Any,  # noqa: ANN401 - fields of a record
) -> WebhookEndpoint:
    """Make an endpoint with a secret of one's own, or with one derived from its id."""
    _check_url(url)
    if sum(not endpoint.deleted for endpoint in world.webhook_endpoints) >= MOST:
        message = f"You have reached the maximum of {MOST} webhook endpoints."
        raise faults.Fault(message, assumption="webhook-endpoint-refusals")
    if (version := fields.get("api_version")) is not None:
        world.event_types(version)  # which refuses one that isn't modelled
    if world.events:
        world.readings.rely_on("webhook-hearing")
    endpoint_id = world.ids.mint("we_", 24)
    return world.webhook_endpoints.put(
        WebhookEndpoint(
            id=endpoint_id,
            created=world.clock.now,
            url=url,
            enabled_events=tuple(enabled_events),
            secret=secret or _secret(world, endpoint_id),
            enabled_at=world.clock.now,
            **fields,
        )
    )


def retrieve(world: World, endpoint_id: str) -> WebhookEndpoint:
    """Find an endpoint that isn't deleted; 404 with the param of the path's placeholder."""
    return world.webhook_endpoints.find(
        endpoint_id,
        "webhook_endpoint",
        assumption="other-missing-objects",
        keep=lambda endpoint: not endpoint.deleted,
    )


def update(world: World, endpoint_id: str, **params: Unpack[EndpointChanges]) -> WebhookEndpoint:
    """Change an endpoint; no event. What arises while it is `disabled` is never sent [doc]."""
    endpoint = retrieve(world, endpoint_id)
    changes: dict[str, Any] = {}
    if "url" in params:
        _check_url(params["url"])
        changes["url"] = params["url"]
    if "enabled_events" in params:
        changes["enabled_events"] = tuple(params["enabled_events"])
    if "description" in params:
        changes["description"] = params["description"]
    if "metadata" in params:
        changes["metadata"] = merged_metadata(endpoint.metadata, params["metadata"])
    if "disabled" in params:
        changes["status"] = "disabled" if params["disabled"] else "enabled"
        if changes["status"] == "enabled" != endpoint.status:
            changes["enabled_at"] = world.clock.now
    return world.webhook_endpoints.put(endpoint._replace(**changes))


def delete(world: World, endpoint_id: str) -> WebhookEndpoint:
    """Delete an endpoint. Nothing more is sent to it."""
    return world.webhook_endpoints.put(retrieve(world, endpoint_id)._replace(deleted=True))


def list_(world: World, **cursors: Unpack[Cursors]) -> Page[WebhookEndpoint]:
    """List endpoints that aren't deleted, newest first."""
    return world.webhook_endpoints.page(keep=lambda endpoint: not endpoint.deleted, **cursors)


def roll_secret(world: World, endpoint_id: str, until: int) -> WebhookEndpoint:
    """Give an endpoint a new secret; the old one is signed with as well `until` a moment.

    The moment is in seconds of the machine's time, as a signature's is.
    """
    endpoint = retrieve(world, endpoint_id)
    old = ((endpoint.secret, until), *endpoint.old_secrets)
    secret = _secret(world, f"{endpoint_id} {len(old)}")
    return world.webhook_endpoints.put(endpoint._replace(secret=secret, old_secrets=old))


def _secret(world: World, name: str) -> str:
    return f"whsec_{world.ids.secret(f'{name} secret', 32)}"


def _check_url(url: str) -> None:
    """Refuse what is no address of the web. Live mode takes https alone [obs]; test mode takes both."""
    if not url.lower().startswith(_SCHEMES) or not url.partition("://")[2].strip("/"):
        message = "Invalid URL: An explicit scheme (such as https) must be provided."
        assumption = "webhook-endpoint-refusals"
        raise faults.Fault(message, code="url_invalid", param="url", assumption=assumption)
