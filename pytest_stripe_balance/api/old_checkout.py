"""Checkout Sessions at older API versions; each function changes a rendered object in place."""

from __future__ import annotations

from typing import Any

from pytest_stripe_balance.engine.state.records.checkout import CheckoutSession
from pytest_stripe_balance.engine.state.world import World

Json = dict[str, Any]
_CALLED = {"hosted_page": "hosted", "embedded_page": "embedded", "elements": "custom"}


def ui_mode(_: World, record: CheckoutSession, body: Json) -> None:
    """Undo the renaming of the modes of the page (2026-03-25.dahlia)."""
    body["ui_mode"] = _CALLED.get(record.ui_mode, record.ui_mode)


def shipping_details(_: World, record: CheckoutSession, body: Json) -> None:
    """Undo the move of shipping_details into collected_information (basil)."""
    body["shipping_details"] = record.shipping


def shipping(_: World, __: CheckoutSession, body: Json) -> None:
    """Undo the renaming of shipping, and the removal of shipping_rate (2022-08-01)."""
    body |= {"shipping": body.pop("shipping_details"), "shipping_rate": None}
