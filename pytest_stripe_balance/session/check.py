"""The mode `check`: Stripe's test mode answers, and is compared with the cassette."""

from __future__ import annotations

from pytest_stripe_balance.api.message import Exchange, Request, Response
from pytest_stripe_balance.comparison import drift
from pytest_stripe_balance.contract.checker import ContractChecker
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.session.base import Fail
from pytest_stripe_balance.session.live import Live
from pytest_stripe_balance.session.replay import KEEP, cassette_of, few, loaded, unrecorded
from pytest_stripe_balance.session.settings import Settings


class Checker(Live):
    """A run that Stripe answers, compared with its cassette when the test is over."""

    def __init__(self, settings: Settings, fail: Fail) -> None:
        super().__init__(settings, fail)
        path = cassette_of(settings)
        self._is_recorded = path.is_file()
        self._cassette = loaded(path).exchanges if self._is_recorded else []

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
            f"{exchange.request} is not compared: its answer is no JSON ({exchange.response.status})"
            for exchange in self.exchanges
            if not exchange.response.is_json
        ]
        old, new = ([exchange for exchange in side if exchange.response.is_json] for side in self._sides)
        compared = drift.ComparedRecordings(old, new)
        if ended == "passed" and not compared.pairs and (old or new or not all(self._sides)):
            raise self._recorded(Refused(self._nothing_compared)) from None
        watch = ContractChecker(self.settings.drift, self.settings.api_version)
        lines: dict[str, None] = {}
        for drifted in compared.drifts():
            if ended != "passed" and None in (drifted.old, drifted.new):
                continue
            exchange = old[drifted.old or 0] if drifted.new is None else new[drifted.new]
            for finding in watch.by_level([drifted.finding], str(exchange.request)):
                lines.setdefault(f"{finding}; in {exchange.request}")
        self.watch.warnings += watch.warnings
        if lines:
            first = f"Stripe no longer answers as {self.settings.cassette} has it:"
            raise self._recorded(
                Refused("\n".join([first, *lines, f"If that is right, {self._way_out}"]))
            ) from None

    @property
    def _sides(self) -> tuple[list[Exchange], list[Exchange]]:
        return self._cassette, self.exchanges

    @property
    def _nothing_compared(self) -> str:
        name, path = self.settings.name, self.settings.cassette
        recorded, sent = (few([exchange.request for exchange in side]) for side in self._sides)
        way_out = self._way_out if self.exchanges else KEEP
        return (
            f"nothing was compared: {name} asked for {sent}, and {path} holds {recorded}\n"
            f"If that is right, {way_out}"
        )

    @property
    def _way_out(self) -> str:
        rewriting = "pytest --stripe-mode=record --stripe-record=rewrite"
        return f"record it again: {rewriting} '{self.settings.name}'"
