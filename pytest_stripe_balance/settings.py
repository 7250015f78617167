"""How pytest's settings are read: the marker, options, environment, a fixture, ini."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from pytest_stripe_balance import modes

if TYPE_CHECKING:
    from pytest_stripe_balance.session import Settings

MARKER = "stripe_balance"
NAMES = ("mode", "api_version", "seed", "now", "contract", "assume")
SHOWN = ("line", "list", "none")
# One test's own settings: the value, and where it came from.
Given = Mapping[str, tuple[str, Any]]


def given(node: pytest.Item, computed: Mapping[str, Any]) -> Given:
    """Collect one test's own settings with their source: the marker's, above the fixture's."""
    found: dict[str, tuple[str, Any]] = {}
    layers = [("fixture stripe_settings", computed)]
    layers += [(f"marker {MARKER}", mark.kwargs) for mark in [*node.iter_markers(MARKER)][::-1]]
    if any(mark.args for mark in node.iter_markers(MARKER)):
        message = f"marker {MARKER} takes keywords only: {', '.join(NAMES)}"
        raise modes.BadSettingError(message)
    for source, keywords in layers:
        for name, value in keywords.items():
            if name not in NAMES:
                message = f"{source} has no {name!r}; there are {', '.join(NAMES)}"
                raise modes.BadSettingError(message)
            found[name] = (source, value)
    return found


def setting(config: pytest.Config, name: str, given: Given, default: str) -> modes.Setting:
    """Resolve one setting: marker, command line, environment, fixture, ini, default."""
    source, value = given.get(name, ("", None))
    own = (source, None if value is None else str(value))
    from_marker = source.startswith("marker")
    option, variable = f"--stripe-{name.replace('_', '-')}", f"PYTEST_STRIPE_{name.upper()}"
    return modes.resolve(
        (
            own if from_marker else ("", None),
            (option, config.getoption(f"stripe_{name}", None)),
            (variable, os.environ.get(variable)),
            ("", None) if from_marker else own,
            (f"ini stripe_{name}", config.getini(f"stripe_{name}")),
        ),
        default,
    )


def _table(config: pytest.Config, name: str, given: Given) -> dict[str, modes.Setting]:
    """Read a setting that is a table: the ini's, the environment's, and over them the test's own."""
    source, own = given.get(name, ("", None))
    if own is not None and not hasattr(own, "items"):
        message = f"{source}: {name}= is a dict, as {{'id': 'value'}}, not {own!r}"
        raise modes.BadSettingError(message)
    variable = f"PYTEST_STRIPE_{name.upper()}"
    in_environment = os.environ.get(variable, "")
    test = {str(key): modes.Setting(str(value), source) for key, value in (own or {}).items()}
    from_marker = source.startswith("marker")
    return {
        **modes.pairs(config.getini(f"stripe_{name}"), f"ini stripe_{name}"),
        **({} if from_marker else test),
        **modes.pairs(in_environment.split(",") if in_environment else (), variable),
        **(test if from_marker else {}),
    }


def settings(config: pytest.Config, given: Given, nodeid: str) -> Settings:
    """Put a test's settings together; BadSettingError names one that can't be meant."""
    from pytest_stripe_balance import session  # noqa: PLC0415 - only those who use the fixtures pay

    return session.settings(
        api_version=setting(config, "api_version", given, session.newest_api_version()),
        seed=setting(config, "seed", given, "0"),
        name=nodeid,
        now=setting(config, "now", given, str(session.BEGINNING)),
        levels=_table(config, "contract", given),
        assume=_table(config, "assume", given),
    )


def shown(config: pytest.Config) -> str:
    """Say how the summary tells the assumptions: "line", "list" or "none"."""
    verbosity = config.get_verbosity()
    by_verbosity = "none" if verbosity < 0 else "list" if verbosity > 0 else "line"
    chosen = setting(config, "assumptions", {}, by_verbosity)
    if chosen.value not in SHOWN:
        message = f"{chosen.source}: {chosen.value!r}; it can be {', '.join(SHOWN)}"
        raise modes.BadSettingError(message)
    return chosen.value


def is_configured(config: pytest.Config) -> bool:
    """Tell whether the run sets anything; reading it costs imports that a plain run is spared."""
    scalars = any(setting(config, name, {}, "").value for name in ("api_version", "seed", "now"))
    return scalars or any(_table(config, name, {}) for name in ("contract", "assume"))
