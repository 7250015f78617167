"""What one run needs to know, checked against what there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from pytest_stripe_balance.api import versions
from pytest_stripe_balance.contract.findings import KINDS, LEVELS
from pytest_stripe_balance.engine.state.assumptions import Readings
from pytest_stripe_balance.engine.state.determinism import DAY, END_OF_TIME
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.modes import DEFAULT, BadSettingError, Setting, Wire, one_of, whole_number
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.resources import full_version, newest_api_version, without_betas
from pytest_stripe_balance.session.ignore import Ignore, read_ignored
from pytest_stripe_balance.session.memory import remembering
from pytest_stripe_balance.session.moments import seconds_of
from pytest_stripe_balance.transport.app_settings import app_version

BEGINNING = 1_767_225_600  # 2026-01-01T00:00:00Z, a Thursday
SYSTEM: Literal["system"] = "system"  # the world's time goes with `time.time()`
Now = int | Literal["system"]


_NONE: Mapping[str, str] = {}
LAGS = range(DAY + 1)
_AT_ONCE = Setting("0", "default")


class Settings(NamedTuple):
    """What a run needs to know. `seed` and `name` (the test's node id) make its ids.

    `cassette` is where the run's recording is, or is to be; `record` is what the mode record does
    about one that is there; `max_age` is in days; `wire` is how the modes that send do it.
    `own_clients` says whether the code of a team's own HTTP client runs: "run" or "skip".
    `ignore` has the parameters that are let through without a meaning, and `remember` the paths whose
    objects are kept. Searches lag behind by `search_lag` seconds of the world's time.
    """

    api_version: str
    seed: str = "0"
    name: str = ""
    now: Now = BEGINNING
    contract: Mapping[str, str] = _NONE
    drift: Mapping[str, str] = _NONE
    assume: Mapping[str, str] = _NONE
    mode: str = DEFAULT
    cassette: Path | None = None
    record: str = "once"
    max_age: int | None = None
    wire: Wire = Wire()
    own_clients: str = "run"
    ignore: Ignore = Ignore({}, ())
    remember: tuple[Setting, ...] = ()
    search_lag: int = 0


def settings(
    *,
    api_version: Setting,
    seed: Setting,
    now: Setting,
    levels: Mapping[str, Setting],
    assume: Mapping[str, Setting],
    drift: Mapping[str, Setting],
    ignore: Iterable[Setting] = (),
    remember: Iterable[Setting] = (),
    search_lag: Setting = _AT_ONCE,
) -> Settings:
    """Check settings against what there is; BadSettingError names an invalid one.

    An empty `api_version` follows the app: `at_app_version` reads it when the run begins.
    """
    if api_version.value:
        check_version(api_version.value, api_version.source)
    one_of(levels, KINDS, LEVELS)
    one_of(drift, KINDS, LEVELS)
    remembered = tuple(remember)
    for path in remembered:
        try:
            remembering(path.value, api_version.value or newest_api_version(), path.source)
        except ValueError as error:
            raise BadSettingError(f"{path.source}: {error}") from None
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
        ignore=read_ignored(ignore),
        remember=remembered,
        search_lag=whole_number(search_lag, LAGS, "must be a whole number of seconds, up to a day's"),
    )


def at_app_version(chosen: Settings) -> Settings:
    """Settle at which API version the account is: at the app's, unless a setting names one.

    A beta's is read up to the `;`. BadSettingError for one that isn't modelled.
    """
    if chosen.api_version:
        return chosen
    value, source = app_version()
    base = without_betas(value).strip()
    check_version(base, source)
    return chosen._replace(api_version=base)


@cache
def check_version(value: str, source: str) -> None:
    """Check that the fake has an API version; BadSettingError names the source, and the way out."""
    try:
        versions.check(value)
    except Fault as fault:
        known = f"`python -m pytest_stripe_balance schemas list` has them, {newest_api_version()} last"
        base = without_betas(value)
        if (full := full_version(base)) != base:
            known = f"with its release's name it is {full!r}"
        raise BadSettingError(f"{source}: {fault}; {known}") from None
    except Refused as refusal:
        raise BadSettingError(f"{source}: {refusal}") from None


def _beginning(now: Setting) -> Now:
    """Read when a world begins; BadSettingError for what is no moment before the year 10000."""
    if now.value == SYSTEM:
        return SYSTEM
    try:
        seconds = seconds_of(now.value)
    except ValueError as error:
        raise BadSettingError(f"{now.source}: {error}") from None
    if not 0 <= seconds < END_OF_TIME:
        message = (
            f"{now.source}: {now.value} isn't between 1970 and the year 9999, in seconds since 1970"
        )
        raise BadSettingError(message)
    return seconds
