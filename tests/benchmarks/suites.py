"""(d), (e) and (j): what a pytest run pays for the plugin, test by test, at its start, and in all."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import interleaved, progress

ENV = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
ENV["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
OURS = ["-p", "pytest_stripe_balance.plugin"]
# As many fixtures as ours are, that ask for as much and do nothing.
SHAPE = """
import pytest

@pytest.fixture
def no_settings():
    return {}

@pytest.fixture
def no_session(request, no_settings):
    yield

@pytest.fixture
def nothing(no_session):
    return None
"""
# Takes the time of each test with all its phases, without what the test says that it spent itself.
TIMED = (
    SHAPE
    + """
import json, time

spans = {}

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    began = time.process_time_ns()
    result = yield
    span = time.process_time_ns() - began - getattr(item.module, "spent", 0)
    item.module.spent = 0
    spans.setdefault(item.name.rpartition("_")[0], []).append(span / 1000)
    return result

def pytest_unconfigure():
    with open("spans.json", "w") as file:
        json.dump(spans, file)
"""
)
BEGIN = """
import time
from pytest_stripe_balance.fixtures.balance import StripeBalance
from pytest_stripe_balance.session import Fake, Settings, newest_api_version

shared = Fake(Settings(newest_api_version(), name="shared"))

def pay(balance):
    global spent
    began = time.process_time_ns()
    customer = balance.customer(reconciliation="manual")
    balance.fund(customer, 1000)
    balance.bank_transfer_intent(customer, 1000)
    spent = time.process_time_ns() - began
"""
# Two that take turns, each after the other: what comes after calls is slower for that alone.
IDLE = """
def test_empty_{number}(nothing):
    pass

def test_ours_{number}(stripe_balance):
    pass
"""
BUSY = """
def test_busy_{number}(nothing):
    global spent
    began = time.process_time_ns()
    with shared.tapped():
        pay(StripeBalance(shared))
    spent = time.process_time_ns() - began

def test_used_{number}(stripe_balance):
    stripe_balance._session.world
    pay(stripe_balance)
"""
TOLD = {
    "empty": "with empty fixtures of the same shape",
    "ours": "with ours",
    "busy": "with empty ones, after a customer, a balance and an intent that are not theirs",
    "used": "with ours, after a customer, a balance and an intent",
}


def fixtures(results, rounds, each):
    """(d): set-up and tear-down as pytest runs them, beside empty fixtures of the same shape, in turn.

    What the calls of a test take is left out.
    """
    folder = Path(tempfile.mkdtemp())
    (folder / "conftest.py").write_text(TIMED)
    for name, tests in ("idle", IDLE), ("busy", BUSY):
        found = [tests.replace("{number}", str(number)) for number in range(rounds * each // 2)]
        (folder / f"test_{name}.py").write_text(BEGIN + "".join(found))
    subprocess.run([*PYTEST, *OURS], cwd=folder, env=ENV, check=True, stdout=subprocess.DEVNULL)
    # The first ones pay for imports.
    taken = {name: found[3:] for name, found in json.loads((folder / "spans.json").read_text()).items()}
    spans = {told: taken[f"test_{name}"] for name, told in TOLD.items()}
    results.add("d fixtures", spans)
    for name, other in ("ours", "empty"), ("used", "busy"):
        pairs = zip(spans[TOLD[name]], spans[TOLD[other]], strict=True)
        added = statistics.median(one - floor for one, floor in pairs)
        results.value("d fixtures", f"added, {TOLD[name]}", added)


def start(results, rounds):
    """(e): a pytest run over one test that doesn't use the plugin, with it installed and without."""
    folder = Path(tempfile.mkdtemp())
    (folder / "test_it.py").write_text("def test_it(): pass\n")

    def run(*options):
        def several(times):
            for _ in range(times):
                subprocess.run(
                    [*PYTEST, *options], cwd=folder, env=ENV, check=True, stdout=subprocess.DEVNULL
                )

        return several

    subjects = {"without": run(), "with": run(*OURS)}
    spans = interleaved(subjects, rounds, 1, clock=time.perf_counter)
    results.add("e start-up", spans, {"with": "without"})
    best = {name: min(taken) for name, taken in spans.items()}
    results.value("e start-up", "added, ms", (best["with"] - best["without"]) / 1000)


SUITE = """
import pytest, stripe

@pytest.mark.parametrize("number", range(1000))
def test_pays(stripe_balance, number):
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1000)
    assert stripe.PaymentIntent.apply_customer_balance(intent.id).status == "succeeded"
"""
# It loads what the suite loads in any case.
BARE = """
import pytest, stripe, pytest_stripe_balance.fixtures.balance

@pytest.mark.parametrize("number", range(1000))
def test_nothing({fixture}, number):
    pass
"""


def suite(results, rounds=3):
    """(j): a thousand tests on the fake, alone and on two workers, and what the fixtures add to them."""
    folder = Path(tempfile.mkdtemp())
    (folder / "conftest.py").write_text(SHAPE)
    texts = {
        "suite": SUITE,
        "bare, empty fixtures": BARE.replace("{fixture}", "nothing"),
        "bare, ours": BARE.replace("{fixture}", "stripe_balance"),
    }
    for workers in ([], ["-p", "xdist", "-n2"]):
        how = " ".join(workers[2:])
        spans = {name: [] for name in texts}
        for number in range(rounds):
            for name, text in texts.items():
                progress(f"{name} {how}, round {number + 1} of {rounds}")
                (folder / "test_it.py").write_text(text)
                command = [*PYTEST, *OURS, *workers]
                began = time.perf_counter()
                subprocess.run(command, cwd=folder, env=ENV, check=True, stdout=subprocess.DEVNULL)
                spans[name].append(time.perf_counter() - began)
        best = {name: min(taken) for name, taken in spans.items()}
        for name, taken in best.items():
            results.value("j 1,000 tests", f"{name} {how}".strip() + ", seconds", taken)
        share = (best["bare, ours"] - best["bare, empty fixtures"]) / best["suite"]
        results.value("j 1,000 tests", f"the fixtures' share {how}".strip() + ", %", share * 100)
