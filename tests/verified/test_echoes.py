"""Parameters that move no cent: how are they shown, and do they change nothing?"""

import pytest
import stripe
from majors import as_dict

FIELDS = [{"name": "Order", "value": "7"}]
CUSTOMER_UNSET = {"customer_reference": None, "order_reference": "7"}


def draft(customer, **params):
    billed = {"collection_method": "send_invoice", "days_until_due": 30}
    return stripe.Invoice.create(customer=customer, **billed, **params)


@pytest.mark.usefixtures("at_newest_version")
def test_shown_as_sent(probe):
    """Which keys have the hashes that are shown, where only some were sent?"""
    customer = probe.customer(email="ada@example.com")
    sent = {"name": "Ada", "address": {"line1": "1 Main St"}}
    billed = as_dict(
        draft(customer, shipping_details=sent, rendering={"amount_tax_display": "exclude_tax"})
    )
    intent = probe.intent(customer, payment_details={"order_reference": "7"})
    details = as_dict(stripe.PaymentIntent.retrieve(intent))["payment_details"]
    assert {name: details.get(name, "absent") for name in CUSTOMER_UNSET} == CUSTOMER_UNSET
    assert set(billed["rendering"]) == {"amount_tax_display", "pdf", "template", "template_version"}
    assert set(billed["shipping_details"]) == {"address", "carrier", "name", "phone", "tracking_number"}


def test_invoice_settings_copied(probe):
    """Does an invoice have its customer's settings of its creation, when they change later?"""
    settings = {"footer": "Thanks", "custom_fields": FIELDS}
    customer = probe.customer(email="ada@example.com", invoice_settings=settings)
    invoice = draft(customer)
    stripe.Customer.modify(customer, invoice_settings={"footer": "Later"})
    opened = stripe.Invoice.finalize_invoice(invoice.id)
    assert (invoice.footer, opened.footer) == ("Thanks", "Thanks")
    assert as_dict(opened)["custom_fields"] == FIELDS


def test_custom_fields_limit(probe):
    """Five custom fields: which error are they?"""
    fields = [{"name": str(place), "value": "x"} for place in range(5)]
    customer = probe.customer(email="ada@example.com")
    error = probe.error(lambda: draft(customer, custom_fields=fields))
    assert error == (400, "invalid_request_error", None, "custom_fields")


def test_no_effect_on_transfers(probe):
    """Is an intent by bank transfer as any other with what is about other methods?"""
    customer = probe.customer()
    sent = {
        "confirmation_method": "manual",
        "mandate_data": {"customer_acceptance": {"type": "offline"}},
        "off_session": True,
        "radar_options": {},
        "return_url": "https://example.com/back",
        "use_stripe_sdk": True,
    }
    made = [
        probe.answer(lambda name=name, value=value: probe.intent(customer, **{name: value}))
        for name, value in sent.items()
    ]
    assert probe.status(*made) == ["requires_action"] * len(sent)


def test_delivery_success(probe):
    """Is an event that no endpoint was to hear of listed as delivered?"""
    customer = probe.customer()
    listed = stripe.Event.list(type="customer.created", delivery_success=True, limit=100).data
    assert customer in [event.data.object.id for event in listed]


def test_client_secret_mismatch(probe):
    """An intent that is read with another's secret: which error is it?"""
    intent = probe.intent(probe.customer())
    error = probe.error(lambda: stripe.PaymentIntent.retrieve(intent, client_secret="pi_1_secret_1"))
    code = "payment_intent_invalid_parameter"
    assert error == (400, "invalid_request_error", code, "client_secret")


def test_only_with_confirm(probe):
    """A return_url without a confirm: which error is it?"""
    asked = {"amount": 1000, "currency": "usd", "customer": probe.customer()}
    url = "https://example.com/back"
    error = probe.error(lambda: stripe.PaymentIntent.create(**asked, return_url=url))
    assert error == (
        400,
        "invalid_request_error",
        "payment_intent_invalid_parameter",
        "return_url",
    )
