"""One test's run: from a mode and its settings, who answers, what is checked, and what was seen.

This is the only place where transport, cassettes, api and contract meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session.base import Session
from pytest_stripe_balance.session.fake import Fake
from pytest_stripe_balance.session.settings import BEGINNING, Settings, settings

if TYPE_CHECKING:
    from pytest_stripe_balance.session.base import Fail

__all__ = [
    "BEGINNING",
    "Fake",
    "Session",
    "Settings",
    "newest_api_version",
    "opened",
    "settings",
]


def opened(chosen: Settings, fail: Fail) -> Session:
    """Make the session of a mode; Refused where its recording can't be read, or isn't there."""
    if chosen.mode == "fake":
        return Fake(chosen, fail)
    # Reading YAML costs, and the fake doesn't need it.
    from pytest_stripe_balance.session import check, live, record, replay  # noqa: PLC0415

    kept = chosen.record == "once" and chosen.cassette is not None and chosen.cassette.is_file()
    kinds: dict[str, type[Session]] = {
        "replay": replay.Replayer,
        "record": replay.Replayer if kept else record.Recorder,
        "live": live.Live,
        "check": check.Checker,
    }
    session = kinds[chosen.mode](chosen, fail)
    if chosen.assume:
        told = f"in the mode {chosen.mode} the fake doesn't answer, and assume= means nothing"
        session.notes.append(told)
    return session
