"""What is assumed of charges and refunds."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import Assumption, only

ENTRIES = (
    # Charges.
    Assumption(
        "charge-id-prefix",
        "The charge of a bank transfer has an id that begins with py_.",
        {"py": "py_, like other payments without a card", "ch": "ch_, like card charges"},
        15,
    ),
    only(
        "charge-shape",
        15,
        "The charge has an empty radar_options, a receipt_url and no "
        "calculated_statement_descriptor, like the py_ charges of bank debits. Its balance "
        "transaction exists at once, has the type payment, and is available.",
    ),
    Assumption(
        "charge-outcome",
        "The charge has the outcome of a bank debit that wasn't assessed.",
        {
            "authorized": "type authorized, as on 24 of 24 recorded py_ charges of bank debits,"
            " and risk_level not_assessed, as documented for payments without a card",
            "none": "null, as on 13 of 13 recorded py_ charges between Stripe accounts",
        },
        15,
    ),
    Assumption(
        "charge-fee",
        "The balance transaction of a bank transfer's charge has no fee.",
        {
            "none": "fee 0, no fee_details",
            "stripe-fee": "in mxn 8.12, which is 7 plus 16 % VAT, as seen once; other "
            "currencies are refused, because their fee is unknown",
        },
        15,
    ),
    only(
        "merchant-balance",
        15,
        "The merchant's balance has a row for usd and for each currency that was booked, in "
        "alphabetical order. Nothing is pending, because all that is booked is available. "
        "connect_reserved, instant_available and issuing are left out.",
    ),
    # Refunds.
    Assumption(
        "refund-id-prefix",
        "A refund has an id that begins with pyr_.",
        {
            "pyr": "pyr_, as seen on all refunds of other py_ charges",
            "re": "re_, like refunds of cards",
        },
        25,
    ),
    only(
        "refund-of-deleted-customer",
        25,
        "A refund to the bank needs instructions_email if the payment's customer was deleted,"
        " because a deleted customer has no e-mail address.",
    ),
    only(
        "refund-shape",
        25,
        "A refund to the bank names the kind of bank transfer before the bank details are "
        "known. Its instructions_email is the address that received the e-mail, and "
        "pending_reason isn't shown. A refund of the cash balance has no payment_method.",
    ),
    only(
        "refund-asks-for-details",
        25,
        "A refund to the bank always begins by asking for bank details, within 45 days of its"
        " creation. Stripe never knows them in advance.",
    ),
    only(
        "refund-amount-refunded",
        25,
        "A charge's amount_refunded grows when a refund is made, and shrinks when the refund "
        "is canceled or fails.",
    ),
    Assumption(
        "refund-booking",
        "A refund to the bank is taken from the merchant's balance once the bank details are "
        "known. If it is canceled or fails later, a payment_failure_refund gives the money "
        "back.",
        {
            "with-details": "balance_transaction is null until then, as seen right after the creation",
            "at-create": "balance_transaction is set at once",
        },
        25,
    ),
    only(
        "refund-events",
        25,
        "A new refund gives the events of its ledger row, then refund.created and "
        "charge.refunded. Changing, canceling or failing it gives refund.updated, and a "
        "failure gives refund.failed after that. The charge has no event when its refund is "
        "undone.",
    ),
    Assumption(
        "refund-unanswered",
        "A refund that the customer leaves unanswered for 45 days fails, and everything is as"
        " before the refund.",
        {
            "failed": "the charge's amount_refunded shrinks, and the amount can be refunded again",
            "credited": "the refund fails, and a row refunded_from_payment moves the money from"
            " the merchant to the customer's cash balance. The charge stays refunded, so the "
            "amount can't be refunded again",
        },
        25,
    ),
    only(
        "refund-failure",
        25,
        "failure_reason is merchant_request for a canceled refund, and unknown for an unanswered one.",
    ),
    only(
        "refund-expire-state",
        25,
        "The message for expiring a refund that isn't in requires_action is our own words. "
        "Its status was seen.",
    ),
    only(
        "refund-bounce",
        25,
        "A refund that bounces sends another e-mail, allows another 45 days, and stays booked.",
    ),
    only(
        "refund-window",
        25,
        "A refund later than 180 days after its charge is 400 invalid_request_error, in our own words.",
    ),
    only(
        "refund-unknown",
        25,
        "Refunding an unknown intent, or listing the refunds of an unknown charge or intent, "
        "is 400 resource_missing with the parameter's name as param.",
    ),
    only(
        "refund-to-cash-balance",
        24,
        "No parameter of the API sends a refund to the cash balance; the Dashboard does. Such"
        " a refund has the events of other refunds, is taken from the merchant's balance at "
        "once, and is then reconciled.",
    ),
    only(
        "origin-refund",
        26,
        "A refund with origin=customer_balance needs customer, amount and currency; without "
        "one of them it is 400 parameter_missing. It asks for bank details and can be "
        "canceled like other refunds. Its charge and payment_intent are null, and the "
        "merchant's balance doesn't change.",
    ),
    only(
        "origin-above-balance",
        26,
        "A refund with origin=customer_balance above the balance is 400 invalid_request_error"
        " with param amount and no code.",
    ),
    Assumption(
        "origin-return-canceled",
        "Cash that comes back from a refund with origin=customer_balance stays on the balance.",
        {
            "lies": "nothing is reconciled, and there is no cash_balance.funds_available",
            "reconciled": "it is reconciled like funds that an update or a cancel frees",
        },
        26,
    ),
)
