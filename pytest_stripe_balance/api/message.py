"""Requests and responses as values."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from pytest_stripe_balance.api import form
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.headers import HeaderMap
from pytest_stripe_balance.masking import masked, shown
from pytest_stripe_balance.resources import without_betas

_DEEPEST = 4  # layers of percent-encoding that are decoded to find secrets
_PLAIN = "/*@:~-._ "  # shown as they are, beside letters and digits
SECRET_HEADERS = frozenset(
    {"authorization", "idempotency-key", "stripe-account", "x-stripe-client-telemetry"}
)


class Headers(HeaderMap):
    """The headers of a call to Stripe."""

    __slots__ = ()

    @property
    def api_version(self) -> str:
        """The API version of Stripe-Version, without betas; "" if there is none."""
        return without_betas(self.get("Stripe-Version", ""))

    def __repr__(self) -> str:
        masked_values = {
            name: "***" if name.lower() in SECRET_HEADERS else value for name, value in self.items()
        }
        return f"Headers({masked_values})"


def text_of(body: bytes) -> str:
    """Decode a sent body for comparing and storing; bytes that aren't UTF-8 become `\ufffd<ff>`."""
    return body.decode("utf-8", _SHOWN)


def _shown(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError), "unreachable because it is for decoding"
    return "".join(f"\ufffd<{byte:02x}>" for byte in error.object[error.start : error.end]), error.end


_SHOWN = "pytest_stripe_balance.shown"
codecs.register_error(_SHOWN, _shown)


# These are never changed. They aren't frozen, because making a frozen one takes three times as long.
@dataclass(slots=True)
class Request:
    """One request as the SDK would send it. `method` is upper case, `body` is the posted text.

    - `by` names a client class that isn't stripe-python's, and whose own requests are unknown.
    - `retries` counts the tries that stripe-python made before this one in the same call.
    """

    method: str
    url: str = field(repr=False)
    headers: Headers
    body: str = field(default="", repr=False)
    by: str | None = field(default=None, repr=False)
    retries: int = field(default=0, repr=False, compare=False)
    _path: str | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def path(self) -> str:
        """The URL's path, as "/v1/payment_intents"; computed once."""
        if self._path is None:
            self._path = urlsplit(self.url).path
        return self._path

    @property
    def query(self) -> str:
        """The URL's query, still encoded."""
        return urlsplit(self.url).query

    @property
    def encoded(self) -> str:
        """The parameters, still encoded: those of the query, then those of the body.

        Of an uploaded file it is the file's name.
        """
        body = form.of_multipart(self.body) if self.body.startswith("--") else self.body
        return "&".join(filter(None, (self.query, body)))

    @property
    def form(self) -> dict[str, Any]:
        """The parameters, those of the query too: texts, in hashes and lists as they were sent.

        As {"name": "Ada", "metadata": {"a": "b"}, "expand": ["customer"]}. ValueError for parameters
        that can't be read.
        """
        try:
            return {name: _with_lists(name, value) for name, value in form.decode(self.encoded).items()}
        except Fault as fault:
            raise ValueError(fault.message) from None

    @property
    def path_params(self) -> dict[str, str]:
        """The ids in the path, as {"intent": "pi_1"}; none of a call that the fake doesn't model."""
        from pytest_stripe_balance.api import routes  # noqa: PLC0415 - the routes' verbs are the whole engine

        found = routes.match(self.method, self.path)
        return {} if found is None else dict(zip(found[0].placeholders, found[1], strict=True))

    @property
    def idempotency_key(self) -> str | None:
        """The header Idempotency-Key, which stripe-python sends with every POST; None without one."""
        return self.headers.get("Idempotency-Key")

    @property
    def api_version(self) -> str:
        """The API version that was asked for, without betas; "" for the account's default."""
        return self.headers.api_version

    @property
    def shown_path(self) -> str:
        """The path for messages, with masked secrets, even if they are encoded several times."""
        plain = self.path
        for _ in range(_DEEPEST):
            plain = unquote(plain)
        clean = masked(plain)
        return self.path if clean == plain else quote(clean, safe=_PLAIN)

    def is_same(self, earlier: Request) -> bool:
        """Tell a request that its client asks once more: elsewhere, or with additions to the body."""
        return (self.method, self.path, self.query) == (earlier.method, earlier.path, earlier.query)

    def __str__(self) -> str:
        return f"{self.method} {self.shown_path}"


@dataclass(slots=True)
class Response:
    """One answer: HTTP status, headers, and the body as JSON bytes.

    `stub` is the call of the stub that has answered, as "POST /v1/payouts"; "" where none has.
    `_document` is the parsed body if it is at hand, for the contract check. Parsing it again would take
    a tenth of a call.
    """

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    stub: str = field(default="", repr=False, compare=False)
    _document: dict[str, Any] | None = field(default=None, repr=False, compare=False)
    _parsed: tuple[Any] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The parsed body; ValueError if it isn't JSON."""
        if self._parsed is None:
            self._parsed = (json.loads(self.body),)
        return self._parsed[0]

    @property
    def is_json(self) -> bool:
        """Tell whether the body is JSON; a gateway's error page isn't."""
        try:
            _ = self.json
        except ValueError:
            return False
        return True

    def take_document(self) -> dict[str, Any] | None:
        """Give the parsed body if it is at hand, and forget it."""
        document, self._document = self._document, None
        return document


@dataclass(slots=True)
class Failure:
    """What a request gets that meets a fault: a wire that fails, or an answer that nobody wants.

    - `fault` is the verb of `stripe_faults`, as "lose_answer".
    - `wire` is how the wire behaves: "answers" as ever; "refuses" the connection; "resets" it after
      reading the request; is "silent" until the client gives up; or "cuts" the answer's body in half.
    - `response` is what is answered, or cut; None where nothing comes.
    """

    fault: str
    wire: Literal["answers", "refuses", "resets", "silent", "cuts"]
    response: Response | None = None

    @property
    def answer(self) -> Response | None:
        """The answer that arrives whole; None where none does."""
        return self.response if self.wire == "answers" else None


@dataclass(slots=True, repr=False)
class Exchange:
    """A request and its answer. Its repr is short, as <200 POST /v1/customers name=Ada>.

    - `response` is None where a fault let no answer come.
    - `fault` is the verb of `stripe_faults` that it met, as "lose_answer"; "" for none.
    - `fixture` is the builder or view that asked, as "stripe_balance.fund"; "" for the app.
    """

    request: Request
    response: Response
    fault: str = ""
    fixture: str = ""

    @property
    def retries(self) -> int:
        """How many tries stripe-python made before this one in the same call."""
        return self.request.retries

    @property
    def stub(self) -> str:
        """The call of the stub that has answered, as "POST /v1/payouts"; "" where none has."""
        return "" if self.response is None else self.response.stub

    @property
    def replayed(self) -> bool:
        """Whether the answer is the kept one of an earlier request with the same key."""
        return self.response is not None and "Idempotent-Replayed" in self.response.headers

    def __repr__(self) -> str:
        status = self.response.status if self.response is not None else "no answer to"
        asked = f"{status} {self.request}"
        sent = shown(unquote_plus(self.request.encoded))
        return f"<{asked} {sent}>" if sent else f"<{asked}>"


def _with_lists(name: str, value: str | form.Form) -> Any:  # noqa: ANN401 - a text, a hash or a list
    """Make lists of hashes whose keys are 0, 1, ...; metadata's keys are the user's own."""
    if isinstance(value, str):
        return value
    inner = {key: _with_lists(key, one) for key, one in value.items()}
    if name != "metadata" and [*inner] == [*map(str, range(len(inner)))]:
        return [*inner.values()]
    return inner


def date_of(headers: Headers) -> int | None:
    """Read a Date header in seconds since 1970; None if it is missing or malformed."""
    try:
        return int(parsedate_to_datetime(headers.get("Date", "")).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None
