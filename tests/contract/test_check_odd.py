"""Documents in odd shapes, and what a check makes of them."""

import pytest

from pytest_stripe_balance.contract.completion import complete
from pytest_stripe_balance.contract.contract import contract

NEWEST, OLD = contract("2026-10-28.endive"), contract("2019-05-16")


def breaking(shapes, document, name=None):
    return [
        (found.path, found.rule) for found in shapes.check(document, name) if found.kind == "breaking"
    ]


@pytest.mark.parametrize("item", [5, None, "x", {}, {"object": 7}])
def test_a_list_holds_objects_that_name_their_type(item):
    """Anything else among a list's items is found at its index."""
    listed = {"object": "list", "data": [item], "has_more": False, "url": "/v1/charges"}
    assert any(path.startswith("$.data[0]") for path, _ in breaking(NEWEST, listed))


def test_an_event_is_about_what_its_type_says():
    """payment_intent.succeeded about a refund is breaking; charge.refund.updated is not."""
    event = {
        "object": "event",
        "type": "payment_intent.succeeded",
        "data": {"object": {"object": "refund"}},
    }
    assert breaking(NEWEST, event)[0] == ("$.data.object.object", "const: payment_intent")
    about = {**event, "type": "charge.refund.updated"}
    assert "$.data.object.object" not in dict(breaking(NEWEST, about))


def test_the_charges_of_old_intents_are_charges():
    """Before 2022-11-15 an intent carries a list of charges, and each is held to that."""
    intent = {
        "object": "payment_intent",
        "charges": {"object": "list", "data": [{"object": "refund"}, 5]},
    }
    paths = [path for path, _ in breaking(OLD, intent)]
    assert "$.charges.data[0].object" in paths
    assert "$.charges.data[1]" in paths


@pytest.mark.parametrize(
    ("of", "key", "value", "last", "first"),
    [
        ("event", "request", "req_1", "2017-04-06", "2017-05-25"),
        ("invoiceitem", "quantity", None, "2019-05-16", "2019-08-14"),
        (
            "payment_method",
            "card",
            {"display_brand": {"label": "Visa", "type": "visa"}},
            "2023-10-16",
            "2024-04-10",
        ),
    ],
)
def test_a_key_that_changed_its_type_is_right_in_either(of, key, value, last, first):
    """What Stripe sent at older versions is right there, and wrong from the version on that changed it."""
    document = {"object": of, key: value}
    assert [
        any(
            path.startswith(f"$.{key}") and rule.startswith("type")
            for path, rule in breaking(version, document)
        )
        for version in (contract(last), contract(first))
    ] == [False, True]


# An object, a key, and the last version that has it, or always has it.
KEYS_THAT_WENT = [
    ("payment_intent", "charges", "2022-08-01", "2022-11-15"),
    ("charge", "refunds", "2022-08-01", "2022-11-15"),
    ("customer", "default_currency", "2020-08-27", "2022-08-01"),
    ("checkout.session", "shipping", "2020-08-27", "2022-08-01"),
    ("checkout.session", "shipping_rate", "2020-08-27", "2022-08-01"),
]


@pytest.mark.parametrize(("of", "key", "last", "first"), KEYS_THAT_WENT)
def test_a_key_that_went_is_right_until_then(of, key, last, first):
    """Completed at a version an object has what was always there, and no later version knows the rest."""
    new_id = "{}_1".format
    whole = complete(
        of,
        {key: None} if key.startswith(("shipping", "default")) else {},
        last,
        new_id=new_id,
        created=1,
    )
    assert key in whole.document
    assert [found for found in contract(last).check(whole.document) if found.kind == "additive"] == []
    if key != "refunds":  # which later versions show on request
        unknown = [
            found.path for found in contract(first).check(whole.document) if found.kind == "additive"
        ]
        assert f"$.{key}" in unknown
    lacking = {name: value for name, value in whole.document.items() if name != key}
    due = key in ("charges", "refunds")
    assert (("$", f"required: {key}") in breaking(contract(last), lacking)) == due
    assert breaking(contract(first), lacking) == []


@pytest.mark.parametrize(
    ("version", "missing"), [("2016-07-06", False), ("2019-02-19", False), ("2019-03-14", True)]
)
def test_an_invoice_had_a_date_before_it_had_a_creation_time(version, missing):
    """2019-03-14 renamed `date` to `created`; what else was missing before nobody knows."""
    invoice = {"object": "invoice", "id": "in_1", "date": 1468972800, "amount_due": 10}
    assert any("created" in rule for _, rule in breaking(contract(version), invoice)) is missing


def test_a_missing_creation_time_is_named_and_blames_no_other_key():
    """Without `created` nobody can tell which late keys are due, and only `created` is missing."""
    charge = {"object": "charge", "id": "ch_1"}
    (required,) = [rule for path, rule in breaking(OLD, charge) if path == "$"]
    assert "created" in required
    assert "disputed" not in required


@pytest.mark.parametrize("error", ["invalid_grant", None, []])
def test_an_error_that_is_no_hash_is_another_protocols(error):
    """OAuth's `error` is a text, and no error object of the API."""
    assert NEWEST.check({"error": error, "error_description": "x"}) == []


def test_keys_of_a_typed_list_are_documented():
    """The list inside an invoice has the keys that every list has."""
    invoice = {
        "object": "invoice",
        "lines": {"object": "list", "data": [], "has_more": False, "url": "/", "total_count": 0},
    }
    paths = {found.path for found in NEWEST.check(invoice) if found.kind == "additive"}
    assert not {"$.lines.object", "$.lines.url", "$.lines.has_more"} & paths


@pytest.mark.parametrize(
    ("version", "key", "found"),
    [
        ("2020-08-27", "automatic_tax", []),
        ("2020-08-27", "id", [("$", "required: id")]),
        ("2023-10-16", "automatic_tax", [("$", "required: automatic_tax")]),
    ],
)
def test_what_other_objects_lacked_long_ago_is_unknown(version, key, found):
    """Before the first release only a missing id or kind is wrong, of objects whose keys nobody dated."""
    whole = complete(
        "subscription", {}, version, new_id=lambda prefix: f"{prefix}_1", created=1
    ).document
    document = {name: value for name, value in whole.items() if name != key}
    assert breaking(contract(version), document) == found


def test_what_is_there_is_checked_at_any_age():
    """A type is wrong, also before the first release."""
    document = {"object": "subscription", "id": "sub_1", "created": "soon"}
    assert breaking(OLD, document) == [("$.created", 'type: "integer"')]
