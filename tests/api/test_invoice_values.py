"""What invoices, their lines, items and payments hold where nothing that is modelled changes it.

The values are those of recorded invoices (pay-rails/pay, Kiln-AI/stripe_world, zulip/zulip); which keys
there are is a matter of test_shapes.py.
"""

import pytest
import stripe

NEWEST, OLD = "2026-10-28.endive", "2024-06-20"
NULL = [
    "account_tax_ids",
    "application",
    "custom_fields",
    "customer_account",
    "customer_address",
    "customer_name",
    "customer_phone",
    "customer_shipping",
    "default_payment_method",
    "default_source",
    "description",
    "footer",
    "from_invoice",
    "last_finalization_error",
    "latest_revision",
    "next_payment_attempt",
    "on_behalf_of",
    "receipt_number",
    "shipping_cost",
    "shipping_details",
    "statement_descriptor",
    "test_clock",
]
ZERO = [
    "amount_overpaid",
    "amount_shipping",
    "attempt_count",
    "post_payment_credit_notes_amount",
    "pre_payment_credit_notes_amount",
    "starting_balance",
]
EMPTY = [
    "customer_tax_ids",
    "default_tax_rates",
    "discounts",
    "total_discount_amounts",
    "total_pretax_credit_amounts",
    "total_taxes",
]
ALWAYS = {
    **dict.fromkeys(NULL),
    **dict.fromkeys(ZERO, 0),
    **{name: [] for name in EMPTY},
    "account_country": "US",
    "account_name": "Acme",
    "automatic_tax": {
        "disabled_reason": None,
        "enabled": False,
        "liability": None,
        "provider": None,
        "status": None,
    },
    "billing_reason": "manual",
    "collection_method": "send_invoice",
    "customer_email": "ada@example.com",
    "customer_tax_exempt": "none",
    "issuer": {"type": "self"},
    "livemode": False,
    "metadata": {},
    "object": "invoice",
    "parent": None,
    "payment_settings": {
        "default_mandate": None,
        "payment_method_options": {
            "acss_debit": None,
            "bancontact": None,
            "card": None,
            "customer_balance": {
                "bank_transfer": {"type": "us_bank_transfer"},
                "funding_type": "bank_transfer",
            },
            "konbini": None,
            "payto": None,
            "pix": None,
            "sepa_debit": None,
            "upi": None,
            "us_bank_account": None,
        },
        "payment_method_types": ["customer_balance"],
    },
}
LINE = {
    "discount_amounts": [],
    "discountable": True,
    "discounts": [],
    "livemode": False,
    "metadata": {},
    "object": "line_item",
    "pretax_credit_amounts": [],
    "quantity": 1,
    "quantity_decimal": "1",
    "subtotal": 1000,
    "taxes": [],
}
ITEM = {
    "customer_account": None,
    "discountable": True,
    "discounts": [],
    "livemode": False,
    "metadata": {},
    "object": "invoiceitem",
    "parent": None,
    "proration": False,
    "quantity": 1,
    "quantity_decimal": "1",
    "tax_rates": [],
    "test_clock": None,
}
PRICE = {
    "active": False,
    "billing_scheme": "per_unit",
    "currency": "usd",
    "custom_unit_amount": None,
    "livemode": False,
    "lookup_key": None,
    "metadata": {},
    "nickname": None,
    "object": "price",
    "recurring": None,
    "tax_behavior": "unspecified",
    "tiers_mode": None,
    "transform_quantity": None,
    "type": "one_time",
    "unit_amount": 1000,
    "unit_amount_decimal": "1000",
}
BEFORE_BASIL = {
    "application_fee_amount": None,
    "discount": None,
    "quote": None,
    "subscription": None,
    "subscription_details": {"metadata": None},
    "tax": None,
    "total_tax_amounts": [],
    "transfer_data": None,
}
OLD_LINE = {
    "amount_excluding_tax": 1000,
    "plan": None,
    "proration": False,
    "proration_details": {"credited_items": None},
    "subscription": None,
    "tax_amounts": [],
    "tax_rates": [],
    "type": "invoiceitem",
    "unit_amount_excluding_tax": "1000",
}
RENDERING = {"amount_tax_display": None, "template": None, "template_version": None}


def read(balance, path, version=NEWEST, **params):
    """Read plain JSON: the SDK makes Decimals of what is text there."""
    return balance.client.raw_request("get", path, stripe_version=version, **params).data


def read_invoice(bill, version=NEWEST, **params):
    return read(bill[0], f"/v1/invoices/{bill[2].id}", version, **params)


def read_item(bill):
    (item,) = read(bill[0], "/v1/invoiceitems", invoice=bill[2].id)["data"]
    return item


def held(document, table):
    """Give of a document what a table has."""
    return {name: document[name] for name in table}


@pytest.fixture
def bill(stripe_balance):
    """Bill 1000 by bank transfer; gives the draft, and what brings it on."""
    customer = stripe_balance.customer(email="ada@example.com")
    draft = stripe_balance.bank_transfer_invoice(customer, 1000, finalize=False)
    return stripe_balance, customer, draft


STATES = {
    "draft": (lambda _, __, ___: None, "auto", None),
    "open": (lambda _, __, draft: stripe.Invoice.finalize_invoice(draft.id), "letter", 0),
    "paid": (
        lambda balance, customer, draft: (
            stripe.Invoice.finalize_invoice(draft.id),
            balance.fund(customer, 1000),
        ),
        "letter",
        0,
    ),
    "void": (
        lambda _, __, draft: (
            stripe.Invoice.finalize_invoice(draft.id),
            stripe.Invoice.void_invoice(draft.id),
        ),
        "letter",
        0,
    ),
}


@pytest.mark.parametrize(("bring", "page", "ending"), STATES.values(), ids=STATES)
def test_what_no_state_changes_is_as_recorded(bring, page, ending, bill):
    """An invoice over one item has these values in every state, and a page's size from finalizing on."""
    bring(*bill)
    draft = bill[2]
    shown = read_invoice(bill)
    assert held(shown, ALWAYS) == ALWAYS
    assert shown["rendering"] == {**RENDERING, "pdf": {"page_size": page}}
    assert shown["ending_balance"] == ending
    assert (shown["created"], shown["period_start"], shown["period_end"]) == (draft.created,) * 3
    assert shown["webhooks_delivered_at"] == draft.created
    assert shown["due_date"] == draft.created + 30 * 86_400
    sums = ("amount_due", "subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax")
    assert {shown[name] for name in sums} == {1000}


def test_a_line_is_as_recorded(bill):
    """It names the item that it is of, and what that costs."""
    draft = bill[2]
    shown = read_invoice(bill)["lines"]
    (line,), item = shown["data"], read_item(bill)
    assert (shown["has_more"], shown["total_count"]) == (False, 1)
    assert shown["url"] == f"/v1/invoices/{draft.id}/lines"
    assert held(line, LINE) == LINE
    assert (line["amount"], line["currency"], line["invoice"]) == (1000, "usd", draft.id)
    assert line["period"] == {"end": item["date"], "start": item["date"]}
    assert line["parent"] == {
        "invoice_item_details": {
            "invoice_item": item["id"],
            "proration": False,
            "proration_details": {"credited_items": None},
            "subscription": None,
        },
        "subscription_item_details": None,
        "type": "invoice_item_details",
    }


def test_an_item_is_as_recorded(bill):
    """It is discountable, so that it has no net amount."""
    item = read_item(bill)
    assert held(item, ITEM) == ITEM
    assert "net_amount" not in item
    assert (item["amount"], item["currency"], item["invoice"]) == (1000, "usd", bill[2].id)
    assert item["period"] == {"end": item["date"], "start": item["date"]}
    assert item["pricing"]["unit_amount_decimal"] == "1000"
    assert item["pricing"]["type"] == "price_details"


def test_before_basil_an_invoice_is_as_recorded(bill):
    """It says what is paid and charged, and its line has the whole price that was made for it."""
    draft = bill[2]
    shown = read_invoice(bill, OLD)
    assert held(shown, BEFORE_BASIL) == BEFORE_BASIL
    assert (shown["paid"], shown["paid_out_of_band"]) == (False, False)
    assert (shown["charge"], shown["payment_intent"]) == (None, None)
    (line,) = shown["lines"]["data"]
    assert held(line, OLD_LINE) == OLD_LINE
    assert held(line["price"], PRICE) == PRICE
    stripe.Invoice.finalize_invoice(draft.id)
    stripe.Invoice.pay(draft.id, paid_out_of_band=True)
    paid = read_invoice(bill, OLD)
    assert (paid["paid"], paid["paid_out_of_band"], paid["charge"]) == (True, True, None)


def test_an_invoices_payment_is_as_recorded(bill):
    """It is the default one, of an intent, and knows when it was paid."""
    balance, customer, draft = bill
    stripe.Invoice.finalize_invoice(draft.id)
    balance.fund(customer, 1000)
    shown = read_invoice(bill, expand=["payments"])["payments"]
    (link,) = shown["data"]
    assert (shown["has_more"], shown["url"]) == (False, f"/v1/invoices/{draft.id}/payments")
    assert (link["is_default"], link["livemode"], link["currency"]) == (True, False, "usd")
    assert link["payment"]["type"] == "payment_intent"
    assert link["status_transitions"]["canceled_at"] is None
    assert link["status_transitions"]["paid_at"] is not None
