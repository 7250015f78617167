from __future__ import annotations

from textwrap import dedent

import pytest

SHOP = """
import contextlib, unittest
import pytest, stripe

def names():
    return sorted(customer.name for customer in stripe.Customer.list())

def make(name):
    return stripe.Customer.create(name=name)
"""
QUIET = ("--disable-warnings", "--show-capture=no", "-rN")
REFUSAL = "no Stripe fixture is open here, so nothing was sent."


def _ids(table):
    return {"argvalues": table.values(), "ids": table.keys()}


# A module has one customer, "shared"; each place can make it.
PLACES = {
    "a module fixture by the object": """
        @pytest.fixture(scope="module", autouse=True)
        def made(module_stripe_balance):
            return module_stripe_balance.customer(name="shared")
    """,
    "a module fixture by stripe-python": """
        @pytest.fixture(scope="module", autouse=True)
        def made(module_stripe_balance):
            return make("shared")
    """,
    "setup_module": """
        pytestmark = pytest.mark.usefixtures("module_stripe_balance")

        def setup_module():
            make("shared")
    """,
    "setUpModule": """
        pytestmark = pytest.mark.usefixtures("module_stripe_balance")

        def setUpModule():
            make("shared")
    """,
    "an autouse fixture that comes first by name": """
        pytestmark = pytest.mark.usefixtures("module_stripe_balance")

        @pytest.fixture(scope="module", autouse=True)
        def a_made():
            make("shared")
    """,
}
COPIES = """
@pytest.mark.parametrize("time", [1, 2])
@pytest.mark.parametrize("fixture", ["stripe_balance", "stripe_client", "module_stripe_balance"])
def test_a_copy(request, module_stripe_balance, fixture, time):
    request.getfixturevalue(fixture)
    assert names() == ["shared"]
    make("own")
    module_stripe_balance.customer(name="by the object")
    assert names() == ["by the object", "own", "shared"]
    assert len(module_stripe_balance.requests) == 4
"""


@pytest.mark.parametrize("place", **_ids(PLACES))
@pytest.mark.parametrize("order", [(), ("--randomly-seed=1",), ("--randomly-seed=2",)], ids=str)
def test_each_test_runs_in_a_copy_of_its_own(place, order, project):
    """What a module's set-up made is in every test, and what a test makes is in no other one."""
    result = project.test(
        SHOP + dedent(place) + COPIES, *order, plugins=("pytest_randomly",) if order else ()
    )
    result.assert_outcomes(passed=6)


def test_under_xdist_each_worker_has_its_copy(project):
    """Under pytest-xdist each worker sets the module's world up."""
    project.file("test_it.py", SHOP + dedent(PLACES["setup_module"]) + COPIES)
    project.run_apart("-n2", plugins=("xdist",)).assert_outcomes(passed=6)


def test_a_test_that_asks_for_none_begins_empty(project):
    """Beside them, a test with `stripe_balance` alone has a world without the module's objects."""
    result = project.test(
        SHOP
        + dedent("""
            @pytest.fixture(scope="module")
            def made(module_stripe_balance):
                return make("shared")

            def test_first(made): assert names() == ["shared"]
            def test_alone(stripe_balance): assert names() == []
            def test_last(made): assert names() == ["shared"]
        """)
    )
    result.assert_outcomes(passed=3)


def test_a_wider_fixture_that_is_asked_for_late_writes_to_its_world(project):
    """A module's fixture that only getfixturevalue asks for, in the set-up of another one, is answered."""
    result = project.test(
        SHOP
        + dedent("""
            @pytest.fixture(scope="module")
            def made(module_stripe_balance):
                make("one")
                yield
                make("two")

            @pytest.fixture(scope="module")
            def outer(request):
                request.getfixturevalue("made")

            def test_it(outer): pass
        """)
    )
    result.assert_outcomes(passed=1)


LATE = {
    "a fixture above the world": 'request.getfixturevalue("made")',
    "the world itself": 'request.getfixturevalue("module_stripe_balance")',
}


@pytest.mark.parametrize("ask", **_ids(LATE))
def test_a_test_that_asks_late_for_a_world_that_is_open_is_guarded(project, ask):
    """Where another test has set the wider fixture up, getfixturevalue gives it, and guards from then on."""
    result = project.test(
        SHOP
        + dedent(f"""
            stripe.api_key, stripe.api_base = "sk_test_1", "http://127.0.0.1:9"

            @pytest.fixture(scope="module")
            def made(module_stripe_balance): make("one")

            def test_first(made): pass

            def test_late(request):
                {ask}
                with contextlib.suppress(BaseException):
                    names()
        """),
        *QUIET,
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"*{REFUSAL}*"])


CLASSES = {
    "a class fixture": """
        class TestIt:
            @pytest.fixture(scope="class", autouse=True)
            def made(self, class_stripe_balance):
                class_stripe_balance.customer(name="shared")

            def test_one(self): assert (make("own").name, names()) == ("own", ["own", "shared"])
            def test_two(self): assert (make("own").name, names()) == ("own", ["own", "shared"])
    """,
    "setup_class": """
        @pytest.mark.usefixtures("class_stripe_balance")
        class TestIt:
            @classmethod
            def setup_class(cls): make("shared")
            def test_one(self): assert (make("own").name, names()) == ("own", ["own", "shared"])
            def test_two(self): assert (make("own").name, names()) == ("own", ["own", "shared"])
    """,
    "setUpClass": """
        @pytest.mark.usefixtures("class_stripe_balance")
        class TestIt(unittest.TestCase):
            @classmethod
            def setUpClass(cls): make("shared")
            def setUp(self): make("own")
            def test_one(self): assert names() == ["own", "shared"]
            def test_two(self): assert names() == ["own", "shared"]
            @classmethod
            def tearDownClass(cls): assert names() == ["shared"]
    """,
    "setUpClass by a fixture that sets an attribute": """
        @pytest.fixture(scope="class")
        def balance(request, class_stripe_balance):
            request.cls.balance = class_stripe_balance

        @pytest.mark.usefixtures("balance")
        class TestIt(unittest.TestCase):
            @classmethod
            def setUpClass(cls): make("shared")
            def test_one(self): assert self.balance.customer(name="own") and names() == ["own", "shared"]
            def test_two(self): assert self.balance.customer(name="own") and names() == ["own", "shared"]
    """,
}


@pytest.mark.parametrize("code", **_ids(CLASSES))
def test_a_class_has_a_world(code, project):
    """A class's set-up writes to its world, and its tests to copies, in pytest's and in unittest's way."""
    project.test(SHOP + dedent(code)).assert_outcomes(passed=2)


def test_djangos_set_up_test_data_writes_to_the_class_world(project):
    """`setUpTestData` of django.test.TestCase makes objects that each test of the class finds."""
    pytest.importorskip("pytest_django")
    project.file("pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE = site_settings\npythonpath = .\n")
    project.file(
        "site_settings.py",
        """
        SECRET_KEY = "x"
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
        INSTALLED_APPS = []
        """,
    )
    project.file(
        "test_it.py",
        SHOP
        + dedent("""
            from django.test import TestCase

            @pytest.mark.usefixtures("class_stripe_balance")
            class TestIt(TestCase):
                @classmethod
                def setUpTestData(cls): cls.customer = make("shared")
                def test_one(self): assert (make("own").name, names()) == ("own", ["own", "shared"])
                def test_two(self): assert stripe.Customer.retrieve(self.customer.id).name == "shared"
        """),
    )
    project.run_apart("-pdjango").assert_outcomes(passed=2)


def test_an_async_fixture_of_a_module_writes_to_its_world(project):
    """With pytest-asyncio a module's async fixture writes to the module's world, at its tear-down too."""
    result = project.test(
        SHOP
        + dedent("""
            import pytest_asyncio

            @pytest_asyncio.fixture(scope="module", loop_scope="module")
            async def made(module_stripe_balance):
                yield await stripe.Customer.create_async(name="shared")
                assert names() == ["shared"]

            @pytest.mark.asyncio(loop_scope="module")
            async def test_one(made):
                await stripe.Customer.create_async(name="own")
                assert names() == ["own", "shared"]

            @pytest.mark.asyncio(loop_scope="module")
            async def test_two(made): assert names() == ["shared"]
        """),
        plugins=("asyncio",),
    )
    result.assert_outcomes(passed=2)


def test_worlds_nest(project):
    """A class's world begins as its module's is, a module's as the session's; a test has the innermost."""
    project.file(
        "conftest.py",
        SHOP
        + dedent("""
            @pytest.fixture(scope="session")
            def in_session(session_stripe_balance): make("session")

            @pytest.fixture(scope="module")
            def in_module(in_session, module_stripe_balance): make("module")

            @pytest.fixture(scope="class")
            def in_class(in_module, class_stripe_balance): make("class")
        """),
    )
    project.file(
        "test_a.py",
        "from conftest import names\ndef test_it(in_module): assert names() == ['module', 'session']",
    )
    result = project.test("""
        from conftest import names

        class TestIt:
            def test_class(self, in_class): assert names() == ["class", "module", "session"]
        def test_module(in_module): assert names() == ["module", "session"]
        def test_session(in_session): assert names() == ["session"]
        def test_alone(stripe_balance): assert names() == []
    """)
    result.assert_outcomes(passed=5)


def test_a_test_has_the_events_of_its_wider_worlds_customers(project):
    """By each object, and what the test itself does with them as well."""
    project.test("""
        import pytest

        @pytest.fixture(scope="session")
        def payer(session_stripe_balance): return session_stripe_balance.customer(email="ada@example.com")

        @pytest.fixture(scope="module")
        def invoice(payer, module_stripe_balance):
            return module_stripe_balance.bank_transfer_invoice(payer, 500)

        @pytest.mark.parametrize("fixture", ["stripe_balance", "module_stripe_balance"])
        def test_it(invoice, payer, fixture, request):
            balance = request.getfixturevalue(fixture)
            assert [one.type for one in balance.events("customer.created")] == ["customer.created"]
            assert [one.type for one in balance.events("invoice.finalized")] == ["invoice.finalized"]
            balance.fund(payer, 500, reference=invoice.number)
            assert [one.type for one in balance.events("invoice.paid")] == ["invoice.paid"]
    """).assert_outcomes(passed=2)


IDS = """
import pytest, stripe

@pytest.fixture(scope="module")
def one(module_stripe_balance): return module_stripe_balance.customer(name="one").id
@pytest.fixture(scope="module")
def two(module_stripe_balance): return module_stripe_balance.customer(name="two").id
@pytest.fixture(autouse=True)
def written(request):
    yield
    with open("made", "a") as file:
        for name in ("one", "two"):
            if name in request.fixturenames:
                print(name, request.getfixturevalue(name), file=file)
        if "stripe_balance" in request.fixturenames:
            print(request.node.name, request.node.user_properties[0][1], file=file)
def test_a(one, two, stripe_balance, record_property): record_property("id", stripe_balance.customer().id)
def test_b(two, one, stripe_balance, record_property): record_property("id", stripe_balance.customer().id)
def test_c(two): pass
"""


def test_ids_are_counted_by_fixture(project):
    """Whichever fixture comes first, its objects have the same ids, and no test's id is one of them."""

    def made(*tests):
        path = project.pytester.path / "made"
        path.unlink(missing_ok=True)
        project.run(*(f"test_it.py::{test}" for test in tests)).assert_outcomes(passed=len(tests))
        return {tuple(line.split()) for line in path.read_text().splitlines()}

    project.file("test_it.py", IDS)
    first = made("test_a", "test_b", "test_c")
    assert made("test_c", "test_b", "test_a") == first
    assert len({made_id for _, made_id in first}) == len(first) == 4


def test_a_finalizer_of_the_scope_writes_to_its_world(project):
    """In the tear-down of a module's fixture the module's world answers, without what tests made."""
    result = project.test(
        SHOP
        + dedent("""
            @pytest.fixture(scope="module")
            def made(module_stripe_balance):
                customer = make("shared")
                yield customer
                assert names() == ["shared"]
                stripe.Customer.modify(customer.id, name="last")
                assert names() == ["last"]

            def test_it(made): stripe.Customer.modify(made.id, name="changed")
        """)
    )
    result.assert_outcomes(passed=1)


SWALLOWED = {
    "in the set-up": "    with contextlib.suppress(BaseException): stripe.Payout.list()\n    yield",
    "in the tear-down": "    yield\n    with contextlib.suppress(BaseException): stripe.Payout.list()",
    "in a skip": "    with contextlib.suppress(BaseException): stripe.Payout.list()\n    pytest.skip('no')\n    yield",
}


@pytest.mark.parametrize("body", **_ids(SWALLOWED))
def test_a_refusal_in_a_wider_world_fails_the_test_once(body, project):
    """What a module's fixture swallowed fails the test in whose phase it was, and no other."""
    result = project.test(
        f"{SHOP}\n@pytest.fixture(scope='module')\ndef made(module_stripe_balance):\n{body}\n\n"
        "def test_one(made): pass\ndef test_two(stripe_balance): pass\n",
        *QUIET,
    )
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 1
    assert result.stdout.str().count("GET /v1/payouts: the fake does not model") == 1


def test_an_expected_refusal_in_a_wider_world_fails_nothing(project):
    """`refused` of a wider object expects a refusal as in a test."""
    result = project.test(
        SHOP
        + dedent("""
            @pytest.fixture(scope="module")
            def made(module_stripe_balance):
                with module_stripe_balance.refused(match="payouts"):
                    stripe.Payout.list()

            def test_it(made): pass
        """)
    )
    result.assert_outcomes(passed=1)


def test_a_fixture_of_another_scope_is_refused(project):
    """A class's fixture below a module's world is refused, and the refusal names the class's own."""
    result = project.test(
        SHOP
        + dedent("""
            class TestIt:
                @pytest.fixture(scope="class")
                def made(self, module_stripe_balance): module_stripe_balance.customer()
                def test_it(self, made): pass
        """),
        *QUIET,
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{REFUSAL}*class_stripe_balance*"])


# Settings.


def test_a_wider_world_has_the_markers_of_its_own_node(project):
    """A module's world has the settings of the module's markers; a test's own marker adds to them."""
    result = project.test("""
        import pytest
        pytestmark = pytest.mark.stripe_balance(seed="ours", now=1800000000)

        @pytest.fixture(scope="module")
        def made(module_stripe_balance): return module_stripe_balance.customer()

        def test_it(made): assert made.created == 1800000000
        @pytest.mark.stripe_balance(now=1900000000)
        def test_later(made, stripe_balance): assert stripe_balance.customer().created >= 1900000000
    """)
    result.assert_outcomes(passed=2)


CONTRADICTIONS = {
    "an earlier time": (
        "now=1700000000",
        "*now=1700000000 (2023-11-14T22:13:20Z)*which is * (2026-01-01T00:00:0*Z).*",
    ),
    "another seed": ("seed='other'", "*'other'*'0'*"),
}


@pytest.mark.parametrize(("marker", "line"), **_ids(CONTRADICTIONS))
def test_a_test_that_contradicts_its_wider_world_is_an_error(marker, line, project):
    """Below a wider world an earlier `now`, or another `seed`, is an error that names both."""
    result = project.test(f"""
        import pytest

        @pytest.mark.stripe_balance({marker})
        def test_it(module_stripe_balance): pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([line])


def test_a_narrower_stripe_settings_is_told_in_one_line(project):
    """An override of `stripe_settings` that is narrower than a wider world is named, with the way out."""
    result = project.test("""
        import pytest

        @pytest.fixture
        def stripe_settings(): return {"seed": "7"}

        def test_it(module_stripe_balance): pass
        def test_other(stripe_balance): pass
    """)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ['module_stripe_balance: *stripe_settings*narrower scope: *scope="module"*']
    )


def test_settings_of_the_session_reach_a_wider_world(project):
    """An override of `stripe_settings` of the session's scope holds for a module's world, too."""
    result = project.test("""
        import pytest

        @pytest.fixture(scope="session")
        def stripe_settings(): return {"now": 1800000000}

        @pytest.fixture(scope="module")
        def made(module_stripe_balance): return module_stripe_balance.customer()

        def test_it(made): assert made.created == 1800000000
    """)
    result.assert_outcomes(passed=1)


# Modes in which Stripe answers, or a recording.

RECORDED = """
import pytest, stripe

@pytest.fixture(scope="module")
def made(module_stripe_balance):
    customer = module_stripe_balance.customer(name="shared")
    yield customer
    stripe.Customer.modify(customer.id, name="last")

def test_one(made): assert stripe.Customer.retrieve(made.id).name in ("shared", "changed")
def test_two(made): stripe.Customer.modify(made.id, name="changed")
"""


def test_a_wider_world_has_a_cassette_of_its_own(sending, project, stripe_server_here):
    """In record a module's set-up and tear-down are in <module>/module.yaml, and replay from there."""
    project.file("test_it.py", RECORDED)
    sending("record").assert_outcomes(passed=2)
    folder = project.pytester.path / "tests/cassettes/stripe/test_it"
    assert sorted(path.name for path in folder.iterdir()) == [
        "module.yaml",
        "test_one.yaml",
        "test_two.yaml",
    ]
    seen = len(stripe_server_here.seen)
    sending("replay").assert_outcomes(passed=2)
    sending("check").assert_outcomes(passed=2)
    assert len(stripe_server_here.seen) == 2 * seen


def test_in_live_objects_are_shared_for_real(sending, project):
    """In live one test sees what another one changed: there are no copies of what is at Stripe."""
    project.file(
        "test_it.py",
        RECORDED + "def test_three(made): assert stripe.Customer.retrieve(made.id).name == 'changed'\n",
    )
    sending("live").assert_outcomes(passed=3)


def test_events_of_a_wider_worlds_customers_are_recorded(sending, project):
    """At Stripe, and from the recording, a test has the events of what its wider worlds made."""
    project.file(
        "test_it.py",
        """
import pytest

@pytest.fixture(scope="module")
def made(module_stripe_balance): return module_stripe_balance.customer(name="shared")

@pytest.fixture(scope="class")
def below(made, class_stripe_balance): return class_stripe_balance.customer(name="below")

class TestIt:
    def test_it(self, made, below, stripe_balance):
        own = stripe_balance.customer(name="own")
        ids = [event.data.object.id for event in stripe_balance.events("customer.created")]
        assert ids == [made.id, below.id, own.id]
""",
    )
    for mode in ("record", "replay", "live"):
        sending(mode).assert_outcomes(passed=1)


def test_a_test_of_another_mode_than_its_wider_world_is_an_error(sending, project):
    """A test on the fake can't have what its module made at Stripe; the error names both modes."""
    project.file(
        "test_it.py",
        RECORDED + "@pytest.mark.stripe_balance(mode='fake')\ndef test_fake(made): pass\n",
    )
    result = sending("live")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*mode fake*module*mode live*"])


@pytest.mark.parametrize("scope", ["class", "module", "session"])
def test_a_session_that_a_wider_fixture_opened_is_paid_in_a_test(project, scope):
    """Each test submits its own copy of the page."""
    result = project.test(f"""
        import pytest, stripe

        @pytest.fixture(scope="{scope}")
        def page({scope}_stripe_balance):
            payer = {scope}_stripe_balance.customer()
            return {scope}_stripe_balance.checkout_session(payer, 1000)

        class TestPages:
            @pytest.mark.parametrize("time", [1, 2])
            def test_it(self, page, stripe_balance, time):
                assert stripe.checkout.Session.retrieve(page.id).status == "open"
                done = stripe_balance.complete_checkout(page)
                assert (done.status, done.payment_status) == ("complete", "unpaid")
                stripe_balance.fund(done.customer, 1000)
                assert stripe.checkout.Session.retrieve(page.id).payment_status == "paid"
                assert stripe_balance.events("checkout.session.*")
    """)
    result.assert_outcomes(passed=2)
