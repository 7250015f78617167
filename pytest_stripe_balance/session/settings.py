"""What one run needs to know, checked against what there is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pytest_stripe_balance.api import versions
from pytest_stripe_balance.contract.findings import KINDS, LEVELS
from pytest_stripe_balance.engine.state.assumptions import Readings
from pytest_stripe_balance.engine.state.determinism import END_OF_TIME
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.modes import DEFAULT, BadSettingError, Setting, Wire, one_of, whole_number
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.resources import full_version, newest_api_version, without_betas

BEGINNING = 1_767_225_600  # 2026-01-01T00:00:00Z, a Thursday


_NONE: Mapping[str, str] = {}


class Settings(NamedTuple):
    """What a run needs to know. `seed` and `name` (the test's node id) make its ids.

    `cassette` is where the run's recording is, or is to be; `record` is what the mode record does
    about one that is there; `max_age` is in days; `wire` is how the modes that send do it.
    `own_clients` says whether the code of a team's own HTTP client runs: "run" or "skip".
    """

    api_version: str
    seed: str = "0"
    name: str = ""
    now: int = BEGINNING
    contract: Mapping[str, str] = _NONE
    drift: Mapping[str, str] = _NONE
    assume: Mapping[str, str] = _NONE
    mode: str = DEFAULT
    cassette: Path | None = None
    record: str = "once"
    max_age: int | None = None
    wire: Wire = Wire()
    own_clients: str = "run"


def settings(
    *,
    api_version: Setting,
    seed: Setting,
    now: Setting,
    levels: Mapping[str, Setting],
    assume: Mapping[str, Setting],
    drift: Mapping[str, Setting],
) -> Settings:
    """Check settings against what there is; BadSettingError names an invalid one."""
    try:
        versions.check(api_version.value)
    except Fault as fault:
        known = f"`python -m pytest_stripe_balance schemas list` has them, {newest_api_version()} last"
        base = without_betas(api_version.value)
        if (full := full_version(base)) != base:
            known = f"with its release's name it is {full!r}"
        raise BadSettingError(f"{api_version.source}: {fault}; {known}") from None
    except Refused as refusal:
        raise BadSettingError(f"{api_version.source}: {refusal}") from None
    one_of(levels, KINDS, LEVELS)
    one_of(drift, KINDS, LEVELS)
    for entry_id, reading in assume.items():
        try:
            Readings({entry_id: reading.value})
        except BadSettingError as error:
            raise BadSettingError(f"{reading.source}: {error}") from None
    return Settings(
        api_version=api_version.value,
        seed=seed.value,
        now=_beginning(now),
        contract={kind: level.value for kind, level in levels.items()},
        drift={kind: level.value for kind, level in drift.items()},
        assume={entry_id: reading.value for entry_id, reading in assume.items()},
    )


def _beginning(now: Setting) -> int:
    """Read when a world begins; BadSettingError tells how a date is written, or an example."""
    try:
        return whole_number(now, range(END_OF_TIME), "seconds since 1970 are due")
    except BadSettingError as error:
        seconds = _seconds_of(now.value)
        example = f"write {seconds} for {datetime.fromtimestamp(seconds, UTC)}"
        raise BadSettingError(f"{error}; {example}") from None


def _seconds_of(text: str) -> int:
    """Give an ISO date's seconds since 1970, in UTC if it has no time zone; for others the default's."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return BEGINNING
    seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    return seconds if 0 <= seconds < END_OF_TIME else BEGINNING
