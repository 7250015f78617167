"""Writes the numbers of Stripe's test cards as the tokens of the same cards, which the fake takes.

The numbers and the tokens are those of Stripe's page about testing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

Form = Sequence[tuple[str, str]]
# `card[number]`, also inside another hash: `payment_method_data[card][number]`.
_DETAIL = re.compile(r"(?P<card>(?:.+\[card\])|card)\[(?P<key>number|exp_month|exp_year|cvc)\]")
_TOKENS: Mapping[str, str] = {
    "4242424242424242": "tok_visa",
    "4000056655665556": "tok_visa_debit",
    "5555555555554444": "tok_mastercard",
    "2223003122003222": "tok_mastercard",
    "5200828282828210": "tok_mastercard_debit",
    "5105105105105100": "tok_mastercard_prepaid",
    "378282246310005": "tok_amex",
    "371449635398431": "tok_amex",
    "6011111111111117": "tok_discover",
    "6011000990139424": "tok_discover",
    "6555900000604105": "tok_discover",
    "3056930009020004": "tok_diners",
    "36227206271667": "tok_diners",
    "3566002020360505": "tok_jcb",
    "6200000000000005": "tok_unionpay",
    "4000000000000002": "tok_visa_chargeDeclined",
    "4000000000009995": "tok_visa_chargeDeclinedInsufficientFunds",
    "4000000000009987": "tok_visa_chargeDeclinedLostCard",
    "4000000000009979": "tok_visa_chargeDeclinedStolenCard",
    "4000000000006975": "tok_visa_chargeDeclinedVelocityLimitExceeded",
    "4000000000000069": "tok_chargeDeclinedExpiredCard",
    "4000000000000127": "tok_chargeDeclinedIncorrectCvc",
    "4000000000000119": "tok_chargeDeclinedProcessingError",
    "4000000000000341": "tok_chargeCustomerFail",
    "4000002760003184": "tok_authenticationRequired",
    "4000000000003220": "tok_threeDSecure2Required",
}


def as_tokens(form: Form) -> Form:
    """Give a form with a token in place of each test card's number, date and code.

    A number that no token stands for stays, with what goes with it.
    """
    tokens = _tokens(form)
    return [field for name, value in form for field in _field(name, value, tokens)]


def lacks_code(form: Form) -> bool:
    """Tell whether a form has a number that a token stands for, without the card's code."""
    names = {name for name, _ in form}
    return any(f"{card}[cvc]" not in names for card in _tokens(form))


def _tokens(form: Form) -> Mapping[str, str]:
    """Give the token of each card, by the name of its hash."""
    return {
        detail["card"]: token
        for name, value in form
        if (detail := _DETAIL.fullmatch(name)) and detail["key"] == "number"
        if (token := _TOKENS.get(re.sub(r"[ -]", "", value)))
    }


def _field(name: str, value: str, tokens: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what is sent in place of a field: itself, a token, or nothing."""
    detail = _DETAIL.fullmatch(name)
    token = tokens.get(detail["card"]) if detail else None
    if detail is None or token is None:
        yield name, value
    elif detail["key"] == "number":
        yield f"{detail['card']}[token]", token
