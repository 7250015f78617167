"""One request whose account, endpoint and API version are known: its parameters and its execution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from pytest_stripe_balance.api import compiled_form, expand, form, parameters, response, versions
from pytest_stripe_balance.api.endpoint import Endpoint
from pytest_stripe_balance.api.ignored import Ignored
from pytest_stripe_balance.api.message import Response
from pytest_stripe_balance.api.rendering.render import render
from pytest_stripe_balance.api.response import Envelope
from pytest_stripe_balance.api.search import Found
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.events import Cause
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
from pytest_stripe_balance.engine.state.records.record import Record
from pytest_stripe_balance.engine.state.table import Cursors, Page
from pytest_stripe_balance.refused import Refused

LONGEST_PAGE = 100
LONGEST_LIST = 10**9
# In `expand` it asks a search, or an old list, for the number of all results (docs/stripe.md 6.4, 6.6).
TOTAL_COUNT = "total_count"


@dataclass(frozen=True)
class VersionRules:
    """What the session takes from an API version's contract, as plain values.

    `rule` gives the rule of an endpoint's parameters ("POST /v1/customers"), or None where the version
    lacks the endpoint. `expandables` gives an object's expandable paths.
    """

    api_version: str
    rule: Callable[[str], parameters.Rule | None]
    expandables: expand.Expandables


class Parameters(NamedTuple):
    """What a request asks for: the verb's keywords, and the paths to expand in the answer.

    `ignored` are the parameters that have no meaning.
    """

    keywords: dict[str, Any]
    expand: list[str]
    ignored: dict[str, Any]


class Call(NamedTuple):
    """A request that came to an endpoint. `ids` are those in its path, in order."""

    envelope: Envelope
    endpoint: Endpoint
    ids: tuple[str, ...]
    rules: VersionRules
    ignored: Ignored

    def read(self) -> Parameters:
        """Read the parameters; a Fault for the first wrong one, before anything has changed."""
        endpoint, rules = self.endpoint, self.rules
        rule = rules.rule(endpoint.name)
        if rule is None:
            raise Refused(f"{endpoint}: {self._why_no_rule()}")
        text = self.envelope.request.encoded
        params = compiled_form.read(text, endpoint.name, rules.rule, endpoint.verb)
        ignored: dict[str, Any] = {}
        if params is None:
            params, ignored = self._parse_slow(form.decode(text), rule)
        paths = params.pop("expand", [])
        if changes := versions.default_changes(endpoint.name, rules.api_version):
            params = versions.with_defaults(changes, params)
        if "limit" in params:
            params["limit"] = self._page_size(params["limit"])
        if paths:
            self._check_expand(paths)
        return Parameters(params, paths, ignored)

    def _why_no_rule(self) -> str:
        since, version = self.endpoint.since, self.rules.api_version
        if version < since:
            return f"Stripe has this call since {since}, and this request is at {version}"
        return (
            f"the schemas of API version {version} lack the rules of this call's parameters. Ask at "
            "another version; in a checkout, `python -m pytest_stripe_balance derive --all` writes them"
        )

    def _parse_slow(
        self, fields: form.Form, rule: parameters.Rule
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Read parameters that the compiled form left, or raise what is wrong with them.

        Those that have no meaning are apart.
        """
        endpoint = self.endpoint
        included = self._take_include(fields) if self._counts else []
        fields = versions.with_new_names(endpoint.name, self.rules.api_version, fields)
        params = parameters.read(fields, rule)
        keywords = {name: value for name, value in params.items() if name != "expand"}
        parameters.refuse_together(keywords, endpoint.name)
        rest, ignored = self.ignored.take_out(endpoint.name, keywords)
        rest = parameters.without_cleared(rest, endpoint.verb)
        parameters.refuse_unmodelled(rest, endpoint.verb, endpoint.name)
        return {**rest, "expand": [*params.get("expand", []), *included]}, ignored

    @property
    def _counts(self) -> bool:
        """Whether a list can say how many objects there are, as it could until basil [doc]."""
        return self.endpoint.listed and self.rules.api_version < versions.INCLUDES_UNTIL

    def _take_include(self, fields: form.Form) -> list[str]:
        """Take include[] out of a list's parameters; it asks for the count alone."""
        include = fields.pop("include", {})
        names = list(include.values()) if isinstance(include, dict) else [include]
        if any(name != TOTAL_COUNT for name in names):
            raise Refused(f"{self.endpoint}: of include[] only {TOTAL_COUNT} is modelled")
        return [TOTAL_COUNT] if names else []

    def _page_size(self, limit: int) -> int:
        """Silently take a limit outside 1 to 100 as the nearest one inside.

        Seen of lists of customers, for 0 and 101 (Kiln-AI/stripe_world, September 2026).
        """
        clamped = min(max(limit, 1), LONGEST_PAGE)
        if clamped != limit and (limit < 0 or self.endpoint.name != "GET /v1/customers"):
            self.envelope.world.readings.rely_on("list-limit")
        return clamped

    def _check_expand(self, paths: list[str]) -> None:
        endpoint, rules = self.endpoint, self.rules
        if endpoint.searched or self._counts:
            paths = [path for path in paths if path != TOTAL_COUNT]
        expand.check(paths, endpoint.returns, listed=endpoint.paged, expandables=rules.expandables)

    def refuse(self, fault: Fault) -> Response:
        """Answer an error from before the execution."""
        if self.endpoint.parameter_errors and fault.has_request_id:
            self.envelope.world.readings.rely_on(self.endpoint.parameter_errors)
        return response.fail(self.envelope, fault, executed=False, intent=self._embedded_intent(fault))

    def _embedded_intent(self, fault: Fault) -> PaymentIntent | None:
        """Give the intent of the path, which the answer to an unknown parameter embeds [obs]."""
        if fault.code != "parameter_unknown" or "{intent}" not in self.endpoint.path:
            return None
        return self.envelope.world.payment_intents.get(self.ids[0])

    def execute(self, params: Parameters) -> Response:
        """Run the verb and render its result. After an error the world is as it was before.

        Only the changes of a Fault that `keeps_changes` stay. One that isn't `executed` is raised, and
        so is that of a missing object of the path.
        """
        world = self.envelope.world
        world.cause = Cause(self.envelope.request_id, self.envelope.key, self.rules.api_version)
        minted = world.ids.minted
        try:
            with world.transaction():
                result = self.endpoint.verb(world, *self.ids, **params.keywords)
                if params.ignored:
                    self._echo(result, params.ignored)
                body = self._body(result, params)
        except Fault as fault:
            # An object of the path is found missing before [obs openfoodfoundation/openfoodnetwork].
            if not fault.executed or fault.missing in self.ids:
                raise
            if fault.keeps_changes:
                world.clock.tick()
            return response.fail(self.envelope, fault, executed=True)
        except Refused as refusal:
            refusal.message = f"{self.endpoint}: {refusal.message}"
            raise
        if world.ids.minted > minted:
            world.clock.tick()
        return response.succeed(self.envelope, body)

    def _echo(self, result: Record | Page[Any], ignored: dict[str, Any]) -> None:
        """Let the object show ignored parameters as they were sent, where its key takes the value."""
        record_id = getattr(result, "id", None)  # a page has none, nor has a cash balance
        if self.envelope.request.method != "POST" or record_id is None:
            return
        sent = {
            name: str(value) if isinstance(value, Decimal) else value for name, value in ignored.items()
        }
        world, version, kind = self.envelope.world, self.rules.api_version, self.endpoint.returns
        shown = {name: value for name, value in sent.items() if world.takes(version, kind, name, value)}
        if shown:
            world.readings.rely_on("ignored-as-sent")
            world.echo(record_id, shown)

    def _body(self, result: Record | Page[Any], params: Parameters) -> dict[str, Any]:
        paths = params.expand
        if not isinstance(result, Page):
            return self._object(result, paths)
        body = {
            "object": self.endpoint.response_object,
            "data": [self._object(record, paths) for record in result.data],
            "has_more": result.has_more,
            "url": self.envelope.request.path,
        }
        if self.endpoint.path == "/v1/refunds":
            body["count"] = len(result.data)  # [obs onetimesecret/onetimesecret]
        if isinstance(result, Found):
            body["next_page"] = result.next_page
            if TOTAL_COUNT in paths:
                body[TOTAL_COUNT] = result.total_count
        elif TOTAL_COUNT in paths:
            body[TOTAL_COUNT] = self._count(params.keywords)
        return body

    def _count(self, keywords: dict[str, Any]) -> int:
        """Count the objects of all pages of a list."""
        wanted = {name: value for name, value in keywords.items() if name not in Cursors.__annotations__}
        page: Page[Any] = self.endpoint.verb(
            self.envelope.world, *self.ids, **wanted, limit=LONGEST_LIST
        )
        return len(page.data)

    def _object(self, record: Record, paths: list[str]) -> dict[str, Any]:
        body, endpoint = self._render(record), self.endpoint
        for path in paths:
            if path != TOTAL_COUNT:
                expansion = expand.Expansion(
                    self.envelope.world, path, self.rules.expandables, self._render
                )
                expansion.put_in(body, endpoint.returns, listed=endpoint.paged)
        return body

    def _render(self, record: Record) -> dict[str, Any]:
        return render(self.envelope.world, record, self.rules.api_version)
