"""pytest's side: options, ini settings, the marker, fixtures and hooks.

Every pytest run of a project that has the plugin installed loads this file. It imports pytest alone;
the fixtures import the rest.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

import pytest_stripe_balance
from pytest_stripe_balance import modes
from pytest_stripe_balance.plugin import reporting, settings
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

    import stripe

    from pytest_stripe_balance.fixtures.balance import StripeBalance
    from pytest_stripe_balance.fixtures.clock import StripeClock
    from pytest_stripe_balance.fixtures.contract import StripeContract
    from pytest_stripe_balance.fixtures.faults import StripeFaults
    from pytest_stripe_balance.fixtures.stubs import StripeStubs
    from pytest_stripe_balance.fixtures.webhooks import StripeWebhooks
    from pytest_stripe_balance.plugin.guard import Guard
    from pytest_stripe_balance.session import Session, Settings

# What our modules import only when it is needed, and the modules that are programs.
_LATE_IMPORTS = ("jsonschema_rs", "jsonschema")
_PROGRAMS = ("__main__", "demo")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and their ini twins; the environment is PYTEST_STRIPE_<NAME>."""
    group = parser.getgroup("stripe", "Stripe cash balance")
    group.addoption("--stripe-mode", help=f"who answers: {', '.join(modes.MODES)} (default: fake)")
    group.addoption(
        "--stripe-record",
        help="what the mode record does with an existing cassette: once (default) replays it, "
        "rewrite records again if the test passes, all in any case, new adds what is missing",
    )
    group.addoption(
        "--stripe-cassette-dir", help="the folder of the recordings (default: tests/cassettes/stripe)"
    )
    group.addoption(
        "--stripe-cassette-format", help="the format of new recordings: yaml (default) or json"
    )
    group.addoption(
        "--stripe-max-age", help="warn of recordings that are older than this many days; no test fails"
    )
    group.addoption("--stripe-base-url", help="a server to ask instead of Stripe")
    group.addoption("--stripe-api-version", help="the account's default API version")
    group.addoption("--stripe-seed", help="ids are derived from this text (default 0)")
    group.addoption(
        "--stripe-search-lag", help="searches of the fake lag behind by so many seconds (default 0)"
    )
    group.addoption(
        "--stripe-assumptions",
        choices=settings.SHOWN,
        help="how the summary shows the assumptions: line (default), list (with -vv), none (-q)",
    )
    group.addoption(
        "--stripe-guard",
        help="where stripe-python is refused outside the fixtures: auto (default) in tests with them, "
        "all everywhere, off nowhere",
    )
    parser.addini("stripe_guard", "as --stripe-guard")
    parser.addini("stripe_own_clients", "your own HTTP client classes: run (default) or skip their code")
    parser.addini("stripe_mode", "as --stripe-mode")
    parser.addini("stripe_api_version", "as --stripe-api-version")
    parser.addini("stripe_seed", "as --stripe-seed")
    parser.addini("stripe_search_lag", "as --stripe-search-lag")
    parser.addini(
        "stripe_now", "when a test's world begins: an ISO text, a date, seconds since 1970, or system"
    )
    parser.addini("stripe_contract", "levels of findings: lines like breaking=error", type="linelist")
    parser.addini("stripe_drift", "levels of findings of the mode check", type="linelist")
    parser.addini("stripe_assume", "readings of assumptions: lines like id=reading", type="linelist")
    parser.addini(
        "stripe_ignore",
        "parameters that have no meaning: lines like POST /v1/invoices default_tax_rates",
        type="linelist",
    )
    parser.addini(
        "stripe_remember",
        "paths whose objects are kept as they are sent: lines like /v1/quotes",
        type="linelist",
    )
    parser.addini("stripe_assumptions", "as --stripe-assumptions")
    parser.addini("stripe_record", "as --stripe-record")
    parser.addini("stripe_cassette_dir", "as --stripe-cassette-dir")
    parser.addini("stripe_cassette_format", "as --stripe-cassette-format")
    parser.addini("stripe_max_age", "as --stripe-max-age")
    parser.addini("stripe_base_url", "as --stripe-base-url")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Guard a run from its first import on, with the setting `stripe_guard = all`."""
    try:
        guard = _guard(early_config) if settings.guard(early_config) == "all" else None
    except modes.BadSettingError as error:
        raise pytest.UsageError(str(error)) from None
    if guard is not None:
        guard.guard_all()
    try:
        return (yield)
    except BaseException:
        if guard is None or not guard.late:
            raise
        guard.import_failed = True  # the session's start shows why, and ends the run with 1
        return None


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and reject invalid settings of the run."""
    config.addinivalue_line(
        "markers",
        f"{settings.MARKER}({', '.join(f'{name}=' for name in settings.NAMES)}): settings of the "
        "Stripe fixtures for one test; the marker alone doesn't activate them",
    )
    config.addinivalue_line(
        "markers",
        f"{settings.CHAOS}(seeds=20): the test runs once a seed; each lets webhooks come again, out of "
        "order, or without an answer. A list names the seeds",
    )
    try:
        settings.refuse_unknown_variables()
        _, wire = settings.mode(config, {})
        settings.own_clients(config)
        config.pluginmanager.register(reporting.Summary(config), reporting.Summary.NAME)
        if wire.key or "STRIPE_API_KEY" in os.environ:
            from pytest_stripe_balance.plugin import masked_reports  # noqa: PLC0415 - only with a key to mask

            if plugin := masked_reports.key_masking(config, wire.key):
                config.pluginmanager.register(plugin, "stripe_balance_masking")
        if settings.is_configured(config):
            settings.settings(config, {})
    except modes.BadSettingError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say who answers, unless it is the fake."""
    return settings.header(config)


@pytest.fixture(scope="session")
def stripe_settings() -> Mapping[str, Any]:
    """Settings that a project computes: override it to return a dict of the marker's keywords."""
    return {}


@pytest.fixture
def stripe_cassette(request: pytest.FixtureRequest) -> Path:
    """Give the path of this test's recording; override it to keep the recording elsewhere.

    An override returns a Path or a str. A relative path starts at pytest's rootdir.
    """
    return settings.cassette(request)


@pytest.fixture
def _stripe_session(
    request: pytest.FixtureRequest, stripe_settings: Mapping[str, Any]
) -> Iterator[Session]:
    """The session behind all our fixtures: it answers stripe-python until the test ends."""
    from pytest_stripe_balance.session import opened  # noqa: PLC0415 - only those who use the fixtures pay
    from pytest_stripe_balance.transport import app_settings  # noqa: PLC0415 - as above

    chosen = _settings_of(request, stripe_settings)
    if modes.MODES[chosen.mode].uses_cassette:
        try:
            chosen = chosen._replace(cassette=settings.chosen_cassette(request))
        except modes.BadSettingError as error:
            raise _bad_setting(request, error) from None
    from pytest_stripe_balance.plugin import worlds  # noqa: PLC0415 - as above

    guard = _guard(request.config)
    guard.arm(request.node)
    try:
        outer = worlds.of_test(request, guard.worlds, chosen.mode)
        session = opened(chosen, guard.charge_in(request.node), outer)
    except modes.BadSettingError as error:
        raise _bad_setting(request, error) from None
    except Refused as refusal:
        raise reporting.failed(refusal) from None
    state = reporting.ensure_state(request.node)
    state.session, state.failed_before = session, request.session.testsfailed
    session.in_call = False
    state.checkers.append(session.watch)
    session.webhook_app = functools.partial(request.getfixturevalue, "stripe_webhook_app")
    session.chaos = settings.chaos_seed(request.node)
    with app_settings.dummy_key(), session.tapped():
        yield session
        session.close_apps()


@pytest.fixture
def stripe_balance(_stripe_session: Session) -> StripeBalance:
    """Builders and views of customers, intents and money on a fake Stripe of this test's own."""
    from pytest_stripe_balance.fixtures.balance import StripeBalance  # noqa: PLC0415

    return StripeBalance(_stripe_session)


@pytest.fixture(scope="class")
def _class_stripe_session(request: pytest.FixtureRequest) -> Iterator[Session]:
    yield from _world(request)


@pytest.fixture(scope="module")
def _module_stripe_session(request: pytest.FixtureRequest) -> Iterator[Session]:
    yield from _world(request)


@pytest.fixture(scope="session")
def _session_stripe_session(request: pytest.FixtureRequest) -> Iterator[Session]:
    yield from _world(request)


def _world(request: pytest.FixtureRequest) -> Iterator[Session]:
    from pytest_stripe_balance.plugin import worlds  # noqa: PLC0415 - only those who use the fixtures pay

    yield from worlds.world(request, _guard(request.config))


@pytest.fixture(scope="class")
def class_stripe_balance(_class_stripe_session: Session) -> StripeBalance:
    """As `stripe_balance`, for fixtures of a class: each test that asks for it runs in its own copy."""
    from pytest_stripe_balance.fixtures.balance import StripeBalance  # noqa: PLC0415

    return StripeBalance(_class_stripe_session)


@pytest.fixture(scope="module")
def module_stripe_balance(_module_stripe_session: Session) -> StripeBalance:
    """As `stripe_balance`, for fixtures of a module: each test that asks for it runs in its own copy."""
    from pytest_stripe_balance.fixtures.balance import StripeBalance  # noqa: PLC0415

    return StripeBalance(_module_stripe_session)


@pytest.fixture(scope="session")
def session_stripe_balance(_session_stripe_session: Session) -> StripeBalance:
    """As `stripe_balance`, for fixtures of the run: each test that asks for it runs in its own copy."""
    from pytest_stripe_balance.fixtures.balance import StripeBalance  # noqa: PLC0415

    return StripeBalance(_session_stripe_session)


@pytest.fixture
def stripe_clock(_stripe_session: Session) -> StripeClock:
    """The time of the fake Stripe: `now`, `advance(days=75)`, `travel_to(moment)`."""
    from pytest_stripe_balance.fixtures.clock import StripeClock  # noqa: PLC0415

    return StripeClock(_stripe_session)


@pytest.fixture
def stripe_stubs(_stripe_session: Session) -> StripeStubs:
    """Answers to calls that the fake doesn't model: `answer(call, {...})`, `error(call, 400)`."""
    from pytest_stripe_balance.fixtures.stubs import StripeStubs  # noqa: PLC0415

    return StripeStubs(_stripe_session)


@pytest.fixture
def stripe_faults(_stripe_session: Session) -> StripeFaults:
    """Outages of the fake Stripe on demand: `lose_answer(call)`, `rate_limit(call)`, `outage()`."""
    from pytest_stripe_balance.fixtures.faults import StripeFaults  # noqa: PLC0415

    return StripeFaults(_stripe_session)


@pytest.fixture
def stripe_webhook_app() -> object:
    """The app of webhook endpoints that name none; override it to return an app, or (app, path)."""
    return None


@pytest.fixture
def stripe_webhooks(_stripe_session: Session) -> StripeWebhooks:
    """Delivers the fake's events to your app: `endpoint(app, path)`, `deliver()`."""
    from pytest_stripe_balance.fixtures.webhooks import StripeWebhooks  # noqa: PLC0415

    return StripeWebhooks(_stripe_session)


@pytest.fixture
def stripe_client(_stripe_session: Session) -> stripe.StripeClient:
    """A `stripe.StripeClient` that this test's fake Stripe answers."""
    import stripe  # noqa: PLC0415

    version = _stripe_session.settings.api_version
    return stripe.StripeClient(modes.ANY_TEST_KEY, stripe_version=version)


@pytest.fixture
def stripe_contract(
    request: pytest.FixtureRequest, stripe_settings: Mapping[str, Any]
) -> StripeContract:
    """Checks webhook payloads, or any Stripe object, against the documented shape of its API version."""
    from pytest_stripe_balance.contract.checker import ContractChecker  # noqa: PLC0415
    from pytest_stripe_balance.fixtures.contract import StripeContract  # noqa: PLC0415

    _guard(request.config).arm(request.node)
    own = _settings_of(request, stripe_settings)
    checker = ContractChecker(own.contract, own.api_version)
    reporting.ensure_state(request.node).checkers.append(checker)
    return StripeContract(checker)


def _settings_of(request: pytest.FixtureRequest, computed: Mapping[str, Any]) -> Settings:
    """Read one test's settings; an invalid one fails the test in one line."""
    from pytest_stripe_balance.session import at_app_version  # noqa: PLC0415 - as in the fixtures

    try:
        return at_app_version(settings.of_test(request.node, computed))
    except modes.BadSettingError as error:
        raise _bad_setting(request, error) from None


def _bad_setting(request: pytest.FixtureRequest, error: modes.BadSettingError) -> BaseException:
    message = reporting.ensure_state(request.node).bad_setting = str(error)
    return pytest.fail.Exception(message, pytrace=False)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that is marked by `stripe_chaos` once a seed."""
    if mark := metafunc.definition.get_closest_marker(settings.CHAOS):
        from pytest_stripe_balance.plugin import chaos  # noqa: PLC0415 - only with the marker

        chaos.parametrize(metafunc, mark)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Set wider worlds up before the other fixtures of their scope."""
    bases = frozenset(settings.WORLDS.values())
    for item in items:
        if not hasattr(item, "callspec") and item.get_closest_marker(settings.CHAOS):
            raise pytest.UsageError(
                f"{item.nodeid}: the marker stripe_chaos runs a test once a seed, which pytest can't do "
                "with a unittest.TestCase. Write a function, or loop over deliver(chaos=seed)"
            )
        if not bases.isdisjoint(getattr(item, "fixturenames", ())):
            from pytest_stripe_balance.plugin.scopes import put_first  # noqa: PLC0415 - only with one

            put_first(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Guard the run if a test uses our fixtures."""
    if session.config.option.collectonly:
        return
    if items := [item for item in session.items if settings.uses_ours(item)]:
        if "pyfakefs" in sys.modules:
            _import_all()
        _guard(session.config).watch(items)


def _import_all() -> None:
    """Import what our fixtures need before pyfakefs hides the files.

    pyfakefs also removes the modules that were imported while it was active.
    """
    import pkgutil  # noqa: PLC0415 - only beside pyfakefs

    ours = pkgutil.walk_packages(pytest_stripe_balance.__path__, "pytest_stripe_balance.")
    for name in (*_LATE_IMPORTS, *(module.name for module in ours)):
        if not name.endswith(_PROGRAMS):
            importlib.import_module(name)


def _guard(config: pytest.Config) -> Guard:
    """Give the run's guard; the first call makes it."""
    guard: Guard | None = config.pluginmanager.get_plugin(reporting.GUARD)
    if guard is None:
        from pytest_stripe_balance.plugin.guard import Guard  # noqa: PLC0415 - as the fixtures

        guard = Guard(config, settings.guard(config))
        config.pluginmanager.register(guard, reporting.GUARD)
    return guard


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test in which a request was refused, even if the test swallowed the error."""
    if (state := reporting.state_of(item)) and state.session:
        state.session.in_call = True
    __tracebackhide__ = True
    return (yield from reporting.failing_if_refused(item))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test if a request was refused while its fixtures were torn down."""
    try:
        return (yield from reporting.failing_if_refused(item, closing=True))
    finally:
        if reporting.state_of(item):
            from pytest_stripe_balance.transport import app_settings  # noqa: PLC0415 - as in the fixtures

            app_settings.take_key_back()  # a monkeypatch older than our fixture has just restored it


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[object]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the state to a failing test's report, and what the summary needs to its last report."""
    report = yield
    reporting.fail_if_refusal(report, call.excinfo.value if call.excinfo else None)
    reporting.complete(item, report)
    return report
