"""A run below a wider world begins with a copy of it; what either does later reaches no other."""

import json
import random
import re
import time

import pytest
import stripe
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test
from majors import as_dict, v1
from test_workload import VERBS, Workload

from pytest_stripe_balance.engine.state.table import Table
from pytest_stripe_balance.fixtures.balance import StripeBalance
from pytest_stripe_balance.modes import BadSettingError
from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session import BEGINNING, Fake, Settings, opened
from pytest_stripe_balance.session.live import Live

WIDER = Settings(newest_api_version(), name="tests/test_shop.py")
TEST = WIDER._replace(name="tests/test_shop.py::test_order")
DAY = 86_400
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def everything(session):
    """Write down all that a run remembers of its worlds, private parts included."""
    return repr([_account(account) for account in session.dispatch._accounts.values()])


def _account(account):
    world = account.world
    tables = {name: _table(table) for name, table in vars(world).items() if isinstance(table, Table)}
    rows = {customer: _table(world.ledger.rows(customer)) for customer in world.ledger.customers()}
    ids = (world.ids.seed, world.ids.maker.name, world.ids.minted, world.ids._counts)
    return (
        tables,
        rows,
        dict(world.ledger._balances),
        dict(world.ledger._owners),
        world.accounts,
        ids,
        world.clock.now,
        dict(account.answers._saved),
    )


def _table(table):
    indexes = {fields: dict(table._index(fields)._places) for fields in table._indexes}
    agenda = table._agenda and table._agenda._due
    return [*table], dict(table._places), indexes, agenda


def ids_of(session):
    """Give the ids of all objects of all accounts, but for what is derived (products' prices)."""
    worlds = session.worlds.values()
    tables = [table for world in worlds for table in vars(world).values() if isinstance(table, Table)]
    found = {record.id for table in tables if table.noun != "price" for record in table}
    return found | {
        row.id for world in worlds for one in world.ledger.customers() for row in world.ledger.rows(one)
    }


class Copied(Workload):
    """The workload of every verb, which at some steps goes on in a copy, and in a copy of that."""

    def __init__(self):
        super().__init__()
        self.outer = []

    @rule(data=st.data())
    def copy(self, data):
        if len(self.outer) < 4 and data.draw(st.integers(0, 4)) == 0:
            self.outer.append((self.session, everything(self.session), ids_of(self.session)))
            inner = Fake(
                WIDER._replace(name=f"copy {len(self.outer)}"), self.session._fail, self.session
            )
            inner._readings.chosen = self.session._readings.chosen
            self.session = inner
            self.tap.__exit__(None, None, None)
            self.tap = inner.tapped()
            self.tap.__enter__()

    def teardown(self):
        super().teardown()
        inner, made = self.session, ids_of(self.session)
        inner.world.check()
        for session, before, ids in reversed(self.outer):
            assert everything(session) == before
            session.world.check()
            assert ids <= made
            with session.tapped():  # it goes on, and meets none of what its copy made
                customer = StripeBalance(session).customer().id
                StripeBalance(session).fund(customer, 100)
            assert not (ids_of(session) - ids) & made
            session.world.check()


def test_a_history_in_copies_is_as_good_as_one_and_leaves_no_trace_outside():
    """The auditor finds no seam where a copy goes on, and each outer world is byte for byte as it was."""
    chosen = random.getrandbits(32)
    print(f"the seed: {chosen}")  # noqa: T201 - pytest shows it on a failure
    assert VERBS
    run_state_machine_as_test(
        seed(chosen)(Copied),
        settings=settings(max_examples=9, stateful_step_count=50, phases=[Phase.generate], **QUIET),
    )


def shop(outer):
    """Make a customer with 500 usd and an intent that waits for 1000, in a wider world."""
    with outer.tapped():
        balance = StripeBalance(outer)
        customer = balance.customer(reconciliation="manual")
        balance.fund(customer, 500)
        return customer.id, balance.bank_transfer_intent(customer, 1000).id


@pytest.fixture
def outer(monkeypatch):
    monkeypatch.setattr(stripe, "api_key", "sk_test_outer")
    return Fake(WIDER)


@given(
    steps=st.lists(
        st.tuples(
            st.booleans(),
            st.sampled_from(["customer", "fund", "intent", "apply", "cancel", "travel", "same key"]),
        ),
        max_size=12,
    )
)
@settings(max_examples=60, **QUIET)
def test_the_outer_world_and_a_copy_go_on_apart(steps):
    """Whatever the two do in turn, each is what it would be if the other had never been."""
    outer = Fake(WIDER)
    customer, intent = shop(outer)
    alone = {name: Fake(WIDER._replace(name=name), outer=outer) for name in "ab"}
    twin = {"a": Fake(WIDER._replace(name="a"), outer=outer)}
    for is_first, step in steps:
        act(alone["a" if is_first else "b"], step, customer, intent)
        if is_first:
            act(twin["a"], step, customer, intent)
    chosen_by_the_sdk = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    states = (chosen_by_the_sdk.sub("", everything(one)) for one in (alone["a"], twin["a"]))
    assert len(set(states)) == 1
    for session in (*alone.values(), outer):
        session.world.check()


def act(session, step, customer, intent):
    balance = StripeBalance(session)
    with session.tapped():
        try:
            if step == "customer":
                balance.customer()
            elif step == "fund":
                balance.fund(customer, 300)
            elif step == "intent":
                balance.bank_transfer_intent(customer, 700)
            elif step == "apply":
                v1(balance.client).payment_intents.apply_customer_balance(intent)
            elif step == "cancel":
                v1(balance.client).payment_intents.cancel(intent)
            elif step == "same key":
                options = {"idempotency_key": "K"}
                v1(balance.client).customers.create({"name": "Ada"}, options)
            else:
                session.travel(session.now + 40 * DAY)
        except stripe.StripeError:
            pass


def test_a_copy_has_what_the_wider_world_has_by_then(outer):
    """Objects that are there at the copy's beginning can be read and used in it, and later ones can't."""
    customer, intent = shop(outer)
    test = Fake(TEST, outer=outer)
    later, _ = shop(outer)
    with test.tapped():
        balance = StripeBalance(test)
        assert balance.available(customer) == {"usd": 500}
        assert stripe.PaymentIntent.apply_customer_balance(intent).status == "requires_action"
        assert balance.available(customer) == {"usd": 0}
        with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
            stripe.Customer.retrieve(later)
    assert outer.world.ledger.available(customer) == {"usd": 500}


def test_what_is_derived_in_a_copy_is_what_the_wider_world_would_derive(outer):
    """An account number, a reference, a secret that nobody asked for yet are the same in each copy."""
    customer, _ = shop(outer)
    params = {
        "funding_type": "bank_transfer",
        "currency": "usd",
        "bank_transfer": {"type": "us_bank_transfer"},
    }
    numbers = set()
    for session in (Fake(TEST, outer=outer), Fake(TEST._replace(name="another"), outer=outer), outer):
        with session.tapped():
            address = stripe.Customer.create_funding_instructions(customer, **params)
            numbers.add(json.dumps(as_dict(address)["bank_transfer"], default=as_dict))
    assert len(numbers) == 1


def test_ids_of_a_copy_come_from_its_name(outer):
    """Two tests make different ids below a wider world; each makes the same in each run."""
    shop(outer)

    def made(name):
        session = Fake(WIDER._replace(name=name), outer=outer)
        return shop(session), session.exchanges[-1].response.headers["Request-Id"]

    assert made("a") == made("a")
    assert not set(map(str, made("a"))) & set(map(str, made("b")))


def test_ids_of_a_connected_account_that_a_copy_opens_are_its_own(outer):
    """An account that the wider world doesn't know yet begins in the copy, with the copy's ids."""

    def made(session):
        with session.tapped():
            return stripe.Customer.create(stripe_account="acct_1").id

    test = Fake(TEST, outer=outer)
    assert (
        len({made(test), made(outer), made(test), made(Fake(TEST._replace(name="b"), outer=outer))}) == 4
    )


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_in_a_wider_world_ids_are_counted_by_fixture(outer, order):
    """Which fixture comes first doesn't change the ids of another; a nested one hands back."""
    made = {}
    for name in order:
        with outer.minting_for(name):
            made[name] = [shop(outer)]
            with outer.minting_for(f"asked for by {name}"):
                made[f"{name} inner"] = [shop(outer)]
            made[name].append(shop(outer))
    again = Fake(WIDER)
    with again.minting_for("a"):
        assert made["a"] == [shop(again), shop(again)]
    ids = [one for pairs in made.values() for pair in pairs for one in pair]
    assert len(set(ids)) == len(ids)


def test_an_idempotency_key_of_the_wider_world_is_known_in_a_copy(outer):
    """An answer that was saved is given again in a copy; one saved there isn't known outside."""
    with outer.tapped():
        first = stripe.Customer.create(idempotency_key="K").id
    test = Fake(TEST, outer=outer)
    with test.tapped():
        assert stripe.Customer.create(idempotency_key="K").id == first
        mine = stripe.Customer.create(idempotency_key="L").id
    with outer.tapped():
        assert stripe.Customer.create(idempotency_key="L").id != mine


def test_a_copy_begins_at_the_wider_worlds_time_or_at_a_later_one_of_its_own(outer):
    """Money of the wider world falls due on the way to a test's own `now`."""
    customer, _ = shop(outer)
    assert Fake(TEST, outer=outer).now == outer.now == BEGINNING + 3
    later = Fake(TEST._replace(now=BEGINNING + 76 * DAY), outer=outer)
    assert later.now == BEGINNING + 76 * DAY
    assert later.world.ledger.available(customer) == {"usd": 0}
    assert outer.world.ledger.available(customer) == {"usd": 500}


@pytest.mark.parametrize(
    ("chosen", "named"),
    [({"now": BEGINNING - 1}, ["now=1767225599", "1767225603"]), ({"seed": "7"}, ["seed='7'", "'0'"])],
)
def test_a_seed_or_a_beginning_that_contradicts_the_wider_world_is_refused(outer, chosen, named):
    """The message names both values, the test and the wider world."""
    shop(outer)
    with pytest.raises(BadSettingError) as caught:
        Fake(TEST._replace(**chosen), outer=outer)
    for part in (*named, TEST.name, WIDER.name):
        assert part in str(caught.value)


def test_a_fake_test_below_a_wider_world_of_another_mode_is_refused(outer):
    """A copy of what Stripe holds can't be had."""
    with pytest.raises(BadSettingError, match=r"the mode fake has no objects .* runs in the mode live"):
        opened(TEST, lambda refusal: refusal, Live(WIDER._replace(mode="live")))


def test_readings_and_versions_of_a_copy_are_its_own(outer):
    """What a test assumes, and its API version, hold from its beginning, for older objects too."""
    _, intent = shop(outer)
    chosen = TEST._replace(api_version="2024-06-20", assume={"apply-without-amount-short": "refused"})
    with Fake(chosen, outer=outer).tapped():
        with pytest.raises(stripe.StripeError):
            stripe.PaymentIntent.apply_customer_balance(intent)
        assert {event.api_version for event in stripe.Event.list()} == {"2024-06-20"}
    with Fake(TEST, outer=outer).tapped():
        assert stripe.PaymentIntent.apply_customer_balance(intent).status == "requires_action"


def test_what_the_wider_world_relied_on_its_tests_rely_on(outer):
    """A test on objects that were made by an assumption relies on it, too."""
    shop(outer)
    assert outer.assumptions
    assert Fake(TEST, outer=outer).assumptions == outer.assumptions


def test_a_copy_is_quick():
    """A copy of 100 customers, 500 intents and 1,500 events takes less than 0.25 ms, under coverage too."""
    outer = Fake(WIDER)
    with outer.tapped():
        balance = StripeBalance(outer)
        customers = [balance.customer(reconciliation="manual") for _ in range(100)]
        for number in range(500):
            balance.bank_transfer_intent(customers[number % 100], 1000)
        for customer in customers * 2:
            balance.fund(customer, 500)

    def timed(settings, outer):
        start = time.thread_time()
        for _ in range(200):
            Fake(settings, outer=outer)
        return (time.thread_time() - start) / 200

    differences = [timed(TEST, outer) - timed(TEST, None) for _ in range(7)]
    assert min(differences) < 0.00025
