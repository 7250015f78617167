"""Knows which recorded answers the fake can be compared with, and which objects it has.

A recording of a real account holds much that no fake can answer, such as refused keys, objects from
before the recording, and objects that a skipped request made or changed. A difference there would say
something about the recording, and nothing about the fake.
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
from pytest_stripe_balance.api.endpoint import Endpoint
from pytest_stripe_balance.api.message import Exchange, Request
from pytest_stripe_balance.comparison.ids import IdDetector, IdMapping, own_ids, prefix
from pytest_stripe_balance.comparison.requests import READS
from pytest_stripe_balance.comparison.sightings import own_id
from pytest_stripe_balance.comparison.walk import objects, texts

Json = Any
UNMADE = "it names an object that the fake didn't make"
UNSURE = "a skipped request may have changed the object that it names"
PUBLIC = "it was sent with a publishable key, which gets only a part of each object"
NO_FORM = "its body is not form-encoded"
NO_VERSION = "the recording lacks the API version that it was sent with"
BEFORE = "a balance has what the account took in before the recording"
OTHERS = "the missing object belongs to another account or to the other mode"
BEYOND = "it is about a payment by other means that began before the recording"
CHANGED = "its object had changed, and no recorded request did that"
IN_USE = "its object is from before the recording, and others may belong to it"
MASKED = "its parameters were masked in the recording"
CROWDED = "it depends on what else the account has"
SETTING = "it depends on a setting of the account"
POLLED = "it was sent again before any write, and got another answer"
_IN_USE = ("idempotency_key_in_use", "lock_timeout")
# What follows "No such customer: 'cus_1'" if another mode or account has the object.
_HINTS = ("; a similar object exists", "; It's possible this ")
# Parameters whose value is an id, whatever it looks like.
_REFERENCES = frozenset(
    {
        *("charge", "customer", "invoice", "payment_intent", "payment_method", "refund", "source"),
        *("ending_before", "starting_after"),
    }
)
# Parameters whose value is a text of the user's, even if it looks like an id.
_FREE = frozenset(
    {
        *("description", "email", "footer", "line1", "line2", "name", "number", "phone", "reference"),
        *("statement_descriptor", "statement_descriptor_suffix", "transfer_group"),
    }
)
_CUSTOMERS = re.compile(r"""\bcustomer:\s*["'](\w+)""")  # in a search's query
_USERS_OWN = ("metadata", *_FREE)
# Calls that change only the objects that they name: no balance, no invoice, no intent.
_QUIET = (
    *("account_links", "accounts", "billing_portal", "checkout/sessions", "coupons"),
    *("customer_sessions", "ephemeral_keys", "files", "payment_methods", "plans", "prices", "products"),
    *("promotion_codes", "setup_intents", "sources", "tax_rates", "tokens", "webhook_endpoints"),
)
_BANK = "customer_balance"
# Ids that only payments by other means have.
_BEYOND = (
    "ba_",
    "card_",
    "ch_",
    "cs_",
    "dp_",
    "du_",
    "ii_",
    "mandate_",
    "seti_",
    "si_",
    "src_",
    "sub_",
    "tr_",
)
_NEUTRAL = ("acct_", "req_")  # no request changes these


def environment(exchange: Exchange) -> str | None:
    """Say why an answer depends on the key, a limit or Stripe itself; None if on the request only."""
    status, error = exchange.response.status, error_of(exchange.response.json)
    names_version = bool(exchange.request.headers.api_version)
    if is_refused_version(exchange.response.json) and not names_version:
        return NO_VERSION
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return f"its key is not allowed to do that ({status})"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return f"a limit was reached ({status})"
    if status == HTTPStatus.CONFLICT and error.get("code", _IN_USE[0]) in _IN_USE:
        return f"another request was running at the same time ({status})"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"Stripe failed ({status})"
    if message_of(error).startswith("Too many "):
        return CROWDED
    if any(hint in message_of(error) for hint in _HINTS):
        return OTHERS
    return None


def is_refused_version(document: Json) -> bool:
    """Tell whether an answer refuses an API version."""
    return message_of(error_of(document)).startswith("Invalid Stripe API version")


def error_of(document: Json) -> dict[str, Json]:
    """Give the error of an answer; {} if it is none."""
    error = document.get("error") if isinstance(document, dict) else None
    return error if isinstance(error, dict) else {}


def message_of(error: dict[str, Json]) -> str:
    """Give an error's message; "" if there is none."""
    message = error.get("message")
    return message if isinstance(message, str) else ""


@dataclass(frozen=True)
class NamedIds:
    """The ids that a request names, in its path and in its parameters."""

    request: Request
    ids: IdDetector

    @cached_property
    def endpoint(self) -> Endpoint | None:
        """The endpoint of the fake that answers it; None if there is none."""
        found = routes.match(self.request.method, self.request.path)
        return found[0] if found else None

    @cached_property
    def in_path(self) -> frozenset[str]:
        """The ids in the path. In a path that the fake doesn't know, the parts that look like one."""
        found = routes.match(self.request.method, self.request.path)
        if found:
            return frozenset(found[1])
        return frozenset(filter(self.ids.is_id, map(unquote, self.request.path.split("/"))))

    @cached_property
    def in_form(self) -> frozenset[str]:
        """The parameters that are ids, and the customers of a search's query."""
        return frozenset(self._in_form())

    def _in_form(self) -> Iterator[str]:
        for name, value in parse_qsl(self.request.encoded):
            key = _last_key(name)
            if "metadata" in name or key in _FREE:
                continue
            if key == "query":
                yield from _CUSTOMERS.findall(value)
            elif key in _REFERENCES or self.ids.is_id(value):
                yield value

    @property
    def all(self) -> frozenset[str]:
        """The ids of both."""
        return self.in_path | self.in_form


def is_form(request: Request) -> bool:
    """Tell whether a body is form-encoded, and not JSON, an upload or a scrubber's word."""
    body = request.body.strip()
    return not body or ("=" in body and not body.startswith(("{", "[", "<", "--")))


def is_public(request: Request) -> bool:
    """Tell whether a request was sent with a publishable key, as browsers do."""
    key = request.headers.get("Authorization", "").rpartition(" ")[2]
    keys = (key, *(value for name, value in parse_qsl(request.encoded) if name == "key"))
    return any(key.startswith(("pk_", "cGtf")) for key in keys)  # "cGtf" is "pk_" in base64


@dataclass
class Knowledge:
    """Which of a recording's objects the fake has, and which of them in the same state.

    `shared` are ids that stand for several objects, because a scrubber wrote them.
    """

    ids: IdDetector
    mapping: IdMapping
    shared: AbstractSet[str] = frozenset()
    _unsure: set[str] = field(default_factory=set)
    _by_name: set[str] = field(default_factory=set)  # the fake has them, but with other values
    _extra: set[str] = field(default_factory=set)  # the fake's ids of objects that the recording lacks
    _mentioned: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def has(self, an_id: str) -> bool:
        """Tell whether the fake has the object with this recorded id."""
        return self.mapping.new_for(an_id) is not None

    def is_unsure(self, an_id: str) -> bool:
        """Tell whether a skipped request may have made or changed the object."""
        return an_id in self._unsure or an_id in self.shared

    def be_unsure(self, an_id: str) -> None:
        """Note that the fake may have an object in another state."""
        self._unsure.add(an_id)

    def know_by_name(self, an_id: str) -> None:
        """Note that the fake has an object of which only the id is known. Others may name it."""
        self._by_name.add(an_id)

    def is_known_by_name(self, an_id: str) -> bool:
        """Tell whether only the id of an object is known."""
        return an_id in self._by_name

    def is_sure(self, an_id: str) -> bool:
        """Tell whether the fake has the object in the recorded state."""
        return self.has(an_id) and not self.is_unsure(an_id)

    def is_beyond(
        self, document: Json, known: AbstractSet[str] = frozenset(), faked: Json = None
    ) -> bool:
        """Tell whether a document names an id that only other payments have, beside the `known` ids.

        An id counts as the fake's too if the fake's answer, `faked`, names one of the same kind.
        """
        by_fake = {f"{prefix(an_id)}_" for an_id in named_in(faked, IdDetector())}
        prefixes = tuple(
            start
            for start in _BEYOND
            if start not in by_fake and not (start == "ch_" and _is_by_bank(document))
        )
        named = named_in(document, self.ids) - known
        return any(an_id.startswith(prefixes) and not self.has(an_id) for an_id in named)

    def is_extra(self, fake_id: str) -> bool:
        """Tell whether the recording lacks an object of the fake, or has it in another state."""
        recorded = self.mapping.old_for(fake_id)
        return fake_id in self._extra or (recorded is not None and self.is_unsure(recorded))

    def mentioned_by(self, an_id: str) -> AbstractSet[str]:
        """Give the ids that an object named in any answer."""
        return self._mentioned.get(an_id, frozenset())

    def why_not(self, exchange: Exchange) -> str | None:
        """Say why a request of a known endpoint can't be compared; None if it can."""
        named = NamedIds(exchange.request, self.ids)
        if not is_form(exchange.request):
            return NO_FORM
        if is_public(exchange.request):
            return PUBLIC
        if named.endpoint is None:
            return None  # the fake's own refusal says so
        if named.endpoint.returns == "balance":
            return BEFORE
        missing = [an_id for an_id in named.all if not (self.has(an_id) or self._is_given(an_id))]
        if missing:
            error = error_of(exchange.response.json)
            is_missing = error.get("code") == "resource_missing"
            is_expected = is_missing and all(an_id in message_of(error) for an_id in missing)
            return None if is_expected else UNMADE
        if own_id(exchange.response.json) in self._by_name:
            return UNMADE
        is_list = named.endpoint.listed or named.endpoint.searched
        about = named.in_path if is_list else named.all  # a list's items are judged one by one
        return UNSURE if any(map(self.is_unsure, about)) else None

    def _is_given(self, an_id: str) -> bool:
        """Tell whether a name stands for something that the fake has from the start."""
        is_ready_made = an_id.startswith(("pm_card_", "tok_")) and not self.ids.is_id(an_id)
        return is_ready_made or an_id.startswith("acct_")

    def see(self, document: Json) -> None:
        """Note which ids the objects of an answer name."""
        for value in objects(document):
            named = {text for text in texts_of(value) if self.ids.is_id(text)}
            self._mentioned[value["id"]] |= named - {value["id"]}

    def leave_out(self, exchange: Exchange) -> None:
        """Doubt what a skipped request names, if it may have changed something."""
        status = exchange.response.status
        done = status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.PAYMENT_REQUIRED
        lost = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.CONFLICT
        if exchange.request.method not in READS and (done or lost):
            self.doubt(exchange)

    def doubt(self, exchange: Exchange, faked: Json = None) -> None:
        """Doubt all objects that an exchange names, and those that these name.

        The objects of a named customer are doubted too, unless the call can't change money or invoices.
        `faked` is the fake's answer to the request.
        """
        document = exchange.response.json
        named = set(NamedIds(exchange.request, self.ids).all)
        named |= named_in(document, self.ids)
        named = {an_id for an_id in named if not an_id.startswith(_NEUTRAL)}
        named |= {an_id for name in tuple(named) for an_id in self.mentioned_by(name)}
        transfers = [an_id for an_id in named if an_id.startswith("tr_")]
        named |= {an_id for name in transfers for an_id in self.mentioned_by(name)}
        if not _is_quiet(exchange):
            customers = {an_id for an_id in named if an_id.startswith("cus_")}
            named |= {own for own, mentioned in self._mentioned.items() if mentioned & customers}
        self._unsure |= named
        self._extra |= {an_id for an_id in own_ids(faked) if self.mapping.old_for(an_id) is None}
        self.see(document)


def _is_quiet(exchange: Exchange) -> bool:
    """Tell whether a call changes only the objects that it names."""
    path = exchange.request.path.removeprefix("/v1/")
    document = exchange.response.json
    types = document.get("payment_method_types") if isinstance(document, dict) else None
    by_card = path.startswith("payment_intents") and isinstance(types, list) and _BANK not in types
    return by_card or path.startswith(_QUIET) or "/sources" in path


def _is_by_bank(document: Json) -> bool:
    """Tell whether an intent or a charge is paid by bank transfer only."""
    if not isinstance(document, dict):
        return False
    details = document.get("payment_method_details")
    kind = details.get("type") if isinstance(details, dict) else None
    return kind == _BANK or document.get("payment_method_types") == [_BANK]


def named_in(document: Json, ids: IdDetector) -> set[str]:
    """Collect the ids in a document's values, except in texts of the user's."""
    return {an_id for text in texts_of(document) for an_id in ids.find(text)}


def texts_of(document: Json) -> Iterator[str]:
    """Yield the texts of an answer that aren't the user's own."""
    return texts(document, without=_USERS_OWN)


def _last_key(name: str) -> str:
    """Give the last key of a field's name: "customer" for "data[customer]", "a" for "a[0]"."""
    parts = [part.rstrip("]") for part in name.split("[")]
    return next((part for part in reversed(parts) if part and not part.isdigit()), "")
