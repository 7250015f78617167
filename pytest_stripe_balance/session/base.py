"""What a run does in every mode: it answers or lets through, observes, and keeps what was refused."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from pytest_stripe_balance.api import api_keys, routes
from pytest_stripe_balance.api.message import Exchange, Failure, Request, Response
from pytest_stripe_balance.contract.checker import ContractChecker, wrong_kind
from pytest_stripe_balance.contract.findings import Finding
from pytest_stripe_balance.contract.parsed import Parsed, just_written, parse, version_of
from pytest_stripe_balance.contract.releases import release_of
from pytest_stripe_balance.engine.state.determinism import Ids
from pytest_stripe_balance.masking import masked
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.report import failing_test
from pytest_stripe_balance.session.own_hand import asking
from pytest_stripe_balance.transport.clients import STRIPE_FOLDER
from pytest_stripe_balance.transport.intercept import hear, intercept
from pytest_stripe_balance.transport.processes import refused_to_child
from pytest_stripe_balance.transport.runs import OPEN

if TYPE_CHECKING:
    from types import FrameType

    from pytest_stripe_balance.engine.state.world import World
    from pytest_stripe_balance.session.settings import Settings
    from pytest_stripe_balance.session.stubs import Stubs

Fail: TypeAlias = Callable[[Refused], BaseException]
_LOWERED = "(to be warned of such only: contract={'breaking': 'warning'}, or ini stripe_contract)"
_STANDARD_LIBRARY = str(Path(threading.__file__).parent)
_OURS = (str(Path(__file__).parents[1]), STRIPE_FOLDER)


class Session:
    """One run: `_answer` gives the answers, and the contract checks them.

    `fail` makes the exception that the caller of a refused request meets. The refusal itself is in
    `refusals`, so that a test can't pass by swallowing the exception.
    """

    sends = False
    # Whether an own HTTP client's request is answered as stripe-python asked it: a recording holds that.
    as_asked = False
    is_wider = False  # whether tests run in copies of it

    def __init__(self, settings: Settings, fail: Fail = lambda refusal: refusal) -> None:
        self.settings = settings
        self.exchanges: list[Exchange] = []
        self.wider: Session | None = None  # where a session at Stripe shares the objects of another
        self.watch = ContractChecker(settings.contract, settings.api_version)
        self.notes: list[str] = []
        self.other_versions: list[str] = []  # those of requests, where events are at another
        self.webhook_app: Callable[[], object] = lambda: None  # of endpoints that name none
        self.chaos: int | None = None  # the test's seed, of deliveries
        self.chaos_was_used = False
        self.told_secrets: set[str] = set()  # of webhooks; worlds that are open have theirs
        self._fail = fail
        self._refusals: list[Refused] = []
        self.lock = threading.RLock()
        self._answering = False
        self._process = os.getpid()
        self._stubs: Stubs | None = None  # None until one is made; the fake's
        self.in_call = True  # whether the test itself runs, and not a fixture before it

    @contextmanager
    def tapped(self) -> Iterator[None]:
        """Catch what stripe-python sends while the context is open, and answer it here."""
        with intercept(
            self.answer,
            self.observe,
            sends=self.sends,
            own_clients=self.settings.own_clients,
            as_asked=self.as_asked,
            refuse=self.refuse,
            note=self.note,
            owner=self,
            pause=self.pause,
        ):
            yield

    def minting_for(self, fixture: str) -> AbstractContextManager[None]:  # noqa: ARG002 - the fake's
        """Make the ids of one fixture of a wider world while the context is open, if ids are ours."""
        return nullcontext()

    @property
    def exchanges_with_wider(self) -> list[Exchange]:
        """What was asked and answered in the wider sessions and in this one, the widest first."""
        before = [] if self.wider is None else self.wider.exchanges_with_wider
        return [*before, *self.exchanges]

    @property
    def refusals(self) -> list[Refused]:
        """What was refused so far, in processes that were forked meanwhile as well."""
        hear()
        return self._refusals

    @property
    def secrets(self) -> frozenset[str]:
        """The webhook secrets that a test's report must not show."""
        return frozenset(self.told_secrets)

    @property
    def worlds(self) -> Mapping[str | None, World]:
        """The fake's worlds, by connected account; none where another answers."""
        return {}

    @property
    def assumptions(self) -> frozenset[str]:
        """The assumptions that answers have rested on so far."""
        return frozenset()

    @property
    def stubbed(self) -> int:
        """How many requests stubs have answered; none where another answers."""
        return 0

    @property
    def ignored(self) -> Collection[str]:
        """What the setting `ignore` has let through so far; nothing where another answers."""
        return ()

    def answer(self, request: Request) -> Response | Failure | Request | None:
        """Answer a request, give the one to send in its place, or refuse it out loud.

        One at a time, whatever thread it comes from.
        """
        if self._stubs is not None and (stubbed := self._by_stub(request)) is not None:
            return stubbed
        # As `turn` has it, without the generator that every request would pay for.
        with self.lock:
            try:
                self._begin(request)
                try:
                    return self._allowed(request)
                finally:
                    self._answering = False
            except Refused as refusal:
                raise self._recorded(refusal) from None

    def _by_stub(self, request: Request) -> Response | Failure | None:
        """Answer by a stub; None where none is for the request."""
        raise NotImplementedError

    def refuse(self, message: str) -> BaseException:
        """Keep what the tap refuses: a connection of an own client's, say; give what to raise."""
        return self._recorded(Refused(message))

    def take_over(self, refusals: list[Refused], failure: BaseException | None) -> None:
        """Keep what a run inside of this one was refused; `failure` tells of it, or else the refusal."""
        for refusal in refusals:
            self._recorded(refusal)
            refusal.raised_as, refusal.is_reported = failure or refusal, False

    def note(self, line: str) -> None:
        """Keep a line for the summary, once."""
        self.notes += [] if line in self.notes else [line]

    def pause(self, number: int, seconds: Callable[[int], float]) -> bool:  # noqa: ARG002 - the fake's
        """Hear that stripe-python pauses between two tries of a call; tell whether it needn't sleep."""
        return False

    def _allowed(self, request: Request) -> Response | Failure | Request | None:
        try:
            api_keys.refuse_live(request, anywhere=self.sends)
        except Refused as refusal:
            refusal.fatal = self.sends
            raise
        return self._answer(request)

    def _answer(self, request: Request) -> Response | Failure | Request | None:
        raise NotImplementedError

    def close(self, ended: str) -> None:
        """End the run, when the tap is off.

        The test has "passed", "failed", or was "skipped", as one that failed as it is marked to is, too.
        """

    def close_apps(self) -> None:
        """End what was started for the apps that webhooks were sent to, while the tap is still on."""

    def unread_error(self) -> AssertionError | None:
        """Give the failure for what webhook handlers raised and nobody read; None if there is none."""
        return None

    @contextmanager
    def turn(self, what: str) -> Iterator[None]:
        """Take a turn to change something, which only the session's own process can."""
        self.refuse_in_child(what)
        with self.looking(what):
            yield

    def refuse_in_child(self, what: str) -> None:
        """Refuse what a process that was forked meanwhile would do to its copy of this session."""
        if os.getpid() != self._process:
            raise refused_to_child(what)

    @contextmanager
    def looking(self, what: str) -> Iterator[None]:
        """Do one thing at a time, whatever thread it comes from, and keep what is refused meanwhile.

        What comes from inside another's answer, a signal handler's request, is refused itself.
        """
        with self.lock, self.refusing():
            self._begin(what)
            try:
                yield
            finally:
                self._answering = False

    def _begin(self, what: Request | str) -> None:
        if self._answering:
            raise Refused(f"{what}: asked by a signal handler while another request is answered")
        self._answering = True

    def observe(self, request: Request, response: Response | Failure) -> None:
        """Keep an answer, and check it against its version's contract. A finding at level error fails.

        Not checked is an answer that is no JSON, as a gateway's page: stripe-python raises its own
        error. Neither is one at an API version without a schema, which the summary notes.
        """
        if isinstance(response, Failure):
            self.exchanges.append(Exchange(request, response.answer, response.fault))  # type: ignore[arg-type] # None only after a fault
            return
        self.exchanges.append(Exchange(request, response, "", asking()))
        document = response.take_document()
        try:
            parsed = parse(response.body) if document is None else just_written(document, response.body)
        except (ValueError, RecursionError):
            return
        version = version_of(parsed.document)
        if version is None or not self.watch.knows(version):
            sent = response.headers.api_version or request.headers.api_version
            version = sent or self.settings.api_version
        errors = self._checked(parsed, request, version)
        row = routes.match(request.method, request.path)
        if row is not None and response.status == HTTPStatus.OK:
            wrong = wrong_kind(parsed.document, row[0].response_object, version)
            errors += self.watch.by_level(wrong, request) if wrong else []
        if errors:
            findings = "\n".join(map(str, errors))
            message = (
                f"{request}: the answer does not have the documented shape:\n{findings}\n{_LOWERED}"
            )
            raise self._recorded(Refused(message)) from None

    def _checked(self, parsed: Parsed, request: Request, version: str) -> list[Finding]:
        try:
            if not self.watch.knows(version) and release_of(version) is None:
                note = f"answers at API version {version} have no schema, and were not checked"
                self.note(note)
                return []
            return self.watch.check(parsed, request, api_version=version)
        except ValueError as error:
            message = f"{request}: the answer can't be checked: {error}"
            raise self._recorded(Refused(message)) from None

    def unique(self, name: str) -> str:
        """Make a value from a name: another one in each test, the same in each run of it."""
        seed = f"{self.settings.seed}\0{self.settings.name}"
        return f"{name}-{Ids(seed).secret(f'unique {name}', 10).lower()}"

    def report(self) -> str:
        """Tell the state in tables: ledger, intents, the last requests."""
        return failing_test.report(self.worlds, self.exchanges, self.refusals, self.assumptions)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Keep what is refused inside, and raise it as the caller is to meet it."""
        try:
            yield
        except Refused as refusal:
            raise self._recorded(refusal) from None

    def _recorded(self, refusal: Refused) -> BaseException:
        """Record a refusal, and give the exception that reaches the caller."""
        refusal.message = masked(refusal.message)
        refusal.asked_at = refusal.asked_at or caller()
        refusal.raised_as = self._fail(refusal)
        self._refusals.append(refusal)
        return refusal.raised_as


def innermost() -> Session | None:
    """Give the session that answers now, the last one opened; None where none is open."""
    return next((run.owner for run in reversed(OPEN) if isinstance(run.owner, Session)), None)


def caller() -> str | None:
    """Find the place that called stripe-python; an own HTTP client's code lies below that.

    A thread of an own client's has no stripe-python above it: there it is the innermost place outside.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to the caller, if there is one
    place, calls_stripe = None, False
    while frame is not None:
        name = frame.f_code.co_filename
        if frame.f_globals.get("__name__", "").startswith(("_pytest.", "pluggy.")):
            break  # the rest is no test's
        if name.startswith(STRIPE_FOLDER):
            calls_stripe = True
        elif not _is_inside(name) and (place is None or calls_stripe):
            place, calls_stripe = f"{name}:{frame.f_lineno} in {frame.f_code.co_name}", False
        frame = frame.f_back
    return place


def _is_inside(file: str) -> bool:
    """Tell code of this package, stripe-python and the standard library from the caller's own."""
    standard = file.startswith(_STANDARD_LIBRARY) and "site-packages" not in file
    return standard or file.startswith(_OURS)
