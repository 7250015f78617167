"""The table of modes, and how a setting is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Mode:
    """One row of the table of modes.

    - `who_answers`: the subject of a sentence, as "a cassette".
    - `sends`: requests go to Stripe's test mode, so a test key is needed.
    - `uses_cassette`: a cassette is read or written.
    - `outcome`: what happens to the answers, as the end of the sentence.
    """

    name: str
    who_answers: str
    sends: bool
    uses_cassette: bool
    outcome: str = ""

    def describe(self, base_url: str = "") -> str:
        """Say who answers, as "a cassette answers"; `base_url` names a server in Stripe's place."""
        who = f"the server at {base_url}" if base_url and self.sends else self.who_answers
        return f"{who} answers{self.outcome}"


_STRIPE = "Stripe's test mode"
_COMPARED = " and is compared with the recordings"
DEFAULT = "fake"
MODES = {
    mode.name: mode
    for mode in (
        Mode("fake", "the engine", sends=False, uses_cassette=False),
        Mode("replay", "a cassette", sends=False, uses_cassette=True),
        Mode("record", _STRIPE, sends=True, uses_cassette=True, outcome=" and is recorded"),
        Mode("live", _STRIPE, sends=True, uses_cassette=False),
        Mode("check", _STRIPE, sends=True, uses_cassette=True, outcome=_COMPARED),
    )
}
TEST_KEYS = ("sk_test_", "rk_test_")
ANY_TEST_KEY = "sk_test_fake"
LIVE_KEYS = ("sk_live_", "rk_live_")
# What the mode record does with a test's cassette:
# once     keeps an existing cassette and replays it
# rewrite  writes a new one if the test passes
# new      replays an existing cassette, and adds what it lacks if the test passes
# all      writes a new one, even if the test fails
RECORD = ("once", "rewrite", "new", "all")


@dataclass(frozen=True)
class Wire:
    """Where a mode sends: the test key, and the URL of a server in Stripe's place ("" for Stripe)."""

    key: str = field(default="", repr=False)
    base_url: str = ""


class BadSettingError(ValueError):
    """An invalid setting. The message names the setting, its source and the allowed values."""


@dataclass(frozen=True)
class Setting:
    """A value and its source ("--stripe-mode", "ini stripe_mode")."""

    value: str
    source: str


def resolve(sources: Iterable[tuple[str, str | None]], default: str) -> Setting:
    """Take the value of the first source that has one; `sources` are pairs of a source and its value.

    The order everywhere is marker, command line, environment, `stripe_settings` fixture, ini.
    """
    for source, value in sources:
        if value is not None and value != "":
            return Setting(value, source)
    return Setting(default, "default")


def mode_of(setting: Setting) -> Mode:
    """Find the mode that a setting names; BadSettingError for an unknown mode."""
    mode = MODES.get(setting.value)
    if mode is None:
        message = f"{setting.source}: unknown mode {setting.value!r}; known: {', '.join(MODES)}"
        raise BadSettingError(message)
    return mode


def one_word(setting: Setting, known: tuple[str, ...]) -> str:
    """Read a setting that is one of some words; BadSettingError for another, with the known words."""
    if setting.value not in known:
        raise BadSettingError(
            f"{setting.source}: unknown value {setting.value!r}; known: {', '.join(known)}"
        )
    return setting.value


def whole_number(setting: Setting, within: range, rule: str) -> int:
    """Read a setting that is an integer in a range; otherwise BadSettingError, with the `rule`."""
    try:
        number = int(setting.value)
    except ValueError:
        number = within.stop
    if number not in within:
        raise BadSettingError(f"{setting.source}: {rule}, not {setting.value!r}")
    return number


def pairs(lines: Iterable[str], source: str) -> dict[str, Setting]:
    """Read the `key=value` lines of an ini setting; BadSettingError for a line of another form."""
    table: dict[str, Setting] = {}
    for line in lines:
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not key or not value:
            message = f"{source}: {line!r} is not of the form key=value"
            raise BadSettingError(message)
        table[key] = Setting(value, source)
    return table


def one_of(table: Mapping[str, Setting], keys: Iterable[str], values: Iterable[str]) -> None:
    """Check that all keys and values are known; BadSettingError names the first unknown one."""
    keys, values = tuple(keys), tuple(values)
    for key, setting in table.items():
        if key not in keys:
            message = f"{setting.source}: unknown key {key!r}; known: {', '.join(keys)}"
            raise BadSettingError(message)
        if setting.value not in values:
            message = (
                f"{setting.source}: unknown value {key}={setting.value!r}; known: {', '.join(values)}"
            )
            raise BadSettingError(message)
