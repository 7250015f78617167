"""pytest fixtures that fake Stripe's cash balance: exact about money, honest about what is assumed."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_stripe_balance.api.message import Exchange, Request, Response
    from pytest_stripe_balance.contract.findings import Finding
    from pytest_stripe_balance.fixtures.balance import StripeBalance
    from pytest_stripe_balance.fixtures.clock import StripeClock
    from pytest_stripe_balance.fixtures.contract import StripeContract
    from pytest_stripe_balance.fixtures.fake_stripe import fake_stripe
    from pytest_stripe_balance.fixtures.faults import StripeFaults
    from pytest_stripe_balance.fixtures.stubs import StripeStubs
    from pytest_stripe_balance.fixtures.webhooks import StripeDelivery, StripeEndpoint, StripeWebhooks
    from pytest_stripe_balance.refused import Refused

    __version__: str

__all__ = [
    "Exchange",
    "Finding",
    "Refused",
    "Request",
    "Response",
    "StripeBalance",
    "StripeClock",
    "StripeContract",
    "StripeDelivery",
    "StripeEndpoint",
    "StripeFaults",
    "StripeStubs",
    "StripeWebhooks",
    "__version__",
    "fake_stripe",
]

_HOMES = {
    "Exchange": "api.message",
    "Finding": "contract.findings",
    "Refused": "refused",
    "Request": "api.message",
    "Response": "api.message",
    "StripeBalance": "fixtures.balance",
    "StripeClock": "fixtures.clock",
    "StripeContract": "fixtures.contract",
    "StripeFaults": "fixtures.faults",
    "StripeStubs": "fixtures.stubs",
    "StripeDelivery": "fixtures.webhooks",
    "StripeEndpoint": "fixtures.webhooks",
    "StripeWebhooks": "fixtures.webhooks",
    "fake_stripe": "fixtures.fake_stripe",
}


def __getattr__(name: str) -> object:
    """Import on first use: the plugin is loaded into every pytest run, used or not."""
    if name == "__version__":
        return import_module("importlib.metadata").version("pytest-stripe-balance")
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
