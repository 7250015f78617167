"""What a failing test's report, its XML and a request's repr show of secrets: nothing."""

import re

import pytest

LEAKY = """
import pytest, stripe

def test_it(stripe_balance):
    customer = stripe_balance.customer(reconciliation="manual", email="jane.doe@lovelace.org")
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe.PaymentIntent.cancel(intent.id, idempotency_key="IDEMP-SECRET-1")
    with pytest.raises(stripe.IdempotencyError, match="Keys for idempotent requests"):
        stripe.PaymentIntent.confirm(intent.id, idempotency_key="IDEMP-SECRET-1")
    stripe.PaymentIntent.retrieve(intent.id, client_secret=intent.client_secret)
    for call in (
        lambda: stripe.Customer.create(source="tok_1SECRETabcdef"),
        lambda: stripe_balance.client.raw_request("post", "/v1/oauth/jane.doe@lovelace.org/sk_test_51SECRET"),
    ):
        with stripe_balance.refused(match="does not model|not modelled"):
            call()
    with pytest.raises(stripe.InvalidRequestError, match="Invalid integer"):
        stripe.PaymentIntent.create(amount="jane.doe@lovelace.org", currency="usd")
    for wrong in ("sk_test_51SECRET", "jane.doe@lovelace.org"):
        with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
            stripe.PaymentIntent.retrieve(wrong)
    for exchange in stripe_balance.requests:
        print(repr(exchange))
    try:
        stripe.Customer.create(source="tok_1SECRETabcdef", name=intent.client_secret)
    finally:
        assert stripe_balance.requests == []
"""
SECRETS = ("IDEMP-SECRET", "tok_1SECRET", "jane.doe", "51SECRET", r"pi_\w{24}_secret_\w")


@pytest.mark.parametrize("options", [[], ["-rA", "--junitxml=out.xml"]], ids=["plain", "with xml"])
def test_no_secret_is_in_a_failing_tests_report(options, project):
    """Idempotency keys, client secrets, tokens, addresses and keys in paths are all masked."""
    result = project.test(LEAKY, "--tb=line", *options)
    result.assert_outcomes(failed=1)
    told = result.stdout.str() + result.stderr.str()
    told += "".join(path.read_text() for path in project.pytester.path.glob("*.xml"))
    assert "Stripe takes the parameter source," in told
    assert [secret for secret in SECRETS if re.search(secret, told)] == []
