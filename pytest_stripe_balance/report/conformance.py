"""What `conform` found: how much is equal, what differs, and what that says about the assumptions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_stripe_balance.report import findings
from pytest_stripe_balance.report.findings import Outcome, Place, one_line

MOST_PATHS = 3


@dataclass
class Verdict:
    """What evidence says of one assumption: in how many answers it held, and where it didn't."""

    confirmed: int = 0
    refuted: int = 0
    first: Place | None = None
    paths: dict[str, None] = field(default_factory=dict)


@dataclass
class Conformance:
    """A run of `conform`: the findings, the fields compared, and what the recordings settle.

    `unsettling` names those whose answers are no evidence about Stripe, each with who answered.
    """

    outcome: Outcome
    fields: int = 0
    equal: int = 0
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    unsettling: dict[str, str] = field(default_factory=dict)

    @property
    def share(self) -> str:
        """The share of equal fields in percent; never 100 while one differs."""
        if not self.fields:
            return "nothing to compare"
        percent = 100 * self.equal / self.fields
        return f"{100 if self.equal == self.fields else min(percent, 99.9):.4g} % equal"


def text(conformance: Conformance) -> str:
    """Tell it for a terminal: differences, what was not driven, what is settled, the share."""
    return "\n".join([findings.text(conformance.outcome), *_settled(conformance), _share(conformance)])


def github(conformance: Conformance) -> str:
    """Tell it as workflow commands."""
    return "\n".join([findings.github(conformance.outcome), *_settled(conformance), _share(conformance)])


def as_json(conformance: Conformance) -> str:
    """Tell it for a program."""
    document = json.loads(findings.as_json(conformance.outcome))
    document |= {
        "fields": conformance.fields,
        "equal": conformance.equal,
        "assumptions": {
            name: {
                "confirmed": verdict.confirmed,
                "refuted": verdict.refuted,
                "paths": list(verdict.paths),
            }
            for name, verdict in sorted(conformance.verdicts.items())
        },
        "settles_nothing": conformance.unsettling,
    }
    return json.dumps(document, indent=1)


FORMATS: Mapping[str, Callable[[Conformance], str]] = {"text": text, "json": as_json, "github": github}


def _share(conformance: Conformance) -> str:
    return f"{conformance.equal} of {conformance.fields} fields: {conformance.share}"


def _settled(conformance: Conformance) -> list[str]:
    lines: list[str] = []
    for name, verdict in sorted(
        conformance.verdicts.items(), key=lambda item: (-item[1].refuted, item[0])
    ):
        if verdict.refuted:
            where = ", ".join(_few(list(verdict.paths)))
            answers = _answers(verdict.refuted)
            lines.append(
                f"refutes {name}, or what it rests on: {answers} at {where}, first in {verdict.first}"
            )
        if verdict.confirmed:
            lines.append(f"confirms {name}: {_answers(verdict.confirmed)}")
    by_whom: dict[str, int] = {}
    for who in conformance.unsettling.values():
        by_whom[who] = by_whom.get(who, 0) + 1
    lines += [
        f"settles nothing: {findings.counted(count, 'recording')} answered by {who}; "
        "only stripe-test-mode is evidence about Stripe"
        for who, count in by_whom.items()
    ]
    return [one_line(line) for line in lines]


def _few(paths: Sequence[str]) -> list[str]:
    more = len(paths) - MOST_PATHS
    return [*paths[:MOST_PATHS], *([f"and {more} more"] if more > 0 else [])]


def _answers(count: int) -> str:
    return findings.counted(count, "answer")
