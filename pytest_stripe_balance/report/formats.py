"""Prints an outcome as text, as JSON or as GitHub's annotations. Each kind of finding appears once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from pytest_stripe_balance.contract.findings import DEFAULT_LEVELS, LEVELS, Finding
from pytest_stripe_balance.masking import masked
from pytest_stripe_balance.report.outcome import InputProblem, Outcome, Place, Tally, one_line

_COMMANDS = {"error": "error", "warning": "warning", "information": "notice"}
_NOUNS = {"error": ("error", "errors"), "warning": ("warning", "warnings")}


def text(outcome: Outcome) -> str:
    """Write it for a terminal: a line per finding, what was skipped, and the sum."""
    lines = [one_line(f"{level}: {message}") for level, message, _ in _messages(outcome)]
    lines += [f"warning: {note}" for note in outcome.notes]
    lines += [
        one_line(f"not {outcome.verb}: {tally.count} {reason}, as in {tally.first}{_advice(tally)}")
        for reason, tally in outcome.unchecked.items()
    ]
    return "\n".join([*lines, *_assumed_versions(outcome), _sum(outcome)])


def as_json(outcome: Outcome) -> str:
    """Write it as JSON, for programs."""
    document = {
        "files": outcome.files,
        "checked": outcome.checked,
        "exit_code": outcome.exit_code,
        "nothing_checked": outcome.nothing,
        "findings": [
            {
                "level": level,
                "kind": found.kind,
                "object": found.object,
                "path": masked(found.path),
                "rule": found.rule,
                "value": found.value,
                **({"was": found.was} if found.was else {}),
                "api_version": found.api_version,
                "borrowed": found.borrowed,
                "count": tally.count,
                "first": _place(tally.first),
            }
            for level, found, tally in outcome.findings
        ],
        "not_checked": [
            {
                "reason": reason,
                "count": tally.count,
                **({"way_out": tally.way_out} if tally.way_out else {}),
                "first": _place(tally.first),
            }
            for reason, tally in outcome.unchecked.items()
        ],
        "without_api_version": [
            {"count": count, "taken": assumed.api_version, "why": assumed.why}
            for assumed, count in outcome.assumed_versions.items()
        ],
        "problems": [_problem(problem) for problem in outcome.problems],
        "notes": [_problem(note) for note in outcome.notes],
    }
    return json.dumps(document, indent=1)


def github(outcome: Outcome) -> str:
    """Write it as workflow commands, which GitHub shows as annotations on the files."""
    lines = [
        _annotation("error", problem.place, "not readable", problem.reason)
        for problem in outcome.problems
    ]
    lines += [
        _annotation(level, place, "Stripe contract", message)
        for level, message, place in _messages(outcome)
    ]
    lines += [_annotation("warning", note.place, "recording", note.reason) for note in outcome.notes]
    lines += [f"::error title=Stripe contract::{_data(outcome.nothing)}"] if outcome.nothing else []
    lines += [
        _annotation(
            "information",
            tally.first,
            f"not {outcome.verb}",
            f"{tally.count} {reason}{_advice(tally)}",
        )
        for reason, tally in outcome.unchecked.items()
    ]
    return "\n".join([*lines, *_assumed_versions(outcome), _sum(outcome)])


FORMATS: Mapping[str, Callable[[Outcome], str]] = {"text": text, "json": as_json, "github": github}


def summary(rows: Iterable[tuple[str, ...]], *, all_levels: bool) -> list[str]:
    """Write the findings of a test run below the level error, each kind once with a count.

    A row has the test's node id, the level, the request, and the fields of the finding. Without
    `all_levels` only warnings are written.
    """
    by_level: dict[str, Outcome] = {}
    for test, level, request, *parts in rows:
        levels = dict.fromkeys(DEFAULT_LEVELS, level)
        found = by_level.setdefault(level, Outcome(levels=levels))
        found.add_finding(Finding(*parts), Place(test, of=request))
    return [
        one_line(f"stripe: {level}: {message}")
        for wanted in ("warning", "information")[: 2 if all_levels else 1]
        if wanted in by_level
        for level, message, _ in _messages(by_level[wanted])
    ]


def _messages(outcome: Outcome) -> Iterator[tuple[str, str, Place]]:
    for level, found, tally in outcome.findings:
        times = "in" if tally.count == 1 else f"{tally.count} times, first in"
        yield level, f"{found}; {times} {tally.first}", tally.first


def _advice(tally: Tally) -> str:
    return f". {tally.way_out}" if tally.way_out else ""


def _assumed_versions(outcome: Outcome) -> Iterator[str]:
    for assumed, count in outcome.assumed_versions.items():
        yield (
            f"{counted(count, 'answer')} without an API version: {outcome.verb} at "
            f"{assumed.api_version}, {assumed.why} (choose another with --api-version)"
        )


def _sum(outcome: Outcome) -> str:
    counts = dict.fromkeys(LEVELS, 0)
    for level, _, tally in outcome.findings:
        counts[level] += tally.count
    found = ", ".join(
        f"{count} {_NOUNS.get(level, (level, level))[count != 1]}" for level, count in counts.items()
    )
    left = sum(tally.count for tally in outcome.unchecked.values())
    unreadable = f", {len(outcome.problems)} not readable" if outcome.problems else ""
    files = counted(outcome.files, "file")
    verb = outcome.verb
    return f"{outcome.checked} {verb} in {files}, {left} not {verb}{unreadable}: {found}"


def counted(number: int, noun: str) -> str:
    """Count a noun, as "1 file", "2 files"."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _problem(problem: InputProblem) -> dict[str, str | int | None]:
    return {**_place(problem.place), "reason": masked(problem.reason)}


def _place(place: Place) -> dict[str, str | int | None]:
    return {"file": place.file, "line": place.line, "of": masked(place.of) or None}


def _annotation(level: str, place: Place, title: str, message: str) -> str:
    properties = {"file": place.file, "line": place.line, "title": title}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{_COMMANDS[level]} {written}::{_data(message)}"


def _data(value: object) -> str:
    """Escape a message for a workflow command."""
    return masked(str(value)).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: object) -> str:
    """Escape a property for a workflow command."""
    return _data(value).replace(":", "%3A").replace(",", "%2C")
