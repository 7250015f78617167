"""Moments as people write them: seconds since 1970, ISO texts, datetimes and dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_stripe_balance.api.message import Request

WRITTEN = "whole seconds since 1970, an ISO text as '2026-01-01T12:00Z', an aware datetime or a date"


def seconds_of(moment: object) -> int:
    """Give a moment in whole seconds since 1970; a date is its midnight in UTC.

    ValueError for a text that is none, and for a datetime without a time zone; TypeError for what is no
    moment at all.
    """
    if type(moment) is int:
        return moment
    if isinstance(moment, str):
        return _seconds_of_text(moment.strip())
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            message = f"{moment!r} has no time zone; add tzinfo=timezone.utc"
            raise ValueError(message)
        return int(moment.timestamp())
    if isinstance(moment, date):
        return int(datetime.combine(moment, time(), UTC).timestamp())
    message = f"{moment!r} is no moment; give {WRITTEN}"
    raise TypeError(message)


def _seconds_of_text(text: str) -> int:
    if text.removeprefix("-").isdecimal():
        return int(text)
    try:
        return seconds_of(date.fromisoformat(text))
    except ValueError:  # it may have a time, too
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no moment; give {WRITTEN}"
        raise ValueError(message) from None
    if moment.tzinfo is None:
        message = f"{text!r} has no time zone; write {text + 'Z'!r} for UTC"
        raise ValueError(message)
    return int(moment.timestamp())


def filters_beyond(request: Request, now: int) -> Iterator[str]:
    """Tell of each `created` filter of a list that asks for later than `now`, when nothing is yet."""
    for name, value in parse_qsl(request.query):
        earliest = {"created": 0, "created[gte]": 0, "created[gt]": 1}.get(name)
        if earliest is None or not value.isdecimal() or int(value) + earliest <= now:
            continue
        yield (
            f"{request.method} {request.path} asked for {name}={value} ({iso_text(int(value))}), and "
            f"the world's time was {now} ({iso_text(now)}): nothing was created later. Move it by "
            "stripe_clock, or begin later: now=, or now='system' to go with time.time()"
        )


def iso_text(seconds: int) -> str:
    """Write a moment in seconds since 1970 as an ISO text in UTC; "no date" beyond the year 9999."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return "no date"
