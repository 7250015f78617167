"""Endpoints come and go, and hear of what happens; nobody is told twice, and nobody too little."""

import json

from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.resources import modelled_versions
from workload.draws import Draws, once_in, one_of
from workload.driver import verb

URL = "https://example.com/hook"
MOST_ENDPOINTS = 3
PAYMENTS = ("payment_intent.succeeded", "invoice.paid", "refund.updated", "charge.refund.updated")
OUTCOMES = {"all": lambda _: True, "none": lambda _: False, "every other": lambda at: at % 2 == 0}


class Hooks(Draws):
    def live_endpoints(self):
        return [one for one in self.auditor.endpoints if not one.deleted]

    def room_for_endpoints(self):
        return len(self.live_endpoints()) < MOST_ENDPOINTS

    @verb(needs="room_for_endpoints")
    def open_endpoint(self, draw):
        self.opened(draw(one_of(*modelled_versions())), draw(one_of((), PAYMENTS)))

    def opened(self, version, types=()):
        """Open an endpoint, which hears all without types."""
        made, answer = self.ask(
            "open_endpoint",
            lambda: self.auditor.open_endpoint(version, types),
            lambda: self.api.webhook_endpoints.create(
                {"url": URL, "enabled_events": list(types) or ["*"], "api_version": version}
            ),
        )
        made.id = answer.id

    @verb(needs="live_endpoints")
    def switch_endpoint(self, draw):
        endpoint = draw(one_of(*self.live_endpoints()))
        enabled = not endpoint.enabled or draw(once_in(4))
        self.ask(
            "switch_endpoint",
            lambda: self.auditor.enable(endpoint, enabled),
            lambda: self.api.webhook_endpoints.update(endpoint.id, {"disabled": not enabled}),
        )

    @verb(needs="live_endpoints")
    def delete_endpoint(self, draw):
        if not draw(once_in(3)):
            return
        endpoint = draw(one_of(*self.live_endpoints()))
        self.ask(
            "delete_endpoint",
            lambda: self.auditor.delete_endpoint(endpoint),
            lambda: self.api.webhook_endpoints.delete(endpoint.id),
        )

    @verb(2, needs="live_endpoints")
    def send(self, draw):
        """Send all that is due, in the order of the events; each body is as its version documents."""
        acknowledged = OUTCOMES[draw(one_of(*OUTCOMES))]
        self.auditor.now = self.session.now
        events = list(self.session.world.events)
        due = self.auditor.to_send()
        came = self.session.webhooks.due()
        assert [(one.event.id, one.endpoint.id, one.attempt) for one in came] == [
            (events[number].id, endpoint.id, sending.tries + 1) for number, endpoint, sending in due
        ]
        for at, (one, (number, endpoint, sending)) in enumerate(zip(came, due, strict=True)):
            told, hearers = self.auditor.events[number], self.auditor.heard[number]
            body = json.loads(self.session.webhooks.payload(one))
            assert body["type"] == one.type == endpoint.calls(told.type, told.who)
            assert body["api_version"] == endpoint.version
            assert body["pending_webhooks"] == sum(not each.done for each in hearers.values())
            assert contract(endpoint.version).check(body) == []
            self.compare_inside(self.auditor.inside[number], body)
            sending.try_(self.auditor.now, acknowledged(at))
            self.session.webhooks.delivered(one, acknowledged=acknowledged(at))
        self.did["send", "done" if came else "nothing"] += 1

    @verb()
    def read_pending(self, _):
        """Ask of the last events how many endpoints haven't acknowledged them."""
        told = self.get("/v1/events", limit=100)["data"][::-1]
        counted = [
            sum(not each.done for each in heard.values())
            for one, heard in zip(self.auditor.events, self.auditor.heard, strict=True)
            if self.account.calls(one.type, one.who)
        ]
        assert [one["pending_webhooks"] for one in told] == counted[-len(told) :] if told else True

    def look(self):
        """Each event has one row for each endpoint that hears it, no more and no fewer."""
        super().look()
        events = [event.id for event in self.session.world.events]
        held = {
            (row.event, row.endpoint): (row.at, row.attempts, row.acknowledged)
            for row in self.session.world.deliveries
        }
        assert held == {
            (events[number], endpoint.id): (sending.due, sending.tries, sending.done)
            for number, hearers in enumerate(self.auditor.heard)
            for endpoint, sending in hearers.items()
        }
