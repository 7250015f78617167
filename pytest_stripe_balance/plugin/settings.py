"""How pytest's settings are read: the marker, options, environment, a fixture, ini."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from pytest_stripe_balance import modes

if TYPE_CHECKING:
    from pytest_stripe_balance.session import Settings

MARKER = "stripe_balance"
CHAOS = "stripe_chaos"  # the marker
CHAOS_SEED = "_stripe_chaos_seed"  # what it parametrizes
NAMES = (
    "mode",
    "api_version",
    "seed",
    "now",
    "contract",
    "assume",
    "record",
    "drift",
    "ignore",
    "remember",
    "search_lag",
)
_OF_A_RUN = ("cassette_dir", "cassette_format", "max_age", "base_url", "guard", "own_clients")
_TABLES = ("contract", "assume", "drift")  # the settings that have rows
_LINES = ("ignore", "remember")  # those that have lines
# Each run checks these at its start, or needs nothing else to check them.
_CHECKED = ("mode", "base_url", "guard", "own_clients", "cassette_dir")
FORMATS = ("yaml", "json")
AGES = range(1, 100_000)
LONGEST = 150  # bytes of a file's name: the limit is 255, and temporary files beside it are longer
CASSETTES = "tests/cassettes/stripe"
SHOWN = ("line", "list", "none")
GUARDED = ("auto", "all", "off")
OWN_CLIENTS = ("run", "skip")
# What opens a world, by the fixture's scope, the innermost first; then that of a test.
WORLDS = {scope: f"_{scope}_stripe_session" for scope in ("class", "module", "session")}
OWN_WORLD = "_stripe_session"
# Every fixture of ours asks for one of these.
BASE_FIXTURES = frozenset({OWN_WORLD, "stripe_contract", *WORLDS.values()})
_NO_TEST_KEY = f"it is not a test key; those begin with {' or '.join(modes.TEST_KEYS)}"
# One test's own settings: where each came from, and its value.
Given = Mapping[str, tuple[str, Any]]
# The names of the settings in the environment.
_VARIABLES = (
    "STRIPE_API_KEY",
    *(f"PYTEST_STRIPE_{name.upper()}" for name in (*NAMES, *_OF_A_RUN, "assumptions")),
)
_ENCODED = tuple(map(os.environ.encodekey, _VARIABLES))
# A run's settings by the environment and the ids of the markers; a marker kept here keeps its id.
_Cache = dict[tuple[object, ...], tuple[list[pytest.Mark], "Settings"]]
_cache_key = pytest.StashKey[_Cache]()


def of_test(node: pytest.Item | pytest.Collector, computed: Mapping[str, Any]) -> Settings:
    """Read one test's settings: once for the same markers and environment, unless some are computed."""
    if type(computed) is not dict and not isinstance(computed, Mapping):
        message = f"fixture stripe_settings: {computed!r} is not a dict like {{'seed': '7'}}"
        raise modes.BadSettingError(message)
    marks = [*node.iter_markers(MARKER)]
    cached = node.config.stash.setdefault(_cache_key, {})
    key = (*_environment(), *map(id, marks))
    _, found = cached.get(key, (marks, None))
    if found is None or computed:
        found = settings(node.config, _given(marks, computed))
    if not computed:
        cached[key] = marks, found
    return found._replace(name=node.nodeid)


def of_world(node: pytest.Item | pytest.Collector, scope: str, computed: Mapping[str, Any]) -> Settings:
    """Read the settings of a wider world, with the markers of its own node."""
    found = of_test(node, computed)
    found = found._replace(name=node.nodeid or scope)
    if found.mode == "fake":
        return found
    return found._replace(cassette=_world_cassette(node, scope))


def _environment() -> Iterable[object]:
    """Give the settings of the environment.

    They are read from inside os.environ: its own look-ups take a fifth of a fixture's time.
    """
    data = getattr(os.environ, "_data", os.environ)
    return map(data.get, _VARIABLES if data is os.environ else _ENCODED)


def _given(marks: list[pytest.Mark], computed: Mapping[str, Any]) -> Given:
    """Collect one test's own settings with their source; markers override the fixture."""
    found: dict[str, tuple[str, Any]] = {}
    layers = [("fixture stripe_settings", computed)]
    layers += [(f"marker {MARKER}", mark.kwargs) for mark in marks[::-1]]
    if any(mark.args for mark in marks):
        message = f"marker {MARKER} takes only keywords: {', '.join(NAMES)}"
        raise modes.BadSettingError(message)
    for source, keywords in layers:
        for name, value in keywords.items():
            if name not in NAMES:
                message = f"{source}: unknown setting {name!r}; known: {', '.join(NAMES)}"
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
            (option, _option(config, f"stripe_{name}")),
            (variable, os.environ.get(variable)),
            ("", None) if from_marker else own,
            (f"ini stripe_{name}", config.getini(f"stripe_{name}")),
        ),
        default,
    )


def _option(config: pytest.Config, name: str) -> str | None:
    """Read an option, also before pytest has parsed all of them."""
    value: str | None = config.getoption(name, None)
    return getattr(config.known_args_namespace, name, None) if value is None else value


def _table(config: pytest.Config, name: str, given: Given) -> dict[str, modes.Setting]:
    """Read a setting that is a table: the ini's rows, then the environment's, then the test's own."""
    source, own = given.get(name, ("", None))
    if own is not None and not hasattr(own, "items"):
        message = f"{source}: {name}= must be a dict, like {{'id': 'value'}}, not {own!r}"
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


def _lines(config: pytest.Config, name: str, given: Given) -> list[modes.Setting]:
    """Read a setting that is a list of lines: those of the ini, the environment and the test."""
    source, own = given.get(name, ("", None))
    if own is not None and not isinstance(own, list | tuple):
        message = f"{source}: {name}= must be a list of lines, not {own!r}"
        raise modes.BadSettingError(message)
    variable = f"PYTEST_STRIPE_{name.upper()}"
    layers = (
        (f"ini stripe_{name}", config.getini(f"stripe_{name}")),
        (variable, os.environ.get(variable, "").split(",")),
        (source, own or ()),
    )
    lines = [(source, str(line).strip()) for source, found in layers for line in found]
    return [modes.Setting(line, source) for source, line in lines if line]


def mode(config: pytest.Config, given: Given) -> tuple[modes.Mode, modes.Wire]:
    """Read who answers, and how that server is reached; BadSettingError for an invalid setting."""
    chosen = setting(config, "mode", given, modes.DEFAULT)
    found = modes.mode_of(chosen)
    if not found.sends:
        return found, modes.Wire()
    base_url = setting(config, "base_url", {}, "")
    return found, _wire(chosen, os.environ.get("STRIPE_API_KEY", ""), base_url)


def _wire(mode: modes.Setting, key: str, base_url: modes.Setting) -> modes.Wire:
    """Read how a mode sends; BadSettingError without a test key, or for an invalid base URL.

    `key` is the value of STRIPE_API_KEY. No message shows it.
    """
    sends = f"{mode.source}: the mode {mode.value!r} needs a test key in STRIPE_API_KEY: "
    if key.startswith(modes.LIVE_KEYS):
        raise modes.BadSettingError(sends + "it is a live key, which no test may use")
    if not key.startswith(modes.TEST_KEYS):
        raise modes.BadSettingError(sends + (_NO_TEST_KEY if key else "it is not set"))
    if any(left_out in key for left_out in ("...", "…", "***")):  # as documentation has keys
        way_out = "it is a placeholder; copy a key from Stripe's Dashboard"
        raise modes.BadSettingError(sends + way_out)
    if not re.fullmatch(r"\w+", key, re.ASCII):
        raise modes.BadSettingError(sends + "it contains an invalid character (a line break?)")
    url = urlsplit(base_url.value)
    if base_url.value and not (
        url.scheme in ("http", "https")
        and url.netloc
        and url.path in ("", "/")
        and not (url.query or "@" in base_url.value)
    ):
        # A part before an @ may be a password.
        shown_url = "a URL with an @" if "@" in base_url.value else repr(base_url.value)
        raise modes.BadSettingError(
            f"{base_url.source}: {shown_url} is not a server's URL, like http://127.0.0.1:8420"
        )
    return modes.Wire(key, base_url.value.rstrip("/"))


def refuse_unknown_variables() -> None:
    """Refuse an unknown setting in the environment: a misspelt name would have no effect."""
    for name in os.environ:
        if name.startswith("PYTEST_STRIPE_") and name not in _VARIABLES:
            raise modes.BadSettingError(f"unknown setting {name}; known: {', '.join(_VARIABLES[1:])}")


def header(config: pytest.Config) -> str | None:
    """Say who answers the run's tests, unless it is the fake."""
    chosen, wire = mode(config, {})
    if chosen.name == modes.DEFAULT:
        return None
    line = f"stripe: mode {chosen.name}, {chosen.describe(wire.base_url)}"
    return f"{line}, cassettes in {_folder(config)}" if chosen.uses_cassette else line


def _folder(config: pytest.Config) -> str:
    return setting(config, "cassette_dir", {}, CASSETTES).value


def cassette(request: pytest.FixtureRequest) -> Path:
    """Name a test's cassette: <folder>/<module>/<test>.yaml, the folder below pytest's rootdir.

    - `tests/` is left out of a module's path, unless another module has that name.
    - A name gets a digest that keeps it unique if it is too long for a file, has characters that a file
      can't have, or has a secret. A secret is masked.
    """
    return _beside(request.node, f"{_name(request.node)}.{_format(request.config)}")


def _beside(node: Any, name: str) -> Path:  # noqa: ANN401 - a test, a class or a module
    """Give the path of a file in a module's folder of cassettes."""
    root = node.config.rootpath
    file = os.path.relpath(node.path, root)
    inner = file.removeprefix(f"tests{os.sep}")
    module = Path((file if (root / inner).exists() else inner).removesuffix(".py"))
    parts = ("-" if part == os.pardir else part for part in module.parts)  # of a test outside rootdir
    return Path(root.joinpath(_folder(node.config), *parts, name))


def _world_cassette(node: pytest.Item | pytest.Collector, scope: str) -> Path:
    """Name a wider world's cassette, as <module>/module.yaml or <module>/<class>.class.yaml."""
    name = f"{scope}.{_format(node.config)}"
    if scope == "session":
        return node.config.rootpath.joinpath(_folder(node.config), name)
    return _beside(node, name if scope == "module" else f"{_name(node)}.{name}")


def chosen_cassette(request: pytest.FixtureRequest) -> Path:
    """Give the path from the fixture stripe_cassette; BadSettingError if an override returns no path."""
    path = request.getfixturevalue("stripe_cassette")
    if not isinstance(path, str | os.PathLike):
        raise modes.BadSettingError(
            f"fixture stripe_cassette: {path!r} is not a path; return a str or a Path"
        )
    return request.config.rootpath / path


def _name(node: Any) -> str:  # noqa: ANN401 - a pytest.Item, with a callspec where it has parameters
    """Give a test's name as part of a file's name, unique in its module."""
    function, bracket, parameters = node.nodeid.partition("::")[2].partition("[")
    before = function.replace("::", ".") + bracket
    test, shown = before + parameters, before + _masked(parameters)
    # A digest of a secret would confirm a guess at it, so the parameter's index is digested instead.
    different = test if shown == test else f"{shown} {node.callspec.indices}"
    name = re.sub(r"[^\w.\[\]=-]+", "-", shown).encode()[:LONGEST].decode("utf-8", "ignore")
    return name if name == test else f"{name}-{hashlib.sha256(different.encode()).hexdigest()[:8]}"


def _masked(parameters: str) -> str:
    """Replace secrets by placeholders, as in the cassette; leave all out if a secret remains."""
    if not parameters:
        return ""
    from pytest_stripe_balance.cassettes.scrub import Scrubber  # noqa: PLC0415 - as below

    scrubber = Scrubber()
    clean = scrubber.text(parameters)
    return "]" if scrubber.scan.find_secrets(clean) else clean


def _format(config: pytest.Config) -> str:
    return modes.one_word(setting(config, "cassette_format", {}, FORMATS[0]), FORMATS)


def settings(config: pytest.Config, given: Given) -> Settings:
    """Read all settings but a test's name; BadSettingError names an invalid one."""
    from pytest_stripe_balance import session  # noqa: PLC0415 - only those who use the fixtures pay

    found, wire = mode(config, given)
    _format(config)
    record = modes.one_word(setting(config, "record", given, modes.RECORD[0]), modes.RECORD)
    age = setting(config, "max_age", {}, "")
    max_age = modes.whole_number(age, AGES, "must be a whole number of days") if age.value else None
    checked = session.settings(
        api_version=setting(config, "api_version", given, ""),
        seed=setting(config, "seed", given, "0"),
        now=setting(config, "now", given, str(session.BEGINNING)),
        levels=_table(config, "contract", given),
        assume=_table(config, "assume", given),
        drift=_table(config, "drift", given),
        ignore=_lines(config, "ignore", given),
        remember=_lines(config, "remember", given),
        search_lag=setting(config, "search_lag", given, "0"),
    )
    checked = checked._replace(mode=found.name, wire=wire, record=record, max_age=max_age)
    return checked._replace(own_clients=own_clients(config))


def guard(config: pytest.Config) -> str:
    """Say where stripe-python is refused outside our fixtures: "auto", "all" or "off"."""
    return modes.one_word(setting(config, "guard", {}, GUARDED[0]), GUARDED)


def own_clients(config: pytest.Config) -> str:
    """Say what becomes of a team's own HTTP client class: "run" or "skip"."""
    return modes.one_word(setting(config, "own_clients", {}, OWN_CLIENTS[0]), OWN_CLIENTS)


def uses_ours(item: pytest.Item) -> bool:
    """Say whether a test asks for a fixture of ours, itself or through its fixtures."""
    return not BASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def chaos_seed(item: pytest.Item) -> int | None:
    """Give the seed that a test runs with; None without the marker stripe_chaos."""
    spec = getattr(item, "callspec", None)
    seed: int | None = None if spec is None else spec.params.get(CHAOS_SEED)
    return seed


def is_live(config: pytest.Config, marks: list[pytest.Mark]) -> bool:
    """Say whether a test with these markers runs in the mode live."""
    try:
        return mode(config, _given(marks, {}))[0].name == "live"
    except modes.BadSettingError:
        return False


def shown(config: pytest.Config) -> str:
    """Say how the summary shows the assumptions: "line", "list" or "none"."""
    verbosity = config.get_verbosity()
    by_verbosity = "none" if verbosity < 0 else "list" if verbosity > 1 else "line"
    return modes.one_word(setting(config, "assumptions", {}, by_verbosity), SHOWN)


def is_configured(config: pytest.Config) -> bool:
    """Say whether settings are left to check; that costs imports that a plain run doesn't need."""
    return any(
        _table(config, name, {})
        if name in _TABLES
        else _lines(config, name, {})
        if name in _LINES
        else setting(config, name, {}, "").value
        for name in (*NAMES, *_OF_A_RUN)
        if name not in _CHECKED
    )
