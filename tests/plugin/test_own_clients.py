"""A team's own HTTP client in a test that uses our fixtures."""

from __future__ import annotations

import os

import pytest

CLIENT = """
import socket, requests, stripe

class Metered(stripe.HTTPClient):
    name = "metered"
    ran = 0

    def request(self, method, url, headers, post_data=None):
        Metered.ran += 1
        answer = requests.request(method, url, headers=headers, data=post_data)
        return answer.content, answer.status_code, answer.headers

class Raw(stripe.HTTPClient):
    name = "raw"

    def request(self, method, url, headers, post_data=None):
        try:
            socket.create_connection(("api.stripe.com", 443), timeout=1).close()
        except BaseException:
            pass
        return b'{"id": "cus_1", "object": "customer"}', 200, {}
"""


def test_a_client_runs_and_the_fake_answers_it(project):
    """What it sends by a library has its meaning, errors and idempotency as from any client."""
    project.test(
        CLIENT
        + """
import pytest

def test_it(stripe_balance):
    client = stripe.StripeClient("sk_test_1", http_client=Metered())
    api = getattr(client, "v1", client)
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_intents.apply_customer_balance(intent.id, {"amount": 1})
    stripe_balance.fund(customer, 1000)
    key = {"idempotency_key": "k"}
    for _ in range(2):
        api.payment_intents.apply_customer_balance(intent.id, {"amount": 400}, key)
    assert stripe_balance.available(customer) == {"usd": 600}
    assert Metered.ran == 3
"""
    ).assert_outcomes(passed=1)


def test_a_connection_of_its_own_fails_the_test_whatever_swallowed_it(project):
    """The refusal is told in full: who, what, where to, and the ways out."""
    result = project.test(
        CLIENT
        + """
def test_it(stripe_balance):
    client = stripe.StripeClient("sk_test_1", http_client=Raw())
    assert getattr(client, "v1", client).customers.retrieve("cus_1").id == "cus_1"
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "GET /v1/customers/cus_1: Raw opens a connection of its own to api.stripe.com:443, and only *",
            "  asked at *test_it.py:* in test_it",
        ]
    )


def test_a_refusal_names_the_place_that_called_stripe_python(project):
    """Not a line of the client, which is the same for every call."""
    result = project.test(
        CLIENT
        + """
class Around(stripe.RequestsClient):
    def request(self, *given, **named): return super().request(*given, **named)

def buy(client):
    client = stripe.StripeClient("sk_test_1", http_client=client)
    getattr(client, "v1", client).subscriptions.list()

def test_metered(stripe_balance): buy(Metered())
def test_around(stripe_balance): buy(Around())
"""
    )
    told = [line for line in result.stdout.lines if line.lstrip("E ").startswith("asked at")]
    assert len(told) >= 2
    assert {line.rpartition(" in ")[2] for line in told} == {"buy"}


def test_what_is_recorded_with_an_own_client_is_replayed_with_it(project, server, monkeypatch):
    """The recording holds what stripe-python asked; its code runs in both modes, whatever it adds."""
    text = (
        CLIENT
        + """
import pytest

class Adding(Metered):
    def request(self, method, url, headers, post_data=None):
        return super().request(method, url, headers, f"{post_data}&metadata[app]=mine")

@pytest.mark.stripe_balance(contract={"breaking": "warning"})
def test_it(stripe_balance):
    client = stripe.StripeClient("sk_test_1", http_client=Adding())
    made = getattr(client, "v1", client).customers.create({"name": "Ada"})
    assert (made.id, Metered.ran) == ("cus_sent", 1)
"""
    )
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_1")
    project.test(text, "--stripe-mode=record", f"--stripe-base-url={server.url}").assert_outcomes(
        passed=1
    )
    project.test(text, "--stripe-mode=replay").assert_outcomes(passed=1)
    assert [one.body for one in server.seen] == ["name=Ada&metadata[app]=mine"]


@pytest.mark.parametrize("how", ["ini", "environment"])
def test_the_code_can_be_passed_by(how, project, monkeypatch):
    """Then the fake answers in its place, whatever it would have done."""
    if how == "ini":
        project.file("pytest.ini", "[pytest]\nstripe_own_clients = skip\n")
    else:
        monkeypatch.setenv("PYTEST_STRIPE_OWN_CLIENTS", "skip")
    project.test(
        CLIENT
        + """
def test_it(stripe_balance):
    for kind in (Raw, Metered):
        client = stripe.StripeClient("sk_test_1", http_client=kind())
        assert getattr(client, "v1", client).customers.list().data == []
    assert Metered.ran == 0
"""
    ).assert_outcomes(passed=1)


def test_outside_an_open_fixture_its_code_never_begins(project):
    """There it might send by something that nobody sees."""
    result = project.test(
        CLIENT
        + """
def setup_module():
    client = stripe.StripeClient("sk_test_1", http_client=Metered())
    try:
        getattr(client, "v1", client).customers.list()
    except BaseException:
        pass

def test_it(stripe_balance):
    assert Metered.ran == 0

def test_ran():
    assert Metered.ran == 0
"""
    )
    result.stdout.fnmatch_lines(["*GET /v1/customers: no Stripe fixture is open here*"])
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_that_its_code_forks_fails_the_test(project):
    """The child's connection is refused, and the parent told, whatever swallowed it."""
    project.file(
        "test_it.py",
        CLIENT
        + """
import os

class Forking(Raw):
    def request(self, *sent):
        child = os.fork()
        if not child:
            try:
                super().request(*sent)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        return b'{"id": "cus_1", "object": "customer"}', 200, {}

def test_it(stripe_balance):
    client = stripe.StripeClient("sk_test_1", http_client=Forking())
    getattr(client, "v1", client).customers.retrieve("cus_1")
""",
    )
    result = project.run_apart()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["GET /v1/customers/cus_1: Forking opens a connection of its own *"])
