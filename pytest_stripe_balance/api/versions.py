"""API versions: objects are rendered at the newest shape, then walked back to an older one.

The tables are the changelog. For a request at an older version each later change is undone, the newest
first. Keys that Stripe only added stay, because it adds them to older versions too [obs].

Source: docs/stripe.md 6.9, 6.10 and Stripe's changelog [doc].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pytest_stripe_balance import resources
from pytest_stripe_balance.api import before_basil, before_latest_charge, old_checkout, old_lines
from pytest_stripe_balance.api.before_basil import Json, WalkBack
from pytest_stripe_balance.api.before_latest_charge import Included, Show
from pytest_stripe_balance.api.form import Form
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.engine.state.records.catalog import Price, Product
from pytest_stripe_balance.engine.state.records.checkout import CheckoutSession
from pytest_stripe_balance.engine.state.records.connect import ApplicationFee
from pytest_stripe_balance.engine.state.records.customers import Customer, FundingInstructions
from pytest_stripe_balance.engine.state.records.events import Emitted, Event, EventTypes, Subject
from pytest_stripe_balance.engine.state.records.invoices import (
    Invoice,
    InvoiceItem,
    InvoiceLine,
    InvoicePayment,
)
from pytest_stripe_balance.engine.state.records.money import Charge, Refund
from pytest_stripe_balance.engine.state.records.payments import PaymentIntent
from pytest_stripe_balance.engine.state.records.record import Record
from pytest_stripe_balance.engine.state.world import World
from pytest_stripe_balance.refused import Refused


@dataclass(frozen=True)
class Change:
    """A change of `date` to the objects of a `kind` of record; `back` undoes it."""

    date: str
    kind: type[Record]
    back: WalkBack


@dataclass(frozen=True)
class Inclusion:
    """Before `date` objects of a `kind` showed others inside; `put` adds them to the rendered object."""

    date: str
    kind: type[Record]
    put: Callable[[Any, Json, Included, Show], None]


@dataclass(frozen=True)
class EventChange:
    """A change of `date` to the types of events about a `kind` of record.

    `before` gives the type that an event had before, or None if there was no such event.
    """

    date: str
    kind: type[Record]
    before: Callable[[str, Any], str | None]


@dataclass(frozen=True)
class DefaultChange:
    """Before `date` an endpoint's parameters had the defaults `before`. Objects made then keep them.

    They don't hold for a request that has one of the parameters in `unless`.
    """

    date: str
    endpoint: str
    before: Mapping[str, Any]
    unless: tuple[str, ...] = ()


def _without_chaps(_: World, __: PaymentIntent | FundingInstructions, body: Json) -> None:
    """Undo the addition of CHAPS to sort codes."""
    action = body.get("next_action") or {}
    transfer = body.get("bank_transfer") or action.get("display_bank_transfer_instructions")
    if transfer:
        transfer["financial_addresses"] = [
            {
                **address,
                "supported_networks": [
                    name for name in address["supported_networks"] if name != "chaps"
                ],
            }
            for address in transfer["financial_addresses"]
        ]


def _fee_source(_: World, __: ApplicationFee, body: Json) -> None:
    """Undo the addition of fee_source, which nobody has seen at an older version."""
    del body["fee_source"]


def _rendering_options(_: World, record: Invoice, body: Json) -> None:
    """Undo the renaming of rendering_options to rendering."""
    if not record.deleted:
        display = record.rendering.get("amount_tax_display")
        body["rendering_options"] = display and {"amount_tax_display": display}


def _default_currency(_: World, record: Customer, body: Json) -> None:
    """Undo the removal of default_currency: it is the customer's currency (docs/stripe.md 6.10)."""
    if not record.deleted:
        body["default_currency"] = record.currency


def _previous_default_currency(world: World, event: Event, body: Json) -> None:
    """Let default_currency change with a customer's currency."""
    previous = body["data"].get("previous_attributes", {})
    if isinstance(event.subject, Customer) and "currency" in previous:
        world.readings.rely_on("old-previous-default-currency")
        body["data"]["previous_attributes"] = {**previous, "default_currency": previous["currency"]}


def _features(_: World, record: Product, body: Json) -> None:
    """Undo the renaming of features to marketing_features."""
    if not record.deleted:
        body["features"] = body.pop("marketing_features")


def _no_invoice_payment_paid(event_type: str, _: InvoicePayment) -> str | None:
    """Undo the addition of invoice_payment.paid."""
    return None if event_type == "invoice_payment.paid" else event_type


def _charge_refund_updated(event_type: str, refund: Refund) -> str | None:
    """Undo the addition of refund.* to refunds of charges, which had only charge.refund.updated."""
    if refund.charge is None:
        return event_type
    return "charge.refund.updated" if event_type == "refund.updated" else None


CHANGES = (
    Change("2026-07-29", PaymentIntent, _without_chaps),
    Change("2026-07-29", FundingInstructions, _without_chaps),
    Change("2026-03-25", CheckoutSession, old_checkout.ui_mode),
    Change("2025-03-31", PaymentIntent, before_basil.payment_intent),
    Change("2025-03-31", Charge, before_basil.charge),
    Change("2025-03-31", Invoice, before_basil.invoice),
    Change("2025-03-31", InvoiceItem, before_basil.invoice_item),
    Change("2025-03-31", InvoiceLine, before_basil.line),
    Change("2025-03-31", Event, before_basil.event),
    Change("2025-03-31", Price, before_basil.price),
    Change("2025-03-31", CheckoutSession, old_checkout.shipping_details),
    Change("2024-04-10", Invoice, _rendering_options),
    Change("2024-04-10", Product, _features),
    Change("2024-04-10", ApplicationFee, _fee_source),
    Change("2022-08-01", CheckoutSession, old_checkout.shipping),
    Change("2022-08-01", Customer, _default_currency),
    Change("2022-08-01", Event, _previous_default_currency),
)
INCLUSIONS = (
    Inclusion("2022-11-15", PaymentIntent, before_latest_charge.charges),
    Inclusion("2022-11-15", Charge, before_latest_charge.refunds),
    Inclusion("2022-11-15", Event, before_latest_charge.previous_refunds),
)
EVENT_CHANGES = (
    EventChange("2025-05-28", InvoicePayment, _no_invoice_payment_paid),
    EventChange("2024-10-28", Refund, _charge_refund_updated),
)
DEFAULT_CHANGES = (
    DefaultChange("2024-04-10", "POST /v1/payment_intents", {"capture_method": "automatic"}),
    DefaultChange(
        "2023-08-16",
        "POST /v1/payment_intents",
        {"payment_method_types": ["card"]},
        unless=("automatic_payment_methods",),
    ),
    DefaultChange(
        "2023-08-16",
        "POST /v1/setup_intents",
        {"payment_method_types": ["card"]},
        unless=("automatic_payment_methods",),
    ),
    DefaultChange(
        "2022-08-01",
        "POST /v1/checkout/sessions",
        {"customer_creation": "always"},
        unless=("customer",),
    ),
    DefaultChange(
        "2022-08-01",
        "POST /v1/invoices",
        {"pending_invoice_items_behavior": "include_and_require"},
    ),
)
# How a form is written in today's parameters, by the endpoint that took others before a date.
PARAMETER_CHANGES = {"POST /v1/checkout/sessions": ("2022-08-01", old_lines.now_called)}


def walk_back(world: World, record: Record, body: Json, api_version: str) -> Json:
    """Change an object from the newest shape to that of an API version."""
    kind: type = type(record)
    for back in _ways_back(kind, api_version):
        back(world, record, body)
    return body


@cache
def _ways_back(kind: type, api_version: str) -> tuple[WalkBack, ...]:
    return tuple(
        change.back for change in CHANGES if issubclass(kind, change.kind) and api_version < change.date
    )


@cache
def inclusions(kind: type, api_version: str) -> tuple[Callable[..., None], ...]:
    """Give what adds to a walked-back object of a kind of record what it includes at an API version.

    At the newest it includes nothing. Each takes the record, the object, what may be included and what
    renders that.
    """
    return tuple(
        inclusion.put
        for inclusion in INCLUSIONS
        if kind is inclusion.kind and api_version < inclusion.date
    )


@cache
def event_types(api_version: str) -> EventTypes:
    """Give what events are called at an API version; one that isn't modelled is Refused."""
    check(api_version)
    return _EventTypes(api_version)


class _EventTypes(EventTypes):
    """What they are called at one version, by its changes."""

    def __init__(self, api_version: str) -> None:
        self._version = api_version
        self._changes = [change for change in EVENT_CHANGES if api_version < change.date]
        self.are_newest = not self._changes

    def __call__(self, event_type: str, subject: Subject) -> str | None:
        if isinstance(subject, Emitted):
            return None if subject.at(self._version) is None else event_type
        for change in self._changes:
            if isinstance(subject, change.kind):
                return change.before(event_type, subject)
        return event_type


def with_new_names(endpoint: str, api_version: str, fields: Form) -> Form:
    """Write a form that may have parameters of an older API version in those of today."""
    date, now_called = PARAMETER_CHANGES.get(endpoint, ("", None))
    return now_called(fields) if now_called and api_version < date else fields


def with_defaults(changes: tuple[DefaultChange, ...], params: Mapping[str, Any]) -> dict[str, Any]:
    """Add to an endpoint's parameters the defaults that it had before some changes."""
    before = {
        name: value
        for change in changes
        if not any(name in params for name in change.unless)
        for name, value in change.before.items()
    }
    return {**before, **params}


@cache
def default_changes(endpoint: str, api_version: str) -> tuple[DefaultChange, ...]:
    """Give the changes of an endpoint's defaults that are later than an API version."""
    return tuple(
        change for change in DEFAULT_CHANGES if change.endpoint == endpoint and api_version < change.date
    )


@cache
def _known() -> list[str]:
    return resources.modelled_versions()


INCLUDES_UNTIL = "2025-03-31.basil"  # a list's include[]=total_count (docs/stripe.md 6.4 [doc])
_VERSION = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.([a-z]+))?")


def check(api_version: str) -> None:
    """Check that an API version is modelled.

    Any month of a named release is accepted, because its months only add. Betas after a `;` are ignored.
    A version that never existed is a Fault (400); since acacia a date needs its release's name. A
    version that Stripe has or may have, but the fake doesn't, is Refused.
    """
    known, base = _known(), resources.without_betas(api_version)
    if base in known:
        return
    match = _VERSION.fullmatch(base)
    date, name = match.groups() if match else ("", None)
    release = next((release for release in known if name and release.endswith(f".{name}")), "")
    if release and known[known.index(release) - 1] < date and (date <= release or release == known[-1]):
        return
    if date and date < known[0]:
        raise Refused(
            f"API version {api_version} is not modelled: the oldest modelled version is {known[0]}"
        )
    if date > known[-1] or name in ("preview", "beta"):
        raise Refused(
            f"API version {api_version} is not modelled: the newest modelled version is {known[-1]}"
        )
    # Seen for a version that is no date (Kiln-AI/stripe_world, September 2026).
    assumption = "invalid-api-version" if match else None
    fault = Fault(f"Invalid Stripe API version: {api_version}", assumption=assumption)
    fault.logged = False  # it fails before there is a log (docs/stripe.md 6.8 [obs])
    raise fault
