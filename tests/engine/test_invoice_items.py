"""Invoice items: what they are priced by, where they go with their draft, and whose currency counts."""

import pytest
import stripe
from majors import as_dict

SENDING = {"collection_method": "send_invoice", "days_until_due": 30}


def item(billing, **params):
    given = {"customer": billing.customer, "amount": 1000, "currency": "usd", "description": "Setup"}
    return as_dict(stripe.InvoiceItem.create(**given | params, stripe_version="2026-08-26.dahlia"))


ALIKE = {
    "all": ({}, True, True),
    "the whole, not its parts": (
        {"amount": None, "unit_amount_decimal": "1000", "quantity": 3},
        True,
        True,
    ),
    "the amount differs": ({"amount": 1001}, True, False),
    "the currency differs": ({"currency": "eur"}, True, False),
    "the description differs": ({"description": "Support"}, False, False),
    "no description": ({"description": None}, False, False),
}


@pytest.mark.parametrize(("params", "product", "price"), ALIKE.values(), ids=ALIKE)
def test_items_that_are_alike_have_one_price(billing, params, product, price):
    """A product is a description's in the account, a price a product's amount and currency."""
    other = billing.balance.customer().id
    first, second = item(billing), item(billing, customer=other, **params)
    one, two = (each["pricing"]["price_details"] for each in (first, second))
    assert (one["product"] == two["product"], one["price"] == two["price"]) == (product, price)


def test_a_price_is_as_old_as_the_first_item_that_it_was_made_for(billing):
    """Before basil an item shows its whole price, made once."""
    old = {"stripe_version": "2024-06-20"}
    first, second = (
        stripe.InvoiceItem.create(customer=billing.customer, amount=700, currency="usd", **old)
        for _ in range(2)
    )
    assert first.id != second.id
    assert first.price == second.price
    assert second.price.created == first.date < second.date


def test_an_item_goes_with_its_draft(billing):
    """The items of a deleted draft don't wait for another invoice, and aren't found any more."""
    draft = billing.draft(1000)
    (on_it,) = stripe.InvoiceItem.list(invoice=draft.id).data
    waiting = item(billing)
    stripe.Invoice.delete(draft.id)
    for told in ({"pending": True}, {"customer": billing.customer}, {}):
        assert [one.id for one in stripe.InvoiceItem.list(**told).data] == [waiting["id"]]
    assert stripe.InvoiceItem.list(invoice=draft.id).data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such Invoice Item") as caught:
        stripe.InvoiceItem.retrieve(on_it.id)
    assert (caught.value.http_status, caught.value.param) == (404, "id")
    billing.new_events()
    included = billing.draft(None, pending_invoice_items_behavior="include")
    assert [line.amount for line in included.lines.data] == [1000]


@pytest.mark.stripe_balance(assume={"deleted-draft-items": "kept"})
def test_an_item_may_stay_on_its_deleted_draft(billing):
    """By the other reading it is found where it was, and still isn't pending."""
    draft = billing.draft(1000)
    (on_it,) = stripe.InvoiceItem.list(invoice=draft.id).data
    stripe.Invoice.delete(draft.id)
    assert stripe.InvoiceItem.retrieve(on_it.id).invoice == draft.id
    assert [one.id for one in stripe.InvoiceItem.list(customer=billing.customer).data] == [on_it.id]
    assert stripe.InvoiceItem.list(pending=True).data == []


def currency_of(billing):
    return stripe.Customer.retrieve(billing.customer).currency


def test_the_first_invoice_sets_the_currency_of_its_customer(billing):
    """customer.updated tells of it before invoice.created does of the invoice; later ones change nothing."""
    assert currency_of(billing) is None
    billing.draft(None, "eur")
    assert billing.new_events() == ["customer.updated", "invoice.created"]
    data = as_dict(billing.balance.events("customer.updated")[-1])["data"]
    assert data["previous_attributes"] == {"currency": None}
    assert data["object"]["currency"] == currency_of(billing) == "eur"
    billing.draft(None, "usd")
    assert billing.new_events() == ["invoice.created"]
    assert currency_of(billing) == "eur"


def test_a_refused_invoice_sets_no_currency(billing):
    """What isn't made tells nothing of its customer."""
    with pytest.raises(stripe.InvalidRequestError, match="due_date"):
        stripe.Invoice.create(
            customer=billing.customer, currency="eur", collection_method="send_invoice"
        )
    assert (currency_of(billing), billing.new_events()) == (None, [])


FIRST = {
    "nothing there": ([], {}, "usd"),
    "the newest pending item": (["eur", "gbp"], {}, "gbp"),
    "an item that it includes": (["eur"], {"pending_invoice_items_behavior": "include"}, "eur"),
    "its own": (["eur"], {"currency": "mxn"}, "mxn"),
}


@pytest.mark.parametrize(("items", "params", "currency"), FIRST.values(), ids=FIRST)
def test_a_first_invoice_takes_its_currency_from_what_there_is(billing, items, params, currency):
    """Named, or a pending item's, or the account's."""
    for one in items:
        item(billing, currency=one)
    assert stripe.Invoice.create(customer=billing.customer, **SENDING, **params).currency == currency


def test_the_customers_currency_comes_before_that_of_items(billing):
    """An invoice that names none is in its customer's currency."""
    billing.draft(None, "eur")
    item(billing, currency="gbp")
    drafts = [
        stripe.Invoice.create(
            customer=billing.customer, pending_invoice_items_behavior=behavior, **SENDING
        )
        for behavior in ("exclude", "include")
    ]
    assert [(draft.currency, draft.amount_due) for draft in drafts] == [("eur", 0), ("eur", 0)]


@pytest.mark.stripe_balance(assume={"invoice-currency": "included"})
def test_an_item_that_is_left_out_may_not_count(billing):
    """By the other reading only an item that the invoice includes says its currency."""
    item(billing, currency="eur")
    assert stripe.Invoice.create(customer=billing.customer, **SENDING).currency == "usd"


@pytest.mark.stripe_balance(assume={"customer-currency": "by-item"})
def test_a_pending_item_may_set_the_currency_of_its_customer(billing):
    """By the other reading customer.updated comes before invoiceitem.created already."""
    item(billing, currency="eur")
    assert billing.new_events() == ["customer.updated", "invoiceitem.created"]
    assert currency_of(billing) == "eur"
    assert stripe.Invoice.create(customer=billing.customer, **SENDING).currency == "eur"
    assert billing.new_events() == ["invoice.created"]


def test_one_number_goes_to_each_finalized_invoice(billing):
    """At 0 and when voided later too; a deleted draft takes none."""
    prefix = stripe.Customer.retrieve(billing.customer).invoice_prefix
    voided = billing.void()
    stripe.Invoice.delete(billing.draft().id)
    nothing = stripe.Invoice.finalize_invoice(billing.draft(None).id)
    last = billing.invoice()
    numbers = [stripe.Invoice.retrieve(one.id).number for one in (voided, nothing, last)]
    assert numbers == [f"{prefix}-{place:04d}" for place in (1, 2, 3)]
    assert stripe.Customer.retrieve(billing.customer).next_invoice_sequence == 4
