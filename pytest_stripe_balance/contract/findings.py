"""What can be wrong with a document's shape: one vocabulary, and how grave each kind is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_LEVELS = {
    "breaking": "error",  # a required key gone, a type or null-ness wrong
    "enum": "warning",  # a value that the documentation doesn't have
    "vanished": "warning",  # an optional key gone that real objects always carry
    "additive": "information",  # a key that the documentation doesn't have
}
KINDS = tuple(DEFAULT_LEVELS)
LEVELS = ("error", "warning", "information")
BORROWED = ", by the borrowed schema of "  # what follows an API version that is older than all schemas


@dataclass(frozen=True)
class Finding:
    """One thing wrong. `path` is a JSON path ("$.next_action.type"); `value` has its secrets masked."""

    kind: str
    object: str
    path: str
    rule: str
    value: str
    api_version: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.object} at {self.path} {self._said} (API version {self.api_version})"

    @property
    def borrowed(self) -> bool:
        """Whether a later version's schema judged it, because its own has none."""
        return BORROWED in self.api_version

    @property
    def _said(self) -> str:
        match self.kind:
            case "enum":
                return f"is {self.value}, and {self.rule}"
            case "vanished":
                return f"is gone, and {self.rule}"
            case "additive":
                return f"is {self.value}, and {self.rule}"
            case _:
                return f"breaks {self.rule}; it is {self.value}"


def level_of(finding: Finding, levels: Mapping[str, str]) -> str:
    """Give the level of a finding by its kind; what a borrowed schema finds is a warning at most."""
    level = levels[finding.kind]
    return "warning" if level == "error" and finding.borrowed else level
