"""The table of endpoints, and what must be there for each of its rows."""

import importlib.metadata
import inspect

import pytest
import stripe

from pytest_stripe_balance.api import parameters, routes
from pytest_stripe_balance.api.endpoint import Endpoint
from pytest_stripe_balance.api.ignored import Ignored
from pytest_stripe_balance.api.request import Call, VersionRules
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.engine.state.assumptions import REGISTER
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.resources import modelled_versions, newest_api_version

OURS = tuple(map(int, importlib.metadata.version("pytest-stripe-balance").split(".")))
EVERY_ROW = pytest.mark.parametrize("endpoint", routes.ENDPOINTS, ids=str)


def lacking(endpoint):
    """Say what the schemas lack for a row at the versions that have its call; "" when all is there."""
    versions = [contract(version) for version in modelled_versions() if version >= endpoint.since]
    rules = [shapes.release for shapes in versions if shapes.rule(str(endpoint)) is None]
    objects = [shapes.release for shapes in versions if endpoint.returns not in shapes.objects]
    message = ""
    if rules:
        message += (
            f"{endpoint}: schemas/ has no parameter rules at {', '.join(rules)}. "
            "Run `python -m pytest_stripe_balance derive --all`"
        )
    if objects:
        message += (
            f"{endpoint}: schemas/objects/ has no {endpoint.returns}.json at {', '.join(objects)}. "
            "Run `python -m pytest_stripe_balance derive --all`"
        )
    later = ". If Stripe has the call only since a later version, its row says so: since="
    return message and message + later


@EVERY_ROW
def test_each_row_has_rules_and_a_schema_at_every_version_that_has_it(endpoint):
    """What an endpoint takes and what it returns are derived, not written."""
    assert not lacking(endpoint), lacking(endpoint)


def test_a_row_without_rules_is_named_with_the_versions_and_the_command():
    """The message says what to run, and what a row for a newer call says."""
    row = Endpoint("POST", "/v1/teapots", lambda: None, "teapot", since="2026-03-25.dahlia")
    message = lacking(row)
    assert "POST /v1/teapots: schemas/ has no parameter rules at 2026-08-26.dahlia" in message
    assert "has no teapot.json at 2026-08-26.dahlia" in message
    assert "clover" not in message
    assert "`python -m pytest_stripe_balance derive --all`" in message
    assert "since=" in message


def test_a_call_without_rules_is_refused_by_its_version():
    """A user is told which version lacks the rules, and what to do."""
    (row, *_), version = routes.ENDPOINTS, newest_api_version()
    call = Call(None, row, (), VersionRules(version, lambda _: None, {}), Ignored())
    with pytest.raises(Refused, match=f"^{row}: the schemas of API version {version} lack the rules"):
        call.read()


def test_a_row_that_the_tour_misses_is_named_with_the_place_to_add_it(tour):
    """The tour's tests say what to write, not only which key is missing."""
    row = routes.ENDPOINTS[0]
    with pytest.raises(AssertionError, match="the tour doesn't ask POST /v1/customers") as raised:
        tour("2024-06-20").asked[row]
    assert 'self.ask("POST", "/v1/customers"' in str(raised.value)
    assert "tests/api/conftest.py" in str(raised.value)


@EVERY_ROW
def test_a_row_came_with_a_release_that_is_there_or_with_the_next(endpoint):
    """What a stub's note says of the release is true: none is later than the one of pyproject.toml."""
    assert tuple(map(int, endpoint.since_release.split(".") if endpoint.since_release else ())) <= OURS


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
