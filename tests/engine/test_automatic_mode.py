import pytest
import stripe

CREATED, PAID, PARTLY = (
    "customer_cash_balance_transaction.created",
    "payment_intent.succeeded",
    "payment_intent.partially_funded",
)
LEFT = "cash_balance.funds_available"


class Till:
    """An automatic customer; what became of intents, rows and events since the last look."""

    def __init__(self, balance):
        self.balance = balance
        self.customer = balance.customer().id
        self.seen = 0
        self.new_events()

    def intent(self, amount, **params):
        return self.balance.bank_transfer_intent(self.customer, amount, **params).id

    def fund(self, amount, **params):
        return self.balance.fund(self.customer, amount, **params)

    def status(self, *intents):
        """Tell of each intent its status, or what remains where it waits."""
        found = map(stripe.PaymentIntent.retrieve, intents)
        return [
            intent.next_action.display_bank_transfer_instructions.amount_remaining
            if intent.next_action
            else intent.status
            for intent in found
        ]

    def rows(self):
        return [(row.type, row.net_amount) for row in self.balance.ledger(self.customer)]

    def new_events(self):
        events = self.balance.events()
        new, self.seen = events[self.seen :], len(events)
        return [event.type for event in new]


@pytest.fixture
def till(stripe_balance):
    return Till(stripe_balance)


def test_a_transfer_pays_the_intent_that_it_was_sent_for(till):
    """Funding pays an intent at once, with the row, the charge and the events of a payment."""
    intent = till.intent(1000)
    till.new_events()
    row = till.fund(1000)
    assert till.status(intent) == ["succeeded"]
    assert till.rows() == [("funded", 1000), ("applied_to_payment", -1000)]
    assert till.new_events() == [CREATED, CREATED, "charge.succeeded", PAID]
    assert row.ending_balance == 1000


def test_a_transfer_too_small_pays_in_part(till):
    """What is too little stays with the intent, which says what remains; nothing is available."""
    intent = till.intent(1000)
    till.new_events()
    till.fund(400)
    assert till.status(intent) == [600]
    assert till.new_events() == [CREATED, CREATED, PARTLY]


def test_a_transfer_too_large_leaves_funds(till):
    """What nobody waits for stays on the balance, and an event tells of it."""
    till.intent(600)
    till.new_events()
    till.fund(700)
    assert till.balance.available(till.customer) == {"usd": 100}
    assert till.new_events() == [CREATED, CREATED, "charge.succeeded", PAID, LEFT]


def test_a_transfer_that_nobody_waits_for_is_available(till):
    """Without an open intent there is the row and funds_available."""
    till.fund(1000)
    assert till.new_events() == [CREATED, LEFT]


@pytest.mark.parametrize("status", ["requires_payment_method", "requires_confirmation"])
def test_only_intents_with_instructions_wait(till, status):
    """An intent that nobody has confirmed is not paid by a transfer."""
    intent = till.intent(1000, confirm=False)
    if status == "requires_payment_method":
        bare = {"customer": till.customer, "amount": 1000, "currency": "usd"}
        intent = stripe.PaymentIntent.create(**bare).id
    till.fund(1000)
    assert till.status(intent) == [status]


def test_a_reference_names_its_intent(till):
    """The newer of two equal intents is paid when the transfer carries its reference."""
    older, newer = till.intent(1000), till.intent(1000)
    told = stripe.PaymentIntent.retrieve(newer).next_action.display_bank_transfer_instructions
    till.fund(1000, reference=told.reference)
    assert till.status(older, newer) == [1000, "succeeded"]


def test_other_customers_and_currencies_are_not_paid(till):
    """A transfer pays nobody else's intent, and none in another currency."""
    euros = till.intent(1000, currency="eur")
    other = till.balance.bank_transfer_intent(till.balance.customer(), 1000).id
    till.fund(1000)
    assert till.status(euros, other) == [1000, 1000]


def test_a_confirm_draws_what_the_balance_has(till):
    """A confirm takes cash that lies there; in part that is told by requires_action."""
    till.fund(400)
    till.new_events()
    intent = till.intent(1000)
    assert till.status(intent) == [600]
    assert till.new_events() == [
        "payment_intent.created",
        CREATED,
        "payment_intent.requires_action",
    ]


def test_a_confirm_succeeds_from_the_balance(till):
    """Enough cash pays at once, and the funding_type is not looked at."""
    till.fund(1000)
    till.new_events()
    intent = stripe.PaymentIntent.create(
        customer=till.customer,
        amount=1000,
        currency="usd",
        confirm=True,
        payment_method_data={"type": "customer_balance"},
    )
    assert intent.status == "succeeded"
    assert till.new_events() == ["payment_intent.created", CREATED, "charge.succeeded", PAID]


def test_a_confirm_without_funding_type_draws_nothing_when_short(till):
    """Too little cash and no way to send more: the payment fails, and the cash stays."""
    till.fund(400)
    with pytest.raises(stripe.InvalidRequestError, match="insufficient to complete the payment"):
        stripe.PaymentIntent.create(
            customer=till.customer,
            amount=1000,
            currency="usd",
            confirm=True,
            payment_method_data={"type": "customer_balance"},
        )
    assert till.balance.available(till.customer) == {"usd": 400}


def test_a_small_underpayment_is_closed_by_a_lower_amount(till):
    """An app lowers the amount to what came and confirms again: the intent succeeds from the balance."""
    intent = till.intent(1000)
    till.fund(980)
    till.new_events()
    updated = stripe.PaymentIntent.modify(intent, amount=980)
    assert updated.status == "requires_confirmation"
    assert till.new_events() == [CREATED, LEFT]
    assert stripe.PaymentIntent.confirm(intent).status == "succeeded"
    assert till.new_events() == [CREATED, "charge.succeeded", PAID]
    assert till.rows() == [
        ("funded", 980),
        ("applied_to_payment", -980),
        ("unapplied_from_payment", 980),
        ("applied_to_payment", -980),
    ]


def test_a_canceled_intents_money_goes_to_the_next(till):
    """A cancel frees what the intent held; the next takes it, after the cancel's own event."""
    first = till.intent(1000)
    till.fund(400)
    second = till.intent(400)
    till.new_events()
    stripe.PaymentIntent.cancel(first)
    assert till.status(first, second) == ["canceled", "succeeded"]
    canceled = "payment_intent.canceled"
    assert till.new_events() == [CREATED, canceled, CREATED, "charge.succeeded", PAID]


def test_a_canceled_intents_money_is_available_when_nobody_waits(till):
    """What a cancel frees and nobody takes is told of after it."""
    first = till.intent(1000)
    till.fund(400)
    till.new_events()
    stripe.PaymentIntent.cancel(first)
    assert till.new_events() == [CREATED, "payment_intent.canceled", LEFT]


def test_an_update_frees_money_for_others_first(till):
    """Example 16: the updated intent's money goes to the other, and its confirm finds none."""
    first, second = till.intent(1000), till.intent(400)
    told = stripe.PaymentIntent.retrieve(first).next_action.display_bank_transfer_instructions
    till.fund(400, reference=told.reference)
    stripe.PaymentIntent.modify(first, amount=400)
    assert till.status(first, second) == ["requires_confirmation", "succeeded"]
    stripe.PaymentIntent.confirm(first)
    assert till.status(first) == [400]


def test_a_manual_customer_is_paid_by_nobody_but_the_caller(till):
    """Example 14: the transfer stays on the balance until it is applied."""
    stripe.Customer.modify_cash_balance(till.customer, settings={"reconciliation_mode": "manual"})
    intent = till.intent(1000)
    till.new_events()
    till.fund(1000)
    assert till.new_events() == [CREATED, LEFT]
    assert stripe.PaymentIntent.apply_customer_balance(intent).status == "succeeded"


def test_a_switch_to_automatic_moves_nothing_until_money_comes(till):
    """Changing the mode sweeps nothing; the next transfer spends the whole balance."""
    stripe.Customer.modify_cash_balance(till.customer, settings={"reconciliation_mode": "manual"})
    intent = till.intent(1000)
    till.fund(600)
    stripe.Customer.modify_cash_balance(till.customer, settings={"reconciliation_mode": "automatic"})
    assert till.status(intent) == [1000]
    till.fund(400)
    assert till.status(intent) == ["succeeded"]


def test_in_japan_the_reference_counts_for_nothing_and_the_first_confirmed_is_paid(till):
    """Example 12: equal intents in yen are paid by the order of their confirmation."""
    older = till.intent(1000, currency="jpy", confirm=False)
    newer = till.intent(1000, currency="jpy")
    stripe.PaymentIntent.confirm(older)
    told = stripe.PaymentIntent.retrieve(older).next_action.display_bank_transfer_instructions
    till.fund(1000, currency="jpy", reference=told.reference)
    assert till.status(older, newer) == [1000, "succeeded"]


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param([500, 500], id="sent"),
        pytest.param(
            [1000, "succeeded"],
            id="balance",
            marks=pytest.mark.stripe_balance(assume={"group-sum": "balance"}),
        ),
    ],
)
def test_the_group_can_be_of_the_whole_balance(till, expected):
    """With 200 there and 300 sent, the reading decides whether an intent of 500 is looked for."""
    stripe.Customer.modify_cash_balance(till.customer, settings={"reconciliation_mode": "manual"})
    till.fund(200)
    intents = till.intent(1000), till.intent(500)
    stripe.Customer.modify_cash_balance(till.customer, settings={"reconciliation_mode": "automatic"})
    till.fund(300)
    assert till.status(*intents) == expected


def test_a_reversal_takes_back_what_is_still_there(till):
    """An unspent transfer that is pulled back leaves the balance as it was."""
    till.fund(100)
    till.fund(1000, reference="reversal_1")
    assert till.rows() == [("funded", 100), ("funded", 1000), ("funding_reversed", -1000)]
    assert till.balance.available(till.customer) == {"usd": 100}


def test_a_reversal_of_money_spent_is_made_good_by_the_merchant(till):
    """The row that leads below zero is followed by one from the merchant's balance, to zero."""
    intent = till.intent(1000)
    till.fund(1000, reference="reversal_1")
    assert till.status(intent) == ["succeeded"]
    reversed_, adjusted = till.balance.ledger(till.customer)[-2:]
    assert (reversed_.type, reversed_.ending_balance) == ("funding_reversed", -1000)
    assert (adjusted.type, adjusted.net_amount) == ("adjusted_for_overdraft", 1000)
    about = adjusted.adjusted_for_overdraft
    assert about.linked_transaction == reversed_.id
    booked = stripe.BalanceTransaction.retrieve(about.balance_transaction)
    assert (booked.type, booked.amount, booked.source) == ("adjustment", -1000, adjusted.id)


def test_a_reversal_elsewhere_is_refused(till):
    """Only us_bank_transfer is documented to simulate reversals."""
    with till.balance.refused(match="reversal_"):
        till.fund(100, currency="eur", reference="reversal_1")


def named_short(till, mode):
    """A named intent takes all that came, beside older cash that it could use."""
    mode("manual")
    intent = till.intent(1000)
    till.fund(400)
    mode("automatic")
    return intent


def by_name(intent):
    told = stripe.PaymentIntent.retrieve(intent).next_action.display_bank_transfer_instructions
    return told.reference


def older_cash(till, mode, *amounts):
    """Make intents that wait beside 200 that came before."""
    mode("manual")
    intents = [till.intent(amount) for amount in amounts]
    till.fund(200)
    mode("automatic")
    return intents


RESTED = {
    "a sum that nothing has": (
        "group-sum",
        lambda till, mode: [older_cash(till, mode, 400, 500), till.fund(300)],
        lambda till, mode: [older_cash(till, mode, 300, 500), till.fund(300)],
    ),
    "a sum after a reference": (
        "group-sum",
        lambda till, mode: till.fund(300, reference=by_name(older_cash(till, mode, 500, 400, 100)[2])),
        lambda till, mode: till.fund(100, reference=by_name(older_cash(till, mode, 500, 400, 100)[2])),
    ),
    "a reference that names nothing": (
        "reference-match",
        lambda till, _: [till.intent(1000), till.fund(1000, reference="thanks")],
        lambda till, _: [till.intent(1000), till.fund(1000)],
    ),
    "older cash beside a named intent": (
        "older-cash-after-reference",
        lambda till, mode: till.fund(300, reference=by_name(named_short(till, mode))),
        lambda till, mode: [named_short(till, mode), till.fund(300)],
    ),
    "cash when the mode becomes automatic": (
        "settings-sweep",
        lambda till, mode: named_short(till, mode),
        lambda _, mode: [mode("manual"), mode("automatic")],
    ),
    "cash when an invoice is finalized": (
        "finalize-draws-nothing",
        lambda till, _: [till.fund(10), till.balance.bank_transfer_invoice(till.customer, 1000)],
        lambda till, _: till.balance.bank_transfer_invoice(till.customer, 1000),
    ),
}


@pytest.mark.parametrize(("assumption", "rests", "does_not"), RESTED.values(), ids=RESTED)
def test_an_assumption_is_named_where_it_decides_and_nowhere_else(
    assumption, rests, does_not, till, _stripe_session
):
    """What the outcome would be without it is another; beside it, one that it plays no part in."""

    def mode(name):
        stripe.Customer.modify_cash_balance(till.customer, settings={"reconciliation_mode": name})

    for does, expected in ((does_not, False), (rests, True)):
        till.customer = till.balance.customer(email="ada@example.com").id
        _stripe_session._readings.used.clear()
        does(till, mode)
        assert (assumption in _stripe_session.assumptions) is expected


@pytest.mark.stripe_balance(assume={"group-sum": "balance"})
def test_a_group_of_the_whole_balance_rests_on_the_reading(till, _stripe_session):
    """Where older cash made the group, the answer says so, and the words do."""

    def mode(name):
        stripe.Customer.modify_cash_balance(till.customer, settings={"reconciliation_mode": name})

    intents = older_cash(till, mode, 900, 500)
    row = till.fund(300)
    assert till.status(*intents) == [900, "succeeded"]
    assert "group-sum" in _stripe_session.assumptions
    assert "exactly to the $5.00 usd on the balance" in till.balance.explain(row)


def test_a_group_counts_what_an_intent_that_was_paid_in_part_still_waits_for(till):
    """In step 3 a part-paid intent is as large as its rest, and no larger."""
    first = till.intent(1000)
    till.fund(300)
    second, third = till.intent(300), till.intent(1000 + 7)
    till.fund(1000)
    assert till.status(first, second, third) == ["succeeded", "succeeded", 1007]
