"""What is assumed of cards, and of other types of payment methods beside a bank transfer."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import Assumption, only

ENTRIES = (
    only(
        "card-values",
        55,
        "A ready-made card of a brand that nobody recorded has the last digits of its documented "
        "number. Codes and numbers of a charge by card are made up: authorization, network "
        "transaction, risk score 20, and the account's name as the statement descriptor.",
    ),
    only(
        "card-attach-declined",
        56,
        "Attaching a ready-made card that declines is refused with its own decline, as seen for "
        "pm_card_chargeDeclined. Only pm_card_chargeCustomerFail attaches.",
    ),
    only(
        "card-not-attached",
        56,
        "Detaching or updating a payment method that is attached to nobody is 400 "
        "invalid_request_error without code and param.",
    ),
    only(
        "customer-made-with-card",
        85,
        "A customer that is created with payment_method has the card attached: customer.created, then "
        "payment_method.attached. A card that can't be attached is refused as in attach, and no "
        "customer is made.",
    ),
    only(
        "card-of-customer",
        56,
        "A payment method that isn't attached to the customer in the path is 404 resource_missing "
        "with param payment_method.",
    ),
    only(
        "card-saved-on-success",
        55,
        "A card is attached to the intent's customer after the payment succeeded, if "
        "setup_future_usage asks for that; payment_method.attached follows payment_intent.succeeded.",
    ),
    Assumption(
        "card-on-partly-funded",
        "A card that is confirmed on a partly funded intent pays the whole amount, and the cash goes "
        "back to the balance. If the card is declined, the intent keeps the cash.",
        {
            "returned": "the row unapplied_from_payment comes first, and the cash is reconciled last",
            "refused": "400 invalid_request_error, and nothing changes",
        },
        57,
    ),
    Assumption(
        "card-statement-descriptor",
        "statement_descriptor on an intent or a session that takes cards is refused since February "
        "2024, as documented. An account of 2017 was still allowed it in February 2026. The words were "
        "met with automatic payment methods and on sessions too; param is assumed.",
        {
            "refused": "400 invalid_request_error with the parameter's path as param",
            "taken": "shown as it was sent, on the charge too",
        },
        57,
    ),
    Assumption(
        "card-fee",
        "The balance transaction of a card's charge has no fee, and is available at once. An account's "
        "fees are its own.",
        {
            "none": "fee 0, no fee_details",
            "us-standard": "in usd 2.9 % plus 30 cents, the public price in the United States; other "
            "currencies are refused",
        },
        60,
    ),
    only(
        "card-settled-at-once",
        60,
        "The charge of a card has its balance transaction, application fee and transfer at once, also "
        "with the capture_method automatic_async, the default since 2024-04-10. There Stripe shows "
        "them a moment later, with charge.updated [obs pay-rails/pay], which doesn't come here.",
    ),
    only(
        "card-refund",
        60,
        "A refund to a card stays as it was made: the refund.updated that tells of the bank's "
        "reference number later doesn't come.",
    ),
    only(
        "release-as-refund",
        92,
        "The API version of the call decides what becomes of what isn't captured. Before basil a refund "
        "with refund.created and charge.refunded tells of it, after payment_intent.succeeded and before "
        "payment_intent.canceled; one of a canceled amount isn't booked, and amount_captured is 0. A "
        "charge is refunded once its captured part is.",
    ),
    only(
        "hold-expires",
        92,
        "A card lets go of what nobody captured in the second after capture_before. charge.expired is "
        "first, then payment_intent.canceled with the reason automatic. At an account of before basil "
        "the charge is refunded before, as in a cancel.",
    ),
    only(
        "uncaptured-refund",
        92,
        "Refunding a charge that isn't captured, by its own id or its intent's, is 400 "
        "invalid_request_error without code and param, in words of 2019.",
    ),
    only(
        "method-type-not-allowed",
        58,
        "A payment method of a type that the intent doesn't take is 400 "
        "payment_intent_incompatible_payment_method. The words were quoted from a real answer.",
    ),
    only(
        "setup-future-usage-filters",
        58,
        "setup_future_usage with allowed or automatic payment methods leaves customer_balance out.",
    ),
    only(
        "sibling-options",
        58,
        "A type without options that anybody recorded shows an empty hash in payment_method_options.",
    ),
    Assumption(
        "return-url-of-bank-transfer",
        "Confirming by bank transfer asks for a return_url too, if the intent's automatic payment "
        "methods may redirect: Stripe asks whatever the method is.",
        {"asked": "400, as seen for cards", "not-asked": "only cards need it"},
        59,
    ),
    Assumption(
        "error-on-requires-action",
        "error_on_requires_action changes nothing about a bank transfer that the balance doesn't "
        "cover: it waits in requires_action. Public production code (getlago/lago-api) sends it and "
        "stores the instructions that it gets; nobody has recorded the answer.",
        {
            "waits": "200, and the intent has its instructions",
            "card-error": "402 card_error",
            "invalid-request": "400 invalid_request_error",
        },
        59,
    ),
    only(
        "setup-intent-events",
        61,
        "Confirming a setup intent gives setup_intent.succeeded and then payment_method.attached, "
        "setup_intent.requires_action, or setup_intent.setup_failed for a card that declines when it is "
        "attached.",
    ),
    only(
        "setup-intent-refusals",
        61,
        "Confirming or canceling a setup intent in a status that forbids it is 400 "
        "setup_intent_unexpected_state with the setup intent, an unknown one is 404 with param intent, "
        "and a missing return_url is answered as on payment intents.",
    ),
)
