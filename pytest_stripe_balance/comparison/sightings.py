"""How objects were seen last, to tell a change of which a recording doesn't hold the cause.

A browser confirms a payment, somebody uses the Dashboard, time goes by: the next read shows another
status, though no request of the recording was about the object.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Protocol

Json = Any


class Mentions(Protocol):
    """Knows which ids an object names."""

    def mentioned_by(self, an_id: str) -> AbstractSet[str]:
        """Give the ids that an object named, in whatever answers held it."""


@dataclass(frozen=True)
class _Seen:
    """An object's status on both sides, and how many writes there had been."""

    recorded: Json
    given: Json
    writes: int


@dataclass
class Sightings:
    """The statuses that both sides gave of each object last, and which write named an id last."""

    _seen: dict[str, _Seen] = field(default_factory=dict)
    _touched: dict[str, int] = field(default_factory=dict)
    _writes: int = 0

    def touch(self, named: Iterable[str]) -> None:
        """Note a write that was driven, by the ids that it and its answer name."""
        self._writes += 1
        self._touched |= dict.fromkeys(named, self._writes)

    def keep(self, recorded: Json, given: Json) -> None:
        """Note an answer of both sides."""
        if (own := own_id(recorded)) and isinstance(given, dict):
            self._seen[own] = _Seen(recorded.get("status"), given.get("status"), self._writes)

    def has_changed(self, recorded: Json, given: Json, mentions: Mentions) -> bool:
        """Tell whether only the recorded status changed since, with no driven write about the object."""
        own = own_id(recorded)
        seen = self._seen.get(own)
        if seen is None or not isinstance(given, dict):
            return False
        if any(self._touched.get(one, 0) > seen.writes for one in (own, *mentions.mentioned_by(own))):
            return False
        return bool(recorded.get("status") != seen.recorded and given.get("status") == seen.given)


def own_id(document: Json) -> str:
    """Give the id of an object; "" of what is none."""
    own = document.get("id") if isinstance(document, dict) and "object" in document else None
    return own if isinstance(own, str) else ""
