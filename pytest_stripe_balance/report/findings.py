"""What was found, told once per kind of fault: as text, as JSON, as GitHub's annotations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pytest_stripe_balance.contract.findings import DEFAULT_LEVELS, LEVELS, Finding, level_of
from pytest_stripe_balance.masking import masked

OK, FINDINGS, BAD_INPUT = 0, 1, 2
_INDEX = re.compile(r"\[\d+\]")
_WAY_OUT = "--allow-empty lets that pass"
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_COMMANDS = {"error": "error", "warning": "warning", "information": "notice"}
_NOUNS = {"error": ("error", "errors"), "warning": ("warning", "warnings")}


@dataclass(frozen=True)
class Place:
    """Where something stands: file, line if known, and the request or item that it belongs to."""

    file: str
    line: int | None = None
    of: str = ""

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        return one_line(f"{self.file}{line}" + (f", {self.of}" if self.of else ""))


@dataclass
class Tally:
    """Something that was met a number of times, where first, and what one can do, if that is known."""

    first: Place
    count: int = 0
    way_out: str = ""


@dataclass(frozen=True)
class Problem:
    """An input that couldn't be read: what is wrong, and where."""

    place: Place
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {one_line(self.reason)}"


@dataclass(frozen=True)
class Taken:
    """The API version that was taken for what says none, and why that one: "the newest"."""

    api_version: str
    why: str


@dataclass
class Outcome:
    """A run of `check` or `drift`: how much was looked at, and what was found.

    `notes` are warnings that never fail anything, and `verb` what was done with what was looked at.
    A run that looked at nothing is no success, unless it `may_be_empty`. `silent` counts what said no
    API version, by the one that was taken.
    """

    levels: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_LEVELS))
    files: int = 0
    checked: int = 0
    unchecked: dict[str, Tally] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    verb: str = "checked"
    may_be_empty: bool = True
    silent: dict[Taken, int] = field(default_factory=dict)
    _found: dict[tuple[str, str, str, str], tuple[Finding, Tally]] = field(default_factory=dict)

    def found(self, finding: Finding, place: Place) -> None:
        """Note a finding; those of one kind, object, rule and path are one with a count."""
        key = (finding.kind, finding.object, finding.rule, shape_of(finding.path))
        self._found.setdefault(key, (finding, Tally(place)))[1].count += 1

    def passed_over(self, reason: str, place: Place, way_out: str = "") -> None:
        """Note a document that wasn't looked at, why, and what to do."""
        self.unchecked.setdefault(reason, Tally(place, way_out=way_out)).count += 1

    def took(self, api_version: str, why: str, count: int = 1) -> None:
        """Note what says no API version, and was looked at by one that nobody named."""
        taken = Taken(api_version, why)
        self.silent[taken] = self.silent.get(taken, 0) + count

    def bad(self, place: Place, reason: str) -> None:
        """Note an input that couldn't be read."""
        self.problems.append(Problem(place, reason))

    def note(self, place: Place, warning: str) -> None:
        """Note what deserves a warning, and is no finding."""
        self.notes.append(Problem(place, warning))

    @property
    def findings(self) -> list[tuple[str, Finding, Tally]]:
        """What was found, gravest and most frequent first: level, first of its kind, tally.

        The path of one that was met more than once has [] for its indexes.
        """
        rows = [
            (
                level_of(found, self.levels),
                replace(found, path=_INDEX.sub("[]", found.path)) if tally.count > 1 else found,
                tally,
            )
            for found, tally in self._found.values()
        ]
        order = lambda row: (LEVELS.index(row[0]), -row[2].count, row[1].object, row[1].path)  # noqa: E731 - one key
        return sorted(rows, key=order)

    @property
    def exit_code(self) -> int:
        """2 with input that can't be read, 1 with a finding at level error, 2 with nothing; else 0."""
        if self.problems:
            return BAD_INPUT
        if any(level == "error" for level, _, _ in self.findings):
            return FINDINGS
        return BAD_INPUT if self.nothing else OK

    @property
    def nothing(self) -> str | None:
        """Why nothing at all was looked at, where that is no success."""
        if self.may_be_empty or self.checked or self._found or self.problems:
            return None
        reason, tally = next(iter(self.unchecked.items()), (None, None))
        why = (
            f"{tally.count} {reason}, as in {tally.first}"
            if tally
            else "no answer of Stripe's was there"
        )
        more = f"; and for {len(self.unchecked) - 1} more reasons" if len(self.unchecked) > 1 else ""
        return one_line(f"nothing was {self.verb}: {why}{more} ({_WAY_OUT})")

    @property
    def nothing_more(self) -> str | None:
        """The same after a report that has told the reasons: they aren't told twice."""
        return (
            f"nothing was {self.verb} ({_WAY_OUT})" if self.nothing and self.unchecked else self.nothing
        )


def text(outcome: Outcome) -> str:
    """Tell it for a terminal: a line per finding, what wasn't looked at, and the sum."""
    lines = [one_line(f"{level}: {said}") for level, said, _ in _told(outcome)]
    lines += [f"warning: {note}" for note in outcome.notes]
    lines += [
        one_line(f"not {outcome.verb}: {tally.count} {reason}, as in {tally.first}{_advice(tally)}")
        for reason, tally in outcome.unchecked.items()
    ]
    return "\n".join([*lines, *_silent(outcome), _sum(outcome)])


def as_json(outcome: Outcome) -> str:
    """Tell it for a program."""
    document = {
        "files": outcome.files,
        "checked": outcome.checked,
        "exit_code": outcome.exit_code,
        "nothing_checked": outcome.nothing,
        "findings": [
            {
                "level": level,
                "kind": found.kind,
                "object": found.object,
                "path": masked(found.path),
                "rule": found.rule,
                "value": found.value,
                **({"was": found.was} if found.was else {}),
                "api_version": found.api_version,
                "borrowed": found.borrowed,
                "count": tally.count,
                "first": _place(tally.first),
            }
            for level, found, tally in outcome.findings
        ],
        "not_checked": [
            {
                "reason": reason,
                "count": tally.count,
                **({"way_out": tally.way_out} if tally.way_out else {}),
                "first": _place(tally.first),
            }
            for reason, tally in outcome.unchecked.items()
        ],
        "without_api_version": [
            {"count": count, "taken": taken.api_version, "why": taken.why}
            for taken, count in outcome.silent.items()
        ],
        "problems": [_problem(problem) for problem in outcome.problems],
        "notes": [_problem(note) for note in outcome.notes],
    }
    return json.dumps(document, indent=1)


def github(outcome: Outcome) -> str:
    """Tell it as workflow commands, which GitHub shows as annotations on the files."""
    lines = [
        _annotation("error", problem.place, "not readable", problem.reason)
        for problem in outcome.problems
    ]
    lines += [
        _annotation(level, place, "Stripe contract", said) for level, said, place in _told(outcome)
    ]
    lines += [_annotation("warning", note.place, "recording", note.reason) for note in outcome.notes]
    lines += [f"::error title=Stripe contract::{_data(outcome.nothing)}"] if outcome.nothing else []
    lines += [
        _annotation(
            "information",
            tally.first,
            f"not {outcome.verb}",
            f"{tally.count} {reason}{_advice(tally)}",
        )
        for reason, tally in outcome.unchecked.items()
    ]
    return "\n".join([*lines, *_silent(outcome), _sum(outcome)])


FORMATS: Mapping[str, Callable[[Outcome], str]] = {"text": text, "json": as_json, "github": github}


def summary(noted: Iterable[tuple[str, ...]], *, all_levels: bool) -> list[str]:
    """Tell what a test run noted below the level error, each kind of finding once with a count.

    `noted` are the test's node id, the level, the request, and the finding's own fields; without
    `all_levels` only warnings are told.
    """
    by_level: dict[str, Outcome] = {}
    for test, level, request, *parts in noted:
        levels = dict.fromkeys(DEFAULT_LEVELS, level)
        found = by_level.setdefault(level, Outcome(levels=levels))
        found.found(Finding(*parts), Place(test, of=request))
    return [
        one_line(f"stripe: {level}: {said}")
        for told in ("warning", "information")[: 2 if all_levels else 1]
        if told in by_level
        for level, said, _ in _told(by_level[told])
    ]


def _told(outcome: Outcome) -> Iterator[tuple[str, str, Place]]:
    for level, found, tally in outcome.findings:
        times = "in" if tally.count == 1 else f"{tally.count} times, first in"
        yield level, f"{found}; {times} {tally.first}", tally.first


def _advice(tally: Tally) -> str:
    return f". {tally.way_out}" if tally.way_out else ""


def _silent(outcome: Outcome) -> Iterator[str]:
    for taken, count in outcome.silent.items():
        says = "answer says" if count == 1 else "answers say"
        yield (
            f"{count} {says} no API version: {outcome.verb} at {taken.api_version}, {taken.why} "
            "(--api-version names another)"
        )


def _sum(outcome: Outcome) -> str:
    counts = dict.fromkeys(LEVELS, 0)
    for level, _, tally in outcome.findings:
        counts[level] += tally.count
    found = ", ".join(
        f"{count} {_NOUNS.get(level, (level, level))[count != 1]}" for level, count in counts.items()
    )
    left = sum(tally.count for tally in outcome.unchecked.values())
    bad = f", {len(outcome.problems)} not readable" if outcome.problems else ""
    files = counted(outcome.files, "file")
    verb = outcome.verb
    return f"{outcome.checked} {verb} in {files}, {left} not {verb}{bad}: {found}"


def shape_of(path: str) -> str:
    """Write a path with [] for its indexes."""
    return _INDEX.sub("[]", path)


def counted(number: int, noun: str) -> str:
    """Count a noun, as "1 file", "2 files"."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _problem(problem: Problem) -> dict[str, str | int | None]:
    return {**_place(problem.place), "reason": masked(problem.reason)}


def _place(place: Place) -> dict[str, str | int | None]:
    return {"file": place.file, "line": place.line, "of": masked(place.of) or None}


def _annotation(level: str, place: Place, title: str, message: str) -> str:
    properties = {"file": place.file, "line": place.line, "title": title}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{_COMMANDS[level]} {written}::{_data(message)}"


def _data(value: object) -> str:
    """Escape as GitHub's runner unescapes a command's message."""
    return masked(str(value)).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: object) -> str:
    """Escape as GitHub's runner unescapes a command's property."""
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def one_line(said: str) -> str:
    """Keep a line one line, and secrets and a terminal's controls out of it."""
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", masked(said))
