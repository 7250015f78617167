"""What the fake can know of a recording: which answers are about the request, which objects it has.

A recording of a real account holds much that no fake can answer: refused keys, objects from before the
recording, objects that a request made or changed which the fake wasn't asked. A comparison of those
would tell of the gap in the recording and nothing about the fake.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from pytest_stripe_balance.api import routes
from pytest_stripe_balance.api.message import Exchange, Request
from pytest_stripe_balance.comparison.ids import IdDetector, IdMapping, own_ids, texts
from pytest_stripe_balance.comparison.requests import READS

Json = Any
UNMADE = "it is about something that the fake didn't make"
UNSURE = "it is about something that a request changed which wasn't driven"
PUBLIC = "it was asked with a publishable key, which is shown less"
NO_FORM = "its body is no form"
NO_VERSION = "the API version that it asked for isn't in the recording"
OTHERS = "the object that is missing there is another account's, or the other mode's"
BEYOND = "it is about a payment by other means, of which the recording doesn't hold the beginning"
CHANGED = "what it is about had changed by then, and no recorded request did that"
MASKED = "its parameters were masked in the recording"
SETTING = "it is about a setting of the account"
POLLED = "it was asked again before any write, and the answer had changed by then"
_IN_USE = ("idempotency_key_in_use", "lock_timeout")
# What follows "No such customer: 'cus_1'" where the answer tells of another mode or account.
_HINTS = ("; a similar object exists", "; It's possible this ")
# Parameters that name an object by its id, whatever the id looks like.
_REFERENCES = frozenset(
    {
        *("charge", "customer", "invoice", "payment_intent", "payment_method", "refund", "source"),
        *("ending_before", "starting_after"),
    }
)
# Parameters that hold a text of the user's, which may look like an id.
_FREE = frozenset(
    {
        *("description", "email", "footer", "line1", "line2", "name", "number", "phone", "reference"),
        *("statement_descriptor", "statement_descriptor_suffix", "transfer_group"),
    }
)
_CUSTOMERS = re.compile(r"""\bcustomer:\s*["'](\w+)""")  # in a search's query
_USERS_OWN = ("metadata", *_FREE)
# Calls that change nothing beside the objects that they name: no balance, no invoice, no intent.
_QUIET = (
    *("account_links", "accounts", "billing_portal", "checkout/sessions", "coupons"),
    *("customer_sessions", "ephemeral_keys", "files", "payment_methods", "plans", "prices", "products"),
    *("promotion_codes", "setup_intents", "sources", "tax_rates", "tokens", "webhook_endpoints"),
)
_BANK = "customer_balance"
# What only payments by other means have, or come from.
_BEYOND = ("ba_", "card_", "ch_", "cs_", "dp_", "du_", "mandate_", "seti_", "si_", "src_", "sub_", "tr_")
_NEUTRAL = ("acct_", "req_")  # what no request changes for another


def environment(exchange: Exchange) -> str | None:
    """Say that an answer is about the key, a limit or Stripe itself; None if it is about the request."""
    status, error = exchange.response.status, error_of(exchange.response.json)
    is_asked_at = bool(exchange.request.headers.api_version)
    if is_refused_version(exchange.response.json) and not is_asked_at:
        return NO_VERSION
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return f"its key may not do that, Stripe answered ({status})"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return f"a limit was reached ({status})"
    if status == HTTPStatus.CONFLICT and error.get("code", _IN_USE[0]) in _IN_USE:
        return f"another request was under way ({status})"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"Stripe failed to answer ({status})"
    if any(hint in message_of(error) for hint in _HINTS):
        return OTHERS
    return None


def is_refused_version(document: Json) -> bool:
    """Tell the answer that refuses an API version."""
    return message_of(error_of(document)).startswith("Invalid Stripe API version")


def error_of(document: Json) -> dict[str, Json]:
    """Give the error of an answer; {} of one that is none."""
    error = document.get("error") if isinstance(document, dict) else None
    return error if isinstance(error, dict) else {}


def message_of(error: dict[str, Json]) -> str:
    """Give an error's message; "" without one."""
    message = error.get("message")
    return message if isinstance(message, str) else ""


@dataclass(frozen=True)
class Named:
    """The ids that a request names: those in its path, and those in its parameters."""

    request: Request
    ids: IdDetector

    @cached_property
    def endpoint(self) -> routes.Endpoint | None:
        """The row of the fake's table that answers it."""
        found = routes.match(self.request.method, self.request.path)
        return found[0] if found else None

    @cached_property
    def in_path(self) -> frozenset[str]:
        """What stands at an id's place in a path that the fake knows; in another what looks like one."""
        found = routes.match(self.request.method, self.request.path)
        if found:
            return frozenset(found[1])
        return frozenset(filter(self.ids.is_id, map(unquote, self.request.path.split("/"))))

    @cached_property
    def in_form(self) -> frozenset[str]:
        """The values that are ids, or stand where an id is due; a search's query may hold some."""
        return frozenset(self._in_form())

    def _in_form(self) -> Iterator[str]:
        for name, value in parse_qsl(self.request.form):
            own = _last(name)
            if "metadata" in name or own in _FREE:
                continue
            if own == "query":
                yield from _CUSTOMERS.findall(value)
            elif own in _REFERENCES or self.ids.is_id(value):
                yield value

    @property
    def all(self) -> frozenset[str]:
        """All of them."""
        return self.in_path | self.in_form


def is_form(request: Request) -> bool:
    """Tell whether a body can be parameters: JSON, a file's upload and a scrubber's word can't."""
    body = request.body.strip()
    return not body or ("=" in body and not body.startswith(("{", "[", "<", "--")))


def is_public(request: Request) -> bool:
    """Tell whether a request was sent as a browser sends it, with a publishable key."""
    key = request.headers.get("Authorization", "").rpartition(" ")[2]
    keys = (key, *(value for name, value in parse_qsl(request.form) if name == "key"))
    return any(one.startswith(("pk_", "cGtf")) for one in keys)  # which is "pk_" in base64


@dataclass
class Knowledge:
    """Which of a recording's objects the fake has too, and in the same state.

    `shared` are ids that several objects of the recording go by, as a scrubber may have left them.
    """

    ids: IdDetector
    mapping: IdMapping
    shared: AbstractSet[str] = frozenset()
    _unsure: set[str] = field(default_factory=set)
    _extra: set[str] = field(default_factory=set)  # the fake's ids of what the recording hasn't
    _mentioned: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def has(self, an_id: str) -> bool:
        """Tell whether the fake made what the recording calls so."""
        return self.mapping.new_for(an_id) is not None

    def is_unsure(self, an_id: str) -> bool:
        """Tell whether a request that wasn't driven made or changed it."""
        return an_id in self._unsure or an_id in self.shared

    def is_sure(self, an_id: str) -> bool:
        """Tell whether the fake has it, in the state that the recording has it in."""
        return self.has(an_id) and not self.is_unsure(an_id)

    def is_beyond(self, document: Json, known: AbstractSet[str] = frozenset()) -> bool:
        """Tell an object that names what no bank transfer brings about, beside ids that are known."""
        kinds = tuple(kind for kind in _BEYOND if not (kind == "ch_" and _is_by_bank(document)))
        named = named_in(document, self.ids) - known
        return any(one.startswith(kinds) and not self.has(one) for one in named)

    def is_extra(self, given: str) -> bool:
        """Tell whether an id of the fake's is of something that the recording hasn't, or not so."""
        recorded = self.mapping.old_for(given)
        return given in self._extra or (recorded is not None and self.is_unsure(recorded))

    def mentioned_by(self, an_id: str) -> AbstractSet[str]:
        """Give the ids that an object named, in whatever answers held it."""
        return self._mentioned.get(an_id, frozenset())

    def why_not(self, exchange: Exchange) -> str | None:
        """Say why a request that the fake models can't be compared; None when it can."""
        named = Named(exchange.request, self.ids)
        if not is_form(exchange.request):
            return NO_FORM
        if is_public(exchange.request):
            return PUBLIC
        if named.endpoint is None:
            return None  # the fake says so itself
        missing = [one for one in named.all if not self.has(one)]
        if missing:
            error = error_of(exchange.response.json)
            told = error.get("code") == "resource_missing"
            return None if told and all(one in message_of(error) for one in missing) else UNMADE
        is_list = named.endpoint.listed or named.endpoint.searched
        about = named.in_path if is_list else named.all  # of a list the items are judged one by one
        return UNSURE if any(map(self.is_unsure, about)) else None

    def see(self, document: Json) -> None:
        """Learn which objects an answer's objects name."""
        for own, named in _objects(document, self.ids):
            self._mentioned[own] |= named

    def leave_out(self, exchange: Exchange) -> None:
        """Doubt what a request names that wasn't driven, if it may have changed something."""
        status = exchange.response.status
        done = status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.PAYMENT_REQUIRED
        lost = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.CONFLICT
        if exchange.request.method not in READS and (done or lost):
            self.doubt(exchange)

    def doubt(self, exchange: Exchange, given: Json = None) -> None:
        """Doubt all that an exchange names, and what that names; `given` is the fake's own answer to it.

        What belongs to a customer is doubted too, unless the call leaves money and invoices alone.
        """
        document = exchange.response.json
        named = set(Named(exchange.request, self.ids).all)
        named |= named_in(document, self.ids)
        named = {one for one in named if not one.startswith(_NEUTRAL)}
        named |= {one for an_id in tuple(named) for one in self.mentioned_by(an_id)}
        if not _is_quiet(exchange):
            customers = {one for one in named if one.startswith("cus_")}
            named |= {own for own, others in self._mentioned.items() if others & customers}
        self._unsure |= named
        self._extra |= {one for one in own_ids(given) if self.mapping.old_for(one) is None}
        self.see(document)


def _is_quiet(exchange: Exchange) -> bool:
    """Tell a call that changes no other object of a customer's than those that it names."""
    path = exchange.request.path.removeprefix("/v1/")
    document = exchange.response.json
    types = document.get("payment_method_types") if isinstance(document, dict) else None
    by_card = path.startswith("payment_intents") and isinstance(types, list) and _BANK not in types
    return by_card or path.startswith(_QUIET) or "/sources" in path


def _objects(document: Json, ids: IdDetector) -> Iterator[tuple[str, set[str]]]:
    """Walk the objects of an answer: the id of each, and the ids that it names."""
    held = [document]
    while held:
        value = held.pop()
        if isinstance(value, dict):
            if isinstance(value.get("object"), str) and isinstance(own := value.get("id"), str):
                yield own, {text for text in texts_of(value) if ids.is_id(text)} - {own}
            held += value.values()
        elif isinstance(value, list):
            held += value


def _is_by_bank(document: Json) -> bool:
    """Tell an intent, or a charge, that can only be paid by bank transfer, whatever its charge's id."""
    if not isinstance(document, dict):
        return False
    details = document.get("payment_method_details")
    kind = details.get("type") if isinstance(details, dict) else None
    return kind == _BANK or document.get("payment_method_types") == [_BANK]


def named_in(document: Json, ids: IdDetector) -> set[str]:
    """Collect the ids that a document holds as values, but for texts of the user's."""
    return {an_id for text in texts_of(document) for an_id in ids.inside(text)}


def texts_of(document: Json) -> Iterator[str]:
    """Walk the texts of an answer that aren't the user's own."""
    return texts(document, without=_USERS_OWN)


def _last(name: str) -> str:
    """Give the last part of a field's name: "customer" of "data[customer]", "a" of "a[0]"."""
    parts = [part.rstrip("]") for part in name.split("[")]
    return next((part for part in reversed(parts) if part and not part.isdigit()), "")
