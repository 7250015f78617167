"""What `stripe_webhooks` does for a user, in the mode fake."""

import json
import threading

import pytest
import stripe

HOUR = 3600


class App:
    """A user's handler: it keeps what came, and answers what it is told to."""

    def __init__(self, answer=None, secret="whsec_test"):
        self.answer, self.secret = answer, secret
        self.events = []

    def __call__(self, payload, headers):
        event = stripe.Webhook.construct_event(payload, headers["stripe-signature"], self.secret)
        self.events.append(event)
        return self.answer(event) if callable(self.answer) else self.answer

    @property
    def types(self):
        return [event.type for event in self.events]


@pytest.fixture
def app():
    return App()


@pytest.fixture
def endpoint(stripe_webhooks, app):
    return stripe_webhooks.endpoint(handler=app, secret="whsec_test")


@pytest.fixture
def made(endpoint, stripe_balance):
    """Three customers: three events wait."""
    return [stripe_balance.customer(name=name) for name in ("Ada", "Bob", "Eve")]


def _names(app):
    return [event.data.object.name for event in app.events]


def test_what_has_happened_is_delivered_signed_in_order_and_once(stripe_webhooks, app, made):
    """The handler's construct_event takes each, and nothing is left."""
    deliveries = stripe_webhooks.deliver()
    assert _names(app) == ["Ada", "Bob", "Eve"]
    assert [(one.status, one.attempt, one.error) for one in deliveries] == [(200, 1, None)] * 3
    assert stripe_webhooks.deliver() == []
    assert stripe_webhooks.pending == []


def test_nothing_is_sent_before_deliver(stripe_webhooks, app, made):
    """Inside the SDK's call the app hears nothing; what waits can be looked at."""
    assert app.events == []
    assert [(one.event.type, one.attempt) for one in stripe_webhooks.pending] == [
        ("customer.created", 1)
    ] * 3


def test_a_delivery_tells_what_was_sent(stripe_webhooks, endpoint, app, made, stripe_clock):
    """Event, endpoint, moment, payload and signature."""
    before = stripe_clock.now
    (delivery, *_) = stripe_webhooks.deliver()
    assert delivery.event.id == app.events[0].id
    assert delivery.event.data.object.name == "Ada"
    assert delivery.endpoint == endpoint
    assert delivery.at == before
    assert json.loads(delivery.payload)["id"] == delivery.event.id
    stripe.WebhookSignature.verify_header(
        delivery.payload.decode(), delivery.signature, endpoint.secret, 300
    )
    assert endpoint.deliveries == stripe_webhooks.deliveries
    assert len(endpoint.deliveries) == 3


def test_an_endpoint_is_a_row_of_the_api(endpoint):
    """It has an id, a URL on this machine, and its secret."""
    row = stripe.WebhookEndpoint.retrieve(endpoint.id)
    assert row.url == endpoint.url
    assert endpoint.url.startswith("http://localhost")
    assert endpoint.secret == "whsec_test"
    assert row.enabled_events == ["*"]


def test_a_secret_is_made_where_none_is_given(stripe_webhooks, stripe_balance):
    """As Stripe makes one."""
    endpoint = stripe_webhooks.endpoint(handler=(app := App()))
    app.secret = endpoint.secret
    assert endpoint.secret.startswith("whsec_")
    stripe_balance.customer()
    assert [one.status for one in stripe_webhooks.deliver()] == [200]


def test_a_rolled_secret_signs_beside_the_old_one(stripe_webhooks, endpoint, app, made):
    """For a day both verify."""
    new = endpoint.roll_secret()
    assert new == endpoint.secret != "whsec_test"
    (delivery, *_) = stripe_webhooks.deliver()
    for secret in (new, "whsec_test"):
        stripe.WebhookSignature.verify_header(delivery.payload.decode(), delivery.signature, secret, 300)


def test_patterns_become_the_types_that_they_stand_for(stripe_webhooks):
    """Stripe's own 400 for a pattern stays that of the API."""
    endpoint = stripe_webhooks.endpoint(
        handler=App(), enabled_events=["payment_intent.*", "charge.failed"]
    )
    enabled = stripe.WebhookEndpoint.retrieve(endpoint.id).enabled_events
    assert "payment_intent.succeeded" in enabled
    assert "charge.failed" in enabled
    assert not any("*" in one for one in enabled)
    with pytest.raises(ValueError, match="payment_intnt"):
        stripe_webhooks.endpoint(handler=App(), enabled_events=["payment_intnt.*"])


def test_only_enabled_types_come(stripe_webhooks, stripe_balance):
    """An endpoint for intents hears of no customer."""
    app = App()
    stripe_webhooks.endpoint(handler=app, secret="whsec_test", enabled_events=["payment_intent.*"])
    stripe_balance.bank_transfer_intent(stripe_balance.customer(), 1000)
    stripe_webhooks.deliver()
    assert {kind.partition(".")[0] for kind in app.types} == {"payment_intent"}


def test_what_the_handlers_own_calls_bring_about_comes_too(stripe_webhooks, stripe_balance):
    """Until quiet."""

    def answer(event):
        if event.type == "customer.created":
            stripe.Customer.modify(event.data.object.id, name="seen")

    app = App(answer)
    stripe_webhooks.endpoint(handler=app, secret="whsec_test")
    stripe_balance.customer()
    stripe_webhooks.deliver()
    assert app.types == ["customer.created", "customer.updated"]


def test_what_is_not_named_waits_on(stripe_webhooks, stripe_balance, endpoint, app, made):
    """Types and patterns, as in `events`."""
    stripe_balance.bank_transfer_intent(made[0], 1000)
    stripe_webhooks.deliver("payment_intent.*")
    assert {kind.partition(".")[0] for kind in app.types} == {"payment_intent"}
    assert [one.event.type for one in stripe_webhooks.pending] == ["customer.created"] * 3


def test_what_is_dropped_is_never_sent(stripe_webhooks, app, made):
    """It doesn't wait any longer either."""
    assert stripe_webhooks.deliver(drop=["customer.*"]) == []
    assert stripe_webhooks.pending == app.events == []


@pytest.mark.parametrize("verb", ["deliver", "discard"])
def test_a_type_that_nobody_documents_is_refused_with_the_nearest(verb, stripe_webhooks, endpoint):
    """A slip would select nothing without a word."""
    with pytest.raises(ValueError, match=r"payment_intent\.succeeded"):
        getattr(stripe_webhooks, verb)("payment_intent.suceeded")


def test_the_order_can_be_reversed(stripe_webhooks, app, made):
    """Newest first."""
    stripe_webhooks.deliver(order="reversed")
    assert _names(app) == ["Eve", "Bob", "Ada"]


def test_the_order_can_be_shuffled(stripe_webhooks, app, stripe_balance, endpoint):
    """All come, and not as they were made."""
    names = [f"customer {number}" for number in range(20)]
    for name in names:
        stripe_balance.customer(name=name)
    stripe_webhooks.deliver(order="shuffled")
    assert _names(app) != names
    assert sorted(_names(app)) == sorted(names)


def test_duplicates_come_again(stripe_webhooks, app, made):
    """Each event once more, to the same endpoint."""
    stripe_webhooks.deliver(duplicates=1)
    assert _names(app) == ["Ada", "Ada", "Bob", "Bob", "Eve", "Eve"]


def test_chaos_brings_everything_in_one_call_and_leaves_the_clock(
    stripe_webhooks, stripe_balance, stripe_clock
):
    """However wild: what was lost comes again, and no event comes more than three times."""
    app = App()
    stripe_webhooks.endpoint(handler=app, secret="whsec_test")
    for seed in range(40):
        app.events.clear()
        before = [stripe_balance.customer().id for _ in range(8)]
        now = stripe_clock.now
        sent = stripe_webhooks.deliver(chaos=seed)
        came = [event.data.object.id for event in app.events]
        assert {*came} == {*before}
        assert max(came.count(one) for one in before) <= 3
        assert stripe_clock.now == now
        assert stripe_webhooks.pending == []
        assert all(one.status is not None or one.error for one in sent)


def test_what_fails_in_chaos_three_times_waits_for_the_clock(stripe_webhooks, stripe_balance):
    """An hour, as after one try; the attempt counts all of them."""
    stripe_webhooks.endpoint(handler=App(500), secret="whsec_test")
    stripe_balance.customer()
    sent = stripe_webhooks.deliver(chaos=0)
    assert [(one.attempt, one.status) for one in sent] == [(1, 500), (2, 500), (3, 500)]
    (waits,) = stripe_webhooks.pending
    assert (waits.attempt, waits.at - sent[0].at) == (4, HOUR)


def test_the_clock_counts_on_after_chaos(stripe_webhooks, stripe_balance, stripe_clock):
    """An attempt's number says how often the event was sent by then."""
    stripe_webhooks.endpoint(handler=lambda *_: 500)
    stripe_balance.customer()
    stripe_webhooks.deliver(chaos=0)
    stripe_clock.advance(hours=4)
    assert [one.attempt for one in stripe_webhooks.deliveries] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"order": "backwards"}, "created, reversed, shuffled"),
        ({"duplicates": -1}, "duplicates"),
        ({"duplicates": True}, "duplicates"),
        ({"chaos": "7"}, "chaos"),
        ({"chaos": -1}, "chaos"),
        ({"chaos": 1, "order": "reversed"}, "chaos"),
    ],
)
def test_what_deliver_does_not_take_is_refused_in_one_line(given, match, stripe_webhooks, endpoint):
    """The message names the argument and what it takes."""
    with pytest.raises((ValueError, TypeError), match=match) as caught:
        stripe_webhooks.deliver(**given)
    assert "\n" not in str(caught.value)


def test_an_exception_of_the_handlers_is_a_failed_try(stripe_webhooks, stripe_balance, stripe_clock):
    """deliver() doesn't raise; after an hour it comes again."""
    trouble = [ValueError("out of stock")]

    def answer(_):
        if trouble:
            raise trouble.pop()

    stripe_webhooks.endpoint(handler=App(answer), secret="whsec_test")
    stripe_balance.customer()
    (failed,) = stripe_webhooks.deliver()
    assert (failed.status, str(failed.error)) == (500, "out of stock")
    assert [(one.attempt, one.at - failed.at) for one in stripe_webhooks.pending] == [(2, HOUR)]
    stripe_clock.advance(hours=2)
    assert [(one.status, one.attempt) for one in stripe_webhooks.deliveries] == [(500, 1), (200, 2)]


def test_the_third_try_comes_three_hours_after_the_second_and_is_the_last(
    stripe_webhooks, stripe_balance, stripe_clock
):
    """Then the event is given up."""
    stripe_webhooks.endpoint(handler=App(503), secret="whsec_test")
    stripe_balance.customer()
    stripe_clock.advance(days=2)
    first, *others = stripe_webhooks.deliveries
    assert [(one.attempt, one.at - first.at) for one in others] == [(2, HOUR), (3, 4 * HOUR)]
    assert stripe_webhooks.pending == []


@pytest.mark.parametrize("status", [200, 204, 299])
def test_any_2xx_acknowledges(status, stripe_webhooks, stripe_balance):
    """As Stripe takes it."""
    stripe_webhooks.endpoint(handler=App(status), secret="whsec_test")
    stripe_balance.customer()
    assert [one.status for one in stripe_webhooks.deliver()] == [status]
    assert stripe_webhooks.pending == []


@pytest.mark.parametrize("status", [302, 400, 410, 500])
def test_any_other_status_fails_and_comes_again(status, stripe_webhooks, stripe_balance):
    """Redirects aren't followed, and a 410 is a failure as any."""
    stripe_webhooks.endpoint(handler=App(status), secret="whsec_test")
    stripe_balance.customer()
    (delivery,) = stripe_webhooks.deliver()
    assert (delivery.status, delivery.error) == (status, None)
    assert len(stripe_webhooks.pending) == 1


def test_the_clock_delivers_each_at_its_moment(stripe_webhooks, stripe_balance, stripe_clock):
    """First what has waited, then what falls due on the way: the handler sees the event's own time."""
    seen = []
    app = App(lambda event: seen.append((event.type, stripe_clock.now - event.created)) and None)
    stripe_webhooks.endpoint(handler=app, secret="whsec_test")
    stripe_balance.fund(stripe_balance.customer(), 500)
    stripe_clock.advance(days=100)
    assert "cash_balance.funds_available" in [kind for kind, _ in seen]
    assert {late for kind, late in seen[3:]} == {0}
    assert stripe_webhooks.pending == []


def test_redeliver_sends_an_event_once_more(stripe_webhooks, app, made):
    """An SDK event, its id, or a delivery, as Stripe's Resend."""
    (first, second, third) = stripe_webhooks.deliver()
    for given in (first.event, second.event.id, third):
        stripe_webhooks.redeliver(given)
    assert len(stripe_webhooks.deliver()) == 3
    assert _names(app) == ["Ada", "Bob", "Eve"] * 2


@pytest.mark.parametrize("given", ["evt_unknown", 7])
def test_what_is_no_event_cannot_be_delivered_again(given, stripe_webhooks, endpoint):
    """The message names the verb."""
    with pytest.raises((TypeError, ValueError), match=r"stripe_webhooks\.redeliver"):
        stripe_webhooks.redeliver(given)


def test_discard_forgets_what_waits(stripe_webhooks, stripe_balance, app, made):
    """Of the named types, or of all."""
    stripe_balance.bank_transfer_intent(made[0], 1000)
    stripe_webhooks.discard("customer.*")
    assert {one.event.type.partition(".")[0] for one in stripe_webhooks.pending} == {"payment_intent"}
    stripe_webhooks.discard()
    assert stripe_webhooks.pending == stripe_webhooks.deliver() == []


def test_failing_answers_in_the_apps_place(stripe_webhooks, app, made):
    """The next delivery gets the status, and the app isn't called; the others come as ever."""
    with stripe_webhooks.failing(503):
        statuses = [(one.status, one.error) for one in stripe_webhooks.deliver()]
    assert statuses == [(503, None), (200, None), (200, None)]
    assert _names(app) == ["Bob", "Eve"]


def test_failing_with_an_exception_has_no_status(stripe_webhooks, app, made):
    """As a connection that is refused."""
    with stripe_webhooks.failing(ConnectionRefusedError("nobody"), times=2):
        first, second, third = stripe_webhooks.deliver()
    assert (first.status, type(second.error), third.status) == (None, ConnectionRefusedError, 200)
    assert len(app.events) == 1


def test_timing_out_loses_the_answer(stripe_webhooks, app, made):
    """The app is called, and comes to be called again for the same event."""
    with stripe_webhooks.timing_out():
        (lost, *_) = stripe_webhooks.deliver()
    assert (lost.status, type(lost.error)) == (None, TimeoutError)
    assert len(app.events) == 3
    assert [one.event.id for one in stripe_webhooks.pending] == [lost.event.id]


def test_a_fault_ends_with_its_block(stripe_webhooks, app, made):
    """What nobody met doesn't wait for the next delivery."""
    with stripe_webhooks.failing(times=5):
        stripe_webhooks.deliver()
    stripe_webhooks.redeliver(stripe_webhooks.deliveries[0])
    assert [one.status for one in stripe_webhooks.deliver()] == [200]


@pytest.mark.parametrize("given", ["500", 99, 600, True, ValueError])
def test_what_a_delivery_cannot_fail_with_is_refused(given, stripe_webhooks):
    """A status from 100 to 599, or an exception."""
    with pytest.raises((TypeError, ValueError), match="failing"):
        stripe_webhooks.failing(given)


@pytest.mark.parametrize("times", [0, -1, True, "1"])
def test_times_is_a_number_from_one_on(times, stripe_webhooks):
    """For both faults."""
    with pytest.raises((TypeError, ValueError), match="times"):
        stripe_webhooks.timing_out(times)


def test_before_the_answer_the_app_hears_first(stripe_webhooks, stripe_balance, app, endpoint):
    """As Stripe can do: the handler knows the id before the caller does."""
    known = []
    app.answer = lambda event: known.append(event.data.object.id)
    with stripe_webhooks.before_the_answer():
        customer = stripe_balance.customer()
        assert known == [customer.id]
    stripe_balance.customer()
    assert len(known) == 1


def test_deliver_inside_a_handler_is_refused_by_name(stripe_webhooks, stripe_balance, stripe_clock):
    """And so are the clock's moves."""
    said = []

    def answer(_):
        for move in (stripe_webhooks.deliver, lambda: stripe_clock.advance(days=1)):
            try:
                move()
            except RuntimeError as error:
                said.append(str(error))

    stripe_webhooks.endpoint(handler=App(answer), secret="whsec_test")
    stripe_balance.customer()
    assert [one.status for one in stripe_webhooks.deliver()] == [200]
    assert said[0].startswith("stripe_webhooks.deliver")
    assert said[1].startswith("stripe_clock.advance")


def test_a_circle_ends_after_a_thousand(stripe_webhooks, stripe_balance):
    """A handler that brings about what it handles is named by its types."""
    count = []

    def answer(event):
        count.append(event)
        stripe.Customer.modify(event.data.object.id, name=f"{len(count)}")

    stripe_webhooks.endpoint(handler=App(answer), secret="whsec_test")
    stripe_balance.customer()
    with pytest.raises(RuntimeError, match=r"1,000.*customer\.updated"):
        stripe_webhooks.deliver()
    assert len(count) == 1000
    stripe_webhooks.discard()


def test_a_handler_can_delete_its_own_endpoint(stripe_webhooks, stripe_balance):
    """It hears nothing more."""
    app = App(lambda _: stripe.WebhookEndpoint.delete(endpoint.id) and None)
    endpoint = stripe_webhooks.endpoint(handler=app, secret="whsec_test")
    stripe_balance.customer()
    stripe_balance.customer()
    assert [one.status for one in stripe_webhooks.deliver()] == [200]
    assert stripe_webhooks.pending == []


def test_a_handler_can_make_another_endpoint(stripe_webhooks, stripe_balance):
    """It hears of what comes after."""
    second = App(secret="whsec_second")

    def answer(event):
        if event.type == "customer.created":
            stripe_webhooks.endpoint(handler=second, secret="whsec_second")
            stripe.Customer.modify(event.data.object.id, name="seen")

    stripe_webhooks.endpoint(handler=App(answer), secret="whsec_test")
    stripe_balance.customer()
    stripe_webhooks.deliver()
    assert second.types == ["customer.updated"]


def test_a_handler_may_work_in_threads(stripe_webhooks, stripe_balance):
    """Its Stripe calls are answered there too."""

    def answer(event):
        if event.type != "customer.created":
            return
        work = threading.Thread(
            target=stripe.Customer.modify, args=(event.data.object.id,), kwargs={"name": "x"}
        )
        work.start()
        work.join(5)

    app = App(answer)
    stripe_webhooks.endpoint(handler=app, secret="whsec_test")
    stripe_balance.customer()
    stripe_webhooks.deliver()
    assert app.types == ["customer.created", "customer.updated"]


def test_an_endpoint_that_the_app_makes_elsewhere_is_only_waited_for(
    stripe_webhooks, stripe_balance, _stripe_session
):
    """One line says so, and nothing fails."""
    stripe.WebhookEndpoint.create(url="https://shop.example.com/hook", enabled_events=["*"])
    stripe_balance.customer()
    assert stripe_webhooks.deliver() == []
    assert len(stripe_webhooks.pending) == 1
    assert [line for line in _stripe_session.notes if "https://shop.example.com/hook" in line]


def test_fresh_begins_without_endpoints_and_gives_them_back(
    stripe_balance, stripe_webhooks, endpoint, app
):
    """They are the world's."""
    with stripe_balance.fresh():
        stripe_balance.customer()
        assert stripe_webhooks.deliver() == stripe_webhooks.deliveries == []
    stripe_balance.customer()
    assert len(stripe_webhooks.deliver()) == 1


def test_a_payload_can_be_signed_by_hand(stripe_webhooks, stripe_balance):
    """With any secret, or a fixed one where there is no endpoint."""
    stripe_balance.customer()
    (event,) = stripe_balance.events()
    for secret, used in ((None, "whsec_test"), ("whsec_other", "whsec_other")):
        for given in (event, event.id):
            payload, headers = stripe_webhooks.signed(given, secret)
            got = stripe.Webhook.construct_event(payload, headers["Stripe-Signature"], used)
            assert got.id == event.id
        header = stripe_webhooks.sign(payload, secret)
        assert stripe.Webhook.construct_event(payload, header, used).id == event.id


def test_without_a_secret_that_of_the_only_endpoint_signs(stripe_webhooks):
    """With several it has to be said which."""
    first = stripe_webhooks.endpoint(handler=App())
    header = stripe_webhooks.sign("{}")
    stripe.WebhookSignature.verify_header("{}", header, first.secret, 300)
    stripe_webhooks.endpoint(handler=App())
    with pytest.raises(ValueError, match="secret="):
        stripe_webhooks.sign("{}")


def test_a_signature_of_another_time_is_too_old(stripe_webhooks):
    """`at` is in seconds since 1970."""
    header = stripe_webhooks.sign(b"{}", "whsec_test", at=1)
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        stripe.WebhookSignature.verify_header("{}", header, "whsec_test", 300)


def test_an_endpoint_without_an_app_needs_the_fixture(stripe_webhooks):
    """By default there is none, and the message names the ways."""
    with pytest.raises(TypeError, match="stripe_webhook_app"):
        stripe_webhooks.endpoint()


@pytest.mark.parametrize("secret", ["", b"whsec_test", 7])
def test_a_secret_is_a_text(secret, stripe_webhooks):
    """An empty one would sign nothing that anybody checks."""
    with pytest.raises(TypeError, match="secret"):
        stripe_webhooks.endpoint(handler=App(), secret=secret)


def test_app_and_handler_together_are_refused(stripe_webhooks):
    """It would be unclear who is called."""
    with pytest.raises(TypeError, match="handler"):
        stripe_webhooks.endpoint("http://127.0.0.1:1", handler=App())


def test_another_host_is_refused_where_the_endpoint_is_made(stripe_webhooks):
    """Only this machine is sent to."""
    with pytest.raises(ValueError, match=r"shop\.example\.com"):
        stripe_webhooks.endpoint("https://shop.example.com/hook")


def test_an_endpoint_at_an_older_version_gets_its_shape(stripe_webhooks, stripe_balance):
    """Whatever the account's own is."""
    app = App()
    stripe_webhooks.endpoint(handler=app, secret="whsec_test", api_version="2024-06-20")
    stripe_balance.customer()
    stripe_webhooks.deliver()
    assert [event.api_version for event in app.events] == ["2024-06-20"]


def test_connected_accounts_are_heard_of_with_their_account(stripe_webhooks):
    """By an endpoint with connect=True alone."""
    own, connected = App(), App()
    stripe_webhooks.endpoint(handler=own, secret="whsec_test")
    stripe_webhooks.endpoint(handler=connected, secret="whsec_test", connect=True)
    stripe.Customer.create(stripe_account="acct_1")
    stripe.Customer.create()
    stripe_webhooks.deliver()
    assert [event.account for event in connected.events] == ["acct_1"]
    assert len(own.events) == 1


def test_the_same_object_is_there_without_the_fixture(stripe_balance, endpoint, app):
    """`stripe_balance.webhooks`."""
    stripe_balance.customer()
    assert [one.status for one in stripe_balance.webhooks.deliver()] == [200]
    assert stripe_balance.webhooks.deliveries == endpoint.deliveries
