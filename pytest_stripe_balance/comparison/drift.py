"""What changed between two recordings of the same requests, or between a recording and live answers.

Compared is structure, never a value that differs from run to run: ids are aligned by their role; times,
secrets and plain values aren't looked at; requests that don't depend on each other come in any order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from pytest_stripe_balance.api.message import Exchange, Headers
from pytest_stripe_balance.comparison.documents import (
    GONE,
    WAS,
    WAS_THERE,
    Comparison,
    root_kind,
    seen_in,
    shown,
)
from pytest_stripe_balance.comparison.ids import IdDetector, IdMapping
from pytest_stripe_balance.comparison.pairing import Pairs, pair, without_retries
from pytest_stripe_balance.comparison.requests import ComparedRequest
from pytest_stripe_balance.contract.findings import Finding

MOST_POLLS = 10
HEADERS = "headers"
# The headers that say something of a request; Stripe's web servers send others, which come and go.
_TELLING = (
    "content-type",
    "idempotent-replayed",
    "stripe-account",
    "stripe-should-retry",
    "stripe-version",
)
_ACCOUNT = "stripe-account"  # whose value is each run's own


@dataclass(frozen=True)
class Drift:
    """One change, and the positions of the exchanges that show it (None where a side has none).

    The finding's `path` is the object's own, not the document's. Where no object changed, `object` is
    the request ("POST /v1/customers/{cus}") or "headers".
    """

    finding: Finding
    old: int | None
    new: int | None


def compare(old: Sequence[Exchange], new: Sequence[Exchange]) -> list[Drift]:
    """Compare two recordings, each in the order in which it was made; [] when nothing changed.

    Every body must be JSON (ValueError otherwise), as those that `tape.interactions` yields are. The
    second may be what live answered to the requests of the first.
    """
    return list(ComparedRecordings(old, new).drifts())


class ComparedRecordings:
    """Two recordings, paired; `pairs` is how many answers of the new one have a counterpart."""

    def __init__(self, old: Sequence[Exchange], new: Sequence[Exchange]) -> None:
        self._kept = (without_retries(old), without_retries(new))
        ids = (IdDetector.of(old), IdDetector.of(new))
        self._old = [ComparedRequest(old[at], ids[0]) for at in self._kept[0]]
        self._new = [ComparedRequest(new[at], ids[1]) for at in self._kept[1]]
        self._mapping = IdMapping(*ids)
        self._pairs: Pairs = pair(self._old, self._new, self._mapping)
        self.pairs = len(self._pairs.pairs) + len(self._pairs.again)
        self._reads = _reads(self._old), _reads(self._new)
        self._alike = self._alike_until()
        self._comparison = Comparison(
            self._mapping,
            before=seen_in([one.exchange.response.json for one in self._old]),
            after=seen_in([one.exchange.response.json for one in self._new]),
            made=self._certain(),
            sent=frozenset(name for one in self._new for name in one.metadata),
        )

    def _certain(self) -> frozenset[str]:
        """Collect the ids of both sides of what a pair of requests made, or changed."""
        certain: set[str] = set()
        for before, after in self._pairs.pairs:
            if self._old[before].is_read:
                continue
            own = [side.exchange.response.json for side in (self._old[before], self._new[after])]
            olds, news = (str(one.get("id")) if isinstance(one, dict) else "" for one in own)
            if self._mapping.known_same(olds, news):
                certain |= {olds, news}
        return frozenset(certain)

    def _alike_until(self) -> tuple[int, int]:
        """Tell from where on in either recording another history may be behind an answer."""
        unlike = [
            (before, after)
            for before, after in self._pairs.pairs
            if not self._old[before].is_as(self._new[after])
            or self._old[before].status != self._new[after].status
        ]
        sides = (
            (self._old, [*self._pairs.gone, *(before for before, _ in unlike)]),
            (self._new, [*self._pairs.came, *(after for _, after in unlike)]),
        )
        old, new = (
            min((at for at in others if not side[at].is_read), default=len(side))
            for side, others in sides
        )
        return old, new

    def drifts(self) -> Iterator[Drift]:
        """Walk all that changed: what went, then pair after pair, then what came."""
        for at in self._pairs.gone:
            yield self._alone("vanished", self._old[at], "the old recording asks it", at, None)
        for before, after in (*self._pairs.pairs, *self._pairs.again):
            where = (self._kept[0][before], self._kept[1][after])
            for finding in self._between(before, after):
                yield Drift(finding, *where)
        for at in self._pairs.came:
            yield self._alone("additive", self._new[at], "the old recording doesn't ask it", None, at)

    def _alone(
        self, kind: str, asked: ComparedRequest, rule: str, old: int | None, new: int | None
    ) -> Drift:
        value = GONE if new is None else "new"
        finding = Finding(kind, asked.address, "request", rule, value, _version(asked))
        return Drift(
            finding,
            None if old is None else self._kept[0][old],
            None if new is None else self._kept[1][new],
        )

    def _between(self, before: int, after: int) -> Iterator[Finding]:
        old, new = self._old[before], self._new[after]
        yield from _parameters(old, new)
        yield from _headers(old, new)
        yield from _subject(old, new)
        earlier, later = self._reads[0][before][:MOST_POLLS], self._reads[1][after][:MOST_POLLS]
        # What another read of the same thing shows already depends on the moment only.
        seen = {one.status for one in earlier}, {one.status for one in later}
        if old.status != new.status and new.status not in seen[0] and old.status not in seen[1]:
            given, was = str(new.status), str(old.status)
            yield Finding("breaking", new.address, "status", "status", given, _version(new), was)
        comparison = replace(
            self._comparison,
            asked=frozenset(new.values.values()) - frozenset(old.values.values()),
            same_request=old.is_as(new),
            same_write=not old.is_read and before < self._alike[0] and after < self._alike[1],
        )
        found = list(_documents(comparison, old, new))
        others = [(one, new) for one in earlier if one is not old and one.status == old.status]
        others += [(old, one) for one in later if one is not new and one.status == new.status]
        for sides in others if found else ():
            kept = {(one.kind, one.object, one.path) for one in _documents(comparison, *sides)}
            found = [one for one in found if (one.kind, one.object, one.path) in kept]
        yield from found


def _documents(comparison: Comparison, old: ComparedRequest, new: ComparedRequest) -> Iterator[Finding]:
    """Compare two answers' documents, unless an error stands against what is none: its status tells."""
    documents = old.exchange.response.json, new.exchange.response.json
    failed = [root_kind(document) == "error" for document in documents]
    if failed[0] == failed[1] or old.status == new.status:
        yield from comparison.documents(*documents, _version(new))


def _subject(old: ComparedRequest, new: ComparedRequest) -> Iterator[Finding]:
    """Tell that another object is answered than the path names, which the old one did."""
    (was, before), (now, after) = ((_own_id(one), one.exchange.request.path) for one in (old, new))
    if was and now and was in before.split("/") and now not in after.split("/"):
        kind = root_kind(new.exchange.response.json)
        rule = "role: the object that was asked for"
        yield Finding("breaking", kind, "$.id", rule, shown(now), _version(new))


def _own_id(asked: ComparedRequest) -> str | None:
    document = asked.exchange.response.json
    found = document.get("id") if isinstance(document, dict) else None
    return found if isinstance(found, str) else None


def _reads(asked: Sequence[ComparedRequest]) -> list[list[ComparedRequest]]:
    """Give for each read those of the same thing with no write in between, itself among them."""
    groups: dict[tuple[str, int], list[ComparedRequest]] = defaultdict(list)
    found, writes = list[list[ComparedRequest]](), 0
    for one in asked:
        writes += not one.is_read
        group = groups[one.exchange.request.url, writes] if one.is_read else []
        group.append(one)
        found.append(group)
    return found


def _version(asked: ComparedRequest) -> str:
    response, request = asked.exchange.response.headers, asked.exchange.request.headers
    return response.api_version or request.api_version or "unknown"


def _parameters(old: ComparedRequest, new: ComparedRequest) -> Iterator[Finding]:
    """Tell which fields a request was given, or not given, any more."""
    for name in sorted(_heads(old.names, new.names)):
        rule = "the old recording sends it"
        yield Finding("vanished", new.address, f"parameter {name}", rule, GONE, _version(new))
    for name in sorted(_heads(new.names, old.names)):
        rule = "the old recording doesn't send it"
        yield Finding("additive", new.address, f"parameter {name}", rule, "sent", _version(new))


def _heads(names: AbstractSet[str], others: AbstractSet[str]) -> AbstractSet[str]:
    """Give the names that only one side has, a hash that is all new by its own name."""
    known = {name[:end] for name in others for end in _ends(name)}
    return {
        next(name[:end] for end in _ends(name) if name[:end] not in known) for name in names - others
    }


def _ends(name: str) -> list[int]:
    """Tell where the parts of a field's name end, the whole name last."""
    return [at for at, sign in enumerate(name) if sign == "["] + [len(name)]


def _headers(old: ComparedRequest, new: ComparedRequest) -> Iterator[Finding]:
    """Compare what the headers of two answers say about the request; nothing where a side kept none."""
    was, now = (_telling(side.exchange.response.headers) for side in (old, new))
    if not was or not now:
        return
    version = _version(new)
    for name in sorted(was.keys() - now.keys()):
        yield Finding("vanished", HEADERS, name, WAS_THERE, GONE, version, shown(was[name]))
    for name in sorted(now.keys() - was.keys()):
        rule = "the old recording has no such header"
        yield Finding("additive", HEADERS, name, rule, shown(now[name]), version)
    for name in sorted(was.keys() & now.keys() - {_ACCOUNT}):
        if was[name] != now[name]:
            yield Finding("enum", HEADERS, name, WAS, shown(now[name]), version, shown(was[name]))


def _telling(headers: Headers) -> dict[str, str]:
    """Give the headers that say something; of a content type no charset, which is spelled anyhow."""
    found = ((name, headers.get(name)) for name in _TELLING)
    return {
        name: value.partition(";")[0].strip().lower() if name == "content-type" else value
        for name, value in found
        if value is not None
    }
