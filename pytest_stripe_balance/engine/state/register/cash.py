"""What is assumed of cash balances and their rows."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import Assumption, only

ENTRIES = (
    # Cash balances and their rows.
    only(
        "funded-test-values",
        20,
        "Test fundings come by ach from John Doe (us) and from DABAIE2D with an IBAN ending "
        "in 3000 (eu). Elsewhere they come from the senders of the documented example rows.",
    ),
    only(
        "fund-event-request",
        9,
        "The events of a test funding name the API request that made it.",
    ),
    only(
        "fund-other-currency",
        5,
        "Funding a currency without bank transfers is 400 invalid_request_error with param currency.",
    ),
    only("capital-currency", 5, "A currency in capitals is accepted and lowered."),
    only(
        "parameter-customer",
        22,
        "Routes below a customer answer an unknown customer with param customer.",
    ),
    only(
        "parameter-transaction",
        20,
        "An unknown cash balance transaction is 404 resource_missing with param transaction.",
    ),
    only(
        "settings-event",
        33,
        "Changing the reconciliation mode gives no event.",
    ),
    only(
        "settings-sweep",
        33,
        "Changing the reconciliation mode to automatic doesn't reconcile the cash that is on "
        "the balance.",
    ),
    Assumption(
        "delete-with-cash-balance",
        "A customer without cash can be deleted. A customer with cash is 400 "
        "invalid_request_error, in our own words.",
        {
            "above-zero": "only cash above 0 prevents it: customers who had spent theirs were "
            "deleted in 2026",
            "ever-funded": "a balance that was ever funded prevents it, even at 0, as documented",
        },
        22,
    ),
)
