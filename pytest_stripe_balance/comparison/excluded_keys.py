"""Keys of answers that say nothing about the fake, so that `conform` doesn't compare them."""

from __future__ import annotations

from typing import Any

from pytest_stripe_balance.comparison.locations import Location

Json = Any
# Keys that an account's settings, its webhook endpoints or `conform` itself decide, by object.
_ACCOUNTS = {
    "account": {f"application_{key}" for key in ("icon", "logo", "name", "url")},
    "charge": {
        *("amount_updates", "calculated_statement_descriptor"),
        # Radar's: a refund as fraudulent set user_report in 2023, and no more in 2024 (gumroad).
        *("fraud_details.user_report", "outcome.risk_score"),
    },
    "checkout.session": {
        *("adaptive_pricing.enabled", "branding_settings.display_name", "branding_settings.icon"),
        *("branding_settings.background_color", "branding_settings.border_style"),
        *("branding_settings.button_color", "branding_settings.font_family", "branding_settings.logo"),
    },
    "customer": {"invoice_prefix", "next_invoice_sequence"},
    "event": {"api_version", "pending_webhooks", "request.idempotency_key"},
    "invoice": {
        *("account_country", "account_name", "account_tax_ids", "footer", "statement_descriptor"),
        "webhooks_delivered_at",
    },
}
# What an account's prices and payouts decide of the balance transaction of a card.
_TERMS = {"fee", "fee_details", "net", "status"}
_BY_CARD = ("charge", "refund")
_BY_APPLICATION = ("charge", "payment_intent", "setup_intent")
# The same for what has automatic payment methods.
_AUTOMATIC = {"payment_method_configuration_details", "payment_method_options", "payment_method_types"}
# What the card's bank tells of a refund, a second or some days later.
_REFERENCE = {f"destination_details.card.{key}" for key in ("reference", "reference_status")}
# The date of a test card, which may have been sent as a token.
_CARD_DATES = ("exp_month", "exp_year")
# Hashes with a key for each type of payment method, and the keys that the fake models.
_BY_TYPE = ("payment_method_details", "payment_method_options")
_MODELLED = ("card", "customer_balance", "type")


def is_excluded(recorded: dict[str, Json], faked: dict[str, Json], at: Location) -> bool:
    """Tell whether a key says nothing about the fake: the account decides it, or it isn't modelled."""
    if at.name == "livemode" or at.shape in _ACCOUNTS.get(at.kind, ()):
        return True
    if at.name in _CARD_DATES and at.shape.rpartition(".")[0].endswith("card"):
        return True
    if at.kind == "balance_transaction" and at.shape in _TERMS:
        return recorded.get("type") in _BY_CARD
    if at.kind == "refund" and at.shape in _REFERENCE:
        return recorded.get("reference_status") != "pending"
    if at.shape.startswith("metadata.") and recorded.get(at.name) == "":
        return True  # Stripe keeps no empty value, so it is a scrubber's
    if at.kind in _BY_APPLICATION and at.shape == "application" and faked.get("application") is None:
        return True  # who asked with the key of an application
    if at.shape in _AUTOMATIC and _is_automatic(recorded, at.kind):
        return True
    if at.kind == "event" and at.shape == "data":  # its shape is that of the account's API version
        return recorded.get("api_version") != faked.get("api_version")
    whole, _, kind = at.shape.partition(".")
    is_by_type = whole in _BY_TYPE and kind and "." not in kind and kind not in _MODELLED
    return bool(is_by_type and not (kind in recorded and kind in faked))


def _is_automatic(recorded: dict[str, Json], kind: str) -> bool:
    """Tell whether the account's settings choose the payment methods of an intent or a session."""
    if kind == "checkout.session":
        return recorded.get("payment_method_configuration_details") is not None
    automatic = recorded.get("automatic_payment_methods")
    is_intent = kind in ("payment_intent", "setup_intent")
    return is_intent and isinstance(automatic, dict) and automatic.get("enabled") is True


def is_transferred(recorded: dict[str, Json], at: Location) -> bool:
    """Tell whether a key holds the balance transaction of what a connected account got by a transfer."""
    is_transaction = at.kind == "charge" and at.shape == "balance_transaction"
    return is_transaction and bool(recorded.get("source_transfer"))


def without_moment(transaction: Json) -> Json:
    """Leave out when money is available, which an account's payouts decide."""
    if not isinstance(transaction, dict):
        return transaction
    return {name: value for name, value in transaction.items() if name != "status"}
