"""Stripe's search query language: turns a query into a test of one record.

A clause is a field, an operator and a value. Space, AND or OR joins clauses, and `-` negates one [doc:
docs.stripe.com/search]. An unknown field is 400 without code and param (gburgyan/aat-stripe
plans/search). The same for other errors, and all texts, are assumed (search-errors).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.refused import EXPECTED, Refused

Kind = Literal["token", "string", "numeric"]
Value = str | int | None
Test = Callable[[Any], bool]

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    ":": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
OPERATORS: Mapping[Kind, tuple[str, ...]] = {
    "token": (":",),
    "string": (":", "~"),
    "numeric": tuple(COMPARISONS),
}
MOST_CLAUSES = 10
SHORTEST_SUBSTRING = 3

SPACE = re.compile(r"\s+")
JOINT = re.compile(r"(?:and|or)(?=\s|$)", re.IGNORECASE)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
OPERATOR = re.compile(r"(\s*)(>=|<=|[:~<>])(\s*)")
QUOTED = re.compile(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'""", re.DOTALL)
BARE = re.compile(r"(-?[0-9]+|null)(?=\s|$)", re.IGNORECASE)
NUMBER = re.compile(r"-?[0-9]{1,18}")
ESCAPE = re.compile(r"""\\(["'])""")


@dataclass(frozen=True)
class Field:
    """A field that Stripe documents as searchable, and how to read it from a record.

    `read` is None if the fake doesn't model the field. `values` are the only allowed values, if that is
    documented. `assumption` is the assumption behind its results, if any.
    """

    kind: Kind
    read: Callable[[Any], Value] | None = None
    values: tuple[Value, ...] | None = None
    assumption: str | None = None


@dataclass(frozen=True)
class Resource:
    """A searchable resource: Stripe's plural ("payment_intents"), and its fields by name."""

    name: str
    fields: Mapping[str, Field]


@dataclass(frozen=True)
class Query:
    """The tests of a query, and the assumptions behind its results."""

    tests: tuple[Test, ...]
    any_of: bool
    assumptions: frozenset[str]

    def matches(self, record: object) -> bool:
        """Tell whether the query finds a record."""
        return (any if self.any_of else all)(test(record) for test in self.tests)


@dataclass(frozen=True)
class _Clause:
    """One clause. `at` is the position of its first character. A value of None is null."""

    at: int
    negated: bool
    name: str
    key: str | None
    operator: str
    value: str | None


def parse(text: str, resource: Resource) -> Query:
    """Read a query. A Fault if it is malformed; Refused if a field isn't modelled."""
    parser = _Parser(text)
    pairs = [(clause, _field(clause, resource)) for clause in list(parser.clauses())]
    tests = tuple(_test(clause, field) for clause, field in pairs)
    assumptions = {field.assumption for _, field in pairs if field.assumption}
    if any(
        field.kind == "string" and clause.operator == ":" and clause.value for clause, field in pairs
    ):
        assumptions.add("search-words")
    return Query(tests, any_of=parser.joint == "OR", assumptions=frozenset(assumptions))


class _Parser:
    """Parses a query from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.joint: str | None = None

    def clauses(self) -> Iterator[_Clause]:
        """Read the clauses, and set `joint` to AND or OR."""
        self.take(SPACE)
        for _ in range(MOST_CLAUSES):
            yield self.clause()
            spaced = self.take(SPACE)
            if self.at == len(self.text):
                return
            if not spaced:
                raise self.unreadable("put a space, AND or OR between the clauses")
            self.join()
        raise _fault(f"A search query can have {MOST_CLAUSES} clauses at most.")

    def join(self) -> None:
        """Read AND or OR; a space alone means AND."""
        at = self.at
        word = self.take(JOINT)
        joint = word.group().upper() if word else "AND"
        if self.joint not in (None, joint):
            self.at = at
            raise self.unreadable("AND (or a space) and OR can't be mixed; search twice instead")
        self.joint = joint
        self.take(SPACE)

    def clause(self) -> _Clause:
        """Read one clause."""
        at = self.at
        negated = self.text.startswith("-", at)
        self.at += negated
        name = self.take(NAME)
        if name is None:
            raise self.unreadable("a field is due here")
        key = self.key() if name.group() == "metadata" else None
        found = self.take(OPERATOR)
        if found is None:
            raise self.unreadable(f"one of : ~ > >= < <= is due after `{self.text[at : self.at]}`")
        before, symbol, after = found.groups()
        if before or after:
            raise Refused(
                f"search query: spaces around an operator (at character {found.start() + 1}) are not "
                "modelled, because Stripe documents nothing about them. Leave them out"
            )
        return _Clause(at, negated, name.group(), key, symbol, self.value())

    def key(self) -> str:
        """Read the key of a metadata field, in brackets and quotes."""
        opened = self.text.startswith("[", self.at)
        self.at += opened
        quoted = self.take(QUOTED) if opened else None
        if quoted is None or not self.text.startswith("]", self.at):
            raise self.unreadable('metadata needs a key, as in metadata["key"]')
        self.at += 1
        return self.unescaped(quoted)

    def value(self) -> str | None:
        """Read a value: quoted text, a number, or null."""
        if quoted := self.take(QUOTED):
            text = self.unescaped(quoted)
            if not text.strip():
                raise Refused(
                    "search query: looking for an empty value is not modelled. What isn't "
                    "set is found by null, without quotes"
                )
            return text
        bare = self.take(BARE)
        if bare is None:
            raise self.unreadable("a quoted value, a number or null is due here")
        return None if bare.group().lower() == "null" else bare.group()

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read the match of a pattern at this position, if any."""
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def unescaped(self, quoted: re.Match[str]) -> str:
        """Give a quoted text. A backslash is documented only before a quote."""
        inner = quoted[1] if quoted[1] is not None else quoted[2]
        if "\\" in ESCAPE.sub("", inner):
            raise Refused("search query: a backslash before anything but a quote is not modelled")
        return ESCAPE.sub(r"\1", inner)

    def unreadable(self, reason: str) -> Fault:
        """Make the fault for a malformed query: the words that others quote, with the position."""
        return _fault(
            'We were unable to parse your search query. Try using the format `metadata["key"]:"value"` '
            'to query for metadata or key:"value" to query for other fields. '
            f"(At character {self.at + 1}: {reason}.)"
        )


def _fault(message: str) -> Fault:
    return Fault(message, assumption="search-errors")


def _field(clause: _Clause, resource: Resource) -> Field:
    """Find the field of a clause, and check the clause's operator and value."""
    name, key = clause.name, clause.key
    if key is not None:
        field: Field | None = Field("token", lambda record: record.metadata.get(key))
    else:
        field = resource.fields.get(name)
    if field is None:
        page = f"http://stripe.com/docs/search#query-fields-for-{resource.name.replace('_', '-')}"
        raise _fault(
            f"Field `{name}` is an unsupported search field for resource `{resource.name}`. See {page} "
            "for a list of supported fields."
        )
    if field.read is None:
        raise Refused(
            f"Stripe documents a search of {resource.name} by {name}, and the fake does not "
            f"model it. Search by another field, or {EXPECTED}"
        )
    if clause.operator not in OPERATORS[field.kind]:
        takes = " ".join(OPERATORS[field.kind])
        raise _at(clause, f"`{clause.operator}` isn't for a {field.kind} field; use {takes}")
    if fault := _wrong_value(clause, field):
        raise _at(clause, fault)
    return field


def _wrong_value(clause: _Clause, field: Field) -> str | None:
    value = clause.value
    if field.values is not None and (value and value.lower()) not in field.values:
        return "its value must be one of " + ", ".join(
            "null" if choice is None else f'"{choice}"' for choice in field.values
        )
    if value is None:
        return None if clause.operator == ":" else "null needs the operator `:`"
    if field.kind == "numeric" and not NUMBER.fullmatch(value):
        return "its value must be a whole number"
    if clause.operator == "~" and len(value) < SHORTEST_SUBSTRING:
        return f"a substring needs at least {SHORTEST_SUBSTRING} characters"
    return None


def _at(clause: _Clause, reason: str) -> Fault:
    return _fault(f"Field `{clause.name}` (at character {clause.at + 1}): {reason}.")


def _test(clause: _Clause, field: Field) -> Test:
    """Make the test of a clause. Unset fields match null, and every negation except that of null."""
    read, wanted = field.read, clause.value
    assert read is not None, "unreachable because _field refuses unmodelled fields"
    if wanted is None:
        return lambda record: (read(record) is None) is not clause.negated
    fits = _fits(field.kind, clause.operator, wanted)

    def test(record: Any) -> bool:  # noqa: ANN401 - each resource has its own records
        value = read(record)
        return (value is not None and fits(value)) is not clause.negated

    return test


def _fits(kind: Kind, symbol: str, wanted: str) -> Test:
    if kind == "numeric":
        compare, number = COMPARISONS[symbol], int(wanted)
        return lambda value: compare(value, number)
    folded = wanted.casefold()
    if symbol == "~":
        return lambda value: folded in value.casefold()
    if kind == "token":
        return lambda value: value.casefold() == folded
    words = folded.split()
    return lambda value: _side_by_side(words, value.casefold().split())


def _side_by_side(words: list[str], value: list[str]) -> bool:
    """Tell whether a text contains words in this order, side by side."""
    places = range(len(value) - len(words) + 1)
    return any(value[place : place + len(words)] == words for place in places)
