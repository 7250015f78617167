"""Sends a recording's requests to the fake, and compares its answers with the recorded ones.

- Recorded ids are replaced by the ids that the fake gave in their place.
- A request is skipped if the fake can't know what it is about (`knowledge`).
- An answer isn't compared if it depends on the account's settings, or on something that isn't recorded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from pytest_stripe_balance.api import versions
from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.comparison import knowledge
from pytest_stripe_balance.comparison.answers import AnswerComparer, ListScope, is_converted
from pytest_stripe_balance.comparison.card_numbers import lacks_code
from pytest_stripe_balance.comparison.ids import IdDetector, IdMapping
from pytest_stripe_balance.comparison.knowledge import Knowledge, NamedIds, named_in
from pytest_stripe_balance.comparison.locations import LISTS, root_kind
from pytest_stripe_balance.comparison.masks import is_masked
from pytest_stripe_balance.comparison.newer import moment_of, without_newer
from pytest_stripe_balance.comparison.recorded_keys import RecordedKeys, is_conflict
from pytest_stripe_balance.comparison.recording_facts import (
    kept_headers,
    named_version,
    own_account,
    polled,
    shared_ids,
)
from pytest_stripe_balance.comparison.requests import READS
from pytest_stripe_balance.comparison.retouched import retouched
from pytest_stripe_balance.comparison.retries import is_replay, without_retries
from pytest_stripe_balance.comparison.sightings import Sightings
from pytest_stripe_balance.comparison.stand_ins import StandIns
from pytest_stripe_balance.comparison.translation import RequestTranslator, as_of_today
from pytest_stripe_balance.contract.findings import Finding
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.masking import shown
from pytest_stripe_balance.refused import Refused

Json = Any
Answer = Callable[[Request], tuple[Response, AbstractSet[str]]]
EVIDENCE = "stripe-test-mode"
RETRIED = "it was sent again after this answer"
KEY_UNUSED = "its answer is about an idempotency key that no compared request used"
PARTS = "objects inside answers: the fake didn't make them, or a skipped request may have changed them"
# In a refusal, the call and the values aren't part of the reason.
_CALL = re.compile(r"^[A-Z]+ /v1/\S+: ")
_VALUE = re.compile(r"""(?<=\w|\])=(?:'[^']*'|"[^"]*"|[^\s,:]+)""")


@dataclass(frozen=True)
class Compared:
    """A request whose answers were compared; `at` is its position in the recording.

    - `fields` were compared, and `equal` of them are equal.
    - `assumptions` are the ids of those that the fake's answer relied on.
    - `left_out` counts the nested objects that weren't compared.
    """

    at: int
    fields: int
    equal: int
    differences: Sequence[Finding]
    assumptions: AbstractSet[str]
    left_out: int = 0


@dataclass(frozen=True)
class SkippedRequest:
    """A request whose answers can't be compared, and why; `at` is its position in the recording."""

    at: int
    reason: str


def conform(exchanges: Sequence[Exchange], answer: Answer) -> Iterator[Compared | SkippedRequest]:
    """Send a recording's requests to a fake, in order, and compare its answers.

    `answer` is the fake: it gives a response and the ids of the assumptions that the response relied on.
    It raises Refused for what it doesn't model.
    """
    exchanges = [as_of_today(exchange) for exchange in exchanges]
    run = _Run(exchanges, answer)
    counting = set(without_retries(exchanges))
    for at, exchange in enumerate(exchanges):
        is_retried = at not in counting and not is_replay(exchange)
        yield SkippedRequest(at, RETRIED) if is_retried else run.compare(at)


def _why_no_version(exchange: Exchange) -> str | None:
    """Say that an answer's API version doesn't exist; None if it does, or if Stripe's answer says so."""
    version = named_version(exchange)
    if not version or knowledge.is_refused_version(exchange.response.json):
        return None
    try:
        versions.check(version)
    except Fault:
        return f"Stripe has no API version {shown(version)}"
    except Refused:
        return None  # the fake's own refusal says so
    return None


class _Run:
    """One recording that is sent to a fake, request by request."""

    def __init__(self, exchanges: Sequence[Exchange], answer: Answer) -> None:
        self.exchanges, self.answer = exchanges, answer
        ids = IdDetector.of(exchanges)
        self._mapping = IdMapping(ids, IdDetector())
        self._knowledge = Knowledge(ids, self._mapping, shared_ids(exchanges))
        self._sightings = Sightings()
        self._moment = moment_of(exchanges)
        self._comparer = AnswerComparer(
            ids,
            self._knowledge,
            self._sightings,
            kept_headers(exchanges),
            retouched(exchanges),
            any(lacks_code(parse_qsl(exchange.request.body)) for exchange in exchanges),
            self._moment,
        )
        self._keys = RecordedKeys(exchanges)
        self._translator = RequestTranslator(self._mapping, self._keys, own_account(exchanges))
        self._polled = polled(exchanges)
        self._stand_ins = StandIns(exchanges, self._knowledge, self._send, self._is_same)
        self._has_deleted = False

    def compare(self, at: int) -> Compared | SkippedRequest:
        """Send the request at a position to the fake, and compare the answers."""
        exchange = self.exchanges[at]
        if reason := self._why_not(at):
            return self._skip(at, reason)
        request = self._translator.translate(exchange)
        try:
            faked, assumptions = self.answer(request)
        except Refused as refusal:
            return self._skip(at, _reason(refusal, request))
        faked = without_newer(faked, exchange, self._moment)
        key = request.headers.get("Idempotency-Key", "")
        recorded = self._keys.adapted(exchange, faked, key)
        self._keys.note(exchange, key)
        if reason := self._why_incomparable(exchange, faked):
            self._knowledge.doubt(exchange, faked.json)
            return SkippedRequest(at, reason)
        result = self._comparer.compare(recorded, faked, self._scope(exchange))
        self._learn(at, faked)
        equal = result.fields - len(result.differences)
        return Compared(at, result.fields, equal, result.differences, assumptions, result.left_out)

    def _why_not(self, at: int) -> str | None:
        """Say why a request isn't sent to the fake; None if it is."""
        exchange = self.exchanges[at]
        if reason := knowledge.environment(exchange) or _why_no_version(exchange):
            return reason
        if at in self._polled:
            return knowledge.POLLED
        self._stand_ins.supply(at)
        if reason := self._knowledge.why_not(exchange):
            return reason
        if is_conflict(exchange.response.json) and not self._keys.is_used(exchange):
            return KEY_UNUSED
        return None

    def _send(self, exchange: Exchange, path: str, body: str) -> Response | None:
        """Post something in the place of an exchange; None if the fake refuses it."""
        try:
            made, _ = self.answer(self._translator.in_place_of(exchange, path, body))
        except Refused:
            return None
        return made if made.status < HTTPStatus.BAD_REQUEST else None

    def _is_same(self, shown: Json, made: Response) -> bool:
        """Tell whether the fake shows an object with the recorded values, whatever keys each has."""
        recorded = Response(made.status, Headers(), json.dumps(shown).encode())
        found = self._comparer.compare(recorded, made, ListScope()).differences
        paths = [finding.path for finding in found if finding.kind != "breaking"]
        are_keys = not any(path.endswith("]") or path.startswith("$.metadata.") for path in paths)
        return are_keys and len(paths) == len(found)

    def _skip(self, at: int, reason: str) -> SkippedRequest:
        self._knowledge.leave_out(self.exchanges[at])
        return SkippedRequest(at, reason)

    def _why_incomparable(self, exchange: Exchange, faked: Response) -> str | None:
        """Say why answers can't be compared, for a cause that isn't recorded; None if they can."""
        recorded = exchange.response.json
        if "dashboard.stripe.com" in knowledge.message_of(knowledge.error_of(recorded)):
            return knowledge.SETTING
        if exchange.response.status != faked.status and any(
            is_masked(value) for _, value in parse_qsl(exchange.request.encoded)
        ):
            return knowledge.MASKED
        if is_converted(recorded, faked.json):
            return knowledge.SETTING
        if self._may_be_in_use(exchange, faked):
            return knowledge.IN_USE
        if self._is_hidden(exchange, faked):
            return knowledge.OTHERS
        if root_kind(recorded) in LISTS:
            return None
        if self._is_beyond(exchange, faked.json):
            return knowledge.BEYOND
        is_read = exchange.request.method in READS
        has_changed = is_read and self._sightings.has_changed(recorded, faked.json, self._knowledge)
        return knowledge.CHANGED if has_changed else None

    def _may_be_in_use(self, exchange: Exchange, faked: Response) -> bool:
        """Tell whether Stripe keeps an object that has others, of which the recording doesn't tell."""
        is_kept = exchange.response.status != faked.status and exchange.request.method == "DELETE"
        return is_kept and not self._stand_ins.made.isdisjoint(
            NamedIds(exchange.request, self._mapping.old).in_path
        )

    def _is_hidden(self, exchange: Exchange, faked: Response) -> bool:
        """Tell whether Stripe misses an object that the recording made and nothing deleted."""
        error = knowledge.error_of(exchange.response.json)
        is_missing = error.get("code") == "resource_missing" and faked.status < HTTPStatus.BAD_REQUEST
        return is_missing and not self._has_deleted

    def _is_beyond(self, exchange: Exchange, faked: Json) -> bool:
        """Tell whether an answer names an object that only a payment by other means has."""
        ids, document = self._mapping.old, exchange.response.json
        requested = NamedIds(exchange.request, ids).all
        has_method = root_kind(document) == "customer" and any(
            an_id.startswith("pm_") and not self._knowledge.has(an_id)
            for an_id in named_in(document, ids) - requested
        )
        return has_method or self._knowledge.is_beyond(document, requested, faked)

    def _learn(self, at: int, faked: Response) -> None:
        """Note what two answers say about objects. Doubt what a write names if the statuses differ."""
        exchange = self.exchanges[at]
        recorded = exchange.response.json
        is_write = exchange.request.method not in READS
        self._knowledge.see(recorded)
        if exchange.response.status != faked.status and is_write:
            self._knowledge.doubt(exchange, faked.json)
            return
        if is_write:
            ids = self._mapping.old
            self._sightings.touch(NamedIds(exchange.request, ids).all | named_in(recorded, ids))
        self._has_deleted |= exchange.request.method == "DELETE"
        self._sightings.note(recorded, faked.json)

    def _scope(self, exchange: Exchange) -> ListScope:
        named = NamedIds(exchange.request, self._mapping.old)
        is_search = named.endpoint is not None and named.endpoint.searched
        names = [name for name, _ in parse_qsl(exchange.request.encoded)]
        is_timed = any(name.startswith("created") for name in names)
        is_whole = any(map(self._knowledge.is_sure, named.all)) and not is_search
        return ListScope(is_part=not is_whole or is_timed, is_timed=is_timed)


def _reason(refusal: Refused, request: Request) -> str:
    """Give the first sentence of a refusal, without the call and without values."""
    sentence = refusal.message.removeprefix(f"{request}: ").partition("\n")[0].partition(". ")[0]
    return _VALUE.sub("", _CALL.sub("", sentence))
