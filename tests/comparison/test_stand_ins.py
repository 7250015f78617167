"""What a recording has from before it began: the fake gets it too, as far as the answers show it."""

import json
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import pytest
from stories import API, VERSION, listed

from pytest_stripe_balance.api.message import Headers, Request
from pytest_stripe_balance.comparison import knowledge
from pytest_stripe_balance.comparison.card_numbers import as_tokens

SENT = "&collection_method=send_invoice&days_until_due=7"


def altered(response, **keys):
    return replace(response, body=json.dumps({**response.json, **keys}).encode())


def before(story, **customer):
    """Let Stripe have a customer that the recording doesn't make; give its id."""
    headers = Headers({"Authorization": "Bearer sk_test_x", "Stripe-Version": VERSION})
    request = Request("POST", f"{API}/v1/customers", headers, urlencode(customer))
    return story.stripe.answer(request).json["id"]


def test_a_customer_that_is_shown_is_one_on_the_fake_too(story):
    """It has the recorded values, and what is done with it is compared."""
    customer = before(story, **{"name": "Ada", "address[city]": "Turin", "metadata[order]": "7"})
    story.asked("GET", f"/v1/customers/{customer}")
    story.intent(customer)
    story.asked("POST", f"/v1/customers/{customer}", "phone=1", changed={"name": "Grace"})
    found, why, _ = story.told()
    assert (found, why) == ([("breaking", "$.name")], {})


def test_keys_that_a_stand_in_lacks_are_told(story):
    """Its values are the recording's, so only they say nothing; its keys are the fake's."""
    customer = before(story, name="Ada")
    story.asked("GET", f"/v1/customers/{customer}", changed={"colour": "red"})
    assert story.told()[0] == [("vanished", "$.colour")]


def test_a_customer_with_a_past_is_not_driven(story):
    """A balance comes of something that the recording doesn't have."""
    customer = before(story, name="Ada")
    story.asked("GET", f"/v1/customers/{customer}", changed={"balance": -500})
    assert story.told()[:2] == ([], {0: knowledge.UNSURE})


def test_what_a_stand_in_lacks_in_a_list_isnt_told(story):
    """Stripe shows more than the fake took of it, so nothing of it is compared."""
    customer = before(story, name="Ada")
    story.asked("GET", f"/v1/customers/{customer}", changed={"preferred_locales": ["it"]})
    assert story.told()[:2] == ([], {0: knowledge.UNSURE})


def test_a_customer_that_is_only_named_can_pay(story):
    """What is its own isn't compared, wherever an answer shows it."""
    customer = before(story, name="Ada")
    intent = story.intent(customer)
    story.asked("GET", f"/v1/payment_intents/{intent}?expand[]=customer")
    story.asked("POST", f"/v1/customers/{customer}", "phone=1")
    found, why, rows = story.told()
    assert (found, why) == ([], {2: knowledge.UNMADE})
    assert rows[1].left_out == 1


def test_an_invoice_tells_of_its_customer(story):
    """The customer isn't shown, but its address and email are."""
    customer = before(story, **{"email": "ada@example.com", "address[country]": "IT"})
    story.asked("POST", "/v1/invoices", f"customer={customer}&currency=usd{SENT}")
    assert story.told()[:2] == ([], {})


def test_what_was_missing_has_no_stand_in(story):
    """Nobody had it, and the fake says so too."""
    story.asked("GET", "/v1/customers/cus_old00001")
    story.asked("POST", "/v1/payment_intents", "amount=700&currency=usd&customer=cus_old00001")
    assert story.told()[:2] == ([], {})


def test_what_is_listed_has_no_stand_in(story):
    """The list is of what came before the recording."""
    story.apart("GET", "/v1/invoices?customer=cus_old00001", listed())
    assert story.told()[:2] == ([], {0: knowledge.UNMADE})


def test_a_stand_in_belongs_to_the_account_that_named_it(story):
    """An account is one on the fake, with the customer in it and nowhere else."""
    connected = {"Stripe-Account": "acct_1AbCdEfGhIjKlMnO"}
    made = story.asked("POST", "/v1/customers", "name=Ada", **connected)["id"]
    story.exchanges.clear()
    story.asked("GET", f"/v1/customers/{made}", **connected)
    story.asked("POST", f"/v1/customers/{made}", "name=Eve", **connected)
    assert story.told()[:2] == ([], {})


NUMBERS = {
    "a number": (
        "card[number]=4242+4242+4242+4242&card[cvc]=1&type=card",
        "card[token]=tok_visa&type=card",
    ),
    "inside a hash": (
        "payment_method_data[card][number]=4000000000000002&payment_method_data[card][exp_year]=2030",
        "payment_method_data[card][token]=tok_visa_chargeDeclined",
    ),
    "of no token": ("card[number]=4000000000000044&card[exp_year]=2030", None),
    "no card's": ("number=4242424242424242&cards[number]=4242424242424242", None),
    "none": ("card[exp_year]=2030&card[token]=tok_visa", None),
}


@pytest.mark.parametrize(("sent", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_a_test_cards_number_is_sent_as_its_token(sent, expected):
    """The fake takes tokens and no numbers; a number that no token stands for stays as it is."""
    assert as_tokens(parse_qsl(sent)) == parse_qsl(expected or sent)


def test_a_refund_at_its_old_address_is_one_at_the_new(story):
    """Stripe keeps /v1/charges/:id/refunds, and stripe-ruby went there for long."""
    intent = story.intent(customer := story.customer())
    fund = f"/v1/test_helpers/customers/{customer}/fund_cash_balance"
    story.asked("POST", fund, "amount=1000&currency=usd")
    charge = story.asked("GET", f"/v1/payment_intents/{intent}")["latest_charge"]
    story.asked("POST", "/v1/refunds", f"charge={charge}&amount=400&instructions_email=a@example.com")
    now = story.exchanges[-1]
    url, body = f"{API}/v1/charges/{charge}/refunds", now.request.body.partition("&")[2]
    old = replace(now, request=Request("POST", url, now.request.headers, body))
    story.exchanges[-1] = replace(old, response=altered(now.response, amount=500))
    assert story.told()[:2] == ([("breaking", "$.amount")], {})


def test_what_an_account_has_in_its_own_currency_isnt_compared(story):
    """Which currency that is, and at which rate, only Stripe knows; in the same one it is compared."""
    intent = story.intent(customer := story.customer())
    fund = f"/v1/test_helpers/customers/{customer}/fund_cash_balance"
    story.asked("POST", fund, "amount=1000&currency=usd")
    path = f"/v1/payment_intents/{intent}?expand[]=latest_charge.balance_transaction"
    intent = story.asked("GET", path)
    booked = intent["latest_charge"]["balance_transaction"]
    for more in ({"currency": "cad", "amount": 1342}, {"amount": 1342}):
        charge = {**intent["latest_charge"], "balance_transaction": {**booked, **more}}
        story.exchanges[-1] = replace(
            story.exchanges[-1], response=altered(story.exchanges[-1].response, latest_charge=charge)
        )
        found = [("breaking", "$.latest_charge.balance_transaction.amount")] if len(more) == 1 else []
        assert story.told()[0] == found
