"""Compares requests: by method, path, connected account, and the fields of query and body."""

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
from pytest_stripe_balance.cassettes.placeholders import PLACEHOLDER
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.masking import ADDRESS

_BOUNDARY = re.compile(r"boundary=\"?([^\";,\s]+)")
# What a test may send where a placeholder was recorded, by the placeholder's kind. Each pattern allows
# only the characters of such a secret, so that a text with many placeholders is matched quickly.
_VALUES = {
    "Coded": r"[\w+/=-]++",
    "Email": ADDRESS,
    "Iban": r"[A-Z0-9](?: ?[A-Z0-9])*?",
    "Idempotency": r".+?",
    "Number": r"[0-9](?:[ -]?[0-9])*?",
}
_ENCODED_ADDRESS = r"[\w.%+-]+?%40[\w-]++(?:\.[\w-]++)*+"  # in a URL that is a field's value
_WORD = r"\w++"
# The placeholder itself, if the test got it from an earlier answer.
_ITSELF = r"scrubbed[A-Z][a-z]+[0-9]++(?:(?:@|%40)example\.com)?+"
ANYTHING = "\0"
# stripe-python before 12 wrote booleans with a capital; Stripe reads them in any case.
_BOOLEANS = {"True": "true", "False": "false"}
_ACCOUNT = ("Stripe-Account", "Stripe-Context")


@dataclass(frozen=True)
class RequestKey:
    """The parts of a request that have to match, so that equal requests have equal keys.

    - `names` are the places of the `values`, as ("path", "") or ("form", "a[b]"). They are sorted, so
      the order of fields doesn't count.
    - The host, other headers and the boundary of an upload don't count.
    """

    method: str
    names: tuple[tuple[str, str], ...]
    values: tuple[str, ...]

    @property
    def shape(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """All except the values."""
        return self.method, self.names

    def values_without(self, indexes: tuple[int, ...]) -> tuple[str, ...]:
        """The values, with those at some indexes replaced by ANYTHING."""
        values = list(self.values)
        for index in indexes:
            values[index] = ANYTHING
        return tuple(values)

    def filled_in(self, bindings: Mapping[str, str]) -> RequestKey:
        """The same key, with the values of the placeholders that are bound by now."""
        if not any("scrubbed" in value for value in self.values):
            return self
        return replace(self, values=tuple(fill_in(value, bindings) for value in self.values))


def request_key(request: Request, *, by_field: bool = True, by_account: bool = True) -> RequestKey:
    """Make a request's key. Without `by_field`, query and body are one text each, in their order."""
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
    content_type = request.headers.get("Content-Type", "")
    if "multipart" in content_type:
        boundary = _BOUNDARY.search(content_type)
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
            step = f".{name}" if name.isidentifier() else f"[{json.dumps(name)}]"
            yield from _leaves(f"{path}{step}", item)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(f"{path}[{index}]", item)
    else:
        yield path, json.dumps(value, ensure_ascii=False)


class Bindings(dict[str, str]):
    """The values of placeholders, by name. Two placeholders of a kind never have the same value."""

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[tuple[str, str], str] = {}

    def allow(self, values: Mapping[str, str]) -> bool:
        """Tell whether placeholders can have these values, beside those that are bound already."""
        names = {(_kind(name), value): name for name, value in values.items()}
        return len(names) == len(values) and all(
            self._names.get(key, name) == name for key, name in names.items()
        )

    def bind(self, name: str, value: str) -> None:
        """Bind a placeholder to its value."""
        self[name] = value
        self._names.setdefault((_kind(name), value), name)


def _kind(name: str) -> str:
    placeholder = PLACEHOLDER.match(name)
    assert placeholder is not None, "unreachable because only placeholders are bound"
    return placeholder[1]


class RecordedExchange:
    """One recorded exchange.

    - `number`: its place in the cassette, from 1.
    - `used`: whether it has answered a request.
    - `unbound`: its placeholders without a value so far.
    - `open`: the indexes of the key's values that have such a placeholder.
    - `known_values`: the key's values, with ANYTHING at the open indexes.
    """

    def __init__(self, number: int, exchange: Exchange, *, by_account: bool = True) -> None:
        self.number = number
        self.exchange = exchange
        self.used = False
        self.key = request_key(exchange.request, by_account=by_account)
        # A placeholder in a field's name would sort elsewhere than the name that it replaced. So query
        # and body are compared as texts, in the recorded order.
        self.is_text = any(PLACEHOLDER.search(name) for _, name in self.key.names)
        if self.is_text:
            self.key = request_key(exchange.request, by_field=False, by_account=by_account)
        self._headers = {
            name: value for name, value in exchange.request.headers.items() if PLACEHOLDER.search(value)
        }
        self.update({})
        response = exchange.response
        texts = [response.body.decode("utf-8", "replace"), *response.headers.values()]
        self.has_placeholders = any(PLACEHOLDER.search(text) for text in texts)

    def __lt__(self, other: RecordedExchange) -> bool:
        return self.number < other.number

    def update(self, bindings: Mapping[str, str]) -> None:
        """Update `unbound`, `open` and `known_values` by the values that placeholders have by now."""
        by_index = {index: set(placeholders(value)) for index, value in enumerate(self.key.values)}
        self.unbound = {name for names in by_index.values() for name in names} - bindings.keys()
        self.open = tuple(index for index, names in by_index.items() if names & self.unbound)
        self.known_values = self.key.filled_in(bindings).values_without(self.open)

    def match_headers(self, headers: Headers, bindings: Bindings) -> dict[str, str] | None:
        """Give the values of placeholders in a request's headers.

        None when the idempotency key can't match: a recorded key that is used again has to be used
        again by the test, and another key has to differ. No other header has to match.
        """
        values: dict[str, str] = {}
        for name, recorded in self._headers.items():
            if name not in headers:
                continue
            added = match_placeholders(recorded, headers[name], ChainMap(values, bindings))
            if added is not None and bindings.allow(values | added):
                values |= added
            elif name.lower() == "idempotency-key":
                return None
        return values

    def match(self, sent: RequestKey, headers: Headers, bindings: Bindings) -> dict[str, str] | None:
        """Give the values of placeholders by which this matches a request; None when it doesn't."""
        if self.key.shape != sent.shape:
            return None
        values = self.match_headers(headers, bindings)
        if values is None:
            return None
        for recorded, value in zip(self.key.values, sent.values, strict=True):
            if recorded == value and "scrubbed" not in value:
                continue
            added = match_placeholders(recorded, value, ChainMap(values, bindings))
            if added is None or not bindings.allow(added):
                return None
            values |= added
        return values if bindings.allow(values) else None


def placeholders(text: str) -> list[str]:
    """List the placeholders of a text, in order."""
    return [found[0].replace("%40", "@") for found in PLACEHOLDER.finditer(text)]


def fill_in(text: str, bindings: Mapping[str, str]) -> str:
    """Replace placeholders by their values; one that is percent-encoded gets an encoded value."""

    def value_of(placeholder: re.Match[str]) -> str:
        value = bindings.get(placeholder[0].replace("%40", "@"))
        if value is None:
            return placeholder[0]
        return quote(value, safe="") if "%40" in placeholder[0] else value

    return PLACEHOLDER.sub(value_of, text)


def match_placeholders(recorded: str, sent: str, bindings: Mapping[str, str]) -> dict[str, str] | None:
    """Give the values that a recorded text's placeholders have in the text sent; None for no match.

    A placeholder that has a value, in `bindings` or further left, has to have the same one here.
    """
    known = fill_in(recorded, bindings)
    spans = [placeholder.span() for placeholder in PLACEHOLDER.finditer(known)]
    if not spans:
        return {} if known == sent else None
    # Compiling a pattern takes long, and most texts already differ before or behind the placeholders.
    if not (sent.startswith(known[: spans[0][0]]) and sent.endswith(known[spans[-1][1] :])):
        return None
    names, groups, literals, last = list[str](), list[str](), list[str](), 0
    for placeholder in PLACEHOLDER.finditer(recorded):
        literals.append(re.escape(recorded[last : placeholder.start()]))
        last, name = placeholder.end(), placeholder[0].replace("%40", "@")
        if name in bindings:
            groups.append(re.escape(fill_in(placeholder[0], bindings)))
        elif name in names:
            groups.append(rf"\{names.index(name) + 1}")
        else:
            names.append(name)
            encoded = "%40" in placeholder[0]
            value = _ENCODED_ADDRESS if encoded else _VALUES.get(placeholder[1], _WORD)
            groups.append(rf"({_ITSELF}|{value})")
    first, *after, rest = *literals, re.escape(recorded[last:])
    # Atomic groups end a value where the recorded text first goes on; else all ends would be tried.
    inner = (f"(?>{group}{text})" if text else group for group, text in zip(groups, after, strict=False))
    pattern = "".join([first, *inner, *groups[len(after) :], rest])
    match = re.fullmatch(pattern, sent, re.DOTALL)
    if match is None:
        return None
    return {
        name: unquote(value) if "%40" in value else value
        for name, value in zip(names, match.groups(), strict=True)
    }
