"""Facts about a whole recording that `conform` needs before it sends the first request."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from urllib.parse import unquote

from pytest_stripe_balance.api import versions
from pytest_stripe_balance.api.message import Exchange, date_of
from pytest_stripe_balance.comparison import knowledge
from pytest_stripe_balance.comparison.answers import EPOCH, HEADERS
from pytest_stripe_balance.comparison.requests import READS
from pytest_stripe_balance.comparison.sightings import own_id
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.resources import without_betas

Json = Any
_LONG = 21  # of an account's id, with its prefix


def began_at(exchanges: Sequence[Exchange]) -> int | None:
    """Give the time of the first answer, in seconds since 1970: its Date header, else its `created`."""
    for exchange in exchanges:
        if (moment := date_of(exchange.response.headers)) is not None:
            return moment
        document = exchange.response.json
        created = document.get("created") if isinstance(document, dict) else None
        if isinstance(created, int) and created in EPOCH:
            return created
    return None


def first_live(exchanges: Sequence[Exchange]) -> int | None:
    """Give the position of the first answer from live mode; None if there is none."""
    answers = (exchange.response for exchange in exchanges)
    return next(
        (at for at, answer in enumerate(answers) if answer.is_json and _is_live(answer.json)), None
    )


def _is_live(document: Json) -> bool:
    if isinstance(document, list):
        return any(map(_is_live, document))
    if not isinstance(document, dict):
        return False
    return document.get("livemode") is True or any(map(_is_live, document.values()))


def version_of(exchange: Exchange) -> str:
    """Give the API version of an exchange, without betas; "" if it names none."""
    return without_betas(named_version(exchange))


def named_version(exchange: Exchange) -> str:
    """Give the Stripe-Version header of the answer, else of the request; "" if there is none."""
    sides = exchange.response.headers, exchange.request.headers
    return next((name for side in sides if (name := side.get("Stripe-Version"))), "")


def is_modelled(api_version: str) -> bool:
    """Tell whether the fake has an API version."""
    try:
        versions.check(api_version)
    except (Fault, Refused):
        return False
    return True


def own_account(exchanges: Sequence[Exchange]) -> str:
    """Give the account of the recording's key, if a request names it as Stripe-Account; else "".

    An object's id has in it the last ten characters of its account's id.
    """
    named = {
        account
        for exchange in exchanges
        if (account := exchange.request.headers.get("Stripe-Account")) and len(account) >= _LONG
    }
    own = [
        own_id(exchange.response.json)
        for exchange in exchanges
        if not exchange.request.headers.get("Stripe-Account")
        and not exchange.request.path.startswith("/v1/accounts")  # they are of the account in the path
    ]
    return next((account for account in sorted(named) if any(account[-10:] in one for one in own)), "")


def kept_headers(exchanges: Sequence[Exchange]) -> list[str]:
    """Name the compared headers that a recording keeps: recorders may leave out some in all answers."""
    return [name for name in HEADERS if any(name in each.response.headers for each in exchanges)]


def polled(exchanges: Sequence[Exchange]) -> AbstractSet[int]:
    """Give the positions of reads that were sent again before any write, and then got another answer.

    A receipt's address is another one each time it is read.
    """
    latest: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
    found: set[int] = set()
    for at, exchange in enumerate(exchanges):
        if exchange.request.method not in READS:
            latest.clear()
        elif knowledge.environment(exchange) is None:
            request = exchange.request
            same = (request.url, request.headers.get("Stripe-Account"), request.headers.api_version)
            earlier = latest[same]
            shown = _without_receipts(exchange.response.json)
            found |= {
                before
                for before in earlier
                if _without_receipts(exchanges[before].response.json) != shown
            }
            earlier.append(at)
    return found


def _without_receipts(document: Json) -> Json:
    if isinstance(document, list):
        return [_without_receipts(item) for item in document]
    if not isinstance(document, dict):
        return document
    kept = (item for item in document.items() if item[0] not in ("receipt_url", "request_log_url"))
    return {name: _without_receipts(value) for name, value in kept}


def shared_ids(exchanges: Sequence[Exchange]) -> AbstractSet[str]:
    """Give the ids that stand for several objects: more than one request made an object with it."""
    made = {
        (own, exchange.response.body)
        for exchange in exchanges
        if exchange.request.method == "POST"
        and (own := own_id(exchange.response.json))
        and own not in unquote(exchange.request.path)
    }
    return {own for own, count in Counter(own for own, _ in made).items() if count > 1}
