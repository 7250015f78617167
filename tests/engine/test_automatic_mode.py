import pytest
import stripe

NOT_YET = "automatic reconciliation is not modelled yet"


def automatic(stage):
    stripe.Customer.modify_cash_balance(stage.customer, settings={"reconciliation_mode": "automatic"})


def confirm_with_cash(stage):
    intent = stage.intent("requires_confirmation")
    automatic(stage)
    stripe.PaymentIntent.confirm(intent)


def create_and_confirm_with_cash(stage):
    automatic(stage)
    stage.intent()


def free_by_update(stage):
    intent = stage.partly_funded()
    automatic(stage)
    stripe.PaymentIntent.modify(intent, amount=100)


def free_by_cancel(stage):
    intent = stage.partly_funded()
    automatic(stage)
    stripe.PaymentIntent.cancel(intent)


def fund(stage):
    stage.balance.fund(stage.balance.customer(), 1)


def fund_by_merchant_default(stage):
    stage.balance.fund(stage.balance.customer(reconciliation="merchant_default"), 1)


@pytest.mark.parametrize(
    "call",
    [
        fund,
        fund_by_merchant_default,
        confirm_with_cash,
        create_and_confirm_with_cash,
        free_by_update,
        free_by_cancel,
    ],
)
def test_whatever_would_reconcile_automatically_is_refused(call, stage, _stripe_session):
    """Where Stripe would decide which intent gets the money, the fake refuses, and nothing moves."""
    with stage.balance.refused(match=NOT_YET):
        call(stage)
    rows = list(_stripe_session.world.ledger.rows(stage.customer))
    assert [row.type for row in rows] in (["funded"], ["funded", "applied_to_payment"])


def test_a_confirm_without_cash_needs_no_reconciliation(stripe_balance):
    """An automatic customer without cash gets instructions as anyone does."""
    intent = stripe_balance.bank_transfer_intent(stripe_balance.customer(), 1000)
    assert intent.status == "requires_action"


def test_a_cancel_without_funds_needs_no_reconciliation(stripe_balance):
    """An automatic customer's unfunded intent is canceled as anyone's is."""
    intent = stripe_balance.bank_transfer_intent(stripe_balance.customer(), 1000)
    assert stripe.PaymentIntent.cancel(intent.id).status == "canceled"


@pytest.mark.parametrize("currency", ["gbp", "jpy", "mxn"])
def test_regions_not_modelled_yet_are_refused(stripe_balance, currency):
    """Bank transfers of the other regions are refused out loud, for intents and for funding."""
    customer = stripe_balance.customer(reconciliation="manual")
    with stripe_balance.refused(match="not modelled yet"):
        stripe_balance.bank_transfer_intent(customer, 1000, currency)
    with stripe_balance.refused(match="not modelled yet"):
        stripe_balance.fund(customer, 1000, currency)


def test_a_reversal_is_refused(stage):
    """A reference that simulates a reversal is refused until reversals are modelled."""
    with stage.balance.refused(match="reversal_"):
        stage.balance.fund(stage.customer, 100, reference="reversal_1")
