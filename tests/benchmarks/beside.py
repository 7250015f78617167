"""(k): what a call costs beside many settled intents, as a ratio of what it costs beside few."""

import gc

from calls import Shop, repeated
from measure import interleaved, progress

from pytest_stripe_balance.fixtures.balance import StripeBalance
from pytest_stripe_balance.session import Fake, Settings, newest_api_version

SIZES = (100, 5_000)


class Crowd(Shop):
    """A customer beside many settled intents, of their own or of another's; each call leaves none open."""

    def __init__(self, settled, *, own):
        self.session = Fake(Settings(newest_api_version(), name="benchmark"))
        with self.session.tapped():
            self.balance = StripeBalance(self.session)
            self.customer = self.balance.customer(email="ada@example.com").id
            other = self.customer if own else self.balance.customer(email="ada@example.com").id
            self.balance.fund(other, 1000 * settled)
            for _ in range(settled):
                self.balance.bank_transfer_intent(other, 1000)
            self.balance.customer()  # what is asked about later is not the newest

    def subjects(self):
        """Give each kind of call. Those that write come in pairs that end as they began."""
        balance, client = self.balance, self.balance.client.v1
        mine = {"customer": self.customer, "limit": 3}

        def fund_and_confirm():
            balance.fund(self.customer, 1000)
            balance.bank_transfer_intent(self.customer, 1000)

        def confirm_and_fund():
            balance.bank_transfer_intent(self.customer, 1000)
            balance.fund(self.customer, 1000)

        def confirm_and_cancel():
            client.payment_intents.cancel(balance.bank_transfer_intent(self.customer, 1000).id)

        def bill_and_fund():
            balance.bank_transfer_invoice(self.customer, 1000)
            balance.fund(self.customer, 1000)

        def fund_and_pay():
            balance.fund(self.customer, 1000)
            client.invoices.pay(balance.bank_transfer_invoice(self.customer, 1000).id)

        def confirm_fund_and_refund():
            paid = balance.bank_transfer_intent(self.customer, 1000).id
            balance.fund(self.customer, 1000)
            client.refunds.create({"payment_intent": paid, "instructions_email": "ada@example.com"})

        return {
            "fund, confirm": fund_and_confirm,
            "confirm, fund": confirm_and_fund,
            "confirm, cancel": confirm_and_cancel,
            "confirm, fund, refund": confirm_fund_and_refund,
            "invoice, fund": bill_and_fund,
            "fund, invoice, pay": fund_and_pay,
            "list their intents": lambda: client.payment_intents.list(mine),
            "list all intents": lambda: client.payment_intents.list({"limit": 3}),
            "list open invoices": lambda: client.invoices.list({**mine, "status": "open"}),
            "list events of a type": lambda: client.events.list(
                {"type": "customer.created", "limit": 1}
            ),
            "advance by a minute": lambda: balance.clock.advance(minutes=1),
        }


def beside(results, rounds, each, sizes=SIZES):
    """(k): fund, confirm, cancel, refund, invoice, list and advance beside few and many settled intents."""
    few, many = sizes
    for whose in ("their own", "another's"):
        crowds = {}
        for size in sizes:
            progress(f"{size:,} intents, {whose}")
            crowds[size] = Crowd(size, own=whose == "their own")
        gc.freeze()  # or each sample's collection would go through the crowd
        kinds = {size: crowd.subjects() for size, crowd in crowds.items()}
        for kind in kinds[few]:
            subjects = {
                f"{kind}, beside {size:,}": repeated(kinds[size][kind], (), crowds[size].session.tapped)
                for size in sizes
            }
            floors = {f"{kind}, beside {many:,}": f"{kind}, beside {few:,}"}
            results.add(f"k {whose}", interleaved(subjects, rounds, each), floors)
        gc.unfreeze()
