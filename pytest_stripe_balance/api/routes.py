"""The table of endpoints, with one row each.

Everything else follows from a row: the dispatch, the parameter rules (`python -m pytest_stripe_balance
derive`), the contract for its answers, and the list in docs/calls.md.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import unquote_plus

from pytest_stripe_balance.api import search
from pytest_stripe_balance.api.connect_routes import CONNECT
from pytest_stripe_balance.api.endpoint import Endpoint
from pytest_stripe_balance.engine import (
    customer_sessions,
    customers,
    events,
    funding,
    funding_instructions,
)
from pytest_stripe_balance.engine.billing import (
    invoice_items,
    invoice_pay,
    invoice_payments,
    invoice_transitions,
    invoices,
)
from pytest_stripe_balance.engine.catalog import prices, products
from pytest_stripe_balance.engine.checkout import sessions
from pytest_stripe_balance.engine.money import (
    balance_transactions,
    charges,
    default_methods,
    payment_methods,
    saved_methods,
)
from pytest_stripe_balance.engine.payments import (
    apply,
    captures,
    confirmation_tokens,
    payment_intents,
    setup_intents,
)
from pytest_stripe_balance.engine.refunds import refunds
from pytest_stripe_balance.engine.webhooks import endpoints

ENDPOINTS = (
    Endpoint("POST", "/v1/customers", saved_methods.create_customer, "customer"),
    Endpoint("GET", "/v1/customers", customers.list_, "customer", listed=True),
    Endpoint("GET", "/v1/customers/search", search.customers, "customer", searched=True),
    Endpoint("GET", "/v1/customers/{customer}", customers.retrieve, "customer"),
    Endpoint("POST", "/v1/customers/{customer}", default_methods.update_customer, "customer"),
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
    Endpoint(
        "POST",
        "/v1/payment_intents/{intent}/capture",
        captures.capture,
        "payment_intent",
        since_release="0.1.0",
    ),
    Endpoint("POST", "/v1/payment_intents/{intent}/cancel", payment_intents.cancel, "payment_intent"),
    Endpoint(
        "POST",
        "/v1/payment_intents/{intent}/apply_customer_balance",
        apply.apply_customer_balance,
        "payment_intent",
        parameter_errors="apply-parameter-errors",
    ),
    Endpoint("POST", "/v1/payment_methods", payment_methods.create, "payment_method"),
    Endpoint("GET", "/v1/payment_methods", saved_methods.list_, "payment_method", listed=True),
    Endpoint(
        "GET",
        "/v1/payment_methods/{payment_method}",
        payment_methods.retrieve,
        "payment_method",
    ),
    Endpoint(
        "POST",
        "/v1/payment_methods/{payment_method}",
        saved_methods.update,
        "payment_method",
        since_release="0.1.0",
    ),
    Endpoint(
        "POST",
        "/v1/payment_methods/{payment_method}/attach",
        saved_methods.attach,
        "payment_method",
        since_release="0.1.0",
    ),
    Endpoint(
        "POST",
        "/v1/payment_methods/{payment_method}/detach",
        saved_methods.detach,
        "payment_method",
        since_release="0.1.0",
    ),
    Endpoint(
        "GET",
        "/v1/customers/{customer}/payment_methods",
        saved_methods.list_of_customer,
        "payment_method",
        listed=True,
    ),
    Endpoint(
        "GET",
        "/v1/customers/{customer}/payment_methods/{payment_method}",
        saved_methods.retrieve_of_customer,
        "payment_method",
        since_release="0.1.0",
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
    Endpoint(
        "GET",
        "/v1/balance",
        balance_transactions.retrieve_balance,
        "balance",
        since_release="0.1.0",
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
    Endpoint(
        "GET",
        "/v1/invoices/{invoice}/lines",
        invoices.lines,
        "line_item",
        listed=True,
        since_release="0.1.0",
    ),
    Endpoint("DELETE", "/v1/invoices/{invoice}", invoices.delete, "invoice"),
    Endpoint("POST", "/v1/invoices/{invoice}/finalize", invoice_transitions.finalize, "invoice"),
    Endpoint("POST", "/v1/invoices/{invoice}/pay", invoice_pay.pay, "invoice"),
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
    Endpoint("POST", "/v1/products", products.create, "product", since_release="0.1.0"),
    Endpoint("GET", "/v1/products", products.list_, "product", listed=True, since_release="0.1.0"),
    Endpoint(
        "GET", "/v1/products/search", search.products, "product", searched=True, since_release="0.1.0"
    ),
    Endpoint("GET", "/v1/products/{id}", products.retrieve, "product", since_release="0.1.0"),
    Endpoint("POST", "/v1/products/{id}", products.update, "product", since_release="0.1.0"),
    Endpoint("DELETE", "/v1/products/{id}", products.delete, "product", since_release="0.1.0"),
    Endpoint("POST", "/v1/prices", prices.create, "price", since_release="0.1.0"),
    Endpoint("GET", "/v1/prices", prices.list_, "price", listed=True, since_release="0.1.0"),
    Endpoint("GET", "/v1/prices/search", search.prices, "price", searched=True, since_release="0.1.0"),
    Endpoint("GET", "/v1/prices/{price}", prices.retrieve, "price", since_release="0.1.0"),
    Endpoint("POST", "/v1/prices/{price}", prices.update, "price", since_release="0.1.0"),
    Endpoint(
        "POST",
        "/v1/customer_sessions",
        customer_sessions.create,
        "customer_session",
        since_release="0.1.0",
    ),
    Endpoint(
        "GET",
        "/v1/confirmation_tokens/{confirmation_token}",
        confirmation_tokens.retrieve,
        "confirmation_token",
        since_release="0.1.0",
    ),
    Endpoint(
        "POST",
        "/v1/test_helpers/confirmation_tokens",
        confirmation_tokens.create,
        "confirmation_token",
        since_release="0.1.0",
    ),
    Endpoint("POST", "/v1/setup_intents", setup_intents.create, "setup_intent", since_release="0.1.0"),
    Endpoint(
        "GET",
        "/v1/setup_intents",
        setup_intents.list_,
        "setup_intent",
        listed=True,
        since_release="0.1.0",
    ),
    Endpoint(
        "GET",
        "/v1/setup_intents/{intent}",
        setup_intents.retrieve,
        "setup_intent",
        since_release="0.1.0",
    ),
    Endpoint(
        "POST",
        "/v1/setup_intents/{intent}",
        setup_intents.update,
        "setup_intent",
        since_release="0.1.0",
    ),
    Endpoint(
        "POST",
        "/v1/setup_intents/{intent}/confirm",
        setup_intents.confirm,
        "setup_intent",
        since_release="0.1.0",
    ),
    Endpoint(
        "POST",
        "/v1/setup_intents/{intent}/cancel",
        setup_intents.cancel,
        "setup_intent",
        since_release="0.1.0",
    ),
    *CONNECT,
    Endpoint(
        "POST", "/v1/checkout/sessions", sessions.create, "checkout.session", since_release="0.1.0"
    ),
    Endpoint(
        "GET",
        "/v1/checkout/sessions",
        sessions.list_,
        "checkout.session",
        listed=True,
        since_release="0.1.0",
    ),
    Endpoint(
        "GET",
        "/v1/checkout/sessions/{session}",
        sessions.retrieve,
        "checkout.session",
        since_release="0.1.0",
    ),
    Endpoint(
        "POST",
        "/v1/checkout/sessions/{session}",
        sessions.update,
        "checkout.session",
        since="2024-06-20",
        since_release="0.1.0",
    ),
    Endpoint(
        "GET",
        "/v1/checkout/sessions/{session}/line_items",
        sessions.list_line_items,
        "item",
        listed=True,
        since_release="0.1.0",
    ),
    Endpoint(
        "POST",
        "/v1/checkout/sessions/{session}/expire",
        sessions.expire,
        "checkout.session",
        since_release="0.1.0",
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
