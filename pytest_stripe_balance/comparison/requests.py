"""A request as what it asks, apart from its ids: by address, fields and values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, unquote

from pytest_stripe_balance.api.message import Exchange
from pytest_stripe_balance.comparison.ids import TIME, IdDetector

ALONE = "{alone}"  # stands for a value that only one recording sends
READS = ("GET", "HEAD")
Lone = Mapping[str, str]
_INDEX = re.compile(r"\[\d*\]")
_METADATA = re.compile(r"(?:^|\[)metadata\]?\[([^\]]+)\]$")
_USERS_OWN = re.compile(r"((?:^|\[)metadata\]?)\[.*")
# What is asked on purpose: a word, as a test token is, or a number, as an amount is.
_MEANT = re.compile(r"[A-Za-z_]*|-?[0-9.]+")


@dataclass(frozen=True)
class ComparedRequest:
    """What a request asks, apart from its ids; `fields` are those of query and body."""

    exchange: Exchange
    ids: IdDetector

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing."""
        return self.exchange.request.method in READS

    @property
    def status(self) -> int:
        """The status that it was answered with."""
        return self.exchange.response.status

    @cached_property
    def address(self) -> str:
        """Method and path, with a prefix for each id: "GET /v1/customers/{cus}"."""
        return f"{self.exchange.request.method} {self.ids.path(unquote(self.exchange.request.path))}"

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """The decoded fields, as "payment_method_types[0]"."""
        return dict(parse_qsl(self.exchange.request.form, keep_blank_values=True))

    @cached_property
    def names(self) -> frozenset[str]:
        """The fields' names without indexes, and without the names that users give."""
        return frozenset(_INDEX.sub("[]", plain_name(name)) for name in self.fields)

    @cached_property
    def values(self) -> Mapping[str, str]:
        """The fields' values, ids and times by their kind only."""
        return {name: TIME.sub("{time}", self.ids.named(text)) for name, text in self.fields.items()}

    @cached_property
    def mentioned(self) -> list[tuple[str, str]]:
        """The ids that it names, each with where."""
        parts = enumerate(unquote(self.exchange.request.path).split("/"))
        places = [*((f"/{number}", part) for number, part in parts), *self.fields.items()]
        return [(where, one) for where, text in places for one in self.ids.inside(text)]

    @cached_property
    def about(self) -> Mapping[str, str]:
        """The ids that it names by where; the last where there are several."""
        return dict(self.mentioned)

    @cached_property
    def metadata(self) -> frozenset[str]:
        """The keys of metadata that it gives a value."""
        found = ((_METADATA.search(name), value) for name, value in self.fields.items())
        return frozenset(key[1] for key, value in found if key and value)

    def is_as(self, other: ComparedRequest) -> bool:
        """Tell whether another asks the same, apart from metadata and values as if drawn at random.

        An amount, a word, or one of Stripe's test tokens is no such value.
        """
        mine, theirs = (
            {name: value for name, value in one.values.items() if not _USERS_OWN.search(name)}
            for one in (self, other)
        )
        return (self.address, mine.keys()) == (other.address, theirs.keys()) and all(
            value == theirs[name] or not (_MEANT.fullmatch(value) or _MEANT.fullmatch(theirs[name]))
            for name, value in mine.items()
        )

    def lone(self, shared: AbstractSet[tuple[str, str]]) -> Lone:
        """Give the fields whose value isn't among those shared with the other recording."""
        return {name: one for name, one in self.values.items() if (name, one) not in shared}

    def plain(self, lone: Lone) -> str:
        """Write all that is asked, without the values that only this recording sends."""
        said = (
            f"{plain_name(name)}={ALONE}" if name in lone else f"{name}={value}"
            for name, value in self.values.items()
        )
        return "&".join([self.address, *sorted(said)])


def plain_name(name: str) -> str:
    """Write a field's name without those that users give, as "metadata"."""
    return _USERS_OWN.sub(r"\1", name)
