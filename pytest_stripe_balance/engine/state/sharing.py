"""Containers that begin as others do, without a copy of what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from itertools import chain
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
# With fewer, a copy is quicker than what the look-ups in two containers cost more.
_COPIED_BELOW = 500


def own_dict(shared: dict[K, V] | DictOver[K, V]) -> dict[K, V] | DictOver[K, V]:
    """Give a dict that begins as one that nobody writes to any more."""
    if isinstance(shared, DictOver):
        return shared.copy()
    return DictOver(shared, {}) if len(shared) >= _COPIED_BELOW else shared.copy()


def own_list(shared: list[V] | ListOver[V]) -> list[V] | ListOver[V]:
    """Give a list that begins as one that nobody writes to any more."""
    if isinstance(shared, ListOver):
        return shared.copy()
    return ListOver(shared, {}, []) if len(shared) >= _COPIED_BELOW else shared.copy()


class ListOver(Generic[V]):
    """A list that has what another has, `below`, but for what was replaced in it and added to it."""

    def __init__(self, below: list[V], replaced: dict[int, V], added: list[V]) -> None:
        self._below, self._replaced, self._added = below, replaced, added

    def copy(self) -> list[V] | ListOver[V]:
        """Give one that begins as this one does; a list of its own, once little of it is shared."""
        if 2 * (len(self._replaced) + len(self._added)) > len(self._below):
            return [*self]
        return ListOver(self._below, self._replaced.copy(), self._added.copy())

    def __len__(self) -> int:
        return len(self._below) + len(self._added)

    def __iter__(self) -> Iterator[V]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, place: int) -> V:
        over = place - len(self._below)
        if over >= 0:
            return self._added[over]
        found = self._replaced.get(place)
        return self._below[place] if found is None else found

    def __setitem__(self, place: int, value: V) -> None:
        over = place - len(self._below)
        if over >= 0:
            self._added[over] = value
        else:
            self._replaced[place] = value

    def append(self, value: V) -> None:
        """Add a value."""
        self._added.append(value)

    def pop(self) -> V:
        """Take out the last value, which was added."""
        return self._added.pop()


class DictOver(MutableMapping[K, V]):
    """A dict that has what another has, `below`, but for what was written over it.

    What is below can be replaced, and not taken out.
    """

    def __init__(self, below: Mapping[K, V], over: dict[K, V], added: int = 0) -> None:
        self._below, self._over, self._added = below, over, added

    def copy(self) -> dict[K, V] | DictOver[K, V]:
        """Give one that begins as this one does; a dict of its own, once little of it is shared."""
        if 2 * len(self._over) > len(self._below):
            return {**self._below, **self._over}
        return DictOver(self._below, self._over.copy(), self._added)

    def __len__(self) -> int:
        return len(self._below) + self._added

    def __iter__(self) -> Iterator[K]:
        return chain(self._below, (key for key in self._over if key not in self._below))

    def __contains__(self, key: object) -> bool:
        return key in self._over or key in self._below

    def __getitem__(self, key: K) -> V:
        return self._over[key] if key in self._over else self._below[key]

    def __setitem__(self, key: K, value: V) -> None:
        self._added += key not in self
        self._over[key] = value

    def __delitem__(self, key: K) -> None:
        assert key not in self._below, f"{key} is shared"
        del self._over[key]
        self._added -= 1
