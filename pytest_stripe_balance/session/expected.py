"""Refusals that a test expects."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_stripe_balance.session.base import Session


@contextmanager
def expecting_refusal(session: Session, match: str | None) -> Iterator[None]:
    """Expect one more refusal whose message `match` (a regular expression) finds; take it out.

    AssertionError when none comes, more than one, or another one.
    """
    before = len(session.refusals)
    try:
        yield
    except BaseException as raised:
        own = {id(refusal.raised_as) for refusal in session.refusals[before:]}
        if not own.issuperset(map(id, _all_in(raised))):  # an error of the app's, or one beside ours
            raise
    refusals = session.refusals[before:]
    messages = "\n".join(map(str, refusals))
    mistake = None
    if not refusals:
        mistake = "a refusal was expected, and none came"
    elif len(refusals) > 1:
        mistake = f"one refusal was expected, and {len(refusals)} came:\n{messages}"
    elif match is not None and not re.search(match, refusals[0].message):
        mistake = f"a refusal that matches {match!r} was expected; this one came:\n{messages}"
    if mistake is not None:
        raise AssertionError(mistake) from None
    del session.refusals[before:]


def _all_in(raised: BaseException) -> list[BaseException]:
    """Give an exception, or all of a group."""
    if not isinstance(raised, BaseExceptionGroup):
        return [raised]
    return [inner for error in raised.exceptions for inner in _all_in(error)]
