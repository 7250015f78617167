"""Keys of answers that say nothing about the fake, so that `conform` doesn't compare them."""

from __future__ import annotations

from typing import Any

from pytest_stripe_balance.comparison.locations import Location

Json = Any
# Keys that an account's settings, its webhook endpoints or `conform` itself decide, by object.
_ACCOUNTS = {
    "account": {f"application_{key}" for key in ("icon", "logo", "name", "url")},
    "charge": {"amount_updates", "calculated_statement_descriptor", "outcome.risk_score"},
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
# The same for an intent with automatic payment methods.
_AUTOMATIC = {"payment_method_configuration_details", "payment_method_options", "payment_method_types"}
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
    if at.kind == "payment_intent" and at.shape in _AUTOMATIC:
        automatic = recorded.get("automatic_payment_methods")
        return isinstance(automatic, dict) and automatic.get("enabled") is True
    if at.kind == "event" and at.shape == "data":  # its shape is that of the account's API version
        return recorded.get("api_version") != faked.get("api_version")
    whole, _, kind = at.shape.partition(".")
    is_by_type = whole in _BY_TYPE and kind and "." not in kind and kind not in _MODELLED
    return bool(is_by_type and not (kind in recorded and kind in faked))
