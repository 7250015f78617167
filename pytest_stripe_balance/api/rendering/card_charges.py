"""Renders what the charge of a card has that others haven't (docs/stripe.md 1.22 [obs])."""

from __future__ import annotations

from typing import Any

from pytest_stripe_balance.engine.state.records.money import Charge
from pytest_stripe_balance.engine.state.world import BUSINESS_NAME, World

# Of a card, as a charge's payment_method_details show it.
_OF_THE_CARD = (
    "brand",
    "checks",
    "country",
    "exp_month",
    "exp_year",
    "fingerprint",
    "funding",
    "last4",
    "regulated_status",
    "wallet",
)


def statement_descriptor(charge: Charge) -> str:
    """Give the words on the statement of the card's holder."""
    suffix = charge.statement_descriptor_suffix
    return BUSINESS_NAME.upper() + (f"* {suffix}" if suffix else "")


def outcome(charge: Charge) -> dict[str, Any]:
    """Tell how the card's bank answered, and Stripe's view of the risk."""
    accepted: dict[str, Any] = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if charge.decline is None:
        return accepted
    told = ("advice_code", "network_advice_code", "network_decline_code")
    return {
        **accepted,
        **{name: charge.decline.get(name) for name in told},
        "network_status": "declined_by_network",
        "reason": charge.decline["decline_code"],
        "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    }


def details(world: World, charge: Charge) -> dict[str, Any]:
    """Give payment_method_details."""
    card = charge.card
    assert card is not None, f"{charge.id} is of no card"
    world.readings.rely_on("card-values")
    authorized = charge.decline is None
    unavailable = {"status": "unavailable"}
    shown = {
        **{name: card[name] for name in _OF_THE_CARD},
        "amount_authorized": charge.amount if authorized else None,
        "authorization_code": world.ids.digits(f"{charge.id} authorization", 6) if authorized else None,
        **({} if charge.capture_before is None else {"capture_before": charge.capture_before}),
        "electronic_commerce_indicator": "07",
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": unavailable,
        "installments": None,
        "mandate": None,
        "multicapture": unavailable,
        "network": card["networks"]["available"][0],
        "network_token": {"used": False},
        "network_transaction_id": world.ids.digits(f"{charge.id} network", 15),
        "overcapture": {"maximum_amount_capturable": charge.amount, **unavailable},
        "three_d_secure": None,
        "transaction_link_id": f"test123-tlid456__{charge.id.partition('_')[2][:5]}",
    }
    return {"card": dict(sorted(shown.items())), "type": "card"}
