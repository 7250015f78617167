"""`stripe_webhooks.emit`: events of objects that the fake doesn't model."""

import json

import pytest
import stripe
from majors import as_dict

from pytest_stripe_balance import resources
from pytest_stripe_balance.contract.contract import contract, event_types
from pytest_stripe_balance.contract.event_subjects import subject_of

NEWEST = resources.newest_api_version()


@pytest.fixture(autouse=True)
def _newest(at_newest_version):
    """The account's version."""


@pytest.fixture
def came(stripe_webhooks):
    """What a handler is sent."""
    came = []
    stripe_webhooks.endpoint(handler=lambda payload, _: came.append(json.loads(payload)))
    return came


def test_an_event_of_the_tests_own_is_listed_and_delivered(stripe_webhooks, stripe_contract, came):
    """What is left out of its object is made up by its type; the whole fits the contract."""
    made = stripe_webhooks.emit("charge.dispute.created", {"amount": 1000, "charge": "ch_1"})
    assert made.data.object.object == "dispute"
    assert (made.data.object.amount, made.data.object.charge) == (1000, "ch_1")
    assert made.data.object.id.startswith("du_")
    (listed,) = stripe.Event.list(type="charge.dispute.*").data
    assert listed.id == made.id
    (delivery,) = stripe_webhooks.deliver()
    assert came[0]["data"]["object"] == as_dict(listed)["data"]["object"]
    assert (came[0]["id"], delivery.status) == (made.id, 200)
    assert came[0]["request"] == {"id": None, "idempotency_key": None}
    stripe_contract.check(came[0])


def test_an_update_shows_what_was_before(stripe_webhooks, came):
    """As `previous_attributes`, as they were given."""
    previous = {"status": "pending"}
    stripe_webhooks.emit("payout.updated", {"status": "paid"}, previous)
    stripe_webhooks.deliver()
    assert came[0]["data"]["previous_attributes"] == previous


def test_an_endpoint_hears_it_at_its_own_version(stripe_webhooks, stripe_contract):
    """With the same ids, and not at all where the version lacks the type."""
    came = []
    stripe_webhooks.endpoint(
        handler=lambda payload, _: came.append(json.loads(payload)), api_version="2024-06-20"
    )
    made = stripe_webhooks.emit("payout.paid", {"amount": 700})
    newer = event_types(NEWEST) - event_types("2024-06-20")
    types = (one for one in sorted(newer) if subject_of(one, contract(NEWEST).objects))
    stripe_webhooks.emit(next(types), {})
    stripe_webhooks.deliver()
    assert [(one["type"], one["api_version"]) for one in came] == [("payout.paid", "2024-06-20")]
    assert came[0]["data"]["object"]["id"] == made.data.object.id
    stripe_contract.check(came[0])


@pytest.mark.parametrize(
    ("kind", "given", "error", "said"),
    [
        ("payout.payed", {}, ValueError, "no event type 'payout.payed'; nearest: payout.paid"),
        ("payout.paid", {"amount": "a lot"}, AssertionError, r"\$.amount"),
        ("charge.dispute.created", {"status": "draw"}, AssertionError, "draw"),
        ("customer.source.created", {}, ValueError, "give its key 'object'"),
    ],
)
def test_what_stripe_cannot_send_is_refused_at_the_line(kind, given, error, said, stripe_webhooks, came):
    """And nothing of it stays."""
    with pytest.raises(error, match=f"stripe_webhooks.emit: .*{said}"):
        stripe_webhooks.emit(kind, given)
    assert stripe_webhooks.deliver() == []
    assert stripe.Event.list().data == []


def test_the_same_seed_gives_the_same_ids(stripe_webhooks, stripe_balance):
    """Of the event and of what is made up in it."""
    ids = []
    for _ in range(2):
        with stripe_balance.fresh():
            made = stripe_webhooks.emit("charge.dispute.created", {})
            ids.append((made.id, made.data.object.id))
    assert ids[0] == ids[1]


def test_a_report_marks_it(project):
    """As the test's own."""
    run = project.test(
        """
        def test_it(stripe_balance, stripe_webhooks):
            stripe_webhooks.endpoint(handler=lambda *_: None)
            stripe_webhooks.emit("payout.paid", {"amount": 700})
            stripe_webhooks.deliver()
            assert 0
        """
    )
    run.stdout.fnmatch_lines(["*payout.paid*emitted by the test*"])
