"""Replaces every secret of a recording by a placeholder, an equal secret by an equal placeholder.

    Authorization: Bearer sk_test_scrubbedKey1          X-Thing: Basic scrubbedCoded1
    pi_3Q_secret_scrubbedSecret1                        acct_scrubbedAccount1
    scrubbedEmail1@example.com                          Idempotency-Key: scrubbedIdempotency1

A placeholder is a string where the secret was a string, and the secret's prefix stays. So documents stay
valid, and a replay can fill in the test's own values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from pytest_stripe_balance.api.api_keys import key_of
from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.cassettes import secret_fields
from pytest_stripe_balance.cassettes.encodings import BASE64
from pytest_stripe_balance.cassettes.placeholders import PLACEHOLDER, Placeholders
from pytest_stripe_balance.cassettes.secret_kinds import (
    IDEMPOTENCY_KEY,
    KINDS,
    WORDS,
    is_real_secret,
    random_part,
)
from pytest_stripe_balance.cassettes.secret_scan import KnownSecrets, Scan
from pytest_stripe_balance.masking import Shape

_DROPPED = frozenset(
    {"cookie", "proxy-authorization", "set-cookie", "set-cookie2", "x-stripe-client-telemetry"}
)
_SECRET_HEADERS = {"idempotency-key": IDEMPOTENCY_KEY, "stripe-account": "account id"}
_HARMLESS_AGENT = ("bindings_version", "httplib", "lang", "lang_version", "publisher")
# The fields in which Stripe's answers say where to send money. In test mode Stripe invents the numbers,
# so they stay: without them an answer isn't valid, and customers look the same. A number that the test
# itself sends may be a person's, so it is replaced in these fields too.
_INVENTED_BY_STRIPE = frozenset({"account_number", "clabe", "iban"})
_NUMBERS = tuple(shape for shape in KINDS if shape.kind in ("IBAN", "card or account number"))
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*:)?', re.DOTALL)
_JSON = json.JSONDecoder(strict=False)
_PIECE = r"[^&=?/#\s;,\"']"
_ENCODED = re.compile(rf"(?<!{_PIECE})(?:(?!%[0-9A-Fa-f]{{2}}){_PIECE})*+%[0-9A-Fa-f]{{2}}{_PIECE}*+")
_SHORTEST = 6
_DEEPEST = 20


class Scrubber:
    """Replaces the secrets of one cassette.

    Call `learn` for every exchange, and then `scrubbed`. After that nothing more can be learned, since
    an equal text always gets an equal result.

    - `older`: the text of a cassette that is added to; new numbers follow its own.
    - `known`: its placeholders, with the values that they have in this run.
    - `published`: values that are no secrets.
    """

    def __init__(
        self,
        *,
        older: str = "",
        known: Mapping[str, str] | None = None,
        published: Collection[str] = (),
    ) -> None:
        self._placeholders = Placeholders(older, known or {})
        self._published = published
        self._keys: set[str] = set()
        self._depth = 0
        self._by_field: dict[str, str] = {}  # the kinds of secrets that only their field reveals
        self._ids: set[str] = set()
        self._sent: set[str] = set()
        self._invented: set[str] = set()
        self._memo: dict[str, str] = {}

    def learn(self, exchange: Exchange) -> None:
        """Learn the secrets that only their field reveals, and the numbers that aren't secret."""
        request, response = exchange.request, exchange.response
        if (key := key_of(request)) and not self._is_public(key):
            self._keys.add(key)
            self._learn_value(key, "API key")
        for name, kind in _SECRET_HEADERS.items():
            for value in filter(None, (side.headers.get(name) for side in (request, response))):
                self._learn_value(value, kind)
        for text in (request.body, unquote_plus(request.body), unquote_plus(request.url)):
            for shape in _NUMBERS:
                self._sent |= {found[0][len(found[1]) :] for found in shape.pattern.finditer(text)}
        received = secret_fields.named_texts(_text(response.body))
        sent = (*secret_fields.fields(request), *secret_fields.named_texts(request.body))
        for name, value in (*sent, *received):
            field_kind = secret_fields.secret_kind(name, value)
            if field_kind and not secret_fields.matches_pattern(value):
                self._by_field.setdefault(value, field_kind)
        self._ids |= {value for name, value in received if name == "id"}
        numbers = {value for name, value in received if name in _INVENTED_BY_STRIPE}
        self._invented |= numbers - self._sent

    def _learn_value(self, value: str, kind: str) -> None:
        """Learn a secret, without its prefix: letters before the prefix may hide the whole."""
        if (rest := random_part(value, kind)) is not None:
            self._by_field.setdefault(rest, kind)

    def scrubbed(self, exchange: Exchange) -> Exchange:
        """Give an exchange without its secrets; a part without any stays byte for byte."""
        request, response = exchange.request, exchange.response
        body = _text(response.body)
        clean = self.body(body, form=False)
        form = "multipart" not in request.headers.get("Content-Type", "")
        return Exchange(
            Request(
                request.method,
                self.url(request.url),
                self.headers(request.headers),
                self.body(request.body, form=form),
            ),
            Response(
                response.status,
                self.headers(response.headers),
                response.body if clean == body else _bytes(clean, response.body),
            ),
        )

    @cached_property
    def _known(self) -> KnownSecrets:
        # An id is no secret, even if a test uses it as an idempotency key.
        kinds = {value: kind for value, kind in self._by_field.items() if value not in self._ids}
        return KnownSecrets(kinds, self._keys - self._ids)

    @cached_property
    def scan(self) -> Scan:
        """The search for secrets that are left, with all that was learned."""
        return Scan(self._known, {*self._published, *self._invented})

    def headers(self, headers: Mapping[str, str]) -> Headers:
        """Replace the secrets in headers, names and values; drop cookies and telemetry."""
        clean: dict[str, str] = {}
        for name, value in headers.items():
            lower = name.lower()
            if lower in _SECRET_HEADERS and self.text(value) == value:
                clean[name] = self._placeholder(_SECRET_HEADERS[lower], value)
            elif lower == "authorization":
                clean[name] = self._authorization(value)
            elif lower == "x-stripe-client-user-agent":
                clean |= {name: agent} if (agent := _agent(value)) else {}
            elif lower not in _DROPPED:
                clean[self.text(name)] = self.body(value, form=False)
        return Headers(clean)

    def url(self, url: str) -> str:
        """Replace the secrets in a URL, part by part; drop user and password."""
        before, _, query = url.partition("?")
        scheme, mark, rest = before.partition("://")
        host, slash, path = rest.partition("/") if mark else ("", "", before)
        pieces = [self._piece(piece, unquote, quote) for piece in path.split("/")]
        clean = f"{scheme}{mark}{host.rpartition('@')[2]}{slash}" if mark else ""
        return clean + "/".join(pieces) + (f"?{self._form(query)}" if query else "")

    def body(self, text: str, *, form: bool = True) -> str:
        """Replace the secrets in a body: in the strings of JSON, the fields of a form, or plain text."""
        if text.lstrip()[:1] in ("{", "["):
            return self._json(text)
        return self._form(text) if form else self.text(text)

    def text(self, text: str) -> str:
        """Replace the secrets in a text, encoded or not."""
        if len(text) < _SHORTEST:
            return text
        if (clean := self._memo.get(text)) is not None:
            return clean
        if self._depth > _DEEPEST:
            return text  # `scan` refuses a secret that is left here
        self._depth += 1
        try:
            clean = self._memo[text] = self._cleaned(text)
        finally:
            self._depth -= 1
        return clean

    def _cleaned(self, text: str) -> str:
        if _is_json(text):
            return self._json(text)
        if self.scan.has_split_secret(text):
            return text  # no word of it can be replaced alone; `scan` refuses the text
        for start, end, kind in reversed(list(self._known.find(text))):
            text = text[:start] + self._placeholder(kind, text[start:end]) + text[end:]
        for key in reversed(list(self._known.find_split_keys(text))):
            text = text[: key.start()] + self._placeholder("API key", key[0]) + text[key.end() :]
        if "%" in text:
            text = _ENCODED.sub(lambda found: self._piece(found[0], unquote, quote), text)
        text = BASE64.sub(self._token, text)
        for shape in KINDS:
            text = shape.pattern.sub(self._replaced(shape), text)
        return text

    def _replaced(self, shape: Shape) -> Callable[[re.Match[str]], str]:
        def replaced(found: re.Match[str]) -> str:
            if self._is_public(found[0]) or not is_real_secret(shape, found):
                return found[0]
            return found[1] + self._placeholder(shape.kind, found[0][len(found[1]) :])

        return replaced

    def _placeholder(self, kind: str, secret: str) -> str:
        return self._placeholders.replace(WORDS[kind], secret)

    def _is_public(self, value: str) -> bool:
        return value in self._invented or any(value in published for published in self._published)

    def _token(self, found: re.Match[str]) -> str:
        """Replace a base64 token that hides a secret, as a whole."""
        token = found[0]
        if PLACEHOLDER.search(token) or any(shape.pattern.search(token) for shape in KINDS):
            return token
        return self._placeholder("base64", token) if self.scan.hides_secret(token) else token

    def _json(self, text: str) -> str:
        name = ""

        def cleaned(found: re.Match[str]) -> str:
            nonlocal name
            try:
                value = _JSON.decode(f'"{found[1]}"') if "\\" in found[1] else found[1]
            except ValueError:
                return found[0]  # not JSON; `scan` refuses a secret that is left here
            clean = self.text(value) if found[2] else self._value(name, value)
            name = value if found[2] else ""
            return found[0] if clean == value else json.dumps(clean) + (found[2] or "")

        return _LITERAL.sub(cleaned, text)

    def _form(self, text: str) -> str:
        return "&".join(map(self._field, text.split("&")))

    def _field(self, field: str) -> str:
        name, equals, value = field.partition("=")
        plain = unquote_plus(value)
        clean = self._value(unquote_plus(name), plain)
        encoded = value if clean == plain else quote_plus(clean, safe="[]")
        return self._piece(name, unquote_plus, quote_plus) + equals + encoded

    def _value(self, name: str, text: str) -> str:
        """Replace the secrets in a field's value, which may be a secret by its name alone."""
        kind = secret_fields.secret_kind(name, text)
        return self._placeholder(kind, text) if kind and not self._is_public(text) else self.text(text)

    def _piece(self, piece: str, decode: Callable[[str], str], encode: Callable[..., str]) -> str:
        plain = decode(piece)
        clean = self.text(plain)
        return piece if clean == plain else encode(clean, safe="[]")

    def _authorization(self, value: str) -> str:
        scheme, space, credentials = value.rpartition(" ")
        clean = self.text(credentials)
        if clean != credentials:
            return scheme + space + clean
        kind = "base64" if scheme.lower() == "basic" else "API key"
        return scheme + space + self._placeholder(kind, credentials)


def _agent(value: str) -> str | None:
    """Keep stripe-python's and Python's version of a user agent; leave out machine, platform and app."""
    try:
        fields = json.loads(value)
        return json.dumps({name: fields[name] for name in _HARMLESS_AGENT if name in fields})
    except (ValueError, TypeError):
        return None


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def _bytes(text: str, like: bytes) -> bytes:
    try:
        like.decode("utf-8")
    except UnicodeDecodeError:
        return text.encode("latin-1", "replace")
    return text.encode("utf-8", "surrogatepass")
