"""The body of a recorded response as plain bytes: decompressed, and decoded from base64."""

from __future__ import annotations

import base64
import binascii
import importlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_stripe_balance.input_files import LARGEST, MEGABYTE

BIGGEST = LARGEST * MEGABYTE
_GZIP_OR_ZLIB, _RAW_DEFLATE = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]{8,}={0,2}\s*")


class BodyError(ValueError):
    """A body can't be read. The message follows the word "skipped", as "with a body that ..."."""


@dataclass(frozen=True)
class BodyFile:
    """A body in a file of its own; `name` is its path from the folder of the recording."""

    name: str

    def read(self, recording: Path | None) -> bytes:
        """Read the file; BodyError when it doesn't exist, or isn't inside the recording's folder."""
        if recording is None:
            raise BodyError("with a body in another file; read the recording from a file to find it")
        folder = recording.resolve().parent
        path = (folder / self.name.replace("\0", "")).resolve()
        if not path.is_relative_to(folder):
            raise BodyError("with a body in a file outside the recording's folder")
        if not path.is_file() or path.stat().st_size > BIGGEST:
            raise BodyError("with a body in a file that is missing or too big")
        try:
            return path.read_bytes()
        except OSError as error:
            raise BodyError("with a body in a file that can't be read") from error


def unpacked(body: Any, headers: Mapping[str, str]) -> bytes:  # noqa: ANN401 - any YAML
    """Decompress a response's body, which is text, bytes, or a dict of `string` or `base64_string`.

    Some recorders decompress a body and keep its Content-Encoding header, so a body that looks like
    JSON is returned as it is. BodyError when the compression is unknown or broken, or when the result
    is larger than BIGGEST.
    """
    if isinstance(body, dict):
        body = _from_base64(body["base64_string"]) if body.get("base64_string") else body.get("string")
    if isinstance(body, dict | list):
        raise BodyError("with a body that isn't text")
    content = body if isinstance(body, bytes) else str(body or "").encode("utf-8", "surrogatepass")
    if content.lstrip()[:1] in (b"{", b"["):
        return content
    for encoding in reversed(headers.get("Content-Encoding", "").lower().split(",")):
        content = _decompressed(content, encoding.strip())
    if _BASE64.fullmatch(content):
        decoded = _from_base64(content)
        return decoded if decoded.lstrip()[:1] in (b"{", b"[") else content
    return content


def _from_base64(text: Any) -> bytes:  # noqa: ANN401 - as above
    try:
        return base64.b64decode(text)
    except (binascii.Error, TypeError, ValueError):
        return b""


def _decompressed(content: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity") or not content:
        return content
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _inflated(content, encoding)
    if encoding == "br":
        return _brotli(content)
    raise BodyError(f"with a body compressed as {encoding!r}, which isn't supported")


def _inflated(content: bytes, encoding: str) -> bytes:
    for form in (_GZIP_OR_ZLIB, _RAW_DEFLATE):
        reader = zlib.decompressobj(form)
        try:
            inflated = reader.decompress(content, BIGGEST)
        except zlib.error:
            continue
        if reader.unconsumed_tail:
            raise BodyError(f"with a body of more than {BIGGEST // MEGABYTE} MB when it is decompressed")
        if reader.eof:
            return inflated
    raise BodyError(f"with a body whose {encoding} compression is broken or cut short")


def _brotli(content: bytes) -> bytes:
    for name in ("brotli", "brotlicffi"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        try:
            return bytes(module.decompress(content))
        except module.error as error:
            raise BodyError("with a body whose br compression is broken or cut short") from error
    raise BodyError("with a body compressed as 'br'; install the brotli package to read it")
