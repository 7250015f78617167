"""The built distributions, installed where nothing else of ours is."""

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WHEEL_LIMIT = 3_000_000
PROBE = """
import pathlib, sys
from pytest_stripe_balance import resources
from pytest_stripe_balance.contract.contract import contract
assert pathlib.Path(resources.__file__).is_relative_to(sys.prefix), resources.__file__
version = resources.newest_api_version()
assert contract(version).check({"object": "cash_balance"})
assert (resources.folder("cassettes") / "documentation" / "apply_customer_balance.yaml").is_file()
print(version)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def test_the_wheel_holds_the_package_its_data_and_nothing_else(built):
    """Schemas, cassettes, the demo and py.typed are in; tests and caches are not."""
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    data = "pytest_stripe_balance/_data"
    assert f"{data}/schemas/objects/payment_intent.json" in names
    assert f"{data}/cassettes/documentation/apply_customer_balance.yaml" in names
    assert {"pytest_stripe_balance/py.typed", "pytest_stripe_balance/demo/shop.py"} <= set(names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"pytest_stripe_balance"}
    assert not any("__pycache__" in name for name in names)
    assert wheel.stat().st_size < WHEEL_LIMIT


def test_the_sdist_builds_the_same_wheel(built):
    """The source distribution carries what its build needs."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "pytest_stripe_balance/plugin/__init__.py",
    } <= names
    assert "schemas/objects/payment_intent.json" in names
    assert "cassettes/documentation/apply_customer_balance.yaml" in names


def test_an_installed_wheel_finds_its_data_and_runs_the_demo(built, tmp_path):
    """In an environment of its own the plugin is found, with its schemas, and the demo passes."""
    (wheel,) = built.glob("*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel]
    subprocess.run(install, check=True, capture_output=True, cwd=tmp_path)
    probe = [python, "-c", PROBE]
    subprocess.run(probe, check=True, capture_output=True, text=True, cwd=tmp_path)
    demo = [python, "-m", "pytest_stripe_balance", "demo"]
    ended = subprocess.run(demo, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert "2 passed" in ended.stdout
