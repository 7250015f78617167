"""One request once its account is known: parameters, execution, and the answer with its headers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from pytest_stripe_balance.api import compiled_form, expand, form, parameters, versions
from pytest_stripe_balance.api.message import Headers, Request, Response
from pytest_stripe_balance.api.rendering.render import render
from pytest_stripe_balance.api.routes import Endpoint
from pytest_stripe_balance.api.search import Found
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records import Cause, PaymentIntent, Record
from pytest_stripe_balance.engine.state.table import Page
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.refused import Refused

# The standard library's takes seven times as long, and was the largest part of a call.
_JSON = msgspec.json.Encoder()
LONGEST_PAGE = 100
# What a search counts when it is asked to by `expand` (docs/stripe.md 6.6).
TOTAL_COUNT = "total_count"
# What every answer of Stripe's carries (docs/stripe.md 6.2).
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


@dataclass(frozen=True)
class VersionRules:
    """What the session takes from an API version's contract, as plain values.

    `rule` gives the rule of an endpoint's parameters ("POST /v1/customers"), None where the version
    hasn't that; `expandables` tells an object's expandable paths.
    """

    api_version: str
    rule: Callable[[str], parameters.Rule | None]
    expandables: expand.Expandables


class Call:
    """One request on its way; what is called, where and at which version is settled on the way."""

    def __init__(self, tables: VersionRules, request: Request, request_id: str, world: World) -> None:
        self.tables = tables
        self.request = request
        self.request_id = request_id
        self.account = request.headers.get("Stripe-Account")
        self.key = request.headers.get("Idempotency-Key")
        self.world = world
        self.endpoint: Endpoint | None = None
        self.ids: tuple[str, ...] = ()
        self.expand: list[str] = []

    @property
    def row(self) -> Endpoint:
        """The endpoint that it came to."""
        assert self.endpoint is not None, "unreachable because the route is found first"
        return self.endpoint

    def read(self) -> dict[str, Any]:
        """Read the parameters; nothing has changed when one is wrong."""
        row, tables = self.row, self.tables
        name = row.name
        rule = tables.rule(name)
        if rule is None:
            raise Refused(
                f"{name}: Stripe documents this call since {row.since}, and this request is "
                f"at {tables.api_version}"
            )
        text = self.request.form
        params = compiled_form.read(text, name, tables.rule, row.verb)
        if params is None:
            params = self._parse_slow(form.decode(text), rule)
        self.expand = params.pop("expand", [])
        params = {**versions.defaults(name, tables.api_version), **params}
        if "limit" in params:
            params["limit"] = self._page_size(params["limit"])
        if self.expand:
            self._check_expand()
        return params

    def _page_size(self, limit: int) -> int:
        """Take a limit outside 1 to 100 as the nearest in it, in silence.

        Seen of lists of customers, for 0 and 101 (Kiln-AI/stripe_world, September 2026).
        """
        clamped = min(max(limit, 1), LONGEST_PAGE)
        if clamped != limit and (limit < 0 or self.row.name != "GET /v1/customers"):
            self.world.readings.rely_on("list-limit")
        return clamped

    def _check_expand(self) -> None:
        row, tables = self.row, self.tables
        if row.listed and TOTAL_COUNT in self.expand and tables.api_version < versions.INCLUDES_UNTIL:
            raise Refused(f"{row.name}: expand[]=total_count of a list, until basil, is not modelled")
        paths = [path for path in self.expand if not (row.searched and path == TOTAL_COUNT)]
        listed = row.listed or row.searched
        expand.check(paths, row.returns, listed=listed, expandables=tables.expandables)

    def _named(self, refusal: Refused) -> Refused:
        """Name the call that was refused."""
        refusal.message = f"{self.row.name}: {refusal.message}"
        return refusal

    def _parse_slow(self, fields: form.Form, rule: parameters.Rule) -> dict[str, Any]:
        """Read parameters that have no plain outline, or say what is wrong with them."""
        row, tables = self.row, self.tables
        if "include" in fields and row.listed and tables.api_version < versions.INCLUDES_UNTIL:
            raise Refused(f"{row.name}: include[], which Stripe had until basil, is not modelled")
        params = parameters.read(fields, rule)
        sent = {name: value for name, value in params.items() if name != "expand"}
        parameters.refuse_unmodelled(sent, row.verb, row.name)
        parameters.refuse_together(sent, row.name)
        return params

    def note(self, fault: Fault) -> None:
        """Name the assumptions that an answer from before the execution relies on."""
        world = self.world
        if fault.assumption:
            world.readings.rely_on(fault.assumption)
        if self.endpoint and self.endpoint.parameter_errors and fault.has_request_id:
            world.readings.rely_on(self.endpoint.parameter_errors)

    def execute(self, ids: tuple[str, ...], params: dict[str, Any]) -> Response:
        """Run the verb and render its result, or leave the world as it was; an error now counts."""
        world = self.world
        world.cause = Cause(self.request_id, self.key)
        before = world.ids.minted
        try:
            with world.transaction():
                body = self._body(self.row.verb(world, *ids, **params))
        except Fault as fault:
            if fault.assumption:
                world.readings.rely_on(fault.assumption)
            if fault.keeps_changes:
                world.clock.tick()
            return self.error(fault, executed=True)
        except Refused as refusal:
            raise self._named(refusal) from None
        if world.ids.minted > before:
            world.clock.tick()
        return self.respond(200, body)

    def _body(self, result: Record | Page[Any]) -> dict[str, Any]:
        if not isinstance(result, Page):
            return self._object(result)
        body = {
            "object": self.row.response_object,
            "data": [self._object(record) for record in result.data],
            "has_more": result.has_more,
            "url": self.request.path,
        }
        if isinstance(result, Found):
            body["next_page"] = result.next_page
            if TOTAL_COUNT in self.expand:
                body[TOTAL_COUNT] = result.total_count
        return body

    def _object(self, record: Record) -> dict[str, Any]:
        body, row = self._render(record), self.row
        for path in self.expand:
            if path != TOTAL_COUNT:
                expansion = expand.Expansion(self.world, path, self.tables.expandables, self._render)
                expansion.put_in(body, row.returns, listed=row.listed or row.searched)
        return body

    def _render(self, record: Record) -> dict[str, Any]:
        return render(self.world, record, self.tables.api_version)

    def error(self, fault: Fault, *, executed: bool) -> Response:
        """Give an error's answer; null keys are left out [obs]."""
        error: dict[str, Any] = {}
        if fault.code:
            error["code"] = fault.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{fault.code.replace('_', '-')}"
        error["message"] = fault.message
        if fault.param:
            error["param"] = fault.param
        if intent := fault.intent or self._embedded_intent(fault):
            error["payment_intent"] = self._render(intent)
        if fault.logged:
            logs = "https://dashboard.stripe.com/test/logs"
            error["request_log_url"] = f"{logs}/{self.request_id}?t={self.world.clock.now}"
        error["type"] = fault.type
        response = self.respond(fault.status, {"error": error}, executed=executed)
        if fault.has_request_id:
            return response
        bare = {
            name: value
            for name, value in response.headers.items()
            if name not in ("Request-Id", "Stripe-Version", "Idempotency-Key", "Original-Request")
        }
        if fault.status == HTTPStatus.UNAUTHORIZED:
            bare["Www-Authenticate"] = 'Bearer realm="Stripe"'
        return Response(response.status, Headers(bare), response.body)

    def _embedded_intent(self, fault: Fault) -> PaymentIntent | None:
        """Give the intent of the path, which the answer to an unknown parameter embeds [obs]."""
        if fault.code != "parameter_unknown" or "{intent}" not in self.row.path:
            return None
        return self.world.payment_intents.get(self.ids[0])

    def respond(self, status: int, body: dict[str, Any], *, executed: bool = True) -> Response:
        """Give an answer with Stripe's headers."""
        headers = {
            **COMMON_HEADERS,
            "Request-Id": self.request_id,
            "Stripe-Version": self.tables.api_version,
        }
        if self.request.method == "POST":
            headers["Idempotency-Key"] = self.key or self.world.ids.uuid(self.request_id)
            headers["Original-Request"] = self.request_id
            if executed:
                # Only a POST that was executed tells: no GET in any capture has it [obs].
                headers["Stripe-Should-Retry"] = "false"
                if status == HTTPStatus.NOT_FOUND:
                    self.world.readings.rely_on("should-retry-missing-object")
        elif self.request.method == "DELETE" and self.key:
            headers["Idempotency-Key"] = self.key
        if self.account:
            headers["Stripe-Account"] = self.account
        return Response(status, Headers(headers), _written(body), body)


def _written(body: dict[str, Any]) -> bytes:
    # `encode` would leave room for more in bytes that are kept: half a kilobyte an intent.
    text = bytearray()
    try:
        _JSON.encode_into(body, text)
    except UnicodeEncodeError:  # half of a surrogate pair, of a path or a header: only escapes write it
        return json.dumps(body, separators=(",", ":")).encode()
    return bytes(text)
