"""The command `conform`: sends a recording's requests to the fake, and compares the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_stripe_balance import input_files
from pytest_stripe_balance.commands.recordings import LoadedCassette, read
from pytest_stripe_balance.comparison import conformance, recording_facts
from pytest_stripe_balance.contract import findings
from pytest_stripe_balance.engine.state.assumptions import Readings
from pytest_stripe_balance.report.conform_result import Against, Conformance
from pytest_stripe_balance.report.outcome import Outcome, Place, shape_of
from pytest_stripe_balance.session import BEGINNING, Fake, Settings, check_version, newest_api_version

LIVE = "`livemode` is not compared: the recording is from live mode, and the fake is always in test mode"
NO_BODY = "because its recorder kept no request bodies"


@dataclass(frozen=True)
class ConformQuestion:
    """The arguments of `conform`: cassettes, or patterns of them.

    - `levels`: texts such as "enum=error".
    - `assume`: readings of assumptions, as "id=reading".
    - `api_version`: the version of requests that name none.
    - `megabytes`: bigger files are refused.
    """

    files: Sequence[str]
    levels: Sequence[str] = ()
    assume: Sequence[str] = ()
    api_version: str | None = None
    megabytes: float = input_files.LARGEST


def conform(question: ConformQuestion) -> Conformance:
    """Send each cassette's requests to a fake with a world of its own, and compare the answers.

    ValueError if an argument makes no sense.
    """
    outcome = Outcome(levels=findings.levels_of(question.levels), verb="driven")
    result = Conformance(outcome)
    assume = _readings(question.assume)
    if question.api_version is not None:
        check_version(question.api_version, "--api-version")
    for name in input_files.expand_patterns(question.files):
        outcome.files += 1
        try:
            cassette = read(name, megabytes=question.megabytes)
            _compare(cassette, assume, result, question.api_version)
        except input_files.InputError as error:
            outcome.files -= isinstance(error, input_files.NoFileError)
            outcome.add_problem(Place(name, error.line), error.reason)
        except RecursionError:
            outcome.add_problem(Place(name), "nested too deeply")
    if not (outcome.checked or outcome.unchecked or outcome.problems):
        outcome.add_problem(Place(", ".join(question.files)), "no answer of Stripe in it to compare")
    return result


def _readings(settings: Sequence[str]) -> dict[str, str]:
    assume = dict(setting.partition("=")[::2] for setting in settings)
    Readings(assume)  # raises BadSettingError, which lists the known ones
    return assume


def _compare(
    cassette: LoadedCassette, assume: dict[str, str], result: Conformance, default_version: str | None
) -> None:
    outcome = result.outcome
    for skipped in cassette.skipped:
        outcome.skip(skipped.reason, Place(cassette.name, skipped.line, skipped.request))
    is_evidence = cassette.who == conformance.EVIDENCE
    if not is_evidence:
        result.no_evidence[cassette.name] = cassette.who
    cassette = _with_bodies(cassette, outcome)
    if (at := recording_facts.first_live(cassette.exchanges)) is not None:
        outcome.add_note(cassette.place(at), LIVE)
    version, why = _version(cassette, default_version)
    session = Fake(_settings(cassette, assume, version))
    for row in conformance.conform(cassette.exchanges, session.answer_with_assumptions):
        place = cassette.place(row.at)
        if isinstance(row, conformance.SkippedRequest):
            outcome.skip(f"because {row.reason}", place)
            continue
        if why and not recording_facts.version_of(cassette.exchanges[row.at]):
            outcome.add_assumed_version(version, why)
        _count(result, row, place)
        if is_evidence:
            _judge(result, row, place)


def _count(result: Conformance, row: conformance.Compared, place: Place) -> None:
    result.outcome.checked += 1
    result.fields += row.fields
    result.equal += row.equal
    for _ in range(row.left_out):
        result.outcome.skip(conformance.PARTS, place)
    for finding in row.differences:
        result.outcome.add_finding(finding, place)


def _judge(result: Conformance, row: conformance.Compared, place: Place) -> None:
    """Note which assumptions an answer of Stripe's test mode confirms, or may refute."""
    for finding in row.differences:
        key = (finding.object, shape_of(finding.path), finding.rule, finding.value)
        result.against.setdefault(key, Against(finding, sorted(row.assumptions), place))
    for entry_id in () if row.differences else row.assumptions:
        result.confirmed[entry_id] = result.confirmed.get(entry_id, 0) + 1


def _with_bodies(cassette: LoadedCassette, outcome: Outcome) -> LoadedCassette:
    """Skip the requests whose body the recorder didn't keep."""
    for at, recorded in enumerate(cassette.recorded):
        if not recorded.is_whole:
            outcome.skip(NO_BODY, cassette.place(at))
    return replace(cassette, recorded=[each for each in cassette.recorded if each.is_whole])


def _version(cassette: LoadedCassette, default_version: str | None) -> tuple[str, str]:
    """Give the API version for requests that name none, and why; "" if `default_version` was taken.

    Without that it is the first version that the recording names and the fake has, else the newest.
    """
    named = [recording_facts.version_of(exchange) for exchange in cassette.exchanges]
    if default_version is not None and not all(named):
        return default_version, ""
    for version in named:
        if version and recording_facts.is_modelled(version):
            return version, "the first that the recording names"
    return newest_api_version(), "the newest"


def _settings(cassette: LoadedCassette, assume: dict[str, str], version: str) -> Settings:
    """Give the settings of a world that starts at the time of a recording."""
    moment = recording_facts.began_at(cassette.exchanges)
    now = BEGINNING if moment is None else moment
    return Settings(version, seed="conform", name="conform", now=now, assume=assume)
