"""What is assumed of search."""

from __future__ import annotations

from pytest_stripe_balance.engine.state.register.entry import Assumption, only

ENTRIES = (
    # Search: the language is documented (docs/stripe.md 6.6); others check two errors and the lag.
    only(
        "search-at-once",
        34,
        "A search finds new objects at once. Stripe's search was seen to lag behind by 16 "
        "seconds to more than two minutes, and its results to come and go. The setting search_lag "
        "lets it lag.",
    ),
    Assumption(
        "search-lag-shows",
        "A search that lags finds an object by its old values, and shows it as it is by now. One "
        "that was deleted meanwhile is shown as it was before that.",
        {
            "as-it-is": "the values of now",
            "as-found": "the values that it was found by",
        },
        34,
    ),
    only(
        "ignored-as-sent",
        36,
        "A parameter that the fake ignores is shown as it was sent, where the object has a key of "
        "that name whose type takes the value. No event tells of its change.",
    ),
    only("search-order", 34, "Search results come newest first, as in lists."),
    only("search-deleted", 34, "A search doesn't find deleted objects, as lists don't."),
    only(
        "search-intent-status",
        34,
        "A search by the status of payment intents accepts every status that an intent can "
        "have, including requires_action.",
    ),
    only(
        "search-words",
        34,
        "A string field matches if it contains the words of the value side by side. White "
        "space separates words, so an e-mail address is one word.",
    ),
    only(
        "search-errors",
        34,
        "A malformed query is 400 invalid_request_error without code and param, as seen for "
        "an unknown field. A query with more than 10 clauses is refused alike. Others quote "
        "the texts for a query that can't be parsed and for an unsupported field, without the"
        " position; the other texts are our own words.",
    ),
    only(
        "search-page",
        34,
        "A page that isn't a next_page of the same query is 400 invalid_request_error with param page.",
    ),
)
