"""The lists of slow tests name what is there: a stale name would slow the inner loop in silence."""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LISTS = {
    ast.unparse(node.targets[0]): node.value
    for node in ast.parse((HERE / "conftest.py").read_text("utf-8")).body
    if isinstance(node, ast.Assign)
}
FILES = eval(ast.unparse(LISTS["SLOW_FILES"]))
TESTS = ast.literal_eval(LISTS["SLOW_TESTS"])


def _file(folder, name):
    return HERE / ("" if folder == "tests" else folder) / f"test_{name}.py"


def test_each_file_of_slow_tests_is_there():
    """A file that is slow as a whole exists."""
    named = [(folder, name) for folder, names in FILES.items() for name in names]
    assert [each for each in named if not _file(*each).is_file()] == []


def test_each_room_that_depends_on_the_sdk_is_there():
    """A room that is named for the runs on other releases of stripe-python exists."""
    rooms = ast.literal_eval(LISTS["SDK_ROOMS"])
    assert [room for room in rooms if not (HERE / room).is_dir()] == []


@pytest.mark.parametrize("file", TESTS)
def test_each_slow_test_is_in_its_file(file):
    """A name is that of a test in the file beside it."""
    tree = ast.parse(_file(*file.split("/")).read_text("utf-8"))
    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert [name for name in TESTS[file] if f"test_{name}" not in there] == []
