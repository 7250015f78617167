"""What Stripe shows of its ready-made cards, as card shops' recordings have it."""

import pytest
import stripe

SHOWN = {
    "pm_card_visa": ("US", "visa", True),
    "pm_card_amex": ("US", "american_express", False),
    "pm_card_diners": ("US", "diners_club", False),
    "pm_card_jcb": ("JP", "jcb", True),
    "pm_card_unionpay": ("CN", "union_pay", True),
}


@pytest.mark.parametrize(("name", "shown"), SHOWN.items(), ids=SHOWN)
@pytest.mark.usefixtures("stripe_balance")
def test_each_brand_has_its_country_its_name_and_its_security(name, shown):
    """Open Food Network's recordings have all five."""
    card = stripe.PaymentMethod.retrieve(name).card
    assert (card.country, card.display_brand, card.three_d_secure_usage.supported) == shown


CHECKS = {
    "none": ({}, (None, None)),
    "a postal code": ({"postal_code": "94107"}, (None, "pass")),
    "a whole address": ({"line1": "1 Market St", "postal_code": "94107"}, ("pass", "pass")),
}


@pytest.mark.parametrize(("address", "passed"), CHECKS.values(), ids=CHECKS)
@pytest.mark.usefixtures("stripe_balance")
def test_an_address_is_checked_with_the_card(address, passed):
    """Before the first payment what is there is unchecked; the charge shows that it passed."""
    method = stripe.PaymentMethod.create(
        type="card", card={"token": "tok_visa"}, billing_details={"address": address}
    )
    intent = stripe.PaymentIntent.create(
        amount=1000,
        currency="usd",
        allowed_payment_method_types=["card"],
        payment_method=method.id,
        confirm=True,
        expand=["latest_charge"],
    )
    charged = intent.latest_charge.payment_method_details.card.checks
    assert (charged.address_line1_check, charged.address_postal_code_check) == passed
    before = method.card.checks
    assert (before.address_line1_check, before.address_postal_code_check) == tuple(
        result and "unchecked" for result in passed
    )


@pytest.mark.parametrize("description", [None, "Order 7"])
def test_a_refunds_booking_says_what_it_is_for(stripe_balance, description):
    """It names the charge's description, if it has one; that of a bank transfer is a payment."""
    by_card = stripe.PaymentIntent.create(
        amount=1000,
        currency="usd",
        allowed_payment_method_types=["card"],
        payment_method="pm_card_visa",
        confirm=True,
        **({"description": description} if description else {}),
    )
    refund = stripe.Refund.create(payment_intent=by_card.id, expand=["balance_transaction"])
    told = f" ({description})" if description else ""
    assert refund.balance_transaction.description == f"REFUND FOR CHARGE{told}"
