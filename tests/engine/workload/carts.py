"""Products, their prices, and Checkout Sessions that sell them (docs/stripe.md 1.13, 1.14, 3.11)."""

from dataclasses import dataclass

from workload.books import DAY, Customer, Intent, Record, Refusal
from workload.cards import Cards
from workload.payments import MINIMUM


@dataclass(eq=False, repr=False)
class Product(Record):
    name: str
    active: bool = True
    price: "Price | None" = None

    def words(self):
        return self.active, self.price


@dataclass(eq=False, repr=False)
class Price(Record):
    product: Product
    amount: int
    currency: str
    active: bool = True

    def words(self):
        return self.active, self.amount, self.currency, self.product


@dataclass(eq=False, repr=False)
class Session(Record):
    """`intent` is there once its page was submitted."""

    customer: Customer
    currency: str
    amount: int
    expires: int
    status: str = "open"
    paid: bool = False
    intent: Intent | None = None

    def words(self):
        paid = "paid" if self.paid else "unpaid"
        return self.customer, self.status, paid, self.amount, self.intent


class Carts(Cards):
    def __init__(self):
        super().__init__()
        self.sessions, self.prices = [], []

    def sell(self, currency, amount):
        """Make a product with its price."""
        product = Product("Hat")
        product.price = Price(product, amount, currency)
        self.prices.append(product.price)
        self.tell("product.created", product, *product.words())
        self.tell("price.created", product.price, *product.price.words())
        return product

    def reprice(self, product, amount):
        """Make another price of a product."""
        price = Price(product, amount, product.price.currency)
        self.prices.append(price)
        self.tell("price.created", price, *price.words())
        return price

    def replace(self, product, price):
        if product.price is price:
            return
        product.price = price
        self.tell("product.updated", product, *product.words())

    def archive(self, price):
        if price.product.price is price:
            raise Refusal
        if price.active:
            price.active = False
            self.tell("price.updated", price, *price.words())

    def open_checkout(self, customer, currency, amount, price=None):
        """Open a session; it tells nothing."""
        self.living(customer)
        if price and not price.active:
            raise Refusal
        if amount < MINIMUM[currency]:
            raise Refusal("amount_too_small")
        session = Session(customer, currency, amount, self.now + DAY)
        self.sessions.append(session)
        return session

    def submit(self, session):
        """Submit a session's page: its intent is made, confirmed, and perhaps paid."""
        if session.status != "open":
            raise Refusal
        intent = self.new_intent(
            session.customer, session.currency, session.amount, method=True, funding=True, confirm=True
        )
        session.intent, intent.session = intent, session
        session.status, session.paid = "complete", intent.status == "succeeded"
        if not session.customer.email:  # the page asks for it, and they keep it
            session.customer.email = "guest@example.com"
            self.tell("customer.updated", session.customer, *session.customer.words())
        self.tell("checkout.session.completed", session, *session.words())

    def expire_checkout(self, session):
        if session.status != "open":
            raise Refusal
        session.status = "expired"
        self.tell("checkout.session.expired", session, *session.words())

    def session_paid(self, session):
        session.paid = True
        self.tell("checkout.session.async_payment_succeeded", session, *session.words())

    def session_failed(self, session):
        self.tell("checkout.session.async_payment_failed", session, *session.words())
