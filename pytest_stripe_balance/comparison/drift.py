"""Finds what changed between two recordings of the same requests.

- Structure is compared, and no value that differs from run to run.
- Ids are mapped to each other. Times, secrets and plain values are ignored.
- Independent requests may come in any order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from pytest_stripe_balance.api.message import Exchange, Headers
from pytest_stripe_balance.comparison.documents import OLD_VALUE, WAS_THERE, Comparison
from pytest_stripe_balance.comparison.ids import IdDetector, IdMapping
from pytest_stripe_balance.comparison.locations import GONE, root_kind, seen_in, shown
from pytest_stripe_balance.comparison.pairing import Pairs, pair
from pytest_stripe_balance.comparison.requests import ComparedRequest
from pytest_stripe_balance.comparison.retries import without_retries
from pytest_stripe_balance.contract.findings import NOT_OLD, ONLY_OLD, REQUEST, Finding

MOST_POLLS = 10
HEADERS = "headers"
# The headers that depend on the request; others come and go with Stripe's web servers.
_COMPARED = (
    "content-type",
    "idempotent-replayed",
    "stripe-account",
    "stripe-should-retry",
    "stripe-version",
)
_ACCOUNT = "stripe-account"  # its value differs from run to run


@dataclass(frozen=True)
class Drift:
    """One change, and the positions of the exchanges that show it; None on a side without one.

    The finding's `path` starts at its object. Where a request or a header changed, `object` is the
    request ("POST /v1/customers/{cus}") or "headers".
    """

    finding: Finding
    old: int | None
    new: int | None


class ComparedRecordings:
    """Two recordings whose requests are paired, each in its own order.

    `pairs` counts the answers of the new one that are compared with an old one. Every answer must be
    JSON: ValueError otherwise.
    """

    def __init__(self, old: Sequence[Exchange], new: Sequence[Exchange]) -> None:
        self._positions = (without_retries(old), without_retries(new))
        ids = (IdDetector.of(old), IdDetector.of(new))
        self._old = [ComparedRequest(old[at], ids[0]) for at in self._positions[0]]
        self._new = [ComparedRequest(new[at], ids[1]) for at in self._positions[1]]
        self._mapping = IdMapping(*ids)
        self._pairs: Pairs = pair(self._old, self._new, self._mapping)
        self.pairs = len(self._pairs.pairs) + len(self._pairs.again)
        self._reads = _reads(self._old), _reads(self._new)
        self._alike = self._alike_until()
        self._comparison = Comparison(
            self._mapping,
            before=seen_in([request.exchange.response.json for request in self._old]),
            after=seen_in([request.exchange.response.json for request in self._new]),
            made=self._certain(),
            sent=frozenset(name for request in self._new for name in request.metadata),
        )

    def _certain(self) -> frozenset[str]:
        """Collect the ids of objects that a pair of writes made or changed, of both recordings."""
        certain: set[str] = set()
        for before, after in self._pairs.pairs:
            if self._old[before].is_read:
                continue
            old_id, new_id = _own_id(self._old[before]), _own_id(self._new[after])
            if old_id and new_id and self._mapping.known_same(old_id, new_id):
                certain |= {old_id, new_id}
        return frozenset(certain)

    def _alike_until(self) -> tuple[int, int]:
        """Give the positions of the first writes, old and new, that differ: what follows may, too."""
        unlike = [
            (before, after)
            for before, after in self._pairs.pairs
            if not self._old[before].is_same(self._new[after])
            or self._old[before].status != self._new[after].status
        ]
        sides = (
            (self._old, [*self._pairs.gone, *(before for before, _ in unlike)]),
            (self._new, [*self._pairs.came, *(after for _, after in unlike)]),
        )
        old, new = (
            min((at for at in positions if not side[at].is_read), default=len(side))
            for side, positions in sides
        )
        return old, new

    def drifts(self) -> Iterator[Drift]:
        """Yield all changes: requests that are gone, then pair after pair, then new requests."""
        for at in self._pairs.gone:
            yield self._unpaired("vanished", self._old[at], ONLY_OLD, at, None)
        for before, after in (*self._pairs.pairs, *self._pairs.again):
            where = (self._positions[0][before], self._positions[1][after])
            for finding in self._between(before, after):
                yield Drift(finding, *where)
        for at in self._pairs.came:
            yield self._unpaired("additive", self._new[at], NOT_OLD, None, at)

    def _unpaired(
        self, kind: str, request: ComparedRequest, rule: str, old: int | None, new: int | None
    ) -> Drift:
        value = GONE if new is None else "new"
        finding = Finding(kind, request.address, REQUEST, rule, value, _version(request))
        return Drift(
            finding,
            None if old is None else self._positions[0][old],
            None if new is None else self._positions[1][new],
        )

    def _between(self, before: int, after: int) -> Iterator[Finding]:
        old, new = self._old[before], self._new[after]
        yield from _parameters(old, new)
        yield from _headers(old, new)
        yield from _subject(old, new)
        earlier, later = self._reads[0][before][:MOST_POLLS], self._reads[1][after][:MOST_POLLS]
        # A status that another read of the same thing has depends on the moment only.
        statuses = {read.status for read in earlier}, {read.status for read in later}
        if old.status != new.status and new.status not in statuses[0] and old.status not in statuses[1]:
            value, was = str(new.status), str(old.status)
            yield Finding("breaking", new.address, "status", "status", value, _version(new), was)
        comparison = replace(
            self._comparison,
            only_new=frozenset(new.values.values()) - frozenset(old.values.values()),
            same_request=old.is_same(new),
            same_write=not old.is_read and before < self._alike[0] and after < self._alike[1],
        )
        found = list(_documents(comparison, old, new))
        reads = [(read, new) for read in earlier if read is not old and read.status == old.status]
        reads += [(old, read) for read in later if read is not new and read.status == new.status]
        for sides in reads if found else ():
            again = {_place(finding) for finding in _documents(comparison, *sides)}
            found = [finding for finding in found if _place(finding) in again]
        yield from found


def _place(finding: Finding) -> tuple[str, str, str]:
    return finding.kind, finding.object, finding.path


def _documents(comparison: Comparison, old: ComparedRequest, new: ComparedRequest) -> Iterator[Finding]:
    """Compare two answers, unless only one is an error: then the status is the finding."""
    documents = old.exchange.response.json, new.exchange.response.json
    failed = [root_kind(document) == "error" for document in documents]
    if failed[0] == failed[1] or old.status == new.status:
        yield from comparison.documents(*documents, _version(new))


def _subject(old: ComparedRequest, new: ComparedRequest) -> Iterator[Finding]:
    """Find that the new answer isn't the object that the path names, though the old one is."""
    (was, before), (now, after) = ((_own_id(side), side.exchange.request.path) for side in (old, new))
    if was and now and was in before.split("/") and now not in after.split("/"):
        kind = root_kind(new.exchange.response.json)
        rule = "identity: the object in the path"
        yield Finding("breaking", kind, "$.id", rule, shown(now), _version(new))


def _own_id(request: ComparedRequest) -> str | None:
    document = request.exchange.response.json
    found = document.get("id") if isinstance(document, dict) else None
    return found if isinstance(found, str) else None


def _reads(requests: Sequence[ComparedRequest]) -> list[list[ComparedRequest]]:
    """Give for each read the reads of the same URL with no write between, itself included."""
    groups: dict[tuple[str, int], list[ComparedRequest]] = defaultdict(list)
    found, writes = list[list[ComparedRequest]](), 0
    for request in requests:
        writes += not request.is_read
        group = groups[request.exchange.request.url, writes] if request.is_read else []
        group.append(request)
        found.append(group)
    return found


def _version(request: ComparedRequest) -> str:
    exchange = request.exchange
    return exchange.response.headers.api_version or exchange.request.headers.api_version or "unknown"


def _parameters(old: ComparedRequest, new: ComparedRequest) -> Iterator[Finding]:
    """Find the fields that only one of two requests sends."""
    for name in sorted(_heads(old.names, new.names)):
        yield Finding("vanished", new.address, f"parameter {name}", ONLY_OLD, GONE, _version(new))
    for name in sorted(_heads(new.names, old.names)):
        yield Finding("additive", new.address, f"parameter {name}", NOT_OLD, "sent", _version(new))


def _heads(names: AbstractSet[str], known_names: AbstractSet[str]) -> AbstractSet[str]:
    """Give the names that `known_names` lacks; of a hash that is all new only its own name."""
    known = {name[:end] for name in known_names for end in _ends(name)}
    return {
        next(name[:end] for end in _ends(name) if name[:end] not in known)
        for name in names - known_names
    }


def _ends(name: str) -> list[int]:
    """Give where the parts of a field's name end, the whole name last."""
    return [at for at, character in enumerate(name) if character == "["] + [len(name)]


def _headers(old: ComparedRequest, new: ComparedRequest) -> Iterator[Finding]:
    """Compare the headers of two answers, unless one side recorded none of them."""
    was, now = (_compared(side.exchange.response.headers) for side in (old, new))
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
            yield Finding("enum", HEADERS, name, OLD_VALUE, shown(now[name]), version, shown(was[name]))


def _compared(headers: Headers) -> dict[str, str]:
    """Give the headers to compare; a content type goes without its charset, whose spelling varies."""
    found = ((name, headers.get(name)) for name in _COMPARED)
    return {
        name: value.partition(";")[0].strip().lower() if name == "content-type" else value
        for name, value in found
        if value is not None
    }
