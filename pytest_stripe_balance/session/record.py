"""The mode `record`: Stripe's test mode answers, and a cassette is written."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version

from pytest_stripe_balance.api import api_keys
from pytest_stripe_balance.api.message import Exchange, Request, Response
from pytest_stripe_balance.cassettes.provenance import UNKNOWN, Provenance, together, who_answered
from pytest_stripe_balance.cassettes.writer import CassetteWriter
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.session.base import Fail
from pytest_stripe_balance.session.live import Live
from pytest_stripe_balance.session.replay import cassette_of, loaded
from pytest_stripe_balance.session.settings import Settings
from pytest_stripe_balance.transport.clients import SDK_VERSION


class Recorder(Live):
    """A run that Stripe answers, written to its cassette when its test has passed.

    Recorded as `new`, what the cassette has is answered from it, and only the rest is sent; as `all`, it
    is written whatever comes of the test.
    """

    def __init__(self, settings: Settings, fail: Fail) -> None:
        super().__init__(settings, fail)
        self._path = cassette_of(settings)
        is_continued = settings.record == "new" and self._path.is_file()
        self._replay = loaded(self._path) if is_continued else None
        self._replayed: dict[int, Response] = {}

    def _answer(self, request: Request) -> Request | Response:
        response = self._replay.find(request) if self._replay is not None else None
        if response is None:  # what isn't recorded is sent, and then it is
            return super()._answer(request)
        return self._replayed.setdefault(id(response), response)

    @property
    def _sent(self) -> list[Exchange]:
        return [exchange for exchange in self.exchanges if id(exchange.response) not in self._replayed]

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
        writer = CassetteWriter(self._path, append=self._replay is not None, known=known)
        for exchange in sent:
            writer.add(exchange)
        with self.refusing():
            try:
                writer.write(self._provenance(sent))
            except (ValueError, OSError) as error:
                raise Refused(f"{self._path} was not written: {error}") from None
            except RecursionError:
                reason = "a body is nested too deeply to be searched for secrets"
                raise Refused(f"{self._path} was not written: {reason}") from None

    def _provenance(self, sent: list[Exchange]) -> Provenance:
        versions = [exchange.response.headers.get("Stripe-Version") for exchange in sent]
        # Whether a client of the user's own has asked Stripe nobody knows.
        whos = [
            UNKNOWN if request.by else who_answered(request.url, api_keys.key_of(request))
            for request in (exchange.request for exchange in sent)
        ]
        return Provenance(
            together(whos),
            api_version=next(filter(None, versions), None),
            sdk=f"stripe-python {SDK_VERSION}",
            plugin=version("pytest-stripe-balance"),
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            test=self.settings.name,
        )
