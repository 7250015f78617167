"""pytest's side: options, ini settings, the marker, fixtures and hooks.

This file is loaded into every pytest run of a repo that has the plugin installed, so it imports
pytest alone; the rest comes inside the fixtures.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from pytest_stripe_balance import modes

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    import stripe

    from pytest_stripe_balance.balance import StripeBalance
    from pytest_stripe_balance.refused import Refused
    from pytest_stripe_balance.session import Session, Settings

MARKER = "stripe_balance"
SETTINGS = ("mode", "api_version", "seed", "now", "contract", "assume")
SHOWN = ("line", "list", "none")
_session_key = pytest.StashKey["Session"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and their ini twins; the environment is PYTEST_STRIPE_<NAME>."""
    group = parser.getgroup("stripe", "Stripe cash balance")
    group.addoption("--stripe-mode", help="who answers: fake (default), the only mode yet")
    group.addoption("--stripe-api-version", help="the account's default API version")
    group.addoption("--stripe-seed", help="what ids are made from (default 0)")
    group.addoption(
        "--stripe-assumptions",
        choices=SHOWN,
        help="how the summary tells what tests rested on: line (default), list (with -v), none (-q)",
    )
    parser.addini("stripe_mode", "as --stripe-mode")
    parser.addini("stripe_api_version", "as --stripe-api-version")
    parser.addini("stripe_seed", "as --stripe-seed")
    parser.addini("stripe_now", "when the world begins, in seconds since 1970")
    parser.addini("stripe_contract", "levels of findings, as breaking=error lines", type="linelist")
    parser.addini("stripe_assume", "readings of assumptions, as id=reading lines", type="linelist")
    parser.addini("stripe_assumptions", "as --stripe-assumptions")
    parser.addini("stripe_cassette_dir", "where recordings lie, for the modes that use them")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; refuse settings of the whole run that can't be meant."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}({', '.join(f'{name}=' for name in SETTINGS)}): settings of the Stripe fixtures for "
        "one test; it configures them and activates nothing",
    )
    try:
        modes.mode_of(_setting(config, "mode", {}, "fake"))
        config.pluginmanager.register(_Rested(config), "stripe_balance_rested")
        if _is_configured(config):
            _settings(config, {}, "")
    except modes.BadSettingError as error:
        raise pytest.UsageError(str(error)) from None


def _is_configured(config: pytest.Config) -> bool:
    """Tell whether the run sets anything; reading it costs imports that a plain run is spared."""
    scalars = any(_setting(config, name, {}, "").value for name in ("api_version", "seed", "now"))
    return scalars or bool(config.getini("stripe_contract") or config.getini("stripe_assume"))


@pytest.fixture
def stripe_settings() -> Mapping[str, Any]:
    """Settings that a project computes; override it to return any of the marker's keywords."""
    return {}


@pytest.fixture
def _stripe_session(
    request: pytest.FixtureRequest, stripe_settings: Mapping[str, Any]
) -> Iterator[Session]:
    """The run behind all our fixtures: what stripe-python asks is answered while it lives."""
    import stripe  # noqa: PLC0415 - only those who use the fixtures pay

    from pytest_stripe_balance.balance import ANY_TEST_KEY  # noqa: PLC0415
    from pytest_stripe_balance.session import Session  # noqa: PLC0415

    given = _marked(request.node, stripe_settings)
    try:
        modes.mode_of(_setting(request.config, "mode", given, "fake"))
        session = Session(_settings(request.config, given, request.node.nodeid), _failed)
    except modes.BadSettingError as error:
        raise pytest.UsageError(str(error)) from None
    request.node.stash[_session_key] = session
    before = stripe.api_key
    if before is None:
        stripe.api_key = ANY_TEST_KEY
    with session.tapped():
        yield session
    if before is None and stripe.api_key == ANY_TEST_KEY:
        stripe.api_key = None


@pytest.fixture
def stripe_balance(_stripe_session: Session) -> StripeBalance:
    """Customers, intents and money on a fake Stripe with a world of this test's own."""
    from pytest_stripe_balance.balance import StripeBalance  # noqa: PLC0415

    return StripeBalance(_stripe_session, "fake")


@pytest.fixture
def stripe_client(_stripe_session: Session) -> stripe.StripeClient:
    """A `stripe.StripeClient` whose requests are answered in this test's world."""
    import stripe  # noqa: PLC0415

    from pytest_stripe_balance.balance import ANY_TEST_KEY  # noqa: PLC0415

    return stripe.StripeClient(ANY_TEST_KEY)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test in which something was refused, whatever swallowed it."""
    return (yield from _failing_if_refused(item))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test whose fixtures were refused something on the way out."""
    return (yield from _failing_if_refused(item))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the state into a failing test's report, and what it rested on into its last one."""
    report = yield
    session = item.stash.get(_session_key, None)
    if session is None:
        return report
    _tell_refusals(item, report, call.excinfo.value if call.excinfo else None)
    if report.failed:
        report.sections.append(("Stripe", session.report()))
    if report.when == "teardown":
        vars(report)[_Rested.ATTRIBUTE] = sorted(session.assumptions)
    return report


class _Rested:
    """Which tests rested on which assumptions; with xdist this lives where the summary is written."""

    ATTRIBUTE = "stripe_assumptions"

    def __init__(self, config: pytest.Config) -> None:
        self._shown = _shown(config)
        self._tests: dict[str, set[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for assumption in getattr(report, self.ATTRIBUTE, ()):
            self._tests.setdefault(assumption, set()).add(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._tests or self._shown == "none":
            return
        from pytest_stripe_balance.report import assumptions  # noqa: PLC0415 - as in the fixtures

        for line in assumptions.summary(self._tests, listed=self._shown == "list"):
            terminalreporter.write_line(line)


def _failed(refusal: Refused) -> BaseException:
    return pytest.fail.Exception(str(refusal), pytrace=False)


def _failing_if_refused(item: pytest.Item) -> Generator[None, object, object]:
    """Run a phase of a test; raise what was refused and is not already on its way to the report."""
    try:
        result = yield
    except (KeyboardInterrupt, pytest.exit.Exception):
        raise
    except BaseException as raised:
        if not _on_the_way(item, raised):
            _raise_swallowed(item)
        raise
    _raise_swallowed(item)
    return result


def _untold(item: pytest.Item) -> list[Refused]:
    session = item.stash.get(_session_key, None)
    return [refusal for refusal in session.refusals if not refusal.told] if session else []


def _on_the_way(item: pytest.Item, raised: BaseException | None) -> list[Refused]:
    """Give the refusals that an exception is, or that are in its group."""
    inside = raised.exceptions if isinstance(raised, BaseExceptionGroup) else ()
    own = [refusal for refusal in _untold(item) if refusal.raised_as is raised]
    return own + [refusal for one in inside for refusal in _on_the_way(item, one)]


def _raise_swallowed(item: pytest.Item) -> None:
    if swallowed := _untold(item):
        raise pytest.fail.Exception(_swallowed(swallowed), pytrace=False)


def _swallowed(refusals: list[Refused]) -> str:
    return "\n".join(("refused, and swallowed on the way here:", *map(str, refusals)))


def _tell_refusals(item: pytest.Item, report: pytest.TestReport, raised: BaseException | None) -> None:
    """See to it that the report of a test that was refused something fails, and tells of it once.

    An expected failure and a skip are the app's; a refusal is a hole in the fake. And unittest puts
    an outcome of its own in the place of what the hooks above raise.
    """
    on_the_way = _on_the_way(item, raised)
    refusals = on_the_way if report.when == "setup" else _untold(item)
    unsaid = [refusal for refusal in refusals if refusal.message not in report.longreprtext]
    if refusals and not report.failed:
        report.outcome = "failed"
        report.longrepr = "\n".join(map(str, on_the_way)) or _swallowed(refusals)
        vars(report).pop("wasxfail", None)
    elif unsaid:
        report.sections.append(("Stripe refused", _swallowed(unsaid)))
    for refusal in refusals:
        refusal.told = True


def _marked(node: pytest.Item, computed: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Collect one test's own settings with their source: the marker's, above the fixture's."""
    given: dict[str, tuple[str, Any]] = {}
    layers = [("fixture stripe_settings", computed)]
    layers += [(f"marker {MARKER}", mark.kwargs) for mark in [*node.iter_markers(MARKER)][::-1]]
    if any(mark.args for mark in node.iter_markers(MARKER)):
        message = f"marker {MARKER} takes keywords only: {', '.join(SETTINGS)}"
        raise pytest.UsageError(message)
    for source, keywords in layers:
        for name, value in keywords.items():
            if name not in SETTINGS:
                message = f"{source} has no {name!r}; there are {', '.join(SETTINGS)}"
                raise pytest.UsageError(message)
            given[name] = (source, value)
    return given


def _setting(
    config: pytest.Config, name: str, given: Mapping[str, tuple[str, Any]], default: str
) -> modes.Setting:
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


def _table(config: pytest.Config, name: str, given: Mapping[str, tuple[str, Any]]) -> dict[str, str]:
    """Read a setting that is a table: the ini's lines, and over them the test's own."""
    source, own = given.get(name, ("", None))
    if own is not None and not hasattr(own, "items"):
        message = f"{source}: {name}= is a dict, as {{'id': 'value'}}, not {own!r}"
        raise modes.BadSettingError(message)
    lines = modes.pairs(config.getini(f"stripe_{name}"), f"ini stripe_{name}")
    return {**lines, **{str(key): str(value) for key, value in (own or {}).items()}}


def _settings(config: pytest.Config, given: Mapping[str, tuple[str, Any]], nodeid: str) -> Settings:
    """Put a test's settings together; BadSettingError names one that can't be meant."""
    from pytest_stripe_balance import session  # noqa: PLC0415 - as in the fixtures

    newest = session.newest_api_version()
    return session.settings(
        api_version=_setting(config, "api_version", given, newest),
        seed=_setting(config, "seed", given, "0").value,
        name=nodeid,
        now=modes.whole_number(
            _setting(config, "now", given, str(session.BEGINNING)), "seconds since 1970 are due"
        ),
        contract=_table(config, "contract", given),
        assume=_table(config, "assume", given),
    )


def _shown(config: pytest.Config) -> str:
    verbosity = config.get_verbosity()
    by_verbosity = "none" if verbosity < 0 else "list" if verbosity > 0 else "line"
    setting = _setting(config, "assumptions", {}, by_verbosity)
    if setting.value not in SHOWN:
        message = f"{setting.source}: {setting.value!r}; it can be {', '.join(SHOWN)}"
        raise modes.BadSettingError(message)
    return setting.value
