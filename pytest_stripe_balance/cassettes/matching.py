"""A request as what has to match: method, path, connected account, and query and body by field."""

from __future__ import annotations

import json
import re
from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes

from pytest_stripe_balance.api import form
from pytest_stripe_balance.api.message import Exchange, Headers, Request, text_of
from pytest_stripe_balance.cassettes.secret_scan import PLACEHOLDER
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.masking import ADDRESS

_BOUNDARY = re.compile(r"boundary=\"?([^\";,\s]+)")
# What may stand where a placeholder was recorded: what such a secret is made of, so that a text of many
# is still read in one go; or the placeholder itself, got from an earlier answer.
_STANDS_FOR = {
    "Coded": r"[\w+/=-]++",
    "Email": ADDRESS,
    "Iban": r"[A-Z0-9](?: ?[A-Z0-9])*?",
    "Idempotency": r".+?",
    "Number": r"[0-9](?:[ -]?[0-9])*?",
}
_CODED_ADDRESS = r"[\w.%+-]+?%40[\w-]++(?:\.[\w-]++)*+"  # as in a URL that is the value of a field
_WORD = r"\w++"
_ITSELF = r"scrubbed[A-Z][a-z]+[0-9]++(?:(?:@|%40)example\.com)?+"
ANYTHING = "\0"
# As stripe-python wrote them before 12: Stripe reads them in any case.
_BOOLEANS = {"True": "true", "False": "false"}
_ACCOUNT = ("Stripe-Account", "Stripe-Context")


@dataclass(frozen=True)
class RequestKey:
    """A request's comparable parts.

    `names` say of each of the `values` where it stands, as ("path", "") or ("form", "a[b]").
    Equal for requests that Stripe takes for the same, whatever the order of their fields, the host, and
    the other headers; the boundary of an upload doesn't count either.
    """

    method: str
    names: tuple[tuple[str, str], ...]
    values: tuple[str, ...]

    @property
    def shape(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """All but the values."""
        return self.method, self.names

    def masked(self, places: tuple[int, ...]) -> tuple[str, ...]:
        """The values, with what stands at some places left open."""
        values = list(self.values)
        for place in places:
            values[place] = ANYTHING
        return tuple(values)

    def known(self, bindings: Mapping[str, str]) -> RequestKey:
        """The same, with what its placeholders, got from earlier answers, stand for by now."""
        if not any("scrubbed" in value for value in self.values):
            return self
        return replace(self, values=tuple(fill_in(value, bindings) for value in self.values))


def request_key(request: Request, *, by_field: bool = True, by_account: bool = True) -> RequestKey:
    """Take a request apart; with `by_field` off, query and body are one text each, in their order."""
    path = [(("path", ""), text_of(unquote_to_bytes(part))) for part in request.path.split("/")]
    headers = [(("header", name), request.headers[name]) for name in _ACCOUNT if name in request.headers]
    if by_field:
        fields = [*_fields("query", request.query), *_body(request)]
    else:
        fields = [(("query", ""), unquote(request.query)), (("body", ""), unquote(request.body))]
    names, values = zip(*path, *(headers if by_account else ()), *sorted(fields), strict=True)
    return RequestKey(request.method.upper(), names, values)


def _body(request: Request) -> list[tuple[tuple[str, str], str]]:
    text = request.body
    kind = request.headers.get("Content-Type", "")
    if "multipart" in kind:
        boundary = _BOUNDARY.search(kind)
        return [(("body", ""), text.replace(boundary[1], "boundary") if boundary else text)]
    if text.lstrip()[:1] in ("{", "["):
        try:
            return [(("JSON", name), value) for name, value in _leaves("$", json.loads(text))]
        except (ValueError, RecursionError):
            return [(("body", ""), text)]
    return _fields("form", text)


def _fields(place: str, text: str) -> list[tuple[tuple[str, str], str]]:
    if not text:
        return []
    try:
        decoded = form.decode(text)
    except Fault:
        return [(("body" if place == "form" else place, ""), text)]
    return [((place, name), _BOOLEANS.get(value, value)) for name, value in _flat([], decoded)]


def _flat(path: list[str], fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if isinstance(value, str):
            yield form.bracketed([*path, name]), value
        else:
            yield from _flat([*path, name], value)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict) and value:
        for name, item in value.items():
            plain = f".{name}" if name.isidentifier() else f"[{json.dumps(name)}]"
            yield from _leaves(f"{path}{plain}", item)
    elif isinstance(value, list) and value:
        for place, item in enumerate(value):
            yield from _leaves(f"{path}[{place}]", item)
    else:
        yield path, json.dumps(value, ensure_ascii=False)


class Bindings(dict[str, str]):
    """What placeholders stand for, by their names. Two of a kind never stand for the same."""

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[tuple[str, str], str] = {}

    def allow(self, found: Mapping[str, str]) -> bool:
        """Tell whether placeholders can stand for these values beside those that are known."""
        kinds = {(_kind(name), value): name for name, value in found.items()}
        return len(kinds) == len(found) and all(
            self._names.get(of, name) == name for of, name in kinds.items()
        )

    def learn(self, name: str, value: str) -> None:
        """Settle what a placeholder stands for."""
        self[name] = value
        self._names.setdefault((_kind(name), value), name)


def _kind(name: str) -> str:
    found = PLACEHOLDER.match(name)
    assert found is not None, "unreachable because only placeholders stand for something"
    return found[1]


class RecordedExchange:
    """One recorded exchange.

    `number` is its place among those of the cassette, from 1; `used` whether it was given; `open` the
    places of its values with placeholders that stand for nothing yet, `unbound` these, and `known` the
    values as far as they are known.
    """

    def __init__(self, number: int, exchange: Exchange, *, by_account: bool = True) -> None:
        self.number = number
        self.exchange = exchange
        self.used = False
        self.key = request_key(exchange.request, by_account=by_account)
        # A secret was in a field's name: there is no order to sort by, so the recorded one counts.
        self.is_text = any(PLACEHOLDER.search(name) for _, name in self.key.names)
        if self.is_text:
            self.key = request_key(exchange.request, by_field=False, by_account=by_account)
        self._headers = {
            name: value for name, value in exchange.request.headers.items() if PLACEHOLDER.search(value)
        }
        self.settle({})
        response = exchange.response
        told = [response.body.decode("utf-8", "replace"), *response.headers.values()]
        self.has_placeholders = any(PLACEHOLDER.search(text) for text in told)

    def __lt__(self, other: RecordedExchange) -> bool:
        return self.number < other.number

    def settle(self, bindings: Mapping[str, str]) -> None:
        """Tell what placeholders leave open, by what they stand for by now."""
        named = {place: set(placeholders(value)) for place, value in enumerate(self.key.values)}
        self.unbound = {name for names in named.values() for name in names} - bindings.keys()
        self.open = tuple(place for place, names in named.items() if names & self.unbound)
        self.known = self.key.known(bindings).masked(self.open)

    def match_headers(self, headers: Headers, bindings: Bindings) -> dict[str, str] | None:
        """Say what placeholders would stand for by a request's headers.

        None when its idempotency key is the same as another request's, or isn't, otherwise than it was
        recorded; no other header keeps it from matching.
        """
        found: dict[str, str] = {}
        for name, value in self._headers.items():
            if name not in headers:
                continue
            more = match_placeholders(value, headers[name], ChainMap(found, bindings))
            if more is not None and bindings.allow(found | more):
                found |= more
            elif name.lower() == "idempotency-key":
                return None
        return found

    def match(self, given: RequestKey, headers: Headers, bindings: Bindings) -> dict[str, str] | None:
        """Say what placeholders would stand for if this answered a request; None when it can't."""
        if self.key.shape != given.shape:
            return None
        found = self.match_headers(headers, bindings)
        if found is None:
            return None
        for recorded, value in zip(self.key.values, given.values, strict=True):
            if recorded == value and "scrubbed" not in value:
                continue
            more = match_placeholders(recorded, value, ChainMap(found, bindings))
            if more is None or not bindings.allow(more):
                return None
            found |= more
        return found if bindings.allow(found) else None


def placeholders(text: str) -> list[str]:
    """Give the placeholders of a text, in order."""
    return [found[0].replace("%40", "@") for found in PLACEHOLDER.finditer(text)]


def fill_in(text: str, bindings: Mapping[str, str]) -> str:
    """Put values in the place of the placeholders that stand for them, coded as these are."""

    def value(found: re.Match[str]) -> str:
        known = bindings.get(found[0].replace("%40", "@"))
        if known is None:
            return found[0]
        return quote(known, safe="") if "%40" in found[0] else known

    return PLACEHOLDER.sub(value, text)


def match_placeholders(recorded: str, given: str, bindings: Mapping[str, str]) -> dict[str, str] | None:
    """Say what a recorded text's placeholders stand for in the text given; None when they can't match.

    One that stands for something by now, in `bindings` or further left, stands for the same.
    """
    known = fill_in(recorded, bindings)
    open_at = [found.span() for found in PLACEHOLDER.finditer(known)]
    if not open_at:
        return {} if known == given else None
    # A pattern of its own for each text known by now takes long to compile, and most differ before it.
    if not (given.startswith(known[: open_at[0][0]]) and given.endswith(known[open_at[-1][1] :])):
        return None
    names, groups, literals, last = list[str](), list[str](), list[str](), 0
    for found in PLACEHOLDER.finditer(recorded):
        literals.append(re.escape(recorded[last : found.start()]))
        last, name = found.end(), found[0].replace("%40", "@")
        if name in bindings:
            groups.append(re.escape(fill_in(found[0], bindings)))
        elif name in names:
            groups.append(rf"\{names.index(name) + 1}")
        else:
            names.append(name)
            stands_for = _CODED_ADDRESS if "%40" in found[0] else _STANDS_FOR.get(found[1], _WORD)
            groups.append(rf"({_ITSELF}|{stands_for})")
    first, *after, rest = *literals, re.escape(recorded[last:])
    # The first place where a text goes on as recorded counts, or many of them would be tried together.
    inner = (f"(?>{group}{text})" if text else group for group, text in zip(groups, after, strict=False))
    pattern = "".join([first, *inner, *groups[len(after) :], rest])
    match = re.fullmatch(pattern, given, re.DOTALL)
    if match is None:
        return None
    return {
        name: unquote(value) if "%40" in value else value
        for name, value in zip(names, match.groups(), strict=True)
    }
