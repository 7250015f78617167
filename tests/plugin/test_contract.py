import json

import pytest
import stripe
from majors import as_dict

EVENT = {
    "id": "evt_1",
    "object": "event",
    "api_version": "2026-10-28.endive",
    "created": 1,
    "data": {
        "object": {
            "object": "cash_balance",
            "available": {"usd": 100},
            "customer": "cus_1",
            "customer_account": None,
            "livemode": False,
            "settings": {"reconciliation_mode": "automatic", "using_merchant_default": True},
        }
    },
    "livemode": False,
    "pending_webhooks": 1,
    "request": {"id": None, "idempotency_key": None},
    "type": "cash_balance.funds_available",
}


def broken(**changes):
    event = json.loads(json.dumps(EVENT))
    event["data"]["object"].update(changes)
    return event


def test_a_payload_of_the_documented_shape_passes(stripe_contract):
    """A dict, its text and its bytes are checked alike, and nothing is found."""
    for payload in (EVENT, json.dumps(EVENT), json.dumps(EVENT).encode()):
        assert stripe_contract.check(payload) == []


def test_an_sdk_object_is_checked(stripe_balance, stripe_contract):
    """What the SDK returned can be handed over as it is."""
    customer = stripe_balance.customer(reconciliation="manual")
    stripe_balance.fund(customer, 100)
    for event in stripe_balance.events():
        assert stripe_contract.check(event) == []


def test_an_events_subject_is_checked_by_its_own_type(stripe_contract):
    """A fault inside data.object is found where it is, with the rule and the value."""
    with pytest.raises(AssertionError, match=r"cash_balance at \$\.data\.object\.livemode breaks type"):
        stripe_contract.check(broken(livemode="no"))


def test_an_event_is_held_to_its_own_api_version(stripe_contract):
    """An event's api_version chooses the schema; an argument overrides it."""
    old = {**EVENT, "api_version": "2023-10-16", "brand_new": 1}
    (finding,) = stripe_contract.check(old)
    assert (finding.kind, finding.api_version) == ("additive", "2023-10-16")
    (finding,) = stripe_contract.check(old, api_version="2026-10-28.endive")
    assert (finding.kind, finding.api_version) == ("additive", "2026-10-28.endive")


def test_what_a_borrowed_schema_finds_raises_nothing(stripe_contract):
    """At a version that is older than all schemas a breaking finding is a warning, and is given back."""
    found = stripe_contract.check(broken(livemode="no"), api_version="2020-08-27")
    assert [one.path for one in found if one.kind == "breaking"] == ["$.data.object.livemode"]
    assert all(one.borrowed for one in found)


def test_a_kind_can_be_named(stripe_contract):
    """What has no `object` key is checked as what it is said to be."""
    with pytest.raises(AssertionError, match="required"):
        stripe_contract.check({}, object="charge")


def test_what_cannot_be_checked_is_a_value_error(stripe_contract):
    """No such object, no such version, no end of nesting: each is named."""
    with pytest.raises(ValueError, match="its object is 'chrge'; the nearest is 'charge'"):
        stripe_contract.check({}, object="chrge")
    with pytest.raises(ValueError, match=r"its object is None; object= names its kind$"):
        stripe_contract.check({"amount": 1})
    with pytest.raises(ValueError, match=r"not a Stripe API version, as '2.*' is: 'latest'"):
        stripe_contract.check(EVENT, api_version="latest")
    with pytest.raises(ValueError, match=r"with its release's name it is '2025-08-27\.basil'"):
        stripe_contract.check(EVENT, api_version="2025-08-27")
    for document in ([{"id": 1}], "5", "null", None):
        with pytest.raises(
            ValueError, match="object='customer' names the kind of a hash, and this is a "
        ):
            stripe_contract.check(document, object="customer")
    with pytest.raises(ValueError, match=r"api_version must be a str, as .*, not 5"):
        stripe_contract.check(EVENT, api_version=5)
    for deep in ("[" * 100_000, {"object": "customer", "metadata": json.loads("[" * 600 + "]" * 600)}):
        with pytest.raises(ValueError, match="nested too deeply"):
            stripe_contract.check(deep)
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        stripe_contract.check('{"object": "customer", "\\ud800": 1}')


circle = []
circle.append(circle)
NO_JSON = {
    "text": ("{bad", r"Expecting property name .*line 1 column 2 \(char 1\)", json.JSONDecodeError),
    "a dict's repr": (repr(EVENT), r"Expecting property name .*char 1\)", json.JSONDecodeError),
    "nothing": ("", r"Expecting value: line 1 column 1 \(char 0\)", json.JSONDecodeError),
    "bytes": (
        b'{"a": "\xff"}',
        "can't decode byte 0xff in position 7: invalid start byte",
        UnicodeDecodeError,
    ),
    "a circle": (circle, "Circular reference detected", ValueError),
}


@pytest.mark.parametrize(("payload", "where", "cause"), NO_JSON.values(), ids=NO_JSON)
def test_a_payload_that_is_no_json_is_a_value_error_that_says_where(
    payload, where, cause, stripe_contract
):
    """The message blames the payload and says what can be given; the parser's own error is its cause."""
    told = f"^stripe_contract.check: the payload can't be read as JSON: .*{where}; give JSON text as it was sent, "
    with pytest.raises(ValueError, match=told) as raised:
        stripe_contract.check(payload)
    assert type(raised.value) is ValueError
    assert type(raised.value.__cause__) is cause


@pytest.mark.stripe_balance(contract={"additive": "error"})
def test_a_level_is_chosen_by_the_marker(stripe_contract):
    """With additive=error an undocumented key fails the test."""
    with pytest.raises(AssertionError, match=r"additive: cash_balance at \$\.data\.object\.extra"):
        stripe_contract.check(broken(extra=1))


def test_a_finding_shows_no_secret(stripe_contract):
    """The value of a finding has its secrets masked."""
    with pytest.raises(AssertionError) as raised:
        stripe_contract.check(broken(livemode="sk_test_abcdefghijklmn"))
    assert "abcdefghijklmn" not in str(raised.value)


FOUND = f"""
import pytest

@pytest.mark.parametrize("number", range(3))
def test_it(stripe_contract, number):
    event = {EVENT!r}
    event["data"]["object"]["settings"]["reconciliation_mode"] = "sometimes"
    event["data"]["object"]["extra"] = number
    stripe_contract.check(event)
"""


def test_a_warning_is_one_line_of_the_summary_with_a_count(project):
    """Findings of one kind over a run are one line; information is told by -v only."""
    result = project.test(FOUND)
    result.assert_outcomes(passed=3)
    (line,) = [line for line in result.outlines if line.startswith("stripe: ")]
    assert line.startswith("stripe: warning: enum: cash_balance at $.data.object.settings")
    assert "3 times, first in test_it.py::test_it[0]" in line


def test_verbose_tells_information_too(project):
    """With -v the keys that aren't documented are told as well."""
    result = project.test(FOUND, "-v")
    result.stdout.fnmatch_lines(["stripe: information: additive: cash_balance at $.data.object.extra*"])


@pytest.mark.parametrize(("quiet", "lines"), [("-q", 1), ("-qq", 0)])
def test_quiet_still_warns(quiet, lines, project):
    """Under -q as in pytest's own summary, and CI runs so; -qq leaves it out."""
    result = project.test(FOUND, quiet)
    told = [line for line in result.outlines if line.startswith("stripe: ")]
    assert [line.startswith("stripe: warning: enum") for line in told] == [True] * lines


def test_levels_come_from_the_environment_too(project, monkeypatch):
    """PYTEST_STRIPE_CONTRACT holds key=value pairs, with commas between."""
    monkeypatch.setenv("PYTEST_STRIPE_CONTRACT", "enum=error,additive=error")
    result = project.test(FOUND)
    result.assert_outcomes(failed=3)


def test_what_has_no_schema_does_not_pass_unseen(stripe_contract):
    """A kind that isn't known, or none at all, is an error; one inside it a warning."""
    unknown = {"object": "teapot"}
    for payload in (
        unknown,
        {"foo": 1},
        None,
        [],
        "[]",
        [unknown, 7],
        {"error": "x"},
        {"object": ["customer"]},
    ):
        with pytest.raises(ValueError, match="nothing here can be checked"):
            stripe_contract.check(payload)
    subject = {"object": {"object": "teapot"}}
    event = {**EVENT, "type": "customer.source.updated", "data": subject}
    with pytest.warns(UserWarning, match="one is of kind teapot in event, which has no schema"):
        assert stripe_contract.check(event) == []
    page = {"object": "list", "data": [unknown], "has_more": False, "url": "/v1/teapots"}
    with pytest.warns(UserWarning, match="one is of kind teapot in list, which has no schema"):
        assert stripe_contract.check(page) == []
    with pytest.warns(UserWarning, match="one is no Stripe object"):
        assert stripe_contract.check([EVENT, 7]) == []
    with pytest.raises(AssertionError, match="breaks"):
        stripe_contract.check({"object": "event", "data": [1]})


def test_an_event_inside_a_document_goes_by_its_own_version(stripe_contract):
    """Two events of two versions in one list are each held to their own."""
    events = [
        {**EVENT, "brand_new": 1, "api_version": version} for version in ("2024-06-20", "2023-10-16")
    ]
    findings = stripe_contract.check(events)
    assert [(finding.path, finding.api_version) for finding in findings] == [
        ("$[0].brand_new", "2024-06-20"),
        ("$[1].brand_new", "2023-10-16"),
    ]


@pytest.mark.usefixtures("at_newest_version")
def test_an_sdk_object_with_decimals_is_checked(stripe_balance, stripe_contract):
    """What stripe-python reads as a Decimal is the string that Stripe sent."""
    invoice = stripe_balance.bank_transfer_invoice(
        stripe_balance.customer(email="ada@example.com"), 1000
    )
    assert stripe_contract.check(invoice) == []


def test_what_is_refused_is_told_once(project):
    """A document with an error tells of that alone: the summary doesn't list what else it lacks."""
    project.file(
        "test_it.py",
        """
        import pytest
        def test_it(stripe_contract):
            with pytest.raises(AssertionError, match="breaks required"):
                stripe_contract.check({"object": "payment_intent"})
        """,
    )
    result = project.run()
    result.assert_outcomes(passed=1)
    assert "vanished" not in result.stdout.str()


def test_a_key_that_stripe_always_sends_is_told_when_it_is_gone(stripe_balance, stripe_contract):
    """`vanished` is found in a payload by the fixture, with the place of the key."""
    customer = as_dict(stripe.Customer.retrieve(stripe_balance.customer().id))
    assert stripe_contract.check(customer) == []
    del customer["invoice_prefix"]
    (finding,) = stripe_contract.check(customer)
    assert (finding.kind, finding.path) == ("vanished", "$.invoice_prefix")
