"""The placeholders that stand for secrets in a cassette, such as `scrubbedKey1`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

# Matches every placeholder. Word and number make it unique; a placeholder of an e-mail address goes on
# with a domain, so that it is an address too.
PLACEHOLDER = re.compile(r"scrubbed([A-Z][a-z]+)([0-9]+)(?:(?:@|%40)example\.com)?")


class Placeholders:
    """Numbers the placeholders of one cassette: an equal secret gets an equal placeholder.

    - `text`: a cassette that is added to; new numbers follow the highest number in it.
    - `known`: its placeholders, with the values that they have in this run.
    """

    def __init__(self, text: str, known: Mapping[str, str]) -> None:
        self._numbers: Counter[str] = Counter()
        for found in PLACEHOLDER.finditer(text):
            word, number = found[1], int(found[2])
            self._numbers[word] = max(self._numbers[word], number)
        self._placeholders: dict[tuple[str, str], str] = {}
        for name, value in known.items():
            if placeholder := PLACEHOLDER.fullmatch(name):
                self._placeholders[placeholder[1], value] = name

    def replace(self, word: str, secret: str) -> str:
        """Give the placeholder of a secret, with the word of its kind.

        An empty text, or a placeholder, stays as it is.
        """
        if not secret or PLACEHOLDER.fullmatch(secret):
            return secret
        if (placeholder := self._placeholders.get((word, secret))) is None:
            self._numbers[word] += 1
            domain = "@example.com" if word == "Email" else ""
            placeholder = f"scrubbed{word}{self._numbers[word]}{domain}"
            self._placeholders[word, secret] = placeholder
        return placeholder
