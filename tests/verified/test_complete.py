"""The probes against the register: each entry is asked, or can't be, and each probe can fail."""

import re
from pathlib import Path

import pytest

from pytest_stripe_balance.engine.state.assumptions import RECORDINGS, REGISTER

HERE = Path(__file__).parent
FILES = [path for path in HERE.glob("test_*.py") if path.name != Path(__file__).name]
PROBES = {
    name.replace("_", "-"): path
    for path in FILES
    for name in re.findall(r"^def test_(\w+)\(", path.read_text("utf-8"), re.MULTILINE)
}
# What no call of the API brings about, or not within a test.
BEYOND = {
    "refund-bounce": "a bank has to send a refund back",
    "refund-to-cash-balance": "only the Dashboard makes such a refund",
    "refund-window": "180 days have to pass",
    "hold-expires": "7 days have to pass",
    "unclaimed-since": "75 days have to pass",
    "return-comes-back": "75 days have to pass, and a bank to send a return back",
    "card-refund": "a day or two have to pass",
    "invoice-overdue": "a due date has to pass",
    "invoice-overdue-boundary": "30 days have to pass after a due date",
    "publishable-key": "it takes the account's own, and the tests have its secret key alone",
    "beta-versions": "the account has to be let into a beta",
    "checkout-events": "only a customer submits the page of a session",
    "checkout-page": "only a customer submits the page of a session",
    "checkout-canceled": "only a customer submits the page of a session",
    "webhook-retries": "hours have to pass, and an address has to fail meanwhile",
    "idempotency-key-in-use": "two requests have to meet at the same instant",
    "server-error": "Stripe has to fail",
    "old-previous-default-currency": "the account has to be at a version before 2022-08-01",
    "search-lag-shows": "a search has to find an object before it changes, which takes minutes",
    **dict.fromkeys(
        (entry for entry in REGISTER if entry.startswith("connect-")),
        "it takes an account that is connected to the key's own, which no test makes",
    ),
}


OF_CONNECT = set(range(65, 71))  # of RECORDINGS


def test_each_entry_of_the_register_is_asked_or_cannot_be():
    """No assumption is without a probe, but for what the API can't bring about; no probe is without one."""
    assert set(PROBES) == set(REGISTER) - set(BEYOND)
    assert set(BEYOND) <= set(REGISTER)


def test_each_recording_that_the_api_can_make_is_made_by_a_probe():
    """All but those that need the Dashboard, time, Connect or an old account are."""
    probed = {REGISTER[entry].recording for entry in PROBES}
    old_account = REGISTER["old-previous-default-currency"].recording
    beyond = {REGISTER["refund-to-cash-balance"].recording, 35, old_account, *OF_CONNECT}
    assert set(RECORDINGS) - probed == beyond


OTHER = [
    (entry.id, reading)
    for entry in REGISTER.values()
    for reading in entry.readings
    if reading != entry.default and entry.id in PROBES
]


@pytest.mark.parametrize(("entry", "reading"), OTHER, ids=["=".join(one) for one in OTHER])
def test_a_probe_fails_where_another_reading_holds(entry, reading, pytester, monkeypatch):
    """A Stripe of the other reading refutes the assumption, and doesn't just get in the probe's way."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    probe = f"{PROBES[entry]}::test_{entry.replace('-', '_')}"
    options = ("-pno:randomly", "-pno:cacheprovider", f"--rootdir={HERE}")
    other = ("-v", "-o", f"stripe_assume={entry}={reading}")
    result = pytester.runpytest_inprocess(probe, *options, *other)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"  refuted    {entry}: *"])


class Rested:
    """Keeps what each probe's answers rested on."""

    def __init__(self):
        self.on = {}

    def pytest_runtest_logreport(self, report):
        if report.when == "teardown":
            name = report.nodeid.partition("::test_")[2].replace("_", "-")
            self.on[name] = report.stripe_balance["assumptions"]


def test_each_probe_comes_to_what_it_is_named_after(pytester, monkeypatch):
    """On the fake a probe's answers rest on its own entry: it asks what it says."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    rested = Rested()
    options = ("-q", "-pno:randomly", "-pno:cacheprovider", f"--rootdir={HERE}")
    pytester.runpytest_inprocess(*map(str, FILES), *options, plugins=[rested])
    assert set(rested.on) == set(PROBES)
    assert [entry for entry, on in rested.on.items() if entry not in on] == []
