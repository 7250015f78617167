"""The merchant's own money: balance transactions, and their sums (docs/stripe.md 1.11)."""

from __future__ import annotations

from typing import Unpack

from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.engine.state.records.customers import Customer, Entry
from pytest_stripe_balance.engine.state.records.hashes import Hash
from pytest_stripe_balance.engine.state.records.money import Balance, BalanceTransaction
from pytest_stripe_balance.engine.state.table import ListParams, Page
from pytest_stripe_balance.engine.state.world import World

ACCOUNTS_OWN = "usd"  # the currency of an account in the United States


def list_balance_transactions(
    world: World,
    *,
    currency: str | None = None,
    payout: str | None = None,
    source: str | None = None,
    type: str | None = None,  # noqa: A002 - Stripe's own name for it
    **params: Unpack[ListParams],
) -> Page[BalanceTransaction]:
    """List the merchant's balance transactions, newest first.

    The fake makes no payouts, so each is unknown: 400 `resource_missing`, param `payout` [obs].
    """
    if payout is not None:
        raise faults.missing_object("payout", payout, "payout", in_path=False)
    return world.balance_transactions.page(currency=currency, source=source, type=type, **params)


def retrieve_balance_transaction(world: World, transaction_id: str) -> BalanceTransaction:
    """Find a balance transaction; 404 with param `id` [obs]."""
    return world.balance_transactions.find(transaction_id, "id")


def retrieve_balance(world: World) -> Balance:
    """Give the merchant's balance: all that was booked, in each currency. It may be below zero [obs].

    The cash of customers is theirs, and not in it [doc].
    """
    world.readings.rely_on("merchant-balance")
    currencies = {ACCOUNTS_OWN, *(booked.currency for booked in world.balance_transactions)}
    return Balance({currency: balance(world, currency) for currency in sorted(currencies)})


def balance(world: World, currency: str) -> int:
    """Give the merchant's own balance in a currency, in minor units."""
    booked = world.balance_transactions.where(currency=currency)
    return sum(one.amount - one.fee for one in booked)


def book(
    world: World,
    amount: int,
    currency: str,
    type: str,  # noqa: A002 - Stripe's own name for it
    *,
    source: str,
    description: str | None = None,
    fee_details: tuple[Hash, ...] = (),
) -> BalanceTransaction:
    """Write a balance transaction. A positive `amount` goes to the merchant."""
    return world.balance_transactions.put(
        BalanceTransaction(
            id=world.ids.mint("txn_", 24),
            created=world.clock.now,
            amount=amount,
            currency=currency,
            source=source,
            type=type,
            description=description,
            fee_details=fee_details,
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
    """Move cash between a customer and the merchant: one row and one balance transaction.

    `net_amount` is the amount of the customer's row. `book_as` is the balance transaction's type.
    """
    booked = book(world, -net_amount, currency, book_as, source="")
    entry = world.post_entry(
        customer,
        currency,
        net_amount,
        entry_type,
        balance_transaction=booked.id,
        linked_transaction=linked_transaction,
    )
    world.balance_transactions.put(booked._replace(source=entry.id))
    return entry
