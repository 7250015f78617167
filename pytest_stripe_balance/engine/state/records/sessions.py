"""Customer sessions and confirmation tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pytest_stripe_balance.engine.state.records.hashes import Hash


class CustomerSession(NamedTuple):
    """What a page may do with a customer (docs/stripe.md 1.18).

    Stripe has no call that gives it again. `components` has what was sent for each, by its name.
    """

    client_secret: str
    created: int
    customer: str
    components: Mapping[str, Hash]
    expires_at: int


class ConfirmationToken(NamedTuple):
    """What a page collected to confirm an intent with (docs/stripe.md 1.19).

    `preview` is what a payment method will be made of, or was: `payment_method`, if there is one
    already. `shipping` is as it was sent. `payment_intent` is the intent that it was used for, and None
    before that.
    """

    id: str
    created: int
    expires_at: int
    preview: Hash
    payment_method: str | None = None
    payment_intent: str | None = None
    return_url: str | None = None
    setup_future_usage: str | None = None
    shipping: Hash | None = None
