"""What a test's report says of refusals, findings and assumptions, and the summary at the end."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pytest_stripe_balance.plugin import settings

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_stripe_balance.contract.checker import ContractChecker
    from pytest_stripe_balance.refused import Refused
    from pytest_stripe_balance.session import Session


@dataclass(slots=True)
class TestState:
    """What is known of a test that uses our fixtures, from the first of them to its last report.

    `failed_before` counts the failures of the whole run until then; `outcome` is that of its call, and
    "failed" until that is over.
    """

    session: Session | None = None
    watches: list[ContractChecker] = field(default_factory=list)
    failed_before: int = 0
    outcome: str = "failed"
    bad_setting: str | None = None
    key_lent: bool = False

    @property
    def untold(self) -> list[Refused]:
        """The refusals that no report has told of yet."""
        return [one for one in self.session.refusals if not one.told] if self.session else []


_STILL_TOLD = -1  # pytest keeps its own warnings under -q, too
_kept_key: pytest.StashKey[TestState] = pytest.StashKey()


def keep(item: pytest.Item) -> TestState:
    """Give what is kept of a test; from here on something is."""
    if _kept_key not in item.stash:
        item.stash[_kept_key] = TestState()
    return item.stash[_kept_key]


def state_of(item: pytest.Item) -> TestState | None:
    """Give what is kept of a test, None if it uses none of our fixtures."""
    return item.stash.get(_kept_key, None)


def _ended(item: pytest.Item, kept: TestState) -> str:
    """Tell how a test's call ended by its reports; with a failed subtest or a refusal it failed."""
    failed = item.session.testsfailed > kept.failed_before
    return "failed" if failed or (kept.session and kept.session.refusals) else kept.outcome


def tell(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put the state into a failing report, and into the last one what the summary needs."""
    kept = state_of(item)
    if kept is None:
        return
    if report.when == "call":
        kept.outcome = report.outcome
    if kept.bad_setting and report.when == "setup" and not report.failed:
        _fail(report, kept.bad_setting)  # no test is expected to fail by a slip
    if kept.session is not None:
        tell_refusals(kept, report)
        if report.failed:
            report.sections.append(("Stripe", _state(kept.session)))
        if report.longrepr or report.sections or report.user_properties or hasattr(report, "wasxfail"):
            from pytest_stripe_balance.plugin import masked_reports  # noqa: PLC0415 - only with something to hide it in

            masked_reports.hide(report, masked_reports.keys_of(kept.session))
    if report.when == "teardown":
        vars(report)[Summary.ATTRIBUTE] = _noted(kept)
        del item.stash[_kept_key]  # pytest keeps its tests to the end of the run


def _noted(kept: TestState) -> dict[str, list[Any]]:
    session, noted = kept.session, [note for watch in kept.watches for note in watch.warnings]
    return {
        "assumptions": sorted(session.assumptions) if session else [],
        "findings": [(level, source, *astuple(finding)) for level, source, finding in noted],
        "notes": session.notes if session else [],
    }


def _state(session: Session) -> str:
    """Tell a test's state; what goes wrong here must not end the run."""
    try:
        return session.report()
    except Exception as error:  # noqa: BLE001 - as the docstring says
        return f"the state can't be told: {error!r}"


def failing_if_refused(item: pytest.Item, *, closing: bool = False) -> Generator[None, object, object]:
    """Run a phase of a test; one that seems well fails with what it was refused.

    With `closing` it is the last one, and the run behind our fixtures ends with it.

    An exception of the test's own goes its way, and its report is made to tell; a fatal refusal ends the
    run, whatever the test made of it.
    """
    try:
        try:
            result = yield
        except BaseException:
            if closing and (kept := state_of(item)) and kept.session:
                with suppress(pytest.fail.Exception):  # it is kept, and told beside the other
                    kept.session.close("failed")
            raise
        # By now it is known whether its other fixtures ended well, too.
        if closing and (kept := state_of(item)) and kept.session:
            kept.session.close(_ended(item, kept))
    finally:
        untold = kept.untold if (kept := state_of(item)) else []
        for refusal in untold:
            if refusal.fatal:
                pytest.exit(f"{item.nodeid}: {refusal}", returncode=pytest.ExitCode.TESTS_FAILED)
    if untold:
        raise pytest.fail.Exception(_swallowed(untold), pytrace=False)
    return result


def tell_refusals(kept: TestState, report: pytest.TestReport) -> None:
    """See to it that the report of a test that was refused something fails, and tells of it once.

    An expected failure and a skip are the app's; a refusal is a hole in the fake. unittest moreover
    puts outcomes of its own in the place of what a hook raises.
    """
    untold = kept.untold
    if not untold or (report.when == "setup" and report.passed):
        return
    unsaid = [refusal for refusal in untold if refusal.message not in report.longreprtext]
    add = getattr(report.longrepr, "addsection", None)
    if not report.failed:
        _fail(report, _swallowed(untold))
    elif unsaid and add:
        add("Stripe refused", _swallowed(unsaid))
    elif unsaid:
        report.longrepr = f"{report.longreprtext}\n{_swallowed(unsaid)}"
    for refusal in untold:
        refusal.told = True


def _fail(report: pytest.TestReport, why: str) -> None:
    """Make a report that of a failure, and of no expected one."""
    report.outcome, report.longrepr = "failed", why
    vars(report).pop("wasxfail", None)


def _swallowed(refusals: list[Refused]) -> str:
    return "\n".join(("refused on the way here, whatever the test made of it:", *map(str, refusals)))


class Summary:
    """What the run's tests rested on, and what was found below the level error.

    It reads the reports, so with xdist it lives where the summary is written.
    """

    ATTRIBUTE = "stripe_balance"

    def __init__(self, config: pytest.Config) -> None:
        self._shown = settings.shown(config)
        self._verbosity = config.get_verbosity()
        self._tests: dict[str, set[str]] = {}
        self._findings: list[tuple[str, ...]] = []
        self._notes: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what a test's last report carries."""
        noted = getattr(report, self.ATTRIBUTE, None)
        if noted is None:
            return
        for assumption in noted["assumptions"]:
            self._tests.setdefault(assumption, set()).add(report.nodeid)
        self._findings += [(report.nodeid, *finding) for finding in noted["findings"]]
        for note in noted["notes"]:
            self._notes[note] += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the findings, each kind once with a count, and the line of the assumptions."""
        for line in self._lines():
            terminalreporter.write_line(line)

    def _lines(self) -> list[str]:
        lines = []
        if self._verbosity >= _STILL_TOLD:
            for note, tests in self._notes.items():
                lines.append(f"stripe: {note}{f' ({tests} tests)' * (tests > 1)}")
        if self._findings and self._verbosity >= _STILL_TOLD:
            from pytest_stripe_balance.report import formats  # noqa: PLC0415 - only with some

            lines += formats.summary(self._findings, all_levels=self._verbosity > 0)
        if self._tests and self._shown != "none":
            from pytest_stripe_balance.report import assumption_list  # noqa: PLC0415 - as above

            lines += assumption_list.summary(self._tests, listed=self._shown == "list")
        return lines
