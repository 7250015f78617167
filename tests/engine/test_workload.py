"""Random sequences of every verb, driven through the real SDK and judged by a second model."""

import random

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from workload.rules_cash import Cash, Customers, Time
from workload.rules_intents import Intents
from workload.rules_invoices import Invoices
from workload.rules_refunds import Refunds

STEPS_EACH = 50


class Workload(Customers, Cash, Time, Intents, Invoices, Refunds):
    steps = 0

    @rule()
    def read(self):
        self.read_all()

    @invariant()
    def the_auditor_agrees(self):
        type(self).steps += 1
        self.see_cash()
        self.look()


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
