"""What a text may be: an e-mail address, a choice, no longer than its limit; at every endpoint and version."""

from functools import cache

import pytest
import stripe
from majors import as_dict, encoded

from pytest_stripe_balance.api import form, parameters, routes, texts
from pytest_stripe_balance.contract.contract import contract
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.resources import modelled_versions, newest_api_version

INVALID = [
    *("nobody", "ann@com", "ann@localhost", "@example.com", "ann@", "a@b@example.com"),
    *(
        " ann@example.com",
        "ann@example.com ",
        "an n@example.com",
        "ann@exam ple.com",
        "ann@example.com\n",
    ),
    *("ann\uff20example.com", "\uff41nn@example.com", "ann@example\uff0ecom", "ann\u3000@example.com"),
    *(f"ann{wide}@example.com" for wide in "\uff5f\uff60\uffe0\uffe1\uffe2\uffe3\uffe4\uffe5\uffe6"),
    *("ann@example.", "ann@.com", "ann@example..com"),
]
VALID = [
    *("ann@example.com", "ann+bar@sub.example.co.uk", "O'Hara@example.com", "Ann@Example.COM"),
    *("ann\uff00@example.com", "ann\uff61@example.com", "ann\uffe8@example.com"),  # none of full width
    *("a@b.c", "a..b@example.com", "{}@example.com", "ann@xn--bcher-kva.example"),
]


def leaves(rule, path=()):
    """List the texts of a rule, nested ones too: the hashes on the way to each, and its own rule."""
    for name, inner in rule.get("properties", {}).items():
        yield from leaves(inner, (*path, (name, rule)))
    for inner in rule.get("anyOf", ()):
        yield from leaves(inner, path)
    if "items" in rule:
        yield from leaves(rule["items"], (*path, ("0", {})))
    if rule.get("type") == "string":
        yield path, rule


@cache
def all_texts():
    """Name the texts of every endpoint at every version."""
    return [
        (version, row.name, path, rule)
        for version in modelled_versions()
        for row in routes.ENDPOINTS
        if (of_row := contract(version).rule(row.name))
        for path, rule in leaves(of_row)
    ]


def sample(rule):
    """Make a value that a rule takes."""
    match rule:
        case {"enum": [first, *_]}:
            return first
        case {"type": "object", "properties": members}:
            return {name: sample(members[name]) for name in rule["required"] or list(members)[:1]}
        case {"type": "object"}:
            return {"a": "b"}
        case {"type": "array"}:
            return [sample(rule["items"])]
        case {"anyOf": [first, *_]}:
            return sample(first)
        case {"type": kind}:
            return {"string": "x", "integer": 5, "number": 5, "boolean": "true"}[kind]
    return "x"


def asked(path, value):
    """Make parameters that give one text, with all that is required beside it."""
    for name, beside in reversed(path):
        required = {one: sample(beside["properties"][one]) for one in beside.get("required", ())}
        value = {**required, name: value}
    return value


def refused(version, endpoint, path, value):
    """Read a request with a value at a path; give the fault, None where it is taken."""
    try:
        parameters.read(form.decode(encoded(asked(path, value))), contract(version).rule(endpoint))
    except Fault as fault:
        return fault
    return None


def name_of(path):
    return form.bracketed([name for name, _ in path])


@pytest.mark.parametrize("version", modelled_versions())
def test_every_address_that_is_sent_is_held_to_one_rule(version):
    """Whatever the endpoint and however deep: email_invalid, the field as param, the text as sent."""
    found = [one for one in all_texts() if one[0] == version and one[3].get("format") == "email"]
    assert {name for _, _, path, _ in found for name, _ in path[-1:]} >= {"email", "receipt_email"}
    for _, endpoint, path, _ in found:
        fault = refused(version, endpoint, path, "ann@localhost")
        assert (fault.status, fault.code, fault.param) == (400, "email_invalid", name_of(path))
        assert fault.message == "Invalid email address: ann@localhost"
        assert refused(version, endpoint, path, "ann@example.com") is None


def test_no_address_is_left_out():
    """Every posted parameter that is called an e-mail is marked as one, and no list's filter is."""
    for _, endpoint, path, rule in all_texts():
        called = path[-1][0] == "email" or path[-1][0].endswith("_email")
        assert (rule.get("format") == "email") == (called and endpoint.startswith("POST ")), (
            endpoint,
            path,
        )


BACK = {"cancel_url", "return_url", "success_url"}
SCHEME = "Invalid URL: An explicit scheme (such as https) must be provided."
NO_URLS = {
    **dict.fromkeys(
        ("/thanks", "thanks", "example.com/thanks", "undefined/thanks", "//example.com"), SCHEME
    ),
    **dict.fromkeys(("https://", "https:///thanks", "app:///--/://pay"), "Not a valid URL"),
    **dict.fromkeys(("https://example.com/\nthanks", "localhost:3000\n/thanks"), "Not a valid URL"),
}
URLS = [
    *("https://example.com", "http://localhost:8000/thanks?a=b#c", "HTTPS://Example.com/", "app://pay"),
    "https://example.com/thanks?session={CHECKOUT_SESSION_ID}",
]


@pytest.mark.parametrize("version", modelled_versions())
def test_every_url_that_a_customer_comes_back_to_is_held_to_one_rule(version):
    """Whatever the endpoint: url_invalid, and the parameter as param (parameter-texts)."""
    found = [one for one in all_texts() if one[0] == version and one[3].get("format") == "url"]
    assert {name for _, _, path, _ in found for name, _ in path[-1:]} == BACK
    for _, endpoint, path, _ in found:
        for url, message in NO_URLS.items():
            fault = refused(version, endpoint, path, url)
            assert (fault.status, fault.code, fault.param) == (400, "url_invalid", name_of(path))
            assert fault.message == message
        assert [refused(version, endpoint, path, url) for url in URLS] == [None] * len(URLS)


def test_no_url_is_left_out():
    """Every posted parameter of those names that stands in no hash is marked as one."""
    for _, endpoint, path, rule in all_texts():
        called = len(path) == 1 and path[0][0] in BACK and endpoint.startswith("POST ")
        assert (rule.get("format") == "url") == called, (endpoint, path)


@pytest.mark.parametrize("email", INVALID)
def test_what_is_no_address(email):
    """One @, a dot inside the domain, no blank and nothing of full width are needed."""
    assert not texts.is_address(email)


@pytest.mark.parametrize("email", VALID)
def test_what_is_an_address(email):
    """The rest is anybody's."""
    assert texts.is_address(email)


BLANK = " ann@example.com"
OF_NOBODY = {"type": "customer_balance", "billing_details": {"email": BLANK}}


@pytest.mark.parametrize(
    ("param", "call"),
    [
        ("email", lambda _: stripe.Customer.create(email=BLANK)),
        ("email", lambda intent: stripe.Customer.modify(intent.customer, email=BLANK)),
        ("receipt_email", lambda intent: stripe.PaymentIntent.modify(intent.id, receipt_email=BLANK)),
        ("receipt_email", lambda intent: stripe.PaymentIntent.confirm(intent.id, receipt_email=BLANK)),
        (
            "instructions_email",
            lambda intent: stripe.Refund.create(payment_intent=intent.id, instructions_email=BLANK),
        ),
        ("billing_details[email]", lambda _: stripe.PaymentMethod.create(**OF_NOBODY)),
        (
            "payment_method_data[billing_details][email]",
            lambda intent: stripe.PaymentIntent.confirm(intent.id, payment_method_data=OF_NOBODY),
        ),
    ],
)
def test_an_address_with_a_blank_is_refused(param, call, stripe_balance, everything_in):
    """Nobody strips it: customers, intents, refunds and methods refuse it alike, and nothing changes."""
    intent = stripe_balance.bank_transfer_intent(stripe_balance.customer(), 100)
    before = everything_in(stripe_balance._session.world)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call(intent)
    error = caught.value
    assert (error.http_status, error.code, error.param) == (400, "email_invalid", param)
    assert error.user_message == f"Invalid email address: {BLANK}"
    assert everything_in(stripe_balance._session.world) == before


def test_a_list_s_filter_takes_any_text(stripe_balance):
    """Whoever looks for what is no address finds nobody."""
    stripe_balance.customer(email="ann@example.com")
    assert stripe.Customer.list(email="ann@localhost").data == []


LIMITS = {
    ("POST /v1/customers", "phone"): 20,
    ("POST /v1/customers", "name"): 256,
    ("POST /v1/customers", "description"): 350,
    ("POST /v1/customers", "email"): 512,
    ("POST /v1/customers", "business_name"): 150,
    ("POST /v1/customers", "shipping[phone]"): 5000,
    ("POST /v1/customers/{customer}", "phone"): 20,
    ("POST /v1/payment_intents", "description"): 1000,
    ("POST /v1/payment_intents", "statement_descriptor"): 22,
    ("POST /v1/payment_intents/{intent}", "statement_descriptor_suffix"): 22,
    ("POST /v1/payment_intents", "payment_method_data[billing_details][name]"): 5000,
    ("POST /v1/payment_intents", "payment_method_data[billing_details][phone]"): 20,
    ("POST /v1/payment_intents/{intent}/confirm", "payment_method_data[billing_details][phone]"): 20,
    ("POST /v1/payment_intents", "shipping[phone]"): 5000,
    ("POST /v1/payment_methods", "billing_details[phone]"): 20,
    ("POST /v1/invoiceitems", "description"): 500,
    ("POST /v1/invoices", "description"): 500,
    ("POST /v1/invoices", "footer"): 5000,
    ("POST /v1/invoices", "custom_fields[0][name]"): 40,
    ("POST /v1/invoices", "custom_fields[0][value]"): 140,
    ("POST /v1/invoices", "statement_descriptor"): 22,
    ("POST /v1/test_helpers/customers/{customer}/fund_cash_balance", "reference"): 5000,
}


@pytest.mark.parametrize(("endpoint", "name"), LIMITS, ids=" ".join)
def test_the_limits_that_are_documented_or_were_met(endpoint, name):
    """Each is where it belongs, and no other number."""
    version = newest_api_version()
    of_row = leaves(contract(version).rule(endpoint))
    (rule,) = (rule for path, rule in of_row if name_of(path) == name)
    assert rule["maxLength"] == LIMITS[endpoint, name]


@pytest.mark.parametrize("version", modelled_versions())
def test_every_limit_holds_to_the_character(version):
    """As many characters are taken, one more is refused, whatever the endpoint and however deep."""
    found = [one for one in all_texts() if one[0] == version and "maxLength" in one[3]]
    assert len(found) > 100
    for _, endpoint, path, rule in found:
        limit = rule["maxLength"]
        end = "@example.com" if "format" in rule else ""
        longest = "é" + "x" * (limit - len(end) - 1) + end
        assert refused(version, endpoint, path, longest) is None, (endpoint, path)
        fault = refused(version, endpoint, path, "x" + longest)
        assert (fault.status, fault.type, fault.code) == (400, "invalid_request_error", None)
        assert fault.param == (None if "unnamed" in rule else name_of(path))
        assert f"must be at most {limit} characters" in fault.message


def test_a_text_that_is_too_long_is_shown_by_its_ends(stripe_balance):
    """The first ten characters and the last ten, even where that is no shorter."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.Customer.create(phone="123456789012345678901")
    error = caught.value
    assert error.user_message == "Invalid string: 1234567890...2345678901; must be at most 20 characters"
    assert (error.http_status, error.code, error.param) == (400, None, "phone")
    assert stripe.Customer.create(phone="1" * 20).phone == "1" * 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Lottery Reinvented, a biting line",
            "Invalid string: Lottery Re...iting line; must be at most 4",
        ),
        ("12345", "Invalid string: 12345; must be at most 4"),
        ("{limit}{ends}{text}{length}", "Invalid string: {limit}{en...t}{length}; must be at most 4"),
    ],
)
def test_how_a_text_is_cut(text, message):
    """Twenty characters are shown whole; what looks like a place in the message is a text like others."""
    with pytest.raises(Fault) as caught:
        texts.check(text, {"maxLength": 4}, "x")
    assert caught.value.message == f"{message} characters"


@pytest.mark.stripe_balance(assume={"card-statement-descriptor": "taken"})
@pytest.mark.parametrize("version", ["2023-10-16", newest_api_version()])
def test_a_statement_descriptor_says_how_long_it_is(version, stripe_balance):
    """It has words of its own."""
    create = stripe.PaymentIntent.create
    params = {"amount": 100, "currency": "usd", "stripe_version": version}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        create(**params, statement_descriptor="COCALC LICENSE 1096DAYS")
    assert caught.value.user_message == (
        "The statement descriptor must be at most 22 characters. COCALC LICENSE 1096DAYS is 23 characters "
        "long."
    )
    assert (caught.value.code, caught.value.param) == (None, None)
    kept = create(**params, statement_descriptor="COCALC 2048DAY LICENSE")
    assert kept.statement_descriptor == "COCALC 2048DAY LICENSE"


TOO_LONG = (
    "Metadata {what}s can have up to {limit} characters, but you passed in a {what} that is {length} "
    "characters. Invalid {what}: {text}"
)
TOO_MANY = (
    "Metadata can have up to 50 keys, but you've set 51. Email us at support+metadata@stripe.com for more "
    "information."
)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"k" * 41: "v"}, TOO_LONG.format(what="key", limit=40, length=41, text="k" * 41)),
        ({"k": "v" * 501}, TOO_LONG.format(what="value", limit=500, length=501, text="v" * 501)),
        ({f"k{n}": "v" for n in range(51)}, TOO_MANY),
    ],
    ids=["key", "value", "keys"],
)
def test_metadata_beyond_its_limits_is_refused(metadata, message, stripe_balance):
    """In Stripe's words, which name the metadata as a whole; at its limits it is kept."""
    customer = stripe_balance.customer(metadata={"k" * 40: "v" * 500})
    assert as_dict(customer.metadata) == {"k" * 40: "v" * 500}
    for call in (
        lambda: stripe.Customer.create(metadata=metadata),
        lambda: stripe.Customer.modify(stripe.Customer.create().id, metadata=metadata),
        lambda: stripe.PaymentIntent.create(amount=100, currency="usd", metadata=metadata),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            call()
        assert caught.value.user_message == message
        assert (caught.value.http_status, caught.value.code, caught.value.param) == (
            400,
            None,
            "metadata",
        )


def test_metadata_s_keys_are_counted_with_those_that_are_there(stripe_balance):
    """One more than fifty in all is refused; an empty value makes room."""
    customer = stripe_balance.customer(metadata={f"k{n}": "v" for n in range(50)}).id
    with pytest.raises(stripe.InvalidRequestError, match="you've set 51"):
        stripe.Customer.modify(customer, metadata={"more": "v"})
    stripe.Customer.modify(customer, metadata={"more": "v", "k0": ""})


CHOICES = [
    ("GET /v1/invoices", "status", "draft, open, void, paid, or uncollectible", False),
    ("POST /v1/invoices", "pending_invoice_items_behavior", "include or exclude", False),
    ("POST /v1/customers", "tax_exempt", "none, reverse, or exempt", False),
    ("POST /v1/refunds", "reason", "duplicate, fraudulent, or requested_by_customer", False),
    (
        "POST /v1/payment_intents/{intent}/cancel",
        "cancellation_reason",
        "duplicate, fraudulent, requested_by_customer, or abandoned",
        False,
    ),
    ("POST /v1/invoices", "collection_method", "charge_automatically or send_invoice", True),
    ("POST /v1/payment_intents", "capture_method", "automatic, automatic_async, or manual", True),
    ("POST /v1/refunds", "origin", "customer_balance", True),
]


@pytest.mark.parametrize("version", ["2023-10-16", newest_api_version()])
@pytest.mark.parametrize(("endpoint", "name", "listed", "assumed"), CHOICES)
def test_choices_are_listed_in_stripe_s_order(endpoint, name, listed, assumed, version):
    """As it was seen, or of the alphabet, which is assumed; two have no comma between them."""
    rule = contract(version).rule(endpoint)
    fault = refused(version, endpoint, ((name, rule),), "odd")
    assert fault.message == f"Invalid {name}: must be one of {listed}"
    assert (fault.code, fault.param) == (None, name)
    assert fault.assumption == ("choice-order" if assumed else None)


def test_what_is_listed_is_what_is_taken():
    """An order that was seen leaves no choice out and adds none."""
    for _, endpoint, path, rule in all_texts():
        if "listed" in rule:
            assert sorted(rule["listed"]) == sorted(rule["enum"]), (endpoint, path)
