"""One row of the table of endpoints."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from pytest_stripe_balance import resources

_PLACEHOLDER = re.compile(r"\{\w*\}")


@dataclass(frozen=True)
class Endpoint:
    """One call. `verb` takes the world, the path's ids in order, and the parameters by name.

    `returns` is the object of the answer, or of its items if it is `listed` or `searched`.
    `parameter_errors` is the assumption behind its answers to wrong parameters, if any. `since` is the
    first API version that has the call, if an older version with a schema lacks it. `since_release` is
    our release that first modelled it, "" for those before stubs: a stub from before it is left out.
    """

    method: str
    path: str
    verb: Callable[..., Any]
    returns: str
    listed: bool = False
    searched: bool = False
    parameter_errors: str | None = None
    since: str = ""
    since_release: str = ""

    @cached_property
    def name(self) -> str:
        """The call as Stripe's reference names it, as "POST /v1/customers"."""
        return f"{self.method} {self.path}"

    def __str__(self) -> str:
        return self.name

    @cached_property
    def paged(self) -> bool:
        """Whether the answer is a page of objects, of a list or of a search."""
        return self.listed or self.searched

    @cached_property
    def response_object(self) -> str:
        """The object of the whole answer."""
        return "list" if self.listed else "search_result" if self.searched else self.returns

    @cached_property
    def placeholders(self) -> tuple[str, ...]:
        """The names of the ids in the path, in order."""
        return tuple(name.strip("{}") for name in _PLACEHOLDER.findall(self.path))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path with its placeholders as groups."""
        return path_pattern(self.path)


@lru_cache(maxsize=512)
def path_pattern(path: str) -> re.Pattern[str]:
    """Give a path with its placeholders, of any names, as groups.

    A word that an endpoint has in a placeholder's place is no id there, and `search` never is one.
    """
    known = resources.literals()
    *parts, last = map(re.escape, _PLACEHOLDER.split(path))
    pattern = before = ""
    for part in parts:
        words = "|".join(sorted({"search", *known.get(before + part, ())}))
        pattern += rf"{part}(?!(?:{words})(?:/|$))([^/]+)"
        before += part + "{}"
    return re.compile(pattern + last)
