"""What a delivery costs beside the handler."""

import hmac
import timeit

from pytest_stripe_balance.webhooks import signature
from pytest_stripe_balance.webhooks.kinds import door_for

PAYLOAD = b'{"id": "evt_1", "name": "%s"}' % (b"x" * 1500)


def test_signing_and_sending_cost_little():
    """A dozen times one HMAC, measured beside it; a thousand deliveries take some 15 ms."""
    door = door_for(handler=lambda _payload, _headers: None)
    runs = {
        "hmac": lambda: hmac.digest(b"whsec_test", PAYLOAD, "sha256"),
        "delivery": lambda: door.send(PAYLOAD, signature.headers(PAYLOAD, ["whsec_test"])),
    }
    took = {name: min(timeit.repeat(run, number=50, repeat=60)) for name, run in runs.items()}
    assert took["delivery"] < 12 * took["hmac"]
