"""The register of assumptions: what the fake does where nobody has seen what Stripe does.

Documented and observed behaviour has no entry here; the docstring of its code names the source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_stripe_balance.engine.state.register import (
    apply,
    cards,
    cash,
    catalog,
    checkout,
    connect,
    echoes,
    intents,
    invoices,
    money,
    protocol,
    reconciliation,
    search,
    sessions,
    versions,
    webhooks,
)
from pytest_stripe_balance.engine.state.register.entry import Assumption
from pytest_stripe_balance.modes import BadSettingError

# What to record in Stripe's test mode to settle an entry, by number.
RECORDINGS: Mapping[int, str] = {
    1: "apply on an intent in requires_action without an amount, with more, as much, less and no cash",
    2: "apply with an explicit amount above the balance, the remaining and the intent's amount",
    4: "apply on an intent in every status",
    5: "apply and funding with another, an unsupported and a capital currency",
    6: "apply on a card-only intent, without a customer, on unknown ids, with bad parameters and keys",
    7: "apply on the intent of an invoice, with an amount and without enough cash",
    8: "apply for a customer in automatic mode",
    9: "the list of events, with their request, after each funding and apply",
    10: "a funding that reconciles: its row in the answer, and a balance read right after",
    11: "a partly funded intent, retrieved",
    12: "a funding beside an older balance, with intents that fit the one and the sum of both",
    13: "a funding for a customer with intents in requires_payment_method and requires_confirmation",
    14: "fundings that fit no group of several invoices, and references in several spellings",
    15: "the charge and balance transaction of a succeeded intent",
    16: "the instructions of an intent before and after an update and a second confirm",
    17: "an update of a partly funded intent's amount, and its events",
    18: "a cancel of a partly funded intent, and its events",
    20: "the rows of test fundings in each region, and an unknown row",
    21: "funding instructions of each region, and for countries that have none",
    22: "deleting customers with cash, with a balance of 0, and never funded",
    23: "a funding with a reference that begins with reversal_",
    24: "a refund to the cash balance, made in the Dashboard",
    25: "a refund to the bank: made, canceled, expired",
    26: "a refund with origin=customer_balance, and its errors",
    28: "a confirm without a funding_type and without enough cash",
    29: "customer_balance without a customer, and with another currency's bank transfer type",
    30: "the headers of a replay, and a key used on another endpoint",
    31: "payment_method_types at endive, and what allowed_payment_method_types shows",
    32: "an invoice from its draft to its payment by a funding",
    33: "the settings and events after each change of the reconciliation mode",
    34: "searches right after what they find was made, in every status, or changed, and mistakes",
    35: "a balance that nobody reconciles, under a test clock of 75 and of 90 days",
    36: "a customer and an invoice with parameters that the fake doesn't model, made and updated",
    37: "the tries at an endpoint that fails, and pending_webhooks after each of them",
    55: "the objects of pm_card_ of each brand, and the events of a payment with setup_future_usage",
    56: "attaching, changing and detaching cards: the answers to what isn't possible",
    57: "a partly funded intent confirmed by card, one that succeeds and one that is declined",
    58: "intents of several types: options without values, and methods of a type that they don't take",
    59: "error_on_requires_action and return_url, for a bank transfer without enough cash",
    60: "the fee of a card, and the events and status of its refund a day later",
    61: "setup intents: confirmed with each kind of card and without one, canceled, and their events",
    85: "a customer made with payment_method, its events, and one with a card that declines",
    90: "default payment methods: set, detached, and those of another customer and of nobody",
    91: "an invoice paid by each kind of card, named and by default, and its events",
    92: "captures of a part and cancels of what a card holds, at 2024-06-20 and at basil, and refunds",
    38: "a webhook endpoint with each wrong parameter, and a seventeenth one",
    40: "errors that embed a paid intent, at 2020-08-27 and at 2022-08-01",
    41: "a confirm without a funding_type and without enough cash, at 2022-08-01",
    42: "an invoice that requires pending items of a customer who has some in another currency alone",
    43: "the events of a customer's first invoice, in an account at 2020-08-27",
    45: "a product and a price with each wrong parameter, archived and deleted in each state",
    75: "customers, invoices and intents with each parameter that is only shown, made and read",
    76: "intents by bank transfer, confirmed with each parameter that is about other methods",
    77: "events by delivery_success, with and without an endpoint that fails",
    80: "customer sessions with each component, without any, and without a customer",
    81: "confirmation tokens: made, used, used again, unknown, and beside a payment method",
    65: "a destination charge by bank transfer: its transfer, both payments, and all events",
    66: "intents with an application fee and a transfer that don't fit each other, or the amount",
    67: "on_behalf_of on an intent by bank transfer, and on an invoice",
    68: "refunds with reverse_transfer and refund_application_fee: made, canceled, in odd parts",
    69: "refund_application_fee where there is no fee, or no reverse_transfer",
    70: "transfers and reversals of more than there is",
    46: "sessions paid with no, a part of and enough cash, and canceled in part; their events",
    47: "a session with each wrong parameter, and without a customer",
    48: "a line by price_data: its price and product, retrieved and listed, and the events",
    50: "a session at 2020-08-27, retrieved, expired and paid",
}

REGISTER: Mapping[str, Assumption] = {
    entry.id: entry
    for part in (
        apply,
        intents,
        cards,
        reconciliation,
        money,
        invoices,
        catalog,
        checkout,
        cash,
        protocol,
        search,
        webhooks,
        sessions,
        connect,
        versions,
        echoes,
    )
    for entry in part.ENTRIES
}


@dataclass
class Readings:
    """The chosen readings of one test, and the assumptions that its answers have relied on so far."""

    chosen: Mapping[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for entry_id, reading in self.chosen.items():
            entry = REGISTER.get(entry_id)
            if entry is None:
                message = f"no assumption {entry_id!r}: `python -m pytest_stripe_balance assumptions`"
                raise BadSettingError(f"{message} lists them")
            if reading not in entry.readings:
                known = ", ".join(entry.readings) if len(entry.readings) > 1 else "only one"
                raise BadSettingError(
                    f"assumption {entry_id!r} has no reading {reading!r}; it has {known}"
                )

    def reading(self, entry_id: str) -> str:
        """Give the reading in effect, without noting that an answer relies on it."""
        return self.chosen.get(entry_id) or REGISTER[entry_id].default

    def rely_on(self, entry_id: str) -> str:
        """Note that the current answer relies on an assumption; give the reading in effect."""
        self.used.add(entry_id)
        return self.reading(entry_id)
