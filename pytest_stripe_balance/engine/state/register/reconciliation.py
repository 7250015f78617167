"""What is assumed of automatic reconciliation, of reversals and unclaimed funds."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import Assumption, only

ENTRIES = (
    # Automatic reconciliation: the gaps in its documentation (docs/stripe.md 4).
    only(
        "reconciled-at-once",
        10,
        "Reconciliation happens within the call that brings or frees the money. A test "
        "funding answers with its row, whose ending_balance is the balance before the "
        "reconciliation.",
    ),
    only(
        "open-intents",
        13,
        "Automatic reconciliation pays only intents in requires_action. An intent's age "
        "counts from its creation, except in Japan.",
    ),
    Assumption(
        "group-sum",
        "A group of items is looked for that sums to the amount sent, not to the whole balance.",
        {
            "sent": "only the amount of the transfer is matched",
            "balance": "if no group sums to the amount sent, one that sums to the whole balance"
            " is taken",
        },
        12,
    ),
    only(
        "group-ties",
        12,
        "Groups of equal size with equally many invoices are compared by the age of their "
        "intents, oldest first, then by the age of their invoices.",
    ),
    Assumption(
        "invoice-too-large",
        "When automatic reconciliation tries single invoices and meets one that the balance doesn't "
        "cover, it goes on to newer invoices.",
        {
            "skipped": "newer invoices that the balance covers are paid",
            "stopped": "no newer invoice is paid",
        },
        14,
    ),
    only(
        "reference-match",
        14,
        "A transfer's reference names an intent if it equals the intent's reference, apart "
        "from surrounding spaces. It names an invoice if it contains the invoice's number "
        "with no letter or digit beside it. Capitals matter, and the longest number wins. "
        "Then a group of items is looked for with the money beyond the matched amount.",
    ),
    only(
        "older-cash-after-reference",
        14,
        "If the whole transfer goes to the item that its reference names, older cash stays on"
        " the balance, even when that item needs more.",
    ),
    only(
        "freed-funds-group",
        18,
        "Funds that an update, a cancel or a refund frees are matched like a transfer of that"
        " amount without a reference.",
    ),
    only(
        "confirmation-time",
        13,
        "In Japan the age of an intent counts from its last confirmation.",
    ),
    # Reversals and unclaimed funds.
    only(
        "reversal-at-once",
        23,
        "A transfer whose reference begins with reversal_ is reconciled and pulled back in "
        "the same call. Intents keep the money that was applied to them.",
    ),
    only(
        "overdraft-adjustment",
        23,
        "If a reversal takes a balance below zero, a balance transaction of type adjustment "
        "lifts it to 0 at once.",
    ),
    only(
        "other-bookings",
        23,
        "Balance transactions other than payments are available at once and have no fee. "
        "Their reporting_category comes from the documentation of reports.",
    ),
    only(
        "unclaimed-since",
        35,
        "The 75 and 90 days count from the moment when the balance last rose above zero, in "
        "both modes. The whole balance goes. A return succeeds unless the test makes it come "
        "back.",
    ),
    only(
        "return-comes-back",
        35,
        "A return that comes back is not reconciled again. The cash stays on the balance "
        "until the next trigger, or until it is 90 days old.",
    ),
)
