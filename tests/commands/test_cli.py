import os
import shutil
import subprocess
import sys

import pytest

from pytest_stripe_balance import resources
from pytest_stripe_balance.api.routes import ENDPOINTS
from pytest_stripe_balance.commands import cli
from pytest_stripe_balance.contract import derive
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
    assert "refused: refused as an explicit amount above the balance is" in printed


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


@pytest.mark.skipif(
    derive.api_version(derive.installed_sdk()) not in derive.RELEASES,
    reason="the installed stripe-python isn't the last of a release of the API",
)
def test_derive_writes_the_committed_rules(tmp_path, capsys):
    """`derive` gives the committed files for the installed release, byte by byte."""
    assert cli.main(["derive", "--into", str(tmp_path)]) == 0
    version = derive.api_version(derive.installed_sdk())
    assert version in capsys.readouterr().out
    committed = resources.folder("schemas") / version
    derived = {path.name: path.read_bytes() for path in (tmp_path / version).iterdir()}
    assert derived == {path.name: path.read_bytes() for path in committed.iterdir()}


def test_derive_does_not_write_an_older_month_over_a_release(tmp_path, capsys):
    """A stripe-python that isn't the one that a folder came from is named, and leaves the folder as it was."""
    (tmp_path / "_api_version.py").write_text('class _ApiVersion:\n    CURRENT = "2026-09-30.endive"\n')
    folder = resources.folder("schemas") / "2026-10-28.endive"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert cli.main(["derive", "--sdk", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "pins 2026-09-30.endive; the folder holds 2026-10-28.endive" in told
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_derive_does_not_write_into_an_installed_package(monkeypatch, capsys):
    """Without a checkout there is no folder to write to unless one is named."""
    monkeypatch.setattr(resources, "is_installed", lambda: True)
    assert cli.main(["derive"]) == 2
    assert "--into writes elsewhere" in capsys.readouterr().err


def test_derive_names_a_folder_that_is_no_sdk(tmp_path, capsys):
    """Bad input is one clear line and exit code 2."""
    assert cli.main(["derive", "--sdk", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_an_unknown_command_is_bad_usage():
    """Argparse's own exit code for bad usage is ours too."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["nonsense"])
    assert ended.value.code == 2


def test_derive_writes_nothing_from_a_broken_sdk(tmp_path, capsys):
    """A release that can't be read, or lacks what the folder has, leaves the folder as it is."""
    sdk = tmp_path / "stripe"
    shutil.copytree(derive.installed_sdk(), sdk, ignore=shutil.ignore_patterns("__pycache__"))
    into = tmp_path / "schemas"
    assert cli.main(["derive", "--sdk", str(sdk), "--into", str(into)]) == 0
    before = {path: path.read_bytes() for path in into.rglob("*.json")}
    (sdk / "_refund.py").write_text("class Refund(:\n")
    assert cli.main(["derive", "--sdk", str(sdk), "--into", str(into)]) == 2
    assert "_refund.py" in capsys.readouterr().err
    (sdk / "_refund.py").unlink()
    assert cli.main(["derive", "--sdk", str(sdk), "--into", str(into)]) == 2
    assert {path: path.read_bytes() for path in into.rglob("*.json")} == before
