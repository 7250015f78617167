"""How the files of `schemas/` hold all releases of the API at once.

What is the same in all of them stands there once. Where they differ stands a hash with one key: "@since"
maps a release to what holds from there on, until the next release that it names. `null` says that
nothing is there. So `{"@since": {"basil": {"type": "string"}}}` came with basil, and
`{"@since": {"2023-10-16": "plan", "clover": null}}` was gone with clover.

A sorted list of texts, as `required` is, is compared text by text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from itertools import pairwise
from typing import Any, Final, Literal

Json = Any
SINCE = "@since"
_NESTED = (dict, list)


class _Absent(Enum):
    ABSENT = "absent"


ABSENT: Final = _Absent.ABSENT
Absent = Literal[_Absent.ABSENT]


def merged(values: Sequence[Json | Absent], releases: Sequence[str]) -> Json:
    """Make one tree of what each release has, oldest first; ABSENT where it has nothing.

    No part of a value may be null. ValueError when all are ABSENT.
    """
    there = [at for at, value in enumerate(values) if value is not ABSENT]
    if not there:
        raise ValueError("no release has it")
    first, last = there[0], there[-1]
    if len(there) != last - first + 1:
        return _steps(values, releases)
    # What isn't there yet, or no longer, differs from nothing.
    after = len(values) - last - 1
    run = [*[values[first]] * first, *values[first : last + 1], *[values[last]] * after]
    inside = _of_all(run, releases)
    if len(there) == len(values):
        return inside
    if isinstance(inside, dict) and SINCE in inside:
        return _steps(values, releases)
    gone = {releases[last + 1]: None} if last + 1 < len(values) else {}
    return {SINCE: {releases[first]: inside, **gone}}


def _of_all(values: Sequence[Json], releases: Sequence[str]) -> Json:
    """Make one tree of values that all releases have."""
    if all(value == values[0] for value in values):
        return values[0]
    if all(isinstance(value, dict) for value in values):
        keys = sorted({key for value in values for key in value})
        return {key: merged([value.get(key, ABSENT) for value in values], releases) for key in keys}
    if all(_is_sorted_texts(value) for value in values):
        texts = sorted({text for value in values for text in value})
        return [
            merged([text if text in value else ABSENT for value in values], releases) for text in texts
        ]
    if all(isinstance(value, list) and len(value) == len(values[0]) for value in values):
        return [merged(items, releases) for items in zip(*values, strict=True)]
    return _steps(values, releases)


def _is_sorted_texts(value: Json) -> bool:
    if not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        return False
    return all(one < other for one, other in pairwise(value))


def _steps(values: Sequence[Json | Absent], releases: Sequence[str]) -> Json:
    """Name each release at which the value changes."""
    steps: dict[str, Json] = {}
    before: Json | Absent = ABSENT
    for value, release in zip(values, releases, strict=True):
        if value != before:
            steps[release] = None if value is ABSENT else value
        before = value
    return {SINCE: steps}


def held(
    tree: Json, releases: Sequence[str], instead: Callable[[dict[str, Json]], Json] | None = None
) -> Json | Absent:
    """Give what a tree holds at a release: the last of `releases`, which are all until then.

    ABSENT when it holds nothing there. `instead` gives what to put in the place of a `$ref`.
    """
    if type(tree) is dict:
        if SINCE in tree:
            return held(chosen(tree, releases), releases, instead)
        if instead is not None and "$ref" in tree:
            return instead(tree)
        found = {}
        for key, value in tree.items():
            if type(value) in _NESTED:
                inner = held(value, releases, instead)
                if inner is not ABSENT:
                    found[key] = inner
            else:
                found[key] = value
        return found
    if type(tree) is list:
        items = [held(item, releases, instead) if type(item) in _NESTED else item for item in tree]
        return [item for item in items if item is not ABSENT]
    return tree


def chosen(steps: Json, releases: Sequence[str]) -> Json | Absent:
    """Give what a hash with SINCE has at the last of some releases."""
    value = None
    for release in releases:
        value = steps[SINCE].get(release, value)
    return ABSENT if value is None else value
