"""The world of one test, or of one connected account in it: everything that Stripe would store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_stripe_balance.engine.state import audit, deliveries, faults, fields, unclaimed
from pytest_stripe_balance.engine.state.assumptions import Readings
from pytest_stripe_balance.engine.state.deliveries import Deliveries
from pytest_stripe_balance.engine.state.ledger import Ledger
from pytest_stripe_balance.engine.state.reconciliations import Reconciled
from pytest_stripe_balance.engine.state.records.catalog import Price, Product
from pytest_stripe_balance.engine.state.records.checkout import CheckoutSession
from pytest_stripe_balance.engine.state.records.connect import (
    ApplicationFee,
    FeeRefund,
    Transfer,
    TransferReversal,
)
from pytest_stripe_balance.engine.state.records.customers import CashBalance, Customer, Entry
from pytest_stripe_balance.engine.state.records.events import Cause, Echo, Event, EventTypes
from pytest_stripe_balance.engine.state.records.hashes import NOTHING
from pytest_stripe_balance.engine.state.records.invoices import Invoice, InvoiceItem, InvoicePayment
from pytest_stripe_balance.engine.state.records.money import BalanceTransaction, Charge, Refund
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent, PaymentMethod
from pytest_stripe_balance.engine.state.records.sessions import ConfirmationToken
from pytest_stripe_balance.engine.state.records.setup_intents import SetupIntent
from pytest_stripe_balance.engine.state.records.webhook_endpoints import WebhookEndpoint
from pytest_stripe_balance.engine.state.search_index import SearchIndex
from pytest_stripe_balance.engine.state.table import Journal, Table
from pytest_stripe_balance.engine.state.unclaimed import Returned, Unclaimed

if TYPE_CHECKING:
    from pytest_stripe_balance.engine.state.determinism import Clock, Ids
    from pytest_stripe_balance.engine.state.records.customers import ReconciliationMode
    from pytest_stripe_balance.engine.state.records.events import Subject
    from pytest_stripe_balance.engine.state.records.hashes import Hash
    from pytest_stripe_balance.engine.state.records.record import Record

# Gives the world of a connected account, opening it on first use.
Connected = Callable[[str], "World"]

MERCHANT_DEFAULT: ReconciliationMode = "automatic"
BUSINESS_NAME = "Acme"


@dataclass
class World:
    """Customers, intents, charges, the ledger and the events, with a clock and ids of their own.

    Verbs are functions that take a world first, and run inside `transaction`. `api_version` is the
    account's default version, which its events name. `event_types` gives what events are called at an
    API version; Refused for one that isn't modelled. `platform` is the world of the account that this
    one is connected to, if any; `connected` gives the worlds of those that are connected to this one.
    `account` is its own id, where it is a connected one. `takes` says at an API version whether a value
    fits a key of an object: ("2026-08-26.dahlia", "customer", "tax_exempt", "none"). `search_index` is
    there where searches lag.
    """

    clock: Clock
    ids: Ids
    readings: Readings = field(default_factory=Readings)
    api_version: str = ""
    event_types: Callable[[str], EventTypes] = lambda _: EventTypes()
    platform: World | None = None
    connected: Connected | None = None
    account: str = ""
    cause: Cause | None = None
    journal: Journal = field(default_factory=list)
    takes: Callable[[str, str, str, Any], bool] = lambda *_: False
    search_index: SearchIndex | None = None

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.journal)
        # Beside its journal each has the fields by which its records are found without a walk.
        journal, owned = self.journal, ("customer", ("customer", "status"))
        self.customers: Table[Customer] = Table("customer", journal, "email", "invoice_prefix")
        self.payment_intents: Table[PaymentIntent] = Table("payment_intent", journal, *owned)
        self.payment_methods: Table[PaymentMethod] = Table("PaymentMethod", journal, "customer")
        self.charges: Table[Charge] = Table(
            "charge", journal, "customer", "payment_intent", "transfer_group", falls_due=True
        )
        self.refunds: Table[Refund] = Table(
            "refund", journal, "customer", "charge", "payment_intent", falls_due=True
        )
        self.balance_transactions: Table[BalanceTransaction] = Table(
            "balance transaction", journal, "source", "type", "currency"
        )
        self.invoices: Table[Invoice] = Table(
            "invoice", journal, *owned, "status", "number", falls_due=True
        )
        self.invoice_items: Table[InvoiceItem] = Table(
            "Invoice Item", journal, "customer", "invoice", "pending_for"
        )
        self.products: Table[Product] = Table("product", journal)
        self.prices: Table[Price] = Table("price", journal, "product", "lookup_key")
        self.invoice_payments: Table[InvoicePayment] = Table(
            "invoice_payment", journal, "invoice", "payment_intent", "status"
        )
        self.checkout_sessions: Table[CheckoutSession] = Table(
            "checkout.session", journal, "customer", "payment_intent", "status", falls_due=True
        )
        self.confirmation_tokens: Table[ConfirmationToken] = Table("confirmationtoken", journal)
        self.setup_intents: Table[SetupIntent] = Table(
            "setupintent", journal, "customer", "payment_method"
        )
        self.transfers: Table[Transfer] = Table(
            "transfer", journal, "destination", "transfer_group", "source_transaction"
        )
        self.transfer_reversals: Table[TransferReversal] = Table(
            "transfer reversal", journal, "transfer"
        )
        self.application_fees: Table[ApplicationFee] = Table(
            "application fee", journal, "charge", "originating_transaction"
        )
        self.fee_refunds: Table[FeeRefund] = Table("application fee refund", journal, "fee")
        self.events: Table[Event] = Table("event", journal, "type")
        self.webhook_endpoints: Table[WebhookEndpoint] = Table("webhook endpoint", journal)
        self.deliveries = Deliveries(journal)
        self.reconciliations: Table[Reconciled] = Table("reconciliation", journal)
        self.unclaimed: Table[Unclaimed] = Table("unclaimed cash", journal, falls_due=True)
        self.returned: Table[Returned] = Table("returned cash", journal)
        self.echoes: Table[Echo] = Table("echo", journal)
        self.accounts: dict[tuple[str, str], tuple[Hash, ...]] = {}  # by customer and country
        self.together: list[World] = []  # the worlds that a transaction writes to, while there is one

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Undo the changes made inside if an exception comes out, except a Fault that `keeps_changes`.

        Those in worlds that `join` took in are undone too. It is a generator, so that an interrupt at
        its very end undoes them as well. It doesn't nest.
        """
        self.journal.clear()
        together = self.together = [self]
        try:
            yield
        except BaseException as error:
            if not (isinstance(error, faults.Fault) and error.keeps_changes):
                for world in together:
                    for _, undo in reversed(world.journal):
                        undo()
                    world.journal.clear()
            raise
        finally:
            for world in together:
                if world.search_index is not None:
                    world.search_index.note([record for record, _ in world.journal], world.clock.now)
                world.journal.clear()
                world.together = []

    def join(self, other: World) -> World:
        """Take another account's world into the transaction, which then writes to both; give it."""
        if all(world is not other for world in self.together):
            other.journal.clear()
            other.cause = self.cause
            self.together.append(other)
            other.together = self.together
        return other

    def copy(
        self,
        clock: Clock,
        ids: Ids,
        readings: Readings,
        api_version: str,
        event_types: Callable[[str], EventTypes],
        platform: World | None,
        search_lag: int = 0,
    ) -> World:
        """Give a world that begins as this one is, with a clock, ids and settings of its own.

        Neither sees what is written to the other later. To be called between transactions.
        """
        journal: Journal = []
        tables = {
            name: table.copy(journal) for name, table in vars(self).items() if type(table) is Table
        }
        copied = World.__new__(World)  # without the tables of a world that begins empty
        vars(copied).update(vars(self), **tables, accounts=self.accounts.copy())
        copied.clock, copied.ids, copied.readings = clock, ids, readings
        copied.api_version, copied.event_types = api_version, event_types
        copied.cause, copied.connected, copied.together = None, None, []
        copied.journal, copied.ledger = journal, self.ledger.copy(journal)
        copied.platform, copied.deliveries = platform, self.deliveries.copy(journal)
        copied.search_index = self._lagging(search_lag, tables.values())
        return copied

    def _lagging(self, lag: int, tables: Iterable[Table[Any]]) -> SearchIndex | None:
        if not lag:
            return None
        own = self.search_index
        return SearchIndex.begun(lag, tables) if own is None else own.copy(lag)

    def record(self, record_id: str) -> Record | None:
        """Find the record that the API shows under an id; None if there is none."""
        if entry := self.ledger.find(record_id):
            return entry
        tables = (table for table in vars(self).values() if isinstance(table, Table))
        found = next(filter(None, (table.get(record_id) for table in tables)), None)
        return self._fee_of(record_id) if found is None else found

    def _fee_of(self, record_id: str) -> Record | None:
        """Find an application fee or its booking for the account that pays it, which sees both."""
        if self.platform is None:
            return None
        booked = self.platform.balance_transactions.get(record_id)
        if booked is not None and booked.type in ("application_fee", "application_fee_refund"):
            return booked
        return self.platform.application_fees.get(record_id)

    def customer(
        self, customer_id: str, param: str = "customer", *, in_path: bool, assumption: str | None = None
    ) -> Customer:
        """Find a customer that isn't deleted, or raise a `resource_missing` fault."""
        customer = self.customers.find(customer_id, param, in_path=in_path, assumption=assumption)
        if customer.deleted:
            raise faults.missing_object(
                self.customers.noun, customer_id, param, in_path=in_path, assumption=assumption
            )
        return customer

    def customer_above(self, customer_id: str) -> Customer:
        """Find the customer in a route's path, as in /v1/customers/{customer}/cash_balance."""
        return self.customer(customer_id, in_path=True, assumption="parameter-customer")

    @property
    def asked_version(self) -> str:
        """The API version of the request that is answered now; the account's where there is none."""
        return (self.cause and self.cause.api_version) or self.api_version

    def reconciliation_mode(self, customer: Customer) -> ReconciliationMode:
        """The reconciliation mode in effect: the customer's own, or the account's default."""
        return customer.reconciliation or MERCHANT_DEFAULT

    def cash_balance(self, customer: Customer) -> CashBalance:
        """Give a customer's cash balance as it is now (docs/stripe.md 1.2).

        A new balance has `available` null. A currency that was spent stays, at 0. Both were seen by
        karibou-ch/karibou-wallet (2022-11-15 to 2024-06-20) and thebiggive/identity
        (`{"eur": 0, "gbp": 0}`).
        """
        return CashBalance(
            customer=customer.id,
            available=self.ledger.available(customer.id) or None,
            reconciliation_mode=self.reconciliation_mode(customer),
            using_merchant_default=customer.reconciliation is None,
        )

    def post_entry(
        self,
        customer: Customer,
        currency: str,
        net_amount: int,
        entry_type: str,
        **about: Any,  # noqa: ANN401 - fields of a record
    ) -> Entry:
        """Write the row of a movement and record its event. All money moves through this function.

        `about` has the fields of this type of Entry: its intent, bank transfer, refund and so on.
        """
        before = self.ledger.balance(customer.id, currency)
        entry = Entry(
            id=self.ids.mint("ccsbtxn_", 24),
            created=self.clock.now,
            customer=customer.id,
            currency=currency,
            net_amount=net_amount,
            ending_balance=before + net_amount,
            type=entry_type,
            **about,
        )
        self.ledger.append(entry)
        if before <= 0 or entry.ending_balance <= 0 or entry_type in unclaimed.OF_RETURNS:
            unclaimed.note(self, entry)  # else the cash is as old as before
        self.record_event("customer_cash_balance_transaction.created", entry)
        return entry

    def record_event(
        self,
        event_type: str,
        subject: Subject,
        previous: Hash | None = None,
    ) -> None:
        """Record an event with its subject as it is now, and who is to hear of it.

        The type is that of the newest API version.
        """
        event_id = self.ids.mint("evt_", 24)
        echoed = self.echoed(subject)
        paid = getattr(subject, "latest_charge", None) or type(subject) is Charge
        included = self.included(subject) if paid else ()
        event = Event(
            event_id, self.clock.now, event_type, subject, self.cause, previous, echoed, included
        )
        self.events.put(event)
        if self.webhook_endpoints or self.platform is not None:
            deliveries.hear(self, event)

    def included(self, record: object) -> tuple[Charge | Refund, ...]:
        """Give the charges of an intent with their refunds, or the refunds of a charge, oldest first.

        API versions before 2022-11-15 show them inside it.
        """
        if isinstance(record, Charge):
            return tuple(self.refunds.where(charge=record.id))
        if not isinstance(record, PaymentIntent) or record.latest_charge is None:
            return ()
        charges = tuple(self.charges.where(payment_intent=record.id))
        refunds = (refund for charge in charges for refund in self.refunds.where(charge=charge.id))
        return (*charges, *refunds)

    def echoed(self, record: object) -> Hash:
        """Give what an object shows of parameters that have no meaning here, by key."""
        if not len(self.echoes):
            return NOTHING
        found = self.echoes.get(getattr(record, "id", ""))
        return NOTHING if found is None else found.values

    def echo(self, record_id: str, values: Hash) -> None:
        """Let an object show values as they were sent, and the events of this transaction about it."""
        before = self.echoes.get(record_id)
        shown = values if before is None else fields.merged(before.values, values)
        self.echoes.put(Echo(record_id, shown))
        for written in [record for record, _ in self.journal if isinstance(record, Event)]:
            if getattr(written.subject, "id", None) == record_id:
                self.events.put(written._replace(echoed=shown))

    def check(self) -> None:
        """Check every sum against the rows; AssertionError where money was made or lost."""
        audit.check(self)
