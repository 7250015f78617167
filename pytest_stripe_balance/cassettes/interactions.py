"""Reads the Stripe exchanges of a cassette, as any version of vcrpy wrote it.

Two other layouts are read too:

- `http_interactions`, of Ruby's VCR and of betamax;
- `responses`, of the recorder of Python's `responses`, which keeps a request's method and URL only.

An interaction that can't be used is given with the reason.
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
from pytest_stripe_balance.cassettes.bodies import BodyError, BodyFile, unpacked
from pytest_stripe_balance.input_files import InputError, json_of
from pytest_stripe_balance.resources import named_version

_LISTS = ("interactions", "http_interactions")
_RESPONSES = "responses"
_WITHOUT_BODY = ("GET", "DELETE")  # the URL is the whole request
_STRIPE_HEADERS = ("stripe-version", "x-stripe-client-user-agent", "x-stripe-client-telemetry")
# The form of a header's value. A recorder may have written a mask in its place.
_FORMS: dict[str, Callable[[str], object]] = {
    "stripe-version": named_version,
    "stripe-account": re.compile(r"acct_\w+").fullmatch,
    "stripe-context": re.compile(r"\w+_\w+(?:/\w+_\w+)*").fullmatch,
}
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Recorded:
    """One exchange with Stripe.

    - `line`: the line of the cassette on which it begins; None in JSON.
    - `recorded_at`: the time that the recorder wrote, "" without one.
    - `is_whole`: False if the recorder left out the body of the request.
    """

    exchange: Exchange
    line: int | None
    recorded_at: str = ""
    is_whole: bool = True

    @property
    def moment(self) -> int | None:
        """When it was recorded, in seconds since 1970: by its Date header, else by `recorded_at`."""
        date = self.exchange.response.headers.get("Date") or self.recorded_at
        for parse in (parsedate_to_datetime, datetime.fromisoformat):
            with suppress(TypeError, ValueError):
                moment = parse(date)
                return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
        return None


@dataclass(frozen=True)
class Skipped:
    """An interaction that can't be used: its request, the reason, and the line on which it begins.

    `exchange` is there if the interaction can be read and its answer just isn't JSON.
    """

    request: str
    reason: str
    line: int | None
    exchange: Exchange | None = None


def is_cassette(data: object) -> bool:
    """Tell whether data is a cassette."""
    if isinstance(data, dict):
        return any(name in data for name in _LISTS) or _is_responses(data.get(_RESPONSES))
    return isinstance(data, list) and bool(data) and _is_old(data[0])


def interactions(data: Any, path: Path | None = None) -> Iterator[Recorded | Skipped]:  # noqa: ANN401 - any YAML or JSON
    """Yield a cassette's exchanges with Stripe, in order; requests to others are left out.

    `path` is the cassette's path; some recorders write bodies into files beside it.

    InputError when the data is no cassette, or at the first interaction that is cut short.
    """
    # A cassette of this package has requests of stripe-python only.
    is_own = isinstance(data, dict) and provenance.KEY in data
    for number, item in enumerate(_items(data), 1):
        line = getattr(item, "line", None)
        try:
            is_whole = "request" in item
            request, status, headers, body = (
                _split(item) if is_whole else _split_response(item["response"])
            )
            is_stripe = is_own or _is_stripe_exchange(request, headers)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"interaction {number} is cut short, or not in vcrpy's layout", line
            ) from error
        if not is_stripe:
            continue
        headers = _without_masks(headers)
        request = replace(request, headers=_without_masks(request.headers))
        try:
            if isinstance(body, BodyFile):
                body = body.read(path)
            response = Response(status, headers, unpacked(body, headers))
        except BodyError as error:
            yield Skipped(str(request), str(error), line)
            continue
        reason = _why_not_json(response)
        if reason is None:
            recorded_at = str(item.get("recorded_at") or "")
            is_whole = is_whole or request.method in _WITHOUT_BODY
            yield Recorded(Exchange(request, response), line, recorded_at, is_whole)
        else:
            yield Skipped(str(request), reason, line, Exchange(request, response))


def _why_not_json(response: Response) -> str | None:
    """Say why a body can't be read as JSON; None when it can."""
    if not response.body:
        return "without a body"
    try:
        json_of(response.body.decode("utf-8"))
    except InputError as error:
        if error.reason.startswith("not JSON"):
            return "with a body that isn't JSON"
        return f"with a body that isn't valid: {error.reason}"
    except UnicodeDecodeError:
        return "with a body that isn't JSON"
    return None


def _items(data: Any) -> list[Any]:  # noqa: ANN401 - as above
    if (name := foreign.format_of(data)) is not None:
        raise InputError(foreign.no_cassette(name))
    if not is_cassette(data):
        raise InputError("not a cassette: it has no list of `interactions`")
    items = (
        next((data[name] for name in (*_LISTS, _RESPONSES) if name in data), None)
        if isinstance(data, dict)
        else data
    )
    if items is None:
        return []
    if not isinstance(items, list):
        raise InputError("not a cassette: its `interactions` are not a list")
    return items


def _is_responses(items: object) -> bool:
    """Tell whether a list is as the recorder of Python's `responses` writes it."""
    first = items[0] if isinstance(items, list) and items else None
    response = first.get("response") if isinstance(first, dict) else None
    if not isinstance(response, dict):
        return items == []
    return {"method", "url", "status"} <= response.keys()


def _is_old(item: object) -> bool:
    """Tell whether an item has the layout of vcrpy before 1.0, with the URL in parts."""
    request = item.get("request") if isinstance(item, dict) else None
    return isinstance(request, dict) and {"protocol", "host", "path"} <= request.keys()


def _split(item: Any) -> tuple[Request, int, Headers, Any]:  # noqa: ANN401 - as above
    """Split an interaction into the request, and the response's status, headers and raw body."""
    fields, response = item["request"], item["response"]
    request = Request(
        method=_plain(fields["method"]).upper(),
        url=_url(fields),
        headers=_headers(fields.get("headers")),
        body=_request_body(fields.get("body")),
    )
    # vcrpy 2 to 5 wrote httpx's responses with `status_code` and `content`.
    status = response["status_code"] if "status_code" in response else response["status"]
    code = int(status["code"] if isinstance(status, dict) else status)
    body = response["content"] if "content" in response else response["body"]
    return request, code, _headers(response.get("headers")), body


def _split_response(response: Any) -> tuple[Request, int, Headers, Any]:  # noqa: ANN401 - as above
    """Split a response of the recorder of `responses`: its method and URL are all of the request."""
    headers = dict(response.get("headers") or {})
    if "content_type" in response:
        headers["Content-Type"] = response["content_type"]
    request = Request(_plain(response["method"]).upper(), _plain(response["url"]), Headers())
    body = response.get("body", "")
    if "body_file" in response:
        body = BodyFile(_plain(response["body_file"]))
    return request, int(response["status"]), _headers(headers), body


def _url(fields: dict[str, Any]) -> str:
    if not _is_old({"request": fields}):
        return _plain(fields["uri"])
    protocol, number = _plain(fields["protocol"]), int(fields.get("port") or 0)
    port = "" if number in (0, _PORTS.get(protocol)) else f":{number}"
    return f"{protocol}://{_plain(fields['host'])}{port}{_plain(fields['path'])}"


def _plain(value: object) -> str:
    """Write a string or number; a list or dict may be huge, since YAML's aliases multiply it."""
    if isinstance(value, dict | list):
        raise TypeError("expected a string, got a dict or list")
    return str(value)


def _headers(written: Any) -> Headers:  # noqa: ANN401 - as above
    """Read headers from a dict, a list of pairs, or a list of lines."""
    match written:
        case [[[_, _], *_]]:  # before vcrpy 1.0, a frozenset of pairs
            written = written[0]
    if isinstance(written, list):
        pairs = (_text(item).partition(":")[::2] if _is_text(item) else item[:2] for item in written)
        written = {_text(name): value for name, value in pairs}
    return Headers({_text(name): _value(value) for name, value in (written or {}).items()})


def _without_masks(headers: Headers) -> Headers:
    """Leave out a version or an account that a recorder has masked: it has another form."""
    return Headers(
        {
            name: value
            for name, value in headers.items()
            if (form := _FORMS.get(name.lower())) is None or form(value)
        }
    )


def _value(value: Any) -> str:  # noqa: ANN401 - as above
    values = value if isinstance(value, list) else [value]
    return ", ".join(_text(item).strip() for item in values if not isinstance(item, list | dict))


def _is_text(value: object) -> bool:
    return isinstance(value, str | bytes)


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else _plain(value)


def _request_body(body: Any) -> str:  # noqa: ANN401 - as above
    if isinstance(body, dict):  # of Ruby's VCR and betamax
        encoded = body.get("base64_string")
        body = _from_base64(encoded) if encoded else body.get("string")
    if isinstance(body, list):  # the parts of an iterator
        return "".join(_text(part) for part in body if _is_text(part))
    return _text(body) if _is_text(body) else ""


def _from_base64(encoded: object) -> bytes:
    try:
        return base64.b64decode(_text(encoded))
    except binascii.Error:
        return b""


def _is_stripe_exchange(request: Request, headers: Headers) -> bool:
    """Tell an exchange with Stripe, or with a server in its place, from one with another API.

    Any host of stripe.com counts. Elsewhere the path begins with /v1/, as other APIs' paths may too, so
    the headers have to be Stripe's, or the server is on this machine.
    """
    host = urlsplit(request.url).hostname or ""
    if host == "stripe.com" or host.endswith(".stripe.com"):
        return True
    if not request.path.startswith("/v1/"):
        return False
    has_header = any(name in side for side in (request.headers, headers) for name in _STRIPE_HEADERS)
    is_client = request.headers.get("User-Agent", "").startswith("Stripe/")
    is_local = "." not in host or host.startswith("127.") or host.endswith((".localhost", ".local"))
    return has_header or is_client or is_local
