"""What is assumed of customer sessions and confirmation tokens."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import Assumption, only

ENTRIES = (
    only("customer-session-lifetime", 80, "A customer session expires 30 minutes after its creation."),
    only(
        "customer-session-features",
        80,
        "A component of a customer session that is enabled without features shows the documented "
        "defaults: allow_redisplay always, three saved methods at most, all else disabled or null. "
        "One that isn't enabled has no features. An example in Stripe's documentation shows the "
        "filter unspecified.",
    ),
    only(
        "customer-session-refusals",
        80,
        "A customer session without a customer is 400 parameter_missing with param customer. One "
        "without an enabled component is 400 without a code, with param components.",
    ),
    only(
        "confirmation-token-shape",
        81,
        "A confirmation token has every documented key, null where it is unset. The preview of a bank "
        "transfer has an empty hash customer_balance. That of a card shows the hash card of its "
        "payment method.",
    ),
    Assumption(
        "confirmation-token-precedence",
        "Where a confirm has a confirmation token and a payment method, by id or by its data, the "
        "request's own counts, as stripe-python's types say.",
        {
            "request": "the payment method of the request counts",
            "refused": "400 without a code, with param confirmation_token",
        },
        81,
    ),
    only(
        "confirmation-token-once",
        81,
        "A confirmation token is used up by a confirm that begins, even if the payment fails. One "
        "that was made from a payment method pays with that method.",
    ),
    only(
        "confirmation-token-refusals",
        81,
        "An unknown confirmation token is resource_missing, with param confirmation_token. One that "
        "was used, or has expired, is 400 without a code, with that param. One that is made of no "
        "payment method is 400 without code and param.",
    ),
)
