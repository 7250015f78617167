"""The guard: stripe-python is refused where no fixture of ours is open.

Loaded only in runs in which a test uses our fixtures, and in those with `stripe_guard = all`.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import stripe

from pytest_stripe_balance.plugin import reporting, settings
from pytest_stripe_balance.plugin.threads import Threads
from pytest_stripe_balance.plugin.worlds import PACKAGE_SET_UP, Worlds
from pytest_stripe_balance.session import Settings, newest_api_version
from pytest_stripe_balance.session.outside import Outside, where_to_ask
from pytest_stripe_balance.transport.intercept import push, remove
from pytest_stripe_balance.transport.runs import OPEN, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from pytest_stripe_balance.refused import Refused
    from pytest_stripe_balance.session.outside import SetUp

_IMPORTING = "while conftest files or test modules were imported"
_NO_KEY = '"stripe.api_key = '  # of stripe-python's error; a StripeClient's names itself
_NOT_OPEN = "No Stripe fixture is open here, so there is no key; none of Stripe's is needed."


class Guard:
    """Refuses stripe-python in the phases of tests that use our fixtures, and in their wider fixtures.

    - `late`: refusals that no test's report can show, with the test that they belong to.
    - `import_failed`: a conftest file of the command line couldn't be imported, because of a refusal.
    - `where` is the setting: "auto", "all" (the whole run, imports included) or "off".
    - `worlds`: the worlds of wider fixtures, which answer while those are set up and torn down.
    """

    def __init__(self, config: pytest.Config, where: str) -> None:
        self.late: list[tuple[str, Refused]] = []
        self.worlds = Worlds()
        self._config, self._where = config, where
        self._outside = Outside(Settings(newest_api_version()), self._charge, self._is_live, self._place)
        self._run: Run | None = None
        self._holds = 0
        self._item: pytest.Item | None = None
        self._last_guarded: str | None = None
        self._is_reported = self._is_guarded = False
        self._threads = Threads()
        self._scopes: set[object] = set()
        self.import_failed = False

    # Where it is on.

    def watch(self, items: list[pytest.Item]) -> None:
        """Guard the fixtures of each class, module and package of these tests."""
        self.worlds.note_asked(items)
        for item in items:
            self._scopes.update(node for node in item.listchain() if _is_scope(node))
        for node in self._scopes:
            if isinstance(node, pytest.Package):  # it calls setup_module of its __init__.py itself
                node.setup = partial(self._set_up, node, node.setup)  # type: ignore[method-assign]

    def arm(self, item: pytest.Item) -> None:
        """Guard from here on to the end of a test."""
        if item is not self._item:
            self._begin(item)
        self._guard_item(item)

    def guard_all(self) -> None:
        """Guard the whole run from here on."""
        self._holds += 1
        self._open()

    @contextmanager
    def _wider(
        self, owner: pytest.Collector | pytest.FixtureDef[Any], node: object, name: str
    ) -> Iterator[None]:
        """Guard a set-up, and the tear-down that it registers: finalizers run in reverse order."""
        tear_down = ExitStack()
        owner.addfinalizer(tear_down.close)
        try:
            with self._inside(node, name):
                yield
        finally:
            owner.addfinalizer(lambda: tear_down.enter_context(self._inside(node, name)))

    @contextmanager
    def _inside(self, node: object, name: str) -> Iterator[None]:
        """Guard what comes in a wider fixture; the world of its scope answers, if there is one."""
        item = None if self._is_reported else self._item
        try:
            with self._held(), self.worlds.inside(node, name, item):
                try:
                    yield
                except stripe.AuthenticationError as error:
                    self._explain_no_key(error)
                    raise
        finally:
            if self._is_reported and (session := self.worlds.by_node.get(node)):
                late = [one for one in session.refusals if not one.is_reported]
                self.late += [(self._threads.current or name, one) for one in late]

    def _set_up(self, package: pytest.Package, set_up: Callable[[], None]) -> None:
        with self._wider(package, package, PACKAGE_SET_UP):
            set_up()

    def _open(self) -> None:
        if self._run is None and self._where != "off":
            outside, is_live = self._outside, settings.is_live(self._config, [])
            self._run = Run(
                answer=outside.answer,
                observe=outside.observe,
                sends=is_live,
                own_clients="skip",  # refused before its code runs, which may send by what nobody sees
                refuse=outside.refuse,
            )
            push(self._run, at_bottom=True)
            self._threads.watch_executors()

    def _close_unless_guarded(self) -> None:
        if self._run is not None and not (self._holds or self._is_guarded):
            remove(self._run)
            self._run = None
            self._threads.leave_executors()

    def _is_live(self) -> bool:
        """Say whether requests with a test key are sent: the current test's mode is live."""
        marks = self._item.iter_markers(settings.MARKER) if self._item else ()
        return settings.is_live(self._config, list(marks))

    def _place(self) -> SetUp | None:
        """Tell in which wider fixture the running test asks; an old thread of another asks in none."""
        is_running = self._threads.owner() == self._threads.current
        return self.worlds.place if is_running else None

    def _guard_item(self, item: pytest.Item) -> None:
        """Guard a test, and the finalizers that it gives to wider nodes: another may run them."""
        self._is_guarded, self._last_guarded = True, item.nodeid
        for node in item.listchain()[:-1]:
            if "addfinalizer" not in vars(node):
                node.addfinalizer = partial(self._add_finalizer, node.addfinalizer)  # type: ignore[method-assign] # for this node
        self._open()

    def _add_finalizer(
        self, add: Callable[[Callable[[], object]], None], finalizer: Callable[[], object]
    ) -> None:
        add(partial(self._holding, finalizer) if self._is_guarded else finalizer)

    def _holding(self, finalizer: Callable[[], object]) -> None:
        with self._held():
            finalizer()

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keep the guard on, whichever test runs meanwhile."""
        self._holds += 1
        self._open()
        try:
            yield
        finally:
            self._holds -= 1
            self._close_unless_guarded()

    # Whose refusal it is.

    def charge_in(self, item: pytest.Item) -> Callable[[Refused], BaseException]:
        """Make what turns a refusal in one test's session into the exception that the caller meets."""
        state = reporting.ensure_state(item)

        def charge(refusal: Refused) -> BaseException:
            if reporting.state_of(item) is not state:  # its last report is made
                self.late.append((item.nodeid, refusal))
                return reporting.failed(refusal)
            owner = None if self._where == "off" else self._threads.owner()
            if owner not in (None, item.nodeid):
                refusal.charged_to = owner
            return reporting.failed(refusal)

        return charge

    def charge_in_world(self, node: pytest.Collector) -> Callable[[Refused], BaseException]:
        """Make the same for a wider world: while it is open, the running test's report shows it."""

        def charge(refusal: Refused) -> BaseException:
            if node not in self.worlds.by_node:
                self.late.append((node.nodeid or "the session", refusal))
            return reporting.failed(refusal)

        return charge

    def _charge(self, refusal: Refused) -> BaseException:
        item, owner = self._item, self._threads.owner()
        if item is None or owner is None:
            self.late.append((_IMPORTING, refusal))
        elif self._run is None:  # a forked process was refused, and told of it only now
            self.late.append((self._last_guarded or _IMPORTING, refusal))
        elif owner == item.nodeid and not self._is_reported:
            reporting.ensure_state(item).refusals.append(refusal)
        else:
            self.late.append((owner, refusal))
        return reporting.failed(refusal)

    # pytest's hooks.

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Guard a test that uses our fixtures; the guard stays on until the next test begins."""
        self._begin(item)
        result = yield
        with suppress(
            pytest.fail.Exception
        ):  # on a worker of xdist the run ends when its test has ended
            self._exit_if_fatal()
        return result

    def _begin(self, item: pytest.Item) -> None:
        self._threads.begin(item.nodeid)
        self._item, self._is_reported = item, False
        self._is_guarded = self._where == "all" or settings.uses_ours(item)
        if self._is_guarded:
            self._guard_item(item)
        else:
            self._close_unless_guarded()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        """Begin an attempt of a test; a plugin may run the same test again."""
        self._is_reported = False
        try:
            return (yield)
        finally:
            self._exit_if_fatal()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, object, object]:
        """Note that a test has its last report."""
        self.hear()
        if call.excinfo:
            self._explain_no_key(call.excinfo.value)
        state = reporting.state_of(item)
        report = yield
        if call.when == "teardown" and item is self._item:
            self._is_reported = True
            refusals = state.session.refusals if state and state.session else ()
            self.late += [(one.charged_to, one) for one in refusals if one.charged_to]
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Guard the set-up and tear-down of a wider fixture, whichever test sets it up."""
        scope = request.scope
        node = request.node
        by_test = scope == "session" and self._is_guarded  # its tear-down may come in another test
        if scope == "function" or not (by_test or node in self._scopes or node in self.worlds.by_node):
            return (yield)
        index = getattr(request, "param_index", 0)  # another parameter makes other objects
        with self._wider(fixturedef, node, f"{fixturedef.argname}\0{index}"):
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """End the run if a conftest file was refused something, or used a live key."""
        self._exit_if_fatal()
        if self.import_failed:
            lines = [f"{test}: {refusal}" for test, refusal in self.late]
            pytest.exit("\n".join(lines), returncode=pytest.ExitCode.TESTS_FAILED)

    def pytest_collectreport(self) -> None:
        """End the run if a live key was used by an import."""
        self._exit_if_fatal()

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Let stripe-python go, and end the run with 1 if it was refused after the summary."""
        self._holds = self._is_guarded = False
        self._close_unless_guarded()
        if summary := config.pluginmanager.get_plugin(reporting.Summary.NAME):
            summary.tell_latest(self)

    def _explain_no_key(self, error: BaseException) -> None:
        """Add to stripe-python's error about a missing key that no fixture is open, which lends one."""
        is_outside = bool(OPEN) and OPEN[-1] is self._run and not self._is_live()
        if not (is_outside and isinstance(error, stripe.AuthenticationError) and _NO_KEY in str(error)):
            return
        if not any(note.startswith(_NOT_OPEN) for note in getattr(error, "__notes__", ())):
            error.add_note(f"{_NOT_OPEN} {where_to_ask(self._place())}")

    def hear(self) -> None:
        """Learn by now what forked processes were refused."""
        _ = self._outside.refusals

    def _exit_if_fatal(self) -> None:
        """End the run at a live key; in each hook again, until nothing swallows it."""
        state = reporting.state_of(self._item) if self._item else None
        for refusal in [*self._outside.refusals, *(state.unreported if state else ())]:
            if refusal.fatal:
                test = next((test for test, late in self.late if late is refusal), self._threads.current)
                why = f"{test or _IMPORTING}: {refusal}"
                if self._item is None:
                    pytest.exit(why, returncode=pytest.ExitCode.TESTS_FAILED)
                reporting.end_run(self._item.session, why)


def _is_scope(node: object) -> bool:
    return isinstance(node, pytest.Class | pytest.Module | pytest.Package)
