"""The modes that send: live, record and check, on the way to Stripe's test mode or a server like it."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from pytest_stripe_balance.api import api_keys
from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.cassettes.provenance import UNKNOWN, Provenance, together, who_answered
from pytest_stripe_balance.cassettes.writer import Recording
from pytest_stripe_balance.comparison import drift
from pytest_stripe_balance.contract.checker import Watch
from pytest_stripe_balance.modes import TEST_KEYS
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.session.base import Session
from pytest_stripe_balance.session.taped import cassette_of, few, loaded, unrecorded
from pytest_stripe_balance.transport.clients import SDK_VERSION

if TYPE_CHECKING:
    from pytest_stripe_balance.session.base import Fail
    from pytest_stripe_balance.session.chosen import Settings


class Live(Session):
    """A run that Stripe answers; what is sent has the key of STRIPE_API_KEY.

    Keys that Stripe would not let in go as they are, so that its own refusal comes back.
    """

    sends = True

    def _answer(self, request: Request) -> Request | Response:
        wire, headers = self.settings.wire, dict(request.headers)
        key = api_keys.key_of(request)
        if not key and "Authorization" in request.headers:
            raise Refused(f"{request}: the Authorization header can't be read, so it isn't sent")
        if key.startswith(TEST_KEYS):
            headers = {name: one for name, one in headers.items() if name.lower() != "authorization"}
            headers["Authorization"] = f"Bearer {wire.key}"
        url = request.url
        if wire.base_url:
            scheme, host, *_ = urlsplit(wire.base_url)
            url = urlunsplit((scheme, host, *urlsplit(url)[2:]))
        return Request(request.method, url, Headers(headers), request.body)


class Recorder(Live):
    """A run that Stripe answers, written to its cassette when its test has passed.

    Recorded as `new`, what the cassette has is answered from it, and only the rest is sent; as `all`, it
    is written whatever comes of the test.
    """

    def __init__(self, settings: Settings, fail: Fail) -> None:
        super().__init__(settings, fail)
        self._path = cassette_of(settings)
        there = settings.record == "new" and self._path.is_file()
        self._replay = loaded(self._path) if there else None
        self._replayed: dict[int, Response] = {}

    def _answer(self, request: Request) -> Request | Response:
        response = self._replay.find(request) if self._replay is not None else None
        if response is None:  # what isn't recorded is sent, and then it is
            return super()._answer(request)
        return self._replayed.setdefault(id(response), response)

    @property
    def _sent(self) -> list[Exchange]:
        return [one for one in self.exchanges if id(one.response) not in self._replayed]

    def close(self, ended: str) -> None:
        """Write the cassette; after a test that didn't pass the one that is there stays as it is.

        One that skipped what was left of it, or failed as expected, begins one where none is.
        """
        sent = self._sent
        if not sent:
            return
        begins = ended == "skipped" and not self._path.is_file()
        if not (ended == "passed" or begins or self.settings.record == "all"):
            self.notes.append(f"{self._path} was not written: its test did not pass")
            return
        known = {} if self._replay is None else self._replay.bindings
        recording = Recording(self._path, append=self._replay is not None, known=known)
        for exchange in sent:
            recording.add(exchange)
        with self.refusing():
            try:
                recording.write(self._provenance(sent))
            except (ValueError, OSError) as error:
                raise Refused(f"{self._path} was not written: {error}") from None
            except RecursionError:
                told = "a body is nested too deeply to be looked through"
                raise Refused(f"{self._path} was not written: {told}") from None

    def _provenance(self, sent: list[Exchange]) -> Provenance:
        versions = [exchange.response.headers.get("Stripe-Version") for exchange in sent]
        # Whether a client of the user's own has asked Stripe nobody knows.
        whos = [
            UNKNOWN if one.by else who_answered(one.url, api_keys.key_of(one))
            for one in (exchange.request for exchange in sent)
        ]
        return Provenance(
            together(whos),
            api_version=next(filter(None, versions), None),
            sdk=f"stripe-python {SDK_VERSION}",
            plugin=version("pytest-stripe-balance"),
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            test=self.settings.name,
        )


class Checker(Live):
    """A run that Stripe answers, compared with its cassette when the test is over."""

    def __init__(self, settings: Settings, fail: Fail) -> None:
        super().__init__(settings, fail)
        path = cassette_of(settings)
        self._is_recorded = path.is_file()
        self._recorded = loaded(path).exchanges if self._is_recorded else []

    def _answer(self, request: Request) -> Request | Response:
        if not self._is_recorded:  # there is nothing to compare with, so nothing is sent
            raise unrecorded(self.settings)
        return super()._answer(request)

    def close(self, ended: str) -> None:
        """Tell what Stripe answers otherwise by now; what is at level error fails the test.

        So does a test of which nothing could be compared. One that didn't pass may have asked for less
        than it did, so of that only what was asked is compared: it may be why.
        """
        if not self._is_recorded:
            return
        self.notes += [
            f"{one.request} was answered with no JSON ({one.response.status}), which is not compared"
            for one in self.exchanges
            if not one.response.is_json
        ]
        old, new = ([one for one in side if one.response.is_json] for side in self._sides)
        compared = drift.Compared(old, new)
        if ended == "passed" and not compared.pairs and (old or new or not all(self._sides)):
            raise self._kept(Refused(self._nothing_compared)) from None
        watch = Watch(self.settings.drift, self.settings.api_version)
        told: dict[str, None] = {}
        for one in compared.drifts():
            if ended != "passed" and None in (one.old, one.new):
                continue
            asked = old[one.old or 0] if one.new is None else new[one.new]
            for finding in watch.graded([one.finding], str(asked.request)):
                told.setdefault(f"{finding}; in {asked.request}")
        self.watch.noted += watch.noted
        if told:
            lines = [f"Stripe no longer answers as {self.settings.cassette} has it:", *told]
            raise self._kept(
                Refused("\n".join([*lines, f"If that is right, {self._way_out}"]))
            ) from None

    @property
    def _sides(self) -> tuple[list[Exchange], list[Exchange]]:
        return self._recorded, self.exchanges

    @property
    def _nothing_compared(self) -> str:
        name, path = self.settings.name, self.settings.cassette
        recorded, asked = (few([one.request for one in side]) for side in self._sides)
        fake = 'keep it on the fake: @pytest.mark.stripe_balance(mode="fake")'
        way_out = self._way_out if self.exchanges else fake
        return (
            f"nothing was compared: {name} asked for {asked}, and {path} holds {recorded}\n"
            f"If that is right, {way_out}"
        )

    @property
    def _way_out(self) -> str:
        rewriting = "pytest --stripe-mode=record --stripe-record=rewrite"
        return f"record it again: {rewriting} '{self.settings.name}'"
