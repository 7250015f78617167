"""What is assumed of the protocol: keys, versions, errors, lists."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import only

ENTRIES = (
    only(
        "parameter-texts",
        6,
        "The error texts for a bad hash, array, boolean or string, and for an unreadable form, are our "
        "own words. Of Stripe's two texts for a URL, the one about the scheme is for a URL without one. "
        "An array that is too long names itself as the param.",
    ),
    only(
        "invalid-api-version",
        6,
        "An API version that looks like a date and never existed gives the words that were "
        "seen for a version that doesn't look like one.",
    ),
    only(
        "publishable-key",
        6,
        "A publishable test key is 403 secret_key_required. The code is documented, and the "
        "status comes from other people's reports.",
    ),
    only(
        "idempotency-key-in-use",
        30,
        "The 409 for an idempotency key in use has the type idempotency_error. Its code and "
        "text were seen.",
    ),
    only(
        "server-error",
        30,
        "A 500 has the words that were seen on other api_errors, no Stripe-Should-Retry, and is "
        "kept under its key, as documented.",
    ),
    only(
        "should-retry-missing-object",
        30,
        "A POST that is answered 404 for an unknown object of its parameters counts as executed: it has "
        "Stripe-Should-Retry: false, which was seen of charges, and is replayed.",
    ),
    only(
        "idempotency-key-length",
        30,
        "An idempotency key of more than 255 characters is 400 idempotency_error, in our own words.",
    ),
    only(
        "email-letters",
        6,
        "An e-mail address may contain non-ASCII letters, except full-width ones.",
    ),
    only(
        "text-limits",
        6,
        "A text above its documented limit is answered like a long telephone number: without "
        "code, and with the parameter as param. For a statement descriptor there is no param,"
        " and its suffix has the same words. For metadata the param is metadata as a whole.",
    ),
    only(
        "choice-order",
        6,
        "An error lists the allowed values in alphabetical order where Stripe's own order is unknown.",
    ),
    only(
        "beta-versions",
        6,
        "Betas in an API version, as in `2023-10-16; feature_beta=v3`, change nothing that is"
        " modelled. The answer's Stripe-Version and the events repeat them as they were sent.",
    ),
    only(
        "other-missing-objects",
        6,
        "An unknown event is 404 resource_missing with param id, in the words of the other objects.",
    ),
    only(
        "list-unknown-customer",
        6,
        "Listing the objects of an unknown customer, intent or invoice is 400 "
        "resource_missing with the parameter's name as param, as seen for payment methods and"
        " payouts.",
    ),
    only(
        "account-invalid",
        6,
        "The text of the 403 account_invalid for a malformed Stripe-Account is from memory.",
    ),
    only(
        "list-limit",
        6,
        "Lists and searches silently take a limit outside 1 to 100 as the nearest allowed "
        "one. Lists of customers were seen to do that for 0 and 101.",
    ),
)
