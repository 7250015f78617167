"""The register of what nobody has seen from Stripe: what the fake does there, and what else it could be.

Documented and observed behaviour has no entry, only its source in the docstring of the code. Numbers
of `docs/stripe.md` are its sections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pytest_stripe_balance.modes import BadSettingError

# The exchanges with Stripe's test mode that would settle an entry.
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
}


@dataclass(frozen=True)
class Assumption:
    """One open question. The first reading is the default; the others can be chosen in its place."""

    id: str
    sentence: str
    readings: Mapping[str, str]
    recording: int

    @cached_property
    def default(self) -> str:
        """The reading that holds unless a test picks another."""
        return next(iter(self.readings))


def _only(id: str, recording: int, sentence: str) -> Assumption:  # noqa: A002 - its own name
    return Assumption(id, sentence, {"assumed": "as the sentence says"}, recording)


REGISTER: Mapping[str, Assumption] = {
    entry.id: entry
    for entry in (
        # apply_customer_balance: others assert its refusals every night, without their texts; what they
        # don't ask is open.
        _only(
            "apply-refusal-texts",
            6,
            "The messages of apply_customer_balance's refusals are ours; the status, type, code and "
            "param of most were seen by others.",
        ),
        _only(
            "apply-parameter-errors",
            6,
            "apply_customer_balance answers an unknown parameter, a non-integer amount and an amount "
            "below 1 with the generic errors of Stripe's other endpoints.",
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
            "apply_customer_balance on an intent without a customer is 400 parameter_missing, param "
            "customer.",
        ),
        Assumption(
            "apply-above-balance",
            "apply_customer_balance with an explicit amount above the customer's balance, but not "
            "above what remains, or with a balance of 0, is refused as an amount above all of them was "
            "seen to be.",
            {
                "invalid_request": "400 invalid_request_error without code and param",
                "balance_insufficient": "400 invalid_request_error with code balance_insufficient",
                "card_error": "402 card_error with code insufficient_funds",
            },
            2,
        ),
        Assumption(
            "apply-without-amount-short",
            "apply_customer_balance without an amount, when the balance is above 0 and below what "
            "remains, applies all of the balance.",
            {
                "partial": "all of the balance is applied and the intent stays incomplete",
                "refused": "refused as an explicit amount above the balance is",
            },
            1,
        ),
        _only(
            "apply-never-confirmed",
            4,
            "apply_customer_balance takes an intent in requires_payment_method: in full it succeeds "
            "at once, with a payment method of its own; in part it keeps its status.",
        ),
        Assumption(
            "apply-after-update",
            "After an update of its amount an intent must be confirmed again before it can be "
            "applied to.",
            {
                "confirm-first": "requires_confirmation is refused like any other wrong status",
                "directly": "apply_customer_balance also takes an intent in requires_confirmation "
                "after an update of its amount",
            },
            17,
        ),
        _only(
            "apply-event-order",
            9,
            "Money that goes to an intent gives its events in the order ledger row, charge.succeeded, "
            "payment_intent.succeeded; in part, ledger row, then the intent's own.",
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
            "An intent by bank transfer has the keys that Stripe sends of card intents since 2026: "
            "allowed_payment_method_types, managed_payments, payment_record and "
            "shared_payment_granted_token. It has no hooks, payment_details and presentment_details.",
        ),
        _only(
            "confirm-without-funding-type",
            28,
            "Confirming without a funding_type, when the balance doesn't pay, is 400 with code "
            "payment_method_customer_decline, and the intent goes back to requires_payment_method. Of "
            "Stripe's message only the words `balance is insufficient to complete the payment` are "
            "known, of a balance that is too small. In manual mode with enough of it, when nothing is "
            "drawn, the message says so.",
        ),
        _only(
            "update-amount-status",
            17,
            "An update of the amount takes a confirmed intent back to requires_confirmation, and a "
            "metadata-only update doesn't.",
        ),
        Assumption(
            "update-by-status",
            "What may still be updated on an intent that is paid or canceled is on record for its "
            "amount, payment method and receipt_email alone. Others are refused alike, with amount's "
            "code and their name as param; description and metadata can be changed always.",
            {
                "as-receipt-email": "customer, shipping, statement descriptors, transfer_group and the "
                "types that it takes like receipt_email: not once it is canceled",
                "any": "they too in any status",
                "as-amount": "they before it is paid alone, description and metadata like receipt_email",
            },
            17,
        ),
        _only(
            "cancel-event-order",
            18,
            "Canceling a partly funded intent gives the events of the ledger row, "
            "payment_intent.canceled, cash_balance.funds_available, in this order.",
        ),
        _only(
            "freed-funds-event",
            17,
            "cash_balance.funds_available follows an update that frees funds.",
        ),
        _only(
            "payment-method-given-types",
            31,
            "An intent that is given a payment method and no types takes that method's type as its "
            "only one; without a payment method its automatic payment methods are card, and "
            "customer_balance when it has a customer and a bank transfer currency: which ones an "
            "account offers is a setting of its Dashboard.",
        ),
        _only(
            "unset-customer-balance-options",
            11,
            "payment_method_options.customer_balance is an empty hash before any options are given, "
            "where types were given.",
        ),
        _only(
            "setup-future-usage",
            31,
            "setup_future_usage on an intent that is given the type customer_balance, by whatever "
            "parameter, is 400 without code and param, in the words that were seen with "
            "payment_method_types.",
        ),
        _only(
            "payment-method-types-gone",
            31,
            "The message of payment_method_types_no_longer_supported is not on record; its status "
            "and code are documented.",
        ),
        _only(
            "payment-method-unknown",
            6,
            "An unknown payment method gives the short text; at 2025-10-29.clover a platform was "
            "also told that it may be a connected account's.",
        ),
        _only(
            "customer-balance-needs-customer",
            29,
            "Using customer_balance without a customer is 400 parameter_missing, param customer.",
        ),
        _only(
            "bank-transfer-currency",
            29,
            "A bank transfer type that doesn't fit the currency, on an intent or for funding "
            "instructions, is 400 invalid_request_error, param the type's path.",
        ),
        _only(
            "bank-transfer-country",
            21,
            "An eu_bank_transfer country outside BE DE ES FR IE NL is 400 invalid_request_error, "
            "param the country's path.",
        ),
        _only(
            "instructions-per-intent",
            16,
            "An intent that is confirmed again keeps its reference.",
        ),
        _only(
            "eu-test-values",
            21,
            "Test-mode IBANs, BICs and addresses are made up, with each country's length and check "
            "digits: no capture of one is public.",
        ),
        Assumption(
            "gb-networks",
            "A sort code's supported_networks end in chaps since 2026-07-29.dahlia documents it.",
            {
                "chaps": "bacs, fps, chaps",
                "without-chaps": "bacs, fps, as an intent of an older version was seen to have",
            },
            21,
        ),
        _only(
            "jp-test-values",
            21,
            "Test-mode zengin accounts have the bank, branch and holder of the documented example, a "
            "number per customer, and addresses that are made up.",
        ),
        _only(
            "mx-test-values",
            21,
            "Test-mode CLABEs have the bank and plaza of the documented example and differ between "
            "customers; the addresses are made up.",
        ),
        _only(
            "sepa-address-type",
            21,
            "sepa in requested_address_types asks for the same address as iban.",
        ),
        _only(
            "eu-default-country",
            21,
            "Without a country, eu_bank_transfer takes the customer's own where it has bank transfers, "
            "and IE elsewhere; it is not echoed.",
        ),
        # Automatic reconciliation: documented in prose (docs/stripe.md 4); these are its gaps.
        _only(
            "reconciled-at-once",
            10,
            "Reconciliation happens within the call that brings or frees the money, and the row that "
            "a test funding answers with ends on the balance before it.",
        ),
        _only(
            "open-intents",
            13,
            "Automatic reconciliation pays intents in requires_action, and no others; an intent's age "
            "is its creation, outside Japan.",
        ),
        Assumption(
            "group-sum",
            "The group of step 3 sums to the amount sent, not to the whole balance.",
            {
                "sent": "only the amount of the transfer is matched",
                "balance": "where no group sums to the amount sent, one that sums to the whole "
                "balance is taken",
            },
            12,
        ),
        _only(
            "group-ties",
            12,
            "Groups of equal size and equally many invoices are compared by their intents, oldest "
            "first, then by their invoices.",
        ),
        Assumption(
            "invoice-too-large",
            "Where step 4 comes to an invoice that the balance doesn't cover, it goes on to newer ones.",
            {"skipped": "newer invoices that fit are paid", "stopped": "no newer invoice is paid"},
            14,
        ),
        _only(
            "reference-match",
            14,
            "A reference is an intent's as a whole, but for spaces around it, and holds an invoice's "
            "number where no letter or digit is beside it; capitals count, the longest number wins, and "
            "what is sent beyond the match goes on to step 3.",
        ),
        _only(
            "older-cash-after-reference",
            14,
            "What lay on the balance before stays there when all that came goes to what the reference "
            "names, even if that waits for more.",
        ),
        _only(
            "freed-funds-group",
            18,
            "Funds that an update, a cancel or a refund frees are matched as a transfer of that amount "
            "without a reference would be.",
        ),
        _only(
            "confirmation-time",
            13,
            "In Japan an intent that is confirmed again counts from its last confirmation.",
        ),
        # Reversals and funds that nobody claims.
        _only(
            "reversal-at-once",
            23,
            "A transfer whose reference begins with reversal_ is reconciled, and pulled back in the "
            "same call; what was applied to intents stays with them.",
        ),
        _only(
            "overdraft-adjustment",
            23,
            "A balance that a reversal takes below zero is lifted to 0 at once, by a balance "
            "transaction of type adjustment.",
        ),
        _only(
            "other-bookings",
            23,
            "Balance transactions other than payments are available at once, without a fee; their "
            "reporting_category is from the documentation of reports.",
        ),
        _only(
            "unclaimed-since",
            35,
            "The 75 and 90 days count from when the balance last rose above zero, in both modes, and "
            "all of it goes; a return succeeds unless the test says that it came back.",
        ),
        _only(
            "return-comes-back",
            35,
            "A return that comes back is not reconciled again: the cash lies there until the next "
            "trigger, or until it is 90 days old.",
        ),
        # Charges.
        Assumption(
            "charge-id-prefix",
            "The charge of a bank transfer has an id that begins with py_.",
            {"py": "py_, as other payments that aren't by card", "ch": "ch_, as card charges"},
            15,
        ),
        _only(
            "charge-shape",
            15,
            "The charge has radar_options {}, no calculated_statement_descriptor and a receipt_url, as "
            "py_ charges of bank debits; its balance transaction is there at once, of type payment "
            "and available.",
        ),
        Assumption(
            "charge-outcome",
            "The charge has the outcome of a bank debit that nobody assessed.",
            {
                "authorized": "type authorized, as on 24 of 24 recorded py_ charges of bank debits, and "
                "risk_level not_assessed, as is documented of what isn't a card",
                "none": "null, as on 13 of 13 recorded py_ charges between Stripe accounts",
            },
            15,
        ),
        Assumption(
            "charge-fee",
            "The balance transaction of a bank transfer's charge has no fee.",
            {
                "none": "fee 0, no fee_details",
                "stripe-fee": "in mxn 8.12: 7 and 16 % VAT of that, as was seen once; other currencies, "
                "whose fee nobody has seen, are refused out loud",
            },
            15,
        ),
        # Refunds.
        Assumption(
            "refund-id-prefix",
            "A refund has an id that begins with pyr_.",
            {
                "pyr": "pyr_, as all refunds of other charges with py_ were seen to have",
                "re": "re_, as refunds of cards",
            },
            25,
        ),
        _only(
            "refund-of-deleted-customer",
            25,
            "A refund to the bank of a payment whose customer was deleted finds no e-mail address at "
            "theirs: it needs instructions_email.",
        ),
        _only(
            "refund-shape",
            25,
            "A refund to the bank shows the kind of bank transfer before the bank details are there, "
            "instructions_email is the address that was written to, and pending_reason isn't shown; one "
            "of the cash balance has no payment_method.",
        ),
        _only(
            "refund-asks-for-details",
            25,
            "A refund to the bank always begins by asking for bank details, within 45 days of its "
            "creation; Stripe never has them already.",
        ),
        _only(
            "refund-amount-refunded",
            25,
            "A charge's amount_refunded grows when a refund is made, and goes back when it is canceled "
            "or fails.",
        ),
        Assumption(
            "refund-booking",
            "A refund to the bank is taken from the merchant's balance when the bank details are there, "
            "and given back by a payment_failure_refund when it is canceled or fails after that.",
            {
                "with-details": "balance_transaction is null until then, as it was seen right after "
                "the creation",
                "at-create": "balance_transaction is there at once",
            },
            25,
        ),
        _only(
            "refund-events",
            25,
            "Making a refund gives the ledger row, refund.created and charge.refunded, in this order; "
            "changing, canceling and failing it give refund.updated, a failure refund.failed after it; "
            "the charge has no event when its refund is undone.",
        ),
        Assumption(
            "refund-unanswered",
            "A refund that the customer leaves unanswered for 45 days fails, and all is as before it.",
            {
                "failed": "the charge's amount_refunded goes back, and the amount can be refunded again",
                "credited": "it fails, and the customer's cash balance is credited by a row "
                "refunded_from_payment, from the merchant's balance: the customer has the money, so "
                "the charge stays refunded and the amount can't be refunded again",
            },
            25,
        ),
        _only(
            "refund-failure",
            25,
            "failure_reason is merchant_request for a refund that was canceled, unknown for one that "
            "was left unanswered.",
        ),
        _only(
            "refund-expire-state",
            25,
            "The message for expiring a refund in any other status than requires_action is ours; its "
            "status was seen.",
        ),
        _only(
            "refund-bounce",
            25,
            "A refund that bounces sends another e-mail, with another 45 days, and stays booked.",
        ),
        _only(
            "refund-window",
            25,
            "A refund later than 180 days after its charge is 400 invalid_request_error, in our words.",
        ),
        _only(
            "refund-unknown",
            25,
            "An unknown intent to be refunded, and an unknown charge or intent to list refunds of, is "
            "400 resource_missing, with the parameter's own name as param.",
        ),
        _only(
            "refund-to-cash-balance",
            24,
            "No parameter of the API sends a refund to the cash balance. Made in the Dashboard it has "
            "the events of other refunds, then reconciles, and takes the amount from the merchant's "
            "balance at once.",
        ),
        _only(
            "origin-refund",
            26,
            "A refund with origin=customer_balance needs customer, amount and currency, or is 400 "
            "parameter_missing; it asks for bank details and can be canceled as others can, has null "
            "charge and payment_intent, and moves nothing on the merchant's balance.",
        ),
        _only(
            "origin-above-balance",
            26,
            "A refund with origin=customer_balance above the balance is 400 invalid_request_error "
            "without a code, param amount.",
        ),
        Assumption(
            "origin-return-canceled",
            "Cash that comes back from a refund with origin=customer_balance lies on the balance.",
            {
                "lies": "nothing is reconciled, and there is no cash_balance.funds_available",
                "reconciled": "it goes on to whoever waits, as what an update or a cancel frees does",
            },
            26,
        ),
        # Invoices: what the guides say in prose, and notes that others took of Stripe's answers.
        _only(
            "invoice-shape",
            32,
            "Invoices that are paid by bank transfer, their items and lines have the keys of card "
            "invoices, and attempt_count stays 0 when the cash balance pays; payments and "
            "confirmation_secret are shown when asked for.",
        ),
        _only(
            "invoice-shape-before-basil",
            32,
            "Before 2025-03-31.basil invoices, their items and lines have the keys that the changelog "
            "says are gone, with what the reference's example objects of that time hold on an invoice "
            "of one-off items; those that took their place stand beside them, at the versions before "
            "acacia too.",
        ),
        _only(
            "invoice-refusals",
            32,
            "A missing due date, sending or paying what isn't open and an item on what isn't a draft "
            "are refused in the words and with the params that others noted; an unknown payment of an "
            "invoice is 404, param invoice_payment.",
        ),
        Assumption(
            "invoice-currency",
            "The first invoice of a customer takes the currency of their newest pending item unless it "
            "names one, and usd where there is none.",
            {"pending": "included or not", "included": "only of an item that it includes"},
            32,
        ),
        Assumption(
            "customer-currency",
            "A customer's currency is that of their first invoice; a pending item before it sets none.",
            {"by-invoice": "the first invoice sets it", "by-item": "so does a pending item"},
            32,
        ),
        _only(
            "one-off-prices",
            32,
            "Items of one description have one product in the account, and one price for each unit "
            "amount and currency; no description is one too.",
        ),
        Assumption(
            "deleted-draft-items",
            "The items of a deleted draft are no longer found.",
            {"gone": "404, and in no list", "kept": "200, and in lists beside those on invoices"},
            32,
        ),
        _only(
            "invoice-events",
            32,
            "Voiding an invoice gives its intent's event first, then invoice.updated, then its own; "
            "so does giving it up, where the intent has none.",
        ),
        Assumption(
            "invoice-payment-event-order",
            "After payment_intent.succeeded and the three events of its invoice comes "
            "invoice_payment.paid.",
            {"last": "behind invoice.payment_succeeded", "first": "before invoice.updated"},
            32,
        ),
        Assumption(
            "invoice-payment-succeeded",
            "An invoice that is paid without an intent, out of band or with nothing due, tells "
            "invoice.payment_succeeded beside invoice.paid.",
            {
                "told": "as a recording of an out-of-band payment has it",
                "untold": "as it is documented: only a payment intent's success tells it",
            },
            32,
        ),
        _only(
            "invoice-intent",
            32,
            "The intent of a finalized invoice is in requires_payment_method, described as Payment for "
            "Invoice, and takes the types of payment_settings, or cards alone.",
        ),
        _only(
            "invoice-intent-fixed",
            32,
            "Canceling the intent of an invoice, or changing its amount, is 400 "
            "payment_intent_unexpected_state; the text is ours.",
        ),
        _only(
            "invoice-pay",
            32,
            "Paying an open invoice takes its full amount from the cash balance, in either mode; when "
            "that isn't enough it is 400 invalid_request_error, and nothing moves.",
        ),
        _only(
            "invoice-out-of-band",
            32,
            "An invoice that is paid out of band has its intent canceled, without a reason. The events "
            "of the payment follow.",
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
            "An overdue invoice is paid automatically up to the second 30 days after its due date.",
        ),
        _only(
            "apply-invoice",
            7,
            "apply_customer_balance on an invoice's intent takes all that the invoice wants, whatever "
            "the amount; a balance below it is refused as an explicit amount above the balance is.",
        ),
        _only(
            "finalize-draws-nothing",
            7,
            "Finalizing an invoice takes nothing of what lies on the balance.",
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
            "Test funding comes by ach from John Doe (us), from DABAIE2D, IBAN ending 3000 (eu), and "
            "elsewhere from the senders of the documented example rows.",
        ),
        _only(
            "fund-event-request",
            9,
            "Events of a test funding name the API request that made it.",
        ),
        _only(
            "fund-other-currency",
            5,
            "Funding a currency without bank transfers is 400 invalid_request_error, param currency.",
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
            "An unknown cash balance transaction is 404 resource_missing, param transaction.",
        ),
        _only(
            "settings-event",
            33,
            "Changing the reconciliation mode makes no event.",
        ),
        _only(
            "settings-sweep",
            33,
            "Changing the reconciliation mode to automatic moves nothing of what lies on the balance.",
        ),
        Assumption(
            "delete-with-cash-balance",
            "A customer without cash can be deleted, one with cash is 400 invalid_request_error; the "
            "text is ours.",
            {
                "above-zero": "cash above 0 refuses: customers who had spent theirs were seen to be "
                "deleted in 2026",
                "ever-funded": "a balance that was ever funded refuses, even at 0, as is documented",
            },
            22,
        ),
        # The protocol.
        _only(
            "parameter-texts",
            6,
            "The texts for a hash, array, boolean or string that isn't one, and for a form that "
            "can't be read, are ours.",
        ),
        _only(
            "invalid-api-version",
            6,
            "An API version that has the form of a date and never was one gives the words that "
            "were seen for what has no such form.",
        ),
        _only(
            "publishable-key",
            6,
            "A publishable test key is 403 secret_key_required; the code is documented, the status is "
            "from other people's reports.",
        ),
        _only(
            "idempotency-key-in-use",
            30,
            "The 409 for an idempotency key that is in use has the type idempotency_error; its code and "
            "text were seen.",
        ),
        _only(
            "should-retry-missing-object",
            30,
            "A POST that is answered 404 for an unknown object counts as executed: it carries "
            "Stripe-Should-Retry: false and is replayed.",
        ),
        _only(
            "idempotency-key-length",
            30,
            "An idempotency key of more than 255 characters is 400 idempotency_error, in our words.",
        ),
        _only(
            "email-letters",
            6,
            "An e-mail address may have letters beyond ASCII, but for those of full width.",
        ),
        _only(
            "text-limits",
            6,
            "A text over its documented limit is answered like a telephone number: no code, the "
            "parameter as param. A statement descriptor's answer has no param, and its suffix's is "
            "worded alike; metadata's names the whole of it.",
        ),
        _only(
            "choice-order",
            6,
            "What a parameter must be one of is listed in the order of the alphabet, where Stripe's "
            "own is not on record.",
        ),
        _only(
            "beta-versions",
            6,
            "Betas that an API version names, as in `2023-10-16; feature_beta=v3`, change nothing of "
            "what is modelled; the answer's Stripe-Version and events name them as they were sent.",
        ),
        _only(
            "other-missing-objects",
            6,
            "An unknown event is 404 resource_missing, param id, in the words of the other objects.",
        ),
        _only(
            "list-unknown-customer",
            6,
            "Listing what belongs to something unknown is 400 resource_missing, param its name, as was "
            "seen of payment methods and payouts.",
        ),
        _only(
            "account-invalid",
            6,
            "The text of the 403 account_invalid for a malformed Stripe-Account is from memory.",
        ),
        _only(
            "list-limit",
            6,
            "Every list, and a search, takes a limit outside 1 to 100 as the nearest in it, in "
            "silence, as lists of customers were seen to take 0 and 101.",
        ),
        # Search: its language is documented (docs/stripe.md 6.6); others assert two errors and the lag.
        _only(
            "search-at-once",
            34,
            "A search finds what there is at once; Stripe's was seen to lag behind by 16 seconds to "
            "more than two minutes, and to flap.",
        ),
        _only("search-order", 34, "What a search finds comes newest first, as in lists."),
        _only("search-deleted", 34, "A search doesn't find what was deleted, as lists don't."),
        _only(
            "search-intent-status",
            34,
            "A search by the status of payment intents knows every status that an intent shows, "
            "requires_action too.",
        ),
        _only(
            "search-words",
            34,
            "A string field fits a value when the value's words stand in it side by side; words are "
            "what white space parts, so that an e-mail address is one.",
        ),
        _only(
            "search-errors",
            34,
            "A query that isn't one is 400 invalid_request_error without code and param, as was seen "
            "of an unknown field; so are more than 10 clauses. The texts for what can't be parsed and "
            "for an unsupported field are quoted by others, without the place; the rest is in our "
            "words.",
        ),
        _only(
            "search-page",
            34,
            "A page that isn't a next_page of the same query is 400 invalid_request_error, param page.",
        ),
    )
}


@dataclass
class Readings:
    """Which readings hold in one test, and which assumptions its answers have rested on so far."""

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
        """Give the reading of an assumption that holds, without an answer resting on it."""
        return self.chosen.get(entry_id) or REGISTER[entry_id].default

    def rely_on(self, entry_id: str) -> str:
        """Note that the answer being made relies on an assumption; give the reading that holds."""
        self.used.add(entry_id)
        return self.reading(entry_id)
