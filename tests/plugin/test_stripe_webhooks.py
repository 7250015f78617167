"""`stripe_webhooks` in a project: apps by fixture, other modes, wider worlds, what fails a test."""

import pytest

APP = """
    import pytest
    import stripe

    class App:
        def __init__(self):
            self.types = []

        def __call__(self, environ, start_response):
            payload = environ["wsgi.input"].read().decode()
            header = environ["HTTP_STRIPE_SIGNATURE"]
            event = stripe.Webhook.construct_event(payload, header, "whsec_of_the_shop")
            self.types.append((environ["PATH_INFO"], event.type))
            start_response("200 OK", [])
            return [b""]

    @pytest.fixture
    def app():
        return App()

    @pytest.fixture
    def stripe_webhook_app(app):
        return app, "/stripe/webhook"
"""


def test_the_app_comes_from_the_fixture_that_a_project_overrides(project):
    """With its path, and for `stripe_balance.webhooks` too."""
    project.file("conftest.py", APP)
    project.test(
        """
        def test_it(stripe_balance, stripe_webhooks, app):
            stripe_webhooks.endpoint(secret="whsec_of_the_shop")
            stripe_balance.customer()
            assert [one.status for one in stripe_webhooks.deliver()] == [200]
            assert app.types == [("/stripe/webhook", "customer.created")]

        def test_without_the_fixture(stripe_balance, app):
            stripe_balance.webhooks.endpoint(path="/other", secret="whsec_of_the_shop")
            stripe_balance.customer()
            stripe_balance.webhooks.deliver()
            assert app.types == [("/other", "customer.created")]
        """
    ).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("(1, 2, 3)", "fixture stripe_webhook_app: (1, 2, 3) is neither an app nor (app, path)"),
        ("'http://shop.example.com'", "on another machine"),
        ("7", "isn't an app"),
        ("None", "override the fixture stripe_webhook_app"),
    ],
)
def test_a_fixture_that_gives_no_app_is_refused_at_the_line_of_endpoint(value, said, project):
    """The message names what it gave, and the way out."""
    project.test(
        f"""
        import pytest

        @pytest.fixture
        def stripe_webhook_app():
            return {value}

        def test_it(stripe_webhooks):
            with pytest.raises((TypeError, ValueError)) as caught:
                stripe_webhooks.endpoint()
            assert {said!r} in str(caught.value)
        """
    ).assert_outcomes(passed=1)


HANDLER = """
    def handler(payload, headers):
        raise KeyError("no such order")
"""
ENDS = {
    "nobody reads it": ("stripe_webhooks.deliver()", False),
    "the test reads it": ("assert stripe_webhooks.deliver()[0].error", True),
    "the test reads it later": (
        "stripe_webhooks.deliver(); assert stripe_webhooks.deliveries[0].error",
        True,
    ),
    "the status alone is read": ("assert stripe_webhooks.deliver()[0].status == 500", False),
    "a delivery is printed": ("print(stripe_webhooks.deliver())", False),
    "it is the clock's": ("stripe_balance.clock.advance(hours=1)", False),
}


@pytest.mark.parametrize(("line", "passes"), ENDS.values(), ids=ENDS)
def test_an_error_that_nobody_read_fails_the_test_at_its_end(line, passes, project):
    """With the handler's traceback."""
    run = project.test(
        f"""
        {HANDLER}
        def test_it(stripe_balance, stripe_webhooks):
            stripe_webhooks.endpoint(handler=handler)
            stripe_balance.customer()
            {line}
        """.replace("\n    def", "\n        def").replace("\n        raise", "\n            raise")
    )
    run.assert_outcomes(passed=int(passes), failed=int(not passes))
    if not passes:
        run.stdout.fnmatch_lines(
            [
                "*no such order*",
                "*nobody read the delivery's `.error`*",
                "*customer.created cus_* to we_*",
            ]
        )


ODD_ERRORS = {
    "its text can't be had": """
        class OddError(Exception):
            def __str__(self):
                raise RuntimeError
        """,
    "nothing can be set on it": """
        from dataclasses import dataclass
        @dataclass(frozen=True)
        class OddError(Exception):
            number: int = 7
        """,
    "no generator may raise it": """
        class OddError(StopIteration):
            pass
        """,
}


@pytest.mark.parametrize("line", ["pass", "assert 0"])
@pytest.mark.parametrize("kind", ODD_ERRORS.values(), ids=ODD_ERRORS)
def test_an_odd_error_fails_its_own_test_alone(kind, line, project):
    """The run goes on, and names the error."""
    run = project.test(
        f"""
        {kind}
        def handler(payload, headers):
            raise OddError

        def test_it(stripe_balance, stripe_webhooks):
            stripe_webhooks.endpoint(handler=handler)
            stripe_balance.customer()
            stripe_webhooks.deliver()
            {line}

        def test_another():
            pass
        """
    )
    run.assert_outcomes(passed=1, failed=1)
    run.stdout.fnmatch_lines(
        [
            "*nobody read the delivery's `.error`*",
            "*customer.created cus_* to we_*, attempt 1: 500, OddError*",
        ]
    )


def test_at_80_columns_the_url_of_an_endpoint_stays_whole(project, monkeypatch):
    """It stands below the title where both don't fit."""
    monkeypatch.setenv("COLUMNS", "80")
    run = project.test(
        """
        def test_it(stripe_balance, stripe_webhooks):
            path = "/of-a-shop/with-a-long/path"
            stripe_webhooks.endpoint(path=path, handler=lambda payload, headers: None)
            stripe_balance.customer()
            stripe_webhooks.deliver()
            stripe_balance.customer()
            assert False
        """
    )
    url = "  (http://localhost/of-a-shop/with-a-long/path)"
    run.stdout.fnmatch_lines(["deliveries to we_*", url, "deliveries that wait to we_*", url])


PASSES = {
    "acknowledged later": """
        answers = [1]
        def handler(payload, headers):
            if answers:
                answers.pop()
                raise KeyError("no such order")
        def test_it(stripe_balance, stripe_webhooks, stripe_clock):
            stripe_webhooks.endpoint(handler=handler)
            stripe_balance.customer()
            stripe_webhooks.deliver()
            stripe_clock.advance(hours=1)
        """,
    "an endpoint may": """
        def handler(payload, headers):
            raise KeyError("no such order")
        def test_it(stripe_balance, stripe_webhooks):
            stripe_webhooks.endpoint(handler=handler, unread_errors_fail=False)
            stripe_balance.customer()
            stripe_webhooks.deliver()
        """,
    "the test's own fault": """
        def test_it(stripe_balance, stripe_webhooks):
            stripe_webhooks.endpoint(handler=lambda payload, headers: None)
            stripe_balance.customer()
            stripe_balance.customer()
            with stripe_webhooks.timing_out(), stripe_webhooks.failing(ConnectionError("down")):
                stripe_webhooks.deliver()
        """,
    "a bad status": """
        def test_it(stripe_balance, stripe_webhooks):
            stripe_webhooks.endpoint(handler=lambda payload, headers: 500)
            stripe_balance.customer()
            stripe_webhooks.deliver()
        """,
}


@pytest.mark.parametrize("code", PASSES.values(), ids=PASSES)
def test_what_is_no_unread_error_fails_no_test(code, project):
    """An acknowledged event, an endpoint that may, the test's own faults, a status."""
    project.test(code).assert_outcomes(passed=1)


def test_a_failing_test_shows_what_its_handler_raised(project):
    """Its own failure stays first: it often comes of the handler's."""
    run = project.test(
        """
        def handler(payload, headers):
            raise KeyError("no such order")
        def test_it(stripe_balance, stripe_webhooks):
            stripe_webhooks.endpoint(handler=handler)
            stripe_balance.customer()
            stripe_webhooks.deliver()
            assert stripe_balance is None, "the test's own"
        """
    )
    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(
        ["E *the test's own*", "*Stripe webhooks*", "*no such order*", "*- Stripe -*"]
    )


def test_an_expected_failure_may_be_the_handlers(project):
    """The app's error is the app's, so a mark may expect it."""
    project.test(
        """
        import pytest
        def handler(payload, headers):
            raise KeyError("no such order")
        @pytest.mark.xfail(reason="not built")
        def test_it(stripe_balance, stripe_webhooks):
            stripe_webhooks.endpoint(handler=handler)
            stripe_balance.customer()
            stripe_webhooks.deliver()
        """
    ).assert_outcomes(xfailed=1)


@pytest.mark.parametrize("kind", ["a function", "Flask", "Django"])
def test_a_refusal_inside_a_handler_fails_the_test_whatever_swallows_it(kind, project):
    """A gap in the fake is no error of the app's."""
    apps = {
        "a function": "app, name = None, dict(handler=lambda payload, headers: work())",
        "Flask": """
        flask = pytest.importorskip("flask")
        shop = flask.Flask("shop")
        @shop.post("/hook")
        def hook():
            work()
            return ""
        name = dict(app=shop, path="/hook")""",
        "Django": """
        name = dict(handler=lambda payload, headers: swallow())
        def swallow():
            try:
                work()
            except BaseException:
                return 500""",
    }
    run = project.test(
        f"""
        import pytest
        import stripe
        def work():
            stripe.Payout.create(amount=100, currency="usd")
        {apps[kind].strip()}
        def test_it(stripe_balance, stripe_webhooks):
            stripe_webhooks.endpoint(**name)
            stripe_balance.customer()
            stripe_webhooks.deliver()
        """
    )
    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(["*POST /v1/payouts*does not model*"])


def test_a_refusal_inside_a_handler_can_be_expected(project):
    """By `refused`, round deliver(); the event has failed then, and waits for its retry."""
    project.test(
        """
        import stripe
        def handler(payload, headers):
            stripe.Payout.create(amount=100, currency="usd")
        def test_it(stripe_balance, stripe_webhooks):
            stripe_webhooks.endpoint(handler=handler)
            stripe_balance.customer()
            with stripe_balance.refused(match="payouts"):
                stripe_webhooks.deliver()
            assert [one.attempt for one in stripe_webhooks.pending] == [2]
            assert stripe_webhooks.deliver() == []
        """
    ).assert_outcomes(passed=1)


FAKE_ONLY = ("endpoint(handler=print)", "deliver()", "pending", "deliveries", "redeliver('evt_1')")
FAKE_ONLY += ("discard()", "failing()", "timing_out()", "before_the_answer()")


def test_other_modes_sign_and_refuse_the_rest_at_the_verb(sending, project):
    """The message names the verb and the mode."""
    project.file(
        "test_it.py",
        f"""
        import pytest, stripe
        @pytest.mark.parametrize("verb", {FAKE_ONLY!r})
        def test_fake_only(stripe_webhooks, verb):
            with pytest.raises(RuntimeError, match="stripe_webhooks." + verb.partition("(")[0] + " is fake only"):
                eval("stripe_webhooks." + verb)

        def test_signed(stripe_balance, stripe_webhooks):
            payload, headers = stripe_webhooks.signed({{"id": "evt_1", "object": "event"}}, "whsec_other")
            event = stripe.Webhook.construct_event(payload, headers["Stripe-Signature"], "whsec_other")
            assert event.id == "evt_1"
            stripe.WebhookSignature.verify_header("{{}}", stripe_webhooks.sign("{{}}"), "whsec_test", 300)
        """,
    )
    sending("live").assert_outcomes(passed=len(FAKE_ONLY) + 1)


def test_an_endpoint_of_a_module_is_delivered_to_in_each_tests_copy(project):
    """With what waits for it; nothing that a test delivers reaches another."""
    project.test(
        """
        import pytest
        came = []

        @pytest.fixture(scope="module", autouse=True)
        def endpoint(module_stripe_balance):
            module_stripe_balance.customer(name="before")
            made = module_stripe_balance.webhooks.endpoint(handler=lambda body, _: came.append(body))
            module_stripe_balance.customer(name="waits")
            return made

        @pytest.mark.parametrize("number", range(3))
        def test_it(stripe_balance, stripe_webhooks, endpoint, number):
            came.clear()
            stripe_balance.customer(name="own")
            assert len(stripe_webhooks.deliver()) == len(came) == len(endpoint.deliveries) == 2
            assert b'"waits"' in came[0] and b'"own"' in came[1]
        """
    ).assert_outcomes(passed=3)


def test_a_wider_world_has_no_app_from_a_fixture_of_a_test(project):
    """The message says to give one."""
    project.file("conftest.py", APP)
    project.test(
        """
        import pytest

        @pytest.fixture(scope="module")
        def endpoint(module_stripe_balance):
            with pytest.raises(TypeError, match="give app= or handler="):
                module_stripe_balance.webhooks.endpoint()

        def test_it(endpoint):
            pass
        """
    ).assert_outcomes(passed=1)


def test_a_block_of_fake_stripe_delivers_and_fails_by_unread_errors(project):
    """As a test's own world does."""
    project.test(
        """
        import pytest
        from pytest_stripe_balance import fake_stripe

        def fail(payload, headers):
            raise KeyError("no such order")

        def test_it():
            came = []
            with fake_stripe() as stripe_balance:
                stripe_balance.webhooks.endpoint(handler=lambda body, _: came.append(body))
                stripe_balance.customer()
                stripe_balance.webhooks.deliver()
            assert len(came) == 1

        def test_unread():
            with pytest.raises(AssertionError, match="no such order") as caught:
                with fake_stripe() as stripe_balance:
                    stripe_balance.webhooks.endpoint(handler=fail)
                    stripe_balance.customer()
                    stripe_balance.webhooks.deliver()
            assert type(caught.value.__cause__) is KeyError
        """
    ).assert_outcomes(passed=2)


def test_an_endpoint_that_the_app_makes_by_the_api_is_delivered_to(project, server):
    """At a URL on this machine, also where the test asks for no fixture of webhooks."""
    project.test(
        f"""
        import stripe
        def test_it(stripe_balance, stripe_clock):
            stripe.WebhookEndpoint.create(url="{server.url}/hook", enabled_events=["customer.created"])
            stripe_balance.customer()
            stripe_clock.advance(seconds=1)
        """
    ).assert_outcomes(passed=1)
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/hook")
    assert "Stripe-Signature" in seen.headers


def test_an_asgi_app_is_delivered_to_in_the_tests_own_loop(project):
    """`deliver()` names deliver_async there, and the clock leaves what waits."""
    project.test(
        """
        import pytest

        statuses = []
        async def app(scope, receive, send):
            if scope["type"] == "http":
                await receive()
                statuses.append(200)
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b""})

        @pytest.mark.anyio
        @pytest.mark.parametrize("anyio_backend", ["asyncio"])
        async def test_in_a_loop(stripe_balance, stripe_webhooks, stripe_clock, anyio_backend):
            stripe_webhooks.endpoint(app)
            stripe_balance.customer()
            with pytest.raises(RuntimeError, match="deliver_async"):
                stripe_webhooks.deliver()
            stripe_clock.advance(hours=1)
            assert stripe_webhooks.deliveries == []
            assert [one.status for one in await stripe_webhooks.deliver_async()] == [200]

        def test_without_one(stripe_balance, stripe_webhooks):
            stripe_webhooks.endpoint(app)
            stripe_balance.customer()
            assert [one.status for one in stripe_webhooks.deliver()] == [200]
        """,
        plugins=("anyio",),
    ).assert_outcomes(passed=2)


def test_before_the_answer_an_asgi_app_cant_have_the_loop_that_waits_for_it(project):
    """The call names the ways out, and each of them works."""
    project.test(
        """
        import asyncio
        import pytest
        import stripe

        heard = []
        async def app(scope, receive, send):
            if scope["type"] == "http":
                heard.append(await receive())
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b""})

        @pytest.fixture(autouse=True)
        def before(stripe_balance, stripe_webhooks):
            heard.clear()
            stripe_webhooks.endpoint(app)
            with stripe_webhooks.before_the_answer():
                yield

        def test_async(stripe_balance):
            async def sign_up():
                with pytest.raises(RuntimeError, match="before_the_answer: .*to_thread"):
                    await stripe.Customer.create_async()
            asyncio.run(sign_up())
            assert heard == []

        def test_in_a_thread(stripe_balance):
            async def sign_up():
                await asyncio.to_thread(stripe.Customer.create)
            asyncio.run(sign_up())
            assert len(heard) == 1

        def test_not_async():
            stripe.Customer.create()
            assert len(heard) == 1
        """
    ).assert_outcomes(passed=3)


def test_secrets_are_in_no_report(project):
    """Neither those that the fake made nor one that the test gave itself."""
    run = project.test(
        """
        def handler(payload, headers):
            raise KeyError(SECRET)
        SECRET = "the-shops-own-secret"
        def test_it(stripe_balance, stripe_webhooks):
            made = stripe_webhooks.endpoint(handler=handler).secret
            stripe_webhooks.endpoint(handler=handler, secret="the-shops-own-secret")
            stripe_balance.customer()
            stripe_webhooks.deliver()
            print(made, SECRET)
            assert made == SECRET
        """
    )
    run.assert_outcomes(failed=1)
    assert "the-shops-own-secret" not in run.stdout.str()
    assert "whsec_" not in run.stdout.str().replace("whsec_***", "")


ELSEWHERE = {
    "a fresh world's": """
        with stripe_balance.fresh():
            made = stripe_webhooks.endpoint(handler=len, secret=SECRET)
    """,
    "a block's": """
        with fake_stripe() as other:
            made = other.webhooks.endpoint(handler=lambda *_: None, secret=SECRET)
    """,
    "one that a payload was signed by": "stripe_webhooks.sign(b'{}', secret=SECRET)",
    "the app's own": "SECRET = 'whsec_' + 'Zq8' * 9",
}


@pytest.mark.parametrize("code", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_secret_of_what_is_gone_is_in_no_report(code, project):
    """Its world is closed, and the report still knows it."""
    run = project.test(
        f"""
        from pytest_stripe_balance import fake_stripe

        def test_it(stripe_balance, stripe_webhooks):
            SECRET = "the-shops-" + "own-secret"
            {code.strip().replace("len", "lambda *_: None").replace("        ", "            ")}
            assert 0, SECRET
        """,
        "-l",
    )
    run.assert_outcomes(failed=1)
    assert "the-shops-own-secret" not in run.stdout.str()
    assert "Zq8Zq8" not in run.stdout.str()


def test_the_summary_shows_no_secret_of_a_url(project):
    """It names an endpoint elsewhere."""
    run = project.test(
        """
        import stripe

        def test_it(stripe_balance, stripe_webhooks):
            token = "whsec_" + "Zq8" * 9
            url = f"https://shop.example.com/?token={token}"
            stripe.WebhookEndpoint.create(url=url, enabled_events=["*"])
            stripe_balance.customer()
            stripe_webhooks.deliver()
        """
    )
    run.assert_outcomes(passed=1)
    run.stdout.fnmatch_lines(["*token=whsec_[*][*][*]*"])
