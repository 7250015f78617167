"""Which object a call answers with, by the words of its path."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

# Paths whose words name another object.
_OTHERS = {
    "accounts/external_accounts": "bank_account",
    "billing/meters/event_summaries": "billing.meter_event_summary",
    "credit_notes/lines": "credit_note_line_item",
    "credit_notes/preview/lines": "credit_note_line_item",
    "financial_connections/accounts/owners": "financial_connections.account_owner",
    "quotes/computed_upfront_line_items": "item",
    "application_fees/refunds": "fee_refund",
    "customers/fund_cash_balance": "customer_cash_balance_transaction",
    "customers/sources/verify": "bank_account",
    "invoices/lines": "line_item",
    "issuing/transactions/refund": "issuing.transaction",
    "treasury/financial_accounts/features": "treasury.financial_account_features",
}
_HELPERS = "test_helpers"


class AnswerObject(NamedTuple):
    """The object of an answer. `within` is "list" or "search_result" where it has several."""

    name: str
    within: str = ""


def answer_object(call: str, objects: Collection[str]) -> AnswerObject | None:
    """Name what a call such as "POST /v1/checkout/sessions" answers with: a "checkout.session".

    `objects` are those of the API version. None where the words of the path don't tell.
    """
    method, _, path = call.partition(" ")
    parts = path.split("/")[2:]
    words = [part for part in parts if not part.startswith("{") and part != _HELPERS]
    other = _OTHERS.get("/".join(words), "")
    if other in objects:
        is_list = method == "GET" and not parts[-1].startswith("{") and not other.endswith(words[-1])
        return AnswerObject(other, "list" * is_list)
    for at in range(len(words) - 1, -1, -1):
        for name, is_plural in _names(words, at):
            if name in objects:
                is_last = at == len(words) - 1 and not parts[-1].startswith("{")
                several = method == "GET" and is_last and is_plural
                is_search = method == "GET" and words[-1] == "search"
                return AnswerObject(name, "list" if several else "search_result" * is_search)
    return None


def _names(words: list[str], at: int) -> Iterator[tuple[str, bool]]:
    """Give the names that a word may stand for, the longest first, and whether it is in the plural."""
    for word in _singular(words[at]):
        is_plural = word != words[at]
        for before in (words[at - 1], *_singular(words[at - 1])) if at else ():
            yield f"{before}.{word}", is_plural
            yield f"{before}_{word}", is_plural
        yield f"{_HELPERS}.{word}", is_plural
        yield word, is_plural
        yield word.replace("_", ""), is_plural


def _singular(word: str) -> Iterator[str]:
    if word.endswith("ies"):
        yield f"{word[:-3]}y"
    if word.endswith("ses"):
        yield word[:-2]
    if word.endswith("s"):
        yield word[:-1]
    yield word
