"""Stripe's ready-made cards for tests, by the names of their payment methods (docs/stripe.md 1.22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Decline:
    """How a card is declined. Values that are None have no key in Stripe's error."""

    code: str
    decline_code: str
    message: str
    advice_code: str | None = None
    network_advice_code: str | None = None
    network_decline_code: str | None = None
    param: str | None = None


@dataclass(frozen=True)
class ReadyMade:
    """A ready-made card. Every charge of it gets its `decline`, if it has one.

    `attaches` is False for a card that is declined already when it is attached. One that
    `authenticates` needs its holder for each payment. `display` is its brand's longer name, if it has
    one, and `is_secure` says whether 3D Secure can be asked of it.
    """

    brand: str
    last4: str
    funding: str = "credit"
    decline: Decline | None = None
    attaches: bool = True
    authenticates: bool = False
    country: str = "US"
    display: str = ""
    is_secure: bool = True


_DECLINED = "Your card was declined."
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)
_GENERIC = Decline("card_declined", "generic_decline", _DECLINED, "try_again_later", None, "01")
_FUNDS = Decline(
    "card_declined",
    "insufficient_funds",
    "Your card has insufficient funds.",
    "try_again_later",
    "02",
    "51",
)
_LOST = Decline("card_declined", "lost_card", _DECLINED, "do_not_try_again", "01", "41")
_STOLEN = Decline("card_declined", "stolen_card", _DECLINED, "do_not_try_again", "01", "43")
_EXPIRED = Decline(
    "expired_card",
    "expired_card",
    "Your card has expired.",
    "confirm_card_data",
    "03",
    "54",
    "exp_month",
)
_CVC = Decline(
    "incorrect_cvc",
    "incorrect_cvc",
    "Your card's security code is incorrect.",
    "confirm_card_data",
    "03",
    "N7",
    "cvc",
)
_PROCESSING = Decline(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
    "try_again_later",
    None,
    "06",
)
_VELOCITY = Decline(
    "card_declined",
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    "try_again_later",
    "02",
    "61",
)


def _declining(last4: str, decline: Decline) -> ReadyMade:
    return ReadyMade("visa", last4, decline=decline, attaches=False)


# By what follows "pm_card_", and "tok_" of the token for the same card. The last digits of diners, jcb,
# unionpay and the debit and prepaid cards are those of their documented numbers (card-values).
_CARDS: Mapping[str, ReadyMade] = {
    "visa": ReadyMade("visa", "4242"),
    "visa_debit": ReadyMade("visa", "5556", "debit"),
    "mastercard": ReadyMade("mastercard", "4444"),
    "mastercard_debit": ReadyMade("mastercard", "8210", "debit"),
    "mastercard_prepaid": ReadyMade("mastercard", "5100", "prepaid"),
    "amex": ReadyMade("amex", "8431", display="american_express", is_secure=False),
    "discover": ReadyMade("discover", "9424"),
    "diners": ReadyMade("diners", "0004", display="diners_club", is_secure=False),
    "jcb": ReadyMade("jcb", "0505", country="JP"),
    "unionpay": ReadyMade("unionpay", "0005", country="CN", display="union_pay"),
    "visa_chargeDeclined": _declining("0002", _GENERIC),
    "visa_chargeDeclinedInsufficientFunds": _declining("9995", _FUNDS),
    "visa_chargeDeclinedLostCard": _declining("9987", _LOST),
    "visa_chargeDeclinedStolenCard": _declining("9979", _STOLEN),
    "chargeDeclinedExpiredCard": _declining("0069", _EXPIRED),
    "chargeDeclinedIncorrectCvc": _declining("0127", _CVC),
    "chargeDeclinedProcessingError": _declining("0119", _PROCESSING),
    "visa_chargeDeclinedVelocityLimitExceeded": _declining("6975", _VELOCITY),
    "chargeCustomerFail": ReadyMade("visa", "0341", decline=_GENERIC),
    "authenticationRequired": ReadyMade("visa", "3184", authenticates=True, country="DE"),
    "threeDSecure2Required": ReadyMade("visa", "3220", authenticates=True, country="IE"),
}
_ALIASES = {
    "chargeDeclined": "visa_chargeDeclined",
    "chargeDeclinedInsufficientFunds": "visa_chargeDeclinedInsufficientFunds",
}
READY_MADE: Mapping[str, ReadyMade] = {
    f"pm_card_{name}": card
    for name, card in {**_CARDS, **{alias: _CARDS[name] for alias, name in _ALIASES.items()}}.items()
}
