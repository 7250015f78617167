"""What an app sets in stripe-python: the version of its calls, and the key, lent where it has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import stripe
from stripe._api_version import _ApiVersion

from pytest_stripe_balance.modes import ANY_TEST_KEY
from pytest_stripe_balance.transport.clients import SDK_VERSION


def app_version() -> tuple[str, str]:
    """Give `stripe.api_version` as the app has set it, or the SDK's own, and the name of the source."""
    own: str = _ApiVersion.CURRENT
    chosen: str | None = stripe.api_version
    if chosen is None or chosen == own:
        return own, f"stripe-python {SDK_VERSION}"
    return chosen, "stripe.api_version"


class _LentKey(str):
    """A test key that is known as ours by its class; it counts those who lend it."""

    __slots__ = ("lenders",)

    def __init__(self, _: str) -> None:
        self.lenders = 0


@contextmanager
def dummy_key() -> Iterator[None]:
    """Lend `stripe.api_key` a test key while the context is open, unless the app has set one.

    Of several contexts that are open at once, the last to close takes it away, whatever their order.
    """
    if stripe.api_key is None:
        stripe.api_key = _LentKey(ANY_TEST_KEY)
    key = stripe.api_key
    if not isinstance(key, _LentKey):
        yield
        return
    key.lenders += 1
    try:
        yield
    finally:
        key.lenders -= 1
        take_key_back()


def take_key_back() -> None:
    """Unset a key that nobody lends any more."""
    if isinstance(stripe.api_key, _LentKey) and not stripe.api_key.lenders:
        stripe.api_key = None
