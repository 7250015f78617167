"""The table of endpoints, with one row each.

Everything else follows from a row: the dispatch, the parameter rules (`python -m pytest_stripe_balance
derive`), the contract for its answers, and the list in docs/calls.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import unquote_plus

from pytest_stripe_balance import resources
from pytest_stripe_balance.api import search
from pytest_stripe_balance.engine import customers, events, funding, funding_instructions
from pytest_stripe_balance.engine.billing import (
    invoice_items,
    invoice_payments,
    invoice_transitions,
    invoices,
)
from pytest_stripe_balance.engine.money import balance_transactions, charges, payment_methods
from pytest_stripe_balance.engine.payments import apply, payment_intents
from pytest_stripe_balance.engine.refunds import refunds
from pytest_stripe_balance.engine.webhooks import endpoints

_PLACEHOLDER = re.compile(r"\{\w*\}")


@dataclass(frozen=True)
class Endpoint:
    """One call. `verb` takes the world, the path's ids in order, and the parameters by name.

    `returns` is the object of the answer, or of its items if it is `listed` or `searched`.
    `parameter_errors` is the assumption behind its answers to wrong parameters, if any. `since` is the
    first API version that has the call, if an older version with a schema lacks it. `since_release` is
    our release that first modelled it, "" for those before stubs: a stub from before it is left out.
    """

    method: str
    path: str
    verb: Callable[..., Any]
    returns: str
    listed: bool = False
    searched: bool = False
    parameter_errors: str | None = None
    since: str = ""
    since_release: str = ""

    @cached_property
    def name(self) -> str:
        """The call as Stripe's reference names it, as "POST /v1/customers"."""
        return f"{self.method} {self.path}"

    def __str__(self) -> str:
        return self.name

    @cached_property
    def paged(self) -> bool:
        """Whether the answer is a page of objects, of a list or of a search."""
        return self.listed or self.searched

    @cached_property
    def response_object(self) -> str:
        """The object of the whole answer."""
        return "list" if self.listed else "search_result" if self.searched else self.returns

    @cached_property
    def placeholders(self) -> tuple[str, ...]:
        """The names of the ids in the path, in order."""
        return tuple(name.strip("{}") for name in _PLACEHOLDER.findall(self.path))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path with its placeholders as groups."""
        return path_pattern(self.path)


@lru_cache(maxsize=512)
def path_pattern(path: str) -> re.Pattern[str]:
    """Give a path with its placeholders, of any names, as groups.

    A word that an endpoint has in a placeholder's place is no id there, and `search` never is one.
    """
    known = resources.literals()
    *parts, last = map(re.escape, _PLACEHOLDER.split(path))
    pattern = before = ""
    for part in parts:
        words = "|".join(sorted({"search", *known.get(before + part, ())}))
        pattern += rf"{part}(?!(?:{words})(?:/|$))([^/]+)"
        before += part + "{}"
    return re.compile(pattern + last)


ENDPOINTS = (
    Endpoint("POST", "/v1/customers", customers.create, "customer"),
    Endpoint("GET", "/v1/customers", customers.list_, "customer", listed=True),
    Endpoint("GET", "/v1/customers/search", search.customers, "customer", searched=True),
    Endpoint("GET", "/v1/customers/{customer}", customers.retrieve, "customer"),
    Endpoint("POST", "/v1/customers/{customer}", customers.update, "customer"),
    Endpoint("DELETE", "/v1/customers/{customer}", customers.delete, "customer"),
    Endpoint(
        "GET",
        "/v1/customers/{customer}/cash_balance",
        customers.retrieve_cash_balance,
        "cash_balance",
    ),
    Endpoint(
        "POST",
        "/v1/customers/{customer}/cash_balance",
        customers.update_cash_balance,
        "cash_balance",
    ),
    Endpoint(
        "GET",
        "/v1/customers/{customer}/cash_balance_transactions",
        customers.list_cash_balance_transactions,
        "customer_cash_balance_transaction",
        listed=True,
    ),
    Endpoint(
        "GET",
        "/v1/customers/{customer}/cash_balance_transactions/{transaction}",
        customers.retrieve_cash_balance_transaction,
        "customer_cash_balance_transaction",
    ),
    Endpoint(
        "POST",
        "/v1/customers/{customer}/funding_instructions",
        funding_instructions.create,
        "funding_instructions",
    ),
    Endpoint(
        "POST",
        "/v1/test_helpers/customers/{customer}/fund_cash_balance",
        funding.fund_cash_balance,
        "customer_cash_balance_transaction",
    ),
    Endpoint("POST", "/v1/payment_intents", payment_intents.create, "payment_intent"),
    Endpoint("GET", "/v1/payment_intents", payment_intents.list_, "payment_intent", listed=True),
    Endpoint(
        "GET",
        "/v1/payment_intents/search",
        search.payment_intents,
        "payment_intent",
        searched=True,
    ),
    Endpoint("GET", "/v1/payment_intents/{intent}", payment_intents.retrieve, "payment_intent"),
    Endpoint("POST", "/v1/payment_intents/{intent}", payment_intents.update, "payment_intent"),
    Endpoint("POST", "/v1/payment_intents/{intent}/confirm", payment_intents.confirm, "payment_intent"),
    Endpoint("POST", "/v1/payment_intents/{intent}/cancel", payment_intents.cancel, "payment_intent"),
    Endpoint(
        "POST",
        "/v1/payment_intents/{intent}/apply_customer_balance",
        apply.apply_customer_balance,
        "payment_intent",
        parameter_errors="apply-parameter-errors",
    ),
    Endpoint("POST", "/v1/payment_methods", payment_methods.create, "payment_method"),
    Endpoint("GET", "/v1/payment_methods", payment_methods.list_, "payment_method", listed=True),
    Endpoint(
        "GET",
        "/v1/payment_methods/{payment_method}",
        payment_methods.retrieve,
        "payment_method",
    ),
    Endpoint(
        "GET",
        "/v1/customers/{customer}/payment_methods",
        payment_methods.list_of_customer,
        "payment_method",
        listed=True,
    ),
    Endpoint("GET", "/v1/charges", charges.list_, "charge", listed=True),
    Endpoint("GET", "/v1/charges/search", search.charges, "charge", searched=True),
    Endpoint("GET", "/v1/charges/{charge}", charges.retrieve, "charge"),
    Endpoint(
        "GET",
        "/v1/balance_transactions",
        balance_transactions.list_balance_transactions,
        "balance_transaction",
        listed=True,
    ),
    Endpoint(
        "GET",
        "/v1/balance_transactions/{id}",
        balance_transactions.retrieve_balance_transaction,
        "balance_transaction",
    ),
    Endpoint("POST", "/v1/refunds", refunds.create, "refund"),
    Endpoint("GET", "/v1/refunds", refunds.list_, "refund", listed=True),
    Endpoint("GET", "/v1/refunds/{refund}", refunds.retrieve, "refund"),
    Endpoint("POST", "/v1/refunds/{refund}", refunds.update, "refund"),
    Endpoint("POST", "/v1/refunds/{refund}/cancel", refunds.cancel, "refund"),
    Endpoint("POST", "/v1/test_helpers/refunds/{refund}/expire", refunds.expire, "refund"),
    Endpoint("POST", "/v1/invoices", invoices.create, "invoice"),
    Endpoint("GET", "/v1/invoices", invoices.list_, "invoice", listed=True),
    Endpoint("GET", "/v1/invoices/search", search.invoices, "invoice", searched=True),
    Endpoint("GET", "/v1/invoices/{invoice}", invoices.retrieve, "invoice"),
    Endpoint("DELETE", "/v1/invoices/{invoice}", invoices.delete, "invoice"),
    Endpoint("POST", "/v1/invoices/{invoice}/finalize", invoice_transitions.finalize, "invoice"),
    Endpoint("POST", "/v1/invoices/{invoice}/pay", invoice_transitions.pay, "invoice"),
    Endpoint("POST", "/v1/invoices/{invoice}/send", invoice_transitions.send, "invoice"),
    Endpoint("POST", "/v1/invoices/{invoice}/void", invoice_transitions.void, "invoice"),
    Endpoint(
        "POST",
        "/v1/invoices/{invoice}/mark_uncollectible",
        invoice_transitions.mark_uncollectible,
        "invoice",
    ),
    Endpoint("POST", "/v1/invoiceitems", invoice_items.create, "invoiceitem"),
    Endpoint("GET", "/v1/invoiceitems", invoice_items.list_, "invoiceitem", listed=True),
    Endpoint("GET", "/v1/invoiceitems/{invoiceitem}", invoice_items.retrieve, "invoiceitem"),
    Endpoint(
        "GET",
        "/v1/invoice_payments",
        invoice_payments.list_,
        "invoice_payment",
        listed=True,
        since="2025-03-31.basil",
    ),
    Endpoint(
        "GET",
        "/v1/invoice_payments/{invoice_payment}",
        invoice_payments.retrieve,
        "invoice_payment",
        since="2025-03-31.basil",
    ),
    Endpoint("GET", "/v1/events", events.list_, "event", listed=True),
    Endpoint("GET", "/v1/events/{id}", events.retrieve, "event"),
    Endpoint("POST", "/v1/webhook_endpoints", endpoints.create, "webhook_endpoint"),
    Endpoint("GET", "/v1/webhook_endpoints", endpoints.list_, "webhook_endpoint", listed=True),
    Endpoint(
        "GET",
        "/v1/webhook_endpoints/{webhook_endpoint}",
        endpoints.retrieve,
        "webhook_endpoint",
    ),
    Endpoint(
        "POST",
        "/v1/webhook_endpoints/{webhook_endpoint}",
        endpoints.update,
        "webhook_endpoint",
    ),
    Endpoint(
        "DELETE",
        "/v1/webhook_endpoints/{webhook_endpoint}",
        endpoints.delete,
        "webhook_endpoint",
    ),
)


@lru_cache(maxsize=512)  # a request is matched to answer it, and again to check it
def match(method: str, path: str) -> tuple[Endpoint, tuple[str, ...]] | None:
    """Find the row of a request and the ids in its path; None if no row fits."""
    for endpoint in ENDPOINTS:
        if endpoint.method == method and (found := endpoint.pattern.fullmatch(path)):
            return endpoint, tuple(map(unquote_plus, found.groups()))
    return None
