"""Requests that a recording has more than once because they were retried or replayed."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from pytest_stripe_balance.api.message import Exchange
from pytest_stripe_balance.comparison.requests import READS

REPLAYED = "Idempotent-Replayed"


def without_retries(exchanges: Sequence[Exchange]) -> list[int]:
    """Give the positions of the answers that count, in order.

    - Of a request that was retried, the last answer counts, even with other threads' requests between.
    - Of an answer that an idempotency key replayed, the first one counts.
    """
    counting: dict[int, None] = {}
    latest: dict[tuple[str, str, str], int] = {}
    last = None
    firsts = {identity(exchange) for exchange in exchanges if not is_replay(exchange)}
    for position, exchange in enumerate(exchanges):
        before = latest.get(identity(exchange))
        if before is not None and _is_retry(exchanges[before], exchange, in_a_row=before == last):
            del counting[before]
        elif is_replay(exchange) and identity(exchange) in firsts:
            continue
        counting[position] = None
        latest[identity(exchange)] = last = position
    return list(counting)


def is_replay(exchange: Exchange) -> bool:
    """Tell whether Stripe replayed an earlier answer because of the idempotency key."""
    return exchange.response.headers.get(REPLAYED) == "true"


def identity(exchange: Exchange) -> tuple[str, str, str]:
    """Give what two sendings of one request have in common: method, URL and body."""
    return exchange.request.method, exchange.request.url, exchange.request.body


def _is_retry(first: Exchange, second: Exchange, *, in_a_row: bool) -> bool:
    """Tell whether the second of two equal requests retries the first."""
    keys = [exchange.request.headers.get("Idempotency-Key") for exchange in (first, second)]
    is_read, have_keys = first.request.method in READS, all(keys)
    if not (is_read or (keys[0] == keys[1] if have_keys else in_a_row)):
        return False
    status = first.response.status
    may_retry = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
    )
    should_retry = first.response.headers.get("Stripe-Should-Retry")
    return should_retry == "true" or (may_retry and should_retry != "false")
