"""What a fully funded intent leaves behind on the merchant's side: charge and balance transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.engine import faults

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.records import BalanceTransaction, Charge
    from pytest_stripe_balance.engine.world import World


def retrieve(world: World, charge_id: str) -> Charge:
    """Find a charge; 404 with param `charge` [obs]."""
    charge = world.charges.get(charge_id)
    if charge is None:
        raise faults.missing_object("charge", charge_id, "charge", in_path=True)
    return charge


def retrieve_balance_transaction(world: World, transaction_id: str) -> BalanceTransaction:
    """Find a balance transaction; 404 with param `id`, the name of the path's placeholder."""
    transaction = world.balance_transactions.get(transaction_id)
    if transaction is None:
        world.readings.rest("other-missing-objects")
        raise faults.missing_object("balance transaction", transaction_id, "id", in_path=True)
    return transaction
