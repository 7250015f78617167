"""Tests that fake the file system: what the package reads of its own is found all the same."""

import subprocess
import sys

import pytest

from pytest_stripe_balance import resources
from pytest_stripe_balance.contract.contract import contract

FAKEFS = "pyfakefs.pytest_plugin"
SHOP = """
    import stripe

    def test_first({fixtures}):
        customer = stripe_balance.customer("manual")
        intent = stripe_balance.bank_transfer_intent(customer, 1000)
        stripe_balance.fund(customer, 1000)
        assert stripe.PaymentIntent.apply_customer_balance(intent.id).status == "succeeded"
        with open("/receipt.txt", "w") as file:
            file.write(intent.id)

    def test_next(fs, stripe_balance, stripe_contract):
        (event,) = [stripe_balance.fund(stripe_balance.customer(), 1), *stripe_balance.events()][-1:]
        assert stripe_contract.check(event) == []
        try:
            stripe_contract.check({{"object": "charge"}})
        except AssertionError as error:
            assert "required" in str(error)
        else:
            raise RuntimeError

    def test_last(stripe_balance):
        assert stripe_balance.available(stripe_balance.customer()) == {{}}
"""


@pytest.mark.parametrize("fixtures", ["stripe_balance, fs", "fs, stripe_balance"])
def test_pyfakefs_in_the_first_test_of_a_run_hides_nothing(fixtures, project):
    """Whichever fixture comes first, the first test passes, and so do those after it."""
    pytest.importorskip("pyfakefs")
    project.file("test_it.py", SHOP.format(fixtures=fixtures))
    project.run_apart("-pno:randomly", plugins=(FAKEFS,)).assert_outcomes(passed=3)


def test_pyfakefs_on_a_worker_of_xdist_hides_nothing(project):
    """Workers load what is needed before their tests, as a run of its own does."""
    pytest.importorskip("pyfakefs")
    project.file("test_it.py", SHOP.format(fixtures="fs, stripe_balance"))
    project.run_apart("-n1", "-pno:randomly", plugins=("xdist", FAKEFS)).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("test", "arguments", "loaded"),
    [
        ("def test_it(fs): pass", [], False),
        ("def test_it(stripe_balance): pass", ["--collect-only"], False),
        ("def test_it(stripe_balance): pass", [], True),
    ],
    ids=["unused", "collected only", "used"],
)
def test_beside_pyfakefs_only_those_who_use_us_load_more(test, arguments, loaded, project):
    """What is loaded early is loaded where a test asks for one of our fixtures, and nowhere else."""
    pytest.importorskip("pyfakefs")
    project.file(
        "conftest.py",
        "import sys\n\ndef pytest_unconfigure(): print('loaded', 'pytest_stripe_balance.session' in sys.modules)",
    )
    project.file("test_it.py", test)
    assert f"loaded {loaded}" in project.run_apart(*arguments, plugins=(FAKEFS,)).outlines


@pytest.mark.parametrize(
    "patched",
    [
        "patch('builtins.open', mock_open(read_data='x'))",
        "patch('io.open', mock_open(read_data='x'))",
        "patch('os.stat', side_effect=OSError)",
        "patch('os.listdir', return_value=[])",
        "patch('pathlib.Path.read_text', return_value='x')",
        "patch('pathlib.Path.is_dir', return_value=False)",
        "patch('os.path.isdir', return_value=False)",
    ],
)
def test_what_a_test_patches_of_files_is_not_ours(patched):
    """In a process of its own, where nothing was read before the patch."""
    code = f"""
from unittest.mock import mock_open, patch
from pytest_stripe_balance import resources
from pytest_stripe_balance.contract.contract import contract
with {patched}:
    print(len(resources.api_versions()), len(contract("2024-06-20").objects), contract("2024-06-20").schema("charge")["title"])
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    versions, objects = len(resources.api_versions()), len(contract("2024-06-20").objects)
    assert told.stdout.split() == [str(versions), str(objects), "charge"]


def test_what_is_not_bundled_is_said_and_not_guessed():
    """A folder that isn't there has no names; a file that isn't there, and a missing bundle, are errors."""
    assert resources.names("schemas", "1999-01-01") == []
    with pytest.raises(FileNotFoundError, match=r"nothing\.json"):
        resources.text("schemas", "objects", "nothing.json")
    with pytest.raises(FileNotFoundError, match=r"'cars' is missing from .*; install the package again"):
        resources.text("cars", "a.json")
