"""What is assumed of Connect: transfers, application fees, and what refunds take back of them."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import Assumption, only

ENTRIES = (
    only(
        "connect-charge",
        65,
        "The charge of a bank transfer names its transfer and its application fee at once, as a "
        "card's does with capture_method=automatic.",
    ),
    Assumption(
        "connect-source-type",
        "A transfer of a charge by bank transfer has source_type card.",
        {
            "card": "card, the default; of a balance it is documented as most payment methods",
            "bank_account": "bank_account, which is documented for legacy ACH payments",
        },
        65,
    ),
    Assumption(
        "connect-event-order",
        "transfer.created and application_fee.created follow payment_intent.succeeded, in this order.",
        {
            "after": "after payment_intent.succeeded, and before the events of an invoice",
            "before": "before charge.succeeded",
        },
        65,
    ),
    only(
        "connect-destination-payment",
        65,
        "The account that a transfer goes to has a charge of its own at once, with a balance "
        "transaction that is available. Its world records no event of that, nor of what a reversal "
        "takes back. Its balance may fall below zero. Of the platform's account, the charge's "
        "source, only the id and the name are known.",
    ),
    Assumption(
        "connect-above-amount",
        "An application fee, or an amount of transfer_data, above the payment's amount is accepted, "
        "and the amount is the most that moves.",
        {
            "capped": "no more than the amount moves, as documented",
            "refused": "400 invalid_request_error with the parameter as param",
        },
        66,
    ),
    only(
        "connect-on-behalf-of",
        67,
        "on_behalf_of on an intent or an invoice with the given type customer_balance is 400 "
        "invalid_request_error, param on_behalf_of, without a code. Where Stripe chooses the types, "
        "or filters them, customer_balance is left out.",
    ),
    only(
        "connect-refusals",
        66,
        "application_fee_amount without a destination and without Stripe-Account is "
        "parameter_missing, param application_fee_amount; its text was seen. Together with "
        "transfer_data[amount] it is 400 with that param. A transfer_data on an intent without a "
        "destination, and an account for on_behalf_of that can't be one, are 400.",
    ),
    only(
        "connect-refund-shares",
        68,
        "reverse_transfer and refund_application_fee act when the refund is made, and for good: a "
        "refund that fails or is canceled later leaves the money with the platform. A share of half "
        "a minor unit is rounded up. A share of 0, or of a transfer that has nothing left, reverses "
        "nothing. Each refund takes its own share, the last one too: after refunds in parts, some minor "
        "units of the fee may stay with the platform, or of the transfer with the account.",
    ),
    only(
        "connect-fee-refund-booking",
        68,
        "What an account gets back of an application fee is a balance transaction of type "
        "application_fee_refund in its world, with the fee refund as source.",
    ),
    only(
        "connect-fee-refusals",
        69,
        "refund_application_fee without reverse_transfer, of a charge without a fee or with a transfer, "
        "and more than what is left of a fee, are 400 invalid_request_error in our own words.",
    ),
    only(
        "connect-transfer-refusals",
        70,
        "A transfer above the platform's balance is 400 balance_insufficient. One above what is left "
        "of its source_transaction, in another currency, and a reversal of more than is left, are "
        "400 invalid_request_error. So is an amount below 1, as a refund's is.",
    ),
    only(
        "connect-reversal-events",
        68,
        "A reversal gives transfer.reversed, and a fee's refund application_fee.refunded. After a "
        "refund of a charge they come last. previous_attributes has the amount and the flag.",
    ),
)
