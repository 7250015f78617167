"""What a fully funded intent leaves behind on the merchant's side: charge and balance transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.records import BalanceTransaction, Charge
    from pytest_stripe_balance.engine.world import World


def retrieve(world: World, charge_id: str) -> Charge:
    """Find a charge; 404 with param `charge` [obs]."""
    return world.charges.find(charge_id, "charge")


def retrieve_balance_transaction(world: World, transaction_id: str) -> BalanceTransaction:
    """Find a balance transaction; 404 with param `id`, the name of the path's placeholder."""
    return world.balance_transactions.find(transaction_id, "id", assumed="other-missing-objects")
