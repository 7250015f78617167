"""Funding instructions: a customer's bank accounts, without an intent (docs/stripe.md 1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pytest_stripe_balance.engine.bank_transfers import regions
from pytest_stripe_balance.engine.bank_transfers.regions import BankTransferParams
from pytest_stripe_balance.engine.state import amounts
from pytest_stripe_balance.engine.state.records.customers import FundingInstructions

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.world import World


def create(
    world: World,
    customer_id: str,
    *,
    bank_transfer: BankTransferParams,
    currency: str,
    funding_type: Literal["bank_transfer"],  # noqa: ARG001 - required by Stripe, with this one value
) -> FundingInstructions:
    """Give a customer's accounts in a currency, which are those of the customer's intents too [doc].

    Nothing is stored, and there is no event. Faults: as on an intent, a type or country that doesn't
    fit.
    """
    customer = world.customer_above(customer_id)
    currency = amounts.lowered(world, currency)
    region = regions.check_transfer(world, bank_transfer, currency, "bank_transfer")
    country, found = regions.where_to(world, region, customer, bank_transfer)
    return FundingInstructions(
        currency=currency, type=region.type, country=country, financial_addresses=found
    )
