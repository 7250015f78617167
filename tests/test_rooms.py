"""What the rooms of the package may not share."""

import ast
from collections import Counter
from pathlib import Path

import pytest_stripe_balance

PACKAGE = Path(pytest_stripe_balance.__file__).parent


def test_each_classs_name_stands_once():
    """Whoever searches for a class finds one place."""
    names = Counter(
        node.name
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert "World" in names
    assert [name for name, count in names.items() if count > 1] == []
