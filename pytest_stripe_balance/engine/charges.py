"""The merchant's side: charges, and the transactions on the merchant's own Stripe balance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from pytest_stripe_balance.engine.records import BalanceTransaction
from pytest_stripe_balance.engine.table import Cursors, by_created

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.records import Charge, Customer, Entry
    from pytest_stripe_balance.engine.table import Page
    from pytest_stripe_balance.engine.world import World


def retrieve(world: World, charge_id: str) -> Charge:
    """Find a charge; 404 with param `charge` [obs]."""
    return world.charges.find(charge_id, "charge")


def list_(
    world: World,
    *,
    created: int | dict[str, int] | None = None,
    customer: str | None = None,
    payment_intent: str | None = None,
    transfer_group: str | None = None,
    **cursors: Unpack[Cursors],
) -> Page[Charge]:
    """List charges, newest first; those of one `customer`, `payment_intent` or `transfer_group`."""
    if customer is not None:
        world.customers.find(customer, "customer", in_path=False, assumed="list-unknown-customer")
    if payment_intent is not None:
        world.payment_intents.find(
            payment_intent, "payment_intent", in_path=False, assumed="list-unknown-customer"
        )
    in_time = by_created(created)
    return world.charges.page(
        customer=customer,
        keep=lambda charge: (
            in_time(charge.created)
            and payment_intent in (None, charge.payment_intent)
            and transfer_group in (None, charge.transfer_group)
        ),
        **cursors,
    )


def list_balance_transactions(
    world: World,
    *,
    created: int | dict[str, int] | None = None,
    currency: str | None = None,
    source: str | None = None,
    type: str | None = None,  # noqa: A002 - Stripe's own name for it
    **cursors: Unpack[Cursors],
) -> Page[BalanceTransaction]:
    """List the merchant's balance transactions, newest first."""
    in_time = by_created(created)
    return world.balance_transactions.page(
        keep=lambda booked: (
            in_time(booked.created)
            and currency in (None, booked.currency)
            and source in (None, booked.source)
            and type in (None, booked.type)
        ),
        **cursors,
    )


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
    world.balance_transactions.put(booked._replace(source=entry.id))
    return entry
