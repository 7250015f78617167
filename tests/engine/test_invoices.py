"""Invoices that are paid by bank transfer: drafts, items, finalizing, and what pays them (docs/stripe.md 1.9, 3, 4)."""

import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance.engine.state import audit

SINCE_12 = pytest.mark.skipif(
    not hasattr(stripe, "InvoicePayment"), reason="stripe-python has InvoicePayment since 12"
)
DAY = 86_400
CREATED, PARTLY = "customer_cash_balance_transaction.created", "payment_intent.partially_funded"
LEFT = "cash_balance.funds_available"
PAID = [
    CREATED,
    "charge.succeeded",
    "payment_intent.succeeded",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
]


def test_a_transfer_pays_the_invoice_that_waits_for_it(billing):
    """A bill by bank transfer is paid when its money comes, with the events in their order."""
    invoice = billing.invoice(1000)
    billing.new_events()
    billing.fund(1000)
    assert billing.status(invoice) == ["paid"]
    assert billing.new_events() == [CREATED, *PAID]
    assert billing.available() == {"usd": 0}


def test_the_events_of_billing_come_in_order(billing):
    """Drafting, adding an item, finalizing and sending tell of the intent first, then the invoice."""
    draft = billing.draft(None)
    assert billing.new_events() == ["customer.updated", "invoice.created"]
    stripe.InvoiceItem.create(customer=billing.customer, amount=500, invoice=draft.id)
    assert billing.new_events() == ["invoiceitem.created", "invoice.updated"]
    stripe.Invoice.finalize_invoice(draft.id)
    assert billing.new_events() == ["payment_intent.created", "invoice.updated", "invoice.finalized"]
    stripe.Invoice.send_invoice(draft.id)
    assert billing.new_events() == ["invoice.sent"]


def test_a_draft_grows_with_its_items(billing):
    """An invoice is due the sum of its items, and lists them newest first."""
    draft = billing.draft(700)
    stripe.InvoiceItem.create(
        customer=billing.customer, invoice=draft.id, unit_amount_decimal="1.5", quantity=200
    )
    draft = stripe.Invoice.retrieve(draft.id)
    assert [line.amount for line in draft.lines.data] == [300, 700]
    assert (draft.amount_due, draft.total, draft.amount_remaining) == (1000, 1000, 1000)
    assert (draft.status, draft.number) == ("draft", None)


def test_an_amount_of_many_digits_is_exact(billing):
    """No digit is rounded away, however many there are."""
    for unit, quantity, amount, shown in (
        ("123456789012345", 10**18 - 1, 123_456_789_012_345 * (10**18 - 1), "123456789012345"),
        ("9007199254740993", 1, 9_007_199_254_740_993, "9007199254740993"),
        (
            "12345678901234567890.12345678901234567",
            10**17,
            None,
            "12345678901234567890.12345678901234567",
        ),
        ("12.50", 2, 25, "12.5"),
        ("100.0", 1, 100, "100"),
        ("1000", 1, 1000, "1000"),
    ):
        item = stripe.InvoiceItem.create(
            customer=billing.customer, currency="usd", unit_amount_decimal=unit, quantity=quantity
        )
        assert item.amount == (amount or int(unit.replace(".", "")))
        told = as_dict(item)["pricing"]["unit_amount_decimal"]
        assert str(told) == shown


def test_pending_items_wait_for_an_invoice_that_includes_them(billing):
    """An item without an invoice is pending; `include` takes those of the invoice's currency."""
    for amount, currency in ((300, "usd"), (400, "eur"), (500, "usd")):
        stripe.InvoiceItem.create(customer=billing.customer, amount=amount, currency=currency)
    assert len(stripe.InvoiceItem.list(pending=True).data) == 3
    assert billing.draft(None).amount_due == 0
    draft = billing.draft(None, pending_invoice_items_behavior="include")
    assert draft.amount_due == 800
    left = stripe.InvoiceItem.list(customer=billing.customer, pending=True).data
    assert [item.currency for item in left] == ["eur"]


def test_finalizing_gives_a_number_and_an_intent_for_the_whole(billing):
    """An open invoice has the customer's next number and one intent of its amount, not yet confirmed."""
    customer = stripe.Customer.retrieve(billing.customer)
    first, second = billing.invoice(1000), billing.invoice(2000)
    numbers = [f"{customer.invoice_prefix}-{place:04d}" for place in (1, 2)]
    assert [first.number, second.number] == numbers
    assert stripe.Customer.retrieve(billing.customer).next_invoice_sequence == 3
    intent = billing.intent_of(second)
    assert (intent.amount, intent.status, intent.customer) == (
        2000,
        "requires_payment_method",
        billing.customer,
    )
    assert intent.payment_method_types == ["customer_balance"]


def test_a_number_that_was_given_is_kept_and_passed_over(billing):
    """An own number stays, and the customer's sequence goes round it."""
    prefix = stripe.Customer.retrieve(billing.customer).invoice_prefix
    own = billing.invoice(number=f"{prefix}-0001")
    assert own.number == f"{prefix}-0001"
    assert billing.invoice().number == f"{prefix}-0002"


def test_an_invoice_over_nothing_is_paid_when_it_is_finalized(billing):
    """Without a sum there is no intent, and nothing to wait for."""
    draft = billing.draft(None)
    billing.new_events()
    done = stripe.Invoice.finalize_invoice(draft.id)
    assert (done.status, done.amount_paid) == ("paid", 0)
    assert billing.new_events() == [
        "invoice.updated",
        "invoice.finalized",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    assert stripe.Invoice.retrieve(done.id, expand=["payments"]).payments.data == []


@SINCE_12
def test_the_payments_of_an_invoice_lead_to_its_intent(billing):
    """invoice_payments link an invoice and its intent, from open to paid."""
    invoice = billing.invoice(1000)
    intent = billing.intent_of(invoice).id
    (link,) = stripe.InvoicePayment.list(invoice=invoice.id).data
    assert (link.status, link.amount_requested, link.amount_paid) == ("open", 1000, None)
    billing.fund(1000)
    by_intent = {"type": "payment_intent", "payment_intent": intent}
    assert stripe.InvoicePayment.list(payment=by_intent).data[0].id == link.id
    link = stripe.InvoicePayment.retrieve(link.id, expand=["invoice"])
    assert (link.status, link.amount_paid, link.invoice.status) == ("paid", 1000, "paid")


def test_an_invoice_shows_its_secret_when_asked(billing):
    """confirmation_secret is the intent's client_secret, and null on a draft."""
    draft = billing.draft()
    assert stripe.Invoice.retrieve(draft.id, expand=["confirmation_secret"]).confirmation_secret is None
    invoice = stripe.Invoice.finalize_invoice(draft.id, expand=["confirmation_secret"])
    assert invoice.confirmation_secret.client_secret == billing.intent_of(invoice).client_secret


def test_an_invoice_is_funded_in_full_or_not_at_all(billing):
    """A transfer that is too small lies on the balance until an invoice can be covered."""
    invoice = billing.invoice(1000)
    billing.new_events()
    billing.fund(400)
    assert (billing.status(invoice), billing.available()) == (["open"], {"usd": 400})
    assert billing.new_events() == [CREATED, LEFT]
    billing.fund(700)
    assert (billing.status(invoice), billing.available()) == (["paid"], {"usd": 100})
    assert billing.new_events() == [CREATED, *PAID, LEFT]


def test_an_invoice_and_its_confirmed_intent_are_one_open_item(billing):
    """Confirming an invoice's intent doesn't make it wait twice."""
    invoice = billing.invoice(1000)
    options = {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
    stripe.PaymentIntent.confirm(
        billing.intent_of(invoice).id,
        payment_method_data={"type": "customer_balance"},
        payment_method_options={"customer_balance": options},
    )
    row = billing.fund(400)
    assert billing.status(invoice) == ["open"]
    assert billing.balance.explain(row).count("1000") + billing.balance.explain(row).count("10.00") == 1
    billing.fund(600)
    assert billing.status(invoice) == ["paid"]


def test_a_confirm_draws_the_whole_of_an_invoice(billing):
    """Confirming an invoice's intent takes cash that covers it, and leaves cash that doesn't."""
    for cash, status in ((400, "requires_action"), (1000, "succeeded")):
        invoice = billing.invoice(1000)
        billing.manual()
        billing.fund(cash)
        settings = {"reconciliation_mode": "automatic"}
        stripe.Customer.modify_cash_balance(billing.customer, settings=settings)
        intent = stripe.PaymentIntent.confirm(
            billing.intent_of(invoice).id, payment_method_data={"type": "customer_balance"}
        )
        assert intent.status == status
    assert billing.available() == {"usd": 400}


@pytest.mark.parametrize("memo", ["{}", "for {}, thanks", " {} "])
def test_a_memo_with_the_number_pays_that_invoice(billing, memo):
    """The number may stand anywhere in the reference of a transfer."""
    older, newer = billing.invoice(1000), billing.invoice(1000)
    billing.fund(1000, reference=memo.format(newer.number))
    assert billing.status(older, newer) == ["open", "paid"]


def test_an_invoice_wins_over_an_older_intent(billing):
    """A group with more invoices is preferred (docs/stripe.md 4)."""
    intent, invoice = billing.intent(1000), billing.invoice(1000)
    billing.fund(1000)
    assert billing.status(invoice) == ["paid"]
    assert stripe.PaymentIntent.retrieve(intent.id).status == "requires_action"


def test_the_oldest_intent_decides_between_groups_of_three_invoices(billing):
    """Of two groups of three invoices and an intent, the one with the older intent is paid."""
    invoices = [billing.invoice(amount) for amount in (2500, 1400, 4600, 5600)]
    intents = [billing.intent(amount) for amount in (700, 2800)]
    billing.fund(12300)
    assert billing.status(*invoices) == ["open", "paid", "paid", "paid"]
    assert [stripe.PaymentIntent.retrieve(one.id).status for one in intents] == [
        "succeeded",
        "requires_action",
    ]


def test_the_first_finalized_is_paid_first(billing):
    """Invoices are as old as their finalization."""
    first, second = billing.draft(1000), billing.draft(1000)
    stripe.Invoice.finalize_invoice(second.id)
    stripe.Invoice.finalize_invoice(first.id)
    billing.fund(1000)
    assert billing.status(first, second) == ["open", "paid"]


@pytest.mark.parametrize(("late", "status"), [(0, "paid"), (30 * DAY, "paid"), (30 * DAY + 1, "open")])
def test_an_overdue_invoice_waits_for_30_more_days(billing, stripe_clock, late, status):
    """A transfer pays an invoice up to 30 days after its due date (docs/stripe.md 4)."""
    invoice = billing.invoice(1000, days_until_due=10)
    stripe_clock.travel_to(invoice.due_date + late)
    billing.fund(1000)
    assert billing.status(invoice) == [status]
    if status == "open":
        stripe.PaymentIntent.apply_customer_balance(billing.intent_of(invoice).id)
        assert billing.status(invoice) == ["paid"]


def test_an_invoice_is_told_overdue_once(billing, stripe_clock):
    """invoice.overdue comes when the due date is reached, and not for what was paid."""
    invoice, paid = billing.invoice(1000, days_until_due=10), billing.invoice(700, days_until_due=10)
    billing.fund(700)
    billing.new_events()
    stripe_clock.travel_to(invoice.due_date - 1)
    assert billing.new_events() == []
    stripe_clock.advance(days=20)
    assert billing.new_events() == ["invoice.overdue"]
    assert billing.status(invoice, paid) == ["open", "paid"]


def test_a_draft_that_advances_is_finalized_after_an_hour(billing, stripe_clock):
    """auto_advance finalizes a draft an hour and a second after it was made; others stay."""
    advancing, staying = billing.draft(auto_advance=True), billing.draft()
    assert advancing.automatically_finalizes_at == advancing.created + 3601
    assert advancing.next_payment_attempt is None
    stripe_clock.travel_to(advancing.created + 3600)
    assert billing.status(advancing, staying) == ["draft", "draft"]
    stripe_clock.advance(seconds=1)
    assert billing.status(advancing, staying) == ["open", "draft"]


@pytest.mark.parametrize("state", ["uncollectible", "void", "paid"])
def test_only_an_open_invoice_gets_overdue(billing, stripe_clock, state):
    """Time has nothing to tell of an invoice that was given up, voided or paid."""
    getattr(billing, state)()
    billing.new_events()
    stripe_clock.advance(days=60)
    assert billing.new_events() == []


GONE = {
    "draft": lambda draft: stripe.Invoice.delete(draft.id),
    "customer": lambda draft: stripe.Customer.delete(draft.customer),
}


@pytest.mark.parametrize("delete", GONE.values(), ids=GONE)
def test_a_draft_that_is_gone_is_not_finalized(billing, stripe_clock, delete):
    """Neither a deleted draft nor one of a deleted customer advances."""
    delete(billing.draft(auto_advance=True))
    billing.new_events()
    stripe_clock.advance(days=1)
    assert billing.new_events() == []


@pytest.mark.parametrize("end", ["pay", "void_invoice", "mark_uncollectible"])
def test_an_invoice_that_ended_advances_no_more(billing, stripe_clock, end):
    """It had its moment when it was finalized; auto_advance lasts until it is paid or given up."""
    billing.manual()
    billing.fund(1000)
    invoice = billing.invoice(1000, auto_advance=True)
    assert (invoice.auto_advance, invoice.automatically_finalizes_at) == (True, None)
    ended = getattr(stripe.Invoice, end)(invoice.id)
    assert (ended.auto_advance, ended.automatically_finalizes_at) == (False, None)
    billing.new_events()
    stripe_clock.advance(days=1)
    assert billing.new_events() == []


@pytest.mark.parametrize("amount", [None, 1, 5000])
def test_applying_to_an_invoice_takes_the_whole(billing, amount):
    """apply_customer_balance on an invoice's intent pays its full amount, whatever `amount` says."""
    billing.manual()
    invoice = billing.invoice(1000)
    billing.fund(1500)
    billing.new_events()
    params = {} if amount is None else {"amount": amount}
    applied = stripe.PaymentIntent.apply_customer_balance(billing.intent_of(invoice).id, **params)
    assert (applied.status, applied.amount_received) == ("succeeded", 1000)
    assert (billing.status(invoice), billing.available()) == (["paid"], {"usd": 500})
    assert billing.new_events() == PAID


def test_paying_takes_the_whole_from_the_balance(billing):
    """Pay finalizes a draft and takes its amount from the cash balance, in either mode."""
    billing.manual()
    billing.fund(1000)
    draft = billing.draft(1000)
    billing.new_events()
    assert stripe.Invoice.pay(draft.id).status == "paid"
    assert billing.new_events() == [
        "payment_intent.created",
        "invoice.updated",
        "invoice.finalized",
        *PAID,
    ]


def test_paying_out_of_band_moves_nothing(billing):
    """What was paid elsewhere is marked so; the intent is canceled, the balance is as it was."""
    billing.manual()
    invoice = billing.invoice(1000)
    billing.fund(1000)
    billing.new_events()
    paid = stripe.Invoice.pay(invoice.id, paid_out_of_band=True)
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 1000, 0)
    assert "amount_paid_off_stripe" not in paid
    assert billing.available() == {"usd": 1000}
    assert billing.intent_of(invoice).status == "canceled"
    assert billing.new_events() == [
        "payment_intent.canceled",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


@pytest.mark.parametrize(
    ("params", "attempted"),
    [
        ({}, True),
        ({"off_session": False, "forgive": False}, True),
        ({"off_session": True}, True),
        ({"paid_out_of_band": True}, False),
    ],
)
def test_only_a_payment_through_stripe_is_an_attempt(billing, params, attempted):
    """`attempted` is true once the balance paid an invoice, and stays false out of band."""
    billing.manual()
    billing.fund(1000)
    paid = stripe.Invoice.pay(billing.invoice(1000).id, **params)
    assert (paid.status, paid.attempted) == ("paid", attempted)


def test_a_transfer_leaves_an_invoice_that_takes_only_cards(billing):
    """An invoice without customer_balance among its types doesn't wait for a transfer."""
    invoice = billing.invoice(1000, payment_settings={"payment_method_types": ["card"]})
    billing.fund(1000)
    assert (billing.status(invoice), billing.available()) == (["open"], {"usd": 1000})


def test_a_void_invoice_waits_no_more(billing):
    """Voiding cancels the intent, and a transfer stays on the balance."""
    invoice = billing.invoice(1000)
    billing.new_events()
    assert stripe.Invoice.void_invoice(invoice.id).status == "void"
    assert billing.new_events() == ["payment_intent.canceled", "invoice.updated", "invoice.voided"]
    intent = billing.intent_of(invoice)
    assert (intent.status, intent.cancellation_reason) == ("canceled", "void_invoice")
    billing.fund(1000)
    assert billing.available() == {"usd": 1000}


def test_an_uncollectible_invoice_waits_no_more(billing):
    """What was given up isn't paid by a transfer; its intent stays."""
    invoice = billing.invoice(1000)
    billing.new_events()
    assert stripe.Invoice.mark_uncollectible(invoice.id).status == "uncollectible"
    assert billing.new_events() == ["invoice.updated", "invoice.marked_uncollectible"]
    billing.fund(1000)
    assert billing.available() == {"usd": 1000}


def test_a_transfer_pays_the_invoice_whose_displayed_reference_it_has(billing):
    """The reference that a confirmed invoice's instructions show names that invoice, not the older."""
    older, newer = billing.invoice(1000), billing.invoice(1000)
    confirmed = stripe.PaymentIntent.confirm(
        billing.intent_of(newer).id, payment_method_data={"type": "customer_balance"}
    )
    told = confirmed.next_action.display_bank_transfer_instructions
    row = billing.balance.fund(billing.customer, 1000, reference=told.reference)
    assert billing.status(older, newer) == ["open", "paid"]
    assert "step 2, its instructions have this reference" in billing.balance.explain(row)


def test_a_manual_customers_transfer_leaves_invoices_open(billing):
    """Nothing is paid automatically for a manual customer."""
    billing.manual()
    invoice = billing.invoice(1000)
    billing.fund(1000)
    assert (billing.status(invoice), billing.available()) == (["open"], {"usd": 1000})


def test_a_transfer_that_an_invoice_took_is_explained(billing):
    """The explanation names the invoice."""
    invoice = billing.invoice(1000)
    assert f"to invoice {invoice.id}" in billing.balance.explain(billing.fund(1000))


@pytest.mark.parametrize("currency", ["usd", "eur", "gbp", "jpy", "mxn"])
def test_invoices_are_paid_in_each_region(billing, currency):
    """An invoice in any of the five regions' currencies is paid by a transfer there."""
    invoice = billing.invoice(5000, currency)
    billing.fund(5000, currency)
    assert billing.status(invoice) == ["paid"]


def test_a_draft_can_be_deleted(billing):
    """A deleted draft is gone from lists, and isn't found."""
    draft = billing.draft(1000)
    assert as_dict(stripe.Invoice.delete(draft.id)) == {
        "id": draft.id,
        "object": "invoice",
        "deleted": True,
    }
    assert stripe.Invoice.list(customer=billing.customer).data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such invoice"):
        stripe.Invoice.retrieve(draft.id)


def test_invoices_are_listed_by_what_they_are(billing):
    """Filters by status, due date and customer; newest first."""
    early, late = billing.invoice(days_until_due=1), billing.invoice(days_until_due=9)
    draft = billing.draft()
    paid = stripe.Invoice.list(customer=billing.customer).data
    assert [one.id for one in paid] == [draft.id, late.id, early.id]
    assert [one.id for one in stripe.Invoice.list(status="open").data] == [late.id, early.id]
    due = {"lte": early.due_date}
    assert [one.id for one in stripe.Invoice.list(due_date=due).data] == [early.id]
    assert stripe.Invoice.list(collection_method="charge_automatically").data == []


def test_a_finalized_invoice_keeps_what_it_said_of_its_customer(billing):
    """A draft shows its customer as they are now, a finalized invoice as they were."""
    draft, invoice = billing.draft(), billing.invoice()
    stripe.Customer.modify(billing.customer, email="new@example.com")
    shown = [stripe.Invoice.retrieve(one.id).customer_email for one in (draft, invoice)]
    assert shown == ["new@example.com", "ada@example.com"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"status": "paid"}, "in part\nassert 0 == 1000"),
        ({"status": "void"}, "is void, its intent requires_payment_method"),
        ({"amount_paid": 1}, "in part\nassert 1 == 0"),
    ],
)
def test_the_check_of_a_world_sees_an_invoice_that_nobody_paid(billing, _stripe_session, changes, found):
    """An invoice that is paid without its intent, or for another sum, is found."""
    billing.invoice(1000)
    world = _stripe_session.world
    (invoice,) = world.invoices
    with world.transaction():
        world.invoices.put(invoice._replace(**changes))
        with pytest.raises(AssertionError, match=found):
            audit.check(world)
        world.invoices.put(invoice)
    audit.check(world)


@pytest.mark.parametrize(
    ("kind", "currency"),
    [
        ({"type": "eu_bank_transfer", "eu_bank_transfer": {"country": "FR"}}, "eur"),
        ({"type": "gb_bank_transfer"}, "gbp"),
    ],
)
def test_a_first_invoice_without_a_currency_has_that_of_its_bank_transfers(
    kind, currency, stripe_balance
):
    """An account in France that names no currency bills in euros."""
    invoice = stripe.Invoice.create(
        customer=stripe_balance.customer(email="ada@example.com").id,
        collection_method="send_invoice",
        days_until_due=30,
        payment_settings={
            "payment_method_types": ["customer_balance"],
            "payment_method_options": {
                "customer_balance": {"funding_type": "bank_transfer", "bank_transfer": kind}
            },
        },
    )
    assert invoice.currency == currency
