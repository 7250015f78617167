"""The body of a recorded response as the bytes that were meant: unpacked, however it was written."""

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

BIGGEST = 100_000_000
_GZIP_OR_ZLIB, _RAW_DEFLATE = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]{8,}={0,2}\s*")


class BodyError(ValueError):
    """A body that can't be unpacked, and why."""


@dataclass(frozen=True)
class Beside:
    """A body that lies in a file of its own, named from its recording's folder."""

    name: str

    def read(self, recording: Path | None) -> bytes:
        """Read it; BodyError when it isn't there, or doesn't lie in the recording's folder."""
        if recording is None:
            raise BodyError("with a body in a file of its own, which is found beside a file only")
        folder = recording.resolve().parent
        path = (folder / self.name.replace("\0", "")).resolve()
        if not path.is_relative_to(folder):
            raise BodyError("with a body in a file outside its folder")
        if not path.is_file() or path.stat().st_size > BIGGEST:
            raise BodyError("with a body in a file of its own, which isn't there")
        try:
            return path.read_bytes()
        except OSError as error:
            raise BodyError("with a body in a file of its own, which can't be read") from error


def unpacked(body: Any, headers: Mapping[str, str]) -> bytes:  # noqa: ANN401 - any YAML
    """Give a response's body: of a dict's `string` or `base64_string`, or itself; decompressed.

    Recorders that decompress leave the header as it was, so a body that already looks like JSON is
    taken as it is. BodyError when the compression is unknown here, broken, or hides a giant.
    """
    if isinstance(body, dict):
        body = _coded(body["base64_string"]) if body.get("base64_string") else body.get("string")
    if isinstance(body, dict | list):
        raise BodyError("with a body that is no text")
    content = body if isinstance(body, bytes) else str(body or "").encode("utf-8", "surrogatepass")
    if content.lstrip()[:1] in (b"{", b"["):
        return content
    for encoding in reversed(headers.get("Content-Encoding", "").lower().split(",")):
        content = _decompressed(content, encoding.strip())
    if _BASE64.fullmatch(content):
        coded = _coded(content)
        return coded if coded.lstrip()[:1] in (b"{", b"[") else content
    return content


def _coded(text: Any) -> bytes:  # noqa: ANN401 - as above
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
    raise BodyError(f"with a body compressed as {encoding!r}, which can't be read here")


def _inflated(content: bytes, encoding: str) -> bytes:
    for form in (_GZIP_OR_ZLIB, _RAW_DEFLATE):
        reader = zlib.decompressobj(form)
        try:
            inflated = reader.decompress(content, BIGGEST)
        except zlib.error:
            continue
        if reader.unconsumed_tail:
            raise BodyError(f"with a body that unpacks to more than {BIGGEST // 1_000_000} MB")
        if reader.eof:
            return inflated
    raise BodyError(f"with a body that says it is {encoding} and is not, or is cut short")


def _brotli(content: bytes) -> bytes:
    for name in ("brotli", "brotlicffi"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        try:
            return bytes(module.decompress(content))
        except module.error as error:
            raise BodyError("with a body that says it is br and is not, or is cut short") from error
    raise BodyError("with a body compressed as 'br'; install the brotli package to have them read")
