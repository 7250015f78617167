"""Stripe's signature of a delivery, as `stripe.Webhook.construct_event` checks it."""

from __future__ import annotations

import hmac
import time
from collections.abc import Sequence

_USER_AGENT = "Stripe/1.0 (+https://stripe.com/docs/webhooks)"


def header(payload: bytes, secrets: Sequence[str], at: float | None = None) -> str:
    """Give the Stripe-Signature of a payload: `t=1764000000,v1=5257a869...`.

    There is one `v1` for each secret: an endpoint whose secret was rolled has two for a while.
    `at` is in seconds since 1970, and now if it isn't given. Now is the machine's time, never that of a
    fake world, because construct_event refuses a header that is older than five minutes.
    """
    assert secrets, "a payload is signed with one secret at least"
    assert not isinstance(secrets, str), "a list of secrets, since a text is a list of letters"
    moment = int(time.time() if at is None else at)
    signed = b"%d.%s" % (moment, payload)
    digests = (hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets)
    return f"t={moment}," + ",".join(f"v1={digest}" for digest in digests)


def headers(payload: bytes, secrets: Sequence[str], at: float | None = None) -> dict[str, str]:
    """Give the headers that Stripe sends a payload with. Source: docs/stripe.md 7."""
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": _USER_AGENT,
        "Stripe-Signature": header(payload, secrets, at),
    }
