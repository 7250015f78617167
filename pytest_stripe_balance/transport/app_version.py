"""The API version at which an app's own calls are made where they name none."""

from __future__ import annotations

import stripe
from stripe._api_version import _ApiVersion

from pytest_stripe_balance.transport.clients import SDK_VERSION


def app_version() -> tuple[str, str]:
    """Give `stripe.api_version` as the app has set it, or the SDK's own, and the name of the source."""
    own: str = _ApiVersion.CURRENT
    chosen: str | None = stripe.api_version
    if chosen is None or chosen == own:
        return own, f"stripe-python {SDK_VERSION}"
    return chosen, "stripe.api_version"
