"""What is assumed of payment intents and their bank accounts."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import Assumption, only

ENTRIES = (
    only(
        "unset-keys",
        11,
        "An intent by bank transfer has the keys that were seen on card intents since 2026: "
        "managed_payments is {enabled: false}, and allowed_payment_method_types, payment_record and "
        "shared_payment_granted_token are null. The hashes hooks, payment_details and "
        "presentment_details are left out while they are unset.",
    ),
    only(
        "confirm-without-funding-type",
        28,
        "Confirming without a funding_type, when the balance doesn't pay the intent, is 400 "
        "payment_method_customer_decline. The intent goes back to requires_payment_method. "
        "Only the words `balance is insufficient to complete the payment` of Stripe's message"
        " are known, for a balance that is too small. In manual mode nothing is drawn even "
        "from a sufficient balance, and the fake's message says that.",
    ),
    only(
        "update-amount-status",
        17,
        "An update of the amount takes a confirmed intent back to requires_confirmation. An "
        "update of the metadata alone does not.",
    ),
    Assumption(
        "update-by-status",
        "Stripe's rules for updating a paid or canceled intent are known only for amount, "
        "payment method and receipt_email. Other fields are refused with the code of amount "
        "and their own name as param. description and metadata can always be changed, and "
        "setup_future_usage only before the payment.",
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
    only(
        "cancel-event-order",
        18,
        "Canceling a partly funded intent gives three events in this order: the ledger row's,"
        " payment_intent.canceled, cash_balance.funds_available.",
    ),
    only(
        "freed-funds-event",
        17,
        "cash_balance.funds_available follows an update that frees funds.",
    ),
    only(
        "payment-method-given-types",
        31,
        "An intent created with a payment method but without types takes only the type of "
        "that method. Without both, its automatic payment methods are card, and also "
        "customer_balance if it has a customer and a bank transfer currency. In Stripe an "
        "account chooses its methods in the Dashboard.",
    ),
    only(
        "unset-customer-balance-options",
        11,
        "If an intent was given types but no options, payment_method_options.customer_balance"
        " is an empty hash.",
    ),
    only(
        "setup-future-usage",
        31,
        "setup_future_usage on an intent that is given the type customer_balance is 400 "
        "without code and param, whichever parameter gives the type. The words were seen with"
        " payment_method_types.",
    ),
    only(
        "payment-method-types-gone",
        31,
        "The message of payment_method_types_no_longer_supported is our own words. Its status"
        " and code are documented.",
    ),
    only(
        "payment-method-unknown",
        6,
        "An unknown payment method gives the short text. At 2025-10-29.clover a platform was "
        "also told that the method may belong to a connected account. As on payment intents, one "
        "that isn't in the path is found missing before the call is executed.",
    ),
    only(
        "customer-balance-needs-customer",
        29,
        "Using customer_balance without a customer is 400 parameter_missing with param customer.",
    ),
    only(
        "bank-transfer-currency",
        29,
        "A bank transfer type that doesn't fit the currency is 400 invalid_request_error with"
        " the type's path as param, for intents and for funding instructions.",
    ),
    only(
        "bank-transfer-country",
        21,
        "An eu_bank_transfer country outside BE DE ES FR IE NL is 400 invalid_request_error "
        "with the country's path as param.",
    ),
    only(
        "instructions-per-intent",
        16,
        "An intent keeps its reference when it is confirmed again.",
    ),
    only(
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
    only(
        "jp-test-values",
        21,
        "Test-mode zengin accounts have the bank, branch and holder of the documented "
        "example. The account number differs between customers, and the addresses are made "
        "up.",
    ),
    only(
        "mx-test-values",
        21,
        "Test-mode CLABEs have the bank and plaza of the documented example and differ "
        "between customers. The addresses are made up.",
    ),
    only(
        "sepa-address-type",
        21,
        "sepa in requested_address_types asks for the same address as iban.",
    ),
    only(
        "eu-default-country",
        21,
        "Without a country, eu_bank_transfer uses the customer's country if it has bank "
        "transfers, and IE otherwise. The country isn't echoed.",
    ),
)
