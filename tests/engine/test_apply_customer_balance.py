import pytest
import stripe
from majors import as_dict

CREATED = "customer_cash_balance_transaction.created"


def remaining(intent):
    return intent.next_action.display_bank_transfer_instructions.amount_remaining


def types_since(stripe_balance, seen):
    return [event.type for event in stripe_balance.events()][seen:]


def test_without_an_amount_the_remaining_amount_is_applied(stripe_balance):
    """With enough on the balance, apply_customer_balance without an amount pays the intent."""
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1500)
    intent = stripe.PaymentIntent.apply_customer_balance(intent.id)
    assert (intent.status, intent.amount_received, intent.next_action) == ("succeeded", 1000, None)
    assert stripe_balance.available(customer) == {"usd": 500}


def test_an_amount_is_applied_and_repeated_until_full(stripe_balance):
    """Partial applies add up, each lowering amount_remaining, until the intent succeeds."""
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1000)
    for amount, rest in ((1, 999), (599, 400), (399, 1)):
        applied = stripe.PaymentIntent.apply_customer_balance(intent.id, amount=amount, currency="usd")
        assert (applied.status, applied.amount_received) == ("requires_action", 0)
        assert (remaining(applied), applied.latest_charge) == (rest, None)
    last = stripe.PaymentIntent.apply_customer_balance(intent.id, amount=1)
    assert last.status == "succeeded"
    assert stripe_balance.available(customer) == {"usd": 0}
    assert [row.net_amount for row in stripe_balance.ledger(customer)] == [1000, -1, -599, -399, -1]


def test_a_full_apply_makes_the_charge_and_its_balance_transaction(stripe_balance):
    """latest_charge and its balance transaction can be retrieved, and say the whole amount."""
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 1234, description="order 7")
    stripe_balance.fund(customer, 1234)
    intent = stripe.PaymentIntent.apply_customer_balance(intent.id)
    charge = stripe.Charge.retrieve(intent.latest_charge)
    transaction = stripe.BalanceTransaction.retrieve(charge.balance_transaction)
    assert charge.id.startswith("py_")
    assert (charge.amount, charge.amount_captured, charge.paid, charge.status) == (
        1234,
        1234,
        True,
        "succeeded",
    )
    assert (charge.payment_intent, charge.customer, charge.description) == (
        intent.id,
        customer.id,
        "order 7",
    )
    assert as_dict(charge.payment_method_details) == {
        "customer_balance": {},
        "type": "customer_balance",
    }
    assert (transaction.amount, transaction.net, transaction.type) == (1234, 1234, "payment")
    assert transaction.source == charge.id


def test_a_full_apply_has_its_events_in_order(stripe_balance):
    """The ledger row comes first, then the charge, then the intent (docs/stripe.md 3.4)."""
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1000)
    seen = len(stripe_balance.events())
    stripe.PaymentIntent.apply_customer_balance(intent.id)
    assert types_since(stripe_balance, seen) == [CREATED, "charge.succeeded", "payment_intent.succeeded"]


def test_a_partial_apply_has_its_events_in_order(stripe_balance):
    """The ledger row comes first, then payment_intent.partially_funded."""
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1000)
    seen = len(stripe_balance.events())
    stripe.PaymentIntent.apply_customer_balance(intent.id, amount=10)
    assert types_since(stripe_balance, seen) == [CREATED, "payment_intent.partially_funded"]


def test_an_event_shows_its_subject_as_it_was_then(stripe_balance):
    """Later changes of an intent don't reach into the events before them."""
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1000)
    stripe.PaymentIntent.apply_customer_balance(intent.id, amount=10)
    stripe.PaymentIntent.apply_customer_balance(intent.id)
    (partly,) = stripe_balance.events("payment_intent.partially_funded")
    assert partly.data.object.status == "requires_action"
    assert remaining(partly.data.object) == 990


def test_currencies_never_mix(stripe_balance):
    """Each currency has a balance of its own, and an intent takes only from its own."""
    customer = stripe_balance.customer(reconciliation="manual")
    dollars = stripe_balance.bank_transfer_intent(customer, 1000, "usd")
    euros = stripe_balance.bank_transfer_intent(customer, 1000, "eur")
    stripe_balance.fund(customer, 700, "usd")
    stripe_balance.fund(customer, 1000, "eur")
    assert stripe.PaymentIntent.apply_customer_balance(euros.id).status == "succeeded"
    assert remaining(stripe.PaymentIntent.apply_customer_balance(dollars.id)) == 300
    assert stripe_balance.available(customer) == {"usd": 0, "eur": 0}


def test_customers_never_mix(stripe_balance):
    """Another customer's cash pays nothing."""
    rich, poor = (stripe_balance.customer(reconciliation="manual") for _ in "ab")
    stripe_balance.fund(rich, 1000)
    intent = stripe_balance.bank_transfer_intent(poor, 1000)
    with pytest.raises(
        stripe.InvalidRequestError, match=r"\$10\.00 usd was to be applied, \$0\.00 usd is available"
    ):
        stripe.PaymentIntent.apply_customer_balance(intent.id)
    assert stripe_balance.available(rich) == {"usd": 1000}


def test_an_intent_never_confirmed_is_paid_in_full(stage):
    """In full it succeeds at once, with a payment method that it didn't have."""
    intent = stage.intent("requires_payment_method", 500)
    paid = stripe.PaymentIntent.apply_customer_balance(intent, expand=["payment_method"])
    assert paid.status == "succeeded"
    assert (paid.payment_method.type, paid.payment_method.customer) == ("customer_balance", None)


def test_an_intent_never_confirmed_keeps_its_status_while_partly_paid(stage):
    """In part it keeps requires_payment_method, and the rest completes it."""
    intent = stage.intent("requires_payment_method", 600)
    partly = stripe.PaymentIntent.apply_customer_balance(intent)
    assert (partly.status, partly.next_action) == ("requires_payment_method", None)
    stage.balance.fund(stage.customer, 100)
    assert stripe.PaymentIntent.apply_customer_balance(intent).status == "succeeded"


def test_an_update_of_the_amount_sends_the_funds_back(stage):
    """All that was applied returns, the intent is to be confirmed again, then applied to again."""
    intent = stage.partly_funded()
    seen = len(stage.balance.events())
    updated = stripe.PaymentIntent.modify(intent, amount=400)
    assert (updated.status, updated.next_action, updated.amount) == ("requires_confirmation", None, 400)
    assert stage.balance.available(stage.customer) == {"usd": 500}
    assert types_since(stage.balance, seen) == [CREATED, "cash_balance.funds_available"]
    assert stage.balance.ledger(stage.customer)[-1].type == "unapplied_from_payment"
    assert stripe.PaymentIntent.confirm(intent).status == "requires_action"
    assert stripe.PaymentIntent.apply_customer_balance(intent).status == "succeeded"


def test_an_update_of_other_things_leaves_the_funds(stage):
    """A metadata or description update keeps what was applied, and the instructions."""
    intent = stage.partly_funded()
    updated = stripe.PaymentIntent.modify(intent, metadata={"order": "7"}, description="order 7")
    assert (updated.status, remaining(updated)) == ("requires_action", 700)
    assert as_dict(updated.metadata) == {"order": "7"}


def test_an_update_to_the_same_amount_changes_nothing(stage):
    """Naming the amount that the intent has keeps what was applied."""
    intent = stage.partly_funded()
    assert remaining(stripe.PaymentIntent.modify(intent, amount=1000)) == 700


def test_a_cancel_sends_the_funds_back(stage):
    """What was applied returns before the intent is canceled, and then is available."""
    intent = stage.partly_funded()
    seen = len(stage.balance.events())
    canceled = stripe.PaymentIntent.cancel(intent, cancellation_reason="abandoned")
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert canceled.canceled_at is not None
    assert stage.balance.available(stage.customer) == {"usd": 500}
    assert types_since(stage.balance, seen) == [
        CREATED,
        "payment_intent.canceled",
        "cash_balance.funds_available",
    ]


def test_a_cancel_without_funds_frees_none(stage):
    """An intent that holds nothing is canceled with one event."""
    intent = stage.intent()
    seen = len(stage.balance.events())
    stripe.PaymentIntent.cancel(intent)
    assert types_since(stage.balance, seen) == ["payment_intent.canceled"]


def test_manual_mode_draws_nothing_at_confirm(stage):
    """A confirm leaves the balance of a customer in manual mode alone."""
    intent = stage.intent(amount=100)
    assert stage.balance.available(stage.customer) == {"usd": 500}
    assert remaining(stripe.PaymentIntent.retrieve(intent)) == 100


READINGS = (
    ("apply-without-amount-short", "refused", "intent", {}, None, 500),
    ("apply-after-update", "directly", "updated", {}, "succeeded", 0),
)


@pytest.mark.parametrize(
    ("assumption", "reading", "make", "params", "status", "left"),
    [
        pytest.param(*row, id=row[0], marks=pytest.mark.stripe_balance(assume={row[0]: row[1]}))
        for row in READINGS
    ],
)
def test_another_reading_gives_another_answer(assumption, reading, make, params, status, left, stage):
    """Where the facts offer two readings of apply_customer_balance, a marker picks the other."""
    if make == "updated":
        intent = stage.partly_funded()
        stripe.PaymentIntent.modify(intent, amount=500)
    else:
        intent = getattr(stage, make)()
    if status is None:
        with pytest.raises(
            stripe.InvalidRequestError, match=r"\$10\.00 usd was to be applied, \$5\.00 usd is available"
        ):
            stripe.PaymentIntent.apply_customer_balance(intent, **params)
    else:
        assert stripe.PaymentIntent.apply_customer_balance(intent, **params).status == status
    assert stage.balance.available(stage.customer) == {"usd": left}


@pytest.mark.parametrize(
    ("reading", "error", "code"),
    [
        pytest.param(
            *row, id=row[0], marks=pytest.mark.stripe_balance(assume={"apply-above-balance": row[0]})
        )
        for row in (
            ("invalid_request", stripe.InvalidRequestError, None),
            ("balance_insufficient", stripe.InvalidRequestError, "balance_insufficient"),
            ("card_error", stripe.CardError, "insufficient_funds"),
        )
    ],
)
def test_each_reading_of_an_empty_balance_has_its_error(reading, error, code, stage):
    """The three readings of a short balance differ in status and code."""
    with pytest.raises(error) as caught:
        stripe.PaymentIntent.apply_customer_balance(stage.intent(), amount=600)
    assert caught.value.code == code


@pytest.mark.stripe_balance(assume={"charge-id-prefix": "ch"})
def test_the_reading_ch_names_charges_as_card_charges(stage):
    """With charge-id-prefix=ch the charge's id begins with ch_."""
    intent = stripe.PaymentIntent.apply_customer_balance(stage.intent(amount=500))
    assert intent.latest_charge.startswith("ch_")


def test_a_balance_spent_to_zero_keeps_its_key(stage):
    """By default a currency that was spent stays, at 0."""
    stripe.PaymentIntent.apply_customer_balance(stage.intent(amount=500))
    assert stage.balance.available(stage.customer) == {"usd": 0}


RESTS = (
    ("apply-without-amount-short", lambda stage: stripe.PaymentIntent.apply_customer_balance(stage.intent())),
    ("apply-never-confirmed",
     lambda stage: stripe.PaymentIntent.apply_customer_balance(
         stage.intent("requires_payment_method", 100))),
    ("charge-id-prefix", lambda stage: stage.intent("succeeded", 100)),
    ("apply-after-update",
     lambda stage: apply_after_update(stage)),
    ("freed-funds-event", lambda stage: stripe.PaymentIntent.modify(stage.partly_funded(), amount=100)),
    ("update-amount-status", lambda stage: stripe.PaymentIntent.modify(stage.intent(), amount=100)),
    ("update-by-status",
     lambda stage: stripe.PaymentIntent.modify(stage.intent("canceled"), description="a")),
    ("cancel-event-order", lambda stage: stripe.PaymentIntent.cancel(stage.partly_funded())),
    ("capital-currency",
     lambda stage: stripe.PaymentIntent.apply_customer_balance(stage.intent(), currency="USD")),
    ("apply-automatic-customer", lambda stage: apply_in_automatic_mode(stage)),
    ("settings-event", lambda stage: set_mode(stage, "automatic")),
    ("eu-test-values", lambda stage: stage.balance.bank_transfer_intent(stage.customer, 100, "eur")),
    ("charge-shape",
     lambda stage: stripe.Charge.retrieve(
         stripe.PaymentIntent.retrieve(stage.intent("succeeded", 100)).latest_charge)),
    ("refund-to-cash-balance",
     lambda stage: stage.balance.refund_to_cash_balance(stage.intent("succeeded", 100))),
    ("origin-refund", lambda stage: refund_cash(stage, 100)),
    ("email-letters", lambda _: stripe.Customer.create(email="\u00e4da@example.com")),
)  # fmt: skip


def refund_cash(stage, amount):
    stripe.Refund.create(
        customer=stage.customer,
        amount=amount,
        currency="usd",
        origin="customer_balance",
        instructions_email="ada@example.com",
    )


def set_mode(stage, mode):
    stripe.Customer.modify_cash_balance(stage.customer, settings={"reconciliation_mode": mode})


def apply_after_update(stage):
    intent = stage.partly_funded()
    stripe.PaymentIntent.modify(intent, amount=100)
    with pytest.raises(stripe.InvalidRequestError, match="it has a status of requires_confirmation"):
        stripe.PaymentIntent.apply_customer_balance(intent)


def apply_in_automatic_mode(stage):
    intent = stage.intent(amount=100)
    set_mode(stage, "automatic")
    assert stripe.PaymentIntent.apply_customer_balance(intent).status == "succeeded"


@pytest.mark.parametrize(("assumption", "call"), [pytest.param(*row, id=row[0]) for row in RESTS])
def test_an_answer_names_the_assumption_that_it_rests_on(assumption, call, stage, _stripe_session):
    """The register knows which assumption each guessed answer rests on."""
    _stripe_session._readings.used.clear()
    call(stage)
    assert assumption in _stripe_session.assumptions


REFUSED_RESTS = (
    ("apply-unknown-intent", "No such payment_intent: 'pi_nope'",
     lambda _: stripe.PaymentIntent.apply_customer_balance("pi_nope")),
    ("parameter-customer", "No such customer: 'cus_nope'",
     lambda _: stripe.Customer.retrieve_cash_balance("cus_nope")),
    ("parameter-transaction", "No such customer_cash_balance_transaction",
     lambda stage: stripe.Customer.retrieve_cash_balance_transaction(stage.customer, "ccsbtxn_nope")),
    ("other-missing-objects", "No such event: 'evt_nope'",
     lambda _: stripe.Event.retrieve("evt_nope")),
    ("list-unknown-customer", "No such customer: 'cus_nope'",
     lambda _: stripe.PaymentIntent.list(customer="cus_nope")),
    ("apply-refusal-texts", "it has a status of canceled",
     lambda stage: stripe.PaymentIntent.apply_customer_balance(stage.intent("canceled"))),
    ("apply-above-balance", "cash balance is not enough",
     lambda stage: stripe.PaymentIntent.apply_customer_balance(stage.intent(), amount=501)),
    ("apply-no-customer", "Missing required param: customer",
     lambda stage: stripe.PaymentIntent.apply_customer_balance(stage.orphan())),
    ("refund-unknown", "No such payment_intent: 'pi_nope'",
     lambda _: stripe.Refund.create(payment_intent="pi_nope")),
    ("invalid-api-version", "Invalid Stripe API version: 2024-06-21",
     lambda _: stripe.Customer.list(stripe_version="2024-06-21")),
    ("parameter-texts", "Invalid integer",
     lambda _: stripe.PaymentIntent.list(limit={"a": "b"})),
    ("payment-method-types-gone", "is no longer supported in this API version",
     lambda _: stripe.PaymentIntent.create(amount=100, currency="usd", payment_method_types=["card"])),
    ("publishable-key", "cannot be made with a publishable API key",
     lambda _: stripe.Customer.list(api_key="pk_test_1")),
    ("account-invalid", "does not have access to account 'not an account'",
     lambda _: stripe.Customer.list(stripe_account="not an account")),
    ("idempotency-key-length", "at most 255 characters",
     lambda _: stripe.Customer.create(idempotency_key="k" * 256)),
    ("text-limits", "must be at most 256 characters",
     lambda _: stripe.Customer.create(name="n" * 5001)),
    ("text-limits", "Metadata values can have up to 500 characters",
     lambda _: stripe.Customer.create(metadata={"k": "v" * 501})),
    ("payment-method-unknown", "No such PaymentMethod: 'pm_nope'",
     lambda _: stripe.PaymentIntent.create(amount=100, currency="usd", payment_method="pm_nope")),
    ("fund-other-currency", "Invalid currency: chf",
     lambda stage: stripe.Customer.TestHelpers.fund_cash_balance(
         stage.customer, amount=100, currency="chf")),
    ("origin-above-balance", "is greater than the customer's cash balance", lambda stage: refund_cash(stage, 501)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("assumption", "told", "call"), REFUSED_RESTS, ids=[row[0] for row in REFUSED_RESTS]
)
def test_a_refusal_names_the_assumption_that_it_rests_on(assumption, told, call, stage, _stripe_session):
    """An error whose text or param nobody has seen says so, before and after the execution."""
    _stripe_session._readings.used.clear()
    with pytest.raises(stripe.StripeError, match=told):
        call(stage)
    assert assumption in _stripe_session.assumptions


def test_a_limit_that_was_not_seen_rests_on_the_assumption(stage, _stripe_session):
    """Lists of customers were seen with 0 and 101; other lists, and limits below 0, weren't."""
    rested = _stripe_session._readings.used
    rested.clear()
    for limit in (0, 1, 100, 101):
        stripe.Customer.list(limit=limit)
    assert "list-limit" not in rested
    for call in (lambda: stripe.Customer.list(limit=-1), lambda: stripe.PaymentIntent.list(limit=0)):
        rested.clear()
        call()
        assert "list-limit" in rested


def booked(stage, currency, amount):
    """Pay an intent; give its charge's balance transaction."""
    intent = stage.balance.bank_transfer_intent(stage.customer, amount, currency)
    stage.balance.fund(stage.customer, amount, currency)
    charge = stripe.PaymentIntent.apply_customer_balance(
        intent.id, expand=["latest_charge.balance_transaction"]
    ).latest_charge
    return as_dict(charge.balance_transaction)


def test_stripe_keeps_nothing_by_default(stage, _stripe_session):
    """The merchant gets the whole amount, in pesos too, and the answer says that this is assumed."""
    found = booked(stage, "mxn", 47_000)
    assert (found["amount"], found["fee"], found["net"], found["fee_details"]) == (47_000, 0, 47_000, [])
    assert "charge-fee" in _stripe_session.assumptions


@pytest.mark.stripe_balance(assume={"charge-fee": "stripe-fee"})
def test_by_the_other_reading_stripe_keeps_the_fee_that_was_seen(stage):
    """8.12 of 470 pesos: 7 and 16 % VAT; the intent's and the charge's amounts are whole, and so is a refund."""
    found = booked(stage, "mxn", 47_000)
    assert (found["amount"], found["fee"], found["net"]) == (47_000, 812, 46_188)
    parts = [(part["type"], part["amount"], part["currency"]) for part in found["fee_details"]]
    assert parts == [("stripe_fee", 700, "mxn"), ("tax", 112, "mxn")]
    (paid,) = stripe.Charge.list().data
    assert (paid.amount, paid.amount_captured) == (47_000, 47_000)
    refund = stripe.Refund.create(charge=paid.id, instructions_email="ada@example.com")
    stage.balance.provide_bank_details(refund)
    given = stripe.Refund.retrieve(refund.id, expand=["balance_transaction"]).balance_transaction
    assert (given.amount, given.fee, given.net) == (-47_000, 0, -47_000)


@pytest.mark.stripe_balance(assume={"charge-fee": "stripe-fee"})
def test_a_fee_that_nobody_has_seen_is_refused_out_loud(stage):
    """In other currencies nothing moves, as no fee of theirs is known."""
    with stage.balance.refused(match="Stripe's fee for a bank transfer in usd is unknown"):
        stripe.PaymentIntent.apply_customer_balance(stage.intent(amount=500))
    assert stage.balance.available(stage.customer) == {"usd": 500}
