"""Requests and responses as values."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar, overload
from urllib.parse import quote, unquote, urlsplit

from pytest_stripe_balance.masking import masked
from pytest_stripe_balance.resources import without_betas

T = TypeVar("T")
_DEEPEST = 4  # as many layers of percent-encoding are looked through
_PLAIN = "/*@:~-._ "  # what is shown as it is beside letters and digits
SECRET_HEADERS = frozenset(
    {"authorization", "idempotency-key", "stripe-account", "x-stripe-client-telemetry"}
)


class Headers(Mapping[str, str]):
    """Headers that are found whatever their case, as every HTTP library's are."""

    __slots__ = ("_as_given",)

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self._as_given = dict(headers or {})

    def __getitem__(self, name: str) -> str:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str) -> str: ...
    @overload
    def get(self, name: str, /, default: T) -> str | T: ...
    def get(self, name: str, /, default: object = None) -> object:
        """Look a header up; Mapping's own way, by an exception, costs ten times that.

        Most are looked up by the names that they were given, so the lowered ones are not kept: that
        took a kilobyte an exchange.
        """
        if (found := self._as_given.get(name)) is not None:
            return found
        lowered, length = name.lower(), len(name)
        for known, value in reversed(self._as_given.items()):
            if len(known) == length and known.lower() == lowered:
                return value
        return default

    @property
    def api_version(self) -> str:
        """The API version that they name, without the betas that may follow it; "" when they don't."""
        return without_betas(self.get("Stripe-Version", ""))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._as_given)

    def __len__(self) -> int:
        return len(self._as_given)

    def __repr__(self) -> str:
        shown = {
            name: "***" if name.lower() in SECRET_HEADERS else value
            for name, value in self._as_given.items()
        }
        return f"Headers({shown})"


def text_of(body: bytes) -> str:
    """Read what was sent as text for comparing and keeping: bytes that aren't UTF-8 as `\ufffd<ff>`."""
    return body.decode("utf-8", _SHOWN)


def _shown(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError), "unreachable because it is for decoding"
    return "".join(f"\ufffd<{byte:02x}>" for byte in error.object[error.start : error.end]), error.end


_SHOWN = "pytest_stripe_balance.shown"
codecs.register_error(_SHOWN, _shown)


# Nobody changes what these say. To have that enforced takes three times as long to make one, three
# times a call.
@dataclass(slots=True)
class Request:
    """One request as the SDK would have sent it. `method` is upper case, `body` what it posted.

    `by` names a client class that isn't stripe-python's: nobody knows what that one sends.
    """

    method: str
    url: str = field(repr=False)
    headers: Headers
    body: str = field(default="", repr=False)
    by: str | None = field(default=None, repr=False)
    _path: str | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def path(self) -> str:
        """The URL's path, as "/v1/payment_intents", split off once."""
        if self._path is None:
            self._path = urlsplit(self.url).path
        return self._path

    @property
    def query(self) -> str:
        """The URL's query, still encoded."""
        return urlsplit(self.url).query

    @property
    def form(self) -> str:
        """What it gives as parameters, still encoded: the query's, then the body's."""
        return "&".join(filter(None, (self.query, self.body)))

    @property
    def shown_path(self) -> str:
        """The path for people: secrets in it are masked, however often they are coded."""
        plain = self.path
        for _ in range(_DEEPEST):
            plain = unquote(plain)
        shown = masked(plain)
        return self.path if shown == plain else quote(shown, safe=_PLAIN)

    def __str__(self) -> str:
        return f"{self.method} {self.shown_path}"


@dataclass(slots=True)
class Response:
    """One answer: HTTP status, headers, and the body as JSON bytes.

    `_document` is what the body was just written from, for who checks it: to parse it costs a tenth.
    """

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    _document: dict[str, Any] | None = field(default=None, repr=False, compare=False)
    _parsed: tuple[Any] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body, parsed once. ValueError when it isn't JSON."""
        if self._parsed is None:
            self._parsed = (json.loads(self.body),)
        return self._parsed[0]

    @property
    def is_json(self) -> bool:
        """Tell whether the body is JSON: a gateway's page isn't."""
        try:
            _ = self.json
        except ValueError:
            return False
        return True

    def take_document(self) -> dict[str, Any] | None:
        """Give what the body was written from, once, and let it go."""
        document, self._document = self._document, None
        return document


@dataclass(slots=True)
class Exchange:
    """A request and its answer."""

    request: Request
    response: Response


def date_of(headers: Headers) -> int | None:
    """Read a Date header, in seconds since 1970; None without one that can be read."""
    try:
        return int(parsedate_to_datetime(headers.get("Date", "")).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None
