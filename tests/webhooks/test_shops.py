"""Chaos finds the usual faults of a webhook's handler, and leaves a right one in peace."""

from pathlib import Path

import pytest

pytest.importorskip("flask", reason="it comes with the extra `test`")
import flask_shop

SHOP = Path(flask_shop.__file__).read_text("utf-8")
SUITE = """
    import pytest, stripe
    from flask_shop import {shops} as SHOPS, SECRET

    @pytest.mark.stripe_chaos(seeds={seeds})
    @pytest.mark.parametrize("name", SHOPS)
    def test_the_shop_knows_what_stripe_knows(stripe_balance, stripe_webhooks, name):
        shop = SHOPS[name]()
        stripe_webhooks.endpoint(shop.app, "/stripe", secret=SECRET, unread_errors_fail=False)
        ada = stripe_balance.customer(email="ada@example.com")
        paid = stripe_balance.bank_transfer_intent(ada, 1000)
        stripe_balance.fund(ada, 600)
        stripe_balance.fund(ada, 400)
        left = stripe_balance.bank_transfer_intent(ada, 700)
        stripe_balance.fund(ada, 300)
        stripe.PaymentIntent.cancel(left.id)
        refund = stripe.Refund.create(payment_intent=paid.id, amount=250)
        stripe_balance.settle_refund(stripe_balance.provide_bank_details(refund))
        bob = stripe_balance.customer(email="bob@example.com")
        invoice = stripe_balance.bank_transfer_invoice(bob, 500)
        stripe_balance.fund(bob, 500, reference=invoice.number)

        stripe_webhooks.deliver()

        intents = [intent for payer in (ada, bob) for intent in stripe.PaymentIntent.list(customer=payer.id)]
        assert shop.known("orders") == {{intent.id: intent.status for intent in intents}}
        assert shop.known("credit") == {{ada.id: stripe_balance.available(ada)["usd"], bob.id: 0}}
        assert shop.known("refunds") == {{refund.id: "succeeded"}}
        assert list(shop.known("repaid").values()) == [250]
        assert shop.known("invoices") == {{invoice.id: "paid"}}
        assert shop.known("notes") == {{ada.id: 300}}
"""


@pytest.fixture
def broken(pytester):
    """Run shops, each under some seeds; give for each the tests in which it was wrong."""

    def run(shops, seeds):
        pytester.makepyfile(flask_shop=SHOP, test_shop=SUITE.format(shops=shops, seeds=seeds))
        ran = pytester.inline_run("-q", "-p", "no:randomly", "-p", "no:asyncio")
        passed, skipped, failed = ran.listoutcomes()
        names = getattr(flask_shop, shops)
        assert (len(passed) + len(failed), skipped) == (len(seeds) * len(names), [])
        return {
            name: [report.nodeid for report in failed if f"-{name}]" in report.nodeid] for name in names
        }

    return run


def test_each_usual_fault_is_found_within_twenty_seeds(broken):
    """And not in order and once, which is how it got by."""
    found = broken("WRONG", list(range(20)))
    assert all(found.values()), found
    assert not any("[seed0-" in node for nodes in found.values() for node in nodes)


def test_right_handlers_are_right_under_forty_seeds(broken):
    """Whether they remember events, leave to the next try what they can't place, or only set."""
    assert not any(broken("RIGHT", list(range(40))).values())
