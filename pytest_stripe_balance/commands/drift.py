"""The command `drift`: compares two recordings, or the recordings of two folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_stripe_balance import input_files
from pytest_stripe_balance.cassettes import provenance
from pytest_stripe_balance.commands.recordings import LoadedCassette, read
from pytest_stripe_balance.comparison.drift import ComparedRecordings
from pytest_stripe_balance.contract import findings
from pytest_stripe_balance.report.outcome import Outcome, Place

SUFFIXES = {".yaml", ".yml", ".json"}
NO_PARTNER = "because the other folder has no recording of that name"


@dataclass(frozen=True)
class DriftQuestion:
    """The arguments of `drift`: two recordings, or two folders of them.

    `levels` are texts such as "enum=error". `max_age` is in days. Files above `megabytes` are refused.
    """

    old: str
    new: str
    levels: Sequence[str] = ()
    max_age: float | None = None
    megabytes: float = input_files.LARGEST


def drift(question: DriftQuestion, now: int) -> Outcome:
    """Find what changed between two recordings; ages are counted from `now`, in seconds since 1970.

    ValueError if an argument makes no sense.
    """
    if question.max_age is not None and not question.max_age >= 0:
        raise ValueError(f"--max-age {question.max_age:g} must be a number of days, 0 or more")
    outcome = Outcome(
        levels=findings.levels_of(question.levels),
        verb="compared",
        may_be_empty=False,
        findings_suffice=False,  # they may be requests that only one side has
        missing="no request has a JSON answer in both recordings",
    )
    for old_name, new_name in _partners(question.old, question.new, outcome):
        sides = [
            side
            for name in (old_name, new_name)
            if (side := _load(name, question.megabytes, outcome)) is not None
        ]
        if len(sides) == len(("old", "new")):
            _compare(sides[0], sides[1], outcome)
        for side in sides:
            _warn_of_age(side, now, question.max_age, outcome)
    return outcome


def _warn_of_age(side: LoadedCassette, now: int, max_age: float | None, outcome: Outcome) -> None:
    if max_age is not None and (warning := provenance.too_old(side.moment, now, max_age)):
        outcome.add_note(Place(side.name), warning)


def _load(name: str, megabytes: float, outcome: Outcome) -> LoadedCassette | None:
    """Read a cassette; where that fails, note the problem and give None."""
    outcome.files += 1
    try:
        return read(name, megabytes=megabytes)
    except input_files.InputError as error:
        outcome.files -= isinstance(error, input_files.NoFileError)
        outcome.add_problem(Place(name, error.line), error.reason)
        return None


def _compare(old: LoadedCassette, new: LoadedCassette, outcome: Outcome) -> None:
    for side in (old, new):
        for skipped in side.skipped:
            outcome.skip(skipped.reason, Place(side.name, skipped.line, skipped.request))
    try:
        recordings = ComparedRecordings(old.exchanges, new.exchanges)
        changes = list(recordings.drifts())
    except RecursionError:
        outcome.add_problem(Place(new.name), "nested too deeply")
        return
    outcome.checked += recordings.pairs
    if not recordings.pairs:
        reason = f"nothing was compared: no request has a JSON answer here and in {old.name}"
        outcome.add_note(Place(new.name), reason)
    for change in changes:
        place = old.place(change.old or 0) if change.new is None else new.place(change.new)
        outcome.add_finding(change.finding, place)


def _partners(old: str, new: str, outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield the pairs of files to compare: the two, or those of two folders that have the same name."""
    folders = [Path(side).is_dir() for side in (old, new)]
    if not any(folders):
        yield old, new
        return
    for side in (old, new):
        if (reason := input_files.not_a_file(Path(side))) and reason != input_files.FOLDER:
            raise ValueError(f"{side}: {reason}")
    if missing := [side for side in (old, new) if side != input_files.STDIN and not Path(side).exists()]:
        raise ValueError(f"{' and '.join(missing)}: there is no such file or folder")
    if not all(folders):
        raise ValueError(f"{old} and {new}: give two files or two folders, not one of each")
    names = [_recordings_in(Path(side)) for side in (old, new)]
    for side, alone in zip((old, new), (names[0] - names[1], names[1] - names[0]), strict=True):
        for name in sorted(alone):
            outcome.skip(NO_PARTNER, Place(str(Path(side, name))))
    both = sorted(names[0] & names[1])
    if not both:
        raise ValueError(f"{old} and {new}: no recording in one has the name of one in the other")
    for name in both:
        yield str(Path(old, name)), str(Path(new, name))


def _recordings_in(folder: Path) -> set[Path]:
    # A pipe or a broken link is kept, and gives its error when it is read.
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and not path.is_dir())
    return {path.relative_to(folder) for path in found}
