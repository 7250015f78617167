"""The fake driven with a recording's own requests, and held against it answer by answer.

A recorded id becomes the one that the fake gave in its place. A request is driven where the fake can
know what it is about (`knowable`), and compared unless the answer tells of the account's own settings or
of something that happened beside the recording.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from pytest_stripe_balance.api import versions
from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response, date_of
from pytest_stripe_balance.comparison import knowledge
from pytest_stripe_balance.comparison.answers import (
    EPOCH,
    HEADERS,
    LISTS,
    AnswerComparer,
    ListScope,
    is_masked,
)
from pytest_stripe_balance.comparison.documents import root_kind
from pytest_stripe_balance.comparison.ids import IdDetector, IdMapping
from pytest_stripe_balance.comparison.knowledge import Knowledge, Named, named_in
from pytest_stripe_balance.comparison.newer import moment_of, without_newer
from pytest_stripe_balance.comparison.pairing import is_replay, without_retries
from pytest_stripe_balance.comparison.recorded_keys import RecordedKeys, is_conflict
from pytest_stripe_balance.comparison.requests import READS
from pytest_stripe_balance.comparison.sightings import Sightings, own_id
from pytest_stripe_balance.contract.findings import Finding
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.masking import shown
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.resources import without_betas

Json = Any
Answer = Callable[[Request], tuple[Response, AbstractSet[str]]]
EVIDENCE = "stripe-test-mode"
KEY = "sk_test_conform"
RETRIED = "it was sent again after this answer"
KEY_UNUSED = "it is about its idempotency key, which belongs to no request that was driven"
PARTS = "objects inside answers, which the fake didn't make or a request changed which wasn't driven"
# A refusal's call and values, which aren't its reason.
_CALL = re.compile(r"^[A-Z]+ /v1/\S+: ")
_VALUE = re.compile(r"""(?<=\w|\])=(?:'[^']*'|"[^"]*"|[^\s,:]+)""")


@dataclass(frozen=True)
class Compared:
    """One answer of the fake's against the recorded one, at its position in the recording.

    `fields` were compared, of which `equal` are so; the answer relied on `assumptions`, and
    `left_out` counts the objects inside it that weren't compared.
    """

    at: int
    fields: int
    equal: int
    differences: Sequence[Finding]
    assumptions: AbstractSet[str]
    left_out: int = 0


@dataclass(frozen=True)
class SkippedRequest:
    """A request that the fake has no answer to, or none to compare, and why."""

    at: int
    reason: str


def conform(exchanges: Sequence[Exchange], answer: Answer) -> Iterator[Compared | SkippedRequest]:
    """Drive a fake with a recording's requests, in order, and compare its answers.

    `answer` gives a response and the assumptions behind it, and raises Refused for what isn't modelled.
    """
    driver = _Driver(exchanges, answer)
    counted = set(without_retries(exchanges))
    for at, exchange in enumerate(exchanges):
        again = at not in counted and not is_replay(exchange)
        yield SkippedRequest(at, RETRIED) if again else driver.drive(at)


def began_at(exchanges: Sequence[Exchange]) -> int | None:
    """Give the moment of the first answer, in seconds since 1970: by its Date header or `created`."""
    for exchange in exchanges:
        if (moment := date_of(exchange.response.headers)) is not None:
            return moment
        document = exchange.response.json
        created = document.get("created") if isinstance(document, dict) else None
        if isinstance(created, int) and created in EPOCH:
            return created
    return None


def first_live(exchanges: Sequence[Exchange]) -> int | None:
    """Find the first answer of live mode; None where there is none."""
    answers = (one.response for one in exchanges)
    return next((at for at, one in enumerate(answers) if one.is_json and _is_live(one.json)), None)


def _is_live(document: Json) -> bool:
    if isinstance(document, list):
        return any(map(_is_live, document))
    if not isinstance(document, dict):
        return False
    return document.get("livemode") is True or any(map(_is_live, document.values()))


def version_of(exchange: Exchange) -> str:
    """Give the API version that an exchange says it is of, without betas; "" where it says none."""
    return without_betas(_said(exchange))


def _said(exchange: Exchange) -> str:
    sides = exchange.response.headers, exchange.request.headers
    return next((said for side in sides if (said := side.get("Stripe-Version"))), "")


def is_modelled(api_version: str) -> bool:
    """Tell whether the fake has an API version."""
    try:
        versions.check(api_version)
    except (Fault, Refused):
        return False
    return True


def _why_never(exchange: Exchange) -> str | None:
    """Say that an answer's API version never was one; None where Stripe's answer says so itself."""
    version = _said(exchange)
    if not version or knowledge.is_refused_version(exchange.response.json):
        return None
    try:
        versions.check(version)
    except Fault:
        return f"there never was its API version {shown(version)}"
    except Refused:
        return None  # the fake says so itself
    return None


@dataclass
class _Driver:
    """A recording on its way through a fake."""

    exchanges: Sequence[Exchange]
    answer: Answer
    _accounts: dict[str, str] = field(default_factory=dict)
    _has_deleted: bool = False

    def __post_init__(self) -> None:
        ids = IdDetector.of(self.exchanges)
        self._mapping = IdMapping(ids, IdDetector())
        self._knowledge = Knowledge(ids, self._mapping, _shared(self.exchanges))
        self._sightings = Sightings()
        self._answers = AnswerComparer(ids, self._knowledge, self._sightings, _kept(self.exchanges))
        self._keys = RecordedKeys(self.exchanges)
        self._polled = _polled(self.exchanges)
        self._moment = moment_of(self.exchanges)

    def drive(self, at: int) -> Compared | SkippedRequest:
        """Ask the fake what was asked at a position, and compare."""
        exchange = self.exchanges[at]
        if reason := self._why_not(at):
            return self._left_out(at, reason)
        request = self._request(exchange)
        try:
            given, assumptions = self.answer(request)
        except Refused as refusal:
            return self._left_out(at, _reason(refusal, request))
        given = without_newer(given, exchange, self._moment)
        name = request.headers.get("Idempotency-Key", "")
        recorded = self._keys.as_asked(exchange, given, name)
        self._keys.note(exchange, name)
        if reason := self._why_unlike(exchange, given):
            self._knowledge.doubt(exchange, given.json)
            return SkippedRequest(at, reason)
        compared = self._answers.compare(recorded, given, self._page(exchange))
        self._keep(at, given)
        equal = compared.fields - len(compared.differences)
        return Compared(at, compared.fields, equal, compared.differences, assumptions, compared.left_out)

    def _why_not(self, at: int) -> str | None:
        exchange = self.exchanges[at]
        if reason := knowledge.environment(exchange) or _why_never(exchange):
            return reason
        if reason := self._knowledge.why_not(exchange):
            return reason
        if at in self._polled:
            return knowledge.POLLED
        if is_conflict(exchange.response.json) and not self._keys.is_used(exchange):
            return KEY_UNUSED
        return None

    def _left_out(self, at: int, reason: str) -> SkippedRequest:
        self._knowledge.leave_out(self.exchanges[at])
        return SkippedRequest(at, reason)

    def _why_unlike(self, exchange: Exchange, given: Response) -> str | None:
        """Say that the answers differ for what isn't in the recording: a setting, or a payment, say."""
        olds, news = exchange.response.json, given.json
        if "dashboard.stripe.com" in knowledge.message_of(knowledge.error_of(olds)):
            return knowledge.SETTING
        if exchange.response.status != given.status and any(
            is_masked(value) for _, value in parse_qsl(exchange.request.form)
        ):
            return knowledge.MASKED
        if self._is_hidden(exchange, given):
            return knowledge.OTHERS
        if root_kind(olds) in LISTS:
            return None
        if self._is_beyond(exchange):
            return knowledge.BEYOND
        is_read = exchange.request.method in READS
        changed = is_read and self._sightings.has_changed(olds, news, self._knowledge)
        return knowledge.CHANGED if changed else None

    def _is_hidden(self, exchange: Exchange, given: Response) -> bool:
        """Tell that something is missing which the recording made, and nothing deleted."""
        error = knowledge.error_of(exchange.response.json)
        is_missing = error.get("code") == "resource_missing" and given.status < HTTPStatus.BAD_REQUEST
        return is_missing and not self._has_deleted

    def _is_beyond(self, exchange: Exchange) -> bool:
        """Tell an answer that names what only a payment by other means brings about."""
        ids, document = self._mapping.old, exchange.response.json
        asked = Named(exchange.request, ids).all
        methods = root_kind(document) == "customer" and any(
            one.startswith("pm_") and not self._knowledge.has(one)
            for one in named_in(document, ids) - asked
        )
        return methods or self._knowledge.is_beyond(document, asked)

    def _keep(self, at: int, given: Response) -> None:
        """Keep what two answers say for those that follow; a write that ended otherwise is a doubt."""
        exchange = self.exchanges[at]
        olds, news = exchange.response.json, given.json
        is_write = exchange.request.method not in READS
        self._knowledge.see(olds)
        if exchange.response.status != given.status and is_write:
            self._knowledge.doubt(exchange, news)
            return
        if is_write:
            named = Named(exchange.request, self._mapping.old).all | named_in(olds, self._mapping.old)
            self._sightings.touch(named)
        self._has_deleted |= exchange.request.method == "DELETE"
        self._sightings.keep(olds, news)

    def _page(self, exchange: Exchange) -> ListScope:
        named = Named(exchange.request, self._mapping.old)
        searched = named.endpoint is not None and named.endpoint.searched
        names = [name for name, _ in parse_qsl(exchange.request.form)]
        is_timed = any(name.startswith("created") for name in names)
        whole = any(map(self._knowledge.is_sure, named.all)) and not searched
        return ListScope(is_part=not whole or is_timed, is_timed=is_timed)

    def _request(self, exchange: Exchange) -> Request:
        """Put the fake's ids into a request; what has none stays as it was written."""
        asked = exchange.request
        path = "/".join(self._part(part) for part in asked.path.split("/"))
        query, body = (
            urlencode(
                [(name, self._put(value)) for name, value in parse_qsl(text, keep_blank_values=True)]
            )
            for text in (asked.query, asked.body)
        )
        host = "https://" + (urlsplit(asked.url).hostname or "api.stripe.com")
        url = host + path + (f"?{query}" if query else "")
        return Request(asked.method, url, self._headers(exchange), body)

    def _part(self, part: str) -> str:
        """Put the fake's id into a part of a path, which the fake itself decodes, once."""
        plain = unquote(part)
        put = self._put(plain)
        return part if put == plain else quote(put, safe="")

    def _put(self, text: str) -> str:
        return self._mapping.old.replace(text, self._mapping.new_for)

    def _headers(self, exchange: Exchange) -> Headers:
        asked, answered = exchange.request.headers, exchange.response.headers
        headers = {"Authorization": f"Bearer {KEY}"}
        if version := _said(exchange):
            headers["Stripe-Version"] = version
        if account := asked.get("Stripe-Account") or answered.get("Stripe-Account"):
            headers["Stripe-Account"] = self._accounts.setdefault(
                account, f"acct_conform{len(self._accounts)}"
            )
        if context := asked.get("Stripe-Context"):
            headers["Stripe-Context"] = context  # which the fake refuses
        if exchange.request.method == "POST":
            headers["Idempotency-Key"] = self._keys.name(exchange)
        return Headers(headers)


def _reason(refusal: Refused, request: Request) -> str:
    """Name why a request was refused: the first sentence, without what was asked and its values."""
    said = refusal.message.removeprefix(f"{request}: ").partition("\n")[0].partition(". ")[0]
    return _VALUE.sub("", _CALL.sub("", said))


def _kept(exchanges: Sequence[Exchange]) -> list[str]:
    """Name the headers that a recording keeps: one that no answer has was left out by its recorder."""
    return [name for name in HEADERS if any(name in one.response.headers for one in exchanges)]


def _polled(exchanges: Sequence[Exchange]) -> AbstractSet[int]:
    """Find the reads that came before another of the same, which no write parts, with another answer."""
    latest: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
    found: set[int] = set()
    for at, exchange in enumerate(exchanges):
        if exchange.request.method not in READS:
            latest.clear()
        elif knowledge.environment(exchange) is None:
            request = exchange.request
            asked = (request.url, request.headers.get("Stripe-Account"), request.headers.api_version)
            group = latest[asked]
            found |= {one for one in group if exchanges[one].response.json != exchange.response.json}
            group.append(at)
    return found


def _shared(exchanges: Sequence[Exchange]) -> AbstractSet[str]:
    """Find the ids that stand for several objects: more than one request made one of that name."""
    made = {
        (own, exchange.response.body)
        for exchange in exchanges
        if exchange.request.method == "POST"
        and (own := own_id(exchange.response.json))
        and own not in unquote(exchange.request.path)
    }
    return {own for own, count in Counter(own for own, _ in made).items() if count > 1}
