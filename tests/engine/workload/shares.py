"""What of a payment goes to a connected account, the fee, and what comes back (docs/stripe.md 3.10)."""

from fractions import Fraction
from math import floor

from workload.books import Books, Fee, Refusal, Transfer

HALF = Fraction(1, 2)


def share_of(amount, part, whole):
    """Give the share of an amount, to the nearest unit; a half goes up."""
    return floor(Fraction(amount * part, whole) + HALF)


class Shares(Books):
    """Each sum is in the platform's balance, `merchant`, or in the account's, `shop`."""

    def to_shop(self, currency, amount):
        """Move the platform's money to the account, or back."""
        self.book(currency, -amount)
        self.shop[currency] = self.shop.get(currency, 0) + amount

    def share(self, intent):
        """Give the account what is its of a payment, and take the fee of that."""
        if not intent.shared:
            return
        part, fee = intent.shared
        amount = intent.amount if part is None else min(part, intent.amount)
        intent.transfer = self.transferred(intent.currency, amount)
        if fee:
            intent.fee = Fee(intent.currency, min(fee, intent.amount))
            self.fees.append(intent.fee)
            self.to_shop(intent.currency, -intent.fee.amount)
            self.tell("application_fee.created", intent.fee, *intent.fee.words())

    def transferred(self, currency, amount):
        transfer = Transfer(currency, amount)
        self.transfers.append(transfer)
        self.to_shop(currency, amount)
        self.tell("transfer.created", transfer, *transfer.words())
        return transfer

    def transfer(self, currency, amount):
        """Transfer by call, which takes what the platform has."""
        if amount > self.merchant.get(currency, 0):
            raise Refusal("balance_insufficient")
        return self.transferred(currency, amount)

    def of_what_is_left(self, one, amount):
        """Give the amount that a call asks for, or what is left of a transfer or a fee."""
        if amount is not None and amount < 1:
            raise Refusal("parameter_invalid_integer")
        amount = amount or one.left
        if not 0 < amount <= one.left:
            raise Refusal
        return amount

    def reverse(self, transfer, amount):
        """Reverse by call: an amount, or with None what is left."""
        self.come_back(transfer, self.of_what_is_left(transfer, amount))

    def come_back(self, transfer, amount):
        transfer.reversed += amount
        self.to_shop(transfer.currency, -amount)
        self.tell("transfer.reversed", transfer, *transfer.words())

    def refund_fee(self, fee, amount):
        """Give back by call: an amount, or with None what is left."""
        self.go_back(fee, self.of_what_is_left(fee, amount))

    def go_back(self, fee, amount):
        fee.refunded += amount
        self.to_shop(fee.currency, amount)
        self.tell("application_fee.refunded", fee, *fee.words())

    def check_wishes(self, intent, reverses, gives_back):
        """Refuse to take back what wasn't given, and a fee without its transfer."""
        if reverses and not intent.transfer:
            raise Refusal
        if gives_back and not reverses:
            raise Refusal

    def take_back(self, intent, amount, reverses, gives_back):
        """Take back what a refund of an amount is of the transfer and of the fee."""
        for one, wished, act in (
            (intent.transfer, reverses, self.come_back),
            (intent.fee, gives_back, self.go_back),
        ):
            part = min(share_of(one.amount, amount, intent.amount), one.left) if one and wished else 0
            if part:
                act(one, part)
