import copy
import json
from pathlib import Path

import jsonschema_rs
import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance.api.message import Headers, Request, Response
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.contract.findings import DEFAULT_LEVELS
from pytest_stripe_balance.contract.parsed import parse
from pytest_stripe_balance.resources import modelled_versions, newest_api_version

pytestmark = pytest.mark.usefixtures("at_newest_version")


@pytest.fixture(scope="module")
def shapes():
    return contract(newest_api_version())


@pytest.fixture
def intent(stripe_balance):
    customer = stripe_balance.customer(reconciliation="manual")
    made = stripe_balance.bank_transfer_intent(customer, 1000)
    paths = ["payment_method", "customer.cash_balance"]
    return as_dict(stripe.PaymentIntent.retrieve(made.id, expand=paths))


BROKEN = (
    # path to change, new value (None stands for "gone"), where and which rule
    ("amount", None, "$", "required"),
    ("amount", "1000", "$.amount", "type"),
    ("amount", 10.5, "$.amount", "type"),
    ("client_secret", 5, "$.client_secret", "type"),
    ("object", "charge", "$", "required"),
    ("next_action.type", 1, "$.next_action.type", "type"),
    ("next_action.display_bank_transfer_instructions.amount_remaining", "x",
     "$.next_action.display_bank_transfer_instructions.amount_remaining", "type"),
    ("payment_method.type", None, "$.payment_method", "required"),
    ("customer.cash_balance.settings.using_merchant_default", "yes",
     "$.customer.cash_balance.settings.using_merchant_default", "type"),
    ("metadata", {"a": 1}, "$.metadata.a", "type"),
)  # fmt: skip


@pytest.mark.parametrize(("where", "value", "path", "rule"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_fault_of_shape_is_found_where_it_is(shapes, intent, where, value, path, rule):
    """The finding names the object, the path, the rule and the value."""
    document = copy.deepcopy(intent)
    assert shapes.check(document) == []
    *outer, key = where.split(".")
    inner = document
    for part in outer:
        inner = inner[part]
    inner[key] = value
    if value is None:
        del inner[key]
    findings = shapes.check(document)
    assert findings
    assert any(finding.path == path and finding.rule.startswith(rule) for finding in findings)


def test_a_wrong_object_in_an_expandable_is_found(shapes, intent):
    """An expandable field takes an id or its own object, no other."""
    intent["payment_method"]["object"] = "customer"
    assert any("payment_method" in finding.path for finding in shapes.check(intent))


def test_a_key_that_is_not_documented_is_additive(shapes, intent):
    """Stripe adds keys at any time; that breaks nothing and is told as what it is."""
    intent["brand_new"] = {"object": "unheard_of"}
    (finding,) = shapes.check(intent)
    assert (finding.kind, finding.path) == ("additive", "$.brand_new")


def test_a_value_that_is_not_documented_is_an_enum_finding(shapes, intent):
    """An enum is open: another value is told apart from a wrong type."""
    intent["status"] = "requires_patience"
    (finding,) = shapes.check(intent)
    assert (finding.kind, finding.path, finding.value) == ("enum", "$.status", '"requires_patience"')


@pytest.mark.parametrize(
    ("text", "kinds"), [(b"1000.0", ["breaking"]), (b"1000", []), (b"1e3", ["breaking"])]
)
def test_an_integer_written_as_a_float_is_breaking(shapes, intent, text, kinds):
    """1000.0 where an integer is due is another type, though draft 2020-12 lets it pass."""
    body = json.dumps(intent).encode().replace(b'"amount": 1000', b'"amount": ' + text)
    findings = shapes.check_parsed(parse(body))
    assert [(finding.kind, finding.path) for finding in findings] == [
        (kind, "$.amount") for kind in kinds
    ]


def test_a_finding_masks_secrets(shapes, intent):
    """A value with a secret in it is shown without the secret."""
    intent["amount"] = f"{intent['client_secret']} sk_test_abcdefghijkl ada@lovelace.org"
    (finding,) = shapes.check(intent)
    assert "_secret_***" in finding.value
    assert "abcdefghijkl" not in finding.value
    assert "ada@" not in finding.value


def test_metadata_is_the_users_own(shapes, intent):
    """A key of metadata that looks like a Stripe object isn't taken for one."""
    intent["metadata"] = {"object": "charge"}
    assert shapes.check(intent) == []


def test_each_item_of_a_list_is_checked(shapes, intent):
    """A fault inside a list's item is found at its index."""
    listed = {
        "object": "list",
        "data": [intent, {**intent, "amount": "x"}],
        "has_more": False,
        "url": "/",
    }
    (finding,) = shapes.check(listed)
    assert (finding.path, finding.object) == ("$.data[1].amount", "payment_intent")


def test_an_answer_that_breaks_the_contract_fails_the_test(stripe_balance, _stripe_session, monkeypatch):
    """Every answer that passes the tap is checked, whoever made it."""
    dispatch = _stripe_session.dispatch
    answer = dispatch.answer

    def without_livemode(request):
        response = answer(request)
        return Response(
            response.status, response.headers, response.body.replace(b'"livemode":false,', b"")
        )

    monkeypatch.setattr(dispatch, "answer", without_livemode)
    with stripe_balance.refused(match=r"customer at \$ breaks required"):
        stripe.Customer.create()


@pytest.mark.stripe_balance(contract={"breaking": "information", "vanished": "information"})
def test_a_level_below_error_lets_the_answer_pass(stripe_balance, _stripe_session, monkeypatch):
    """With breaking=information a fault of shape fails nothing, and the summary is spared it."""
    dispatch = _stripe_session.dispatch
    answer = dispatch.answer
    monkeypatch.setattr(
        dispatch,
        "answer",
        lambda request: Response(200, answer(request).headers, b'{"object":"customer","id":"cus_1"}'),
    )
    assert stripe.Customer.create().id == "cus_1"


def test_validators_are_compiled_once_per_object(shapes, intent, monkeypatch):
    """A second check of the same kind of object compiles nothing."""
    shapes.check(intent)
    monkeypatch.setattr(jsonschema_rs, "validator_for", None)
    assert shapes.check(intent) == []


@pytest.mark.parametrize("api_version", modelled_versions())
def test_a_rule_is_whole(api_version):
    """No reference is left in it; an endpoint that the version lacks has none."""
    shapes = contract(api_version)
    rules = {endpoint: shapes.rule(endpoint) for endpoint in shapes.endpoints}
    assert "$ref" not in json.dumps(rules)
    assert shapes.rule("POST /v1/nothing") is None
    assert shapes.rule("POST /v1/customers/{customer}/nothing") is None


def test_another_object_than_the_endpoint_returns_is_no_answer(stripe_balance, _stripe_session):
    """A customer in an intent's place fails the call, however well it is shaped itself."""
    stripe_balance.customer()
    customer = _stripe_session.exchanges[-1].response
    request = Request("GET", "https://api.stripe.com/v1/payment_intents/pi_1", Headers())
    with stripe_balance.refused(match=r"breaking: payment_intent at \$\.object .*const: payment_intent"):
        _stripe_session.observe(request, customer)


def test_each_kind_of_finding_is_on_the_page_with_its_level():
    """A new kind is a row of docs/contract.md too."""
    page = (Path(__file__).parents[2] / "docs" / "contract.md").read_text("utf-8")
    rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    levels = {row[0]: row[2] for row in rows if len(row) == 3 and row[0] in DEFAULT_LEVELS}
    assert levels == DEFAULT_LEVELS
