"""What stands around the call: lists, expand, idempotency, headers, connected accounts."""

import asyncio
import base64
import json
import re
import uuid

import pytest
import stripe
from majors import as_dict, v1

from pytest_stripe_balance.resources import newest_api_version


def manual(stripe_balance):
    return stripe_balance.customer(reconciliation="manual")


def test_lists_come_newest_first_in_pages(stripe_balance):
    """Cursors cut a list without losing or repeating anything, in both directions."""
    made = [stripe_balance.customer().id for _ in range(7)][::-1]
    first = stripe.Customer.list(limit=3)
    second = stripe.Customer.list(limit=3, starting_after=first.data[-1].id)
    back = stripe.Customer.list(limit=3, ending_before=made[6])
    assert [one.id for one in first.data] == made[:3]
    assert [one.id for one in second.data] == made[3:6]
    assert [one.id for one in back.data] == made[3:6]
    assert (first.has_more, back.has_more) == (True, True)
    assert not stripe.Customer.list(limit=3, starting_after=made[3]).has_more
    assert first.url == "/v1/customers"


def test_auto_paging_gives_everything_once(stripe_balance):
    """stripe-python's own paging walks a list of 25 to its end."""
    made = [stripe_balance.customer().id for _ in range(25)]
    assert [one.id for one in stripe.Customer.list().auto_paging_iter()] == made[::-1]
    backwards = stripe.Customer.list(ending_before=made[0]).auto_paging_iter()
    assert [one.id for one in backwards] == made[1:]


def test_lists_filter_by_time_customer_and_type(stripe_balance):
    """created, customer and type narrow a list to what they name."""
    one, other = manual(stripe_balance), manual(stripe_balance)
    intents = [stripe_balance.bank_transfer_intent(customer, 100) for customer in (one, other, one)]
    found = stripe.PaymentIntent.list(customer=one.id).data
    assert [intent.id for intent in found] == [intents[2].id, intents[0].id]
    second = intents[1].created
    for created, expected in (
        (second, {1}),
        ({"gt": second}, {2}),
        ({"gte": second}, {1, 2}),
        ({"lt": second}, {0}),
        ({"lte": second, "gt": intents[0].created}, {1}),
    ):
        found = stripe.PaymentIntent.list(created=created).data
        assert {intent.id for intent in found} == {intents[index].id for index in expected}
    both = stripe.Event.list(types=["customer.created", "payment_intent.created"])
    assert len(both.data) == 5
    assert len(stripe.Event.list(type="payment_intent.*").data) == 6
    assert as_dict(stripe.Event.retrieve(both.data[0].id)) == as_dict(both.data[0])


def test_expand_puts_objects_in_place_of_ids(stripe_balance):
    """Ids along a path become their objects, on create and update too, and in lists by data."""
    customer = manual(stripe_balance)
    stripe_balance.fund(customer, 100)
    paths = ["customer.cash_balance", "payment_method", "latest_charge.balance_transaction"]
    intent = stripe_balance.bank_transfer_intent(customer, 100, expand=paths)
    assert as_dict(intent.customer.cash_balance.available) == {"usd": 100}
    assert intent.payment_method.type == "customer_balance"
    assert intent.latest_charge is None
    paid = stripe.PaymentIntent.apply_customer_balance(intent.id, expand=paths)
    assert paid.latest_charge.balance_transaction.amount == 100
    (listed,) = stripe.PaymentIntent.list(expand=["data.latest_charge.payment_intent"]).data
    assert listed.latest_charge.payment_intent.id == intent.id
    row = stripe_balance.ledger(customer)[-1]
    expanded = stripe.Customer.retrieve_cash_balance_transaction(
        customer.id, row.id, expand=["applied_to_payment.payment_intent.customer"]
    )
    assert expanded.applied_to_payment.payment_intent.customer.id == customer.id
    plain = stripe.Customer.retrieve_cash_balance_transaction(customer.id, row.id)
    assert plain.applied_to_payment.payment_intent == intent.id


def test_expanding_a_deleted_customer_gives_its_stub(stripe_balance):
    """An id whose object was deleted expands to the stub, however deep the path goes."""
    customer = stripe_balance.customer()
    intent = stripe_balance.bank_transfer_intent(customer, 100)
    stripe.Customer.delete(customer.id)
    found = stripe.PaymentIntent.retrieve(intent.id, expand=["customer.cash_balance"])
    assert found.customer.deleted


@pytest.mark.parametrize("path", ["invoice_credit_balance"])
def test_includable_fields_that_are_not_modelled_are_refused(stripe_balance, path):
    """What Stripe would include and the fake doesn't keep is refused out loud."""
    customer = stripe_balance.customer()
    call = re.escape("GET /v1/customers/{customer}: ")
    with stripe_balance.refused(match=rf"^{call}expand\[\]={path}"):
        stripe.Customer.retrieve(customer.id, expand=[path])


def test_a_value_that_is_cleared_is_no_reason_not_to_expand(stripe_balance):
    """What is read the long way is expanded like anything else."""
    customer = stripe_balance.customer(description="here")
    cleared = stripe.Customer.modify(customer.id, description="", expand=["cash_balance"])
    assert (cleared.description, cleared.cash_balance.object) == (None, "cash_balance")


@pytest.mark.parametrize("name", ["include", "expand"])
@pytest.mark.parametrize("version", ["2020-08-27", "2025-02-24.acacia"])
def test_a_list_counts_until_basil(stripe_balance, name, version):
    """All pages count, of what the parameters limit the list to; no later version knows the count."""
    client = stripe.StripeClient("sk_test_1")
    for email in ("ada@example.com", "ada@example.com", "bob@example.com"):
        newest = stripe_balance.customer(email=email)
    count = {name: ["total_count"], "limit": 1}

    def listed(**params):
        answer = client.raw_request("get", "/v1/customers", **count, **params, stripe_version=version)
        return answer.data["total_count"], len(answer.data["data"]), answer.data["has_more"]

    assert listed() == (3, 1, True)
    assert listed(starting_after=newest.id) == (3, 1, True)
    assert listed(email="bob@example.com") == (1, 1, False)
    with pytest.raises(stripe.InvalidRequestError, match=r"unknown parameter: inc|cannot be expanded"):
        client.raw_request("get", "/v1/customers", **count, stripe_version="2025-03-31.basil")


def test_a_list_includes_nothing_else(stripe_balance):
    """What else Stripe may have included is a hole in the fake, not Stripe's error."""
    client = stripe.StripeClient("sk_test_1")
    with stripe_balance.refused(match=r"GET /v1/customers: of include\[\] only total_count"):
        client.raw_request("get", "/v1/customers", include=["shop"], stripe_version="2024-06-20")


def test_a_key_used_again_replays_the_answer(stripe_balance):
    """The same idempotency key applies money once, and says that it is a replay."""
    customer = manual(stripe_balance)
    stripe_balance.fund(customer, 1000)
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    answers = [
        stripe.PaymentIntent.apply_customer_balance(intent.id, amount=100, idempotency_key="once")
        for _ in range(3)
    ]
    assert stripe_balance.available(customer) == {"usd": 900}
    assert {answer.last_response.body for answer in answers} == {answers[0].last_response.body}
    first, second, _ = (answer.last_response.headers for answer in answers)
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert second["Original-Request"] == first["Request-Id"] != second["Request-Id"]


@pytest.mark.parametrize("other", ["parameters", "path"])
def test_a_key_used_for_something_else_is_an_idempotency_error(stripe_balance, other):
    """A key stands for one request: other parameters, or another path, are refused."""
    customer = manual(stripe_balance)
    stripe_balance.fund(customer, 1000)
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe.PaymentIntent.apply_customer_balance(intent.id, amount=100, idempotency_key="once")
    call = {
        "parameters": lambda: stripe.PaymentIntent.apply_customer_balance(
            intent.id, amount=200, idempotency_key="once"
        ),
        "path": lambda: stripe.PaymentIntent.cancel(intent.id, idempotency_key="once"),
    }[other]
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        call()
    assert stripe_balance.available(customer) == {"usd": 900}


def test_an_executed_error_is_replayed_and_a_validation_error_is_not(stripe_balance):
    """What failed while it ran stays the answer; what was refused before frees the key."""
    customer = manual(stripe_balance)
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match=r"cash balance is not enough"):
            stripe.PaymentIntent.apply_customer_balance(intent.id, idempotency_key="ran")
        stripe_balance.fund(customer, 500)
    with pytest.raises(stripe.InvalidRequestError, match=r"greater than or equal to 1"):
        stripe.PaymentIntent.apply_customer_balance(intent.id, amount=0, idempotency_key="free")
    paid = stripe.PaymentIntent.apply_customer_balance(intent.id, idempotency_key="free")
    assert paid.status == "succeeded"


def test_headers_are_what_stripe_sends(stripe_balance):
    """Requests are named, POSTs echo their key, validation errors don't say whether to retry."""
    customer = manual(stripe_balance)
    posted = customer.last_response.headers
    assert posted["request-id"].startswith("req_")
    assert posted["Stripe-Version"] == newest_api_version()
    assert posted["Original-Request"] == posted["Request-Id"]
    assert posted["Stripe-Should-Retry"] == "false"
    got = stripe.Customer.retrieve(customer.id).last_response.headers
    assert not {"Idempotency-Key", "Original-Request", "Stripe-Should-Retry"} & set(got)
    with pytest.raises(stripe.InvalidRequestError) as validation:
        stripe.PaymentIntent.create(amount="x", currency="usd")
    assert "Stripe-Should-Retry" not in validation.value.headers
    with pytest.raises(stripe.InvalidRequestError) as executed:
        stripe.Refund.create(charge="ch_nope")
    assert executed.value.headers["Stripe-Should-Retry"] == "false"


def test_a_connected_account_has_a_world_of_its_own(stripe_balance):
    """Stripe-Account selects the world, the key never does."""
    customer = stripe_balance.customer()
    theirs = stripe.Customer.create(stripe_account="acct_1")
    with pytest.raises(stripe.InvalidRequestError, match=r"No such customer"):
        stripe.Customer.retrieve(customer.id, stripe_account="acct_1")
    assert stripe.Customer.retrieve(theirs.id, stripe_account="acct_1").id == theirs.id
    assert stripe.Customer.retrieve(customer.id, api_key="rk_test_other").id == customer.id
    with pytest.raises(stripe.PermissionError) as caught:
        stripe.Customer.list(stripe_account="not an account")
    assert caught.value.code == "account_invalid" or caught.value.json_body["error"]["code"]


def test_a_key_is_kept_for_a_day(stripe_balance, _stripe_session):
    """After 24 hours of the world's clock the key is free again."""
    clock = _stripe_session.world.clock
    first = stripe.Customer.create(idempotency_key="daily")
    clock.now += 24 * 60 * 60 - 2
    assert stripe.Customer.create(idempotency_key="daily").id == first.id
    clock.now += 2
    assert stripe.Customer.create(idempotency_key="daily").id != first.id


def test_a_key_has_at_most_255_characters(stripe_balance):
    """One character more is refused, and nothing is made."""
    assert stripe.Customer.create(idempotency_key="k" * 255).id
    with pytest.raises(stripe.IdempotencyError, match=r"at most 255 characters"):
        stripe.Customer.create(idempotency_key="k" * 256)
    assert len(stripe.Customer.list().data) == 1


def test_a_key_tells_which_of_two_equal_names_won(stripe_balance):
    """The order of a repeated name counts, the order of different ones doesn't."""
    headers = {"Idempotency-Key": "K", "Authorization": "Bearer sk_test_1"}
    client = stripe.RequestsClient()

    def post(body):
        return client.request("post", "https://api.stripe.com/v1/customers", headers, body)

    assert post("name=a&email=a@example.com")[1] == 200
    assert post("email=a@example.com&name=a")[2]["Idempotent-Replayed"] == "true"
    assert post("name=b&name=a&email=a@example.com")[1] == 200
    assert post("name=a&name=b&email=a@example.com")[1] == 400


def test_a_delete_echoes_its_key_and_a_post_without_one_is_given_one(stripe_balance):
    """DELETE echoes the key alone; a POST's missing key is made by the server, as a UUID."""
    customer = stripe_balance.customer()
    deleted = stripe.Customer.delete(customer.id, idempotency_key="mine").last_response.headers
    assert deleted["Idempotency-Key"] == "mine"
    assert "Original-Request" not in deleted
    _, _, posted = stripe.RequestsClient().request(
        "post", "https://api.stripe.com/v1/customers", {"Authorization": "Bearer sk_test_1"}, ""
    )
    assert str(uuid.UUID(posted["Idempotency-Key"])) == posted["Idempotency-Key"]


def test_unauthorized_answers_name_nothing(stripe_balance):
    """A 401 carries neither Request-Id nor Stripe-Version, and says how to authenticate."""
    with pytest.raises(stripe.AuthenticationError) as caught:
        stripe.Customer.list(api_key="junk")
    assert caught.value.headers["Www-Authenticate"] == 'Bearer realm="Stripe"'
    assert not {"Request-Id", "Stripe-Version", "Idempotency-Key"} & set(caught.value.headers)
    with pytest.raises(stripe.PermissionError) as forbidden:
        stripe.Customer.list(api_key="pk_test_1")
    assert "Request-Id" in forbidden.value.headers


def test_the_connected_account_is_echoed(stripe_balance):
    """The answer names the account that it is from."""
    customer = stripe.Customer.create(stripe_account="acct_1")
    assert customer.last_response.headers["Stripe-Account"] == "acct_1"


def test_ids_in_paths_are_decoded(stripe_balance):
    """An id that needed encoding is told as it was meant."""
    with pytest.raises(stripe.InvalidRequestError, match="No such customer: 'cus ä/x'"):
        stripe.Customer.retrieve("cus ä/x")


def test_expand_goes_four_levels_deep(stripe_balance):
    """Four levels are the documented depth, the data of a list among them; five are refused."""
    customer = manual(stripe_balance)
    stripe_balance.fund(customer, 100)
    paid = stripe_balance.bank_transfer_intent(customer, 100)
    stripe.PaymentIntent.apply_customer_balance(paid.id)
    deep = "latest_charge.payment_intent.latest_charge.payment_intent"
    found = stripe.PaymentIntent.retrieve(paid.id, expand=[deep])
    assert found.latest_charge.payment_intent.latest_charge.payment_intent.id == paid.id
    for ask, path in (
        (lambda **asked: stripe.PaymentIntent.retrieve(paid.id, **asked), f"{deep}.customer"),
        (stripe.PaymentIntent.list, f"data.{deep}"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            ask(expand=[path])
        message = f"You cannot expand more than 4 levels of a property. Property: {path}"
        assert (caught.value.http_status, caught.value.code) == (400, "property_expansion_max_depth")
        assert caught.value.json_body["error"]["message"] == message


def test_a_stripe_context_is_refused(stripe_balance):
    """The header Stripe-Context would choose another world, so it is refused out loud."""
    with stripe_balance.refused(match="Stripe-Context"):
        v1(stripe.StripeClient("sk_test_x", stripe_context="acct_1")).customers.create()


EXCLUSIVE = (
    lambda _: stripe.Customer.list(starting_after="cus_1", ending_before="cus_2"),
    lambda _: stripe.Event.list(type="charge.succeeded", types=["charge.succeeded"]),
    lambda _: stripe.PaymentIntent.create(
        amount=100,
        currency="usd",
        payment_method="pm_1",
        payment_method_data={"type": "customer_balance"},
    ),
    lambda _: stripe.PaymentIntent.create(
        amount=100,
        currency="usd",
        allowed_payment_method_types=["card"],
        automatic_payment_methods={"enabled": True},
    ),
)


@pytest.mark.parametrize("call", EXCLUSIVE)
def test_parameters_that_exclude_each_other_are_refused(stripe_balance, call):
    """Neither of two exclusive parameters is quietly left out."""
    with stripe_balance.refused(match="exclude each other"):
        call(stripe_balance)


@pytest.mark.parametrize("method", ["get", "post"])
def test_search_is_refused_and_not_taken_for_an_id(stripe_balance, method):
    """An endpoint that isn't modelled isn't answered by its neighbour's row."""
    url = "https://api.stripe.com/v1/refunds/search"
    with stripe_balance.refused(match="/search: the fake does not model"):
        stripe.RequestsClient().request(method, url, {"Authorization": "Bearer sk_test_1"})


def test_an_event_names_the_request_that_caused_it(stripe_balance):
    """Events carry the request's id and its idempotency key."""
    customer = stripe.Customer.create(idempotency_key="mine")
    (event,) = stripe_balance.events("customer.created")
    told = as_dict(event)["request"]
    assert told["idempotency_key"] == "mine"
    assert told["id"] == customer.last_response.request_id


@pytest.mark.stripe_balance(now=1_700_000_000)
def test_time_moves_one_second_after_what_creates_something(stripe_balance):
    """Reads leave the clock alone, so that ages are told apart by what happened between."""
    first = stripe_balance.customer()
    stripe.Customer.retrieve(first.id)
    second = stripe_balance.customer()
    assert (first.created, second.created) == (1_700_000_000, 1_700_000_001)


HOSTILE_BODIES = {
    "deep nesting": "metadata" + "[a]" * 5000 + "=1",
    "thousands of keys": "&".join(f"metadata[k{n}]=v" for n in range(5000)),
    "an escape of nothing": "name=%zz",
    "invalid UTF-8": "name=%ff%fe",
    "brackets that don't match": "metadata[[a]=1",
    "a value and a hash": "name=a&name[b]=c",
    "a megabyte of one name": "a" * 2**20 + "=1",
}


@pytest.mark.parametrize("body", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES)
@pytest.mark.parametrize("method", ["post", "get"])
def test_a_hostile_body_is_a_400_and_changes_nothing(
    method, body, stripe_balance, everything_in, _stripe_session
):
    """What can't be read is Stripe's kind of error, in a form or in a query, and frees its key."""
    before = everything_in(_stripe_session.world)
    url, headers = "https://api.stripe.com/v1/customers", {"Authorization": "Bearer sk_test_1"}
    headers["Idempotency-Key"] = "hostile"
    sent = (url, headers, body) if method == "post" else (f"{url}?{body}", headers, None)
    text, status, told = stripe.RequestsClient().request(method, *sent)
    error = json.loads(text)["error"]
    assert (status, error["type"]) == (400, "invalid_request_error")
    assert len(error["message"]) < 2 * 2**20
    assert "Stripe-Should-Retry" not in told
    assert everything_in(_stripe_session.world) == before
    assert stripe.Customer.create(idempotency_key="hostile").id


SDK_ERRORS = [
    (400, stripe.InvalidRequestError, lambda: stripe.Customer.list(limit="x")),
    (401, stripe.AuthenticationError, lambda: stripe.Customer.list(api_key="junk")),
    (403, stripe.PermissionError, lambda: stripe.Customer.list(stripe_account="odd one")),
    (404, stripe.InvalidRequestError, lambda: stripe.Customer.retrieve("cus_nope")),
]


@pytest.mark.parametrize(("status", "error", "call"), SDK_ERRORS)
def test_stripe_python_raises_its_own_class_for_each_status(status, error, call, stripe_balance):
    """The error classes are stripe-python's, made from the answer's status and type."""
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert caught.value.http_status == status


@pytest.mark.stripe_balance(assume={"apply-above-balance": "card_error"})
def test_a_402_is_stripe_pythons_card_error(stripe_balance):
    """The reading of the register that answers 402 raises CardError."""
    intent = stripe_balance.bank_transfer_intent(manual(stripe_balance), 1000)
    with pytest.raises(stripe.CardError) as caught:
        stripe.PaymentIntent.apply_customer_balance(intent.id, amount=1000)
    assert (caught.value.http_status, caught.value.code) == (402, "insufficient_funds")


KEYS = {
    "Bearer sk_test_1": 200,
    "Bearer rk_test_1": 200,
    "bearer sk_test_1": 200,
    "Basic " + base64.b64encode(b"sk_test_1:").decode(): 200,
    "Bearer pk_test_1": 403,
    "Bearer sk_test": 401,
    "Bearer whsec_1": 401,
    "Basic %%%": 401,
    "Basic é": 401,
    "Digest sk_test_1": 401,
    "Bearer ": 401,
    "": 401,
}


@pytest.mark.parametrize(("given", "status"), KEYS.items())
def test_a_key_is_taken_by_its_kind(given, status, stripe_balance):
    """Secret and restricted test keys are let in, Basic or Bearer; what a key was is masked."""
    headers = {"Authorization": given} if given else {}
    url = "https://api.stripe.com/v1/customers"
    body, told, _ = stripe.RequestsClient().request("get", url, headers, None)
    assert told == status
    assert "whsec_1" not in str(body)
    if status == 401:
        message = json.loads(body)["error"]["message"]
        missing = given in ("Bearer ", "", "Basic %%%", "Basic é", "Digest sk_test_1")
        start = "You did not provide an API key." if missing else "Invalid API Key provided: "
        assert message.startswith(start)


def test_raw_requests_are_answered(stripe_balance):
    """`StripeClient.raw_request` goes the same road."""
    client = stripe.StripeClient("sk_test_1")
    made = client.raw_request("post", "/v1/customers", name="Ada")
    told = client.deserialize(made, api_mode="V1")
    assert (told.object, told.name) == ("customer", "Ada")


def test_auto_paging_is_stable_while_objects_are_added(stripe_balance):
    """What is made during the walk comes before its cursor: nothing is told twice or left out."""
    made = [stripe_balance.customer().id for _ in range(7)]
    seen = []
    for customer in stripe.Customer.list(limit=2).auto_paging_iter():
        seen.append(customer.id)
        stripe_balance.customer()
        assert len(seen) <= 7
    assert seen == made[::-1]


def test_async_auto_paging_gives_everything_once(stripe_balance):
    """Async clients walk a list as sync ones do."""
    made = [stripe_balance.customer().id for _ in range(15)]

    async def walk():
        client = stripe.StripeClient("sk_test_1", http_client=stripe.HTTPXClient())
        first = await v1(client).customers.list_async({"limit": 4})
        return [one.id async for one in first.auto_paging_iter()]

    assert asyncio.run(walk()) == made[::-1]


def test_expand_works_on_create_and_update(stripe_balance):
    """What is made or changed is answered with its objects inside."""
    customer = manual(stripe_balance)
    intent = stripe_balance.bank_transfer_intent(
        customer, 1000, expand=["customer.cash_balance", "payment_method"]
    )
    assert intent.customer.cash_balance.object == "cash_balance"
    assert intent.payment_method.type == "customer_balance"
    changed = stripe.PaymentIntent.modify(intent.id, metadata={"a": "b"}, expand=["customer"])
    assert changed.customer.id == customer.id
    with pytest.raises(stripe.InvalidRequestError, match=r"cannot be expanded \(colour\)"):
        stripe.PaymentIntent.modify(intent.id, amount=500, expand=["colour"])
    assert stripe.PaymentIntent.retrieve(intent.id).amount == 1000


@pytest.mark.parametrize("account", ["odd one", "acct_", "acct_1/2", "cus_1"])
def test_a_malformed_account_is_a_403(account, stripe_balance):
    """A Stripe-Account that can't be one opens no world; the answer has no request id."""
    with pytest.raises(stripe.PermissionError) as caught:
        stripe.Customer.create(stripe_account=account)
    assert caught.value.json_body["error"]["code"] == "account_invalid"
    assert "Request-Id" not in caught.value.headers
    assert stripe.Customer.list().data == []


@pytest.mark.parametrize(
    ("tail", "names", "message"),
    [
        ("", ["foo"], "Received unknown parameter: foo"),
        ("/confirm", ["amount", "currency"], "Received unknown parameters: amount, currency"),
        ("/cancel", ["foo", "bar"], "Received unknown parameters: foo, bar"),
    ],
)
def test_unknown_parameters_of_an_intent_embed_it(tail, names, message, stripe_balance):
    """The first is the param, and the intent that the path names is in the answer as it is."""
    intent = stripe_balance.bank_transfer_intent(stripe_balance.customer(), 1000)
    client = stripe.StripeClient("sk_test_1")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.raw_request("post", f"/v1/payment_intents/{intent.id}{tail}", **dict.fromkeys(names, "x"))
    error = caught.value.json_body["error"]
    assert (error["code"], error["param"], error["message"]) == ("parameter_unknown", names[0], message)
    assert error["payment_intent"] == as_dict(stripe.PaymentIntent.retrieve(intent.id))


@pytest.mark.parametrize("path", ["/v1/payment_intents", "/v1/payment_intents/pi_nope", "/v1/customers"])
def test_unknown_parameters_elsewhere_embed_nothing(path, stripe_balance):
    """There is no intent that they could be about."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.StripeClient("sk_test_1").raw_request("post", path, foo="x")
    assert caught.value.code == "parameter_unknown"
    assert "payment_intent" not in caught.value.json_body["error"]
