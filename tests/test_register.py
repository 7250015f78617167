import ast
import re
from functools import cache
from pathlib import Path

import pytest

import pytest_stripe_balance
from pytest_stripe_balance.engine.state.assumptions import RECORDINGS, REGISTER, Readings
from pytest_stripe_balance.modes import BadSettingError

PACKAGE = Path(pytest_stripe_balance.__file__).parent
TESTS = Path(__file__).parent


@cache
def named_in_code():
    """Collect every string of the package, apart from the register itself."""
    texts = set()
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "register":
            tree = ast.parse(path.read_text("utf-8"))
            texts |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return texts


@pytest.mark.parametrize("entry_id", REGISTER)
def test_each_entry_is_used_by_the_code(entry_id):
    """An assumption that no code names is not one."""
    assert entry_id in named_in_code()


@cache
def named_in_tests():
    """Collect the words of all tests but the probes, and of the table of what calls rely on."""
    files = [path for path in TESTS.rglob("*.py") if path.parent.name != "verified"]
    files.append(TESTS / "api" / "relied_on.yaml")
    return {word for path in files for word in re.findall(r"[a-z0-9-]+", path.read_text("utf-8"))}


@pytest.mark.parametrize("entry_id", REGISTER)
def test_each_entry_is_held_by_a_test_that_needs_no_key(entry_id):
    """The probes ask Stripe; what the fake does by an entry has a test of its own."""
    assert entry_id in named_in_tests()


@pytest.mark.parametrize("entry", REGISTER.values(), ids=lambda entry: entry.id)
def test_each_entry_is_a_sentence_with_a_default(entry):
    """An entry says one thing, has a default reading, and the recording that would settle it."""
    assert entry.sentence.endswith(".")
    assert entry.default in entry.readings
    assert entry.recording in RECORDINGS


def test_unknown_entries_and_readings_are_refused():
    """A reading that doesn't exist is named, with those that do."""
    with pytest.raises(BadSettingError, match="no assumption 'nope'"):
        Readings({"nope": "x"})
    with pytest.raises(BadSettingError, match="it has above-zero, ever-funded"):
        Readings({"delete-with-cash-balance": "x"})
