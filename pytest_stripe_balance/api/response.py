"""Answers as Stripe writes them: the body as JSON, an error's body, and the headers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

from pytest_stripe_balance.api.message import Headers, Request, Response
from pytest_stripe_balance.api.rendering.render import render
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
from pytest_stripe_balance.engine.state.world import World

# The standard library's encoder takes seven times as long, and was the largest part of a call.
_JSON = msgspec.json.Encoder()
# Every answer of Stripe's has these headers (docs/stripe.md 6.2).
COMMON_HEADERS = {
    "Server": "nginx",
    "Content-Type": "application/json",
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Allow-Methods": "GET, HEAD, PUT, PATCH, POST, DELETE",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Request-Id, Stripe-Manage-Version, Stripe-Should-Retry",
    "Access-Control-Max-Age": "300",
    "Cache-Control": "no-cache, no-store",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
    "Vary": "Origin",
}
# An answer without Request-Id lacks these headers too.
HEADERS_OF_REQUEST_ID = ("Request-Id", "Stripe-Version", "Idempotency-Key", "Original-Request")


class Envelope(NamedTuple):
    """What the headers of an answer depend on, beside its status; `key` is the idempotency key."""

    request: Request
    request_id: str
    key: str | None
    account: str | None
    world: World
    api_version: str


def succeed(envelope: Envelope, body: dict[str, Any], status: int = 200) -> Response:
    """Give the answer to a request that was carried out."""
    return _respond(envelope, status, body, executed=True)


def fail(
    envelope: Envelope,
    fault: Fault,
    *,
    executed: bool,
    intent: PaymentIntent | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """Give the answer to a request that failed, and note the assumption that it relies on.

    `executed` is False for an error from before the verb ran. `intent` is shown where the fault has
    none of its own. `more` are other keys of the error. Null keys are left out [obs].
    """
    world = envelope.world
    if fault.assumption:
        world.readings.rely_on(fault.assumption)
    error: dict[str, Any] = {}
    if fault.code:
        error["code"] = fault.code
        error["doc_url"] = f"https://stripe.com/docs/error-codes/{fault.code.replace('_', '-')}"
    error["message"] = fault.message
    if fault.param is not None:
        error["param"] = fault.param
    if shown := fault.intent or intent:
        error["payment_intent"] = render(world, shown, envelope.api_version)
    if fault.method:
        error["payment_method"] = render(world, fault.method, envelope.api_version)
    if fault.setup_intent:
        error["setup_intent"] = render(world, fault.setup_intent, envelope.api_version)
    _note_old_versions(world, error, envelope.api_version)
    if fault.logged:
        logs = "https://dashboard.stripe.com/test/logs"
        error["request_log_url"] = f"{logs}/{envelope.request_id}?t={world.clock.now}"
    error["type"] = fault.type
    if more or fault.more:
        error = dict(sorted({**error, **fault.more, **(more or {})}.items()))
    response = _respond(envelope, fault.status, {"error": error}, executed=executed)
    return response if fault.has_request_id else _without_request_id(response)


def _note_old_versions(world: World, error: Mapping[str, Any], api_version: str) -> None:
    """Note what is assumed of an error at a version before 2022-11-15."""
    if "charges" in error.get("payment_intent", ()):
        world.readings.rely_on("old-lists-in-errors")
    if error.get("code") == "payment_method_customer_decline" and api_version < "2022-11-15":
        world.readings.rely_on("old-decline-code")


def _without_request_id(response: Response) -> Response:
    headers = {
        name: value for name, value in response.headers.items() if name not in HEADERS_OF_REQUEST_ID
    }
    if response.status == HTTPStatus.UNAUTHORIZED:
        headers["Www-Authenticate"] = 'Bearer realm="Stripe"'
    return Response(response.status, Headers(headers), response.body)


def _respond(envelope: Envelope, status: int, body: dict[str, Any], *, executed: bool) -> Response:
    request, request_id, key, account, world, api_version = envelope
    headers = {**COMMON_HEADERS, "Request-Id": request_id, "Stripe-Version": api_version}
    if request.method == "POST":
        headers["Idempotency-Key"] = key or world.ids.uuid(request_id)
        headers["Original-Request"] = request_id
        if executed:
            # Only executed POSTs have it; no GET in any capture does [obs].
            headers["Stripe-Should-Retry"] = "false"
            if status == HTTPStatus.NOT_FOUND:
                world.readings.rely_on("should-retry-missing-object")
    elif request.method == "DELETE" and key:
        headers["Idempotency-Key"] = key
    if account:
        headers["Stripe-Account"] = account
    return Response(status, Headers(headers), encoded(body), _document=body)


def encoded(body: dict[str, Any]) -> bytes:
    """Write a body as JSON, as Stripe sends it."""
    # `encode` over-allocates: half a kilobyte more for each intent that is kept.
    text = bytearray()
    try:
        _JSON.encode_into(body, text)
    except (
        UnicodeEncodeError
    ):  # half a surrogate pair from a path or a header: only escapes can write it
        return json.dumps(body, separators=(",", ":")).encode()
    return bytes(text)
