"""The last look before a cassette is written, for anything in it that looks like a secret.

A text is looked at as it is and in every dress that it may wear: percent-encoded, with JSON's
escapes or HTML's, in base64, in wide letters or with signs that nobody sees, and these within one
another. Keys are looked for in hex, base32 and UTF-16 too, and where blanks and line breaks cut what is
coded; the keys that were used also where anything cuts them. A text that is encoded so often that it
would take too long is refused.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, unquote_plus

from pytest_stripe_balance.masking import SHAPES, Shape, iban_holds, luhn, masked

# Every stand-in for a secret that a cassette of ours holds. Kind and number make it unique; the rest
# of an address keeps it one.
PLACEHOLDER = re.compile(r"scrubbed([A-Z][a-z]+)([0-9]+)(?:(?:@|%40)example\.com)?")
ACCOUNT = Shape("account id", re.compile(r"((?<![A-Za-z])acct_)\w+"))
REFRESH_TOKEN = Shape("refresh token", re.compile(r"((?<![A-Za-z0-9])rt_)[A-Za-z0-9]{12,}"))
IDEMPOTENCY_KEY = "idempotency key"
# What Stripe says of one that was used before, or is in use. Elsewhere a key has no shape.
_SAID_OF_KEYS = Shape(
    IDEMPOTENCY_KEY,
    re.compile(r"((?:a key other than '|still going through\): ))\S.*?(?=' if you|\. Please try)"),
)
KINDS = (*SHAPES, ACCOUNT, REFRESH_TOKEN, _SAID_OF_KEYS)
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_SURE = tuple(
    shape
    for shape in KINDS
    if shape.kind in ("API key", "signing secret", "client secret", "account id")
)
# Signs that may be one coded text, which something has cut.
_CUT = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]++(?:\s++[A-Za-z0-9+/_-]++)++")
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_BASE32 = re.compile(r"[a-z2-7]{16,}|[A-Z2-7]{16,}")
_TO_BASE32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")
_IN_SURE = (b"_test_", b"_live_", b"whsec_", b"_secret_", b"acct_")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\([/\"\\bfnrt])")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_STANDARD = str.maketrans("-_", "+/")
_NESTED = re.compile(
    r"(%)(?:25)+(?=[0-9A-Fa-f]{2})|(&)(?:(?i:amp|#0*38|#x0*26);)+|(?<!\\)(\\)\\++(?=u[0-9A-Fa-f]{4})"
)
_INVISIBLE = re.compile(r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
_MOST = 1_000_000  # characters, in all the dresses of a text
_SHORTEST_KNOWN = 8
_SHORTEST_CUT = 12
_NO_WORD = 16  # characters; Stripe's have more
TOO_OFTEN = "text that is encoded too often to be looked through"
_ENCODED = re.compile(r"[?&]")


class SecretLeftError(ValueError):
    """A cassette wasn't written, as a secret would have been in it. The message never shows it."""

    def __init__(self, kind: str, interaction: int, side: str, path: str) -> None:
        super().__init__(
            f"nothing was written: interaction {interaction} still holds something shaped like "
            f"{'an' if kind[0] in 'aeioAI' else 'a'} {kind}, in its {side} at {path}. "
            "Keep it out of the call, or send it as plain text, which is replaced"
        )
        self.kind, self.interaction, self.side, self.path = kind, interaction, side, path


class KnownSecrets:
    """Secrets that no shape tells, such as idempotency keys, found where they stand as words.

    `kinds` names each one's kind. Those of less than eight characters are secrets in their place only.
    `keys` are API keys, which are found wherever and by whatever they are cut.
    """

    def __init__(self, kinds: Mapping[str, str] | None = None, keys: Collection[str] = ()) -> None:
        signs = (re.sub(r"[^A-Za-z0-9]", "", unlike_words(key, "API key") or key) for key in keys)
        cut = ("[^A-Za-z0-9]*".join(one) for one in sorted(signs) if len(one) >= _SHORTEST_CUT)
        self._cut = [re.compile(one) for one in cut]
        self._keys = keys
        self._kinds = dict(kinds or {})
        self._by_start: dict[str, list[str]] = {}
        for value in sorted(self._kinds, key=lambda value: (-len(value), value)):
            if len(value) >= _SHORTEST_KNOWN:
                self._by_start.setdefault(value[:_SHORTEST_KNOWN], []).append(value)

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield where they begin and end, and their kind: the longest first, none within another."""
        at, last = 0, len(text) - _SHORTEST_KNOWN
        while self._by_start and at <= last:
            for value in self._by_start.get(text[at : at + _SHORTEST_KNOWN], ()):
                end = at + len(value)
                # order-12 is not in order-123.
                is_word = not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum())
                if is_word and text.startswith(value, at):
                    yield at, end, self._kinds[value]
                    at = end - 1
                    break
            at += 1

    def cut(self, text: str) -> Iterator[re.Match[str]]:
        """Yield where API keys stand, in one piece or cut by line breaks, blanks or anything else."""
        for pattern in self._cut:
            # A whole key has a shape.
            yield from (found for found in pattern.finditer(text) if found[0] not in self._keys)


def unlike_words(secret: str, kind: str) -> str | None:
    """Give of a secret with a shape what follows that, if it can be no word; None if it may be one."""
    shapes = (shape.pattern.fullmatch(secret) for shape in KINDS if shape.kind == kind)
    found = next(filter(None, shapes), None)
    if found is None:
        return secret
    rest = secret[found.end(1) :]
    return rest if len(rest) >= _NO_WORD and any(map(str.isdigit, rest)) else None


def is_real_secret(shape: Shape, found: re.Match[str]) -> bool:
    """Tell a secret from what has its shape only: checksums hold, and a placeholder is none.

    Numbers are the cards' and the IBANs' whose check digits are right; other long numbers are order
    numbers, times and the account numbers that Stripe invents in test mode.
    """
    secret = found[0][len(found[1]) :]
    if PLACEHOLDER.fullmatch(secret):
        return False
    if shape.holds:
        return shape.holds(secret)
    if shape.kind == "IBAN":
        return iban_holds(secret)
    if shape.kind == "card or account number":
        digits = re.sub(r"\D", "", secret)
        return digits[0] in "23456" and luhn(digits)
    return True


def decodings(token: str) -> Iterator[tuple[str, bool]]:
    """Decode what may be base64, from each place where it may begin; and tell whether it is all text.

    What may be hex or base32 is decoded too, and given when it holds what may be a key.
    """
    plain = token.rstrip("=").translate(_STANDARD)
    for start in range(4):
        part = plain[start:]
        part = part[: len(part) - 1] if len(part) % 4 == 1 else part
        try:
            content = base64.b64decode(part + "=" * (-len(part) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        text = content.decode("utf-8", "replace")
        yield text, start == 0 and "".join(text.split()).isprintable() and "\ufffd" not in text
        if "\0" in text:
            yield text.replace("\0", ""), False  # UTF-16 perhaps
    for found in _HEX.finditer(token):
        yield from _digits(found[0], 16)
    for found in _BASE32.finditer(token):
        yield from _digits(found[0].upper().translate(_TO_BASE32), 32)


def _digits(digits: str, base: int) -> Iterator[tuple[str, bool]]:
    """Decode a number's digits from every bit on, as other signs may stand before and behind."""
    number = int(digits, base)
    for shift in range(8):
        content = (number >> shift).to_bytes(len(digits), "big").replace(b"\0", b"")
        if any(word in content for word in _IN_SURE):
            yield content.decode("utf-8", "replace"), False


def unescaped(text: str) -> str:
    """Resolve JSON's escapes in a text that need not be JSON."""
    return _ESCAPE.sub(
        lambda found: chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[2], found[2]), text
    )


def _undressed(text: str) -> Iterator[str]:
    """Give what a text says when one of its dresses is off; the text itself where it wears none."""
    once = _NESTED.sub(lambda found: found[1] or found[2] or found[3], text)
    if once != text:  # of what is encoded hundreds of times all but the last at once
        yield once
        return
    yield unquote(text)
    yield unquote_plus(text)
    yield unescaped(text)
    yield html.unescape(text)
    yield text.replace("\0", "")
    if not text.isascii():
        yield unicodedata.normalize("NFKC", text)
        yield _INVISIBLE.sub("", text)


class Scan:
    """Looks for secrets: by shape, and the known ones by value; `published` values are none."""

    def __init__(self, known: KnownSecrets | None = None, published: Collection[str] = ()) -> None:
        self._known = known or KnownSecrets()
        self._published = published
        self._seen: dict[str, frozenset[str]] = {}

    def find_secrets(self, text: str) -> list[str]:
        """Name the kinds of secrets that a text holds, in whatever dress; [] when there are none."""
        if (kinds := self._seen.get(text)) is None:
            kinds = self._seen[text] = frozenset(self._kinds(text))
        return sorted(kinds)

    def in_base64(self, token: str) -> bool:
        """Tell whether a token is a secret in base64."""
        return any(
            bool(self.find_secrets(plain) if is_text else next(self._plain(plain, _SURE), None))
            for plain, is_text in decodings(token)
        )

    def is_cut(self, text: str) -> bool:
        """Tell whether a coded secret goes on behind a blank or line break, so that no word has all."""
        for run in _CUT.finditer(text):
            words = run[0].split()
            if (whole := _longest("".join(words))) and whole > max(map(_longest, words)):
                return True
        return False

    def _kinds(self, text: str) -> Iterator[str]:
        waiting, seen, spent = [text], {text}, 0
        while waiting:
            plain = waiting.pop()
            spent += len(plain)
            if spent > _MOST + 8 * len(text):
                yield TOO_OFTEN
                return
            yield from self._plain(plain, KINDS)
            yield from self._of_known(plain)
            for run in _CUT.finditer(plain):
                for inner, _ in decodings("".join(run[0].split())):
                    yield from self._sure(inner)
            found = dict.fromkeys(_undressed(plain))
            for token in BASE64.finditer(plain):
                for inner, is_text in decodings(token[0]):
                    # What is no text by its bytes is ids and digests: only what can't be chance counts.
                    if is_text:
                        found[inner] = None
                    else:
                        yield from self._sure(inner)
            waiting += found.keys() - seen
            seen |= found.keys()

    def _of_known(self, text: str) -> Iterator[str]:
        yield from (kind for _, _, kind in self._known.find(text))
        yield from ("API key" for _ in self._known.cut(text))

    def _sure(self, text: str) -> Iterator[str]:
        yield from self._plain(text, _SURE)
        yield from ("API key" for _ in self._known.cut(text))

    def _plain(self, text: str, shapes: Iterable[Shape]) -> Iterator[str]:
        for shape in shapes:
            for found in shape.pattern.finditer(text):
                if is_real_secret(shape, found) and not any(
                    found[0] in value for value in self._published
                ):
                    yield shape.kind

    def refuse(self, interactions: Iterable[Any]) -> None:
        """Raise SecretLeftError for the first secret left in interactions, as vcrpy writes them."""
        for number, item in enumerate(interactions, 1):
            for side in ("request", "response"):
                for path, text in _leaves(item.get(side), ""):
                    if kinds := self.find_secrets(text):
                        parts = path.lstrip(".").split(": ", 1)
                        shown = ("***" if self.find_secrets(part) else masked(part) for part in parts)
                        raise SecretLeftError(kinds[0], number, side, ": ".join(shown))


def _longest(token: str) -> int:
    """Measure the longest secret that a token is, coded; 0 when it is none."""
    plains = (plain for plain, _ in decodings(token))
    found = (one for plain in plains for shape in _SURE for one in shape.pattern.finditer(plain))
    return max((len(one[0]) for one in found), default=0)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any YAML
    """Yield every text of a value with its path: names too, and what a body's JSON holds."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace") + "\n" + value.decode("latin-1")
    if isinstance(value, dict):
        value = list(value.items())
    if isinstance(value, list | tuple):
        for place, item in enumerate(value):
            if isinstance(item, tuple) and len(item) == 2:  # noqa: PLR2004 - a name and its value
                yield f"{path} (a name)", str(item[0])
                yield from _leaves(item[1], f"{path}.{item[0]}")
            else:
                yield from _leaves(item, f"{path}[{place}]")
    elif value is not None:
        yield from _texts(str(value), path)


def _texts(text: str, path: str) -> Iterator[tuple[str, str]]:
    if text.lstrip()[:1] in ("{", "["):
        try:
            # As pairs: of two equal names neither is lost.
            inner = json.loads(text, object_pairs_hook=lambda pairs: [tuple(pair) for pair in pairs])
        except (ValueError, RecursionError):
            yield path, text
        else:
            yield from _leaves(inner, f"{path}: $")
    elif path in (".body", ".uri"):
        for part in _ENCODED.split(text):
            yield f"{path}: {unquote_plus(part.partition('=')[0])}", part
    else:
        yield path, text
