"""The account's default API version is the app's, unless a setting names one."""

import pytest
import stripe

SHOW = """
    import pytest
    import stripe

    def test_it(stripe_balance, stripe_client):
        customer = stripe_balance.customer()
        assert stripe_balance.client._requestor._options.stripe_version == {version!r}
        assert stripe_client._requestor._options.stripe_version == {version!r}
        assert customer.last_response.headers["Stripe-Version"] == {version!r}
        assert [event.api_version for event in stripe_balance.events()] == [{version!r}] * {events}
"""


@pytest.fixture(autouse=True)
def _own_version(monkeypatch):
    """Take back what a project's conftest sets: it runs in this process."""
    monkeypatch.setattr(stripe, "api_version", stripe.api_version)


def test_it_is_the_one_that_the_app_has_set(project):
    """What a conftest sets `stripe.api_version` to is what events and builders are at."""
    project.file("conftest.py", "import stripe\nstripe.api_version = '2024-06-20'")
    project.test(SHOW.format(version="2024-06-20", events=1)).assert_outcomes(passed=1)


def test_it_is_read_when_the_fixture_opens(project):
    """An autouse fixture can set it for one test, and the next one has the SDK's own again."""
    result = project.test("""
        import pytest
        import stripe

        @pytest.fixture
        def older(monkeypatch):
            monkeypatch.setattr(stripe, "api_version", "2024-06-20")

        def test_older(older, stripe_balance):
            stripe_balance.customer()
            assert {event.api_version for event in stripe_balance.events()} == {"2024-06-20"}

        def test_own(stripe_balance):
            stripe_balance.customer()
            assert {event.api_version for event in stripe_balance.events()} == {stripe.api_version}
    """)
    result.assert_outcomes(passed=2)


def test_a_beta_is_read_up_to_the_semicolon(project):
    """The account's default has no beta."""
    project.file("conftest.py", "import stripe\nstripe.api_version = '2024-06-20; some_beta=v1'")
    project.test(SHOW.format(version="2024-06-20", events=1)).assert_outcomes(passed=1)


def test_a_setting_is_stronger(project):
    """The marker, an option, the environment and the ini come before `stripe.api_version`."""
    project.file("conftest.py", "import stripe\nstripe.api_version = '2023-10-16'")
    project.file("pytest.ini", "[pytest]\nstripe_api_version = 2024-06-20")
    project.test(SHOW.format(version="2024-06-20", events=1)).assert_outcomes(passed=1)


def test_one_that_is_not_modelled_is_refused_in_one_line(project):
    """The line names `stripe.api_version`; `stripe_contract` alone is refused, too."""
    project.file("conftest.py", "import stripe\nstripe.api_version = '2019-01-01'")
    result = project.test("def test_it(stripe_balance): pass\ndef test_that(stripe_contract): pass")
    result.assert_outcomes(errors=2)
    line = "stripe.api_version: API version 2019-01-01 is not modelled: the oldest modelled version is 2020-08-27"
    assert result.outlines.count(line) == 2


def test_stripe_contract_takes_it_for_what_names_no_version(project):
    """A document without a version is held to the app's."""
    project.file("conftest.py", "import stripe\nstripe.api_version = '2024-06-20'")
    result = project.test("""
        import pytest

        def test_it(stripe_contract):
            with pytest.raises(AssertionError, match=r"\\(API version 2024-06-20\\)"):
                stripe_contract.check({"object": "customer", "id": 1})
    """)
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "xdist"])
def test_the_summary_says_once_that_requests_are_at_other_versions(project, workers):
    """A StripeClient of the app's own asks at the SDK's version whatever `stripe.api_version` says."""
    project.file("conftest.py", "import stripe\nstripe.api_version = '2024-06-20'")
    result = project.test(
        """
        import pytest
        import stripe

        @pytest.mark.parametrize("version", ["2023-10-16", "2024-04-10", "2024-06-20"])
        def test_it(stripe_balance, version):
            stripe.StripeClient("sk_test_x", stripe_version=version).events.list()
            stripe_balance.customer()
        """,
        *workers,
    )
    result.assert_outcomes(passed=3)
    lines = [line for line in result.outlines if "requests were made at" in line]
    line = "stripe: events are at API version 2024-06-20, and requests were made at 2023-10-16, 2024-04-10. "
    assert lines == [
        line + "stripe.api_version sets both; a StripeClient of your own has stripe_version="
    ]


def test_where_all_is_at_one_version_the_summary_says_nothing(project):
    """Neither does it of requests in a world without events."""
    result = project.test("""
        import stripe

        def test_it(stripe_balance):
            stripe_balance.customer()
            stripe.Customer.list()

        def test_that(stripe_balance):
            stripe.Customer.list(stripe_version="2024-06-20")
    """)
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("*requests were made at*")
