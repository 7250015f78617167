"""The README and the pages of docs/: their examples run, their links lead somewhere."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import stripe
from majors import v1

from pytest_stripe_balance import resources
from pytest_stripe_balance.api import routes
from pytest_stripe_balance.engine.state.assumptions import REGISTER

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
PAGES = {"README.md": README} | {
    f"docs/{page.name}": page.read_text("utf-8") for page in sorted((ROOT / "docs").glob("*.md"))
}
EXAMPLES = [
    (page, name, code)
    for page, text in PAGES.items()
    for name, code in re.findall(r"```python\n# (\w+\.py)\n(.*?)```", text, re.DOTALL)
]
PAIR = ("conftest.py", "test_shop.py")  # a page shows them together
READERS_OWN = ("conftest.py", "tests/cassettes/stripe", "session.yaml")
# What an example needs beside what the suite has anyway, by a word of it.
NEEDED = {
    "from django.test import TestCase": "pytest_django",
    "pytest_bdd": "pytest_bdd",
    "freezegun": "freezegun",
    "time_machine": "time_machine",
}
DJANGO_SETTINGS = """
SECRET_KEY = "of a test"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
"""
COMMANDS = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)


@pytest.mark.parametrize(
    ("page", "name", "code"), EXAMPLES, ids=[f"{page}-{name}" for page, name, _ in EXAMPLES]
)
def test_each_example_passes_as_it_stands(page, name, code, pytester):
    """A reader who copies an example into a file sees it pass."""
    for word, plugin in NEEDED.items():
        if word in code:
            pytest.importorskip(plugin, reason="it comes with the extra `test`")
    if ".v1." in code and v1(client := stripe.StripeClient("sk_test_1")) is client:
        pytest.skip("a StripeClient of this stripe-python has no v1")
    pytester.makepyfile(**{name.removesuffix(".py"): code})
    if name in PAIR:
        pair = {of: other for on, of, other in EXAMPLES if on == page and of in PAIR}
        pytester.makepyfile(**{of.removesuffix(".py"): other for of, other in pair.items()})
    for feature, text in re.findall(r"```gherkin\n# (\w+)\.feature\n(.*?)```", PAGES[page], re.DOTALL):
        pytester.makefile(".feature", **{feature: text})
    # Starlette's own words about httpx are its users' affair.
    options = ["-p", "no:randomly", "-p", "no:asyncio", "-W", "ignore:Using `httpx`", "-q"]
    if "django" in code:  # a process has its settings once
        pytester.makepyfile(reader_settings=DJANGO_SETTINGS)
        chosen = [] if "settings.configure" in code else ["--ds=reader_settings"]
        result = pytester.runpytest_subprocess(*options, *chosen)
    else:
        result = pytester.runpytest_inprocess(*options)
    assert result.ret == 0
    seeds = sum(int(number) - 1 for number in re.findall(r"stripe_chaos\(seeds=(\d+)", code))
    assert result.parseoutcomes() == {
        "passed": max(1, code.count("def test_") + code.count("pytest.param(") + seeds)
    }


def test_the_recipes_of_a_suite_pass_in_one_folder(pytester):
    """With the conftest.py that puts every test of the folder on the fake."""
    for plugin in NEEDED.values():
        pytest.importorskip(plugin, reason="it comes with the extra `test`")
    page = "docs/suite.md"
    codes = {name.removesuffix(".py"): code for on, name, code in EXAMPLES if on == page}
    pytester.makepyfile(**codes, reader_settings=DJANGO_SETTINGS)
    for feature, text in re.findall(r"```gherkin\n# (\w+)\.feature\n(.*?)```", PAGES[page], re.DOTALL):
        pytester.makefile(".feature", **{feature: text})
    options = ("-p", "no:randomly", "-p", "no:asyncio", "-q", "--ds=reader_settings")
    result = pytester.runpytest_subprocess(*options)
    assert result.parseoutcomes() == {"passed": "".join(codes.values()).count("def test_")}


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("test_unittest.py", ("unittest", "-q", "test_unittest")),
        (
            "test_django_wires.py",
            ("django", "test", "--settings=reader_settings", "--pythonpath=.", "test_django_wires"),
        ),
    ],
)
def test_recipes_without_pytest_pass_without_it(name, command, pytester):
    """Under unittest, and under Django's own runner."""
    (code,) = [code for page, of, code in EXAMPLES if (page, of) == ("docs/suite.md", name)]
    pytester.makepyfile(**{name.removesuffix(".py"): code, "reader_settings": DJANGO_SETTINGS})
    result = pytester.run(sys.executable, "-m", *command)
    assert result.ret == 0
    result.stderr.fnmatch_lines(["Ran 2 tests in *", "OK"])


def test_every_python_block_is_an_example():
    """No example escapes the test above for want of a file name."""
    assert len(EXAMPLES) == sum(text.count("```python") for text in PAGES.values())
    assert len(EXAMPLES) > 10


def test_the_example_of_a_replay_replays(pytester):
    """From a checkout, with the recording that is there."""
    (code,) = [code for _, name, code in EXAMPLES if name == "test_replayed.py"]
    pytester.makepyfile(test_replayed=code)
    folder = pytester.mkdir("cassettes") / "fake"
    folder.mkdir()
    recording = "partial_wire.yaml"
    (folder / recording).write_bytes((ROOT / "cassettes" / "fake" / recording).read_bytes())
    options = ("-p", "no:randomly", "-p", "no:asyncio", "--stripe-mode=replay")
    result = pytester.runpytest_inprocess(*options)
    result.assert_outcomes(passed=1)
    assert "never asked for" not in result.stdout.str()


def test_the_list_of_calls_is_the_table_of_endpoints():
    """docs/calls.md names exactly the calls that are answered."""
    text = PAGES["docs/calls.md"]
    listed = text.partition("<!-- calls -->\n")[2].partition("<!-- /calls -->")[0].splitlines()[2:]
    assert [row.split("|")[1:3] for row in listed] == [
        [f" {row.method} ", f" `{row.path}` "] for row in routes.ENDPOINTS
    ]


def test_there_are_two_commands_and_ci_runs_the_marked_one():
    """One command runs the main job, one the tests; CI takes the latter by its mark."""
    demo, tests = COMMANDS
    assert shlex.split(demo)[-3:] == ["-m", "pytest_stripe_balance", "demo"]
    assert shlex.split(tests)[-2:] == ["-m", "pytest"]
    assert README.count(f"<!-- tests -->\n```sh\n{tests}\n```") == 1
    assert "<!-- tests -->" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_readme_is_two_screens_and_links_to_no_file():
    """It is shown outside the repository too, where a relative link leads nowhere."""
    assert len(README.splitlines()) <= 200
    assert re.findall(r"\]\((?!https://)[^)]*\)", README) == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/")])
def test_every_link_between_pages_leads_somewhere(page):
    """No link to another page, or to one of its headings, is broken."""
    for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", PAGES[page]):
        name = f"docs/{target}" if target else page
        assert name in PAGES, target
        assert heading in ("", *_anchors(PAGES[name])), heading


def _anchors(text):
    """Give the anchors of a page's headings, as Sphinx and GitHub name them."""
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md"])
def test_every_file_that_a_page_names_is_there(page):
    """From the root, the package, or a folder that the page names; but for those that a reader makes."""
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text("utf-8"), flags=re.DOTALL)
    roots, folders = (ROOT, ROOT / "pytest_stripe_balance"), re.findall(r"`(\w[\w/.-]*/)`", text)
    for name in re.findall(r"`(\w[\w.-]*(?:/[\w.-]*)+|\w+\.(?:py|md|json|yaml|toml))`", text):
        places = [root / folder / name for root in roots for folder in ("", *folders)]
        assert name in READERS_OWN or any(place.exists() for place in places), name


def test_every_page_that_is_named_is_there_and_in_the_site():
    """What README and CONTRIBUTING name exists, and the site's contents leave no page out."""
    for text in (README, CONTRIBUTING):
        for name in re.findall(r"`(docs/\w+\.md)`", text):
            assert name in PAGES, name
    listed = PAGES["docs/index.md"].partition("```{toctree}")[2].split("```")[0].split()[2:]
    assert sorted(listed) == sorted(
        Path(page).stem for page in PAGES if page not in ("README.md", "docs/index.md")
    )


def test_every_assumption_that_is_named_is_in_the_register():
    """A page that names an entry names one that is there."""
    named = re.findall(r"assume=\{\"([a-z-]+)\"", "".join(PAGES.values()))
    named += (
        re.findall(r"register: (.*?)\.\n", PAGES["docs/stripe.md"], re.DOTALL)[0]
        .replace("`", "")
        .replace("\n", " ")
        .split(", ")
    )
    assert [entry.strip() for entry in named if entry.strip() not in REGISTER] == []


def test_what_the_code_cites_is_a_section_of_the_page():
    """A docstring's `docs/stripe.md 3.4` leads to a heading."""
    headings = set(re.findall(r"^#+ (\d+(?:\.\d+)?)", PAGES["docs/stripe.md"], re.MULTILINE))
    cited = set()
    for path in (
        *(ROOT / "pytest_stripe_balance").rglob("*.py"),
        *(ROOT / "tests").rglob("*.py"),
        *(ROOT / "tests").rglob("*.yaml"),
    ):
        for run in re.findall(r"docs/stripe\.md ((?:\d+(?:\.\d+)?(?:, )?)+)", path.read_text("utf-8")):
            cited |= {each.strip(" .") for each in run.split(",") if each.strip(" .")}
    assert cited
    assert cited - headings == set()
    assert "10" not in cited, "section 10 names sources; the fact is in another section"


def test_the_supported_majors_are_the_same_everywhere():
    """From the floor in pyproject.toml to the newest release: no new major is left out of the runs."""
    (oldest,) = re.findall(r'"stripe>=(\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    newest = max(int(release.sdk.partition(".")[0]) for release in resources.releases())
    tried = re.search(r"^MAJORS = \((.*)\)$", (ROOT / "noxfile.py").read_text("utf-8"), re.MULTILINE)
    assert re.findall(r"\d+", tried[1]) == [str(each) for each in range(int(oldest), newest + 1)]
    assert f"each major from {oldest} to {newest}" in README
    assert f"'stripe=={oldest}.*'" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_pages_build_into_a_site(tmp_path):
    """Sphinx builds them, and a warning is an error."""
    pytest.importorskip("myst_parser", reason="the extra `docs` isn't installed")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "-n",
        "-q",
        str(ROOT / "docs"),
        str(tmp_path / "site"),
    ]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (built.returncode, built.stderr) == (0, "")
    assert (tmp_path / "site" / "index.html").is_file()
