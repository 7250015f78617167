"""`stripe_stubs`: answers to calls that the fake doesn't model."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
import stripe
from majors import as_dict, v1

from pytest_stripe_balance import fake_stripe, resources
from pytest_stripe_balance.api import routes
from pytest_stripe_balance.contract.answer_objects import AnswerObject, answer_object
from pytest_stripe_balance.contract.contract import contract

PAYOUTS = "POST /v1/payouts"
PAYOUT = {"amount": 100, "currency": "usd"}


def _payout():
    return stripe.Payout.create(**PAYOUT)


def test_an_answer_is_completed_by_its_type(stripe_stubs):
    """What the test names is there; id, time and required keys are made up."""
    stub = stripe_stubs.answer(PAYOUTS, {"status": "in_transit", "amount": 7})
    payout = _payout()
    assert (payout.object, payout.status, payout.amount) == ("payout", "in_transit", 7)
    assert payout.id.startswith("po_")
    assert (stub.call, stub.called) == (PAYOUTS, 1)
    assert stub.requests[0].form == {"amount": "100", "currency": "usd"}


def test_the_id_in_the_path_is_the_objects(stripe_stubs):
    """As Stripe answers a retrieve."""
    stripe_stubs.answer("GET /v1/payouts/{payout}", {"status": "paid"}, reusable=True)
    assert [stripe.Payout.retrieve(one).id for one in ("po_1", "po_2")] == ["po_1", "po_2"]


@pytest.mark.parametrize("call", ["GET /v1/payouts/{}", "GET /v1/payouts/po_1"])
def test_neither_a_name_nor_a_placeholder_is_needed_for_the_id(stripe_stubs, call):
    """As `calls --in` lists a call, and of a literal path."""
    stripe_stubs.answer(call, {"status": "paid"})
    assert stripe.Payout.retrieve("po_1").id == "po_1"


def test_the_id_of_what_is_above_is_not_the_objects(stripe_stubs):
    """It is shown where the object has a key of its name."""
    stripe_stubs.answer("POST /v1/accounts/{id}/persons", {})
    person = stripe.Account.create_person("acct_1")
    assert (person.id[:7], person.account) == ("person_", "acct_1")
    stripe_stubs.answer("POST /v1/customers/{id}/tax_ids", {})
    tax_id = stripe.Customer.create_tax_id("cus_1", type="eu_vat", value="DE1")
    assert (tax_id.id[:4], tax_id.customer, tax_id.value) == ("txi_", "cus_1", "DE1")


def test_what_was_sent_is_shown(stripe_stubs):
    """Where the object has a key for it that takes the value; what the test gives goes before it."""
    sent = {"product": "prod_1", "amount": 5, "currency": "usd", "interval": "month"}
    stripe_stubs.answer("POST /v1/plans", {"currency": "eur"})
    tenth = {"divide_by": 10, "round": "up"}
    plan = stripe.Plan.create(**sent, transform_usage=tenth, metadata={"a": "b"})
    assert (plan.product, plan.amount, plan.currency) == ("prod_1", 5, "eur")
    assert (plan.transform_usage.divide_by, plan.metadata["a"]) == (10, "b")
    stripe_stubs.answer("POST /v1/tax_rates", {})
    rate = stripe.TaxRate.create(display_name="VAT", percentage=19.5, inclusive=False)
    assert (rate.percentage, rate.inclusive) == (19.5, False)


def test_what_was_sent_in_another_shape_is_not_shown(stripe_stubs):
    """As a subscription's items, and a card's number."""
    stripe_stubs.answer("POST /v1/subscriptions", {})
    made = stripe.Subscription.create(customer="cus_1", items=[{"price": "price_1"}])
    assert (made.customer, made["items"].data) == ("cus_1", [])
    stripe_stubs.answer("POST /v1/tokens", {})
    card = {"number": "4242424242424242", "exp_month": 1, "exp_year": 2030, "cvc": "1"}
    assert "4242424242424242" not in str(stripe.Token.create(card=card))


def test_a_literal_word_in_a_path_is_no_id(stripe_stubs):
    """An invoice's preview has rules of its own."""
    stripe_stubs.answer("POST /v1/invoices/create_preview", {"amount_due": 7})
    assert stripe.Invoice.create_preview(customer="cus_1", subscription="sub_1").amount_due == 7


@pytest.mark.parametrize("content", [b"hello", b"\r\n\r\n--x\xff"])
def test_a_file_may_be_uploaded(stripe_stubs, stripe_balance, content):
    """Its fields are held to Stripe's rule, and its name stands for it in requests and reports."""
    stub = stripe_stubs.answer("POST /v1/files", {}, reusable=True)
    file = stripe.File.create(purpose="dispute_evidence", file=io.BytesIO(content))
    assert (file.object, file.purpose) == ("file", "dispute_evidence")
    assert stub.requests[0].form == {"purpose": "dispute_evidence", "file": "blob"}
    assert "file=blob" in stripe_balance.report()
    with pytest.raises(stripe.InvalidRequestError, match="Invalid purpose"):
        stripe.File.create(purpose="dispute", file=io.BytesIO(content))


def test_a_list_has_its_items_completed(stripe_stubs):
    """And its URL; without `data` it is empty."""
    stripe_stubs.answer("GET /v1/payouts", {"data": [{"status": "paid"}]})
    stripe_stubs.answer("GET /v1/payouts", {})
    (payout,) = stripe.Payout.list().data
    assert (payout.object, payout.status) == ("payout", "paid")
    assert as_dict(stripe.Payout.list()) | {"data": []} == {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": "/v1/payouts",
    }


def test_a_deleted_object_says_so(stripe_stubs):
    """In its deleted form."""
    stripe_stubs.answer("DELETE /v1/plans/{plan}", {})
    gone = stripe.Plan.delete("price_1")
    assert as_dict(gone) == {"id": "price_1", "object": "plan", "deleted": True}


def test_what_is_not_gone_after_a_delete_says_nothing_of_it(stripe_stubs):
    """A subscription is canceled, and an object below another has its own id."""
    stripe_stubs.answer("DELETE /v1/subscriptions/{id}", {"status": "canceled"})
    assert "deleted" not in as_dict(stripe.Subscription.cancel("sub_1"))
    stripe_stubs.answer("DELETE /v1/customers/{customer}/tax_ids/{id}", {})
    gone = {"id": "txi_1", "object": "tax_id", "deleted": True}
    assert as_dict(stripe.Customer.delete_tax_id("cus_1", "txi_1")) == gone


def test_a_function_answers_with_the_request_and_the_ids_that_it_names(stripe_stubs):
    """A dict, or a status and a dict."""
    stripe_stubs.answer(
        "GET /v1/payouts/{po}", lambda request, po: {"id": po, "description": request.method}
    )

    @stripe_stubs.answers(PAYOUTS)
    def create(request):
        return 200, {"amount": int(request.form["amount"]) * 2}

    assert stripe.Payout.retrieve("po_7").description == "GET"
    assert _payout().amount == 200


def test_a_function_may_use_the_builders_and_stripe(stripe_balance, stripe_stubs):
    """It runs outside of the answer to the request."""

    @stripe_stubs.answers(PAYOUTS)
    def create(_):
        customer = stripe_balance.customer()
        return {"description": stripe.Customer.retrieve(customer.id).id}

    assert _payout().description.startswith("cus_")


def test_several_stubs_for_a_call_answer_in_turn(stripe_stubs, stripe_balance):
    """Each as often as it says; then the refusal names the last one's line and the way on."""
    stripe_stubs.answer(PAYOUTS, {"amount": 1}, times=2)
    stripe_stubs.answer(PAYOUTS, {"amount": 2})
    assert [_payout().amount for _ in range(3)] == [1, 1, 2]
    told = r"^POST /v1/payouts: its stub \(.*test_stubs.py:\d+ in .*has answered as often as it was to"
    with stripe_balance.refused(match=told):
        _payout()


def test_a_literal_path_goes_before_a_template(stripe_stubs):
    """Whichever was made first."""
    stripe_stubs.answer("GET /v1/payouts/{payout}", {"amount": 1})
    stripe_stubs.answer("GET /v1/payouts/po_2", {"amount": 2, "id": "po_2"})
    assert [stripe.Payout.retrieve(one).amount for one in ("po_2", "po_1")] == [2, 1]


def test_a_search_is_no_retrieve(stripe_stubs):
    """Its last word is no id, and its parameters are its own."""
    stripe_stubs.answer("GET /v1/subscriptions/{id}", {}, optional=True)
    stripe_stubs.answer("GET /v1/subscriptions/search", {"data": [{"status": "paused"}]})
    found = stripe.Subscription.search(query="status:'paused'").data
    assert [one.status for one in found] == ["paused"]


def test_an_error_is_raised_as_stripes(stripe_stubs):
    """With its code, as `stripe_faults.error`."""
    stripe_stubs.error(PAYOUTS, 400, code="balance_insufficient", message="No money")
    with pytest.raises(stripe.InvalidRequestError, match="No money") as caught:
        _payout()
    assert caught.value.code == "balance_insufficient"


def test_parameters_are_held_to_stripes_rule(stripe_stubs):
    """A slip gets Stripe's own 400, and the stub isn't used up."""
    stub = stripe_stubs.answer(PAYOUTS, {})
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: colour"):
        stripe.Payout.create(**PAYOUT, colour="blue")
    assert (stub.called, _payout().object) == (0, "payout")


def test_a_key_replays_the_answer(stripe_stubs, stripe_balance):
    """As of a modelled call; so a lost answer's retry gets it, and uses up no stub."""
    stripe_stubs.answer(PAYOUTS, {"amount": 1})
    first, second = (stripe.Payout.create(**PAYOUT, idempotency_key="k").id for _ in range(2))
    assert first == second
    assert [(one.stub, one.replayed) for one in stripe_balance.requests] == [
        (PAYOUTS, False),
        (PAYOUTS, True),
    ]


def test_a_fault_meets_a_stubbed_call(stripe_stubs, stripe_faults, stripe_balance):
    """The answer is lost, and stripe-python's retry gets it."""
    stripe_stubs.answer(PAYOUTS, {"amount": 1})
    stripe_faults.lose_answer(PAYOUTS)
    client = v1(stripe.StripeClient("sk_test_1", max_network_retries=2))
    assert client.payouts.create(PAYOUT).amount == 1
    assert [one.fault for one in stripe_balance.requests] == ["lose_answer", ""]


@pytest.mark.parametrize(
    ("call", "given", "told"),
    [
        (PAYOUTS, {"amount": "x"}, "amount"),
        (PAYOUTS, {"currency": None}, "currency"),
        (PAYOUTS, {"reconciliation_status": "on the way"}, "reconciliation_status"),
        (
            "GET /v2/core/events/{id}",
            {},
            "calls of the API v2 have no schemas, so they can't be named here",
        ),
        ("GET /v1/payouts", {"id": "po_1"}, """has no key 'id'; give {"data": [{...}]}"""),
        ("POST /v1/refundz", {}, "nearest: POST /v1/refunds, GET /v1/refunds, POST /v1/refunds/"),
        ("POST /v1/payuots", {}, "Stripe has no call 'POST /v1/payuots'; nearest: POST /v1/payouts"),
        ("POST /v1/customers", {}, "the fake answers POST /v1/customers itself. stripe_faults has"),
        ("GET /v1/customers/{id}", {}, "the fake answers GET /v1/customers/{customer} itself"),
        ("GET /v1/customers/cus_1", {}, "the fake answers GET /v1/customers/{customer} itself"),
    ],
)
def test_a_wrong_stub_fails_where_it_is_made(stripe_stubs, call, given, told):
    """In one line, and it isn't waited for."""
    with pytest.raises(ValueError, match=r"^stripe_stubs\.answer: ") as caught:
        stripe_stubs.answer(call, given)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


NO_ANSWERS = [
    {"amount": "x"},
    None,
    (200,),
    (200, {}, 3),
    ("200", {}),
    (700, {}),
    (500, {"status": "paid"}),
    (402, {"error": {"code": "card_decline"}}),
    (200, {"error": {}}),
]


@pytest.mark.parametrize("made", NO_ANSWERS, ids=repr)
def test_a_functions_wrong_answer_is_refused_with_the_stubs_line(stripe_stubs, stripe_balance, made):
    """It is known when the function answers."""
    stripe_stubs.answer(PAYOUTS, lambda _: made)
    with stripe_balance.refused(match=r"^POST /v1/payouts: its stub \(.*test_stubs.py:\d+ in test_"):
        _payout()


def test_a_function_may_answer_an_error_of_stripes(stripe_stubs):
    """As its body has it, with the status."""
    error = {
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "lost_card",
        "message": "No.",
    }
    stripe_stubs.answer(PAYOUTS, lambda _: (402, {"error": error}))
    with pytest.raises(stripe.CardError, match=r"No\.") as caught:
        _payout()
    assert as_dict(caught.value.json_body)["error"].items() >= error.items()


def _key_error(_):
    return {}["missing"]


def test_what_a_function_raises_is_refused_and_no_error_of_stripes(stripe_stubs, stripe_balance):
    """An app that catches every Exception doesn't hide a mistake in the stub."""
    stripe_stubs.answer(PAYOUTS, _key_error)
    told = r"^POST /v1/payouts: its stub \(.*test_stubs.py:\d+ in .* raised KeyError: 'missing'"
    with stripe_balance.refused(match=told), suppress(Exception):
        _payout()


def test_stripes_errors_that_a_function_raises_reach_the_app(stripe_stubs):
    """A function may let a call fail as stripe-python's client would."""

    def fail(_):
        raise stripe.APIConnectionError("cut off")

    stripe_stubs.answer(PAYOUTS, fail)
    with pytest.raises(stripe.APIConnectionError, match="cut off"):
        _payout()


def test_a_stub_answers_no_more_threads_than_it_is_to(stripe_stubs, stripe_balance):
    """A thread that comes while the function of the only stub runs finds none left."""
    begun, asked = threading.Event(), threading.Event()

    def slow(_):
        begun.set()
        return {"amount": int(asked.wait(5))}

    stripe_stubs.answer(PAYOUTS, slow)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(_payout)
        begun.wait(5)
        with stripe_balance.refused(match="payouts"):
            _payout()
        asked.set()
        assert first.result().amount == 1


def test_a_key_is_in_use_while_a_function_answers(stripe_stubs):
    """The same request from another thread gets Stripe's 409, so that a function acts once a key."""
    begun, asked = threading.Event(), threading.Event()

    def slow(_):
        begun.set()
        return {"amount": int(asked.wait(5))}

    stripe_stubs.answer(PAYOUTS, slow, reusable=True)
    client = v1(stripe.StripeClient("sk_test_1", max_network_retries=0))

    def pay():
        return client.payouts.create(PAYOUT, {"idempotency_key": "key-of-both"})

    with ThreadPoolExecutor() as pool:
        first = pool.submit(pay)
        begun.wait(5)
        with pytest.raises(stripe.StripeError) as caught:
            pay()
        asked.set()
        paid = first.result().id
    assert (caught.value.http_status, pay().id) == (409, paid)


def test_a_stub_that_is_never_called_fails_the_test(project):
    """Unless it is optional, or was made in a fixture."""
    result = project.test("""
        import pytest

        @pytest.fixture(autouse=True)
        def in_a_fixture(stripe_stubs):
            stripe_stubs.answer("GET /v1/payouts", {})

        def test_optional(stripe_stubs):
            stripe_stubs.answer("POST /v1/payouts", {}, optional=True)

        def test_missed(stripe_stubs):
            stripe_stubs.answer("POST /v1/payouts", {})
    """)
    result.assert_outcomes(passed=2, errors=1)
    told = r"POST /v1/payouts: no request of the test has come to its stub \(.*\.py:\d+ in test_missed\)"
    result.stdout.re_match_lines([told])


def test_a_stub_for_a_call_that_came_later_is_left_out(project, monkeypatch):
    """So that an upgrade breaks nobody: the fake answers, and one line of the summary says so."""
    found = routes.match

    def match(method, path):
        row = found(method, path)
        return row and (replace(row[0], since_release="0.3.0"), row[1])

    monkeypatch.setattr(routes, "match", match)
    result = project.test("""
        import stripe

        def test_it(stripe_stubs):
            stub = stripe_stubs.answer("POST /v1/customers", {"name": "Ada"})
            assert stripe.Customer.create(name="Grace").name == "Grace"
            assert stub.called == 0

        def test_never_called(stripe_stubs):
            stripe_stubs.error("POST /v1/customers", 400)
    """)
    result.assert_outcomes(passed=2)
    line = "stripe: the fake answers POST /v1/customers since 0.3.0: take the stub out (2 tests)"
    assert line in result.outlines


def test_a_block_of_fake_stripe_has_stubs_too():
    """And misses those that were never called."""
    with fake_stripe() as stripe_balance:
        stripe_balance.stubs.answer(PAYOUTS, {"amount": 1})
        assert _payout().amount == 1
    with pytest.raises(AssertionError, match="POST /v1/payouts: no request"), fake_stripe() as balance:
        balance.stubs.answer(PAYOUTS, {})


def test_a_wider_worlds_stubs_hold_in_each_test(project):
    """And are optional there."""
    result = project.test("""
        import pytest, stripe

        @pytest.fixture(scope="module")
        def stubs(module_stripe_balance):
            module_stripe_balance.stubs.answer("GET /v1/payouts", {}, optional=False)

        @pytest.mark.parametrize("number", range(2))
        def test_it(stubs, module_stripe_balance, number):
            assert stripe.Payout.list().data == []

        def test_without(stubs, module_stripe_balance): pass
    """)
    result.assert_outcomes(passed=3)


def test_a_refusal_ends_with_the_stub_that_answers(stripe_balance):
    """To paste into the test."""
    with stripe_balance.refused(match=r'\n    stripe_stubs\.answer\("POST /v1/payouts", \{\}\)$'):
        _payout()


def test_the_state_marks_a_stubs_answer(stripe_balance, stripe_stubs):
    """In the report of a failing test."""
    stripe_stubs.answer(PAYOUTS, {})
    _payout()
    assert "[stripe_stubs]" in stripe_balance.report()


def test_the_summary_counts_what_stubs_answered(project):
    """In one line."""
    result = project.test("""
        import stripe

        def test_it(stripe_stubs):
            stripe_stubs.answer("GET /v1/payouts", {}, times=2)
            stripe.Payout.list()
            stripe.Payout.list()
    """)
    assert "stripe: stubs answered 2 requests in 1 test" in result.outlines


@pytest.mark.parametrize("version", resources.modelled_versions())
def test_the_object_of_an_answer_is_known_for_each_call(version):
    """Whatever the words of its path, at every version."""
    shapes = contract(version)
    unknown = [one for one in shapes.endpoints if answer_object(one, shapes.objects) is None]
    assert unknown == []


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (PAYOUTS, AnswerObject("payout")),
        ("GET /v1/payouts", AnswerObject("payout", "list")),
        ("GET /v1/prices/search", AnswerObject("price", "search_result")),
        ("POST /v1/checkout/sessions", AnswerObject("checkout.session")),
        ("GET /v1/test_helpers/test_clocks", AnswerObject("test_helpers.test_clock", "list")),
        ("GET /v1/accounts/{account}/external_accounts", AnswerObject("bank_account", "list")),
        ("GET /v1/balance", AnswerObject("balance")),
    ],
)
def test_the_words_of_a_path_name_its_object(call, found):
    """In any of the ways that Stripe has for it."""
    assert answer_object(call, contract(resources.newest_api_version()).objects) == found
