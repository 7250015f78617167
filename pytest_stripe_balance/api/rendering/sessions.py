"""Renders customer sessions and confirmation tokens (docs/stripe.md 1.18, 1.19)."""

from __future__ import annotations

from pytest_stripe_balance.api.rendering.charges import Json
from pytest_stripe_balance.engine.state import fields
from pytest_stripe_balance.engine.state.records.hashes import Hash
from pytest_stripe_balance.engine.state.records.sessions import ConfirmationToken, CustomerSession
from pytest_stripe_balance.engine.state.world import World

_PLAIN = ("active_entitlements", "buy_button", "customer_portal", "pricing_table")
# What the features of a component are where they aren't sent.
_FEATURES: dict[str, Json] = {
    "customer_sheet": {
        "payment_method_allow_redisplay_filters": ["always"],
        "payment_method_remove": "disabled",
    },
    "mobile_payment_element": {
        "payment_method_allow_redisplay_filters": ["always"],
        "payment_method_redisplay": "disabled",
        "payment_method_remove": "disabled",
        "payment_method_save": "disabled",
        "payment_method_save_allow_redisplay_override": None,
    },
    "payment_element": {
        "payment_method_allow_redisplay_filters": ["always"],
        "payment_method_redisplay": "disabled",
        "payment_method_redisplay_limit": 3,
        "payment_method_remove": "disabled",
        "payment_method_save": "disabled",
        "payment_method_save_usage": None,
    },
}


def customer_session(world: World, session: CustomerSession) -> Json:
    """Render a session; a component that isn't enabled has no features [doc]."""
    world.readings.rely_on("customer-session-features")
    sent = session.components
    components: Json = {
        name: {"enabled": bool(sent.get(name, {}).get("enabled", False))} for name in _PLAIN
    }
    for name, features in _FEATURES.items():
        component = sent.get(name, {})
        enabled = bool(component.get("enabled", False))
        own = {**features, **component.get("features", {})} if enabled else None
        components[name] = {"enabled": enabled, "features": own}
    return {
        "object": "customer_session",
        "client_secret": session.client_secret,
        "components": dict(sorted(components.items())),
        "created": session.created,
        "customer": session.customer,
        "customer_account": None,
        "expires_at": session.expires_at,
        "livemode": False,
    }


def _shipping(sent: Hash) -> Json:
    lines = fields.address(sent.get("address"))
    return {"address": lines, "name": sent.get("name"), "phone": sent.get("phone") or None}


def confirmation_token(world: World, token: ConfirmationToken) -> Json:
    """Render a token, with a preview of its payment method."""
    world.readings.rely_on("confirmation-token-shape")
    kind = token.preview["type"]
    return {
        "id": token.id,
        "object": "confirmation_token",
        "created": token.created,
        "expires_at": token.expires_at,
        "livemode": False,
        "mandate_data": None,
        "metadata": None,
        "payment_intent": token.payment_intent,
        "payment_method_options": None,
        "payment_method_preview": {
            "allow_redisplay": token.preview["allow_redisplay"],
            "billing_details": token.preview["billing_details"],
            "customer": token.preview["customer"],
            "customer_account": None,
            kind: token.preview["card"] or {},
            "type": kind,
        },
        "return_url": token.return_url,
        "setup_future_usage": token.setup_future_usage,
        "setup_intent": None,
        "shipping": None if token.shipping is None else _shipping(token.shipping),
        "use_stripe_sdk": True,
    }
