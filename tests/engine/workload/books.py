"""What the auditor keeps: plain records, and books that only know how to add up (docs/stripe.md 1)."""

import itertools
from dataclasses import dataclass, field

DAY = 86_400


class Refusal(Exception):  # noqa: N818 - it is no error of the auditor's
    """Stripe refuses the call, with this code and HTTP status."""

    def __init__(self, code=None, status=400):
        super().__init__(code)
        self.code, self.status = code, status


@dataclass(eq=False)
class Record:
    """Something with an id, which is None until the fake has told it."""

    id: str | None = field(default=None, init=False)

    def __repr__(self):
        return str(self.id)

    def _repr_pretty_(self, printer, _):
        """Let hypothesis print it as short as that."""
        printer.text(repr(self))


@dataclass(eq=False, repr=False)
class Name(Record):
    """A reference or a number that the fake gives; it is its id."""


@dataclass(eq=False, repr=False)
class Customer(Record):
    """`since` is from when each currency's cash has lain there, and whether it was sent back once.

    `currency` is that of their first invoice.
    """

    mode: str | None
    email: str | None
    deleted: bool = False
    cash: dict = field(default_factory=dict)
    since: dict = field(default_factory=dict)
    currency: str | None = None

    def words(self):
        return (self.currency,)


@dataclass(eq=False, repr=False)
class Declined(Record):
    """The failed charge of a declined card."""

    amount: int

    def charged(self):
        return self.amount, 0, 0, False, "failed"


@dataclass(eq=False, repr=False)
class Intent(Record):
    """`shared` has the amount for the account, None for all, and the fee; it is None without them.

    `by_card` tells that a card has paid, `challenged` that one waits to be authenticated, and `declined`
    has those that failed, oldest first. One that `holds` is captured later: `held_since` is when its card
    held the amount, and `released` what that let go of without a refund.
    """

    customer: Customer
    currency: str
    amount: int
    status: str
    created: int
    invoice: "Invoice | None" = None
    method: bool = False
    funding: bool = False
    held: int = 0
    reference: Name = field(default_factory=Name)
    confirmed: int | None = None
    paid_at: int | None = None
    refunded: int = 0
    session: Record | None = None
    shared: tuple | None = None
    transfer: "Transfer | None" = None
    fee: "Fee | None" = None
    takes_cash: bool = True
    takes_card: bool = False
    by_card: bool = False
    challenged: bool = False
    declined: list = field(default_factory=list)
    holds: bool = False
    held_since: int | None = None
    captured: int | None = None
    released: int = 0

    @property
    def due(self):
        return self.amount - self.held

    @property
    def left(self):
        """What can be refunded, once it is paid."""
        return self.amount - self.released - self.refunded

    @property
    def received(self):
        paid = self.amount if self.captured is None else self.captured
        return paid if self.status == "succeeded" else 0

    @property
    def has_charge(self):
        return self.status == "succeeded" or self.held_since is not None

    def words(self):
        waits = self.status == "requires_action" and not self.challenged
        told = (self.due, self.reference) if waits else None
        return self.status, self.amount, self.received, told

    def charged(self):
        """Say what the charge that paid it says."""
        is_refunded = self.refunded > 0 and not self.left
        return self.amount, self.received, self.refunded, is_refunded, "succeeded"


@dataclass(eq=False, repr=False)
class Transfer(Record):
    currency: str
    amount: int
    reversed: int = 0

    @property
    def left(self):
        return self.amount - self.reversed

    def words(self):
        return self.currency, self.amount, self.reversed, not self.left


@dataclass(eq=False, repr=False)
class Fee(Record):
    currency: str
    amount: int
    refunded: int = 0

    @property
    def left(self):
        return self.amount - self.refunded

    def words(self):
        return self.currency, self.amount, self.refunded, not self.left


@dataclass(eq=False, repr=False)
class Invoice(Record):
    """`due` is when it falls due, and `advances` when its draft opens by itself; `lines` counts.

    `shared` is what its intent shares.
    """

    customer: Customer
    currency: str
    due: int
    advances: int | None = None
    total: int = 0
    lines: int = 0
    status: str = "draft"
    number: Name = field(default_factory=Name)
    intent: Intent | None = None
    finalized: int | None = None
    overdue: bool = False
    shared: tuple | None = None

    def shown(self):
        """Say what an update tells of, by its name."""
        draft, paid = self.status == "draft", self.total if self.status == "paid" else 0
        return {
            "status": self.status,
            "amount_due": self.total,
            "amount_paid": paid,
            "number": None if draft else self.number,
            "lines": self.lines,
            "page_size": "auto" if draft else "letter",
            "automatically_finalizes_at": self.advances if draft else None,
        }

    def words(self):
        return tuple(self.shown().values())


@dataclass(eq=False, repr=False)
class Refund(Record):
    """`intent` is None where it is of the cash balance; `booked` tells that the merchant has paid."""

    customer: Customer
    currency: str
    amount: int
    status: str
    intent: Intent | None = None
    expires: int | None = None
    booked: bool = False

    def words(self):
        return self.status, self.amount, self.currency, self.expires


@dataclass(eq=False, repr=False)
class Row(Record):
    """One movement of cash; `about` is the intent, refund or row that its type names.

    Of cash on its way to the bank `left` keeps the age, and `back` that it came back.
    """

    customer: Customer
    currency: str
    type: str
    net: int
    ending: int
    about: Record | None = None
    left: tuple | None = None
    back: bool = False

    def words(self):
        told = None if self.type.startswith("return_") else self.about
        return self.customer, self.currency, self.type, self.net, self.ending, told


@dataclass(frozen=True)
class Told:
    """An event that must come: its type, when, of whom, and what it says of it."""

    type: str
    at: int
    who: Record
    words: tuple


class Books:
    """Cash, and everything that was told; `now` is set by whoever asks."""

    def __init__(self):
        self.now = 0
        self.readings = {}
        self.order = itertools.count()
        self.customers, self.intents, self.invoices, self.refunds = [], [], [], []
        self.rows, self.events = [], []
        self.transfers, self.fees = [], []
        self.merchant, self.shop = {}, {}

    def tell(self, event_type, who, *words):
        self.events.append(Told(event_type, self.now, who, words))

    def tell_update(self, invoice, before):
        """Tell of an invoice, and what it showed before."""
        after = invoice.shown()
        previous = {name: value for name, value in before.items() if value != after[name]}
        self.tell("invoice.updated", invoice, *invoice.words(), previous)

    def move(self, customer, currency, net, row_type, about=None):
        """Add to the cash of a customer, or take from it."""
        ending = customer.cash.get(currency, 0) + net
        row = Row(customer, currency, row_type, net, ending, about)
        customer.cash[currency] = ending
        self.age(row)
        self.rows.append(row)
        self.tell("customer_cash_balance_transaction.created", row, *row.words())
        return row

    def age(self, row):
        """Note since when cash has lain there; what comes back is as old as when it left (3.9, 8)."""
        since, key = row.customer.since, row.currency
        here = since.get(key)
        if row.type == "return_initiated":
            row.left = (here[0], here[1] or row.about is None)
        if row.ending <= 0:
            since.pop(key, None)
        elif row.type == "return_canceled":
            left = self.return_of(row).left
            since[key] = left if here is None or left[0] < here[0] else here
        elif here is None:
            since[key] = (self.now, False)

    def return_of(self, row):
        """Find the `return_initiated` row whose cash a `return_canceled` row brings back."""
        if isinstance(row.about, Row):
            return row.about
        return next(
            one for one in self.rows if one.type == "return_initiated" and one.about is row.about
        )

    def book(self, currency, amount):
        """Add to the merchant's own balance, or take from it."""
        self.merchant[currency] = self.merchant.get(currency, 0) + amount

    def tell_cash(self, customer):
        self.tell("cash_balance.funds_available", customer, dict(customer.cash))

    def living(self, customer, status=400):
        if customer.deleted:
            raise Refusal("resource_missing", status)

    def new_customer(self, mode, email):
        customer = Customer(mode, email)
        self.customers.append(customer)
        self.tell("customer.created", customer, *customer.words())
        return customer

    def delete_customer(self, customer):
        """Delete a customer, unless cash lies on their balance, or by the other reading ever did."""
        self.living(customer, 404)
        ever = self.readings.get("delete-with-cash-balance") == "ever-funded"
        if customer.cash if ever else any(customer.cash.values()):
            raise Refusal
        customer.deleted = True
        self.tell("customer.deleted", customer, *customer.words())

    def switch_mode(self, customer, mode):
        self.living(customer, 404)
        customer.mode = None if mode == "merchant_default" else mode
