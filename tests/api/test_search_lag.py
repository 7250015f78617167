"""Searches that lag behind: what they find of what was made, changed and deleted a short while ago."""

import pytest
import stripe
from majors import v1

from pytest_stripe_balance import fake_stripe
from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session import Fake, Settings

lagging = pytest.mark.stripe_balance(search_lag=60)
NEWEST = newest_api_version()


def named(name):
    return [one.id for one in stripe.Customer.search(query=f"name:'{name}'").data]


@lagging
def test_what_is_new_is_found_when_the_search_has_caught_up(stripe_balance, stripe_clock):
    """A new object is found `search_lag` seconds after its creation, and not one before."""
    customer = stripe_balance.customer(name="Ada")
    stripe_clock.travel_to(customer.created + 59)
    assert named("Ada") == []
    stripe_clock.advance(seconds=1)
    assert named("Ada") == [customer.id]
    assert stripe.Customer.search(query="name:'Ada'", expand=["total_count"]).total_count == 1


@lagging
def test_an_app_that_searches_before_it_creates_makes_duplicates(stripe_balance, stripe_clock):
    """The second of two calls in a row doesn't find what the first one made."""

    def find_or_create():
        return (named("Ada") or [stripe_balance.customer(name="Ada").id])[0]

    assert find_or_create() != find_or_create()
    stripe_clock.advance(minutes=1)
    assert find_or_create() == find_or_create()
    assert len(stripe.Customer.list().data) == 2


def test_a_search_that_lags_by_nothing_finds_at_once(stripe_balance, _stripe_session):
    """Without the setting nothing lags, and no earlier version is kept."""
    customer = stripe_balance.customer(name="Ada")
    assert named("Ada") == [customer.id]
    assert _stripe_session.world.search_index is None


@lagging
def test_what_changed_is_found_by_its_old_values_and_shown_as_it_is(stripe_balance, stripe_clock):
    """Until the search has caught up, an object answers to its old name under its new one."""
    customer = stripe_balance.customer(name="Ada")
    stripe_clock.advance(hours=1)
    stripe.Customer.modify(customer.id, name="Eve")
    (found,) = stripe.Customer.search(query="name:'Ada'").data
    assert (found.id, found.name) == (customer.id, "Eve")
    assert named("Eve") == []
    stripe_clock.advance(minutes=1)
    assert (named("Ada"), named("Eve")) == ([], [customer.id])


@pytest.mark.stripe_balance(search_lag=60, assume={"search-lag-shows": "as-found"})
def test_by_the_other_reading_an_object_is_shown_as_it_was_found(stripe_balance, stripe_clock):
    """The reading as-found of search-lag-shows shows the old values."""
    customer = stripe_balance.customer(name="Ada")
    stripe_clock.advance(hours=1)
    stripe.Customer.modify(customer.id, name="Eve")
    (found,) = stripe.Customer.search(query="name:'Ada'").data
    assert (found.id, found.name) == (customer.id, "Ada")


@lagging
def test_what_was_deleted_is_found_until_the_search_has_caught_up(stripe_balance, stripe_clock):
    """A deleted customer is shown whole, with no mark of its deletion; then it is gone."""
    customer = stripe_balance.customer(name="Ada")
    stripe_clock.advance(hours=1)
    stripe.Customer.delete(customer.id)
    (found,) = stripe.Customer.search(query="name:'Ada'").data
    assert (found.name, "deleted" in found) == ("Ada", False)
    stripe_clock.advance(minutes=1)
    assert named("Ada") == []


@lagging
def test_every_searched_object_lags(stripe_balance, stripe_clock):
    """Intents, charges and invoices are found by the state that they had."""

    def found():
        return [
            len(resource.search(query=query).data)
            for resource, query in (
                (stripe.PaymentIntent, "status:'requires_action'"),
                (stripe.PaymentIntent, "status:'succeeded'"),
                (stripe.Charge, "amount:1000"),
                (stripe.Charge, "-refunded:null"),
                (stripe.Invoice, "status:'draft'"),
                (stripe.Invoice, "status:'open'"),
            )
        ]

    customer = stripe_balance.customer()
    intent = stripe_balance.bank_transfer_intent(customer, 1000)
    invoice = stripe_balance.bank_transfer_invoice(
        stripe_balance.customer(email="ada@example.com"), 700, finalize=False
    )
    assert found() == [0, 0, 0, 0, 0, 0]
    stripe_clock.advance(minutes=1)
    assert found() == [1, 0, 0, 0, 1, 0]
    stripe_balance.fund(customer, 1000)
    stripe.Invoice.finalize_invoice(invoice.id)
    assert found() == [1, 0, 0, 0, 1, 0]
    stripe_clock.advance(minutes=1)
    assert found() == [0, 1, 1, 0, 0, 1]
    stripe.Refund.create(payment_intent=intent.id, amount=100, instructions_email="ada@example.com")
    stripe_clock.advance(minutes=1)
    assert found() == [0, 1, 1, 1, 0, 1]


@lagging
def test_what_a_bank_transfer_settles_is_shown_settled(stripe_balance, stripe_clock):
    """An app that pays what a search calls unpaid sees in the answer that it is paid."""
    customer = stripe_balance.customer()
    stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_clock.advance(minutes=1)
    stripe_balance.fund(customer, 1000)
    (found,) = stripe.PaymentIntent.search(query="status:'requires_action'").data
    assert (found.status, found.amount_received) == ("succeeded", 1000)


@lagging
def test_what_was_undone_was_never_there(stripe_balance, stripe_clock):
    """A request that fails leaves no version behind."""
    customer = stripe_balance.customer(name="Ada")
    with pytest.raises(stripe.InvalidRequestError):
        stripe.Customer.modify(customer.id, name="Eve", metadata={"k" * 41: "too long"})
    stripe_clock.advance(minutes=1)
    assert (named("Ada"), named("Eve")) == ([customer.id], [])


@lagging
def test_pages_follow_in_what_was_there(stripe_balance, stripe_clock):
    """A new object comes into no page before the search has caught up."""
    first = [stripe_balance.customer(name="Ada").id for _ in range(3)]
    stripe_clock.advance(minutes=1)
    stripe_balance.customer(name="Ada")
    page = stripe.Customer.search(query="name:'Ada'", limit=2)
    assert [one.id for one in page.data] == first[:0:-1]
    last = stripe.Customer.search(query="name:'Ada'", limit=2, page=page.next_page)
    assert [one.id for one in last.data] == first[:1]


@lagging
def test_products_and_prices_lag_too(stripe_balance, stripe_clock):
    """A renamed product answers to its old name, and a new price to nothing, until the search has caught up."""
    product = stripe.Product.create(name="Roof")
    stripe_clock.advance(minutes=1)
    stripe.Product.modify(product.id, name="Door")
    stripe.Price.create(product=product.id, unit_amount=100, currency="usd")

    def found(resource, query):
        return [one.id for one in resource.search(query=query).data]

    assert found(stripe.Product, "name:'Roof'") == [product.id]
    assert found(stripe.Price, f"product:'{product.id}'") == []
    stripe_clock.advance(minutes=1)
    assert found(stripe.Product, "name:'Roof'") == []
    assert len(found(stripe.Price, f"product:'{product.id}'")) == 1


WIDE, LAGGING = Settings(NEWEST, name="a module"), Settings(NEWEST, name="a test", search_lag=60)


@pytest.mark.parametrize("outer", [WIDE, WIDE._replace(search_lag=5)], ids=["at once", "lagging"])
def test_a_copy_of_a_wider_world_lags_by_its_own_setting(outer):
    """What the wider world made is found as late, and what it changed by the values that it kept."""
    wider = Fake(outer)
    client = stripe.StripeClient("sk_test_fake")
    with wider.tapped():
        ada = v1(client).customers.create({"name": "Ada"})
        wider.travel(wider.now + 100)
        v1(client).customers.create({"name": "Bob"})
    copy = Fake(LAGGING, outer=wider)
    with copy.tapped():
        search = v1(client).customers.search

        def found(query):
            return [one.id for one in search({"query": query}).data]

        assert found("created>0") == [ada.id]
        v1(client).customers.update(ada.id, {"name": "Eve"})
        assert found("name:'Ada'") == [ada.id]
        copy.travel(copy.now + 60)
        assert len(found("created>0")) == 2
        assert (found("name:'Ada'"), found("name:'Eve'")) == ([], [ada.id])
    with wider.tapped():
        assert [one.name for one in search({"query": f"created:{ada.created}"}).data] == ["Ada"]


def test_a_block_of_the_fake_lags_too():
    """`fake_stripe` takes the setting."""
    with fake_stripe(search_lag=60) as balance:
        customer = balance.customer(name="Ada")
        assert named("Ada") == []
        balance.clock.advance(minutes=1)
        assert named("Ada") == [customer.id]


@lagging
def test_only_what_differs_relies_on_an_assumption(stripe_balance, stripe_clock, _stripe_session):
    """A search that finds what hasn't changed relies neither on search-at-once nor on search-lag-shows."""
    customer = stripe_balance.customer(name="Ada")
    stripe_clock.advance(minutes=1)
    named("Ada")
    assert not {"search-at-once", "search-lag-shows"} & _stripe_session.assumptions
    stripe.Customer.modify(customer.id, name="Eve")
    named("Ada")
    assert "search-lag-shows" in _stripe_session.assumptions


@pytest.mark.stripe_balance(search_lag=60, ignore=["POST /v1/customers balance"])
def test_an_object_with_an_ignored_parameter_is_found_too(stripe_balance, stripe_clock):
    """What is kept of the parameter stands under the object's id, and isn't taken for it."""
    customer = stripe_balance.customer(name="Ada", balance=500)
    stripe_clock.advance(minutes=1)
    (found,) = stripe.Customer.search(query="name:'Ada'").data
    assert (found.id, found.balance) == (customer.id, 500)


@lagging
def test_a_failed_charge_is_found_as_one_when_the_search_has_caught_up(stripe_balance, stripe_clock):
    """The charge of a declined card answers to no status before, and to "failed" after."""
    intent = stripe.PaymentIntent.create(
        amount=500, currency="usd", allowed_payment_method_types=["card"]
    )
    with pytest.raises(stripe.CardError):
        stripe.PaymentIntent.confirm(intent.id, payment_method="pm_card_chargeDeclined")

    def found(status):
        return len(stripe.Charge.search(query=f"status:'{status}'").data)

    assert (found("failed"), found("succeeded")) == (0, 0)
    stripe_clock.advance(minutes=1)
    assert (found("failed"), found("succeeded")) == (1, 0)
