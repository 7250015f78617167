"""Why a request has no recorded answer: the nearest that were recorded, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pytest_stripe_balance.api.message import Headers, Request
from pytest_stripe_balance.cassettes.matching import (
    Bindings,
    RecordedExchange,
    RequestKey,
    fill_in,
    match_placeholders,
)
from pytest_stripe_balance.masking import masked, shown

MOST = 3
_LONGEST = 80
_WAY_OUT = "Record it again with --stripe-mode=record --stripe-record=rewrite"
_STABLE = "Names that are new in each run match nothing: stripe_balance.unique() makes some that stay"
_ONE = "two values that differed when they were recorded are one now"


def explain_mismatch(
    request: Request,
    given: RequestKey,
    entries: Sequence[RecordedExchange],
    same: Sequence[RecordedExchange],
    bindings: Bindings,
    name: str,
) -> str:
    """Tell that a request was asked once too often, or what differs from the nearest recorded ones.

    `same` are the entries, of all the cassette's, that it would be answered by if they weren't used up.
    """
    what = str(request)
    if same:
        times = f"{len(same)} times" if len(same) > 1 else "once"
        numbers = ", ".join(str(entry.number) for entry in same[:MOST])
        numbers += ", ..." if len(same) > MOST else ""
        return (
            f"{what}: used up. {name} has this request {times} (number {numbers} of {len(entries)}), "
            f"and each answer is given once. {_WAY_OUT}, or ask less often"
        )
    told = [f"{what}: not in {name}, which has {len(entries)} request{'s' * (len(entries) != 1)}."]
    by_distance = sorted((_distance(entry, given), entry) for entry in entries)
    for (*address, _, _), entry in by_distance[:MOST]:
        if address > list(by_distance[0][0][:2]):  # another endpoint than the nearest one's
            continue
        if entry.key.method != given.method and entry.key.values[1:3] != given.values[1:3]:
            continue
        differing = "; ".join(_differences(entry, given, request.headers, bindings))
        if not differing:
            differing = "it was given already" if entry.used else _ONE
        used = ", used up" if entry.used else ""
        told.append(f"nearest: number {entry.number}{used}: {differing}")
    return "\n  ".join([*told, f"{_WAY_OUT}, or send what was recorded", _STABLE])


def _distance(entry: RecordedExchange, given: RequestKey) -> tuple[bool, int, int, bool]:
    """Order by the method, then by the path's parts, then by the fields; one not given yet is first."""
    recorded, sent = _fields(entry.key), _fields(given)
    differing = sum(recorded.get(name) != sent.get(name) for name in {*recorded, *sent})
    ours, theirs = _path(entry.key), _path(given)
    path = sum(one != other for one, other in zip(ours, theirs, strict=False))
    return (
        entry.key.method != given.method,
        2 * path + 3 * abs(len(ours) - len(theirs)),
        differing,
        entry.used,
    )


def _differences(
    entry: RecordedExchange, given: RequestKey, headers: Headers, bindings: Bindings
) -> Iterator[str]:
    heard = entry.match_headers(headers, bindings)
    if heard is None:
        yield "header Idempotency-Key: it was sent before, or wasn't, otherwise than in the recording"
    known = (heard or {}) | bindings
    if entry.key.method != given.method:
        yield f"method: recorded {entry.key.method}, given {given.method}"
    ours, theirs = "/".join(_path(entry.key)), "/".join(_path(given))
    if not _matches(ours, theirs, known):
        yield f"path: {_both(ours, theirs, known)}"
    recorded, sent = _fields(entry.key), _fields(given)
    for place, name in sorted({*recorded, *sent}):
        what = "" if place == "header" else "field "
        where = masked(f"{place} {what}{name}" if name else place)
        before, now = recorded.get((place, name)), sent.get((place, name))
        if before is None:
            yield f"{where}: not recorded, given {_shown(now)}"
        elif now is None:
            yield f"{where}: recorded {_shown(before, known)}, not given"
        elif not _matches(before, now, known):
            yield f"{where}: {_both(before, now, known)}"


def _matches(recorded: str, given: str, bindings: Mapping[str, str]) -> bool:
    return recorded == given or match_placeholders(recorded, given, bindings) is not None


def _path(one: RequestKey) -> list[str]:
    return [value for (place, _), value in zip(one.names, one.values, strict=True) if place == "path"]


def _fields(one: RequestKey) -> dict[tuple[str, str], str]:
    pairs = zip(one.names, one.values, strict=True)
    return {name: value for name, value in pairs if name[0] != "path"}


def _both(recorded: str, given: str, bindings: Mapping[str, str]) -> str:
    """Show two values that differ, and say so where what is shown of them doesn't."""
    before, now = _shown(recorded, bindings), _shown(given)
    unseen = ", and they differ in what isn't shown" if before == now else ""
    return f"recorded {before}, given {now}{unseen}"


def _shown(value: str | None, bindings: Mapping[str, str] | None = None) -> str:
    """Show a value with its secrets masked, the recorded one as what it stands for by now."""
    return repr(shown(fill_in(value or "", bindings or {}), _LONGEST))
