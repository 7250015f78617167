"""What a failing test's report shows of Checkout Sessions and of Connect, in 80 columns."""

import re

import pytest

FAILING = """
import stripe

SHOP = "acct_1ShopShopShopShp"

def test_it(stripe_balance):
    ada = stripe_balance.customer(email="ada@example.com")
    shares = {"transfer_data": {"destination": SHOP}, "application_fee_amount": 300}
    paid = stripe_balance.checkout_session(ada, 10_000, payment_intent_data=shares)
    stripe_balance.complete_checkout(paid, pay_with="customer_balance")
    stripe_balance.fund(ada, 10_000)
    left = stripe_balance.checkout_session(ada, 123_456)
    stripe.checkout.Session.list_line_items(paid.id)
    stripe.checkout.Session.expire(left.id)
    (transfer,) = stripe.Transfer.list().data
    reversal = stripe.Transfer.create_reversal(transfer.id, amount=100)
    stripe.Transfer.retrieve_reversal(transfer.id, reversal.id)
    (fee,) = stripe.ApplicationFee.list().data
    stripe.ApplicationFee.create_refund(fee.id, amount=5)
    stripe.Transfer.create(amount=7, currency="usd", destination=SHOP)
    assert stripe_balance.available(ada) == {"usd": 1}
"""
SESSION = r"cs_test_\w{16}\.\.\."
REQUESTS = [
    rf"200 GET  /v1/checkout/sessions/{SESSION}/line_items",
    r"    -> 1 listed",
    rf"200 POST /v1/checkout/sessions/{SESSION}/expire",
    rf"    -> checkout\.session {SESSION} expired",
]
BELOW = [
    r"200 GET  /v1/transfers/tr_\w{24}/reversals",
    r"         /trr_\w{24}",
    r"    -> transfer_reversal trr_\w{24}",
]
SESSIONS = [
    r"checkout session +amount +status +payment",
    r"    customer +payment intent",
    rf"{SESSION} +\$100\.00  usd  complete  paid",
    r"    cus_\w{14}  pi_\w{24}",
    rf"{SESSION}  \$1,234\.56  usd  expired   unpaid",
    r"    cus_\w{14}",
]
SHARES = [
    r"transfer +amount  reversed +destination",
    r"    charge",
    r"tr_\w{24} +\$100\.00     \$1\.00  usd  acct_1ShopShopShopShp",
    r"    py_\w{24}",
    r"tr_\w{24} +\$0\.07     \$0\.00  usd  acct_1ShopShopShopShp",
    r"",
    r"application fee +amount  refunded +account",
    r"    charge",
    r"fee_\w{24} +\$3\.00     \$0\.05  usd  acct_1ShopShopShopShp",
    r"    py_\w{24}",
]


@pytest.fixture
def told(project, monkeypatch):
    """Give the lines of the report, in a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    return project.test(FAILING)


def test_sessions_transfers_and_fees_have_tables(told):
    """What they are worth, what became of them, and what they belong to."""
    for part in (SESSIONS, SHARES):
        told.stdout.re_match_lines([f"{line}$" for line in part], consecutive=True)


def test_long_ids_are_short_and_long_paths_go_on_below(told):
    """A session's id is as long as an intent's, and a path breaks at a slash."""
    for part in (REQUESTS, BELOW):
        told.stdout.re_match_lines([f"{line}$" for line in part], consecutive=True)


def test_no_line_is_wider_than_the_terminal(told):
    """Whatever is in it."""
    lines = told.outlines
    start = next(at for at, line in enumerate(lines) if re.fullmatch("-+ Stripe -+", line))
    end = next(at for at, line in enumerate(lines) if at > start and re.match("stripe: |=", line))
    assert max(len(line) for line in lines[start:end]) <= 80
