"""Who answers a request, and how a setting is resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Mode:
    """One row of the table of modes."""

    name: str
    who_answers: str
    sends: bool
    built: bool


MODES = {
    mode.name: mode
    for mode in (
        Mode("fake", "the engine", sends=False, built=True),
        Mode("replay", "a cassette", sends=False, built=False),
        Mode("record", "Stripe test mode, written to a cassette", sends=True, built=False),
        Mode("live", "Stripe test mode", sends=True, built=False),
        Mode("check", "Stripe test mode, compared with the cassette", sends=True, built=False),
    )
}


def fake_only(mode: str, what: str) -> None:
    """Refuse in other modes what Stripe has no way to do; a RuntimeError that names both."""
    if mode != "fake":
        message = f"{what} is fake only, and this test runs in the mode {mode!r}, where "
        message += f"{MODES[mode].who_answers} answers: skip it there"
        raise RuntimeError(message)


class BadSettingError(ValueError):
    """A setting that can't be meant: the message names it, where it came from and what would do."""


@dataclass(frozen=True)
class Setting:
    """A resolved value and the place that it came from ("--stripe-mode", "ini stripe_mode")."""

    value: str
    source: str


def resolve(sources: Iterable[tuple[str, str | None]], default: str) -> Setting:
    """Take the first source that says something; `sources` come strongest first.

    The order everywhere is marker, command line, environment, `stripe_settings` fixture, ini.
    """
    for source, value in sources:
        if value is not None and value != "":
            return Setting(value, source)
    return Setting(default, "default")


def mode_of(setting: Setting) -> Mode:
    """Look a mode up; BadSettingError when there is no such mode, or it isn't built yet."""
    mode = MODES.get(setting.value)
    if mode is None:
        message = f"{setting.source}: no mode {setting.value!r}; there are {', '.join(MODES)}"
        raise BadSettingError(message)
    if not mode.built:
        message = (
            f"{setting.source}: the mode {mode.name!r} ({mode.who_answers}) is not built yet; "
            "only 'fake' answers in this version"
        )
        raise BadSettingError(message)
    return mode


def whole_number(setting: Setting, within: range, what: str) -> int:
    """Read a setting that is an integer in a range; BadSettingError otherwise."""
    try:
        number = int(setting.value)
    except ValueError:
        number = within.stop
    if number not in within:
        raise BadSettingError(f"{setting.source}: {what}, not {setting.value!r}")
    return number


def pairs(lines: Iterable[str], source: str) -> dict[str, Setting]:
    """Read `key=value` lines, as ini settings hold them; BadSettingError names a line without `=`."""
    table: dict[str, Setting] = {}
    for line in lines:
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not key or not value:
            message = f"{source}: {line!r} is not of the form key=value"
            raise BadSettingError(message)
        table[key] = Setting(value, source)
    return table


def one_of(table: Mapping[str, Setting], keys: Iterable[str], values: Iterable[str]) -> None:
    """Check that keys and values are known ones; BadSettingError names the first that isn't."""
    keys, values = tuple(keys), tuple(values)
    for key, setting in table.items():
        if key not in keys:
            message = f"{setting.source}: no {key!r}; there are {', '.join(keys)}"
            raise BadSettingError(message)
        if setting.value not in values:
            message = f"{setting.source}: {key}={setting.value!r}; it can be {', '.join(values)}"
            raise BadSettingError(message)
