"""Prints which of an app's calls are modelled, as text and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

WIDTH = 80
_NOT_MODELLED = "Not modelled: they want a stub (stripe_stubs)"
_V2 = "Not modelled, of the API v2: no stub can answer; replace the function"
_PARTLY = "Modelled, but not all that is sent"


@dataclass(frozen=True)
class AppCall:
    """One place of an app that makes a call, as "POST /v1/customers".

    `gaps` are parameters and values that the fake doesn't model, `unknown` those that Stripe doesn't
    document. `lacking` says why the API version lacks the call.
    """

    file: str
    line: int
    name: str
    call: str
    is_route: bool
    gaps: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    lacking: str = ""

    @property
    def is_modelled(self) -> bool:
        """Whether the fake answers it as it stands."""
        return self.is_route and not (self.gaps or self.unknown or self.lacking)


class Unclear(NamedTuple):
    """A place that may make a call, and why that can't be told."""

    file: str
    line: int
    name: str
    why: str


@dataclass(frozen=True)
class AppReport:
    """What was found in the Python files of some paths."""

    paths: Sequence[str]
    files: int
    calls: Sequence[AppCall]
    unclear: Sequence[Unclear]


def as_text(report: AppReport) -> str:
    """Write a summary, then each call with its places: what isn't modelled first."""
    missing = [call for call in report.calls if not call.is_route]
    partly = [call for call in report.calls if call.is_route and not call.is_modelled]
    whole = [call for call in report.calls if call.is_modelled]
    places, files = _counted(len(report.calls), "call"), _counted(report.files, "file")
    lines = [f"{places} of stripe-python in {files} of {' '.join(report.paths)}"]
    rows = (
        (len(whole), f"modelled ({_counted(_different(whole), 'different call')})"),
        (len(partly), "modelled, but not all that is sent"),
        (len(missing), f"not modelled ({_counted(_different(missing), 'different call')})"),
        (len(report.unclear), "more that can't be told"),
    )
    width = max(len(str(count)) for count, _ in rows)
    lines += [f"  {count:>{width}}  {what}" for count, what in rows]
    of_v2 = [call for call in missing if " /v2/" in call.call]
    for title, found in ((_NOT_MODELLED, [one for one in missing if one not in of_v2]), (_V2, of_v2)):
        lines += ["", title, *_by_call(found)] if found else []
    if partly:
        lines += ["", _PARTLY, *_parts(partly)]
    if report.unclear:
        lines += ["", "Can't be told", *_by_reason(report.unclear)]
    if whole:
        lines += ["", "Modelled", *_by_call(whole)]
    return "\n".join(lines)


def as_json(report: AppReport) -> str:
    """Write all that was found, for programs."""
    calls = [{**asdict(call), "is_modelled": call.is_modelled} for call in report.calls]
    unclear = [one._asdict() for one in report.unclear]
    return json.dumps({"files": report.files, "calls": calls, "unclear": unclear}, indent=1)


FORMATS = {"text": as_text, "json": as_json}


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _different(calls: Iterable[AppCall]) -> int:
    return len({call.call for call in calls})


def _by_call(calls: Iterable[AppCall]) -> list[str]:
    """Write each call once, and below it where the app makes it."""
    places: dict[str, list[str]] = {}
    for call in calls:
        places.setdefault(call.call, []).extend(_place(call))
    by_path = sorted(places, key=lambda call: call.split(" ")[::-1])
    return [line for call in by_path for line in (f"  {call}", *places[call])]


def _parts(calls: Iterable[AppCall]) -> list[str]:
    lines = []
    for call in calls:
        lines += [f"  {call.call}", *_place(call)]
        about = [call.lacking] if call.lacking else []
        about += [f"the fake does not model {', '.join(call.gaps)}"] if call.gaps else []
        about += [f"Stripe documents no {', '.join(call.unknown)}"] if call.unknown else []
        lines += [line for one in about for line in _folded(one, 6)]
    return lines


def _by_reason(unclear: Iterable[Unclear]) -> list[str]:
    places: dict[str, list[str]] = {}
    for one in unclear:
        places.setdefault(one.why, []).extend(_place(one))
    return [line for why, lines in places.items() for line in (*_folded(f"{why}:", 2), *lines)]


def _place(one: AppCall | Unclear) -> list[str]:
    """Write a place and what stands there, on two lines if one is too narrow."""
    place = f"    {one.file}:{one.line}"
    together = f"{place}  {one.name}"
    return [together] if len(together) <= WIDTH else [place, f"        {one.name}"]


def _folded(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_on_hyphens=False,
    )
