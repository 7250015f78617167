"""The merchant's side: charges, and the transactions on the merchant's own Stripe balance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_stripe_balance.engine.records import BalanceTransaction

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.records import Charge, Customer, Entry
    from pytest_stripe_balance.engine.world import World


def retrieve(world: World, charge_id: str) -> Charge:
    """Find a charge; 404 with param `charge` [obs]."""
    return world.charges.find(charge_id, "charge")


def retrieve_balance_transaction(world: World, transaction_id: str) -> BalanceTransaction:
    """Find a balance transaction; 404 with param `id`, the name of the path's placeholder."""
    return world.balance_transactions.find(transaction_id, "id", assumed="other-missing-objects")


def book(
    world: World,
    amount: int,
    currency: str,
    type: str,  # noqa: A002 - Stripe's own name for it
    *,
    source: str,
    description: str | None = None,
) -> BalanceTransaction:
    """Write a balance transaction: `amount` to the merchant, or from the merchant when negative."""
    return world.balance_transactions.put(
        BalanceTransaction(
            id=world.ids.mint("txn_", 24),
            created=world.clock.now,
            amount=amount,
            currency=currency,
            fee=0,
            source=source,
            type=type,
            description=description,
        )
    )


def move_with_merchant(
    world: World,
    customer: Customer,
    currency: str,
    net_amount: int,
    entry_type: str,
    *,
    book_as: str,
    linked_transaction: str | None = None,
) -> Entry:
    """Move cash between a customer and the merchant's balance: one row, one balance transaction.

    `net_amount` is the customer's side; `book_as` is the balance transaction's type.
    """
    booked = book(world, -net_amount, currency, book_as, source="")
    entry = world.move(
        customer,
        currency,
        net_amount,
        entry_type,
        balance_transaction=booked.id,
        linked_transaction=linked_transaction,
    )
    world.balance_transactions.put(replace(booked, source=entry.id))
    return entry
