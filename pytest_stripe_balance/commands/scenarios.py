"""What happens in the scenarios of the command `events`, written as a test would write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_stripe_balance.fixtures.balance import StripeBalance

EMAIL = "ada@example.com"


def partial_then_rest(stripe_balance: StripeBalance) -> None:
    """A payment of $10 gets $6, and the rest a day later."""
    customer = stripe_balance.customer()
    stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 600)
    stripe_balance.clock.advance(days=1)
    stripe_balance.fund(customer, 400)


def overpaid(stripe_balance: StripeBalance) -> None:
    """A payment of $10 gets $12; $2 stay on the cash balance."""
    customer = stripe_balance.customer()
    stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1200)


def canceled_with_money(stripe_balance: StripeBalance) -> None:
    """A payment is canceled that holds $6 of its $10."""
    customer = stripe_balance.customer()
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 600)
    intent.cancel()


def refunded_to_balance(stripe_balance: StripeBalance) -> None:
    """A payment of $10 is refunded to the cash balance."""
    customer = stripe_balance.customer()
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1000)
    stripe_balance.clock.advance(days=1)
    stripe_balance.refund_to_cash_balance(intent)


def refunded_to_bank(stripe_balance: StripeBalance) -> None:
    """$4 of a payment of $10 go back to the customer's bank."""
    customer = stripe_balance.customer(email=EMAIL)
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1000)
    stripe_balance.clock.advance(days=1)
    refund = _api(stripe_balance).refunds.create({"payment_intent": intent.id, "amount": 400})
    stripe_balance.clock.advance(days=1)
    stripe_balance.provide_bank_details(refund)
    stripe_balance.clock.advance(days=3)
    stripe_balance.settle_refund(refund)


def invoice_paid_by_number(stripe_balance: StripeBalance) -> None:
    """$10 come with an invoice's number, and pay it."""
    customer = stripe_balance.customer(email=EMAIL)
    invoice = stripe_balance.bank_transfer_invoice(customer, 1000)
    stripe_balance.clock.advance(days=2)
    stripe_balance.fund(customer, 1000, reference=f"invoice {invoice.number}")


def checkout_paid_later(stripe_balance: StripeBalance) -> None:
    """A Checkout Session of $10 is paid two days later."""
    customer = stripe_balance.customer(email=EMAIL)
    stripe_balance.complete_checkout(stripe_balance.checkout_session(customer, 1000))
    stripe_balance.clock.advance(days=2)
    stripe_balance.fund(customer, 1000)


def unclaimed_75_days(stripe_balance: StripeBalance) -> None:
    """Nobody claims $5; after 75 days they go back."""
    customer = stripe_balance.customer()
    stripe_balance.fund(customer, 500)
    stripe_balance.clock.advance(days=75)


def reversed_(stripe_balance: StripeBalance) -> None:
    """The bank takes back $10 that a payment has used."""
    customer = stripe_balance.customer()
    stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1000, reference="reversal_1")


def _api(stripe_balance: StripeBalance) -> Any:  # noqa: ANN401 - StripeClient.v1, which older SDKs don't have
    return getattr(stripe_balance.client, "v1", stripe_balance.client)


SCENARIOS: dict[str, Callable[[StripeBalance], None]] = {
    scenario.__name__.strip("_").replace("_", "-"): scenario
    for scenario in (
        partial_then_rest,
        overpaid,
        canceled_with_money,
        refunded_to_balance,
        refunded_to_bank,
        invoice_paid_by_number,
        checkout_paid_later,
        unclaimed_75_days,
        reversed_,
    )
}
