"""The shop's tests: no network, no key, a Stripe of their own in every test."""

import shop
import stripe


def test_a_wire_that_is_too_small_leaves_the_rest_to_be_sent(stripe_balance):
    customer = stripe_balance.customer(reconciliation="manual", name="Ada")
    intent = stripe_balance.bank_transfer_intent(customer, amount=1000, currency="usd")
    stripe_balance.fund(customer, 600, "usd")

    assert shop.settle_open_intents(customer.id) == []

    intent = stripe.PaymentIntent.retrieve(intent.id)
    assert shop.still_owed(intent) == 400
    assert stripe_balance.available(customer) == {"usd": 0}


def test_two_orders_and_three_wires_add_up(stripe_balance):
    customer = stripe_balance.customer(reconciliation="manual", name="Grace")
    older = stripe_balance.bank_transfer_intent(customer, amount=12_000)
    newer = stripe_balance.bank_transfer_intent(customer, amount=4_550)

    for cents in (10_000, 2_500, 5_000):
        stripe_balance.fund(customer, cents)
        shop.settle_open_intents(customer.id)

    assert {older.id, newer.id} == {
        event.data.object.id for event in stripe_balance.events("payment_intent.succeeded")
    }
    assert stripe_balance.available(customer) == {"usd": 950}
    print(stripe_balance.report())
