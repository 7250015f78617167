"""A signature is judged by those who check it: every stripe-python, and stripe-node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import stripe

from pytest_stripe_balance.webhooks import signature

SECRET, ROLLED = "whsec_new", "whsec_rolled"
PAYLOAD = json.dumps({"id": "evt_1", "object": "event", "name": "Žofie"}, ensure_ascii=False).encode()
RELEASES = sorted(Path(os.environ.get("STRIPE_SDK_RELEASES", "no releases")).glob("*/stripe"))
# Prints the outcome for each [payload in hex, header, secret] of the input.
PYTHON = """
import json, sys
import stripe
for payload, header, secret in json.load(sys.stdin):
    try:
        event = stripe.Webhook.construct_event(bytes.fromhex(payload), header, secret)
        print(event.id)
    except stripe.error.SignatureVerificationError if hasattr(stripe, "error") else stripe.SignatureVerificationError:
        print("refused")
"""
NODE = """
const Stripe = require(process.env.STRIPE_NODE);
const stripe = new (Stripe.default || Stripe)("sk_test_1");
for (const [payload, header, secret] of JSON.parse(require("fs").readFileSync(0))) {
    try {
        console.log(stripe.webhooks.constructEvent(Buffer.from(payload, "hex"), header, secret).id);
    } catch (error) {
        console.log(error.type === "StripeSignatureVerificationError" ? "refused" : error);
    }
}
"""


def _signed(payload, secrets, at=None):
    return signature.header(payload, secrets, at)


def _flipped(payload):
    return bytes([payload[0] ^ 1]) + payload[1:]


HEADER_OF = {
    "one secret": lambda: (PAYLOAD, _signed(PAYLOAD, [SECRET]), SECRET, "evt_1"),
    "the new of two": lambda: (PAYLOAD, _signed(PAYLOAD, [SECRET, ROLLED]), SECRET, "evt_1"),
    "the old of two": lambda: (PAYLOAD, _signed(PAYLOAD, [SECRET, ROLLED]), ROLLED, "evt_1"),
    "another secret": lambda: (PAYLOAD, _signed(PAYLOAD, [SECRET]), ROLLED, "refused"),
    "a flipped bit": lambda: (_flipped(PAYLOAD), _signed(PAYLOAD, [SECRET]), SECRET, "refused"),
    "an hour old": lambda: (PAYLOAD, _signed(PAYLOAD, [SECRET], 1_764_000_000), SECRET, "refused"),
}


def _judged_by(command, cases, **environment):
    rows = json.dumps([[payload.hex(), header, secret] for payload, header, secret, _ in cases])
    done = subprocess.run(
        command,
        input=rows,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )
    return done.stdout.split() or done.stderr


@pytest.mark.parametrize("case", HEADER_OF)
def test_the_installed_sdk_takes_what_is_signed_and_nothing_else(case):
    """A repeat of the payload with one bit flipped isn't taken, nor an old one."""
    payload, header, secret, expected = HEADER_OF[case]()
    if expected == "refused":
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(payload, header, secret)
    else:
        assert stripe.Webhook.construct_event(payload, header, secret).id == expected


@pytest.mark.skipif(not RELEASES, reason="STRIPE_SDK_RELEASES names no releases")
@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.parent.name)
def test_every_stripe_python_agrees(release):
    """Each release has a construct_event of its own."""
    cases = [case() for case in HEADER_OF.values()]
    judged = _judged_by([sys.executable, "-c", PYTHON], cases, PYTHONPATH=str(release.parent))
    assert judged == [expected for *_, expected in cases]


@pytest.mark.skipif(
    not (shutil.which("node") and os.environ.get("STRIPE_NODE")),
    reason="STRIPE_NODE names no stripe-node",
)
def test_stripe_node_agrees():
    """It is written apart from stripe-python."""
    cases = [case() for case in HEADER_OF.values()]
    assert _judged_by(["node", "-e", NODE], cases) == [expected for *_, expected in cases]


def test_every_flipped_byte_is_refused():
    """Wherever it stands."""
    header = signature.header(PAYLOAD, [SECRET])
    for place in range(len(PAYLOAD)):
        changed = PAYLOAD[:place] + bytes([PAYLOAD[place] ^ 0x80]) + PAYLOAD[place + 1 :]
        with pytest.raises((stripe.SignatureVerificationError, UnicodeDecodeError)):
            stripe.Webhook.construct_event(changed, header, SECRET)


def test_the_moment_can_be_given():
    """The header is the same for the same moment, in whole seconds."""
    header = signature.header(b"{}", ["whsec_test"], 1_764_000_000.9)
    assert header.startswith("t=1764000000,v1=")
    assert header == signature.header(b"{}", ["whsec_test"], 1_764_000_000)


def test_a_payload_is_sent_as_stripe_sends_it():
    """Its headers beside the signature."""
    headers = signature.headers(b"{}", ["whsec_test"], 1_764_000_000)
    assert headers.pop("Stripe-Signature") == signature.header(b"{}", ["whsec_test"], 1_764_000_000)
    assert headers == {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
