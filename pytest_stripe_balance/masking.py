"""Masks secrets in messages and reports. They are found by their shape."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Shape(NamedTuple):
    """What a kind of secret looks like. Group 1 of the pattern is no secret and stays, as "sk_test_".

    `word` stands for the kind in a cassette's placeholders, as Key in `scrubbedKey1`.
    """

    kind: str
    word: str
    pattern: re.Pattern[str]
    mask: str = r"\1***"
    check: Callable[[str], bool] | None = None  # what else is true of a secret, as its check digits

    def replaced(self, found: re.Match[str]) -> str:
        """Give the mask of a match; a text that fails the check stays as it is."""
        if self.check and not self.check(found[0][len(found[1]) :]):
            return found[0]
        return found.expand(self.mask)


# RFC 2606 reserves these domains and their subdomains for examples; example.com.bank.org is real.
_RESERVED = r"(?i:(?:[\w-]+\.)*(?:example\.(?:com|net|org)|test|example|invalid))(?![\w-]|\.[\w-])"
# The characters of an address's name, inside other text. A name may also have others, such as / and =,
# but URLs and forms have those too.
_NAME = r"\w.+'!#$*^~-"
_QUOTED = r"\"(?:[^\"\\\r\n]|\\.){1,64}+\""
# A text that is an address and nothing else: any name, and any host.
ADDRESS = rf"(?:{_QUOTED}|[^\s\"(),:;<>@\[\]\\]++)@(?:\[[^\s\[\]]++\]|[\w-]++(?:\.[\w-]++)*+)"
_REAL_ADDRESS = re.compile(rf"(?!.*@{_RESERVED}\Z){ADDRESS}")
# How people write @ and dots to keep robots out, with blanks, which mail programs ignore.
_AT = r"(?:\s{0,3}[@\uff20\ufe6b]\s{0,3}|\s{0,3}[(\[{<]\s?(?i:at|@)\s?[)\]}>]\s{0,3})"
_SPELLED_DOT = r"\s{0,3}[(\[{<]\s?(?i:dot|\.)\s?[)\]}>]\s{0,3}"
_DOT = rf"(?:[.\uff0e\u3002\uff61]|{_SPELLED_DOT})"
_DOT_WORD = r"(?:\.|\s{1,3}(?i:dot)\s{1,3})"
_HOST = rf"(?:[\w-]++{_DOT})+[^\W\d_][\w-]*"
# "at" and "dot" may be plain words, as in "look at the dot on page 3", so the end has to be a known one.
_KNOWN_ENDS = (
    r"(?i:com|org|net|edu|gov|info|biz|io|co|app|dev|bank|eu|uk|ie|de|ch|fr|nl|es|pl|se|dk|fi|jp)"
)
_SPELLED_HOST = rf"(?:[\w-]++{_DOT_WORD})*[\w-]++\s{{1,3}}(?i:dot)\s{{1,3}}{_KNOWN_ENDS}\b"
_RESERVED_SPELLED = (
    rf"(?i:(?:[\w-]+{_DOT})*(?:example{_DOT}(?:com|net|org)|test|example|invalid))(?![\w-]|{_DOT}[\w-])"
)
_SPELLED_AT = re.compile(rf"{_AT}|\s(?i:at)\s")
# Without the name before it, since searching for its start takes the square of the text's length.
_AT_RESERVED = re.compile(rf"{_AT}{_RESERVED_SPELLED}")
_RECOGNISABLE = 12  # characters of a secret: sk_test_ and four more
# A live key is found even if letters precede it.
LIVE_KEY = r"[sprue]k_(?:[a-z]+_)?live_"
# Letters and digits as no name has them: `risk_test_level` and `task_test_runner` are no keys.
_RANDOM = (
    r"(?=(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{12}"
    r"|(?=[A-Z]*[a-z])(?=[a-z]*[A-Z])[A-Za-z0-9]{20})"
)
_TEST_KEY = r"[sprue]k_(?:[a-z]+_)?test_"
# The start and the end of a word. \b would count letters of other alphabets too, and bytes that aren't
# text decode to such letters.
_STARTS, _ENDS = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"
# The countries of ISO 13616. After the country and the two check digits come so many digits (n), letters
# (a), or either (c).
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
# What people write between the groups of an IBAN, which a bank may choose.
_CUTS = rf"[\s._/:,|+\u00b7\u2010-\u2015\u2212{_INVISIBLE}-]"
_CUT = rf"{_CUTS}{{0,8}}"
# These countries are also words, and a time has as many digits: "no 1732896000000". After a blank the
# digits have to be in groups.
_WORDS = ("BE", "NO")
_LIST_SEPARATORS = ":,|+"  # which may also stand between the items of a list
_CARD_CUT = rf"[\s._\u00b7\u2010-\u2015\u2212{_INVISIBLE}-]{{1,3}}"
# The groups of a card's number after its first digit. Below are the starts and lengths of real cards.
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
    """Make the pattern of every country's IBAN, in capitals or not, and in any groups."""
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


def is_valid_iban(secret: str) -> bool:
    """Tell whether an IBAN's check digits are right, and it isn't a list of numbers after a word."""
    cuts = set(re.findall(r"(?<=\w)[\W_]+(?=\w)", secret.strip()))
    if len(cuts) > 1 and any(sign in cut for cut in cuts for sign in _LIST_SEPARATORS):
        return False
    plain = re.sub(r"[^A-Z0-9]", "", secret.upper())
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def is_valid_card(secret: str) -> bool:
    """Tell whether a number may be a card's: by its start, its length and its check digit."""
    digits = re.sub(r"\D", "", secret)
    return bool(_ISSUED.fullmatch(digits)) and passes_luhn(digits)


def passes_luhn(digits: str) -> bool:
    """Tell whether the last digit is the check digit of those before it."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


SHAPES = (
    Shape(
        "API key",
        "Key",
        re.compile(rf"((?:(?<![A-Za-z]){_TEST_KEY})|(?:{_TEST_KEY}{_RANDOM})|(?:{LIVE_KEY}))\w+"),
    ),
    Shape(
        "IBAN",
        "Iban",
        re.compile(
            rf"((?<![A-Za-z0-9])[A-Za-z]{{0,12}}?)(?=[A-Za-z]{{2}}{_CUT}[0-9])(?:{_ibans()})(?![A-Za-z0-9])"
        ),
        check=is_valid_iban,
    ),
    Shape(
        "IBAN",
        "Iban",
        re.compile(
            rf"(){_STARTS}[A-Z]{{2}}\d{{2}}"
            rf"(?:[A-Z0-9]{{11,30}}|(?: [A-Z0-9]{{4}}){{2,7}}(?: [A-Z0-9]{{1,3}})?){_ENDS}"
        ),
    ),
    Shape("signing secret", "Signing", re.compile(r"(whsec_)\w+")),
    Shape(
        "card or account number",
        "Number",
        re.compile(rf"(){_STARTS}(?:\d{{13,19}}|\d{{4}}([ -])\d{{4}}\2\d{{4}}\2\d{{4}}){_ENDS}"),
    ),
    Shape(
        "card or account number",
        "Number",  # as people write it
        # The first digit comes first, and then what precedes it, so most of a text is skipped at once.
        re.compile(
            rf"[2-68](?:(?<![A-Za-z0-9_].)|(?<=[A-Za-z]{{2}}.)|(?<=[A-Za-z]_.))()(?:{_CARD_GROUPS}){_ENDS}"
        ),
        check=is_valid_card,
    ),
    # A Checkout Session's secret begins with fid, and has percent-encoded characters in it.
    Shape("client secret", "Secret", re.compile(r"(_secret_)(?:fid[\w%/+=.~-]+|\w+)")),
    # The key to a Checkout Session's page, which stands behind its address.
    Shape("client secret", "Secret", re.compile(r"((?<![A-Za-z])cs_(?:test|live)_\w+#)[\w%/+=.~-]+")),
    Shape(
        "e-mail address",
        "Email",
        # The quote before an address, as in email:'ada@bank.org', isn't part of it; that in o'neil is.
        re.compile(
            rf"((?<![{_NAME}])['!#$*^~]*+|(?=\"))(?:[\w.+-][{_NAME}]*+|{_QUOTED})@(?!{_RESERVED})"
            r"(?:[\w-]+(?:\.[\w-]+)*\.[^\W\d_][\w-]*|\[(?:\d+(?:\.\d+){3}|IPv6:[\dA-Fa-f:.]+)\])"
        ),
        r"\1***@***",
    ),
    Shape(
        "e-mail address",
        "Email",  # as people write it
        re.compile(
            rf"((?<![{_NAME}])['!#$*^~]*+|(?=\"))"
            rf"(?:[\w.+-][{_NAME}]*+(?:{_SPELLED_DOT}[{_NAME}]++){{0,31}}+|{_QUOTED})"
            rf"(?:{_AT}(?!{_RESERVED_SPELLED}){_HOST}|\s{{1,3}}(?i:at)\s{{1,3}}{_SPELLED_HOST})"
        ),
        r"\1***@***",
    ),
)


# The value of a field with "mail" in its name.
_FIELD = re.compile(
    rf"((?i:mail)[\w\[\]]{{0,40}}[\"']?\s{{0,3}}[=:~]\s{{0,3}}[\"']?)"
    rf"((?:{_QUOTED}|[^\s\"(),:;<>@\[\]\\&]{{1,128}}+)@(?:\[[^\s\[\]]++\]|[\w-]++(?:\.[\w-]++)*+))"
)
# Characters that are encoded, or that aren't visible. A recorder may decode them or leave them out.
_ENCODED = re.compile(
    rf"%(?:25)*(?P<percent>[2-7][0-9A-Fa-f])|&\#0{{0,6}}(?P<decimal>[3-9][0-9]|1[01][0-9]|12[0-6]);"
    rf"|&\#[xX]0{{0,6}}(?P<hex>[2-7][0-9A-Fa-f]);|\\{{1,8}}u00(?P<json>[2-7][0-9A-Fa-f])"
    rf"|(?P<wide>[\uff01-\uff5e])|(?:[{_INVISIBLE}]|%(?i:E2%80%8B|C2%AD|EF%BB%BF))"
)


def masked(text: str) -> str:
    """Mask the secrets in a text: API keys, signing and client secrets, card numbers, IBANs, addresses.

    E-mail addresses at the domains of RFC 2606 (example.com, .net and .org, .test, .example, .invalid)
    are no secret and stay.
    """
    if _ENCODED.search(text):
        text = _encoded_masked(text)
    for shape in SHAPES:
        text = shape.pattern.sub(shape.replaced, text)
    return _FIELD.sub(_masked_field, text)


def _encoded_masked(text: str) -> str:
    plain, positions = _decoded(text)
    for shape in SHAPES:
        if shape.pattern.search(plain):
            text = _masked_in(text, shape, plain, positions)
            plain, positions = _decoded(text)
    return text


def _masked_field(found: re.Match[str]) -> str:
    return f"{found[1]}***@***" if is_real_address(found[2]) else found[0]


def _decoded(text: str) -> tuple[str, list[int]]:
    """Decode a text; give the position of each decoded character in the text, and the text's length."""
    plain, positions, end = list[str](), list[int](), 0
    for found in _ENCODED.finditer(text):
        positions += range(end, found.start())
        plain.append(text[end : found.start()])
        if character := _character(found):
            plain.append(character)
            positions.append(found.start())
        end = found.end()
    positions += range(end, len(text) + 1)
    plain.append(text[end:])
    return "".join(plain), positions


def _character(found: re.Match[str]) -> str:
    """Decode one encoded character; an invisible one is ""."""
    if found.lastgroup is None:
        return ""
    if found.lastgroup == "wide":
        return chr(ord(found["wide"]) - 0xFEE0)
    return chr(int(found[found.lastgroup], 10 if found.lastgroup == "decimal" else 16))


def _masked_in(text: str, shape: Shape, plain: str, positions: list[int]) -> str:
    """Mask in a text the secrets that were found in its decoded form; the rest stays as it is."""
    clean, end = list[str](), 0
    for found in shape.pattern.finditer(plain):
        if (shown := shape.replaced(found)) != found[0]:
            clean += [text[end : positions[found.start() + len(found[1])]], shown[len(found[1]) :]]
            end = positions[found.end()]
    return "".join([*clean, text[end:]])


def shown(text: str, longest: int = 60) -> str:
    """Mask a text, then cut it to `longest` characters: the rest of a cut secret would have no shape."""
    clean = masked(text)
    return clean if len(clean) <= longest else f"{clean[:longest]}..."


def without(text: str, secret: str) -> str:
    """Mask a known secret in a text, and also the parts of it that a cut or a line break has left."""
    size = min(_RECOGNISABLE, len(secret))
    pieces = {secret[start : start + size]: start for start in range(len(secret) - size, -1, -1)}
    pattern = re.compile("|".join(map(re.escape, pieces)))
    clean, end = list[str](), 0
    while found := pattern.search(text, end):
        clean += [text[end : found.start()], "***"]
        end, index = found.end(), pieces[found[0]] + size
        while index < len(secret) and text[end : end + 1] == secret[index]:
            end, index = end + 1, index + 1
    return "".join([*clean, text[end:]])


def is_real_address(text: str) -> bool:
    """Tell whether the value of a field is an e-mail address, or may have one that no shape finds.

    Addresses at the domains of RFC 2606 don't count.
    """
    if _REAL_ADDRESS.fullmatch(text):
        return True
    rest = _AT_RESERVED.sub(",", text)
    for shape in SHAPES:
        rest = shape.pattern.sub("", rest) if shape.kind == "e-mail address" else rest
    return bool(_SPELLED_AT.search(rest))
