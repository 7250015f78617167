"""A replayed call costs next to nothing, and the same however long the cassette is."""

import statistics
import sys
import time

import pytest
import vcr
from vcr.request import Request as VcrRequest

from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.cassettes.provenance import Provenance
from pytest_stripe_balance.cassettes.replay import Replay
from pytest_stripe_balance.cassettes.writer import CassetteWriter

URL = "https://api.stripe.com/v1/payment_intents"
ANSWER = Response(200, Headers({"Content-Type": "application/json"}), b'{"object": "payment_intent"}')


def exchanges(count, secret=""):
    return [
        Exchange(
            Request("POST", f"{URL}/pi_{n}/apply_customer_balance", Headers({}), f"amount={n}{secret.format(n)}"),
            ANSWER,
        )
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def untraced():
    """Take coverage's tracing, which would be measured too, out of the way."""
    tracing = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracing)


def spans(call, asked):
    """Measure each call in processor time of this thread."""
    times = []
    for one in asked:
        began = time.thread_time_ns()
        call(one)
        times.append(time.thread_time_ns() - began)
    return times


@pytest.mark.usefixtures("untraced")
def test_a_replayed_call_is_ten_times_faster_than_plain_vcrpys(tmp_path):
    """Of a cassette of 1,000 interactions, asked for all, a call of ours takes a tenth of vcrpy's at most."""
    path, tape = tmp_path / "a.yaml", exchanges(1000)
    recording = CassetteWriter(path)
    for one in tape:
        recording.add(one)
    recording.write(Provenance("fake"))
    ours = spans(Replay.load(path).answer, [one.request for one in tape])
    asked = [VcrRequest("POST", one.request.url, one.request.body, {}) for one in tape]
    with vcr.use_cassette(str(path), record_mode="none") as cassette:
        theirs = spans(cassette.play_response, asked[::20])
    print(f"vcrpy {statistics.mean(theirs) / statistics.mean(ours):.0f} times ours")  # noqa: T201
    assert statistics.mean(ours) * 10 < statistics.mean(theirs)


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    "secret", ["", "&email=scrubbedEmail{}%40example.com"], ids=["plain", "scrubbed"]
)
def test_a_call_costs_the_same_at_the_end_of_a_long_cassette(secret):
    """Of 5,000 interactions, the last fifty calls take as long as the first fifty, with secrets too."""
    tape = exchanges(5000, secret)
    now = exchanges(5000, "&email=p{}%40lovelace.org") if secret else tape
    times = spans(Replay(tape).answer, [one.request for one in now])
    first, last = statistics.median(times[:50]), statistics.median(times[-50:])
    print(f"first fifty {first / 1000:.0f} us, last fifty {last / 1000:.0f} us")  # noqa: T201
    assert last < 4 * first
