"""The table of endpoints, and what must be there for each of its rows."""

import inspect

import pytest
import stripe

from pytest_stripe_balance.api import parameters, routes
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.engine.state.assumptions import REGISTER
from pytest_stripe_balance.resources import newest_api_version

EVERY_ROW = pytest.mark.parametrize("endpoint", routes.ENDPOINTS, ids=str)


@EVERY_ROW
def test_each_row_has_rules_and_a_schema(endpoint):
    """What an endpoint takes and what it returns are derived, not written."""
    shapes = contract(newest_api_version())
    assert str(endpoint) in shapes.endpoints
    assert endpoint.returns in shapes.objects


@EVERY_ROW
def test_a_verb_models_only_what_stripe_documents(endpoint):
    """No verb takes a parameter that Stripe doesn't have."""
    shapes = contract(newest_api_version())
    rule = shapes.rule(str(endpoint))
    assert set(parameters.modelled_by(endpoint.verb).members) <= set(rule["properties"])


@EVERY_ROW
def test_a_verb_says_what_it_does(endpoint):
    """Each verb has a docstring, and takes the world first and then the path's ids."""
    assert endpoint.verb.__doc__
    by_position = [
        parameter
        for parameter in inspect.signature(endpoint.verb).parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    assert by_position[0].name == "world"
    assert len(by_position) == 1 + endpoint.path.count("{")


@EVERY_ROW
def test_each_row_is_found_by_its_own_path(endpoint):
    """No row stands in another's way."""
    path = endpoint.path.replace("{", "").replace("}", "")
    found, ids = routes.match(endpoint.method, path)
    assert found is endpoint
    assert len(ids) == endpoint.path.count("{")


LITERALS = (
    ("GET", "/v1/invoices/upcoming"),
    ("DELETE", "/v1/invoices/upcoming"),
    ("POST", "/v1/invoices/create_preview"),
    ("GET", "/v1/invoices/create_preview"),
    ("POST", "/v1/invoices/upcoming/finalize"),
    ("POST", "/v1/customers/search"),
    ("POST", "/v1/payment_intents/search/confirm"),
)


@pytest.mark.parametrize(("method", "path"), LITERALS)
def test_what_a_release_has_an_endpoint_for_is_never_an_id(method, path):
    """Whatever the method, and at versions that have lost it: no row takes it for one."""
    assert routes.match(method, path) is None
    longer, _, rest = path.removeprefix("/v1/").partition("/")
    assert routes.match("GET", f"/v1/{longer}/{rest.partition('/')[0]}s") is not None


@pytest.mark.parametrize("version", ["2024-06-20", "2025-02-24.acacia", "2025-10-29.clover"])
def test_the_upcoming_invoice_is_refused_out_loud(stripe_balance, version):
    """It is a hole in the fake, and no invoice that is missing; the refusal names the call."""
    client = stripe.StripeClient("sk_test_1", stripe_version=version)
    told = "GET /v1/invoices/upcoming: the fake does not model this endpoint"
    with stripe_balance.refused(match=f"^{told}"):
        client.raw_request("get", "/v1/invoices/upcoming", customer=stripe_balance.customer().id)


def test_parameter_errors_name_an_assumption_of_the_register():
    """An endpoint whose parameter errors are assumed names a registered assumption."""
    named = {row.parameter_errors for row in routes.ENDPOINTS} - {None}
    assert named
    assert named <= set(REGISTER)
