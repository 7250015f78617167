"""Worlds of classes, modules and sessions: what their fixtures make is there in each of their tests."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_stripe_balance import modes
from pytest_stripe_balance.plugin import reporting, settings
from pytest_stripe_balance.plugin.scopes import node_of, scope_of
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.session import opened
from pytest_stripe_balance.session.outside import SetUp
from pytest_stripe_balance.transport.app_settings import dummy_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_stripe_balance.plugin.guard import Guard
    from pytest_stripe_balance.session import Session

PACKAGE_SET_UP = "setup_module"  # of a package's __init__.py, which is no fixture
_SET_UPS = ("_xunit_", "_unittest_")  # how pytest's own fixtures for setup_class and the like begin


class Worlds:
    """The wider worlds that are open, by the node of their scope.

    `asked` are the nodes whose world a collected test asks for: a class's world begins as its module's
    only if that one is asked for, whichever test comes first.
    """

    def __init__(self) -> None:
        self.by_node: dict[object, Session] = {}
        self.asked: set[tuple[str, object]] = set()
        self._broken: set[object] = set()
        self._active: list[tuple[object, str, ExitStack]] = []

    def note_asked(self, items: Iterable[pytest.Item]) -> None:
        """Note whose world is asked for by these tests."""
        for item in items:
            for scope, base in settings.WORLDS.items():
                if base in getattr(item, "fixturenames", ()):
                    self.asked.add((scope, node_of(item, scope)))

    @contextmanager
    def inside(self, node: object, fixture: str, item: pytest.Item | None) -> Iterator[None]:
        """Let a node's world answer while a fixture of its scope is set up or torn down.

        The ids that it makes are counted by fixture, so that they don't depend on which came first.
        """
        with ExitStack() as stack:
            self._active.append((node, fixture, stack))
            if session := self.by_node.get(node):
                if item is not None:
                    reporting.ensure_state(item).add_wider(session)
                self._enter(session, fixture, stack)
            try:
                yield
            except BaseException:
                self._broken.add(node)
                raise
            finally:
                self._active.pop()

    @property
    def place(self) -> SetUp | None:
        """The wider fixture that is set up or torn down now; None if there is none."""
        if not self._active:
            return None
        node, fixture, _ = self._active[-1]
        is_hook = fixture == PACKAGE_SET_UP or fixture.startswith(_SET_UPS)
        return SetUp(scope_of(node), None if is_hook else fixture.partition("\0")[0])

    def open(self, node: object, session: Session) -> None:
        """Let a world answer from here on, also in the rest of a set-up that has just asked for it."""
        self.by_node[node] = session
        self._broken.discard(node)
        for active, fixture, stack in self._active:
            if active is node:
                self._enter(session, fixture, stack)

    def close(self, node: object) -> None:
        """Close a world when its scope ends; what the set-ups were decides whether it is recorded."""
        session = self.by_node.pop(node)
        session.close_apps()
        session.close("failed" if session.refusals or node in self._broken else "passed")

    def _enter(self, session: Session, fixture: str, stack: ExitStack) -> None:
        stack.enter_context(dummy_key())
        stack.enter_context(session.tapped())
        stack.enter_context(session.minting_for(fixture))


def world(request: pytest.FixtureRequest, guard: Guard) -> Iterator[Session]:
    """Open the world of a scope until it ends; it begins as the next wider one is by now."""
    item, node, scope = request._pyfuncitem, request.node, request.scope  # noqa: SLF001 - a wider request names its test nowhere else
    state = reporting.ensure_state(item)
    guard.arm(item)
    try:
        chosen = settings.of_world(node, scope, _computed(request))
        session = opened(chosen, guard.charge_in_world(node), _outer(request, guard, item))
    except modes.BadSettingError as error:
        state.bad_setting = f"{scope}_stripe_balance: {error}"
        raise pytest.fail.Exception(state.bad_setting, pytrace=False) from None
    except Refused as refusal:
        raise reporting.failed(refusal) from None
    state.add_wider(session)
    session.is_wider = True
    guard.worlds.open(node, session)
    session.webhook_app = partial(_webhook_app, request)
    try:
        with _arming(request._fixturedef, guard):  # type: ignore[attr-defined] # noqa: SLF001 - as above
            yield session
    finally:
        guard.worlds.close(node)


@contextmanager
def _arming(definition: pytest.FixtureDef[Any], guard: Guard) -> Iterator[None]:
    """Guard each test that asks for a fixture which is set up already: pytest has no hook for that."""
    execute = definition.execute

    def execute_guarded(request: pytest.FixtureRequest) -> object:
        guard.arm(request._pyfuncitem)  # noqa: SLF001 - as in `world`
        return execute(request)  # type: ignore[arg-type] # pytest's own, of a fixture

    definition.execute = execute_guarded  # type: ignore[method-assign] # for this one
    try:
        yield
    finally:
        definition.execute = execute  # type: ignore[method-assign] # as it was


def _computed(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """Give what `stripe_settings` returns; BadSettingError if an override has a narrower scope."""
    try:
        computed: Mapping[str, Any] = request.getfixturevalue("stripe_settings")
    except pytest.fail.Exception as error:
        if not str(error).startswith("ScopeMismatch"):
            raise
        raise modes.BadSettingError(
            "it needs the fixture stripe_settings, whose override here has a narrower scope: give the "
            f'override @pytest.fixture(scope="{request.scope}") or a wider one'
        ) from None
    return computed


def _webhook_app(request: pytest.FixtureRequest) -> object:
    """Give what `stripe_webhook_app` returns; TypeError if its scope is narrower than the world's."""
    try:
        return request.getfixturevalue("stripe_webhook_app")
    except pytest.fail.Exception as error:
        if not str(error).startswith("ScopeMismatch"):
            raise
        raise TypeError(
            "stripe_webhooks.endpoint: the fixture stripe_webhook_app has a narrower scope than "
            f"{request.scope}_stripe_balance: give app= or handler="
        ) from None


def _outer(request: pytest.FixtureRequest, guard: Guard, item: pytest.Item) -> Session | None:
    """Give the world that this one begins from."""
    scopes = [*settings.WORLDS]
    for scope in scopes[scopes.index(request.scope) + 1 :]:
        if (scope, node_of(item, scope)) in guard.worlds.asked:
            session: Session = request.getfixturevalue(settings.WORLDS[scope])
            return session
    return None


def of_test(request: pytest.FixtureRequest, worlds: Worlds, mode: str) -> Session | None:
    """Give the innermost of the wider worlds that a test asks for.

    BadSettingError if it runs in another mode: objects of the fake aren't at Stripe.
    """
    names = request.node.fixturenames
    for scope, base in settings.WORLDS.items():
        if base in names:
            session = worlds.by_node.get(node_of(request.node, scope)) or request.getfixturevalue(base)
            if "fake" in {mode, session.settings.mode} != {mode}:
                raise modes.BadSettingError(
                    f"the test runs in the mode {mode}, and {scope}_stripe_balance in the mode "
                    f"{session.settings.mode}: give both the same mode"
                )
            return session
    return None
