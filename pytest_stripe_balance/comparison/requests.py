"""A request without its ids: its address, its fields and their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, unquote

from pytest_stripe_balance.api.message import Exchange
from pytest_stripe_balance.comparison.ids import TIME, IdDetector

ONLY_HERE = "{only here}"  # stands for a value that only one recording sends
READS = ("GET", "HEAD")
OwnValues = Mapping[str, str]  # the fields whose values only one recording sends
_INDEX = re.compile(r"\[\d*\]")
_METADATA = re.compile(r"(?:^|\[)metadata\]?\[([^\]]+)\]$")
_USERS_OWN = re.compile(r"((?:^|\[)metadata\]?)\[.*")
# Values chosen on purpose: a word, such as a test token, or a number, such as an amount.
_DELIBERATE = re.compile(r"[A-Za-z_]*|-?[0-9.]+")


@dataclass(frozen=True)
class ComparedRequest:
    """A recorded request as it is compared; `ids` finds the ids of its recording."""

    exchange: Exchange
    ids: IdDetector

    @property
    def is_read(self) -> bool:
        """Whether the request changes nothing."""
        return self.exchange.request.method in READS

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return self.exchange.response.status

    @cached_property
    def address(self) -> str:
        """Method and path, with a prefix for each id: "GET /v1/customers/{cus}"."""
        return f"{self.exchange.request.method} {self.ids.path(unquote(self.exchange.request.path))}"

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """The decoded fields of query and body, by names such as "payment_method_types[0]"."""
        return dict(parse_qsl(self.exchange.request.encoded, keep_blank_values=True))

    @cached_property
    def names(self) -> frozenset[str]:
        """The fields' names, without indexes and without metadata keys."""
        return frozenset(_INDEX.sub("[]", plain_name(name)) for name in self.fields)

    @cached_property
    def values(self) -> Mapping[str, str]:
        """The fields' values, with "{cus}" for an id and "{time}" for a time."""
        return {
            name: TIME.sub("{time}", self.ids.with_prefixes(text)) for name, text in self.fields.items()
        }

    @cached_property
    def named_ids(self) -> list[tuple[str, str]]:
        """The ids that the request names, each after its place: a field, or "/3" for a path's part."""
        parts = enumerate(unquote(self.exchange.request.path).split("/"))
        places = [*((f"/{number}", part) for number, part in parts), *self.fields.items()]
        return [(place, an_id) for place, text in places for an_id in self.ids.find(text)]

    @cached_property
    def id_at(self) -> Mapping[str, str]:
        """The ids that the request names, by place; the last one where a place has several."""
        return dict(self.named_ids)

    @cached_property
    def metadata(self) -> frozenset[str]:
        """The metadata keys that the request sets."""
        found = ((_METADATA.search(name), value) for name, value in self.fields.items())
        return frozenset(key[1] for key, value in found if key and value)

    def is_same(self, new: ComparedRequest) -> bool:
        """Tell whether another request asks the same, apart from metadata and random values.

        A value counts as random unless it is an amount, a word, or one of Stripe's test tokens.
        """
        mine, theirs = (
            {name: value for name, value in request.values.items() if not _USERS_OWN.search(name)}
            for request in (self, new)
        )
        return (self.address, mine.keys()) == (new.address, theirs.keys()) and all(
            value == theirs[name]
            or not (_DELIBERATE.fullmatch(value) or _DELIBERATE.fullmatch(theirs[name]))
            for name, value in mine.items()
        )

    def own_values(self, shared: AbstractSet[tuple[str, str]]) -> OwnValues:
        """Give the fields that aren't among those shared with the other recording."""
        return {name: value for name, value in self.values.items() if (name, value) not in shared}

    def plain(self, own_values: OwnValues) -> str:
        """Write address and fields in one text, without the values that only this recording sends."""
        fields = (
            f"{plain_name(name)}={ONLY_HERE}" if name in own_values else f"{name}={value}"
            for name, value in self.values.items()
        )
        return "&".join([self.address, *sorted(fields)])


def plain_name(name: str) -> str:
    """Give a field's name without a metadata key: "metadata" for "metadata[order]"."""
    return _USERS_OWN.sub(r"\1", name)
