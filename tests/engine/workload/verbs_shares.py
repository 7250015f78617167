"""What platform and account pay each other by call: transfers, reversals, refunds of fees."""

from workload.draws import AMOUNTS, SHOP, Draws, one_of, scaled, usually
from workload.driver import verb


class Shares(Draws):
    def rich(self):
        return [one for one in self.currencies if self.auditor.merchant.get(one, 0) > 0]

    @verb(needs="rich")
    def transfer_to_shop(self, draw):
        currency = draw(one_of(*self.rich()))
        there = self.auditor.merchant[currency]
        amount = draw(one_of(there, there + 1, *(scaled(one, currency) for one in AMOUNTS)))
        params = {"amount": amount, "currency": currency, "destination": SHOP}
        self.answered(
            "transfer",
            lambda: self.auditor.transfer(currency, amount),
            lambda: self.api.transfers.create(params),
        )

    def unreversed(self):
        return [one for one in self.auditor.transfers if one.left]

    @verb(needs="unreversed")
    def reverse_transfer(self, draw):
        transfer = draw(usually(self.unreversed(), self.auditor.transfers))
        amount = draw(one_of(None, 1, transfer.left, transfer.left // 3, transfer.left + 1))
        self.ask(
            "transfer.reverse",
            lambda: self.auditor.reverse(transfer, amount),
            lambda: self.api.transfers.reversals.create(
                transfer.id, {} if amount is None else {"amount": amount}
            ),
        )

    def unrefunded(self):
        return [one for one in self.auditor.fees if one.left]

    @verb(needs="unrefunded")
    def give_fee_back(self, draw):
        fee = draw(usually(self.unrefunded(), self.auditor.fees))
        amount = draw(one_of(None, 1, fee.left, fee.left // 3, fee.left + 1))
        self.ask(
            "fee.refund",
            lambda: self.auditor.refund_fee(fee, amount),
            lambda: self.api.application_fees.refunds.create(
                fee.id, {} if amount is None else {"amount": amount}
            ),
        )
