"""The kinds of findings in a document's shape, and the level of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DEFAULT_LEVELS = {
    "breaking": "error",  # a required key gone, a type or null-ness wrong
    "enum": "warning",  # a value that the documentation doesn't have
    "vanished": "warning",  # an optional key gone that real objects always carry
    "additive": "information",  # a key that the documentation doesn't have
}
KINDS = tuple(DEFAULT_LEVELS)
LEVELS = ("error", "warning", "information")
# Rules of a request, or a parameter, that only one of two recordings has.
ONLY_OLD, NOT_OLD = "only the old recording sends it", "the old recording doesn't send it"
REQUEST = "request"  # the path of a finding about a whole request
BORROWED = ", by the borrowed schema of "  # stands behind an API version older than all schemas


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a document. Secrets in values are masked.

    - `path` is a JSON path, such as "$.next_action.type".
    - `rule` names no value of a recording, so the same fault has the same rule in every recording.
    - `was` is the value in an old recording, "" when there is none.
    """

    kind: str
    object: str
    path: str
    rule: str
    value: str
    api_version: str
    was: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.object}{self._said} (API version {self.api_version})"

    @property
    def borrowed(self) -> bool:
        """Whether it was found by a later version's schema, because its own version has none."""
        return BORROWED in self.api_version

    @property
    def _said(self) -> str:
        if self.rule in (ONLY_OLD, NOT_OLD):
            what = "this request" if self.path == REQUEST else f"the {self.path}"
            return f": {self.rule.removesuffix('it')}{what}"
        where = f" at {self.path} "
        if self.kind == "breaking":
            rule = f"{self.rule}: {self.was}" if self.was else self.rule
            return f"{where}breaks {rule}; it is {self.value}"
        is_gone = self.kind == "vanished" and not (self.was and self.value == "null")
        value = "gone" if is_gone else self.value
        return f"{where}is {value}, and " + (f"it was {self.was}" if self.was else self.rule)


def level_of(finding: Finding, levels: Mapping[str, str]) -> str:
    """Return the level of a finding's kind; at most a warning when the schema is borrowed."""
    level = levels[finding.kind]
    return "warning" if level == "error" and finding.borrowed else level


def levels_of(settings: Sequence[str]) -> dict[str, str]:
    """Read `--level` settings of the form kind=level; ValueError names a wrong one."""
    levels = dict(DEFAULT_LEVELS)
    for setting in settings:
        kind, _, level = setting.partition("=")
        if kind not in KINDS or level not in LEVELS:
            kinds, known = ", ".join(KINDS), ", ".join(LEVELS)
            raise ValueError(f"--level {setting!r} is not kind=level; kinds: {kinds}; levels: {known}")
        levels[kind] = level
    return levels
