"""What a command found: places, tallies, problems, and the exit code that follows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pytest_stripe_balance.contract.findings import DEFAULT_LEVELS, LEVELS, Finding, level_of
from pytest_stripe_balance.masking import masked
from pytest_stripe_balance.report.exit_codes import BAD_INPUT, FINDINGS, OK

_INDEX = re.compile(r"\[\d+\]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Place:
    """A place in an input: a file, a line if it is known, and the request or item that it belongs to."""

    file: str
    line: int | None = None
    of: str = ""

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        return one_line(f"{self.file}{line}" + (f", {self.of}" if self.of else ""))


@dataclass
class Tally:
    """How often something was found, where first, and what the user can do about it, if anything."""

    first: Place
    count: int = 0
    way_out: str = ""


@dataclass(frozen=True)
class InputProblem:
    """An input that can't be read, or deserves a warning: where, and why."""

    place: Place
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {one_line(self.reason)}"


@dataclass(frozen=True)
class AssumedVersion:
    """The API version that was assumed for answers that name none, and why: "the newest"."""

    api_version: str
    why: str


@dataclass
class Outcome:
    """The result of `check`, `drift` or `conform`.

    - `levels`: the level of each kind of finding.
    - `files`, `checked`: how many files were read, and how many documents or answers were checked.
    - `unchecked`: what was skipped, by reason.
    - `problems`: inputs that can't be read. `notes`: warnings that don't change the exit code.
    - `verb`: what was done, for messages: "checked", "compared" or "driven" (sent to the fake).
    - `may_be_empty`: whether it is a success to check nothing. `findings_suffice`: whether it is one if
      there are findings.
    - `missing`: the message if there was nothing to check. `way_out`: the option that allows that.
    - `assumed_versions`: how many answers without an API version were checked at which version.
    """

    levels: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_LEVELS))
    files: int = 0
    checked: int = 0
    unchecked: dict[str, Tally] = field(default_factory=dict)
    problems: list[InputProblem] = field(default_factory=list)
    notes: list[InputProblem] = field(default_factory=list)
    verb: str = "checked"
    may_be_empty: bool = True
    findings_suffice: bool = True
    missing: str = "there is no answer of Stripe in the input"
    way_out: str = ""
    assumed_versions: dict[AssumedVersion, int] = field(default_factory=dict)
    _found: dict[tuple[str, str, str, str], tuple[Finding, Tally]] = field(default_factory=dict)

    def add_finding(self, finding: Finding, place: Place) -> None:
        """Add a finding. Those of one kind, object, rule and path become one with a count."""
        key = (finding.kind, finding.object, finding.rule, shape_of(finding.path))
        self._found.setdefault(key, (finding, Tally(place)))[1].count += 1

    def skip(self, reason: str, place: Place, way_out: str = "") -> None:
        """Count something that wasn't checked, with the reason and what the user can do."""
        self.unchecked.setdefault(reason, Tally(place, way_out=way_out)).count += 1

    def add_assumed_version(self, api_version: str, why: str, count: int = 1) -> None:
        """Count answers that name no API version, and were checked at an assumed one."""
        version = AssumedVersion(api_version, why)
        self.assumed_versions[version] = self.assumed_versions.get(version, 0) + count

    def add_problem(self, place: Place, reason: str) -> None:
        """Add an input that can't be read."""
        self.problems.append(InputProblem(place, reason))

    def add_note(self, place: Place, warning: str) -> None:
        """Add a warning that is no finding."""
        self.notes.append(InputProblem(place, warning))

    @property
    def findings(self) -> list[tuple[str, Finding, Tally]]:
        """The findings as level, first finding, tally; the gravest and most frequent come first.

        The path of a repeated finding has [] for its indexes.
        """
        rows = [
            (
                level_of(finding, self.levels),
                replace(finding, path=shape_of(finding.path)) if tally.count > 1 else finding,
                tally,
            )
            for finding, tally in self._found.values()
        ]
        order = lambda row: (LEVELS.index(row[0]), -row[2].count, row[1].object, row[1].path)  # noqa: E731 - one key
        return sorted(rows, key=order)

    @property
    def exit_code(self) -> int:
        """The exit code; inputs that can't be read count more than findings."""
        if self.problems:
            return BAD_INPUT
        if any(level == "error" for level, _, _ in self.findings):
            return FINDINGS
        return BAD_INPUT if self.nothing else OK

    @property
    def nothing(self) -> str | None:
        """Why nothing was checked; None if something was, or if that is a success."""
        if self.may_be_empty or self.checked or self.problems:
            return None
        if self._found and self.findings_suffice:
            return None
        reason, tally = next(iter(self.unchecked.items()), (None, None))
        why = f"{tally.count} {reason}, as in {tally.first}" if tally else self.missing
        more = f", and {len(self.unchecked) - 1} more" if len(self.unchecked) > 1 else ""
        return one_line(f"nothing was {self.verb}: {why}{more}{self._way_out}")

    @property
    def nothing_more(self) -> str | None:
        """The same without the reasons, for use after a report that lists them."""
        short = f"nothing was {self.verb}{self._way_out}"
        return short if self.nothing and self.unchecked else self.nothing

    @property
    def _way_out(self) -> str:
        return f" ({self.way_out})" if self.way_out else ""


def shape_of(path: str) -> str:
    """Write a path with [] for its indexes."""
    return _INDEX.sub("[]", path)


def one_line(text: str) -> str:
    """Escape control characters and line breaks in a text, and mask its secrets."""
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", masked(text))
