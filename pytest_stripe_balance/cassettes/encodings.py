"""Decodes text that may hide a secret: base64, hex, base32, percent-encoding and escapes."""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
# Words that may be one encoded text, cut by blanks or line breaks.
SPLIT_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]++(?:\s++[A-Za-z0-9+/_-]++)++")
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_BASE32 = re.compile(r"[a-z2-7]{16,}|[A-Z2-7]{16,}")
_BASE32_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")
_IN_KEYS = (b"_test_", b"_live_", b"whsec_", b"_secret_", b"acct_")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\([/\"\\bfnrt])")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_STANDARD = str.maketrans("-_", "+/")
_REPEATED = re.compile(
    r"(%)(?:25)+(?=[0-9A-Fa-f]{2})|(&)(?:(?i:amp|#0*38|#x0*26);)+|(?<!\\)(\\)\\++(?=u[0-9A-Fa-f]{4})"
)
_INVISIBLE = re.compile(r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")


def decodings(token: str) -> Iterator[tuple[str, bool]]:
    """Decode a token as base64 from each of its first four characters on, and as hex and base32.

    Yield each result, and whether it is the whole token as printable text. A result of hex or base32 is
    yielded only if it may have a key.
    """
    standard = token.rstrip("=").translate(_STANDARD)
    for start in range(4):
        part = standard[start:]
        part = part[: len(part) - 1] if len(part) % 4 == 1 else part
        try:
            content = base64.b64decode(part + "=" * (-len(part) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        text = content.decode("utf-8", "replace")
        yield text, start == 0 and "".join(text.split()).isprintable() and "\ufffd" not in text
        if "\0" in text:
            yield text.replace("\0", ""), False  # it may be UTF-16
    for run in _HEX.finditer(token):
        yield from _from_digits(run[0], 16)
    for run in _BASE32.finditer(token):
        yield from _from_digits(run[0].upper().translate(_BASE32_DIGITS), 32)


def _from_digits(digits: str, base: int) -> Iterator[tuple[str, bool]]:
    """Decode digits at each of eight bit offsets, as other characters may stand on both sides."""
    number = int(digits, base)
    for shift in range(8):
        content = (number >> shift).to_bytes(len(digits), "big").replace(b"\0", b"")
        if any(word in content for word in _IN_KEYS):
            yield content.decode("utf-8", "replace"), False


def unwrapped(text: str) -> Iterator[str]:
    """Remove one layer of encoding, in each way that there is; a text without that layer stays as it is.

    The layers are percent-encoding, JSON's and HTML's escapes, zero bytes, full-width letters and
    invisible characters.
    """
    once = _REPEATED.sub(lambda found: found[1] or found[2] or found[3], text)
    if once != text:  # of hundreds of layers all but the last go at once
        yield once
        return
    yield unquote(text)
    yield unquote_plus(text)
    yield _unescaped(text)
    yield html.unescape(text)
    yield text.replace("\0", "")
    if not text.isascii():
        yield unicodedata.normalize("NFKC", text)
        yield _INVISIBLE.sub("", text)


def _unescaped(text: str) -> str:
    """Resolve JSON's escapes in a text that need not be JSON."""
    return _ESCAPE.sub(
        lambda found: chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[2], found[2]), text
    )
