"""The run's own API key kept out of what pytest tells: reports, warnings, the terminal, the XML."""

from __future__ import annotations

import os
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

SHORTEST = 20  # characters; Stripe's keys have more, and what people make up for a fake is no secret


def is_real(key: str) -> bool:
    """Tell a key that may be Stripe's from one that somebody made up, such as sk_test_123."""
    return len(key) >= SHORTEST and key.startswith((*modes.TEST_KEYS, *modes.LIVE_KEYS))


def keys_of(session: Session) -> set[str]:
    """Give the keys that a test's report must not show: the one that is sent, and its own."""
    from pytest_stripe_balance.api.api_keys import key_of  # noqa: PLC0415 - the session has it by now

    asked = {one.request.headers.get("Authorization"): one.request for one in session.exchanges}
    used = {*map(key_of, asked.values()), os.environ.get("STRIPE_API_KEY", "")}
    return {*filter(is_real, used), *filter(None, [session.settings.wire.key])}


def hide(report: pytest.TestReport | pytest.CollectReport, keys: Collection[str]) -> None:
    """Mask keys in all that a report carries; a traceback through stripe-python shows its headers."""
    told = report.longreprtext
    if isinstance(report.longrepr, tuple):  # a skip's file, line and reason
        file, line, reason = report.longrepr
        report.longrepr = file, line, _clean(reason, keys)
    elif (hidden := _clean(told, keys)) != told:
        report.longrepr = hidden
    report.sections = [(title, _clean(text, keys)) for title, text in report.sections]
    held = vars(report)
    if held.get("wasxfail"):
        held["wasxfail"] = _clean(held["wasxfail"], keys)
    if held.get("user_properties"):
        held["user_properties"] = [
            (name, value if (hidden := _clean(str(value), keys)) == str(value) else hidden)
            for name, value in held["user_properties"]
        ]


def _clean(text: str, keys: Collection[str]) -> str:
    for key in keys:
        text = without(text, key)
    return text


def hider(config: pytest.Config, sent: str) -> Hider | None:
    """Give what hides the key of STRIPE_API_KEY through a whole run; None where it holds none.

    `sent` is the key of a run that sends, "" of another.
    """
    key = os.environ.get("STRIPE_API_KEY", "")
    return Hider(config, key) if sent or is_real(key) else None


class Hider:
    """Hides one key in a run: also where no test of ours is, in warnings, names of tests and the XML."""

    def __init__(self, config: pytest.Config, key: str) -> None:
        self._config = config
        self._keys = (key,)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """See to it that the terminal shows no key, whatever is written to it."""
        if not self._config.pluginmanager.hasplugin("terminalreporter"):
            return
        writer = self._config.get_terminal_writer()
        write = writer.write

        def clean(msg: str, **options: bool) -> None:
            write(_clean(msg, self._keys), **options)

        writer.write = clean  # type: ignore[method-assign] # of this one only

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Clean a test's report, before anybody reads it or sends it on."""
        hide(report, self._keys)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Clean a report of a module that can't be collected."""
        hide(report, self._keys)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Clean a warning."""
        told = str(warning_message.message)
        if (hidden := _clean(told, self._keys)) != told:
            warning_message.message = hidden

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Clean the XML, which holds what never was in a report: names, properties of the suite."""
        result = yield
        path = self._config.getoption("xmlpath", None)
        if path and not hasattr(self._config, "workerinput") and (file := Path(path)).is_file():
            told = file.read_text("utf-8")
            if (hidden := _clean(told, self._keys)) != told:
                file.write_text(hidden, "utf-8")
        return result
