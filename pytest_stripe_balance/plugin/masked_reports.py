"""Masks the run's own API key in what pytest shows: reports, warnings, the terminal, the XML."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_stripe_balance import modes
from pytest_stripe_balance.masking import without

if TYPE_CHECKING:
    import warnings
    from collections.abc import Generator

    from pytest_stripe_balance.session import Session

# A webhook secret as Stripe's are, which an app may have from its own settings.
_SIGNING = re.compile(r"(whsec_)\w{20,}")
SHORTEST = 20  # characters; Stripe's keys have more, made-up ones usually fewer
SHORTEST_SECRET = 8  # of a webhook endpoint, which a test may choose; a shorter one is also a word


def is_real(key: str) -> bool:
    """Say whether a key may be Stripe's, rather than one that somebody made up, like sk_test_123."""
    return len(key) >= SHORTEST and key.startswith((*modes.TEST_KEYS, *modes.LIVE_KEYS))


def keys_of(session: Session) -> set[str]:
    """Give what a test's report must not show: the run's key, keys that the test used, and secrets."""
    from pytest_stripe_balance.api.api_keys import key_of  # noqa: PLC0415 - the session has it by now

    requests = (exchange.request for exchange in session.exchanges)
    by_header = {request.headers.get("Authorization"): request for request in requests}
    used = {*map(key_of, by_header.values()), os.environ.get("STRIPE_API_KEY", "")}
    secrets = {secret for secret in session.secrets if len(secret) >= SHORTEST_SECRET}
    return {*filter(is_real, used), *filter(None, [session.settings.wire.key]), *secrets}


def hide(report: pytest.TestReport | pytest.CollectReport, keys: Collection[str]) -> None:
    """Mask keys in a whole report; a traceback through stripe-python shows its headers."""
    text = report.longreprtext
    if isinstance(report.longrepr, tuple):  # a skip's file, line and reason
        file, line, reason = report.longrepr
        report.longrepr = file, line, _clean(reason, keys)
    elif (masked := _clean(text, keys)) != text:
        report.longrepr = masked
    report.sections = [(title, _clean(content, keys)) for title, content in report.sections]
    attributes = vars(report)
    if attributes.get("wasxfail"):
        attributes["wasxfail"] = _clean(attributes["wasxfail"], keys)
    if attributes.get("user_properties"):
        attributes["user_properties"] = [
            (name, value if (masked := _clean(str(value), keys)) == str(value) else masked)
            for name, value in attributes["user_properties"]
        ]


def _clean(text: str, keys: Collection[str]) -> str:
    for key in keys:
        text = without(text, key)
    return _SIGNING.sub(r"\1***", text)


def key_masking(config: pytest.Config, sent: str) -> KeyMasking | None:
    """Give a plugin that masks the key of STRIPE_API_KEY in the whole run; None if there is none.

    `sent` is the key of a run that sends, "" in other modes.
    """
    key = os.environ.get("STRIPE_API_KEY", "")
    return KeyMasking(config, key) if sent or is_real(key) else None


class KeyMasking:
    """Masks one key in the whole run: in reports of all tests, warnings, names of tests and the XML."""

    def __init__(self, config: pytest.Config, key: str) -> None:
        self._config = config
        self._keys = (key,)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Mask the key in whatever is written to the terminal."""
        if not self._config.pluginmanager.hasplugin("terminalreporter"):
            return
        writer = self._config.get_terminal_writer()
        write = writer.write

        def clean(msg: str, **options: bool) -> None:
            write(_clean(msg, self._keys), **options)

        writer.write = clean  # type: ignore[method-assign] # of this one only

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Mask the key in a test's report, before other plugins read it or send it on."""
        hide(report, self._keys)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Mask the key in the report of a module that can't be collected."""
        hide(report, self._keys)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Mask the key in a warning."""
        text = str(warning_message.message)
        if (masked := _clean(text, self._keys)) != text:
            warning_message.message = masked

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Mask the key in the XML, which holds more than the reports: names, properties of the suite."""
        result = yield
        path = self._config.getoption("xmlpath", None)
        if path and not hasattr(self._config, "workerinput") and (file := Path(path)).is_file():
            text = file.read_text("utf-8")
            if (masked := _clean(text, self._keys)) != text:
                file.write_text(masked, "utf-8")
        return result
