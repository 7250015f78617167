"""`drift` and `conform`: recordings held against each other, and against the fake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_stripe_balance import input_files
from pytest_stripe_balance.api import versions
from pytest_stripe_balance.cassettes import provenance
from pytest_stripe_balance.commands import check
from pytest_stripe_balance.commands.recordings import LoadedCassette, read
from pytest_stripe_balance.comparison import conformance as conforming
from pytest_stripe_balance.comparison import drift as drifting
from pytest_stripe_balance.contract import findings
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.report.outcome import Outcome, Place
from pytest_stripe_balance.session import newest_api_version

TAPES = {".yaml", ".yml", ".json"}
NO_PARTNER = "without a recording of its name on the other side"


@dataclass(frozen=True)
class DriftQuestion:
    """What `drift` was asked: two recordings, or two folders of them; `max_age` is in days."""

    old: str
    new: str
    levels: Sequence[str] = ()
    max_age: float | None = None
    megabytes: float = check.BIGGEST


def drift(question: DriftQuestion, now: int) -> Outcome:
    """Tell what changed between two recordings; ages are counted from `now`, in seconds since 1970.

    ValueError when the question itself makes no sense.
    """
    if question.max_age is not None and not question.max_age >= 0:
        raise ValueError(f"--max-age {question.max_age:g} is no number of days")
    outcome = Outcome(
        levels=findings.levels_of(question.levels),
        verb="compared",
        may_be_empty=False,
        findings_suffice=False,  # requests that only one side has
        missing="no request has an answer on both sides",
    )
    for old_name, new_name in _partners(question.old, question.new, outcome):
        sides = []
        for name in (old_name, new_name):
            outcome.files += 1
            try:
                sides.append(read(name, megabytes=question.megabytes))
            except input_files.InputError as error:
                outcome.files -= isinstance(error, input_files.NoFileError)
                outcome.add_problem(Place(name, error.line), error.reason)
        if len(sides) == len(("old", "new")):
            _between(sides[0], sides[1], outcome)
        for side in sides:
            if question.max_age is not None and (
                said := provenance.too_old(side.moment, now, question.max_age)
            ):
                outcome.add_note(Place(side.name), said)
    return outcome


def _between(old: LoadedCassette, new: LoadedCassette, outcome: Outcome) -> None:
    for side in (old, new):
        for skipped in side.skipped:
            outcome.skip(skipped.reason, Place(side.name, skipped.line, skipped.request))
    try:
        compared = drifting.ComparedRecordings(old.exchanges, new.exchanges)
        found = list(compared.drifts())
    except RecursionError:
        outcome.add_problem(Place(new.name), "nested too deeply")
        return
    outcome.checked += compared.pairs
    if not compared.pairs:
        outcome.add_note(Place(new.name), f"nothing was compared: no request of it is in {old.name}")
    for one in found:
        place = old.place(one.old or 0) if one.new is None else new.place(one.new)
        outcome.add_finding(one.finding, place)


def _partners(old: str, new: str, outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield the files to compare: the two, or those of two folders that have one name."""
    folders = [Path(side).is_dir() for side in (old, new)]
    if not any(folders):
        yield old, new
        return
    for side in (old, new):
        if (what := input_files.not_a_file(Path(side))) and what != input_files.FOLDER:
            raise ValueError(f"{side}: {what}")
    if missing := [side for side in (old, new) if side != input_files.STDIN and not Path(side).exists()]:
        raise ValueError(f"{' and '.join(missing)}: there is no such file or folder")
    if not all(folders):
        raise ValueError(f"{old} and {new}: two files are due, or two folders")
    names = [_inside(Path(side)) for side in (old, new)]
    for side, alone in zip((old, new), (names[0] - names[1], names[1] - names[0]), strict=True):
        for name in sorted(alone):
            outcome.skip(NO_PARTNER, Place(str(Path(side, name))))
    both = sorted(names[0] & names[1])
    if not both:
        raise ValueError(f"{old} and {new}: no two recordings in them have one name")
    for name in both:
        yield str(Path(old, name)), str(Path(new, name))


def _inside(folder: Path) -> set[Path]:
    # What is no file, a pipe or a broken link, gives its error when it is read.
    found = (path for path in folder.rglob("*") if path.suffix.lower() in TAPES and not path.is_dir())
    return {path.relative_to(folder) for path in found}


def _refuse_unmodelled(api_version: str) -> None:
    try:
        versions.check(api_version)
    except Fault as fault:
        raise ValueError(f"--api-version: {fault.message}") from fault
    except Refused as refusal:
        raise ValueError(f"--api-version: {refusal.message}") from refusal


def _with_parameters(recording: LoadedCassette, outcome: Outcome) -> LoadedCassette:
    """Leave out the requests of which a recorder kept too little to ask them again."""
    for at, one in enumerate(recording.recorded):
        if not one.is_whole:
            outcome.skip("because its recorder kept nothing of what was posted", recording.place(at))
    return replace(recording, recorded=[one for one in recording.recorded if one.is_whole])


def _version(recording: LoadedCassette, otherwise: str | None) -> tuple[str, str]:
    """Give the API version of a recording's account, which is that of its requests that say none.

    The first that the recording says and the fake has, else the newest; the option goes before both
    where a request says none. And why it was taken, "" where the option says so.
    """
    said = [conforming.version_of(one) for one in recording.exchanges]
    if otherwise is not None and not all(said):
        return otherwise, ""
    first = next((one for one in said if one and conforming.is_modelled(one)), None)
    return (first, "which its recording says") if first else (newest_api_version(), "the newest")
