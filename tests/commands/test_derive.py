"""The command `derive`: what it writes, and what it refuses to."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_stripe_balance import resources
from pytest_stripe_balance.api import routes
from pytest_stripe_balance.api.endpoint import Endpoint
from pytest_stripe_balance.commands import cli, sdk_releases
from pytest_stripe_balance.commands import derive as command
from pytest_stripe_balance.contract import calendar, derive, schema_files
from pytest_stripe_balance.contract.sdk import Sdk

INSTALLED = Sdk(derive.installed_sdk())
ENDIVE = resources.releases()[-1]
ends_a_release = pytest.mark.skipif(
    INSTALLED.api_version not in resources.api_versions(),
    reason="the installed stripe-python isn't the last of a release of the API",
)
ends_the_newest = pytest.mark.skipif(
    INSTALLED.api_version != ENDIVE.api_version, reason="an older stripe-python is installed"
)


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.json")}


def installed_folder():
    return next(
        each.folder for each in resources.releases() if each.api_version == INSTALLED.api_version
    )


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A copy of schemas/ that `derive` writes to, as if it were the checkout's."""
    copy = tmp_path / "checkout" / "schemas"
    shutil.copytree(resources.folder("schemas"), copy)
    monkeypatch.setattr(resources, "folder", lambda _: copy)
    monkeypatch.setattr(
        command, "__file__", str(tmp_path / "checkout" / "package" / "commands" / "x.py")
    )
    yield copy
    resources.releases.cache_clear()


@pytest.fixture
def sdk_that_pins(tmp_path):
    """The installed stripe-python, changed to another version that pins another API version."""

    def make(sdk, api_version):
        folder = tmp_path / "stripe"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(INSTALLED.folder, folder, ignore=ignored)
        (folder / "_version.py").write_text(f'VERSION = "{sdk}"\n')
        pin = folder / "_api_version.py"
        pin.write_text(pin.read_text().replace(INSTALLED.api_version, api_version))
        return folder

    return make


@ends_a_release
def test_derive_writes_the_committed_files(tmp_path, capsys):
    """`derive` gives what the committed files have of the installed release, and nothing else."""
    assert cli.main(["derive", "--into", str(tmp_path)]) == 0
    assert INSTALLED.api_version in capsys.readouterr().out
    (mine,) = schema_files.read(tmp_path).values()
    held = schema_files.read(resources.folder("schemas"))
    (committed,) = [held[each] for each in held if each.api_version == INSTALLED.api_version]
    assert mine == committed


@ends_the_newest
def test_the_next_month_of_a_release_takes_its_place(checkout, sdk_that_pins, capsys):
    """`derive` on a newer stripe-python moves its row of releases.json on, and says what changed."""
    sdk = sdk_that_pins("16.2.0", "2026-11-25.endive")
    (sdk / "_refund.py").write_text(
        (sdk / "_refund.py")
        .read_text()
        .replace("    amount: int\n", "    amount: int\n    colour: str\n", 1)
    )
    before = files(checkout)
    assert cli.main(["derive", "--sdk", str(sdk)]) == 0
    *_, row = json.loads((checkout / "releases.json").read_text())
    moved = {
        "folder": "endive",
        "began": ENDIVE.began,
        "api_version": "2026-11-25.endive",
        "sdk": "16.2.0",
    }
    assert row == moved
    after = files(checkout)
    assert {name for name in after if after[name] != before.get(name)} == {
        "objects/refund.json",
        "releases.json",
    }
    added = set(after["objects/refund.json"].splitlines()) - set(
        before["objects/refund.json"].splitlines()
    )
    assert b'  "colour": {"@since": {"endive": {"type": "string"}}},' in added
    told = capsys.readouterr().out
    assert "1 changed (stripe 16.2.0, API version 2026-11-25.endive)" in told
    assert "2 files changed" in told


@ends_the_newest
def test_a_new_release_gets_a_row(checkout, sdk_that_pins, capsys):
    """It begins with the month that is pinned, and `derive` asks to correct that."""
    assert cli.main(["derive", "--sdk", str(sdk_that_pins("17.0.0", "2027-03-31.fuchsia"))]) == 0
    *_, row = json.loads((checkout / "releases.json").read_text())
    assert (row["folder"], row["began"]) == ("fuchsia", "2027-03-31")
    *_, endive, fuchsia = schema_files.read(checkout).values()
    came_late = {
        name
        for name, keys in calendar.rows().items()
        if any(row.since and row.since.isoformat() > ENDIVE.began for row in keys.values())
    }
    changed = {name for name, held in fuchsia.objects.items() if held != endive.objects.get(name)}
    assert changed <= came_late  # what came in the middle of a release is due from the next one on
    assert (fuchsia.objects.keys(), fuchsia.rules) == (endive.objects.keys(), endive.rules)
    assert "fuchsia is new: correct `began`" in capsys.readouterr().out


def small_sdk(folder, sdk, api_version):
    (folder / "_version.py").write_text(f'VERSION = "{sdk}"\n')
    (folder / "_api_version.py").write_text(f'class _ApiVersion:\n    CURRENT = "{api_version}"\n')
    return folder


@pytest.mark.parametrize(
    ("sdk", "api_version", "message"),
    [
        ("16.0.0", "2026-09-30.endive", "stripe 16.0.0 pins 2026-09-30.endive, and schemas/ has"),
        ("16.0.9", ENDIVE.api_version, "pip install --upgrade stripe"),
        ("17.0.0b1", "2026-11-25.preview", "stripe 17.0.0b1 isn't a stable release"),
    ],
)
def test_derive_writes_nothing_older_and_no_preview(tmp_path, capsys, sdk, api_version, message):
    """The error names both stripe-pythons and the way out; the committed folder stays as it was."""
    folder = resources.folder("schemas")
    before = files(folder)
    assert cli.main(["derive", "--sdk", str(small_sdk(tmp_path, sdk, api_version))]) == 2
    assert message in capsys.readouterr().err
    assert files(folder) == before


def test_derive_does_not_write_into_an_installed_package(monkeypatch, capsys):
    """Without a checkout there is no folder to write to unless one is named."""
    monkeypatch.setattr(resources, "is_installed", lambda: True)
    assert cli.main(["derive"]) == 2
    assert "--into writes elsewhere" in capsys.readouterr().err


def test_derive_names_a_folder_that_is_no_sdk(tmp_path, capsys):
    """Bad input is one clear line and exit code 2."""
    assert cli.main(["derive", "--sdk", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_derive_writes_nothing_from_a_broken_sdk(tmp_path, capsys, sdk_that_pins):
    """A release that can't be read, or lacks what the folder has, leaves the folder as it is."""
    sdk = sdk_that_pins(INSTALLED.version, INSTALLED.api_version)
    into = tmp_path / "schemas"
    assert cli.main(["derive", "--sdk", str(sdk), "--into", str(into)]) == 0
    before = files(into)
    (sdk / "_refund.py").write_text("class Refund(:\n")
    assert cli.main(["derive", "--sdk", str(sdk), "--into", str(into)]) == 2
    assert "_refund.py" in capsys.readouterr().err
    (sdk / "_refund.py").unlink()
    assert cli.main(["derive", "--sdk", str(sdk), "--into", str(into)]) == 2
    assert files(into) == before


def test_a_call_that_a_release_lacks_is_named_with_the_way_out(tmp_path, monkeypatch, capsys):
    """A row for a call that came later needs `since`."""
    late = Endpoint("POST", "/v1/customers/{customer}/teleport", lambda: None, "customer")
    monkeypatch.setattr(routes, "ENDPOINTS", (*routes.ENDPOINTS, late))
    assert cli.main(["derive", "--into", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert f"stripe {INSTALLED.version} (API version {INSTALLED.api_version})" in message
    assert "/teleport" in message
    assert "since=" in message


@ends_a_release
def test_all_derives_every_release_from_its_own_stripe_python(tmp_path, monkeypatch, capsys):
    """Each release of releases.json is asked for, and the command says what it did for it."""
    mine = next(each for each in resources.releases() if each.folder == installed_folder())
    monkeypatch.setattr(resources, "releases", lambda: (mine,))
    monkeypatch.setenv(sdk_releases.FOLDER, str(tmp_path / "releases"))
    (tmp_path / "releases" / mine.sdk).mkdir(parents=True)
    (tmp_path / "releases" / mine.sdk / "stripe").symlink_to(INSTALLED.folder)
    into = tmp_path / "schemas"
    assert cli.main(["derive", "--all", "--into", str(into)]) == 0
    assert f"{into}: {len(files(into))} files changed" in capsys.readouterr().out
    assert cli.main(["derive", "--all", "--into", str(into)]) == 0
    told = capsys.readouterr().out
    assert f" calls, 0 changed (stripe {mine.sdk}, API version {mine.api_version})" in told
    assert f"{into}: 0 files changed" in told


def test_all_and_one_stripe_python_are_not_asked_for_together(tmp_path, capsys):
    """--all has a stripe-python of its own for each release."""
    assert cli.main(["derive", "--all", "--sdk", str(tmp_path)]) == 2
    assert "leave --sdk out" in capsys.readouterr().err


def test_a_release_that_is_not_unpacked_is_named(tmp_path, monkeypatch, capsys):
    """The folder of unpacked releases is taken at its word."""
    monkeypatch.setenv(sdk_releases.FOLDER, str(tmp_path))
    assert cli.main(["derive", "--all", "--into", str(tmp_path)]) == 2
    first = resources.releases()[0].sdk
    assert f"unpack stripe {first} there, or unset STRIPE_SDK_RELEASES" in capsys.readouterr().err


def test_pip_downloads_a_release_where_no_folder_is_named(tmp_path, monkeypatch):
    """Its wheel is unpacked, and nothing that it needs is downloaded with it."""
    asked = []

    def download(command, **_):
        asked.append(command)
        shutil.make_archive(str(tmp_path / "wheel"), "zip", tmp_path / "release")
        (tmp_path / "wheel.zip").rename(tmp_path / "stripe-16.1.0-py3-none-any.whl")
        return subprocess.CompletedProcess(command, 0, "", "")

    (tmp_path / "release" / "stripe").mkdir(parents=True)
    (tmp_path / "release" / "stripe" / "_version.py").touch()
    monkeypatch.delenv(sdk_releases.FOLDER, raising=False)
    monkeypatch.setattr(sdk_releases.subprocess, "run", download)
    stripe = sdk_releases.unpacked("16.1.0", tmp_path)
    assert (stripe / "_version.py").is_file()
    assert asked[0][0] == sys.executable
    assert {"--no-deps", "stripe==16.1.0"} <= set(asked[0])


def test_a_release_that_pip_does_not_get_is_named_with_the_way_out(tmp_path, monkeypatch):
    """The error has pip's last line, and the variable that does without pip."""

    def fail(command, **_):
        return subprocess.CompletedProcess(command, 1, "", "WARNING: x\nERROR: no network\n")

    monkeypatch.delenv(sdk_releases.FOLDER, raising=False)
    monkeypatch.setattr(sdk_releases.subprocess, "run", fail)
    with pytest.raises(
        ValueError, match=r"stripe 16.1.0 can't be downloaded: ERROR: no network.*"
    ) as raised:
        sdk_releases.unpacked("16.1.0", Path(tmp_path))
    assert "STRIPE_SDK_RELEASES" in str(raised.value)
