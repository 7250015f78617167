"""Moves money between a cash balance and an intent, and makes the charge of a paid intent.

Source: docs/stripe.md 3.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.engine.money import (
    charges,
    checkout_settlement,
    invoice_settlement,
    payment_methods,
    releases,
    shares,
)
from pytest_stripe_balance.engine.state.records.customers import Customer
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent, PaymentMethod

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.customers import Entry
    from pytest_stripe_balance.engine.state.records.money import Charge
    from pytest_stripe_balance.engine.state.world import World


def put_money(
    world: World,
    intent: PaymentIntent,
    customer: Customer,
    amount: int,
    *,
    partial_event: str = "payment_intent.partially_funded",
) -> PaymentIntent:
    """Move `amount` from the balance to the intent, which succeeds once it is fully paid.

    Events `customer_cash_balance_transaction.created`, then `charge.succeeded` and
    `payment_intent.succeeded`, or `partial_event` if it is paid in part.
    """
    assert 0 < amount <= intent.remaining, f"{amount} does not fit {intent.id}"
    world.readings.rely_on("apply-event-order")
    intent, _ = _allocate(world, intent, customer, amount)
    if intent.remaining == 0:
        method = world.payment_methods.get(intent.payment_method or "")
        if method is None or method.card is not None:  # cash pays, whatever card was to pay before
            method = payment_methods.make(world)
        return succeed(world, intent, method)
    world.record_event(partial_event, intent)
    return intent


def take_back(world: World, intent: PaymentIntent, customer: Customer) -> tuple[PaymentIntent, Entry]:
    """Move all the money of an intent back to the balance; give the intent and the row."""
    return _allocate(world, intent, customer, -intent.applied)


def _allocate(
    world: World, intent: PaymentIntent, customer: Customer, amount: int
) -> tuple[PaymentIntent, Entry]:
    entry_type = "applied_to_payment" if amount > 0 else "unapplied_from_payment"
    entry = world.post_entry(customer, intent.currency, -amount, entry_type, payment_intent=intent.id)
    return world.payment_intents.put(intent._replace(applied=intent.applied + amount)), entry


def succeed(world: World, intent: PaymentIntent, method: PaymentMethod) -> PaymentIntent:
    """Let an intent that is paid in full succeed, with its charge and its invoice.

    Events `charge.succeeded`, `payment_intent.succeeded`, then those of `invoice_settlement.succeeded`.
    """
    if intent.transfer_data is not None and intent.transfer_group is None:
        intent = intent._replace(transfer_group=f"group_{intent.id}")
    charge = charges.make(world, intent, method)
    is_shared = charge.transfer is not None or charge.application_fee is not None
    is_told = is_shared and world.readings.rely_on("connect-event-order") == "before"
    if is_told:
        shares.tell(world, charge)
    succeeded = world.payment_intents.put(_paid_by(intent, charge)._replace(status="succeeded"))
    world.record_event("charge.succeeded", charge)
    world.record_event("payment_intent.succeeded", succeeded)
    if is_shared and not is_told:
        shares.tell(world, charge)
    if intent.invoice is not None:
        invoice_settlement.succeeded(world, succeeded)
    checkout_settlement.succeeded(world, succeeded)
    return succeeded


def authorize(world: World, intent: PaymentIntent, method: PaymentMethod) -> PaymentIntent:
    """Let a card hold an intent's amount, to be captured later; no money moves.

    Events `charge.succeeded`, `payment_intent.amount_capturable_updated`.
    """
    charge = charges.authorize(world, intent, method)
    held = world.payment_intents.put(_paid_by(intent, charge)._replace(status="requires_capture"))
    world.record_event("charge.succeeded", charge)
    world.record_event("payment_intent.amount_capturable_updated", held)
    return held


def capture(world: World, intent: PaymentIntent, charge: Charge, amount: int) -> PaymentIntent:
    """Take an amount of what a card holds for an intent, which succeeds; the rest is released.

    Events `charge.captured`, `payment_intent.succeeded`, then those of `releases.release`.
    """
    taken, rest = charges.capture(world, charge, amount), charge.amount - amount
    succeeded = world.payment_intents.put(intent._replace(status="succeeded", uncaptured=rest))
    world.record_event("charge.captured", taken)
    world.record_event("payment_intent.succeeded", succeeded)
    if rest and releases.makes_refund(world):
        releases.release(world, taken, rest)
    return succeeded


def _paid_by(intent: PaymentIntent, charge: Charge) -> PaymentIntent:
    return intent._replace(
        payment_method=charge.payment_method,
        latest_charge=charge.id,
        instructions=None,
        next_action=None,
        last_payment_error=None,
    )
