"""What is assumed of apply_customer_balance."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import Assumption, only

ENTRIES = (
    # apply_customer_balance. Others check its refusals every night, but not their texts.
    only(
        "apply-refusal-texts",
        6,
        "The messages of apply_customer_balance's refusals are our own words. Others saw the "
        "status, type, code and param of most of them.",
    ),
    only(
        "apply-parameter-errors",
        6,
        "apply_customer_balance answers an unknown parameter, an amount that is no integer "
        "and an amount below 1 like Stripe's other endpoints.",
    ),
    only(
        "apply-unknown-intent",
        6,
        "apply_customer_balance on an unknown intent is 404 resource_missing with param intent, "
        "as on every other route below an intent.",
    ),
    only(
        "apply-no-customer",
        6,
        "apply_customer_balance on an intent without a customer is 400 parameter_missing with"
        " param customer.",
    ),
    Assumption(
        "apply-above-balance",
        "apply_customer_balance refuses every explicit amount above the customer's balance in"
        " one way. That was seen only for an amount that is also above what remains, with "
        "cash on the balance.",
        {
            "invalid_request": "400 invalid_request_error without code and param",
            "balance_insufficient": "400 invalid_request_error with code balance_insufficient",
            "card_error": "402 card_error with code insufficient_funds",
        },
        2,
    ),
    Assumption(
        "apply-without-amount-short",
        "apply_customer_balance without an amount applies the whole balance if that is above "
        "0 and below what remains.",
        {
            "partial": "all of the balance is applied and the intent stays incomplete",
            "refused": "the call is refused like an explicit amount above the balance",
        },
        1,
    ),
    only(
        "apply-never-confirmed",
        4,
        "apply_customer_balance accepts an intent in requires_payment_method. Paid in full, "
        "the intent succeeds at once and gets a new payment method. Paid in part, it keeps "
        "its status.",
    ),
    Assumption(
        "apply-after-update",
        "After an update of its amount, an intent must be confirmed again before money can be"
        " applied to it.",
        {
            "confirm-first": "requires_confirmation is refused like any other wrong status",
            "directly": "apply_customer_balance also accepts an intent in requires_confirmation"
            " after an update of its amount",
        },
        17,
    ),
    only(
        "apply-event-order",
        9,
        "When money goes to an intent, the ledger row's event comes first. charge.succeeded "
        "and payment_intent.succeeded follow, or the intent's own event if it is paid in "
        "part.",
    ),
    only(
        "apply-automatic-customer",
        8,
        "apply_customer_balance works for customers in either reconciliation mode.",
    ),
)
