"""Cassettes of every layout of vcrpy are read, and their tags never run code."""

import base64
import gzip
import json
import os
import sys
import zlib
from pathlib import Path

import pytest
import yaml

from pytest_stripe_balance.cassettes import bodies, interactions, yaml_loader
from pytest_stripe_balance.input_files import InputError

REAL_DATA = Path(os.environ.get("STRIPE_REAL_DATA", "../shared/real"))
REAL = sorted(path for path in REAL_DATA.rglob("*") if path.suffix in {".yml", ".yaml"})
INTENT = {"id": "pi_1", "object": "payment_intent"}
BODY = json.dumps(INTENT)


def interaction(body, uri="https://api.stripe.com/v1/payment_intents/pi_1", **headers):
    return {
        "request": {"method": "get", "uri": uri, "body": None, "headers": {}},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {name.replace("_", "-"): [value] for name, value in headers.items()},
            "body": body,
        },
    }


def read(*items):
    return list(interactions.interactions({"interactions": list(items), "version": 1}))


def in_yaml(text):
    return list(interactions.interactions(yaml_loader.read_yaml(text)))


@pytest.mark.skipif(not REAL, reason="STRIPE_REAL_DATA")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_every_interaction_of_a_real_cassette_is_read(path):
    """Real cassettes of six years are read whole: each answer is Stripe's, has JSON, and pins a version."""
    found = in_yaml(path.read_text("utf-8"))
    written = path.read_text("utf-8").count("\n- request:")
    assert len(found) == written
    for one in found:
        assert one.exchange.response.json
        assert one.exchange.response.headers["Stripe-Version"][:2] == "20"
        assert path.read_text("utf-8").splitlines()[one.line - 1] == "- request:"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param({"string": BODY}, {}, id="text"),
        pytest.param({"string": BODY.encode()}, {}, id="bytes"),
        pytest.param(BODY, {}, id="no hash around it"),
        pytest.param({"string": gzip.compress(BODY.encode())}, {"Content_Encoding": "gzip"}, id="gzip"),
        pytest.param(
            {"string": zlib.compress(BODY.encode())}, {"content_encoding": "deflate"}, id="zlib"
        ),
        pytest.param(
            {"string": zlib.compress(BODY.encode())[2:-4]},
            {"Content_Encoding": "deflate"},
            id="raw deflate",
        ),
        pytest.param({"string": BODY}, {"Content_Encoding": "gzip"}, id="unpacked by the recorder"),
        pytest.param(
            {"base64_string": base64.b64encode(BODY.encode()).decode()}, {}, id="betamax's base64"
        ),
        pytest.param({"string": base64.b64encode(BODY.encode()).decode()}, {}, id="base64 in a string"),
    ],
)
def test_a_body_is_what_was_meant_however_it_was_written(body, headers):
    """Compressed, coded, bytes or text: the same JSON comes out."""
    (found,) = read(interaction(body, **headers))
    assert found.exchange.response.json == INTENT


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        ({"string": "<html>"}, {}, "isn't JSON"),
        ({"string": b"\xff\xfe"}, {}, "isn't JSON"),
        ({"string": ""}, {}, "without a body"),
        ({}, {}, "without a body"),
        ({"string": gzip.compress(BODY.encode())[:-9]}, {"Content_Encoding": "gzip"}, "cut short"),
        ({"string": b"\x00"}, {"Content_Encoding": "zstd"}, "'zstd'"),
    ],
)
def test_a_body_that_is_no_json_is_passed_over_with_its_reason(body, headers, reason):
    """An interaction that can't be read is reported with the reason."""
    (found,) = read(interaction(body, **headers))
    assert isinstance(found, interactions.Skipped)
    assert reason in found.reason
    assert found.request == "GET /v1/payment_intents/pi_1"


def test_brotli_is_named_where_it_cannot_be_read(monkeypatch):
    """Without the brotli package the reason names it."""
    monkeypatch.setitem(sys.modules, "brotli", None)
    monkeypatch.setitem(sys.modules, "brotlicffi", None)
    (found,) = read(interaction({"string": b"\x0b"}, Content_Encoding="br"))
    assert "install the brotli package" in found.reason


def test_a_small_body_that_unpacks_to_a_giant_is_left_packed(monkeypatch):
    """A compression bomb is stopped at the limit, not unpacked."""
    monkeypatch.setattr(bodies, "BIGGEST", 1_000_000)
    packed = gzip.compress(b" " * 2_000_000)
    (found,) = read(interaction({"string": packed}, Content_Encoding="gzip"))
    assert "of more than 1 MB" in found.reason


@pytest.mark.parametrize(
    ("uri", "headers", "ours"),
    [
        ("https://api.stripe.com/v1/charges", {}, True),
        ("https://API.Stripe.com:443/v1/charges", {}, True),
        ("https://files.stripe.com/v1/files", {}, True),
        ("http://localhost:12111/v1/charges", {}, True),
        ("http://127.0.0.1:8420/v1/charges", {}, True),
        ("https://stripe-mock.example.com/v1/charges", {"Stripe_Version": "2020-08-27"}, True),
        ("https://api.example.com/v1/models", {}, False),
        ("http://localhost:8000/health", {}, False),
        ("https://notstripe.com/v1/charges", {}, False),
        ("https://api.stripe.com.example.com/charges", {}, False),
    ],
)
def test_only_what_was_asked_of_stripe_counts(uri, headers, ours):
    """Stripe's hosts count, and servers in their place by their path; other APIs' traffic is left out."""
    assert bool(read(interaction({"string": BODY}, uri, **headers))) is ours


def test_the_method_is_upper_case_and_headers_are_found_in_any_case():
    """Recordings of aiohttp say `get`, and header names come as the server sent them."""
    (found,) = read(interaction({"string": BODY}, STRIPE_VERSION="2020-08-27"))
    assert found.exchange.request.method == "GET"
    assert found.exchange.response.headers["Stripe-Version"] == "2020-08-27"


@pytest.mark.parametrize(
    "headers",
    [
        {"Stripe-Version": ["2020-08-27"]},
        {"Stripe-Version": "2020-08-27"},
        [["Stripe-Version", "2020-08-27"]],
        ["Stripe-Version: 2020-08-27\r\n"],
        {b"Stripe-Version": [b"2020-08-27"]},
    ],
)
def test_headers_are_read_however_they_were_written(headers):
    """Lists, strings, pairs, lines and bytes all say the same."""
    item = interaction({"string": BODY})
    item["response"]["headers"] = headers
    (found,) = read(item)
    assert found.exchange.response.headers["Stripe-Version"] == "2020-08-27"


def test_the_layout_of_httpx_in_older_vcrpy_is_read():
    """In vcrpy 2 to 5, httpx's answers were written with `status_code` and `content`."""
    item = interaction(None)
    item["response"] = {"status_code": 402, "http_version": "HTTP/1.1", "headers": {}, "content": BODY}
    (found,) = read(item)
    assert (found.exchange.response.status, found.exchange.response.json) == (402, INTENT)


OLDEST = """
- request: !!python/object:vcr.request.Request
    body: amount=100
    headers: !!python/object/apply:__builtin__.frozenset
    - - !!python/tuple [Stripe-Version, '2014-01-31']
    host: api.stripe.com
    method: POST
    path: /v1/charges
    port: 443
    protocol: https
  response:
    body: {string: !!python/unicode '{"object": "charge"}'}
    headers: ["Stripe-Version: 2014-01-31\\r\\n"]
    status: {code: 200, message: OK}
"""


def test_a_cassette_from_before_vcrpy_1_is_read():
    """The first layout, a list with an address in parts and pickled requests, is the same exchange."""
    (found,) = in_yaml(OLDEST)
    request, response = found.exchange.request, found.exchange.response
    assert request.url == "https://api.stripe.com/v1/charges"
    assert request.body == "amount=100"
    assert request.headers["stripe-version"] == response.headers["stripe-version"] == "2014-01-31"


def test_the_layout_of_ruby_vcr_and_betamax_is_read():
    """`http_interactions` hold the same, with bodies that say their encoding."""
    item = interaction({"encoding": "UTF-8", "string": BODY})
    item["request"]["body"] = {"encoding": "US-ASCII", "string": "a=b"}
    (found,) = interactions.interactions({"http_interactions": [item]})
    assert (found.exchange.request.body, found.exchange.response.json) == ("a=b", INTENT)


@pytest.mark.parametrize(
    ("written", "posted"),
    [
        ("!!python/object/new:_io.BytesIO {state: !!python/tuple [!!binary YT1i, 0, null]}", "a=b"),
        ("!!python/object/apply:builtins.iter {args: [[a=, b]]}", "a=b"),
        ("!!binary YT1i", "a=b"),
        ("!binary YT1i", "a=b"),
        ("null", ""),
    ],
)
def test_the_tags_that_vcrpy_writes_for_bodies_are_known(written, posted):
    """File-like, iterated and binary request bodies are read as the text that was posted."""
    text = yaml.safe_dump({"interactions": [interaction({"string": BODY})]}).replace(
        "body: null", f"body: {written}"
    )
    assert in_yaml(text)[0].exchange.request.body == posted


@pytest.mark.parametrize("tag", ["!binary", "!!binary"])
@pytest.mark.parametrize(
    ("content", "read"),
    [
        ("Zoë".encode(), "Zoë"),
        (gzip.compress(b"{}", mtime=0), gzip.compress(b"{}", mtime=0)),
        (b"", ""),
    ],
    ids=["text", "no text", "nothing"],
)
def test_what_ruby_writes_as_binary_is_read_as_base64_wherever_it_stands(tag, content, read):
    """Psych's local tag means what YAML's own means, in values and keys; bytes that are text become text."""
    coded = f"{tag} |-\n  {base64.b64encode(content).decode()}"
    assert yaml_loader.read_yaml(f"a: {coded}") == {"a": read}
    if isinstance(read, str):
        assert yaml_loader.read_yaml(f"? {coded}\n: b") == {read: "b"}


def test_a_body_that_ruby_wrote_as_binary_is_stripes_answer():
    """One letter outside ASCII, and Ruby's VCR writes the whole body so, over several lines."""
    named = {**INTENT, "description": "Für Zoë " * 20}
    coded = base64.encodebytes(json.dumps(named, ensure_ascii=False).encode()).decode()
    text = yaml.safe_dump({"http_interactions": [interaction({"string": "BODY"})]})
    folded = coded.replace("\n", "\n" + " " * 8)
    assert (
        in_yaml(text.replace("BODY", f"!binary |-\n        {folded}"))[0].exchange.response.json == named
    )


@pytest.mark.parametrize("written", ["!binary YT1iY", "!!binary [a]", "!binary {a: b}"])
def test_a_binary_that_is_none_is_one_reason_with_its_line(written):
    """Invalid base64 is refused, as other invalid YAML is."""
    with pytest.raises(InputError, match=r"base64|must be a string") as refused:
        yaml_loader.read_yaml(f"a: 1\nb: {written}")
    assert refused.value.line == 2


def test_header_names_of_aiohttp_are_read_from_their_tags():
    """In vcrpy 2 to 4, multidict's names were written as objects."""
    name = "? !!python/object/new:multidict._multidict.istr [Stripe-Version]\n      : ['2020-08-27']"
    text = yaml.safe_dump({"interactions": [interaction({"string": BODY}, Gone="x")]})
    text = text.replace("Gone:\n      - x", name)
    assert in_yaml(text)[0].exchange.response.headers["Stripe-Version"] == "2020-08-27"


@pytest.mark.parametrize(
    "written",
    [
        "!!python/object/apply:os.system ['touch {made}']",
        "!!python/object/new:os.system ['touch {made}']",
        "!!python/object/apply:subprocess.check_output [[touch, '{made}']]",
        "!!python/name:os.system ''",
        "!!python/module:os ''",
        "!custom x",
    ],
)
def test_a_foreign_tag_is_refused_by_name_and_never_run(written, tmp_path):
    """A cassette can't run anything, wherever the tag stands; the refusal names tag and line."""
    made = tmp_path / "made"
    with pytest.raises(InputError, match=r"unknown tag !.* its code was not run") as refused:
        yaml_loader.read_yaml("interactions:\n- " + written.format(made=made))
    assert refused.value.line == 2
    assert not made.exists()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\na: 2", 2, "the key 'a' appears twice"),
        ("a:\n- b\n c: [", 3, "not YAML, or cut short"),
        ("a: \x00", 1, "control characters"),
        ("a\n---\nb", 2, "several YAML documents"),
        ("? [a]\n: b", 1, "a key must be a string"),
        ("[" * 50_000, 1, "nested too deeply"),
        ("- " * 50_000, 1, "nested too deeply"),
    ],
)
def test_bad_yaml_is_one_reason_with_its_line(text, line, reason):
    """Whatever the fault is, it is an InputError that says where, and the process lives."""
    with pytest.raises(InputError, match=reason) as refused:
        yaml_loader.read_yaml(text)
    assert refused.value.line == line
    assert "\n" not in refused.value.reason


@pytest.mark.parametrize("gone", ["status", "body"])
def test_a_cassette_that_is_cut_short_names_the_interaction(gone):
    """The interactions before the cut are read; then the error names the number and line of the cut one."""
    whole, cut = interaction({"string": BODY}), interaction({"string": BODY})
    del cut["response"][gone]
    found = interactions.interactions(
        yaml_loader.read_yaml(yaml.safe_dump({"interactions": [whole, cut]}))
    )
    assert next(found).line == 2
    with pytest.raises(InputError, match="interaction 2 is cut short") as refused:
        next(found)
    assert refused.value.line == 14


@pytest.mark.parametrize("data", [{}, [], "text", None, {"interactions": "none"}, [{"request": 1}]])
def test_other_data_is_no_cassette(data):
    """Data without a list of interactions is refused as no cassette."""
    with pytest.raises(InputError, match="not a cassette"):
        list(interactions.interactions(data))


def test_an_unquoted_version_stays_the_text_that_was_written():
    """YAML's dates don't get hold of a Stripe-Version that lost its quotes."""
    assert yaml_loader.read_yaml("Stripe-Version: 2020-08-27\nport: 0443\n") == {
        "Stripe-Version": "2020-08-27",
        "port": "0443",
    }
