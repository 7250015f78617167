"""What a table knows of its records beside their order: who has a value, and what falls due when."""

from __future__ import annotations

from bisect import bisect_left, insort
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pytest_stripe_balance.engine.state.sharing import own_dict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_stripe_balance.engine.state.sharing import DictOver, ListOver

_NOWHERE: list[int] = []  # nobody writes to it


class Index:
    """The places of a table's records by the values of some fields, each list in ascending order.

    A record in which one of the fields is None is in no list. Records are taken in when somebody asks,
    so that a write costs nothing where nobody does. `known` is the number of those that were.
    """

    def __init__(self, *fields: str) -> None:
        self.fields = fields
        self.known = 0
        self.read = attrgetter(*fields)
        self._places: dict[object, list[int]] | DictOver[object, list[int]] = {}
        self._unshared: set[object] | None = None  # the keys whose lists are this index's; None: all

    @classmethod
    def by(cls, fields: str | tuple[str, ...]) -> Index:
        """Make one of a field, or of several."""
        return cls(fields) if isinstance(fields, str) else cls(*fields)

    def keys(self) -> Iterator[object]:
        """Give the keys of some records: a value, or a tuple of them where there are several fields."""
        return (key for key, places in self._places.items() if places)

    def places(self, key: object) -> Sequence[int]:
        """Give the places of the records that have a key."""
        return self._places.get(key, _NOWHERE)

    def take_in(self, records: list[Any] | ListOver[Any]) -> None:
        """Take in the records that came since the last time."""
        for place in range(self.known, len(records)):
            self._insert(self.read(records[place]), place)
        self.known = len(records)

    def move(self, was: object, is_: object, place: int) -> None:
        """Take in that a known record has another key."""
        self._remove(was, place)
        self._insert(is_, place)

    def drop(self, key: object, place: int) -> None:
        """Forget the last record, if it is known."""
        if place < self.known:
            self._remove(key, place)
            self.known = place

    def copy(self) -> Index:
        """Give an index that begins as this one, whose lists nobody may write to any more."""
        copied = Index.__new__(Index)
        vars(copied).update(vars(self), _places=own_dict(self._places), _unshared=set())
        return copied

    def _insert(self, key: object, place: int) -> None:
        if _is_none(key):
            return
        found = self._own(key)
        if found is None:
            self._places[key] = [place]
        elif found and found[-1] > place:
            insort(found, place)
        else:
            found.append(place)

    def _remove(self, key: object, place: int) -> None:
        if _is_none(key):
            return
        found = self._own(key)
        assert found is not None, "unreachable because only what is there is taken out"
        del found[bisect_left(found, place)]

    def _own(self, key: object) -> list[int] | None:
        """Give the list of a key to write to; None if it has none."""
        found = self._places.get(key)
        if self._unshared is not None and key not in self._unshared:
            self._unshared.add(key)
            if found is not None:
                found = self._places[key] = found.copy()
        return found


def _is_none(key: object) -> bool:
    return key is None or (type(key) is tuple and None in key)


class Agenda:
    """When the records of a table fall due by themselves, as their `due_at` says, the earliest first.

    What falls due in one second stands in the order of creation. A record whose `due_at` is None isn't
    there.
    """

    def __init__(self) -> None:
        self._due: list[tuple[int, int]] = []  # moment and place

    def until(self, moment: int) -> Iterator[tuple[int, int]]:
        """Give what falls due at the latest at a moment: when, and the record's place."""
        for due in self._due:
            if due[0] > moment:
                return
            yield due

    def add(self, record: Any, place: int) -> None:  # noqa: ANN401 - a record with due_at
        """Take in a record."""
        if (moment := record.due_at) is not None:
            insort(self._due, (moment, place))

    def move(self, before: Any, after: Any, place: int) -> None:  # noqa: ANN401 - as above
        """Take in what became of a record."""
        if before.due_at != after.due_at:
            self.drop(before, place)
            self.add(after, place)

    def drop(self, record: Any, place: int) -> None:  # noqa: ANN401 - as above
        """Forget a record."""
        if (moment := record.due_at) is not None:
            del self._due[bisect_left(self._due, (moment, place))]

    def copy(self) -> Agenda:
        """Give an agenda that begins as this one."""
        copied = Agenda()
        copied._due = self._due.copy()
        return copied
