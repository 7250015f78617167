"""The kinds of secrets that a cassette must not have: their shapes, and what only looks like one."""

from __future__ import annotations

import re

from pytest_stripe_balance.cassettes.placeholders import PLACEHOLDER
from pytest_stripe_balance.masking import SHAPES, Shape, is_valid_iban, passes_luhn

IDEMPOTENCY_KEY = "idempotency key"
_ACCOUNT = Shape("account id", "Account", re.compile(r"((?<![A-Za-z])acct_)\w+"))
_REFRESH_TOKEN = Shape("refresh token", "Token", re.compile(r"((?<![A-Za-z0-9])rt_)[A-Za-z0-9]{12,}"))
# An idempotency key has no shape of its own. These are Stripe's messages that quote one.
_QUOTED_KEY = Shape(
    IDEMPOTENCY_KEY,
    "Idempotency",
    re.compile(r"((?:a key other than '|still going through\): ))\S.*?(?=' if you|\. Please try)"),
)
KINDS = (*SHAPES, _ACCOUNT, _REFRESH_TOKEN, _QUOTED_KEY)
# The word of each kind's placeholders.
WORDS = {**{shape.kind: shape.word for shape in KINDS}, "base64": "Coded"}
# Shapes that no text has by chance, decoded bytes included.
UNMISTAKABLE = tuple(
    shape
    for shape in KINDS
    if shape.kind in ("API key", "signing secret", "client secret", "account id")
)
_SHORTEST_RANDOM = 16  # characters; Stripe's secrets have more


def is_real_secret(shape: Shape, found: re.Match[str]) -> bool:
    """Tell a secret from a text that only has its shape.

    - A placeholder is no secret.
    - The check digits of an IBAN and a card number have to be right. Other long numbers are order
      numbers, times, and the account numbers that Stripe invents in test mode.
    """
    secret = found[0][len(found[1]) :]
    if PLACEHOLDER.fullmatch(secret):
        return False
    if shape.check:
        return shape.check(secret)
    if shape.kind == "IBAN":
        return is_valid_iban(secret)
    if shape.kind == "card or account number":
        digits = re.sub(r"\D", "", secret)
        return digits[0] in "23456" and passes_luhn(digits)
    return True


def random_part(secret: str, kind: str) -> str | None:
    """Give the part of a secret behind its prefix ("sk_test_"); None if that part may be a word.

    A secret without the shape of its kind comes back whole.
    """
    matches = (shape.pattern.fullmatch(secret) for shape in KINDS if shape.kind == kind)
    match = next(filter(None, matches), None)
    if match is None:
        return secret
    rest = secret[match.end(1) :]
    return rest if len(rest) >= _SHORTEST_RANDOM and any(map(str.isdigit, rest)) else None
