"""Conform says nothing of what follows from a gap in the recording, and lists what it passed over."""

from urllib.parse import quote

import pytest
from stories import (
    BY_CARD,
    CARD,
    CHARGE,
    METHOD,
    TRANSFER,
    an_error,
    listed,
)

from pytest_stripe_balance.api.message import Headers
from pytest_stripe_balance.comparison import conformance, knowledge
from pytest_stripe_balance.comparison.conformance import Compared

ENVIRONMENT = {
    "a refused key": (401, an_error("Invalid API Key provided: sk_test_***")),
    "a key that may not": (403, an_error("The provided key does not have the required permissions")),
    "a limit": (429, an_error("Request rate limit exceeded", "rate_limit")),
    "a lock": (429, an_error("This object cannot be accessed right now", "lock_timeout")),
    "a key in use": (409, an_error("There is currently", "idempotency_key_in_use", "idempotency_error")),
    "Stripe's fault": (500, an_error("An unknown error occurred", kind="api_error")),
    "a gateway's": (503, {}),
    "the other mode": (
        404,
        an_error("No such customer: 'x'; a similar object exists in live mode, but", "resource_missing"),
    ),
    "a version that nobody has": (400, an_error("Invalid Stripe API version: 1999-01-01")),
}


@pytest.mark.parametrize(("status", "answer"), ENVIRONMENT.values(), ids=ENVIRONMENT)
def test_an_answer_of_the_environments_is_listed_and_not_compared(story, status, answer):
    """A key, a limit, another mode or Stripe's health say nothing about the fake."""
    story.apart("POST", "/v1/customers", answer, "name=Ada", status)
    story.exchanges[0].request.headers = Headers()
    found, why, _ = story.told()
    assert (found, list(why)) == ([], [0])


def test_what_the_environment_refused_changed_nothing(story):
    """After a limit was reached, or a key refused, the objects named are as they were."""
    customer = story.customer()
    for status in (401, 403, 429):
        error = an_error("x", kind="api_error")
        story.apart("POST", f"/v1/customers/{customer}", error, f"name=B{status}", status)
    story.asked("GET", f"/v1/customers/{customer}")
    _, why, rows = story.told()
    assert set(why) == {1, 2, 3}
    assert isinstance(rows[4], Compared)


@pytest.mark.parametrize("status", [402, 200, 500])
def test_what_a_left_out_write_may_have_changed_is_passed_over(story, status):
    """A payment that was declined is one that happened, and of a failure nobody knows."""
    customer = story.customer()
    answer = {**BY_CARD, "customer": customer} if status == 200 else an_error("x", kind="card_error")
    body = f"amount=7&currency=usd&customer={customer}&payment_method={METHOD}&confirm=true"
    story.apart("POST", "/v1/payment_intents", answer, body, status)
    story.asked("GET", f"/v1/customers/{customer}", changed={"currency": "usd", "balance": -5})
    found, why, _ = story.told()
    assert found == []
    assert why[2] == knowledge.UNSURE


def test_a_left_out_refusal_changes_nothing(story):
    """What Stripe refused left the customer as it was."""
    customer = story.customer()
    story.apart("POST", f"/v1/customers/{customer}/sources", an_error("No"), "source=tok_visa", 400)
    story.asked("GET", f"/v1/customers/{customer}")
    _, why, _ = story.told()
    assert list(why) == [1]


FOLLOWS = {
    "a card payment changes its customer": lambda story, customer: (
        story.by_card(customer),
        story.asked("GET", f"/v1/customers/{customer}", changed={"default_source": METHOD}),
    ),
    "and so does an attached method": lambda story, customer: (
        story.apart(
            "POST",
            f"/v1/payment_methods/{METHOD}/attach",
            {"id": METHOD, "object": "payment_method", "customer": customer},
            f"customer={customer}",
        ),
        story.asked(
            "GET",
            f"/v1/customers/{customer}",
            changed={"invoice_settings": {"default_payment_method": METHOD}},
        ),
    ),
    "an answer alone names whom it changes": lambda story, customer: (
        story.apart("POST", f"/v1/payment_intents/{CARD}/cancel", {**BY_CARD, "customer": customer}),
        story.asked("GET", f"/v1/customers/{customer}", changed={"balance": 7}),
    ),
    "its cash": lambda story, customer: (
        story.apart(
            "POST",
            "/v1/refunds",
            {"id": "re_3U09KKKuuB1fWySn2AbCdEf", "object": "refund"},
            f"charge={CHARGE}",
        ),
        story.apart(
            "POST",
            f"/v1/customers/{customer}/balance_transactions",
            {"id": "cbtxn_1U09H14C3xkEnE7gAbCdEfGh", "object": "customer_balance_transaction"},
            "amount=-5&currency=usd",
        ),
        story.asked("GET", f"/v1/customers/{customer}/cash_balance", changed={"available": {"usd": 9}}),
    ),
    "what a refused parameter made": lambda story, customer: (
        story.apart(
            "POST",
            f"/v1/customers/{customer}",
            {"id": customer, "object": "customer"},
            "source=ADA",
        ),
        story.asked("GET", f"/v1/customers/{customer}", changed={"name": "Grace"}),
    ),
}


@pytest.mark.parametrize("follow", FOLLOWS.values(), ids=FOLLOWS)
def test_what_follows_from_a_left_out_write_is_passed_over(story, follow):
    """Whatever it names, in its path, its form or its answer, isn't held against the fake any more."""
    follow(story, story.customer())
    found, why, rows = story.told()
    assert found == []
    assert why[len(rows) - 1] == knowledge.UNSURE


def test_what_belongs_to_a_customer_is_passed_over_where_its_money_moved(story):
    """A transfer that wasn't driven pays an intent that it doesn't name."""
    customer = story.customer()
    intent = story.intent(customer)
    fund = f"/v1/test_helpers/customers/{customer}/fund_cash_balance"
    row = {"id": "ccsbtxn_1U09H14C3xkEnE7gAbCd", "object": "customer_cash_balance_transaction"}
    story.apart("POST", fund, {**row, "customer": customer}, "amount=1000&currency=usd&network=ach")
    story.asked("GET", f"/v1/payment_intents/{intent}", changed={"status": "succeeded"})
    story.exchanges[2].request.body = "{}"
    found, why, _ = story.told()
    assert (found, why) == ([], {2: knowledge.NO_FORM, 3: knowledge.UNSURE})


def test_an_attached_card_leaves_a_transfer_as_it_was(story):
    """A call that moves no money makes only those doubtful that it names."""
    customer = story.customer()
    intent = story.intent(customer)
    story.by_card(customer)
    story.asked("GET", f"/v1/payment_intents/{intent}", changed={"amount": 7})
    assert story.told()[0] == [("breaking", "$.amount")]


def test_an_item_that_was_deleted_unseen_is_missing_on_no_invoice(story):
    """What an object named is doubtful with it: an invoice item's customer, though its end names none."""
    customer = story.customer()
    item = story.asked("POST", "/v1/invoiceitems", f"customer={customer}&amount=500&currency=usd")["id"]
    story.apart(
        "DELETE", f"/v1/invoiceitems/{item}", {"id": item, "object": "invoiceitem", "deleted": True}
    )
    body = f"customer={customer}&collection_method=send_invoice&days_until_due=30"
    story.asked("POST", "/v1/invoices", body + "&pending_invoice_items_behavior=include", {"total": 0})
    found, why, _ = story.told()
    assert found == []
    assert why[3] == knowledge.UNSURE


def test_a_lists_item_of_a_left_out_write_is_passed_over_and_counted(story):
    """The others are compared, and how much more there is isn't."""
    customer = story.customer()
    story.intent(customer)
    story.by_card(customer)
    path = f"/v1/payment_intents?customer={customer}&limit=1"
    held = story.asked("GET", path)["data"]
    story.asked(
        "GET", path, changed={"data": [{**BY_CARD, "customer": customer}, *held], "has_more": True}
    )
    held[0]["amount"] = 7
    story.asked("GET", path.replace("limit=1", "limit=2"), changed={"data": held})
    found, _, rows = story.told()
    assert found == [("breaking", "$.data[0].amount")]
    assert [row.left_out for row in rows[-2:]] == [1, 0]


def test_an_account_has_more_than_its_recording(story):
    """Of a list that no object of the recording's bounds, nothing is told but of the recording's own."""
    story.customer()
    other = {"id": "cus_TL3CQIwwvrXDKt", "object": "customer", "email": "grace@example.com"}
    mine = story.asked("GET", "/v1/customers?limit=2")["data"]
    changed = {"data": [*mine, other], "has_more": True}
    story.exchanges.pop()
    story.asked("GET", "/v1/customers?limit=2", changed=changed)
    assert story.told()[0] == []
    story.asked("GET", "/v1/customers?limit=3", changed={"data": [{**mine[0], "name": "B"}, other]})
    assert story.told()[0] == [("breaking", "$.data[0].name")]


@pytest.mark.parametrize("items", [0, 1])
def test_no_key_is_said_to_be_missing_of_a_list(story, items):
    """An item that one side lacks is said to be one, whole and once."""
    customer = story.customer()
    intent = story.intent(customer)
    path = f"/v1/payment_intents?customer={customer}"
    held = story.asked("GET", path)["data"]
    story.exchanges.pop()
    if items:
        story.asked("POST", f"/v1/payment_intents/{intent}/cancel")
        again = [{**held[0], "id": "pi_3U09KKKuuB1fWySn2Second1", "customer": customer}]
        story.asked("GET", path, changed={"data": [*story.asked("GET", path)["data"], *again]})
        story.exchanges.pop(-2)
        expected = [("vanished", "$.data[1]")]
    else:
        story.asked("GET", path, changed={"data": []})
        expected = [("additive", "$.data[0]")]
    found, _, rows = story.told()
    assert found == expected
    assert "no such key" not in str(rows)


def test_items_in_another_order_are_one_difference(story):
    """Each is compared with its counterpart, wherever that stands."""
    customer = story.customer()
    story.intent(customer, 1000), story.intent(customer, 2000)
    path = f"/v1/payment_intents?customer={customer}"
    held = story.asked("GET", path)["data"]
    story.exchanges.pop()
    story.asked("GET", path, changed={"data": held[::-1]})
    assert story.told()[0] == [("breaking", "$.data")]
    for one in held:
        one["created"] = held[0]["created"]  # of one second: in no order
    story.exchanges.pop()
    story.asked("GET", path, changed={"data": held[::-1]})
    assert story.told()[0] == []


def test_an_item_that_the_fake_cannot_have_is_left_out(story):
    """A card's charge, or a charge of an intent that wasn't driven, though its customer is the fake's."""
    customer = story.customer()
    story.apart("POST", f"/v1/payment_intents/{CARD}/capture", BY_CARD)
    of = {"object": "charge", "customer": customer}
    by_card = {**of, "id": "ch_3U09KKKuuB1fWySn2Another1"}
    of_unsure = {**of, "id": "py_3U09KKKuuB1fWySn2Another2", "payment_intent": CARD}
    story.asked("GET", f"/v1/charges?customer={customer}", changed={"data": [by_card, of_unsure]})
    found, _, rows = story.told()
    assert (found, rows[-1].left_out) == ([], 2)


def test_what_a_page_of_the_fakes_has_no_room_for_is_not_missing(story):
    """A write that ended otherwise left something more in the fake, which pushes the rest off a page."""
    story.intent(customer := story.customer())
    body = f"amount=5000&currency=usd&customer={story.customer()}{TRANSFER}"
    for _ in range(2):
        story.apart("POST", "/v1/payment_intents", an_error("No", "whatever"), body, 400)
    for limit in (1, 2):
        mine = story.asked("GET", f"/v1/payment_intents?customer={customer}")["data"]
        story.exchanges.pop()
        story.asked(
            "GET", f"/v1/payment_intents?limit={limit}", changed={"data": mine, "has_more": True}
        )
    assert story.told()[0] == [("breaking", "status")]


def test_a_list_of_some_time_is_compared_item_by_item_only(story):
    """The fake's clock runs otherwise than the recording's."""
    story.intent(customer := story.customer())
    story.asked("GET", f"/v1/payment_intents?customer={customer}&created[lt]=1770000000")
    assert story.told()[0] == []


def test_an_event_shows_how_an_object_was(story):
    """Its status isn't held against the last that was seen."""
    intent = story.intent(story.customer())
    path = "/v1/events?type=payment_intent.requires_action"
    event = story.asked("GET", path)["data"][0]
    was = {"object": {**event["data"]["object"], "status": "canceled"}}
    story.exchanges.pop()
    story.asked("GET", f"/v1/payment_intents/{intent}")
    story.asked("GET", path, changed={"data": [{**event, "data": was}]})
    assert story.told()[0] == [("breaking", "$.data[0].data.object.status")]


def test_a_search_that_lags_says_nothing(story):
    """Stripe finds what is new after a while only, and counts what the account has."""
    customer = story.customer()
    story.intent(customer)
    path = "/v1/payment_intents/search?query=" + quote(f"customer:'{customer}'")
    story.asked("GET", path, changed={"data": [], "total_count": 0})
    assert story.told()[0] == []


def test_an_event_is_about_what_the_fake_has(story):
    """Others of the account are left out, and what its webhook endpoints decide isn't compared."""
    story.by_card(customer := story.customer())
    story.customer()
    mine = story.asked("GET", "/v1/events?type=customer.created")["data"][0]
    charge = {"id": CHARGE, "object": "charge", "customer": customer}
    other = {"id": "evt_3U09KKKuuB1fWySn2Event01", "object": "event", "type": "charge.succeeded"}
    data = {"object": {**mine["data"]["object"], "name": "Grace"}}
    more = {"pending_webhooks": 3, "api_version": "2020-08-27", "data": data}
    changed = {"data": [{**other, "data": {"object": charge}}, {**mine, **more}], "has_more": True}
    story.exchanges.pop()
    story.asked("GET", "/v1/events?limit=2", changed=changed)
    found, _, rows = story.told()
    assert found == []
    assert rows[-1].left_out == 1


UNKNOWN = {
    "read": ("GET", f"/v1/payment_intents/{CARD}", "", 200, BY_CARD),
    "declined": (
        "POST",
        f"/v1/payment_intents/{CARD}/confirm",
        "",
        402,
        an_error("No", "card_declined"),
    ),
    "refunded": (
        *("POST", "/v1/refunds", f"charge={CHARGE}", 400),
        an_error(f"Charge {CHARGE} has already been refunded.", "charge_already_refunded"),
    ),
    "by a word": ("GET", "/v1/payment_intents?customer=acme", "", 200, listed()),
    "a cursor": ("GET", "/v1/customers?starting_after=cus_old", "", 200, listed()),
    "the other of two is missing": (
        *(
            "POST",
            "/v1/payment_intents",
            f"amount=5&currency=usd&customer=cus_old&payment_method={METHOD}",
            400,
        ),
        an_error(f"No such PaymentMethod: '{METHOD}'", "resource_missing", param="payment_method"),
    ),
    "no source": (
        *("POST", f"/v1/invoices/{METHOD}/pay", "", 400),
        an_error("This customer has no attached payment source", "resource_missing"),
    ),
}


@pytest.mark.parametrize("asked", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_about_something_unmade_is_not_driven(story, asked):
    """Whatever was answered, but that it is missing: the fake can know nothing else of it."""
    method, path, body, status, answer = asked
    story.apart(method, path, answer, body, status)
    assert story.told()[:2] == ([], {0: knowledge.UNMADE})


@pytest.mark.parametrize(
    "path",
    [
        "/v1/payment_intents/pi_nope",
        f"/v1/payment_intents/{CARD}",
        "/v1/customers/a%2Bb",
        "/v1/customers/a+b",
    ],
)
def test_what_is_missing_is_driven_and_compared(story, path):
    """The id is asked about as it stands in the path, decoded once and by the fake."""
    story.asked("GET", path)
    found, why, _ = story.told()
    assert (found, why) == ([], {})
    error = story.exchanges[0].response.json["error"]
    story.exchanges.clear()
    story.asked("GET", path, changed={"error": {**error, "param": "other"}})
    assert story.told()[0] == [("breaking", "$.error.param")]


def test_what_only_looks_like_an_id_is_none(story):
    """A description, a name or metadata may hold any text."""
    story.asked(
        "POST", "/v1/customers", "name=user_12345678&description=order_12345678&metadata[a]=b_12345678"
    )
    found, why, _ = story.told()
    assert (found, why) == ([], {})


def test_a_read_that_was_repeated_until_it_changed_counts_once(story):
    """Which moment an earlier poll caught is nobody's doing; the last is compared."""
    path = f"/v1/payment_intents/{story.intent(story.customer())}"
    story.asked("GET", path, changed={"amount": 6})
    story.asked("GET", path, changed={"amount": 7})
    story.asked("POST", path, "description=x")
    story.asked("GET", path)
    assert story.told()[:2] == ([("breaking", "$.amount")], {2: knowledge.POLLED})


def test_a_receipts_new_address_is_no_change(story):
    """Stripe makes one up for each read of a charge, so both reads are compared."""
    story.intent(customer := story.customer())
    fund = f"/v1/test_helpers/customers/{customer}/fund_cash_balance"
    story.asked("POST", fund, "amount=1000&currency=usd")
    charge = story.asked("GET", "/v1/charges")["data"][0]["id"]
    for name in ("a", "b"):
        changed = {"receipt_url": f"https://pay.stripe.com/receipts/{name}"}
        story.asked("GET", f"/v1/charges/{charge}", changed=changed)
    assert story.told()[:2] == ([], {})


def test_what_changed_beside_the_recording_is_passed_over(story):
    """A browser confirmed it, or time did: no driven request was about it, nor about what it names."""
    intent = story.asked("POST", "/v1/payment_intents", "amount=900&currency=usd")["id"]
    story.customer()
    story.asked("GET", f"/v1/payment_intents/{intent}", changed={"status": "succeeded"})
    story.asked("POST", f"/v1/payment_intents/{intent}/cancel", changed={"status": "succeeded"})
    assert story.told()[:2] == ([], {2: knowledge.CHANGED, 3: knowledge.UNSURE})


BY_EITHER = {"latest_charge": CHARGE, "payment_method_types": ["card", "customer_balance"]}


@pytest.mark.parametrize("paid", [BY_EITHER, {}], ids=["by card", "somehow"])
def test_what_changed_beside_the_recording_is_left_out_of_lists(story, paid):
    """As it is where it is read by itself; the next of the list is compared."""
    customer = story.customer()
    story.intent(customer), story.intent(customer)
    path = f"/v1/payment_intents?customer={customer}"
    held = story.asked("GET", path)["data"]
    story.exchanges.pop()
    story.customer()
    items = [{**held[0], "status": "succeeded", **paid}, {**held[1], "amount": 7}]
    story.asked("GET", path, changed={"data": items})
    found, _, rows = story.told()
    assert found == [("breaking", "$.data[1].amount")]
    assert rows[-1].left_out == 1


def test_a_card_that_a_customer_saved_elsewhere_is_beyond_the_recording(story):
    """A checkout in a browser leaves a method that no request of the recording made."""
    customer = story.customer()
    settings = {"invoice_settings": {"default_payment_method": METHOD}}
    story.asked("GET", f"/v1/customers/{customer}", changed=settings)
    assert story.told()[:2] == ([], {1: knowledge.BEYOND})


def test_what_an_account_took_in_before_is_in_its_balance(story):
    """The fake's balance begins at nothing, so that of a recording isn't compared."""
    story.customer()
    funds = [{"amount": 53_000_000, "currency": "cad", "source_types": {"card": 53_000_000}}]
    story.asked("GET", "/v1/balance", changed={"available": funds})
    assert story.told()[:2] == ([], {1: knowledge.BEFORE})


def test_what_is_missing_though_it_was_made_is_another_accounts(story):
    """A scrubber took the account's name; once something was deleted it may be missing indeed."""
    customer = story.customer()
    missing = an_error(f"No such customer: '{customer}'", "resource_missing", param="id")
    story.apart("GET", f"/v1/customers/{customer}", missing, status=404)
    assert story.told()[:2] == ([], {1: knowledge.OTHERS})
    story.asked("DELETE", f"/v1/customers/{customer}")
    story.apart("GET", f"/v1/customers/{customer}", missing, status=404)
    assert story.told()[0] == []  # it was doubtful by then
    del story.exchanges[1]
    assert story.told()[0] == [("breaking", "status")]


WITHOUT_SECRET = {
    "publishable": {"Authorization": "Bearer pk_test_x"},
    "basic": {"Authorization": "Basic cGtfdGVzdF94Og=="},
}


@pytest.mark.parametrize("headers", WITHOUT_SECRET.values(), ids=WITHOUT_SECRET)
def test_what_a_browser_asked_is_not_driven(story, headers):
    """With a publishable key Stripe shows less, and refuses most."""
    intent = story.intent(story.customer())
    answer = {"id": intent, "object": "payment_intent", "status": "requires_action"}
    story.apart("GET", f"/v1/payment_intents/{intent}", answer, **headers)
    story.apart("GET", f"/v1/payment_intents/{intent}?key=pk_test_x", answer)
    assert story.told()[:2] == ([], {2: knowledge.PUBLIC, 3: knowledge.PUBLIC})


def test_an_account_is_one_on_the_fake_too(story):
    """Each connected account has its own objects, and what names accounts otherwise is refused."""
    connected = {"Stripe-Account": "acct_1AbCdEfGhIjKlMnO"}
    customer = story.asked("POST", "/v1/customers", "name=Ada", **connected)["id"]
    story.asked("GET", f"/v1/customers/{customer}")
    story.asked("GET", f"/v1/customers/{customer}", **connected)
    story.apart("GET", "/v1/customers", listed(), **{"Stripe-Context": "acct_1AbCdEfGhIjKlMnO"})
    found, why, _ = story.told()
    assert found == []
    assert list(why) == [3]


def test_a_driven_request_answers_for_what_it_is_about(story):
    """After a transfer an intent that only the recording shows paid is a difference."""
    customer = story.customer()
    intent = story.intent(customer)
    fund = f"/v1/test_helpers/customers/{customer}/fund_cash_balance"
    story.asked("POST", fund, "amount=400&currency=usd")
    story.asked("GET", f"/v1/payment_intents/{intent}", changed={"status": "succeeded"})
    assert story.told()[0] == [("breaking", "$.status")]


def test_an_answer_that_names_a_card_payment_is_passed_over(story):
    """Its charge can be none of the fake's, so somebody paid it otherwise."""
    customer = story.customer()
    intent = story.intent(customer)
    types = {"payment_method_types": ["card", "customer_balance"]}
    paid = {"status": "succeeded", "latest_charge": CHARGE, **types}
    story.asked("POST", f"/v1/payment_intents/{intent}", "description=x", changed=paid)
    story.asked("POST", f"/v1/payment_intents/{intent}/cancel", changed=paid)
    assert story.told()[:2] == ([], {2: knowledge.BEYOND, 3: knowledge.UNSURE})


def test_a_transfers_charge_is_compared_whatever_its_id(story):
    """Which prefix it has is for a recording to settle; a card's is beyond one."""
    intent = story.intent(customer := story.customer())
    fund = f"/v1/test_helpers/customers/{customer}/fund_cash_balance"
    story.asked("POST", fund, "amount=1000&currency=usd")
    story.asked("GET", f"/v1/payment_intents/{intent}", changed={"latest_charge": CHARGE})
    assert story.told()[0] == [("breaking", "$.latest_charge")]


def test_a_search_is_about_the_customers_that_it_names(story):
    """Another text in its query may be anything, an id's look included."""
    story.customer()
    story.asked("GET", "/v1/customers/search?query=" + quote("name:'cus_TL3CQIwwvrXDKt'"))
    story.asked("GET", "/v1/payment_intents/search?query=" + quote("customer:'cus_TL3CQIwwvrXDKt'"))
    assert story.told()[1] == {2: knowledge.UNMADE}


def test_a_setting_of_the_account_is_not_the_fakes(story):
    """An account that has bank transfers off answers otherwise, and what follows is passed over."""
    customer = story.customer()
    message = "Please activate it in your dashboard (https://dashboard.stripe.com/account/payments)"
    body = f"amount=1000&currency=usd&customer={customer}{TRANSFER}"
    story.apart("POST", "/v1/payment_intents", an_error(message), body, 400)
    story.asked("GET", f"/v1/payment_intents?customer={customer}", changed={"data": []})
    found, why, _ = story.told()
    assert (found, why) == ([], {1: knowledge.SETTING})


def test_an_invalid_version_is_compared_where_the_recording_has_it(story):
    """The fake says the same of it."""
    story.apart("GET", "/v1/customers", an_error("Invalid Stripe API version: 2099-01-01"), status=400)
    story.exchanges[0].request.headers = Headers({"Stripe-Version": "2099-01-01"})
    story.exchanges[0].response.headers = Headers()
    assert knowledge.NO_VERSION not in story.told()[1].values()


def test_the_keys_of_other_methods_are_not_compared(story):
    """An account has the options of each method that it has on; those of a transfer are compared."""
    body = f"amount=1000&currency=usd&customer={story.customer()}{TRANSFER}"
    own = story.asked("POST", "/v1/payment_intents", body)["payment_method_options"]
    story.exchanges.pop()
    options = {**own, "link": {"persistent_token": None}}
    story.asked("POST", "/v1/payment_intents", body, changed={"payment_method_options": options})
    assert story.told()[0] == []
    story.exchanges.pop()
    story.asked("POST", "/v1/payment_intents", body, changed={"payment_method_options": {}})
    assert story.told()[0] == [("additive", "$.payment_method_options.customer_balance")]


def test_a_banks_name_and_address_are_its_own(story):
    """Of an account's instructions the kinds are compared."""
    body = "currency=eur&funding_type=bank_transfer&bank_transfer[type]=eu_bank_transfer"
    body += "&bank_transfer[eu_bank_transfer][country]=IE"
    path = f"/v1/customers/{story.customer()}/funding_instructions"
    transfer = story.asked("POST", path, body)["bank_transfer"]
    story.exchanges.pop()
    address = transfer["financial_addresses"][0]
    address["iban"] |= {"account_holder_name": "Ada GmbH", "bic": "ADAAADAA"}
    story.asked("POST", path, body, changed={"bank_transfer": transfer})
    assert story.told()[0] == []
    story.exchanges.pop()
    address["type"] = "sepa"
    story.asked("POST", path, body, changed={"bank_transfer": transfer})
    assert story.told()[0] == [("breaking", "$.bank_transfer.financial_addresses[0].type")]


ACCOUNTS = {
    "numbers": {"invoice_prefix": "ADA", "next_invoice_sequence": 7},
    "mode": {"livemode": True},
    "masked": {"name": "<NAME>"},
}


@pytest.mark.parametrize("keys", ACCOUNTS.values(), ids=ACCOUNTS)
def test_what_the_account_decides_is_not_compared(story, keys):
    """Its numbers, its mode, and what a scrubber wrote; anything else of the customer is."""
    story.asked("POST", "/v1/customers", "name=Ada", changed=keys)
    assert story.told()[0] == []
    story.exchanges.clear()
    story.asked("POST", "/v1/customers", "name=Ada", changed={**keys, "phone": "1"})
    assert story.told()[0] == [("breaking", "$.phone")]


def test_the_methods_that_an_account_has_on_are_its_own(story):
    """Where they weren't asked for; those that were are compared."""
    own = {"automatic_payment_methods": {"allow_redirects": "always", "enabled": True}}
    more = {"payment_method_types": ["card", "link"], "payment_method_options": {"card": {}}}
    story.asked("POST", "/v1/payment_intents", "amount=900&currency=usd", changed={**own, **more})
    assert story.told()[0] == []
    story.exchanges.clear()
    body = f"amount=900&currency=usd&customer={story.customer()}{TRANSFER}"
    story.asked("POST", "/v1/payment_intents", body, changed=more)
    assert ("breaking", "$.payment_method_types[0]") in story.told()[0]


def test_a_write_that_ended_otherwise_is_told_once(story):
    """Its objects are another's from then on: what comes of that isn't told again."""
    customer = story.customer()
    refused = an_error("This customer may not.", "whatever")
    body = f"amount=1000&currency=usd&customer={customer}{TRANSFER}"
    story.apart("POST", "/v1/payment_intents", refused, body, 400)
    story.asked("GET", f"/v1/customers/{customer}", changed={"balance": 9})
    story.asked("GET", "/v1/payment_intents", changed={"data": []})
    found, why, _ = story.told()
    assert (found, why) == ([("breaking", "status")], {2: knowledge.UNSURE})


def test_null_for_a_hash_is_one_difference(story):
    """What is inside it isn't told key by key."""
    story.asked("POST", "/v1/customers", "name=Ada", changed={"invoice_settings": None})
    assert story.told()[0] == [("breaking", "$.invoice_settings")]


def test_an_answer_of_another_kind_is_a_difference(story):
    """A deleted customer is none that is there."""
    customer = story.customer()
    story.asked("GET", f"/v1/customers/{customer}", changed={"deleted": True})
    assert story.told()[0] == [("breaking", "$.object")]


def test_an_id_that_stands_for_several_is_none(story):
    """A scrubber that wrote one word for all leaves nothing to know an object by."""
    for name in ("Ada", "Grace"):
        story.asked("POST", "/v1/customers", f"name={name}", changed={"id": "cus_xxxxxxxx"})
    story.apart("GET", "/v1/customers/cus_xxxxxxxx", {"id": "cus_xxxxxxxx", "object": "customer"})
    found, why, _ = story.told()
    assert (found, why) == ([], {2: knowledge.UNMADE})


def test_a_key_of_a_left_out_request_is_unused(story):
    """The fake never had the first request, so there is nothing that the second conflicts with."""
    key = {"Idempotency-Key": "k-1"}
    story.apart("POST", "/v1/coupons", {"id": "co_1", "object": "coupon"}, "name=A", **key)
    conflict = an_error("Keys for idempotent requests can only be used", kind="idempotency_error")
    story.apart("POST", "/v1/customers", conflict, "name=B", 400, **key)
    assert story.told()[1][1] == conformance.KEY_UNUSED


def test_masked_parameters_say_nothing_where_the_answers_differ(story):
    """What was really sent is nowhere in the recording."""
    body = "amount=[FILTERED]&currency=usd"
    story.apart("POST", "/v1/payment_intents", {"id": CARD, "object": "payment_intent"}, body)
    story.asked("POST", "/v1/customers", "name=[FILTERED]", changed={"name": "Ada"})
    assert story.told()[:2] == ([], {0: knowledge.MASKED})


def test_reasons_name_no_values(story):
    """A parameter that isn't modelled is one reason, whatever was sent, and whichever way it was refused."""
    for value in ("a", "b"):
        body = f"name=A&tax_id_data[0][type]=eu_vat&tax_id_data[0][value]={value}"
        story.apart("POST", "/v1/customers", {"id": f"cus_{value}", "object": "customer"}, body)
    assert set(story.told()[1].values()) == {
        "Stripe takes the parameter tax_id_data, and the fake does not model it"
    }


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (
            "payment_method_data[type]=card&payment_method_data[card][number]=4000000000000044",
            "[number]",
        ),
        ("payment_method_data[card][token]=tok_1&payment_method_data[type]=card", "parameter card"),
        ("source[object]=card&source[number]=4242", "parameter source"),
    ],
)
def test_card_data_is_not_driven(story, body, named):
    """Stripe took it, and the fake says so rather than to answer an error that differs."""
    body = f"amount=100&currency=usd&confirm=true&{body}"
    story.apart("POST", "/v1/payment_intents", {"id": CARD, "object": "payment_intent"}, body)
    found, why, _ = story.told()
    assert (found, list(why)) == ([], [0])
    assert named in why[0]
