"""The fake driven with a recording's own requests, and held against it answer by answer.

A recorded id becomes the one that the fake gave in its place; a request about something that the fake
never made isn't driven, nor is one that it refuses. Ids, times and secrets are equal when they play the
same role; everything else is equal or it isn't.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from pytest_stripe_balance.api import routes
from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.cassettes.drift import date_of
from pytest_stripe_balance.cassettes.pairing import is_replay, without_retries
from pytest_stripe_balance.cassettes.roles import TIME, Ids, Roles
from pytest_stripe_balance.cassettes.structure import GONE, kind_of, root_kind, shown, type_of
from pytest_stripe_balance.contract.findings import Finding
from pytest_stripe_balance.refused import Refused

Json = Any
Answer = Callable[[Request], tuple[Response, AbstractSet[str]]]
EVIDENCE = "stripe-test-mode"
KEY = "sk_test_conform"
UNMADE = "it is about something that the fake didn't make"
RETRIED = "it was sent again after this answer"
_TIME_KEY = re.compile(r"(?:^|_)(?:at|on|date|created|start|end|finalized|paid|voided|until|after)$")
_EPOCH = range(1_000_000_000, 5_000_000_000)
# Values that Stripe makes up anew each time, whatever is asked.
_MADE_UP = re.compile(
    r"(?:^|_)(?:secret|fingerprint|url|pdf|reference|number|iban|clabe|prefix|last4|key)$"
)
MORE = "$.has_more"
_HEADERS = ("Stripe-Should-Retry", "Idempotent-Replayed")
_ABSENT = object()


@dataclass(frozen=True)
class Driven:
    """One answer of the fake's against the recorded one, at its position in the recording.

    `fields` were compared, of which `equal` are so; `rested` are the assumptions that it rested on.
    """

    at: int
    fields: int
    equal: int
    differences: Sequence[Finding]
    rested: AbstractSet[str]


@dataclass(frozen=True)
class NotDriven:
    """A request that the fake has no answer to, and why."""

    at: int
    reason: str


def conform(exchanges: Sequence[Exchange], answer: Answer) -> Iterator[Driven | NotDriven]:
    """Drive a fake with a recording's requests, in order, and compare its answers.

    `answer` gives a response and the assumptions behind it, and raises Refused for what isn't modelled.
    """
    driver = _Driver(exchanges, answer)
    counted = set(without_retries(exchanges))
    for at, exchange in enumerate(exchanges):
        again = at not in counted and not is_replay(exchange)
        yield NotDriven(at, RETRIED) if again else driver.drive(at)


def began_at(exchanges: Sequence[Exchange]) -> int | None:
    """Give the moment of the first answer, in seconds since 1970: by its Date header or `created`."""
    for exchange in exchanges:
        if (moment := date_of(exchange.response.headers)) is not None:
            return moment
        document = exchange.response.json
        created = document.get("created") if isinstance(document, dict) else None
        if isinstance(created, int) and created in _EPOCH:
            return created
    return None


@dataclass
class _Driver:
    """A recording on its way through a fake."""

    exchanges: Sequence[Exchange]
    answer: Answer
    _accounts: dict[str, str] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    _firsts: dict[str, bytes] = field(default_factory=dict)  # the first answer to each request
    _posts: int = 0

    def __post_init__(self) -> None:
        asked: dict[str, set[str]] = defaultdict(set)
        for one in self.exchanges:
            if one.request.method == "POST":
                asked[_key_of(one)].add(f"{one.request.url} {one.request.body}")
        self._words = {"", *(key for key, requests in asked.items() if len(requests) > 1)}
        self._ids = Ids.of(self.exchanges)
        self._roles = Roles(self._ids, Ids())

    def drive(self, at: int) -> Driven | NotDriven:
        """Ask the fake what was asked at a position, and compare."""
        exchange = self.exchanges[at]
        recorded = exchange.response
        request, missing = self._request(exchange)
        known = routes.match(request.method, request.path) is not None
        if known and missing and recorded.status < HTTPStatus.BAD_REQUEST:
            return NotDriven(at, UNMADE)
        try:
            response, rested = self.answer(request)
        except Refused as refusal:
            said = refusal.message.removeprefix(f"{request}: ").partition(". ")[0]
            return NotDriven(at, said.partition("\n")[0])
        made_up = request.headers.get("Idempotency-Key", "")
        recorded = _with_key(recorded, _key_of(exchange), response, made_up)
        return self._compared(at, recorded, response, rested)

    def _compared(
        self, at: int, recorded: Response, given: Response, rested: AbstractSet[str]
    ) -> Driven:
        version = given.headers.get("Stripe-Version", "unknown")
        ours = self._ours(recorded)
        olds, news = _fields(ours), _fields(given)
        if ours is not recorded:  # how much more there is, is the account's
            olds, news = (
                {key: one for key, one in side.items() if key[1] != MORE} for side in (olds, news)
            )
        alike = recorded.status == given.status and root_kind(recorded.json) == root_kind(given.json)
        if not alike:  # of answers that aren't of one kind only that is said
            olds = {key: value for key, value in olds.items() if key[1] == "status"} or olds
            news = {key: value for key, value in news.items() if key in olds}
        differences = []
        names = dict.fromkeys((*olds, *news))
        for name in names:
            pair = olds.get(name, _ABSENT), news.get(name, _ABSENT)
            if not self._equal(name[1], *pair):
                differences.append(_difference(name, *pair, version))
        return Driven(at, len(names), len(names) - len(differences), differences, rested)

    def _ours(self, recorded: Response) -> Response:
        """Leave out of a list what is about nothing that the recording made: an account has more."""
        document = recorded.json
        if not isinstance(document, dict) or document.get("object") not in ("list", "search_result"):
            return recorded
        items = document.get("data")
        if not isinstance(items, list):
            return recorded
        kept = [one for one in items if self._is_ours(json.dumps(one))]
        if len(kept) == len(items):
            return recorded
        body = json.dumps({**document, "data": kept}).encode()
        return Response(recorded.status, recorded.headers, body)

    def _is_ours(self, text: str) -> bool:
        return any(self._roles.there(an_id) is not None for an_id in self._ids.inside(text))

    def _equal(self, path: str, recorded: Json, given: Json) -> bool:
        if recorded is _ABSENT or given is _ABSENT:
            return False
        key = path.rpartition(".")[2]
        if isinstance(recorded, str) and isinstance(given, str):
            return self._same_text(key, recorded, given)
        if type_of(recorded) == type_of(given) == "integer" and _TIME_KEY.search(key):
            return recorded == given or (recorded in _EPOCH and given in _EPOCH)
        return bool(type_of(recorded) == type_of(given) and recorded == given)

    def _same_text(self, key: str, recorded: str, given: str) -> bool:
        mine, theirs = self._ids.inside(recorded), Ids().inside(given)
        if mine and len(mine) == len(theirs):
            self._roles.learn(recorded, given)
            if not all(map(self._roles.same, mine, theirs)):
                return False
            texts = self._ids.named(recorded), Ids().named(given)
            if len({TIME.sub("{time}", text) for text in texts}) == 1:
                return True
        return recorded == given or bool(recorded and given and _MADE_UP.search(key))

    def _request(self, exchange: Exchange) -> tuple[Request, bool]:
        """Put the fake's ids into a request; tell too whether one is missing."""
        asked = exchange.request
        missing: list[str] = []
        path = "/".join(
            quote(self._put(unquote(part), missing), safe="") for part in asked.path.split("/")
        )
        query, body = (
            urlencode([(name, self._field(name, value, missing)) for name, value in fields])
            for fields in (parse_qsl(text, keep_blank_values=True) for text in (asked.query, asked.body))
        )
        host = "https://" + (urlsplit(asked.url).hostname or "api.stripe.com")
        url = host + path + (f"?{query}" if query else "")
        return Request(asked.method, url, self._headers(exchange), body), bool(missing)

    def _field(self, name: str, value: str, missing: list[str]) -> str:
        return self._put(value, [] if "metadata" in name else missing)

    def _put(self, text: str, missing: list[str]) -> str:
        for an_id in self._ids.inside(text):
            there = self._roles.there(an_id)
            if there is None:
                missing.append(an_id)
            else:
                text = text.replace(an_id, there)
        return text

    def _headers(self, exchange: Exchange) -> Headers:
        asked, answered = exchange.request.headers, exchange.response.headers
        headers = {"Authorization": f"Bearer {KEY}"}
        if version := answered.get("Stripe-Version") or asked.get("Stripe-Version"):
            headers["Stripe-Version"] = version
        if account := asked.get("Stripe-Account") or answered.get("Stripe-Account"):
            headers["Stripe-Account"] = self._accounts.setdefault(
                account, f"acct_conform{len(self._accounts)}"
            )
        if exchange.request.method == "POST":
            headers["Idempotency-Key"] = self._key(exchange)
        return Headers(headers)

    def _key(self, exchange: Exchange) -> str:
        """Name an idempotency key: a new one, but for what was answered as a replay or a conflict.

        A scrubber may have left one word for all keys, so that equal ones mean nothing by themselves:
        a replay says so, or is the first answer byte for byte under a key that no other request has.
        """
        request, recorded = exchange.request, _key_of(exchange)
        conflict = _is_conflict(exchange.response.json)
        asked = f"{recorded} {request.method} {request.url} {request.body}"
        first = self._firsts.setdefault(asked, exchange.response.body)
        same = recorded not in self._words and first == exchange.response.body
        if asked in self._keys and (is_replay(exchange) or same):
            return self._keys[asked]
        if conflict and recorded in self._keys:
            return self._keys[recorded]
        self._posts += 1
        name = f"conform-{self._posts}"
        self._keys.setdefault(recorded, name)
        self._keys.setdefault(asked, name)
        return name


def _key_of(exchange: Exchange) -> str:
    """Give the idempotency key of a recorded request, or of its answer, which repeats it."""
    name = "Idempotency-Key"
    return exchange.request.headers.get(name) or exchange.response.headers.get(name, "")


def _is_conflict(document: Json) -> bool:
    error = document.get("error") if isinstance(document, dict) else None
    return isinstance(error, dict) and error.get("type") == "idempotency_error"


def _with_key(recorded: Response, key: str, given: Response, made_up: str) -> Response:
    """Give a recorded conflict the fake's message, where that differs in the idempotency key only."""
    if not (key and made_up and _is_conflict(recorded.json) and _is_conflict(given.json)):
        return recorded
    error, message = recorded.json["error"], given.json["error"]["message"]
    if error.get("message") != message.replace(made_up, key):
        return recorded
    document = {**recorded.json, "error": {**error, "message": message}}
    return Response(recorded.status, recorded.headers, json.dumps(document).encode())


def _fields(response: Response) -> Mapping[tuple[str, str], Json]:
    """Flatten an answer: object and path of each scalar, and of each empty hash or list."""
    found: dict[tuple[str, str], Json] = {("answer", "status"): response.status}
    for name in _HEADERS:
        if name in response.headers:
            found["headers", name.lower()] = response.headers[name]
    held: list[tuple[str, str, Json]] = [(root_kind(response.json), "$", response.json)]
    while held:
        kind, path, value = held.pop()
        if isinstance(value, dict) and value:
            own = kind_of(value, kind)
            held += [(own, f"{path}.{name}", inner) for name, inner in reversed(value.items())]
        elif isinstance(value, list) and value:
            held += [(kind, f"{path}[{index}]", inner) for index, inner in enumerate(value)]
        else:
            found[kind, path] = value
    return found


def _difference(name: tuple[str, str], recorded: Json, given: Json, version: str) -> Finding:
    kind, path = name
    if given is _ABSENT:
        rule = f"the recording has {shown(recorded)}"
        return Finding("vanished", kind, path, rule, GONE, version)
    if recorded is _ABSENT:
        return Finding("additive", kind, path, "the recording has no such key", shown(given), version)
    return Finding(
        "breaking", kind, path, f"the recording, which has {shown(recorded)}", shown(given), version
    )
