"""Random sequences of every verb, driven through the real SDK and judged by a second model."""

import json
import random

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from workload.verbs_cards import Cards
from workload.verbs_checkout import Checkout
from workload.verbs_crowd import Crowd
from workload.verbs_hooks import Hooks
from workload.verbs_refunds import Refunds
from workload.verbs_shares import Shares

from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.engine.state.records.hashes import NOTHING
from pytest_stripe_balance.resources import modelled_versions

# From the tenth example of a run on, most of hypothesis's are others over again with a piece moved:
# many short runs reach more. Their first is always the simplest, and not all end with their last step.
EXAMPLES, STEPS, STEPS_OF_PART = 9, 50, 400
CURRENCIES = [("usd",), ("usd",), ("jpy",), ("eur",), ("usd", "jpy"), ("gbp", "eur"), ("mxn", "usd")]

READINGS = [
    {},
    {},
    {"origin-return-canceled": "reconciled"},
    {"delete-with-cash-balance": "ever-funded"},
]
MODES = [
    (None, "manual"),
    ("automatic", "manual"),
    ("manual", "automatic"),
    ("manual", "merchant_default"),
]


class Workload(Crowd, Refunds, Shares, Hooks, Checkout, Cards):
    """One rule for all verbs: hypothesis turns rules off at random, and too many would never meet."""

    steps = 0

    @initialize(
        currencies=st.sampled_from(CURRENCIES),
        modes=st.sampled_from(MODES),
        time_passes=st.booleans(),
        readings=st.sampled_from(READINGS),
    )
    def begin(self, currencies, modes, time_passes, readings):
        self.assume(readings)
        self.currencies, self.time_passes = currencies, time_passes
        self.customer(modes[0], "ada@example.com")
        self.customer(modes[1], "bob@example.com")

    @rule(data=st.data())
    def step(self, data):
        able = [one for one in VERBS if getattr(self, one.needs)()]
        chosen = data.draw(st.sampled_from([one.__name__ for one in able for _ in range(one.weight)]))
        getattr(self, chosen)(data.draw)

    @invariant()
    def the_auditor_agrees(self):
        type(self).steps += 1
        self.see_cash()
        self.look()


class EveryVersion(Workload):
    """An endpoint of each API version hears of all that happens; at the end all of it is read."""

    payloads = 0

    @initialize()
    def listen(self):
        for version in modelled_versions():
            self.opened(version)

    def teardown(self):
        for due in self.session.webhooks.waiting():
            body = json.loads(self.session.webhooks.payload(due))
            told = [str(finding) for finding in contract(body["api_version"]).check(body)]
            assert told == [], (body["type"], body["api_version"])
            EveryVersion.payloads += 1
        super().teardown()


VERBS = [one for kind in Workload.__mro__[::-1] for one in vars(kind).values() if hasattr(one, "needs")]


def pytest_generate_tests(metafunc):
    steps = metafunc.config.getoption("--workload-steps")
    if "part" not in metafunc.fixturenames:
        return
    metafunc.parametrize("part", range(-(-steps // STEPS_OF_PART)))


def test_the_fake_does_what_the_auditor_says(part, pytestconfig):
    """In any order of any calls, each answer, event, row and sum is what a naive model predicts."""
    chosen = pytestconfig.getoption("--hypothesis-seed", None) or random.getrandbits(32)
    before = Workload.steps
    run(Workload, f"{chosen}, part {part}", chosen, EXAMPLES, STEPS)
    assert Workload.steps - before >= STEPS_OF_PART
    assert NOTHING == {}, "records share it"


def test_each_payload_of_a_random_history_fits_the_contract_of_its_endpoint(pytestconfig):
    """At every API version."""
    chosen = pytestconfig.getoption("--hypothesis-seed", None) or random.getrandbits(32)
    run(EveryVersion, f"{chosen}, every version", chosen, 3, 30)
    assert EveryVersion.payloads > 20


@pytest.mark.parametrize("version", modelled_versions()[:-1])
def test_a_random_history_asked_at_an_older_version(version, pytestconfig):
    """The account and each request are at it; the auditor predicts what the newest version's differ in."""
    chosen = pytestconfig.getoption("--hypothesis-seed", None) or random.getrandbits(32)
    machine = type("AtVersion", (Workload,), {"version": version})
    before = Workload.steps
    run(machine, f"{chosen}, at {version}", chosen, 3, 40)
    assert machine.steps - before >= 40


def run(machine, name, chosen, examples, steps):
    """Run a machine; a failure prints the seed that brings it back."""
    print(f"the same once more: --hypothesis-seed={chosen}")  # noqa: T201 - pytest shows it on a failure
    run_state_machine_as_test(
        seed(name)(machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
