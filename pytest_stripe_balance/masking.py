"""Secrets in text that people will read: found by their shape, and masked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Shape(NamedTuple):
    """What a kind of secret looks like. Group 1 of the pattern is not secret and stays."""

    kind: str
    pattern: re.Pattern[str]
    mask: str = r"\1***"
    holds: Callable[[str], bool] | None = None  # what else is true of one, such as its check digits

    def replaced(self, found: re.Match[str]) -> str:
        """Give what is shown in a secret's place; what only resembles one stays."""
        if self.holds and not self.holds(found[0][len(found[1]) :]):
            return found[0]
        return found.expand(self.mask)


# RFC 2606's domains, and what lies below them, are fictions; example.com.bank.org is real.
_NOBODYS = r"(?i:(?:[\w-]+\.)*(?:example\.(?:com|net|org)|test|example|invalid))(?![\w-]|\.[\w-])"
# What an address's name is made of where other text may stand around it. A name may hold more, / and =
# among it, but so do URLs and forms.
_NAME = r"\w.+'!#$*^~-"
_QUOTED = r"\"(?:[^\"\\\r\n]|\\.){1,64}+\""
# An address where nothing else stands: whatever its name, and at any host.
ADDRESS = rf"(?:{_QUOTED}|[^\s\"(),:;<>@\[\]\\]++)@(?:\[[^\s\[\]]++\]|[\w-]++(?:\.[\w-]++)*+)"
_SOMEBODYS = re.compile(rf"(?!.*@{_NOBODYS}\Z){ADDRESS}")
# What people write for @ and for a dot, so that no robot reads it; and blanks, which mail programs skip.
_AT = r"(?:\s{0,3}[@\uff20\ufe6b]\s{0,3}|\s{0,3}[(\[{<]\s?(?i:at|@)\s?[)\]}>]\s{0,3})"
_SPELLED_DOT = r"\s{0,3}[(\[{<]\s?(?i:dot|\.)\s?[)\]}>]\s{0,3}"
_DOT = rf"(?:[.\uff0e\u3002\uff61]|{_SPELLED_DOT})"
_SAID_DOT = r"(?:\.|\s{1,3}(?i:dot)\s{1,3})"
_HOST = rf"(?:[\w-]++{_DOT})+[^\W\d_][\w-]*"
# Words alone may be meant as words: "look at the dot on page 3".
_SAID_ENDS = (
    r"(?i:com|org|net|edu|gov|info|biz|io|co|app|dev|bank|eu|uk|ie|de|ch|fr|nl|es|pl|se|dk|fi|jp)"
)
_SAID_HOST = rf"(?:[\w-]++{_SAID_DOT})*[\w-]++\s{{1,3}}(?i:dot)\s{{1,3}}{_SAID_ENDS}\b"
_NOBODYS_WRITTEN = (
    rf"(?i:(?:[\w-]+{_DOT})*(?:example{_DOT}(?:com|net|org)|test|example|invalid))(?![\w-]|{_DOT}[\w-])"
)
_WRITTEN_AT = re.compile(rf"{_AT}|\s(?i:at)\s")
# Without the name before it: to look for where that begins takes the square of a text's length.
_WRITTEN_TO_NOBODY = re.compile(rf"{_AT}{_NOBODYS_WRITTEN}")
# A live key is one even when letters are stuck to its front; `risk_test_level` is no key.
_RECOGNISABLE = 12  # characters of a secret: sk_test_ and four more
LIVE_KEY = r"[sprue]k_(?:[a-z]+_)?live_"
# What no name goes on with: `risk_test_level` and `task_test_runner` are no keys.
_RANDOM = (
    r"(?=(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{12}"
    r"|(?=[A-Z]*[a-z])(?=[a-z]*[A-Z])[A-Za-z0-9]{20})"
)
_TEST_KEY = r"[sprue]k_(?:[a-z]+_)?test_"
# Where a word begins and ends. \b takes the letters of other alphabets for a word's, and bytes that are
# no text are read as such.
_ALONE, _ENDS = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"
# ISO 13616's countries: what follows the letters and the two check digits, in numbers of digits (n),
# letters (a) and either (c).
_COUNTRIES = """
    AD8n12c AE19n AL8n16c AT16n AZ4a20c BA16n BE12n BG4a6n8c BH4a14c BI23n BR23n1a1c BY4c4n16c
    CH5n12c CR18n CY8n16c CZ20n DE18n DJ23n DK14n DO4c20n EE16n EG25n ES20n FI14n FK2a12n FO14n
    FR10n11c2n GB4a14n GE2a16n GI4a15c GL14n GR7n16c GT4c20c HN4a20n HR17n HU24n IE4a14n IL19n
    IQ4a15n IS22n IT1a10n12c JO4a4n18c KW4a22c KZ3n13c LB4n20c LC4a24c LI5n12c LT16n LU3n13c LV4a13c
    LY21n MC10n11c2n MD2c18c ME18n MK3n10c2n MN16n MR23n MT4a5n18c MU4a19n3a NI4a20n NL4a10n NO11n
    OM3n16c PK4a16c PL24n PS4a21c PT21n QA4a21c RO4a16c RS18n RU14n15c SA2n18c SC4a20n3a SD14n SE20n
    SI15n SK20n SM1a10n12c SO19n ST21n SV4a20n TL19n TN20n TR6n16c UA6n19c VA18n VG4a16n XK16n
    YE4a4n18c
"""
_SIGNS = {"n": "[0-9]", "a": "[A-Za-z]", "c": "[A-Za-z0-9]"}
_INVISIBLE = r"\u00ad\u200b-\u200d\u2060\ufeff"
# What people put between an IBAN's groups, which are of four signs or of their bank's own.
_CUTS = rf"[\s._/:,|+\u00b7\u2010-\u2015\u2212{_INVISIBLE}-]"
_CUT = rf"{_CUTS}{{0,8}}"
# These letters are words, and as many digits as follow them are a time: "no 1732896000000". Behind a
# blank they are an IBAN's in groups only.
_WORDS = ("BE", "NO")
_LISTS = ":,|+"  # what stands between the items of a list too
_CARD_CUT = rf"[\s._\u00b7\u2010-\u2015\u2212{_INVISIBLE}-]{{1,3}}"
# The groups of a card's number behind its first digit; below, the starts and lengths that are given out.
_CARD_GROUPS = "|".join(
    _CARD_CUT.join(rf"[0-9]{{{size}}}" for size in sizes)
    for sizes in (
        ("12,18",),
        ("3", "6", "4,5"),
        ("3", "4", "4", "4", "1,3"),
        ("3", "4", "4", "1,4"),
        ("7", "8"),
    )
)
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3[0689]\d{12}|35\d{14}"
    r"|(?:6[0245]|81)\d{14,17}|(?:50|5[6-9]|6[37])\d{14}"
)


def _ibans() -> str:
    """Write every country's IBAN as a pattern: capital or not, and however it is cut."""
    countries = []
    for country in _COUNTRIES.split():
        letters, rest = country[:2], country[2:]
        pattern = "".join(f"[{letter}{letter.lower()}]" for letter in letters)
        check = f"[0-9]{_CUT}[0-9]"
        if letters in _WORDS:
            pattern += rf"(?:[{_INVISIBLE}]*{check}|{_CUTS}{{1,8}}{check}(?={_CUTS}))"
        else:
            pattern += f"{_CUT}{check}"
        for count, kind in re.findall(r"(\d+)([nac])", rest):
            pattern += f"(?:{_CUT}{_SIGNS[kind]}){{{count}}}"
        countries.append(pattern)
    return "|".join(countries)


def iban_holds(secret: str) -> bool:
    """Tell whether an IBAN's check digits are right, and it is no list of numbers behind a word."""
    cuts = set(re.findall(r"(?<=\w)[\W_]+(?=\w)", secret.strip()))
    if len(cuts) > 1 and any(sign in cut for cut in cuts for sign in _LISTS):
        return False
    plain = re.sub(r"[^A-Z0-9]", "", secret.upper())
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def card_holds(secret: str) -> bool:
    """Tell a number that a card may have from others: by its start, its length and its check digit."""
    digits = re.sub(r"\D", "", secret)
    return bool(_ISSUED.fullmatch(digits)) and luhn(digits)


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the check digit of those before it."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


SHAPES = (
    Shape(
        "API key",
        re.compile(rf"((?:(?<![A-Za-z]){_TEST_KEY})|(?:{_TEST_KEY}{_RANDOM})|(?:{LIVE_KEY}))\w+"),
    ),
    Shape(
        "IBAN",
        re.compile(
            rf"((?<![A-Za-z0-9])[A-Za-z]{{0,12}}?)(?=[A-Za-z]{{2}}{_CUT}[0-9])(?:{_ibans()})(?![A-Za-z0-9])"
        ),
        holds=iban_holds,
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
    Shape(
        "card or account number",  # as people write it
        # A digit first, and then what is before it: so most of a text is passed over at once.
        re.compile(
            rf"[2-68](?:(?<![A-Za-z0-9_].)|(?<=[A-Za-z]{{2}}.)|(?<=[A-Za-z]_.))()(?:{_CARD_GROUPS}){_ENDS}"
        ),
        holds=card_holds,
    ),
    Shape("client secret", re.compile(r"(_secret_)\w+")),
    Shape(
        "e-mail address",
        # Quotes before an address, as in email:'ada@bank.org', are the text's; o'neil's is its own.
        re.compile(
            rf"((?<![{_NAME}])['!#$*^~]*+|(?=\"))(?:[\w.+-][{_NAME}]*+|{_QUOTED})@(?!{_NOBODYS})"
            r"(?:[\w-]+(?:\.[\w-]+)*\.[^\W\d_][\w-]*|\[(?:\d+(?:\.\d+){3}|IPv6:[\dA-Fa-f:.]+)\])"
        ),
        r"\1***@***",
    ),
    Shape(
        "e-mail address",  # as people write it
        re.compile(
            rf"((?<![{_NAME}])['!#$*^~]*+|(?=\"))"
            rf"(?:[\w.+-][{_NAME}]*+(?:{_SPELLED_DOT}[{_NAME}]++){{0,31}}+|{_QUOTED})"
            rf"(?:{_AT}(?!{_NOBODYS_WRITTEN}){_HOST}|\s{{1,3}}(?i:at)\s{{1,3}}{_SAID_HOST})"
        ),
        r"\1***@***",
    ),
)


# The text of a field that is named for addresses.
_FIELD = re.compile(
    rf"((?i:mail)[\w\[\]]{{0,40}}[\"']?\s{{0,3}}[=:~]\s{{0,3}}[\"']?)"
    rf"((?:{_QUOTED}|[^\s\"(),:;<>@\[\]\\&]{{1,128}}+)@(?:\[[^\s\[\]]++\]|[\w-]++(?:\.[\w-]++)*+))"
)
# What a recorder reads as another sign, or as none.
_DRESSED = re.compile(
    rf"%(?:25)*(?P<percent>[2-7][0-9A-Fa-f])|&\#0{{0,6}}(?P<decimal>[3-9][0-9]|1[01][0-9]|12[0-6]);"
    rf"|&\#[xX]0{{0,6}}(?P<hex>[2-7][0-9A-Fa-f]);|\\{{1,8}}u00(?P<json>[2-7][0-9A-Fa-f])"
    rf"|(?P<wide>[\uff01-\uff5e])|(?:[{_INVISIBLE}]|%(?i:E2%80%8B|C2%AD|EF%BB%BF))"
)


def masked(text: str) -> str:
    """Mask API keys, signing and client secrets, card numbers and e-mail addresses in a text.

    Addresses at the domains of RFC 2606 (example.com, .net and .org, .test, .example, .invalid) are
    no secret and stay.
    """
    if _DRESSED.search(text):
        text = _dressed_masked(text)
    for shape in SHAPES:
        text = shape.pattern.sub(shape.replaced, text)
    return _FIELD.sub(_field_shown, text)


def _dressed_masked(text: str) -> str:
    plain, places = _undressed(text)
    for shape in SHAPES:
        if shape.pattern.search(plain):
            text = _masked_in(text, shape, plain, places)
            plain, places = _undressed(text)
    return text


def _field_shown(found: re.Match[str]) -> str:
    return f"{found[1]}***@***" if is_real_address(found[2]) else found[0]


def _undressed(text: str) -> tuple[str, list[int]]:
    """Give what a text says, and where each of its signs stands in the text, and the text's end."""
    plain, places, end = list[str](), list[int](), 0
    for found in _DRESSED.finditer(text):
        places += range(end, found.start())
        plain.append(text[end : found.start()])
        if said := _said(found):
            plain.append(said)
            places.append(found.start())
        end = found.end()
    places += range(end, len(text) + 1)
    plain.append(text[end:])
    return "".join(plain), places


def _said(found: re.Match[str]) -> str:
    if found.lastgroup is None:
        return ""
    if found.lastgroup == "wide":
        return chr(ord(found["wide"]) - 0xFEE0)
    return chr(int(found[found.lastgroup], 10 if found.lastgroup == "decimal" else 16))


def _masked_in(text: str, shape: Shape, plain: str, places: list[int]) -> str:
    """Mask in a text what its plain form shows to be a secret; all else stays as it is written."""
    clean, end = list[str](), 0
    for found in shape.pattern.finditer(plain):
        if (shown := shape.replaced(found)) != found[0]:
            clean += [text[end : places[found.start() + len(found[1])]], shown[len(found[1]) :]]
            end = places[found.end()]
    return "".join([*clean, text[end:]])


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


def is_real_address(text: str) -> bool:
    """Tell a field's text that is an e-mail address, however odd, or holds what may be one.

    An address at a domain of RFC 2606 belongs to nobody; one that has a shape of its own is found by
    that.
    """
    if _SOMEBODYS.fullmatch(text):
        return True
    rest = _WRITTEN_TO_NOBODY.sub(",", text)
    for shape in SHAPES:
        rest = shape.pattern.sub("", rest) if shape.kind == "e-mail address" else rest
    return bool(_WRITTEN_AT.search(rest))
