import pytest
import stripe
from majors import v1


def test_a_payment_method_is_made_once_and_used_by_an_intent(stripe_balance):
    """A method that was made by itself pays an intent, and is attached to nobody all the while."""
    method = stripe.PaymentMethod.create(type="customer_balance", metadata={"order": "7"})
    customer = stripe_balance.customer()
    intent = stripe.PaymentIntent.create(
        customer=customer.id,
        amount=1000,
        currency="usd",
        payment_method=method.id,
        payment_method_options={
            "customer_balance": {
                "funding_type": "bank_transfer",
                "bank_transfer": {"type": "us_bank_transfer"},
            }
        },
        confirm=True,
    )
    stripe_balance.fund(customer, 1000)
    read = stripe.PaymentMethod.retrieve(method.id)
    assert stripe.PaymentIntent.retrieve(intent.id).payment_method == method.id
    assert (read.customer, read.metadata["order"]) == (None, "7")
    assert stripe.PaymentMethod.list(customer=customer.id, type="customer_balance").data == []
    assert stripe.Customer.list_payment_methods(customer.id).data == []


def test_an_unknown_payment_method_is_missing(stripe_balance):
    """The answer names the parameter of the path."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        v1(stripe_balance.client).payment_methods.retrieve("pm_1")
    assert (caught.value.http_status, caught.value.param) == (404, "payment_method")


def test_charges_and_balance_transactions_are_listed(stripe_balance):
    """Newest first, and by whom or what they belong to."""
    payers = [stripe_balance.customer() for _ in range(2)]
    intents = [stripe_balance.bank_transfer_intent(payer, 1000).id for payer in payers]
    for payer in payers:
        stripe_balance.fund(payer, 1000)
    charges = stripe.Charge.list().data
    assert [charge.payment_intent for charge in charges] == intents[::-1]
    assert stripe.Charge.list(customer=payers[0].id).data == charges[1:]
    assert stripe.Charge.list(payment_intent=intents[1]).data == charges[:1]
    booked = stripe.BalanceTransaction.list(source=charges[0].id, type="payment", currency="usd").data
    assert [one.id for one in booked] == [charges[0].balance_transaction]
    assert stripe.BalanceTransaction.list(type="adjustment").data == []
