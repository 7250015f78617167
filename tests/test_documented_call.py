"""The one example in Stripe's API reference: its request, answered with its exact body."""

import json
import os
from pathlib import Path

import pytest
import stripe
import vcr
import yaml
from majors import v1

from pytest_stripe_balance import resources
from pytest_stripe_balance.contract.contract import contract

INTENT = "pi_1GszwY2eZvKYlo2CohCEmT6b"
CASSETTE = resources.folder("cassettes") / "documentation" / "apply_customer_balance.yaml"
REFERENCE = Path(
    os.environ.get("STRIPE_REAL_DATA", "../shared/real"),
    "../stripe/apply_customer_balance.reference.txt",
)


@pytest.fixture(scope="module")
def documented():
    tape = yaml.safe_load(CASSETTE.read_text("utf-8"))
    return tape["interactions"][0]["response"]["body"]["string"]


def test_the_documented_request_gets_the_documented_body(documented):
    """Plain vcrpy and an unmodified client replay the example to the letter."""
    client = stripe.StripeClient("sk_test_any", http_client=stripe.RequestsClient())
    with vcr.use_cassette(str(CASSETTE), record_mode="none") as cassette:
        intent = v1(client).payment_intents.apply_customer_balance(INTENT)
    assert cassette.all_played
    assert intent.last_response.body == documented
    assert (intent.id, intent.status, intent.amount) == (INTENT, "requires_payment_method", 1000)


def test_the_example_shows_a_card_intent_and_no_money(documented):
    """What the README says of the example is so: a card intent that waits for a payment method."""
    body = json.loads(documented)
    assert body["payment_method_types"] == ["card"]
    assert (body["customer"], body["next_action"], body["amount_received"]) == (None, None, 0)


def test_the_cassette_says_that_nobody_recorded_it():
    """Its provenance is the documentation, which is no evidence about Stripe."""
    tape = yaml.safe_load(CASSETTE.read_text("utf-8"))
    assert tape["provenance"]["who"] == "documentation"


def test_the_documented_example_has_the_documented_shape(documented):
    """The example validates against the schema that the SDK's types give, at every version."""
    for version in resources.api_versions():
        findings = contract(version).check(json.loads(documented))
        assert [finding for finding in findings if finding.kind == "breaking"] == []


def test_the_cassette_holds_the_reference_pages_own_text(documented):
    """The body is the page's, character by character."""
    if not REFERENCE.exists():
        pytest.skip("STRIPE_REAL_DATA")
    assert documented in REFERENCE.read_text("utf-8")
