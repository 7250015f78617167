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
        await stripe.Payout.create_async(destination="ba_1")
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
    result.stdout.fnmatch_lines(["POST /v1/payouts: the fake does not model this endpoint*"])


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
                stripe.Payout.create(destination="ba_1")
            except BaseException:
                pass
        """,
    )
    result = project.run_apart("-n1", plugins=("xdist",))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "These requests were refused, and the test swallowed the error:",
            "POST /v1/payouts: the fake does not model this endpoint*",
            "  asked at *test_it.py:7 in test_it",
        ]
    )


OTHER_MOCKS = {
    "responses": (
        (),
        """
import requests, responses

@pytest.fixture
def mocked():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield lambda url: mock.get(url, json={"mocked": True})

def get(url):
    return requests.get(url).json()
""",
    ),
    "respx": (
        (),
        """
import httpx, respx

@pytest.fixture
def mocked():
    with respx.mock(assert_all_called=False) as mock:
        yield lambda url: mock.get(url).respond(json={"mocked": True})

def get(url):
    return httpx.get(url).json()
""",
    ),
    "pytest-httpx": (
        ("pytest_httpx",),
        """
import httpx

pytestmark = pytest.mark.httpx_mock(assert_all_responses_were_requested=False)

@pytest.fixture
def mocked(httpx_mock):
    return lambda url: httpx_mock.add_response(url=url, json={"mocked": True}, is_reusable=True)

def get(url):
    return httpx.get(url).json()
""",
    ),
}
BESIDE_MOCKS = """
import pytest, stripe

{library}

class Metered(stripe.HTTPClient):
    name = "metered"

    def request(self, method, url, headers, post_data=None):
        assert get("https://metrics.example/v1") == {{"mocked": True}}
        {send}

def test_another_host(stripe_balance, mocked):
    mocked("https://metrics.example/v1")
    customer = stripe_balance.customer()
    client = stripe.StripeClient("sk_test_1", http_client=Metered())
    assert getattr(client, "v1", client).customers.retrieve(customer.id).id == customer.id
    assert get("https://metrics.example/v1") == {{"mocked": True}}

def test_stripes_host(stripe_balance, mocked):
    mocked("https://api.stripe.com/v1/customers")
    for _ in range(2):
        assert stripe.Customer.list().data == []
"""
SEND = {
    "requests": """
        import requests
        answer = requests.request(method, url, headers=headers, data=post_data)
        return answer.content, answer.status_code, answer.headers
""",
    "httpx": """
        import httpx
        answer = httpx.request(method, url, headers=headers)
        return answer.content, answer.status_code, answer.headers
""",
}


@pytest.mark.parametrize("sends_by", SEND)
@pytest.mark.parametrize("name", OTHER_MOCKS)
def test_other_mocks_stay_as_they_are_and_are_told_of(name, sends_by, project):
    """One of another host answers as before; one of api.stripe.com never does, which one line says."""
    pytest.importorskip(name.replace("-", "_"))
    plugins, library = OTHER_MOCKS[name]
    text = BESIDE_MOCKS.format(library=library, send=SEND[sends_by])
    result = project.test(text, plugins=plugins)
    result.assert_outcomes(passed=2)
    line = (
        f"stripe: {name} has a mock of api.stripe.com, which is never used: stripe-python is answered *"
    )
    result.stdout.fnmatch_lines([line])
    assert str(result.stdout).count("which is never used") == 1
