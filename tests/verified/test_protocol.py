"""What stands around the call: keys, parameters, idempotency, lists, search."""

import json

import pytest
import stripe

LAG = 180  # looks: searches lag behind by up to a minute
URL = "https://api.stripe.com/v1/customers"


def raw(key, **headers):
    """Ask without the client's own checks; give status, headers and body."""
    asked = {"Authorization": f"Bearer {key}", **headers}
    body, status, told = stripe.RequestsClient().request("get", URL, asked, None)
    return status, told, json.loads(body)


def test_parameter_customer(probe):
    """Below an unknown customer: is the param customer?"""
    error = probe.error(lambda: stripe.Customer.retrieve_cash_balance("cus_does_not_exist"))
    assert error == (404, "invalid_request_error", "resource_missing", "customer")


def test_parameter_transaction(probe):
    """An unknown cash balance transaction: is the param transaction?"""
    call = stripe.Customer.retrieve_cash_balance_transaction
    error = probe.error(lambda: call(probe.customer(), "ccsbtxn_does_not_exist"))
    assert error == (404, "invalid_request_error", "resource_missing", "transaction")


def test_parameter_texts(probe):
    """A text where a hash is due: is it a 400 that names the parameter?"""
    error = probe.error(lambda: stripe.Customer.create(address="here"))
    assert error == (400, "invalid_request_error", None, "address")


def test_invalid_api_version(probe):
    """A date that never was a version: with which words is it refused?"""
    text = probe.said(lambda: stripe.Customer.list(stripe_version="2024-06-21"))
    assert text == "Invalid Stripe API version: 2024-06-21"


def test_account_invalid(stripe_balance):
    """A connected account that can't be one: is it 403 account_invalid, without a request id?"""
    status, headers, body = raw("sk_test_1", **{"Stripe-Account": "acct_"})
    assert (status, body["error"]["code"]) == (403, "account_invalid")
    assert "Request-Id" not in headers


IGNORED = ["POST /v1/customers balance", "POST /v1/customers/{customer} balance"]


@pytest.mark.stripe_balance(ignore=IGNORED)
def test_ignored_as_sent(probe):
    """Is a parameter without a meaning in the fake shown as it was sent, made and updated?"""
    made = stripe.Customer.create(balance=-500)
    updated = stripe.Customer.modify(made.id, balance=7)
    assert (made.balance, updated.balance) == (-500, 7)


def test_idempotency_key_length(probe):
    """A key of 256 characters: is it an idempotency_error?"""
    error = probe.error(lambda: stripe.Customer.create(idempotency_key="k" * 256))
    assert error[:2] == (400, "idempotency_error")


def test_should_retry_missing_object(stripe_balance):
    """Does the 404 of a POST say not to retry?"""
    try:
        stripe.Refund.create(charge="ch_does_not_exist")
    except stripe.InvalidRequestError as error:
        headers = error.headers
    assert headers["Stripe-Should-Retry"] == "false"


def test_email_letters(probe):
    """An address with letters beyond ASCII: is it taken?"""
    probe.answer(lambda: stripe.Customer.create(email="zo\u00eb@example.com"))


def test_text_limits(probe):
    """Texts that are too long: which parameter is named?"""
    create, intent = stripe.Customer.create, stripe.PaymentIntent.create
    bill = {"amount": 1000, "currency": "usd"}
    assert [
        probe.error(lambda: create(name="n" * 257)),
        probe.error(lambda: create(metadata={"k" * 41: "v"})),
        probe.error(lambda: create(metadata={"k": "v" * 501})),
        probe.error(lambda: create(metadata={f"k{n}": "v" for n in range(51)})),
        probe.error(lambda: intent(**bill, statement_descriptor="D" * 23)),
        probe.error(lambda: intent(**bill, statement_descriptor_suffix="D" * 23)),
    ] == [
        (400, "invalid_request_error", None, param)
        for param in ("name", "metadata", "metadata", "metadata", None, None)
    ]


def test_choice_order(probe):
    """Values that can't be: in which order are those named that can?"""
    said = probe.said(
        lambda: stripe.PaymentIntent.create(amount=1000, currency="usd", capture_method="odd")
    )
    assert said == "Invalid capture_method: must be one of automatic, automatic_async, or manual"


def test_other_missing_objects(probe):
    """An unknown event: is the param id?"""
    error = probe.error(lambda: stripe.Event.retrieve("evt_does_not_exist"))
    assert error == (404, "invalid_request_error", "resource_missing", "id")


def test_list_unknown_customer(probe):
    """Listing the intents of nobody: is it a 400?"""
    error = probe.error(lambda: stripe.PaymentIntent.list(customer="cus_does_not_exist"))
    assert error == (400, "invalid_request_error", "resource_missing", "customer")


def test_list_limit(probe):
    """A limit of 0 on another list than customers', and one below 0: is it taken as 1?"""
    customer = probe.customer()
    for _ in range(2):
        probe.balance.fund(customer, 100)
    rows = stripe.Customer.list_cash_balance_transactions
    pages = [probe.answer(lambda limit=limit: rows(customer, limit=limit)) for limit in (0, -1)]
    assert [(len(page.data), page.has_more) for page in pages] == [(1, True)] * 2


def found(query, **params):
    return [one.id for one in stripe.Customer.search(query=query, **params).data]


def test_search_at_once(probe):
    """Does a search find what was just made?"""
    name = probe.customer()  # another one in each recording, as those of older ones are found too
    customer = stripe.Customer.create(name=name).id
    assert found(f"name:'{name}'") == [customer]


def test_search_order(probe):
    """Do searches tell the newest first?"""
    name = probe.customer()  # another one in each recording, as those of older ones are found too
    made = [stripe.Customer.create(name=name).id for _ in range(3)]
    assert probe.settled(lambda: found(f"name:'{name}'"), made[::-1], LAG) == made[::-1]


def test_search_deleted(probe):
    """Are deleted customers found?"""
    name = probe.customer()  # another one in each recording, as those of older ones are found too
    gone, stays = (stripe.Customer.create(name=name).id for _ in range(2))
    stripe.Customer.delete(gone)
    assert probe.settled(lambda: found(f"name:'{name}'"), [stays], LAG) == [stays]


def test_search_intent_status(probe):
    """Can requires_action be searched?"""
    customer = probe.customer()
    intent = probe.intent(customer)
    query = f"status:'requires_action' AND customer:'{customer}'"

    def ids():
        return [one.id for one in stripe.PaymentIntent.search(query=query).data]

    assert probe.settled(ids, [intent], LAG) == [intent]


def test_search_words(probe):
    """Does a word of a name find it, and a piece of a word not?"""
    word = probe.customer()
    customer = stripe.Customer.create(name=f"{word} of Nowhere").id
    assert probe.settled(lambda: found(f"name:'{word}'"), [customer], LAG) == [customer]
    assert found(f"name:'{word[:-2]}'") == []


def test_search_errors(probe):
    """A query that isn't one: is it a 400 without code and param, as for an unknown field?"""
    error = probe.error(lambda: stripe.Customer.search(query="name:"))
    assert error == (400, "invalid_request_error", None, None)


def test_search_page(probe):
    """A page that isn't one: is the param page?"""
    error = probe.error(lambda: stripe.Customer.search(query="name:'Ada'", page="nonsense"))
    assert (error[0], error[3]) == (400, "page")
