"""The search endpoints: what each query finds, how pages follow, and what is no query."""

import asyncio
import random
import re

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st
from majors import as_dict, v1

from pytest_stripe_balance.api import routes
from pytest_stripe_balance.resources import newest_api_version
from pytest_stripe_balance.session import Fake, Settings

CUSTOMER, INTENT, CHARGE, INVOICE = stripe.Customer, stripe.PaymentIntent, stripe.Charge, stripe.Invoice


class Town:
    """Three customers, four intents, three charges and three invoices, by name."""

    def __init__(self, stripe_balance):
        self.balance = stripe_balance
        self.ids = {}
        add = self.ids.__setitem__
        metadata = {"order-id": "A 1", "said": 'she said "yes"', "it's": "me"}
        for name, params in {
            "ada": {"name": "Ada King Lovelace", "email": "Ada@example.com", "metadata": metadata},
            "bob": {"name": "Bob King", "email": "bob.ada@example.com", "phone": "+15550001"},
            "nobody": {"metadata": {"order-id": "A 2"}},
        }.items():
            add(name, stripe_balance.customer(reconciliation="manual", **params).id)
        intent = stripe_balance.bank_transfer_intent
        add("waiting", intent(self.ids["ada"], 1000, metadata={"order-id": "7"}).id)
        add("new", intent(self.ids["bob"], 2500, "eur", confirm=False).id)
        add("canceled", stripe.PaymentIntent.cancel(intent(self.ids["bob"], 1000).id).id)
        add("orphan", stripe.PaymentIntent.create(amount=9000, currency="jpy").id)
        for name, refunded in (("kept", 0), ("partly", 100), ("wholly", 500)):
            add(f"{name} intent", self.paid(500, f"9450{refunded}").id)
            add(name, stripe.PaymentIntent.retrieve(self.ids[f"{name} intent"]).latest_charge)
            if refunded:
                stripe.Refund.create(
                    charge=self.ids[name], amount=refunded, instructions_email="no@example.com"
                )
        invoice = stripe_balance.bank_transfer_invoice
        stripe.Customer.modify(self.ids["nobody"], email="no@example.com")
        add("draft", invoice(self.ids["nobody"], 700, finalize=False).id)
        add("open", invoice(self.ids["nobody"], 1500, number="ROOF 12-a").id)
        add("void", stripe.Invoice.void_invoice(invoice(self.ids["nobody"], 3000).id).id)
        stripe.Customer.modify(self.ids["nobody"], email="")

    def paid(self, amount, postal_code):
        data = {
            "type": "customer_balance",
            "billing_details": {"address": {"postal_code": postal_code}},
        }
        customer = self.ids["nobody"]
        intent = self.balance.bank_transfer_intent(customer, amount, payment_method_data=data)
        self.balance.fund(customer, amount)
        return stripe.PaymentIntent.apply_customer_balance(intent.id)

    def found(self, resource, query, **params):
        """Search, and give the names of what is found; the intents of invoices have none."""
        names = {record_id: name for name, record_id in self.ids.items()}
        query = query.format_map({name.replace(" ", "_"): one for name, one in self.ids.items()})
        return [names[one.id] for one in resource.search(query=query, **params).data if one.id in names]


@pytest.fixture
def town(stripe_balance):
    return Town(stripe_balance)


EVERY_INTENT = "wholly intent, partly intent, kept intent, orphan, canceled, new, waiting"
PAID = "wholly intent, partly intent, kept intent"
FOUND = (
    # strings: the words side by side, or a part; in any case
    (CUSTOMER, 'name:"ada king lovelace"', "ada"),
    (CUSTOMER, "name:'KING'", "bob, ada"),
    (CUSTOMER, "name:'Ada  King'", "ada"),
    (CUSTOMER, "name:'Ada Lovelace'", ""),
    (CUSTOMER, "name:'Kin'", ""),
    (CUSTOMER, "name~'kin'", "bob, ada"),
    (CUSTOMER, "name~'g love'", "ada"),
    (CUSTOMER, "email:'ada@EXAMPLE.com'", "ada"),
    (CUSTOMER, "email:'ada'", ""),
    (CUSTOMER, "email~'ADA'", "bob, ada"),
    (CUSTOMER, "phone:'+15550001'", "bob"),
    (CUSTOMER, "-phone:'+15550001'", "nobody, ada"),
    # null: what isn't set
    (CUSTOMER, "name:null", "nobody"),
    (CUSTOMER, "-name:NULL", "bob, ada"),
    (CUSTOMER, "-name:'null'", "nobody, bob, ada"),
    (CUSTOMER, "-email~'ada'", "nobody"),
    # metadata: whole values
    (CUSTOMER, 'metadata["order-id"]:"a 1"', "ada"),
    (CUSTOMER, "metadata['order-id']:'A'", ""),
    (CUSTOMER, "-metadata['order-id']:null", "nobody, ada"),
    (CUSTOMER, "metadata['order-id']:null", "bob"),
    (CUSTOMER, "-metadata['order-id']:'A 1'", "nobody, bob"),
    (CUSTOMER, r'metadata["said"]:"she said \"yes\""', "ada"),
    (CUSTOMER, "metadata['said']:'she said \"yes\"'", "ada"),
    (CUSTOMER, r"metadata['it\'s']:'me'", "ada"),
    (INTENT, "metadata['order-id']:7", "waiting"),
    # joints
    (CUSTOMER, "name:'king' AND email~'bob'", "bob"),
    (CUSTOMER, "name:'king' email~'bob'", "bob"),
    (CUSTOMER, "  name:'king'\tand  -email~'bob' ", "ada"),
    (CUSTOMER, "name:null OR email~'bob'", "nobody, bob"),
    (CUSTOMER, "name:null or -email~'bob' oR phone:null", "nobody, ada"),
    # numbers
    (INTENT, "amount:1000", "canceled, waiting"),
    (INTENT, "-amount:500", "orphan, canceled, new, waiting"),
    (INTENT, "amount>1000", "orphan, new"),
    (INTENT, "amount>='1000' amount<9000", "canceled, new, waiting"),
    (INTENT, "amount<=1000 -amount:500", "canceled, waiting"),
    (INTENT, "amount<500", ""),
    (INTENT, "created>0", EVERY_INTENT),
    (INTENT, "created<0 OR created<-1", ""),
    (INTENT, "amount:null", ""),
    # tokens
    (INTENT, "currency:'USD' amount>500", "canceled, waiting"),
    (INTENT, "-currency:'usd'", "orphan, new"),
    (INTENT, "customer:'{ada}'", "waiting"),
    (INTENT, "customer:null", "orphan"),
    (INTENT, "-customer:'{nobody}'", "orphan, canceled, new, waiting"),
    (INTENT, "status:'requires_action'", "waiting"),
    (INTENT, "status:'requires_confirmation' OR status:'canceled'", "canceled, new"),
    (INTENT, "status:'Succeeded'", PAID),
    (CHARGE, "refunded:'true'", "wholly"),
    (CHARGE, "refunded:'false'", "partly"),
    (CHARGE, "refunded:null", "kept"),
    (CHARGE, "-refunded:'TRUE'", "partly, kept"),
    (CHARGE, "disputed:'true'", ""),
    (CHARGE, "disputed:'false' amount:500 currency:'usd'", "wholly, partly, kept"),
    (CHARGE, "billing_details.address.postal_code:94500 amount:500", "kept"),
    (CHARGE, "customer:'{nobody}' status:'succeeded' amount<500", ""),
    (CHARGE, "-status:'succeeded' OR created<1", ""),
    (INVOICE, "status:'open'", "open"),
    (INVOICE, "-status:'draft'", "void, open"),
    (INVOICE, "number:'roof 12-A'", "open"),
    (INVOICE, "number~'12-'", "open"),
    (INVOICE, "number:null", "draft"),
    (INVOICE, "total>=1500 currency:'usd'", "void, open"),
    (INVOICE, "customer:'{ada}' OR total:700", "draft"),
)  # fmt: skip


def test_each_query_finds_what_the_table_says(town):
    """Every kind of field, operator and joint finds what is documented, newest first."""
    told = [(resource, query, ", ".join(town.found(resource, query))) for resource, query, _ in FOUND]
    assert told == list(FOUND)


OF_CARDS = (
    ("status:'failed'", "failed"),
    ("status:'succeeded'", "held, by visa, by transfer"),
    ("-status:'succeeded'", "failed"),
    ("payment_method_details.card.last4:4242", "held, by visa"),
    ("payment_method_details.card.last4:'0002'", "failed"),
    ("payment_method_details.card.brand:'visa' status:'succeeded'", "held, by visa"),
    ("payment_method_details.card.brand:'amex'", ""),
    ("payment_method_details.card.brand:null", "by transfer"),
    ("-payment_method_details.card.last4:4242", "failed, by transfer"),
    ("payment_method_details.card.exp_year:'{exp_year}'", "held, failed, by visa"),
    ("payment_method_details.card.exp_month:'{exp_month}'", "held, failed, by visa"),
    ("payment_method_details.card.fingerprint:'{fingerprint}'", "held, by visa"),
)


def test_charges_are_found_by_their_card_and_by_how_they_ended(stripe_balance):
    """A declined card's charge is a failed one; what a card holds is a charge that succeeded."""
    customer = stripe_balance.customer(reconciliation="manual")
    by_transfer = stripe_balance.bank_transfer_intent(customer, 1000)
    stripe_balance.fund(customer, 1000)
    names = {stripe.PaymentIntent.apply_customer_balance(by_transfer.id).latest_charge: "by transfer"}
    for name, card, capture in (
        ("by visa", "visa", "automatic"),
        ("failed", "chargeDeclined", "automatic"),
        ("held", "visa", "manual"),
    ):
        intent = stripe.PaymentIntent.create(
            amount=1000, currency="usd", allowed_payment_method_types=["card"], capture_method=capture
        )
        try:
            stripe.PaymentIntent.confirm(intent.id, payment_method=f"pm_card_{card}")
        except stripe.CardError:
            assert name == "failed"
        names[stripe.PaymentIntent.retrieve(intent.id).latest_charge] = name
    (held, *_) = stripe.Charge.list(limit=1).data
    told = []
    for query, _ in OF_CARDS:
        asked = query.format_map(as_dict(held.payment_method_details.card))
        found = stripe.Charge.search(query=asked).data
        told.append((query, ", ".join(names[one.id] for one in found)))
    assert told == list(OF_CARDS)


def test_a_search_answers_in_its_own_shape(town):
    """A search_result has its url and next_page, and a count where it is asked for."""
    found = stripe.PaymentIntent.search(query="amount:1000")
    assert as_dict(found).keys() == {"object", "data", "has_more", "next_page", "url"}
    assert (found.object, found.url) == ("search_result", "/v1/payment_intents/search")
    assert (found.has_more, found.next_page) == (False, None)
    (first, _) = found.data
    assert as_dict(first) == as_dict(stripe.PaymentIntent.retrieve(first.id))
    counted = v1(town.balance.client).payment_intents.search(
        {"query": "amount:1000", "limit": 1, "expand": ["total_count", "data.customer"]}
    )
    assert counted.total_count == 2
    assert counted.data[0].customer.id == town.ids["bob"]


def test_the_report_says_how_many_were_found(town):
    """In the report's requests a search is told from a list."""
    stripe.PaymentIntent.search(query="amount:1000")
    stripe.PaymentIntent.list(limit=2)
    report = town.balance.report()
    assert re.search(r"query=amount:1000\n    -> 2 found", report)
    assert re.search(r"limit=2\n    -> 2 listed", report)


def test_a_draft_is_found_with_its_customer_as_they_are_now(town):
    """A search shows a draft as retrieving it does."""
    stripe.Customer.modify(town.ids["nobody"], name="Nemo")
    (draft,) = stripe.Invoice.search(query="status:'draft'").data
    assert draft.customer_name == "Nemo"


OF_THE_CATALOG = ("product", "price")  # they can't be searched for by when they were made


@pytest.mark.parametrize("search", [row for row in routes.ENDPOINTS if row.searched], ids=str)
def test_every_search_answers_with_a_search_result(search, stripe_balance):
    """The answer of a search is held to be a search_result of its row."""
    query = "active:'true'" if search.returns in OF_THE_CATALOG else "created>0"
    raw = stripe_balance.client.raw_request("get", search.path, query=query)
    assert (
        search.response_object == stripe_balance.requests[-1].response.json["object"] == "search_result"
    )
    assert raw.code == 200


def test_what_can_be_expanded_goes_by_data(town):
    """Outside data only the count can be asked for, and of a list not even that."""
    with pytest.raises(stripe.InvalidRequestError, match=r"try expanding 'data\.customer'"):
        stripe.PaymentIntent.search(query="amount>0", expand=["customer"])
    with pytest.raises(stripe.InvalidRequestError, match=r"cannot be expanded \(data.total_count\)"):
        stripe.PaymentIntent.search(query="amount>0", expand=["data.total_count"])
    with pytest.raises(stripe.InvalidRequestError, match=r"cannot be expanded \(total_count\)"):
        stripe.PaymentIntent.list(expand=["total_count"])


def test_what_was_deleted_is_not_found(town):
    """A deleted customer and a deleted draft are gone for a search and its count."""
    stripe.Customer.delete(town.ids["ada"])
    stripe.Invoice.delete(town.ids["draft"])
    assert town.found(CUSTOMER, "name:'king'") == ["bob"]
    assert stripe.Invoice.search(query="total>0", expand=["total_count"]).total_count == 2


UNREADABLE = (
    r'^We were unable to parse your search query\. Try using the format `metadata\["key"\]:"value"`'
)
WRONG = (
    # what is wrong, the query, and what its message says
    ("words without a field", "asdf", rf"{UNREADABLE}.*At character 5: one of : ~ > >= < <= is due"),
    ("only white space", " ", "At character 2: a field is due"),
    ("an unquoted word", "currency:usd", "At character 10: a quoted value, a number or null is due"),
    ("a number with a tail", "amount:10usd", "At character 8: a quoted"),
    ("quotes that don't end", "name:'ada", "At character 6: a quoted"),
    ("quotes that end otherwise", "name:'ada\"", "At character 6: a quoted"),
    ("no value", "amount>", "At character 8: a quoted"),
    ("no space between clauses", "amount:'1'amount:'2'", "At character 11: put a space, AND or OR between"),
    ("brackets", "(amount:1)", "At character 1: a field is due"),
    ("two negations", "--amount:1", "At character 2: a field is due"),
    ("NOT", "NOT amount:1", "At character 4: one of"),
    ("AND before anything", "AND amount:1", "At character 4: one of"),
    ("OR after everything", "amount:1 OR", "At character 12: a field is due"),
    ("AND and OR", "amount:1 AND amount:2 OR amount:3", "At character 23: AND .* and OR can't be mixed"),
    ("a space and OR", "amount:1 amount:2 OR amount:3", "At character 19: AND .* and OR can't be mixed"),
    ("OR and a space", "amount:1 OR amount:2 amount:3", "At character 22: AND .* and OR can't be mixed"),
    ("metadata without a key", "metadata:'x'", "At character 9: metadata needs a key"),
    ("metadata with a bare key", "metadata[key]:'x'", "At character 10: metadata needs a key"),
    ("metadata with an open bracket", "metadata['key':'x'", "metadata needs a key"),
    ("an unknown field", "foo:'bar'",
     r"^Field `foo` is an unsupported search field for resource `payment_intents`\. See http://.*#query-f"),
    ("a field in capitals", "AMOUNT:1", "^Field `AMOUNT` is an unsupported"),
    ("another resource's field", "email:'x'", "^Field `email` is an unsupported"),
    ("a later mistake in the text first", "foo:'bar' AND", "^We were unable"),
    ("greater than a token", "amount:1 currency>'usd'", r"`currency` \(at character 10\): `>` isn't for"),
    ("a part of a token", "status~'succ'", "`~` isn't for a token field; use :"),
    ("a part of metadata", "metadata['k']~'abc'", "`metadata` .*`~` isn't for a token"),
    ("a part of a number", "amount~1000", "`~` isn't for a numeric field; use : > >= < <="),
    ("a number that is none", "amount>'ten'", "must be a whole number"),
    ("a number with a fraction", "amount>'10.5'", "must be a whole number"),
    ("a number without end", f"amount>{'9' * 5000}", "must be a whole number"),
    ("more than null", "amount>null", "null needs the operator `:`"),
    ("eleven clauses", " ".join(["amount:1"] * 11), "10 clauses at most"),
)  # fmt: skip


@pytest.mark.parametrize(("query", "message"), [pytest.param(*row[1:], id=row[0]) for row in WRONG])
def test_what_is_no_query_is_refused_with_its_place(query, message, stripe_balance, _stripe_session):
    """A mistake is a 400 about the query that names the place, and rests on the assumption."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.PaymentIntent.search(query=query)
    assert re.search(message, caught.value.user_message)
    assert (caught.value.http_status, caught.value.param, caught.value.code) == (400, None, None)
    assert "search-errors" in _stripe_session.world.readings.used


@pytest.mark.parametrize(
    ("resource", "query", "message"),
    [
        (CUSTOMER, "name~'ad'", "a substring needs at least 3 characters"),
        (CUSTOMER, "name>'ada'", "`>` isn't for a string field; use : ~"),
        (CUSTOMER, "name~null", "null needs the operator `:`"),
        (CHARGE, "disputed:null", 'must be one of "true", "false"'),
        (CHARGE, "refunded:'maybe'", 'must be one of "true", "false", null'),
        (CHARGE, "payment_method_details.ideal.bank:'x'", "unsupported search field"),
    ],
)
def test_fields_take_what_is_documented_for_them(resource, query, message, stripe_balance):
    """An operator or value that a field's type doesn't have is a 400."""
    with pytest.raises(stripe.InvalidRequestError, match=message):
        resource.search(query=query)


def test_a_query_is_required(stripe_balance):
    """Without a query, or with an empty one, Stripe's generic answers come."""
    with pytest.raises(stripe.InvalidRequestError, match=r"Missing required param: query\."):
        stripe.PaymentIntent.search(limit=1)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.PaymentIntent.search(query="")
    assert caught.value.code == "parameter_invalid_empty"


def test_a_limit_that_cannot_be_is_taken_as_the_nearest(stripe_balance, _stripe_session):
    """0 is 1, in silence, as in lists."""
    customer = stripe_balance.customer()
    for _ in range(2):
        stripe_balance.bank_transfer_intent(customer, 1000)
    found = stripe.PaymentIntent.search(query="amount>0", limit=0)
    assert (len(found.data), found.has_more) == (1, True)
    assert "list-limit" in _stripe_session.assumptions


@pytest.mark.parametrize(
    ("resource", "query", "match"),
    [
        (
            CHARGE,
            "payment_method_details.card_present.last4:4242",
            "search of charges by payment_method_details.card_present.last4",
        ),
        (INVOICE, "subscription:'sub_1'", "search of invoices by subscription"),
        (INVOICE, "receipt_number:null", "receipt_number"),
        (INVOICE, "last_finalization_error_code:'x'", "last_finalization_error_code"),
        (CUSTOMER, "name: 'ada'", r"spaces around an operator \(at character 5\)"),
        (CUSTOMER, "created > 1", "spaces around an operator"),
        (CUSTOMER, "name:''", "an empty value"),
        (CUSTOMER, "name:'a\\b'", "a backslash before anything but a quote"),
    ],
)
def test_what_nobody_knows_or_the_fake_does_not_hold_is_refused(resource, query, match, stripe_balance):
    """A documented field that isn't modelled, and undocumented grammar, never come back empty."""
    with stripe_balance.refused(match=match):
        resource.search(query=query)


@pytest.mark.parametrize("query", ["amount:1 foo:1", "amount>>1"])
def test_a_search_changes_nothing(query, town, _stripe_session):
    """Neither a search nor a refused one moves the clock, mints an id or makes an event."""
    world = _stripe_session.world
    before = world.clock.now, world.ids.minted, len(world.events)
    with pytest.raises(stripe.InvalidRequestError, match=r"search query|unsupported search field"):
        stripe.PaymentIntent.search(query=query)
    stripe.PaymentIntent.search(query="amount:1000")
    assert (world.clock.now, world.ids.minted, len(world.events)) == before


@pytest.mark.parametrize(
    ("resource", "query", "rested"),
    [
        (INTENT, "amount:9000", set()),
        (INTENT, "amount:1000", {"search-order"}),
        (INTENT, "status:'requires_confirmation'", {"search-intent-status"}),
        (CUSTOMER, "name:'bob king'", {"search-words"}),
        (CUSTOMER, "name:null", set()),
        (CUSTOMER, "name~'bob'", set()),
        (CUSTOMER, "email~'gone@'", {"search-deleted"}),
    ],
)
def test_a_search_rests_on_what_it_needs(resource, query, rested, town, _stripe_session):
    """Each answer names the assumptions under which it would have been another one."""
    stripe.Customer.delete(stripe.Customer.create(name="Gone", email="gone@example.com").id)
    readings = _stripe_session.world.readings
    readings.used.clear()
    resource.search(query=query)
    assert {one for one in readings.used if one.startswith("search-")} == {"search-at-once", *rested}


def test_pages_follow_each_other_while_objects_are_added(stripe_balance):
    """Pages lose and repeat nothing, and what is made meanwhile stays out of them."""
    made = [stripe_balance.customer(name=f"Ada {number}").id for number in range(7)][::-1]
    stripe_balance.customer()
    first = stripe.Customer.search(query="name:'ada'", limit=3)
    stripe_balance.customer(name="Ada 8")
    second = stripe.Customer.search(query="name:'ada'", limit=3, page=first.next_page)
    stripe.Customer.delete(second.data[-1].id)
    third = stripe.Customer.search(query="name:'ada'", limit=3, page=second.next_page)
    assert [one.id for page in (first, second, third) for one in page.data] == made
    assert [page.has_more for page in (first, second, third)] == [True, True, False]
    assert third.next_page is None
    assert made[2] not in first.next_page


def test_a_page_is_the_next_page_of_its_query(town, _stripe_session):
    """A page that is none, of another query or of another resource is a 400 about the page."""
    page = stripe.PaymentIntent.search(query="created>0", limit=1).next_page
    for search in (
        lambda: stripe.PaymentIntent.search(query="created>0", page="nope"),
        lambda: stripe.PaymentIntent.search(query="created>0", page="ä"),
        lambda: stripe.PaymentIntent.search(query="created>0", page="////"),
        lambda: stripe.PaymentIntent.search(query="created>1", page=page),
        lambda: stripe.Customer.search(query="created>0", page=page),
    ):
        with pytest.raises(stripe.InvalidRequestError, match="Invalid page") as caught:
            search()
        assert (caught.value.http_status, caught.value.param) == (400, "page")
    assert "search-page" in _stripe_session.world.readings.used
    assert stripe.PaymentIntent.search(query="created>0", page=page).data


def test_auto_paging_finds_everything_once(stripe_balance):
    """stripe-python's own paging walks 25 results to their end, sync and async."""
    customer = stripe_balance.customer()
    made = [stripe_balance.bank_transfer_intent(customer, 100).id for _ in range(25)][::-1]
    params = {"query": f"customer:'{customer.id}' AND amount:100"}
    client = stripe.StripeClient("sk_test_1", http_client=stripe.HTTPXClient())

    async def walk():
        page = await v1(client).payment_intents.search_async(params)
        ours = [one.id async for one in page.auto_paging_iter()]
        iterator = await stripe.PaymentIntent.search_auto_paging_iter_async(**params)
        return ours, [one.id async for one in iterator]

    assert [one.id for one in stripe.PaymentIntent.search_auto_paging_iter(**params)] == made
    found = v1(stripe_balance.client).payment_intents.search({**params, "limit": 7})
    assert [one.id for one in found.auto_paging_iter()] == made
    assert asyncio.run(walk()) == (made, made)


TEXTS = ("ada", "ADA king", "king", "o'neil", 'the "one"', "10", "ada@example.com", "kin", "one two")
CLAUSES = st.one_of(
    st.tuples(
        st.sampled_from(["name", "email"]), st.sampled_from(":~"), st.sampled_from([*TEXTS, None])
    ),
    st.tuples(st.just("metadata.k'\""), st.just(":"), st.sampled_from([*TEXTS, None])),
    st.tuples(
        st.just("created"),
        st.sampled_from([":", "<", ">", "<=", ">="]),
        st.integers(1_767_225_595, 1_767_225_615),
    ),
)
QUERIES = st.tuples(
    st.lists(st.tuples(st.booleans(), CLAUSES), min_size=1, max_size=10), st.booleans(), st.randoms()
)


def written(clauses, any_of, chance: random.Random):
    """Write clauses as a query, in one of the many ways."""

    def quoted(text):
        mark = chance.choice("'\"")
        return mark + text.replace(mark, f"\\{mark}") + mark

    def clause(negated, field, symbol, value):
        name, _, key = field.partition(".")
        told = name + (f"[{quoted(key)}]" if key else "")
        bare = isinstance(value, int) and chance.random() < 0.5
        shown = "null" if value is None else str(value) if bare else quoted(str(value))
        return f"{'-' * negated}{told}{symbol}{shown}"

    joints = [" or ", " OR\n"] if any_of else [" ", "  ", " AND ", "\tand "]
    text = clause(clauses[0][0], *clauses[0][1])
    for negated, parts in clauses[1:]:
        text += chance.choice(joints) + clause(negated, *parts)
    return text


def by_hand(customer, negated, field, symbol, value):
    """Judge a clause on a customer's JSON, without a parser."""
    held = customer["metadata"].get("k'\"") if field.startswith("metadata") else customer[field]
    if value is None or held is None:
        return (held is value) != negated
    if field == "created":
        signs = {-1: ("<", "<="), 0: (":", "<=", ">="), 1: (">", ">=")}
        return (symbol in signs[(held > value) - (held < value)]) != negated
    held, value = held.lower(), value.lower()
    if field.startswith("metadata"):
        return (held == value) != negated
    return (value in held if symbol == "~" else f" {value} " in f" {held} ") != negated


def test_a_query_finds_what_a_filter_by_hand_finds():
    """Whatever clauses are joined, and however they are written, the same customers are found."""
    session = Fake(Settings(newest_api_version(), name="search"))
    with session.tapped():
        customers = v1(stripe.StripeClient("sk_test_fake")).customers
        for name in (None, "Ada King", "King Ada", 'O\'Neil the "one" two', "one", "10"):
            for email in (None, "ada@example.com", "king@example.com"):
                params = {"name": name, "email": email, "metadata": {"k'\"": name} if name else None}
                customers.create({key: value for key, value in params.items() if value})
        there = [as_dict(one) for one in customers.list({"limit": 100}).data]

        @settings(max_examples=150, deadline=None)
        @given(QUERIES)
        def holds(case):
            clauses, any_of, chance = case
            clauses = [
                (negated, (field, ":" if value is None or len(str(value)) < 3 else symbol, value))
                if field != "created"
                else (negated, (field, symbol, value))
                for negated, (field, symbol, value) in clauses
            ]
            found = customers.search({"query": written(clauses, any_of, chance), "limit": 100}).data
            judge = any if any_of else all
            assert [one.id for one in found] == [
                one["id"]
                for one in there
                if judge(by_hand(one, negated, *parts) for negated, parts in clauses)
            ]

        holds()
