"""Remembers the last status of each object, to notice changes that no recorded request made.

A browser may confirm a payment, somebody may use the Dashboard, or time may pass. Then the next read
shows another status, though no request of the recording was about the object.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Protocol

Json = Any


class Mentions(Protocol):
    """Knows which ids an object names: `Knowledge` does."""

    def mentioned_by(self, an_id: str) -> AbstractSet[str]:
        """Give the ids that an object named in any answer."""


@dataclass(frozen=True)
class _Seen:
    """An object's status in both answers, and the number of writes before them."""

    recorded: Json
    faked: Json
    writes: int


@dataclass
class Sightings:
    """The last status of each object in both answers, and the last write that named each id."""

    _seen: dict[str, _Seen] = field(default_factory=dict)
    _touched: dict[str, int] = field(default_factory=dict)
    _writes: int = 0

    def touch(self, named: Iterable[str]) -> None:
        """Note a compared write, by the ids that it and its answer name."""
        self._writes += 1
        self._touched |= dict.fromkeys(named, self._writes)

    def note(self, recorded: Json, faked: Json) -> None:
        """Note a recorded answer and the fake's."""
        if (own := own_id(recorded)) and isinstance(faked, dict):
            self._seen[own] = _Seen(recorded.get("status"), faked.get("status"), self._writes)

    def has_changed(self, recorded: Json, faked: Json, mentions: Mentions) -> bool:
        """Tell whether only the recorded status changed, and no compared write was about the object."""
        own = own_id(recorded)
        seen = self._seen.get(own)
        if seen is None or not isinstance(faked, dict):
            return False
        if any(
            self._touched.get(an_id, 0) > seen.writes for an_id in (own, *mentions.mentioned_by(own))
        ):
            return False
        return bool(recorded.get("status") != seen.recorded and faked.get("status") == seen.faked)


def own_id(document: Json) -> str:
    """Give an object's id; "" for anything else."""
    own = document.get("id") if isinstance(document, dict) and "object" in document else None
    return own if isinstance(own, str) else ""
