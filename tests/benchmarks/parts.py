"""(c) to (g), (i) and (j): replay, fixtures, start-up, reconciliation, lists, memory, a whole suite."""

import contextlib
import gc
import subprocess
import sys
import tempfile
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import stripe
import vcr
from calls import Shop, recorded
from measure import interleaved, progress

from pytest_stripe_balance.balance import StripeBalance
from pytest_stripe_balance.cassettes.replay import Replay
from pytest_stripe_balance.engine import groups
from pytest_stripe_balance.engine.table import Table
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.session import Fake, Settings, newest_api_version
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


def fixtures(results, rounds, each):
    """(d): what a test pays for a session of its own, opened and closed."""
    settings = Settings(newest_api_version(), name="a test")

    def empty(times):
        for _ in range(times):
            with contextlib.nullcontext():
                pass

    def opened(times):
        for _ in range(times):
            session = Fake(settings)
            with session.tapped():
                StripeBalance(session)

    def used(times):
        sessions = []
        for _ in range(times):
            session = Fake(settings)
            with session.outside("a benchmark") as world:
                world.ids.mint("cus_", 14)
            sessions.append(session)
        for session in sessions:
            with session.tapped():
                pass

    subjects = {"empty": empty, "a session": opened, "a session with a world": used}
    spans = interleaved(subjects, rounds, each)
    results.add("d fixtures", spans)


def start(results, rounds):
    """(e): a pytest run over one test that doesn't use the plugin, with it installed and without."""
    folder = Path(tempfile.mkdtemp())
    (folder / "test_it.py").write_text("def test_it(): pass\n")

    def run(*options):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
        env = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": "/usr/bin:/bin"}

        def several(times):
            for _ in range(times):
                subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)

        return several

    subjects = {"without": run(), "with": run("-p", "pytest_stripe_balance.plugin")}
    spans = interleaved(subjects, rounds, 1, clock=time.perf_counter)
    results.add("e start-up", spans, {"with": "without"})
    best = {name: min(taken) for name, taken in spans.items()}
    results.value("e start-up", "added, ms", (best["with"] - best["without"]) / 1000)


def reconciliation(results, rounds):
    """(f): the group search, among amounts that have a pair, and among amounts that have no group."""
    for count in (10, 50, 200, 1000):
        amounts = [2 * (100 + 7919 * n * n % 5_000_011) for n in range(1, count + 1)]
        bills, intents = amounts[: count // 2], amounts[count // 2 :]

        def typical(times, bills=bills, intents=intents):
            for _ in range(times):
                groups.search(bills, intents, bills[-1] + intents[-1])

        def worst(times, bills=bills, intents=intents):
            for _ in range(times):
                with contextlib.suppress(Refused):
                    groups.search(bills, intents, 10**7 + 1)

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
            table.put(replace(intent, id=f"pi_{number}", customer=owner))

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


SUITE = """
import pytest, stripe

@pytest.mark.parametrize("number", range(1000))
def test_pays(stripe_balance, number):
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1000)
    assert stripe.PaymentIntent.apply_customer_balance(intent.id).status == "succeeded"
"""
BARE = """
import pytest

@pytest.fixture
def nothing():
    yield

@pytest.mark.parametrize("number", range(1000))
def test_nothing({fixture}, number):
    pass
"""


def suite(results):
    """(j): a thousand tests on the fake, alone and on two workers, and what the bare fixture adds."""
    folder = Path(tempfile.mkdtemp())
    files = {
        "suite": SUITE,
        "bare, another fixture": BARE.replace("{fixture}", "nothing"),
        "bare, ours": BARE.replace("{fixture}", "stripe_balance"),
    }
    spans = {}
    for name, text in files.items():
        (folder / "test_it.py").write_text(text)
        for workers in ("", "-n2") if name == "suite" else ("",):
            progress(f"{name} {workers}")
            command = [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:randomly",
            ]
            began = time.perf_counter()
            subprocess.run(
                [*command, *filter(None, [workers])], cwd=folder, check=True, stdout=subprocess.DEVNULL
            )
            spans[f"{name} {workers}".strip()] = time.perf_counter() - began
    for name, taken in spans.items():
        results.value("j 1,000 tests", f"{name}, seconds", taken)
    added = spans["bare, ours"] - spans["bare, another fixture"]
    results.value("j 1,000 tests", "the fixture's share, %", added / spans["suite"] * 100)
