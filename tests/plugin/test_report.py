from __future__ import annotations

import re

import pytest

FAILING = """
import pytest, stripe

KEY = "sk_test_of_the_app_51abcdefgh"

def test_it(stripe_balance, monkeypatch):
    monkeypatch.setattr(stripe, "api_key", KEY)
    ada = stripe_balance.customer(reconciliation="manual", name="Ada")
    intent = stripe_balance.bank_transfer_intent(ada, 123456)
    stripe_balance.fund(ada, 60000, reference="REF-1")
    stripe.PaymentIntent.apply_customer_balance(intent.id, amount=50000)
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        stripe.Customer.retrieve("cus_none")
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided"):
        stripe.Customer.retrieve("cus_none", api_key="junk-of-the-app-51abcdefgh")
    assert stripe_balance.available(ada) == {"usd": 0}
"""
# The section as it is printed: what stands in a column stands below its head.
SECTION = [
    r"-+ Stripe -+",
    r"requests",
    r"  200  POST  /v1/customers  name=Ada&cash_balance\[settings\]\S+ +customer cus_\w{14}",
    r"  200  POST  /v1/payment_intents  customer=.* +payment_intent pi_\w{24} requires_action",
    r"  200  POST  /v1/test_helpers/customers/cus_\w{14}/fund_cash_balance  amount=\S+\.\.\. +\w+ ccsbtxn_\w{24}",
    r"  200  POST  /v1/payment_intents/pi_\w{24}/apply_customer_balance  amount=50000 +\w+ pi_\w{24} \w+",
    r"  404  GET   /v1/customers/cus_none +resource_missing \(id\): No such customer: 'cus_none'",
    r"  401  GET   /v1/customers/cus_none +invalid_request_error: Invalid API Key provided: \*+efgh",
    r"  200  GET   /v1/customers/cus_\w{14}/cash_balance +cash_balance",
    r"",
    r"this relies on the assumptions .*",
    r".*",
    r"",
    r"payment intent +amount +applied +remaining +status +customer",
    r"pi_\w{24}  \$1,234\.56  \$500\.00 +\$734\.56  usd  requires_action  cus_\w{14}",
    r"",
    r"ledger of cus_\w{14} \(Ada\), .*",
    r"  created +type +net amount +balance +payment intent, refund or reference",
    r"  2026-01-01 00:00:02  funded +\$600\.00  \$600\.00  usd  REF-1",
    r"  2026-01-01 00:00:03  applied_to_payment +-\$500\.00  \$100\.00  usd  pi_\w{24}",
]


@pytest.fixture
def wide(monkeypatch):
    """Give the run a terminal that no table is too wide for."""
    monkeypatch.setenv("COLUMNS", "250")


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("how", ["alone", "on a worker"])
def test_a_failing_tests_report_shows_requests_intents_and_ledger(how, project):
    """A failing test's report has what was asked, every intent and every ledger, on a worker too."""
    project.file("test_it.py", FAILING)
    result = project.run() if how == "alone" else project.run_apart("-n1", plugins=("xdist",))
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines([f"{line}$" for line in SECTION], consecutive=True)


NARROW = [
    "requests",
    r"200 POST /v1/customers",
    r"         name=Ada&cash_balance\[settings\]\S+",
    r"    -> customer cus_\w{14}",
    r"200 POST /v1/payment_intents",
    r"         customer=cus_\w{14}&amount=123456&currency=usd&\S+\.\.\.",
    r"    -> payment_intent pi_\w{24} requires_action",
    r"200 POST /v1/test_helpers/customers/cus_\w{14}/fund_cash_balance",
    r"         amount=60000&\S+",
    r"    -> customer_cash_balance_transaction ccsbtxn_\w{24}",
    r"200 POST /v1/payment_intents/pi_\w{24}/apply_customer_balance",
    r"         amount=50000",
    r"    -> payment_intent pi_\w{24} requires_action",
    r"404 GET  /v1/customers/cus_none",
    r"    -> resource_missing \(id\): No such customer: 'cus_none'",
]
NARROW_TABLES = [
    r"payment intent +amount +applied +remaining +status",
    r"    customer",
    r"pi_\w{24}  \$1,234\.56  \$500\.00 +\$734\.56  usd  requires_action",
    r"    cus_\w{14}",
    "",
    r"ledger of cus_\w{14} \(Ada\), .*",
    r"  created +type +net amount +balance",
    r"      payment intent, refund or reference",
    r"  2026-01-01 00:00:02  funded +\$600\.00  \$600\.00  usd",
    r"      REF-1",
]


@pytest.mark.parametrize("columns", [80, 100])
def test_no_line_of_the_report_is_wider_than_the_terminal(columns, project, monkeypatch):
    """What a table has no room for stands below."""
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = project.test(FAILING).outlines
    start = next(at for at, line in enumerate(lines) if re.fullmatch("-+ Stripe -+", line))
    assert max(len(line) for line in lines[start:]) <= columns


def test_at_80_columns_each_answer_stands_below_its_request(project, monkeypatch):
    """The status stands first, and a form that has no room beside its path has a line of its own."""
    monkeypatch.setenv("COLUMNS", "80")
    result = project.test(FAILING)
    for part in (NARROW, NARROW_TABLES):
        result.stdout.re_match_lines([f"{line}$" for line in part], consecutive=True)


@pytest.mark.usefixtures("wide")
def test_the_reports_columns_are_aligned(project):
    """In each table of the report a column begins, or for numbers ends, at one place."""
    lines = project.test(FAILING).outlines
    requests = [line for line in lines if re.match(r"  \d{3}  (POST|GET )  /v1", line)]
    assert len(requests) == 7
    answers = re.compile(r"(customer cus|payment_intent|customer_cash|\w+_request|\w+_missing|cash_b)")
    assert len({[*answers.finditer(line)][-1].start() for line in requests}) == 1
    head, *rows = lines[next(i for i, line in enumerate(lines) if "net amount" in line) :][:3]
    for column, word in (("net amount", 3), ("balance", 4)):
        ends = {[found.end() for found in re.finditer(r"\S+", row)][word] for row in rows}
        assert ends == {head.index(column) + len(column)}


@pytest.mark.parametrize("options", [[], ["-vv", "-rA"]], ids=["plain", "wordy"])
def test_no_key_is_in_the_report(options, project):
    """The section of a failing test holds no API key, neither the app's nor a wrong one."""
    result = project.test(FAILING, "--tb=line", *options)
    result.assert_outcomes(failed=1)
    told = result.stdout.str()
    assert "ledger of" in told
    assert ("sk_test_" in told, "junk-of" in told) == (False, False)


def test_no_client_secret_is_in_the_report(project):
    """The section of a failing test holds no client secret."""
    result = project.test(FAILING)
    assert "ledger of" in result.stdout.str()
    result.stdout.no_re_match_line(r".*pi_\w{24}_secret_")


@pytest.mark.usefixtures("wide")
def test_only_the_last_requests_are_shown(project):
    """Of many requests the report shows the last ten and says how many there were."""
    result = project.test("""
        import stripe

        def test_it(stripe_balance):
            for number in range(12):
                stripe.Customer.list(limit=number + 1)
            stripe.Customer.create()
            assert 0
    """)
    result.stdout.fnmatch_lines(["the last 10 of 13 requests"])
    shown = [line for line in result.outlines if re.match(r"  200  (GET |POST)  /", line)]
    assert len(shown) == 10
    assert re.fullmatch(r"  200  POST  /v1/customers +customer cus_\w{14}", shown[-1])


def test_a_connected_accounts_state_is_shown_under_its_name(project):
    """The report shows the worlds of connected accounts below that of the key's own."""
    result = project.test("""
        import stripe

        def test_it(stripe_balance):
            stripe.Customer.create(name="Mine")
            stripe.Customer.create(name="Theirs", stripe_account="acct_1")
            assert 0
    """)
    result.stdout.fnmatch_lines(
        ["never had cash: cus_* (Mine)", "connected account acct_1", "never had cash: cus_* (Theirs)"]
    )


FAILING_AROUND = {
    "in setup": "stripe_balance.customer()\n    assert 0\n    yield",
    "in teardown": "stripe_balance.customer()\n    yield\n    assert 0",
}


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("code", FAILING_AROUND.values(), ids=FAILING_AROUND)
def test_an_errors_report_has_the_section_too(code, project):
    """A fixture that fails on the way in or out has the state in its report."""
    result = project.test(f"""
import pytest

@pytest.fixture
def made(stripe_balance):
    {code}

def test_it(made):
    pass
""")
    assert result.parseoutcomes()["errors"] == 1
    result.stdout.re_match_lines([r"-+ Stripe -+", "requests", r"  200  POST  /v1/customers .*"])


def test_a_test_that_passes_has_no_section(project):
    """The state of a test that passes is nobody's concern."""
    result = project.test("def test_it(stripe_balance): stripe_balance.customer()", "-rA")
    result.assert_outcomes(passed=1)
    result.stdout.no_re_match_line(r"-+ Stripe -+")


def test_a_failing_test_without_our_fixtures_has_no_section(project):
    """A test that doesn't use the fixtures fails as it does without the plugin."""
    result = project.test("def test_it(): assert 0")
    result.assert_outcomes(failed=1)
    result.stdout.no_re_match_line(r"-+ Stripe -+")


def test_a_test_that_asked_nothing_says_so(project):
    """A failing test that asked nothing of Stripe has a section that says just that."""
    result = project.test("def test_it(stripe_balance): assert 0")
    result.stdout.re_match_lines([r"-+ Stripe -+", "no request was answered"], consecutive=True)


def test_the_report_can_be_printed_at_will(stripe_balance):
    """`stripe_balance.report()` gives what a failing test would show."""
    customer = stripe_balance.customer(name="Ada")
    assert f"never had cash: {customer.id} (Ada)" in stripe_balance.report()


INVOICES = """
def test_it(stripe_balance):
    customer = stripe_balance.customer(email="ada@example.com")
    stripe_balance.bank_transfer_invoice(customer, 10_000)
    assert False
"""


@pytest.mark.usefixtures("wide")
def test_a_report_shows_invoices(project):
    """An invoice has its number, what is due, by when, and the intent that its money goes to."""
    project.test(INVOICES).stdout.re_match_lines(
        [
            r"invoice +amount +status +due +payment intent +customer$",
            r"\w{7,8}-0001 +\$100\.00  usd  open +2026-01-31  pi_\w{24}  cus_\w{14}$",
        ],
        consecutive=True,
    )


def test_secrets_are_masked_wherever_the_state_shows_them(project):
    """In names, references, numbers and paths, as in what was asked."""
    secret = "jane.doe@bank.org sk_live_51HabcdefghijklmnOP"
    result = project.test(
        f"""
        import stripe
        X = "".join({list(secret)!r})

        def test_it(stripe_balance):
            customer = stripe_balance.customer(name=X, email="ada@example.com")
            stripe_balance.customer(name=X)
            stripe_balance.fund(customer, 5, reference=X)
            stripe_balance.bank_transfer_invoice(customer, 500, number="N " + X[:17])
            with stripe_balance.refused(match="does not model"):
                stripe.Coupon.retrieve(X[:17])
            stripe.Coupon.retrieve(X[:17])
        """
    )
    told = result.stdout.str()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*GET /v1/coupons/[*][*][*]@[*][*][*]: the fake does not model*"])
    state = told[told.index("- Stripe -") :]
    for part in ("jane", "bank.org", "51Habc"):
        assert part not in state
    for shown in (
        "ledger of cus_* ([*][*][*]@[*][*][*] sk_live_[*][*][*])*",
        "N [*][*][*]@*",
        "never had cash: *",
    ):
        result.stdout.fnmatch_lines([shown])
