"""One test's run: from a mode and its settings, who answers, what is checked, and what was seen.

This is the only place where transport, cassettes, api and contract meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.modes import DEFAULT, BadSettingError
from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session.base import Session
from pytest_stripe_balance.session.fake import Fake
from pytest_stripe_balance.session.settings import (
    BEGINNING,
    Settings,
    at_app_version,
    check_version,
    settings,
)

if TYPE_CHECKING:
    from pytest_stripe_balance.session.base import Fail

__all__ = [
    "BEGINNING",
    "Fake",
    "Session",
    "Settings",
    "at_app_version",
    "check_version",
    "newest_api_version",
    "opened",
    "settings",
]


def opened(chosen: Settings, fail: Fail, outer: Session | None = None) -> Session:
    """Make the session of a mode, below that of a wider world or of none.

    A fake begins as a copy of the wider world is. In the other modes the objects are shared for real.
    Refused where its recording can't be read, or isn't there; BadSettingError where it can't begin as
    the wider world, or at the app's API version.
    """
    chosen = at_app_version(chosen)
    if chosen.mode == DEFAULT:
        if outer is not None and not isinstance(outer, Fake):
            message = f"{chosen.name}: the mode fake has no objects of its wider world "
            message += f"{outer.settings.name}, which runs in the mode {outer.settings.mode}"
            raise BadSettingError(message)
        return Fake(chosen, fail, outer)
    # Reading YAML costs, and the fake doesn't need it.
    from pytest_stripe_balance.session import check, live, record, replay  # noqa: PLC0415

    is_replayed = chosen.record == "once" and chosen.cassette is not None and chosen.cassette.is_file()
    kinds: dict[str, type[Session]] = {
        "replay": replay.Replayer,
        "record": replay.Replayer if is_replayed else record.Recorder,
        "live": live.Live,
        "check": check.Checker,
    }
    session = kinds[chosen.mode](chosen, fail)
    session.wider = outer
    if chosen.assume:
        note = f"in the mode {chosen.mode} the fake doesn't answer, and assume= means nothing"
        session.note(note)
    if chosen.remember:
        session.note(f"in the mode {chosen.mode} stripe_remember doesn't answer")
    return session
