"""A cassette's provenance says who answered, and never takes another server for Stripe."""

import pytest
import requests
import vcr

from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.cassettes import yaml_loader
from pytest_stripe_balance.cassettes.provenance import (
    Provenance,
    provenance_of,
    together,
    who_answered,
)
from pytest_stripe_balance.cassettes.writer import CassetteWriter

STRIPE = "https://api.stripe.com/v1/customers"
WHOLE = Provenance(
    who="stripe-test-mode",
    api_version="2026-10-28.endive",
    sdk="stripe-python 16.1.0",
    plugin="0.1.0",
    date="2026-11-24T09:00:00Z",
    test="tests/test_wire.py::test_partial_wire",
)


@pytest.mark.parametrize(
    ("url", "key", "who"),
    [
        (STRIPE, "sk_test_1", "stripe-test-mode"),
        ("https://API.stripe.com:443/v1/customers", "rk_test_1", "stripe-test-mode"),
        ("https://files.stripe.com/v1/files", "sk_test_1", "stripe-test-mode"),
        ("https://connect.stripe.com/oauth/token", "sk_test_1", "stripe-test-mode"),
        (STRIPE, "sk_live_1", "server:api.stripe.com"),
        (STRIPE, "pk_test_1", "server:api.stripe.com"),
        (STRIPE, "", "server:api.stripe.com"),
        ("http://api.stripe.com/v1/customers", "sk_test_1", "server:api.stripe.com"),
        ("https://api.stripe.com:8443/v1/customers", "sk_test_1", "server:api.stripe.com"),
        ("https://api.stripe.com@evil.example/v1/x", "sk_test_1", "server:evil.example"),
        ("https://api.stripe.com.evil.example/v1/x", "sk_test_1", "server:api.stripe.com.evil.example"),
        ("https://evilstripe.com/v1/x", "sk_test_1", "server:evilstripe.com"),
        ("http://localhost:12111/v1/x", "sk_test_1", "server:localhost"),
        ("https://[bad", "sk_test_1", "unknown"),
        ("/v1/x", "sk_test_1", "unknown"),
    ],
)
def test_only_stripes_own_hosts_with_a_test_key_are_stripe(url, key, who):
    """Stripe's test mode is https, one of Stripe's API hosts, and a secret or restricted test key."""
    assert who_answered(url, key) == who


@pytest.mark.parametrize(
    ("whos", "who"),
    [
        (["stripe-test-mode", "stripe-test-mode"], "stripe-test-mode"),
        (["stripe-test-mode", "server:localhost"], "server:localhost"),
        (["stripe-test-mode", "unknown"], "unknown"),
        (["fake", "server:localhost"], "unknown"),
        (["server:a", "server:b", "stripe-test-mode"], "unknown"),
        ([], "unknown"),
    ],
)
def test_a_mixed_recording_is_never_stripes(whos, who):
    """One answer from elsewhere, and a recording is no evidence about Stripe."""
    assert together(whos) == who


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_the_header_is_read_as_it_was_written_and_plain_vcrpy_reads_past_it(suffix, tmp_path):
    """A cassette's provenance is read back as written, and vcrpy can replay the cassette."""
    path = tmp_path / f"one.{suffix}"
    recording = CassetteWriter(path)
    answer = Response(200, Headers({"Content-Type": "application/json"}), b'{"id":"cus_1"}')
    recording.add(Exchange(Request("GET", STRIPE, Headers({})), answer))
    recording.write(WHOLE)
    assert provenance_of(yaml_loader.read_yaml(path.read_text())) == WHOLE
    with vcr.use_cassette(str(path), record_mode="none", serializer=suffix):
        assert requests.get(STRIPE, timeout=9).json() == {"id": "cus_1"}


@pytest.mark.parametrize(
    "data",
    [
        {"interactions": []},
        {"provenance": "stripe-test-mode", "interactions": []},
        {"provenance": {"who": "stripe"}, "interactions": []},
        {"provenance": {"who": ["fake"]}, "interactions": []},
        {"provenance": {"test": "x"}, "interactions": []},
        {"provenance": {"who": "stripe-test-mode"}},
        {
            "provenance": {"who": "stripe-test-mode"},
            "interactions": [{"request": {"uri": "http://localhost/v1/x"}}],
        },
        [],
        None,
    ],
)
def test_a_cassette_without_a_true_header_is_unknown(data):
    """Without a provenance, or with one that the interactions contradict, who answered is unknown."""
    assert provenance_of(data).who == "unknown"
