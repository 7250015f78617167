"""The marker `stripe_chaos`: a test runs once a seed."""

import shlex

import pytest

SHOP = """
    import json
    import pytest

    class Shop:
        def __init__(self):
            self.names, self.came = set(), []

        def right(self, payload, headers):
            event = json.loads(payload)
            self.came.append(event["id"])
            self.names.add(event["data"]["object"]["name"])

        def wrong(self, payload, headers):
            event = json.loads(payload)
            self.came.append(event["id"])
            assert event["data"]["object"]["name"] not in self.names, "it came twice"
            self.names.add(event["data"]["object"]["name"])

    @pytest.fixture
    def shop():
        return Shop()
"""
TEST = """
    import pytest

    @pytest.mark.stripe_chaos(seeds=20)
    def test_customers(stripe_balance, stripe_webhooks, shop):
        stripe_webhooks.endpoint(handler=shop.{handler})
        for name in "abcdef":
            stripe_balance.customer(name=name)
        stripe_webhooks.deliver()
        assert len(shop.names) == 6
"""


def test_a_right_handler_passes_under_every_seed(project):
    """The ids of the tests name the seeds."""
    project.file("conftest.py", SHOP)
    run = project.test(TEST.format(handler="right"), "-v")
    run.assert_outcomes(passed=20)
    run.stdout.fnmatch_lines([f"*test_customers[[]seed{seed}[]] PASSED*" for seed in range(20)])


def test_a_wrong_handler_fails_under_some_and_the_report_says_how_to_run_it_again(project):
    """With what was delivered, in order."""
    project.file("conftest.py", SHOP)
    run = project.test(TEST.format(handler="wrong"))
    outcomes = run.parseoutcomes()
    assert outcomes["failed"] > 0
    assert outcomes["passed"] > 0
    failed = run.stdout.str().split("test_customers[seed")[1].split("]")[0]
    run.stdout.fnmatch_lines(
        [
            "*deliveries to we_*",
            "*customer.created*cus_*repeat*AssertionError*",
            f"stripe_chaos: this was seed{failed}: in order, each event three times",
            "run it again:",
            f'  pytest "test_it.py::test_customers[[]seed{failed}[]]"',
        ]
    )


def test_the_command_of_a_report_runs_that_seed_alone(project):
    """Not seed10 for seed1, no other parameter, and no test of the same name in another class."""
    run = project.test(
        """
        import pytest

        @pytest.mark.parametrize("name", ["a b", 'c "d"'])
        @pytest.mark.stripe_chaos(seeds=[1, 10])
        class TestShop:
            def test_it(self, stripe_balance, stripe_webhooks, name):
                stripe_webhooks.endpoint(handler=lambda payload, headers: None)
                stripe_balance.customer()
                stripe_webhooks.deliver()
                pytest.fail()
        """
    )
    run.assert_outcomes(failed=4)
    told = [line for line in run.stdout.lines if line.startswith("  pytest ")]
    assert len(told) == 4
    for line in told:
        (_, nodeid) = shlex.split(line)
        project.run(nodeid).assert_outcomes(failed=1)


def test_a_seed_delivers_the_same_on_any_worker_and_in_any_order(project):
    """The events' order, repeats and losses hang on the seed and the test alone."""
    project.file("conftest.py", SHOP)
    test = TEST.format(handler="right").replace("shop):", "shop, request):")
    keep = "        with open(f'{request.node.name}.came', 'a') as file:\n"
    keep += "            print(shop.came, file=file)\n"
    project.file("test_it.py", test + keep)
    project.run("-p", "no:randomly")
    project.run_apart("-n2", plugins=("xdist",)).assert_outcomes(passed=20)
    project.run("-k", "seed19 or seed7")
    files = sorted(project.pytester.path.glob("*.came"))
    assert len(files) == 20
    for file in files:
        assert len(set(file.read_text().splitlines())) == 1, file.name
    assert len({file.read_text() for file in files}) > 10


def test_it_combines_with_other_parameters_and_a_list_of_seeds(project):
    """Each with each."""
    run = project.test(
        """
        import pytest

        @pytest.mark.parametrize("currency", ["usd", "eur"])
        @pytest.mark.stripe_chaos(seeds=[3, 7])
        def test_it(stripe_balance, stripe_webhooks, currency):
            stripe_webhooks.endpoint(handler=lambda *_: None)
            stripe_balance.customer()
            stripe_webhooks.deliver()
        """,
        "-v",
    )
    run.assert_outcomes(passed=4)
    for name in ("usd-seed3", "usd-seed7", "eur-seed3", "eur-seed7"):
        assert name in run.stdout.str() or "-".join(name.split("-")[::-1]) in run.stdout.str()


def test_a_class_or_module_may_have_the_mark(project):
    """A function's own goes before it."""
    run = project.test(
        """
        import pytest
        pytestmark = pytest.mark.stripe_chaos(seeds=2)

        class TestIt:
            def test_of_the_module(self, stripe_balance):
                pass

            @pytest.mark.stripe_chaos(seeds=3)
            def test_own(self, stripe_balance, stripe_webhooks):
                stripe_webhooks.endpoint(handler=lambda *_: None)
                stripe_balance.customer()
                stripe_webhooks.deliver()
        """
    )
    run.assert_outcomes(passed=5)


def test_what_deliver_is_told_goes_before_the_marker(project):
    """An order, repeats or another seed."""
    project.test(
        """
        import pytest

        @pytest.mark.stripe_chaos(seeds=[0, 40])
        def test_it(stripe_balance, stripe_webhooks):
            stripe_webhooks.endpoint(handler=lambda payload, headers: None)
            made = [stripe_balance.customer().id for _ in range(12)]
            sent = stripe_webhooks.deliver(order="reversed")
            assert [one.event.data.object.id for one in sent] == made[::-1]
            made = [stripe_balance.customer().id for _ in range(12)]
            sent = stripe_webhooks.deliver(chaos=0)
            assert [one.event.data.object.id for one in sent] == made
            stripe_balance.customer()
            stripe_webhooks.deliver()
        """
    ).assert_outcomes(passed=2)


BAD = {
    "nothing": "()",
    "a place": "(20)",
    "zero": "(seeds=0)",
    "below zero": "(seeds=-1)",
    "a bool": "(seeds=True)",
    "a text": "(seeds='20')",
    "an empty list": "(seeds=[])",
    "a text in a list": "(seeds=['a'])",
    "twice": "(seeds=[1, 1])",
    "another word": "(seed=1)",
}


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD)
def test_what_is_no_number_of_seeds_is_refused_in_one_line(arguments, project):
    """It says what it takes."""
    run = project.test(
        f"""
        import pytest

        @pytest.mark.stripe_chaos{arguments}
        def test_it(stripe_balance):
            pass
        """
    )
    run.assert_outcomes(errors=1)
    (line,) = [one for one in run.stdout.lines if "marker stripe_chaos" in one and "ERROR" not in one]
    assert line.startswith("marker stripe_chaos")


def test_a_test_case_is_refused_by_name(project):
    """It can't be run once a seed."""
    run = project.test(
        """
        import unittest
        import pytest

        class TestShop(unittest.TestCase):
            @pytest.mark.stripe_chaos(seeds=2)
            def test_it(self):
                pass
        """
    )
    run.stderr.fnmatch_lines(["*TestShop::test_it*stripe_chaos*unittest.TestCase*deliver(chaos=seed)*"])
    assert run.ret == pytest.ExitCode.USAGE_ERROR


def test_the_marker_is_registered(project):
    """So strict markers know it."""
    run = project.run("--markers")
    run.stdout.fnmatch_lines(["@pytest.mark.stripe_chaos(seeds=20)*"])


IDLE = {
    "the endpoint comes too late": """
        stripe_balance.customer()
        stripe_webhooks.endpoint(handler=lambda *_: None)
        stripe_webhooks.deliver()
    """,
    "nothing is delivered": """
        stripe_webhooks.endpoint(handler=lambda *_: None)
        stripe_balance.customer()
    """,
    "another order": """
        stripe_webhooks.endpoint(handler=lambda *_: None)
        stripe_balance.customer()
        stripe_webhooks.deliver(order="reversed")
    """,
    "the clock's": """
        stripe_webhooks.endpoint(handler=lambda *_: None)
        stripe_balance.customer()
        stripe_balance.clock.advance(hours=1)
    """,
}


@pytest.mark.parametrize("code", IDLE.values(), ids=IDLE)
def test_a_seed_that_decided_nothing_fails_its_test(code, project):
    """It would pass for no reason."""
    run = project.test(
        f"""
        import pytest

        @pytest.mark.stripe_chaos(seeds=[7])
        def test_it(stripe_balance, stripe_webhooks):
            {code.strip().replace("        ", "            ")}

        @pytest.mark.stripe_chaos(seeds=[7])
        def test_fresh(stripe_balance, stripe_webhooks):
            with stripe_balance.fresh():
                stripe_webhooks.endpoint(handler=lambda *_: None)
                stripe_balance.customer()
                stripe_webhooks.deliver()
        """
    )
    run.assert_outcomes(passed=1, failed=1)
    run.stdout.fnmatch_lines(["*stripe_chaos: nothing was delivered by seed7*"])
