"""A layer of patches that knows what it found, and takes off only what is still its own."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any, NamedTuple, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
_MARK = "_is_tapped_by_pytest_stripe_balance"
_NOTHING = object()  # where an owner has no such name of its own

Patch = tuple[Any, str, object, object]  # the owner, its name there, what was found, what was put on


class Spot(NamedTuple):
    """A name of a class or a module, and what stands there instead of its original.

    Another function that a test has put there stays, unless `wrap` makes a patch of it.
    """

    owner: Any
    name: str
    original: object
    instead: Callable[..., Any]
    wrap: Callable[[Any], Callable[..., Any]] | None = None


def spot(
    owner: Any,  # noqa: ANN401 - a class or a module
    name: str,
    wrap: Callable[[Any], Callable[..., Any]],
    *,
    whatever: bool = False,
) -> Spot:
    """Make the patch of what stands there now; with `whatever` also of what others will put there."""
    # Somebody may have kept a patch, and put it back when its layer was off.
    original = original_of(vars(owner).get(name, _NOTHING))
    inherited = getattr(owner, name) if original is _NOTHING else original
    return Spot(owner, name, original, marked(wrap(inherited)), wrap if whatever else None)


class Group:
    """Spots that are put on together; made once, since it is done in every test."""

    def __init__(self, spots: list[Spot]) -> None:
        self.spots = spots
        self._look_ups = [(vars(one.owner).get, one.name) for one in spots]
        self.originals = [one.original for one in spots]
        self.patches = [(one.owner, one.name, one.original, one.instead) for one in spots]

    def found(self) -> list[object]:
        """Give what stands at each spot now."""
        return [look_up(name, _NOTHING) for look_up, name in self._look_ups]


class Layer:
    """Patches that are put on group by group, and taken off in the reverse order."""

    def __init__(self) -> None:
        self._on: list[Patch] = []
        self._groups: list[tuple[Group, list[object]]] = []

    def put_on(self, group: Group) -> None:
        """Put a group of patches on."""
        if all(map(is_, group.found(), group.originals)):
            self._on += group.patches
            for owner, name, _, value in group.patches:
                setattr(owner, name, value)
        else:
            for one in group.spots:
                self._put(one)
        self._groups.append((group, group.found()))

    def mend(self) -> None:
        """Put on again what others have taken off; this is done at the beginning of every run."""
        for number, (group, values) in enumerate(self._groups):
            if not all(map(is_, group.found(), values)):
                for one in group.spots:
                    self._put(one)
                self._groups[number] = group, group.found()

    def take_off(self) -> None:
        """Take every patch off; what others have put over one stays."""
        for owner, name, found, value in reversed(self._on):
            if vars(owner).get(name) is not value:
                continue
            if found is _NOTHING:
                delattr(owner, name)
            else:
                setattr(owner, name, found)
        self._on.clear()
        self._groups.clear()

    def _put(self, one: Spot) -> None:
        owner, name, original, instead, wrap = one
        found = vars(owner).get(name, _NOTHING)
        if is_marked(found):
            if all(value is not found for *_, value in self._on):  # of a layer that was taken off
                self._on.append((owner, name, original_of(found), found))
            return
        if found is not original:
            if wrap is None:
                return
            instead = marked(wrap(getattr(owner, name) if found is _NOTHING else found))
        self._on.append((owner, name, found, instead))
        setattr(owner, name, instead)


def marked(function: F) -> F:
    """Mark a function as the tap's."""
    setattr(function, _MARK, id(function))
    return function


def is_marked(value: object) -> bool:
    """Tell the tap's functions; no mock is one, nor what `functools.wraps` makes of one."""
    return getattr(value, _MARK, None) == id(value)


def original_of(value: Any) -> Any:  # noqa: ANN401 - whatever stands at a spot
    """Give what one of the tap's functions is a patch of; of anything else itself."""
    return vars(value)["__wrapped__"] if is_marked(value) else value
