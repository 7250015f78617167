from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = "stripe vcr yaml jsonschema jsonschema_rs msgspec requests httpx aiohttp werkzeug"
LOADED = f"""
import sys

def pytest_unconfigure():
    heavy = {HEAVY.split()!r}
    print("loaded:", *sorted(name for name in heavy if name in sys.modules), "end")
"""


@pytest.mark.parametrize(
    ("test", "arguments"),
    [
        ("def test_it(): pass", []),
        ("import pytest\n@pytest.mark.stripe_balance(seed='1')\ndef test_it(): pass", []),
        ("def test_it(): assert 0", []),
        ("def test_it(): pass", ["--stripe-mode=fake"]),
        ("def test_it(): pass", ["--stripe-guard=off", "-o", "stripe_own_clients=skip"]),
        ("def test_it(): pass", ["-v", "--stripe-assumptions=list"]),
        ("def test_it(stripe_balance): pass", ["--collect-only"]),
        ("def test_it(module_stripe_balance): pass", ["--collect-only"]),
        ("def test_it(): pass", ["--fixtures"]),
        ("import pytest\n@pytest.mark.stripe_chaos(seeds=2)\ndef test_it(): pass", []),
    ],
    ids=[
        "plain",
        "marked",
        "failing",
        "mode",
        "guard off",
        "list",
        "collected only",
        "a wider one",
        "fixtures listed",
        "chaos",
    ],
)
def test_a_repo_that_does_not_use_the_plugin_loads_nothing_heavy(test, arguments, project):
    """Where no test runs with our fixtures none of the libraries that they need is imported."""
    project.file("conftest.py", LOADED)
    project.file("test_it.py", test)
    project.run_apart(*arguments).stdout.fnmatch_lines(["*loaded: end"])


def test_a_repo_that_uses_the_plugin_loads_what_it_needs(project):
    """The modules that a user pays for are seen by the same look."""
    project.file("conftest.py", LOADED)
    project.file("test_it.py", "def test_it(stripe_balance): stripe_balance.customer()")
    project.run_apart().stdout.fnmatch_lines(["*loaded: *jsonschema_rs* stripe*end"])


def test_workers_load_nothing_heavy_either(project):
    """Under pytest-xdist neither the controller nor a worker imports what no test needs."""
    project.file(
        "conftest.py",
        LOADED.replace('print("loaded:"', 'print("loaded:", file=open("loaded", "a"), *[""').replace(
            '"end")', '"end"])'
        ),
    )
    project.file("test_it.py", "def test_it(): pass")
    project.run_apart("-n1", plugins=("xdist",)).assert_outcomes(passed=1)
    lines = (project.pytester.path / "loaded").read_text().splitlines()
    assert [line.split() for line in lines] == [["loaded:", "end"]] * 2


def test_the_plugin_loads_itself_and_hardly_anything_that_pytest_has_not():
    """Its import adds its own few files to pytest's, and of the standard library what reads a URL."""
    look = "import pytest, sys; before = set(sys.modules); import pytest_stripe_balance.plugin"
    look += "; print(*(set(sys.modules) - before))"
    told = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True)
    added = set(told.stdout.split())
    ours = {name for name in added if name.partition(".")[0] == "pytest_stripe_balance"}
    assert {name.partition(".")[0] for name in added - ours} <= {"urllib", "ipaddress", "unicodedata"}
    assert len(ours) <= 6
