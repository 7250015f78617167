"""A small shop that is paid by bank transfer. It knows Stripe, and nothing of its tests."""

import stripe

WAITING = ("requires_action", "requires_payment_method")


def settle_open_intents(customer: str) -> list[str]:
    """Apply a customer's cash balance to its open payments, oldest first; name those now paid."""
    paid = []
    listed = stripe.PaymentIntent.list(customer=customer, limit=100)
    for intent in reversed(list(listed.auto_paging_iter())):
        if intent.status not in WAITING:
            continue
        balance = stripe.Customer.retrieve_cash_balance(customer)
        if not (balance.available and balance.available[intent.currency]):
            continue
        intent = stripe.PaymentIntent.apply_customer_balance(intent.id)
        if intent.status == "succeeded":
            paid.append(intent.id)
    return paid


def still_owed(intent: stripe.PaymentIntent) -> int:
    """How much a customer still has to send for a payment, in cents."""
    if intent.status == "succeeded":
        return 0
    return intent.next_action.display_bank_transfer_instructions.amount_remaining
