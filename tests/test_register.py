import ast
from functools import cache
from pathlib import Path

import pytest

import pytest_stripe_balance
from pytest_stripe_balance.engine.state.assumptions import RECORDINGS, REGISTER, Readings
from pytest_stripe_balance.modes import BadSettingError

PACKAGE = Path(pytest_stripe_balance.__file__).parent


@cache
def named_in_code():
    """Collect every string of the package, apart from the register itself."""
    texts = set()
    for path in PACKAGE.rglob("*.py"):
        if path.name != "assumptions.py" or path.parent.name != "state":
            tree = ast.parse(path.read_text("utf-8"))
            texts |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return texts


@pytest.mark.parametrize("entry_id", REGISTER)
def test_each_entry_is_used_by_the_code(entry_id):
    """An assumption that no code names is not one."""
    assert entry_id in named_in_code()


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
