"""What public code bases that take bank transfers ask: each call, and whole sequences with their parameters."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from asked import Asked

from pytest_stripe_balance.api import routes
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.resources import newest_api_version

HERE = Path(__file__).parent
CALLS = yaml.safe_load((HERE / "calls.yaml").read_text("utf-8"))
SEQUENCES = yaml.safe_load((HERE / "sequences.yaml").read_text("utf-8"))
# Calls that the fake doesn't answer, and what a team can do.
LATER = {
    "GET /v1/credit_notes": "stub it",
    "POST /v2/core/accounts": "stub it",
    "POST /v1/customers/{}/tax_ids": "stub it",
    "POST /v1/invoices/{}/attach_payment": "stub it",
}
BESIDE = ("key", "account", "error", "refused", "with", "fake")


def is_modelled(call):
    method, path = call.split()
    return routes.match(method, path.replace("{}", "x_1")) is not None


def test_nearly_every_call_of_public_code_is_modelled():
    """Of 254 pairs of code base and call at least 250 are answered."""
    assert sum(CALLS.values()) == 254
    answered = sum(count for call, count in CALLS.items() if is_modelled(call))
    assert answered >= 250, sorted(call for call in CALLS if not is_modelled(call))


def test_what_is_left_out_is_named():
    """A call that came since stands no longer among those that are missing."""
    assert {call for call in CALLS if not is_modelled(call)} <= set(LATER)


class Played(Asked):
    """Plays the steps of one code base."""

    def __init__(self, balance, version):
        super().__init__(balance, version, {})
        self.balance = balance
        self.refused = []

    def filled(self, value):
        if isinstance(value, str):
            value = re.sub(
                r"\{now\+(\d+)\}", lambda found: str(self.balance.clock.now + int(found[1])), value
            )
        return super().filled(value)

    def play(self, step):
        """Make a call, or do what only the fake can do."""
        if "fake" in step:
            params = self.filled(step["with"])
            if step["fake"] == "fund":
                self.balance.fund(params["customer"], params["amount"], params["currency"])
            else:
                self.balance.complete_checkout(params.pop("session"), **params)
            return
        ((call, params),) = [(name, inner) for name, inner in step.items() if name not in BESIDE]
        status, _, body = self.ask(call, params, step.get("key"), step.get("account"))
        wanted = step.get("error", "none")
        assert (status == 200) == (wanted == "none"), f"{call}: {body}"
        if status != 200:
            assert body["error"].get("code") == wanted, body

    def play_refused(self, step):
        """Make a call that the fake refuses, and by name."""
        with self.balance.refused(), pytest.raises(Refused):
            self.play(step)


@pytest.mark.stripe_balance(api_version=newest_api_version())
@pytest.mark.parametrize("name", SEQUENCES)
def test_a_public_code_base_runs(name, stripe_balance):
    """Each call is answered, in the order and with the parameters of the code base, at its API version."""
    played = Played(stripe_balance, SEQUENCES[name]["version"])
    for step in SEQUENCES[name]["steps"]:
        (played.play_refused if "refused" in step else played.play)(step)


def parameters(params, path=""):
    """Name each parameter of a call, as payment_method_options[customer_balance][funding_type]."""
    for name, value in params.items():
        here = f"{path}[{name}]" if path else name
        items = value if isinstance(value, list) else [value]
        for item in items:
            if isinstance(item, dict) and name != "metadata":
                yield from parameters(item, here)
            else:
                yield here


def test_few_parameters_are_refused():
    """Of all parameters that the sequences send, at most 5 are refused that can't move money."""
    refused = Counter()
    for sequence in SEQUENCES.values():
        refused.update(step["refused"] for step in sequence["steps"] if "refused" in step)
    sent = {
        (call.rpartition(" = ")[2], name)
        for sequence in SEQUENCES.values()
        for step in sequence["steps"]
        for call, params in step.items()
        if call not in BESIDE
        for name in parameters(params)
    }
    assert len(sent) > 140
    assert len(refused) <= 5, refused
