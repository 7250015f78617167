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

PATHS = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
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
KINDS = """
def test_none_{number}():
    pass

def test_empty_{number}(nothing):
    pass

def test_ours_{number}(stripe_balance):
    pass

def test_used_{number}(stripe_balance, _stripe_session):
    global spent
    _stripe_session.world
    began = time.process_time_ns()
    customer = stripe_balance.customer(reconciliation="manual")
    stripe_balance.fund(customer, 1000)
    stripe_balance.bank_transfer_intent(customer, 1000)
    spent = time.process_time_ns() - began
"""
TOLD = {
    "none": "a test without fixtures",
    "empty": "with empty fixtures of the same shape",
    "ours": "with ours",
    "used": "with ours, a customer, a balance and an intent; their calls left out",
}


def fixtures(results, rounds, each):
    """(d): set-up and tear-down as pytest runs them, beside empty fixtures of the same shape, in turn."""
    folder = Path(tempfile.mkdtemp())
    (folder / "conftest.py").write_text(TIMED)
    numbers = range(rounds * each // 2)
    kinds = "".join(KINDS.replace("{number}", str(number)) for number in numbers)
    (folder / "test_it.py").write_text(f"import time\n{kinds}")
    env = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **PATHS}
    subprocess.run([*PYTEST, *OURS], cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
    # The first ones pay for imports.
    taken = {name: found[3:] for name, found in json.loads((folder / "spans.json").read_text()).items()}
    spans = {told: taken[f"test_{name}"] for name, told in TOLD.items()}
    results.add("d fixtures", spans)
    for name in ("ours", "used"):
        pairs = zip(spans[TOLD[name]], spans[TOLD["empty"]], strict=True)
        added = statistics.median(one - other for one, other in pairs)
        results.value("d fixtures", f"{TOLD[name]}, above the empty ones", added)


def start(results, rounds):
    """(e): a pytest run over one test that doesn't use the plugin, with it installed and without."""
    folder = Path(tempfile.mkdtemp())
    (folder / "test_it.py").write_text("def test_it(): pass\n")

    def run(*options):
        env = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **PATHS}

        def several(times):
            for _ in range(times):
                subprocess.run(
                    [*PYTEST, *options], cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL
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
import pytest, stripe, pytest_stripe_balance.balance

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
    for workers in ("", "-n2"):
        spans = {name: [] for name in texts}
        for number in range(rounds):
            for name, text in texts.items():
                progress(f"{name} {workers}, round {number + 1} of {rounds}")
                (folder / "test_it.py").write_text(text)
                command = [*PYTEST, *filter(None, [workers])]
                began = time.perf_counter()
                subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
                spans[name].append(time.perf_counter() - began)
        best = {name: min(taken) for name, taken in spans.items()}
        for name, taken in best.items():
            results.value("j 1,000 tests", f"{name} {workers}".strip() + ", seconds", taken)
        share = (best["bare, ours"] - best["bare, empty fixtures"]) / best["suite"]
        results.value("j 1,000 tests", f"the fixtures' share {workers}".strip() + ", %", share * 100)
