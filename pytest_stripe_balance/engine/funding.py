"""Test fundings: bank transfers that arrive, and their reversals (docs/stripe.md 1.3, 3.3, 3.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.engine.bank_transfers import regions
from pytest_stripe_balance.engine.money import balance_transactions
from pytest_stripe_balance.engine.reconciliation import automatic_reconciliation
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Entry
    from pytest_stripe_balance.engine.state.world import World

REVERSAL = "reversal_"


def fund_cash_balance(
    world: World, customer_id: str, *, amount: int, currency: str, reference: str | None = None
) -> Entry:
    """Let a bank transfer arrive, as the test helper does; give its `funded` row.

    `amount` is in minor units. Event `customer_cash_balance_transaction.created`, then those of
    `automatic_reconciliation.reconcile`. If `reference` begins with `reversal_` (only for
    us_bank_transfer), the transfer is then pulled back. Source: docs/stripe.md 3.3, 3.8 [doc].
    """
    customer = world.customer_above(customer_id)
    region = regions.fundable(world, currency)
    reversed_ = reference is not None and reference.startswith(REVERSAL)
    if reversed_ and region.currency != "usd":
        raise Refused(f"a reference beginning {REVERSAL!r} is only documented for usd transfers")
    world.readings.rely_on("funded-test-values")
    world.readings.rely_on("fund-event-request")
    transfer = {"reference": reference, "type": region.type, region.type: region.sender}
    entry = world.post_entry(customer, region.currency, amount, "funded", bank_transfer=transfer)
    automatic_reconciliation.reconcile(world, entry, reference)
    if reversed_:
        _reverse(world, entry)
    return entry


def _reverse(world: World, funded: Entry) -> None:
    """Pull a transfer back. Money already spent comes from the merchant's balance."""
    world.readings.rely_on("reversal-at-once")
    customer = world.customer(funded.customer, in_path=False)
    entry = world.post_entry(customer, funded.currency, -funded.net_amount, "funding_reversed")
    overdraft = -entry.ending_balance
    if overdraft > 0:
        world.readings.rely_on("overdraft-adjustment")
        balance_transactions.move_with_merchant(
            world,
            customer,
            entry.currency,
            overdraft,
            "adjusted_for_overdraft",
            book_as="adjustment",
            linked_transaction=entry.id,
        )
