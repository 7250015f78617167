"""HTTP headers as a mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeVar, overload

T = TypeVar("T")


class HeaderMap(Mapping[str, str]):
    """Headers with case-insensitive names."""

    __slots__ = ("_as_given",)

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self._as_given = dict(headers or {})

    def __getitem__(self, name: str) -> str:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str) -> str: ...
    @overload
    def get(self, name: str, /, default: T) -> str | T: ...
    def get(self, name: str, /, default: object = None) -> object:
        """Look a header up. Mapping's own `get` uses an exception, which takes ten times as long."""
        if (found := self._as_given.get(name)) is not None:
            return found
        spelled = _spelled(tuple(self._as_given)).get(name.lower())
        return default if spelled is None else self._as_given[spelled]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._as_given)

    def __len__(self) -> int:
        return len(self._as_given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._as_given})"


@lru_cache(maxsize=64)
def _spelled(names: tuple[str, ...]) -> dict[str, str]:
    """Give how each lowered name was spelled last.

    Requests share their headers' names, so these are kept by the names: a dict in each exchange took a
    kilobyte.
    """
    return {name.lower(): name for name in names}
