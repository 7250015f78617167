"""What a recorder, an account or the years decided is no difference between a recording and the fake."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from stories import an_error

from pytest_stripe_balance.api.message import Headers
from pytest_stripe_balance.comparison import knowledge, recording_facts

CARD = "type=card&card[token]=tok_visa"
NUMBER = "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2030"
PAID = "amount=700&currency=usd&allowed_payment_method_types[0]=card&confirm=true&payment_method="
SESSION = (
    "mode=payment&success_url=https://example.com&line_items[0][quantity]=1"
    "&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=1000"
    "&line_items[0][price_data][product_data][name]=Hat"
)


def on(day, story):
    """Let a recording be of a day."""
    date = format_datetime(datetime.fromisoformat(day).replace(tzinfo=UTC), usegmt=True)
    for at, one in enumerate(story.exchanges):
        headers = Headers({**dict(one.response.headers.items()), "Date": date})
        story.exchanges[at] = replace(one, response=replace(one.response, headers=headers))
    return story.told()[0]


@pytest.fixture
def checked(story):
    """Record a card of which Stripe tells a check of the code."""

    def record(check, sent=CARD):
        story.asked("POST", "/v1/payment_methods", CARD)
        made = story.exchanges[-1]
        document = made.response.json
        document["card"]["checks"]["cvc_check"] = check
        body = json.dumps(document).encode()
        story.exchanges[-1] = replace(
            made, request=replace(made.request, body=sent), response=replace(made.response, body=body)
        )
        return story

    return record


@pytest.mark.parametrize(
    ("check", "day", "found"),
    [
        (None, "2021-04-09", []),
        (None, "2026-08-03", [("breaking", "$.card.checks.cvc_check")]),
        ("unavailable", "2021-04-09", [("breaking", "$.card.checks.cvc_check")]),
    ],
)
def test_a_value_of_former_years_is_no_difference(check, day, found, checked):
    """Stripe answers otherwise since a day that recordings show; another value is told."""
    assert on(day, checked(check)) == found


@pytest.mark.parametrize(("day", "differs"), [("2021-04-09", False), ("2026-08-03", True)])
def test_a_charges_check_of_former_years_is_no_difference(day, differs, story):
    """The charge shows what its card showed then (pay-rails/pay)."""
    order = "amount=1000&currency=usd&payment_method=pm_card_visa&confirm=true"
    at = "payment_method_details.card.checks.cvc_check"
    story.asked("POST", "/v1/payment_intents", f"{order}&return_url=https://example.com")
    charge = story.exchanges[-1].response.json["latest_charge"]
    story.asked("GET", f"/v1/charges/{charge}")
    read = story.exchanges[-1]
    document = read.response.json
    document["payment_method_details"]["card"]["checks"]["cvc_check"] = None
    body = json.dumps(document).encode()
    story.exchanges[-1] = replace(read, response=replace(read.response, body=body))
    assert on(day, story) == ([("breaking", f"$.{at}")] if differs else [])


@pytest.mark.parametrize(("code", "is_told"), [("", False), ("&card[cvc]=123", True)])
def test_a_number_without_its_code_has_no_check(code, is_told, checked):
    """The fake gets a token in its place, and a token's card has a code."""
    assert bool(on("2026-08-03", checked(None, NUMBER + code))) == is_told


def test_former_words_of_an_error_are_no_difference(story):
    """They are today's words on the day when today's were seen."""
    story.asked("POST", "/v1/payment_intents", "amount=0&currency=usd")
    made = story.exchanges[-1]
    error = {**made.response.json["error"], "message": "This value must be greater than or equal to 1."}
    body = json.dumps({"error": error}).encode()
    story.exchanges[-1] = replace(made, response=replace(made.response, body=body))
    assert on("2020-09-01", story) == []
    assert on("2026-08-03", story) == [("breaking", "$.error.message")]


def test_what_a_recorder_put_into_metadata_is_no_difference(story):
    """An answer shows another value than was sent, or none, which Stripe doesn't keep."""
    changed = {"metadata": {"order": "7", "region": ""}}
    sent = "metadata[order]=8&metadata[region]="
    customer = story.asked("POST", "/v1/customers", sent, changed=changed)["id"]
    story.asked("GET", f"/v1/customers/{customer}", changed=changed)
    assert story.told()[0] == []
    story.asked("GET", f"/v1/customers/{customer}", changed={"metadata": {"order": "9"}})
    assert story.told()[0] == [("breaking", "$.metadata.order")]


def test_a_key_in_which_a_scrubber_wrote_is_the_fakes(story):
    """What the word stands for can only be the key that is missing."""
    customer = story.asked("POST", "/v1/customers", "name=Ada")
    made = story.exchanges[-1]
    document = {**customer, "<A_TOKEN>_clock": customer["test_clock"]}
    del document["test_clock"]
    story.exchanges[-1] = replace(
        made, response=replace(made.response, body=json.dumps(document).encode())
    )
    assert story.told()[0] == []


def test_a_limit_of_the_whole_account_is_none_of_the_fakes(story):
    """Nobody knows what else is in a transfer group."""
    error = an_error("Too many charges with transfer group: `5`", param="transfer_group")
    story.apart("GET", "/v1/charges?transfer_group=5", error, status=400)
    assert story.told()[:2] == ([], {0: knowledge.CROWDED})


@pytest.mark.parametrize(
    ("path", "sent", "changed"),
    [
        (
            "setup_intents",
            "automatic_payment_methods[enabled]=true",
            {"payment_method_types": ["card", "klarna", "link"]},
        ),
        (
            "checkout/sessions",
            SESSION,
            {
                "adaptive_pricing": {"enabled": False},
                "payment_method_types": ["card", "cashapp"],
                "payment_method_configuration_details": {"id": "pmc_1", "parent": None},
            },
        ),
    ],
)
def test_what_an_account_chose_is_no_difference(path, sent, changed, story):
    """Its payment methods, and its default of adaptive pricing."""
    story.asked("POST", f"/v1/{path}", sent, changed=changed)
    assert story.told()[0] == []


def test_what_the_cards_bank_tells_later_is_no_difference(story):
    """The reference of a refund comes a second or some days later."""
    intent = story.asked("POST", "/v1/payment_intents", PAID + "pm_card_visa")["id"]
    refund = story.asked("POST", "/v1/refunds", f"payment_intent={intent}")
    card = {"reference": "***", **refund["destination_details"]["card"]}
    card["reference_status"] = "available"
    changed = {"destination_details": {"card": card, "type": "card"}}
    story.asked("GET", f"/v1/refunds/{refund['id']}", changed=changed)
    assert story.told()[0] == []


def test_an_account_that_is_the_keys_own_is_no_connected_one(story):
    """Its objects have its id in theirs, whether a request names it or not."""
    customer = story.customer()
    own = f"acct_1ABCDE{customer[-10:]}"
    story.asked("POST", "/v1/payment_intents", "amount=700&currency=usd", changed={"application": None})
    made = story.exchanges[-1]
    headers = Headers({**dict(made.request.headers.items()), "Stripe-Account": own})
    story.exchanges[-1] = replace(made, request=replace(made.request, headers=headers))
    assert story.told()[0] == []


def test_an_account_that_the_recording_makes_is_a_connected_one(story):
    """Its own id says nothing about the key."""
    account = "acct_1ABCDEFGHIJKLMNOPQ"
    story.apart("POST", "/v1/accounts", {"id": account, "object": "account"})
    path = "/v1/payment_intents"
    story.asked("POST", path, "amount=700&currency=usd", **{"Stripe-Account": account})
    assert recording_facts.own_account(story.exchanges) == ""
    assert story.told()[0] == []


def test_a_product_that_stays_may_be_in_use(story):
    """It is from before the recording, and so are the prices that Stripe speaks of."""
    error = an_error("This product cannot be deleted because it has one or more user-created prices.")
    story.apart("DELETE", "/v1/products/prod_1", error, status=400)
    story.asked("GET", "/v1/customers")
    found, why, _ = story.told()
    assert (found, why.get(0)) == ([], knowledge.IN_USE)
