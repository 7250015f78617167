"""Explains why a request has no recorded answer: the nearest recorded requests, and what differs."""

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
_STABLE = 'Random names never match a recording; use stripe_balance.unique("name")'
_MERGED = "two fields had different values in the recording and have the same value now"


def explain_mismatch(
    request: Request,
    key: RequestKey,
    exchanges: Sequence[RecordedExchange],
    used_up: Sequence[RecordedExchange],
    bindings: Bindings,
    name: str,
) -> str:
    """Say that a request was sent too often, or how it differs from the nearest recorded ones.

    `exchanges` are all of the cassette, and `name` is its name. `used_up` are those that match the
    request and have answered already.
    """
    if used_up:
        times = f"{len(used_up)} times" if len(used_up) > 1 else "once"
        numbers = ", ".join(str(exchange.number) for exchange in used_up[:MOST])
        numbers += ", ..." if len(used_up) > MOST else ""
        return (
            f"{request}: used up. {name} has this request {times} (number {numbers} of "
            f"{len(exchanges)}), and each answer is given once. {_WAY_OUT}, or send it less often"
        )
    plural = "s" * (len(exchanges) != 1)
    lines = [f"{request}: not in {name}, which has {len(exchanges)} request{plural}."]
    by_distance = sorted((_distance(exchange, key), exchange) for exchange in exchanges)
    for (*endpoint, _, _), exchange in by_distance[:MOST]:
        if endpoint > list(by_distance[0][0][:2]):  # another endpoint than the nearest exchange's
            continue
        if exchange.key.method != key.method and exchange.key.values[1:3] != key.values[1:3]:
            continue
        differences = "; ".join(_differences(exchange, key, request.headers, bindings))
        if not differences:
            differences = "it has answered already" if exchange.used else _MERGED
        used = ", used up" if exchange.used else ""
        lines.append(f"nearest: number {exchange.number}{used}: {differences}")
    return "\n  ".join([*lines, f"{_WAY_OUT}, or send what was recorded", _STABLE])


def _distance(exchange: RecordedExchange, sent: RequestKey) -> tuple[bool, int, int, bool]:
    """Order by the method, then by the path's parts, then by the fields; unused exchanges come first."""
    recorded_fields, sent_fields = _fields(exchange.key), _fields(sent)
    names = {*recorded_fields, *sent_fields}
    fields = sum(recorded_fields.get(name) != sent_fields.get(name) for name in names)
    recorded_path, sent_path = _path(exchange.key), _path(sent)
    parts = sum(ours != theirs for ours, theirs in zip(recorded_path, sent_path, strict=False))
    return (
        exchange.key.method != sent.method,
        2 * parts + 3 * abs(len(recorded_path) - len(sent_path)),
        fields,
        exchange.used,
    )


def _differences(
    exchange: RecordedExchange, sent: RequestKey, headers: Headers, bindings: Bindings
) -> Iterator[str]:
    values = exchange.match_headers(headers, bindings)
    if values is None:
        yield "header Idempotency-Key: it is reused here but not in the recording, or the reverse"
    known = (values or {}) | bindings
    if exchange.key.method != sent.method:
        yield f"method: recorded {exchange.key.method}, sent {sent.method}"
    recorded_path, sent_path = "/".join(_path(exchange.key)), "/".join(_path(sent))
    if not _matches(recorded_path, sent_path, known):
        yield f"path: {_both(recorded_path, sent_path, known)}"
    recorded_fields, sent_fields = _fields(exchange.key), _fields(sent)
    for place, name in sorted({*recorded_fields, *sent_fields}):
        field = "" if place == "header" else "field "
        where = masked(f"{place} {field}{name}" if name else place)
        before, now = recorded_fields.get((place, name)), sent_fields.get((place, name))
        if before is None:
            yield f"{where}: not recorded, sent {_shown(now)}"
        elif now is None:
            yield f"{where}: recorded {_shown(before, known)}, not sent"
        elif not _matches(before, now, known):
            yield f"{where}: {_both(before, now, known)}"


def _matches(recorded: str, sent: str, bindings: Mapping[str, str]) -> bool:
    return recorded == sent or match_placeholders(recorded, sent, bindings) is not None


def _path(key: RequestKey) -> list[str]:
    return [value for (place, _), value in zip(key.names, key.values, strict=True) if place == "path"]


def _fields(key: RequestKey) -> dict[tuple[str, str], str]:
    pairs = zip(key.names, key.values, strict=True)
    return {name: value for name, value in pairs if name[0] != "path"}


def _both(recorded: str, sent: str, bindings: Mapping[str, str]) -> str:
    """Show two values that differ; say so if they look equal when they are masked or cut."""
    before, now = _shown(recorded, bindings), _shown(sent)
    hidden = "; the difference is masked or cut off" if before == now else ""
    return f"recorded {before}, sent {now}{hidden}"


def _shown(value: str | None, bindings: Mapping[str, str] | None = None) -> str:
    """Show a value with its secrets masked, and with the values of recorded placeholders."""
    return repr(shown(fill_in(value or "", bindings or {}), _LONGEST))
