import os
import subprocess
import sys

import pytest

from pytest_stripe_balance.api.routes import ENDPOINTS
from pytest_stripe_balance.commands import cli
from pytest_stripe_balance.engine.state.assumptions import REGISTER


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "pytest_stripe_balance", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_the_demo_is_run_by_pytest_and_ends_in_a_ledger():
    """A small downstream project's tests pass for real, and a person can read where the money went."""
    ended = run("demo")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 passed" in ended.stdout
    assert "applied_to_payment    -$100.00    $0.00  usd" in ended.stdout
    assert "stripe: 2 tests relied on" in ended.stdout


def test_the_demo_is_not_disturbed_by_the_callers_options():
    """PYTEST_ADDOPTS of the caller's repo doesn't reach the demo."""
    assert run("demo", PYTEST_ADDOPTS="--collect-only -k nothing").returncode == 0


def test_the_register_is_printed_whole(capsys):
    """`assumptions` prints every entry with its sentence and its readings."""
    assert cli.main(["assumptions"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for entry in REGISTER.values():
        assert entry.id in printed
        assert entry.sentence in printed
    assert "refused: the call is refused like an explicit amount above the balance" in printed


def test_one_entry_of_the_register_is_printed_alone(capsys):
    """`assumptions ID` prints that entry; an id that is none is bad usage."""
    assert cli.main(["assumptions", "group-sum"]) == 0
    printed = capsys.readouterr().out
    assert [each for each in REGISTER if f"\n{each}\n" in printed] == ["group-sum"]
    assert cli.main(["assumptions", "group-some"]) == 2
    assert "no assumption has the id group-some" in capsys.readouterr().err


def test_the_calls_that_are_answered_are_listed(capsys):
    """`calls` prints each row of the table, for who has no README at hand."""
    assert cli.main(["calls"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in printed] == [[row.method, row.path] for row in ENDPOINTS]
    assert "GET     /v1/events  (list of event)" in printed


def test_an_unknown_command_is_bad_usage():
    """Argparse's own exit code for bad usage is ours too."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["nonsense"])
    assert ended.value.code == 2
