"""Objects that are completed by the defaults of their type, and what an event is about."""

import importlib
import itertools
import pkgutil
import re

import pytest
import stripe

from pytest_stripe_balance import resources
from pytest_stripe_balance.contract.completion import complete
from pytest_stripe_balance.contract.contract import contract, event_types
from pytest_stripe_balance.contract.event_subjects import subject_of
from pytest_stripe_balance.contract.id_prefixes import PREFIXES

NEWEST = resources.newest_api_version()
OBJECTS = contract(NEWEST).objects
NOW = 1_790_000_000


def completed(name, given=(), version=NEWEST):
    count = itertools.count(1)
    return complete(
        name, dict(given), version, new_id=lambda prefix: f"{prefix}_{next(count)}", created=NOW
    )


@pytest.mark.slow
@pytest.mark.parametrize("version", ["2019-05-16", *resources.modelled_versions()])
def test_every_object_is_completed_to_one_without_a_finding(version):
    """Of all objects of a version, deleted ones too, nothing is missing, wrong or undocumented."""
    shapes = contract(version)
    found = {}
    for name in shapes.objects - {"event"}:  # what it is about, its type says
        of = name.removeprefix("deleted_")
        document = completed(of, {"deleted": True} if of != name else {}, version).document
        found[name] = shapes.check(document, name)
    assert {name: findings for name, findings in found.items() if findings} == {}


def test_what_is_given_stays_and_the_rest_is_made_up():
    """Ids as the documentation shows them, null where it may be, the first documented value, and so on."""
    document, made_up, wrong = completed("payout", {"amount": 500, "metadata": {"a": "1"}})
    assert document["id"] == "po_1"
    assert (document["object"], document["created"], document["livemode"]) == ("payout", NOW, False)
    assert (document["amount"], document["metadata"], document["automatic"]) == (500, {"a": "1"}, False)
    assert (document["failure_code"], document["currency"]) == (None, "")
    assert {"id", "object", "created", "currency", "status"} <= set(made_up)
    assert not {"amount", "metadata", "metadata.a"} & set(made_up)
    assert wrong == ()


def test_a_hash_inside_is_completed_too():
    """A plain hash by its place in the schema, one that names its object by that object, in lists as well."""
    given = {
        "evidence_details": {"has_evidence": True},
        "charge": {"object": "charge", "amount": 7},
        "balance_transactions": [{"object": "balance_transaction"}],
    }
    document, made_up, wrong = completed("dispute", given)
    assert document["evidence_details"]["submission_count"] == 0
    assert (document["charge"]["amount"], document["charge"]["id"][:3]) == (7, "ch_")
    assert document["balance_transactions"][0]["id"].startswith("txn_")
    assert {"evidence_details.past_due", "charge.paid", "balance_transactions[0].net"} <= set(made_up)
    assert wrong == ()


@pytest.mark.parametrize(
    ("name", "given", "where"),
    [
        ("price", {"product": {"name": "Tea"}}, ("product",)),
        (
            "subscription",
            {"items": {"data": [{"price": {"unit_amount": 5}}]}},
            ("items", "data", 0, "price"),
        ),
        (
            "checkout.session",
            {"line_items": {"object": "list", "data": [{}]}},
            ("line_items", "data", 0),
        ),
        ("charge", {"customer": {"deleted": True}}, ("customer",)),
    ],
)
def test_an_object_that_its_place_tells_need_not_be_named(name, given, where):
    """In an expanded key, and in a list inside."""
    document, _, wrong = completed(name, given)
    assert wrong == ()
    for key in where:
        document = document[key]
    assert document["object"] in ("product", "price", "item", "customer")


def test_a_place_that_takes_an_id_gets_one():
    """The id of a dispute's charge looks like a charge's."""
    assert completed("dispute").document["charge"].startswith("ch_")


def test_a_list_inside_names_its_kind():
    """What must be there and is a list is an empty one."""
    items = completed("subscription").document["items"]
    assert (items["object"], items["data"], items["has_more"]) == ("list", [], False)


def test_the_deleted_form_has_only_its_own_keys():
    """`deleted` makes an object the form that Stripe answers a deletion with."""
    assert completed("product", {"deleted": True}).document == {
        "deleted": True,
        "id": "prod_1",
        "object": "product",
    }


@pytest.mark.parametrize(
    ("given", "path", "kind"),
    [
        ({"amount": "500"}, "$.amount", "breaking"),
        ({"amount": None}, "$.amount", "breaking"),
        ({"reconciliation_status": "at_last"}, "$.reconciliation_status", "enum"),
        ({"object": "charge"}, "$.object", "breaking"),
        ({"destination": {"object": "card", "exp_year": "30"}}, "$.destination.exp_year", "breaking"),
    ],
)
def test_what_is_wrong_in_what_was_given_is_told(given, path, kind):
    """A type, a null, an undocumented value, another object: in the object and in those inside it."""
    assert [(one.path, one.kind) for one in completed("payout", given).wrong] == [(path, kind)]


def test_an_unknown_object_is_named_with_the_nearest():
    """Also one that the version doesn't have yet."""
    with pytest.raises(ValueError, match=r"no 'payuot' at API version .*; the nearest is 'payout'"):
        completed("payuot")
    with pytest.raises(ValueError, match="no 'invoice_payment' at API version 2024-06-20"):
        completed("invoice_payment", version="2024-06-20")


def test_prefixes_are_of_objects_that_there_are():
    """A slip in the table would never be met."""
    known = set().union(*(contract(version).objects for version in resources.modelled_versions()))
    assert set(PREFIXES) <= known
    assert all(re.fullmatch("[a-z_]+", prefix) for prefix in PREFIXES.values())


@pytest.mark.parametrize(
    ("event_type", "subject"),
    [
        ("charge.succeeded", "charge"),
        ("charge.dispute.created", "dispute"),
        ("charge.refund.updated", "refund"),
        ("customer.subscription.updated", "subscription"),
        ("checkout.session.completed", "checkout.session"),
        ("issuing_authorization.request", "issuing.authorization"),
        ("application_fee.refund.updated", "fee_refund"),
        ("account.application.authorized", "application"),
        ("source.transaction.created", "source_transaction"),
        ("source.mandate_notification", "source_mandate_notification"),
        ("source.chargeable", "source"),
        ("invoice.upcoming", "invoice"),
        ("customer.source.created", None),
        ("account.external_account.created", None),
        ("teapot.boiled", None),
        ("teapot", None),
    ],
)
def test_the_words_of_a_type_tell_its_object(event_type, subject):
    """One word, several, or a table's; None where they don't tell."""
    assert subject_of(event_type, OBJECTS) == subject


def test_every_type_of_event_but_a_few_tells_its_object():
    """What is left are objects of several kinds, and some that no release has any more."""
    silent = {name for name in event_types() if subject_of(name, OBJECTS) is None}
    assert {name.rpartition(".")[0] for name in silent} == {
        "account.external_account",
        "customer.source",
        "order",
        "recipient",
        "sku",
    }


@pytest.mark.skipif(
    int(stripe.VERSION.partition(".")[0]) < 16, reason="its classes of v1's events came with stripe 16"
)
def test_the_words_agree_with_the_classes_of_stripe_python():
    """Each class of an event of v1 that can fetch its object says which one that is."""
    agreed = 0
    names = [each.name for each in pkgutil.iter_modules(stripe.events.__path__)]
    modules = [importlib.import_module(f"stripe.events.{name}") for name in names]
    for name, held in [pair for module in modules for pair in vars(module).items()]:
        kind = getattr(held, "LOOKUP_TYPE", "")
        fetch = getattr(held, "fetch_related_object", None)
        if not kind.startswith("v1.") or fetch is None:
            continue
        told = str(fetch.__annotations__["return"]).strip("\"'")
        event_type = kind.removeprefix("v1.")
        assert subject_of(event_type, OBJECTS) == object_named(told, event_type), name
        agreed += 1
    assert agreed > 200


def object_named(annotation, event_type):
    """Find the object of a class's name; of several of a name, the one that the type's words begin with."""
    areas = [each.name for each in pkgutil.iter_modules(stripe.__path__) if each.ispkg]
    modules = [
        importlib.import_module(f"stripe.{area}")
        for area in areas
        if area not in ("api_resources", "events", "v2")
    ]
    classes = [getattr(module, annotation, None) for module in (stripe, *modules)]
    found = [held.OBJECT_NAME for held in classes if hasattr(held, "OBJECT_NAME")]
    area = re.split("[._]", event_type)[0]
    return next((name for name in found if name.startswith(area)), found[0])
