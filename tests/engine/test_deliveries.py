"""What waits for webhook endpoints and when: the engine and the session below `stripe_webhooks`."""

import json

import pytest
import stripe

from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.resources import modelled_versions

HOUR, DAY = 3600, 86_400
URL = "https://example.com/stripe"
BILLED = {"collection_method": "send_invoice", "days_until_due": 30}


class Hooks:
    """A world whose endpoints are told of what waits, by hand."""

    def __init__(self, balance, session, monkeypatch):
        self.balance, self.session, self.monkeypatch = balance, session, monkeypatch
        self.sent = []
        self.deliver_by(None)

    def deliver_by(self, function):
        """Let a function send what is due when the clock moves, or nothing."""
        self.monkeypatch.setattr(type(self.session.webhooks), "deliverer", property(lambda _: function))

    def endpoint(self, *types, **fields):
        return self.session.webhooks.open_endpoint(url=URL, enabled_events=types or ("*",), **fields)

    def types(self, endpoint=None):
        """Give the types that wait, for one endpoint or all."""
        return [
            due.type for due in self.session.webhooks.waiting() if endpoint in (None, due.endpoint.id)
        ]

    def send(self, *, acknowledged=True):
        """Send what is due now; give it."""
        dues = self.session.webhooks.due()
        for due in dues:
            body = json.loads(self.session.webhooks.payload(due))
            self.sent.append((self.session.now, due, body))
            self.session.webhooks.delivered(due, acknowledged=acknowledged)
        return dues

    def pending(self, event_type):
        """Give the pending_webhooks of the last event of a type."""
        return self.balance.events(event_type)[-1].pending_webhooks


@pytest.fixture(autouse=True)
def _newest(at_newest_version):
    """What these tests say holds at the newest API version, where they name no other."""


@pytest.fixture
def hooks(stripe_balance, _stripe_session, monkeypatch):
    return Hooks(stripe_balance, _stripe_session, monkeypatch)


def test_each_endpoint_that_hears_an_event_has_a_row_of_it(hooks):
    """One that hears all has both, one that names a type has that one, and in the order of the events."""
    everything, named = hooks.endpoint().id, hooks.endpoint("customer.deleted").id
    stripe.Customer.delete(hooks.balance.customer().id)
    told = [(due.type, due.endpoint.id) for due in hooks.session.webhooks.due()]
    assert told == [
        ("customer.created", everything),
        ("customer.deleted", everything),
        ("customer.deleted", named),
    ]


def test_an_endpoint_hears_nothing_from_before_it_was_made(hooks):
    """That is the assumption webhook-hearing."""
    hooks.balance.customer()
    hooks.endpoint()
    assert hooks.types() == []
    assert hooks.pending("customer.created") == 0
    assert "webhook-hearing" in hooks.session.assumptions


def test_a_refused_call_tells_nobody(hooks):
    """What is undone with its request has no row either."""
    hooks.endpoint()
    customer = hooks.balance.customer(reconciliation="manual")
    before = list(hooks.session.world.deliveries)

    def fail_late():
        with hooks.session.outside("a test") as world:
            world.record_event("customer.updated", world.customers.get(customer.id))
            assert len(hooks.session.world.deliveries) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()
    world = hooks.session.world
    assert list(world.deliveries) == before
    assert len(hooks.session.webhooks.waiting()) == len(before) == 1


def test_a_payload_counts_the_endpoints_that_have_not_acknowledged(hooks):
    """Two at first, then one; the list of events says 0 in the end."""
    hooks.endpoint(), hooks.endpoint()
    hooks.balance.customer()
    hooks.send()
    assert [body["pending_webhooks"] for _, _, body in hooks.sent] == [2, 1]
    assert hooks.pending("customer.created") == 0
    assert hooks.session.webhooks.waiting() == []


def test_what_fails_is_tried_again_after_one_hour_and_after_three_more(hooks):
    """Then it is given up: the assumption webhook-retries."""
    hooks.endpoint()
    hooks.balance.customer()
    created = hooks.session.webhooks.due()[0].event.created
    hooks.deliver_by(lambda: hooks.send(acknowledged=False))
    began = hooks.session.now
    hooks.session.travel(began + DAY)
    assert [(moment, due.attempt) for moment, due, _ in hooks.sent] == [
        (began, 1),
        (began + HOUR, 2),
        (began + 4 * HOUR, 3),
    ]
    assert created < began
    assert hooks.session.webhooks.waiting() == []
    assert "webhook-retries" in hooks.session.assumptions


@pytest.mark.parametrize(("reading", "counted"), [("not-acknowledged", 1), ("waiting", 0)], ids=str)
@pytest.mark.parametrize("why", ["given up", "deleted"])
def test_pending_webhooks_of_what_is_never_sent(hooks, reading, counted, why):
    """Both readings of the assumption pending-webhooks."""
    hooks.session._readings.chosen = {"pending-webhooks": reading}
    endpoint = hooks.endpoint().id
    hooks.balance.customer()
    if why == "deleted":
        stripe.WebhookEndpoint.delete(endpoint)
    else:
        hooks.session.webhooks.discard(hooks.session.webhooks.due())
    assert hooks.session.webhooks.waiting() == []
    assert hooks.pending("customer.created") == counted
    assert "pending-webhooks" in hooks.session.assumptions


def test_the_clock_stops_at_the_moment_of_each_event(hooks):
    """A handler sees the clock at its event's created, and at that of a retry."""
    customer = hooks.balance.customer()
    hooks.balance.fund(customer, 700)
    hooks.endpoint()
    hooks.balance.fund(hooks.balance.customer(), 900, "eur")
    failing = {"customer_cash_balance_transaction.created"}

    def deliver():
        for due in hooks.session.webhooks.due():
            hooks.sent.append((hooks.session.now, due, None))
            acknowledged = due.type not in failing or due.attempt == 2
            hooks.session.webhooks.delivered(due, acknowledged=acknowledged)

    deliver()
    hooks.sent.clear()
    hooks.deliver_by(deliver)
    began = hooks.session.now
    hooks.session.travel(began + 100 * DAY)
    later = [(moment, due) for moment, due, _ in hooks.sent if due.event.created > began]
    assert [due.type for _, due in later] == ["customer_cash_balance_transaction.created"] * 4
    assert all(moment == due.event.created + (due.attempt - 1) * HOUR == due.at for moment, due in later)
    assert hooks.session.now == began + 100 * DAY


def test_what_waits_longer_keeps_no_clock_from_moving(hooks):
    """A deliverer that leaves all as it is, is asked once at the start and once at each moment."""
    hooks.balance.fund(hooks.balance.customer(), 700)
    hooks.endpoint()
    hooks.balance.customer()
    asked = []
    hooks.deliver_by(lambda: asked.append(hooks.session.now))
    began = hooks.session.now
    hooks.session.travel(began + 100 * DAY)
    assert asked[0] == began
    assert len(asked) == 2
    assert hooks.types() == ["customer.created", "customer_cash_balance_transaction.created"]


def test_without_a_deliverer_the_clock_stops_nowhere(hooks):
    """What arises waits, and is due at its own moment."""
    hooks.balance.fund(hooks.balance.customer(), 700)
    hooks.endpoint()
    hooks.session.travel(hooks.session.now + 100 * DAY)
    (due,) = hooks.session.webhooks.due()
    assert due.at == due.event.created < hooks.session.now


def test_a_handler_may_ask_while_the_clock_moves(hooks):
    """It is outside of the session's turn, and what it brings about is sent as well."""
    customer = hooks.balance.customer()
    hooks.balance.fund(customer, 700)
    hooks.endpoint()

    def deliver():
        for due in hooks.session.webhooks.due():
            if due.type == "customer_cash_balance_transaction.created":
                stripe.Customer.modify(customer.id, name="returned")
            hooks.session.webhooks.delivered(due, acknowledged=True)
        if hooks.session.webhooks.due():
            deliver()

    hooks.deliver_by(deliver)
    hooks.session.travel(hooks.session.now + 100 * DAY)
    assert hooks.session.webhooks.waiting() == []
    assert hooks.pending("customer.updated") == 0


def test_an_invoice_says_when_its_webhooks_were_delivered(hooks):
    """At its creation where nobody hears of it; else it is null until all have acknowledged."""
    customer = hooks.balance.customer(email="ada@example.com")
    first = stripe.Invoice.create(customer=customer.id, currency="usd", **BILLED)
    assert first.webhooks_delivered_at == first.created
    hooks.endpoint("invoice.created"), hooks.endpoint("customer.created")
    second = stripe.Invoice.create(customer=customer.id, currency="usd", **BILLED)
    assert second.webhooks_delivered_at is None
    now = hooks.session.now
    hooks.send()
    (_, _, body) = hooks.sent[0]
    assert body["data"]["object"]["webhooks_delivered_at"] is None
    assert stripe.Invoice.retrieve(second.id).webhooks_delivered_at == now


def test_a_disabled_endpoint_hears_nothing(hooks):
    """What arises meanwhile is never sent, and what waited goes on once it is enabled."""
    endpoint = hooks.endpoint().id
    hooks.balance.customer(name="before")
    stripe.WebhookEndpoint.modify(endpoint, disabled=True)
    hooks.balance.customer(name="meanwhile")
    assert hooks.types() == []
    stripe.WebhookEndpoint.modify(endpoint, disabled=False)
    hooks.balance.customer(name="after")
    names = [due.event.subject.name for due in hooks.session.webhooks.due()]
    assert names == ["before", "after"]


def test_a_retry_that_fell_due_while_its_endpoint_was_disabled_is_never_sent(hooks):
    """One that falls due later is."""
    endpoint = hooks.endpoint().id
    hooks.balance.customer()
    hooks.send(acknowledged=False)
    stripe.WebhookEndpoint.modify(endpoint, disabled=True)
    stripe.WebhookEndpoint.modify(endpoint, disabled=False)
    assert hooks.types() == ["customer.created"]
    stripe.WebhookEndpoint.modify(endpoint, disabled=True)
    hooks.session.travel(hooks.session.now + 2 * HOUR)
    stripe.WebhookEndpoint.modify(endpoint, disabled=False)
    assert hooks.types() == []


def test_a_resend_goes_to_those_that_heard(hooks):
    """It leaves the tries that come by themselves alone until it is acknowledged."""
    hooks.endpoint()
    hooks.balance.customer()
    (event,) = {due.event.id for due in hooks.send(acknowledged=False)}
    (before,) = hooks.session.webhooks.waiting()
    hooks.session.webhooks.requeue(event)
    (resent,) = hooks.send(acknowledged=False)
    (after,) = hooks.session.webhooks.waiting()
    assert (resent.attempt, after.attempt, after.at) == (2, 3, before.at)
    hooks.session.webhooks.requeue(event)
    hooks.send()
    assert hooks.session.webhooks.waiting() == []
    hooks.session.webhooks.requeue(event)
    assert hooks.pending("customer.created") == 0
    assert [due.attempt for due in hooks.session.webhooks.due()] == [4]
    hooks.send(acknowledged=False)
    assert hooks.session.webhooks.waiting() == []


def test_what_cannot_be_sent_again_is_named(hooks):
    """An event that nobody knows, one that nobody heard of, and an endpoint that is deleted."""
    hooks.balance.customer()
    unheard = hooks.balance.events()[-1].id
    endpoint = hooks.endpoint().id
    hooks.balance.customer()
    heard = hooks.balance.events()[-1].id
    with pytest.raises(ValueError, match="no event 'evt_nope'"):
        hooks.session.webhooks.requeue("evt_nope")
    with pytest.raises(ValueError, match=f"no endpoint heard of the event {unheard}"):
        hooks.session.webhooks.requeue(unheard)
    with pytest.raises(ValueError, match=f"endpoint we_nope never heard of the event {heard}"):
        hooks.session.webhooks.requeue(heard, "we_nope")
    stripe.WebhookEndpoint.delete(endpoint)
    with pytest.raises(ValueError, match=f"{endpoint}: disabled or deleted"):
        hooks.session.webhooks.requeue(heard)


def test_a_platform_hears_of_its_connected_accounts(hooks):
    """An endpoint made with connect hears of these alone, and is told the account."""
    platform = hooks.endpoint(connect=True).id
    own = hooks.endpoint().id
    of_account = hooks.endpoint(account="acct_1").id
    stripe.Customer.create(stripe_account="acct_1")
    hooks.balance.customer()
    told = [(due.account, due.endpoint.id) for due in hooks.session.webhooks.due()]
    assert told == [("acct_1", of_account), ("acct_1", platform), (None, own)]
    hooks.send()
    assert [body.get("account") for _, _, body in hooks.sent] == [None, "acct_1", None]
    assert hooks.session.webhooks.waiting() == []


def test_an_endpoint_hears_types_and_shapes_of_its_own_version(hooks):
    """At acacia nothing told of a payment's own event, and an invoice named its intent."""
    old = hooks.endpoint(api_version="2025-02-24.acacia").id
    new = hooks.endpoint().id
    customer = hooks.balance.customer(email="ada@example.com")
    invoice = hooks.balance.bank_transfer_invoice(customer, 1000)
    hooks.balance.fund(customer, 1000)
    only_new = set(hooks.types(new)) - set(hooks.types(old))
    assert only_new == {"invoice_payment.paid"}
    assert "webhook-hearing" in hooks.session.assumptions
    hooks.send()
    shown = {
        (due.endpoint.id, due.type): body
        for _, due, body in hooks.sent
        if body["data"]["object"].get("id") == invoice.id
    }
    assert shown[old, "invoice.paid"]["api_version"] == "2025-02-24.acacia"
    assert shown[old, "invoice.paid"]["data"]["object"]["paid"] is True
    assert shown[old, "invoice.finalized"]["data"]["object"]["charge"] is None
    assert "paid" not in shown[new, "invoice.paid"]["data"]["object"]


def test_an_older_endpoint_hears_the_older_type(hooks):
    """A refund of a charge was told of by charge.refund.updated alone."""
    hooks.endpoint("charge.refund.updated", api_version="2024-06-20")
    customer = hooks.balance.customer(email="ada@example.com")
    intent = hooks.balance.bank_transfer_intent(customer, 1000)
    hooks.balance.fund(customer, 1000)
    refund = stripe.Refund.create(payment_intent=intent.id)
    hooks.balance.provide_bank_details(refund)
    hooks.send()
    (_, due, body) = hooks.sent[0]
    assert (due.type, body["type"], due.event.type) == (
        "charge.refund.updated",
        "charge.refund.updated",
        "refund.updated",
    )


@pytest.mark.stripe_balance(api_version="2024-06-20")
def test_events_are_listed_at_the_accounts_version(stripe_balance, _stripe_session):
    """The record keeps the newest type; one that the version lacks isn't there for it."""
    customer = stripe_balance.customer(email="ada@example.com")
    stripe_balance.bank_transfer_invoice(customer, 1000)
    stripe_balance.fund(customer, 1000)
    kept = {event.type: event.id for event in _stripe_session.world.events}
    assert "invoice_payment.paid" not in {event.type for event in stripe_balance.events()}
    assert stripe_balance.events("invoice.paid")
    with pytest.raises(stripe.InvalidRequestError, match="No such event"):
        stripe.Event.retrieve(kept["invoice_payment.paid"])


def test_a_version_that_is_not_modelled_is_refused_at_the_endpoint(hooks):
    """Stripe renders at any version that it ever had."""
    with pytest.raises(BaseException, match="API version 2015-10-01 is not modelled"):
        hooks.endpoint(api_version="2015-10-01")
    hooks.session._refusals.clear()


def test_a_copy_of_a_world_has_its_endpoints_and_what_waits(hooks):
    """Neither hears of what happens in the other later."""
    hooks.endpoint()
    hooks.balance.customer()
    snapshot = hooks.session.snapshot()
    copied = snapshot.dispatch.account(None).world
    hooks.send()
    assert [row.at is None for row in copied.deliveries] == [False]
    assert copied.deliveries.waiting() == list(copied.deliveries)
    assert len(copied.webhook_endpoints) == 1
    assert hooks.session.webhooks.waiting() == []


def test_a_connected_account_of_a_copy_has_the_copied_platform(hooks):
    """What the platform of the copy opens later hears of it, and the first one's endpoints don't."""
    hooks.endpoint(account="acct_1")
    dispatch = hooks.session.snapshot().dispatch
    connected = dispatch.worlds["acct_1"]
    assert connected.platform is dispatch.worlds[None]


def test_fresh_worlds_begin_without_what_waits(hooks):
    """The outer one's waits on behind them."""
    hooks.endpoint()
    hooks.balance.customer()
    with hooks.balance.fresh():
        assert hooks.session.webhooks.waiting() == []
        hooks.balance.customer()
        assert hooks.session.webhooks.waiting() == []
    assert hooks.types() == ["customer.created"]


def test_an_old_secret_holds_for_a_day_after_a_roll(hooks, monkeypatch):
    """Both are signed with for 24 hours of the machine's time."""
    monkeypatch.setattr("time.time", lambda: 1_000_000)
    endpoint = hooks.endpoint(secret="whsec_given")
    assert endpoint.secrets_at(1_000_000) == ("whsec_given",)
    rolled = hooks.session.webhooks.roll_secret(endpoint.id)
    assert rolled.secrets_at(1_000_000 + DAY - 1) == (rolled.secret, "whsec_given")
    assert rolled.secrets_at(1_000_000 + DAY) == (rolled.secret,)
    assert rolled.secret != "whsec_given"
    assert hooks.session.webhooks.endpoint(endpoint.id) == rolled


@pytest.mark.stripe_balance(now="system")
def test_with_the_systems_time_nothing_is_sent_by_itself(hooks, monkeypatch):
    """Time goes on inside requests, where nothing can be sent: what fell due waits, and a travel stops."""
    now = [1_700_000_000]
    monkeypatch.setattr("time.time", lambda: now[0])
    hooks.balance.fund(hooks.balance.customer(), 700)
    hooks.endpoint()
    sent = []
    hooks.deliver_by(lambda: sent.append((hooks.session.now, len(hooks.session.webhooks.due()))))
    now[0] += 80 * DAY
    hooks.balance.customer()
    assert sent == []
    assert hooks.types() == ["customer_cash_balance_transaction.created", "customer.created"]
    hooks.session.travel(hooks.session.now + 60)
    assert sent == [(now[0], 2)]
    assert hooks.session.now == now[0] + 60


@pytest.mark.stripe_balance(now="system")
def test_with_the_systems_time_a_travel_stops_for_each_event(hooks, monkeypatch):
    """What a handler asks meanwhile doesn't let the time run on to the end."""
    now = [1_700_000_000]
    monkeypatch.setattr("time.time", lambda: now[0])
    hooks.balance.fund(hooks.balance.customer(), 700)
    hooks.endpoint()
    seen = []

    def deliver():
        for due in hooks.session.webhooks.due():
            stripe.Customer.list()
            seen.append((hooks.session.now, due.event.created))
            hooks.session.webhooks.delivered(due, acknowledged=True)

    hooks.deliver_by(deliver)
    began = hooks.session.now
    hooks.session.travel(began + 100 * DAY)
    assert seen == [(began + 75 * DAY, began + 75 * DAY)]
    assert hooks.session.now == began + 100 * DAY


@pytest.mark.parametrize("version", modelled_versions())
def test_each_payload_fits_the_contract_of_its_endpoints_version(hooks, version):
    """Of all kinds of events, at every API version."""
    hooks.endpoint(api_version=version)
    customer = hooks.balance.customer(email="ada@example.com", name="Ada")
    stripe.Customer.modify(customer.id, name="Grace")
    hooks.balance.bank_transfer_invoice(customer, 1000)
    hooks.balance.fund(customer, 1500)
    intent = hooks.balance.bank_transfer_intent(customer, 500)
    hooks.balance.fund(customer, 700)
    refund = stripe.Refund.create(payment_intent=intent.id)
    hooks.balance.provide_bank_details(refund)
    hooks.session.travel(hooks.session.now + 120 * DAY)
    hooks.send()
    assert len({body["type"] for _, _, body in hooks.sent}) > 8
    told = [str(finding) for _, _, body in hooks.sent for finding in contract(version).check(body)]
    assert told == []
    assert {body["api_version"] for _, _, body in hooks.sent} == {version}
