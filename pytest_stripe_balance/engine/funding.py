"""Money that arrives by bank transfer (FACTS 1.3, 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.engine import customers, regions
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.records import Entry
    from pytest_stripe_balance.engine.world import World


def fund_cash_balance(
    world: World, customer_id: str, *, amount: int, currency: str, reference: str | None = None
) -> Entry:
    """Let a bank transfer land, as the test helper does; give its `funded` row.

    Events `customer_cash_balance_transaction.created`, then `cash_balance.funds_available`. Refused
    while the customer's mode is automatic. Source: FACTS 3.3 [doc].
    """
    customer = world.customer_above(customer_id)
    region = regions.fundable(world, currency)
    customers.require_manual(world, customer, "funding the cash balance")
    if reference is not None and reference.startswith("reversal_"):
        message = "a reference beginning 'reversal_' simulates a reversal, which is not modelled yet"
        raise Refused(message)
    world.readings.rest("funded-test-values")
    world.readings.rest("fund-event-request")
    transfer = {"reference": reference, "type": region.type, region.type: region.sender}
    entry = world.move(customer, region.currency, amount, "funded", bank_transfer=transfer)
    world.record_event("cash_balance.funds_available", world.cash_balance(customer))
    return entry
