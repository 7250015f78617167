"""Sentences as a reader meets them: of Markdown pages, and of the strings and comments of Python files."""

import ast
import io
import re
import tokenize

LONGEST_SENTENCE = 40  # words
BANNED = (
    "hands over",
    "is told",
    "rests on",
    "brought about",
    "of the caller's",
    "can't be meant",
    "nobody's",
    "is none of",
)


def of_page(text):
    """Yield the paragraphs, list items and table cells of a page; code is one word."""
    text = re.sub(r"```.*?```|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"`[^`]*`", "code", text)
    for paragraph in re.split(r"\n\s*\n|\n(?=\||\s*- |\s*\d+\. |#)", text):
        cells = paragraph.split(" | ") if paragraph.lstrip().startswith("|") else [paragraph]
        yield from (" ".join(cell.split()) for cell in cells)


def of_code(text):
    """Yield what a Python file's strings and comments say; what fills an f-string is one word."""
    for written in _written_in(text):
        # Between paragraphs, the items of a list, and rows whose first word stands apart.
        for part in re.split(r"\n\s*\n|\n\s*(?=- |\d+\. |\S+ {2,}\S)", written):
            yield " ".join(part.split())


def _written_in(text):
    tree = ast.parse(text)
    parts = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            pieces = (one.value if isinstance(one, ast.Constant) else "this" for one in node.values)
            yield "".join(map(str, pieces))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value
    run = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            run.append(token.string.lstrip("# "))
        elif token.type != tokenize.NL:
            yield "\n".join(run)
            run = []


def banned_in(texts):
    """List the banned phrases that the texts have, each with its text."""
    return [(phrase, text) for text in texts for phrase in BANNED if phrase in text.lower()]


def too_long_in(texts):
    """List the sentences of more words than one breath has; a table of codes is no sentence."""
    sentences = (one for text in texts for one in re.split(r"(?<=[.:;!?])\s+", text))
    return [one for one in sentences if len(re.findall(r"\b[a-z']+\b", one)) > LONGEST_SENTENCE]
