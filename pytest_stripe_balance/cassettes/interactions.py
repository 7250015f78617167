"""vcrpy's cassettes, of any of its versions, as the Stripe exchanges that they hold.

Read as well: the layout of Ruby's VCR and of betamax (`http_interactions`), and what the recorder of
Python's `responses` writes, which keeps of a request its method and URL. The others of a cassette's
interactions are told apart, each with the reason why it isn't one to look at.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pytest_stripe_balance.api.message import Exchange, Headers, Request, Response
from pytest_stripe_balance.cassettes import foreign, provenance
from pytest_stripe_balance.cassettes.bodies import Beside, BodyError, unpacked
from pytest_stripe_balance.input_files import InputError, json_of
from pytest_stripe_balance.resources import named_version

_LISTS = ("interactions", "http_interactions")
_ANSWERS = "responses"
_WHOLE = ("GET", "DELETE")  # of these a URL says all that is asked
_SIGNS = ("stripe-version", "x-stripe-client-user-agent", "x-stripe-client-telemetry")
# What the value of a header looks like where nobody masked it.
_FORMS: dict[str, Callable[[str], object]] = {
    "stripe-version": named_version,
    "stripe-account": re.compile(r"acct_\w+").fullmatch,
    "stripe-context": re.compile(r"\w+_\w+(?:/\w+_\w+)*").fullmatch,
}
_PORTS = {"https": 443, "http": 80}

MEGABYTES = 100  # more than that is no cassette that somebody means to read


@dataclass(frozen=True)
class Recorded:
    """One exchange with Stripe, and the line of the cassette on which it begins (None in JSON).

    `recorded_at` is when by its recorder's own word, "" without one. `is_whole` is False where the
    recorder left out what was posted.
    """

    exchange: Exchange
    line: int | None
    recorded_at: str = ""
    is_whole: bool = True

    @property
    def moment(self) -> int | None:
        """When it was recorded, in seconds since 1970: by its Date header, else by `recorded_at`."""
        said = self.exchange.response.headers.get("Date") or self.recorded_at
        for read in (parsedate_to_datetime, datetime.fromisoformat):
            with suppress(TypeError, ValueError):
                moment = read(said)
                return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
        return None


@dataclass(frozen=True)
class Skipped:
    """An interaction that can't be looked at: which, why, and on which line it begins.

    `exchange` is what it holds when it can be read, and only isn't JSON.
    """

    request: str
    reason: str
    line: int | None
    exchange: Exchange | None = None


def is_cassette(data: object) -> bool:
    """Tell a cassette from other data."""
    if isinstance(data, dict):
        return any(name in data for name in _LISTS) or _is_answers(data.get(_ANSWERS))
    return isinstance(data, list) and bool(data) and _is_old(data[0])


def interactions(data: Any, path: Path | None = None) -> Iterator[Recorded | Skipped]:  # noqa: ANN401 - any YAML or JSON
    """Yield what a cassette holds, in its order; what wasn't asked of Stripe is left out.

    `path` is the cassette's own, beside which some of its bodies may lie.

    InputError when the data is no cassette, or an interaction is cut short; those before it have been
    given by then.
    """
    # Ours holds what stripe-python asked, and nothing else.
    ours = isinstance(data, dict) and provenance.KEY in data
    for number, item in enumerate(_items(data), 1):
        line = getattr(item, "line", None)
        try:
            is_whole = "request" in item
            request, status, headers, body = _sides(item) if is_whole else _registered(item["response"])
            is_stripes = ours or _is_stripes(request, headers)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"interaction {number} is cut short, or not as vcrpy writes them", line
            ) from error
        if not is_stripes:
            continue
        headers = _meant(headers)
        request = replace(request, headers=_meant(request.headers))
        try:
            if isinstance(body, Beside):
                body = body.read(path)
            response = Response(status, headers, unpacked(body, headers))
        except BodyError as error:
            yield Skipped(str(request), str(error), line)
            continue
        reason = _unlike_json(response)
        if reason is None:
            said, is_whole = item.get("recorded_at") or "", is_whole or request.method in _WHOLE
            yield Recorded(Exchange(request, response), line, str(said), is_whole)
        else:
            yield Skipped(str(request), reason, line, Exchange(request, response))


def _unlike_json(response: Response) -> str | None:
    """Say why a body can't be looked at; None when it can."""
    if not response.body:
        return "without a body"
    try:
        json_of(response.body.decode("utf-8"))
    except InputError as error:
        plain = error.reason.startswith("not JSON")
        return "with a body that isn't JSON" if plain else f"with a body that is unsound: {error.reason}"
    except UnicodeDecodeError:
        return "with a body that isn't JSON"
    return None


def _items(data: Any) -> list[Any]:  # noqa: ANN401 - as above
    if (name := foreign.format_of(data)) is not None:
        raise InputError(foreign.no_cassette(name))
    if not is_cassette(data):
        raise InputError("no cassette: it has no list of `interactions`")
    items = (
        next((data[name] for name in (*_LISTS, _ANSWERS) if name in data), None)
        if isinstance(data, dict)
        else data
    )
    if items is None:
        return []
    if not isinstance(items, list):
        raise InputError("no cassette: its `interactions` are no list")
    return items


def _is_answers(items: object) -> bool:
    """Tell what the recorder of Python's `responses` writes."""
    first = items[0] if isinstance(items, list) and items else None
    given = first.get("response") if isinstance(first, dict) else None
    return items == [] or (isinstance(given, dict) and {"method", "url", "status"} <= given.keys())


def _is_old(item: object) -> bool:
    """Tell vcrpy's layout from before 1.0, which is a list and has an address in parts."""
    request = item.get("request") if isinstance(item, dict) else None
    return isinstance(request, dict) and {"protocol", "host", "path"} <= request.keys()


def _sides(item: Any) -> tuple[Request, int, Headers, Any]:  # noqa: ANN401 - as above
    """Take an interaction apart: request, and the response's status, headers and body as written."""
    asked, given = item["request"], item["response"]
    request = Request(
        method=_plain(asked["method"]).upper(),
        url=_url(asked),
        headers=_headers(asked.get("headers")),
        body=_posted(asked.get("body")),
    )
    # httpx's layout of vcrpy 2 to 5, and everyone else's.
    status = given["status_code"] if "status_code" in given else given["status"]
    code = int(status["code"] if isinstance(status, dict) else status)
    body = given["content"] if "content" in given else given["body"]
    return request, code, _headers(given.get("headers")), body


def _registered(given: Any) -> tuple[Request, int, Headers, Any]:  # noqa: ANN401 - as above
    """Take an answer apart as `responses` writes it: with the method and URL, and no request."""
    headers = dict(given.get("headers") or {})
    if "content_type" in given:
        headers["Content-Type"] = given["content_type"]
    request = Request(_plain(given["method"]).upper(), _plain(given["url"]), Headers())
    body = Beside(_plain(given["body_file"])) if "body_file" in given else given.get("body", "")
    return request, int(given["status"]), _headers(headers), body


def _url(asked: dict[str, Any]) -> str:
    if not _is_old({"request": asked}):
        return _plain(asked["uri"])
    protocol, port = _plain(asked["protocol"]), int(asked.get("port") or 0)
    shown = "" if port in (0, _PORTS.get(protocol)) else f":{port}"
    return f"{protocol}://{_plain(asked['host'])}{shown}{_plain(asked['path'])}"


def _plain(value: object) -> str:
    """Take a text or number; what YAML's aliases multiply is never written out."""
    if isinstance(value, dict | list):
        raise TypeError("a hash or list where a text is due")
    return str(value)


def _headers(written: Any) -> Headers:  # noqa: ANN401 - as above
    """Read headers however they were written: lists or strings, pairs, or whole lines."""
    match written:
        case [[[_, _], *_]]:  # a frozenset of pairs, before 1.0
            written = written[0]
    if isinstance(written, list):
        lines = (_text(pair).partition(":")[::2] if _is_text(pair) else pair[:2] for pair in written)
        written = {_text(name): value for name, value in lines}
    return Headers({_text(name): _value(value) for name, value in (written or {}).items()})


def _meant(headers: Headers) -> Headers:
    """Leave out what a recorder masked: a word in a version's or an account's place says nothing."""
    return Headers(
        {
            name: value
            for name, value in headers.items()
            if (form := _FORMS.get(name.lower())) is None or form(value)
        }
    )


def _value(value: Any) -> str:  # noqa: ANN401 - as above
    values = value if isinstance(value, list) else [value]
    return ", ".join(_text(one).strip() for one in values if not isinstance(one, list | dict))


def _is_text(value: object) -> bool:
    return isinstance(value, str | bytes)


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else _plain(value)


def _posted(body: Any) -> str:  # noqa: ANN401 - as above
    if isinstance(body, dict):  # Ruby's and betamax's
        coded = body.get("base64_string")
        body = _decoded(coded) if coded else body.get("string")
    if isinstance(body, list):  # an iterator's parts
        return "".join(_text(part) for part in body if _is_text(part))
    return _text(body) if _is_text(body) else ""


def _decoded(coded: object) -> bytes:
    try:
        return base64.b64decode(_text(coded))
    except binascii.Error:
        return b""


def _is_stripes(request: Request, headers: Headers) -> bool:
    """Stripe's own hosts, and servers in their place: a path of the API, and signs of Stripe's client.

    A server on this machine needs no sign; elsewhere a path alone would take in other APIs, as
    several begin with /v1/.
    """
    host = urlsplit(request.url).hostname or ""
    if host == "stripe.com" or host.endswith(".stripe.com"):
        return True
    if not request.path.startswith("/v1/"):
        return False
    signed = any(name in side for side in (request.headers, headers) for name in _SIGNS)
    agent = request.headers.get("User-Agent", "").startswith("Stripe/")
    local = "." not in host or host.startswith("127.") or host.endswith((".localhost", ".local"))
    return signed or agent or local
