"""What is assumed of parameters that move no cent."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import only

ENTRIES = (
    only(
        "shown-as-sent",
        75,
        "account_tax_ids and templates of invoices, and the tax calculation in an intent's hooks, are "
        "taken and shown as they were sent, because the fake can't know the account's own. The hashes "
        "rendering, shipping_details and payment_details have all their keys, null where unset. A "
        "template without a version shows none. A payment method configuration that is named offers "
        "what the account's default one does.",
    ),
    only(
        "invoice-settings-copied",
        75,
        "A new invoice takes the custom fields, the footer, amount_tax_display and the template of its "
        "customer's invoice_settings, unless it is given its own. They are copied when it is created.",
    ),
    only(
        "custom-fields-limit",
        75,
        "More than four custom fields of a customer or an invoice are 400 without a code, with "
        "the path of custom_fields as param. The words are our own.",
    ),
    only(
        "no-effect-on-transfers",
        76,
        "mandate_data, off_session, radar_options, return_url and use_stripe_sdk are taken for a bank "
        "transfer, and change nothing: it waits for money all the same. confirmation_method=manual is "
        "shown, and the intent is confirmed and paid as with automatic.",
    ),
    only(
        "only-with-confirm",
        76,
        "mandate_data, off_session, return_url and error_on_requires_action of a create without "
        "confirm are 400, with the code payment_intent_invalid_parameter and their own name as param. "
        "The words were seen of the first three, one on a SetupIntent; false is taken of the two that "
        "may be false.",
    ),
    only(
        "client-secret-mismatch",
        76,
        "A retrieve of an intent with another client_secret is 400, with the code "
        "payment_intent_invalid_parameter and param client_secret. The words were seen on a "
        "SetupIntent, with a publishable key.",
    ),
    only(
        "delivery-success",
        77,
        "A list of events by delivery_success counts an event that no endpoint was to hear of as "
        "delivered. What is still pending counts as not delivered [sdk].",
    ),
)
