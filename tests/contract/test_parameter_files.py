"""The form that parameter rules have in their files."""

from pytest_stripe_balance.contract import parameter_files, schema_files
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.resources import newest_api_version

LINES = {"type": "object", "properties": {f"line{at}": {"type": "string"} for at in range(9)}}
ADDRESS = {"type": "object", "properties": {"a/b~c": LINES, "others": {"type": "array", "items": LINES}}}
RULES = {
    "POST /v1/things": {
        "type": "object",
        "properties": {"address": ADDRESS, "name": {"type": "string"}},
    },
    "POST /v1/things/{thing}": {
        "type": "object",
        "properties": {
            "address": {"anyOf": [{"type": "string"}, ADDRESS]},
            "homes": {"type": "object", "additionalProperties": ADDRESS},
        },
    },
}


def test_a_part_that_comes_again_refers_to_its_first_place():
    """The reference is a JSON pointer, and names no number that another rule could shift."""
    shared = parameter_files.shared(RULES)
    assert shared["POST /v1/things/{thing}"]["properties"] == {
        "address": {"anyOf": [{"type": "string"}, {"$ref": "#/POST ~1v1~1things/properties/address"}]},
        "homes": {
            "type": "object",
            "additionalProperties": {"$ref": "#/POST ~1v1~1things/properties/address"},
        },
    }
    address = shared["POST /v1/things"]["properties"]["address"]
    assert address["properties"]["others"]["items"] == {
        "$ref": "#/POST ~1v1~1things/properties/address/properties/a~1b~0c"
    }


def test_a_rule_is_read_back_whole():
    """Through maps, arrays and alternatives, and names with the pointer's own signs in them."""
    shared, known = parameter_files.shared(RULES), {}
    read = {endpoint: parameter_files.whole(shared, endpoint, known, ["endive"]) for endpoint in shared}
    assert read == RULES
    assert len(known) == 2


def test_a_new_call_adds_lines_and_changes_none():
    """The text of the calls before it stays; it goes into the file of its resource."""
    endpoints = sorted(name for name in contract(newest_api_version()).endpoints if "/charges" in name)
    assert {parameter_files.file_of(endpoint) for endpoint in endpoints} == {"charges.json"}
    rules = {endpoint: contract(newest_api_version()).rule(endpoint) for endpoint in endpoints}
    update = "POST /v1/charges/{charge}"
    rules[update] = {
        "type": "object",
        "properties": {"shipping": LINES, "metadata": {"type": "object"}},
        "required": [],
    }
    before = schema_files.written(
        parameter_files.shared({name: rules[name] for name in endpoints if name != update})
    )
    after = schema_files.written(parameter_files.shared(rules))
    kept = set(after.splitlines())
    assert [line for line in before.splitlines()[:-2] if line not in kept] == []


def test_a_call_is_only_at_the_releases_that_have_it():
    """Also where its rule refers to that of another call, and a part of it came later."""
    newer = {"@since": {"basil": {"type": "object", "properties": {"lines": LINES}}}}
    shared = parameter_files.shared({"POST /v1/things": newer, "POST /v1/things/{thing}": newer})
    assert shared["POST /v1/things/{thing}"] == {"$ref": "#/POST ~1v1~1things"}
    assert list(parameter_files.endpoints(shared, ["acacia"])) == []
    assert list(parameter_files.endpoints(shared, ["acacia", "basil"])) == sorted(shared)
    for endpoint in (*shared, "GET /v1/things"):
        assert parameter_files.whole(shared, endpoint, {}, ["acacia"]) is None
    rule = parameter_files.whole(shared, "POST /v1/things/{thing}", {}, ["acacia", "basil"])
    assert rule == {"type": "object", "properties": {"lines": LINES}}
