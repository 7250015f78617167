from __future__ import annotations

import pytest
import stripe
from majors import v1

# Each test writes down everything that its world made up.
MAKING = """
import os, pytest, stripe

@pytest.fixture
def made(request, stripe_balance):
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    row = stripe_balance.fund(customer, 1000)
    intent = stripe.PaymentIntent.apply_customer_balance(intent.id)
    other = stripe.Customer.create(stripe_account="acct_1")
    found = [customer.id, customer.created, intent.id, intent.client_secret, intent.latest_charge]
    found += [row.id, row.created, intent.last_response.request_id, other.id, other.created]
    found += [event.id for event in stripe_balance.events()] + [stripe_balance.unique("sku")]
    with open("made", "a") as file:
        print(request.node.nodeid, *found, file=file)

def test_one(made): pass
def test_two(made): pass
@pytest.mark.parametrize("number", [1, 2, 3])
def test_many(made, number): pass
class TestIt:
    def test_one(self, made): pass
"""
TESTS = 6


@pytest.fixture
def made(project):
    """Run the tests in some way, and give what each made up, by node id, in the order of the run."""
    project.file("test_it.py", MAKING)

    def run(*arguments, plugins=(), apart=False):
        path = project.pytester.path / "made"
        path.unlink(missing_ok=True)
        result = (project.run_apart if apart else project.run)(*arguments, plugins=plugins)
        result.assert_outcomes(passed=len(path.read_text().splitlines()))
        lines = [line.split() for line in path.read_text().splitlines()]
        return {node: found for node, *found in lines}

    return run


def test_the_same_seed_gives_the_same_ids_and_times(made):
    """Two runs of the same tests make up the same ids, secrets and times."""
    first = made()
    assert len(first) == TESTS
    assert made() == first


@pytest.mark.parametrize(
    ("arguments", "plugins"),
    [
        (["--randomly-seed=1"], ("pytest_randomly",)),
        (["--randomly-seed=2"], ("pytest_randomly",)),
        (["test_it.py::TestIt", "test_it.py::test_two", "test_it.py::test_one"], ()),
    ],
    ids=["shuffled", "shuffled otherwise", "named"],
)
def test_the_order_of_tests_changes_nothing(arguments, plugins, made):
    """A test's ids and times are its own, whatever ran before it."""
    first = made()
    again = made(*arguments, plugins=plugins)
    assert list(again) != list(first)
    assert again == {node: first[node] for node in again}


def test_workers_change_nothing(made):
    """Under pytest-xdist a test makes up what it does without it, on whatever worker it runs."""
    assert made("-n2", plugins=("xdist",), apart=True) == made()


@pytest.mark.parametrize("name", ["test_two", "test_many[2]"])
def test_a_test_alone_makes_what_it_makes_among_others(name, made):
    """A test that is run alone makes up what it does in the whole run."""
    node = f"test_it.py::{name}"
    assert made(node) == {node: made()[node]}


def test_another_seed_gives_other_ids(made):
    """Another seed changes every id and secret, and no time."""
    first, other = made(), made("--stripe-seed=1")
    assert first.keys() == other.keys()
    for node, found in first.items():
        same = {one for one, another in zip(found, other[node], strict=True) if one == another}
        assert same == {one for one in found if one.isdecimal()}


def test_no_two_tests_have_an_id_in_common(made):
    """The ids and secrets of a test are in no other test."""
    ids = [one for found in made().values() for one in found if not one.isdecimal()]
    assert len(ids) > TESTS * 10
    assert len(ids) == len(set(ids))


# Worlds.


def test_two_tests_never_share_a_world(project):
    """What one test makes no other one finds: customers, intents, money, events, keys."""
    result = project.test("""
        import pytest, stripe

        @pytest.mark.parametrize("time", [1, 2])
        def test_it(stripe_balance, time):
            assert stripe.Customer.list().data == []
            assert stripe.PaymentIntent.list().data == []
            assert stripe.Event.list().data == []
            assert stripe_balance.requests[:-3] == []
            customer = stripe_balance.customer(name=str(time), reconciliation="manual")
            stripe_balance.bank_transfer_intent(customer, 100)
            stripe_balance.fund(customer, 100)
            # An idempotency key of the test before would be refused with another name.
            made = stripe.Customer.create(name=str(time), idempotency_key="once")
            assert made.name == str(time)
    """)
    result.assert_outcomes(passed=2)


def test_a_connected_account_has_a_world_of_its_own(stripe_balance):
    """What is made in a connected account is found there, and not in the key's own account."""
    mine = stripe_balance.customer()
    theirs = stripe.Customer.create(stripe_account="acct_1")
    others = stripe.Customer.list(stripe_account="acct_2").data
    assert [customer.id for customer in stripe.Customer.list()] == [mine.id]
    assert [customer.id for customer in stripe.Customer.list(stripe_account="acct_1")] == [theirs.id]
    assert (others, mine.id == theirs.id) == ([], False)


def test_a_connected_accounts_objects_are_unknown_elsewhere(stripe_balance):
    """An id of one account is resource_missing in another one."""
    mine = stripe_balance.customer()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.Customer.retrieve(mine.id, stripe_account="acct_1")
    assert caught.value.code == "resource_missing"


def test_an_idempotency_key_is_one_accounts(stripe_balance):
    """The same idempotency key in two accounts makes two objects."""
    mine = v1(stripe_balance.client).customers.create({}, {"idempotency_key": "once"})
    theirs = stripe.Customer.create(idempotency_key="once", stripe_account="acct_1")
    assert mine.id != theirs.id


def test_the_key_selects_no_world(stripe_balance):
    """Every test key sees the same world."""
    customer = stripe_balance.customer()
    for key in ("sk_test_one", "rk_test_two"):
        assert stripe.Customer.retrieve(customer.id, api_key=key).id == customer.id


def test_accounts_share_one_clock(stripe_balance):
    """Time is one in a test: an object made later is later, whatever account it is made in."""
    times = [
        stripe_balance.customer().created,
        stripe.Customer.create(stripe_account="acct_1").created,
        stripe_balance.customer().created,
    ]
    assert times == sorted(set(times))
