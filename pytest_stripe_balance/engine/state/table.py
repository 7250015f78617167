"""Records by id, in the order of their creation, and pages of them as Stripe's lists have them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from operator import attrgetter, eq
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypedDict, TypeVar

from pytest_stripe_balance.engine.state import faults

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


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


R = TypeVar("R", bound=Identified)


@dataclass(frozen=True)
class Page(Generic[R]):
    """One page of a list, newest first."""

    data: list[R]
    has_more: bool


class Table(Generic[R]):
    """Records of one kind. `noun` is what Stripe calls one in "No such ...: 'x'".

    `owners` are the fields with the ids of those whose records can be asked for. No record changes them.
    """

    def __init__(
        self, noun: str, journal: Journal | None = None, owners: tuple[str, ...] = ("customer",)
    ) -> None:
        self.noun = noun
        self._owners = owners
        self._journal = journal if journal is not None else []
        self._records: list[R] = []
        self._places: dict[str, int] = {}
        self._owned: dict[str, list[int]] = {}  # places by owner
        self._is_shared = False
        self._unshared: set[str] | None = None  # whose lists in `_owned` are this table's; None: all

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
        self, record_id: str, param: str, *, in_path: bool = True, assumption: str | None = None
    ) -> R:
        """Look a record up by id; a `resource_missing` fault if there is none.

        `assumption` names the assumption that this answer relies on, if any.
        """
        record = self.get(record_id)
        if record is None:
            raise faults.missing_object(
                self.noun, record_id, param, in_path=in_path, assumption=assumption
            )
        return record

    def copy(self, journal: Journal) -> Table[R]:
        """Give a table that begins as this one is; neither sees what is written to the other later.

        They share their containers until one of them writes.
        """
        self._is_shared = True
        copied: Table[R] = Table.__new__(Table)
        vars(copied).update(vars(self), _journal=journal)
        return copied

    def _unshare(self) -> None:
        self._records, self._places = self._records.copy(), self._places.copy()
        self._owned, self._unshared = self._owned.copy(), set()
        self._is_shared = False

    def put(self, record: R) -> R:
        """Add a record, or replace the one with the same id."""
        if self._is_shared:
            self._unshare()
        place = self._places.get(record.id)
        if place is None:
            self._journal.append((record, partial(self._drop, record.id)))
            place = self._places[record.id] = len(self._records)
            self._records.append(record)
            for owner in self._owners_of(record):
                if self._unshared is not None:
                    self._unshare_places(owner)
                self._owned.setdefault(owner, []).append(place)
        else:
            undo = partial(self._records.__setitem__, place, self._records[place])
            self._journal.append((record, undo))
            self._records[place] = record
        return record

    def _unshare_places(self, owner: str) -> None:
        assert self._unshared is not None, "unreachable because only a table that was copied calls it"
        if owner in self._owned and owner not in self._unshared:
            self._owned[owner] = self._owned[owner].copy()
        self._unshared.add(owner)

    def _drop(self, record_id: str) -> None:
        del self._places[record_id]
        for owner in self._owners_of(self._records.pop()):
            self._owned[owner].pop()

    def _owners_of(self, record: R) -> Iterator[str]:
        for field in self._owners:
            if (owner := getattr(record, field, None)) is not None:
                yield owner

    def of(self, owner: str) -> Iterator[R]:
        """Give the records of one customer, or of another owner, oldest first."""
        return map(self._records.__getitem__, self._owned.get(owner, ()))

    def page(
        self,
        *,
        customer: str | None = None,
        created: Time | None = None,
        limit: int = 10,
        starting_after: str | None = None,
        ending_before: str | None = None,
        keep: Callable[[R], bool] | None = None,
        **fields: object,
    ) -> Page[R]:
        """Give one page, newest first (docs/stripe.md 6.4).

        It has the records of `customer` that were `created` then, whose `fields` have these values (None
        is any), and that `keep` accepts. Cursors are exclusive, and records of one second stand in the
        order of their creation. A customer's page costs the same whatever others have. A cursor to an
        unknown record is a 400 `resource_missing`.
        """
        backwards = ending_before is not None and starting_after is None
        walk = self._walk(starting_after, ending_before, customer)
        for test in _tests(created, fields):
            walk = filter(test, walk)
        found = list(islice(walk if keep is None else filter(keep, walk), limit + 1))
        data = found[:limit]
        return Page(data[::-1] if backwards else data, has_more=len(found) > limit)

    def _walk(
        self, starting_after: str | None, ending_before: str | None, customer: str | None
    ) -> Iterable[R]:
        """Go from a cursor to older records, or from `ending_before` to newer ones."""
        owned: Sequence[int] = range(len(self._records))
        if customer is not None:
            owned = self._owned.get(customer, ())
        if starting_after is not None:
            older = bisect_left(owned, self._place(starting_after, "starting_after"))
            steps = range(older - 1, -1, -1)
        elif ending_before is not None:
            newer = bisect_right(owned, self._place(ending_before, "ending_before"))
            steps = range(newer, len(owned))
        else:
            steps = range(len(owned) - 1, -1, -1)
        return map(self._records.__getitem__, map(owned.__getitem__, steps))

    def _place(self, cursor: str, param: str) -> int:
        place = self._places.get(cursor)
        if place is None:
            raise faults.missing_object(self.noun, cursor, param, in_path=False)
        return place


def _tests(created: Time | None, fields: Mapping[str, object]) -> Iterator[Callable[[Any], bool]]:
    """Make the tests for a list's parameters."""
    if created is not None:
        yield _by_field("created", in_time(created))
    for name, value in fields.items():
        if value is not None:
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
