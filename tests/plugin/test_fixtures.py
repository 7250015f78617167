from __future__ import annotations

import re
from decimal import Decimal
from textwrap import dedent

import pytest
import stripe
from majors import v1

import pytest_stripe_balance.fixtures.balance
from pytest_stripe_balance import modes
from pytest_stripe_balance.fixtures.balance import StripeBalance
from pytest_stripe_balance.session import Session, Settings, newest_api_version

# The first example that this plugin was built to pass, letter by letter.
PARTIAL_WIRE = """
def test_partial_wire(stripe_balance):
    customer = stripe_balance.customer(reconciliation="manual")
    intent = stripe_balance.bank_transfer_intent(customer, amount=1000, currency="usd")
    stripe_balance.fund(customer, 600, "usd")

    settle_open_intents(customer.id)          # the code under test, using stripe as it always does

    intent = stripe.PaymentIntent.retrieve(intent.id)
    assert intent.next_action.display_bank_transfer_instructions.amount_remaining == 400
    assert stripe_balance.available(customer) == {"usd": 0}
"""
SHOPS = {
    "global stripe": """
        import stripe

        def settle_open_intents(customer):
            for intent in stripe.PaymentIntent.list(customer=customer).auto_paging_iter():
                stripe.PaymentIntent.apply_customer_balance(intent.id)
    """,
    "a StripeClient made at import time": """
        import stripe

        client = stripe.StripeClient("sk_test_of_the_shop")
        api = getattr(client, "v1", client)

        def settle_open_intents(customer):
            for intent in api.payment_intents.list({"customer": customer}).auto_paging_iter():
                api.payment_intents.apply_customer_balance(intent.id)
    """,
    "async, httpx": """
        import asyncio, stripe

        client = stripe.StripeClient("sk_test_1", http_client=stripe.HTTPXClient())

        def settle_open_intents(customer):
            asyncio.run(settle(customer))

        async def settle(customer):
            intents = getattr(client, "v1", client).payment_intents
            listed = await intents.list_async({"customer": customer})
            async for intent in listed.auto_paging_iter():
                await intents.apply_customer_balance_async(intent.id)
    """,
    "async, aiohttp": """
        import asyncio, stripe

        client = stripe.StripeClient("sk_test_1", http_client=stripe.AIOHTTPClient())

        def settle_open_intents(customer):
            asyncio.run(settle(customer))

        async def settle(customer):
            intents = getattr(client, "v1", client).payment_intents
            listed = await intents.list_async({"customer": customer})
            async for intent in listed.auto_paging_iter():
                await intents.apply_customer_balance_async(intent.id)
    """,
    "async, global stripe": """
        import asyncio, stripe

        def settle_open_intents(customer):
            asyncio.run(settle(customer))

        async def settle(customer):
            listed = await stripe.PaymentIntent.list_async(customer=customer)
            async for intent in listed.auto_paging_iter():
                await stripe.PaymentIntent.apply_customer_balance_async(intent.id)
    """,
    "threads": """
        from concurrent.futures import ThreadPoolExecutor
        import stripe

        def settle_open_intents(customer):
            intents = stripe.PaymentIntent.list(customer=customer).data
            with ThreadPoolExecutor() as pool:
                list(pool.map(stripe.PaymentIntent.apply_customer_balance, [i.id for i in intents]))
    """,
}


@pytest.mark.parametrize("shop", SHOPS.values(), ids=SHOPS)
def test_the_designs_example_passes(shop, project):
    """The example of the design passes on unmodified code, with no key, no network, no warning."""
    project.file("shop.py", shop)
    project.file("test_it.py", f"import stripe\nfrom shop import settle_open_intents\n{PARTIAL_WIRE}")
    result = project.run(
        *("-Werror", "--disable-socket", "--allow-unix-socket"), plugins=("pytest_socket",)
    )
    result.assert_outcomes(passed=1)


def test_nothing_reaches_the_host_that_the_app_names(project, server):
    """An app that sends elsewhere, its `api_base` set, sends nothing while the fixture is there."""
    project.file(
        "shop.py",
        f"""
        import stripe
        client = stripe.StripeClient("sk_test_1", base_addresses={{"api": {server.url!r}}})
        api = getattr(client, "v1", client)
        """,
    )
    result = project.test(f"""
        import shop, stripe

        def test_client(stripe_balance):
            assert shop.api.customers.list().data == []

        def test_global(stripe_balance, monkeypatch):
            monkeypatch.setattr(stripe, "api_base", {server.url!r})
            assert stripe.Customer.list().data == []

        def test_without_the_fixture():
            assert shop.api.customers.retrieve("cus_1").id == "cus_sent"
    """)
    result.assert_outcomes(passed=3)
    assert [seen.path for seen in server.seen] == ["/v1/customers/cus_1"]


# The fixtures together.


def test_both_fixtures_have_one_world(stripe_balance, stripe_client):
    """What `stripe_balance` makes `stripe_client` finds: a test has one world."""
    customer = stripe_balance.customer(name="Ada")
    assert v1(stripe_client).customers.retrieve(customer.id).name == "Ada"


def test_the_client_fixture_works_alone(stripe_client):
    """`stripe_client` needs no other fixture of ours to be answered."""
    assert v1(stripe_client).customers.create({"name": "Ada"}).name == "Ada"


def test_usefixtures_is_enough(project):
    """`usefixtures` makes the fake answer, for a test that needs no builder."""
    result = project.test("""
        import pytest, stripe

        @pytest.mark.usefixtures("stripe_balance")
        def test_it():
            assert stripe.Customer.create(name="Ada").name == "Ada"
    """)
    result.assert_outcomes(passed=1)


def test_the_builders_do_not_depend_on_the_apps_settings(stripe_balance, monkeypatch):
    """Whatever the app set on the module `stripe`, the builders work as ever."""
    monkeypatch.setattr(stripe, "api_key", "pk_test_of_the_app")
    monkeypatch.setattr(stripe, "api_version", "2019-05-16")
    monkeypatch.setattr(stripe, "api_base", "http://127.0.0.1:9")
    monkeypatch.setattr(stripe, "default_http_client", object())
    customer = stripe_balance.customer(reconciliation="manual")
    stripe_balance.fund(customer, 100)
    assert stripe_balance.available(customer) == {"usd": 100}


WRAPPED_BALANCE = """
@pytest.fixture
def stripe_balance(stripe_balance):
    stripe_balance.customer(name="first")
    return stripe_balance
"""
WRAPPED_CLIENT = """
@pytest.fixture
def stripe_client(stripe_client):
    getattr(stripe_client, "v1", stripe_client).customers.create({"name": "first"})
    return stripe_client
"""
OVERRIDING = {
    "stripe_balance replaced": (
        "@pytest.fixture\ndef stripe_balance():\n    return 'mine'",
        "assert stripe_balance == 'mine'",
    ),
    "stripe_client replaced": (
        "@pytest.fixture\ndef stripe_client():\n    return 'mine'",
        "assert stripe_client == 'mine'",
    ),
    "stripe_balance wrapped": (
        WRAPPED_BALANCE,
        "assert [customer.name for customer in api.customers.list()] == ['first']",
    ),
    "stripe_client wrapped": (
        WRAPPED_CLIENT,
        "assert [customer.name for customer in stripe.Customer.list()] == ['first']",
    ),
    "stripe_balance made from stripe_client": (
        "@pytest.fixture\ndef stripe_balance(stripe_client):\n    return stripe_client",
        "assert stripe_balance is stripe_client",
    ),
}


@pytest.mark.parametrize(("conftest", "check"), OVERRIDING.values(), ids=OVERRIDING)
def test_a_conftests_own_fixture_leaves_the_other_working(conftest, check, project):
    """A conftest may replace or wrap one of our fixtures, and the other goes on working."""
    project.file("conftest.py", f"import pytest\n\n{conftest}\n")
    result = project.test(f"""
        import stripe

        def test_it(stripe_balance, stripe_client):
            api = getattr(stripe_client, "v1", stripe_client)
            {check}
            assert stripe.Customer.create(name="Ada").name == "Ada"
            for ours in (stripe_balance, stripe_client):
                client = getattr(ours, "client", ours)
                if client != "mine":
                    assert getattr(client, "v1", client).customers.create({{"name": "Bob"}}).name == "Bob"
    """)
    result.assert_outcomes(passed=1)


def test_the_marker_alone_activates_nothing(project, server):
    """A test that only has the marker sends for real."""
    result = project.test(f"""
        import pytest, stripe

        @pytest.mark.stripe_balance(seed="x")
        def test_it(monkeypatch):
            monkeypatch.setattr(stripe, "api_base", {server.url!r})
            assert stripe.Customer.retrieve("cus_1", api_key="sk_test_1").id == "cus_sent"
    """)
    result.assert_outcomes(passed=1)
    assert len(server.seen) == 1


def test_a_client_made_in_one_test_serves_in_the_next(project):
    """A client is answered in every test that uses the fixtures, each in a world of its own."""
    result = project.test("""
        import pytest, stripe

        @pytest.fixture(scope="module")
        def client():
            return stripe.StripeClient("sk_test_1")

        @pytest.mark.parametrize("time", [1, 2])
        def test_it(client, stripe_balance, time):
            api = getattr(client, "v1", client)
            assert api.customers.list().data == []
            api.customers.create({})
    """)
    result.assert_outcomes(passed=2)


# Keys.


def test_an_unset_key_is_set_while_a_test_runs_and_unset_after_it(project):
    """Where the app has no key the module has sk_test_fake during a test, and none afterwards."""
    result = project.test("""
        import stripe

        def test_it(stripe_balance):
            assert stripe.api_key == "sk_test_fake"
            assert stripe.Customer.create().object == "customer"

        def test_failing(stripe_client):
            assert stripe.api_key != "sk_test_fake"

        def test_without():
            assert stripe.api_key is None
    """)
    result.assert_outcomes(passed=2, failed=1)
    assert stripe.api_key is None


def test_our_key_is_gone_as_soon_as_nothing_is_answered_any_more(project):
    """A fixture that is torn down after ours has no key to send with."""
    result = project.test("""
        import pytest, stripe

        @pytest.fixture
        def app():
            yield
            assert stripe.api_key is None

        def test_it(app, stripe_balance):
            assert stripe.api_key == "sk_test_fake"
    """)
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("key", ["sk_test_of_the_app", "rk_test_of_the_app", "pk_test_x", "", "x"])
def test_a_set_key_is_left_alone(key, project, monkeypatch):
    """A key that the app set is there during a test and after it, whatever it is."""
    monkeypatch.setattr(stripe, "api_key", key)
    result = project.test(f"""
        import stripe

        def test_it(stripe_balance):
            assert stripe.api_key == {key!r}
    """)
    result.assert_outcomes(passed=1)
    assert stripe.api_key == key


def test_a_key_that_a_test_sets_is_left_alone(project):
    """A key that a test sets itself is not taken for ours."""
    result = project.test("""
        import stripe

        def test_it(stripe_balance):
            stripe.api_key = "sk_test_of_the_app"
    """)
    result.assert_outcomes(passed=1)
    assert stripe.api_key == "sk_test_of_the_app"


def test_a_key_of_monkeypatchs_leaves_none_behind(project):
    """A key set by monkeypatch, which was there before our fixture, leaves the module without one."""
    result = project.test("""
        import stripe

        def test_it(monkeypatch, stripe_balance):
            monkeypatch.setattr(stripe, "api_key", "sk_test_of_the_app")

        def test_next():
            assert stripe.api_key is None
    """)
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("key", ["sk_test_x", "rk_test_x", "sk_test_51abcdefghijklmnop"])
def test_a_test_key_is_let_in(key, stripe_balance):
    """Any secret or restricted test key is as good as another."""
    assert stripe_balance.customer().id == stripe.Customer.list(api_key=key).data[0].id


STRANGERS = {
    "publishable": ("pk_test_51abcdefghijklmnop", stripe.PermissionError, 403, "secret_key_required"),
    "publishable, live": ("pk_live_51abcdefghijklmnop", stripe.AuthenticationError, 401, None),
    "junk": ("junk-of-some-length", stripe.AuthenticationError, 401, None),
    "short junk": ("junk", stripe.AuthenticationError, 401, None),
    "a webhook secret": ("whsec_abcdefghijklmnop", stripe.AuthenticationError, 401, None),
    "empty": ("", stripe.AuthenticationError, 401, None),
}


@pytest.mark.usefixtures("stripe_balance")
@pytest.mark.parametrize(("key", "error", "status", "code"), STRANGERS.values(), ids=STRANGERS)
def test_any_other_key_gets_stripes_own_answer(key, error, status, code):
    """A key that isn't a test key is answered as Stripe does, and never said whole."""
    with pytest.raises(error) as caught:
        stripe.Customer.create(api_key=key)
    told = caught.value.json_body["error"].get("code")  # stripe-python has no code on some of these
    assert (caught.value.http_status, told) == (status, code)
    assert not key or key not in str(caught.value)


@pytest.mark.usefixtures("stripe_balance")
def test_a_junk_key_is_masked_as_stripe_masks_it():
    """An unknown key's last four characters are shown, so that one can tell which it was."""
    with pytest.raises(stripe.AuthenticationError, match=r"^Invalid API Key provided: \*+ngth$"):
        stripe.Customer.create(api_key="junk-of-some-length")


def test_the_plugin_can_be_turned_off(project):
    """With `-p no:stripe_balance` there is no fixture, option, marker or ini of ours."""
    project.file("test_it.py", "def test_it(stripe_balance): pass")
    without = "-pno:stripe_balance"
    project.run(without, ours=False).assert_outcomes(errors=1)
    told = project.run(without, "--help", ours=False).stdout.str()
    told += project.run(without, "--markers", "--fixtures", ours=False).stdout.str()
    assert "stripe" not in told
    assert "stripe_balance" in project.run("--markers").stdout.str()


def test_help_names_every_option_and_ini(project):
    """`--help` lists each option and ini setting of ours."""
    told = project.run("--help").stdout.str()
    names = dedent("""
        --stripe-mode --stripe-api-version --stripe-seed --stripe-assumptions stripe_mode
        stripe_api_version stripe_seed stripe_now stripe_contract stripe_assume stripe_assumptions
        stripe_cassette_dir
    """).split()
    assert [name for name in names if name not in told] == []


@pytest.mark.parametrize("given", [None, 5, {"id": "cus_1"}])
def test_what_is_no_object_and_no_id_is_named(given, stripe_balance):
    """A builder says what is due, before anything is asked."""
    for build in (
        lambda: stripe_balance.fund(given, 5),
        lambda: stripe_balance.explain(given),
        lambda: stripe_balance.fail_return(given),
        lambda: stripe_balance.settle_refund(given),
    ):
        with pytest.raises(
            TypeError, match=f"expected an SDK object or its id, got {type(given).__name__}"
        ):
            build()
    for call in ("fund", "bank_transfer_intent", "bank_transfer_invoice"):
        with pytest.raises(ValueError, match=rf"^stripe_balance\.{call}: the id is empty$"):
            getattr(stripe_balance, call)("", 100)
    with pytest.raises(ValueError, match=r"no bank transfers in \['usd'\]"):
        stripe_balance.bank_transfer_intent("cus_1", 100, ["usd"])


class Cents(int):
    """Counts as it likes."""


NO_AMOUNTS = ("usd", "600", 10.5, 6.0, Decimal(6), True, Cents(600), {"amount": 600})
TAKE_AN_AMOUNT = {
    "fund": lambda balance, amount: balance.fund("cus_1", amount, 600),
    "bank_transfer_intent": lambda balance, amount: balance.bank_transfer_intent("cus_1", amount),
    "bank_transfer_invoice": lambda balance, amount: balance.bank_transfer_invoice("cus_1", amount),
    "refund_to_cash_balance": lambda balance, amount: balance.refund_to_cash_balance("pi_1", amount),
}


def test_a_transfers_reference_is_a_text(stripe_balance):
    """An invoice in its place would be sent by its id, which pays another: its number is asked for."""
    customer = stripe_balance.customer(email="ada@example.com")
    invoice = stripe_balance.bank_transfer_invoice(customer, 1000)
    for given in (invoice, 123, b"A-1"):
        told = f"fund: reference must be a str, not {type(given).__name__}: an invoice's .number"
        with pytest.raises(TypeError, match=re.escape(told)):
            stripe_balance.fund(customer, 1000, reference=given)
    assert stripe_balance.available(customer) == {}


@pytest.mark.parametrize("mode", modes.MODES)
@pytest.mark.parametrize(("name", "build"), TAKE_AN_AMOUNT.items(), ids=TAKE_AN_AMOUNT)
def test_an_amount_is_whole_minor_units_in_every_mode(name, build, mode):
    """Anything else is a TypeError that names call, culprit and way out, before anything is asked."""
    balance = StripeBalance(Session(Settings(newest_api_version(), mode=mode)))
    balance._clients = None
    all_of_it = name == "refund_to_cash_balance"  # is what None means there
    for given in NO_AMOUNTS if all_of_it else (*NO_AMOUNTS, None):
        told = f"stripe_balance.{name}: amount must be an int in minor units, as 600 for 6.00 usd, not {given!r}"
        with pytest.raises(TypeError, match=f"^{re.escape(told)}$"):
            build(balance, given)


def test_an_object_in_an_amounts_place_is_not_shown_whole(stripe_balance):
    """What swapped arguments put there is told by its beginning, and its secrets are masked."""
    customer = stripe_balance.customer(email="jane.doe@lovelace.org")
    for given in (customer, "sk_test_51ofsomebody"):
        with pytest.raises(TypeError, match="amount must be an int in minor units") as raised:
            stripe_balance.fund(600, given)
        assert len(str(raised.value)) < 200
        assert "lovelace" not in str(raised.value)
        assert "somebody" not in str(raised.value)


NO_TYPES = {
    "a slip": ("payment_intent.succeded", "payment_intent.succeeded"),
    "a slip in a pattern": ("payment_intnt.*", "payment_intent.*"),
    "an object alone": ("cash_balance", "cash_balance.*"),
    "a slip beside its object": ("charge.succeed", "charge.succeeded"),
    "no text": (5, ""),
}


@pytest.mark.parametrize(("given", "meant"), NO_TYPES.values(), ids=NO_TYPES)
def test_a_type_that_no_event_has_is_a_value_error_that_names_the_nearest(given, meant, stripe_balance):
    """No events of a type that can't be, would look like none that came."""
    told = f"stripe_balance.events: Stripe documents no event type {given!r}; nearest: {meant}"
    with pytest.raises(ValueError, match=f"^{re.escape(told)}"):
        stripe_balance.events(given)


@pytest.mark.parametrize(
    "given", ["account.updated", "invoiceitem.updated", "terminal.reader.*", "*", None]
)
def test_a_documented_type_of_which_nothing_came_is_no_error(given, stripe_balance):
    """Types that the fake never makes are types, and those of older API versions are, too."""
    assert stripe_balance.events(given) == []


def test_a_secret_in_a_types_place_is_not_shown(stripe_balance):
    """Nor is what is too long to be one."""
    with pytest.raises(ValueError, match="Stripe documents no event type") as raised:
        stripe_balance.events("sk_test_51ofsomebody" + "x" * 5000)
    assert "somebody" not in str(raised.value)
    assert len(str(raised.value)) < 300


def test_what_came_is_held_against_no_list(stripe_balance, monkeypatch):
    """Stripe may have a type that isn't documented yet; and who asks for what came pays for no look."""
    monkeypatch.setattr(pytest_stripe_balance.fixtures.balance, "event_types", None)
    stripe_balance.customer()
    for given in ("customer.created", "customer.*", None):
        assert [event.type for event in stripe_balance.events(given)] == ["customer.created"]


def test_an_empty_cash_balance_is_none(stripe_balance):
    """The reconciliation mode stands beside whatever else is given."""
    customer = stripe_balance.customer("manual", cash_balance=None)
    balance = v1(stripe_balance.client).customers.cash_balance.retrieve(customer.id)
    assert balance.settings.reconciliation_mode == "manual"
