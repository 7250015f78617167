"""API versions before 2023-10-16."""

import stripe

LISTS = ("2020-08-27", "2022-08-01")


def test_old_lists_in_errors(probe):
    """Does the intent in the body of an error have its charges?"""
    paid = probe.paid(probe.customer()).id
    for version in LISTS:
        try:
            stripe.PaymentIntent.cancel(paid, stripe_version=version)
        except stripe.InvalidRequestError as error:
            intent = error.json_body["error"]["payment_intent"]
            assert intent.get("charges", {}).get("total_count") == 1
        else:
            raise AssertionError("a paid intent was canceled")


def test_old_decline_code(probe):
    """A confirm without a funding_type and without cash: which code has it at 2022-08-01?"""
    intent = probe.bare(probe.customer())
    given = {"payment_method_data": {"type": "customer_balance"}, "stripe_version": "2022-08-01"}
    error = probe.error(lambda: stripe.PaymentIntent.confirm(intent, **given))
    assert error[:3] == (400, "invalid_request_error", "payment_method_customer_decline")


def test_old_pending_currency(probe):
    """Are pending items in another currency enough for an invoice that requires some?"""
    payer = probe.payer()
    stripe.InvoiceItem.create(customer=payer, amount=1000, currency="usd")
    bill = {"collection_method": "send_invoice", "days_until_due": 30, "currency": "eur"}
    at = {"stripe_version": "2020-08-27"}
    error = probe.error(lambda: stripe.Invoice.create(customer=payer, **bill, **at))
    assert error == (400, "invalid_request_error", "invoice_no_customer_line_items", "customer")
