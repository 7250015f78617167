"""(c), (f), (g) and (i): replay, reconciliation, lists, memory."""

import contextlib
import gc
import tempfile
import time
import tracemalloc
from pathlib import Path

import stripe
import vcr
from calls import Shop, recorded
from measure import interleaved, progress

from pytest_stripe_balance.cassettes.replay import Replay
from pytest_stripe_balance.engine.reconciliation import subset_sum
from pytest_stripe_balance.engine.state.table import Table
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.transport.intercept import intercept

FEW = 50


def replay(results, sizes=(200, 1000, 5000)):
    """(c): per call through stripe-python at the beginning and the end of a cassette, and its load."""
    shop = Shop()
    sample = shop.sample("retrieve")
    client = stripe.StripeClient("sk_test_1")
    intents = getattr(client, "v1", client).payment_intents
    for size in sizes:
        progress(f"{size} interactions")
        path = Path(tempfile.mkdtemp()) / "tape.yaml"
        ids = recorded(path, sample, shop.intent, size)
        began = time.process_time()
        tape = Replay.load(path)
        load = time.process_time() - began
        with intercept(tape.answer, lambda *_: None, sends=False):
            spans = _spans(intents.retrieve, ids)
        first, last = _median(spans[:FEW]), _median(spans[-FEW:])
        results.value(f"c {size}", "ours, first 50 calls", first)
        results.value(f"c {size}", "ours, last 50 calls", last, f"{last / first:.2f} of the first")
        results.value(f"c {size}", "ours, load", load * 1e6, f"{load / size * 1e6:.0f} an interaction")
        if size > 1000:
            continue
        began = time.process_time()
        with vcr.use_cassette(str(path), record_mode="none"):
            load = time.process_time() - began
            spans = _spans(intents.retrieve, ids)
        plain = sum(spans) / size
        mine = (first + last) / 2
        results.value(f"c {size}", "plain vcrpy", plain, f"{plain / mine:.1f} times ours")
        results.value(f"c {size}", "plain vcrpy, load", load * 1e6)


def _spans(call, ids):
    spans = []
    for an_id in ids:
        began = time.process_time()
        call(an_id)
        spans.append((time.process_time() - began) * 1e6)
    return spans


def _median(spans):
    return sorted(spans)[len(spans) // 2]


def reconciliation(results, rounds):
    """(f): the group search, among amounts that have a pair, and among amounts that have no group."""
    for count in (10, 50, 200, 1000):
        amounts = [2 * (100 + 7919 * n * n % 5_000_011) for n in range(1, count + 1)]
        bills, intents = amounts[: count // 2], amounts[count // 2 :]

        def typical(times, bills=bills, intents=intents):
            for _ in range(times):
                subset_sum.search(bills, intents, bills[-1] + intents[-1])

        def worst(times, bills=bills, intents=intents):
            for _ in range(times):
                with contextlib.suppress(Refused):
                    subset_sum.search(bills, intents, 10**7 + 1)

        spans = interleaved(
            {f"{count} items, a pair": typical, f"{count} items, none": worst}, rounds, 1
        )
        results.add("f groups", spans)


def lists(results, rounds, each):
    """(g): one page of a list, among more and more objects."""
    shop = Shop()
    intent = shop.session.world.payment_intents.get(shop.intent)
    for count in (100, 10_000, 100_000):
        table = Table("payment_intent")
        for number in range(count):
            owner = "cus_mine" if number % 50 == 0 else "cus_other"
            table.put(intent._replace(id=f"pi_{number}", customer=owner))

        def page(times, table=table, **cursor):
            for _ in range(times):
                table.page(limit=10, **cursor)

        def middle(times, count=count, page=page):
            page(times, starting_after=f"pi_{count // 2}")

        spans = interleaved({f"{count:,} objects": page, f"{count:,}, by cursor": middle}, rounds, each)
        results.add("g a page", spans)


def memory(results):
    """(i): what an intent and its events keep, made and confirmed through stripe-python."""
    shop = Shop()
    call, given = shop.calls(stripe.StripeClient("sk_test_1"))["create"]
    with shop.session.tapped():
        for _ in range(100):
            call(*given)
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(1000):
            call(*given)
        gc.collect()
        kept = (tracemalloc.get_traced_memory()[0] - before) / 1000
        tracemalloc.stop()
    results.value(
        "i memory", "bytes an intent", kept, "with its events, its exchange and its key's answer"
    )
