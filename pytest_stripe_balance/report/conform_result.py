"""Prints what `conform` found: the share of equal fields, the differences, and the assumptions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_stripe_balance.contract.findings import Finding
from pytest_stripe_balance.report import formats
from pytest_stripe_balance.report.outcome import Outcome, Place, one_line


@dataclass(frozen=True)
class Against:
    """A difference, and the assumptions that the first answer with it relied on.

    One of these assumptions may be wrong.
    """

    finding: Finding
    suspects: Sequence[str]
    place: Place


@dataclass
class Conformance:
    """The result of `conform`.

    - `fields` were compared, and `equal` of them are equal.
    - `confirmed`: how many answers without a difference relied on each assumption.
    - `against`: each difference once, since a repeated one says nothing new about assumptions.
    - `no_evidence`: the cassettes that Stripe's test mode didn't answer, each with who did.
    """

    outcome: Outcome
    fields: int = 0
    equal: int = 0
    confirmed: dict[str, int] = field(default_factory=dict)
    against: dict[tuple[str, ...], Against] = field(default_factory=dict)
    no_evidence: dict[str, str] = field(default_factory=dict)

    @property
    def share(self) -> str:
        """The share of equal fields in percent; 100 only if all are equal."""
        if not self.fields:
            return "nothing was driven, so this says nothing about the fake"
        percent = 100 * self.equal / self.fields
        return f"{100 if self.equal == self.fields else min(percent, 99.9):.4g} % equal"


def text(conformance: Conformance) -> str:
    """Write it for a terminal: differences, skipped requests, assumptions, the share."""
    return "\n".join(
        [formats.text(conformance.outcome), *_assumptions(conformance), _share(conformance)]
    )


def github(conformance: Conformance) -> str:
    """Write it as workflow commands of GitHub."""
    return "\n".join(
        [formats.github(conformance.outcome), *_assumptions(conformance), _share(conformance)]
    )


def as_json(conformance: Conformance) -> str:
    """Write it as JSON, for programs."""
    document = json.loads(formats.as_json(conformance.outcome))
    document |= {
        "fields": conformance.fields,
        "equal": conformance.equal,
        "confirmed": dict(sorted(conformance.confirmed.items())),
        "against": [
            {"object": row.finding.object, "path": row.finding.path, "one_of": list(row.suspects)}
            for row in conformance.against.values()
        ],
        "settles_nothing": conformance.no_evidence,
    }
    return json.dumps(document, indent=1)


FORMATS: Mapping[str, Callable[[Conformance], str]] = {"text": text, "json": as_json, "github": github}


def _share(conformance: Conformance) -> str:
    return f"{conformance.equal} of {conformance.fields} fields: {conformance.share}"


def _assumptions(conformance: Conformance) -> list[str]:
    lines = [
        f"{_may_refute(row.suspects)}: {row.finding.object} at {row.finding.path}, first in {row.place}"
        for row in conformance.against.values()
        if row.suspects
    ]
    lines += [
        f"confirms {name}: {formats.counted(count, 'answer')}"
        for name, count in sorted(conformance.confirmed.items())
    ]
    by_whom: dict[str, int] = {}
    for who in conformance.no_evidence.values():
        by_whom[who] = by_whom.get(who, 0) + 1
    lines += [
        f"settles nothing: {formats.counted(count, 'recording')} answered by {who}; "
        "only answers of stripe-test-mode are evidence about Stripe"
        for who, count in by_whom.items()
    ]
    return [one_line(line) for line in lines]


def _may_refute(suspects: Sequence[str]) -> str:
    if len(suspects) == 1:
        return f"may refute {suspects[0]}"
    return f"may refute one of {', '.join(suspects)}"
