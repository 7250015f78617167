"""Events: what happened, to what, and who asked for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pytest_stripe_balance.engine.state.records.catalog import Price, Product
from pytest_stripe_balance.engine.state.records.checkout import CheckoutSession
from pytest_stripe_balance.engine.state.records.connect import ApplicationFee, FeeRefund, Transfer
from pytest_stripe_balance.engine.state.records.customers import CashBalance, Customer, Entry
from pytest_stripe_balance.engine.state.records.hashes import NOTHING, Hash
from pytest_stripe_balance.engine.state.records.invoices import Invoice, InvoiceItem, InvoicePayment
from pytest_stripe_balance.engine.state.records.money import Charge, Refund
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent, PaymentMethod
from pytest_stripe_balance.engine.state.records.setup_intents import SetupIntent


class Cause(NamedTuple):
    """The API request that caused an event, and the API version that it was made at."""

    request_id: str
    idempotency_key: str | None
    api_version: str = ""


class Emitted(NamedTuple):
    """An object that isn't modelled, which a test has made up for an event of its own.

    `at` gives it at an API version; None where that version lacks the event.
    """

    id: str
    at: Callable[[str], Hash | None]


Subject = (
    Customer
    | CashBalance
    | Entry
    | PaymentIntent
    | PaymentMethod
    | SetupIntent
    | Charge
    | Refund
    | Invoice
    | InvoiceItem
    | InvoicePayment
    | Product
    | Price
    | Transfer
    | ApplicationFee
    | FeeRefund
    | CheckoutSession
    | Emitted
)


class Event(NamedTuple):
    """Something that happened, with its subject as it was then.

    `type` is the one at the newest API version. `events.type_at` gives that of an older one.
    `echoed` is what the subject shows of parameters that have no meaning here. `included` are the
    charges and refunds that old API versions show inside the subject, as they were then.
    """

    id: str
    created: int
    type: str
    subject: Subject
    cause: Cause | None
    previous: Hash | None = None
    echoed: Hash = NOTHING
    included: tuple[Charge | Refund, ...] = ()


class Echo(NamedTuple):
    """What an object shows of parameters that have no meaning here, by its id."""

    id: str
    values: Hash


class EventTypes:
    """What events are called at an API version, from their newest type and their subject.

    None is for one that the version lacks. `are_newest` says that all have their newest type. That is
    so here; api/versions.py has older versions.
    """

    are_newest = True

    def __call__(self, event_type: str, subject: Subject) -> str | None:
        """Give the type, or None."""
        del subject  # which decides at an older version
        return event_type
