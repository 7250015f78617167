"""Renders lists inside objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Json = dict[str, Any]
R = TypeVar("R")
_MOST = 10  # of what `newest` lists, as in any list without a limit


def listed(data: list[Json], url: str, total: int | None = None) -> Json:
    """Render a list inside an object. It has total_count at every version [obs].

    `total` counts all, where `data` has only some.
    """
    every = len(data) if total is None else total
    return {
        "object": "list",
        "data": data,
        "has_more": every > len(data),
        "total_count": every,
        "url": url,
    }


def newest(found: Sequence[R], render: Callable[[R], Json], url: str) -> Json:
    """Render the 10 newest of all that were `found`, oldest first, newest first [doc]."""
    return listed([render(one) for one in found[: -_MOST - 1 : -1]], url, len(found))
