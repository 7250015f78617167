"""What users read is plain: the pages, and every string and comment of the package."""

from pathlib import Path

import prose
import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")]
PAGES += sorted((ROOT / "docs").glob("*.md"))
MODULES = sorted((ROOT / "pytest_stripe_balance").rglob("*.py"))
FILES = [str(file.relative_to(ROOT)) for file in (*PAGES, *MODULES)]
WIDEST = 120  # columns


def _texts(file):
    of = prose.of_page if file.endswith(".md") else prose.of_code
    return [*of((ROOT / file).read_text("utf-8"))]


@pytest.mark.parametrize("file", FILES)
def test_it_is_said_in_the_usual_words(file):
    """No phrase that readers had to read twice, in a page, a message, a docstring or a comment."""
    assert prose.banned_in(_texts(file)) == []


@pytest.mark.parametrize("file", FILES)
def test_no_sentence_is_longer_than_one_breath(file):
    """Forty words at most."""
    assert prose.too_long_in(_texts(file)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_line_of_a_page_is_wider_than_a_screen(page):
    """But for output that is shown as it is printed."""
    prints = page.read_text("utf-8").split("```")[::2]
    assert [line for text in prints for line in text.splitlines() if len(line) > WIDEST] == []


PLANTED = {
    "a message": 'raise ValueError("the test is told of it")',
    "a message over two lines": 'raise ValueError("the test is "\n    "told of it")',
    "a message with a value in it": 'raise ValueError(f"{name} is told of it")',
    "a help text": 'group.addoption("--stripe-mode", help="who\\n    is told")',
    "a docstring": 'def tell():\n    """Say what\n    is told."""',
    "a comment": "x = 1  # which is told",
    "a comment over two lines": "# This is\n# told of it.\nx = 1",
    "capitals": 'print("Rests on nothing")',
}


@pytest.mark.parametrize("code", PLANTED.values(), ids=PLANTED)
def test_a_phrase_in_code_is_found_however_it_is_written(code):
    """Broken over lines, round a value, or in capitals."""
    assert len(prose.banned_in(prose.of_code(code))) == 1


@pytest.mark.parametrize(
    "page", ["It is\ntold.", "- one\n- it is told\n", "| a | is told |\n|---|---|\n", "# What is told"]
)
def test_a_phrase_in_a_page_is_found_however_it_is_written(page):
    """Broken over lines, in a list, a table or a heading."""
    assert len(prose.banned_in(prose.of_page(page))) == 1


def test_code_in_a_page_is_no_prose():
    """A page may show code that has the words."""
    assert prose.banned_in(prose.of_page("```text\nit is told\n```\n`is told`")) == []


def test_a_long_sentence_is_found_and_a_list_of_short_ones_is_not():
    """Words are counted from stop to stop."""
    assert len(prose.too_long_in(["many words " * 21])) == 1
    assert prose.too_long_in(["many words. " * 21, "AD8n12c " * 50]) == []


def test_the_items_of_a_list_in_code_are_sentences_of_their_own():
    """A docstring's list, and a comment's rows, are no sentence of forty words."""
    words = "many words " * 15
    for code in (
        f'"""First.\n\n- {words}\n- {words}\n"""',
        f"# once  {words}\n# again  {words}\nx = 1",
    ):
        assert prose.too_long_in(prose.of_code(code)) == []
