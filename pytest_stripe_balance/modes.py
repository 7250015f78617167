"""Who answers a request, and how a setting is resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Mode:
    """One row of the table of modes; `then` says what becomes of the answers."""

    name: str
    who_answers: str
    sends: bool
    then: str = ""

    def describe(self, base_url: str = "") -> str:
        """Say who answers, as "a cassette answers"; a server in Stripe's place is named as such."""
        who = f"the server at {base_url}" if base_url and self.sends else self.who_answers
        return f"{who} answers{self.then}"


MODES = {
    mode.name: mode
    for mode in (
        Mode("fake", "the engine", sends=False),
        Mode("replay", "a cassette", sends=False),
        Mode("record", "Stripe's test mode", sends=True, then=" and is recorded"),
        Mode("live", "Stripe's test mode", sends=True),
        Mode("check", "Stripe's test mode", sends=True, then=" and is compared with the recordings"),
    )
}
TEST_KEYS = ("sk_test_", "rk_test_")
ANY_TEST_KEY = "sk_test_fake"
LIVE_KEYS = ("sk_live_", "rk_live_")
# What the mode record does about a cassette: once keeps one that is there, rewrite makes it anew when
# its test passes, all whatever comes of the test, new adds what it lacks.
RECORD = ("once", "rewrite", "new", "all")


@dataclass(frozen=True)
class Wire:
    """How the modes that send do it: by which key, and to which server in the place of Stripe's."""

    key: str = field(default="", repr=False)
    base_url: str = ""


class BadSettingError(ValueError):
    """An invalid setting. The message names the setting, its source and the allowed values."""


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
    """Look a mode up; BadSettingError when there is no such mode."""
    mode = MODES.get(setting.value)
    if mode is None:
        message = f"{setting.source}: no mode {setting.value!r}; there are {', '.join(MODES)}"
        raise BadSettingError(message)
    return mode


def one_word(setting: Setting, known: tuple[str, ...]) -> str:
    """Read a setting that is one of some words; BadSettingError names them otherwise."""
    if setting.value not in known:
        raise BadSettingError(f"{setting.source}: {setting.value!r}; it can be {', '.join(known)}")
    return setting.value


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
