"""Refusals, findings and assumptions in a test's report, and in the summary at the end of the run."""

from __future__ import annotations

import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pytest_stripe_balance.plugin import settings
from pytest_stripe_balance.refused import Refused, SwallowedRefusalError

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_stripe_balance.contract.checker import ContractChecker
    from pytest_stripe_balance.plugin.guard import Guard
    from pytest_stripe_balance.session import Session


@dataclass(slots=True)
class TestState:
    """What is known of a test that uses our fixtures.

    - `failed_before` is the number of failures in the run before this test.
    - `outcome` is that of the call phase, and "failed" until it has finished.
    - `refusals` are those from outside an open fixture; sessions have their own.
    - `wider` are the sessions of wider worlds that answered in this test's phases.
    """

    session: Session | None = None
    refusals: list[Refused] = field(default_factory=list)
    wider: list[Session] = field(default_factory=list)
    checkers: list[ContractChecker] = field(default_factory=list)
    failed_before: int = 0
    outcome: str = "failed"
    bad_setting: str | None = None

    @property
    def sessions(self) -> list[Session]:
        """The sessions that answered in this test's phases, its own first."""
        return [*filter(None, [self.session]), *self.wider]

    def add_wider(self, session: Session) -> None:
        """Note that a wider world has answered in this test."""
        if session not in self.wider:
            self.wider.append(session)
            self.checkers.append(session.watch)

    @property
    def unreported(self) -> list[Refused]:
        """The refusals that no report shows yet, without those of another test's threads."""
        # First, since to ask a session is to hear of forked processes, the guard's as well.
        sessions = [one for session in self.sessions for one in session.refusals]
        refusals = [*self.refusals, *sessions]
        return [one for one in refusals if not (one.is_reported or one.charged_to)]

    @property
    def all_refusals(self) -> list[Refused]:
        """The test's own refusals, reported or not, without those of another test's threads."""
        refusals = [*self.refusals, *(self.session.refusals if self.session else ())]
        return [one for one in refusals if not one.charged_to]


GUARD = "stripe_balance_guard"  # the guard's name as a plugin
_SWALLOWED = "These requests were refused, and the test swallowed the error:"
_IDLE_CHAOS = (
    "stripe_chaos: nothing was delivered by seed{seed}, so the test holds the same without it. Make the "
    "endpoint before its events, and call stripe_webhooks.deliver() without an order or a seed"
)
_LATE = "stripe: the run fails, because these requests were refused outside a running test:"
_QUIET = -1  # pytest's own warnings are shown with -q, too
_state_key: pytest.StashKey[TestState] = pytest.StashKey()
_ended_key: pytest.StashKey[str] = pytest.StashKey()  # why a worker of xdist has ended the run
# What earlier attempts of a test were refused, where a plugin runs it again.
_earlier_key: pytest.StashKey[list[Refused]] = pytest.StashKey()


def ensure_state(item: pytest.Item) -> TestState:
    """Give the state of a test, a new one if it has none."""
    if _state_key not in item.stash:
        item.stash[_state_key] = TestState()
    return item.stash[_state_key]


def state_of(item: pytest.Item) -> TestState | None:
    """Give the state of a test, None if it uses none of our fixtures."""
    return item.stash.get(_state_key, None)


def _outcome(item: pytest.Item, state: TestState) -> str:
    """Say how a test ended; after a failed subtest or a refusal it has failed."""
    failed = item.session.testsfailed > state.failed_before
    return "failed" if failed or (state.session and state.session.refusals) else state.outcome


def complete(item: pytest.Item, report: pytest.TestReport) -> None:
    """Add the state to a failing report, and what the summary needs to a test's last report."""
    state = ensure_state(item) if earlier_refusals(item) else state_of(item)
    if state is None:
        return
    if report.when == "call":
        state.outcome = report.outcome
    if state.bad_setting and report.when == "setup" and not report.failed:
        _fail(report, state.bad_setting)  # an xfail mark doesn't expect this
    report_refusals(item, state, report)
    if state.sessions:
        if report.failed:
            _add_unread(state, report)
            report.sections.append(("Stripe", _tables(state.sessions[0])))
        if report.longrepr or report.sections or report.user_properties or hasattr(report, "wasxfail"):
            from pytest_stripe_balance.plugin import masked_reports  # noqa: PLC0415 - only with something to mask

            masked_reports.hide(report, masked_reports.keys_of(state.sessions[0]))
    if report.when == "teardown":
        vars(report)[Summary.ATTRIBUTE] = _for_summary(state)
        if refusals := state.all_refusals:
            item.stash.setdefault(_earlier_key, []).extend(refusals)
        del item.stash[_state_key]  # pytest keeps the items until the run ends


def _add_unread(state: TestState, report: pytest.TestReport) -> None:
    """Show what webhook handlers raised beside a failure of the test's own, which may come of it."""
    for session in state.sessions:
        if (error := session.unread_error()) is not None:
            from pytest_stripe_balance.masking import masked  # noqa: PLC0415 - only with an error

            text = "".join(traceback.format_exception(error.__cause__))
            report.sections.append(("Stripe webhooks", masked(f"{error}\n\n{text}")))


def _for_summary(state: TestState) -> dict[str, list[Any]]:
    sessions = state.sessions
    warnings = [warning for checker in state.checkers for warning in checker.warnings]
    return {
        "assumptions": sorted({one for session in sessions for one in session.assumptions}),
        "findings": [(level, source, *astuple(finding)) for level, source, finding in warnings],
        "notes": [note for session in sessions for note in session.notes],
        "ignored": [one for session in sessions for one in session.ignored],
        "stubbed": [session.stubbed for session in sessions],
        "versions": [sessions[0].settings.api_version, *sessions[0].other_versions] if sessions else [],
    }


def _tables(session: Session) -> str:
    """Show a test's state in tables; an error in here must not end the run."""
    try:
        return session.report()
    except Exception as error:  # noqa: BLE001 - as the docstring says
        return f"the state can't be shown: {error!r}"


def failing_if_refused(item: pytest.Item, *, closing: bool = False) -> Generator[None, object, object]:
    """Run a phase of a test, and fail it if a request was refused and the error was swallowed.

    - `closing`: the phase is the last one, and the session behind our fixtures ends with it.
    - An exception of the test's own stays; its report also shows the refusal.
    - A fatal refusal ends the run, even if the test swallowed it.
    """
    __tracebackhide__ = True
    try:
        try:
            result = yield
        except BaseException:
            if closing and (state := state_of(item)) and state.session:
                with suppress(pytest.fail.Exception):  # the report shows it beside the other exception
                    state.session.close("failed")
            raise
        # Only now it is known how the test's other fixtures were torn down.
        if closing and (state := state_of(item)) and state.session:
            state.session.close(_outcome(item, state))
    finally:
        unreported = state.unreported if (state := state_of(item)) else []
        for refusal in unreported:
            if refusal.fatal:
                end_run(item.session, f"{item.nodeid}: {refusal}")
    if unreported:
        raise pytest.fail.Exception(_swallowed(unreported), pytrace=False)
    raise_unread(item)
    if not closing and (seed := settings.chaos_seed(item)) is not None:
        _fail_if_idle(item, seed)
    if not closing and (earlier := earlier_refusals(item)):
        raise pytest.fail.Exception(_in_earlier_attempts(earlier), pytrace=False)
    return result


def _fail_if_idle(item: pytest.Item, seed: int) -> None:
    """Fail a test that runs once a seed, though its seed has decided nothing.

    Not one whose class or module has the marker, which is meant for the others there.
    """
    is_own = any(mark.name == settings.CHAOS for mark in item.own_markers)
    session = state.session if (state := state_of(item)) else None
    if is_own and not (session and session.chaos_was_used):
        raise pytest.fail.Exception(_IDLE_CHAOS.format(seed=seed), pytrace=False)


def raise_unread(item: pytest.Item) -> None:
    """Raise what a webhook handler has raised, if nobody read the delivery's error."""
    __tracebackhide__ = True
    for session in state.sessions if (state := state_of(item)) else ():
        if (error := session.unread_error()) is not None:
            cause = error.__cause__
            assert cause is not None, "unreachable because a handler has raised"
            if isinstance(cause, StopIteration):  # which no hook can raise
                raise error
            try:
                cause.add_note(str(error))
            except AttributeError:  # of a frozen dataclass: nothing may be set
                raise error from cause
            raise cause


def end_run(session: pytest.Session, why: str) -> None:
    """End the run with 1, at once; a worker of xdist fails its test first, so that no other is lost."""
    if not hasattr(session.config, "workerinput"):
        pytest.exit(why, returncode=pytest.ExitCode.TESTS_FAILED)
    session.shouldfail = session.config.stash[_ended_key] = why
    raise pytest.fail.Exception(why, pytrace=False)


def report_refusals(item: pytest.Item, state: TestState, report: pytest.TestReport) -> None:
    """Make the report of a test with a refused request a failure that shows each refusal once.

    A test may be expected to fail, or be skipped, because of the app. A refusal is a gap in the fake
    instead, so it fails the test in any case. unittest also replaces what a hook has raised by outcomes
    of its own.
    """
    if report.when == "setup" and report.passed:
        return
    unreported = state.unreported
    if not report.failed and report.when != "teardown" and (earlier := earlier_refusals(item)):
        _fail(report, _in_earlier_attempts(earlier))
    if not unreported:
        return
    shown = report.longreprtext  # which indents a message's further lines
    missing = [
        refusal
        for refusal in unreported
        if not all(line.strip() in shown for line in refusal.message.splitlines())
    ]
    add = getattr(report.longrepr, "addsection", None)
    if not report.failed:
        _fail(report, _swallowed(unreported))
    elif missing and add:
        add("Stripe refused", _swallowed(missing))
    elif missing:
        report.longrepr = f"{report.longreprtext}\n{_swallowed(missing)}"
    for refusal in unreported:
        refusal.is_reported = True


def failed(refusal: Refused) -> BaseException:
    """Give the exception that a refusal reaches the caller as."""
    return pytest.fail.Exception(str(refusal), pytrace=False)


def fail_if_refusal(report: pytest.TestReport, error: BaseException | None) -> None:
    """Fail a test that ended by a refusal of `fake_stripe`, where an xfail mark expects a failure."""
    if isinstance(error, Refused | SwallowedRefusalError) and not report.failed:
        _fail(report, str(error))


def _fail(report: pytest.TestReport, why: str) -> None:
    """Turn a report into a failure, and not an expected one."""
    report.outcome, report.longrepr = "failed", why
    vars(report).pop("wasxfail", None)


def _swallowed(refusals: list[Refused]) -> str:
    return "\n".join((_SWALLOWED, *dict.fromkeys(map(str, refusals))))


def earlier_refusals(item: pytest.Item) -> list[Refused]:
    """Give what earlier attempts of a test were refused."""
    return item.stash.get(_earlier_key, [])


def _in_earlier_attempts(refusals: list[Refused]) -> str:
    return "\n".join(
        ("An earlier attempt of this test was refused:", *dict.fromkeys(map(str, refusals)))
    )


class Summary:
    """What the run's tests relied on, and the findings below the level error.

    It reads the reports, so under xdist it works in the controller, which writes the summary.
    """

    NAME = "stripe_balance_summary"
    ATTRIBUTE = "stripe_balance"
    LATE = "stripe_balance_late"  # what a worker of xdist sends of it

    def __init__(self, config: pytest.Config) -> None:
        self._late: list[str] = []
        self._taken = 0
        self._session: pytest.Session | None = None
        self._config = config
        self._shown = settings.shown(config)
        self._verbosity = config.get_verbosity()
        self._tests: dict[str, set[str]] = {}
        self._findings: list[tuple[str, ...]] = []
        self._notes: Counter[str] = Counter()
        self._ignored: dict[str, set[str]] = {}
        self._stubbed: Counter[str] = Counter()
        self._versions: tuple[set[str], set[str]] = set(), set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what the summary needs from a test's last report."""
        content = getattr(report, self.ATTRIBUTE, None)
        if content is None:
            return
        for assumption in content["assumptions"]:
            self._tests.setdefault(assumption, set()).add(report.nodeid)
        self._findings += [(report.nodeid, *finding) for finding in content["findings"]]
        for note in content["notes"]:
            self._notes[note] += 1
        if stubbed := sum(content["stubbed"]):
            self._stubbed[report.nodeid] += stubbed
        for ignored in content["ignored"]:
            self._ignored.setdefault(ignored, set()).add(report.nodeid)
        own, *others = content["versions"] or [""]
        if others:
            self._versions[0].add(own)
            self._versions[1].update(others)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """End the run with 1 if a refusal belongs to no report."""
        result = yield
        self._session = session
        if guard := self._config.pluginmanager.get_plugin(GUARD):
            self._late += self._new(guard)
        self._late += filter(None, [self._config.stash.get(_ended_key, None)])
        if self._late:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            if (output := getattr(self._config, "workeroutput", None)) is not None:
                output[self.LATE] = self._late
        return result

    def _new(self, guard: Guard) -> list[str]:
        """Give the late refusals since the last call, those of forked processes as well."""
        guard.hear()
        new, self._taken = guard.late[self._taken :], len(guard.late)
        return [f"{test}: {refusal}" for test, refusal in new]

    def tell_latest(self, guard: Guard) -> None:
        """End the run with 1 if there were refusals after the summary, and write them below it."""
        if self._session is None or not (new := self._new(guard)):
            return
        self._session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if terminal := self._config.pluginmanager.get_plugin("terminalreporter"):
            for line in (_LATE, *new):
                terminal.write_line(line)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - xdist's
        """Collect what a worker of xdist has seen."""
        self._late += getattr(node, "workeroutput", {}).get(self.LATE, [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the notes, the findings (each kind once) and the line of the assumptions."""
        for line in self._lines():
            terminalreporter.write_line(line)

    def _lines(self) -> list[str]:
        lines = [_LATE, *self._late] if self._late else []
        if self._verbosity >= _QUIET:
            for note, tests in self._notes.items():
                lines.append(f"stripe: {note}{f' ({tests} tests)' * (tests > 1)}")
        if self._ignored and self._verbosity >= _QUIET:
            lines.append(_let_through(self._ignored))
        if self._stubbed and self._verbosity >= _QUIET:
            lines.append(_stubbed(self._stubbed))
        if self._versions[1] and self._verbosity >= _QUIET:
            events, requests = (", ".join(sorted(versions)) for versions in self._versions)
            lines.append(
                f"stripe: events are at API version {events}, and requests were made at {requests}. "
                "stripe.api_version sets both; a StripeClient of your own has stripe_version="
            )
        if self._findings and self._verbosity >= _QUIET:
            from pytest_stripe_balance.report import formats  # noqa: PLC0415 - only with some

            lines += formats.summary(self._findings, all_levels=self._verbosity > 0)
        if self._tests and self._shown != "none":
            from pytest_stripe_balance.report import assumption_list  # noqa: PLC0415 - as above

            lines += assumption_list.summary(self._tests, listed=self._shown == "list")
        return lines


def _let_through(ignored: dict[str, set[str]]) -> str:
    """Say in one line what the setting `ignore` let through, and in how many tests."""
    by_call: dict[str, list[str]] = {}
    for one in sorted(ignored):
        call, _, name = one.rpartition(" ")
        by_call.setdefault(call, []).append(name)
    told = "; ".join(f"{call} {', '.join(names)}" for call, names in by_call.items())
    tests = len(set().union(*ignored.values()))
    return f"stripe: stripe_ignore let through in {tests} test{'s' * (tests > 1)}: {told}"


def _stubbed(answered: Counter[str]) -> str:
    """Say in one line how many requests stubs have answered, and in how many tests."""
    requests, tests = answered.total(), len(answered)
    told = f"stubs answered {requests} request{'s' * (requests > 1)}"
    return f"stripe: {told} in {tests} test{'s' * (tests > 1)}"
