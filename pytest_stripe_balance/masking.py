"""Secrets in text that people will read: found by their shape, and masked."""

import re
from typing import NamedTuple


class Shape(NamedTuple):
    """What a kind of secret looks like. Group 1 of the pattern is not secret and stays."""

    kind: str
    pattern: re.Pattern[str]
    mask: str = r"\1***"


# RFC 2606's domains, and what lies below them, are nobody's; example.com.bank.org is somebody's.
_NOBODYS = r"(?i:(?:[\w-]+\.)*(?:example\.(?:com|net|org)|test|example|invalid))(?![\w-]|\.[\w-])"
# What an address's name is made of where other text may stand around it. A name may hold more, / and =
# among it, but so do URLs and forms.
_NAME = r"\w.+'!#$*^~-"
_QUOTED = r"\"(?:[^\"\\\r\n]|\\.){1,64}+\""
# An address where nothing else stands: whatever its name, and at any host.
ADDRESS = rf"(?:{_QUOTED}|[^\s\"(),:;<>@\[\]\\]++)@(?:\[[^\s\[\]]++\]|[\w-]++(?:\.[\w-]++)*+)"
_SOMEBODYS = re.compile(rf"(?!.*@{_NOBODYS}\Z){ADDRESS}")
# A live key is one even when letters are stuck to its front; `risk_test_level` is no key.
_RECOGNISABLE = 12  # characters of a secret: sk_test_ and four more
LIVE_KEY = r"[sprue]k_(?:[a-z]+_)?live_"
# Where a word begins and ends. \b takes the letters of other alphabets for a word's, and bytes that are
# no text are read as such.
_ALONE, _ENDS = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"
SHAPES = (
    Shape(
        "API key",
        re.compile(rf"((?:(?<![A-Za-z])[sprue]k_(?:[a-z]+_)?test_)|(?:{LIVE_KEY}))\w+"),
    ),
    Shape(
        "IBAN",
        re.compile(
            rf"(){_ALONE}[A-Z]{{2}}\d{{2}}"
            rf"(?:[A-Z0-9]{{11,30}}|(?: [A-Z0-9]{{4}}){{2,7}}(?: [A-Z0-9]{{1,3}})?){_ENDS}"
        ),
    ),
    Shape("signing secret", re.compile(r"(whsec_)\w+")),
    Shape(
        "card or account number",
        re.compile(rf"(){_ALONE}(?:\d{{13,19}}|\d{{4}}([ -])\d{{4}}\2\d{{4}}\2\d{{4}}){_ENDS}"),
    ),
    Shape("client secret", re.compile(r"(_secret_)\w+")),
    Shape(
        "e-mail address",
        # Quotes before an address, as in email:'ada@bank.org', are the text's; o'neil's is its own.
        re.compile(
            rf"((?<![{_NAME}])['!#$*^~]*+)(?:[\w.+-][{_NAME}]*+|{_QUOTED})@(?!{_NOBODYS})"
            r"(?:[\w-]+(?:\.[\w-]+)*\.[^\W\d_][\w-]*|\[(?:\d+(?:\.\d+){3}|IPv6:[\dA-Fa-f:.]+)\])"
        ),
        r"\1***@***",
    ),
)


def masked(text: str) -> str:
    """Mask API keys, signing and client secrets, card numbers and e-mail addresses in a text.

    Addresses at the domains of RFC 2606 (example.com, .net and .org, .test, .example, .invalid) are
    nobody's and stay.
    """
    for shape in SHAPES:
        text = shape.pattern.sub(shape.mask, text)
    return text


def shown(text: str, longest: int = 60) -> str:
    """Mask a text for people, and only then cut it: what is left of a secret would have no shape."""
    clean = masked(text)
    return clean if len(clean) <= longest else f"{clean[:longest]}..."


def without(text: str, secret: str) -> str:
    """Mask a known secret in a text, and what is left of it where it was cut or broken over lines."""
    size = min(_RECOGNISABLE, len(secret))
    pieces = {secret[at : at + size]: at for at in range(len(secret) - size, -1, -1)}
    pattern = re.compile("|".join(map(re.escape, pieces)))
    clean, end = list[str](), 0
    while found := pattern.search(text, end):
        clean += [text[end : found.start()], "***"]
        end, at = found.end(), pieces[found[0]] + size
        while at < len(secret) and text[end : end + 1] == secret[at]:
            end, at = end + 1, at + 1
    return "".join([*clean, text[end:]])


def is_somebodys(text: str) -> bool:
    """Tell a whole text that is an e-mail address, however odd, and not at a domain of RFC 2606."""
    return bool(_SOMEBODYS.fullmatch(text))
