"""What an assumption says is what the fake does, and the answer names the assumption."""

import pytest
import stripe
from majors import as_dict

DAY = 86_400
DATA = {"payment_method_data": {"type": "customer_balance"}}
UNSET = {"hooks", "payment_details", "presentment_details"}
AS_CARDS = ("managed_payments", "allowed_payment_method_types", "payment_record")


class Scene:
    """An automatic customer with an e-mail address, and what assumptions are about."""

    def __init__(self, balance, clock):
        self.balance, self.clock = balance, clock
        self.customer = balance.customer(email="ada@example.com").id

    def intent(self, amount=1000, currency="usd", **params):
        return self.balance.bank_transfer_intent(self.customer, amount, currency, **params).id

    def bare(self, amount=1000):
        """Make an intent that takes bank transfers, without a payment method."""
        params = {"amount": amount, "currency": "usd", "customer": self.customer}
        return stripe.PaymentIntent.create(
            allowed_payment_method_types=["customer_balance"], **params
        ).id

    def invoice(self, amount=1000):
        return self.balance.bank_transfer_invoice(self.customer, amount)

    def fund(self, amount=1000, currency="usd", **params):
        return self.balance.fund(self.customer, amount, currency, **params)

    def apply(self, intent, **params):
        return stripe.PaymentIntent.apply_customer_balance(intent, **params)

    def manual(self, mode="manual"):
        settings = {"reconciliation_mode": mode}
        stripe.Customer.modify_cash_balance(self.customer, settings=settings)

    def refund(self):
        """Refund 300 of a payment of 1000."""
        intent = self.intent()
        self.fund()
        return stripe.Refund.create(payment_intent=intent, amount=300)

    def intent_of(self, invoice):
        paid = stripe.Invoice.retrieve(invoice.id, expand=["payments"]).payments.data
        return paid[0].payment.payment_intent

    def status(self, *intents):
        return [stripe.PaymentIntent.retrieve(intent).status for intent in intents]

    def rows(self):
        return [(row.type, row.net_amount) for row in self.balance.ledger(self.customer)]

    def events(self, since):
        return [event.type for event in self.balance.events()[since:]]

    def so_far(self):
        return len(self.balance.events())

    def instructions(self, currency, **transfer):
        return stripe.Customer.create_funding_instructions(
            self.customer, currency=currency, funding_type="bank_transfer", bank_transfer=transfer
        )


@pytest.fixture
def scene(stripe_balance, stripe_clock):
    return Scene(stripe_balance, stripe_clock)


def error(call, *args, **params):
    """Give status, code and param of the error that a call comes to."""
    with pytest.raises(stripe.StripeError) as caught:
        call(*args, **params)
    told = caught.value.json_body["error"]
    return caught.value.http_status, told.get("code"), told.get("param")


def unset_keys(scene):
    intent = as_dict(stripe.PaymentIntent.retrieve(scene.intent()))
    return UNSET & intent.keys(), [intent[name] for name in AS_CARDS]


def confirmed_again(scene):
    intent = scene.intent()
    first, second = (
        stripe.PaymentIntent.confirm(intent).next_action.display_bank_transfer_instructions.reference
        for _ in range(2)
    )
    return first == second


def reconciled_at_once(scene):
    intent = scene.intent()
    row = scene.fund()
    return row.ending_balance, scene.status(intent)


def only_confirmed_intents(scene):
    intents = scene.bare(), scene.intent(confirm=False)
    scene.fund()
    return scene.status(*intents)


def oldest_group(scene):
    intents = [scene.intent(amount) for amount in (300, 200, 200, 300)]
    scene.fund(500)
    return scene.status(*intents)


def freed_funds(scene):
    holder = scene.intent()
    scene.fund(400)
    larger, same = scene.intent(700), scene.intent(400)
    stripe.PaymentIntent.cancel(holder)
    return scene.status(larger, same)


def last_confirmation(scene):
    first, second = scene.intent(currency="jpy"), scene.intent(currency="jpy")
    stripe.PaymentIntent.confirm(first)
    scene.fund(currency="jpy")
    return scene.status(first, second)


def reversed_transfer(scene):
    scene.intent()
    scene.fund(reference="reversal_1")
    return scene.rows()


def overdraft(scene):
    reversed_transfer(scene)
    (booked,) = stripe.BalanceTransaction.list(type="adjustment").data
    return booked.amount, booked.status, booked.fee, scene.balance.available(scene.customer)


def unclaimed(scene):
    scene.fund(500)
    scene.clock.advance(days=75)
    return scene.rows()


def unclaimed_again(scene):
    scene.intent()
    scene.manual()
    unclaimed(scene)
    scene.manual("automatic")
    scene.balance.fail_return(scene.balance.ledger(scene.customer)[-1])
    return scene.rows()[-1]


def refund_of_deleted(scene):
    intent = scene.intent()
    scene.fund()
    stripe.Customer.delete(scene.customer)
    return error(stripe.Refund.create, payment_intent=intent)


def asked_for_details(scene):
    refund = scene.refund()
    expires_at = refund.next_action.display_details.expires_at
    return refund.status, (expires_at - refund.created) / DAY


def amounts_refunded(scene):
    refund = scene.refund()
    before = stripe.Charge.retrieve(refund.charge).amount_refunded
    stripe.Refund.cancel(refund.id)
    return before, stripe.Charge.retrieve(refund.charge).amount_refunded


def events_of_a_failed_refund(scene):
    refund = scene.refund()
    before = scene.so_far()
    stripe.Refund.TestHelpers.expire(refund.id)
    return scene.events(before)


def reasons(scene):
    ended = stripe.Refund.cancel(scene.refund().id), stripe.Refund.TestHelpers.expire(scene.refund().id)
    return [refund.failure_reason for refund in ended]


def expired_twice(scene):
    refund = stripe.Refund.cancel(scene.refund().id)
    return error(stripe.Refund.TestHelpers.expire, refund.id)


def bounced(scene):
    refund = scene.balance.provide_bank_details(scene.refund())
    scene.clock.advance(days=3)
    again = scene.balance.bounce_refund(refund)
    days = (again.next_action.display_details.expires_at - scene.clock.now) / DAY
    return again.status, round(days), again.balance_transaction == refund.balance_transaction


def late_refund(scene):
    intent = scene.intent()
    scene.fund()
    scene.clock.advance(days=180, seconds=2)
    return error(stripe.Refund.create, payment_intent=intent)


def old_invoice(scene):
    found = as_dict(stripe.Invoice.retrieve(scene.invoice().id, stripe_version="2025-02-24.acacia"))
    return found["paid"], found["tax"], "payments" in found


def sent_without_address(scene):
    invoice = scene.balance.bank_transfer_invoice(scene.customer, 1000, finalize=False)
    stripe.Customer.modify(scene.customer, email="")
    before = scene.so_far()
    stripe.Invoice.send_invoice(invoice.id)
    return scene.events(before)[-1]


def overdue(scene):
    invoice = scene.invoice()
    before = scene.so_far()
    scene.clock.travel_to(invoice.due_date - 1)
    early = scene.events(before)
    scene.clock.advance(days=2)
    return early, scene.events(before)


def paid_late(seconds):
    def paid(scene):
        invoice = scene.invoice()
        scene.clock.travel_to(invoice.due_date + 30 * DAY + seconds)
        scene.fund()
        return stripe.Invoice.retrieve(invoice.id).status

    return paid


def applied_to_an_invoice(scene):
    scene.manual()
    invoice = scene.invoice()
    intent = scene.intent_of(invoice)
    scene.fund(999)
    short = error(scene.apply, intent)
    scene.fund(1)
    return short, scene.apply(intent, amount=1).status


def applied_to_an_uncollectible(scene):
    invoice = scene.invoice()
    stripe.Invoice.mark_uncollectible(invoice.id)
    return error(scene.apply, scene.intent_of(invoice))


def senders(scene):
    scene.manual()
    ach = scene.fund(100).funded.bank_transfer.us_bank_transfer
    sepa = scene.fund(100, "eur").funded.bank_transfer.eu_bank_transfer
    return ach.network, ach.sender_name, sepa.bic, sepa.iban_last4


def named_request(scene):
    row = scene.fund()
    (event,) = (
        event for event in scene.balance.events() if as_dict(event)["data"]["object"].get("id") == row.id
    )
    return as_dict(event)["request"]["id"] == row.last_response.request_id


def executed_404(scene):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.Refund.create(charge="ch_nope", idempotency_key="once")
    with pytest.raises(stripe.InvalidRequestError) as again:
        stripe.Refund.create(charge="ch_nope", idempotency_key="once")
    return caught.value.headers["Stripe-Should-Retry"], again.value.headers["Idempotent-Replayed"]


def oversized_invoice(scene):
    """A newer invoice that is covered comes behind one that is too large."""
    older, newer = scene.invoice(800), scene.invoice(300)
    scene.fund(500)
    return [stripe.Invoice.retrieve(invoice.id).status for invoice in (older, newer)]


def outcome(scene):
    refund = scene.refund()
    found = as_dict(stripe.Charge.retrieve(refund.charge))["outcome"]
    return found and found["type"]


ORDER = ["funded", "applied_to_payment", "funding_reversed", "adjusted_for_overdraft"]
OPEN, PAID = "requires_action", "succeeded"
CREATE = stripe.PaymentIntent.create
SAYS = {
    "apply-parameter-errors": (
        lambda scene: error(scene.apply, scene.intent(), amount=0),
        (400, "parameter_invalid_integer", "amount"),
    ),
    "unset-keys": (unset_keys, (set(), [{"enabled": False}, None, None])),
    "confirm-without-funding-type": (
        lambda scene: error(stripe.PaymentIntent.confirm, scene.bare(), **DATA),
        (400, "payment_method_customer_decline", None),
    ),
    "unset-customer-balance-options": (
        lambda scene: as_dict(stripe.PaymentIntent.retrieve(scene.bare()))["payment_method_options"],
        {"customer_balance": {}},
    ),
    "customer-balance-needs-customer": (
        lambda _: error(CREATE, amount=1000, currency="usd", **DATA),
        (400, "parameter_missing", "customer"),
    ),
    "bank-transfer-currency": (
        lambda scene: error(scene.instructions, "usd", type="gb_bank_transfer"),
        (400, None, "bank_transfer[type]"),
    ),
    "bank-transfer-country": (
        lambda scene: error(
            scene.instructions, "eur", type="eu_bank_transfer", eu_bank_transfer={"country": "IT"}
        ),
        (400, None, "bank_transfer[eu_bank_transfer][country]"),
    ),
    "instructions-per-intent": (confirmed_again, True),
    "reconciled-at-once": (reconciled_at_once, (1000, [PAID])),
    "open-intents": (only_confirmed_intents, ["requires_payment_method", "requires_confirmation"]),
    "group-ties": (oldest_group, [PAID, PAID, OPEN, OPEN]),
    "freed-funds-group": (freed_funds, [OPEN, PAID]),
    "confirmation-time": (last_confirmation, [OPEN, PAID]),
    "reversal-at-once": (
        reversed_transfer,
        [*zip(ORDER, (1000, -1000, -1000, 1000), strict=True)],
    ),
    "overdraft-adjustment": (overdraft, (-1000, "available", 0, {"usd": 0})),
    "other-bookings": (overdraft, (-1000, "available", 0, {"usd": 0})),
    "unclaimed-since": (unclaimed, [("funded", 500), ("return_initiated", -500)]),
    "return-comes-back": (unclaimed_again, ("return_canceled", 500)),
    "refund-of-deleted-customer": (refund_of_deleted, (400, None, None)),
    "refund-asks-for-details": (asked_for_details, (OPEN, 45)),
    "refund-amount-refunded": (amounts_refunded, (300, 0)),
    "refund-events": (events_of_a_failed_refund, ["refund.updated", "refund.failed"]),
    "refund-failure": (reasons, ["merchant_request", "unknown"]),
    "refund-expire-state": (expired_twice, (400, None, None)),
    "refund-bounce": (bounced, (OPEN, 45, True)),
    "refund-window": (late_refund, (400, None, None)),
    "invoice-shape-before-basil": (old_invoice, (False, None, False)),
    "invoice-intent-fixed": (
        lambda scene: error(stripe.PaymentIntent.cancel, scene.intent_of(scene.invoice())),
        (400, "payment_intent_unexpected_state", None),
    ),
    "invoice-send-email": (sent_without_address, "invoice.sent"),
    "invoice-overdue": (overdue, ([], ["invoice.overdue"])),
    "invoice-overdue-boundary": (paid_late(0), "paid"),
    "apply-invoice": (applied_to_an_invoice, ((400, None, None), PAID)),
    "apply-invoice-uncollectible": (
        applied_to_an_uncollectible,
        (400, "payment_intent_unexpected_state", None),
    ),
    "funded-test-values": (senders, ("ach", "John Doe", "DABAIE2D", "3000")),
    "fund-event-request": (named_request, True),
    "should-retry-missing-object": (executed_404, ("false", "true")),
}


@pytest.mark.parametrize(
    ("entry", "call", "answer"), [(entry, *row) for entry, row in SAYS.items()], ids=SAYS
)
def test_the_fake_does_what_an_assumption_says(entry, call, answer, scene, _stripe_session):
    """The answer is the one that the sentence describes, and it relies on the entry."""
    _stripe_session._readings.used.clear()
    assert call(scene) == answer
    assert entry in _stripe_session.assumptions


def test_an_invoice_that_is_overdue_longer_is_not_paid(scene):
    """One second behind the boundary, cash stays on the balance."""
    assert paid_late(1)(scene) == "open"


def test_a_key_in_use_is_a_conflict(scene, _stripe_session):
    """409 with the type idempotency_error."""
    with _stripe_session.dispatch.hold("busy"), pytest.raises(stripe.StripeError) as caught:
        stripe.Customer.create(idempotency_key="busy")
    error = caught.value.json_body["error"]
    found = caught.value.http_status, error["type"], error["code"]
    assert found == (409, "idempotency_error", "idempotency_key_in_use")
    assert "idempotency-key-in-use" in _stripe_session.assumptions


READINGS = {
    ("invoice-too-large", "skipped"): (oversized_invoice, ["open", "paid"]),
    ("invoice-too-large", "stopped"): (oversized_invoice, ["open", "open"]),
    ("charge-outcome", "authorized"): (outcome, "authorized"),
    ("charge-outcome", "none"): (outcome, None),
}


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        pytest.param(*row, id="=".join(key), marks=pytest.mark.stripe_balance(assume=dict([key])))
        for key, row in READINGS.items()
    ],
)
def test_another_reading_gives_another_answer(call, answer, scene):
    """Each reading of an entry that has several shows in what Stripe would answer."""
    assert call(scene) == answer
