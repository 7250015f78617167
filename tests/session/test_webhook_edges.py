"""How a delivery ends at an app that misbehaves, and what it costs."""

import asyncio
import sys
import threading
import time
from contextlib import contextmanager
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import stripe

import pytest_stripe_balance
from pytest_stripe_balance.webhooks import limit

OURS = str(Path(pytest_stripe_balance.__file__).parent)
MB = 1 << 20


@contextmanager
def _serving(answer):
    came = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            came.append(self.rfile.read(int(self.headers["Content-Length"])))
            answer(self)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook", came
        finally:
            server.shutdown()
            thread.join()


def _says(status, headers=(), body=b""):
    def answer(handler):
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


ANSWERS = {
    "200": (_says(200), 200),
    "a redirect, which isn't followed": (_says(302, [("Location", "/hook")]), 302),
    "gone": (_says(410), 410),
    "a body of 1 MB": (_says(200, body=b"x" * MB), 200),
    "a connection that closes": (lambda handler: handler.connection.close(), None),
    "no status line": (lambda handler: handler.wfile.write(b"\x00\x00"), None),
}


@pytest.mark.parametrize(("answer", "status"), ANSWERS.values(), ids=ANSWERS)
def test_a_server_is_asked_once_whatever_it_answers(answer, status, stripe_balance, stripe_webhooks):
    """Without an answer there is an error in its place, and the event waits for its retry."""
    with _serving(answer) as (url, came):
        stripe_webhooks.endpoint(url)
        stripe_balance.customer()
        (delivery,) = stripe_webhooks.deliver()
    assert (delivery.status, len(came)) == (status, 1)
    assert isinstance(delivery.error, OSError | HTTPException) is (status is None)
    assert len(stripe_webhooks.pending) == (status != 200)


def test_a_server_that_is_gone_is_no_answer(stripe_balance, stripe_webhooks):
    """A connection that is refused fails as any."""
    with _serving(_says(200)) as (url, _):
        stripe_webhooks.endpoint(url)
    stripe_balance.customer()
    (delivery,) = stripe_webhooks.deliver()
    assert (delivery.status, type(delivery.error)) == (None, ConnectionRefusedError)


def test_an_app_that_hangs_is_left(stripe_balance, stripe_webhooks, monkeypatch):
    """After a limit, with the place where it hung."""
    monkeypatch.setattr(limit, "SECONDS", 0.05)
    stripe_webhooks.endpoint(handler=lambda *_: time.sleep(60))
    stripe_balance.customer()
    (delivery,) = stripe_webhooks.deliver()
    assert (delivery.status, type(delivery.error)) == (None, TimeoutError)


def test_a_skip_inside_a_handler_ends_the_test_as_anywhere(stripe_balance, stripe_webhooks):
    """What isn't an Exception passes through; the delivery has failed, and the next call goes on."""
    outcomes = [pytest.skip.Exception("not here"), None]

    def handler(payload, headers):
        if (outcome := outcomes.pop(0)) is not None:
            raise outcome

    stripe_webhooks.endpoint(handler=handler)
    stripe_balance.customer()
    with pytest.raises(pytest.skip.Exception):
        stripe_webhooks.deliver()
    stripe_balance.customer()
    assert [one.status for one in stripe_webhooks.deliver()] == [200]


def test_a_framework_that_swallows_deliver_inside_a_handler_still_answers(
    stripe_balance, stripe_webhooks
):
    """The refusal is an exception of the app's then: a 500."""

    def handler(payload, headers):
        try:
            stripe_webhooks.deliver()
        except RuntimeError:
            return 500

    stripe_webhooks.endpoint(handler=handler)
    stripe_balance.customer()
    assert [one.status for one in stripe_webhooks.deliver()] == [500]


def test_handlers_read_and_write_at_stripe(stripe_balance, stripe_webhooks):
    """As most do: they retrieve the object, and act on it."""
    seen = []

    def handler(payload, headers):
        event = stripe.Webhook.construct_event(payload, headers["Stripe-Signature"], "whsec_test")
        if event.type == "payment_intent.partially_funded":
            intent = stripe.PaymentIntent.retrieve(event.data.object.id)
            seen.append(intent.status)
            stripe.PaymentIntent.cancel(intent.id)

    stripe_webhooks.endpoint(handler=handler, secret="whsec_test")
    customer = stripe_balance.customer()
    stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 400)
    sent = stripe_webhooks.deliver()
    assert {one.status for one in sent} == {200}
    assert seen == ["requires_action"]
    assert "payment_intent.canceled" in [one.event.type for one in sent]


def test_an_unread_error_of_fresh_worlds_fails_the_test_too(project):
    """They are gone by then, and their error is not."""
    run = project.test(
        """
        def handler(payload, headers):
            raise KeyError("no such order")
        def test_it(stripe_balance, stripe_webhooks):
            with stripe_balance.fresh():
                stripe_webhooks.endpoint(handler=handler)
                stripe_balance.customer()
                stripe_webhooks.deliver()
        """
    )
    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(["*no such order*"])


def test_fresh_worlds_that_failed_show_their_deliveries(project):
    """In the report of the test."""
    run = project.test(
        """
        def test_it(stripe_balance, stripe_webhooks):
            with stripe_balance.fresh():
                stripe_webhooks.endpoint(handler=lambda *_: 418)
                stripe_balance.customer()
                stripe_webhooks.deliver()
                assert 0
        """
    )
    run.stdout.fnmatch_lines(
        ["in `stripe_balance.fresh()`, which failed:", "*deliveries to we_*", "  418 *"]
    )


def test_faults_hold_on_in_fresh_worlds(stripe_balance, stripe_webhooks):
    """They are the test's, and the world's endpoints aren't."""
    with stripe_webhooks.failing(503), stripe_balance.fresh():
        stripe_webhooks.endpoint(handler=lambda *_: None)
        stripe_balance.customer()
        assert [one.status for one in stripe_webhooks.deliver()] == [503]


class Lifespan:
    """An ASGI app that notes what it is asked."""

    def __init__(self):
        self.notes = []

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            while (await receive())["type"] == "lifespan.startup":
                self.notes.append("up")
                await send({"type": "lifespan.startup.complete"})
            self.notes.append("down")
            await send({"type": "lifespan.shutdown.complete"})
            return
        await receive()
        self.notes.append("event")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def test_an_asgi_app_has_one_lifespan_in_a_test(_stripe_session, stripe_balance, stripe_webhooks):
    """It begins with the first delivery and ends with the test."""
    stripe_webhooks.endpoint(app := Lifespan())
    for _ in range(2):
        stripe_balance.customer()
        stripe_webhooks.deliver()
    assert app.notes == ["up", "event", "event"]
    _stripe_session.close_apps()
    assert app.notes == ["up", "event", "event", "down"]


def test_an_asgi_app_has_one_lifespan_in_a_call_of_deliver_async(stripe_balance, stripe_webhooks):
    """In the test's own loop, which nobody says the end of."""
    stripe_webhooks.endpoint(app := Lifespan())
    stripe_balance.customer()
    stripe_balance.customer()
    asyncio.run(stripe_webhooks.deliver_async())
    assert app.notes == ["up", "event", "event", "down"]


def _counted(call):
    """Count the calls of our functions while `call` runs."""
    count = 0

    def profile(frame, event, _):
        nonlocal count
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            count += 1

    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(None)
    return count


def test_a_delivery_costs_few_calls_however_many_wait(stripe_balance, stripe_webhooks):
    """Counted, since times depend on the machine; measured it is below 0.06 ms."""
    stripe_webhooks.endpoint(handler=lambda *_: None)
    costs = []
    for number in (50, 200):
        for _ in range(number):
            stripe_balance.customer()
        costs.append(_counted(stripe_webhooks.deliver) / number)
    assert costs[1] <= costs[0]
    assert costs[1] < 125


def _costs(prepare, call):
    """Give what a delivery costs when few wait, and when many do."""
    costs = []
    for number in (20, 80):
        for _ in range(number):
            prepare()
        costs.append(_counted(call) / number)
    return costs


def test_handlers_that_write_cost_as_much_however_many_wait(stripe_balance, stripe_webhooks):
    """What is planned already isn't looked at again for each event that a handler causes."""
    stripe_webhooks.endpoint(
        handler=lambda *_: stripe.PaymentIntent.create(amount=100, currency="usd") and None,
        enabled_events=["customer.created", "charge.succeeded"],
    )
    stripe_webhooks.endpoint(handler=lambda *_: None, enabled_events=["payment_intent.created"])
    few, many = _costs(stripe_balance.customer, stripe_webhooks.deliver)
    assert many < 1.1 * few


def test_a_stop_of_the_clock_costs_as_much_however_much_there_is(stripe_balance, stripe_webhooks):
    """Only what was written since the last stop is looked at."""
    stripe_webhooks.endpoint(
        handler=lambda *_: 500, enabled_events=["customer_cash_balance_transaction.created"]
    )

    def prepare():
        stripe_balance.fund(stripe_balance.customer(), 700)
        stripe_webhooks.discard()

    few, many = _costs(prepare, lambda: stripe_balance.clock.advance(days=100))
    assert many < 1.1 * few


def test_an_endpoint_whose_url_was_changed_is_sent_to_there(stripe_balance, stripe_webhooks):
    """The app moves its endpoint by the API."""
    with _serving(_says(200)) as (first, came_first), _serving(_says(200)) as (second, came_second):
        made = stripe.WebhookEndpoint.create(url=first, enabled_events=["*"])
        stripe_balance.customer()
        stripe_webhooks.deliver()
        stripe.WebhookEndpoint.modify(made.id, url=second)
        stripe_balance.customer()
        stripe_webhooks.deliver()
        assert (len(came_first), len(came_second)) == (1, 1)


def test_a_test_without_webhooks_imports_nothing_of_them(project):
    """Though its fixtures are used."""
    project.file(
        "conftest.py",
        """
        import sys

        def pytest_unconfigure():
            names = ("webhooks.door", "session.deliver", "session.webhooks", "fixtures.webhooks")
            loaded = [name for name in names if "pytest_stripe_balance." + name in sys.modules]
            print("loaded:", *loaded, "end")
        """,
    )
    project.file("test_it.py", "def test_it(stripe_balance, stripe_clock): stripe_clock.advance(days=1)")
    project.run_apart().stdout.fnmatch_lines(["*loaded: end"])


def test_what_a_handler_discards_does_not_come_again_though_it_fails(stripe_balance, stripe_webhooks):
    """Its own event is among what waits."""

    def handler(payload, headers):
        stripe_webhooks.discard()
        return 500

    stripe_webhooks.endpoint(handler=handler)
    stripe_balance.customer()
    assert [one.status for one in stripe_webhooks.deliver()] == [500]
    assert stripe_webhooks.pending == []


def test_a_deleted_endpoint_gets_no_repeat(stripe_balance, stripe_webhooks):
    """Its handler has deleted it at the first."""
    endpoint = stripe_webhooks.endpoint(
        handler=lambda *_: stripe.WebhookEndpoint.delete(endpoint.id) and None
    )
    stripe_balance.customer()
    assert [one.status for one in stripe_webhooks.deliver(duplicates=3)] == [200]


def test_what_a_handler_queues_once_more_comes_in_the_same_call(stripe_balance, stripe_webhooks):
    """Though nothing new has happened."""
    seen = []

    def handler(payload, headers):
        seen.append(payload)
        if len(seen) == 2:
            stripe_webhooks.redeliver(stripe_webhooks.deliveries[0])

    stripe_webhooks.endpoint(handler=handler)
    stripe_balance.customer()
    stripe_balance.customer()
    first, _, again = stripe_webhooks.deliver()
    assert (again.event.id, again.attempt) == (first.event.id, 2)


@pytest.mark.parametrize("status", [200, 500])
def test_what_a_handler_queues_of_its_own_event_comes_once_more(stripe_balance, stripe_webhooks, status):
    """Whatever it answers to the first."""
    seen = []

    def handler(payload, headers):
        seen.append(payload)
        if len(seen) == 1:
            stripe_webhooks.redeliver(stripe_webhooks.deliveries[0])
            return status
        return 200

    stripe_webhooks.endpoint(handler=handler)
    stripe_balance.customer()
    assert [one.status for one in stripe_webhooks.deliver()] == [status, 200]
    assert stripe_webhooks.pending == []


def test_a_handler_before_the_answer_meets_faults_as_the_app_does(
    stripe_balance, stripe_webhooks, stripe_faults
):
    """Though the test's own hand, which meets none, has made the call."""
    errors = []

    def handler(payload, headers):
        try:
            stripe.Customer.list()
        except stripe.StripeError as error:
            errors.append(error.http_status)

    stripe_webhooks.endpoint(handler=handler)
    stripe_faults.rate_limit("GET /v1/customers")
    with stripe_webhooks.before_the_answer():
        stripe_balance.customer()
    assert errors == [429]
