"""The register of assumptions: what the fake does where nobody has seen what Stripe does.

Documented and observed behaviour has no entry here; the docstring of its code names the source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pytest_stripe_balance.modes import BadSettingError

# What to record in Stripe's test mode to settle an entry, by number.
RECORDINGS: Mapping[int, str] = {
    1: "apply on an intent in requires_action without an amount, with more, as much, less and no cash",
    2: "apply with an explicit amount above the balance, the remaining and the intent's amount",
    4: "apply on an intent in every status",
    5: "apply and funding with another, an unsupported and a capital currency",
    6: "apply on a card-only intent, without a customer, on unknown ids, with bad parameters and keys",
    7: "apply on the intent of an invoice, with an amount and without enough cash",
    8: "apply for a customer in automatic mode",
    9: "the list of events, with their request, after each funding and apply",
    10: "a funding that reconciles: its row in the answer, and a balance read right after",
    11: "a partly funded intent, retrieved",
    12: "a funding beside an older balance, with intents that fit the one and the sum of both",
    13: "a funding for a customer with intents in requires_payment_method and requires_confirmation",
    14: "fundings that fit no group of several invoices, and references in several spellings",
    15: "the charge and balance transaction of a succeeded intent",
    16: "the instructions of an intent before and after an update and a second confirm",
    17: "an update of a partly funded intent's amount, and its events",
    18: "a cancel of a partly funded intent, and its events",
    20: "the rows of test fundings in each region, and an unknown row",
    21: "funding instructions of each region, and for countries that have none",
    22: "deleting customers with cash, with a balance of 0, and never funded",
    23: "a funding with a reference that begins with reversal_",
    24: "a refund to the cash balance, made in the Dashboard",
    25: "a refund to the bank: made, canceled, expired",
    26: "a refund with origin=customer_balance, and its errors",
    28: "a confirm without a funding_type and without enough cash",
    29: "customer_balance without a customer, and with another currency's bank transfer type",
    30: "the headers of a replay, and a key used on another endpoint",
    31: "payment_method_types at endive, and what allowed_payment_method_types shows",
    32: "an invoice from its draft to its payment by a funding",
    33: "the settings and events after each change of the reconciliation mode",
    34: "searches right after what they find was made, in every status, and queries with a mistake",
    35: "a balance that nobody reconciles, under a test clock of 75 and of 90 days",
    36: "a customer and an invoice with parameters that the fake doesn't model, made and updated",
    37: "the tries at an endpoint that fails, and pending_webhooks after each of them",
    38: "a webhook endpoint with each wrong parameter, and a seventeenth one",
}


@dataclass(frozen=True)
class Assumption:
    """One open question and its possible answers (`readings`, by name). The first is the default."""

    id: str
    sentence: str
    readings: Mapping[str, str]
    recording: int

    @cached_property
    def default(self) -> str:
        """The reading in effect unless a test picks another."""
        return next(iter(self.readings))


def _only(id: str, recording: int, sentence: str) -> Assumption:  # noqa: A002 - its own name
    return Assumption(id, sentence, {"assumed": "as the sentence says"}, recording)


REGISTER: Mapping[str, Assumption] = {
    entry.id: entry
    for entry in (
        # apply_customer_balance. Others check its refusals every night, but not their texts.
        _only(
            "apply-refusal-texts",
            6,
            "The messages of apply_customer_balance's refusals are our own words. Others saw the "
            "status, type, code and param of most of them.",
        ),
        _only(
            "apply-parameter-errors",
            6,
            "apply_customer_balance answers an unknown parameter, an amount that is no integer "
            "and an amount below 1 like Stripe's other endpoints.",
        ),
        _only(
            "apply-unknown-intent",
            6,
            "apply_customer_balance on an unknown intent is 404 resource_missing with param intent, "
            "as on every other route below an intent.",
        ),
        _only(
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
        _only(
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
        _only(
            "apply-event-order",
            9,
            "When money goes to an intent, the ledger row's event comes first. charge.succeeded "
            "and payment_intent.succeeded follow, or the intent's own event if it is paid in "
            "part.",
        ),
        _only(
            "apply-automatic-customer",
            8,
            "apply_customer_balance works for customers in either reconciliation mode.",
        ),
        # Intents.
        _only(
            "unset-keys",
            11,
            "An intent by bank transfer has the keys that were seen on card intents since 2026: "
            "managed_payments is {enabled: false}, and allowed_payment_method_types, payment_record and "
            "shared_payment_granted_token are null. The hashes hooks, payment_details and "
            "presentment_details are left out while they are unset.",
        ),
        _only(
            "confirm-without-funding-type",
            28,
            "Confirming without a funding_type, when the balance doesn't pay the intent, is 400 "
            "payment_method_customer_decline. The intent goes back to requires_payment_method. "
            "Only the words `balance is insufficient to complete the payment` of Stripe's message"
            " are known, for a balance that is too small. In manual mode nothing is drawn even "
            "from a sufficient balance, and the fake's message says that.",
        ),
        _only(
            "update-amount-status",
            17,
            "An update of the amount takes a confirmed intent back to requires_confirmation. An "
            "update of the metadata alone does not.",
        ),
        Assumption(
            "update-by-status",
            "Stripe's rules for updating a paid or canceled intent are known only for amount, "
            "payment method and receipt_email. Other fields are refused with the code of amount "
            "and their own name as param. description and metadata can always be changed.",
            {
                "as-receipt-email": "customer, shipping, statement descriptors, transfer_group and "
                "the payment method types follow receipt_email: they can't be changed once the "
                "intent is canceled",
                "any": "these fields can be changed in any status too",
                "as-amount": "these fields can be changed only before the intent is paid, and "
                "description and metadata follow receipt_email",
            },
            17,
        ),
        _only(
            "cancel-event-order",
            18,
            "Canceling a partly funded intent gives three events in this order: the ledger row's,"
            " payment_intent.canceled, cash_balance.funds_available.",
        ),
        _only(
            "freed-funds-event",
            17,
            "cash_balance.funds_available follows an update that frees funds.",
        ),
        _only(
            "payment-method-given-types",
            31,
            "An intent created with a payment method but without types takes only the type of "
            "that method. Without both, its automatic payment methods are card, and also "
            "customer_balance if it has a customer and a bank transfer currency. In Stripe an "
            "account chooses its methods in the Dashboard.",
        ),
        _only(
            "unset-customer-balance-options",
            11,
            "If an intent was given types but no options, payment_method_options.customer_balance"
            " is an empty hash.",
        ),
        _only(
            "setup-future-usage",
            31,
            "setup_future_usage on an intent that is given the type customer_balance is 400 "
            "without code and param, whichever parameter gives the type. The words were seen with"
            " payment_method_types.",
        ),
        _only(
            "payment-method-types-gone",
            31,
            "The message of payment_method_types_no_longer_supported is our own words. Its status"
            " and code are documented.",
        ),
        _only(
            "payment-method-unknown",
            6,
            "An unknown payment method gives the short text. At 2025-10-29.clover a platform was "
            "also told that the method may belong to a connected account.",
        ),
        _only(
            "customer-balance-needs-customer",
            29,
            "Using customer_balance without a customer is 400 parameter_missing with param customer.",
        ),
        _only(
            "bank-transfer-currency",
            29,
            "A bank transfer type that doesn't fit the currency is 400 invalid_request_error with"
            " the type's path as param, for intents and for funding instructions.",
        ),
        _only(
            "bank-transfer-country",
            21,
            "An eu_bank_transfer country outside BE DE ES FR IE NL is 400 invalid_request_error "
            "with the country's path as param.",
        ),
        _only(
            "instructions-per-intent",
            16,
            "An intent keeps its reference when it is confirmed again.",
        ),
        _only(
            "eu-test-values",
            21,
            "Test-mode IBANs, BICs and addresses are made up, because no recording of them is "
            "public. Each IBAN has its country's length and valid check digits.",
        ),
        Assumption(
            "gb-networks",
            "The supported_networks of a sort code end in chaps since 2026-07-29.dahlia, as documented.",
            {
                "chaps": "bacs, fps, chaps",
                "without-chaps": "bacs, fps, as seen on an intent of an older version",
            },
            21,
        ),
        _only(
            "jp-test-values",
            21,
            "Test-mode zengin accounts have the bank, branch and holder of the documented "
            "example. The account number differs between customers, and the addresses are made "
            "up.",
        ),
        _only(
            "mx-test-values",
            21,
            "Test-mode CLABEs have the bank and plaza of the documented example and differ "
            "between customers. The addresses are made up.",
        ),
        _only(
            "sepa-address-type",
            21,
            "sepa in requested_address_types asks for the same address as iban.",
        ),
        _only(
            "eu-default-country",
            21,
            "Without a country, eu_bank_transfer uses the customer's country if it has bank "
            "transfers, and IE otherwise. The country isn't echoed.",
        ),
        # Automatic reconciliation: the gaps in its documentation (docs/stripe.md 4).
        _only(
            "reconciled-at-once",
            10,
            "Reconciliation happens within the call that brings or frees the money. A test "
            "funding answers with its row, whose ending_balance is the balance before the "
            "reconciliation.",
        ),
        _only(
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
        _only(
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
        _only(
            "reference-match",
            14,
            "A transfer's reference names an intent if it equals the intent's reference, apart "
            "from surrounding spaces. It names an invoice if it contains the invoice's number "
            "with no letter or digit beside it. Capitals matter, and the longest number wins. "
            "Then a group of items is looked for with the money beyond the matched amount.",
        ),
        _only(
            "older-cash-after-reference",
            14,
            "If the whole transfer goes to the item that its reference names, older cash stays on"
            " the balance, even when that item needs more.",
        ),
        _only(
            "freed-funds-group",
            18,
            "Funds that an update, a cancel or a refund frees are matched like a transfer of that"
            " amount without a reference.",
        ),
        _only(
            "confirmation-time",
            13,
            "In Japan the age of an intent counts from its last confirmation.",
        ),
        # Reversals and unclaimed funds.
        _only(
            "reversal-at-once",
            23,
            "A transfer whose reference begins with reversal_ is reconciled and pulled back in "
            "the same call. Intents keep the money that was applied to them.",
        ),
        _only(
            "overdraft-adjustment",
            23,
            "If a reversal takes a balance below zero, a balance transaction of type adjustment "
            "lifts it to 0 at once.",
        ),
        _only(
            "other-bookings",
            23,
            "Balance transactions other than payments are available at once and have no fee. "
            "Their reporting_category comes from the documentation of reports.",
        ),
        _only(
            "unclaimed-since",
            35,
            "The 75 and 90 days count from the moment when the balance last rose above zero, in "
            "both modes. The whole balance goes. A return succeeds unless the test makes it come "
            "back.",
        ),
        _only(
            "return-comes-back",
            35,
            "A return that comes back is not reconciled again. The cash stays on the balance "
            "until the next trigger, or until it is 90 days old.",
        ),
        # Charges.
        Assumption(
            "charge-id-prefix",
            "The charge of a bank transfer has an id that begins with py_.",
            {"py": "py_, like other payments without a card", "ch": "ch_, like card charges"},
            15,
        ),
        _only(
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
        _only(
            "refund-of-deleted-customer",
            25,
            "A refund to the bank needs instructions_email if the payment's customer was deleted,"
            " because a deleted customer has no e-mail address.",
        ),
        _only(
            "refund-shape",
            25,
            "A refund to the bank names the kind of bank transfer before the bank details are "
            "known. Its instructions_email is the address that received the e-mail, and "
            "pending_reason isn't shown. A refund of the cash balance has no payment_method.",
        ),
        _only(
            "refund-asks-for-details",
            25,
            "A refund to the bank always begins by asking for bank details, within 45 days of its"
            " creation. Stripe never knows them in advance.",
        ),
        _only(
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
                "with-details": "balance_transaction is null until then, as seen right after the "
                "creation",
                "at-create": "balance_transaction is set at once",
            },
            25,
        ),
        _only(
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
        _only(
            "refund-failure",
            25,
            "failure_reason is merchant_request for a canceled refund, and unknown for an "
            "unanswered one.",
        ),
        _only(
            "refund-expire-state",
            25,
            "The message for expiring a refund that isn't in requires_action is our own words. "
            "Its status was seen.",
        ),
        _only(
            "refund-bounce",
            25,
            "A refund that bounces sends another e-mail, allows another 45 days, and stays booked.",
        ),
        _only(
            "refund-window",
            25,
            "A refund later than 180 days after its charge is 400 invalid_request_error, in our "
            "own words.",
        ),
        _only(
            "refund-unknown",
            25,
            "Refunding an unknown intent, or listing the refunds of an unknown charge or intent, "
            "is 400 resource_missing with the parameter's name as param.",
        ),
        _only(
            "refund-to-cash-balance",
            24,
            "No parameter of the API sends a refund to the cash balance; the Dashboard does. Such"
            " a refund has the events of other refunds, is taken from the merchant's balance at "
            "once, and is then reconciled.",
        ),
        _only(
            "origin-refund",
            26,
            "A refund with origin=customer_balance needs customer, amount and currency; without "
            "one of them it is 400 parameter_missing. It asks for bank details and can be "
            "canceled like other refunds. Its charge and payment_intent are null, and the "
            "merchant's balance doesn't change.",
        ),
        _only(
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
        # Invoices: known from the guides' prose, and from notes that others took of Stripe's answers.
        _only(
            "invoice-shape",
            32,
            "Invoices paid by bank transfer, their items and their lines have the keys of card "
            "invoices. attempt_count stays 0 when the cash balance pays. payments and "
            "confirmation_secret are shown only on request.",
        ),
        _only(
            "invoice-shape-before-basil",
            32,
            "Before 2025-03-31.basil, invoices, items and lines have the keys that the changelog "
            "lists as removed. Their values are those of the reference's example objects of that "
            "time, for an invoice of one-off items. The keys that replaced them are shown too, "
            "also at versions before acacia.",
        ),
        _only(
            "invoice-refusals",
            32,
            "The fake refuses a missing due date, sending or paying an invoice that isn't open, "
            "and adding an item to an invoice that isn't a draft, in words and with params that "
            "others noted. An unknown invoice payment is 404 with param invoice_payment.",
        ),
        Assumption(
            "invoice-currency",
            "The first invoice of a customer takes the currency of their newest pending item, "
            "unless the request names one. Without pending items it is usd.",
            {
                "pending": "the newest pending item counts, included or not",
                "included": "only an item that the invoice includes counts",
            },
            32,
        ),
        Assumption(
            "customer-currency",
            "A customer's currency is that of their first invoice. A pending item doesn't set it.",
            {"by-invoice": "only the first invoice sets it", "by-item": "a pending item sets it too"},
            32,
        ),
        _only(
            "one-off-prices",
            32,
            "Items with the same description share one product in the account, and one price for "
            "each unit amount and currency. Items without a description share a product too.",
        ),
        Assumption(
            "deleted-draft-items",
            "The items of a deleted draft can't be found any more.",
            {
                "gone": "404, and in no list",
                "kept": "200, and in lists with the items of other invoices",
            },
            32,
        ),
        _only(
            "invoice-events",
            32,
            "Voiding an invoice gives the event of its intent, then invoice.updated, then "
            "invoice.voided. Marking it uncollectible gives invoice.updated, then its own event; "
            "its intent has none.",
        ),
        Assumption(
            "invoice-payment-event-order",
            "invoice_payment.paid comes after payment_intent.succeeded and the invoice's three events.",
            {"last": "after invoice.payment_succeeded", "first": "before invoice.updated"},
            32,
        ),
        Assumption(
            "invoice-payment-succeeded",
            "An invoice that is paid without an intent (out of band, or with nothing due) has the"
            " event invoice.payment_succeeded beside invoice.paid.",
            {
                "told": "as in a recording of an out-of-band payment",
                "untold": "as documented: only the success of a payment intent gives the event",
            },
            32,
        ),
        _only(
            "invoice-intent",
            32,
            "The intent of a finalized invoice is in requires_payment_method and has the "
            "description Payment for Invoice. It takes the types of payment_settings, or only "
            "card.",
        ),
        _only(
            "invoice-intent-fixed",
            32,
            "Canceling the intent of an invoice, or changing its amount, is 400 "
            "payment_intent_unexpected_state. The text is our own words.",
        ),
        _only(
            "invoice-pay",
            32,
            "Paying an open invoice takes its full amount from the cash balance, in both modes. "
            "If the balance is too small, the answer is 400 invalid_request_error and nothing "
            "moves.",
        ),
        _only(
            "invoice-out-of-band",
            32,
            "When an invoice is paid out of band, its intent is canceled without a reason before "
            "the invoice's own events.",
        ),
        _only(
            "invoice-send-email",
            32,
            "An invoice can be sent to a customer without an e-mail address.",
        ),
        _only(
            "invoice-overdue",
            32,
            "invoice.overdue comes once, when the due date of an open invoice is reached.",
        ),
        _only(
            "invoice-overdue-boundary",
            14,
            "An overdue invoice is paid automatically until exactly 30 days after its due date, "
            "including that second.",
        ),
        _only(
            "apply-invoice",
            7,
            "apply_customer_balance on an invoice's intent pays the whole invoice, whatever the "
            "amount parameter says. A balance below that is refused like an explicit amount above"
            " the balance.",
        ),
        _only(
            "finalize-draws-nothing",
            7,
            "Finalizing an invoice takes nothing from the cash balance.",
        ),
        _only(
            "apply-invoice-uncollectible",
            7,
            "apply_customer_balance on the intent of an uncollectible invoice is 400 "
            "payment_intent_unexpected_state.",
        ),
        # Cash balances and their rows.
        _only(
            "funded-test-values",
            20,
            "Test fundings come by ach from John Doe (us) and from DABAIE2D with an IBAN ending "
            "in 3000 (eu). Elsewhere they come from the senders of the documented example rows.",
        ),
        _only(
            "fund-event-request",
            9,
            "The events of a test funding name the API request that made it.",
        ),
        _only(
            "fund-other-currency",
            5,
            "Funding a currency without bank transfers is 400 invalid_request_error with param "
            "currency.",
        ),
        _only("capital-currency", 5, "A currency in capitals is accepted and lowered."),
        _only(
            "parameter-customer",
            22,
            "Routes below a customer answer an unknown customer with param customer.",
        ),
        _only(
            "parameter-transaction",
            20,
            "An unknown cash balance transaction is 404 resource_missing with param transaction.",
        ),
        _only(
            "settings-event",
            33,
            "Changing the reconciliation mode gives no event.",
        ),
        _only(
            "settings-sweep",
            33,
            "Changing the reconciliation mode to automatic doesn't reconcile the cash that is on "
            "the balance.",
        ),
        Assumption(
            "delete-with-cash-balance",
            "A customer without cash can be deleted. A customer with cash is 400 "
            "invalid_request_error, in our own words.",
            {
                "above-zero": "only cash above 0 prevents it: customers who had spent theirs were "
                "deleted in 2026",
                "ever-funded": "a balance that was ever funded prevents it, even at 0, as documented",
            },
            22,
        ),
        # The protocol.
        _only(
            "parameter-texts",
            6,
            "The error texts for a bad hash, array, boolean or string, and for an unreadable "
            "form, are our own words.",
        ),
        _only(
            "invalid-api-version",
            6,
            "An API version that looks like a date and never existed gives the words that were "
            "seen for a version that doesn't look like one.",
        ),
        _only(
            "publishable-key",
            6,
            "A publishable test key is 403 secret_key_required. The code is documented, and the "
            "status comes from other people's reports.",
        ),
        _only(
            "idempotency-key-in-use",
            30,
            "The 409 for an idempotency key in use has the type idempotency_error. Its code and "
            "text were seen.",
        ),
        _only(
            "server-error",
            30,
            "A 500 has the words that were seen on other api_errors, no Stripe-Should-Retry, and is "
            "kept under its key, as documented.",
        ),
        _only(
            "should-retry-missing-object",
            30,
            "A POST that is answered 404 for an unknown object counts as executed: it has "
            "Stripe-Should-Retry: false and is replayed.",
        ),
        _only(
            "idempotency-key-length",
            30,
            "An idempotency key of more than 255 characters is 400 idempotency_error, in our own words.",
        ),
        _only(
            "email-letters",
            6,
            "An e-mail address may contain non-ASCII letters, except full-width ones.",
        ),
        _only(
            "text-limits",
            6,
            "A text above its documented limit is answered like a long telephone number: without "
            "code, and with the parameter as param. For a statement descriptor there is no param,"
            " and its suffix has the same words. For metadata the param is metadata as a whole.",
        ),
        _only(
            "choice-order",
            6,
            "An error lists the allowed values in alphabetical order where Stripe's own order is "
            "unknown.",
        ),
        _only(
            "beta-versions",
            6,
            "Betas in an API version, as in `2023-10-16; feature_beta=v3`, change nothing that is"
            " modelled. The answer's Stripe-Version and the events repeat them as they were sent.",
        ),
        _only(
            "other-missing-objects",
            6,
            "An unknown event is 404 resource_missing with param id, in the words of the other objects.",
        ),
        _only(
            "list-unknown-customer",
            6,
            "Listing the objects of an unknown customer, intent or invoice is 400 "
            "resource_missing with the parameter's name as param, as seen for payment methods and"
            " payouts.",
        ),
        _only(
            "account-invalid",
            6,
            "The text of the 403 account_invalid for a malformed Stripe-Account is from memory.",
        ),
        _only(
            "list-limit",
            6,
            "Lists and searches silently take a limit outside 1 to 100 as the nearest allowed "
            "one. Lists of customers were seen to do that for 0 and 101.",
        ),
        # Search: the language is documented (docs/stripe.md 6.6); others check two errors and the lag.
        _only(
            "search-at-once",
            34,
            "A search finds new objects at once. Stripe's search was seen to lag behind by 16 "
            "seconds to more than two minutes, and its results to come and go.",
        ),
        _only(
            "ignored-as-sent",
            36,
            "A parameter that the fake ignores is shown as it was sent, where the object has a key of "
            "that name whose type takes the value. No event tells of its change.",
        ),
        _only("search-order", 34, "Search results come newest first, as in lists."),
        _only("search-deleted", 34, "A search doesn't find deleted objects, as lists don't."),
        _only(
            "search-intent-status",
            34,
            "A search by the status of payment intents accepts every status that an intent can "
            "have, including requires_action.",
        ),
        _only(
            "search-words",
            34,
            "A string field matches if it contains the words of the value side by side. White "
            "space separates words, so an e-mail address is one word.",
        ),
        _only(
            "search-errors",
            34,
            "A malformed query is 400 invalid_request_error without code and param, as seen for "
            "an unknown field. A query with more than 10 clauses is refused alike. Others quote "
            "the texts for a query that can't be parsed and for an unsupported field, without the"
            " position; the other texts are our own words.",
        ),
        _only(
            "search-page",
            34,
            "A page that isn't a next_page of the same query is 400 invalid_request_error with "
            "param page.",
        ),
        # Webhooks.
        _only(
            "webhook-hearing",
            37,
            "A webhook endpoint hears of no event from before it was made, and of no type that its"
            " API version lacks.",
        ),
        _only(
            "webhook-retries",
            37,
            "A delivery that fails is tried again 1 hour later, and once more 3 hours after that. "
            "Then it is given up.",
        ),
        Assumption(
            "pending-webhooks",
            "pending_webhooks of an event still counts an endpoint that never acknowledged it, once"
            " the delivery was given up or the endpoint deleted.",
            {
                "not-acknowledged": "it counts, as it hasn't acknowledged",
                "waiting": "it doesn't count, as nothing more is sent",
            },
            37,
        ),
        _only(
            "webhook-endpoint-refusals",
            38,
            "An account's seventeenth webhook endpoint is 400 invalid_request_error without code "
            "and param. A url without http or https is 400 url_invalid with param url. Both texts "
            "are our own words.",
        ),
    )
}


@dataclass
class Readings:
    """The chosen readings of one test, and the assumptions that its answers have relied on so far."""

    chosen: Mapping[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for entry_id, reading in self.chosen.items():
            entry = REGISTER.get(entry_id)
            if entry is None:
                message = f"no assumption {entry_id!r}: `python -m pytest_stripe_balance assumptions`"
                raise BadSettingError(f"{message} lists them")
            if reading not in entry.readings:
                known = ", ".join(entry.readings) if len(entry.readings) > 1 else "only one"
                raise BadSettingError(
                    f"assumption {entry_id!r} has no reading {reading!r}; it has {known}"
                )

    def reading(self, entry_id: str) -> str:
        """Give the reading in effect, without noting that an answer relies on it."""
        return self.chosen.get(entry_id) or REGISTER[entry_id].default

    def rely_on(self, entry_id: str) -> str:
        """Note that the current answer relies on an assumption; give the reading in effect."""
        self.used.add(entry_id)
        return self.reading(entry_id)
