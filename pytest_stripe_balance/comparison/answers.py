"""An answer of the fake's held against the recorded one, field by field.

Ids, times and what Stripe makes up are equal when they play the same role; everything else is equal or
it isn't. What the account decides, and what is about objects that the fake hasn't, isn't compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from pytest_stripe_balance.api.message import Response
from pytest_stripe_balance.comparison.documents import GONE, kind_of, root_kind, shown, type_of
from pytest_stripe_balance.comparison.ids import TIME, IdDetector
from pytest_stripe_balance.comparison.knowledge import Knowledge, named_in
from pytest_stripe_balance.comparison.sightings import Sightings
from pytest_stripe_balance.contract.findings import Finding

Json = Any
EPOCH = range(1_000_000_000, 5_000_000_000)
LISTS = ("list", "search_result")
HEADERS = ("Stripe-Should-Retry", "Idempotent-Replayed")
_TIME_KEY = re.compile(r"(?:^|_)(?:at|on|date|created|start|end|finalized|paid|voided|until|after)$")
# Values that Stripe makes up anew each time, whatever is asked.
_MADE_UP = re.compile(
    r"(?:^|_)(?:secret|fingerprint|url|pdf|reference|number|iban|clabe|prefix|last4|key)$"
)
_BANKS = "financial_addresses"  # whose names and addresses are the account's, or its bank's
# What a scrubber writes where a value was.
_MASK = re.compile(
    r"<[A-Za-z][\w .-]*>|\[[A-Z][A-Z_ ]*\]|\{\{\w+\}\}|\*{3,}|FILTERED|REDACTED|MASKED|SCRUBBED"
)
# What an account's settings or webhook endpoints decide, or conform itself: an object's keys.
_ACCOUNTS = {
    "charge": {"calculated_statement_descriptor", "outcome.risk_score"},
    "customer": {"invoice_prefix", "next_invoice_sequence"},
    "event": {"api_version", "pending_webhooks", "request.idempotency_key"},
    "invoice": {
        *("account_country", "account_name", "account_tax_ids", "footer", "statement_descriptor"),
        "webhooks_delivered_at",
    },
}
# What an intent has of them that chooses its methods by the account's settings.
_AUTOMATIC = {"payment_method_configuration_details", "payment_method_options", "payment_method_types"}
# Hashes with a key for each type of payment method, and the one type that the fake models.
_BY_TYPE = ("payment_method_details", "payment_method_options")
_MODELLED = ("customer_balance", "type")
_BANKS_SAME = ("type", "country", "currency")
_COUNTS = ("has_more", "next_page", "total_count")
_ABSENT = object()


@dataclass(frozen=True)
class AnswerDifferences:
    """How many fields were compared, and what differs; `left_out` counts objects that weren't."""

    fields: int
    differences: Sequence[Finding]
    left_out: int = 0


@dataclass(frozen=True)
class _At:
    """A place in an answer: its path in the document, its object's kind, and its path in that."""

    kind: str
    path: str = "$"
    shape: str = ""

    def key(self, name: str) -> _At:
        shape = f"{self.shape}.{name}" if self.shape else name
        return _At(self.kind, f"{self.path}.{name}", shape)

    def index(self, number: int) -> _At:
        return _At(self.kind, f"{self.path}[{number}]", f"{self.shape}[]")

    def inside(self, value: Json) -> _At:
        """Begin again where an object of its own begins."""
        kind = kind_of(value)
        return _At(kind, self.path) if kind else self

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class ListScope:
    """What list a request asked for.

    With `is_part` it may hold more than the recording made; with `is_timed` it depends on times, which
    the fake's clock only resembles.
    """

    is_part: bool = False
    is_timed: bool = False


@dataclass(frozen=True)
class AnswerComparer:
    """Compares answers, and learns from each which id of the fake's is which of the recording's.

    Of the headers only those are compared that the recording keeps.
    """

    ids: IdDetector
    knowledge: Knowledge
    sightings: Sightings = field(default_factory=Sightings)
    headers: Sequence[str] = HEADERS

    def compare(self, recorded: Response, given: Response, page: ListScope) -> AnswerDifferences:
        """Compare two answers, where they are of one kind; else only say that they aren't."""
        walk = _Walk(self, given.headers.get("Stripe-Version", "unknown"), page)
        walk.leaf(recorded.status, given.status, _At("answer", "status"))
        kinds = root_kind(recorded.json), root_kind(given.json)
        if recorded.status == given.status and kinds[0] != kinds[1]:
            walk.leaf(*kinds, _At("answer", "$.object"))
        elif recorded.status == given.status:
            for name in self.headers:
                sides = [one.headers.get(name, _ABSENT) for one in (recorded, given)]
                walk.values(sides[0], sides[1], _At("headers", name.lower()))
            walk.values(recorded.json, given.json, _At(kinds[0]))
        return AnswerDifferences(walk.fields, walk.found, walk.left_out)

    def is_equal(self, recorded: Json, given: Json, at: _At) -> bool:
        """Tell whether two plain values are one, or play one role."""
        if isinstance(recorded, str) and isinstance(given, str):
            return self._is_same_text(recorded, given, at)
        if type_of(recorded) == type_of(given) == "integer" and _TIME_KEY.search(at.name):
            return bool(recorded == given) or (recorded in EPOCH and given in EPOCH)
        return bool(type_of(recorded) == type_of(given) and recorded == given)

    def _is_same_text(self, recorded: str, given: str, at: _At) -> bool:
        if is_masked(recorded) or is_masked(given):
            return True
        mapping = self.knowledge.mapping
        mine, theirs = self.ids.inside(recorded), IdDetector().inside(given)
        if mine and len(mine) == len(theirs):
            if not self.knowledge.shared.isdisjoint(mine):
                return True
            mapping.learn(recorded, given)
            if not all(map(mapping.known_same, mine, theirs)):
                return False
            texts = self.ids.named(recorded), IdDetector().named(given)
            if len({TIME.sub("{time}", text) for text in texts}) == 1:
                return True
        is_banks = _BANKS in at.shape and at.name not in _BANKS_SAME
        return recorded == given or bool(recorded and given and (is_banks or _MADE_UP.search(at.name)))

    def fake_can_have(self, item: dict[str, Json]) -> bool:
        """Tell of a recorded list's item whether the fake can have it too: an account has more."""
        own, knowledge = str(item.get("id")), self.knowledge
        if knowledge.is_beyond(item):
            return False
        if knowledge.has(own) or knowledge.is_unsure(own):
            return knowledge.is_sure(own)
        named = named_in(item, self.ids) - {own}
        return any(map(knowledge.is_sure, named)) and not any(map(knowledge.is_unsure, named))

    def only_fake_has(self, item: dict[str, Json]) -> bool:
        """Tell of an item of the fake's that the recording can't have it, or not in its state."""
        own = str(item.get("id"))
        recorded = self.knowledge.mapping.old_for(own)
        if recorded is not None:
            return self.knowledge.is_unsure(recorded)
        return any(map(self.knowledge.is_extra, named_in(item, IdDetector())))

    def is_unknown(self, value: Json) -> bool:
        """Tell an object inside an answer that the fake hasn't in the state recorded."""
        return bool(kind_of(value)) and self.knowledge.is_unsure(str(value.get("id")))

    def has_changed(self, recorded: Json, given: Json) -> bool:
        """Tell an object inside an answer that something beside the recording changed."""
        return self.sightings.has_changed(recorded, given, self.knowledge)


@dataclass
class _Walk:
    """One comparison on its way through two documents."""

    answers: AnswerComparer
    version: str
    page: ListScope
    fields: int = 0
    left_out: int = 0
    found: list[Finding] = field(default_factory=list)

    def values(self, recorded: Json, given: Json, at: _At) -> None:
        """Compare what stands at one place."""
        if recorded is _ABSENT and given is _ABSENT:
            return
        if isinstance(recorded, dict) and isinstance(given, dict):
            self._hashes(recorded, given, at)
        elif isinstance(recorded, list) and isinstance(given, list):
            self._lists(recorded, given, at)
        else:
            self.leaf(recorded, given, at)

    def leaf(self, recorded: Json, given: Json, at: _At) -> None:
        """Compare two plain values, or what one side has with what the other hasn't."""
        self.fields += 1
        absent = recorded is _ABSENT or given is _ABSENT
        if absent or not self.answers.is_equal(recorded, given, at):
            self.found.append(_difference(at, recorded, given, self.version))

    def _hashes(self, recorded: dict[str, Json], given: dict[str, Json], at: _At) -> None:
        if at.path != "$" and self._is_left_out(recorded, given, at):
            self.left_out += 1
            return
        at = at.inside(recorded)
        self.fields += not recorded and not given
        done: AbstractSet[str] = frozenset()
        if at.kind in LISTS:
            is_whole = self._page(recorded, given, at)
            done = {"data"} if is_whole else {"data", *_COUNTS}
        for name in dict.fromkeys((*recorded, *given)):
            here = at.key(name)
            if name not in done and not _is_apart(recorded, given, here):
                self.values(recorded.get(name, _ABSENT), given.get(name, _ABSENT), here)

    def _is_left_out(self, recorded: dict[str, Json], given: dict[str, Json], at: _At) -> bool:
        """Tell an object inside an answer that can't be compared; an event shows how one was before."""
        changed = at.kind != "event" and self.answers.has_changed(recorded, given)
        return changed or self.answers.is_unknown(recorded)

    def _page(self, recorded: dict[str, Json], given: dict[str, Json], at: _At) -> bool:
        """Compare the items of two lists; tell whether they hold the same objects for sure."""
        olds, news = recorded.get("data", _ABSENT), given.get("data", _ABSENT)
        if not (isinstance(olds, list) and isinstance(news, list)):
            self.values(olds, news, at.key("data"))
            return False
        is_root, fake_can_have = at.path == "$", self.answers.fake_can_have
        is_unknown = self.answers.is_unknown
        kept = {
            number: one
            for number, one in enumerate(olds)
            if not isinstance(one, dict) or (fake_can_have(one) if is_root else not is_unknown(one))
        }
        theirs = [one for one in news if not (isinstance(one, dict) and self.answers.only_fake_has(one))]
        self.left_out += len(olds) - len(kept)
        is_all = (len(kept), len(theirs)) == (len(olds), len(news))
        is_whole = is_all and not (is_root and self.page.is_part)
        lacks = given.get("has_more") is not True and not (is_root and self.page.is_timed)
        self._items(kept, theirs, at.key("data"), lacks=lacks, adds=is_whole)
        return is_whole

    def _lists(self, recorded: list[Json], given: list[Json], at: _At) -> None:
        self.fields += not recorded and not given
        if any(isinstance(one, dict) for one in (*recorded, *given)):
            self._items(dict(enumerate(recorded)), given, at, lacks=True, adds=True)
            return
        for number in range(max(len(recorded), len(given))):
            sides = [side[number] if number < len(side) else _ABSENT for side in (recorded, given)]
            self.values(sides[0], sides[1], at.index(number))

    def _items(
        self, recorded: Mapping[int, Json], given: Sequence[Json], at: _At, *, lacks: bool, adds: bool
    ) -> None:
        """Compare items with their counterparts; tell of those without one where that says something."""
        olds = list(recorded.values())
        numbers = {id(one): number for number, one in recorded.items()}
        pairs = list(self.answers.knowledge.mapping.items(olds, given))
        for _, old, new in pairs:
            self.values(old, new, at.index(numbers[id(old)]))
        paired = {id(one) for _, *both in pairs for one in both}
        for number, one in recorded.items() if lacks else ():
            if id(one) not in paired:
                self.leaf(one, _ABSENT, at.index(number))
        for number, one in enumerate(given if adds else ()):
            if id(one) not in paired:
                self.leaf(_ABSENT, one, at.index(number))
        if _is_reordered(
            [(numbers[id(old)], old) for _, old, _ in sorted(pairs, key=lambda one: one[0])]
        ):
            rule = "the recording, which has its items in another order"
            self.found.append(Finding("breaking", at.kind, at.path, rule, "a list", self.version))
            self.fields += 1


def is_masked(text: str) -> bool:
    """Tell a text that a scrubber wrote, or one of which it left a part."""
    return bool(_MASK.search(text))


def _is_apart(recorded: dict[str, Json], given: dict[str, Json], at: _At) -> bool:
    """Tell a key that says nothing about the fake: it is the account's, or of a kind not modelled."""
    if at.name == "livemode" or at.shape in _ACCOUNTS.get(at.kind, ()):
        return True
    if at.kind == "payment_intent" and at.shape in _AUTOMATIC:
        automatic = recorded.get("automatic_payment_methods")
        return isinstance(automatic, dict) and automatic.get("enabled") is True
    if at.kind == "event" and at.shape == "data":  # each in the shape of its account's version
        return recorded.get("api_version") != given.get("api_version")
    whole, _, kind = at.shape.partition(".")
    is_by_type = whole in _BY_TYPE and kind and "." not in kind and kind not in _MODELLED
    return bool(is_by_type and not (kind in recorded and kind in given))


def _is_reordered(items: Sequence[tuple[int, dict[str, Json]]]) -> bool:
    """Tell whether items stand in another order; those of one second have none."""
    return any(
        before[0] > after[0]
        and (before[1].get("created") != after[1].get("created") or "created" not in after[1])
        for before, after in pairwise(items)
    )


def _difference(at: _At, recorded: Json, given: Json, version: str) -> Finding:
    is_item = at.path.endswith("]")
    if given is _ABSENT:
        return Finding(
            "vanished", at.kind, at.path, f"the recording has {shown(recorded)}", GONE, version
        )
    if recorded is _ABSENT:
        rule = "the recording has no such item" if is_item else "the recording has no such key"
        return Finding("additive", at.kind, at.path, rule, shown(given), version)
    rule = f"the recording, which has {shown(recorded)}"
    return Finding("breaking", at.kind, at.path, rule, shown(given), version)
