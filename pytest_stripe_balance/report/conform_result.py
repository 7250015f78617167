"""What `conform` found: how much is equal, what differs, and what that says about the assumptions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_stripe_balance.contract.findings import Finding
from pytest_stripe_balance.report import formats
from pytest_stripe_balance.report.outcome import Outcome, Place, one_line


@dataclass(frozen=True)
class Against:
    """A difference, and the assumptions of the first answer that shows it: one of them doesn't hold."""

    finding: Finding
    suspects: Sequence[str]
    place: Place


@dataclass
class Conformance:
    """A run of `conform`: the findings, the fields compared, and what the recordings settle.

    `confirmed` counts the answers that rested on an assumption and are equal throughout; `against` has
    each difference once, because an answer that only repeats one says nothing about its own assumptions.
    `unsettling` names those whose answers are no evidence about Stripe, each with who answered.
    """

    outcome: Outcome
    fields: int = 0
    equal: int = 0
    confirmed: dict[str, int] = field(default_factory=dict)
    against: dict[tuple[str, ...], Against] = field(default_factory=dict)
    unsettling: dict[str, str] = field(default_factory=dict)

    @property
    def share(self) -> str:
        """The share of equal fields in percent; never 100 while one differs."""
        if not self.fields:
            return "nothing was driven, so this says nothing about the fake"
        percent = 100 * self.equal / self.fields
        return f"{100 if self.equal == self.fields else min(percent, 99.9):.4g} % equal"


def text(conformance: Conformance) -> str:
    """Tell it for a terminal: differences, what was not driven, what is settled, the share."""
    return "\n".join([formats.text(conformance.outcome), *_settled(conformance), _share(conformance)])


def github(conformance: Conformance) -> str:
    """Tell it as workflow commands."""
    return "\n".join([formats.github(conformance.outcome), *_settled(conformance), _share(conformance)])


def as_json(conformance: Conformance) -> str:
    """Tell it for a program."""
    document = json.loads(formats.as_json(conformance.outcome))
    document |= {
        "fields": conformance.fields,
        "equal": conformance.equal,
        "confirmed": dict(sorted(conformance.confirmed.items())),
        "against": [
            {"object": one.finding.object, "path": one.finding.path, "one_of": list(one.suspects)}
            for one in conformance.against.values()
        ],
        "settles_nothing": conformance.unsettling,
    }
    return json.dumps(document, indent=1)


FORMATS: Mapping[str, Callable[[Conformance], str]] = {"text": text, "json": as_json, "github": github}


def _share(conformance: Conformance) -> str:
    return f"{conformance.equal} of {conformance.fields} fields: {conformance.share}"


def _settled(conformance: Conformance) -> list[str]:
    lines = [
        f"{_said(one.suspects)}: {one.finding.object} at {one.finding.path}, first in {one.place}"
        for one in conformance.against.values()
        if one.suspects
    ]
    lines += [
        f"confirms {name}: {formats.counted(count, 'answer')}"
        for name, count in sorted(conformance.confirmed.items())
    ]
    by_whom: dict[str, int] = {}
    for who in conformance.unsettling.values():
        by_whom[who] = by_whom.get(who, 0) + 1
    lines += [
        f"settles nothing: {formats.counted(count, 'recording')} answered by {who}; "
        "only stripe-test-mode is evidence about Stripe"
        for who, count in by_whom.items()
    ]
    return [one_line(line) for line in lines]


def _said(suspects: Sequence[str]) -> str:
    if len(suspects) == 1:
        return f"may refute {suspects[0]}"
    return f"may refute one of {', '.join(suspects)}"
