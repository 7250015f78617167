"""Paying an invoice: by a card, from the cash balance, or out of band (docs/stripe.md 1.9, 3.15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NoReturn, TypedDict, Unpack

from pytest_stripe_balance.engine.billing.collection import refused
from pytest_stripe_balance.engine.billing.invoice_transitions import (
    NOT_OPEN,
    finalized,
    intent_of,
    withdraw,
)
from pytest_stripe_balance.engine.billing.invoices import find
from pytest_stripe_balance.engine.money import allocation, default_methods, invoice_settlement
from pytest_stripe_balance.engine.payments import payment_intents
from pytest_stripe_balance.engine.state import amounts
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.refused import Refused

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.records.invoices import Invoice
    from pytest_stripe_balance.engine.state.records.payments import PaymentIntent, PaymentMethod
    from pytest_stripe_balance.engine.state.world import World

NO_METHOD = (
    "There is no `default_payment_method` set on this Customer or Invoice. Please set either prior to "
    "attempting payment on the invoice."
)
# Text, type and code are those of stripe/stripe-node #628; laravel/cashier-stripe #1549 has it without
# an intent.
NEEDS_ACTION = (
    "This payment requires additional user action before it can be completed successfully. Payment can "
    "be completed using the PaymentIntent associated with the invoice. For more details see: "
    "https://stripe.com/docs/billing/subscriptions/payment#handling-action-required"
)


class HowToPay(TypedDict, total=False):
    """Parameters of pay that change nothing here, with their modelled values."""

    forgive: Literal[False]
    off_session: bool


def pay(
    world: World,
    invoice_id: str,
    *,
    paid_out_of_band: bool = False,
    payment_method: str | None = None,
    **_: Unpack[HowToPay],
) -> Invoice:
    """Pay an invoice in full: by card, from the cash balance, or out of band.

    - A draft is finalized first.
    - A card is the one of the request, else the invoice's default, else the customer's. It pays where
      the invoice takes cards; otherwise the cash balance does.
    - Events by card: those of `card_payments.pay`, with the invoice's own behind them. A card that must
      be authenticated is a 402, with `payment_intent.requires_action`, `invoice.updated`,
      `invoice.payment_action_required`.
    - Events by cash: those of `allocation.put_money`. Out of band: `payment_intent.canceled` and those
      of `invoice_settlement.tell_paid`. That doesn't set `attempted`, and clears `auto_advance` [obs,
      Kiln-AI/stripe_world 13/62].
    """
    invoice = find(world, invoice_id, "id")
    if paid_out_of_band and payment_method is not None:
        raise Refused("payment_method beside paid_out_of_band is not modelled. Send one of them")
    if invoice.status == "paid":
        raise Fault("Invoice is already paid")
    if invoice.status == "uncollectible":
        raise Refused(f"paying {invoice.id}, which is uncollectible, is not modelled")
    if invoice.status not in ("draft", "open"):
        raise refused(NOT_OPEN)
    named = None
    if payment_method is not None:
        named = default_methods.attached(world, payment_method, invoice.customer, "payment_method")
    is_draft = invoice.status == "draft"
    if is_draft:
        invoice = finalized(world, invoice)
        if invoice.status == "paid":
            return invoice
    if paid_out_of_band:
        return _paid_out_of_band(world, invoice)
    try:
        return _paid(world, invoice, named)
    except Fault as fault:
        fault.keeps_changes |= is_draft
        raise


def _paid_out_of_band(world: World, invoice: Invoice) -> Invoice:
    world.readings.rely_on("invoice-out-of-band")
    withdraw(world, invoice, None)
    paid = invoice_settlement.settle(world, invoice, paid_out_of_band=True, attempted=invoice.attempted)
    invoice_settlement.tell_paid(world, invoice, paid)
    return paid


def _paid(world: World, invoice: Invoice, named: PaymentMethod | None) -> Invoice:
    """Pay by the card that the request names or that is the default, or else by cash."""
    intent = intent_of(world, invoice)
    card = named or _default_card(world, invoice)
    if "card" not in intent.payment_method_types and named is not None:
        raise Refused(
            f"paying {invoice.id} by card is not modelled, because it takes no card: name it among its "
            "payment_settings[payment_method_types]"
        )
    if card is not None and "card" in intent.payment_method_types:
        _pay_by_card(world, intent, card)
    elif "customer_balance" in intent.payment_method_types:
        _pay_by_cash(world, invoice, intent)
    else:
        _refuse_without_card(invoice, intent)
    return world.invoices.find(invoice.id, "invoice")


def _default_card(world: World, invoice: Invoice) -> PaymentMethod | None:
    """Find the card that pays an invoice where none is named; None if there is none."""
    customer = world.customer(invoice.customer, in_path=False)
    default = invoice.default_payment_method or customer.invoice_settings["default_payment_method"] or ""
    return world.payment_methods.get(default)


def _pay_by_card(world: World, intent: PaymentIntent, card: PaymentMethod) -> None:
    world.readings.rely_on("invoice-pay-by-card")
    waiting = payment_intents.submit(world, intent, payment_method=card.id)
    if waiting.status == "requires_action":
        raise Fault(
            NEEDS_ACTION,
            status=402,
            type="card_error",
            code="invoice_payment_intent_requires_action",
            keeps_changes=True,
        )


def _refuse_without_card(invoice: Invoice, intent: PaymentIntent) -> NoReturn:
    if "card" in intent.payment_method_types:
        raise Fault(NO_METHOD, assumption="default-method-refused")
    raise Refused(
        f"paying {invoice.id} by anything but a card or a bank transfer is not modelled: name card or "
        "customer_balance among its payment_settings[payment_method_types]"
    )


def _pay_by_cash(world: World, invoice: Invoice, intent: PaymentIntent) -> None:
    world.readings.rely_on("invoice-pay")
    customer = world.customer(invoice.customer, in_path=False)
    balance = world.ledger.balance(customer.id, invoice.currency)
    if balance < intent.remaining:
        message = (
            "The customer's cash balance is not enough to pay this invoice: "
            f"{amounts.written(intent.remaining, invoice.currency)} {invoice.currency} is due, "
            f"{amounts.written(balance, invoice.currency)} {invoice.currency} is available."
        )
        raise Fault(message)
    allocation.put_money(world, intent, customer, intent.remaining)
