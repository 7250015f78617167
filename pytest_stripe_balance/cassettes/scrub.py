"""Stand-ins for every secret of a recording, the same one wherever the same secret is.

    Authorization: Bearer sk_test_scrubbedKey1          X-Thing: Basic scrubbedCoded1
    pi_3Q_secret_scrubbedSecret1                        acct_scrubbedAccount1
    scrubbedEmail1@example.com                          Idempotency-Key: scrubbedIdempotency1

All are found by one regular expression, `secret_scan.PLACEHOLDER`. They are texts where texts were
and keep a secret's prefix, so that documents stay valid and a replay can put the test's own values back.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from pytest_stripe_balance.api.api_keys import key_of
from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.cassettes import secret_fields, secret_scan
from pytest_stripe_balance.masking import Shape

# What stands between `scrubbed` and the number, by the kind of secret.
NAMES = {
    "API key": "Key",
    "IBAN": "Iban",
    "signing secret": "Signing",
    "card or account number": "Number",
    "client secret": "Secret",
    "e-mail address": "Email",
    "account id": "Account",
    "refresh token": "Token",
    secret_scan.IDEMPOTENCY_KEY: "Idempotency",
    "base64": "Coded",
}
_DROPPED = frozenset(
    {"cookie", "proxy-authorization", "set-cookie", "set-cookie2", "x-stripe-client-telemetry"}
)
_PLACES = {"idempotency-key": secret_scan.IDEMPOTENCY_KEY, "stripe-account": "account id"}
_HARMLESS = ("bindings_version", "httplib", "lang", "lang_version", "publisher")
# Under these names Stripe tells where to send money. In test mode it invents the numbers, no bank
# knows them, and without them an answer can't be held to its contract, nor its customer told apart.
# A number that the test itself sends may be a person's and is replaced, there as everywhere.
_TOLD_BY_STRIPE = frozenset({"account_number", "clabe", "iban"})
_NUMBERS = tuple(
    shape for shape in secret_scan.KINDS if shape.kind in ("IBAN", "card or account number")
)
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*:)?', re.DOTALL)
_JSON = json.JSONDecoder(strict=False)
_PIECE = r"[^&=?/#\s;,\"']"
_ENCODED = re.compile(rf"(?<!{_PIECE})(?:(?!%[0-9A-Fa-f]{{2}}){_PIECE})*+%[0-9A-Fa-f]{{2}}{_PIECE}*+")
_SHORTEST = 6
_DEEPEST = 20


class Scrubber:
    """Replaces the secrets of one cassette: `learn` every exchange, then `scrubbed` gives it clean.

    `taken` is the text of a cassette that is added to: new numbers go on after its own. `known` maps
    placeholders of it to values that stand behind them here. `published` values are no secrets.
    Its answers for a text don't change once `scrubbed` or `text` was called.
    """

    def __init__(
        self,
        *,
        taken: str = "",
        known: Mapping[str, str] | None = None,
        published: Collection[str] = (),
    ) -> None:
        self._numbers: Counter[str] = Counter()
        for one in secret_scan.PLACEHOLDER.finditer(taken):
            self._numbers[one[1]] = max(self._numbers[one[1]], int(one[2]))
        self._placeholders: dict[tuple[str, str], str] = {}
        for placeholder, value in (known or {}).items():
            if found := secret_scan.PLACEHOLDER.fullmatch(placeholder):
                self._placeholders[found[1], value] = placeholder
        self._published = published
        self._keys: set[str] = set()
        self._depth = 0
        self._placed: dict[str, str] = {}  # what its place tells to be a secret, and its kind
        self._ids: set[str] = set()
        self._sent: set[str] = set()
        self._told: set[str] = set()
        self._memo: dict[str, str] = {}

    def learn(self, exchange: Exchange) -> None:
        """Take in what only its place tells to be a secret, or to be none."""
        request, response = exchange.request, exchange.response
        if (key := key_of(request)) and not self._is_public(key):
            self._keys.add(key)
            self._place(key, "API key")
        for name, kind in _PLACES.items():
            for value in filter(None, (side.headers.get(name) for side in (request, response))):
                self._place(value, kind)
        for text in (request.body, unquote_plus(request.body), unquote_plus(request.url)):
            for shape in _NUMBERS:
                self._sent |= {one[0][len(one[1]) :] for one in shape.pattern.finditer(text)}
        told = secret_fields.named(_text(response.body))
        for name, value in (*secret_fields.fields(request), *secret_fields.named(request.body), *told):
            if (known := secret_fields.secret_kind(name, value)) and not secret_fields.matches_pattern(
                value
            ):
                self._placed.setdefault(value, known)
        self._ids |= {value for name, value in told if name == "id"}
        self._told |= {value for name, value in told if name in _TOLD_BY_STRIPE} - self._sent

    def _place(self, value: str, kind: str) -> None:
        """Learn a secret by its place; of one with a shape what follows that, where it can be no word.

        So it is found behind other letters, too.
        """
        if (rest := secret_scan.unlike_words(value, kind)) is not None:
            self._placed.setdefault(rest, kind)

    def scrubbed(self, exchange: Exchange) -> Exchange:
        """Give the exchange without its secrets; what holds none stays byte for byte."""
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
    def _known(self) -> secret_scan.KnownSecrets:
        # An id is no secret, even where a key was made of it alone.
        placed = {value: kind for value, kind in self._placed.items() if value not in self._ids}
        return secret_scan.KnownSecrets(placed, self._keys - self._ids)

    @cached_property
    def scan(self) -> secret_scan.Scan:
        """The last look, which knows what was learned."""
        return secret_scan.Scan(self._known, {*self._published, *self._told})

    def headers(self, headers: Mapping[str, str]) -> Headers:
        """Clean headers: names and values; cookies and telemetry are dropped."""
        clean: dict[str, str] = {}
        for name, value in headers.items():
            lower = name.lower()
            if lower in _PLACES and self.text(value) == value:
                clean[name] = self._placeholder(_PLACES[lower], value)
            elif lower == "authorization":
                clean[name] = self._authorization(value)
            elif lower == "x-stripe-client-user-agent":
                clean |= {name: agent} if (agent := _agent(value)) else {}
            elif lower not in _DROPPED:
                clean[self.text(name)] = self.body(value, form=False)
        return Headers(clean)

    def url(self, url: str) -> str:
        """Clean a URL: user and password are dropped, path and query cleaned piece by piece."""
        before, _, query = url.partition("?")
        scheme, mark, rest = before.partition("://")
        host, slash, path = rest.partition("/") if mark else ("", "", before)
        pieces = [self._piece(piece, unquote, quote) for piece in path.split("/")]
        clean = f"{scheme}{mark}{host.rpartition('@')[2]}{slash}" if mark else ""
        return clean + "/".join(pieces) + (f"?{self._form(query)}" if query else "")

    def body(self, text: str, *, form: bool = True) -> str:
        """Clean a body: JSON by its texts, all else as a form, or as plain text."""
        if text.lstrip()[:1] in ("{", "["):
            return self._json(text)
        return self._form(text) if form else self.text(text)

    def text(self, text: str) -> str:
        """Clean a plain text, and what in it is encoded."""
        if len(text) < _SHORTEST:
            return text
        if (clean := self._memo.get(text)) is not None:
            return clean
        if self._depth > _DEEPEST:
            return text  # the last look refuses it, if there is a secret at its bottom
        self._depth += 1
        try:
            clean = self._memo[text] = self._cleaned(text)
        finally:
            self._depth -= 1
        return clean

    def _cleaned(self, text: str) -> str:
        if _is_json(text):
            return self._json(text)
        if self.scan.is_cut(text):
            return text  # no piece of it may be replaced: the last look refuses the whole
        for start, end, kind in reversed(list(self._known.find(text))):
            text = text[:start] + self._placeholder(kind, text[start:end]) + text[end:]
        for one in reversed(list(self._known.cut(text))):
            text = text[: one.start()] + self._placeholder("API key", one[0]) + text[one.end() :]
        if "%" in text:
            text = _ENCODED.sub(lambda found: self._piece(found[0], unquote, quote), text)
        text = secret_scan.BASE64.sub(self._token, text)
        for shape in secret_scan.KINDS:
            text = shape.pattern.sub(self._replaced(shape), text)
        return text

    def _replaced(self, shape: Shape) -> Callable[[re.Match[str]], str]:
        def replaced(found: re.Match[str]) -> str:
            if self._is_public(found[0]) or not secret_scan.is_real_secret(shape, found):
                return found[0]
            return found[1] + self._placeholder(shape.kind, found[0][len(found[1]) :])

        return replaced

    def _is_public(self, value: str) -> bool:
        return value in self._told or any(value in published for published in self._published)

    def _token(self, found: re.Match[str]) -> str:
        """Replace base64 that hides a secret as a whole: what it says is the secret."""
        token = found[0]
        if any(
            shape.pattern.search(token) for shape in secret_scan.KINDS
        ) or secret_scan.PLACEHOLDER.search(token):
            return token
        return self._placeholder("base64", token) if self.scan.in_base64(token) else token

    def _json(self, text: str) -> str:
        name = ""

        def cleaned(found: re.Match[str]) -> str:
            nonlocal name
            try:
                value = _JSON.decode(f'"{found[1]}"') if "\\" in found[1] else found[1]
            except ValueError:
                return found[0]  # no JSON: the last look decides
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
        shown = value if clean == plain else quote_plus(clean, safe="[]")
        return self._piece(name, unquote_plus, quote_plus) + equals + shown

    def _value(self, name: str, text: str) -> str:
        """Clean the text of a field, which may be a secret by its place alone."""
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

    def _placeholder(self, kind: str, secret: str) -> str:
        if not secret or secret_scan.PLACEHOLDER.fullmatch(secret):
            return secret
        name = NAMES[kind]
        if (placeholder := self._placeholders.get((name, secret))) is None:
            self._numbers[name] += 1
            domain = "@example.com" if name == "Email" else ""
            placeholder = f"scrubbed{name}{self._numbers[name]}{domain}"
            self._placeholders[name, secret] = placeholder
        return placeholder


def _agent(value: str) -> str | None:
    """Keep of stripe-python's account of itself what is no one's: no machine, no platform, no app."""
    try:
        said = json.loads(value)
        return json.dumps({name: said[name] for name in _HARMLESS if name in said})
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
