"""`stripe_stubs.remember`: objects with state and without a meaning."""

import pytest
import stripe
from majors import as_dict, v1

from pytest_stripe_balance import fake_stripe
from pytest_stripe_balance.modes import BadSettingError

PLAN = {"currency": "usd", "interval": "month", "product": "prod_1", "amount": 700}


@pytest.fixture
def plans(stripe_stubs):
    """Remember plans, quotes, a terminal's locations, and lists of values."""
    others = ("/v1/quotes", "/v1/terminal/locations", "/v1/radar/value_lists")
    stripe_stubs.remember("/v1/plans", *others)
    return stripe.Plan


def test_what_was_created_is_retrieved(plans):
    """With an id of its kind, the values typed, and the rest made up once."""
    plan = plans.create(**PLAN, metadata={"a": "b"}, trial_period_days=3)
    assert plan.id.startswith("price_")
    assert {**as_dict(plan), **PLAN, "trial_period_days": 3, "metadata": {"a": "b"}} == as_dict(plan)
    assert as_dict(plans.retrieve(plan.id)) == as_dict(plan)


def test_a_parameter_that_the_object_shows_otherwise_is_left_out(plans):
    """`line_items` are hashes without ids, and a quote has a list of items there."""
    quote = stripe.Quote.create(description="For Ada", line_items=[{"price": "price_1"}])
    assert quote.id.startswith("qt_")
    assert (quote.description, quote.status) == ("For Ada", stripe.Quote.retrieve(quote.id).status)
    assert as_dict(quote)["line_items"] is None


def test_an_update_merges_metadata_and_leaves_the_rest(plans):
    """An empty value takes a key out, and clears what may be null."""
    locations, address = stripe.terminal.Location, {"country": "DE"}
    shop = locations.create(
        display_name="Tea",
        address=address,
        configuration_overrides="tmc_1",
        metadata={"a": "1", "b": "2"},
    )
    locations.modify(shop.id, configuration_overrides="", metadata={"a": "", "c": "3"})
    after = as_dict(locations.retrieve(shop.id))
    shown = (after["configuration_overrides"], after["metadata"])
    assert shown == (None, {"b": "2", "c": "3"})
    assert after["display_name"] == "Tea"
    assert as_dict(locations.modify(shop.id, metadata=""))["metadata"] == {}


def test_a_list_has_pages_newest_first(plans):
    """With a limit and cursors, as every list of Stripe's."""
    first, second, third = (plans.create(**PLAN).id for _ in range(3))
    page = plans.list(limit=2)
    assert ([one.id for one in page.data], page.has_more, page.url) == (
        [third, second],
        True,
        "/v1/plans",
    )
    assert [one.id for one in plans.list(starting_after=second).data] == [first]
    assert [one.id for one in plans.list(ending_before=second).data] == [third]
    assert [one.id for one in page.auto_paging_iter()] == [third, second, first]


def test_a_filter_compares_the_key_of_its_name(plans, stripe_balance):
    """Another one is refused, with the stub that answers."""
    mine = plans.create(**PLAN).id
    plans.create(**{**PLAN, "product": "prod_2"})
    assert [one.id for one in plans.list(product="prod_1").data] == [mine]
    assert plans.list(created={"gt": stripe_balance.customer().created + 99}).data == []
    with stripe_balance.refused(match=r'filters\. Answer it: stripe_stubs\.answer\("GET /v1/radar/'):
        stripe.radar.ValueList.list(contains="x")


def test_a_deleted_object_is_gone(plans):
    """Its last answer says so."""
    plan = plans.create(**PLAN)
    gone = v1(stripe.StripeClient("sk_test_1")).plans.delete(plan.id)
    assert as_dict(gone) == {"id": plan.id, "object": "plan", "deleted": True}
    assert plans.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match=f"No such plan: '{plan.id}'"):
        plans.retrieve(plan.id)


def test_an_unknown_id_is_stripes_404(plans):
    """With the code and the parameter of other objects."""
    with pytest.raises(stripe.InvalidRequestError, match="No such plan: 'gold'") as caught:
        plans.modify("gold", nickname="x")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert caught.value.param == "plan"


def test_an_id_of_ones_own_is_taken_once(plans):
    """A second object with it is Stripe's error, unless the first was deleted."""
    assert plans.create(**PLAN, id="gold").id == "gold"
    with pytest.raises(stripe.InvalidRequestError, match="Plan already exists") as caught:
        plans.create(**PLAN, id="gold")
    assert caught.value.code == "resource_already_exists"
    v1(stripe.StripeClient("sk_test_1")).plans.delete("gold")
    assert plans.create(**PLAN, id="gold").id == "gold"


def test_a_key_replays_the_answer(plans):
    """And nothing is created twice."""
    ids = {plans.create(**PLAN, idempotency_key="k").id for _ in range(2)}
    assert [one.id for one in plans.list().data] == [*ids]


def test_an_account_keeps_its_own(plans):
    """Of connected accounts each has a memory."""
    plan = plans.create(**PLAN, stripe_account="acct_1")
    assert plans.list().data == []
    assert plans.retrieve(plan.id, stripe_account="acct_1").id == plan.id


def test_objects_below_another_are_its_own(stripe_stubs):
    """Their path has an id."""
    stripe_stubs.remember("/v1/accounts/{account}/persons")
    person = stripe.Account.create_person("acct_1", first_name="Ada")
    assert person.first_name == "Ada"
    assert stripe.Account.retrieve_person("acct_1", person.id).id == person.id
    assert stripe.Account.list_persons("acct_2").data == []


def test_a_stub_of_a_call_goes_first(plans, stripe_stubs):
    """And what is remembered answers once it is over."""
    stripe_stubs.answer("POST /v1/plans", {"amount": 1})
    assert [plans.create(**PLAN).amount for _ in range(2)] == [1, 700]


def test_what_is_fresh_remembers_nothing(plans, stripe_balance):
    """At the end of the block all is back."""
    plan = plans.create(**PLAN)
    with stripe_balance.fresh():
        assert plans.list().data == []
        plans.create(**PLAN)
    assert [one.id for one in plans.list().data] == [plan.id]


def test_what_is_remembered_is_marked_and_counted(plans, stripe_balance):
    """As every stub's answer."""
    plan = plans.create(**PLAN)
    plans.retrieve(plan.id)
    assert [one.stub for one in stripe_balance.requests] == ["POST /v1/plans", "GET /v1/plans/{plan}"]
    assert "[stripe_stubs]" in stripe_balance.report()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/v1/qoutes", "Stripe has no objects at '/v1/qoutes'; nearest: /v1/quotes"),
        ("/v1/balance", "Stripe has no objects at '/v1/balance'; nearest: "),
        ("/v1/customers", "the fake answers POST /v1/customers itself. stripe_faults has its failures"),
        ("/v1/charges", "the fake answers GET /v1/charges itself. stripe_faults has"),
    ],
)
def test_a_path_that_cant_be_remembered_is_an_error(stripe_stubs, path, told):
    """In one line, here and in the setting."""
    with pytest.raises(ValueError, match=r"^stripe_stubs\.remember: ") as caught:
        stripe_stubs.remember(path)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(BadSettingError, match=r"^fake_stripe\(remember=\): "):
        fake_stripe(remember=[path])


def test_a_cancelled_subscription_wants_a_stub(stripe_stubs, stripe_balance):
    """Stripe has no deleted form of it, so DELETE has a meaning there."""
    stripe_stubs.remember("/v1/subscriptions")
    with stripe_balance.refused(match="DELETE /v1/subscriptions/sub_1: the fake does not model"):
        v1(stripe.StripeClient("sk_test_1")).subscriptions.cancel("sub_1")


def test_a_block_of_fake_stripe_remembers():
    """By its own setting."""
    with fake_stripe(remember=["/v1/plans"]):
        plan = stripe.Plan.create(**PLAN)
        assert stripe.Plan.retrieve(plan.id).amount == 700
