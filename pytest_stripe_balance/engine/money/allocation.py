"""Money between a cash balance and an intent: applied, taken back, and the charge at the end.

What apply_customer_balance does is documented (docs/stripe.md 3.4). Its refusals were seen by others:
the plans of gburgyan/aat-stripe assert their status, type, code and param against Stripe's test mode
every night (plans/cash-balance/apply-refusals.yaml, at 2026-08-26.dahlia). Their texts aren't public:
ours are the assumption apply-refusal-texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.engine.money import charges, invoice_settlement, payment_methods
from pytest_stripe_balance.engine.state.records import (
    Customer,
    PaymentIntent,
)

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records import Entry
    from pytest_stripe_balance.engine.state.world import World


def put_money(
    world: World,
    intent: PaymentIntent,
    customer: Customer,
    amount: int,
    *,
    partial_event: str = "payment_intent.partially_funded",
) -> PaymentIntent:
    """Move `amount` from the balance to the intent; in full it succeeds, in part it waits on."""
    assert 0 < amount <= intent.remaining, f"{amount} does not fit {intent.id}"
    world.readings.rely_on("apply-event-order")
    intent, _ = _allocate(world, intent, customer, amount)
    if intent.remaining == 0:
        return _succeed(world, intent)
    world.record_event(partial_event, intent)
    return intent


def take_back(world: World, intent: PaymentIntent, customer: Customer) -> tuple[PaymentIntent, Entry]:
    """Move all that an intent holds back to the balance; give the intent and the row."""
    return _allocate(world, intent, customer, -intent.applied)


def _allocate(
    world: World, intent: PaymentIntent, customer: Customer, amount: int
) -> tuple[PaymentIntent, Entry]:
    entry_type = "applied_to_payment" if amount > 0 else "unapplied_from_payment"
    entry = world.post_entry(customer, intent.currency, -amount, entry_type, payment_intent=intent.id)
    return world.payment_intents.put(intent._replace(applied=intent.applied + amount)), entry


def _succeed(world: World, intent: PaymentIntent) -> PaymentIntent:
    method = world.payment_methods.get(intent.payment_method or "") or payment_methods.make(world)
    charge = charges.make(world, intent, method)
    succeeded = intent._replace(
        status="succeeded",
        payment_method=method.id,
        latest_charge=charge.id,
        instructions=None,
        last_payment_error=None,
    )
    world.payment_intents.put(succeeded)
    world.record_event("charge.succeeded", charge)
    world.record_event("payment_intent.succeeded", succeeded)
    if intent.invoice is not None:
        invoice_settlement.succeeded(world, succeeded)
    return succeeded
