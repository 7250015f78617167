"""An entry of the register: an open question, and its possible answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Assumption:
    """One open question and its possible answers (`readings`, by name). The first is the default."""

    id: str
    sentence: str
    readings: Mapping[str, str]
    recording: int

    @cached_property
    def default(self) -> str:
        """The reading in effect unless a test picks another."""
        return next(iter(self.readings))


def only(id: str, recording: int, sentence: str) -> Assumption:  # noqa: A002 - its own name
    """Make an entry with one reading: nobody has thought of another."""
    return Assumption(id, sentence, {"assumed": "as the sentence says"}, recording)
