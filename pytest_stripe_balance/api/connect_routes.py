"""The rows of transfers and application fees in the table of endpoints."""

from __future__ import annotations

from pytest_stripe_balance.api.endpoint import Endpoint
from pytest_stripe_balance.engine.money import application_fees, transfer_reversals, transfers

CONNECT = (
    Endpoint("POST", "/v1/transfers", transfers.create, "transfer", since_release="0.1.0"),
    Endpoint("GET", "/v1/transfers", transfers.list_, "transfer", listed=True, since_release="0.1.0"),
    Endpoint("GET", "/v1/transfers/{transfer}", transfers.retrieve, "transfer", since_release="0.1.0"),
    Endpoint("POST", "/v1/transfers/{transfer}", transfers.update, "transfer", since_release="0.1.0"),
    Endpoint(
        "POST",
        "/v1/transfers/{id}/reversals",
        transfer_reversals.create,
        "transfer_reversal",
        since_release="0.1.0",
    ),
    Endpoint(
        "GET",
        "/v1/transfers/{id}/reversals",
        transfer_reversals.list_,
        "transfer_reversal",
        listed=True,
        since_release="0.1.0",
    ),
    Endpoint(
        "GET",
        "/v1/transfers/{transfer}/reversals/{id}",
        transfer_reversals.retrieve,
        "transfer_reversal",
        since_release="0.1.0",
    ),
    Endpoint(
        "POST",
        "/v1/transfers/{transfer}/reversals/{id}",
        transfer_reversals.update,
        "transfer_reversal",
        since_release="0.1.0",
    ),
    Endpoint(
        "GET",
        "/v1/application_fees",
        application_fees.list_,
        "application_fee",
        listed=True,
        since_release="0.1.0",
    ),
    Endpoint(
        "GET",
        "/v1/application_fees/{id}",
        application_fees.retrieve,
        "application_fee",
        since_release="0.1.0",
    ),
    Endpoint(
        "POST",
        "/v1/application_fees/{id}/refunds",
        application_fees.create_refund,
        "fee_refund",
        since_release="0.1.0",
    ),
    Endpoint(
        "GET",
        "/v1/application_fees/{id}/refunds",
        application_fees.list_refunds,
        "fee_refund",
        listed=True,
        since_release="0.1.0",
    ),
    Endpoint(
        "GET",
        "/v1/application_fees/{fee}/refunds/{id}",
        application_fees.retrieve_refund,
        "fee_refund",
        since_release="0.1.0",
    ),
    Endpoint(
        "POST",
        "/v1/application_fees/{fee}/refunds/{id}",
        application_fees.update_refund,
        "fee_refund",
        since_release="0.1.0",
    ),
)
