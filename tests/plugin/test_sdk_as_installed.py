"""The fixtures on the stripe-python that is installed, in a process of its own."""

# No network, and every answer at the version that this stripe-python pins.
ALL_OF_IT = """
import json
import stripe

def test_money(stripe_balance, stripe_clock):
    customer = stripe_balance.customer(reconciliation="manual", email="ada@example.com")
    assert stripe_balance.available(customer) == {}
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    funded = stripe_balance.fund(customer, 1500)
    assert stripe.PaymentIntent.apply_customer_balance(intent.id).status == "succeeded"
    assert json.dumps(stripe_balance.available(customer)) == '{"usd": 500}'
    stripe_balance.refund_to_cash_balance(intent, 100)
    refund = stripe.Refund.create(payment_intent=intent.id, amount=300)
    steps = ["provide_bank_details", "bounce_refund", "provide_bank_details", "settle_refund"]
    took = [getattr(stripe_balance, step)(refund).status for step in steps]
    assert took == ["pending", "requires_action", "pending", "succeeded"]
    assert "$15.00 usd came" in stripe_balance.explain(funded)
    stripe_clock.advance(days=76)
    returned = stripe_balance.ledger(customer)[-1]
    assert stripe_balance.fail_return(returned).type == "return_canceled"
    assert [event.type for event in stripe_balance.events()][0] == "customer.created"

def test_invoice(stripe_balance, stripe_contract):
    customer = stripe_balance.customer(email="ada@example.com")
    invoice = stripe_balance.bank_transfer_invoice(customer, 1000)
    stripe_balance.fund(customer, 1000, reference=invoice.number)
    invoice = stripe.Invoice.retrieve(invoice.id)
    assert invoice.status == "paid"
    found = stripe_contract.check(invoice, api_version=stripe.api_version)
    assert {one.kind for one in found} <= {"additive"}
    for event in stripe_balance.events():
        stripe_contract.check(event)

def test_clients(stripe_balance, stripe_client):
    customer = stripe_balance.customer()
    for client in (stripe_client, stripe_balance.client):
        assert getattr(client, "v1", client).customers.retrieve(customer.id).id == customer.id

def test_version(stripe_balance):
    invoice = stripe_balance.bank_transfer_invoice(stripe_balance.customer(email="ada@example.com"), 1000)
    assert {one.request.headers["Stripe-Version"] for one in stripe_balance.requests} == {
        stripe.api_version
    }
    assert hasattr(invoice, "payment_intent") == (stripe.api_version < "2025-03-31")
"""


def test_every_fixture_and_builder_works_on_it(project):
    """Builders, views, the clock, the contract and both clients hold on each major, with sockets closed."""
    project.file("test_it.py", ALL_OF_IT)
    ended = project.run_apart("-Werror", "--disable-socket", plugins=("pytest_socket",))
    ended.assert_outcomes(passed=4)
