"""Random sequences of every verb, driven through the real SDK and judged by a second model."""

import random

from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from workload.verbs_crowd import Crowd
from workload.verbs_refunds import Refunds

STEPS_EACH = 50
CURRENCIES = [("usd",), ("usd",), ("jpy",), ("eur",), ("usd", "jpy"), ("gbp", "eur"), ("mxn", "usd")]


class Workload(Crowd, Refunds):
    """One rule for all verbs: hypothesis turns rules off at random, and too many would never meet."""

    steps = 0

    @initialize(
        currencies=st.sampled_from(CURRENCIES),
        first=st.sampled_from(["automatic", None]),
        second=st.sampled_from(["manual", "manual", "manual", "automatic", "merchant_default"]),
        time_passes=st.booleans(),
    )
    def begin(self, currencies, first, second, time_passes):
        self.currencies, self.time_passes = currencies, time_passes
        self.customer(first, "ada@example.com")
        self.customer(second, "bob@example.com")

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


VERBS = [one for kind in Workload.__mro__[::-1] for one in vars(kind).values() if hasattr(one, "needs")]


def test_the_fake_does_what_the_auditor_says(pytestconfig):
    """In any order of any calls, each answer, event, row and sum is what a naive model predicts."""
    wanted = pytestconfig.getoption("--workload-steps")
    chosen = pytestconfig.getoption("hypothesis_seed", None) or random.getrandbits(32)
    print(f"again: --workload-steps={wanted} --hypothesis-seed={chosen}")
    before = Workload.steps
    run_state_machine_as_test(
        seed(int(chosen))(Workload),
        settings=settings(
            max_examples=-(-wanted // STEPS_EACH),
            stateful_step_count=STEPS_EACH,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Workload.steps - before >= wanted
