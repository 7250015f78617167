"""A server of another project is recorded over real HTTP, and replayed after it has stopped.

localstripe is run as a process of its own by the interpreter that LOCALSTRIPE names, one that has it
installed. Its answers lack documented keys, so these runs are without the contract.
"""

import os
import re
import socket
import subprocess
import time
from contextlib import closing

import pytest

LOCALSTRIPE = os.environ.get("LOCALSTRIPE")
pytestmark = pytest.mark.skipif(
    not LOCALSTRIPE, reason="LOCALSTRIPE names no interpreter with localstripe"
)
LOOSE = "[pytest]\nstripe_contract =\n    breaking=information\n    enum=information\n"
SHOP = """
    import asyncio
    from contextlib import closing
    import pytest
    import stripe

    CLIENTS = {"requests": stripe.RequestsClient, "httpx": stripe.HTTPXClient, "aiohttp": stripe.AIOHTTPClient}

    def bought(client, name):
        api = getattr(client, "v1", client)
        customer = api.customers.create({"email": f"{name}@shop-of-nobody.com", "name": name})
        card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
        method = api.payment_methods.create({"type": "card", "card": card})
        api.payment_methods.attach(method.id, {"customer": customer.id})
        intent = api.payment_intents.create(
            {"amount": 1200, "currency": "eur", "customer": customer.id, "payment_method": method.id}
        )
        intent = api.payment_intents.confirm(intent.id)
        with pytest.raises(stripe.InvalidRequestError, match="Not Found"):
            api.payment_intents.retrieve("pi_nope")
        return api.customers.retrieve(customer.id), intent

    @pytest.mark.parametrize("kind", ["requests", "httpx"])
    def test_bought(stripe_balance, kind):
        http = CLIENTS[kind](**({"allow_sync_methods": True} if kind == "httpx" else {}))
        with closing(http):
            client = stripe.StripeClient("sk_test_dummy", http_client=http)
            customer, intent = bought(client, kind)
        assert (customer.email, intent.status) == (f"{kind}@shop-of-nobody.com", "succeeded")

    @pytest.mark.parametrize("kind", ["httpx", "aiohttp"])
    def test_async(stripe_balance, kind):
        async def go():
            http = CLIENTS[kind]()
            client = stripe.StripeClient("sk_test_dummy", http_client=http)
            api = getattr(client, "v1", client)
            made = await asyncio.gather(
                *(api.customers.create_async({"name": f"n{n}"}) for n in range(5))
            )
            await http.close_async()
            return sorted(one.name for one in made)

        assert asyncio.run(go()) == ["n0", "n1", "n2", "n3", "n4"]
"""


@pytest.fixture
def localstripe(tmp_path, monkeypatch):
    """Run the foreign server on a free port; give its URL, and the function that stops it."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [LOCALSTRIPE, "-m", "localstripe", "--port", str(port), "--from-scratch"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    for _ in range(200):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)

    def end():
        process.terminate()
        process.wait(10)

    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_12345")
    yield f"http://127.0.0.1:{port}", end
    end()


@pytest.fixture
def run(project, localstripe):
    """Run the shop's tests in a mode."""
    project.file("test_it.py", SHOP)
    project.file("pytest.ini", LOOSE)

    def running(mode, *arguments):
        base = () if mode == "replay" else (f"--stripe-base-url={localstripe[0]}",)
        return project.run(f"--stripe-mode={mode}", *base, *arguments)

    return running


def test_a_foreign_server_is_recorded_and_replayed_by_each_client(run, project, localstripe):
    """Requests, httpx and aiohttp, sync and gathered, with the server dead on the replay."""
    run("record").assert_outcomes(passed=4)
    folder = project.pytester.path / "tests/cassettes/stripe/test_it"
    texts = [path.read_text("utf-8") for path in sorted(folder.iterdir())]
    assert len(texts) == 4
    for text in texts:
        assert "who: server:127.0.0.1" in text
        for secret in ("sk_test_12345", "sk_test_dummy", "shop-of-nobody.com", "4242424242424242"):
            assert secret not in text
    localstripe[1]()
    run("replay").assert_outcomes(passed=4)


def test_check_finds_what_is_otherwise_than_recorded(run, project):
    """The same server agrees with its recording; a changed answer is reported with its path."""
    run("record", "-k", "requests").assert_outcomes(passed=1)
    run("check", "-k", "requests").assert_outcomes(passed=1)
    (path,) = (project.pytester.path / "tests/cassettes/stripe/test_it").iterdir()
    text = path.read_text("utf-8")
    changed = re.sub(r'(livemode\\?": )false', r"\g<1>0", text, count=1)
    assert changed != text
    path.write_text(changed, "utf-8")
    result = run("check", "-k", "requests")
    result.stdout.fnmatch_lines(["*Stripe no longer answers as *", "breaking: * at $.livemode *"])
    result.assert_outcomes(passed=1, errors=1)
    run("check", "-k", "requests", "-o", "stripe_drift=breaking=warning").assert_outcomes(passed=1)


def test_the_contract_finds_the_faults_of_a_server(run, project):
    """With the contract on, the first answer that lacks a documented key fails its test."""
    project.file("pytest.ini", "[pytest]\n")
    result = run("live", "-k", "requests")
    result.assert_outcomes(failed=1)
    told = ["*the answer does not have the documented shape:*", "*breaking: *", "*ini stripe_contract)*"]
    result.stdout.fnmatch_lines(told)
