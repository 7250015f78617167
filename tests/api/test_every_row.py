"""What holds for each row of the table: its refusals, its list, its expandable fields."""

import json
import re

import pytest

from pytest_stripe_balance.api import parameters, request, routes
from pytest_stripe_balance.api.expand import MAX_LEVELS
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.resources import newest_api_version

NEWEST = newest_api_version()
VERSIONS = ["2023-10-16", "2025-02-24.acacia", "2025-08-27.basil", NEWEST]
SHAPES = contract(NEWEST)


def rule_of(row):
    """Give the rule of a row's parameters at the newest version."""
    return SHAPES.rule(str(row))


def rows(keep=lambda _: True):
    """Make a test of each row that is kept."""
    return pytest.mark.parametrize("row", list(filter(keep, routes.ENDPOINTS)), ids=str)


ROWS = rows()
LISTS = rows(lambda row: row.listed)


@pytest.fixture
def trip(toured, everything_in):
    """Go on a tour at the newest version; `refused` asks for an error that leaves all as it was."""
    trip = toured(NEWEST)

    def refused(row, path, **params):
        before = everything_in(trip.session.world)
        answer = trip.answer(row.method, path, **params)
        assert everything_in(trip.session.world) == before
        error = answer.body["error"]
        assert error["message"]
        return answer.status, error["type"], error.get("code"), error.get("param"), error["message"]

    trip.refused = refused
    return trip


@ROWS
def test_an_unknown_parameter_is_named(row, trip):
    """Stripe's parameter_unknown, whatever the call, and nothing changes."""
    path, params = trip.asked[row][0]
    told = trip.refused(row, path, **params, colour="blue")
    message = "Received unknown parameter: colour"
    assert told == (400, "invalid_request_error", "parameter_unknown", "colour", message)


@ROWS
def test_a_missing_parameter_is_named(row, trip):
    """Stripe's parameter_missing, for each parameter that is documented as required."""
    path, params = trip.asked[row][0]
    for name in rule_of(row).get("required", ()):
        rest = {key: value for key, value in params.items() if key != name}
        message = f"Missing required param: {name}."
        told = trip.refused(row, path, **rest)
        assert told == (400, "invalid_request_error", "parameter_missing", name, message)


@ROWS
def test_an_unknown_object_in_the_path_is_a_404(row, trip):
    """resource_missing, with a param and the id in the message, for each id of the path."""
    path, params = trip.asked[row][0]
    ids = [one for one in re.findall(r"[^/]+", path) if one not in row.path.split("/")]
    for one in ids:
        status, kind, code, param, message = trip.refused(row, path.replace(one, "nope"), **params)
        assert (status, kind, code) == (404, "invalid_request_error", "resource_missing")
        if "/checkout/sessions/" in path and one == ids[0]:  # [obs onetimesecret/onetimesecret]
            assert (param, message) == (None, "No such checkout.session: nope")
            continue
        assert re.fullmatch(r"No such [A-Za-z_. ]+: 'nope'(\(livemode=false\))?", message)
        assert param
    assert len(ids) == row.path.count("{")


WRONG = {
    "integer": ("abc", "parameter_invalid_integer", "Invalid integer: abc"),
    "boolean": ("maybe", None, "Invalid boolean: maybe"),
    "object": ("x", None, "Invalid object"),
    "array": ("x", None, "Invalid array"),
    "string": ({"a": "x"}, None, "Invalid string"),
}


@ROWS
def test_a_value_of_the_wrong_type_is_named(row, trip):
    """A modelled parameter that can't be read is refused by its name, and nothing changes."""
    path, params = trip.asked[row][0]
    for name in parameters.modelled_by(row.verb).members:
        rule = rule_of(row)["properties"][name]
        if rule.get("type") not in WRONG or "gone" in rule:
            continue
        value, code, message = WRONG[rule["type"]]
        told = trip.refused(row, path, **{**params, name: value})
        assert told == (400, "invalid_request_error", code, name, message)
        if "enum" in rule:
            _, _, code, param, message = trip.refused(row, path, **{**params, name: "odd"})
            assert (code, param) == (None, name)
            assert message.startswith(f"Invalid {name}: must be one of ")


@rows(lambda row: "expand" in rule_of(row)["properties"])
def test_what_cannot_be_expanded_is_named(row, trip):
    """Stripe's own text, before anything moves."""
    path, params = trip.asked[row][0]
    odd = "data.colour" if row.listed or row.searched else "colour"
    message = f"This property cannot be expanded ({odd})."
    told = trip.refused(row, path, **{**params, "expand": [odd]})
    assert told == (400, "invalid_request_error", None, None, message)


@pytest.mark.parametrize(
    ("row", "version"),
    [
        pytest.param(row, version, id=f"{row} at {version}")
        for row in routes.ENDPOINTS
        for version in VERSIONS
        if row.method == "GET" and row.since <= version
    ],
)
def test_every_documented_field_expands_or_is_refused_by_name(row, version, toured):
    """An id becomes its object, null stays; what the fake keeps no object of is refused out loud."""
    trip = toured(version)
    fields = contract(version).expandables(row.returns)
    for path, params in trip.asked[row]:
        for field, (_, only_then) in fields.items():
            name = f"data.{field}" if row.listed or row.searched else field
            refused = None
            try:
                answer = trip.answer(row.method, path, **{**params, "expand": [name]})
            except Refused as refusal:
                refused = refusal.message
            if refused is not None:
                assert f"expand[]={name}: " in refused
                continue
            if name.count(".") >= MAX_LEVELS:
                assert answer.body["error"]["code"] == "property_expansion_max_depth"
                continue
            assert answer.status == 200
            for one in answer.body["data"] if row.listed or row.searched else [answer.body]:
                assert _is_expanded(one, field.split("."), only_then=only_then)


def _is_expanded(value, path, *, only_then):
    """Tell that nothing at a path is still an id."""
    name, *rest = path
    if not isinstance(value, dict) or value.get("deleted"):
        return True
    if not rest:
        return name in value if only_then else not isinstance(value.get(name), str)
    return _is_expanded(value.get(name), rest, only_then=only_then)


@rows(lambda row: row.listed and SHAPES.expandables(row.returns))
def test_a_list_expands_below_data(row, trip):
    """Without the prefix Stripe's text says where to look."""
    field = next(iter(SHAPES.expandables(row.returns)))
    path, params = trip.asked[row][0]
    *_, message = trip.refused(row, path, **{**params, "expand": [field]})
    hint = f"You may want to try expanding 'data.{field}' instead."
    assert message == f"This property cannot be expanded ({field}). {hint}"


def all_of(trip, path, params):
    """Read a list to its end."""
    found, more = [], True
    while more:
        after = {"starting_after": found[-1]["id"]} if found else {}
        body = trip.answer("GET", path, **{**params, "limit": 100, **after}).body
        found, more = [*found, *body["data"]], body["has_more"]
    return found


@LISTS
def test_a_list_is_walked_in_pages_both_ways(row, trip):
    """One item a page, forwards and backwards: each once, newest first, `has_more` until the last."""
    path, params = trip.asked[row][0]
    params = {name: value for name, value in params.items() if name != "expand"}

    def page(**cursors):
        body = trip.answer("GET", path, **{**params, **cursors}).body
        assert (body["object"], body["url"]) == ("list", path)
        return [one["id"] for one in body["data"]], body["has_more"]

    everything = [one["id"] for one in all_of(trip, path, params)]
    forwards, (found, more) = [], page(limit=1)
    while found:
        forwards += found
        assert more == (len(forwards) < len(everything))
        found, more = page(limit=1, starting_after=found[-1])
    assert forwards == everything
    backwards, found = [], everything[-1:]
    while found:
        backwards = [*found, *backwards]
        found, more = page(limit=1, ending_before=found[0])
        assert more == (len(backwards) + 1 < len(everything))
    assert backwards == everything


@LISTS
def test_a_list_refuses_cursors_and_takes_any_limit(row, trip, monkeypatch):
    """A cursor to nothing is a 400 that names it; a limit outside 1 to the longest is the nearest in it."""
    path, params = trip.asked[row][0]
    for cursor in ("starting_after", "ending_before"):
        told = trip.refused(row, path, **{**params, cursor: "nope"})
        assert told[:4] == (400, "invalid_request_error", "resource_missing", cursor)
    assert request.LONGEST_PAGE == 100
    everything = trip.answer("GET", path, **{**params, "limit": 100}).body["data"]
    assert everything
    for limit in (0, -1):
        assert trip.answer("GET", path, **{**params, "limit": limit}).body["data"] == everything[:1]
    longest = max(len(everything) - 1, 0)  # as no list of the tour has more than 100
    monkeypatch.setattr(request, "LONGEST_PAGE", longest)
    for limit in (len(everything), 101):
        given = trip.answer("GET", path, **{**params, "limit": limit})
        assert (given.status, given.body["data"]) == (200, everything[:longest])
        assert given.body["has_more"] == bool(everything)


@rows(lambda row: row.listed and "created" in rule_of(row)["properties"])
def test_a_list_is_narrowed_by_when_its_items_were_made(row, trip):
    """`created` takes a second, or any of gt, gte, lt and lte."""
    path, params = trip.asked[row][0]

    def times(**created):
        found = all_of(trip, path, {**params, **created})
        return [one["created"] if "created" in one else one["date"] for one in found]

    every = times()
    middle = sorted(every)[len(every) // 2] if every else 0
    holds = {
        "gt": lambda second: second > middle,
        "gte": lambda second: second >= middle,
        "lt": lambda second: second < middle,
        "lte": lambda second: second <= middle,
    }
    for bound, hold in holds.items():
        assert times(created={bound: middle}) == list(filter(hold, every))
    assert times(created=middle) == [second for second in every if second == middle]


def test_what_is_returned_is_compact_json(trip):
    """Bodies have no blanks between their tokens, which no client can tell."""
    body, *_ = trip.send(
        "get", "https://api.stripe.com/v1/customers", {"Authorization": "Bearer sk_test_1"}
    )
    assert body == json.dumps(json.loads(body), separators=(",", ":")).encode()


def _clearable(rule, path=()):
    """Name the parameters that an empty string clears, by their paths; in hashes too."""
    for name, inner in rule.get("properties", {}).items():
        options = (inner, *inner.get("anyOf", ()))
        if any(option.get("clearable") for option in options):
            yield (*path, name)
        for option in options:
            yield from _clearable(option, (*path, name))


def _cleared(path):
    """Make the parameter of a path, as an empty string."""
    value = ""
    for name in reversed(path):
        value = {name: value}
    return value


def _merged(params, more):
    """Put a parameter into others, into their hashes too."""
    both = {
        key: _merged(params[key], more[key])
        for key in params.keys() & more.keys()
        if isinstance(params[key], dict) and isinstance(more[key], dict)
    }
    return {**params, **more, **both}


@rows(lambda row: any(_clearable(rule_of(row))))
def test_what_can_be_cleared_is_never_refused(row, toured):
    """An empty string is no use of a parameter, modelled or not: it is answered, or an error of Stripe's."""
    path, params = toured(NEWEST).asked[row][0]
    for name in _clearable(rule_of(row)):
        answer = toured(NEWEST).answer(row.method, path, **_merged(params, _cleared(name)))
        assert answer.status in (200, 400, 404), name
