"""What Stripe answered formerly, and answers otherwise today, at every API version.

The fake answers as Stripe does today. Each row names the first day of which no answer has what was
before, and the recordings that show both. Keys that came are in `contract.calendar`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pytest_stripe_balance.comparison.locations import Location
from pytest_stripe_balance.contract import calendar

Json = Any
_ANY: Sequence[Json] = ()
_VALUES: Mapping[tuple[str, str], tuple[date, Sequence[Json]]] = {
    # antiwork/gumroad; spree/spree_stripe
    ("charge", "payment_method_details.card.authorization_code"): (date(2025, 12, 8), (None,)),
    # openfoodfoundation/openfoodnetwork; its recordings of June 2026 alone have the key
    ("charge", "payment_method_details.card.ds_transaction_id"): (date(2026, 7, 17), (None,)),
    # bikeindex/bike_index; maybe-finance/maybe
    (
        "checkout.session",
        "saved_payment_method_options.payment_method_remove",
    ): (date(2025, 5, 16), (None,)),
    # pay-rails/pay and openfoodfoundation/openfoodnetwork, of ready-made cards
    ("charge", "payment_method_details.card.checks.cvc_check"): (date(2025, 10, 22), (None, "fail")),
    ("payment_method", "card.checks.cvc_check"): (date(2025, 10, 22), (None, "fail")),
    ("payment_method", "card.display_brand"): (date(2024, 2, 18), _ANY),
    ("payment_method", "card.three_d_secure_usage.supported"): (date(2023, 12, 4), _ANY),
}
# Words of errors: the former ones, then today's.
_LEAST = (
    "The amount must be greater than or equal to the minimum charge amount allowed for your account and "
    "the currency set (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).  If you "
    "want to save a Payment Method for future use without an immediate payment, use a Setup Intent "
    "instead: https://docs.stripe.com/payments/setup-intents"
)
_CANCELABLE = (
    "requires_payment_method, requires_capture, requires_reauthorization, requires_confirmation, "
    "requires_action, expired, processing."
)
_WORDS = (
    # pay-rails/pay; antiwork/gumroad
    (date(2024, 10, 3), "This value must be greater than or equal to 1.", _LEAST),
    # antiwork/gumroad; Kiln-AI/stripe_world
    (
        date(2026, 9, 20),
        "requires_payment_method, requires_capture, requires_confirmation, requires_action, processing.",
        _CANCELABLE,
    ),
    # bikeindex/bike_index
    (date(2026, 7, 27), "at least $0.50 usd", "at least $0.50 USD"),
)


def was_otherwise(at: Location, recorded: Json, moment: int) -> bool:
    """Tell whether a recorded value is one that Stripe had there until after a moment."""
    row = _VALUES.get((at.kind, at.shape))
    if row is None or not moment:
        return False
    day, values = row
    return _is_before(moment, day) and (not values or recorded in values)


def as_worded(message: str, recorded: str, moment: int) -> str:
    """Put former words into a message of today, if the recorded message has them."""
    for day, old, new in _WORDS:
        if _is_before(moment, day) and new in message and old in recorded:
            return message.replace(new, old)
    return message


def _is_before(moment: int, day: date) -> bool:
    return moment < calendar.midnight(day)
