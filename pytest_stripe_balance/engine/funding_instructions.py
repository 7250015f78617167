"""Where a customer can send money before there is an intent (docs/stripe.md 1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pytest_stripe_balance.engine.bank_transfers import regions
from pytest_stripe_balance.engine.bank_transfers.regions import BankTransferParams
from pytest_stripe_balance.engine.state import amounts
from pytest_stripe_balance.engine.state.records import FundingInstructions

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.world import World


def create(
    world: World,
    customer_id: str,
    *,
    bank_transfer: BankTransferParams,
    currency: str,
    funding_type: Literal["bank_transfer"],  # noqa: ARG001 - Stripe requires it and has this one value
) -> FundingInstructions:
    """Give a customer's accounts in a currency: the ones that the customer's intents tell too [doc].

    Nothing is made, and no event. Faults: a type or country that doesn't fit, as on an intent.
    """
    customer = world.customer_above(customer_id)
    currency = amounts.lowered(world, currency)
    region = regions.check_transfer(world, bank_transfer, currency, "bank_transfer")
    country, found = regions.where_to(world, region, customer, bank_transfer)
    return FundingInstructions(
        currency=currency, type=region.type, country=country, financial_addresses=found
    )
