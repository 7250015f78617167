"""The webhook endpoints of a fake's worlds: what they are, what waits for them, and what came of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Required, TypedDict, Unpack

from pytest_stripe_balance.api.rendering.render import event as rendered
from pytest_stripe_balance.api.response import encoded
from pytest_stripe_balance.engine.state.determinism import DAY
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.webhooks import deliveries, endpoints
from pytest_stripe_balance.session.own_hand import app_code
from pytest_stripe_balance.session.waiting import Due, payload, waiting
from pytest_stripe_balance.session.worlds import system_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from pytest_stripe_balance.engine.state.records.webhook_endpoints import WebhookEndpoint
    from pytest_stripe_balance.session.fake import Fake
    from pytest_stripe_balance.session.webhooks import Post


class EndpointFields(TypedDict, total=False):
    """What a webhook endpoint is made of. `url` and `enabled_events`, types or "*", are required."""

    url: Required[str]
    enabled_events: Required[Sequence[str]]
    secret: str | None
    api_version: str | None
    connect: bool
    description: str | None


class Webhooks:
    """The webhooks of a fake: it reads its worlds, and writes to them in its turn."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    @property
    def post(self) -> Post:
        """The run's apps and what was sent to them. The first use imports what sends."""
        fake = self._fake
        if fake.used_post is None:
            from pytest_stripe_balance.session.webhooks import Post  # noqa: PLC0415 - as it says

            targets = {} if fake.first is None else fake.first.targets
            fake.used_post = Post({**targets}, chaos=fake.chaos)
        return fake.used_post

    @property
    def deliverer(self) -> Callable[[], object] | None:
        """What sends all that is due when the clock moves; None without an endpoint."""
        worlds = self._fake.worlds.values()
        if self._fake.used_post is None and not any(len(world.webhook_endpoints) for world in worlds):
            return None
        from pytest_stripe_balance.session import deliver  # noqa: PLC0415 - only with an endpoint

        return partial(deliver.deliver, self._fake, deliver.Choice(in_a_loop=None))

    def deliver_before_the_answer(self) -> None:
        """Send what is due, where the test is in a block that says so."""
        if self.post.before_answers and not self.post.is_delivering:
            from pytest_stripe_balance.session import deliver  # noqa: PLC0415 - only in such a block

            with app_code():
                deliver.deliver(self._fake, deliver.Choice(in_a_loop=deliver.BLOCKED))

    def refuse_out_of_place(self, what: str) -> None:
        """Refuse what neither a webhook handler nor a forked process may do; RuntimeError names it."""
        self._fake.refuse_in_child(what)
        if self._fake.used_post is not None:
            self._fake.used_post.refuse_inside(what)

    @property
    def secrets(self) -> frozenset[str]:
        """The secrets that sign, or have signed, deliveries."""
        found = [one for world in self._fake.worlds.values() for one in world.webhook_endpoints]
        old = {secret for one in found for secret, _ in one.old_secrets}
        return frozenset({one.secret for one in found} | old)

    def due(self, but: Collection[tuple[str, str, int]] = ()) -> list[Due]:
        """Give all that is to be sent now, the oldest event first.

        Left out is what `but` names by the event, the endpoint and the attempt.

        With `now="system"` time goes on between requests, and nothing is sent meanwhile: what arose and
        what was to be tried again is given here together.
        """
        now = self._fake.now
        with self._fake.lock:
            return waiting(self._fake.worlds, now, but)

    def waiting(self) -> list[Due]:
        """Give all that is still to be sent, later retries included, the oldest event first."""
        with self._fake.lock:
            return waiting(self._fake.worlds)

    @property
    def heard(self) -> int:
        """How often an endpoint was to hear of an event so far: it grows when something new waits."""
        return sum(len(world.deliveries) for world in self._fake.worlds.values())

    def payload(self, due: Due) -> bytes:
        """Give the body of a try: the event as JSON at the endpoint's API version."""
        with self._fake.lock:
            return payload(self._fake.world_of(due.account), due)

    def secrets_of(self, due: Due) -> tuple[str, ...]:
        """Give what a try is signed with now, the newest first; a handler may have rolled the secret."""
        endpoint = deliveries.endpoint_of(self._fake.world_of(due.account), due.endpoint.id)
        return endpoint.secrets_at(system_time())

    def is_waiting(self, due: Due) -> bool:
        """Tell whether something of an event still waits for its endpoint, which may be gone by now."""
        return deliveries.is_waiting(self._fake.world_of(due.account), due.event.id, due.endpoint.id)

    def hears(self, endpoint_id: str) -> bool:
        """Tell whether an endpoint is still to hear of anything."""
        return deliveries.is_able(self.endpoint(endpoint_id))

    def delivered(self, due: Due, *, acknowledged: bool, tries: int = 1) -> None:
        """Note what came of a try, or of several at once: it is done, tried again later, or given up."""
        change = partial(
            deliveries.answered,
            event=due.event.id,
            endpoint=due.endpoint.id,
            resend=due.resend,
            acknowledged=acknowledged,
            tries=tries,
        )
        self._fake.write("stripe_webhooks.deliver", due.account, change)

    def requeue(self, event_id: str, endpoint_id: str | None = None) -> None:
        """Queue an event once more, for all endpoints that heard of it or for one.

        ValueError for an unknown event, one that nobody heard of, and an endpoint that is disabled or
        deleted.
        """
        for account, world in self._fake.worlds.items():
            if world.events.get(event_id) is not None:
                with self._fake.writing("stripe_webhooks.redeliver", account):
                    deliveries.requeue(world, event_id, endpoint_id)
                return
        message = f"no event {event_id!r} is in this test's worlds"
        raise ValueError(message)

    def emit(
        self, event_type: str, given: Mapping[str, object], previous: Mapping[str, object] | None
    ) -> bytes:
        """Let an event of a test's own happen, which the API doesn't cause here; give it as JSON.

        ValueError and AssertionError as `emitted` has them.
        """
        from pytest_stripe_balance.session.emitted import emitted  # noqa: PLC0415 - only with one

        version = self._fake.settings.api_version
        with self._fake.outside("stripe_webhooks.emit") as world:
            number = len(world.events)
            made = emitted(
                event_type,
                given,
                version,
                name_id=lambda text: world.ids.secret(f"emitted {number} {text}", 24),
                now=world.clock.now,
            )
            world.record_event(event_type, made, previous)
            (*_, event) = world.events
            return encoded(rendered(world, event, version))

    def discard(self, dues: Iterable[Due]) -> None:
        """Never send these."""
        for due in dues:
            with self._fake.writing("stripe_webhooks.discard", due.account) as world:
                deliveries.discard(world, due.event.id, due.endpoint.id)

    def open_endpoint(
        self, account: str | None = None, **fields: Unpack[EndpointFields]
    ) -> WebhookEndpoint:
        """Make a webhook endpoint, as the Dashboard would.

        Its secret may be given, which the API doesn't take. ValueError for what the API would answer
        with a 400, a seventeenth endpoint for example.
        """
        with self._fake.outside("stripe_webhooks.endpoint", account) as world:
            try:
                return endpoints.open_(world, **fields)
            except Fault as fault:
                message = f"stripe_webhooks.endpoint: {fault.message}"
                raise ValueError(message) from None

    def endpoint(self, endpoint_id: str) -> WebhookEndpoint:
        """Give an endpoint as it is now, in whichever world it is; ValueError if there is none."""
        return self._endpoint(endpoint_id)[1]

    def roll_secret(self, endpoint_id: str) -> WebhookEndpoint:
        """Give an endpoint a new secret; the old one holds for 24 more hours of the machine's time."""
        account, _ = self._endpoint(endpoint_id)
        with self._fake.writing("roll_secret", account) as world:
            return endpoints.roll_secret(world, endpoint_id, system_time() + DAY)

    def _endpoint(self, endpoint_id: str) -> tuple[str | None, WebhookEndpoint]:
        for account, world in self._fake.worlds.items():
            if endpoint := world.webhook_endpoints.get(endpoint_id):
                return account, endpoint
        message = f"no webhook endpoint {endpoint_id!r} is in this test's worlds"
        raise ValueError(message)
