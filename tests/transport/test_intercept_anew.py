"""stripe-python imported anew: what its new classes send is caught as well."""

import asyncio
import importlib
import sys

import pytest
from majors import v1
from stripe._http_client import HTTPClient

from pytest_stripe_balance.api.message import Headers, Response
from pytest_stripe_balance.transport.intercept import intercept

ANSWER = Response(200, Headers({"Request-Id": "req_1"}), b'{"id": "cus_anew", "object": "customer"}')
RELOADED = ("stripe._http_client", "stripe")


def of_stripe():
    """Give the modules of stripe-python that are loaded, by their names."""
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "stripe"}


@pytest.fixture(autouse=True)
def modules_as_before():
    """Put the first modules back as they were, and drop what was loaded with the second ones only."""
    first = of_stripe()
    held = {name: dict(vars(first[name])) for name in RELOADED}
    yield
    for name in of_stripe():
        del sys.modules[name]
    sys.modules.update(first)
    for name, values in held.items():
        vars(first[name]).update(values)


def cleared():
    for name in of_stripe():
        del sys.modules[name]
    return importlib.import_module("stripe")


def reloaded():
    return [importlib.reload(sys.modules[name]) for name in RELOADED][-1]


@pytest.fixture
def asked():
    """Open a tap that answers everything, and keep what was asked."""
    seen = []

    def answer(request):
        seen.append(request.path)
        return ANSWER

    with intercept(answer, lambda *_: None, sends=False):
        yield seen


@pytest.mark.parametrize("again", [cleared, reloaded])
@pytest.mark.parametrize("client", ["RequestsClient", "HTTPXClient", "UrllibClient"])
def test_a_new_client_is_caught(asked, again, client):
    """A reload, or an import after sys.modules was cleared, makes classes that are tapped at once."""
    new = again()
    clients = importlib.import_module("stripe._http_client")
    made = getattr(clients, client, None) or clients.Urllib2Client
    assert not issubclass(made, HTTPClient) or again is reloaded
    http_client = made()
    customer = v1(new.StripeClient("sk_test_x", http_client=http_client)).customers.retrieve("cus_1")
    assert (customer.id, asked) == ("cus_anew", ["/v1/customers/cus_1"])


def test_a_new_async_client_is_caught(asked):
    """So is what the new classes send without waiting."""
    new = cleared()
    http_client = importlib.import_module("stripe._http_client").HTTPXClient()
    client = new.StripeClient("sk_test_x", http_client=http_client)
    assert asyncio.run(v1(client).customers.retrieve_async("cus_1")).id == "cus_anew"
    assert asked == ["/v1/customers/cus_1"]


def test_one_that_was_imported_before_is_caught():
    """A tap that opens later has the new classes, too; closed, it leaves them as they were."""
    new = cleared()
    made = importlib.import_module("stripe._http_client").RequestsClient
    own = made._request_internal
    with intercept(lambda _: ANSWER, lambda *_: None, sends=False):
        assert made._request_internal is not own
        assert (
            v1(new.StripeClient("sk_test_x", http_client=made())).customers.retrieve("cus_1").id
            == "cus_anew"
        )
    assert made._request_internal is own
    assert not any(
        type(finder).__module__.startswith("pytest_stripe_balance") for finder in sys.meta_path
    )


def test_of_two_taps_the_inner_answers_a_new_client():
    """Nested taps answer new classes as they do the first ones."""
    inner = Response(200, Headers({}), b'{"id": "cus_inner", "object": "customer"}')
    with (
        intercept(lambda _: ANSWER, lambda *_: None, sends=False),
        intercept(lambda _: inner, lambda *_: None, sends=False),
    ):
        new = cleared()
        client = new.StripeClient("sk_test_x", http_client=new.RequestsClient())
        assert v1(client).customers.retrieve("cus_1").id == "cus_inner"
