"""`drift` and `conform`: recordings held against each other, and against the fake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pytest_stripe_balance import checking, input_files
from pytest_stripe_balance.api import versions
from pytest_stripe_balance.api.message import Exchange
from pytest_stripe_balance.cassettes import conform as conforming
from pytest_stripe_balance.cassettes import drift as drifting
from pytest_stripe_balance.cassettes import interactions, provenance, yaml_loader
from pytest_stripe_balance.engine.state.assumptions import Readings
from pytest_stripe_balance.engine.state.faults import Fault
from pytest_stripe_balance.refused import Refused
from pytest_stripe_balance.report.conformance import Against, Conformance
from pytest_stripe_balance.report.findings import Outcome, Place, shape_of
from pytest_stripe_balance.session import BEGINNING, Fake, Settings, newest_api_version

TAPES = {".yaml", ".yml", ".json"}
NO_PARTNER = "without a recording of its name on the other side"


@dataclass(frozen=True)
class Recording:
    """A cassette that was read: its name, what it holds, what was passed over, and its provenance."""

    name: str
    recorded: Sequence[interactions.Recorded]
    skipped: Sequence[interactions.Skipped]
    provenance: dict[str, Any]

    @property
    def exchanges(self) -> list[Exchange]:
        """What it holds, in its order."""
        return [one.exchange for one in self.recorded]

    @property
    def who(self) -> str:
        """Who answered, by its provenance: "stripe-test-mode", "fake", ..., "unknown" without one."""
        who = self.provenance.get("who")
        return who if isinstance(who, str) and who else "unknown"

    @property
    def moment(self) -> int | None:
        """When it was made, in seconds since 1970: by its provenance, else its last Date header."""
        return provenance.moment_of(str(self.provenance.get("date")), self.exchanges)

    def place(self, at: int) -> Place:
        """Tell where an exchange stands."""
        one = self.recorded[at]
        return Place(self.name, one.line, str(one.exchange.request))


@dataclass(frozen=True)
class DriftQuestion:
    """What `drift` was asked: two recordings, or two folders of them; `max_age` is in days."""

    old: str
    new: str
    levels: Sequence[str] = ()
    max_age: float | None = None
    megabytes: float = checking.BIGGEST


def read(name: str, *, megabytes: float) -> Recording:
    """Read a cassette; InputError when it can't be read, or isn't one."""
    called = "<stdin>" if name == input_files.STDIN else name
    text = input_files.text_of(name, megabytes=megabytes)
    data = input_files.json_of(text) if text.lstrip()[:1] in ("{", "[") else yaml_loader.read_yaml(text)
    found = list(interactions.interactions(data, None if name == input_files.STDIN else Path(name)))
    provenance = data.get("provenance") if isinstance(data, dict) else None
    return Recording(
        called,
        [one for one in found if isinstance(one, interactions.Recorded)],
        [one for one in found if isinstance(one, interactions.Skipped)],
        provenance if isinstance(provenance, dict) else {},
    )


def drift(question: DriftQuestion, now: int) -> Outcome:
    """Tell what changed between two recordings; ages are counted from `now`, in seconds since 1970.

    ValueError when the question itself makes no sense.
    """
    if question.max_age is not None and not question.max_age >= 0:
        raise ValueError(f"--max-age {question.max_age:g} is no number of days")
    outcome = Outcome(levels=checking.levels_of(question.levels), verb="compared")
    for old_name, new_name in _partners(question.old, question.new, outcome):
        sides = []
        for name in (old_name, new_name):
            outcome.files += 1
            try:
                sides.append(read(name, megabytes=question.megabytes))
            except input_files.InputError as error:
                outcome.files -= isinstance(error, input_files.NoFileError)
                outcome.bad(Place(name, error.line), error.reason)
        if len(sides) == len(("old", "new")):
            _between(sides[0], sides[1], outcome)
        for side in sides:
            if question.max_age is not None and (
                said := provenance.too_old(side.moment, now, question.max_age)
            ):
                outcome.note(Place(side.name), said)
    return outcome


def _between(old: Recording, new: Recording, outcome: Outcome) -> None:
    for side in (old, new):
        for skipped in side.skipped:
            outcome.passed_over(skipped.reason, Place(side.name, skipped.line, skipped.request))
    try:
        compared = drifting.Compared(old.exchanges, new.exchanges)
        found = list(compared.drifts())
    except RecursionError:
        outcome.bad(Place(new.name), "nested too deeply")
        return
    outcome.checked += compared.pairs
    if not compared.pairs:
        outcome.note(Place(new.name), f"nothing was compared: no request of it is in {old.name}")
    for one in found:
        place = old.place(one.old or 0) if one.new is None else new.place(one.new)
        outcome.found(one.finding, place)


def _partners(old: str, new: str, outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield the files to compare: the two, or those of two folders that have one name."""
    folders = [Path(side).is_dir() for side in (old, new)]
    if not any(folders):
        yield old, new
        return
    for side in (old, new):
        if (what := input_files.no_file(Path(side))) and what != input_files.FOLDER:
            raise ValueError(f"{side}: {what}")
    if missing := [side for side in (old, new) if side != input_files.STDIN and not Path(side).exists()]:
        raise ValueError(f"{' and '.join(missing)}: there is no such file or folder")
    if not all(folders):
        raise ValueError(f"{old} and {new}: two files are due, or two folders")
    names = [_inside(Path(side)) for side in (old, new)]
    for side, alone in zip((old, new), (names[0] - names[1], names[1] - names[0]), strict=True):
        for name in sorted(alone):
            outcome.passed_over(NO_PARTNER, Place(str(Path(side, name))))
    both = sorted(names[0] & names[1])
    if not both:
        raise ValueError(f"{old} and {new}: no two recordings in them have one name")
    for name in both:
        yield str(Path(old, name)), str(Path(new, name))


def _inside(folder: Path) -> set[Path]:
    # What is no file, a pipe or a broken link, is told when it is to be read.
    found = (path for path in folder.rglob("*") if path.suffix.lower() in TAPES and not path.is_dir())
    return {path.relative_to(folder) for path in found}


@dataclass(frozen=True)
class ConformQuestion:
    """What `conform` was asked: which cassettes, and which readings of assumptions hold (id=reading).

    `api_version` is that of the requests that say none.
    """

    files: Sequence[str]
    levels: Sequence[str] = ()
    assume: Sequence[str] = ()
    api_version: str | None = None
    megabytes: float = checking.BIGGEST


def conform(question: ConformQuestion) -> Conformance:
    """Drive the fake with each cassette's requests, in a world of its own, and compare the answers.

    ValueError when the question itself makes no sense.
    """
    outcome = Outcome(levels=checking.levels_of(question.levels), verb="driven")
    conformance = Conformance(outcome)
    assume = _readings(question.assume)
    if question.api_version is not None:
        _refuse_unmodelled(question.api_version)
    for name in input_files.named(question.files):
        outcome.files += 1
        try:
            recording = read(name, megabytes=question.megabytes)
            _driven(recording, assume, conformance, question.api_version)
        except input_files.InputError as error:
            outcome.files -= isinstance(error, input_files.NoFileError)
            outcome.bad(Place(name, error.line), error.reason)
        except RecursionError:
            outcome.bad(Place(name), "nested too deeply")
    if not (outcome.checked or outcome.unchecked or outcome.problems):
        outcome.bad(Place(", ".join(question.files)), "no answer of Stripe's to drive the fake with")
    return conformance


def _readings(settings: Sequence[str]) -> dict[str, str]:
    assume = dict(setting.partition("=")[::2] for setting in settings)
    Readings(assume)  # BadSettingError names what there is
    return assume


def _refuse_unmodelled(api_version: str) -> None:
    try:
        versions.check(api_version)
    except Fault as fault:
        raise ValueError(f"--api-version: {fault.message}") from fault
    except Refused as refusal:
        raise ValueError(f"--api-version: {refusal.message}") from refusal


def _driven(
    recording: Recording, assume: dict[str, str], conformance: Conformance, otherwise: str | None
) -> None:
    outcome = conformance.outcome
    for skipped in recording.skipped:
        outcome.passed_over(skipped.reason, Place(recording.name, skipped.line, skipped.request))
    is_evidence = recording.who == conforming.EVIDENCE
    if not is_evidence:
        conformance.unsettling[recording.name] = recording.who
    recording = _with_parameters(recording, outcome)
    version, why = _version(recording, otherwise)
    session = Fake(_settings(recording, assume, version))
    for one in conforming.conform(recording.exchanges, session.answer_resting):
        place = recording.place(one.at)
        if isinstance(one, conforming.NotDriven):
            outcome.passed_over(f"because {one.reason}", place)
            continue
        outcome.checked += 1
        if why and not conforming.version_of(recording.exchanges[one.at]):
            outcome.took(version, why)
        for _ in range(one.left_out):
            outcome.passed_over(conforming.PARTS, place)
        conformance.fields += one.fields
        conformance.equal += one.equal
        for finding in one.differences:
            outcome.found(finding, place)
        if is_evidence:
            _judge(conformance, one, place)


def _with_parameters(recording: Recording, outcome: Outcome) -> Recording:
    """Leave out the requests of which a recorder kept too little to ask them again."""
    for at, one in enumerate(recording.recorded):
        if not one.is_whole:
            outcome.passed_over(
                "because its recorder kept nothing of what was posted", recording.place(at)
            )
    return replace(recording, recorded=[one for one in recording.recorded if one.is_whole])


def _judge(conformance: Conformance, answer: conforming.Driven, place: Place) -> None:
    for finding in answer.differences:
        key = (finding.object, shape_of(finding.path), finding.rule, finding.value)
        conformance.against.setdefault(key, Against(finding, sorted(answer.rested), place))
    for entry_id in () if answer.differences else answer.rested:
        conformance.confirmed[entry_id] = conformance.confirmed.get(entry_id, 0) + 1


def _version(recording: Recording, otherwise: str | None) -> tuple[str, str]:
    """Give the API version of a recording's account, which is that of its requests that say none.

    The first that the recording says and the fake has, else the newest; the option goes before both
    where a request says none. And why it was taken, "" where the option says so.
    """
    said = [conforming.version_of(one) for one in recording.exchanges]
    if otherwise is not None and not all(said):
        return otherwise, ""
    first = next((one for one in said if one and conforming.is_modelled(one)), None)
    return (first, "which its recording says") if first else (newest_api_version(), "the newest")


def _settings(recording: Recording, assume: dict[str, str], version: str) -> Settings:
    """Put a world at the time of a recording."""
    moment = conforming.began_at(recording.exchanges)
    now = BEGINNING if moment is None else moment
    return Settings(version, seed="conform", name="conform", now=now, assume=assume)
