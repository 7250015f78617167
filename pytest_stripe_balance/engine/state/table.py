"""Records by id, in the order of their creation, and pages of them as Stripe's lists have them."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from operator import attrgetter, eq
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypedDict, TypeVar

from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.engine.state.index import Agenda, Index
from pytest_stripe_balance.engine.state.sharing import own_dict, own_list

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from pytest_stripe_balance.engine.state.sharing import DictOver, ListOver


# The records written since a request began, each with what undoes it.
Journal = list[tuple[object, Callable[[], object]]]


class Identified(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str:
        """The id that Stripe would give it."""
        ...


class Cursors(TypedDict, total=False):
    """The parameters that every list takes."""

    limit: int
    starting_after: str
    ending_before: str


# A time parameter of a list: a second since 1970, or any of gt, gte, lt and lte.
Time: TypeAlias = int | dict[str, int]


class ListParams(Cursors, total=False):
    """The parameters of a list that can be narrowed by the time of creation."""

    created: Time


# A field, or several: what an index finds records by.
Fields: TypeAlias = str | tuple[str, ...]

R = TypeVar("R", bound=Identified)


@dataclass(frozen=True)
class Page(Generic[R]):
    """One page of a list, newest first."""

    data: list[R]
    has_more: bool


class Table(Generic[R]):
    """Records of one kind. `noun` is what Stripe calls one in "No such ...: 'x'".

    `by` names the fields, or the tuples of fields, by whose values records are found without a walk.
    If records fall due by themselves, their `due_at` says when, in seconds since 1970; None is never.
    """

    def __init__(
        self, noun: str, journal: Journal | None = None, *by: Fields, falls_due: bool = False
    ) -> None:
        self.noun = noun
        self._journal = journal if journal is not None else []
        self._records: list[R] | ListOver[R] = []
        self._places: dict[str, int] | DictOver[str, int] = {}
        self._indexes = {index.fields: index for index in map(Index.by, by)}
        self._agenda = Agenda() if falls_due else None
        self._is_shared = False

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[R]:
        return iter(self._records)

    def get(self, record_id: str) -> R | None:
        """Look a record up by id."""
        place = self._places.get(record_id)
        return None if place is None else self._records[place]

    def place(self, record_id: str) -> int:
        """Give the number of records created before this one; KeyError if there is none."""
        return self._places[record_id]

    def find(
        self,
        record_id: str,
        param: str,
        *,
        in_path: bool = True,
        assumption: str | None = None,
        keep: Callable[[R], bool] | None = None,
    ) -> R:
        """Look a record up by id; a `resource_missing` fault if there is none that `keep` accepts.

        `assumption` names the assumption that this answer relies on, if any.
        """
        place = self._places.get(record_id)
        if place is None or not (keep is None or keep(self._records[place])):
            raise faults.missing_object(
                self.noun, record_id, param, in_path=in_path, assumption=assumption
            )
        return self._records[place]

    def copy(self, journal: Journal) -> Table[R]:
        """Give a table that begins as this one is; neither sees what is written to the other later.

        They share their containers until one of them writes.
        """
        known = len(self._records)
        for index in self._indexes.values():
            if index.known < known:
                index.take_in(self._records)  # so that no copy takes in what is shared
        self._is_shared = True
        copied: Table[R] = Table.__new__(Table)
        vars(copied).update(vars(self), _journal=journal)
        return copied

    def _unshare(self) -> None:
        self._records, self._places = own_list(self._records), own_dict(self._places)
        self._indexes = {fields: index.copy() for fields, index in self._indexes.items()}
        self._agenda = self._agenda and self._agenda.copy()
        self._is_shared = False

    def put(self, record: R) -> R:
        """Add a record, or replace the one with the same id."""
        if self._is_shared:
            self._unshare()
        place = self._places.get(record.id)
        if place is None:
            self._journal.append((record, partial(self._drop, record)))
            place = self._places[record.id] = len(self._records)
            self._records.append(record)
            if self._agenda is not None:
                self._agenda.add(record, place)
        else:
            before = self._records[place]
            self._journal.append((record, partial(self._put_back, place, before)))
            self._records[place] = record
            for index in self._indexes.values():
                if place < index.known and (was := index.read(before)) != (is_ := index.read(record)):
                    index.move(was, is_, place)
            if self._agenda is not None:
                self._agenda.move(before, record, place)
        return record

    def _put_back(self, place: int, record: R) -> None:
        after = self._records[place]
        self._records[place] = record
        for index in self._indexes.values():
            if place < index.known:
                index.move(index.read(after), index.read(record), place)
        if self._agenda is not None:
            self._agenda.move(after, record, place)

    def _drop(self, record: R) -> None:
        place = self._places[record.id]
        del self._places[record.id]
        self._records.pop()
        for index in self._indexes.values():
            index.drop(index.read(record), place)
        if self._agenda is not None:
            self._agenda.drop(record, place)

    def where(self, **values: object) -> Iterator[R]:
        """Give the records that have these values, oldest first. There has to be an index of the fields.

        What is written meanwhile isn't seen.
        """
        places = self._index(tuple(values)).places(_key([*values.values()]))
        return map(self._records.__getitem__, [*places])

    def values_of(self, field: str) -> Iterator[object]:
        """Give each value that a field has in some record. There has to be an index of it."""
        return self._index((field,)).keys()

    def _index(self, fields: tuple[str, ...]) -> Index:
        """Give an index that knows all records."""
        index = self._indexes[fields]
        if index.known < len(self._records):
            index.take_in(self._records)
        return index

    def due(self, until: int) -> Iterator[tuple[int, R]]:
        """Give what falls due at the latest at `until`, the earliest first, each with its moment.

        What falls due in one second stands in the order of creation. Nothing is to be written meanwhile.
        """
        assert self._agenda is not None, f"nothing says when a {self.noun} falls due"
        return ((moment, self._records[place]) for moment, place in self._agenda.until(until))

    def page(
        self,
        *,
        created: Time | None = None,
        limit: int = 10,
        starting_after: str | None = None,
        ending_before: str | None = None,
        keep: Callable[[R], bool] | None = None,
        **fields: object,
    ) -> Page[R]:
        """Give one page, newest first (docs/stripe.md 6.4).

        It has the records that were `created` then, whose `fields` have these values, and that `keep`
        accepts. As a value None is any, and a frozenset one of these; then there has to be an index of
        the field. Cursors are exclusive, and records of one second stand in the order of their creation.
        Where there is an index of some of the fields, the page costs by the records it has under these
        values. A cursor to an unknown record is a 400 `resource_missing`.
        """
        backwards = ending_before is not None and starting_after is None
        wanted = {name: value for name, value in fields.items() if value is not None}
        places = self._candidates(wanted)
        walk: Iterable[R] = map(
            self._records.__getitem__, self._walk(places, starting_after, ending_before)
        )
        for test in _tests(created, wanted):
            walk = filter(test, walk)
        found = list(islice(walk if keep is None else filter(keep, walk), limit + 1))
        data = found[:limit]
        return Page(data[::-1] if backwards else data, has_more=len(found) > limit)

    def _candidates(self, wanted: dict[str, object]) -> list[Sequence[int]]:
        """Give the places to look at, the fewest that an index has. Its fields need no test any more."""
        for name, value in wanted.items():
            if type(value) is frozenset:
                del wanted[name]
                index = self._index((name,))
                return [index.places(one) for one in value]
        places: Sequence[int] = range(len(self._records))
        chosen: Collection[str] = ()
        for names in self._indexes if wanted else ():
            if all(name in wanted for name in names):
                found = self._index(names).places(_key([wanted[name] for name in names]))
                if len(found) <= len(places):
                    places, chosen = found, names
        for name in chosen:
            del wanted[name]
        return [places]

    def _walk(
        self, candidates: list[Sequence[int]], starting_after: str | None, ending_before: str | None
    ) -> Iterable[int]:
        """Go from a cursor to older places, or from `ending_before` to newer ones."""
        steps: list[range]
        if starting_after is not None:
            cursor = self._place(starting_after, "starting_after")
            steps = [range(bisect_left(places, cursor) - 1, -1, -1) for places in candidates]
        elif ending_before is not None:
            cursor = self._place(ending_before, "ending_before")
            steps = [range(bisect_right(places, cursor), len(places)) for places in candidates]
        else:
            steps = [range(len(places) - 1, -1, -1) for places in candidates]
        walks = [map(places.__getitem__, way) for places, way in zip(candidates, steps, strict=True)]
        is_backwards = ending_before is not None and starting_after is None
        return walks[0] if len(walks) == 1 else heapq.merge(*walks, reverse=not is_backwards)

    def _place(self, cursor: str, param: str) -> int:
        place = self._places.get(cursor)
        if place is None:
            raise faults.missing_object(self.noun, cursor, param, in_path=False)
        return place


def _key(values: Sequence[object]) -> object:
    """Give the key of an index for the values of its fields."""
    return tuple(values) if len(values) > 1 else values[0]


def _tests(created: Time | None, fields: Mapping[str, object]) -> Iterator[Callable[[Any], bool]]:
    """Make the tests for a list's parameters."""
    if created is not None:
        yield _by_field("created", in_time(created))
    for name, value in fields.items():
        yield _by_field(name, partial(eq, value))


def _by_field(name: str, test: Callable[[Any], bool]) -> Callable[[object], bool]:
    read = attrgetter(name)
    return lambda record: test(read(record))


def in_time(created: Time) -> Callable[[int], bool]:
    """Make the test of a time parameter: a second, or any of gt, gte, lt and lte."""
    if isinstance(created, int):
        return partial(eq, created)
    bounds = created
    return lambda second: (
        second > bounds.get("gt", second - 1)
        and second >= bounds.get("gte", second)
        and second < bounds.get("lt", second + 1)
        and second <= bounds.get("lte", second)
    )
