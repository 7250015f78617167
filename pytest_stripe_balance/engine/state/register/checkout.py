"""What is assumed of Checkout Sessions, of which nobody has recorded one paid by bank transfer."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import Assumption, only

ENTRIES = (
    only(
        "checkout-shape",
        46,
        "A session paid by bank transfer has the keys of sessions paid by card. "
        "allowed_payment_method_types and excluded_payment_method_types are shown as they were sent, "
        "else null. The intent has the session's types and no automatic payment methods. The URL that "
        "recovers an expired session lasts 30 days.",
    ),
    only(
        "checkout-refusals",
        47,
        "Sessions are refused in words that others quote from Stripe's answers: parameters that exclude "
        "each other, an inactive or recurring price, expires_at, a missing funding_type, expiring a "
        "session that isn't open, and addresses that a mode of the page can't have. A page that is "
        "embedded and redirects needs a return_url, and one that never redirects can't have it. That, "
        "two currencies, and a line without a price are 400 in our own words, with the parameter's name "
        "as param.",
    ),
    Assumption(
        "checkout-needs-customer",
        "customer_balance among the types of a session without a customer is 400 without a code.",
        {"customer": "its param is customer", "types": "its param is the parameter with the types"},
        47,
    ),
    Assumption(
        "checkout-quantity",
        "A line without a quantity is refused.",
        {"required": "400 parameter_missing with its name", "one": "its quantity is 1"},
        47,
    ),
    Assumption(
        "checkout-inline-prices",
        "The price that a line's price_data makes can't be used again, and neither can its product. "
        "Both are made without events.",
        {"inactive": "both are inactive", "active": "both are active"},
        48,
    ),
    only(
        "checkout-events",
        46,
        "checkout.session.completed comes after the events of the intent, and "
        "checkout.session.async_payment_succeeded after payment_intent.succeeded. Money that pays a "
        "part changes nothing of the session.",
    ),
    only(
        "checkout-page",
        46,
        "By bank transfer the page asks for no name and no address, unless the session does. The "
        "billing details of a new card are those of customer_details. Where a shipping address is asked "
        "for, it is the billing address too, and the shipping of the intent. No tax ID is given. A "
        "customer that the page makes has what was typed, and customer.created comes before "
        "payment_intent.created. After a declined card they are updated by what is typed then. What a "
        "customer keeps of it comes before checkout.session.completed, as customer.updated. A whole "
        "address has at least a country and a line1.",
    ),
    Assumption(
        "checkout-canceled",
        "The intent of a complete and unpaid session can be canceled. The session stays complete and "
        "unpaid.",
        {
            "told": "checkout.session.async_payment_failed comes after payment_intent.canceled",
            "untold": "the session has no event",
        },
        46,
    ),
    only(
        "checkout-intent-at-once",
        50,
        "Before 2022-08-01 a session's intent is made with it. When the session expires, the intent is "
        "canceled with the reason expired, before checkout.session.expired.",
    ),
)
