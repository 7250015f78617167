"""What is assumed of API versions before 2023-10-16 (docs/stripe.md 6.10)."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import Assumption, only

ENTRIES = (
    only(
        "old-lists-in-errors",
        40,
        "Before 2022-11-15 the intent in the body of an error has its charges, as those in answers and "
        "events have.",
    ),
    only(
        "old-decline-code",
        41,
        "The code payment_method_customer_decline, which the changelog adds at 2022-11-15 for other "
        "payment methods, is the same at older versions.",
    ),
    Assumption(
        "old-pending-currency",
        "An invoice that requires pending items, as is the default before 2022-08-01, needs one in its "
        "own currency.",
        {
            "own": "items in other currencies alone are 400 `Nothing to invoice for customer`",
            "any": "they are enough, and the draft is empty",
        },
        42,
    ),
    only(
        "old-previous-default-currency",
        43,
        "Before 2022-08-01 the event of a customer's first currency has default_currency in its "
        "previous_attributes, beside currency.",
    ),
)
