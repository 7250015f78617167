"""What the events of an invoice say, and the other readings of what nobody has seen of them."""

import pytest
import stripe
from majors import as_dict

FROM_DRAFT = {
    "effective_at": None,
    "ending_balance": None,
    "hosted_invoice_url": None,
    "invoice_pdf": None,
    "number": None,
    "rendering": {"pdf": {"page_size": "auto"}},
    "status": "draft",
    "status_transitions": {"finalized_at": None},
}
SUMS = ("amount_due", "amount_remaining", "subtotal", "subtotal_excluding_tax", "total")


def sums(amount):
    """Name each sum of an invoice that nobody has paid a part of."""
    return {**dict.fromkeys(SUMS, amount), "total_excluding_tax": amount}


def told(billing, event_type="invoice.updated"):
    """Read the newest event of a type: its object, and what was before."""
    data = as_dict(billing.balance.events(event_type)[-1])["data"]
    return data["object"], data.get("previous_attributes")


def joined(billing, amount, invoice):
    stripe.InvoiceItem.create(customer=billing.customer, amount=amount, invoice=invoice.id)


def test_an_item_that_joins_tells_of_the_lines_before(billing):
    """previous_attributes hold the lines that were there, none at first, and how many."""
    draft = billing.draft(None)
    joined(billing, 700, draft)
    now, previous = told(billing)
    assert previous == {"lines": {"data": [], "total_count": 0}, **sums(0)}
    assert (now["amount_due"], now["lines"]["total_count"]) == (700, 1)
    line = now["lines"]["data"]
    joined(billing, 300, draft)
    now, previous = told(billing)
    assert previous == {"lines": {"data": line, "total_count": 1}, **sums(700)}
    assert [one["amount"] for one in now["lines"]["data"]] == [300, 700]
    assert now["lines"]["total_count"] == 2


def test_an_item_over_nothing_changes_the_lines_alone(billing):
    """No sum was another before."""
    joined(billing, 0, billing.draft(None))
    assert told(billing)[1] == {"lines": {"data": [], "total_count": 0}}


@pytest.mark.stripe_balance(api_version="2024-06-20")
def test_the_lines_before_have_the_shape_of_the_accounts_version(billing):
    """Before basil they have a price, and no pricing, as the lines of now."""
    draft = billing.draft(None)
    joined(billing, 700, draft)
    line = told(billing)[0]["lines"]["data"]
    joined(billing, 300, draft)
    before = told(billing)[1]["lines"]
    assert before == {"data": line, "total_count": 1}
    assert before["data"][0]["price"]["unit_amount"] == 700


def test_finalizing_tells_what_the_draft_was(billing):
    """invoice.updated has the invoice as it is, and of the draft all that changed."""
    draft = billing.draft(1000, auto_advance=True)
    opened = as_dict(stripe.Invoice.finalize_invoice(draft.id))
    now, previous = told(billing)
    created = draft.automatically_finalizes_at
    assert previous == {**FROM_DRAFT, "automatically_finalizes_at": created}
    assert (now["status"], now["amount_due"], now["number"]) == ("open", 1000, opened["number"])
    assert (now["rendering"]["pdf"], now["auto_advance"]) == ({"page_size": "letter"}, True)
    assert now == told(billing, "invoice.finalized")[0]
    assert told(billing, "invoice.finalized")[1] is None
    assert told(billing, "invoice.created")[0]["rendering"]["pdf"] == {"page_size": "auto"}


def test_a_transfer_tells_what_the_open_invoice_was(billing):
    """invoice.updated of a payment has the paid invoice, and what was open before."""
    billing.invoice(1000)
    billing.fund(1000)
    now, previous = told(billing)
    assert previous == {
        "amount_paid": 0,
        "amount_remaining": 1000,
        "attempted": False,
        "status": "open",
        "status_transitions": {"paid_at": None},
    }
    assert (now["status"], now["amount_due"], now["amount_paid"]) == ("paid", 1000, 1000)
    assert (now["amount_remaining"], now["attempted"], now["attempt_count"]) == (0, True, 0)
    assert now == told(billing, "invoice.paid")[0] == told(billing, "invoice.payment_succeeded")[0]


def test_out_of_band_tells_that_nothing_was_attempted(billing):
    """It is paid and advances no more, and `attempted` was and is false."""
    paid = stripe.Invoice.pay(billing.invoice(1000, auto_advance=True).id, paid_out_of_band=True)
    now, previous = told(billing)
    assert previous == {
        "amount_paid": 0,
        "amount_remaining": 1000,
        "auto_advance": True,
        "status": "open",
        "status_transitions": {"paid_at": None},
    }
    assert (now["status"], now["amount_paid"], now["attempted"]) == ("paid", 1000, False)
    assert now["attempt_count"] == paid.attempt_count == 0


def test_nothing_due_tells_two_changes(billing):
    """An invoice over nothing is told to be open, then to be paid, in the same second."""
    done = stripe.Invoice.finalize_invoice(billing.draft(None).id)
    first, second = (as_dict(one)["data"] for one in billing.balance.events("invoice.updated"))
    assert first["previous_attributes"] == FROM_DRAFT
    assert second["previous_attributes"] == {
        "attempted": False,
        "status": "open",
        "status_transitions": {"paid_at": None},
    }
    assert (done.attempted, done.attempt_count) == (True, 0)
    assert done.status_transitions.paid_at == done.status_transitions.finalized_at


@pytest.mark.parametrize(
    ("end", "status", "moment"),
    [
        ("void_invoice", "void", "voided_at"),
        ("mark_uncollectible", "uncollectible", "marked_uncollectible_at"),
    ],
)
def test_an_end_without_money_tells_what_the_open_invoice_was(billing, end, status, moment):
    """What is due stays as it was, and nothing is paid."""
    getattr(stripe.Invoice, end)(billing.invoice(1000).id)
    now, previous = told(billing)
    assert previous == {"status": "open", "status_transitions": {moment: None}}
    assert (now["status"], now["amount_due"], now["amount_remaining"]) == (status, 1000, 1000)
    assert now["amount_paid"] == 0


@pytest.mark.stripe_balance(assume={"invoice-payment-event-order": "first"})
def test_the_payment_may_be_told_before_the_invoice(billing):
    """By the other reading invoice_payment.paid comes before invoice.updated."""
    billing.invoice(1000)
    billing.fund(1000)
    assert billing.new_events()[-4:] == [
        "invoice_payment.paid",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


@pytest.mark.stripe_balance(assume={"invoice-payment-succeeded": "untold"})
def test_a_payment_without_an_intent_may_not_be_told_to_succeed(billing):
    """By the documentation only an intent's success is invoice.payment_succeeded."""
    stripe.Invoice.pay(billing.invoice(1000).id, paid_out_of_band=True)
    assert billing.new_events()[-2:] == ["invoice.updated", "invoice.paid"]
    stripe.Invoice.finalize_invoice(billing.draft(None).id)
    assert billing.new_events()[-2:] == ["invoice.updated", "invoice.paid"]
    billing.invoice(700)
    billing.fund(700)
    assert billing.new_events()[-2:] == ["invoice.payment_succeeded", "invoice_payment.paid"]
