"""The table of endpoints, and what must be there for each of its rows."""

import inspect

import pytest

from pytest_stripe_balance.api import parameters, routes
from pytest_stripe_balance.contract.rules import contract
from pytest_stripe_balance.engine.assumptions import REGISTER
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


def test_parameter_errors_name_an_assumption_of_the_register():
    """An endpoint whose parameter errors are assumed names a registered assumption."""
    named = {row.parameter_errors for row in routes.ENDPOINTS} - {None}
    assert named
    assert named <= set(REGISTER)
