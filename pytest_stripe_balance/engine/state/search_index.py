"""What a search finds while it lags behind: records as they were some seconds ago."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.table import Identified, Table

R = TypeVar("R", bound="Identified")

_Key = tuple[type, str]  # an echo has the id of another record
# What a record was from a moment on, in seconds since 1970; the newest last.
_Versions = tuple[tuple[int, object], ...]


class SearchIndex:
    """The earlier versions of every record; a search finds those that are `lag` seconds old.

    Stripe's search lags behind by 16 seconds to more than two minutes (docs/stripe.md 6.6 [obs]).
    """

    def __init__(self, lag: int, versions: Mapping[_Key, _Versions] | None = None) -> None:
        self.lag = lag
        self._versions: dict[_Key, _Versions] = dict(versions or {})

    @classmethod
    def begun(cls, lag: int, tables: Iterable[Table[Identified]]) -> SearchIndex:
        """Begin with records whose earlier versions nobody kept: each is taken as it is now."""
        records = [record for table in tables for record in table]
        return cls(lag, {(type(one), one.id): ((getattr(one, "created", 0), one),) for one in records})

    def copy(self, lag: int) -> SearchIndex:
        """Give an index that goes on from here, with a lag of its own."""
        return SearchIndex(lag, self._versions)

    def note(self, written: Iterable[object], now: int) -> None:
        """Keep what was written just now."""
        for record in written:
            record_id = getattr(record, "id", None)
            if record_id is None:
                continue
            key = type(record), record_id
            before = self._versions.get(key, ())
            if before and before[-1][0] == now:
                before = before[:-1]
            self._versions[key] = (*before, (now, record))

    def as_found(self, record: R, now: int) -> R | None:
        """Give a record as a search knows it now; None if it doesn't know it yet."""
        then, versions = now - self.lag, self._versions.get((type(record), record.id), ())
        for moment, version in reversed(versions):
            if moment <= then:
                return version  # type: ignore[return-value] # a version of a record is of its kind
        return None
