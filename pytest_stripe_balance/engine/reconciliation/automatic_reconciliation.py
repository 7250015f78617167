"""Carries out automatic reconciliation: finds the open items, and moves the money to them.

Source: docs/stripe.md 3.3, 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_stripe_balance.engine.money import allocation, invoice_settlement
from pytest_stripe_balance.engine.reconciliation import explanation
from pytest_stripe_balance.engine.reconciliation import steps as reconciliation
from pytest_stripe_balance.engine.state import amounts
from pytest_stripe_balance.engine.state.reconciliations import (
    OpenItem,
    Reconciled,
    Reconciliation,
    Rules,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_stripe_balance.engine.state.records.customers import Customer, Entry
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
    from pytest_stripe_balance.engine.state.world import World

RECONCILED = ("funded", "unapplied_from_payment", "refunded_from_payment")
BY_CONFIRMATION = "jpy"


def reconcile(world: World, entry: Entry, reference: str | None = None) -> None:
    """Pay open items with the cash of `entry`, unless the customer's mode is manual.

    Each paid item has the events of `allocation.put_money`. If cash is left,
    `cash_balance.funds_available` follows. Source: docs/stripe.md 3.3, 3.5 and 3.6.
    """
    customer = world.customer(entry.customer, in_path=False)
    if world.reconciliation_mode(customer) == "automatic":
        done = reconciliation.reconcile(
            _open_items(world, customer, entry.currency),
            currency=entry.currency,
            sent=entry.net_amount,
            balance=world.ledger.balance(customer.id, entry.currency),
            reference=reference,
            rules=_rules(world, entry.currency),
        )
        _note_assumptions(world, done, entry)
        world.reconciliations.put(Reconciled(entry.id, done))
        for part in done.allocations:
            intent = world.payment_intents.find(_intent_of(world, part.item), "intent")
            allocation.put_money(world, intent, customer, part.amount)
    if world.ledger.balance(customer.id, entry.currency) > 0:
        world.record_event("cash_balance.funds_available", world.cash_balance(customer))


def explain(world: World, entry: Entry) -> str:
    """Explain in words where the cash of `entry` went; ValueError if it brought none."""
    done = world.reconciliations.get(entry.id)
    if done is not None:
        return explanation.explain(done.reconciliation)
    if not (entry.type in RECONCILED or _is_reconciled_return(world, entry)):
        message = f"{entry.id} is {entry.type}, and is never reconciled: {', '.join(RECONCILED)} are"
        raise ValueError(message)
    amount = amounts.written(entry.net_amount, entry.currency)
    return (
        f"{amount} {entry.currency} came while the reconciliation mode of {entry.customer} was manual: "
        "it paid nothing and stays on the balance until apply_customer_balance uses it."
    )


def _is_reconciled_return(world: World, entry: Entry) -> bool:
    """Tell whether a row returns a refund's cash that is reconciled again (origin-return-canceled)."""
    reading = world.readings.reading("origin-return-canceled")
    return entry.type == "return_canceled" and entry.refund is not None and reading == "reconciled"


def _rules(world: World, currency: str) -> Rules:
    return Rules(
        references=currency != BY_CONFIRMATION,
        group_of_balance=world.readings.reading("group-sum") == "balance",
        skip_invoices=world.readings.reading("invoice-too-large") == "skipped",
    )


def _open_items(world: World, customer: Customer, currency: str) -> tuple[OpenItem, ...]:
    """List the open items: invoices, and intents with bank transfer instructions."""
    invoices = enumerate(invoice_settlement.waiting(world, customer, currency))
    return (
        *(
            OpenItem(invoice.id, "invoice", intent.remaining, age, _reference(intent), invoice.number)
            for age, (invoice, intent) in invoices
        ),
        *_intents(world, customer, currency),
    )


def _intent_of(world: World, item: OpenItem) -> str:
    """Give the id of the intent that an item's money goes to."""
    if item.kind == "payment_intent":
        return item.id
    intent = world.invoices.find(item.id, "invoice").payment_intent
    assert intent is not None, "unreachable because an open invoice has an intent"
    return intent


def _intents(world: World, customer: Customer, currency: str) -> Iterator[OpenItem]:
    waiting = [
        intent
        for intent in world.payment_intents.where(customer=customer.id, status="requires_action")
        if intent.currency == currency
        and intent.instructions is not None  # not one that waits for a card's authentication
        and intent.invoice is None  # it waits as its invoice does
    ]
    if currency == BY_CONFIRMATION:
        waiting.sort(key=_confirmed_at)
    for age, intent in enumerate(waiting):
        yield OpenItem(intent.id, "payment_intent", intent.remaining, age, _reference(intent))


def _reference(intent: PaymentIntent) -> str | None:
    """Give the reference in an intent's instructions; an invoice's intent may have none."""
    return intent.instructions.reference if intent.instructions else None


def _confirmed_at(intent: PaymentIntent) -> int:
    assert intent.confirmed_at is not None, "unreachable because only a confirm gives instructions"
    return intent.confirmed_at


def _passes_over(world: World, entry: Entry) -> bool:
    """Tell whether an unconfirmed intent could have taken the money."""
    return any(
        intent.currency == entry.currency
        and intent.invoice is None
        and "customer_balance" in intent.payment_method_types
        for status in ("requires_payment_method", "requires_confirmation")
        for intent in world.payment_intents.where(customer=entry.customer, status=status)
    )


def _note_assumptions(world: World, done: Reconciliation, entry: Entry) -> None:
    """Note the assumptions that the outcome relies on."""
    rely_on = world.readings.rely_on
    if any(item.kind == "payment_intent" for item in done.items) or _passes_over(world, entry):
        rely_on("open-intents")
    if not done.items:
        return
    rely_on("reconciled-at-once")
    if entry.type != "funded":
        rely_on("freed-funds-group")
    steps = {part.step for part in done.allocations}
    if done.balance != done.sent and _sum_decides(done):
        rely_on("group-sum")
    if done.balance != done.sent and not done.unplaced:
        rely_on("older-cash-after-reference")
    if done.reference and done.rules.references:
        rely_on("reference-match")
    if Step.GROUP in steps:
        rely_on("group-ties")
    elif sum(item.kind == "invoice" for item in done.items) > 1:
        rely_on("invoice-too-large")
    if done.currency == BY_CONFIRMATION:
        rely_on("confirmation-time")


def _sum_decides(done: Reconciliation) -> bool:
    """Tell whether step 3 looked for a group and found none with the sum of the amount sent."""
    others = len(done.items) > sum(part.step < Step.GROUP for part in done.allocations)
    sent = sum(item.outstanding for item in done.group) == done.unplaced
    return bool(done.unplaced) and others and not sent
