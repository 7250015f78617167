"""What a command found: places, tallies, problems, and the exit code that follows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pytest_stripe_balance.contract.findings import DEFAULT_LEVELS, LEVELS, Finding, level_of
from pytest_stripe_balance.masking import masked

OK, FINDINGS, BAD_INPUT = 0, 1, 2
_INDEX = re.compile(r"\[\d+\]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


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
class AssumedVersion:
    """The API version that was taken for what says none, and why that one: "the newest"."""

    api_version: str
    why: str


@dataclass
class Outcome:
    """A run of `check` or `drift`: how much was looked at, and what was found.

    `notes` are warnings that never fail anything, and `verb` what was done with what was looked at.
    A run that looked at nothing is no success, unless it `may_be_empty`, or `findings_suffice` and it
    has some: `missing` is what wasn't there then, `way_out` what lets that pass.
    `assumed_versions` counts the answers without an API version, by the version they were checked at.
    """

    levels: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_LEVELS))
    files: int = 0
    checked: int = 0
    unchecked: dict[str, Tally] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    verb: str = "checked"
    may_be_empty: bool = True
    findings_suffice: bool = True
    missing: str = "no answer of Stripe's was there"
    way_out: str = ""
    assumed_versions: dict[AssumedVersion, int] = field(default_factory=dict)
    _found: dict[tuple[str, str, str, str], tuple[Finding, Tally]] = field(default_factory=dict)

    def add_finding(self, finding: Finding, place: Place) -> None:
        """Note a finding; those of one kind, object, rule and path are one with a count."""
        key = (finding.kind, finding.object, finding.rule, shape_of(finding.path))
        self._found.setdefault(key, (finding, Tally(place)))[1].count += 1

    def skip(self, reason: str, place: Place, way_out: str = "") -> None:
        """Note a document that wasn't looked at, why, and what to do."""
        self.unchecked.setdefault(reason, Tally(place, way_out=way_out)).count += 1

    def add_assumed_version(self, api_version: str, why: str, count: int = 1) -> None:
        """Note what says no API version, and was looked at by one that nobody named."""
        taken = AssumedVersion(api_version, why)
        self.assumed_versions[taken] = self.assumed_versions.get(taken, 0) + count

    def add_problem(self, place: Place, reason: str) -> None:
        """Note an input that couldn't be read."""
        self.problems.append(Problem(place, reason))

    def add_note(self, place: Place, warning: str) -> None:
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
        if self.may_be_empty or self.checked or self.problems:
            return None
        if self._found and self.findings_suffice:
            return None
        reason, tally = next(iter(self.unchecked.items()), (None, None))
        why = f"{tally.count} {reason}, as in {tally.first}" if tally else self.missing
        more = f"; and for {len(self.unchecked) - 1} more reasons" if len(self.unchecked) > 1 else ""
        return one_line(f"nothing was {self.verb}: {why}{more}{self._way_out}")

    @property
    def nothing_more(self) -> str | None:
        """The same after a report that has told the reasons: they aren't told twice."""
        short = f"nothing was {self.verb}{self._way_out}"
        return short if self.nothing and self.unchecked else self.nothing

    @property
    def _way_out(self) -> str:
        return f" ({self.way_out})" if self.way_out else ""


def shape_of(path: str) -> str:
    """Write a path with [] for its indexes."""
    return _INDEX.sub("[]", path)


def one_line(said: str) -> str:
    """Keep a line one line, and secrets and a terminal's controls out of it."""
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", masked(said))
