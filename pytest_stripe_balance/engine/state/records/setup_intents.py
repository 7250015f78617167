"""Setup intents."""

from __future__ import annotations

from typing import NamedTuple

from pytest_stripe_balance.engine.state.records.hashes import NOTHING, Hash


class SetupIntent(NamedTuple):
    """What saves a card for later payments, without one now (docs/stripe.md 1.24)."""

    id: str
    created: int
    client_secret: str
    payment_method_types: tuple[str, ...]
    usage: str = "off_session"
    status: str = "requires_payment_method"
    allowed_payment_method_types: tuple[str, ...] | None = None
    automatic_payment_methods: Hash | None = None
    payment_method_configuration: str | None = None
    customer: str | None = None
    payment_method: str | None = None
    description: str | None = None
    metadata: Hash = NOTHING
    cancellation_reason: str | None = None
    last_setup_error: Hash | None = None
    latest_attempt: str | None = None
    next_action: Hash | None = None
