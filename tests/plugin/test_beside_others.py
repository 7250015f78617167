from __future__ import annotations

from textwrap import dedent

import pytest

USING = """
import stripe

def test_it(stripe_balance):
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1000)
    assert stripe.PaymentIntent.apply_customer_balance(intent.id).status == "succeeded"
"""
ASYNC = """
import pytest, pytest_asyncio, stripe

@pytest.fixture
def anyio_backend():
    return "asyncio"

{fixture}
async def customer(stripe_balance):
    return await stripe.Customer.create_async(name="Ada")

{mark}
async def test_it(stripe_client, customer):
    found = await getattr(stripe_client, "v1", stripe_client).customers.retrieve_async(customer.id)
    assert found.name == "Ada"

{mark}
async def test_refused(stripe_balance):
    try:
        await stripe.Transfer.create_async(destination="acct_1")
    except BaseException:
        pass
"""
LOOPS = "-oasyncio_default_fixture_loop_scope=function"  # pytest-asyncio warns unless it is said
OTHERS = {
    "pytest-recording that blocks the network": (("pytest_recording.plugin",), ["--block-network"]),
    "pytest-recording that records nothing": (("pytest_recording.plugin",), ["--record-mode=none"]),
    "pytest-socket that allows no socket": (("pytest_socket",), ["--disable-socket"]),
    "pytest-randomly": (("pytest_randomly",), []),
    "all of them": (
        ("pytest_recording.plugin", "pytest_socket", "pytest_randomly", "pytest_asyncio.plugin"),
        ["--block-network", "--disable-socket", LOOPS],
    ),
}


@pytest.mark.parametrize(("plugins", "options"), OTHERS.values(), ids=OTHERS)
def test_the_fixtures_work_beside(plugins, options, project):
    """A test that uses our fixtures passes, without a warning, beside another plugin."""
    project.test(USING, "-Werror", *options, plugins=plugins).assert_outcomes(passed=1)


def test_a_vcr_test_beside_ours_goes_its_own_way(project, server):
    """A test with a cassette of pytest-recording and one with our fixture don't meet."""
    project.test(
        f"""
        import pytest, stripe

        @pytest.mark.vcr
        def test_recorded(monkeypatch):
            monkeypatch.setattr(stripe, "api_base", {server.url!r})
            assert stripe.Customer.retrieve("cus_1", api_key="sk_test_1").id == "cus_sent"

        def test_ours(stripe_balance):
            assert stripe.Customer.create().id != "cus_sent"
        """,
        "--record-mode=once",
        plugins=("pytest_recording.plugin",),
    ).assert_outcomes(passed=2)
    assert len(server.seen) == 1
    assert [path.name for path in project.pytester.path.rglob("*.yaml")] == ["test_recorded.yaml"]


IN_ASYNCIO = ("pytest_asyncio.plugin",)
RUNNERS = {
    "pytest-asyncio, auto": ("", "@pytest.fixture", "auto", IN_ASYNCIO),
    "pytest-asyncio, auto and marked": (
        "@pytest.mark.asyncio",
        "@pytest.fixture",
        "auto",
        IN_ASYNCIO,
    ),
    "pytest-asyncio, strict": (
        "@pytest.mark.asyncio",
        "@pytest_asyncio.fixture",
        "strict",
        IN_ASYNCIO,
    ),
    "anyio": ("@pytest.mark.anyio", "@pytest.fixture", None, ("anyio.pytest_plugin",)),
}


@pytest.mark.parametrize(("mark", "fixture", "mode", "plugins"), RUNNERS.values(), ids=RUNNERS)
def test_async_tests_are_answered_and_their_refusals_told(mark, fixture, mode, plugins, project):
    """In async tests and fixtures the fake answers, and a swallowed refusal fails the test."""
    options = [f"-oasyncio_mode={mode}", LOOPS] if mode else []
    text = dedent(ASYNC).format(mark=mark, fixture=fixture)
    result = project.test(text, *options, plugins=plugins)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["POST /v1/transfers: the fake does not model this endpoint*"])


def test_a_client_serves_async_tests_that_each_have_a_loop(project):
    """A client that is older than the event loops is answered in each of them."""
    result = project.test(
        """
        import pytest, stripe

        client = stripe.StripeClient("sk_test_1", http_client=stripe.AIOHTTPClient())
        api = getattr(client, "v1", client)

        @pytest.mark.parametrize("time", [1, 2, 3])
        async def test_it(stripe_balance, time):
            assert (await api.customers.list_async()).data == []
            await api.customers.create_async({})
        """,
        *("-Werror", "-oasyncio_mode=auto", LOOPS),
        plugins=("pytest_asyncio.plugin",),
    )
    result.assert_outcomes(passed=3)


def test_a_refusal_fails_its_test_on_a_worker(project):
    """Under pytest-xdist a swallowed refusal, in an xfail too, is FAILED and told in full."""
    project.file(
        "test_it.py",
        """
        import pytest, stripe

        @pytest.mark.xfail
        def test_it(stripe_balance):
            try:
                stripe.Transfer.create(destination="acct_1")
            except BaseException:
                pass
        """,
    )
    result = project.run_apart("-n1", plugins=("xdist",))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "These requests were refused, and the test swallowed the error:",
            "POST /v1/transfers: the fake does not model this endpoint*",
            "  asked at *test_it.py:7 in test_it",
        ]
    )
