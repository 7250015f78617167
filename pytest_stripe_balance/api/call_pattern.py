"""A call as people name it: "POST /v1/refunds", by a template with placeholders or a literal path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pytest_stripe_balance.api import routes
from pytest_stripe_balance.api.endpoint import path_pattern
from pytest_stripe_balance.api.message import Request
from pytest_stripe_balance.masking import shown

_PLACEHOLDER = re.compile(r"\{\w*\}")
WRITTEN = "method and path, as `python -m pytest_stripe_balance calls` lists them, or a literal path"


class CallPattern(NamedTuple):
    """Which requests are of a call. `is_template`: the path has placeholders, of any names."""

    method: str
    path: str
    is_template: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def is_of(self, request: Request) -> bool:
        """Tell whether a request is of this call."""
        if request.method != self.method:
            return False
        if not self.is_template:
            return request.path == self.path
        if (found := routes.match(request.method, request.path)) is not None:
            return _bare(found[0].path) == _bare(self.path)
        return path_pattern(self.path).fullmatch(request.path) is not None


def pattern_of(call: object, beyond: Callable[[], Iterable[str]]) -> CallPattern:
    """Read a call as people name it.

    `beyond` names the calls that stripe-python has and the fake doesn't answer. TypeError for what is
    no text, ValueError for a call that neither has; the message names the nearest.
    """
    if not isinstance(call, str):
        message = f"a call is a text, as 'POST /v1/refunds', not {shown(repr(call))}"
        raise TypeError(message)
    method, _, path = call.strip().partition(" ")
    pattern = CallPattern(method.upper(), path.strip(), bool(_PLACEHOLDER.search(path)))
    known = [endpoint.name for endpoint in routes.ENDPOINTS]
    if not _is_known(pattern, known):
        known += beyond()
        if not _is_known(pattern, known):
            raise ValueError(_unknown(call, known))
    return pattern


def _is_known(pattern: CallPattern, known: Iterable[str]) -> bool:
    if pattern.is_template:
        return _bare(str(pattern)) in map(_bare, known)
    if routes.match(pattern.method, pattern.path) is not None:
        return True
    calls = (name.split(" ") for name in known)
    return any(
        method == pattern.method and path_pattern(path).fullmatch(pattern.path) for method, path in calls
    )


def _unknown(call: str, known: Iterable[str]) -> str:
    import difflib  # noqa: PLC0415 - only after a slip

    if call.partition(" ")[2].strip().startswith("/v2/"):
        message = "calls of the API v2 have no schemas, so they can't be named here"
        return f"{shown(repr(call))}: {message}; replace the function of yours that makes it"
    once = {_bare(name): name for name in reversed([*known])}  # the fake's names of ids go first
    nearest = difflib.get_close_matches(call, sorted(once.values()), cutoff=0)
    return f"Stripe has no call {shown(repr(call))}; nearest: {', '.join(nearest)}. Give {WRITTEN}"


def _bare(template: str) -> str:
    return _PLACEHOLDER.sub("{}", template)
