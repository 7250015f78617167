"""Makes in the fake the customers and products that a recording names but has from before it began.

A stand-in is made of what the recorded answers say. Where no answer shows the object, it has only what
other objects say about it; then nothing is compared with its own values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from pytest_stripe_balance.api.message import Exchange, Response
from pytest_stripe_balance.comparison.ids import prefix
from pytest_stripe_balance.comparison.knowledge import Knowledge, NamedIds, error_of
from pytest_stripe_balance.comparison.requests import READS
from pytest_stripe_balance.comparison.walk import objects

Json = Any
# For each kind: where it is made, the keys that are taken as they are shown, and the needed fields.
_MADE_BY: Mapping[str, tuple[str, Sequence[str], Mapping[str, str]]] = {
    "cus": (
        "/v1/customers",
        ("address", "description", "email", "metadata", "name", "phone", "shipping"),
        {},
    ),
    "prod": (
        "/v1/products",
        (
            *("active", "description", "images", "marketing_features", "metadata", "name"),
            *("statement_descriptor", "tax_code", "unit_label", "url"),
        ),
        {"name": "a product from before the recording"},
    ),
}
# What an invoice or a session says about its customer.
_TOLD_BY_OTHERS = {f"customer_{key}": key for key in ("address", "email", "name", "phone", "shipping")}


@dataclass
class StandIns:
    """The stand-ins of one recording.

    - `send` posts a body to the fake in an exchange's place; None if the fake refuses it.
    - `made` are the recorded ids of those that were made.
    - `is_same` tells whether the fake shows an object with the recorded values.
    """

    exchanges: Sequence[Exchange]
    knowledge: Knowledge
    send: Callable[[Exchange, str, str], Response | None]
    is_same: Callable[[Json, Response], bool]
    made: set[str] = field(default_factory=set)
    _shown: dict[str, tuple[int, Json]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note where the recording shows each object first."""
        for at, exchange in enumerate(self.exchanges):
            for shown in objects(exchange.response.json):
                if prefix(shown["id"]) in _MADE_BY and not shown.get("deleted"):
                    self._shown.setdefault(shown["id"], (at, shown))

    def supply(self, at: int) -> None:
        """Make what the request at a position names and the fake lacks, as far as that is possible."""
        exchange = self.exchanges[at]
        named = NamedIds(exchange.request, self.knowledge.ids)
        if not _can_be_supplied(exchange, named):
            return
        for an_id in sorted(named.all):
            knowledge = self.knowledge
            if prefix(an_id) in _MADE_BY and not (knowledge.has(an_id) or knowledge.is_unsure(an_id)):
                self._make(an_id, at)

    def _make(self, an_id: str, at: int) -> None:
        shown = self._shown_at(an_id, at)
        path, keys, needed = _MADE_BY[prefix(an_id)]
        values = shown if shown is not None else self._told_by_others(an_id, at)
        body = {**needed, **dict(_fields({key: values.get(key) for key in keys}))}
        made = self.send(self.exchanges[at], path, urlencode(body))
        if made is None:
            return
        self.knowledge.mapping.put(an_id, made.json["id"])
        self.made.add(an_id)
        if shown is None:
            self.knowledge.know_by_name(an_id)
        elif not self.is_same(shown, made):
            self.knowledge.be_unsure(an_id)

    def _shown_at(self, an_id: str, at: int) -> Json:
        """Give the object as the recording shows it first; None if it was written to before that."""
        first, shown = self._shown.get(an_id, (at, None))
        between = self.exchanges[at:first]
        is_written = any(
            each.request.method not in READS and an_id in NamedIds(each.request, self.knowledge.ids).all
            for each in between
        )
        return None if is_written else shown

    def _told_by_others(self, an_id: str, at: int) -> dict[str, Json]:
        """Give what other objects say about an object that isn't shown."""
        documents = (exchange.response.json for exchange in self.exchanges[at:])
        naming = (each for document in documents for each in objects(document))
        about = next((each for each in naming if each.get("customer") == an_id), {})
        told = {key: about[name] for name, key in _TOLD_BY_OTHERS.items() if about.get(name)}
        details = about.get("customer_details")  # of a Checkout Session
        return {**details, **told} if isinstance(details, dict) else told


def _can_be_supplied(exchange: Exchange, named: NamedIds) -> bool:
    """Tell whether stand-ins help a request: not if it reads others, or if something was missing."""
    endpoint = named.endpoint
    is_missing = error_of(exchange.response.json).get("code") == "resource_missing"
    return endpoint is not None and not (endpoint.listed or endpoint.searched or is_missing)


def _fields(value: Json, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield a document's values as the fields of a form; null and "" are left out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _fields(inner, f"{name}[{key}]" if name else key)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _fields(inner, f"{name}[{number}]")
    elif isinstance(value, bool):
        yield name, str(value).lower()
    elif value not in (None, ""):
        yield name, str(value)
