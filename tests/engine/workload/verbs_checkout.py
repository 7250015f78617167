"""Products and prices, and Checkout Sessions: opened, submitted, expired."""

from workload.draws import AMOUNTS, MOST_OPEN, Draws, one_of, options, scaled, usually
from workload.driver import verb

PAGE = {"mode": "payment", "success_url": "https://example.com/thanks"}


class Checkout(Draws):
    def sold(self):
        return [one for one in self.auditor.prices if one.product.price is one]

    def sessions(self):
        return self.auditor.sessions

    def payable(self):
        """List the open sessions whose customers have room for another open item."""
        places = self.roomy(MOST_OPEN - 1)
        return [
            one
            for one in self.sessions()
            if one.status == "open" and (one.customer, one.currency) in places
        ]

    @verb()
    def sell(self, draw):
        currency = draw(one_of(*self.currencies))
        amount = scaled(draw(one_of(*AMOUNTS)), currency)
        cost = {"currency": currency, "unit_amount": amount}
        params = {"name": "Hat", "default_price_data": cost}
        self.answered(
            "catalog.sell",
            lambda: self.auditor.sell(currency, amount),
            lambda: self.api.products.create(params),
        )

    @verb(needs="sold")
    def reprice(self, draw):
        """Give a product another price; the old one can be archived only then."""
        old = draw(one_of(*self.sold()))
        product, amount = old.product, draw(one_of(*AMOUNTS)) * 10
        self.archived(old)
        cost = {"product": product.id, "currency": old.currency, "unit_amount": amount}
        new = self.answered(
            "catalog.reprice",
            lambda: self.auditor.reprice(product, amount),
            lambda: self.api.prices.create(cost),
        )
        self.answered(
            "catalog.replace",
            lambda: self.auditor.replace(product, new),
            lambda: self.api.products.update(product.id, {"default_price": new.id}),
            product,
        )
        self.archived(old)

    def archived(self, price):
        self.answered(
            "catalog.archive",
            lambda: self.auditor.archive(price),
            lambda: self.api.prices.update(price.id, {"active": False}),
            price,
        )

    def opens_checkouts(self):
        """Before 2022-08-01 a session makes its intent at once, which the auditor doesn't predict yet."""
        return self.version >= "2022-08-01" and self.roomy()

    @verb(4, needs="opens_checkouts")
    def open_checkout(self, draw):
        """Open a session for a price that is there, or for one of its own."""
        customer, currency = draw(one_of(*self.roomy()))
        there = [one for one in self.auditor.prices if one.currency == currency]
        price, number = draw(one_of(None, *there)), draw(one_of(1, 1, 2))
        amount = price.amount if price else scaled(draw(one_of(*AMOUNTS, 1)), currency)
        cost = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Hat"}}
        line = {"price": price.id} if price else {"price_data": cost}
        params = {
            "customer": customer.id,
            "line_items": [{**line, "quantity": number}],
            **self.taking(["customer_balance"]),
            "payment_method_options": options(currency),
        }
        self.answered(
            "checkout.open",
            lambda: self.auditor.open_checkout(customer, currency, amount * number, price),
            lambda: self.api.checkout.sessions.create({**PAGE, **params}),
        )

    @verb(4, needs="payable")
    def submit_checkout(self, draw):
        session = draw(usually(self.payable(), [*self.payable(), *self.closed()]))
        self.answered(
            "checkout.submit",
            lambda: self.auditor.submit(session),
            lambda: self.fake.complete_checkout(session.id),
            session,
        )

    def closed(self):
        return [one for one in self.sessions() if one.status != "open"]

    @verb(needs="sessions")
    def expire_checkout(self, draw):
        session = draw(one_of(*self.sessions()))
        self.answered(
            "checkout.expire",
            lambda: self.auditor.expire_checkout(session),
            lambda: self.api.checkout.sessions.expire(session.id),
            session,
        )
