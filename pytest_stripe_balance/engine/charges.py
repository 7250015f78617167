"""The merchant's side: charges, and the transactions on the merchant's own Stripe balance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from pytest_stripe_balance.engine.state import faults
from pytest_stripe_balance.engine.state.records import BalanceTransaction
from pytest_stripe_balance.engine.state.table import Cursors, by_created
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records import Charge, Customer, Entry, Hash
    from pytest_stripe_balance.engine.state.table import Page
    from pytest_stripe_balance.engine.state.world import World


MXN_FEE, MXN_FEE_TAX = 700, 112  # 7 MXN, and 16 % of that


def retrieve(world: World, charge_id: str) -> Charge:
    """Find a charge; 404 with param `id` [obs]."""
    return world.charges.find(charge_id, "id")


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
    payout: str | None = None,
    source: str | None = None,
    type: str | None = None,  # noqa: A002 - Stripe's own name for it
    **cursors: Unpack[Cursors],
) -> Page[BalanceTransaction]:
    """List the merchant's balance transactions, newest first.

    No payout is ever made here, so each is unknown: 400 `resource_missing`, param `payout` [obs].
    """
    if payout is not None:
        raise faults.missing_object("payout", payout, "payout", in_path=False)
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
    """Find a balance transaction; 404 with param `id` [obs]."""
    return world.balance_transactions.find(transaction_id, "id")


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
    """Write a balance transaction: `amount` to the merchant, or from the merchant when negative."""
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


def fees(world: World, currency: str) -> tuple[Hash, ...]:
    """Give what Stripe keeps of a bank transfer: nothing, or the fee that was seen.

    By the reading stripe-fee of charge-fee that is 7 MXN and 16 % VAT of them, 8.12 in all, as it was
    of a payment of 470 MXN (leontelecombot/leontelecom-server, September 2026). In other currencies
    nobody has seen any, and it is refused out loud.
    """
    if world.readings.reading("charge-fee") == "none":
        return ()
    if currency != "mxn":
        raise Refused(
            f"charge-fee=stripe-fee: which fee Stripe keeps of a bank transfer in {currency} is not "
            "known, only that in mxn. Take the reading none for this test"
        )
    parts = (("stripe_fee", "Stripe processing fees", MXN_FEE), ("tax", "VAT", MXN_FEE_TAX))
    return tuple(
        {
            "amount": part,
            "application": None,
            "currency": currency,
            "description": description,
            "type": kind,
        }
        for kind, description, part in parts
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
