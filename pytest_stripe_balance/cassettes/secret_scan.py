"""Searches a cassette for secrets that are left, before it is written.

- A text is searched as it is, and decoded: from percent-encoding, JSON's and HTML's escapes, base64,
  full-width letters and invisible characters, also when one encoding is inside another.
- Keys are also found in hex, base32 and UTF-16, and in base64 that blanks or line breaks cut.
- The keys that the test has used are found whatever cuts them.
- A text with so many encodings that the search would take too long counts as a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

from pytest_stripe_balance.cassettes.encodings import BASE64, SPLIT_BASE64, decodings, unwrapped
from pytest_stripe_balance.cassettes.secret_kinds import (
    KINDS,
    UNMISTAKABLE,
    is_real_secret,
    random_part,
)
from pytest_stripe_balance.masking import Shape, masked

_MOST = 1_000_000  # characters, in all decodings of a text
_SHORTEST_KNOWN = 8
_SHORTEST_SPLIT = 12
TOO_OFTEN = "text that is encoded too often to be searched"
_FIELD_START = re.compile(r"[?&]")


class SecretLeftError(ValueError):
    """A cassette wasn't written, since it would have a secret. The message never shows the secret."""

    def __init__(self, kind: str, interaction: int, side: str, path: str) -> None:
        article = "an" if kind[0] in "aeioAI" else "a"
        super().__init__(
            f"nothing was written: interaction {interaction} still has something that looks like "
            f"{article} {kind}, in its {side} at {path}. "
            "Leave it out of the call, or send it as plain text, which is replaced"
        )
        self.kind, self.interaction, self.side, self.path = kind, interaction, side, path


class KnownSecrets:
    """Secrets that are known by their value, and found where they stand as whole words.

    - `kinds`: the secrets with the kind of each. Those of less than eight characters aren't searched.
    - `keys`: API keys, which are found even if other characters cut them.
    """

    def __init__(self, kinds: Mapping[str, str] | None = None, keys: Collection[str] = ()) -> None:
        letters = (re.sub(r"[^A-Za-z0-9]", "", random_part(key, "API key") or key) for key in keys)
        patterns = ("[^A-Za-z0-9]*".join(key) for key in sorted(letters) if len(key) >= _SHORTEST_SPLIT)
        self._split_keys = [re.compile(pattern) for pattern in patterns]
        self._keys = keys
        self._kinds = dict(kinds or {})
        self._by_start: dict[str, list[str]] = {}
        for value in sorted(self._kinds, key=lambda value: (-len(value), value)):
            if len(value) >= _SHORTEST_KNOWN:
                self._by_start.setdefault(value[:_SHORTEST_KNOWN], []).append(value)

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield the start, end and kind of each secret: the longest first, none inside another."""
        start, last = 0, len(text) - _SHORTEST_KNOWN
        while self._by_start and start <= last:
            for value in self._by_start.get(text[start : start + _SHORTEST_KNOWN], ()):
                end = start + len(value)
                # order-12 is not in order-123.
                is_word = not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())
                if is_word and text.startswith(value, start):
                    yield start, end, self._kinds[value]
                    start = end - 1
                    break
            start += 1

    def find_split_keys(self, text: str) -> Iterator[re.Match[str]]:
        """Yield where API keys stand with other characters between theirs, or without their prefix."""
        for pattern in self._split_keys:
            # A whole key is found by its shape.
            yield from (found for found in pattern.finditer(text) if found[0] not in self._keys)


class Scan:
    """Searches texts for secrets, by shape and by known value; `published` values are no secrets."""

    def __init__(self, known: KnownSecrets | None = None, published: Collection[str] = ()) -> None:
        self._known = known or KnownSecrets()
        self._published = published
        self._memo: dict[str, frozenset[str]] = {}

    def find_secrets(self, text: str) -> list[str]:
        """Name the kinds of secrets in a text, encoded or not; [] when there are none."""
        if (kinds := self._memo.get(text)) is None:
            kinds = self._memo[text] = frozenset(self._find(text))
        return sorted(kinds)

    def hides_secret(self, token: str) -> bool:
        """Tell whether a token is a secret in base64."""
        return any(
            bool(
                self.find_secrets(plain)
                if is_text
                else next(self._find_shapes(plain, UNMISTAKABLE), None)
            )
            for plain, is_text in decodings(token)
        )

    def has_split_secret(self, text: str) -> bool:
        """Tell whether blanks or line breaks cut an encoded secret, so that no word has all of it."""
        for run in SPLIT_BASE64.finditer(text):
            words = run[0].split()
            if (whole := _longest("".join(words))) and whole > max(map(_longest, words)):
                return True
        return False

    def _find(self, text: str) -> Iterator[str]:
        waiting, seen, spent = [text], {text}, 0
        while waiting:
            plain = waiting.pop()
            spent += len(plain)
            if spent > _MOST + 8 * len(text):
                yield TOO_OFTEN
                return
            yield from self._find_shapes(plain, KINDS)
            yield from self._find_known(plain)
            for run in SPLIT_BASE64.finditer(plain):
                for inner, _ in decodings("".join(run[0].split())):
                    yield from self._find_keys(inner)
            inners = dict.fromkeys(unwrapped(plain))
            for token in BASE64.finditer(plain):
                for inner, is_text in decodings(token[0]):
                    # Ids and digests decode to bytes that aren't text. A short shape there is chance.
                    if is_text:
                        inners[inner] = None
                    else:
                        yield from self._find_keys(inner)
            waiting += inners.keys() - seen
            seen |= inners.keys()

    def _find_known(self, text: str) -> Iterator[str]:
        yield from (kind for _, _, kind in self._known.find(text))
        yield from ("API key" for _ in self._known.find_split_keys(text))

    def _find_keys(self, text: str) -> Iterator[str]:
        yield from self._find_shapes(text, UNMISTAKABLE)
        yield from ("API key" for _ in self._known.find_split_keys(text))

    def _find_shapes(self, text: str, shapes: Iterable[Shape]) -> Iterator[str]:
        for shape in shapes:
            for found in shape.pattern.finditer(text):
                if is_real_secret(shape, found) and not self._is_published(found[0]):
                    yield shape.kind

    def _is_published(self, value: str) -> bool:
        return any(value in published for published in self._published)

    def refuse(self, interactions: Iterable[Any]) -> None:
        """Raise SecretLeftError for the first secret in interactions, in vcrpy's layout."""
        for number, item in enumerate(interactions, 1):
            for side in ("request", "response"):
                for path, text in _leaves(item.get(side), ""):
                    if kinds := self.find_secrets(text):
                        parts = path.lstrip(".").split(": ", 1)
                        shown = ("***" if self.find_secrets(part) else masked(part) for part in parts)
                        raise SecretLeftError(kinds[0], number, side, ": ".join(shown))


def _longest(token: str) -> int:
    """Give the length of the longest key in a token's decodings; 0 when there is none."""
    plains = (plain for plain, _ in decodings(token))
    keys = (key for plain in plains for shape in UNMISTAKABLE for key in shape.pattern.finditer(plain))
    return max((len(key[0]) for key in keys), default=0)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any YAML
    """Yield every text of a value with its path; names are texts too, and a body's JSON is parsed."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace") + "\n" + value.decode("latin-1")
    if isinstance(value, dict):
        value = list(value.items())
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if isinstance(item, tuple) and len(item) == 2:  # noqa: PLR2004 - a name and its value
                yield f"{path} (a name)", str(item[0])
                yield from _leaves(item[1], f"{path}.{item[0]}")
            else:
                yield from _leaves(item, f"{path}[{index}]")
    elif value is not None:
        yield from _texts(str(value), path)


def _texts(text: str, path: str) -> Iterator[tuple[str, str]]:
    if text.lstrip()[:1] in ("{", "["):
        try:
            # As pairs, so that both values of a repeated name are searched.
            inner = json.loads(text, object_pairs_hook=lambda pairs: [tuple(pair) for pair in pairs])
        except (ValueError, RecursionError):
            yield path, text
        else:
            yield from _leaves(inner, f"{path}: $")
    elif path in (".body", ".uri"):
        for part in _FIELD_START.split(text):
            yield f"{path}: {unquote_plus(part.partition('=')[0])}", part
    else:
        yield path, text
