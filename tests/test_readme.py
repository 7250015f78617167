"""The README's examples and lists, run and compared."""

import re
import shlex
from pathlib import Path

import pytest

from pytest_stripe_balance.api import routes
from pytest_stripe_balance.contract.releases import SDKS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)


@pytest.mark.parametrize(("name", "code"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_each_example_passes_as_it_stands(name, code, pytester):
    """A reader who copies an example into a file sees it pass."""
    pytester.makepyfile(**{name.removesuffix(".py"): code})
    result = pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:asyncio", "-q")
    assert result.ret == 0
    result.assert_outcomes(passed=code.count("def test_") + code.count("pytest.param("))


def test_every_python_block_is_an_example():
    """No example escapes the test above for want of a file name."""
    assert len(EXAMPLES) == README.count("```python") == 11


def test_the_example_of_a_replay_replays(pytester):
    """From a checkout, with the recording that is there."""
    pytester.makepyfile(test_replayed=dict(EXAMPLES)["test_replayed.py"])
    folder = pytester.mkdir("cassettes") / "fake"
    folder.mkdir()
    recording = "partial_wire.yaml"
    (folder / recording).write_bytes((ROOT / "cassettes" / "fake" / recording).read_bytes())
    options = ("-p", "no:randomly", "-p", "no:asyncio", "--stripe-mode=replay")
    result = pytester.runpytest_inprocess(*options)
    result.assert_outcomes(passed=1)
    assert "never asked for" not in result.stdout.str()


def test_the_list_of_calls_is_the_table_of_endpoints():
    """The README names exactly the calls that are answered."""
    listed = README.partition("<!-- calls -->\n")[2].partition("<!-- /calls -->")[0].splitlines()[2:]
    assert [row.split("|")[1:3] for row in listed] == [
        [f" {row.method} ", f" `{row.path}` "] for row in routes.ENDPOINTS
    ]


def test_there_are_two_commands_and_ci_runs_the_second():
    """One command runs the main job, one the tests; CI takes the latter from here."""
    demo, tests = COMMANDS
    assert shlex.split(demo)[-3:] == ["-m", "pytest_stripe_balance", "demo"]
    assert shlex.split(tests)[-2:] == ["-m", "pytest"]
    assert "README.md" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_every_file_that_is_linked_is_there():
    """No link to a file of the repo is broken."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).is_file(), target


def test_the_supported_majors_are_the_same_everywhere():
    """From the floor in pyproject.toml to the newest release: no new major is left out of the runs."""
    (oldest,) = re.findall(r'"stripe>=(\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    newest = max(int(version.partition(".")[0]) for version in SDKS.values())
    tried = re.search(r"^MAJORS = \((.*)\)$", (ROOT / "noxfile.py").read_text("utf-8"), re.MULTILINE)
    assert re.findall(r"\d+", tried[1]) == [str(each) for each in range(int(oldest), newest + 1)]
    assert f"each major from {oldest} to {newest}" in README
    assert f"'stripe=={oldest}.*'" in (ROOT / ".ci" / "run").read_text("utf-8")
