"""pytest's side: options, ini settings, the marker, fixtures and hooks.

This file is loaded into every pytest run of a repo that has the plugin installed, so it imports
pytest alone; the rest comes inside the fixtures.
"""

from __future__ import annotations

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
    from pytest_stripe_balance.session import Session, Settings

# On one of these all that we hand over rests; and what it loads inside a test, beside our own modules.
_OURS = frozenset({"_stripe_session", "stripe_contract"})
_LATE = ("jsonschema_rs", "jsonschema")
_PROGRAMS = ("__main__", "demo")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and their ini twins; the environment is PYTEST_STRIPE_<NAME>."""
    group = parser.getgroup("stripe", "Stripe cash balance")
    group.addoption("--stripe-mode", help=f"who answers: {', '.join(modes.MODES)} (default: fake)")
    group.addoption(
        "--stripe-record",
        help="what the mode record does about a cassette that is there: once (default) replays it, "
        "rewrite makes it anew if its test passes, all in any case, new adds what it lacks",
    )
    group.addoption(
        "--stripe-cassette-dir", help="where recordings lie (default: tests/cassettes/stripe)"
    )
    group.addoption(
        "--stripe-cassette-format", help="how recordings are written: yaml (default) or json"
    )
    group.addoption(
        "--stripe-max-age", help="warn of recordings older than so many days; nothing fails for it"
    )
    group.addoption("--stripe-base-url", help="a server in Stripe's place, for the modes that send")
    group.addoption("--stripe-api-version", help="the account's default API version")
    group.addoption("--stripe-seed", help="what ids are made from (default 0)")
    group.addoption(
        "--stripe-assumptions",
        choices=settings.SHOWN,
        help="how the summary shows what tests relied on: line (default), list (with -vv), none (-q)",
    )
    parser.addini("stripe_mode", "as --stripe-mode")
    parser.addini("stripe_api_version", "as --stripe-api-version")
    parser.addini("stripe_seed", "as --stripe-seed")
    parser.addini("stripe_now", "when the world begins, in seconds since 1970")
    parser.addini("stripe_contract", "levels of findings, as breaking=error lines", type="linelist")
    parser.addini("stripe_drift", "levels of what the mode check finds, likewise", type="linelist")
    parser.addini("stripe_assume", "readings of assumptions, as id=reading lines", type="linelist")
    parser.addini("stripe_assumptions", "as --stripe-assumptions")
    parser.addini("stripe_record", "as --stripe-record")
    parser.addini("stripe_cassette_dir", "as --stripe-cassette-dir")
    parser.addini("stripe_cassette_format", "as --stripe-cassette-format")
    parser.addini("stripe_max_age", "as --stripe-max-age")
    parser.addini("stripe_base_url", "as --stripe-base-url")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and reject invalid settings of the run."""
    config.addinivalue_line(
        "markers",
        f"{settings.MARKER}({', '.join(f'{name}=' for name in settings.NAMES)}): settings of the "
        "Stripe fixtures for one test; it configures them and activates nothing",
    )
    try:
        settings.refuse_unknown_variables()
        _, wire = settings.mode(config, {})
        config.pluginmanager.register(reporting.Summary(config), "stripe_balance_rested")
        if wire.key or "STRIPE_API_KEY" in os.environ:
            from pytest_stripe_balance.plugin import masked_reports  # noqa: PLC0415 - only with a key to hide

            if found := masked_reports.hider(config, wire.key):
                config.pluginmanager.register(found, "stripe_balance_hides")
        if settings.is_configured(config):
            settings.settings(config, {})
    except modes.BadSettingError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name who answers, where it isn't the fake."""
    return settings.header(config)


@pytest.fixture
def stripe_settings() -> Mapping[str, Any]:
    """Settings that a project computes; override it to return any of the marker's keywords."""
    return {}


@pytest.fixture
def stripe_cassette(request: pytest.FixtureRequest) -> Path:
    """Where this test's recording is, or is to be; override it to keep it elsewhere.

    An override may give a str as well; a relative path lies below pytest's rootdir.
    """
    return settings.cassette(request)


@pytest.fixture
def _stripe_session(
    request: pytest.FixtureRequest, stripe_settings: Mapping[str, Any]
) -> Iterator[Session]:
    """The run behind all our fixtures: what stripe-python asks is answered while it lives."""
    import stripe  # noqa: PLC0415 - only those who use the fixtures pay

    from pytest_stripe_balance.session import opened  # noqa: PLC0415

    chosen = _settings_of(request, stripe_settings)
    if chosen.mode != "fake":
        try:
            chosen = chosen._replace(cassette=settings.chosen_cassette(request))
        except modes.BadSettingError as error:
            raise _bad_setting(request, error) from None
    try:
        session = opened(chosen, _failed)
    except Refused as refusal:
        raise _failed(refusal) from None
    kept = reporting.keep(request.node)
    kept.session, kept.failed_before = session, request.session.testsfailed
    kept.watches.append(session.watch)
    if stripe.api_key is None:
        stripe.api_key = modes.ANY_TEST_KEY
        kept.key_lent = True
    with session.tapped():
        yield session
    _take_key_back(request.node)


@pytest.fixture
def stripe_balance(_stripe_session: Session) -> StripeBalance:
    """Customers, intents and money on a fake Stripe with a world of this test's own."""
    from pytest_stripe_balance.fixtures.balance import StripeBalance  # noqa: PLC0415

    return StripeBalance(_stripe_session)


@pytest.fixture
def stripe_clock(_stripe_session: Session) -> StripeClock:
    """The time of this test's world: `now`, `advance(days=75)`, `travel_to(moment)`."""
    from pytest_stripe_balance.fixtures.clock import StripeClock  # noqa: PLC0415

    return StripeClock(_stripe_session)


@pytest.fixture
def stripe_client(_stripe_session: Session) -> stripe.StripeClient:
    """A `stripe.StripeClient` whose requests are answered in this test's world."""
    import stripe  # noqa: PLC0415

    return stripe.StripeClient(modes.ANY_TEST_KEY)


@pytest.fixture
def stripe_contract(
    request: pytest.FixtureRequest, stripe_settings: Mapping[str, Any]
) -> StripeContract:
    """Holds webhook payloads, or any Stripe object, to the documented shape of its API version."""
    from pytest_stripe_balance.contract.checker import ContractChecker  # noqa: PLC0415
    from pytest_stripe_balance.fixtures.contract import StripeContract  # noqa: PLC0415

    own = _settings_of(request, stripe_settings)
    watch = ContractChecker(own.contract, own.api_version)
    reporting.keep(request.node).watches.append(watch)
    return StripeContract(watch)


def _settings_of(request: pytest.FixtureRequest, computed: Mapping[str, Any]) -> Settings:
    """Read one test's settings; an invalid one fails the test in one line."""
    try:
        return settings.of_test(request.node, computed)
    except modes.BadSettingError as error:
        raise _bad_setting(request, error) from None


def _bad_setting(request: pytest.FixtureRequest, error: modes.BadSettingError) -> BaseException:
    told = reporting.keep(request.node).bad_setting = str(error)
    return pytest.fail.Exception(told, pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Load what our fixtures need before pyfakefs hides it: what is imported behind it is taken back."""
    if "pyfakefs" not in sys.modules or session.config.option.collectonly:
        return
    used = (name for item in session.items for name in getattr(item, "fixturenames", ()))
    if not _OURS.isdisjoint(used):
        import pkgutil  # noqa: PLC0415 - only beside pyfakefs

        ours = pkgutil.walk_packages(pytest_stripe_balance.__path__, "pytest_stripe_balance.")
        for name in (*_LATE, *(module.name for module in ours)):
            if not name.endswith(_PROGRAMS):
                importlib.import_module(name)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test in which something was refused, whatever swallowed it."""
    return (yield from reporting.failing_if_refused(item))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test whose fixtures were refused something on the way out."""
    try:
        return (yield from reporting.failing_if_refused(item, closing=True))
    finally:
        _take_key_back(item)  # a monkeypatch that was there before our fixture has put it back


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the state into a failing test's report, and what it rested on into its last one."""
    report = yield
    reporting.tell(item, report)
    return report


def _failed(refusal: Refused) -> BaseException:
    return pytest.fail.Exception(str(refusal), pytrace=False)


def _take_key_back(item: pytest.Item) -> None:
    """Unset the API key that the fixture had set, unless the test has another by now."""
    if (kept := reporting.state_of(item)) and kept.key_lent:
        import stripe  # noqa: PLC0415 - as in the fixtures

        if stripe.api_key == modes.ANY_TEST_KEY:
            stripe.api_key = None
