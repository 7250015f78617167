"""The command `conform`: the fake driven with a recording's requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_stripe_balance import input_files
from pytest_stripe_balance.commands import check
from pytest_stripe_balance.commands.drift import _refuse_unmodelled, _version, _with_parameters
from pytest_stripe_balance.commands.recordings import LoadedCassette, read
from pytest_stripe_balance.comparison import conformance as conforming
from pytest_stripe_balance.contract import findings
from pytest_stripe_balance.engine.state.assumptions import Readings
from pytest_stripe_balance.report.conform_result import Against, Conformance
from pytest_stripe_balance.report.outcome import Outcome, Place, shape_of
from pytest_stripe_balance.session import BEGINNING, Fake, Settings

LIVE = "not compared: `livemode`, which is true there, and the fake knows test mode only"


@dataclass(frozen=True)
class ConformQuestion:
    """What `conform` was asked: which cassettes, and which readings of assumptions hold (id=reading).

    `api_version` is that of the requests that say none.
    """

    files: Sequence[str]
    levels: Sequence[str] = ()
    assume: Sequence[str] = ()
    api_version: str | None = None
    megabytes: float = check.BIGGEST


def conform(question: ConformQuestion) -> Conformance:
    """Drive the fake with each cassette's requests, in a world of its own, and compare the answers.

    ValueError when the question itself makes no sense.
    """
    outcome = Outcome(levels=findings.levels_of(question.levels), verb="driven")
    conformance = Conformance(outcome)
    assume = _readings(question.assume)
    if question.api_version is not None:
        _refuse_unmodelled(question.api_version)
    for name in input_files.expand_patterns(question.files):
        outcome.files += 1
        try:
            recording = read(name, megabytes=question.megabytes)
            _driven(recording, assume, conformance, question.api_version)
        except input_files.InputError as error:
            outcome.files -= isinstance(error, input_files.NoFileError)
            outcome.add_problem(Place(name, error.line), error.reason)
        except RecursionError:
            outcome.add_problem(Place(name), "nested too deeply")
    if not (outcome.checked or outcome.unchecked or outcome.problems):
        outcome.add_problem(
            Place(", ".join(question.files)), "no answer of Stripe's to drive the fake with"
        )
    return conformance


def _readings(settings: Sequence[str]) -> dict[str, str]:
    assume = dict(setting.partition("=")[::2] for setting in settings)
    Readings(assume)  # BadSettingError names what there is
    return assume


def _driven(
    recording: LoadedCassette, assume: dict[str, str], conformance: Conformance, otherwise: str | None
) -> None:
    outcome = conformance.outcome
    for skipped in recording.skipped:
        outcome.skip(skipped.reason, Place(recording.name, skipped.line, skipped.request))
    is_evidence = recording.who == conforming.EVIDENCE
    if not is_evidence:
        conformance.unsettling[recording.name] = recording.who
    recording = _with_parameters(recording, outcome)
    if (at := conforming.first_live(recording.exchanges)) is not None:
        outcome.add_note(recording.place(at), LIVE)
    version, why = _version(recording, otherwise)
    session = Fake(_settings(recording, assume, version))
    for one in conforming.conform(recording.exchanges, session.answer_resting):
        place = recording.place(one.at)
        if isinstance(one, conforming.SkippedRequest):
            outcome.skip(f"because {one.reason}", place)
            continue
        outcome.checked += 1
        if why and not conforming.version_of(recording.exchanges[one.at]):
            outcome.add_assumed_version(version, why)
        for _ in range(one.left_out):
            outcome.skip(conforming.PARTS, place)
        conformance.fields += one.fields
        conformance.equal += one.equal
        for finding in one.differences:
            outcome.add_finding(finding, place)
        if is_evidence:
            _judge(conformance, one, place)


def _judge(conformance: Conformance, answer: conforming.Compared, place: Place) -> None:
    for finding in answer.differences:
        key = (finding.object, shape_of(finding.path), finding.rule, finding.value)
        conformance.against.setdefault(key, Against(finding, sorted(answer.assumptions), place))
    for entry_id in () if answer.differences else answer.assumptions:
        conformance.confirmed[entry_id] = conformance.confirmed.get(entry_id, 0) + 1


def _settings(recording: LoadedCassette, assume: dict[str, str], version: str) -> Settings:
    """Put a world at the time of a recording."""
    moment = conforming.began_at(recording.exchanges)
    now = BEGINNING if moment is None else moment
    return Settings(version, seed="conform", name="conform", now=now, assume=assume)
