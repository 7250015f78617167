"""Names the formats of recordings and envelopes that this package can't read, by their structure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Json = Any
_RAW_HTTP = re.compile(
    r"\s*(?:[<>*] )?(?:HTTP/\d(?:\.\d)? \d{3}\b|(?:GET|POST|DELETE|PUT|PATCH) (?:\S+ HTTP/\d|https?://))"
)
_URLS = {"url", "urlPath", "urlPattern", "urlPathPattern", "urlPathTemplate"}
# The lines about the connection that `curl -v` writes before the request.
_TRACE = re.compile(r"\s*\* .*?^[<>] (?:HTTP/\d|[A-Z]+ \S+ HTTP/\d)", re.DOTALL | re.MULTILINE)
WAY_OUT = "Save Stripe's responses as JSON lines (.jsonl) to check them"
_DEEPEST = 4


def format_of(data: Json) -> str | None:
    """Name the format of a recording that can't be read; None for any other data."""
    first = data[0] if isinstance(data, list) and data else data
    return next((name for name, matches in _FORMATS if matches(data, first)), None)


def is_raw_http(text: str) -> bool:
    """Tell whether a text is raw HTTP, as `curl -i` and .http files have it."""
    return bool(_RAW_HTTP.match(text) or (text.lstrip()[:2] == "* " and _TRACE.match(text)))


def wraps(value: Json, depth: int = _DEEPEST) -> bool:
    """Tell whether a document has Stripe objects inside it, at most `depth` levels down."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(
        (_has(item, "object") and isinstance(item["object"], str))
        or (depth > 1 and wraps(item, depth - 1))
        for item in inner
    )


def no_cassette(name: str) -> str:
    """Say that a recording of another format was given in the place of a cassette."""
    return f"not a cassette but {name}. {WAY_OUT}"


def _has(value: Json, *keys: str) -> bool:
    return isinstance(value, dict) and value.keys() >= set(keys)


def _list(value: Json, key: str) -> bool:
    return _has(value, key) and isinstance(value[key], list)


def _is_pair(item: Json, request_key: str, response_key: str) -> bool:
    """Tell whether an item has a request and a response, each with the key of its format."""
    return _has(item, "request", "response") and (
        _has(item["request"], request_key) and _has(item["response"], response_key)
    )


def _har(data: Json, _: Json) -> bool:
    return _has(data, "log") and _list(data["log"], "entries")


def _polly(data: Json, first: Json) -> bool:
    if not _har(data, first):
        return False
    creator = data["log"].get("creator")
    return "_recordingName" in data["log"] or (_has(creator, "name") and creator["name"] == "Polly.JS")


def _postman(data: Json, _: Json) -> bool:
    collection = data["collection"] if _has(data, "collection") else data
    if _list(collection, "requests") and "order" in collection:  # before version 2
        return True
    info = collection["info"] if _list(collection, "item") and "info" in collection else None
    return isinstance(info, dict) and ("_postman_id" in info or "getpostman" in str(info.get("schema")))


def _pact(data: Json, _: Json) -> bool:
    return _has(data, "consumer", "provider") and bool({"interactions", "messages"} & data.keys())


def _go_vcr(data: Json, _: Json) -> bool:
    if not _list(data, "interactions") or not data["interactions"]:
        return False
    item = data["interactions"][0]
    return _is_pair(item, "url", "code") and "uri" not in item["request"]


def _wiremock(data: Json, _: Json) -> bool:
    if _list(data, "mappings"):
        return not data["mappings"] or _wiremock(data["mappings"][0], None)
    request = data.get("request") if _has(data, "request", "response") else None
    return isinstance(request, dict) and bool(_URLS & request.keys())


def _nock(_: Json, first: Json) -> bool:
    return _has(first, "scope", "method", "path")


def _exvcr(data: Json, first: Json) -> bool:
    return isinstance(data, list) and _is_pair(first, "url", "status_code")


def _php_vcr(data: Json, first: Json) -> bool:
    return isinstance(data, list) and _is_pair(first, "url", "status")


def _hoverfly(data: Json, _: Json) -> bool:
    return _has(data, "data", "meta") and _list(data["data"], "pairs")


def _mock_server(_: Json, first: Json) -> bool:
    return _has(first, "httpRequest", "httpResponse")


def _dumpdata(data: Json, first: Json) -> bool:
    return isinstance(data, list) and _has(first, "model", "fields")


def _sns(data: Json, _: Json) -> bool:
    return _has(data, "Type", "MessageId", "Message")


def _records(data: Json, _: Json) -> bool:
    first = data["Records"][0] if _list(data, "Records") and data["Records"] else None
    return isinstance(first, dict) and bool({"body", "Sns", "kinesis"} & first.keys())


def _gateway(data: Json, _: Json) -> bool:
    return _has(data, "body", "headers") and bool({"httpMethod", "requestContext"} & data.keys())


def _pub_sub(data: Json, _: Json) -> bool:
    return _has(data, "message", "subscription") and _has(data["message"], "data")


# A format that a later row would match too comes first: Polly.JS writes HAR.
_FORMATS: tuple[tuple[str, Callable[[Json, Json], bool]], ...] = (
    ("the HAR of Polly.JS", _polly),
    ("a HAR file (a browser's or proxy's archive)", _har),
    ("a Postman collection", _postman),
    ("a Pact contract", _pact),
    ("go-vcr's format", _go_vcr),
    ("WireMock's stub mappings", _wiremock),
    ("nock's format", _nock),
    ("ExVCR's format", _exvcr),
    ("php-vcr's format", _php_vcr),
    ("Hoverfly's simulation", _hoverfly),
    ("MockServer's expectations", _mock_server),
    ("a dump of Django's tables", _dumpdata),
    ("a notification of Amazon SNS", _sns),
    ("a batch of records for AWS Lambda", _records),
    ("a request of API Gateway to AWS Lambda", _gateway),
    ("a message of Google Pub/Sub", _pub_sub),
)
RAW_HTTP = "raw HTTP"
