"""The short way of reading a form gives what the long way gives, or leaves it to that."""

import pytest
from drawn import HOSTILE, by_rule
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from majors import encoded

from pytest_stripe_balance.api import compiled_form, form, parameters, routes
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.resources import modelled_versions, newest_api_version

CREATE = ("POST", "/v1/payment_intents")


def the_short_way(row, text, api_version):
    return compiled_form.read(text, row.name, contract(api_version).rule, row.verb)


def the_long_way(row, text, api_version):
    given = parameters.read(form.decode(text), contract(api_version).rule(row.name))
    asked = {name: value for name, value in given.items() if name != "expand"}
    parameters.refuse_unmodelled(asked, row.verb, row.name)
    parameters.refuse_together(asked, row.name)
    return given


def outcome(way, *asked):
    """Give what was read, its order told, or what was wrong."""
    try:
        return repr(way(*asked))
    except Fault as fault:
        return fault.message, fault.param, fault.code, fault.assumption
    except Refused as refusal:
        return refusal.message


@pytest.mark.parametrize("api_version", [modelled_versions()[0], newest_api_version()])
def test_both_ways_read_the_same(api_version):
    """Parameters, their types and order, and the first mistake are the long way's, whatever is asked."""
    rows = [row for row in routes.ENDPOINTS if contract(api_version).rule(row.name) is not None]
    short = []

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def read(data):
        row = data.draw(st.sampled_from(rows))
        rules = contract(api_version).rule(row.name).get("properties", {})
        modelled = sorted(rules.keys() & parameters.modelled_by(row.verb).members.keys())
        names = data.draw(st.lists(st.sampled_from(modelled or ["x"]), max_size=4, unique=True))
        fields = {name: data.draw(by_rule(rules.get(name, {}), ["pi_1"])) for name in names}
        if fields and data.draw(st.booleans()):
            fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(HOSTILE)
        text = encoded(fields) + data.draw(
            st.sampled_from(["", "", "", "&", "&a=1", "&expand[]=customer"])
        )
        asked = (row, text, api_version)
        read_short = outcome(the_short_way, *asked)
        short.append(read_short != "None")
        assert read_short in ("None", outcome(the_long_way, *asked))

    read()
    assert 0.2 < sum(short) / len(short) < 0.9


PLAIN = (
    ("amount=1000&currency=usd", {"amount": 1000, "currency": "usd"}),
    ("currency=usd&confirm=true&amount=5", {"currency": "usd", "confirm": True, "amount": 5}),
    ("amount=1&amount=2&currency=usd", {"amount": 2, "currency": "usd"}),
    (
        "amount=1&currency=usd&description=a+%E2%82%AC",
        {"amount": 1, "currency": "usd", "description": "a €"},
    ),
    (
        "amount=1&currency=usd&metadata%5Ba%5D=b",
        {"amount": 1, "currency": "usd", "metadata": {"a": "b"}},
    ),
    (
        "amount=1&currency=usd&expand[1]=customer&expand[0]=latest_charge",
        {"amount": 1, "currency": "usd", "expand": ["latest_charge", "customer"]},
    ),
    (
        "amount=1&currency=usd&expand[10]=customer&expand[9]=latest_charge",
        {"amount": 1, "currency": "usd", "expand": ["latest_charge", "customer"]},
    ),
    (
        "amount=1&currency=usd&payment_method_data[type]=customer_balance&payment_method_data[metadata][a]=b",
        {
            "amount": 1,
            "currency": "usd",
            "payment_method_data": {"type": "customer_balance", "metadata": {"a": "b"}},
        },
    ),
)


@pytest.mark.parametrize(("text", "given"), PLAIN)
def test_what_tests_ask_for_is_read_the_short_way(text, given):
    """Names that are known and modelled, with values of their types."""
    row, _ = routes.match(*CREATE)
    assert the_short_way(row, text, newest_api_version()) == given


LONG_WAY = {
    "an empty value": "amount=1&currency=usd&description=",
    "no value": "amount=1&currency",
    "nothing between": "amount=1&&currency=usd",
    "an unknown name": "amount=1&currency=usd&amout=2",
    "a name that is missing": "amount=1",
    "a name that isn't modelled": "amount=1&currency=usd&mandate=mandate_1",
    "a value that isn't modelled": "amount=1&currency=usd&automatic_payment_methods[enabled]=false",
    "a name that is gone": "amount=1&currency=usd&payment_method_types=card",
    "a value that there isn't": "amount=1&currency=usd&capture_method=x",
    "a value in capitals": "amount=1&currency=usd&confirm=True",
    "names that exclude each other": "amount=1&currency=usd&payment_method=pm_1&payment_method_data[type]=customer_balance",
    "a value and a hash": "amount=1&currency=usd&metadata=1&metadata[a]=1",
    "a hash for a value": "amount[a]=1&currency=usd",
    "odd brackets": "amount=1&currency=usd&metadata[a=1",
    "an array by names": "amount=1&currency=usd&expand[a]=customer",
    "letters that aren't coded": "amount=1&currency=usd&description=é",
    "more than is kept": f"amount=1&currency=usd&description={'x' * 5000}",
}


@pytest.mark.parametrize("text", LONG_WAY.values(), ids=LONG_WAY)
def test_what_is_not_plain_goes_the_long_way(text):
    """The one that says what is wrong."""
    row, _ = routes.match(*CREATE)
    assert the_short_way(row, text, newest_api_version()) is None


def test_a_parameter_that_is_gone_goes_the_long_way():
    """Its error is of the API version."""
    row, _ = routes.match(*CREATE)
    text = "amount=1&currency=usd&payment_method_types[0]=customer_balance"
    versions = {version: the_short_way(row, text, version) is None for version in modelled_versions()}
    assert versions[newest_api_version()]
    assert not versions[modelled_versions()[0]]


def test_what_is_read_is_nobody_elses():
    """Containers are made for each request."""
    row, _ = routes.match(*CREATE)
    text = "amount=1&currency=usd&metadata[a]=b&expand[0]=customer"
    for _ in range(2):
        given = the_short_way(row, text, newest_api_version())
        assert (given["metadata"], given["expand"]) == ({"a": "b"}, ["customer"])
        given["metadata"].clear()
        given["expand"].append("more")


def test_names_of_a_long_text_are_not_kept():
    """What a request names at length is read, and forgotten."""
    row, _ = routes.match(*CREATE)
    before = compiled_form._steps.cache_info()
    assert the_short_way(row, f"metadata[{'x' * 5000}]=1", newest_api_version()) is None
    assert compiled_form._steps.cache_info() == before
    assert before.maxsize == 256
