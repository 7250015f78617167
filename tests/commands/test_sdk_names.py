"""What stripe-python's names ask, against stripe-python itself: each method is called, and its request seen."""

import inspect
import re

import pytest
import stripe
from stripe._stripe_service import StripeService

from pytest_stripe_balance.api import routes
from pytest_stripe_balance.contract.derive import installed_sdk
from pytest_stripe_balance.contract.sdk import Sdk
from pytest_stripe_balance.contract.sdk_names import Method, Names

ID = "xid"
PAGING = "_auto_paging_iter"
# Without an id it is the key's own account, whose path is another; the name of a refund says no fee.
OTHERWISE = {
    "Account.modify": "POST /v1/accounts/{}",
    "Account.retrieve": "GET /v1/accounts/{}",
    "ApplicationFeeRefund.modify": "POST /v1/fee_refunds/{}",
}


class SentError(Exception):
    """A request, in the place of its answer."""


class Client(stripe.HTTPClient):
    name = "of this test"

    def request(self, method, url, *_, **__):
        raise SentError(
            f"{method.upper()} {re.sub(ID, '{}', url.partition('.com')[2].partition('?')[0])}"
        )

    request_stream = request_with_retries = request_stream_with_retries = request

    def close(self):
        pass


@pytest.fixture(scope="module")
def names():
    return Names(Sdk(installed_sdk()))


def asked(method):
    """Call a method with an id for each parameter that it requires; give its request, or None."""
    try:
        required = [
            one
            for one in inspect.signature(method).parameters.values()
            if one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
        ]
        method(*[{} if one.name == "params" else ID for one in required])
    except SentError as sent:
        return str(sent)
    except Exception:  # noqa: BLE001 - it needs more than ids
        return None
    return None


def walked(node, dotted):
    for name in dotted.split("."):
        node = node.step(name)
    return node


def services(of, dotted=""):
    """Give each method of a client and of its services, with its name."""
    for name in sorted({*dir(of), *getattr(type(of), "__annotations__", ())}):
        if name.startswith("_") or name.endswith("_async"):
            continue
        inner = getattr(of, name)
        if isinstance(inner, StripeService):
            yield from services(inner, f"{dotted}{name}.")
        elif callable(inner) and dotted:
            yield f"{dotted}{name}", inner


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_each_method_of_a_client_asks_what_its_name_says(names):
    """All services of the installed release, by the request that each method really sends."""
    client = stripe.StripeClient("sk_test_1", http_client=Client())
    asks = {dotted: asked(method) for dotted, method in services(client)}
    asks = {dotted: call for dotted, call in asks.items() if call is not None}
    told = {dotted: getattr(walked(names.client, dotted), "call", None) for dotted in asks}
    assert told == asks
    assert len(asks) > 400
    rows = [row for row in routes.ENDPOINTS if row.since <= names.sdk.api_version]
    assert {re.sub(r"\{\w+\}", "{}", row.name) for row in rows} <= set(asks.values())


def classes():
    """Give each class of resources, with its name in the module."""
    spaces = [("", stripe), *((f"{name}.", getattr(stripe, name)) for name in ("checkout", "issuing"))]
    for space, of in spaces:
        for name in sorted({*dir(of), *getattr(of, "_import_map", ())}):
            found = getattr(of, name, None)
            if inspect.isclass(found) and issubclass(found, stripe.APIResource):
                yield f"{space}{name}", found


def test_each_method_of_a_class_asks_what_its_name_says(names, monkeypatch):
    """All resources of the module `stripe` and of two of its spaces."""
    monkeypatch.setattr(stripe, "default_http_client", Client())
    monkeypatch.setattr(stripe, "api_key", "sk_test_1")
    asks = {}
    for name, of in classes():
        for method in vars(of):
            if not (method.startswith(("_", "construct")) or method.endswith(("_async", PAGING))):
                call = asked(getattr(of, method))
                if call is not None:
                    asks[f"{name}.{method}"] = call
    told = {dotted: getattr(walked(names.module, dotted), "call", None) for dotted in asks}
    assert {dotted: call for dotted, call in told.items() if call != asks[dotted]} == OTHERWISE
    assert len(asks) > 250


@pytest.mark.parametrize(
    ("dotted", "call"),
    [
        ("Customer.create_async", "POST /v1/customers"),
        ("Customer.search_auto_paging_iter", "GET /v1/customers/search"),
        ("Customer.save", "POST /v1/customers/{}"),
        ("OAuth.token", "POST /oauth/token"),
        (
            "Customer.TestHelpers.fund_cash_balance",
            "POST /v1/test_helpers/customers/{}/fund_cash_balance",
        ),
    ],
)
def test_names_of_other_kinds_are_known_too(names, dotted, call):
    """Async ones, iterators, what is inherited, OAuth's, and test helpers."""
    assert walked(names.module, dotted).call == call


@pytest.mark.parametrize("dotted", ["Webhook.construct_event", "Customer.construct_from", "Nothing"])
def test_what_asks_nothing_is_no_call(names, dotted):
    """A method that makes no request, and a name that isn't there."""
    first, *rest = dotted.split(".")
    node = names.module.step(first)
    assert not isinstance(node.step(rest[0]) if rest else node, Method)
